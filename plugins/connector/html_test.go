package connector

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

const warrantsPage = `<!doctype html><html><head><meta charset="windows-1252"><title>Warrants</title></head><body>
<p id=count>2 found</p><table id="r"><thead><tr><th>Name</th></tr></thead><tbody>
<tr data-id="W1"><td class=name>O'NEILL, <b>Aoife</b></td><td>01/02/1990</td><td><a href="/w/W1?tab=2">open</a></td></tr>
<tr data-id="W2"><td class=name>  MILLER,
 Aaron </td><td></td><td><a href="/w/W2">open</a></td></tr></tbody></table>
<table class=d><tr><th>Court:</th><td>Leeds</td></tr><tr><th>Issued:</th><td>3 May 2024</td></tr></table>
<input name=token value="t-123"></body></html>`

func TestAWebPageBecomesData(t *testing.T) {
	r := &reader{f: &findings{}}
	n := parseYAML(r.f, []byte(`
rows: {each: '#r tbody tr', of: {id: '@data-id', name: td.name, born: 'td:nth-child(2)', href: 'a @href'}}
first: {first: '#r tbody tr', of: {id: '@data-id'}}
details: {pairs: 'table.d tr'}
count: '#count'
token: 'input[name=token]'
none: .nothing
names: {each: td.name}
`))
	v, err := decodeHTML([]byte(warrantsPage), "text/html; charset=utf-8", r.selections(n))
	if err != nil || r.f.failed() {
		t.Fatal(err, r.f.list)
	}
	got, _ := json.Marshal(v)
	want := `{"count":"2 found","details":{"Court":"Leeds","Issued":"3 May 2024"},"first":{"id":"W1"},"names":["O'NEILL, Aoife","MILLER, Aaron"],"none":null,` +
		`"rows":[{"born":"01/02/1990","href":"/w/W1?tab=2","id":"W1","name":"O'NEILL, Aoife"},{"born":"","href":"/w/W2","id":"W2","name":"MILLER, Aaron"}],"token":"t-123"}`
	if string(got) != want {
		t.Errorf("\n%s\n%s", got, want)
	}
}

const warrantsFile = `
connector: 1
id: warrants
name: Warrants
options: {base_url: {type: url, label: Server address, required: true}}
answers: html
check: {get: /, html: {title: title}, expect: '.title == "Warrants"'}
kinds:
  person:
    search:
      by: [surname]
      before: {form: {get: /, html: {token: 'input[name=token]'}}}
      post: /find
      form: {name: .q.surname, token: .steps.form.token}
      html: {rows: {each: '#r tbody tr', of: {id: '@data-id', name: td.name}}, nothing: p.nothing}
      records: '.rows[]'
      none: .body.nothing
    fields: {id: .id, surname: '(.name | unname).family'}
    require: [surname]
`

func TestASystemWithPagesOnly(t *testing.T) {
	page := warrantsPage
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.Method == http.MethodPost && r.FormValue("token") != "t-123" {
			w.WriteHeader(403)
			return
		}
		if r.Method == http.MethodPost {
			_, _ = io.WriteString(w, page)
			return
		}
		_, _ = io.WriteString(w, warrantsPage)
	}))
	defer srv.Close()
	sys, _ := open(t, warrantsFile, srv.URL)
	q := plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Norm: "miller"}}}}
	if _, err := sys.Check(officer()); err != nil {
		t.Fatal(err)
	}
	p, err := sys.Search(officer(), q)
	if err != nil || len(p.Records) != 2 || p.Records[0].Facts[0].Value.Source != "O'NEILL" {
		t.Fatalf("%+v, %v", p, err)
	}
	page = `<html><body><p class=nothing>No warrants</p></body></html>`
	if p, err = sys.Search(officer(), q); err != nil || len(p.Records) != 0 {
		t.Errorf("no trace: %+v, %v", p, err)
	}
	page = `<html><body><div class=new-design>Welcome to release 9</div></body></html>`
	if _, err = sys.Search(officer(), q); plugins.KindOf(err) != plugins.Drift {
		t.Errorf("a redesigned page passes for %v", err)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte(warrantsPage))
	r := &reader{f: &findings{}}
	want := r.selections(parseYAML(r.f, []byte(`{rows: {each: tr, of: {id: '@id', t: td}}, d: {pairs: tr}}`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decodeHTML(b, "text/html", want)
		if err != nil {
			return
		}
		if m := v.(map[string]any); len(m) != 2 {
			t.Errorf("%v", m)
		}
	})
}
