package entry

import (
	"slices"
	"strings"

	"muster/plugins/pole"
)

// Unfinished takes out of one part of a draft the names that were not finished: those that the best of the values go on from,
// so that Prefill writes them to the end. Whatever else was typed stays.
func Unfinished(form Form, draft Draft, dict *pole.Dictionary, part string, values []Source) Draft {
	draft = draft.clone()
	form = form.For(draft, dict)
	for _, s := range form.Sections {
		for _, f := range s.Fields {
			typed := fold(draft.Value(f.Path))
			def, _ := dict.Property(f.Property)
			if p, _ := SplitPath(f.Path); p != part || len(typed) < 2 || def.Type != pole.TypeName {
				continue
			}
			i := slices.IndexFunc(values, func(v Source) bool {
				return v.Property == f.Property && v.Value.Norm != "" && v.Value.Problem == ""
			})
			if i < 0 {
				continue
			}
			if whole := fold(written(dict, f.Property, values[i].Value)); whole != typed && strings.HasPrefix(whole, typed) {
				delete(draft.Values, f.Path)
				delete(draft.From, f.Path)
			}
		}
	}
	return draft
}

func fold(s string) string { return pole.FoldName(s) }
