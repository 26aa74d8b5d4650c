package screens

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/app/entry"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/ui/i18n"
	"muster/ui/place"
)

const ctrl, alt_, shift = fyne.KeyModifierControl, fyne.KeyModifierAlt, fyne.KeyModifierShift

func TestDeskShowsWhatIsGoingOnAndOpensIt(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.sees("P1", "Concern for safety — MILLER, Aaron, 15", "CAD-0412", "3 changes since you looked", "no answer 4 min", "21 ms, live", "3 of 4 delivered", "Nothing is lost.")
	r.press(fyne.KeyDown)
	r.force.mu.Lock()
	r.force.live = append([]desk.LiveItem{{Ref: ref("cad", "incident", "CAD-0500"), Reference: "CAD-0500", Priority: "P1", Title: "Stabbing, Northgate", When: noon}}, r.force.live...)
	r.force.mu.Unlock()
	r.force.notify(desk.TopicLive)
	r.sees("1 new incident above")
	r.notSees("Stabbing")
	r.press(fyne.KeyHome)
	r.sees("Stabbing, Northgate")
	r.press(fyne.KeyReturn)
	r.until("the incident opens", func() bool {
		r.force.mu.Lock()
		defer r.force.mu.Unlock()
		return len(r.force.opened) == 1 && r.force.opened[0] == ref("cad", "incident", "CAD-0500").String()
	})
	r.sees("Disagreements 2")
}

func TestLiveQueueHasAWindowOfItsOwn(t *testing.T) {
	r := newRig(t, darkBig, nil)
	before := len(fyne.CurrentApp().Driver().AllWindows())
	r.chord(ctrl|shift, fyne.KeyW)
	if n := len(fyne.CurrentApp().Driver().AllWindows()); n != before+1 {
		t.Fatalf("%d windows", n)
	}
}

func TestSearchByKeyboardFromTypingToTheCase(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.find("miller aaron 2011")
	r.sees("MILLER, Aaron James", "SH Self-harm", "15 records · 5 entities", "2 disagreements: date of birth, address", "POSSIBLY THE SAME",
		"no trace · 64 ms", "NOT SEARCHED", "Custody did not answer", "A copy of 13:55 was searched instead: 1 record, marked ‘old’.", "asking…")
	close(r.force.release)
	r.sees("Asked 9 · answered 8")
	// The preview shows danger and disagreements of the best row without a key.
	r.sees("≠ 11/03/2011", "Latest events", "Stop and search, no item")
	r.press(fyne.KeyF5)
	r.until("only Custody is asked again", func() bool {
		r.force.mu.Lock()
		defer r.force.mu.Unlock()
		l := r.force.searches
		return len(l) == 2 && len(l[1].Systems) == 1 && l[1].Systems[0] == "custody"
	})
	r.sees("Asked 9 · answered 9")
	r.notSees("NOT SEARCHED", "Custody did not answer")
	r.press(fyne.KeyDown)
	r.chord(alt_, fyne.KeyM)
	r.sees("Are these the same?", "day and month swapped", "The records themselves stay as they are.")
	r.press(fyne.KeyEscape)
	r.press(fyne.KeyReturn)
	r.sees("Why these 4 records are one")
}

func TestNoSearchWithoutAPurpose(t *testing.T) {
	r := newRig(t, darkBig, func(f *smallForce) { f.purpose = nil })
	r.find("miller")
	r.settle()
	r.force.mu.Lock()
	n := len(r.force.searches)
	r.force.mu.Unlock()
	if n != 0 {
		t.Fatal("the search left before there was a purpose")
	}
}

func TestTypingOnStopsTheSearch(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.find("miller")
	r.sees("asking…")
	r.press(fyne.KeyEscape)
	r.sees("stopped")
	r.notSees("asking…")
	r.find("miller")
	r.sees("asking…")
	r.chord(ctrl, fyne.KeyK)
	r.typed("s")
	r.sees("stopped")
	r.notSees("asking…")
}

func TestOptionsDoNotOutstayTheirPlace(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.goTo(place.Enter)
	r.press(fyne.KeyReturn)
	r.chord(ctrl, fyne.KeyPageDown)
	r.until("the first choice has the keyboard", func() bool { return r.win.Canvas().Focused() != nil })
	r.press(fyne.KeyDown)
	if n := len(r.win.Canvas().Overlays().List()); n != 1 {
		t.Fatalf("%d overlays: the options did not open", n)
	}
	r.goTo(place.Desk)
	if n := len(r.win.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d overlays stand over the desk", n)
	}
}

func TestNobodyFoundAndNotSearchedAreNotAlike(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.find("nobody")
	r.sees("No trace in any system that was asked.")
	r.notSees("NOT SEARCHED")
	r.force.refuse = errors.New("The audit log cannot be written: the disk is full. Free some space and search again.")
	r.find("x")
	r.sees("the disk is full", "NOT SEARCHED")
	r.notSees("No trace in any system")
}

func TestFilterByKey(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.find("miller")
	r.sees("YK19 FZB Vauxhall Corsa, blue")
	r.chord(alt_, fyne.Key2)
	r.notSees("YK19 FZB Vauxhall Corsa, blue")
	r.chord(alt_, fyne.Key2)
	r.sees("YK19 FZB Vauxhall Corsa, blue")
}

func TestGapsStayLoudWhenColumnsFold(t *testing.T) {
	r := newRig(t, look{darkBig.palette, darkBig.density, fyne.NewSize(960, 700)}, nil)
	r.find("miller")
	r.sees("Custody did not answer", "Ask again", "MILLER, Aaron James", "SH Self-harm")
	r.notSees("preview · Enter opens the case")
}

func openCase(t *testing.T, l look, set func(*smallForce)) *rig {
	r := newRig(t, l, set)
	r.find("miller")
	r.sees("MILLER, Andrea", "Latest events")
	r.press(fyne.KeyReturn)
	return r
}

func TestCasePinsDangerAndGapsAndSaysWho(t *testing.T) {
	r := openCase(t, darkBig, nil)
	pinned := []string{"SH Self-harm", "MISSING since 24/11 07:40", "Custody copy is 11 min old", "Custody did not answer."}
	r.sees(pinned...)
	r.sees("15 · 03/11/2011 · PNC 2011/0120018D · 4 records in 4 systems · read 13:55", "day and month swapped", "+15.6", "mother")
	r.press(fyne.KeyW)
	r.sees("Who says this", "Date of birth", "“3 Nov 2011”", "Most systems say so", "$.dob")
	r.press(fyne.KeyEscape)
	r.chord(alt_, fyne.Key2)
	r.press(fyne.KeyEnd)
	r.sees("Last seen at home, 07:40")
	r.sees(pinned...)
	r.chord(alt_, fyne.Key3)
	r.sees("Read what is linked", "as victim:", "Robbery 24-07711")
	r.chord(alt_, fyne.Key4)
	r.sees("As Muster reads it", `"family": "Miller",`, "The check letter of this PNC ID is wrong")
	r.sees(pinned...)
	r.chord(ctrl, fyne.KeyD)
	r.until("kept", func() bool { return len(r.force.KeptCases()) == 3 })
	r.sees("Let go")
}

func TestCaseTimelineHasAWindowOfItsOwn(t *testing.T) {
	r := openCase(t, darkBig, nil)
	r.sees("Disagreements 2")
	before := len(fyne.CurrentApp().Driver().AllWindows())
	r.chord(ctrl|shift, fyne.KeyW)
	if n := len(fyne.CurrentApp().Driver().AllWindows()); n != before+1 {
		t.Fatalf("%d windows", n)
	}
}

func TestCaseThatCannotBeReadSaysWhatToDo(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.force.refuse = plugins.Errorf(plugins.Denied, "You may not open this record. Ask your supervisor.")
	r.press(fyne.KeyReturn)
	r.sees("This case could not be read", "You may not open this record. Ask your supervisor.", "Try again")
	r.force.mu.Lock()
	r.force.refuse = nil
	r.force.mu.Unlock()
	r.press(fyne.KeyF5)
	r.sees("Disagreements 2")
}

func TestEntryFromCaseToReceipts(t *testing.T) {
	r := openCase(t, darkBig, nil)
	r.sees("Disagreements 2")
	r.chord(ctrl, fyne.KeyE)
	r.sees("about MILLER, Aaron James", "Goes to", "Send to 3 systems", "needs what happened")
	// Nothing is sent; the keyboard goes to what is missing.
	r.chord(ctrl, fyne.KeyReturn)
	r.sees("Not sent. What is missing is marked", "Records needs what happened.")
	r.typed("Left home at 07:40")
	r.sees("Draft saved 14:06:41", "Typed 6 fields", "18 of 20,000", "ready")
	r.chord(ctrl, fyne.KeyR)
	r.sees("What each system receives", "Narrative", "from Records")
	r.press(fyne.KeyEscape)
	r.chord(ctrl, fyne.KeyPageDown)
	r.sees("Surname", "from Records")
	r.chord(alt_, fyne.Key3)
	r.sees("Send to 2 systems")
	r.chord(ctrl, fyne.KeyReturn)
	r.sees("0 of 2 delivered", "Nothing is lost.")
	r.force.deliver("rms", "RMS/24/55160")
	r.sees("1 of 2 delivered", "RMS/24/55160")
	r.force.deliver("cad", "CAD-0412")
	r.sees("2 of 2 delivered", "CAD-0412")
	if len(r.force.Drafts()) != 0 {
		t.Fatal("the draft is still there")
	}
}

func TestEntryLosesNothing(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.goTo(place.Enter)
	r.sees("Incident report", "No drafts.")
	r.press(fyne.KeyReturn)
	r.sees("When and where")
	r.chord(ctrl, fyne.KeyPageDown)
	r.sees("What happened")
	r.until("a field has the keyboard", func() bool { return r.win.Canvas().Focused() != nil })
	r.press(fyne.KeyTab)
	r.press(fyne.KeyTab)
	r.typed("A long story")
	r.sees("Draft saved")
	r.force.mu.Lock()
	r.force.refuse = errors.New("the disk is full")
	r.force.mu.Unlock()
	r.typed("!")
	r.sees("Not saved: the disk is full.", "What you typed is still here", "A long story!")
	r.force.mu.Lock()
	r.force.refuse = nil
	r.force.mu.Unlock()
	r.sees("Draft saved")
	r.goTo(place.Desk)
	r.goTo(place.Enter)
	r.sees("A long story!")
	r.press(fyne.KeyEscape)
	r.sees("Drafts", "A long story!")
}

func TestEntryRefusesAValueAtItsField(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.chord(ctrl, fyne.KeyK)
	r.typed(">incident")
	r.press(fyne.KeyReturn)
	r.sees("Postcode")
	for range 12 {
		if strings.Contains(r.words(), "XX") {
			break
		}
		if l, ok := r.win.Canvas().Focused().(fyne.Accessible); ok && l.AccessibilityLabel() == "Postcode" {
			r.typed("XX")
			break
		}
		r.press(fyne.KeyTab)
	}
	r.sees("This is not a UK postcode. Write it as LS8 2QX.")
}

func TestOutboxRetriesCorrectsAndWithdraws(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.goTo(place.Outbox)
	r.sees("1 needs you", "1 waiting", "Handling conditions are required", "Correct and send again")
	r.press(fyne.KeyDown)
	r.press(fyne.KeyDown)
	r.press(fyne.KeyUp)
	r.sees("RMS/24/55120", "Next try 14:08:00.")
	r.press(fyne.KeyF5)
	r.until("tried", func() bool { r.force.mu.Lock(); defer r.force.mu.Unlock(); return len(r.force.retried) == 1 })
	r.chord(ctrl, fyne.KeyDelete)
	r.sees("Withdraw this delivery?")
	r.press(fyne.KeyReturn)
	r.sees("Say why before you withdraw it.")
	r.typed("entered on paper")
	r.press(fyne.KeyReturn)
	r.until("withdrawn", func() bool {
		r.force.mu.Lock()
		defer r.force.mu.Unlock()
		return len(r.force.withdrawn) == 1 && r.force.withdrawn[0] == "arrest/custody: entered on paper"
	})
	r.goTo(place.Outbox)
	r.press(fyne.KeyHome)
	r.chord(ctrl, fyne.KeyE)
	r.sees("Goes to")
}

func TestWhatChangedSinceStandsSideBySideAndIsChosen(t *testing.T) {
	r := newRig(t, darkBig, func(f *smallForce) {
		it := f.items[0]
		it.ID, it.Title = "shift", "Incident report: Missing person"
		it.Deliveries = slices.Clone(it.Deliveries)
		for i := range it.Deliveries {
			it.Deliveries[i].Entry, it.Deliveries[i].State, it.Deliveries[i].Receipt = "shift", entry.Look, nil
			it.Deliveries[i].Say = "System" + ": needs a look: what this was filled from has changed since. Nothing was sent, and nothing is lost."
		}
		it.Differences = []entry.Difference{
			{Path: "person.surname", Label: "Surname", Ref: pole.Ref{System: "rms", Type: "person", ID: "1"}, Wrote: "MULLER", Now: "MILLER"},
			{Path: "location.postcode", Label: "Postcode", Ref: pole.Ref{System: "cad", Type: "person", ID: "1"}, Wrote: "LS8 2QX"}}
		it.Saved = it.Saved.Add(time.Hour)
		f.items = append(f.items, it)
	})
	r.goTo(place.Outbox)
	r.press(fyne.KeyHome)
	r.sees("needs a look", "What this was filled from has changed since", "MULLER", "MILLER", "nothing any more", "Send as chosen")
	r.shot("outbox-look")
	r.chord(ctrl, fyne.KeyT)
	r.chord(ctrl, fyne.KeyReturn)
	r.until("chosen", func() bool {
		r.force.mu.Lock()
		defer r.force.mu.Unlock()
		return slices.Contains(r.force.retried, "shift with person.surname,location.postcode")
	})
}

func TestSystemsSayHowTheyAreAndTakeACredential(t *testing.T) {
	r := newRig(t, darkBig, func(f *smallForce) {
		f.systems[3].Needs = []plugins.Option{{Name: "user", Label: "User name", Type: plugins.OptionString}, {Name: "password", Label: "Password", Type: plugins.OptionSecret}}
	})
	r.goTo(place.Systems)
	r.sees("sign-in needed", "99.2%", "1,204, 9 failed", "Too many requests", "answered, at try 2")
	r.chord(fyne.KeyModifierAlt, fyne.Key2)
	r.sees("20 requests a second", "nothing is wrong with it", "demo_rms.yaml")
	r.chord(fyne.KeyModifierAlt, fyne.Key3)
	r.sees(".name.family", "searched by", "line ")
	r.chord(fyne.KeyModifierControl, fyne.KeyT)
	r.sees("It answers, and the sign-in works.", "PC Ada Okafor")
	r.chord(fyne.KeyModifierAlt, fyne.Key1)
	r.press(fyne.KeyDown)
	r.press(fyne.KeyDown)
	r.sees("Connection refused. Ask again, or tell IT if it lasts.")
	r.press(fyne.KeyDown)
	r.sees("Give the credential")
	r.chord(ctrl, fyne.KeyG)
	r.typed("okafor")
	r.press(fyne.KeyTab)
	r.typed("wrong")
	r.press(fyne.KeyReturn)
	r.sees("does not know this user name and password")
	r.notSees("wrong")
	for range 5 {
		r.press(fyne.KeyBackspace)
	}
	r.typed("right")
	r.press(fyne.KeyReturn)
	r.until("kept", func() bool { r.force.mu.Lock(); defer r.force.mu.Unlock(); return r.force.creds["password"] == "right" })
	r.chord(ctrl, fyne.KeyN)
	r.typed("acme.yaml")
	r.press(fyne.KeyReturn)
	r.sees("line 7: hosts is missing")
}

func TestAuditListsVerifiesAndFilters(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.goTo(place.Audit)
	r.sees("4 accesses", "Consultation", "text miller aaron 2011", "Missing person · 24-10887", "4 records")
	r.chord(ctrl, fyne.KeyJ)
	r.sees("Intact: 6 records, each linked to the one before.")
	r.chord(ctrl, fyne.KeyF)
	r.typed("sign")
	r.sees("1 access")
	r.notSees("Consultation text miller")
	r.press(fyne.KeyDown)
	r.sees("okafor · 2214")
}

func TestWhatIsMaskedSaysSoAndHowToSeeIt(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.find("masked")
	r.sees("MASKED · SECRET", "Open it to see it. That is recorded.", "Firearms")
	r.shot("search-masked")
}

func TestSettingsShowWhatPolicyFixed(t *testing.T) {
	r := newRig(t, darkBig, nil)
	r.goTo(place.Settings)
	r.sees("PC 2214 Okafor", "Your organisation decided these. You cannot change them here.", "Locks itself when idle for", "5 min", "Managed by your organisation", "in the machine file", "Systems allowed", "What you may choose", "Stays signed in at the next start")
	r.shot("settings-policy")
	r.press(fyne.KeyReturn, fyne.KeyDown, fyne.KeyReturn)
	if r.shell.Palette() != "light" {
		t.Fatalf("the look is %s", r.shell.Palette())
	}
	for range 6 {
		if l, ok := r.win.Canvas().Focused().(fyne.Accessible); ok && l.AccessibilityLabel() == "Passphrase" {
			break
		}
		r.press(fyne.KeyTab)
	}
	r.typed("short")
	r.press(fyne.KeyReturn)
	r.typed("short")
	r.press(fyne.KeyReturn)
	r.sees("Use at least 8 letters.")
	r.typed("er")
	r.notSees("The unlock passphrase is set.")
}

// Every place lists its keys for F1, in words, and every word of a screen has a translation.
func TestEveryKeyHasWords(t *testing.T) {
	r := newRig(t, darkBig, nil)
	for _, id := range place.Rail() {
		r.goTo(id)
		r.press(fyne.KeyF1)
		if w := r.words(); strings.Contains(w, "screens.") {
			t.Fatalf("%s shows a key instead of words: %s", id, w)
		}
		r.press(fyne.KeyEscape)
	}
	for _, k := range []string{"screens.search.tally", "screens.entry.send.other", "screens.case.tab.records"} {
		if !i18n.Has(k) {
			t.Fatalf("no words for %s", k)
		}
	}
}

func TestBannerShowsTheHighestMarkingOnScreen(t *testing.T) {
	r := openCase(t, darkBig, nil)
	r.sees("Disagreements 2", "OFFICIAL-SENSITIVE")
	r.goTo(place.Systems)
	r.notSees("OFFICIAL-SENSITIVE")
}

// The longest time that the UI goroutine is kept while 3,000 results stream into the list, layout and refresh included.
func BenchmarkSearch3000OnScreen(b *testing.B) {
	var longest time.Duration
	for b.Loop() {
		r := newRig(b, darkBig, nil)
		r.chord(ctrl, fyne.KeyK)
		r.shell.Type("many 3000")
		r.shell.Press(fyne.KeyReturn, 0)
		worst := r.worst(func() bool { return strings.Contains(r.words(), "3,000 entities") })
		longest = max(longest, worst)
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-worst-stall")
}
