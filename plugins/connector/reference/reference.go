// Package reference writes the integrator's reference pages: REFERENCE.md from the JSON Schema of connector files, and
// DICTIONARY.md from the dictionary, so that neither can say anything but what the program does.
package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schema is as much of JSON Schema as schema.json uses. Properties keep the order of the file.
type schema struct {
	Ref         string          `json:"$ref"`
	Type        json.RawMessage `json:"type"`
	Enum        []any           `json:"enum"`
	Const       any             `json:"const"`
	Description string          `json:"description"`
	Examples    []any           `json:"-"`
	RawExamples json.RawMessage `json:"examples"`
	Required    []string        `json:"required"`
	Properties  ordered         `json:"properties"`
	Additional  json.RawMessage `json:"additionalProperties"`
	Items       *schema         `json:"items"`
	OneOf       []*schema       `json:"oneOf"`
	AnyOf       []*schema       `json:"anyOf"`
	AllOf       []*schema       `json:"allOf"`
	Defs        ordered         `json:"$defs"`

	any   *schema // additionalProperties, where that is a schema
	canon string  // the schema as one line, to know it again
}

type property struct {
	name string
	s    *schema
}

// ordered are properties in the order of the file.
type ordered []property

func (o *ordered) UnmarshalJSON(b []byte) error {
	keys, values, err := orderedObject(b)
	if err != nil {
		return err
	}
	for i, k := range keys {
		s := &schema{}
		if err := json.Unmarshal(values[i], s); err != nil {
			return err
		}
		*o = append(*o, property{k, s})
	}
	return nil
}

func (o ordered) get(name string) *schema {
	for _, p := range o {
		if p.name == name {
			return p.s
		}
	}
	return nil
}

func (s *schema) UnmarshalJSON(b []byte) error {
	type plain schema
	if err := json.Unmarshal(b, (*plain)(s)); err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return err
	}
	s.canon = compact.String()
	if len(s.RawExamples) > 0 {
		var raws []json.RawMessage
		if err := json.Unmarshal(s.RawExamples, &raws); err != nil {
			return err
		}
		for _, r := range raws {
			v, err := orderedValue(r)
			if err != nil {
				return err
			}
			s.Examples = append(s.Examples, v)
		}
	}
	if a := bytes.TrimSpace(s.Additional); len(a) > 0 && a[0] == '{' {
		s.any = &schema{}
		return json.Unmarshal(a, s.any)
	}
	return nil
}

// generator walks the schema once and gathers its sections.
type generator struct {
	root     *schema
	sections []section
	seen     map[string]string // an object's canonical form -> the title of the section that tells of it
	queue    []job
}

type section struct {
	title, about string
	props        []property
	required     []string
}

type job struct {
	title string
	s     *schema
}

// Markdown gives the reference page of a connector schema.
func Markdown(schemaJSON []byte) ([]byte, error) {
	root := &schema{}
	if err := json.Unmarshal(schemaJSON, root); err != nil {
		return nil, fmt.Errorf("the schema cannot be read: %w", err)
	}
	g := &generator{root: root, seen: map[string]string{}}
	g.queue = []job{{"", root}}
	for len(g.queue) > 0 {
		j := g.queue[0]
		g.queue = g.queue[1:]
		g.object(j.title, j.s)
	}
	return g.write(), nil
}

// Missing lists the keys of a schema that lack a description or an example, as PLACE.KEY: what is missing.
func Missing(schemaJSON []byte) ([]string, error) {
	root := &schema{}
	if err := json.Unmarshal(schemaJSON, root); err != nil {
		return nil, fmt.Errorf("the schema cannot be read: %w", err)
	}
	g := &generator{root: root, seen: map[string]string{}}
	g.queue = []job{{"", root}}
	for len(g.queue) > 0 {
		j := g.queue[0]
		g.queue = g.queue[1:]
		g.object(j.title, j.s)
	}
	var out []string
	for _, s := range g.sections {
		for _, p := range s.props {
			at := strings.TrimPrefix(s.title+"."+p.name, ".")
			if g.describe(p.s) == "" {
				out = append(out, at+": description")
			}
			if len(g.examples(p.s)) == 0 {
				out = append(out, at+": examples")
			}
		}
	}
	return out, nil
}

// target follows a $ref.
func (g *generator) target(s *schema) *schema {
	for hops := 0; s != nil && s.Ref != "" && hops < 8; hops++ {
		s = g.root.Defs.get(strings.TrimPrefix(s.Ref, "#/$defs/"))
	}
	return s
}

func (g *generator) describe(s *schema) string {
	if t := g.target(s); s.Description == "" && t != nil {
		return t.Description
	}
	return s.Description
}

func (g *generator) examples(s *schema) []any {
	if t := g.target(s); len(s.Examples) == 0 && t != nil {
		return t.Examples
	}
	return s.Examples
}

// object gathers the sections of whatever objects with keys of their own a value of s may be.
func (g *generator) object(title string, s *schema) {
	if len(s.Properties) == 0 { // otherwise a $ref beside them is what it has in common with others
		s = g.target(s)
	}
	if s == nil {
		return
	}
	for _, list := range [][]*schema{s.OneOf, s.AnyOf} {
		for _, x := range list {
			g.object(title, x)
		}
	}
	if s.Items != nil {
		g.object(title+"[]", s.Items)
	}
	if s.any != nil {
		g.object(title+"."+placeholder(title), s.any)
	}
	props, required := g.keys(s)
	if len(props) == 0 {
		return
	}
	title = strings.TrimSuffix(title, "[]")
	if _, known := g.seen[s.canon]; known {
		return
	}
	g.seen[s.canon] = title
	g.sections = append(g.sections, section{title: title, about: s.Description, props: props, required: required})
	inherited := g.target(s)
	for _, p := range props {
		at := strings.TrimPrefix(title+"."+p.name, ".")
		if len(s.Properties) > 0 && s.Ref != "" && inherited.Properties.get(p.name) != nil && s.Properties.get(p.name) == nil {
			at = p.name // the same wherever it stands
		}
		g.queue = append(g.queue, job{at, p.s})
	}
}

// keys are the keys of an object, those of a $ref beside them and of allOf included.
func (g *generator) keys(s *schema) ([]property, []string) {
	props, required := slices.Clone([]property(s.Properties)), s.Required
	more := s.AllOf
	if t := g.target(s); s.Ref != "" && t != nil {
		more = append([]*schema{t}, more...)
	}
	for _, x := range more {
		more, req := g.keys(g.target(x))
		props, required = append(props, more...), slices.Concat(required, req)
	}
	return props, required
}

// placeholder is what stands for a name that the integrator chooses.
func placeholder(title string) string {
	last := title[strings.LastIndexByte(title, '.')+1:]
	switch last {
	case "kinds":
		return "KIND"
	case "fields", "accepts":
		return "PROPERTY"
	}
	return "NAME"
}
