package demoforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// gqlField is a field of an object type. typ is its named type ("String", "Subject"); list means a list of it.
type gqlField struct {
	typ     string
	list    bool
	args    map[string]string // name to type, with ! where required
	resolve func(parent any, args map[string]any) (any, error)
}

// gqlSchema is object types by name and input types by name; what is in neither is a leaf.
type gqlSchema struct {
	types  map[string]map[string]gqlField
	inputs map[string]map[string]string

	scalars map[string]bool // input types that are checked by whom they are for
}

// gqlError is one error of an answer.
type gqlError struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions"`
}

func (e *gqlError) Error() string { return e.Message }

func gqlFail(code, format string, a ...any) *gqlError {
	return &gqlError{Message: fmt.Sprintf(format, a...), Extensions: map[string]any{"code": code}}
}

const gqlInvalid = "GRAPHQL_VALIDATION_FAILED"

type gqlRun struct {
	*gqlSchema
	doc    gqlDoc
	vars   map[string]any
	errs   []*gqlError
	budget int // objects that one answer may hold
}

// run carries out one request and gives data (nil when nothing could start) and errors.
func (s *gqlSchema) run(query, opName string, vars map[string]any) (any, []*gqlError) {
	doc, err := parseGraphQL(query)
	if err != nil {
		return nil, []*gqlError{gqlFail(gqlInvalid, "%s", err)}
	}
	i := slices.IndexFunc(doc.ops, func(o gqlOp) bool { return opName == "" || o.name == opName })
	if i < 0 || opName == "" && len(doc.ops) > 1 {
		return nil, []*gqlError{gqlFail(gqlInvalid, "operationName must name one operation of the document")}
	}
	op := doc.ops[i]
	root := map[string]string{"query": "Query", "mutation": "Mutation"}[op.kind]
	if s.types[root] == nil {
		return nil, []*gqlError{gqlFail(gqlInvalid, "Schema is not configured for %ss", op.kind)}
	}
	r := &gqlRun{gqlSchema: s, doc: doc, vars: map[string]any{}, budget: 20000}
	declared := map[string]string{}
	for _, v := range op.vars {
		declared[v.name] = v.typ
		x, given := vars[v.name]
		if !given && v.hasDef {
			x, given = v.def, true
		}
		if !given && strings.HasSuffix(v.typ, "!") {
			return nil, []*gqlError{gqlFail("BAD_USER_INPUT", "Variable \"$%s\" of required type %q was not provided.", v.name, v.typ)}
		}
		if given {
			y, err := r.coerce(v.typ, x)
			if err != nil {
				return nil, []*gqlError{gqlFail("BAD_USER_INPUT", "Variable \"$%s\" got an invalid value: %s", v.name, err)}
			}
			r.vars[v.name] = y
		}
	}
	r.validate(op.sel, root, declared, nil)
	if len(r.errs) > 0 {
		return nil, r.errs
	}
	return r.object(root, nil, op.sel, nil), r.errs
}

// validate checks a selection against the schema before anything runs.
func (r *gqlRun) validate(sel []gqlSel, typ string, declared map[string]string, inside []string) {
	bad := func(format string, a ...any) {
		if len(r.errs) < 5 {
			r.errs = append(r.errs, gqlFail(gqlInvalid, format, a...))
		}
	}
	for _, f := range sel {
		switch {
		case f.spread != "":
			frag, ok := r.doc.frags[f.spread]
			if !ok || slices.Contains(inside, f.spread) || len(inside) > 8 {
				bad("Fragment %q is unknown or contains itself.", f.spread)
				continue
			}
			if frag.on != typ {
				bad("Fragment %q cannot be spread on %q.", f.spread, typ)
				continue
			}
			r.validate(frag.sel, typ, declared, append(inside, f.spread))
		case f.on != "":
			if f.on != typ {
				bad("A fragment on %q cannot be spread on %q.", f.on, typ)
				continue
			}
			r.validate(f.sel, typ, declared, inside)
		case f.name == "__typename":
		default:
			def, ok := r.types[typ][f.name]
			if !ok {
				bad("Cannot query field %q on type %q.", f.name, typ)
				continue
			}
			for n, v := range f.args {
				if def.args[n] == "" {
					bad("Unknown argument %q on field \"%s.%s\".", n, typ, f.name)
				}
				r.checkVars(v, declared, bad)
			}
			for n, t := range def.args {
				if _, given := f.args[n]; !given && strings.HasSuffix(t, "!") {
					bad("Field %q argument %q of type %q is required, but it was not provided.", f.name, n, t)
				}
			}
			_, object := r.types[def.typ]
			switch {
			case object && len(f.sel) == 0:
				bad("Field %q of type %q must have a selection of subfields.", f.name, def.typ)
			case !object && len(f.sel) > 0:
				bad("Field %q must not have a selection since type %q has no subfields.", f.name, def.typ)
			case object:
				r.validate(f.sel, def.typ, declared, inside)
			}
		}
	}
}

func (r *gqlRun) checkVars(v any, declared map[string]string, bad func(string, ...any)) {
	switch v := v.(type) {
	case gqlVarRef:
		if declared[string(v)] == "" {
			bad("Variable \"$%s\" is not defined.", v)
		}
	case []any:
		for _, x := range v {
			r.checkVars(x, declared, bad)
		}
	case map[string]any:
		for _, x := range v {
			r.checkVars(x, declared, bad)
		}
	}
}

// fill puts variables in their places; an absent variable leaves its member out.
func (r *gqlRun) fill(v any) (any, bool) {
	switch v := v.(type) {
	case gqlVarRef:
		x, ok := r.vars[string(v)]
		return x, ok
	case []any:
		out := []any{}
		for _, x := range v {
			if y, ok := r.fill(x); ok {
				out = append(out, y)
			}
		}
		return out, true
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if y, ok := r.fill(x); ok {
				out[k] = y
			}
		}
		return out, true
	}
	return v, true
}

// coerce checks an input value against its type.
func (r *gqlRun) coerce(typ string, v any) (any, error) {
	t, required := strings.CutSuffix(typ, "!")
	if v == nil {
		if required {
			return nil, fmt.Errorf("expected non-nullable type %q not to be null", typ)
		}
		return nil, nil
	}
	wrong := fmt.Errorf("%s cannot represent this value", t)
	switch t {
	case "Int":
		switch n := v.(type) {
		case int:
			return n, nil
		case json.Number:
			if i, err := n.Int64(); err == nil && i < 1<<31 && i > -(1<<31) {
				return int(i), nil
			}
		}
		return nil, wrong
	case "ID":
		if n, ok := v.(int); ok {
			return fmt.Sprint(n), nil
		}
		fallthrough
	case "String":
		if s, ok := v.(string); ok {
			return s, nil
		}
		return nil, wrong
	}
	if r.scalars[t] {
		if _, ok := v.(map[string]any); !ok {
			return nil, wrong
		}
		return v, nil
	}
	fields, ok := r.inputs[t]
	m, object := v.(map[string]any)
	if !ok || !object {
		return nil, wrong
	}
	out := map[string]any{}
	for k, x := range m {
		if fields[k] == "" {
			return nil, fmt.Errorf("field %q is not defined by type %q", k, t)
		}
		y, err := r.coerce(fields[k], x)
		if err != nil {
			return nil, fmt.Errorf("at %q: %w", k, err)
		}
		out[k] = y
	}
	return out, nil
}

func (r *gqlRun) object(typ string, parent any, sel []gqlSel, path []any) any {
	if r.budget--; r.budget < 0 {
		if r.budget == -1 {
			r.errs = append(r.errs, gqlFail("BAD_USER_INPUT", "The answer would be too large: ask for fewer or less deep"))
		}
		return nil
	}
	out := map[string]any{}
	r.into(out, typ, parent, sel, path)
	return out
}

func (r *gqlRun) into(out map[string]any, typ string, parent any, sel []gqlSel, path []any) {
	for _, f := range sel {
		switch {
		case f.spread != "":
			r.into(out, typ, parent, r.doc.frags[f.spread].sel, path)
		case f.on != "":
			r.into(out, typ, parent, f.sel, path)
		case f.name == "__typename":
			out[f.alias] = typ
		default:
			out[f.alias] = r.field(r.types[typ][f.name], f, parent, append(slices.Clip(path), f.alias))
		}
	}
}

func (r *gqlRun) field(def gqlField, f gqlSel, parent any, path []any) any {
	fail := func(err error) any {
		var e *gqlError
		if !errors.As(err, &e) {
			e = gqlFail("BAD_USER_INPUT", "%s", err)
		}
		c := *e
		c.Path = path
		r.errs = append(r.errs, &c)
		return nil
	}
	args := map[string]any{}
	for n, t := range def.args {
		raw, given := f.args[n]
		if !given {
			continue
		}
		v, ok := r.fill(raw)
		if !ok {
			continue
		}
		v, err := r.coerce(t, v)
		if err != nil {
			return fail(fmt.Errorf("argument %q: %w", n, err))
		}
		args[n] = v
	}
	v, err := def.resolve(parent, args)
	if err != nil {
		return fail(err)
	}
	if v == nil {
		return nil
	}
	if _, object := r.types[def.typ]; !object {
		return v
	}
	if !def.list {
		return r.object(def.typ, v, f.sel, path)
	}
	items := v.([]any)
	out := make([]any, 0, len(items))
	for i, x := range items {
		out = append(out, r.object(def.typ, x, f.sel, append(slices.Clip(path), i)))
	}
	return out
}
