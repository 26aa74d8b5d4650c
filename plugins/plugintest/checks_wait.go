package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// waitChecks are promises that take a minute, an hour or a day to keep, looked at on a virtual clock.
func waitChecks() []check {
	return []check{
		{name: "waits_retry_after_seconds", virtual: waitRetryAfter(func() string { return "60" })},
		{name: "waits_retry_after_date", virtual: waitRetryAfter(func() string { return time.Now().Add(time.Minute).UTC().Format(http.TimeFormat) })},
		{name: "waits_breaker", virtual: waitBreaker},
		{name: "waits_token", virtual: waitToken},
		{name: "waits_quota", virtual: waitQuota},
		{name: "waits_watch", virtual: waitWatch},
	}
}

// comeBack is when an error, or the gaps of an answer, say to come again; 0 if they do not.
func comeBack(page plugins.Page, err error) time.Duration {
	var after time.Duration
	var e *plugins.Error
	if errors.As(err, &e) {
		after = e.After
	}
	for _, g := range page.Gaps {
		after = max(after, g.After)
	}
	return after
}

// refused demands that a search fails as kind, at once, and says when to come again.
func (v *virtual) refused(ctx context.Context, what string, kind plugins.ErrorKind) (time.Duration, error) {
	began := time.Now()
	page, err := v.search(ctx)
	if err := v.r.failed(what, page, err, kind); err != nil {
		return 0, err
	}
	if took := time.Since(began); took > 10*time.Second {
		return 0, fmt.Errorf("%s is told after %v only", what, took)
	}
	after := comeBack(page, err)
	if after <= 0 {
		return 0, fmt.Errorf("%s does not say when to come again", what)
	}
	return after, nil
}

// waitRetryAfter has a system ask for a minute's pause: it is told at once, kept, and then over.
func waitRetryAfter(value func() string) func(context.Context, *run, *recording) error {
	return func(ctx context.Context, r *run, kept *recording) error {
		v, err := r.openVirtual(ctx, kept)
		if err != nil {
			return err
		}
		defer v.close()
		v.fail(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value())
			w.WriteHeader(http.StatusTooManyRequests)
		}, 1)
		after, err := v.refused(ctx, "a search that comes too often", plugins.Limited)
		if err != nil {
			return err
		}
		if after < 58*time.Second || after > time.Minute {
			return fmt.Errorf("the error says to come back in %v, the system said a minute", after)
		}
		asked := v.questions()
		time.Sleep(after / 2)
		rest, err := v.refused(ctx, "a search within the pause", plugins.Limited)
		if err != nil {
			return err
		}
		if n := v.questions() - asked; n != 0 {
			return fmt.Errorf("%d questions were sent within the pause that the system asked for", n)
		}
		if rest > after/2+time.Second {
			return fmt.Errorf("halfway through a pause of %v the error says to come back in %v", after, rest)
		}
		time.Sleep(rest)
		return v.finds(ctx, "a search after the pause")
	}
}

// waitBreaker has a system break down: it is soon left alone, asked once now and then, and used again when it is well.
func waitBreaker(ctx context.Context, r *run, kept *recording) error {
	v, err := r.openVirtual(ctx, kept)
	if err != nil {
		return err
	}
	defer v.close()
	v.fail(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, -1)
	var after time.Duration
	for i := 0; ; i++ {
		asked := v.questions()
		page, err := v.search(ctx)
		if err := r.failed("a search of a system that is down", page, err, plugins.Unavailable); err != nil {
			return err
		}
		if v.questions() == asked {
			after = comeBack(page, err)
			break
		}
		if i == 10 {
			return fmt.Errorf("after %d failures the system is asked as before", v.questions())
		}
	}
	if after <= 0 || after > time.Minute {
		return fmt.Errorf("the error of a system that is left alone says to come back in %v", after)
	}
	time.Sleep(after + time.Second) // what is told is right to the second
	v.slow(time.Second)
	asked := v.questions()
	if err := together(10, func(int) error {
		page, err := v.search(ctx)
		return r.failed("a search of a system that is still down", page, err, plugins.Unavailable)
	}); err != nil {
		return err
	}
	if n := v.questions() - asked; n != 1 {
		return fmt.Errorf("%d questions went to a system that is down to see whether it is well, want one", n)
	}
	v.fail(nil, 0)
	if after, err = v.refused(ctx, "a search of a system that was down a moment ago", plugins.Unavailable); err != nil {
		return err
	}
	time.Sleep(after + time.Second)
	return v.finds(ctx, "a search of a system that is well again")
}

// waitToken lets a token's life go by: it is used while it is good, and renewed before it ends, once for all callers.
func waitToken(ctx context.Context, r *run, kept *recording) error {
	switch {
	case !r.renews():
		return inapplicable("its credential does not end, so there is nothing to renew")
	case r.s.Info.Auth[0].Kind == plugins.AuthBearer:
		return inapplicable("its token is the one login's own, which the workstation renews")
	case !r.playable():
		return inapplicable("its sign-in has no token of a known life")
	}
	v, err := r.openVirtual(ctx, kept)
	if err != nil {
		return err
	}
	defer v.close()
	v.slow(100 * time.Millisecond)
	began := time.Now()
	if err := v.finds(ctx, "a search"); err != nil {
		return err
	}
	each, life, _ := v.signedIn()
	if each == 0 {
		return errors.New("it found something without signing in")
	}
	time.Sleep(life/2 - time.Since(began))
	if err := v.finds(ctx, "a search in the middle of a token's life"); err != nil {
		return err
	}
	if n, _, _ := v.signedIn(); n != each {
		return errors.New("a token is renewed that has half its life before it")
	}
	time.Sleep(life - 5*time.Second - time.Since(began))
	const n = 20
	if err := together(n, func(int) error { return v.finds(ctx, "a search just before the token ends") }); err != nil {
		return err
	}
	again, _, stale := v.signedIn()
	if again != 2*each {
		return fmt.Errorf("%d searches just before the token ends sign in with %d requests, want %d", n, again-each, each)
	}
	if stale > 0 {
		return fmt.Errorf("%d questions carried a token that had ended", stale)
	}
	return nil
}

// waitQuota gives the system a daily allowance: what is over is not sent, is told at once, and is free again a day later.
func waitQuota(ctx context.Context, r *run, kept *recording) error {
	v, err := r.openVirtual(ctx, kept)
	if err != nil {
		return err
	}
	err = v.finds(ctx, "a search")
	each := v.questions()
	v.close()
	if err != nil {
		return err
	}
	const searches, day = 3, 24 * time.Hour
	if v, err = r.openVirtual(ctx, kept, func(s *Subject) { s.Info.Limits.Quotas = []plugins.Quota{{Requests: searches * each, Per: day}} }); err != nil {
		return err
	}
	defer v.close()
	for range searches {
		if err := v.finds(ctx, "a search within the day's allowance"); err != nil {
			return err
		}
	}
	for _, later := range []time.Duration{0, day / 2} {
		time.Sleep(later)
		after, err := v.refused(ctx, "a search over the day's allowance", plugins.Limited)
		if err != nil {
			return err
		}
		// The day is counted in parts of half an hour at most, and never too short.
		if left := day - later; after < left-time.Minute || after > left+time.Hour/2 {
			return fmt.Errorf("with %v of the day to go the error says to come back in %v", left, after)
		}
	}
	if n := v.questions(); n > searches*each {
		return fmt.Errorf("%d questions were sent, %d are allowed a day", n, searches*each)
	}
	time.Sleep(day/2 + time.Hour)
	return v.finds(ctx, "a search on the next day")
}

// waitWatch leaves a watch alone: one that asks does so at even intervals, with the cursor that it was given; one that
// listens gives a stream up that has fallen silent, so that it is opened anew.
func waitWatch(ctx context.Context, r *run, kept *recording) error {
	looked := false
	for _, k := range r.s.Info.Kinds {
		if !k.Watch {
			continue
		}
		looked = true
		if err := watchFor(ctx, r, kept, k.Kind); err != nil {
			return fmt.Errorf("watching kind %s: %w", k.Kind, err)
		}
	}
	if !looked {
		return inapplicable("it announces no changes")
	}
	return nil
}

func watchFor(ctx context.Context, r *run, kept *recording, kind pole.Kind) error {
	v, err := r.openVirtual(ctx, kept)
	if err != nil {
		return err
	}
	defer v.close()
	w, ok := v.bench.sys.(plugins.Watcher)
	if !ok {
		return errors.New("it is declared but not offered")
	}
	const long = 10 * time.Minute
	var cursor plugins.Cursor
	told := map[string]int{}
	watch := func(from plugins.Cursor, d time.Duration) (time.Duration, error) {
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		defer time.AfterFunc(d, cancel).Stop()
		began := time.Now()
		err := w.Watch(own, kind, from, func(c plugins.Change) error {
			cursor = c.Cursor
			if c.Record.ID != "" {
				told[c.Record.String()+" "+c.Record.Version+" "+c.Record.Updated.String()+" "+strconv.FormatBool(c.Removed)]++
			}
			return nil
		})
		return time.Since(began), err
	}
	took, err := watch("", long)
	v.mu.Lock()
	streams := v.streams
	v.mu.Unlock()
	if streams > 0 {
		if err := r.errorIs("a stream that has fallen silent", err, plugins.Unavailable); err != nil {
			return err
		}
		if took < 90*time.Second || took > 5*time.Minute {
			return fmt.Errorf("a stream that has fallen silent is given up after %v, want a minute and a half", took)
		}
		return nil
	}
	if err := r.errorIs("a watch that is stopped", err, plugins.Cancelled); err != nil {
		return err
	}
	if err := v.evenly(); err != nil {
		return err
	}
	for what, n := range told {
		if n > 1 {
			return fmt.Errorf("%s is announced %d times though it did not change", what, n)
		}
	}
	if cursor == "" {
		return nil
	}
	_, said := v.log()
	last, n := said[len(said)-1], len(said)
	if _, err := watch(cursor, time.Second); plugins.KindOf(err) != plugins.Cancelled {
		return fmt.Errorf("a watch that goes on where it stood: %w", err)
	}
	if _, said = v.log(); said[n] != last {
		return errors.New("a watch that goes on with its cursor asks otherwise than the one before did")
	}
	return nil
}

// evenly demands that questions came in rounds at even intervals of a second at least.
func (v *virtual) evenly() error {
	asked, _ := v.log()
	var gaps []time.Duration
	for i := 1; i < len(asked); i++ {
		if d := asked[i].Sub(asked[i-1]); d > 0 {
			gaps = append(gaps, d)
		}
	}
	if len(gaps) < 2 {
		return fmt.Errorf("in ten minutes it asks %d times for changes", len(asked))
	}
	for _, d := range gaps {
		if d < time.Second || d-gaps[0] > time.Second || gaps[0]-d > time.Second {
			return fmt.Errorf("it asks for changes after %v and after %v", gaps[0], d)
		}
	}
	return nil
}
