package build

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheVersionIsThatOfTheModule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"github.com/pulumi/pulumi/pkg/v3", "github.com/pulumi/pulumi/sdk/v3"} {
		want := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` ` + regexp.QuoteMeta(PulumiVersion) + `$`)
		if !want.Match(text) {
			t.Errorf("go.mod does not have %s %s", module, PulumiVersion)
		}
	}
}

func TestOutIsNotOverwritten(t *testing.T) {
	out := t.TempDir()
	err := Run(t.Context(), Options{Out: out, Jobs: 1, Log: &lockedBuffer{}})
	if err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("error: %v", err)
	}
}

func TestTheOverlayNamesStubsThatAreThere(t *testing.T) {
	source, err := sourceFolder()
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{source: source, work: t.TempDir()}
	if err := writeOverlay(r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.overlay())
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil {
		t.Fatal(err)
	}
	if len(overlay.Replace) != 2 {
		t.Fatalf("overlay: %v", overlay.Replace)
	}
	for stub := range overlay.Replace {
		if _, err := os.Stat(stub); err != nil {
			t.Errorf("the overlay takes the place of a file that is not there: %v", err)
		}
	}
}
