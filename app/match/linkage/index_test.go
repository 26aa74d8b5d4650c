package linkage

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestAsksWhoIsBeingTyped(t *testing.T) {
	rows, truth := people(800, 31)
	tab := NewTable(NewSchema(dict, "person", "givenName", "surname", "dateOfBirth", "buildingNumber", "thoroughfareName", "postTown", "postcode", "telephone"))
	for i, r := range rows {
		tab.Add(fmt.Sprint(i), "", r.facts())
	}
	res := tab.Run(Options{})
	x := tab.NewIndex(res.Model)
	before := tab.Len()
	right := 0
	for i := 0; i < len(rows); i += 10 {
		typed := row{"surname": rows[i]["surname"], "dateOfBirth": rows[i]["dateOfBirth"], "givenName": rows[i]["givenName"]}
		if typed["dateOfBirth"] == "" || typed["givenName"] == "" {
			right++ // too little to tell
			continue
		}
		found := x.Ask(typed.facts(), 10)
		if slices.ContainsFunc(found, func(c Candidate) bool { return truth[c.Record] == truth[i] }) {
			right++
		}
		for k, c := range found {
			if k > 0 && c.Probability > found[k-1].Probability {
				t.Fatal("the likeliest does not stand first")
			}
			e := x.Explain(c.Record, typed.facts())
			if math.Abs(e.Probability-c.Probability) > 1e-6 {
				t.Fatalf("%v was said with %v, explained with %v", c.ID, c.Probability, e.Probability)
			}
		}
	}
	if asked := (len(rows) + 9) / 10; right < asked*97/100 {
		t.Errorf("%d of %d were found", right, asked)
	}
	if tab.Len() != before {
		t.Error("what was typed stayed")
	}
	if got := x.Begins("brath", 3); len(got) == 0 || got[0] != "brathwaite" {
		t.Errorf("nothing begins like it: %v", got)
	}
	if got := x.Ask(nil, 5); len(got) != 0 {
		t.Errorf("nothing was typed, and %d were found", len(got))
	}
}

func BenchmarkAsk(b *testing.B) {
	rows, _ := people(40_000, 7)
	tab := NewTable(NewSchema(dict, "person", "givenName", "surname", "dateOfBirth", "buildingNumber", "thoroughfareName", "postTown", "postcode", "telephone"))
	for i, r := range rows {
		tab.Add(fmt.Sprint(i), "", r.facts())
	}
	res := tab.Run(Options{})
	x := tab.NewIndex(res.Model)
	b.ResetTimer()
	for i := range b.N {
		r := rows[i%len(rows)]
		x.Ask(row{"surname": r["surname"], "givenName": r["givenName"], "dateOfBirth": r["dateOfBirth"]}.facts(), 10)
	}
}
