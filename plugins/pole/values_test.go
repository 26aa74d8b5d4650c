package pole_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"muster/plugins/pole"

	"pgregory.net/rapid"
)

const letters = "ZABCDEFGHJKLMNPQRTUVWXY"

// A PNC ID or CRO number with any one wrong letter or digit is refused: that is what the check letter is for.
func TestCheckLetters(t *testing.T) {
	d := load(t)
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(1950, 2026).Draw(t, "year")
		serial := rapid.IntRange(1, 9999999).Draw(t, "serial")
		x := letters[(year%100*10000000+serial)%23]
		short := fmt.Sprintf("%02d/%d%c", year%100, serial, x)
		long := fmt.Sprintf("%04d/%07d%c", year, serial, x)
		v := d.Normalise("pncId", short)
		if v.Norm != long && year > time.Now().Year()-100 {
			t.Fatalf("%s reads as %+v", short, v)
		}
		if v := d.Normalise("pncId", strings.ToLower(long)); v.Norm != long {
			t.Fatalf("%s reads as %+v", long, v)
		}
		wrong := letters[rapid.IntRange(0, 22).Draw(t, "letter")]
		if v := d.Normalise("pncId", long[:12]+string(wrong)); (v.Norm == "") != (wrong != x) || v.Norm == "" && v.Problem == "" {
			t.Fatalf("%c instead of %c gives %+v", wrong, x, v)
		}

		small := rapid.IntRange(1, 999999).Draw(t, "small")
		yy := year % 100
		cro := fmt.Sprintf("%06d/%02d%c", small, yy, letters[(yy*1000000+small)%23])
		if v := d.Normalise("croNumber", strings.TrimLeft(cro, "0")); v.Norm != cro {
			t.Fatalf("%s reads as %+v", cro, v)
		}
		padded := yy
		for range len(fmt.Sprint(small)) {
			padded *= 10
		}
		sf := fmt.Sprintf("SF%02d/%d%c", yy, small, letters[(padded+small)%23])
		if v := d.Normalise("croNumber", sf); v.Norm != sf {
			t.Fatalf("%s reads as %+v", sf, v)
		}
	})
}

func TestIMEI(t *testing.T) {
	d := load(t)
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[1-9][0-9]{13}`).Draw(t, "body")
		full := d.Normalise("imei", body).Norm
		if len(full) != 15 || full[:14] != body || d.Normalise("imei", full).Norm != full {
			t.Fatalf("%s gives %s", body, full)
		}
		at := rapid.IntRange(0, 14).Draw(t, "at")
		other := (full[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10 + '0'
		if v := d.Normalise("imei", full[:at]+string(other)+full[at+1:]); v.Norm != "" {
			t.Fatalf("a wrong digit goes unseen: %+v", v)
		}
	})
}

// Every way of writing a day reads as that day.
func TestDateForms(t *testing.T) {
	d := load(t)
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(rapid.IntRange(1901, 2030).Draw(t, "y"), 1, 1, 0, 0, 0, 0, pole.London).AddDate(0, 0, rapid.IntRange(1, 360).Draw(t, "d"))
		want := day.Format("2006-01-02")
		for _, form := range []string{
			day.Format("02/01/2006"), day.Format("2/1/2006"), day.Format("02-01-2006"), day.Format("02.01.2006"), day.Format("2006-01-02"),
			day.Format("2006/01/02"), day.Format("20060102"), day.Format("2 Jan 2006"), day.Format("2 January 2006"), day.Format("Jan 2, 2006"),
			day.Format("2006-01-02T15:04:05"), day.UTC().Format(time.RFC3339), fmt.Sprintf("/Date(%d)/", day.UnixMilli()),
		} {
			if v := d.Normalise("dateOfBirth", form); v.Norm != want || v.Problem != "" {
				t.Fatalf("%q reads as %+v, want %s", form, v, want)
			}
		}
	})
}

// Whatever a source says: its words stay, the canonical form is stable, and nothing is dropped without a word.
func checkValue(t interface {
	Helper()
	Fatalf(string, ...any)
}, d *pole.Dictionary, p pole.PropertyDef, source string) {
	t.Helper()
	v := d.Normalise(p.Name, source)
	if v.Source != source {
		t.Fatalf("%s %q: the source's words are lost: %+v", p.Name, source, v)
	}
	if v.Norm == "" && v.Problem == "" && strings.TrimFunc(source, func(r rune) bool { return r <= ' ' || r == 0x7f }) != "" && visible(source) {
		t.Fatalf("%s %q: dropped without a word", p.Name, source)
	}
	if v.Norm != "" {
		again := d.Normalise(p.Name, v.Norm)
		if again.Norm != v.Norm {
			t.Fatalf("%s %q: canonical form %q becomes %q", p.Name, source, v.Norm, again.Norm)
		}
		if again.Label != v.Label {
			t.Fatalf("%s %q: label %q becomes %q", p.Name, source, v.Label, again.Label)
		}
		if !utf8.ValidString(v.Norm) {
			t.Fatalf("%s %q: %q is not text", p.Name, source, v.Norm)
		}
		if d.Display(p.Name, v) == "" {
			t.Fatalf("%s %q: shown as nothing", p.Name, source)
		}
	}
}

func visible(s string) bool {
	for _, r := range s {
		if strings.ContainsRune("\u200b\ufeff\u2060", r) || r <= ' ' || r >= 0x7f && r <= 0xa0 {
			continue
		}
		if r < 0x2000 {
			return r != 0x1680
		}
	}
	return false
}

func TestNormaliseIsStable(t *testing.T) {
	d := load(t)
	all := d.AllProperties()
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9A-Za-z/ .:+-]{1,18}`), rapid.StringMatching(`[A-Z]{1,3}[0-9]{1,4}[A-Z]{0,3}`),
		rapid.StringMatching(`-?[0-9]{1,3}\.[0-9]{1,7}, ?-?[0-9]{1,3}\.[0-9]{1,7}`), rapid.StringMatching(`[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}( [0-9]{1,2}:[0-9]{2})?`))
	rapid.Check(t, func(t *rapid.T) {
		checkValue(t, d, rapid.SampledFrom(all).Draw(t, "property"), text.Draw(t, "source"))
	})
}

func FuzzNormalise(f *testing.F) {
	d := load(f)
	all := d.AllProperties()
	for i, s := range []string{"", "ǰ o’Brien", "03/11/2011", "/Date(1320278400000+0100)/", "2011-06-02T23:00:00Z", "+44 (0)113 496 0000", "SE 29 33", "ŉ\u0345", "ß", "1e400", "VI: x"} {
		f.Add(uint16(i*7), s)
	}
	f.Fuzz(func(t *testing.T, i uint16, s string) {
		if len(s) > 400 {
			return
		}
		checkValue(t, d, all[int(i)%len(all)], s)
		d.Recognise(s)
		pole.FoldName(s)
	})
}

func TestFoldName(t *testing.T) {
	for in, want := range map[string]string{
		"O’Brien-Łukasz": "obrien lukasz", "  JOSÉ ": "jose", "Jose\u0301": "jose", "Strauß": "strauss", "Ørsted": "orsted", "D'Arcy": "darcy", "": "",
	} {
		if got := pole.FoldName(in); got != want {
			t.Errorf("%q folds to %q", in, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := pole.FoldName(s)
		if again := pole.FoldName(once); again != once {
			t.Fatalf("%q folds to %q and then %q", s, once, again)
		}
		if upper := pole.FoldName(strings.ToUpper(once)); upper != once && isASCII(once) {
			t.Fatalf("case matters: %q, %q", once, upper)
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func TestRecognise(t *testing.T) {
	d := load(t)
	for _, c := range []struct {
		text     string
		property pole.Property
		norm     string
		certain  bool
	}{
		{"yk19 fzb", "vrm", "YK19FZB", true},
		{"YK19FZB", "vrm", "YK19FZB", true},
		{"P123 ABC", "vrm", "P123ABC", true},
		{"ABC 123D", "vrm", "ABC123D", true},
		{"L2WPS", "vrm", "L2WPS", true},
		{"ABC 123", "vrm", "ABC123", false},
		{"AIZ 1234", "vrm", "AIZ1234", false},
		{"07700 900412", "telephone", "+447700900412", true},
		{"+447700900412", "telephone", "+447700900412", true},
		{"LS8 2QX", "postcode", "LS8 2QX", true},
		{"ls82qx", "postcode", "LS8 2QX", true},
		{"14/120018R", "pncId", "2014/0120018R", true},
		{"AB 12 34 56 C", "nationalInsuranceNumber", "AB123456C", true},
		{"490154203237518", "imei", "490154203237518", true},
		{"03/11/2011", "dateOfBirth", "2011-11-03", true},
		{"3 Nov 2011", "dateOfBirth", "2011-11-03", true},
		{"2011", "dateOfBirth", "2011", false},
		{"CAD-0412", "reference", "CAD-0412", false},
		{"24-10887", "reference", "24-10887", false},
		{"a.miller@example.com", "email", "a.miller@example.com", true},
		{"WVWZZZ1JZ3W386752", "vin", "WVWZZZ1JZ3W386752", false},
		{"100012345678", "uprn", "100012345678", false},
	} {
		got := d.Recognise(c.text)
		if len(got) == 0 {
			t.Errorf("%q is not recognised", c.text)
			continue
		}
		r := got[0]
		if r.Property != c.property || r.Value.Norm != c.norm || r.Certain != c.certain || r.Label == "" || len(r.Kinds) == 0 {
			t.Errorf("%q: %+v", c.text, r)
		}
		if c.certain && slices.ContainsFunc(got[1:], func(o pole.Recognition) bool { return o.Certain }) {
			t.Errorf("%q is certain to be several things: %+v", c.text, got)
		}
	}
	for _, text := range []string{"", "miller", "miller aaron", "miller aaron 2011", "O'Brien", "12 Alder Rise", "a", "the", "GBR", "14/120018S 2"} {
		if got := d.Recognise(text); len(got) != 0 {
			t.Errorf("%q is taken for %+v", text, got[0])
		}
	}
}

func TestCompare(t *testing.T) {
	d := load(t)
	for _, c := range []struct {
		property pole.Property
		a, b     string
		want     pole.Likeness
		say      string
	}{
		{"dateOfBirth", "03/11/2011", "2011-11-03", pole.Same, ""},
		{"dateOfBirth", "03/11/2011", "11/03/2011", pole.Similar, "day and month swapped"},
		{"dateOfBirth", "03/11/2011", "04/11/2011", pole.Similar, "one digit differs"},
		{"dateOfBirth", "03/11/2011", "Nov 2011", pole.Compatible, "less exact"},
		{"dateOfBirth", "03/11/2011", "03/11/1984", pole.Similar, "only the year differs"},
		{"dateOfBirth", "03/11/2011", "25/06/1984", pole.Different, "different date"},
		{"dateOfBirth", "03/11/2011", "29/02/2011", pole.Unknown, ""},
		{"dateOfBirth", "01/01/1900", "01/01/1900", pole.Unknown, ""},
		{"surname", "Miller", "MILLAR", pole.Similar, "one letter differs"},
		{"surname", "Miller", "Khan", pole.Different, "different name"},
		{"surname", "O’Brien", "OBRIEN", pole.Same, ""},
		{"fullName", "Aaron James Miller", "MILLER, Aaron James", pole.Same, ""},
		{"fullName", "Aaron James Miller", "Aaron Miller", pole.Compatible, "less complete"},
		{"fullName", "Aaron James Miller", "Aaron Paul Miller", pole.Different, "different name"},
		{"fullName", "Aaron J Miller", "Aaron James Miller", pole.Compatible, "initial only"},
		{"fullName", "Miller Aaron", "Aaron Miller", pole.Similar, "names in another order"},
		{"fullName", "Aron Millar", "Aaron Miller", pole.Similar, "spelling"},
		{"fullName", "Anne Marie Miller", "Annemarie Miller", pole.Compatible, "written as one word or two"},
		{"nationalInsuranceNumber", "AB123456C", "AB123456", pole.Same, ""},
		{"vrm", "YK19FZB", "YK19FZ8", pole.Similar, "one character differs"},
		{"address", "12 Alder Rise, Leeds LS8 2QX", "12 ALDER RISE, LS8 2QX", pole.Compatible, "less complete"},
		{"address", "12 Alder Rise, LS8 2QX", "4 Brook Court, LS7 4HG", pole.Different, "different address"},
		{"startDateTime", "2026-06-24T07:40:00Z", "2026-06-24T08:40:00Z", pole.Similar, "one hour apart"},
		{"startDateTime", "2026-06-24T07:40:00Z", "24/06/2026", pole.Compatible, "less exact"},
		{"sex", "M", "Male", pole.Same, ""},
		{"sex", "M", "F", pole.Different, "different"},
	} {
		for range 2 {
			got, say := d.Compare(c.property, d.Normalise(c.property, c.a), d.Normalise(c.property, c.b))
			if got != c.want || say != c.say {
				t.Errorf("%s: %q and %q: %v %q", c.property, c.a, c.b, got, say)
			}
			c.a, c.b = c.b, c.a
		}
	}
}

func TestEditDistance(t *testing.T) {
	word := rapid.StringMatching(`[a-dé]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		ab, ba := pole.EditDistance(a, b), pole.EditDistance(b, a)
		if ab != ba || (ab == 0) != (a == b) || ab > max(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) {
			t.Fatalf("%q %q: %d %d", a, b, ab, ba)
		}
		if s := pole.Similarity(a, b); math.Abs(s-pole.Similarity(b, a)) > 1e-9 || s < 0 || s > 1+1e-9 || a == b && a != "" && s < 1-1e-9 {
			t.Fatalf("%q %q: %v", a, b, s)
		}
		_ = c
	})
	if pole.EditDistance("ab", "ba") != 1 || pole.EditDistance("aaron", "aron") != 1 || pole.EditDistance("", "abc") != 3 {
		t.Error("a swap, a missing letter or an empty word is counted wrongly")
	}
	if s := pole.Similarity("martha", "marhta"); math.Abs(s-0.9611) > 0.0001 {
		t.Errorf("Winkler's own example gives %v", s)
	}
}

func TestTitles(t *testing.T) {
	d := load(t)
	read := time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)
	rec := func(kind pole.Kind, facts ...string) pole.Record {
		r := pole.Record{Ref: pole.Ref{System: "rms", ID: "P-1"}, Kind: kind, Read: read}
		for i := 0; i < len(facts); i += 2 {
			name, group, _ := strings.Cut(facts[i], "@")
			p := pole.Property(name)
			f := pole.Fact{Property: p, Value: d.Normalise(p, facts[i+1]), Group: group}
			if group == "old" {
				f.To = "2020"
			}
			r.Facts = append(r.Facts, f)
		}
		return r
	}
	for _, c := range []struct {
		r             pole.Record
		title, detail string
	}{
		{rec("person", "surname", "miller", "givenName", "AARON", "middleName", "James", "dateOfBirth", "03/11/2011", "buildingNumber", "12", "thoroughfareName", "Alder Rise", "postcode", "LS82QX"),
			"MILLER, Aaron James", "15 y · 03/11/2011 · 12 Alder Rise, LS8 2QX"},
		{rec("person", "surname", "Miller", "postcode@old", "LS1 1AA", "postTown@old", "York", "postcode@now", "LS8 2QX", "postTown@now", "Leeds", "dateOfBirth", "2011"),
			"MILLER", "about 15 y · 2011 · Leeds LS8 2QX"},
		{rec("person", "fullName", "Aaron Miller"), "Aaron Miller", ""},
		{rec("person", "sex", "M"), "Person P-1", ""},
		{rec("vehicle", "vrm", "yk19fzb", "make", "VAUXHALL", "model", "CORSA", "colour", "BLUE", "taxStatus", "Taxed", "motStatus", "Valid", "motExpiryDate", "2027-02"),
			"YK19 FZB Vauxhall Corsa, blue", "Taxed · MOT valid to February 2027"},
		{rec("location", "subBuildingName", "Flat 2", "buildingName", "Rose House", "buildingNumber", "12", "thoroughfareName", "Alder Rise", "postTown", "Leeds", "postcode", "LS8 2QX", "uprn", "100012345678"),
			"Flat 2, Rose House, 12 Alder Rise, Leeds LS8 2QX", "UPRN 100012345678"},
		{rec("incident", "reference", "cad-0412", "incidentCategory", "REPORTED MISSING", "startDateTime", "2026-11-24T07:52:00Z", "status", "Open"),
			"Missing person CAD-0412", "24/11/2026 07:52 · Open"},
		{rec("intelligence", "reference", "INT-7", "intelSource", "2", "intelAssessment", "C", "intelHandling", "P"), "Intelligence INT-7", "2-C-P"},
	} {
		if got := d.Title(c.r); got != c.title {
			t.Errorf("title %q, want %q", got, c.title)
		}
		if got := d.Detail(c.r); got != c.detail {
			t.Errorf("detail %q, want %q", got, c.detail)
		}
	}
	if when, ok := d.When(rec("incident", "reportedDateTime", "24/06/2026 07:40")); !ok || when != "2026-06-24T06:40:00Z" {
		t.Error(when, ok)
	}
	if _, ok := d.When(rec("person", "dateOfBirth", "2011")); ok {
		t.Error("a person happened")
	}
}

func BenchmarkNormalise(b *testing.B) {
	d := load(b)
	for b.Loop() {
		d.Normalise("surname", "O'Brien")
		d.Normalise("dateOfBirth", "03/11/2011")
		d.Normalise("sex", "Male")
		d.Normalise("postcode", "LS82QX")
	}
}
