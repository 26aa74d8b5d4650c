package entry

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
)

func TestOneEntryReachesEverySystemOnce(t *testing.T) {
	d := newDesk(t, "rms", "cad", "custody")
	draft, err := d.drafts.Put(filled())
	if err != nil {
		t.Fatal(err)
	}
	var told atomic.Int32
	defer d.Subscribe(func(string) { told.Add(1) })()
	item, err := d.Add(draft, incident, d.targets)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.Add(draft, incident, d.targets); err != nil || again.ID != item.ID || len(d.Items()) != 1 {
		t.Errorf("pressing send twice made another entry: %v", err)
	}
	if left, _ := d.drafts.List(); len(left) != 0 {
		t.Error("the draft is still there")
	}
	if _, err := d.drafts.Put(draft); !errors.Is(err, ErrGone) {
		t.Errorf("a late save brought the draft back: %v", err)
	}
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	for name, s := range d.servers {
		dl := d.state(item.ID, name)
		if s.count(dl.Key) != 1 || dl.Receipt == nil || !strings.HasPrefix(dl.Receipt.Reference, strings.ToUpper(name)) || !strings.Contains(dl.Say, dl.Receipt.Reference) {
			t.Errorf("%s: %d times, %+v", name, s.count(dl.Key), dl)
		}
		if len(dl.Key) > 40 {
			t.Errorf("key of %d characters is longer than systems take", len(dl.Key))
		}
	}
	if told.Load() < 7 {
		t.Errorf("told of %d changes only", told.Load())
	}
	if item.Title == incident.Name || item.Purpose.Case != "42/1" {
		t.Errorf("title %q, purpose %+v", item.Title, item.Purpose)
	}
	if n, err := d.Purge(time.Now().Add(time.Hour)); n != 1 || err != nil || len(d.Items()) != 0 {
		t.Errorf("purge: %d %v", n, err)
	}
}

func TestAnUnreadyDraftIsNotSentAndNotLost(t *testing.T) {
	d := newDesk(t, "rms")
	draft := filled()
	delete(draft.Values, "description")
	draft, _ = d.drafts.Put(draft)
	_, err := d.Add(draft, incident, d.targets)
	var not *NotReady
	if !errors.As(err, &not) || !errors.Is(err, ErrNotReady) || !strings.Contains(err.Error(), "Rms needs what happened") {
		t.Fatalf("got %v", err)
	}
	if left, _ := d.drafts.List(); len(left) != 1 || len(d.Items()) != 0 {
		t.Error("the draft went")
	}
}

func TestEachFaultEndsInOneDelivery(t *testing.T) {
	for _, f := range []fault{dropBefore, dropAfter, resetAfter, fail, failAfter, limit, unsigned} {
		t.Run(string(f), func(t *testing.T) {
			d := newDesk(t, "cad")
			d.servers["cad"].queue(f)
			item := must(d.Add(filled(), incident, d.targets))
			d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
			if n := d.servers["cad"].count(item.Deliveries[0].Key); n != 1 {
				t.Errorf("it is there %d times", n)
			}
		})
	}
}

func TestADoubtfulEntryIsAskedForBeforeItIsSentAgain(t *testing.T) {
	d := newDesk(t, "cad")
	// The answer is lost, then so is the answer to the question.
	d.servers["cad"].queue(dropAfter, fail, dropBefore)
	item := must(d.Add(filled(), incident, d.targets))
	var words []string
	d.Subscribe(func(id string) {
		if s := d.state(id, "cad").Say; len(words) == 0 || words[len(words)-1] != s {
			words = append(words, s)
		}
	})
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	s := d.servers["cad"]
	if s.count(item.Deliveries[0].Key) != 1 || s.did() < 4 {
		t.Errorf("%d times after %d calls", s.count(item.Deliveries[0].Key), s.did())
	}
	if all := strings.Join(words, "\n"); !strings.Contains(all, "Cad: sent, but whether it arrived is not known") || !strings.Contains(all, "not sent twice") {
		t.Errorf("words were:\n%s", all)
	}
}

func TestADeadSystemDelaysNobodyAndSaysWhenItTriesAgain(t *testing.T) {
	d := newDesk(t, "rms", "custody")
	d.servers["custody"].Close()
	d.cfg.Alert = 3
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Delivered && d.state(item.ID, "custody").Alert })
	c := d.state(item.ID, "custody")
	if c.State != Waiting || !c.NeedsPerson() || !strings.HasPrefix(c.Say, "Custody: waiting, system not answering. Next try "+c.Next.Local().Format("15:04")+". Nothing is lost.") {
		t.Errorf("%+v", c)
	}
	if i, _ := d.Item(item.ID); i.Done() {
		t.Error("half delivered is called done")
	}
}

func TestAHangingSystemDelaysNobody(t *testing.T) {
	d := newDesk(t, "rms", "custody")
	d.servers["custody"].queue(hang)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool {
		return d.state(item.ID, "rms").State == Delivered && d.state(item.ID, "custody").State == Sending
	})
	// Run was ended while custody's request was under way.
	if c := d.state(item.ID, "custody"); c.State != Doubtful || !c.Unsure {
		t.Errorf("%+v", c)
	}
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	if n := d.servers["custody"].count(d.state(item.ID, "custody").Key); n != 1 {
		t.Errorf("there %d times", n)
	}
}

func TestNothingLeavesUnaccounted(t *testing.T) {
	d := newDesk(t, "rms")
	var refuse atomic.Bool
	refuse.Store(true)
	d.before = func(ctx context.Context, i Item, dl Delivery) (context.Context, error) {
		if refuse.Load() {
			return nil, errors.New("the audit log could not be written")
		}
		return ctx, nil
	}
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "rms").Attempts > 2 })
	if d.servers["rms"].did() != 0 {
		t.Error("a request left although it was not accounted for")
	}
	if dl := d.state(item.ID, "rms"); dl.Unsure || !strings.Contains(dl.Say, "could not be accounted for") {
		t.Errorf("%+v", dl)
	}
	refuse.Store(false)
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
}

func TestARefusalIsCorrectedAndSentAgain(t *testing.T) {
	d := newDesk(t, "rms", "custody")
	d.servers["custody"].queue(invalid)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool {
		return d.state(item.ID, "rms").State == Delivered && d.state(item.ID, "custody").State == Refused
	})
	c := d.state(item.ID, "custody")
	if !c.NeedsPerson() || len(c.Fields) != 1 || c.Fields[0].Path != "description" || !strings.Contains(c.Say, "The narrative is too short.") {
		t.Errorf("%+v", c)
	}
	draft, err := d.EditAndResend(item.ID, "custody")
	if err != nil || draft.ID == item.ID || draft.Value("description") == "" || len(draft.Off) != 1 || draft.Off[0] != "rms" {
		t.Fatalf("%+v %v", draft, err)
	}
	if _, err := d.EditAndResend(item.ID, "rms"); !errors.Is(err, ErrRefusal) {
		t.Errorf("a delivered entry may be edited: %v", err)
	}
	draft.Values["description"] += " He was stopped by security at 13:52."
	if _, err := d.Add(draft, incident, d.targets); err != nil {
		t.Fatal(err)
	}
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	now := d.state(item.ID, "custody")
	if len(d.Items()) != 1 || now.Key == c.Key || d.servers["custody"].count(c.Key) != 0 || d.servers["custody"].count(now.Key) != 1 || d.servers["rms"].count(d.state(item.ID, "rms").Key) != 1 {
		t.Errorf("after the correction: %+v", d.Items())
	}
	if left, _ := d.drafts.List(); len(left) != 0 {
		t.Error("the correction is still a draft")
	}
	if got := d.servers["custody"].entry(now.Key); !strings.Contains(got.Facts[len(got.Facts)-1].Value.Source, "security") {
		t.Errorf("custody got %+v", got)
	}
}

func TestASecondCorrectionStartsFromTheFirst(t *testing.T) {
	d := newDesk(t, "custody")
	d.servers["custody"].queue(invalid, invalid)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "custody").State == Refused })
	draft := must(d.EditAndResend(item.ID, "custody"))
	draft.Values["description"] = "Corrected once."
	must(d.Add(draft, incident, d.targets))
	d.store.Close()
	d.open(t)
	d.run(t, func() bool { dl := d.state(item.ID, "custody"); return dl.State == Refused && dl.Revision == 1 })
	again := must(d.EditAndResend(item.ID, "custody"))
	if again.Value("description") != "Corrected once." {
		t.Errorf("the officer's correction is lost; the draft says %q", again.Value("description"))
	}
	must(d.Add(again, incident, d.targets))
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
}

func TestNotThereIsNotBelievedWhileTheSystemMayStillWorkOnIt(t *testing.T) {
	d := newDesk(t, "cad")
	d.cfg.Settle = 500 * time.Millisecond
	// The request takes longer than Settle to fail, and its entry is kept only after the first question about it.
	d.servers["cad"].queue(keepLate)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	if n := d.servers["cad"].count(item.Deliveries[0].Key); n != 1 {
		t.Errorf("it is there %d times", n)
	}
}

func TestAfterAnUnlockNothingWaitsAnyLonger(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	d.cfg.Backoff = Backoff{First: time.Hour, Max: time.Hour}
	var locked atomic.Bool
	locked.Store(true)
	inner := d.cfg.Submit
	d.cfg.Submit = func(ctx context.Context, system string) (plugins.Submitter, error) {
		if locked.Load() {
			return nil, plugins.Errorf(plugins.Auth, "the desk is locked")
		}
		return inner(ctx, system)
	}
	item := must(d.Add(filled(), incident, d.targets))
	if err := d.Withdraw(item.ID, "cad", "wrong shop"); err != nil {
		t.Fatal(err)
	}
	d.run(t, func() bool { return d.state(item.ID, "rms").Attempts > 0 })
	if dl := d.state(item.ID, "rms"); !strings.Contains(dl.Say, "sign in to it first") || time.Until(dl.Next) < time.Minute {
		t.Fatalf("%+v", dl)
	}
	locked.Store(false)
	if err := d.Resume(); err != nil {
		t.Fatal(err)
	}
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Delivered })
	if d.servers["cad"].did() != 0 {
		t.Error("what was withdrawn was sent")
	}
	if err := d.Resume(); err != nil {
		t.Errorf("with nothing left to do: %v", err)
	}
}

func TestDeniedStopsUntilAPersonDecides(t *testing.T) {
	d := newDesk(t, "rms")
	d.servers["rms"].queue(forbid)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Stopped })
	if dl := d.state(item.ID, "rms"); !dl.NeedsPerson() || !strings.Contains(dl.Say, "Only sergeants") {
		t.Errorf("%+v", dl)
	}
	if err := d.Withdraw(item.ID, "rms", " "); err == nil {
		t.Error("withdrawn without a reason")
	}
	if err := d.Retry(item.ID, "rms"); err != nil {
		t.Fatal(err)
	}
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	if err := d.Withdraw(item.ID, "rms", "too late"); !errors.Is(err, ErrSettled) {
		t.Errorf("got %v", err)
	}
	if err := d.Retry(item.ID, "nowhere"); !errors.Is(err, ErrNoEntry) {
		t.Errorf("got %v", err)
	}
}

func TestWithdrawnIsNeverSent(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	item := must(d.Add(filled(), incident, d.targets))
	if err := d.Withdraw(item.ID, "cad", "wrong shop"); err != nil {
		t.Fatal(err)
	}
	d.store.Close()
	d.open(t)
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Delivered })
	if dl := d.state(item.ID, "cad"); d.servers["cad"].did() != 0 || dl.Withdrawn != "wrong shop" || dl.NeedsPerson() || !dl.Settled() {
		t.Errorf("%+v after %d calls", dl, d.servers["cad"].did())
	}
}

func TestADuplicateIsToldFromAnotherEntry(t *testing.T) {
	d := newDesk(t, "cad")
	d.servers["cad"].queue(twice)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "cad").State == Stopped })
	if dl := d.state(item.ID, "cad"); !strings.Contains(dl.Say, "OLD-1") {
		t.Errorf("%+v", dl)
	}
	ours := must(d.Add(filled(), incident, d.targets))
	d.servers["cad"].mu.Lock()
	d.servers["cad"].got[ours.Deliveries[0].Key] = 1 // it has this very entry
	d.servers["cad"].next = []fault{twice}
	d.servers["cad"].mu.Unlock()
	d.run(t, func() bool { i, _ := d.Item(ours.ID); return i.Done() })
	if dl := d.state(ours.ID, "cad"); !dl.Receipt.Already || d.servers["cad"].count(dl.Key) != 1 {
		t.Errorf("%+v", dl)
	}
}

func TestATargetWaitsForAnothersReference(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	d.targets[0].Spec.Accepts = append(d.targets[0].Spec.Accepts, plugins.FieldSpec{Path: "refs.cad", Required: true})
	d.servers["cad"].queue(fail, fail, fail)
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	rms, cad := d.state(item.ID, "rms"), d.state(item.ID, "cad")
	if got := d.servers["rms"].entry(rms.Key).Refs; !maps.Equal(got, map[string]string{"cad": cad.Receipt.Reference}) {
		t.Errorf("records got %v", got)
	}
}

func TestAnOptionalReferenceIsWaitedForOnlyOnce(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	d.targets[0].Spec.Accepts = append(d.targets[0].Spec.Accepts, plugins.FieldSpec{Path: "refs.cad"})
	d.servers["cad"].Close()
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { return d.state(item.ID, "rms").State == Delivered })
	if d.state(item.ID, "cad").Attempts == 0 {
		t.Error("command was not tried first")
	}
}

func TestAPanicInAConnectorIsThatSystemsDoubt(t *testing.T) {
	d := newDesk(t, "rms", "cad")
	inner := d.cfg.Submit
	var panicked atomic.Bool
	d.cfg.Submit = func(ctx context.Context, system string) (plugins.Submitter, error) {
		s, err := inner(ctx, system)
		if system == "cad" && !panicked.Swap(true) {
			return panics{s}, nil
		}
		return s, err
	}
	item := must(d.Add(filled(), incident, d.targets))
	d.run(t, func() bool { i, _ := d.Item(item.ID); return i.Done() })
	for n, s := range d.servers {
		if s.count(d.state(item.ID, n).Key) != 1 {
			t.Errorf("%s has it %d times", n, s.count(d.state(item.ID, n).Key))
		}
	}
}

type panics struct{ plugins.Submitter }

func (p panics) Submit(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	p.Submitter.Submit(ctx, e, k)
	panic("index out of range")
}

func TestBackoffIsBoundedAndHonoursWhatIsAsked(t *testing.T) {
	b := Backoff{First: time.Second, Max: time.Minute}
	for n := range 100 {
		if d := b.after(n, 0); d < 800*time.Millisecond || d > 72*time.Second {
			t.Errorf("attempt %d waits %v", n, d)
		}
	}
	if d := b.after(1, 90*time.Second); d != 90*time.Second {
		t.Errorf("asked for 90 s, waits %v", d)
	}
	if d := b.after(1, 1000*time.Hour); d != longest {
		t.Errorf("a target may make it wait %v", d)
	}
}

func TestKeysAreForEverTheSameAndAllDifferent(t *testing.T) {
	seen := map[plugins.Key]bool{}
	for _, e := range []string{"a", "b", "ab"} {
		for _, s := range []string{"b", "c", ""} {
			for r := range 3 {
				k := KeyOf(e, s, r)
				if seen[k] || k != KeyOf(e, s, r) {
					t.Errorf("%s %s %d", e, s, r)
				}
				seen[k] = true
			}
		}
	}
	if k := KeyOf("entry", "rms", 0); k != "mgtwjsw4a35lrxtukc3lbhcyd" {
		t.Errorf("the key of a known entry is now %s: entries under way would be sent twice", k)
	}
}
