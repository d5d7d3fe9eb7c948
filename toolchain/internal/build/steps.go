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
)

// Packages of this module.
const (
	schemas       = "./cmd/schemas"
	commandPlugin = "./cmd/pulumi-resource-command"
	dockerPlugin  = "./cmd/pulumi-resource-docker"
	randomPlugin  = "./cmd/pulumi-resource-random"
)

// results are the files that the build is for, out of what it makes.
var results = []string{
	"pulumi", "pulumi-language-nodejs", "pulumi-resource-command", "pulumi-resource-docker", "pulumi-resource-random",
}

// step is one line of progress.
type step struct {
	name string
	// module is the folder of the step's module below the source folder.
	module string
	// prepare may write into the work folder before the command starts.
	prepare func(r *runner) error
	// command returns program and arguments.
	command func(r *runner) []string
	// lists says that what the command prints are the packages that later steps compile.
	lists bool
}

// steps are in the order that keeps all cores busy: whatever is compiled takes part in the third one, and what is left
// for the last one are two small packages and two links.
var steps = []step{
	{
		name: "Go modules", lists: true,
		command: func(r *runner) []string {
			return r.list(cliPackage, schemas, commandPlugin, dockerPlugin, randomPlugin)
		},
	},
	{
		name: "Go modules of the language host", lists: true, module: "host",
		command: func(r *runner) []string { return r.list(hostPackage) },
	},
	{
		name:    "engine and command plugin",
		command: func(r *runner) []string { return r.build("-ldflags", versionFlag, cliPackage, commandPlugin, schemas) },
	},
	{
		name: "language host", module: "host",
		command: func(r *runner) []string { return r.build("-ldflags", versionFlag, hostPackage) },
	},
	{
		name:    "schemas",
		command: func(r *runner) []string { return []string{filepath.Join(r.work, "schemas"), r.work} },
	},
	{
		name:    "docker and random plugins",
		prepare: writeOverlay,
		command: func(r *runner) []string {
			return r.build("-overlay", r.overlay(), "-ldflags", "-s -w", dockerPlugin, randomPlugin)
		},
	},
}

// writeOverlay makes the compiler read the generated schemas in the place of the stubs in the checkout, which is
// never written to.
func writeOverlay(r *runner) error {
	replace := map[string]string{}
	for _, name := range []string{"docker", "random"} {
		stub := filepath.Join(r.source, "cmd", "pulumi-resource-"+name, "schema.json")
		replace[stub] = filepath.Join(r.work, name+".json")
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(r.overlay(), text, 0o644)
}

func (r *runner) overlay() string { return filepath.Join(r.work, "overlay.json") }
