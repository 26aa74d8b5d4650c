package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// The refusals of kept cases.
var (
	ErrNotKept  = errors.New("this case is not kept: keep it first")
	ErrLastOne  = errors.New("it is the only one in the case: let the case itself go instead")
	errNoCopy   = errors.New("there is no copy of this on this computer: open it while its systems can be reached")
	errTextless = errors.New("there is nothing in the note: write a few words")
)

// longest is how long a note may be, and a name, in characters.
const (
	longestNote = 10_000
	longestName = 120
)

// caseCopy is one entity of a kept case as it was last read, so that it opens without any system.
type caseCopy struct {
	Entity match.Entity     `json:"entity"`
	Why    []match.Link     `json:"why,omitempty"`
	Around []match.Entity   `json:"around,omitempty"`
	Gaps   []caseview.Gap   `json:"gaps,omitempty"`
	Asked  []caseview.Asked `json:"asked,omitempty"`
	Old    map[string]bool  `json:"old,omitempty"`
	At     time.Time        `json:"at"`
}

// copyOf is the copy of an open case. The sources' own answers are left out: they are large, and are asked for when wanted.
func copyOf(c caseview.Case, at time.Time) caseCopy {
	bare := func(rs []pole.Record) []pole.Record {
		rs = slices.Clone(rs)
		for i := range rs {
			rs[i].Raw = nil
		}
		return rs
	}
	k := caseCopy{Entity: match.Entity{ID: c.ID, Kind: c.Kind, Records: bare(c.Records), Possible: c.Possible, Judged: c.Judged, Contradicts: c.Contradicts},
		Why: c.Why, Gaps: c.Gaps, Asked: c.Asked, Old: c.Old, At: at}
	for _, e := range c.Around {
		e.Records = bare(e.Records)
		k.Around = append(k.Around, e)
	}
	return k
}

func (d *Desk) keptEntity(c caseview.Case) KeptEntity {
	e := KeptEntity{ID: c.ID, Kind: c.Kind, Title: c.Title, Detail: c.Detail, Added: d.now(), Read: c.Read, Marking: c.Marking.Classification}
	for i := range c.Records {
		e.Refs = append(e.Refs, c.Records[i].Ref)
	}
	return e
}

// whole fills in what a case kept by an earlier version lacks.
func (k KeptCase) whole() KeptCase {
	if len(k.Entities) == 0 {
		k.Entities = []KeptEntity{{ID: k.ID, Title: k.Title, Detail: k.Detail, Refs: k.Refs, Added: k.Opened}}
	}
	if k.Made.IsZero() {
		k.Made = k.Opened
	}
	return k
}

// find is where an entity stands in a kept case: by its id, or by a record that both have. -1 if it does not.
func (k KeptCase) find(id string, refs ...pole.Ref) int {
	if i := slices.IndexFunc(k.Entities, func(e KeptEntity) bool { return e.ID == id }); i >= 0 {
		return i
	}
	return slices.IndexFunc(k.Entities, func(e KeptEntity) bool {
		return slices.ContainsFunc(e.Refs, func(r pole.Ref) bool { return slices.Contains(refs, r) || r.String() == id })
	})
}

// Holds reports whether a kept case has this entity in it.
func (k KeptCase) Holds(c caseview.Case) bool {
	var refs []pole.Ref
	for i := range c.Records {
		refs = append(refs, c.Records[i].Ref)
	}
	return k.whole().find(c.ID, refs...) >= 0
}

func (d *Desk) keptAll(s *session) ([]KeptCase, error) {
	list, err := s.kept.All()
	for i := range list {
		list[i] = list[i].whole()
	}
	return list, err
}

// put writes a kept case: what it says of itself follows from its entities.
func (d *Desk) put(s *session, k KeptCase) error {
	first := k.Entities[0]
	k.Title, k.Detail, k.Refs = first.Title, first.Detail, first.Refs
	var ms []pole.Marking
	for _, e := range k.Entities {
		ms = append(ms, pole.Marking{Classification: e.Marking})
	}
	k.Marking = d.dict.Highest(ms...).Classification
	return s.kept.Put(k.ID, k)
}

// change changes one kept case.
func (d *Desk) change(id string, f func(s *session, k *KeptCase) error) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	k, ok, err := s.kept.Get(id)
	if err != nil {
		return err
	}
	if !ok {
		return ErrNotKept
	}
	k = k.whole()
	if err := f(s, &k); err != nil {
		return err
	}
	if err := d.put(s, k); err != nil {
		return err
	}
	d.notify(TopicCases, id)
	return nil
}

// KeepCase keeps a case on the desk with a sealed copy of what was read, so that it opens again at a key and without any
// system. A case that has the entity in it already is brought up to date.
func (d *Desk) KeepCase(_ context.Context, c caseview.Case) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	all, err := d.keptAll(s)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(k KeptCase) bool { return k.Holds(c) }) {
		now := d.now()
		if err := d.put(s, KeptCase{ID: c.ID, Entities: []KeptEntity{d.keptEntity(c)}, Made: now, Opened: now, Notes: d.noted(s, c.ID)}); err != nil {
			return err
		}
		if err := d.copy(s, c); err != nil {
			return err
		}
		d.notify(TopicCases, c.ID)
		return nil
	}
	return d.renew(s, all, c)
}

// renew brings every kept case with this entity up to date.
func (d *Desk) renew(s *session, all []KeptCase, c caseview.Case) error {
	e := d.keptEntity(c)
	for _, k := range all {
		i := k.find(c.ID, e.Refs...)
		if i < 0 {
			continue
		}
		e.Added = k.Entities[i].Added
		if gone := k.Entities[i].ID; gone != e.ID {
			defer func() { _ = s.copies.Delete(gone) }()
		}
		k.Entities[i] = e
		k.Opened, k.Changes = d.now(), 0 // the officer looks at it now
		if err := d.put(s, k); err != nil {
			return err
		}
		d.notify(TopicCases, k.ID)
	}
	return d.copy(s, c)
}

// copy keeps what an open case was made of. A copy is not replaced by itself.
func (d *Desk) copy(s *session, c caseview.Case) error {
	if !c.Copy.IsZero() {
		return nil
	}
	return s.copies.Put(c.ID, copyOf(c, d.now()))
}

// touchKept notes that a kept case was opened, and keeps what was read.
func (d *Desk) touchKept(s *session, c caseview.Case) {
	// Whoever opened the case may change what was given to him meanwhile.
	c.Records, c.Around = slices.Clone(c.Records), slices.Clone(c.Around)
	for i := range c.Around {
		c.Around[i].Records = slices.Clone(c.Around[i].Records)
	}
	s.later(func(context.Context) {
		s.keeping.Lock()
		defer s.keeping.Unlock()
		all, err := d.keptAll(s)
		if err == nil && slices.ContainsFunc(all, func(k KeptCase) bool { return k.Holds(c) }) {
			err = d.renew(s, all, c)
		}
		if err != nil {
			d.log.Warn("the copy of a kept case could not be renewed", "error", err)
		}
	})
}

// DropCase takes a case off the desk with its copies; its records stay where they are, and notes that were made stay in the store.
func (d *Desk) DropCase(ctx context.Context, id string) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	all, err := d.keptAll(s)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k KeptCase) bool { return k.ID == id })
	if i < 0 { // by an entity that it was begun with under another id
		i = slices.IndexFunc(all, func(k KeptCase) bool { return k.find(id) == 0 })
	}
	if i < 0 {
		return nil
	}
	k := all[i]
	if err := d.erasing(ctx, s, "kept case "+k.ID); err != nil {
		return err
	}
	if err := s.kept.Delete(k.ID); err != nil {
		return err
	}
	for _, e := range k.Entities {
		if err := d.dropCopy(s, slices.Delete(slices.Clone(all), i, i+1), e.ID); err != nil {
			return err
		}
	}
	d.notify(TopicCases, id)
	return nil
}

func (d *Desk) dropCopy(s *session, left []KeptCase, entity string) error {
	if slices.ContainsFunc(left, func(k KeptCase) bool { return k.find(entity) >= 0 }) {
		return nil
	}
	return s.copies.Delete(entity)
}

// KeptCases lists the kept cases, latest opened first.
func (d *Desk) KeptCases() []KeptCase {
	s, err := d.current()
	if err != nil {
		return nil
	}
	list, err := d.keptAll(s)
	if err != nil {
		d.log.Error("the kept cases could not be read", "error", err)
		return nil
	}
	slices.SortFunc(list, func(a, b KeptCase) int { return b.Opened.Compare(a.Opened) })
	return list
}

// keptRefs are the records of an entity that is kept, or of the first of a kept case.
func (d *Desk) keptRefs(s *session, id string) []pole.Ref {
	all, err := d.keptAll(s)
	if err != nil {
		return nil
	}
	for _, k := range all {
		if k.ID == id {
			return k.Entities[max(0, k.find(id))].Refs
		}
	}
	for _, k := range all {
		if i := k.find(id); i >= 0 && k.Entities[i].ID == id {
			return k.Entities[i].Refs
		}
	}
	return nil
}

// copied are the records of a kept copy, by their Refs.
func (d *Desk) copied(s *session, id string) map[pole.Ref]pole.Record {
	k, ok, err := s.copies.Get(id)
	if err != nil || !ok {
		return nil
	}
	out := map[pole.Ref]pole.Record{}
	for _, e := range append([]match.Entity{k.Entity}, k.Around...) {
		for _, r := range e.Records {
			out[r.Ref] = r
		}
	}
	return out
}

// NameCase says what a kept case is called; "" gives it its first entity's title again.
func (d *Desk) NameCase(_ context.Context, id, name string) error {
	name = strings.Join(strings.Fields(name), " ")
	if len([]rune(name)) > longestName {
		return fmt.Errorf("a name is at most %d characters long", longestName)
	}
	return d.change(id, func(_ *session, k *KeptCase) error { k.Name = name; return nil })
}

// AddToCase takes one more entity into a kept case.
func (d *Desk) AddToCase(_ context.Context, id string, c caseview.Case) error {
	return d.change(id, func(s *session, k *KeptCase) error {
		e := d.keptEntity(c)
		if i := k.find(c.ID, e.Refs...); i >= 0 {
			e.Added = k.Entities[i].Added
			k.Entities[i] = e
		} else {
			k.Entities = append(k.Entities, e)
		}
		return d.copy(s, c)
	})
}

// RemoveFromCase takes an entity out of a kept case. The last one is not taken out.
func (d *Desk) RemoveFromCase(_ context.Context, id, entity string) error {
	return d.change(id, func(s *session, k *KeptCase) error {
		i := k.find(entity)
		switch {
		case i < 0:
			return nil
		case len(k.Entities) == 1:
			return ErrLastOne
		}
		gone := k.Entities[i].ID
		k.Entities = slices.Delete(k.Entities, i, i+1)
		all, err := d.keptAll(s)
		if err != nil {
			return err
		}
		return d.dropCopy(s, append(slices.DeleteFunc(all, func(x KeptCase) bool { return x.ID == k.ID }), *k), gone)
	})
}

// NoteCase adds a note to a kept case, with the officer and the time. The audit log holds its digest from then on, so that a
// note that was changed behind the desk's back would show.
func (d *Desk) NoteCase(ctx context.Context, id, text string) (CaseNote, error) {
	var note CaseNote
	if text = strings.TrimSpace(text); text == "" {
		return note, errTextless
	}
	if len([]rune(text)) > longestNote {
		return note, fmt.Errorf("a note is at most %d characters long: make two of it", longestNote)
	}
	o, _ := d.Officer()
	err := d.change(id, func(s *session, k *KeptCase) error {
		note = CaseNote{Case: id, Number: d.noted(s, id) + 1, At: d.now().UTC(), Officer: o.ID, By: o.Display(), Text: text}
		p, _ := d.Purpose()
		r := d.record(d.access(string(audit.Alteration), p))
		r.Ref, r.Fields = "case note "+id, []string{fmt.Sprintf("note %d", note.Number), "sha256 " + digest(note)}
		if _, err := d.append(ctx, s, r); err != nil {
			return err
		}
		k.Notes = note.Number
		return s.notes.Put(noteKey(id, note.Number), note)
	})
	return note, err
}

func digest(n CaseNote) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%d\x00%s\x00%s\x00%s", n.Case, n.Number, n.At.Format(time.RFC3339Nano), n.Officer, n.Text)))
	return hex.EncodeToString(sum[:])
}

func noteKey(id string, n int) string { return fmt.Sprintf("%s\x00%08d", id, n) }

// noted counts the notes on a case, also of one that was let go and is kept again.
func (d *Desk) noted(s *session, id string) int {
	n := 0
	for {
		if _, ok, err := s.notes.Get(noteKey(id, n+1)); err != nil || !ok {
			return n
		}
		n++
	}
}

// CaseNotes lists the notes on a kept case, the oldest first.
func (d *Desk) CaseNotes(_ context.Context, id string) ([]CaseNote, error) {
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	var out []CaseNote
	for {
		n, ok, err := s.notes.Get(noteKey(id, len(out)+1))
		if err != nil || !ok {
			return out, err
		}
		out = append(out, n)
	}
}

// OpenCopy opens an entity of a kept case from its sealed copy and asks no system. Copy of the case says how old it is, and
// every record counts as a stored one. The access is accounted for like any other.
func (d *Desk) OpenCopy(ctx context.Context, id string) (caseview.Case, error) {
	s, err := d.current()
	if err != nil {
		return caseview.Case{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return caseview.Case{}, err
	}
	k, ok, err := s.copies.Get(id)
	if err != nil {
		return caseview.Case{}, err
	}
	if !ok {
		return caseview.Case{}, errNoCopy
	}
	a := d.access(string(audit.Consultation), purpose)
	rec := d.record(a)
	rec.Offline = true
	var refs []pole.Ref
	for _, r := range k.Entity.Records {
		refs = append(refs, r.Ref)
	}
	rec.Ref = refStrings(refs)
	d.unmask(s, &rec, refs...)
	_, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return caseview.Case{}, err
	}
	k.Entity = d.screenEntity(s, k.Entity)
	for i := range k.Around {
		k.Around[i] = d.screenEntity(s, k.Around[i])
	}
	k.Around = slices.DeleteFunc(k.Around, func(e match.Entity) bool { return len(e.Records) == 0 })
	if len(k.Entity.Records) == 0 {
		return caseview.Case{}, errors.New("your role may not see anything of this case")
	}
	k.Entity.Why = k.Why
	k.Entity = d.judgedSince(s, k.Entity)
	old := map[string]bool{}
	for _, e := range append([]match.Entity{k.Entity}, k.Around...) {
		for _, r := range e.Records {
			old[r.String()] = true
		}
	}
	c := d.BuildCase(caseview.Input{Entity: k.Entity, Around: k.Around, Gaps: k.Gaps, Asked: k.Asked, Old: old})
	c.Copy = k.At
	d.closing(s, a, nil, seq, len(k.Entity.Records), nil, ofRecords(k.Entity.Records))
	return c, nil
}

// Fits reports whether a kept case has every word of a text in its name, its titles or their details; every case fits none.
func (k KeptCase) Fits(text string) bool {
	all := " " + pole.FoldName(k.Name+" "+k.Title+" "+k.Detail)
	for _, e := range k.Entities {
		all += " " + pole.FoldName(e.Title+" "+e.Detail)
		for _, r := range e.Refs {
			all += " " + strings.ToLower(r.ID)
		}
	}
	for _, w := range pole.Tokens(text) {
		if !strings.Contains(all, " "+w) {
			return false
		}
	}
	return true
}
