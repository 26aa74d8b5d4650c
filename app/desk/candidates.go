package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/entry"
	"muster/app/match"
	"muster/plugins"
	"muster/plugins/pole"
)

// Candidate is a person, vehicle or place of the copies on this computer that may be the one who is being typed.
type Candidate struct {
	ID          string             `json:"id"`
	Kind        pole.Kind          `json:"kind"`
	Title       string             `json:"title"`
	Detail      string             `json:"detail"`
	Probability float64            `json:"probability"`
	Prior       float64            `json:"prior"`    // as of match.Link
	Evidence    []match.Evidence   `json:"evidence"` // A is what the record says, B what was typed
	Record      pole.Ref           `json:"record"`   // the one that fits best, which the evidence is about
	Refs        []pole.Ref         `json:"refs"`     // all of them
	Systems     []string           `json:"systems"`
	Read        time.Time          `json:"read"` // when the newest copy was read from its system
	Marking     string             `json:"marking,omitempty"`
	Warnings    []caseview.Warning `json:"warnings,omitempty"`
}

// ErrNoCandidate means that the copy which was chosen is gone.
var ErrNoCandidate = errors.New("the copy of this record is not on this computer any more: search for it")

// Bounds of the candidates: how many records are looked at to show how many, and how many letters must be typed before anybody
// is looked up.
const (
	candidateHits = 40
	candidateMost = 12
	typedLeast    = 4
)

// finding is what the candidates are found in: by kind, made when it is first asked for.
type finding struct {
	mu sync.Mutex
	by map[pole.Kind]*findings
}

type findings struct {
	*match.Finder
	ready chan struct{}
	err   error // after ready

	mu   sync.Mutex
	came map[pole.Ref]bool // what came in while it was made: newer than what was read from the store; nil once made
}

// forget makes the next question look at all copies anew.
func (f *finding) forget() {
	f.mu.Lock()
	f.by = nil
	f.mu.Unlock()
}

// findable makes copies that were kept candidates: what of them the officer gets to see, or finding would tell the rest.
func (d *Desk) findable(s *session, records ...pole.Record) error {
	s.finding.mu.Lock()
	defer s.finding.mu.Unlock()
	if len(s.finding.by) == 0 {
		return nil
	}
	for _, r := range records {
		f := s.finding.by[r.Kind]
		if f == nil {
			continue
		}
		kept, ok, err := d.storedRecord(s, r.Ref) // a list says less than what is kept
		if err != nil {
			return err
		}
		if !ok {
			f.Remove(r.Ref)
			continue
		}
		f.mu.Lock()
		if f.came != nil {
			f.came[r.Ref] = true
		}
		f.Put(kept)
		f.mu.Unlock()
	}
	return nil
}

// finder is what candidates of a kind are found in. It is made in the background of the first question, which waits for it.
func (d *Desk) finder(ctx context.Context, s *session, kind pole.Kind) (*findings, error) {
	s.ending.RLock() // before finding.mu: what is queued needs that one
	s.finding.mu.Lock()
	f := s.finding.by[kind]
	if f != nil {
		if _, worn := f.Len(); worn {
			f = nil
		}
	}
	if f == nil {
		f = &findings{Finder: match.NewFinder(d.dict, kind), ready: make(chan struct{}), came: map[pole.Ref]bool{}}
		if s.finding.by == nil {
			s.finding.by = map[pole.Kind]*findings{}
		}
		s.finding.by[kind] = f
		if s.ended {
			f.err = ErrSignedOut
			close(f.ready)
		} else {
			s.wg.Go(func() { d.fillFinder(s, f, kind) })
		}
	}
	s.finding.mu.Unlock()
	s.ending.RUnlock()
	select {
	case <-f.ready:
		return f, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *Desk) fillFinder(s *session, f *findings, kind pole.Kind) {
	defer close(f.ready)
	put := func(r pole.Record) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.came[r.Ref] {
			f.came[r.Ref] = true
			if r, ok := d.screen(s, r); ok {
				f.Put(r)
			}
		}
		return s.ctx.Err()
	}
	if f.err = s.store.EachRecord([]pole.Kind{kind}, put); f.err == nil {
		var copies []caseCopy
		copies, f.err = s.copies.All()
		for _, c := range copies {
			for _, e := range append([]match.Entity{c.Entity}, c.Around...) {
				for _, r := range e.Records {
					if r.Kind == kind && f.err == nil {
						f.err = put(r)
					}
				}
			}
		}
	}
	f.mu.Lock()
	f.came = nil
	f.mu.Unlock()
	if f.err != nil { // the next question tries again
		s.finding.mu.Lock()
		if s.finding.by[kind] == f {
			delete(s.finding.by, kind)
		}
		s.finding.mu.Unlock()
	}
}

// Candidates finds, among the copies on this computer and without asking any system, whom the officer is describing: the
// likeliest first, at most n. A name may be unfinished. Where too little is typed there are none. It is a look-up like any
// other: it needs a purpose, and is in the audit log before anybody is shown.
func (d *Desk) Candidates(ctx context.Context, kind pole.Kind, typed map[pole.Property]string, n int) ([]Candidate, error) {
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return nil, err
	}
	if _, ok := d.dict.Kind(kind); !ok {
		return nil, fmt.Errorf("%q is no kind of record", kind)
	}
	facts, letters := d.typedFacts(s, kind, typed)
	if letters < typedLeast {
		return nil, nil
	}
	f, err := d.finder(ctx, s, kind)
	if err != nil {
		return nil, err
	}
	a := d.access(string(audit.Consultation), purpose)
	rec := d.record(a)
	rec.Kind, rec.Offline, rec.Terms = kind, true, map[string]string{}
	for _, x := range facts {
		rec.Terms[string(x.Property)] = x.Value.Source
	}
	hits := f.Ask(facts, candidateHits)
	var asked []pole.Ref
	for _, h := range hits {
		asked = append(asked, h.Ref)
	}
	records, ok := d.copiesOf(s, asked)
	for _, ref := range asked {
		if !ok[ref] {
			f.Remove(ref) // it is no longer kept
		}
	}
	hits = slices.DeleteFunc(hits, func(h match.Hit) bool { return !ok[h.Ref] })
	out := d.candidatesOf(s, f, hits, records)
	out = out[:min(len(out), min(max(n, 0), candidateMost))]
	var refs []pole.Ref
	for _, c := range out {
		refs = append(refs, c.Refs...)
	}
	rec.Ref = refStrings(refs)
	_, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return nil, err
	}
	d.closing(s, a, nil, seq, len(out), nil, ofCopies(slices.DeleteFunc(records, func(r pole.Record) bool { return !slices.Contains(refs, r.Ref) })))
	return out, nil
}

// ofCopies is what kept copies brought.
func ofCopies(records []pole.Record) *returned {
	got := ofRecords(records)
	if got != nil {
		got.old = true
	}
	return got
}

// typedFacts is what was typed, in the order of the dictionary, and how many letters and digits of it tell one from another.
// What is hidden from the role is left out: who is found by it would tell.
func (d *Desk) typedFacts(s *session, kind pole.Kind, typed map[pole.Property]string) (facts []pole.Fact, letters int) {
	s.screen.mu.Lock()
	hidden := slices.Clone(s.screen.properties)
	s.screen.mu.Unlock()
	for _, def := range d.dict.Properties(kind) {
		text := strings.TrimSpace(typed[def.Name])
		if text == "" || d.hiddenFact(hidden, def.Name) {
			continue
		}
		facts = append(facts, pole.Fact{Property: def.Name, Value: d.dict.Normalise(def.Name, text)})
		if def.Compare != "" && def.Compare != "none" && def.CodeList == "" {
			letters += utf8.RuneCountInString(text)
		}
	}
	return facts, letters
}

// copiesOf are the kept copies of records, and of which there are any: in the cache, or in that of a kept case.
func (d *Desk) copiesOf(s *session, refs []pole.Ref) (out []pole.Record, ok map[pole.Ref]bool) {
	ok = map[pole.Ref]bool{}
	var lost []pole.Ref
	for _, ref := range refs {
		r, kept, err := d.storedRecord(s, ref)
		if err != nil || !kept {
			lost = append(lost, ref)
			continue
		}
		out, ok[ref] = append(out, r), true
	}
	if len(lost) == 0 {
		return out, ok
	}
	copies, err := s.copies.All()
	if err != nil {
		return out, ok
	}
	for _, c := range copies {
		for _, e := range append([]match.Entity{c.Entity}, c.Around...) {
			for _, r := range e.Records {
				if !slices.Contains(lost, r.Ref) || ok[r.Ref] {
					continue
				}
				if r, seen := d.screen(s, r); seen {
					out, ok[r.Ref] = append(out, r), true
				}
			}
		}
	}
	return out, ok
}

// candidatesOf groups what was found into whom it is about, each as likely as the record that fits best.
func (d *Desk) candidatesOf(s *session, f *findings, hits []match.Hit, records []pole.Record) (out []Candidate) {
	g := d.grouper(s)
	g.Add(records...)
	at := map[string]int{}
	for _, h := range hits { // the likeliest first
		e, found := g.Entity(h.Ref.String())
		if !found {
			continue
		}
		if _, had := at[e.ID]; had {
			continue
		}
		at[e.ID] = len(out)
		c := d.BuildCase(caseview.Input{Entity: e})
		x := Candidate{ID: e.ID, Kind: e.Kind, Title: c.Title, Detail: c.Detail, Probability: h.Probability, Record: h.Ref,
			Marking: c.Marking.Classification, Warnings: c.Warnings}
		for _, r := range e.Records {
			x.Refs = append(x.Refs, r.Ref)
			if !slices.Contains(x.Systems, r.System) {
				x.Systems = append(x.Systems, r.System)
			}
			if r.Read.After(x.Read) {
				x.Read = r.Read
			}
			if r.Ref == h.Ref {
				if l, ok := f.Explain(h, r); ok {
					x.Prior, x.Evidence = l.Prior, l.Evidence
				}
			}
		}
		out = append(out, x)
	}
	return out
}

// UseCandidate fills the empty fields of one part of a draft from the copies of a candidate's records, and notes in the draft
// whose they are. What was typed stays, but for a word that was not finished: the record's goes on from it. The access is in
// the audit log first.
func (d *Desk) UseCandidate(ctx context.Context, dr entry.Draft, part string, refs []pole.Ref) (entry.Draft, error) {
	s, err := d.current()
	if err != nil {
		return dr, err
	}
	f, err := d.form(dr.Form)
	if err != nil {
		return dr, err
	}
	a := d.access(string(audit.Consultation), dr.Purpose)
	rec := d.record(a)
	rec.Offline, rec.Ref = true, refStrings(refs)
	_, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return dr, err
	}
	records, _ := d.copiesOf(s, refs)
	if len(records) == 0 {
		d.closing(s, a, nil, seq, 0, &plugins.Error{Kind: plugins.NotFound}, nil)
		return dr, ErrNoCandidate
	}
	d.closing(s, a, nil, seq, len(records), nil, ofCopies(records))
	slices.SortFunc(records, func(a, b pole.Record) int { return strings.Compare(a.String(), b.String()) })
	e := match.Entity{ID: records[0].String(), Kind: records[0].Kind, Records: records}
	c := d.BuildCase(caseview.Input{Entity: e})
	return d.fillPart(f, entry.Unfinished(f, dr, d.dict, part, d.bestValues(c)), part, c), nil
}
