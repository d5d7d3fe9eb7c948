package random

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"berth/toolchain/internal/npmnames"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"encoding/json"
)

// missing are the resources of @pulumi/random that this plugin has not.
var missing = map[string]bool{"RandomUuid4": true, "RandomUuid7": true}

var npmFolder = filepath.Join("..", "..", "..", "node_modules", "@pulumi", "random")

func makeSchema(t *testing.T) schema.PackageSpec {
	t.Helper()
	made, err := tfgen.GenerateSchema(t.Context(), tfgen.GenerateSchemaOptions{
		ProviderInfo:    Info(),
		DiagnosticsSink: diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(made.ProviderMetadata.PackageSchema, &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func lastPart(token string) string { return token[strings.LastIndex(token, ":")+1:] }

func TestPropertiesAreNamedAsTheNpmPackageNamesThem(t *testing.T) {
	npm, err := npmnames.Open(npmFolder)
	if err != nil {
		t.Fatal(err)
	}
	spec := makeSchema(t)
	for token, made := range spec.Resources {
		t.Run(lastPart(token), func(t *testing.T) {
			for _, difference := range npm.Compare(lastPart(token)+"Args", made.InputProperties, spec) {
				t.Error(difference)
			}
		})
	}
}

func TestEveryResourceOfTheNpmPackageIsThereOrSaidToBeMissing(t *testing.T) {
	made := map[string]bool{}
	for token := range makeSchema(t).Resources {
		made[token] = true
	}
	declared := regexp.MustCompile(`__pulumiType = '(random:index/\w+:\w+)'`)
	files, err := filepath.Glob(filepath.Join(npmFolder, "*.js"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range declared.FindAllSubmatch(text, -1) {
			found++
			token := string(match[1])
			if made[token] == missing[lastPart(token)] {
				t.Errorf("%s: in the plugin %t, said to be missing %t", token, made[token], missing[lastPart(token)])
			}
		}
	}
	if found < 8 {
		t.Errorf("found only %d resources in the npm package", found)
	}
}

func TestWhatIsSecretIsMarkedSo(t *testing.T) {
	spec := makeSchema(t)
	for token, keys := range map[string][]string{
		"random:index/randomPassword:RandomPassword": {"result", "bcryptHash"},
		"random:index/randomBytes:RandomBytes":       {"base64", "hex"},
	} {
		for _, key := range keys {
			if !spec.Resources[token].Properties[key].Secret {
				t.Errorf("%s.%s is not secret", token, key)
			}
		}
	}
}

func TestTheIdOfBytesDoesNotTellThem(t *testing.T) {
	state := func(text string) resource.PropertyMap {
		return resource.PropertyMap{"base64": resource.MakeSecret(resource.NewProperty(text))}
	}
	one, err := bytesID(t.Context(), state("AAAA"))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := bytesID(t.Context(), state("AAAA"))
	other, _ := bytesID(t.Context(), state("AAAB"))
	if one != again || one == other || len(one) != 32 || strings.Contains(string(one), "AAAA") {
		t.Errorf("ids: %s, %s, %s", one, again, other)
	}
	if _, err := bytesID(t.Context(), resource.PropertyMap{}); err == nil {
		t.Error("bytes without a value have an id")
	}
}
