package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/app/desk"
	"muster/app/entry"
)

type outboxCmd struct {
	List     outboxListCmd     `cmd:"" default:"1" help:"What is on its way and what arrived (the default)."`
	Run      outboxRunCmd      `cmd:"" help:"Deliver what is waiting; ends when all is settled or the time is up."`
	Retry    outboxRetryCmd    `cmd:"" help:"Try one delivery again now."`
	Show     outboxShowCmd     `cmd:"" help:"One entry: each delivery, and what has changed since it was written."`
	Edit     outboxEditCmd     `cmd:"" help:"Correct what a system refused and send it again, to that system only."`
	Choose   outboxChooseCmd   `cmd:"" help:"Send an entry whose records have changed since: as written, or with what they say now."`
	Withdraw outboxWithdrawCmd `cmd:"" help:"Give up one delivery, with a reason."`
}

type outboxListCmd struct{}

func (outboxListCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error { return printAll(e, d) })
}

func printAll(e *env, d *desk.Desk) error {
	var result error
	items := d.Outbox()
	if len(items) == 0 {
		e.out.text("The outbox is empty.")
	}
	for _, it := range items {
		if err := printItem(e, it); err != nil {
			result = errPartly // what was refused is shown; listing it did not fail
		}
	}
	return result
}

type outboxRunCmd struct {
	Wait time.Duration `default:"1m"`
}

func (c outboxRunCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		end := time.Now().Add(c.Wait)
		for _, it := range d.Outbox() {
			for _, dl := range it.Deliveries {
				if dl.State == entry.Waiting {
					if err := d.RetryDelivery(e.ctx, it.ID, dl.System); err != nil {
						return err
					}
				}
			}
			waitFor(e, d, it.ID, time.Until(end))
		}
		return printAll(e, d)
	})
}

type outboxRetryCmd struct {
	Entry  string `arg:""`
	System string `arg:""`
}

func (c outboxRetryCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := d.RetryDelivery(e.ctx, c.Entry, c.System); err != nil {
			return err
		}
		return printItem(e, waitFor(e, d, c.Entry, 30*time.Second))
	})
}

type outboxWithdrawCmd struct {
	Entry  string `arg:""`
	System string `arg:""`
	Reason string `required:"" help:"Why it is given up."`
}

func (c outboxWithdrawCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if strings.TrimSpace(c.Reason) == "" {
			return usagef("a reason is needed")
		}
		if err := d.WithdrawDelivery(e.ctx, c.Entry, c.System, c.Reason); err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "withdrawn", "entry": c.Entry, "system": c.System}, "Withdrawn from %s.", c.System)
		return nil
	})
}

func itemOf(d *desk.Desk, id string) (entry.Item, error) {
	items := d.Outbox()
	if i := slices.IndexFunc(items, func(it entry.Item) bool { return it.ID == id }); i >= 0 {
		return items[i], nil
	}
	return entry.Item{}, fmt.Errorf("%w: musterctl outbox lists them", entry.ErrNoEntry)
}

type outboxShowCmd struct {
	Entry string `arg:""`
}

func (c outboxShowCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		it, err := itemOf(d, c.Entry)
		if err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "entry", "entry": it.ID, "form": it.Form, "title": it.Title, "saved": it.Saved, "captured": it.Captured}, "%s\t%s", it.ID, it.Title)
		if err := printItem(e, it); err != nil {
			return errPartly // what was refused is shown; showing it did not fail
		}
		return nil
	})
}

type outboxEditCmd struct {
	Entry  string            `arg:""`
	System string            `arg:""`
	Set    map[string]string `short:"s" placeholder:"PATH=VALUE" help:"A field as it should be."`
	File   string            `short:"f" placeholder:"FILE" help:"Fields as one JSON object of path and value; - is standard input."`
	Wait   time.Duration     `default:"30s" help:"How long to wait for the receipt."`
}

func (c outboxEditCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		dr, err := d.EditDelivery(e.ctx, c.Entry, c.System)
		if err != nil {
			return err
		}
		forms := d.Forms()
		i := slices.IndexFunc(forms, func(f entry.Form) bool { return f.ID == dr.Form })
		if i < 0 {
			err = fmt.Errorf("its form %s is not here any more", dr.Form)
		} else {
			err = fillDraft(e, forms[i], &dr, c.File, c.Set)
		}
		if err == nil {
			_, err = d.Send(e.ctx, dr)
		}
		if err != nil {
			return errors.Join(err, d.DeleteDraft(e.ctx, dr.ID)) // the caller still has what it gave
		}
		return printItem(e, waitFor(e, d, c.Entry, c.Wait))
	})
}

type outboxChooseCmd struct {
	Entry string        `arg:""`
	Take  []string      `placeholder:"PATH" help:"Fields that are sent as the record says now; all others are sent as written."`
	Wait  time.Duration `default:"30s" help:"How long to wait for the receipts."`
}

func (c outboxChooseCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if _, err := d.ChooseEntry(e.ctx, c.Entry, c.Take); err != nil {
			return err
		}
		return printItem(e, waitFor(e, d, c.Entry, c.Wait))
	})
}
