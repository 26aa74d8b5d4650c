package desk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/match"
	"muster/app/policy"
	"muster/plugins"
)

// TestTheLogHoldsEverythingThatTheLawAsksFor does once each thing that an officer can do, and holds what the log says of it
// against the list of section 62 and of the force: every field, and for each operation the fields that it cannot be without.
func TestTheLogHoldsEverythingThatTheLawAsksFor(t *testing.T) {
	d := openDemo(t, t.TempDir(), "okafor")
	ctx := t.Context()
	if err := d.SignInBrowser(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887", Text: "asked by control", Requesting: "PC 77 Hale"}); err != nil {
		t.Fatal(err)
	}
	_, pair, _ := doubt(t, d)
	j, err := d.Judge(ctx, pair.A, pair.B, match.Same, "one photograph")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.UndoJudgement(ctx, j.ID, "another scar"); err != nil {
		t.Fatal(err)
	}
	dr := incident(t, d)
	it, err := d.Send(ctx, dr)
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "delivered", func() bool { return d.Outbox()[0].ID == it.ID && d.Outbox()[0].Done() })
	c, err := d.OpenCase(ctx, miller(t, find(t, d, "miller aaron 2011")).ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Disclose(ctx, Disclosure{Cases: []caseview.Case{c}, Format: disclose.JSON, To: t.TempDir(), Recipient: "Children's services", Reason: "safeguarding", Above: true}); err != nil {
		t.Fatal(err)
	}
	spare, err := d.NewDraft(ctx, "incident", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteDraft(ctx, spare.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ExportAudit(ctx, "Professional Standards", AuditJSONL, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if err := d.SetUnlock(ctx, passphrase); err != nil {
		t.Fatal(err)
	}
	d.Lock()
	if err := d.Unlock(ctx, "not the passphrase"); err == nil {
		t.Fatal("unlocked with a wrong passphrase")
	}
	if err := d.Unlock(ctx, passphrase); err != nil {
		t.Fatal(err)
	}
	var all []audit.Record
	waitUntil(t, "the failed unlock is in the log", func() bool {
		if all, err = d.Audit(0, 2000); err != nil {
			t.Fatal(err)
		}
		return all[0].Operation == audit.Failed
	})

	type has = func(audit.Record) bool
	always := map[string]has{
		"sequence number":        func(r audit.Record) bool { return r.Seq > 0 },
		"hash of the one before": func(r audit.Record) bool { return len(r.Prev) == 64 },
		"UTC time":               func(r audit.Record) bool { return !r.Time.IsZero() && r.Time.Location().String() == "UTC" },
		"operation":              func(r audit.Record) bool { return r.Operation != "" },
		"user id":                func(r audit.Record) bool { return r.Officer != "" },
		"collar number":          func(r audit.Record) bool { return r.Collar == "2214" },
		"role":                   func(r audit.Record) bool { return r.Role != "" },
		"force":                  func(r audit.Record) bool { return r.Force != "" },
		"workstation":            func(r audit.Record) bool { return r.Workstation != "" },
		"session":                func(r audit.Record) bool { return r.Session != "" },
		"classification":         func(r audit.Record) bool { return r.Classification != "" },
		"correlation id":         func(r audit.Record) bool { return r.Correlation != "" },
	}
	system := has(func(r audit.Record) bool { return r.System != "" && r.Plugin != "" && r.PluginVersion != "" })
	record := has(func(r audit.Record) bool { return r.Ref != "" })
	why := has(func(r audit.Record) bool { return r.Purpose.Code == "missing" && r.Purpose.Case == "24-10887" })
	must := map[audit.Operation]map[string]has{
		audit.Consultation: {"justification": why, "query terms or record": func(r audit.Record) bool {
			return len(r.Terms) > 0 || r.Ref != "" || r.Purpose.Code == "live-queue" || r.Terms == nil
		},
			"system": func(r audit.Record) bool { return r.System != "" }},
		audit.Combination: {"records": record, "justification": why},
		audit.Collection:  {"record": record, "fields": func(r audit.Record) bool { return len(r.Fields) > 3 }, "type": func(r audit.Record) bool { return r.Kind != "" }, "justification": why},
		audit.Alteration:  {"record": record, "system and plugin version": system, "captured": func(r audit.Record) bool { return !r.Captured.IsZero() }, "sent": func(r audit.Record) bool { return !r.Sent.Before(r.Captured) && !r.Sent.IsZero() }, "justification": why},
		audit.Disclosure: {"records": record, "recipient": func(r audit.Record) bool { return strings.Contains(r.Recipient, "Children's services") }, "reason": func(r audit.Record) bool { return r.Reason == "safeguarding" },
			"lawful basis": func(r audit.Record) bool { return r.Basis != "" }, "fields": func(r audit.Record) bool { return len(r.Fields) > 3 }, "justification": why},
		audit.Erasure:    {"what": record, "justification": why},
		audit.Merge:      {"records": record, "reason": func(r audit.Record) bool { return r.Terms["reason"] == "one photograph" }},
		audit.Unmerge:    {"records": record, "reason": func(r audit.Record) bool { return r.Terms["reason"] == "another scar" }},
		audit.Export:     {"recipient": func(r audit.Record) bool { return r.Recipient == "Professional Standards" }},
		audit.SignIn:     {},
		audit.Failed:     {"how often": func(r audit.Record) bool { return r.Count == 1 }, "why": func(r audit.Record) bool { return r.Error == "wrong passphrase" }},
		audit.Outcome:    {"of which": func(r audit.Record) bool { return r.Of > 0 && r.Of < r.Seq }},
		audit.Checkpoint: {"signature": func(r audit.Record) bool { return r.Signed != nil && r.Signed.Sig != "" }},
	}
	seen := map[audit.Operation]int{}
	once := map[string]bool{}
	for _, r := range all {
		seen[r.Operation]++
		live := r.Purpose.Code == "live-queue"
		for name, ok := range always {
			if !ok(r) {
				t.Errorf("record %d (%s) is without %s: %+v", r.Seq, r.Operation, name, r)
			}
		}
		for name, ok := range must[r.Operation] {
			if !ok(r) && !(live && name == "justification") {
				t.Errorf("record %d (%s) is without %s: %+v", r.Seq, r.Operation, name, r)
			}
		}
		if must[r.Operation] == nil {
			t.Errorf("record %d: nobody decided what %q must hold", r.Seq, r.Operation)
		}
		for name, ok := range map[string]bool{
			"query terms": r.Operation == audit.Consultation && strings.EqualFold(r.Terms["text"], "miller aaron 2011"), "requesting officer": r.Purpose.Requesting == "PC 77 Hale", "reason text": r.Purpose.Text == "asked by control",
			"fields returned": r.Operation == audit.Outcome && r.System == "rms" && len(r.Fields) > 3 && r.Count > 0, "records returned": r.Operation == audit.Outcome && strings.Contains(r.Ref, "rms/person/"),
			"result count": r.Count > 1, "a marking above the lowest": r.Operation == audit.Outcome && r.Classification != d.dict.DefaultMarking().Classification,
		} {
			once[name] = once[name] || ok
		}
	}
	for op := range must {
		if seen[op] == 0 {
			t.Errorf("nothing in the log is %q", op)
		}
	}
	for _, name := range []string{"query terms", "requesting officer", "reason text", "fields returned", "records returned", "result count", "a marking above the lowest"} {
		if !once[name] {
			t.Errorf("no record holds %s", name)
		}
	}
}

func TestAnExportIsProvedElsewhereAndATableRunsNothing(t *testing.T) {
	d := localDesk(t, Options{Profile: t.TempDir(), Policy: noPolicy("say")})
	if err := d.SetPurpose(plugins.Purpose{Code: "training", Text: "=HYPERLINK(\"http://evil.example\")"}); err != nil {
		t.Fatal(err)
	}
	key, err := d.AuditKey()
	if err != nil {
		t.Fatal(err)
	}
	var file, table bytes.Buffer
	n, err := d.ExportAudit(t.Context(), "Professional Standards", AuditJSONL, &file)
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	if v, err := audit.VerifyFile(t.Context(), bytes.NewReader(file.Bytes()), key); err != nil || !v.OK || v.Records != 3 {
		t.Errorf("%+v %v", v, err)
	}
	if v, err := audit.VerifyFile(t.Context(), bytes.NewReader(bytes.Replace(file.Bytes(), []byte("sign-in"), []byte("sign-up"), 1)), key); err != nil || v.OK || v.BadSeq != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := d.ExportAudit(t.Context(), "x", AuditCSV, &table); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != 6 {
		t.Fatal(len(rows), err)
	}
	text := 0
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
			if strings.HasPrefix(cell, "'=HYPERLINK") {
				text++
			}
		}
	}
	if text == 0 {
		t.Error("the reason that looks like a formula is not in the table")
	}
	if _, err := d.ExportAudit(t.Context(), "x", "pdf", &table); err == nil {
		t.Error("a format that does not exist was written")
	}
}

func TestForwardingWaitsForItsCollector(t *testing.T) {
	p := policy.Default()
	p.AuditForward = policy.Setting[string]{Value: "127.0.0.1:1", Managed: true}
	d := localDesk(t, Options{Profile: t.TempDir(), Policy: &p})
	last, err := d.ForwardAudit(t.Context())
	if err == nil || last != 0 || !strings.Contains(err.Error(), "kept and sent again") {
		t.Fatal(last, err)
	}
	found := false
	for _, f := range d.Doctor(t.Context()) {
		found = found || f.Check == "audit forwarding" && !f.OK && f.Cure != ""
	}
	if !found {
		t.Error("the doctor does not say that the collector does not answer")
	}
	bad := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{bad, bad + ".missing"} {
		with := p
		with.AuditAuthority = policy.Setting[string]{Value: f, Managed: true}
		d := localDesk(t, Options{Profile: t.TempDir(), Policy: &with})
		if _, err := d.ForwardAudit(t.Context()); err == nil || !strings.Contains(err.Error(), "ask IT") {
			t.Error(err)
		}
	}
	without := policy.Default()
	d = localDesk(t, Options{Profile: t.TempDir(), Policy: &without})
	if _, err := d.ForwardAudit(t.Context()); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
