package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

func stopChecks() []check {
	return []check{
		{name: "search_cancelled", http: true, f: checkCancelled},
		{name: "search_cancelled_before", f: checkCancelledBefore},
		{name: "everything_cancelled", http: true, f: checkEverythingCancelled},
		{name: "search_stops", f: checkStops},
		{name: "search_concurrent", f: checkConcurrent},
		{name: "sessions_100", f: checkSessions},
		{name: "watch_cancelled", f: checkWatch},
	}
}

const (
	prompt   = 50 * time.Millisecond // how soon what is stopped must come back
	tries    = 6                     // a machine that runs other things may be late; not always
	hopeless = 10 * time.Second
)

// stopped calls f while fault holds the system's answer back, stops it, and demands that it comes back at once as
// Cancelled. The time is the best of a few tries: a busy machine is not the plugin's fault.
func (r *run) stopped(ctx context.Context, b *bench, what string, fault Fault, f func(context.Context) error) error {
	best := hopeless
	for range tries {
		held := make(chan struct{}, 100)
		b.inject(func(w http.ResponseWriter, req *http.Request, forward func() Answer) {
			held <- struct{}{}
			fault(w, req, forward)
		}, -1)
		own, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- f(own) }()
		select {
		case <-held:
		case err := <-done:
			cancel()
			r.note(err)
			return fmt.Errorf("%s comes back before the system answers: %w", what, err)
		}
		time.Sleep(20 * time.Millisecond) // into the body, where there is one
		start := time.Now()
		cancel()
		select {
		case err := <-done:
			best = min(best, time.Since(start))
			if err := r.errorIs(what+" that is stopped", err, plugins.Cancelled); err != nil {
				return err
			}
		case <-time.After(hopeless):
			return fmt.Errorf("%s that is stopped goes on", what)
		}
		if best <= prompt {
			return nil
		}
	}
	return fmt.Errorf("%s that is stopped comes back after %v, want %v", what, best, prompt)
}

func checkCancelled(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	if _, err := b.sys.Search(ctx, r.s.Found); err != nil {
		return err
	}
	search := func(ctx context.Context) error {
		_, err := b.sys.Search(ctx, r.s.Found)
		return err
	}
	return errors.Join(r.stopped(ctx, b, "a search that waits for its answer", Slow, search),
		r.stopped(ctx, b, "a search in the middle of its answer", SlowBody, search))
}

func checkEverythingCancelled(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	page, err := b.sys.Search(ctx, r.s.Found)
	if err != nil || len(page.Records) == 0 {
		return fmt.Errorf("nothing to fetch: %w", err)
	}
	errs := []error{r.stopped(ctx, b, "Check", Slow, func(ctx context.Context) error {
		_, err := b.sys.Check(ctx)
		return err
	})}
	if spec, _ := r.kind(r.s.Found.Kind); spec.Fetch {
		errs = append(errs, r.stopped(ctx, b, "Fetch", Slow, func(ctx context.Context) error {
			_, err := b.sys.Fetch(ctx, page.Records[0].Ref)
			return err
		}))
	}
	if sub, ok := b.sys.(plugins.Submitter); ok && r.s.Entry != nil {
		errs = append(errs, r.stopped(ctx, b, "Confirm", Slow, func(ctx context.Context) error {
			_, err := sub.Confirm(ctx, *r.s.Entry, newKey())
			return err
		}))
	}
	return errors.Join(errs...)
}

func checkCancelledBefore(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	page, err := b.sys.Search(ctx, r.s.Found)
	if err := r.failed("a search that was stopped before it began", page, err, plugins.Cancelled); err != nil {
		return err
	}
	if n := b.asked(); n != 0 {
		return fmt.Errorf("a search that was stopped before it began made %d requests", n)
	}
	return nil
}

// checkStops reads one page and no more: nothing may be asked ahead, as every question about a person is accounted for.
func checkStops(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	small := r.s.Found
	small.Limit = 2
	page, err := b.sys.Search(ctx, small)
	if err != nil {
		return err
	}
	if page.After == "" {
		return inapplicable("what is found comes in one page")
	}
	before := b.tap.asked()
	time.Sleep(150 * time.Millisecond)
	if n := b.tap.asked() - before; n != 0 {
		return fmt.Errorf("%d requests were made after the caller had its page and asked no more", n)
	}
	return nil
}

func checkConcurrent(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	want, _, err := r.pages(ctx, b, r.s.Found)
	if err != nil {
		return err
	}
	return together(6, func(int) error {
		got, _, err := r.pages(ctx, b, r.s.Found)
		if err == nil && !sameRefs(got, want) {
			err = fmt.Errorf("searches at the same time find %d records, one alone %d", len(got), len(want))
		}
		return err
	})
}

// together runs f n times at once, and says once what fails several times.
func together(n int, f func(i int) error) error {
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- f(i) }()
	}
	var all []error
	said := map[string]bool{}
	for range n {
		if err := <-errs; err != nil && !said[err.Error()] {
			said[err.Error()] = true
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// checkSessions opens the plugin a hundred times, as a hundred desks would, and searches with all at once. A system may
// say that this is too much for it; no desk may see another's answer, or less than is there.
func checkSessions(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	want, err := b.sys.Search(ctx, r.s.Found)
	if err != nil {
		return err
	}
	var answered counter
	err = together(100, func(int) error {
		own, err := b.again(ctx)
		if err != nil {
			return err
		}
		defer own.close()
		page, err := own.sys.Search(ctx, r.s.Found)
		switch plugins.KindOf(err) {
		case "":
			answered.add()
			if len(page.Gaps) > 0 || !sameRefs(page.Records, want.Records) {
				return errors.New("among a hundred sessions one sees another answer than alone")
			}
			return nil
		case plugins.Limited, plugins.Unavailable:
			return r.errorIs("one of a hundred sessions", err, plugins.Limited, plugins.Unavailable)
		}
		return err
	})
	if err != nil {
		return err
	}
	if answered.n == 0 {
		return errors.New("of a hundred sessions none was answered")
	}
	return nil
}

func checkWatch(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	w, ok := b.sys.(plugins.Watcher)
	watched := map[pole.Kind]bool{}
	var errs []error
	for _, k := range r.s.Info.Kinds {
		if !k.Watch {
			continue
		}
		watched[k.Kind] = true
		if !ok {
			return fmt.Errorf("kind %s is declared to be watched, but the plugin cannot watch", k.Kind)
		}
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- w.Watch(ctx, k.Kind, "", func(plugins.Change) error { return nil }) }()
		select {
		case err := <-done:
			errs = append(errs, fmt.Errorf("watching %s ends by itself: %w", k.Kind, err))
		case <-time.After(300 * time.Millisecond):
		}
		cancel()
		select {
		case err := <-done:
			r.note(err)
		case <-time.After(hopeless):
			errs = append(errs, fmt.Errorf("watching %s goes on after it was stopped", k.Kind))
		}
	}
	if len(watched) == 0 {
		return inapplicable("it announces no changes")
	}
	return errors.Join(errs...)
}
