package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

const (
	mentionsAsked = 3                // values by which one node is looked for in the records of others
	mentionsWait  = 15 * time.Second // for all of them together
)

// Linked is what the systems hold around one node of a link chart.
type Linked struct {
	Entities []match.Entity
	Open     []string        // written forms of the records whose links are read now
	Old      map[string]bool // by Ref.String: read from a stored copy
	Gaps     []caseview.Gap
	Apart    [][2]pole.Ref // records that people decided are not one: no chart may join what holds them
}

// ReadLinked reads one node of a link chart and what is linked to it: its records in full, those in other systems that are the same,
// what they link to, and the records of other kinds that state a value that identifies it (the reads of a vehicle, who uses a
// telephone). A node without records of its own is looked for by values, which then are all that it is known by. The access is
// accounted for first, as a combination; what could not be read is a gap.
func (d *Desk) ReadLinked(ctx context.Context, kind pole.Kind, refs []pole.Ref, values []plugins.Term) (Linked, error) {
	s, err := d.current()
	if err != nil {
		return Linked{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return Linked{}, err
	}
	b := &caseBuilder{d: d, s: s, purpose: purpose, old: map[string]bool{}, gaps: map[string]*caseview.Gap{}}
	b.access = d.access(string(audit.Combination), purpose)
	var out Linked
	if len(refs) > 0 {
		if err := b.again(ctx, refs); err != nil {
			return Linked{}, err
		}
		b.around(ctx)
		kind = b.entity.Kind
		values = identifying(d.dict, b.entity)
		out.Entities = append(out.Entities, b.entity)
		for _, r := range b.entity.Records {
			out.Open = append(out.Open, r.String())
		}
	}
	near := d.grouper(s)
	for _, e := range b.near {
		near.Add(e.Records...)
	}
	near.Add(b.mentions(ctx, kind, len(refs) > 0, values)...)
	out.Entities = append(out.Entities, near.Entities()...)
	out.Old, out.Gaps = b.old, b.gapList()
	for _, j := range match.InForce(s.judged.all()) {
		if j.Verdict != match.Same {
			out.Apart = append(out.Apart, [2]pole.Ref{j.A, j.B})
		}
	}
	return out, ctx.Err()
}

// again reads the records of a node in full, and looks for others of the same entity.
func (b *caseBuilder) again(ctx context.Context, refs []pole.Ref) error {
	refs = append(slices.Clone(refs), match.Joined(b.s.judged.all(), refs...)...)
	rec := b.d.record(b.access)
	rec.Ref = refStrings(refs)
	actx, seq, err := b.d.account(ctx, b.access, rec)
	if err != nil {
		return err
	}
	var atHand []pole.Record
	for _, r := range refs {
		if e, ok := b.d.latestEntity(r.String(), b.old); ok {
			for _, x := range e.Records {
				if slices.Contains(refs, x.Ref) && !slices.ContainsFunc(atHand, func(y pole.Record) bool { return y.Ref == x.Ref }) {
					atHand = append(atHand, x)
				}
			}
		}
	}
	full := b.fetch(actx, refs, atHand)
	b.d.closing(b.s, b.access, nil, seq, len(full), nil)
	if len(full) == 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w (%s)", errNotRead, b.gapWords())
	}
	b.d.mu.RLock()
	beside := b.d.beside
	b.d.mu.RUnlock()
	full, among := b.others(ctx, full)
	b.d.mu.Lock()
	b.d.beside = beside // what stands beside the open case is still what is decided about
	b.d.mu.Unlock()
	grouper := b.d.grouper(b.s)
	grouper.Add(full...)
	b.entity = entityWith(grouper, full[0].Ref)
	b.entity.Possible = among.Possible
	for _, r := range full { // those that the chart holds for one stay one
		if slices.Contains(refs, r.Ref) && !slices.ContainsFunc(b.entity.Records, func(x pole.Record) bool { return x.Ref == r.Ref }) {
			b.entity.Records = append(b.entity.Records, r)
		}
	}
	return ctx.Err()
}

var errNotRead = errors.New("it could not be read: its system gives it by name only, or did not answer")

// identifying lists the values by which others may mean an entity, each once.
func identifying(d *pole.Dictionary, e match.Entity) []plugins.Term {
	var out []plugins.Term
	for _, r := range e.Records {
		for _, f := range r.Facts {
			if f.Value.Norm == "" || f.Value.Problem != "" || !d.Identifies(e.Kind, f.Property) || len(out) == mentionsAsked {
				continue
			}
			if !slices.ContainsFunc(out, func(t plugins.Term) bool { return t.Property == f.Property && t.Value.Norm == f.Value.Norm }) {
				out = append(out, plugins.Term{Property: f.Property, Value: f.Value})
			}
		}
	}
	return out
}

// mentions finds records that state the values: of other kinds only where the thing itself has been read.
func (b *caseBuilder) mentions(ctx context.Context, kind pole.Kind, others bool, values []plugins.Term) []pole.Record {
	ctx, cancel := context.WithTimeout(ctx, mentionsWait)
	defer cancel()
	found := newLatest(b.d.grouper(b.s), search.Request{})
	var requests []search.Request
	if others {
		for _, v := range values {
			requests = append(requests, search.Request{Terms: []plugins.Term{v}})
		}
	} else if len(values) > 0 {
		requests = append(requests, search.Request{Terms: values})
	}
	var out []pole.Record
	for _, r := range requests {
		for _, k := range b.d.dict.Kinds() {
			if !others || k.Name != kind {
				if holds(b.d.dict, k.Name, r.Terms) {
					r.Kinds = append(r.Kinds, k.Name)
				}
			}
		}
		if len(r.Kinds) == 0 {
			continue
		}
		_ = b.d.runSearch(ctx, b.s, b.purpose, r, found, func(ev SearchEvent) {
			if a := ev.Answer; a != nil && (a.State == search.NotSearched || a.State == search.Partial) {
				b.gap(a.System, a.Say)
			}
			for _, f := range ev.Found {
				if states(f.Record, r.Terms) && !slices.ContainsFunc(out, func(x pole.Record) bool { return x.Ref == f.Record.Ref }) {
					out = append(out, f.Record)
				}
			}
		})
	}
	maps.Copy(b.old, found.old)
	return out
}

// holds reports whether records of a kind may state every one of the terms.
func holds(d *pole.Dictionary, kind pole.Kind, terms []plugins.Term) bool {
	for _, t := range terms {
		if !slices.ContainsFunc(d.Properties(kind), func(p pole.PropertyDef) bool { return p.Name == t.Property }) {
			return false
		}
	}
	return true
}

// states reports whether a record says each of the values, not only something like it.
func states(r pole.Record, terms []plugins.Term) bool {
	for _, t := range terms {
		if !slices.ContainsFunc(r.Facts, func(f pole.Fact) bool {
			return f.Property == t.Property && f.Value.Norm != "" && (f.Value.Norm == t.Value.Norm || pole.FoldName(f.Value.Norm) == pole.FoldName(t.Value.Norm))
		}) {
			return false
		}
	}
	return true
}
