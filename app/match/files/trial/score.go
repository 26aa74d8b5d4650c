// Package trial measures how well records are matched, on data whose truth is known and is withheld from the matcher.
package trial

import (
	"cmp"
	"slices"
)

// Truth says of each id which entity it is of, and from which of two linked files it is (0 where one file is deduplicated).
type Truth struct {
	Entity map[string]string
	File   map[string]int
	Cross  bool // pairs within one file do not count
}

// Pair is two records and the probability that they are of one entity.
type Pair struct {
	A, B        string
	Probability float64
}

// Score is how right a matching is. Precision and recall are of pairs; all true pairs count, compared or not.
type Score struct {
	Precision, Recall, F1 float64
	Exact                 float64 // share of the entities whose records are one cluster with no other
	Sure, SureTrue        int     // pairs of probability 0.99 and more, and how many of them are true
}

// Sureness is the share of the sure pairs that are true; 1 where there is none.
func (s Score) Sureness() float64 {
	if s.Sure == 0 {
		return 1
	}
	return float64(s.SureTrue) / float64(s.Sure)
}

// Of scores clusters, by record, and pairs. A record that no cluster names stands alone.
func (t *Truth) Of(clusters map[string]string, pairs []Pair) Score {
	type both struct{ entity, cluster string }
	type in struct {
		of   both
		file int
	}
	entities, groups, together := map[both]int{}, map[both]int{}, map[both]int{}
	files := [3]map[in]int{{}, {}, {}}
	for id, e := range t.Entity {
		c, ok := clusters[id]
		if !ok {
			c = "\x00" + id
		}
		f := t.File[id]
		for k, b := range []both{{entity: e}, {cluster: c}, {e, c}} {
			[]map[both]int{entities, groups, together}[k][b]++
			files[k][in{b, f}]++
		}
	}
	count := func(all map[both]int, k int) (n float64) {
		for _, x := range all {
			n += float64(x) * float64(x-1) / 2
		}
		if t.Cross {
			for _, x := range files[k] {
				n -= float64(x) * float64(x-1) / 2
			}
		}
		return n
	}
	truth, said, right := count(entities, 0), count(groups, 1), count(together, 2)
	var s Score
	s.Precision, s.Recall, s.F1 = measures(right, said, truth)
	exact := 0
	for b, n := range together {
		if n == entities[both{entity: b.entity}] && n == groups[both{cluster: b.cluster}] {
			exact++
		}
	}
	s.Exact = float64(exact) / float64(max(len(entities), 1))
	for _, p := range pairs {
		if p.Probability < 0.99 || t.Cross && t.File[p.A] == t.File[p.B] {
			continue
		}
		s.Sure++
		if t.Entity[p.A] == t.Entity[p.B] {
			s.SureTrue++
		}
	}
	return s
}

// measures are precision, recall and F1 of so many right, said and true.
func measures(right, said, truth float64) (p, r, f float64) {
	if said > 0 {
		p = right / said
	}
	if truth > 0 {
		r = right / truth
	}
	if p+r > 0 {
		f = 2 * p * r / (p + r)
	}
	return p, r, f
}

// Judged is a score that something was given, and whether it should have been high.
type Judged struct {
	Score float64
	True  bool
}

// BestF1 is the best F1 that any one threshold reaches, which nobody knows beforehand: a measure of the order alone.
func BestF1(all []Judged) float64 {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Judged) int { return cmp.Compare(b.Score, a.Score) })
	truth, right, best := 0.0, 0.0, 0.0
	for _, j := range all {
		if j.True {
			truth++
		}
	}
	for i, j := range all {
		if j.True {
			right++
		}
		if i+1 < len(all) && all[i+1].Score == j.Score {
			continue
		}
		_, _, f := measures(right, float64(i+1), truth)
		best = max(best, f)
	}
	return best
}
