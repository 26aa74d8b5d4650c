package places

import (
	"embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muster/plugins/pole"
)

//go:embed data/outline.txt data/outcodes.csv data/towns.csv
var data embed.FS

// Ring is one coast line, closed, in the units of Project: x0, y0, x1, y1, …
type Ring struct {
	Country string // GB, IE, IM, JE, GG; X for the continent
	Points  []float64
	Box     Box
}

// Town is a name on the map.
type Town struct {
	Name string
	Rank int // 0 a city, 1 a town, 2 and 3 smaller
	X, Y float64
}

type centre struct{ lat, lon, within float64 }

var loadOutcodes = sync.OnceValue(func() map[string]centre {
	out := map[string]centre{}
	var codes []string
	for line := range strings.Lines(text("data/outcodes.csv")) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if len(f) == 3 {
			lat, lon := number(f[1]), number(f[2])
			out[f[0]] = centre{lat: lat, lon: lon}
			codes = append(codes, f[0])
		}
	}
	// A district reaches about as far as the middle of the next: nothing in the list says it better.
	for _, a := range codes {
		c := out[a]
		near := math.Inf(1)
		for _, b := range codes {
			o := out[b]
			if math.Abs(o.lat-c.lat) < 0.5 && math.Abs(o.lon-c.lon) < 0.8 {
				if d := pole.Distance(c.lat, c.lon, o.lat, o.lon); d > 50 && d < near {
					near = d
				}
			}
		}
		c.within = min(max(near, 500), 15000)
		out[a] = c
	}
	return out
})

// outcode finds the middle of a postcode district; of London's WC2N that of WC2 is taken where it has none of its own.
func outcode(s string) (centre, bool) {
	all := loadOutcodes()
	if c, ok := all[s]; ok {
		return c, true
	}
	if n := len(s); n > 2 && s[n-1] >= 'A' && s[n-1] <= 'Z' {
		c, ok := all[s[:n-1]]
		return c, ok
	}
	return centre{}, false
}

func text(name string) string {
	b, err := data.ReadFile(name)
	if err != nil {
		panic(err) // it is in the program
	}
	return string(b)
}

func number(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// Outline gives the coasts of these islands. The slice is shared: do not change it.
var Outline = sync.OnceValue(func() []Ring {
	var out []Ring
	for line := range strings.Lines(text("data/outline.txt")) {
		code, steps, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		r := Ring{Country: code, Box: Box{1, 1, 0, 0}}
		lon, lat := 0.0, 0.0
		for step := range strings.SplitSeq(steps, ",") {
			a, b, _ := strings.Cut(step, " ")
			lon, lat = lon+number(a)/2000, lat+number(b)/2000
			x, y := Project(lat, lon)
			r.Points = append(r.Points, x, y)
			r.Box = r.Box.With(x, y)
		}
		out = append(out, r)
	}
	return out
})

// Towns gives the names on the map, the largest first. The slice is shared.
var Towns = sync.OnceValue(func() []Town {
	var out []Town
	for line := range strings.Lines(text("data/towns.csv")) {
		f := strings.SplitN(strings.TrimSpace(line), ",", 5)
		if len(f) != 5 {
			continue
		}
		x, y := Project(number(f[2]), number(f[3]))
		rank, _ := strconv.Atoi(f[0])
		out = append(out, Town{Name: f[4], Rank: rank, X: x, Y: y})
	}
	return slices.Clip(out)
})
