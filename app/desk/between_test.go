package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
)

func TestWhatHappenedWhileNobodyListenedIsInTheQueue(t *testing.T) {
	d := signedIn(t)
	waitUntil(t, "open incidents", func() bool { return len(d.Live()) > 0 })
	if err := d.demo.SetFault("cad", demoforce.Fault{Kind: demoforce.FaultDown}); err != nil {
		t.Fatal(err)
	}
	id := d.demo.Live("P1", "110")
	if id == "" {
		t.Fatal("the force made no incident")
	}
	if err := d.demo.SetFault("cad", demoforce.Fault{}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the incident that was made while the system was down", func() bool {
		return slices.ContainsFunc(d.Live(), func(it LiveItem) bool { return it.Ref.ID == id || it.Reference == id })
	})
}

func TestTheQueueForgetsWhatEndedUnheard(t *testing.T) {
	then := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	ref := func(id string) pole.Ref { return pole.Ref{System: "cad", Type: "incident", ID: id} }
	q := &liveQueue{items: map[string]LiveItem{}, heard: map[string]time.Time{}, on: map[string]bool{}}
	put := func(r pole.Ref, at time.Time) {
		q.items[r.String()] = LiveItem{Ref: r, System: r.System}
		q.heard[r.String()] = at
	}
	put(ref("ended"), then.Add(-time.Minute))
	put(ref("open"), then.Add(-time.Minute))
	put(ref("new"), then.Add(time.Second))
	put(pole.Ref{System: "cad", Type: "other", ID: "1"}, then.Add(-time.Minute))
	put(pole.Ref{System: "second", Type: "incident", ID: "1"}, then.Add(-time.Minute))
	live := map[string]bool{ref("open").String(): true}
	if !q.keepOnly("cad", "incident", then, live) || len(q.items) != 4 {
		t.Errorf("left are %v", q.items)
	}
	if _, still := q.items[ref("ended").String()]; still {
		t.Error("what ended while nobody listened is still shown as open")
	}
	if q.keepOnly("cad", "incident", then, live) {
		t.Error("nothing changed, and it says that something did")
	}
}

func TestOneOfficersDoingIsNeverInAnothersLog(t *testing.T) {
	d := signedIn(t)
	s, err := d.behind()
	if err != nil {
		t.Fatal(err)
	}
	r := d.record(d.access(string(audit.Consultation), plugins.Purpose{Code: "training"}))
	r.Officer = "somebody else"
	if _, err := d.append(t.Context(), s, r); plugins.KindOf(err) != plugins.Auth || !errors.Is(err, ErrSignedOut) {
		t.Errorf("got %v", err)
	}
	if list, err := s.audit.Records(0, 0, func(x audit.Record) bool { return x.Officer == r.Officer }); err != nil || len(list) > 0 {
		t.Errorf("the log holds %+v: %v", list, err)
	}
	if !d.Status().AuditOK {
		t.Error("a record that was refused is taken for a log that cannot be written")
	}
	// A session of another officer is not given out, although somebody is signed in.
	show := func(s *session) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.session = s
	}
	show(&session{key: "somebody else"})
	defer show(s)
	if _, err := d.current(); !errors.Is(err, ErrSignedOut) || d.State() != signin.SignedIn {
		t.Errorf("got %v", err)
	}
}

func TestARemovedSystemIsLeftAloneAndTheOthersStayAsTheyWere(t *testing.T) {
	d := signedIn(t)
	waitUntil(t, "open incidents", func() bool { return len(d.Live()) > 0 })
	m, err := d.manager()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Forget(t.Context(), "custody"); err != nil {
		t.Fatal(err)
	}
	d.askKeyring(t.Context())
	if err := d.RemoveSystem(t.Context(), "cad"); err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Systems() {
		if s.ID == "cad" || s.ID == "custody" != (len(s.Needs) > 0) {
			t.Errorf("after the removal: %+v", s)
		}
	}
	if r := find(t, d, "miller aaron"); len(r.answers) < 4 || r.answers["rms"].State != search.Answered {
		t.Errorf("the others answered %+v", r.answers)
	}
	if live := d.Live(); len(live) > 0 {
		t.Errorf("the queue still shows incidents of a system that was removed: %+v", live[0])
	}
	if d.demo.Live("P1", "110") == "" {
		t.Fatal("the force made no incident")
	}
	d.starting.Lock()
	d.endSession() // every subscription has ended, or this would wait for ever
	d.starting.Unlock()
}

func TestGapsOfOneSystemAreAllSaid(t *testing.T) {
	b := &caseBuilder{gaps: map[string]*caseview.Gap{}}
	ref := func(id string) pole.Ref { return pole.Ref{System: "cad", Type: "incident", ID: id} }
	b.gap("cad", "It is down.", ref("1"))
	b.gap("cad", "It is down.", ref("2"))
	b.gap("cad", "More is linked.", ref("3"))
	if g := b.gapList(); len(g) != 1 || g[0].Say != "It is down. More is linked." || len(g[0].Refs) != 3 {
		t.Errorf("%+v", g)
	}
}

func TestARecordThatIsGoneIsNotShownAsIfItWereThere(t *testing.T) {
	d := signedIn(t)
	s, err := d.behind()
	if err != nil {
		t.Fatal(err)
	}
	v := miller(t, find(t, d, "miller aaron 2011"))
	known := v.Entity.Records[slices.IndexFunc(v.Entity.Records, func(r pole.Record) bool { return r.System == "rms" })]
	gone := known
	gone.ID = "NOM9999999"
	b := &caseBuilder{d: d, s: s, old: map[string]bool{}, gaps: map[string]*caseview.Gap{}}
	a := d.access(string(audit.Consultation), plugins.Purpose{Code: "training"})
	ctx, _, err := d.account(t.Context(), a, d.record(a))
	if err != nil {
		t.Fatal(err)
	}
	got := b.fetch(ctx, []pole.Ref{known.Ref, gone.Ref}, []pole.Record{known, gone})
	if g := b.gapList(); len(got) != 2 || len(g) != 1 || !slices.Equal(g[0].Refs, []pole.Ref{gone.Ref}) || !strings.Contains(g[0].Say, "any more") {
		t.Errorf("%d records, gaps %+v", len(got), g)
	}
}
