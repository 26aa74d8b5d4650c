package match

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/assets"
	"muster/plugins/pole"

	"pgregory.net/rapid"
)

var read = time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rec makes a record of "surname Miller|dateOfBirth 03/11/2011".
func rec(d *pole.Dictionary, ref string, kind pole.Kind, facts string) pole.Record {
	system, id, _ := strings.Cut(ref, "/")
	r := pole.Record{Ref: pole.Ref{System: system, ID: id}, Kind: kind, Read: read}
	for f := range strings.SplitSeq(facts, "|") {
		name, v, _ := strings.Cut(strings.TrimSpace(f), " ")
		p := pole.Property(name)
		r.Facts = append(r.Facts, pole.Fact{Property: p, Value: d.Normalise(p, v)})
	}
	return r
}

// groups writes the entities as "rms/1+cad/2 int/3".
func groups(es []Entity) string {
	var out []string
	for _, e := range es {
		var refs []string
		for _, r := range e.Records {
			refs = append(refs, r.System+"/"+r.ID)
		}
		out = append(out, strings.Join(refs, "+"))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestRules(t *testing.T) {
	d := dictionary(t)
	const miller = "surname Miller|givenName Aaron|middleName James|dateOfBirth 03/11/2011"
	for _, c := range []struct {
		name    string
		kind    pole.Kind
		records []string // "ref: facts"
		want    string
		say     string // of some Possible
	}{
		{"an equal PNC ID, whatever the spelling and a swapped date", "person", []string{
			"rms/1: pncId 2014/0120018R|" + miller, "cus/9: pncId 14/120018R|surname MILLAR|givenName Aron|dateOfBirth 11/03/2011"}, "cus/9+rms/1", ""},
		{"a PNC ID with a wrong check letter is no evidence", "person", []string{
			"rms/1: pncId 2014/0120018R|surname Miller|givenName Aaron", "cus/9: pncId 2014/0120018S|surname Millar|givenName Aron"}, "cus/9 rms/1", "PNC ID: one character differs"},
		{"an equal PNC ID of someone who differs in everything", "person", []string{
			"rms/1: pncId 2014/0120018R|" + miller, "cus/9: pncId 2014/0120018R|surname Khan|givenName Yusuf|dateOfBirth 25/06/1984"}, "cus/9 rms/1", "PNC ID equal; name differs, date of birth differs"},
		{"full name and full date of birth", "person", []string{
			"rms/1: " + miller, "cad/2: fullName MILLER, Aaron|dateOfBirth 2011-11-03"}, "cad/2+rms/1", ""},
		{"a contradicting identifier keeps two of one name and birthday apart", "person", []string{
			"rms/1: pncId 2014/0120018R|" + miller, "cus/2: pncId 2015/0000001D|" + miller}, "cus/2 rms/1", "Same name and date of birth; PNC ID differs"},
		{"one system's two records are not merged by name and birthday", "person", []string{
			"rms/1: " + miller, "rms/2: " + miller}, "rms/1 rms/2", "Same name and date of birth"},
		{"one system's two records are merged by an identifier", "person", []string{
			"rms/1: pncId 2014/0120018R|" + miller, "rms/2: pncId 2014/0120018R|" + miller}, "rms/1+rms/2", ""},
		{"who fits two that cannot be one is merged with neither", "person", []string{
			"rms/1: pncId 2014/0120018R|" + miller, "cus/2: pncId 2015/0000001D|" + miller, "cad/3: " + miller}, "cad/3 cus/2 rms/1", "more than one record fits"},
		{"day and month swapped, and spelling", "person", []string{
			"rms/1: " + miller, "stp/2: surname Millar|givenName Aron|dateOfBirth 11/03/2011"}, "rms/1 stp/2", "Day and month swapped; spelling"},
		{"same name, similar date of birth", "person", []string{
			"rms/1: " + miller, "stp/2: surname Miller|givenName Aaron|dateOfBirth 04/11/2011"}, "rms/1 stp/2", "One digit differs"},
		{"same name, no date of birth", "person", []string{
			"rms/1: " + miller, "int/2: surname Miller|givenName Aaron"}, "int/2 rms/1", "Same name; no date of birth to compare"},
		{"same name, only the year of birth", "person", []string{
			"rms/1: " + miller, "int/2: surname Miller|givenName Aaron|dateOfBirth 2011"}, "int/2 rms/1", "Date of birth less exact"},
		{"twins", "person", []string{
			"rms/1: surname Doyle|givenName Kieran|dateOfBirth 22/04/1998", "cad/2: surname Doyle|givenName Sinead|dateOfBirth 22/04/1998"}, "cad/2 rms/1", "may be a brother or sister"},
		{"twins of one first name", "person", []string{
			"rms/1: surname Doyle|givenName John|middleName Paul|dateOfBirth 22/04/1998", "cad/2: surname Doyle|givenName John|middleName Peter|dateOfBirth 22/04/1998",
			"int/3: surname Doyle|givenName John|dateOfBirth 22/04/1998"}, "cad/2 int/3 rms/1", "more than one record fits"},
		{"father and son", "person", []string{
			"rms/1: surname Doyle|givenName John|dateOfBirth 22/04/1998", "cad/2: surname Doyle|givenName John|dateOfBirth 03/09/1971"}, "cad/2 rms/1", ""},
		{"one telephone and one address are not one person", "person", []string{
			"rms/1: surname Doyle|givenName John|telephone 07700 900412|uprn 100012345678", "cad/2: surname Khan|givenName Yusuf|telephone 07700 900412|uprn 100012345678"}, "cad/2 rms/1", ""},
		{"placeholder dates are no evidence", "person", []string{
			"rms/1: surname Doyle|givenName John|dateOfBirth 01/01/1900", "cad/2: surname Doyle|givenName John|dateOfBirth 01/01/1900"}, "cad/2 rms/1", "no date of birth to compare"},
		{"a surname alone is not a full name", "person", []string{
			"rms/1: surname Doyle|dateOfBirth 22/04/1998", "cad/2: surname Doyle|dateOfBirth 22/04/1998"}, "cad/2 rms/1", "but the name is not complete"},
		{"one vehicle", "vehicle", []string{
			"veh/1: vrm YK19 FZB|make VAUXHALL", "rms/2: vrm yk19fzb|make Vaux", "cad/3: vrm YK19FZB"}, "cad/3+rms/2+veh/1", ""},
		{"a cloned plate", "vehicle", []string{
			"veh/1: vrm YK19 FZB|make VAUXHALL", "rms/2: vrm yk19fzb|make FORD"}, "rms/2 veh/1", "Vehicle registration equal; make differs"},
		{"a plate that may be either's", "vehicle", []string{
			"veh/1: vrm YK19 FZB|make VAUXHALL", "rms/2: vrm yk19fzb|make FORD", "cad/3: vrm YK19FZB"}, "cad/3 rms/2 veh/1", "Vehicle registration equal"},
		{"one UPRN", "location", []string{
			"rms/1: uprn 100012345678|thoroughfareName Alder Rise", "cad/2: uprn 100012345678|postcode LS8 2QX"}, "cad/2+rms/1", ""},
		{"number, street and postcode", "location", []string{
			"rms/1: buildingNumber 12|thoroughfareName ALDER RISE|postcode LS82QX|postTown Leeds", "cad/2: buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"}, "cad/2+rms/1", ""},
		{"two flats of one house", "location", []string{
			"rms/1: subBuildingName Flat 1|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX", "cad/2: subBuildingName Flat 2|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"}, "cad/2 rms/1", ""},
		{"a flat and its house", "location", []string{
			"rms/1: subBuildingName Flat 1|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX", "cad/2: buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"}, "cad/2 rms/1", "but one says no flat or unit"},
		{"another system's reference", "incident", []string{
			"cad/1: reference CAD-0412|startDateTime 2026-11-24T07:52:00Z", "rms/2: reference 24-10887|otherReference cad 0412|startDateTime 24/11/2026 08:10"}, "cad/1+rms/2", ""},
		{"the same reference of another year", "incident", []string{
			"cad/1: reference CAD-0412|startDateTime 2026-11-24T07:52:00Z", "rms/2: reference CAD-0412|startDateTime 24/11/2024 08:10"}, "cad/1 rms/2", "Reference equal; when differs"},
		{"kinds are never mixed", "", []string{
			"cad/1 incident: reference X-1234", "rms/2 crime: reference X-1234"}, "cad/1 rms/2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rs []pole.Record
			for _, line := range c.records {
				ref, facts, _ := strings.Cut(line, ": ")
				kind := c.kind
				if r, k, ok := strings.Cut(ref, " "); ok {
					ref, kind = r, pole.Kind(k)
				}
				rs = append(rs, rec(d, ref, kind, facts))
			}
			permutations(rs, func(rs []pole.Record) {
				g := New(d)
				for _, r := range rs {
					g.Add(r)
				}
				if got := groups(g.Entities()); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
				var says []string
				for _, e := range g.Entities() {
					for _, p := range e.Possible {
						says = append(says, p.Say)
						if other, ok := g.Entity(p.Entity); !ok || other.ID == e.ID || len(p.Evidence) == 0 {
							t.Errorf("%s may be %q: %+v", e.ID, p.Entity, p)
						}
					}
					if len(e.Records) > 1 && len(e.Why) != len(e.Records)-1 {
						t.Errorf("%d records are held by %d links", len(e.Records), len(e.Why))
					}
					for _, l := range e.Why {
						if len(l.Evidence) == 0 || l.Probability < 0.5 {
							t.Errorf("held without evidence: %+v", l)
						}
					}
				}
				if ok := slices.ContainsFunc(says, func(s string) bool { return strings.Contains(s, c.say) }); c.say != "" && !ok || c.say == "" && len(says) > 0 {
					t.Errorf("possibly the same: %q, want %q", says, c.say)
				}
			})
		})
	}
}

func permutations(rs []pole.Record, do func([]pole.Record)) {
	if len(rs) == 2 {
		do(rs)
		do([]pole.Record{rs[1], rs[0]})
		return
	}
	for i := range rs {
		do(append(append([]pole.Record{}, rs[i:]...), rs[:i]...))
	}
}

// crowd draws records from few values, so that every rule, doubt and contradiction comes up.
func crowd(d *pole.Dictionary) *rapid.Generator[[]pole.Record] {
	return rapid.Custom(func(t *rapid.T) []pole.Record {
		n := rapid.IntRange(1, 24).Draw(t, "n")
		var out []pole.Record
		pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		for i := range n {
			ref := fmt.Sprintf("%s/%d", pick("system", "rms", "cad", "cus", "int"), i)
			switch pick("kind", "person", "person", "person", "vehicle", "location", "incident") {
			case "person":
				f := []string{"surname " + pick("surname", "Miller", "Millar", "Khan"), "givenName " + pick("given", "Aaron", "Aron", "Yusuf", "A")}
				f = append(f, strings.Fields(pick("middle", "", "middleName.James", "middleName.Paul"))...)
				f = append(f, strings.Fields(pick("born", "", "dateOfBirth.03/11/2011", "dateOfBirth.11/03/2011", "dateOfBirth.2011", "dateOfBirth.01/01/1900"))...)
				f = append(f, strings.Fields(pick("phone", "", "", "telephone.07700900412", "telephone.07700900413"))...)
				f = append(f, strings.Fields(pick("home", "", "", "postcode.LS82QX", "postcode.LS82QX|buildingNumber.4|thoroughfareName.Alder"))...)
				f = append(f, strings.Fields(pick("pnc", "", "", "pncId.2014/0120018R", "pncId.2015/0000001D"))...)
				f = append(f, strings.Fields(pick("nino", "", "", "nationalInsuranceNumber.AB123456C", "nationalInsuranceNumber.AB123456", "nationalInsuranceNumber.CE654321A"))...)
				out = append(out, rec(d, ref, "person", strings.ReplaceAll(strings.Join(f, "|"), ".", " ")))
			case "vehicle":
				out = append(out, rec(d, ref, "vehicle", "vrm "+pick("vrm", "YK19FZB", "YK19FZ8", "P123ABC")+"|make "+pick("make", "FORD", "BMW", "")+"|model "+pick("model", "FOCUS", "FIESTA", "")+"|colour "+pick("colour", "BLUE", "RED", "")))
			case "location":
				out = append(out, rec(d, ref, "location", "buildingNumber "+pick("no", "12", "4")+"|thoroughfareName Alder Rise|postcode LS8 2QX|subBuildingName "+pick("flat", "", "Flat 1", "Flat 2")+"|uprn "+pick("uprn", "", "", "100012345678")))
			default:
				out = append(out, rec(d, ref, "incident", "reference "+pick("ref", "CAD-1", "24-2")+"|otherReference "+pick("other", "", "CAD-1")+"|startDateTime "+pick("when", "", "2026-11-24T07:52:00Z", "2024-01-24T07:52:00Z")))
			}
		}
		return out
	})
}

func strip(es []Entity) []Entity {
	for i := range es {
		for j := range es[i].Records {
			es[i].Records[j].Facts = es[i].Records[j].Facts[:len(es[i].Records[j].Facts):len(es[i].Records[j].Facts)]
		}
	}
	return es
}

func firstDifference(got, want []Entity) string {
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Sprintf("\n%s: %s %+v\n%s: %s %+v", got[i].ID, groups(got[i:i+1]), got[i].Possible, want[i].ID, groups(want[i:i+1]), want[i].Possible)
		}
	}
	return ""
}

// Any order and any batches of Add give the same entities, links and suggestions, and what Add announces adds up to them.
func TestOrderDoesNotMatter(t *testing.T) {
	d := dictionary(t)
	for _, few := range []int{64, 3} { // what more than these share counts no more, which comes up seldom with as many as 64
		t.Run(fmt.Sprint(few), func(t *testing.T) {
			was := most
			most = few
			defer func() { most = was }()
			orderDoesNotMatter(t, d)
		})
	}
}

func orderDoesNotMatter(t *testing.T, d *pole.Dictionary) {
	gen := crowd(d)
	rapid.Check(t, func(t *rapid.T) {
		rs := gen.Draw(t, "records")
		whole := New(d)
		whole.Add(rs...)
		want := strip(whole.Entities())

		shuffled := rapid.Permutation(rs).Draw(t, "order")
		// Some are read twice: an older, poorer reading comes before or after.
		for i := range shuffled {
			if rapid.IntRange(0, 5).Draw(t, "again") == 0 {
				old := shuffled[i]
				old.Read = old.Read.Add(-time.Hour)
				old.Facts = old.Facts[:1]
				at := rapid.IntRange(0, len(shuffled)).Draw(t, "at")
				shuffled = slices.Insert(slices.Clone(shuffled), at, old)
				break
			}
		}
		g := New(d)
		seen := announced{}
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(t, "batch")
			changed, gone := g.Add(shuffled[:n]...)
			shuffled = shuffled[n:]
			seen.hear(t, changed, gone)
		}
		got := g.Entities()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("by this order\n%s\nall at once\n%s%s", groups(got), groups(want), firstDifference(got, want))
		}
		seen.must(t, got)
	})
}

// Whatever comes: every record is in one entity of its kind, no merged entity contradicts itself without an identifier to
// hold it, and no two records of one system are together without one.
func TestNoFalseMerge(t *testing.T) {
	d := dictionary(t)
	gen := crowd(d)
	rapid.Check(t, func(t *rapid.T) {
		rs := gen.Draw(t, "records")
		g := New(d)
		g.Add(rs...)
		n := 0
		for _, e := range g.Entities() {
			n += len(e.Records)
			if e.ID != e.Records[0].String() {
				t.Fatalf("%s begins with %s", e.ID, e.Records[0].Ref)
			}
			for i, a := range e.Records {
				for _, b := range e.Records[:i] {
					if a.Kind != b.Kind {
						t.Fatalf("%s and %s are merged", a.Kind, b.Kind)
					}
					x, y := g.entries[a.Ref], g.entries[b.Ref]
					if contradicts(x, y) && !strongPair(x, y) {
						t.Fatalf("%s and %s contradict each other", a.Ref, b.Ref)
					}
				}
			}
			byName := map[string][]string{}
			for _, r := range e.Records {
				if len(g.entries[r.Ref].strong) == 0 {
					byName[r.System] = append(byName[r.System], r.ID)
				}
			}
			for s, ids := range byName {
				if len(ids) > 1 {
					t.Fatalf("%s keeps %v apart", s, ids)
				}
			}
		}
		if n != len(rs) {
			t.Fatalf("%d records became %d", len(rs), n)
		}
	})
}

// A later reading that takes the reason away takes the merge away.
func TestLaterReading(t *testing.T) {
	d := dictionary(t)
	g := New(d)
	g.Add(rec(d, "rms/1", "person", "pncId 2014/0120018R|surname Miller|givenName Aaron"), rec(d, "cus/2", "person", "pncId 2014/0120018R|surname Miller|givenName Aaron"))
	if got := groups(g.Entities()); got != "cus/2+rms/1" {
		t.Fatal(got)
	}
	later := rec(d, "cus/2", "person", "pncId 2015/0000001D|surname Miller|givenName Aaron")
	later.Read = read.Add(time.Minute)
	changed, gone := g.Add(later)
	if got := groups(g.Entities()); got != "cus/2 rms/1" || len(changed) != 2 || len(gone) != 0 {
		t.Error(got, len(changed), gone)
	}
	if changed, gone := g.Add(rec(d, "cus/2", "person", "pncId 2014/0120018R|surname Miller|givenName Aaron")); changed != nil || gone != nil {
		t.Error("an older reading changed something")
	}
	if e, ok := g.Entity(pole.Ref{System: "rms", ID: "1"}.String()); !ok || len(e.Records) != 1 {
		t.Error(e, ok)
	}
}

// An identifier that hundreds of people share (a placeholder) identifies nobody and does not cost the officer time.
func TestPlaceholderIdentifier(t *testing.T) {
	d := dictionary(t)
	g := New(d)
	for i := range 200 {
		g.Add(rec(d, fmt.Sprintf("rms/%03d", i), "person", fmt.Sprintf("nationalInsuranceNumber AB123456C|surname Nobody%d|givenName Any%d|dateOfBirth %02d/%02d/1980", i*7919, i, 1+i%28, 1+i%12)))
	}
	if n := len(g.Entities()); n != 200 {
		t.Errorf("200 people became %d", n)
	}
}

// people makes records as a busy search brings them: few surnames, half of the people in two systems, a third with an identifier.
func people(d *pole.Dictionary, n int) []pole.Record {
	first := []string{"Aaron", "Andrea", "Yusuf", "Kieran", "Sinead", "John", "Maria", "Li", "Olu", "Priya", "Tom", "Amy", "Zoe", "Ivan", "Ruth", "Noor", "Owen", "Ella"}
	last := []string{"Miller", "Khan", "Doyle", "Smith", "Jones", "Okafor", "Patel", "Evans", "Nowak"}
	r := rand.New(rand.NewPCG(1, 2))
	var out []pole.Record
	var last3 string
	for i := range n {
		if i%2 == 0 || last3 == "" {
			born := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(25000))
			last3 = fmt.Sprintf("surname %s|givenName %s|dateOfBirth %s|sex M|buildingNumber %d|thoroughfareName Alder Rise|postcode LS8 2QX|telephone 07700 900%03d",
				last[r.IntN(len(last))], first[r.IntN(len(first))], born.Format("02/01/2006"), r.IntN(90), r.IntN(1000))
			if r.IntN(3) == 0 {
				last3 += fmt.Sprintf("|nationalInsuranceNumber AB%06dC", i)
			}
		}
		out = append(out, rec(d, fmt.Sprintf("%s/%d", []string{"rms", "cad", "cus"}[i%3], i), "person", last3))
	}
	return out
}

func BenchmarkAdd3000(b *testing.B) {
	d := dictionary(b)
	rs := people(d, 3000)
	for b.Loop() {
		g := New(d)
		for batch := range slices.Chunk(rs, 100) {
			g.Add(batch...)
		}
	}
}

func BenchmarkAdd3000OfOneName(b *testing.B) {
	d := dictionary(b)
	var rs []pole.Record
	for i := range 3000 {
		rs = append(rs, rec(d, fmt.Sprintf("%s/%d", []string{"rms", "cad", "cus"}[i%3], i), "person", "surname Smith|givenName John|dateOfBirth 03/11/1980"))
	}
	for b.Loop() {
		g := New(d)
		for batch := range slices.Chunk(rs, 100) {
			g.Add(batch...)
		}
	}
}

func BenchmarkAdd3000OfOneVehicle(b *testing.B) {
	d := dictionary(b)
	var rs []pole.Record
	for i := range 3000 {
		rs = append(rs, rec(d, fmt.Sprintf("%s/%d", []string{"rms", "cad", "cus"}[i%3], i), "vehicle", "vrm YK19FZB|make FORD"))
	}
	for b.Loop() {
		g := New(d)
		for batch := range slices.Chunk(rs, 100) {
			g.Add(batch...)
		}
	}
}

// announced is what somebody knows who only hears what Add and Judge tell.
type announced map[string]Entity

func (a announced) hear(t *rapid.T, changed []Entity, gone []string) {
	for _, id := range gone {
		if _, ok := a[id]; !ok {
			t.Fatalf("%s is gone and was never there", id)
		}
		delete(a, id)
	}
	for _, e := range changed {
		a[e.ID] = e
	}
}

// must fails unless all that stands was announced as it stands.
func (a announced) must(t *rapid.T, got []Entity) {
	if len(a) != len(got) {
		t.Fatalf("announced %d entities, there are %d", len(a), len(got))
	}
	for _, e := range got {
		if s := a[e.ID]; groups([]Entity{s}) != groups([]Entity{e}) || !samePossible(s.Possible, e.Possible) || !sameStandings(s.Judged, e.Judged) || !sameJudgements(s.Contradicts, e.Contradicts) {
			t.Fatalf("announced %+v, there is %+v", s, e)
		}
	}
}
