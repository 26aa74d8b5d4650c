package connector

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

const sqlFile = `connector: 1
id: views
name: Views
options: {base_url: {type: url, label: Server, help: x, required: true}}
check: {sql: SELECT current_user AS who, user: '.rows[0].who'}
times: {zone: Europe/London}
kinds:
  person:
    search:
      by: [surname, givenName?]
      sql: |
        SELECT id, surname FROM v_person
        WHERE surname = :surname AND (:givenName::text IS NULL OR given = :givenName)
          AND kind = :kind AND id > coalesce(:after::bigint, 0)
        ORDER BY id LIMIT :limit
      args: {kind: .access.purpose}
      limit: 2
      next: 'if .more then {after: .rows[-1].id} else null end'
    fetch: {sql: 'SELECT * FROM v_person WHERE id = :id'}
    fields: {id: .id, surname: .surname}
  crime:
    search: {by: [reference], sql: 'SELECT ref, opened FROM v_crime WHERE ref LIKE :reference'}
    watch: {notify: crime_changed, fetch: .id, records: .}
    fetch: {sql: 'SELECT ref, opened FROM v_crime WHERE ref = :id'}
    fields: {id: .ref, reference: .ref, startDateTime: .opened | instant}
`

// database answers each request with the next of answers, an error with 422, and keeps what it was asked.
func database(t *testing.T, answers ...string) (plugins.System, *[]map[string]any) {
	t.Helper()
	var asked []map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var m map[string]any
		if err := json.NewDecoder(req.Body).Decode(&m); err != nil || req.Method != http.MethodPost || req.URL.Path != "/" {
			t.Errorf("%s %s: %v", req.Method, req.URL, err)
		}
		asked = append(asked, m)
		if m["listen"] != nil {
			w.Header().Set("Content-Type", "text/event-stream")
		} else {
			w.Header().Set("Content-Type", "application/json")
		}
		if strings.HasPrefix(answers[0], `{"error"`) {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_, _ = io.WriteString(w, answers[0])
		answers = answers[1:]
	}))
	t.Cleanup(srv.Close)
	s, _ := open(t, sqlFile, srv.URL)
	return s, &asked
}

func TestAQueryIsAskedWithParametersAndPaged(t *testing.T) {
	s, asked := database(t, `{"rows":[{"id":9007199254740993,"surname":"A"},{"id":9007199254740994,"surname":"B"}],"more":true}`, `{"rows":[],"more":false}`)
	q := plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Source: "O'Neill"}}}, Limit: 50}
	p, err := s.Search(officer(), q)
	if err != nil || len(p.Records) != 2 || p.Records[0].ID != "9007199254740993" || p.After == "" || len(p.Gaps) > 0 {
		t.Fatalf("%+v %v", p, err)
	}
	q.After, q.Limit = p.After, 1
	if p, err = s.Search(officer(), q); err != nil || p.After != "" || len(p.Records) > 0 {
		t.Fatalf("%+v %v", p, err)
	}
	want := []map[string]any{
		{"surname": "O'Neill", "givenName": nil, "kind": "safeguarding", "after": nil, "limit": 3.0},
		{"surname": "O'Neill", "givenName": nil, "kind": "safeguarding", "after": 9007199254740994.0, "limit": 2.0},
	}
	for i, a := range *asked {
		if !reflect.DeepEqual(a["args"], want[i]) || a["limit"] != []any{2.0, 1.0}[i] || !strings.Contains(a["sql"].(string), ":surname") {
			t.Errorf("asked %v\nwant %v", a, want[i])
		}
	}
}

func TestRowsBeyondTheLimitAreAGap(t *testing.T) {
	s, _ := database(t, `{"rows":[{"ref":"1","opened":"2026-07-01T10:00:00"}],"more":true}`)
	p, err := s.Search(officer(), plugins.Query{Kind: "crime", Terms: []plugins.Term{{Property: "reference", Value: pole.Value{Source: "1"}}}})
	if err != nil || len(p.Records) != 1 || len(p.Gaps) != 1 || !strings.Contains(p.Gaps[0].Say, "Narrow") {
		t.Fatalf("%+v %v", p, err)
	}
	if f := p.Records[0].All("startDateTime"); len(f) != 1 || f[0].Value.Norm != "2026-07-01T09:00:00Z" {
		t.Errorf("a time without a zone is not the connector's: %+v", f)
	}
}

func TestAnAnswerThatHidesTheRestIsNotTaken(t *testing.T) {
	for _, body := range []string{`{"rows":[]}`, `{"rows":[],"more":null}`, `{"rows":[],"More":true}`} {
		s, _ := database(t, body)
		if _, err := s.Fetch(officer(), pole.Ref{System: "acme1", Type: "person", ID: "1"}); plugins.KindOf(err) != plugins.Drift {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestARefusalOfTheDatabaseIsWhatItSays(t *testing.T) {
	for is, kind := range map[string]plugins.ErrorKind{"drift": plugins.Drift, "invalid": plugins.Invalid, "": plugins.Invalid, "auth": plugins.Invalid} {
		s, _ := database(t, `{"error":{"code":"42703","message":"no such column","is":"`+is+`"}}`)
		_, err := s.Fetch(officer(), pole.Ref{System: "acme1", Type: "person", ID: "1"})
		if plugins.KindOf(err) != kind {
			t.Errorf("%q: %v", is, err)
		}
	}
}

func TestANotificationFetchesItsRecord(t *testing.T) {
	s, asked := database(t, ": listening\n\nevent: crime_changed\ndata: {\"id\": \"7\"}\n\n", `{"rows":[{"ref":"7","opened":null}],"more":false}`)
	var got []plugins.Change
	err := s.(plugins.Watcher).Watch(officer(), "crime", "", func(c plugins.Change) error {
		got = append(got, c)
		return nil
	})
	if plugins.KindOf(err) != plugins.Unavailable || len(got) != 2 || got[1].Record.ID != "7" {
		t.Fatalf("%+v %v", got, err)
	}
	if a := (*asked)[0]; len(a) != 1 || a["listen"] != "crime_changed" {
		t.Errorf("asked %v", a)
	}
}

func TestProblemsOfQueries(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		line     int
		say      string
	}{
		"insert":             {"surname = :surname", `surname = '\(.q.surname)'`, 13, "insert"},
		"two statements":     {"ORDER BY id LIMIT :limit", "; DELETE FROM v_person", 15, "More than one"},
		"a write":            {"SELECT id, surname FROM", "SELECT id INTO x FROM", 12, "INTO"},
		"no read":            {"SELECT current_user AS who", "CALL me()", 5, "begin with SELECT"},
		"unknown parameter":  {"kind = :kind", "kind = :kin", 11, ":kin has no value"},
		"argument not used":  {"args: {kind:", "args: {other: .now, kind:", 16, ":other"},
		"not searched by":    {"id = :id", "surname = :surname", 19, ":surname has no value"},
		"secret in argument": {"kind: .access.purpose", "kind: .options.nothing", 10, `"nothing"`},
		"a path beside it":   {"fetch: {sql: 'SELECT *", "fetch: {get: /x, sql: 'SELECT *", 19, "no path"},
		"channel":            {"notify: crime_changed", "notify: 'crime; DROP'", 23, "not the name of a channel"},
		"limit without sql":  {"fetch: {sql: 'SELECT * FROM v_person WHERE id = :id'}", "fetch: {get: '/p', limit: 3}", 19, "limit belongs to a query"},
		"another scheme":     {"label: Server,", "label: Server, default: 'https://x.example',", 5, "https://"},
		"polling blind":      {"notify: crime_changed, fetch: .id, records: .", "every: 30s, sql: SELECT ref FROM v", 23, "same rows"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(sqlFile, c.from) {
				t.Fatal("nothing to change")
			}
			for _, p := range Lint("x.yaml", []byte(strings.Replace(sqlFile, c.from, c.to, 1)), dictionary(t)) {
				if p.Line == c.line && strings.Contains(p.Say, c.say) && p.Cure != "" {
					return
				}
				t.Log(p)
			}
			t.Errorf("no problem in line %d with %q", c.line, c.say)
		})
	}
	if p := Lint("x.yaml", []byte(sqlFile), dictionary(t)); len(p) > 0 {
		t.Error(p)
	}
}
