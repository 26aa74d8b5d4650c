package search

import (
	"context"
	"fmt"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// force is a set of systems as a force has them: different delays, a few pages each, records with a dozen facts.
func force(b *testing.B, d *pole.Dictionary) ([]Source, time.Duration) {
	b.Helper()
	var out []Source
	slowest := time.Duration(0)
	for i, delay := range []time.Duration{15, 25, 40, 60, 90, 120} {
		delay *= time.Millisecond
		id := fmt.Sprint("s", i)
		page := make([]pole.Record, 25)
		for j := range page {
			page[j] = record(d, fmt.Sprint(id, j), "surname", "Miller", "givenName", "Aaron", "dateOfBirth", "03/11/2011", "postcode", "LS8 2QX",
				"thoroughfareName", "Alder Rise", "postTown", "Leeds", "telephone", "07700 900412", "sex", "M")
			page[j].System = id
		}
		const pages = 2
		slowest = max(slowest, pages*delay)
		out = append(out, source(id, func(ctx context.Context, q plugins.Query) (plugins.Page, error) {
			select {
			case <-time.After(delay):
			case <-ctx.Done():
				return plugins.Page{}, ctx.Err()
			}
			p := plugins.Page{Records: make([]pole.Record, len(page))}
			copy(p.Records, page)
			if q.After == "" {
				p.After = "2"
				return p, nil
			}
			for i := range p.Records {
				p.Records[i].ID += "b"
			}
			return p, nil
		}))
	}
	return out, slowest
}

// BenchmarkOverhead: time to complete over the time of the slowest system.
func BenchmarkOverhead(b *testing.B) {
	d := dictionary(b)
	systems, slowest := force(b, d)
	var total time.Duration
	for b.Loop() {
		done := Run(b.Context(), Config{Dictionary: d, Systems: systems}, Request{Text: "miller aaron 2011"}, func(Event) {})
		if !done.Complete || done.Records != 300 {
			b.Fatalf("%+v", done)
		}
		total += done.Elapsed
	}
	b.ReportMetric(float64(total)/float64(b.N)/float64(slowest), "x-slowest")
}

// BenchmarkFirstResult: from the first answer's arrival until it is emitted.
func BenchmarkFirstResult(b *testing.B) {
	d := dictionary(b)
	systems, _ := force(b, d)
	var total time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		start := time.Now()
		var first time.Duration
		Run(ctx, Config{Dictionary: d, Systems: systems}, Request{Text: "miller aaron 2011"}, func(e Event) {
			if len(e.Records) > 0 && first == 0 {
				first = time.Since(start) - 15*time.Millisecond
				cancel()
			}
		})
		cancel()
		total += first
	}
	b.ReportMetric(float64(total.Microseconds())/float64(b.N)/1000, "ms-after-first-answer")
}

// BenchmarkOneHung: until every other system has answered, with one hung, over the same without it.
func BenchmarkOneHung(b *testing.B) {
	d := dictionary(b)
	systems, _ := force(b, d)
	until := func(with ...Source) time.Duration {
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		start, left := time.Now(), len(systems)
		var last time.Duration
		Run(ctx, Config{Dictionary: d, Systems: append(systems[:len(systems):len(systems)], with...)}, Request{Text: "miller aaron 2011"}, func(e Event) {
			if e.Answer != nil && e.Answer.State == Answered {
				if left--; left == 0 {
					last = time.Since(start)
					cancel()
				}
			}
		})
		return last
	}
	var hung, well time.Duration
	for b.Loop() {
		hung += until(source("hung", hangs))
		well += until()
	}
	b.ReportMetric(float64(hung)/float64(well), "x-without-it")
}
