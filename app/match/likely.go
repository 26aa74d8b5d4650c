package match

import (
	"cmp"
	"slices"

	"muster/app/match/linkage"
)

// nearKey is one thing that records of a kind have in common which are likely to be one.
type nearKey struct {
	kind *rules
	key  uint64
}

// likely is what the model holds of two records that may be one.
type likely struct {
	linkage.Opinion
	joins bool // it makes the two one, were there no others
	doubt bool // it is a possibility that must be ruled out before either is joined to another
	hunch *hunch
}

func likelyOf(a, b *entry, x linkage.Opinion) *likely {
	l := &likely{Opinion: x}
	if a.rules.event || a.System == b.System || x.Clash() || contradicts(a, b) {
		return l
	}
	l.joins, l.doubt = x.Joins(), true
	return l
}

// meet compares e with those that have something in common with it, and notes in full the blocks that it makes too common.
// What two records are to one another depends on them alone; whether it counts, on how common is what they share: see alive.
func (g *Grouper) meet(e *entry, full map[nearKey]bool) {
	for _, k := range e.rules.pairs.Keys(e.number()) {
		if n := (nearKey{e.rules, k}); !slices.Contains(e.near, n) {
			e.near = append(e.near, n)
		}
	}
	for _, k := range e.near {
		others := g.near[k]
		g.near[k] = append(others, e)
		switch {
		case len(others) == most:
			full[k] = true
		case len(others) < most:
			for _, o := range others {
				e.compare(o)
			}
		}
	}
}

func (e *entry) compare(o *entry) {
	if _, done := e.likely[o]; done {
		return
	}
	a, b := e, o
	if b.ref < a.ref {
		a, b = b, a
	}
	x, ok := a.rules.pairs.Likely(a.number(), b.number())
	if !ok {
		return
	}
	l := likelyOf(a, b, x)
	for _, two := range [][2]*entry{{e, o}, {o, e}} {
		if two[0].likely == nil {
			two[0].likely = map[*entry]*likely{}
		}
		two[0].likely[two[1]] = l
	}
}

// alive reports whether two records share something that is not too common to mean anything.
func (g *Grouper) alive(a, b *entry) bool {
	for _, k := range a.near {
		if len(g.near[k]) <= most && slices.Contains(b.near, k) {
			return true
		}
	}
	return false
}

// part takes an entry out of what meet made. Blocks that are no longer too common count again.
func (g *Grouper) part(old *entry, touched map[*entry]struct{}) {
	for o := range old.likely {
		delete(o.likely, old)
		touched[o] = struct{}{}
	}
	for _, k := range old.near {
		rest := slices.DeleteFunc(g.near[k], func(o *entry) bool { return o == old })
		if g.near[k] = rest; len(rest) == 0 {
			delete(g.near, k)
		}
		if len(rest) != most {
			continue
		}
		for i, o := range rest {
			for _, p := range rest[:i] {
				o.compare(p)
			}
			touched[o] = struct{}{}
		}
	}
}

// tie is two entities that the model makes one, and the pairs of records that do, the surest first.
type tie struct{ joins [][2]int }

// byModel joins the entities of a component that are one by probability, as far as there is no doubt. es are sorted by reference.
func byModel(es []*entry, group forest, alive func(a, b *entry) bool) []tie {
	at := make(map[*entry]int, len(es))
	for i, e := range es {
		at[e] = i
	}
	members := map[int][]int{}
	var roots []int
	number := map[int]int{}
	for i := range es {
		r := group.root(i)
		if members[r] == nil {
			number[r] = len(roots)
			roots = append(roots, r)
		}
		members[r] = append(members[r], i)
	}
	joins := map[[2]int][][2]int{}
	doubts := map[[2]int]bool{}
	for i, e := range es {
		for o, l := range e.likely {
			j, in := at[o]
			if !in || j <= i || !l.doubt || group.root(i) == group.root(j) || !alive(e, o) {
				continue
			}
			a, b := number[group.root(i)], number[group.root(j)]
			k := [2]int{min(a, b), max(a, b)}
			if doubts[k] = true; l.joins {
				joins[k] = append(joins[k], [2]int{i, j})
			}
		}
	}
	known := map[[2]int]standing{}
	stand := func(a, b int) standing {
		k := [2]int{min(a, b), max(a, b)}
		s, ok := known[k]
		if !ok {
			s = between(es, members[roots[k[0]]], members[roots[k[1]]])
			known[k] = s
		}
		return s
	}
	var edges, others [][2]int
	for _, k := range sorted(doubts) {
		switch s := stand(k[0], k[1]); {
		case s == forbidden:
		case s == favoured && joins[k] != nil:
			edges = append(edges, k)
		default:
			others = append(others, k)
		}
	}
	var out []tie
	for _, e := range resolve(len(roots), edges, others, func(a, b int) bool { return stand(a, b) == forbidden }) {
		ps := joins[e]
		slices.SortFunc(ps, func(x, y [2]int) int {
			return cmp.Or(cmp.Compare(es[y[0]].likely[es[y[1]]].Bits, es[x[0]].likely[es[x[1]]].Bits), cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
		})
		out = append(out, tie{ps})
	}
	return out
}

func sorted(of map[[2]int]bool) [][2]int {
	out := make([][2]int, 0, len(of))
	for k := range of {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return out
}

// standing is how two groups of records stand to one another.
type standing uint8

const (
	forbidden standing = iota + 1 // they cannot be one
	open
	favoured // all pairs together speak for one entity
)

// between says how two groups stand: a system keeps two apart, and so do contradictions and what looks like two who belong
// together. Of large groups a part is compared by the model.
func between(es []*entry, a, b []int) standing {
	systems := map[string]bool{}
	for _, i := range a {
		systems[es[i].System] = true
	}
	for _, j := range b {
		if systems[es[j].System] {
			return forbidden
		}
	}
	var whole linkage.Opinion
	step := func(n int) int { return 1 + n/sampled }
	for n, i := range a {
		for m, j := range b {
			x, y := es[i], es[j]
			if contradicts(x, y) {
				return forbidden
			}
			if n%step(len(a)) == 0 && m%step(len(b)) == 0 {
				if y.ref < x.ref {
					x, y = y, x
				}
				whole = whole.Plus(x.rules.pairs.Opinion(x.number(), y.number()))
			}
		}
	}
	switch {
	case whole.Clash():
		return forbidden
	case whole.Favours():
		return favoured
	}
	return open
}

// sampled is how many records of each of two groups are compared at least, where there are so many.
const sampled = 16
