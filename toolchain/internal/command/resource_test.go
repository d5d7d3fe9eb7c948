package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestCreateCapturesWhatTheCommandPrints(t *testing.T) {
	p, s := newProvider(t)
	out := create(t, p, inputs(map[string]any{
		"create":      `cat; echo "hello $WHO"; echo oops >&2`,
		"stdin":       "from stdin\n",
		"environment": map[string]any{"WHO": "you"},
	}))
	wantText(t, out, "stdout", "from stdin\nhello you")
	wantText(t, out, "stderr", "oops")
	wantText(t, out, "create", `cat; echo "hello $WHO"; echo oops >&2`)
	if shown := strings.Join(s.shown(), "|"); !strings.Contains(shown, "hello you") || !strings.Contains(shown, "oops") {
		t.Errorf("shown: %s", shown)
	}
}

func TestIdsAreUnique(t *testing.T) {
	p, _ := newProvider(t)
	ids := map[resource.ID]bool{}
	for range 3 {
		made, err := p.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: "it", Type: typeCommand})
		if err != nil || !strings.HasPrefix(string(made.ID), "it") {
			t.Fatalf("id %q, error %v", made.ID, err)
		}
		ids[made.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("three resources have %d ids", len(ids))
	}
}

func TestInterpreterAndDir(t *testing.T) {
	p, _ := newProvider(t)
	dir := t.TempDir()
	out := create(t, p, inputs(map[string]any{
		"create": "pwd", "dir": dir, "interpreter": []any{"/bin/sh", "-e", "-c"},
	}))
	wantText(t, out, "stdout", dir)
}

func TestUpdateRunsUpdateOrElseCreateWithTheOutputBefore(t *testing.T) {
	p, _ := newProvider(t)
	echo := `echo "$0 after <$PULUMI_COMMAND_STDOUT> <$PULUMI_COMMAND_STDERR>"`
	old := inputs(map[string]any{"stdout": "out before", "stderr": "err before"})
	cases := []struct {
		name string
		in   map[string]any
		want string
	}{
		{"update", map[string]any{"create": "exit 1", "update": echo, "interpreter": []any{"/bin/sh", "-c"}},
			"/bin/sh after <out before> <err before>"},
		{"create", map[string]any{"create": echo}, "/bin/sh after <out before> <err before>"},
		{"without", map[string]any{"create": echo, "addPreviousOutputInEnv": false}, "/bin/sh after <> <>"},
		{"neither", map[string]any{"delete": "exit 1"}, "out before"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			made, err := p.Update(t.Context(), plugin.UpdateRequest{
				URN: urn, OldOutputs: old, NewInputs: inputs(c.in),
			})
			if err != nil {
				t.Fatal(err)
			}
			wantText(t, made.Properties, "stdout", c.want)
		})
	}
}

func TestDeleteRunsItsCommandWithTheOutputBefore(t *testing.T) {
	p, _ := newProvider(t)
	file := filepath.Join(t.TempDir(), "written")
	in := inputs(map[string]any{"delete": `echo "$PULUMI_COMMAND_STDOUT" > ` + file})
	outputs := in.Copy()
	outputs["stdout"] = resource.NewProperty("from create")
	// States of other builds of the plugin have the inputs among the outputs alone.
	for _, req := range []plugin.DeleteRequest{{Inputs: in, Outputs: outputs}, {Outputs: outputs}} {
		if _, err := p.Delete(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != "from create\n" {
			t.Errorf("got %q, %v", got, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPreviewRunsNothingAndPromisesNothing(t *testing.T) {
	p, _ := newProvider(t)
	file := filepath.Join(t.TempDir(), "written")
	made, err := p.Create(t.Context(), plugin.CreateRequest{
		URN: urn, Name: "it", Preview: true,
		Properties: inputs(map[string]any{"create": "touch " + file, "assetPaths": []any{"*"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []resource.PropertyKey{"stdout", "stderr", "assets"} {
		if !made.Properties[key].IsComputed() {
			t.Errorf("%s is %v, want an unknown value", key, made.Properties[key])
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the preview ran the command")
	}
	if _, there := made.Properties["archive"]; there {
		t.Error("there will be no archive")
	}

	updated, err := p.Update(t.Context(), plugin.UpdateRequest{
		URN: urn, Preview: true, OldOutputs: inputs(map[string]any{"stdout": "old", "stderr": ""}),
		NewInputs: resource.PropertyMap{"create": resource.MakeComputed(resource.NewProperty(""))},
	})
	if err != nil || !updated.Properties["stdout"].IsComputed() {
		t.Errorf("stdout is %v (%v), want an unknown value", updated.Properties["stdout"], err)
	}

	nothing, err := p.Create(t.Context(), plugin.CreateRequest{
		URN: urn, Name: "it", Preview: true, Properties: inputs(map[string]any{"delete": "true"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, nothing.Properties, "stdout", "")
}

func TestReadKeepsTheState(t *testing.T) {
	p, _ := newProvider(t)
	state := inputs(map[string]any{"create": "true", "stdout": "s", "stderr": ""})
	read, err := p.Read(t.Context(), plugin.ReadRequest{ID: "id", State: state, Inputs: inputs(map[string]any{"create": "true"})})
	if err != nil || !read.Outputs.DeepEquals(state) || read.ID != "id" || len(read.Inputs) != 1 {
		t.Errorf("got %+v, %v", read, err)
	}
	_, err = p.Read(t.Context(), plugin.ReadRequest{ID: "id"})
	wantError(t, err, "cannot be imported")
}

func TestAssetsAndArchive(t *testing.T) {
	p, _ := newProvider(t)
	dir := t.TempDir()
	out := create(t, p, inputs(map[string]any{
		"create": "mkdir -p sub; echo a > a.txt; echo b > sub/b.txt; echo c > sub/secret.txt", "dir": dir,
		"assetPaths":   []any{"**.txt", "!**secret*"},
		"archivePaths": []any{"*.txt"},
	}))
	assets := out["assets"].ObjectValue()
	if len(assets) != 2 || !assets["a.txt"].IsAsset() || !assets["sub/b.txt"].IsAsset() {
		t.Errorf("assets: %v", assets)
	}
	packed, ok := out["archive"].ArchiveValue().GetAssets()
	if !ok || len(packed) != 1 || packed["a.txt"] == nil {
		t.Errorf("archive: %v", packed)
	}
}

func TestInvokeRunsAtOnce(t *testing.T) {
	p, _ := newProvider(t)
	got, err := p.Invoke(t.Context(), plugin.InvokeRequest{
		Tok: funcRun, Args: inputs(map[string]any{"command": "echo hi"}), Preview: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, got.Properties, "stdout", "hi")

	got, err = p.Invoke(t.Context(), plugin.InvokeRequest{Tok: funcRun, Args: inputs(map[string]any{})})
	if err != nil || len(got.Failures) != 1 || got.Failures[0].Property != "command" {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = p.Invoke(t.Context(), plugin.InvokeRequest{Tok: "command:other:thing"})
	wantError(t, err, "command:other:thing", "BERTH_PULUMI_CLI=download")
}
