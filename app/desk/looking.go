package desk

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"muster/app/audit"
	"muster/app/entry"
	"muster/plugins"
	"muster/plugins/pole"
)

// copyAge is how old a stored copy may be before what was taken from it into an entry is held against the record again.
const copyAge = 15 * time.Minute

// fromCopies reports whether a draft was filled from stored copies that are not fresh, as it is when it was written without a network.
func (d *Desk) fromCopies(s *session, dr entry.Draft) bool {
	for path, ref := range dr.From {
		if dr.Value(path) == "" {
			continue
		}
		if r, ok, err := s.store.Record(ref); err == nil && ok && d.now().Sub(r.Read) >= copyAge {
			return true
		}
	}
	return false
}

// changedSince reads the records that a draft was filled from again and says what they say otherwise by now. The reading is accounted
// for with the entry's own purpose. A record that its system gives in lists only cannot be held against anything.
func (d *Desk) changedSince(ctx context.Context, s *session, it entry.Item, dr entry.Draft) ([]entry.Difference, error) {
	f, err := d.form(dr.Form)
	if err != nil {
		return nil, err
	}
	f = f.For(dr, d.dict)
	byRef := map[pole.Ref][]string{}
	for path, ref := range dr.From {
		if dr.Value(path) != "" {
			byRef[ref] = append(byRef[ref], path)
		}
	}
	if len(byRef) == 0 {
		return nil, nil
	}
	a := d.access(string(audit.Consultation), it.Purpose)
	rec := d.record(a)
	rec.Ref = refStrings(slices.Collect(maps.Keys(byRef)))
	seqs, err := d.append(ctx, s, rec)
	if err != nil {
		return nil, err
	}
	a.Audited = seqs[0]
	var out []entry.Difference
	var read []pole.Record
	for ref, paths := range byRef {
		r, err := d.fetchRecord(plugins.WithAccess(ctx, a), ref)
		switch {
		case errors.Is(err, errNoFetch):
			continue
		case err != nil && plugins.KindOf(err) != plugins.NotFound:
			d.closing(s, a, nil, seqs[0], len(read), err, ofRecords(read))
			return nil, err
		case err == nil:
			read = append(read, r)
		}
		for _, path := range paths {
			if now, differs := d.saysOtherwise(r, path, dr.Value(path)); differs {
				field, _ := f.Field(path)
				out = append(out, entry.Difference{Path: path, Label: cmp.Or(field.Label, path), Ref: ref, Wrote: dr.Value(path), Now: now})
			}
		}
	}
	d.closing(s, a, nil, seqs[0], len(read), nil, ofRecords(read))
	if len(read) > 0 {
		s.later(func(context.Context) { _ = s.store.PutRecords(d.now(), read...) })
	}
	slices.SortFunc(out, func(a, b entry.Difference) int { return cmp.Compare(a.Path, b.Path) })
	return out, nil
}

// saysOtherwise reports whether a record says nowhere what an entry took from it, and what it says instead.
func (d *Desk) saysOtherwise(r pole.Record, path, wrote string) (now string, differs bool) {
	_, p := entry.SplitPath(path)
	had := d.dict.Normalise(p, wrote)
	for _, f := range r.Facts {
		if f.Property != p {
			continue
		}
		if like, _ := d.dict.Compare(p, had, f.Value); like == pole.Same || f.Value.Source == wrote {
			return "", false
		}
		if now == "" && f.To == "" { // what has ended is not how it is now
			now = entry.Written(d.dict, p, f.Value)
		}
	}
	return now, true
}

// ChooseEntry settles an entry that was filled from records which have changed since: at the paths of take it now says what they say,
// everywhere else what was written; then it is sent.
func (d *Desk) ChooseEntry(ctx context.Context, id string, take []string) (entry.Item, error) {
	s, err := d.current()
	if err != nil {
		return entry.Item{}, err
	}
	it, ok := s.outbox.Item(id)
	if !ok {
		return entry.Item{}, entry.ErrNoEntry
	}
	for _, path := range take {
		if !slices.ContainsFunc(it.Differences, func(x entry.Difference) bool { return x.Path == path }) {
			return entry.Item{}, errors.New("nothing differs at " + path)
		}
	}
	f, err := d.form(it.Form)
	if err != nil {
		return entry.Item{}, err
	}
	a := d.access(string(audit.Alteration), it.Purpose)
	r := d.record(a)
	r.Ref, r.Fields = id, take
	if _, _, err := d.account(ctx, a, r); err != nil {
		return entry.Item{}, err
	}
	return s.outbox.Choose(id, take, f, d.targets(f))
}
