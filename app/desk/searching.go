package desk

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
	"muster/store"
)

// latest is what the last search found, so that a case can be opened from it.
type latest struct {
	grouper *match.Grouper
	old     map[string]bool // by Ref.String
	scores  map[string]search.Found
	request search.Request // Systems apart
	views   map[string]EntityView
	rev     uint64
	asked   map[string]caseview.Asked // by system
	again   bool                      // the systems that are asked are asked the same question again
}

// note remembers how a system answered. Of several questions about one thing the worst answer stands: what was not searched once
// was not searched.
func (l *latest) note(a *search.Answer, at time.Time) {
	x := caseview.Asked{System: a.System, Say: a.Say, At: at}
	switch a.State {
	case search.Answered:
		x.State, x.Say = caseview.AskedFound, ""
	case search.NoTrace:
		x.State, x.Say = caseview.AskedNone, ""
	case search.CannotAsk:
		x.State = caseview.AskedCannot
	case search.Partial:
		x.State = caseview.AskedPart
	default:
		x.State = caseview.AskedNot
	}
	rank := map[caseview.AskedState]int{caseview.AskedCannot: 1, caseview.AskedNone: 2, caseview.AskedFound: 3, caseview.AskedPart: 4, caseview.AskedNot: 5}
	if rank[x.State] >= rank[l.asked[a.System].State] || l.again {
		l.asked[a.System] = x
	}
}

// answers are how the systems answered, by their names.
func (l *latest) answers() []caseview.Asked {
	var out []caseview.Asked
	for _, s := range slices.Sorted(maps.Keys(l.asked)) {
		out = append(out, l.asked[s])
	}
	return out
}

func newLatest(g *match.Grouper, r search.Request) *latest {
	r.Systems = nil
	return &latest{grouper: g, old: map[string]bool{}, scores: map[string]search.Found{}, request: r, views: map[string]EntityView{}, asked: map[string]caseview.Asked{}}
}

// asksAgain reports whether r asks some systems the question of l again: what they find belongs to what l found.
func (l *latest) asksAgain(r search.Request) bool {
	if l == nil || len(r.Systems) == 0 {
		return false
	}
	r.Systems = nil
	return reflect.DeepEqual(l.request, r)
}

// Interpret says what typed text would be taken for, best first; quick enough for every keystroke.
func (d *Desk) Interpret(text string) []search.Interpretation { return search.Interpret(d.dict, text) }

// Search runs one search to its end and calls f, one call at a time, with each step. Cancelling ctx stops it at once.
// Every system's access is in the audit log before its first request leaves.
func (d *Desk) Search(ctx context.Context, r search.Request, f func(SearchEvent)) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return err
	}
	if err := d.searchesHidden(s, r); err != nil {
		return err
	}
	d.mu.Lock()
	if !d.latest.asksAgain(r) {
		d.latest = newLatest(d.grouper(s), r) // under d.mu: a judgement is in the log before it looks for what it changes
	}
	found := d.latest
	d.mu.Unlock()
	d.grouping.Lock()
	found.again = len(r.Systems) > 0
	d.grouping.Unlock()
	if len(r.Systems) > 0 {
		ctx = transport.Insist(ctx) // the officer named the systems: ask them even if they lately failed
	}
	return d.runSearch(ctx, s, purpose, r, found, f)
}

// runSearch searches into found. The systems come from the request, or are all of them.
func (d *Desk) runSearch(ctx context.Context, s *session, purpose plugins.Purpose, r search.Request, found *latest, f func(SearchEvent)) error {
	a := d.access(string(audit.Consultation), purpose)
	accounted := newLedger()
	sources := d.sources(r.Systems, func(ctx context.Context, sys *system) (context.Context, error) {
		if err := d.reasonFor(sys.cfg.ID, a); err != nil {
			return nil, err
		}
		rec := d.of(d.record(a), sys)
		rec.Terms = termsOf(r.Terms, r.Text)
		ctx, seq, err := d.account(ctx, a, rec)
		if err == nil {
			accounted.put(sys.cfg.ID, seq)
		}
		return ctx, err
	})
	for i := range sources {
		if sources[i].Err == nil {
			sources[i].System = screened{sources[i].System, d, s}
		}
	}
	search.Run(ctx, search.Config{Dictionary: d.dict, Systems: sources, Cache: screenedCache{s.cache, d, s}, Now: d.now, Log: d.log}, r, func(ev search.Event) {
		out := SearchEvent{Found: ev.Records, Answer: ev.Answer, Done: ev.Done}
		for i := range ev.Records {
			accounted.note(&ev.Records[i].Record, ev.Records[i].Old)
		}
		if len(ev.Records) > 0 {
			out.Entities, out.Gone = d.group(found, ev.Records)
			d.keep(s, ev.Records)
		}
		if ev.Answer != nil && ev.Answer.State != search.Asking {
			d.grouping.Lock()
			found.note(ev.Answer, d.now())
			d.grouping.Unlock()
			if seq, ok := accounted.get(ev.Answer.System); ok { // one that could not be accounted for was not asked, and is not to blame
				d.noteAnswer(ev.Answer)
				var err error
				if ev.Answer.Error != "" {
					err = &plugins.Error{Kind: ev.Answer.Error}
				}
				sys, _ := d.system(ev.Answer.System)
				d.closing(s, a, sys, seq, ev.Answer.Count, err, accounted.returned(ev.Answer.System))
			}
		}
		f(out)
	})
	return ctx.Err()
}

// group adds records to the entities found so far and gives those that are new or changed.
func (d *Desk) group(found *latest, records []search.Found) (views []EntityView, gone []string) {
	d.grouping.Lock()
	defer d.grouping.Unlock()
	recs := make([]pole.Record, len(records))
	for i, fr := range records {
		recs[i] = fr.Record
		ref := fr.Record.String()
		found.scores[ref] = search.Found{Score: fr.Score, Matched: fr.Matched, Old: fr.Old}
		if fr.Old {
			found.old[ref] = true
		} else {
			delete(found.old, ref)
		}
	}
	changed, gone := found.grouper.Add(recs...)
	return d.views(found, changed, gone), gone
}

// views makes what a list shows of entities that changed; d.grouping is held.
func (d *Desk) views(found *latest, changed []match.Entity, gone []string) (views []EntityView) {
	for _, id := range gone {
		delete(found.views, id)
	}
	for _, e := range changed {
		found.rev++
		v := d.view(e, found.old, found.scores)
		v.Rev = found.rev
		found.views[v.ID] = v
		views = append(views, v)
	}
	return views
}

// Results gives the entities of the latest search as they stand now, in no order.
func (d *Desk) Results() []EntityView {
	d.mu.RLock()
	l := d.latest
	d.mu.RUnlock()
	if l == nil {
		return nil
	}
	d.grouping.Lock()
	defer d.grouping.Unlock()
	return slices.Collect(maps.Values(l.views))
}

// view is an entity as a list shows it.
func (d *Desk) view(e match.Entity, old map[string]bool, scores map[string]search.Found) EntityView {
	c := d.BuildCase(caseview.Input{Entity: e, Old: old})
	v := EntityView{ID: e.ID, Kind: e.Kind, Class: d.dict.Class(e.Kind), Title: c.Title, Detail: c.Detail, Records: len(e.Records),
		Warnings: c.Warnings, Possible: e.Possible, Judged: e.Judged, Contradicts: e.Contradicts, Entity: e}
	for _, m := range c.Disagreements {
		v.Disagreements = append(v.Disagreements, m.Label)
	}
	systems, matched := map[string]bool{}, map[string]bool{}
	for _, r := range e.Records {
		systems[r.System] = true
		if when, ok := d.dict.When(r); ok && v.When.IsZero() {
			v.When, _, _ = pole.Span(when)
		}
		sc := scores[r.String()]
		v.Old = v.Old || sc.Old
		v.Score = max(v.Score, sc.Score)
		for _, w := range sc.Matched {
			matched[w] = true
		}
	}
	v.Matched = slices.Sorted(maps.Keys(matched))
	if s, err := d.behind(); err == nil {
		v.Masked = d.maskedIn(s, e.Records)
	}
	d.mu.RLock()
	for _, sys := range d.systems { // in the profile's order
		if systems[sys.cfg.ID] {
			v.Systems = append(v.Systems, sys.cfg.ID)
		}
	}
	d.mu.RUnlock()
	return v
}

// keep puts fresh records into the sealed cache, behind the search.
func (d *Desk) keep(s *session, records []search.Found) {
	var fresh []pole.Record
	for _, r := range records {
		if !r.Old {
			fresh = append(fresh, r.Record)
		}
	}
	if len(fresh) == 0 {
		return
	}
	s.later(func(context.Context) {
		if err := d.putRecords(s, fresh...); err != nil {
			d.log.Warn("copies for offline use could not be kept", "error", err)
		}
	})
}

// cache answers a search from the kept copies of one system.
type cache struct{ store *store.Store }

// Search implements search.Cache.
func (c cache) Search(_ context.Context, system string, r search.Request) ([]pole.Record, error) {
	q := store.CacheQuery{Text: r.Text, Kinds: r.Kinds, Systems: []string{system}, Limit: r.Limit}
	for _, t := range r.Terms {
		q.Facts = append(q.Facts, pole.Fact{Property: t.Property, Value: t.Value})
	}
	res, err := c.store.SearchRecords(q)
	return res.Records, err
}
