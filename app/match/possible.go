package match

import (
	"cmp"
	"maps"
	"slices"
)

// possible lists the entities that may be the same as ent: first what people were not sure about, then what would be joined if
// a judgement let it, then what an identifier names that is not enough, then the likeliest. What is judged not to be the same
// is not named otherwise.
func (g *Grouper) possible(ent *Entity) []Possible {
	type found struct {
		*hunch
		a, b        *entry
		unsure      *Judgement
		contradicts []Judgement
	}
	best := map[string]found{}
	apart := map[string]bool{}
	for i := range ent.Judged {
		s := &ent.Judged[i]
		if s.Entity == "" || s.SetAside != 0 && s.Verdict != Same {
			continue
		}
		a, b := g.entries[s.A], g.entries[s.B]
		if a.entity != ent {
			a, b = b, a
		}
		switch {
		case s.Verdict == NotSame:
			apart[s.Entity] = true
		case s.Verdict == Unsure:
			if _, ok := best[s.Entity]; !ok {
				j := s.Judgement
				best[s.Entity] = found{hunch: &hunch{say: sayUnsure(j), score: ofUnsure}, a: a, b: b, unsure: &j}
			}
		}
	}
	for _, r := range ent.Records {
		e := g.entries[r.Ref]
		for _, x := range g.broken[e] {
			o := x.with
			was, ok := best[o.entity.ID]
			if o.entity == ent || ok && was.unsure != nil {
				continue
			}
			h := &hunch{say: sayBarred(x.by), score: ofBarred + g.link(e, o).Bits()}
			if !ok || h.score > was.score || h.score == was.score && (e.ref < was.a.ref || e == was.a && o.ref < was.b.ref) {
				best[o.entity.ID] = found{hunch: h, a: e, b: o, contradicts: x.by}
			}
		}
	}
	take := func(e, o *entry, h *hunch) {
		was, ok := best[o.entity.ID]
		if !ok || h.score > was.score || h.score == was.score && (e.ref < was.a.ref || e == was.a && o.ref < was.b.ref) {
			best[o.entity.ID] = found{hunch: h, a: e, b: o}
		}
	}
	for _, r := range ent.Records {
		e := g.entries[r.Ref]
		look := func(blocks map[string]map[*entry]struct{}, keys []string) {
			for _, k := range keys {
				if len(blocks[k]) > most {
					continue
				}
				for o := range blocks[k] {
					if o.entity == e.entity || o.entity == nil || apart[o.entity.ID] {
						continue
					}
					if h := maybe(e, o); h != nil {
						take(e, o, h)
					}
				}
			}
		}
		look(g.blocks, e.strong)
		look(g.blocks, e.weak)
		look(g.hints, e.hint)
		for o, x := range e.likely {
			if o.entity != e.entity && o.entity != nil && !apart[o.entity.ID] && !x.Apart && g.alive(e, o) {
				take(e, o, x.worth(e, o))
			}
		}
	}
	ids := slices.SortedFunc(maps.Keys(best), func(x, y string) int {
		if c := cmp.Compare(best[y].score, best[x].score); c != 0 {
			return c
		}
		return cmp.Compare(x, y)
	})
	var out []Possible
	for _, id := range ids[:min(len(ids), suggestions)] {
		f := best[id]
		l := g.link(f.a, f.b)
		if f.say == "" {
			f.say = sayLikely(l, f.bar)
		}
		out = append(out, Possible{Entity: id, Say: f.say, A: f.a.Ref, B: f.b.Ref, Prior: l.Prior, Probability: l.Probability,
			Evidence: l.seenFrom(f.a.Ref), Unsure: f.unsure, Contradicts: f.contradicts})
	}
	return out
}

func samePossible(a, b []Possible) bool {
	return slices.EqualFunc(a, b, func(x, y Possible) bool {
		return x.Entity == y.Entity && x.Say == y.Say && x.A == y.A && x.B == y.B && x.Probability == y.Probability && slices.Equal(x.Evidence, y.Evidence) &&
			sameJudgement(x.Unsure, y.Unsure) && sameJudgements(x.Contradicts, y.Contradicts)
	})
}
