package search

import (
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
)

// byProperty reads "surname: miller; date of birth: 2011": properties by their name or label, without case, each with a value that can
// be read as its type. ok is false when any part is something else, so that a colon in free text stays one.
func byProperty(dict *pole.Dictionary, text string) (r reading, ok bool) {
	if !strings.Contains(text, ":") {
		return r, false
	}
	var labels []string
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, found := strings.Cut(part, ":")
		def, known := propertyNamed(dict, name)
		v := dict.Normalise(def.Name, strings.TrimSpace(value))
		if !found || !known || v.Norm == "" {
			return r, false
		}
		r.Terms = append(r.Terms, plugins.Term{Property: def.Name, Value: v})
		labels = append(labels, labelOf(dict, def.Name))
	}
	if len(r.Terms) == 0 {
		return r, false
	}
	r.Label, r.Text, r.rank = strings.Join(labels, " and "), text, sure
	return r, true
}

// propertyNamed finds a property by its name or its label. Of several with one label the dictionary's first is meant.
func propertyNamed(dict *pole.Dictionary, typed string) (pole.PropertyDef, bool) {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	want := fold(typed)
	var byLabel *pole.PropertyDef
	for _, p := range dict.AllProperties() {
		if fold(string(p.Name)) == want {
			return p, true
		}
		if byLabel == nil && fold(p.Label) == want {
			byLabel = &p
		}
	}
	if byLabel == nil {
		return pole.PropertyDef{}, false
	}
	return *byLabel, true
}
