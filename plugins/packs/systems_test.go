package packs

import (
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

func TestRecords(t *testing.T) {
	s := at(t, "demo_rms", "rms")
	id, err := s.Check(officer(t))
	if err != nil {
		t.Fatal(err)
	}
	if id.User != "PC Ada Okafor" || id.Server == "" {
		t.Errorf("identity %+v", id)
	}
	people := every(t, s, plugins.Query{Kind: "person", Terms: []plugins.Term{term(t, "surname", "miller")}})
	if len(people) == 0 {
		t.Fatal("no Miller")
	}
	warned, linked := false, false
	for _, p := range people {
		full, err := s.Fetch(officer(t), p.Ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range full.Facts {
			if f.Value.Norm == "" {
				t.Logf("%s %s: %q %s", full.ID, f.Property, f.Value.Source, f.Value.Problem)
			}
		}
		w := full.All("warning")
		warned = warned || len(w) > 0
		linked = linked || len(full.Links) > 0
		if len(w) != len(p.All("warning")) {
			t.Errorf("%s: the list shows %d warnings, the record %d", p.ID, len(p.All("warning")), len(w))
		}
	}
	if !warned || !linked {
		t.Errorf("warnings %v, links %v", warned, linked)
	}
	for _, k := range []pole.Kind{"person", "vehicle", "location", "crime", "incident"} {
		rs := every(t, s, plugins.Query{Kind: k, Text: map[pole.Kind]string{"person": "miller", "vehicle": "ford", "location": "leeds", "crime": "theft", "incident": "concern"}[k]})
		t.Log(k, len(rs))
		if len(rs) == 0 {
			t.Errorf("no %s", k)
			continue
		}
		r, err := s.Fetch(officer(t), rs[0].Ref)
		if err != nil {
			t.Error(err)
		}
		dump(t, r)
	}
}

func dump(t testing.TB, r pole.Record) {
	t.Helper()
	for _, f := range r.Facts {
		t.Logf("  %s %s = %q -> %q %s %s [%s %s-%s]", r.Ref, f.Property, f.Value.Source, f.Value.Norm, f.Value.Label, f.Value.Problem, f.Group, f.From, f.To)
	}
	for _, l := range r.Links {
		t.Logf("  %s: %s is %s of %s (%s)", r.Ref, l.From, l.Role, l.To, l.Label)
	}
	t.Logf("  %v %v %s", r.Marking, r.Updated, r.Version)
}
