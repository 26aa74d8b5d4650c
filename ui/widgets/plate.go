package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// plate is a filled panel with an edge and rounded corners. Only its corners are drawn as such: a rounded rectangle costs far more
// for each of its pixels than a plain one, which tells where no graphics card helps.
type plate struct {
	whole   *canvas.Rectangle    // drawn alone where the plate is small or lets something shine through
	corners [8]*canvas.Rectangle // the edge's four, then the fill's, from the top left clockwise
	sides   [4]*canvas.Rectangle // the edge's: top, right, bottom, left
	fills   [3]*canvas.Rectangle // between the corners above, in the middle, below
	all     []fyne.CanvasObject
}

func newPlate() *plate {
	p := &plate{}
	add := func() *canvas.Rectangle {
		r := canvas.NewRectangle(none)
		p.all = append(p.all, r)
		return r
	}
	p.whole = add()
	for i := range p.corners {
		p.corners[i] = add()
	}
	for i := range p.sides {
		p.sides[i] = add()
	}
	for i := range p.fills {
		p.fills[i] = add()
	}
	return p
}

func (p *plate) objects() []fyne.CanvasObject { return append([]fyne.CanvasObject{}, p.all...) }

// set gives the plate its size and look.
func (p *plate) set(s fyne.Size, radius, width float32, fill, edge color.Color) {
	simple := radius <= width || s.Height < 4*radius || s.Width < 4*radius || !opaque(fill) || width > 0 && !opaque(edge)
	for _, r := range p.all {
		r.(*canvas.Rectangle).Hidden = simple
	}
	p.whole.Hidden = !simple
	if simple {
		w := p.whole
		w.FillColor, w.StrokeColor, w.StrokeWidth, w.CornerRadius = fill, edge, width, radius
		w.Move(fyne.Position{})
		w.Resize(s)
		return
	}
	put := func(r *canvas.Rectangle, c color.Color, x, y, w, h float32) {
		r.FillColor = c
		r.Move(fyne.NewPos(x, y))
		r.Resize(fyne.NewSize(w, h))
	}
	w, h := s.Width, s.Height
	corner := func(at int, c color.Color, inset, radius float32) {
		// A corner is a square with one corner rounded, twice as wide as the rounding: what lies below it is painted over.
		side := 2 * radius
		far, low := w-inset-side, h-inset-side
		for i, at := range p.corners[at : at+4] {
			x, y := inset, inset
			if i == 1 || i == 2 {
				x = far
			}
			if i >= 2 {
				y = low
			}
			put(at, c, x, y, side, side)
		}
		p.corners[at].TopLeftCornerRadius = radius
		p.corners[at+1].TopRightCornerRadius = radius
		p.corners[at+2].BottomRightCornerRadius = radius
		p.corners[at+3].BottomLeftCornerRadius = radius
	}
	corner(0, edge, 0, radius)
	corner(4, fill, width, radius-width)
	put(p.sides[0], edge, radius, 0, w-2*radius, width)
	put(p.sides[1], edge, w-width, radius, width, h-2*radius)
	put(p.sides[2], edge, radius, h-width, w-2*radius, width)
	put(p.sides[3], edge, 0, radius, width, h-2*radius)
	put(p.fills[0], fill, radius, width, w-2*radius, radius-width)
	put(p.fills[1], fill, width, radius, w-2*width, h-2*radius)
	put(p.fills[2], fill, radius, h-radius, w-2*radius, radius-width)
}

func opaque(c color.Color) bool {
	_, _, _, a := c.RGBA()
	return a == 0xffff
}
