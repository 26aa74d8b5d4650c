package widgets

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Input is a text entry in a frame of its own: it shows focus and error, and hands every key that it has no use for to the
// window, so that Ctrl+K, Esc and the function keys work while it has the focus.
type Input struct {
	widget.BaseWidget
	entry *textEntry

	// OnChanged is called at every change by the officer.
	OnChanged func(string)
	// OnSubmit is called on Enter (Ctrl+Enter is a shortcut of the window).
	OnSubmit func(string)
	// OnKey sees every key first and reports whether it took it.
	OnKey func(*fyne.KeyEvent) bool
	// OnFocus is told when the keyboard comes and goes.
	OnFocus func(bool)
	// Label names the field to a screen reader.
	Label string

	multi   bool
	rows    int
	max     int
	invalid bool
	plain   bool // no frame at all: the command bar draws its own
	quiet   bool // a change by the program, not by the officer
	on      bool // has the keyboard
	restyle func()
}

// textEntry is Fyne's entry with the keys it swallows handed on.
type textEntry struct {
	widget.Entry
	in *Input
}

func (e *textEntry) FocusGained() {
	e.Entry.FocusGained()
	e.in.focused(true)
}

func (e *textEntry) FocusLost() {
	e.Entry.FocusLost()
	e.in.focused(false)
}

func (e *textEntry) TypedKey(ev *fyne.KeyEvent) {
	if e.in.OnKey != nil && e.in.OnKey(ev) {
		return
	}
	switch ev.Name {
	case fyne.KeyEscape, fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8, fyne.KeyF9,
		fyne.KeyF10, fyne.KeyF11, fyne.KeyF12:
		passKey(e, ev)
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		if !e.in.multi {
			if e.in.OnSubmit != nil {
				e.in.OnSubmit(e.Text)
			}
			return
		}
	}
	e.Entry.TypedKey(ev)
}

func (e *textEntry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && !editing(c) {
		passShortcut(e, s)
		return
	}
	e.Entry.TypedShortcut(s)
}

// editing reports whether an entry itself uses a shortcut: moving and deleting by words.
func editing(c *desktop.CustomShortcut) bool {
	if c.Modifier&(fyne.KeyModifierControl|fyne.KeyModifierAlt) == 0 {
		return true
	}
	switch c.KeyName {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyHome, fyne.KeyEnd:
		return true
	}
	return false
}

// AcceptsTab is false also for several lines: Tab leads on to the next field, as everywhere.
func (e *textEntry) AcceptsTab() bool { return false }

func (e *textEntry) TypedRune(r rune) {
	if e.in.max > 0 && len([]rune(e.Text)) >= e.in.max && e.SelectedText() == "" {
		return
	}
	e.Entry.TypedRune(r)
}

// AccessibilityLabel names the field.
func (e *textEntry) AccessibilityLabel() string { return e.in.Label }

// AccessibilityRole is text, the nearest that there is to a field.
func (e *textEntry) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// NewInput makes a field of one line.
func NewInput(placeholder string) *Input { return newInput(placeholder, false) }

// NewPassword makes a field whose text is hidden.
func NewPassword(placeholder string) *Input {
	i := newInput(placeholder, false)
	i.entry.Password = true
	return i
}

// NewArea makes a field of several lines.
func NewArea(placeholder string, rows int) *Input {
	i := newInput(placeholder, true)
	i.rows = rows
	return i
}

func newInput(placeholder string, multi bool) *Input {
	i := &Input{multi: multi, rows: 1}
	i.entry = &textEntry{in: i}
	i.entry.PlaceHolder = placeholder
	i.entry.MultiLine = multi
	i.entry.Wrapping = fyne.TextWrapOff
	if multi {
		i.entry.Wrapping = fyne.TextWrapWord
	} else {
		i.entry.Scroll = fyne.ScrollHorizontalOnly
	}
	i.entry.ExtendBaseWidget(i.entry)
	i.entry.OnChanged = func(s string) {
		if i.max > 0 {
			if r := []rune(s); len(r) > i.max {
				i.SetText(string(r[:i.max]))
				s = i.entry.Text
			}
		}
		if !i.quiet && i.OnChanged != nil {
			i.OnChanged(s)
		}
	}
	i.ExtendBaseWidget(i)
	return i
}

// NewDateTime makes a field for a date or an instant; n or t typed first stands for now or today, in layout.
func NewDateTime(placeholder, layout string, now func() time.Time) *Input {
	i := NewInput(placeholder)
	i.SetMono(true)
	outer := i.entry.OnChanged
	i.entry.OnChanged = func(s string) {
		switch strings.ToLower(s) {
		case "n", "t":
			at := now()
			i.entry.SetText(at.Format(layout))
			i.entry.CursorColumn = len(i.entry.Text)
			i.entry.Refresh()
			return
		}
		outer(s)
	}
	return i
}

// Text is what stands in the field.
func (i *Input) Text() string { return i.entry.Text }

// SetText changes the text without OnChanged.
func (i *Input) SetText(s string) {
	if i.entry.Text == s {
		return
	}
	i.quiet = true
	i.entry.SetText(s)
	i.entry.CursorColumn = len([]rune(s))
	// Moving the cursor lets go of what was marked; else the next letter would replace a part of the new text.
	i.entry.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	i.entry.Refresh()
	i.quiet = false
}

// SetMax bounds the length; 0 is no limit.
func (i *Input) SetMax(n int) { i.max = n }

// SetMono sets the field in the fixed-width face.
func (i *Input) SetMono(on bool) { i.entry.TextStyle.Monospace = on; i.entry.Refresh() }

// SetInvalid shows the field as in error.
func (i *Input) SetInvalid(on bool) {
	if i.invalid != on {
		i.invalid = on
		i.style()
	}
}

// SetEnabled lets the officer type or not.
func (i *Input) SetEnabled(on bool) {
	if on {
		i.entry.Enable()
	} else {
		i.entry.Disable()
	}
}

// Focus puts the keyboard into the field.
func (i *Input) Focus() { focus(i.entry) }

// Focused reports whether the field has the keyboard.
func (i *Input) Focused() bool { return i.on }

// SelectAll marks the whole text.
func (i *Input) SelectAll() { i.entry.TypedShortcut(&fyne.ShortcutSelectAll{}) }

// Focusable is what takes the keyboard, for tests and for the order of focus.
func (i *Input) Focusable() fyne.Focusable { return i.entry }

func (i *Input) focused(on bool) {
	i.on = on
	i.style()
	if i.OnFocus != nil {
		i.OnFocus(on)
	}
}

func (i *Input) style() {
	if i.restyle != nil {
		i.restyle()
	}
}

// HeightFor implements Tall.
func (i *Input) HeightFor(float32) float32 { return i.height() }

func (i *Input) height() float32 {
	if !i.multi {
		return theme.Size(theme.FieldHeight)
	}
	return float32(i.rows)*lineHeight(theme.Size(theme.SizeBody)) + gap(4)
}

// CreateRenderer implements fyne.Widget.
func (i *Input) CreateRenderer() fyne.WidgetRenderer {
	frame := canvas.NewRectangle(none)
	p := &paint{objects: []fyne.CanvasObject{i.entry, frame}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(16), i.height()) }
	p.layout = func(s fyne.Size) {
		frame.Resize(s)
		m := i.entry.MinSize()
		if i.multi || m.Height <= 0 {
			i.entry.Resize(s)
			i.entry.Move(fyne.Position{})
			return
		}
		// Fyne's entry draws its one line at the top; stand it in the middle of the frame.
		i.entry.Resize(fyne.NewSize(s.Width, m.Height))
		i.entry.Move(fyne.NewPos(0, (s.Height-m.Height)/2))
	}
	i.restyle = func() {
		frame.FillColor = none
		frame.CornerRadius = 6
		edge, w := theme.FieldLine, float32(1)
		if i.on {
			edge, w = theme.Focus, 2
		}
		if i.invalid {
			edge, w = theme.Danger, 2
		}
		frame.StrokeColor, frame.StrokeWidth = theme.Color(edge), w
		frame.Hidden = i.plain
		canvas.Refresh(frame)
	}
	p.refresh = func() {
		i.entry.Refresh()
		i.restyle()
		p.layout(i.Size())
	}
	i.restyle()
	return ready(i, p)
}
