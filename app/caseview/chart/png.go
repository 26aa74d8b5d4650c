package chart

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// pixelsMost is how many pixels a picture may have: more would not open on many a computer.
const pixelsMost = 60e6

// WritePNG writes the chart as a picture; scale 2 is sharp on paper and on fine screens. A very large chart is drawn smaller, so that
// it stays below 60 million pixels.
func (c *Chart) WritePNG(w io.Writer, p Page, scale float64) error {
	return png.Encode(w, c.Image(p, scale))
}

// Image draws the chart as WritePNG does.
func (c *Chart) Image(p Page, scale float64) image.Image {
	s := c.sheet(p)
	scale = min(scale, math.Sqrt(pixelsMost/(s.w*s.h)))
	r := newRaster(int(math.Ceil(s.w*scale)), int(math.Ceil(s.h*scale)), scale, s.palette)
	for _, q := range s.prims {
		r.prim(q)
	}
	return r.img
}

// raster draws prims into a picture.
type raster struct {
	img   *image.RGBA
	scale float64
	pal   Palette
	faces map[faceKey]font.Face
}

type faceKey struct {
	size float64
	bold bool
}

func newRaster(w, h int, scale float64, pal Palette) *raster {
	r := &raster{img: image.NewRGBA(image.Rect(0, 0, w, h)), scale: scale, pal: pal, faces: map[faceKey]font.Face{}}
	draw.Draw(r.img, r.img.Bounds(), image.NewUniform(pal[Ground]), image.Point{}, draw.Src)
	return r
}

// path collects an outline in pixels.
type path struct {
	pts  [][2]float64
	subs []int // where each closed outline begins
}

func (p *path) begin() { p.subs = append(p.subs, len(p.pts)) }
func (p *path) to(x, y float64) {
	p.pts = append(p.pts, [2]float64{x, y})
}

// fill draws the outlines; inner ones that run the other way round are left out.
func (r *raster) fill(p *path, c color.NRGBA) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p.pts {
		x0, y0, x1, y1 = min(x0, q[0]), min(y0, q[1]), max(x1, q[0]), max(y1, q[1])
	}
	b := image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1))).Intersect(r.img.Bounds())
	if b.Empty() {
		return
	}
	z := vector.NewRasterizer(b.Dx(), b.Dy())
	ox, oy := float64(b.Min.X), float64(b.Min.Y)
	for k, from := range p.subs {
		end := len(p.pts)
		if k+1 < len(p.subs) {
			end = p.subs[k+1]
		}
		for i, q := range p.pts[from:end] {
			x, y := float32(q[0]-ox), float32(q[1]-oy)
			if i == 0 {
				z.MoveTo(x, y)
			} else {
				z.LineTo(x, y)
			}
		}
		z.ClosePath()
	}
	z.Draw(r.img, b, image.NewUniform(c), image.Point{})
}

// rounded adds a rectangle with rounded corners; back makes it run the other way round.
func (p *path) rounded(x, y, w, h, radius float64, back bool) {
	p.begin()
	radius = max(0, min(radius, w/2, h/2))
	var pts [][2]float64
	for k, c := range [4][2]float64{{x + w - radius, y + radius}, {x + w - radius, y + h - radius}, {x + radius, y + h - radius}, {x + radius, y + radius}} {
		n := 1
		if radius > 0.3 {
			n = 4 + int(radius)
		}
		for i := 0; i <= n; i++ {
			a := -math.Pi/2 + float64(k)*math.Pi/2 + float64(i)/float64(n)*math.Pi/2
			pts = append(pts, [2]float64{c[0] + radius*math.Cos(a), c[1] + radius*math.Sin(a)})
		}
	}
	if back {
		for i, j := 0, len(pts)-1; i < j; i, j = i+1, j-1 {
			pts[i], pts[j] = pts[j], pts[i]
		}
	}
	p.pts = append(p.pts, pts...)
}

func (r *raster) prim(p Prim) {
	k := r.scale
	x, y, w, h := p.X*k, p.Y*k, p.W*k, p.H*k
	switch p.Form {
	case Rectangle, Circle:
		radius := p.Radius * k
		if p.Form == Circle {
			radius = w / 2
		}
		if p.Fill != NoInk {
			var o path
			o.rounded(x, y, w, h, radius, false)
			r.fill(&o, r.pal.Colour(p.Fill, p.Dim))
		}
		if p.Edge != NoInk {
			e := p.Width * k
			var o path
			o.rounded(x-e/2, y-e/2, w+e, h+e, radius+e/2, false)
			o.rounded(x+e/2, y+e/2, w-e, h-e, max(0, radius-e/2), true)
			r.fill(&o, r.pal.Colour(p.Edge, p.Dim))
		}
	case Stroke:
		l := math.Hypot(w, h)
		if l == 0 {
			return
		}
		nx, ny := -h/l*p.Width*k/2, w/l*p.Width*k/2
		var o path
		o.begin()
		o.to(x+nx, y+ny)
		o.to(x+w+nx, y+h+ny)
		o.to(x+w-nx, y+h-ny)
		o.to(x-nx, y-ny)
		r.fill(&o, r.pal.Colour(p.Edge, p.Dim))
	case Polygon:
		var o path
		o.begin()
		for i := 0; i+1 < len(p.Points); i += 2 {
			o.to(p.Points[i]*k, p.Points[i+1]*k)
		}
		r.fill(&o, r.pal.Colour(p.Fill, p.Dim))
	case Letters:
		r.letters(p.Text, x, y+p.Size*k*rise, p.Size*k, p.Bold, image.NewUniform(r.pal.Colour(p.Fill, p.Dim)))
	}
}

// letters sets one line of text, each letter where measure has it.
func (r *raster) letters(text string, x, y, size float64, strong bool, ink image.Image) {
	f, m := r.face(size, strong), faceOf(strong)
	for _, c := range text {
		dot := fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
		if dr, mask, at, _, ok := f.Glyph(dot, c); ok {
			draw.DrawMask(r.img, dr, ink, image.Point{}, mask, at, draw.Over)
		}
		x += m.measure(string(c), size)
	}
}

func (r *raster) face(size float64, strong bool) font.Face {
	key := faceKey{size, strong}
	f, ok := r.faces[key]
	if !ok {
		var err error
		if f, err = opentype.NewFace(faceOf(strong).font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone}); err != nil {
			panic("chart: " + err.Error()) // the font is part of the program
		}
		r.faces[key] = f
	}
	return f
}
