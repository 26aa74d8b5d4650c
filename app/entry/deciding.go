package entry

import (
	"errors"
	"slices"
	"strings"
	"time"

	"muster/store"
)

// Retry sends again at once: what waits, what was refused (as it is), and what stopped.
func (o *Outbox) Retry(entry, system string) error {
	_, err := o.step(entry, system, func(_ *posted, d *Delivery) error {
		switch {
		case d.Settled():
			return ErrSettled
		case d.State == Sending:
			return ErrBusy
		case d.State == Look:
			return ErrLook
		case d.State == Refused, d.State == Stopped:
			d.State = Waiting
			d.Fields = nil
		}
		d.Next, d.Attempts, d.Alert = o.cfg.Now().UTC(), 0, false
		if d.State == Waiting {
			d.Say = d.Name + ": waiting to be sent. Nothing is lost."
		}
		return nil
	})
	return err
}

// Withdraw takes a delivery back for good, with a person's reason. What is being sent cannot be withdrawn.
func (o *Outbox) Withdraw(entry, system, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return errors.New("say why it is withdrawn")
	}
	_, err := o.step(entry, system, func(_ *posted, d *Delivery) error {
		switch {
		case d.Settled():
			return ErrSettled
		case d.State == Sending:
			return ErrBusy
		}
		if d.Amending != nil && !d.Unsure { // only the correction is taken back
			d.State, d.Receipt, d.Amending, d.Fields, d.Alert, d.Next = Delivered, d.Amending, nil, nil, false, time.Time{}
			d.Say = d.Name + ": delivered as " + d.Receipt.Reference + "; the correction was withdrawn."
			return nil
		}
		d.Say = d.Name + ": withdrawn."
		if d.Unsure {
			d.Say = d.Name + ": withdrawn, but an earlier attempt may have arrived there."
		}
		d.State, d.Withdrawn, d.Alert, d.Next = Stopped, reason, false, time.Time{}
		return nil
	})
	return err
}

// Resume tries at once whatever waits, as after an unlock: most of it waited only for the officer.
func (o *Outbox) Resume() error {
	var all error
	for _, i := range o.Items() {
		for _, d := range i.Deliveries {
			if d.Withdrawn != "" || d.State != Waiting && d.State != Doubtful {
				continue
			}
			if err := o.Retry(i.ID, d.System); !errors.Is(err, ErrBusy) && !errors.Is(err, ErrSettled) {
				all = errors.Join(all, err)
			}
		}
	}
	return all
}

// EditAndResend makes a draft, saved, to correct what one system refused, from what it was sent last. Added, it
// replaces the refused delivery.
func (o *Outbox) EditAndResend(entry, system string) (Draft, error) {
	return o.edit(entry, system, Refused)
}

// AmendDelivered makes such a draft of what a system has that lets it be corrected. Added, it changes what was delivered.
func (o *Outbox) AmendDelivered(entry, system string) (Draft, error) {
	return o.edit(entry, system, Delivered)
}

func (o *Outbox) edit(entry, system string, state DeliveryState) (Draft, error) {
	p := o.get(entry)
	if p == nil || p.delivery(system) == nil {
		return Draft{}, ErrNoEntry
	}
	if d := p.delivery(system); d.State != state || d.Withdrawn != "" {
		return Draft{}, ErrRefusal
	}
	draft := p.Draft.clone()
	if last, ok := p.Edits[system]; ok {
		draft = last.clone()
	}
	draft.ID, draft.Created, draft.Amends, draft.Off = NewID(), time.Time{}, &Amend{entry, system}, nil
	for _, d := range p.Item.Deliveries {
		if d.System != system {
			draft.Off = append(draft.Off, d.System)
		}
	}
	return o.cfg.Drafts.Put(draft)
}

func (o *Outbox) amend(draft Draft, form Form, targets []Target) (Item, error) {
	at := *draft.Amends
	i := slices.IndexFunc(targets, func(t Target) bool { return t.System == at.System })
	if i < 0 {
		return Item{}, ErrNoEntry
	}
	t := targets[i]
	draft.Off = nil
	if r := ReviewDraft(form, draft, []Target{t}, o.cfg.Dictionary); !r.Ready {
		return Item{}, &NotReady{r}
	}
	return o.stepWith(at.Entry, at.System, func(p *posted, d *Delivery) error {
		has, err := d.amends(&t)
		if err != nil {
			return err
		}
		e := Build(form, draft, t, o.cfg.Dictionary, p.Item.Captured)
		p.Entries[at.System] = e
		if p.Edits == nil {
			p.Edits = map[string]Draft{}
		}
		p.Edits[at.System] = draft.clone()
		now := o.cfg.Now().UTC()
		*d = Delivery{Entry: d.Entry, System: d.System, Name: d.Name, Revision: d.Revision + 1, Key: KeyOf(d.Entry, d.System, d.Revision+1),
			State: Waiting, Say: d.Name + ": corrected, waiting to be sent. Nothing is lost.", Next: now, Amending: has}
		return nil
	}, func(commit func(*store.Tx) error) error { return o.cfg.Drafts.take(draft.ID, commit) })
}
