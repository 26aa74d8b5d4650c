package match

import (
	"sync"

	"muster/app/match/linkage"
	"muster/plugins/pole"
)

// Finder finds, among records that come and go, who may be the one that is being typed, and says why. It is safe for
// concurrent use; a question waits for records that are being taken in.
type Finder struct {
	mu    sync.Mutex
	dict  *pole.Dictionary
	kind  pole.Kind
	rules *rules
	f     *linkage.Finder
}

// Hit is a record that may be the one described.
type Hit struct {
	Ref         pole.Ref
	Probability float64
	found       linkage.Found
}

// NewFinder makes an empty Finder for records of a kind.
func NewFinder(d *pole.Dictionary, kind pole.Kind) *Finder {
	return &Finder{dict: d, kind: kind, rules: newRules(d, kind), f: linkage.NewFinder(d, kind)}
}

// Put takes records in, each in place of what it said before. Those of another kind are left out.
func (f *Finder) Put(records ...pole.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range records {
		if r.Kind == f.kind {
			f.f.Put(r)
		}
	}
}

// Remove takes a record out.
func (f *Finder) Remove(ref pole.Ref) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.f.Remove(ref)
}

// Len is how many records there are, and Worn whether a new Finder would be much smaller.
func (f *Finder) Len() (n int, worn bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.f.Len(), f.f.Worn()
}

// Ask gives the records that most probably are of whom the facts describe, the likeliest first, at most n, none less
// probable than one in a thousand. A name may be unfinished.
func (f *Finder) Ask(facts []pole.Fact, n int) []Hit {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Hit
	for _, x := range f.f.Ask(pole.Record{Kind: f.kind, Facts: facts}, n) {
		out = append(out, Hit{Ref: x.Ref, Probability: x.Probability, found: x})
	}
	return out
}

// Explain says what speaks for and against a hit being the one described; r is its record. A of the evidence is what the
// record says, B what was typed.
func (f *Finder) Explain(h Hit, r pole.Record) (Link, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, ok := f.f.Explain(h.found)
	if !ok {
		return Link{}, false
	}
	a, b := newEntry(r, f.rules), newEntry(h.found.Typed, f.rules)
	l := Link{A: r.Ref, Prior: x.Prior, Probability: x.Probability}
	for _, e := range x.Evidence {
		l.Evidence = append(l.Evidence, told(a, b, e))
	}
	return l, true
}
