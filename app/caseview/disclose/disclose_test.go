package disclose

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/app/match"
	"muster/assets"
	"muster/plugins/pole"

	"pgregory.net/rapid"
)

var at = time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rec(d *pole.Dictionary, ref string, kind pole.Kind, facts string) pole.Record {
	system, id, _ := strings.Cut(ref, "/")
	r := pole.Record{Ref: pole.Ref{System: system, Type: string(kind), ID: id}, Kind: kind, Read: at, Updated: at.AddDate(0, -1, 0)}
	for f := range strings.SplitSeq(facts, "|") {
		name, v, _ := strings.Cut(strings.TrimSpace(f), " ")
		r.Facts = append(r.Facts, pole.Fact{Property: pole.Property(name), Value: d.Normalise(pole.Property(name), v), Path: ".data." + name})
	}
	return r
}

// pack is a disclosure of one boy, of whom three systems know, one was down, and one has no trace.
func pack(d *pole.Dictionary) Pack {
	rms := rec(d, "rms/1", "person", "surname MILLER|givenName Aaron|middleName James|dateOfBirth 03/11/2011|pncId 2014/0120018R|buildingNumber 12|thoroughfareName Alder Rise|postTown Leeds|postcode LS8 2QX|warning SH|telephone 07700 900412|alias =HYPERLINK(\"http://example.org\")")
	cad := rec(d, "cad/2", "person", "surname Miller|givenName Aaron|dateOfBirth 2011-11-03|warning MISSING since 24/11 07:40|telephone +44 7700 900999")
	cus := rec(d, "custody/3", "person", "surname Miller|givenName Aaron|dateOfBirth 11/03/2011|alias عزيز")
	cus.Marking = pole.Marking{Classification: "OFFICIAL-SENSITIVE", Handling: []string{"C"}}
	rms.Links = []pole.Link{{Role: "victim", From: rms.Ref, To: pole.Ref{System: "rms", Type: "crime", ID: "E1"}, Kind: "crime"}}
	crime := rec(d, "rms/E1", "crime", "reference 24-10887|offence Robbery|startDateTime 2026-06-02T18:31:00+01:00")
	c := caseview.Build(d, caseview.Input{
		Entity: match.Entity{ID: "rms//1", Kind: "person", Records: []pole.Record{rms, cad, cus}},
		Around: []match.Entity{{ID: "rms/crime/E1", Kind: "crime", Records: []pole.Record{crime}}},
		Old:    map[string]bool{cus.String(): true},
		Gaps:   []caseview.Gap{{System: "custody", Say: "It did not answer in time.", Refs: []pole.Ref{cus.Ref}}},
		Asked: []caseview.Asked{{System: "rms", State: caseview.AskedFound, At: at}, {System: "cad", State: caseview.AskedFound, At: at},
			{System: "custody", State: caseview.AskedNot, Say: "It did not answer in time.", At: at}, {System: "veh", State: caseview.AskedNone, At: at}},
		Names: map[string]string{"rms": "Records"},
	})
	return Pack{
		Reference: "3f0c2b6e", Audit: 4711, Force: "Northmoor Police", Officer: "Okafor, PC 2214", Recipient: "Leeds Crown Court", Kind: "A court",
		Reason: "Bail hearing of 25/11/2026", Basis: "Data Protection Act 2018, section 35(2)(b)", Purpose: "Missing person · 24-10887", At: at, Version: "1.0",
		Name: "Operation Alder", Cases: []caseview.Case{c},
		Notes:   []Note{{At: at, By: "Okafor, PC 2214", Text: "Mother rang at 09:10.", Number: 1}},
		Systems: []System{{"rms", "Records (Fieldnote)", "RMS"}, {"cad", "Command and control", "CAD"}, {"custody", "Custody (Sentinel)", "CUS"}, {"veh", "Vehicles", "VEH"}, {"intel", "Intelligence", "INT"}},
	}
}

func write(t testing.TB, f Format, d *pole.Dictionary, p Pack) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, d, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read has a real reader read the PDF, page by page.
func read(t testing.TB, pdf []byte) (pages []string) {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftotext is not installed: packaging/dev/setup.sh test installs poppler-utils")
		}
		t.Skip("pdftotext is not installed (poppler-utils)")
	}
	path := filepath.Join(t.TempDir(), "pack.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("Syntax")) {
		t.Fatalf("%v\n%s", err, out)
	}
	if dir := os.Getenv("MUSTER_SHOTS"); dir != "" {
		if out, err := exec.Command("pdftoppm", "-r", "70", "-png", path, filepath.Join(dir, "pack-"+strings.ReplaceAll(t.Name(), "/", "-"))).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
}

func TestPDF(t *testing.T) {
	d := dictionary(t)
	pages := read(t, write(t, PDF, d, pack(d)))
	for i, page := range pages {
		if strings.Count(page, "OFFICIAL-SENSITIVE · handling C") < 2 {
			t.Errorf("page %d does not bear its marking above and below", i+1)
		}
		if want := fmt.Sprintf("Page %d of %d", i+1, len(pages)); !strings.Contains(page, want) {
			t.Errorf("page %d does not say %q", i+1, want)
		}
	}
	text := squeeze(strings.Join(pages, "\n"))
	for _, want := range []string{
		"Disclosed to Leeds Crown Court (A court)", "Reason Bail hearing of 25/11/2026", "Lawful basis Data Protection Act 2018, section 35(2)(b)",
		"Disclosed by Okafor, PC 2214, Northmoor Police", "When 24/11/2026 14:05:00 (London)", "audit record 4711, pack 3f0c2b6e",
		"NOT COMPLETE.", "Custody (Sentinel): 1 record of the subject. 1 of them from a stored copy", "NOT SEARCHED: It did not answer in time.",
		"Intelligence NOT SEARCHED for this case", "Vehicles searched 24/11/2026 14:05:00: no trace",
		"MILLER, Aaron James", "DANGER MISSING [3] “MISSING since 24/11 07:40”", "03/11/2011 [2, 3]", "≠ 11/03/2011 [4] day and month swapped",
		"The first stands first because:", "as victim Robbery 24-10887 [2]", "Mother rang at 09:10.",
		"[2] Records (Fieldnote) Person 1", "read 24/11/2026 14:05:00 · last changed there 24/10/2026", "STORED COPY",
		"4 characters of what the sources say cannot be shown",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the pack does not say %q", want)
		}
	}
	if strings.Contains(text, "Intelligence searched") {
		t.Error("what was not searched looks like no trace")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// A large pack: every number that a fact cites is in the list of sources, no word is lost, and pages turn.
func TestLargePDF(t *testing.T) {
	d := dictionary(t)
	p := pack(d)
	var rs []pole.Record
	for i := range 150 {
		rs = append(rs, rec(d, fmt.Sprintf("rms/%d", i), "person", fmt.Sprintf("surname Miller|givenName Aaron|dateOfBirth 03/11/2011|telephone 07700 %06d|alias %s", 900000+i, strings.Repeat("Azza", 1+i%40))))
	}
	p.Cases = append(p.Cases, caseview.Build(d, caseview.Input{Entity: match.Entity{ID: "x", Kind: "person", Records: rs}}))
	pages := read(t, write(t, PDF, d, p))
	if len(pages) < 8 {
		t.Errorf("%d pages only", len(pages))
	}
	text := squeeze(strings.Join(pages, " "))
	doc := newDocument(d, p)
	n := len(doc.sources)
	for _, m := range regexp.MustCompile(`\[([0-9, –]+)\]`).FindAllStringSubmatch(text, -1) {
		for _, x := range regexp.MustCompile(`[0-9]+`).FindAllString(m[1], -1) {
			if i, _ := strconv.Atoi(x); i < 1 || i > n {
				t.Errorf("source %s is cited, and there are %d", x, n)
			}
		}
	}
	for i := range 150 {
		if want := fmt.Sprintf("07700 %06d", 900000+i); !strings.Contains(text, want) {
			t.Errorf("%s is lost", want)
		}
	}
	if !strings.Contains(text, fmt.Sprintf("Page %d of %d", len(pages), len(pages))) {
		t.Error("the last page does not say that it is the last")
	}
}

func TestJSON(t *testing.T) {
	d := dictionary(t)
	var got map[string]any
	if err := json.Unmarshal(write(t, JSON, d, pack(d)), &got); err != nil {
		t.Fatal(err)
	}
	e := got["muster:entities"].([]any)[0].(map[string]any)
	if e["@type"] != "nc:Person" {
		t.Errorf("a person is %v", e["@type"])
	}
	born := e["nc:PersonBirthDate"].([]any)[0].(map[string]any)
	values := born["muster:values"].([]any)
	if len(values) != 2 || values[0].(map[string]any)["muster:value"] != "2011-11-03" || born["muster:disagree"] != true {
		t.Errorf("%v", born)
	}
	said := values[1].(map[string]any)["muster:sources"].([]any)[0].(map[string]any)
	source := got["muster:sources"].([]any)[int(said["muster:source"].(float64))-1].(map[string]any)
	if said["muster:said"] != "11/03/2011" || source["muster:system"] != "custody" || source["muster:storedCopy"] != true {
		t.Errorf("%v of %v", said, source)
	}
	dis := got["muster:disclosure"].(map[string]any)
	if dis["muster:recipient"] != "Leeds Crown Court" || dis["muster:reason"] != "Bail hearing of 25/11/2026" {
		t.Errorf("%v", dis)
	}
	loud := 0
	for _, x := range e["muster:searched"].([]any) {
		if m := x.(map[string]any); m["muster:complete"] == false {
			loud++
		}
	}
	if loud != 2 {
		t.Errorf("%d systems are said to have been searched in part or not at all, not 2", loud)
	}
}

func TestCSV(t *testing.T) {
	d := dictionary(t)
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(write(t, CSV, d, pack(d)), []byte("\uFEFF")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := func(name string) int { return slices.Index(rows[0], name) }
	var dates, gaps int
	for _, r := range rows[1:] {
		if len(r) != len(rows[0]) || r[0] != "OFFICIAL-SENSITIVE · handling C" || r[col("Disclosed to")] != "Leeds Crown Court" {
			t.Errorf("%q", r)
		}
		for _, cell := range r {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
		if r[col("NIEM name")] == "nc:PersonBirthDate" {
			dates++
			if r[col("System")] == "Custody (Sentinel)" && (r[col("As the source said it")] != "11/03/2011" || r[col("Stored copy")] != "yes" || !strings.HasPrefix(r[col("Standing")], "differs")) {
				t.Errorf("%q", r)
			}
		}
		if r[col("Section")] == "Gap" {
			gaps++
		}
	}
	if dates != 3 || gaps != 2 {
		t.Errorf("%d statements of the date of birth, %d gaps", dates, gaps)
	}
}

func TestNoDisclosureWithoutRecipientAndReason(t *testing.T) {
	d := dictionary(t)
	for _, f := range Formats() {
		for _, change := range []func(*Pack){func(p *Pack) { p.Recipient = " " }, func(p *Pack) { p.Reason = "" }, func(p *Pack) { p.Cases = nil }} {
			p := pack(d)
			change(&p)
			var b bytes.Buffer
			if err := Write(&b, f, d, p); err == nil || b.Len() > 0 {
				t.Errorf("%s: %d bytes were written", f, b.Len())
			}
		}
	}
}

// Whatever a source says, a pack is a whole document, and no spreadsheet runs any of it.
func TestAnythingASourceMaySay(t *testing.T) {
	d := dictionary(t)
	rapid.Check(t, func(t *rapid.T) {
		p := pack(d)
		p.Cases[0].Agreed[0].Values[0].Display = rapid.String().Draw(t, "value")
		p.Cases[0].Title = rapid.String().Draw(t, "title")
		p.Notes[0].Text = rapid.StringN(0, 300, -1).Draw(t, "note")
		for _, f := range Formats() {
			var b bytes.Buffer
			if err := Write(&b, f, d, p); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			switch f {
			case PDF:
				if !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) || !bytes.Contains(b.Bytes()[b.Len()-32:], []byte("%%EOF")) {
					t.Fatal("no whole PDF")
				}
			case JSON:
				if !json.Valid(b.Bytes()) {
					t.Fatal("no JSON")
				}
			case CSV:
				rows, err := csv.NewReader(bytes.NewReader(b.Bytes()[3:])).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					for _, c := range r {
						if c = strings.TrimLeft(c, " "); c != "" && strings.ContainsAny(c[:1], "=+-@\t\r") {
							t.Fatalf("a spreadsheet would run %q", c)
						}
					}
				}
			}
		}
	})
}
