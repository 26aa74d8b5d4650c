// Package logbook keeps the program's log on this computer: structured, rotated, and with nothing in it about a person, a
// case or a credential, so that it can be given to IT as it is.
package logbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"muster/plugins"
	"muster/plugins/transport"
)

// Options opens a log.
type Options struct {
	Folder string
	Name   string        // of the file, without .log
	Level  string        // error, warn, info or debug
	Keep   time.Duration // rotated files are removed when they are older
}

// The bounds of one log on disk: at most kept+1 files of fileMegabytes each.
var fileMegabytes = 5

const kept = 5

// Level reads the name of a level; what it does not know is info.
func Level(name string) slog.Level {
	l := map[string]slog.Level{"error": slog.LevelError, "warn": slog.LevelWarn, "debug": slog.LevelDebug}
	return l[name] // the zero level is info
}

// Open begins to log into a file that only this account can read. Close ends it.
func Open(o Options) (*slog.Logger, io.Closer, error) {
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, nil, fmt.Errorf("the log folder %s cannot be made: %w", o.Folder, err)
	}
	path := filepath.Join(o.Folder, o.Name+".log")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // lumberjack keeps the rights that it finds
	if err != nil {
		return nil, nil, fmt.Errorf("the log %s cannot be written: %w", path, err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, nil, fmt.Errorf("the log %s cannot be kept from others: %w", path, err)
	}
	days := int((o.Keep + 24*time.Hour - 1) / (24 * time.Hour))
	w := &lumberjack.Logger{Filename: path, MaxSize: fileMegabytes, MaxBackups: kept, MaxAge: max(days, 1)}
	return slog.New(Impersonal(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: Level(o.Level)}))), w, nil
}

// spoken are the attributes whose values are kept as they are: names of parts of the program and of systems, never what a
// system or a person said.
var spoken = []string{"system", "operation", "state", "version", "kind", "check", "form", "format", "level", "plugin", "connector", "key"}

// Impersonal lets through what says nothing about a person: constant messages, numbers, times, the attributes that are
// known to name parts of the program. Of an error it says the kind, of an address the server.
func Impersonal(h slog.Handler) slog.Handler {
	return transport.LogThrough(transport.LogHandler(h), clean)
}

func clean(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindTime, slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		return slog.Attr{Key: a.Key, Value: v}
	case slog.KindGroup:
		var out []slog.Attr
		for _, g := range v.Group() {
			out = append(out, clean(g))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(out...)}
	}
	if err, ok := v.Any().(error); ok {
		return slog.String(a.Key, Kind(err))
	}
	if slices.Contains(spoken, a.Key) {
		return slog.String(a.Key, v.String())
	}
	if u, err := url.Parse(v.String()); err == nil && u.Host != "" && a.Key == "url" {
		return slog.String(a.Key, u.Scheme+"://"+u.Host)
	}
	return slog.String(a.Key, "…")
}

// Kind says what sort of error it is, without a word of it: an error's words may quote a record.
func Kind(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.Is(err, fs.ErrPermission):
		return "not permitted"
	case errors.As(err, &errno):
		return errno.Error()
	}
	var e *plugins.Error
	if errors.As(err, &e) {
		if in := errors.Unwrap(e); in != nil {
			if k := Kind(in); k != "" && k != typeOf(in) {
				return string(e.Kind) + ": " + k
			}
		}
		return string(e.Kind)
	}
	return typeOf(err)
}

func typeOf(err error) string {
	for {
		in := errors.Unwrap(err)
		if in == nil {
			return fmt.Sprintf("%T", err)
		}
		err = in
	}
}
