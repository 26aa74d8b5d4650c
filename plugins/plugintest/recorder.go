package plugintest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
)

// recorder is a log handler that keeps everything as it was written, unredacted.
type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *recorder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *recorder) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (l *recorder) Handle(ctx context.Context, r slog.Record) error {
	return l.handler().Handle(ctx, r)
}
func (l *recorder) WithAttrs(a []slog.Attr) slog.Handler { return l.handler().WithAttrs(a) }
func (l *recorder) WithGroup(n string) slog.Handler      { return l.handler().WithGroup(n) }

func (l *recorder) handler() slog.Handler {
	return slog.NewTextHandler(io.Writer(l), &slog.HandlerOptions{Level: slog.LevelDebug})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// counter counts from many goroutines.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}
