package chart

import (
	"cmp"
	"math"
	"slices"
)

// Box is the rectangle that a node takes, its words included, around its middle, in chart units (those of 96 to an inch).
type Box struct {
	X, Y  float64 // of the middle
	W, H  float64
	Fixed bool // it has its place already and keeps it
	Root  bool // the case is about it: it comes to the middle
	Order int  // of two that are else alike, the lower comes first
}

// Clear is the room that stays free around every box.
const Clear = 14.0

const (
	stretch = 2.0  // charts are wider than high, and so are boxes
	reach   = 46.0 // from the edge of one box to that of the next, before they are pushed apart
)

func (b *Box) overlaps(o *Box, room float64) bool {
	return math.Abs(b.X-o.X) < (b.W+o.W)/2+room-1e-6 && math.Abs(b.Y-o.Y) < (b.H+o.H)/2+room-1e-6
}

// Layout gives every box a place so that no two are nearer than Clear, linked ones stand together, and the same graph always looks
// the same. Fixed boxes are not moved (and may then stand however they stood to each other). Links are pairs of indices.
//
// The middles come from stress majorisation over the numbers of steps between nodes; boxes that overlap are pushed apart along the
// shorter way, links that run behind a stranger's box push it aside; what still overlaps takes the nearest free place, so that the
// promise holds whatever the graph. Parts that hang together are laid out alone and packed.
func Layout(boxes []Box, links [][2]int) {
	near := make([][]int, len(boxes))
	for _, l := range links {
		if l[0] != l[1] {
			near[l[0]] = append(near[l[0]], l[1])
			near[l[1]] = append(near[l[1]], l[0])
		}
	}
	for i := range near {
		slices.SortFunc(near[i], func(a, b int) int { return cmp.Or(cmp.Compare(boxes[a].Order, boxes[b].Order), cmp.Compare(a, b)) })
		near[i] = slices.Compact(near[i])
	}
	anyFixed := false
	for _, b := range boxes {
		anyFixed = anyFixed || b.Fixed
	}
	var parts [][]int
	for _, part := range components(boxes, near) {
		arrange(boxes, near, part)
		parts = append(parts, part)
	}
	pack(boxes, parts, anyFixed)
	settle(boxes, near)
}

// components lists the parts that hang together, the one of the root first, then the larger.
func components(boxes []Box, near [][]int) [][]int {
	seen := make([]bool, len(boxes))
	var out [][]int
	order := indices(len(boxes))
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(boxes[a].Order, boxes[b].Order), cmp.Compare(a, b)) })
	for _, i := range order {
		if seen[i] {
			continue
		}
		part := []int{i}
		seen[i] = true
		for k := 0; k < len(part); k++ {
			for _, j := range near[part[k]] {
				if !seen[j] {
					seen[j] = true
					part = append(part, j)
				}
			}
		}
		out = append(out, part)
	}
	rooted := func(p []int) int {
		for _, i := range p {
			if boxes[i].Root {
				return 0
			}
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b []int) int { return cmp.Or(rooted(a)-rooted(b), len(b)-len(a)) })
	return out
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// arrange places one part. Where some of it has its place, the rest is placed around that.
func arrange(boxes []Box, near [][]int, part []int) {
	root, fixed := part[0], 0
	for _, i := range part {
		if boxes[i].Fixed {
			fixed++
		}
		a, b := &boxes[i], &boxes[root]
		if a.Root != b.Root {
			if a.Root {
				root = i
			}
		} else if len(near[i]) > len(near[root]) {
			root = i
		}
	}
	if fixed == len(part) {
		return
	}
	if fixed == 0 {
		radial(boxes, near, part, root)
	} else {
		sprout(boxes, near, part)
	}
	if len(part) > 2 {
		stress(boxes, near, part)
	}
	separate(boxes, near, part)
}

// radial starts a part as rings around its root, each branch in a sector as wide as it has leaves.
func radial(boxes []Box, near [][]int, part []int, root int) {
	kids := map[int][]int{}
	depth := map[int]int{root: 0}
	queue := []int{root}
	for k := 0; k < len(queue); k++ {
		i := queue[k]
		for _, j := range near[i] {
			if _, ok := depth[j]; !ok {
				depth[j] = depth[i] + 1
				kids[i] = append(kids[i], j)
				queue = append(queue, j)
			}
		}
	}
	leaves := make(map[int]float64, len(part))
	for k := len(queue) - 1; k >= 0; k-- {
		i := queue[k]
		for _, j := range kids[i] {
			leaves[i] += leaves[j]
		}
		leaves[i] = max(leaves[i], 1)
	}
	step := reach + 90
	var place func(i int, from, width float64)
	place = func(i int, from, width float64) {
		a, r := from+width/2, float64(depth[i])*step
		boxes[i].X, boxes[i].Y = r*math.Cos(a), r*math.Sin(a)
		for _, j := range kids[i] {
			w := width * leaves[j] / leaves[i]
			place(j, from, w)
			from += w
		}
	}
	place(root, -math.Pi*0.75, 2*math.Pi)
	for _, i := range part {
		boxes[i].X *= stretch
	}
}

// sprout starts new boxes beyond the placed ones that they are linked to, away from the middle of what stands there.
func sprout(boxes []Box, near [][]int, part []int) {
	var mx, my, n float64
	done := map[int]bool{}
	var queue []int
	for _, i := range part {
		if boxes[i].Fixed {
			mx, my, n = mx+boxes[i].X, my+boxes[i].Y, n+1
			done[i] = true
			queue = append(queue, i)
		}
	}
	mx, my = mx/n, my/n
	for k := 0; k < len(queue); k++ {
		i := queue[k]
		var fresh []int
		for _, j := range near[i] {
			if !done[j] {
				done[j] = true
				fresh = append(fresh, j)
				queue = append(queue, j)
			}
		}
		a := math.Atan2((boxes[i].Y-my)*stretch, boxes[i].X-mx)
		spread := min(2*math.Pi, 0.5*float64(len(fresh)))
		for k, j := range fresh {
			b := a + spread*((float64(k)+0.5)/float64(len(fresh))-0.5)
			boxes[j].X = boxes[i].X + (reach+130)*stretch*math.Cos(b)
			boxes[j].Y = boxes[i].Y + (reach+130)*math.Sin(b)
		}
	}
}

// stress moves the boxes of a part so that their distances come near what their steps apart ask for.
func stress(boxes []Box, near [][]int, part []int) {
	n := len(part)
	at := make(map[int]int, n)
	for k, i := range part {
		at[i] = k
	}
	air := 34 * max(0, 1-float64(n)/80) // a small chart has room for the words of its links
	length := func(a, b int) float64 {
		// A hub needs room for its many, and wide boxes for their words; two that share all their neighbours may stand near.
		crowd := math.Sqrt(float64(max(len(near[a]), len(near[b])))) - 1
		size := (boxes[a].W/stretch + boxes[b].W/stretch + boxes[a].H + boxes[b].H) / 4
		return reach + air + size + 20*crowd
	}
	dist := make([][]float64, n)
	for k := range part {
		dist[k] = steps(near, part, at, k, length)
	}
	xs, ys := make([]float64, n), make([]float64, n)
	for k, i := range part {
		xs[k], ys[k] = boxes[i].X/stretch, boxes[i].Y
	}
	rounds := 60
	if n > 300 {
		rounds = max(8, 60*300*300/(n*n))
	}
	for range rounds {
		moved := 0.0
		for k, i := range part {
			if boxes[i].Fixed {
				continue
			}
			var sx, sy, sw float64
			row, x, y := dist[k], xs[k], ys[k]
			for o := range n {
				if o == k {
					continue
				}
				d := row[o]
				w := 1 / (d * d)
				dx, dy := x-xs[o], y-ys[o]
				l := math.Sqrt(dx*dx + dy*dy)
				if l < 1e-6 { // on one spot: part them by their order, the same way each time
					a := float64(k) * 2.399963
					dx, dy, l = math.Cos(a)*1e-3, math.Sin(a)*1e-3, 1e-3
				}
				s := d / l
				sx += w * (xs[o] + dx*s)
				sy += w * (ys[o] + dy*s)
				sw += w
			}
			nx, ny := sx/sw, sy/sw
			moved = max(moved, math.Abs(nx-x)+math.Abs(ny-y))
			xs[k], ys[k] = nx, ny
		}
		if moved < 0.5 {
			break
		}
	}
	for k, i := range part {
		if !boxes[i].Fixed {
			boxes[i].X, boxes[i].Y = xs[k]*stretch, ys[k]
		}
	}
}

// steps gives the way from one box of a part to every other, in lengths of links. Few links on the way count before short ones.
func steps(near [][]int, part []int, at map[int]int, from int, length func(a, b int) float64) []float64 {
	out := make([]float64, len(part))
	hops := make([]int, len(part))
	for i := range hops {
		hops[i] = -1
	}
	hops[from] = 0
	queue := []int{from}
	for q := 0; q < len(queue); q++ {
		k := queue[q]
		for _, j := range near[part[k]] {
			o := at[j]
			d := out[k] + length(part[k], j)
			switch {
			case hops[o] < 0:
				hops[o], out[o] = hops[k]+1, d
				queue = append(queue, o)
			case hops[o] == hops[k]+1 && d < out[o]:
				out[o] = d
			}
		}
	}
	return out
}
