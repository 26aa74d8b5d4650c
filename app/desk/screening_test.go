package desk

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

var lookingFor = plugins.Purpose{Code: "missing", Case: "24-10887"}

// everything is all that a desk gives of a case, as one text: the lists, the case, what is linked, every export.
func everything(t *testing.T, d *Desk, v EntityView) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	put := func(v any) {
		t.Helper()
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	put(v)
	put(v.Entity)
	put(d.PreviewCase(v.Entity, nil))
	c, err := d.OpenCase(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	put(c)
	put(c.Around)
	l, err := d.ReadLinked(t.Context(), c.Kind, []pole.Ref{c.Records[0].Ref}, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(l)
	if err := d.KeepCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	kept, err := d.OpenCopy(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	put(kept)
	dr, err := d.NewDraft(t.Context(), d.Forms()[0].ID, &c)
	if err != nil {
		t.Fatal(err)
	}
	put(dr)
	put(d.Preview(dr))
	for _, f := range []disclose.Format{disclose.JSON, disclose.CSV} {
		out, err := d.Disclose(t.Context(), Disclosure{Cases: []caseview.Case{c}, Format: f, To: t.TempDir(), Recipient: "CPS", Reason: "trial", Above: true})
		if err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(out.Path)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(src)
	}
	return b.String()
}

func TestARoleSeesNothingOfAPropertyThatIsHiddenFromIt(t *testing.T) {
	d := demoPoliced(t, "hide_properties: {Response: [dateOfBirth, age], '*': []}\nhide_systems: {Nobody: [rms]}\nmask_from: none\n", lookingFor)
	var v EntityView // fewer records are joined: what is hidden joins nothing either
	for _, x := range find(t, d, "Aaron Miller").entities {
		if strings.HasPrefix(x.Title, "MILLER, Aaron") && x.Records > v.Records {
			v = x
		}
	}
	all := everything(t, d, v)
	for _, word := range []string{"dateOfBirth", "2011-11-03", "03/11/2011"} {
		if i := strings.Index(all, word); i >= 0 {
			t.Errorf("%q is shown: …%s…", word, all[max(0, i-200):min(len(all), i+80)])
		}
	}
	if !strings.Contains(all, "surname") && !strings.Contains(all, "MILLER") {
		t.Error("all the rest is gone too")
	}
	err := d.Search(t.Context(), search.Request{Terms: []plugins.Term{{Property: "dateOfBirth", Value: d.dict.Normalise("dateOfBirth", "03/11/2011")}}}, func(SearchEvent) {})
	if err == nil || !strings.Contains(err.Error(), "your role does not see Date of birth") {
		t.Errorf("it can be searched by: %v", err)
	}
	if _, err := openPoliced(t, t.TempDir(), "hide_properties: {PCSO: [warning]}\n"); err == nil || !strings.Contains(err.Error(), "never hidden") {
		t.Errorf("warning signals can be hidden: %v", err)
	}
	if _, err := openPoliced(t, t.TempDir(), "hide_properties: {PCSO: [birthdate]}\n"); err == nil || !strings.Contains(err.Error(), "birthdate") {
		t.Errorf("got %v", err)
	}
}

func TestARoleSeesNothingOfASystemThatIsHiddenFromIt(t *testing.T) {
	d := demoPoliced(t, "hide_systems: {'*': [intel, anpr]}\nmask_from: none\n", lookingFor)
	r := find(t, d, "Aaron Miller")
	if a := r.answers["intel"]; a.State != search.NotSearched || !strings.Contains(a.Say, "Your role may not use") {
		t.Errorf("%+v", a)
	}
	all := everything(t, d, miller(t, r))
	for _, word := range []string{`"system":"intel","type"`, `"System":"intel"`, "intel/", `"systems":["intel`} {
		if i := strings.Index(all, word); i >= 0 {
			t.Errorf("%q is shown: …%s…", word, all[max(0, i-200):min(len(all), i+80)])
		}
	}
	if _, err := d.Fetch(t.Context(), pole.Ref{System: "intel", Type: "subject", ID: "1"}); plugins.KindOf(err) != plugins.Denied {
		t.Errorf("got %v", err)
	}
	i := slices.IndexFunc(d.Systems(), func(s SystemStatus) bool { return s.ID == "intel" })
	if s := d.Systems()[i]; !strings.Contains(s.Say, "role") || len(s.Needs) > 0 {
		t.Errorf("%+v", s)
	}
	// A copy that was kept before the role changed stays hidden.
	s, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	rec := pole.Record{Ref: pole.Ref{System: "intel", Type: "subject", ID: "9"}, Kind: "person", Read: d.now(), Facts: []pole.Fact{{Property: "surname", Value: d.dict.Normalise("surname", "ZEBEDEE")}}}
	if err := s.store.PutRecords(d.now(), rec); err != nil {
		t.Fatal(err)
	}
	if r := find(t, d, "Zebedee"); r.records > 0 {
		t.Errorf("a kept copy of a hidden system is found: %v", titles(r))
	}
}

func TestWhatIsMarkedHighIsMaskedUntilItIsOpened(t *testing.T) {
	d := demoPoliced(t, "mask_from: OFFICIAL-SENSITIVE\n", lookingFor)
	r := find(t, d, "Aaron Miller")
	var masked EntityView
	for _, v := range r.entities {
		if v.Masked != "" {
			masked = v
		}
	}
	if masked.ID == "" {
		t.Fatalf("nothing is masked: %v", titles(r))
	}
	for _, rec := range masked.Entity.Records {
		for _, f := range rec.Facts {
			if def, _ := d.dict.Property(f.Property); d.masks(rec) && !def.Danger {
				t.Errorf("%s of a masked record is shown", f.Property)
			}
		}
	}
	if strings.Contains(masked.Title, "MILLER") || masked.Masked != "OFFICIAL-SENSITIVE" {
		t.Errorf("%+v", masked)
	}
	c, err := d.OpenCase(t.Context(), masked.ID)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Records, func(r pole.Record) bool { return r.Ref == masked.Entity.Records[0].Ref })
	if i < 0 || len(c.Records[i].Facts) < 3 || c.Marking.Classification != "OFFICIAL-SENSITIVE" {
		t.Fatalf("opened, and it is still masked: %+v", c.Records)
	}
	records, err := d.Audit(0, 50)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(records, func(r audit.Record) bool {
		return slices.ContainsFunc(r.Fields, func(f string) bool { return strings.Contains(f, "unmasked "+masked.Entity.Records[0].String()) }) && r.Classification == "OFFICIAL-SENSITIVE"
	}) {
		t.Errorf("opening it is not recorded: %+v", records[:3])
	}
	// What was read is kept whole, sealed, and masked again for the next session.
	files, _ := filepath.Glob(filepath.Join(d.Folder(), "officers", "*.db"))
	if len(files) != 1 {
		t.Errorf("%v", files)
	}
}
