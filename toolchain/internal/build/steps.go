package build

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// PulumiVersion is what `pulumi version` answers. go.mod has the same version, and a test compares them.
const PulumiVersion = "v3.259.0"

const (
	cliPackage  = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
	hostPackage = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
	versionFlag = "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + PulumiVersion
	// buildTags leaves docker_compose out of the docker plugin: Pulumi has no such resource, and it costs a
	// quarter of the plugin's compile time.
	buildTags = "no_compose"
	// scratch is the part of the work folder that does not belong to the result.
	scratch = ".scratch"
)

var plugins = []string{"./cmd/pulumi-resource-docker", "./cmd/pulumi-resource-random", "./cmd/pulumi-resource-command"}

// step is one line of progress.
type step struct {
	name string
	// module is the folder of the step's module below the source folder.
	module string
	// prepare may write into the work folder before the command starts.
	prepare func(r runner) error
	// command returns program and arguments.
	command func(r runner) []string
}

var steps = []step{
	{
		name:    "Go modules",
		command: func(r runner) []string { return r.list(append([]string{"./cmd/schemas", cliPackage}, plugins...)...) },
	},
	{
		name:    "Go modules of the language host",
		module:  "host",
		command: func(r runner) []string { return r.list(hostPackage) },
	},
	{
		name:   "language host",
		module: "host",
		command: func(r runner) []string {
			return r.build("-ldflags", versionFlag, "-o", filepath.Join(r.work, "pulumi-language-nodejs"), hostPackage)
		},
	},
	{
		name: "schemas of the plugins",
		command: func(r runner) []string {
			return r.build("-ldflags", "-s -w", "-o", filepath.Join(r.work, scratch, "schemas"), "./cmd/schemas")
		},
		prepare: func(r runner) error { return os.MkdirAll(filepath.Join(r.work, scratch), 0o755) },
	},
	{
		name: "writing the schemas",
		command: func(r runner) []string {
			return []string{filepath.Join(r.work, scratch, "schemas"), filepath.Join(r.work, scratch)}
		},
	},
	{
		name:    "engine and plugins",
		prepare: writeOverlay,
		command: func(r runner) []string {
			args := []string{"-overlay", r.overlay(), "-ldflags", versionFlag, "-o", r.work + string(filepath.Separator)}
			return r.build(append(append(args, plugins...), cliPackage)...)
		},
	},
}

// writeOverlay makes the compiler read the generated schemas in the place of the stubs in the checkout, which is
// never written to.
func writeOverlay(r runner) error {
	replace := map[string]string{}
	for _, name := range []string{"docker", "random"} {
		stub := filepath.Join(r.source, "cmd", "pulumi-resource-"+name, "schema.json")
		replace[stub] = filepath.Join(r.work, scratch, name+".json")
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(r.overlay(), text, 0o644)
}

func (r runner) overlay() string { return filepath.Join(r.work, scratch, "overlay.json") }
