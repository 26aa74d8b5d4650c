package vm

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/app/caseview"
	"muster/app/entry"
	"muster/plugins/pole"
)

func newEntryTest(t *testing.T) (*Entry, *entryDesk, *queue, *clock) {
	t.Helper()
	q, c := newQueue(), newClock()
	d := newEntryDesk(c.Now)
	e := NewEntry(testEnv(q, c), d, testProps{})
	e.Start("incident", nil)
	q.until(t, "the draft opens", func() bool { dr, _ := e.Draft(); return dr != nil })
	return e, d, q, c
}

// settle lets what is typed be kept.
func settle(t *testing.T, e *Entry, q *queue, c *clock) {
	t.Helper()
	c.advance(SaveAfter)
	q.until(t, "the draft is kept", func() bool { return e.version == e.kept })
}

func TestSavedIsSaidOnlyAfterItWasKept(t *testing.T) {
	e, d, q, c := newEntryTest(t)
	settle(t, e, q, c)
	d.hold = make(chan struct{})
	e.Set("description", "A")
	e.Set("description", "Ar")
	e.Set("description", "Arg")
	if w, _ := e.Saved(); w != "Keeping…" {
		t.Fatalf("before it is kept: %q", w)
	}
	c.advance(SaveAfter)
	q.drain()
	e.Set("description", "Argument")
	if w, _ := e.Saved(); w != "Keeping…" {
		t.Fatalf("while it is written: %q", w)
	}
	close(d.hold)
	for range 3 {
		time.Sleep(2 * time.Millisecond)
		c.advance(SaveAfter)
		q.drain()
	}
	q.until(t, "both versions are kept", func() bool {
		c.advance(SaveAfter)
		w, _ := e.Saved()
		return strings.HasPrefix(w, "Draft saved 14:06:4")
	})
	dr, _ := e.Draft()
	if got := d.saved(dr.ID).Values["description"]; got != "Argument" {
		t.Fatalf("kept %q", got)
	}
}

func TestKeptWithinASecondOfTheFirstKeystroke(t *testing.T) {
	e, d, q, c := newEntryTest(t)
	settle(t, e, q, c)
	// Typing without a pause must not put the saving off.
	for i := range 9 {
		e.Set("description", strings.Repeat("x", i+1))
		c.advance(100 * time.Millisecond)
		q.drain()
	}
	dr, _ := e.Draft()
	q.until(t, "something is kept while typing goes on", func() bool { return d.saved(dr.ID).Values["description"] != "" })
}

func TestFailedSavingIsSaidAndTriedAgain(t *testing.T) {
	e, d, q, c := newEntryTest(t)
	settle(t, e, q, c)
	d.setFail(errors.New("the disk is full"))
	e.Set("description", "typed")
	c.advance(SaveAfter)
	q.until(t, "the failure is said", func() bool { _, tone := e.Saved(); return tone == Danger })
	if w, _ := e.Saved(); !strings.Contains(w, "the disk is full.") || e.Value("description") != "typed" {
		t.Fatalf("%q, value %q", w, e.Value("description"))
	}
	d.setFail(nil)
	c.advance(SaveRetry)
	q.until(t, "it is kept after all", func() bool { w, _ := e.Saved(); return strings.HasPrefix(w, "Draft saved") })
	dr, _ := e.Draft()
	if d.saved(dr.ID).Values["description"] != "typed" {
		t.Fatal("what was typed was lost")
	}
}

// However typing, pauses and failures of the disk follow on one another, what was typed last is what is kept in the end.
func TestNothingTypedIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		q, c := newQueue(), newClock()
		d := newEntryDesk(c.Now)
		e := NewEntry(testEnv(q, c), d, testProps{})
		e.Start("incident", nil)
		q.until(t, "open", func() bool { dr, _ := e.Draft(); return dr != nil })
		dr, _ := e.Draft()
		id := dr.ID
		last := ""
		for i := range rapid.IntRange(1, 20).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				last = fmt.Sprint("text ", i)
				e.Set("description", last)
			case 1:
				c.advance(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * time.Millisecond)
				q.drain()
			case 2:
				d.setFail(errors.New("no"))
			case 3:
				d.setFail(nil)
			}
		}
		d.setFail(nil)
		q.until(t, "all kept", func() bool { c.advance(SaveRetry); return e.version == e.kept && !e.saving })
		if got := d.saved(id).Values["description"]; got != last {
			rt.Fatalf("typed %q, kept %q", last, got)
		}
	})
}

func TestPuttingAsideKeepsTheLastKeystroke(t *testing.T) {
	e, d, q, _ := newEntryTest(t)
	dr, _ := e.Draft()
	id := dr.ID
	e.Set("description", "half a sen")
	e.Close()
	q.until(t, "kept", func() bool { return d.saved(id).Values["description"] == "half a sen" })
	q.until(t, "listed", func() bool { return len(e.Drafts()) == 1 && e.Drafts()[0].Values["description"] != "" })
	e.Resume(e.Drafts()[0])
	if e.Value("description") != "half a sen" {
		t.Fatal("not resumed")
	}
}

func TestPuttingAsideBringsBackWhatCouldNotBeKept(t *testing.T) {
	e, d, q, c := newEntryTest(t)
	settle(t, e, q, c)
	e.Set("description", "precious")
	d.setFail(errors.New("the disk is full"))
	e.Close()
	q.until(t, "it comes back", func() bool { return e.Value("description") == "precious" })
	if _, tone := e.Saved(); tone != Danger {
		t.Fatal("and says why")
	}
}

func TestWhoNeedsAField(t *testing.T) {
	e, _, _, _ := newEntryTest(t)
	f := e.Fields()
	if !f[0].All || !f[0].Must || f[0].Max != 100 || f[0].Count != "0 of 100" {
		t.Fatalf("%+v", f[0])
	}
	if f[1].All || len(f[1].Needs) != 1 || f[1].Needs[0].Code != "CAD" || f[1].Must {
		t.Fatalf("%+v", f[1])
	}
	if n, ok := e.FieldAt("person.name"); !ok || n.Label != "Label of name" {
		t.Fatalf("%+v", n)
	}
}

func TestSendGoesToWhatIsMissing(t *testing.T) {
	e, d, _, _ := newEntryTest(t)
	e.SetSection(1)
	if e.Fields()[0].Error != "" {
		t.Fatal("nothing is wrong there")
	}
	if p := e.Send(); p != "description" || e.Section() != 0 {
		t.Fatalf("went to %q in section %d", p, e.Section())
	}
	if e.Fields()[0].Error != "Say what happened." || !strings.Contains(e.SendErr(), "nothing you typed is lost") || d.sends != 0 {
		t.Fatalf("%+v %q", e.Fields()[0], e.SendErr())
	}
	if tl := e.Targets(); tl[0].Words != "1 missing" || tl[0].Tone != Danger || tl[0].Path != "description" {
		t.Fatalf("%+v", tl[0])
	}
}

func TestErrorsAreSaidOnlyWhereTheOfficerHasBeen(t *testing.T) {
	e, _, _, _ := newEntryTest(t)
	if e.Fields()[0].Error != "" {
		t.Fatal("a fresh form must not scold")
	}
	e.Leave("description")
	if e.Fields()[0].Error == "" {
		t.Fatal("what is missing must be said once the field was left")
	}
	e.Set("when", "soon")
	if e.Fields()[1].Error != "This is not a time." {
		t.Fatal("what cannot be read must be said at once")
	}
	e.SetSection(1)
	if s := e.Sections(); s[0].State != Faulty || s[1].State != Current {
		t.Fatalf("%+v", s)
	}
	e.Set("description", "x")
	e.Set("when", "")
	if s := e.Sections(); s[0].State != Filled {
		t.Fatalf("%+v", s)
	}
}

func TestSendThenReceiptsAppear(t *testing.T) {
	e, d, q, _ := newEntryTest(t)
	e.Set("description", "Shop theft")
	if e.SendWords() != "Send to 2 systems" || !e.Ready() {
		t.Fatalf("%q ready %v", e.SendWords(), e.Ready())
	}
	if p := e.Send(); p != "" {
		t.Fatalf("held back by %q", p)
	}
	q.until(t, "sent", func() bool { return e.Sent() != nil })
	if e.SentWords() != "0 of 2 delivered" {
		t.Fatal(e.SentWords())
	}
	d.deliver("rms", "RMS-77")
	e.Refresh()
	q.until(t, "the receipt", func() bool { return e.SentWords() == "1 of 2 delivered" })
	l := e.SentDeliveries()
	if l[0].Reference != "RMS-77" || l[0].Tone != Good || l[1].Words != "waiting" || !strings.Contains(l[1].Text, "Nothing is lost.") {
		t.Fatalf("%+v", l)
	}
	if e.Send(); d.sends != 1 {
		t.Fatal("sent twice")
	}
	q.until(t, "no draft is left over", func() bool { return len(e.Drafts()) == 0 })
}

func TestRefusedSendingLosesNothing(t *testing.T) {
	e, d, q, c := newEntryTest(t)
	e.Set("description", "Shop theft")
	settle(t, e, q, c)
	d.setFail(errors.New("the disk is full"))
	e.Send()
	q.until(t, "the refusal is said", func() bool { return e.SendErr() != "" })
	if e.Sent() != nil || e.Value("description") != "Shop theft" || e.Sending() {
		t.Fatal("the draft is gone")
	}
	d.setFail(nil)
	e.Send()
	q.until(t, "sent after all", func() bool { return e.Sent() != nil })
}

func TestTargetsAreSwitched(t *testing.T) {
	e, _, _, _ := newEntryTest(t)
	e.SetTarget("cad", false)
	if e.SendWords() != "Send to 1 system" || e.Targets()[1].Words != "off" {
		t.Fatalf("%q %+v", e.SendWords(), e.Targets()[1])
	}
	e.SetTarget("rms", false)
	e.Set("description", "x")
	if e.Send(); !strings.Contains(e.SendErr(), "Switch on") {
		t.Fatal(e.SendErr())
	}
	e.SetTarget("rms", true)
	if typed, asked := e.TypedWords(); typed != "Typed 1 field" || asked != "1 system would ask 6" {
		t.Fatalf("%q %q", typed, asked)
	}
}

func TestNothingIsAskedThatNoSystemWants(t *testing.T) {
	e, _, _, _ := newEntryTest(t)
	e.SetSection(1)
	if f := e.Fields(); len(f) != 1 || f[0].Path != "person.name" {
		t.Fatalf("%+v", f)
	}
	e.SetTarget("rms", false)
	if f := e.Fields(); len(f) != 0 {
		t.Fatalf("asked for nobody: %+v", f)
	}
	e.Set("person.name", "MILLER")
	f := e.Fields()
	if len(f) != 1 || f[0].Doubt != "Nobody takes it." {
		t.Fatalf("what was typed for nobody is not said: %+v", f)
	}
}

func TestPrefilledValueSaysItsSourceUntilChanged(t *testing.T) {
	q, c := newQueue(), newClock()
	d := newEntryDesk(c.Now)
	e := NewEntry(testEnv(q, c), d, testProps{})
	e.Start("incident", &caseview.Case{Title: "MILLER"})
	q.until(t, "open", func() bool { dr, _ := e.Draft(); return dr != nil })
	f, _ := e.FieldAt("person.name")
	if f.From == nil || f.From.Code != "RMS" {
		t.Fatalf("%+v", f)
	}
	e.Set("person.name", "MILLAR")
	if f, _ = e.FieldAt("person.name"); f.From != nil {
		t.Fatal("a changed value is the officer's own")
	}
}

func TestPreviewPerTarget(t *testing.T) {
	e, _, q, _ := newEntryTest(t)
	e.Set("description", "Shop theft")
	e.SetTarget("cad", false)
	var got []PreviewTarget
	e.Preview(func(p []PreviewTarget) { got = p })
	q.until(t, "the preview", func() bool { return got != nil })
	if len(got) != 1 || got[0].Mark.Code != "RMS" || got[0].Lines[0].Value != "Shop theft" {
		t.Fatalf("%+v", got)
	}
}

func TestUnknownFormIsSaid(t *testing.T) {
	e, _, _, _ := newEntryTest(t)
	e.Resume(entry.Draft{ID: "x", Form: "gone", Values: map[string]string{"a": "b"}, From: map[string]pole.Ref{}})
	if !strings.Contains(e.Err(), "‘gone’") {
		t.Fatal(e.Err())
	}
}
