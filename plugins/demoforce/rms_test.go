package demoforce

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func rmsGet(t testing.TB, f *Force, tok, path string) (int, map[string]any) {
	t.Helper()
	code, h, b := ask(t, "GET", f.rms.base+path, map[string]string{"Authorization": "Bearer " + tok}, "")
	if code >= 400 && h.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: error as %s", path, h.Get("Content-Type"))
	}
	return code, read(t, b)
}

func TestRMSStory(t *testing.T) {
	f := start(t)
	tok := token(t, f)
	code, v := rmsGet(t, f, tok, "/persons/"+storyAaron)
	if code != 200 || at(t, v, "data", "dob") != "03/11/2011" || at(t, v, "data", "addresses", 0, "postcode") != "LS8 2QX" || at(t, v, "data", "identifiers", 0, "value") != "23/120018D" {
		t.Errorf("Aaron: %d %v", code, v)
	}
	var flags, rels []string
	for _, x := range at(t, v, "data", "flags").([]any) {
		flags = append(flags, x.(map[string]any)["code"].(string))
	}
	for _, x := range at(t, v, "data", "links").([]any) {
		rels = append(rels, x.(map[string]any)["rel"].(string))
	}
	if got := strings.Join(flags, " "); got != "SELFHARM MISPER" {
		t.Errorf("flags %s", got)
	}
	for _, want := range []string{"MOTHER", "ASSOCIATE", "RESIDENT", "VICTIM", "MISSING"} {
		if !strings.Contains(strings.Join(rels, " "), want) {
			t.Errorf("no link %s in %v", want, rels)
		}
	}
	_, v = rmsGet(t, f, tok, "/persons?q=miller+aaron+2011")
	if len(at(t, v, "data").([]any)) != 1 || at(t, v, "data", 0, "id") != storyAaron || at(t, v, "data", 0, "links") != nil {
		t.Errorf("free text: %v", v)
	}
	_, v = rmsGet(t, f, tok, "/persons/"+storyAron)
	if at(t, v, "data", "dob") != "11/03/2011" || at(t, v, "data", "nfa") != true {
		t.Errorf("Aron: %v", v)
	}
	_, v = rmsGet(t, f, tok, "/vehicles?vrm=yk19fzb")
	if at(t, v, "data", 0, "vrm") != "YK19 FZB" || at(t, v, "data", 0, "colour") != "BLUE" {
		t.Errorf("vehicle: %v", v)
	}
}

func TestRMSPagingGivesEachOnce(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.3 })
	tok := token(t, f)
	seen, cursor := map[string]bool{}, ""
	var total string
	for {
		code, v := rmsGet(t, f, tok, "/persons?surname=s*&limit=7&cursor="+cursor)
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
		total = at(t, v, "meta", "total").(json.Number).String()
		if at(t, v, "meta", "next") == nil {
			break
		}
		cursor = url.QueryEscape(at(t, v, "meta", "next").(string))
	}
	if n := len(seen); n < 20 || json.Number(total) != json.Number(pad(n, 1)) {
		t.Errorf("%d of %s", n, total)
	}
	if code, v := rmsGet(t, f, tok, "/persons?surname=t*&cursor="+cursor); code != 400 || !strings.HasSuffix(v["type"].(string), "/bad-cursor") {
		t.Errorf("a cursor of another search: %d %v", code, v)
	}
}

func TestRMSStrictness(t *testing.T) {
	f := start(t)
	tok := token(t, f)
	for path, want := range map[string]int{"/persons": 422, "/persons?surname=x&limit=500": 422, "/persons?dob=2011-11-03": 422, "/persons?colour=red": 400, "/persons/NOM9999999": 404,
		"/persons/VEH0100001": 404, "/persons?surname=miller&dob=03/11/2011": 200, "/locations?postcode=ls82qx": 200, "/persons?phone=%2B447700900318": 200, "/persons?pncId=2023/0120018D": 200} {
		code, v := rmsGet(t, f, tok, path)
		if code != want {
			t.Errorf("%s: %d, want %d: %v", path, code, want, v)
		}
		if code == 200 && len(at(t, v, "data").([]any)) == 0 {
			t.Errorf("%s found nothing", path)
		}
	}
	for name, h := range map[string]string{"none": "", "basic": "Basic eDp5", "junk": "Bearer abc", "unsigned": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJva2Fmb3IifQ."} {
		code, hd, _ := ask(t, "GET", f.rms.base+"/persons?surname=miller", map[string]string{"Authorization": h}, "")
		if code != 401 || !strings.HasPrefix(hd.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d %s", name, code, hd.Get("WWW-Authenticate"))
		}
	}
	it, err := signIn(t, f, "leigh", Password)
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := rmsGet(t, f, it.AccessToken, "/persons?surname=miller"); code != 403 {
		t.Errorf("a role without access got %d", code)
	}
	if code, v := rmsGet(t, f, it.AccessToken, "/whoami"); code != 200 || at(t, v, "user", "login") != "leigh" {
		t.Errorf("whoami: %d %v", code, v)
	}
}

const rmsEntryBody = `{"clientRef":"k-1","type":"CONC","at":"20/11/2026 13:52","details":"Seen near the mill.","reportingOfficer":"2214","cadRef":null,
 "location":{"line1":"12 Alder Rise","town":"Leeds","postcode":"LS8 2QX"},"persons":[{"role":"MISSING","nominalId":"NOM0100001"},{"role":"WITNESS","family":"GREEN","given":"Amy"}],"vehicles":[{"vrm":"yk19 fzb"}]}`

func rmsPost(t testing.TB, f *Force, tok, key, body string) (int, map[string]any) {
	t.Helper()
	code, _, b := ask(t, "POST", f.rms.base+"/entries", map[string]string{"Authorization": "Bearer " + tok, "Content-Type": "application/json", "Idempotency-Key": key}, body)
	return code, read(t, b)
}

func TestRMSEntryIsTakenOnce(t *testing.T) {
	f := start(t)
	tok := token(t, f)
	code, first := rmsPost(t, f, tok, "k-1", rmsEntryBody)
	if code != 201 {
		t.Fatalf("%d %v", code, first)
	}
	code, again := rmsPost(t, f, tok, "k-1", rmsEntryBody)
	if code != 200 || at(t, again, "data", "entryId") != at(t, first, "data", "entryId") {
		t.Errorf("replay: %d %v", code, again)
	}
	if code, v := rmsPost(t, f, tok, "k-1", strings.Replace(rmsEntryBody, "mill", "hill", 1)); code != 409 || !strings.HasSuffix(v["type"].(string), "idempotency-mismatch") {
		t.Errorf("another body: %d %v", code, v)
	}
	if code, v := rmsPost(t, f, tok, "k-2", rmsEntryBody); code != 409 || v["existingId"] != at(t, first, "data", "occurrenceId") {
		t.Errorf("another key: %d %v", code, v)
	}
	if _, v := rmsGet(t, f, tok, "/entries?clientRef=k-1"); len(at(t, v, "data").([]any)) != 1 {
		t.Errorf("read back: %v", v)
	}
	if _, v := rmsGet(t, f, tok, "/entries?clientRef=nothing"); len(at(t, v, "data").([]any)) != 0 {
		t.Errorf("read back of nothing: %v", v)
	}
	if d := f.Deliveries("rms"); len(d) != 1 || d[0].ClientRef != "k-1" || d[0].By != "okafor" {
		t.Errorf("deliveries: %+v", d)
	}
	id := at(t, first, "data", "occurrenceId").(string)
	if _, v := rmsGet(t, f, tok, "/occurrences?q=green+mill"); len(at(t, v, "data").([]any)) != 1 {
		t.Errorf("the new occurrence is not found by its words: %v", v)
	}
	if code, v := rmsGet(t, f, tok, "/occurrences/"+id); code != 200 || at(t, v, "data", "at") != "20/11/2026 13:52:00" || len(at(t, v, "data", "links").([]any)) != 2 {
		t.Errorf("the occurrence: %d %v", code, v)
	}
	if _, v := rmsGet(t, f, tok, "/persons/"+storyAaron); !strings.Contains(string(must(json.Marshal(v))), id) {
		t.Error("Aaron's record does not know of the new occurrence")
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestRMSEntryErrorsNameMembers(t *testing.T) {
	f := start(t)
	tok := token(t, f)
	code, v := rmsPost(t, f, tok, "k", `{"clientRef":"k","type":"NOPE","at":"2026-11-20","details":" ","persons":[{"role":"FRIEND","dob":"1/1/99"},{"role":"VICTIM","nominalId":"NOM7"}],"vehicles":[{"vrm":""}],"location":{"postcode":"X"}}`)
	var names []string
	for _, p := range at(t, v, "invalidParams").([]any) {
		names = append(names, p.(map[string]any)["name"].(string))
	}
	got := strings.Join(names, " ")
	want := "details reportingOfficer type at location.postcode persons[0].role persons[0].family persons[0].dob persons[1].nominalId vehicles[0].vrm"
	if code != 422 || got != want {
		t.Errorf("%d\n got %s\nwant %s", code, got, want)
	}
	for body, want := range map[string]int{`{"clientRef":"k","colour":1}`: 422, `{"clientRef":7}`: 422, `[`: 400} {
		if code, v := rmsPost(t, f, tok, "k", body); code != want {
			t.Errorf("%s: %d %v", body, code, v)
		}
	}
	if code, v := rmsPost(t, f, tok, "", rmsEntryBody); code != 400 {
		t.Errorf("no key: %d %v", code, v)
	}
	if len(f.Deliveries("")) != 0 {
		t.Error("a refused entry was taken")
	}
}
