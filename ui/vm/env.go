// Package vm holds the view-models of the window: state, commands and words for display in plain Go, with no screen in it.
//
// A view-model is touched on the UI goroutine only. Whatever may wait runs on a goroutine of its own and comes back through
// Env.Post, together with the generation it was started in, so that an answer that is no longer wanted is dropped.
package vm

import (
	"context"
	"time"

	"muster/plugins"
)

// Tone is how loud something is. A screen always shows a symbol or words beside its colour.
type Tone int

// The tones, quietest first.
const (
	Quiet Tone = iota
	Good
	Caution
	Danger
)

// Env is what every view-model may touch of its surroundings.
type Env struct {
	// Post runs f on the UI goroutine, later, in order.
	Post func(f func())
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// After calls f on a goroutine of its own after d, unless stop is called first; nil means time.AfterFunc.
	After func(d time.Duration, f func()) (stop func())
	// T gives the words for a key. args are pairs of a placeholder's name and its value; "n" also chooses the plural.
	T func(key string, args ...any) string
}

func (e Env) filled() Env {
	if e.Now == nil {
		e.Now = time.Now
	}
	if e.After == nil {
		e.After = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		}
	}
	if e.Post == nil {
		panic("vm: Env.Post is missing")
	}
	if e.T == nil {
		panic("vm: Env.T is missing")
	}
	return e
}

// task runs work off the UI goroutine, one generation at a time: starting a new one cancels the one before and drops its result.
type task struct {
	gen    uint64
	cancel context.CancelFunc
}

// start runs work and then, on the UI goroutine, done, unless the task was started again or stopped meanwhile.
func start[R any](e Env, t *task, work func(context.Context) (R, error), done func(R, error)) {
	t.stop()
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	gen := t.gen
	go func() {
		r, err := work(ctx)
		e.Post(func() {
			if t.gen != gen {
				return
			}
			cancel()
			t.cancel = nil
			done(r, err)
		})
	}()
}

// stop cancels what runs and drops its result.
func (t *task) stop() {
	t.gen++
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

func (t *task) running() bool { return t.cancel != nil }

// reader re-reads something whenever asked, off the UI goroutine, one reading at a time: requests that come while one runs
// are answered by a single further one, so that a burst of notices costs two readings.
type reader struct {
	busy, again bool
	closed      bool
}

func read[R any](e Env, r *reader, get func() R, done func(R)) {
	if r.closed {
		return
	}
	if r.busy {
		r.again = true
		return
	}
	r.busy = true
	go func() {
		v := get()
		e.Post(func() {
			r.busy = false
			if r.closed {
				return
			}
			done(v)
			if r.again {
				r.again = false
				read(e, r, get, done)
			}
		})
	}()
}

// say gives an error's words for the officer.
func say(err error) string {
	if err == nil {
		return ""
	}
	var pe *plugins.Error
	if asPlugin(err, &pe) && pe.Say != "" {
		return pe.Say
	}
	return err.Error()
}
