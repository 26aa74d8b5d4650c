package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Source is one system as a search asks it.
type Source struct {
	ID     string
	Name   string
	Info   plugins.Info
	System plugins.System // opened
	Err    error          // why it could not be opened, instead of System
	// Context accounts for the access before the first request leaves and returns the context that carries it; its error
	// keeps the system from being asked. nil leaves the context as it is.
	Context func(context.Context) (context.Context, error)
}

// Defaults of a search.
const (
	DefaultLimit    = 200 // records per system and kind
	DefaultTimeout  = 45 * time.Second
	defaultParallel = 4
	maxPages        = 1000
)

// part is what became of one step.
type part struct {
	kind  pole.Kind
	count int
	more  bool
	gaps  []*plugins.Error
	err   error
}

// runner asks one system.
type runner struct {
	src   Source
	q     question
	r     Request
	c     Config
	out   *queue
	start time.Time
	log   *slog.Logger

	mu   sync.Mutex
	seen map[pole.Ref]bool
	left int     // steps under way or to come
	last []Found // what goes out together with the answer, so that the answer is not held back behind it
}

// run asks the system and reports its answer. It returns at once when ctx ends.
func (n *runner) run(ctx context.Context) {
	a := Answer{System: n.src.ID, State: CannotAsk}
	steps := n.q.steps(n.src.Info, n.r.Kinds)
	closed := n.src.Err
	if closed == nil && n.src.System == nil {
		closed = plugins.Errorf(plugins.Unavailable, "%s is not open. Sign in again.", n.src.Name)
	}
	if len(steps) == 0 {
		a.Say = n.src.Name + " cannot be searched by this."
		if closed != nil && len(n.src.Info.Kinds) == 0 { // nobody knows what it could have been searched by
			a.State = NotSearched
			a.Error, a.Say = n.explain(closed)
		}
		n.done(a)
		return
	}
	limit := n.c.Timeout
	if limit <= 0 {
		limit = DefaultTimeout
	}
	sctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if n.src.Context != nil {
		var err error
		if sctx, err = n.src.Context(sctx); err != nil {
			a.State = Stopped
			if ctx.Err() == nil { // what cannot be accounted for is not shown either: no old copies
				a.State = NotSearched
				a.Error, a.Say = n.explain(err)
			}
			n.done(a)
			return
		}
	}
	if closed != nil {
		n.fail(ctx, &a, closed, n.kinds(steps))
		n.done(a)
		return
	}
	parts := n.all(sctx, steps)
	if ctx.Err() != nil {
		a.State = Stopped
		for _, p := range parts {
			a.Count += p.count
		}
		n.done(a)
		return
	}
	n.sum(ctx, &a, parts)
	n.done(a)
}

// all runs the steps, as many at once as the system allows.
func (n *runner) all(ctx context.Context, steps []step) []part {
	parallel := n.src.Info.Limits.Parallel
	if parallel <= 0 {
		parallel = defaultParallel
	}
	slots := make(chan struct{}, parallel)
	parts := make([]part, len(steps))
	n.left = len(steps)
	var wg sync.WaitGroup
	for i, s := range steps {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			parts[i] = part{kind: s.kind, err: ctx.Err()}
			n.finish(nil)
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			parts[i] = n.pages(ctx, s)
		})
	}
	wg.Wait()
	return parts
}

// limit is how many records of one kind are read.
func (n *runner) limit() int {
	l := n.r.Limit
	if l <= 0 {
		l = DefaultLimit
	}
	if m := n.src.Info.Limits.Records; m > 0 && m < l {
		l = m
	}
	return l
}

// finish ends a step with its last records. Those of the last step go out with the answer.
func (n *runner) finish(records []Found) {
	n.mu.Lock()
	n.left--
	if n.left == 0 {
		n.last = append(n.last, records...)
		records = nil
	}
	n.mu.Unlock()
	n.out.records(records)
}

// pages reads one step to its end or to the limit.
func (n *runner) pages(ctx context.Context, s step) (p part) {
	p.kind = s.kind
	var fresh []Found
	defer func() { n.finish(fresh) }()
	limit, after, read := n.limit(), "", 0
	before := map[string]bool{}
	for range maxPages {
		q := s.query
		q.After, q.Limit = after, limit-read
		page, err := n.call(ctx, q)
		if err != nil {
			p.err = err
			return p
		}
		p.gaps = append(p.gaps, page.Gaps...)
		if len(page.Records) > limit-read {
			page.Records, p.more = page.Records[:limit-read], true
		}
		read += len(page.Records)
		fresh = n.found(page.Records, false)
		p.count += len(fresh)
		if page.After == "" {
			p.more = p.more || page.Total > read // it gives no more, and says that there is more
			return p
		}
		if read >= limit {
			p.more = true
			return p
		}
		if before[page.After] {
			p.err = plugins.Errorf(plugins.Drift, "%s sends the same page again and again. Tell IT.", n.src.Name)
			return p
		}
		before[page.After] = true
		after = page.After
		n.out.records(fresh)
		fresh = nil
	}
	p.err = plugins.Errorf(plugins.Drift, "%s has no last page. Tell IT.", n.src.Name)
	return p
}

// call asks for one page. A plugin that panics, or that does not notice the end of ctx, does not hold up the search.
func (n *runner) call(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	type result struct {
		page plugins.Page
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil {
				n.log.Error("a connector panicked", "system", n.src.ID, "type", fmt.Sprintf("%T", v))
				r = result{err: plugins.Errorf(plugins.Drift, "The connector for %s failed inside Muster. Tell IT.", n.src.Name)}
			}
			done <- r
		}()
		r.page, r.err = n.src.System.Search(ctx, q)
	}()
	select {
	case r := <-done:
		return r.page, r.err
	case <-ctx.Done():
		return plugins.Page{}, ctx.Err()
	}
}

// found are the records that are new, with their scores. A record that two queries of a system find is one.
func (n *runner) found(records []pole.Record, old bool) []Found {
	out := make([]Found, 0, len(records))
	n.mu.Lock()
	for i := range records {
		ref := records[i].Ref
		if n.seen[ref] {
			continue
		}
		n.seen[ref] = true
		out = append(out, Found{Record: records[i], Old: old})
	}
	n.mu.Unlock()
	for i := range out {
		out[i].Score, out[i].Matched = n.q.score(&out[i].Record)
	}
	return out
}

// sum makes one answer of what became of the steps.
func (n *runner) sum(ctx context.Context, a *Answer, parts []part) {
	var failed []part
	var gaps []*plugins.Error
	for _, p := range parts {
		a.Count += p.count
		a.More = a.More || p.more
		gaps = append(gaps, p.gaps...)
		if p.err != nil {
			failed = append(failed, p)
		}
	}
	switch {
	case len(failed) == len(parts) && a.Count == 0:
		n.fail(ctx, a, failed[0].err, kindsOf(failed))
	case len(failed) > 0:
		a.State = Partial
		a.Error, a.Say = n.explain(failed[0].err)
		n.old(ctx, a, kindsOf(failed))
	case len(gaps) > 0:
		a.State = Partial
		a.Error, a.Say = n.explain(gaps[0])
	case a.More:
		a.State = Partial
		a.Say = fmt.Sprintf("%s has more than the %d records that were read. Search more narrowly to see the rest.", n.src.Name, a.Count)
	case a.Count > 0:
		a.State = Answered
	default:
		a.State = NoTrace
	}
}

// fail says that the system was not searched and shows old copies instead.
func (n *runner) fail(ctx context.Context, a *Answer, err error, kinds []pole.Kind) {
	a.State = NotSearched
	a.Error, a.Say = n.explain(err)
	n.old(ctx, a, kinds)
}

// explain is an error in words for the officer.
func (n *runner) explain(err error) (plugins.ErrorKind, string) {
	var e *plugins.Error
	switch {
	case errors.As(err, &e) && e.Say != "":
		return e.Kind, e.Say
	case errors.Is(err, context.DeadlineExceeded):
		return plugins.Unavailable, n.src.Name + " did not answer in time. Try again; if it lasts, tell IT."
	}
	n.log.Warn("a system failed without words", "system", n.src.ID, "kind", plugins.KindOf(err))
	return plugins.KindOf(err), n.src.Name + " did not answer as expected. Try again; if it lasts, tell IT."
}

func (n *runner) kinds(steps []step) []pole.Kind {
	parts := make([]part, len(steps))
	for i, s := range steps {
		parts[i].kind = s.kind
	}
	return kindsOf(parts)
}

func kindsOf(parts []part) []pole.Kind {
	var out []pole.Kind
	seen := map[pole.Kind]bool{}
	for _, p := range parts {
		if !seen[p.kind] {
			seen[p.kind] = true
			out = append(out, p.kind)
		}
	}
	return out
}

// old shows copies that were kept of what the system did not give.
func (n *runner) old(ctx context.Context, a *Answer, kinds []pole.Kind) {
	if n.c.Cache == nil {
		return
	}
	now, cut := n.c.Now(), false
	for _, r := range n.cached(kinds) {
		records, err := n.c.Cache.Search(ctx, n.src.ID, r)
		if err != nil {
			n.log.Warn("kept copies could not be searched", "system", n.src.ID, "error", err)
			return
		}
		cut = cut || len(records) >= r.Limit
		fresh := n.found(records, true)
		a.Cached += len(fresh)
		n.last = append(n.last, fresh...)
		for i := range records {
			if age := now.Sub(records[i].Read); age > a.CacheAge {
				a.CacheAge = age
			}
		}
	}
	if cut {
		a.Say += fmt.Sprintf(" Only the latest %d of the kept copies are shown.", a.Cached)
	}
}

// cached are the requests to the cache: every alternative by its terms, else the text.
func (n *runner) cached(kinds []pole.Kind) []Request {
	var out []Request
	for _, alt := range n.q.alts {
		out = append(out, Request{Terms: alt, Kinds: kinds, Limit: n.limit()})
	}
	if len(out) == 0 || n.r.Text != "" {
		out = append(out, Request{Text: n.q.text, Kinds: kinds, Limit: n.limit()})
	}
	return out
}

func (n *runner) done(a Answer) {
	a.Elapsed = time.Since(n.start)
	n.out.answer(n.last, a)
}
