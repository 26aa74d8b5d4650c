package desk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/app/audit"
	"muster/app/caseview/chart"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
)

// drawn leaves a picture where MUSTER_SHOTS says.
func drawn(t *testing.T, name string, c *chart.Chart) {
	t.Helper()
	dir := os.Getenv("MUSTER_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := c.WritePNG(f, chart.Page{Title: name}, 1); err != nil {
		t.Fatal(err)
	}
}

func TestTheChartOfTheStory(t *testing.T) {
	d := signedIn(t)
	m := miller(t, find(t, d, "miller aaron 2011"))
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	in := chart.OfCase(&c)
	g := chart.Build(d.dict, in)
	s := g.Shown(d.dict, chart.View{})
	drawn(t, "demo-1", chart.Place(s, nil, nil))
	if len(s.Nodes) < 6 || len(s.Links) < 6 {
		t.Fatalf("%d nodes, %d links", len(s.Nodes), len(s.Links))
	}
	// Read around everyone that is shown, as an officer does with E.
	before := len(g.Nodes)
	kept := chart.Place(s, nil, nil).Kept()
	for _, n := range s.Nodes {
		if n.Subject || len(n.Group) > 0 {
			continue
		}
		got, err := d.ReadLinked(t.Context(), n.Kind, n.Refs, n.Values)
		if err != nil {
			t.Logf("%s %s: %v", n.What, n.Title, err)
			continue
		}
		t.Logf("%s %s: %d entities, gaps %v", n.What, n.Title, len(got.Entities), got.Gaps)
		in.Entities = append(in.Entities, got.Entities...)
		in.Open = append(append(in.Open, n.ID), got.Open...)
		in.Apart = got.Apart
	}
	g = chart.Build(d.dict, in)
	if len(g.Nodes) <= before {
		t.Errorf("%d nodes before, %d after everything around was read", before, len(g.Nodes))
	}
	s = g.Shown(d.dict, chart.View{})
	t.Logf("%d nodes, %d shown, %d links", len(g.Nodes), len(s.Nodes), len(s.Links))
	drawn(t, "demo-2", chart.Place(s, nil, kept))
	drawn(t, "demo-3", chart.Place(s, nil, nil))
}

func TestReadingAroundIsAccountedForFirst(t *testing.T) {
	d := signedIn(t)
	m := miller(t, find(t, d, "miller aaron 2011"))
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	g := chart.Build(d.dict, chart.OfCase(&c))
	var car *chart.Node
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.Class == pole.ClassObject && len(n.Refs) > 0 {
			car = n
		}
	}
	if car == nil {
		t.Fatal("nothing to read around")
	}
	before, _ := d.Audit(0, 1)
	if _, err := d.ReadLinked(t.Context(), car.Kind, car.Refs, nil); err != nil {
		t.Fatal(err)
	}
	list, err := d.Audit(0, 200)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(r audit.Record) bool {
		return r.Seq > before[0].Seq && r.Operation == audit.Combination && strings.Contains(r.Ref, car.Refs[0].String()) && r.Purpose.Code == "missing"
	}) {
		t.Errorf("no combination of %s in the log", car.Refs[0])
	}
	// A system that does not answer is a gap, not silence.
	fault(t, d, car.Refs[0].System, demoforce.Fault{Kind: demoforce.FaultDown})
	got, err := d.ReadLinked(t.Context(), car.Kind, car.Refs, nil)
	if err == nil && len(got.Gaps) == 0 {
		t.Error("a system is down, and nothing says so")
	}
	// Without a purpose nothing is read.
	d.mu.Lock()
	d.purpose = nil
	d.mu.Unlock()
	if _, err := d.ReadLinked(t.Context(), car.Kind, car.Refs, []plugins.Term{}); err == nil {
		t.Error("read without a purpose")
	}
}

func TestAChartIsDisclosedByTheSameRulesAsAPack(t *testing.T) {
	d := signedIn(t)
	m := miller(t, find(t, d, "miller aaron 2011"))
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	g := chart.Build(d.dict, chart.OfCase(&c))
	placed := chart.Place(g.Shown(d.dict, chart.View{}), d.ChartMarks(), nil)
	dir := t.TempDir()
	in := ChartDisclosure{Chart: placed, Title: c.Title, Disclosure: Disclosure{Format: ChartSVG, To: dir, Recipient: "A. Jones", Kind: "force", Reason: "bail"}}
	for name, spoil := range map[string]func(*ChartDisclosure){
		"no recipient": func(x *ChartDisclosure) { x.Recipient = " " }, "no reason": func(x *ChartDisclosure) { x.Reason = "" },
		"a format of the pack": func(x *ChartDisclosure) { x.Format = "pdf" }, "nothing on it": func(x *ChartDisclosure) { x.Chart = &chart.Chart{Graph: &chart.Graph{}} },
	} {
		bad := in
		spoil(&bad)
		if _, err := d.DiscloseChart(t.Context(), bad); err == nil {
			t.Errorf("%s: it went out", name)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Fatalf("a refused disclosure left %v", left)
	}
	// What is marked highest on the chart decides, not the case alone.
	placed.Graph.Nodes[len(placed.Graph.Nodes)-1].Marking = pole.Marking{Classification: "TOP SECRET"}
	if _, err := d.DiscloseChart(t.Context(), in); !errors.Is(err, ErrAbove) || d.AboveChart("force", placed) == "" {
		t.Errorf("above: %v", err)
	}
	in.Above = true
	got, err := d.DiscloseChart(t.Context(), in)
	if err != nil || got.Marking != "TOP SECRET" {
		t.Fatalf("%+v %v", got, err)
	}
	body, err := os.ReadFile(got.Path)
	if err != nil || strings.Count(string(body), "TOP SECRET") < 2 || !strings.Contains(string(body), "bail") {
		t.Errorf("%d bytes %v", len(body), err)
	}
	rec, err := d.Audit(got.Audit+1, 1)
	if err != nil || rec[0].Operation != audit.Disclosure || rec[0].Recipient == "" || rec[0].Reason != "bail" {
		t.Fatalf("%+v %v", rec, err)
	}
	for i := range placed.Graph.Nodes {
		for _, r := range placed.Graph.Nodes[i].Refs {
			if !strings.Contains(rec[0].Ref, r.String()) {
				t.Errorf("%s went out and is not in the log", r)
			}
		}
	}
}
