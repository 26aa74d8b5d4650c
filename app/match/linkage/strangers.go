package linkage

import (
	"math"
	"math/rand/v2"
)

// randomPairs looks at pairs taken at random: nearly all of them are of two entities.
func (t *Table) randomPairs(count int) []sampled {
	rng := rand.New(rand.NewPCG(1, 2))
	n := t.Len()
	s := levelsOnly(t)
	mm := new(memo)
	out := make([]sampled, 0, count)
	for len(out) < count {
		i, j := rng.IntN(n), rng.IntN(n)
		if i == j {
			if n < 2 {
				break
			}
			continue
		}
		p := sampled{i: uint32(i), j: uint32(j)}
		s.score(i, j, mm, &p.ls)
		out = append(out, p)
	}
	return out
}

// learnTogether finds which features of strangers agree together more often than by chance: who was born in a town lives
// there, so that the postcode adds less.
func (m *Model) learnTogether(t *Table, pairs []sampled, weigh []float64) {
	n := len(m.Features)
	var all float64
	one := make([]float64, n)
	two := make([][]float64, n)
	known := make([][]float64, n)
	for f := range two {
		two[f], known[f] = make([]float64, n), make([]float64, n)
	}
	agrees := func(f int, l uint8) bool { return l != none && m.Features[f].M[l] > m.Features[f].U[l] }
	single := make([]float64, n)
	for k := range pairs {
		p := &pairs[k]
		w := weigh[k]
		all += w
		for f := range n {
			if p.ls[f] == none {
				continue
			}
			single[f] += w
			a := agrees(f, p.ls[f])
			if a {
				one[f] += w
			}
			for g := range f {
				if p.ls[g] != none {
					known[f][g] += w
					if a && agrees(g, p.ls[g]) {
						two[f][g] += w
					}
				}
			}
		}
	}
	m.Together = make([][]float64, n)
	for f := range n {
		m.Together[f] = make([]float64, n)
		for g := range f {
			if single[f] == 0 || single[g] == 0 || t.schema.features[f].field == t.schema.features[g].field {
				continue
			}
			expect := known[f][g] * one[f] / single[f] * one[g] / single[g]
			m.Together[f][g] = max(math.Log2((two[f][g]+2)/(expect+2)), 0)
		}
	}
}

// learnFull finds how much more often strangers have a given name and a surname both in common than by chance. All pairs
// with one name are counted, less those that are of one entity.
func (m *Model) learnFull(t *Table) {
	if t.full == nil {
		for _, c := range t.cols {
			t.full = append(t.full, c.fullAgreement())
		}
	}
	for n, c := range t.cols {
		if t.full[n] == 0 {
			continue
		}
		g, s := &m.Features[c.f.feature], &m.Features[c.f.feature+1]
		chance := g.U[wordSame] * s.U[wordSame]
		one := math.Exp2(m.Prior) * min(g.M[wordSame], s.M[wordSame])
		m.Together[c.f.feature+1][c.f.feature] = math.Log2(max(t.full[n]-1.5*one, chance) / chance)
	}
}
