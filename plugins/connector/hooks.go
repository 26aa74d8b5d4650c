package connector

import (
	"context"
	"time"

	"muster/plugins/pole"
)

type (
	pauseKey   struct{}
	observeKey struct{}
)

// WithPause makes the waits between the rounds of a polling watch call pause instead. It lets recordings be replayed
// without waiting; an error of pause ends the watch.
func WithPause(ctx context.Context, pause func(context.Context, time.Duration) error) context.Context {
	return context.WithValue(ctx, pauseKey{}, pause)
}

// pause waits for d, or does what WithPause says.
func pause(ctx context.Context, d time.Duration) error {
	if f, ok := ctx.Value(pauseKey{}).(func(context.Context, time.Duration) error); ok {
		return f(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Element is one element of an answer on its way to become a record.
type Element struct {
	Kind pole.Kind
	Data any // as expressions see it: maps, lists, texts, numbers
	// Map makes a record of data in the element's place, as the connector would. It is quick and asks nothing of the system.
	Map func(data any) (pole.Record, error)
}

// WithObserver calls observe for every element of an answer before it becomes a record, so that a tool can show which
// part of it led to which fact. The element must not be changed.
func WithObserver(ctx context.Context, observe func(Element)) context.Context {
	return context.WithValue(ctx, observeKey{}, observe)
}

func (m *mapper) observed(ctx context.Context, sc *scope, el any, now time.Time) {
	f, ok := ctx.Value(observeKey{}).(func(Element))
	if !ok || f == nil {
		return
	}
	quiet := context.WithValue(ctx, observeKey{}, (func(Element))(nil))
	f(Element{Kind: m.kind.kind, Data: el, Map: func(data any) (pole.Record, error) { return m.record(quiet, sc, data, now) }})
}

// BaseOption is the name of the url option that paths are below; "" when there is none.
func (c *Connector) BaseOption() string { return c.spec.base }

// TypeOf is the Ref.Type of the records of a kind; "" when the system holds none.
func (s *system) TypeOf(kind pole.Kind) string {
	if k := s.spec.kind(kind); k != nil {
		return k.typ
	}
	return ""
}
