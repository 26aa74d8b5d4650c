package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

const acme = `
connector: 1
id: acme
name: Acme Records
help: A system for tests.
code: ACM
shape: square
options:
  base_url: {type: url, label: Server address, required: true}
times: {zone: Europe/London, date: "%d/%m/%Y", instant: "%d/%m/%Y %H:%M:%S"}
codes: {sex: {Male: M, Female: F}}
errors:
  - when: '.status == 422'
    is: invalid
    say: .body.title
    fields: '[.body.params[]? | {path: .name, say: .reason}]'
  - {when: '.status == 409', is: duplicate, ref: .body.existingId}
check: {get: /me, expect: '.user != null', user: .user}
kinds:
  person:
    search:
      - by: [[surname, givenName?], [dateOfBirth]]
        get: /persons
        query: {family: .q.surname, given: .q.givenName, born: .q.dateOfBirth | date, after: .page.after}
        headers: {X-Purpose: .access.purpose}
        records: '.items[]'
        next: '.next | if . then {after: .} else null end'
        total: .total
      - {text: true, post: /find, body: '{q: .text, skip: (.page.skip // 0)}', records: '.items[]', next: 'if $page.count < .total then {skip: $page.count} else null end', none: '.status == 404'}
      - {by: [postcode], get: /linked, query: {pc: .q.postcode}, records: '.value[]', next: '."@odata.nextLink"', gaps: '[.errors[]? | .message]'}
    fetch: {get: '/persons/\(.id)', records: .item}
    fields:
      id: .id
      surname: .name.family
      givenName: .name.given
      dateOfBirth: .dob | day
      sex: .sex | code("sex")
      alias: .aliases
      telephone: '.phones[]?'
      warning: '[.flags[] | {code, text, from: (.since | day)}]'
    groups:
      - {name: address, each: '.addresses[]?', from: .from | day, to: .to | day, fields: {postcode: .pc, postTown: .town}}
    links:
      - {role: keeper, kind: vehicle, each: '.cars[]?', id: .vid, label: .plate}
      - {role: mother, kind: person, way: in, id: .motherId}
    marking: {value: .marking, when_absent: none}
    updated: .changed | instant
    version: .rev
    require: [surname]
  incident:
    submit:
      post: /entries
      idempotency: {header: Idempotency-Key, honoured: false}
      accepts: {description: {required: true, max: 200, as: details}, startDateTime: {as: at}, person.surname: {as: 'persons[0].family'}}
      body: '{ref: .key, details: .entry.description[0], at: (.entry.startDateTime | stamp), who: .entry.person.surname, whoId: .entry.person.id}'
      result: {ref: .entryId, at: .at | instant}
      confirm: {get: '/entries?ref=\(.key)', found: '.data[0].entryId'}
    watch: {sse: /live, when: '.event == "changed" or .event == "gone"', removed: '.event == "gone"', records: .}
    fields: {id: .no, reference: .no, description: .text}
`

func officer() context.Context {
	return plugins.WithAccess(context.Background(), plugins.Access{Officer: "o", Collar: "2214", Operation: "consultation", Correlation: "c", Audited: 1,
		Purpose: plugins.Purpose{Code: "safeguarding"}})
}

type noCredentials struct{}

func (noCredentials) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, transport.ErrNoCredential
}
func (noCredentials) Value(context.Context, string, string) (string, error) {
	return "", transport.ErrNoCredential
}

func open(t testing.TB, src, base string) (plugins.System, *Connector) {
	t.Helper()
	c, err := Load("acme.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	info, cfg := c.Info(), plugins.Config{"base_url": base}
	client, err := transport.New(transport.Options{System: "acme1", Info: info, Config: cfg, Credentials: noCredentials{},
		Permit: func(context.Context, *http.Request) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	s, err := info.Open(context.Background(), plugins.Env{System: "acme1", HTTP: client, Config: cfg, Dictionary: dictionary(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func openForTest(t testing.TB, base string) *system {
	t.Helper()
	s, _ := open(t, acme, base)
	return s.(interface{ self() *system }).self()
}

// self reaches the system inside what Open gives.
func (s *system) self() *system { return s }

// server answers with what each path's handler says.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func serve(t testing.TB, routes map[string]func(w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		if h := routes[r.URL.Path]; h != nil {
			w.Header().Set("Content-Type", "application/json")
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a client that has gone is no concern here
	}
}

// posts answers a POST; whoever asks what is there finds nothing.
func posts(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			says(200, `{"data":[]}`)(w, r)
			return
		}
		says(status, body)(w, r)
	}
}

const miller = `{"id":12345678901234567890,"name":{"family":"Miller","given":"Aaron"},"dob":"03/11/2011","sex":"Male","aliases":["AJ",null],"phones":["07700 900412"],
 "flags":[{"code":"VI","text":"Assaulted an officer","since":"02/06/2026"},{"code":"ZZ","text":"Keeps bees"}],"addresses":[{"pc":"ls8 2qx","town":"Leeds","from":"14/08/2021"},{"pc":"LS1 1AA","to":"13/08/2021"}],
 "cars":[{"vid":7,"plate":"YK19 FZB"}],"motherId":2,"marking":"O-S","changed":"01/07/2026 12:00:00","rev":4}`

func TestARecordIsMapped(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons/12345678901234567890": says(200, `{"item":`+miller+`}`)})
	s, _ := open(t, acme, srv.URL)
	r, err := s.Fetch(officer(), pole.Ref{System: "acme1", Type: "person", ID: "12345678901234567890"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Facts {
		got = append(got, fmt.Sprintf("%s %s>%s %s %s-%s %s", f.Property, f.Value.Source, f.Value.Norm, f.Group, f.From, f.To, f.Path))
	}
	want := []string{
		"surname Miller>MILLER  - .name.family", "givenName Aaron>AARON  - .name.given", "dateOfBirth 03/11/2011>2011-11-03  - .dob | day",
		`sex Male>M  - .sex | code("sex")`, "alias AJ>AJ  - .aliases", "telephone 07700 900412>+447700900412  - .phones[]?",
		"warning VI (Assaulted an officer)>VI  2026-06-02- [.flags[] | {code, text, from: (.since | day)}]",
		"warning ZZ>  - [.flags[] | {code, text, from: (.since | day)}]",
		"postcode ls8 2qx>LS8 2QX address1 2021-08-14- .pc", "postTown Leeds>Leeds address1 2021-08-14- .town", "postcode LS1 1AA>LS1 1AA address2 -2021-08-13 .pc",
	}
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("fact %d\n got %s\nwant %s", i, g, w)
		}
	}
	if w := r.All("warning"); len(w) != 2 || w[1].Value.Display() != "Keeps bees" {
		t.Errorf("an unknown warning is shown as %+v", w)
	}
	self := r.Ref
	links := []pole.Link{
		{Role: "keeper", From: self, To: pole.Ref{System: "acme1", Type: "vehicle", ID: "7"}, Kind: "vehicle", Label: "YK19 FZB"},
		{Role: "mother", From: pole.Ref{System: "acme1", Type: "person", ID: "2"}, To: self, Kind: "person"},
	}
	for i, l := range links {
		if i >= len(r.Links) || r.Links[i] != l {
			t.Errorf("links %+v", r.Links)
		}
	}
	if r.Marking.Classification != "OFFICIAL-SENSITIVE" || r.Version != "4" || !r.Updated.Equal(time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC)) || r.ID != "12345678901234567890" {
		t.Errorf("%+v %s %s %s", r.Marking, r.Version, r.Updated, r.ID)
	}
	if r.Raw == nil || !strings.Contains(string(r.Raw.Body), "12345678901234567890") {
		t.Error("the raw record is not exact")
	}
}

func TestDriftIsNamedAndNeverGuessed(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"required missing":     {`"family":"Miller",`, ``, ".name.family"},
		"renamed":              {`"name"`, `"names"`, ".name.family"},
		"object for text":      {`"given":"Aaron"`, `"given":{"x":"Aaron"}`, ".name.given"},
		"text for object":      {`{"family":"Miller","given":"Aaron"}`, `"Miller"`, ".name.family"},
		"danger missing":       {`"flags"`, `"flag"`, ".flags[]"},
		"danger null":          {`"flags":[{"code":"VI","text":"Assaulted an officer","since":"02/06/2026"},{"code":"ZZ","text":"Keeps bees"}]`, `"flags":null`, ".flags[]"},
		"danger of other form": {`{"code":"ZZ","text":"Keeps bees"}`, `{"codes":"ZZ"}`, "danger"},
		"id missing":           {`"id"`, `"ident"`, ".id"},
		"truth for text":       {`"given":"Aaron"`, `"given":true`, ".name.given"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(miller, c.from, c.to, 1)
			if body == miller {
				t.Fatal("nothing replaced")
			}
			srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons/12345678901234567890": says(200, `{"item":`+body+`}`)})
			s, _ := open(t, acme, srv.URL)
			_, err := s.Fetch(officer(), pole.Ref{Type: "person", ID: "12345678901234567890"})
			if plugins.KindOf(err) != plugins.Drift || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "Miller") {
				t.Errorf("got %v, want drift at %s", err, c.want)
			}
		})
	}
}

func TestAnswersThatAreNotAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		ctype  string
		body   string
		want   plugins.ErrorKind
	}{
		"web page":  {200, "text/html", "<html>Sign in", plugins.Drift},
		"not JSON":  {200, "application/json", "{\"item\":", plugins.Drift},
		"two":       {200, "application/json", "{}{}", plugins.Drift},
		"empty":     {200, "application/json", "", plugins.Drift},
		"not found": {404, "application/json", "{}", plugins.NotFound},
		"denied":    {403, "application/json", "{}", plugins.Denied},
		"another":   {200, "application/json", `{"item":` + strings.Replace(miller, "12345678901234567890", "8", 1) + `}`, plugins.Drift},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons/9": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.ctype)
				says(c.status, c.body)(w, nil)
			}})
			s, _ := open(t, acme, srv.URL)
			_, err := s.Fetch(officer(), pole.Ref{Type: "person", ID: "9"})
			var pe *plugins.Error
			if plugins.KindOf(err) != c.want || !errors.As(err, &pe) || pe.System != "acme1" || pe.Say == "" {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func person(id int, family string) string {
	return fmt.Sprintf(`{"id":%d,"name":{"family":%q},"flags":[]}`, id, family)
}

func TestPagingInEveryManner(t *testing.T) {
	var base string
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){
		"/persons": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Purpose") != "safeguarding" || r.URL.Query().Has("given") {
				w.WriteHeader(500)
			}
			switch r.URL.Query().Get("after") {
			case "":
				says(200, `{"items":[`+person(1, "A")+`],"next":"p 2+&","total":2}`)(w, r)
			case "p 2+&":
				says(200, `{"items":[`+person(2, "B")+`],"next":null,"total":2}`)(w, r)
			}
		},
		"/find": func(w http.ResponseWriter, r *http.Request) {
			var in struct {
				Q    string
				Skip int
			}
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Q == "nobody" {
				says(404, `{}`)(w, r)
				return
			}
			says(200, fmt.Sprintf(`{"items":[%s],"total":3}`, person(in.Skip+1, in.Q)))(w, r)
		},
		"/linked": func(w http.ResponseWriter, r *http.Request) {
			next := `"@odata.nextLink":"` + base + `/linked?pc=x&skiptoken=1",`
			if r.URL.Query().Has("skiptoken") {
				next = ""
			}
			says(200, `{`+next+`"value":[`+person(len(r.URL.RawQuery), "L")+`],"errors":[{"message":"one part is away"}]}`)(w, r)
		},
	})
	base = srv.URL
	s, _ := open(t, acme, srv.URL)
	for name, c := range map[string]struct {
		q     plugins.Query
		pages int
	}{
		"cursor": {plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Source: "Ö'x y"}}}}, 2},
		"offset": {plugins.Query{Kind: "person", Text: "miller"}, 3},
		"link":   {plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "postcode", Value: pole.Value{Norm: "LS8 2QX"}}}}, 2},
		"none":   {plugins.Query{Kind: "person", Text: "nobody"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			seen, pages := map[string]bool{}, 0
			for {
				p, err := s.Search(officer(), c.q)
				if err != nil {
					t.Fatal(err)
				}
				pages++
				for _, r := range p.Records {
					if seen[r.ID] {
						t.Errorf("%s twice", r.ID)
					}
					seen[r.ID] = true
				}
				if (name == "link") != (len(p.Gaps) == 1) {
					t.Errorf("gaps %v", p.Gaps)
				}
				if c.q.After = p.After; p.After == "" {
					break
				}
			}
			if pages != c.pages || name != "none" && len(seen) != c.pages {
				t.Errorf("%d pages, %d records", pages, len(seen))
			}
		})
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for _, u := range srv.seen {
		if strings.Contains(u, "+") {
			t.Errorf("a space is written as '+': %s", u)
		}
	}
}

func TestTheNextPageIsNeverSoughtElsewhere(t *testing.T) {
	for _, next := range []string{"https://evil.example/x", "http://127.0.0.1:9/x", "//evil.example/x", "file:///etc/passwd", "http://u:p@127.0.0.1/x"} {
		srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/linked": says(200, `{"@odata.nextLink":"`+next+`","value":[`+person(1, "L")+`]}`)})
		s, _ := open(t, acme, srv.URL)
		p, err := s.Search(officer(), plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "postcode", Value: pole.Value{Norm: "LS8 2QX"}}}})
		if err != nil || p.After != "" || len(p.Records) != 1 || len(p.Gaps) != 1 || p.Gaps[0].Kind != plugins.Drift {
			t.Errorf("%s: %+v %v", next, p, err)
		}
		forged := token{Op: 2, URL: next}.String()
		if _, err := s.Search(officer(), plugins.Query{Kind: "person", After: forged}); plugins.KindOf(err) != plugins.Drift {
			t.Errorf("forged %s: %v", next, err)
		}
	}
}

func TestAPageThatRepeatsIsAGap(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons": says(200, `{"items":[`+person(1, "A")+`],"next":"same","total":9}`)})
	s, _ := open(t, acme, srv.URL)
	q := plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Norm: "A"}}}}
	for range 2 {
		p, err := s.Search(officer(), q)
		if err != nil {
			t.Fatal(err)
		}
		if q.After = p.After; q.After == "" {
			if len(p.Gaps) != 1 || len(p.Records) != 1 {
				t.Errorf("%+v", p)
			}
			return
		}
	}
	t.Fatal("paging does not end")
}

func TestOneBadRecordIsAGap(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons": says(200, `{"items":[`+person(1, "A")+`,{"id":2,"name":{"family":"B"}}],"next":null,"total":2}`)})
	s, _ := open(t, acme, srv.URL)
	p, err := s.Search(officer(), plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Norm: "A"}}}})
	if err != nil || len(p.Records) != 1 || len(p.Gaps) != 1 || !strings.Contains(p.Gaps[0].Say, ".flags[]") {
		t.Errorf("%+v %v", p, err)
	}
}

func TestAssertionTellsTheTruth(t *testing.T) {
	cut := func(from, to string) string {
		i, j := strings.Index(acme, from), len(acme)
		if to != "" {
			j = strings.Index(acme, to)
		}
		return acme[:i] + acme[j:]
	}
	for name, c := range map[string]struct {
		src            string
		submits, tells bool
	}{
		"both":    {acme, true, true},
		"watches": {cut("    submit:", "    watch:"), false, true},
		"submits": {cut("    watch:", "    fields: {id: .no"), true, false},
		"neither": {cut("  incident:", ""), false, false},
	} {
		s, _ := open(t, c.src, "http://127.0.0.1:1")
		_, submits := s.(plugins.Submitter)
		_, tells := s.(plugins.Watcher)
		if submits != c.submits || tells != c.tells {
			t.Errorf("%s: submits %v, watches %v", name, submits, tells)
		}
	}
}

func TestAnIdCannotClimbThePath(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){})
	s, _ := open(t, acme, srv.URL)
	for _, id := range []string{"..", ".", ""} {
		if _, err := s.Fetch(officer(), pole.Ref{Type: "person", ID: id}); plugins.KindOf(err) != plugins.Invalid {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := s.Fetch(officer(), pole.Ref{Type: "person", ID: "a/../b?c#d"}); plugins.KindOf(err) != plugins.NotFound {
		t.Error(err)
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if len(srv.seen) != 1 || srv.seen[0] != "GET /persons/a%2F..%2Fb%3Fc%23d" {
		t.Errorf("asked %v", srv.seen)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	c, err := Load("acme.yaml", []byte(acme))
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"", "http://records.example", "ftp://records.example", "https://u:p@records.example", "records.example"} {
		_, err := c.Info().Open(context.Background(), plugins.Env{System: "a", HTTP: http.DefaultClient, Config: plugins.Config{"base_url": base}, Dictionary: dictionary(t), Now: time.Now})
		if plugins.KindOf(err) != plugins.Invalid {
			t.Errorf("%q: %v", base, err)
		}
	}
}
