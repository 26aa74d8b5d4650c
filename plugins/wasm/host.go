package wasm

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"muster/plugins"
	"muster/plugins/transport"
)

// call is one call of a guest, as the host's functions see it. Only the goroutine that runs the call touches it,
// except for work.
type call struct {
	sys  *system
	ctx  context.Context // ends with the caller's context and with the time for work
	op   string
	head []byte // waits for take
	body []byte // waits for take_body
	out  []byte
	gave bool

	work     *stopwatch
	broken   *plugins.Error   // what the guest did that ends the call, whatever it answers
	failures []*plugins.Error // of its requests, counted from 1 by the guest
	asked    int
	answered int  // requests that came back with something other than a failure
	lastOK   bool // the latest request did
	wrote    bool // a write may have taken effect
	lines    int
	masks    []string
	oom      bool // the guest said that it has no memory left
}

type callKey struct{}

// misuse is what a host function panics with; the runtime hands it to the caller of the guest.
type misuse struct{ say string }

func (m *misuse) Error() string { return m.say }

// offer makes the host's functions.
func offer(ctx context.Context, rt wazero.Runtime) error {
	i32 := api.ValueTypeI32
	b := rt.NewHostModuleBuilder("muster")
	export := func(name string, params, results int, f func(context.Context, *call, api.Module, []uint64)) {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			c, _ := ctx.Value(callKey{}).(*call)
			if c == nil {
				panic(&misuse{"it used " + name + " before it was called"})
			}
			f(ctx, c, m, stack)
		}), repeat(i32, params), repeat(i32, results)).Export(name)
	}
	export("take", 2, 0, func(_ context.Context, c *call, m api.Module, s []uint64) {
		write(m, "take", uint32(s[0]), uint32(s[1]), &c.head)
	})
	export("take_body", 2, 0, func(_ context.Context, c *call, m api.Module, s []uint64) {
		write(m, "take_body", uint32(s[0]), uint32(s[1]), &c.body)
	})
	export("give", 2, 0, func(_ context.Context, c *call, m api.Module, s []uint64) {
		if c.gave {
			panic(&misuse{"it answered twice"})
		}
		c.out, c.gave = read(m, "give", uint32(s[0]), uint32(s[1]), c.sys.p.opts.Limits.Answer), true
	})
	export("http", 4, 1, func(_ context.Context, c *call, m api.Module, s []uint64) {
		head := read(m, "http", uint32(s[0]), uint32(s[1]), maxHead)
		body := read(m, "http", uint32(s[2]), uint32(s[3]), c.sys.p.opts.Limits.Answer)
		c.work.pause() // the network's time is not the guest's
		c.head, c.body = c.exchange(head, body)
		c.work.resume()
		s[0] = uint64(len(c.head))
	})
	export("log", 3, 0, func(_ context.Context, c *call, m api.Module, s []uint64) {
		level := slog.LevelDebug
		switch uint32(s[0]) {
		case 1:
			level = slog.LevelInfo
		case 2:
			level = slog.LevelWarn
		}
		c.log(level, string(read(m, "log", uint32(s[1]), min(uint32(s[2]), 4*maxLine), 4*maxLine)))
	})
	_, err := b.Instantiate(ctx)
	return err
}

const maxHead = 256 << 10

func repeat(t api.ValueType, n int) []api.ValueType {
	out := make([]api.ValueType, n)
	for i := range out {
		out[i] = t
	}
	return out
}

// read copies what the guest points at.
func read(m api.Module, what string, ptr, size uint32, most int) []byte {
	if uint64(size) > uint64(most) {
		panic(&misuse{what + " was given more than is allowed"})
	}
	b, ok := m.Memory().Read(ptr, size)
	if !ok {
		panic(&misuse{what + " was given a place outside the guest's memory"})
	}
	return append([]byte(nil), b...)
}

// write hands a message over, once.
func write(m api.Module, what string, ptr, size uint32, msg *[]byte) {
	if uint64(size) != uint64(len(*msg)) {
		panic(&misuse{what + " was called for a message of another size than waits"})
	}
	if !m.Memory().Write(ptr, *msg) {
		panic(&misuse{what + " was given a place outside the guest's memory"})
	}
	*msg = nil
}

// The bounds of a line in the log.
const maxLine = 400

// log writes a line of the guest into the desk's log: few, short, without credentials and without what was searched for.
func (c *call) log(level slog.Level, line string) {
	if strings.Contains(line, "out of memory") {
		c.oom = true
	}
	line = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(line, "\ufffd")))
	if line == "" || c.sys.env.Log == nil {
		return
	}
	c.lines++
	switch most := c.sys.p.opts.Limits.LogLines; {
	case c.lines == most+1:
		c.sys.env.Log.WarnContext(c.ctx, "the plugin says more than is kept", "plugin", c.sys.p.info.ID)
		return
	case c.lines > most:
		return
	}
	if r := []rune(line); len(r) > maxLine {
		line = string(r[:maxLine]) + "…"
	}
	c.sys.env.Log.Log(c.ctx, level, "plugin: "+transport.Redact(c.mask(line)), "plugin", c.sys.p.info.ID)
}

// mask blots out what this call is about: a log is not the place for it.
func (c *call) mask(s string) string {
	for _, m := range c.masks {
		s = replaceFold(s, m)
	}
	return s
}

// replaceFold puts dots for every occurrence of what, whatever its case.
func replaceFold(s, what string) string {
	for i := 0; i+len(what) <= len(s); {
		if strings.EqualFold(s[i:i+len(what)], what) {
			s = s[:i] + "•••" + s[i+len(what):]
			i += len("•••")
			continue
		}
		i++
	}
	return s
}

// lineWriter is a guest's standard output: whole lines go into the log.
type lineWriter struct {
	cur   **call
	level slog.Level
	part  []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	c := *w.cur
	if c == nil {
		return len(p), nil // it speaks while it starts; there is no call to hold it to
	}
	w.part = append(w.part, p[:min(len(p), 64<<10)]...)
	for {
		line, rest, whole := strings.Cut(string(w.part), "\n")
		if !whole && len(line) < 4*maxLine {
			return len(p), nil
		}
		c.log(w.level, line)
		if w.part = []byte(rest); len(rest) == 0 {
			return len(p), nil
		}
	}
}

// flush writes what was said without an end of line.
func (w *lineWriter) flush() {
	if c := *w.cur; c != nil && len(w.part) > 0 {
		c.log(w.level, string(w.part))
	}
	w.part = nil
}

var errWork = errors.New("the time for work is over")

// stopwatch ends a context when the guest has worked for too long; it stands until resume and while the host works for it.
type stopwatch struct {
	mu     sync.Mutex
	left   time.Duration
	since  time.Time
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func (w *stopwatch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.left -= time.Since(w.since)
}

func (w *stopwatch) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Now()
	w.timer = time.AfterFunc(max(w.left, 0), func() { w.cancel(errWork) })
}
