package connector

import (
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"muster/plugins/pole"
)

// Description is what a connector maps, for people who look after it: every kind with where each property comes from.
// It is read from the file alone; nothing is asked and nothing of it is secret.
type Description struct {
	Kinds []KindDescription
}

// KindDescription is one kind of the dictionary as the file reads and writes it. Line is in the file, from 1.
type KindDescription struct {
	Kind   pole.Kind
	Type   string // of its records in references
	Line   int
	Ways   []Way    // how it is searched, fetched, submitted, confirmed and watched, in the file's order
	Fields []Mapped // in the file's order, those of groups after the others
	Links  []LinkMapped
	Takes  []Taken // what a submission of this kind may hold
	Unused []pole.Property
}

// Way is one operation: what it does, what it asks for, and the request.
type Way struct {
	Does    string            // search, text, fetch, submit, confirm, amend, watch; step for a request before or after one of these
	By      [][]pole.Property // for search: any of these sets will do
	Request string            // GET /persons, or what stands for it in another protocol
	Line    int
}

// Mapped is one property and the expression that reads it.
type Mapped struct {
	Property   pole.Property
	Group      string // facts that belong together, such as the lines of one address
	Source     string // as the file writes it; several expressions are joined by a line break
	Line       int
	Required   bool     // a record without it is refused
	Danger     bool     // carries danger: must never be lost in silence
	AbsentNone bool     // the source leaves it out where there is none
	Dated      bool     // says from or until when
	Lists      []string // code lists of the file that it is translated by
	Searched   bool     // some way to search goes by it
}

// LinkMapped is one reference to other records.
type LinkMapped struct {
	Role   string // of the dictionary, or the expression that gives it
	Kind   string
	Source string
	In     bool // the far record has the role to this one
	Line   int
}

// Taken is one field of a submission.
type Taken struct {
	Path     string // property, or part.property
	Label    string // what the system calls it
	Required bool
	Max      int // characters; 0 is no limit
	Codes    []string
	As       []string // its names in the system's errors
	Line     int
}

// Describe says what the connector maps. With a dictionary it marks what carries danger and names the properties of
// each kind that are not mapped; dict may be nil.
func (c *Connector) Describe(dict *pole.Dictionary) Description {
	var out Description
	for _, k := range c.spec.kinds {
		out.Kinds = append(out.Kinds, describeKind(k, dict))
	}
	return out
}

func describeKind(k *kindSpec, dict *pole.Dictionary) KindDescription {
	d := KindDescription{Kind: k.kind, Type: k.typ, Line: lineOf(k.at)}
	searched := map[pole.Property]bool{}
	for _, s := range k.searches {
		w := Way{Does: "search", Request: request(s.op), Line: opLine(s.op)}
		for _, by := range s.by {
			set := slices.Concat(by.Require, by.Optional)
			for _, p := range set {
				searched[p] = true
			}
			w.By = append(w.By, set)
		}
		if s.text {
			w.Does = "text"
		}
		d.Ways = append(d.Ways, steps(s.op, s.with, w)...)
	}
	if k.fetch != nil {
		d.Ways = append(d.Ways, steps(k.fetch.op, k.fetch.with, Way{Does: "fetch", Request: request(k.fetch.op), Line: opLine(k.fetch.op)})...)
	}
	if s := k.submit; s != nil {
		d.Ways = append(d.Ways, steps(s.op, s.after, Way{Does: "submit", Request: request(s.op), Line: opLine(s.op)})...)
		if s.confirm != nil {
			d.Ways = append(d.Ways, Way{Does: "confirm", Request: request(s.confirm.op), Line: opLine(s.confirm.op)})
		}
		if s.amend != nil {
			d.Ways = append(d.Ways, Way{Does: "amend", Request: request(s.amend.op), Line: opLine(s.amend.op)})
		}
		for _, a := range s.accepts {
			d.Takes = append(d.Takes, Taken{Path: a.spec.Path, Label: a.spec.Label, Required: a.spec.Required, Max: a.spec.MaxLength, Codes: a.spec.Codes, As: a.as, Line: lineOf(a.at)})
		}
	}
	if k.watch != nil {
		d.Ways = append(d.Ways, Way{Does: "watch", Request: request(k.watch.op), Line: opLine(k.watch.op)})
	}
	add := func(fs []field, group string) {
		for _, f := range fs {
			d.Fields = append(d.Fields, describeField(k, f, group, searched[f.property], dict))
		}
	}
	add(k.fields, "")
	for _, g := range k.groups {
		add(g.fields, g.name)
	}
	d.Fields = joined(d.Fields)
	for _, l := range k.links {
		m := LinkMapped{Role: l.role, Kind: string(l.kind), In: l.in, Line: lineOf(l.at), Source: source(l.id)}
		if l.roleExpr != nil {
			m.Role = l.roleExpr.src
		}
		if l.kindExpr != nil {
			m.Kind = l.kindExpr.src
		}
		if l.each != nil {
			m.Source = l.each.src + " | " + m.Source
		}
		d.Links = append(d.Links, m)
	}
	if dict != nil {
		for _, p := range dict.Properties(k.kind) {
			if !slices.ContainsFunc(d.Fields, func(m Mapped) bool { return m.Property == p.Name }) && !whole(dict, p.Name, d.Fields) {
				d.Unused = append(d.Unused, p.Name)
			}
		}
	}
	return d
}

func describeField(k *kindSpec, f field, group string, searched bool, dict *pole.Dictionary) Mapped {
	m := Mapped{Property: f.property, Group: group, Source: source(f.value), Line: lineOf(f.at), Required: k.require[string(f.property)],
		AbsentNone: f.absentNone, Dated: f.from != nil || f.to != nil, Searched: searched}
	m.Lists = listsOf(f.value)
	if dict != nil {
		def, _ := dict.Property(f.property)
		m.Danger = def.Danger
	}
	return m
}

// listsOf are the code lists that an expression translates by, itself or in a definition that it calls.
func listsOf(e *expr) []string {
	var out []string
	if e == nil {
		return out
	}
	v := &visitor{term: func(t *gojq.Term) error {
		if t.Type == gojq.TermTypeFunc && len(t.Func.Args) == 1 && (t.Func.Name == "code" || t.Func.Name == "uncode") {
			if a := t.Func.Args[0].Term; a != nil && a.Str != nil && a.Str.Queries == nil && !slices.Contains(out, a.Str.Str) {
				out = append(out, a.Str.Str)
			}
		}
		return nil
	}}
	_ = v.walk(e.query) // it returns no error of its own
	return out
}

// joined makes one line of a property that is read by several expressions.
func joined(all []Mapped) []Mapped {
	var out []Mapped
	for _, m := range all {
		i := slices.IndexFunc(out, func(x Mapped) bool { return x.Property == m.Property && x.Group == m.Group })
		if i < 0 {
			out = append(out, m)
			continue
		}
		out[i].Source += "\n" + m.Source
		for _, l := range m.Lists {
			if !slices.Contains(out[i].Lists, l) {
				out[i].Lists = append(out[i].Lists, l)
			}
		}
	}
	return out
}

// whole reports a property that stands for several which are mapped one by one: a name, an address.
func whole(dict *pole.Dictionary, p pole.Property, fields []Mapped) bool {
	g, ok := dict.GroupOf(p)
	return ok && g.Property == p && slices.ContainsFunc(fields, func(m Mapped) bool { return slices.Contains(g.Parts, m.Property) })
}

// steps puts the requests that an operation makes before and after its own round it.
func steps(op *operation, after []*step, w Way) []Way {
	var out []Way
	one := func(s *step) {
		out = append(out, Way{Does: "step", Request: strings.TrimSpace(s.name + " " + request(s.op)), Line: lineOf(s.at)})
	}
	if op != nil {
		for _, s := range op.before {
			one(s)
		}
	}
	out = append(out, w)
	for _, s := range after {
		one(s)
	}
	return out
}

// request writes an operation's request as a person would say it.
func request(op *operation) string {
	if op == nil {
		return ""
	}
	var b strings.Builder
	for _, p := range op.path {
		if p.expr != nil {
			b.WriteString(`\(` + p.expr.src + `)`)
			continue
		}
		b.WriteString(p.lit)
	}
	out := strings.TrimSpace(op.method + " " + b.String())
	if op.soap != nil {
		out += " " + op.soap.action
	}
	return out
}

func source(e *expr) string {
	if e == nil {
		return ""
	}
	return e.src
}

func lineOf(n *node) int {
	if n == nil {
		return 0
	}
	return n.line
}

func opLine(op *operation) int {
	if op == nil {
		return 0
	}
	return lineOf(op.at)
}
