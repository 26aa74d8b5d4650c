package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Option is one choice of a Select.
type Option struct {
	Value string
	Label string
	Code  string // shown in the fixed-width face beside the label
}

// Select is a choice from a list. Enter, Space or Down opens it; letters find an option by any of its words.
type Select struct {
	widget.DisableableWidget
	Options     []Option
	Placeholder string
	Label       string
	Free        func(typed string) string // words for taking what is typed as it is; nil where only the options are taken
	OnChanged   func(value string)

	value            string
	focused, hovered bool
	invalid          bool
	open             *widget.PopUp
}

var (
	_ fyne.Focusable    = (*Select)(nil)
	_ desktop.Hoverable = (*Select)(nil)
)

// NewSelect makes a choice from options.
func NewSelect(placeholder string, options []Option, changed func(string)) *Select {
	s := &Select{Options: options, Placeholder: placeholder, OnChanged: changed}
	s.ExtendBaseWidget(s)
	return s
}

// Value is the chosen value, or "".
func (s *Select) Value() string { return s.value }

// SetValue chooses without OnChanged.
func (s *Select) SetValue(v string) {
	if s.value != v {
		s.value = v
		s.Refresh()
	}
}

// SetInvalid shows the choice as in error.
func (s *Select) SetInvalid(on bool) {
	if s.invalid != on {
		s.invalid = on
		s.Refresh()
	}
}

// Focus puts the keyboard on the choice.
func (s *Select) Focus() { focus(s) }

func (s *Select) pick(v string) {
	s.close()
	if s.value != v {
		s.value = v
		s.Refresh()
		if s.OnChanged != nil {
			s.OnChanged(v)
		}
	}
	focus(s)
}

func (s *Select) close() {
	if s.open != nil {
		s.open.Hide()
		s.open = nil
	}
	if opened == s {
		opened = nil
	}
}

// opened is the choice whose options are shown; there is one at most, and only the UI goroutine knows it.
var opened *Select

// CloseChoices takes options that are shown off the screen: what they belong to is about to go.
func CloseChoices() {
	if opened != nil {
		opened.close()
	}
}

// Open shows the options, those first that match what was typed.
func (s *Select) Open(typed string) {
	c := canvasOf(s)
	if c == nil || s.Disabled() {
		return
	}
	CloseChoices()
	d := newDropdown(s, typed)
	s.open = widget.NewPopUp(d, c)
	opened = s
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(s)
	h := d.MinSize().Height
	y := at.Y + s.Size().Height + 2
	if y+h > c.Size().Height && at.Y-h-2 > 0 {
		y = at.Y - h - 2
	}
	s.open.Resize(fyne.NewSize(max(s.Size().Width, gap(60)), h))
	s.open.ShowAtPosition(fyne.NewPos(at.X, y))
	c.Focus(d)
}

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(*fyne.PointEvent) {
	focus(s)
	s.Open("")
}

// FocusGained implements fyne.Focusable.
func (s *Select) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements fyne.Focusable.
func (s *Select) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune opens the options at what is typed.
func (s *Select) TypedRune(r rune) {
	if r == ' ' {
		s.Open("")
		return
	}
	s.Open(string(r))
}

// TypedKey opens the options, or clears the choice.
func (s *Select) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyDown:
		s.Open("")
	case fyne.KeyBackspace, fyne.KeyDelete:
		s.pick("")
	case fyne.KeySpace:
	default:
		passKey(s, ev)
	}
}

// MouseIn implements desktop.Hoverable.
func (s *Select) MouseIn(*desktop.MouseEvent) { s.hovered = true; s.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (s *Select) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (s *Select) MouseOut() { s.hovered = false; s.Refresh() }

func (s *Select) chosen() (Option, bool) {
	for _, o := range s.Options {
		if o.Value == s.value {
			return o, true
		}
	}
	return Option{Label: s.value, Value: s.value}, s.value != ""
}

// AccessibilityLabel gives the label and the choice.
func (s *Select) AccessibilityLabel() string {
	o, _ := s.chosen()
	return strings.TrimSpace(s.Label + " " + o.Label)
}

// AccessibilityRole is a button.
func (s *Select) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements fyne.Widget.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	bg := canvas.NewRectangle(none)
	text, code := NewCut("", Body), NewWords("", Ident.In(theme.Muted))
	arrow := NewGlyph(ChevronDown, theme.Muted, 10)
	p := &paint{objects: []fyne.CanvasObject{bg, text, code, arrow}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(24), theme.Size(theme.FieldHeight)) }
	p.layout = func(z fyne.Size) {
		bg.Resize(z)
		x, right := gap(2.5), z.Width-gap(2.5)-10
		arrow.Move(fyne.NewPos(right, 0))
		arrow.Resize(fyne.NewSize(10, z.Height))
		cw := float32(0)
		if code.Text != "" {
			cw = code.MinSize().Width
		}
		tw := min(text.Style.measure(text.Text)+1, right-x-cw-gap(3))
		text.Move(fyne.NewPos(x, 0))
		text.Resize(fyne.NewSize(tw, z.Height))
		code.Move(fyne.NewPos(x+tw+gap(2), 0))
		code.Resize(fyne.NewSize(cw, z.Height))
	}
	p.refresh = func() {
		o, ok := s.chosen()
		switch {
		case ok && s.Disabled():
			text.SetStyle(o.Label, Body.In(theme.DisabledText))
		case ok:
			text.SetStyle(o.Label, Body)
		default:
			text.SetStyle(s.Placeholder, MutedText)
		}
		code.Set("")
		if ok {
			code.Set(o.Code)
		}
		text.Refresh()
		code.Refresh()
		arrow.Refresh()
		bg.FillColor = theme.Color(theme.Field)
		if s.hovered {
			bg.FillColor = blend(bg.FillColor, theme.Color(theme.Hover))
		}
		bg.CornerRadius = 6
		bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.FieldLine), 1
		if s.focused {
			bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.Focus), 2
		}
		if s.invalid {
			bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.Danger), 2
		}
		p.layout(s.Size())
		canvas.Refresh(s)
	}
	p.refresh()
	return ready(s, p)
}

// dropdown is the open list of a Select, with what is typed above it.
type dropdown struct {
	widget.BaseWidget
	sel   *Select
	typed string
	found []Option
	list  *List
	head  *Words
}

const dropdownRows = 9

func newDropdown(s *Select, typed string) *dropdown {
	d := &dropdown{sel: s, typed: typed, head: NewWords("", Small)}
	d.list = NewList(d, func() fyne.CanvasObject {
		return Pad(0, 2.5, Row(2, Grow(NewCut("", Body)), Fix(NewWords("", Ident.In(theme.Muted)))))
	}, func(i int, o fyne.CanvasObject, _ RowState) {
		row := o.(*fyne.Container).Objects[0].(*fyne.Container)
		row.Objects[0].(*Words).Set(d.found[i].Label)
		row.Objects[1].(*Words).Set(d.found[i].Code)
		row.Layout.Layout(row.Objects, row.Size())
	})
	d.list.Look = PlainRows
	d.list.OnOpen = s.pick
	d.list.OnSelect = func(string) {}
	d.ExtendBaseWidget(d)
	d.filter()
	if d.typed == "" && s.value != "" {
		d.list.selected = s.value
	}
	return d
}

func (d *dropdown) Len() int        { return len(d.found) }
func (d *dropdown) ID(i int) string { return d.found[i].Value }

func (d *dropdown) filter() {
	d.found = d.found[:0]
	want := strings.Fields(strings.ToLower(d.typed))
	for _, o := range d.sel.Options {
		hay := " " + strings.ToLower(o.Label+" "+o.Code)
		ok := true
		for _, w := range want {
			ok = ok && strings.Contains(hay, " "+w)
		}
		if ok {
			d.found = append(d.found, o)
		}
	}
	if f := d.sel.Free; f != nil && strings.TrimSpace(d.typed) != "" {
		d.found = append(d.found, Option{Value: strings.TrimSpace(d.typed), Label: f(strings.TrimSpace(d.typed))})
	}
	d.head.Set(d.typed)
	d.list.selected = ""
	if len(d.found) > 0 {
		d.list.selected = d.found[0].Value
	}
	d.list.Refresh()
}

func (d *dropdown) FocusGained() { d.list.focused = true; d.list.refreshRows() }
func (d *dropdown) FocusLost()   {}

func (d *dropdown) TypedRune(r rune) {
	d.typed += string(r)
	d.filter()
	d.Refresh()
}

func (d *dropdown) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		d.sel.close()
		focus(d.sel)
	case fyne.KeyBackspace:
		if r := []rune(d.typed); len(r) > 0 {
			d.typed = string(r[:len(r)-1])
			d.filter()
			d.Refresh()
		}
	case fyne.KeyTab:
		d.sel.pick(d.list.selected)
	case fyne.KeyF12, fyne.KeyF1:
		d.sel.close()
		passKey(d.sel, ev)
	default:
		d.list.TypedKey(ev)
	}
}

func (d *dropdown) CreateRenderer() fyne.WidgetRenderer {
	bg := canvas.NewRectangle(none)
	p := &paint{objects: []fyne.CanvasObject{bg, d.head, d.list}}
	headH := func() float32 {
		if d.typed == "" {
			return 0
		}
		return lineHeight(Small.size()) + gap(1)
	}
	p.min = func() fyne.Size {
		rows := float32(min(dropdownRows, max(1, len(d.sel.Options))))
		return fyne.NewSize(gap(40), rows*theme.Size(theme.RowHeight)+gap(3)+lineHeight(Small.size()))
	}
	p.layout = func(s fyne.Size) {
		bg.Resize(s)
		d.head.Move(fyne.NewPos(gap(2.5), gap(1)))
		d.head.Resize(fyne.NewSize(s.Width-gap(5), lineHeight(Small.size())))
		d.list.Move(fyne.NewPos(1, gap(1)+headH()))
		d.list.Resize(fyne.NewSize(s.Width-2, s.Height-gap(2)-headH()))
	}
	p.refresh = func() {
		bg.FillColor, bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.PanelRaised), theme.Color(theme.FieldLine), 1
		bg.CornerRadius = theme.Size(theme.Radius)
		p.layout(d.Size())
		d.list.Refresh()
		canvas.Refresh(d)
	}
	p.refresh()
	return ready(d, p)
}

// Check is a box to tick, with a count beside its words.
type Check struct {
	widget.DisableableWidget
	Text      string
	On        bool
	OnChanged func(bool)

	focused, hovered bool
}

var _ fyne.Focusable = (*Check)(nil)

// NewCheck makes a box to tick.
func NewCheck(text string, on bool, changed func(bool)) *Check {
	c := &Check{Text: text, On: on, OnChanged: changed}
	c.ExtendBaseWidget(c)
	return c
}

// Set changes words and state without OnChanged.
func (c *Check) Set(text string, on bool) {
	if c.Text != text || c.On != on {
		c.Text, c.On = text, on
		c.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (c *Check) Tapped(*fyne.PointEvent) {
	if c.Disabled() {
		return
	}
	focus(c)
	c.On = !c.On
	c.Refresh()
	if c.OnChanged != nil {
		c.OnChanged(c.On)
	}
}

// FocusGained implements fyne.Focusable.
func (c *Check) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost implements fyne.Focusable.
func (c *Check) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune ticks on a space.
func (c *Check) TypedRune(r rune) {
	if r == ' ' {
		c.Tapped(nil)
		return
	}
	passRune(c, r)
}

// TypedKey ticks on Enter.
func (c *Check) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		c.Tapped(nil)
	case fyne.KeySpace:
	default:
		passKey(c, ev)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Check) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (c *Check) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Check) MouseOut() { c.hovered = false; c.Refresh() }

// AccessibilityLabel gives the words.
func (c *Check) AccessibilityLabel() string { return c.Text }

// AccessibilityRole is a button.
func (c *Check) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements fyne.Widget.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	ring, box := canvas.NewRectangle(none), canvas.NewRectangle(none)
	tick := NewGlyph(Tick, theme.OnAccent, 9)
	text := NewCut("", Body)
	p := &paint{objects: []fyne.CanvasObject{ring, box, tick, text}}
	p.min = func() fyne.Size {
		return fyne.NewSize(16+gap(2)+text.Style.measure(c.Text)+4, max(20, lineHeight(theme.Size(theme.SizeBody)))+gap(1))
	}
	p.layout = func(s fyne.Size) {
		y := (s.Height - 16) / 2
		box.Move(fyne.NewPos(2, y))
		box.Resize(fyne.NewSquareSize(16))
		ring.Move(fyne.NewPos(-1, y-3))
		ring.Resize(fyne.NewSquareSize(22))
		tick.Move(fyne.NewPos(2, y))
		tick.Resize(fyne.NewSquareSize(16))
		text.Move(fyne.NewPos(18+gap(2), 0))
		text.Resize(fyne.NewSize(max(0, s.Width-18-gap(2)), s.Height))
	}
	p.refresh = func() {
		text.SetStyle(c.Text, Body)
		if c.Disabled() {
			text.SetStyle(c.Text, Body.In(theme.DisabledText))
		}
		text.Refresh()
		box.CornerRadius, ring.CornerRadius = 3, 6
		box.FillColor, box.StrokeColor, box.StrokeWidth = theme.Color(theme.Field), theme.Color(theme.Muted), 1.5
		tick.Hidden = !c.On
		if c.On {
			box.FillColor, box.StrokeColor = theme.Color(theme.Accent), theme.Color(theme.Accent)
		}
		tick.Refresh()
		ring.FillColor, ring.StrokeWidth = none, 0
		if c.focused {
			ring.StrokeColor, ring.StrokeWidth = theme.Color(theme.Focus), 2
		}
		canvas.Refresh(c)
	}
	p.refresh()
	return ready(c, p)
}
