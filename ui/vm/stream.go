package vm

import (
	"context"
	"errors"
	"sync"
	"time"

	"muster/app/desk"
	"muster/app/search"
)

// Coalesce is how long results are gathered before the screen is told, after the first ones.
const Coalesce = 80 * time.Millisecond

// RestAfter is how long after the first results the cursor is put on the best of them, if the officer has not moved it. Until
// then the rows find their order; after that they keep their places.
const RestAfter = 600 * time.Millisecond

// stream gathers the steps of one run of a search on whatever goroutine they come, and hands them to the UI goroutine in
// batches: the first results and the end at once, everything else every Coalesce.
type stream struct {
	s      *Search
	again  bool // this run asks some systems again, beside the search that was there
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	buffer  []desk.SearchEvent
	posted  bool // a flush waits in the UI queue
	timed   bool // a timer will post one
	first   bool // results have been shown
	stopped bool
	ended   bool
	err     error
}

// begin starts a run. It must be called on the UI goroutine.
func (s *Search) begin(req search.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &stream{s: s, again: len(req.Systems) > 0, ctx: ctx, cancel: cancel}
	s.runs[r] = true
	go func() {
		err := s.desk.Search(ctx, req, r.take)
		r.mu.Lock()
		r.ended, r.err = true, err
		r.post()
		r.mu.Unlock()
	}()
}

// stop drops everything that the run may still give.
func (r *stream) stop() {
	r.cancel()
	r.mu.Lock()
	r.stopped, r.buffer = true, nil
	r.mu.Unlock()
}

func (r *stream) take(ev desk.SearchEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.buffer = append(r.buffer, ev)
	switch {
	case r.posted:
	case ev.Done != nil, !r.first && len(ev.Entities) > 0:
		r.post()
	case !r.timed:
		r.timed = true
		r.s.env.After(Coalesce, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.timed = false
			if len(r.buffer) > 0 {
				r.post()
			}
		})
	}
}

// post queues a flush; r.mu is held.
func (r *stream) post() {
	if r.posted || r.stopped {
		return
	}
	r.posted = true
	r.s.env.Post(r.flush)
}

// flush runs on the UI goroutine.
func (r *stream) flush() {
	r.mu.Lock()
	batch, ended, err := r.buffer, r.ended, r.err
	r.buffer, r.posted = nil, false
	before := r.first
	for i := range batch {
		if len(batch[i].Entities) > 0 {
			r.first = true
		}
	}
	stopped, began := r.stopped, r.first && !before
	r.mu.Unlock()
	s := r.s
	if stopped || !s.runs[r] {
		return
	}
	s.apply(r, batch)
	if s.judged {
		s.Regroup() // what came before the decision may have been put back
	}
	if began && !r.again {
		s.env.After(RestAfter, func() {
			s.env.Post(func() {
				if s.runs[r] && s.rest() {
					s.changed()
				}
			})
		})
	}
	if ended {
		delete(s.runs, r)
		r.cancel()
		s.end(r, err)
	}
	s.changed()
}

// end closes a run: a system that never said how it fared was not searched, and the screen must not leave it 'asking'.
func (s *Search) end(r *stream, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.fault = say(err)
	}
	for _, a := range s.answers {
		if a.State == search.Asking && len(s.runs) == 0 {
			a.State = search.NotSearched
			a.Say = s.env.T("screens.search.noword")
			if s.fault != "" {
				a.Say = s.fault
			}
		}
	}
	if !r.again {
		s.rest()
	}
}

// rest puts the cursor on the best row, if the officer has put it nowhere, and lets the rows keep their places from now on.
func (s *Search) rest() bool {
	if s.selected != "" || len(s.shown) == 0 {
		return false
	}
	s.selected, s.touched = s.shown[0], true
	s.rebuild()
	return true
}
