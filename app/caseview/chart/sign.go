package chart

import (
	"math"

	"muster/plugins/pole"
)

// signOf is how the dictionary wants a kind drawn; its class's sign where it says nothing.
func signOf(k pole.KindDef) string {
	if _, ok := signs[k.Sign]; ok {
		return k.Sign
	}
	return string(k.Class)
}

// stroke thickness of a sign's lines, in parts of its side.
const pen = 0.09

// signs are drawn in a square of side 1, as on a tile: d are discs (x, y, radius), p filled outlines, l lines.
var signs = map[string]struct {
	d [][3]float64
	p [][]float64
	l [][4]float64
}{
	"person":       {d: [][3]float64{{0.5, 0.3, 0.19}}, p: [][]float64{{0.14, 0.92, 0.18, 0.7, 0.34, 0.57, 0.66, 0.57, 0.82, 0.7, 0.86, 0.92}}},
	"object":       {p: [][]float64{{0.5, 0.08, 0.9, 0.28, 0.5, 0.48, 0.1, 0.28}, {0.1, 0.38, 0.46, 0.56, 0.46, 0.94, 0.1, 0.74}, {0.9, 0.38, 0.9, 0.74, 0.54, 0.94, 0.54, 0.56}}},
	"location":     {p: [][]float64{{0.5, 0.98, 0.24, 0.56, 0.22, 0.36, 0.32, 0.17, 0.5, 0.08, 0.68, 0.17, 0.78, 0.36, 0.76, 0.56}}},
	"event":        {l: [][4]float64{{0.16, 0.24, 0.84, 0.24}, {0.84, 0.24, 0.84, 0.86}, {0.84, 0.86, 0.16, 0.86}, {0.16, 0.86, 0.16, 0.24}, {0.16, 0.42, 0.84, 0.42}, {0.34, 0.1, 0.34, 0.26}, {0.66, 0.1, 0.66, 0.26}}, p: [][]float64{{0.5, 0.52, 0.72, 0.52, 0.72, 0.74, 0.5, 0.74}}},
	"organisation": {p: [][]float64{{0.2, 0.1, 0.6, 0.1, 0.6, 0.92, 0.2, 0.92}, {0.66, 0.4, 0.86, 0.4, 0.86, 0.92, 0.66, 0.92}}},
	"vehicle":      {p: [][]float64{{0.22, 0.24, 0.78, 0.24, 0.9, 0.5, 0.9, 0.74, 0.1, 0.74, 0.1, 0.5}}, d: [][3]float64{{0.27, 0.76, 0.1}, {0.73, 0.76, 0.1}}},
	"telephone":    {p: [][]float64{{0.3, 0.06, 0.7, 0.06, 0.74, 0.1, 0.74, 0.9, 0.7, 0.94, 0.3, 0.94, 0.26, 0.9, 0.26, 0.1}}},
	"weapon":       {p: [][]float64{{0.06, 0.26, 0.94, 0.26, 0.94, 0.46, 0.46, 0.46, 0.4, 0.56, 0.34, 0.86, 0.1, 0.86, 0.18, 0.46, 0.06, 0.44}}},
	"document":     {l: [][4]float64{{0.22, 0.08, 0.6, 0.08}, {0.6, 0.08, 0.8, 0.28}, {0.8, 0.28, 0.8, 0.92}, {0.8, 0.92, 0.22, 0.92}, {0.22, 0.92, 0.22, 0.08}, {0.36, 0.44, 0.66, 0.44}, {0.36, 0.6, 0.66, 0.6}, {0.36, 0.76, 0.56, 0.76}}},
	"substance":    {p: [][]float64{{0.38, 0.1, 0.62, 0.1, 0.62, 0.4, 0.86, 0.92, 0.14, 0.92, 0.38, 0.4}}},
	"camera":       {p: [][]float64{{0.08, 0.28, 0.66, 0.28, 0.66, 0.72, 0.08, 0.72}, {0.72, 0.46, 0.94, 0.3, 0.94, 0.7, 0.72, 0.54}}},
	"custody":      {l: [][4]float64{{0.14, 0.14, 0.86, 0.14}, {0.14, 0.86, 0.86, 0.86}, {0.24, 0.14, 0.24, 0.86}, {0.41, 0.14, 0.41, 0.86}, {0.59, 0.14, 0.59, 0.86}, {0.76, 0.14, 0.76, 0.86}}},
	"search":       {l: [][4]float64{{0.62, 0.62, 0.9, 0.9}}, d: [][3]float64{{0.42, 0.42, 0.3}}},
	"report":       {p: [][]float64{{0.5, 0.1, 0.92, 0.5, 0.5, 0.9, 0.08, 0.5}}},
	"alert":        {p: [][]float64{{0.42, 0.1, 0.58, 0.1, 0.55, 0.62, 0.45, 0.62}}, d: [][3]float64{{0.5, 0.82, 0.1}}},
	"exhibit":      {p: [][]float64{{0.1, 0.5, 0.36, 0.16, 0.92, 0.16, 0.92, 0.84, 0.36, 0.84}}},
	"missing":      {d: [][3]float64{{0.5, 0.84, 0.09}}, l: [][4]float64{{0.28, 0.32, 0.36, 0.16}, {0.36, 0.16, 0.62, 0.14}, {0.62, 0.14, 0.73, 0.32}, {0.73, 0.32, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.66}}},
}

// tile draws the sign of a kind on the form of its class: a disc for people, a square for things, a house for places, a lozenge for
// events. What was not read is drawn hollow.
func tile(class pole.Class, sign string, hollow bool, x, y, side float64) []Prim {
	ink, on := tileInk(class), OnTile
	var out []Prim
	at, scale := 0.22, 0.56
	filled := func(points ...float64) {
		pts := make([]float64, len(points))
		for i := range points {
			pts[i] = points[i]*side + []float64{x, y}[i%2]
		}
		if !hollow {
			out = append(out, Prim{Form: Polygon, Fill: ink, Points: pts, X: x, Y: y, W: side, H: side})
			return
		}
		for i := 0; i < len(pts); i += 2 {
			j := (i + 2) % len(pts)
			out = append(out, Prim{Form: Stroke, X: pts[i], Y: pts[i+1], W: pts[j] - pts[i], H: pts[j+1] - pts[i+1], Edge: ink, Width: 1.5})
		}
	}
	frame := Prim{X: x, Y: y, W: side, H: side, Fill: ink}
	if hollow {
		frame.Fill, frame.Edge, frame.Width, on = NoInk, ink, 1.5, ink
	}
	switch class {
	case pole.ClassPerson:
		frame.Form = Circle
		out = append(out, frame)
	case pole.ClassObject:
		frame.Radius = side * 0.14
		out = append(out, frame)
	case pole.ClassLocation:
		filled(0.5, 0, 1, 0.36, 1, 1, 0, 1, 0, 0.36)
		at, scale = 0.24, 0.52
		y += side * 0.1
	default:
		filled(0.5, -0.03, 1.03, 0.5, 0.5, 1.03, -0.03, 0.5)
		at, scale = 0.26, 0.48
	}
	s, ok := signs[sign]
	if !ok {
		return out
	}
	px := func(v float64) float64 { return x + side*(at+v*scale) }
	py := func(v float64) float64 { return y + side*(at+v*scale) }
	k := side * scale
	for _, p := range s.p {
		pts := make([]float64, len(p))
		for i := 0; i < len(p); i += 2 {
			pts[i], pts[i+1] = px(p[i]), py(p[i+1])
		}
		out = append(out, Prim{Form: Polygon, Fill: on, Points: pts, X: px(0), Y: py(0), W: k, H: k})
	}
	for _, d := range s.d {
		out = append(out, Prim{Form: Circle, Fill: on, X: px(d[0] - d[2]), Y: py(d[1] - d[2]), W: 2 * d[2] * k, H: 2 * d[2] * k})
	}
	for _, l := range s.l {
		out = append(out, Prim{Form: Stroke, Edge: on, Width: pen * k, X: px(l[0]), Y: py(l[1]), W: (l[2] - l[0]) * k, H: (l[3] - l[1]) * k})
	}
	return out
}

// shape draws the sign of a system, or of a warning, in a square: the same forms as everywhere in Muster.
func shape(name string, ink Ink, x, y, d float64) []Prim {
	rectangle := func(rx, ry, w, h float64) Prim {
		return Prim{Form: Rectangle, X: x + rx*d, Y: y + ry*d, W: w * d, H: h * d, Fill: ink}
	}
	hollow := func(p Prim) Prim {
		p.Fill, p.Edge, p.Width = NoInk, ink, max(1, d*0.14)
		return p
	}
	poly := func(pts ...float64) Prim {
		out := make([]float64, len(pts))
		for i := 0; i < len(pts); i += 2 {
			out[i], out[i+1] = x+pts[i]*d, y+pts[i+1]*d
		}
		return Prim{Form: Polygon, Fill: ink, Points: out, X: x, Y: y, W: d, H: d}
	}
	line := func(a, b, c, e float64) Prim {
		return Prim{Form: Stroke, Edge: ink, Width: max(1, d*0.14), X: x + a*d, Y: y + b*d, W: (c - a) * d, H: (e - b) * d}
	}
	switch name {
	case "triangle", "▲":
		return []Prim{poly(0.5, 0.04, 1, 0.94, 0, 0.94)}
	case "diamond", "◆":
		return []Prim{poly(0.5, -0.04, 1.04, 0.5, 0.5, 1.04, -0.04, 0.5)}
	case "hollow-diamond", "◇", "open-diamond", "lozenge":
		return []Prim{line(0.5, 0, 1, 0.5), line(1, 0.5, 0.5, 1), line(0.5, 1, 0, 0.5), line(0, 0.5, 0.5, 0)}
	case "circle", "●":
		return []Prim{{Form: Circle, X: x, Y: y, W: d, H: d, Fill: ink}}
	case "bar", "▬", "rectangle":
		return []Prim{rectangle(0, 0.3, 1, 0.4)}
	case "star", "★":
		var pts []float64
		for i := range 10 {
			r := 0.56
			if i%2 == 1 {
				r = 0.23
			}
			a := float64(i)*math.Pi/5 - math.Pi/2
			pts = append(pts, 0.5+r*math.Cos(a), 0.53+r*math.Sin(a))
		}
		return []Prim{poly(pts...)}
	case "square-in-square", "▣", "boxed-square", "box", "framed-square":
		return []Prim{hollow(rectangle(0.02, 0.02, 0.96, 0.96)), rectangle(0.29, 0.29, 0.42, 0.42)}
	case "hollow-square", "□", "open-square", "outline":
		return []Prim{hollow(rectangle(0.06, 0.06, 0.88, 0.88))}
	case "hexagon":
		return []Prim{poly(0.25, 0.06, 0.75, 0.06, 1, 0.5, 0.75, 0.94, 0.25, 0.94, 0, 0.5)}
	case "half-triangle":
		return []Prim{poly(0.5, 0.04, 0.5, 0.94, 0, 0.94), line(0.5, 0.06, 0.95, 0.9), line(0.95, 0.9, 0.5, 0.9)}
	}
	return []Prim{rectangle(0.06, 0.06, 0.88, 0.88)}
}
