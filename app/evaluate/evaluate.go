package evaluate

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

const (
	kept   = 1024 // latencies remembered per system, so that memory stays bounded
	recent = 12   // calls remembered one by one

	downAfter = 2               // failed calls in a row: each has already been tried several times
	freshness = 5 * time.Minute // one failure is enough when nothing has answered for so long

	slowAlways  = 5 * time.Second // slow by any measure
	slowLeast   = time.Second     // never called slow below this
	slowFactor  = 3               // times its own median
	slowAverage = 5               // latest answers that are compared with the median
)

// Evaluator counts the calls to every system. All methods are safe for concurrent use and none waits for anything.
type Evaluator struct {
	now func() time.Time

	mu      sync.Mutex
	systems map[string]*series
}

// series is what is remembered of one system.
type series struct {
	Calls     int
	Errors    map[string]int `json:",omitempty"`
	Latencies []int64        `json:",omitempty"` // microseconds of answered calls; a ring from Next on once it is full
	Next      int            `json:",omitempty"`
	Since     time.Time
	Last      time.Time
	LastTook  time.Duration
	Answered  time.Time `json:",omitzero"`  // latest call that was answered
	Row       int       `json:",omitempty"` // failed calls in a row, up to now
	RowSince  time.Time `json:",omitzero"`
	RowCold   bool      `json:",omitempty"` // nothing had answered for a while when the row began
	recent    []Answer  // oldest first; of this run only
}

// New makes an Evaluator; nil means time.Now.
func New(now func() time.Time) *Evaluator {
	if now == nil {
		now = time.Now
	}
	return &Evaluator{now: now, systems: map[string]*series{}}
}

// Observe counts one call. It fits transport.Options.Observe. A call that the officer stopped counts for nothing.
func (e *Evaluator) Observe(c transport.Call) {
	if c.System == "" || c.Err == plugins.Cancelled {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.systems[c.System]
	if s == nil {
		s = &series{Errors: map[string]int{}}
		e.systems[c.System] = s
	}
	at := c.Start
	if at.IsZero() {
		at = e.now()
	}
	at = at.UTC()
	if s.Since.IsZero() || at.Before(s.Since) {
		s.Since = at
	}
	if end := at.Add(c.Duration); end.After(s.Last) {
		s.Last = end
	}
	s.Calls++
	if len(s.recent) == recent {
		s.recent = slices.Delete(s.recent, 0, 1)
	}
	s.recent = append(s.recent, Answer{At: at, Took: c.Duration, Doing: c.Operation, Err: string(c.Err), Status: c.Status, Attempts: c.Attempts})
	if c.Stream && c.Status >= 200 && c.Status < 300 {
		return // it was opened; that it ended one day says nothing, and the next attempt to open it will
	}
	if c.Err != "" {
		s.Errors[string(c.Err)]++
	}
	if breakdown(c.Err) {
		if s.Row++; s.Row == 1 {
			s.RowSince = at
			s.RowCold = s.Answered.IsZero() || at.Sub(s.Answered) > freshness
		}
		return
	}
	if c.Err == plugins.Limited {
		return // an answer of a kind, but its time says nothing
	}
	s.Row, s.RowSince, s.RowCold, s.Answered = 0, time.Time{}, false, s.Last
	s.LastTook = c.Duration
	s.add(c.Duration)
}

func (s *series) add(d time.Duration) {
	us := max(d.Microseconds(), 0)
	if len(s.Latencies) < kept {
		s.Latencies = append(s.Latencies, us)
		return
	}
	s.Latencies[s.Next] = us
	s.Next = (s.Next + 1) % kept
}

// breakdown reports whether a call went without a usable answer. A refusal is an answer.
func breakdown(k plugins.ErrorKind) bool {
	return k == plugins.Unavailable || k == plugins.Unknown || k == plugins.Drift
}

// failed reports whether a call counts against availability.
func failed(k plugins.ErrorKind) bool { return breakdown(k) || k == plugins.Limited }

// Report says how system has served; one that was never asked is Untried.
func (e *Evaluator) Report(system string) Report {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.systems[system].report(system)
}

// Reports says how every system that was ever asked has served, by id.
func (e *Evaluator) Reports() []Report {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Report, 0, len(e.systems))
	for id, s := range e.systems {
		out = append(out, s.report(id))
	}
	slices.SortFunc(out, func(a, b Report) int { return strings.Compare(a.System, b.System) })
	return out
}

// Forget drops what is remembered of a system that was removed.
func (e *Evaluator) Forget(system string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.systems, system)
}

func (s *series) report(system string) Report {
	r := Report{System: system, Availability: 1, Health: Untried}
	if s == nil || s.Calls == 0 {
		return r
	}
	r.Calls, r.Errors, r.Last, r.Since, r.LastLatency = s.Calls, maps.Clone(s.Errors), s.Last, s.Since, s.LastTook
	r.Recent = slices.Clone(s.recent)
	slices.Reverse(r.Recent)
	for k, n := range s.Errors {
		if failed(plugins.ErrorKind(k)) {
			r.Failed += n
		}
	}
	r.Availability = float64(r.Calls-r.Failed) / float64(r.Calls)
	sorted := slices.Clone(s.Latencies)
	slices.Sort(sorted)
	r.P50, r.P95, r.P99 = rank(sorted, 0.50), rank(sorted, 0.95), rank(sorted, 0.99)
	switch {
	case s.Row >= downAfter || (s.Row > 0 && s.RowCold):
		r.Health, r.DownSince = Down, s.RowSince
	case s.slow(r.P50):
		r.Health = Slow
	default:
		r.Health = Well
	}
	return r
}

// slow compares the latest answers with what the system does otherwise.
func (s *series) slow(median time.Duration) bool {
	last := s.latest(slowAverage)
	if len(last) == 0 {
		return false
	}
	slices.Sort(last)
	now := rank(last, 0.50)
	if now >= slowAlways || s.LastTook >= slowAlways {
		return true
	}
	return len(last) == slowAverage && now >= slowLeast && now >= slowFactor*median
}

// latest returns the newest n latencies.
func (s *series) latest(n int) []int64 {
	n = min(n, len(s.Latencies))
	out := make([]int64, 0, n)
	for i := range n {
		at := (s.Next - 1 - i + 2*len(s.Latencies)) % len(s.Latencies)
		out = append(out, s.Latencies[at])
	}
	return out
}

// rank is the nearest-rank percentile of sorted microseconds; 0 of none.
func rank(sorted []int64, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(p*float64(len(sorted)))) - 1
	return time.Duration(sorted[max(i, 0)]) * time.Microsecond
}

// snapshot is the kept form. It holds counts and times only: no address, no terms, no data.
type snapshot struct {
	Version int
	Systems map[string]*series
}

// Snapshot returns everything counted, as JSON, for the store to keep across runs.
func (e *Evaluator) Snapshot() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return json.Marshal(snapshot{Version: 1, Systems: e.systems})
}

// ErrSnapshot is returned by Restore for what Snapshot did not write.
var ErrSnapshot = errors.New("the kept measurements of the systems cannot be read; measuring starts afresh")

// Restore takes up what Snapshot kept. What was counted since New stays as it is for systems that were asked already.
func (e *Evaluator) Restore(b []byte) error {
	var s snapshot
	if err := json.Unmarshal(b, &s); err != nil || s.Version != 1 {
		return ErrSnapshot
	}
	for id, one := range s.Systems {
		if id == "" || one == nil || !one.sound() {
			return ErrSnapshot
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, one := range s.Systems {
		if _, asked := e.systems[id]; asked {
			continue
		}
		if one.Errors == nil {
			one.Errors = map[string]int{}
		}
		// Whether a system is down is found out anew: the network may have been this computer's.
		one.Row, one.RowSince, one.RowCold = 0, time.Time{}, false
		e.systems[id] = one
	}
	return nil
}

func (s *series) sound() bool {
	sum := 0
	for _, n := range s.Errors {
		if n < 0 || sum+n < sum {
			return false
		}
		sum += n
	}
	for _, us := range s.Latencies {
		if us < 0 || us > math.MaxInt64/1000 {
			return false
		}
	}
	return s.Calls >= 0 && sum <= s.Calls && len(s.Latencies) <= min(kept, s.Calls) && s.LastTook >= 0 &&
		s.Next >= 0 && (s.Next == 0 || s.Next < len(s.Latencies)) && (s.Next == 0 || len(s.Latencies) == kept)
}
