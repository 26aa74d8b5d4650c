package vm

import (
	"context"
	"slices"
	"strings"
	"time"

	"muster/app/desk"
	"muster/app/entry"
	"muster/plugins"
)

// OutboxDesk is what the outbox needs of the desk.
type OutboxDesk interface {
	Outbox() []entry.Item
	Systems() []desk.SystemStatus
	RetryDelivery(ctx context.Context, entryID, system string) error
	WithdrawDelivery(ctx context.Context, entryID, system, reason string) error
	EditDelivery(ctx context.Context, entryID, system string) (entry.Draft, error)
	ChooseEntry(ctx context.Context, entryID string, take []string) (entry.Item, error)
}

// DeliveryLine is one delivery in words.
type DeliveryLine struct {
	Mark      Mark
	Entry     string
	State     entry.DeliveryState
	Words     string // delivered, waiting, …
	Text      string // the reference, or the reason and what happens next
	Reference string
	Tone      Tone
	Fields    []plugins.FieldError
	CanRetry  bool
	CanEdit   bool
	CanDrop   bool
}

// OutboxEntry is one entry with its deliveries.
type OutboxEntry struct {
	ID         string
	Title      string
	Saved      string
	Words      string // '5 of 6 delivered'
	Text       string // the most pressing delivery, in a line
	Tone       Tone
	Deliveries []DeliveryLine
	Changed    []ChangedLine // what it was filled from and says otherwise by now
	Done       bool
}

// DeliveredWords say how far an entry is: '5 of 6 delivered'.
func (e Env) DeliveredWords(i entry.Item) string {
	n := 0
	for _, d := range i.Deliveries {
		if d.State == entry.Delivered {
			n++
		}
	}
	return e.T("screens.outbox.delivered", "done", n, "of", len(i.Deliveries))
}

func (e Env) deliveries(i entry.Item, marks Marks) []DeliveryLine {
	out := make([]DeliveryLine, 0, len(i.Deliveries))
	now := e.Now()
	for _, d := range i.Deliveries {
		l := DeliveryLine{Mark: marks.Of(d.System), Entry: i.ID, State: d.State, Fields: d.Fields}
		l.Words = e.T("screens.outbox.state." + string(d.State))
		var text []string
		if d.Say != "" && d.State != entry.Delivered {
			text = append(text, sentence(upperFirst(d.Say)))
		}
		switch d.State {
		case entry.Delivered:
			l.Tone, l.CanEdit = Good, d.Amendable
			if d.Receipt != nil {
				l.Reference = d.Receipt.Reference
				text = append(text, e.T("screens.outbox.at", "at", whenExactly(d.Receipt.At, now)))
				if d.Receipt.Already {
					text = append(text, e.T("screens.outbox.already"))
				}
			}
		case entry.Waiting:
			l.Tone, l.CanRetry, l.CanDrop = Caution, true, true
			if !d.Next.IsZero() && !strings.Contains(d.Say, HourMinute(d.Next)) {
				text = append(text, e.T("screens.outbox.next", "at", whenExactly(d.Next, now)))
			}
			if d.Say == "" && d.Next.IsZero() {
				text = append(text, e.T("screens.outbox.onitsway"))
			}
			if !strings.Contains(d.Say, e.T("screens.outbox.nothinglost")) {
				text = append(text, e.T("screens.outbox.nothinglost"))
			}
		case entry.Sending:
			l.Tone = Caution
		case entry.Refused:
			l.Tone, l.CanEdit, l.CanDrop = Danger, true, true
			for _, f := range d.Fields {
				if !strings.Contains(d.Say, f.Say) {
					text = append(text, sentence(f.Say))
				}
			}
		case entry.Doubtful:
			l.Tone, l.CanRetry = Caution, true
			if d.Say == "" {
				text = append(text, e.T("screens.outbox.doubtful"))
			}
		case entry.Look:
			l.Tone, l.CanDrop = Danger, true
		case entry.Stopped:
			l.Tone, l.CanRetry, l.CanEdit, l.CanDrop = Danger, true, true, true
		}
		l.Text = strings.Join(text, " ")
		out = append(out, l)
	}
	return out
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

func whenExactly(t, now time.Time) string {
	if Day(t) == Day(now) {
		return Clock(t)
	}
	return Day(t) + " " + Clock(t)
}

func (e Env) outboxEntry(i entry.Item, marks Marks) OutboxEntry {
	o := OutboxEntry{
		ID: i.ID, Title: i.Title, Saved: whenExactly(i.Saved, e.Now()), Words: e.DeliveredWords(i),
		Deliveries: e.deliveries(i, marks), Done: i.Done(), Tone: Good,
	}
	for _, d := range o.Deliveries {
		if d.Tone > o.Tone {
			o.Tone = d.Tone
		}
	}
	for _, d := range o.Deliveries {
		if d.State != entry.Delivered && d.Tone == o.Tone {
			o.Text = d.Mark.Name + ": " + d.Words
			if d.Text != "" {
				o.Text += ". " + d.Text
			}
			break
		}
	}
	return o
}

// Outbox is the outbox place: every entry, every delivery, in words.
type Outbox struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// OnDraft opens a draft for correction.
	OnDraft func(entry.Draft)

	env      Env
	desk     OutboxDesk
	rd       reader
	items    []OutboxEntry
	raw      []entry.Item
	marks    Marks
	selected string // entry id
	system   string // of the selected delivery
	busy     map[string]bool
	take     map[string]bool // by entry and path: what is to be sent as the record says now
	note     string
	noteBad  bool
	loaded   bool
}

// NewOutbox makes the outbox place over d.
func NewOutbox(env Env, d OutboxDesk) *Outbox {
	return &Outbox{env: env.filled(), desk: d, busy: map[string]bool{}, take: map[string]bool{}}
}

func (o *Outbox) changed() {
	if o.OnChange != nil {
		o.OnChange()
	}
}

// Load re-reads the outbox. What the officer has selected stays selected.
func (o *Outbox) Load() {
	read(o.env, &o.rd, o.desk.Outbox, func(items []entry.Item) {
		o.raw, o.loaded = items, true
		o.marks = MarksOf(o.desk.Systems())
		o.arrange()
		o.changed()
	})
}

// arrange puts what needs a person first, then what waits, then what is done; within each the latest first. The order of
// entries already on screen changes only as their standing does.
func (o *Outbox) arrange() {
	o.items = o.items[:0:0]
	raw := slices.Clone(o.raw)
	slices.SortStableFunc(raw, func(a, b entry.Item) int { return b.Saved.Compare(a.Saved) })
	for _, i := range raw {
		x := o.env.outboxEntry(i, o.marks)
		x.Changed = o.changedLines(i)
		o.items = append(o.items, x)
	}
	sortBy(o.items, func(a, b OutboxEntry) bool { return a.Tone > b.Tone })
	if o.Index() < 0 {
		o.selected, o.system = "", ""
		if len(o.items) > 0 {
			o.selected = o.items[0].ID
		}
	}
}

// Items lists the entries.
func (o *Outbox) Items() []OutboxEntry { return o.items }

// Loaded reports whether the outbox has been read.
func (o *Outbox) Loaded() bool { return o.loaded }

// Index is where the selected entry stands; -1 for none.
func (o *Outbox) Index() int {
	return slices.IndexFunc(o.items, func(e OutboxEntry) bool { return e.ID == o.selected })
}

// Select selects an entry.
func (o *Outbox) Select(i int) {
	if i >= 0 && i < len(o.items) && o.items[i].ID != o.selected {
		o.selected, o.system = o.items[i].ID, ""
		o.changed()
	}
}

// SelectID selects an entry by its id.
func (o *Outbox) SelectID(id string) {
	o.selected = id
	o.changed()
}

// Selected is the selected entry.
func (o *Outbox) Selected() (OutboxEntry, bool) {
	if i := o.Index(); i >= 0 {
		return o.items[i], true
	}
	return OutboxEntry{}, false
}

// Tally counts the entries that wait, and those that need a person.
func (o *Outbox) Tally() (waiting, needsPerson int) {
	for _, i := range o.items {
		switch {
		case i.Done:
		case i.Tone == Danger:
			needsPerson++
		default:
			waiting++
		}
	}
	return waiting, needsPerson
}

// Note says what the last command came to; bad is set if it failed.
func (o *Outbox) Note() (words string, bad bool) { return o.note, o.noteBad }

// Busy reports whether a command for a delivery is under way.
func (o *Outbox) Busy(entryID, system string) bool { return o.busy[entryID+"\x00"+system] }

func (o *Outbox) do(entryID, system string, work func(context.Context) error, done string) {
	key := entryID + "\x00" + system
	if o.busy[key] {
		return
	}
	o.busy[key] = true
	o.note = ""
	go func() {
		err := work(context.Background())
		o.env.Post(func() {
			delete(o.busy, key)
			if err != nil {
				o.note, o.noteBad = say(err), true
			} else {
				o.note, o.noteBad = done, false
			}
			o.changed()
			o.Load()
		})
	}()
	o.changed()
}

// Retry sends a waiting delivery now.
func (o *Outbox) Retry(entryID, system string) {
	o.do(entryID, system, func(ctx context.Context) error { return o.desk.RetryDelivery(ctx, entryID, system) },
		o.env.T("screens.outbox.retrying", "system", o.marks.Of(system).Name))
}

// Withdraw gives a delivery up. A reason is required: it goes into the audit log.
func (o *Outbox) Withdraw(entryID, system, reason string) bool {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		o.note, o.noteBad = o.env.T("screens.outbox.needreason"), true
		o.changed()
		return false
	}
	o.do(entryID, system, func(ctx context.Context) error { return o.desk.WithdrawDelivery(ctx, entryID, system, reason) },
		o.env.T("screens.outbox.withdrawn", "system", o.marks.Of(system).Name))
	return true
}

// Edit makes a draft of what was refused, to be corrected and sent again, and hands it to OnDraft.
func (o *Outbox) Edit(entryID, system string) {
	var d entry.Draft
	o.do(entryID, system, func(ctx context.Context) error {
		var err error
		d, err = o.desk.EditDelivery(ctx, entryID, system)
		if err == nil {
			o.env.Post(func() {
				if o.OnDraft != nil {
					o.OnDraft(d)
				}
			})
		}
		return err
	}, "")
}
