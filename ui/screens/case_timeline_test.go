package screens

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
	"muster/ui/theme"
	"muster/ui/vm"
)

// around is what lies around the boy: events of a dozen years in several systems, some with doubtful dates, and places.
func (f *smallForce) around() []match.Entity {
	boy := ref("rms", "person", "P1029")
	var out []match.Entity
	add := func(role pole.Role, recs ...pole.Record) {
		recs[0].Links = append(recs[0].Links, pole.Link{Role: role, From: boy, To: recs[0].Ref, Kind: recs[0].Kind})
		out = append(out, match.Entity{ID: recs[0].Ref.String(), Kind: recs[0].Kind, Records: recs})
	}
	add("missingPerson", f.record("cad", "CAD-0412", "missing", "reference", "CAD-0412", "startDateTime", "2026-11-24T07:40:00Z", "reportedDateTime", "2026-11-24T07:52:00Z", "riskLevel", "high", "coordinates", "53.8322,-1.4985"),
		f.record("rms", "24-10887", "missing", "reference", "24-10887", "otherReference", "CAD-0412", "startDateTime", "2026-11-24T08:40:00Z"))
	add("searchedPerson", f.record("stops", "S1", "stop", "reference", "STP-5512", "startDateTime", "2026-09-12T22:10:00", "objectOfSearch", "drugs", "stopOutcome", "nothing", "coordinates", "53.8256,-1.5365"))
	add("victim", f.record("rms", "R1", "crime", "reference", "24-07711", "offence", "Robbery", "startDateTime", "2026-06-02T18:31:00+01:00", "coordinates", "SE 30643 33746"),
		f.record("intel", "I-77", "crime", "reference", "24-07711", "startDateTime", "2026-06"))
	add("subject", f.record("intel", "I-12", "intelligence", "reference", "INT-12", "subject", "Seen with older youths at the arcade", "startDateTime", "2026-10"))
	add("involvedPerson", f.record("cad", "CAD-7713", "incident", "reference", "CAD-7713", "incidentCategory", "Concern for safety", "startDateTime", "2026-11-02T21:05:00Z", "endDateTime", "2026-11-03T02:40:00Z", "postcode", "LS7 4HG", "thoroughfareName", "Brook Court", "buildingNumber", "4"))
	add("involvedPerson", f.record("rms", "24-08111", "crime", "reference", "24-08111", "offence", "Criminal damage", "startDateTime", "2026-07-10T22:00:00Z", "startDateTimeTo", "2026-07-13T07:00:00Z", "outcomeDate", "2026-09"))
	add("witness", f.record("rms", "23-01934", "crime", "reference", "23-01934", "offence", "Theft from a shop", "startDateTime", "2025"))
	add("subject", f.record("intel", "I-90", "intelligence", "reference", "INT-90", "subject", "Undated report, handwritten"))
	for i := range 14 {
		at := time.Date(2026, 3, 2+9*i, 8+i, 15, 0, 0, time.UTC)
		add("involvedPerson", f.record("cad", fmt.Sprint("CAD-61", i), "incident", "reference", fmt.Sprint("CAD-61", i), "incidentCategory", []string{"Antisocial behaviour", "Concern for safety", "Missing from school"}[i%3],
			"startDateTime", at.Format(time.RFC3339), "coordinates", fmt.Sprintf("%.4f,%.4f", 53.80+0.004*float64(i%7), -1.55+0.006*float64(i%5))))
	}
	return out
}

// openTimeline opens the boy's case at its timeline.
func openTimeline(t *testing.T, l look) *rig {
	r := newRig(t, l, nil)
	r.find("miller aaron 2011")
	r.sees("MILLER, Andrea")
	r.press(fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
	r.sees("Disagreements")
	r.chord(fyne.KeyModifierAlt, fyne.Key2)
	r.sees("events and dates")
	return r
}

func TestTimelineByKeyboard(t *testing.T) {
	r := openTimeline(t, darkBig)
	r.sees("1 without a date", "systems differ about 2", "NOT COMPLETE: Custody")
	r.press(fyne.KeyHome)
	r.sees("Born", "11/03/2011", "03/11/2011")
	r.press(fyne.KeyN)
	r.sees("24/11/2026 08:40")
	r.press(fyne.KeyW)
	r.sees("Who says this", "“2026-11-24T08:40:00Z”")
	r.press(fyne.KeyEscape)
	r.press(fyne.KeyU)
	r.sees("No system says when.")
	r.press(fyne.KeyT)
	r.press(fyne.KeyEnd, fyne.KeyLeft, fyne.KeyLeft, fyne.KeyLeft)
	r.typed("++")
	r.press(fyne.KeyL)
	r.sees("Stops", "Intelligence")
	r.press(fyne.KeySlash)
	r.typed("robbery")
	r.sees("1 of 23 events and dates")
	r.press(fyne.KeyReturn, fyne.KeyX)
	r.sees("23 events and dates")
	r.notSees("1 of 23")
	r.press(fyne.KeyHome, fyne.KeyEnd)
	before := len(r.force.opened)
	r.press(fyne.KeyReturn)
	if len(r.force.opened) != before+1 {
		t.Fatal("Enter did not open the event")
	}
}

func TestTimelineLooks(t *testing.T) {
	drawsOnly(t)
	for name, l := range map[string]look{"dark": darkBig, "light": lightBig, "small": small, "contrast": {theme.HighContrastLight, theme.Normal, fyne.NewSize(1600, 1000)}} {
		t.Run(name, func(t *testing.T) {
			r := openTimeline(t, l)
			r.press(fyne.KeyEnd)
			r.shot(name + "-7-timeline")
			r.press(fyne.KeyN)
			r.shot(name + "-7b-timeline-conflict")
			r.press(fyne.KeyL)
			r.typed("---")
			r.shot(name + "-7c-timeline-systems")
			r.press(fyne.KeyHome)
			r.typed("0")
			r.shot(name + "-7d-timeline-all")
		})
	}
}

// BenchmarkTimeline moves along ten thousand events and draws the window in software each time.
func BenchmarkTimeline(b *testing.B) {
	r := newRig(b, darkBig, nil)
	r.find("miller aaron 2011")
	r.sees("MILLER, Andrea")
	r.press(fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
	r.sees("Disagreements")
	r.chord(fyne.KeyModifierAlt, fyne.Key2)
	r.sees("events and dates")
	c := crowd(r.force, 10_000)
	pane := newTimePane(&kit{desk: r.force, env: r.shell.Env(), prefs: prefs{r.shell}}, nopHost{}, nil)
	pane.set(&c, vm.MarksOf(r.force.Systems()))
	r.until("ten thousand on the line", func() bool { ok, _ := pane.vm.Ready(); return ok })
	win := test.NewWindow(pane.object)
	defer win.Close()
	win.Resize(fyne.NewSize(1600, 900))
	b.Run("layout", func(b *testing.B) {
		for i := range b.N {
			pane.line.Pan(0.01 * float64(1-2*(i/50%2)))
		}
	})
	b.Run("frame", func(b *testing.B) {
		for i := range b.N {
			pane.line.Pan(0.01 * float64(1-2*(i/50%2)))
			win.Canvas().Capture()
		}
	})
	b.Run("frame-without-timeline", func(b *testing.B) {
		pane.line.Hide()
		for range b.N {
			win.Canvas().Capture()
		}
		pane.line.Show()
	})
}

func crowd(f *smallForce, n int) caseview.Case {
	c := f.aaronCase()
	kinds := []pole.Kind{"incident", "crime", "stop", "anpr", "intelligence", "custody"}
	for i := range n {
		at := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i*i%60_000) * time.Hour)
		k := kinds[i%len(kinds)]
		c.Around = append(c.Around, match.Entity{ID: fmt.Sprint("x", i), Kind: k, Records: []pole.Record{
			f.record([]string{"rms", "cad", "intel"}[i%3], fmt.Sprint("E", i), k, "reference", fmt.Sprint("REF-", i), "startDateTime", at.Format(time.RFC3339))}})
	}
	return c
}

// Ten thousand events are all there, and all counted.
func TestTimelineOfTenThousand(t *testing.T) {
	r := openTimeline(t, small)
	c := crowd(r.force, 10_000)
	v := vm.NewCaseTimeline(r.shell.Env(), r.force.dict)
	v.Set(&c, vm.MarksOf(r.force.Systems()))
	r.until("all on the line", func() bool { ok, _ := v.Ready(); return ok })
	if !strings.HasPrefix(v.Summary(), "10,023 events") {
		t.Error(v.Summary())
	}
}
