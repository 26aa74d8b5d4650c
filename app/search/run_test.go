package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"muster/plugins"
	"muster/plugins/pole"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is a system that does as it is told.
type scripted struct {
	search func(context.Context, plugins.Query) (plugins.Page, error)
	calls  atomic.Int32
	now    atomic.Int32
	most   atomic.Int32
}

func (s *scripted) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	s.calls.Add(1)
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for m := s.most.Load(); n > m && !s.most.CompareAndSwap(m, n); m = s.most.Load() {
		continue
	}
	return s.search(ctx, q)
}
func (s *scripted) Check(context.Context) (plugins.Identity, error) { return plugins.Identity{}, nil }
func (s *scripted) Fetch(context.Context, pole.Ref) (pole.Record, error) {
	return pole.Record{}, plugins.Errorf(plugins.NotFound, "none")
}

func source(id string, search func(context.Context, plugins.Query) (plugins.Page, error)) Source {
	return Source{ID: id, Name: strings.ToUpper(id), System: &scripted{search: search}, Info: plugins.Info{ID: id, Kinds: []plugins.KindSpec{{Kind: "person", Text: true}}}}
}

func recordsOf(system string, from, n int) []pole.Record {
	out := make([]pole.Record, n)
	for i := range out {
		out[i] = pole.Record{Ref: pole.Ref{System: system, Type: "person", ID: fmt.Sprint(from + i)}, Kind: "person"}
	}
	return out
}

// after answers with n records after a while, unless stopped.
func after(d time.Duration, system string, n int) func(context.Context, plugins.Query) (plugins.Page, error) {
	return func(ctx context.Context, _ plugins.Query) (plugins.Page, error) {
		select {
		case <-time.After(d):
			return plugins.Page{Records: recordsOf(system, 0, n)}, nil
		case <-ctx.Done():
			return plugins.Page{}, ctx.Err()
		}
	}
}

func hangs(ctx context.Context, _ plugins.Query) (plugins.Page, error) {
	<-ctx.Done()
	return plugins.Page{}, ctx.Err()
}

// heard is what a search said, and when.
type heard struct {
	t       *testing.T
	start   time.Time
	records map[string][]Found
	at      map[string]time.Duration // when each system's answer was heard
	first   time.Duration
	answers map[string]Answer
	events  int
	done    *Completeness
	busy    atomic.Bool
}

func listenTo(t *testing.T) *heard {
	return &heard{t: t, start: time.Now(), records: map[string][]Found{}, at: map[string]time.Duration{}, answers: map[string]Answer{}}
}

func (h *heard) emit(e Event) {
	if !h.busy.CompareAndSwap(false, true) {
		h.t.Error("two events at once")
	}
	defer h.busy.Store(false)
	if h.done != nil {
		h.t.Error("an event after Done")
	}
	set := 0
	if len(e.Records) > 0 {
		set++
		if h.first == 0 {
			h.first = time.Since(h.start)
		}
		h.events++
		for _, f := range e.Records {
			if a, ok := h.answers[f.Record.System]; ok && a.State != Asking {
				h.t.Errorf("a record of %s after its answer", f.Record.System)
			}
			h.records[f.Record.System] = append(h.records[f.Record.System], f)
		}
	}
	if e.Answer != nil {
		set++
		if a, ok := h.answers[e.Answer.System]; e.Answer.State == Asking == ok || ok && a.State != Asking {
			h.t.Errorf("%s said %s after %s", e.Answer.System, e.Answer.State, a.State)
		}
		h.answers[e.Answer.System] = *e.Answer
		h.at[e.Answer.System] = time.Since(h.start)
	}
	if e.Done != nil {
		set++
		h.done = e.Done
	}
	if set != 1 {
		h.t.Errorf("%d things in one event", set)
	}
}

func TestSystemsAnswerEachInItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t)
		c := Config{Dictionary: dictionary(t), Systems: []Source{
			source("fast", after(40*time.Millisecond, "fast", 3)),
			source("slow", after(2*time.Second, "slow", 2)),
			source("none", after(time.Second, "none", 0)),
			source("hung", hangs),
		}, Timeout: 10 * time.Second}
		got := Run(t.Context(), c, Request{Text: "anything"}, h.emit)
		if h.first != 40*time.Millisecond {
			t.Errorf("the first records were shown after %v", h.first)
		}
		for id, want := range map[string]struct {
			state State
			at    time.Duration
			n     int
		}{"fast": {Answered, 40 * time.Millisecond, 3}, "none": {NoTrace, time.Second, 0}, "slow": {Answered, 2 * time.Second, 2}, "hung": {NotSearched, 10 * time.Second, 0}} {
			if a := h.answers[id]; a.State != want.state || a.Elapsed != want.at || a.Count != want.n || len(h.records[id]) != want.n || h.at[id] != want.at {
				t.Errorf("%s: %+v at %v", id, a, h.at[id])
			}
		}
		if a := h.answers["hung"]; a.Error != plugins.Unavailable || !strings.Contains(a.Say, "HUNG did not answer in time") {
			t.Errorf("%+v", a)
		}
		if got.Complete || got.Asked != 4 || got.Answered != 3 || got.Records != 5 || !slices.Equal(got.Failed, []string{"hung"}) || h.done == nil || got.Elapsed != 10*time.Second {
			t.Errorf("%+v", got)
		}
	})
}

func TestNoTraceIsNotNotSearched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t)
		cannot := source("cannot", hangs)
		cannot.Info.Kinds = []plugins.KindSpec{{Kind: "vehicle", Search: []plugins.SearchSpec{{Require: []pole.Property{"vrm"}}}}}
		cannot.Context = func(context.Context) (context.Context, error) {
			t.Error("an access was accounted for that does not happen")
			return nil, nil
		}
		got := Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{source("a", after(0, "a", 0)), cannot}}, Request{Text: "miller aaron"}, h.emit)
		if h.answers["a"].State != NoTrace || h.answers["cannot"].State != CannotAsk || !got.Complete || got.Asked != 1 || !slices.Equal(got.CannotAsk, []string{"cannot"}) {
			t.Errorf("%+v %+v", h.answers, got)
		}
	})
}

func TestLaterRecordsAreShownTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t)
		var systems []Source
		for i := range 40 {
			id := fmt.Sprint("s", i)
			systems = append(systems, source(id, after(time.Duration(i+1)*time.Millisecond, id, 1)))
		}
		Run(t.Context(), Config{Dictionary: dictionary(t), Systems: systems}, Request{Text: "x"}, h.emit)
		if h.first != time.Millisecond || h.events != 3 { // at 1, 31 and 40 ms
			t.Errorf("first after %v, %d events", h.first, h.events)
		}
		if h.at["s39"] != 40*time.Millisecond {
			t.Errorf("the end was held back until %v", h.at["s39"])
		}
	})
}

func TestStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t)
		ctx, cancel := context.WithCancel(t.Context())
		deaf := make(chan struct{})
		c := Config{Dictionary: dictionary(t), Systems: []Source{
			source("fast", after(10*time.Millisecond, "fast", 1)),
			source("hung", hangs),
			source("deaf", func(context.Context, plugins.Query) (plugins.Page, error) { <-deaf; return plugins.Page{}, nil }),
		}}
		time.AfterFunc(time.Second, cancel)
		got := Run(ctx, c, Request{Text: "x"}, h.emit)
		if d := time.Since(h.start); d != time.Second {
			t.Errorf("it stopped after %v", d)
		}
		if h.answers["fast"].State != Answered || h.answers["hung"].State != Stopped || h.answers["deaf"].State != Stopped || got.Complete || len(got.Failed) != 2 {
			t.Errorf("%+v %+v", h.answers, got)
		}
		close(deaf)
	})
}

func TestPagesLimitAndMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paged := func(total, size int) func(context.Context, plugins.Query) (plugins.Page, error) {
			return func(_ context.Context, q plugins.Query) (plugins.Page, error) {
				from := 0
				if q.After != "" {
					fmt.Sscan(q.After, &from)
				}
				n := min(size, total-from)
				p := plugins.Page{Records: recordsOf("s", from, n)}
				if from+n < total {
					p.After = fmt.Sprint(from + n)
				}
				return p, nil
			}
		}
		for _, c := range []struct {
			total, size, limit int
			state              State
			count              int
			more               bool
		}{{45, 20, 0, Answered, 45, false}, {45, 20, 40, Partial, 40, true}, {45, 20, 30, Partial, 30, true}, {40, 20, 40, Answered, 40, false}, {250, 25, 0, Partial, DefaultLimit, true}} {
			h := listenTo(t)
			Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{source("s", paged(c.total, c.size))}}, Request{Text: "x", Limit: c.limit}, h.emit)
			if a := h.answers["s"]; a.State != c.state || a.Count != c.count || a.More != c.more || len(h.records["s"]) != c.count || a.More && !strings.Contains(a.Say, "more") {
				t.Errorf("%+v: %+v", c, a)
			}
		}
		// A system that has no next page, but says that there is more, was searched in part.
		for total, want := range map[int]State{3: Answered, 0: Answered, 9: Partial} {
			h := listenTo(t)
			once := source("s", func(context.Context, plugins.Query) (plugins.Page, error) {
				return plugins.Page{Records: recordsOf("s", 0, 3), Total: total}, nil
			})
			Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{once}}, Request{Text: "x"}, h.emit)
			if a := h.answers["s"]; a.State != want || a.More != (want == Partial) || h.done.Complete != (want == Answered) {
				t.Errorf("total %d: %+v", total, a)
			}
		}
		h := listenTo(t)
		loop := source("s", func(context.Context, plugins.Query) (plugins.Page, error) { return plugins.Page{After: "again"}, nil })
		Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{loop}}, Request{Text: "x"}, h.emit)
		if a := h.answers["s"]; a.State != NotSearched || a.Error != plugins.Drift {
			t.Errorf("%+v", a)
		}
	})
}

// kept is a cache that holds records.
type kept struct {
	records []pole.Record
	mu      sync.Mutex
	asked   []Request
}

func (k *kept) Search(_ context.Context, system string, r Request) ([]pole.Record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, r)
	var out []pole.Record
	for _, rec := range k.records {
		if rec.System == system && (len(r.Kinds) == 0 || slices.Contains(r.Kinds, rec.Kind)) {
			out = append(out, rec)
		}
	}
	return out, nil
}

func TestFailuresAreSaidAndOldCopiesShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		copies := recordsOf("down", 0, 2)
		copies[0].Read, copies[1].Read = now.Add(-time.Hour), now.Add(-26*time.Hour)
		down := source("down", func(context.Context, plugins.Query) (plugins.Page, error) {
			return plugins.Page{}, &plugins.Error{Kind: plugins.Unavailable, Say: "Custody is not answering."}
		})
		panics := source("panics", func(context.Context, plugins.Query) (plugins.Page, error) { panic("secret details") })
		gaps := source("gaps", func(context.Context, plugins.Query) (plugins.Page, error) {
			return plugins.Page{Records: recordsOf("gaps", 0, 1), Gaps: []*plugins.Error{plugins.Errorf(plugins.Denied, "Sealed records were left out.")}}, nil
		})
		shut := Source{ID: "shut", Info: down.Info, Err: plugins.Errorf(plugins.Auth, "Give your password.")}
		unaudited := source("unaudited", after(0, "unaudited", 1))
		unaudited.Context = func(context.Context) (context.Context, error) { return nil, errors.New("disk full") }
		h := listenTo(t)
		got := Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{down, panics, gaps, shut, unaudited}, Cache: &kept{records: copies}, Now: func() time.Time { return now }}, Request{Text: "x"}, h.emit)
		if a := h.answers["down"]; a.State != NotSearched || a.Say != "Custody is not answering." || a.Cached != 2 || a.Count != 0 || a.CacheAge != 26*time.Hour {
			t.Errorf("%+v", a)
		}
		for _, f := range h.records["down"] {
			if !f.Old {
				t.Error("a copy is not marked as old")
			}
		}
		if a := h.answers["panics"]; a.State != NotSearched || a.Error != plugins.Drift || strings.Contains(a.Say, "secret") {
			t.Errorf("%+v", a)
		}
		if a := h.answers["gaps"]; a.State != Partial || a.Error != plugins.Denied || a.Say != "Sealed records were left out." {
			t.Errorf("%+v", a)
		}
		if a := h.answers["shut"]; a.State != NotSearched || a.Error != plugins.Auth || a.Say != "Give your password." {
			t.Errorf("%+v", a)
		}
		if a := h.answers["unaudited"]; a.State != NotSearched || a.Count != 0 || strings.Contains(a.Say, "disk") {
			t.Errorf("%+v", a)
		}
		if got.Complete || got.OldestCache != 26*time.Hour || got.Records != 3 || len(got.Failed) != 4 || !slices.Equal(got.Partial, []string{"gaps"}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestALimitOnOldCopiesIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, said := range map[int]bool{5: true, 6: false} {
			h := listenTo(t)
			down := source("s", func(context.Context, plugins.Query) (plugins.Page, error) {
				return plugins.Page{}, plugins.Errorf(plugins.Unavailable, "It is down.")
			})
			Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{down}, Cache: &kept{records: recordsOf("s", 0, 5)}}, Request{Text: "x", Limit: limit}, h.emit)
			if a := h.answers["s"]; a.State != NotSearched || a.Cached != 5 || strings.Contains(a.Say, "Only the latest 5") != said {
				t.Errorf("limit %d: %+v", limit, a)
			}
		}
	})
}

func TestOneKindFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source("s", func(_ context.Context, q plugins.Query) (plugins.Page, error) {
			if q.Kind == "vehicle" {
				return plugins.Page{}, plugins.Errorf(plugins.Unavailable, "Vehicles are down.")
			}
			return plugins.Page{Records: recordsOf("s", 0, 1)}, nil
		})
		s.Info.Kinds = append(s.Info.Kinds, plugins.KindSpec{Kind: "vehicle", Text: true})
		old := recordsOf("s", 7, 1)
		old[0].Kind = "vehicle"
		c := &kept{records: append(old, recordsOf("s", 0, 1)...)}
		h := listenTo(t)
		Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{s}, Cache: c}, Request{Text: "x"}, h.emit)
		if a := h.answers["s"]; a.State != Partial || a.Say != "Vehicles are down." || a.Count != 1 || a.Cached != 1 {
			t.Errorf("%+v", a)
		}
		for _, r := range c.asked {
			if !slices.Equal(r.Kinds, []pole.Kind{"vehicle"}) {
				t.Errorf("copies of what did answer were asked for: %+v", r)
			}
		}
	})
}

func TestKindsRunTogetherWithinTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for parallel, want := range map[int]time.Duration{1: 6 * time.Second, 2: 3 * time.Second, 6: time.Second} {
			s := source("s", after(time.Second, "s", 0))
			s.Info.Kinds = nil
			for i := range 6 {
				s.Info.Kinds = append(s.Info.Kinds, plugins.KindSpec{Kind: pole.Kind(fmt.Sprint("k", i)), Text: true})
			}
			s.Info.Limits.Parallel = parallel
			h := listenTo(t)
			Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{s}}, Request{Text: "x"}, h.emit)
			if got := h.answers["s"].Elapsed; got != want || int(s.System.(*scripted).most.Load()) != parallel {
				t.Errorf("%d at once: %v, want %v", parallel, got, want)
			}
		}
	})
}

func TestOnlyTheSystemsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t)
		other := source("b", after(0, "b", 1))
		got := Run(t.Context(), Config{Dictionary: dictionary(t), Systems: []Source{source("a", after(0, "a", 1)), other}}, Request{Text: "x", Systems: []string{"a"}}, h.emit)
		if got.Asked != 1 || other.System.(*scripted).calls.Load() != 0 || !got.Complete {
			t.Errorf("%+v", got)
		}
	})
}

// No record is lost or doubled, whatever the systems do, and every system ends with one answer.
func TestNoRecordIsLostOrDoubled(t *testing.T) {
	d := dictionary(t)
	rapid.Check(t, func(rt *rapid.T) {
		type plan struct {
			pages [][]int
			delay time.Duration
			fail  int // page that fails; -1 is none
		}
		plans := map[string]plan{}
		n := rapid.IntRange(1, 5).Draw(rt, "systems")
		for i := range n {
			p := plan{delay: time.Duration(rapid.IntRange(0, 90).Draw(rt, "delay")) * time.Millisecond, fail: -1}
			for range rapid.IntRange(1, 4).Draw(rt, "pages") {
				p.pages = append(p.pages, rapid.SliceOfN(rapid.IntRange(0, 12), 0, 5).Draw(rt, "ids"))
			}
			if rapid.Bool().Draw(rt, "fails") {
				p.fail = rapid.IntRange(0, len(p.pages)-1).Draw(rt, "at")
			}
			plans[fmt.Sprint("s", i)] = p
		}
		var failure string
		synctest.Test(t, func(t *testing.T) {
			var systems []Source
			for id, p := range plans {
				systems = append(systems, source(id, func(_ context.Context, q plugins.Query) (plugins.Page, error) {
					time.Sleep(p.delay)
					at := 0
					if q.After != "" {
						fmt.Sscan(q.After, &at)
					}
					if at == p.fail {
						return plugins.Page{}, plugins.Errorf(plugins.Unavailable, "down")
					}
					page := plugins.Page{}
					for _, r := range p.pages[at] {
						page.Records = append(page.Records, recordsOf(id, r, 1)...)
					}
					if at+1 < len(p.pages) {
						page.After = fmt.Sprint(at + 1)
					}
					return page, nil
				}))
			}
			h := listenTo(t)
			got := Run(t.Context(), Config{Dictionary: d, Systems: systems}, Request{Text: "x"}, h.emit)
			total := 0
			for id, p := range plans {
				want := map[string]bool{}
				for i, page := range p.pages {
					if i == p.fail {
						break
					}
					for _, r := range page {
						want[fmt.Sprint(r)] = true
					}
				}
				seen := map[string]bool{}
				for _, f := range h.records[id] {
					if seen[f.Record.ID] {
						failure = id + " doubled " + f.Record.ID
					}
					seen[f.Record.ID] = true
				}
				total += len(seen)
				if len(seen) != len(want) || h.answers[id].Count != len(want) {
					failure = fmt.Sprintf("%s: %d records, %d counted, want %d", id, len(seen), h.answers[id].Count, len(want))
				}
				state := NoTrace
				switch {
				case p.fail >= 0 && len(want) == 0:
					state = NotSearched
				case p.fail >= 0:
					state = Partial
				case len(want) > 0:
					state = Answered
				}
				if h.answers[id].State != state {
					failure = fmt.Sprintf("%s: %s, want %s", id, h.answers[id].State, state)
				}
			}
			if got.Records != total || got.Asked != n {
				failure = fmt.Sprintf("%+v, want %d records", got, total)
			}
		})
		if failure != "" {
			rt.Fatal(failure)
		}
	})
}
