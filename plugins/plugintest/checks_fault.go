package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/plugins"
)

const narrowLimit = 64 << 10 // bytes of an answer, where a check makes the limit small

func hasty(s *Subject)  { s.Info.Limits.Timeout = 700 * time.Millisecond }
func narrow(s *Subject) { s.Info.Limits.Response = narrowLimit }

// faultChecks are what must become of a search when the network or the system breaks a promise: the right kind of
// error, and never an answer that looks whole.
func faultChecks() []check {
	var out []check
	add := func(name string, f Fault, set setting, kinds ...plugins.ErrorKind) {
		out = append(out, check{name: "fault_" + name, apart: true, http: true, f: func(ctx context.Context, r *run) error {
			if set == nil {
				set = func(*Subject) {}
			}
			b, err := r.open(ctx, set)
			if err != nil {
				return err
			}
			defer b.close()
			b.inject(f, -1)
			page, err := b.sys.Search(ctx, r.s.Found)
			return r.failed("a search", page, err, kinds...)
		}})
	}
	add("500", Status(http.StatusInternalServerError), nil, plugins.Unavailable)
	add("503", Status(http.StatusServiceUnavailable), nil, plugins.Unavailable)
	add("401_for_ever", Status(http.StatusUnauthorized), nil, plugins.Auth)
	add("reset", ResetBefore, nil, plugins.Unavailable)
	add("reset_after", ResetAfter, nil, plugins.Unavailable)
	add("slow", Slow, hasty, plugins.Unavailable)
	add("slow_body", SlowBody, hasty, plugins.Unavailable)
	add("truncated", Truncated, nil, plugins.Unavailable)
	add("cut_short", CutShort, nil, plugins.Drift)
	add("empty_body", Empty, nil, plugins.Drift)
	add("malformed", Malformed, nil, plugins.Drift)
	add("other_shape", OtherShape, nil, plugins.Drift)
	add("too_large", Oversized(2*narrowLimit), narrow, plugins.Drift)
	add("bomb", Bomb(64<<20), narrow, plugins.Drift)
	add("wrong_type", WrongType, nil, plugins.Drift, plugins.Auth)
	add("elsewhere", Status(http.StatusFound, "Location", "http://127.0.0.1:9/"), nil, plugins.Drift)
	out = append(out,
		check{name: "fault_mislabelled", apart: true, http: true, f: checkMislabelled},
		check{name: "fault_slow_for_one", apart: true, http: true, f: checkSlowForOne})

	limited := func(name string, f func() Fault) {
		out = append(out, check{name: "fault_" + name, apart: true, http: true, f: func(ctx context.Context, r *run) error {
			b, err := r.open(ctx)
			if err != nil {
				return err
			}
			defer b.close()
			b.inject(f(), -1)
			page, err := b.sys.Search(ctx, r.s.Found)
			if err := r.failed("a search", page, err, plugins.Limited); err != nil {
				return err
			}
			var after time.Duration
			var e *plugins.Error
			if errors.As(err, &e) {
				after = e.After
			}
			for _, g := range page.Gaps {
				after = max(after, g.After)
			}
			if after < 50*time.Minute || after > time.Hour {
				return fmt.Errorf("the error says to come back in %v, the system said an hour", after)
			}
			return nil
		}})
	}
	limited("429_seconds", func() Fault { return Limited(time.Hour) })
	limited("429_date", func() Fault { return LimitedUntil(time.Now().Add(time.Hour)) })

	// One failure is overcome, and the answer is the same as without it.
	passing := func(name string, f Fault) {
		out = append(out, check{name: "passing_" + name, apart: true, http: true, f: func(ctx context.Context, r *run) error {
			return r.overcome(ctx, func(b *bench) { b.inject(f, 1) })
		}})
	}
	passing("500", Status(http.StatusInternalServerError))
	passing("429", Limited(time.Second))
	passing("reset", ResetBefore)
	passing("truncated", Truncated)
	return append(out, lineChecks()...)
}

// overcome demands that a search through trouble finds what it finds without.
func (r *run) overcome(ctx context.Context, trouble func(*bench)) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	want, _, err := r.pages(ctx, b, r.s.Found)
	if err != nil {
		return err
	}
	trouble(b)
	got, _, err := r.pages(ctx, b, r.s.Found)
	if err != nil {
		return fmt.Errorf("one failure ends the search: %w", err)
	}
	if !sameRefs(got, want) {
		return fmt.Errorf("after one failure the search finds %d records, without it %d", len(got), len(want))
	}
	return nil
}

// checkMislabelled lets a plugin read an answer that says it is a picture, or refuse it, but not make less of it.
func checkMislabelled(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	want, err := b.sys.Search(ctx, r.s.Found)
	if err != nil {
		return err
	}
	b.inject(Mislabelled, -1)
	page, err := b.sys.Search(ctx, r.s.Found)
	if err == nil && len(page.Gaps) == 0 && sameRefs(page.Records, want.Records) {
		return nil
	}
	return r.failed("a search answered with what says it is a picture", page, err, plugins.Drift)
}

// checkSlowForOne holds one question back and demands that another is answered meanwhile.
func checkSlowForOne(ctx context.Context, r *run) error {
	b, err := r.open(ctx, func(s *Subject) {
		s.Info.Limits.Parallel = max(s.Info.Limits.Parallel, 2)
		s.Info.Limits.Timeout = 30 * time.Second
	})
	if err != nil {
		return err
	}
	defer b.close()
	if _, err := b.sys.Search(ctx, r.s.Found); err != nil { // signs in
		return err
	}
	hung := make(chan struct{})
	b.inject(func(w http.ResponseWriter, req *http.Request, forward func() Answer) {
		close(hung)
		Slow(w, req, forward)
	}, 1)
	slow, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := b.sys.Search(slow, r.s.Found)
		done <- err
	}()
	select {
	case <-hung:
	case err := <-done:
		return fmt.Errorf("the search that was to be held back came back: %w", err)
	}
	page, err := b.sys.Search(ctx, r.s.Found)
	if err != nil || len(page.Records) == 0 {
		r.note(err)
		return fmt.Errorf("while one search waits, another finds nothing: %w", err)
	}
	select {
	case <-done:
		return errors.New("the search that is held back ended before the system answered")
	default:
	}
	cancel()
	<-done
	return nil
}

// lineChecks are the faults of systems that do not speak HTTP.
func lineChecks() []check {
	on := func(name string, f func(context.Context, *run) error) check {
		return check{name: "line_" + name, apart: true, f: func(ctx context.Context, r *run) error {
			if !r.hasLine() {
				return inapplicable("the system is reached by HTTP, or by no network at all")
			}
			return f(ctx, r)
		}}
	}
	fault := func(name string, set setting, trouble func(*Line)) check {
		return on(name, func(ctx context.Context, r *run) error {
			if set == nil {
				set = func(*Subject) {}
			}
			b, err := r.open(ctx, set)
			if err != nil {
				return err
			}
			defer b.close()
			for _, l := range b.lines {
				trouble(l)
			}
			page, err := b.sys.Search(ctx, r.s.Found)
			return r.failed("a search", page, err, plugins.Unavailable)
		})
	}
	return []check{
		fault("refused", nil, (*Line).Refuse),
		fault("reset", nil, func(l *Line) { l.Trouble(Drops, -1) }),
		fault("hangs", hasty, func(l *Line) { l.Trouble(Hangs, -1) }),
		fault("cut_off", nil, func(l *Line) { l.Trouble(Cuts, -1) }),
		on("reset_once", func(ctx context.Context, r *run) error {
			return r.overcome(ctx, func(b *bench) {
				for _, l := range b.lines {
					l.Trouble(Drops, 1)
				}
			})
		}),
		{name: "folder_gone", f: checkFolderGone},
	}
}

func (r *run) hasLine() bool {
	b := &bench{r: r}
	defer func() {
		for _, l := range b.lines {
			l.Close()
		}
	}()
	for _, o := range r.s.Info.Options {
		if v := r.setting(o); o.Type == plugins.OptionURL && v != "" && !r.speaksHTTP() {
			if _, err := b.before(v, r.s); err != nil {
				return false
			}
		}
	}
	return len(b.lines) > 0
}

// checkFolderGone takes a folder away: an empty answer would be a lie.
func checkFolderGone(ctx context.Context, r *run) error {
	if r.speaksHTTP() || r.hasLine() {
		return inapplicable("the system is not a folder")
	}
	b, err := r.open(ctx, func(s *Subject) {
		for _, o := range s.Info.Options {
			if v := r.setting(o); o.Type == plugins.OptionURL && v != "" {
				s.Config[o.Name] = v + "/plugintest-gone"
			}
		}
	})
	if err != nil {
		return err
	}
	defer b.close()
	page, err := b.sys.Search(ctx, r.s.Found)
	return r.failed("a search in a folder that is not there", page, err, plugins.Unavailable, plugins.NotFound)
}
