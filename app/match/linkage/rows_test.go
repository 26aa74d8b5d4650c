package linkage

import (
	"math/rand/v2"
	"testing"
)

// A pair that is dropped at a first look is one that a whole comparison would have dropped.
func TestNothingIsDroppedThatCounts(t *testing.T) {
	rows, _ := people(400, 3)
	rng := rand.New(rand.NewPCG(5, 5))
	for i, r := range rows { // what makes names hard: swapped, only one, another one beside it
		switch rng.IntN(10) {
		case 0:
			r["givenName"], r["surname"] = r["surname"], r["givenName"]
		case 1:
			delete(r, "givenName")
		case 2:
			r["alias"] = rows[rng.IntN(i+1)]["givenName"]
		case 3:
			r["middleName"] = rows[rng.IntN(i+1)]["givenName"]
		}
	}
	tab := NewTable(NewSchema(dict, "person"))
	for _, r := range rows {
		tab.Add("", "", r.facts())
	}
	res := tab.Run(Options{})
	s := newScorer(tab, res.Model).bounded(tab.pack())
	mm := new(memo)
	passed, kept, all := 0, 0, 0
	for i := range uint32(len(rows)) {
		for j := range i {
			var ls levels
			bits := s.score(int(j), int(i), mm, &ls)
			above := s.above(j, i, keepBits, mm)
			all++
			if above {
				passed++
			}
			if bits >= keepBits {
				if kept++; !above {
					t.Fatalf("dropped at a first look: %v and %v, %.2f bits", rows[j], rows[i], bits)
				}
			}
		}
	}
	if kept == 0 || passed > 20*kept {
		t.Errorf("of %d pairs %d pass the first look, and %d are kept", all, passed, kept)
	}
}
