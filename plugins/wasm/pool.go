package wasm

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"muster/plugins/transport"
)

const (
	maxInstances = 4
	// A plugin that broke down this many times in a row is left alone for a while: starting it again and again would
	// cost the officer's computer more than it could give.
	maxFaults = 3
	restFor   = 30 * time.Second
)

// instance is one running guest. It works for one call at a time.
type instance struct {
	mod   api.Module
	entry api.Function
	cur   *call // whose call it is working for
	out   *lineWriter
	err   *lineWriter
	clock *guestClock
}

// guestClock is the guest's monotonic clock. It counts what the guest sleeps and that it was asked, and nothing of this
// computer's time.
type guestClock struct {
	ns  int64
	cur **call
}

func (c *guestClock) now() int64 {
	c.ns += int64(time.Microsecond)
	return c.ns
}

func (c *guestClock) sleep(ns int64) {
	if ns <= 0 {
		return
	}
	c.ns += ns
	if *c.cur == nil {
		return
	}
	t := time.NewTimer(time.Duration(ns))
	defer t.Stop()
	select {
	case <-(*c.cur).ctx.Done():
	case <-t.C:
	}
}

// pool starts instances when they are needed and keeps them for the next call.
type pool struct {
	s     *system
	slots chan struct{}

	mu     sync.Mutex
	idle   []*instance
	busy   int
	closed bool
	faults int
	rested time.Time
}

func newPool(s *system) *pool {
	n := s.p.info.Limits.Parallel
	if n <= 0 {
		n = transport.DefaultParallel
	}
	return &pool{s: s, slots: make(chan struct{}, min(n, maxInstances))}
}

var errClosed = errors.New("the plugin is closed")

// get gives an instance that only the caller uses until put. It may wait for a free one, and the first time for the
// compiler.
func (p *pool) get(ctx context.Context, c *call) (*instance, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.slots
		return nil, errClosed
	}
	p.busy++ // from here on the engine stays
	var i *instance
	if n := len(p.idle); n > 0 {
		i, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	p.mu.Unlock()
	if i == nil {
		e, err := p.s.p.engine(ctx)
		if err == nil {
			i, err = p.s.instantiate(ctx, e, c)
		}
		if err != nil {
			p.put(nil, false)
			return nil, err
		}
	}
	i.cur = c
	return i, nil
}

// put takes an instance back. One that failed is thrown away with everything that it remembers.
func (p *pool) put(i *instance, whole bool) {
	if i != nil {
		i.out.flush()
		i.err.flush()
		i.cur = nil
	}
	p.mu.Lock()
	p.busy--
	keep := i != nil && whole && !p.closed && int64(i.mod.Memory().Size()) <= p.s.p.opts.Limits.Memory/2
	if keep {
		p.idle = append(p.idle, i)
	}
	last := p.closed && p.busy == 0
	p.mu.Unlock()
	if i != nil && !keep {
		i.close()
	}
	if last {
		p.s.p.release()
	}
	<-p.slots
}

// close ends the pool: idle instances now, busy ones when their call is done.
func (p *pool) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	idle := p.idle
	p.idle = nil
	last := p.busy == 0
	p.mu.Unlock()
	for _, i := range idle {
		i.close()
	}
	if last {
		p.s.p.release()
	}
}

// resting reports whether the plugin is left alone now.
func (p *pool) resting(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults >= maxFaults && now.Before(p.rested)
}

// note counts breakdowns in a row.
func (p *pool) note(now time.Time, broke bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !broke {
		p.faults = 0
		return
	}
	p.faults++
	p.rested = now.Add(restFor)
}

// starting holds back guests that would start together: more than there are processors would only slow each other down,
// and their time for work would run meanwhile.
var starting = make(chan struct{}, max(runtime.NumCPU(), 2))

// instantiate starts a guest with no files, sockets, arguments or environment, within the time of the call that needs it.
func (s *system) instantiate(ctx context.Context, e *engine, c *call) (*instance, error) {
	i := &instance{cur: c}
	i.out = &lineWriter{cur: &i.cur, level: slog.LevelDebug}
	i.err = &lineWriter{cur: &i.cur, level: slog.LevelWarn}
	i.clock = &guestClock{cur: &i.cur}
	conf := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
		WithStdout(i.out).WithStderr(i.err).WithRandSource(rand.Reader).
		WithWalltime(func() (int64, int32) {
			now := s.env.Now()
			return now.Unix(), int32(now.Nanosecond())
		}, 1000).
		WithNanotime(i.clock.now, 1000).WithNanosleep(i.clock.sleep)
	select {
	case starting <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-starting }()
	c.work.resume()
	mod, err := e.rt.InstantiateModule(ctx, e.code, conf)
	c.work.pause()
	if err != nil {
		return nil, err
	}
	i.mod, i.entry = mod, mod.ExportedFunction(entryName)
	return i, nil
}

func (i *instance) close() { _ = i.mod.Close(context.Background()) } // its memory goes whatever it says
