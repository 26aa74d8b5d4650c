package linkage

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"muster/plugins/pole"
)

func recordOf(ref string, r row) pole.Record {
	out := pole.Record{Ref: pole.Ref{System: "rms", ID: ref}, Kind: "person"}
	for _, f := range r.facts() {
		out.Facts = append(out.Facts, pole.Fact{Property: f.Property, Value: dict.Normalise(f.Property, f.Value)})
	}
	return out
}

func TestFinderFindsWhoIsTyped(t *testing.T) {
	f := NewFinder(dict, "person")
	miller := row{"givenName": "Aaron", "surname": "Miller", "dateOfBirth": "2011-11-03", "buildingNumber": "12", "thoroughfareName": "Alder Rise", "postcode": "LS8 2QX"}
	f.Put(recordOf("1", miller))
	f.Put(recordOf("2", row{"givenName": "Robert", "surname": "Allen", "dateOfBirth": "1980-01-12", "telephone": "07700 900412"}))
	f.Put(recordOf("3", row{"givenName": "Мария", "surname": "Иванова", "dateOfBirth": "1988-11-03"}))
	for _, c := range []struct {
		name  string
		typed row
		want  string
		least float64
	}{
		{"the whole name and date", row{"givenName": "aaron", "surname": "miller", "dateOfBirth": "3/11/2011"}, "1", 0.99},
		{"day and month swapped", row{"givenName": "aaron", "surname": "miller", "dateOfBirth": "11/3/2011"}, "1", 0.9},
		{"an unfinished surname", row{"givenName": "Aaron", "surname": "mil"}, "1", 0.1},
		{"unfinished names", row{"givenName": "aar", "surname": "mill"}, "1", 0.1},
		{"another spelling", row{"givenName": "Aron", "surname": "Millar", "dateOfBirth": "3/11/2011"}, "1", 0.9},
		{"a short form", row{"givenName": "Bob", "surname": "Allen", "dateOfBirth": "12/01/1980"}, "2", 0.9},
		{"a telephone and a given name", row{"givenName": "Robert", "telephone": "+44 7700 900412"}, "2", 0.5},
		{"another script", row{"givenName": "Maria", "surname": "Ivanova", "dateOfBirth": "3/11/1988"}, "3", 0.9},
		{"somebody else", row{"givenName": "Grace", "surname": "Okafor", "dateOfBirth": "1/2/1990"}, "", 0},
		{"nothing", row{}, "", 0},
	} {
		got := f.Ask(recordOf("typed", c.typed), 5)
		if c.want == "" {
			if len(got) > 0 {
				t.Errorf("%s: %+v", c.name, got)
			}
			continue
		}
		if len(got) == 0 || got[0].Ref.ID != c.want || got[0].Probability < c.least {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		e, ok := f.Explain(got[0])
		sum := e.Prior
		for _, x := range e.Evidence {
			sum += x.Bits
		}
		if !ok || math.Abs(sum-got[0].Bits) > 0.1 || e.Probability != got[0].Probability {
			t.Errorf("%s: evidence adds up to %.2f, said is %.2f", c.name, sum, got[0].Bits)
		}
	}
	miller["surname"] = "Khan"
	f.Put(recordOf("1", miller))
	if got := f.Ask(recordOf("typed", row{"givenName": "Aaron", "surname": "Miller"}), 5); len(got) > 0 && got[0].Probability > 0.5 {
		t.Errorf("what a record said before is still found: %+v", got)
	}
	f.Remove(pole.Ref{System: "rms", ID: "1"})
	if got := f.Ask(recordOf("typed", miller), 5); len(got) > 0 || f.Len() != 2 {
		t.Errorf("what was taken out is still found: %+v", got)
	}
}

// Records that come one by one, some in several versions and in any order, are found as if they had stood there from the start.
func TestFinderGrowsAsIfFilledAtOnce(t *testing.T) {
	rows, _ := people(200, 11)
	whole, grown := NewFinder(dict, "person"), NewFinder(dict, "person")
	for i, r := range rows {
		whole.Put(recordOf(fmt.Sprint(i), r))
	}
	for n, i := range rand.New(rand.NewPCG(4, 4)).Perm(len(rows)) {
		if n%3 == 0 {
			grown.Put(recordOf(fmt.Sprint(i), rows[(i+7)%len(rows)]))
		}
		grown.Put(recordOf(fmt.Sprint(i), rows[i]))
	}
	for i := 0; i < len(rows); i += 9 {
		typed := recordOf("typed", row{"givenName": rows[i]["givenName"], "surname": rows[i]["surname"][:4], "dateOfBirth": rows[i]["dateOfBirth"]})
		if a, b := whole.Ask(typed, 5), grown.Ask(typed, 5); !reflect.DeepEqual(a, b) {
			t.Fatalf("%v\n%v\n%v", rows[i], a, b)
		}
	}
}

func BenchmarkFinderAsk(b *testing.B) {
	rows, _ := people(40_000, 7)
	f := NewFinder(dict, "person")
	for i, r := range rows {
		f.Put(recordOf(fmt.Sprint(i), r))
	}
	b.ResetTimer()
	for i := range b.N {
		r := rows[i%len(rows)]
		f.Ask(recordOf("typed", row{"surname": r["surname"][:4], "givenName": r["givenName"], "dateOfBirth": r["dateOfBirth"]}), 10)
	}
}
