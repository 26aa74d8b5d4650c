package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/app/desk"
	"muster/app/entry"
	"muster/assets"
	"muster/plugins/pole"
)

// formCmd is for who writes forms and for the day on which paper is needed.
type formCmd struct {
	Lint  formLintCmd  `cmd:"" help:"Check form files; errors name file and line."`
	List  formListCmd  `cmd:"" help:"List the forms."`
	Show  formShowCmd  `cmd:"" help:"Show one form with its fields."`
	Print formPrintCmd `cmd:"" help:"Print a form as PDF: blank, or a draft as it is filled."`
}

type formLintCmd struct {
	Files []string `arg:"" optional:"" type:"existingfile" help:"Form files; without any, those that ship."`
}

func (c formLintCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	bad := 0
	say := func(file string, f entry.Form, err error) {
		if err != nil {
			bad++
			e.out.line(map[string]any{"type": "finding", "file": file, "say": err.Error()}, "%s", err)
			return
		}
		n := 0
		for _, s := range f.Sections {
			n += len(s.Fields)
		}
		e.out.line(map[string]any{"type": "form", "file": file, "id": f.ID, "name": f.Name, "kind": f.Kind, "fields": n}, "%s: no problem found (%s, %d fields)", file, f.Name, n)
	}
	if len(c.Files) == 0 {
		forms, err := entry.LoadForms(assets.FS, dict)
		if err != nil {
			return err
		}
		for _, f := range forms {
			say("forms/"+f.ID+".yaml", f, nil)
		}
		return nil
	}
	for _, file := range c.Files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		f, err := entry.ReadForm(filepath.Base(file), data, dict)
		say(file, f, err)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d form files would not be used", bad, len(c.Files))
	}
	return nil
}

type formListCmd struct{}

func (formListCmd) Run(e *env) error { return formsCmd{}.Run(e) }

type formShowCmd struct {
	ID string `arg:"" help:"The form's id."`
}

func (c formShowCmd) Run(e *env) error { return formsCmd(c).Run(e) }

type formPrintCmd struct {
	ID    string `arg:"" help:"The form's id."`
	Draft string `placeholder:"ID" help:"Print this draft, filled as it is; without it the form is blank."`
	To    string `short:"o" placeholder:"FILE" help:"File or folder to write; the folder for downloads unless given. None is replaced."`
}

func (c formPrintCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		var dr *entry.Draft
		if c.Draft != "" {
			x, err := draftOf(d, c.Draft)
			if err != nil {
				return err
			}
			dr, c.ID = &x, x.Form
		}
		path, err := d.PrintFormTo(e.ctx, c.To, c.ID, dr, pole.Marking{})
		if err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "printed", "form": c.ID, "path": path}, "Written to %s.", path)
		return nil
	})
}

func draftOf(d *desk.Desk, id string) (entry.Draft, error) {
	list := d.Drafts()
	i := slices.IndexFunc(list, func(x entry.Draft) bool { return x.ID == id })
	if i < 0 {
		return entry.Draft{}, fmt.Errorf("there is no draft %s", id)
	}
	return list[i], nil
}

type entryCmd struct {
	Preview entryPreviewCmd `cmd:"" help:"Show each request as it would leave, without the sign-in. Nothing is sent."`
	Drafts  entryDraftsCmd  `cmd:"" help:"List the drafts."`
}

type entryDraftsCmd struct{}

func (entryDraftsCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		for _, x := range d.Drafts() {
			e.out.line(map[string]any{"type": "draft", "id": x.ID, "form": x.Form, "saved": x.Saved, "fields": len(x.Values)}, "%s\t%s\t%s\t%d fields", x.ID, x.Form, x.Saved.Local().Format("02/01/2006 15:04"), len(x.Values))
		}
		return nil
	})
}

type entryPreviewCmd struct {
	submitCmd
	Draft string `placeholder:"ID" help:"A draft instead of a form and its fields."`
}

func (c entryPreviewCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := c.set(d); err != nil {
			return err
		}
		dr, err := c.draft(e.ctx, e, d)
		if err != nil {
			return err
		}
		for _, r := range d.Requests(e.ctx, dr) {
			if len(c.To) > 0 && !slices.Contains(c.To, r.System) {
				continue
			}
			var head []string
			for _, h := range slices.Sorted(maps.Keys(r.Header)) {
				head = append(head, h+": "+r.Header[h])
			}
			e.out.line(struct {
				Type string `json:"type"`
				desk.RequestPreview
			}{"request", r}, "# %s (%s)\n%s %s\n%s\n\n%s\n%s", r.System, r.Name, r.Method, r.URL, strings.Join(head, "\n"), r.Body, r.Say)
		}
		return nil
	})
}

// draft is the draft to look at; one that is made for the purpose leaves nothing behind.
func (c entryPreviewCmd) draft(ctx context.Context, e *env, d *desk.Desk) (entry.Draft, error) {
	if c.Draft != "" {
		return draftOf(d, c.Draft)
	}
	dr, err := d.NewDraft(ctx, cmp.Or(c.Form, "incident"), nil)
	if err != nil {
		return dr, err
	}
	defer func() { _ = d.DeleteDraft(ctx, dr.ID) }() // it was for looking only
	forms := d.Forms()
	i := slices.IndexFunc(forms, func(f entry.Form) bool { return f.ID == dr.Form })
	return dr, c.fill(e, forms[i], &dr)
}
