package vm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/desk"
	"muster/plugins/pole"
)

func (d *caseDesk) with(id string, f func(k *desk.KeptCase)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.kept, func(k desk.KeptCase) bool { return k.ID == id })
	if i < 0 {
		return desk.ErrNotKept
	}
	f(&d.kept[i])
	return nil
}

func (d *caseDesk) NameCase(_ context.Context, id, name string) error {
	return d.with(id, func(k *desk.KeptCase) { k.Name = name })
}

func (d *caseDesk) AddToCase(_ context.Context, id string, c caseview.Case) error {
	return d.with(id, func(k *desk.KeptCase) {
		if len(k.Entities) == 0 {
			k.Entities = []desk.KeptEntity{{ID: k.ID, Title: k.Title}}
		}
		k.Entities = append(k.Entities, desk.KeptEntity{ID: c.ID, Title: c.Title})
	})
}

func (d *caseDesk) RemoveFromCase(_ context.Context, id, entity string) error {
	return d.with(id, func(k *desk.KeptCase) {
		k.Entities = slices.DeleteFunc(k.Entities, func(e desk.KeptEntity) bool { return e.ID == entity })
	})
}

func (d *caseDesk) NoteCase(_ context.Context, id, text string) (n desk.CaseNote, err error) {
	err = d.with(id, func(k *desk.KeptCase) {
		k.Notes++
		n = desk.CaseNote{Case: id, Number: k.Notes, By: "PC 2214 Okafor", Text: text}
		d.notes = append(d.notes, n)
	})
	return n, err
}

func (d *caseDesk) CaseNotes(_ context.Context, id string) ([]desk.CaseNote, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.notes), func(n desk.CaseNote) bool { return n.Case != id }), nil
}

func (d *caseDesk) OpenCopy(ctx context.Context, id string) (caseview.Case, error) {
	d.mu.Lock()
	c := d.cases[id]
	d.mu.Unlock()
	c.Copy = time.Date(2026, 11, 24, 13, 5, 0, 0, time.Local)
	return c, nil
}

func (d *caseDesk) Disclose(_ context.Context, in desk.Disclosure) (desk.Disclosed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused != nil {
		return desk.Disclosed{}, d.refused
	}
	d.disclosed = append(d.disclosed, in)
	return desk.Disclosed{Path: "/home/okafor/Downloads/x.pdf", Audit: 47}, nil
}
func (d *caseDesk) MayExport(formats []disclose.Format) []disclose.Format {
	return slices.DeleteFunc(slices.Clone(formats), func(f disclose.Format) bool { return d.no[f] })
}

func (d *caseDesk) Recipients() []desk.RecipientDef {
	return []desk.RecipientDef{{Code: "court", Label: "Court"}, {Code: "subject", Label: "The person concerned"}}
}
func (d *caseDesk) AboveRecipient(kind string, _ ...caseview.Case) string {
	if kind == "subject" {
		return "It is marked OFFICIAL-SENSITIVE."
	}
	return ""
}
func (d *caseDesk) Basis() string { return "section 35" }

func TestCaseIsNotedNamedAndGrown(t *testing.T) {
	q := newQueue()
	d := &caseDesk{cases: map[string]caseview.Case{"x": {ID: "x", Title: "MILLER, Aaron"}, "y": {ID: "y", Title: "KHAN, Yusuf"}}}
	v := NewCase(testEnv(q, newClock()), d)
	v.Open("x")
	q.until(t, "open", func() bool { o, _ := v.Now(); return o != nil })
	v.AddNote("  ")
	v.AddNote("Mother rang at 09:10.") // keeps the case, as it is not kept yet
	q.until(t, "the note", func() bool { return len(v.Notes()) == 1 && v.Written() == 1 && v.IsKept() })
	if n := v.Notes()[0]; n.Text != "Mother rang at 09:10." || !strings.HasPrefix(n.Head, "PC 2214 Okafor") {
		t.Errorf("%+v", n)
	}
	if v.TabWords(TabNotes) != "Notes 1" {
		t.Error(v.TabWords(TabNotes))
	}
	v.Rename("Operation Alder")
	q.until(t, "the name", func() bool { f, ok := v.File(); return ok && f.Called() == "Operation Alder" })
	v.Open("y")
	q.until(t, "the other", func() bool { o, _ := v.Now(); return o != nil && o.ID == "y" })
	if v.IsKept() {
		t.Error("the other is kept before it is taken in")
	}
	v.AddTo("x")
	q.until(t, "both in it", func() bool { f, ok := v.File(); return ok && f.ID == "x" && len(f.Entities) == 2 })
	v.SetFilter("khan")
	if len(v.Fitting()) != 1 {
		t.Error("a case is not found by who is in it")
	}
	v.SetFilter("nobody of that name")
	if len(v.Fitting()) != 0 {
		t.Error("a case is found by what it has not")
	}
	v.OpenCopy("x", "y")
	q.until(t, "the copy", func() bool { return strings.Contains(v.CopyWords(), "No system was asked") })
	v.Remove("y")
	q.until(t, "one left", func() bool { return !v.IsKept() })
}

func TestExportAsksForWhatADisclosureNeeds(t *testing.T) {
	q := newQueue()
	d := &caseDesk{cases: map[string]caseview.Case{"x": {ID: "x", Title: "MILLER, Aaron"}, "y": {ID: "y", Title: "KHAN, Yusuf", Records: []pole.Record{rec("rms", "2")}}}}
	v := NewCase(testEnv(q, newClock()), d)
	if v.Export() != nil {
		t.Fatal("nothing is open, and can be exported")
	}
	v.Open("x")
	q.until(t, "open", func() bool { o, _ := v.Now(); return o != nil })
	v.ToggleKept()
	q.until(t, "kept", v.IsKept)
	if err := d.AddToCase(t.Context(), "x", d.cases["y"]); err != nil {
		t.Fatal(err)
	}
	v.Load()
	q.until(t, "two in it", func() bool { f, _ := v.File(); return len(f.Entities) == 2 })
	d.no = map[disclose.Format]bool{disclose.PDF: true}
	if x := v.Export(); x.Format != disclose.JSON || len(x.Formats()) != 2 {
		t.Errorf("a format that policy forbids is offered: %v", x.Formats())
	}
	d.no = nil
	x := v.Export()
	if !x.Several() || x.Basis != "section 35" || len(x.Shown()) != 0 {
		t.Errorf("%+v", x)
	}
	x.Go()
	if m := x.Shown(); len(m) != 3 || x.Running() {
		t.Errorf("%v", m)
	}
	x.Kind, x.Recipient, x.Reason = "subject", "Aaron Miller", "subject access"
	x.Go()
	if m := x.Shown(); m["above"] == "" || len(m) != 1 {
		t.Errorf("%v", m)
	}
	x.Above = true
	d.refused = errors.New("the disk is full")
	x.Go()
	q.until(t, "refused", func() bool { return x.Err() != "" })
	if x.Done() != nil {
		t.Error("done, and nothing was written")
	}
	d.refused = nil
	x.Go()
	q.until(t, "written", func() bool { return x.Done() != nil })
	if in := d.disclosed[0]; len(d.disclosed) != 1 || len(in.Cases) != 2 || in.Case != "x" || !in.Above || in.Recipient != "Aaron Miller" || in.Basis != "section 35" {
		t.Errorf("%+v", in)
	}
	x.Go() // a second Enter discloses nothing again
	q.drain()
	if len(d.disclosed) != 1 {
		t.Error("disclosed twice")
	}
}

// Every value of a case has somebody who says it.
func TestWhoItems(t *testing.T) {
	src := []caseview.Source{{Ref: pole.Ref{System: "rms", ID: "1"}, Value: pole.Value{Source: "Miller"}}}
	m := func(p pole.Property) caseview.Merged {
		return caseview.Merged{Property: p, Label: string(p), Values: []caseview.Alternative{{Display: "Miller", Sources: src}}}
	}
	c := &caseview.Case{ID: "x", Title: "MILLER", Naming: []pole.Property{"surname"}, Disagreements: []caseview.Merged{m("dateOfBirth")}, Agreed: []caseview.Merged{m("surname")},
		Warnings: []caseview.Warning{{Code: "SH", Label: "Self-harm", Sources: src}}, Linked: []caseview.Linked{{Title: "KHAN", Roles: []string{"associate"}, Sources: src}},
		Timeline: []caseview.Moment{{Title: "Robbery", Display: "02/06/2026", Sources: src}}}
	items := WhoItems(testEnv(newQueue(), newClock()), c)
	if len(items) != 6 {
		t.Fatalf("%d items", len(items))
	}
	seen := map[string]bool{}
	for _, x := range items {
		if seen[x.ID] || x.Text == "" || x.Group == "" || len(x.Values) == 0 || len(x.Values[0].Sources) == 0 {
			t.Errorf("%+v", x)
		}
		seen[x.ID] = true
	}
	if items := WhoItems(testEnv(newQueue(), newClock()), &caseview.Case{Title: "Person 1", Records: []pole.Record{rec("rms", "1")}}); len(items) != 1 || len(items[0].Values[0].Sources) != 1 {
		t.Errorf("a title that nothing was said for has no source: %+v", items)
	}
}
