package pole

import (
	"fmt"
	"slices"
	"strings"
)

// A template writes a record on one line. The language, small on purpose:
//
//	{property}          the value as shown; {property|filter} with upper, lower, title, first, age, year or code
//	[ … ]               a section: shown only when every {property} in it has a value
//	text between values shown only between two values; text at an end belongs in a section
//	||                  the first alternative with a value wins
//
// Text written between a value and one that is missing is dropped; of several such texts in a row the first is kept,
// so "{number} {street}, {town} {postcode}" never shows a comma without a neighbour.
type template []alternative

type alternative []element

type element struct {
	text     string    // when property and section are empty
	property Property  //
	filters  []string  //
	section  []element // texts and properties
}

var filters = map[string]bool{"upper": true, "lower": true, "title": true, "first": true, "age": true, "year": true, "code": true}

func parseTemplate(s string) (template, error) {
	var out template
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	for alt := range strings.SplitSeq(s, "||") {
		elements, rest, err := parseElements(alt, false)
		if err != nil {
			return nil, fmt.Errorf("template %q: %w", s, err)
		}
		if rest != "" {
			return nil, fmt.Errorf("template %q: ']' without '['", s)
		}
		out = append(out, elements)
	}
	return out, nil
}

func parseElements(s string, inside bool) (out []element, rest string, err error) {
	for s != "" {
		i := strings.IndexAny(s, "{}[]")
		if i < 0 {
			if inside {
				return nil, "", fmt.Errorf("'[' is never closed")
			}
			return append(out, element{text: s}), "", nil
		}
		if i > 0 {
			out = append(out, element{text: s[:i]})
		}
		c := s[i]
		s = s[i+1:]
		switch c {
		case '{':
			end := strings.IndexByte(s, '}')
			if end < 0 {
				return nil, "", fmt.Errorf("'{' is never closed")
			}
			parts := strings.Split(s[:end], "|")
			for _, f := range parts[1:] {
				if !filters[f] {
					return nil, "", fmt.Errorf("there is no filter %q", f)
				}
			}
			out = append(out, element{property: Property(parts[0]), filters: parts[1:]})
			s = s[end+1:]
		case '[':
			if inside {
				return nil, "", fmt.Errorf("a section cannot hold a section")
			}
			var section []element
			if section, s, err = parseElements(s, true); err != nil {
				return nil, "", err
			}
			out = append(out, element{section: section})
		case ']':
			if !inside {
				return nil, "", fmt.Errorf("']' without '['")
			}
			return out, s, nil
		default:
			return nil, "", fmt.Errorf("'}' without '{'")
		}
	}
	if inside {
		return nil, "", fmt.Errorf("'[' is never closed")
	}
	return out, "", nil
}

func (t template) properties() []Property {
	var out []Property
	var walk func([]element)
	walk = func(es []element) {
		for _, e := range es {
			if e.property != "" && !slices.Contains(out, e.property) {
				out = append(out, e.property)
			}
			walk(e.section)
		}
	}
	for _, a := range t {
		walk(a)
	}
	return out
}

// execute writes the first alternative that has a value; get gives a property's value as shown, "" for none.
func (t template) execute(get func(Property, []string) string) string {
	for _, alt := range t {
		var b strings.Builder
		glue := ""
		for _, e := range alt {
			var s string
			switch {
			case e.property != "":
				s = get(e.property, e.filters)
			case e.section != nil:
				s = section(e.section, get)
			default:
				if glue == "" && b.Len() > 0 {
					glue = e.text
				}
				continue
			}
			if s == "" {
				continue
			}
			b.WriteString(glue)
			glue = ""
			b.WriteString(s)
		}
		if b.Len() > 0 {
			return b.String()
		}
	}
	return ""
}

func section(es []element, get func(Property, []string) string) string {
	var b strings.Builder
	for _, e := range es {
		if e.property == "" {
			b.WriteString(e.text)
			continue
		}
		s := get(e.property, e.filters)
		if s == "" {
			return ""
		}
		b.WriteString(s)
	}
	return b.String()
}
