package vm

import (
	"context"
	"slices"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
	"muster/plugins/pole"
)

// EntryTools is what a desk can do for a form beyond taking what is typed.
type EntryTools interface {
	FormOf(dr entry.Draft) entry.Form
	Requests(ctx context.Context, dr entry.Draft) []desk.RequestPreview
	AttachFile(ctx context.Context, path string) (entry.Attachment, error)
	FillFrom(dr entry.Draft, part string, c caseview.Case, replace bool) (entry.Draft, entry.Filled, error)
	PrintFormTo(ctx context.Context, to, form string, dr *entry.Draft, m pole.Marking) (path string, err error)
}

// shape is the form as the draft needs it.
func (e *Entry) shape() entry.Form {
	if e.tools == nil || e.draft == nil {
		return e.base
	}
	return e.tools.FormOf(copyDraft(*e.draft))
}

// reshape brings the form up to date with the draft, and stays in the section on screen.
func (e *Entry) reshape() {
	name := ""
	if e.section < len(e.form.Sections) {
		name = e.form.Sections[e.section].Name
	}
	e.form = e.shape()
	i := slices.IndexFunc(e.form.Sections, func(s entry.Section) bool { return s.Name == name })
	if i < 0 {
		i = min(e.section, max(0, len(e.form.Sections)-1))
	}
	e.section = i
}

// Several says whether the section on screen is about one of several: which one, how many there are, and whether the form
// takes one more.
func (e *Entry) Several() (label string, n, of int, more, ok bool) {
	if e.draft == nil || e.section >= len(e.form.Sections) {
		return "", 0, 0, false, false
	}
	s := e.form.Sections[e.section]
	p, found := e.base.Part(s.Of)
	if s.Of == "" || !found {
		return "", 0, 0, false, false
	}
	of = e.draft.Count(s.Of)
	return p.Label, s.N, of, of < p.Many, true
}

// Another lays out one more of what the section on screen is about, and goes there.
func (e *Entry) Another() bool {
	if e.draft == nil || e.sending || e.sent != nil || e.section >= len(e.form.Sections) {
		return false
	}
	s := e.form.Sections[e.section]
	if s.Of == "" {
		return false
	}
	d := copyDraft(*e.draft)
	n := d.AddInstance(e.base, s.Of)
	if n == 0 {
		return false
	}
	base, _ := entry.BasePath(s.Name)
	*e.draft = d
	e.touch()
	e.goSection(entry.InstancePath(base, n))
	return true
}

// Without takes out the person or thing that the section on screen is about, with all that is typed of it.
func (e *Entry) Without() bool {
	_, n, of, _, ok := e.Several()
	if !ok || of < 2 || e.sending || e.sent != nil {
		return false
	}
	s := e.form.Sections[e.section]
	d := copyDraft(*e.draft)
	d.RemoveInstance(s.Of, n)
	*e.draft = d
	base, _ := entry.BasePath(s.Name)
	e.touch()
	e.goSection(entry.InstancePath(base, max(1, n-1)))
	return true
}

func (e *Entry) goSection(name string) {
	if i := slices.IndexFunc(e.form.Sections, func(s entry.Section) bool { return s.Name == name }); i >= 0 {
		e.section = i
		e.changed()
	}
}

// Attachments lists what is attached to the open draft.
func (e *Entry) Attachments() []entry.Attachment {
	if e.draft == nil {
		return nil
	}
	return e.draft.Files
}

// TakesFiles reports whether a system that is on takes attachments: else none is asked for.
func (e *Entry) TakesFiles() bool {
	return e.draft != nil && e.tools != nil && (len(e.draft.Files) > 0 || len(e.review.Fields["files"]) > 0)
}

// Attach takes in a file of this machine, in the background.
func (e *Entry) Attach(path string) {
	if e.draft == nil || e.tools == nil || e.sending || e.sent != nil || path == "" {
		return
	}
	if len(e.draft.Files) >= entry.MaxAttachments {
		e.notice = say(entry.ErrManyFile)
		e.changed()
		return
	}
	seq := e.seq
	e.notice = e.env.T("screens.entry.attach.reading")
	start(e.env, &e.adding, func(ctx context.Context) (entry.Attachment, error) { return e.tools.AttachFile(ctx, path) },
		func(a entry.Attachment, err error) {
			if e.seq != seq || e.draft == nil {
				return
			}
			e.notice = ""
			switch {
			case err != nil:
				e.notice = say(err)
			case slices.ContainsFunc(e.draft.Files, func(x entry.Attachment) bool { return x.SHA256 == a.SHA256 }):
				e.notice = e.env.T("screens.entry.attach.twice", "name", a.Name)
			default:
				e.draft.Files = append(slices.Clone(e.draft.Files), a)
				e.touch()
				return
			}
			e.changed()
		})
	e.changed()
}

// Detach takes an attachment off the draft.
func (e *Entry) Detach(i int) {
	if e.draft == nil || e.sending || e.sent != nil || i < 0 || i >= len(e.draft.Files) {
		return
	}
	e.draft.Files = slices.Delete(slices.Clone(e.draft.Files), i, i+1)
	e.touch()
}

// Notice is what happened last that the officer should know: 'reading the file', 'filled from …'.
func (e *Entry) Notice() string { return e.notice }

// FillFrom fills a part of the open draft from a case: the part of the section on screen where it fits, else the first that
// is still empty. What is typed already stays, unless replace; the answer says what differs. It is for whoever picks a
// record: the open case, a search result, a candidate as one types.
func (e *Entry) FillFrom(c caseview.Case, part string, replace bool) (entry.Filled, bool) {
	if e.draft == nil || e.tools == nil || e.sending || e.sent != nil {
		return entry.Filled{}, false
	}
	d, did, err := e.tools.FillFrom(copyDraft(*e.draft), part, c, replace)
	if err != nil {
		e.notice = say(err)
		e.changed()
		return did, false
	}
	*e.draft = d
	e.notice = e.env.T("screens.entry.filled", "n", len(did.Fields), "title", c.Title)
	if len(did.Differ) > 0 && !replace {
		e.notice += " " + e.env.T("screens.entry.filled.differ", "n", len(did.Differ))
	}
	e.touch()
	if i := e.sectionOf(firstOf(did)); i >= 0 {
		e.section = i
		e.changed()
	}
	return did, true
}

func firstOf(f entry.Filled) string {
	if len(f.Fields) > 0 {
		return f.Fields[0]
	}
	if len(f.Differ) > 0 {
		return f.Differ[0].Path
	}
	return ""
}

// PartOnScreen is the part that the section on screen asks of; "" where it asks of the event itself.
func (e *Entry) PartOnScreen() (part string, kind pole.Kind) {
	if e.draft == nil || e.section >= len(e.form.Sections) || len(e.form.Sections[e.section].Fields) == 0 {
		return "", ""
	}
	name, _ := entry.SplitPath(e.form.Sections[e.section].Fields[0].Path)
	p, _ := e.form.Part(name)
	return name, p.Kind
}

// Print writes the open draft as PDF, or a blank form where none is open, and gives the file to done.
func (e *Entry) Print(form string, m pole.Marking, done func(path string, err error)) {
	if e.tools == nil {
		return
	}
	var d *entry.Draft
	if e.draft != nil && form == "" {
		c := copyDraft(*e.draft)
		d, form = &c, c.Form
	}
	start(e.env, &e.adding, func(ctx context.Context) (string, error) { return e.tools.PrintFormTo(ctx, "", form, d, m) }, done)
}

// Requests works out what each system would be sent, to the letter, and calls show with it.
func (e *Entry) Requests(show func([]desk.RequestPreview)) {
	if e.draft == nil || e.tools == nil {
		return
	}
	d := copyDraft(*e.draft)
	start(e.env, &e.previewTask, func(ctx context.Context) ([]desk.RequestPreview, error) { return e.tools.Requests(ctx, d), nil },
		func(r []desk.RequestPreview, _ error) { show(r) })
}

// Mark is how a system is shown.
func (e *Entry) Mark(system string) Mark { return e.marks.Of(system) }
