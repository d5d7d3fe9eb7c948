package command

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

const urn = resource.URN("urn:pulumi:dev::test::command:local:Command::it")

// screen is a Host that keeps what a user would see.
type screen struct {
	mu    sync.Mutex
	lines []string
}

func (s *screen) LogStatus(_ context.Context, _ diag.Severity, _ resource.URN, message string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, message)
	return nil
}

func (s *screen) shown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

func newProvider(t *testing.T) (*Provider, *screen) {
	t.Helper()
	s := &screen{}
	return New(t.Context(), s), s
}

// inputs makes property values of plain Go values; a secret is given as secret("…").
func inputs(values map[string]any) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(values)
}

func secret(text string) resource.PropertyValue {
	return resource.MakeSecret(resource.NewProperty(text))
}

func create(t *testing.T, p *Provider, in resource.PropertyMap) resource.PropertyMap {
	t.Helper()
	made, err := p.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: "it", Type: typeCommand, Properties: in})
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return made.Properties
}

func wantText(t *testing.T, outputs resource.PropertyMap, key resource.PropertyKey, want string) {
	t.Helper()
	if got := outputs[key]; !got.IsString() || got.StringValue() != want {
		t.Errorf("%s is %v, want the plain text %q", key, got, want)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q lacks %q", err, part)
		}
	}
}
