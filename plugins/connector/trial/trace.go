package trial

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"muster/plugins/connector"
	"muster/plugins/pole"
)

// The bounds of what is traced: the rest of a long answer looks alike.
const (
	mostElements = 10
	mostLeaves   = 300
)

// Traced shows one element of an answer beside the record that it became.
type Traced struct {
	Kind     string   `json:"kind"`
	Ref      string   `json:"ref,omitempty"`     // TYPE/ID; empty where it became no record
	Problem  string   `json:"problem,omitempty"` // why it became none
	Rows     []Row    `json:"rows"`
	Unmapped []string `json:"unmapped,omitempty"`
}

// Row is one value of an element and what it became.
type Row struct {
	Path   string `json:"path"`
	Source string `json:"source"`
	To     []To   `json:"to,omitempty"` // nothing maps it when empty
}

// To is what a value became, wholly or in part.
type To struct {
	Property string `json:"property"` // of the dictionary, or id, link ROLE, marking, updated, version, url
	Value    string `json:"value,omitempty"`

	sources []string // of the facts, as the system wrote them
}

// hidden parts what is shown of an outcome from what is only compared.
const hidden = "\x00"

// Trace finds what each value of an element leads to, by changing one after the other and looking at what becomes of the
// record: so it is true of every expression.
func Trace(e connector.Element, system string) Traced {
	out := Traced{Kind: string(e.Kind)}
	base, err := e.Map(e.Data)
	if err != nil {
		out.Problem = err.Error()
	} else {
		out.Ref = base.Type + "/" + base.ID
	}
	was := outcomes(base)
	n := 0
	walk(e.Data, nil, func(path []any, v any) {
		if n++; n > mostLeaves {
			return
		}
		row := Row{Path: pathText(path), Source: leafText(v)}
		if err == nil {
			row.To = leads(e, was, path, v)
		}
		out.Rows = append(out.Rows, row)
		if err == nil && len(row.To) == 0 && v != nil {
			if p := anyPlace(row.Path); !slices.Contains(out.Unmapped, p) {
				out.Unmapped = append(out.Unmapped, p)
			}
		}
	})
	return out
}

func leads(e connector.Element, was map[string][]string, path []any, v any) []To {
	var names []string
	for _, other := range others(v) {
		rec, err := e.Map(replaced(e.Data, path, other))
		if err != nil {
			if len(names) == 0 {
				names = append(names, "?") // something depends on it, but what cannot be told by this value
			}
			continue
		}
		now := outcomes(rec)
		for _, k := range slices.Sorted(maps.Keys(merge(was, now))) {
			if !slices.Equal(was[k], now[k]) && !slices.Contains(names, k) {
				names = append(names, k)
			}
		}
	}
	if len(names) > 1 {
		names = slices.DeleteFunc(names, func(s string) bool { return s == "?" })
	}
	var out []To
	for _, n := range names {
		t := To{Property: n}
		for i, v := range was[n] {
			shown, source, _ := strings.Cut(v, hidden)
			if i > 0 {
				t.Value += ", "
			}
			t.Value += shown
			t.sources = append(t.sources, source)
		}
		if n == "?" {
			t = To{Property: "needed", Value: "the record cannot be read with another value here"}
		}
		out = append(out, t)
	}
	return out
}

func merge(a, b map[string][]string) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// outcomes are the parts of a record by name, each with its values.
func outcomes(r pole.Record) map[string][]string {
	out := map[string][]string{}
	add := func(name, v string) {
		if v != "" {
			out[name] = append(out[name], v)
		}
	}
	add("id", r.ID)
	for _, f := range r.Facts {
		v := f.Value.Norm
		if v == "" || !strings.EqualFold(v, f.Value.Source) && f.Value.Problem != "" {
			v = f.Value.Source
		}
		if f.Group != "" {
			v += " (" + f.Group + ")"
		}
		for _, x := range []struct{ w, v string }{{" from ", f.From}, {" to ", f.To}} {
			if x.v != "" {
				v += x.w + x.v
			}
		}
		add(string(f.Property), v+hidden+f.Value.Source)
	}
	for _, l := range r.Links {
		far := l.To
		if l.To == r.Ref {
			far = l.From
		}
		add("link "+string(l.Role), far.Type+"/"+far.ID+" "+l.Label)
	}
	add("marking", strings.TrimSpace(r.Marking.Classification+" "+strings.Join(r.Marking.Handling, ",")))
	if !r.Updated.IsZero() {
		add("updated", r.Updated.String())
	}
	add("version", r.Version)
	add("url", r.URL)
	return out
}

// others are values of the same type, so that only what depends on the value changes.
func others(v any) []any {
	switch x := v.(type) {
	case string:
		return []any{x + "Q", "Q", "1999-09-09", "09/09/1999", ""}
	case bool:
		return []any{!x}
	case nil:
		return []any{"Q", 1, true}
	case []any:
		return []any{[]any{"Q"}, []any{map[string]any{}}}
	case map[string]any:
		return []any{map[string]any{"q": "Q"}}
	}
	return []any{1, 7654321}
}

// replaced is a copy of data with another value at path; what is not on the way is shared.
func replaced(data any, path []any, v any) any {
	if len(path) == 0 {
		return v
	}
	switch k := path[0].(type) {
	case string:
		m, _ := data.(map[string]any)
		out := maps.Clone(m)
		out[k] = replaced(m[k], path[1:], v)
		return out
	case int:
		l, _ := data.([]any)
		out := slices.Clone(l)
		out[k] = replaced(l[k], path[1:], v)
		return out
	}
	return data
}

// walk visits the leaves of data in a fixed order: scalars, and empty lists and objects.
func walk(data any, path []any, f func([]any, any)) {
	switch x := data.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			walk(x[k], append(slices.Clone(path), k), f)
		}
		if len(x) > 0 {
			return
		}
	case []any:
		for i, y := range x {
			walk(y, append(slices.Clone(path), i), f)
		}
		if len(x) > 0 {
			return
		}
	}
	f(path, data)
}

// pathText writes a path as an expression does.
func pathText(path []any) string {
	var b strings.Builder
	for _, p := range path {
		switch k := p.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", k)
		case string:
			if plain(k) {
				b.WriteString("." + k)
			} else {
				b.WriteString("." + strconv.Quote(k))
			}
		}
	}
	if b.Len() == 0 {
		return "."
	}
	return b.String()
}

func plain(k string) bool {
	for i, r := range k {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return k != ""
}

// anyPlace writes [] for every place in a list.
func anyPlace(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		b.WriteByte(path[i])
		if path[i] == '[' {
			for i+1 < len(path) && path[i+1] >= '0' && path[i+1] <= '9' {
				i++
			}
		}
	}
	return b.String()
}

func leafText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case *big.Int:
		return x.String()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func (r *Report) trace(system string) {
	seen := map[string]bool{}
	for i, e := range r.elements {
		if i == mostElements {
			break
		}
		t := Trace(e, system)
		r.Elements = append(r.Elements, t)
		for _, p := range t.Unmapped {
			if !seen[p] {
				seen[p] = true
				r.Unmapped = append(r.Unmapped, p)
			}
		}
	}
	// What another element of the same answers shows to be mapped is not unmapped.
	for _, t := range r.Elements {
		for _, row := range t.Rows {
			if p := anyPlace(row.Path); len(row.To) > 0 && seen[p] {
				r.Unmapped = slices.DeleteFunc(r.Unmapped, func(s string) bool { return s == p })
			}
		}
	}
}
