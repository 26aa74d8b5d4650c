package evaluate

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/plugins"
	"muster/plugins/transport"
)

var start = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// diary observes calls a second apart.
type diary struct {
	*Evaluator
	at time.Time
}

func newDiary() *diary { return &diary{New(nil), start} }

func (d *diary) call(took time.Duration, err plugins.ErrorKind) {
	d.at = d.at.Add(time.Second)
	d.Observe(transport.Call{System: "rms", Start: d.at, Duration: took, Err: err})
}

func TestHealth(t *testing.T) {
	ms := time.Millisecond
	for name, tt := range map[string]struct {
		calls func(*diary)
		want  Health
	}{
		"never asked":                  {func(*diary) {}, Untried},
		"only stopped by the officer":  {func(d *diary) { d.call(ms, plugins.Cancelled) }, Untried},
		"answers":                      {func(d *diary) { d.call(ms, "") }, Well},
		"refuses the officer":          {func(d *diary) { d.call(ms, plugins.Auth); d.call(ms, plugins.Denied) }, Well},
		"asks for a pause":             {func(d *diary) { d.call(ms, ""); d.call(ms, plugins.Limited); d.call(ms, plugins.Limited) }, Well},
		"never answered":               {func(d *diary) { d.call(ms, plugins.Unavailable) }, Down},
		"failed once among answers":    {func(d *diary) { d.call(ms, ""); d.call(ms, plugins.Unavailable) }, Well},
		"failed twice in a row":        {func(d *diary) { d.call(ms, ""); d.call(ms, plugins.Unavailable); d.call(ms, plugins.Drift) }, Down},
		"failed after a long silence":  {func(d *diary) { d.call(ms, ""); d.at = d.at.Add(time.Hour); d.call(ms, plugins.Unavailable) }, Down},
		"back again":                   {func(d *diary) { d.call(ms, plugins.Unavailable); d.call(ms, plugins.Unavailable); d.call(ms, "") }, Well},
		"slow by any measure":          {func(d *diary) { d.call(6*time.Second, "") }, Slow},
		"stopped calls change nothing": {func(d *diary) { d.call(ms, ""); d.call(time.Minute, plugins.Cancelled) }, Well},
		"slower than it used to be": {func(d *diary) {
			for range 50 {
				d.call(200*ms, "")
			}
			for range 5 {
				d.call(1500*ms, "")
			}
		}, Slow},
		"always that slow": {func(d *diary) {
			for range 50 {
				d.call(1500*ms, "")
			}
		}, Well},
		"quicker times ten is still quick": {func(d *diary) {
			for range 50 {
				d.call(10*ms, "")
			}
			for range 5 {
				d.call(100*ms, "")
			}
		}, Well},
	} {
		d := newDiary()
		tt.calls(d)
		if r := d.Report("rms"); r.Health != tt.want {
			t.Errorf("%s: %s, want %s (%+v)", name, r.Health, tt.want, r)
		}
	}
}

func TestDownSinceTheFirstFailure(t *testing.T) {
	d := newDiary()
	d.call(time.Millisecond, "")
	for range 5 {
		d.call(time.Millisecond, plugins.Unavailable)
	}
	if r := d.Report("rms"); !r.DownSince.Equal(start.Add(2 * time.Second)) {
		t.Fatalf("down since %v", r.DownSince)
	}
}

func TestReportAddsUp(t *testing.T) {
	d := newDiary()
	for i := range 100 {
		d.call(time.Duration(i+1)*time.Millisecond, "")
	}
	d.call(time.Hour, plugins.Unavailable)
	d.call(time.Millisecond, plugins.NotFound)
	r := d.Report("rms")
	if r.Calls != 102 || r.Failed != 1 || r.Errors["unavailable"] != 1 || r.Errors["notfound"] != 1 || r.Availability != 101.0/102 {
		t.Fatalf("%+v", r)
	}
	if r.P50 != 50*time.Millisecond || r.P95 != 95*time.Millisecond || r.P99 != 99*time.Millisecond {
		t.Fatalf("a failed call changed the latencies: %v %v %v", r.P50, r.P95, r.P99)
	}
	if e := New(nil).Report("other"); e.Availability != 1 || e.Health != Untried || e.System != "other" {
		t.Fatalf("%+v", e)
	}
}

func TestTheLatestCallsAreRememberedOneByOne(t *testing.T) {
	e := New(nil)
	for i := range 20 {
		e.Observe(transport.Call{System: "rms", Operation: "consultation", Start: start.Add(time.Duration(i) * time.Second), Duration: time.Duration(i) * time.Millisecond, Status: 200, Attempts: 1})
	}
	e.Observe(transport.Call{System: "rms", Start: start.Add(time.Minute), Err: plugins.Unavailable})
	r := e.Report("rms").Recent
	if len(r) != 12 || r[0].Err != string(plugins.Unavailable) || r[1].Took != 19*time.Millisecond || r[1].Doing != "consultation" || r[11].Took != 9*time.Millisecond {
		t.Errorf("%+v", r)
	}
}

func TestStreamsSayNothingOfSpeed(t *testing.T) {
	e := New(nil)
	e.Observe(transport.Call{System: "cad", Start: start, Duration: 8 * time.Hour, Stream: true, Status: 200})
	e.Observe(transport.Call{System: "cad", Start: start, Duration: 8 * time.Hour, Stream: true, Status: 200, Err: plugins.Unavailable})
	if r := e.Report("cad"); r.P99 != 0 || r.Health != Well || r.Calls != 2 || r.Failed != 0 {
		t.Fatalf("%+v", r)
	}
	e.Observe(transport.Call{System: "cad", Start: start, Stream: true, Err: plugins.Unavailable})
	e.Observe(transport.Call{System: "cad", Start: start, Stream: true, Err: plugins.Unavailable})
	if r := e.Report("cad"); r.Health != Down {
		t.Fatalf("a stream that cannot be opened: %+v", r)
	}
}

// Percentiles are those of the latest calls, whatever came before; memory does not grow.
func TestRingProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3*kept).Draw(t, "calls")
		seed := rapid.Int64Range(1, 1000).Draw(t, "step")
		e := New(nil)
		var all []int64
		for i := range n {
			us := (int64(i) * seed) % 7919
			all = append(all, us)
			e.Observe(transport.Call{System: "x", Start: start, Duration: time.Duration(us) * time.Microsecond})
		}
		want := slices.Clone(all[max(0, n-kept):])
		slices.Sort(want)
		r := e.Report("x")
		if r.Calls != n || r.P50 != rank(want, 0.5) || r.P99 != rank(want, 0.99) {
			t.Fatalf("%+v", r)
		}
		if got := e.systems["x"].latest(1)[0]; got != all[n-1] {
			t.Fatalf("the latest is %d, want %d", got, all[n-1])
		}
		b, err := e.Snapshot()
		if err != nil || len(b) > 16<<10 {
			t.Fatal(len(b), err)
		}
		again := New(nil)
		if err := again.Restore(b); err != nil {
			t.Fatal(err)
		}
		if got := again.Report("x"); got.P50 != r.P50 || got.Calls != r.Calls || !got.Last.Equal(r.Last) || got.Health != r.Health {
			t.Fatalf("kept as %+v, was %+v", got, r)
		}
	})
}

func TestRestore(t *testing.T) {
	old := newDiary()
	old.call(time.Millisecond, plugins.Unavailable)
	old.call(time.Millisecond, plugins.Unavailable)
	b, err := old.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	e := New(nil)
	if err := e.Restore(b); err != nil {
		t.Fatal(err)
	}
	if r := e.Report("rms"); r.Health == Down || r.Calls != 2 || r.Failed != 2 {
		t.Fatalf("yesterday's outage must not be shown as today's: %+v", r)
	}
	fresh := newDiary()
	fresh.call(time.Millisecond, "")
	if err := fresh.Restore(b); err != nil {
		t.Fatal(err)
	}
	if r := fresh.Report("rms"); r.Calls != 1 {
		t.Fatalf("what was just measured was overwritten: %+v", r)
	}
	for _, bad := range []string{"", "{}", "null", `{"Version":2}`, `{"Version":1,"Systems":{"x":null}}`,
		`{"Version":1,"Systems":{"x":{"Calls":-1}}}`, `{"Version":1,"Systems":{"x":{"Calls":1,"Latencies":[1],"Next":5}}}`} {
		if err := New(nil).Restore([]byte(bad)); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%s gives %v", bad, err)
		}
	}
}

func FuzzRestore(f *testing.F) {
	d := newDiary()
	d.call(time.Millisecond, "")
	b, _ := d.Snapshot()
	f.Add(b)
	f.Add([]byte(`{"Version":1,"Systems":{"x":{"Calls":3,"Errors":{"drift":2},"Latencies":[5],"LastTook":9}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e := New(nil)
		if e.Restore(b) != nil {
			return
		}
		for _, r := range e.Reports() {
			if r.Availability < 0 || r.Availability > 1 || r.P50 < 0 || r.P50 > r.P99 {
				t.Fatalf("%+v", r)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Fatal(err)
			}
			e.Observe(transport.Call{System: r.System, Duration: time.Second})
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	e := New(nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				e.Observe(transport.Call{System: "a", Duration: time.Duration(i)})
				if i%50 == 0 {
					e.Reports()
					if _, err := e.Snapshot(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if r := e.Report("a"); r.Calls != 4000 {
		t.Fatalf("%+v", r)
	}
	e.Forget("a")
	if len(e.Reports()) != 0 {
		t.Fatal("a removed system is still reported")
	}
}
