package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"muster/plugins/pole"
)

var (
	benchSurnames = []string{"Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Patel", "Robinson"}
	benchGiven    = []string{"Aaron", "Ann", "Zoe", "Mark", "Kieran", "Priya", "Ada", "Jo", "Sam", "Lee"}
	benchSystems  = []string{"rms", "cad", "custody", "intel", "vehicles", "street"}
)

// benchRecord is about as long as a real one: 18 facts, some common, some of its own.
func benchRecord(i int, r *rand.Rand) pole.Record {
	rec := person(benchSystems[i%6], fmt.Sprint("N", i), "", benchGiven[r.IntN(10)], fmt.Sprintf("%d-%02d-%02d", 1940+r.IntN(75), 1+r.IntN(12), 1+r.IntN(28)))
	surname := benchSurnames[r.IntN(10)]
	if r.IntN(3) > 0 { // most names are rarer
		surname = fmt.Sprint("Name", r.IntN(8000))
	}
	rec.Facts[0] = fact("surname", surname)
	rec.Facts = append(rec.Facts, fact("telephone", fmt.Sprintf("+4477%08d", r.IntN(1e8))), fact("sex", []string{"M", "F"}[r.IntN(2)]),
		fact("street", fmt.Sprintf("%d %s Road", r.IntN(200), benchSurnames[r.IntN(10)])), fact("narrative", "Seen near the canal with two others, carrying a bag; said to be on the way home from work when spoken to."))
	for j := range 10 {
		rec.Facts = append(rec.Facts, fact("height", fmt.Sprint(150+j)))
	}
	rec.Read = time.Unix(int64(i), 0)
	return rec
}

// fill makes a store of n records.
func fill(b *testing.B, n int) *Store {
	s, _ := fresh(b)
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]pole.Record, n)
	for i := range all {
		all[i] = benchRecord(i, r)
	}
	start := time.Now()
	if err := s.PutRecords(time.Now(), all...); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d records kept in %v, file %d MB", n, time.Since(start).Round(time.Millisecond), s.Size()>>20)
	return s
}

// BenchmarkCacheSearch100k asks a cache of 100,000 sealed records what officers ask: a name, a name with a year of birth, a
// telephone number, a street, and the commonest words in one system. It reports the 99th percentile.
func BenchmarkCacheSearch100k(b *testing.B) {
	s := fill(b, 100_000)
	r := rand.New(rand.NewPCG(3, 4))
	ask := []func() CacheQuery{
		func() CacheQuery { return CacheQuery{Text: benchSurnames[r.IntN(10)]} },
		func() CacheQuery {
			return CacheQuery{Facts: []pole.Fact{fact("surname", benchSurnames[r.IntN(10)]), fact("dateOfBirth", fmt.Sprint(1940+r.IntN(75)))}}
		},
		func() CacheQuery { return CacheQuery{Text: fmt.Sprint("Name", r.IntN(8000))} },
		func() CacheQuery {
			return CacheQuery{Facts: []pole.Fact{fact("telephone", fmt.Sprintf("+4477%08d", r.IntN(1e8)))}}
		},
		func() CacheQuery { return CacheQuery{Text: benchSurnames[r.IntN(10)] + " road"} },
		func() CacheQuery {
			return CacheQuery{Text: benchGiven[r.IntN(10)], Kinds: []pole.Kind{"person"}, Systems: benchSystems[:1+r.IntN(6)]}
		},
	}
	var took []time.Duration
	i := 0
	for b.Loop() {
		q := ask[i%len(ask)]()
		i++
		start := time.Now()
		if _, err := s.SearchRecords(q); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}

// BenchmarkPutRecords keeps the 200 records of one search in a cache that holds 20,000.
func BenchmarkPutRecords(b *testing.B) {
	s := fill(b, 20_000)
	r := rand.New(rand.NewPCG(5, 6))
	n := 20_000
	for b.Loop() {
		batch := make([]pole.Record, 200)
		for i := range batch {
			batch[i] = benchRecord(n, r)
			n++
		}
		if err := s.PutRecords(time.Now(), batch...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDraft saves one draft-sized value, durably.
func BenchmarkDraft(b *testing.B) {
	s, _ := fresh(b)
	c := NewCollection[note](s, "drafts")
	for b.Loop() {
		if err := c.Put("one", note{string(make([]byte, 2000))}); err != nil {
			b.Fatal(err)
		}
	}
}
