// Schemas writes the Pulumi package schemas of the bridged plugins, docker.json and random.json, into the folder named
// by its only argument. The build runs it once and embeds the files: making a schema takes about a second, which no
// plugin should spend at each start.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"berth/toolchain/internal/docker"
	"berth/toolchain/internal/random"

	pftfgen "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: schemas FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(folder string) error {
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	// Descriptions come from Terraform's schemas: the generator need not look for a checkout with documentation.
	made, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo: docker.Info(), DiagnosticsSink: sink, XInMemoryDocs: true,
	})
	if err != nil {
		return fmt.Errorf("docker: %w", err)
	}
	schema, err := json.Marshal(made.PackageSpec)
	if err != nil {
		return fmt.Errorf("docker: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "docker.json"), schema, 0o644); err != nil {
		return err
	}
	madePF, err := pftfgen.GenerateSchema(context.Background(), pftfgen.GenerateSchemaOptions{
		ProviderInfo: random.Info(), DiagnosticsSink: sink, XInMemoryDocs: true,
	})
	if err != nil {
		return fmt.Errorf("random: %w", err)
	}
	return os.WriteFile(filepath.Join(folder, "random.json"), madePF.ProviderMetadata.PackageSchema, 0o644)
}
