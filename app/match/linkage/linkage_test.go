package linkage

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"muster/assets"
	"muster/plugins/pole"
)

var dict = func() *pole.Dictionary {
	d, err := pole.Load(assets.FS)
	if err != nil {
		panic(err)
	}
	return d
}()

type row map[pole.Property]string

func (r row) facts() (out []Fact) {
	for _, p := range []pole.Property{"givenName", "middleName", "surname", "fullName", "alias", "dateOfBirth", "sex", "address", "buildingNumber", "thoroughfareName", "postTown", "postcode", "telephone", "email", "nationalInsuranceNumber", "vrm", "make", "model", "colour", "vin"} {
		if r[p] != "" {
			out = append(out, Fact{p, r[p]})
		}
	}
	return out
}

// of compares one pair of values of a property.
func of(t *testing.T, kind pole.Kind, a, b row) (*Table, levels) {
	t.Helper()
	tab := NewTable(NewSchema(dict, kind))
	tab.Add("a", "", a.facts())
	tab.Add("b", "", b.facts())
	tab.count(nil)
	s := newScorer(tab, &Model{})
	var ls levels
	s.score(0, 1, new(memo), &ls)
	return tab, ls
}

func (t *Table) level(ls levels, property pole.Property, part string) uint8 {
	for i, f := range t.schema.features {
		if t.schema.fields[f.field].property == property && f.name == part {
			return ls[i]
		}
	}
	return 255
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		property pole.Property
		a, b     string
		want     uint8
	}{
		{"dateOfBirth", "1984-03-12", "12/03/1984", dateSame},
		{"dateOfBirth", "1984-03-12", "1984-12-03", dateSwapped},
		{"dateOfBirth", "1984-03-12", "1984-03-13", dateSlip},
		{"dateOfBirth", "1984-03-12", "1948-03-12", dateSlip},
		{"dateOfBirth", "1984-03-12", "1984", dateLess},
		{"dateOfBirth", "1984", "1984", dateLess},             // a year is no date
		{"dateOfBirth", "1984-03-12", "1984-13-12", dateSlip}, // cannot be true, and is near all the same
		{"dateOfBirth", "1984-03-12", "1961-11-30", dateDiffers},
		{"dateOfBirth", "1984-03-12", "1900-01-01", none}, // what systems write for 'not known'
		{"postcode", "LS8 2QX", "ls82qx", unitSame},
		{"postcode", "LS8 2QX", "LS8 2QY", unitSlip},
		{"postcode", "LS8 2QX", "LS8 2AB", sectorSame},
		{"postcode", "LS8 2QX", "LS8 4AB", outcodeSame},
		{"postcode", "LS8 2QX", "LS17 7AB", areaSame},
		{"postcode", "LS8 2QX", "M1 1AA", postcodeDiffers},
		{"telephone", "07700 900123", "+44 7700 900 123", codeSame},
		{"telephone", "07700 900123", "07700 900124", codeSlip},
		{"nationalInsuranceNumber", "QQ123456C", "qq 12 34 56 c", codeWeak}, // no number begins with QQ
		{"nationalInsuranceNumber", "AB123456C", "AB 12 34 56 C", codeSame},
		{"address", "Flat 2, 14 Mill Road, Leeds", "14 Mill Rd, Leeds", lineLess},
		{"address", "14 Mill Road, Leeds", "16 Mill Road, Leeds", lineNumber},
		{"address", "14 Mill Road, Leeds", "9 Castle Street, York", lineDiffers},
		{"email", "r.allen@example.org", "r.alen@example.org", mailSlip},
		{"email", "not known", "r.alen@example.org", none},
	} {
		tab, ls := of(t, "person", row{c.property: c.a}, row{c.property: c.b})
		if got := tab.level(ls, c.property, ""); got != c.want {
			t.Errorf("%s %q %q: level %d, want %d", c.property, c.a, c.b, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b               row
		given, surname, or uint8
	}{
		{row{"givenName": "Robert", "surname": "Allen"}, row{"fullName": "ALLEN, Bob"}, wordForm, wordSame, orderKept},
		{row{"givenName": "Robert", "surname": "Allen"}, row{"givenName": "Allen", "surname": "Robert"}, wordSame, wordSame, orderSwapped},
		{row{"givenName": "R", "surname": "Allen"}, row{"givenName": "Robert", "surname": "Alxen"}, wordInitial, wordNear, orderKept},
		{row{"givenName": "Мария", "surname": "Иванова"}, row{"givenName": "Maria", "surname": "Ivanova"}, 0, wordSame, orderKept},
		{row{"givenName": "James Edward", "surname": "Smith"}, row{"givenName": "Edward", "surname": "Smith"}, wordOther, wordSame, orderKept},
	} {
		tab, ls := of(t, "person", c.a, c.b)
		g, s, o := tab.level(ls, "fullName", "given"), tab.level(ls, "fullName", "surname"), tab.level(ls, "fullName", "order")
		if c.given == 0 && g <= wordNear {
			g = 0
		}
		if g != c.given || s != c.surname || o != c.or {
			t.Errorf("%v %v: %d %d %d, want %d %d %d", c.a, c.b, g, s, o, c.given, c.surname, c.or)
		}
	}
	tab, ls := of(t, "vehicle", row{"vrm": "YK19 FZB"}, row{"vrm": "YKI9 FZ8"})
	if got := tab.level(ls, "vrm", ""); got != codeSlip {
		t.Errorf("a misread plate: level %d", got)
	}
}

// people makes n people with one to four records each, some with errors.
func people(n int, seed uint64) (rows []row, truth []int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	pick := func(of []string) string { return of[rng.IntN(len(of))] }
	given := []string{"James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "William", "Barbara", "Aaron", "Susan", "Joseph", "Jessica", "Mohammed", "Fatima", "Piotr", "Agnieszka"}
	surname := []string{"Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Patel", "Robinson", "Wright", "Thompson", "Evans", "Walker", "White", "Hussain", "Kowalska", "Okafor", "Fitzgerald", "Ashworth", "Brathwaite", "Cholmondeley"}
	street := []string{"Mill Road", "Castle Street", "High Street", "Station Road", "Church Lane", "Park Avenue", "Queen Street", "Victoria Road", "Green Lane", "Kingsway"}
	for p := range n {
		base := row{
			"givenName": pick(given), "surname": pick(surname), "dateOfBirth": fmt.Sprintf("%d-%02d-%02d", 1950+rng.IntN(55), 1+rng.IntN(12), 1+rng.IntN(28)),
			"buildingNumber": fmt.Sprint(1 + rng.IntN(120)), "thoroughfareName": pick(street), "postTown": "Leeds",
			"postcode": fmt.Sprintf("LS%d %d%c%c", 1+rng.IntN(20), 1+rng.IntN(9), "ABDEFG"[rng.IntN(6)], "JLNPQR"[rng.IntN(6)]), "telephone": fmt.Sprintf("07700 9%05d", rng.IntN(100000)),
		}
		for range 1 + rng.IntN(4) {
			r := row{}
			for _, k := range slices.Sorted(maps.Keys(base)) { // in one order, so that a seed is a set of people
				if rng.IntN(8) > 0 || k == "surname" {
					r[k] = base[k]
				}
			}
			if rng.IntN(6) == 0 {
				s := []byte(r["surname"])
				i := 1 + rng.IntN(len(s)-2)
				s[i], s[i+1] = s[i+1], s[i]
				r["surname"] = string(s)
			}
			rows, truth = append(rows, r), append(truth, p)
		}
	}
	return rows, truth
}

func run(rows []row, order []int) (*Table, *Result) {
	tab := NewTable(NewSchema(dict, "person", "givenName", "surname", "dateOfBirth", "buildingNumber", "thoroughfareName", "postTown", "postcode", "telephone"))
	for _, i := range order {
		tab.Add(fmt.Sprint(i), "", rows[i].facts())
	}
	return tab, tab.Run(Options{Families: true})
}

func TestFindsWhoIsWho(t *testing.T) {
	rows, truth := people(600, 5)
	order := rand.New(rand.NewPCG(3, 4)).Perm(len(rows))
	_, res := run(rows, order)
	right, wrong, missed := 0, 0, 0
	// Who has no given name, and one of two no date of birth, is shown and joined by nobody but an officer.
	told := func(a, b row) bool {
		return a["givenName"] != "" && b["givenName"] != "" || a["dateOfBirth"] != "" && b["dateOfBirth"] != ""
	}
	for x := range order {
		for y := range x {
			switch same, said := truth[order[x]] == truth[order[y]], res.Clusters[x] == res.Clusters[y]; {
			case same && !said && !told(rows[order[x]], rows[order[y]]):
			case same && said:
				right++
			case said:
				wrong++
			case same:
				missed++
			}
		}
	}
	if wrong > 0 || float64(missed) > 0.02*float64(right) {
		t.Errorf("%d right, %d wrong, %d missed", right, wrong, missed)
	}
	for _, l := range res.Links {
		if l.Probability >= 0.99 && truth[order[l.I]] != truth[order[l.J]] {
			t.Error("two people are called one with certainty")
		}
	}
}

// The order in which rows stand in a file says nothing.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	rows, _ := people(150, 9)
	same := func(order []int) map[[2]int]bool {
		_, res := run(rows, order)
		out := map[[2]int]bool{}
		for x := range order {
			for y := range x {
				if res.Clusters[x] == res.Clusters[y] {
					out[[2]int{min(order[x], order[y]), max(order[x], order[y])}] = true
				}
			}
		}
		return out
	}
	straight := make([]int, len(rows))
	for i := range straight {
		straight[i] = i
	}
	a, b := same(straight), same(rand.New(rand.NewPCG(8, 8)).Perm(len(rows)))
	differ := 0
	for k := range a {
		if !b[k] {
			differ++
		}
	}
	for k := range b {
		if !a[k] {
			differ++
		}
	}
	if differ > len(a)/100 { // random pairs are others, so that what hangs by a hair may fall either way
		t.Errorf("%d of %d pairs hang on the order of the rows", differ, len(a))
	}
}

// Those who are easily taken for one another are kept apart among many.
func TestKeepsApartWhoOnlyLooksAlike(t *testing.T) {
	twin := row{"givenName": "Daniel", "surname": "Fitzgerald", "dateOfBirth": "1991-05-17", "buildingNumber": "12", "thoroughfareName": "Mill Road", "postTown": "Leeds", "postcode": "LS8 2QX", "telephone": "07700 900555"}
	with := func(r row, change row) row {
		out := row{}
		for k, v := range r {
			out[k] = v
		}
		for k, v := range change {
			if out[k] = v; v == "" {
				delete(out, k)
			}
		}
		return out
	}
	for name, pair := range map[string][2]row{
		"twins":          {twin, with(twin, row{"givenName": "Marcus"})},
		"father and son": {twin, with(twin, row{"dateOfBirth": "1962-09-02"})},
		"a couple":       {twin, with(twin, row{"givenName": "Claire", "dateOfBirth": "1992-11-30"})},
		"one address":    {twin, with(twin, row{"givenName": "Tomasz", "surname": "Kowalski", "dateOfBirth": "1988-02-03", "telephone": ""})},
		"one phone":      {twin, row{"givenName": "Grace", "surname": "Okafor", "dateOfBirth": "1979-08-21", "telephone": "07700 900555"}},
		"one name":       {twin, row{"givenName": "Daniel", "surname": "Fitzgerald", "dateOfBirth": "1970-01-29", "postcode": "M1 1AA"}},
	} {
		rows, _ := people(300, 21)
		rows = append(rows, pair[0], pair[1])
		order := rand.New(rand.NewPCG(3, 4)).Perm(len(rows))
		_, res := run(rows, order)
		at := map[int]int{}
		for x, i := range order {
			at[i] = x
		}
		if res.Clusters[at[len(rows)-1]] == res.Clusters[at[len(rows)-2]] {
			t.Errorf("%s are held to be one", name)
		}
	}
}

func TestExplanationAddsUp(t *testing.T) {
	rows, _ := people(120, 2)
	order := rand.New(rand.NewPCG(1, 1)).Perm(len(rows))
	tab, res := run(rows, order)
	for _, l := range res.Links[:min(50, len(res.Links))] {
		e := tab.Explain(res.Model, int(l.I), int(l.J))
		sum := e.Prior
		for _, x := range e.Evidence {
			if x.Say == "" {
				t.Error("evidence that says nothing")
			}
			sum += x.Bits
		}
		if math.Abs(sum-e.Total) > 0.05 {
			t.Fatalf("prior and evidence add up to %.2f, the total is %.2f: %+v", sum, e.Total, e)
		}
	}
}

func TestEmpty(t *testing.T) {
	tab := NewTable(NewSchema(dict, "person"))
	tab.Run(Options{})
	tab.Add("a", "", nil)
	if res := tab.Run(Options{}); res.Entities != 1 || len(res.Links) != 0 {
		t.Errorf("%+v", res)
	}
}

// A memo serves several lists of words, whose numbers are the same: what it remembers of names must not be said of streets.
func TestMemoTellsListsOfWordsApart(t *testing.T) {
	m := new(memo)
	streets, people := newWords(1), newWords(0)
	a, b := people.number("robert"), people.number("bob")
	x, y := streets.number("station"), streets.number("harbour")
	if a != x || b != y {
		t.Fatal("the test has no numbers in common")
	}
	if l := people.like(a, b, m); l != wordForm {
		t.Errorf("robert, bob: %d", l)
	}
	if l := streets.like(x, y, m); l != wordDiffers {
		t.Errorf("station, harbour: %d", l)
	}
}

func TestRunsOfTheSameRecordsAreTheSame(t *testing.T) {
	rows, _ := people(250, 5)
	run := func() *Result {
		tab := NewTable(NewSchema(dict, "person", "givenName", "surname", "dateOfBirth", "buildingNumber", "thoroughfareName", "postTown", "postcode", "telephone"))
		for i, r := range rows {
			tab.Add(fmt.Sprint(i), "", r.facts())
		}
		return tab.Run(Options{})
	}
	a := run()
	for range 3 {
		if b := run(); !slices.Equal(a.Clusters, b.Clusters) || !slices.Equal(a.Links, b.Links) {
			t.Fatal("two runs differ")
		}
	}
}

func BenchmarkScore(b *testing.B) {
	rows, _ := people(2000, 5)
	tab := NewTable(NewSchema(dict, "person", "givenName", "surname", "dateOfBirth", "buildingNumber", "thoroughfareName", "postTown", "postcode", "telephone"))
	for i, r := range rows {
		tab.Add(fmt.Sprint(i), "", r.facts())
	}
	res := tab.Run(Options{})
	s := newScorer(tab, res.Model)
	m := new(memo)
	var ls levels
	rng := rand.New(rand.NewPCG(1, 2))
	pairs := make([][2]int, 1<<16)
	for i := range pairs {
		pairs[i] = [2]int{rng.IntN(len(rows)), rng.IntN(len(rows))}
	}
	b.ResetTimer()
	for i := range b.N {
		p := pairs[i&(1<<16-1)]
		s.score(p[0], p[1], m, &ls)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
}

// A record with nothing but a name, or with a name and another birthday, joins nobody by itself, however rare the name.
func TestANameAloneJoinsNobody(t *testing.T) {
	rows, _ := people(300, 4)
	var bare []int
	for i := 0; i < 300; i += 10 {
		if rows[i]["givenName"] == "" || rows[i]["dateOfBirth"] == "" {
			continue
		}
		bare = append(bare, len(rows), len(rows)+1)
		rows = append(rows, row{"givenName": rows[i]["givenName"], "surname": rows[i]["surname"]},
			row{"givenName": rows[i]["givenName"], "surname": rows[i]["surname"], "dateOfBirth": "1931-11-30"})
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	_, res := run(rows, order)
	size := map[int32]int{}
	for _, c := range res.Clusters {
		size[c]++
	}
	for k, i := range bare {
		if k%2 == 0 && size[res.Clusters[i]] > 1 {
			t.Errorf("%v is joined to somebody", rows[i])
		}
		if k%2 == 1 && res.Clusters[i] < 900 && rows[res.Clusters[i]]["dateOfBirth"] != "1931-11-30" && rows[res.Clusters[i]]["dateOfBirth"] != "" {
			t.Errorf("%v is joined to %v", rows[i], rows[res.Clusters[i]])
		}
	}
}
