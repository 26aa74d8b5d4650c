package linkage

import (
	"math"
	"slices"

	"muster/plugins/pole"
)

// Model is what is known about how records of one entity, and of two, look beside each other.
type Model struct {
	Prior    float64        `json:"prior"`    // in bits: the chance that two records taken at random are of one entity
	Related  float64        `json:"related"`  // in bits: how much more often two belong together than are one, see related
	Features []FeatureModel `json:"features"` // as Schema.features
	Together [][]float64    `json:"together"` // in bits, by two features, the later first: how much more often strangers agree on both than by chance
}

// FeatureModel is the parameters of one feature.
type FeatureModel struct {
	Property pole.Property `json:"property"`
	Part     string        `json:"part,omitempty"`
	M        []float64     `json:"m"`  // share of pairs of one entity, by level; level 0, nothing to compare, is not counted
	U        []float64     `json:"u"`  // share of pairs of two entities
	TF       float64       `json:"tf"` // how far the frequency of a value counts, 0 to 1
}

// weight of a level in bits.
func (f *FeatureModel) weight(l int) float64 {
	if l == none {
		return 0
	}
	return math.Log2(f.M[l] / f.U[l])
}

// scorer is a model made ready for a table.
type scorer struct {
	t            *Table
	prior        float32
	relatedPrior float32
	pairs        []twoFeatures
	bonded       bool // two may look alike because they belong together
	echo         float32
	weight       [maxFeatures][10]float32
	usual        [maxFeatures]float32 // how often two agree, in bits, and how far the frequency of what they agree on counts
	tf           [maxFeatures]float32
	order        []int // fields, cheapest and most telling first

	// For above, see bounded.
	rows     *rows
	unequal  [maxFeatures]float32 // the most that a feature can say where it is not equal
	further  [maxFeatures]float32 // the most that further names and their order can say, by the first feature of a name
	grouping []int                // fields of groups
}

// levelsOnly compares without a model: what it says in bits means nothing.
func levelsOnly(t *Table) *scorer {
	s := &scorer{t: t}
	for i := range t.cols {
		s.order = append(s.order, i)
	}
	return s
}

func newScorer(t *Table, m *Model) *scorer {
	s := &scorer{t: t, prior: float32(m.Prior), relatedPrior: float32(m.Related)}
	s.about(t.schema)
	for f := range m.Features {
		for l := 1; l < len(m.Features[f].M); l++ {
			s.weight[f][l] = float32(m.Features[f].weight(l))
		}
	}
	for f := range m.Features {
		s.usual[f], s.tf[f] = float32(math.Log2(m.Features[f].U[1])), float32(m.Features[f].TF)
	}
	for f := range m.Together {
		for g, bits := range m.Together[f] {
			if x, y := t.cols[t.schema.features[f].field].f, t.cols[t.schema.features[g].field].f; bits > 0.3 && (x.group == 0 || x.group != y.group) {
				s.pairs = append(s.pairs, twoFeatures{f, g, float32(bits)})
			}
		}
	}
	for i := range t.cols {
		s.order = append(s.order, i)
	}
	cost := map[sort]int{ofDate: 0, ofCategory: 0, ofCode: 1, ofPhone: 1, ofPlate: 1, ofPostcode: 2, ofName: 3, ofText: 4, ofEmail: 4, ofLine: 5}
	slices.SortStableFunc(s.order, func(a, b int) int { return cost[t.cols[a].f.sort] - cost[t.cols[b].f.sort] })
	return s
}

// featuresOf is how many features a field has.
func (f *field) features() int {
	if f.sort == ofName {
		return 4
	}
	return 1
}

// field compares two records by one field: levels into ls, bits as result.
func (s *scorer) field(n int, i, j int, m *memo, ls *levels) float32 {
	c := s.t.cols[n]
	a, b := c.first[i], c.first[j]
	at := c.f.feature
	k := c.f.features()
	for x := range k {
		ls[at+x] = none
	}
	if a == 0 || b == 0 || c.skip[a] || c.skip[b] {
		if len(c.more) == 0 {
			return 0
		}
	}
	if len(c.more) > 0 {
		ma, mb := c.more[uint32(i)], c.more[uint32(j)]
		if len(ma) > 0 || len(mb) > 0 {
			return s.many(n, a, b, ma, mb, m, ls)
		}
		if a == 0 || b == 0 || c.skip[a] || c.skip[b] {
			return 0
		}
	}
	c.compare(a, b, m, ls[at:at+k])
	return s.bits(c, a, b, ls)
}

// bits is the evidence of the levels of a field.
func (s *scorer) bits(c *column, a, b uint32, ls *levels) float32 {
	if c.f.sort == ofName {
		g, sn := s.nameBits(c, a, b, ls)
		return g + sn
	}
	at := c.f.feature
	l := ls[at]
	w := s.weight[at][l]
	switch {
	case l == 1 && c.share != nil:
		w += s.tf[at] * (s.usual[at] - c.share[a])
	case c.f.sort == ofDate && l == dateLess && c.year != nil:
		w = min(w, c.yearBits(a, b))
	case l > 1 && c.part[0] != nil:
		w += c.nearBits(l, a, b)
	}
	return w
}

// nameBits is the evidence of what a person alone is called by, and of the name that relatives share.
func (s *scorer) nameBits(c *column, a, b uint32, ls *levels) (own, family float32) {
	{
		at := c.f.feature
		g, sn := ls[at], ls[at+1]
		own = s.weight[at][g] + s.weight[at+2][ls[at+2]] + s.weight[at+3][ls[at+3]]
		family = s.weight[at+1][sn]
		if g == wordSame {
			own += s.tf[at] * (s.usual[at] - c.words.list[c.names[a].first()].share[0])
		}
		if sn == wordSame {
			x := c.names[a].last()
			if ls[at+3] == orderSwapped || x == 0 {
				if x = c.names[b].last(); x == 0 {
					x = c.names[a].first()
				}
			}
			family += s.tf[at+1] * (s.usual[at+1] - c.words.list[x].share[1])
		}
	}
	return own, family
}

// many takes the pair of values that speaks most for one entity; that values differ counts only if all do.
func (s *scorer) many(n int, a, b uint32, ma, mb []uint32, m *memo, ls *levels) float32 {
	c := s.t.cols[n]
	at, k := c.f.feature, c.f.features()
	best := float32(-1e9)
	var keep levels
	one := func(x, y uint32) {
		if x == 0 || y == 0 || c.skip[x] || c.skip[y] {
			return
		}
		var l levels
		c.compare(x, y, m, l[at:at+k])
		if w := s.bits(c, x, y, &l); w > best {
			best, keep = w, l
		}
	}
	for i := -1; i < len(ma); i++ {
		x := a
		if i >= 0 {
			x = ma[i]
		}
		for j := -1; j < len(mb); j++ {
			y := b
			if j >= 0 {
				y = mb[j]
			}
			one(x, y)
		}
	}
	if best == -1e9 {
		return 0
	}
	copy(ls[at:at+k], keep[at:at+k])
	return best
}

// score compares two records: their levels, and the bits for them being of one entity, the prior included.
func (s *scorer) score(i, j int, m *memo, ls *levels) float32 {
	total := s.prior
	var groups groupBits
	for _, n := range s.order {
		w := s.field(n, i, j, m, ls)
		if g := s.t.cols[n].f.group; g > 0 {
			groups.add(g, w, s.echo)
		} else {
			total += w
		}
	}
	total += groups.sum()
	if total > relatedFrom {
		total -= s.together(uint32(i), uint32(j), ls)
		total -= s.related(uint32(i), uint32(j), ls)
	}
	return total
}

// together is by how many bits the evidence of several features that strangers too agree on together is less.
func (s *scorer) together(i, j uint32, ls *levels) (off float32) {
	if s.pairs == nil {
		return 0
	}
	for _, p := range s.pairs {
		if ls[p.f] == none || ls[p.g] == none {
			continue
		}
		x, y := s.weight[p.f][ls[p.f]], s.weight[p.g][ls[p.g]]
		if x > 0 && y > 0 {
			off += min(p.bits, 0.8*min(x, y))
		}
	}
	return off
}

// twoFeatures are two that strangers agree on together more often than by chance.
type twoFeatures struct {
	f, g int
	bits float32
}

// Two records may look alike because they are of two who belong together: a family in one house, twins, a plate and its
// clone. shared is how often two such have in common what one entity's records have in common.
var shared = map[sort]float32{ofDate: 0.04, ofPostcode: 0.7, ofLine: 0.6, ofCode: 0.005, ofPlate: 0.3, ofPhone: 0.4, ofEmail: 0.03, ofText: 0.35, ofCategory: 0.5}

const (
	sharedOwn    = 0.04 // father and son of one name
	sharedFamily = 0.85
	relatedFrom  = -6 // below, nothing is decided that a third explanation could change
	relatedPrior = -3 // how much more often two records are of two who belong together than of one, in bits, at first
	relatedLeast = -5
	relatedMost  = 0
)

// related is by how many bits the evidence is less because two who belong together may look so as well.
func (s *scorer) related(i, j uint32, ls *levels) float32 {
	if !s.bonded {
		return 0
	}
	return float32(math.Log2(1 + math.Exp2(float64(s.relatedBits(i, j, ls)))))
}

// relatedBits are the bits for two who belong together against two strangers.
func (s *scorer) relatedBits(i, j uint32, ls *levels) float32 {
	r := s.prior + s.relatedPrior
	var groups groupBits
	for _, n := range s.order {
		c := s.t.cols[n]
		if !c.compared(ls) {
			continue
		}
		a, b := c.first[i], c.first[j]
		if c.f.sort == ofName {
			own, family := s.nameBits(c, a, b, ls)
			r += sharedBits(own, sharedOwn) + sharedBits(family, sharedFamily)
			continue
		}
		w := sharedBits(s.bits(c, a, b, ls), shared[c.f.sort])
		if c.f.group > 0 {
			groups.add(c.f.group, w, s.echo)
		} else {
			r += w
		}
	}
	return r + groups.sum()
}

// sharedBits is the evidence of a field that is shared with a chance of p, and otherwise as with strangers.
func sharedBits(w, p float32) float32 {
	return float32(math.Log2(float64(p)*math.Exp2(float64(w)) + 1 - float64(p)))
}

// compared reports whether the levels say anything of the column.
func (c *column) compared(ls *levels) bool {
	for k := range c.f.features() {
		if ls[c.f.feature+k] != none {
			return true
		}
	}
	return false
}

// groupBits adds up evidence of fields that say in part the same: the one that says most counts whole, the others little.
type groupBits struct{ up, down, more [4]float32 }

// How much further evidence of a group counts: little where an address is one thing among many, more where it is what the
// records are about.
const (
	echoBeside = 0.25
	echoItself = 0.6
)

func (g *groupBits) add(n int, w, echo float32) {
	n &= 3
	switch {
	case w > g.up[n]:
		g.more[n] += echo * g.up[n]
		g.up[n] = w
	case w > 0:
		g.more[n] += echo * w
	case w < g.down[n]:
		g.more[n] += echo * g.down[n]
		g.down[n] = w
	default:
		g.more[n] += echo * w
	}
}

func (g *groupBits) sum() (w float32) {
	for i := range g.up {
		w += g.up[i] + g.down[i] + g.more[i]
	}
	return w
}

// probability of bits.
func probability(bits float32) float64 { return 1 / (1 + math.Exp2(-float64(bits))) }

func logit2(p float64) float64 { return math.Log2(p / (1 - p)) }

// info is how much there was to compare between two records whose levels are known, in bits for and against.
func (s *scorer) info(i, j uint32, ls *levels) (w float32) {
	for _, n := range s.order {
		c := s.t.cols[n]
		if c.compared(ls) {
			w += abs(s.bits(c, c.first[i], c.first[j], ls))
		}
	}
	return w
}

func abs(x float32) float32 { return max(x, -x) }

// about takes from the schema what kind of thing the records are about.
func (s *scorer) about(x *Schema) {
	s.echo = echoItself
	for _, f := range x.fields {
		switch f.sort {
		case ofName:
			s.bonded, s.echo = true, echoBeside
		case ofPlate:
			s.bonded = true
		}
	}
}
