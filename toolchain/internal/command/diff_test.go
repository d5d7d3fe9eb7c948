package command

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestDiff(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	cases := []struct {
		name     string
		old, new map[string]any
		changed  []string // paths of the detailed diff
		replaced bool
	}{
		{"the same", map[string]any{"create": "a", "triggers": []any{"x"}}, map[string]any{"create": "a", "triggers": []any{"x"}}, nil, false},
		{"script", map[string]any{"create": "a"}, map[string]any{"create": "b"}, []string{"create"}, false},
		{"new input", map[string]any{"create": "a"}, map[string]any{"create": "a", "stdin": "s"}, []string{"stdin"}, false},
		{"input gone", map[string]any{"create": "a", "dir": "/"}, map[string]any{"create": "a"}, []string{"dir"}, false},
		{"value in the environment", map[string]any{"environment": map[string]any{"A": "1", "B": "1"}},
			map[string]any{"environment": map[string]any{"A": "1", "B": "2"}}, []string{"environment.B"}, false},
		{"trigger", map[string]any{"triggers": []any{"x", "y"}}, map[string]any{"triggers": []any{"x", "z"}}, []string{"triggers[1]"}, true},
		{"trigger inside an object", map[string]any{"triggers": []any{map[string]any{"k": "v"}}},
			map[string]any{"triggers": []any{map[string]any{"k": "w"}}}, []string{"triggers[0].k"}, true},
		{"first trigger", map[string]any{"create": "a"}, map[string]any{"create": "a", "triggers": []any{"x"}}, []string{"triggers"}, true},
		{"last trigger gone", map[string]any{"create": "a", "triggers": []any{"x"}}, map[string]any{"create": "a"}, []string{"triggers"}, true},
		{"unknown trigger", map[string]any{"triggers": []any{"x"}}, map[string]any{"triggers": []any{unknown}}, []string{"triggers[0]"}, true},
		{"secret that changes", map[string]any{"stdin": secret("one")}, map[string]any{"stdin": secret("two")}, []string{"stdin"}, false},
		{"text that becomes secret", map[string]any{"stdin": "one"}, map[string]any{"stdin": secret("one")}, []string{"stdin"}, false},
		{"keys of the engine and of other builds", map[string]any{"create": "a", "__internal": "x"}, map[string]any{"create": "a"}, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, _ := newProvider(t)
			got, err := p.Diff(t.Context(), plugin.DiffRequest{OldInputs: inputs(c.old), NewInputs: inputs(c.new)})
			if err != nil {
				t.Fatal(err)
			}
			var paths []string
			replaced := false
			for path, change := range got.DetailedDiff {
				paths = append(paths, path)
				replaced = replaced || change.Kind.IsReplace()
			}
			slices.Sort(paths)
			if !slices.Equal(paths, c.changed) || replaced != c.replaced {
				t.Errorf("changed %v (replaced: %t), want %v (%t)", paths, replaced, c.changed, c.replaced)
			}
			if (got.Changes == plugin.DiffNone) != (len(c.changed) == 0) {
				t.Errorf("changes: %v", got.Changes)
			}
		})
	}
}

func TestDiffReadsStatesWithoutInputs(t *testing.T) {
	p, _ := newProvider(t)
	got, err := p.Diff(t.Context(), plugin.DiffRequest{
		OldOutputs: inputs(map[string]any{"create": "a", "stdout": "x", "stderr": ""}),
		NewInputs:  inputs(map[string]any{"create": "a"}),
	})
	if err != nil || got.Changes != plugin.DiffNone {
		t.Errorf("got %+v, %v", got, err)
	}
}
