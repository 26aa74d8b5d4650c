package live

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/plugintest"
	"muster/plugins/pole"
)

const pbPassword = "Northmoor-2214"

// pocketBase starts PocketBase with one officer, three people and nine incidents, made as its owner makes them.
func pocketBase(t *testing.T) (l live, api func(method, path string, body any) (int, any)) {
	t.Helper()
	bin := program(t, filepath.Join(cache(), "bin", "pocketbase"))
	dir, p := t.TempDir(), port(t)
	once(t, exec.CommandContext(t.Context(), bin, "superuser", "upsert", "owner@northmoor.example", pbPassword, "--dir", dir, "--dev=false"))
	serve(t, p, exec.CommandContext(t.Context(), bin, "serve", "--http", "127.0.0.1:"+p, "--dir", dir, "--dev=false"))
	base := "http://127.0.0.1:" + p
	token, _ := dig(ask(t, "POST", base+"/api/collections/_superusers/auth-with-password", map[string]string{"identity": "owner@northmoor.example", "password": pbPassword}), "token").(string)
	api = func(method, path string, body any) (int, any) {
		t.Helper()
		return try(t, method, base+"/api/collections"+path, body, "Authorization", token)
	}
	must := func(method, path string, body any) any {
		t.Helper()
		status, got := api(method, path, body)
		if status >= 400 {
			t.Fatalf("%s %s: %d %v", method, path, status, got)
		}
		return got
	}
	raw, err := os.ReadFile(filepath.Join("testdata", "pocketbase", "collections.json"))
	if err != nil {
		t.Fatal(err)
	}
	var collections []map[string]any
	if err := json.Unmarshal(raw, &collections); err != nil {
		t.Fatal(err)
	}
	people, _ := dig(must("POST", "", collections[0]), "id").(string)
	for _, f := range collections[1]["fields"].([]any) {
		if m := f.(map[string]any); m["collectionId"] == "people" {
			m["collectionId"] = people
		}
	}
	must("POST", "", collections[1])
	must("POST", "/users/records", map[string]any{"email": "okafor@northmoor.example", "password": pbPassword, "passwordConfirm": pbPassword})
	must("POST", "/people/records", map[string]any{"id": "zoe000000000001", "surname": "O'Brien", "forenames": "Zoë", "born": "2011-11-03", "warnings": []string{"weapons"}})
	must("POST", "/people/records", map[string]any{"id": "elodie000000002", "surname": "Ó Súilleabháin", "forenames": "Élodie"})
	must("POST", "/people/records", map[string]any{"id": "obrien000000003", "surname": "OxBrien", "forenames": "Zoe"})
	for n := 1; n <= 9; n++ {
		must("POST", "/incidents/records", map[string]any{"id": fmt.Sprintf("incident%07d", n), "reference": fmt.Sprint("I", n), "category": "theft", "occurred": "2026-07-01T12:30:00+01:00",
			"details": fmt.Sprintf("A bicycle, “blue”, of 100%% steel, number %d", n), "postcode": "LS8 2QX", "status": "open", "people": []string{"zoe000000000001"}})
	}
	return live{"pocketbase", plugins.Config{"base_url": base, "username": "okafor@northmoor.example"}, map[string]string{"password": pbPassword}}, api
}

func TestPocketBase(t *testing.T) {
	l, api := pocketBase(t)
	s := l.open(t)
	held := func() int {
		_, got := api("GET", "/incidents/records?perPage=1", nil)
		n, _ := dig(got, "totalItems").(float64)
		return int(n)
	}
	t.Run("people", func(t *testing.T) {
		if id, err := s.Check(officer(t)); err != nil || id.User != "okafor@northmoor.example" {
			t.Errorf("%+v %v", id, err)
		}
		rs, _ := every(t, s, by(t, "person", "surname", "O'BRIEN", "givenName", "zoë", "dateOfBirth", "03/11/2011"))
		if len(rs) != 1 {
			t.Errorf("%d people", len(rs))
		}
		has(t, find(t, rs, "zoe000000000001"), "surname", "O'BRIEN", "givenName", "ZOË", "dateOfBirth", "2011-11-03", "warning", "WE")
		rs, _ = every(t, s, by(t, "person", "surname", "ó súilleabháin", "givenName", "ÉLODIE"))
		elodie := find(t, rs, "elodie000000002")
		has(t, elodie, "surname", "Ó SÚILLEABHÁIN", "givenName", "ÉLODIE")
		if len(elodie.All("dateOfBirth")) != 0 || len(elodie.All("warning")) != 0 {
			t.Errorf("an empty date or an empty list became facts: %+v", elodie.Facts)
		}
		for _, word := range []string{`x' || id != '`, `x\' || id != '`, `x\`, "O_BRIEN", "%"} {
			if rs, _ := every(t, s, by(t, "person", "surname", word)); len(rs) != 0 {
				t.Errorf("%q finds %d: what is searched for is taken for a part of the filter", word, len(rs))
			}
		}
	})
	t.Run("incidents", func(t *testing.T) {
		q := by(t, "incident", "postcode", "ls8 2qx")
		q.Limit = 4
		rs, pages := every(t, s, q)
		if len(rs) != 9 || pages != 3 {
			t.Fatalf("%d incidents in %d pages", len(rs), pages)
		}
		third := find(t, rs, "incident0000003")
		has(t, third, "reference", "I3", "startDateTime", "2026-07-01T11:30:00Z", "incidentCategory", "theft", "postcode", "LS8 2QX", "status", "open")
		full, err := s.Fetch(officer(t), third.Ref)
		if err != nil {
			t.Fatal(err)
		}
		linked(t, full, "subject", "person", "zoe000000000001")
		if rs, _ := every(t, s, plugins.Query{Kind: "incident", Text: "“BLUE”, of 100% steel, number 7"}); len(rs) != 1 {
			t.Errorf("%d found by text", len(rs))
		}
		_, err = s.Fetch(officer(t), pole.Ref{System: "pocketbase", Type: "incident", ID: "incident0000099"})
		refused(t, err, plugins.NotFound)
	})
	t.Run("session", func(t *testing.T) {
		// Another password ends every token at once. The server then answers a list with no rows and a record with 404:
		// neither may pass for "no trace".
		own := l
		own.secrets = map[string]string{"password": pbPassword}
		was := own.open(t)
		q := by(t, "incident", "reference", "I1")
		if rs, _ := every(t, was, q); len(rs) != 1 {
			t.Fatal("it is not there")
		}
		_, users := api("GET", "/users/records", nil)
		id, _ := dig(users, "items", 0, "id").(string)
		set := func(word string) {
			if status, said := api("PATCH", "/users/records/"+id, map[string]string{"password": word, "passwordConfirm": word}); status != 200 {
				t.Fatalf("%d %v", status, said)
			}
		}
		set(pbPassword + "x")
		p, err := was.Search(officer(t), q)
		refused(t, err, plugins.Auth)
		if len(p.Records) != 0 {
			t.Error("records without a session")
		}
		set(pbPassword)
		if rs, _ := every(t, l.open(t), q); len(rs) != 1 {
			t.Error("the session is not made again")
		}
		// The same password again: the tokens end and the session is made again unseen.
		again := l.open(t)
		for range 2 {
			if rs, _ := every(t, again, q); len(rs) != 1 {
				t.Error("an ended token made the search find nothing")
			}
			if r, err := again.Fetch(officer(t), pole.Ref{System: "pocketbase", Type: "incident", ID: "incident0000001"}); err != nil || r.ID == "" {
				t.Errorf("fetch: %v", err)
			}
			set(pbPassword)
		}
		// Tokens of a few seconds, renewed before they end.
		status, said := api("PATCH", "/users", map[string]any{"authToken": map[string]any{"duration": 10}})
		if status != 200 {
			t.Fatalf("%d %v", status, said)
		}
		short := l.open(t)
		for range 3 {
			if rs, _ := every(t, short, q); len(rs) != 1 {
				t.Error("a short token made the search find nothing")
			}
		}
		if status, said := api("PATCH", "/users", map[string]any{"authToken": map[string]any{"duration": 3600}}); status != 200 {
			t.Fatalf("%d %v", status, said)
		}
	})
	s = l.open(t)
	entry := plugins.Entry{Form: "incident", Kind: "incident", Captured: time.Now(),
		Facts: facts(t, "description", "Concern for Zoë’s <neighbour> & “friend”", "startDateTime", "2026-07-02T13:45:00+01:00", "incidentCategory", "concern"),
		Parts: []plugins.Part{{Name: "location", Kind: "location", Facts: facts(t, "postcode", "LS8 2QX")},
			{Name: "person", Kind: "person", Role: "subject", Existing: []pole.Ref{{System: "pocketbase", Type: "person", ID: "zoe000000000001"}}}}}
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
		if _, got := api("GET", "/incidents/records/"+first.Ref.ID, nil); dig(got, "occurred") != "2026-07-02 12:45:00.000Z" ||
			dig(got, "details") != "Concern for Zoë’s <neighbour> & “friend”" || dig(got, "people", 0) != "zoe000000000001" {
			t.Errorf("the server holds %v", got)
		}
		bad := entry
		bad.Parts = []plugins.Part{{Name: "location", Kind: "location", Facts: []pole.Fact{{Property: "postcode", Value: pole.Value{Source: "NOWHERE"}}}}}
		_, err = sub.Submit(officer(t), bad, "mlive2")
		if e := refused(t, err, plugins.Invalid); len(e.Fields) != 1 || e.Fields[0].Path != "location.postcode" || e.Fields[0].Say == "" {
			t.Errorf("fields %+v", e.Fields)
		}
	})
	t.Run("watch", func(t *testing.T) {
		ready := func() {
			// The stream stands, its subscription follows at once: changes go on until one is announced.
			go func() {
				for range 50 {
					if status, _ := api("PATCH", "/incidents/records/incident0000003", map[string]any{"status": "closed"}); status != 200 || t.Context().Err() != nil {
						return
					}
					time.Sleep(50 * time.Millisecond)
				}
			}()
		}
		c := watched(t, s, "incident", "", ready, func(c plugins.Change) bool { return c.Record.ID == "incident0000003" && !c.Removed })
		has(t, c.Record, "status", "closed", "startDateTime", "2026-07-01T11:30:00Z")
	})
	t.Run("conformance", func(t *testing.T) {
		l.conform(t, func(s *plugintest.Subject) {
			s.Found, s.Pages, s.Empty = by(t, "incident", "postcode", "ls8 2qx"), 3, by(t, "person", "surname", "zzyzx")
			s.Samples = []plugins.Query{by(t, "person", "surname", "O'Brien")}
			s.Entry, s.Effects = &entry, held
		})
	})
}
