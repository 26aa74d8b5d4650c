package transport

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"muster/plugins"
)

var errOpen = errors.New("the breaker is open")

// pace spreads the requests to one system: so many a second, so many at once, none while the system asked for a pause.
type pace struct {
	c     *chain
	rate  *rate.Limiter
	slots chan struct{}
	quota []*quota

	mu    sync.Mutex // held for looking only, never while waiting
	until time.Time
}

func newPace(c *chain) *pace {
	return &pace{c: c, rate: rate.NewLimiter(rate.Limit(c.limits.Rate), c.limits.Burst), slots: make(chan struct{}, c.limits.Parallel),
		quota: newQuotas(c.limits.Quotas)}
}

// pause keeps every caller of the system back until d from now.
func (p *pace) pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := time.Now().Add(d); t.After(p.until) {
		p.until = t
	}
}

func (p *pace) paused() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.until)
}

// enter waits for a turn and returns what gives it back. Every wait obeys ctx.
func (p *pace) enter(ctx context.Context) (leave func(), err error) {
	for {
		if err := p.calm(ctx); err != nil {
			return nil, err
		}
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, p.c.classify(ctx, ctx.Err(), false, false, p.c.limits)
		}
		if p.paused() <= 0 {
			break
		}
		<-p.slots // a pause began while this caller stood in line
	}
	var once sync.Once
	leave = func() { once.Do(func() { <-p.slots }) }
	if err := p.rate.Wait(ctx); err != nil {
		leave()
		if ctx.Err() != nil {
			return nil, p.c.classify(ctx, ctx.Err(), false, false, p.c.limits)
		}
		return nil, p.c.err(plugins.Limited, errors.New("own rate limit"), "Muster is already asking %s as often as it may. Try again in a moment.", p.c.name)
	}
	if err := p.within(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// within counts the request against every quota: a short wait is waited for, a long one told at once.
func (p *pace) within(ctx context.Context) error {
	for i := 0; i < len(p.quota); i++ {
		d := p.quota[i].take(time.Now())
		if d <= 0 {
			continue
		}
		for _, q := range p.quota[:i] {
			q.back()
		}
		if !p.c.patient(ctx, d) {
			e := p.c.err(plugins.Limited, errors.New("quota used up"), "Muster has asked %s as often as it may for now. Try again in %s.", p.c.name, span(d))
			e.After = d
			return e
		}
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return p.c.classify(ctx, ctx.Err(), false, false, p.c.limits)
		}
		i = -1
	}
	return nil
}

// calm waits until a pause is over; a long one is told at once.
func (p *pace) calm(ctx context.Context) error {
	for {
		d := p.paused()
		if d <= 0 {
			return nil
		}
		if !p.c.patient(ctx, d) {
			e := p.c.err(plugins.Limited, errors.New("paused by the system"), "%s has had too many requests for now. Try again in %s.", p.c.name, span(d))
			e.After = d
			return e
		}
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return p.c.classify(ctx, ctx.Err(), false, false, p.c.limits)
		}
	}
}

// breaker stops asking a system that does not answer, and lets one request through now and then to see.
type breaker struct {
	c *chain

	mu     sync.Mutex
	cb     *gobreaker.TwoStepCircuitBreaker[struct{}]
	since  time.Time // first failure of the present run
	opened time.Time
}

// errIgnored tells the breaker that an attempt says nothing about the system's health.
var errIgnored = errors.New("ignored")

func newBreaker(c *chain) *breaker {
	b := &breaker{c: c}
	b.cb = b.closed()
	return b
}

// closed makes a breaker that lets requests through.
func (b *breaker) closed() *gobreaker.TwoStepCircuitBreaker[struct{}] {
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: 1,
		Timeout:     b.c.tune.openFor,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= b.c.tune.trip },
		IsExcluded:  func(err error) bool { return errors.Is(err, errIgnored) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.mu.Lock()
				b.opened = time.Now()
				b.mu.Unlock()
			}
		},
	})
}

// allow asks whether an attempt may be made; done must be called with how it went. What a person insists on is always
// let through, and closes the breaker when it goes well.
func (b *breaker) allow(ctx context.Context) (done func(error), err error) {
	b.mu.Lock()
	cb := b.cb
	b.mu.Unlock()
	report, err := cb.Allow()
	if err != nil && marked(ctx, insistKey{}) {
		report, err = func(err error) {
			if err == nil {
				b.mu.Lock()
				b.cb = b.closed()
				b.mu.Unlock()
			}
		}, nil
	}
	if err != nil {
		b.mu.Lock()
		since, wait := b.since, time.Until(b.opened.Add(b.c.tune.openFor))
		b.mu.Unlock()
		e := b.c.err(plugins.Unavailable, errOpen, "%s has not answered since %s. Muster tries it again by itself.", b.c.name, since.Local().Format("15:04"))
		e.After = max(wait, time.Second)
		return nil, e
	}
	return func(err error) {
		if !errors.Is(err, errIgnored) {
			b.mu.Lock()
			switch {
			case err == nil:
				b.since = time.Time{}
			case b.since.IsZero():
				b.since = b.c.now()
			}
			b.mu.Unlock()
		}
		report(err)
	}, nil
}
