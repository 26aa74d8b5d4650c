package entry

import (
	"context"
	"errors"
	"time"

	"muster/plugins"
)

// ErrNoAmend means that what a system has cannot be corrected from here.
var ErrNoAmend = errors.New("this system does not let what it has be corrected from here: correct it there")

// amends is what a correction of the delivery changes at its target: nil where nothing of it is there, after a refusal.
func (d *Delivery) amends(t *Target) (has *plugins.Receipt, err error) {
	switch {
	case d.Withdrawn != "":
		return nil, ErrRefusal
	case d.State == Refused:
		return d.Amending, nil
	case d.State != Delivered:
		return nil, ErrRefusal
	case !t.Spec.Amends:
		return nil, ErrNoAmend
	}
	return d.Receipt, nil
}

// again makes an attempt of unknown outcome that corrects what is there simply wait for the next one: doing it twice comes to the same.
func (d *Delivery) again(next time.Time) bool {
	if d.Amending == nil {
		return false
	}
	d.State, d.Unsure, d.Next = Waiting, false, next
	d.Say = d.Name + ": its correction is waiting to be sent. Nothing is lost."
	return true
}

// amend calls the plugin as submit does.
func amend(ctx context.Context, s plugins.Submitter, e plugins.Entry, k plugins.Key, was plugins.Receipt) (r plugins.Receipt, err error) {
	defer caught(&err)
	a, ok := s.(plugins.Amender)
	if !ok {
		return r, &plugins.Error{Kind: plugins.Invalid, Say: "It does not let what it has be corrected from here. Correct it there"}
	}
	return a.Amend(ctx, e, k, was)
}

// shown is an entry as it stands for who looks at it: what waits for another system's reference says so.
func (p *posted) shown() Item {
	i := p.Item.copy()
	for n := range i.Deliveries {
		d := &i.Deliveries[n]
		if d.State != Waiting || d.Unsure || d.Withdrawn != "" {
			continue
		}
		for _, w := range p.Wants[d.System] {
			first := p.delivery(w.System)
			switch {
			case !w.Required || first == nil || first.State == Delivered || first.Amending != nil:
			case first.Withdrawn != "":
				d.State = Stopped
				d.Say = d.Name + ": stopped, because it needs the reference of " + first.Name + ", and that delivery was withdrawn. Withdraw this one too."
			default:
				d.Say = d.Name + ": waiting for the reference of " + first.Name + ". Nothing is lost."
			}
		}
	}
	return i
}
