package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/app/entry"
	"muster/plugins/pole"
)

// sample is something that an officer could type into a field, n telling one person or thing from the next.
func sample(d *Desk, targets []entry.Target, f entry.Field, n int) string {
	def, _ := d.dict.Property(f.Property)
	if def.CodeList != "" {
		for _, c := range d.dict.CodeList(def.CodeList) {
			base, _ := entry.BasePath(f.Path)
			if !slices.ContainsFunc(targets, func(t entry.Target) bool {
				for _, a := range t.Spec.Accepts {
					if a.Path == base && len(a.Codes) > 0 && !slices.Contains(a.Codes, c.Code) {
						return true
					}
				}
				return false
			}) {
				return c.Code
			}
		}
	}
	switch def.Type {
	case pole.TypeName:
		return []string{"Testcase", "Second", "Third"}[n%3]
	case pole.TypePartialDate:
		return fmt.Sprintf("0%d/02/1990", n+1)
	case pole.TypeInstant:
		return time.Now().Add(-time.Hour).Format("02/01/2006 15:04")
	case pole.TypePhone:
		return fmt.Sprintf("07700 90041%d", n)
	case pole.TypePostcode:
		return "LS8 2QX"
	case pole.TypeVRM:
		return fmt.Sprintf("YK19 FZ%c", 'B'+rune(n))
	case pole.TypePNCID:
		return "23/120018D"
	case pole.TypeNumber:
		return fmt.Sprint(30 + n)
	case pole.TypeBool:
		return "true"
	case pole.TypeEmail:
		return "witness@example.org"
	case pole.TypeCoordinates:
		return "53.83,-1.51"
	case pole.TypeReference:
		return fmt.Sprintf("AO/%d", n+1)
	}
	return fmt.Sprintf("words %d", n+1)
}

// filled is a draft of a form with everything that any target takes, two of what there may be several.
func filled(t testing.TB, d *Desk, id string) (entry.Draft, entry.Form) {
	t.Helper()
	dr, err := d.NewDraft(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.form(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Parts {
		if p.Many > 1 {
			dr.AddInstance(f, p.Name)
		}
	}
	targets := d.targets(f)
	for range 4 { // what is filled brings up what is asked only then
		now := f.For(dr, d.dict)
		r := d.Review(dr)
		for _, s := range now.Sections {
			for _, fd := range s.Fields {
				if dr.Value(fd.Path) == "" && len(r.Fields[fd.Path]) > 0 {
					_, n := entry.BasePath(fd.Path)
					dr.Values[fd.Path] = sample(d, targets, fd, n-1)
				}
			}
		}
	}
	return dr, f
}

func TestEveryFormReachesEverySystemThatTakesIt(t *testing.T) {
	d := signedIn(t)
	want := map[string]string{"arrest": "rms cad custody intel property casefile", "stop": "rms cad intel", "intelligence": "intel", "missing": "rms cad intel",
		"property": "rms property casefile", "statement": "rms casefile", "collision": "rms cad", "incident": "rms cad custody"}
	forms := d.Forms()
	if len(forms) != len(want) {
		t.Errorf("there are %d forms, want %d", len(forms), len(want))
	}
	for _, f := range forms {
		dr, _ := filled(t, d, f.ID)
		r := d.Review(dr)
		var to []string
		for _, x := range r.Targets {
			to = append(to, x.System)
			for _, m := range x.Missing {
				t.Errorf("%s: %s misses %s: %s", f.ID, x.System, m.Path, m.Say)
			}
		}
		if got := strings.Join(to, " "); got != want[f.ID] {
			t.Errorf("%s goes to %q, want %q", f.ID, got, want[f.ID])
		}
		for _, e := range r.Errors {
			t.Errorf("%s: %s: %s", f.ID, e.Path, e.Say)
		}
		if !r.Ready {
			continue
		}
		it, err := d.Send(t.Context(), dr)
		if err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		waitUntil(t, f.ID+" is delivered", func() bool {
			for _, x := range d.Outbox() {
				if x.ID == it.ID {
					it = x
				}
			}
			return !slices.ContainsFunc(it.Deliveries, func(dl entry.Delivery) bool {
				return dl.State != entry.Delivered && dl.State != entry.Refused && dl.State != entry.Stopped
			})
		})
		for _, dl := range it.Deliveries {
			if dl.State != entry.Delivered {
				t.Errorf("%s to %s is %s: %s %v", f.ID, dl.System, dl.State, dl.Say, dl.Fields)
			}
			arrived(t, d, f, dr, dl)
		}
	}
}

// arrived checks that of every part of which a system takes several the second is in what it took.
func arrived(t *testing.T, d *Desk, f entry.Form, dr entry.Draft, dl entry.Delivery) {
	t.Helper()
	all := d.demo.Deliveries(dl.System)
	if len(all) == 0 {
		return
	}
	body := strings.ToLower(string(all[len(all)-1].Body))
	for _, x := range d.targets(f) {
		for _, a := range x.Spec.Accepts {
			if x.System != dl.System || !a.Many {
				continue
			}
			for _, b := range x.Spec.Accepts {
				part, prop := entry.SplitPath(b.Path)
				def, _ := d.dict.Property(prop)
				if v := dr.Values[entry.InstancePath(b.Path, 2)]; part == a.Path && v != "" && (def.Type == pole.TypeName || prop == "description") && !strings.Contains(body, strings.ToLower(v)) {
					t.Errorf("%s: %s did not get %s of the second %s", f.ID, dl.System, prop, part)
				}
			}
		}
	}
}

func TestAnAttachmentIsPreviewedPrintedAndArrivesAsItWasTaken(t *testing.T) {
	d := signedIn(t)
	dr, _ := filled(t, d, "property")
	a, err := d.Attach(t.Context(), "knife.jpg", strings.NewReader("\xff\xd8\xff"+strings.Repeat("picture", 200000)))
	if err != nil {
		t.Fatal(err)
	}
	dr.Files = append(dr.Files, a)
	if dr, err = d.SaveDraft(t.Context(), dr); err != nil {
		t.Fatal(err)
	}
	notes := map[string]string{}
	for _, x := range d.Review(dr).Targets {
		notes[x.System] = x.Note
	}
	if notes["property"] != "" || notes["rms"] != "takes no attachments" {
		t.Errorf("notes %v", notes)
	}
	secrets := d.demo.Credentials()
	seen := map[string]string{}
	for _, r := range d.Requests(t.Context(), dr) {
		all := fmt.Sprint(r)
		for _, m := range secrets {
			for k, v := range m {
				if k != "username" && k != "client_id" && strings.Contains(all, v) {
					t.Errorf("the preview of %s shows a secret", r.System)
				}
			}
		}
		if r.Say != "" || r.Body == "" || r.Header["Authorization"] != "" {
			t.Errorf("%s: %q %v", r.System, r.Say, r.Header)
		}
		seen[r.System] = r.Body
	}
	if len(seen) != 3 || !strings.Contains(seen["property"], "knife.jpg, 1400003 bytes, SHA-256 "+a.SHA256) || strings.Contains(seen["property"], "picturepicture") {
		t.Errorf("%d previews; the store's: %.600s", len(seen), seen["property"])
	}
	dir := t.TempDir()
	for _, x := range []*entry.Draft{nil, &dr} {
		path, err := d.PrintFormTo(t.Context(), filepath.Join(dir, fmt.Sprintf("%t.pdf", x == nil)), "property", x, pole.Marking{})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(b), "%PDF") {
			t.Errorf("%s is no PDF: %v", path, err)
		}
	}
	for _, f := range d.Forms() { // every form can be put on paper
		var b strings.Builder
		if err := d.PrintForm(&b, f.ID, nil, pole.Marking{}); err != nil || b.Len() < 1000 {
			t.Errorf("%s: %v", f.ID, err)
		}
		if dir := os.Getenv("MUSTER_SHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "paper-"+f.ID+".pdf"), []byte(b.String()), 0o600); err != nil {
				t.Error(err)
			}
			b.Reset()
			x, _ := filled(t, d, f.ID)
			if err := d.PrintForm(&b, f.ID, &x, pole.Marking{}); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "paper-"+f.ID+"-filled.pdf"), []byte(b.String()), 0o600); err != nil {
				t.Error(err)
			}
		}
	}
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "delivered", func() bool {
		i := slices.IndexFunc(d.Outbox(), func(x entry.Item) bool { return x.ID == it.ID })
		return d.Outbox()[i].Done()
	})
	got := d.demo.Deliveries("property")
	if len(got) != 1 || len(got[0].Files) != 1 || got[0].Files[0].SHA256 != a.SHA256 || got[0].Files[0].Name != "knife.jpg" || got[0].Files[0].Type != "image/jpeg" {
		t.Errorf("arrived %+v", got)
	}
}

func TestFillingFromARecordSaysWhatItWouldReplace(t *testing.T) {
	d := signedIn(t)
	c, err := d.OpenCase(t.Context(), miller(t, find(t, d, "miller aaron 2011")).ID)
	if err != nil {
		t.Fatal(err)
	}
	dr, err := d.NewDraft(t.Context(), "arrest", nil)
	if err != nil {
		t.Fatal(err)
	}
	dr.Values["person.surname"] = "Doyle"
	left, did, err := d.FillFrom(dr, "person", c, false)
	if err != nil || did.Part != "person" || len(did.Differ) != 1 || did.Differ[0].Was != "Doyle" || left.Values["person.surname"] != "Doyle" || left.Values["person.dateOfBirth"] == "" || left.From["person.dateOfBirth"].ID == "" {
		t.Fatalf("%+v %v %v", did, left.Values, err)
	}
	over, _, err := d.FillFrom(dr, "person", c, true)
	if err != nil || !strings.EqualFold(over.Values["person.surname"], "miller") || over.From["person.surname"].ID == "" {
		t.Errorf("%v %v", over.Values, err)
	}
	if _, _, err := d.FillFrom(dr, "item", c, false); err == nil {
		t.Error("an item is filled from a person")
	}
	second, did, err := d.FillFrom(left, "witness#2", c, false)
	if err != nil || did.Part != "witness#2" || second.Values["witness#2.givenName"] == "" {
		t.Errorf("%+v %v", did, err)
	}
}
