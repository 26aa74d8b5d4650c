package desk

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/app/audit"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/pole"
)

// liveQueue is the live incident queue, fed by every system that announces changes.
type liveQueue struct {
	mu    sync.Mutex
	items map[string]LiveItem  // by Ref.String
	heard map[string]time.Time // by Ref.String, also of what was closed: when it was last heard of
	on    map[string]bool      // systems that are announcing now
}

// The queue shows what is open; it holds no more than this.
const (
	liveItems = 500
	liveSeed  = 100 // in one page of what is live
)

// livePurpose accounts for the standing look at the queue, which needs no purpose of a task.
var livePurpose = plugins.Purpose{Code: "live-queue", Text: "live incident queue"}

// Live is the queue: by priority, then newest first.
func (d *Desk) Live() []LiveItem {
	d.mu.RLock()
	q := d.live
	d.mu.RUnlock()
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]LiveItem, 0, len(q.items))
	for _, it := range q.items {
		out = append(out, it)
	}
	slices.SortFunc(out, func(a, b LiveItem) int {
		if c := strings.Compare(orLast(a.Priority), orLast(b.Priority)); c != 0 {
			return c
		}
		return b.When.Compare(a.When)
	})
	return out
}

func orLast(s string) string {
	if s == "" {
		return "~"
	}
	return s
}

// startLive subscribes to every system that announces changes, for as long as the session lasts and the systems stay as they are:
// called again it begins afresh. d.starting is held.
func (d *Desk) startLive(s *session) {
	if d.opts.NoLive {
		return
	}
	if s.unwatch != nil {
		s.unwatch()
	}
	var ctx context.Context
	ctx, s.unwatch = context.WithCancel(s.ctx)
	q := &liveQueue{items: map[string]LiveItem{}, heard: map[string]time.Time{}, on: map[string]bool{}}
	d.mu.Lock()
	d.live = q
	list := slices.Clone(d.systems)
	d.mu.Unlock()
	for _, sys := range list {
		open, err := sys.open()
		if err != nil {
			continue
		}
		w, ok := open.(plugins.Watcher)
		if !ok {
			continue
		}
		for _, k := range sys.info.Kinds {
			def, ok := d.dict.Kind(k.Kind)
			if !k.Watch || !ok || def.Live == nil {
				continue
			}
			s.wg.Go(func() { d.watch(ctx, s, q, sys, w, k.Kind, func() { d.seedLive(ctx, s, q, sys, open, k, *def.Live) }) })
		}
	}
}

// watch keeps one subscription open: it reconnects where it was, waiting longer after each failure. With each
// connection seed asks for what is live: what changed while nobody listened may never be announced.
func (d *Desk) watch(life context.Context, s *session, q *liveQueue, sys *system, w plugins.Watcher, kind pole.Kind, seed func()) {
	var cursor plugins.Cursor
	var seeding sync.Mutex
	wait := time.Second
	for life.Err() == nil {
		if d.State() == signin.Locked { // nothing is asked for behind a locked desk
			select {
			case <-life.Done():
			case <-time.After(2 * time.Second):
			}
			continue
		}
		s.wg.Go(func() {
			if seeding.TryLock() { // one at a time, however often the connection fails
				defer seeding.Unlock()
				seed()
			}
		})
		a := d.access(string(audit.Consultation), livePurpose)
		rec := d.of(d.record(a), sys)
		rec.Kind = kind
		seqs, err := d.append(life, s, rec)
		if err == nil {
			a.Audited = seqs[0]
			ctx := plugins.WithAccess(life, a)
			began := d.now()
			err = guard(func() error {
				return w.Watch(ctx, kind, cursor, func(c plugins.Change) error {
					if q.set(sys.cfg.ID, true) {
						d.notify(TopicSystems, sys.cfg.ID)
					}
					if c.Cursor != "" {
						cursor = c.Cursor
					}
					switch {
					case c.Gap != nil:
						sys.note(d.now(), c.Gap)
						d.notify(TopicSystems, sys.cfg.ID)
					case !c.Record.IsZero():
						d.liveChange(s, q, c, d.now())
					}
					return ctx.Err()
				})
			})
			if d.now().Sub(began) > time.Minute {
				wait = time.Second
			}
		}
		if q.set(sys.cfg.ID, false) {
			d.notify(TopicSystems, sys.cfg.ID)
		}
		if life.Err() != nil {
			return
		}
		d.log.Info("live changes stopped; connecting again", "system", sys.cfg.ID, "error", plugins.KindOf(err))
		pause := wait + rand.N(wait/2+1) //nolint:gosec // no secret: desks must not come back in step
		var pe *plugins.Error
		if errors.As(err, &pe) && pe.After > pause {
			pause = pe.After
		}
		select {
		case <-life.Done():
			return
		case <-time.After(pause):
		}
		wait = min(2*wait, time.Minute)
	}
}

// seedLive asks for what is live now. What was announced since it began is newer and stays; what was there before and is not
// live any more goes, provided that everything was told.
func (d *Desk) seedLive(ctx context.Context, s *session, q *liveQueue, sys *system, open plugins.System, k plugins.KindSpec, def pole.LiveDef) {
	if def.By == "" || !slices.ContainsFunc(k.Search, func(sp plugins.SearchSpec) bool { return slices.Equal(sp.Require, []pole.Property{def.By}) }) {
		return
	}
	a := d.access(string(audit.Consultation), livePurpose)
	began, whole, live := d.now(), true, map[string]bool{}
	for _, v := range def.Open {
		rec := d.of(d.record(a), sys)
		rec.Kind, rec.Terms = k.Kind, map[string]string{string(def.By): v}
		seqs, err := d.append(ctx, s, rec)
		if err != nil {
			return
		}
		a.Audited = seqs[0]
		query := plugins.Query{Kind: k.Kind, Terms: []plugins.Term{{Property: def.By, Value: d.dict.Normalise(def.By, v)}}, Limit: liveSeed}
		for {
			var page plugins.Page
			err = guard(func() (err error) {
				page, err = open.Search(plugins.WithAccess(ctx, a), query)
				return err
			})
			if err != nil {
				d.log.Info("what is live could not be asked for; it is asked for again with the next connection", "system", sys.cfg.ID, "error", plugins.KindOf(err))
				return
			}
			for _, r := range page.Records {
				live[r.String()] = true
				d.liveChange(s, q, plugins.Change{Record: r}, began)
			}
			whole = whole && len(page.Gaps) == 0
			if page.After == "" || page.After == query.After || len(live) >= liveItems {
				whole = whole && page.After == ""
				break
			}
			query.After = page.After
		}
	}
	if whole && q.keepOnly(sys.cfg.ID, k.Type, began, live) {
		d.notify(TopicLive, "")
	}
}

// keepOnly takes out the items of one system and type that were last heard of before then and are not among live.
func (q *liveQueue) keepOnly(system, typ string, then time.Time, live map[string]bool) (changed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for key, it := range q.items {
		if it.System == system && it.Ref.Type == typ && !live[key] && q.heard[key].Before(then) {
			delete(q.items, key)
			delete(q.heard, key)
			changed = true
		}
	}
	return changed
}

// set notes whether a system is announcing and reports whether that changed.
func (q *liveQueue) set(system string, on bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	changed := q.on[system] != on
	q.on[system] = on
	return changed
}

func (q *liveQueue) announcing(system string) bool {
	if q == nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.on[system]
}

// liveChange puts one change into the queue. Which properties mean what is the dictionary's to say, by the kind's live template.
// It never replaces what was heard after asOf.
func (d *Desk) liveChange(s *session, q *liveQueue, c plugins.Change, asOf time.Time) {
	var shown bool
	if c.Record, shown = d.screen(s, c.Record); !shown {
		return
	}
	it, closed := d.liveItem(c.Record)
	key := it.Ref.String()
	q.mu.Lock()
	if q.heard[key].After(asOf) {
		q.mu.Unlock()
		return
	}
	q.heard[key] = asOf
	if c.Removed || closed {
		delete(q.items, key)
	} else {
		q.items[key] = it
		if len(q.items) > liveItems {
			oldest := ""
			for k, x := range q.items {
				if oldest == "" || x.When.Before(q.items[oldest].When) {
					oldest = k
				}
			}
			delete(q.items, oldest)
		}
	}
	q.mu.Unlock()
	if !c.Removed && len(c.Record.Facts) > 0 {
		rec := c.Record
		s.later(func(context.Context) {
			if err := d.putRecords(s, rec); err != nil {
				d.log.Warn("copies for offline use could not be kept", "error", err)
			}
		})
	}
	d.notify(TopicLive, key)
}

func (d *Desk) liveItem(r pole.Record) (it LiveItem, closed bool) {
	it = LiveItem{Ref: r.Ref, System: r.System, Title: d.dict.Title(r), Changed: r.Updated}
	if l, ok := d.dict.Live(r); ok {
		it.Reference, it.Priority, it.Place, it.Status, closed = l.Reference, l.Priority, l.Place, l.Status, l.Closed
		if l.Headline != "" {
			it.Title = l.Headline
		}
	}
	if when, ok := d.dict.When(r); ok {
		if t, _, ok := pole.Span(when); ok {
			it.When = t
		}
	}
	return it, closed
}

// guard turns a panic of a plugin into that system's error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = plugins.Errorf(plugins.Drift, "Its connector failed inside Muster. Tell IT; the other systems are not affected.")
		}
	}()
	return f()
}
