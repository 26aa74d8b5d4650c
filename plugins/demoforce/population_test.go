package demoforce

import (
	"context"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func testWorld(t testing.TB, seed int64) *world {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(seed, 1, time.Date(2026, 11, 24, 14, 24, 0, 0, time.UTC), loc)
}

func TestSameSeedSameForce(t *testing.T) {
	a, b, c := start(t), start(t), start(t, func(o *Options) { o.Seed = 2 })
	get := func(f *Force) string {
		f.rms.mu.RLock()
		defer f.rms.mu.RUnlock()
		return string(must(json.Marshal(f.rms.people))) + string(must(json.Marshal(f.rms.crimes))) + string(must(json.Marshal(f.custody.detainees)))
	}
	if get(a) != get(b) {
		t.Error("the same seed gave two forces")
	}
	if get(a) == get(c) {
		t.Error("another seed gave the same force")
	}
	if must(json.Marshal(a.rms.byID[storyAaron].(*rmsPerson).Identifiers)) == nil || c.rms.byID[storyDoyle] == nil {
		t.Error("the story depends on the seed")
	}
}

func TestPopulationIsLawfulFiction(t *testing.T) {
	w := testWorld(t, 7)
	if n := len(w.people); n < 4900 || n > 5100 {
		t.Errorf("%d people", n)
	}
	if n := len(w.vehicles); n < 2950 || n > 3100 {
		t.Errorf("%d vehicles", n)
	}
	if n := len(w.places); n < 1950 || n > 2050 {
		t.Errorf("%d places", n)
	}
	drama := regexp.MustCompile(`^(07700900\d{3}|01134960\d{3}|01144960\d{3}|01632960\d{3})$`)
	vrm := regexp.MustCompile(`^[A-HJ-PR-Y][A-HJ-PR-Y]\d\d[A-HJ-PR-Z]{3}$`)
	postcode := regexp.MustCompile(`^LS(3[0-6]|[78]) \d[ABD-HJLNP-UW-Z]{2}$`)
	twins, juniors := 0, 0
	seen := map[string]*person{}
	for _, p := range w.people {
		for _, n := range []string{p.mobile, p.landline} {
			if n != "" && !drama.MatchString(n) {
				t.Errorf("%s is no drama number", n)
			}
		}
		if p.pnc != "" && !validPNC(p.pnc) {
			t.Errorf("PNC ID %s of %s", p.pnc, p.sur)
		}
		if p.dob.time(time.UTC).After(w.now) || p.dob.y < 1920 {
			t.Errorf("born %v", p.dob)
		}
		if o := seen[p.sur+p.dob.iso()]; o != nil && o.home() == p.home() && o.given != p.given {
			twins++
		}
		seen[p.sur+p.dob.iso()] = p
		for _, k := range p.kin {
			if k.role == "FATHER" && k.who.given == p.given && k.who.sur == p.sur {
				juniors++
			}
		}
	}
	if twins < 5 || juniors < 3 {
		t.Errorf("%d twins, %d sons with their father's name", twins, juniors)
	}
	clones := 0
	for _, v := range w.vehicles {
		if !vrm.MatchString(v.vrm) {
			t.Errorf("%s is no current mark", v.vrm)
		}
		if v.flagged != "" {
			clones++
		}
	}
	if clones < 5 {
		t.Errorf("%d cloned plates", clones)
	}
	for _, p := range w.places {
		if !postcode.MatchString(p.postcode) {
			t.Errorf("%s", p.postcode)
		}
	}
}

func validPNC(s string) bool {
	y, rest, _ := strings.Cut(s, "/")
	n := 0
	for _, c := range y + strings.Repeat("0", 8-len(rest)) + rest[:len(rest)-1] {
		n = (n*10 + int(c-'0')) % 23
	}
	return checkLetters[n] == rest[len(rest)-1]
}

func TestSystemsDisagreeAndTruthKnows(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 1 })
	tr := f.Truth()
	events, both := 0, 0
	for _, c := range tr.Events {
		for _, ids := range c.Refs {
			events += len(ids)
		}
	}
	if events < 17000 || events > 24000 {
		t.Errorf("%d event records, want about 20,000", events)
	}
	differ := 0
	byNo := map[string]*custodyDetainee{}
	for _, d := range f.custody.detainees {
		byNo[d.DetaineeNo] = d
	}
	for _, c := range tr.People {
		if len(c.Refs["rms"]) == 0 || len(c.Refs["custody"]) == 0 {
			continue
		}
		both++
		a, b := f.rms.byID[c.Refs["rms"][0]].(*rmsPerson), byNo[c.Refs["custody"][0]]
		if a.Name.Family != b.Surname || a.DOB != nil && b.DateOfBirth != "" && *a.DOB != b.DateOfBirth[6:]+"/"+b.DateOfBirth[4:6]+"/"+b.DateOfBirth[:4] {
			differ++
		}
	}
	if both < 200 || differ*100 < both*3 || differ*100 > both*40 {
		t.Errorf("%d of %d people differ between records and custody", differ, both)
	}
	same, ok := f.Same("rms", storyAron)
	if !ok || len(same.Refs["rms"]) != 2 || len(same.Refs["cad"]) != 1 || len(same.Refs["custody"]) != 1 || len(same.Refs["intel"]) != 1 {
		t.Errorf("Aaron is %v", same.Refs)
	}
	if _, ok := f.Same("rms", "NOM0000000"); ok {
		t.Error("truth of nobody")
	}
}

func TestGrid(t *testing.T) {
	// The Ordnance Survey's worked example, and Leeds Town Hall to the nearest ten metres.
	for _, x := range []struct {
		lat, lng float64
		e, n     int
	}{{52.65798, 1.71605, 651409, 313177}, {53.80036, -1.54977, 429747, 433914}} {
		e, n := gridOf(x.lat, x.lng)
		if math.Hypot(float64(e-x.e), float64(n-x.n)) > 40 {
			t.Errorf("%v,%v is %d %d, want %d %d", x.lat, x.lng, e, n, x.e, x.n)
		}
	}
}

func TestSeenNamesStayReadable(t *testing.T) {
	w := testWorld(t, 3)
	rapid.Check(t, func(t *rapid.T) {
		p := w.people[rapid.IntRange(0, len(w.people)-1).Draw(t, "person")]
		v := see(newDice(rapid.Int64().Draw(t, "seed"), "x"), p, rapid.Float64Range(0.1, 3).Draw(t, "level"))
		if strings.TrimSpace(v.sur) == "" || strings.TrimSpace(v.given) == "" {
			t.Fatalf("a name was lost: %q %q", v.sur, v.given)
		}
		if !v.dob.zero() && (v.dob.m < 1 || v.dob.m > 12 || v.dob.d < 1 || v.dob.d > 31) {
			t.Fatalf("no such day: %v", v.dob)
		}
	})
}

func TestStartRefusals(t *testing.T) {
	for name, o := range map[string]Options{"not loopback": {Addr: "0.0.0.0", Scale: 0.02}, "no address": {Addr: "here", Scale: 0.02}, "too large": {Scale: 1000}} {
		if f, err := Start(context.Background(), o); err == nil {
			f.Close()
			t.Errorf("%s was taken", name)
		}
	}
	f := start(t)
	taken := f.servers["rms"].addr
	port := 0
	for _, c := range taken[strings.LastIndex(taken, ":")+1:] {
		port = port*10 + int(c-'0')
	}
	if g, err := Start(context.Background(), Options{Scale: 0.02, Ports: map[string]int{"rms": port}}); err == nil || !strings.Contains(err.Error(), "port of rms") {
		if g != nil {
			g.Close()
		}
		t.Errorf("a taken port: %v", err)
	}
}

func TestContextEndsTheForce(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f, err := Start(ctx, Options{Seed: 1, Scale: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	f.done.Wait()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, _, _, err := try(f, "x", "GET", "/whoami", "", time.Second); err == nil {
		t.Error("a force that was ended still answers")
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		f, err := Start(context.Background(), Options{Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTokens(t *testing.T) {
	got := strings.Join(tokens("O'Brien, Zoë — 12 Alder Rise", "LS8 2QX", "alder", "WÓJCIK Łukasz", ""), "|")
	if want := "obrien|zoë|12|alder|rise|ls8|2qx|wojcik|lukasz"; got != want {
		t.Errorf("%s", got)
	}
}

func (d day) time(loc *time.Location) time.Time {
	return time.Date(d.y, time.Month(d.m), d.d, 0, 0, 0, 0, loc)
}
