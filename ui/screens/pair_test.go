package screens

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/widgets"
)

// Who is who: the small force groups its people with the real grouper and keeps what is decided.

func (f *smallForce) grouper() *match.Grouper {
	g := match.New(f.dict)
	g.Judge(f.judged...)
	g.Add(f.aaron()...)
	g.Add(f.aron())
	return g
}

// aron is the name that a stop form has.
func (f *smallForce) aron() pole.Record {
	return f.record("stops", "S-3", "person", "surname", "Millar", "givenName", "Aron", "dateOfBirth", "11/03/2011", "sex", "M")
}

func (f *smallForce) Pair(_ context.Context, a, b pole.Ref) (desk.Pair, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return desk.Pair{}, f.refuse
	}
	g := f.grouper()
	ea, _ := g.Entity(a.String())
	eb, _ := g.Entity(b.String())
	ra, _ := g.Record(a)
	rb, _ := g.Record(b)
	p := desk.Pair{Link: g.Compare(ra, rb), Joined: ea.ID == eb.ID}
	if p.Link.A != a {
		p.Link.A, p.Link.B = a, b
		for i := range p.Link.Evidence {
			e := &p.Link.Evidence[i]
			e.A, e.B = e.B, e.A
		}
	}
	for _, s := range ea.Judged {
		if s.Entity == "" && p.Joined || s.Entity == eb.ID {
			p.Judged = append(p.Judged, s)
		}
	}
	if p.Joined {
		g.Judge(match.Judgement{ID: 1000, A: a, B: b, Verdict: match.NotSame})
		ea, _ = g.Entity(a.String())
		eb, _ = g.Entity(b.String())
	}
	p.Bits = p.Link.Bits()
	p.A, p.B = caseview.Build(f.dict, caseview.Input{Entity: ea}), caseview.Build(f.dict, caseview.Input{Entity: eb})
	p.B.Warnings = f.aaronCase().Warnings
	return p, nil
}

func (f *smallForce) Judge(_ context.Context, a, b pole.Ref, v match.Verdict, reason string) (match.Judgement, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return match.Judgement{}, f.refuse
	}
	j := match.Judgement{ID: uint64(len(f.judged) + 1), A: a, B: b, Verdict: v, Reason: reason, By: "PC 2214 Okafor", At: noon}
	f.judged = append(f.judged, j)
	return j, nil
}

func (f *smallForce) UndoJudgement(_ context.Context, id uint64, _ string) (match.Judgement, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j := match.Judgement{ID: uint64(len(f.judged) + 1), Undoes: id, By: "PC 2214 Okafor", At: noon}
	f.judged = append(f.judged, j)
	return j, nil
}

func (f *smallForce) Judgements() ([]desk.JudgementView, error) { return nil, nil }
func (f *smallForce) Results() []desk.EntityView                { return nil }
func (f *smallForce) JudgeReasons(pole.Class) []desk.JudgeReason {
	return []desk.JudgeReason{{Verdict: match.Same, Label: "Same photograph or fingerprints"}, {Verdict: match.Same, Label: "Confirmed by the person"},
		{Verdict: match.NotSame, Label: "Relatives: twins, parent and child, or siblings"}, {Verdict: match.Unsure, Label: "One record says too little"}}
}

func (f *smallForce) decisions() []match.Judgement {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.judged)
}

// openPair goes side by side from the search, by keys.
func openPair(r *rig) {
	r.t.Helper()
	close(r.force.release)
	r.find("miller aaron 2011")
	r.sees("Asked 9 · answered 8")
	r.press(fyne.KeyDown)
	r.sees("Day and month swapped; spelling")
	r.shot("pair-0-search")
	r.chord(alt_, fyne.KeyM)
	r.sees("Are these the same?", "They differ in", "They agree in")
}

func TestTwoSideBySideAreDecidedByKeyboardAlone(t *testing.T) {
	r := newRig(t, darkBig, nil)
	openPair(r)
	// The difference is marked by a sign and told, the values compared stand beside the weight, and danger is pinned.
	r.sees("≈", "day and month swapped", "11/03/2011 | 03/11/2011", "Any two that turn up together", "All together", "to 1", "SH Self-harm")
	r.press(fyne.KeyS)
	r.sees("become one, in every search and case", "Usual:")
	r.until("the reason has the keyboard", func() bool { return r.win.Canvas().Focused() != nil })
	r.press(fyne.KeyReturn)
	r.sees("Say in a few words why.")
	if len(r.force.decisions()) != 0 {
		t.Fatal("decided without a reason")
	}
	r.press(fyne.KeyDown)
	r.press(fyne.KeyDown)
	r.press(fyne.KeyReturn)
	r.sees("Joined. Ctrl+Z takes it back.", "Joined now. Are they the same?", "Decided by people", "Joined by PC 2214 Okafor", "Confirmed by the person")
	if l := r.force.decisions(); len(l) != 1 || l[0].Verdict != match.Same || l[0].Reason != "Confirmed by the person" || l[0].A.System != "stops" {
		t.Fatalf("%+v", l)
	}
	r.chord(ctrl, fyne.KeyZ)
	r.sees("Taken back. Everything stands as before.", "Are these the same?")
	r.notSees("Decided by people")
	r.press(fyne.KeyN)
	r.sees("no rule joins them any more")
	r.typed("Twins, seen together")
	r.press(fyne.KeyReturn)
	r.sees("Kept apart by PC 2214 Okafor", "Twins, seen together")
	// Deciding against what stands says what it overrides; Esc puts the decision down, and then leads back.
	r.press(fyne.KeyS)
	r.sees("This overrides judgement 3 of PC 2214 Okafor")
	r.press(fyne.KeyEscape)
	r.notSees("This overrides")
	r.press(fyne.KeyEscape)
	r.until("the search is back", func() bool { return r.shell.At() == place.Search })
}

func TestTwoSideBySideAreDecidedByMouse(t *testing.T) {
	r := newRig(t, lightBig, nil)
	close(r.force.release)
	r.find("miller aaron 2011")
	r.sees("Asked 9 · answered 8")
	r.press(fyne.KeyDown)
	r.sees("Day and month swapped; spelling")
	r.click("Side by side")
	r.sees("Are these the same?")
	r.click("Not sure")
	r.click("One record says too little")
	r.click("Keep as not sure")
	r.sees("Not sure: PC 2214 Okafor")
	r.click("Undo")
	r.notSees("Not sure: PC 2214 Okafor")
}

func TestARefusedDecisionKeepsWhatWasTyped(t *testing.T) {
	r := newRig(t, darkBig, nil)
	openPair(r)
	r.press(fyne.KeyU)
	r.sees("stay shown as possibly the same")
	r.typed("Waiting for his mother")
	r.force.mu.Lock()
	r.force.refuse = fmt.Errorf("Nothing was decided, because the log of accesses cannot be written. Tell IT.")
	r.force.mu.Unlock()
	r.press(fyne.KeyReturn)
	r.sees("Nothing was decided, because the log of accesses cannot be written.", "Waiting for his mother")
}

func TestACaseIsTakenApartFromItsJoin(t *testing.T) {
	r := newRig(t, darkBig, func(f *smallForce) {
		f.judged = []match.Judgement{{ID: 1, A: f.aaron()[0].Ref, B: f.aron().Ref, Verdict: match.Same, Reason: "one photograph", By: "PS 12 Ward", At: noon}}
		f.shape = func(c *caseview.Case) {
			g := f.grouper()
			e, _ := g.Entity(f.aron().Ref.String())
			c.Why, c.Judged = e.Why, e.Judged
			c.Contradicts = []match.Judgement{{ID: 9, A: f.aaron()[0].Ref, B: f.aron().Ref, Verdict: match.NotSame, Reason: "other build", By: "PC 9 Hale", At: noon}}
			c.Possible = []match.Possible{{Entity: "x", Say: "Same name; no date of birth to compare", A: f.aaron()[0].Ref, B: f.aron().Ref}}
		}
	})
	r.shell.Go(place.Cases, "aaron")
	r.sees("Joined against a decision. PC 9 Hale judged", "other build", "POSSIBLY THE SAME · Same name; no date of birth to compare",
		"Decided by people", "Joined by PS 12 Ward", "one photograph", "joined by PS 12 Ward", "Take apart…")
	r.shot("pair-4-case")
	r.chord(alt_, fyne.KeyJ)
	r.sees("Joined now. Are they the same?", "would stay with the left")
	r.press(fyne.KeyN)
	r.sees("They are taken apart", "This overrides judgement 1 of PS 12 Ward")
	r.press(fyne.KeyEscape)
	r.press(fyne.KeyEscape)
	r.until("the case is back", func() bool { return r.shell.At() == place.Cases })
	r.chord(alt_, fyne.KeyM)
	r.until("side by side", func() bool { return r.shell.At() == place.Pair })
	if !strings.Contains(r.words(), "Okafor") && len(r.force.decisions()) != 1 {
		t.Error("something was decided by looking")
	}
}

// click presses the button with these words, by mouse.
func (r *rig) click(words string) {
	r.t.Helper()
	var found *widgets.Button
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if o == nil || !o.Visible() || found != nil {
			return
		}
		switch x := o.(type) {
		case *widgets.Button:
			if x.Text == words {
				found = x
			}
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(x).Objects() {
				walk(c)
			}
		}
	}
	r.until("a button ‘"+words+"’", func() bool { walk(r.win.Canvas().Content()); return found != nil })
	test.Tap(found)
	r.settle()
}

// TestSideBySideDraws draws both states in each look. With MUSTER_SHOTS set the pictures are left there to be looked at.
func TestSideBySideDraws(t *testing.T) {
	drawsOnly(t)
	for name, l := range map[string]look{"dark": darkBig, "light": lightBig, "small": small,
		"narrow": {theme.Light, theme.Compact, fyne.NewSize(1000, 700)}, "contrast": {theme.HighContrastDark, theme.Touch, fyne.NewSize(1600, 1000)}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, l, nil)
			openPair(r)
			r.shot(name + "-pair-1")
			r.press(fyne.KeyS)
			r.press(fyne.KeyDown)
			r.shot(name + "-pair-2-reason")
			r.press(fyne.KeyReturn)
			r.sees("Joined now.")
			r.shot(name + "-pair-3-joined")
		})
	}
}
