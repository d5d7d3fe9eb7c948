// Package build compiles the engine. It needs nothing but Go's standard library, so that it starts at once on a
// machine that has no module yet.
package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options of one build.
type Options struct {
	// Out is the folder to make. It must not exist.
	Out string
	// Jobs is how many compilers run at once.
	Jobs int
	// Log takes the progress, a line at a time.
	Log io.Writer
}

// Run builds everything into a folder beside Out, and gives it its name when it is complete.
func Run(ctx context.Context, o Options) error {
	source, err := sourceFolder()
	if err != nil {
		return err
	}
	out, err := filepath.Abs(o.Out)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s is there already: remove it, or name another folder with --out", out)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(out), filepath.Base(out)+".partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}

	r := &runner{source: source, work: filepath.Join(work, "work"), jobs: o.Jobs, log: o.Log, heartbeat: heartbeat}
	if err := os.Mkdir(r.work, 0o755); err != nil {
		return err
	}
	for _, s := range steps {
		if err := r.run(ctx, s); err != nil {
			return err
		}
	}
	for _, name := range results {
		if err := os.Rename(filepath.Join(r.work, name), filepath.Join(work, name)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(r.work); err != nil {
		return err
	}
	return os.Rename(work, out)
}

// sourceFolder is the folder of this module: the current one, or one above it.
func sourceFolder() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "cmd", "pulumi-resource-docker", "main.go")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("run this in the folder toolchain of the checkout: go run ./cmd/build --out DIR")
		}
		folder = above
	}
}
