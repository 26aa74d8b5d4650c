package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// plate is a filled panel with an edge and rounded corners. Only its corners are drawn as such: a rounded rectangle costs far more
// for each of its pixels than a plain one, which tells where no graphics card helps.
type plate struct {
	parts [8]*canvas.Rectangle
}

// The parts: the edge's ends, the fill's ends, and between them the two sides and the fill; last, the whole for what is not opaque.
const (
	edgeTop = iota
	edgeEnd
	fillTop
	fillEnd
	sideLeft
	sideRight
	middle
	whole
)

func newPlate() *plate {
	p := &plate{}
	for i := range p.parts {
		p.parts[i] = canvas.NewRectangle(none)
	}
	return p
}

func (p *plate) objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(p.parts))
	for i, r := range p.parts {
		out[i] = r
	}
	return out
}

// set gives the plate its size and look.
func (p *plate) set(s fyne.Size, radius, width float32, fill, edge color.Color) {
	opaque := func(c color.Color) bool {
		_, _, _, a := c.RGBA()
		return a == 0xffff
	}
	simple := radius <= width || s.Height < 4*radius || s.Width < 4*radius || !opaque(fill) || width > 0 && !opaque(edge)
	for i, r := range p.parts {
		r.Hidden = simple != (i == whole)
	}
	if simple {
		w := p.parts[whole]
		w.FillColor, w.StrokeColor, w.StrokeWidth, w.CornerRadius = fill, edge, width, radius
		w.Move(fyne.Position{})
		w.Resize(s)
		return
	}
	put := func(i int, c color.Color, x, y, w, h float32) {
		p.parts[i].FillColor = c
		p.parts[i].Move(fyne.NewPos(x, y))
		p.parts[i].Resize(fyne.NewSize(w, h))
	}
	end, inner := 2*radius, radius-width
	p.parts[edgeTop].TopLeftCornerRadius, p.parts[edgeTop].TopRightCornerRadius = radius, radius
	p.parts[edgeEnd].BottomLeftCornerRadius, p.parts[edgeEnd].BottomRightCornerRadius = radius, radius
	p.parts[fillTop].TopLeftCornerRadius, p.parts[fillTop].TopRightCornerRadius = inner, inner
	p.parts[fillEnd].BottomLeftCornerRadius, p.parts[fillEnd].BottomRightCornerRadius = inner, inner
	put(edgeTop, edge, 0, 0, s.Width, end)
	put(edgeEnd, edge, 0, s.Height-end, s.Width, end)
	put(fillTop, fill, width, width, s.Width-2*width, end-width)
	put(fillEnd, fill, width, s.Height-end, s.Width-2*width, end-width)
	put(sideLeft, edge, 0, end, width, s.Height-2*end)
	put(sideRight, edge, s.Width-width, end, width, s.Height-2*end)
	put(middle, fill, width, end, s.Width-2*width, s.Height-2*end)
}
