package command

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// server speaks the wire protocol for a Provider.
type server struct {
	pulumirpc.ResourceProviderServer
}

// NewServer returns what a gRPC server registers.
func NewServer(p *Provider) pulumirpc.ResourceProviderServer {
	return server{plugin.NewProviderServer(p)}
}

// Diff adds what the SDK's server leaves out: the mark without which the engine overlooks the details of a difference,
// and the names of the inputs that differ, where it puts paths into them. Without them a preview shows that something
// changes, but not what.
func (s server) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	response, err := s.ResourceProviderServer.Diff(ctx, req)
	if response == nil || len(response.DetailedDiff) == 0 {
		return response, err
	}
	response.HasDetailedDiff = true
	inputs := map[string]bool{}
	for path := range response.DetailedDiff {
		name, _, _ := strings.Cut(path, "[")
		name, _, _ = strings.Cut(name, ".")
		inputs[name] = true
	}
	response.Diffs = slices.Sorted(maps.Keys(inputs))
	return response, err
}
