package vm

import (
	"context"
	"slices"
	"sort"
	"strings"

	"muster/app/audit"
	"muster/app/desk"
)

// AuditDesk is what the audit place needs of the desk.
type AuditDesk interface {
	Audit(before uint64, n int) ([]audit.Record, error)
	VerifyAudit(ctx context.Context) (audit.Verdict, error)
	Purposes() []desk.PurposeDef
	Systems() []desk.SystemStatus
}

// AuditPage is how many records are read at once.
const AuditPage = 200

// Audit is the audit place: the officer's own accesses, newest first.
type Audit struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	env     Env
	desk    AuditDesk
	records []audit.Record // newest first, without outcomes
	outcome map[uint64]audit.Record
	shown   []int
	filter  string
	before  uint64
	end     bool
	loading bool
	gen     uint64
	err     string
	chosen  uint64
	marks   Marks
	reasons map[string]string

	verify  task
	verdict *audit.Verdict
	verr    string
}

// NewAudit makes the audit place over d.
func NewAudit(env Env, d AuditDesk) *Audit {
	return &Audit{env: env.filled(), desk: d, outcome: map[uint64]audit.Record{}, reasons: map[string]string{}}
}

func (a *Audit) changed() {
	if a.OnChange != nil {
		a.OnChange()
	}
}

// Load reads the newest records.
func (a *Audit) Load() {
	a.gen++
	a.records, a.outcome, a.before, a.end, a.err = nil, map[uint64]audit.Record{}, 0, false, ""
	a.loading = false
	a.marks = MarksOf(a.desk.Systems())
	a.reasons = map[string]string{}
	for _, p := range a.desk.Purposes() {
		a.reasons[p.Code] = p.Label
	}
	a.More()
}

// More reads the next older records.
func (a *Audit) More() {
	if a.loading || a.end {
		return
	}
	a.loading = true
	before, gen := a.before, a.gen
	go func() {
		got, err := a.desk.Audit(before, AuditPage)
		a.env.Post(func() {
			if a.gen != gen {
				return
			}
			a.loading = false
			if err != nil {
				a.err = say(err)
				a.changed()
				return
			}
			for _, r := range got {
				if r.Operation == audit.Outcome && r.Of != 0 {
					a.outcome[r.Of] = r
				} else {
					a.records = append(a.records, r)
				}
				a.before = r.Seq
			}
			a.end = len(got) < AuditPage || a.before <= 1
			a.arrange()
			a.changed()
		})
	}()
}

// Filter shows only the records in which every typed word occurs.
func (a *Audit) Filter(text string) {
	a.filter = text
	a.arrange()
	a.changed()
}

func (a *Audit) arrange() {
	words := strings.Fields(strings.ToLower(a.filter))
	a.shown = a.shown[:0]
	for i := range a.records {
		l := a.line(i)
		all := strings.ToLower(strings.Join([]string{l.Time, l.What, l.Detail, l.Reason, l.System.Name, l.Outcome}, " "))
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) }) {
			a.shown = append(a.shown, i)
		}
	}
}

// AuditLine is one access.
type AuditLine struct {
	Seq     uint64
	Time    string
	What    string // consultation, sign-in, …
	Detail  string // terms or record
	System  Mark
	Reason  string
	Outcome string
	Tone    Tone
}

// Count is the number of lines shown.
func (a *Audit) Count() int { return len(a.shown) }

// Line gives line i of those shown.
func (a *Audit) Line(i int) AuditLine {
	if i < 0 || i >= len(a.shown) {
		return AuditLine{}
	}
	return a.line(a.shown[i])
}

func (a *Audit) line(i int) AuditLine {
	r := a.records[i]
	l := AuditLine{
		Seq: r.Seq, Time: Day(r.Time) + " " + Clock(r.Time),
		What: a.env.T("screens.audit.op." + strings.ReplaceAll(string(r.Operation), " ", "-")),
	}
	if r.System != "" {
		l.System = a.marks.Of(r.System)
	}
	switch {
	case len(r.Terms) > 0:
		keys := make([]string, 0, len(r.Terms))
		for k := range r.Terms {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		var t []string
		for _, k := range keys {
			t = append(t, k+" "+r.Terms[k])
		}
		l.Detail = strings.Join(t, " · ")
	case r.Ref != "":
		l.Detail = r.Ref
	}
	reason := a.reasons[r.Purpose.Code]
	if reason == "" && r.Purpose.Text == "" {
		reason = r.Purpose.Code
	}
	l.Reason = joinSet(" · ", reason, r.Purpose.Case, r.Purpose.Text)
	out, closed := a.outcome[r.Seq]
	switch {
	case r.Error != "":
		l.Outcome, l.Tone = r.Error, Danger
	case closed && out.Error != "":
		l.Outcome, l.Tone = out.Error, Danger
	case closed:
		l.Outcome = a.env.T("screens.records", "n", out.Count)
		l.Tone = Good
	case r.Count > 0:
		l.Outcome = a.env.T("screens.records", "n", r.Count)
	}
	return l
}

func joinSet(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// Select selects a line.
func (a *Audit) Select(i int) {
	if l := a.Line(i); l.Seq != 0 && l.Seq != a.chosen {
		a.chosen = l.Seq
		a.changed()
	}
}

// Selected gives the selected record and, where it was closed, its outcome.
func (a *Audit) Selected() (rec audit.Record, outcome *audit.Record, ok bool) {
	for _, r := range a.records {
		if r.Seq == a.chosen {
			if o, closed := a.outcome[r.Seq]; closed {
				outcome = &o
			}
			return r, outcome, true
		}
	}
	return audit.Record{}, nil, false
}

// Detail lists the selected record's fields in words.
func (a *Audit) Detail() []Line {
	r, out, ok := a.Selected()
	if !ok {
		return nil
	}
	t := a.env.T
	var ls []Line
	add := func(key, v string, mono bool) {
		if v != "" {
			ls = append(ls, Line{Label: t("screens.audit.field." + key), Value: v, Mono: mono})
		}
	}
	i := slices.IndexFunc(a.records, func(x audit.Record) bool { return x.Seq == r.Seq })
	l := a.line(i)
	add("seq", t("screens.number", "count", int(r.Seq)), true)
	add("time", l.Time, false)
	add("what", l.What, false)
	add("system", l.System.Name, false)
	add("detail", l.Detail, false)
	add("reason", l.Reason, false)
	add("officer", joinSet(" · ", r.Officer, r.Collar, r.Role, r.Force), false)
	add("workstation", r.Workstation, false)
	add("fields", strings.Join(r.Fields, ", "), false)
	add("recipient", r.Recipient, false)
	add("classification", r.Classification, false)
	add("outcome", l.Outcome, false)
	if out != nil {
		add("closed", Day(out.Time)+" "+Clock(out.Time), false)
	}
	add("correlation", r.Correlation, true)
	add("prev", r.Prev, true)
	return ls
}

// Loading reports whether records are being read.
func (a *Audit) Loading() bool { return a.loading }

// End reports whether the oldest record has been read.
func (a *Audit) End() bool { return a.end }

// Err is why the log could not be read, in words.
func (a *Audit) Err() string { return a.err }

// Verify checks the whole log for changes made to it.
func (a *Audit) Verify() {
	a.verdict, a.verr = nil, ""
	start(a.env, &a.verify, a.desk.VerifyAudit, func(v audit.Verdict, err error) {
		if err != nil {
			a.verr = say(err)
		} else {
			a.verdict = &v
		}
		a.changed()
	})
	a.changed()
}

// Verdict says what verifying found.
func (a *Audit) Verdict() (words string, tone Tone) {
	switch {
	case a.verify.running():
		return a.env.T("screens.audit.verifying"), Caution
	case a.verr != "":
		return a.verr, Danger
	case a.verdict == nil:
		return "", Quiet
	case a.verdict.OK:
		return a.env.T("screens.audit.intact", "n", int(a.verdict.Records)), Good
	}
	return a.env.T("screens.audit.broken", "seq", int(a.verdict.BadSeq), "say", sentence(a.verdict.Say)), Danger
}
