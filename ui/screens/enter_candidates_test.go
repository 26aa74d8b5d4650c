package screens

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
	"muster/app/match"
	"muster/plugins/pole"
	"muster/ui/place"
)

// Candidates knows Aaron, whose copies several systems left here.
func (f *smallForce) Candidates(_ context.Context, kind pole.Kind, typed map[pole.Property]string, _ int) ([]desk.Candidate, error) {
	if kind != "person" || !strings.HasPrefix("miller", strings.ToLower(typed["surname"])) || len(typed["surname"]) < 3 {
		return nil, nil
	}
	aaron := desk.Candidate{ID: "rms/person/P1029", Kind: "person", Title: "MILLER, Aaron James", Detail: "15 y · 03/11/2011 · 12 Alder Rise, Leeds LS8 2QX",
		Probability: 0.7, Prior: -16, Record: ref("rms", "person", "P1029"), Refs: []pole.Ref{ref("rms", "person", "P1029"), ref("custody", "person", "C77")},
		Systems: []string{"rms", "custody"}, Read: at(9, 12), Warnings: []caseview.Warning{{Code: "VI", Label: "Violent"}},
		Evidence: []match.Evidence{{Property: "fullName", A: "MILLER, Aaron James", B: "mil", Say: "Name: surname may go on so", Bits: 17.22}}}
	if typed["givenName"] != "" {
		aaron.Probability = 0.9998
		aaron.Evidence = append(aaron.Evidence, match.Evidence{Property: "givenName", A: "Aaron", B: typed["givenName"], Say: "Given name: short form or other spelling", Bits: 11.1})
	}
	andrea := desk.Candidate{ID: "cad/person/9", Kind: "person", Title: "MILLER, Andrea", Detail: "44 y · 17/05/1982 · 12 Alder Rise, Leeds LS8 2QX", Probability: 0.12, Prior: -16,
		Record: ref("cad", "person", "9"), Refs: []pole.Ref{ref("cad", "person", "9")}, Systems: []string{"cad"}, Read: at(8, 2).AddDate(0, 0, -3),
		Evidence: []match.Evidence{{Property: "fullName", A: "MILLER, Andrea", B: "mil", Say: "Name: surname may go on so", Bits: 13.1}}}
	return []desk.Candidate{aaron, andrea}, nil
}

func (f *smallForce) UseCandidate(_ context.Context, d entry.Draft, part string, refs []pole.Ref) (entry.Draft, error) {
	values, from := map[string]string{}, map[string]pole.Ref{}
	for k, v := range d.Values {
		values[k] = v
	}
	known := map[string]string{part + ".surname": "Miller", part + ".givenName": "Aaron James", part + ".dateOfBirth": "03/11/2011"}
	for p, v := range known {
		if typed := values[p]; typed == "" || strings.HasPrefix(strings.ToLower(v), strings.ToLower(typed)) && p == part+".surname" {
			values[p], from[p] = v, refs[0]
		}
	}
	d.Values, d.From, d.Known, d.Existing = values, from, known, map[string][]pole.Ref{part: refs}
	return d, nil
}

// typing opens the form at its person, with the keyboard in the first field.
func typing(t *testing.T, l look) *rig {
	r := newRig(t, l, nil)
	r.goTo(place.Enter)
	r.press(fyne.KeyReturn)
	r.sees("When and where")
	r.chord(ctrl, fyne.KeyPageDown)
	r.chord(ctrl, fyne.KeyPageDown)
	r.sees("Surname")
	r.until("a field has the keyboard", func() bool { return r.win.Canvas().Focused() != nil })
	return r
}

// Who is being typed stands beside the form, says why at a key, fills the rest, and is taken back, all from the keyboard.
func TestWhoIsBeingTypedIsSaidAndUsed(t *testing.T) {
	r := typing(t, darkBig)
	r.typed("mi")
	time.Sleep(300 * time.Millisecond)
	r.notSees("Who it may be")
	r.typed("l")
	r.sees("Who it may be", "MILLER, Aaron James", "likely, 70 %", "copy of 24/11/2026 09:12", "possibly, 12 %", "Violent")
	r.shot("enter-who-1")
	r.press(fyne.KeyTab)
	r.typed("Aron")
	r.sees("almost certainly, 99.98 %")
	r.shot("enter-who-2")
	r.chord(alt_, fyne.KeyM)
	r.sees("Use this person", "Given name: short form or other spelling", "Found among the copies on this computer")
	r.shot("enter-who-3-why")
	r.press(fyne.KeyReturn)
	r.sees("2 fields filled from MILLER, Aaron James", "Given names stays as you typed it: Aron. The record says Aaron James.", "from Records", "03/11/2011")
	r.notSees("Who it may be")
	r.shot("enter-who-4-used")
	r.sees("Draft saved")
	var d entry.Draft
	for _, x := range r.force.Drafts() {
		d = x
	}
	if d.Values["person.surname"] != "Miller" || d.Values["person.givenName"] != "Aron" || len(d.Existing["person"]) != 2 || d.From["person.dateOfBirth"].System != "rms" {
		t.Errorf("%+v", d)
	}
	r.chord(alt_, fyne.KeyU)
	r.sees("Who it may be")
	r.notSees("from Records", "fields filled from")
	for _, x := range r.force.Drafts() {
		d = x
	}
	r.until("it is taken back on disk too", func() bool {
		for _, x := range r.force.Drafts() {
			d = x
		}
		return d.Values["person.surname"] == "mil" && len(d.Existing["person"]) == 0 && d.Values["person.dateOfBirth"] == ""
	})
}

func TestWhoIsBeingTypedInOtherLooks(t *testing.T) {
	for name, l := range map[string]look{"light": lightBig, "small": small} {
		r := typing(t, l)
		r.typed("mill")
		r.sees("Who it may be", "likely, 70 %")
		r.shot("enter-who-" + name)
		r.chord(alt_, fyne.KeyM)
		r.sees("Use this person")
		r.shot("enter-who-why-" + name)
	}
}
