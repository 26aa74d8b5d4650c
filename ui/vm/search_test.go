package vm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/app/desk"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins/pole"
)

func newSearchTest(t *testing.T) (*Search, *searchDesk, *queue, *clock) {
	t.Helper()
	q, c, d := newQueue(), newClock(), newSearchDesk()
	return NewSearch(testEnv(q, c), d, buildTest), d, q, c
}

func TestFirstResultsShowAtOnceAndLaterOnesTogether(t *testing.T) {
	s, d, q, c := newSearchTest(t)
	changes := 0
	s.OnChange = func() { changes++ }
	s.SetText("miller")
	s.Run()
	r := d.next(t)
	r.f(found(view("MILLER, Aaron", 0.9, rec("rms", "1"))))
	if len(q.take2()) != 1 {
		t.Fatal("the first results must be posted at once")
	}
	if s.Count() != 1 {
		t.Fatalf("one row wanted, %d shown", s.Count())
	}
	before := changes
	for i := 2; i < 52; i++ {
		r.f(found(view(fmt.Sprint("MILLER ", i), 0.5, rec("cad", fmt.Sprint(i)))))
	}
	if n := len(q.take2()); n != 0 {
		t.Fatalf("later results must wait, %d posts", n)
	}
	c.advance(Coalesce)
	if n := len(q.take2()); n != 1 {
		t.Fatalf("50 later results must come in one batch, %d posts", n)
	}
	if s.Count() != 51 || changes != before+1 {
		t.Fatalf("%d rows after %d changes", s.Count(), changes-before)
	}
	r.f(answer("rms", search.Answered, 1))
	r.f(desk.SearchEvent{Done: &search.Completeness{Asked: 4, Answered: 4}})
	r.end <- nil
	q.until(t, "the search ends", func() bool { return !s.Running() })
	if s.Selected() != pole.Ref.String(rec("rms", "1").Ref) {
		t.Fatalf("the cursor starts on the best row, not on %q", s.Selected())
	}
}

func TestCursorRestsOnTheBestRowOnceTheRowsHaveFoundTheirOrder(t *testing.T) {
	s, d, q, c := newSearchTest(t)
	s.SetText("x")
	s.Run()
	r := d.next(t)
	r.f(found(view("WEAK", 0.2, rec("rms", "1"))))
	q.drain()
	r.f(found(view("BEST", 0.9, rec("cad", "2"))))
	c.advance(Coalesce)
	q.drain()
	if s.Selected() != "" || s.Row(0).Title != "BEST" {
		t.Fatalf("at first the rows sort themselves: %q selected, %q first", s.Selected(), s.Row(0).Title)
	}
	c.advance(RestAfter)
	q.drain()
	if s.Index() != 0 || s.Row(0).Title != "BEST" {
		t.Fatal("then the cursor rests on the best")
	}
	r.f(found(view("LATER", 1, rec("intel", "3"))))
	c.advance(Coalesce)
	q.drain()
	if s.Index() != 0 || s.New() != 1 {
		t.Fatal("and nothing moves any more")
	}
}

// take2 runs what waits and returns it.
func (q *queue) take2() []func() {
	l := q.take()
	for _, f := range l {
		f()
	}
	return l
}

func TestTypingOnStopsTheRunningSearch(t *testing.T) {
	s, d, q, _ := newSearchTest(t)
	s.SetText("miller")
	s.Run()
	r := d.next(t)
	r.f(found(view("MILLER", 1, rec("rms", "1"))))
	q.drain()
	s.SetText("miller a")
	select {
	case <-r.ctx.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the search goes on")
	}
	if s.Running() {
		t.Fatal("the search counts as running")
	}
	r.f(found(view("LATE", 1, rec("cad", "9"))))
	q.drain()
	if s.Count() != 1 || s.Row(0).Title != "MILLER" {
		t.Fatal("a stale result came through")
	}
	for _, l := range s.Systems() {
		if l.State != search.Stopped || l.Words != "stopped" {
			t.Fatalf("%s is shown as %s", l.Mark.Name, l.Words)
		}
	}
}

func TestNewSearchDropsTheOldOne(t *testing.T) {
	s, d, q, _ := newSearchTest(t)
	s.SetText("one")
	s.Run()
	first := d.next(t)
	s.SetText("two")
	s.Run()
	second := d.next(t)
	first.f(found(view("OLD", 1, rec("rms", "1"))))
	second.f(found(view("NEW", 1, rec("rms", "2"))))
	q.until(t, "results", func() bool { return s.Count() > 0 })
	if s.Count() != 1 || s.Row(0).Title != "NEW" || s.Query() != "two" {
		t.Fatalf("%d rows, first %q, for %q", s.Count(), s.Row(0).Title, s.Query())
	}
}

func TestSelectionStaysWhileResultsStream(t *testing.T) {
	s, d, q, c := newSearchTest(t)
	s.SetText("x")
	s.Run()
	r := d.next(t)
	r.f(found(view("B", 0.5, rec("rms", "b")), view("C", 0.4, rec("rms", "c"))))
	q.drain()
	s.Select(1)
	r.f(found(view("A", 0.9, rec("cad", "a"))))
	c.advance(Coalesce)
	q.drain()
	if s.Index() != 1 || s.Row(1).Title != "C" {
		t.Fatalf("the row under the cursor moved: index %d, row 1 is %q", s.Index(), s.Row(1).Title)
	}
	if s.New() != 1 || !s.Row(2).New || s.Row(2).Title != "A" {
		t.Fatalf("the better row that came later must stand below, counted: new %d, row 2 %+v", s.New(), s.Row(2))
	}
	s.Settle()
	if s.New() != 0 || s.Row(0).Title != "A" || s.Row(s.Index()).Title != "C" {
		t.Fatalf("sorted anew: %q first, selected %q", s.Row(0).Title, s.Row(s.Index()).Title)
	}
}

func TestMergedRowHandsOnTheSelection(t *testing.T) {
	s, d, q, c := newSearchTest(t)
	s.SetText("x")
	s.Run()
	r := d.next(t)
	one, two := rec("cad", "1"), rec("rms", "2")
	r.f(found(view("A", 0.9, rec("rms", "0")), view("B", 0.5, two), view("C", 0.4, rec("rms", "3"))))
	q.drain()
	s.Select(1)
	merged := view("B", 0.6, one, two)
	r.f(desk.SearchEvent{Entities: []desk.EntityView{merged}, Gone: []string{two.Ref.String()}})
	c.advance(Coalesce)
	q.drain()
	if s.Count() != 3 || s.Selected() != merged.ID || s.Index() != 1 {
		t.Fatalf("%d rows, selected %q at %d", s.Count(), s.Selected(), s.Index())
	}
	q.until(t, "the preview is of the merged one", func() bool {
		p, _ := s.Preview()
		return p != nil && len(p.Records) == 2
	})
}

func TestNotSearchedIsLoudAndAsksOnlyThatSystemAgain(t *testing.T) {
	s, d, q, c := newSearchTest(t)
	s.SetText("miller")
	s.Run()
	r := d.next(t)
	r.f(found(view("MILLER", 1, rec("rms", "1"))))
	r.f(answer("rms", search.Answered, 4))
	r.f(answer("cad", search.NoTrace, 0))
	r.f(answer("intel", search.CannotAsk, 0))
	r.f(desk.SearchEvent{Answer: &search.Answer{System: "custody", State: search.NotSearched, Say: "Connection refused",
		Since: c.Now().Add(-4 * time.Minute), Cached: 1, CacheAge: 11 * time.Minute}})
	r.f(desk.SearchEvent{Done: &search.Completeness{Asked: 3, Answered: 2, Failed: []string{"custody"}}})
	r.end <- nil
	q.until(t, "the end", func() bool { return !s.Running() })
	if s.Tally() != "Asked 3 · answered 2" {
		t.Fatalf("tally %q", s.Tally())
	}
	words := map[string]SystemLine{}
	for _, l := range s.Systems() {
		words[l.Mark.System] = l
	}
	if words["rms"].Words != "4 · 38 ms" || words["cad"].Words != "no trace · 38 ms" || words["custody"].Words != "NOT SEARCHED" || words["custody"].Tone != Danger {
		t.Fatalf("%+v", words)
	}
	g := s.Gaps()
	if len(g) != 1 || g[0].Title != "Custody did not answer" {
		t.Fatalf("%+v", g)
	}
	if want := "Connection refused. Failing since 14:02. A copy of 13:55 was searched instead: 1 record, marked ‘old’."; g[0].Text != want {
		t.Fatalf("said %q, want %q", g[0].Text, want)
	}
	s.AskAgain("")
	again := d.next(t)
	if !slices.Equal(again.req.Systems, []string{"custody"}) || again.req.Text != "miller" {
		t.Fatalf("asked %+v", again.req)
	}
	if s.Count() != 1 {
		t.Fatal("asking again must leave what is there")
	}
	again.f(found(view("MILLER, Custody", 0.5, rec("custody", "7"))))
	again.f(answer("custody", search.Answered, 1))
	again.end <- nil
	q.until(t, "the second end", func() bool { return !s.Running() })
	if len(s.Gaps()) != 0 || s.Count() != 2 || s.Tally() != "Asked 3 · answered 3" {
		t.Fatalf("gaps %v, rows %d, %s", s.Gaps(), s.Count(), s.Tally())
	}
}

func TestSystemThatNeverSaidIsNotShownAsSearched(t *testing.T) {
	s, d, q, _ := newSearchTest(t)
	s.SetText("x")
	s.Run()
	r := d.next(t)
	r.f(answer("rms", search.NoTrace, 0))
	r.end <- errors.New("the audit log cannot be written: the disk is full")
	q.until(t, "the end", func() bool { return !s.Running() })
	if !strings.Contains(s.Fault(), "disk is full") {
		t.Fatalf("fault %q", s.Fault())
	}
	for _, l := range s.Systems()[1:] {
		if l.State != search.NotSearched {
			t.Fatalf("%s is shown as %s", l.Mark.Name, l.State)
		}
	}
	if len(s.Gaps()) != 3 {
		t.Fatalf("%d gaps", len(s.Gaps()))
	}
}

func TestNoSearchWithoutPurpose(t *testing.T) {
	s, d, _, _ := newSearchTest(t)
	var then func()
	s.WithPurpose = func(f func()) { then = f }
	s.SetText("miller")
	s.Run()
	if s.Ran() || len(d.runs) != 0 {
		t.Fatal("the search left before there was a purpose")
	}
	then()
	if r := d.next(t); r.req.Text != "miller" {
		t.Fatalf("searched %+v", r.req)
	}
}

func TestOtherReadingOfTheText(t *testing.T) {
	s, d, _, _ := newSearchTest(t)
	s.SetText("mil")
	s.SetText("mill")
	if !slices.Equal(d.asked, []string{"mil", "mill"}) || len(s.Taken()) != 2 {
		t.Fatalf("interpreted %v", d.asked)
	}
	s.Choose(1)
	s.Run()
	if r := d.next(t); len(r.req.Terms) != 1 {
		t.Fatalf("searched %+v", r.req)
	}
	s.SetText(">lock")
	if len(s.Taken()) != 0 {
		t.Fatal("a command is no search text")
	}
}

func TestFilterByClass(t *testing.T) {
	s, d, q, _ := newSearchTest(t)
	s.SetText("x")
	s.Run()
	r := d.next(t)
	car := view("YK19 FZB", 0.8, rec("rms", "v"))
	car.Class = pole.ClassObject
	r.f(found(view("A", 0.9, rec("rms", "a")), car))
	q.drain()
	s.Select(1)
	s.Toggle(pole.ClassObject)
	if s.Count() != 1 || s.Index() != -1 || s.Selected() != car.ID {
		t.Fatalf("%d rows, index %d", s.Count(), s.Index())
	}
	for _, f := range s.Filters() {
		if f.Class == pole.ClassObject && (f.On || f.Count != 1) {
			t.Fatalf("%+v", f)
		}
	}
	s.Toggle(pole.ClassObject)
	if s.Index() != 1 {
		t.Fatal("the selection did not come back")
	}
}

// Somebody decides who is who while results come in: the rows follow, the selection follows its records, and what the search
// still brings from before the decision does not put them back.
func TestRowsFollowADecision(t *testing.T) {
	s, d, q, _ := newSearchTest(t)
	s.SetText("x")
	s.Run()
	r := d.next(t)
	a, b, c := rec("rms", "a"), rec("cad", "b"), rec("intel", "c")
	va, vb, vc := view("A", 0.9, a), view("B", 0.8, b), view("C", 0.7, c)
	vb.Possible = []match.Possible{{Entity: va.ID, Say: "Spelling", A: b.Ref, B: a.Ref}}
	va.Rev, vb.Rev, vc.Rev = 1, 2, 3
	r.f(found(va, vb, vc))
	q.drain()
	s.Select(1)
	if l := s.Possibles(); len(l) != 1 || l[0].Title != "A" || l[0].Refs != (PairRefs{b.Ref, a.Ref}) {
		t.Fatalf("%+v", l)
	}
	both := view("A", 0.9, b, a)
	both.Rev = 4
	d.results = []desk.EntityView{vc, both}
	s.Regroup()
	q.until(t, "one row less", func() bool { return s.Count() == 2 })
	if s.Selected() != both.ID || s.At(s.Index()).Records != 2 {
		t.Fatalf("the selection is on %q", s.Selected())
	}
	r.f(found(va)) // from before the decision
	q.until(t, "the row of before to be gone again", func() bool { q.drain(); return s.Count() == 2 })
	d.results = []desk.EntityView{va, vb, vc}
	for i := range d.results {
		d.results[i].Rev = uint64(10 + i)
	}
	s.Regroup()
	q.until(t, "two rows again", func() bool { return s.Count() == 3 })
}

func TestRowSaysWhyAndWhatDiffers(t *testing.T) {
	s, d, q, _ := newSearchTest(t)
	s.SetText("miller")
	s.Run()
	r := d.next(t)
	v := view("MILLER", 1, rec("rms", "1"), rec("custody", "2"))
	v.Disagreements = []string{"Date of birth", "PNC ID"}
	v.Matched, v.Old = []string{"miller"}, true
	r.f(found(v))
	q.drain()
	if !s.Row(0).Old {
		t.Fatal("the old copy is not marked")
	}
	if got, want := s.Row(0).Line, "2 records · 2 disagreements: date of birth, PNC ID"; got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	if m := s.Row(0).Marks; len(m) != 2 || m[1].Code != "CUS" || m[1].Shape != "diamond" {
		t.Fatalf("%+v", m)
	}
	if s.Summary() != "2 records · 1 entity" {
		t.Fatal(s.Summary())
	}
}

// Whatever comes in whatever batches, once the officer has the cursor on a row, no row that was there changes its place
// relative to the others, none is lost, none doubled.
func TestNothingJumps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		q, c, d := newQueue(), newClock(), newSearchDesk()
		s := NewSearch(testEnv(q, c), d, nil)
		s.SetText("x")
		s.Run()
		r := <-d.runs
		n := 0
		batch := func(k int) {
			var vs []desk.EntityView
			for range k {
				n++
				vs = append(vs, view(fmt.Sprint("T", n), float64(rapid.IntRange(0, 9).Draw(rt, "score"))/10, rec("rms", fmt.Sprint(n))))
			}
			r.f(found(vs...))
			c.advance(Coalesce)
			q.drain()
		}
		batch(rapid.IntRange(1, 10).Draw(rt, "first"))
		s.Select(rapid.IntRange(0, s.Count()-1).Draw(rt, "cursor"))
		was := slices.Clone(s.shown)
		sel, at := s.Selected(), s.Index()
		for range rapid.IntRange(1, 5).Draw(rt, "batches") {
			batch(rapid.IntRange(1, 10).Draw(rt, "more"))
		}
		if s.Selected() != sel || s.Index() != at || !slices.Equal(s.shown[:len(was)], was) {
			rt.Fatalf("rows moved: %v, then %v", was, s.shown)
		}
		if s.Count() != n || s.New() != n-len(was) {
			rt.Fatalf("%d rows of %d, %d new", s.Count(), n, s.New())
		}
		s.Settle()
		for i := 1; i < s.Count(); i++ {
			a, _ := s.View(i - 1)
			b, _ := s.View(i)
			if a.Score < b.Score {
				rt.Fatal("not sorted by score")
			}
		}
		s.Stop()
	})
}

// The longest time that the UI goroutine is kept while 3,000 results stream in.
func BenchmarkStream3000(b *testing.B) {
	for b.Loop() {
		q, c, d := newQueue(), newClock(), newSearchDesk()
		s := NewSearch(testEnv(q, c), d, buildTest)
		s.SetText("x")
		s.Run()
		r := <-d.runs
		var worst time.Duration
		for i := range 3000 {
			r.f(found(view(fmt.Sprint("T", i), float64(i%97)/97, rec("rms", fmt.Sprint(i)))))
			if i%100 == 99 {
				c.advance(Coalesce)
				t0 := time.Now()
				q.drain()
				for k := range 20 {
					s.Row(k)
				}
				worst = max(worst, time.Since(t0))
			}
		}
		if s.Count() != 3000 {
			b.Fatal(s.Count())
		}
		b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst-stall")
		s.Stop()
	}
}
