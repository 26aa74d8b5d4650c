package screens

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
	"muster/ui/place"
)

func (f *smallForce) with(id string, g func(k *desk.KeptCase)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.kept, func(k desk.KeptCase) bool { return k.ID == id })
	if i < 0 {
		return desk.ErrNotKept
	}
	g(&f.kept[i])
	return nil
}

func (f *smallForce) NameCase(_ context.Context, id, name string) error {
	return f.with(id, func(k *desk.KeptCase) { k.Name = name })
}

func (f *smallForce) AddToCase(_ context.Context, id string, c caseview.Case) error {
	return f.with(id, func(k *desk.KeptCase) {
		if len(k.Entities) == 0 {
			k.Entities = []desk.KeptEntity{{ID: k.ID, Title: k.Title, Detail: k.Detail, Read: noon}}
		}
		k.Entities = append(k.Entities, desk.KeptEntity{ID: c.ID, Title: c.Title, Detail: c.Detail, Read: noon})
	})
}

func (f *smallForce) RemoveFromCase(_ context.Context, id, entity string) error {
	return f.with(id, func(k *desk.KeptCase) {
		k.Entities = slices.DeleteFunc(k.Entities, func(e desk.KeptEntity) bool { return e.ID == entity })
	})
}

func (f *smallForce) NoteCase(_ context.Context, id, text string) (n desk.CaseNote, err error) {
	err = f.with(id, func(k *desk.KeptCase) {
		k.Notes++
		n = desk.CaseNote{Case: id, Number: k.Notes, By: "PC 2214 Okafor", At: noon, Text: text}
		f.notes = append(f.notes, n)
	})
	return n, err
}

func (f *smallForce) CaseNotes(_ context.Context, id string) ([]desk.CaseNote, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.notes), func(n desk.CaseNote) bool { return n.Case != id }), nil
}

func (f *smallForce) OpenCopy(context.Context, string) (caseview.Case, error) {
	c := f.aaronCase()
	c.Copy = noon.Add(-3 * time.Hour)
	return c, nil
}

func (f *smallForce) Disclose(_ context.Context, in desk.Disclosure) (desk.Disclosed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.disclosed = append(f.disclosed, in)
	return desk.Disclosed{Path: "/home/okafor/Downloads/disclosure-2026-11-24-3f0c2b6e.pdf", Audit: 4711}, nil
}

func (f *smallForce) AboveRecipient(kind string, _ ...caseview.Case) string {
	if kind == "council" {
		return "It is marked OFFICIAL-SENSITIVE; Local authority may be given up to OFFICIAL."
	}
	return ""
}

func (f *smallForce) Basis() string { return "Data Protection Act 2018, section 35(2)(b)" }

const (
	ctrlMod  = fyne.KeyModifierControl
	shiftMod = fyne.KeyModifierShift
)

// openCase opens the boy's case from a search, by keys.
func (r *rig) openCase() {
	r.t.Helper()
	r.find("miller aaron")
	r.sees("MILLER, Aaron James")
	r.press(fyne.KeyHome, fyne.KeyReturn)
	r.sees("Disagreements")
}

// A case is kept, noted on, named and added to, and found again in the list, with keys alone.
func TestKeepingACaseByKeys(t *testing.T) {
	r := newRig(t, lightBig, nil)
	r.openCase()
	r.chord(ctrlMod, fyne.KeyN)
	r.sees("New note", "No notes yet", "This case is not kept")
	r.typed("Mother rang at 09:10. His phone is switched off.")
	r.chord(ctrlMod, fyne.KeyReturn)
	r.sees("Mother rang at 09:10.", "PC 2214 Okafor", "Notes 1")
	r.shot("case-notes")
	r.press(fyne.KeyEscape)
	r.press(fyne.KeyF2)
	r.sees("Name of the case")
	r.typed("Operation Alder")
	r.press(fyne.KeyReturn)
	r.sees("Operation Alder")
	r.chord(ctrlMod|shiftMod, fyne.KeyD)
	r.sees("Which case does", "Operation Larch")
	r.shot("case-addto")
	for i, k := range r.force.KeptCases() {
		if k.ID == "larch" {
			for range i {
				r.press(fyne.KeyDown)
			}
		}
	}
	r.press(fyne.KeyReturn)
	r.until("taken in", func() bool {
		return slices.ContainsFunc(r.force.KeptCases(), func(k desk.KeptCase) bool { return len(k.Entities) == 2 })
	})
	r.chord(ctrlMod, fyne.KeyL)
	r.sees("Operation Alder", "1 note", "Operation Larch")
	r.shot("case-list")
}

// The copy opens without any system, and says so.
func TestCopyOfAKeptCase(t *testing.T) {
	r := newRig(t, lightBig, func(f *smallForce) {
		f.kept = []desk.KeptCase{{ID: "aaron", Title: "MILLER, Aaron James", Name: "Operation Alder", Opened: noon.Add(-3 * time.Hour), Entities: []desk.KeptEntity{{ID: "aaron", Title: "MILLER, Aaron James", Read: noon.Add(-3 * time.Hour)}}}}
	})
	r.goTo(place.Cases)
	r.sees("Operation Alder", "3 h old", "Open the copy")
	r.press(fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeyReturn) // the search, the case, its copy
	r.sees("COPY kept at 11:06, 3 h old. No system was asked.")
	r.shot("case-copy")
	if len(r.force.opened) != 0 {
		t.Errorf("the systems were asked for %v", r.force.opened)
	}
}

// A case is disclosed by keys; what is lacking is said, what is marked too high is asked about, and one Enter writes one file.
func TestDisclosingByKeys(t *testing.T) {
	r := newRig(t, lightBig, nil)
	r.openCase()
	r.chord(ctrlMod, fyne.KeyP)
	r.sees("Export as a disclosure", "Data Protection Act 2018")
	r.press(fyne.KeyTab, fyne.KeyTab)
	r.press(fyne.KeyReturn) // in the name of the recipient
	r.sees("Say what the recipient is", "Say who it is for", "Say why it is disclosed")
	r.typed("Leeds City Council")
	r.press(fyne.KeyTab)
	r.typed("Child protection conference")
	r.chord(shiftMod, fyne.KeyTab)
	r.chord(shiftMod, fyne.KeyTab)
	r.press(fyne.KeyDown)
	r.typed("local")
	r.press(fyne.KeyReturn)
	r.sees("Above what the recipient may be given", "may be given up to OFFICIAL")
	r.shot("case-export-warning")
	r.press(fyne.KeyTab, fyne.KeyTab, fyne.KeyReturn)
	r.sees("Read the warning and tick the box")
	if len(r.force.disclosed) != 0 {
		t.Fatal("disclosed without the warning accepted")
	}
	r.chord(shiftMod, fyne.KeyTab)
	r.typed(" ")
	r.press(fyne.KeyTab, fyne.KeyReturn)
	r.sees("Written to", "Audit record 4711")
	r.shot("case-export-done")
	in := r.force.disclosed
	if len(in) != 1 || in[0].Recipient != "Leeds City Council" || in[0].Kind != "council" || !in[0].Above || in[0].Reason != "Child protection conference" || in[0].Format != "pdf" {
		t.Errorf("%+v", in)
	}
	r.press(fyne.KeyEscape)
	r.notSees("Export as a disclosure")
}

// 'Who says this?' works for every value, from a case and from the preview of a search.
func TestWhoSaysEverything(t *testing.T) {
	r := newRig(t, lightBig, nil)
	r.find("miller aaron")
	r.sees("MILLER, Aaron James")
	r.press(fyne.KeyHome, fyne.KeyW)
	r.sees("Who says this")
	r.press(fyne.KeyEscape)
	r.press(fyne.KeyReturn)
	r.sees("Disagreements")
	c := r.force.aaronCase()
	r.press(fyne.KeyW, fyne.KeyHome)
	r.sees("Title", c.Title)
	r.shot("case-who-title")
	r.press(fyne.KeyDown)
	r.sees("Warning signal", c.Warnings[0].Label, "as it was said")
	r.press(fyne.KeyEnd)
	m := c.Timeline[len(c.Timeline)-1]
	r.sees(m.Title)
	r.shot("case-who-event")
	r.press(fyne.KeyEscape)
	r.chord(fyne.KeyModifierAlt, fyne.Key3)
	r.press(fyne.KeyW)
	r.sees("Who says this")
}

// largeCase is a case of n records of 12 systems.
func (f *smallForce) largeCase(n int) caseview.Case {
	var rs []pole.Record
	for i := range n {
		r := f.record(f.systems[i%len(f.systems)].ID, fmt.Sprint(i), "person", "surname", []string{"Miller", "MILLER", "Millar"}[i%3], "givenName", "Aaron", "dateOfBirth", []string{"03/11/2011", "11/03/2011"}[i%2],
			"telephone", fmt.Sprintf("07700 %06d", 900000+i), "postcode", "LS8 2QX", "warning", "SH")
		r.Raw = nil
		rs = append(rs, r)
	}
	return caseview.Build(f.dict, caseview.Input{Entity: match.Entity{ID: rs[0].String(), Kind: "person", Records: rs}})
}

// play drains until ok, and gives the time that the UI goroutine was kept.
func (r *rig) play(ok func() bool) (busy time.Duration) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && !ok(); time.Sleep(100 * time.Microsecond) {
		t0 := time.Now()
		if r.drain() {
			busy += time.Since(t0)
		}
	}
	return busy
}

func benchCase(b *testing.B, f func(b *testing.B, r *rig)) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, lightBig, nil)
			c := r.force.largeCase(n)
			r.force.large = &c
			r.goTo(place.Cases)
			f(b, r)
		})
	}
}

// BenchmarkCaseFirstPaint is from a case that was read to its first picture: what the screen takes to be built, and what drawing it
// takes in the software renderer.
func BenchmarkCaseFirstPaint(b *testing.B) {
	benchCase(b, func(b *testing.B, r *rig) {
		var built, drawn time.Duration
		n := 0
		for b.Loop() {
			r.chord(ctrlMod, fyne.KeyL)
			r.shell.Go(place.Cases, "x")
			built += r.play(func() bool { return strings.Contains(r.words(), "Disagreements") })
			t0 := time.Now()
			r.win.Canvas().Capture()
			drawn += time.Since(t0)
			n++
		}
		b.ReportMetric(float64(built.Microseconds())/1000/float64(n), "ms-screen")
		b.ReportMetric(float64(drawn.Microseconds())/1000/float64(n), "ms-software-draw")
	})
}

// BenchmarkCaseScroll is one frame while the records of a case are scrolled through, page by page.
func BenchmarkCaseScroll(b *testing.B) {
	benchCase(b, func(b *testing.B, r *rig) {
		r.shell.Go(place.Cases, "x")
		r.settle()
		r.chord(fyne.KeyModifierAlt, fyne.Key4)
		r.press(fyne.KeyTab)
		var moved, drawn time.Duration
		n := 0
		for b.Loop() {
			t0 := time.Now()
			r.shell.Press(fyne.KeyPageDown, 0)
			r.drain()
			moved += time.Since(t0)
			t0 = time.Now()
			r.win.Canvas().Capture()
			drawn += time.Since(t0)
			if n++; n%50 == 0 {
				r.shell.Press(fyne.KeyHome, 0)
			}
		}
		b.ReportMetric(float64(moved.Microseconds())/1000/float64(n), "ms-move")
		b.ReportMetric(float64(drawn.Microseconds())/1000/float64(n), "ms-software-draw")
	})
}
