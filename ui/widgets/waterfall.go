package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Step is one step of a Waterfall.
type Step struct {
	Label  string
	Detail string // the values compared; "" for none
	Bits   float64
	Text   string // the number in words: +9.1
	Sum    string // the running total in words; "" for none
}

// AxisMark is a place on the axis of a Waterfall.
type AxisMark struct {
	Bits float64
	Text string
}

// Waterfall draws how evidence in bits adds up: each bar begins where the one before ended, to the right for what speaks for
// and filled, to the left for what speaks against and hollow, about an upright line at nought.
type Waterfall struct {
	widget.BaseWidget
	bars  []Step
	total *Step
	ticks []AxisMark
	heads [2]string
}

// NewWaterfall draws evidence.
func NewWaterfall(bars ...Step) *Waterfall {
	w := &Waterfall{bars: bars}
	w.ExtendBaseWidget(w)
	return w
}

// Set changes the evidence.
func (w *Waterfall) Set(bars ...Step) { w.bars = bars; w.Refresh() }

// SetTotal adds a last bar, from nought to what all evidence comes to; its Bits are not looked at.
func (w *Waterfall) SetTotal(t Step) { w.total = &t; w.Refresh() }

// SetAxis sets an axis below the bars. Ticks that the bars do not reach, or that have no room, are left out.
func (w *Waterfall) SetAxis(ticks ...AxisMark) { w.ticks = ticks; w.Refresh() }

// SetHeads sets words over the numbers: of each bar, and of the running total.
func (w *Waterfall) SetHeads(bits, sum string) { w.heads = [2]string{bits, sum}; w.Refresh() }

// AccessibilityLabel reads the evidence out.
func (w *Waterfall) AccessibilityLabel() string {
	s := ""
	rows := w.bars
	if w.total != nil {
		rows = append(rows[:len(rows):len(rows)], *w.total)
	}
	for _, b := range rows {
		s += b.Label + " " + b.Text
		if b.Detail != "" {
			s += " (" + b.Detail + ")"
		}
		s += ". "
	}
	return s
}

// AccessibilityRole says that these are words.
func (w *Waterfall) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (w *Waterfall) rowHeight(b Step) float32 {
	line := lineHeight(theme.Size(theme.SizeSmall))
	if b.Detail != "" {
		return 2*line + gap(1)
	}
	return max(gap(5.5), line)
}

func (w *Waterfall) headHeight() float32 {
	if w.heads[0] == "" {
		return 0
	}
	return lineHeight(theme.Size(theme.SizeSmall))
}

// HeightFor implements Tall.
func (w *Waterfall) HeightFor(float32) float32 {
	h := w.headHeight()
	for _, b := range w.bars {
		h += w.rowHeight(b)
	}
	if w.total != nil {
		h += w.rowHeight(*w.total) + gap(2)
	}
	if len(w.ticks) > 0 {
		h += lineHeight(theme.Size(theme.SizeSmall)) + gap(1)
	}
	return h
}

// CreateRenderer implements fyne.Widget.
func (w *Waterfall) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{}
	p.min = func() fyne.Size { return fyne.NewSize(gap(70), w.HeightFor(0)) }
	p.layout = func(fyne.Size) { p.objects = w.draw() }
	p.refresh = func() { p.objects = w.draw(); canvas.Refresh(w) }
	p.objects = w.draw()
	return ready(w, p)
}

// draw gives what is drawn at the size in use.
func (w *Waterfall) draw() (out []fyne.CanvasObject) {
	z := w.Size()
	lo, hi, at := 0.0, 0.0, 0.0
	number := Style{Size: theme.SizeSmall, Mono: true}
	numW, sumW := float32(52), float32(0)
	for _, b := range w.bars {
		at += b.Bits
		lo, hi = min(lo, at), max(hi, at)
		numW = max(numW, number.measure(b.Text)+1)
		if b.Sum != "" {
			sumW = max(sumW, number.measure(b.Sum)+gap(3), Small.measure(w.heads[1])+gap(3))
		}
	}
	sum := at
	labelW := min(z.Width*0.36, 190)
	if sumW > 0 {
		labelW = min(z.Width*0.42, 270)
	}
	left := labelW + gap(2)
	room := z.Width - left - numW - sumW - gap(2)
	if room < 8 || hi <= lo {
		room = max(room, 8)
	}
	scale := float32(0)
	if hi > lo {
		scale = room / float32(hi-lo)
	}
	x := func(bits float64) float32 { return left + float32(bits-lo)*scale }
	rect := func(c fyne.ThemeColorName, px, py, pw, ph float32) *canvas.Rectangle {
		r := canvas.NewRectangle(theme.Color(c))
		r.Move(fyne.NewPos(px, py))
		r.Resize(fyne.NewSize(pw, ph))
		out = append(out, r)
		return r
	}
	words := func(text string, st Style, px, py, pw, ph float32, align fyne.TextAlign) {
		t := NewCut(text, st)
		t.Align = align
		t.Move(fyne.NewPos(px, py))
		t.Resize(fyne.NewSize(pw, ph))
		out = append(out, t)
	}
	line := lineHeight(theme.Size(theme.SizeSmall))
	top := w.headHeight()
	body := top
	for _, b := range w.bars {
		body += w.rowHeight(b)
	}
	bottom := body
	if w.total != nil {
		bottom += gap(2) + w.rowHeight(*w.total)
	}
	taken := float32(-1000)
	for _, t := range w.ticks {
		if t.Bits < lo-0.01 || t.Bits > hi+0.01 {
			continue
		}
		tw := Small.measure(t.Text) + 1
		px := min(max(x(t.Bits)-tw/2, left-gap(2)), z.Width-tw)
		if px < taken+gap(2) {
			continue
		}
		taken = px + tw
		if t.Bits != 0 {
			rect(theme.Line, x(t.Bits), top, 1, bottom-top)
		}
		words(t.Text, Small, px, bottom+gap(1), tw+2, line, fyne.TextAlignLeading)
	}
	rect(theme.Muted, x(0), top, 1, bottom-top)
	if top > 0 {
		words(w.heads[0], Small, z.Width-numW-sumW, 0, numW, top, fyne.TextAlignTrailing)
		words(w.heads[1], Small, z.Width-sumW, 0, sumW, top, fyne.TextAlignTrailing)
	}
	row := func(b Step, y float32, from, to float64, st Style, fill fyne.ThemeColorName) {
		h := w.rowHeight(b)
		mid := y + h/2
		if b.Detail == "" {
			words(b.Label, st, 0, y, labelW, h, fyne.TextAlignLeading)
		} else { // the words have the whole line above the bar
			room := z.Width - numW - sumW - gap(2)
			if tw := min(st.measure(b.Label)+gap(1), room); tw > labelW {
				rect(theme.Panel, labelW, y+1, tw-labelW, line-1)
			}
			words(b.Label, st, 0, y+gap(0.25), room, line, fyne.TextAlignLeading)
			words(b.Detail, Small, 0, y+gap(0.25)+line, labelW, line, fyne.TextAlignLeading)
			mid = y + gap(0.25) + line*1.5
		}
		l, r := x(min(from, to)), x(max(from, to))
		bar := rect(fill, l, mid-6, max(2, r-l), 12)
		bar.CornerRadius = 2
		if to < from {
			bar.FillColor, bar.StrokeColor, bar.StrokeWidth = theme.Color(theme.Panel), theme.Color(fill), 2
		}
		num := number
		num.Bold = st.Bold
		words(b.Text, num, z.Width-numW-sumW, mid-line/2, numW, line, fyne.TextAlignTrailing)
		if b.Sum != "" {
			words(b.Sum, number.In(theme.Muted), z.Width-sumW, mid-line/2, sumW, line, fyne.TextAlignTrailing)
		}
	}
	middle := func(b Step) float32 {
		if b.Detail == "" {
			return w.rowHeight(b) / 2
		}
		return gap(0.25) + line*1.5
	}
	// The lines that lead from bar to bar lie under the words.
	y := top
	at = 0
	for i, b := range w.bars {
		at += b.Bits
		h := w.rowHeight(b)
		if i+1 < len(w.bars) {
			from := y + middle(b) + 6
			rect(theme.Muted, x(at), from, 1, max(0, y+h+middle(w.bars[i+1])-6-from))
		}
		y += h
	}
	y, at = top, 0
	for _, b := range w.bars {
		fill := theme.Agree
		if b.Bits < 0 {
			fill = theme.Danger
		}
		row(b, y, at, at+b.Bits, Style{Size: theme.SizeSmall}, fill)
		at += b.Bits
		y += w.rowHeight(b)
	}
	if w.total != nil {
		rect(theme.Line, 0, y+gap(1), z.Width, 1)
		row(*w.total, y+gap(2), 0, sum, Style{Size: theme.SizeSmall, Bold: true}, theme.Accent)
	}
	return out
}
