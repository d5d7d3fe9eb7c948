// Package remotecommand has the running of commands in pods that buildx names: it always fails. See leftout/README.md.
package remotecommand

import (
	"context"
	"io"
	"net/url"

	"k8s.io/client-go/rest"
)

// StreamOptions are the streams of a command.
type StreamOptions struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Tty            bool
}

// Executor runs a command.
type Executor interface {
	StreamWithContext(context.Context, StreamOptions) error
}

// NewSPDYExecutor always fails.
func NewSPDYExecutor(*rest.Config, string, *url.URL) (Executor, error) { return nil, rest.ErrLeftOut }
