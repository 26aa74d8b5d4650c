package live

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/plugintest"
)

// requestTracker starts Request Tracker 5 with a database of its own and nine incidents.
func requestTracker(t *testing.T) (l live, api func(method, path string, body any) any) {
	t.Helper()
	setup := program(t, "rt-setup-database-5")
	server := program(t, "/usr/share/request-tracker5/libexec/rt-server")
	dir, p := t.TempDir(), port(t)
	for _, d := range []string{"site.d", "mason", "session"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config, err := filepath.Abs(filepath.Join("testdata", "rt"))
	if err != nil {
		t.Fatal(err)
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "RT_LIVE_DIR="+dir, "RT_LIVE_PORT="+p, "RT_SITE_CONFIG="+filepath.Join(config, "RT_SiteConfig.pm"), "RT_SITE_CONFIG_DIR="+filepath.Join(dir, "site.d"))
		return c
	}
	once(t, command(setup, "--action", "init", "--skip-create"))
	said := once(t, command(setup, "--action", "insert", "--skip-create", "--datafile", filepath.Join(config, "seed.pl")))
	token := regexp.MustCompile(`TOKEN=(\S+)`).FindStringSubmatch(said)
	if token == nil {
		t.Fatalf("no token among: %s", said)
	}
	serve(t, p, command(server, "--server", "Standalone", "--host", "127.0.0.1", "--port", p))
	base := "http://127.0.0.1:" + p + "/REST/2.0"
	api = func(method, path string, body any) any {
		t.Helper()
		return ask(t, method, base+path, body, "Authorization", "token "+token[1])
	}
	return live{"request_tracker", plugins.Config{"base_url": base, "queue": "Incidents"}, map[string]string{"token": token[1]}}, api
}

func TestRequestTracker(t *testing.T) {
	l, api := requestTracker(t)
	s := l.open(t)
	held := func() int {
		n, _ := dig(api("GET", "/tickets?query=Queue%3D'Incidents'&per_page=1", nil), "total").(float64)
		return int(n)
	}

	t.Run("check", func(t *testing.T) {
		if id, err := s.Check(officer(t)); err != nil || id.Version == "" {
			t.Errorf("%+v %v", id, err)
		}
	})
	t.Run("incidents", func(t *testing.T) {
		q := by(t, "incident", "postcode", "ls8 2qx")
		q.Limit = 4
		rs, pages := every(t, s, q)
		if len(rs) != 9 || pages != 3 {
			t.Fatalf("%d incidents in %d pages", len(rs), pages)
		}
		has(t, find(t, rs, "3"), "reference", "3", "summary", "Theft of a bicycle, number 3 — “blue”", "status", "new", "incidentCategory", "theft",
			"startDateTime", "2026-07-01T11:30:00Z", "postcode", "LS8 2QX", "locationName", "Cardigan Lane")
		full, err := s.Fetch(officer(t), rs[0].Ref)
		if err != nil {
			t.Fatal(err)
		}
		has(t, full, "startDateTime", "2026-07-01T11:30:00Z", "postcode", "LS8 2QX")
		linked(t, full, "reportingPerson", "person", "zoe")
		text := plugins.Query{Kind: "incident", Text: `number 7 — “`}
		if rs, _ := every(t, s, text); len(rs) != 1 {
			t.Errorf("%d found by text", len(rs))
		}
		text.Text = `x" OR id > "0`
		if rs, _ := every(t, s, text); len(rs) != 0 {
			t.Error("what is searched for is taken for a part of the query")
		}
	})
	t.Run("people", func(t *testing.T) {
		rs, _ := every(t, s, by(t, "person", "surname", "O'Brien"))
		zoe := find(t, rs, "zoe")
		has(t, zoe, "surname", "O'BRIEN", "givenName", "ZOË", "middleName", "ŁUCJA", "telephone", "+447700900412")
		if r, err := s.Fetch(officer(t), zoe.Ref); err != nil || r.ID != "zoe" {
			t.Errorf("%+v %v", r.Ref, err)
		}
	})
	entry := plugins.Entry{Form: "incident", Kind: "incident", Captured: time.Now(),
		Facts: facts(t, "summary", "Concern for Zoë O’Brien", "description", "Seen near the station <b> & “upset”.\nAgain at noon.",
			"incidentCategory", "concern", "startDateTime", "2026-07-02T13:45:00Z"),
		Parts: []plugins.Part{{Name: "location", Kind: "location", Role: "occurredAt", Facts: facts(t, "locationName", "Alder Rise", "postcode", "LS8 2QX")}}}
	t.Run("submit", func(t *testing.T) {
		before := held()
		sub := s.(plugins.Submitter)
		first, err := sub.Submit(officer(t), entry, "live-1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := sub.Submit(officer(t), entry, "live-1")
		if err != nil || again.Reference != first.Reference || !again.Already {
			t.Errorf("the second time: %+v %v", again, err)
		}
		if n := held(); n != before+1 {
			t.Errorf("%d tickets more", n-before)
		}
		ticket := api("GET", "/ticket/"+first.Reference, nil)
		if dig(ticket, "Subject") != "Concern for Zoë O’Brien" {
			t.Errorf("subject %v", dig(ticket, "Subject"))
		}
		r, err := s.Fetch(officer(t), first.Ref)
		if err != nil {
			t.Fatal(err)
		}
		has(t, r, "startDateTime", "2026-07-02T13:45:00Z", "incidentCategory", "concern", "otherReference", "LIVE-1")
	})
	t.Run("watch", func(t *testing.T) {
		c := watched(t, s, "incident", "", func() { api("PUT", "/ticket/4", map[string]string{"Status": "open"}) },
			func(c plugins.Change) bool { return c.Record.ID == "4" })
		has(t, c.Record, "status", "open")
		next := watched(t, s, "incident", c.Cursor, func() { api("PUT", "/ticket/5", map[string]string{"Status": "stalled"}) },
			func(c plugins.Change) bool { return c.Record.ID == "5" })
		has(t, next.Record, "status", "assigned")
	})
	t.Run("conformance", func(t *testing.T) {
		l.conform(t, func(s *plugintest.Subject) {
			s.Found, s.Pages, s.Empty = by(t, "incident", "status", "assigned"), 1, by(t, "person", "surname", "zzyzx")
			for n := 6; n <= 8; n++ {
				api("PUT", fmt.Sprintf("/ticket/%d", n), map[string]string{"Status": "stalled"})
			}
			s.Pages, s.Entry, s.Effects = 2, &entry, held
			s.SkipWaived = true
			s.Waive = map[string]string{
				"round_trip_repeated_hour": "The server reads times by its own clock and ignores a zone behind them, so the hour that clocks repeat is one hour there.",
				"sessions_100":             "The stand-alone server answers one request at a time, three a second: a hundred at once wait longer than their limit.",
			}
		})
	})
}
