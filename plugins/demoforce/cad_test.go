package demoforce

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func cadToken(t testing.TB, f *Force) string {
	t.Helper()
	code, v := exchange(t, f, exchangeForm(token(t, f), "cad"), false)
	if code != 200 {
		t.Fatalf("exchange: %d %v", code, v)
	}
	return v["access_token"].(string)
}

func cadGet(t testing.TB, f *Force, tok, path string) (int, map[string]any) {
	t.Helper()
	address := path
	if !strings.HasPrefix(path, "http") {
		address = f.cad.base + path
	}
	code, _, b := ask(t, "GET", address, map[string]string{"Authorization": "Bearer " + tok}, "")
	return code, read(t, b)
}

func esc(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func TestCADStory(t *testing.T) {
	f := start(t)
	tok := cadToken(t, f)
	code, v := cadGet(t, f, tok, "/Incidents?$filter="+esc("IncidentNo eq 'CAD-0412'")+"&$expand=Persons,Vehicles,Location&$count=true")
	if code != 200 || at(t, v, "@odata.count").(json.Number) != "1" || at(t, v, "value", 0, "Priority") != "P1" || at(t, v, "value", 0, "OpenedAt") != "2026-11-24T14:04:00Z" || at(t, v, "value", 0, "IncidentId").(json.Number) != "40412" {
		t.Fatalf("%d %v", code, v)
	}
	if at(t, v, "value", 0, "Persons", 1, "DateOfBirth") != "2011-11-03" || at(t, v, "value", 0, "Persons", 1, "Warnings") != "SH;MP" || at(t, v, "value", 0, "Persons", 1, "Phone") != "+447700900412" ||
		at(t, v, "value", 0, "Vehicles", 0, "Vrm") != "YK19FZB" || at(t, v, "value", 0, "Location", "Postcode") != "LS8 2QX" {
		t.Errorf("neighbours: %v", v)
	}
	_, v = cadGet(t, f, tok, "/Persons?$search=miller%20aaron%202011&$expand=Incidents")
	if len(at(t, v, "value").([]any)) != 1 || len(at(t, v, "value", 0, "Incidents").([]any)) < 3 {
		t.Errorf("search: %v", v)
	}
	_, v = cadGet(t, f, tok, "/Incidents?$orderby=OpenedAt%20desc&$top=5&$select=IncidentNo")
	for i, want := range words("CAD-0412 CAD-0409 CAD-0405 CAD-0398 CAD-0391") {
		if got := at(t, v, "value", i, "IncidentNo"); got != want {
			t.Errorf("queue %d is %v, want %s", i, got, want)
		}
	}
}

func TestCADWantsItsOwnToken(t *testing.T) {
	f := start(t)
	code, h, _ := ask(t, "GET", f.cad.base+"/Me", map[string]string{"Authorization": "Bearer " + token(t, f)}, "")
	if code != 401 || !strings.Contains(h.Get("WWW-Authenticate"), "audience") {
		t.Errorf("the login's own token: %d %s", code, h.Get("WWW-Authenticate"))
	}
	if code, v := cadGet(t, f, cadToken(t, f), "/Me"); code != 200 || v["UserName"] != "okafor" || v["CollarNo"] != "2214" {
		t.Errorf("%d %v", code, v)
	}
}

func TestCADFilter(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.2 })
	tok := cadToken(t, f)
	count := func(filter string) (int, string) {
		code, v := cadGet(t, f, tok, "/Incidents?$top=0&$count=true&$filter="+esc(filter))
		n, _ := v["@odata.count"].(json.Number)
		return code, n.String()
	}
	_, all := count("IncidentId gt 0")
	_, p1 := count("Priority eq 'P1'")
	_, rest := count("not (Priority eq 'P1')")
	sum := func(s string) int { n, _ := json.Number(s).Int64(); return int(n) }
	if sum(p1) == 0 || sum(p1)+sum(rest) != sum(all) {
		t.Errorf("P1 %s and not P1 %s make %s", p1, rest, all)
	}
	if _, n := count("IncidentNo eq 'CAD-0412' or IncidentNo eq 'CAD-0409' and Priority eq 'P9'"); n != "1" {
		t.Errorf("and binds tighter than or: %s", n)
	}
	if _, n := count("startswith(tolower(Headline),'concern') and contains(Headline,'MILLER, Aaron, 15')"); n != "1" {
		t.Errorf("functions: %s", n)
	}
	if _, n := count("OpenedAt ge 2026-11-24T13:00:00Z and ClosedAt eq null and Latitude gt 53"); sum(n) < 4 {
		t.Errorf("instants and null: %s", n)
	}
	for _, bad := range []string{"Prority eq 'P1'", "Priority eq", "Priority eq P1", "Priority is 'P1'", "(Priority eq 'P1'", "Priority eq 'P1", "Priority eq 5", "contains(IncidentId,'4')", "OpenedAt gt '2026'", ""} {
		if code, _ := count(bad); code != 400 {
			t.Errorf("%q gave %d", bad, code)
		}
	}
	for path, want := range map[string]int{"/Incidents?$filter=Priority+eq+'P1'": 400, "/Persons?$search=miller+aaron": 400, "/Persons?$search=miller%20aaron": 200, "/Incidents?$top=x": 400, "/Incidents?top=1": 400,
		"/Incidents?$expand=Beat": 400, "/Incidents(1)": 404, "/Incidents(x)": 400, "/Nothing": 404, "/Persons?$filter=Surname%20eq%20'O''BRIEN'": 200, "/Incidents?$skiptoken=zz": 400} {
		if code, v := cadGet(t, f, tok, path); code != want {
			t.Errorf("%s: %d, want %d: %v", path, code, want, v)
		}
	}
}

func TestCADPagingGivesEachOnce(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.2 })
	tok := cadToken(t, f)
	next, seen, pages := "/Incidents?$count=true&$top=95&$orderby=OpenedAt%20desc&$filter="+esc("Status eq 'CLOSED' and Headline ne 'a b'"), map[string]bool{}, 0
	for next != "" {
		code, v := cadGet(t, f, tok, next)
		if code != 200 {
			t.Fatalf("%s: %d %v", next, code, v)
		}
		for _, x := range at(t, v, "value").([]any) {
			id := x.(map[string]any)["IncidentId"].(json.Number).String()
			if seen[id] {
				t.Fatalf("%s stands on two pages", id)
			}
			seen[id] = true
		}
		pages++
		next, _ = v["@odata.nextLink"].(string)
	}
	if len(seen) != 95 || pages != 5 {
		t.Errorf("%d incidents on %d pages, want 95 on 5", len(seen), pages)
	}
}

const cadBody = `{"ExternalRef":"k-1","Priority":"P2","TypeCode":"110","Headline":"Concern","Narrative":"Seen near the mill.","OpenedAt":"2026-11-24T13:52:00Z","LocationText":"12 Alder Rise",
 "Latitude":53.8,"Longitude":-1.5,"OfficerCollarNo":"2214","Persons":[{"Role":"SUBJECT","Surname":"Miller","Forenames":"Aaron","DateOfBirth":"2011-11-03","Phone":"07700 900412"}],"Vehicles":[{"Vrm":"YK19FZB"}]}`

func cadPost(t testing.TB, f *Force, tok, body string) (int, map[string]any) {
	t.Helper()
	code, _, b := ask(t, "POST", f.cad.base+"/Incidents", map[string]string{"Authorization": "Bearer " + tok, "Content-Type": "application/json", "Idempotency-Key": "k-1"}, body)
	return code, read(t, b)
}

func TestCADTakesTwiceWhatIsSentTwice(t *testing.T) {
	f := start(t)
	tok := cadToken(t, f)
	for range 2 {
		if code, v := cadPost(t, f, tok, cadBody); code != 201 || v["Status"] != "OPEN" || v["ExternalRef"] != "k-1" {
			t.Fatalf("%d %v", code, v)
		}
	}
	if _, v := cadGet(t, f, tok, "/Incidents?$filter=ExternalRef%20eq%20'k-1'"); len(at(t, v, "value").([]any)) != 2 {
		t.Errorf("read back: %v", v)
	}
	if d := f.Deliveries("cad"); len(d) != 2 || d[1].ClientRef != "k-1" {
		t.Errorf("deliveries: %v", d)
	}
	code, v := cadPost(t, f, tok, `{"Priority":"P9","TypeCode":"1","Narrative":"","OpenedAt":"24/11/2026","LocationText":"x","Persons":[{"Role":"SUBJECT"}],"Vehicles":[{"Vrm":"yk19 fzb"}]}`)
	var targets []string
	for _, d := range at(t, v, "error", "details").([]any) {
		targets = append(targets, d.(map[string]any)["target"].(string))
	}
	if got := strings.Join(targets, " "); code != 400 || got != "Narrative Priority TypeCode OpenedAt Persons/0/Surname Vehicles/0/Vrm" {
		t.Errorf("%d %s", code, got)
	}
	if code, v := cadPost(t, f, tok, strings.Replace(cadBody, "Headline", "headline", 1)); code != 400 || at(t, v, "error", "code") != "UndeclaredProperty" {
		t.Errorf("a wrong case: %d %v", code, v)
	}
}

// listen reads live events until n came.
func listen(t testing.TB, f *Force, tok, last string, n int) []map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", f.cad.base+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out []map[string]string
	e := map[string]string{}
	s := bufio.NewScanner(res.Body)
	s.Buffer(nil, 1<<20)
	for len(out) < n && s.Scan() {
		k, v, _ := strings.Cut(s.Text(), ": ")
		switch {
		case s.Text() == "" && e["event"] != "":
			out = append(out, e)
			e = map[string]string{}
		case k == "retry" && last == "": // connected: now something may happen
			f.Live("P1", "110")
			f.Live("", "")
		case s.Text() != "":
			e[k] = v
		}
	}
	if len(out) < n {
		t.Fatalf("%d events of %d: %v", len(out), n, s.Err())
	}
	return out
}

func TestCADLiveResumes(t *testing.T) {
	f := start(t)
	tok := cadToken(t, f)
	got := listen(t, f, tok, "", 2)
	if got[0]["event"] != "created" || got[0]["id"] != "1001" || got[1]["id"] != "1002" {
		t.Fatalf("%v", got)
	}
	v := read(t, []byte(got[0]["data"]))
	if v["Priority"] != "P1" || v["TypeCode"] != "110" || v["IncidentNo"] != "CAD-0413" || v["Location"] == nil || v["Persons"] == nil {
		t.Errorf("data: %v", v)
	}
	f.cad.moveOn()
	again := listen(t, f, tok, "1001", 2)
	if again[0]["id"] != "1002" || again[1]["event"] != "updated" || read(t, []byte(again[1]["data"]))["Status"] != "ASSIGNED" {
		t.Errorf("resumed with %v", again)
	}
	if lost := listen(t, f, tok, "17", 1); lost[0]["event"] != "reset" {
		t.Errorf("too old: %v", lost)
	}
	if code, v := cadGet(t, f, tok, "/Incidents(40413)?$expand=Location"); code != 200 || v["IncidentNo"] != "CAD-0413" {
		t.Errorf("the new incident: %d %v", code, v)
	}
}

func TestCADTrickles(t *testing.T) {
	f := start(t, func(o *Options) { o.LiveEvery = 2 * time.Millisecond })
	tok := cadToken(t, f)
	for _, e := range listen(t, f, tok, "1000", 6) {
		if read(t, []byte(e["data"]))["IncidentNo"] == nil {
			t.Errorf("%v", e)
		}
	}
}

func FuzzCADFilter(f *testing.F) {
	for _, s := range []string{"Priority eq 'P1'", "not (a)", "contains(Headline,'x') and Latitude gt 1e3", "'", "tolower(Headline) eq 'it''s'"} {
		f.Add(s)
	}
	set := newCadSets()["Incidents"]
	row := set.add(1, map[string]any{"Priority": "P1", "Headline": "x", "Latitude": 1.5, "ClosedAt": nil})
	f.Fuzz(func(_ *testing.T, s string) {
		if match, err := parseFilter(set, s); err == nil {
			match(row)
		}
	})
}
