package widgets

import (
	"image"
	"image/color"
	"math"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/app/caseview/chart"
	"muster/ui/theme"
)

// LinkChart draws a link chart. The arrows move from card to card, Tab goes through all of them, + − 0 zoom, Enter opens; the mouse
// drags the chart, its wheel zooms. Cards are drawn to pictures on a goroutine of their own and only moved after that; what lies
// outside the window is left out.
type LinkChart struct {
	widget.BaseWidget
	Post func(func()) // runs on the UI goroutine
	// OnMove tells which card has the keyboard, OnOpen that Enter or a second click opens it.
	OnMove func(id string)
	OnOpen func(id string)
	// OnKey sees every other key first and reports whether it took it.
	OnKey func(*fyne.KeyEvent) bool
	Label func(id string) string // of a card, for a screen reader

	chart   *chart.Chart
	path    []string
	at      int // card with the keyboard
	focused bool
	shift   bool
	zoom    float64 // pixels of the theme's text size to a chart unit
	x, y    float64 // chart unit in the middle
	placed  bool    // zoom and middle were chosen

	cards  map[string]*canvas.Image // by node
	lines  []fyne.CanvasObject
	prims  []chart.Prim
	ring   *canvas.Rectangle
	ground *canvas.Rectangle
	inner  *fyne.Container
	clip   *container.Clip
	looks  map[string]cardLook // what each picture was drawn for
	busy   bool                // pictures are being drawn
	again  bool                // and will have to be drawn once more
	tapped int
	tapAt  time.Time
}

type cardLook struct {
	scale    float64
	lit, dim bool
	pal      color.Color // tells palettes apart
	ground   color.Color
}

var (
	_ fyne.Focusable     = (*LinkChart)(nil)
	_ fyne.Tabbable      = (*LinkChart)(nil)
	_ fyne.Draggable     = (*LinkChart)(nil)
	_ fyne.Scrollable    = (*LinkChart)(nil)
	_ fyne.Tappable      = (*LinkChart)(nil)
	_ desktop.Keyable    = (*LinkChart)(nil)
	_ desktop.Cursorable = (*LinkChart)(nil)
)

const (
	zoomLeast, zoomMost = 0.12, 3.0
	zoomRead            = 0.72 // below this, words are too small to read at once
)

// NewLinkChart makes an empty chart.
func NewLinkChart(post func(func())) *LinkChart {
	w := &LinkChart{Post: post, at: -1, zoom: 1, cards: map[string]*canvas.Image{}, looks: map[string]cardLook{}, tapped: -1}
	w.ring, w.ground, w.inner = canvas.NewRectangle(none), canvas.NewRectangle(none), container.NewWithoutLayout()
	w.clip = container.NewClip(w.inner)
	w.ExtendBaseWidget(w)
	return w
}

// Set shows a chart. The card with the keyboard keeps it where it is still there, else the subject has it; the window stays where it
// was, unless fit is set.
func (w *LinkChart) Set(c *chart.Chart, path []string, fit bool) {
	was := w.Selected()
	w.chart, w.path = c, path
	w.at = -1
	for i := range c.Graph.Nodes {
		n := &c.Graph.Nodes[i]
		if n.ID == was || w.at < 0 && n.Subject {
			w.at = i
		}
		if n.ID == was {
			break
		}
	}
	if w.at < 0 && len(c.Graph.Nodes) > 0 {
		w.at = 0
	}
	w.looks = map[string]cardLook{}
	for id := range w.cards {
		if n := c.Graph.Node(id); n == nil || n.ID != id {
			delete(w.cards, id)
		}
	}
	w.prims = c.Lines(path)
	w.placed = w.placed && !fit
	w.Refresh()
}

// SetPath shows a way, or none.
func (w *LinkChart) SetPath(path []string) {
	if w.chart != nil {
		w.path, w.prims = path, w.chart.Lines(path)
		w.Refresh()
	}
}

// Selected is the ID of the card with the keyboard; "" if there is none.
func (w *LinkChart) Selected() string {
	if w.chart == nil || w.at < 0 || w.at >= len(w.chart.Graph.Nodes) {
		return ""
	}
	return w.chart.Graph.Nodes[w.at].ID
}

// Select moves the keyboard to a card and brings it into sight.
func (w *LinkChart) Select(id string) {
	if w.chart == nil {
		return
	}
	for i := range w.chart.Graph.Nodes {
		if w.chart.Graph.Nodes[i].ID == id {
			w.move(i)
			return
		}
	}
}

// Focus takes the keyboard.
func (w *LinkChart) Focus() { focus(w) }

func (w *LinkChart) move(i int) {
	if i < 0 || i == w.at {
		return
	}
	w.at = i
	w.reveal()
	w.Refresh()
	if w.OnMove != nil {
		w.OnMove(w.Selected())
	}
}

// unit is how many pixels of the window a chart unit takes now.
func (w *LinkChart) unit() float64 { return w.zoom * float64(theme.Size(theme.SizeBody)) / 14 }

// reveal moves the window just so far that the card with the keyboard is whole in sight.
func (w *LinkChart) reveal() {
	if w.at < 0 {
		return
	}
	b, u, s := &w.chart.Boxes[w.at], w.unit(), w.Size()
	const room = 24
	near := func(middle, at, half, size float64) float64 {
		span := size/2/u - half - room/u
		if span < 0 {
			return at
		}
		return min(max(middle, at-span), at+span)
	}
	w.x = near(w.x, b.X, b.W/2, float64(s.Width))
	w.y = near(w.y, b.Y, b.H/2, float64(s.Height))
}

// Fit shows everything, or where that would be too small to read the part around the subject.
func (w *LinkChart) Fit(whole bool) {
	s := w.Size()
	if w.chart == nil || len(w.chart.Boxes) == 0 || s.Width < 10 || s.Height < 10 {
		return
	}
	x0, y0, x1, y1 := w.chart.Bounds()
	w.placed = true
	w.x, w.y = (x0+x1)/2, (y0+y1)/2
	k := float64(theme.Size(theme.SizeBody)) / 14
	z := min((float64(s.Width)-40)/(x1-x0)/k, (float64(s.Height)-40)/(y1-y0)/k)
	w.zoom = min(max(z, zoomLeast), 1.15)
	if !whole && z < zoomRead {
		w.zoom = zoomRead
		if w.at >= 0 {
			w.x, w.y = w.chart.Boxes[w.at].X, w.chart.Boxes[w.at].Y
		}
		// Show no more emptiness than there must be.
		u := w.unit()
		hold := func(m, a, b, size float64) float64 {
			half := (size/2 - 20) / u
			if b-a < 2*half {
				return (a + b) / 2
			}
			return min(max(m, a+half), b-half)
		}
		w.x, w.y = hold(w.x, x0, x1, float64(s.Width)), hold(w.y, y0, y1, float64(s.Height))
	}
	w.Refresh()
}

// Zoom changes how large everything is, around a point of the widget.
func (w *LinkChart) Zoom(by float64, at fyne.Position) {
	s := w.Size()
	dx, dy := float64(at.X-s.Width/2), float64(at.Y-s.Height/2)
	u := w.unit()
	px, py := w.x+dx/u, w.y+dy/u
	w.zoom = min(max(w.zoom*by, zoomLeast), zoomMost)
	u = w.unit()
	w.x, w.y = px-dx/u, py-dy/u
	w.Refresh()
}

// FocusGained implements fyne.Focusable.
func (w *LinkChart) FocusGained() { w.focused = true; w.Refresh() }

// FocusLost implements fyne.Focusable.
func (w *LinkChart) FocusLost() { w.focused, w.shift = false, false; w.Refresh() }

// KeyDown notices that Shift is held, which TypedKey does not tell.
func (w *LinkChart) KeyDown(ev *fyne.KeyEvent) {
	w.shift = w.shift || ev.Name == desktop.KeyShiftLeft || ev.Name == desktop.KeyShiftRight
}

// KeyUp notices that Shift is let go.
func (w *LinkChart) KeyUp(ev *fyne.KeyEvent) {
	if ev.Name == desktop.KeyShiftLeft || ev.Name == desktop.KeyShiftRight {
		w.shift = false
	}
}

// AcceptsTab keeps Tab while there is a next card: from the last one it leaves the chart, as Shift and Tab do from the first.
func (w *LinkChart) AcceptsTab() bool { return w.step() >= 0 }

// step is the card that Tab goes to; -1 at the end.
func (w *LinkChart) step() int {
	if w.chart == nil || len(w.chart.Boxes) == 0 {
		return -1
	}
	order := w.chart.ReadingOrder()
	i := slices.Index(order, w.at) + 1
	if w.shift {
		i -= 2
	}
	if i < 0 || i >= len(order) {
		return -1
	}
	return order[i]
}

// TypedRune implements fyne.Focusable. Letters are taken as keys; only what is none goes on to the window.
func (w *LinkChart) TypedRune(r rune) {
	switch r {
	case '+', '-', '−', '0', ' ':
		return
	}
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return
	}
	passRune(w, r)
}

// TypedKey moves, zooms and opens.
func (w *LinkChart) TypedKey(ev *fyne.KeyEvent) {
	if w.OnKey != nil && w.OnKey(ev) {
		return
	}
	s := w.Size()
	mid := fyne.NewPos(s.Width/2, s.Height/2)
	step := func(dx, dy float64) {
		if w.chart == nil || w.at < 0 {
			return
		}
		if w.shift { // with Shift the window moves, and the keyboard stays
			w.x, w.y = w.x+dx*80/w.unit(), w.y+dy*80/w.unit()
			w.Refresh()
			return
		}
		w.move(w.chart.Next(w.at, dx, dy))
	}
	switch ev.Name {
	case fyne.KeyLeft:
		step(-1, 0)
	case fyne.KeyRight:
		step(1, 0)
	case fyne.KeyUp:
		step(0, -1)
	case fyne.KeyDown:
		step(0, 1)
	case fyne.KeyTab:
		w.move(w.step())
	case fyne.KeyHome:
		if w.chart != nil {
			for i := range w.chart.Graph.Nodes {
				if w.chart.Graph.Nodes[i].Subject {
					w.move(i)
				}
			}
		}
	case fyne.KeyPlus, fyne.KeyEqual:
		w.Zoom(1.25, mid)
	case fyne.KeyMinus:
		w.Zoom(0.8, mid)
	case fyne.Key0:
		w.Fit(true)
	case fyne.KeyReturn, fyne.KeyEnter:
		if w.OnOpen != nil && w.Selected() != "" {
			w.OnOpen(w.Selected())
		}
	default:
		passKey(w, ev)
	}
}

// TypedShortcut hands shortcuts to the window.
func (w *LinkChart) TypedShortcut(s fyne.Shortcut) { passShortcut(w, s) }

// Tapped takes the keyboard to the card that was clicked; a second click opens it.
func (w *LinkChart) Tapped(ev *fyne.PointEvent) {
	focus(w)
	if w.chart == nil {
		return
	}
	s, u := w.Size(), w.unit()
	i := w.chart.At(w.x+float64(ev.Position.X-s.Width/2)/u, w.y+float64(ev.Position.Y-s.Height/2)/u)
	if i < 0 {
		return
	}
	again := i == w.tapped && time.Since(w.tapAt) < 400*time.Millisecond
	w.tapped, w.tapAt = i, time.Now()
	w.move(i)
	if again && w.OnOpen != nil {
		w.OnOpen(w.Selected())
	}
}

// Dragged moves the chart.
func (w *LinkChart) Dragged(ev *fyne.DragEvent) {
	u := w.unit()
	w.x, w.y = w.x-float64(ev.Dragged.DX)/u, w.y-float64(ev.Dragged.DY)/u
	w.Refresh()
}

// DragEnd implements fyne.Draggable.
func (w *LinkChart) DragEnd() {}

// Scrolled zooms around the mouse.
func (w *LinkChart) Scrolled(ev *fyne.ScrollEvent) {
	w.Zoom(math.Pow(1.0025, float64(ev.Scrolled.DY)*4), ev.Position)
}

// Cursor implements desktop.Cursorable.
func (w *LinkChart) Cursor() desktop.Cursor { return desktop.DefaultCursor }

// AccessibilityLabel names the card with the keyboard.
func (w *LinkChart) AccessibilityLabel() string {
	if id := w.Selected(); id != "" && w.Label != nil {
		return w.Label(id)
	}
	return ""
}

// AccessibilityRole is a container.
func (w *LinkChart) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// ChartPalette gives the inks of a link chart the colours of the look in use.
func ChartPalette() chart.Palette {
	p := chart.Palette{}
	for ink, name := range map[chart.Ink]fyne.ThemeColorName{
		chart.Ground: theme.Background, chart.Panel: theme.Panel, chart.Line: theme.FieldLine, chart.Bond: theme.Muted, chart.Text: theme.Text,
		chart.Muted: theme.Muted, chart.Accent: theme.Accent, chart.Danger: theme.Danger, chart.Caution: theme.Disagree,
		chart.OfPerson: theme.OfPerson, chart.OfObject: theme.OfObject, chart.OfPlace: theme.OfPlace, chart.OfEvent: theme.OfEvent, chart.OnTile: theme.OnTile,
	} {
		r, g, b, a := theme.Color(name).RGBA()
		p[ink] = color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}
	}
	return p
}

// CreateRenderer implements fyne.Widget.
func (w *LinkChart) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{objects: []fyne.CanvasObject{w.ground, w.clip}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(60), gap(40)) }
	p.layout = func(s fyne.Size) {
		w.ground.Resize(s)
		w.clip.Resize(s)
		if !w.placed {
			w.Fit(false)
			return
		}
		w.arrange()
	}
	p.refresh = func() {
		w.ground.FillColor = theme.Color(theme.Background)
		if !w.placed && w.Size().Width > 10 && w.chart != nil {
			w.Fit(false) // comes back here
			return
		}
		w.arrange()
		canvas.Refresh(w)
	}
	return ready(w, p)
}

// arrange puts everything where it stands at the present zoom and middle.
func (w *LinkChart) arrange() {
	if w.chart == nil {
		return
	}
	s, u := w.Size(), w.unit()
	toX := func(x float64) float32 { return float32((x-w.x)*u) + s.Width/2 }
	toY := func(y float64) float32 { return float32((y-w.y)*u) + s.Height/2 }
	pal := ChartPalette()
	w.drawLines(pal, toX, toY, u, s)
	objs := append([]fyne.CanvasObject{}, w.lines...)
	for i := range w.chart.Boxes {
		b := &w.chart.Boxes[i]
		x, y := toX(b.X-b.W/2-chart.Bleed), toY(b.Y-b.H/2-chart.Bleed)
		bw, bh := float32((b.W+2*chart.Bleed)*u), float32((b.H+2*chart.Bleed)*u)
		id := w.chart.Graph.Nodes[i].ID
		img := w.cards[id]
		if img == nil {
			img = canvas.NewImageFromImage(blank)
			img.FillMode, img.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleSmooth
			w.cards[id] = img
		}
		img.Hidden = x > s.Width || y > s.Height || x+bw < 0 || y+bh < 0
		img.Move(fyne.NewPos(x, y))
		img.Resize(fyne.NewSize(bw, bh))
		objs = append(objs, img)
	}
	w.ring.Hidden = w.at < 0
	if w.at >= 0 {
		b := &w.chart.Boxes[w.at]
		w.ring.FillColor, w.ring.StrokeColor, w.ring.StrokeWidth = none, theme.Color(theme.Focus), 3
		if !w.focused {
			w.ring.StrokeColor, w.ring.StrokeWidth = theme.Color(theme.Muted), 1
		}
		w.ring.CornerRadius = float32(9*u) + 3
		w.ring.Move(fyne.NewPos(toX(b.X-b.W/2)-5, toY(b.Y-b.H/2)-5))
		w.ring.Resize(fyne.NewSize(float32(b.W*u)+10, float32(b.H*u)+10))
	}
	w.inner.Objects = append(objs, w.ring)
	w.inner.Resize(s)
	w.paint(pal, u)
}

var blank = image.NewRGBA(image.Rect(0, 0, 1, 1))

// drawLines sets the lines between cards, using again the objects that are there.
func (w *LinkChart) drawLines(pal chart.Palette, toX, toY func(float64) float32, u float64, s fyne.Size) {
	var lines []*canvas.Line
	var grounds []*canvas.Rectangle
	var words []*canvas.Text
	for _, o := range w.lines {
		switch o := o.(type) {
		case *canvas.Line:
			lines = append(lines, o)
		case *canvas.Rectangle:
			grounds = append(grounds, o)
		case *canvas.Text:
			words = append(words, o)
		}
	}
	out := w.lines[:0:0]
	size := func(v float64) float32 { return float32(v * u) }
	line := func(x0, y0, x1, y1 float32, width float32, c color.Color) {
		if max(x0, x1) < 0 || max(y0, y1) < 0 || min(x0, x1) > s.Width || min(y0, y1) > s.Height {
			return
		}
		var l *canvas.Line
		if n := len(lines); n > 0 {
			l, lines = lines[n-1], lines[:n-1]
		} else {
			l = canvas.NewLine(c)
		}
		l.StrokeColor, l.StrokeWidth = c, width
		l.Position1, l.Position2 = fyne.NewPos(x0, y0), fyne.NewPos(x1, y1)
		out = append(out, l)
	}
	for _, p := range w.prims {
		x, y := toX(p.X), toY(p.Y)
		switch p.Form {
		case chart.Stroke:
			line(x, y, toX(p.X+p.W), toY(p.Y+p.H), max(1, size(p.Width)), pal.Colour(p.Edge, p.Dim))
		case chart.Polygon: // an arrow's head: two strokes at its tip
			c := pal.Colour(p.Fill, p.Dim)
			for k := 2; k < len(p.Points); k += 2 {
				line(toX(p.Points[0]), toY(p.Points[1]), toX(p.Points[k]), toY(p.Points[k+1]), max(1.2, size(1.7)), c)
			}
		case chart.Rectangle:
			if u < 0.5 || x > s.Width || y > s.Height || x+size(p.W) < 0 || y+size(p.H) < 0 {
				continue
			}
			var r *canvas.Rectangle
			if n := len(grounds); n > 0 {
				r, grounds = grounds[n-1], grounds[:n-1]
			} else {
				r = canvas.NewRectangle(none)
			}
			r.FillColor = pal.Colour(p.Fill, false)
			r.Move(fyne.NewPos(x, y))
			r.Resize(fyne.NewSize(size(p.W), size(p.H)))
			out = append(out, r)
		case chart.Letters:
			if u < 0.5 || x > s.Width || y > s.Height || x+size(p.W) < 0 || y < -20 {
				continue
			}
			var t *canvas.Text
			if n := len(words); n > 0 {
				t, words = words[n-1], words[:n-1]
			} else {
				t = canvas.NewText("", nil)
			}
			t.Text, t.TextSize, t.Color, t.Alignment = p.Text, size(p.Size), pal.Colour(p.Fill, p.Dim), fyne.TextAlignCenter
			t.FontSource = theme.FaceFor(p.Text, fyne.TextStyle{})
			h := t.MinSize().Height
			t.Move(fyne.NewPos(x, y-h/2))
			t.Resize(fyne.NewSize(size(p.W), h))
			out = append(out, t)
		}
	}
	w.lines = out
}

// paint has the pictures of cards drawn that are not as they should be, off the UI goroutine.
func (w *LinkChart) paint(pal chart.Palette, u float64) {
	scale := u
	if c := canvasOf(w); c != nil {
		px, _ := c.PixelCoordinateForPosition(fyne.NewPos(1000, 0))
		scale *= float64(px) / 1000
	}
	if scale <= 0 {
		return
	}
	on := map[string]bool{}
	for _, id := range w.path {
		on[id] = true
	}
	type job struct {
		i    int
		id   string
		look cardLook
		img  image.Image
	}
	var jobs []job
	for i := range w.chart.Graph.Nodes {
		id := w.chart.Graph.Nodes[i].ID
		want := cardLook{scale, on[id], len(w.path) > 0 && !on[id], pal[chart.Text], pal[chart.Panel]}
		if w.cards[id].Hidden || w.looks[id] == want {
			continue
		}
		jobs = append(jobs, job{i: i, id: id, look: want})
	}
	if len(jobs) == 0 {
		return
	}
	if w.busy {
		w.again = true
		return
	}
	w.busy, w.again = true, false
	c := w.chart
	go func() {
		p := c.Painter(scale, pal)
		for k := range jobs {
			j := &jobs[k]
			j.img = p.Card(j.i, j.look.lit, j.look.dim)
		}
		w.Post(func() {
			w.busy = false
			if w.chart == c { // one of another size is still better than none
				for _, j := range jobs {
					if img := w.cards[j.id]; img != nil {
						w.looks[j.id] = j.look
						img.Image = j.img
						img.Refresh()
					}
				}
			}
			if w.again || w.chart != c {
				w.Refresh()
			} else {
				canvas.Refresh(w)
			}
		})
	}()
}
