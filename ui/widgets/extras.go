package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// NewEmpty says calmly that there is nothing, and what the officer can do.
func NewEmpty(title, text string, action fyne.CanvasObject) *fyne.Container {
	t := NewWords(title, Style{Size: theme.SizeName, Bold: true})
	t.Align = fyne.TextAlignCenter
	objs := []fyne.CanvasObject{t}
	if text != "" {
		for _, line := range []string{text} {
			objs = append(objs, Centred(420, NewCentred(line, MutedText)))
		}
	}
	if action != nil {
		objs = append(objs, Row(0, Spacer(), Fix(action), Spacer()))
	}
	return Pad(6, 4, Stack(2, objs...))
}

// CentredText is a text in lines, each in the middle.
type CentredText struct {
	widget.BaseWidget
	flow *Flow
}

// NewCentred sets a text in lines, each in the middle of the width.
func NewCentred(text string, s Style) *CentredText {
	c := &CentredText{flow: NewPara(text, s)}
	c.ExtendBaseWidget(c)
	return c
}

// HeightFor implements Tall.
func (c *CentredText) HeightFor(w float32) float32 { return c.flow.HeightFor(w) }

// AccessibilityLabel gives the words.
func (c *CentredText) AccessibilityLabel() string { return c.flow.AccessibilityLabel() }

// AccessibilityRole says that these are words.
func (c *CentredText) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (c *CentredText) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{}
	build := func() {
		width := c.Size().Width
		ps, _ := c.flow.set(width)
		end := map[float32]float32{}
		for _, q := range ps {
			end[q.y] = max(end[q.y], q.x+q.w)
		}
		p.objects = p.objects[:0]
		for _, q := range ps {
			t := canvas.NewText(q.text, nil)
			q.style.apply(t)
			t.Resize(t.MinSize())
			t.Move(fyne.NewPos(q.x+(width-end[q.y])/2, q.y+(q.h-t.MinSize().Height)/2))
			p.objects = append(p.objects, t)
		}
	}
	p.layout = func(fyne.Size) { build() }
	p.min = func() fyne.Size {
		w := max(gap(40), c.Size().Width)
		return fyne.NewSize(gap(20), c.flow.HeightFor(w))
	}
	p.refresh = func() { build(); canvas.Refresh(c) }
	return ready(c, p)
}

// Skeleton stands where something is still being asked for: quiet bars, and words that say so.
type Skeleton struct {
	widget.BaseWidget
	Text string
	Rows int
}

// NewSkeleton makes quiet bars under words that say what is being asked for.
func NewSkeleton(text string, rows int) *Skeleton {
	s := &Skeleton{Text: text, Rows: rows}
	s.ExtendBaseWidget(s)
	return s
}

// AccessibilityLabel gives the words.
func (s *Skeleton) AccessibilityLabel() string { return s.Text }

// AccessibilityRole says that these are words.
func (s *Skeleton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (s *Skeleton) CreateRenderer() fyne.WidgetRenderer {
	sign := NewGlyph(Dots, theme.Muted, 12)
	text := NewCut(s.Text, MutedText)
	p := &paint{}
	var bars []*canvas.Rectangle
	for range 2 * s.Rows {
		bars = append(bars, canvas.NewRectangle(none))
	}
	p.objects = []fyne.CanvasObject{sign, text}
	for _, b := range bars {
		p.objects = append(p.objects, b)
	}
	rowH := func() float32 { return gap(16) }
	p.min = func() fyne.Size { return fyne.NewSize(gap(40), 24+float32(s.Rows)*rowH()) }
	p.layout = func(z fyne.Size) {
		sign.Move(fyne.NewPos(2, 0))
		sign.Resize(fyne.NewSize(12, 20))
		text.Move(fyne.NewPos(22, 0))
		text.Resize(fyne.NewSize(z.Width-22, 20))
		for i, b := range bars {
			y := 28 + float32(i/2)*rowH()
			w, h := z.Width*0.42, float32(12)
			if i%2 == 1 {
				y, w, h = y+20, z.Width*(0.82-0.13*float32(i/2%3)), 9
			}
			b.Move(fyne.NewPos(0, y))
			b.Resize(fyne.NewSize(w, h))
		}
	}
	p.refresh = func() {
		text.Set(s.Text)
		text.Refresh()
		sign.Refresh()
		for _, b := range bars {
			b.FillColor, b.CornerRadius = theme.Color(theme.Line), 4
		}
		canvas.Refresh(s)
	}
	p.refresh()
	return ready(s, p)
}

// NewNotice is a line that says what happened: symbol, words, and what can be done.
func NewNotice(l Level, text string, action fyne.CanvasObject) *Card {
	cells := []Cell{Fix(NewGlyph(l.Symbol(), l.Color(), 11)), Grow(NewPara(text, Body))}
	if action != nil {
		cells = append(cells, Fix(action))
	}
	c := NewEdgedCard(l, Row(2.5, cells...))
	c.PadV, c.PadH = 2.5, 3.5
	c.Fill = theme.PanelRaised
	c.Label = text
	return c
}

// NewMoment is a row of a timeline: when, what, and who says so.
func NewMoment(when, title, detail string, chips ...fyne.CanvasObject) *fyne.Container {
	runs := []Run{Span(title+" ", Body)}
	for _, c := range chips {
		runs = append(runs, Inline(c))
	}
	if detail != "" {
		runs = append(runs, NewLine(), Span(detail, MutedText))
	}
	row := Row(3, Wide(NewCut(when, Ident), gap(30)).AtTop(), Grow(NewFlow(runs...)).AtTop())
	return Stack(0, Pad(1.5, 2, row), HLine())
}

// Sheet is a modal: a titled panel over a scrim. Esc is handled by who shows it.
func Sheet(title string, width float32, content fyne.CanvasObject, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	objs := []fyne.CanvasObject{NewTitle(title), content}
	if len(buttons) > 0 {
		cells := []Cell{Spacer()}
		for _, b := range buttons {
			cells = append(cells, Fix(b))
		}
		objs = append(objs, Pad(1, 0, Row(2, cells...)))
	}
	c := NewCard(Stack(3, objs...))
	c.Fill, c.Edge = theme.PanelRaised, theme.FieldLine
	c.PadV, c.PadH = 5, 6
	return container.New(sheetLayout{}, newFill(theme.Scrim, fyne.Size{}), newCatcher(), Centred(width, c))
}

// sheetLayout leaves the banner uncovered: the marking of what is on screen stays in sight.
type sheetLayout struct{}

func (sheetLayout) MinSize(objs []fyne.CanvasObject) fyne.Size { return objs[2].MinSize() }

func (sheetLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	top := theme.Size(theme.BannerHeight)
	for _, o := range objs {
		o.Move(fyne.NewPos(0, top))
		o.Resize(fyne.NewSize(s.Width, s.Height-top))
	}
}

// catcher keeps taps from what lies beneath.
type catcher struct{ widget.BaseWidget }

func newCatcher() *catcher {
	c := &catcher{}
	c.ExtendBaseWidget(c)
	return c
}

func (c *catcher) Tapped(*fyne.PointEvent) {}

func (c *catcher) CreateRenderer() fyne.WidgetRenderer {
	return &paint{min: func() fyne.Size { return fyne.Size{} }}
}
