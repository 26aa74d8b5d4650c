package desk

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"muster/plugins/demoforce"
	"muster/plugins/pole"
)

type said = map[pole.Property]string

// Who is being typed is found among the copies on this computer, with no system answering, explained and accounted for; what is
// read later is found without anything being made anew.
func TestCandidatesAreFoundAmongTheCopies(t *testing.T) {
	d := signedIn(t)
	ask := func(typed said) []Candidate {
		t.Helper()
		list, err := d.Candidates(t.Context(), "person", typed, 5)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	aaron := said{"givenName": "aar", "surname": "mill", "dateOfBirth": "3/11/2011"}
	if got := ask(aaron); len(got) != 0 {
		t.Errorf("found before anything was read: %+v", got)
	}
	e := miller(t, find(t, d, "miller aaron"))
	settled(t, d)
	for _, system := range e.Systems {
		fault(t, d, system, demoforce.Fault{Kind: demoforce.FaultDown})
	}
	got := ask(aaron)
	if len(got) == 0 || !strings.HasPrefix(got[0].Title, "MILLER, Aaron") || len(got[0].Systems) < 3 || len(got[0].Refs) < 3 || got[0].Read.IsZero() || got[0].Probability < 0.5 {
		t.Fatalf("%+v", got)
	}
	sum := got[0].Prior
	for _, x := range got[0].Evidence {
		sum += x.Bits
	}
	if p := 1 / (1 + math.Exp2(-sum)); math.Abs(p-got[0].Probability) > 0.02 || len(got[0].Evidence) < 2 {
		t.Errorf("evidence for %.3f, said is %.3f: %+v", p, got[0].Probability, got[0].Evidence)
	}
	if got := ask(said{"givenName": "Zebedee", "surname": "Quixote", "dateOfBirth": "3/11/2011"}); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	if got := ask(said{"surname": "mi"}); got != nil {
		t.Errorf("two letters found %+v", got)
	}
	log, err := d.Audit(0, 200)
	if err != nil {
		t.Fatal(err)
	}
	accounted := 0
	for _, r := range log {
		if r.Operation == "consultation" && r.Offline && r.System == "" && r.Terms["surname"] == "mill" && r.Purpose.Code == "missing" {
			if accounted++; accounted == 1 && !strings.Contains(r.Ref, got[0].Record.String()) {
				t.Errorf("who was shown is not in the log: %+v", r)
			}
		}
	}
	if accounted != 2 {
		t.Errorf("%d of two look-ups are in the log", accounted)
	}

	d.mu.Lock()
	d.purpose = nil
	d.mu.Unlock()
	if _, err := d.Candidates(t.Context(), "person", aaron, 5); !errors.Is(err, ErrNoPurpose) {
		t.Errorf("without a purpose: %v", err)
	}
	d.Lock()
	if _, err := d.Candidates(t.Context(), "person", aaron, 5); !errors.Is(err, ErrLocked) {
		t.Errorf("behind the lock: %v", err)
	}
}

// 'Use this person' fills what is empty from the records of the one who was chosen, finishes an unfinished name, leaves what
// was typed, and says whose records they are.
func TestUsingACandidateFillsWhatIsEmpty(t *testing.T) {
	d := signedIn(t)
	find(t, d, "miller aaron")
	settled(t, d)
	list, err := d.Candidates(t.Context(), "person", said{"givenName": "Aaron", "surname": "mill", "dateOfBirth": "2011"}, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	dr, err := d.NewDraft(t.Context(), "incident", nil)
	if err != nil {
		t.Fatal(err)
	}
	dr.Values["person.surname"], dr.Values["person.givenName"] = "mill", "Aron"
	got, err := d.UseCandidate(t.Context(), dr, "person", list[0].Refs)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.EqualFold(got.Values["person.surname"], "Miller") || got.Values["person.givenName"] != "Aron" || got.Values["person.dateOfBirth"] == "" {
		t.Errorf("%v", got.Values)
	}
	if got.From["person.surname"].System == "" || got.From["person.dateOfBirth"].System == "" || got.From["person.givenName"].System != "" ||
		!strings.EqualFold(got.Known["person.givenName"], "Aaron") || !slices.Equal(got.Existing["person"], list[0].Refs) {
		t.Errorf("%+v %+v %+v", got.From, got.Known, got.Existing)
	}
	if dr.Values["person.surname"] != "mill" || dr.Values["person.dateOfBirth"] != "" {
		t.Error("the draft that was given was changed")
	}
	if _, err := d.UseCandidate(t.Context(), dr, "person", []pole.Ref{{System: "rms", Type: "person", ID: "none"}}); !errors.Is(err, ErrNoCandidate) {
		t.Error(err)
	}
}

// What is hidden from the officer's role, or masked, does not come in by what is typed: nobody is found by it, nor shown with it.
func TestCandidatesPassTheScreening(t *testing.T) {
	d := signedIn(t)
	find(t, d, "miller aaron")
	settled(t, d)
	typed := said{"givenName": "Aaron", "surname": "Miller", "dateOfBirth": "3/11/2011"}
	before, err := d.Candidates(t.Context(), "person", typed, 1)
	if err != nil || len(before) != 1 {
		t.Fatal(before, err)
	}
	d.policy.HideProperties.Value = map[string][]string{"*": {"dateOfBirth"}}
	d.policy.HideSystems.Value = map[string][]string{"*": {before[0].Systems[0]}}
	s, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	d.roleChanged(s)
	after, err := d.Candidates(t.Context(), "person", typed, 1)
	if err != nil || len(after) != 1 {
		t.Fatal(after, err)
	}
	if slices.Contains(after[0].Systems, before[0].Systems[0]) || strings.Contains(after[0].Detail, "2011") || after[0].Probability >= before[0].Probability {
		t.Errorf("%+v", after[0])
	}
	for _, x := range after[0].Evidence {
		if x.Property == "dateOfBirth" {
			t.Errorf("%+v", x)
		}
	}
	d.policy.MaskFrom.Value = "OFFICIAL"
	d.roleChanged(s)
	if masked, err := d.Candidates(t.Context(), "person", typed, 5); err != nil || len(masked) != 0 {
		t.Errorf("masked records are found by what they say: %+v %v", masked, err)
	}
}
