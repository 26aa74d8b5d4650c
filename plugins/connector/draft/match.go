package draft

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"muster/plugins/pole"
)

//go:embed synonyms.yaml
var synonymsYAML []byte

// synonyms are names that systems use for the dictionary's properties and kinds.
var synonyms = sync.OnceValue(func() (s struct {
	Properties map[string][]string `yaml:"properties"`
	Kinds      map[string][]string `yaml:"kinds"`
}) {
	_ = yaml.Unmarshal(synonymsYAML, &s) // embedded; a test reads it
	return s
})

// matcher finds the dictionary's names for a source's.
type matcher struct {
	dict       *pole.Dictionary
	properties map[string][]pole.Property // by joined name
	kinds      map[string]pole.Kind
}

func newMatcher(d *pole.Dictionary) *matcher {
	m := &matcher{dict: d, properties: map[string][]pole.Property{}, kinds: map[string]pole.Kind{}}
	add := func(name string, p pole.Property) {
		k := joined(name)
		if k != "" && !slices.Contains(m.properties[k], p) {
			m.properties[k] = append(m.properties[k], p)
		}
	}
	for _, p := range d.AllProperties() {
		add(string(p.Name), p.Name)
		add(p.Label, p.Name)
		_, niem, _ := strings.Cut(p.NIEM, ":")
		add(niem, p.Name)
		for _, i := range strings.FieldsFunc(p.IHub, func(r rune) bool { return r == '.' || r == '/' || r == ' ' || r == '[' || r == ']' }) {
			add(i, p.Name)
		}
	}
	for p, names := range synonyms().Properties {
		if _, ok := d.Property(pole.Property(p)); ok {
			for _, n := range names {
				add(n, pole.Property(p))
			}
		}
	}
	for _, k := range d.Kinds() {
		m.kinds[joined(string(k.Name))], m.kinds[joined(k.Label)], m.kinds[joined(k.Plural)] = k.Name, k.Name, k.Name
	}
	for k, names := range synonyms().Kinds {
		if _, ok := d.Kind(pole.Kind(k)); ok {
			for _, n := range names {
				m.kinds[joined(n)] = pole.Kind(k)
			}
		}
	}
	return m
}

// kindOf guesses the kind of an entity: by its name, or a word of it from the last to the first, else by what its
// fields are called.
func (m *matcher) kindOf(e *entity) (pole.Kind, string) {
	if k, ok := m.kinds[joined(e.name)]; ok {
		return k, "by its name"
	}
	ws := words(e.name)
	for _, w := range slices.Backward(ws) {
		if k, ok := m.kinds[w]; ok {
			return k, "by the word '" + w + "' of its name"
		}
		if k, ok := m.kinds[strings.TrimSuffix(w, "s")]; ok {
			return k, "by the word '" + w + "' of its name"
		}
	}
	best, score := pole.Kind(""), 0
	for _, k := range m.dict.Kinds() {
		n := 0
		for _, f := range e.fields {
			if p := m.property(k.Name, f); p != "" && p != "description" && p != "status" && p != "comment" && p != "reference" {
				n++
			}
		}
		if n > score {
			best, score = k.Name, n
		}
	}
	if score >= 2 {
		return best, "by what its fields are called"
	}
	return "", ""
}

// property finds the property of a kind that a field stands for; "" when there is none.
func (m *matcher) property(kind pole.Kind, f field) pole.Property {
	for _, name := range []string{f.words, f.last} {
		for _, p := range m.properties[joined(name)] {
			if def, ok := m.dict.Property(p); ok && slices.Contains(def.Kinds, kind) && fits(def, f) {
				return p
			}
		}
	}
	// The kind's own word before a name is no difference: vehicleMake, person_surname.
	if rest, ok := strings.CutPrefix(joined(f.last), string(kind)); ok && rest != "" {
		for _, p := range m.properties[rest] {
			if def, ok := m.dict.Property(p); ok && slices.Contains(def.Kinds, kind) && fits(def, f) {
				return p
			}
		}
	}
	return ""
}

func fits(def pole.PropertyDef, f field) bool {
	if f.list && !def.Many {
		return false
	}
	switch f.format {
	case "date", "date-time":
		return def.Type == pole.TypePartialDate || def.Type == pole.TypeInstant
	case "object":
		return false
	case "boolean":
		return def.Type == pole.TypeBool
	}
	return def.Type != pole.TypeBool || f.format == "boolean"
}
