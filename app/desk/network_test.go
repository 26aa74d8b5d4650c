package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/app/audit"
	"muster/app/entry"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
)

// A kept case is read again once its copy is old: each reading is accounted for, what changed is counted, and where no system answers
// nothing is asked and nothing is taken for read.
func TestKeptCasesAreBroughtUpToDateInTheBackground(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	if err := d.KeepCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	sess, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	readings := func() (n int) {
		rs, err := sess.audit.Records(0, 0, func(r audit.Record) bool {
			return r.Purpose.Code == keptPurpose.Code && r.Operation == audit.Consultation
		})
		if err != nil {
			t.Fatal(err)
		}
		return len(rs)
	}
	old := func() time.Time { return d.KeptCases()[0].Entities[0].Read }
	d.renewKept(sess, time.Millisecond)
	if readings() != 0 {
		t.Error("a copy that is fresh was read again")
	}
	// The copy is two hours old, and one thing in it is not as the system has it now.
	then := d.now().Add(-2 * time.Hour)
	all, err := d.keptAll(sess)
	if err != nil {
		t.Fatal(err)
	}
	all[0].Entities[0].Read = then
	if err := d.put(sess, all[0]); err != nil {
		t.Fatal(err)
	}
	k, _, err := sess.copies.Get(c.ID)
	if err != nil {
		t.Fatal(err)
	}
	changed := slices.IndexFunc(k.Entity.Records, func(r pole.Record) bool { return r.System == "rms" && len(r.Facts) > 1 })
	k.Entity.Records[changed].Facts = k.Entity.Records[changed].Facts[1:]
	k.At = then
	if err := sess.copies.Put(c.ID, k); err != nil {
		t.Fatal(err)
	}
	for _, x := range s.profile.Systems {
		s.fault(t, x.ID, demoforce.Fault{Kind: demoforce.FaultDown})
	}
	d.renewKept(sess, time.Millisecond)
	if readings() != 0 || !old().Equal(then) {
		t.Error("with no network something was read")
	}
	for _, x := range s.profile.Systems {
		s.fault(t, x.ID, demoforce.Fault{})
	}
	d.renewKept(sess, time.Millisecond)
	settled(t, d)
	if readings() != 1 || !old().After(then) || d.KeptCases()[0].Changes != 1 {
		t.Errorf("%d readings are accounted for, the copy is of %v, %d changes", readings(), old(), d.KeptCases()[0].Changes)
	}
	if copied, err := d.OpenCopy(t.Context(), c.ID); err != nil || !copied.Copy.After(then) {
		t.Errorf("the copy is of %v: %v", copied.Copy, err)
	}
	open(t, d, c.ID) // the officer looks: nothing is new any more
	settled(t, d)
	if n := d.KeptCases()[0].Changes; n != 0 {
		t.Errorf("%d changes after the officer looked", n)
	}
	d.Lock()
	d.renewKept(sess, time.Millisecond)
	if readings() != 1 {
		t.Error("behind the lock something was read")
	}
}

// What an entry took from a stored copy is held against the record before it is sent. Where the record says otherwise by now both stand
// side by side, nothing has left, and the officer chooses.
func TestAnEntryFromOldCopiesIsHeldAgainstTheRecordsBeforeItIsSent(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	sess, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	write := func() entry.Draft {
		dr, err := d.NewDraft(t.Context(), "incident", &c)
		if err != nil {
			t.Fatal(err)
		}
		dr.Values["incidentCategory"], dr.Values["priority"], dr.Values["description"] = "concern", "2", "Seen at the bus station."
		return dr
	}
	dr := write()
	if d.fromCopies(sess, dr) {
		t.Error("what was read just now counts as an old copy")
	}
	// The copies are a day old, and in that of the person the surname was another then.
	ref := dr.From["person.surname"]
	for _, r := range c.Records {
		r.Read = d.now().Add(-24 * time.Hour)
		r.Version = "old"
		if err := sess.store.PutRecords(d.now(), r); err != nil {
			t.Fatal(err)
		}
	}
	dr.Values["person.surname"] = "MULLER"
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	item := func(id string) entry.Item {
		for _, x := range d.Outbox() {
			if x.ID == id {
				return x
			}
		}
		return entry.Item{}
	}
	waitUntil(t, "the difference", func() bool { return len(item(it.ID).Differences) > 0 })
	got := item(it.ID)
	if len(got.Differences) != 1 || got.Differences[0].Path != "person.surname" || got.Differences[0].Ref != ref || got.Differences[0].Wrote != "MULLER" || !strings.EqualFold(got.Differences[0].Now, "MILLER") {
		t.Fatalf("%+v", got.Differences)
	}
	if n := len(s.force.Deliveries("")); n > 0 {
		t.Fatalf("%d systems have it before anybody looked", n)
	}
	if _, err := d.ChooseEntry(t.Context(), it.ID, []string{"person.givenName"}); err == nil {
		t.Error("something was chosen that does not differ")
	}
	if _, err := d.ChooseEntry(t.Context(), it.ID, []string{"person.surname"}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the delivery", func() bool { return item(it.ID).Done() })
	for _, x := range s.force.Deliveries("") {
		if strings.Contains(string(x.Body), "MULLER") {
			t.Errorf("%s has the old name", x.System)
		}
	}
}

// What records management has taken is corrected there, under its first reference; where a system does not let it be, that is said.
func TestWhatWasDeliveredIsCorrected(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	dr, err := d.NewDraft(t.Context(), "incident", nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, v := range map[string]string{"incidentCategory": "concern", "priority": "2", "description": "Seen at the bus station.", "location.thoroughfareName": "Alder Rise"} {
		dr.Values[path] = v
	}
	for _, x := range d.Review(dr).Targets {
		if x.System != "rms" && x.System != "cad" {
			dr.Off = append(dr.Off, x.System)
		}
	}
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	delivery := func(system string) entry.Delivery {
		dl, _ := deliveryOf(d, it.ID, system)
		return dl
	}
	waitUntil(t, "the delivery", func() bool {
		return delivery("rms").State == entry.Delivered && delivery("cad").State == entry.Delivered
	})
	first := delivery("rms").Receipt.Reference
	if !delivery("rms").Amendable || delivery("cad").Amendable {
		t.Error("it is not said which system lets it be corrected")
	}
	if _, err := d.EditDelivery(t.Context(), it.ID, "cad"); !errors.Is(err, entry.ErrNoAmend) {
		t.Errorf("corrected where that cannot be: %v", err)
	}
	fix, err := d.EditDelivery(t.Context(), it.ID, "rms")
	if err != nil {
		t.Fatal(err)
	}
	fix.Values["description"] = "Seen at the coach station."
	if _, err := d.Send(t.Context(), fix); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the correction", func() bool { dl := delivery("rms"); return dl.State == entry.Delivered && dl.Revision == 1 })
	all := s.force.Deliveries("rms")
	if last := all[len(all)-1]; len(all) != 2 || !last.Amends || last.Reference != first || !strings.Contains(string(last.Body), "coach station") || delivery("rms").Receipt.Reference != first {
		t.Errorf("%+v", all)
	}
}
