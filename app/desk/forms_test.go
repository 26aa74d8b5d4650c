package desk

import (
	"fmt"
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
		}
	}
}
