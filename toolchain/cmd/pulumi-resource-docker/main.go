// Pulumi-resource-docker is the Pulumi plugin "docker".
package main

import (
	_ "embed"
	"time"

	"berth/toolchain/internal/docker"
	"berth/toolchain/internal/lifetime"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// schema is a stub in the checkout; the build puts the one that cmd/schemas makes in its place.
//
//go:embed schema.json
var schema []byte

// grace lets a call to Docker that is under way end when the engine is gone.
const grace = time.Second

func main() {
	lifetime.ExitWithParent(grace)
	tfbridge.Main("docker", docker.Version, docker.Info(), schema)
}
