package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/plugins"
)

// faultChecks are what must become of a search when the network or the system breaks a promise: the right kind of
// error, and never an answer that looks whole.
func faultChecks() []check {
	const limit = 64 << 10
	hasty := func(s *Subject) { s.Info.Limits.Timeout = 700 * time.Millisecond }
	narrow := func(s *Subject) { s.Info.Limits.Response = limit }
	var out []check
	add := func(name string, f Fault, set setting, kinds ...plugins.ErrorKind) {
		out = append(out, check{name: "fault_" + name, apart: true, f: func(ctx context.Context, r *run) error {
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
	add("403", Status(http.StatusForbidden), nil, plugins.Denied, plugins.Auth) // some gateways answer a wrong key so
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
	add("too_large", Oversized(2*limit), narrow, plugins.Drift)
	add("wrong_type", WrongType, nil, plugins.Drift, plugins.Auth)
	add("elsewhere", Status(http.StatusFound, "Location", "http://127.0.0.1:9/"), nil, plugins.Drift)

	limited := func(name string, f func() Fault) {
		out = append(out, check{name: "fault_" + name, apart: true, f: func(ctx context.Context, r *run) error {
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
		out = append(out, check{name: "passing_" + name, apart: true, f: func(ctx context.Context, r *run) error {
			b, err := r.open(ctx)
			if err != nil {
				return err
			}
			defer b.close()
			want, _, err := r.pages(ctx, b, r.s.Found)
			if err != nil {
				return err
			}
			b.inject(f, 1)
			got, _, err := r.pages(ctx, b, r.s.Found)
			if err != nil {
				return fmt.Errorf("one failure ends the search: %w", err)
			}
			if !sameRefs(got, want) {
				return fmt.Errorf("after one failure the search finds %d records, without it %d", len(got), len(want))
			}
			return nil
		}})
	}
	passing("500", Status(http.StatusInternalServerError))
	passing("429", Limited(time.Second))
	passing("reset", ResetBefore)
	passing("truncated", Truncated)
	return out
}
