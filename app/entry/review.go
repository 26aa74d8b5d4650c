package entry

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/plugins"
	"muster/plugins/pole"
)

// Target is a system that takes entries, with what it says that it accepts for the form's kind (System.Info's KindSpec).
//
// Paths of Spec.Accepts are property or part.property. Three more are understood: the bare name of a part, Required, means
// that the part must be there, Many that there may be several; files means that it takes attachments; refs.SYSTEM means that the target wants the reference which SYSTEM gave for this entry:
// Required, it waits for it; otherwise it waits only until SYSTEM was first tried.
type Target struct {
	System string
	Name   string
	Spec   plugins.KindSpec
}

const (
	refsPart  = plugins.RefsPart
	filesPath = "files"
)

// NewTarget finds what a plugin accepts of the form's kind. A plugin that takes none gives a Target that says so in a review.
func NewTarget(system, name string, kinds []plugins.KindSpec, form Form) Target {
	for _, k := range kinds {
		if k.Kind == form.Kind && len(k.Accepts) > 0 {
			return Target{system, name, k}
		}
	}
	return Target{System: system, Name: name}
}

func (t *Target) takes(f *Form) bool { return t.Spec.Kind == f.Kind && len(t.Spec.Accepts) > 0 }

// accepts finds what the target makes of a path. Of the second and further ones of a part it accepts what it accepts of the
// first, if it takes several.
func (t *Target) accepts(path string) (plugins.FieldSpec, bool) {
	base, n := BasePath(path)
	if n > 1 && !t.takesMany(base) {
		return plugins.FieldSpec{}, false
	}
	for _, a := range t.Spec.Accepts {
		if a.Path == base {
			return a, true
		}
	}
	return plugins.FieldSpec{}, false
}

// takesMany reports whether the target takes several of the part that a path stands below.
func (t *Target) takesMany(path string) bool {
	path, _ = BasePath(path)
	part, _ := SplitPath(path)
	if part == "" {
		part = path
	}
	return slices.ContainsFunc(t.Spec.Accepts, func(a plugins.FieldSpec) bool { return a.Path == part && a.Many })
}

// Value is what the officer typed at a path, without the blanks around it.
func (d Draft) Value(path string) string { return strings.TrimSpace(d.Values[path]) }

// uses reports whether the draft says anything of a part.
func (d *Draft) uses(part string) bool {
	if len(d.Existing[part]) > 0 {
		return true
	}
	for path := range d.Values {
		if p, _ := SplitPath(path); p == part && d.Value(path) != "" {
			return true
		}
	}
	return false
}

func (d *Draft) on(t *Target) bool { return !has(d.Off, t.System) }

// ReviewDraft holds a draft against its form and the targets: who needs what, what cannot be read, what is missing where.
// It is quick enough for every keystroke.
func ReviewDraft(form Form, draft Draft, targets []Target, dict *pole.Dictionary) Review {
	r := Review{Fields: map[string][]Need{}}
	base := form
	form = form.For(draft, dict)
	draft, apart := draft.linked(&form, dict)
	tooLong := map[string]map[string]string{} // by system, by path
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			r.Fields[f.Path] = needs(f, &form, &draft, targets)
			raw := draft.Value(f.Path)
			if raw == "" {
				continue
			}
			r.Typed++
			v := dict.Normalise(f.Property, raw)
			def, _ := dict.Property(f.Property)
			n := utf8.RuneCountInString(raw)
			switch {
			case def.MaxLength > 0 && n > def.MaxLength:
				r.Errors = append(r.Errors, plugins.FieldError{Path: f.Path, Say: tooLongSay(f.Label, n, def.MaxLength, "")})
			case v.Norm == "":
				r.Errors = append(r.Errors, plugins.FieldError{Path: f.Path, Say: unreadable(f.Label, v)})
			case v.Problem != "":
				r.Doubts = append(r.Doubts, plugins.FieldError{Path: f.Path, Say: v.Problem})
			case len(r.Fields[f.Path]) == 0 && len(targets) > 0:
				r.Doubts = append(r.Doubts, plugins.FieldError{Path: f.Path, Say: "No system that this goes to takes " + f.Label + ": it stays here."})
			case has(apart, f.Path):
				r.Doubts = append(r.Doubts, plugins.FieldError{Path: f.Path, Say: f.Label + " differs from the record that was chosen: the entry is sent without a link to that record."})
			}
			if limit, who := strictest(f.Path, &form, &draft, targets); limit > 0 && n > limit && (def.MaxLength == 0 || n <= def.MaxLength) {
				r.Errors = append(r.Errors, plugins.FieldError{Path: f.Path, Say: tooLongSay(f.Label, n, limit, who.Name)})
			}
			for i := range targets {
				a, ok := targets[i].accepts(f.Path)
				if ok && a.MaxLength > 0 && n > a.MaxLength {
					if tooLong[targets[i].System] == nil {
						tooLong[targets[i].System] = map[string]string{}
					}
					tooLong[targets[i].System][f.Path] = tooLongSay(f.Label, n, a.MaxLength, targets[i].Name)
				}
			}
		}
	}
	for i := range targets {
		if t := &targets[i]; t.takes(&form) && t.takesFiles() && draft.on(t) {
			r.Fields[filesPath] = append(r.Fields[filesPath], Need{System: t.System})
		}
	}
	ready, on := true, false
	for i := range targets {
		ts := reviewTarget(&base, &form, &draft, &targets[i], dict, tooLong[targets[i].System])
		if ts.On {
			on = true
			ready = ready && ts.Ready
			r.Asked += asked(&form, &targets[i], &draft)
		}
		r.Targets = append(r.Targets, ts)
	}
	r.Ready = on && ready && len(r.Errors) == 0
	return r
}

func needs(f Field, form *Form, draft *Draft, targets []Target) (out []Need) {
	part, _ := SplitPath(f.Path)
	for i := range targets {
		t := &targets[i]
		if a, ok := t.accepts(f.Path); ok && t.takes(form) && draft.on(t) {
			required := a.Required && (part == "" || draft.uses(part) || t.wantsPart(part))
			out = append(out, Need{System: t.System, Required: required, Max: a.MaxLength})
		}
	}
	return out
}

func (t *Target) wantsPart(part string) bool {
	if _, n := BasePath(part); n > 1 {
		return false
	}
	a, ok := t.accepts(part)
	return ok && a.Required
}

// strictest is the shortest limit of the targets that are on.
func strictest(path string, form *Form, draft *Draft, targets []Target) (limit int, who *Target) {
	for i := range targets {
		t := &targets[i]
		if a, ok := t.accepts(path); ok && t.takes(form) && draft.on(t) && a.MaxLength > 0 && (limit == 0 || a.MaxLength < limit) {
			limit, who = a.MaxLength, t
		}
	}
	return limit, who
}

func tooLongSay(label string, n, limit int, who string) string {
	s := fmt.Sprintf("%s is %s characters long; at most %s", label, thousands(n), thousands(limit))
	if who != "" {
		return s + " for " + who + "."
	}
	return s + "."
}

func unreadable(label string, v pole.Value) string {
	if v.Problem == "" {
		return label + " cannot be read."
	}
	return v.Problem
}

// asked is how many fields the officer would fill in at that system itself.
func asked(form *Form, t *Target, d *Draft) (n int) {
	counts := func(path string, a plugins.FieldSpec) bool {
		part, _ := SplitPath(path)
		return d.Value(path) != "" || a.Required && (part == "" || d.uses(part))
	}
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			if a, ok := t.accepts(f.Path); ok && counts(f.Path, a) {
				n++
			}
		}
	}
	for _, a := range t.Spec.Accepts {
		part, _ := SplitPath(a.Path)
		if part == refsPart || a.Path == filesPath || t.isPart(a.Path) {
			continue
		}
		if _, ok := form.Field(a.Path); !ok && a.Required && counts(a.Path, a) {
			n++
		}
	}
	return n
}

// isPart reports whether an accepted path is the bare name of a part: other paths stand below it.
func (t *Target) isPart(path string) bool {
	path, _ = BasePath(path)
	return slices.ContainsFunc(t.Spec.Accepts, func(a plugins.FieldSpec) bool { return strings.HasPrefix(a.Path, path+".") })
}

func reviewTarget(base, form *Form, draft *Draft, t *Target, dict *pole.Dictionary, tooLong map[string]string) TargetState {
	s := TargetState{System: t.System, Name: t.Name}
	if !t.takes(form) {
		kind, _ := dict.Kind(form.Kind)
		s.Say = "takes no " + lower(kind.Label)
		return s
	}
	s.On = draft.on(t)
	var short []string
	missing := func(path, label, say string) {
		s.Missing = append(s.Missing, plugins.FieldError{Path: path, Say: say})
		short = append(short, lower(label))
	}
	for _, sec := range form.Sections {
		for _, f := range sec.Fields {
			a, ok := t.accepts(f.Path)
			part, _ := SplitPath(f.Path)
			wanted := ok && a.Required && (part == "" || draft.uses(part) || t.wantsPart(part))
			raw := draft.Value(f.Path)
			switch {
			case raw == "" && (wanted || f.Required):
				missing(f.Path, f.Label, t.Name+" needs "+lower(f.Label)+".")
			case raw == "" || !ok:
			case tooLong[f.Path] != "":
				s.Fields++
				missing(f.Path, f.Label+" to be shorter", tooLong[f.Path])
			default:
				s.Fields++
				v := dict.Normalise(f.Property, raw)
				if len(a.Codes) > 0 && v.Norm != "" && !has(a.Codes, v.Norm) {
					missing(f.Path, "another "+lower(f.Label), fmt.Sprintf("%s does not take %q as %s: choose another.", t.Name, dict.Display(f.Property, v), lower(f.Label)))
				}
			}
		}
	}
	for _, a := range t.Spec.Accepts {
		part, prop := SplitPath(a.Path)
		if a.Path == filesPath && a.Required && len(draft.Files) == 0 {
			missing(filesPath, "an attachment", t.Name+" needs an attachment.")
		}
		if !a.Required || part == refsPart || a.Path == filesPath {
			continue
		}
		if t.isPart(a.Path) {
			if p, ok := form.Part(a.Path); ok && !draft.uses(a.Path) && !slices.ContainsFunc(s.Missing, func(m plugins.FieldError) bool { return strings.HasPrefix(m.Path, a.Path+".") }) {
				missing(a.Path, "a "+lower(p.Label), t.Name+" needs a "+lower(p.Label)+".")
			}
			continue
		}
		if _, ok := form.Field(a.Path); !ok && (part == "" || draft.uses(part)) {
			label := a.Label
			if def, ok := dict.Property(prop); ok && label == "" {
				label = def.Label
			}
			if w := base.conditionOf(a.Path); w != nil {
				missing(w.Path, label, fmt.Sprintf("%s needs %s. It is asked when %s.", t.Name, lower(label), lower(w.words(base, dict))))
				continue
			}
			missing(a.Path, label, fmt.Sprintf("%s also needs %s, which this form does not ask: enter it there.", t.Name, lower(label)))
		}
	}
	s.Note = leftOut(form, draft, t)
	switch {
	case !s.On:
		s.Say, s.Missing = "off", nil
	case len(short) > 0:
		s.Say = "needs " + strings.Join(short, ", ")
	default:
		s.Ready, s.Say = true, "ready"
	}
	return s
}

// leftOut says what of the draft a target has no place for: the second person where it takes one, attachments.
func leftOut(form *Form, draft *Draft, t *Target) string {
	var said []string
	for _, p := range form.Parts {
		if base, n := BasePath(p.Name); n == 2 && draft.uses(p.Name) && t.hasPart(base) && !t.takesMany(base) {
			first, _ := form.Part(base)
			said = append(said, "takes only "+lower(first.Label))
		}
	}
	if len(draft.Files) > 0 && !t.takesFiles() {
		said = append(said, "takes no attachments")
	}
	return strings.Join(said, "; ")
}

// lower begins a label with a small letter, unless it is an abbreviation.
func lower(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(next) || unicode.IsDigit(next) {
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}

// thousands writes 12345 as 12,345.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
