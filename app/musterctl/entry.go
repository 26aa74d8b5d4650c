package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
	"muster/plugins/pole"
)

type formsCmd struct {
	ID string `arg:"" optional:"" help:"Show this form's fields."`
}

func (c formsCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		for _, f := range d.Forms() {
			if c.ID == "" {
				e.out.line(map[string]any{"type": "form", "id": f.ID, "name": f.Name, "kind": f.Kind}, "%s\t%s", f.ID, f.Name)
				continue
			}
			if f.ID != c.ID {
				continue
			}
			e.out.text("%s", f.Name)
			for _, s := range f.Sections {
				for _, fd := range s.Fields {
					req := ""
					if fd.Required {
						req = "required"
					}
					codes, only := codesOf(d, fd)
					help := fd.Help
					if len(codes) > 0 {
						such := "Such as: "
						if only {
							such = "One of: "
						}
						help = strings.TrimSpace(help + " " + such + strings.Join(codes, ", ") + ".")
					}
					e.out.line(struct {
						Type    string   `json:"type"`
						Section string   `json:"section"`
						Codes   []string `json:"codes,omitempty"`
						entry.Field
					}{"field", s.Name, codes, fd}, "%s\t%s\t%s\t%s", fd.Path, fd.Label, req, help)
				}
			}
			return nil
		}
		if c.ID != "" {
			return fmt.Errorf("there is no form %s; musterctl forms lists them", c.ID)
		}
		return nil
	})
}

// codesOf is what a field takes, where there is a list; only says that it takes nothing else.
func codesOf(d *desk.Desk, f entry.Field) (codes []string, only bool) {
	p, ok := d.Dictionary().Property(f.Property)
	if !ok || p.CodeList == "" {
		return nil, false
	}
	for _, c := range d.Dictionary().CodeList(p.CodeList) {
		codes = append(codes, c.Code)
	}
	return codes, p.Type == pole.TypeCode
}

type submitCmd struct {
	purposeFlags
	Form    string            `arg:"" help:"The form's id; musterctl forms lists them."`
	Set     map[string]string `short:"s" placeholder:"PATH=VALUE" help:"A field: description=…, person.surname=…"`
	File    string            `short:"f" placeholder:"FILE" help:"Fields as one JSON object of path and value; - is standard input."`
	From    string            `placeholder:"REF" help:"Prefill from the case of this record."`
	To      []string          `placeholder:"ID" help:"Only these systems."`
	Attach  []string          `placeholder:"FILE" help:"A photo or document that goes with it."`
	Wait    time.Duration     `default:"30s" help:"How long to wait for the receipts; what is not delivered by then stays in the outbox."`
	Preview bool              `help:"Show what each system would get, and send nothing."`
}

func (c submitCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := c.set(d); err != nil {
			return err
		}
		var from *caseview.Case
		if c.From != "" {
			if _, err := pole.ParseRef(c.From); err != nil {
				return usageError{err}
			}
			cs, err := d.OpenCase(e.ctx, c.From)
			if err != nil {
				return err
			}
			from = &cs
		}
		dr, err := d.NewDraft(e.ctx, c.Form, from)
		if err != nil {
			return err
		}
		// A command that is refused leaves no draft behind: the caller still has what it gave.
		discard := func(err error) error {
			_ = d.DeleteDraft(e.ctx, dr.ID)
			return err
		}
		forms := d.Forms()
		i := slices.IndexFunc(forms, func(f entry.Form) bool { return f.ID == dr.Form })
		if err := c.fill(e, forms[i], &dr); err != nil {
			return discard(err)
		}
		for _, path := range c.Attach {
			a, err := d.AttachFile(e.ctx, path)
			if err != nil {
				return discard(err)
			}
			dr.Files = append(dr.Files, a)
		}
		review := d.Review(dr)
		for _, id := range c.To {
			if !slices.ContainsFunc(review.Targets, func(t entry.TargetState) bool { return t.System == id }) {
				return discard(usagef("%s takes no such entry, or there is no such system", id))
			}
		}
		if len(c.To) > 0 {
			for _, t := range review.Targets {
				if !slices.Contains(c.To, t.System) {
					dr.Off = append(dr.Off, t.System)
				}
			}
			review = d.Review(dr)
		}
		if c.Preview {
			printPreview(e, d, dr)
			return discard(nil)
		}
		if !review.Ready {
			for _, fe := range review.Errors {
				e.out.line(map[string]any{"type": "field-error", "path": fe.Path, "say": fe.Say}, "%s\t%s", fe.Path, fe.Say)
			}
			for _, t := range review.Targets {
				for _, m := range t.Missing {
					e.out.line(map[string]any{"type": "field-error", "system": t.System, "path": m.Path, "say": m.Say}, "%s\t%s", m.Path, m.Say)
				}
			}
			return discard(fmt.Errorf("the form is not ready, and nothing was sent: correct the fields above (musterctl forms %s lists them all)", c.Form))
		}
		if dr, err = d.SaveDraft(e.ctx, dr); err != nil {
			return err
		}
		item, err := d.Send(e.ctx, dr)
		if err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "saved", "entry": item.ID, "at": item.Saved}, "Saved as %s.", item.ID)
		item = waitFor(e, d, item.ID, c.Wait)
		return printItem(e, item)
	})
}

func (c submitCmd) fill(e *env, form entry.Form, dr *entry.Draft) error {
	return fillDraft(e, form, dr, c.File, c.Set)
}

// fillDraft sets fields of a draft from a file of path and text, and from flags.
func fillDraft(e *env, form entry.Form, dr *entry.Draft, file string, set map[string]string) error {
	values := map[string]string{}
	if file != "" {
		r := e.in
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }() // only read
			r = f
		}
		if err := json.NewDecoder(r).Decode(&values); err != nil {
			return usagef("%s is not one JSON object of field path and text: %v", file, err)
		}
	}
	for k, v := range set {
		values[k] = v
	}
	if dr.Values == nil {
		dr.Values = map[string]string{}
	}
	known := map[string]bool{}
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			known[f.Path] = true
		}
	}
	for k, v := range values {
		if base, n := entry.BasePath(k); n > 1 {
			part, _ := entry.SplitPath(base)
			if p, _ := form.Part(part); n > p.Many {
				return usagef("form %s takes at most %d of %s", form.ID, max(1, p.Many), part)
			}
		}
		if base, _ := entry.BasePath(k); !known[base] {
			return usagef("form %s has no field %s; musterctl forms %s lists them", form.ID, k, form.ID)
		}
		dr.Values[k] = v
		delete(dr.From, k)
	}
	return nil
}

func printPreview(e *env, d *desk.Desk, dr entry.Draft) {
	preview := d.Preview(dr)
	for _, s := range d.Systems() {
		for _, l := range preview[s.ID] {
			e.out.line(struct {
				Type   string `json:"type"`
				System string `json:"system"`
				desk.PreviewLine
			}{"preview", s.ID, l}, "%s\t%s\t%s\t%s", s.ID, l.Path, l.Value, l.From)
		}
	}
}

// waitFor returns the entry when every delivery is settled or the time is up.
func waitFor(e *env, d *desk.Desk, id string, limit time.Duration) entry.Item {
	changed := make(chan struct{}, 1)
	cancel := d.Subscribe(func(n desk.Notice) {
		if n.Topic == desk.TopicOutbox {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	defer cancel()
	deadline := time.After(limit)
	var item entry.Item
	for {
		for _, it := range d.Outbox() {
			if it.ID == id {
				item = it
			}
		}
		if settled(item) {
			return item
		}
		select {
		case <-changed:
		case <-deadline:
			return item
		case <-e.ctx.Done():
			return item
		}
	}
}

// settled reports whether nothing more will happen to the item without a person.
func settled(it entry.Item) bool {
	if it.ID == "" {
		return false
	}
	for _, dl := range it.Deliveries {
		switch dl.State {
		case entry.Delivered, entry.Refused, entry.Stopped, entry.Look:
		default:
			return false
		}
	}
	return true
}

func printItem(e *env, it entry.Item) error {
	for _, dl := range it.Deliveries {
		ref := ""
		if dl.Receipt != nil {
			ref = dl.Receipt.Reference
		}
		e.out.line(struct {
			Type string `json:"type"`
			entry.Delivery
			Reference string `json:"reference,omitempty"`
		}{"delivery", dl, ref}, "%s\t%s\t%s\t%s\t%s", it.ID, dl.System, dl.State, ref, dl.Say)
		for _, f := range dl.Fields {
			e.out.text("\t\t%s\t%s", f.Path, f.Say)
		}
	}
	for _, x := range it.Differences {
		e.out.line(struct {
			Type  string `json:"type"`
			Entry string `json:"entry"`
			entry.Difference
		}{"difference", it.ID, x}, "\t\t%s\twritten: %s\tnow: %s\t%s", x.Path, x.Wrote, x.Now, x.Ref)
	}
	return outcome(it)
}

// outcome is nil when every delivery arrived, errPartly when some did or may yet, and a failure when no system took the entry.
func outcome(it entry.Item) error {
	if !slices.ContainsFunc(it.Deliveries, func(dl entry.Delivery) bool { return !dl.Settled() }) {
		return nil
	}
	for _, dl := range it.Deliveries {
		if dl.State != entry.Refused && dl.State != entry.Stopped && dl.State != entry.Look {
			return errPartly
		}
	}
	return errors.New("no system took the entry; each says why above")
}
