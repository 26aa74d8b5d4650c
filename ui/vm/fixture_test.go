package vm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/ui/i18n"
)

// queue is the UI goroutine of a test: what is posted runs when the test drains it.
type queue struct {
	mu   sync.Mutex
	list []func()
	more chan struct{}
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

func (q *queue) post(f func()) {
	q.mu.Lock()
	q.list = append(q.list, f)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) take() []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.list
	q.list = nil
	return l
}

// drain runs what waits now.
func (q *queue) drain() {
	for _, f := range q.take() {
		f()
	}
}

// until drains until ok, and fails the test after five seconds without it.
func (q *queue) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.After(5 * time.Second)
	for {
		q.drain()
		if ok() {
			return
		}
		select {
		case <-q.more:
		case <-time.After(2 * time.Millisecond):
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

// clock is a time that the test moves, with the timers that wait for it.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*timer
}

type timer struct {
	at   time.Time
	f    func()
	dead bool
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 24, 14, 6, 40, 0, time.Local)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	tm := &timer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, tm)
	return func() {
		c.mu.Lock()
		tm.dead = true
		c.mu.Unlock()
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []*timer
	c.timers = slices.DeleteFunc(c.timers, func(t *timer) bool {
		if !t.dead && !t.at.After(c.now) {
			due = append(due, t)
			return true
		}
		return t.dead
	})
	c.mu.Unlock()
	for _, t := range due {
		t.f()
	}
}

func testEnv(q *queue, c *clock) Env {
	return Env{Post: q.post, Now: c.Now, After: c.After, T: i18n.T}
}

func status(id, name, code, shape string) desk.SystemStatus {
	return desk.SystemStatus{ID: id, Name: name, Code: code, Shape: shape, Health: evaluate.Well, Latency: 38 * time.Millisecond}
}

func fourSystems() []desk.SystemStatus {
	return []desk.SystemStatus{
		status("rms", "Records", "RMS", "square"), status("cad", "Command", "CAD", "triangle"),
		status("custody", "Custody", "CUS", "diamond"), status("intel", "Intelligence", "INT", "circle"),
	}
}

func rec(system, id string) pole.Record {
	return pole.Record{Ref: pole.Ref{System: system, Type: "person", ID: id}, Kind: "person", Read: time.Date(2026, 11, 24, 14, 5, 0, 0, time.Local)}
}

// view is an entity of records, the first of which gives its id.
func view(title string, score float64, recs ...pole.Record) desk.EntityView {
	v := desk.EntityView{
		ID: recs[0].String(), Kind: recs[0].Kind, Class: pole.ClassPerson, Title: title, Records: len(recs), Score: score,
		Entity: match.Entity{ID: recs[0].String(), Kind: recs[0].Kind, Records: recs},
	}
	for _, r := range recs {
		if !slices.Contains(v.Systems, r.System) {
			v.Systems = append(v.Systems, r.System)
		}
	}
	return v
}

// run is one search as the test plays it.
type run struct {
	ctx context.Context
	req search.Request
	f   func(desk.SearchEvent)
	end chan error
}

// searchDesk is a desk whose searches the test plays by hand; it stops at once when the search is cancelled.
type searchDesk struct {
	systems []desk.SystemStatus
	runs    chan *run
	asked   []string
	results []desk.EntityView
}

func newSearchDesk() *searchDesk {
	return &searchDesk{systems: fourSystems(), runs: make(chan *run, 8)}
}

func (d *searchDesk) Systems() []desk.SystemStatus { return d.systems }
func (d *searchDesk) Results() []desk.EntityView   { return d.results }
func (d *searchDesk) Interpret(text string) []search.Interpretation {
	d.asked = append(d.asked, text)
	return []search.Interpretation{{Label: "name", Text: text}, {Label: "free text", Text: text, Terms: []plugins.Term{{Property: "anything"}}}}
}

func (d *searchDesk) Search(ctx context.Context, r search.Request, f func(desk.SearchEvent)) error {
	x := &run{ctx: ctx, req: r, f: f, end: make(chan error, 1)}
	d.runs <- x
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-x.end:
		return err
	}
}

func (d *searchDesk) next(t *testing.T) *run {
	t.Helper()
	select {
	case r := <-d.runs:
		return r
	case <-time.After(5 * time.Second):
		t.Fatal("no search reached the desk")
		return nil
	}
}

func answer(system string, s search.State, n int) desk.SearchEvent {
	return desk.SearchEvent{Answer: &search.Answer{System: system, State: s, Count: n, Elapsed: 38 * time.Millisecond}}
}

func found(vs ...desk.EntityView) desk.SearchEvent { return desk.SearchEvent{Entities: vs} }

func buildTest(e match.Entity, old map[string]bool) caseview.Case {
	c := caseview.Case{ID: e.ID, Kind: e.Kind, Records: e.Records, Title: fmt.Sprintf("case of %d", len(e.Records)), Old: maps.Clone(old)}
	for _, r := range e.Records {
		for _, f := range r.Facts {
			c.Agreed = append(c.Agreed, caseview.Merged{Property: f.Property, Label: string(f.Property),
				Values: []caseview.Alternative{{Display: f.Value.Display(), Sources: []caseview.Source{{Ref: r.Ref}}}}})
		}
	}
	return c
}

// entryDesk keeps drafts and entries as the desk does: what is saved is a copy, and a sent draft is gone.
type entryDesk struct {
	mu     sync.Mutex
	now    func() time.Time
	forms  []entry.Form
	drafts map[string]entry.Draft
	saves  []entry.Draft
	fail   error
	hold   chan struct{}
	items  []entry.Item
	sends  int
}

func newEntryDesk(now func() time.Time) *entryDesk {
	return &entryDesk{now: now, drafts: map[string]entry.Draft{}, forms: []entry.Form{{
		ID: "incident", Name: "Incident report", Kind: "incident",
		Sections: []entry.Section{
			{Name: "what", Label: "What happened", Fields: []entry.Field{
				{Path: "description", Property: "description", Label: "Description", Required: true},
				{Path: "when", Property: "when", Label: "When"},
			}},
			{Name: "who", Label: "Person", Fields: []entry.Field{{Path: "person.name", Property: "name"}}},
		},
	}}}
}

func (d *entryDesk) Systems() []desk.SystemStatus { return fourSystems() }
func (d *entryDesk) Forms() []entry.Form          { return d.forms }

func (d *entryDesk) NewDraft(_ context.Context, form string, from *caseview.Case) (entry.Draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return entry.Draft{}, d.fail
	}
	dr := entry.Draft{ID: fmt.Sprintf("d%d", len(d.drafts)+1), Form: form, Values: map[string]string{}, From: map[string]pole.Ref{}, Created: d.now()}
	if from != nil {
		dr.Values["person.name"] = from.Title
		dr.From["person.name"] = pole.Ref{System: "rms", ID: "1"}
	}
	d.drafts[dr.ID] = copyDraft(dr)
	return dr, nil
}

func (d *entryDesk) SaveDraft(_ context.Context, dr entry.Draft) (entry.Draft, error) {
	if d.hold != nil {
		<-d.hold
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return entry.Draft{}, d.fail
	}
	dr.Saved = d.now()
	d.saves = append(d.saves, copyDraft(dr))
	d.drafts[dr.ID] = copyDraft(dr)
	return dr, nil
}

func (d *entryDesk) saved(id string) entry.Draft {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.drafts[id]
}

func (d *entryDesk) setFail(err error) {
	d.mu.Lock()
	d.fail = err
	d.mu.Unlock()
}

func (d *entryDesk) Drafts() []entry.Draft {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.drafts))
}

func (d *entryDesk) DeleteDraft(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.drafts[id]; !ok {
		return errors.New("there is no such draft")
	}
	delete(d.drafts, id)
	return nil
}

func (d *entryDesk) Review(dr entry.Draft) entry.Review {
	r := entry.Review{Typed: len(dr.Values), Asked: 3*len(dr.Values) + 3, Fields: map[string][]entry.Need{
		"description": {{System: "rms", Required: true, Max: 100}, {System: "cad", Required: true}},
		"when":        {{System: "cad"}},
		"person.name": {{System: "rms"}},
	}}
	for path, needs := range r.Fields { // as entry.ReviewDraft: who is off needs nothing
		r.Fields[path] = slices.DeleteFunc(needs, func(n entry.Need) bool { return slices.Contains(dr.Off, n.System) })
		if len(r.Fields[path]) == 0 && dr.Values[path] != "" {
			r.Doubts = append(r.Doubts, plugins.FieldError{Path: path, Say: "Nobody takes it."})
		}
	}
	all := true
	for _, id := range []string{"rms", "cad"} {
		t := entry.TargetState{System: id, On: !slices.Contains(dr.Off, id), Fields: len(dr.Values), Ready: true, Say: "ready"}
		if dr.Values["description"] == "" {
			t.Ready, t.Say = false, "needs description"
			t.Missing = []plugins.FieldError{{Path: "description", Say: "Say what happened."}}
		}
		if t.On && !t.Ready {
			all = false
		}
		r.Targets = append(r.Targets, t)
	}
	if dr.Values["when"] == "soon" {
		r.Errors = []plugins.FieldError{{Path: "when", Say: "This is not a time."}}
	}
	on := len(dr.Off) < 2
	r.Ready = on && all && len(r.Errors) == 0
	return r
}

func (d *entryDesk) Preview(dr entry.Draft) map[string][]desk.PreviewLine {
	return map[string][]desk.PreviewLine{
		"rms": {{Label: "Narrative", Path: "description", Value: dr.Values["description"]}},
		"cad": {{Label: "TEXT", Path: "description", Value: dr.Values["description"]}},
	}
}

func (d *entryDesk) Send(_ context.Context, dr entry.Draft) (entry.Item, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return entry.Item{}, d.fail
	}
	d.sends++
	i := entry.Item{ID: "e" + dr.ID, Form: dr.Form, Title: "Incident report", Saved: d.now(), Deliveries: []entry.Delivery{
		{Entry: "e" + dr.ID, System: "rms", State: entry.Waiting}, {Entry: "e" + dr.ID, System: "cad", State: entry.Waiting}}}
	d.items = append(d.items, i)
	delete(d.drafts, dr.ID)
	return i, nil
}

func (d *entryDesk) Outbox() []entry.Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.items)
	for i := range out {
		out[i].Deliveries = slices.Clone(out[i].Deliveries)
	}
	return out
}

func (d *entryDesk) deliver(system, ref string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.items {
		for j := range d.items[i].Deliveries {
			if x := &d.items[i].Deliveries[j]; x.System == system {
				x.State, x.Receipt = entry.Delivered, &plugins.Receipt{Reference: ref, At: d.now()}
			}
		}
	}
}

type testProps struct{}

func (testProps) Property(p pole.Property) (pole.PropertyDef, bool) {
	return pole.PropertyDef{Name: p, Label: "Label of " + string(p), MaxLength: 2000, Multiline: p == "description"}, true
}
func (testProps) Codes(string) []pole.CodeDef { return nil }
