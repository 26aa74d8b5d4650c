package tour

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"muster/app/entry"
	"muster/ui/place"
)

// An officer opens each form from the command bar, lays out a second exhibit, attaches a photograph, looks at what leaves
// for each system, prints, and sends: by keys alone.
func TestFormsByKeyboard(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	if d := os.Getenv("MUSTER_SHOTS"); d != "" {
		out = d
	}
	downloads := t.TempDir()
	t.Setenv("XDG_DOWNLOAD_DIR", downloads)
	photo := filepath.Join(t.TempDir(), "knife.jpg")
	if err := os.WriteFile(photo, []byte("\xff\xd8\xff picture of a knife"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, end, err := begin(t.Context(), Options{Out: out, Profile: dir, Scale: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			r.shot("failed")
			t.Fatal(err)
		}
	}
	must(r.firstRun())
	must(r.signIn())
	purpose := false
	open := func(id string) {
		t.Helper()
		forms := r.desk.Forms()
		f := forms[slices.IndexFunc(forms, func(f entry.Form) bool { return f.ID == id })]
		r.chord(fyne.KeyK, fyne.KeyModifierControl)
		r.typed(">" + id)
		r.settle()
		r.press(fyne.KeyReturn)
		if !purpose {
			must(r.choosePurpose())
			purpose = true
		}
		must(r.until(id, func() bool { return r.shell.At() == place.Enter && len(r.fields()) > 1 && r.shows(f.Sections[0].Label) }))
		r.settle()
	}
	shots := []string{"stop", "intelligence", "missing", "statement", "collision", "incident", "arrest"}
	if os.Getenv("MUSTER_SHOTS_ALL") == "" {
		shots = nil // each is drawn only for who looks
	}
	for _, id := range shots {
		open(id)
		r.shot("forms-" + id)
	}
	open("property")
	next := func() { r.chord(fyne.KeyPageDown, fyne.KeyModifierControl); r.settle() }
	label := func(l string) {
		t.Helper()
		f := r.fields()[l]
		if f == nil {
			r.shot("failed")
			t.Fatalf("no field %s", l)
		}
		f.Focus()
		r.drain()
	}
	next()
	next()
	item := func(what string) {
		label("Type")
		r.press(fyne.KeyDown)
		r.typed("kni")
		r.press(fyne.KeyReturn)
		r.settle()
		label("Description")
		r.typed(what)
		r.settle()
	}
	item("Kitchen knife, black handle, 20 cm")
	r.chord(fyne.KeyI, fyne.KeyModifierControl)
	must(r.until("a second item", func() bool { return r.shows("Item 2") }))
	item("Lock knife, red handle")
	r.chord(fyne.KeyO, fyne.KeyModifierControl)
	must(r.until("asked for the file", func() bool { return r.shell.Modals() > 0 }))
	r.typed(photo)
	r.press(fyne.KeyReturn)
	must(r.until("the photograph", func() bool { return r.shows("knife.jpg") }))
	r.settle()
	r.shot("forms-property-items")
	for range 3 {
		r.chord(fyne.KeyPageUp, fyne.KeyModifierControl)
		r.settle()
	}
	must(r.until("the first section", func() bool { return r.shows("Power of seizure") }))
	label("Power of seizure")
	r.press(fyne.KeyDown)
	r.typed("section 19")
	r.press(fyne.KeyReturn)
	r.settle()
	r.chord(fyne.KeyR, fyne.KeyModifierControl|fyne.KeyModifierShift)
	must(r.until("the requests", func() bool { return r.shows("/strongroom/v3/deposits") }))
	r.settle()
	r.shot("forms-requests")
	r.press(fyne.KeyEscape)
	r.chord(fyne.KeyP, fyne.KeyModifierControl)
	must(r.until("the print", func() bool {
		list, err := os.ReadDir(downloads)
		return err == nil && len(list) == 1 && strings.HasSuffix(list[0].Name(), ".pdf")
	}))
	r.settle()
	r.chord(fyne.KeyReturn, fyne.KeyModifierControl)
	must(r.until("delivered everywhere", func() bool {
		box := r.desk.Outbox()
		return len(box) == 1 && len(box[0].Deliveries) == 3 && box[0].Done()
	}))
	r.settle()
	r.shot("forms-delivered")
}
