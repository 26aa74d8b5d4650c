package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Chip is the mark of a source: its shape and its code on a quiet ground. The same everywhere.
type Chip struct {
	widget.BaseWidget
	Shape Shape
	Code  string
	Name  string // for a screen reader; Code if empty
}

// NewChip makes a source mark. An empty code gives the shape alone, as on a form's target marks.
func NewChip(s Shape, code, name string) *Chip {
	c := &Chip{Shape: s, Code: code, Name: name}
	c.ExtendBaseWidget(c)
	return c
}

// AccessibilityLabel names the source.
func (c *Chip) AccessibilityLabel() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Code
}

// AccessibilityRole says that these are words.
func (c *Chip) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	st := Style{Size: theme.SizeTiny, Bold: true}
	bg := canvas.NewRectangle(none)
	g := NewGlyph(c.Shape, theme.Text, 8)
	t := canvas.NewText(c.Code, nil)
	p := &paint{objects: []fyne.CanvasObject{bg, g, t}}
	p.min = func() fyne.Size {
		w := float32(12)
		if c.Shape != "" {
			w += 8
		}
		if c.Code != "" {
			w += st.measure(c.Code)
			if c.Shape != "" {
				w += 4
			}
		}
		return fyne.NewSize(w, lineHeight(st.size())+2)
	}
	p.layout = func(s fyne.Size) {
		bg.Resize(s)
		x := float32(6)
		if c.Shape != "" {
			g.Move(fyne.NewPos(x, 0))
			g.Resize(fyne.NewSize(8, s.Height))
			x += 12
		}
		m := t.MinSize()
		t.Resize(m)
		t.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
	}
	p.refresh = func() {
		bg.FillColor = theme.Color(theme.Chip)
		bg.CornerRadius = theme.Size(theme.RadiusSmall)
		g.Shape = c.Shape
		g.Hidden = c.Shape == ""
		g.Refresh()
		t.Text = c.Code
		st.apply(t)
		p.layout(c.Size())
		canvas.Refresh(c)
	}
	p.refresh()
	return ready(c, p)
}

// Level says how loud a Badge or a line is.
type Level int

// The levels. Each has its own shape beside its own colour.
const (
	Quiet Level = iota
	Good
	Warn
	Alarm
)

// Color is the level's colour of the theme.
func (l Level) Color() fyne.ThemeColorName {
	switch l {
	case Good:
		return theme.Agree
	case Warn:
		return theme.Disagree
	case Alarm:
		return theme.Danger
	}
	return theme.Muted
}

// Symbol is the level's shape.
func (l Level) Symbol() Shape {
	switch l {
	case Good:
		return Circle
	case Warn:
		return HalfTri
	case Alarm:
		return Triangle
	}
	return Ring
}

// Badge is a warning signal: symbol, code, words and border, with the sources that raise it.
type Badge struct {
	widget.BaseWidget
	Level   Level
	Shape   Shape // the level's own if empty: hexagon for Alarm, half triangle for Warn
	Code    string
	Text    string
	Sources []*Chip
}

// NewBadge makes a badge. Code may be empty.
func NewBadge(l Level, code, text string, sources ...*Chip) *Badge {
	b := &Badge{Level: l, Code: code, Text: text, Sources: sources}
	b.ExtendBaseWidget(b)
	return b
}

func (b *Badge) words() string {
	if b.Code != "" && b.Text != "" {
		return b.Code + " " + b.Text
	}
	return b.Code + b.Text
}

// AccessibilityLabel gives code, words and sources.
func (b *Badge) AccessibilityLabel() string {
	s := b.words()
	for _, c := range b.Sources {
		s += ", " + c.AccessibilityLabel()
	}
	return s
}

// AccessibilityRole says that these are words.
func (b *Badge) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	frame := canvas.NewRectangle(none)
	g := NewGlyph("", theme.Danger, 11)
	t := canvas.NewText("", nil)
	st := func() Style { return Style{Size: theme.SizeSmall, Bold: true, Color: b.Level.Color()} }
	p := &paint{}
	p.min = func() fyne.Size {
		w := 9 + 11 + 5 + st().measure(b.words()) + 9
		for _, c := range b.Sources {
			w += c.MinSize().Width + 4
		}
		return fyne.NewSize(w, lineHeight(theme.Size(theme.SizeSmall))+gap(1.75))
	}
	p.layout = func(s fyne.Size) {
		frame.Resize(s)
		g.Move(fyne.NewPos(9, 0))
		g.Resize(fyne.NewSize(11, s.Height))
		m := t.MinSize()
		t.Resize(m)
		t.Move(fyne.NewPos(25, (s.Height-m.Height)/2))
		x := 25 + m.Width + 5
		for _, c := range b.Sources {
			cm := c.MinSize()
			c.Resize(cm)
			c.Move(fyne.NewPos(x, (s.Height-cm.Height)/2))
			x += cm.Width + 4
		}
	}
	p.refresh = func() {
		p.objects = []fyne.CanvasObject{frame, g, t}
		for _, c := range b.Sources {
			p.objects = append(p.objects, c)
		}
		frame.FillColor = theme.Color(theme.Panel)
		frame.StrokeColor = theme.Color(b.Level.Color())
		frame.StrokeWidth = 2
		frame.CornerRadius = theme.Size(theme.RadiusSmall)
		sh := b.Shape
		if sh == "" {
			sh = b.Level.Symbol()
			if b.Level == Alarm {
				sh = Hexagon
			}
		}
		g.Shape, g.Color = sh, b.Level.Color()
		g.Refresh()
		t.Text = b.words()
		st().apply(t)
		p.layout(b.Size())
		canvas.Refresh(b)
	}
	p.refresh()
	return ready(b, p)
}

// Hint shows a key in a small frame: Ctrl K.
type Hint struct {
	widget.BaseWidget
	Text string
}

// NewHint makes a key hint.
func NewHint(text string) *Hint {
	h := &Hint{Text: text}
	h.ExtendBaseWidget(h)
	return h
}

// CreateRenderer implements fyne.Widget.
func (h *Hint) CreateRenderer() fyne.WidgetRenderer {
	frame := canvas.NewRectangle(none)
	t := canvas.NewText("", nil)
	p := &paint{objects: []fyne.CanvasObject{frame, t}}
	p.min = func() fyne.Size {
		return fyne.NewSize(Small.measure(h.Text)+14, lineHeight(Small.size())+4)
	}
	p.layout = func(s fyne.Size) {
		frame.Resize(s)
		m := t.MinSize()
		t.Resize(m)
		t.Move(fyne.NewPos((s.Width-m.Width)/2, (s.Height-m.Height)/2))
	}
	p.refresh = func() {
		frame.FillColor = theme.Color(theme.Panel)
		frame.StrokeColor = theme.Color(theme.FieldLine)
		frame.StrokeWidth = 1
		frame.CornerRadius = theme.Size(theme.RadiusSmall)
		t.Text = h.Text
		Small.apply(t)
		p.layout(h.Size())
		canvas.Refresh(h)
	}
	p.refresh()
	return ready(h, p)
}

// NewSign is a level's symbol beside words in its colour: no meaning by colour alone.
func NewSign(l Level, text string, s Style) *fyne.Container {
	return Row(1.25, Fix(NewGlyph(l.Symbol(), l.Color(), 10)), Grow(NewCut(text, s.In(l.Color()))))
}
