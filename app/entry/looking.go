package entry

import (
	"context"
	"errors"
	"slices"
	"time"

	"muster/plugins/pole"
	"muster/store"
)

// Difference is one value of an entry that was taken from a stored copy of a record, and that the record does not say any more.
type Difference struct {
	Path  string   `json:"path"`
	Label string   `json:"label"`
	Ref   pole.Ref `json:"ref"`
	Wrote string   `json:"wrote"`
	Now   string   `json:"now,omitempty"` // as an officer would type it; "" where the record says nothing of it any more
}

// ErrLook means that a person must look first at what has changed.
var ErrLook = errors.New("what this was filled from has changed since: choose what is to be sent")

// unlooked reports whether an entry was filled from stored copies that were not held against their sources yet.
func (o *Outbox) unlooked(p *posted) bool {
	return p.Draft.Recheck && !p.Looked && o.cfg.Changed != nil
}

// look holds an entry against the records that it was filled from, before anything of it leaves. Where they differ nothing is sent
// until a person has chosen. Only one worker looks at an entry at a time.
func (w *worker) look(ctx context.Context, p *posted) {
	id := p.Item.ID
	w.mu.Lock()
	if w.looking[id] {
		w.mu.Unlock()
		return
	}
	w.looking[id] = true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.looking, id)
		for _, d := range p.Item.Deliveries {
			w.kick(d.System) // the others stood back meanwhile
		}
		w.mu.Unlock()
	}()
	now := w.get(id) // another worker may have looked, and a person chosen, since this one took it up
	if now == nil || !w.unlooked(now) || len(now.Item.Differences) > 0 {
		return
	}
	call, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	differ, err := w.cfg.Changed(call, now.Item, now.Draft)
	cancel()
	if err != nil {
		w.later(ctx, id, err, "the record that it was filled from cannot be looked at again yet")
		return
	}
	w.persist(ctx, func() error {
		return w.stepAll(id, func(p *posted) error {
			now := w.cfg.Now().UTC()
			p.Looked, p.Item.Differences = len(differ) == 0, differ
			for i := range p.Item.Deliveries {
				if d := &p.Item.Deliveries[i]; d.State == Waiting && d.Withdrawn == "" && len(differ) > 0 {
					d.State, d.Next, d.Changed = Look, time.Time{}, now
					d.Say = d.Name + ": needs a look: what this was filled from has changed since. Nothing was sent, and nothing is lost."
				}
			}
			return nil
		})
	})
}

// Choose settles what was found to have changed: at the paths of take the entry now says what the record says, everywhere else what was
// written. Then it is sent. It also sends an entry as written whose records cannot be looked at. NotReady says what would be missing.
func (o *Outbox) Choose(id string, take []string, form Form, targets []Target) (Item, error) {
	err := o.stepAll(id, func(p *posted) error {
		if !o.unlooked(p) {
			return ErrSettled
		}
		draft := p.Draft.clone()
		for _, x := range p.Item.Differences {
			switch {
			case !slices.Contains(take, x.Path):
				delete(draft.From, x.Path) // from here on it is the officer's own word
			case x.Now == "":
				delete(draft.Values, x.Path)
				delete(draft.From, x.Path)
			default:
				draft.Values[x.Path] = x.Now
			}
		}
		if r := ReviewDraft(form, draft, targets, o.cfg.Dictionary); len(take) > 0 && !r.Ready {
			return &NotReady{r}
		}
		now := o.cfg.Now().UTC()
		for i := range p.Item.Deliveries {
			d := &p.Item.Deliveries[i]
			if d.State != Look && d.State != Waiting || d.Withdrawn != "" {
				continue
			}
			if t := slices.IndexFunc(targets, func(t Target) bool { return t.System == d.System }); t >= 0 {
				p.Entries[d.System] = Build(form, draft, targets[t], o.cfg.Dictionary, p.Item.Captured)
			}
			d.State, d.Attempts, d.Alert, d.Next, d.Changed = Waiting, 0, false, now, now
			d.Say = d.Name + ": waiting to be sent. Nothing is lost."
		}
		p.Draft, p.Looked, p.Item.Differences = draft, true, nil
		return nil
	})
	if err != nil {
		return Item{}, err
	}
	i, _ := o.Item(id)
	return i, nil
}

// stepAll changes an entry with all its deliveries: on the disk first, then for all to see.
func (o *Outbox) stepAll(id string, f func(*posted) error) error {
	o.change.Lock()
	defer o.change.Unlock()
	p := o.get(id)
	if p == nil {
		return ErrNoEntry
	}
	if err := f(p); err != nil {
		return err
	}
	if err := o.cfg.Store.Update(func(tx *store.Tx) error { return o.c.In(tx).Put(id, *p) }); err != nil {
		return err
	}
	o.put(p)
	return nil
}

// Written is a value as an officer would type it: as it is shown, where that reads back as the same value.
func Written(dict *pole.Dictionary, p pole.Property, v pole.Value) string { return written(dict, p, v) }
