package guest

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestPagesAreWrittenAsJSON(t *testing.T) {
	a := Answer{Page: &Page{After: "2", Total: 9, Gaps: []*Error{Fail(Drift, "odd")}, Records: []Record{
		{ID: "1\"\\\n\x01", Facts: []Fact{{Property: "surname", Source: "O’Neill <b> \U0001F600", Value: "v", Label: "l", Group: "g", From: "2001", To: "2002", Path: "p"}, {Property: "x", Source: "y"}},
			Links: []Link{{Role: "keeper", Kind: "vehicle", ID: "7", Inward: true}}, Marking: &Marking{Classification: "O", Handling: []string{"h"}},
			Updated: "u", Version: "v", URL: "https://x", Raw: json.RawMessage(`{"a":[1,2]}`)},
		{ID: "2", Facts: []Fact{}, Marking: &Marking{}},
	}}}
	got, err := encode(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Answer
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if !reflect.DeepEqual(a, back) {
		t.Errorf("got %s", got)
	}
	if b, err := encode(Answer{Page: &Page{Records: []Record{}}}); err != nil || string(b) != `{"page":{"records":[]}}` {
		t.Errorf("got %s, %v", b, err)
	}
	if b, err := encode(Answer{Error: Fail(Auth, "no")}); err != nil || string(b) != `{"error":{"kind":"auth","say":"no"}}` {
		t.Errorf("got %s, %v", b, err)
	}
}

func FuzzQuoted(f *testing.F) {
	f.Add("a\"b\\c\x00\xff\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(quoted(nil, s), &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd") && !strings.Contains(got, "\ufffd") {
			t.Fatalf("%q: got %q, %v", s, got, err)
		}
	})
}

type vendor struct{ f func() }

func (v vendor) Check(*Session) (Identity, error)     { return Identity{User: "me"}, nil }
func (v vendor) Search(*Session, Query) (Page, error) { v.f(); return Page{}, nil }
func (v vendor) Fetch(s *Session, _ Ref) (Record, error) {
	got, err := s.GetJSON("/x")
	if err != nil {
		return Record{}, err
	}
	r := Record{ID: "1"}
	r.Add("surname", got.Get("name").Word())
	r.Add("givenName", "")
	return r, nil
}

func TestCallsReachTheVendor(t *testing.T) {
	reply := &Response{Status: 200, Body: []byte(`{"name":"Smith"}`)}
	var failure error
	s := NewSession(map[string]string{"a": "b"}, func(Request) (*Response, error) { return reply, failure })
	v := vendor{func() {}}
	if a := answer(v, Call{Op: OpCheck}, s); a.Identity == nil || a.Identity.User != "me" {
		t.Errorf("check: %+v", a)
	}
	if a := answer(v, Call{Op: OpSearch, Query: &Query{}}, s); a.Page == nil || a.Page.Records == nil {
		t.Errorf("search: %+v", a)
	}
	if a := answer(v, Call{Op: OpFetch, Ref: &Ref{ID: "1"}}, s); a.Record == nil || len(a.Record.Facts) != 1 {
		t.Errorf("fetch: %+v", a)
	}
	reply.Body = []byte("<html>")
	if a := answer(v, Call{Op: OpFetch, Ref: &Ref{ID: "1"}}, s); a.Error == nil || a.Error.Kind != Drift {
		t.Errorf("another shape: %+v", a)
	}
	failure = &Error{Kind: Limited, After: 9, Cause: 1}
	if a := answer(v, Call{Op: OpFetch, Ref: &Ref{ID: "1"}}, s); a.Error == nil || a.Error.Kind != Limited || a.Error.Cause != 1 {
		t.Errorf("a failed request: %+v", a)
	}
	failure = errors.New("Smith")
	if a := answer(v, Call{Op: OpFetch, Ref: &Ref{ID: "1"}}, s); a.Error == nil || a.Error.Kind != Drift || strings.Contains(a.Error.Say, "Smith") {
		t.Errorf("an error of its own: %+v", a)
	}
	for _, c := range []Call{{Op: OpSubmit, Entry: &Entry{}}, {Op: OpWatch}, {Op: "dance"}, {Op: OpSearch}} {
		if a := answer(v, c, s); a.Error == nil || a.Error.Kind != Invalid {
			t.Errorf("%s: %+v", c.Op, a)
		}
	}
	v.f = func() { panic("Smith") }
	if a := answer(v, Call{Op: OpSearch, Query: &Query{}}, s); a.Error == nil || a.Error.Kind != Drift || strings.Contains(a.Error.Say, "Smith") {
		t.Errorf("a panic: %+v", a)
	}
}

func TestEntriesAreReadByPath(t *testing.T) {
	e := Entry{Facts: []Value{{Property: "description", Value: "d"}}, Parts: []Part{{Name: "person", Facts: []Value{{Property: "surname", Value: "s"}}}}}
	for path, want := range map[string]string{"description": "d", "person.surname": "s", "person.vrm": "", "vehicle.vrm": "", "": "", "person": ""} {
		if got := e.Get(path); got != want {
			t.Errorf("%q: got %q", path, got)
		}
	}
	q := Query{Terms: []Term{{Property: "a", Value: "1"}, {Property: "a", Value: "2"}}}
	if q.Get("a") != "1" || q.Get("b") != "" {
		t.Error("terms")
	}
}
