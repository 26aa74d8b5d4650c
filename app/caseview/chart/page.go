package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"

	"muster/plugins/pole"
)

// Palette gives each ink its colour.
type Palette map[Ink]color.NRGBA

func hex(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// LightPalette is for paper.
func LightPalette() Palette {
	return Palette{Ground: hex(0xffffff), Panel: hex(0xffffff), Line: hex(0xb9c5d2), Bond: hex(0x5a6b7c), Text: hex(0x14202c), Muted: hex(0x546476),
		Accent: hex(0x0b5fc6), Danger: hex(0xb42318), Caution: hex(0x8a5800), OfPerson: hex(0x0b5fc6), OfObject: hex(0x0f766e),
		OfPlace: hex(0x6d3fc0), OfEvent: hex(0x475a6e), OnTile: hex(0xffffff), Banner: hex(0x1d5fa8), OnBanner: hex(0xffffff)}
}

// DarkPalette is for a dark screen or slide.
func DarkPalette() Palette {
	return Palette{Ground: hex(0x0f151d), Panel: hex(0x161f2a), Line: hex(0x3a4c60), Bond: hex(0x7f93a8), Text: hex(0xe8edf3), Muted: hex(0x93a4b6),
		Accent: hex(0x4ea1ff), Danger: hex(0xff6b5e), Caution: hex(0xf2b134), OfPerson: hex(0x3d8be8), OfObject: hex(0x2a9d94),
		OfPlace: hex(0x9470e0), OfEvent: hex(0x64788e), OnTile: hex(0xffffff), Banner: hex(0x1d5fa8), OnBanner: hex(0xffffff)}
}

// Page is what an exported chart says beside the chart itself.
type Page struct {
	Title     string
	Detail    string
	Marking   pole.MarkingDef // stands above and below, in its own colours
	By        string          // who exported it
	At        time.Time
	Recipient string
	Reason    string
	Basis     string   // lawful basis
	Reference string   // of this export, and of its record in the log of accesses
	Handling  []string // codes of handling conditions
	Path      []string // a way that is shown, by the IDs of its nodes
	Palette   Palette  // LightPalette if nil
	Copies    int      // stored copies among the records
}

// sheet is a page ready to be drawn.
type sheet struct {
	w, h    float64
	prims   []Prim
	palette Palette
	title   string
	about   string
}

const (
	margin  = 36.0
	banner  = 26.0
	leastW  = 760.0
	textMax = 12.0
)

// sheet puts the chart and what a reader of it must know on one page.
func (c *Chart) sheet(p Page) sheet {
	s := sheet{palette: p.Palette, title: p.Title}
	if s.palette == nil {
		s.palette = LightPalette()
	}
	pal := Palette{}
	for k, v := range s.palette {
		pal[k] = v
	}
	if b, ok := parseHex(p.Marking.Colour); ok {
		pal[Banner] = b
	}
	if b, ok := parseHex(p.Marking.Text); ok {
		pal[OnBanner] = b
	}
	s.palette = pal
	x0, y0, x1, y1 := c.Bounds()
	s.w = max(leastW, x1-x0+2*margin)
	y := banner + 26
	text := func(x float64, t string, size float64, strong bool, ink Ink) {
		s.prims = append(s.prims, Prim{Form: Letters, X: x, Y: y, W: faceOf(strong).measure(t, size), H: size * 1.3, Text: t, Size: size, Bold: strong, Fill: ink})
	}
	para := func(t string, size float64, strong bool, ink Ink) {
		for _, l := range faceOf(strong).lines(t, size, s.w-2*margin, 40) {
			text(margin, l, size, strong, ink)
			y += size * 1.5
		}
	}
	para(p.Title, 20, true, Text)
	y += 4
	read := ""
	if !c.Graph.Read.IsZero() {
		read = " · oldest reading " + c.Graph.Read.Local().Format("02/01/2006 15:04")
	}
	s.about = fmt.Sprintf("%d on the chart, %d links%s", c.count(), len(c.Graph.Links), read)
	detail := "Link chart · " + s.about
	if p.Detail != "" {
		detail = p.Detail + " · " + detail
	}
	para(detail, textMax, false, Muted)
	for _, g := range c.Graph.Gaps {
		y += 2
		s.prims = append(s.prims, shape("hexagon", Danger, margin, y-6, 12)...)
		for _, l := range bold().lines("NOT READ: "+c.marks(g.System).Name+". "+g.Say, textMax, s.w-2*margin-18, 40) {
			text(margin+18, l, textMax, true, Danger)
			y += textMax * 1.5
		}
	}
	y += 18
	dx, dy := margin+(s.w-2*margin-(x1-x0))/2-x0, y-y0
	for _, q := range c.Prims(p.Path) {
		s.prims = append(s.prims, moved(q, dx, dy))
	}
	y += y1 - y0 + 34
	s.prims = append(s.prims, Prim{Form: Stroke, X: margin, Y: y - 14, W: s.w - 2*margin, Edge: Line, Width: 1})
	y = c.legend(&s, y)
	y += 12
	para("Sources: "+strings.Join(c.sources(), "; ")+".", 11, false, Text)
	if p.Copies > 0 {
		para(fmt.Sprintf("%d of the records are stored copies, because their system did not answer.", p.Copies), 11, true, Caution)
	}
	if len(c.Graph.Gaps) == 0 {
		para("Every system that was asked for these records answered.", 11, false, Muted)
	}
	para("A link says only what its source said. That something is not on the chart does not mean that it does not exist.", 11, false, Muted)
	by := "Exported"
	if p.By != "" {
		by += " by " + p.By
	}
	if !p.At.IsZero() {
		by += " on " + p.At.Local().Format("02/01/2006 at 15:04:05")
	}
	if p.Recipient != "" {
		by += " for " + p.Recipient
	}
	if p.Reason != "" {
		by += ". Reason: " + p.Reason
	}
	if p.Basis != "" {
		by += ". Basis: " + p.Basis
	}
	para(strings.TrimSuffix(by, ".")+".", 11, true, Text)
	if p.Reference != "" {
		para("Reference "+p.Reference+".", 11, false, Muted)
	}
	y += 12
	s.h = y + banner
	for _, at := range []float64{0, s.h - banner} {
		label := p.Marking.Label
		if len(p.Handling) > 0 {
			label += " · handling " + strings.Join(p.Handling, " ")
		}
		w := bold().measure(label, 13)
		s.prims = append(s.prims, Prim{Form: Rectangle, X: 0, Y: at, W: s.w, H: banner, Fill: Banner},
			Prim{Form: Letters, X: (s.w - w) / 2, Y: at + banner/2, W: w, H: banner, Text: label, Size: 13, Bold: true, Fill: OnBanner})
	}
	return s
}

// count is how many things are on the chart, those in groups one by one.
func (c *Chart) count() int {
	n := 0
	for i := range c.Graph.Nodes {
		n += max(1, len(c.Graph.Nodes[i].Group))
	}
	return n
}

// sources names every system that says something on the chart, with what it says.
func (c *Chart) sources() []string {
	records, links := map[string]map[pole.Ref]bool{}, map[string]int{}
	var systems []string
	for i := range c.Graph.Nodes {
		n := &c.Graph.Nodes[i]
		for _, s := range n.Systems {
			insert(&systems, s)
		}
		if n.Unread {
			continue
		}
		for _, r := range n.Refs {
			if records[r.System] == nil {
				records[r.System] = map[pole.Ref]bool{}
			}
			records[r.System][r] = true
		}
	}
	for _, l := range c.Graph.Links {
		for _, s := range l.Systems {
			links[s]++
			insert(&systems, s)
		}
	}
	var out []string
	for _, s := range systems {
		m := c.marks(s)
		out = append(out, fmt.Sprintf("%s %s (%s, %s)", m.Code, m.Name, many(len(records[s]), "record"), many(links[s], "link")))
	}
	return out
}

func many(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// Key is one line of the legend: how a kind of thing, or a line, is drawn.
type Key struct {
	Label string
	Prims []Prim // in a square of side 22
}

// Keys explains every form that is on the chart.
func (c *Chart) Keys() []Key {
	type key struct {
		class pole.Class
		sign  string
	}
	var out []Key
	seen := map[key]bool{}
	var kinds []*Node
	hollow, stated, linked, arrow, danger, maybe := false, false, false, false, false, false
	for i := range c.Graph.Nodes {
		n := &c.Graph.Nodes[i]
		hollow = hollow || n.Unread && len(n.Group) == 0
		danger = danger || len(n.Warnings) > 0
		if len(n.Group) > 0 || seen[key{n.Class, n.Sign + n.What}] {
			continue
		}
		seen[key{n.Class, n.Sign + n.What}] = true
		kinds = append(kinds, n)
	}
	order := map[pole.Class]int{pole.ClassPerson: 0, pole.ClassObject: 1, pole.ClassLocation: 2, pole.ClassEvent: 3}
	slices.SortStableFunc(kinds, func(a, b *Node) int {
		if d := order[a.Class] - order[b.Class]; d != 0 {
			return d
		}
		return strings.Compare(a.What, b.What)
	})
	for _, n := range kinds {
		out = append(out, Key{n.What, tile(n.Class, n.Sign, false, 0, 0, 22)})
	}
	if hollow {
		out = append(out, Key{"hollow: named by others, not read", tile(pole.ClassObject, "", true, 0, 0, 22)})
	}
	for _, t := range c.Ties {
		linked, stated, arrow, maybe = linked || !t.Bare, stated || t.Bare && !t.Maybe, arrow || t.Arrow != 0, maybe || t.Maybe
	}
	if linked {
		out = append(out, Key{"link said by a system", []Prim{{Form: Stroke, X: 0, Y: 11, W: 22, Edge: Bond, Width: 1.8}}})
	}
	if arrow {
		out = append(out, Key{"who is what to whom", []Prim{{Form: Stroke, X: 0, Y: 11, W: 16, Edge: Bond, Width: 1.4}, {Form: Polygon, Fill: Bond, Points: []float64{22, 11, 13, 6.5, 13, 15.5}}}})
	}
	if stated {
		out = append(out, Key{"value stated in a record", []Prim{{Form: Stroke, X: 0, Y: 11, W: 22, Edge: Line, Width: 1.2}}})
	}
	if maybe {
		out = append(out, Key{"possibly the same", []Prim{{Form: Stroke, X: 0, Y: 11, W: 22, Edge: Caution, Width: 1.5}}})
	}
	if danger {
		out = append(out, Key{"warning signal", shape("hexagon", Danger, 4, 4, 14)})
	}
	return out
}

// legend sets the keys in rows and gives the height below them.
func (c *Chart) legend(s *sheet, y float64) float64 {
	x := margin
	for _, k := range c.Keys() {
		w := 22 + 6 + plain().measure(k.Label, 11) + 18
		if x > margin && x+w > s.w-margin {
			x, y = margin, y+30
		}
		for _, p := range k.Prims {
			s.prims = append(s.prims, moved(p, x, y))
		}
		s.prims = append(s.prims, Prim{Form: Letters, X: x + 28, Y: y + 11, W: w - 46, H: 14, Text: k.Label, Size: 11, Fill: Text})
		x += w
	}
	return y + 34
}

func moved(p Prim, dx, dy float64) Prim {
	p.X, p.Y = p.X+dx, p.Y+dy
	if p.Points != nil {
		pts := make([]float64, len(p.Points))
		for i, v := range p.Points {
			pts[i] = v + []float64{dx, dy}[i%2]
		}
		p.Points = pts
	}
	return p
}

func parseHex(s string) (color.NRGBA, bool) {
	var v uint32
	if len(s) != 7 {
		return color.NRGBA{}, false
	}
	if _, err := fmt.Sscanf(s, "#%06x", &v); err != nil {
		return color.NRGBA{}, false
	}
	return hex(v), true
}

// Colour is what an ink looks like; what stands back is faded towards the ground.
func (p Palette) Colour(i Ink, dim bool) color.NRGBA {
	c := p[i]
	if dim && i != Ground && i != Panel {
		g := p[Ground]
		mix := func(a, b uint8) uint8 { return uint8((int(a)*45 + int(b)*55) / 100) }
		c = color.NRGBA{mix(c.R, g.R), mix(c.G, g.G), mix(c.B, g.B), 255}
	}
	return c
}
