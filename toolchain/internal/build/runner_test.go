package build

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// lockedBuffer may be written to by a step and its heartbeat at once.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func newRunner(t *testing.T) (*runner, *lockedBuffer) {
	t.Helper()
	log := &lockedBuffer{}
	folder := t.TempDir()
	return &runner{source: folder, work: folder, jobs: 1, log: log, heartbeat: 5 * time.Millisecond}, log
}

func shell(script string) func(*runner) []string {
	return func(*runner) []string { return []string{"/bin/sh", "-c", script} }
}

func TestAStepIsAnnouncedAndTimed(t *testing.T) {
	r, log := newRunner(t)
	for _, s := range []step{
		{name: "listing", lists: true, command: shell("echo example.com/a; echo example.com/b; echo fmt")},
		{name: "compiling", command: shell("echo example.com/a >&2; echo example.com/b >&2")},
	} {
		if err := r.run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if lines[0] != "listing …" || !strings.HasSuffix(lines[len(lines)-1], ", 2 of at most 3 packages compiled") {
		t.Errorf("log: %q", lines)
	}
}

func TestALongStepSaysThatItIsStillThere(t *testing.T) {
	r, log := newRunner(t)
	fifo := filepath.Join(r.work, "go-on")
	done := make(chan error, 1)
	go func() {
		done <- r.run(t.Context(), step{name: "long", command: shell("while ! [ -e " + fifo + " ]; do sleep 0.01; done")})
	}()
	for !strings.Contains(log.String(), "long: 0s so far") {
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(fifo, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestAFailureTellsWhatTheCompilerSaid(t *testing.T) {
	r, _ := newRunner(t)
	err := r.run(t.Context(), step{name: "compiling", command: shell("echo example.com/fine; echo 'x.go:1:2: undefined: y' >&2; exit 1")})
	if err == nil || !strings.Contains(err.Error(), "compiling failed") || !strings.Contains(err.Error(), "x.go:1:2: undefined: y") {
		t.Errorf("error: %v", err)
	}
	if strings.Contains(err.Error(), "example.com/fine\n") {
		t.Errorf("the error %q lists what compiled well", err)
	}
}

func TestAnInterruptedStepEndsItsProcesses(t *testing.T) {
	r, _ := newRunner(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	note := filepath.Join(r.work, "pid")
	go func() {
		done <- r.run(ctx, step{name: "endless", command: shell("sleep 1000 & echo $! > " + note + "; wait")})
	}()
	pid := 0
	for pid == 0 {
		text, _ := os.ReadFile(note)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("an interrupted step succeeded")
	}
	for alive(pid) {
		time.Sleep(time.Millisecond)
	}
}

// alive is false for zombies as well: nobody may be there to reap them.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestProgressCountsModulesAndPackages(t *testing.T) {
	w := &watch{}
	for _, piece := range []string{"go: downloading a v1\ngo: down", "loading b v2\nexample.com/p\n", "internal/x\nwarning: odd\n"} {
		if _, err := w.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.summary(); got != ", 2 modules fetched, 2 packages compiled" {
		t.Errorf("summary: %q", got)
	}
	if got := w.tail(); got != "warning: odd" {
		t.Errorf("tail: %q", got)
	}
}
