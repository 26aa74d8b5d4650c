package search

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"muster/plugins"
	"muster/plugins/pole"
)

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(os.DirFS("../../assets")) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written is an interpretation in one line: its label, then its terms by property.
func written(in Interpretation) string {
	s := in.Label
	for _, t := range in.Terms {
		s += " " + string(t.Property) + "=" + t.Value.Norm
	}
	return s
}

func TestInterpret(t *testing.T) {
	d := dictionary(t)
	for typed, want := range map[string][]string{
		"miller aaron 2011": {
			"{fullName}, {surname} first and year of birth surname=MILLER givenName=AARON dateOfBirth=2011",
			"{fullName}, {givenName} first and year of birth surname=AARON givenName=MILLER dateOfBirth=2011",
			"free text",
		},
		"Miller, Aaron James 3/11/2011": {"{fullName} and {dateOfBirth} surname=MILLER givenName=AARON middleName=JAMES dateOfBirth=2011-11-03", "free text"},
		"3 Nov 2011 Miller, Aaron":      {"{fullName} and {dateOfBirth} surname=MILLER givenName=AARON dateOfBirth=2011-11-03", "free text"},
		"miller":                        {"{surname} surname=MILLER", "{givenName} givenName=MILLER", "free text"},
		"van der Berg, Jan":             {"{fullName} surname=VAN DER BERG givenName=JAN", "free text"},
		"O’Brien-Łukasz Zoë":            {"{fullName}, {surname} first surname=O'BRIEN-ŁUKASZ givenName=ZOË", "{fullName}, {givenName} first surname=ZOË givenName=O'BRIEN-ŁUKASZ", "free text"},
		"miller ls8 2qx":                {"{surname} and {postcode} surname=MILLER postcode=LS8 2QX", "{givenName} and {postcode} givenName=MILLER postcode=LS8 2QX", "free text"},
		"YK19 FZB":                      {"{vrm} vrm=YK19FZB", "free text"},
		"07700 900412":                  {"{telephone} telephone=+447700900412", "free text"},
		"LS8 2QX":                       {"{postcode} postcode=LS8 2QX", "free text"},
		"2014/0120018R":                 {"PNC ID pncId=2014/0120018R", "free text"},
		"":                              nil,
		"   ":                           nil,
		"?":                             {"free text"},
	} {
		var got []string
		for _, in := range Interpret(d, typed) {
			got = append(got, written(in))
		}
		if len(want) > 0 && (len(got) < len(want) || got[len(got)-1] != "free text") || len(want) == 0 && len(got) > 0 {
			t.Errorf("%q:\n%s", typed, strings.Join(got, "\n"))
			continue
		}
		for i, w := range want {
			if w == "free text" {
				continue
			}
			for _, p := range []pole.Property{"fullName", "surname", "givenName", "dateOfBirth", "postcode", "vrm", "telephone"} {
				w = strings.ReplaceAll(w, "{"+string(p)+"}", labelOf(d, p)) // a force may call it otherwise
			}
			if got[i] != w {
				t.Errorf("%q: reading %d is %q, want %q", typed, i, got[i], w)
			}
		}
	}
}

func TestReferenceIsRead(t *testing.T) {
	in := Interpret(dictionary(t), "CAD-0412")
	if !slices.ContainsFunc(in, func(i Interpretation) bool {
		return len(i.Terms) == 1 && i.Terms[0].Property == "reference" && i.Terms[0].Value.Norm == "CAD-0412"
	}) {
		t.Errorf("%+v", in)
	}
}

func TestFreeTextCanBeChosen(t *testing.T) {
	d := dictionary(t)
	in := Interpret(d, "miller aaron 2011")
	chosen := in[len(in)-1]
	q := ask(d, Request{Text: chosen.Text, Terms: chosen.Terms})
	if len(q.alts) > 0 || q.text != "miller aaron 2011" {
		t.Errorf("chosen %+v, asked %+v", chosen, q)
	}
	if again := Interpret(d, chosen.Text); len(again) != 1 || again[0].Text != chosen.Text {
		t.Errorf("%+v", again)
	}
	plan := q.plan(textWith(person(plugins.SearchSpec{Require: []pole.Property{"surname"}})))
	if len(plan) != 1 || plan[0].Text != "miller aaron 2011" {
		t.Errorf("%+v", plan)
	}
}

func TestTextIsSentAsWords(t *testing.T) {
	plan := ask(dictionary(t), Request{Text: " miller,  aaron;james "}).plan(textWith(person()))
	if len(plan) != 1 || plan[0].Text != "miller aaron james" {
		t.Errorf("%+v", plan)
	}
}

func FuzzInterpret(f *testing.F) {
	for _, s := range []string{"miller aaron 2011", "Miller, Aaron", ",", "LS8 2QX miller", "\x00\xff", "٣ نوفمبر", strings.Repeat("a ", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := dictionary(t)
		in := Interpret(d, s)
		if strings.TrimSpace(s) == "" {
			if len(in) > 0 {
				t.Fatalf("blank text was read as %+v", in)
			}
			return
		}
		last := in[len(in)-1]
		if len(last.Terms) > 0 || last.Text == "" {
			t.Fatalf("free text is not last: %+v", in)
		}
		for _, i := range in {
			for _, term := range i.Terms {
				if _, ok := d.Property(term.Property); !ok || term.Value.Norm == "" {
					t.Fatalf("%q: term %+v", s, term)
				}
			}
		}
	})
}

func person(k ...plugins.SearchSpec) plugins.KindSpec {
	return plugins.KindSpec{Kind: "person", Search: k}
}

func TestPlan(t *testing.T) {
	d := dictionary(t)
	p := func(ps ...pole.Property) []pole.Property { return ps }
	bySurname := plugins.SearchSpec{Require: p("surname"), Optional: p("givenName", "dateOfBirth")}
	byBoth := plugins.SearchSpec{Require: p("surname", "givenName", "dateOfBirth")}
	byWhole := plugins.SearchSpec{Require: p("fullName")}
	byBorn := plugins.SearchSpec{Require: p("dateOfBirth")}
	text := person()
	text.Text = true
	textToo := person(byBoth)
	textToo.Text = true
	for name, c := range map[string]struct {
		typed string
		kind  plugins.KindSpec
		want  []string
	}{
		"most terms":              {"miller, aaron 2011", person(byBorn, bySurname), []string{"surname givenName dateOfBirth"}},
		"the better of equals":    {"miller, aaron 2011", person(byBoth, bySurname), []string{"surname givenName dateOfBirth"}},
		"both orders":             {"miller aaron 2011", person(bySurname), []string{"surname givenName dateOfBirth", "surname givenName dateOfBirth"}},
		"only what it can":        {"miller, aaron", person(byBoth, bySurname), []string{"surname givenName"}},
		"whole name":              {"miller, aaron", person(byWhole), []string{"fullName"}},
		"text":                    {"miller, aaron", text, []string{"text"}},
		"text if terms are few":   {"miller, aaron", textToo, []string{"text"}},
		"text finds either order": {"miller", textWith(person(plugins.SearchSpec{Require: p("surname")})), []string{"text"}},
		"terms rather than text":  {"miller, aaron", textWith(person(bySurname)), []string{"surname givenName"}},
		"cannot be asked":         {"YK19 FZB", person(bySurname), nil},
		"one way although unsure": {"miller", person(bySurname), []string{"surname"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, query := range ask(d, Request{Text: c.typed}).plan(c.kind) {
				if query.Kind != "person" {
					t.Error(query.Kind)
				}
				if query.Text != "" {
					got = append(got, "text")
					continue
				}
				var props []string
				for _, term := range query.Terms {
					props = append(props, string(term.Property))
				}
				got = append(got, strings.Join(props, " "))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func textWith(k plugins.KindSpec) plugins.KindSpec {
	k.Text = true
	return k
}

func TestPlanNeverBreaksTheContract(t *testing.T) {
	d := dictionary(t)
	props := []pole.Property{"surname", "givenName", "middleName", "fullName", "dateOfBirth", "postcode", "vrm", "telephone"}
	rapid.Check(t, func(t *rapid.T) {
		var k plugins.KindSpec
		k.Kind, k.Text = "person", rapid.Bool().Draw(t, "text")
		for range rapid.IntRange(0, 3).Draw(t, "specs") {
			k.Search = append(k.Search, plugins.SearchSpec{
				Require:  rapid.SliceOfNDistinct(rapid.SampledFrom(props), 1, 3, rapid.ID).Draw(t, "require"),
				Optional: rapid.SliceOfDistinct(rapid.SampledFrom(props), rapid.ID).Draw(t, "optional"),
			})
		}
		typed := rapid.SampledFrom([]string{"miller aaron 2011", "miller, aaron", "miller", "LS8 2QX", "YK19 FZB", "miller ls8 2qx", "07700 900412", "anything at all"}).Draw(t, "typed")
		for _, query := range ask(d, Request{Text: typed}).plan(k) {
			if query.Text != "" {
				if !k.Text || len(query.Terms) > 0 {
					t.Fatalf("%+v", query)
				}
				continue
			}
			if !slices.ContainsFunc(k.Search, func(s plugins.SearchSpec) bool {
				for _, p := range s.Require {
					if !holds(query.Terms, p) {
						return false
					}
				}
				for _, term := range query.Terms {
					if !slices.Contains(s.Require, term.Property) && !slices.Contains(s.Optional, term.Property) {
						return false
					}
				}
				return true
			}) {
				t.Fatalf("%q: %+v fits none of %+v", typed, query.Terms, k.Search)
			}
		}
	})
}

func record(d *pole.Dictionary, id string, facts ...string) pole.Record {
	r := pole.Record{Ref: pole.Ref{System: "s", Type: "person", ID: id}, Kind: "person"}
	for i := 0; i < len(facts); i += 2 {
		p := pole.Property(facts[i])
		r.Facts = append(r.Facts, pole.Fact{Property: p, Value: d.Normalise(p, facts[i+1])})
	}
	return r
}

func TestScore(t *testing.T) {
	d := dictionary(t)
	q := ask(d, Request{Text: "miller aaron 3/11/2011"})
	order := []pole.Record{
		record(d, "exact", "surname", "Miller", "givenName", "Aaron", "dateOfBirth", "03/11/2011"),
		record(d, "year only", "surname", "MILLER", "givenName", "AARON", "dateOfBirth", "2011"),
		record(d, "misspelt", "surname", "Millar", "givenName", "Aaron", "dateOfBirth", "03/11/2011"),
		record(d, "other birth", "surname", "Miller", "givenName", "Aaron", "dateOfBirth", "17/05/1980"),
		record(d, "other given", "surname", "Miller", "givenName", "Zoe", "dateOfBirth", "17/05/1980"),
		record(d, "nothing", "surname", "Okafor", "givenName", "Ada", "dateOfBirth", "17/05/1980"),
	}
	last := 1.1
	for _, r := range order {
		s, m := q.score(&r)
		if s < 0 || s > 1 || s >= last {
			t.Errorf("%s: %.3f, the one before %.3f", r.ID, s, last)
		}
		last = s
		if r.ID == "exact" && strings.Join(m, " ") != "miller aaron 3/11/2011" || r.ID == "nothing" && len(m) > 0 {
			t.Errorf("%s matched %q", r.ID, m)
		}
	}
	id := ask(d, Request{Text: "2014/0120018R"})
	r := record(d, "id", "surname", "Miller", "pncId", "14/120018R")
	if s, m := id.score(&r); s != 1 || len(m) != 1 {
		t.Errorf("an identifier that is the same: %v %q", s, m)
	}
}

func BenchmarkInterpret(b *testing.B) {
	d := dictionary(b)
	for b.Loop() {
		Interpret(d, "miller aaron 3 nov 2011")
	}
}

func BenchmarkScore(b *testing.B) {
	d := dictionary(b)
	q := ask(d, Request{Text: "miller aaron 2011"})
	r := record(d, "x", "surname", "Miller", "givenName", "Aaron", "dateOfBirth", "03/11/2011", "postcode", "LS8 2QX", "thoroughfareName", "Alder Rise", "postTown", "Leeds", "telephone", "07700 900412")
	for b.Loop() {
		q.score(&r)
	}
}
