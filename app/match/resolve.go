package match

import (
	"slices"
	"strconv"

	"muster/plugins/pole"
)

// most is the largest number of distinct parties that one decision is made about. An identifier or a name that more
// share identifies nobody: a placeholder, or a list of strangers with one name. Only tests change it.
var most = 64

// forest is a set of disjoint groups of the numbers below its length.
type forest []int

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = i
	}
	return f
}

func (f forest) root(i int) int {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f forest) join(a, b int) bool {
	a, b = f.root(a), f.root(b)
	if a == b {
		return false
	}
	f[max(a, b)] = min(a, b)
	return true
}

// resolve groups n parties along the edges that leave no doubt. An edge is in doubt when one of its ends could as well be
// joined to a third party that cannot be the same as its other end: then neither is joined, because nobody can say which.
// Should a chain of edges without doubt still bring together two parties that cannot be the same, all its edges are in
// doubt. others are pairs that are not joined themselves, and yet a possibility. The result does not depend on any order.
func resolve(n int, edges, others [][2]int, conflict func(a, b int) bool) (kept [][2]int) {
	near := make([][]int, n)
	for _, e := range slices.Concat(edges, others) {
		near[e[0]] = append(near[e[0]], e[1])
		near[e[1]] = append(near[e[1]], e[0])
	}
	known := map[[2]int]bool{}
	clash := func(a, b int) bool {
		k := [2]int{min(a, b), max(a, b)}
		v, ok := known[k]
		if !ok {
			v = conflict(a, b)
			known[k] = v
		}
		return v
	}
	doubt := func(x, y int) bool {
		return slices.ContainsFunc(near[x], func(z int) bool { return z != y && clash(z, y) }) ||
			slices.ContainsFunc(near[y], func(z int) bool { return z != x && clash(z, x) })
	}
	f := newForest(n)
	var sure [][2]int
	for _, e := range edges {
		if !clash(e[0], e[1]) && !doubt(e[0], e[1]) {
			sure = append(sure, e)
			f.join(e[0], e[1])
		}
	}
	groups := map[int][]int{}
	for i := range n {
		if len(near[i]) > 0 {
			groups[f.root(i)] = append(groups[f.root(i)], i)
		}
	}
	bad := map[int]bool{}
	for root, g := range groups {
		for i := range g {
			for j := range i {
				if clash(g[i], g[j]) {
					bad[root] = true
				}
			}
		}
	}
	for _, e := range sure {
		if !bad[f.root(e[0])] {
			kept = append(kept, e)
		}
	}
	return kept
}

// component decides about records that keys connect, sorted by reference. It gives for each record the number of its
// entity, the pairs that hold entities together, and in joins every pair that speaks for one, those in held and the rest.
func component(es []*entry, alive func(a, b *entry) bool) (group forest, held, joins [][2]int) {
	n := len(es)
	group = newForest(n)
	// Records that agree in everything that decides, and share an identifier, are one party from the start.
	first := map[string]int{}
	var parties []int
	doubtful := contested(es)
	for i, e := range es {
		if len(e.strong) > 0 && !doubtful.all(e) {
			if j, ok := first[e.profile]; ok {
				group.join(j, i)
				held = append(held, [2]int{j, i})
				joins = append(joins, [2]int{j, i})
				continue
			}
			first[e.profile] = i
		}
		parties = append(parties, i)
	}
	// By identifiers.
	strong := pairs(parties, func(i int) []string { return es[i].strong }, func(i, j int) bool {
		return strongPair(es[i], es[j]) && doubtful.lets(es[i], es[j])
	})
	number := map[int]int{}
	for k, i := range parties {
		number[i] = k
	}
	inParties := func(es [][2]int) [][2]int {
		out := make([][2]int, len(es))
		for k, e := range es {
			out[k] = [2]int{number[e[0]], number[e[1]]}
		}
		return out
	}
	for _, e := range resolve(len(parties), inParties(strong), nil, func(a, b int) bool {
		x, y := es[parties[a]], es[parties[b]]
		return contradicts(x, y) && !strongPair(x, y)
	}) {
		a, b := parties[e[0]], parties[e[1]]
		joins = append(joins, [2]int{a, b})
		if group.join(a, b) {
			held = append(held, [2]int{a, b})
		}
	}
	// By whole sets of properties, between the entities so far.
	members := map[int][]int{}
	for i := range es {
		members[group.root(i)] = append(members[group.root(i)], i)
	}
	var roots []int
	for i := range es {
		if group.root(i) == i {
			roots = append(roots, i)
		}
	}
	var distinct []int
	told := map[string]bool{}
	for i, e := range es {
		if k := strconv.Itoa(group.root(i)) + e.profile; !told[k] {
			told[k] = true
			distinct = append(distinct, i)
		}
	}
	weak := pairs(distinct, func(i int) []string { return es[i].weak }, func(i, j int) bool {
		return group.root(i) != group.root(j) && weakPair(es[i], es[j])
	})
	number = map[int]int{}
	for k, r := range roots {
		number[r] = k
	}
	var edges [][2]int
	best := map[[2]int][][2]int{}
	for _, e := range weak {
		a, b := number[group.root(e[0])], number[group.root(e[1])]
		k := [2]int{min(a, b), max(a, b)}
		if best[k] == nil {
			edges = append(edges, k)
		}
		best[k] = append(best[k], e)
	}
	for _, e := range resolve(len(roots), edges, nil, func(a, b int) bool {
		return rivals(es, members[roots[a]], members[roots[b]])
	}) {
		joins = append(joins, best[e]...)
		if group.join(roots[e[0]], roots[e[1]]) {
			held = append(held, best[e][0])
		}
	}
	// By probability, between the entities so far.
	for _, e := range byModel(es, group, alive) {
		joins = append(joins, e.joins...)
		if group.join(e.joins[0][0], e.joins[0][1]) {
			held = append(held, e.joins[0])
		}
	}
	return group, held, joins
}

// keys are identifying values that are seen on what cannot be one: a plate on two makes. They make nothing one by themselves.
type keys map[string]bool

func contested(es []*entry) keys {
	out := keys{}
	by := map[string][]*entry{}
	seen := map[string]bool{}
	for _, e := range es {
		if len(e.strong) > 0 && !seen[e.profile] {
			seen[e.profile] = true
			for _, k := range e.strong {
				by[k] = append(by[k], e)
			}
		}
	}
	for k, of := range by {
		if len(of) > most {
			continue
		}
		for i, a := range of {
			out[k] = out[k] || slices.ContainsFunc(of[:i], func(b *entry) bool { return contradicts(a, b) && !strongPair(a, b) })
		}
		if !out[k] {
			delete(out, k)
		}
	}
	return out
}

// all reports whether a record has no other identifier than such, and nothing that tells whose it is.
func (c keys) all(e *entry) bool {
	return len(c) > 0 && !slices.ContainsFunc(e.strong, func(k string) bool { return !c[k] }) && bare(e)
}

// lets reports whether two records share another identifier, or both say what tells whose the shared one is.
func (c keys) lets(a, b *entry) bool {
	return len(c) == 0 || slices.ContainsFunc(a.strong, func(k string) bool { return !c[k] && slices.Contains(b.strong, k) }) ||
		!bare(a) && !bare(b) || alike(a, b)
}

// bare reports whether a record says nothing that could contradict another.
func bare(e *entry) bool {
	return !slices.ContainsFunc(e.rules.contradict, func(p pole.PropertyDef) bool { return len(e.all[p.Name]) > 0 })
}

// pairs lists the pairs that share a key and satisfy ok, each once. Where more than most share a key it gives none.
func pairs(of []int, keys func(int) []string, ok func(i, j int) bool) [][2]int {
	blocks := map[string][]int{}
	var order []string
	for _, i := range of {
		for _, k := range keys(i) {
			if blocks[k] == nil {
				order = append(order, k)
			}
			blocks[k] = append(blocks[k], i)
		}
	}
	seen := map[[2]int]bool{}
	var out [][2]int
	for _, k := range order {
		b := blocks[k]
		if len(b) > most {
			continue
		}
		for x := range b {
			for y := range x {
				p := [2]int{b[y], b[x]}
				if !seen[p] {
					seen[p] = true
					if ok(p[0], p[1]) {
						out = append(out, p)
					}
				}
			}
		}
	}
	return out
}

// rivals reports whether two groups of records, which no identifier joins, cannot be one entity: they contradict each
// other, a system keeps records of them apart, or what describes them differs throughout.
func rivals(es []*entry, a, b []int) bool {
	alikeOnce, differ := false, false
	for _, i := range a {
		for _, j := range b {
			x, y := es[i], es[j]
			if x.System == y.System && x.Ref != y.Ref {
				return true
			}
			if contradicts(x, y) {
				return true
			}
			switch {
			case alike(x, y):
				alikeOnce = true
			default:
				for n := range x.rules.same {
					if compareSet(x, y, n).differ {
						differ = true
					}
				}
			}
		}
	}
	return differ && !alikeOnce
}
