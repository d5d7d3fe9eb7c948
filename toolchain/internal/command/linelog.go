package command

import (
	"bytes"
	"io"
	"sync"
)

// longestLine is where a line without an end is cut in the log. The captured output stays whole.
const longestLine = 8 << 10

// lineLog shows the lines of both streams of a command, one at a time, while it runs.
type lineLog struct {
	settings settings
	lines    chan string
	done     chan struct{}
	writers  []*lineWriter
}

// newLineLog starts to show lines. The buffer keeps a chatty command from waiting for the engine at each line.
func newLineLog(s settings, show report) *lineLog {
	l := &lineLog{settings: s, lines: make(chan string, 256), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for line := range l.lines {
			show(line)
		}
	}()
	return l
}

// writer returns where one stream of the command goes. A stream that is not wanted goes nowhere.
func (l *lineLog) writer(wanted bool) io.Writer {
	if !wanted {
		return io.Discard
	}
	w := &lineWriter{log: l}
	l.writers = append(l.writers, w)
	return w
}

// close shows what is left, and returns when everything has been shown. Nobody may write any more.
func (l *lineLog) close() {
	for _, w := range l.writers {
		w.flush()
	}
	close(l.lines)
	<-l.done
}

type lineWriter struct {
	log     *lineLog
	mu      sync.Mutex
	pending []byte
}

// Write implements io.Writer.
func (w *lineWriter) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, data...)
	for {
		end := bytes.IndexByte(w.pending, '\n')
		if end < 0 && len(w.pending) < longestLine {
			return len(data), nil
		}
		if end < 0 {
			end = longestLine - 1
		}
		w.show(w.pending[:end+1])
		w.pending = w.pending[end+1:]
	}
}

func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) > 0 {
		w.show(w.pending)
		w.pending = nil
	}
}

func (w *lineWriter) show(line []byte) {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) > 0 {
		w.log.lines <- w.log.settings.redact(string(line))
	}
}
