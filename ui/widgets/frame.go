package widgets

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Banner shows the highest marking on screen, across the whole window.
type Banner struct {
	widget.BaseWidget
	text       string
	fill, ink  color.Color
	ownColours bool
	quiet      bool
}

// NewBanner makes an empty banner.
func NewBanner() *Banner {
	b := &Banner{}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes the marking; fill and ink are #rrggbb as the dictionary gives them, or "" for the theme's own.
func (b *Banner) Set(text, fill, ink string) {
	f, ok1 := parseHex(fill)
	i, ok2 := parseHex(ink)
	b.text, b.fill, b.ink, b.ownColours, b.quiet = text, f, i, ok1 && ok2, false
	b.Refresh()
}

// SetQuiet says text without any marking: nothing is on screen that could have one.
func (b *Banner) SetQuiet(text string) {
	b.text, b.ownColours, b.quiet = text, false, true
	b.Refresh()
}

func parseHex(s string) (color.Color, bool) {
	if len(s) != 7 || s[0] != '#' {
		return nil, false
	}
	v, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return nil, false
	}
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}, true
}

// AccessibilityLabel gives the marking.
func (b *Banner) AccessibilityLabel() string { return b.text }

// AccessibilityRole says that these are words.
func (b *Banner) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	bg, t := canvas.NewRectangle(none), canvas.NewText("", nil)
	p := &paint{objects: []fyne.CanvasObject{bg, t}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(20), theme.Size(theme.BannerHeight)) }
	p.layout = func(s fyne.Size) {
		bg.Resize(s)
		m := t.MinSize()
		t.Move(fyne.NewPos((s.Width-m.Width)/2, (s.Height-m.Height)/2))
		t.Resize(m)
	}
	p.refresh = func() {
		t.Text = b.text
		Style{Size: theme.SizeSmall, Bold: true, Color: theme.OnMarking}.apply(t)
		bg.FillColor = theme.Color(theme.Marking)
		if b.quiet {
			bg.FillColor, t.Color = theme.Color(theme.Panel), theme.Color(theme.Muted)
		}
		if b.ownColours {
			bg.FillColor, t.Color = b.fill, b.ink
		}
		p.layout(b.Size())
		canvas.Refresh(b)
	}
	p.refresh()
	return ready(b, p)
}

// RailItem is one place of the rail.
type RailItem struct {
	ID    string
	Text  string
	Key   string // for a screen reader and the sheet of keys: Ctrl 1
	Badge int
	Level Level
}

// Rail is the column of places. Up and Down move in it, Enter goes.
type Rail struct {
	widget.BaseWidget
	Items    []RailItem
	Selected string
	OnGo     func(id string)

	focused bool
	at      int
	rows    []*railRow
}

var _ fyne.Focusable = (*Rail)(nil)

// NewRail makes the column of places.
func NewRail(items []RailItem, goTo func(id string)) *Rail {
	r := &Rail{Items: items, OnGo: goTo}
	r.ExtendBaseWidget(r)
	return r
}

// Select marks the place that the officer is in.
func (r *Rail) Select(id string) {
	r.Selected = id
	for i, it := range r.Items {
		if it.ID == id {
			r.at = i
		}
	}
	r.Refresh()
}

// SetBadge puts a count on a place; 0 takes it away.
func (r *Rail) SetBadge(id string, n int, l Level) {
	for i := range r.Items {
		if it := &r.Items[i]; it.ID == id && (it.Badge != n || it.Level != l) {
			it.Badge, it.Level = n, l
			r.Refresh()
		}
	}
}

// FocusGained implements fyne.Focusable.
func (r *Rail) FocusGained() { r.focused = true; r.Refresh() }

// FocusLost implements fyne.Focusable.
func (r *Rail) FocusLost() { r.focused = false; r.Refresh() }

// TypedRune implements fyne.Focusable.
func (r *Rail) TypedRune(c rune) { passRune(r, c) }

// TypedKey moves in the rail.
func (r *Rail) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyDown:
		r.at = min(r.at+1, len(r.Items)-1)
	case fyne.KeyUp:
		r.at = max(r.at-1, 0)
	case fyne.KeyHome:
		r.at = 0
	case fyne.KeyEnd:
		r.at = len(r.Items) - 1
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		r.OnGo(r.Items[r.at].ID)
		return
	default:
		passKey(r, ev)
		return
	}
	r.Refresh()
}

// AccessibilityLabel names the place under the keyboard.
func (r *Rail) AccessibilityLabel() string {
	if r.at < len(r.Items) {
		return r.Items[r.at].Text + ", " + r.Items[r.at].Key
	}
	return ""
}

// AccessibilityRole is a container.
func (r *Rail) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// CreateRenderer implements fyne.Widget.
func (r *Rail) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{}
	p.min = func() fyne.Size {
		return fyne.NewSize(theme.Size(theme.RailWidth), float32(len(r.Items))*(theme.Size(theme.RowHeight)+gap(0.75))+gap(4))
	}
	p.layout = func(s fyne.Size) {
		h := theme.Size(theme.RowHeight) + gap(0.75)
		for i, row := range r.rows {
			row.Move(fyne.NewPos(gap(2), gap(2.5)+float32(i)*h))
			row.Resize(fyne.NewSize(s.Width-gap(4), h))
		}
	}
	p.refresh = func() {
		for len(r.rows) < len(r.Items) {
			row := &railRow{rail: r, i: len(r.rows)}
			row.ExtendBaseWidget(row)
			r.rows = append(r.rows, row)
		}
		p.objects = p.objects[:0]
		for _, row := range r.rows {
			row.Refresh()
			p.objects = append(p.objects, row)
		}
		p.layout(r.Size())
		canvas.Refresh(r)
	}
	p.refresh()
	return ready(r, p)
}

type railRow struct {
	widget.BaseWidget
	rail    *Rail
	i       int
	hovered bool
}

var _ desktop.Hoverable = (*railRow)(nil)

func (w *railRow) Tapped(*fyne.PointEvent)        { w.rail.OnGo(w.rail.Items[w.i].ID) }
func (w *railRow) MouseIn(*desktop.MouseEvent)    { w.hovered = true; w.Refresh() }
func (w *railRow) MouseMoved(*desktop.MouseEvent) {}
func (w *railRow) MouseOut()                      { w.hovered = false; w.Refresh() }

func (w *railRow) CreateRenderer() fyne.WidgetRenderer {
	ring, edge, bg := canvas.NewRectangle(none), canvas.NewRectangle(none), canvas.NewRectangle(none)
	text, badge := NewCut("", Body), NewWords("", BodyBold)
	badge.Align = fyne.TextAlignTrailing
	p := &paint{objects: []fyne.CanvasObject{edge, bg, text, badge, ring}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(20), theme.Size(theme.RowHeight)) }
	p.layout = func(s fyne.Size) {
		edge.Resize(fyne.NewSize(7, s.Height))
		bg.Move(fyne.NewPos(3, 0))
		bg.Resize(fyne.NewSize(s.Width-3, s.Height))
		ring.Resize(s)
		text.Move(fyne.NewPos(gap(3), 0))
		text.Resize(fyne.NewSize(s.Width-gap(14), s.Height))
		badge.Move(fyne.NewPos(s.Width-gap(13), 0))
		badge.Resize(fyne.NewSize(gap(10), s.Height))
	}
	p.refresh = func() {
		it := w.rail.Items[w.i]
		sel := it.ID == w.rail.Selected
		edge.FillColor, bg.FillColor = none, none
		edge.TopLeftCornerRadius, edge.BottomLeftCornerRadius = 4, 4
		bg.CornerRadius, ring.CornerRadius = 6, 6
		bg.TopLeftCornerRadius, bg.BottomLeftCornerRadius = 2, 2
		st := MutedText
		if sel {
			st = BodyBold
			edge.FillColor, bg.FillColor = theme.Color(theme.SelectedAccent), theme.Color(theme.Selection)
		} else if w.hovered {
			bg.FillColor = blend(theme.Color(theme.Panel), theme.Color(theme.Hover))
		}
		text.SetStyle(it.Text, st)
		text.Refresh()
		b := ""
		if it.Badge > 0 {
			b = strconv.Itoa(it.Badge)
		}
		badge.SetStyle(b, BodyBold.In(it.Level.Color()))
		badge.Refresh()
		ring.StrokeWidth = 0
		if w.rail.focused && w.rail.at == w.i {
			ring.StrokeColor, ring.StrokeWidth = theme.Color(theme.Focus), 2
		}
		canvas.Refresh(w)
	}
	p.refresh()
	return ready(w, p)
}

// Pill is a rounded mark of the top bar: purpose, officer. With OnTap it can be pressed.
type Pill struct {
	widget.BaseWidget
	Lead, Strong, Rest string
	Level              Level // Warn draws the border loud: no purpose yet
	OnTap              func()

	focused, hovered bool
}

var _ fyne.Focusable = (*Pill)(nil)

// NewPill makes a pill of quiet, strong and quiet words.
func NewPill(lead, strong, rest string, tap func()) *Pill {
	p := &Pill{Lead: lead, Strong: strong, Rest: rest, OnTap: tap}
	p.ExtendBaseWidget(p)
	return p
}

// Set changes the words.
func (p *Pill) Set(lead, strong, rest string, l Level) {
	p.Lead, p.Strong, p.Rest, p.Level = lead, strong, rest, l
	p.Refresh()
}

// Disabled keeps the keyboard off a pill that does nothing.
func (p *Pill) Disabled() bool { return p.OnTap == nil }

// Enable is there for fyne.Disableable.
func (p *Pill) Enable() {}

// Disable takes the action away.
func (p *Pill) Disable() { p.OnTap = nil }

// Tapped implements fyne.Tappable.
func (p *Pill) Tapped(*fyne.PointEvent) {
	if p.OnTap != nil {
		p.OnTap()
	}
}

// FocusGained implements fyne.Focusable.
func (p *Pill) FocusGained() { p.focused = true; p.Refresh() }

// FocusLost implements fyne.Focusable.
func (p *Pill) FocusLost() { p.focused = false; p.Refresh() }

// TypedRune implements fyne.Focusable.
func (p *Pill) TypedRune(r rune) { passRune(p, r) }

// TypedKey presses the pill on Enter and Space.
func (p *Pill) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.Tapped(nil)
	default:
		passKey(p, ev)
	}
}

// MouseIn implements desktop.Hoverable.
func (p *Pill) MouseIn(*desktop.MouseEvent) { p.hovered = true; p.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (p *Pill) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *Pill) MouseOut() { p.hovered = false; p.Refresh() }

// AccessibilityLabel gives the words.
func (p *Pill) AccessibilityLabel() string { return p.Lead + p.Strong + p.Rest }

// AccessibilityRole is a button where it can be pressed.
func (p *Pill) AccessibilityRole() fyne.AccessibleRole {
	if p.OnTap != nil {
		return fyne.AccessibleRoleButton
	}
	return fyne.AccessibleRoleText
}

// CreateRenderer implements fyne.Widget.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	bg := canvas.NewRectangle(none)
	words := [3]*canvas.Text{canvas.NewText("", nil), canvas.NewText("", nil), canvas.NewText("", nil)}
	r := &paint{objects: []fyne.CanvasObject{bg, words[0], words[1], words[2]}}
	styles := func() [3]Style {
		a := Style{Size: theme.SizeLabel}
		return [3]Style{a, a.Strong(), a}
	}
	texts := func() [3]string { return [3]string{p.Lead, p.Strong, p.Rest} }
	r.min = func() fyne.Size {
		w := float32(0)
		for i, s := range styles() {
			w += s.measure(texts()[i])
		}
		return fyne.NewSize(w+26, theme.Size(theme.RowHeight)-gap(1))
	}
	r.layout = func(s fyne.Size) {
		bg.Resize(s)
		x := float32(13)
		for _, t := range words {
			m := t.MinSize()
			t.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
			t.Resize(m)
			x += m.Width
		}
	}
	r.refresh = func() {
		for i, s := range styles() {
			words[i].Text = texts()[i]
			s.apply(words[i])
		}
		bg.FillColor = theme.Color(theme.Panel)
		if p.hovered && p.OnTap != nil {
			bg.FillColor = blend(bg.FillColor, theme.Color(theme.Hover))
		}
		bg.CornerRadius = 15
		bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.FieldLine), 1
		if p.Level == Warn || p.Level == Alarm {
			bg.StrokeColor, bg.StrokeWidth = theme.Color(p.Level.Color()), 2
		}
		if p.focused {
			bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.Focus), 2
		}
		r.layout(p.Size())
		canvas.Refresh(p)
	}
	r.refresh()
	return ready(p, r)
}

// StatusItem is one piece of the status bar.
type StatusItem struct {
	Text  string
	Level Level
	Sign  bool // draw the level's symbol before the words
	Mono  bool
}

// StatusBar is the line at the foot of the window: one glance a second.
type StatusBar struct {
	widget.BaseWidget
	left, right []StatusItem
}

// NewStatusBar makes an empty status bar.
func NewStatusBar() *StatusBar {
	s := &StatusBar{}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes what it says; nothing is drawn anew if nothing changed.
func (s *StatusBar) Set(left, right []StatusItem) {
	if same(s.left, left) && same(s.right, right) {
		return
	}
	s.left, s.right = left, right
	s.Refresh()
}

func same(a, b []StatusItem) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// AccessibilityLabel gives all of its words.
func (s *StatusBar) AccessibilityLabel() string {
	out := ""
	for _, it := range append(append([]StatusItem{}, s.left...), s.right...) {
		out += it.Text + ". "
	}
	return out
}

// AccessibilityRole says that these are words.
func (s *StatusBar) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (s *StatusBar) CreateRenderer() fyne.WidgetRenderer {
	bg, line := canvas.NewRectangle(none), canvas.NewRectangle(none)
	p := &paint{}
	style := func(it StatusItem) Style {
		return Style{Size: theme.SizeSmall, Color: it.Level.Color(), Mono: it.Mono}
	}
	width := func(it StatusItem) float32 {
		w := style(it).measure(it.Text)
		if it.Sign {
			w += 14
		}
		return w
	}
	p.min = func() fyne.Size { return fyne.NewSize(gap(60), theme.Size(theme.StatusHeight)) }
	build := func() {
		z := s.Size()
		p.objects = []fyne.CanvasObject{bg, line}
		put := func(it StatusItem, x, room float32) {
			if it.Sign {
				g := NewGlyph(it.Level.Symbol(), it.Level.Color(), 9)
				g.Move(fyne.NewPos(x, 0))
				g.Resize(fyne.NewSize(9, z.Height))
				p.objects = append(p.objects, g)
				x += 14
				room -= 14
			}
			w := NewCut(it.Text, style(it))
			w.Move(fyne.NewPos(x, 0))
			w.Resize(fyne.NewSize(room, z.Height))
			p.objects = append(p.objects, w)
		}
		right := z.Width - 16
		for i := len(s.right) - 1; i >= 0; i-- {
			w := width(s.right[i]) + 1
			put(s.right[i], right-w, w)
			right -= w + 18
		}
		x := float32(16)
		for _, it := range s.left {
			w := min(width(it)+1, right-x)
			if w < 30 {
				break
			}
			put(it, x, w)
			x += w + 18
		}
	}
	p.layout = func(z fyne.Size) {
		bg.Resize(z)
		line.Resize(fyne.NewSize(z.Width, 1))
		build()
	}
	p.refresh = func() {
		bg.FillColor, line.FillColor = theme.Color(theme.Panel), theme.Color(theme.Line)
		build()
		canvas.Refresh(s)
	}
	p.refresh()
	return ready(s, p)
}
