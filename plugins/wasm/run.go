package wasm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"muster/plugins"
	"muster/plugins/transport"
	"muster/plugins/wasm/guest"
)

// call runs one operation on an instance of the guest. Whatever the guest does, it comes back within the time for work
// and the network, with an answer of the right shape or with this system's error.
func (s *system) call(ctx context.Context, m guest.Call) (guest.Answer, *call, error) {
	if ctx.Err() != nil {
		return guest.Answer{}, nil, s.stopped(ctx)
	}
	if s.pool.resting(time.Now()) {
		return guest.Answer{}, nil, s.fail(plugins.Unavailable, "The plugin of %s broke down several times in a row and is left alone for half a minute. Try again then; if it lasts, tell IT: its maker must correct it.", s.name)
	}
	msg, err := json.Marshal(m)
	if err != nil {
		return guest.Answer{}, nil, s.fail(plugins.Invalid, "This cannot be handed to the plugin of %s.", s.name)
	}
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &call{sys: s, ctx: limited, op: m.Op, head: msg, masks: masks(m)}
	c.work = &stopwatch{left: s.p.opts.Limits.Work, cancel: cancel}

	a, full, err := s.run(ctx, limited, c, uint64(len(msg)))
	if err == nil {
		s.pool.note(time.Now(), false)
		if c.broken != nil {
			return guest.Answer{}, nil, s.uncertain(c, c.broken)
		}
		if a.Error != nil {
			return guest.Answer{}, nil, s.uncertain(c, s.said(c, a.Error))
		}
		return a, c, nil
	}
	e := s.verdict(ctx, limited, c, err, full)
	if e.Kind != plugins.Cancelled && !errors.Is(err, errEngine) && ctx.Err() == nil {
		s.pool.note(time.Now(), true)
		if s.env.Log != nil {
			s.env.Log.WarnContext(ctx, "the plugin broke down", "plugin", s.p.info.ID, "version", s.p.info.Version, "operation", m.Op, "error", transport.Redact(c.mask(brief(err))))
		}
	}
	return guest.Answer{}, nil, s.uncertain(c, e)
}

var errEngine = errors.New("its module cannot be used")

// run lets an instance work. full says that the guest had used up its memory when it failed.
func (s *system) run(ctx, limited context.Context, c *call, size uint64) (a guest.Answer, full bool, err error) {
	// The time for work runs while the guest starts and works; waiting for a place and for the compiler do not count.
	i, err := s.pool.get(limited, c)
	if err != nil {
		return a, c.oom, err
	}
	whole := false
	defer func() { s.pool.put(i, whole) }()
	c.work.resume()
	_, err = i.entry.Call(context.WithValue(limited, callKey{}, c), size)
	c.work.pause()
	if err != nil {
		full = int64(i.mod.Memory().Size()) >= s.p.opts.Limits.Memory*3/4
		return a, full || c.oom, err
	}
	if !c.gave {
		return a, false, &misuse{"it gave no answer"}
	}
	if err := strict(c.out, &a); err != nil {
		return a, false, &misuse{"its answer cannot be read: " + err.Error()}
	}
	whole = ctx.Err() == nil
	return a, false, nil
}

// verdict says what became of a call that did not come to its end.
func (s *system) verdict(ctx, limited context.Context, c *call, err error, full bool) *plugins.Error {
	var bad *misuse
	var exit *sys.ExitError
	const cure = "Try again; if it lasts, tell IT: its maker must correct it."
	switch {
	case ctx.Err() != nil:
		return s.stopped(ctx)
	case errors.Is(err, errClosed):
		return s.fail(plugins.Cancelled, "Stopped: %s is closed.", s.name)
	case c.broken != nil:
		return c.broken
	case errors.Is(context.Cause(limited), errWork):
		return s.with(err, plugins.Unavailable, "The plugin of %s worked for more than %s without an answer and was stopped. %s", s.name, s.p.opts.Limits.Work, cure)
	case errors.As(err, &bad):
		return s.with(err, plugins.Drift, "The plugin of %s broke the rules for plugins: %s. It was stopped. %s", s.name, bad.say, cure)
	case errors.Is(err, errEngine):
		return s.with(err, plugins.Unavailable, "The plugin of %s cannot be started. Tell IT: %s", s.name, brief(err))
	case full:
		return s.with(err, plugins.Unavailable, "The plugin of %s needs more than the %d MiB of memory that it may have, and was stopped. Narrow the search. %s", s.name, s.p.opts.Limits.Memory>>20, cure)
	case errors.As(err, &exit):
		return s.with(err, plugins.Unavailable, "The plugin of %s stopped in the middle of its work (exit code %d). %s", s.name, exit.ExitCode(), cure)
	case strings.Contains(err.Error(), "stack overflow"):
		return s.with(err, plugins.Unavailable, "The plugin of %s called itself without end and was stopped. %s", s.name, cure)
	}
	return s.with(err, plugins.Unavailable, "The plugin of %s broke down. %s", s.name, cure)
}

// uncertain makes a failure of a submission honest: once something was written, only a refusal of what was sent means
// that it did not arrive. And what was never asked for is not 'certainly not there'.
func (s *system) uncertain(c *call, e *plugins.Error) *plugins.Error {
	switch {
	case c.op == guest.OpSubmit && c.wrote && e.Kind != plugins.Invalid && e.Kind != plugins.Duplicate && e.Kind != plugins.Unknown:
		return s.with(e, plugins.Unknown, "It is not known whether %s took this: %s Muster asks the system before sending again.", s.name, sentence(e.Say))
	case c.op == guest.OpConfirm && e.Kind == plugins.NotFound:
		if f := serious(c.failures); f != nil {
			return f
		}
		if c.answered == 0 && !slices.ContainsFunc(c.failures, func(f *plugins.Error) bool { return f.Kind == plugins.NotFound }) {
			return s.unfounded(c)
		}
	}
	return e
}

func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "its plugin failed."
	}
	return s
}

// serious is the first failure that leaves open what the system would have said.
func serious(failures []*plugins.Error) *plugins.Error {
	for _, f := range failures {
		switch f.Kind {
		case plugins.NotFound, plugins.Invalid, plugins.Duplicate:
		default:
			return f
		}
	}
	return nil
}

// unfounded is the error for an answer that no answer of the system stands behind.
func (s *system) unfounded(c *call) *plugins.Error {
	if f := serious(c.failures); f != nil {
		return f
	}
	return s.fail(plugins.Drift, "The plugin of %s answered although the system did not. It is not shown. Tell whoever keeps its plugin.", s.name)
}

// said makes the guest's error this system's. What the host knows of its cause comes with it.
func (s *system) said(c *call, g *guest.Error) *plugins.Error {
	if g == nil {
		return s.shape("an error in it is null")
	}
	e := &plugins.Error{Kind: plugins.ErrorKind(g.Kind), System: s.env.System, Say: tidy(transport.Redact(g.Say)), Ref: tidy(g.Ref)}
	if g.After > 0 {
		e.After = time.Duration(min(g.After, 86400)) * time.Second
	}
	for _, f := range g.Fields {
		if len(e.Fields) < 100 {
			e.Fields = append(e.Fields, plugins.FieldError{Path: tidy(f.Path), Say: tidy(transport.Redact(f.Say))})
		}
	}
	if !slices.Contains(errorKinds, e.Kind) {
		return s.shape("its error is of an unknown kind")
	}
	if g.Cause > 0 && g.Cause <= len(c.failures) {
		base := c.failures[g.Cause-1]
		e.Err = base
		if base.Kind == e.Kind {
			e.After = max(e.After, base.After)
			if e.Say == "" {
				e.Say = base.Say
			}
		}
	}
	if e.Say == "" {
		e.Say = s.words(e.Kind)
	}
	return e
}

var errorKinds = []plugins.ErrorKind{plugins.Auth, plugins.Denied, plugins.NotFound, plugins.Invalid, plugins.Duplicate, plugins.Limited,
	plugins.Unavailable, plugins.Unknown, plugins.Drift, plugins.Cancelled}

// words is what an officer reads when the plugin gives no words of its own.
func (s *system) words(k plugins.ErrorKind) string {
	switch k {
	case plugins.Auth:
		return s.name + " did not accept the sign-in. Sign in again, or check the credential stored for it."
	case plugins.Denied:
		return s.name + " does not allow this to you. Ask the system's owner for access."
	case plugins.NotFound:
		return s.name + " has no such record."
	case plugins.Duplicate:
		return s.name + " already has this."
	case plugins.Invalid:
		return s.name + " did not accept what was sent. Check the fields and try again."
	case plugins.Limited:
		return s.name + " has had too many requests for now. Try again later."
	case plugins.Unknown:
		return "It is not known whether " + s.name + " took this. Muster asks the system before sending again."
	case plugins.Drift:
		return s.name + " did not answer as documented. Tell whoever keeps its plugin."
	}
	return s.name + " could not answer. Try again later."
}

func (s *system) stopped(ctx context.Context) *plugins.Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return s.with(context.Canceled, plugins.Cancelled, "Stopped before %s answered.", s.name)
	}
	return s.with(context.DeadlineExceeded, plugins.Unavailable, "%s did not answer in the time allowed. Try again later.", s.name)
}

func (s *system) fail(kind plugins.ErrorKind, format string, args ...any) *plugins.Error {
	e := plugins.Errorf(kind, format, args...)
	e.System = s.env.System
	return e
}

func (s *system) with(cause error, kind plugins.ErrorKind, format string, args ...any) *plugins.Error {
	e := s.fail(kind, format, args...)
	e.Err = cause
	return e
}

// shape is the error for an answer of the guest that is not as the contract says.
func (s *system) shape(format string, args ...any) *plugins.Error {
	return s.fail(plugins.Drift, "The plugin of %s gave an answer that is not as agreed: %s. Tell whoever keeps its plugin.", s.name, fmt.Sprintf(format, args...))
}

// fault is the error for something that a guest must not do.
func (s *system) fault(format string, args ...any) *plugins.Error {
	return s.fail(plugins.Denied, "The plugin of %s broke the rules for plugins: %s. Its answer is not used. Tell IT: its maker must correct it.", s.name, fmt.Sprintf(format, args...))
}

// brief is the first line of an error: what follows is a trace.
func brief(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
