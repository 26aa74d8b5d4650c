package entry

import (
	"context"
	"errors"
	"slices"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

// An entry that was filled from stored copies is held against them before anything of it leaves; what differs waits for a person, who
// chooses field by field.
func TestWhatChangedSinceIsLookedAtBeforeItIsSent(t *testing.T) {
	from := pole.Ref{System: "rms", Type: "person", ID: "1"}
	for _, c := range []struct {
		name string
		take []string
		want string
	}{{"as written", nil, "MILLER"}, {"as the record says now", []string{"person.surname"}, "MILLAR"}} {
		d := newDesk(t, "rms", "cad")
		reachable, asked := false, 0
		d.changed = func(_ context.Context, i Item, dr Draft) ([]Difference, error) {
			asked++
			if !reachable {
				return nil, plugins.Errorf(plugins.Unavailable, "not there")
			}
			return []Difference{{Path: "person.surname", Label: "Surname", Ref: from, Wrote: dr.Values["person.surname"], Now: "MILLAR"}}, nil
		}
		dr := filled()
		dr.Values["person.surname"], dr.Recheck = "MILLER", true
		dr.From = map[string]pole.Ref{"person.surname": from}
		item, err := d.Add(dr, incident, d.targets)
		if err != nil {
			t.Fatal(err)
		}
		d.run(t, func() bool { return d.state(item.ID, "rms").Attempts > 0 })
		if got := d.state(item.ID, "rms"); got.State != Waiting {
			t.Fatalf("%s: while the source does not answer it is %s: %s", c.name, got.State, got.Say)
		}
		reachable = true
		d.run(t, func() bool { return d.state(item.ID, "rms").State == Look && d.state(item.ID, "cad").State == Look })
		if d.servers["rms"].did()+d.servers["cad"].did() > 0 {
			t.Fatal("it was sent before anybody looked")
		}
		now, _ := d.Item(item.ID)
		if len(now.Differences) != 1 || now.Differences[0].Wrote != "MILLER" || !now.Deliveries[0].NeedsPerson() {
			t.Fatalf("%+v", now)
		}
		if err := d.Retry(item.ID, "rms"); !errors.Is(err, ErrLook) {
			t.Errorf("%s: sent again without a choice: %v", c.name, err)
		}
		d.store.Close()
		d.open(t) // the question survives the end of the program
		before := asked
		if _, err := d.Choose(item.ID, c.take, incident, d.targets); err != nil {
			t.Fatal(err)
		}
		d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
		if asked != before {
			t.Errorf("%s: asked again after the choice", c.name)
		}
		for n, s := range d.servers {
			e := s.entry(KeyOf(item.ID, n, 0))
			if s.count(KeyOf(item.ID, n, 0)) != 1 || !slices.ContainsFunc(e.Parts, func(p plugins.Part) bool {
				return slices.ContainsFunc(p.Facts, func(f pole.Fact) bool { return f.Property == "surname" && f.Value.Source == c.want })
			}) {
				t.Errorf("%s: %s has %+v", c.name, n, e)
			}
		}
	}
}

func TestAnEntryWhoseRecordsSayTheSameGoesByItself(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	asked := 0
	d.changed = func(context.Context, Item, Draft) ([]Difference, error) { asked++; return nil, nil }
	dr := filled()
	dr.Values["person.surname"], dr.Recheck = "MILLER", true
	item, err := d.Add(dr, incident, d.targets)
	if err != nil {
		t.Fatal(err)
	}
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	if asked != 1 {
		t.Errorf("the records were looked at %d times", asked)
	}
	if _, err := d.Choose(item.ID, nil, incident, d.targets); !errors.Is(err, ErrSettled) {
		t.Errorf("chosen after the fact: %v", err)
	}
}
