package connector

import (
	"errors"
	"strconv"

	"github.com/itchyny/gojq"
)

// allowed are the jq functions that an expression may call. What can grow memory without bound, reads the
// environment or the clock, or hides errors is not among them.
var allowed = words(`length not keys keys_unsorted has in map map_values select empty error add any all flatten first last nth
join split splits test match capture scan sub gsub ascii_downcase ascii_upcase ltrimstr rtrimstr trim ltrim rtrim
startswith endswith contains inside index rindex indices tostring tonumber toboolean tojson fromjson type sort sort_by
group_by unique unique_by min max min_by max_by reverse floor ceil round abs sqrt to_entries from_entries with_entries
nulls strings numbers booleans arrays objects iterables scalars values isempty getpath utf8bytelength transpose`)

// ownFunctions are the connector's own.
var ownFunctions = words(`day instant date dateout stamp code uncode unname odata alnum rel jsonapi measure convert uuid lower upper`)

// refused names the constructs that deserve their own reason.
var refused = map[string]string{
	"range": "it can make endless lists", "repeat": "it never ends", "until": "it may never end", "while": "it may never end",
	"recurse": "it visits everything", "limit": "it hides endless lists", "input": "there is no further input", "inputs": "there is no further input",
	"env": "it reads the environment", "now": "answers must not depend on the clock", "debug": "it writes data to the log", "stderr": "it writes data to the log",
	"halt": "it stops the program", "halt_error": "it stops the program", "walk": "it visits everything", "paths": "it visits everything",
	"combinations": "it can make endless lists", "input_filename": "there is no file", "splits_by": "it does not exist",
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	w := ""
	for _, r := range s + " " {
		if r == ' ' || r == '\n' {
			if w != "" {
				m[w] = true
			}
			w = ""
			continue
		}
		w += string(r)
	}
	return m
}

// refusal is an expression that parses but may not be used.
type refusal struct{ say, cure string }

func (r *refusal) Error() string { return r.say }

// visitor walks an expression's syntax tree; visit returns an error to stop.
type visitor struct {
	query func(*gojq.Query) error
	term  func(*gojq.Term) error
	tail  func(*gojq.Suffix) error
}

func (v *visitor) walk(q *gojq.Query) error {
	if q == nil {
		return nil
	}
	if v.query != nil {
		if err := v.query(q); err != nil {
			return err
		}
	}
	for _, d := range q.FuncDefs {
		if err := v.walk(d.Body); err != nil {
			return err
		}
	}
	if q.Term != nil {
		if err := v.walkTerm(q.Term); err != nil {
			return err
		}
	}
	if err := v.walk(q.Left); err != nil {
		return err
	}
	return v.walk(q.Right)
}

func (v *visitor) all(qs ...*gojq.Query) error {
	for _, q := range qs {
		if err := v.walk(q); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) str(s *gojq.String) error {
	if s == nil {
		return nil
	}
	return v.all(s.Queries...)
}

func (v *visitor) index(i *gojq.Index) error {
	if i == nil {
		return nil
	}
	if err := v.str(i.Str); err != nil {
		return err
	}
	return v.all(i.Start, i.End)
}

func (v *visitor) walkTerm(t *gojq.Term) error {
	if t == nil {
		return nil
	}
	if v.term != nil {
		if err := v.term(t); err != nil {
			return err
		}
	}
	var err error
	switch {
	case t.Index != nil:
		err = v.index(t.Index)
	case t.Func != nil:
		err = v.all(t.Func.Args...)
	case t.Object != nil:
		for _, kv := range t.Object.KeyVals {
			if err = v.str(kv.KeyString); err == nil {
				err = v.all(kv.KeyQuery, kv.Val)
			}
			if err != nil {
				return err
			}
		}
	case t.Array != nil:
		err = v.walk(t.Array.Query)
	case t.Unary != nil:
		err = v.walkTerm(t.Unary.Term)
	case t.Str != nil:
		err = v.str(t.Str)
	case t.If != nil:
		err = v.all(t.If.Cond, t.If.Then, t.If.Else)
		for _, e := range t.If.Elif {
			if err == nil {
				err = v.all(e.Cond, e.Then)
			}
		}
	case t.Try != nil:
		err = v.all(t.Try.Body, t.Try.Catch)
	case t.Query != nil:
		err = v.walk(t.Query)
	}
	if err != nil {
		return err
	}
	for _, s := range t.SuffixList {
		if v.tail != nil {
			if err := v.tail(s); err != nil {
				return err
			}
		}
		if err := v.index(s.Index); err != nil {
			return err
		}
	}
	return nil
}

// checkQuery refuses what is unbounded or reaches outside.
func checkQuery(q *gojq.Query, defs map[string]*definition) error {
	v := &visitor{query: func(q *gojq.Query) error {
		switch {
		case len(q.FuncDefs) > 0:
			return &refusal{"'def' is not allowed in an expression.", "Write the steps out, joined by |."}
		case len(q.Imports) > 0 || q.Meta != nil:
			return &refusal{"Modules are not allowed in an expression.", "Write the steps out, joined by |."}
		}
		switch q.Op {
		case gojq.OpAssign, gojq.OpModify, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
			return &refusal{"Assignments (" + q.Op.String() + ") are not allowed in an expression.", "Build a new object: '{a: .b}'."}
		case gojq.OpMul:
			if !isNumeric(q.Left) || !isNumeric(q.Right) {
				return &refusal{"'*' may repeat a text without bound.", "Say that both sides are numbers: '(.miles | tonumber) * 1.609'."}
			}
		}
		return nil
	}, term: func(t *gojq.Term) error {
		switch t.Type {
		case gojq.TermTypeRecurse:
			return &refusal{"'..' is not allowed: it visits everything and finds values in the wrong place.", "Write the path out: .a.b.c"}
		case gojq.TermTypeReduce, gojq.TermTypeForeach, gojq.TermTypeLabel, gojq.TermTypeBreak:
			return &refusal{"reduce, foreach, label and break are not allowed in an expression.", "Use map, add, join, any or all."}
		case gojq.TermTypeFunc:
			name := t.Func.Name
			if name[0] == '$' {
				if name == "$ENV" || name == "$__prog_args" || name == "$__loc__" {
					return &refusal{name + " is not allowed in an expression.", "Declare an option and use $options.NAME."}
				}
				return nil
			}
			if why, bad := refused[name]; bad {
				return &refusal{"'" + name + "' is not allowed: " + why + ".", "Use another function; README.md, Expressions, lists them."}
			}
			if defs[name] != nil {
				if len(t.Func.Args) > 0 {
					return &refusal{"The definition '" + name + "' takes nothing in brackets.", "Give it its input by a pipe: '.person | " + name + "'."}
				}
				return nil
			}
			if !allowed[name] && !ownFunctions[name] {
				return &refusal{"'" + name + "' is not a function of connector expressions.",
					"For a constant word write '\"" + name + "\"'; for a field write ." + name + "; README.md, Expressions, lists the functions."}
			}
			if name == "date" {
				// jq has a date of its own, and it would win over ours.
				t.Func.Name = "dateout"
			}
			if name == "flatten" && len(t.Func.Args) > 0 {
				return &refusal{"flatten takes no depth here.", "Write flatten."}
			}
		case gojq.TermTypeIndex:
			return checkIndex(t.Index)
		}
		return nil
	}, tail: func(s *gojq.Suffix) error { return checkIndex(s.Index) }}
	return v.walk(q)
}

func checkIndex(i *gojq.Index) error {
	if i != nil && i.Start != nil && i.Start.Term != nil && i.Start.Term.Type == gojq.TermTypeNumber {
		if n, err := strconv.ParseFloat(i.Start.Term.Number, 64); err != nil || n > 1e6 {
			return &refusal{"The index is too large.", "Use a path, or first or last."}
		}
	}
	return nil
}

// isNumeric reports whether a query certainly gives a number or an error.
func isNumeric(q *gojq.Query) bool {
	if q == nil {
		return false
	}
	if q.Term != nil {
		t := q.Term
		if len(t.SuffixList) > 0 {
			return false
		}
		switch t.Type {
		case gojq.TermTypeNumber:
			return true
		case gojq.TermTypeUnary:
			return isNumeric(&gojq.Query{Term: t.Unary.Term})
		case gojq.TermTypeQuery:
			return isNumeric(t.Query)
		case gojq.TermTypeFunc:
			switch t.Func.Name {
			case "tonumber", "length", "floor", "ceil", "round", "sqrt":
				return true
			}
		}
		return false
	}
	switch q.Op {
	case gojq.OpPipe:
		return isNumeric(q.Right)
	case gojq.OpAdd, gojq.OpSub, gojq.OpMul, gojq.OpDiv, gojq.OpMod:
		return isNumeric(q.Left) && isNumeric(q.Right)
	}
	return false
}

// hides reports how an expression could turn 'missing' into 'none', which a property that carries danger must never do.
func hides(e *expr) *refusal {
	const cure = "Use a strict path: '[.flags[] | {code, text}]'. Where the system leaves the list out when there is none, say so: {value: ..., when_absent: none}."
	v := &visitor{query: func(q *gojq.Query) error {
		if q.Op == gojq.OpAlt {
			return &refusal{"'//' turns missing into none, and this property carries danger.", cure}
		}
		return nil
	}, term: func(t *gojq.Term) error {
		switch t.Type {
		case gojq.TermTypeTry:
			return &refusal{"'try' hides errors, and this property carries danger.", cure}
		case gojq.TermTypeFunc:
			switch t.Func.Name {
			case "values", "nulls", "arrays", "objects", "iterables", "strings", "scalars", "isempty", "empty":
				return &refusal{"'" + t.Func.Name + "' can turn missing into none, and this property carries danger.", cure}
			}
		case gojq.TermTypeIf:
			bad := nothing(t.If.Else) || nothing(t.If.Then) && !certain(t.If.Cond)
			for _, b := range t.If.Elif {
				bad = bad || nothing(b.Then) && !certain(b.Cond)
			}
			if bad {
				return &refusal{"A branch that gives nothing can turn missing into none, and this property carries danger.",
					"Give nothing only where the source says so: 'if .stolen == false then [] else \"STOLEN\" end'."}
			}
		}
		return nil
	}, tail: func(s *gojq.Suffix) error {
		if s.Optional {
			return &refusal{"'?' turns missing into none, and this property carries danger.", cure}
		}
		return nil
	}}
	var r *refusal
	if errors.As(v.walk(e.query), &r) {
		return r
	}
	return nil
}

// nothing reports a branch that gives no value.
func nothing(q *gojq.Query) bool {
	return q != nil && q.Term != nil && (q.Term.Type == gojq.TermTypeNull || q.Term.Type == gojq.TermTypeArray && q.Term.Array.Query == nil)
}

// certain reports a comparison that only a value which is there can pass: .stolen == false.
func certain(q *gojq.Query) bool {
	if q == nil || q.Op != gojq.OpEq || q.Right == nil || q.Right.Term == nil || len(q.Right.Term.SuffixList) > 0 {
		return false
	}
	switch t := q.Right.Term; t.Type {
	case gojq.TermTypeFalse, gojq.TermTypeTrue, gojq.TermTypeNumber:
		return true
	case gojq.TermTypeString:
		return t.Str != nil && t.Str.Queries == nil
	}
	return false
}

// checkLists refuses a code list or a format that the file does not have.
func (h *helpers) checkLists(q *gojq.Query) error {
	v := &visitor{term: func(t *gojq.Term) error {
		if t.Type != gojq.TermTypeFunc || len(t.Func.Args) != 1 {
			return nil
		}
		a := t.Func.Args[0].Term
		if a == nil || a.Type != gojq.TermTypeString || a.Str == nil || a.Str.Queries != nil {
			return nil
		}
		switch t.Func.Name {
		case "code", "uncode":
			if h.codes[a.Str.Str] == nil {
				return &refusal{"There is no code list \"" + a.Str.Str + "\" in this file.", "Add it under codes: {" + a.Str.Str + ": {SOURCE: CANONICAL}}."}
			}
		case "day", "instant", "dateout", "stamp":
			if _, err := parseLayout(a.Str.Str); err != nil {
				return &refusal{"\"" + a.Str.Str + "\" is not a date or time format.", "Use iso, rfc3339, unix, unix_ms, or letters such as %d/%m/%Y %H:%M:%S."}
			}
		}
		return nil
	}}
	return v.walk(q)
}
