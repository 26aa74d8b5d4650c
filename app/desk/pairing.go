package desk

import (
	"context"
	"maps"
	"slices"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// Pair is two candidates side by side: two entities that may be the same, or the two parts that one would fall into.
type Pair struct {
	A      caseview.Case    `json:"a"` // as it stands, or would stand, by itself
	B      caseview.Case    `json:"b"`
	Link   match.Link       `json:"link"`             // the evidence about the two records that were named, A's first
	Bits   float64          `json:"bits"`             // prior and evidence together
	Joined bool             `json:"joined,omitempty"` // both stand in one entity now
	Rest   int              `json:"rest,omitempty"`   // records of that entity that would go with neither
	Judged []match.Standing `json:"judged,omitempty"` // what was decided about the two, the latest first
	Gaps   []caseview.Asked `json:"gaps,omitempty"`   // systems that the search which found them did not, or only partly, search
}

// Pair lays the entities of two records side by side, from the records at hand; one that is not at hand is read from its system.
// The look is in the log of accesses before it is given.
func (d *Desk) Pair(ctx context.Context, a, b pole.Ref) (Pair, error) {
	s, err := d.current()
	if err != nil {
		return Pair{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return Pair{}, err
	}
	ea, old, err := d.entityAtHand(ctx, s, a)
	if err != nil {
		return Pair{}, err
	}
	eb, oldB, err := d.entityAtHand(ctx, s, b)
	if err != nil {
		return Pair{}, err
	}
	maps.Copy(old, oldB)
	access := d.access(string(audit.Combination), purpose)
	rec := d.record(access)
	rec.Kind, rec.Ref = ea.Kind, refStrings([]pole.Ref{a, b})
	if _, _, err := d.account(ctx, access, rec); err != nil {
		return Pair{}, err
	}
	p := Pair{Link: d.compare(s, a, b, ea, eb)}
	p.Bits = p.Link.Bits()
	p.Joined = holdsRef(ea, b) || holdsRef(eb, a)
	if p.Joined {
		whole := ea
		if !holdsRef(ea, b) {
			whole = eb
		}
		for _, j := range whole.Judged {
			if j.Entity == "" {
				p.Judged = append(p.Judged, j)
			}
		}
		ea, eb = d.takenApart(s, whole, a, b)
		p.Rest = len(whole.Records) - len(ea.Records) - len(eb.Records)
	} else {
		for _, j := range ea.Judged {
			if j.Entity == eb.ID {
				p.Judged = append(p.Judged, j)
			}
		}
	}
	la, _, _ := d.foundRecord(a)
	if la != nil {
		d.grouping.Lock()
		for _, x := range la.answers() {
			if x.State == caseview.AskedNot || x.State == caseview.AskedPart {
				p.Gaps = append(p.Gaps, x)
			}
		}
		d.grouping.Unlock()
	}
	p.A, p.B = d.BuildCase(caseview.Input{Entity: ea, Old: old}), d.BuildCase(caseview.Input{Entity: eb, Old: old})
	return p, nil
}

func holdsRef(e match.Entity, ref pole.Ref) bool {
	return slices.ContainsFunc(e.Records, func(r pole.Record) bool { return r.Ref == ref })
}

// entityAtHand is the entity of a record among what was found, or else of the record and what people joined with it.
func (d *Desk) entityAtHand(ctx context.Context, s *session, ref pole.Ref) (match.Entity, map[string]bool, error) {
	old := map[string]bool{}
	if l, _, ok := d.foundRecord(ref); ok {
		d.grouping.Lock()
		defer d.grouping.Unlock()
		maps.Copy(old, l.old)
		e, _ := l.grouper.Entity(ref.String())
		return e, old, nil
	}
	g := d.grouper(s)
	for _, r := range append([]pole.Ref{ref}, match.Joined(s.judged.all(), ref)...) {
		rec, kept, err := d.recordAtHand(ctx, s, r)
		if err != nil {
			return match.Entity{}, nil, err
		}
		if kept {
			old[r.String()] = true
		}
		g.Add(rec)
	}
	e, _ := g.Entity(ref.String())
	return e, old, nil
}

// compare gives the evidence about two records, where it can with what the search that found both knows.
func (d *Desk) compare(s *session, a, b pole.Ref, ea, eb match.Entity) match.Link {
	find := func(ref pole.Ref) (r pole.Record) {
		for _, x := range append(slices.Clone(ea.Records), eb.Records...) {
			if x.Ref == ref {
				r = x
			}
		}
		return r
	}
	la, _, _ := d.foundRecord(a)
	lb, _, _ := d.foundRecord(b)
	var l match.Link
	if la != nil && la == lb {
		d.grouping.Lock()
		l = la.grouper.Compare(find(a), find(b))
		d.grouping.Unlock()
	} else {
		l = d.grouper(s).Compare(find(a), find(b))
	}
	if l.A != a {
		l.A, l.B = l.B, l.A
		l.Evidence = slices.Clone(l.Evidence)
		for i := range l.Evidence {
			e := &l.Evidence[i]
			e.A, e.B = e.B, e.A
		}
	}
	return l
}

// takenApart is what one entity would fall into if two of its records were judged not to be the same.
func (d *Desk) takenApart(s *session, whole match.Entity, a, b pole.Ref) (ea, eb match.Entity) {
	g := d.grouper(s)
	g.Add(whole.Records...)
	last := uint64(1)
	for _, j := range s.judged.all() {
		last = max(last, j.ID+1)
	}
	g.Judge(match.Judgement{ID: last, A: a, B: b, Verdict: match.NotSame})
	ea, _ = g.Entity(a.String())
	eb, _ = g.Entity(b.String())
	return ea, eb
}
