package live

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/plugintest"
)

func TestSOAPService(t *testing.T) {
	bin := node(t, "soap")
	dir, p := project(t, "soap"), port(t)
	c := exec.CommandContext(t.Context(), bin, "server.js")
	c.Dir, c.Env = dir, append(os.Environ(), "PORT="+p)
	serve(t, p, c)
	base := "http://127.0.0.1:" + p
	l := live{"soap_custody", plugins.Config{"base_url": base}, map[string]string{"username": "okafor", "password": "Northmoor-2214"}}
	s := l.open(t)
	notes := func() []any { return ask(t, "GET", base+"/notes", nil).([]any) }

	t.Run("people", func(t *testing.T) {
		if id, err := s.Check(officer(t)); err != nil || id.User != "okafor" {
			t.Errorf("%+v %v", id, err)
		}
		rs, pages := every(t, s, by(t, "person", "surname", "Ó Súilleabháin"))
		if len(rs) != 9 || pages != 3 {
			t.Fatalf("%d people in %d pages", len(rs), pages)
		}
		r := find(t, rs, "D3")
		has(t, r, "surname", "Ó SÚILLEABHÁIN", "givenName", "AOIFE 3", "dateOfBirth", "1990-04-03", "warning", "WE")
		if w, _ := r.First("warning"); !strings.Contains(w.Value.Source, "Carries a knife & chain") {
			t.Errorf("the warning says %q", w.Value.Source)
		}
		if r := find(t, rs, "D2"); len(r.All("warning")) != 0 {
			t.Error("a warning out of nothing")
		}
		if full, err := s.Fetch(officer(t), r.Ref); err != nil || full.ID != "D3" {
			t.Errorf("%+v %v", full.Ref, err)
		}
		gone := r.Ref
		gone.ID = "D99"
		_, err := s.Fetch(officer(t), gone)
		refused(t, err, plugins.NotFound) // a SOAP 1.1 fault
	})
	t.Run("signing in", func(t *testing.T) {
		before := ask(t, "GET", base+"/seen", nil).(float64)
		for range 3 {
			if _, err := s.Check(officer(t)); err != nil {
				t.Fatal(err)
			}
		}
		if now := ask(t, "GET", base+"/seen", nil).(float64); now != before+3 {
			t.Errorf("three requests carried %v different nonces", now-before)
		}
		wrong := l
		wrong.secrets = map[string]string{"username": "okafor", "password": "wrong-password"}
		_, err := wrong.open(t).Check(officer(t))
		refused(t, err, plugins.Auth)
	})
	entry := plugins.Entry{Form: "incident", Kind: "incident", Captured: time.Now(),
		Facts: facts(t, "description", "Zoë’s <insulin> & “pen” are in the property store.", "startDateTime", "2026-07-02T13:45:00Z")}
	t.Run("submit", func(t *testing.T) {
		sub, before := s.(plugins.Submitter), len(notes())
		first, err := sub.Submit(officer(t), entry, "mlive1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := sub.Submit(officer(t), entry, "mlive1")
		if err != nil || again.Reference != first.Reference || !again.Already {
			t.Errorf("the second time: %+v %v", again, err)
		}
		held := notes()
		if len(held) != before+1 || dig(held, 0, 1, "Text") != "Zoë’s <insulin> & “pen” are in the property store." || !strings.HasPrefix(dig(held, 0, 1, "At").(string), "2026-07-02T13:45") {
			t.Errorf("the server holds %v", held)
		}
		long := entry
		long.Facts = facts(t, "description", strings.Repeat("long ", 60), "startDateTime", "2026-07-02T13:45:00Z")
		_, err = sub.Submit(officer(t), long, "mlive2")
		if e := refused(t, err, plugins.Invalid); len(e.Fields) != 1 || e.Fields[0].Path != "description" { // a SOAP 1.2 fault
			t.Errorf("fields %+v", e.Fields)
		}
	})
	t.Run("conformance", func(t *testing.T) {
		l.conform(t, func(s *plugintest.Subject) {
			s.Found, s.Pages, s.Empty = by(t, "person", "surname", "Ó Súilleabháin"), 4, by(t, "person", "surname", "zzyzx")
			s.Waive = map[string]string{
				"drift:FindResult.Detainee.Marker": "A SOAP list without entries is no element at all, so one that is lost looks like none.",
				"drift:GetResult.Detainee.Marker":  "A SOAP list without entries is no element at all, so one that is lost looks like none.",
			}
			s.Entry, s.Effects = &entry, func() int { return len(notes()) }
		})
	})
}
