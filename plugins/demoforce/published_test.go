package demoforce

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func ves(t testing.TB, f *Force, key, body string) (int, map[string]any) {
	t.Helper()
	code, _, b := ask(t, "POST", f.dvla.base+"/v1/vehicles", map[string]string{"x-api-key": key, "Content-Type": "application/json"}, body)
	return code, read(t, b)
}

func TestVehicleEnquiryAsPublished(t *testing.T) {
	f := start(t)
	key := f.Credentials()["vehicles"]["api_key"]
	code, v := ves(t, f, key, `{"registrationNumber":"YK19FZB"}`)
	if code != 200 || v["make"] != "VAUXHALL" || v["colour"] != "BLUE" || v["taxStatus"] != "Taxed" || v["motStatus"] != "Valid" || v["motExpiryDate"] != "2027-02-24" || v["model"] != nil || v["monthOfFirstRegistration"] != "2019-04" {
		t.Errorf("%d %v", code, v)
	}
	for id, want := range map[string]int{"AA19AAA": 200, "AA19EEE": 200, "AA19PPP": 200, "L2WPS": 200, "AA19SRN": 200, "AA19DSL": 200, "AA19MOT": 200, "AA19AMP": 200, "ER19BAD": 400, "ER19NFD": 404, "ER19THR": 429, "ER19ERR": 500, "ER19MNT": 503,
		"ZZ99ZZZ": 404, "YK19 FZB": 400, "yk19fzb": 400, "": 400} {
		code, v := ves(t, f, key, `{"registrationNumber":"`+id+`"}`)
		if code != want {
			t.Errorf("%s: %d, want %d", id, code, want)
		}
		if code != 200 {
			for _, k := range []string{"status", "code", "title", "detail"} {
				if _, text := at(t, v, "errors", 0, k).(string); !text {
					t.Errorf("%s: %s is no text: %v", id, k, v)
				}
			}
		} else if v["registrationNumber"] != id {
			t.Errorf("%s came back as %v", id, v["registrationNumber"])
		}
	}
	for _, k := range []string{"", "wrong"} {
		if code, v := ves(t, f, k, `{"registrationNumber":"YK19FZB"}`); code != 403 || v["message"] != "Forbidden" || v["errors"] != nil {
			t.Errorf("key %q: %d %v", k, code, v)
		}
	}
	if code, _ := ves(t, f, key, `[`); code != 400 {
		t.Errorf("no JSON: %d", code)
	}
}

func street(t testing.TB, f *Force, path string) (int, []any) {
	t.Helper()
	code, _, b := ask(t, "GET", f.street.base+path, nil, "")
	var v []any
	if code == 200 {
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%s: %v in %.200s", path, err, b)
		}
	}
	return code, v
}

func TestStreetCrimeAsPublished(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.5 })
	all := 0
	_, dates := street(t, f, "/crimes-street-dates")
	if at(t, dates, 0, "date") != "2026-09" {
		t.Fatalf("latest month: %v", dates[0])
	}
	cats := map[string]int{}
	_, crimes := street(t, f, "/crimes-street/all-crime?poly=53.5,-2:54.1,-2:54.1,-1:53.5,-1")
	for _, c := range crimes {
		all++
		m := c.(map[string]any)
		cats[m["category"].(string)]++
		lat, text := at(t, m, "location", "latitude").(string)
		if _, err := strconv.ParseFloat(lat, 64); !text || err != nil || m["month"] != "2026-09" {
			t.Fatalf("%v", m)
		}
		if id := m["persistent_id"].(string); len(id) != 64 && (id != "" || m["category"] != "anti-social-behaviour") {
			t.Errorf("persistent id %q of %v", id, m["category"])
		}
	}
	if all < 20 || len(cats) < 4 {
		t.Errorf("%d crimes of %v", all, cats)
	}
	if _, near := street(t, f, "/crimes-street/all-crime?lat=53.829&lng=-1.502"); len(near) == 0 || len(near) >= all {
		t.Errorf("%d of %d within a mile", len(near), all)
	}
	if _, older := street(t, f, "/crimes-street/burglary?lat=53.829&lng=-1.502&date=2026-03"); len(older) > all {
		t.Error("a single month and category holds more than all")
	}
	_, stops := street(t, f, "/stops-force?force=northmoor")
	nulls := 0
	for _, s := range stops {
		if at(t, s, "operation") != nil || !strings.HasSuffix(at(t, s, "datetime").(string), "+00:00") {
			t.Errorf("stop: %v", s)
		}
		if at(t, s, "location") == nil || at(t, s, "self_defined_ethnicity") == nil {
			nulls++
		}
	}
	if len(stops) == 0 || nulls == 0 {
		t.Errorf("%d stops, %d with gaps", len(stops), nulls)
	}
	for path, want := range map[string]int{"/crimes-street/all-crime": 400, "/crimes-street/nonsense?lat=53.8&lng=-1.5": 404, "/crimes-street/all-crime?lat=53.8&lng=-1.5&date=2026-13": 400, "/stops-force?force=elsewhere": 404, "/elsewhere/neighbourhoods": 404,
		"/northmoor/neighbourhoods": 200, "/crimes-street/all-crime?poly=53.8,-1.5": 400} {
		if code, _ := street(t, f, path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}

func TestStreetCrimeLimits(t *testing.T) {
	f := start(t)
	limited := false
	for range 60 {
		code, _ := street(t, f, "/crime-categories")
		limited = limited || code == 429
	}
	if !limited {
		t.Error("60 requests at once and never 429")
	}
	f = start(t)
	f.street.most = 1
	if code, _ := street(t, f, "/crimes-street/all-crime?poly=53.5,-2:54.1,-2:54.1,-1:53.5,-1"); code != 503 {
		t.Errorf("too many in an area: %d", code)
	}
	if s := fmt.Sprint(f.street.latest); s != "2026-09" {
		t.Error(s)
	}
}
