package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Stack sets objects below one another, each as wide as the stack and as tall as it needs at that width.
// units is the gap in fours.
func Stack(units float32, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(&stackLayout{units: units}, objs...)
}

type stackLayout struct {
	units float32
	width float32
}

func (l *stackLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	h, n := float32(0), 0
	for _, o := range objs {
		if o.Visible() {
			h += HeightFor(o, width)
			n++
		}
	}
	if n > 1 {
		h += float32(n-1) * gap(l.units)
	}
	return h
}

func (l *stackLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	l.width = s.Width
	y := float32(0)
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		h := HeightFor(o, s.Width)
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(s.Width, h))
		y += h + gap(l.units)
	}
}

func (l *stackLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objs {
		if o.Visible() {
			w = max(w, o.MinSize().Width)
		}
	}
	return fyne.NewSize(w, l.HeightFor(objs, max(w, l.width)))
}

// Cell is one object of a Row or of Columns.
type Cell struct {
	Obj   fyne.CanvasObject
	Width float32 // fixed width; 0 is as the object needs
	Grow  float32 // share of what is left over
	Top   bool    // stands at the top of the row instead of its middle
	Fill  bool    // as tall as the row
	// Below hides the cell while the whole is narrower than this.
	Below float32
}

// Fix is a cell as wide as its object needs.
func Fix(o fyne.CanvasObject) Cell { return Cell{Obj: o} }

// Grow is a cell that takes what is left over.
func Grow(o fyne.CanvasObject) Cell { return Cell{Obj: o, Grow: 1} }

// Wide is a cell of a fixed width.
func Wide(o fyne.CanvasObject, width float32) Cell { return Cell{Obj: o, Width: width} }

// AtTop gives the cell standing at the top of its row.
func (c Cell) AtTop() Cell { c.Top = true; return c }

// Row sets objects beside one another, units of four apart, in the middle of the row's height.
func Row(units float32, cells ...Cell) *fyne.Container {
	return container.New(&rowLayout{units: units, cells: cells}, objects(cells)...)
}

// Columns sets objects beside one another, each as tall as the whole; cells below their width hide and give up their room.
func Columns(units float32, cells ...Cell) *fyne.Container {
	for i := range cells {
		cells[i].Fill = true
	}
	return container.New(&rowLayout{units: units, cells: cells}, objects(cells)...)
}

// Spacer is an empty growing cell.
func Spacer() Cell { return Cell{Obj: canvas.NewRectangle(none), Grow: 1} }

func objects(cells []Cell) []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(cells))
	for i, c := range cells {
		out[i] = c.Obj
	}
	return out
}

type rowLayout struct {
	units float32
	cells []Cell
	width float32
}

// widths shares a width out; -1 marks a hidden cell.
func (l *rowLayout) widths(width float32) []float32 {
	out := make([]float32, len(l.cells))
	used, grow, n := float32(0), float32(0), 0
	for i, c := range l.cells {
		if !c.Obj.Visible() && c.Below == 0 || c.Below > 0 && width < c.Below {
			out[i] = -1
			continue
		}
		n++
		switch {
		case c.Grow > 0:
			grow += c.Grow
		case c.Width > 0:
			out[i] = c.Width
		default:
			out[i] = natural(c.Obj)
		}
		used += out[i]
	}
	if n > 1 {
		used += float32(n-1) * gap(l.units)
	}
	left := max(0, width-used)
	for i, c := range l.cells {
		if out[i] >= 0 && c.Grow > 0 {
			out[i] = left * c.Grow / grow
		}
	}
	return out
}

func natural(o fyne.CanvasObject) float32 {
	if f, ok := o.(*Flow); ok {
		return f.Natural()
	}
	return o.MinSize().Width
}

func (l *rowLayout) HeightFor(_ []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for i, w := range l.widths(width) {
		if w >= 0 {
			h = max(h, HeightFor(l.cells[i].Obj, w))
		}
	}
	return h
}

func (l *rowLayout) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	l.width = s.Width
	x := float32(0)
	for i, w := range l.widths(s.Width) {
		c := l.cells[i]
		if c.Below > 0 {
			if w < 0 {
				c.Obj.Hide()
			} else {
				c.Obj.Show()
			}
		}
		if w < 0 {
			continue
		}
		h := s.Height
		if !c.Fill {
			h = min(s.Height, HeightFor(c.Obj, w))
		}
		y := float32(0)
		if !c.Top && !c.Fill {
			y = (s.Height - h) / 2
		}
		c.Obj.Move(fyne.NewPos(x, y))
		c.Obj.Resize(fyne.NewSize(w, h))
		x += w + gap(l.units)
	}
}

func (l *rowLayout) MinSize(_ []fyne.CanvasObject) fyne.Size {
	w, h, n := float32(0), float32(0), 0
	for _, c := range l.cells {
		if !c.Obj.Visible() || c.Below > 0 {
			continue
		}
		n++
		m := c.Obj.MinSize()
		switch {
		case c.Width > 0:
			w += c.Width
		case c.Grow > 0:
			w += m.Width
		default:
			w += natural(c.Obj)
		}
		h = max(h, m.Height)
	}
	if n > 1 {
		w += float32(n-1) * gap(l.units)
	}
	if l.width > w {
		h = l.HeightFor(nil, l.width)
	}
	return fyne.NewSize(w, h)
}

// Pad puts room around an object, in units of four: top and bottom, left and right.
func Pad(v, h float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&padLayout{t: v, b: v, l: h, r: h}, o)
}

// PadSides puts room around an object, each side by itself.
func PadSides(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&padLayout{t: top, b: bottom, l: left, r: right}, o)
}

type padLayout struct{ t, r, b, l float32 }

func (l *padLayout) HeightFor(objs []fyne.CanvasObject, w float32) float32 {
	h := float32(0)
	for _, o := range objs {
		h = max(h, HeightFor(o, w-gap(l.l+l.r)))
	}
	return h + gap(l.t+l.b)
}

func (l *padLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.NewPos(gap(l.l), gap(l.t)))
		o.Resize(fyne.NewSize(s.Width-gap(l.l+l.r), s.Height-gap(l.t+l.b)))
	}
}

func (l *padLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	m := fyne.Size{}
	for _, o := range objs {
		m = m.Max(o.MinSize())
	}
	return m.AddWidthHeight(gap(l.l+l.r), gap(l.t+l.b))
}

// Centred holds an object in the middle of the room there is, at most maxWidth wide.
func Centred(maxWidth float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&centreLayout{maxWidth}, o)
}

type centreLayout struct{ max float32 }

func (l *centreLayout) HeightFor(objs []fyne.CanvasObject, w float32) float32 {
	return HeightFor(objs[0], min(w, l.max))
}

func (l *centreLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, l.max)
	h := min(s.Height, HeightFor(objs[0], w))
	objs[0].Resize(fyne.NewSize(w, h))
	objs[0].Move(fyne.NewPos((s.Width-w)/2, (s.Height-h)/2))
}

func (l *centreLayout) MinSize(objs []fyne.CanvasObject) fyne.Size { return objs[0].MinSize() }

// atLeast holds an object in the middle of a height that it may exceed: labels of neighbouring fields stay level.
func atLeast(height float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(atLeastLayout(height), o)
}

type atLeastLayout float32

func (l atLeastLayout) HeightFor(objs []fyne.CanvasObject, w float32) float32 {
	return max(float32(l), HeightFor(objs[0], w))
}

func (l atLeastLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return objs[0].MinSize().Max(fyne.NewSize(0, float32(l)))
}

func (l atLeastLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	h := min(s.Height, HeightFor(objs[0], s.Width))
	objs[0].Move(fyne.NewPos(0, (s.Height-h)/2))
	objs[0].Resize(fyne.NewSize(s.Width, h))
}

// Grid sets objects on a row of twelve columns by their spans, wrapping to the next row; a span of 0 is all twelve.
// Below narrow every object takes a row of its own.
func Grid(units, narrow float32, spans []int, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(&gridLayout{units: units, narrow: narrow, spans: spans}, objs...)
}

type gridLayout struct {
	units, narrow, width float32
	spans                []int
}

// place calls f with the frame of each visible object and returns the height of all.
func (l *gridLayout) place(objs []fyne.CanvasObject, width float32, f func(i int, p fyne.Position, s fyne.Size)) float32 {
	g := gap(l.units)
	col := (width - 11*g) / 12
	y, at, rowH := float32(0), 0, float32(0)
	type cell struct {
		i    int
		x, w float32
	}
	var row []cell
	end := func() {
		for _, c := range row {
			if f != nil {
				f(c.i, fyne.NewPos(c.x, y), fyne.NewSize(c.w, HeightFor(objs[c.i], c.w)))
			}
		}
		if len(row) > 0 {
			y += rowH + g
		}
		row, at, rowH = nil, 0, 0
	}
	for i, o := range objs {
		if !o.Visible() {
			continue
		}
		span := 12
		if i < len(l.spans) && l.spans[i] > 0 && l.spans[i] < 12 && width >= l.narrow {
			span = l.spans[i]
		}
		if at+span > 12 {
			end()
		}
		w := float32(span)*col + float32(span-1)*g
		row = append(row, cell{i, float32(at) * (col + g), w})
		rowH = max(rowH, HeightFor(o, w))
		at += span
	}
	end()
	return max(0, y-g)
}

func (l *gridLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	return l.place(objs, width, nil)
}

func (l *gridLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	l.width = s.Width
	l.place(objs, s.Width, func(i int, p fyne.Position, z fyne.Size) {
		objs[i].Move(p)
		objs[i].Resize(z)
	})
}

func (l *gridLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w := gap(40)
	return fyne.NewSize(w, l.place(objs, max(w, l.width), nil))
}

// Scroll scrolls content upwards; the content is as wide as the scroll and as tall as it needs.
type Scroll struct {
	widget.BaseWidget
	inner   *container.Scroll
	fit     *fitLayout
	content fyne.CanvasObject
}

type fitLayout struct{ width, height float32 }

func (l *fitLayout) HeightFor(objs []fyne.CanvasObject, w float32) float32 {
	return HeightFor(objs[0], w)
}

func (l *fitLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Move(fyne.NewPos(bleed, bleed))
	objs[0].Resize(s.SubtractWidthHeight(2*bleed, 2*bleed))
}

func (l *fitLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	if l.width <= 0 {
		return objs[0].MinSize()
	}
	return fyne.NewSize(0, HeightFor(objs[0], l.width)+2*bleed)
}

// bleed is how far a scroll reaches beyond its frame, so that the focus rings and borders of what stands at its edge are whole.
const bleed = 4

// NewScroll scrolls content.
func NewScroll(content fyne.CanvasObject) *Scroll {
	s := &Scroll{fit: &fitLayout{}, content: content}
	s.inner = container.NewVScroll(container.New(s.fit, content))
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the content, at its top.
func (s *Scroll) Set(content fyne.CanvasObject) {
	s.content = content
	s.inner.Content.(*fyne.Container).Objects = []fyne.CanvasObject{content}
	s.inner.ScrollToTop()
	s.Refresh()
}

// Offset is how far it is scrolled.
func (s *Scroll) Offset() float32 { return s.inner.Offset.Y }

// ScrollBy scrolls by a distance.
func (s *Scroll) ScrollBy(dy float32) { s.ScrollTo(s.inner.Offset.Y + dy) }

// ScrollTo scrolls to an offset, within what there is.
func (s *Scroll) ScrollTo(y float32) {
	limit := max(0, s.inner.Content.Size().Height-s.inner.Size().Height)
	s.inner.ScrollToOffset(fyne.NewPos(0, min(max(0, y), limit)))
}

// Reveal scrolls so far that o, which stands in the content, is seen.
func (s *Scroll) Reveal(o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	y := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(s.inner).Y
	h := s.inner.Size().Height
	switch {
	case y < 0:
		s.ScrollBy(y - gap(4))
	case y+o.Size().Height > h:
		s.ScrollBy(y + o.Size().Height - h + gap(4))
	}
}

// CreateRenderer implements fyne.Widget.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{objects: []fyne.CanvasObject{s.inner}}
	p.layout = func(z fyne.Size) {
		s.fit.width = z.Width
		s.inner.Move(fyne.NewPos(-bleed, -bleed))
		s.inner.Resize(z.AddWidthHeight(2*bleed, 2*bleed))
		s.inner.Refresh()
	}
	p.min = func() fyne.Size { return fyne.NewSize(gap(10), gap(10)) }
	p.refresh = func() {
		s.fit.width = s.Size().Width
		s.inner.Content.Refresh()
		s.inner.Refresh()
	}
	return ready(s, p)
}

// VLine is a 1 px line from top to bottom, HLine one from side to side.
func VLine() fyne.CanvasObject { return newFill(theme.Line, fyne.NewSize(1, 0)) }

// HLine is a 1 px line from side to side.
func HLine() fyne.CanvasObject { return newFill(theme.Line, fyne.NewSize(0, 1)) }

// Ground fills the room behind an object with a colour of the theme.
func Ground(c fyne.ThemeColorName, o fyne.CanvasObject) *fyne.Container {
	return container.New(&groundLayout{}, newFill(c, fyne.Size{}), o)
}

type groundLayout struct{}

func (groundLayout) HeightFor(objs []fyne.CanvasObject, w float32) float32 {
	return HeightFor(objs[1], w)
}
func (groundLayout) MinSize(objs []fyne.CanvasObject) fyne.Size { return objs[1].MinSize() }
func (groundLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.Position{})
		o.Resize(s)
	}
}

// fill is a rectangle in a colour of the theme.
type fill struct {
	widget.BaseWidget
	color fyne.ThemeColorName
	min   fyne.Size
}

func newFill(c fyne.ThemeColorName, m fyne.Size) *fill {
	f := &fill{color: c, min: m}
	f.ExtendBaseWidget(f)
	return f
}

func (f *fill) CreateRenderer() fyne.WidgetRenderer {
	r := canvas.NewRectangle(theme.Color(f.color))
	p := &paint{objects: []fyne.CanvasObject{r}}
	p.layout = func(s fyne.Size) { r.Resize(s) }
	p.min = func() fyne.Size { return f.min }
	p.refresh = func() {
		r.FillColor = theme.Color(f.color)
		canvas.Refresh(r)
	}
	return ready(f, p)
}
