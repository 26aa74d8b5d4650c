package caseview

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/app/match"
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

// rec makes a record of "surname Miller|dateOfBirth 03/11/2011|postcode@home LS8 2QX".
func rec(d *pole.Dictionary, ref string, kind pole.Kind, facts string) pole.Record {
	system, id, _ := strings.Cut(ref, "/")
	r := pole.Record{Ref: pole.Ref{System: system, ID: id}, Kind: kind, Read: read}
	for f := range strings.SplitSeq(facts, "|") {
		name, v, _ := strings.Cut(strings.TrimSpace(f), " ")
		name, group, _ := strings.Cut(name, "@")
		p := pole.Property(name)
		x := pole.Fact{Property: p, Value: d.Normalise(p, v), Group: group}
		if group == "old" {
			x.To = "2021"
		}
		r.Facts = append(r.Facts, x)
	}
	return r
}

func entity(rs ...pole.Record) match.Entity {
	return match.Entity{ID: rs[0].String(), Kind: rs[0].Kind, Records: rs}
}

// line writes a merged property as "03/11/2011 rms cad / 11/03/2011 cus (day and month swapped)".
func line(m Merged) string {
	var out []string
	for _, v := range m.Values {
		s := v.Display
		for _, src := range v.Sources {
			s += " " + src.Ref.System
		}
		if v.Say != "" {
			s += " (" + v.Say + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " / ")
}

func find(ms []Merged, p pole.Property) Merged {
	for _, m := range ms {
		if m.Property == p {
			return m
		}
	}
	return Merged{}
}

const miller = "surname MILLER|givenName Aaron|middleName James|dateOfBirth 03/11/2011"

func TestCase(t *testing.T) {
	d := dictionary(t)
	rms := rec(d, "rms/1", "person", miller+"|pncId 2014/0120018R|buildingNumber 12|thoroughfareName Alder Rise|postTown Leeds|postcode LS8 2QX|uprn 100012345678|warning SH|telephone 07700 900412|sex M")
	rms.Updated = read.AddDate(0, -1, 0)
	cad := rec(d, "cad/2", "person", "surname Miller|givenName Aaron|dateOfBirth 2011-11-03|address 12 ALDER RISE, LS8 2QX|warning MISSING since 24/11 07:40|telephone 07700 900999")
	cad.Read = read.Add(-11 * time.Minute)
	cus := rec(d, "cus/3", "person", "surname Miller|givenName Aaron|dateOfBirth 11/03/2011|sex Q|warning Forced marriage|height 168")
	cus.Marking = pole.Marking{Classification: "OFFICIAL-SENSITIVE", Handling: []string{"P"}}
	intel := rec(d, "int/4", "person", "fullName MILLER, Aaron James|buildingNumber 4|thoroughfareName Brook Court|postcode LS7 4HG|dateOfBirth 2011|warning Self harm|occupation Unknown")
	in := Input{
		Entity: entity(rms, cad, cus, intel),
		Old:    map[string]bool{cus.String(): true},
		Gaps:   []Gap{{System: "stp", Say: "did not answer"}},
	}
	c := Build(d, in)
	if c.Title != "MILLER, Aaron James" || c.Detail != "15 y · 03/11/2011 · 12 Alder Rise, Leeds LS8 2QX" {
		t.Errorf("%q, %q", c.Title, c.Detail)
	}
	for _, x := range []struct {
		in   []Merged
		p    pole.Property
		want string
	}{
		{c.Disagreements, "dateOfBirth", "03/11/2011 cad rms / 11/03/2011 cus (day and month swapped) / 2011 int (less exact)"},
		{c.Disagreements, "address", "12 Alder Rise, Leeds LS8 2QX rms / 12 ALDER RISE, LS8 2QX cad (less complete) / 4 Brook Court, LS7 4HG int (different address)"},
		{c.Disagreements, "sex", "Male rms / Q cus (This code is not in the code list.)"},
		{c.Agreed, "fullName", "Aaron James MILLER int rms / Aaron MILLER cad cus (less complete)"},
		{c.Agreed, "telephone", "07700 900412 rms / 07700 900999 cad"},
		{c.Agreed, "pncId", "2014/0120018R rms"},
		{c.Agreed, "uprn", "100012345678 rms"},
		{c.Agreed, "height", "168 cus"},
		{c.Agreed, "occupation", "Unknown int (not known to the source)"},
	} {
		if got := line(find(x.in, x.p)); got != x.want {
			t.Errorf("%s: %s\nwant %s", x.p, got, x.want)
		}
	}
	if len(c.Disagreements) != 3 {
		t.Errorf("%d disagreements", len(c.Disagreements))
	}
	if why := find(c.Disagreements, "dateOfBirth").Why; why != "said by 3 systems, the next by 2 systems" {
		t.Error(why)
	}
	var warnings []string
	for _, w := range c.Warnings {
		warnings = append(warnings, fmt.Sprintf("%s %s %s %d", w.Code, w.Label, w.Level, len(w.Sources)))
	}
	if got := strings.Join(warnings, "|"); got != "FORCED MARRIAGE Forced marriage danger 1|SH Self-harm danger 2|MISSING MISSING danger 1" {
		t.Error(got)
	}
	if c.Marking.Classification != "OFFICIAL-SENSITIVE" || !slices.Equal(c.Marking.Handling, []string{"P"}) {
		t.Error(c.Marking)
	}
	if !c.Read.Equal(cad.Read) || len(c.Gaps) != 1 || !c.Old[cus.String()] {
		t.Error(c.Read, c.Gaps, c.Old)
	}
	for _, v := range find(c.Disagreements, "dateOfBirth").Values {
		for _, s := range v.Sources {
			if s.Old != (s.Ref.System == "cus") {
				t.Errorf("%s is shown as old: %v", s.Ref, s.Old)
			}
		}
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
}

// What decides about the best value, one step after another.
func TestBestValue(t *testing.T) {
	d := dictionary(t)
	at := func(r pole.Record, days int) pole.Record {
		r.Updated = read.AddDate(0, 0, days)
		return r
	}
	for _, c := range []struct {
		name      string
		records   []pole.Record
		p         pole.Property
		want, why string
		disagree  bool
	}{
		{"agreement", []pole.Record{rec(d, "a/1", "person", "occupation Baker"), rec(d, "b/1", "person", "occupation Miller"), rec(d, "c/1", "person", "occupation MILLER")},
			"occupation", "Miller", "said by 2 systems, the next by one system", true},
		{"agreement, of what never changes", []pole.Record{at(rec(d, "a/1", "person", "birthPlace York"), 0), rec(d, "b/1", "person", "birthPlace Leeds"), rec(d, "c/1", "person", "birthPlace LEEDS")},
			"birthPlace", "Leeds", "said by 2 systems, the next by one system", true},
		{"the latest, of what changes", []pole.Record{at(rec(d, "a/1", "person", "occupation Baker"), -1), at(rec(d, "b/1", "person", "occupation Miller"), -300), at(rec(d, "c/1", "person", "occupation Miller"), -200)},
			"occupation", "Baker", "changed most recently, on 23/11/2026", true},
		{"not the latest of one day", []pole.Record{at(rec(d, "a/1", "person", "occupation Baker"), 0), at(rec(d, "b/1", "person", "occupation Miller"), 0), at(rec(d, "c/1", "person", "occupation Miller"), 0)},
			"occupation", "Miller", "said by 2 systems, the next by one system", true},
		{"one system does not agree with itself twice", []pole.Record{at(rec(d, "a/1", "person", "occupation Baker"), 0), rec(d, "b/1", "person", "occupation Cook"), rec(d, "b/2", "person", "occupation Cook")},
			"occupation", "Baker", "changed on 24/11/2026; of the other no date is known", true},
		{"recency", []pole.Record{at(rec(d, "a/1", "person", "occupation Baker"), -9), at(rec(d, "b/1", "person", "occupation Cook"), -2)},
			"occupation", "Cook", "changed most recently, on 22/11/2026", true},
		{"completeness", []pole.Record{rec(d, "a/1", "person", "occupation Cook"), rec(d, "b/1", "person", "occupation Gardener")},
			"occupation", "Gardener", "the most complete of those said by one system", true},
		{"what can be read", []pole.Record{rec(d, "a/1", "person", "dateOfBirth 31/04/1990"), rec(d, "b/1", "person", "dateOfBirth 31/04/1990"), rec(d, "c/1", "person", "dateOfBirth 30/04/1990")},
			"dateOfBirth", "30/04/1990", "the other could not be read", true},
		{"what is not a placeholder", []pole.Record{rec(d, "a/1", "person", "dateOfBirth 01/01/1900"), rec(d, "b/1", "person", "dateOfBirth 01/01/1900"), rec(d, "c/1", "person", "dateOfBirth 30/04/1990")},
			"dateOfBirth", "30/04/1990", "the other is doubtful", true},
		{"what still holds", []pole.Record{rec(d, "a/1", "person", "postTown@old York|postcode@old YO1 7HH"), rec(d, "b/1", "person", "postTown@old York|postcode@old YO1 7HH"), rec(d, "c/1", "person", "postTown@now Leeds|postcode@now LS8 2QX")},
			"address", "Leeds LS8 2QX", "the other has ended", false},
	} {
		got := Build(d, Input{Entity: entity(c.records...)})
		m := find(append(slices.Clone(got.Disagreements), got.Agreed...), c.p)
		if len(m.Values) < 2 || m.Values[0].Display != c.want || m.Why != c.why || m.Disagree != c.disagree {
			t.Errorf("%s: %s, why %q, disagree %v", c.name, line(m), m.Why, m.Disagree)
		}
	}
}

// The system that the force calls the authority for a property is believed before the many, unless what it says has ended.
func TestAuthority(t *testing.T) {
	d := dictionary(t)
	rs := []pole.Record{rec(d, "rms/1", "vehicle", "vrm YK19FZB|make Ford|colour Blue"), rec(d, "cad/1", "vehicle", "vrm YK19FZB|make Ford|colour Blue"), rec(d, "dvla/1", "vehicle", "vrm YK19FZB|make Vauxhall|colour Red")}
	in := Input{Entity: entity(rs...), Authority: map[string][]pole.Property{"dvla": {"make"}}, Names: map[string]string{"dvla": "DVLA"}}
	c := Build(d, in)
	if m := find(c.Disagreements, "make"); len(m.Values) != 2 || m.Values[0].Display != "Vauxhall" || m.Rule != RuleAuthority || m.Why != "DVLA is the authority for this" {
		t.Errorf("%s: %s %q", line(m), m.Rule, m.Why)
	}
	if m := find(c.Disagreements, "colour"); len(m.Values) != 2 || m.Values[0].Display != "Blue" || m.Rule != RuleAgreement {
		t.Errorf("%s: %s", line(m), m.Rule)
	}
	rs[2].Facts[1].To = "2024"
	if m := find(append(Build(d, in).Disagreements, Build(d, in).Agreed...), "make"); m.Values[0].Display != "Ford" || m.Rule != RuleHolds {
		t.Errorf("%s: %s", line(m), m.Rule)
	}
}

// The gravest disagreement stands first: what identifies before what describes, what differs before a slip of the pen.
func TestWeightOfDisagreements(t *testing.T) {
	d := dictionary(t)
	c := Build(d, Input{Entity: entity(
		rec(d, "a/1", "person", "surname Miller|givenName Aaron|dateOfBirth 03/11/2011|occupation Baker|pncId 2014/0120018R"),
		rec(d, "b/1", "person", "surname Miller|givenName Aaron|dateOfBirth 11/03/2011|occupation Cook|pncId 2014/0120019T"))})
	var got []string
	last := 1000.0
	for _, m := range c.Disagreements {
		got = append(got, string(m.Property))
		if m.Weight <= 0 || m.Weight > last {
			t.Errorf("%s weighs %v after %v", m.Property, m.Weight, last)
		}
		last = m.Weight
	}
	if want := "pncId dateOfBirth occupation"; strings.Join(got, " ") != want {
		t.Errorf("%v, not %s", got, want)
	}
	for _, m := range c.Agreed {
		if m.Weight != 0 {
			t.Errorf("%s is agreed and weighs %v", m.Property, m.Weight)
		}
	}
}

func TestLinksAndTimeline(t *testing.T) {
	d := dictionary(t)
	ref := func(s string) pole.Ref { a, b, _ := strings.Cut(s, "/"); return pole.Ref{System: a, ID: b} }
	with := func(r pole.Record, links ...pole.Link) pole.Record { r.Links = links; return r }
	rms := with(rec(d, "rms/1", "person", miller),
		pole.Link{Role: "mother", From: ref("rms/7"), To: ref("rms/1"), Kind: "person", Label: "Andrea Miller"},
		pole.Link{Role: "victim", From: ref("rms/1"), To: ref("rms/E1"), Kind: "crime"},
		pole.Link{Role: "currentAddress", From: ref("rms/L9"), To: ref("rms/1"), Kind: "location", Label: "12 Alder Rise"})
	cad := rec(d, "cad/2", "person", miller)
	mother := match.Entity{ID: "cad//8", Kind: "person", Records: []pole.Record{
		with(rec(d, "cad/8", "person", "surname Miller|givenName Andrea"), pole.Link{Role: "parent", From: ref("cad/8"), To: ref("cad/2"), Kind: "person", Label: "the boy"}),
		rec(d, "rms/7", "person", "surname Miller|givenName Andrea")}}
	crime := match.Entity{ID: "rms//E1", Kind: "crime", Records: []pole.Record{
		rec(d, "rms/E1", "crime", "reference 24-10887|offence Robbery|startDateTime 2026-06-02T18:31:00+01:00"),
		rec(d, "int/E2", "crime", "reference 24-10887|startDateTime 2026-06-02")}}
	stop := entity(with(rec(d, "stp/5", "stop", "reference STP-5|startDateTime 2024-03|stopOutcome Nothing found"), pole.Link{Role: "searchedPerson", From: ref("cad/2"), To: ref("stp/5")}))
	undated := entity(rec(d, "int/6", "intelligence", "reference INT-6"))
	disputed := match.Entity{ID: "cad//9", Kind: "incident", Records: []pole.Record{
		rec(d, "cad/9", "incident", "reference CAD-9|startDateTime 2026-11-24T07:52:00Z"), rec(d, "rms/9", "incident", "reference 24-9|otherReference CAD-9|startDateTime 2026-11-24T08:52:00Z")}}
	in := Input{Entity: entity(rms, cad), Around: []match.Entity{mother, crime, stop, undated, disputed}}
	c := Build(d, in)
	var linked []string
	for _, l := range c.Linked {
		linked = append(linked, fmt.Sprintf("%s [%s] %s %s %d", l.Title, strings.Join(l.Roles, ", "), l.Class, strings.Join(l.Systems, "+"), len(l.Refs)))
	}
	want := []string{
		"MILLER, Andrea [mother, parent] person cad+rms 2",
		"12 Alder Rise [current address] location rms 1",
		"Robbery 24-10887 [as victim] event rms 1",
		"Stop and search STP-5 [as person searched] event stp 1",
	}
	if !slices.Equal(linked, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(linked, "\n"), strings.Join(want, "\n"))
	}
	var moments []string
	for _, m := range c.Timeline {
		moments = append(moments, m.Display+" | "+m.Title+" | "+m.Detail)
	}
	want = []string{
		"March 2024 | Stop and search STP-5 | as person searched · No further action",
		"02/06/2026 18:31 | Robbery 24-10887 | as victim",
		"24/11/2026 07:52 | Incident CAD-9 | rms says 24/11/2026 08:52",
		"date not known | Intelligence INT-6 | ",
	}
	if !slices.Equal(moments, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(moments, "\n"), strings.Join(want, "\n"))
	}

	// Seen from the crime, the same link has the other name, and the crime stands on its own timeline.
	c = Build(d, Input{Entity: crime, Around: []match.Entity{in.Entity}})
	if len(c.Linked) != 1 || !slices.Equal(c.Linked[0].Roles, []string{"victim"}) || c.Linked[0].Title != "MILLER, Aaron James" || len(c.Timeline) != 1 {
		t.Errorf("%+v\n%+v", c.Linked, c.Timeline)
	}
}

// Whatever the records: every fact has its source in the case, nothing is changed, and no order matters.
func TestEveryFactHasItsSource(t *testing.T) {
	d := dictionary(t)
	kinds := d.Kinds()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind").Name
		props := d.Properties(kind)
		var rs []pole.Record
		for i := range rapid.IntRange(1, 6).Draw(t, "records") {
			r := pole.Record{Ref: pole.Ref{System: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "system"), ID: fmt.Sprint(i)}, Kind: kind, Read: read}
			for range rapid.IntRange(0, 8).Draw(t, "facts") {
				p := rapid.SampledFrom(props).Draw(t, "property").Name
				src := rapid.SampledFrom([]string{"12", "Miller", "MILLER", "03/11/2011", "2011", "LS8 2QX", "YK19FZB", "yes", "unknown", "VI", "Q", "", "07700 900412"}).Draw(t, "source")
				r.Facts = append(r.Facts, pole.Fact{Property: p, Value: d.Normalise(p, src), Group: rapid.SampledFrom([]string{"", "", "g1", "g2"}).Draw(t, "group")})
			}
			rs = append(rs, r)
		}
		before, _ := json.Marshal(rs)
		c := Build(d, Input{Entity: entity(rs...)})
		if after, _ := json.Marshal(rs); string(after) != string(before) {
			t.Fatal("the records were changed")
		}
		said := map[string]bool{}
		shown := map[string]string{}
		for _, m := range append(slices.Clone(c.Disagreements), c.Agreed...) {
			for i, v := range m.Values {
				if len(v.Sources) == 0 || v.Display == "" {
					t.Fatalf("%s: a value without a source or words: %+v", m.Property, v)
				}
				if i > 0 && m.Values[0].Value.Norm == "" && v.Value.Norm != "" {
					t.Fatalf("%s: one that could not be read stands first", m.Property)
				}
				for _, s := range v.Sources {
					said[string(m.Property)+s.Ref.String()+s.Value.Source] = true
					shown[s.Ref.String()] += " " + pole.FoldName(v.Display) + " "
				}
			}
		}
		for _, w := range c.Warnings {
			for _, s := range w.Sources {
				said["warning"+s.Ref.String()+s.Value.Source] = true
			}
		}
		for _, r := range rs {
			for _, f := range r.Facts {
				if f.Value.Norm == "" && f.Value.Source == "" || said[string(f.Property)+r.String()+f.Value.Source] {
					continue
				}
				if _, grouped := d.GroupOf(f.Property); grouped && strings.Contains(shown[r.String()], pole.FoldName(d.Display(f.Property, f.Value))) {
					continue
				}
				t.Fatalf("%s says %s = %q, and the case does not", r.Ref, f.Property, f.Value.Source)
			}
		}
		shuffled := entity(rs...)
		shuffled.Records = rapid.Permutation(rs).Draw(t, "order")
		other := Build(d, Input{Entity: shuffled})
		other.Records = c.Records
		a, _ := json.Marshal(c)
		b, _ := json.Marshal(other)
		if string(a) != string(b) {
			t.Fatalf("the order matters:\n%s\n%s", a, b)
		}
	})
}

// large is a case of n records of one person from 12 systems, as such records are: names and places spelt in many ways, dates
// mistyped, old addresses ended, telephones of their own; every fifth record is linked to one of 200 events and people around.
func large(d *pole.Dictionary, n int) Input {
	systems := []string{"rms", "cad", "cus", "int", "veh", "stp", "ev", "case", "prop", "anpr", "fire", "hr"}
	streets := []string{"Alder Rise", "Brook Court", "Station Road", "The Avenue", "Mill Lane"}
	given := []string{"Aaron", "AARON", "Aaron James", "A", "Arron"}
	in := Input{Old: map[string]bool{}, Authority: map[string][]pole.Property{"rms": {"pncId"}, "cus": {"dateOfBirth"}}}
	var rs []pole.Record
	for i := range n {
		facts := fmt.Sprintf("surname %s|givenName %s|dateOfBirth %s|sex M|pncId 2014/0120018R|buildingNumber@home %d|thoroughfareName@home %s|postTown@home Leeds|postcode@home LS8 2QX|buildingNumber@old %d|thoroughfareName@old %s|postcode@old LS7 4HG|telephone 07700 900%03d|warning %s|occupation %s|height %d",
			[]string{"Miller", "MILLER", "Millar"}[i%3], given[i%len(given)], []string{"03/11/2011", "2011-11-03", "11/03/2011", "2011"}[i%4],
			1+i%20, streets[i%5], 1+i%7, streets[i%3], i%1000, []string{"VI", "SH", "Forced marriage"}[i%3], []string{"Baker", "Cook", "Unknown"}[i%3], 165+i%4)
		r := rec(d, fmt.Sprintf("%s/%d", systems[i%len(systems)], i), "person", facts)
		r.Updated = read.AddDate(0, 0, -i%900)
		if i%5 == 0 {
			r.Links = append(r.Links, pole.Link{Role: "victim", From: r.Ref, To: pole.Ref{System: "cad", ID: fmt.Sprintf("E%d", i%200)}, Kind: "incident"})
		}
		if i%11 == 0 {
			in.Old[r.String()] = true
		}
		rs = append(rs, r)
	}
	in.Entity = entity(rs...)
	for i := range 200 {
		in.Around = append(in.Around, entity(rec(d, fmt.Sprintf("cad/E%d", i), "incident", fmt.Sprintf("reference CAD-%d|startDateTime 2026-01-%02dT10:00:00Z|category Assault|address %d Mill Lane, Leeds", i, 1+i%28, i))))
	}
	return in
}

func BenchmarkBuild1000(b *testing.B) {
	d := dictionary(b)
	in := large(d, 1000)
	b.ReportAllocs()
	for b.Loop() {
		Build(d, in)
	}
}

func BenchmarkBuild10000(b *testing.B) {
	d := dictionary(b)
	in := large(d, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		Build(d, in)
	}
}

func BenchmarkBuildOne(b *testing.B) {
	d := dictionary(b)
	in := Input{Entity: entity(rec(d, "rms/1", "person", miller+"|telephone 07700 900412|postcode LS8 2QX"))}
	for b.Loop() {
		Build(d, in)
	}
}
