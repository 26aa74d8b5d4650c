package vm

import (
	"context"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// OldCopy is a system of whose records a stored copy stands in.
type OldCopy struct {
	Mark  Mark
	Words string
	read  time.Time
}

// SourceLine is one line of 'who says this'.
type SourceLine struct {
	Mark    Mark
	Ref     pole.Ref
	Said    string // exactly as the source said it
	Read    string // when, in words
	Span    string // since when and until when the source says it holds; "" if it does not
	Path    string // where in the source's answer it stood
	Marking string
	Old     bool
	Problem string
}

// WhoSays lists everyone who says one value.
func (c *Case) WhoSays(a caseview.Alternative) []SourceLine {
	now := c.env.Now()
	out := make([]SourceLine, 0, len(a.Sources))
	for _, s := range a.Sources {
		l := SourceLine{
			Mark: c.MarkOf(s), Ref: s.Ref, Said: s.Value.Source, Path: s.Path, Old: s.Old,
			Marking: s.Marking.Classification, Problem: s.Value.Problem,
			Read: c.env.T("screens.case.read", "at", When(s.Read, now)),
		}
		l.Span = c.Span(s)
		out = append(out, l)
	}
	return out
}

// Span says since when and until when a source says that a value holds.
func (c *Case) Span(s caseview.Source) string {
	switch {
	case s.From != "" && s.To != "":
		return c.env.T("screens.case.fromto", "from", PartialDate(s.From), "to", PartialDate(s.To))
	case s.From != "":
		return c.env.T("screens.case.since", "from", PartialDate(s.From))
	case s.To != "":
		return c.env.T("screens.case.until", "to", PartialDate(s.To))
	}
	return ""
}

// PartialDate shows YYYY, YYYY-MM or YYYY-MM-DD as 2011, 11/2011 or 03/11/2011; anything else as it is.
func PartialDate(s string) string {
	p := strings.Split(s, "-")
	switch {
	case len(p) == 3 && len(s) == 10:
		return p[2] + "/" + p[1] + "/" + p[0]
	case len(p) == 2 && len(s) == 7:
		return p[1] + "/" + p[0]
	}
	return s
}

// ValueNote says, for one value, what sets it apart: how it differs, since when, whether it is from an old copy.
func (c *Case) ValueNote(a caseview.Alternative) string {
	var parts []string
	if a.Say != "" {
		parts = append(parts, a.Say)
	}
	old := len(a.Sources) > 0
	for _, s := range a.Sources {
		old = old && s.Old
		if sp := c.Span(s); sp != "" && len(parts) < 3 && !contains(parts, sp) {
			parts = append(parts, sp)
		}
	}
	if old {
		parts = append(parts, c.env.T("screens.case.oldvalue", "at", HourMinute(a.Sources[0].Read)))
	}
	return strings.Join(parts, " · ")
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Joint is one decision that holds two records together, with its reasons.
type Joint struct {
	A, B        Mark
	ARef, BRef  pole.Ref
	Probability float64
	Evidence    []match.Evidence
	Bits        float64 // the sum
	Link        match.Link
}

// Joints lists why the records are one, the weakest first: that is the one to doubt.
func (c *Case) Joints() []Joint {
	if c.open == nil {
		return nil
	}
	out := make([]Joint, 0, len(c.open.Why))
	for _, l := range c.open.Why {
		j := Joint{A: c.marks.Of(l.A.System), B: c.marks.Of(l.B.System), ARef: l.A, BRef: l.B, Probability: l.Probability, Evidence: l.Evidence, Link: l}
		for _, e := range l.Evidence {
			j.Bits += e.Bits
		}
		out = append(out, j)
	}
	sortBy(out, func(a, b Joint) bool { return a.Probability < b.Probability })
	return out
}

// Record is the index of the record that the records tab shows.
func (c *Case) Record() int { return c.record }

// SelectRecord shows another record, and fetches it in full if its own words are not at hand.
func (c *Case) SelectRecord(i int) {
	if c.open == nil || i < 0 || i >= len(c.open.Records) || i == c.record {
		return
	}
	c.record = i
	c.fetch()
	c.changed()
}

func (c *Case) fetch() {
	if c.open == nil || len(c.open.Records) == 0 {
		return
	}
	rec := c.open.Records[c.record]
	if rec.Raw != nil {
		return
	}
	key := rec.String()
	st := c.records[key]
	if st == nil {
		st = &recordState{}
		c.records[key] = st
	}
	if st.asked && st.err == "" {
		return
	}
	st.asked, st.err = true, ""
	start(c.env, &st.task,
		func(ctx context.Context) (pole.Record, error) { return c.desk.Fetch(ctx, rec.Ref) },
		func(r pole.Record, err error) {
			if err != nil {
				st.err = say(err)
			} else {
				st.rec, st.fetched = r, true
			}
			c.changed()
		})
}

// RecordView is one record, mapped and as its system sent it.
type RecordView struct {
	Mark    Mark
	Record  pole.Record
	Read    string
	Updated string
	Old     bool
	Raw     string // as the system sent it, laid out
	RawType string
	Loading bool
	Err     string
}

// RecordNow is the record that the records tab shows; ok is false if there is none.
func (c *Case) RecordNow() (v RecordView, ok bool) {
	if c.open == nil || c.record >= len(c.open.Records) {
		return RecordView{}, false
	}
	rec := c.open.Records[c.record]
	key := rec.String()
	if st := c.records[key]; st != nil {
		v.Loading, v.Err = st.task.running(), st.err
		if st.fetched {
			rec = st.rec
		}
	}
	now := c.env.Now()
	v.Mark, v.Record, v.Old = c.marks.Of(rec.System), rec, c.open.Old[key]
	v.Mark.Old = v.Old
	v.Read = When(rec.Read, now)
	if !rec.Updated.IsZero() {
		v.Updated = When(rec.Updated, now)
	}
	if rec.Raw != nil {
		v.Raw, v.RawType = Pretty(rec.Raw.ContentType, rec.Raw.Body), rec.Raw.ContentType
	}
	return v, true
}
