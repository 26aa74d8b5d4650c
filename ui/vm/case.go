package vm

import (
	"context"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/plugins/pole"
)

// CaseDesk is what an open case needs of the desk.
type CaseDesk interface {
	OpenCase(ctx context.Context, id string) (caseview.Case, error)
	Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error)
	KeepCase(ctx context.Context, c caseview.Case) error
	DropCase(ctx context.Context, id string) error
	KeptCases() []desk.KeptCase
	Systems() []desk.SystemStatus
	Judgements() ([]desk.JudgementView, error)
	FileDesk
	ExportDesk
}

// Tab is one side of a case.
type Tab string

// The tabs, in order.
const (
	TabSummary  Tab = "summary"
	TabTimeline Tab = "timeline"
	TabLinks    Tab = "links"
	TabRecords  Tab = "records"
	TabMap      Tab = "map"
)

// Tabs lists the tabs in order.
func Tabs() []Tab { return []Tab{TabSummary, TabTimeline, TabLinks, TabRecords, TabMap, TabNotes} }

// Case is the case place: the kept cases, and the one that is open.
type Case struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// WithPurpose runs then once a purpose is set, and asks the officer for it first where there is none.
	WithPurpose func(then func())

	env  Env
	desk CaseDesk

	id      string
	open    *caseview.Case
	seq     int
	err     string
	task    task
	tab     Tab
	marks   Marks
	kept    []desk.KeptCase
	keeping reader
	saving  bool
	note    string // what keeping or dropping came to, in words
	noteBad bool
	file    caseFile

	record  int
	records map[string]*recordState
}

type recordState struct {
	rec     pole.Record
	asked   bool
	err     string
	fetched bool
	task    task
}

// NewCase makes the case place over d.
func NewCase(env Env, d CaseDesk) *Case {
	c := &Case{env: env.filled(), desk: d, tab: TabSummary, records: map[string]*recordState{}}
	c.WithPurpose = func(then func()) { then() }
	return c
}

func (c *Case) changed() {
	if c.OnChange != nil {
		c.OnChange()
	}
}

// Load re-reads the kept cases.
func (c *Case) Load() {
	read(c.env, &c.keeping, c.desk.KeptCases, func(k []desk.KeptCase) {
		c.kept = k
		c.changed()
		c.loadNotes()
	})
}

// Kept lists the kept cases, the latest opened first.
func (c *Case) Kept() []desk.KeptCase {
	out := slices.Clone(c.kept)
	slices.SortStableFunc(out, func(a, b desk.KeptCase) int { return b.Opened.Compare(a.Opened) })
	return out
}

// Open opens the case of an entity of the latest search, a kept case, or a record, by its id. What was open stays on screen,
// if it is the same one, until the new reading is there.
func (c *Case) Open(id string) { c.openBy(id, c.desk.OpenCase) }

func (c *Case) openBy(id string, open func(context.Context, string) (caseview.Case, error)) {
	if id == "" {
		return
	}
	c.WithPurpose(func() {
		if id != c.id {
			c.open, c.tab, c.record = nil, TabSummary, 0
			c.dropRecords()
		}
		c.id, c.err, c.note = id, "", ""
		c.seq++
		start(c.env, &c.task,
			func(ctx context.Context) (caseview.Case, error) { return open(ctx, id) },
			func(got caseview.Case, err error) {
				if err != nil {
					c.err = say(err)
				} else {
					c.open = &got
					c.marks = MarksOf(c.desk.Systems())
					c.dropRecords()
					c.record = min(c.record, max(len(got.Records)-1, 0))
				}
				c.seq++
				c.changed()
				c.Load()
			})
		c.changed()
	})
}

func (c *Case) dropRecords() {
	for _, r := range c.records {
		r.task.stop()
	}
	c.records = map[string]*recordState{}
}

// Again reads the open case anew from every system.
func (c *Case) Again() { c.Open(c.id) }

// Close puts the open case away.
func (c *Case) Close() {
	c.task.stop()
	c.dropRecords()
	c.id, c.open, c.err, c.note = "", nil, "", ""
	c.seq++
	c.changed()
}

// ID is the id that was asked for; "" when no case is open.
func (c *Case) ID() string { return c.id }

// Loading reports whether the case is being read.
func (c *Case) Loading() bool { return c.task.running() }

// Err is why the case could not be read, in words.
func (c *Case) Err() string { return c.err }

// Now is the open case; nil until it was read. seq changes whenever it does.
func (c *Case) Now() (open *caseview.Case, seq int) { return c.open, c.seq }

// Tab is the side of the case that is shown.
func (c *Case) Tab() Tab { return c.tab }

// SetTab shows another side of the case.
func (c *Case) SetTab(t Tab) {
	if slices.Contains(Tabs(), t) && t != c.tab {
		c.tab = t
		if t == TabRecords {
			c.fetch()
		}
		c.changed()
	}
}

// TabWords names a tab, with its count where it has one.
func (c *Case) TabWords(t Tab) string {
	n := 0
	if c.open != nil {
		switch t {
		case TabLinks:
			n = len(c.open.Linked)
		case TabRecords:
			n = len(c.open.Records)
		case TabNotes:
			if f, ok := c.File(); ok {
				n = f.Notes
			}
		}
	}
	w := c.env.T("screens.case.tab." + string(t))
	if n > 0 {
		w += " " + c.env.T("screens.number", "count", n)
	}
	return w
}

// Header is the line under the title: '15 · 03/11/2011 · 7 records in 4 systems · read 14:05'.
func (c *Case) Header() string {
	if c.open == nil {
		return ""
	}
	var parts []string
	if f, ok := c.File(); ok && f.Name != "" {
		parts = append(parts, f.Name)
	}
	if c.open.Detail != "" {
		parts = append(parts, c.open.Detail)
	}
	parts = append(parts, c.env.T("screens.case.held",
		"records", c.env.T("screens.records", "n", len(c.open.Records)), "systems", c.env.T("screens.systems", "n", len(c.systems()))))
	if !c.open.Read.IsZero() {
		parts = append(parts, c.env.T("screens.case.read", "at", When(c.open.Read, c.env.Now())))
	}
	return strings.Join(parts, " · ")
}

func (c *Case) systems() []string {
	var out []string
	for i := range c.open.Records {
		if s := c.open.Records[i].System; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// OldSystems lists the systems of whose records a stored copy stands in, with the age of the oldest, in words.
func (c *Case) OldSystems() []OldCopy {
	if c.open == nil {
		return nil
	}
	now := c.env.Now()
	at := map[string]int{}
	var out []OldCopy
	for i := range c.open.Records {
		r := &c.open.Records[i]
		if !c.open.Old[r.String()] {
			continue
		}
		k, ok := at[r.System]
		if !ok {
			k = len(out)
			at[r.System] = k
			out = append(out, OldCopy{Mark: c.marks.Of(r.System), read: r.Read})
		}
		if r.Read.Before(out[k].read) {
			out[k].read = r.Read
		}
	}
	for i := range out {
		out[i].Words = c.env.T("screens.case.oldcopy", "system", out[i].Mark.Name, "age", c.env.Ago(now.Sub(out[i].read)))
	}
	return out
}

// Gaps lists what could not be read, in words.
func (c *Case) Gaps() []GapBlock {
	if c.open == nil {
		return nil
	}
	var out []GapBlock
	for _, g := range c.open.Gaps {
		m := c.marks.Of(g.System)
		text := sentence(g.Say)
		if n := len(g.Refs); n > 0 {
			text += " " + c.env.T("screens.case.gap.refs", "n", n)
		}
		out = append(out, GapBlock{Mark: m, Title: c.env.T("screens.search.gap.title", "system", m.Name), Text: text, Tone: Danger})
	}
	return out
}

// Marks gives the marks of systems.
func (c *Case) Marks() Marks { return c.marks }

// MarkOf gives the mark of whoever says a value.
func (c *Case) MarkOf(s caseview.Source) Mark {
	m := c.marks.Of(s.Ref.System)
	m.Old = s.Old
	return m
}

// IsKept reports whether the open case is kept on the desk.
func (c *Case) IsKept() bool {
	_, ok := c.File()
	return ok
}

// ToggleKept keeps the open case on the desk, or lets it go.
func (c *Case) ToggleKept() {
	if c.open == nil || c.saving {
		return
	}
	open := *c.open
	f, kept := c.File()
	c.saving = true
	go func() {
		var err error
		if kept {
			err = c.desk.DropCase(context.Background(), f.ID)
		} else {
			err = c.desk.KeepCase(context.Background(), open)
		}
		c.env.Post(func() {
			c.saving = false
			switch {
			case err != nil:
				c.note, c.noteBad = say(err), true
			case kept:
				c.note, c.noteBad = c.env.T("screens.case.dropped"), false
			default:
				c.note, c.noteBad = c.env.T("screens.case.kept"), false
			}
			c.changed()
			c.Load()
		})
	}()
}

// Note says what keeping or letting go came to; bad is set if it failed.
func (c *Case) Note() (words string, bad bool) { return c.note, c.noteBad }

// Drop lets a kept case go.
func (c *Case) Drop(id string) {
	go func() {
		err := c.desk.DropCase(context.Background(), id)
		c.env.Post(func() {
			if err != nil {
				c.note, c.noteBad = say(err), true
				c.changed()
			}
			c.Load()
		})
	}()
}
