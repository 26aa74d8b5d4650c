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
	s := newScorer(t, m)
	e := Explanation{A: t.ids[i], B: t.ids[j], Prior: m.Prior, Evidence: []Evidence{}}
	mm := new(memo)
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
				bits[n] *= echo
			}
		}
	}
	for n, c := range t.cols {
		say := c.say(t.schema, &ls)
		if say == "" {
			continue
		}
		e.Evidence = append(e.Evidence, Evidence{
			Property: c.f.property, Label: c.f.label, A: c.written(c.first[i]), B: c.written(c.first[j]), Say: say, Bits: round(bits[n]),
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
