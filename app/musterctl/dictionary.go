package main

import (
	"fmt"
	"slices"
	"strings"

	"muster/assets"
	"muster/plugins/pole"
)

type dictionaryCmd struct {
	Word []string `arg:"" optional:"" help:"Words that an entry holds, in its name, its words or what else it is called; all of it unless given."`
}

// dictionaryEntry is one thing that a connector may name.
type dictionaryEntry struct {
	Type      string      `json:"type"` // kind, property, role, warning, marking, code
	Name      string      `json:"name"`
	Label     string      `json:"label"`
	ValueType pole.Type   `json:"value_type,omitempty"` // of a property
	Kinds     []pole.Kind `json:"kinds,omitempty"`      // that foresee a property; none listed are all
	List      string      `json:"list,omitempty"`       // a property's code list, or the list that a code is of
	Notes     []string    `json:"notes,omitempty"`
	Also      []string    `json:"also,omitempty"` // understood, or called so elsewhere
}

func (c dictionaryCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	words := strings.Fields(strings.ToLower(strings.Join(c.Word, " ")))
	found := 0
	for _, x := range dictionaryEntries(dict) {
		if len(words) == 0 && x.Type == "code" || !x.has(words) {
			continue // all the codes are the longest part by far; the lists stand beside the properties
		}
		found++
		e.out.line(x, "%s", x.row())
	}
	if found == 0 {
		return fmt.Errorf("the dictionary has nothing with %q: try a shorter word or another name for it (birth, plate, street); a value that no property fits is left out, or put in description", strings.Join(c.Word, " "))
	}
	return nil
}

// has reports whether every word stands somewhere in the entry.
func (x dictionaryEntry) has(words []string) bool {
	text := strings.ToLower(strings.Join(slices.Concat([]string{x.Type, x.Name, x.Label, x.List}, x.Also), " "))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func (x dictionaryEntry) row() string {
	what := string(x.ValueType)
	switch {
	case x.Type == "code":
		what = "of " + x.List
	case x.List != "":
		what += " of " + x.List
	}
	kinds := make([]string, len(x.Kinds))
	for i, k := range x.Kinds {
		kinds[i] = string(k)
	}
	notes := slices.Clone(x.Notes)
	if len(kinds) > 0 {
		notes = append([]string{"for " + strings.Join(kinds, " ")}, notes...)
	}
	if len(x.Also) > 0 {
		notes = append(notes, "also: "+strings.Join(x.Also, ", "))
	}
	return strings.TrimRight(strings.Join([]string{x.Type, x.Name, x.Label, what, strings.Join(notes, "; ")}, "\t"), "\t ")
}

func dictionaryEntries(d *pole.Dictionary) []dictionaryEntry {
	var out []dictionaryEntry
	for _, k := range d.Kinds() {
		out = append(out, dictionaryEntry{Type: "kind", Name: string(k.Name), Label: k.Label, Also: filled(k.NIEM)})
	}
	for _, p := range d.AllProperties() {
		x := dictionaryEntry{Type: "property", Name: string(p.Name), Label: p.Label, ValueType: p.Type, List: p.CodeList, Also: slices.DeleteFunc(filled(p.NIEM, p.IHub), func(s string) bool { return s == string(p.Name) })}
		if len(p.Kinds) < len(d.Kinds()) {
			x.Kinds = p.Kinds
		}
		if p.Danger {
			x.Notes = append(x.Notes, "danger: never map it so that missing becomes none")
		}
		if p.Many {
			x.Notes = append(x.Notes, "many")
		}
		if p.MaxLength > 0 {
			x.Notes = append(x.Notes, fmt.Sprintf("at most %d characters", p.MaxLength))
		}
		out = append(out, x)
	}
	for _, r := range d.Roles() {
		out = append(out, dictionaryEntry{Type: "role", Name: string(r.Name), Label: r.Label, Notes: filled("the other way: " + r.Inverse)})
	}
	for _, w := range d.Warnings() {
		out = append(out, dictionaryEntry{Type: "warning", Name: w.Code, Label: w.Label, Notes: filled(w.Level), Also: w.Also})
	}
	for _, m := range d.Markings() {
		out = append(out, dictionaryEntry{Type: "marking", Name: m.Name, Label: m.Label, Also: m.Also})
	}
	for _, list := range d.CodeLists() {
		for _, c := range d.CodeList(list) {
			out = append(out, dictionaryEntry{Type: "code", Name: c.Code, Label: c.Label, List: list, Also: c.Also})
		}
	}
	return out
}

// filled leaves out what is empty.
func filled(words ...string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return s == "" })
}
