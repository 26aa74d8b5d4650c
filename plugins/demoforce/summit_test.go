package demoforce

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

const aaronAtSummit = "50100001"

func summitToken(t testing.TB, f *Force) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {f.summit.clientID}, "client_secret": {f.summit.secret}}
	code, _, b := ask(t, "POST", f.summit.base+"/oauth/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
	if code != 200 {
		t.Fatalf("token: %d %s", code, b)
	}
	return read(t, b)["access_token"].(string)
}

func summitAsk(t testing.TB, f *Force, tok, method, path, body string) (int, map[string]any) {
	t.Helper()
	code, h, b := ask(t, method, f.summit.base+path, map[string]string{"Authorization": "Bearer " + tok, "Accept": summitType, "Content-Type": summitType, "X-Summit-Operator": "2214"}, body)
	if h.Get("Content-Type") != summitType {
		t.Errorf("%s: answered as %s", path, h.Get("Content-Type"))
	}
	return code, read(t, b)
}

func TestSummitHoldsTheSamePeopleInAnotherShape(t *testing.T) {
	f := start(t, func(o *Options) { o.Records = "summit" })
	tok := summitToken(t, f)
	code, v := summitAsk(t, f, tok, "GET", "/people/"+aaronAtSummit+"?include=addresses", "")
	a := at(t, v, "data", "attributes").(map[string]any)
	if code != 200 || a["fullName"] != "MILLER, Aaron James" || a["birthDate"] != "11/03/2011" || at(t, v, "included", 0, "attributes", "block") != "12 Alder Rise\nLeeds" {
		t.Errorf("Aaron: %d %v", code, v)
	}
	if m := a["markers"].(string); !strings.HasPrefix(m, "07:06/02/") || !strings.Contains(m, ",13:") {
		t.Errorf("markers %s", m)
	}
	if _, v := summitAsk(t, f, tok, "GET", "/people/50100002", ""); at(t, v, "data", "attributes", "markers") != "00" {
		t.Errorf("no marker is written %v", at(t, v, "data", "attributes", "markers"))
	}
	if s := f.Systems(); s[0].ID != "summit" || s[0].Connector != "demo_rms2" || f.Alternatives()[0].ID != "rms" {
		t.Errorf("systems %+v", s[0])
	}
	if c, ok := f.Same("summit", aaronAtSummit); !ok || len(c.Refs["rms"]) != 2 || len(c.Refs["summit"]) != 2 {
		t.Errorf("Aaron is %v", c.Refs)
	}
}

func TestSummitPagingGivesEachOnce(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.3 })
	tok := summitToken(t, f)
	seen := map[string]bool{}
	next := "/occurrences?filter[text]=s&page[size]=7"
	total := ""
	for next != "" {
		code, v := summitAsk(t, f, tok, "GET", next, "")
		if code != 200 {
			t.Fatalf("page: %d %v", code, v)
		}
		for _, x := range at(t, v, "data").([]any) {
			id := x.(map[string]any)["id"].(string)
			if seen[id] {
				t.Fatalf("%s stands on two pages", id)
			}
			seen[id] = true
		}
		if len(seen) == 7 { // what is entered midway moves nothing
			if code, v := summitAsk(t, f, tok, "POST", "/occurrences", strings.ReplaceAll(summitEntry, "k-1", "k-0")); code != 202 {
				t.Fatalf("%d %v", code, v)
			}
		}
		if total == "" {
			total = at(t, v, "meta", "page", "records").(json.Number).String()
		}
		n, _ := at(t, v, "links", "next").(string)
		next = strings.TrimPrefix(n, f.summit.base)
	}
	if n := len(seen); n < 20 || total != pad(n, 1) {
		t.Errorf("%d of %s", n, total)
	}
}

func TestSummitStrictness(t *testing.T) {
	f := start(t)
	tok := summitToken(t, f)
	for path, want := range map[string]int{"/people": 400, "/people?filter[name]=miller&page[size]=500": 400, "/people?filter[born]=2011-11-03": 400, "/people?filter[born]=03%2F25%2F2011&filter[name]=x": 200,
		"/people?colour=red": 400, "/people/59999999": 404, "/people/40100001": 404, "/nothing": 404, "/people?filter[name]=MILLER,%20aaron&filter[born]=11%2F03%2F2011": 200, "/locations?filter[postcode]=ls82qx": 200} {
		if code, v := summitAsk(t, f, tok, "GET", path, ""); code != want {
			t.Errorf("%s: %d, want %d: %v", path, code, want, v)
		}
	}
	for name, c := range map[string]struct {
		header map[string]string
		want   int
	}{
		"no token":      {map[string]string{"Accept": summitType}, 401},
		"plain json":    {map[string]string{"Authorization": "Bearer " + tok, "Accept": "application/json"}, 406},
		"wrong officer": {map[string]string{"Authorization": "Bearer " + tok, "Accept": summitType, "X-Summit-Operator": "0000"}, 403},
		"it":            {map[string]string{"Authorization": "Bearer " + tok, "Accept": summitType, "X-Summit-Operator": "9034"}, 403},
	} {
		if code, _, _ := ask(t, "GET", f.summit.base+"/people?filter[name]=miller", c.header, ""); code != c.want {
			t.Errorf("%s: %d, want %d", name, code, c.want)
		}
	}
	if code, _, _ := ask(t, "POST", f.summit.base+"/oauth/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, "grant_type=client_credentials&client_id=muster-northmoor&client_secret=wrong"); code != 401 {
		t.Errorf("a wrong secret: %d", code)
	}
}

const summitEntry = `{"data":{"type":"occurrences","attributes":{"externalReference":"k-1","category":41,"at":1795182720000,"synopsis":"Seen near the mill.","commandReference":null,"scene":"12 Alder Rise\nLeeds","postcode":"LS8 2QX"},
 "relationships":{"reportedBy":{"data":{"type":"operators","id":"2214"}},"participants":{"data":[{"type":"people","id":"50100001","meta":{"as":56}},{"type":"people","lid":"p1","meta":{"as":53}},{"type":"vehicles","lid":"v1","meta":{"as":22}}]}}},
 "included":[{"type":"people","lid":"p1","attributes":{"fullName":"GREEN, Amy","birthDate":"04/30/1990","telephones":["+447700900111"]}},{"type":"vehicles","lid":"v1","attributes":{"plate":"YK19FZB"}}]}`

func TestSummitEntryIsReadBackByItsReference(t *testing.T) {
	f := start(t)
	tok := summitToken(t, f)
	find := func() []any {
		_, v := summitAsk(t, f, tok, "GET", "/occurrences?filter[externalReference]=k-1", "")
		return at(t, v, "data").([]any)
	}
	if n := len(find()); n != 0 {
		t.Fatalf("%d before", n)
	}
	code, v := summitAsk(t, f, tok, "POST", "/occurrences", summitEntry)
	if code != 202 {
		t.Fatalf("%d %v", code, v)
	}
	number := at(t, v, "data", "attributes", "number")
	if got := find(); len(got) != 1 || at(t, got[0], "attributes", "number") != number || at(t, got[0], "attributes", "at") != json.Number("1795182720000") {
		t.Errorf("read back %v", got)
	}
	id := at(t, v, "data", "relationships", "occurrence", "data", "id").(string)
	if _, v := summitAsk(t, f, tok, "GET", "/occurrences/"+id, ""); len(at(t, v, "data", "relationships", "associations", "data").([]any)) != 3 {
		t.Errorf("the occurrence: %v", v)
	}
	if _, v := summitAsk(t, f, tok, "GET", "/people?filter[name]=green,%20amy&filter[born]=04%2F30%2F1990", ""); len(at(t, v, "data").([]any)) != 1 {
		t.Errorf("who came along is not on file: %v", v)
	}
	if _, v := summitAsk(t, f, tok, "GET", "/people/"+aaronAtSummit, ""); !strings.Contains(string(must(json.Marshal(v))), id) {
		t.Error("Aaron's record does not know of the new occurrence")
	}
	if d := f.Deliveries("summit"); len(d) != 1 || d[0].ClientRef != "k-1" || d[0].By != "okafor" {
		t.Errorf("deliveries: %+v", d)
	}
	if code, _ := summitAsk(t, f, tok, "POST", "/occurrences", summitEntry); code != 202 || len(find()) != 2 {
		t.Errorf("no reference keeps a second one away: %d, %d", code, len(find()))
	}
	if len(f.Deliveries("rms")) != 0 {
		t.Error("Larkfield took it, too")
	}
}

func TestSummitEntryErrorsPointAtMembers(t *testing.T) {
	f := start(t)
	tok := summitToken(t, f)
	code, v := summitAsk(t, f, tok, "POST", "/occurrences", `{"data":{"type":"occurrences","attributes":{"externalReference":"k","category":7,"synopsis":" ","postcode":"X"},
	 "relationships":{"participants":{"data":[{"type":"people","lid":"p9","meta":{"as":58}},{"type":"people","id":"50100001","meta":{"as":0}}]},"scene":{"data":{"type":"locations","id":"1"}}}},
	 "included":[{"type":"people","lid":"p1","attributes":{"fullName":"","birthDate":"30/04/1990"}}]}`)
	var got []string
	for _, e := range at(t, v, "errors").([]any) {
		got = append(got, at(t, e, "source", "pointer").(string))
	}
	want := "/data/attributes/synopsis /data/attributes/category /data/attributes/at /data/attributes/postcode /data/relationships/scene/data /data/relationships/reportedBy/data " +
		"/included/0/attributes/fullName /included/0/attributes/birthDate /data/relationships/participants/data/0 /data/relationships/participants/data/1/meta/as"
	if code != 422 || strings.Join(got, " ") != want {
		t.Errorf("%d\n got %s\nwant %s", code, strings.Join(got, " "), want)
	}
	for body, want := range map[string]int{`{"data":{"colour":1}}`: 400, `[`: 400} {
		if code, v := summitAsk(t, f, tok, "POST", "/occurrences", body); code != want {
			t.Errorf("%s: %d %v", body, code, v)
		}
	}
	if len(f.Deliveries("")) != 0 {
		t.Error("a refused entry was taken")
	}
}
