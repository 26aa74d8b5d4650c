package places

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"muster/app/caseview"
	"muster/app/match"
	"muster/assets"
	"muster/plugins/pole"

	"pgregory.net/rapid"
)

var dict = func() *pole.Dictionary {
	d, err := pole.Load(assets.FS)
	if err != nil {
		panic(err)
	}
	return d
}()

func rec(at string, kind pole.Kind, facts string) pole.Record {
	system, id, _ := strings.Cut(at, "/")
	r := pole.Record{Ref: pole.Ref{System: system, ID: id}, Kind: kind}
	for f := range strings.SplitSeq(facts, "|") {
		name, v, _ := strings.Cut(strings.TrimSpace(f), " ")
		name, group, _ := strings.Cut(name, "@")
		r.Facts = append(r.Facts, pole.Fact{Property: pole.Property(name), Value: dict.Normalise(pole.Property(name), v), Group: group})
	}
	return r
}

func entity(rs ...pole.Record) match.Entity {
	return match.Entity{ID: rs[0].String(), Kind: rs[0].Kind, Records: rs}
}

func build(around ...match.Entity) *Places {
	c := caseview.Build(dict, caseview.Input{Entity: around[0], Around: around[1:]})
	return Build(dict, &c)
}

func TestHowExactlyAPlaceIsKnown(t *testing.T) {
	for _, c := range []struct {
		facts, grid string
		how         How
	}{
		{"coordinates 53.7997,-1.5492", "SE 2978 3380", Exact}, {"coordinates SE 30643 33746", "SE 30643 33746", Exact}, {"coordinates SE 306 337", "SE 306 337", Coarse},
		{"coordinates 53.8,-1.5", "", Coarse}, {"postcode LS8 2QX|thoroughfareName Alder Rise", "", District}, {"address 4 Brook Court, Leeds LS7 4HG", "", District},
	} {
		p := build(entity(rec("cad/1", "incident", "reference A1|"+c.facts)))
		if len(p.Points) != 1 || p.Points[0].How != c.how || c.grid != "" && p.Points[0].Grid != c.grid {
			t.Errorf("%s: %+v", c.facts, p.Points)
		}
	}
	p := build(entity(rec("cad/1", "incident", "reference A1|postcode LS8 2QX")))
	if x := p.Points[0]; x.Area != "LS8" || pole.Distance(x.Lat, x.Lon, 53.83, -1.50) > 3000 || x.Within < 500 {
		t.Errorf("LS8 is at %+v", x)
	}
}

func TestWhatHasNoPointIsListedApart(t *testing.T) {
	p := build(entity(rec("rms/1", "person", "surname Miller|address 12 Alder Rise")),
		entity(rec("cad/1", "incident", "reference A1")), entity(rec("cad/2", "incident", "reference A2|coordinates 0,0")),
		entity(rec("veh/1", "vehicle", "vrm YK19FZB")))
	want := map[string]Why{"rms//1": WhyNoPoint, "cad//1": WhyNone, "cad//2": WhyUnreadable}
	if len(p.Points) != 0 || len(p.Unplaced) != 3 {
		t.Fatalf("%d points, %d without", len(p.Points), len(p.Unplaced))
	}
	for _, u := range p.Unplaced {
		if u.Why != want[u.Entity] {
			t.Errorf("%s: %s", u.Entity, u.Why)
		}
	}
}

func TestSystemsThatPutAnEventElsewhere(t *testing.T) {
	p := build(entity(rec("cad/1", "incident", "reference A1|coordinates 53.8322,-1.4985"), rec("rms/2", "incident", "reference A1|coordinates 53.8323,-1.4986"),
		rec("int/3", "incident", "reference A1|coordinates 53.7997,-1.5492"), rec("stp/4", "incident", "reference A1|postcode LS8 2QX")))
	if len(p.Points) != 1 || len(p.Points[0].Others) != 1 || fmt.Sprint(p.Points[0].Systems) != "[cad rms stp]" || p.Points[0].Others[0].Systems[0] != "int" {
		t.Errorf("%+v", p.Points)
	}
}

func TestAPersonHasAllTheAddresses(t *testing.T) {
	p := build(entity(rec("rms/1", "person", "surname Miller|postcode@a LS8 2QX|thoroughfareName@a Alder Rise|postcode@b LS8 1AB|thoroughfareName@b Other Street"),
		rec("cad/2", "person", "surname Miller|postcode LS8 2QX|thoroughfareName Alder Rise")))
	if len(p.Points) != 2 || len(p.Points[0].Said)+len(p.Points[1].Said) != 3 {
		t.Errorf("%+v", p.Points)
	}
}

func TestProjectionBothWays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lat, lon := rapid.Float64Range(-85, 85).Draw(rt, "lat"), rapid.Float64Range(-180, 180).Draw(rt, "lon")
		la, lo := Unproject(Project(lat, lon))
		if math.Abs(la-lat) > 1e-8 || math.Abs(lo-lon) > 1e-8 {
			rt.Fatal(la, lo)
		}
		v := View{rapid.Float64Range(0.2, 0.8).Draw(rt, "x"), rapid.Float64Range(0.2, 0.8).Draw(rt, "y"), rapid.Float64Range(4, 18).Draw(rt, "zoom")}
		px, py := rapid.Float64Range(0, 900).Draw(rt, "px"), rapid.Float64Range(0, 600).Draw(rt, "py")
		x0, y0 := v.Point(px, py, 900, 600)
		x1, y1 := v.ZoomAt(1, px, py, 900, 600).Point(px, py, 900, 600)
		if math.Abs(x1-x0)*v.Scale() > 0.01 || math.Abs(y1-y0)*v.Scale() > 0.01 {
			rt.Fatal("the point under the mouse moved")
		}
	})
}

// London, as tile servers count: https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames
func TestTileOfLondon(t *testing.T) {
	x, y := Project(51.5074, -0.1278)
	if int(x*1024) != 511 || int(y*1024) != 340 {
		t.Error(int(x*1024), int(y*1024))
	}
}

func TestClustersLoseNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var points []Place
		for range rapid.IntRange(0, 80).Draw(rt, "n") {
			points = append(points, Place{Lat: rapid.Float64Range(50, 58).Draw(rt, "lat"), Lon: rapid.Float64Range(-5, 1).Draw(rt, "lon")})
		}
		v := Islands(900, 700).ZoomAt(rapid.Float64Range(0, 6).Draw(rt, "steps"), 400, 400, 900, 700)
		seen := map[int]int{}
		for _, g := range Cluster(points, v, 900, 700, 34, nil) {
			for _, i := range g.Members {
				seen[i]++
			}
		}
		for i, p := range points {
			px, py := v.At2(p.Lat, p.Lon, 900, 700)
			if in := px >= 0 && py >= 0 && px <= 900 && py <= 700; in && seen[i] != 1 || seen[i] > 1 {
				rt.Fatalf("place %d in sight %v is in %d groups", i, in, seen[i])
			}
		}
	})
}

func TestTheOutlineIsTheseIslands(t *testing.T) {
	land := func(lat, lon float64) string {
		x, y := Project(lat, lon)
		for _, r := range Outline() {
			in := false
			for i, j := 0, len(r.Points)-2; i < len(r.Points); j, i = i, i+2 {
				if (r.Points[i+1] > y) != (r.Points[j+1] > y) && x < (r.Points[j]-r.Points[i])*(y-r.Points[i+1])/(r.Points[j+1]-r.Points[i+1])+r.Points[i] {
					in = !in
				}
			}
			if in {
				return r.Country
			}
		}
		return "sea"
	}
	for _, c := range []struct {
		lat, lon float64
		want     string
	}{{53.8, -1.55, "GB"}, {54.6, -6.0, "GB"}, {53.35, -6.5, "IE"}, {57.5, -4.3, "GB"}, {50.7, -1.3, "GB"}, {54.2, -4.5, "IM"}, {54.5, 1.5, "sea"}, {52.3, -5.5, "sea"}, {49.25, -2.1, "JE"}, {60.3, -1.25, "GB"}} {
		if got := land(c.lat, c.lon); got != c.want {
			t.Errorf("%v, %v is %s, want %s", c.lat, c.lon, got, c.want)
		}
	}
	if len(Towns()) < 1000 || Towns()[0].Name != "London" {
		t.Error(len(Towns()))
	}
}
