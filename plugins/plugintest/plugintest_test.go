package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// registry is a small records system: people found by surname, notes taken once per key, its own OAuth2 client.
type registry struct {
	mu    sync.Mutex
	notes map[string]string // reference by key
	taken int
}

const secret = "registry-client-secret"

func (s *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		if _, p, _ := r.BasicAuth(); p != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, `{"access_token":"registry-access-token","token_type":"Bearer","expires_in":600}`)
		return
	}
	if r.Header.Get("Authorization") != "Bearer registry-access-token" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	id := func(i int) map[string]string {
		return map[string]string{"id": fmt.Sprintf("P%02d", i), "surname": "Harrington"}
	}
	switch path, q := r.URL.Path, r.URL.Query(); {
	case path == "/me":
		io.WriteString(w, `{"user":"registry-user"}`)
	case path == "/people" && r.Method == http.MethodGet:
		from, _ := strconv.Atoi(q.Get("from"))
		n, _ := strconv.Atoi(q.Get("n"))
		items := []map[string]string{}
		total := 7
		if q.Get("surname") != "Harrington" {
			total = 0
		}
		for i := from; i < min(from+n, total); i++ {
			items = append(items, id(i))
		}
		json.NewEncoder(w).Encode(map[string]any{"items": items, "more": from+n < total})
	case strings.HasPrefix(path, "/people/P0"):
		i, _ := strconv.Atoi(strings.TrimPrefix(path, "/people/P"))
		json.NewEncoder(w).Encode(id(i))
	case path == "/notes" && r.Method == http.MethodPost:
		var in struct{ Key, Text string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.Text == "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		ref, again := s.notes[in.Key]
		if !again {
			s.taken++
			ref = fmt.Sprintf("N%d", s.taken)
			s.notes[in.Key] = ref
		}
		json.NewEncoder(w).Encode(map[string]any{"ref": ref, "already": again})
	case path == "/notes":
		s.mu.Lock()
		defer s.mu.Unlock()
		if ref, ok := s.notes[q.Get("key")]; ok {
			json.NewEncoder(w).Encode(map[string]any{"ref": ref})
			return
		}
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// flaw is one way to break the contract; the suite must notice each.
type flaw string

const (
	none           flaw = ""
	asksAtOpen     flaw = "asks the system in Open"
	emptyOnFailure flaw = "takes a failure for no results"
	trusting       flaw = "takes any JSON for an answer"
	losesOne       flaw = "loses a record between pages"
	doublesOne     flaw = "repeats a record on the next page"
	endless        flaw = "never ends"
	plainErrors    flaw = "fails with any error"
	talkative      flaw = "repeats the search in its errors"
	logsKeys       flaw = "logs the credential"
	wrongRefs      flaw = "names another system"
	newKeys        flaw = "sends another key each time"
	optimist       flaw = "takes any answer for a receipt"
	blind          flaw = "confirms nothing"
	deaf           flaw = "ignores the context"
	sleepyCheck    flaw = "checks nothing"
)

type person struct{ ID, Surname string }

type plugin struct {
	flaw flaw
	env  plugins.Env
}

func (p *plugin) fail(e *plugins.Error) error {
	if p.flaw == plainErrors {
		return errors.New(e.Say)
	}
	e.System = p.env.System
	return e
}

func (p *plugin) get(ctx context.Context, method, path string, q url.Values, body string, out any) error {
	if p.flaw == deaf {
		ctx = context.WithoutCancel(ctx)
	}
	write := method != http.MethodGet
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.env.Config["base_url"], "/")+path+"?"+q.Encode(), strings.NewReader(body))
	if err != nil {
		return err
	}
	if body == "" {
		req.Body, req.GetBody = nil, nil
	}
	resp, err := p.env.HTTP.Do(req)
	if err != nil {
		if p.flaw == talkative {
			e := plugins.Errorf(plugins.KindOf(err), "searching %s failed", q.Get("surname"))
			e.Err = err
			return p.fail(e)
		}
		return err
	}
	defer resp.Body.Close()
	if e := transport.FromStatus(p.env.System, resp, write); e != nil {
		return p.fail(e)
	}
	d := json.NewDecoder(resp.Body)
	if p.flaw != trusting {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(out); err != nil {
		kind := plugins.Drift
		if write {
			kind = plugins.Unknown
		}
		return p.fail(plugins.Errorf(kind, "The registry sent an answer of another shape. Tell IT."))
	}
	return nil
}

func (p *plugin) Check(ctx context.Context) (plugins.Identity, error) {
	if p.flaw == sleepyCheck {
		return plugins.Identity{User: "me"}, nil
	}
	var me struct{ User string }
	return plugins.Identity{User: me.User}, p.get(ctx, "GET", "/me", nil, "", &me)
}

func (p *plugin) record(in person) pole.Record {
	r := pole.Record{Ref: pole.Ref{System: p.env.System, Type: "people", ID: in.ID}, Kind: "person", Read: p.env.Now().UTC(),
		Facts: []pole.Fact{{Property: "surname", Value: pole.Value{Source: in.Surname}}}}
	if p.flaw == wrongRefs {
		r.System = "elsewhere"
	}
	return r
}

func (p *plugin) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	if q.Kind != "person" {
		return plugins.Page{}, p.fail(plugins.Errorf(plugins.Invalid, "The registry holds people only."))
	}
	n := q.Limit
	if n == 0 {
		n = 5
	}
	from, _ := strconv.Atoi(q.After)
	var got struct {
		Items *[]person
		More  bool
	}
	err := p.get(ctx, "GET", "/people", url.Values{"surname": {q.Terms[0].Value.Source}, "from": {q.After}, "n": {fmt.Sprint(n)}}, "", &got)
	if err == nil && got.Items == nil && p.flaw != trusting {
		err = p.fail(plugins.Errorf(plugins.Drift, "The registry sent an answer without a list. Tell IT."))
	}
	if err != nil {
		if p.flaw == emptyOnFailure {
			return plugins.Page{}, nil
		}
		return plugins.Page{}, err
	}
	var page plugins.Page
	if got.Items != nil {
		for _, i := range *got.Items {
			page.Records = append(page.Records, p.record(i))
		}
	}
	next := from + n
	switch {
	case p.flaw == losesOne && got.More:
		next++
	case p.flaw == doublesOne && got.More:
		next--
	case p.flaw == endless:
		got.More, next = true, 0
	}
	if got.More {
		page.After = fmt.Sprint(next)
	}
	return page, nil
}

func (p *plugin) Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	var got person
	if err := p.get(ctx, "GET", "/people/"+url.PathEscape(ref.ID), nil, "", &got); err != nil {
		return pole.Record{}, err
	}
	return p.record(got), nil
}

func (p *plugin) Submit(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	if len(e.Facts) == 0 {
		return plugins.Receipt{}, p.fail(plugins.Errorf(plugins.Invalid, "A note needs a text."))
	}
	if p.flaw == newKeys {
		k += plugins.Key(uuid.NewString())
	}
	body, _ := json.Marshal(map[string]string{"key": string(k), "text": e.Facts[0].Value.Source})
	var got struct {
		Ref     string
		Already bool
	}
	err := p.get(ctx, "POST", "/notes", nil, string(body), &got)
	if p.flaw == optimist {
		return plugins.Receipt{Reference: "taken"}, nil
	}
	if err == nil && got.Ref == "" {
		err = p.fail(plugins.Errorf(plugins.Unknown, "The registry gave no reference."))
	}
	if err != nil {
		return plugins.Receipt{}, err
	}
	return plugins.Receipt{Reference: got.Ref, At: p.env.Now(), Already: got.Already}, nil
}

func (p *plugin) Confirm(ctx context.Context, _ plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	if p.flaw == blind {
		return plugins.Receipt{}, p.fail(plugins.Errorf(plugins.NotFound, "Nothing of that key."))
	}
	var got struct{ Ref string }
	if err := p.get(ctx, "GET", "/notes", url.Values{"key": {string(k)}}, "", &got); err != nil {
		return plugins.Receipt{}, err
	}
	return plugins.Receipt{Reference: got.Ref}, nil
}

func subject(t *testing.T, f flaw) Subject {
	backend := &registry{notes: map[string]string{}}
	srv := httptest.NewServer(backend)
	t.Cleanup(srv.Close)
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
				{Kind: "person", Type: "people", Search: []plugins.SearchSpec{{Require: []pole.Property{"surname"}}}, Returns: []pole.Property{"surname"}, Fetch: true},
				{Kind: "note", Accepts: []plugins.FieldSpec{{Path: "description", Required: true}}},
			},
			Open: func(ctx context.Context, env plugins.Env) (plugins.System, error) {
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
		Config:  plugins.Config{"base_url": srv.URL},
		Values:  map[string]string{"client_secret": secret},
		Found:   plugins.Query{Kind: "person", Terms: text("Harrington")},
		Pages:   4,
		Empty:   plugins.Query{Kind: "person", Terms: text("Nobody-at-all")},
		Entry:   &plugins.Entry{Form: "note", Kind: "note", Facts: []pole.Fact{{Property: "description", Value: pole.Value{Source: "seen"}}}},
		Effects: func() int { backend.mu.Lock(); defer backend.mu.Unlock(); return backend.taken },
	}
}

func TestAnHonestPluginPasses(t *testing.T) { Run(t, subject(t, none)) }

// broken runs the named checks outside Run and returns the names of those that found something.
func broken(t *testing.T, s Subject, names ...string) []string {
	r := newRun(s)
	var found []string
	for _, name := range names {
		i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
		if i < 0 {
			t.Fatalf("there is no check %s", name)
		}
		if r.do(checks[i]) != nil {
			found = append(found, name)
		}
	}
	return found
}

func TestEveryFlawIsFound(t *testing.T) {
	for f, by := range map[flaw]string{
		asksAtOpen: "open_does_no_io", emptyOnFailure: "fault_500", trusting: "fault_other_shape", losesOne: "paging",
		doublesOne: "paging", endless: "search", plainErrors: "search_unknown_kind", talkative: "nothing_secret_said",
		logsKeys: "nothing_secret_said", wrongRefs: "search", newKeys: "submit_twice", optimist: "submit_500",
		blind: "submit_answer_lost", deaf: "search_cancelled_before", sleepyCheck: "check",
	} {
		t.Run(string(f), func(t *testing.T) {
			// The search for secrets looks back at what was said, so something has to go wrong first.
			if got := broken(t, subject(t, f), "fault_reset", by); !slices.Contains(got, by) {
				t.Fatalf("a plugin that %s is not found by %s", f, by)
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
