package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// grace is what a command gets between SIGTERM and SIGKILL when the update is cancelled, and how long its output
// is still read after its end when a process in the background keeps it open.
const grace = 10 * time.Second

// errStopped is why a cancelled update's commands fail.
var errStopped = errors.New("the command was stopped, because the update was cancelled")

// result is what a finished command has printed, without the newline at its end.
type result struct{ stdout, stderr string }

// report shows one line of a running command to the user.
type report func(line string)

// execute runs script with the settings' interpreter and waits for its end. The command leads a process group of
// its own: when ctx ends, the whole group gets SIGTERM, and SIGKILL after the grace.
func execute(ctx context.Context, script string, s settings, previous result, show report) (result, error) {
	argv := append(append([]string{}, s.interpreter...), script)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = s.dir
	cmd.Env = environment(s, previous)
	if s.stdin != "" {
		cmd.Stdin = strings.NewReader(s.stdin)
	}
	var stdout, stderr strings.Builder
	lines := newLineLog(s, show)
	cmd.Stdout = io.MultiWriter(&stdout, lines.writer(s.logging.stdout()))
	cmd.Stderr = io.MultiWriter(&stderr, lines.writer(s.logging.stderr()))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace

	err := runOnOneThread(cmd)
	if ctx.Err() != nil && cmd.Process != nil {
		// What ignored SIGTERM. The group's number cannot have passed to others while it has members.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	lines.close()
	out := result{strings.TrimSuffix(stdout.String(), "\n"), strings.TrimSuffix(stderr.String(), "\n")}
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		// ErrWaitDelay: the command has ended well, but left a process in the background that keeps its output open.
		return out, nil
	}
	return out, explain(ctx, err, s, out)
}

// runOnOneThread keeps the thread that starts the command until the command has ended: the kernel delivers
// Pdeathsig when that thread ends, not when the process does.
func runOnOneThread(cmd *exec.Cmd) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- cmd.Run()
	}()
	return <-done
}

// environment is this process's own, what the user set, and what the last run printed.
func environment(s settings, previous result) []string {
	env := os.Environ()
	for name, value := range s.environment {
		env = append(env, name+"="+value)
	}
	if s.addPrevious && previous.stdout != "" {
		env = append(env, "PULUMI_COMMAND_STDOUT="+previous.stdout)
	}
	if s.addPrevious && previous.stderr != "" {
		env = append(env, "PULUMI_COMMAND_STDERR="+previous.stderr)
	}
	return env
}

// explain turns a failure into a message with the exit code and the end of what the command printed. It never
// quotes the script, the environment or the standard input: they are where secrets are handed over.
func explain(ctx context.Context, err error, s settings, out result) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return errStopped
	case errors.Is(err, syscall.E2BIG):
		return fmt.Errorf("the command's environment is too long: set addPreviousOutputInEnv to false, " +
			"or pass long texts through stdin")
	case errors.As(err, &exit):
		return errors.New(s.redact(failure(exit, out)))
	case s.dir != "" && !isFolder(s.dir):
		return fmt.Errorf("the command cannot start: dir %q is not a folder", s.dir)
	default:
		return fmt.Errorf("the command cannot start: %w", err)
	}
}

func failure(exit *exec.ExitError, out result) string {
	message := fmt.Sprintf("the command failed with exit code %d", exit.ExitCode())
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		message = fmt.Sprintf("the command was ended by signal %d (%s)", status.Signal(), status.Signal())
	}
	for _, printed := range []string{out.stderr, out.stdout} {
		if printed = strings.TrimSpace(printed); printed != "" {
			return message + ":\n" + lastLines(printed, 40)
		}
	}
	return message + " and printed nothing"
}

func lastLines(text string, most int) string {
	lines := strings.Split(text, "\n")
	if len(lines) > most {
		lines = append([]string{"…"}, lines[len(lines)-most:]...)
	}
	return strings.Join(lines, "\n")
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
