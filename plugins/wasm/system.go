package wasm

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/wasm/guest"
)

// system is an opened plugin. It is safe for concurrent use: each call has an instance of the guest for itself.
type system struct {
	p      *Plugin
	env    plugins.Env
	name   string
	base   *url.URL
	config map[string]string
	danger map[pole.Property]bool
	pool   *pool
}

// submitter and watcher are abilities that only a plugin which declares them has, so that assertion tells the truth.
type (
	submitter struct{ s *system }
	watcher   struct{ s *system }
)

// Close throws away every instance and what it remembers. Calls that are under way end first.
func (s *system) Close() error {
	s.pool.close()
	return nil
}

// message is the call that every operation starts from.
func (s *system) message(ctx context.Context, op string) guest.Call {
	c := guest.Call{Op: op, System: s.env.System, Now: s.env.Now().UTC().Format(time.RFC3339Nano), Config: s.config}
	if a, ok := plugins.AccessFrom(ctx); ok {
		c.Access = guest.Access{Officer: a.Officer, Collar: a.Collar, Purpose: a.Purpose.Code, Reason: a.Purpose.Text, Case: a.Purpose.Case, Correlation: a.Correlation}
	}
	return c
}

func (s *system) kind(k pole.Kind) (*kindSpec, *plugins.KindSpec) {
	for i := range s.p.info.Kinds {
		if s.p.info.Kinds[i].Kind == k {
			return &s.p.spec.Kinds[i], &s.p.info.Kinds[i]
		}
	}
	return nil, nil
}

func (s *system) kindOf(typ string) (*kindSpec, *plugins.KindSpec) {
	for i := range s.p.info.Kinds {
		if k := &s.p.info.Kinds[i]; k.Type == typ || typ == "" && k.Fetch {
			return &s.p.spec.Kinds[i], k
		}
	}
	return nil, nil
}

// Check signs in if needed and says who the system takes the officer for.
func (s *system) Check(ctx context.Context) (plugins.Identity, error) {
	a, c, err := s.call(ctx, s.message(ctx, guest.OpCheck))
	switch {
	case err != nil:
		return plugins.Identity{}, err
	case a.Identity == nil:
		return plugins.Identity{}, s.shape("there is no identity in it")
	case c.answered == 0:
		return plugins.Identity{}, s.unfounded(c)
	}
	return plugins.Identity{User: tidy(a.Identity.User), Server: tidy(a.Identity.Server), Version: tidy(a.Identity.Version)}, nil
}

// Search returns one page.
func (s *system) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	k, info := s.kind(q.Kind)
	switch {
	case k == nil || len(info.Search) == 0 && !info.Text:
		return plugins.Page{}, s.fail(plugins.Invalid, "%s holds no such kind of record.", s.name)
	case !answers(info, q):
		return plugins.Page{}, s.fail(plugins.Invalid, "%s cannot search by this.", s.name)
	}
	m := s.message(ctx, guest.OpSearch)
	m.Query = &guest.Query{Kind: string(q.Kind), Text: q.Text, After: q.After, Limit: q.Limit}
	for _, t := range q.Terms {
		m.Query.Terms = append(m.Query.Terms, guest.Term{Property: string(t.Property), Value: either(t.Value.Norm, t.Value.Source), Source: t.Value.Source})
	}
	a, c, err := s.call(ctx, m)
	if err != nil {
		return plugins.Page{}, err
	}
	if a.Page == nil {
		return plugins.Page{}, s.shape("there is no page in it")
	}
	page, err := s.page(k, info, c, a.Page)
	if err != nil {
		return plugins.Page{}, err
	}
	if page.After != "" && page.After == q.After {
		page.After = ""
		page.Gaps = append(page.Gaps, s.fail(plugins.Drift, "%s names the same page as the next one again. What it sent so far is shown; tell whoever keeps its plugin.", s.name))
	}
	return page, nil
}

// answers reports whether a kind can be searched so.
func answers(k *plugins.KindSpec, q plugins.Query) bool {
	if q.Text != "" && len(q.Terms) == 0 {
		return k.Text
	}
	has := func(p pole.Property) bool {
		return slices.ContainsFunc(q.Terms, func(t plugins.Term) bool { return t.Property == p })
	}
	for _, s := range k.Search {
		if (len(s.Require) > 0 || slices.ContainsFunc(s.Optional, has)) && !slices.ContainsFunc(s.Require, func(p pole.Property) bool { return !has(p) }) {
			return true
		}
	}
	return false
}

// Fetch returns one record in full.
func (s *system) Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	k, info := s.kindOf(ref.Type)
	if k == nil || !info.Fetch {
		return pole.Record{}, s.fail(plugins.Invalid, "%s gives no single record of this kind.", s.name)
	}
	m := s.message(ctx, guest.OpFetch)
	m.Ref = &guest.Ref{Type: info.Type, ID: ref.ID}
	a, c, err := s.call(ctx, m)
	switch {
	case err != nil:
		return pole.Record{}, err
	case a.Record == nil:
		return pole.Record{}, s.shape("there is no record in it")
	case c.answered == 0:
		return pole.Record{}, s.unfounded(c)
	}
	r, err := s.record(k, info, *a.Record, s.env.Now().UTC())
	if err != nil {
		return pole.Record{}, s.shape("%s", err)
	}
	if r.ID != ref.ID {
		return pole.Record{}, s.fail(plugins.Drift, "%s answered with another record than was asked for. It is not shown. Tell whoever keeps its plugin.", s.name)
	}
	return r, nil
}

// Watch implements plugins.Watcher by asking again and again, at the pace that the guest names.
func (x watcher) Watch(ctx context.Context, kind pole.Kind, cursor plugins.Cursor, each func(plugins.Change) error) error {
	s := x.s
	k, info := s.kind(kind)
	if k == nil || !info.Watch {
		return s.fail(plugins.Invalid, "%s does not announce changes of this kind.", s.name)
	}
	for first := true; ; first = false {
		m := s.message(ctx, guest.OpWatch)
		m.Kind, m.Cursor = string(kind), string(cursor)
		a, c, err := s.call(ctx, m)
		switch {
		case err != nil:
			return err
		case a.Changes == nil || a.Changes.Cursor == "" || len(a.Changes.Cursor) > maxAfter:
			return s.shape("there are no changes with a cursor in it")
		case c.answered == 0:
			return s.unfounded(c)
		}
		if first {
			if err := each(plugins.Change{Cursor: cursor}); err != nil { // the connection stands
				return err
			}
		}
		cursor = plugins.Cursor(a.Changes.Cursor)
		if err := s.announce(k, info, c, a.Changes, each); err != nil {
			return err
		}
		t := time.NewTimer(pace(a.Changes.Wait))
		select {
		case <-ctx.Done():
			t.Stop()
			return s.stopped(ctx)
		case <-t.C:
		}
	}
}

// pace is how long to wait before asking for changes again.
func pace(wait int) time.Duration {
	if wait <= 0 {
		wait = 30
	}
	return time.Duration(min(max(wait, 2), 600)) * time.Second
}

func (s *system) announce(k *kindSpec, info *plugins.KindSpec, c *call, ch *guest.Changes, each func(plugins.Change) error) error {
	cursor := plugins.Cursor(ch.Cursor)
	for _, list := range []struct {
		records []guest.Record
		removed bool
	}{{ch.Records, false}, {ch.Removed, true}} {
		for _, in := range list.records {
			change := plugins.Change{Removed: list.removed, Cursor: cursor}
			r, err := s.record(k, info, in, s.env.Now().UTC())
			if err != nil && list.removed && in.ID != "" {
				r, err = pole.Record{Ref: pole.Ref{System: s.env.System, Type: info.Type, ID: in.ID}, Kind: info.Kind, Read: s.env.Now().UTC()}, nil
			}
			if err != nil {
				change.Gap = s.shape("%s", err)
			} else {
				change.Record = r
			}
			if err := each(change); err != nil {
				return err
			}
		}
	}
	for _, g := range ch.Gaps {
		if err := each(plugins.Change{Cursor: cursor, Gap: s.said(c, g)}); err != nil {
			return err
		}
	}
	return nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// masks are the words of a call that must not reach a log.
func masks(m guest.Call) []string {
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); len(s) >= 3 && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if q := m.Query; q != nil {
		add(q.Text)
		for _, t := range q.Terms {
			add(t.Source)
			add(t.Value)
		}
	}
	if m.Ref != nil {
		add(m.Ref.ID)
	}
	if m.Entry != nil {
		parts := [][]guest.Value{m.Entry.Facts}
		for _, p := range m.Entry.Parts {
			parts = append(parts, p.Facts)
		}
		for _, v := range slices.Concat(parts...) {
			add(v.Source)
			add(v.Value)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) }) // the whole before its parts
	return out
}
