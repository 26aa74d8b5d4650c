package linkage

import (
	"math"
	"runtime"
	"slices"

	"muster/plugins/pole"
)

// sampled is a pair looked at while learning.
type sampled struct {
	i, j uint32
	ls   levels
}

// DefaultModel is what is assumed before there are data: the levels' shares, and what the table's own values say about
// how often two entities agree.
func (t *Table) defaultModel() *Model {
	m := &Model{Prior: -math.Log2(float64(max(t.Len(), 2))), Related: relatedPrior}
	for _, f := range t.schema.features {
		fm := FeatureModel{Property: t.schema.fields[f.field].property, Part: f.name, TF: 1}
		for _, l := range f.levels {
			fm.M = append(fm.M, l.m)
			fm.U = append(fm.U, 0)
		}
		m.Features = append(m.Features, fm)
	}
	return m
}

// learnU takes the shares of pairs of two entities from random pairs, each counted by how likely it is of two.
func (m *Model) learnU(t *Table, pairs []sampled, weigh []float64) {
	for f := range m.Features {
		u := make([]float64, len(m.Features[f].U))
		var sum float64
		for k := range pairs {
			if l := pairs[k].ls[f]; l != none {
				w := weigh[k]
				u[l] += w
				sum += w
			}
		}
		// Agreement is too rare to be seen in a sample: it follows from how often each value occurs.
		if same := t.agreement(f); same >= 0 && sum > 0 {
			u[1] = max(same*sum, 1e-7*sum)
		}
		if m.Features[f].Part == "order" { // two strangers' names agree crosswise as often as straight
			for l := 1; l < len(u); l++ {
				m.Features[f].U[l] = 1
			}
			continue
		}
		for l := 1; l < len(u); l++ {
			m.Features[f].U[l] = (u[l] + 0.3) / (sum + 0.3*float64(len(u)-1))
			if l == 1 && u[l] > 0 && t.agreement(f) >= 0 {
				m.Features[f].U[l] = max(u[l]/max(sum, 1), 1e-7)
			}
		}
	}
}

// farApart is how unlikely a random pair is, in bits, whose likelihood is not worked out again.
const farApart = -20

// firstPasses and morePasses are how often expectation and maximisation alternate at most.
const (
	firstPasses = 20
	morePasses  = 6
)

// learn estimates the model from candidate pairs by expectation maximisation. sampleShare is which share of all candidates
// these are.
func (m *Model) learn(t *Table, pairs, random []sampled, sampleShare float64, passes int) {
	n := float64(t.Len())
	all := n * (n - 1) / 2
	prior := m.prior0()
	apart := make([]float64, len(random)) // how likely each random pair is of two
	for k := range apart {
		apart[k] = 1
	}
	var near []int // the random pairs that may be of one after all
	for pass := range passes {
		some := make([]sampled, len(near))
		for x, k := range near {
			some[x] = random[k]
		}
		switch pass {
		case 0:
		case 1:
			for k, bits := range newScorer(t, m).every(random) {
				if apart[k] = 1 - probability(bits); bits > farApart {
					near = append(near, k)
				}
			}
		default:
			for x, bits := range newScorer(t, m).every(some) {
				apart[near[x]] = 1 - probability(bits)
			}
		}
		m.learnU(t, random, apart)
		if pass > 1 {
			// Whether two are strangers must not hang on what is learnt here, or all who are alike become strangers.
			s := newScorer(t, m)
			s.pairs = nil
			strangers := slices.Repeat([]float64{1}, len(random))
			for x, bits := range s.every(some) {
				if bits > -2 {
					strangers[near[x]] = 0
				}
			}
			m.learnTogether(t, random, strangers)
			m.learnFull(t)
		}
		s := newScorer(t, m)
		var sum, related float64
		acc := make([][]float64, len(m.Features))
		for f := range acc {
			acc[f] = make([]float64, len(m.Features[f].M))
		}
		for k, bits := range s.every(pairs) {
			p := &pairs[k]
			q := probability(bits)
			sum += q
			if bits > relatedFrom {
				related += (1 - q) * probability(s.relatedBits(p.i, p.j, &p.ls))
			}
			for f := range acc {
				acc[f][p.ls[f]] += q
			}
		}
		var moved float64
		for f := range acc {
			fm := &m.Features[f]
			var have float64
			next := make([]float64, len(fm.M))
			for l := 1; l < len(fm.M); l++ {
				have += acc[f][l]
			}
			for l := 1; l < len(fm.M); l++ {
				next[l] = max((acc[f][l]+priorPairs*prior[f][l])/(have+priorPairs), 1e-4)
			}
			t.schema.hold(f, next)
			for l := 1; l < len(fm.M); l++ {
				moved += math.Abs(next[l] - fm.M[l])
				fm.M[l] = next[l]
			}
		}
		m.Related = min(max(math.Log2((related+1)/(sum+8)), relatedLeast), relatedMost)
		m.Prior = math.Log2(max(sum/sampleShare, 1) / all)
		if moved < 2e-3*float64(len(acc)) {
			break
		}
	}
}

// priorPairs is how many pairs what is assumed beforehand counts for.
const priorPairs = 20

func (m *Model) prior0() [][]float64 {
	out := make([][]float64, len(m.Features))
	for f := range m.Features {
		out[f] = slices.Clone(m.Features[f].M)
	}
	return out
}

// lasting is how often the records of one entity differ at most in what does not change: a name, a date of birth, a number
// given once. Where hardly any two records are of one entity, strangers of one name would otherwise be learnt from as if
// they were one person who is born on many days.
var lasting = map[sort]float64{ofName: 0.2, ofDate: 0.2, ofCode: 0.3, ofPlate: 0.3}

// hold keeps the share of the last level, different, of a lasting feature from becoming more than can be.
func (s *Schema) hold(f int, m []float64) {
	x := s.features[f]
	field := s.fields[x.field]
	most, ok := lasting[field.sort]
	if !ok || field.def.Type == pole.TypeInstant || field.sort == ofName && f-field.feature > 1 {
		return
	}
	last := len(m) - 1
	over := m[last] - most
	if over <= 0 {
		return
	}
	rest := 1 - m[last]
	for l := 1; l < last; l++ {
		m[l] *= (1 - most) / rest
	}
	m[last] = most
}

// every scores pairs whose levels are known, on all cores.
func (s *scorer) every(pairs []sampled) []float32 {
	out := make([]float32, len(pairs))
	eachChunk(len(pairs), len(pairs)/runtime.GOMAXPROCS(0)+1, func(_, from, to int) {
		for k := from; k < to; k++ {
			out[k] = s.of(&pairs[k])
		}
	})
	return out
}

// of scores a pair whose levels are known.
func (s *scorer) of(p *sampled) float32 {
	total := s.prior
	var groups groupBits
	for _, n := range s.order {
		c := s.t.cols[n]
		w := s.known(c, p)
		if c.f.group > 0 {
			groups.add(c.f.group, w, s.echo)
		} else {
			total += w
		}
	}
	total += groups.sum()
	if total > relatedFrom {
		total -= s.together(p.i, p.j, &p.ls)
		total -= s.related(p.i, p.j, &p.ls)
	}
	return total
}

func (s *scorer) known(c *column, p *sampled) float32 {
	if c.compared(&p.ls) {
		return s.bits(c, c.first[p.i], c.first[p.j], &p.ls)
	}
	return 0
}
