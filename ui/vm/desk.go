package vm

import (
	"context"
	"slices"
	"strings"

	"muster/app/desk"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/plugins/pole"
)

// HomeDesk is what the desk place needs of the desk.
type HomeDesk interface {
	Live() []desk.LiveItem
	KeptCases() []desk.KeptCase
	Systems() []desk.SystemStatus
	Outbox() []entry.Item
	Drafts() []entry.Draft
	CheckSystems(ctx context.Context)
}

// Desk is the desk place: the live queue, the kept cases, the systems and the outbox at a glance.
type Desk struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	env  Env
	desk HomeDesk

	liveRd, keptRd, outboxRd reader
	live                     []desk.LiveItem // as shown
	latest                   []desk.LiveItem // as the desk has it
	held                     int             // items of latest that are not shown yet
	heldTop                  Tone
	selected                 pole.Ref
	touched                  bool
	loaded                   bool
	kept                     []desk.KeptCase
	items                    []OutboxEntry
	drafts                   int
	checking                 bool
}

// NewDesk makes the desk place over d.
func NewDesk(env Env, d HomeDesk) *Desk { return &Desk{env: env.filled(), desk: d} }

func (d *Desk) changed() {
	if d.OnChange != nil {
		d.OnChange()
	}
}

// Load re-reads everything.
func (d *Desk) Load() {
	d.LoadLive()
	d.LoadKept()
	d.LoadOutbox()
}

// Notice re-reads what a notice is about.
func (d *Desk) Notice(n desk.Notice) {
	switch n.Topic {
	case desk.TopicLive:
		d.LoadLive()
	case desk.TopicCases:
		d.LoadKept()
	case desk.TopicOutbox, desk.TopicDrafts:
		d.LoadOutbox()
	case desk.TopicSystems:
		d.changed()
	case desk.TopicState:
		d.Load()
	}
}

// LoadLive re-reads the live queue.
func (d *Desk) LoadLive() {
	read(d.env, &d.liveRd, d.desk.Live, func(items []desk.LiveItem) {
		d.latest, d.loaded = items, true
		d.arrange()
		d.changed()
	})
}

// arrange brings the queue up to date. While the officer stands on a row, changed rows change in place and new ones are
// held back and counted; otherwise they go in at the top.
func (d *Desk) arrange() {
	d.held, d.heldTop = 0, Quiet
	if !d.touched || len(d.live) == 0 {
		d.live = slices.Clone(d.latest)
		return
	}
	now := map[pole.Ref]desk.LiveItem{}
	for _, i := range d.latest {
		now[i.Ref] = i
	}
	kept := d.live[:0:0]
	for _, i := range d.live {
		if n, ok := now[i.Ref]; ok {
			kept = append(kept, n)
			delete(now, i.Ref)
		}
	}
	d.live = kept
	d.held = len(now)
	for _, i := range now {
		d.heldTop = max(d.heldTop, PriorityTone(i.Priority))
	}
	if d.Index() < 0 {
		d.Release()
	}
}

// Release lets the held rows in and takes the cursor off the queue.
func (d *Desk) Release() {
	d.touched, d.held, d.heldTop = false, 0, Quiet
	d.live = slices.Clone(d.latest)
	d.changed()
}

// Held says how many new incidents wait above, and how pressing the most pressing of them is.
func (d *Desk) Held() (words string, tone Tone) {
	if d.held == 0 {
		return "", Quiet
	}
	return d.env.T("screens.desk.held", "n", d.held), d.heldTop
}

// LiveRow is one line of the live queue.
type LiveRow struct {
	Ref       pole.Ref
	Priority  string
	Tone      Tone
	Time      string
	Day       string // of one that is not of today: 22/11
	Title     string
	Place     string
	Status    string
	Reference string
	Selected  bool
}

// Live is the number of rows of the live queue.
func (d *Desk) Live() int { return len(d.live) }

// LiveRow gives row i.
func (d *Desk) LiveRow(i int) LiveRow {
	if i < 0 || i >= len(d.live) {
		return LiveRow{}
	}
	it := d.live[i]
	day := ""
	if Day(it.When) != Day(d.env.Now()) {
		day = it.When.Local().Format("02/01")
	}
	prio := it.Priority
	if len(prio) == 1 && prio >= "0" && prio <= "9" {
		prio = d.env.T("screens.desk.priority", "p", prio)
	}
	return LiveRow{
		Ref: it.Ref, Priority: prio, Day: day, Tone: PriorityTone(it.Priority), Time: HourMinute(it.When),
		Title: it.Title, Place: it.Place, Status: it.Status, Reference: it.Reference, Selected: it.Ref == d.selected,
	}
}

// Loaded reports whether the queue has been read.
func (d *Desk) Loaded() bool { return d.loaded }

// PriorityTone is how pressing a priority is: its first figure decides, 1 being the highest.
func PriorityTone(p string) Tone {
	for _, r := range p {
		if r >= '0' && r <= '9' {
			switch r {
			case '0', '1':
				return Danger
			case '2':
				return Caution
			}
			return Quiet
		}
	}
	return Quiet
}

// Index is where the selected incident stands; -1 for none.
func (d *Desk) Index() int {
	return slices.IndexFunc(d.live, func(i desk.LiveItem) bool { return i.Ref == d.selected })
}

// Select puts the cursor on row i of the live queue.
func (d *Desk) Select(i int) {
	if i < 0 || i >= len(d.live) {
		return
	}
	d.touched = true
	if d.live[i].Ref != d.selected {
		d.selected = d.live[i].Ref
		d.changed()
	}
}

// Selected is the selected incident.
func (d *Desk) Selected() (desk.LiveItem, bool) {
	if i := d.Index(); i >= 0 {
		return d.live[i], true
	}
	return desk.LiveItem{}, false
}

// LoadKept re-reads the kept cases.
func (d *Desk) LoadKept() {
	read(d.env, &d.keptRd, d.desk.KeptCases, func(k []desk.KeptCase) {
		d.kept = k
		d.changed()
	})
}

// KeptRow is one kept case.
type KeptRow struct {
	ID     string
	Title  string
	Detail string
	Words  string // '3 changes since you looked', or when it was opened
	Tone   Tone
}

// Kept lists the kept cases.
func (d *Desk) Kept() []KeptRow { return d.env.keptRows(d.kept) }

func (e Env) keptRows(kept []desk.KeptCase) []KeptRow {
	now := e.Now()
	out := make([]KeptRow, 0, len(kept))
	for _, k := range kept {
		r := KeptRow{ID: k.ID, Title: k.Title, Detail: k.Detail}
		if k.Changes > 0 {
			r.Words, r.Tone = e.T("screens.desk.changes", "n", k.Changes), Caution
		} else if !k.Opened.IsZero() {
			r.Words = e.T("screens.desk.opened", "at", When(k.Opened, now))
		}
		out = append(out, r)
	}
	return out
}

// LoadOutbox re-reads the outbox and the drafts.
func (d *Desk) LoadOutbox() {
	type both struct {
		items  []entry.Item
		drafts int
	}
	read(d.env, &d.outboxRd, func() both { return both{d.desk.Outbox(), len(d.desk.Drafts())} }, func(b both) {
		marks := MarksOf(d.desk.Systems())
		d.items, d.drafts = nil, b.drafts
		items := slices.Clone(b.items)
		slices.SortStableFunc(items, func(a, b entry.Item) int { return b.Saved.Compare(a.Saved) })
		for _, i := range items {
			d.items = append(d.items, d.env.outboxEntry(i, marks))
		}
		sortBy(d.items, func(a, b OutboxEntry) bool { return a.Tone > b.Tone })
		d.changed()
	})
}

// Outbox lists the entries that are not yet everywhere, the most pressing first, and the latest ones that are, five in all.
func (d *Desk) Outbox() []OutboxEntry {
	if len(d.items) > 5 {
		return d.items[:5]
	}
	return d.items
}

// OutboxMore is how many entries Outbox leaves out.
func (d *Desk) OutboxMore() int { return max(len(d.items)-5, 0) }

// Drafts is the number of drafts.
func (d *Desk) Drafts() int { return d.drafts }

// HealthLine is one system's health in words.
type HealthLine struct {
	Mark  Mark
	Words string
	Tone  Tone
}

// Systems lists the systems with their health.
func (d *Desk) Systems() []HealthLine {
	var out []HealthLine
	for _, s := range d.desk.Systems() {
		out = append(out, d.env.health(s))
	}
	return out
}

func (e Env) health(s desk.SystemStatus) HealthLine {
	l := HealthLine{Mark: Mark{System: s.ID, Name: s.Name, Code: s.Code, Shape: s.Shape}}
	var parts []string
	switch s.Health {
	case evaluate.Well, evaluate.Slow:
		l.Tone = Good
		if s.Latency > 0 {
			parts = append(parts, Took(s.Latency))
		} else {
			parts = append(parts, e.T("screens.health.well"))
		}
		if s.Live {
			parts = append(parts, e.T("screens.health.live"))
		}
		if s.Health == evaluate.Slow {
			l.Tone = Caution
			parts = append(parts, e.T("screens.health.slow"))
		}
	case evaluate.Down:
		l.Tone = Danger
		if s.Since.IsZero() {
			parts = append(parts, e.T("screens.health.down"))
		} else {
			parts = append(parts, e.T("screens.health.downfor", "age", e.Ago(max(e.Now().Sub(s.Since), 0))))
		}
	default:
		parts = append(parts, e.T("screens.health.untried"))
	}
	if len(s.Needs) > 0 {
		l.Tone = max(l.Tone, Caution)
		parts = []string{e.T("screens.health.needs")}
	}
	l.Words = strings.Join(parts, ", ")
	return l
}

// Check asks every system how it is.
func (d *Desk) Check() {
	if d.checking {
		return
	}
	d.checking = true
	go func() {
		d.desk.CheckSystems(context.Background())
		d.env.Post(func() {
			d.checking = false
			d.changed()
		})
	}()
	d.changed()
}

// Checking reports whether the systems are being asked.
func (d *Desk) Checking() bool { return d.checking }
