package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

const (
	linkedMost = 120              // linked records read for one case; more are shown by name
	linkedWait = 10 * time.Second // for all of them together; a slow system never holds up the case longer
)

// ErrNoCase means that there is nothing to open under this id.
var ErrNoCase = errors.New("there is no such record: search again, it may have been found under another reference")

// OpenCase builds the case of an entity of the latest search, of a kept case, or of any record, by entity id or Ref.String.
// It fetches the subject's records in full and what they link to, from every system; what could not be read is a Gap.
func (d *Desk) OpenCase(ctx context.Context, id string) (caseview.Case, error) {
	s, err := d.current()
	if err != nil {
		return caseview.Case{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return caseview.Case{}, err
	}
	b := &caseBuilder{d: d, s: s, purpose: purpose, old: map[string]bool{}, gaps: map[string]*caseview.Gap{}}
	b.access = d.access(string(audit.Combination), purpose)
	if err := b.subject(ctx, id); err != nil {
		return caseview.Case{}, err
	}
	b.around(ctx)
	c := d.BuildCase(caseview.Input{Entity: b.entity, Around: b.near, Old: b.old, Gaps: b.gapList(), Asked: b.asked})
	d.touchKept(s, c)
	return c, ctx.Err()
}

// caseBuilder gathers what one case is made of.
type caseBuilder struct {
	d       *Desk
	s       *session
	purpose plugins.Purpose
	access  plugins.Access

	entity match.Entity
	near   []match.Entity
	asked  []caseview.Asked
	copied map[pole.Ref]pole.Record // from a kept copy, if there is one

	mu   sync.Mutex
	old  map[string]bool
	gaps map[string]*caseview.Gap
}

// subject finds the entity, accounts for combining it, and reads its records in full.
func (b *caseBuilder) subject(ctx context.Context, id string) error {
	e, ok := b.d.latestEntity(id, b.old)
	var refs []pole.Ref
	if ok {
		for _, r := range e.Records {
			refs = append(refs, r.Ref)
		}
	} else if refs = b.d.keptRefs(b.s, id); len(refs) == 0 {
		ref, err := pole.ParseRef(id)
		if err != nil {
			return ErrNoCase
		}
		refs = []pole.Ref{ref}
	}
	b.copied = b.d.copied(b.s, id)
	refs = append(refs, match.Joined(b.s.judged.all(), refs...)...) // what people joined by hand, wherever it was found
	rec := b.d.record(b.access)
	rec.Ref = refStrings(refs)
	b.d.unmask(b.s, &rec, refs...)
	actx, seq, err := b.d.account(ctx, b.access, rec)
	if err != nil {
		return err
	}
	full := b.fetch(actx, refs, e.Records)
	if len(full) == 0 {
		err := fmt.Errorf("%w (%s)", ErrNoCase, b.gapWords())
		b.d.closing(b.s, b.access, nil, seq, 0, err, nil)
		return err
	}
	if !ok {
		full, e = b.others(ctx, full)
	} else {
		b.asked = b.d.latestAnswers()
	}
	b.d.closing(b.s, b.access, nil, seq, len(full), nil, ofRecords(full))
	grouper := b.d.grouper(b.s)
	grouper.Add(full...)
	b.entity = entityWith(grouper, full[0].Ref)
	b.entity.Possible = e.Possible
	b.entity.Judged, b.entity.Contradicts = bothStandings(b.entity.Judged, e.Judged), bothJudgements(b.entity.Contradicts, e.Contradicts)
	if ok {
		// The search decided what belongs together; reading in full must not silently drop or add a record.
		b.entity.ID, b.entity.Kind, b.entity.Records = e.ID, e.Kind, full
		if len(b.entity.Why) == 0 {
			b.entity.Why = e.Why
		}
	}
	return ctx.Err()
}

// others looks for the same entity in every system, by what identifies it and by its title, and returns the records that belong,
// and the entity as it stands among what was found.
func (b *caseBuilder) others(ctx context.Context, full []pole.Record) ([]pole.Record, match.Entity) {
	b.d.mu.Lock()
	found := newLatest(b.d.grouper(b.s), search.Request{})
	b.d.beside = found
	b.d.mu.Unlock()
	b.d.grouping.Lock()
	found.grouper.Add(full...)
	maps.Copy(found.old, b.old)
	b.d.grouping.Unlock()
	var requests []search.Request
	first := full[0]
	for _, f := range first.Facts {
		if f.Value.Norm != "" && b.d.dict.Identifies(first.Kind, f.Property) && len(requests) < 3 {
			requests = append(requests, search.Request{Terms: []plugins.Term{{Property: f.Property, Value: f.Value}}, Kinds: []pole.Kind{first.Kind}})
		}
	}
	if in := search.Interpret(b.d.dict, b.d.dict.Title(first)); len(in) > 0 && len(in[0].Terms) > 0 {
		requests = append(requests, search.Request{Terms: in[0].Terms, Text: in[0].Text, Kinds: []pole.Kind{first.Kind}})
	}
	for _, r := range requests {
		_ = b.d.runSearch(ctx, b.s, b.purpose, r, found, func(ev SearchEvent) {
			if a := ev.Answer; a != nil && (a.State == search.NotSearched || a.State == search.Partial) {
				b.gap(a.System, a.Say)
			}
		})
	}
	b.d.grouping.Lock()
	maps.Copy(b.old, found.old)
	b.asked = found.answers()
	e := entityWith(found.grouper, first.Ref)
	b.d.grouping.Unlock()
	for _, r := range e.Records {
		if !slices.ContainsFunc(full, func(x pole.Record) bool { return x.Ref == r.Ref }) {
			full = append(full, r)
		}
	}
	return full, e
}

// around reads what the subject's records link to, and what of the latest search links to them.
func (b *caseBuilder) around(ctx context.Context) {
	own := map[pole.Ref]bool{}
	for _, r := range b.entity.Records {
		own[r.Ref] = true
	}
	var refs []pole.Ref
	for _, r := range b.entity.Records {
		for _, l := range r.Links {
			for _, far := range []pole.Ref{l.From, l.To} {
				if !own[far] && !far.IsZero() && !slices.Contains(refs, far) {
					refs = append(refs, far)
				}
			}
		}
	}
	grouper := b.d.grouper(b.s)
	for _, e := range b.d.latestEntities() {
		if e.ID != b.entity.ID && linksTo(e, own, refs) {
			grouper.Add(e.Records...)
			for _, r := range e.Records {
				refs = slices.DeleteFunc(refs, func(x pole.Ref) bool { return x == r.Ref })
			}
		}
	}
	if len(refs) > linkedMost {
		for _, r := range refs[linkedMost:] {
			b.gap(r.System, fmt.Sprintf("More than %d records are linked; the rest are named here and not read. Open one to read it.", linkedMost), r)
		}
		refs = refs[:linkedMost]
	}
	if len(refs) > 0 {
		rec := b.d.record(b.access)
		rec.Ref = refStrings(refs)
		actx, seq, err := b.d.account(ctx, b.access, rec)
		if err != nil {
			for _, r := range refs {
				b.gap(r.System, say(err), r)
			}
		} else {
			actx, cancel := context.WithTimeout(actx, linkedWait)
			linked := b.fetch(actx, refs, nil)
			cancel()
			grouper.Add(linked...)
			b.d.closing(b.s, b.access, nil, seq, len(linked), nil, ofRecords(linked))
		}
	}
	b.near = grouper.Entities()
	for _, e := range b.near {
		for _, r := range e.Records {
			if m := b.d.maskedIn(b.s, []pole.Record{r}); m != "" {
				b.gap(r.System, fmt.Sprintf("Linked records marked %s are masked. Open one to see it; that is recorded.", m), r.Ref)
			}
		}
	}
}

func linksTo(e match.Entity, own map[pole.Ref]bool, refs []pole.Ref) bool {
	for _, r := range e.Records {
		if slices.Contains(refs, r.Ref) {
			return true
		}
		for _, l := range r.Links {
			if own[l.From] || own[l.To] {
				return true
			}
		}
	}
	return false
}

// fetch reads refs in full, every system beside the others, in the order of refs. Where a system does not give a record, the one
// at hand or the kept copy stands in, and a gap says so.
func (b *caseBuilder) fetch(ctx context.Context, refs []pole.Ref, atHand []pole.Record) []pole.Record {
	got := make([]*pole.Record, len(refs))
	var wg sync.WaitGroup
	for i, ref := range refs {
		wg.Go(func() {
			rec, err := b.d.fetchRecord(ctx, ref)
			if err == nil {
				got[i] = &rec
				return
			}
			gone := plugins.KindOf(err) == plugins.NotFound
			if !gone && !errors.Is(err, errNoFetch) {
				b.gap(ref.System, say(err), ref)
			}
			defer func() {
				if gone && got[i] != nil {
					b.gap(ref.System, "It does not give this record any more. What was read before is shown.", ref)
				}
			}()
			if j := slices.IndexFunc(atHand, func(r pole.Record) bool { return r.Ref == ref }); j >= 0 {
				if r, ok := b.d.screen(b.s, b.s.original(atHand[j])); ok {
					got[i] = &r
				}
				return
			}
			kept, ok, kerr := b.d.storedRecord(b.s, ref)
			if kerr != nil || !ok {
				if kept, ok = b.copied[ref]; ok {
					kept, ok = b.d.screen(b.s, kept)
				}
				kerr = nil
			}
			if kerr == nil && ok {
				b.mu.Lock()
				b.old[ref.String()] = true
				b.mu.Unlock()
				got[i] = &kept
			}
		})
	}
	wg.Wait()
	var out []pole.Record
	var fresh []pole.Record
	for _, r := range got {
		if r == nil {
			continue
		}
		out = append(out, *r)
		if !b.old[r.String()] {
			fresh = append(fresh, *r)
		}
	}
	if len(fresh) > 0 {
		b.s.later(func(context.Context) {
			if err := b.d.putRecords(b.s, fresh...); err != nil {
				b.d.log.Warn("copies for offline use could not be kept", "error", err)
			}
		})
	}
	return out
}

var errNoFetch = errors.New("the system gives this kind in lists only")

// fetchRecord reads one record in full. The context must carry an accounted access.
func (d *Desk) fetchRecord(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	sys, ok := d.system(ref.System)
	if !ok {
		return pole.Record{}, &plugins.Error{Kind: plugins.Unavailable, System: ref.System, Say: "The system is not set up on this desk. Ask IT to add it."}
	}
	open, err := sys.open()
	if err != nil {
		return pole.Record{}, err
	}
	if !slices.ContainsFunc(sys.info.Kinds, func(k plugins.KindSpec) bool { return k.Fetch && (ref.Type == "" || k.Type == ref.Type) }) {
		return pole.Record{}, errNoFetch
	}
	var rec pole.Record
	err = guard(func() (err error) {
		rec, err = open.Fetch(ctx, ref)
		return err
	})
	if err == nil && rec.Ref != ref {
		return pole.Record{}, &plugins.Error{Kind: plugins.Drift, System: ref.System, Say: "It gave another record than the one that was asked for. Tell IT."}
	}
	if err != nil {
		return rec, err
	}
	s, err := d.behind()
	if err != nil {
		return pole.Record{}, err
	}
	if rec, ok = d.screen(s, rec); !ok {
		return pole.Record{}, s.screen.denies(ref.System)
	}
	return rec, nil
}

// Fetch reads one record in full; the access is accounted for first.
func (d *Desk) Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	s, err := d.current()
	if err != nil {
		return pole.Record{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return pole.Record{}, err
	}
	a := d.access(string(audit.Consultation), purpose)
	rec := d.record(a)
	rec.System, rec.Ref = ref.System, ref.String()
	d.unmask(s, &rec, ref)
	actx, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return pole.Record{}, err
	}
	r, err := d.fetchRecord(actx, ref)
	sys, _ := d.system(ref.System)
	if err != nil {
		d.closing(s, a, sys, seq, 0, err, nil)
		return pole.Record{}, err
	}
	d.closing(s, a, sys, seq, 1, nil, ofRecords([]pole.Record{r}))
	s.later(func(context.Context) { _ = d.putRecords(s, r) })
	return r, nil
}

func (b *caseBuilder) gap(system, say string, refs ...pole.Ref) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.gaps[system]
	if g == nil {
		g = &caseview.Gap{System: system, Say: say}
		b.gaps[system] = g
	}
	if !strings.Contains(g.Say, say) {
		g.Say += " " + say
	}
	g.Refs = append(g.Refs, refs...)
}

func (b *caseBuilder) gapList() []caseview.Gap {
	var out []caseview.Gap
	for _, id := range slices.Sorted(maps.Keys(b.gaps)) {
		out = append(out, *b.gaps[id])
	}
	return out
}

func (b *caseBuilder) gapWords() string {
	for _, g := range b.gapList() {
		return g.System + ": " + g.Say
	}
	return "no system has it"
}

func entityWith(g *match.Grouper, ref pole.Ref) match.Entity {
	for _, e := range g.Entities() {
		for _, r := range e.Records {
			if r.Ref == ref {
				return e
			}
		}
	}
	return match.Entity{}
}

// latestEntity finds an entity of the latest search by its id or by any of its records.
func (d *Desk) latestEntity(id string, old map[string]bool) (match.Entity, bool) {
	d.mu.RLock()
	l := d.latest
	d.mu.RUnlock()
	if l == nil {
		return match.Entity{}, false
	}
	d.grouping.Lock()
	defer d.grouping.Unlock()
	maps.Copy(old, l.old)
	if e, ok := l.grouper.Entity(id); ok {
		return e, true
	}
	ref, err := pole.ParseRef(id)
	if err != nil {
		return match.Entity{}, false
	}
	e := entityWith(l.grouper, ref)
	return e, e.ID != ""
}

func (d *Desk) latestEntities() []match.Entity {
	d.mu.RLock()
	l := d.latest
	d.mu.RUnlock()
	if l == nil {
		return nil
	}
	d.grouping.Lock()
	defer d.grouping.Unlock()
	return l.grouper.Entities()
}

func (d *Desk) latestAnswers() []caseview.Asked {
	d.mu.RLock()
	l := d.latest
	d.mu.RUnlock()
	if l == nil {
		return nil
	}
	d.grouping.Lock()
	defer d.grouping.Unlock()
	return l.answers()
}
