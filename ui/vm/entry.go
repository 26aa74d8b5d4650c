package vm

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
)

// EntryDesk is what the entry form needs of the desk.
type EntryDesk interface {
	Forms() []entry.Form
	NewDraft(ctx context.Context, form string, from *caseview.Case) (entry.Draft, error)
	SaveDraft(ctx context.Context, dr entry.Draft) (entry.Draft, error)
	Drafts() []entry.Draft
	DeleteDraft(ctx context.Context, id string) error
	Review(dr entry.Draft) entry.Review
	Preview(dr entry.Draft) map[string][]desk.PreviewLine
	Send(ctx context.Context, dr entry.Draft) (entry.Item, error)
	Outbox() []entry.Item
	Systems() []desk.SystemStatus
}

// SaveAfter is how long after the first keystroke that is not yet kept the draft is kept. It leaves the rest of the second
// for the disk.
const SaveAfter = 400 * time.Millisecond

// SaveRetry is how long after a failed saving the next try comes.
const SaveRetry = 2 * time.Second

// Entry is the entry place: the drafts, and the one that is being filled.
type Entry struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// WithPurpose runs then once a purpose is set, and asks the officer for it first where there is none.
	WithPurpose func(then func())

	env   Env
	desk  EntryDesk
	props Properties

	forms    []entry.Form
	drafts   []entry.Draft
	draftsRd reader

	draft   *entry.Draft
	base    entry.Form // as its file has it
	form    entry.Form // as the draft needs it now
	tools   EntryTools
	adding  task
	notice  string
	review  entry.Review
	section int
	visited map[string]bool // paths that the officer has been to and left
	tried   bool            // Send was pressed
	opening task
	err     string
	marks   Marks
	seq     int // changes when another draft comes up

	version, kept uint64 // of the values: kept is the version that the disk has
	saving        bool
	stopTimer     func()
	saved         time.Time
	saveErr       string

	sending bool
	sendErr string
	sent    *entry.Item
	outbox  reader

	previewTask task
	tail        chan struct{} // closed when the last queued writing is done
}

// write runs work off the UI goroutine, after every writing that was queued before: an older state of a draft can never
// land on top of a newer one.
func (e *Entry) write(work func()) {
	before, done := e.tail, make(chan struct{})
	e.tail = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		work()
	}()
}

// NewEntry makes the entry place over d. props describes the fields.
func NewEntry(env Env, d EntryDesk, props Properties) *Entry {
	e := &Entry{env: env.filled(), desk: d, props: props, visited: map[string]bool{}}
	e.WithPurpose = func(then func()) { then() }
	e.tools, _ = d.(EntryTools)
	return e
}

func (e *Entry) changed() {
	if e.OnChange != nil {
		e.OnChange()
	}
}

// Load re-reads the forms and drafts.
func (e *Entry) Load() {
	type both struct {
		forms  []entry.Form
		drafts []entry.Draft
	}
	read(e.env, &e.draftsRd, func() both { return both{e.desk.Forms(), e.desk.Drafts()} }, func(b both) {
		e.forms, e.drafts = b.forms, b.drafts
		e.marks = MarksOf(e.desk.Systems())
		e.changed()
	})
}

// Forms lists the forms that can be started.
func (e *Entry) Forms() []entry.Form { return e.forms }

// Drafts lists the kept drafts, the latest first.
func (e *Entry) Drafts() []entry.Draft {
	out := slices.Clone(e.drafts)
	slices.SortStableFunc(out, func(a, b entry.Draft) int { return b.Saved.Compare(a.Saved) })
	return out
}

// Start begins a new draft of a form, prefilled from the open case if from is not nil. A draft that was open is kept first.
func (e *Entry) Start(form string, from *caseview.Case) {
	e.WithPurpose(func() {
		e.leave()
		e.err = ""
		start(e.env, &e.opening,
			func(ctx context.Context) (entry.Draft, error) { return e.desk.NewDraft(ctx, form, from) },
			func(d entry.Draft, err error) {
				if err != nil {
					e.err = say(err)
					e.changed()
					return
				}
				e.show(d)
				e.touch()
			})
		e.changed()
	})
}

// Resume opens a kept draft.
func (e *Entry) Resume(d entry.Draft) {
	e.leave()
	e.err = ""
	e.show(d)
}

func (e *Entry) show(d entry.Draft) {
	d = copyDraft(d)
	if d.Values == nil {
		d.Values = map[string]string{}
	}
	e.forms = e.desk.Forms()
	i := slices.IndexFunc(e.forms, func(f entry.Form) bool { return f.ID == d.Form })
	if i < 0 {
		e.err = e.env.T("screens.entry.noform", "form", d.Form)
		e.changed()
		return
	}
	e.draft, e.base, e.notice = &d, e.forms[i], ""
	e.form = e.shape()
	e.section, e.visited, e.tried = 0, map[string]bool{}, false
	e.sent, e.sendErr, e.saveErr, e.saved = nil, "", "", d.Saved
	e.version, e.kept = 0, 0
	e.marks = MarksOf(e.desk.Systems())
	e.review = e.desk.Review(d)
	e.seq++
	e.changed()
}

// leave keeps what is open and puts it away.
func (e *Entry) leave() {
	e.opening.stop()
	e.previewTask.stop()
	if e.draft != nil && e.sent == nil && e.version > e.kept {
		d := copyDraft(*e.draft)
		e.write(func() {
			_, err := e.desk.SaveDraft(context.Background(), d)
			e.env.Post(func() {
				if err != nil {
					// What was typed is brought back rather than lost.
					e.show(d)
					e.version++
					e.saveErr = say(err)
					e.changed()
				}
				e.Load()
			})
		})
	}
	e.stop()
	e.draft, e.sent = nil, nil
	e.seq++
}

// Close keeps the draft and goes back to the list.
func (e *Entry) Close() {
	e.leave()
	e.Load()
	e.changed()
}

// Discard deletes the open draft, or any other.
func (e *Entry) Discard(id string) {
	if e.draft != nil && e.draft.ID == id {
		e.stop()
		e.draft, e.sent = nil, nil
		e.seq++
		e.changed()
	}
	e.write(func() {
		err := e.desk.DeleteDraft(context.Background(), id)
		e.env.Post(func() {
			if err != nil {
				e.err = say(err)
				e.changed()
			}
			e.Load()
		})
	})
}

func (e *Entry) stop() {
	if e.stopTimer != nil {
		e.stopTimer()
		e.stopTimer = nil
	}
}

// Draft is the draft that is open; nil if none. seq changes when another one comes up.
func (e *Entry) Draft() (d *entry.Draft, seq int) { return e.draft, e.seq }

// Form is the form of the open draft.
func (e *Entry) Form() entry.Form { return e.form }

// Err is why a draft could not be opened, in words.
func (e *Entry) Err() string { return e.err }

// Opening reports whether a draft is being started.
func (e *Entry) Opening() bool { return e.opening.running() }

// Value is what stands in a field.
func (e *Entry) Value(path string) string {
	if e.draft == nil {
		return ""
	}
	return e.draft.Values[path]
}

// Set takes what is typed into a field. A value that was prefilled from a record is the officer's own once it is changed.
func (e *Entry) Set(path, text string) {
	if e.draft == nil || e.sending || e.sent != nil || e.draft.Values[path] == text {
		return
	}
	if text == "" {
		delete(e.draft.Values, path)
	} else {
		e.draft.Values[path] = text
	}
	delete(e.draft.From, path)
	e.touch()
}

// Leave notes that the officer has been to a field: what is missing there may now be said.
func (e *Entry) Leave(path string) {
	if e.draft != nil && !e.visited[path] {
		e.visited[path] = true
		e.changed()
	}
}

// SetTarget switches a target on or off.
func (e *Entry) SetTarget(system string, on bool) {
	if e.draft == nil || e.sending || e.sent != nil {
		return
	}
	i := slices.Index(e.draft.Off, system)
	switch {
	case on && i >= 0:
		e.draft.Off = slices.Delete(e.draft.Off, i, i+1)
	case !on && i < 0:
		e.draft.Off = append(e.draft.Off, system)
	default:
		return
	}
	e.touch()
}

// Send hands the draft to the outbox. If it is not ready, nothing is sent and the first field that stands in the way is
// given, for the keyboard to go there.
func (e *Entry) Send() (path string) {
	if e.draft == nil || e.sending || e.sent != nil {
		return ""
	}
	e.tried = true
	if !e.review.Ready {
		path = e.firstBad()
		if i := e.sectionOf(path); i >= 0 {
			e.section = i
		}
		e.sendErr = e.env.T("screens.entry.notready")
		if path == "" && e.targetsOn() == 0 {
			e.sendErr = e.env.T("screens.entry.notargets")
		}
		e.changed()
		return path
	}
	e.sending, e.sendErr = true, ""
	e.stop()
	d, seq := copyDraft(*e.draft), e.seq
	e.write(func() {
		item, err := e.desk.Send(context.Background(), d)
		e.env.Post(func() {
			e.sending = false
			if e.seq != seq {
				return
			}
			if err != nil {
				e.sendErr = say(err)
				e.keepSoon(0)
			} else {
				e.sent, e.kept = &item, e.version
				e.Refresh()
				e.Load()
			}
			e.changed()
		})
	})
	e.changed()
	return ""
}

// Sending reports whether the entry is being handed over.
func (e *Entry) Sending() bool { return e.sending }

// SendErr is why the last try to send did not go through, in words.
func (e *Entry) SendErr() string { return e.sendErr }

// Sent is the entry after it was sent, with its deliveries as they stand; nil before.
func (e *Entry) Sent() *entry.Item { return e.sent }

// Refresh reads how the sent entry stands; call it on every notice about the outbox.
func (e *Entry) Refresh() {
	if e.sent == nil {
		return
	}
	id := e.sent.ID
	read(e.env, &e.outbox, e.desk.Outbox, func(items []entry.Item) {
		for i := range items {
			if e.sent != nil && items[i].ID == id && e.sent.ID == id {
				e.sent = &items[i]
				e.changed()
			}
		}
	})
}

// PreviewTarget is what one target will get.
type PreviewTarget struct {
	Mark  Mark
	Lines []desk.PreviewLine
}

// Preview works out what each target receives, and calls show with it.
func (e *Entry) Preview(show func([]PreviewTarget)) {
	if e.draft == nil {
		return
	}
	d, targets, marks := copyDraft(*e.draft), e.review.Targets, e.marks
	start(e.env, &e.previewTask,
		func(context.Context) (map[string][]desk.PreviewLine, error) { return e.desk.Preview(d), nil },
		func(p map[string][]desk.PreviewLine, _ error) {
			var out []PreviewTarget
			for _, t := range targets {
				if lines := p[t.System]; t.On && len(lines) > 0 {
					out = append(out, PreviewTarget{Mark: marks.Of(t.System), Lines: lines})
				}
			}
			show(out)
		})
}

// Title names the draft for lists.
func (e *Entry) Title(d entry.Draft) string {
	for _, f := range e.forms {
		if f.ID == d.Form {
			if d.Purpose.Case != "" {
				return f.Name + ", " + d.Purpose.Case
			}
			return f.Name
		}
	}
	return strings.ToUpper(d.Form)
}

func copyDraft(d entry.Draft) entry.Draft {
	d.Values = maps.Clone(d.Values)
	d.From = maps.Clone(d.From)
	d.Existing = maps.Clone(d.Existing)
	d.Off = slices.Clone(d.Off)
	d.Known = maps.Clone(d.Known)
	d.Repeats = maps.Clone(d.Repeats)
	d.Files = slices.Clone(d.Files)
	return d
}
