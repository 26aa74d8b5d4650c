package chart

import (
	"cmp"
	"math"
	"slices"
)

// separate pushes the boxes of a part apart, along the shorter way, and aside from links that are not theirs.
func separate(boxes []Box, near [][]int, part []int) {
	order := slices.Clone(part)
	const room = Clear + 6
	for round := range 120 {
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(boxes[a].X-boxes[a].W/2, boxes[b].X-boxes[b].W/2), cmp.Compare(a, b))
		})
		hit := false
		for k, i := range order {
			a := &boxes[i]
			for _, j := range order[k+1:] {
				b := &boxes[j]
				if b.X-b.W/2 >= a.X+a.W/2+room {
					break
				}
				if !a.overlaps(b, room) || a.Fixed && b.Fixed {
					continue
				}
				hit = true
				push(a, b, room, i < j)
			}
		}
		if round < 60 && round%2 == 0 && len(part) <= 400 {
			aside(boxes, near, part)
		}
		if !hit && round > 60 {
			return
		}
	}
}

// push moves two boxes that overlap apart.
func push(a, b *Box, room float64, first bool) {
	dx, dy := b.X-a.X, b.Y-a.Y
	px, py := (a.W+b.W)/2+room-math.Abs(dx), (a.H+b.H)/2+room-math.Abs(dy)
	sx, sy := sign(dx, first), sign(dy, first)
	fa, fb := 0.5, 0.5
	switch {
	case a.Fixed:
		fa, fb = 0, 1
	case b.Fixed:
		fa, fb = 1, 0
	}
	if px < py*stretch {
		a.X, b.X = a.X-sx*px*fa, b.X+sx*px*fb
	} else {
		a.Y, b.Y = a.Y-sy*py*fa, b.Y+sy*py*fb
	}
}

func sign(v float64, first bool) float64 {
	if v > 0 || v == 0 && first {
		return 1
	}
	return -1
}

// aside moves boxes off links that run behind them: there a link would seem to end.
func aside(boxes []Box, near [][]int, part []int) {
	for _, i := range part {
		for _, j := range near[i] {
			if j <= i {
				continue
			}
			a, b := &boxes[i], &boxes[j]
			dx, dy := b.X-a.X, b.Y-a.Y
			l2 := dx*dx + dy*dy
			if l2 < 1 {
				continue
			}
			l := math.Sqrt(l2)
			for _, k := range part {
				c := &boxes[k]
				if k == i || k == j || c.Fixed {
					continue
				}
				t := ((c.X-a.X)*dx + (c.Y-a.Y)*dy) / l2
				if t <= 0.02 || t >= 0.98 {
					continue
				}
				// How far the box reaches towards the link, and how far its middle is from it.
				nx, ny := -dy/l, dx/l
				off := (c.X-a.X)*nx + (c.Y-a.Y)*ny
				half := math.Abs(nx)*c.W/2 + math.Abs(ny)*c.H/2 + 5
				if miss := half - math.Abs(off); miss > 0 {
					s := sign(off, k%2 == 0)
					m := min(miss, 26) * 0.5
					c.X += s * nx * m
					c.Y += s * ny * m
				}
			}
		}
	}
}

// settle gives every box that still overlaps another the nearest free place. Fixed boxes come first, then those nearest to the middle.
func settle(boxes []Box, near [][]int) {
	order := indices(len(boxes))
	var mx, my float64
	for i := range boxes {
		mx, my = mx+boxes[i].X/float64(len(boxes)), my+boxes[i].Y/float64(len(boxes))
		if boxes[i].Root {
			mx, my = boxes[i].X, boxes[i].Y
			break
		}
	}
	rank := func(i int) float64 {
		switch b := &boxes[i]; {
		case b.Fixed:
			return -2
		case b.Root:
			return -1
		default:
			return math.Hypot((b.X-mx)/stretch, b.Y-my)
		}
	}
	ranks := make([]float64, len(boxes))
	for i := range ranks {
		ranks[i] = rank(i)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(ranks[a], ranks[b]), cmp.Compare(a, b)) })
	g := newGrid(boxes)
	for _, i := range order {
		if !boxes[i].Fixed && !g.free(boxes, i) {
			toX, toY := boxes[i].X, boxes[i].Y
			x, y := g.nearest(boxes, i, toX, toY)
			boxes[i].X, boxes[i].Y = x, y
		}
		g.put(boxes, i)
	}
}

// grid finds boxes by where they stand.
type grid struct {
	cw, ch float64
	cells  map[[2]int][]int
}

func newGrid(boxes []Box) *grid {
	g := &grid{cw: 1, ch: 1, cells: map[[2]int][]int{}}
	for i := range boxes {
		g.cw, g.ch = max(g.cw, boxes[i].W+2*Clear), max(g.ch, boxes[i].H+2*Clear)
	}
	return g
}

func (g *grid) span(b *Box) (x0, y0, x1, y1 int) {
	f := func(v, c float64) int { return int(math.Floor(v / c)) }
	return f(b.X-b.W/2-Clear, g.cw), f(b.Y-b.H/2-Clear, g.ch), f(b.X+b.W/2+Clear, g.cw), f(b.Y+b.H/2+Clear, g.ch)
}

func (g *grid) put(boxes []Box, i int) {
	x0, y0, x1, y1 := g.span(&boxes[i])
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			g.cells[[2]int{x, y}] = append(g.cells[[2]int{x, y}], i)
		}
	}
}

// free reports whether a box stands clear of every box in the grid.
func (g *grid) free(boxes []Box, i int) bool {
	b := &boxes[i]
	x0, y0, x1, y1 := g.span(b)
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			for _, j := range g.cells[[2]int{x, y}] {
				if j != i && b.overlaps(&boxes[j], Clear) {
					return false
				}
			}
		}
	}
	return true
}

// nearest looks for a free place in rings around a point.
func (g *grid) nearest(boxes []Box, i int, toX, toY float64) (x, y float64) {
	b := &boxes[i]
	step := max(8, min(b.W, b.H)/3)
	for ring := 1; ; ring++ {
		r := float64(ring) * step
		n := 8 + 4*ring
		for k := range n {
			a := 2 * math.Pi * float64(k) / float64(n)
			b.X, b.Y = toX+r*stretch*math.Cos(a), toY+r*math.Sin(a)
			if g.free(boxes, i) {
				return b.X, b.Y
			}
		}
	}
}

// pack sets the parts beside each other: the first in the middle, the others in rows below it.
func pack(boxes []Box, parts [][]int, anyFixed bool) {
	if len(parts) == 0 {
		return
	}
	var all rect
	some := false
	width := 0.0
	var rest [][]int
	for k, p := range parts {
		fixed := false
		for _, i := range p {
			fixed = fixed || boxes[i].Fixed
		}
		if fixed || !anyFixed && k == 0 {
			r := bounds(boxes, p)
			if !some {
				all, some = r, true
			} else {
				all = all.with(r)
			}
			continue
		}
		rest = append(rest, p)
	}
	area := 0.0
	for _, p := range rest {
		r := bounds(boxes, p)
		area += (r.x1 - r.x0 + 3*Clear) * (r.y1 - r.y0 + 3*Clear)
	}
	width = max(all.x1-all.x0, math.Sqrt(area)*1.6, 600)
	const gap = 3 * Clear
	x, y, high := all.x0, all.y1+gap, 0.0
	for _, p := range rest {
		r := bounds(boxes, p)
		w, h := r.x1-r.x0, r.y1-r.y0
		if x > all.x0 && x+w > all.x0+width {
			x, y, high = all.x0, y+high+gap, 0
		}
		for _, i := range p {
			boxes[i].X += x - r.x0
			boxes[i].Y += y - r.y0
		}
		x += w + gap
		high = max(high, h)
	}
}

type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) with(o rect) rect {
	return rect{min(r.x0, o.x0), min(r.y0, o.y0), max(r.x1, o.x1), max(r.y1, o.y1)}
}

func (r rect) meets(o rect) bool { return r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1 }

func bounds(boxes []Box, part []int) rect {
	r := rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, i := range part {
		b := &boxes[i]
		r = r.with(rect{b.X - b.W/2, b.Y - b.H/2, b.X + b.W/2, b.Y + b.H/2})
	}
	return r
}
