package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/app/caseview"
	"muster/app/match"
	"muster/assets"
	"muster/plugins/pole"
)

var read = time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// force makes records: rec("rms/P1", "person", "surname Miller|givenName Aaron").
type force struct {
	d *pole.Dictionary
}

func refOf(s string) pole.Ref {
	system, id, _ := strings.Cut(s, "/")
	return pole.Ref{System: system, ID: id}
}

func (f force) rec(ref string, kind pole.Kind, facts string, links ...pole.Link) pole.Record {
	r := pole.Record{Ref: refOf(ref), Kind: kind, Read: read, Links: links}
	for x := range strings.SplitSeq(facts, "|") {
		name, v, _ := strings.Cut(strings.TrimSpace(x), " ")
		name, group, _ := strings.Cut(name, "@")
		p := pole.Property(name)
		if name != "" {
			r.Facts = append(r.Facts, pole.Fact{Property: p, Value: f.d.Normalise(p, v), Group: group})
		}
	}
	return r
}

func link(from string, role pole.Role, to string) pole.Link {
	return pole.Link{Role: role, From: refOf(from), To: refOf(to)}
}

func one(rs ...pole.Record) match.Entity {
	return match.Entity{ID: rs[0].String(), Kind: rs[0].Kind, Records: rs}
}

// story is a boy, his mother, her car, their house, a friend, and nine readings of the car.
func story(d *pole.Dictionary) Input {
	f := force{d}
	boy := one(f.rec("rms/P1", "person", "surname Miller|givenName Aaron|dateOfBirth 2011-11-03|warning SH", link("rms/P2", "mother", "rms/P1"), link("rms/L1", "currentAddress", "rms/P1")),
		f.rec("cad/77", "person", "surname Miller|givenName Aaron", link("cad/77", "missingPerson", "cad/I1")))
	mother := one(f.rec("rms/P2", "person", "surname Miller|givenName Andrea|telephone 07700 900123", link("rms/P2", "keeper", "dvla/V1"), link("rms/L1", "currentAddress", "rms/P2")))
	car := one(f.rec("dvla/V1", "vehicle", "vrm YK19FZB|make VAUXHALL"))
	house := one(f.rec("rms/L1", "location", "buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"))
	report := one(f.rec("cad/I1", "incident", "reference CAD-0412|startDateTime 2026-11-24T07:40:00Z|telephone 07700 900123|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"))
	friend := one(f.rec("intel/9", "person", "surname Khan|givenName Yusuf", pole.Link{Role: "seenWith", From: refOf("intel/9"), To: refOf("rms/P1")},
		pole.Link{Role: "associate", From: refOf("intel/10"), To: refOf("intel/9"), Kind: "person", Label: "COLE, Dean"}))
	in := Input{Subject: boy.ID, Open: []string{boy.ID}, Entities: []match.Entity{boy, mother, car, house, report, friend},
		Gaps: []caseview.Gap{{System: "custody", Say: "It does not answer."}}}
	for i := range 9 {
		in.Entities = append(in.Entities, one(f.rec(fmt.Sprintf("anpr/R%d", i), "anpr", fmt.Sprintf("vrm YK19FZB|cameraName Ring Road %d|startDateTime 2026-11-%02dT10:00:00Z", i, 10+i))))
	}
	return in
}

func (g *Graph) titled(t testing.TB, title string) *Node {
	t.Helper()
	for i := range g.Nodes {
		if strings.Contains(g.Nodes[i].Title, title) {
			return &g.Nodes[i]
		}
	}
	var all []string
	for _, n := range g.Nodes {
		all = append(all, n.Title)
	}
	t.Fatalf("%q is not on the chart: %q", title, all)
	return nil
}

// said writes every link as "Andrea keeper YK19 [rms]".
func said(g *Graph) []string {
	var out []string
	for _, l := range g.Links {
		out = append(out, fmt.Sprintf("%s | %s | %s %v", g.Node(l.From).Title, l.Words, g.Node(l.To).Title, l.Systems))
	}
	return out
}

func TestTheGraphSaysWhatTheSystemsSay(t *testing.T) {
	d := dictionary(t)
	g := Build(d, story(d))
	all := said(g)
	for _, want := range []string{
		"MILLER, Andrea | mother | MILLER, Aaron [rms]",
		"12 Alder Rise, LS8 2QX | current address | MILLER, Andrea [rms]",
		"MILLER, Andrea | keeper | YK19 FZB Vauxhall [rms]",
		"MILLER, Aaron | missing person | Incident CAD-0412 [cad]",
		"COLE, Dean | associate | KHAN, Yusuf [intel]", // named only; the same from either side
		"12 Alder Rise, LS8 2QX | address | Incident CAD-0412 [cad]",
		"YK19 FZB Vauxhall | vehicle registration | ANPR read YK19 FZB Ring Road 3 [anpr]",
		"07700 900123 | telephone | MILLER, Andrea [rms]",
		"07700 900123 | telephone | Incident CAD-0412 [cad]", // the caller's phone is the mother's
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%q is not said by:\n%s", want, strings.Join(all, "\n"))
		}
	}
	boy := g.titled(t, "MILLER, Aaron")
	if !boy.Subject || !boy.Open || len(boy.Warnings) != 1 || boy.Records != 2 || !slices.Equal(boy.Systems, []string{"cad", "rms"}) {
		t.Errorf("the subject is %+v", boy)
	}
	if n := g.titled(t, "COLE"); !n.Unread || n.Records != 0 {
		t.Errorf("who is only named is shown as read: %+v", n)
	}
	if len(g.Gaps) != 1 {
		t.Error("what could not be read is not said")
	}
}

func TestTheOrderOfRecordsDecidesNothing(t *testing.T) {
	d := dictionary(t)
	want := Build(d, story(d))
	wantShown := Place(want.Shown(d, View{}), nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		in := story(d)
		in.Entities = rapid.Permutation(in.Entities).Draw(t, "entities")
		got := Build(d, in)
		if !reflect.DeepEqual(got.Nodes, want.Nodes) || !reflect.DeepEqual(got.Links, want.Links) {
			t.Fatal("another graph")
		}
		if c := Place(got.Shown(d, View{}), nil, nil); !reflect.DeepEqual(c.Boxes, wantShown.Boxes) {
			t.Fatal("another chart")
		}
	})
}

func TestManyAlikeAreOneUntilOpened(t *testing.T) {
	d := dictionary(t)
	g := Build(d, story(d))
	s := g.Shown(d, View{})
	more := s.titled(t, "7 more ANPR reads")
	if len(more.Group) != 7 || more.Class != pole.ClassEvent {
		t.Errorf("%+v", more)
	}
	s.titled(t, "Ring Road 8") // the latest stand alone
	s.titled(t, "Ring Road 7")
	for _, l := range s.Links {
		if l.From == more.ID || l.To == more.ID {
			if l.Count != 7 {
				t.Errorf("the link to seven counts %d", l.Count)
			}
		}
	}
	if n := len(g.Shown(d, View{Groups: []string{more.ID}}).Nodes); n != len(s.Nodes)+6 {
		t.Errorf("%d nodes after opening, %d before", n, len(s.Nodes))
	}
	g.Shown(d, View{Keep: []string{"anpr//R2"}}).titled(t, "Ring Road 2")
	// Who is named by a neighbour only is counted, not drawn, until that one is opened.
	if n := s.titled(t, "KHAN"); n.More != 1 {
		t.Errorf("%d more", n.More)
	}
	if slices.ContainsFunc(s.Nodes, func(n Node) bool { return strings.Contains(n.Title, "COLE") }) {
		t.Error("COLE is drawn")
	}
	in := story(d)
	in.Open = append(in.Open, "intel//9")
	Build(d, in).Shown(d, View{}).titled(t, "COLE")
}

func TestDangerIsNeverHiddenInAGroup(t *testing.T) {
	d := dictionary(t)
	f := force{d}
	in := story(d)
	for i := range 8 {
		facts := fmt.Sprintf("surname Doe|givenName N%d", i)
		if i == 4 {
			facts += "|warning FI"
		}
		id := fmt.Sprintf("rms/D%d", i)
		in.Entities = append(in.Entities, one(f.rec(id, "person", facts, link(id, "associate", "rms/P1"))))
	}
	s := Build(d, in).Shown(d, View{})
	s.titled(t, "more people")
	s.titled(t, "DOE, N4")
}

func TestPathsAreShortestAndAllOfThem(t *testing.T) {
	d := dictionary(t)
	g := Build(d, story(d))
	paths, n := g.Paths("intel//9", "dvla//V1")
	if n != 1 || len(paths) != 1 || len(paths[0]) != 4 {
		t.Fatalf("%d %v", n, paths)
	}
	// From the friend over the boy and his mother to her car.
	if g.Node(paths[0][2]).Title != "MILLER, Andrea" {
		t.Errorf("%v", paths)
	}
	if p, n := g.Paths("rms//P1", "rms//P1"); p != nil || n != 0 {
		t.Error("a way from one to itself")
	}
	// The boy and the phone: by his mother or by the incident.
	phone := g.titled(t, "07700")
	if p, n := g.Paths("rms//P1", phone.ID); n != 2 || len(p) != 2 {
		t.Errorf("%d %v", n, p)
	}
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(rapid.IntRange(2, 40).Draw(t, "nodes"), rapid.IntRange(0, 80).Draw(t, "links"), rapid.Uint64().Draw(t, "seed"))
		a, b := g.Nodes[rapid.IntRange(0, len(g.Nodes)-1).Draw(t, "a")].ID, g.Nodes[rapid.IntRange(0, len(g.Nodes)-1).Draw(t, "b")].ID
		there, n := g.Paths(a, b)
		back, m := g.Paths(b, a)
		if n != m || len(there) != len(back) || len(there) > n {
			t.Fatalf("there are %d ways, %d back", n, m)
		}
		for _, p := range there {
			if len(p) != len(there[0]) || len(p) != len(back[0]) || p[0] != a || p[len(p)-1] != b {
				t.Fatalf("%v", there)
			}
			for i := 1; i < len(p); i++ {
				if !slices.ContainsFunc(g.Links, func(l Link) bool {
					return l.From == p[i-1] && l.To == p[i] || l.To == p[i-1] && l.From == p[i]
				}) {
					t.Fatalf("%v goes where no link is", p)
				}
			}
		}
	})
}

func TestTheSameRecordMakesOneNode(t *testing.T) {
	d := dictionary(t)
	f := force{d}
	in := story(d)
	// Opened later, the friend has a second record, and the first was read again.
	again := f.rec("intel/9", "person", "surname Khan|givenName Yusuf|warning VI")
	again.Read = read.Add(time.Hour)
	in.Entities = append(in.Entities, one(f.rec("rms/P9", "person", "surname Khan|givenName Yusuf"), again))
	g := Build(d, in)
	n := g.titled(t, "KHAN")
	if n.Records != 2 || len(n.Warnings) != 1 {
		t.Errorf("%+v", n)
	}
}

func TestWhoMayBeTheSameIsShownAndNoPathTakesIt(t *testing.T) {
	d := dictionary(t)
	f := force{d}
	in := story(d)
	twin := one(f.rec("custody/3", "person", "surname Khan|givenName Yusuf", link("custody/3", "detainee", "custody/C3")))
	for i := range in.Entities {
		if in.Entities[i].ID == "intel//9" {
			in.Entities[i].Possible = []match.Possible{{Entity: twin.ID, Say: "same name"}}
		}
	}
	in.Entities = append(in.Entities, twin)
	g := Build(d, in)
	if !slices.Contains(said(g), "KHAN, Yusuf | possibly the same | KHAN, Yusuf []") {
		t.Errorf("%q", said(g))
	}
	if p, _ := g.Paths("rms//P1", "custody//C3"); p != nil {
		t.Errorf("a path goes by what is only possible: %v", p)
	}
	c := Place(g.Shown(d, View{}), nil, nil)
	if !slices.ContainsFunc(c.Keys(), func(k Key) bool { return k.Label == "possibly the same" }) {
		t.Error("the legend does not explain it")
	}
}

func TestWhatPeopleKeepApartIsNeverJoined(t *testing.T) {
	d := dictionary(t)
	f := force{d}
	in := story(d)
	shared, twin := f.rec("intel/9", "person", "surname Khan|givenName Yusuf"), f.rec("rms/P9", "person", "surname Khan|givenName Yasin")
	first := one(f.rec("intel/9", "person", "surname Khan|givenName Yusuf"), f.rec("cad/4", "person", "surname Khan"))
	in.Entities = append(in.Entities, first, one(shared, twin))
	if n := Build(d, in).titled(t, "KHAN"); n.Records != 3 {
		t.Fatalf("%d records", n.Records)
	}
	in.Apart = [][2]pole.Ref{{refOf("rms/P9"), refOf("cad/4")}}
	rapid.Check(t, func(t *rapid.T) {
		in := in
		in.Entities = rapid.Permutation(in.Entities).Draw(t, "entities")
		g := Build(d, in)
		a, b := g.Node("rms//P9"), g.Node("cad//4")
		if a == nil || b == nil || a.ID == b.ID {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

// randomGraph is a graph of n nodes in the manner of a case: a few hubs with many leaves, and some links between them.
func randomGraph(n, links int, seed uint64) *Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	g := &Graph{}
	classes := []pole.Class{pole.ClassPerson, pole.ClassObject, pole.ClassLocation, pole.ClassEvent}
	words := strings.Fields("MILLER KHAN Aaron 12 Alder Rise Leeds LS8 2QX Incident CAD-0412 Vauxhall Corsa blue Custody Affray 24/10887 of the")
	for i := range n {
		var title []string
		for range 1 + r.IntN(7) {
			title = append(title, words[r.IntN(len(words))])
		}
		node := Node{ID: fmt.Sprintf("n%03d", i), Class: classes[r.IntN(4)], Sign: "person", What: "Thing", Title: strings.Join(title, " "), Systems: []string{"rms", "cad", "intel", "anpr"}[:1+r.IntN(4)], Subject: i == 0}
		if r.IntN(10) == 0 {
			node.Warnings = []caseview.Warning{{Code: "VI", Label: "Violent", Level: "danger"}, {Code: "SH", Label: "Self-harm", Level: "danger"}}
		}
		if r.IntN(15) == 0 {
			node.More = 3
		}
		g.Nodes = append(g.Nodes, node)
	}
	for i := range links {
		a, b := r.IntN(n), i%n
		if i < n { // mostly a tree with hubs
			a = r.IntN(1 + i/8)
		}
		if a != b {
			g.Links = append(g.Links, Link{From: g.Nodes[a].ID, To: g.Nodes[b].ID, Role: "associate", Words: "associate", Inverse: "associate", Count: 1, Systems: []string{"rms"}})
		}
	}
	g.index()
	return g
}

func overlapping(t interface{ Fatalf(string, ...any) }, c *Chart) {
	for i := range c.Boxes {
		for j := range c.Boxes[:i] {
			if c.Boxes[i].overlaps(&c.Boxes[j], Clear) {
				t.Fatalf("%q and %q overlap: %+v %+v", c.Graph.Nodes[i].Title, c.Graph.Nodes[j].Title, c.Boxes[i], c.Boxes[j])
			}
		}
	}
}

func TestNothingOverlaps(t *testing.T) {
	for _, n := range []int{200, 500} {
		overlapping(t, Place(randomGraph(n, n*3/2, 7), nil, nil))
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "nodes")
		g := randomGraph(n, rapid.IntRange(0, 2*n).Draw(t, "links"), rapid.Uint64().Draw(t, "seed"))
		c := Place(g, nil, nil)
		overlapping(t, c)
		// Every mark of a card lies within its rectangle, so that words do not overlap either.
		for _, p := range c.Prims(nil) {
			if p.Node == "" || p.Form == Polygon {
				continue
			}
			b := c.Boxes[g.at[p.Node]]
			if p.X < b.X-b.W/2-1 || p.Y < b.Y-b.H/2-1 || p.X+p.W > b.X+b.W/2+1 || p.Y+p.H > b.Y+b.H/2+1 && p.Form != Letters {
				t.Fatalf("%+v sticks out of %+v", p, b)
			}
		}
	})
}

func TestWordsOfLinksCoverNothing(t *testing.T) {
	c := Place(randomGraph(120, 160, 3), nil, nil)
	var labels []rect
	for _, p := range c.Prims(nil) {
		if p.Node == "" && p.Form == Rectangle {
			r := rect{p.X, p.Y, p.X + p.W, p.Y + p.H}
			for _, o := range labels {
				if r.meets(o) {
					t.Fatal("two labels overlap")
				}
			}
			labels = append(labels, r)
			for _, b := range c.Boxes {
				if r.meets(rect{b.X - b.W/2, b.Y - b.H/2, b.X + b.W/2, b.Y + b.H/2}) {
					t.Fatal("a label covers a card")
				}
			}
		}
	}
	if len(labels) < len(c.Ties)/2 {
		t.Errorf("only %d of %d links have their words", len(labels), len(c.Ties))
	}
}

func TestWhatStandsStaysWhenMoreIsOpened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 80).Draw(t, "nodes")
		seed := rapid.Uint64().Draw(t, "seed")
		all := randomGraph(n+rapid.IntRange(1, 40).Draw(t, "more"), 2*n, seed)
		some := &Graph{Nodes: slices.Clone(all.Nodes[:n])}
		for _, l := range all.Links {
			if all.at[l.From] < n && all.at[l.To] < n {
				some.Links = append(some.Links, l)
			}
		}
		some.index()
		before := Place(some, nil, nil)
		after := Place(all, nil, before.Kept())
		overlapping(t, after)
		for i := range before.Boxes {
			if a, b := before.Boxes[i], after.Boxes[i]; a.X != b.X || a.Y != b.Y {
				t.Fatalf("%s moved", all.Nodes[i].ID)
			}
		}
	})
}

func page(d *pole.Dictionary) Page {
	m, _ := d.Marking("OFFICIAL-SENSITIVE")
	return Page{Title: "MILLER, Aaron <script>alert(1)</script> & \x00 \"sons\"", Marking: m, By: "PC 2214 Okafor", At: read, Recipient: "CPS North", Reason: "Charging decision"}
}

func TestSVGIsWholeAndEscaped(t *testing.T) {
	d := dictionary(t)
	in := story(d)
	in.Entities[1].Records[0].Facts[0].Value.Norm = `<img src=x onerror=alert(1)>`
	c := Place(Build(d, in).Shown(d, View{}), nil, nil)
	var b bytes.Buffer
	if err := c.WriteSVG(&b, page(d)); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	dec := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := tok.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"svg", "title", "desc", "rect", "ellipse", "line", "polygon", "text", "g"}, x.Name.Local) {
				t.Errorf("<%s> in the file", x.Name.Local)
			}
		case xml.CharData:
			text.Write(x)
			text.WriteString("\n")
		}
	}
	for _, want := range []string{"OFFICIAL-SENSITIVE", "MILLER, Aaron", "SH Self-harm", "7 more ANPR reads", "NOT READ: custody. It does not answer.", "Sources:", "PC 2214 Okafor", "CPS North", "Charging decision", "missing person", "<script>alert(1)</script>"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in the file", want)
		}
	}
	if n := strings.Count(text.String(), "OFFICIAL-SENSITIVE"); n < 3 {
		t.Errorf("the marking stands %d times", n)
	}
}

func TestPNGIsDrawn(t *testing.T) {
	d := dictionary(t)
	g := Build(d, story(d)).Shown(d, View{})
	paths, _ := g.Paths("intel//9", "dvla//V1")
	dir := os.Getenv("MUSTER_SHOTS")
	for name, c := range map[string]*Chart{"story": Place(g, nil, nil), "200": Place(randomGraph(200, 300, 7), nil, nil), "60": Place(randomGraph(60, 75, 11), nil, nil)} {
		for look, pal := range map[string]Palette{"light": LightPalette(), "dark": DarkPalette()} {
			p := page(d)
			p.Title, p.Palette = "MILLER, Aaron James", pal
			if name == "story" && look == "dark" {
				p.Path = paths[0]
			}
			var b bytes.Buffer
			if err := c.WritePNG(&b, p, 1); err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			colours := map[[4]uint32]bool{}
			for y := 0; y < img.Bounds().Dy(); y += 3 {
				for x := 0; x < img.Bounds().Dx(); x += 3 {
					r, g, b, a := img.At(x, y).RGBA()
					colours[[4]uint32{r, g, b, a}] = true
				}
			}
			if len(colours) < 30 {
				t.Errorf("%s: only %d colours", name, len(colours))
			}
			if dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "chart-"+name+"-"+look+".png"), b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkPlace200(b *testing.B) {
	g := randomGraph(200, 300, 7)
	for b.Loop() {
		Place(g, nil, nil)
	}
}

func BenchmarkBuild200(b *testing.B) {
	d := dictionary(b)
	in := story(d)
	f := force{d}
	for i := range 185 {
		id := fmt.Sprintf("rms/D%d", i)
		in.Entities = append(in.Entities, one(f.rec(id, "person", fmt.Sprintf("surname Doe|givenName N%d|dateOfBirth 1990-01-01|telephone 07700 9%05d", i, i), link(id, "associate", "rms/P1"))))
	}
	for b.Loop() {
		Build(d, in)
	}
}
