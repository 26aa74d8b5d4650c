package entry

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"muster/plugins/pole"
	"muster/plugins/yamlsafe"
)

// What a Field's Default may name instead of a value.
const (
	DefaultNow    = "now"
	DefaultName   = "officer.name"
	DefaultCollar = "officer.collar"
)

const (
	maxFormBytes = 1 << 20
	maxFields    = 500
	maxDepth     = 100 // brackets and indents in a form file
	maxRepeats   = 50  // people, vehicles or exhibits of one kind on one form
)

var nameForm = regexp.MustCompile(`^[a-z][A-Za-z0-9_]{0,63}$`)

// LoadForms reads forms/*.yaml of fsys, by file name. It is strict: an unknown field, a repeated name, or a path that the
// dictionary does not know for that kind is an error that names file and line.
func LoadForms(fsys fs.FS, d *pole.Dictionary) ([]Form, error) {
	files, err := fs.Glob(fsys, "forms/*.yaml")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("forms: there is no form file: put at least one *.yaml into forms")
	}
	var out []Form
	seen := map[string]string{}
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		f, err := ReadForm(name, data, d)
		if err != nil {
			return nil, err
		}
		if other, twice := seen[f.ID]; twice {
			return nil, fmt.Errorf("%s: the form %q is already in %s: give one of them another id", name, f.ID, other)
		}
		seen[f.ID] = name
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b Form) int { return cmp.Compare(uint(a.Rank-1), uint(b.Rank-1)) }) //nolint:gosec // 0, no rank, becomes the largest
	return out, nil
}

// ReadForm reads one form file; name stands in its errors.
func ReadForm(name string, data []byte, d *pole.Dictionary) (Form, error) {
	r := formReader{name: name, data: data, dict: d}
	if len(data) > maxFormBytes {
		return Form{}, r.wrong("", "the file is larger than %d bytes", maxFormBytes)
	}
	if err := r.decode(); err != nil {
		return Form{}, err
	}
	if err := r.check(); err != nil {
		return Form{}, err
	}
	return r.form, nil
}

type formReader struct {
	name string
	data []byte
	dict *pole.Dictionary
	form Form
}

func (r *formReader) decode() (err error) {
	// The YAML library recurses; a file of brackets only must not exhaust the stack.
	if err := yamlsafe.Check(r.data); err != nil {
		return r.wrong("", "%s", err)
	}
	for _, pair := range []string{"[", "{", "- - "} {
		if strings.Count(string(r.data), pair) > 10*maxFields || strings.Contains(string(r.data), strings.Repeat(pair, maxDepth)) {
			return r.wrong("", "the file is nested too deeply")
		}
	}
	defer func() {
		if p := recover(); p != nil { // of the YAML library, on a file that is none
			err = r.wrong("", "the file is not readable as YAML")
		}
	}()
	err = yaml.UnmarshalWithOptions(r.data, &r.form, yaml.Strict())
	var at yaml.Error
	if errors.As(err, &at) {
		if tok := at.GetToken(); tok != nil && tok.Position != nil {
			return fmt.Errorf("%s:%d: %s", r.name, tok.Position.Line, at.GetMessage())
		}
		return r.wrong("", "%s", at.GetMessage())
	}
	if err != nil {
		return r.wrong("", "%v", err)
	}
	return nil
}

// wrong makes an error about what lies at a path of the file, with its line.
func (r *formReader) wrong(at, format string, args ...any) error {
	say := fmt.Sprintf(format, args...)
	if at != "" {
		if path, err := yaml.PathString("$." + at); err == nil {
			if tree, err := parser.ParseBytes(r.data, 0); err == nil {
				if node, err := path.FilterFile(tree); err == nil && node.GetToken() != nil {
					return fmt.Errorf("%s:%d: %s", r.name, node.GetToken().Position.Line, say)
				}
			}
		}
	}
	return fmt.Errorf("%s: %s", r.name, say)
}

func (r *formReader) check() error {
	f := &r.form
	if !nameForm.MatchString(f.ID) {
		return r.wrong("id", "id must be a word of letters, digits and underscore that starts with a small letter")
	}
	if f.Rank < 0 || f.Rank > 1000 {
		return r.wrong("rank", "rank counts from 1, at most 1000")
	}
	if f.Name == "" {
		return r.wrong("name", "the form needs a name")
	}
	if _, ok := r.dict.Kind(f.Kind); !ok {
		return r.wrong("kind", "the dictionary has no kind %q", f.Kind)
	}
	parts := map[string]pole.Kind{}
	for i, p := range f.Parts {
		at := fmt.Sprintf("parts[%d]", i)
		k, ok := r.dict.Kind(p.Kind)
		switch {
		case !nameForm.MatchString(p.Name):
			return r.wrong(at, "part %q: name must be a word that starts with a small letter", p.Name)
		case parts[p.Name] != "":
			return r.wrong(at, "part %q stands twice", p.Name)
		case !ok:
			return r.wrong(at, "part %q: the dictionary has no kind %q", p.Name, p.Kind)
		}
		if _, ok := r.dict.Role(p.Role); !ok && p.Role != "" {
			return r.wrong(at, "part %q: the dictionary has no role %q", p.Name, p.Role)
		}
		if p.Label == "" {
			f.Parts[i].Label = k.Label
		}
		if p.Many < 0 || p.Many > maxRepeats {
			return r.wrong(at, "part %q: many is how many of it there may be, at most %d", p.Name, maxRepeats)
		}
		parts[p.Name] = p.Kind
	}
	if len(f.Sections) == 0 {
		return r.wrong("", "the form has no section")
	}
	paths, names, n := map[string]bool{}, map[string]bool{}, 0
	for i := range f.Sections {
		s := &f.Sections[i]
		at := fmt.Sprintf("sections[%d]", i)
		if !nameForm.MatchString(s.Name) || s.Label == "" || len(s.Fields) == 0 || names[s.Name] {
			return r.wrong(at, "section %q needs a name of its own, a label and fields", s.Name)
		}
		names[s.Name] = true
		if err := r.repeat(s, at); err != nil {
			return err
		}
		if err := r.when(s.When, at, "section "+s.Name, paths, parts, ""); err != nil {
			return err
		}
		for j := range s.Fields {
			at := fmt.Sprintf("%s.fields[%d]", at, j)
			if n++; n > maxFields {
				return r.wrong(at, "the form has more than %d fields", maxFields)
			}
			if paths[s.Fields[j].Path] {
				return r.wrong(at, "field %s stands twice", s.Fields[j].Path)
			}
			if err := r.field(&s.Fields[j], at, parts); err != nil {
				return err
			}
			if part, _ := SplitPath(s.Fields[j].Path); s.Repeat != "" && part != s.Repeat {
				return r.wrong(at, "field %s: a section that repeats %s asks only of it", s.Fields[j].Path, s.Repeat)
			}
			if err := r.when(s.Fields[j].When, at, "field "+s.Fields[j].Path, paths, parts, s.Repeat); err != nil {
				return err
			}
			paths[s.Fields[j].Path] = true
		}
	}
	return nil
}

func (r *formReader) repeat(s *Section, at string) error {
	if s.Repeat == "" {
		return nil
	}
	switch p, ok := r.form.Part(s.Repeat); {
	case !ok:
		return r.wrong(at, "section %q repeats %q: the form has no such part", s.Name, s.Repeat)
	case p.Many < 2:
		return r.wrong(at, "section %q repeats %q: say how many there may be, as many: 10 at the part", s.Name, s.Repeat)
	}
	return nil
}

// when checks a condition. What it looks at is asked earlier, so that no two wait for each other.
func (r *formReader) when(w *When, at, what string, asked map[string]bool, parts map[string]pole.Kind, repeat string) error {
	if w == nil {
		return nil
	}
	if !asked[w.Path] {
		return r.wrong(at, "%s: it is asked when %q is filled, but no field before it has that path", what, w.Path)
	}
	part, prop := SplitPath(w.Path)
	if part != "" && part != repeat {
		if p, _ := r.form.Part(part); p.Many > 1 {
			return r.wrong(at, "%s: it is asked when %q is filled, but of that there may be several", what, w.Path)
		}
	}
	if len(w.Is) > 0 && len(w.Not) > 0 {
		return r.wrong(at, "%s: give its condition either is or not", what)
	}
	for _, v := range slices.Concat(w.Is, w.Not) {
		if n := r.dict.Normalise(prop, v); n.Norm == "" {
			return r.wrong(at, "%s: its condition cannot be read: %q is no %s", what, v, prop)
		}
	}
	return nil
}

func (r *formReader) field(f *Field, at string, parts map[string]pole.Kind) error {
	part, prop := SplitPath(f.Path)
	kind := r.form.Kind
	if part != "" {
		if kind = parts[part]; kind == "" {
			return r.wrong(at, "field %s: the form has no part %q", f.Path, part)
		}
	}
	def, ok := r.dict.Property(prop)
	if !ok {
		return r.wrong(at, "field %s: the dictionary has no property %q", f.Path, prop)
	}
	if !has(def.Kinds, kind) {
		return r.wrong(at, "field %s: the dictionary has no %s of a %s", f.Path, prop, kind)
	}
	if f.Width < 0 || f.Width > 12 {
		return r.wrong(at, "field %s: width counts twelfths, 1 to 12", f.Path)
	}
	switch f.Default {
	case "", DefaultName, DefaultCollar:
	case DefaultNow:
		if def.Type != pole.TypeInstant && def.Type != pole.TypePartialDate {
			return r.wrong(at, "field %s: only a time or a date can be now by default", f.Path)
		}
	default:
		if v := r.dict.Normalise(prop, f.Default); v.Norm == "" {
			return r.wrong(at, "field %s: its default cannot be read: %s", f.Path, v.Problem)
		}
	}
	f.Property = prop
	if f.Label == "" {
		f.Label = def.Label
	}
	return nil
}

// SplitPath parts a field path into the part's name ("" for the event itself) and the property.
func SplitPath(path string) (part string, p pole.Property) {
	if a, b, ok := strings.Cut(path, "."); ok {
		return a, pole.Property(b)
	}
	return "", pole.Property(path)
}

// Field finds a field by its path.
func (f *Form) Field(path string) (Field, bool) {
	for _, s := range f.Sections {
		for _, fd := range s.Fields {
			if fd.Path == path {
				return fd, true
			}
		}
	}
	return Field{}, false
}

// Part finds a part by its name.
func (f *Form) Part(name string) (PartDef, bool) {
	for _, p := range f.Parts {
		if p.Name == name {
			return p, true
		}
	}
	return PartDef{}, false
}

func has[T comparable](all []T, one T) bool {
	for _, x := range all {
		if x == one {
			return true
		}
	}
	return false
}
