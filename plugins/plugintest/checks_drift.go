package plugintest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/plugins"
)

// driftChecks alter the system's answer one member at a time, as a new release of the system would, and hold what the
// plugin makes of it against what it made of the documented answer.
func driftChecks() []check {
	return []check{
		{name: "drift_missing", apart: true, f: drift(missing)},
		{name: "drift_renamed", apart: true, f: drift(renamed)},
		{name: "drift_retyped", apart: true, f: drift(retyped)},
		{name: "drift_emptied", apart: true, f: drift(emptied)},
		{name: "drift_nulled", apart: true, f: drift(nulled)},
	}
}

const mostMembers = 250 // of one answer that are altered

// view is one thing that was asked, and how to ask it again.
type view struct {
	what  string
	full  bool // one record, not a search
	takes []*take
	base  plugins.Page
	ask   func(context.Context) (plugins.Page, error)
}

// views asks every sample, a few records of it, and for one record in full. What was answered is cut to the records that
// differ in what they hold.
func (r *run) views(ctx context.Context, b *bench) ([]view, error) {
	var out []view
	add := func(what string, full bool, ask func(context.Context) (plugins.Page, error)) error {
		v := view{what: what, full: full, ask: ask}
		var err error
		v.takes, err = b.tap.record(func() error {
			_, err := ask(ctx)
			return err
		})
		if err == nil {
			for _, t := range v.takes {
				if doc, err := parseDocument(t.body); err == nil {
					t.body = doc.trimmed()
				}
			}
			err = b.tap.play(v.takes, nil, func() error {
				v.base, err = ask(ctx)
				return err
			})
		}
		if err != nil {
			r.note(err)
			return fmt.Errorf("%s: %w", what, err)
		}
		if len(v.base.Records) == 0 {
			return fmt.Errorf("%s finds nothing", what)
		}
		out = append(out, v)
		return nil
	}
	for _, q := range r.samples() {
		q.Limit = 3
		if err := add("a search of kind "+string(q.Kind), false, func(ctx context.Context) (plugins.Page, error) { return b.sys.Search(ctx, q) }); err != nil {
			return nil, err
		}
		if spec, _ := r.kind(q.Kind); !spec.Fetch {
			continue
		}
		ref := out[len(out)-1].base.Records[0].Ref
		if err := add("a fetch of kind "+string(q.Kind), true, func(ctx context.Context) (plugins.Page, error) {
			rec, err := b.sys.Fetch(ctx, ref)
			if err != nil {
				return plugins.Page{}, err
			}
			return plugins.Page{Records: []record{rec}}, nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func drift(how alteration) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		b, err := r.open(ctx)
		if err != nil {
			return err
		}
		defer b.close()
		views, err := r.views(ctx, b)
		if err != nil {
			return err
		}
		altered := 0
		var errs []error
		for _, v := range views {
			for i, t := range v.takes {
				doc, err := parseDocument(t.body)
				if err != nil || t.status >= 300 {
					continue
				}
				for n, place := range doc.members() {
					body, ok := doc.alter(place, how)
					if !ok || n >= mostMembers {
						continue
					}
					altered++
					if err := r.drifted(ctx, b, v, i, place, how, body); err != nil {
						errs = append(errs, err)
					}
				}
			}
		}
		if altered == 0 {
			return inapplicable("its answers have no members that could be %s", how)
		}
		return errors.Join(errs...)
	}
}

// drifted asks again with one answer altered and judges what comes of it.
func (r *run) drifted(ctx context.Context, b *bench, v view, nth int, place string, how alteration, body []byte) error {
	var page plugins.Page
	err := b.tap.play(v.takes, func(t *take) ([]byte, bool) { return body, t == v.takes[nth] }, func() error {
		var err error
		page, err = v.ask(ctx)
		return err
	})
	r.note(err)
	for _, g := range page.Gaps {
		r.note(g)
	}
	if how == nulled && v.full && plugins.KindOf(err) == plugins.NotFound {
		return nil // null in the place of the record is how some say that there is none
	}
	if err := r.judge(v.base, page, err, place); err != nil {
		if r.waived("drift_"+string(how), place) {
			return nil
		}
		return fmt.Errorf("%s with %s %s: %w", v.what, place, how, err)
	}
	return nil
}

// judge holds an answer to an altered document against the answer to the documented one: it is refused as drift that
// names the place, or says the same, or less of what is optional; never anything else, and never less danger.
func (r *run) judge(base, got plugins.Page, err error, place string) error {
	if err != nil {
		return r.namesPlace(err, place)
	}
	told := false
	for _, g := range got.Gaps {
		if has(base.Gaps, g) {
			continue
		}
		if err := r.namesPlace(g, place); err != nil {
			return err
		}
		told = true
	}
	known := map[string]*record{}
	for i := range base.Records {
		known[base.Records[i].String()] = &base.Records[i]
	}
	for i := range got.Records {
		rec := &got.Records[i]
		was := known[rec.String()]
		if was == nil {
			return errors.New("a record turns up that was not there")
		}
		delete(known, rec.String())
		if err := r.lessOnly(was, rec); err != nil {
			return err
		}
	}
	if len(known) > 0 && !told && got.Total <= len(got.Records) {
		return fmt.Errorf("%d records are gone without a word", len(known))
	}
	if base.After != "" && got.After == "" && !told && got.Total <= len(got.Records) {
		return errors.New("the pages that follow are gone without a word")
	}
	return nil
}

func has(gaps []*plugins.Error, g *plugins.Error) bool {
	for _, x := range gaps {
		if x.Kind == g.Kind && x.Say == g.Say {
			return true
		}
	}
	return false
}

// namesPlace demands an error of kind drift that says where: the member's own name, or the name of what it stands in.
func (r *run) namesPlace(err error, place string) error {
	var e *plugins.Error
	if !errors.As(err, &e) || e.Kind != plugins.Drift {
		return fmt.Errorf("it fails as %s, want drift: %w", plugins.KindOf(err), err)
	}
	said := strings.ToLower(e.Say)
	names := strings.FieldsFunc(place, func(c rune) bool { return strings.ContainsRune(".[]@", c) })
	for i := len(names) - 1; i >= max(0, len(names)-2); i-- {
		if strings.Contains(said, strings.ToLower(names[i])) {
			return nil
		}
	}
	return fmt.Errorf("it is noticed, but not said where: %w", err)
}
