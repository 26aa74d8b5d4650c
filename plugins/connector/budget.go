package connector

import (
	"context"
	"errors"
	"time"
)

// What one evaluation may take. The steps of the interpreter are the same on every machine, so they say whether an
// expression is slow by itself; the time says how long an officer may wait for a machine that is too busy.
const (
	exprSteps = 5_000_000 // a quarter of a second, on a machine that does nothing else
	exprTime  = 2 * time.Second
)

var (
	errSteps = errors.New("takes more steps than the 5 million that an expression has")
	errBusy  = errors.New("this computer was too busy to read the answer; try again")
)

// budget is the context of one evaluation. The interpreter asks for Done before every step, from one goroutine, which
// is how steps are counted; there is no timer to start and stop for each field.
type budget struct {
	context.Context //nolint:containedctx // it is the context
	left            int
	until           time.Time
	err             error
}

var over = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func newBudget(ctx context.Context, steps int, t time.Duration) *budget {
	return &budget{Context: ctx, left: steps, until: time.Now().Add(t)}
}

// Done counts a step; the channel is closed once the evaluation has to end.
func (b *budget) Done() <-chan struct{} {
	if b.err != nil {
		return over
	}
	b.left--
	switch {
	case b.left < 0:
		b.err = errSteps
	case b.left%1024 != 0:
		return nil
	case b.Context.Err() != nil:
		b.err = b.Context.Err()
	case time.Now().After(b.until):
		b.err = errBusy
	default:
		return nil
	}
	return over
}

// Err says why the evaluation has to end; nil while it need not.
func (b *budget) Err() error { return b.err }
