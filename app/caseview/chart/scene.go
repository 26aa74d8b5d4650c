package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"muster/plugins/pole"
)

// Ink is a colour by its meaning; a palette gives it its look. 0 is none.
type Ink int

// The inks.
const (
	NoInk Ink = iota
	Ground
	Panel
	Line // edges of cards, and of what is only stated
	Bond // links
	Text
	Muted
	Accent
	Danger
	Caution
	OfPerson
	OfObject
	OfPlace
	OfEvent
	OnTile
	Banner
	OnBanner
)

// Form is what a Mark of the pen is.
type Form int

// The forms.
const (
	Rectangle Form = iota
	Circle
	Stroke  // a straight line
	Polygon // filled
	Letters // one line of text; Y is its middle
)

// Prim is one mark on the chart, in chart units.
type Prim struct {
	Form       Form
	X, Y, W, H float64 // of its rectangle; a Stroke runs from X, Y to X+W, Y+H
	Radius     float64
	Fill, Edge Ink
	Width      float64 // of the edge or the stroke
	Points     []float64
	Text       string
	Size       float64
	Bold       bool
	Node       string // whose it is; "" for a link's
	Link       int    // 1 + the index of the tie whose it is
	Fine       bool   // may be left out from afar
	Dim        bool   // stands back, because a path is shown
}

// Mark is how a system is shown: its shape and its short code.
type Mark struct{ Shape, Code, Name string }

// Marks gives the mark of a system.
type Marks func(system string) Mark

// Tie is everything between two nodes, drawn as one line.
type Tie struct {
	A, B  int   // nodes, as they lie in the graph
	Links []int // in the graph
	Words string
	Arrow int // 1 from A to B, -1 from B to A, 0 none
	Count int
	Bare  bool // only stated by values
	Maybe bool // the two are possibly the same
}

// Chart is a graph with a place for each node.
type Chart struct {
	Graph *Graph
	Boxes []Box // of Graph.Nodes
	Ties  []Tie

	cards []card
	marks Marks
}

// Place lays a graph out. Nodes that are known by a key of kept keep the place that it gives them (x, y of the middle).
func Place(g *Graph, marks Marks, kept map[string][2]float64) *Chart {
	if marks == nil {
		marks = func(s string) Mark { return Mark{Shape: "square", Code: s, Name: s} }
	}
	c := &Chart{Graph: g, Ties: ties(g), marks: marks, Boxes: make([]Box, len(g.Nodes)), cards: make([]card, len(g.Nodes))}
	taken := map[[2]float64]bool{}
	order := map[pole.Class]int{pole.ClassPerson: 0, pole.ClassLocation: 1, pole.ClassObject: 2, pole.ClassEvent: 3}
	sorted := indices(len(g.Nodes))
	slices.SortStableFunc(sorted, func(a, b int) int {
		x, y := &g.Nodes[a], &g.Nodes[b]
		if d := order[x.Class] - order[y.Class]; d != 0 {
			return d
		}
		if d := strings.Compare(string(x.Kind), string(y.Kind)); d != 0 {
			return d
		}
		return x.Sort.Compare(y.Sort)
	})
	for k, i := range sorted {
		c.Boxes[i].Order = k
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		c.cards[i] = c.card(n)
		b := &c.Boxes[i]
		b.W, b.H, b.Root = c.cards[i].w, c.cards[i].h, n.Subject
		for _, k := range n.Keys() {
			if p, ok := kept[k]; ok && !taken[p] {
				b.X, b.Y, b.Fixed = p[0], p[1], true
				taken[p] = true
				break
			}
		}
	}
	c.unpin()
	links := make([][2]int, len(c.Ties))
	for i, t := range c.Ties {
		links[i] = [2]int{t.A, t.B}
	}
	Layout(c.Boxes, links)
	return c
}

// unpin frees boxes that would overlap where they stood, because they have grown: the rest keep their places.
func (c *Chart) unpin() {
	for i := range c.Boxes {
		for j := range c.Boxes[:i] {
			if a, b := &c.Boxes[i], &c.Boxes[j]; a.Fixed && b.Fixed && a.overlaps(b, Clear/2) {
				if a.Root {
					b.Fixed = false
				} else {
					a.Fixed = false
				}
			}
		}
	}
}

// Kept gives the places of all nodes by what they are known as, for the next Place.
func (c *Chart) Kept() map[string][2]float64 {
	out := map[string][2]float64{}
	for i := range c.Boxes {
		for _, k := range c.Graph.Nodes[i].Keys() {
			out[k] = [2]float64{c.Boxes[i].X, c.Boxes[i].Y}
		}
	}
	return out
}

// Bounds is the rectangle around every box.
func (c *Chart) Bounds() (x0, y0, x1, y1 float64) {
	if len(c.Boxes) == 0 {
		return 0, 0, 0, 0
	}
	r := bounds(c.Boxes, indices(len(c.Boxes)))
	return r.x0, r.y0, r.x1, r.y1
}

func ties(g *Graph) []Tie {
	var out []Tie
	at := map[[2]int]int{}
	for i, l := range g.Links {
		a, b := g.at[l.From], g.at[l.To]
		k := [2]int{min(a, b), max(a, b)}
		t, ok := at[k]
		if !ok {
			t = len(out)
			at[k] = t
			out = append(out, Tie{A: k[0], B: k[1], Bare: true})
		}
		x := &out[t]
		x.Links = append(x.Links, i)
		x.Count += l.Count
		x.Bare = x.Bare && (l.Stated || l.Maybe)
		x.Maybe = x.Maybe || l.Maybe
	}
	for i := range out {
		t := &out[i]
		var words []string
		dir := map[int]bool{}
		for _, li := range t.Links {
			l := g.Links[li]
			if !slices.Contains(words, l.Words) {
				words = append(words, l.Words)
			}
			switch {
			case l.Words == l.Inverse:
				dir[0] = true
			case g.at[l.From] == t.A:
				dir[1] = true
			default:
				dir[-1] = true
			}
		}
		if len(dir) == 1 {
			for d := range dir {
				t.Arrow = d
			}
		}
		if len(words) > 2 {
			words = append(words[:2], "+"+strconv.Itoa(len(words)-2))
		}
		t.Words = strings.Join(words, ", ")
	}
	return out
}

// Prims draws the chart: the links first, the cards over them. path are the IDs of nodes that are shown as a way, one after the other.
func (c *Chart) Prims(path []string) []Prim {
	on := map[string]bool{}
	step := map[[2]string]bool{}
	for i, id := range path {
		on[id] = true
		if i > 0 {
			step[[2]string{path[i-1], id}], step[[2]string{id, path[i-1]}] = true, true
		}
	}
	var out, words []Prim
	var taken []rect
	for i := range c.Boxes {
		b := &c.Boxes[i]
		taken = append(taken, rect{b.X - b.W/2 - 2, b.Y - b.H/2 - 2, b.X + b.W/2 + 2, b.Y + b.H/2 + 2})
	}
	for i := range c.Ties {
		t := &c.Ties[i]
		lit := step[[2]string{c.Graph.Nodes[t.A].ID, c.Graph.Nodes[t.B].ID}]
		line, label := c.tie(i, lit, &taken)
		for _, p := range append(line, label...) {
			p.Link, p.Dim = i+1, len(path) > 0 && !lit
			if p.Fine {
				words = append(words, p)
			} else {
				out = append(out, p)
			}
		}
	}
	out = append(out, words...)
	for i := range c.Graph.Nodes {
		n := &c.Graph.Nodes[i]
		for _, p := range c.draw(i, on[n.ID]) {
			p.Node, p.Dim = n.ID, len(path) > 0 && !on[n.ID]
			out = append(out, p)
		}
	}
	return out
}

// tie draws one line between two cards, with its words where there is room.
func (c *Chart) tie(i int, lit bool, taken *[]rect) (line, label []Prim) {
	t := &c.Ties[i]
	a, b := c.Boxes[t.A], c.Boxes[t.B]
	x0, y0 := edge(&a, b.X, b.Y)
	x1, y1 := edge(&b, a.X, a.Y)
	l := math.Hypot(x1-x0, y1-y0)
	ink, width := Bond, 1.3+min(2, 0.5*math.Log2(float64(max(1, t.Count))))
	if t.Bare {
		ink, width = Line, 1.2
	}
	if t.Maybe {
		ink = Caution
	}
	if lit {
		ink, width = Accent, 3.5
	}
	line = append(line, Prim{Form: Stroke, X: x0, Y: y0, W: x1 - x0, H: y1 - y0, Edge: ink, Width: width})
	if t.Arrow != 0 && l > 16 {
		hx, hy, ux, uy := x1, y1, (x1-x0)/l, (y1-y0)/l
		if t.Arrow < 0 {
			hx, hy, ux, uy = x0, y0, -ux, -uy
		}
		s := 4.2 + width
		line = append(line, Prim{Form: Polygon, Fill: ink, Points: []float64{
			hx, hy, hx - ux*2*s - uy*s*0.8, hy - uy*2*s + ux*s*0.8, hx - ux*2*s + uy*s*0.8, hy - uy*2*s - ux*s*0.8}})
	}
	if l < 24 {
		return line, nil
	}
	const size = 10.5
	text := plain().cut(t.Words, size, 150)
	w, h := plain().measure(text, size)+8, 15.0
	for _, at := range []float64{0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82} {
		x, y := x0+(x1-x0)*at, y0+(y1-y0)*at
		r := rect{x - w/2, y - h/2, x + w/2, y + h/2}
		if slices.ContainsFunc(*taken, r.meets) {
			continue
		}
		*taken = append(*taken, r)
		inkText := Muted
		if t.Maybe {
			inkText = Caution
		}
		if lit {
			inkText = Text
		}
		label = append(label,
			Prim{Form: Rectangle, X: r.x0, Y: r.y0, W: w, H: h, Radius: 4, Fill: Ground, Fine: true},
			Prim{Form: Letters, X: r.x0 + 4, Y: y, W: w - 8, H: h, Text: text, Size: size, Fill: inkText, Fine: true})
		break
	}
	return line, label
}

// edge is where the line from the middle of a box to a point leaves the box.
func edge(b *Box, x, y float64) (float64, float64) {
	dx, dy := x-b.X, y-b.Y
	if dx == 0 && dy == 0 {
		return b.X, b.Y
	}
	s := min(b.W/2/max(1e-9, math.Abs(dx)), b.H/2/max(1e-9, math.Abs(dy)))
	return b.X + dx*s, b.Y + dy*s
}
