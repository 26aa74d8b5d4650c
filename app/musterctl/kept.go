package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/desk"
	"muster/app/search"
)

// keptCase finds a kept case by its id, its name, or a part of either.
func keptCase(d *desk.Desk, what string) (desk.KeptCase, error) {
	all := d.KeptCases()
	for _, fits := range []func(desk.KeptCase) bool{
		func(k desk.KeptCase) bool { return k.ID == what },
		func(k desk.KeptCase) bool { return strings.EqualFold(k.Called(), what) },
		func(k desk.KeptCase) bool { return k.Fits(what) },
	} {
		var found []desk.KeptCase
		for _, k := range all {
			if fits(k) {
				found = append(found, k)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return desk.KeptCase{}, usagef("%d kept cases fit that: give the id of one (musterctl case kept lists them)", len(found))
		}
	}
	return desk.KeptCase{}, usagef("no kept case fits that (musterctl case kept lists them)")
}

func printKept(e *env, k desk.KeptCase) {
	var titles []string
	for _, x := range k.Entities {
		titles = append(titles, x.Title)
	}
	e.out.line(struct {
		Type string `json:"type"`
		desk.KeptCase
	}{"kept", k}, "%s\t%s\t%s\t%d notes\topened %s\t%s", k.Called(), strings.Join(titles, "; "), k.Marking, k.Notes, clock(k.Opened), k.ID)
}

type caseKeptCmd struct {
	Text []string `arg:"" optional:"" help:"Only cases with this in name or titles."`
}

func (c caseKeptCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		for _, k := range d.KeptCases() {
			if k.Fits(strings.Join(c.Text, " ")) {
				printKept(e, k)
			}
		}
		return nil
	})
}

type caseKeepCmd struct {
	purposeFlags
	What []string `arg:"" help:"A record reference SYSTEM/TYPE/ID, or search text whose best match is kept."`
	Name string   `placeholder:"NAME" help:"What the case is called. Default: as its first entity."`
}

func (c caseKeepCmd) Run(e *env) error {
	return e.onCase(c.purposeFlags, c.What, func(d *desk.Desk, cs caseview.Case, incomplete *search.Completeness) error {
		if err := d.KeepCase(e.ctx, cs); err != nil {
			return err
		}
		i := slices.IndexFunc(d.KeptCases(), func(k desk.KeptCase) bool { return k.Holds(cs) })
		k := d.KeptCases()[i]
		if c.Name != "" {
			if err := d.NameCase(e.ctx, k.ID, c.Name); err != nil {
				return err
			}
			var err error
			if k, err = keptCase(d, k.ID); err != nil {
				return err
			}
		}
		printKept(e, k)
		return partly(e, len(cs.Gaps) > 0, incomplete)
	})
}

type caseAddCmd struct {
	purposeFlags
	Case string   `arg:"" help:"The kept case: its id or name."`
	What []string `arg:"" help:"A record reference SYSTEM/TYPE/ID, or search text whose best match is added."`
}

func (c caseAddCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := c.set(d); err != nil {
			return err
		}
		k, err := keptCase(d, c.Case)
		if err != nil {
			return err
		}
		cs, _, err := openCase(e, d, strings.Join(c.What, " "))
		if err != nil {
			return err
		}
		if err := d.AddToCase(e.ctx, k.ID, cs); err != nil {
			return err
		}
		return shown(e, d, k.ID)
	})
}

func shown(e *env, d *desk.Desk, id string) error {
	k, err := keptCase(d, id)
	if err == nil {
		printKept(e, k)
	}
	return err
}

type caseRemoveCmd struct {
	Case   string `arg:"" help:"The kept case: its id or name."`
	Entity string `arg:"" help:"The entity: its id, as case kept --json gives it, or one of its records."`
}

func (c caseRemoveCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		k, err := keptCase(d, c.Case)
		if err != nil {
			return err
		}
		if err := d.RemoveFromCase(e.ctx, k.ID, c.Entity); err != nil {
			return err
		}
		return shown(e, d, k.ID)
	})
}

type caseRenameCmd struct {
	Case string `arg:"" help:"The kept case: its id or name."`
	Name string `arg:"" help:"What it is called from now on."`
}

func (c caseRenameCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		k, err := keptCase(d, c.Case)
		if err != nil {
			return err
		}
		if err := d.NameCase(e.ctx, k.ID, c.Name); err != nil {
			return err
		}
		return shown(e, d, k.ID)
	})
}

type caseNoteCmd struct {
	Case string   `arg:"" help:"The kept case: its id or name."`
	Text []string `arg:"" optional:"" help:"The note. Without one the notes are listed; a single - reads it from standard input. A note is never changed or taken away."`
}

func (c caseNoteCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		k, err := keptCase(d, c.Case)
		if err != nil {
			return err
		}
		line := func(n desk.CaseNote) {
			e.out.line(struct {
				Type string `json:"type"`
				desk.CaseNote
			}{"note", n}, "%d\t%s\t%s\t%s", n.Number, clock(n.At), n.By, n.Text)
		}
		if len(c.Text) > 0 {
			text, err := e.words(c.Text)
			if err != nil {
				return err
			}
			n, err := d.NoteCase(e.ctx, k.ID, text)
			if err == nil {
				line(n)
			}
			return err
		}
		notes, err := d.CaseNotes(e.ctx, k.ID)
		for _, n := range notes {
			line(n)
		}
		return err
	})
}

type caseDropCmd struct {
	Case string `arg:"" help:"The kept case: its id or name."`
}

func (c caseDropCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		k, err := keptCase(d, c.Case)
		if err != nil {
			return err
		}
		if err := d.DropCase(e.ctx, k.ID); err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "dropped", "id": k.ID}, "%s is not kept any more.", k.Called())
		return nil
	})
}

type caseExportCmd struct {
	Purpose    string   `env:"MUSTER_PURPOSE" placeholder:"CODE" help:"Why the case is read: a reason code (musterctl search --purposes lists them)."`
	PurposeWhy string   `name:"purpose-text" placeholder:"TEXT" help:"The purpose in words, where the code asks for it. Default: --reason."`
	CaseRef    string   `env:"MUSTER_CASE" placeholder:"REF" help:"Case reference, where the code asks for it."`
	What       []string `arg:"" help:"A kept case by id or name, a record reference SYSTEM/TYPE/ID, or search text whose best match is exported."`
	Format     string   `enum:"pdf,json,csv" default:"pdf" help:"pdf, json (NIEM names) or csv."`
	To         string   `type:"path" placeholder:"PATH" help:"File to write, or a folder; it never replaces a file. Default: the folder of downloads."`
	Recipient  string   `required:"" placeholder:"NAME" help:"Who it is for."`
	Kind       string   `default:"other" placeholder:"CODE" help:"What the recipient is: court, cps, defence, force, agency, subject, other, or as the force lists them."`
	Reason     string   `required:"" placeholder:"TEXT" help:"Why it is disclosed."`
	Basis      string   `placeholder:"TEXT" help:"The lawful basis. Default: as the force has it for the purpose."`
	Above      bool     `help:"Go ahead although the case is marked above what the recipient may be given."`
	Copy       bool     `help:"Export the sealed copy of a kept case and ask no system."`
}

func (c caseExportCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		p := purposeFlags{Purpose: c.Purpose, Reason: cmp.Or(c.PurposeWhy, c.Reason), CaseRef: c.CaseRef}
		if err := p.set(d); err != nil {
			return err
		}
		if err := knownRecipient(d, c.Kind); err != nil {
			return err
		}
		in := desk.Disclosure{Format: disclose.Format(c.Format), To: c.To, Recipient: c.Recipient, Kind: c.Kind, Reason: c.Reason, Basis: c.Basis, Above: c.Above}
		part := false
		what := strings.Join(c.What, " ")
		if k, err := keptCase(d, what); err == nil {
			in.Case = k.ID
			for _, x := range k.Entities {
				var cs caseview.Case
				if c.Copy {
					cs, err = d.OpenCopy(e.ctx, x.ID)
				} else {
					cs, err = d.OpenCase(e.ctx, x.ID)
				}
				if err != nil {
					return fmt.Errorf("%s: %w", x.Title, err)
				}
				in.Cases = append(in.Cases, cs)
			}
		} else {
			if c.Copy {
				return err
			}
			cs, incomplete, err := openCase(e, d, what)
			if err != nil {
				return err
			}
			part = incomplete != nil
			in.Cases = []caseview.Case{cs}
		}
		got, err := d.Disclose(e.ctx, in)
		if err := printDisclosed(e, got, err); err != nil {
			return err
		}
		for _, cs := range in.Cases {
			part = part || len(cs.Gaps) > 0
		}
		return partly(e, part, nil)
	})
}

// knownRecipient refuses what the force does not list as a recipient.
func knownRecipient(d *desk.Desk, code string) error {
	var codes []string
	for _, r := range d.Recipients() {
		codes = append(codes, r.Code)
	}
	if !slices.Contains(codes, code) {
		return usagef("--kind is one of %s", strings.Join(codes, ", "))
	}
	return nil
}

// printDisclosed says what was written, or why nothing was.
func printDisclosed(e *env, got desk.Disclosed, err error) error {
	if errors.Is(err, desk.ErrAbove) {
		return fmt.Errorf("%w Give --above to go ahead; it is recorded", err)
	}
	if err != nil {
		return err
	}
	e.out.line(struct {
		Type string `json:"type"`
		desk.Disclosed
	}{"disclosed", got}, "%s\t%d bytes\t%s\taudit record %d", got.Path, got.Bytes, got.Marking, got.Audit)
	return nil
}
