package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// ButtonKind says what a button does to the officer's day.
type ButtonKind int

// The kinds of button.
const (
	PlainButton ButtonKind = iota
	PrimaryButton
	DangerButton
	QuietButton // no frame until it has the mouse or the keyboard
)

// Button is pressed by mouse, Enter or Space, and shows the key that does the same.
type Button struct {
	widget.DisableableWidget
	Text  string
	Key   string // hint: Ctrl Enter
	Kind  ButtonKind
	Small bool
	OnTap func()

	focused, hovered, pressed bool
}

var (
	_ fyne.Focusable    = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
	_ desktop.Mouseable = (*Button)(nil)
)

// NewButton makes a plain button; key may be empty.
func NewButton(text, key string, tap func()) *Button { return newButton(text, key, PlainButton, tap) }

// NewPrimary makes the button that goes ahead.
func NewPrimary(text, key string, tap func()) *Button {
	return newButton(text, key, PrimaryButton, tap)
}

// NewDanger makes a button that cannot be taken back.
func NewDanger(text, key string, tap func()) *Button { return newButton(text, key, DangerButton, tap) }

// NewLink makes a button without a frame.
func NewLink(text, key string, tap func()) *Button { return newButton(text, key, QuietButton, tap) }

// NewSmall makes a small plain button that stands in a line: Why? W.
func NewSmall(text, key string, tap func()) *Button {
	b := newButton(text, key, PlainButton, tap)
	b.Small = true
	return b
}

func newButton(text, key string, k ButtonKind, tap func()) *Button {
	b := &Button{Text: text, Key: key, Kind: k, OnTap: tap}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes the words.
func (b *Button) Set(text, key string) {
	if b.Text != text || b.Key != key {
		b.Text, b.Key = text, key
		b.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(*fyne.PointEvent) {
	if b.Disabled() || b.OnTap == nil {
		return
	}
	focus(b)
	b.OnTap()
}

// MouseDown implements desktop.Mouseable.
func (b *Button) MouseDown(*desktop.MouseEvent) { b.pressed = true; b.Refresh() }

// MouseUp implements desktop.Mouseable.
func (b *Button) MouseUp(*desktop.MouseEvent) { b.pressed = false; b.Refresh() }

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() { b.hovered, b.pressed = false, false; b.Refresh() }

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune implements fyne.Focusable.
func (b *Button) TypedRune(r rune) {
	if r != ' ' {
		passRune(b, r)
	}
}

// TypedKey presses the button on Enter and Space.
func (b *Button) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.Tapped(nil)
	default:
		passKey(b, ev)
	}
}

// AccessibilityLabel gives the words and the key.
func (b *Button) AccessibilityLabel() string {
	if b.Key != "" {
		return b.Text + ", " + b.Key
	}
	return b.Text
}

// AccessibilityRole is a button.
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (b *Button) style() Style {
	s := Style{Bold: true, Size: theme.SizeLabel}
	if b.Small {
		s = Style{Size: theme.SizeSmall, Color: theme.Muted}
	}
	switch {
	case b.Disabled():
		s.Color = theme.DisabledText
	case b.Kind == PrimaryButton:
		s.Color = theme.OnAccent
	case b.Kind == DangerButton:
		s.Color = theme.OnDanger
	case b.Kind == QuietButton:
		s.Color = theme.Accent
	}
	return s
}

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	ring := canvas.NewRectangle(none)
	bg := canvas.NewRectangle(none)
	t, k := canvas.NewText("", nil), canvas.NewText("", nil)
	p := &paint{objects: []fyne.CanvasObject{ring, bg, t, k}}
	keyStyle := func() Style {
		s := b.style()
		s.Bold = false
		if s.Color == "" {
			s.Color = theme.Muted
		}
		return s
	}
	p.min = func() fyne.Size {
		w := b.style().measure(b.Text)
		if b.Key != "" {
			w += keyStyle().measure(b.Key) + 6
		}
		if b.Small {
			return fyne.NewSize(w+14, lineHeight(theme.Size(theme.SizeSmall))+4)
		}
		return fyne.NewSize(w+gap(7), theme.Size(theme.FieldHeight)+1)
	}
	p.layout = func(s fyne.Size) {
		bg.Resize(s)
		ring.Move(fyne.NewPos(-2, -2))
		ring.Resize(s.AddWidthHeight(4, 4))
		m := t.MinSize()
		w := m.Width
		if b.Key != "" {
			w += k.MinSize().Width + 6
		}
		x := (s.Width - w) / 2
		t.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		t.Resize(m)
		k.Move(fyne.NewPos(x+m.Width+6, (s.Height-k.MinSize().Height)/2))
		k.Resize(k.MinSize())
	}
	p.refresh = func() {
		t.Text, k.Text = b.Text, b.Key
		b.style().apply(t)
		keyStyle().apply(k)
		fillc, edge := theme.Color(theme.Button), theme.Color(theme.FieldLine)
		switch {
		case b.Disabled():
			fillc, edge = theme.Color(theme.Panel), theme.Color(theme.Line)
		case b.Kind == PrimaryButton:
			fillc, edge = theme.Color(theme.Accent), theme.Color(theme.Accent)
		case b.Kind == DangerButton:
			fillc, edge = theme.Color(theme.DangerFill), theme.Color(theme.DangerFill)
		case b.Kind == QuietButton:
			fillc, edge = color.Transparent, color.Transparent
		}
		if (b.hovered || b.pressed) && !b.Disabled() {
			fillc = blend(fillc, theme.Color(theme.Hover))
		}
		if b.pressed && !b.Disabled() {
			fillc = blend(fillc, theme.Color(theme.Hover))
		}
		bg.FillColor, bg.StrokeColor, bg.StrokeWidth = fillc, edge, 1
		bg.CornerRadius, ring.CornerRadius = 6, 8
		if b.Small {
			bg.CornerRadius, ring.CornerRadius = 4, 6
		}
		ring.FillColor, ring.StrokeColor, ring.StrokeWidth = none, color.Transparent, 0
		if b.focused {
			ring.StrokeColor, ring.StrokeWidth = theme.Color(theme.Focus), 2
		}
		p.layout(b.Size())
		canvas.Refresh(b)
	}
	p.refresh()
	return ready(b, p)
}

// blend lays a translucent colour over another.
func blend(under, over color.Color) color.Color {
	ur, ug, ub, ua := under.RGBA()
	or, og, ob, oa := over.RGBA()
	if ua == 0 {
		return over
	}
	mix := func(u, o uint32) uint8 { return uint8((o + u*(0xffff-oa)/0xffff) >> 8) }
	return color.NRGBA{R: mix(ur, or), G: mix(ug, og), B: mix(ub, ob), A: 255}
}
