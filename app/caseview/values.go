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

// valueKey is what the values of one alternative have in common: what they mean, else the source's words.
func (b *builder) valueKey(p pole.Property, v pole.Value) string {
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
func (s *stated) recent() time.Time {
	at := s.r.Updated
	if s.f.From != "" {
		if from, _, ok := pole.Span(s.f.From); ok && from.After(at) {
			at = from
		}
	}
	return at
}

func (d *distinct) readable() bool { return d.value.Norm != "" }

// support counts the systems behind each value: those that state it, and those that say less without contradicting it.
func (b *builder) support(p *pole.PropertyDef, ds []*distinct) {
	for _, d := range ds {
		d.support = d.systems.count()
	}
	if len(ds) > compareAll {
		return
	}
	for _, d := range ds {
		if !d.readable() {
			continue
		}
		var extra systems
		for _, o := range ds {
			if o == d || len(o.value.Norm) >= len(d.value.Norm) {
				continue
			}
			if l, _ := b.d.CompareFolded(p.Name, b.fold(p, d), b.fold(p, o)); l == pole.Compatible {
				o.systems.each(func(i int) {
					if !d.systems.has(i) {
						extra.put(i)
					}
				})
			}
		}
		d.support += extra.count()
	}
}

// rank orders values, the best first, and names the rule by which x stands before y.
func rank(p *pole.PropertyDef, x, y *distinct) (int, Rule) {
	first := func(x bool, r Rule) (int, Rule) {
		if x {
			return -1, r
		}
		return 1, r
	}
	if x.readable() != y.readable() {
		return first(x.readable(), RuleReadable)
	}
	if (x.value.Problem == "") != (y.value.Problem == "") {
		return first(x.value.Problem == "", RuleSound)
	}
	if x.ended != y.ended {
		return first(y.ended, RuleHolds)
	}
	if (x.by != "") != (y.by != "") {
		return first(x.by != "", RuleAuthority)
	}
	if c := cmp.Compare(y.day, x.day); c != 0 && p.Changes {
		return c, RuleRecent
	}
	if c := cmp.Compare(y.support, x.support); c != 0 {
		return c, RuleAgreement
	}
	if c := y.recent.Compare(x.recent); c != 0 {
		return c, RuleRecent
	}
	if c := cmp.Compare(len(y.value.Norm), len(x.value.Norm)); c != 0 {
		return c, RuleComplete
	}
	return cmp.Or(cmp.Compare(x.value.Norm, y.value.Norm), cmp.Compare(x.value.Source, y.value.Source)), RuleOrder
}

// why says a rule in words.
func (b *builder) why(r Rule, x, y *distinct) string {
	switch r {
	case RuleReadable:
		return "the other could not be read"
	case RuleSound:
		return "the other is doubtful"
	case RuleHolds:
		return "the other has ended"
	case RuleAuthority:
		return b.name(x.by) + " is the authority for this"
	case RuleAgreement:
		return fmt.Sprintf("said by %s, the next by %s", many(x.support), many(y.support))
	case RuleRecent:
		if y.recent.IsZero() {
			return "changed on " + x.recent.In(pole.London).Format("02/01/2006") + "; of the other no date is known"
		}
		return "changed most recently, on " + x.recent.In(pole.London).Format("02/01/2006")
	case RuleComplete:
		return "the most complete of those said by " + many(x.support)
	}
	return "in alphabetical order: nothing speaks for one of them"
}

func many(n int) string {
	if n == 1 {
		return "one system"
	}
	return fmt.Sprintf("%d systems", n)
}

// differs says how an alternative differs from the best, and how far the two disagree: 0 not at all, 1 wholly.
func (b *builder) differs(p *pole.PropertyDef, best, d *distinct) (say string, far float64) {
	if d.value.Problem == pole.ProblemUnknown {
		return "not known to the source", 0
	}
	if d == best {
		return d.value.Problem, 0
	}
	if p.Many {
		return d.value.Problem, 0
	}
	if !d.readable() || d.value.Problem != "" {
		return d.value.Problem, 0.4
	}
	l, say := b.d.CompareFolded(p.Name, b.fold(p, best), b.fold(p, d))
	if d.ended && !best.ended {
		return "until " + pole.DisplayWhen(last(d)), 0
	}
	switch l {
	case pole.Similar:
		far = 0.6
	case pole.Different:
		far = 1
	}
	if say == "different" {
		say = ""
	}
	return say, far
}

func last(d *distinct) string {
	out := ""
	for _, s := range d.stated {
		out = max(out, s.f.To)
	}
	return out
}

// warnings puts the signals together: every one that anybody raises, known or not, gravest first.
func (b *builder) warnings(said []stated) []Warning {
	if len(said) == 0 {
		return nil
	}
	var out []Warning
	index := map[string]int{}
	order := map[string]int{}
	if b.warned == nil {
		b.warned = b.d.Warnings()
	}
	for i, w := range b.warned {
		order[w.Code] = i + 1
	}
	inOrder(said)
	of := make([]int, len(said))
	var counts []int
	for at, s := range said {
		w := Warning{Code: s.f.Value.Norm, Label: s.f.Value.Label, Level: pole.LevelDanger}
		if def, ok := b.d.Warning(w.Code); ok {
			w.Label, w.Level = def.Label, def.Level
		} else {
			w.Label = strings.Join(strings.Fields(s.f.Value.Source), " ")
			w.Code = strings.ToUpper(w.Label)
		}
		i, ok := index[w.Code]
		if !ok {
			i = len(out)
			index[w.Code] = i
			out, counts = append(out, w), append(counts, 0)
		}
		of[at] = i
		counts[i]++
	}
	for i := range out {
		out[i].Sources = make([]Source, 0, counts[i])
	}
	for at := range said {
		w := &out[of[at]]
		w.Sources = append(w.Sources, said[at].source())
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
