package widgets

import (
	"image"
	"image/color"
	"time"

	"muster/app/caseview/timeline"
	"muster/plugins/pole"
	"muster/ui/theme"
)

func dayWords(t time.Time) string { return t.In(pole.London).Format("02/01/2006") }

// paint draws everything but the words.
func (d *timelineDraw) paint(w, h int) image.Image {
	k := &d.k
	k.sheet(w, h, d.size.Width, theme.Color(theme.Panel))
	if len(d.ticks) == 0 && len(d.lanes) == 0 {
		return k.img
	}
	g, bottom := d.gutter(), d.size.Height-d.strip()
	rh := d.rowHeight()
	line := theme.Color(theme.Line)
	for i := range d.lanes {
		l := &d.lanes[i]
		end := l.top + l.rows*rh + 2*tlLanePad
		if i%2 == 0 {
			k.rect(0, l.top, d.size.Width, end, withAlpha(theme.Color(theme.Background), 0.7))
		}
		if d.t.focused && d.t.selected >= 0 && l.at == d.t.lane {
			k.rect(0, l.top, 3, end, theme.Color(theme.SelectedAccent))
		}
	}
	for _, x := range d.ticks {
		at := g + float32(d.t.view.At(x.At))*d.plotWidth()
		if at < g-0.5 {
			continue
		}
		a := float32(0.55)
		if x.Major {
			a = 1
		}
		k.rect(at, d.axis()-8, at+1, bottom, withAlpha(line, a))
		if x.Upper != "" {
			k.rect(at, 2, at+1, bottom, line)
		}
	}
	k.rect(0, d.axis()-1, d.size.Width, d.axis(), line)
	k.rect(g, 0, g+1, bottom, line)
	if x := float32(d.t.view.At(d.t.Now)); !d.t.Now.IsZero() && x >= 0 && x <= 1 {
		at := g + x*d.plotWidth()
		k.dashes(at, d.axis(), at, bottom, 4, theme.Color(theme.Accent))
		k.path(theme.Color(theme.Accent), []float32{at - 5, d.axis() - 7, at + 5, d.axis() - 7, at, d.axis()})
	}
	for i := range d.lanes {
		l := &d.lanes[i]
		if s := d.t.lanes[l.at].Shape; s != "" {
			k.shape(s, 17, l.top+tlLanePad+rh/2, 10, theme.Color(theme.Text))
		}
		for j := range l.marks {
			d.mark(&l.marks[j], l.top+tlLanePad+(float32(l.marks[j].Row)+0.5)*rh)
		}
	}
	d.paintStrip(bottom)
	k.rect(0, bottom, d.size.Width, bottom+1, line)
	return k.img
}

func (d *timelineDraw) holds(m *timeline.Mark, i int) bool {
	for _, x := range m.Items {
		if x == i {
			return true
		}
	}
	return false
}

func (d *timelineDraw) ink(it *timeline.Item) color.Color {
	c := theme.Color(theme.Accent)
	switch {
	case it.Conflict():
		c = theme.Color(theme.Disagree)
	case it.Fact:
		c = theme.Color(theme.Muted)
	}
	return c
}

// mark draws one item or a count.
func (d *timelineDraw) mark(m *timeline.Mark, y float32) {
	k := &d.k
	g := d.gutter()
	x0, x1 := d.ends(m)
	sel := d.t.selected >= 0 && d.holds(m, d.t.selected)
	over := d.t.over >= 0 && d.holds(m, d.t.over)
	if m.Count() > 1 {
		d.count(m, x0, x1, y, sel, over)
		return
	}
	it := &d.t.items[m.Items[0]]
	c := d.ink(it)
	if sel || over {
		from, end := max(x0-5, g+1), max(x1, x0)+4
		if at, left := d.labelAt(m); left {
			from = max(min(from, at-d.labelWidth(m.Items[0])+4), g+1)
		} else {
			end = min(max(end, at+d.labelWidth(m.Items[0])-4), d.size.Width-1)
		}
		if sel {
			k.pill(from, y-11, end, y+11, 6, theme.Color(theme.Selection))
			edge := theme.Color(theme.SelectedAccent)
			if d.t.focused {
				edge = theme.Color(theme.Focus)
			}
			k.pillRing(from, y-11, end, y+11, 6, 2, edge)
		} else {
			k.pill(from, y-11, end, y+11, 6, blend(theme.Color(theme.Panel), theme.Color(theme.Hover)))
		}
	}
	if it.Conflict() {
		d.others(it, x0, x1, y)
	}
	if x1-x0 > tlDot+1 {
		d.span(it, y, c)
		return
	}
	if x1 < g+1 {
		return
	}
	mid := (x0 + x1) / 2
	sign := Square
	if d.t.Sign != nil && len(it.Systems) > 0 {
		sign = d.t.Sign(it.Systems[0])
	}
	k.shape(sign, mid, y, tlDot, c)
	if len(it.Systems) > 1 {
		k.ring(mid, y, tlDot/2+3.5, 1.25, withAlpha(c, 0.7))
	}
}

// span draws what is no moment: soft where it is not known exactly, full where it lasted.
func (d *timelineDraw) span(it *timeline.Item, y float32, c color.Color) {
	k := &d.k
	g, w := d.gutter(), d.plotWidth()
	at := func(t time.Time) float32 { return min(max(g+float32(d.t.view.At(t))*w, g-4000), d.size.Width+4000) }
	e := it.Extent()
	b0, b1 := at(e.Begins.From), at(e.Begins.To)
	top, bot := y-tlBar/2, y+tlBar/2
	if !e.Lasts {
		d.soft(b0, b1, top, bot, c, e.Until)
		return
	}
	e0, e1 := at(e.Ends.From), at(e.Ends.To)
	if b1 > e0 {
		b1 = min(b1, max(e0, b0))
	}
	fill := withAlpha(c, 0.34)
	clip := func(x float32) float32 { return min(max(x, g+1), d.size.Width) }
	if clip(b1) > clip(b0) {
		k.fade(clip(b0), top, clip(b1), bot, c, 0.04, 0.34)
	}
	if clip(e0) > clip(b1) {
		k.rect(clip(b1), top, clip(e0), bot, fill)
		k.rect(clip(b1), bot-2, clip(e0), bot, c)
	}
	if b1-b0 < 2 && b0 > g { // it begins at a moment
		k.rect(b0, top, b0+2.5, bot, c)
	}
	switch {
	case e.Since:
		if e1 < d.size.Width {
			k.path(c, []float32{e1, top, e1 + 7, y, e1, bot})
		}
	case clip(e1) > clip(e0) && e1-e0 >= 2:
		k.fade(clip(e0), top, clip(e1), bot, c, 0.34, 0.04)
	case e1 > g && e1 < d.size.Width:
		k.rect(e1-2.5, top, e1, bot, c)
	}
}

// soft draws a span somewhere in which a moment lies: hatched, with ends that fade.
func (d *timelineDraw) soft(x0, x1, top, bot float32, c color.Color, until bool) {
	k := &d.k
	g := d.gutter()
	if until { // it ended here; since when is not said
		x0 -= 40
	}
	end := min((x1-x0)*0.3, 26)
	a := float32(0.26)
	clip := func(x float32) float32 { return min(max(x, g+1), d.size.Width) }
	part := func(from, to, a0, a1 float32) {
		if clip(to) > clip(from) && to > from {
			f := func(x float32) float32 { return a0 + (a1-a0)*(x-from)/(to-from) }
			k.fade(clip(from), top, clip(to), bot, c, f(clip(from)), f(clip(to)))
		}
	}
	part(x0, x0+end, 0, a)
	part(x0+end, x1-end, a, a)
	part(x1-end, x1, a, 0)
	h := bot - top
	from := clip(x0)
	from += 7 - float32(int(from-x0)%7)
	for x := from; x < clip(x1)-h; x += 7 {
		s := float32(0.55)
		if x < x0+end {
			s *= max((x-x0)/end, 0)
		} else if x+h > x1-end {
			s *= max((x1-x-h)/end, 0)
		}
		k.line(x, bot, x+h, top, 1.2, withAlpha(c, s))
	}
}

// others draws where other systems put the same event, joined to where it stands.
func (d *timelineDraw) others(it *timeline.Item, x0, x1, y float32) {
	k := &d.k
	g, w := d.gutter(), d.plotWidth()
	c := theme.Color(theme.Disagree)
	mid := (x0 + x1) / 2
	for _, o := range it.Dates[1:] {
		e := o.Extent
		x := g + float32((d.t.view.At(e.First())+d.t.view.At(e.Begins.To))/2)*w
		from, to := max(min(mid, x), g+1), min(max(mid, x), d.size.Width)
		if to-from < 8 {
			continue
		}
		k.dashes(from, y+tlBar/2, to, y+tlBar/2, 3, withAlpha(c, 0.8))
		if x > g+6 && x < d.size.Width {
			k.shape(HollowDia, x, y, tlDot+1, c)
		}
	}
}

// count draws how many items stand too close to be told apart.
func (d *timelineDraw) count(m *timeline.Mark, x0, x1, y float32, sel, over bool) {
	k := &d.k
	edge, fill := theme.Color(theme.Accent), theme.Color(theme.Chip)
	facts := true
	for _, i := range m.Items {
		facts = facts && d.t.items[i].Fact
		if d.t.items[i].Conflict() {
			edge = theme.Color(theme.Disagree)
		}
	}
	if facts {
		edge = theme.Color(theme.Muted)
	}
	w := float32(1.25)
	if over {
		fill = blend(theme.Color(theme.Panel), theme.Color(theme.Hover))
	}
	if sel {
		fill, edge, w = theme.Color(theme.Selection), theme.Color(theme.SelectedAccent), 2.25
		if d.t.focused {
			edge = theme.Color(theme.Focus)
		}
	}
	k.pill(x0, y-9.5, x1, y+9.5, 9.5, fill)
	k.pillRing(x0, y-9.5, x1, y+9.5, 9.5, w, edge)
}

// paintStrip draws how much there is over all of the time, and which part of it is in sight.
func (d *timelineDraw) paintStrip(top float32) {
	if !d.t.dated || d.stripN == 0 {
		return
	}
	k := &d.k
	g, w := d.gutter(), d.plotWidth()
	base := d.size.Height - d.strip() + 42
	most := 1
	for _, n := range d.counts {
		most = max(most, n)
	}
	k.rect(g, base, d.size.Width, base+1, theme.Color(theme.Line))
	step := w / float32(d.stripN)
	v := d.stripSpan()
	x0 := g + float32(v.At(d.t.view.From))*w
	x1 := g + float32(v.At(d.t.view.To))*w
	x0, x1 = min(max(x0, g), d.size.Width-3), min(max(x1, g+3), d.size.Width)
	if x1-x0 < 6 {
		x1 = x0 + 6
	}
	k.rect(x0, top+4, x1, base, withAlpha(theme.Color(theme.Accent), 0.13))
	for i, n := range d.counts {
		if n == 0 {
			continue
		}
		x := g + float32(i)*step
		c := theme.Color(theme.Muted)
		if x+step/2 >= x0 && x+step/2 <= x1 {
			c = theme.Color(theme.Accent)
		}
		h := 4 + 28*float32(n)/float32(most)
		k.rect(x, base-h, x+max(step-1.5, 1.5), base, c)
	}
	k.pillRing(x0, top+4, x1, base+1, 4, 1.5, theme.Color(theme.Accent))
}
