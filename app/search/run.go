package search

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"muster/plugins/pole"
)

// Cache holds copies of records from earlier answers.
type Cache interface {
	// Search returns the kept records of one system that fit r, each with its own Read time.
	Search(ctx context.Context, system string, r Request) ([]pole.Record, error)
}

// Config is what a search runs over.
type Config struct {
	Dictionary *pole.Dictionary
	Systems    []Source
	Cache      Cache // nil is none
	Now        func() time.Time
	Log        *slog.Logger
	// Timeout ends the search of one system, over all its pages; 0 is DefaultTimeout.
	Timeout time.Duration
	// Every is how far apart events are after the first; 0 is 30 ms.
	Every time.Duration
}

// Run puts one request to every system at once and calls emit, one call at a time, with what comes back; it returns
// when every system has answered, failed or run out of time, and at once when ctx ends.
//
// Each system is first announced as Asking. The first records or answer are emitted at once, later ones are put
// together. A system's last answer comes after all of its records, and Done is the last event. No record is emitted
// twice; an old copy never replaces a record that the system gave.
func Run(ctx context.Context, c Config, r Request, emit func(Event)) Completeness {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Every <= 0 {
		c.Every = 30 * time.Millisecond
	}
	start := time.Now()
	q := ask(c.Dictionary, r)
	out := newQueue()
	var systems []Source
	for _, s := range c.Systems {
		if len(r.Systems) == 0 || slices.Contains(r.Systems, s.ID) {
			systems = append(systems, s)
		}
	}
	var wg sync.WaitGroup
	for _, s := range systems {
		if s.Name == "" {
			s.Name = s.ID
		}
		n := &runner{src: s, q: q, r: r, c: c, out: out, start: start, log: c.Log, seen: map[pole.Ref]bool{}}
		wg.Go(func() { n.run(ctx) })
	}
	go func() {
		wg.Wait()
		out.close()
	}()
	for _, s := range systems {
		emit(Event{Answer: &Answer{System: s.ID, State: Asking}})
	}
	t := tally{}
	out.drain(c.Every, func(b batch) {
		if len(b.records) > 0 {
			emit(Event{Records: b.records})
		}
		for i := range b.answers {
			t.add(b.answers[i])
			emit(Event{Answer: &b.answers[i]})
		}
	})
	done := t.sum(systems, time.Since(start))
	emit(Event{Done: &done})
	return done
}

// tally keeps the last answer of each system.
type tally map[string]Answer

func (t tally) add(a Answer) { t[a.System] = a }

// sum makes the line of honest completeness.
func (t tally) sum(systems []Source, elapsed time.Duration) Completeness {
	c := Completeness{Elapsed: elapsed, Complete: true}
	for _, s := range systems {
		a := t[s.ID]
		c.Records += a.Count + a.Cached
		c.OldestCache = max(c.OldestCache, a.CacheAge)
		if a.State != CannotAsk {
			c.Asked++
		}
		switch a.State {
		case Answered, NoTrace:
			c.Answered++
		case Partial:
			c.Partial = append(c.Partial, s.ID)
			c.Complete = false
		case CannotAsk:
			c.CannotAsk = append(c.CannotAsk, s.ID)
		default:
			c.Failed = append(c.Failed, s.ID)
			c.Complete = false
		}
	}
	return c
}
