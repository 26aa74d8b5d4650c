package entry

import (
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Officer is who fills the form.
type Officer struct {
	Name, Collar string
}

// Build makes what one target gets of a draft: only what it accepts, each value as typed with its canonical form, and of
// the records that the officer chose only that target's own.
func Build(form Form, draft Draft, target Target, dict *pole.Dictionary, captured time.Time) plugins.Entry {
	e := plugins.Entry{Form: form.ID, Kind: form.Kind, Captured: captured.UTC()}
	facts := map[string][]pole.Fact{}
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			raw := draft.Value(f.Path)
			if _, ok := target.accepts(f.Path); !ok || raw == "" {
				continue
			}
			part, _ := SplitPath(f.Path)
			facts[part] = append(facts[part], pole.Fact{Property: f.Property, Value: dict.Normalise(f.Property, raw), Path: f.Path})
		}
	}
	e.Facts = facts[""]
	for _, p := range form.Parts {
		if !draft.uses(p.Name) || !target.hasPart(p.Name) {
			continue
		}
		part := plugins.Part{Name: p.Name, Role: p.Role, Kind: p.Kind, Facts: facts[p.Name]}
		for _, ref := range draft.Existing[p.Name] {
			if ref.System == target.System {
				part.Existing = append(part.Existing, ref)
			}
		}
		if len(part.Facts)+len(part.Existing) > 0 {
			e.Parts = append(e.Parts, part)
		}
	}
	return e
}

// hasPart reports whether the target accepts the part or anything of it.
func (t *Target) hasPart(part string) bool {
	_, ok := t.accepts(part)
	return ok || t.isPart(part)
}

// Line is one field of what a target will get, as an officer reads it.
type Line struct {
	Label string `json:"label"`
	Path  string `json:"path"`
	Value string `json:"value"`
	From  string `json:"from,omitempty"` // the system that it was prefilled from
}

// Preview is what one target will get, in the form's order.
func Preview(form Form, draft Draft, target Target, dict *pole.Dictionary) (out []Line) {
	if !target.takes(&form) {
		return nil
	}
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			raw := draft.Value(f.Path)
			a, ok := target.accepts(f.Path)
			if !ok || raw == "" {
				continue
			}
			l := Line{Label: f.Label, Path: f.Path, Value: raw, From: draft.From[f.Path].System}
			if a.Label != "" {
				l.Label = a.Label
			}
			if v := dict.Normalise(f.Property, raw); v.Norm != "" {
				l.Value = dict.Display(f.Property, v)
			}
			out = append(out, l)
		}
	}
	return out
}

// Source is one value that a form may be filled from, with the record that says it.
type Source struct {
	Property pole.Property
	Value    pole.Value
	Ref      pole.Ref
}

// NewDraft makes a draft with the form's defaults.
func NewDraft(form Form, dict *pole.Dictionary, o Officer, p plugins.Purpose, now time.Time) Draft {
	d := Draft{ID: NewID(), Form: form.ID, Values: map[string]string{}, Purpose: p, Created: now.UTC()}
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			v := f.Default
			switch f.Default {
			case DefaultNow:
				v = written(dict, f.Property, dict.Normalise(f.Property, now.UTC().Truncate(time.Minute).Format(time.RFC3339)))
			case DefaultName:
				v = o.Name
			case DefaultCollar:
				v = o.Collar
			}
			if v != "" {
				d.Values[f.Path] = v
			}
		}
	}
	return d
}

// PartFor is the first part of the form for this kind of which the draft says nothing yet, or "" and false. The form's own
// kind is not a part: "" and true.
func PartFor(form Form, draft Draft, kind pole.Kind) (part string, ok bool) {
	if kind == form.Kind {
		return "", true
	}
	for _, p := range form.Parts {
		if p.Kind == kind && !draft.uses(p.Name) {
			return p.Name, true
		}
	}
	return "", false
}

// Prefill fills one part of a draft ("" is the event itself) from what records say: values are the best first, records all
// that are of that person, object or place. What is typed already stays. Each filled field remembers its record.
func Prefill(form Form, draft Draft, dict *pole.Dictionary, part string, values []Source, records []pole.Ref) Draft {
	draft = draft.clone()
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			if p, _ := SplitPath(f.Path); p != part || draft.Value(f.Path) != "" {
				continue
			}
			for _, v := range values {
				if v.Property != f.Property || v.Value.Norm == "" || v.Value.Problem != "" {
					continue
				}
				draft.Values[f.Path] = written(dict, f.Property, v.Value)
				draft.From[f.Path] = v.Ref
				break
			}
		}
	}
	if part != "" && len(records) > 0 {
		draft.Existing[part] = append(draft.Existing[part], records...)
	}
	return draft
}

func (d Draft) clone() Draft {
	values, from, existing := map[string]string{}, map[string]pole.Ref{}, map[string][]pole.Ref{}
	for k, v := range d.Values {
		values[k] = v
	}
	for k, v := range d.From {
		from[k] = v
	}
	for k, v := range d.Existing {
		existing[k] = append([]pole.Ref(nil), v...)
	}
	d.Values, d.From, d.Existing = values, from, existing
	d.Off = append([]string(nil), d.Off...)
	return d
}

// written is a value as an officer would type it: as it is shown, where that reads back as the same value.
func written(dict *pole.Dictionary, p pole.Property, v pole.Value) string {
	if v.Norm == "" {
		return v.Source
	}
	for _, s := range []string{dict.Display(p, v), v.Norm} {
		if dict.Normalise(p, s).Norm == v.Norm {
			return s
		}
	}
	return v.Source
}
