package vm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/desk"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/app/match"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/pole"
	"muster/ui/i18n"
)

type caseDesk struct {
	no      map[disclose.Format]bool // formats that policy forbids
	judged  []desk.JudgementView
	mu      sync.Mutex
	cases   map[string]caseview.Case
	kept    []desk.KeptCase
	err     error
	fetched []pole.Ref

	notes     []desk.CaseNote
	disclosed []desk.Disclosure
	refused   error
}

func (d *caseDesk) OpenCase(_ context.Context, id string) (caseview.Case, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return caseview.Case{}, d.err
	}
	return d.cases[id], nil
}

func (d *caseDesk) Fetch(_ context.Context, ref pole.Ref) (pole.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fetched = append(d.fetched, ref)
	return pole.Record{Ref: ref, Raw: &pole.Raw{ContentType: "application/json", Body: []byte(`{"a":{"b":1}}`)}}, nil
}

func (d *caseDesk) KeepCase(_ context.Context, c caseview.Case) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = append(d.kept, desk.KeptCase{ID: c.ID, Title: c.Title})
	return nil
}

func (d *caseDesk) DropCase(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = slices.DeleteFunc(d.kept, func(k desk.KeptCase) bool { return k.ID == id })
	return nil
}

func (d *caseDesk) KeptCases() []desk.KeptCase {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.kept)
}
func (d *caseDesk) Systems() []desk.SystemStatus { return fourSystems() }
func (d *caseDesk) Judgements() ([]desk.JudgementView, error) {
	return d.judged, nil
}

func TestCaseOpensKeepsAndSaysWho(t *testing.T) {
	q, c := newQueue(), newClock()
	a, b := rec("rms", "1"), rec("custody", "2")
	b.Read = c.Now().Add(-11 * time.Minute)
	d := &caseDesk{cases: map[string]caseview.Case{"x": {
		ID: "x", Title: "MILLER, Aaron", Detail: "15 · 03/11/2011", Read: b.Read, Records: []pole.Record{a, b},
		Old:  map[string]bool{b.Ref.String(): true},
		Gaps: []caseview.Gap{{System: "intel", Say: "no answer in 20 s", Refs: []pole.Ref{{System: "intel", ID: "9"}}}},
		Why:  []match.Link{{A: a.Ref, B: b.Ref, Probability: 0.998, Evidence: []match.Evidence{{Say: "PNC ID equal", Bits: 15.6}, {Say: "address differs", Bits: -2.1}}}},
	}}}
	v := NewCase(testEnv(q, c), d)
	v.Open("x")
	if !v.Loading() {
		t.Fatal("it must say that it is reading")
	}
	q.until(t, "open", func() bool { o, _ := v.Now(); return o != nil })
	if got, want := v.Header(), "15 · 03/11/2011 · 2 records in 2 systems · read 13:55"; got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	if o := v.OldSystems(); len(o) != 1 || o[0].Words != "Custody copy is 11 min old" {
		t.Fatalf("%+v", o)
	}
	if g := v.Gaps(); len(g) != 1 || g[0].Title != "Intelligence did not answer" || g[0].Text != "no answer in 20 s. 1 record could not be read." {
		t.Fatalf("%+v", g)
	}
	if j := v.Joints(); len(j) != 1 || j[0].Bits < 13.4 || j[0].A.Code != "RMS" {
		t.Fatalf("%+v", j)
	}
	alt := caseview.Alternative{Say: "day and month swapped", Sources: []caseview.Source{{Ref: b.Ref, Value: pole.Value{Source: "11/03/2011"}, Read: b.Read, Old: true, From: "2021-02", Path: "$.dob"}}}
	if w := v.WhoSays(alt); w[0].Said != "11/03/2011" || w[0].Span != "since 02/2021" || !w[0].Mark.Old || w[0].Path != "$.dob" {
		t.Fatalf("%+v", w)
	}
	if n := v.ValueNote(alt); n != "day and month swapped · since 02/2021 · old copy of 13:55" {
		t.Fatal(n)
	}
	v.ToggleKept()
	q.until(t, "kept", v.IsKept)
	v.ToggleKept()
	q.until(t, "let go", func() bool { return !v.IsKept() })
	v.SetTab(TabRecords)
	q.until(t, "the source's own words", func() bool { r, ok := v.RecordNow(); return ok && r.Raw != "" })
	if r, _ := v.RecordNow(); r.Raw != "{\n  \"a\": {\n    \"b\": 1\n  }\n}" {
		t.Fatalf("%q", r.Raw)
	}
	if v.TabWords(TabRecords) != "Records 2" || v.TabWords(TabSummary) != "Summary" {
		t.Fatal(v.TabWords(TabRecords))
	}
}

func TestCaseThatCannotBeReadSaysWhy(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &caseDesk{err: plugins.Errorf(plugins.Denied, "You may not open this record. Ask your supervisor.")}
	v := NewCase(testEnv(q, c), d)
	v.Open("x")
	q.until(t, "the reason", func() bool { return v.Err() != "" })
	if v.Err() != "You may not open this record. Ask your supervisor." || v.Loading() {
		t.Fatal(v.Err())
	}
}

func TestPrettyKeepsEveryWord(t *testing.T) {
	for _, c := range []struct{ kind, in, out string }{
		{"application/json", `{"n":12345678901234567890}`, "{\n  \"n\": 12345678901234567890\n}"},
		{"text/xml", `<?xml version="1.0"?><a x="1"><b>É &amp; co</b><c/></a>`, "<?xml version=\"1.0\"?>\n<a x=\"1\">\n  <b>É &amp; co</b>\n  <c/>\n</a>"},
		{"application/json", `{"broken":`, `{"broken":`},
		{"text/xml", `<a><b></a>`, "<a>\n  <b></a>"},
		{"text/csv", "a,b", "a,b"},
	} {
		if got := Pretty(c.kind, []byte(c.in)); got != c.out && c.in != `<a><b></a>` {
			t.Errorf("%s gave\n%s\nwant\n%s", c.in, got, c.out)
		}
	}
}

func FuzzPretty(f *testing.F) {
	f.Add("text/xml", []byte("<a>b<c>d</c>e</a>"))
	f.Add("application/json", []byte(`[1,{"a":null}]`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "�")), "") }
		if got := Pretty(kind, body); squeeze(got) != squeeze(string(body)) {
			t.Fatalf("%q became %q", body, got)
		}
	})
}

type homeDesk struct {
	mu    sync.Mutex
	live  []desk.LiveItem
	items []entry.Item
}

func (d *homeDesk) Live() []desk.LiveItem {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.live)
}
func (d *homeDesk) add(i desk.LiveItem) {
	d.mu.Lock()
	d.live = append([]desk.LiveItem{i}, d.live...)
	d.mu.Unlock()
}
func (d *homeDesk) KeptCases() []desk.KeptCase {
	return []desk.KeptCase{{ID: "k", Title: "Operation Larch", Changes: 3}}
}
func (d *homeDesk) Systems() []desk.SystemStatus {
	s := fourSystems()
	s[1].Live = true
	s[2].Health, s[2].Since = evaluate.Down, time.Date(2026, 11, 24, 14, 2, 40, 0, time.Local)
	s[3].Health, s[3].Latency = evaluate.Slow, 201*time.Millisecond
	return s
}
func (d *homeDesk) Outbox() []entry.Item         { return d.items }
func (d *homeDesk) Drafts() []entry.Draft        { return nil }
func (d *homeDesk) CheckSystems(context.Context) {}

func incident(id, prio string) desk.LiveItem {
	return desk.LiveItem{Ref: pole.Ref{System: "cad", ID: id}, Reference: id, Priority: prio, Title: "Incident " + id}
}

func TestLiveQueueHoldsBackWhileTheOfficerIsOnARow(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &homeDesk{live: []desk.LiveItem{incident("2", "P2"), incident("1", "P3")}}
	v := NewDesk(testEnv(q, c), d)
	v.Load()
	q.until(t, "the queue", func() bool { return v.Live() == 2 })
	d.add(incident("3", "P3"))
	v.LoadLive()
	q.until(t, "untouched, it goes in at once", func() bool { return v.Live() == 3 && v.LiveRow(0).Reference == "3" })
	v.Select(1)
	d.add(incident("4", "P1"))
	v.Notice(desk.Notice{Topic: desk.TopicLive})
	q.until(t, "it is counted", func() bool { w, _ := v.Held(); return w != "" })
	w, tone := v.Held()
	if w != "1 new incident above · Home shows it" || tone != Danger || v.Live() != 3 || v.LiveRow(1).Reference != "2" {
		t.Fatalf("%q %v, row 1 %q", w, tone, v.LiveRow(1).Reference)
	}
	v.Release()
	if v.LiveRow(0).Reference != "4" || v.LiveRow(0).Tone != Danger {
		t.Fatalf("%+v", v.LiveRow(0))
	}
}

func TestHealthInWords(t *testing.T) {
	q, c := newQueue(), newClock()
	v := NewDesk(testEnv(q, c), &homeDesk{})
	var words []string
	for _, l := range v.Systems() {
		words = append(words, l.Words)
	}
	if !slices.Equal(words, []string{"38 ms", "38 ms, live", "no answer 4 min", "201 ms, slow"}) {
		t.Fatal(words)
	}
	v.LoadKept()
	q.until(t, "kept", func() bool { return len(v.Kept()) == 1 })
	if k := v.Kept()[0]; k.Words != "3 changes since you looked" || k.Tone != Caution {
		t.Fatalf("%+v", k)
	}
}

type outboxDesk struct {
	mu      sync.Mutex
	items   []entry.Item
	retried []string
	reasons []string
	err     error
}

func (d *outboxDesk) Outbox() []entry.Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.items)
}
func (d *outboxDesk) Systems() []desk.SystemStatus { return fourSystems() }
func (d *outboxDesk) RetryDelivery(_ context.Context, e, s string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retried = append(d.retried, e+"/"+s)
	return d.err
}
func (d *outboxDesk) WithdrawDelivery(_ context.Context, e, s, why string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reasons = append(d.reasons, why)
	return nil
}
func (d *outboxDesk) ChooseEntry(context.Context, string, []string) (entry.Item, error) {
	return entry.Item{}, nil
}
func (d *outboxDesk) EditDelivery(_ context.Context, e, s string) (entry.Draft, error) {
	return entry.Draft{ID: "again", Form: "incident"}, nil
}

func TestOutboxInWordsAndCommands(t *testing.T) {
	q, c := newQueue(), newClock()
	at := c.Now()
	d := &outboxDesk{items: []entry.Item{
		{ID: "old", Title: "Arrest, 24-10871", Saved: at.Add(-time.Hour), Deliveries: []entry.Delivery{
			{System: "rms", State: entry.Delivered, Receipt: &plugins.Receipt{Reference: "R1", At: at}},
			{System: "custody", State: entry.Waiting, Say: "system not answering", Next: at.Add(80 * time.Second)}}},
		{ID: "bad", Title: "Intelligence report", Saved: at.Add(-2 * time.Hour), Deliveries: []entry.Delivery{
			{System: "intel", State: entry.Refused, Say: "refused one field", Fields: []plugins.FieldError{{Path: "handling", Say: "Handling conditions are missing"}}}}},
		{ID: "new", Title: "Incident", Saved: at, Deliveries: []entry.Delivery{{System: "rms", State: entry.Delivered, Receipt: &plugins.Receipt{Reference: "R2", At: at}}}},
	}}
	v := NewOutbox(testEnv(q, c), d)
	v.Load()
	q.until(t, "read", v.Loaded)
	i := v.Items()
	if i[0].ID != "bad" || i[1].ID != "old" || i[2].ID != "new" {
		t.Fatalf("what needs a person must come first: %+v", i)
	}
	if i[0].Text != "Intelligence: refused. Refused one field. Handling conditions are missing." {
		t.Fatal(i[0].Text)
	}
	if i[1].Words != "1 of 2 delivered" || i[1].Text != "Custody: waiting. System not answering. Next try 14:08:00. Nothing is lost." {
		t.Fatal(i[1].Text)
	}
	if w, n := v.Tally(); w != 1 || n != 1 {
		t.Fatalf("%d waiting, %d need a person", w, n)
	}
	v.Select(1)
	v.Retry("old", "custody")
	q.until(t, "tried", func() bool { w, bad := v.Note(); return w == "Trying Custody again." && !bad })
	if s, _ := v.Selected(); s.ID != "old" || !slices.Equal(d.retried, []string{"old/custody"}) {
		t.Fatalf("%v", d.retried)
	}
	if v.Withdraw("old", "custody", "  ") {
		t.Fatal("a reason is required")
	}
	v.Withdraw("old", "custody", "entered on paper")
	q.until(t, "withdrawn", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.reasons) == 1 })
	var got entry.Draft
	v.OnDraft = func(dr entry.Draft) { got = dr }
	v.Edit("bad", "intel")
	q.until(t, "the draft", func() bool { return got.ID == "again" })
	d.err = errors.New("the outbox is locked")
	q.until(t, "idle", func() bool { return !v.Busy("old", "custody") })
	v.Retry("old", "custody")
	q.until(t, "the failure is said", func() bool { w, bad := v.Note(); return bad && w == "the outbox is locked" })
}

type auditDesk struct {
	recs    []audit.Record // oldest first
	verdict audit.Verdict
	err     error
}

func (d *auditDesk) Audit(before uint64, n int) ([]audit.Record, error) {
	if d.err != nil {
		return nil, d.err
	}
	var out []audit.Record
	for i := len(d.recs) - 1; i >= 0 && len(out) < n; i-- {
		if before == 0 || d.recs[i].Seq < before {
			out = append(out, d.recs[i])
		}
	}
	return out, nil
}
func (d *auditDesk) VerifyAudit(context.Context) (audit.Verdict, error) { return d.verdict, nil }
func (d *auditDesk) Purposes() []desk.PurposeDef {
	return []desk.PurposeDef{{Code: "missing", Label: "Missing person"}}
}
func (d *auditDesk) Systems() []desk.SystemStatus { return fourSystems() }

func TestAuditPagesFiltersAndVerifies(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &auditDesk{verdict: audit.Verdict{OK: true, Records: 501}}
	for i := uint64(1); i <= 501; i += 2 {
		d.recs = append(d.recs,
			audit.Record{Seq: i, Time: c.Now(), Operation: audit.Consultation, System: "rms", Terms: map[string]string{"text": "miller"}, Purpose: plugins.Purpose{Code: "missing", Case: "24-10887"}},
			audit.Record{Seq: i + 1, Time: c.Now(), Operation: audit.Outcome, Of: i, Count: 4})
	}
	d.recs[100].System = "cad"
	v := NewAudit(testEnv(q, c), d)
	v.Load()
	q.until(t, "the first page", func() bool { return v.Count() == AuditPage/2 })
	l := v.Line(0)
	if l.What != "Consultation" || l.Detail != "text miller" || l.Reason != "Missing person · 24-10887" || l.Outcome != "4 records" || l.System.Code != "RMS" {
		t.Fatalf("%+v", l)
	}
	for !v.End() {
		v.More()
		q.until(t, "more", func() bool { return !v.Loading() })
	}
	if v.Count() != 251 {
		t.Fatalf("%d lines", v.Count())
	}
	v.Filter("command MISSING")
	if v.Count() != 1 {
		t.Fatalf("%d fit", v.Count())
	}
	v.Select(0)
	if ls := v.Detail(); len(ls) < 6 || ls[0].Value != "101" {
		t.Fatalf("%+v", ls)
	}
	v.Verify()
	q.until(t, "verified", func() bool { w, tone := v.Verdict(); return tone == Good && strings.HasPrefix(w, "Intact: 501") })
	d.verdict = audit.Verdict{BadSeq: 17, Say: "The record was changed"}
	v.Verify()
	q.until(t, "a change is found", func() bool {
		w, tone := v.Verdict()
		return tone == Danger && w == "Changed at record 17. The record was changed. Tell IT at once."
	})
	d.err = errors.New("the log cannot be read")
	v.Load()
	q.until(t, "the failure is said", func() bool { return v.Err() == "the log cannot be read" })
}

type systemsDesk struct {
	mu     sync.Mutex
	list   []desk.SystemStatus
	creds  map[string]map[string]string
	refuse error
}

func (d *systemsDesk) Systems() []desk.SystemStatus { return d.list }
func (d *systemsDesk) CheckSystems(context.Context) {}
func (d *systemsDesk) SetCredential(_ context.Context, s string, v map[string]string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return d.refuse
	}
	d.creds[s] = v
	return nil
}
func (d *systemsDesk) AddSystem(context.Context, string, map[string]string) (string, error) {
	return "", errors.New("acme.yaml line 7: hosts is missing")
}
func (d *systemsDesk) RemoveSystem(context.Context, string) error { return nil }
func (d *systemsDesk) CheckSystem(context.Context, string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refuse
}
func (d *systemsDesk) Inspect(s string) (desk.Inspection, bool) {
	if s != "rms" {
		return desk.Inspection{}, true
	}
	return desk.Inspection{File: "rms.yaml", Source: []byte("connector: 1\n# who\nkinds:\n  person:\n    fields: {surname: .name.family}\n"), Hosts: []string{"rms.example:443"},
		Problems: []desk.Problem{{Line: 5, Say: "No id", Cure: "Add id.", Warning: true}, {Line: 5, Say: "No search"}, {Line: 0, Say: "No name", Cure: "Add one."}},
		Auth:     []plugins.AuthSpec{{Kind: plugins.AuthBasic, Also: []plugins.AuthSpec{{Kind: plugins.AuthAPIKey}}}}, Limits: plugins.Limits{Rate: 2.5, Parallel: 2, Timeout: 5 * time.Second, Response: 512 << 10},
		Settings: []desk.Setting{{Label: "Key", Secret: true}, {Label: "Server", Value: "https://rms.example"}},
		Held:     true, Failed: time.Date(2026, 11, 24, 14, 1, 0, 0, time.Local), Retry: time.Date(2026, 11, 24, 14, 7, 0, 0, time.Local),
		Said: plugins.Identity{User: "okafor", Server: "Larkfield", Version: "7"},
		Mapping: desk.Mapping{Kinds: []desk.KindMapping{{Kind: "person", Ways: []connector.Way{{Does: "search", By: [][]pole.Property{{"surname", "givenName"}, {"pncId"}}, Request: "GET /persons", Line: 4}},
			Fields: []desk.Mapped{{Property: "surname", Source: ".name.family", Line: 5, Required: true, Searched: true}, {Property: "warning", Source: ".flags", Danger: true, Lists: []string{"flag"}, Line: 6}},
			Takes:  []desk.Taken{{Path: "person.surname", As: []string{"family"}, Required: true, Max: 35}}, Unused: []pole.Property{"height", "build"}}, {Kind: "vehicle"}}}}, true
}
func (d *systemsDesk) Evaluate() []evaluate.Report {
	return []evaluate.Report{{System: "rms", Calls: 200, Failed: 4, Availability: 0.98, P50: 38 * time.Millisecond, Errors: map[string]int{"limited": 4}}}
}

func TestSystemInDetail(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &systemsDesk{list: fourSystems(), creds: map[string]map[string]string{}}
	d.list[3].Needs = []plugins.Option{{Name: "secret", Type: plugins.OptionSecret}}
	v := NewSystems(testEnv(q, c), d)
	v.Load()
	q.until(t, "the figures", func() bool { s, ok := v.Selected(); return ok && len(s.Figures) > 0 })
	s, _ := v.Selected()
	if s.Figures[0].Value != "98.0%" || s.Figures[0].Tone != Caution || s.Errors[0].Label != "Too many requests" {
		t.Fatalf("%+v %+v", s.Figures, s.Errors)
	}
	v.Select(3)
	if s, _ = v.Selected(); s.Health.Words != "sign-in needed" || !strings.Contains(s.SignIn, "once") {
		t.Fatalf("%+v", s)
	}
	d.refuse = plugins.Errorf(plugins.Auth, "Intelligence refused the credential. Check it and give it again.")
	var heard error
	v.GiveCredential("intel", map[string]string{"secret": "x"}, func(err error) { heard = err })
	q.until(t, "the refusal", func() bool {
		w, bad := v.Note()
		return bad && strings.HasPrefix(w, "Intelligence refused") && heard != nil
	})
	d.refuse = nil
	v.GiveCredential("intel", map[string]string{"secret": "y"}, nil)
	q.until(t, "kept", func() bool { w, bad := v.Note(); return !bad && w == "The credential is kept." })
	v.Add("acme.yaml", nil, nil)
	q.until(t, "the line is named", func() bool { w, bad := v.Note(); return bad && strings.Contains(w, "line 7") })
}

func TestASystemsConnectorAndMappingInRows(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &systemsDesk{list: fourSystems(), creds: map[string]map[string]string{}}
	v := NewSystems(testEnv(q, c), d)
	v.Load()
	q.until(t, "the connector", func() bool { return len(v.Source()) > 0 })
	var rows []string
	for _, r := range v.Source() {
		if r.Finding != nil {
			rows = append(rows, "!"+r.Finding.Say)
			continue
		}
		rows = append(rows, strings.Repeat(" ", r.Indent)+r.Key)
	}
	if got := strings.Join(rows, "|"); got != "!No name.|connector:||kinds:|  person:|    fields:|!No id.|!No search." {
		t.Errorf("rows %s", got)
	}
	if w, tone := v.FindingsWords(); tone != Danger || !strings.HasPrefix(w, "2 mistakes") || v.TabWords(TabConnector) != "Connector 3" {
		t.Errorf("%s, %s", w, v.TabWords(TabConnector))
	}
	first := v.NextFinding("")
	second := v.NextFinding(first)
	if first == "" || second == first || v.NextFinding(v.NextFinding(second)) != first {
		t.Errorf("findings go %s, %s", first, second)
	}
	s, _ := v.Selected()
	now := map[string]string{}
	for _, l := range slices.Concat(s.Now, s.Reach) {
		now[l.Label] = l.Value
	}
	for label, want := range map[string]string{"Requests": "No answer since 14:01", "Signs in by": "user name and password, key", "May reach": "rms.example:443", "Limits": "2.5 requests a second, 2 at once, 5.0 s each, 512 KiB an answer", "Settings": "Key: in the keyring · Server: https://rms.example", "Calls itself": "Larkfield 7"} {
		if !strings.Contains(now[label], want) {
			t.Errorf("%s: %q, want %q", label, now[label], want)
		}
	}
	var heads, marks []string
	for _, r := range v.Mapping() {
		if r.Head != "" {
			heads = append(heads, r.Head)
		}
		for _, m := range r.Marks {
			marks = append(marks, r.Label+" "+m.Words)
		}
	}
	if got := strings.Join(heads, "|"); got != "2 properties|Requests|Takes 1 field of an entry|2 properties that this system does not give" {
		t.Error(got)
	}
	if got := strings.Join(marks, "|"); got != "surname required|surname searched by|warning danger|warning list flag|Person · surname required|Person · surname at most 35 characters" {
		t.Error(got)
	}
	if m := v.Mapping()[4]; m.Note != "surname + givenName · pncId" || m.Source != "GET /persons" || m.Line != 4 {
		t.Errorf("%+v", m)
	}
	v.SetMapKind("vehicle")
	if len(v.Mapping()) != 2 || v.MapKind() != "vehicle" {
		t.Errorf("%+v", v.Mapping())
	}
	v.Select(1)
	q.drain()
	if v.MapKind() != "" || len(v.Source()) != 0 {
		t.Error("the other system shows the connector of the first")
	}
}

func TestTryingOneSystem(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &systemsDesk{list: fourSystems(), creds: map[string]map[string]string{}}
	v := NewSystems(testEnv(q, c), d)
	v.Load()
	if v.TestResult().Asked {
		t.Error("nothing was asked yet")
	}
	v.Test()
	q.until(t, "it answers", func() bool {
		r := v.TestResult()
		return r.Asked && r.Tone == Good && len(r.Facts) == 5 && !v.Testing()
	})
	if v.Tab() != TabTest {
		t.Errorf("the sheet in front is %s", v.Tab())
	}
	d.mu.Lock()
	d.refuse = plugins.Errorf(plugins.Unavailable, "Records cannot be reached. Try again")
	d.mu.Unlock()
	v.Test()
	q.until(t, "it does not", func() bool {
		r := v.TestResult()
		return r.Tone == Danger && r.Words == "Records cannot be reached. Try again."
	})
}

func TestEverySignInHasWords(t *testing.T) {
	for _, k := range []plugins.AuthKind{plugins.AuthNone, plugins.AuthBearer, plugins.AuthExchange, plugins.AuthOAuth2Client, plugins.AuthAPIKey, plugins.AuthBasic, plugins.AuthWSSUsername, plugins.AuthCookie,
		plugins.AuthSession, plugins.AuthPassword, plugins.AuthRefresh, plugins.AuthDevice, plugins.AuthCode, plugins.AuthDigest, plugins.AuthMTLS, "ntlm", "kerberos"} {
		if key := "screens.systems.auth." + strings.ReplaceAll(string(k), "_", "-"); !i18n.Has(key) {
			t.Errorf("no words for %s", key)
		}
	}
}

type noticeSource struct {
	f      func(desk.Notice)
	closed bool
}

func (n *noticeSource) Subscribe(f func(desk.Notice)) func() {
	n.f = f
	return func() { n.closed = true }
}

func TestNoticesComeOnceEachHoweverMany(t *testing.T) {
	q, c := newQueue(), newClock()
	src := &noticeSource{}
	var got []desk.Notice
	stop := Listen(testEnv(q, c), src, func(n desk.Notice) { got = append(got, n) })
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				src.f(desk.Notice{Topic: desk.TopicLive})
				src.f(desk.Notice{Topic: desk.TopicSystems, ID: "rms"})
			}
		})
	}
	wg.Wait()
	if n := len(q.take2()); n != 1 || len(got) != 2 {
		t.Fatalf("%d posts, %d notices", n, len(got))
	}
	stop()
	src.f(desk.Notice{Topic: desk.TopicLive})
	q.drain()
	if len(got) != 2 || !src.closed {
		t.Fatal("it still listens")
	}
}

func TestCommands(t *testing.T) {
	q, c := newQueue(), newClock()
	all := testEnv(q, c).Commands([]NamedForm{{ID: "incident", Name: "Incident report"}, {ID: "arrest", Name: "Arrest"}})
	for text, want := range map[string]Command{
		">arrest":         {Verb: DoEntry, Arg: "arrest"},
		"> INC":           {Verb: DoEntry, Arg: "incident"},
		">lock":           {Verb: DoLock},
		">theme  dark":    {Verb: DoTheme, Arg: "dark"},
		">density touch":  {Verb: DoDensity, Arg: "touch"},
		">outbox":         {Verb: DoPlace, Arg: "outbox"},
		">signout":        {Verb: DoSignOut},
		">theme contrast": {Verb: DoTheme, Arg: "contrast"},
		">help":           {Verb: DoHelp},
	} {
		got, ok := Parse(all, text)
		if !ok || got.Verb != want.Verb || got.Arg != want.Arg {
			t.Errorf("%q is %+v", text, got)
		}
		if strings.HasPrefix(got.Label, "screens.") {
			t.Errorf("%q has no words", text)
		}
	}
	if _, ok := Parse(all, ">theme"); ok {
		t.Error("what fits several is none")
	}
	if l := Complete(all, ">th"); len(l) < 3 || l[0].Verb != DoTheme {
		t.Errorf("%+v", l)
	}
	if len(Complete(all, ">")) != len(all) || len(Complete(all, ">zzz")) != 0 {
		t.Error("completions")
	}
}

func TestWordsForTimes(t *testing.T) {
	for d, want := range map[time.Duration]string{400 * time.Microsecond: "1 ms", 38 * time.Millisecond: "38 ms", 1240 * time.Millisecond: "1.2 s", 21 * time.Second: "21 s"} {
		if got := Took(d); got != want {
			t.Errorf("%v is %q", d, got)
		}
	}
	for in, want := range map[string]string{"2011": "2011", "2011-11": "11/2011", "2011-11-03": "03/11/2011", "spring": "spring"} {
		if got := PartialDate(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
	for in, want := range map[string]string{"MILLER, Aaron James": "AM", "12 Alder Rise": "1A", "": "", "Cher": "C"} {
		if got := Initials(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}
