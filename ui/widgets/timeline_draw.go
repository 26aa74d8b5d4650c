package widgets

import (
	"image"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"muster/app/caseview/timeline"
	"muster/ui/theme"
)

// The measures of a timeline, at the text size as designed.
const (
	tlRow      = 24 // one row of a lane
	tlLanePad  = 6
	tlDot      = 11
	tlBar      = 18
	tlMaxRows  = 8
	tlLabelMax = 230
)

// timelineDraw works out where things of a Timeline stand and draws them: shapes into one picture, words above it.
type timelineDraw struct {
	t      *Timeline
	raster *canvas.Raster
	k      ink
	size   fyne.Size
	wordPool
	lanes  []tlLane
	ticks  []timeline.Tick
	widths map[string]float32
	font   float32
	cuts   map[string]string
	counts []int
	stripN int
}

// tlLane is a lane in sight.
type tlLane struct {
	at        int // index of the lane
	top, rows float32
	marks     []timeline.Mark
}

func newTimelineDraw(t *Timeline) *timelineDraw {
	d := &timelineDraw{t: t}
	d.raster = canvas.NewRaster(func(w, h int) image.Image { return d.paint(w, h) })
	d.raster.ScaleMode = canvas.ImageScaleFastest
	return d
}

func (d *timelineDraw) objects() []fyne.CanvasObject {
	return d.over(d.raster)
}

func (d *timelineDraw) rowHeight() float32 {
	return max(tlRow, lineHeight(theme.Size(theme.SizeLabel))+5)
}

func (d *timelineDraw) axis() float32      { return 2*lineHeight(theme.Size(theme.SizeSmall)) + 10 }
func (d *timelineDraw) strip() float32     { return 46 + lineHeight(theme.Size(theme.SizeSmall)) }
func (d *timelineDraw) gutter() float32    { return min(max(d.size.Width*0.19, 110), 224) }
func (d *timelineDraw) plotWidth() float32 { return d.size.Width - d.gutter() }

// share is where x stands in the view; ok is false in the gutter.
func (d *timelineDraw) share(x float32) (float64, bool) {
	w := d.plotWidth()
	if w <= 0 {
		return 0, false
	}
	return float64((x - d.gutter()) / w), x >= d.gutter()
}

func (d *timelineDraw) inStrip(y float32) bool { return y > d.size.Height-d.strip() }

func (d *timelineDraw) room() float32 { return d.size.Height - d.axis() - d.strip() }

// lanesInSight is how many lanes there is room for.
func (d *timelineDraw) lanesInSight() int {
	return max(int(d.room()/(d.rowHeight()+2*tlLanePad)), 1)
}

// stripSpan is what the strip below shows: all, with a little room.
func (d *timelineDraw) stripSpan() timeline.View { return timeline.Fit(d.t.all) }

// hit is the mark at a place and its lane.
func (d *timelineDraw) hit(p fyne.Position) (*timeline.Mark, int) {
	for i := range d.lanes {
		l := &d.lanes[i]
		rh := d.rowHeight()
		if p.Y < l.top || p.Y > l.top+l.rows*rh+2*tlLanePad {
			continue
		}
		for j := range l.marks {
			m := &l.marks[j]
			x0, x1 := d.ends(m)
			y := l.top + tlLanePad + float32(m.Row)*rh
			end := x1
			if m.Label {
				end += d.labelWidth(m.Items[0])
			}
			if m.Left {
				x0 -= d.labelWidth(m.Items[0])
			}
			if p.X >= x0-4 && p.X <= end+2 && p.Y >= y-1 && p.Y <= y+rh {
				return m, l.at
			}
		}
	}
	return nil, 0
}

// ends are where a mark is drawn, in the widget. A count needs room for its figure.
func (d *timelineDraw) ends(m *timeline.Mark) (x0, x1 float32) {
	g := d.gutter()
	x0, x1 = g+float32(m.X0), g+float32(m.X1)
	if m.Count() > 1 {
		need := 14 + 7.5*float32(len(strconv.Itoa(m.Count())))
		if x1-x0 < need {
			mid := (x0 + x1) / 2
			x0, x1 = mid-need/2, mid+need/2
		}
		x0, x1 = max(x0, g+1), min(x1, d.size.Width-1)
	}
	return x0, x1
}

// set works everything out for a size.
func (d *timelineDraw) set(size fyne.Size) {
	d.size, d.used = size, 0
	d.raster.Resize(size)
	d.raster.Move(fyne.NewPos(0, 0))
	if size.Width <= 0 || d.plotWidth() < 40 || d.room() < 10 {
		d.lanes = nil
		return
	}
	if f := theme.Size(theme.SizeSmall); f != d.font || d.widths == nil || len(d.widths) > 30000 {
		d.font, d.widths, d.cuts = f, map[string]float32{}, map[string]string{}
	}
	d.layLanes()
	d.setAxis()
	d.setLanes()
	d.setStrip()
}

// layLanes shares the height out: fuller lanes get more rows.
func (d *timelineDraw) layLanes() {
	t := d.t
	n := min(d.lanesInSight(), len(t.lanes)-t.top)
	t.top = max(0, min(t.top, len(t.lanes)-1))
	d.lanes = d.lanes[:0]
	if n <= 0 {
		return
	}
	rh := d.rowHeight()
	left := int((d.room() - float32(n)*(rh+2*tlLanePad)) / rh)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = 1
	}
	for ; left > 0; left-- {
		best := -1
		for i := range rows {
			full := func(i int) float64 { return float64(len(t.lanes[t.top+i].Items)) / float64(rows[i]) }
			if rows[i] < tlMaxRows && len(t.lanes[t.top+i].Items) > rows[i] && (best < 0 || full(i) > full(best)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		rows[best]++
	}
	y := d.axis()
	keep := func(i int) bool { return i == t.selected }
	for i := range rows {
		l := tlLane{at: t.top + i, top: y, rows: float32(rows[i])}
		l.marks = timeline.Arrange(t.items, t.lanes[l.at].Items, t.view, timeline.Room{
			Width: float64(d.plotWidth()), Rows: rows[i], Dot: tlDot, Close: 15, Gap: 5, Keep: keep,
			Label: func(i int) float64 { return float64(d.labelWidth(i)) },
		})
		d.lanes = append(d.lanes, l)
		y += float32(rows[i])*rh + 2*tlLanePad
	}
}

func (d *timelineDraw) title(i int) string {
	it := &d.t.items[i]
	if it.Conflict() {
		return "≠ " + it.Title
	}
	return it.Title
}

func (d *timelineDraw) labelWidth(i int) float32 {
	s := d.title(i)
	w, ok := d.widths[s]
	if !ok {
		w = min(Style{Size: theme.SizeSmall}.measure(s), tlLabelMax) + 10
		d.widths[s] = w
	}
	return w
}

// labelAt is where the title of a mark begins, or with left where it ends.
func (d *timelineDraw) labelAt(m *timeline.Mark) (x float32, left bool) {
	x0, x1 := d.ends(m)
	if x1-x0 > tlDot+1 {
		return max(x0, d.gutter()) + 6, false
	}
	if m.Left || !m.Label && x1+d.labelWidth(m.Items[0]) > d.size.Width && x0-d.labelWidth(m.Items[0]) > d.gutter() {
		return x0 - 6, true
	}
	return x1 + 5, false
}

func (d *timelineDraw) fit(s string, st Style, width float32) string {
	if width > 4000 || width < 8 {
		return s
	}
	key := s + "\x00" + strconv.Itoa(int(width)) + string(st.Size)
	c, ok := d.cuts[key]
	if !ok {
		c = cut(s, st, width)
		d.cuts[key] = c
	}
	return c
}

func (d *timelineDraw) setAxis() {
	small := Style{Size: theme.SizeSmall, Color: theme.Muted}
	strong := Style{Size: theme.SizeSmall, Bold: true}
	w := d.plotWidth()
	lh := lineHeight(theme.Size(theme.SizeSmall))
	d.ticks = d.t.view.Ticks(int(w / 76))
	type upper struct {
		x    float32
		text string
	}
	var ups []upper
	for _, k := range d.ticks {
		x := d.gutter() + float32(d.t.view.At(k.At))*w
		if x >= d.gutter()-1 && x < d.size.Width-20 {
			d.word(k.Label, small, x+4, 4+lh*1.5, 0)
		}
		if k.Upper != "" {
			ups = append(ups, upper{max(x, d.gutter()) + 4, k.Upper})
		}
	}
	for i, u := range ups {
		if i+1 < len(ups) && ups[i+1].x < u.x+strong.measure(u.text)+8 || u.x+strong.measure(u.text) > d.size.Width-4 {
			continue
		}
		d.word(u.text, strong, u.x, 4+lh*0.5, 0)
	}
}

func (d *timelineDraw) setLanes() {
	t := d.t
	rh := d.rowHeight()
	label := Style{Size: theme.SizeLabel, Bold: true}
	small := Style{Size: theme.SizeSmall}
	for i := range d.lanes {
		l := &d.lanes[i]
		lane := &t.lanes[l.at]
		x := float32(12)
		if lane.Shape != "" {
			x += 17
		}
		count := strconv.Itoa(len(lane.Items))
		y := l.top + tlLanePad + rh/2
		cw := d.word(count, Style{Size: theme.SizeSmall, Color: theme.Muted}, d.gutter()-8, y, 1)
		d.word(d.fit(lane.Name, label, d.gutter()-x-cw-18), label, x, y, 0)
		for j := range l.marks {
			m := &l.marks[j]
			x0, x1 := d.ends(m)
			my := l.top + tlLanePad + (float32(m.Row)+0.5)*rh
			if m.Count() > 1 {
				d.word(strconv.Itoa(m.Count()), Style{Size: theme.SizeSmall, Bold: true}, (x0+x1)/2, my, 0.5)
				continue
			}
			i := m.Items[0]
			if !m.Label && !m.Left && i != t.selected && i != t.over {
				continue
			}
			st := small
			if t.items[i].Fact && x1-x0 <= tlDot+1 { // on a bar muted words would be hard to read
				st.Color = theme.Muted
			}
			if t.items[i].Conflict() {
				st.Color = theme.Disagree
			}
			if at, left := d.labelAt(m); left {
				d.word(d.fit(d.title(i), st, min(tlLabelMax, at-d.gutter()-4)), st, at, my, 1)
			} else if at <= d.size.Width-24 {
				d.word(d.fit(d.title(i), st, min(tlLabelMax, d.size.Width-at-4)), st, at, my, 0)
			}
		}
	}
	if rest := len(t.lanes) - t.top - len(d.lanes); rest > 0 || t.top > 0 {
		arrow := "▲ " + strconv.Itoa(t.top) + "   ▼ " + strconv.Itoa(rest)
		d.word(arrow, Style{Size: theme.SizeSmall, Color: theme.Muted}, 12, d.axis()/2, 0)
	}
}

func (d *timelineDraw) setStrip() {
	if !d.t.dated {
		return
	}
	small := Style{Size: theme.SizeSmall, Color: theme.Muted}
	y := d.size.Height - lineHeight(theme.Size(theme.SizeSmall))/2 - 3
	s := d.stripSpan()
	d.word(dayWords(s.From), small, d.gutter()+4, y, 0)
	d.word(dayWords(s.To), small, d.size.Width-6, y, 1)
	d.stripN = max(int(d.plotWidth()/5), 1)
	d.counts = timeline.Density(d.t.items, timeline.Span(s), d.stripN)
}
