// Pulumi-resource-random is the Pulumi plugin "random".
package main

import (
	_ "embed"
	"time"

	"berth/toolchain/internal/lifetime"
	"berth/toolchain/internal/random"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
)

// schema is a stub in the checkout; the build puts the one that cmd/schemas makes in its place.
//
//go:embed schema.json
var schema []byte

func main() {
	life := lifetime.ExitWithParent(time.Second)
	tfbridge.Main(life, "random", random.Info(), tfbridge.ProviderMetadata{PackageSchema: schema})
}
