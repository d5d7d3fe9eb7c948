// Build makes Pulumi's CLI, its language host for Node.js and the plugins docker, random and command from Go modules
// alone, and puts them into one folder.
//
//	go run ./cmd/build --out DIR
//
// It can be interrupted and run again: Go's build cache keeps what was compiled, and DIR appears complete or not at all.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"berth/toolchain/internal/build"
	"berth/toolchain/internal/lifetime"
)

func main() {
	out := flag.String("out", "", "folder to make; it must not exist yet (required)")
	jobs := flag.Int("jobs", runtime.NumCPU(), "how many compilers run at once")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	// Whoever started the build may be killed without a chance to end it.
	life := lifetime.WithParent(context.Background())
	ctx, stop := signal.NotifyContext(life, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := build.Run(ctx, build.Options{Out: *out, Jobs: *jobs, Log: os.Stdout})
	interrupted := ctx.Err() != nil // Asked before stop, which cancels the context as well.
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "interrupted; run it again to go on from here")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
