package vm

import (
	"context"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
)

// FileDesk is what a kept case needs of the desk.
type FileDesk interface {
	NameCase(ctx context.Context, id, name string) error
	AddToCase(ctx context.Context, id string, c caseview.Case) error
	RemoveFromCase(ctx context.Context, id, entity string) error
	NoteCase(ctx context.Context, id, text string) (desk.CaseNote, error)
	CaseNotes(ctx context.Context, id string) ([]desk.CaseNote, error)
	OpenCopy(ctx context.Context, id string) (caseview.Case, error)
}

// TabNotes is the side of a case with what officers noted, and what else is in it.
const TabNotes Tab = "notes"

// caseFile is the state of the kept case that the open one is part of.
type caseFile struct {
	filter  string
	chosen  string // id of the kept case that the open entity is seen in, where it is in several
	notes   []desk.CaseNote
	of      string // the kept case that notes are of
	reading reader
	saving  bool
	written int // notes written; a screen empties its field when it grows
}

// Filter is the text by which kept cases are searched.
func (c *Case) Filter() string { return c.file.filter }

// SetFilter shows the kept cases only that have this in name or titles.
func (c *Case) SetFilter(text string) {
	if text != c.file.filter {
		c.file.filter = text
		c.changed()
	}
}

// Fitting lists the kept cases that fit the filter, the latest opened first.
func (c *Case) Fitting() []desk.KeptCase {
	return slices.DeleteFunc(c.Kept(), func(k desk.KeptCase) bool { return !k.Fits(c.file.filter) })
}

// File is the kept case that the open entity is part of; ok is false where it is in none.
func (c *Case) File() (f desk.KeptCase, ok bool) {
	if c.open == nil {
		return f, false
	}
	for _, k := range c.Kept() {
		if !k.Holds(*c.open) {
			continue
		}
		if !ok || k.ID == c.file.chosen {
			f, ok = k, true
		}
	}
	return f, ok
}

// OpenIn opens an entity of a kept case.
func (c *Case) OpenIn(file, entity string) {
	c.file.chosen = file
	c.Open(entity)
}

// OpenCopy opens an entity of a kept case from its sealed copy, and asks no system.
func (c *Case) OpenCopy(file, entity string) {
	c.file.chosen = file
	c.openBy(entity, c.desk.OpenCopy)
}

// CopyWords says how old the copy is that is open; "" for what was read from the systems.
func (c *Case) CopyWords() string {
	if c.open == nil || c.open.Copy.IsZero() {
		return ""
	}
	now := c.env.Now()
	return c.env.T("screens.case.copy", "at", When(c.open.Copy, now), "age", c.env.Ago(now.Sub(c.open.Copy)))
}

// KeptWords says of a kept case how many are in it, what was noted, and how old its copy is.
func (c *Case) KeptWords(k desk.KeptCase) string {
	now := c.env.Now()
	var parts []string
	if n := len(k.Entities); n > 1 {
		parts = append(parts, c.env.T("screens.entities", "n", n))
	}
	if k.Notes > 0 {
		parts = append(parts, c.env.T("screens.case.notes.count", "n", k.Notes))
	}
	if !k.Opened.IsZero() {
		parts = append(parts, c.env.T("screens.case.copyage", "at", When(k.Opened, now), "age", c.env.Ago(now.Sub(k.Opened))))
	}
	return strings.Join(parts, " · ")
}

// NoteLine is a note as the screen shows it.
type NoteLine struct {
	ID   string
	Head string // who and when
	Text string
}

// Notes lists the notes on the open case, the latest first.
func (c *Case) Notes() []NoteLine {
	f, ok := c.File()
	if !ok || c.file.of != f.ID {
		return nil
	}
	now := c.env.Now()
	out := make([]NoteLine, 0, len(c.file.notes))
	for _, n := range slices.Backward(c.file.notes) {
		out = append(out, NoteLine{ID: f.ID + "/" + c.env.T("screens.number", "count", n.Number), Head: n.By + " · " + When(n.At, now), Text: n.Text})
	}
	return out
}

// Written counts the notes that were written here.
func (c *Case) Written() int { return c.file.written }

// loadNotes re-reads the notes of the case that is open.
func (c *Case) loadNotes() {
	f, ok := c.File()
	if !ok {
		return
	}
	type got struct {
		notes []desk.CaseNote
		err   error
	}
	read(c.env, &c.file.reading, func() got {
		n, err := c.desk.CaseNotes(context.Background(), f.ID)
		return got{n, err}
	}, func(g got) {
		if g.err != nil {
			c.note, c.noteBad = say(g.err), true
		} else {
			c.file.notes, c.file.of = g.notes, f.ID
		}
		c.changed()
	})
}

// change runs one change of the kept case off the UI goroutine, and says what it came to.
func (c *Case) change(work func(ctx context.Context) error, good string, done func()) {
	if c.file.saving {
		return
	}
	c.file.saving, c.note = true, ""
	go func() {
		err := work(context.Background())
		c.env.Post(func() {
			c.file.saving = false
			if err != nil {
				c.note, c.noteBad = say(err), true
			} else {
				c.note, c.noteBad = good, false
				if done != nil {
					done()
				}
			}
			c.changed()
			c.Load()
		})
	}()
}

// AddNote adds a note to the open case; a case that is not kept yet is kept with it.
func (c *Case) AddNote(text string) {
	if c.open == nil || strings.TrimSpace(text) == "" {
		return
	}
	open := *c.open
	f, kept := c.File()
	c.change(func(ctx context.Context) error {
		id := f.ID
		if !kept {
			if err := c.desk.KeepCase(ctx, open); err != nil {
				return err
			}
			id = open.ID
		}
		_, err := c.desk.NoteCase(ctx, id, text)
		return err
	}, c.env.T("screens.case.notes.saved"), func() { c.file.written++ })
}

// Rename says what the kept case of the open entity is called.
func (c *Case) Rename(name string) {
	if f, ok := c.File(); ok {
		c.change(func(ctx context.Context) error { return c.desk.NameCase(ctx, f.ID, name) }, c.env.T("screens.case.renamed"), nil)
	}
}

// AddTo takes the open entity into a kept case.
func (c *Case) AddTo(file string) {
	if c.open == nil {
		return
	}
	open := *c.open
	c.change(func(ctx context.Context) error { return c.desk.AddToCase(ctx, file, open) }, c.env.T("screens.case.added"), func() { c.file.chosen = file })
}

// Remove takes an entity out of the kept case that is open.
func (c *Case) Remove(entity string) {
	if f, ok := c.File(); ok {
		c.change(func(ctx context.Context) error { return c.desk.RemoveFromCase(ctx, f.ID, entity) }, c.env.T("screens.case.removed"), nil)
	}
}
