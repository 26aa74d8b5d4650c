package draft

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"muster/plugins/pole"
)

// gqlType is a type of a GraphQL schema.
type gqlType struct {
	kind   string // OBJECT, ENUM, INPUT_OBJECT, SCALAR, INTERFACE, UNION
	fields []gqlField
	values []string
}

type gqlField struct {
	name string
	of   gqlRef
	args []gqlField
}

// gqlRef is a reference to a type, as it is written: [Person!]! is a list of Person.
type gqlRef struct {
	name string
	list bool
	must bool
}

func (r gqlRef) String() string {
	s := r.name
	if r.list {
		s = "[" + s + "]"
	}
	if r.must {
		s += "!"
	}
	return s
}

type gqlSchema struct {
	types           map[string]gqlType
	query, mutation string
}

// GraphQL drafts a connector from a schema in SDL, or from the answer to an introspection query.
func GraphQL(src []byte, dict *pole.Dictionary, o Options) (string, error) {
	s, err := parseGraphQL(src)
	if err != nil {
		return "", err
	}
	a := &api{title: either(o.Name, "GraphQL system"), check: "{post: '', graphql: {query: '{ __typename }'}, expect: '.data.__typename != null'}"}
	m := newMatcher(dict)
	byName := map[string]*entity{}
	get := func(name string) *entity {
		if byName[name] == nil {
			byName[name] = &entity{name: name, fields: s.fieldsOf(name, "", "", 0)}
			a.entities = append(a.entities, byName[name])
		}
		return byName[name]
	}
	for _, f := range s.types[s.query].fields {
		if strings.HasPrefix(f.name, "_") {
			continue
		}
		node, path, paged := s.node(f.of)
		if node == "" {
			continue
		}
		e := get(node)
		kind, _ := m.kindOf(e)
		if !f.of.list && path == "" {
			s.single(e, f)
			continue
		}
		if sr, ok := s.search(m, kind, f, node, path, paged); ok {
			e.searches = append(e.searches, sr)
		} else {
			a.skipped = append(a.skipped, "query "+f.name+": none of its arguments is like a property of "+string(kind))
		}
	}
	for _, f := range s.types[s.mutation].fields {
		if !strings.HasPrefix(strings.ToLower(f.name), "create") && !strings.HasPrefix(strings.ToLower(f.name), "add") && !strings.HasPrefix(strings.ToLower(f.name), "insert") {
			continue
		}
		a.skipped = append(a.skipped, "mutation "+f.name+": for submit: {post: '', graphql: {query: 'mutation…', variables: '{…}'}}")
	}
	return a.write(m, o)
}

// node finds the records behind a field's type: the type itself, or what a connection holds.
func (s *gqlSchema) node(r gqlRef) (name, path string, paged bool) {
	t := s.types[r.name]
	if t.kind != "OBJECT" {
		return "", "", false
	}
	has := func(n string) (gqlRef, bool) {
		for _, f := range t.fields {
			if f.name == n {
				return f.of, true
			}
		}
		return gqlRef{}, false
	}
	_, info := has("pageInfo")
	if of, ok := has("edges"); ok {
		for _, f := range s.types[of.name].fields {
			if f.name == "node" {
				return f.of.name, ".edges[].node", info
			}
		}
	}
	for _, n := range []string{"nodes", "items", "results", "records", "data"} {
		if of, ok := has(n); ok && of.list {
			return of.name, "." + n + "[]", info
		}
	}
	return r.name, "", false
}

// leaves are the members of a type that carry a value, with what they lie in.
func (s *gqlSchema) leaves(name string, depth int, seen []string) string {
	var parts []string
	for _, f := range s.types[name].fields {
		if len(f.args) > 0 && slices.ContainsFunc(f.args, func(a gqlField) bool { return a.of.must }) {
			continue
		}
		switch s.types[f.of.name].kind {
		case "OBJECT":
			if depth < 1 && !slices.Contains(seen, f.of.name) && !strings.HasSuffix(f.of.name, "Connection") {
				if in := s.leaves(f.of.name, depth+1, append(seen, name)); in != "" {
					parts = append(parts, f.name+" { "+in+" }")
				}
			}
		case "INTERFACE", "UNION", "INPUT_OBJECT":
		default:
			parts = append(parts, f.name)
		}
	}
	return strings.Join(parts, " ")
}

func (s *gqlSchema) fieldsOf(name, path, above string, depth int) []field {
	var out []field
	for _, f := range s.types[name].fields {
		if len(f.args) > 0 && slices.ContainsFunc(f.args, func(a gqlField) bool { return a.of.must }) {
			continue
		}
		x := field{path: member(path, f.name), words: strings.TrimSpace(above + " " + f.name), last: f.name, list: f.of.list, must: f.of.must}
		t := s.types[f.of.name]
		switch {
		case t.kind == "OBJECT":
			if !f.of.list && depth < 1 {
				out = append(out, s.fieldsOf(f.of.name, x.path, x.words, depth+1)...)
			}
			continue
		case t.kind == "ENUM":
			x.enum = t.values
		case f.of.name == "Boolean":
			x.format = "boolean"
		case strings.Contains(f.of.name, "DateTime"), strings.Contains(f.of.name, "Timestamp"), strings.EqualFold(f.of.name, "Datetime"):
			x.format = "date-time"
		case f.of.name == "Date":
			x.format = "date"
		}
		out = append(out, x)
	}
	return out
}

func (s *gqlSchema) single(e *entity, f gqlField) {
	for _, arg := range f.args {
		if arg.of.name == "ID" || joined(arg.name) == "id" || strings.HasSuffix(joined(arg.name), "id") {
			if x, ok := findField(e.fields, arg.name); ok {
				e.id = x.path
			}
			e.fetch = "{post: '', graphql: {query: " + quoted(fmt.Sprintf("query($id: %s) { %s(%s: $id) { %s } }", arg.of, f.name, arg.name, s.leaves(e.name, 0, nil))) +
				", variables: '{id: .id}'}, records: " + quoted(member(".data", f.name)) + ", none: " + quoted("."+"body.data."+f.name+" == null") + "}"
			return
		}
	}
}

func (s *gqlSchema) search(m *matcher, kind pole.Kind, f gqlField, node, path string, paged bool) (search, bool) {
	var sr search
	var vars, pass, values []string
	after := ""
	use := func(name string, of gqlRef, value string) {
		vars = append(vars, "$"+name+": "+strings.TrimSuffix(of.String(), "!"))
		pass = append(pass, name+": $"+name)
		values = append(values, name+": "+value)
	}
	for _, arg := range f.args {
		n := joined(arg.name)
		switch t := s.types[arg.of.name]; {
		case n == "after" && paged:
			after = arg.name
			use(arg.name, arg.of, ".page.after")
		case n == "first" && paged:
			use(arg.name, arg.of, "50")
		case n == "query" || n == "search" || n == "text" || n == "q" || n == "term":
			if arg.of.name == "String" {
				sr.text = arg.name
				use(arg.name, arg.of, ".text")
			}
		case t.kind == "INPUT_OBJECT":
			var in []string
			for _, x := range t.fields {
				if p := m.property(kind, field{words: x.name, last: x.name}); p != "" && s.types[x.of.name].kind != "INPUT_OBJECT" && !slices.ContainsFunc(sr.by, func(y param) bool { return y.property == p }) {
					sr.by = append(sr.by, param{name: x.name, property: p})
					in = append(in, x.name+": ("+strings.Trim(sent(m, p), "'")+")")
				}
			}
			if len(in) > 0 {
				use(arg.name, arg.of, "({"+strings.Join(in, ", ")+"} | with_entries(select(.value != null)))")
			}
		default:
			if p := m.property(kind, field{words: arg.name, last: arg.name}); p != "" && !slices.ContainsFunc(sr.by, func(y param) bool { return y.property == p }) {
				sr.by = append(sr.by, param{name: arg.name, property: p})
				use(arg.name, arg.of, "("+strings.Trim(sent(m, p), "'")+")")
			}
		}
	}
	if len(sr.by) == 0 && sr.text == "" {
		return sr, false
	}
	inner := s.leaves(node, 0, nil)
	for _, seg := range slices.Backward(strings.Split(strings.ReplaceAll(strings.TrimPrefix(path, "."), "[]", ""), ".")) {
		if seg != "" {
			inner = seg + " { " + inner + " }"
		}
	}
	if paged {
		inner = "pageInfo { hasNextPage endCursor } " + inner
	}
	head := "query"
	if len(vars) > 0 {
		head += "(" + strings.Join(vars, ", ") + ")"
	}
	call := f.name
	if len(pass) > 0 {
		call += "(" + strings.Join(pass, ", ") + ")"
	}
	root := member(".data", f.name)
	records := root + path
	if path == "" {
		records += "[]"
	}
	sr.lines = []string{"post: ''", "graphql:", "  query: " + quoted(head+" { "+call+" { "+inner+" } }"), "  variables: " + quoted("{"+strings.Join(values, ", ")+"}"), "records: " + quoted(records)}
	if paged && after != "" {
		sr.lines = append(sr.lines, "next: "+quoted(root+".pageInfo | if .hasNextPage then {after: .endCursor} else null end"))
	}
	return sr, true
}

func parseGraphQL(src []byte) (*gqlSchema, error) {
	if s, ok := introspected(src); ok {
		return s, nil
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "schema", Input: string(src)})
	if err != nil {
		return nil, errors.New("this is neither a GraphQL schema nor the answer to an introspection query")
	}
	s := &gqlSchema{types: map[string]gqlType{}, query: "Query", mutation: "Mutation"}
	for _, d := range append(doc.Schema, doc.SchemaExtension...) {
		for _, op := range d.OperationTypes {
			switch op.Operation {
			case ast.Query:
				s.query = op.Type
			case ast.Mutation:
				s.mutation = op.Type
			}
		}
	}
	ref := func(t *ast.Type) gqlRef {
		if t.Elem != nil {
			return gqlRef{name: t.Name(), list: true, must: t.NonNull}
		}
		return gqlRef{name: t.NamedType, must: t.NonNull}
	}
	for _, d := range append(doc.Definitions, doc.Extensions...) {
		t := s.types[d.Name]
		t.kind = string(d.Kind)
		for _, f := range d.Fields {
			x := gqlField{name: f.Name, of: ref(f.Type)}
			for _, a := range f.Arguments {
				x.args = append(x.args, gqlField{name: a.Name, of: ref(a.Type)})
			}
			t.fields = append(t.fields, x)
		}
		for _, v := range d.EnumValues {
			t.values = append(t.values, v.Name)
		}
		s.types[d.Name] = t
	}
	if len(s.types[s.query].fields) == 0 {
		return nil, errors.New("this GraphQL schema has no queries")
	}
	return s, nil
}

type wireRef struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	OfType *wireRef `json:"ofType"`
}

func (r *wireRef) ref() gqlRef {
	var out gqlRef
	for depth := 0; r != nil && depth < 10; depth++ {
		switch r.Kind {
		case "NON_NULL":
			out.must = out.must || !out.list
		case "LIST":
			out.list = true
		default:
			out.name = r.Name
		}
		r = r.OfType
	}
	return out
}

func introspected(src []byte) (*gqlSchema, bool) {
	type field struct {
		Name string
		Type *wireRef
		Args []struct {
			Name string
			Type *wireRef
		}
	}
	type schema struct {
		QueryType, MutationType *struct{ Name string }
		Types                   []struct {
			Kind, Name          string
			Fields, InputFields []field
			EnumValues          []struct{ Name string }
		}
	}
	var doc struct {
		Data *struct {
			Schema *schema `json:"__schema"`
		}
		Schema *schema `json:"__schema"`
	}
	if json.Unmarshal(src, &doc) != nil {
		return nil, false
	}
	sc := doc.Schema
	if sc == nil && doc.Data != nil {
		sc = doc.Data.Schema
	}
	if sc == nil || sc.QueryType == nil {
		return nil, false
	}
	s := &gqlSchema{types: map[string]gqlType{}, query: sc.QueryType.Name}
	if sc.MutationType != nil {
		s.mutation = sc.MutationType.Name
	}
	for _, t := range sc.Types {
		if strings.HasPrefix(t.Name, "__") {
			continue
		}
		x := gqlType{kind: t.Kind}
		for _, f := range append(t.Fields, t.InputFields...) {
			g := gqlField{name: f.Name, of: f.Type.ref()}
			for _, a := range f.Args {
				g.args = append(g.args, gqlField{name: a.Name, of: a.Type.ref()})
			}
			x.fields = append(x.fields, g)
		}
		for _, v := range t.EnumValues {
			x.values = append(x.values, v.Name)
		}
		s.types[t.Name] = x
	}
	return s, true
}
