package caseview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/plugins/pole"
)

// compareAll is how many distinct values of one property are compared with one another; beyond it each is only compared
// with the best.
const compareAll = 40

// key is what the values of one alternative have in common: what they mean, else the source's words.
func (b *builder) key(p pole.Property, v pole.Value) string {
	if v.Norm == "" {
		return "\x00" + strings.ToLower(strings.Join(strings.Fields(v.Source), " "))
	}
	v.Problem = "" // a doubtful reading of the same value is still the same value
	if k := b.d.Key(p, v); k != "" {
		return k
	}
	return v.Norm
}

// better reports whether v shows an alternative better than w, which means the same: without a doubt, written in full
// and in both capital and small letters; then by what is smaller, so that no order matters.
func better(v, w pole.Value) bool {
	if (v.Problem == "") != (w.Problem == "") {
		return v.Problem == ""
	}
	if len(v.Norm) != len(w.Norm) {
		return len(v.Norm) > len(w.Norm)
	}
	if a, b := oneCase(v.Source), oneCase(w.Source); a != b {
		return b
	}
	return v.Norm < w.Norm || v.Norm == w.Norm && v.Source < w.Source
}

func oneCase(s string) bool { return s == strings.ToUpper(s) || s == strings.ToLower(s) }

// recent is when the source last changed the value, as far as it says.
func (s stated) recent() time.Time {
	at := s.updated
	if from, _, ok := pole.Span(s.From); ok && from.After(at) {
		at = from
	}
	return at
}

func (d *distinct) readable() bool { return d.value.Norm != "" }

// support counts the systems behind each value: those that state it, and those that say less without contradicting it.
func (b *builder) support(p pole.PropertyDef, ds []*distinct) {
	for _, d := range ds {
		d.support = len(d.systems)
		if len(ds) > compareAll || !d.readable() {
			continue
		}
		extra := map[string]bool{}
		for _, o := range ds {
			if o == d || len(o.value.Norm) >= len(d.value.Norm) {
				continue
			}
			if l, _ := b.d.CompareFolded(p.Name, d.folded, o.folded); l == pole.Compatible {
				for s := range o.systems {
					if !d.systems[s] {
						extra[s] = true
					}
				}
			}
		}
		d.support += len(extra)
	}
}

// rank orders values, the best first, and says in words why x stands before y.
func rank(x, y *distinct) (int, string) {
	if x.readable() != y.readable() {
		if x.readable() {
			return -1, "the other could not be read"
		}
		return 1, ""
	}
	if (x.value.Problem == "") != (y.value.Problem == "") {
		if x.value.Problem == "" {
			return -1, "the other is doubtful"
		}
		return 1, ""
	}
	if x.ended != y.ended {
		if y.ended {
			return -1, "the other has ended"
		}
		return 1, ""
	}
	if c := cmp.Compare(y.support, x.support); c != 0 {
		return c, fmt.Sprintf("said by %s, the next by %s", systems(x.support), systems(y.support))
	}
	if c := y.recent.Compare(x.recent); c != 0 {
		return c, "changed most recently, on " + x.recent.In(pole.London).Format("02/01/2006")
	}
	if c := cmp.Compare(len(y.value.Norm), len(x.value.Norm)); c != 0 {
		return c, "the most complete of those said by " + systems(x.support)
	}
	return cmp.Or(cmp.Compare(x.value.Norm, y.value.Norm), cmp.Compare(x.value.Source, y.value.Source)), "in alphabetical order: nothing speaks for one of them"
}

func systems(n int) string {
	if n == 1 {
		return "one system"
	}
	return fmt.Sprintf("%d systems", n)
}

// differs says how an alternative differs from the best, and notes whether that is a disagreement.
func (b *builder) differs(p pole.PropertyDef, best, d *distinct, m *Merged) string {
	if d.value.Problem == pole.ProblemUnknown {
		return "not known to the source"
	}
	if d == best {
		return d.value.Problem
	}
	if !d.readable() || d.value.Problem != "" {
		m.Disagree = m.Disagree || !p.Many
		return d.value.Problem
	}
	l, say := b.d.CompareFolded(p.Name, best.folded, d.folded)
	if p.Many {
		return ""
	}
	if d.ended && !best.ended {
		return "until " + pole.DisplayWhen(last(d))
	}
	if l == pole.Similar || l == pole.Different {
		m.Disagree = true
	}
	if say == "different" {
		return ""
	}
	return say
}

func last(d *distinct) string {
	out := ""
	for _, s := range d.stated {
		out = max(out, s.To)
	}
	return out
}

// warnings puts the signals together: every one that anybody raises, known or not, gravest first.
func (b *builder) warnings(said []stated) []Warning {
	var out []Warning
	index := map[string]int{}
	order := map[string]int{}
	for i, w := range b.d.Warnings() {
		order[w.Code] = i + 1
	}
	for _, s := range said {
		w := Warning{Code: s.Value.Norm, Label: s.Value.Label, Level: pole.LevelDanger}
		if def, ok := b.d.Warning(w.Code); ok {
			w.Label, w.Level = def.Label, def.Level
		} else {
			w.Label = strings.Join(strings.Fields(s.Value.Source), " ")
			w.Code = strings.ToUpper(w.Label)
		}
		i, ok := index[w.Code]
		if !ok {
			i = len(out)
			index[w.Code] = i
			out = append(out, w)
		}
		out[i].Sources = append(out[i].Sources, s.Source)
	}
	for _, w := range out {
		slices.SortStableFunc(w.Sources, func(x, y Source) int {
			return cmp.Or(cmp.Compare(x.Ref.String(), y.Ref.String()), cmp.Compare(x.Value.Source, y.Value.Source))
		})
	}
	slices.SortFunc(out, func(x, y Warning) int {
		if x.Level != y.Level {
			return cmp.Compare(y.Level, x.Level) // danger before caution
		}
		// A signal that is not in the list stands before those that are: nobody knows how grave it is.
		return cmp.Or(cmp.Compare(order[x.Code], order[y.Code]), cmp.Compare(x.Code, y.Code))
	})
	return out
}
