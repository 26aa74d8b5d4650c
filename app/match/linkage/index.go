package linkage

import (
	"cmp"
	"slices"
	"strings"
)

// Index finds, among the records of a table, who may be the one that is being typed. It is for one goroutine at a time.
type Index struct {
	t     *Table
	m     *Model
	s     *scorer
	memo  *memo
	atoms []atom
	rules []indexed
	begin []beginning // words of names, sorted
	seen  []uint32    // by record: number of the question that met it last
	asked uint32
	known int // records that are indexed; what is typed stands behind them for a moment
}

// indexed is one rule: the records that have a key, by key.
type indexed struct {
	atoms  []int
	keys   []uint32 // sorted
	record []uint32
}

// beginning is one word of names, and the values that have it.
type beginning struct {
	word   string
	values []uint32
}

// perQuestion bounds how many records one question is compared with, and perBlock how many share a key that still tells
// something.
const (
	perQuestion = 4000
	perBlock    = 2000
)

// Candidate is a record that may be the one asked for.
type Candidate struct {
	Record      int
	ID          string
	Probability float64
	bits        float32
}

// NewIndex makes a table that has been run, or counted by Count, ready to be asked.
func (t *Table) NewIndex(m *Model) *Index {
	x := &Index{t: t, m: m, s: newScorer(t, m), memo: new(memo), atoms: t.atoms(), known: t.Len(), seen: make([]uint32, t.Len())}
	b := t.blocking(budget(t.Len()))
	index, spare := make([]uint64, 0, t.Len()), make([]uint64, t.Len())
	for ri, r := range b.rules {
		index = index[:0]
		for i := range t.Len() {
			if k := b.row(uint32(i))[ri]; k != 0 {
				index = append(index, uint64(k)<<32|uint64(i))
			}
		}
		byKey(index, spare)
		one := indexed{atoms: r.atoms, keys: make([]uint32, len(index)), record: make([]uint32, len(index))}
		for i, k := range index {
			one.keys[i], one.record[i] = uint32(k>>32), uint32(k)
		}
		x.rules = append(x.rules, one)
	}
	for _, c := range t.cols {
		if c.f.sort != ofName {
			continue
		}
		byWord := map[uint32][]uint32{}
		for v := 1; v < len(c.raw); v++ {
			for _, w := range c.names[v].all() {
				byWord[w] = append(byWord[w], uint32(v))
			}
		}
		for w, vs := range byWord {
			x.begin = append(x.begin, beginning{c.words.list[w].s, vs})
		}
	}
	slices.SortFunc(x.begin, func(a, b beginning) int { return cmp.Compare(a.word, b.word) })
	return x
}

// Ask gives the records that are most probably the one described so far, the likeliest first, at most n, none that is less
// probable than one in a thousand. What is typed may be unfinished: words of names also stand for what begins so.
func (x *Index) Ask(facts []Fact, n int) []Candidate {
	t := x.t
	at := t.Add("", "", facts)
	defer t.drop()
	x.asked++
	var met []uint32
	meet := func(r uint32) {
		if x.seen[r] != x.asked && len(met) < perQuestion {
			x.seen[r] = x.asked
			met = append(met, r)
		}
	}
	keys := make([]uint32, len(x.atoms))
	for i, a := range x.atoms {
		if v := t.cols[a.field].first[at]; v != 0 {
			keys[i] = a.of(t.cols[a.field], v)
		}
	}
	for _, r := range x.rules {
		k := keys[r.atoms[0]]
		for _, a := range r.atoms[1:] {
			k = mix(k, keys[a])
		}
		if k == 0 {
			continue
		}
		from, ok := slices.BinarySearch(r.keys, k)
		if !ok {
			continue
		}
		for i := from; i < len(r.keys) && r.keys[i] == k && i-from < perBlock; i++ {
			meet(r.record[i])
		}
	}
	var found []Candidate
	for _, r := range met {
		var ls levels
		bits := x.s.score(int(r), at, x.memo, &ls)
		if bits > -10 {
			found = append(found, Candidate{Record: int(r), ID: t.ids[r], Probability: probability(bits), bits: bits})
		}
	}
	slices.SortFunc(found, func(a, b Candidate) int { return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(a.Record, b.Record)) })
	return found[:min(n, len(found))]
}

// Begins gives the words of names that begin like what is typed, the most frequent first, at most n.
func (x *Index) Begins(typed string, n int) []string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	from, _ := slices.BinarySearchFunc(x.begin, typed, func(b beginning, s string) int { return cmp.Compare(b.word, s) })
	to := from
	for to < len(x.begin) && strings.HasPrefix(x.begin[to].word, typed) {
		to++
	}
	some := slices.Clone(x.begin[from:to])
	slices.SortFunc(some, func(a, b beginning) int {
		return cmp.Or(cmp.Compare(len(b.values), len(a.values)), cmp.Compare(a.word, b.word))
	})
	out := make([]string, 0, n)
	for _, b := range some[:min(n, len(some))] {
		out = append(out, b.word)
	}
	return out
}

// Explain says what speaks for and against a record being the one described.
func (x *Index) Explain(record int, facts []Fact) Explanation {
	at := x.t.Add("", "", facts)
	defer x.t.drop()
	return x.t.explain(x.s, x.m.Prior, record, at, x.memo)
}

// drop takes the last record out again.
func (t *Table) drop() {
	n := len(t.ids) - 1
	t.ids, t.source = t.ids[:n], t.source[:n]
	for _, c := range t.cols {
		if v := c.first[n]; v != 0 {
			c.count[v]--
		}
		for _, v := range c.more[uint32(n)] {
			c.count[v]--
		}
		c.first = c.first[:n]
		delete(c.more, uint32(n))
	}
}
