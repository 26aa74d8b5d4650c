// Command larkfield is an example of a vendor's plugin: Larkfield's records system, whose answers have shapes of their
// own, as WebAssembly. Build it with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags "-s -w" -o larkfield.core.wasm .
package main

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"muster/plugins/wasm/guest"
)

func init() { guest.Serve(larkfield{}) }

func main() {} // never runs: the desk calls what guest exports

// larkfield keeps nothing between calls: the desk may start it afresh at any time, and runs several beside each other.
type larkfield struct{}

// odd is the error for an answer of another shape. It names the member, so that support need not search, and no data.
func odd(member string) *guest.Error {
	return guest.Fail(guest.Drift, "Larkfield did not answer as documented: "+member+" is missing or of another kind. Tell Larkfield's support.")
}

// Check asks whose key it is.
func (larkfield) Check(s *guest.Session) (guest.Identity, error) {
	me, err := s.GetJSON("/v2/session")
	if err != nil {
		return guest.Identity{}, err
	}
	login, ok := me.Get("login").Text()
	if !ok || login == "" {
		return guest.Identity{}, odd("login")
	}
	return guest.Identity{User: login, Server: me.Get("product").Word(), Version: me.Get("release").Word()}, nil
}

// Search asks for one page. Larkfield counts pages from 1 and has 25 hits on each unless told otherwise.
func (larkfield) Search(s *guest.Session, q guest.Query) (guest.Page, error) {
	page, size := 1, 25
	if q.After != "" {
		p, n, _ := strings.Cut(q.After, "/")
		page, _ = strconv.Atoi(p)
		size, _ = strconv.Atoi(n)
		if page < 1 || size < 1 {
			return guest.Page{}, guest.Fail(guest.Invalid, "The search cannot be resumed here. Search again.")
		}
	} else if q.Limit > 0 {
		size = min(q.Limit, 100)
	}
	v := url.Values{"page": {strconv.Itoa(page)}, "size": {strconv.Itoa(size)}}
	for property, parameter := range map[string]string{"surname": "family", "givenName": "given", "dateOfBirth": "born"} {
		if value := q.Get(property); value != "" {
			if property == "dateOfBirth" {
				value = british(value)
			}
			v.Set(parameter, value)
		}
	}
	if q.Text != "" {
		v.Set("any", q.Text)
	}
	got, err := s.GetJSON("/v2/nominals?" + v.Encode())
	if err != nil {
		return guest.Page{}, err
	}
	hits, ok := got.Get("hits").List()
	pages, known := got.Get("pages").Int()
	switch {
	case !ok:
		return guest.Page{}, odd("hits")
	case !known:
		return guest.Page{}, odd("pages")
	}
	out := guest.Page{}
	out.Total, _ = got.Get("count").Int() // older releases do not count
	for _, hit := range hits {
		r, err := record(hit)
		if err != nil { // one that cannot be read is said to be missing; the others are shown
			out.Gaps = append(out.Gaps, err)
			continue
		}
		out.Records = append(out.Records, r)
	}
	if page < pages {
		out.After = strconv.Itoa(page+1) + "/" + strconv.Itoa(size)
	}
	return out, nil
}

// Fetch reads one nominal.
func (larkfield) Fetch(s *guest.Session, ref guest.Ref) (guest.Record, error) {
	got, err := s.GetJSON("/v2/nominals/" + url.PathEscape(ref.ID))
	if err != nil {
		return guest.Record{}, err
	}
	r, bad := record(got)
	if bad != nil {
		return guest.Record{}, bad
	}
	return r, nil
}

// record maps a nominal. What carries danger must be there, if only as an empty list: what is missing must not pass for
// nothing to fear.
func record(n guest.JSON) (guest.Record, *guest.Error) {
	id, _ := n.Get("ref").Text()
	last, _ := n.Get("last").Text()
	first, named := n.Get("first").List()
	markers, marked := n.Get("markers").List()
	switch {
	case id == "":
		return guest.Record{}, odd("ref")
	case last == "":
		return guest.Record{}, odd("last")
	case !named:
		return guest.Record{}, odd("first")
	case !marked:
		return guest.Record{}, odd("markers")
	}
	r := guest.Record{ID: id, Version: n.Get("rev").Word(), Raw: n.Raw(), Facts: make([]guest.Fact, 0, 16)}
	r.Add("surname", last)
	for i, name := range first {
		if i == 0 {
			r.Add("givenName", name.Word())
			continue
		}
		r.Add("middleName", name.Word())
	}
	if born := n.Get("born").Word(); born != "" {
		r.Facts = append(r.Facts, guest.Fact{Property: "dateOfBirth", Source: born, Value: day(born), Path: "born"})
	}
	r.Add("sex", n.Get("gender").Word())
	if tel, ok := n.Get("tel").List(); ok {
		for _, t := range tel {
			r.Add("telephone", t.Word())
		}
	}
	for _, m := range markers {
		code := m.Get("c").Word()
		if code == "" {
			return guest.Record{}, odd("markers.c")
		}
		r.Facts = append(r.Facts, guest.Fact{Property: "warning", Source: code, Label: m.Get("t").Word(), Path: "markers"})
	}
	homes, _ := n.Get("homes").List() // left out where none is known
	for i, h := range homes {
		group, since := "address"+strconv.Itoa(i+1), day(h.Get("since").Word())
		for _, part := range [...][2]string{{"buildingNumber", "house"}, {"thoroughfareName", "road"}, {"postTown", "town"}, {"postcode", "post"}} {
			if value := h.Get(part[1]).Word(); value != "" {
				r.Facts = append(r.Facts, guest.Fact{Property: part[0], Source: value, Group: group, From: since})
			}
		}
	}
	return r, nil
}

// Submit files a contact sheet. Larkfield honours the key: the same one again answers with the first sheet.
func (larkfield) Submit(s *guest.Session, e guest.Entry, key string) (guest.Receipt, error) {
	body, err := json.Marshal(map[string]string{"client": key, "narrative": e.Get("description"), "when": e.Get("startDateTime"), "family": e.Get("person.surname")})
	if err != nil {
		return guest.Receipt{}, err
	}
	resp, err := s.Do(guest.Request{Method: "POST", URL: "/v2/sheets", Body: body, Idempotent: true,
		Headers: map[string]string{"Content-Type": "application/json"}})
	if err != nil {
		return guest.Receipt{}, err
	}
	got, err := resp.JSON()
	if err != nil || got.Get("sheet").Word() == "" {
		return guest.Receipt{}, guest.Fail(guest.Unknown, "Larkfield took this, but its receipt cannot be read. Muster asks before sending again.")
	}
	repeat, _ := got.Get("repeat").Bool()
	return guest.Receipt{Reference: got.Get("sheet").Word(), At: got.Get("filed").Word(), Already: repeat}, nil
}

// Confirm looks for the key.
func (larkfield) Confirm(s *guest.Session, _ guest.Entry, key string) (guest.Receipt, error) {
	got, err := s.GetJSON("/v2/sheets?" + url.Values{"client": {key}}.Encode())
	if err != nil {
		return guest.Receipt{}, err
	}
	sheets, ok := got.Get("sheets").List()
	switch {
	case !ok:
		return guest.Receipt{}, odd("sheets")
	case len(sheets) == 0:
		return guest.Receipt{}, guest.Fail(guest.NotFound, "Larkfield does not have this entry.")
	}
	return guest.Receipt{Reference: sheets[0].Get("sheet").Word(), At: sheets[0].Get("filed").Word()}, nil
}

// Watch asks what changed since the last revision.
func (larkfield) Watch(s *guest.Session, _, cursor string) (guest.Changes, error) {
	got, err := s.GetJSON("/v2/changes?" + url.Values{"since": {cursor}}.Encode())
	if err != nil {
		return guest.Changes{}, err
	}
	changed, ok := got.Get("changed").List()
	if !ok || got.Get("rev").Word() == "" {
		return guest.Changes{}, odd("changed or rev")
	}
	out := guest.Changes{Cursor: got.Get("rev").Word(), Wait: 15}
	for _, c := range changed {
		r, err := record(c)
		if err != nil {
			out.Gaps = append(out.Gaps, err)
			continue
		}
		out.Records = append(out.Records, r)
	}
	return out, nil
}

// day reads what Larkfield writes of a day: 03/11/1988, 11/1988 or 1988. Anything else is left to the dictionary.
func day(s string) string {
	p := strings.Split(s, "/")
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
	return strings.Join(p, "-")
}

// british is the other way round.
func british(s string) string {
	p := strings.Split(s, "-")
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
	return strings.Join(p, "/")
}
