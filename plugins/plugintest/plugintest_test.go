package plugintest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/assets"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func subject(t *testing.T, f flaw) Subject {
	t.Helper()
	dict, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	backend := newRegistry()
	srv := httptest.NewServer(backend)
	t.Cleanup(srv.Close)
	fact := func(p pole.Property, s string) pole.Fact { return pole.Fact{Property: p, Value: dict.Normalise(p, s)} }
	text := func(s string) []plugins.Term {
		return []plugins.Term{{Property: "surname", Value: pole.Value{Source: s}}}
	}
	return Subject{
		Info: plugins.Info{
			ID: "registry", Name: "Registry", Help: "People and notes.", Code: "REG", Shape: "square", Version: "1",
			Hosts: []string{"base_url"},
			Options: []plugins.Option{
				{Name: "base_url", Type: plugins.OptionURL, Label: "Server address", Help: "Ask IT.", Required: true},
				{Name: "client_id", Type: plugins.OptionString, Label: "Client", Help: "Ask IT.", Default: "muster"},
				{Name: "client_secret", Type: plugins.OptionSecret, Label: "Secret", Help: "Ask IT.", Required: true},
			},
			Auth: []plugins.AuthSpec{{Kind: plugins.AuthOAuth2Client, Token: "/oauth/token", User: "client_id", Secret: "client_secret"}},
			Kinds: []plugins.KindSpec{
				{Kind: "person", Type: "people", Search: []plugins.SearchSpec{{Require: []pole.Property{"surname"}}},
					Returns: []pole.Property{"surname", "dateOfBirth", "startDateTime", "warning"}, Fetch: true},
				{Kind: "incident", Type: "note", Returns: []pole.Property{"description", "startDateTime", "otherReference"}, Fetch: true,
					Accepts: []plugins.FieldSpec{{Path: "description", Required: true}, {Path: "startDateTime", Required: true}, {Path: "otherReference"}}},
			},
			Open: func(ctx context.Context, env plugins.Env) (plugins.System, error) {
				crowd.Add(1)
				p := &plugin{flaw: f, env: env}
				switch f {
				case asksAtOpen:
					_, _ = p.Check(officer(ctx))
				case logsKeys:
					env.Log.Info("starting", "using", secret)
				}
				return p, nil
			},
		},
		Config:     plugins.Config{"base_url": srv.URL},
		Values:     map[string]string{"client_secret": secret},
		Dictionary: dict,
		Found:      plugins.Query{Kind: "person", Terms: text("Harrington")},
		Pages:      4,
		Empty:      plugins.Query{Kind: "person", Terms: text("Nobody-at-all")},
		Entry: &plugins.Entry{Form: "note", Kind: "incident",
			Facts: []pole.Fact{fact("description", "seen"), fact("startDateTime", "2026-02-03T04:05:00Z"), fact("otherReference", "CAD-1")}},
		Effects: backend.taken,
		Change:  backend.leave,
	}
}

func TestAnHonestPluginPasses(t *testing.T) { Run(t, subject(t, none)) }

// broken runs the named checks outside Run and returns the names of those that found something.
func broken(t *testing.T, s Subject, names ...string) []string {
	t.Helper()
	r := newRun(s)
	var found []string
	for _, name := range names {
		i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
		if i < 0 {
			t.Fatalf("there is no check %s", name)
		}
		if err := r.do(t, checks[i]); err != nil && !isNone(err) {
			found = append(found, name)
		}
	}
	return found
}

func isNone(err error) bool {
	_, ok := err.(notApplicable) //nolint:errorlint // never wrapped
	return ok
}

func TestEveryFlawIsFound(t *testing.T) {
	for _, c := range []struct {
		f  flaw
		by string
	}{
		{asksAtOpen, "open_does_no_io"}, {sleepyCheck, "check"},
		{stubborn, "credential_refused_not_repeated"}, {signsIn, "token_storm"}, {endsOnAuth, "token_ends_between_pages"}, {emptyOnFailure, "login_page"},
		{endless, "search"}, {wrongRefs, "search"}, {plainErrors, "search_unknown_kind"},
		{losesOne, "paging"}, {doublesOne, "paging"}, {byOffset, "paging_while_it_changes"},
		{emptyOnFailure, "fault_500"}, {emptyOnFailure, "fault_bomb"}, {picky, "fault_mislabelled"}, {trusting, "fault_other_shape"}, {oneAtATime, "fault_slow_for_one"},
		{lenient, "drift_missing"}, {lenient, "drift_renamed"}, {guesses, "drift_missing"}, {unplaced, "drift_retyped"}, {lenient, "drift_nulled"}, {guesses, "drift_nulled"},
		{pastes, "words_searched"}, {bytewise, "words_composed_or_not"}, {zoned, "birth_dates_stay"}, {localTimes, "times_are_times"},
		{newKeys, "submit_twice"}, {optimist, "submit_500"}, {blind, "submit_answer_lost"},
		{forgets, "round_trip"}, {ascii, "round_trip_words"}, {wallClock, "round_trip_repeated_hour"}, {nulls, "round_trip_empty"},
		{deaf, "search_cancelled_before"}, {drowsy, "search_cancelled"}, {drowsy, "everything_cancelled"}, {eager, "search_stops"}, {crowded, "sessions_100"},
		{talkative, "nothing_secret_said"}, {logsKeys, "nothing_secret_said"},
	} {
		t.Run(string(c.f)+"/"+c.by, func(t *testing.T) {
			s := subject(t, c.f)
			switch c.f {
			case endsOnAuth:
				s.Info.Auth = []plugins.AuthSpec{{Kind: plugins.AuthBasic, User: "client_id", Secret: "client_secret"}}
			case crowded:
				crowd.Store(0)
			}
			first := []string{c.by}
			if c.by == "nothing_secret_said" {
				first = []string{"fault_reset", c.by} // it looks back at what was said, so something has to go wrong first
			}
			found := slices.Contains(broken(t, s, first...), c.by)
			for try := 0; !found && c.f == oneAtATime && try < 2; try++ { // on a busy machine both searches may be as slow as the fault
				found = slices.Contains(broken(t, subject(t, c.f), first...), c.by)
			}
			if !found {
				t.Fatalf("a plugin that %s is not found by %s", c.f, c.by)
			}
		})
	}
}

func TestFlawsOfTheDescriptionAreFound(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Subject)
		by     string
	}{
		"no help":                  {func(s *Subject) { s.Info.Options[0].Help = "" }, "options"},
		"secret in clear":          {func(s *Subject) { s.Info.Options[1].Name = "api_key" }, "options"},
		"no hosts":                 {func(s *Subject) { s.Info.Hosts = nil }, "info"},
		"takes what it cannot":     {func(s *Subject) { s.Entry = nil }, "submit_declared"},
		"returns what it does not": {func(s *Subject) { s.Info.Kinds[0].Returns = []pole.Property{"dateOfBirth"} }, "search"},
		"fewer pages than thought": {func(s *Subject) { s.Pages = 9 }, "paging"},
		"a change that is none":    {func(s *Subject) { s.Change = func() error { return nil } }, "paging_while_it_changes"},
		"a sample that is empty":   {func(s *Subject) { s.Samples = []plugins.Query{s.Empty} }, "samples"},
	} {
		t.Run(name, func(t *testing.T) {
			s := subject(t, none)
			tt.change(&s)
			if len(broken(t, s, tt.by)) == 0 {
				t.Fatalf("not found by %s", tt.by)
			}
		})
	}
}

// loud is HTTP under another name, so that there is a system that does not speak HTTP.
type loud struct{ t *http.Transport }

func (l loud) CloseIdleConnections() { l.t.CloseIdleConnections() }
func (l loud) RoundTrip(r *http.Request) (*http.Response, error) {
	plain := r.Clone(r.Context())
	plain.URL.Scheme = "http"
	resp, err := l.t.RoundTrip(plain)
	if err == nil {
		resp.Request = r
	}
	return resp, err
}

var registerLoud = sync.OnceFunc(func() {
	transport.RegisterScheme(transport.Scheme{Name: "loud", Port: "1", Open: func(e transport.WireEnv) transport.Wire {
		return loud{&http.Transport{DialContext: e.Dial, DisableKeepAlives: true}}
	}})
})

// unwebbed is the subject reached by a protocol that is not HTTP.
func unwebbed(t *testing.T, f flaw) Subject {
	registerLoud()
	s := subject(t, f)
	s.Config["base_url"] = strings.Replace(s.Config["base_url"], "http:", "loud:", 1)
	s.Info.Auth = []plugins.AuthSpec{{Kind: plugins.AuthBasic, User: "client_id", Secret: "client_secret"}}
	return s
}

func TestAnHonestPluginOfAnotherProtocolPasses(t *testing.T) { Run(t, unwebbed(t, none)) }

func TestFlawsBehindAnotherProtocolAreFound(t *testing.T) {
	for _, by := range []string{"line_refused", "line_reset", "line_hangs", "line_cut_off"} {
		t.Run(by, func(t *testing.T) {
			if got := broken(t, unwebbed(t, emptyOnFailure), by); len(got) == 0 {
				t.Fatalf("a plugin that %s is not found by %s", emptyOnFailure, by)
			}
		})
	}
}

func TestHowChecksComeOutIsWrittenDown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results")
	t.Setenv("MUSTER_CONFORMANCE", path)
	s := subject(t, losesOne)
	s.Waive = map[string]string{"paging": "it loses some", "drift_missing": "", "nothing": "x", "drift_renamed:nowhere": "y"}
	r := newRun(s)
	if errs := fmt.Sprint(r.unfit()); !strings.Contains(errs, `"nothing"`) || !strings.Contains(errs, `"drift_missing" gives no reason`) {
		t.Errorf("unfit waivers: %s", errs)
	}
	if errs := r.unused(); len(errs) > 0 {
		t.Errorf("a waiver for what did not run is called unused: %v", errs)
	}
	r.ran["drift_renamed"] = true
	if errs := fmt.Sprint(r.unused()); !strings.Contains(errs, "drift_renamed:nowhere") {
		t.Errorf("unused waivers: %s", errs)
	}
	for _, name := range []string{"info", "paging", "line_reset"} {
		i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
		r.report(t, checks[i])
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"check":"info","group":"identity","state":"pass"`, `"check":"paging","group":"paging","state":"waived","why":"it loses some"`, `"check":"line_reset","group":"faults","state":"n/a"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in\n%s", want, b)
		}
	}
}
