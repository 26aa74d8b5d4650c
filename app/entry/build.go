package entry

import (
	"maps"
	"slices"
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
	form = form.For(draft, dict)
	draft, _ = draft.linked(&form, dict)
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
		name, n := BasePath(p.Name)
		part := plugins.Part{Name: name, Role: p.Role, Kind: p.Kind, Facts: facts[p.Name]}
		if n > 1 {
			part.Index = n
		}
		for _, ref := range draft.Existing[p.Name] {
			if ref.System == target.System {
				part.Existing = append(part.Existing, ref)
			}
		}
		if len(part.Facts)+len(part.Existing) > 0 {
			e.Parts = append(e.Parts, part)
		}
	}
	if target.takesFiles() {
		e.Files = filesOf(draft)
	}
	return e
}

// hasPart reports whether the target accepts the part or anything of it.
func (t *Target) hasPart(part string) bool {
	if _, n := BasePath(part); n > 1 && !t.takesMany(part) {
		return false
	}
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
	form = form.For(draft, dict)
	several := map[string]bool{}
	for _, p := range form.Parts {
		if base, n := BasePath(p.Name); n > 1 {
			several[base] = true
		}
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
			if part, _ := SplitPath(f.Path); part != "" {
				if base, _ := BasePath(part); several[base] {
					p, _ := form.Part(part)
					l.Label = p.Label + ": " + lower(l.Label)
				}
			}
			if v := dict.Normalise(f.Property, raw); v.Norm != "" {
				l.Value = dict.Display(f.Property, v)
			}
			out = append(out, l)
		}
	}
	if target.takesFiles() {
		for _, x := range draft.Files {
			out = append(out, Line{Label: "Attachment", Path: filesPath, Value: x.Name + ", " + x.SizeWords() + ", SHA-256 " + x.SHA256})
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
		for n := 1; n <= max(1, p.Many); n++ {
			if name := InstancePath(p.Name, n); p.Kind == kind && !draft.uses(name) {
				return name, true
			}
		}
	}
	return "", false
}

// Prefill fills one part of a draft ("" is the event itself) from what records say: values are the best first, records all
// that are of that person, object or place. What is typed already stays; what was filled from records chosen before goes.
// Each filled field remembers its record.
func Prefill(form Form, draft Draft, dict *pole.Dictionary, part string, values []Source, records []pole.Ref) Draft {
	draft = draft.clone()
	form = form.For(draft, dict)
	chosen, before := part != "" && len(records) > 0, len(draft.Existing[part]) > 0
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			if p, _ := SplitPath(f.Path); p != part {
				continue
			}
			if chosen {
				if _, filled := draft.From[f.Path]; before && filled {
					delete(draft.Values, f.Path)
					delete(draft.From, f.Path)
				}
				delete(draft.Known, f.Path)
			}
			i := slices.IndexFunc(values, func(v Source) bool {
				return v.Property == f.Property && v.Value.Norm != "" && v.Value.Problem == ""
			})
			if i < 0 {
				continue
			}
			text := written(dict, f.Property, values[i].Value)
			if chosen {
				draft.Known[f.Path] = text
			}
			if draft.Value(f.Path) == "" {
				draft.Values[f.Path], draft.From[f.Path] = text, values[i].Ref
			}
		}
	}
	if chosen {
		draft.Existing[part] = slices.Clone(records)
	}
	return draft
}

// linked is the draft without the records whose person, object or place it is not about any more: the officer chose one,
// and then typed another name, date of birth or registration. An entry must never be hung on somebody else's record.
// apart are the fields that say so.
func (d Draft) linked(form *Form, dict *pole.Dictionary) (out Draft, apart []string) {
	out = d
	for _, p := range form.Parts {
		if len(d.Existing[p.Name]) == 0 {
			continue
		}
		telling, same, differ := 0, 0, 0
		for _, s := range form.Sections {
			for _, f := range s.Fields {
				part, _ := SplitPath(f.Path)
				known := d.Known[f.Path]
				if part != p.Name || known == "" || !tells(dict, p.Kind, f.Property) {
					continue
				}
				telling++
				now := d.Value(f.Path)
				if now == "" {
					continue
				}
				switch like, _ := dict.Compare(f.Property, dict.Normalise(f.Property, known), dict.Normalise(f.Property, now)); like {
				case pole.Same, pole.Compatible:
					same++
				default:
					differ++
					apart = append(apart, f.Path)
				}
			}
		}
		if differ > 0 || telling > 0 && same == 0 {
			out.Existing = maps.Clone(out.Existing)
			delete(out.Existing, p.Name)
		}
	}
	return out, apart
}

// tells reports whether a property says which one of its kind it is: an identifier, or part of what means the same.
func tells(dict *pole.Dictionary, kind pole.Kind, p pole.Property) bool {
	if dict.Identifies(kind, p) {
		return true
	}
	k, _ := dict.Kind(kind)
	all := slices.Concat(k.Same...)
	return slices.Contains(all, p) || slices.ContainsFunc(dict.Groups(kind), func(g pole.GroupDef) bool {
		return slices.Contains(all, g.Property) && slices.Contains(g.Parts, p)
	})
}

func (d Draft) clone() Draft {
	values, from, existing, known := map[string]string{}, map[string]pole.Ref{}, map[string][]pole.Ref{}, map[string]string{}
	maps.Copy(known, d.Known)
	for k, v := range d.Values {
		values[k] = v
	}
	for k, v := range d.From {
		from[k] = v
	}
	for k, v := range d.Existing {
		existing[k] = append([]pole.Ref(nil), v...)
	}
	d.Values, d.From, d.Existing, d.Known = values, from, existing, known
	d.Off = append([]string(nil), d.Off...)
	d.Repeats = maps.Clone(d.Repeats)
	d.Files = slices.Clone(d.Files)
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
