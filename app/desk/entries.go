package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/entry"
	"muster/plugins"
	"muster/plugins/pole"
)

// errGone means that a system was taken out of the profile while an entry was on its way to it.
var errGone = errors.New("the system is not set up on this desk any more: withdraw this delivery, or ask IT to add the system again")

// newOutbox opens the officer's outbox. It goes on behind a locked desk as far as sign-ins last.
func (d *Desk) newOutbox(s *session) (*entry.Outbox, error) {
	box, err := entry.NewOutbox(entry.Config{
		Store: s.store, Drafts: s.drafts, Files: s.files, Dictionary: d.dict, Now: d.now, Log: d.log,
		Submit: func(_ context.Context, id string) (plugins.Submitter, error) {
			sys, ok := d.system(id)
			if !ok {
				return nil, &plugins.Error{Kind: plugins.Unavailable, System: id, Say: errGone.Error(), Err: errGone}
			}
			open, err := sys.open()
			if err != nil {
				return nil, err
			}
			sub, ok := open.(plugins.Submitter)
			if !ok {
				return nil, &plugins.Error{Kind: plugins.Invalid, System: id, Say: "The system takes no entries any more. Withdraw this delivery, or ask IT."}
			}
			return sub, nil
		},
		Before: func(ctx context.Context, it entry.Item, dl entry.Delivery) (context.Context, error) {
			a := d.access(string(audit.Alteration), it.Purpose)
			if dl.Unsure {
				a.Operation = string(audit.Consultation) // asking whether it arrived changes nothing
			}
			r := d.record(a)
			if sys, ok := d.system(dl.System); ok {
				r = d.of(r, sys)
			}
			r.Ref, r.Captured, r.Sent = it.ID, it.Captured, r.Time
			seqs, err := d.append(ctx, s, r)
			if err != nil {
				return nil, err
			}
			a.Audited = seqs[0]
			return plugins.WithAccess(ctx, a), nil
		},
		Changed: func(ctx context.Context, it entry.Item, dr entry.Draft) ([]entry.Difference, error) {
			return d.changedSince(ctx, s, it, dr)
		},
		After: func(ctx context.Context, it entry.Item, dl entry.Delivery, err error) {
			a, ok := plugins.AccessFrom(ctx)
			if !ok {
				return
			}
			sys, _ := d.system(dl.System)
			d.closing(s, a, sys, a.Audited, 0, err, nil)
		},
	})
	if err != nil {
		return nil, err
	}
	box.Subscribe(func(id string) { d.notify(TopicOutbox, id) })
	return box, nil
}

// Forms lists the forms.
func (d *Desk) Forms() []entry.Form { return slices.Clone(d.forms) }

func (d *Desk) form(id string) (entry.Form, error) {
	i := slices.IndexFunc(d.forms, func(f entry.Form) bool { return f.ID == id })
	if i < 0 {
		return entry.Form{}, fmt.Errorf("there is no form %q", id)
	}
	return d.forms[i], nil
}

// targets are the systems that take entries of the form's kind.
func (d *Desk) targets(f entry.Form) []entry.Target {
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	var out []entry.Target
	for _, s := range list {
		if t := entry.NewTarget(s.cfg.ID, s.name(), s.info.Kinds, f); t.Spec.Kind != "" && s.broken == nil && !s.isDenied() {
			out = append(out, t)
		}
	}
	return out
}

// NewDraft starts a draft, prefilled from the officer, the purpose and, if from is not nil, the open case.
func (d *Desk) NewDraft(_ context.Context, form string, from *caseview.Case) (entry.Draft, error) {
	s, err := d.current()
	if err != nil {
		return entry.Draft{}, err
	}
	f, err := d.form(form)
	if err != nil {
		return entry.Draft{}, err
	}
	p, err := d.purposeFor()
	if err != nil {
		return entry.Draft{}, err
	}
	o, _ := d.Officer()
	dr := entry.NewDraft(f, d.dict, entry.Officer{Name: o.Name, Collar: o.Collar}, p, d.now())
	if from != nil {
		dr = d.fill(f, dr, *from)
	}
	dr, err = s.drafts.Put(dr)
	if err == nil {
		d.notify(TopicDrafts, dr.ID)
	}
	return dr, err
}

// fill puts what a case says into the part of the form that is of its kind, and what is linked to it into parts still empty.
func (d *Desk) fill(f entry.Form, dr entry.Draft, c caseview.Case) entry.Draft {
	part, ok := entry.PartFor(f, dr, c.Kind)
	if !ok {
		return dr
	}
	return d.fillPart(f, dr, part, c)
}

// fillPart puts what a case says into one part of the form, and its address into a place that is still empty.
func (d *Desk) fillPart(f entry.Form, dr entry.Draft, part string, c caseview.Case) entry.Draft {
	values := d.bestValues(c)
	var refs []pole.Ref
	for _, r := range c.Records {
		refs = append(refs, r.Ref)
	}
	dr = entry.Prefill(f, dr, d.dict, part, values, refs)
	// Where the form also asks for a place and the case's own address fills it, the officer need not type it again.
	for _, k := range d.dict.Kinds() {
		if k.Class != pole.ClassLocation {
			continue
		}
		if p, ok := entry.PartFor(f, dr, k.Name); ok && p != "" {
			dr = entry.Prefill(f, dr, d.dict, p, values, nil)
		}
	}
	return dr
}

// bestValues are the values that stand first in a case, the parts of a name or an address with them: all parts come from one record
// that says the whole, never some from another, whose address may be a different one.
func (d *Desk) bestValues(c caseview.Case) []entry.Source {
	var out []entry.Source
	for _, m := range slices.Concat(c.Disagreements, c.Agreed) {
		if len(m.Values) == 0 || len(m.Values[0].Sources) == 0 {
			continue
		}
		best := m.Values[0]
		out = append(out, entry.Source{Property: m.Property, Value: best.Value, Ref: best.Sources[0].Ref})
		if g, ok := d.dict.GroupOf(m.Property); ok && g.Property == m.Property {
			out = append(out, d.partsOf(g, best, c.Records)...)
		}
	}
	return out
}

// partsOf are the parts of a composite as that one of its sources says them which says most.
func (d *Desk) partsOf(g pole.GroupDef, a caseview.Alternative, records []pole.Record) []entry.Source {
	var most []entry.Source
	for _, src := range a.Sources {
		i := slices.IndexFunc(records, func(r pole.Record) bool { return r.Ref == src.Ref })
		if i < 0 {
			continue
		}
		together := map[string][]pole.Fact{}
		for _, f := range records[i].Facts {
			if f.Property == g.Property || slices.Contains(g.Parts, f.Property) {
				together[f.Group] = append(together[f.Group], f)
			}
		}
		for _, facts := range together {
			if d.dict.Whole(g, facts).Norm != src.Value.Norm {
				continue
			}
			var parts []entry.Source
			for _, f := range facts {
				if f.Property != g.Property {
					parts = append(parts, entry.Source{Property: f.Property, Value: f.Value, Ref: src.Ref})
				}
			}
			if len(parts) > len(most) {
				most = parts
			}
		}
	}
	return most
}

// SaveDraft keeps a draft; it is durable when SaveDraft returns.
func (d *Desk) SaveDraft(_ context.Context, dr entry.Draft) (entry.Draft, error) {
	s, err := d.behind() // what was typed is kept even when the desk locked meanwhile
	if err != nil {
		return dr, err
	}
	dr, err = s.drafts.Put(dr)
	if err == nil {
		d.notify(TopicDrafts, dr.ID)
	}
	return dr, err
}

// Drafts lists what was begun and not sent, latest first.
func (d *Desk) Drafts() []entry.Draft {
	s, err := d.current()
	if err != nil {
		return nil
	}
	list, err := s.drafts.List()
	if err != nil {
		d.log.Error("the drafts could not be read", "error", err)
	}
	return list
}

// DeleteDraft gives up a draft.
func (d *Desk) DeleteDraft(ctx context.Context, id string) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	if err := d.erasing(ctx, s, "draft "+id); err != nil {
		return err
	}
	if err := s.drafts.Delete(id); err != nil {
		return err
	}
	d.notify(TopicDrafts, id)
	return nil
}

// Review holds a draft against its form and targets; quick enough for every change.
func (d *Desk) Review(dr entry.Draft) entry.Review {
	f, err := d.form(dr.Form)
	if err != nil {
		return entry.Review{Errors: []plugins.FieldError{{Say: err.Error()}}}
	}
	return entry.ReviewDraft(f, dr, d.targets(f), d.dict)
}

// Preview is what each system will get of a draft, by system.
func (d *Desk) Preview(dr entry.Draft) map[string][]PreviewLine {
	out := map[string][]PreviewLine{}
	f, err := d.form(dr.Form)
	if err != nil {
		return out
	}
	for _, t := range d.targets(f) {
		if slices.Contains(dr.Off, t.System) {
			continue
		}
		for _, l := range entry.Preview(f, dr, t, d.dict) {
			out[t.System] = append(out[t.System], PreviewLine(l))
		}
	}
	return out
}

// Send puts a draft into the outbox for every target that is on. It is durable when Send returns, and the draft is gone.
func (d *Desk) Send(ctx context.Context, dr entry.Draft) (entry.Item, error) {
	s, err := d.current()
	if err != nil {
		return entry.Item{}, err
	}
	f, err := d.form(dr.Form)
	if err != nil {
		return entry.Item{}, err
	}
	if rv := d.Review(dr); !rv.Ready && dr.Amends == nil {
		return entry.Item{}, &entry.NotReady{Review: rv} // nothing is collected, so the log says nothing
	}
	a := d.access(string(audit.Collection), dr.Purpose)
	r := d.record(a)
	r.Kind, r.Ref, r.Fields = f.Kind, dr.ID, changedFields(dr)
	if _, _, err := d.account(ctx, a, r); err != nil {
		return entry.Item{}, err
	}
	dr.Recheck = d.fromCopies(s, dr)
	it, err := s.outbox.Add(dr, f, d.targets(f))
	if err != nil {
		return it, err
	}
	d.notify(TopicOutbox, it.ID)
	d.notify(TopicDrafts, dr.ID)
	return it, nil
}

// Outbox lists every entry that was sent, latest first.
func (d *Desk) Outbox() []entry.Item {
	s, err := d.current()
	if err != nil {
		return nil
	}
	items := s.outbox.Items()
	for i := range items {
		for n := range items[i].Deliveries {
			dl := &items[i].Deliveries[n]
			dl.Amendable = dl.State == entry.Delivered && d.amendable(dl.System, items[i].Form)
		}
	}
	return items
}

// RetryDelivery tries one delivery again now.
func (d *Desk) RetryDelivery(_ context.Context, entryID, system string) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	return s.outbox.Retry(entryID, system)
}

// WithdrawDelivery gives up one delivery, with the officer's reason.
func (d *Desk) WithdrawDelivery(ctx context.Context, entryID, system, reason string) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	p, _ := d.Purpose()
	a := d.access(string(audit.Alteration), p)
	a.Purpose.Text = reason
	r := d.record(a)
	r.System, r.Ref = system, entryID
	if _, err := d.append(ctx, s, r); err != nil {
		return err
	}
	return s.outbox.Withdraw(entryID, system, reason)
}

// amendable reports whether a system lets what it has taken of a form be corrected.
func (d *Desk) amendable(system, form string) bool {
	f, err := d.form(form)
	return err == nil && slices.ContainsFunc(d.targets(f), func(t entry.Target) bool { return t.System == system && t.Spec.Amends })
}

// EditDelivery gives a draft in which to correct what a system refused, or has and lets be corrected; sending it sends to that system only.
func (d *Desk) EditDelivery(_ context.Context, entryID, system string) (entry.Draft, error) {
	s, err := d.current()
	if err != nil {
		return entry.Draft{}, err
	}
	if it, ok := s.outbox.Item(entryID); ok && slices.ContainsFunc(it.Deliveries, func(dl entry.Delivery) bool {
		return dl.System == system && dl.State == entry.Delivered
	}) {
		if !d.amendable(system, it.Form) {
			return entry.Draft{}, entry.ErrNoAmend
		}
		return s.outbox.AmendDelivered(entryID, system)
	}
	return s.outbox.EditAndResend(entryID, system)
}

// changedFields names the fields of an entry for the audit log: names, never values.
func changedFields(dr entry.Draft) []string { return slices.Sorted(maps.Keys(dr.Values)) }
