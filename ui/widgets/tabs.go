package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Tab is one tab: words with an optional count.
type Tab struct {
	ID   string
	Text string
}

// Tabs is a bar of tabs. Left and Right move, Home and End go to the ends.
type Tabs struct {
	widget.BaseWidget
	Items    []Tab
	OnChange func(id string)

	at      int
	focused bool
	words   []*tabWord
}

var _ fyne.Focusable = (*Tabs)(nil)

// NewTabs makes a bar of tabs, at the first.
func NewTabs(change func(id string), items ...Tab) *Tabs {
	t := &Tabs{Items: items, OnChange: change}
	t.ExtendBaseWidget(t)
	return t
}

// Selected is the id of the tab in front.
func (t *Tabs) Selected() string {
	if t.at < len(t.Items) {
		return t.Items[t.at].ID
	}
	return ""
}

// Select brings a tab to the front, with OnChange if it was not.
func (t *Tabs) Select(id string) {
	for i, it := range t.Items {
		if it.ID == id {
			t.move(i)
		}
	}
}

// SetText changes a tab's words.
func (t *Tabs) SetText(id, text string) {
	for i := range t.Items {
		if t.Items[i].ID == id && t.Items[i].Text != text {
			t.Items[i].Text = text
			t.Refresh()
		}
	}
}

func (t *Tabs) move(i int) {
	i = min(max(i, 0), len(t.Items)-1)
	if i == t.at {
		return
	}
	t.at = i
	t.Refresh()
	if t.OnChange != nil {
		t.OnChange(t.Items[i].ID)
	}
}

// FocusGained implements fyne.Focusable.
func (t *Tabs) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *Tabs) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *Tabs) TypedRune(r rune) { passRune(t, r) }

// TypedKey moves between tabs.
func (t *Tabs) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyLeft:
		t.move(t.at - 1)
	case fyne.KeyRight:
		t.move(t.at + 1)
	case fyne.KeyHome:
		t.move(0)
	case fyne.KeyEnd:
		t.move(len(t.Items) - 1)
	default:
		passKey(t, ev)
	}
}

// AccessibilityLabel names the tab in front.
func (t *Tabs) AccessibilityLabel() string {
	if t.at < len(t.Items) {
		return t.Items[t.at].Text
	}
	return ""
}

// AccessibilityRole is a container.
func (t *Tabs) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

type tabWord struct {
	Words
	tap func()
}

func (w *tabWord) Tapped(*fyne.PointEvent) { w.tap() }

// CreateRenderer implements fyne.Widget.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	line, mark, ring := canvas.NewRectangle(none), canvas.NewRectangle(none), canvas.NewRectangle(none)
	p := &paint{}
	padX := func() float32 { return gap(3.5) }
	p.min = func() fyne.Size {
		w := float32(0)
		for _, it := range t.Items {
			w += BodyBold.measure(it.Text) + 2*padX()
		}
		return fyne.NewSize(w, theme.Size(theme.RowHeight)+gap(1.5))
	}
	p.layout = func(s fyne.Size) {
		line.Move(fyne.NewPos(0, s.Height-1))
		line.Resize(fyne.NewSize(s.Width, 1))
		x := float32(0)
		for i, w := range t.words {
			tw := BodyBold.measure(t.Items[i].Text) + 2*padX()
			w.Move(fyne.NewPos(x, 0))
			w.Resize(fyne.NewSize(tw, s.Height))
			if i == t.at {
				mark.Move(fyne.NewPos(x, s.Height-3))
				mark.Resize(fyne.NewSize(tw, 3))
				ring.Move(fyne.NewPos(x+2, 3))
				ring.Resize(fyne.NewSize(tw-4, s.Height-8))
			}
			x += tw
		}
	}
	p.refresh = func() {
		for len(t.words) < len(t.Items) {
			i := len(t.words)
			w := &tabWord{tap: func() { focus(t); t.move(i) }}
			w.Align = fyne.TextAlignCenter
			w.ExtendBaseWidget(w)
			t.words = append(t.words, w)
		}
		t.words = t.words[:len(t.Items)]
		p.objects = []fyne.CanvasObject{line, mark, ring}
		for i, w := range t.words {
			st := MutedText
			if i == t.at {
				st = BodyBold
			}
			w.SetStyle(t.Items[i].Text, st)
			w.Refresh()
			p.objects = append(p.objects, w)
		}
		line.FillColor = theme.Color(theme.Line)
		mark.FillColor = theme.Color(theme.Accent)
		ring.FillColor, ring.StrokeWidth, ring.CornerRadius = none, 0, 4
		if t.focused {
			ring.StrokeColor, ring.StrokeWidth = theme.Color(theme.Focus), 2
		}
		p.layout(t.Size())
		canvas.Refresh(t)
	}
	p.refresh()
	return ready(t, p)
}
