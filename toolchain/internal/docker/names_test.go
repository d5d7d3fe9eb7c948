package docker

import (
	"os"
	"path/filepath"
	"sort"
	"testing"

	"berth/toolchain/internal/npmnames"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// missing are the resources of @pulumi/docker that this plugin has not.
var missing = map[string]bool{"Image": true, "BuildxBuilder": true}

func makeSchema(t *testing.T) schema.PackageSpec {
	t.Helper()
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	made, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo: Info(), DiagnosticsSink: sink, XInMemoryDocs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.PackageSpec
}

func openPackage(t *testing.T) *npmnames.Package {
	t.Helper()
	npm, err := npmnames.Open(filepath.Join("..", "..", "..", "node_modules", "@pulumi", "docker"))
	if err != nil {
		t.Fatal(err)
	}
	return npm
}

func TestPropertiesAreNamedAsTheNpmPackageNamesThem(t *testing.T) {
	npm, spec := openPackage(t), makeSchema(t)
	for token, made := range spec.Resources {
		resource := token[len(token)-len(lastPart(token)):]
		t.Run(resource, func(t *testing.T) {
			for _, difference := range npm.Compare(resource+"Args", made.InputProperties, spec) {
				t.Error(difference)
			}
			for _, difference := range npm.Compare(resource+"State", made.StateInputs.Properties, spec) {
				t.Error("state: " + difference)
			}
		})
	}
	t.Run("Provider", func(t *testing.T) {
		for _, difference := range npm.Compare("ProviderArgs", spec.Provider.InputProperties, spec) {
			t.Error(difference)
		}
	})
}

func TestEveryResourceOfTheNpmPackageIsThereOrSaidToBeMissing(t *testing.T) {
	made := map[string]bool{}
	for token := range makeSchema(t).Resources {
		made[lastPart(token)] = true
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "node_modules", "@pulumi", "docker", "*.js"))
	if err != nil {
		t.Fatal(err)
	}
	var resources []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if match := resourceType.FindSubmatch(text); match != nil {
			resources = append(resources, string(match[1]))
		}
	}
	sort.Strings(resources)
	if len(resources) < 10 {
		t.Fatalf("found only %v in the npm package", resources)
	}
	for _, resource := range resources {
		if made[resource] == missing[resource] {
			t.Errorf("%s: in the plugin %t, said to be missing %t", resource, made[resource], missing[resource])
		}
	}
}
