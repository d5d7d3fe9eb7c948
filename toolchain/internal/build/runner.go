package build

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// heartbeat is how often a long step says that it still works.
const heartbeat = 10 * time.Second

// mostErrorLines of a failed command are shown.
const mostErrorLines = 40

// runner runs the steps of one build.
type runner struct {
	source    string
	work      string
	jobs      int
	log       io.Writer
	heartbeat time.Duration
	// packages is how many there are to compile, as far as the steps so far have found out.
	packages int
}

// build is a `go build` of packages of the step's module, whose programs go into the work folder.
func (r *runner) build(args ...string) []string {
	out := r.work + string(filepath.Separator)
	flags := []string{"-v", "-p", strconv.Itoa(r.jobs), "-trimpath", "-buildvcs=false", "-tags", buildTags, "-o", out}
	return append(append([]string{"go", "build"}, flags...), args...)
}

// list names every package that the given ones need, and fetches its module on the way.
func (r *runner) list(packages ...string) []string {
	return append([]string{"go", "list", "-deps", "-tags", buildTags}, packages...)
}

// run runs one step, shows that it is alive, and says how long it took.
func (r *runner) run(ctx context.Context, s step) error {
	began := time.Now()
	fmt.Fprintf(r.log, "%s …\n", s.name)
	if s.prepare != nil {
		if err := s.prepare(r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	argv := s.command(r)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = filepath.Join(r.source, s.module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	// A group of its own: the compilers end together with the go command when the build is interrupted.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second

	w := &watch{}
	if !s.lists {
		w.packages = r.packages
	}
	listed := &lineCounter{}
	cmd.Stdout, cmd.Stderr = listed, w
	stop := r.beat(s.name, w, began)
	err := cmd.Run()
	stop()
	if err != nil {
		return fmt.Errorf("%s failed: %s: %w\n%s", s.name, strings.Join(argv, " "), err, w.tail())
	}
	if s.lists {
		r.packages += listed.lines
	}
	fmt.Fprintf(r.log, "%s: %s%s\n", s.name, time.Since(began).Round(100*time.Millisecond), w.summary())
	return nil
}

// beat says now and then how long the step has been running; the returned function ends that.
func (r *runner) beat(name string, w *watch, began time.Time) func() {
	ticker := time.NewTicker(r.heartbeat)
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Add(1)
	go func() {
		defer ended.Done()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				fmt.Fprintf(r.log, "%s: %s so far%s\n", name, time.Since(began).Round(time.Second), w.summary())
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		ended.Wait()
	}
}

// lineCounter counts the lines written to it.
type lineCounter struct{ lines int }

// Write implements io.Writer.
func (c *lineCounter) Write(data []byte) (int, error) {
	c.lines += bytes.Count(data, []byte("\n"))
	return len(data), nil
}

// watch reads what the go command writes: the packages it compiles, the modules it fetches, its errors.
type watch struct {
	// packages is how many there are at most; some may be compiled already.
	packages int

	mu       sync.Mutex
	rest     string
	compiled int
	fetched  int
	lines    []string
}

// Write implements io.Writer.
func (w *watch) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest += string(data)
	for {
		line, rest, found := strings.Cut(w.rest, "\n")
		if !found {
			return len(data), nil
		}
		w.rest = rest
		w.take(line)
	}
}

func (w *watch) take(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		w.fetched++
	case line != "" && !strings.ContainsAny(line, " \t#"):
		// With -v, go build names each package that it compiles on a line of its own.
		w.compiled++
	case line != "":
		w.lines = append(w.lines, line)
		if len(w.lines) > mostErrorLines {
			w.lines = w.lines[1:]
		}
	}
}

func (w *watch) summary() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var parts []string
	if w.fetched > 0 {
		parts = append(parts, fmt.Sprintf("%d modules fetched", w.fetched))
	}
	if w.compiled > 0 {
		of := ""
		if w.packages > w.compiled {
			of = fmt.Sprintf(" of at most %d", w.packages)
		}
		parts = append(parts, fmt.Sprintf("%d%s packages compiled", w.compiled, of))
	}
	if len(parts) == 0 {
		return ""
	}
	return ", " + strings.Join(parts, ", ")
}

// tail is the end of what the command wrote besides progress.
func (w *watch) tail() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	scanner := bufio.NewScanner(strings.NewReader(w.rest))
	lines := append([]string{}, w.lines...)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return strings.Join(lines, "\n")
}
