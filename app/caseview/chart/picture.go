package chart

import (
	"cmp"
	"image"
	"math"
	"slices"

	"golang.org/x/image/font"
)

// Bleed is how far the picture of a card reaches beyond its box on every side: room for its edge.
const Bleed = 3.0

// Painter draws the cards of a chart one by one, each on nothing. It is for one goroutine at a time, whichever that is.
type Painter struct {
	chart *Chart
	scale float64
	pal   Palette
	faces map[faceKey]font.Face
}

// Painter draws with scale pixels to a chart unit.
func (c *Chart) Painter(scale float64, pal Palette) *Painter {
	return &Painter{chart: c, scale: scale, pal: pal, faces: map[faceKey]font.Face{}}
}

// Card draws one card: lit marks it as on the path that is shown, dim lets it stand back.
func (p *Painter) Card(i int, lit, dim bool) *image.RGBA {
	b := &p.chart.Boxes[i]
	w, h := int(math.Ceil((b.W+2*Bleed)*p.scale)), int(math.Ceil((b.H+2*Bleed)*p.scale))
	r := &raster{img: image.NewRGBA(image.Rect(0, 0, max(1, w), max(1, h))), scale: p.scale, pal: p.pal, faces: p.faces}
	for _, q := range p.chart.draw(i, lit) {
		q.Dim = dim
		r.prim(moved(q, Bleed+b.W/2-b.X, Bleed+b.H/2-b.Y))
	}
	return r.img
}

// Lines draws the links and their words, without the cards.
func (c *Chart) Lines(path []string) []Prim {
	all := c.Prims(path)
	for i := range all {
		if all[i].Node != "" {
			return all[:i]
		}
	}
	return all
}

// Next is the node that lies in a direction from another, as the eye would go; -1 if none does.
func (c *Chart) Next(from int, dx, dy float64) int {
	best, cost := -1, math.Inf(1)
	a := &c.Boxes[from]
	for i := range c.Boxes {
		b := &c.Boxes[i]
		x, y := b.X-a.X, b.Y-a.Y
		along, across := x*dx+y*dy, math.Abs(x*dy-y*dx)
		if dx != 0 { // rows are nearer together than columns
			across *= 2
		} else {
			along, across = along*1.6, across*0.9
		}
		if i == from || along <= 1 || across > along*2 {
			continue
		}
		if d := along + 1.5*across; d < cost {
			best, cost = i, d
		}
	}
	return best
}

// ReadingOrder lists the nodes row by row, from the left.
func (c *Chart) ReadingOrder() []int {
	const row = 90.0
	order := indices(len(c.Boxes))
	sortBy(order, func(i int) (float64, float64) { return math.Floor(c.Boxes[i].Y / row), c.Boxes[i].X })
	return order
}

// At is the node whose box holds a point, or -1.
func (c *Chart) At(x, y float64) int {
	for i := len(c.Boxes) - 1; i >= 0; i-- {
		if b := &c.Boxes[i]; math.Abs(b.X-x) <= b.W/2 && math.Abs(b.Y-y) <= b.H/2 {
			return i
		}
	}
	return -1
}

func sortBy(list []int, key func(int) (float64, float64)) {
	slices.SortStableFunc(list, func(a, b int) int {
		a0, a1 := key(a)
		b0, b1 := key(b)
		return cmp.Or(cmp.Compare(a0, b0), cmp.Compare(a1, b1), cmp.Compare(a, b))
	})
}

// KeySide is the side of the square that a Key is drawn in.
const KeySide = 22.0

// Picture draws a key alone, on nothing.
func (k Key) Picture(scale float64, pal Palette) *image.RGBA {
	n := max(1, int(math.Ceil((KeySide+2)*scale)))
	r := &raster{img: image.NewRGBA(image.Rect(0, 0, n, n)), scale: scale, pal: pal, faces: map[faceKey]font.Face{}}
	for _, p := range k.Prims {
		r.prim(moved(p, 1, 1))
	}
	return r.img
}
