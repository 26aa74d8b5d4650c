package widgets

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Shape names a drawn shape: the sign of a system, or the symbol that stands beside a colour.
// A system's sign may be given by its name or by its character (■ ▲ ◆ ● ▬ ★ ▣ □ ◇); it is always drawn, never a letter of a font.
type Shape string

// The shapes.
const (
	Square      Shape = "square"
	Triangle    Shape = "triangle"
	Diamond     Shape = "diamond"
	Circle      Shape = "circle"
	Bar         Shape = "bar"
	Star        Shape = "star"
	SquareInSq  Shape = "square-in-square"
	HollowSq    Shape = "hollow-square"
	HollowDia   Shape = "hollow-diamond"
	Hexagon     Shape = "hexagon"       // danger
	HalfTri     Shape = "half-triangle" // caution
	Ring        Shape = "ring"          // not yet
	Tick        Shape = "tick"          // done
	Cross       Shape = "cross"
	ChevronDown Shape = "chevron-down"
	ChevronUp   Shape = "chevron-up"
	Dots        Shape = "dots" // asking
	Lock        Shape = "lock"
)

var shapeNames = map[Shape]Shape{
	"■": Square, "▲": Triangle, "◆": Diamond, "●": Circle, "▬": Bar, "★": Star, "▣": SquareInSq, "□": HollowSq, "◇": HollowDia,
	"⬢": Hexagon, "◭": HalfTri, "○": Ring, "✓": Tick, "✕": Cross, "open-square": HollowSq, "open-diamond": HollowDia, "rectangle": Bar,
	"boxed-square": SquareInSq, "box": SquareInSq, "outline": HollowSq, "lozenge": HollowDia, "framed-square": SquareInSq,
}

func (s Shape) known() Shape {
	if n, ok := shapeNames[s]; ok {
		return n
	}
	return s
}

// Glyph draws a shape in a colour of the theme.
type Glyph struct {
	widget.BaseWidget
	Shape Shape
	Color fyne.ThemeColorName
	Size_ float32 // side; 0 is 10
}

// NewGlyph draws a shape of a side length; 0 is the usual 10.
func NewGlyph(s Shape, c fyne.ThemeColorName, side float32) *Glyph {
	g := &Glyph{Shape: s, Color: c, Size_: side}
	g.ExtendBaseWidget(g)
	return g
}

// Set changes shape and colour.
func (g *Glyph) Set(s Shape, c fyne.ThemeColorName) {
	if g.Shape != s || g.Color != c {
		g.Shape, g.Color = s, c
		g.Refresh()
	}
}

func (g *Glyph) side() float32 {
	if g.Size_ == 0 {
		return 10
	}
	return g.Size_
}

// CreateRenderer implements fyne.Widget.
func (g *Glyph) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{}
	build := func() {
		side := g.side()
		s := g.Size()
		objs := drawShape(g.Shape.known(), theme.Color(g.Color), side)
		off := fyne.NewPos((s.Width-side)/2, (s.Height-side)/2)
		for _, o := range objs {
			o.Move(o.Position().Add(off))
		}
		p.objects = objs
	}
	p.layout = func(fyne.Size) { build() }
	p.min = func() fyne.Size { return fyne.NewSquareSize(g.side()) }
	p.refresh = func() { build(); canvas.Refresh(g) }
	build()
	return ready(g, p)
}

// drawShape gives the objects that draw a shape in a square of side d.
func drawShape(s Shape, c color.Color, d float32) []fyne.CanvasObject {
	rect := func(x, y, w, h float32) *canvas.Rectangle {
		r := canvas.NewRectangle(c)
		r.Move(fyne.NewPos(x*d, y*d))
		r.Resize(fyne.NewSize(w*d, h*d))
		return r
	}
	poly := func(pts ...float32) *canvas.ArbitraryPolygon {
		v := make([]fyne.Position, 0, len(pts)/2)
		for i := 0; i+1 < len(pts); i += 2 {
			v = append(v, fyne.NewPos(pts[i]*d, pts[i+1]*d))
		}
		p := canvas.NewArbitraryPolygon(v, c)
		p.Resize(fyne.NewSquareSize(d))
		return p
	}
	stroke := max(1.25, d*0.14)
	line := func(x1, y1, x2, y2 float32) fyne.CanvasObject {
		l := canvas.NewLine(c)
		l.StrokeWidth = stroke
		l.Position1, l.Position2 = fyne.NewPos(x1*d, y1*d), fyne.NewPos(x2*d, y2*d)
		return l
	}
	hollow := func(r *canvas.Rectangle) *canvas.Rectangle {
		r.FillColor, r.StrokeColor, r.StrokeWidth = color.Transparent, c, stroke
		return r
	}
	switch s {
	case Square:
		return []fyne.CanvasObject{rect(0.06, 0.06, 0.88, 0.88)}
	case Triangle:
		return []fyne.CanvasObject{poly(0.5, 0.04, 1, 0.94, 0, 0.94)}
	case Diamond:
		return []fyne.CanvasObject{poly(0.5, -0.04, 1.04, 0.5, 0.5, 1.04, -0.04, 0.5)}
	case HollowDia:
		return []fyne.CanvasObject{line(0.5, 0, 1, 0.5), line(1, 0.5, 0.5, 1), line(0.5, 1, 0, 0.5), line(0, 0.5, 0.5, 0)}
	case Circle, Ring:
		o := canvas.NewCircle(c)
		o.Resize(fyne.NewSquareSize(d))
		if s == Ring {
			o.FillColor, o.StrokeColor, o.StrokeWidth = color.Transparent, c, stroke
		}
		return []fyne.CanvasObject{o}
	case Bar:
		return []fyne.CanvasObject{rect(0, 0.3, 1, 0.4)}
	case Star:
		var pts []float32
		for i := range 10 {
			r := 0.56
			if i%2 == 1 {
				r = 0.23
			}
			a := float64(i)*math.Pi/5 - math.Pi/2
			pts = append(pts, float32(0.5+r*math.Cos(a)), float32(0.53+r*math.Sin(a)))
		}
		return []fyne.CanvasObject{poly(pts...)}
	case SquareInSq:
		return []fyne.CanvasObject{hollow(rect(0.02, 0.02, 0.96, 0.96)), rect(0.29, 0.29, 0.42, 0.42)}
	case HollowSq:
		return []fyne.CanvasObject{hollow(rect(0.06, 0.06, 0.88, 0.88))}
	case Hexagon:
		return []fyne.CanvasObject{poly(0.25, 0.06, 0.75, 0.06, 1, 0.5, 0.75, 0.94, 0.25, 0.94, 0, 0.5)}
	case HalfTri:
		return []fyne.CanvasObject{poly(0.5, 0.04, 0.5, 0.94, 0, 0.94), line(0.5, 0.06, 0.95, 0.9), line(0.95, 0.9, 0.5, 0.9)}
	case Tick:
		return []fyne.CanvasObject{line(0.08, 0.52, 0.38, 0.82), line(0.38, 0.82, 0.94, 0.18)}
	case Cross:
		return []fyne.CanvasObject{line(0.14, 0.14, 0.86, 0.86), line(0.86, 0.14, 0.14, 0.86)}
	case ChevronDown:
		return []fyne.CanvasObject{line(0.1, 0.32, 0.5, 0.7), line(0.5, 0.7, 0.9, 0.32)}
	case ChevronUp:
		return []fyne.CanvasObject{line(0.1, 0.68, 0.5, 0.3), line(0.5, 0.3, 0.9, 0.68)}
	case Dots:
		var out []fyne.CanvasObject
		for i := range 3 {
			o := canvas.NewCircle(c)
			o.Resize(fyne.NewSquareSize(d * 0.24))
			o.Move(fyne.NewPos(float32(i)*d*0.38, d*0.38))
			out = append(out, o)
		}
		return out
	case Lock:
		body := rect(0.12, 0.44, 0.76, 0.54)
		body.CornerRadius = d * 0.1
		arc := hollow(rect(0.27, 0.04, 0.46, 0.66))
		arc.CornerRadius = d * 0.22
		return []fyne.CanvasObject{arc, body}
	}
	return []fyne.CanvasObject{hollow(rect(0.06, 0.06, 0.88, 0.88)), line(0.06, 0.06, 0.94, 0.94)}
}
