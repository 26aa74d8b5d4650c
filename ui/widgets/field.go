package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Field is one field of a form: label with the marks of those who need it, the control, an error line with its symbol,
// help, and how much of its length is used.
type Field struct {
	widget.BaseWidget
	Name    string
	marks   []fyne.CanvasObject
	control fyne.CanvasObject
	box     *fyne.Container
	head    *Flow
	err     *Flow
	help    *Flow
	count   *Words
	from    *Flow
	errText string
}

// NewField puts a label over a control. Marks are source marks (shape alone), or words such as 'all'.
func NewField(label string, control fyne.CanvasObject, marks ...fyne.CanvasObject) *Field {
	f := &Field{Name: label, control: control, marks: marks}
	f.head = NewFlow()
	f.err, f.help, f.from = NewFlow(), NewFlow(), NewFlow()
	f.count = NewWords("", Small)
	f.err.Hide()
	f.help.Hide()
	f.from.Hide()
	f.count.Hide()
	f.box = Stack(1, atLeast(23, f.head), control, f.err, f.from, f.help, f.count)
	f.SetLabel(label, marks...)
	f.ExtendBaseWidget(f)
	return f
}

// SetLabel changes label and marks.
func (f *Field) SetLabel(label string, marks ...fyne.CanvasObject) {
	f.Name, f.marks = label, marks
	runs := []Run{Span(label+" ", Label)}
	for _, m := range marks {
		runs = append(runs, Inline(m))
	}
	f.head.Set(runs...)
	if i, ok := f.control.(*Input); ok {
		i.Label = label
	}
}

// SetError shows what is wrong and what to do; "" takes it away.
func (f *Field) SetError(text string) {
	if f.errText == text {
		return
	}
	f.errText = text
	if i, ok := f.control.(interface{ SetInvalid(bool) }); ok {
		i.SetInvalid(text != "")
	}
	if text == "" {
		f.err.Hide()
	} else {
		f.err.Set(Inline(NewGlyph(Triangle, theme.Danger, 10)), Span(text, DangerTxt))
		f.err.Show()
	}
	f.changed()
}

// Error is what is wrong, or "".
func (f *Field) Error() string { return f.errText }

// SetHelp shows how to fill the field.
func (f *Field) SetHelp(text string) {
	f.help.Set(Span(text, Small))
	f.help.Hidden = text == ""
	f.changed()
}

// SetFrom shows where a prefilled value comes from: a source mark and words.
func (f *Field) SetFrom(runs ...Run) {
	f.from.Set(runs...)
	f.from.Hidden = len(runs) == 0
	f.changed()
}

// SetCount shows how much of the length is used: '148 of 2,000', already in words.
func (f *Field) SetCount(text string) {
	f.count.Set(text)
	if f.count.Hidden != (text == "") {
		f.count.Hidden = text == ""
		f.changed()
	}
}

// Control is the control under the label.
func (f *Field) Control() fyne.CanvasObject { return f.control }

// Focus puts the keyboard on the control.
func (f *Field) Focus() {
	if i, ok := f.control.(interface{ Focus() }); ok {
		i.Focus()
		return
	}
	focus(f.control)
}

// HeightFor implements Tall.
func (f *Field) HeightFor(width float32) float32 { return HeightFor(f.box, width) }

func (f *Field) changed() {
	f.box.Refresh()
	if s := f.Size(); s.Width > 0 {
		f.box.Resize(fyne.NewSize(s.Width, HeightFor(f.box, s.Width)))
	}
	f.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{objects: []fyne.CanvasObject{f.box}}
	p.layout = func(s fyne.Size) { f.box.Resize(s) }
	p.min = func() fyne.Size { return f.box.MinSize() }
	p.refresh = func() { f.box.Refresh() }
	return ready(f, p)
}

// AccessibilityLabel names the field, who needs it and what is wrong.
func (f *Field) AccessibilityLabel() string {
	s := f.Name
	for _, m := range f.marks {
		if a, ok := m.(fyne.Accessible); ok {
			s += ", " + a.AccessibilityLabel()
		}
	}
	if f.errText != "" {
		s += ", " + f.errText
	}
	return s
}

// AccessibilityRole is a container.
func (f *Field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }
