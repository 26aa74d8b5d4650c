package desk

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"muster/app/search"
	"muster/plugins"
	"muster/plugins/demoforce"
)

// BenchmarkFederatedSearch searches the demonstration force at realistic latency: the whole search over its slowest system, and
// how long after the first system's answer its records are handed to the screen.
func BenchmarkFederatedSearch(b *testing.B) {
	d := signedIn(b)
	var arrived atomic.Int64 // when the first records of the running search arrived, in ns; 0 before
	d.mu.RLock()
	for _, s := range d.systems {
		s.mu.Lock()
		s.sys = timed{s.sys, &arrived}
		s.mu.Unlock()
	}
	d.mu.RUnlock()
	run := func() (whole, slowest, lag time.Duration) {
		start := time.Now()
		arrived.Store(0)
		var first time.Time
		var done *search.Completeness
		err := d.Search(b.Context(), search.Request{Text: "miller aaron 2011"}, func(ev SearchEvent) {
			if len(ev.Found) > 0 && first.IsZero() {
				first = time.Now()
			}
			if a := ev.Answer; a != nil && a.State != search.Asking {
				slowest = max(slowest, a.Elapsed)
			}
			if ev.Done != nil {
				done = ev.Done
			}
		})
		if err != nil || done == nil || !done.Complete {
			b.Fatalf("the search was not complete: %v %+v", err, done)
		}
		return time.Since(start), slowest, first.Sub(time.Unix(0, arrived.Load()))
	}
	run() // sign-ins at the systems happen once
	var whole, slowest, lag time.Duration
	n := 0
	for b.Loop() {
		for range 10 {
			w, s, l := run()
			whole, slowest, lag = whole+w, slowest+s, lag+l
			n++
		}
	}
	b.ReportMetric(float64(whole)/float64(slowest), "x-slowest")
	b.ReportMetric(float64(lag.Microseconds())/float64(n)/1000, "ms-first-result")
}

// timed notes when the first page with records arrives.
type timed struct {
	plugins.System
	at *atomic.Int64
}

func (t timed) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	p, err := t.System.Search(ctx, q)
	if len(p.Records) > 0 {
		t.at.CompareAndSwap(0, time.Now().UnixNano())
	}
	return p, err
}

// BenchmarkOneSystemHung: until every other system's results are there with one system hung, over the same without the fault.
func BenchmarkOneSystemHung(b *testing.B) {
	d := signedIn(b)
	others := func() time.Duration {
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		start := time.Now()
		left := map[string]bool{}
		for _, s := range d.Systems() {
			if s.ID != "custody" {
				left[s.ID] = true
			}
		}
		var at time.Duration
		_ = d.Search(ctx, search.Request{Text: "miller aaron 2011"}, func(ev SearchEvent) {
			if a := ev.Answer; a != nil && a.State != search.Asking {
				delete(left, a.System)
				if len(left) == 0 && at == 0 {
					at = time.Since(start)
					cancel()
				}
			}
		})
		return at
	}
	others()
	var hung, well time.Duration
	for b.Loop() {
		for range 10 {
			well += others()
			if err := d.demo.SetFault("custody", demoforce.Fault{Kind: demoforce.FaultHang}); err != nil {
				b.Fatal(err)
			}
			hung += others()
			if err := d.demo.SetFault("custody", demoforce.Fault{}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(hung)/float64(well), "x-without-it")
}
