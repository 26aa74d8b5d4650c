package widgets

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"golang.org/x/image/draw"

	"muster/app/caseview/places"
	"muster/app/tiles"
	"muster/plugins/pole"
	"muster/ui/theme"
)

// paint draws everything but the words.
func (d *mapDraw) paint(w, h int) image.Image {
	k := &d.k
	sea, _ := grounds()
	k.sheet(w, h, d.size.Width, theme.Color(sea))
	if d.size.Width < 40 || d.size.Height < 40 {
		return k.img
	}
	d.land()
	if d.bare {
		d.grid()
		for _, t := range d.towns {
			k.disc(t.X, t.Y, 2.2, theme.Color(theme.Muted))
		}
	} else {
		d.tiles()
	}
	d.reach()
	panel := theme.Color(theme.Panel)
	for _, b := range d.plates {
		k.pill(b.x0, b.y0, b.x1, b.y1, 4, withAlpha(panel, 0.88))
	}
	for pass := range 2 {
		for _, g := range d.groups {
			if d.in(g, d.m.selected) == (pass == 1) {
				d.sign(g)
			}
		}
	}
	d.legend()
	d.scale()
	return k.img
}

// grounds are the colours of sea and land: the land is the lighter.
func grounds() (sea, land fyne.ThemeColorName) {
	if dark() {
		return theme.Background, theme.PanelRaised
	}
	return theme.Chip, theme.Panel
}

// land draws the coasts.
func (d *mapDraw) land() {
	k := &d.k
	w, h := d.extent()
	sight := d.m.view.Box(w, h)
	sea, dry := grounds()
	fill, coast := theme.Color(dry), theme.Color(theme.FieldLine)
	far := blend(theme.Color(sea), withAlpha(fill, 0.5))
	s := d.m.view.Scale()
	for _, r := range places.Outline() {
		if !r.Box.Meets(sight) {
			continue
		}
		// Steps of less than half a unit are not seen; corners far out of sight are drawn in, so that the numbers stay small.
		pts := make([]float32, 0, len(r.Points))
		lastX, lastY := math.Inf(1), 0.0
		for i := 0; i+1 < len(r.Points); i += 2 {
			x, y := (r.Points[i]-d.m.view.X)*s+w/2, (r.Points[i+1]-d.m.view.Y)*s+h/2
			if math.Abs(x-lastX) < 0.6 && math.Abs(y-lastY) < 0.6 {
				continue
			}
			lastX, lastY = x, y
			pts = append(pts, float32(x), float32(y))
		}
		pts = clipBox(pts, -60, -60, d.size.Width+60, d.size.Height+60)
		if len(pts) < 6 {
			continue
		}
		c := fill
		if r.Country == "IE" || r.Country == "X" {
			c = far
		}
		k.path(c, pts)
		coasts := make([]float32, 0, 2*len(pts))
		for i := 0; i+3 < len(pts); i += 2 {
			edge := func(x, y float32) bool {
				return x <= -59 || y <= -59 || x >= d.size.Width+59 || y >= d.size.Height+59
			}
			if !edge(pts[i], pts[i+1]) || !edge(pts[i+2], pts[i+3]) {
				coasts = append(coasts, pts[i], pts[i+1], pts[i+2], pts[i+3])
			}
		}
		k.lines(1.1, coast, coasts)
	}
}

// clipBox cuts a polygon off at a box.
func clipBox(p []float32, x0, y0, x1, y1 float32) []float32 {
	for _, side := range []struct {
		axis int
		at   float32
		sign float32
	}{{0, x0, 1}, {0, x1, -1}, {1, y0, 1}, {1, y1, -1}} {
		if len(p) == 0 {
			return p
		}
		out := make([]float32, 0, len(p)+8)
		in := func(i int) bool { return (p[i+side.axis]-side.at)*side.sign >= 0 }
		j := len(p) - 2
		for i := 0; i+1 < len(p); i += 2 {
			if in(i) != in(j) {
				f := (side.at - p[j+side.axis]) / (p[i+side.axis] - p[j+side.axis])
				out = append(out, p[j]+f*(p[i]-p[j]), p[j+1]+f*(p[i+1]-p[j+1]))
			}
			if in(i) {
				out = append(out, p[i], p[i+1])
			}
			j = i
		}
		p = out
	}
	return p
}

// grid draws the lines of the National Grid.
func (d *mapDraw) grid() {
	k := &d.k
	step := d.gridStep()
	w, h := d.extent()
	e0, e1, n0, n1 := d.gridBounds(step)
	if (e1-e0)/step+(n1-n0)/step > 90 {
		return
	}
	line := withAlpha(theme.Color(theme.Muted), 0.22)
	strong := withAlpha(theme.Color(theme.Muted), 0.42)
	at := func(e, n float64) (float32, float32) {
		lat, lon, _ := pole.FromGrid(min(max(e, 0), 699999), min(max(n, 0), 1299999))
		x, y := d.m.view.At2(lat, lon, w, h)
		return float32(x), float32(y)
	}
	const parts = 8
	var faint, clear []float32
	draw := func(fe, fn func(t float64) float64, major bool) {
		x, y := at(fe(0), fn(0))
		for i := 1; i <= parts; i++ {
			t := float64(i) / parts
			nx, ny := at(fe(t), fn(t))
			if major {
				clear = append(clear, x, y, nx, ny)
			} else {
				faint = append(faint, x, y, nx, ny)
			}
			x, y = nx, ny
		}
	}
	major := func(v float64) bool { return step < 100000 && math.Mod(v, step*10) == 0 }
	for e := e0; e <= e1; e += step {
		draw(func(float64) float64 { return e }, func(t float64) float64 { return n0 + t*(n1-n0) }, major(e))
	}
	for n := n0; n <= n1; n += step {
		draw(func(t float64) float64 { return e0 + t*(e1-e0) }, func(float64) float64 { return n }, major(n))
	}
	k.lines(1, line, faint)
	k.lines(1, strong, clear)
}

// tiles draws the pictures that are at hand and has the others fetched; a coarser one stands in meanwhile.
func (d *mapDraw) tiles() {
	k := &d.k
	w, h := d.extent()
	least, most, side := d.m.Tiles.Zooms()
	shift := math.Log2(float64(side) / places.TileSide)
	z := min(max(int(math.Round(d.m.view.Zoom-shift)), least), most)
	n := math.Exp2(float64(z))
	b := d.m.view.Box(w, h)
	x0, x1 := int(math.Floor(b.X0*n)), int(math.Floor(b.X1*n))
	y0, y1 := int(math.Floor(b.Y0*n)), int(math.Floor(b.Y1*n))
	if (x1-x0+1)*(y1-y0+1) > 150 {
		return // so far out that the server has nothing as coarse
	}
	dim := theme.Color(theme.Background)
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			t := tiles.Tile{Z: z, X: x, Y: y}
			img, state := d.m.Tiles.Get(t)
			src := image.Rectangle{}
			if img != nil {
				src = img.Bounds()
			} else if state != tiles.Empty {
				img, src = d.coarser(t)
			}
			if img == nil {
				continue
			}
			px0, py0 := d.m.view.At(float64(x)/n, float64(y)/n, w, h)
			px1, py1 := d.m.view.At(float64(x+1)/n, float64(y+1)/n, w, h)
			r := image.Rect(k.px(float32(px0)), k.px(float32(py0)), k.px(float32(px1)), k.px(float32(py1)))
			var scaler draw.Scaler = draw.ApproxBiLinear
			if r.Dx() == src.Dx() && r.Dy() == src.Dy() {
				draw.Draw(k.img, r, img, src.Min, draw.Over)
			} else {
				scaler.Scale(k.img, r, img, src, draw.Over, nil)
			}
		}
	}
	if dark() { // the server's pictures are made for daylight
		k.rect(0, 0, d.size.Width, d.size.Height, withAlpha(dim, 0.32))
	}
}

// dark reports whether the look in use is a dark one.
func dark() bool {
	r, g, b, _ := theme.Color(theme.Background).RGBA()
	return r+g+b < 3*0x8000
}

// coarser finds the part of a coarser picture that shows the same ground.
func (d *mapDraw) coarser(t tiles.Tile) (image.Image, image.Rectangle) {
	for up := 1; up <= 4 && t.Z-up >= 0; up++ {
		p := tiles.Tile{Z: t.Z - up, X: t.X >> up, Y: t.Y >> up}
		img := d.m.Tiles.Peek(p)
		if img == nil {
			continue
		}
		n := 1 << up
		b := img.Bounds()
		w, h := b.Dx()/n, b.Dy()/n
		if w < 1 || h < 1 {
			return nil, b
		}
		min := b.Min.Add(image.Pt((t.X-p.X*n)*w, (t.Y-p.Y*n)*h))
		return img, image.Rectangle{Min: min, Max: min.Add(image.Pt(w, h))}
	}
	return nil, image.Rectangle{}
}

// reach draws how far off the selected place may be, and where other systems put it.
func (d *mapDraw) reach() {
	if d.m.selected < 0 {
		return
	}
	k := &d.k
	w, h := d.extent()
	p := &d.m.points[d.m.selected]
	x, y := d.m.view.At2(p.Lat, p.Lon, w, h)
	c := theme.Color(theme.Accent)
	if p.How != places.Exact {
		r := float32(p.Within / d.m.view.MetresPerUnit())
		if r > 14 && r < 4*d.size.Width {
			k.disc(float32(x), float32(y), r, withAlpha(c, 0.12))
			k.ring(float32(x), float32(y), r, 1.25, withAlpha(c, 0.7))
		}
	}
	for i := range p.Others {
		o := &p.Others[i]
		ox, oy := d.m.view.At2(o.Lat, o.Lon, w, h)
		amber := theme.Color(theme.Disagree)
		const parts = 40
		for s := 0; s < parts; s += 2 {
			t0, t1 := float32(s)/parts, float32(s+1)/parts
			dx, dy := float32(ox-x), float32(oy-y)
			k.line(float32(x)+dx*t0, float32(y)+dy*t0, float32(x)+dx*t1, float32(y)+dy*t1, 1.5, amber)
		}
		k.shape(HollowDia, float32(ox), float32(oy), mapDot, amber)
	}
}

// signs are the shapes of the classes: nothing is told by colour alone.
var signs = map[pole.Class]Shape{pole.ClassPerson: Circle, pole.ClassObject: Square, pole.ClassLocation: Diamond, pole.ClassEvent: Triangle}

// sign draws a place or a group.
func (d *mapDraw) sign(g places.Group) {
	k := &d.k
	x, y := float32(g.X), float32(g.Y)
	sel, over := d.in(g, d.m.selected), d.in(g, d.m.over)
	accent, panel := theme.Color(theme.Accent), theme.Color(theme.Panel)
	edge := theme.Color(theme.SelectedAccent)
	if d.m.focused {
		edge = theme.Color(theme.Focus)
	}
	if len(g.Members) > 1 {
		r := float32(14)
		if len(g.Members) > 99 {
			r = 17
		}
		fill := theme.Color(theme.Chip)
		if sel {
			fill = theme.Color(theme.Selection)
			k.ring(x, y, r+5, 2.5, edge)
		}
		if over {
			fill = blend(fill, theme.Color(theme.Hover))
		}
		k.disc(x, y, r+1.5, panel)
		k.disc(x, y, r, fill)
		k.ring(x, y, r, 2, accent)
		return
	}
	p := &d.m.points[g.Members[0]]
	c := accent
	if len(p.Others) > 0 {
		c = theme.Color(theme.Disagree)
	} else if p.Ended {
		c = theme.Color(theme.Muted)
	}
	k.disc(x, y, 11.5, withAlpha(panel, 0.94))
	if sel {
		k.disc(x, y, 14, theme.Color(theme.Selection))
		k.ring(x, y, 14, 2.5, edge)
	} else if over {
		k.ring(x, y, 13, 1.5, c)
	}
	d.classSign(p.Class, x, y, c, panel, p.How != places.Exact)
}

// classSign draws the sign of a class, hollow where the place is known about only.
func (d *mapDraw) classSign(class pole.Class, x, y float32, c, ground color.Color, about bool) {
	s, ok := signs[class]
	if !ok {
		s = Square
	}
	d.k.shape(s, x, y, mapDot, c)
	if about {
		inner := float32(mapDot - 6)
		if s == Triangle {
			y += 1
		}
		d.k.shape(s, x, y, inner, ground)
	}
}

// legend draws the signs beside their names.
func (d *mapDraw) legend() {
	k := &d.k
	classes := []pole.Class{pole.ClassPerson, pole.ClassObject, pole.ClassLocation, pole.ClassEvent}
	c := theme.Color(theme.Text)
	for i := range d.m.Legend {
		b, ok := d.legendBox(i)
		if !ok {
			continue
		}
		x, y := b.x0+10, (b.y0+b.y1)/2
		if i < len(classes) {
			k.shape(signs[classes[i]], x, y, 9, c)
		} else {
			k.ring(x, y, 5, 1.8, c)
		}
	}
}

// legendBox is the ground of a name of the legend.
func (d *mapDraw) legendBox(i int) (box32, bool) {
	if d.m.Legend[i] == "" {
		return box32{}, false
	}
	at := 0 // they were set from the last to the first, after the note, the attribution and the scale
	if d.m.Note != "" {
		at++
	}
	if d.m.Tiles != nil {
		at++
	}
	at++
	for j := len(d.m.Legend) - 1; j > i; j-- {
		if d.m.Legend[j] != "" {
			at++
		}
	}
	if at >= len(d.plates) {
		return box32{}, false
	}
	return d.plates[at], true
}

// scale draws the bar below its words.
func (d *mapDraw) scale() {
	k := &d.k
	_, units := scaleBar(d.m.view.MetresPerUnit(), 120)
	y := d.size.Height - 9
	c := theme.Color(theme.Text)
	k.rect(12, y, 12+units, y+2, c)
	k.rect(12, y-4, 13.5, y+2, c)
	k.rect(12+units-1.5, y-4, 12+units, y+2, c)
}
