package linkage

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"muster/plugins/pole"
)

// Evidence is one reason for or against two records being of one entity.
type Evidence struct {
	Property pole.Property `json:"property"`
	Label    string        `json:"label"`
	A        string        `json:"a"`
	B        string        `json:"b"`
	Say      string        `json:"say"`
	Bits     float64       `json:"bits"`
	Equal    bool          `json:"-"` // nothing about it differs
}

// Explanation is why two records are held to be of one entity, or not: prior and evidence in bits, and what they add up to.
type Explanation struct {
	A           string     `json:"a"`
	B           string     `json:"b"`
	Prior       float64    `json:"prior"` // how rare it is, before any evidence, that two records are of one entity
	Evidence    []Evidence `json:"evidence"`
	Total       float64    `json:"total"`
	Probability float64    `json:"probability"`
}

// Explain says what speaks for and against records i and j being one, the strongest first.
func (t *Table) Explain(m *Model, i, j int) Explanation {
	return t.explain(newScorer(t, m), m.Prior, i, j, new(memo))
}

func (t *Table) explain(s *scorer, prior float64, i, j int, mm *memo) Explanation {
	e := Explanation{A: t.ids[i], B: t.ids[j], Prior: prior, Evidence: []Evidence{}}
	var ls levels
	total := s.score(i, j, mm, &ls)
	bits := make([]float32, len(t.cols))
	byGroup := map[int][]int{}
	for n, c := range t.cols {
		bits[n] = s.field(n, i, j, mm, &ls)
		if c.f.group > 0 {
			byGroup[c.f.group] = append(byGroup[c.f.group], n)
		}
	}
	// What a group's parts say in part again counts little: say what each counted.
	for _, ns := range byGroup {
		var up, down float32
		upAt, downAt := -1, -1
		for _, n := range ns {
			if bits[n] > up {
				up, upAt = bits[n], n
			}
			if bits[n] < down {
				down, downAt = bits[n], n
			}
		}
		for _, n := range ns {
			if n != upAt && n != downAt {
				bits[n] *= s.echo
			}
		}
	}
	for n, c := range t.cols {
		say := c.say(t.schema, &ls)
		if say == "" {
			continue
		}
		if at := c.f.feature; c.f.sort == ofName && ls[at] == wordDiffers && ls[at+1] == wordDiffers {
			say = "different"
		}
		a, b := s.told(n, i, j, mm)
		e.Evidence = append(e.Evidence, Evidence{
			Property: c.f.property, Label: c.f.label, A: c.written(a), B: c.written(b), Say: say, Bits: round(bits[n]), Equal: c.equal(&ls),
		})
	}
	slices.SortStableFunc(e.Evidence, func(a, b Evidence) int { return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits)) })
	var plain float32
	for _, x := range bits {
		plain += x
	}
	if plain += s.prior; plain > relatedFrom {
		if off := s.together(uint32(i), uint32(j), &ls); off > 0 {
			e.Evidence = append(e.Evidence, Evidence{Say: "strangers who agree on one of these often agree on the other", Bits: round(-off)})
		}
		if off := s.related(uint32(i), uint32(j), &ls); off > 0.005 {
			e.Evidence = append(e.Evidence, Evidence{Say: "two who belong together may look so as well", Bits: round(-off)})
		}
	}
	if held := t.held(uint32(i), uint32(j), total); held != total {
		e.Evidence = append(e.Evidence, Evidence{Say: "one system keeps the two apart", Bits: round(held - total)})
		total = held
	}
	e.Total, e.Probability = round(total), probability(total)
	return e
}

func round(b float32) float64 { return math.Round(float64(b)*100) / 100 }

// say puts the levels of a column into words; "" where there was nothing to compare.
func (c *column) say(s *Schema, ls *levels) string {
	var out []string
	for k := range c.f.features() {
		l := ls[c.f.feature+k]
		if l == none {
			continue
		}
		f := s.features[c.f.feature+k]
		say := f.levels[l].say
		if say == "" {
			continue
		}
		switch f.name {
		case "given":
			say = "given name " + say
		case "surname":
			say = "surname " + say
		}
		out = append(out, say)
	}
	return strings.Join(out, ", ")
}

// told are the two values that speak most for one entity, of those that two records have.
func (s *scorer) told(n, i, j int, m *memo) (a, b uint32) {
	c := s.t.cols[n]
	a, b = c.first[i], c.first[j]
	if len(c.more[uint32(i)])+len(c.more[uint32(j)]) == 0 {
		return a, b
	}
	best := float32(math.Inf(-1))
	for _, x := range append([]uint32{c.first[i]}, c.more[uint32(i)]...) {
		for _, y := range append([]uint32{c.first[j]}, c.more[uint32(j)]...) {
			if x == 0 || y == 0 {
				continue
			}
			var l levels
			c.compare(x, y, m, l[c.f.feature:c.f.feature+c.f.features()])
			if w := s.bits(c, x, y, &l); w > best {
				best, a, b = w, x, y
			}
		}
	}
	return a, b
}

// equal reports whether all that is known of a column is the same on both sides.
func (c *column) equal(ls *levels) bool {
	for k := range c.f.features() {
		if ls[c.f.feature+k] > 1 {
			return false
		}
	}
	return true
}
