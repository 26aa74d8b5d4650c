package match

import (
	"strings"

	"muster/app/match/linkage"
	"muster/plugins/pole"
)

// agreed reports whether two records share an identifying value.
func agreed(a, b *entry) bool {
	for _, k := range a.strong {
		for _, l := range b.strong {
			if k == l {
				return true
			}
		}
	}
	return false
}

// contradicts reports whether values differ that one entity cannot have both of.
func contradicts(a, b *entry) bool {
	for _, p := range a.rules.contradict {
		va, vb := a.all[p.Name], b.all[p.Name]
		if len(va) == 0 || len(vb) == 0 {
			continue
		}
		apart := true
		for _, x := range va {
			for _, y := range vb {
				if l, _ := a.rules.dict.CompareFolded(p.Name, x.Folded, y.Folded); l != pole.Different {
					apart = false
				}
			}
		}
		if apart {
			return true
		}
	}
	return false
}

// likeness of one set of properties between two records.
type likeness struct {
	equal   bool // all of them equal, so that they mean the same entity
	apart   bool // every one that is known differs
	differ  bool // at least one certainly differs
	unknown int
	levels  [pole.MaxSame]pole.Likeness
	says    [pole.MaxSame]string
}

func compareSet(a, b *entry, n int) likeness {
	out := likeness{equal: true, apart: true}
	known := 0
	d := a.rules.dict
	for i, m := range a.rules.same[n] {
		va, vb := &a.sets[n][i], &b.sets[n][i]
		l, say := d.CompareFolded(m.def.Name, va.Folded, vb.Folded)
		out.levels[i], out.says[i] = l, say
		switch l {
		case pole.Unknown:
			out.unknown++
			out.equal = false
			continue
		case pole.Different:
			out.differ = true
			out.equal = false
		case pole.Similar:
			out.equal = false
		case pole.Same, pole.Compatible:
			if va.meet == "" || va.meet != vb.meet {
				out.equal = false
			}
		}
		if l != pole.Different {
			out.apart = false
		}
		known++
		for _, p := range m.rest {
			if x, y := a.value(p).Key, b.value(p).Key; x != y {
				out.equal = false
				if x != "" && y != "" {
					out.differ = true
				}
			}
		}
	}
	out.apart = out.apart && known > 0
	return out
}

// alike reports whether the two records agree in a whole set of properties.
func alike(a, b *entry) bool {
	for n := range a.rules.same {
		if compareSet(a, b, n).equal {
			return true
		}
	}
	return false
}

// apart reports whether the two records differ in everything that describes them: an identifier that they share is then
// more likely mistyped.
func apart(a, b *entry) bool {
	if len(a.rules.same) == 0 {
		return false
	}
	for n := range a.rules.same {
		if l := compareSet(a, b, n); !l.apart || l.unknown > 0 {
			return false
		}
	}
	return true
}

// strongPair reports whether an identifying value makes the two records one entity.
func strongPair(a, b *entry) bool {
	if !agreed(a, b) {
		return false
	}
	if contradicts(a, b) {
		return alike(a, b)
	}
	return !apart(a, b)
}

// weakPair reports whether a whole set of properties makes the two records one entity, were there no others.
func weakPair(a, b *entry) bool { return alike(a, b) && !contradicts(a, b) }

// evidence about two records of one kind, strongest first.
func evidence(a, b *entry) []Evidence { return link(a, b).Evidence }

// number is the record's in the table that evidence is worked out with.
func (e *entry) number() int {
	if e.row == 0 {
		e.row = e.rules.pairs.Add(e.Record) + 1
	}
	return e.row - 1
}

// told puts the evidence about two records into words.
func told(a, b *entry, x linkage.Evidence) Evidence {
	e := Evidence{Property: x.Property, A: x.A, B: x.B, Bits: x.Bits}
	if x.Property == "" {
		e.Say = capital(x.Say)
		return e
	}
	if v := a.value(x.Property); v.Key != "" && len(a.all[x.Property]) < 2 {
		e.A = a.show(x.Property, v)
	}
	if v := b.value(x.Property); v.Key != "" && len(b.all[x.Property]) < 2 {
		e.B = b.show(x.Property, v)
	}
	switch x.Say {
	case "equal":
		e.Say = x.Label + " equal"
	case "different":
		e.Say = x.Label + " differs"
	default:
		if e.Say = x.Label + ": " + x.Say; x.Equal {
			e.Say = x.Label + " equal"
		}
	}
	return e
}

func (e *entry) show(p pole.Property, v value) string {
	k := string(p) + "\x00" + v.raw.Source
	s, ok := e.shown[k]
	if !ok {
		s = e.rules.dict.Display(p, v.raw)
		if e.shown == nil {
			e.shown = map[string]string{}
		}
		e.shown[k] = s
	}
	return s
}

func shared(a, b []value) (x, y value, ok bool) {
	for _, x := range a {
		for _, y := range b {
			if x.Key == y.Key {
				return x, y, true
			}
		}
	}
	return value{}, value{}, false
}

func link(a, b *entry) Link {
	if b.ref < a.ref {
		a, b = b, a
	}
	x := a.rules.pairs.Explain(a.number(), b.number())
	l := Link{A: a.Ref, B: b.Ref, Prior: x.Prior, Probability: x.Probability}
	for _, one := range x.Evidence {
		l.Evidence = append(l.Evidence, told(a, b, one))
	}
	if x.Total > 0 && !strongPair(a, b) && !weakPair(a, b) {
		if bar := a.rules.pairs.Opinion(a.number(), b.number()).Bar; bar >= linkage.BarTwins { // it is for people to decide
			l.Evidence = append(l.Evidence, Evidence{Say: capital(bars[bar]), Bits: -x.Total})
			l.Probability = 0.5
		}
	}
	return l
}

// maybe is possible, remembered. It does not depend on which of the two comes first.
// It is nil for two that hardly are the same.
func maybe(a, b *entry) *hunch {
	if b.ref < a.ref {
		a, b = b, a
	}
	h, ok := a.maybe[b]
	if !ok {
		if h = possible(a, b); h == nil {
			return nil
		}
		if a.maybe == nil {
			a.maybe = map[*entry]*hunch{}
		}
		a.maybe[b] = h
	}
	return h
}

// leastLikely is from how many bits on another is worth showing: one in twenty. An equal identifier always is.
const leastLikely = -4.25

func hunchOf(say string, x linkage.Opinion) *hunch {
	h := &hunch{say: say, score: x.Bits, bar: x.Bar}
	if x.Bar >= linkage.BarTwins {
		h.score = min(h.score, 0)
	}
	return h
}

// worth is maybe, or else what the model has to say.
func (l *likely) worth(a, b *entry) *hunch {
	if l.hunch == nil {
		if l.hunch = maybe(a, b); l.hunch == nil {
			l.hunch = hunchOf("", l.Opinion)
		}
	}
	return l.hunch
}

// hopeless finds quickly that one of a set certainly differs; names, which cost more, are left to compareSet.
func hopeless(a, b *entry, n int) bool {
	for i, m := range a.rules.same[n] {
		if m.def.Type == pole.TypeName {
			continue
		}
		x, y := a.sets[n][i].Folded, b.sets[n][i].Folded
		if x.Key != y.Key {
			if l, _ := a.rules.dict.CompareFolded(m.def.Name, x, y); l == pole.Different {
				return true
			}
		}
	}
	return false
}

// possible says why two records that are not merged may be of one entity by what the dictionary says; nil if they hardly are.
func possible(a, b *entry) *hunch {
	maybe := func(say string) *hunch {
		if h := hunchOf(say, a.rules.pairs.Opinion(a.number(), b.number())); h.score >= leastLikely {
			return h
		}
		return nil
	}
	if agreed(a, b) {
		for _, id := range a.rules.identifies {
			if _, _, ok := shared(a.all[id.def.Name], b.all[id.def.Name]); ok {
				h := hunchOf(capital(id.def.Label+" equal; "+difference(a, b)), a.rules.pairs.Opinion(a.number(), b.number()))
				h.score += ofIdentifier
				return h
			}
		}
	}
	for n, set := range a.rules.same {
		if hopeless(a, b, n) {
			continue
		}
		l := compareSet(a, b, n)
		if l.differ || l.unknown > 1 || l.unknown == len(set) {
			continue
		}
		if l.equal {
			if contradicts(a, b) {
				return maybe(capital("same " + labels(set) + "; " + difference(a, b)))
			}
			return maybe(capital("same "+labels(set)) + ", but more than one record fits")
		}
		var says []string
		bad := false
		// The more exact the property the earlier it is said: dates before names.
		for i := len(set) - 1; i >= 0; i-- {
			switch l.levels[i] {
			case pole.Unknown:
				bad = bad || set[i].def.Compare != "date" // a place without a number is like every house of the street
				says = append(says, "no "+small(set[i].def.Label)+" to compare")
				for j, other := range l.levels[:len(set)] {
					if j != i && other == pole.Similar {
						bad = true
					}
				}
			case pole.Similar:
				if set[i].def.Compare == "name" {
					says = append(says, "spelling")
				} else {
					says = append(says, l.says[i])
				}
			case pole.Compatible:
				says = append(says, small(set[i].def.Label)+" "+l.says[i])
			}
		}
		if bad || len(says) == 0 {
			if len(says) == 0 && !bad {
				return maybe(capital("same "+labels(set)) + lacking(a, b, set))
			}
			continue
		}
		if contradicts(a, b) {
			continue
		}
		if l.unknown > 0 {
			return maybe(capital("same " + knownLabels(set, l) + "; " + strings.Join(says, "; ")))
		}
		return maybe(capital(strings.Join(says, "; ")))
	}
	return nil
}

// lacking says what keeps two records apart that are the same as far as they say.
func lacking(a, b *entry, set []member) string {
	for _, m := range set {
		if a.value(m.def.Name).meet == "" || b.value(m.def.Name).meet == "" {
			return ", but the " + small(m.def.Label) + " is not complete"
		}
		for _, p := range m.rest {
			if a.value(p).Key != b.value(p).Key {
				def, _ := a.rules.dict.Property(p)
				return ", but one says no " + small(def.Label)
			}
		}
	}
	return ", as far as they say"
}
