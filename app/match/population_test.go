package match_test

import (
	"slices"
	"strings"
	"testing"

	"muster/app/match"
	"muster/app/match/files/population"
	"muster/assets"
	"muster/plugins/pole"
)

// madeUp are the records of a made-up force, and of whom each is.
func madeUp(d *pole.Dictionary, kind pole.Kind, s *population.Set) (rs []pole.Record, of map[pole.Ref]int) {
	to := map[string]pole.Property{}
	for m := range strings.SplitSeq(s.Map, ",") {
		column, property, _ := strings.Cut(m, "=")
		to[column] = pole.Property(property)
	}
	of = map[pole.Ref]int{}
	for _, x := range s.Records {
		r := pole.Record{Ref: pole.Ref{System: x.Values[1], ID: x.Values[0]}, Kind: kind}
		for i, v := range x.Values {
			if p, ok := to[s.Columns[i]]; ok && v != "" {
				r.Facts = append(r.Facts, pole.Fact{Property: p, Value: d.Normalise(p, v)})
			}
		}
		rs, of[r.Ref] = append(rs, r), x.Entity
	}
	return rs, of
}

// A made-up force of families, with every system's own errors: what is joined is right, and of what no system keeps apart most
// is joined. A plate that a clone bears as well, and no record says so, is what nobody could tell.
func TestMadeUpForce(t *testing.T) {
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind        pole.Kind
		set         *population.Set
		find, wrong float64
	}{
		{"person", population.People(700, 7), 0.6, 0},
		{"vehicle", population.Vehicles(400, 7), 0.85, 0.01},
	} {
		rs, of := madeUp(d, c.kind, c.set)
		g := match.New(d)
		for batch := range slices.Chunk(rs, 50) {
			g.Add(batch...)
		}
		all, right, wrong, shown := 0, 0, 0, 0
		for i := range rs {
			for j := range i {
				if rs[i].System != rs[j].System && of[rs[i].Ref] == of[rs[j].Ref] {
					all++
				}
			}
		}
		for _, e := range g.Entities() {
			for i, a := range e.Records {
				for _, b := range e.Records[:i] {
					switch {
					case of[a.Ref] != of[b.Ref]:
						if wrong++; c.wrong == 0 {
							t.Errorf("held to be one: %s and %s", show(a), show(b))
						}
					case a.System != b.System:
						right++
					}
				}
			}
			for _, p := range e.Possible {
				if of[p.A] == of[p.B] {
					shown++
				}
			}
		}
		t.Logf("%s: %d records of %d; %d entities; %d of %d pairs of two systems are joined, %d are wrong; %d others are shown as possible",
			c.kind, len(rs), c.set.Entities, len(g.Entities()), right, all, wrong, shown)
		if float64(right) < c.find*float64(all) || float64(wrong) > c.wrong*float64(right) || shown == 0 {
			t.Errorf("%s: too few, or too many wrong", c.kind)
		}
	}
}

func show(r pole.Record) string {
	s := r.String() + ":"
	for _, f := range r.Facts {
		s += " " + string(f.Property) + " " + f.Value.Source
	}
	return s
}
