package entry

import (
	"slices"

	"muster/plugins/pole"
)

// Overwrite is a field that picking a record would change although something stands there.
type Overwrite struct {
	Path string `json:"path"`
	Was  string `json:"was"`
	Is   string `json:"is"`
}

// Filled is what picking a record did to a draft, or would do.
type Filled struct {
	Part      string      `json:"part"`
	Fields    []string    `json:"fields"`              // paths that were empty and are filled now
	Differ    []Overwrite `json:"differ,omitempty"`    // what is typed there is something else: it is replaced only by Replace
	Unchanged int         `json:"unchanged,omitempty"` // fields that say the same already
}

// FillPart fills one part of a draft ("" is the event itself) from what records say of one person, object, place or event,
// and notes the record behind each value. Without replace what is typed already stays; Differ then says what a replacing
// would change. It is for whoever picks: an open case, a search result, a candidate as one types.
func FillPart(form Form, draft Draft, dict *pole.Dictionary, part string, values []Source, records []pole.Ref, replace bool) (Draft, Filled) {
	out := Prefill(form, draft, dict, part, values, records)
	did := Filled{Part: part}
	shape := form.For(out, dict)
	for _, s := range shape.Sections {
		for _, f := range s.Fields {
			if p, _ := SplitPath(f.Path); p != part {
				continue
			}
			i := slices.IndexFunc(values, func(v Source) bool {
				return v.Property == f.Property && v.Value.Norm != "" && v.Value.Problem == ""
			})
			if i < 0 {
				continue
			}
			was, is := draft.Value(f.Path), written(dict, f.Property, values[i].Value)
			switch {
			case was == "":
				did.Fields = append(did.Fields, f.Path)
			case dict.Normalise(f.Property, was).Norm == values[i].Value.Norm:
				did.Unchanged++
				out.From[f.Path] = values[i].Ref
			default:
				did.Differ = append(did.Differ, Overwrite{f.Path, was, is})
				if replace {
					out.Values[f.Path], out.From[f.Path] = is, values[i].Ref
				}
			}
		}
	}
	return out, did
}
