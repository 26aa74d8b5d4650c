package plugintest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// roundChecks send something and read it back: what stands in the system is what the officer wrote.
func roundChecks() []check {
	return []check{
		{name: "round_trip", writes: true, f: onSubmitter(checkRound)},
		{name: "round_trip_words", writes: true, f: onSubmitter(checkRoundWords)},
		{name: "round_trip_repeated_hour", writes: true, f: onSubmitter(checkRepeatedHour)},
		{name: "round_trip_empty", writes: true, f: onSubmitter(checkRoundEmpty)},
	}
}

// readBack submits an entry and gives the record that came of it, and those it is linked to.
func (r *run) readBack(ctx context.Context, b *bench, sub plugins.Submitter, e plugins.Entry) ([]record, error) {
	spec, _ := r.kind(e.Kind)
	if !spec.Fetch {
		return nil, inapplicable("what it takes is not to be had again")
	}
	rec, err := sub.Submit(ctx, e, newKey())
	if err != nil {
		r.note(err)
		var pe *plugins.Error
		if errors.As(err, &pe) && len(pe.Fields) > 0 {
			return nil, fmt.Errorf("Submit: %w (%+v)", err, pe.Fields)
		}
		return nil, fmt.Errorf("Submit: %w", err)
	}
	if rec.Ref.IsZero() {
		return nil, errors.New("the kind can be fetched, but the receipt does not say which record it is")
	}
	got, err := b.sys.Fetch(ctx, rec.Ref)
	if err != nil {
		r.note(err)
		return nil, fmt.Errorf("Fetch of what was just submitted: %w", err)
	}
	out := []record{got}
	for _, l := range got.Links {
		far := l.To
		if far == got.Ref {
			far = l.From
		}
		if k, ok := r.kind(l.Kind); ok && k.Fetch {
			if linked, err := b.sys.Fetch(ctx, far); err == nil {
				out = append(out, linked)
			}
		}
	}
	return out, nil
}

// accepted reports whether a kind takes a field, and how long it may be.
func accepted(spec plugins.KindSpec, path string) (plugins.FieldSpec, bool) {
	i := slices.IndexFunc(spec.Accepts, func(f plugins.FieldSpec) bool { return f.Path == path })
	if i < 0 {
		return plugins.FieldSpec{}, false
	}
	return spec.Accepts[i], true
}

// came reports whether a value of a property stands in the records of a kind.
func came(records []record, kind pole.Kind, p pole.Property, v pole.Value) (found, there bool) {
	for _, rec := range records {
		if rec.Kind != kind {
			continue
		}
		for _, f := range rec.All(p) {
			there = true
			if v.Norm != "" && f.Value.Norm == v.Norm || sameText(f.Value.Source, v.Source) || sameText(f.Value.Norm, v.Norm) && v.Norm != "" {
				return true, true
			}
		}
	}
	return false, there
}

// checkRound compares every field submitted with what comes back. A field that the kind takes and returns must come
// back as it was sent; a field of a part must, where the record is linked to one of its kind.
func checkRound(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
	e := *r.s.Entry
	records, err := r.readBack(ctx, b, sub, e)
	if err != nil {
		return err
	}
	spec, _ := r.kind(e.Kind)
	var errs []error
	compared := 0
	one := func(kind pole.Kind, path string, f pole.Fact) {
		k, known := r.kind(kind)
		if _, takes := accepted(spec, path); !takes || !known || !slices.Contains(k.Returns, f.Property) {
			return
		}
		if !slices.ContainsFunc(records, func(x record) bool { return x.Kind == kind }) {
			return
		}
		compared++
		found, there := came(records, kind, f.Property, f.Value)
		if found || r.waived("round_trip", path) {
			return
		}
		if there {
			errs = append(errs, fmt.Errorf("%s comes back as something else", path))
		} else {
			errs = append(errs, fmt.Errorf("%s does not come back", path))
		}
	}
	for _, f := range e.Facts {
		one(e.Kind, string(f.Property), f)
	}
	for _, p := range e.Parts {
		for _, f := range p.Facts {
			one(p.Kind, p.Name+"."+string(f.Property), f)
		}
	}
	if compared == 0 {
		return errors.New("nothing that the sample Entry sends is returned by its kind")
	}
	return errors.Join(errs...)
}

// changed gives the entry with the facts of one property replaced.
func changed(e plugins.Entry, p pole.Property, v pole.Value) plugins.Entry {
	e.Facts = slices.DeleteFunc(slices.Clone(e.Facts), func(f pole.Fact) bool { return f.Property == p })
	e.Facts = append(e.Facts, pole.Fact{Property: p, Value: v})
	return e
}

// returned finds the entry's own facts of a type that come back.
func (r *run) returned(e plugins.Entry, types ...pole.Type) []pole.Property {
	spec, _ := r.kind(e.Kind)
	var out []pole.Property
	for _, f := range e.Facts {
		field, takes := accepted(spec, string(f.Property))
		if !takes || !slices.Contains(spec.Returns, f.Property) || slices.Contains(out, f.Property) || field.MaxLength > 0 && field.MaxLength < 200 || len(field.Codes) > 0 {
			continue
		}
		if r.s.Dictionary == nil {
			out = append(out, f.Property)
			continue
		}
		if d, ok := r.s.Dictionary.Property(f.Property); ok && slices.Contains(types, d.Type) && (d.MaxLength == 0 || d.MaxLength >= 200) {
			out = append(out, f.Property)
		}
	}
	return out
}

// checkRoundWords sends words in every writing and demands them back letter by letter.
func checkRoundWords(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
	spec, _ := r.kind(r.s.Entry.Kind)
	if !spec.Fetch {
		return inapplicable("what it takes is not to be had again")
	}
	ps := r.returned(*r.s.Entry, pole.TypeText)
	if len(ps) == 0 {
		return inapplicable("no text that it takes comes back")
	}
	words := "O'Brien & “Zoë” <Zoe\u0308> — محمد, משה, 王小明, Łukasz 👮🏽‍♀️ 100% \\ /; C:\\x"
	for _, p := range ps {
		v := r.value(p, words)
		records, err := r.readBack(ctx, b, sub, changed(*r.s.Entry, p, v))
		if err != nil {
			return err
		}
		if found, _ := came(records, r.s.Entry.Kind, p, v); !found && !r.waived("round_trip_words", string(p)) {
			return fmt.Errorf("%s does not come back letter by letter", p)
		}
	}
	return nil
}

// checkRepeatedHour sends the two times that British clocks call half past one on the night they go back. Each comes
// back as itself, or is shown as a time that cannot be told; never as the other.
func checkRepeatedHour(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
	ps := r.timesOf(*r.s.Entry)
	if len(ps) == 0 {
		return inapplicable("no time that it takes comes back")
	}
	night := repeatedHour(r.s.Now())
	for _, at := range []time.Time{night, night.Add(time.Hour)} {
		v := r.value(ps[0], at.Format(time.RFC3339))
		records, err := r.readBack(ctx, b, sub, changed(*r.s.Entry, ps[0], v))
		if err != nil {
			return err
		}
		for _, rec := range records[:1] {
			for _, f := range rec.All(ps[0]) {
				if f.Value.Norm != "" && f.Value.Norm != v.Norm {
					return fmt.Errorf("%s of %s comes back an hour or more off, and nothing says so", ps[0], at.Format("15:04 MST"))
				}
			}
		}
	}
	return nil
}

func (r *run) timesOf(e plugins.Entry) []pole.Property {
	spec, _ := r.kind(e.Kind)
	if r.s.Dictionary == nil || !spec.Fetch {
		return nil
	}
	var out []pole.Property
	for _, f := range e.Facts {
		d, ok := r.s.Dictionary.Property(f.Property)
		if _, takes := accepted(spec, string(f.Property)); ok && takes && d.Type == pole.TypeInstant && slices.Contains(spec.Returns, f.Property) {
			out = append(out, f.Property)
		}
	}
	return out
}

// repeatedHour is the first half past one, in UTC, of the latest night before now on which British clocks went back.
func repeatedHour(now time.Time) time.Time {
	for year := now.UTC().Year(); ; year-- {
		t := time.Date(year, time.October, 31, 0, 30, 0, 0, time.UTC)
		t = t.AddDate(0, 0, -int(t.Weekday()))
		if t.Add(2 * time.Hour).Before(now) {
			return t
		}
	}
}

// checkRoundEmpty sends an optional field with nothing in it: it is as if it were not there.
func checkRoundEmpty(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
	spec, _ := r.kind(r.s.Entry.Kind)
	i := slices.IndexFunc(spec.Accepts, func(f plugins.FieldSpec) bool {
		return !f.Required && !strings.Contains(f.Path, ".") && slices.Contains(spec.Returns, pole.Property(f.Path)) && !r.danger(pole.Property(f.Path))
	})
	if i < 0 {
		return inapplicable("it takes no optional field that comes back")
	}
	p := pole.Property(spec.Accepts[i].Path)
	records, err := r.readBack(ctx, b, sub, changed(*r.s.Entry, p, pole.Value{}))
	if err != nil {
		return err
	}
	for _, f := range records[0].All(p) {
		if strings.TrimSpace(f.Value.Source) == "" || f.Value.Source == "null" {
			return fmt.Errorf("%s was sent with nothing in it and comes back as %q", p, f.Value.Source)
		}
	}
	return nil
}
