package vm

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"muster/app/desk"
	"muster/app/entry"
	"muster/plugins/pole"
)

// whoDesk answers who it may be when the test lets it, and notes what it was asked.
type whoDesk struct {
	*entryDesk
	wm    sync.Mutex
	asked []map[pole.Property]string
	hold  map[string]chan struct{} // by the name asked for
	using chan struct{}
}

func (d *whoDesk) Candidates(ctx context.Context, kind pole.Kind, typed map[pole.Property]string, _ int) ([]desk.Candidate, error) {
	d.wm.Lock()
	d.asked = append(d.asked, maps.Clone(typed))
	wait := d.hold[typed["name"]]
	d.wm.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done(): // answers all the same, as one that was on its way does
		}
	}
	return []desk.Candidate{{ID: "of " + typed["name"], Kind: kind, Title: "of " + typed["name"], Probability: 0.97, Systems: []string{"rms"}, Read: d.now(), Refs: []pole.Ref{{System: "rms", ID: "1"}}}}, nil
}

func (d *whoDesk) UseCandidate(_ context.Context, dr entry.Draft, part string, refs []pole.Ref) (entry.Draft, error) {
	if d.using != nil {
		<-d.using
	}
	dr.Values, dr.From = maps.Clone(dr.Values), map[string]pole.Ref{}
	dr.Known = map[string]string{part + ".name": "MILLER, Aaron", part + ".born": "03/11/2011"}
	if dr.Values[part+".born"] == "" {
		dr.Values[part+".born"], dr.From[part+".born"] = "03/11/2011", refs[0]
	}
	dr.Existing = map[string][]pole.Ref{part: refs}
	return dr, nil
}

func (d *whoDesk) questions() int {
	d.wm.Lock()
	defer d.wm.Unlock()
	return len(d.asked)
}

func newCandidatesTest(t *testing.T) (*Candidates, *Entry, *whoDesk, *queue, *clock) {
	t.Helper()
	q, clk := newQueue(), newClock()
	d := &whoDesk{entryDesk: newEntryDesk(clk.Now), hold: map[string]chan struct{}{}}
	d.forms[0].Parts = []entry.PartDef{{Name: "person", Kind: "person"}}
	d.forms[0].Sections[1].Fields = append(d.forms[0].Sections[1].Fields, entry.Field{Path: "person.born", Property: "born", Label: "Born"})
	e := NewEntry(testEnv(q, clk), d, testProps{})
	c := NewCandidates(testEnv(q, clk), e, d)
	e.OnChange = c.Look
	e.Start("incident", nil)
	q.until(t, "the draft opens", func() bool { dr, _ := e.Draft(); return dr != nil })
	return c, e, d, q, clk
}

func TestCandidatesAreAskedForAtAPauseAndOldAnswersDropped(t *testing.T) {
	c, e, d, q, clk := newCandidatesTest(t)
	e.Set("description", "what happened tells of nobody")
	clk.advance(AskAfter)
	q.drain()
	if part, _ := c.Part(); part != "" || d.questions() != 0 {
		t.Fatalf("asked about %q", part)
	}
	e.SetTarget("cad", true)
	e.SetSection(1)
	for _, s := range []string{"m", "mi", "mil"} {
		e.Set("person.name", s)
		clk.advance(AskAfter / 5)
		q.drain()
	}
	if d.questions() != 0 {
		t.Error("asked while typing goes on")
	}
	old := make(chan struct{})
	d.hold["mil"] = old
	clk.advance(AskAfter)
	q.until(t, "it is asked", func() bool { return d.questions() == 1 })
	e.Set("person.name", "mill")
	clk.advance(AskAfter)
	q.until(t, "the new answer", func() bool { l := c.Lines(); return len(l) == 1 && l[0].Title == "of mill" })
	close(old)
	time.Sleep(5 * time.Millisecond)
	q.drain()
	if l := c.Lines(); len(l) != 1 || l[0].Title != "of mill" || l[0].Chance != "very likely, 97 %" || !l[0].Sure || len(l[0].Marks) != 1 {
		t.Errorf("%+v", l)
	}
	n := d.questions()
	e.Set("description", "More is told")
	clk.advance(AskAfter)
	q.drain()
	if d.questions() != n {
		t.Error("asked again about the same person")
	}
	e.SetSection(0)
	q.drain()
	if len(c.Lines()) != 0 {
		t.Error("who it may be outstays the section")
	}
}

func TestUsingACandidateKeepsWhatIsTypedMeanwhile(t *testing.T) {
	c, e, d, q, clk := newCandidatesTest(t)
	e.SetSection(1)
	e.Set("person.name", "mill")
	clk.advance(AskAfter)
	q.until(t, "an answer", func() bool { return len(c.Lines()) == 1 })
	used := 0
	c.OnUsed = func() { used++ }
	d.using = make(chan struct{})
	c.Use("of mill")
	e.Set("person.born", "1/2/1990")
	close(d.using)
	q.until(t, "it is filled in", func() bool { return used == 1 })
	dr, _ := e.Draft()
	if e.Value("person.born") != "1/2/1990" || len(dr.Existing["person"]) != 1 {
		t.Errorf("%+v", dr)
	}
	title, filled, kept, ok := c.Used()
	if !ok || title != "of mill" || filled != 0 || len(kept) != 2 || kept[0].Record != "MILLER, Aaron" {
		t.Errorf("%q %d %+v %v", title, filled, kept, ok)
	}
	c.TakeBack()
	if len(dr.Existing["person"]) != 0 || e.Value("person.born") != "1/2/1990" || e.Value("person.name") != "mill" {
		t.Errorf("%+v", dr)
	}
	d.using = nil
	e.Set("person.born", "")
	clk.advance(AskAfter)
	q.until(t, "an answer again", func() bool { return len(c.Lines()) == 1 })
	c.Use("of mill")
	q.until(t, "it is filled in", func() bool { return used == 3 })
	if e.Value("person.born") != "03/11/2011" {
		t.Error(e.Value("person.born"))
	}
	c.TakeBack()
	if e.Value("person.born") != "" || len(dr.From) != 0 {
		t.Errorf("%+v", dr)
	}
}
