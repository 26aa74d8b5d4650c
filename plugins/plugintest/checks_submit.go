package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"muster/plugins"
)

// submitChecks are the promises of delivery: exactly once, and never a receipt for what did not arrive.
func submitChecks() []check {
	out := []check{
		{name: "submit_declared", f: checkDeclared},
		{name: "submit_twice", writes: true, f: onSubmitter(checkTwice)},
		{name: "submit_answer_lost", writes: true, http: true, f: onSubmitter(checkLost)},
		{name: "submit_answer_unreadable", writes: true, http: true, f: onSubmitter(checkUnreadable)},
		{name: "submit_empty", f: onSubmitter(checkHollow)},
		{name: "confirm_not_there", f: onSubmitter(checkConfirm)},
	}
	fault := func(name string, f Fault, kinds ...plugins.ErrorKind) {
		out = append(out, check{name: "submit_" + name, http: true, f: onSubmitter(func(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
			before := r.effects()
			key := newKey()
			var sent counter
			b.injectWrites(func(w http.ResponseWriter, req *http.Request, forward func() Answer) {
				sent.add()
				f(w, req, forward)
			}, -1)
			rec, err := sub.Submit(ctx, *r.s.Entry, key)
			if err == nil {
				return fmt.Errorf("Submit gives a receipt %q for what never arrived", rec.Reference)
			}
			if err := r.errorIs("Submit", err, kinds...); err != nil {
				return err
			}
			if name == "403" && sent.n > 1 {
				return fmt.Errorf("Submit that is not allowed was sent %d times, want once", sent.n)
			}
			return r.grew(before, 0)
		})})
	}
	fault("500", Status(http.StatusInternalServerError), plugins.Unknown, plugins.Unavailable)
	fault("401", Status(http.StatusUnauthorized), plugins.Auth)
	fault("403", Status(http.StatusForbidden), plugins.Denied, plugins.Auth)
	fault("429", Limited(time.Hour), plugins.Limited)
	fault("reset", ResetBefore, plugins.Unknown, plugins.Unavailable)
	fault("redirected", Status(http.StatusFound, "Location", "/plugintest"), plugins.Unknown, plugins.Drift)
	fault("wrong_type", WrongType, plugins.Unknown, plugins.Drift, plugins.Auth)
	return append(out, roundChecks()...)
}

func newKey() plugins.Key { return plugins.Key("plugintest-" + uuid.NewString()) }

// effects is how many entries the system holds, or -1 if nobody can tell.
func (r *run) effects() int {
	if r.s.Effects == nil {
		return -1
	}
	return r.s.Effects()
}

func (r *run) grew(before, by int) error {
	if before < 0 {
		return nil
	}
	if now := r.effects(); now != before+by {
		return fmt.Errorf("the system holds %d entries more, want %d", now-before, by)
	}
	return nil
}

func checkDeclared(ctx context.Context, r *run) error {
	takes := false
	for _, k := range r.s.Info.Kinds {
		takes = takes || len(k.Accepts) > 0
	}
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	_, can := b.sys.(plugins.Submitter)
	switch {
	case takes && !can:
		return errors.New("a kind is declared to be taken, but the plugin cannot submit")
	case takes && r.s.Entry == nil:
		return errors.New("the plugin takes entries: the subject needs a sample Entry")
	case !takes && r.s.Entry != nil:
		return errors.New("the subject has an Entry, but no kind declares what it accepts")
	}
	return nil
}

func onSubmitter(f func(context.Context, *run, *bench, plugins.Submitter) error) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		if r.s.Entry == nil {
			return inapplicable("it takes no entries")
		}
		b, err := r.open(ctx)
		if err != nil {
			return err
		}
		defer b.close()
		sub, ok := b.sys.(plugins.Submitter)
		if !ok {
			return errors.New("the plugin cannot submit")
		}
		return f(ctx, r, b, sub)
	}
}

// again submits what the system already has and demands the same reference.
func (r *run) again(ctx context.Context, sub plugins.Submitter, key plugins.Key, want string) error {
	rec, err := sub.Submit(ctx, *r.s.Entry, key)
	if err != nil {
		var e *plugins.Error
		if errors.As(err, &e) && e.Kind == plugins.Duplicate && e.Ref == want {
			return nil
		}
		r.note(err)
		return fmt.Errorf("the second Submit with the same key: %w", err)
	}
	if rec.Reference != want {
		return fmt.Errorf("the second Submit with the same key gives %q, the first gave %q", rec.Reference, want)
	}
	return nil
}

func checkTwice(ctx context.Context, r *run, _ *bench, sub plugins.Submitter) error {
	before, key := r.effects(), newKey()
	rec, err := sub.Submit(ctx, *r.s.Entry, key)
	if err != nil {
		r.note(err)
		return fmt.Errorf("Submit: %w", err)
	}
	if rec.Reference == "" {
		return errors.New("the receipt has no reference")
	}
	if err := r.again(ctx, sub, key, rec.Reference); err != nil {
		return err
	}
	found, err := sub.Confirm(ctx, *r.s.Entry, key)
	if err != nil {
		r.note(err)
		return fmt.Errorf("Confirm of what was taken: %w", err)
	}
	if found.Reference != rec.Reference {
		return fmt.Errorf("Confirm gives %q, Submit gave %q", found.Reference, rec.Reference)
	}
	if err := r.grew(before, 1); err != nil {
		return err
	}
	other, err := sub.Submit(ctx, *r.s.Entry, newKey())
	if err != nil {
		r.note(err)
		return fmt.Errorf("Submit with another key: %w", err)
	}
	if other.Reference == rec.Reference {
		return errors.New("two entries were given the same reference")
	}
	return r.grew(before, 2)
}

func checkLost(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
	return r.unsure(ctx, b, sub, ResetAfter, plugins.Unknown)
}

func checkUnreadable(ctx context.Context, r *run, b *bench, sub plugins.Submitter) error {
	return r.unsure(ctx, b, sub, Malformed, plugins.Unknown, plugins.Drift)
}

// unsure lets the system take an entry and spoils its answer: the plugin must not claim that it failed, Confirm must
// find it, and sending it again must not double it.
func (r *run) unsure(ctx context.Context, b *bench, sub plugins.Submitter, f Fault, kinds ...plugins.ErrorKind) error {
	before, key := r.effects(), newKey()
	b.injectWrites(f, 1)
	rec, err := sub.Submit(ctx, *r.s.Entry, key)
	if err != nil { // no error: the system honours the key, and was asked again
		if err := r.errorIs("Submit whose answer was lost", err, kinds...); err != nil {
			return err
		}
	}
	b.clear()
	found, err := sub.Confirm(ctx, *r.s.Entry, key)
	if err != nil {
		r.note(err)
		return fmt.Errorf("Confirm does not find what was taken: %w", err)
	}
	if rec.Reference != "" && rec.Reference != found.Reference {
		return fmt.Errorf("Confirm gives %q, Submit gave %q", found.Reference, rec.Reference)
	}
	if err := r.again(ctx, sub, key, found.Reference); err != nil {
		return err
	}
	return r.grew(before, 1)
}

func checkHollow(ctx context.Context, r *run, _ *bench, sub plugins.Submitter) error {
	spec, _ := r.kind(r.s.Entry.Kind)
	required := false
	for _, f := range spec.Accepts {
		required = required || f.Required
	}
	if !required {
		return inapplicable("no field is required")
	}
	before := r.effects()
	_, err := sub.Submit(ctx, plugins.Entry{Form: r.s.Entry.Form, Kind: r.s.Entry.Kind, Captured: r.s.Entry.Captured}, newKey())
	if err := r.errorIs("Submit without the required fields", err, plugins.Invalid); err != nil {
		return err
	}
	return r.grew(before, 0)
}

func checkConfirm(ctx context.Context, r *run, _ *bench, sub plugins.Submitter) error {
	_, err := sub.Confirm(ctx, *r.s.Entry, newKey())
	return r.errorIs("Confirm of what was never sent", err, plugins.NotFound)
}
