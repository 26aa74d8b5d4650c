package desk

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"muster/app/audit"
	"muster/plugins/pole"
)

// ledger remembers the audit record of each system of one search, and what the system returned.
type ledger struct {
	mu   sync.Mutex
	seqs map[string]uint64
	got  map[string]*returned
}

func newLedger() *ledger { return &ledger{seqs: map[string]uint64{}, got: map[string]*returned{}} }

func (l *ledger) put(system string, seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.seqs[system]; !ok {
		l.seqs[system] = seq
	}
}

func (l *ledger) get(system string) (uint64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq, ok := l.seqs[system]
	return seq, ok
}

// note adds a record to what its system returned.
func (l *ledger) note(r *pole.Record, old bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.got[r.System]
	if g == nil {
		g = &returned{}
		l.got[r.System] = g
	}
	g.add(r)
	g.old = g.old || old
}

func (l *ledger) returned(system string) *returned {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got[system]
}

// returned is what an access brought, as the log of accesses notes it: which records, which fields, under which marking,
// and never a value.
type returned struct {
	refs     []string
	fields   map[string]bool
	kinds    map[string]bool
	markings []pole.Marking
	old      bool // some of it from kept copies
}

// ofRecords is what records brought; nil for none.
func ofRecords(records []pole.Record) *returned {
	if len(records) == 0 {
		return nil
	}
	g := &returned{}
	for i := range records {
		g.add(&records[i])
	}
	return g
}

func (g *returned) add(r *pole.Record) {
	if g.fields == nil {
		g.fields, g.kinds = map[string]bool{}, map[string]bool{}
	}
	g.refs = append(g.refs, r.String())
	g.kinds[string(r.Kind)] = true
	for i := range r.Facts {
		g.fields[string(r.Facts[i].Property)] = true
	}
	if !slices.ContainsFunc(g.markings, func(m pole.Marking) bool { return m.Classification == r.Marking.Classification }) {
		g.markings = append(g.markings, r.Marking)
	}
}

func (g *returned) into(r *audit.Record, dict *pole.Dictionary) {
	if g == nil {
		return
	}
	r.Ref, r.Fields = strings.Join(g.refs, " "), slices.Sorted(maps.Keys(g.fields))
	if len(g.kinds) == 1 {
		for k := range g.kinds {
			r.Kind = pole.Kind(k)
		}
	}
	r.Classification = dict.Highest(g.markings...).Classification
	r.Offline = r.Offline || g.old
}
