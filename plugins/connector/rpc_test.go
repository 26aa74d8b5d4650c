package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

const rpcFile = `
connector: 1
id: rpc
name: Calls
options: {base_url: {type: url, label: Server address, required: true}}
check: {post: /json, jsonrpc: {method: whoami}, expect: '.user != null', user: .user}
errors:
  - {when: '.body.error.code == -32500', is: denied}
kinds:
  person:
    search:
      - {by: [surname], post: /json, jsonrpc: {method: person.find, params: '{name: .q.surname}'}, records: '.[]'}
      - {by: [postcode], post: /xml, xmlrpc: {method: person.find, params: '[.q.postcode, {limit: 5, exact: true}]'}, records: '.[]'}
      - text: true
        before:
          job: {post: /jobs, body: '{q: .text}', take: .id}
          ready: {get: '/jobs/\(.steps.job)', until: '.state == "DONE"', every: 100ms}
        get: '/jobs/\(.steps.job)/results'
        method: SEARCH
        answers: text
        records: 'split("\n")[] | select(. != "") | capture("^(?<id>[^:]+):(?<name>.*)$")'
    fields: {id: .id, surname: .name}
`

func TestRemoteCallsJobsAndText(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		switch r.Method + " " + r.URL.Path {
		case "POST /json":
			w.Header().Set("Content-Type", "text/html") // as old servers label it
			var in struct {
				JSONRPC, Method string
				Params          json.RawMessage
			}
			_ = json.Unmarshal(b, &in)
			switch {
			case in.JSONRPC != "2.0":
				fmt.Fprint(w, `{"error":{"code":-32600,"message":"no version"},"id":1}`)
			case in.Method == "whoami":
				fmt.Fprint(w, `{"jsonrpc":"2.0","result":{"user":"ada"},"id":1}`)
			case strings.Contains(string(in.Params), "secret"):
				fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32500,"message":"No permissions."},"id":1}`)
			case strings.Contains(string(in.Params), "odd"):
				fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params."},"id":1}`)
			default:
				fmt.Fprint(w, `{"jsonrpc":"2.0","result":[{"id":12345678901234567890,"name":"MILLER"}],"id":1}`)
			}
		case "POST /xml":
			if !strings.Contains(string(b), "<value><string>LS8 2QX</string></value>") || !strings.Contains(string(b), "<name>exact</name><value><boolean>1</boolean></value>") {
				fmt.Fprint(w, `<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value></member><member><name>faultString</name><value>Too many parameters.</value></member></struct></value></fault></methodResponse>`)
				return
			}
			fmt.Fprint(w, `<?xml version="1.0"?><methodResponse><params><param><value><array><data><value><struct>
				<member><name>id</name><value><i4>7</i4></value></member><member><name>name</name><value>O'NEILL &amp; SONS</value></member>
				<member><name>born</name><value><dateTime.iso8601>19900201T10:00:00</dateTime.iso8601></value></member></struct></value></data></array></value></param></params></methodResponse>`)
		case "POST /jobs":
			fmt.Fprint(w, `{"id":"J1"}`)
		case "GET /jobs/J1":
			asked++
			fmt.Fprintf(w, `{"state":%q}`, map[bool]string{true: "DONE", false: "RUNNING"}[asked >= 3])
		case "SEARCH /jobs/J1/results":
			w.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
			_, _ = w.Write([]byte("1:M\xdcLLER\n2:SMITH\n"))
		default:
			w.WriteHeader(404)
		}
	}))
	defer srv.Close()
	sys, _ := open(t, rpcFile, srv.URL)
	if id, err := sys.Check(officer()); err != nil || id.User != "ada" {
		t.Fatalf("%+v %v", id, err)
	}
	find := func(p pole.Property, v string) (plugins.Page, error) {
		q := plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: p, Value: pole.Value{Norm: v}}}}
		if p == "" {
			q = plugins.Query{Kind: "person", Text: v}
		}
		return sys.Search(officer(), q)
	}
	for _, c := range []struct {
		p           pole.Property
		v, id, name string
	}{{"surname", "miller", "12345678901234567890", "MILLER"}, {"postcode", "LS8 2QX", "7", "O'NEILL & SONS"}, {"", "x", "1", "MÜLLER"}} {
		p, err := find(c.p, c.v)
		if err != nil || len(p.Records) == 0 || p.Records[0].ID != c.id || p.Records[0].Facts[0].Value.Source != c.name {
			t.Errorf("%s: %+v %v", c.p, p, err)
		}
	}
	for v, kind := range map[string]plugins.ErrorKind{"secret": plugins.Denied, "odd": plugins.Invalid} {
		if _, err := find("surname", v); plugins.KindOf(err) != kind {
			t.Errorf("%s: %v", v, err)
		}
	}
	_, err := find("postcode", "M1")
	var e *plugins.Error
	if !errors.As(err, &e) || e.Kind != plugins.Invalid {
		t.Errorf("a fault is %v", err)
	}
}

func FuzzXMLRPC(f *testing.F) {
	f.Add([]byte(`<methodResponse><params><param><value><struct><member><name>a</name><value><array><data><value><i4>7</i4></value></data></array></value></member></struct></value></param></params></methodResponse>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decodeXML(b, nil)
		if err != nil {
			return
		}
		if v, err := rpcAnswer(&rpcSpec{protocol: "xmlrpc"}, v); err == nil {
			var out strings.Builder
			_ = writeXMLRPC(&out, v, 0) // it must not panic
		}
	})
}
