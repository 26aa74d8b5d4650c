package connector

import (
	"context"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"muster/plugins/pole"
)

// facts maps one property; group, from and to are those of the group it stands in.
func (m *mapper) facts(ctx context.Context, sc *scope, f *field, el any, group, from, to string, out []pole.Fact, required bool) ([]pole.Fact, error) {
	vs, err := f.value.all(ctx, sc, el)
	if err != nil {
		return out, err
	}
	danger := m.danger[f.property]
	before := len(out)
	if f.from != nil {
		if from, err = m.date(ctx, sc, f.from, el); err != nil {
			return out, err
		}
	}
	if f.to != nil {
		if to, err = m.date(ctx, sc, f.to, el); err != nil {
			return out, err
		}
	}
	for _, v := range vs {
		list, many := v.([]any)
		if !many {
			if v == nil && danger && !f.absentNone {
				return out, &shapeError{expr: f.value.src, say: "what carries danger is missing"}
			}
			if out, err = m.fact(f, v, group, from, to, out); err != nil {
				return out, err
			}
			continue
		}
		for _, x := range list {
			if x == nil && danger {
				return out, &shapeError{expr: f.value.src, say: "what carries danger is missing"}
			}
			if out, err = m.fact(f, x, group, from, to, out); err != nil {
				return out, err
			}
		}
	}
	if required && len(out) == before {
		return out, &shapeError{expr: f.value.src, say: "a required value is missing"}
	}
	return out, nil
}

func (m *mapper) date(ctx context.Context, sc *scope, e *expr, el any) (string, error) {
	v, err := e.one(ctx, sc, el)
	if err != nil || v == nil {
		return "", err
	}
	if o, ok := v.(map[string]any); ok {
		v = o["value"]
	}
	s, _ := v.(string)
	return dayOf(s), nil
}

// fact adds one value: a scalar, or an object {value|code, source, label|text, from, to, group, problem}.
func (m *mapper) fact(f *field, v any, group, from, to string, out []pole.Fact) ([]pole.Fact, error) {
	if v == nil {
		return out, nil
	}
	fact := pole.Fact{Property: f.property, Group: group, From: from, To: to, Path: f.value.src}
	o, isObject := v.(map[string]any)
	if !isObject {
		s, ok := scalarText(v)
		if !ok {
			return out, &shapeError{expr: f.value.src, say: "expected text but got: " + gojq.TypeOf(v)}
		}
		if b, isBool := v.(bool); isBool && !m.sys.truths[f.property] {
			return out, &shapeError{expr: f.value.src, say: "expected text but got: boolean (" + strconv.FormatBool(b) + ")"}
		}
		if strings.TrimSpace(s) == "" {
			return out, nil
		}
		fact.Value = m.sys.value(f.property, s)
		return append(out, fact), nil
	}
	get := func(names ...string) (string, error) {
		for _, n := range names {
			x, there := o[n]
			if !there || x == nil {
				continue
			}
			if inner, ok := x.(map[string]any); ok {
				x = outValue(inner)
			}
			s, ok := scalarText(x)
			if !ok {
				return "", &shapeError{expr: f.value.src + " ." + n, say: "expected text but got: " + gojq.TypeOf(x)}
			}
			return s, nil
		}
		return "", nil
	}
	var words [6]string
	for i, names := range [][]string{{"value", "code"}, {"source"}, {"label", "text"}, {"from"}, {"to"}, {"problem"}} {
		w, err := get(names...)
		if err != nil {
			return out, err
		}
		words[i] = w
	}
	value, source, label, problem := words[0], words[1], words[2], words[5]
	if o["value"] != nil && source == "" {
		if inner, ok := o["value"].(map[string]any); ok {
			source, _ = scalarText(inner["source"])
		}
	}
	if o["code"] != nil && source == "" {
		if inner, ok := o["code"].(map[string]any); ok {
			source, _ = scalarText(inner["source"])
		}
	}
	if value == "" && source == "" && label == "" {
		for k := range o {
			switch k {
			case "value", "code", "source", "label", "text", "from", "to", "group", "problem":
				if m.danger[f.property] {
					return out, &shapeError{expr: f.value.src, say: "what carries danger is missing"}
				}
				return out, nil
			}
		}
		return out, &shapeError{expr: f.value.src, say: "expected text but got: object"}
	}
	switch {
	case value == "" && source == "":
		fact.Value = m.sys.value(f.property, label)
	case value == "":
		fact.Value = m.sys.value(f.property, source)
	default:
		fact.Value = m.sys.value(f.property, value)
	}
	if fact.Value.Norm == "" && label != "" && (value != "" || source != "") {
		if byLabel := m.sys.value(f.property, label); byLabel.Norm != "" {
			fact.Value = byLabel
		}
	}
	switch {
	case source != "":
		fact.Value.Source = source
	case value != "":
		fact.Value.Source = value
	}
	if label != "" && fact.Value.Norm == "" {
		fact.Value.Label = label
	} else if label != "" && !strings.EqualFold(label, fact.Value.Source) && m.danger[f.property] {
		fact.Value.Source += " (" + label + ")"
	}
	if problem != "" {
		fact.Value.Norm, fact.Value.Problem = "", problem
	}
	if words[3] != "" {
		fact.From = dayOf(words[3])
	}
	if words[4] != "" {
		fact.To = dayOf(words[4])
	}
	if g, ok := scalarText(o["group"]); ok && o["group"] != nil {
		fact.Group = g
	}
	return append(out, fact), nil
}

// value normalises what a source says by the property's type.
func (s *system) value(p pole.Property, source string) pole.Value {
	return s.env.Dictionary.Normalise(p, source)
}
