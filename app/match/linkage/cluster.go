package linkage

import (
	"cmp"
	"container/heap"
	"slices"
)

// edge is two records that look alike, and the bits for them being of one entity.
type edge struct {
	i, j uint32
	bits float32
}

// Bounds of one pair's say in a cluster: a single pair, however sure, does not outvote many.
const (
	mostFor     = 12
	mostAgainst = -14
	apartBits   = 8 // what evidence must bring beyond the usual where one system keeps two records apart
	maxMatrix   = 300
	leastInfo   = 2
	mostInfo    = 40
)

// cluster groups n records by average linkage over the edges: two groups become one while the mean of the bits between
// their records says that they are of one entity. look gives the bits of pairs that are not among the edges.
func cluster(n int, edges []edge, threshold float32, look *looker) []int32 {
	group := make([]int32, n)
	parent := make([]int32, n)
	for i := range parent {
		parent[i] = int32(i)
	}
	root := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, e := range edges {
		if e.bits >= threshold {
			a, b := root(int32(e.i)), root(int32(e.j))
			if a != b {
				parent[max(a, b)] = min(a, b)
			}
		}
	}
	for i := range group {
		group[i] = root(int32(i))
	}
	// Members and edges of each component.
	members := map[int32][]uint32{}
	for i := range n {
		if r := group[i]; int(r) != i {
			if members[r] == nil {
				members[r] = []uint32{uint32(r)}
			}
			members[r] = append(members[r], uint32(i))
		}
	}
	inside := map[int32][]edge{}
	for _, e := range edges {
		if r := group[e.i]; r == group[e.j] {
			inside[r] = append(inside[r], e)
		}
	}
	for r, ms := range members {
		for k, g := range average(ms, inside[r], threshold, look) {
			group[ms[k]] = int32(ms[g])
		}
	}
	return group
}

func clip(b float32) float32 { return min(max(b, mostAgainst), mostFor) }

// average is average linkage within one component. Each pair counts as much as there was to compare: two records that
// have nothing in common to be compared by say nothing against a join that others speak for. It gives for each member the
// number of the first member of its group.
func average(ms []uint32, edges []edge, threshold float32, l *looker) []int {
	n := len(ms)
	if n > maxMatrix {
		return sparse(ms, edges, threshold, l)
	}
	all, w := make([]between, n*n), make([]float32, n*n)
	for a := range n {
		for b := range a {
			x := l.look(ms[a], ms[b])
			all[a*n+b], all[b*n+a] = x, x
			w[a*n+b], w[b*n+a] = x.mean(), x.mean()
		}
	}
	first := make([]int, n)
	alive := make([]bool, n)
	for i := range n {
		first[i], alive[i] = i, true
	}
	// best partner of each, kept up to date
	best := make([]int, n)
	find := func(i int) {
		best[i] = -1
		for j := range n {
			if j != i && alive[j] && (best[i] < 0 || w[i*n+j] > w[i*n+best[i]]) {
				best[i] = j
			}
		}
	}
	for i := range n {
		find(i)
	}
	for {
		a := -1
		for i := range n {
			if alive[i] && best[i] >= 0 && (a < 0 || w[i*n+best[i]] > w[a*n+best[a]]) {
				a = i
			}
		}
		if a < 0 || w[a*n+best[a]] < threshold {
			break
		}
		b := best[a]
		if b < a {
			a, b = b, a
		}
		for k := range n {
			if alive[k] && k != a && k != b {
				x := all[a*n+k].plus(all[b*n+k])
				all[a*n+k], all[k*n+a] = x, x
				w[a*n+k], w[k*n+a] = x.mean(), x.mean()
			}
		}
		alive[b] = false
		for k := range n {
			if first[k] == b {
				first[k] = a
			}
		}
		for k := range n {
			if alive[k] && (k == a || best[k] == a || best[k] == b) {
				find(k)
			} else if alive[k] && w[k*n+a] > w[k*n+best[k]] {
				best[k] = a
			}
		}
	}
	return first
}

// looker compares pairs that are not among the edges.
type looker struct {
	t        *Table
	s        *scorer
	m        *memo
	families bool // twins, and fathers and sons of one name, are to be expected: they are never joined by themselves
}

func (l *looker) look(i, j uint32) between {
	var ls levels
	return l.weigh(i, j, l.s.score(int(i), int(j), l.m, &ls), &ls)
}

// weigh says what a pair counts of which score, and levels, are known.
func (l *looker) weigh(i, j uint32, score float32, ls *levels) between {
	bits := clip(l.t.held(i, j, score))
	info := min(max(l.s.info(i, j, ls), leastInfo), mostInfo)
	x := between{sum: bits * info, by: info}
	if l.families {
		x.compared, x.clash, x.sure = l.t.clash(i, j, ls)
		if !x.sure && x.sum > thinBits*info && l.s.thin(i, j, ls) {
			x.sum = thinBits * info
		}
	}
	return x
}

// between is what the pairs of two groups say.
type between struct {
	sum, by         float32
	compared, clash uint32 // pairs that could be told to be two people, and those that are
	sure            bool   // an identifier is the same
}

func (x between) plus(y between) between {
	return between{x.sum + y.sum, x.by + y.by, x.compared + y.compared, x.clash + y.clash, x.sure || y.sure}
}

// mean is the evidence for the two groups being one. Where most pairs that can be told apart are two, as twins are, or
// father and son, or a plate and its clone, it is for people to decide, whatever else they have in common.
func (x between) mean() float32 {
	if x.clash > 0 && 2*x.clash >= x.compared && !x.sure {
		return mostAgainst
	}
	return x.sum / x.by
}

// joint is a possible join of two groups in the sparse case.
type joint struct {
	bits   float32
	a, b   int
	va, vb int // versions of the groups when it was written
}

type joints []joint

func (j joints) Len() int           { return len(j) }
func (j joints) Less(a, b int) bool { return j[a].bits > j[b].bits }
func (j joints) Swap(a, b int)      { j[a], j[b] = j[b], j[a] }
func (j *joints) Push(x any)        { *j = append(*j, x.(joint)) }
func (j *joints) Pop() any {
	x := (*j)[len(*j)-1]
	*j = (*j)[:len(*j)-1]
	return x
}

// sparse is average linkage of a large component: only groups that some edge connects are looked at, but then all pairs
// between them count.
func sparse(ms []uint32, edges []edge, threshold float32, l *looker) []int {
	n := len(ms)
	at := make(map[uint32]int, n)
	for k, m := range ms {
		at[m] = k
	}
	near := make([]map[int]between, n)
	version, first := make([]int, n), make([]int, n)
	group := make([][]int32, n)
	for i := range n {
		near[i], group[i] = map[int]between{}, []int32{int32(i)}
	}
	whole := func(a, b int) (x between) {
		// Of very large groups a part is enough to tell.
		for i := 0; i < len(group[a]); i += 1 + len(group[a])/64 {
			for j := 0; j < len(group[b]); j += 1 + len(group[b])/64 {
				x = x.plus(l.look(ms[group[a][i]], ms[group[b][j]]))
			}
		}
		return x
	}
	var h joints
	for _, e := range edges {
		a, b := at[e.i], at[e.j]
		x := l.look(e.i, e.j)
		near[a][b], near[b][a] = x, x
		if w := x.mean(); w >= threshold {
			h = append(h, joint{w, min(a, b), max(a, b), 0, 0})
		}
	}
	slices.SortFunc(h, func(x, y joint) int {
		return cmp.Or(cmp.Compare(y.bits, x.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	heap.Init(&h)
	for h.Len() > 0 {
		j := heap.Pop(&h).(joint)
		if version[j.a] != j.va || version[j.b] != j.vb {
			continue
		}
		a, b := j.a, j.b
		delete(near[a], b)
		delete(near[b], a)
		around := map[int]bool{}
		for k := range near[a] {
			around[k] = true
		}
		for k := range near[b] {
			around[k] = true
		}
		old := slices.Clone(group[a])
		for _, k := range slices.Sorted(keysOf(around)) {
			x, ok := near[a][k]
			if !ok {
				group[a] = old
				x = whole(a, k)
			}
			y, ok := near[b][k]
			if !ok {
				y = whole(b, k)
			}
			z := x.plus(y)
			near[a][k], near[k][a] = z, z
			delete(near[k], b)
		}
		near[b] = nil
		group[a] = append(old, group[b]...)
		group[b] = nil
		version[a]++
		version[b] = -1
		for _, k := range slices.Sorted(keysOf(near[a])) {
			if w := near[a][k].mean(); w >= threshold {
				heap.Push(&h, joint{w, min(a, k), max(a, k), version[min(a, k)], version[max(a, k)]})
			}
		}
	}
	for a, g := range group {
		for _, k := range g {
			first[k] = a
		}
	}
	return first
}

func keysOf[V any](m map[int]V) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
