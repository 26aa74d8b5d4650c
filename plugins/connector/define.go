package connector

import (
	"errors"
	"regexp"
	"strings"

	"github.com/itchyny/gojq"
)

// definition is an expression with a name, which every other expression of the file may call like a function.
type definition struct {
	name  string
	query *gojq.Query
	uses  []string // names of the definitions it calls
	at    *node
}

var defName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// define reads the file's definitions in any order and refuses those that call each other in a circle.
func (r *reader) define(h *helpers, n *node) {
	if n == nil || n.shape != mapping {
		return
	}
	for _, name := range n.keys {
		if x := n.kids[name]; !defName.MatchString(name) || allowed[name] || refused[name] != "" || ownFunctions[name] {
			r.f.fail(x, "Use lower case letters, digits and underscores, and a word that is no function yet.", "%q cannot be the name of a definition.", name)
			return
		}
		h.defs[name] = &definition{name: name, at: n.kids[name]}
	}
	for _, name := range n.keys {
		d := h.defs[name]
		q, err := gojq.Parse(d.at.text())
		if err == nil {
			err = h.check(q)
		}
		if err != nil {
			h.refuse(r.f, d.at, err)
			delete(h.defs, name)
			continue
		}
		d.query = q
		v := &visitor{term: func(t *gojq.Term) error {
			if t.Type == gojq.TermTypeFunc && h.defs[t.Func.Name] != nil {
				d.uses = append(d.uses, t.Func.Name)
			}
			return nil
		}}
		_ = v.walk(q) // it returns no error of its own
	}
	// Depth first, so that each stands after what it calls.
	state := map[string]int{}
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		d := h.defs[name]
		if d == nil || state[name] == 2 {
			return
		}
		if state[name] == 1 {
			r.f.fail(d.at, "Let one of them do without the other.", "The definitions call each other in a circle: %s.", strings.Join(append(path, name), " → "))
			return
		}
		state[name] = 1
		for _, u := range d.uses {
			visit(u, append(path, name))
		}
		state[name] = 2
		h.order = append(h.order, name)
	}
	for _, name := range n.keys {
		visit(name, nil)
	}
	for _, name := range h.order {
		if _, err := h.parse(h.defs[name].at.text()); err != nil {
			h.refuse(r.f, h.defs[name].at, err)
		}
	}
}

// refuse files why an expression cannot be used.
func (h *helpers) refuse(f *findings, n *node, err error) {
	var r *refusal
	if errors.As(err, &r) {
		f.fail(n, r.cure, "%s", r.say)
		return
	}
	f.fail(n, "Constant words stand between double quotes inside single ones: '\"json\"'. "+quoteCure, "%q is not an expression: %s.", n.text(), exprErrorText(err))
}

// withDefinitions puts before a query the definitions that it calls, directly or through others.
func (h *helpers) withDefinitions(q *gojq.Query) {
	if len(h.order) == 0 {
		return
	}
	need := map[string]bool{}
	var mark func(*gojq.Query)
	mark = func(q *gojq.Query) {
		v := &visitor{term: func(t *gojq.Term) error {
			if t.Type == gojq.TermTypeFunc && h.defs[t.Func.Name] != nil && !need[t.Func.Name] {
				need[t.Func.Name] = true
				mark(h.defs[t.Func.Name].query)
			}
			return nil
		}}
		_ = v.walk(q) // it returns no error of its own
	}
	mark(q)
	for _, name := range h.order {
		if need[name] {
			q.FuncDefs = append(q.FuncDefs, &gojq.FuncDef{Name: name, Body: h.defs[name].query})
		}
	}
}
