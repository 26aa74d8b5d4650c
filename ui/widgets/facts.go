package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Fact is one line of Facts: what it is, its values with their sources, and what stands at the right end.
type Fact struct {
	Label string
	Value *Flow
	Right fyne.CanvasObject
}

// Facts is a grid of what is known: label left, values with their source marks right, a line under each.
type Facts struct {
	widget.BaseWidget
	rows       []Fact
	LabelWidth float32 // 0 is 150
}

// NewFacts makes a grid of facts.
func NewFacts(rows ...Fact) *Facts {
	f := &Facts{rows: rows}
	f.ExtendBaseWidget(f)
	return f
}

// Set changes the facts.
func (f *Facts) Set(rows ...Fact) {
	f.rows = rows
	f.Refresh()
}

func (f *Facts) labelWidth(width float32) float32 {
	w := f.LabelWidth
	if w == 0 {
		w = 150
	}
	return min(w, width*0.4)
}

// place gives the frame of each part of each row.
func (f *Facts) place(width float32, put func(i int, y, h, lw, rw float32)) float32 {
	lw := f.labelWidth(width)
	y := float32(0)
	for i, r := range f.rows {
		rw := float32(0)
		if r.Right != nil {
			rw = r.Right.MinSize().Width + gap(2)
		}
		h := max(lineHeight(theme.Size(theme.SizeBody)), r.Value.HeightFor(width-lw-rw-gap(2))) + gap(3)
		if put != nil {
			put(i, y, h, lw, rw)
		}
		y += h
	}
	return y
}

// HeightFor implements Tall.
func (f *Facts) HeightFor(width float32) float32 { return f.place(width, nil) }

// CreateRenderer implements fyne.Widget.
func (f *Facts) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{}
	var labels []*Words
	var lines []*canvas.Rectangle
	p.min = func() fyne.Size {
		w := max(gap(60), f.Size().Width)
		return fyne.NewSize(gap(60), f.HeightFor(w))
	}
	p.layout = func(s fyne.Size) {
		f.place(s.Width, func(i int, y, h, lw, rw float32) {
			pad := gap(1.5)
			bh := lineHeight(theme.Size(theme.SizeBody))
			labels[i].Move(fyne.NewPos(gap(2), y+pad))
			labels[i].Resize(fyne.NewSize(lw-gap(3), bh))
			v := f.rows[i].Value
			v.Move(fyne.NewPos(lw, y+pad))
			v.Resize(fyne.NewSize(s.Width-lw-rw-gap(2), h-2*pad))
			if o := f.rows[i].Right; o != nil {
				m := o.MinSize()
				o.Move(fyne.NewPos(s.Width-m.Width-gap(2), y+pad))
				o.Resize(m)
			}
			lines[i].Move(fyne.NewPos(0, y+h-1))
			lines[i].Resize(fyne.NewSize(s.Width, 1))
		})
	}
	p.refresh = func() {
		p.objects = p.objects[:0]
		for len(labels) < len(f.rows) {
			labels = append(labels, NewCut("", MutedText))
			lines = append(lines, canvas.NewRectangle(none))
		}
		for i, r := range f.rows {
			labels[i].Set(r.Label)
			labels[i].Refresh()
			lines[i].FillColor = theme.Color(theme.Line)
			p.objects = append(p.objects, labels[i], r.Value, lines[i])
			r.Value.Refresh()
			if r.Right != nil {
				p.objects = append(p.objects, r.Right)
				r.Right.Refresh()
			}
		}
		p.layout(f.Size())
		canvas.Refresh(f)
	}
	p.refresh()
	return ready(f, p)
}
