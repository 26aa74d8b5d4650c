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

// checks are all promises, in the order in which they are checked; the last looks back at all of them.
var checks = slices.Concat(
	grouped(Identity, []check{
		{name: "info", f: checkInfo},
		{name: "options", f: checkOptions},
		{name: "open_does_no_io", f: checkOpen},
		{name: "check", f: checkCheck},
	}),
	grouped(SignIn, signinChecks()),
	grouped(Reading, []check{
		{name: "search", f: checkSearch},
		{name: "search_empty", f: checkEmpty},
		{name: "search_unknown_kind", f: checkUnknownKind},
		{name: "samples", f: checkSamples},
		{name: "fetch", f: checkFetch},
		{name: "fetch_not_there", f: checkFetchNotThere},
	}),
	grouped(Paging, []check{
		{name: "paging", f: checkPaging},
		{name: "paging_while_it_changes", f: checkChanging},
	}),
	grouped(Faults, faultChecks()),
	grouped(Drifting, driftChecks()),
	grouped(Words, wordChecks()),
	grouped(Delivery, submitChecks()),
	grouped(Stopping, stopChecks()),
	grouped(Waiting, waitChecks()),
	grouped(Secrecy, []check{{name: "nothing_secret_said", f: checkSecrets}}),
)

func grouped(g Group, cs []check) []check {
	for i := range cs {
		cs[i].group = g
	}
	return cs
}

// failed demands that a search failed as one of kinds, and did not pass for an answer.
func (r *run) failed(what string, page plugins.Page, err error, kinds ...plugins.ErrorKind) error {
	r.note(err)
	if err == nil {
		for _, g := range page.Gaps {
			r.note(g)
			if !slices.Contains(kinds, g.Kind) {
				return fmt.Errorf("%s leaves a gap of kind %s, want %v", what, g.Kind, kinds)
			}
		}
		if len(page.Gaps) == 0 {
			return fmt.Errorf("%s passes for an answer of %d records, want an error of kind %v", what, len(page.Records), kinds)
		}
		return nil
	}
	return r.errorIs(what, err, kinds...)
}

func (r *run) errorIs(what string, err error, kinds ...plugins.ErrorKind) error {
	r.note(err)
	if err == nil {
		return fmt.Errorf("%s succeeds, want an error of kind %v", what, kinds)
	}
	var e *plugins.Error
	switch {
	case !errors.As(err, &e):
		return fmt.Errorf("%s fails with %T, want a *plugins.Error: %w", what, err, err)
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("%s fails as %s, want %v: %w", what, e.Kind, kinds, err)
	case strings.TrimSpace(e.Say) == "":
		return fmt.Errorf("%s fails without words for the officer: %w", what, err)
	case e.System != r.s.System:
		return fmt.Errorf("%s fails without naming the system: System is %q", what, e.System)
	}
	return nil
}

// pages reads a search to its end.
func (r *run) pages(ctx context.Context, b *bench, q plugins.Query) (records []pole.Record, pages int, err error) {
	seen := map[string]bool{}
	for {
		page, err := b.sys.Search(ctx, q)
		if err != nil {
			r.note(err)
			return nil, pages, fmt.Errorf("page %d: %w", pages+1, err)
		}
		for _, g := range page.Gaps {
			r.note(g)
			return nil, pages, fmt.Errorf("page %d has a gap: %w", pages+1, g)
		}
		pages++
		records = append(records, page.Records...)
		if page.After == "" {
			return records, pages, nil
		}
		if seen[page.After] || pages > 2000 {
			return nil, pages, errors.New("the search does not end: a page leads back to an earlier one")
		}
		seen[page.After] = true
		q.After = page.After
	}
}

func checkSearch(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	return r.wellFound(ctx, b, r.s.Found)
}

// checkSamples demands of every sample what search demands of Found.
func checkSamples(ctx context.Context, r *run) error {
	if len(r.s.Samples) == 0 {
		return inapplicable("there are no further samples")
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	var errs []error
	for _, q := range r.s.Samples {
		if err := r.wellFound(ctx, b, q); err != nil {
			errs = append(errs, fmt.Errorf("kind %s: %w", q.Kind, err))
		}
	}
	return errors.Join(errs...)
}

func (r *run) wellFound(ctx context.Context, b *bench, q plugins.Query) error {
	records, _, err := r.pages(ctx, b, q)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return errors.New("the sample query finds nothing")
	}
	var errs []error
	refs := map[pole.Ref]bool{}
	for _, rec := range records {
		if refs[rec.Ref] {
			errs = append(errs, fmt.Errorf("record %s comes twice", rec.Type))
		}
		refs[rec.Ref] = true
		errs = append(errs, r.sound(rec, q.Kind)...)
	}
	return errors.Join(errs...)
}

// sound says what is wrong with a record. It names no value: a test's output is not the place for one.
func (r *run) sound(rec pole.Record, kind pole.Kind) (errs []error) {
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("record %q: "+format, append([]any{rec.ID}, args...)...))
	}
	if rec.System != r.s.System || rec.ID == "" {
		bad("Ref is %+v, want system %s and an id", rec.Ref, r.s.System)
	}
	if back, err := pole.ParseRef(rec.String()); err != nil || back != rec.Ref {
		bad("its Ref does not survive being written down")
	}
	spec, ok := r.kind(rec.Kind)
	switch {
	case rec.Kind != kind:
		bad("kind %s, asked for %s", rec.Kind, kind)
	case !ok:
		bad("kind %s is not declared", rec.Kind)
	case spec.Type != "" && rec.Type != spec.Type:
		bad("type %q, declared %q", rec.Type, spec.Type)
	}
	if rec.Read.IsZero() || rec.Read.Location() != time.UTC {
		bad("Read is %v, want the time of reading in UTC", rec.Read)
	}
	if !rec.Updated.IsZero() && rec.Updated.Location() != time.UTC {
		bad("Updated is not in UTC")
	}
	if len(rec.Facts) == 0 {
		bad("has no facts")
	}
	for _, f := range rec.Facts {
		if f.Value.Source == "" {
			bad("property %s does not keep what the source said", f.Property)
		}
		if len(spec.Returns) > 0 && !slices.Contains(spec.Returns, f.Property) {
			bad("property %s is not declared in Returns", f.Property)
		}
		if r.s.Dictionary == nil {
			continue
		}
		if _, known := r.s.Dictionary.Property(f.Property); !known {
			bad("property %s is not in the dictionary", f.Property)
		}
	}
	for _, l := range rec.Links {
		if l.Role == "" || l.From.System == "" || l.From.ID == "" || l.To.System == "" || l.To.ID == "" {
			bad("a link lacks its role or an end: %+v", l)
		}
	}
	return errs
}

func (r *run) kind(k pole.Kind) (plugins.KindSpec, bool) {
	for _, s := range r.s.Info.Kinds {
		if s.Kind == k {
			return s, true
		}
	}
	return plugins.KindSpec{}, false
}

func checkEmpty(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	records, _, err := r.pages(ctx, b, r.s.Empty)
	if err != nil {
		return err
	}
	if len(records) != 0 {
		return fmt.Errorf("Empty finds %d records", len(records))
	}
	return nil
}

func checkUnknownKind(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	q := r.s.Found
	q.Kind = "plugintest_unknown"
	page, err := b.sys.Search(ctx, q)
	return r.failed("a search of a kind that the plugin does not have", page, err, plugins.Invalid)
}

func checkPaging(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	whole, _, err := r.pages(ctx, b, r.s.Found)
	if err != nil {
		return err
	}
	small := r.s.Found
	small.Limit = 2
	parts, n, err := r.pages(ctx, b, small)
	if err != nil {
		return err
	}
	if n < r.s.Pages {
		return fmt.Errorf("the sample query Found comes in %d pages, want %d at least", n, r.s.Pages)
	}
	if len(parts) != len(whole) || !sameRefs(parts, whole) {
		return fmt.Errorf("in small pages the search finds %d records, in large ones %d: paging loses or doubles some", len(parts), len(whole))
	}
	return nil
}

// checkChanging changes what is found between two pages: nothing that stayed may be lost without a word. The same
// record on two pages is one record, as its Ref says.
func checkChanging(ctx context.Context, r *run) error {
	if r.s.Change == nil {
		return inapplicable("what it holds cannot be changed from here")
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	before, _, err := r.pages(ctx, b, r.s.Changing)
	if err != nil {
		return err
	}
	q := r.s.Changing
	q.Limit = 2
	got := map[string]bool{}
	total, said, pages := 0, false, 0
	for {
		page, err := b.sys.Search(ctx, q)
		if err != nil {
			r.note(err)
			return fmt.Errorf("page %d: %w", pages+1, err)
		}
		pages++
		total, said = max(total, page.Total), said || len(page.Gaps) > 0
		for _, rec := range page.Records {
			got[rec.String()] = true
		}
		if page.After == "" || pages > 2000 {
			break
		}
		if pages == 1 {
			if err := r.s.Change(); err != nil {
				return fmt.Errorf("the change: %w", err)
			}
		}
		q.After = page.After
	}
	if pages < 2 {
		return inapplicable("what changes comes in one page")
	}
	after, _, err := r.pages(ctx, b, r.s.Changing)
	if err != nil {
		return err
	}
	if sameRefs(before, after) {
		return errors.New("Change changes nothing that Changing finds")
	}
	stayed := map[string]bool{}
	for _, rec := range after {
		stayed[rec.String()] = true
	}
	lost := 0
	for _, rec := range before {
		if stayed[rec.String()] && !got[rec.String()] {
			lost++
		}
	}
	if lost > 0 && !said && total <= len(got) {
		return fmt.Errorf("%d records that were there all along are lost between pages, without a word", lost)
	}
	return nil
}

func sameRefs(a, b []pole.Record) bool {
	refs := func(rs []pole.Record) []string {
		var out []string
		for _, r := range rs {
			out = append(out, r.String())
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(refs(a), refs(b))
}

func checkFetch(ctx context.Context, r *run) error {
	if spec, _ := r.kind(r.s.Found.Kind); !spec.Fetch {
		return inapplicable("its records are not to be had one by one")
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	page, err := b.sys.Search(ctx, r.s.Found)
	if err != nil || len(page.Records) == 0 {
		return fmt.Errorf("nothing to fetch: %w", err)
	}
	want := page.Records[0].Ref
	rec, err := b.sys.Fetch(ctx, want)
	if err != nil {
		r.note(err)
		return fmt.Errorf("Fetch of a record just found: %w", err)
	}
	errs := r.sound(rec, r.s.Found.Kind)
	if rec.Ref != want {
		errs = append(errs, fmt.Errorf("Fetch of %s gives %s", want, rec.Ref))
	}
	return errors.Join(errs...)
}

func checkFetchNotThere(ctx context.Context, r *run) error {
	spec, _ := r.kind(r.s.Found.Kind)
	if !spec.Fetch {
		return inapplicable("its records are not to be had one by one")
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	_, err = b.sys.Fetch(ctx, pole.Ref{System: r.s.System, Type: spec.Type, ID: "plugintest-0"})
	return r.errorIs("Fetch of a record that is not there", err, plugins.NotFound, plugins.Invalid)
}
