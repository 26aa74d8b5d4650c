package widgets

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// ink draws smooth shapes into a picture; places and sizes are in the units of the window, whatever the pixels are.
type ink struct {
	img   *image.RGBA
	scale float32
	ras   *vector.Rasterizer
}

// sheet gives an ink on a picture of so many pixels, reusing the one before where it fits, filled with a colour.
func (k *ink) sheet(w, h int, width float32, ground color.Color) {
	if k.img == nil || k.img.Bounds().Dx() != w || k.img.Bounds().Dy() != h {
		k.img = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if k.ras == nil {
		k.ras = vector.NewRasterizer(1, 1)
	}
	k.scale = 1
	if width > 0 {
		k.scale = float32(w) / width
	}
	draw.Draw(k.img, k.img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
}

// withAlpha is a colour let through to a share.
func withAlpha(c color.Color, a float32) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = uint8(float32(n.A)*min(max(a, 0), 1) + 0.5)
	return n
}

func (k *ink) px(v float32) int { return int(math.Round(float64(v * k.scale))) }

// rect fills a rectangle, at full pixels; it is at least one pixel wide and tall.
func (k *ink) rect(x0, y0, x1, y1 float32, c color.Color) {
	r := image.Rect(k.px(x0), k.px(y0), max(k.px(x1), k.px(x0)+1), max(k.px(y1), k.px(y0)+1))
	draw.Draw(k.img, r.Intersect(k.img.Bounds()), image.NewUniform(c), image.Point{}, draw.Over)
}

// frame draws the border of a rectangle.
func (k *ink) frame(x0, y0, x1, y1, w float32, c color.Color) {
	k.rect(x0, y0, x1, y0+w, c)
	k.rect(x0, y1-w, x1, y1, c)
	k.rect(x0, y0+w, x0+w, y1-w, c)
	k.rect(x1-w, y0+w, x1, y1-w, c)
}

// fade fills a rectangle that is let through from a0 at its left to a1 at its right.
func (k *ink) fade(x0, y0, x1, y1 float32, c color.Color, a0, a1 float32) {
	from, to := k.px(x0), max(k.px(x1), k.px(x0)+1)
	for x := max(from, 0); x < min(to, k.img.Bounds().Dx()); x++ {
		a := a0 + (a1-a0)*float32(x-from)/float32(to-from)
		r := image.Rect(x, k.px(y0), x+1, k.px(y1))
		draw.Draw(k.img, r.Intersect(k.img.Bounds()), image.NewUniform(withAlpha(c, a)), image.Point{}, draw.Over)
	}
}

// path fills what lines enclose; parts are closed each.
func (k *ink) path(c color.Color, parts ...[]float32) {
	x0, y0, x1, y1 := float32(math.Inf(1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Inf(-1))
	for _, p := range parts {
		for i := 0; i+1 < len(p); i += 2 {
			x0, x1 = min(x0, p[i]), max(x1, p[i])
			y0, y1 = min(y0, p[i+1]), max(y1, p[i+1])
		}
	}
	b := k.img.Bounds()
	// Not image.Rect: it would turn round what lies out of sight.
	box := image.Rectangle{Min: image.Pt(max(int(x0*k.scale)-1, 0), max(int(y0*k.scale)-1, 0)), Max: image.Pt(min(int(x1*k.scale)+2, b.Dx()), min(int(y1*k.scale)+2, b.Dy()))}
	if box.Empty() {
		return
	}
	k.ras.Reset(box.Dx(), box.Dy())
	ox, oy := float32(box.Min.X), float32(box.Min.Y)
	for _, p := range parts {
		if len(p) < 6 {
			continue
		}
		k.ras.MoveTo(p[0]*k.scale-ox, p[1]*k.scale-oy)
		for i := 2; i+1 < len(p); i += 2 {
			k.ras.LineTo(p[i]*k.scale-ox, p[i+1]*k.scale-oy)
		}
		k.ras.ClosePath()
	}
	k.ras.Draw(k.img, box, image.NewUniform(c), image.Point{})
}

// line draws a line of a width.
func (k *ink) line(x0, y0, x1, y1, w float32, c color.Color) {
	dx, dy := x1-x0, y1-y0
	n := float32(math.Hypot(float64(dx), float64(dy)))
	if n == 0 {
		return
	}
	dx, dy = dx/n*w/2, dy/n*w/2
	k.path(c, []float32{x0 - dy, y0 + dx, x1 - dy, y1 + dx, x1 + dy, y1 - dx, x0 + dy, y0 - dx})
}

// lines draws many lines of a width and colour at once; each is x0, y0, x1, y1.
func (k *ink) lines(w float32, c color.Color, each []float32) {
	parts := make([][]float32, 0, len(each)/4)
	quads := make([]float32, 0, len(each)*2)
	for i := 0; i+3 < len(each); i += 4 {
		x0, y0, x1, y1 := each[i], each[i+1], each[i+2], each[i+3]
		dx, dy := x1-x0, y1-y0
		n := float32(math.Hypot(float64(dx), float64(dy)))
		if n == 0 {
			continue
		}
		dx, dy = dx/n*w/2, dy/n*w/2
		at := len(quads)
		quads = append(quads, x0-dy, y0+dx, x1-dy, y1+dx, x1+dy, y1-dx, x0+dy, y0-dx)
		parts = append(parts, quads[at:])
		if len(parts) == 40 { // lines that follow one another lie close: their box stays small
			k.path(c, parts...)
			parts = parts[:0]
		}
	}
	if len(parts) > 0 {
		k.path(c, parts...)
	}
}

// dashes draws a broken line from side to side or from top to bottom.
func (k *ink) dashes(x0, y0, x1, y1, on float32, c color.Color) {
	if y0 == y1 {
		for x := x0; x < x1; x += 2 * on {
			k.rect(x, y0-0.5, min(x+on, x1), y0+0.5, c)
		}
		return
	}
	for y := y0; y < y1; y += 2 * on {
		k.rect(x0-0.5, y, x0+0.5, min(y+on, y1), c)
	}
}

func circlePath(cx, cy, r float32, inner bool) []float32 {
	n := min(max(int(r*1.2), 24), 240)
	out := make([]float32, 0, 2*n)
	for i := range n {
		a := float64(i) / float64(n) * 2 * math.Pi
		if inner {
			a = -a
		}
		out = append(out, cx+r*float32(math.Cos(a)), cy+r*float32(math.Sin(a)))
	}
	return out
}

// disc fills a circle.
func (k *ink) disc(cx, cy, r float32, c color.Color) { k.path(c, circlePath(cx, cy, r, false)) }

// ring draws the border of a circle.
func (k *ink) ring(cx, cy, r, w float32, c color.Color) {
	k.path(c, circlePath(cx, cy, r, false), circlePath(cx, cy, r-w, true))
}

// pill fills a rectangle with round ends.
func (k *ink) pill(x0, y0, x1, y1, r float32, c color.Color) { k.path(c, pillPath(x0, y0, x1, y1, r)) }

// pillRing draws the border of a rectangle with round ends.
func (k *ink) pillRing(x0, y0, x1, y1, r, w float32, c color.Color) {
	in := pillPath(x0+w, y0+w, x1-w, y1-w, max(r-w, 0))
	back := make([]float32, 0, len(in))
	for i := len(in) - 2; i >= 0; i -= 2 {
		back = append(back, in[i], in[i+1])
	}
	k.path(c, pillPath(x0, y0, x1, y1, r), back)
}

func pillPath(x0, y0, x1, y1, r float32) []float32 {
	r = min(r, (x1-x0)/2, (y1-y0)/2)
	var out []float32
	corner := func(cx, cy float32, from float64) {
		const n = 6
		for i := range n + 1 {
			a := from + float64(i)/n*math.Pi/2
			out = append(out, cx+r*float32(math.Cos(a)), cy+r*float32(math.Sin(a)))
		}
	}
	corner(x1-r, y1-r, 0)
	corner(x0+r, y1-r, math.Pi/2)
	corner(x0+r, y0+r, math.Pi)
	corner(x1-r, y0+r, 3*math.Pi/2)
	return out
}

// shape draws a system's sign with its middle at cx, cy; the same signs as drawShape.
func (k *ink) shape(s Shape, cx, cy, d float32, c color.Color) {
	x, y := cx-d/2, cy-d/2
	poly := func(pts ...float32) []float32 {
		out := make([]float32, len(pts))
		for i := 0; i+1 < len(pts); i += 2 {
			out[i], out[i+1] = x+pts[i]*d, y+pts[i+1]*d
		}
		return out
	}
	w := max(1.5, d*0.16)
	switch s.known() {
	case Triangle:
		k.path(c, poly(0.5, 0, 1, 0.94, 0, 0.94))
	case Diamond:
		k.path(c, poly(0.5, -0.06, 1.06, 0.5, 0.5, 1.06, -0.06, 0.5))
	case HollowDia:
		i := w / d * 1.4
		k.path(c, poly(0.5, -0.06, 1.06, 0.5, 0.5, 1.06, -0.06, 0.5), poly(0.5, -0.06+i, -0.06+i, 0.5, 0.5, 1.06-i, 1.06-i, 0.5))
	case Circle:
		k.disc(cx, cy, d/2, c)
	case Ring:
		k.ring(cx, cy, d/2, w, c)
	case Bar:
		k.path(c, poly(0, 0.28, 1, 0.28, 1, 0.72, 0, 0.72))
	case Star:
		var pts []float32
		for i := range 10 {
			r := 0.58
			if i%2 == 1 {
				r = 0.25
			}
			a := float64(i)*math.Pi/5 - math.Pi/2
			pts = append(pts, float32(0.5+r*math.Cos(a)), float32(0.53+r*math.Sin(a)))
		}
		k.path(c, poly(pts...))
	case SquareInSq:
		k.frame(x, y, x+d, y+d, w, c)
		k.path(c, poly(0.32, 0.32, 0.68, 0.32, 0.68, 0.68, 0.32, 0.68))
	case HollowSq:
		k.frame(x, y, x+d, y+d, w, c)
	case Hexagon:
		k.path(c, poly(0.25, 0.06, 0.75, 0.06, 1, 0.5, 0.75, 0.94, 0.25, 0.94, 0, 0.5))
	case Cross:
		k.line(x+0.1*d, y+0.1*d, x+0.9*d, y+0.9*d, w, c)
		k.line(x+0.9*d, y+0.1*d, x+0.1*d, y+0.9*d, w, c)
	default:
		k.path(c, poly(0.06, 0.06, 0.94, 0.06, 0.94, 0.94, 0.06, 0.94))
	}
}
