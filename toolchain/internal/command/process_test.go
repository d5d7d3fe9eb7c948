package command

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func fail(t *testing.T, in map[string]any) (error, *screen) {
	t.Helper()
	p, s := newProvider(t)
	_, err := p.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: "it", Properties: inputs(in)})
	return err, s
}

func TestFailureTellsExitCodeAndErrorsAndNothingThatWasHandedOver(t *testing.T) {
	err, _ := fail(t, map[string]any{
		"create": "echo THE-SCRIPT >/dev/null; echo it broke >&2; exit 7", "stdin": "THE-STDIN",
		"environment": map[string]any{"KEY": "THE-VALUE"}, "logging": "none",
	})
	wantError(t, err, "exit code 7", "it broke")
	for _, hidden := range []string{"THE-SCRIPT", "THE-STDIN", "THE-VALUE"} {
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("the error %q shows %q", err, hidden)
		}
	}
}

func TestSecretsThatACommandPrintsAreNotShown(t *testing.T) {
	err, s := fail(t, map[string]any{
		"create": `cat; echo "value: $KEY"; echo "bad $KEY" >&2; exit 1`, "stdin": secret("line one\nline two\n"),
		"environment": map[string]any{"KEY": secret("hunter22"), "SHORT": secret("a")},
	})
	wantError(t, err, "bad [secret]")
	// The two streams keep their own order, not one between them.
	got := s.shown()
	slices.Sort(got)
	if want := []string{"[secret]", "[secret]", "bad [secret]", "value: [secret]"}; !slices.Equal(got, want) {
		t.Errorf("shown: %q, want %q", got, want)
	}
}

func TestLoggingChoosesTheStreams(t *testing.T) {
	for choice, want := range map[string]string{"stdout": "o", "stderr": "e", "none": "", "stdoutAndStderr": "eo"} {
		p, s := newProvider(t)
		out := create(t, p, inputs(map[string]any{"create": "echo o; echo e >&2", "logging": choice}))
		wantText(t, out, "stdout", "o")
		wantText(t, out, "stderr", "e")
		shown := s.shown()
		if len(shown) != len(want) || (len(want) == 1 && shown[0] != want) {
			t.Errorf("logging %s shows %v", choice, shown)
		}
	}
}

func TestLinesAreShownWhileTheCommandRuns(t *testing.T) {
	p, s := newProvider(t)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := p.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: "it", Properties: inputs(map[string]any{
			"create": "echo first; read line < " + fifo + "; echo $line",
		})})
		done <- err
	}()
	// The command waits at the fifo, so the line is seen before its end or never.
	for len(s.shown()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(fifo, []byte("second\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.shown(), "|"); got != "first|second" {
		t.Errorf("shown: %s", got)
	}
}

func TestCancellationEndsTheWholeProcessGroup(t *testing.T) {
	p, s := newProvider(t)
	done := make(chan error, 1)
	go func() {
		_, err := p.Create(context.Background(), plugin.CreateRequest{URN: urn, Name: "it", Properties: inputs(map[string]any{
			"create": "sleep 1000 & echo $!; wait",
		})})
		done <- err
	}()
	for len(s.shown()) == 0 {
		time.Sleep(time.Millisecond)
	}
	sleeper, err := strconv.Atoi(s.shown()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SignalCancellation(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantError(t, <-done, "stopped, because the update was cancelled")
	for alive(sleeper) {
		time.Sleep(time.Millisecond)
	}
	_, err = p.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: "it", Properties: inputs(map[string]any{"create": "true"})})
	wantError(t, err, "cancelled")
}

// alive is false for zombies as well: nobody may be there to reap them.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestAKilledCommandIsReportedAsSuch(t *testing.T) {
	err, _ := fail(t, map[string]any{"create": "kill -9 $$"})
	wantError(t, err, "signal 9", "printed nothing")
}

func TestWhatCannotStart(t *testing.T) {
	err, _ := fail(t, map[string]any{"create": "true", "dir": "/nonexistent"})
	wantError(t, err, `dir "/nonexistent" is not a folder`)
	err, _ = fail(t, map[string]any{"create": "true", "interpreter": []any{"/nonexistent/shell"}})
	wantError(t, err, "cannot start", "/nonexistent/shell")
	err, _ = fail(t, map[string]any{"create": "true", "environment": map[string]any{"LONG": strings.Repeat("x", 1<<20)}})
	wantError(t, err, "environment is too long", "stdin")
}

func TestOutputsAreSecretWhenAnInputIs(t *testing.T) {
	p, _ := newProvider(t)
	for name, in := range map[string]map[string]any{
		"stdin":       {"create": "cat", "stdin": secret("s3cret")},
		"environment": {"create": "echo $K", "environment": map[string]any{"K": secret("s3cret")}},
		"triggers":    {"create": "echo plain", "triggers": []any{secret("s3cret")}},
		"script":      {"create": secret("echo s3cret")},
	} {
		out := create(t, p, inputs(in))
		if !out["stdout"].IsSecret() || !out["stderr"].IsSecret() {
			t.Errorf("%s: stdout is %v, stderr %v; want secrets", name, out["stdout"], out["stderr"])
		}
	}
	out := create(t, p, inputs(map[string]any{"create": "echo plain", "stdin": "plain"}))
	wantText(t, out, "stdout", "plain")

	in := inputs(map[string]any{"create": "cat", "stdin": secret("s")})
	made, err := p.Create(t.Context(), plugin.CreateRequest{URN: urn, Name: "it", Preview: true, Properties: in})
	if err != nil || !made.Properties["stdout"].IsSecret() || !made.Properties["stdin"].IsSecret() {
		t.Errorf("in a preview, stdout is %v (%v)", made.Properties["stdout"], err)
	}
	if kept := out["create"]; kept.IsSecret() {
		t.Error("inputs that are not secret do not become so")
	}
}

func TestABackgroundProcessDoesNotHoldTheCommand(t *testing.T) {
	t.Parallel()
	p, _ := newProvider(t)
	out := create(t, p, inputs(map[string]any{"create": "sleep 60 & echo $!"}))
	pid, err := strconv.Atoi(out["stdout"].StringValue())
	if err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Error("the background process was ended")
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
