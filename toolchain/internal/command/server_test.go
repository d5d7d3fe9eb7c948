package command

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestTheWireSaysThatADifferenceHasDetails(t *testing.T) {
	p, _ := newProvider(t)
	properties := func(values map[string]any) *pulumirpc.DiffRequest {
		old, err := plugin.MarshalProperties(inputs(map[string]any{"triggers": []any{"a"}}), plugin.MarshalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		news, err := plugin.MarshalProperties(inputs(values), plugin.MarshalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return &pulumirpc.DiffRequest{Urn: string(urn), OldInputs: old, News: news}
	}
	got, err := NewServer(p).Diff(t.Context(), properties(map[string]any{"triggers": []any{"b"}}))
	if err != nil {
		t.Fatal(err)
	}
	if !got.HasDetailedDiff || len(got.Replaces) != 1 || got.Replaces[0] != "triggers[0]" ||
		!slices.Equal(got.Diffs, []string{"triggers"}) {
		t.Errorf("got %v", got)
	}
	got, err = NewServer(p).Diff(t.Context(), properties(map[string]any{"triggers": []any{"a"}}))
	if err != nil || got.HasDetailedDiff || got.Changes != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("got %v, %v", got, err)
	}
}
