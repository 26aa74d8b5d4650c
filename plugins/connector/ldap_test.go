package connector

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

const ldapFile = `connector: 1
id: people
name: Directory
options:
  base_url: {type: url, label: Server, help: x, required: true}
  suffix: {type: string, label: Suffix, help: x, default: 'dc=force,dc=example'}
check: {ldap: {base: '', scope: base}, expect: '.entries != []'}
kinds:
  person:
    search:
      by: [surname, givenName?, telephone?]
      ldap:
        base: 'ou=people,\(.options.suffix)'
        filter: '(&(objectClass=person)(sn=\(.q.surname))(givenName=\(.q.givenName)*)(telephoneNumber=\(.q.telephone)))'
        attributes: [sn, givenName]
        size: 2
    fetch: {ldap: {base: '\(.id)', scope: base}}
    fields: {id: .dn, surname: '.sn[0]', givenName: '.givenName[0]'}
`

// ldapDirectory answers each request with the next of answers, and keeps what it was asked.
func ldapDirectory(t *testing.T, answers ...string) (plugins.System, *[]map[string]any) {
	t.Helper()
	var asked []map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var m map[string]any
		if err := json.NewDecoder(req.Body).Decode(&m); err != nil || req.Method != http.MethodPost || req.URL.Path != "/" {
			t.Errorf("%s %s: %v", req.Method, req.URL, err)
		}
		asked = append(asked, m)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answers[0])
		answers = answers[1:]
	}))
	t.Cleanup(srv.Close)
	c, err := Load("x.yaml", []byte(ldapFile))
	if err != nil {
		t.Fatal(err)
	}
	sys, err := c.Info().Open(t.Context(), plugins.Env{System: "acme1", HTTP: srv.Client(), Dictionary: dictionary(t), Now: time.Now,
		Config: plugins.Config{"base_url": srv.URL, "suffix": "dc=force,dc=example"}})
	if err != nil {
		t.Fatal(err)
	}
	return sys, &asked
}

func peopleBy(terms ...string) plugins.Query {
	q := plugins.Query{Kind: "person"}
	for i := 0; i+1 < len(terms); i += 2 {
		q.Terms = append(q.Terms, plugins.Term{Property: pole.Property(terms[i]), Value: pole.Value{Source: terms[i+1]}})
	}
	return q
}

func TestADirectoryIsAskedWithEscapedValuesAndPagedByItself(t *testing.T) {
	s, asked := ldapDirectory(t, `{"entries":[{"dn":"uid=a,ou=people","sn":["O'Neill"],"givenName":[]}],"next":"c1","more":true,"gaps":[]}`,
		`{"entries":[{"dn":"uid=b,ou=people","sn":["O'Neill"],"givenName":["Áine"]}],"next":null,"more":true,"gaps":["A part lies elsewhere.","There is more."]}`)
	q := peopleBy("surname", "*)(uid=*", "givenName", "Á")
	p, err := s.Search(officer(), q)
	if err != nil || len(p.Records) != 1 || p.After == "" || len(p.Gaps) > 0 {
		t.Fatalf("%+v %v", p, err)
	}
	q = peopleBy("surname", "*)(uid=*")
	q.After = p.After
	p, err = s.Search(officer(), q)
	if err != nil || len(p.Records) != 1 || p.After != "" || len(p.Gaps) != 2 {
		t.Fatalf("%+v %v", p, err)
	}
	for i, want := range []string{`(&(objectClass=person)(sn=\2a\29\28uid=\2a)(givenName=Á*))`, `(&(objectClass=person)(sn=\2a\29\28uid=\2a))`} {
		if a := (*asked)[i]; a["filter"] != want || a["base"] != "ou=people,dc=force,dc=example" || a["scope"] != "sub" || a["size"] != 2.0 ||
			!reflect.DeepEqual(a["cookie"], []any{nil, "c1"}[i]) || !reflect.DeepEqual(a["attributes"], []any{"sn", "givenName"}) {
			t.Errorf("asked %v", a)
		}
	}
}

func TestAnEntryIsFetchedByItsDN(t *testing.T) {
	s, asked := ldapDirectory(t, `{"entries":[{"dn":"uid=a\\,b,ou=people","sn":["Smith"],"givenName":[]}],"next":null,"more":false,"gaps":[]}`, `{"entries":[]}`)
	ref := pole.Ref{System: "acme1", Type: "person", ID: `uid=a\,b,ou=people`}
	r, err := s.Fetch(officer(), ref)
	if err != nil || r.ID != ref.ID || (*asked)[0]["base"] != ref.ID || (*asked)[0]["filter"] != nil {
		t.Fatalf("%+v %v %v", r, err, *asked)
	}
	if _, err := s.Fetch(officer(), ref); plugins.KindOf(err) != plugins.Drift {
		t.Errorf("an answer that hides the rest: %v", err)
	}
	ref.ID = "not a name"
	if _, err := s.Fetch(officer(), ref); plugins.KindOf(err) != plugins.Invalid || len(*asked) != 2 {
		t.Errorf("%v after %d", err, len(*asked))
	}
}

func TestProblemsOfDirectorySearches(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		line     int
		say      string
	}{
		"bracket":         {"(telephoneNumber=\\(.q.telephone)))", "(telephoneNumber=\\(.q.telephone))", 14, "not closed"},
		"two filters":     {"'(&(objectClass=person)(sn=\\(.q.surname))", "'(objectClass=person)((sn=\\(.q.surname))", 14, "stands more"},
		"insert in name":  {"(sn=\\(.q.surname))", "(\\(.q.surname)=x)", 14, "not the name of an attribute"},
		"secret or typo":  {"\\(.q.surname)", "\\(.options.nothing)", 11, `"nothing"`},
		"no filter":       {"        filter:", "        #", 13, "no filter"},
		"base":            {"'ou=people,\\(.options.suffix)'", "people", 13, "not a DN"},
		"attribute":       {"attributes: [sn,", "attributes: ['s n',", 15, "not the name of an attribute"},
		"a path":          {"fetch: {ldap:", "fetch: {get: /x, ldap:", 17, "no path"},
		"another scheme":  {"label: Server,", "label: Server, default: 'postgres://x.example/y',", 7, "postgres://"},
		"scope":           {"scope: base}, expect", "scope: tree}, expect", 7, "tree"},
		"watch":           {"    fetch: {ldap:", "    watch: {every: 30s, ldap: {base: '', scope: base}, records: .}\n    fetch: {ldap:", 17, "no order"},
		"insert unclosed": {"'ou=people,\\(.options.suffix)'", "'ou=people,\\(.options.suffix'", 13, "no closing bracket"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(ldapFile, c.from) {
				t.Fatal("nothing to change")
			}
			for _, p := range Lint("x.yaml", []byte(strings.Replace(ldapFile, c.from, c.to, 1)), dictionary(t)) {
				if p.Line == c.line && strings.Contains(p.Say, c.say) && p.Cure != "" {
					return
				}
				t.Log(p)
			}
			t.Errorf("no problem in line %d with %q", c.line, c.say)
		})
	}
	if p := Lint("x.yaml", []byte(ldapFile), dictionary(t)); len(p) > 0 {
		t.Error(p)
	}
}

func TestAnAnswerUnlikeADirectorysIsNotTaken(t *testing.T) {
	for _, body := range []string{
		`{"entries":[],"next":null,"more":true,"gaps":[]}`, `{"entries":[],"more":false,"gaps":[]}`, `{"entries":[],"next":null,"more":false}`,
		`{"entries":[],"next":"","more":false,"gaps":[]}`, `{"entries":[],"next":"c","more":false,"gaps":[]}`, `{"entries":{},"next":null,"more":false,"gaps":[]}`,
		`{"entries":[{"dn":"a=b","sn":"Smith"}],"next":null,"more":false,"gaps":[]}`, `{"entries":[{"dn":["a=b"],"sn":[]}],"next":null,"more":false,"gaps":[]}`,
		`{"entries":[{"dn":"a=b","sn":[1]}],"next":null,"more":false,"gaps":[]}`, `{"entries":[{"dn":"a=b","sn":null}],"next":null,"more":false,"gaps":[]}`,
	} {
		s, _ := ldapDirectory(t, body)
		if _, err := s.Search(officer(), peopleBy("surname", "Smith")); plugins.KindOf(err) != plugins.Drift {
			t.Errorf("%s: %v", body, err)
		}
	}
}
