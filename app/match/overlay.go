package match

import (
	"cmp"
	"math"
	"slices"

	"muster/plugins/pole"
)

// placed is a judgement about two of the records of a component, by their numbers.
type placed struct {
	Judgement
	a, b     int
	setAside uint64
}

// broken is a join that the rules would make and judgements do not let happen.
type broken struct {
	a, b int
	by   []Judgement
}

// ruling is what judgements make of the records of one component.
type ruling struct {
	group       forest
	held        [][2]int
	by          map[[2]int]Judgement // of held: where a person joined the two
	broken      []broken
	contradicts []placed // 'not the same' that a later 'same' overrode
}

// overlay lays judgements, the latest first, over what the rules made of es: group, and joins, every pair that speaks for it.
//
// What people decided comes first, and of what they decided the later: an earlier judgement that cannot hold beside later
// ones is set aside. Then the rules' joins are made again, the strongest first, but none that would bring together two
// records that are judged not to be the same or not surely the same: so the weakest join gives way. Of joins that are
// equally strong, where nobody can say which, neither is made. The result depends on no order but that of the judgements.
func overlay(es []*entry, group forest, joins [][2]int, js []placed, bits func(a, b *entry) float64) ruling {
	out := ruling{group: newForest(len(es)), by: map[[2]int]Judgement{}}
	apart := out.people(es, js)
	clash := func(a, b int) bool {
		return len(out.between(apart, a, b)) > 0
	}
	levels := map[float64][][2]int{}
	for _, e := range joins {
		// One bit is twice as likely: what is nearer is equally strong.
		w := math.Round(bits(es[e[0]], es[e[1]]))
		levels[w] = append(levels[w], e)
	}
	order := make([]float64, 0, len(levels))
	for w := range levels {
		order = append(order, w)
	}
	slices.SortFunc(order, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, w := range order {
		number := map[int]int{}
		var roots []int
		of := func(i int) int {
			r := out.group.root(i)
			n, ok := number[r]
			if !ok {
				n = len(roots)
				number[r] = n
				roots = append(roots, r)
			}
			return n
		}
		best := map[[2]int][2]int{}
		var edges [][2]int
		for _, e := range levels[w] {
			a, b := of(e[0]), of(e[1])
			k := [2]int{min(a, b), max(a, b)}
			if _, ok := best[k]; !ok && a != b {
				best[k] = e
				edges = append(edges, k)
			}
		}
		for _, e := range resolve(len(roots), edges, nil, func(a, b int) bool { return clash(roots[a], roots[b]) }) {
			if out.group.join(roots[e[0]], roots[e[1]]) {
				out.held = append(out.held, best[e])
			}
		}
	}
	for _, e := range joins {
		if out.group.root(e[0]) == out.group.root(e[1]) {
			continue
		}
		by := out.between(apart, e[0], e[1])
		if len(by) == 0 { // it fits two that are to stay apart, as well the one as the other
			for _, p := range apart {
				if group.root(p.a) == group.root(e[0]) && group.root(p.b) == group.root(e[0]) {
					by = append(by, p.Judgement)
				}
			}
		}
		out.broken = append(out.broken, broken{e[0], e[1], by})
	}
	return out
}

// people makes what people decided, and returns what keeps records apart.
func (r *ruling) people(es []*entry, js []placed) (apart []placed) {
	latest := map[[2]int]*placed{}
	for i := range js {
		j := &js[i]
		k := [2]int{min(j.a, j.b), max(j.a, j.b)}
		if l := latest[k]; l != nil && l.setAside == 0 {
			j.setAside = l.ID
			if j.Verdict == NotSame && l.Verdict == Same {
				r.contradicts = append(r.contradicts, *j)
			}
			continue
		}
		latest[k] = j
		if j.Verdict == Same {
			if by := r.between(apart, j.a, j.b); len(by) > 0 {
				j.setAside = by[0].ID
			} else if r.group.join(j.a, j.b) {
				r.held = append(r.held, k)
				r.by[k] = j.Judgement
			}
			continue
		}
		if r.group.root(j.a) != r.group.root(j.b) {
			apart = append(apart, *j)
			continue
		}
		j.setAside = r.chain(j.a)
		if j.Verdict == NotSame {
			r.contradicts = append(r.contradicts, *j)
		}
	}
	return apart
}

// chain is the earliest of the judgements that hold the group of i together: the one that closed it.
func (r *ruling) chain(i int) (id uint64) {
	for k, j := range r.by {
		if r.group.root(k[0]) == r.group.root(i) && (id == 0 || j.ID < id) {
			id = j.ID
		}
	}
	return id
}

// between lists what keeps the groups of a and b apart, the latest first.
func (r *ruling) between(apart []placed, a, b int) (out []Judgement) {
	a, b = r.group.root(a), r.group.root(b)
	for _, p := range apart {
		x, y := r.group.root(p.a), r.group.root(p.b)
		if x == a && y == b || x == b && y == a {
			out = append(out, p.Judgement)
		}
	}
	return out
}

// binding reports whether judgements change anything in what the rules made.
func binding(group forest, js []placed) bool {
	return slices.ContainsFunc(js, func(j placed) bool { return j.Verdict == Same || group.root(j.a) == group.root(j.b) })
}

// place finds the judgements about pairs of es, the latest first.
func (g *Grouper) place(es []*entry) []placed {
	if len(g.about) == 0 {
		return nil
	}
	at := map[pole.Ref]int{}
	for i, e := range es {
		at[e.Ref] = i
	}
	var out []placed
	for i, e := range es {
		for _, id := range g.about[e.Ref] {
			j := g.judged[id]
			if j.A != e.Ref {
				continue
			}
			if k, ok := at[j.B]; ok && es[k].Kind == e.Kind {
				out = append(out, placed{Judgement: j, a: i, b: k})
			}
		}
	}
	slices.SortFunc(out, func(a, b placed) int { return later(a.Judgement, b.Judgement) })
	return out
}

// Judge takes judgements in, in any order, before or after the records that they are about, and returns what they change as
// Add does. One that is in already changes nothing.
func (g *Grouper) Judge(js ...Judgement) (changed []Entity, gone []string) {
	touched := map[*entry]struct{}{}
	touch := func(j Judgement) {
		a, b := g.entries[j.A], g.entries[j.B]
		if a != nil && b != nil && a.Kind == b.Kind {
			touched[a], touched[b] = struct{}{}, struct{}{}
		}
	}
	for _, j := range js {
		if j.Undoes != 0 {
			if g.undone[j.Undoes] {
				continue
			}
			g.undone[j.Undoes] = true
			if was, ok := g.judged[j.Undoes]; ok {
				for _, r := range []pole.Ref{was.A, was.B} {
					g.about[r] = slices.DeleteFunc(g.about[r], func(id uint64) bool { return id == was.ID })
					if len(g.about[r]) == 0 {
						delete(g.about, r)
					}
				}
				touch(was)
			}
			continue
		}
		if _, known := g.judged[j.ID]; known || j.A == j.B {
			continue
		}
		g.judged[j.ID] = j
		if g.undone[j.ID] {
			continue
		}
		g.about[j.A], g.about[j.B] = append(g.about[j.A], j.ID), append(g.about[j.B], j.ID)
		touch(j)
	}
	if len(touched) == 0 {
		return nil, nil
	}
	return g.settle(touched, nil, map[string]bool{})
}

// judgedWith calls f with every entry that a judgement in force names beside e.
func (g *Grouper) judgedWith(e *entry, f func(*entry)) {
	for _, id := range g.about[e.Ref] {
		j := g.judged[id]
		other := j.A
		if other == e.Ref {
			other = j.B
		}
		if o := g.entries[other]; o != nil && o.Kind == e.Kind {
			f(o)
		}
	}
}

// standings are the judgements as they stand, by the entities that they concern.
func (g *Grouper) standings(es []*entry, js []placed) map[*Entity][]Standing {
	out := map[*Entity][]Standing{}
	for _, j := range js {
		a, b := es[j.a], es[j.b]
		s := Standing{Judgement: j.Judgement, SetAside: j.setAside,
			Changes: slices.Concat(changes(g.dict, j.Judgement, j.SaidA, a.Record), changes(g.dict, j.Judgement, j.SaidB, b.Record))}
		if a.entity == b.entity {
			out[a.entity] = append(out[a.entity], s)
			continue
		}
		s.Entity = b.entity.ID
		out[a.entity] = append(out[a.entity], s)
		s.Entity = a.entity.ID
		out[b.entity] = append(out[b.entity], s)
	}
	return out
}

func sameStandings(a, b []Standing) bool {
	return slices.EqualFunc(a, b, func(x, y Standing) bool {
		return x.ID == y.ID && x.Entity == y.Entity && x.SetAside == y.SetAside && slices.Equal(x.Changes, y.Changes)
	})
}

func sameJudgement(a, b *Judgement) bool {
	return a == nil && b == nil || a != nil && b != nil && a.ID == b.ID
}

func sameJudgements(a, b []Judgement) bool {
	return slices.EqualFunc(a, b, func(x, y Judgement) bool { return x.ID == y.ID })
}
