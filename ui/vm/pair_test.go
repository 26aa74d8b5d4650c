package vm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/assets"
	"muster/plugins/pole"
)

// pairDesk keeps a pair and what is decided about it.
type pairDesk struct {
	mu     sync.Mutex // over asked and log
	dict   *pole.Dictionary
	refuse error
	log    []match.Judgement
	asked  int
}

func (d *pairDesk) Systems() []desk.SystemStatus { return fourSystems() }
func (d *pairDesk) Dictionary() *pole.Dictionary { return d.dict }
func (d *pairDesk) JudgeReasons(pole.Class) []desk.JudgeReason {
	return []desk.JudgeReason{{Verdict: match.Same, Label: "One photograph"}, {Verdict: match.NotSame, Label: "Twins"}, {Verdict: match.Same, Label: "Says so"}}
}
func (d *pairDesk) Judge(_ context.Context, a, b pole.Ref, v match.Verdict, reason string) (match.Judgement, error) {
	if d.refuse != nil {
		return match.Judgement{}, d.refuse
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	j := match.Judgement{ID: uint64(len(d.log) + 1), A: a, B: b, Verdict: v, Reason: reason, By: "PC 1"}
	d.log = append(d.log, j)
	return j, nil
}
func (d *pairDesk) UndoJudgement(_ context.Context, id uint64, _ string) (match.Judgement, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = slices.DeleteFunc(d.log, func(j match.Judgement) bool { return j.ID == id })
	return match.Judgement{Undoes: id}, nil
}
func (d *pairDesk) Pair(_ context.Context, a, b pole.Ref) (desk.Pair, error) {
	d.mu.Lock() // a second question may be asked while the first is answered
	defer d.mu.Unlock()
	d.asked++
	fact := func(p pole.Property, v string) pole.Fact {
		return pole.Fact{Property: p, Value: d.dict.Normalise(p, v)}
	}
	build := func(ref pole.Ref, facts ...pole.Fact) caseview.Case {
		return caseview.Build(d.dict, caseview.Input{Entity: match.Entity{ID: ref.String(), Kind: "person", Records: []pole.Record{{Ref: ref, Kind: "person", Facts: facts}}}})
	}
	p := desk.Pair{
		A:    build(a, fact("surname", "Miller"), fact("givenName", "Aaron"), fact("dateOfBirth", "03/11/2011"), fact("sex", "M"), fact("telephone", "07700 900412")),
		B:    build(b, fact("surname", "Miller"), fact("givenName", "Aaron"), fact("dateOfBirth", "11/03/2011"), fact("sex", "F")),
		Link: match.Link{A: a, B: b, Prior: -14, Probability: 0.9998}, Bits: 12.3, Gaps: []caseview.Asked{{System: "custody", State: caseview.AskedNot}}}
	for _, j := range d.log {
		p.Judged = append(p.Judged, match.Standing{Judgement: j})
		p.Joined = p.Joined || j.Verdict == match.Same
	}
	return p, nil
}

func TestPairDecidesWithAReasonAndTakesBack(t *testing.T) {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	q, c := newQueue(), newClock()
	d := &pairDesk{dict: dict}
	env := testEnv(q, c)
	p := NewPair(env, d, NewJudging(env, d))
	refs := []PairRefs{{A: rec("rms", "1").Ref, B: rec("cad", "2").Ref}, {A: rec("rms", "1").Ref, B: rec("intel", "3").Ref}}
	p.Open(refs, 0)
	q.until(t, "the pair", func() bool { n, _ := p.Now(); return n != nil })
	var got []string
	for _, l := range p.Lines() {
		got = append(got, l.Label+" "+[]string{"≠", "≈", "=", "-"}[l.Relation]+" "+l.Say)
	}
	want := "Sex ≠ |Date of birth ≈ day and month swapped|Name = |Telephone - "
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s, want %s", s, want)
	}
	if s := p.Chance(); !strings.Contains(s, "99.98 %") || !strings.Contains(s, "5,000") {
		t.Error(s)
	}
	if g := p.Gaps(); !strings.Contains(g, "NOT SEARCHED") || !strings.Contains(g, "Custody") {
		t.Errorf("what was not searched is not said: %q", g)
	}
	p.Decide() // nothing is taken up
	p.Choose(match.Same)
	if r := p.Reasons(); !slices.Equal(r, []string{"One photograph", "Says so"}) {
		t.Error(r)
	}
	p.Decide()
	if !p.Lacking() || len(d.log) != 0 {
		t.Error("decided without a reason")
	}
	p.SetReason("One photograph")
	d.refuse = errors.New("the disk is full")
	p.Decide()
	q.until(t, "the refusal", func() bool { s, bad := p.Note(); return bad && s == "the disk is full" })
	if p.Verdict() != match.Same || p.Reason() != "One photograph" {
		t.Error("what was typed is lost by a refusal")
	}
	d.refuse = nil
	p.Decide()
	q.until(t, "the decision", func() bool { n, _ := p.Now(); return n != nil && n.Joined })
	if s, bad := p.Note(); bad || s == "" || p.Verdict() != "" {
		t.Error(s, bad, p.Verdict())
	}
	p.Choose(match.NotSame)
	if w := p.Warning(); !strings.Contains(w, "One photograph") {
		t.Errorf("overriding is not said: %q", w)
	}
	p.Choose("")
	p.UndoLast()
	q.until(t, "taken back", func() bool { n, _ := p.Now(); return n != nil && !n.Joined })
	p.Note()
	p.UndoLast()
	if s, _ := p.Note(); s == "" {
		t.Error("with nothing to take back nothing is said")
	}
	p.Move(1)
	if at, of := p.Place(); at != 2 || of != 2 {
		t.Error(at, of)
	}
	p.Move(1)
	if at, _ := p.Place(); at != 2 {
		t.Error(at)
	}
}

func TestPercentTellsTheEndThatMatters(t *testing.T) {
	for p, want := range map[float64]string{0.5: "50 %", 0.63: "63 %", 0.999: "99.9 %", 0.9998: "99.98 %", 0.0012: "0.1 %", 0.99999999: "> 99.999 %", 1e-9: "< 0.001 %", 1: "> 99.999 %"} {
		if got := Percent(p); got != want {
			t.Errorf("%v is %q, want %q", p, got, want)
		}
	}
	for f, want := range map[float64]string{3.2: "3", 4943: "4,900", 12345: "12,000", 9e9: "1,000,000"} {
		if got := oneFigure(f); got != want {
			t.Errorf("%v is %q, want %q", f, got, want)
		}
	}
}

// The open case is read again when somebody decides about one of its records, and for no other decision.
func TestCaseFollowsADecision(t *testing.T) {
	q, c := newQueue(), newClock()
	a, b, o := rec("rms", "1"), rec("custody", "2"), rec("cad", "9")
	d := &caseDesk{cases: map[string]caseview.Case{"x": {ID: "x", Title: "MILLER, Aaron", Records: []pole.Record{a, b},
		Judged: []match.Standing{{Judgement: match.Judgement{ID: 1, A: a.Ref, B: b.Ref, Verdict: match.Same, Reason: "one photograph", By: "PC 1", At: c.Now()}, SetAside: 4,
			Changes: []match.Change{{Ref: b.Ref, Property: "dateOfBirth", Label: "Date of birth", Was: "03/11/2011", Now: "11/03/2011"}, {Ref: a.Ref, Updated: c.Now()}}}},
		Contradicts: []match.Judgement{{ID: 2, A: a.Ref, B: b.Ref, Verdict: match.NotSame, Reason: "twins", By: "PC 2", At: c.Now()}}}},
		judged: []desk.JudgementView{{Judgement: match.Judgement{ID: 7, A: o.Ref, B: o.Ref}}, {Judgement: match.Judgement{ID: 1, A: a.Ref, B: b.Ref}, Undone: &match.Judgement{ID: 8}}}}
	v := NewCase(testEnv(q, c), d)
	v.Open("x")
	q.until(t, "the case", func() bool { n, _ := v.Now(); return n != nil })
	_, seq := v.Now()
	v.Judged("7")
	v.Judged("x")
	v.Judged("99")
	v.Judged("8")
	q.until(t, "the case again", func() bool { _, n := v.Now(); return n >= seq+2 && !v.Loading() })
	l := v.Decided()
	if len(l) != 1 || len(l[0].Changes) != 2 || !strings.Contains(l[0].Changes[0], "03/11/2011") || l[0].SetAside == "" || !l[0].Within || l[0].Reason != "one photograph" {
		t.Errorf("%+v", l)
	}
	if w := v.Contradictions(); len(w) != 1 || !strings.Contains(w[0], "twins") || !strings.Contains(w[0], "PC 2") {
		t.Error(w)
	}
}
