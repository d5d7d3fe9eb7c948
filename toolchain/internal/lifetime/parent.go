// Package lifetime ends a plugin together with the engine that started it.
//
// The engine stops its plugins when it ends in good order. Killed with SIGKILL it cannot, and the plugins' own
// health check asks only every five minutes: long enough for a half-done update to go on beside the next one.
package lifetime

import (
	"context"
	"os"
	"time"
)

// interval is how often the parent is looked at. One getppid(2) each time costs nothing worth counting.
const interval = 500 * time.Millisecond

// WithParent returns a context that is cancelled as soon as this process is no longer a child of the process
// that started it. A polled getppid is used rather than PR_SET_PDEATHSIG, because the kernel sends that signal
// when the parent's *thread* ends, and Go programs start their children from any thread.
func WithParent(ctx context.Context) context.Context {
	return withParent(ctx, os.Getppid, interval)
}

func withParent(ctx context.Context, getppid func() int, every time.Duration) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	parent := getppid()
	go func() {
		defer cancel()
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if getppid() != parent {
					return
				}
			}
		}
	}()
	return ctx
}

// ExitWithParent ends this process with exit code 1 when the parent is gone and grace has passed. Grace is the
// time that work under way gets to stop by itself.
func ExitWithParent(grace time.Duration) context.Context {
	ctx := WithParent(context.Background())
	go func() {
		<-ctx.Done()
		time.Sleep(grace)
		os.Exit(1)
	}()
	return ctx
}
