package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// CommandBar is the one field of the desk: text, what it is taken for, and the key that leads to it.
type CommandBar struct {
	widget.BaseWidget
	OnChanged func(string)
	OnSubmit  func(string)
	OnKey     func(*fyne.KeyEvent) bool
	OnFocus   func(bool)

	input   *Input
	taken   *Words
	hint    *Hint
	on      bool
	restyle func()
}

// NewCommandBar makes the command bar.
func NewCommandBar(placeholder, key string) *CommandBar {
	b := &CommandBar{input: NewInput(placeholder), taken: NewWords("", Small), hint: NewHint(key)}
	b.input.plain = true
	b.input.Label = placeholder
	b.input.SetMax(200)
	b.input.OnChanged = func(s string) { call(b.OnChanged, s) }
	b.input.OnSubmit = func(s string) { call(b.OnSubmit, s) }
	b.input.OnKey = func(ev *fyne.KeyEvent) bool { return b.OnKey != nil && b.OnKey(ev) }
	b.input.OnFocus = func(on bool) {
		b.on = on
		if b.restyle != nil {
			b.restyle()
		}
		if b.OnFocus != nil {
			b.OnFocus(on)
		}
	}
	b.ExtendBaseWidget(b)
	return b
}

func call(f func(string), s string) {
	if f != nil {
		f(s)
	}
}

// Text is what stands in the bar.
func (b *CommandBar) Text() string { return b.input.Text() }

// SetText changes it without OnChanged.
func (b *CommandBar) SetText(s string) { b.input.SetText(s) }

// SetTaken says what the text is taken for; "" says nothing.
func (b *CommandBar) SetTaken(s string) {
	if b.taken.Text != s {
		b.taken.Set(s)
		b.Refresh()
	}
}

// Taken is what the bar says that the text is taken for.
func (b *CommandBar) Taken() string { return b.taken.Text }

// Focus puts the keyboard into the bar.
func (b *CommandBar) Focus() { b.input.Focus() }

// Focused reports whether the bar has the keyboard.
func (b *CommandBar) Focused() bool { return b.on }

// SelectAll marks the whole text.
func (b *CommandBar) SelectAll() { b.input.SelectAll() }

// Focusable is what takes the keyboard.
func (b *CommandBar) Focusable() fyne.Focusable { return b.input.Focusable() }

// CreateRenderer implements fyne.Widget.
func (b *CommandBar) CreateRenderer() fyne.WidgetRenderer {
	bg, frame := canvas.NewRectangle(none), canvas.NewRectangle(none)
	p := &paint{objects: []fyne.CanvasObject{bg, b.input, b.taken, b.hint, frame}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(50), 36) }
	p.layout = func(s fyne.Size) {
		bg.Resize(s)
		frame.Resize(s)
		right := s.Width - 10
		hm := b.hint.MinSize()
		b.hint.Resize(hm)
		b.hint.Move(fyne.NewPos(right-hm.Width, (s.Height-hm.Height)/2))
		right -= hm.Width + 10
		if b.taken.Text != "" {
			w := min(b.taken.MinSize().Width, s.Width*0.45)
			b.taken.Resize(fyne.NewSize(w, s.Height))
			b.taken.Move(fyne.NewPos(right-w, 0))
			right -= w + 10
		}
		b.input.Move(fyne.NewPos(4, 1))
		b.input.Resize(fyne.NewSize(right-4, s.Height-2))
	}
	b.restyle = func() {
		bg.FillColor, bg.CornerRadius = theme.Color(theme.Field), 6
		frame.CornerRadius = 6
		frame.StrokeColor, frame.StrokeWidth = theme.Color(theme.FieldLine), 1
		if b.on {
			frame.StrokeColor, frame.StrokeWidth = theme.Color(theme.Focus), 2
		}
		canvas.Refresh(b)
	}
	p.refresh = func() {
		b.input.Refresh()
		b.taken.Refresh()
		b.hint.Refresh()
		p.layout(b.Size())
		b.restyle()
	}
	p.refresh()
	return ready(b, p)
}

// Suggestion is one line under the command bar.
type Suggestion struct {
	Text   string
	Detail string
	Mono   bool
}

// Suggestions is the list under the command bar. It takes no focus: the bar keeps the keyboard and moves the mark.
type Suggestions struct {
	widget.BaseWidget
	lines  []Suggestion
	at     int
	choose func(i int)
	rows   []*suggestionRow
}

// NewSuggestions makes an empty list; choose is called with the line that is tapped.
func NewSuggestions(choose func(i int)) *Suggestions {
	s := &Suggestions{at: -1, choose: choose}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the lines; none is marked.
func (s *Suggestions) Set(lines []Suggestion) {
	s.lines, s.at = lines, -1
	s.Refresh()
}

// At is the marked line, or -1.
func (s *Suggestions) At() int { return s.at }

// MoveMark moves the mark by a step; before the first line there is none.
func (s *Suggestions) MoveMark(step int) {
	s.at = min(max(-1, s.at+step), len(s.lines)-1)
	s.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (s *Suggestions) CreateRenderer() fyne.WidgetRenderer {
	bg := canvas.NewRectangle(none)
	p := &paint{}
	p.min = func() fyne.Size {
		return fyne.NewSize(gap(60), float32(len(s.lines))*theme.Size(theme.RowHeight)+gap(2))
	}
	p.layout = func(z fyne.Size) {
		bg.Resize(z)
		h := theme.Size(theme.RowHeight)
		for i, r := range s.rows {
			r.Move(fyne.NewPos(gap(1), gap(1)+float32(i)*h))
			r.Resize(fyne.NewSize(z.Width-gap(2), h))
		}
	}
	p.refresh = func() {
		for len(s.rows) < len(s.lines) {
			r := &suggestionRow{list: s, i: len(s.rows)}
			r.ExtendBaseWidget(r)
			s.rows = append(s.rows, r)
		}
		s.rows = s.rows[:len(s.lines)]
		p.objects = []fyne.CanvasObject{bg}
		for _, r := range s.rows {
			r.Refresh()
			p.objects = append(p.objects, r)
		}
		bg.FillColor, bg.StrokeColor, bg.StrokeWidth = theme.Color(theme.PanelRaised), theme.Color(theme.FieldLine), 1
		bg.CornerRadius = theme.Size(theme.Radius)
		p.layout(s.Size())
		canvas.Refresh(s)
	}
	p.refresh()
	return ready(s, p)
}

type suggestionRow struct {
	widget.BaseWidget
	list *Suggestions
	i    int
}

var _ desktop.Hoverable = (*suggestionRow)(nil)

func (r *suggestionRow) Tapped(*fyne.PointEvent) { r.list.choose(r.i) }
func (r *suggestionRow) MouseIn(*desktop.MouseEvent) {
	r.list.at = r.i
	r.list.Refresh()
}
func (r *suggestionRow) MouseMoved(*desktop.MouseEvent) {}
func (r *suggestionRow) MouseOut()                      {}

func (r *suggestionRow) CreateRenderer() fyne.WidgetRenderer {
	bg := canvas.NewRectangle(none)
	text, detail := NewCut("", Body), NewCut("", MutedText)
	p := &paint{objects: []fyne.CanvasObject{bg, text, detail}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(20), theme.Size(theme.RowHeight)) }
	p.layout = func(z fyne.Size) {
		bg.Resize(z)
		w := min(max(170, text.Style.measure(text.Text)+20), z.Width*0.5)
		text.Move(fyne.NewPos(gap(2), 0))
		text.Resize(fyne.NewSize(w, z.Height))
		detail.Move(fyne.NewPos(gap(2)+w+gap(2), 0))
		detail.Resize(fyne.NewSize(z.Width-w-gap(6), z.Height))
	}
	p.refresh = func() {
		if r.i >= len(r.list.lines) {
			return
		}
		l := r.list.lines[r.i]
		st := Body
		st.Mono = l.Mono
		if l.Mono {
			st.Size = theme.SizeLabel
		}
		text.SetStyle(l.Text, st)
		detail.SetStyle(l.Detail, MutedText)
		text.Refresh()
		detail.Refresh()
		bg.FillColor, bg.CornerRadius = none, 6
		if r.list.at == r.i {
			bg.FillColor = theme.Color(theme.Selection)
		}
		p.layout(r.Size())
		canvas.Refresh(r)
	}
	p.refresh()
	return ready(r, p)
}

// ScrollMax is a Scroll that is as tall as its content, up to a limit.
type ScrollMax struct {
	*Scroll
	limit float32
}

// NewScrollMax scrolls content where it is taller than limit.
func NewScrollMax(content fyne.CanvasObject, limit float32) *ScrollMax {
	s := &ScrollMax{Scroll: NewScroll(content), limit: limit}
	s.ExtendBaseWidget(s)
	return s
}

// HeightFor implements Tall.
func (s *ScrollMax) HeightFor(width float32) float32 {
	return min(s.limit, HeightFor(s.content, width))
}
