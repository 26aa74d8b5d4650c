package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// often is in how many places a key must stand, the same in each, to be told once.
const often = 4

const requests = "Requests"

func (g *generator) write() []byte {
	var b bytes.Buffer
	b.WriteString(`# Every key of a connector file

Generated from ` + "`schema.json`" + `; do not edit. The tutorial and the recipes are in [README.md](README.md), the kinds, properties and
codes in [DICTIONARY.md](DICTIONARY.md). ` + "`musterctl connector schema`" + ` prints the schema for editors. A key marked **must** has to be there.
Names in capitals are yours to choose: ` + "`KIND` and `PROPERTY`" + ` are of the dictionary. *expression* is jq, see README.md.

`)
	count := map[string]int{}
	for _, s := range g.sections {
		for _, p := range s.props {
			count[p.name+p.s.canon]++
		}
	}
	shared := func(p property) bool { return count[p.name+p.s.canon] >= often }
	top := func(s section) bool { return s.title == "" } // the file as a whole is no request
	var common []property
	var takers []string
	for _, s := range g.sections {
		if top(s) {
			continue
		}
		takes := false
		for _, p := range s.props {
			if !shared(p) {
				continue
			}
			takes = true
			if !slices.ContainsFunc(common, func(q property) bool { return q.name == p.name && q.s.canon == p.s.canon }) {
				common = append(common, p)
			}
		}
		if takes {
			takers = append(takers, "`"+strings.TrimPrefix(s.title, ".")+"`")
		}
	}
	for i, s := range g.sections {
		title := s.title
		if title == "" {
			title = "The file"
		}
		if i == 1 && len(common) > 0 {
			fmt.Fprintf(&b, "## %s\n\nEach of %s is one request and takes these keys beside its own.\n\n", requests, strings.Join(takers, ", "))
			g.table(&b, section{title: requests, props: common}, nil)
		}
		fmt.Fprintf(&b, "## %s\n\n", title)
		if s.about != "" && s.title != "" {
			b.WriteString(s.about + "\n\n")
		}
		own := s.props
		if !top(s) {
			own = slices.DeleteFunc(slices.Clone(s.props), shared)
		}
		if len(own) < len(s.props) {
			b.WriteString("Takes the keys of [Requests](#requests), and:\n\n")
		}
		s.props = own
		g.table(&b, s, s.required)
	}
	return b.Bytes()
}

func (g *generator) table(b *bytes.Buffer, s section, required []string) {
	b.WriteString("| key | what it is | takes | example |\n| --- | --- | --- | --- |\n")
	for _, p := range s.props {
		must := ""
		if slices.Contains(required, p.name) {
			must = " **must**"
		}
		var ex []string
		for _, e := range g.examples(p.s) {
			ex = append(ex, code(flow(p.name)+": "+flow(e)))
		}
		fmt.Fprintf(b, "| `%s`%s | %s | %s | %s |\n", p.name, must, cell(g.describe(p.s)), cell(g.takes(p.s)), strings.Join(ex, "<br>"))
	}
	b.WriteString("\n")
}

// takes says what a value may be, in few words, with a link where it has keys of its own.
func (g *generator) takes(s *schema) string {
	if s.Ref == "#/$defs/expr" {
		return "*expression*"
	}
	t := s
	if len(s.Properties) == 0 {
		t = g.target(s)
	}
	if t == nil {
		return ""
	}
	if at, ok := g.seen[t.canon]; ok && at != "" {
		return link(at)
	}
	switch {
	case len(t.OneOf) > 0 || len(t.AnyOf) > 0:
		var out []string
		for _, x := range slices.Concat(t.OneOf, t.AnyOf) {
			if w := g.takes(x); !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
		return strings.Join(out, ", or ")
	case t.Const != nil:
		return flow(t.Const)
	case len(t.Enum) > 0:
		var out []string
		for _, x := range t.Enum {
			if w := fmt.Sprint(x); !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
		return strings.Join(out, ", ")
	case t.Items != nil:
		return "a list of " + g.takes(t.Items)
	case t.any != nil:
		return "names, each with " + g.takes(t.any)
	}
	var names []string
	var one string
	if json.Unmarshal(t.Type, &one) == nil && one != "" {
		names = []string{one}
	} else {
		_ = json.Unmarshal(t.Type, &names) // neither one nor several: nothing is said
	}
	for i, n := range names {
		names[i] = map[string]string{"string": "text", "integer": "number", "boolean": "true or false", "null": "nothing"}[n]
		if names[i] == "" {
			names[i] = n
		}
	}
	return strings.Join(slices.Compact(names), ", ")
}

func link(title string) string {
	anchor := strings.ToLower(strings.NewReplacer(".", "", "[]", "", " ", "-").Replace(title))
	return "[" + title + "](#" + anchor + ")"
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// code is a code span that a table can hold.
func code(s string) string {
	fence := "`"
	if strings.Contains(s, "`") {
		fence = "``"
	}
	return fence + cell(s) + fence
}

// object keeps the order of an example's keys.
type object struct {
	keys   []string
	values []any
}

func orderedObject(b []byte) (keys []string, values []json.RawMessage, err error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return nil, nil, err
	}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, nil, err
		}
		name, _ := k.(string) // a key is text
		keys, values = append(keys, name), append(values, v)
	}
	return keys, values, nil
}

func orderedValue(b []byte) (any, error) {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		return nil, io.ErrUnexpectedEOF
	case b[0] == '{':
		keys, raws, err := orderedObject(b)
		if err != nil {
			return nil, err
		}
		o := object{keys: keys}
		for _, r := range raws {
			v, err := orderedValue(r)
			if err != nil {
				return nil, err
			}
			o.values = append(o.values, v)
		}
		return o, nil
	case b[0] == '[':
		var raws []json.RawMessage
		if err := json.Unmarshal(b, &raws); err != nil {
			return nil, err
		}
		list := make([]any, len(raws))
		for i, r := range raws {
			v, err := orderedValue(r)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	return v, dec.Decode(&v)
}
