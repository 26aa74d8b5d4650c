package pole

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Ordnance Survey, "A guide to coordinate systems in Great Britain", annexe C: Caister water tower.
func TestProjectionWorkedExample(t *testing.T) {
	lat := rad(52 + 39.0/60 + 27.2531/3600)
	lon := rad(1 + 43.0/60 + 4.5177/3600)
	e, n := project(lat, lon)
	if math.Abs(e-651409.903) > 0.001 || math.Abs(n-313177.270) > 0.001 {
		t.Errorf("projected to %.4f, %.4f", e, n)
	}
	la, lo := unproject(651409.903, 313177.270)
	if math.Abs(la-lat) > 1e-10 || math.Abs(lo-lon) > 1e-10 {
		t.Errorf("unprojected to %.10f, %.10f", deg(la), deg(lo))
	}
}

// Test points of Ordnance Survey's OSTN15 developer pack (contains OS data © Crown copyright 2016, BSD licence).
func TestGridAccuracy(t *testing.T) {
	for _, p := range []struct{ lat, lon, e, n float64 }{
		{49.92226393730, -6.29977752014, 91492.146, 11318.804},
		{49.96006137820, -5.20304609998, 170370.718, 11572.405},
		{50.43885825610, -4.10864563561, 250359.811, 62016.569},
		{50.57563665000, -1.29782277240, 449816.371, 75335.861},
		{51.8589089640, -4.3085247696, 241124.584, 220332.641},
		{53.8002151963, -1.66379168242, 422242.186, 433818.701},
	} {
		e, n, ok := ToGrid(p.lat, p.lon)
		if off := math.Hypot(e-p.e, n-p.n); !ok || off > 5 {
			t.Errorf("%v, %v: %.1f m off", p.lat, p.lon, off)
		}
		lat, lon, ok := FromGrid(p.e, p.n)
		if off := Distance(lat, lon, p.lat, p.lon); !ok || off > 5 {
			t.Errorf("%v, %v: %.1f m off", p.e, p.n, off)
		}
	}
}

func TestGridReference(t *testing.T) {
	for _, c := range []struct {
		e, n   float64
		digits int
		want   string
	}{
		{651409, 313177, 5, "TG 51409 13177"},
		{429999, 433818, 4, "SE 2999 3381"},
		{530034, 180381, 3, "TQ 300 803"},
		{216666, 771288, 3, "NN 166 712"},
		{91492, 11318, 5, "SV 91492 11318"},
		{450000, 1170000, 1, "HU 5 7"},
		{-1, 5, 3, ""},
	} {
		got := GridReference(c.e, c.n, c.digits)
		if got != c.want {
			t.Errorf("%v, %v: %q, want %q", c.e, c.n, got, c.want)
		}
		if got == "" {
			continue
		}
		unit := math.Pow10(5 - c.digits)
		if e, n, ok := readGridReference(got); !ok || e != math.Floor(c.e/unit)*unit || n != math.Floor(c.n/unit)*unit {
			t.Errorf("%q reads as %v, %v, %v", got, e, n, ok)
		}
	}
	for _, same := range []string{"SE 29999 33818", "SE2999933818", "429999, 433818", "429999 433818"} {
		norm, problem := readCoordinates(same)
		want, _ := readCoordinates("SE 29999 33818")
		if problem != "" || norm != want {
			t.Errorf("%q reads as %q %q", same, norm, problem)
		}
	}
}

func TestGridBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, n := rapid.Float64Range(0, 699999).Draw(t, "e"), rapid.Float64Range(0, 1299999).Draw(t, "n")
		lat, lon, ok := FromGrid(e, n)
		if !ok {
			t.Fatal("not on the grid")
		}
		e2, n2, ok := ToGrid(lat, lon)
		if ok && math.Hypot(e-e2, n-n2) > 0.2 {
			t.Fatalf("%v, %v comes back as %v, %v", e, n, e2, n2)
		}
		if !ok && e > 1 && n > 1 && e < 699998 && n < 1299998 {
			t.Fatalf("%v, %v does not come back", e, n)
		}
	})
}
