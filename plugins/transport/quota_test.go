package transport

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"muster/plugins"
)

func TestQuotaIsToldAtOnce(t *testing.T) {
	var asked atomic.Int32
	r := newRig(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }),
		withLimits(plugins.Limits{Quotas: []plugins.Quota{{Requests: 3, Per: 24 * time.Hour}}}))
	for range 3 {
		if _, _, err := r.get("/"); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := r.get("/")
	if e := wantKind(t, err, plugins.Limited); e.After < 23*time.Hour {
		t.Errorf("come again in %v", e.After)
	}
	if asked.Load() != 3 {
		t.Errorf("%d requests went out", asked.Load())
	}
}

func TestShortQuotaIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quota{Quota: plugins.Quota{Requests: 2, Per: time.Minute}}
		q.take(time.Now())
		q.take(time.Now())
		d := q.take(time.Now())
		time.Sleep(d)
		if again := q.take(time.Now()); d <= 0 || d > 62*time.Second || again != 0 {
			t.Errorf("wait %v, then %v", d, again)
		}
	})
}

// TestNoWindowHoldsMoreThanAllowed: whenever requests come, any span of the quota's length holds at most so many.
func TestNoWindowHoldsMoreThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := &quota{Quota: plugins.Quota{Requests: rapid.IntRange(1, 5).Draw(t, "n"), Per: time.Duration(rapid.IntRange(1, 100).Draw(t, "per")) * time.Second}}
		now, passed := time.Unix(1_800_000_000, 0), []time.Time{}
		for _, gap := range rapid.SliceOfN(rapid.IntRange(0, 40_000), 1, 80).Draw(t, "gaps") {
			now = now.Add(time.Duration(gap) * time.Millisecond)
			if wait := q.take(now); wait == 0 {
				passed = append(passed, now)
			} else if wait < 0 || wait > q.Per+2*q.part() {
				t.Fatalf("wait %v of %v", wait, q.Per)
			}
		}
		for i, at := range passed {
			n := 0
			for _, x := range passed[i:] {
				if x.Sub(at) < q.Per {
					n++
				}
			}
			if n > q.Requests {
				t.Fatalf("%d requests within %v, allowed are %d", n, q.Per, q.Requests)
			}
		}
	})
}
