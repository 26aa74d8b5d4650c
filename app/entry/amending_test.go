package entry

import (
	"errors"
	"strings"
	"testing"

	"muster/plugins"
)

// What was delivered is corrected where the system lets it be; an answer that is lost is asked for by correcting again, and a correction
// that is refused or taken back leaves what was delivered as it was.
func TestWhatWasDeliveredIsCorrectedWhereTheSystemLetsIt(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	d.targets[0].Spec.Amends = true
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	first := d.state(item.ID, "rms").Receipt.Reference

	draft := must(d.AmendDelivered(item.ID, "cad"))
	if _, err := d.Add(draft, incident, d.targets); !errors.Is(err, ErrNoAmend) {
		t.Errorf("corrected where that cannot be: %v", err)
	}
	draft = must(d.AmendDelivered(item.ID, "rms"))
	draft.Values["description"] = "It was the other shop."
	d.servers["rms"].queue(dropAfter, fail, limit)
	must(d.Add(draft, incident, d.targets))
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	got := d.state(item.ID, "rms")
	if got.Receipt.Reference != first || got.Revision != 1 || got.Amending != nil {
		t.Errorf("%+v", got)
	}
	s := d.servers["rms"]
	if n := s.count(KeyOf(item.ID, "rms", 0)); n != 1 {
		t.Errorf("it was entered %d times", n)
	}
	if e := s.entry(plugins.Key("amended " + first)); len(e.Facts) == 0 || !strings.Contains(e.Facts[len(e.Facts)-1].Value.Source+e.Facts[0].Value.Source+e.Facts[1].Value.Source, "other shop") {
		t.Errorf("the system has %+v", e.Facts)
	}

	// A correction that the system refuses, and that the officer then takes back.
	draft = must(d.AmendDelivered(item.ID, "rms"))
	s.queue(invalid)
	must(d.Add(draft, incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Refused })
	if err := d.Withdraw(item.ID, "rms", "it was right at first"); err != nil {
		t.Fatal(err)
	}
	if got := d.state(item.ID, "rms"); got.State != Delivered || got.Receipt.Reference != first || got.Withdrawn != "" {
		t.Errorf("%+v", got)
	}
}

// What waits for another system's reference says so, and what will never get it is a person's to decide.
func TestWaitingForAReferenceIsSaid(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	d.targets[1].Spec.Accepts = append(d.targets[1].Spec.Accepts, plugins.FieldSpec{Path: "refs.rms", Required: true})
	d.servers["rms"].queue(invalid)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Refused })
	if got := d.state(item.ID, "cad"); got.State != Waiting || !strings.Contains(got.Say, "waiting for the reference of Rms") {
		t.Errorf("%+v", got)
	}
	if err := d.Withdraw(item.ID, "rms", "entered on paper"); err != nil {
		t.Fatal(err)
	}
	if got := d.state(item.ID, "cad"); !got.NeedsPerson() || !strings.Contains(got.Say, "withdrawn") {
		t.Errorf("%+v", got)
	}
	if err := d.Withdraw(item.ID, "cad", "entered on paper"); err != nil {
		t.Fatal(err)
	}
}
