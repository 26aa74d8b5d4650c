package live

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/plugintest"
	"muster/plugins/pole"
)

const zoe = "11111111-1111-4111-8111-111111111111"

// capService starts an OData v4 service of SAP's Cloud Application Programming Model with one person and nine incidents.
func capService(t *testing.T) (l live, api func(method, path string, body any, headers ...string) (int, any)) {
	t.Helper()
	bin := node(t, "@sap/cds")
	dir, p := project(t, "cap"), port(t)
	c := exec.CommandContext(t.Context(), bin, "--no-warnings", "node_modules/@sap/cds/bin/serve.js", "all", "--in-memory")
	c.Dir, c.Env = dir, append(os.Environ(), "PORT="+p)
	serve(t, p, c)
	base := "http://127.0.0.1:" + p + "/odata/v4/records"
	api = func(method, path string, body any, headers ...string) (int, any) {
		t.Helper()
		return try(t, method, base+path, body, append(headers, "Authorization", basic("okafor", "Northmoor-2214"))...)
	}
	post := func(path string, body any) {
		t.Helper()
		if status, said := api("POST", path, body); status != 201 {
			t.Fatalf("%d %v", status, said)
		}
	}
	post("/Persons", map[string]any{"ID": zoe, "surname": "O'Brien", "givenName": "Zoë", "dateOfBirth": "2011-11-03", "sex": "F", "height": 168.5,
		"warnings": []any{map[string]any{"code": "WE", "text": "Carries a knife", "since": "2025-03-30"}}})
	for n := 1; n <= 9; n++ {
		post("/Incidents", map[string]any{"reference": fmt.Sprint("I", n), "category": "theft", "occurredAt": "2026-07-01T12:30:00+01:00", "details": "A bicycle, “blue”", "postcode": "LS8 2QX",
			"people": []any{map[string]any{"role": "victim", "person_ID": zoe}}})
	}
	return live{"odata_cap", plugins.Config{"base_url": base}, map[string]string{"username": "okafor", "password": "Northmoor-2214"}}, api
}

func TestODataService(t *testing.T) {
	l, api := capService(t)
	s := l.open(t)
	held := func() int {
		_, got := api("GET", "/Incidents?$top=0&$count=true", nil)
		n, _ := dig(got, "@odata.count").(float64)
		return int(n)
	}

	t.Run("people", func(t *testing.T) {
		if id, err := s.Check(officer(t)); err != nil || id.Server == "" {
			t.Errorf("%+v %v", id, err)
		}
		for _, q := range []plugins.Query{by(t, "person", "surname", "O'BRIEN", "givenName", "zoë", "dateOfBirth", "03/11/2011"), {Kind: "person", Text: "brien"}} {
			rs, _ := every(t, s, q)
			r := find(t, rs, zoe)
			has(t, r, "surname", "O'BRIEN", "givenName", "ZOË", "dateOfBirth", "2011-11-03", "sex", "F", "height", "168.5", "warning", "WE")
			if w, _ := r.First("warning"); w.From != "2025-03-30" {
				t.Errorf("warning since %q", w.From)
			}
			if len(r.Links) != 9 || r.Version == "" {
				t.Errorf("%d links, version %q", len(r.Links), r.Version)
			}
		}
		if rs, _ := every(t, s, by(t, "person", "surname", "x' or surname ne 'x")); len(rs) != 0 {
			t.Error("what is searched for is taken for a part of the query")
		}
	})
	t.Run("paging", func(t *testing.T) {
		// The server gives four at a time, whatever is asked for, and names the next page by a relative link.
		q := by(t, "incident", "postcode", "ls8 2qx")
		rs, pages := every(t, s, q)
		if len(rs) != 9 || pages != 3 {
			t.Fatalf("%d incidents in %d pages", len(rs), pages)
		}
		has(t, rs[0], "startDateTime", "2026-07-01T11:30:00Z", "incidentCategory", "theft", "description", "A bicycle, “blue”", "postcode", "LS8 2QX")
		linked(t, rs[0], "victim", "person", zoe)
		if q.Limit = 2; true {
			if rs, pages := every(t, s, q); len(rs) != 9 || pages != 5 {
				t.Errorf("by twos: %d incidents in %d pages", len(rs), pages)
			}
		}
	})
	entry := plugins.Entry{Form: "incident", Kind: "incident", Captured: time.Now(),
		Facts: facts(t, "description", "Concern for Zoë’s <neighbour> & “friend”", "startDateTime", "2026-07-02T13:45:00+01:00", "incidentCategory", "concern"),
		Parts: []plugins.Part{{Name: "location", Kind: "location", Facts: facts(t, "postcode", "LS8 2QX")},
			{Name: "person", Kind: "person", Role: "subject", Existing: []pole.Ref{{System: "odata_cap", Type: "person", ID: zoe}}}}}
	t.Run("submit", func(t *testing.T) {
		before, sub := held(), s.(plugins.Submitter)
		first, err := sub.Submit(officer(t), entry, "mlive1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := sub.Submit(officer(t), entry, "mlive1")
		if err != nil || again.Reference != first.Reference || !again.Already {
			t.Errorf("the second time: %+v %v", again, err)
		}
		if n := held(); n != before+1 {
			t.Errorf("%d incidents more", n-before)
		}
		if _, got := api("GET", "/Incidents("+first.Ref.ID+")?$expand=people", nil); dig(got, "occurredAt") != "2026-07-02T12:45:00Z" ||
			dig(got, "details") != "Concern for Zoë’s <neighbour> & “friend”" || dig(got, "people", 0, "person_ID") != zoe {
			t.Errorf("the server holds %v", got)
		}
		bad := entry
		bad.Facts = facts(t, "description", "x", "startDateTime", "2026-07-02T13:45:00Z", "incidentCategory", "concern")
		bad.Parts = []plugins.Part{{Name: "location", Kind: "location", Facts: []pole.Fact{{Property: "postcode", Value: pole.Value{Source: "NOWHERE"}}}}}
		_, err = sub.Submit(officer(t), bad, "mlive2")
		if e := refused(t, err, plugins.Invalid); len(e.Fields) != 1 || e.Fields[0].Path != "location.postcode" || e.Fields[0].Say == "" {
			t.Errorf("fields %+v", e.Fields)
		}
	})
	t.Run("watch", func(t *testing.T) {
		rs, _ := every(t, s, by(t, "incident", "reference", "I3"))
		c := watched(t, s, "incident", "", func() {
			if status, said := api("PATCH", "/Incidents("+rs[0].ID+")", map[string]any{"status": "closed"}); status != 428 {
				t.Errorf("a change without a version: %d %v", status, said)
			}
			if status, said := api("PATCH", "/Incidents("+rs[0].ID+")", map[string]any{"status": "closed"}, "If-Match", rs[0].Version); status != 200 {
				t.Errorf("a change with the version that was read: %d %v", status, said)
			}
		}, func(c plugins.Change) bool { return c.Record.ID == rs[0].ID })
		has(t, c.Record, "status", "closed")
	})
	t.Run("conformance", func(t *testing.T) {
		l.conform(t, func(s *plugintest.Subject) {
			s.Found, s.Pages, s.Empty = by(t, "incident", "postcode", "ls8 2qx"), 3, by(t, "person", "surname", "zzyzx")
			s.Found = by(t, "incident", "status", "open")
			s.Entry, s.Effects = &entry, held
		})
	})
}
