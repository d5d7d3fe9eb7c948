package command

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestCheckReportsEveryProblemAtOnce(t *testing.T) {
	p, _ := newProvider(t)
	got, err := p.Check(t.Context(), plugin.CheckRequest{Type: typeCommand, News: inputs(map[string]any{
		"create":      12.0,
		"environment": map[string]any{"A": "ok", "B": true},
		"interpreter": "sh",
		"logging":     "loud",
		"stdinn":      "typo",
		"triggers":    "x",
	})})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, failure := range got.Failures {
		said = append(said, string(failure.Property)+": "+failure.Reason)
	}
	want := []string{
		`create: "create" must be a string`,
		`environment: "environment" must be a map from names to strings`,
		`interpreter: "interpreter" must be a list of strings`,
		`logging: "logging" must be one of "stdout", "stderr", "stdoutAndStderr" and "none"`,
		`stdinn: "stdinn" is not an input; the inputs are addPreviousOutputInEnv, archivePaths, assetPaths, create, ` +
			`delete, dir, environment, interpreter, logging, stdin, triggers, update`,
		`triggers: "triggers" must be a list`,
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

func TestCheckPassesSecretsAndUnknownValuesAsTheyAre(t *testing.T) {
	p, _ := newProvider(t)
	in := resource.PropertyMap{
		"create":      secret("echo hi"),
		"environment": resource.NewProperty(resource.PropertyMap{"A": secret("a"), "B": resource.MakeComputed(resource.NewProperty(""))}),
		"stdin":       resource.MakeComputed(resource.NewProperty("")),
		"logging":     resource.NewProperty("none"),
		"update":      resource.NewNullProperty(),
		"__defaults":  resource.NewProperty([]resource.PropertyValue{}),
	}
	got, err := p.Check(t.Context(), plugin.CheckRequest{Type: typeCommand, News: in})
	if err != nil || len(got.Failures) > 0 {
		t.Fatalf("%+v, %v", got.Failures, err)
	}
	delete(in, "update")
	delete(in, "__defaults")
	if !got.Properties.DeepEquals(in) || !got.Properties["create"].IsSecret() {
		t.Errorf("got %v", got.Properties)
	}
}

func TestCheckRefusesOtherResources(t *testing.T) {
	p, _ := newProvider(t)
	_, err := p.Check(t.Context(), plugin.CheckRequest{Type: "command:remote:Command"})
	wantError(t, err, "command:remote:Command is not in this build")
}
