package screens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"muster/app/caseview/chart"
	"muster/app/caseview/disclose"
	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/widgets"
)

// openChart opens the links of the boy's case, with the keyboard on the chart.
func openChart(t *testing.T, l look, set func(*smallForce)) (*rig, *widgets.LinkChart) {
	r := openCase(t, l, func(f *smallForce) {
		withLinks(f)
		if set != nil {
			set(f)
		}
	})
	r.sees("Disagreements 2")
	r.chord(alt_, fyne.Key3)
	r.sees("7 links", "Read what is linked")
	w, ok := r.win.Canvas().Focused().(*widgets.LinkChart)
	if !ok {
		t.Fatalf("%T has the keyboard, not the chart", r.win.Canvas().Focused())
	}
	return r, w
}

func TestChartByKeyboard(t *testing.T) {
	r, w := openChart(t, darkBig, nil)
	r.sees("MILLER, Aaron James", "SH Self-harm", "mother:", "MILLER, Andrea", "seen with:", "KHAN, Yusuf", "warning signal", "hollow")
	r.shot("chart-1")
	// The arrows go to another card, and back the way they came.
	from := w.Selected()
	seen := map[string]bool{}
	for _, k := range []fyne.KeyName{fyne.KeyLeft, fyne.KeyUp, fyne.KeyRight, fyne.KeyDown, fyne.KeyRight, fyne.KeyRight, fyne.KeyUp} {
		r.press(k)
		seen[w.Selected()] = true
	}
	if len(seen) < 4 {
		t.Errorf("the arrows reached %d cards", len(seen))
	}
	r.press(fyne.KeyHome)
	if w.Selected() != from {
		t.Errorf("Home goes to %s", w.Selected())
	}
	// Tab goes through every card and then leaves the chart.
	tabs := map[string]bool{}
	for range 60 {
		tabs[w.Selected()] = true
		r.press(fyne.KeyTab)
		if r.win.Canvas().Focused() != fyne.Focusable(w) {
			break
		}
	}
	if r.win.Canvas().Focused() == fyne.Focusable(w) {
		t.Error("Tab never leaves the chart")
	}
	if !slices.ContainsFunc(keysOf(tabs), func(id string) bool { return strings.Contains(id, "YK19FZB") }) {
		t.Errorf("Tab went to %v", keysOf(tabs))
	}
}

func keysOf(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestChartExpandsWithPurposeAndSaysItsGaps(t *testing.T) {
	r, w := openChart(t, lightBig, nil)
	w.Select(ref("intel", "person", "I-9").String())
	r.sees("Person", "Violent")
	r.press(fyne.KeyE)
	r.sees("1 new around KHAN, Yusuf. Not everything could be read: Custody, Stops.", "Stops did not answer", "It took longer than 10 seconds.")
	if len(r.force.read) != 1 || r.force.read[0] != ref("intel", "person", "I-9") {
		t.Errorf("asked for %v", r.force.read)
	}
	w.Select(ref("intel", "person", "I-10").String())
	r.sees("COLE, Dean", "vehicle driven:")
	r.shot("chart-2-expanded")
	r.force.mu.Lock()
	r.force.refuse = errRefused
	r.force.mu.Unlock()
	r.press(fyne.KeyE)
	r.sees("COLE, Dean was not read. The audit log cannot be written.")
}

func TestChartShowsGroupsOneByOne(t *testing.T) {
	r, w := openChart(t, darkBig, nil)
	group := ""
	for range 40 {
		if strings.HasPrefix(w.Selected(), "+anpr") {
			group = w.Selected()
			break
		}
		r.press(fyne.KeyTab)
		r.win.Canvas().Focus(w)
	}
	if group == "" {
		w.Select(ref("vehicles", "vehicle", "YK19FZB").String())
		r.sees("7 more ANPR reads")
		t.Fatal("Tab did not come to the group")
	}
	r.sees("7 more ANPR reads", "Show each")
	r.press(fyne.KeyE)
	r.notSees("7 more ANPR reads")
	if len(r.force.read) > 0 {
		t.Error("opening a group asked the systems")
	}
}

func TestChartPathBetweenTwo(t *testing.T) {
	r, w := openChart(t, darkBig, nil)
	w.Select(ref("intel", "person", "I-9").String())
	r.press(fyne.KeyP)
	r.sees("Path from KHAN, Yusuf. Go to where it ends and press P.")
	w.Select(ref("rms", "person", "P2").String())
	r.press(fyne.KeyP)
	r.sees("2 steps: KHAN, Yusuf — seen with — MILLER, Aaron James — mother — MILLER, Andrea")
	r.shot("chart-3-path")
	r.press(fyne.KeyEscape)
	r.notSees("2 steps")
	// What nothing joins is said, not left open.
	w.Select(ref("stops", "stop", "S1").String())
	r.press(fyne.KeyP)
	w.Select(ref("vehicles", "vehicle", "YK19FZB").String())
	r.press(fyne.KeyP)
	r.sees("2 steps: Stop and search SS-1182")
}

func TestChartTableAndFind(t *testing.T) {
	r, w := openChart(t, lightBig, nil)
	r.press(fyne.KeyT)
	r.sees("From ↑", "keeper of", "YK19 FZB Vauxhall Corsa, blue", "since", "07700 900123")
	r.shot("chart-4-table")
	r.press(fyne.Key5)
	r.sees("When ↑")
	r.press(fyne.Key5)
	r.sees("When ↓")
	r.press(fyne.KeyDown, fyne.KeyReturn)
	r.sees("Read what is linked")
	r.press(fyne.KeyF)
	r.sees("Find on the chart")
	r.typed("cole")
	r.sees("COLE, Dean")
	r.shot("chart-5-find")
	r.press(fyne.KeyReturn)
	r.until("COLE has the keyboard", func() bool { return w.Selected() == ref("intel", "person", "I-10").String() })
	r.sees("Named by others; not read")
	r.press(fyne.KeyReturn)
	r.until("COLE is opened", func() bool {
		r.force.mu.Lock()
		defer r.force.mu.Unlock()
		return slices.Contains(r.force.opened, ref("intel", "person", "I-10").String())
	})
}

func TestChartValueIsSearchedFor(t *testing.T) {
	r, w := openChart(t, darkBig, nil)
	w.Select("=telephone/telephone/+447700900123")
	r.sees("Stated by records; not a record itself", "Search for it")
	r.press(fyne.KeyReturn)
	r.until("the search", func() bool { return r.shell.At() == place.Search })
}

func TestChartIsDisclosedWithRecipientAndReason(t *testing.T) {
	r, _ := openChart(t, lightBig, nil)
	r.press(fyne.KeyX)
	r.sees("Export the chart", "Kind of recipient")
	r.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn) // opens the kinds: the second is the council
	r.sees("may be given up to OFFICIAL")
	r.press(fyne.KeyTab)
	r.typed("A. Jones, children's services")
	r.press(fyne.KeyTab)
	r.typed("Strategy meeting")
	r.press(fyne.KeyReturn)
	r.sees("Tick that it goes to them all the same")
	r.shot("chart-6-export")
	if len(r.force.charts) > 0 {
		t.Fatal("it went out without the warning being taken")
	}
	for range 6 { // to the tick below the form
		r.press(fyne.KeyTab)
		if _, ok := r.win.Canvas().Focused().(*widgets.Check); ok {
			break
		}
	}
	r.typed(" ")
	for range 3 {
		r.press(fyne.KeyTab)
		if b, ok := r.win.Canvas().Focused().(*widgets.Button); ok && strings.Contains(b.AccessibilityLabel(), "Record and export") {
			break
		}
	}
	r.press(fyne.KeyReturn)
	r.sees("Exported as OFFICIAL-SENSITIVE")
	in := r.force.charts[0]
	if in.Recipient != "A. Jones, children's services" || in.Reason != "Strategy meeting" || in.Kind != "council" || !in.Above || in.Format != "svg" || in.Title != "MILLER, Aaron James" || len(in.Chart.Graph.Nodes) < 10 {
		t.Errorf("%+v", in.Disclosure)
	}
	if in.Old != 1 {
		t.Errorf("%d stored copies are told of", in.Old)
	}
}

func TestChartInEveryLook(t *testing.T) {
	drawsOnly(t)
	for name, l := range map[string]look{"light": lightBig, "dark": darkBig, "small": small,
		"contrast": {"high-contrast-dark", "normal", fyne.NewSize(1600, 1000)}, "contrast-light": {"high-contrast-light", "touch", fyne.NewSize(1600, 1000)}} {
		t.Run(name, func(t *testing.T) {
			r, _ := openChart(t, l, nil)
			r.press(fyne.Key0)
			r.shot("chart-look-" + name)
			r.press(fyne.KeyPlus, fyne.KeyPlus)
			r.shot("chart-look-" + name + "-near")
			for range 9 {
				r.press(fyne.KeyMinus)
			}
			r.shot("chart-look-" + name + "-far")
		})
	}
}

var errRefused = errors.New("The audit log cannot be written.") //nolint:staticcheck // as the desk words it

// nearby is what lies around the boy.
func (f *smallForce) nearby() []match.Entity {
	if f.linked != nil {
		return f.linked
	}
	return f.around()
}

// withLinks gives the boy a family, a friend, a car and a house in place of his events.
func withLinks(f *smallForce) { f.linked = f.family() }

func (f *smallForce) MayExport(formats []disclose.Format) []disclose.Format { return formats }

func (f *smallForce) Recipients() []desk.RecipientDef {
	return []desk.RecipientDef{{Code: "cps", Label: "Crown Prosecution Service", UpTo: "OFFICIAL-SENSITIVE"}, {Code: "council", Label: "Local authority", UpTo: "OFFICIAL"}}
}

func (f *smallForce) AboveChart(kind string, c *chart.Chart) string {
	if kind == "council" && c.Graph.Marking(f.dict).Classification != "OFFICIAL" {
		return "It is marked OFFICIAL-SENSITIVE; Local authority may be given up to OFFICIAL."
	}
	return ""
}

func (f *smallForce) DiscloseChart(_ context.Context, in desk.ChartDisclosure) (desk.Disclosed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return desk.Disclosed{}, f.refuse
	}
	f.charts = append(f.charts, in)
	return desk.Disclosed{Path: in.To + "/chart.svg", Audit: 41, Marking: "OFFICIAL-SENSITIVE"}, nil
}

func (f *smallForce) family() []match.Entity {
	boy := ref("rms", "person", "P1029")
	with := func(r pole.Record, links ...pole.Link) match.Entity {
		r.Links, r.Raw = links, nil
		return match.Entity{ID: r.String(), Kind: r.Kind, Records: []pole.Record{r}}
	}
	mother, khan, car, house := ref("rms", "person", "P2"), ref("intel", "person", "I-9"), ref("vehicles", "vehicle", "YK19FZB"), ref("rms", "location", "L1")
	out := []match.Entity{
		with(f.record("rms", "P2", "person", "surname", "Miller", "givenName", "Andrea", "telephone", "07700 900123"),
			pole.Link{Role: "mother", From: mother, To: boy}, pole.Link{Role: "currentAddress", From: house, To: mother}, pole.Link{Role: "keeper", From: mother, To: car}),
		with(f.record("intel", "I-9", "person", "surname", "Khan", "givenName", "Yusuf", "warning", "VI"), pole.Link{Role: "seenWith", From: boy, To: khan},
			pole.Link{Role: "associate", From: khan, To: ref("intel", "person", "I-10"), Kind: "person", Label: "COLE, Dean"}),
		with(f.record("vehicles", "YK19FZB", "vehicle", "vrm", "YK19FZB", "make", "VAUXHALL", "model", "CORSA", "colour", "blue"), pole.Link{Role: "familyVehicle", From: car, To: boy}),
		with(f.record("rms", "L1", "location", "buildingNumber", "12", "thoroughfareName", "Alder Rise", "postcode", "LS8 2QX"), pole.Link{Role: "currentAddress", From: house, To: boy}),
		with(f.record("cad", "CAD-0412", "incident", "incidentCategory", "concern", "reference", "CAD-0412", "startDateTime", "24/11/2026 07:40", "telephone", "07700 900123"),
			pole.Link{Role: "missingPerson", From: boy, To: ref("cad", "incident", "CAD-0412")}),
		with(f.record("stops", "S1", "stop", "reference", "SS-1182", "startDateTime", "12/09/2026 22:10"), pole.Link{Role: "searchedPerson", From: boy, To: ref("stops", "stop", "S1")}, pole.Link{Role: "searchedPerson", From: khan, To: ref("stops", "stop", "S1")}),
	}
	for i := range 9 {
		out = append(out, with(f.record("vehicles", fmt.Sprintf("A%d", i), "anpr", "vrm", "YK19FZB", "cameraName", fmt.Sprintf("A61 Scott Hall Road %d", i), "startDateTime", fmt.Sprintf("%02d/11/2026 08:12", 10+i))))
	}
	return out
}
