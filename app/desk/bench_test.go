package desk

import (
	"context"
	"testing"
	"time"

	"muster/app/search"
	"muster/plugins/demoforce"
)

// BenchmarkFederatedSearch searches the demonstration force at realistic latency: the whole search over its slowest system, and
// how long after the first system's answer its records are handed to the screen.
func BenchmarkFederatedSearch(b *testing.B) {
	d := signedIn(b)
	run := func() (whole, slowest, first, firstAnswer time.Duration) {
		start := time.Now()
		var done *search.Completeness
		err := d.Search(b.Context(), search.Request{Text: "miller aaron 2011"}, func(ev SearchEvent) {
			if len(ev.Found) > 0 && first == 0 {
				first = time.Since(start)
			}
			if a := ev.Answer; a != nil && a.State != search.Asking {
				slowest = max(slowest, a.Elapsed)
				if a.Count > 0 && (firstAnswer == 0 || a.Elapsed < firstAnswer) {
					firstAnswer = a.Elapsed
				}
			}
			if ev.Done != nil {
				done = ev.Done
			}
		})
		if err != nil || done == nil || !done.Complete {
			b.Fatalf("the search was not complete: %v %+v", err, done)
		}
		return time.Since(start), slowest, first, firstAnswer
	}
	run() // sign-ins at the systems happen once
	var whole, slowest, lag time.Duration
	n := 0
	for b.Loop() {
		for range 10 {
			w, s, f, fa := run()
			whole, slowest = whole+w, slowest+s
			lag += max(0, f-fa)
			n++
		}
	}
	b.ReportMetric(float64(whole)/float64(slowest), "x-slowest")
	b.ReportMetric(float64(lag.Microseconds())/float64(n)/1000, "ms-first-result")
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
