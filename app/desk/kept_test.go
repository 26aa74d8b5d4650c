package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
)

// settled waits until what goes on behind the calls is done.
func settled(t testing.TB, d *Desk) {
	t.Helper()
	s, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	s.later(func(context.Context) { close(done) })
	<-done
}

func open(t testing.TB, d *Desk, id string) caseview.Case {
	t.Helper()
	c, err := d.OpenCase(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A case is kept, named, noted on, grown and shrunk; it opens from its sealed copy when no system answers; what is let go is gone,
// and notes are not.
func TestKeepingACase(t *testing.T) {
	d := signedIn(t)
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	if err := d.KeepCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := d.NameCase(t.Context(), c.ID, "  Operation   Alder "); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Mother rang at 09:10.", "Seen at the bus station."} {
		if _, err := d.NoteCase(t.Context(), c.ID, text); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.NoteCase(t.Context(), c.ID, " \n"); err == nil {
		t.Error("an empty note is taken")
	}
	i := slices.IndexFunc(c.Linked, func(l caseview.Linked) bool { return l.Entity != "" && l.Class == pole.ClassPerson })
	if i < 0 {
		t.Fatalf("nobody is linked: %v", c.Linked)
	}
	other := open(t, d, c.Linked[i].Refs[0].String())
	if err := d.AddToCase(t.Context(), c.ID, other); err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	kept := d.KeptCases()
	if len(kept) != 1 || kept[0].Called() != "Operation Alder" || len(kept[0].Entities) != 2 || kept[0].Notes != 2 || !kept[0].Holds(other) || kept[0].Entities[1].Title != other.Title {
		t.Fatalf("%+v", kept)
	}
	notes, err := d.CaseNotes(t.Context(), c.ID)
	if err != nil || len(notes) != 2 || notes[0].Text != "Mother rang at 09:10." || !strings.Contains(notes[0].By, "Okafor") || notes[0].At.IsZero() {
		t.Errorf("%+v %v", notes, err)
	}
	rs, err := d.Audit(0, 200)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(rs, func(r audit.Record) bool {
		return r.Operation == audit.Alteration && slices.Contains(r.Fields, "sha256 "+digest(notes[1])) && !strings.Contains(strings.Join(r.Fields, " "), "bus")
	}) {
		t.Error("the log does not hold the digest of a note, and nothing of its words")
	}

	// Every system is down: the copy opens, and says how old it is; the fresh reading falls back on it and says so.
	for _, sys := range d.Systems() {
		fault(t, d, sys.ID, demoforce.Fault{Kind: "down"})
	}
	for _, id := range []string{c.ID, other.ID} {
		copied, err := d.OpenCopy(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if copied.Copy.IsZero() || copied.Title == "" || len(copied.Old) < len(copied.Records) {
			t.Errorf("%s: a copy of %v, %d of %d old", copied.Title, copied.Copy, len(copied.Old), len(copied.Records))
		}
	}
	copied, _ := d.OpenCopy(t.Context(), c.ID)
	a, _ := json.Marshal([]any{c.Agreed[0].Values[0].Display, len(c.Records), len(c.Linked), len(c.Timeline), len(c.Warnings)})
	b, _ := json.Marshal([]any{copied.Agreed[0].Values[0].Display, len(copied.Records), len(copied.Linked), len(copied.Timeline), len(copied.Warnings)})
	if !bytes.Equal(a, b) {
		t.Errorf("the copy is not what was read: %s, not %s", b, a)
	}
	if rs, _ = d.Audit(0, 5); !slices.ContainsFunc(rs, func(r audit.Record) bool { return r.Operation == audit.Consultation && r.Offline }) {
		t.Error("opening a copy is not accounted for")
	}

	if err := d.RemoveFromCase(t.Context(), c.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.OpenCopy(t.Context(), other.ID); err == nil {
		t.Error("the copy of what was taken out is still there")
	}
	if err := d.RemoveFromCase(t.Context(), c.ID, c.ID); !errors.Is(err, ErrLastOne) {
		t.Errorf("the last one was taken out: %v", err)
	}
	if err := d.DropCase(t.Context(), c.ID); err != nil || len(d.KeptCases()) != 0 {
		t.Errorf("%v, %d kept", err, len(d.KeptCases()))
	}
	if _, err := d.OpenCopy(t.Context(), c.ID); err == nil {
		t.Error("the copy of a case that was let go is still there")
	}
	if notes, _ := d.CaseNotes(t.Context(), c.ID); len(notes) != 2 {
		t.Errorf("notes vanished with the case: %d left", len(notes))
	}
}

// A case that an earlier version kept is read as it is.
func TestKeptByAnEarlierVersion(t *testing.T) {
	d := signedIn(t)
	s, _ := d.current()
	if err := s.kept.Put("rms//1", KeptCase{ID: "rms//1", Title: "MILLER", Refs: []pole.Ref{{System: "rms", ID: "1"}}, Opened: d.now()}); err != nil {
		t.Fatal(err)
	}
	if k := d.KeptCases(); len(k) != 1 || len(k[0].Entities) != 1 || k[0].Entities[0].Title != "MILLER" || k[0].Called() != "MILLER" {
		t.Errorf("%+v", k)
	}
	if refs := d.keptRefs(s, "rms//1"); len(refs) != 1 {
		t.Errorf("%v", refs)
	}
}

// A disclosure is in the log, durable, before a byte is written; the file is whole, the officer's alone, and never replaces one.
func TestDisclosure(t *testing.T) {
	d := signedIn(t)
	fault(t, d, "custody", demoforce.Fault{Kind: "down"})
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	if err := d.KeepCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	good := Disclosure{Cases: []caseview.Case{c}, Case: c.ID, Format: disclose.PDF, To: dir, Recipient: "Leeds Crown\nCourt", Kind: "force", Reason: "Bail hearing", Above: true}
	logged := func() (n int, last audit.Record) {
		rs, err := d.Audit(0, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range slices.Backward(rs) {
			if r.Operation == audit.Disclosure {
				n, last = n+1, r
			}
		}
		return n, last
	}
	for name, change := range map[string]func(*Disclosure){
		"no recipient": func(x *Disclosure) { x.Recipient = " " }, "no reason": func(x *Disclosure) { x.Reason = "" },
		"no such kind": func(x *Disclosure) { x.Kind = "press" }, "no such format": func(x *Disclosure) { x.Format = "docx" },
		"no such folder": func(x *Disclosure) { x.To = filepath.Join(dir, "none", "x.pdf") }, "nothing": func(x *Disclosure) { x.Cases = nil },
		"above": func(x *Disclosure) { x.Kind, x.Above = "subject", false; x.Cases[0].Marking.Classification = "SECRET" },
	} {
		bad := good
		bad.Cases = slices.Clone(good.Cases)
		change(&bad)
		if _, err := d.Disclose(t.Context(), bad); err == nil || (name == "above") != errors.Is(err, ErrAbove) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, _ := logged(); n != 0 {
		t.Errorf("%d disclosures are logged that were refused", n)
	}
	for _, f := range disclose.Formats() {
		in := good
		in.Format = f
		got, err := d.Disclose(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(got.Path)
		if err != nil || st.Size() != got.Bytes || st.Mode().Perm() != 0o600 || strings.Contains(strings.ToLower(got.Path), "miller") {
			t.Errorf("%s: %v %v", got.Path, st, err)
		}
		_, r := logged()
		if r.Seq != got.Audit || r.Recipient != "Leeds Crown Court (Police force)" || r.Reason != "Bail hearing" || !strings.Contains(r.Basis, "section 35") || r.Purpose.Code != "missing" || r.Ref == "" || r.Classification == "" {
			t.Errorf("%+v", r)
		}
		in.To = got.Path
		if _, err := d.Disclose(t.Context(), in); err == nil || !strings.Contains(err.Error(), "exists already") {
			t.Errorf("a file was replaced: %v", err)
		}
		body, _ := os.ReadFile(got.Path)
		if f != disclose.PDF && !bytes.Contains(body, []byte("NOT SEARCHED")) {
			t.Errorf("%s: the system that was down is not named as not searched", f)
		}
		if f == disclose.PDF {
			if _, err := exec.LookPath("pdftotext"); err == nil {
				out, err := exec.Command("pdftotext", "-layout", got.Path, "-").Output()
				if err != nil || !bytes.Contains(out, []byte("NOT COMPLETE")) || !bytes.Contains(out, []byte("Leeds Crown Court (Police force)")) {
					t.Errorf("%v\n%s", err, out)
				}
			}
			if shots := os.Getenv("MUSTER_SHOTS"); shots != "" {
				_ = exec.Command("pdftoppm", "-r", "70", "-png", got.Path, filepath.Join(shots, "demo-pack")).Run()
			}
		}
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 3 {
		t.Errorf("%d files are left, not 3", len(left))
	}
	if v, err := d.VerifyAudit(t.Context()); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
}

// What fails midway leaves no file behind.
func TestHalfAFileIsNone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pdf")
	if _, err := writeWhole(path, func(f *os.File) error {
		_, _ = f.WriteString("half")
		return errors.New("the disk is full")
	}); err == nil {
		t.Error("half a file is said to be written")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// The log cannot be written: nothing leaves.
func TestNoDisclosureWithoutItsRecord(t *testing.T) {
	d := signedIn(t)
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	settled(t, d)
	s, _ := d.current()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := d.Disclose(t.Context(), Disclosure{Cases: []caseview.Case{c}, Format: disclose.CSV, To: dir, Recipient: "x", Reason: "y", Above: true}); err == nil {
		t.Error("a disclosure that could not be recorded was made")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v was written", left)
	}
}
