package population

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"muster/assets"
	"muster/plugins/pole"
)

func TestOneSeedMakesTheSameRecords(t *testing.T) {
	for _, f := range []func(int, uint64) *Set{People, Vehicles} {
		a, b, c := f(2000, 5), f(2000, 5), f(2000, 6)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: one seed, two sets", a.Kind)
		}
		if reflect.DeepEqual(a.Records, c.Records) {
			t.Errorf("%s: two seeds, one set", a.Kind)
		}
		var csv strings.Builder
		if err := a.WriteCSV(&csv); err != nil || strings.Count(csv.String(), "\n") != len(a.Records)+1 {
			t.Errorf("%v", err)
		}
	}
}

func TestAForceHasWhatMakesMatchingHard(t *testing.T) {
	s := People(20_000, 1)
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	station := map[string]int{}
	for _, r := range s.Records {
		if len(r.Values) != len(s.Columns) || r.Entity < 0 || r.Entity >= s.Entities {
			t.Fatalf("%v", r)
		}
		if !utf8.ValidString(strings.Join(r.Values, "")) {
			t.Fatalf("%q is no text", r.Values)
		}
		seen[r.Values[1]]++
		if strings.EqualFold(r.Values[2], "unknown") {
			seen["no name"]++
		}
		if strings.Contains(r.Values[6], "1900") {
			seen["placeholder"]++
		}
		station[r.Values[11]]++
		if id := r.Values[14]; id != "" {
			seen["pnc id"]++
			if d.Normalise("pncId", id).Norm == "" {
				seen["bad pnc id"]++
			}
		}
	}
	delete(station, "")
	most := 0
	for _, n := range station {
		most = max(most, n)
	}
	for _, r := range s.Relations {
		seen[r.Why]++
	}
	for _, want := range []string{"records", "pnc", "custody", "intel", "no name", "placeholder", "twins", "father and son", "couple", "siblings", "one address", "one phone"} {
		if seen[want] == 0 {
			t.Errorf("no %s", want)
		}
	}
	if most < 100 {
		t.Errorf("the station's phone is on %d records", most)
	}
	if seen["bad pnc id"]*20 > seen["pnc id"] {
		t.Errorf("%d of %d PNC IDs have a wrong check letter", seen["bad pnc id"], seen["pnc id"])
	}
}
