package entry

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/store"
)

// Config is what an Outbox needs. Store, Drafts, Dictionary, Submit and Before must be set.
type Config struct {
	Store      *store.Store
	Drafts     *Drafts
	Dictionary *pole.Dictionary
	// Submit gives the system's way in, as it is now: opened, signed in. Its error keeps the entry waiting.
	Submit func(ctx context.Context, system string) (plugins.Submitter, error)
	// Before is called before every call to a system, to account for it: the context that it returns is the call's.
	// Its error keeps the entry waiting; nothing was sent then.
	Before func(context.Context, Item, Delivery) (context.Context, error)
	// After is told how each call ended; nil for none.
	After func(ctx context.Context, i Item, d Delivery, err error)

	// Files holds the attachments; nil where entries have none.
	Files *Files
	// Changed says what the records that a draft was filled from say otherwise by now; nil where drafts are not looked at again.
	// An error keeps the entry waiting; the reading is accounted for in there.
	Changed func(context.Context, Item, Draft) ([]Difference, error)

	Now     func() time.Time
	Log     *slog.Logger
	Backoff Backoff
	Timeout time.Duration // of one call; 0 is a minute
	// Settle is how long after the end of an attempt of unknown outcome a target's 'not there' is believed: until then
	// the request may still be worked on there. 0 is a minute, which is longer than the transport waits for an answer.
	Settle time.Duration
	Alert  int // attempts without success after which a person should look; 0 is 6
}

// Backoff is how long an entry waits between attempts: First, then twice as long each time, at most Max, each a fifth
// longer or shorter at random. Zero values are 5 seconds and 15 minutes.
type Backoff struct{ First, Max time.Duration }

// longest is the longest wait that a target may ask for.
const longest = time.Hour

func (b Backoff) after(attempt int, asked time.Duration) time.Duration {
	first, most := b.First, b.Max
	if first <= 0 {
		first = 5 * time.Second
	}
	if most <= 0 {
		most = 15 * time.Minute
	}
	d := most
	if attempt = max(attempt, 1); attempt < 30 {
		d = min(most, first<<(attempt-1))
	}
	d = time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // a delay, no secret
	return max(d, min(asked, longest))
}

// Errors of the outbox that are not a system's.
var (
	ErrNotReady = errors.New("the entry is not ready to be sent")
	ErrNoEntry  = errors.New("there is no such entry in the outbox, or it does not go to that system")
	ErrBusy     = errors.New("it is being sent right now: wait until that has ended")
	ErrSettled  = errors.New("it was delivered or withdrawn already")
	ErrRefusal  = errors.New("only what a system refused, or has and lets be corrected, can be corrected and sent again")
)

// NotReady is ErrNotReady with what is missing or wrong.
type NotReady struct{ Review Review }

func (e *NotReady) Error() string {
	var say []string
	for _, f := range e.Review.Errors {
		say = append(say, f.Path+": "+f.Say)
	}
	for _, t := range e.Review.Targets {
		if t.On && !t.Ready {
			say = append(say, t.Name+" "+t.Say)
		}
	}
	if len(say) == 0 {
		return ErrNotReady.Error() + ": no system is chosen that takes it"
	}
	return ErrNotReady.Error() + ": " + strings.Join(say, "; ")
}

func (e *NotReady) Unwrap() error { return ErrNotReady }

// posted is an entry as the store keeps it.
type posted struct {
	Item    Item                     `json:"item"`
	Draft   Draft                    `json:"draft"`
	Entries map[string]plugins.Entry `json:"entries"` // by system
	Wants   map[string][]want        `json:"wants,omitempty"`
	Looked  bool                     `json:"looked,omitempty"` // it was held against the records that it was filled from, or a person chose
	Edits   map[string]Draft         `json:"edits,omitempty"`  // by system: the draft as corrected last for it
}

// want is a reference that a target takes from another.
type want struct {
	System   string `json:"system"`
	Required bool   `json:"required"`
}

func (p *posted) delivery(system string) *Delivery {
	for i := range p.Item.Deliveries {
		if p.Item.Deliveries[i].System == system {
			return &p.Item.Deliveries[i]
		}
	}
	return nil
}

// copy is deep where a later change could reach.
func (p *posted) copy() *posted {
	c := *p
	c.Item = p.Item.copy()
	c.Entries = map[string]plugins.Entry{}
	for k, v := range p.Entries {
		c.Entries[k] = v
	}
	c.Edits = maps.Clone(p.Edits)
	return &c
}

func (i Item) copy() Item {
	i.Deliveries, i.Differences = slices.Clone(i.Deliveries), slices.Clone(i.Differences)
	for j := range i.Deliveries {
		if r := i.Deliveries[j].Receipt; r != nil {
			c := *r
			i.Deliveries[j].Receipt = &c
		}
	}
	return i
}

// Outbox delivers entries: each in each of its systems exactly once, or shown as undelivered with the reason until a
// person decides. Every step is on the disk before it is acted on. All methods are safe for concurrent use.
type Outbox struct {
	cfg Config
	c   *store.Collection[posted]

	change  sync.Mutex // one step at a time; held over the disk
	mu      sync.Mutex // guards what follows; never held over the disk
	items   map[string]*posted
	kicks   map[string]chan struct{} // by system: wakes its worker
	well    map[string]time.Time     // by system: when it was last known to answer
	looking map[string]bool          // entries that are held against their records right now
	start   chan struct{}            // there is a system without a worker
	subs    map[int]func(string)
	subN    int
}

// NewOutbox opens the outbox. What was being sent when the program last ended is of unknown outcome and will be asked
// for before anything is sent again.
func NewOutbox(cfg Config) (*Outbox, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.Settle <= 0 {
		cfg.Settle = time.Minute
	}
	if cfg.Alert <= 0 {
		cfg.Alert = 6
	}
	o := &Outbox{cfg: cfg, c: store.NewCollection[posted](cfg.Store, "outbox"), items: map[string]*posted{},
		kicks: map[string]chan struct{}{}, well: map[string]time.Time{}, looking: map[string]bool{}, start: make(chan struct{}, 1), subs: map[int]func(string){}}
	if err := o.c.Each(store.ByInsertion, func(id string, p posted) error {
		o.items[id] = &p
		return nil
	}); err != nil {
		return nil, err
	}
	for id, p := range o.items {
		for _, d := range p.Item.Deliveries {
			if !d.Settled() {
				o.kick(d.System)
			}
			if d.State != Sending {
				continue
			}
			if _, err := o.step(id, d.System, func(_ *posted, d *Delivery) error {
				if d.again(cfg.Now().UTC()) {
					return nil
				}
				d.State, d.Unsure, d.Next, d.Tried = Doubtful, true, cfg.Now(), cfg.Now().UTC()
				d.Say = d.Name + ": Muster ended while this was being sent. Asking whether it arrived."
				return nil
			}); err != nil {
				return nil, err
			}
		}
	}
	return o, nil
}

// KeyOf is the key of one entry at one system: for ever the same, and another for each correction after a refusal.
func KeyOf(entry, system string, revision int) plugins.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "muster entry 1\x00%s\x00%s\x00%d", entry, system, revision))
	return plugins.Key("m" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15])))
}

// Add takes a draft into the outbox for every target that is on, and removes the draft, in one transaction: durable on
// return. The same draft added twice is one entry. A draft that amends replaces what was refused. NotReady says what is missing.
func (o *Outbox) Add(draft Draft, form Form, targets []Target) (Item, error) {
	if draft.ID == "" {
		draft.ID = NewID()
	}
	if draft.Amends != nil {
		return o.amend(draft, form, targets)
	}
	o.change.Lock()
	defer o.change.Unlock()
	if p := o.get(draft.ID); p != nil {
		return p.Item, nil
	}
	if r := ReviewDraft(form, draft, targets, o.cfg.Dictionary); !r.Ready {
		return Item{}, &NotReady{r}
	}
	now := o.cfg.Now().UTC()
	p := &posted{Draft: draft.clone(), Entries: map[string]plugins.Entry{}, Wants: map[string][]want{},
		Item: Item{ID: draft.ID, Form: form.ID, Title: title(form, draft, o.cfg.Dictionary), Saved: now, Purpose: draft.Purpose, Captured: now}}
	for _, t := range targets {
		if !t.takes(&form) || !draft.on(&t) {
			continue
		}
		p.Entries[t.System] = Build(form, draft, t, o.cfg.Dictionary, now)
		for _, a := range t.Spec.Accepts {
			if part, system := SplitPath(a.Path); part == refsPart {
				p.Wants[t.System] = append(p.Wants[t.System], want{string(system), a.Required})
			}
		}
		p.Item.Deliveries = append(p.Item.Deliveries, Delivery{Entry: draft.ID, System: t.System, Name: t.Name,
			Key: KeyOf(draft.ID, t.System, 0), State: Waiting, Say: t.Name + ": waiting to be sent. Nothing is lost.", Next: now, Changed: now})
	}
	if err := o.cfg.Drafts.take(draft.ID, func(tx *store.Tx) error { return o.c.In(tx).Put(p.Item.ID, *p) }); err != nil {
		return Item{}, err
	}
	o.put(p)
	return p.Item.copy(), nil
}

// title names an entry in the outbox: the form, and what the dictionary would call the event.
func title(form Form, draft Draft, dict *pole.Dictionary) string {
	form = form.For(draft, dict)
	r := pole.Record{Kind: form.Kind}
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			if part, _ := SplitPath(f.Path); part == "" && draft.Value(f.Path) != "" {
				r.Facts = append(r.Facts, pole.Fact{Property: f.Property, Value: dict.Normalise(f.Property, draft.Value(f.Path))})
			}
		}
	}
	if t := strings.TrimSpace(dict.Title(r)); len(r.Facts) > 0 && t != "" {
		return form.Name + ": " + t
	}
	return form.Name
}

// Items gives every entry, newest first.
func (o *Outbox) Items() []Item {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]Item, 0, len(o.items))
	for _, p := range o.items {
		out = append(out, p.shown())
	}
	slices.SortFunc(out, func(a, b Item) int {
		if c := b.Saved.Compare(a.Saved); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Attached gives the SHA-256 of every attachment that an entry names, those corrected since included.
func (o *Outbox) Attached() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]bool{}
	for _, p := range o.items {
		for _, a := range p.Draft.Files {
			out[a.SHA256] = true
		}
		for _, d := range p.Edits {
			for _, a := range d.Files {
				out[a.SHA256] = true
			}
		}
	}
	return out
}

// Item gives one entry.
func (o *Outbox) Item(id string) (Item, bool) {
	if p := o.get(id); p != nil {
		return p.shown(), true
	}
	return Item{}, false
}

// Purge forgets entries that were settled everywhere before then, and says how many.
func (o *Outbox) Purge(before time.Time) (int, error) {
	o.change.Lock()
	defer o.change.Unlock()
	var ids []string
	for _, i := range o.Items() {
		if !slices.ContainsFunc(i.Deliveries, func(d Delivery) bool { return !d.Settled() || d.Changed.After(before) }) {
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	if err := o.c.Delete(ids...); err != nil {
		return 0, err
	}
	o.mu.Lock()
	for _, id := range ids {
		delete(o.items, id)
	}
	o.mu.Unlock()
	for _, id := range ids {
		o.tell(id)
	}
	return len(ids), nil
}

// Subscribe calls f with an entry's id whenever it changes, from any goroutine; f must not block.
func (o *Outbox) Subscribe(f func(entry string)) (cancel func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.subN
	o.subN++
	o.subs[n] = f
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.subs, n)
	}
}

func (o *Outbox) tell(id string) {
	o.mu.Lock()
	subs := make([]func(string), 0, len(o.subs))
	for _, f := range o.subs {
		subs = append(subs, f)
	}
	o.mu.Unlock()
	for _, f := range subs {
		f(id)
	}
}

func (o *Outbox) get(id string) *posted {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.items[id]; p != nil {
		return p.copy()
	}
	return nil
}

// put shows a state that is on the disk and wakes the workers concerned.
func (o *Outbox) put(p *posted) {
	o.mu.Lock()
	o.items[p.Item.ID] = p
	for _, d := range p.Item.Deliveries {
		if !d.Settled() {
			o.kick(d.System)
		}
	}
	o.mu.Unlock()
	o.tell(p.Item.ID)
}

// step changes one delivery: on the disk first, then for all to see.
func (o *Outbox) step(entry, system string, f func(*posted, *Delivery) error) (Item, error) {
	return o.stepWith(entry, system, f, o.cfg.Store.Update)
}

func (o *Outbox) stepWith(entry, system string, f func(*posted, *Delivery) error, update func(func(*store.Tx) error) error) (Item, error) {
	o.change.Lock()
	defer o.change.Unlock()
	p := o.get(entry)
	if p == nil || p.delivery(system) == nil {
		return Item{}, ErrNoEntry
	}
	if err := f(p, p.delivery(system)); err != nil {
		return Item{}, err
	}
	p.delivery(system).Changed = o.cfg.Now().UTC()
	if err := update(func(tx *store.Tx) error { return o.c.In(tx).Put(entry, *p) }); err != nil {
		return Item{}, err
	}
	o.put(p)
	return p.Item.copy(), nil
}
