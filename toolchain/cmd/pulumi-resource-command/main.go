// Pulumi-resource-command is the Pulumi plugin "command".
package main

import (
	"fmt"
	"os"
	"time"

	"berth/toolchain/internal/command"
	"berth/toolchain/internal/lifetime"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// grace lets commands end after SIGTERM when the engine is gone.
const grace = 12 * time.Second

func main() {
	life := lifetime.ExitWithParent(grace)
	err := provider.MainContext(life, "command", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return command.NewServer(command.New(life, host)), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
