package plugintest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"muster/plugins"
	"muster/plugins/pole"
)

func wordChecks() []check {
	return []check{
		{name: "words_searched", f: checkWords},
		{name: "words_composed_or_not", f: checkComposed},
		{name: "birth_dates_stay", f: checkBirthDates},
		{name: "times_are_times", f: checkTimes},
	}
}

// strangeWords are names and words as people write them, and as those write them who want to break something.
var strangeWords = []string{
	"O'Brien", "O’Brien", "Zoë", "Zoe\u0308", "Łukasz Żółć", "محمد", "משה כהן", "王小明", "👮🏽‍♀️", "\u202eevil", "a\u200bb",
	`"quoted"`, `<b>&amp;</b>`, `zzqx%`, `zzqx_%_`, `zzqx' OR 'zzqx'='zzqx`, `zzqx" OR "zzqx"="zzqx`, `zzqx*)(zzqx=*`, `a\b`, "a+b c/d?e#f=g;h", "{{x}}", "${x}", "line\nbreak",
}

// wordy finds how each sample's kind is searched by words: a term whose type takes any text, or free text.
func (r *run) wordy() []func(string) plugins.Query {
	var out []func(string) plugins.Query
	for _, k := range r.s.Info.Kinds {
		if k.Text {
			out = append(out, func(w string) plugins.Query { return plugins.Query{Kind: k.Kind, Text: w} })
		}
		for _, s := range k.Search {
			if len(s.Require) != 1 || !r.free(s.Require[0]) {
				continue
			}
			out = append(out, func(w string) plugins.Query {
				return plugins.Query{Kind: k.Kind, Terms: []plugins.Term{{Property: s.Require[0], Value: r.value(s.Require[0], w)}}}
			})
			break
		}
	}
	return out
}

// free reports a property whose values may be any words.
func (r *run) free(p pole.Property) bool {
	if r.s.Dictionary == nil {
		return true
	}
	d, ok := r.s.Dictionary.Property(p)
	return ok && (d.Type == pole.TypeName || d.Type == pole.TypeText)
}

func (r *run) value(p pole.Property, s string) pole.Value {
	if r.s.Dictionary == nil {
		return pole.Value{Source: s, Norm: s}
	}
	return r.s.Dictionary.Normalise(p, s)
}

// checkWords searches for strange words. The system may find nothing or refuse a word; it may not break, and what
// tries to get out of its place may not find what nobody asked for.
func checkWords(ctx context.Context, r *run) error {
	ask := r.wordy()
	if len(ask) == 0 {
		return inapplicable("it is not searched by words")
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	var errs []error
	for _, q := range ask {
		for _, w := range strangeWords {
			page, err := b.sys.Search(ctx, q(w))
			switch plugins.KindOf(err) {
			case "", plugins.Invalid, plugins.NotFound:
			case plugins.Limited:
				return inapplicable("it takes too few requests to be asked so often")
			default:
				r.note(err)
				errs = append(errs, fmt.Errorf("searching kind %s for %q: %w", q("").Kind, w, err))
			}
			if strings.HasPrefix(w, "zzqx") {
				if n := len(page.Records); n > 0 {
					errs = append(errs, fmt.Errorf("searching kind %s for %q finds %d records: the word got out of its place", q("").Kind, w, n))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// checkComposed searches for what is found with its letters composed and taken apart: it is the same word.
func checkComposed(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	var errs []error
	tried := 0
	for _, q := range r.wordy() {
		var found [2][]pole.Record
		for i, w := range []string{norm.NFC.String("Zoë Núñez"), norm.NFD.String("Zoë Núñez")} {
			page, err := b.sys.Search(ctx, q(w))
			if plugins.KindOf(err) == plugins.Invalid {
				break
			}
			if err != nil {
				r.note(err)
				return err
			}
			found[i] = page.Records
			tried++
		}
		if !sameRefs(found[0], found[1]) {
			errs = append(errs, fmt.Errorf("kind %s: a name with its accents as letters of their own finds %d records, as one letter %d", q("").Kind, len(found[1]), len(found[0])))
		}
	}
	if tried == 0 {
		return inapplicable("it is not searched by words")
	}
	return errors.Join(errs...)
}

var digits = regexp.MustCompile(`\d+`)

// checkBirthDates reads every date that is found: the day that the system wrote is the day that stands here, whatever
// the zone of the machine. A whole day has no zone.
func checkBirthDates(ctx context.Context, r *run) error {
	return r.everyFact(ctx, pole.TypePartialDate, "whole days", func(f pole.Fact) error {
		parts := digits.FindAllString(f.Value.Norm, -1)
		written := digits.FindAllString(f.Value.Source, -1)
		if len(parts) < 3 || len(written) == 0 || strings.ContainsAny(f.Value.Source, "TZ:") {
			return nil // a part of a date, or an instant
		}
		day := strings.TrimLeft(parts[2], "0")
		if slices.ContainsFunc(written, func(w string) bool { return strings.TrimLeft(w, "0") == day }) {
			return nil
		}
		if len(written) == 1 && len(written[0]) == 8 && (strings.HasSuffix(written[0], parts[2]) || strings.HasPrefix(written[0], parts[2])) {
			return nil
		}
		if len(written) == 1 && len(written[0]) > 8 {
			return nil // seconds since a day long ago
		}
		return fmt.Errorf("the day of %s is not the one that the system wrote", f.Property)
	})
}

var instantForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// checkTimes demands of every time that is found that it is one, in UTC, or is said to be none.
func checkTimes(ctx context.Context, r *run) error {
	return r.everyFact(ctx, pole.TypeInstant, "times", func(f pole.Fact) error {
		switch {
		case f.Value.Norm == "" && f.Value.Problem == "":
			return fmt.Errorf("a time of %s could not be read, and this is not said", f.Property)
		case f.Value.Norm != "" && !instantForm.MatchString(f.Value.Norm):
			return fmt.Errorf("a time of %s is not written as UTC", f.Property)
		}
		return nil
	})
}

// everyFact looks at every fact of a type that the samples find.
func (r *run) everyFact(ctx context.Context, t pole.Type, what string, f func(pole.Fact) error) error {
	if r.s.Dictionary == nil {
		return inapplicable("without a dictionary nothing is known to be of a type")
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	views, err := r.views(ctx, b)
	if err != nil {
		return err
	}
	seen := 0
	var errs []error
	for _, v := range views {
		for _, rec := range v.base.Records {
			for _, fact := range rec.Facts {
				if d, ok := r.s.Dictionary.Property(fact.Property); !ok || d.Type != t {
					continue
				}
				seen++
				if err := f(fact); err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", v.what, err))
				}
			}
		}
	}
	if seen == 0 {
		return inapplicable("the samples hold no %s", what)
	}
	return errors.Join(errs...)
}
