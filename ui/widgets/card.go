package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Card frames content. A card with OnTap can be chosen by mouse and keyboard and shows its focus.
type Card struct {
	widget.BaseWidget
	Content  fyne.CanvasObject
	Edge     fyne.ThemeColorName // theme.Line if empty
	Fill     fyne.ThemeColorName // theme.Panel if empty
	PadV     float32             // units; 0 means the usual
	PadH     float32
	Flush    bool // no padding at all
	Selected bool
	Label    string // for a screen reader
	OnTap    func()

	focused, hovered bool
	ring             func()
}

var (
	_ fyne.Focusable    = (*Card)(nil)
	_ desktop.Hoverable = (*Card)(nil)
)

// NewCard frames content.
func NewCard(content fyne.CanvasObject) *Card {
	c := &Card{Content: content}
	c.ExtendBaseWidget(c)
	return c
}

// NewEdgedCard frames content in a level's colour.
func NewEdgedCard(l Level, content fyne.CanvasObject) *Card {
	c := NewCard(content)
	c.Edge = l.Color()
	return c
}

// NewFlushCard frames content without padding: lists, tables.
func NewFlushCard(content fyne.CanvasObject) *Card {
	c := NewCard(content)
	c.Flush = true
	return c
}

func (c *Card) pads() (v, h float32) {
	if c.Flush {
		return 1, 1
	}
	v, h = theme.Size(theme.CardPad), theme.Size(theme.CardPad)
	if c.PadV > 0 {
		v = gap(c.PadV)
	}
	if c.PadH > 0 {
		h = gap(c.PadH)
	}
	return v, h
}

// HeightFor implements Tall.
func (c *Card) HeightFor(width float32) float32 {
	v, h := c.pads()
	return HeightFor(c.Content, width-2*h) + 2*v
}

// SetSelected marks the card as chosen.
func (c *Card) SetSelected(on bool) {
	if c.Selected != on {
		c.Selected = on
		c.restyle()
	}
}

// Tapped implements fyne.Tappable.
func (c *Card) Tapped(*fyne.PointEvent) {
	if c.OnTap != nil {
		focus(c)
		c.OnTap()
	}
}

// FocusGained implements fyne.Focusable.
func (c *Card) FocusGained() { c.focused = true; c.restyle() }

// FocusLost implements fyne.Focusable.
func (c *Card) FocusLost() { c.focused = false; c.restyle() }

// TypedRune implements fyne.Focusable.
func (c *Card) TypedRune(r rune) { passRune(c, r) }

// TypedKey chooses the card on Enter and Space.
func (c *Card) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if c.OnTap != nil {
			c.OnTap()
			return
		}
	}
	passKey(c, ev)
}

// MouseIn implements desktop.Hoverable.
func (c *Card) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.restyle() }

// MouseMoved implements desktop.Hoverable.
func (c *Card) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Card) MouseOut() { c.hovered = false; c.restyle() }

// Disabled keeps the keyboard off a card that does nothing.
func (c *Card) Disabled() bool { return c.OnTap == nil }

// Enable and Disable are there for fyne.Disableable; a card is worked by whether it has OnTap.
func (c *Card) Enable() {}

// Disable takes the card's action away.
func (c *Card) Disable() { c.OnTap = nil }

// AccessibilityLabel gives the card's name.
func (c *Card) AccessibilityLabel() string { return c.Label }

// AccessibilityRole is a button where the card can be chosen.
func (c *Card) AccessibilityRole() fyne.AccessibleRole {
	if c.OnTap != nil {
		return fyne.AccessibleRoleButton
	}
	return fyne.AccessibleRoleContainer
}

func (c *Card) restyle() {
	if c.ring != nil {
		c.ring()
	}
}

// CreateRenderer implements fyne.Widget.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	bg := newPlate()
	over := canvas.NewRectangle(none)
	p := &paint{objects: append(bg.objects(), c.Content, over)}
	content := len(p.objects) - 2
	var style func()
	p.min = func() fyne.Size {
		v, h := c.pads()
		return c.Content.MinSize().AddWidthHeight(2*h, 2*v)
	}
	p.layout = func(s fyne.Size) {
		v, h := c.pads()
		over.Resize(s)
		style()
		c.Content.Move(fyne.NewPos(h, v))
		c.Content.Resize(fyne.NewSize(s.Width-2*h, s.Height-2*v))
	}
	style = func() {
		r := theme.Size(theme.Radius)
		fillc, edge, width := theme.Panel, theme.Line, float32(1)
		if c.Fill != "" {
			fillc = c.Fill
		}
		if c.Edge != "" {
			edge = c.Edge
		}
		if c.Selected {
			fillc, edge, width = theme.Selection, theme.Accent, 2
		}
		if c.focused {
			edge, width = theme.Focus, 2
		}
		fill := theme.Color(fillc)
		if c.hovered && c.OnTap != nil && !c.Selected {
			fill = blend(fill, theme.Color(theme.Hover))
		}
		bg.set(c.Size(), r, width, fill, theme.Color(edge))
		// Content that reaches the edge lies over it; there the edge is drawn again, on top.
		over.Hidden = !c.Flush
		over.CornerRadius, over.FillColor = r, none
		over.StrokeColor, over.StrokeWidth = theme.Color(edge), width
		canvas.Refresh(over)
	}
	c.ring = style
	p.refresh = func() {
		p.objects[content] = c.Content
		style()
		p.layout(c.Size())
		c.Content.Refresh()
	}
	style()
	return ready(c, p)
}

// NewHeader heads a panel: quiet words, with what stands at the right end.
func NewHeader(text string, right ...fyne.CanvasObject) *fyne.Container {
	cells := []Cell{Grow(NewCut(text, Heading))}
	for _, o := range right {
		cells = append(cells, Fix(o))
	}
	return Pad(0.75, 0, Row(2, cells...))
}

// NewTitle heads a screen, with what stands at the right end.
func NewTitle(text string, right ...fyne.CanvasObject) *fyne.Container {
	cells := []Cell{Grow(NewCut(text, Title))}
	for _, o := range right {
		cells = append(cells, Fix(o))
	}
	return Row(2, cells...)
}
