package linkage

import (
	"cmp"
	"runtime"
	"slices"
	"time"
)

// Options of a run.
type Options struct {
	Cross     bool    // two sources are linked: pairs within one are not looked for
	Families  bool    // twins, and fathers and sons of one name, are to be expected, whether or not the data show households
	Threshold float64 // probability from which two groups are one; 0 is the default
}

// Result of a run.
type Result struct {
	Model      *Model
	Clusters   []int32 // by record: number of the first record of its entity
	Entities   int
	Links      []Link // pairs worth telling, the surest first
	Candidates int64  // pairs compared
	Took       Times
}

// Times a run spent.
type Times struct{ Learn, Compare, Cluster time.Duration }

// Link is two records, by number, and the probability that they are of one entity.
type Link struct {
	I, J        uint32
	Probability float64
}

// sampleSize is how many candidate pairs the model is learnt from at most.
const sampleSize = 200_000

// householdsFrom is how many pairs of one household there are beside those of one entity, in bits, where data are taken to
// hold families.
const householdsFrom = -4

// joinBits is the mean evidence from which two groups are one, the same for all data. It is a little below even: what a
// cluster's pairs say is averaged, and the mean of many is surer than one of them.
const joinBits = -1

// keepBits is how unlikely a pair may be to be kept as an edge.
const keepBits = -4

// Run learns how records of one entity look, finds candidates, compares them and groups the records.
func (t *Table) Run(o Options) *Result {
	res := &Result{}
	n := t.Len()
	if n == 0 {
		return res
	}
	start := time.Now()
	t.count(nil)
	t.contest()
	blocks := t.blocking(budget(n))
	m := t.defaultModel()
	random := t.randomPairs(min(200_000, 40*n+2000))
	pairs, share := t.sample(blocks, o.Cross)
	m.learn(t, pairs, random, share, firstPasses)
	res.Took.Learn = time.Since(start)

	start = time.Now()
	found, looked := t.compareAll(blocks, o.Cross, m)
	res.Candidates = looked
	res.Took.Compare = time.Since(start)

	start = time.Now()
	threshold := float32(joinBits)
	if o.Threshold > 0 {
		threshold = bitsOf(o.Threshold)
	}
	clusters := t.clusterWith(found, m, threshold, o.Families)
	// What one entity's many records say of a value's frequency is said once: learn again from entities.
	t.count(number32(clusters))
	m.learn(t, pairs, random, share, morePasses)
	t.rescore(found, newScorer(t, m))
	clusters = t.clusterWith(found, m, threshold, o.Families)
	res.Model, res.Clusters = m, clusters
	for i, c := range clusters {
		if int(c) == i {
			res.Entities++
		}
	}
	res.Links = t.links(found, clusters)
	res.Took.Cluster = time.Since(start)
	return res
}

func bitsOf(p float64) float32 {
	return float32(logit2(p))
}

// sample takes candidates to learn from: all of them, or a share spread over all rules.
func (t *Table) sample(b *blocking, cross bool) ([]sampled, float64) {
	var sum float64
	for _, r := range b.rules {
		sum += r.pairs
	}
	share := min(1, sampleSize/max(sum, 1))
	workers := runtime.GOMAXPROCS(0)
	outs := make([][]sampled, workers)
	memos := make([]*memo, workers)
	s := levelsOnly(t)
	for w := range workers {
		memos[w] = new(memo)
	}
	var want func(i, j uint32) bool
	if keep := uint64(share * (1 << 32)); share < 1 {
		want = func(i, j uint32) bool { return uint64(mix(i+1, j+1)) <= keep }
	}
	t.candidates(b, cross, want, func(w int, i, j uint32) {
		p := sampled{i: i, j: j}
		s.score(int(i), int(j), memos[w], &p.ls)
		outs[w] = append(outs[w], p)
	})
	all := slices.Concat(outs...)
	slices.SortFunc(all, func(a, b sampled) int { return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j)) })
	return all, share
}

func (t *Table) compareAll(b *blocking, cross bool, m *Model) ([]edge, int64) {
	workers := runtime.GOMAXPROCS(0)
	s := newScorer(t, m).bounded(t.pack())
	outs := make([][]edge, workers)
	counts := make([]struct {
		n int64
		_ [7]int64
	}, workers)
	memos := make([]*memo, workers)
	for w := range workers {
		memos[w] = new(memo)
	}
	t.candidates(b, cross, nil, func(w int, i, j uint32) {
		counts[w].n++
		if !s.above(i, j, keepBits, memos[w]) {
			return
		}
		var ls levels
		bits := s.score(int(i), int(j), memos[w], &ls)
		if bits >= keepBits {
			outs[w] = append(outs[w], edge{i, j, t.held(i, j, bits)})
		}
	})
	all := slices.Concat(outs...)
	var looked int64
	for _, c := range counts {
		looked += c.n
	}
	slices.SortFunc(all, func(a, b edge) int { return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j)) })
	return all, looked
}

// held takes off what a pair must bring beyond the usual where one system keeps the two apart.
func (t *Table) held(i, j uint32, bits float32) float32 {
	if t.source[i] != 0 && t.source[i] == t.source[j] {
		return bits - apartBits
	}
	return bits
}

func (t *Table) rescore(found []edge, s *scorer) {
	eachChunk(len(found), len(found)/runtime.GOMAXPROCS(0)+1, func(_, from, to int) {
		mm := new(memo)
		for k := from; k < to; k++ {
			var ls levels
			e := &found[k]
			e.bits = t.held(e.i, e.j, s.score(int(e.i), int(e.j), mm, &ls))
		}
	})
}

func (t *Table) clusterWith(found []edge, m *Model, threshold float32, families bool) []int32 {
	return cluster(t.Len(), found, threshold, &looker{t, newScorer(t, m), new(memo), families || m.Related > householdsFrom || t.cols[0].f.sort != ofName})
}

// links are the pairs worth telling. A pair that the clusters keep apart is not called sure.
func (t *Table) links(found []edge, clusters []int32) []Link {
	out := make([]Link, 0, len(found))
	for _, e := range found {
		p := probability(e.bits)
		if clusters[e.i] != clusters[e.j] {
			p = min(p, 0.5)
		}
		if p >= 0.01 {
			out = append(out, Link{e.i, e.j, p})
		}
	}
	slices.SortFunc(out, func(a, b Link) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
	})
	return out
}

// number32 numbers clusters from 0 without gaps.
func number32(clusters []int32) []int32 {
	out := make([]int32, len(clusters))
	next := int32(0)
	for i, c := range clusters {
		if int(c) == i {
			out[i] = next
			next++
		}
	}
	for i, c := range clusters {
		out[i] = out[c]
	}
	return out
}
