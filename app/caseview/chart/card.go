package chart

import (
	"strconv"
	"strings"

	"muster/plugins/pole"
)

// The measures of a card.
const (
	tileSide  = 34.0
	cardPad   = 7.0
	textWidth = 164.0
	titleSize = 12.5
	titleHigh = 16.0
	fineSize  = 10.5
	fineHigh  = 14.0
)

// card is how a node looks: its words, cut and measured.
type card struct {
	w, h    float64
	title   []string
	info    string
	infoInk Ink
	marks   []Mark
	more    string
	alarms  []alarm
}

type alarm struct {
	danger bool
	text   string
}

func (c *Chart) card(n *Node) card {
	k := card{infoInk: Muted}
	k.title = bold().lines(n.Title, titleSize, textWidth, 2)
	info := n.Detail
	switch {
	case n.When != "":
		info = n.When
	case len(n.Group) > 0:
		info = "alike: open with E"
	case len(n.Values) > 0:
		info = n.What + " · stated"
	case n.Unread:
		info = n.What + " · not read"
	case info == "":
		info = n.What
	}
	if n.Old && !n.Unread {
		info, k.infoInk = "old copy · "+info, Caution
	}
	k.info = plain().cut(info, fineSize, textWidth)
	for i, w := range n.Warnings {
		if i == 3 && len(n.Warnings) > 4 {
			k.alarms = append(k.alarms, alarm{true, "+" + strconv.Itoa(len(n.Warnings)-3) + " more warning signals"})
			break
		}
		text := w.Label
		if !strings.HasPrefix(strings.ToUpper(w.Label), strings.ToUpper(w.Code)) {
			text = w.Code + " " + w.Label
		}
		k.alarms = append(k.alarms, alarm{w.Level == pole.LevelDanger, bold().cut(text, fineSize, textWidth-16)})
	}
	wide := plain().measure(k.info, fineSize)
	for _, t := range k.title {
		wide = max(wide, bold().measure(t, titleSize))
	}
	for _, a := range k.alarms {
		wide = max(wide, bold().measure(a.text, fineSize)+16)
	}
	x := 0.0
	for i, s := range n.Systems {
		m := c.marks(s)
		w := markWidth(m)
		if i > 0 && x+w > textWidth-16 {
			k.more = "+" + strconv.Itoa(len(n.Systems)-i)
			x += 16
			break
		}
		k.marks = append(k.marks, m)
		x += w
	}
	wide = max(wide, x, 56)
	k.w = cardPad + tileSide + 8 + wide + cardPad + 2
	k.h = 2*cardPad + titleHigh*float64(len(k.title)) + fineHigh*float64(1+len(k.alarms))
	if len(k.marks) > 0 {
		k.h += fineHigh
	}
	k.h = max(k.h, tileSide+2*cardPad)
	if len(n.Group) > 0 {
		k.w, k.h = k.w+6, k.h+6 // the cards behind it
	}
	if n.More > 0 {
		k.h += 16 // what hangs on its lower edge
	}
	return k
}

func markWidth(m Mark) float64 { return 8 + 3 + plain().measure(m.Code, 9.5) + 7 }

// tileInk is the colour of a class; its tile has a form of its own, so that nothing hangs on colour.
func tileInk(c pole.Class) Ink {
	switch c {
	case pole.ClassPerson:
		return OfPerson
	case pole.ClassObject:
		return OfObject
	case pole.ClassLocation:
		return OfPlace
	}
	return OfEvent
}

// draw draws the card of a node.
func (c *Chart) draw(i int, lit bool) []Prim {
	n, k, b := &c.Graph.Nodes[i], &c.cards[i], &c.Boxes[i]
	x, y, w, h := b.X-b.W/2, b.Y-b.H/2, b.W, b.H
	var out []Prim
	if n.More > 0 {
		h -= 9
	}
	if len(n.Group) > 0 {
		w, h = w-6, h-6
		for _, d := range []float64{6, 3} {
			out = append(out, Prim{Form: Rectangle, X: x + d, Y: y + d, W: w, H: h, Radius: 7, Fill: Panel, Edge: Line, Width: 1})
		}
	}
	frame := Prim{Form: Rectangle, X: x, Y: y, W: w, H: h, Radius: 7, Fill: Panel, Edge: Line, Width: 1}
	danger := false
	for _, a := range k.alarms {
		danger = danger || a.danger
	}
	switch {
	case lit:
		frame.Edge, frame.Width = Accent, 3
	case danger:
		frame.Edge, frame.Width = Danger, 2
	case len(k.alarms) > 0:
		frame.Edge, frame.Width = Caution, 2
	case n.Subject:
		frame.Edge, frame.Width = Accent, 2
	}
	out = append(out, frame)
	if n.Subject {
		out = append(out, Prim{Form: Rectangle, X: x + 2, Y: y + 7, W: 3, H: h - 14, Radius: 1.5, Fill: Accent})
	}
	ty := y + cardPad
	out = append(out, tile(n.Class, n.Sign, n.Unread && len(n.Group) == 0, x+cardPad, ty, tileSide)...)
	tx := x + cardPad + tileSide + 8
	for _, t := range k.title {
		ink := Text
		if n.Unread && len(n.Group) == 0 {
			ink = Muted
		}
		out = append(out, Prim{Form: Letters, X: tx, Y: ty + titleHigh/2, W: bold().measure(t, titleSize), H: titleHigh, Text: t, Size: titleSize, Bold: true, Fill: ink})
		ty += titleHigh
	}
	for _, a := range k.alarms {
		ink, form := Caution, "half-triangle"
		if a.danger {
			ink, form = Danger, "hexagon"
		}
		out = append(out, shape(form, ink, tx, ty+fineHigh/2-5, 10)...)
		out = append(out, Prim{Form: Letters, X: tx + 15, Y: ty + fineHigh/2, W: bold().measure(a.text, fineSize), H: fineHigh, Text: a.text, Size: fineSize, Bold: true, Fill: ink})
		ty += fineHigh
	}
	out = append(out, Prim{Form: Letters, X: tx, Y: ty + fineHigh/2, W: plain().measure(k.info, fineSize), H: fineHigh, Text: k.info, Size: fineSize, Fill: k.infoInk, Fine: true})
	ty += fineHigh
	mx := tx
	for _, m := range k.marks {
		out = append(out, fine(shape(m.Shape, Muted, mx, ty+fineHigh/2-3.5, 7))...)
		out = append(out, Prim{Form: Letters, X: mx + 11, Y: ty + fineHigh/2, W: plain().measure(m.Code, 9.5), H: fineHigh, Text: m.Code, Size: 9.5, Fill: Muted, Fine: true})
		mx += markWidth(m)
	}
	if k.more != "" {
		out = append(out, Prim{Form: Letters, X: mx, Y: ty + fineHigh/2, W: 16, H: fineHigh, Text: k.more, Size: 9.5, Fill: Muted, Fine: true})
	}
	if n.More > 0 {
		t := "+" + strconv.Itoa(n.More) + " linked"
		tw := bold().measure(t, fineSize) + 14
		px, py := x+w-tw-8, y+h-9
		out = append(out, Prim{Form: Rectangle, X: px, Y: py, W: tw, H: 18, Radius: 9, Fill: Panel, Edge: Accent, Width: 1.2},
			Prim{Form: Letters, X: px + 7, Y: py + 9, W: tw - 14, H: 18, Text: t, Size: fineSize, Bold: true, Fill: Accent})
	}
	return out
}

func fine(ps []Prim) []Prim {
	for i := range ps {
		ps[i].Fine = true
	}
	return ps
}
