package entry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"muster/plugins"
)

// optionalWait is how long a target waits for a reference that it can do without.
const optionalWait = 10 * time.Second

// kick wakes a system's worker. o.mu is held.
func (o *Outbox) kick(system string) {
	ch := o.kicks[system]
	if ch == nil {
		ch = make(chan struct{}, 1)
		o.kicks[system] = ch
		signal(o.start)
	}
	signal(ch)
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends, one worker for each system so that none delays another. It returns when every call has
// ended; what was under way then is of unknown outcome and is asked for next time.
func (o *Outbox) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := map[string]bool{}
	signal(o.start)
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.start:
		}
		o.mu.Lock()
		for system, ch := range o.kicks {
			if !running[system] {
				running[system] = true
				wg.Go(func() { o.work(ctx, system, ch) })
			}
		}
		o.mu.Unlock()
	}
}

// worker is the state of one system's worker.
type worker struct {
	*Outbox
	system string
	until  time.Time // the system said not to come back before
}

func (o *Outbox) work(ctx context.Context, system string, kick <-chan struct{}) {
	w := &worker{Outbox: o, system: system}
	for ctx.Err() == nil {
		id, wait := w.next()
		if id != "" {
			w.attempt(ctx, id)
			continue
		}
		pause(ctx, wait, kick)
	}
}

// pause waits for d (for ever when negative), a kick, or the end.
func pause(ctx context.Context, d time.Duration, kick <-chan struct{}) {
	var after <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		after = t.C
	}
	select {
	case <-ctx.Done():
	case <-kick:
	case <-after:
	}
}

// next is the entry to try now, oldest first, or how long until there may be one (negative: until something changes).
func (w *worker) next() (id string, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	wait = -1
	sooner := func(t time.Time) {
		if d := max(t.Sub(now), time.Millisecond); wait < 0 || d < wait {
			wait = d
		}
	}
	var best *posted
	for _, p := range w.items {
		d := p.delivery(w.system)
		if d == nil || d.Withdrawn != "" || d.State != Waiting && d.State != Doubtful || w.looking[p.Item.ID] {
			continue
		}
		due := w.due(d, now)
		if w.until.After(due) {
			due = w.until
		}
		if due.After(now) {
			sooner(due)
			continue
		}
		ready, at := p.referencesReady(w.system, now)
		ready = ready || d.Unsure // asking whether it arrived needs nothing of others
		switch {
		case !ready && !at.IsZero():
			sooner(at)
		case !ready:
		case best == nil || p.Item.Saved.Before(best.Item.Saved) || p.Item.Saved.Equal(best.Item.Saved) && p.Item.ID < best.Item.ID:
			best = p
		}
	}
	if best != nil {
		return best.Item.ID, 0
	}
	return "", wait
}

// referencesReady reports whether the references that a target wants are there, or need not be waited for any longer;
// until says when that will change by itself.
func (p *posted) referencesReady(system string, now time.Time) (ready bool, until time.Time) {
	ready = true
	for _, w := range p.Wants[system] {
		d := p.delivery(w.System)
		if d == nil || d.State == Delivered || d.Amending != nil {
			continue
		}
		if w.Required {
			return false, time.Time{}
		}
		tried := d.Attempts > 0 && d.State != Sending || d.State == Refused || d.State == Stopped
		if end := p.Item.Saved.Add(optionalWait); !tried && now.Before(end) {
			ready = false
			if until.IsZero() || end.Before(until) {
				until = end
			}
		}
	}
	return ready, until
}

// attempt makes one call for one entry: it asks whether an earlier attempt arrived, or sends.
func (w *worker) attempt(ctx context.Context, id string) {
	p := w.get(id)
	if p == nil {
		return
	}
	d := *p.delivery(w.system)
	if w.unlooked(p) && !d.Unsure {
		w.look(ctx, p)
		return
	}
	call, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	sub, err := w.cfg.Submit(call, w.system)
	if err != nil {
		w.later(ctx, id, err, "")
		return
	}
	if call, err = w.cfg.Before(call, p.Item, d); err != nil {
		w.later(ctx, id, err, "not sent, because the access could not be accounted for")
		return
	}
	if d.Unsure {
		r, err := confirm(call, sub, w.cfg.Files.opened(p.Entries[w.system]), d.Key)
		w.ended(ctx, p.Item, d, err)
		w.confirmed(ctx, id, d, r, err)
		return
	}
	if p = w.sending(ctx, id); p == nil {
		return
	}
	d = *p.delivery(w.system)
	if d.Amending != nil {
		r, err := amend(call, sub, w.cfg.Files.opened(p.Entries[w.system]), d.Key, *d.Amending)
		w.ended(ctx, p.Item, d, err)
		w.submitted(ctx, id, r, err)
		return
	}
	r, err := submit(call, sub, w.cfg.Files.opened(p.Entries[w.system]), d.Key)
	w.ended(ctx, p.Item, d, err)
	if plugins.KindOf(err) == plugins.Duplicate {
		// Whether what the system has is this entry, only its key tells.
		if r, asked := confirm(call, sub, w.cfg.Files.opened(p.Entries[w.system]), d.Key); asked == nil {
			w.delivered(ctx, id, r, true)
			return
		} else if plugins.KindOf(asked) != plugins.NotFound {
			err = plugins.Errorf(plugins.Unknown, "it says that it already has this; whether that is this entry is not known")
		}
	}
	w.submitted(ctx, id, r, err)
}

// sending notes, on the disk, that the request is about to leave, with the references that go with it.
func (w *worker) sending(ctx context.Context, id string) *posted {
	if !w.settle(ctx, id, func(p *posted, d *Delivery) error {
		if d.State != Waiting || d.Unsure || d.Withdrawn != "" {
			return errChanged
		}
		e := p.Entries[w.system]
		e.Refs = nil
		for _, other := range p.Item.Deliveries {
			if has := cmp.Or(other.Receipt, other.Amending); has != nil && has.Reference != "" {
				if e.Refs == nil {
					e.Refs = map[string]string{}
				}
				e.Refs[other.System] = has.Reference
			}
		}
		p.Entries[w.system] = e
		d.State, d.Unsure, d.Tried, d.Next = Sending, true, w.cfg.Now().UTC(), time.Time{}
		d.Attempts++
		d.Say = d.Name + ": being sent."
		return nil
	}) {
		return nil
	}
	return w.get(id)
}

// errChanged means that a person changed the delivery meanwhile; their word stands.
var errChanged = errors.New("changed meanwhile")

// settle makes a step of this worker's delivery that must not be forgotten. false means that nothing was changed.
func (w *worker) settle(ctx context.Context, id string, f func(*posted, *Delivery) error) bool {
	return w.persist(ctx, func() error {
		_, err := w.step(id, w.system, f)
		return err
	})
}

// persist makes a step and, where the disk refuses it, tries again until it is taken or the program ends: what is known of
// a delivery must not be forgotten. false means that nothing was changed.
func (w *worker) persist(ctx context.Context, step func() error) bool {
	for n := 1; ; n++ {
		err := step()
		if err == nil {
			return true
		}
		if errors.Is(err, errChanged) || errors.Is(err, ErrNoEntry) {
			return false
		}
		w.cfg.Log.Error("the outbox cannot be written", "system", w.system, "error", err)
		pause(ctx, w.cfg.Backoff.after(n, 0), nil)
		if ctx.Err() != nil {
			return false
		}
	}
}

func (w *worker) ended(ctx context.Context, i Item, d Delivery, err error) {
	w.cfg.Log.Info("delivery", "system", w.system, "attempt", d.Attempts, "outcome", string(plugins.KindOf(err)))
	if w.cfg.After != nil {
		w.cfg.After(context.WithoutCancel(ctx), i, d, err)
	}
}

func (w *worker) delivered(ctx context.Context, id string, r plugins.Receipt, already bool) {
	w.mu.Lock()
	w.answers(w.system) // what failed before is tried next, not each at its own time
	w.mu.Unlock()
	w.settle(ctx, id, func(_ *posted, d *Delivery) error {
		now := w.cfg.Now().UTC()
		r.Already = r.Already || already
		if r.At.IsZero() {
			r.At = now
		}
		d.State, d.Receipt, d.Next, d.Fields, d.Unsure, d.Alert, d.Withdrawn, d.Amending = Delivered, &r, time.Time{}, nil, false, false, "", nil
		d.Say = d.Name + ": delivered."
		if r.Reference != "" {
			d.Say = d.Name + ": delivered as " + r.Reference + "."
		}
		return nil
	})
}

// confirmed acts on the answer to 'did it arrive?'.
func (w *worker) confirmed(ctx context.Context, id string, before Delivery, r plugins.Receipt, err error) {
	switch {
	case err == nil:
		w.delivered(ctx, id, r, false)
	case plugins.KindOf(err) == plugins.NotFound:
		w.settle(ctx, id, func(_ *posted, d *Delivery) error {
			if d.Settled() {
				return errChanged
			}
			now := w.cfg.Now().UTC()
			if settled := before.Tried.Add(w.cfg.Settle); now.Before(settled) {
				d.Next = settled
				d.Say = d.Name + ": not arrived so far. Asking again " + at(settled, now) + ", then sending it again. Nothing is lost."
				return nil
			}
			d.State, d.Unsure, d.Next = Waiting, false, now
			d.Say = d.Name + ": it had not arrived; sending it again. Nothing is lost."
			return nil
		})
	default:
		w.later(ctx, id, err, "")
	}
}

// submitted acts on the outcome of sending.
func (w *worker) submitted(ctx context.Context, id string, r plugins.Receipt, err error) {
	if err == nil {
		w.delivered(ctx, id, r, false)
		return
	}
	var e *plugins.Error
	if !errors.As(err, &e) {
		e = &plugins.Error{Kind: plugins.Unavailable, Err: err}
	}
	decide := func(state DeliveryState, say string) {
		w.settle(ctx, id, func(_ *posted, d *Delivery) error {
			d.State, d.Say, d.Fields, d.Unsure, d.Next = state, d.Name+": "+say, slices.Clone(e.Fields), false, time.Time{}
			return nil
		})
	}
	switch e.Kind {
	case plugins.Invalid, plugins.NotFound:
		decide(Refused, "refused. "+sentence(e.Say, "It does not take the entry as it is.")+" Correct it and send it again.")
	case plugins.Denied:
		decide(Stopped, "stopped. "+sentence(e.Say, "You are not allowed to enter this there.")+" Ask for the right, then try again, or withdraw it.")
	case plugins.Duplicate:
		say := "it says that it already has this"
		if e.Ref != "" {
			say += " as " + e.Ref
		}
		decide(Stopped, "stopped, because "+say+", but not from here. Look there, then withdraw it or try again.")
	default:
		w.later(ctx, id, err, "")
	}
}

// later plans the next attempt. What may have arrived stays unsure and is asked for first.
func (w *worker) later(ctx context.Context, id string, err error, why string) {
	var e *plugins.Error
	if !errors.As(err, &e) {
		e = &plugins.Error{Kind: plugins.Unavailable, Err: err}
	}
	w.settle(ctx, id, func(_ *posted, d *Delivery) error {
		if d.Settled() {
			return errChanged
		}
		now := w.cfg.Now().UTC()
		sent := d.State == Sending
		if !sent {
			d.Attempts++
		}
		d.Next = now.Add(w.cfg.Backoff.after(d.Attempts, e.After))
		d.Alert = d.Attempts >= w.cfg.Alert
		if e.Kind == plugins.Limited {
			w.until = d.Next
		}
		switch {
		case sent && (e.Kind == plugins.Auth || e.Kind == plugins.Limited):
			d.State, d.Unsure = Waiting, false
		case sent && d.again(d.Next):
		case sent && e.Kind != plugins.Unavailable:
			d.State = Doubtful
		case sent:
			d.State = Waiting
		}
		if sent && d.Unsure {
			d.Tried = now // it may have left at the very end: only from here on is a 'not there' worth something
		}
		if d.State == Doubtful {
			d.Say = fmt.Sprintf("%s: sent, but whether it arrived is not known. Asking %s; it is not sent twice.", d.Name, at(d.Next, now))
		} else {
			if why == "" {
				why = reason(e.Kind)
			}
			d.Say = fmt.Sprintf("%s: waiting, %s. Next try %s. Nothing is lost.", d.Name, why, at(d.Next, now))
		}
		if d.Alert {
			d.Say += fmt.Sprintf(" Tried %d times: tell IT.", d.Attempts)
		}
		return nil
	})
}

func reason(k plugins.ErrorKind) string {
	switch k {
	case plugins.Auth:
		return "sign in to it first"
	case plugins.Denied:
		return "it does not let you in"
	case plugins.Limited:
		return "system asks for a pause"
	case plugins.Drift:
		return "system answers in a way that is not understood"
	case plugins.Cancelled:
		return "stopped on the way"
	}
	return "system not answering"
}

// at is a time as an officer reads it: 14:08, with the day when it is not within half a day.
func at(t, now time.Time) string {
	if t.Sub(now) > 12*time.Hour {
		return t.Local().Format("15:04 on 02/01/2006")
	}
	return t.Local().Format("15:04")
}

func sentence(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	if last := s[len(s)-1]; last != '.' && last != '!' && last != '?' {
		s += "."
	}
	return s
}

// submit and confirm call the plugin; its panic is an unknown outcome of its own system only.
func submit(ctx context.Context, s plugins.Submitter, e plugins.Entry, k plugins.Key) (r plugins.Receipt, err error) {
	defer caught(&err)
	return s.Submit(ctx, e, k)
}

func confirm(ctx context.Context, s plugins.Submitter, e plugins.Entry, k plugins.Key) (r plugins.Receipt, err error) {
	defer caught(&err)
	return s.Confirm(ctx, e, k)
}

func caught(err *error) {
	if p := recover(); p != nil {
		*err = &plugins.Error{Kind: plugins.Unknown, Say: "the connector failed inside", Err: fmt.Errorf("panic of type %T", p)}
	}
}
