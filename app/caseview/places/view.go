package places

import (
	"math"
	"slices"
)

// The limits of zooming: tiles of the web are counted in these steps.
const (
	MinZoom = 3.0
	MaxZoom = 20.0
)

// TileSide is the side of a tile of the web, in units of the window.
const TileSide = 256.0

// Project gives the place of a point on the square of Web Mercator: 0, 0 is north-west, 1, 1 is south-east.
func Project(lat, lon float64) (x, y float64) {
	lat = min(max(lat, -85.05112878), 85.05112878)
	s := math.Sin(lat * math.Pi / 180)
	return lon/360 + 0.5, 0.5 - math.Log((1+s)/(1-s))/(4*math.Pi)
}

// Unproject is the inverse of Project.
func Unproject(x, y float64) (lat, lon float64) {
	return math.Atan(math.Sinh(math.Pi*(1-2*y))) * 180 / math.Pi, (x - 0.5) * 360
}

// Box is a part of the square.
type Box struct{ X0, Y0, X1, Y1 float64 }

// With is the box that holds a point as well.
func (b Box) With(x, y float64) Box {
	return Box{min(b.X0, x), min(b.Y0, y), max(b.X1, x), max(b.Y1, y)}
}

// Meets reports whether two boxes have a part in common.
func (b Box) Meets(o Box) bool { return b.X0 <= o.X1 && o.X0 <= b.X1 && b.Y0 <= o.Y1 && o.Y0 <= b.Y1 }

// View is the part of the map in sight: the point in the middle and the zoom, as tile servers count it.
type View struct{ X, Y, Zoom float64 }

// Scale is how many units of the window the whole square takes.
func (v View) Scale() float64 { return TileSide * math.Exp2(v.Zoom) }

// At is where a point of the square stands in a window of a size.
func (v View) At(x, y, w, h float64) (px, py float64) {
	s := v.Scale()
	return (x-v.X)*s + w/2, (y-v.Y)*s + h/2
}

// Point is the inverse of At.
func (v View) Point(px, py, w, h float64) (x, y float64) {
	s := v.Scale()
	return (px-w/2)/s + v.X, (py-h/2)/s + v.Y
}

// Box is the part of the square in a window of a size.
func (v View) Box(w, h float64) Box {
	x0, y0 := v.Point(0, 0, w, h)
	x1, y1 := v.Point(w, h, w, h)
	return Box{x0, y0, x1, y1}
}

// ZoomAt zooms by steps, keeping the point of the window at px, py where it is.
func (v View) ZoomAt(steps, px, py, w, h float64) View {
	x, y := v.Point(px, py, w, h)
	z := View{v.X, v.Y, min(max(v.Zoom+steps, MinZoom), MaxZoom)}
	s := z.Scale()
	z.X, z.Y = x-(px-w/2)/s, y-(py-h/2)/s
	return z.within()
}

// Pan moves by units of the window.
func (v View) Pan(dx, dy float64) View {
	s := v.Scale()
	return View{v.X + dx/s, v.Y + dy/s, v.Zoom}.within()
}

func (v View) within() View {
	v.X, v.Y = min(max(v.X, 0), 1), min(max(v.Y, 0), 1)
	return v
}

// MetresPerUnit is how much ground a unit of the window shows in the middle.
func (v View) MetresPerUnit() float64 {
	lat, _ := Unproject(v.X, v.Y)
	return 40075016.686 * math.Cos(lat*math.Pi/180) / v.Scale()
}

// Islands is the view that holds Great Britain and Northern Ireland.
func Islands(w, h float64) View {
	x0, y0 := Project(60.9, -8.3)
	x1, y1 := Project(49.8, 1.9)
	return fit(Box{x0, y0, x1, y1}, w, h, 12)
}

// Fit is the view that holds every point, no nearer than a street can be told by.
func Fit(points []Place, w, h float64) View {
	if len(points) == 0 {
		return Islands(w, h)
	}
	b := Box{1, 1, 0, 0}
	for i := range points {
		p := &points[i]
		dLat := 0.0
		if p.How != Exact { // what is known about only is shown with all of where it may be
			dLat = p.Within / 111_000
		}
		dLon := dLat / max(math.Cos(p.Lat*math.Pi/180), 0.1)
		b = b.With(Project(p.Lat-dLat, p.Lon-dLon))
		b = b.With(Project(p.Lat+dLat, p.Lon+dLon))
	}
	return fit(b, w, h, 60)
}

func fit(b Box, w, h, margin float64) View {
	w, h = max(w-2*margin, 40), max(h-2*margin, 40)
	zoom := math.Log2(min(w/max(b.X1-b.X0, 1e-9), h/max(b.Y1-b.Y0, 1e-9)) / TileSide)
	return View{(b.X0 + b.X1) / 2, (b.Y0 + b.Y1) / 2, min(max(math.Floor(zoom*2)/2, MinZoom), 15)}
}

// Group is one sign on the map: one place, or several that stand too close to be told apart.
type Group struct {
	X, Y    float64 // in the window
	Members []int
}

// Cluster puts places in sight together that stand within side of one another in the window. Each place in sight is in one
// group; alone, if it is not nil, names places that keep a sign of their own.
func Cluster(points []Place, v View, w, h, side float64, alone func(i int) bool) []Group {
	type cell struct{ x, y int }
	cells := map[cell][]int{}
	var out []Group
	for i := range points {
		px, py := v.At2(points[i].Lat, points[i].Lon, w, h)
		if px < -side || py < -side || px > w+side || py > h+side {
			continue
		}
		if alone != nil && alone(i) {
			out = append(out, Group{px, py, []int{i}})
			continue
		}
		c := cell{int(math.Floor(px / side)), int(math.Floor(py / side))}
		best, near := -1, side
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for _, g := range cells[cell{c.x + dx, c.y + dy}] {
					if d := math.Hypot(out[g].X-px, out[g].Y-py); d < near {
						best, near = g, d
					}
				}
			}
		}
		if best >= 0 {
			out[best].Members = append(out[best].Members, i)
			continue
		}
		cells[c] = append(cells[c], len(out))
		out = append(out, Group{px, py, []int{i}})
	}
	slices.SortStableFunc(out, func(a, b Group) int {
		if a.Y < b.Y {
			return -1
		}
		if a.Y > b.Y {
			return 1
		}
		return 0
	})
	return out
}

// At2 is At for a point in degrees.
func (v View) At2(lat, lon, w, h float64) (px, py float64) {
	x, y := Project(lat, lon)
	return v.At(x, y, w, h)
}

// Apart is the view in which the members of a group come apart, if any does.
func Apart(points []Place, members []int, w, h float64) View {
	var own []Place
	for _, i := range members {
		own = append(own, points[i])
	}
	v := Fit(own, w, h)
	b := Box{1, 1, 0, 0}
	for i := range own {
		x, y := Project(own[i].Lat, own[i].Lon)
		b = b.With(x, y)
	}
	if b.X1-b.X0 < 1e-9 && b.Y1-b.Y0 < 1e-9 {
		v.Zoom = 17
	} else {
		f := fit(b, w, h, 60)
		zoom := math.Log2(min((w-120)/max(b.X1-b.X0, 1e-9), (h-120)/max(b.Y1-b.Y0, 1e-9)) / TileSide)
		v = View{f.X, f.Y, min(math.Floor(zoom), 18)}
	}
	return v
}
