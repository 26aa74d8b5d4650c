package widgets

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"muster/app/caseview/places"
	"muster/plugins/pole"
	"muster/ui/theme"
)

const (
	mapDot   = 13 // side of a sign
	mapClose = 30 // places nearer than this are one group
)

// mapDraw works out where things of a Map stand and draws them: shapes into one picture, words above it.
type mapDraw struct {
	m      *Map
	raster *canvas.Raster
	k      ink
	size   fyne.Size
	wordPool
	groups []places.Group
	taken  []box32 // where words stand already
	plates []box32 // grounds under words
	towns  []fyne.Position
	bare   bool // the outline is drawn: there is no tile server
}

type box32 struct{ x0, y0, x1, y1 float32 }

func (b box32) meets(o box32) bool {
	return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1
}

func newMapDraw(m *Map) *mapDraw {
	d := &mapDraw{m: m}
	d.raster = canvas.NewRaster(func(w, h int) image.Image { return d.paint(w, h) })
	d.raster.ScaleMode = canvas.ImageScaleFastest
	return d
}

func (d *mapDraw) extent() (w, h float64) {
	return math.Max(float64(d.size.Width), 1), math.Max(float64(d.size.Height), 1)
}

// hit is the group at a place, or -1.
func (d *mapDraw) hit(p fyne.Position) int {
	best, near := -1, 22.0
	for i, g := range d.groups {
		if x := math.Hypot(g.X-float64(p.X), g.Y-float64(p.Y)); x < near {
			best, near = i, x
		}
	}
	return best
}

// set works everything out for a size.
func (d *mapDraw) set(size fyne.Size) {
	d.size, d.used = size, 0
	d.taken, d.plates, d.towns = d.taken[:0], d.plates[:0], d.towns[:0]
	d.raster.Move(fyne.NewPos(0, 0))
	d.raster.Resize(size)
	if size.Width < 40 || size.Height < 40 {
		d.groups = nil
		return
	}
	w, h := d.extent()
	if !d.m.set {
		d.m.view, d.m.set = d.m.snap(places.Fit(d.m.points, w, h)), true
	}
	if _, most := d.m.zooms(); d.m.view.Zoom > most {
		d.m.view.Zoom = most
	}
	d.bare = d.m.Tiles == nil
	d.groups = places.Cluster(d.m.points, d.m.view, w, h, mapClose, nil)
	d.setFrame()
	d.setGroups()
	if d.bare {
		d.setTowns()
		d.setGrid()
	}
}

// free takes room for words, if there is any.
func (d *mapDraw) free(b box32) bool {
	for _, t := range d.taken {
		if t.meets(b) {
			return false
		}
	}
	d.taken = append(d.taken, b)
	return true
}

// plated sets words on a ground of their own, so that they are read on any picture.
func (d *mapDraw) plated(s string, st Style, x, y, align float32) box32 {
	m := st.extent(s)
	b := box32{x - align*m.Width - 5, y - m.Height/2 - 1, x - align*m.Width + m.Width + 5, y + m.Height/2 + 1}
	d.plates = append(d.plates, b)
	d.taken = append(d.taken, b)
	d.word(s, st, x, y, align)
	return b
}

// setFrame sets what stands at the edges: note, scale, legend, attribution.
func (d *mapDraw) setFrame() {
	small := Style{Size: theme.SizeSmall}
	lh := lineHeight(theme.Size(theme.SizeSmall))
	bottom := d.size.Height - lh/2 - 6
	if d.m.Note != "" {
		d.plated(cut(d.m.Note, small, d.size.Width-40), Style{Size: theme.SizeSmall, Bold: true, Color: theme.Disagree}, 14, lh/2+8, 0)
	}
	if d.m.Tiles != nil {
		d.plated(cut(d.m.Tiles.Attribution(), small, d.size.Width/2), small.In(theme.Muted), d.size.Width-12, bottom, 1)
	}
	km, units := scaleBar(d.m.view.MetresPerUnit(), 120)
	d.plated(km, small, 16, bottom-12, 0)
	d.taken = append(d.taken, box32{0, bottom - 30, 16 + units + 10, d.size.Height})
	x := d.size.Width - 12
	y := bottom
	if d.m.Tiles != nil {
		y -= lh + 6
	}
	for i := len(d.m.Legend) - 1; i >= 0; i-- {
		if d.m.Legend[i] == "" {
			continue
		}
		b := d.plated(d.m.Legend[i], small, x, y, 1)
		x = b.x0 - 15
		d.plates[len(d.plates)-1].x0 -= 15
		d.taken = append(d.taken, box32{x, b.y0, b.x0, b.y1})
		x -= 6
	}
}

// scaleBar chooses a round length for a bar of about so many units: its words and its exact width.
func scaleBar(metres float64, about float32) (words string, units float32) {
	most := metres * float64(about)
	step := math.Pow10(int(math.Floor(math.Log10(most))))
	for _, f := range []float64{5, 2, 1} {
		if f*step <= most {
			step *= f
			break
		}
	}
	word := func(v float64) string { return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".") }
	km := word(step/1000) + " km"
	if step < 1000 {
		km = word(step) + " m"
	}
	miles := step / 1609.344
	mi := word(math.Round(miles*100)/100) + " mi"
	if miles >= 10 {
		mi = strconv.Itoa(int(math.Round(miles))) + " mi"
	} else if miles < 0.1 {
		mi = strconv.Itoa(int(math.Round(step*1.09361))) + " yd"
	}
	return km + " · " + mi, float32(step / metres)
}

// setGroups sets the figures and names of what is on the map.
func (d *mapDraw) setGroups() {
	for _, g := range d.groups {
		d.taken = append(d.taken, box32{float32(g.X) - 9, float32(g.Y) - 9, float32(g.X) + 9, float32(g.Y) + 9})
	}
	bold := Style{Size: theme.SizeSmall, Bold: true}
	for pass := range 2 { // the selected and the pointed-at first
		for _, g := range d.groups {
			x, y := float32(g.X), float32(g.Y)
			special := d.in(g, d.m.selected) || d.in(g, d.m.over)
			if (pass == 0) != special {
				continue
			}
			if len(g.Members) > 1 {
				d.word(strconv.Itoa(len(g.Members)), bold, x, y, 0.5)
				if !d.in(g, d.m.selected) {
					continue
				}
			}
			i := g.Members[0]
			if d.in(g, d.m.selected) {
				i = d.m.selected
			}
			d.name(g, i, special)
		}
	}
}

func (d *mapDraw) in(g places.Group, i int) bool {
	for _, x := range g.Members {
		if x == i {
			return true
		}
	}
	return false
}

// name sets the title of a place where there is room; that of the selected one always.
func (d *mapDraw) name(g places.Group, i int, must bool) {
	p := &d.m.points[i]
	st := Style{Size: theme.SizeSmall, Bold: must}
	s := p.Title
	if p.How != places.Exact {
		s = "≈ " + s
	}
	if len(p.Others) > 0 {
		s = "≠ " + s
		st.Color = theme.Disagree
	}
	s = cut(s, st, 220)
	m := st.extent(s)
	side := float32(14)
	switch {
	case len(g.Members) > 1:
		side = 26
	case must:
		side = 21
	}
	x, y := float32(g.X), float32(g.Y)
	at := func(x, y float32) (box32, bool) {
		b := box32{x - 4, y - m.Height/2 - 1, x + m.Width + 4, y + m.Height/2 + 1}
		return b, b.x0 > 2 && b.x1 < d.size.Width-2 && b.y0 > 2 && b.y1 < d.size.Height-2
	}
	spots := []fyne.Position{{X: x + side, Y: y}, {X: x - side - m.Width, Y: y}}
	if must {
		spots = append(spots, fyne.NewPos(x-m.Width/2, y+side+m.Height/2), fyne.NewPos(x-m.Width/2, y-side-m.Height/2))
	}
	put := func(b box32, p fyne.Position) {
		d.plates = append(d.plates, b)
		d.word(s, st, p.X, p.Y, 0)
	}
	for _, p := range spots {
		if b, inside := at(p.X, p.Y); inside && d.free(b) {
			put(b, p)
			return
		}
	}
	if must { // it covers something rather than going without its name
		for _, p := range spots {
			if b, inside := at(p.X, p.Y); inside {
				put(b, p)
				return
			}
		}
	}
}

// setTowns sets the names of towns on the outline, the larger first.
func (d *mapDraw) setTowns() {
	w, h := d.extent()
	zoom := d.m.view.Zoom
	rank := 0
	switch {
	case zoom >= 10:
		rank = 3
	case zoom >= 8.5:
		rank = 2
	case zoom >= 7:
		rank = 1
	}
	most := 46
	for _, t := range places.Towns() {
		if t.Rank > rank || most == 0 {
			continue
		}
		px, py := d.m.view.At(t.X, t.Y, w, h)
		if px < 4 || py < 10 || px > w-40 || py > h-10 {
			continue
		}
		st := Style{Size: theme.SizeSmall, Color: theme.Muted}
		m := st.extent(t.Name)
		x, y := float32(px), float32(py)
		if d.free(box32{x - 5, y - m.Height/2 - 2, x + 9 + m.Width, y + m.Height/2 + 2}) {
			d.towns = append(d.towns, fyne.NewPos(x, y))
			d.word(t.Name, st, x+6, y, 0)
			most--
		}
	}
}

// gridStep is the side of the squares of the National Grid that are drawn, in metres.
func (d *mapDraw) gridStep() float64 {
	switch z := d.m.view.Zoom; {
	case z >= 12.5:
		return 1000
	case z >= 9:
		return 10000
	}
	return 100000
}

// setGrid names the squares of the National Grid.
func (d *mapDraw) setGrid() {
	step := d.gridStep()
	st := Style{Size: theme.SizeTiny, Color: theme.DisabledText, Mono: true}
	d.squares(step, func(e, n float64) {
		lat, lon, ok := pole.FromGrid(e+step/2, n+step/2)
		if !ok {
			return
		}
		w, h := d.extent()
		px, py := d.m.view.At2(lat, lon, w, h)
		digits := map[float64]int{100000: 1, 10000: 1, 1000: 2}[step]
		name := strings.ReplaceAll(pole.GridReference(e+step/2, n+step/2, digits), " ", "")
		if step == 100000 && len(name) > 2 {
			name = name[:2]
		}
		m := st.extent(name)
		x, y := float32(px)-m.Width/2, float32(py)
		if x > 2 && y > 8 && x+m.Width < d.size.Width-2 && y < d.size.Height-8 && d.free(box32{x - 2, y - m.Height/2, x + m.Width + 2, y + m.Height/2}) {
			d.word(name, st, x, y, 0)
		}
	})
}

// squares calls f with the south-west corner of every square of the grid in sight, at most a few hundred.
func (d *mapDraw) squares(step float64, f func(e, n float64)) {
	e0, e1, n0, n1 := d.gridBounds(step)
	if (e1-e0)/step*(n1-n0)/step > 600 {
		return
	}
	for e := e0; e < e1; e += step {
		for n := n0; n < n1; n += step {
			f(e, n)
		}
	}
}

// gridBounds is the part of the grid in sight, at full steps.
func (d *mapDraw) gridBounds(step float64) (e0, e1, n0, n1 float64) {
	w, h := d.extent()
	e0, n0, e1, n1 = 700000, 1300000, 0, 0
	for i := range 5 {
		for j := range 5 {
			lat, lon := places.Unproject(d.m.view.Point(w*float64(i)/4, h*float64(j)/4, w, h))
			lat, lon = min(max(lat, 49.2), 61.2), min(max(lon, -8.9), 2.2)
			if e, n, ok := pole.ToGrid(lat, lon); ok {
				e0, e1, n0, n1 = min(e0, e), max(e1, e), min(n0, n), max(n1, n)
			}
		}
	}
	e0, n0 = math.Floor(e0/step)*step, math.Floor(n0/step)*step
	return e0, min(math.Ceil(e1/step)*step, 700000), n0, min(math.Ceil(n1/step)*step, 1300000)
}
