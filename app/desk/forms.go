package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/plugins"
	"muster/plugins/pole"
)

// FormOf is a draft's form as it is asked now: its repeated sections, and without what conditions leave out.
func (d *Desk) FormOf(dr entry.Draft) entry.Form {
	f, err := d.form(dr.Form)
	if err != nil {
		return entry.Form{}
	}
	return f.For(dr, d.dict)
}

// RequestPreview is what one system would be sent of a draft, to the letter, or why that cannot be said.
type RequestPreview struct {
	System string `json:"system"`
	Name   string `json:"name"`
	plugins.Request
	Say string `json:"say,omitempty"` // why there is no request to show
}

// Requests are what each system that is on would be sent of a draft. Nothing is sent, and the sign-in is not in them.
func (d *Desk) Requests(ctx context.Context, dr entry.Draft) []RequestPreview {
	f, err := d.form(dr.Form)
	if err != nil {
		return nil
	}
	var out []RequestPreview
	for _, t := range d.targets(f) {
		if slices.Contains(dr.Off, t.System) {
			continue
		}
		out = append(out, d.requestOf(ctx, f, dr, t))
	}
	return out
}

func (d *Desk) requestOf(ctx context.Context, f entry.Form, dr entry.Draft, t entry.Target) RequestPreview {
	p := RequestPreview{System: t.System, Name: t.Name}
	sys, ok := d.system(t.System)
	if !ok {
		p.Say = errGone.Error()
		return p
	}
	open, err := sys.open()
	if err != nil {
		p.Say = err.Error()
		return p
	}
	see, ok := open.(plugins.Previewer)
	if !ok {
		p.Say = "This system's plugin does not show its requests. The fields that it gets are those listed."
		return p
	}
	a := d.access(string(audit.Alteration), dr.Purpose)
	e := entry.Build(f, dr, t, d.dict, d.now())
	if p.Request, err = see.Preview(plugins.WithAccess(ctx, a), e, entry.KeyOf(cmp.Or(dr.ID, "preview"), t.System, 0)); err != nil {
		p.Say = "Not yet: " + err.Error()
	}
	return p
}

// Attach takes in a file for a draft: hashed as it is read, and sealed. It becomes part of the draft when the draft that
// names it is saved.
func (d *Desk) Attach(ctx context.Context, name string, r io.Reader) (entry.Attachment, error) {
	s, err := d.current()
	if err != nil {
		return entry.Attachment{}, err
	}
	return s.files.Keep(ctx, name, r)
}

// AttachFile is Attach of a file of this machine.
func (d *Desk) AttachFile(ctx context.Context, path string) (entry.Attachment, error) {
	f, err := os.Open(path)
	if err != nil {
		return entry.Attachment{}, fmt.Errorf("the file cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	if st, err := f.Stat(); err == nil && !st.Mode().IsRegular() {
		return entry.Attachment{}, fmt.Errorf("%s is no file", path)
	}
	return d.Attach(ctx, filepath.Base(path), f)
}

// sweepFiles takes away attachments that no draft and no entry names.
func (s *session) sweepFiles() error {
	drafts, err := s.drafts.List()
	if err != nil {
		return err
	}
	used := s.outbox.Attached()
	for _, dr := range drafts {
		for _, a := range dr.Files {
			used[a.SHA256] = true
		}
	}
	return s.files.Sweep(used)
}

// FillFrom fills a part of a draft from a case; see entry.FillPart. A part of "" with a case of another kind than the form's
// is the first part of that kind that is still empty.
func (d *Desk) FillFrom(dr entry.Draft, part string, c caseview.Case, replace bool) (entry.Draft, entry.Filled, error) {
	f, err := d.form(dr.Form)
	if err != nil {
		return dr, entry.Filled{}, err
	}
	if part == "" && c.Kind != f.Kind {
		free, ok := entry.PartFor(f, dr, c.Kind)
		if !ok {
			return dr, entry.Filled{}, errors.New("this form has no place left for that")
		}
		part = free
	}
	shape := f.For(dr, d.dict)
	if p, ok := shape.Part(part); part != "" && ok && p.Kind != c.Kind {
		kind, _ := d.dict.Kind(c.Kind)
		return dr, entry.Filled{}, fmt.Errorf("%s is not filled from a %s", p.Label, strings.ToLower(kind.Label))
	}
	if base, n := entry.BasePath(part); n > dr.Count(base) {
		dr.Repeats = maps.Clone(dr.Repeats)
		if dr.Repeats == nil {
			dr.Repeats = map[string]int{}
		}
		dr.Repeats[base] = n
	}
	var refs []pole.Ref
	for _, r := range c.Records {
		refs = append(refs, r.Ref)
	}
	out, did := entry.FillPart(f, dr, d.dict, part, d.bestValues(c), refs, replace)
	return out, did, nil
}

// PrintForm writes a form as PDF: blank with dr nil, else as it is filled. m is the marking of the case that it is about.
func (d *Desk) PrintForm(w io.Writer, form string, dr *entry.Draft, m pole.Marking) error {
	f, err := d.form(form)
	if err != nil {
		return err
	}
	o, _ := d.Officer()
	paper := disclose.FormPaper{Title: f.Name, Help: f.Help, Force: d.Force(), Officer: o.Display(), Printed: d.now(), Marking: d.dict.Highest(m, d.dict.DefaultMarking()), Blank: dr == nil}
	if dr != nil {
		paper.About = dr.Purpose.Case
		for _, a := range dr.Files {
			paper.Files = append(paper.Files, fmt.Sprintf("%s, %s, SHA-256 %s", a.Name, a.SizeWords(), a.SHA256))
		}
	}
	for _, s := range entry.Print(f, dr, d.targets(f), d.dict) {
		sec := disclose.FormSection{Label: s.Label, When: s.When}
		for _, x := range s.Fields {
			sec.Fields = append(sec.Fields, disclose.FormField{Label: x.Label, Help: x.Help, Value: x.Value, Needs: strings.Join(x.Needs, ", "), Must: x.Must, Lines: x.Lines, Width: x.Width, Choices: x.Choices})
		}
		paper.Sections = append(paper.Sections, sec)
	}
	return disclose.WriteForm(w, d.dict, paper)
}

// PrintFormTo is PrintForm into a new file of a folder ("" is the officer's downloads), recorded where it holds what was typed.
func (d *Desk) PrintFormTo(ctx context.Context, to, form string, dr *entry.Draft, m pole.Marking) (path string, err error) {
	path = to
	if path == "" {
		if path, err = DownloadFolder(); err != nil {
			return "", err
		}
	}
	if isDir(path) {
		path = filepath.Join(path, fmt.Sprintf("%s-%s.pdf", form, d.now().In(pole.London).Format("2006-01-02-150405")))
	}
	if dr != nil {
		if err := d.mayExport(disclose.PDF, d.dict.Highest(m, d.dict.DefaultMarking())); err != nil {
			return "", err
		}
		a := d.access(string(audit.Print), dr.Purpose)
		r := d.record(a)
		r.Ref, r.Fields, r.Classification = dr.ID, changedFields(*dr), d.dict.Highest(m, d.dict.DefaultMarking()).Classification
		if f, err := d.form(form); err == nil {
			r.Kind = f.Kind
		}
		if _, _, err := d.account(ctx, a, r); err != nil {
			return "", err
		}
	}
	_, err = writeWhole(path, func(w *os.File) error { return d.PrintForm(w, form, dr, m) })
	return path, err
}

// EvaluateForms says what each form spares over the systems that take it here; forms that none takes are left out.
func (d *Desk) EvaluateForms() []evaluate.FormSaving {
	var out []evaluate.FormSaving
	for _, f := range d.Forms() {
		if s := entry.SavingOf(f, d.targets(f)); s.Systems > 0 {
			out = append(out, evaluate.FormSaving{Form: f.ID, Name: f.Name, Systems: s.Systems, Typed: s.Typed, Asked: s.Asked, Share: s.Share()})
		}
	}
	return out
}
