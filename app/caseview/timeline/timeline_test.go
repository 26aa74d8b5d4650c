package timeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/app/match"
	"muster/assets"
	"muster/plugins/pole"

	"pgregory.net/rapid"
)

var read = time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)

var dict = func() *pole.Dictionary {
	d, err := pole.Load(assets.FS)
	if err != nil {
		panic(err)
	}
	return d
}()

func ref(s string) pole.Ref { a, b, _ := strings.Cut(s, "/"); return pole.Ref{System: a, ID: b} }

// rec makes a record of "surname Miller|startDateTime 2026-06".
func rec(at string, kind pole.Kind, facts string, links ...pole.Link) pole.Record {
	r := pole.Record{Ref: ref(at), Kind: kind, Read: read, Links: links}
	for f := range strings.SplitSeq(facts, "|") {
		name, v, _ := strings.Cut(strings.TrimSpace(f), " ")
		r.Facts = append(r.Facts, pole.Fact{Property: pole.Property(name), Value: dict.Normalise(pole.Property(name), v)})
	}
	return r
}

func entity(rs ...pole.Record) match.Entity {
	return match.Entity{ID: rs[0].String(), Kind: rs[0].Kind, Records: rs}
}

func build(subject match.Entity, around ...match.Entity) *Timeline {
	c := caseview.Build(dict, caseview.Input{Entity: subject, Around: around})
	return Build(dict, &c)
}

func miller(links ...pole.Link) pole.Record {
	return rec("rms/1", "person", "surname Miller|givenName Aaron|dateOfBirth 03/11/2011", links...)
}

// says writes an item as "2026-06-02T17:31:00Z rms int ≠ 2026-06-03 cad".
func says(it Item) string {
	var out []string
	for _, d := range it.Dates {
		out = append(out, d.Display+" "+strings.Join(d.Systems, " "))
	}
	return strings.Join(out, " ≠ ")
}

func find(t *testing.T, list []Item, part string) Item {
	t.Helper()
	for _, it := range list {
		if strings.Contains(it.Title+" "+it.ID, part) {
			return it
		}
	}
	t.Fatalf("no item with %q among %d", part, len(list))
	return Item{}
}

func TestDatesOfOneEvent(t *testing.T) {
	for _, c := range []struct {
		name, want string
		records    []pole.Record
	}{
		{"the more exact stands for the less", "02/06/2026 18:31 int rms", []pole.Record{
			rec("rms/1", "crime", "reference A1|startDateTime 2026-06-02T18:31:00+01:00"), rec("int/2", "crime", "reference A1|startDateTime 2026-06-02")}},
		{"a conflict is shown with who says what", "24/11/2026 07:52 cad rms ≠ 24/11/2026 08:52 int", []pole.Record{
			rec("cad/1", "incident", "reference A1|startDateTime 2026-11-24T07:52:00Z"), rec("int/2", "incident", "reference A1|startDateTime 2026-11-24T08:52:00Z"),
			rec("rms/3", "incident", "reference A1|startDateTime 2026-11-24T07:52:30Z")}},
		{"a month is a month", "March 2024 stp", []pole.Record{rec("stp/1", "stop", "reference A1|startDateTime 2024-03")}},
		{"with its end", "24/11/2026 07:00 to 09:30 cad", []pole.Record{rec("cad/1", "incident", "reference A1|startDateTime 2026-11-24T07:00:00Z|endDateTime 2026-11-24T09:30:00Z")}},
		{"some time between", "between 23/11/2026 22:00 and 24/11/2026 06:00 rms", []pole.Record{rec("rms/1", "crime", "reference A1|startDateTime 2026-11-23T22:00:00Z|startDateTimeTo 2026-11-24T06:00:00Z")}},
		{"an end before the beginning draws nothing false", "24/11/2026 07:00 cad", []pole.Record{rec("cad/1", "incident", "reference A1|startDateTime 2026-11-24T07:00:00Z|endDateTime 2026-11-23")}},
		{"only when it was reported", "24/11/2026 07:52 cad", []pole.Record{rec("cad/1", "incident", "reference A1|reportedDateTime 2026-11-24T07:52:00Z")}},
		{"a day in summer is that day here", "02/06/2026 18:31 rms ≠ 01/06/2026 int", []pole.Record{
			rec("rms/1", "crime", "reference A1|startDateTime 2026-06-02T18:31:00+01:00"), rec("int/2", "crime", "reference A1|startDateTime 2026-06-01")}},
	} {
		tl := build(entity(c.records...))
		if len(tl.Items) != 1 || says(tl.Items[0]) != c.want {
			t.Errorf("%s: %d items: %s\nwant %s", c.name, len(tl.Items), says(tl.Items[0]), c.want)
		}
	}
}

func TestNothingIsDropped(t *testing.T) {
	subject := entity(miller(
		pole.Link{Role: "victim", From: ref("rms/1"), To: ref("rms/E1"), Kind: "crime"},
		pole.Link{Role: "subject", From: ref("rms/1"), To: ref("int/9"), Kind: "intelligence", Label: "Intelligence INT-9"}))
	tl := build(subject,
		entity(rec("rms/E1", "crime", "reference 24-10887|offence Robbery|startDateTime 2026-06-02T18:31:00+01:00|outcomeDate 2026-07")),
		entity(rec("int/6", "intelligence", "reference INT-6")),
		entity(rec("cad/7", "incident", "reference CAD-7|startDateTime 31/02/2026")),
		entity(rec("cad/8", "incident", "reference CAD-8|startDateTime 01/01/1900")))
	for part, why := range map[string]Why{"INT-6": WhyNoDate, "CAD-7": WhyUnreadable, "CAD-8": WhyDoubtful, "INT-9": WhyNotRead} {
		if it := find(t, tl.Undated, part); it.Why != why {
			t.Errorf("%s stands apart because of %q, not %q", part, it.Why, why)
		}
	}
	if len(tl.Undated) != 4 || len(tl.Items) != 3 { // the crime, its outcome, the birth
		t.Errorf("%d undated, %d dated", len(tl.Undated), len(tl.Items))
	}
	if it := find(t, tl.Items, "Outcome"); !it.Fact || it.Dates[0].Display != "July 2026" || it.Extent().Begins.Exact() {
		t.Errorf("the outcome is %+v", it)
	}
	if it := find(t, tl.Items, "Robbery"); len(it.People) != 1 || it.People[0].Title != "MILLER, Aaron" || it.People[0].Roles[0] != "victim" {
		t.Errorf("in the robbery are %+v", it.People)
	}
}

func TestZones(t *testing.T) {
	for words, want := range map[string]string{
		"2026-11-24T07:52:00Z": "[]", "2026-11-24T07:52:00": "[nozone]", "24/11/2026 07:52": "[nozone]", "2026-11-24": "[]",
		"2026-10-25T01:30:00": "[nozone twice]", "2026-10-25T01:30:00+01:00": "[]", "2026-10-25T03:30:00": "[nozone]",
	} {
		tl := build(entity(rec("cad/1", "incident", "reference A1|startDateTime "+words)))
		if got := fmt.Sprint(tl.Items[0].Notes()); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
}

func TestWhatHeldFromAndTo(t *testing.T) {
	p := miller()
	p.Facts = append(p.Facts,
		pole.Fact{Property: "address", Value: dict.Normalise("address", "12 Alder Rise, LS8 2QX"), From: "2021", Group: "a"},
		pole.Fact{Property: "address", Value: dict.Normalise("address", "4 Brook Court, LS7 4HG"), From: "2018-03", To: "2021-05-10", Group: "b"})
	other := rec("cad/2", "person", "surname Miller|givenName Aaron|dateOfBirth 03/11/2011")
	other.Facts = append(other.Facts, pole.Fact{Property: "address", Value: dict.Normalise("address", "4 Brook Court, LS7 4HG"), From: "2015"})
	tl := build(entity(p, other))
	if it := find(t, tl.Items, "12 Alder"); says(it) != "since 2021 rms" || !it.Extent().Since || !it.Extent().Last().Equal(read) {
		t.Errorf("%s %+v", says(it), it.Extent())
	}
	if it := find(t, tl.Items, "4 Brook"); says(it) != "since 2015 cad ≠ March 2018 to 10/05/2021 rms" && says(it) != "March 2018 to 10/05/2021 rms ≠ since 2015 cad" {
		t.Error(says(it))
	}
}

func TestFiltersAndLanes(t *testing.T) {
	tl := build(entity(miller(pole.Link{Role: "victim", From: ref("rms/1"), To: ref("rms/E1"), Kind: "crime"})),
		entity(rec("rms/E1", "crime", "reference 24-10887|offence Robbery|startDateTime 2026-06-02"), rec("int/E2", "crime", "reference 24-10887|startDateTime 2026-06-02")),
		entity(rec("stp/5", "stop", "reference STP-5|startDateTime 2024-03")))
	for f, want := range map[Filter]int{{}: 3, {System: "int"}: 1, {Kind: "stop"}: 1, {Kind: "fact:person"}: 1, {Text: "robb 10887"}: 1, {Text: "obbery"}: 0,
		{Person: "rms//1"}: 2, {System: "stp", Kind: "crime"}: 0} {
		if got, _ := tl.Filter(f); len(got) != want {
			t.Errorf("%+v shows %d, want %d", f, len(got), want)
		}
	}
	lanes := func(by By) string {
		var out []string
		for _, l := range tl.Lanes(tl.Items, by) {
			out = append(out, fmt.Sprint(l.Label, " ", len(l.Items)))
		}
		return strings.Join(out, ", ")
	}
	if got := lanes(ByKind); got != "Crimes 1, Stops and searches 1, People 1" {
		t.Error(got)
	}
	if got := lanes(BySystem); got != "rms 2, int 1, stp 1" {
		t.Error(got)
	}
	if got := lanes(ByPerson); got != "MILLER, Aaron 2,  1" {
		t.Error(got)
	}
}

// Whatever the view, every item in sight is in exactly one mark, and what stands in one row does not overlap.
func TestArrangeLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(rt, "n")
		var items []Item
		var lane []int
		for i := range n {
			from := read.Add(time.Duration(rapid.IntRange(0, 5000).Draw(rt, "at")) * time.Hour)
			length := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 24, 720, 8000}).Draw(rt, "length")) * time.Hour
			items = append(items, Item{ID: fmt.Sprint(i), Dates: []Date{{Extent: Extent{Begins: Span{from, from.Add(length)}}}}})
			lane = append(lane, i)
		}
		slices.SortFunc(items, func(a, b Item) int { return a.Extent().First().Compare(b.Extent().First()) })
		start := read.Add(time.Duration(rapid.IntRange(-100, 5000).Draw(rt, "from")) * time.Hour)
		v := View{start, start.Add(time.Duration(rapid.IntRange(1, 9000).Draw(rt, "hours")) * time.Hour)}
		room := Room{Width: 800, Rows: rapid.IntRange(1, 4).Draw(rt, "rows"), Dot: 10, Close: 14, Gap: 2, Label: func(int) float64 { return 90 }}
		marks := Arrange(items, lane, v, room)
		seen := map[int]int{}
		for _, m := range marks {
			for _, i := range m.Items {
				seen[i]++
			}
		}
		for i := range items {
			e := items[i].Extent()
			in := v.At(e.Last()) >= 0 && v.At(e.First()) <= 1
			if in != (seen[i] == 1) || seen[i] > 1 {
				rt.Fatalf("item %d in sight %v is drawn %d times", i, in, seen[i])
			}
		}
		for a := range marks {
			for b := range marks {
				if a < b && marks[a].Row == marks[b].Row && marks[a].Count() == 1 && marks[b].Count() == 1 && marks[b].X0 < marks[a].X1 && marks[a].X0 < marks[b].X1 && marks[b].X0 > 0 && marks[a].X1 < 800 {
					rt.Fatalf("two marks overlap: %+v %+v", marks[a], marks[b])
				}
			}
		}
	})
}

func TestAnyOrderGivesTheSameLine(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		whens := []string{"2026-06-02T18:31:00Z", "2026-06-02", "2026-06", "2026-06-03T10:00:00", "2025", "31/02/2026"}
		var rs []pole.Record
		for i := range rapid.IntRange(1, 6).Draw(rt, "n") {
			rs = append(rs, rec(fmt.Sprintf("s%d/%d", i%3, i), "crime", "reference A1|startDateTime "+rapid.SampledFrom(whens).Draw(rt, "when")))
		}
		id := rs[0].String()
		one := Build(dict, &caseview.Case{ID: id, Kind: "crime", Title: "x", Records: rs})
		two := Build(dict, &caseview.Case{ID: id, Kind: "crime", Title: "x", Records: rapid.Permutation(rs).Draw(rt, "order")})
		for i := range one.Items {
			if says(one.Items[i]) != says(two.Items[i]) {
				rt.Fatalf("%s\n%s", says(one.Items[i]), says(two.Items[i]))
			}
		}
	})
}

func TestTicks(t *testing.T) {
	day := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		length time.Duration
		want   string
	}{
		{20 * 365 * 24 * time.Hour, "2026 2028 2030 2032"}, {2 * 365 * 24 * time.Hour, "Oct Jan Apr Jul"}, {300 * 24 * time.Hour, "Oct Nov Dec Jan"},
		{10 * 24 * time.Hour, "Sat 24 Sun 25 Mon 26 Tue 27"}, {24 * time.Hour, "12:00 15:00 18:00 21:00"}, {time.Hour, "13:00 13:05 13:10 13:15"},
	} {
		var got []string
		ticks := View{day, day.Add(c.length)}.Ticks(12)
		for _, k := range ticks[:4] {
			got = append(got, k.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %v", c.length, got)
		}
		if len(ticks) > 16 {
			t.Errorf("%v: %d lines", c.length, len(ticks))
		}
	}
	// The hour that there is twice neither stops the axis nor moves it off the full hours.
	ticks := View{day, day.Add(26 * time.Hour)}.Ticks(40)
	for i, k := range ticks[1:] {
		if !k.At.After(ticks[i].At) || k.At.Minute() != 0 {
			t.Errorf("%v after %v", k.At, ticks[i].At)
		}
	}
}

func TestZoomKeepsItsPlace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := View{read, read.Add(time.Duration(rapid.IntRange(2, 1e6).Draw(rt, "min")) * time.Minute)}
		x := rapid.Float64Range(0, 1).Draw(rt, "x")
		z := v.Zoom(rapid.Float64Range(0.2, 5).Draw(rt, "factor"), x)
		if d := z.Time(x).Sub(v.Time(x)); d > time.Second || d < -time.Second {
			rt.Fatalf("it moved by %v", d)
		}
		if z.Length() < minView {
			rt.Fatal(z.Length())
		}
	})
}
