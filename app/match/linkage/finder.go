package linkage

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"muster/app/match/names"
	"muster/plugins/pole"
)

// Finder finds, among records that come and go, who may be the one that is being typed. It judges as Pairs does, by what is
// assumed of any force: so a record that comes in changes nothing that is said of the others, and finding needs no run over
// all of them. It is for one goroutine at a time.
type Finder struct {
	p     *Pairs
	row   map[pole.Ref]int
	refs  []pole.Ref // by row
	live  []bool     // by row: not replaced or taken out
	dead  int
	by    postings
	words []string // of names, sorted; those that came since stand in more
	more  []string
	known map[string]int // by word of a name: how many records have it
}

// Found is a record that may be the one described.
type Found struct {
	Ref         pole.Ref
	Bits        float64
	Probability float64
	Typed       pole.Record // what it was held against: an unfinished word is completed to what the record says
}

// Bounds of one question: how many records it is held against, and each of its completions at least, how many share what
// still tells something, to how many words an unfinished one is completed, and how unlikely a record may be to be told, in
// bits: one in a thousand.
const (
	foundLooked      = 6000
	foundLeastLooked = 300
	foundShare       = 2000
	foundComplete    = 6
	foundLeast       = -10
)

// NewFinder makes an empty Finder for records of a kind.
func NewFinder(d *pole.Dictionary, kind pole.Kind) *Finder {
	return &Finder{p: NewPairs(d, kind), row: map[pole.Ref]int{}, known: map[string]int{}, by: postings{fresh: map[uint64][]uint32{}}}
}

// Len is how many records there are.
func (f *Finder) Len() int { return len(f.row) }

// Worn reports whether so many records were replaced that a new Finder would be much smaller.
func (f *Finder) Worn() bool { return f.dead > 10_000 && f.dead > len(f.row) }

// Put takes in a record, in place of what it said before.
func (f *Finder) Put(r pole.Record) {
	f.Remove(r.Ref)
	i := f.p.Add(r)
	f.row[r.Ref] = i
	f.refs, f.live = append(f.refs, r.Ref), append(f.live, true)
	for _, k := range f.p.Keys(i) {
		f.by.add(k, uint32(i))
	}
	f.eachWord(i, func(w *word, k uint64) {
		f.by.add(k, uint32(i))
		if f.known[w.s]++; f.known[w.s] == 1 {
			f.more = append(f.more, w.s)
		}
	})
	if len(f.more) > 256+len(f.words)/8 {
		f.sortWords()
	}
}

func (f *Finder) sortWords() {
	f.words = append(f.words, f.more...)
	slices.Sort(f.words)
	f.words, f.more = slices.Compact(f.words), nil
}

// Remove takes a record out.
func (f *Finder) Remove(ref pole.Ref) {
	if i, ok := f.row[ref]; ok {
		delete(f.row, ref)
		f.live[i] = false
		f.dead++
		f.eachWord(i, func(w *word, _ uint64) { f.known[w.s]-- })
	}
}

// eachWord gives the words of a record's names, with the key under which the records stand that have it.
func (f *Finder) eachWord(i int, do func(w *word, key uint64)) {
	for n, c := range f.p.t.cols {
		if c.f.sort != ofName {
			continue
		}
		seen := map[uint32]bool{}
		for _, v := range append([]uint32{c.first[i]}, c.more[uint32(i)]...) {
			if v == 0 {
				continue
			}
			for _, w := range c.names[v].all() {
				if !seen[w] {
					seen[w] = true
					do(&c.words.list[w], uint64(n+1)<<40|9<<32|uint64(w))
				}
			}
		}
	}
}

// Ask gives the records that are most probably the one described so far, the likeliest first, at most n. What is typed may be
// unfinished: the last word of a name also stands for what begins so.
func (f *Finder) Ask(typed pole.Record, n int) []Found {
	best := map[uint32]Found{}
	all := f.completions(typed)
	for _, x := range all {
		f.ask(x, max(foundLooked/len(all), foundLeastLooked), best)
	}
	out := make([]Found, 0, len(best))
	for _, x := range best {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(a.Ref.String(), b.Ref.String()))
	})
	return out[:min(n, len(out))]
}

// completed is what is typed with its unfinished words completed, and by how many bits that is a guess.
type completed struct {
	record pole.Record
	bits   float64
}

func (f *Finder) completions(typed pole.Record) []completed {
	out := []completed{{record: typed}}
	for i, fact := range typed.Facts {
		to := f.p.t.schema.of[fact.Property]
		if len(to) == 0 || f.p.t.cols[to[0].field].f.sort != ofName {
			continue
		}
		text := cmp.Or(fact.Value.Norm, fact.Value.Source)
		words := names.Tokens(text)
		if len(words) == 0 {
			continue
		}
		last := words[len(words)-1]
		ends, whole := f.endings(last)
		if len(ends) == 0 {
			continue
		}
		var all int
		for _, w := range ends {
			all += f.known[w]
		}
		next := out[:0:0]
		if whole {
			all += f.known[last]
			next = append(next, out...)
		}
		for _, o := range out {
			for _, w := range ends {
				r := o.record
				r.Facts = slices.Clone(r.Facts)
				s := strings.Join(append(slices.Clone(words[:len(words)-1]), w), " ")
				r.Facts[i].Value = pole.Value{Source: s, Norm: s}
				next = append(next, completed{r, o.bits + math.Log2(float64(all)/float64(f.known[w]))})
			}
		}
		out = next[:min(len(next), foundComplete*foundComplete)]
	}
	return out
}

// endings are the commonest words that begin like what is typed, and whether that is a word itself.
func (f *Finder) endings(typed string) (out []string, whole bool) {
	whole = f.known[typed] > 0
	if len(typed) < 2 || whole && len(typed) < 4 {
		return nil, whole
	}
	if len(f.more) > 0 {
		f.sortWords()
	}
	from, _ := slices.BinarySearch(f.words, typed)
	for _, w := range f.words[from:] {
		if !strings.HasPrefix(w, typed) {
			break
		}
		if w != typed && f.known[w] > 0 {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(f.known[b], f.known[a]), cmp.Compare(a, b)) })
	return out[:min(len(out), foundComplete)], whole
}

// ask holds at most n records against one completion, those that have most in common with it first.
func (f *Finder) ask(x completed, n int, best map[uint32]Found) {
	at := f.p.Add(x.record)
	defer f.p.t.drop()
	looked := map[uint32]bool{}
	look := func(r uint32) {
		if looked[r] || !f.live[r] || len(looked) >= n {
			return
		}
		looked[r] = true
		var ls levels
		bits := float64(f.p.s.score(int(r), at, f.p.m, &ls)) - x.bits
		if bits < foundLeast {
			return
		}
		if was, ok := best[r]; !ok || bits > was.Bits {
			best[r] = Found{Ref: f.refs[r], Bits: bits, Probability: probability(float32(bits)), Typed: x.record}
		}
	}
	for _, k := range f.p.Keys(at) {
		f.by.each(k, foundShare, look)
	}
	f.eachWord(at, func(_ *word, k uint64) { f.by.each(k, foundShare, look) })
}

// Explain says what speaks for and against a record being the one described.
func (f *Finder) Explain(x Found) (e Explanation, ok bool) {
	i, ok := f.row[x.Ref]
	if !ok {
		return e, false
	}
	at := f.p.Add(x.Typed)
	defer f.p.t.drop()
	e = f.p.Explain(i, at)
	if off := e.Total - x.Bits; off > 0.05 {
		e.Evidence = append(e.Evidence, Evidence{Say: "the name may go on otherwise", Bits: round(float32(-off))})
	}
	e.Total, e.Probability = x.Bits, x.Probability
	return e, true
}

// postings are the rows that stand under a key: most of them sorted, those that came lately beside.
type postings struct {
	list  []posting // sorted
	fresh map[uint64][]uint32
	late  int
}

type posting struct {
	key uint64
	row uint32
}

func (p *postings) add(k uint64, row uint32) {
	p.fresh[k] = append(p.fresh[k], row)
	if p.late++; p.late < 50_000+len(p.list)/4 {
		return
	}
	for k, rows := range p.fresh {
		for _, r := range rows {
			p.list = append(p.list, posting{k, r})
		}
	}
	slices.SortFunc(p.list, func(a, b posting) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row)) })
	p.fresh, p.late = map[uint64][]uint32{}, 0
}

// each calls f with the rows under a key, the latest first, at most n.
func (p *postings) each(k uint64, n int, f func(row uint32)) {
	late := p.fresh[k]
	for _, r := range slices.Backward(late[max(0, len(late)-n):]) {
		f(r)
	}
	to, _ := slices.BinarySearchFunc(p.list, k+1, func(x posting, k uint64) int { return cmp.Compare(x.key, k) })
	for i := to - 1; i >= 0 && p.list[i].key == k && n > len(late); i-- {
		f(p.list[i].row)
		n--
	}
}
