package demoforce

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// odataError is a refused query option.
type odataError struct{ target, say string }

func (e odataError) Error() string { return e.say }

// cadTerm is one side of a comparison: its Edm kind and how to get its value from a row.
type cadTerm struct {
	kind string // "null" for the literal
	get  func(*cadRow) any
}

// filterParser reads the subset of OData v4 $filter that Vigil C2 has.
type filterParser struct {
	set  *cadSet
	toks []string
	i    int
}

func parseFilter(set *cadSet, s string) (f func(*cadRow) bool, err error) {
	toks, err := lexFilter(s)
	if err != nil {
		return nil, err
	}
	p := &filterParser{set: set, toks: toks}
	if f, err = p.or(); err != nil {
		return nil, err
	}
	if p.i < len(p.toks) {
		return nil, p.bad("unexpected %q", p.toks[p.i])
	}
	return f, nil
}

func (p *filterParser) bad(format string, a ...any) error {
	return odataError{"$filter", "Syntax error in $filter: " + fmt.Sprintf(format, a...)}
}

func lexFilter(s string) ([]string, error) {
	var out []string
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case ' ':
			i++
		case '(', ')', ',':
			out = append(out, string(c))
			i++
		case '\'':
			j := i + 1
			for {
				k := strings.IndexByte(s[j:], '\'')
				if k < 0 {
					return nil, odataError{"$filter", "Syntax error in $filter: a text is not closed"}
				}
				j += k + 1
				if j >= len(s) || s[j] != '\'' {
					break
				}
				j++
			}
			out = append(out, s[i:j])
			i = j
		default:
			j := i
			for j < len(s) && !strings.ContainsRune(" (),'", rune(s[j])) {
				j++
			}
			out = append(out, s[i:j])
			i = j
		}
		if len(out) > 400 {
			return nil, odataError{"$filter", "$filter is too long"}
		}
	}
	return out, nil
}

func (p *filterParser) peek() string {
	if p.i < len(p.toks) {
		return p.toks[p.i]
	}
	return ""
}

func (p *filterParser) take(want string) bool {
	if p.peek() == want {
		p.i++
		return true
	}
	return false
}

func (p *filterParser) or() (func(*cadRow) bool, error) {
	f, err := p.and()
	for err == nil && p.take("or") {
		a := f
		var b func(*cadRow) bool
		b, err = p.and()
		f = func(r *cadRow) bool { return a(r) || b(r) }
	}
	return f, err
}

func (p *filterParser) and() (func(*cadRow) bool, error) {
	f, err := p.unary()
	for err == nil && p.take("and") {
		a := f
		var b func(*cadRow) bool
		b, err = p.unary()
		f = func(r *cadRow) bool { return a(r) && b(r) }
	}
	return f, err
}

func (p *filterParser) unary() (func(*cadRow) bool, error) {
	if p.take("not") {
		f, err := p.unary()
		return func(r *cadRow) bool { return !f(r) }, err
	}
	if p.take("(") {
		f, err := p.or()
		if err == nil && !p.take(")") {
			err = p.bad("a bracket is not closed")
		}
		return f, err
	}
	switch name := p.peek(); name {
	case "contains", "startswith", "endswith":
		p.i++
		args, err := p.args(2)
		if err != nil {
			return nil, err
		}
		test := map[string]func(a, b string) bool{"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix}[name]
		return func(r *cadRow) bool {
			a, ok := args[0].get(r).(string)
			b, ok2 := args[1].get(r).(string)
			return ok && ok2 && test(a, b)
		}, nil
	}
	return p.comparison()
}

// args reads the bracketed text arguments of a function.
func (p *filterParser) args(n int) ([]cadTerm, error) {
	if !p.take("(") {
		return nil, p.bad("( is missing after a function")
	}
	var out []cadTerm
	for k := range n {
		if k > 0 && !p.take(",") {
			return nil, p.bad("the function takes %d arguments", n)
		}
		t, err := p.operand()
		if err != nil {
			return nil, err
		}
		if t.kind != edmString {
			return nil, p.bad("the function takes texts, not %s", t.kind)
		}
		out = append(out, t)
	}
	if !p.take(")") {
		return nil, p.bad("a bracket is not closed")
	}
	return out, nil
}

func (p *filterParser) comparison() (func(*cadRow) bool, error) {
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	op := p.peek()
	p.i++
	switch op {
	case "eq", "ne", "gt", "ge", "lt", "le":
	default:
		return nil, p.bad("%q is no operator", op)
	}
	b, err := p.operand()
	if err != nil {
		return nil, err
	}
	num := func(k string) bool { return k == edmInt || k == edmDouble }
	if a.kind != b.kind && a.kind != "null" && b.kind != "null" && (!num(a.kind) || !num(b.kind)) {
		return nil, odataError{"$filter", fmt.Sprintf("%s cannot be compared with %s", a.kind, b.kind)}
	}
	return func(r *cadRow) bool {
		x, y := a.get(r), b.get(r)
		if x == nil || y == nil {
			return op == "eq" && x == nil && y == nil || op == "ne" && (x == nil) != (y == nil)
		}
		c := compareValues(x, y)
		switch op {
		case "eq":
			return c == 0
		case "ne":
			return c != 0
		case "gt":
			return c > 0
		case "ge":
			return c >= 0
		case "lt":
			return c < 0
		}
		return c <= 0
	}, nil
}

func (p *filterParser) operand() (cadTerm, error) {
	t := p.peek()
	p.i++
	fixed := func(kind string, v any) (cadTerm, error) {
		return cadTerm{kind, func(*cadRow) any { return v }}, nil
	}
	switch {
	case t == "":
		return cadTerm{}, p.bad("it ends too early")
	case t == "tolower" || t == "toupper":
		args, err := p.args(1)
		if err != nil {
			return cadTerm{}, err
		}
		change := map[string]func(string) string{"tolower": strings.ToLower, "toupper": strings.ToUpper}[t]
		return cadTerm{edmString, func(r *cadRow) any {
			if s, ok := args[0].get(r).(string); ok {
				return change(s)
			}
			return nil
		}}, nil
	case t[0] == '\'':
		return fixed(edmString, strings.ReplaceAll(t[1:len(t)-1], "''", "'"))
	case t == "null":
		return fixed("null", nil)
	case t == "true" || t == "false":
		return fixed("Edm.Boolean", t == "true")
	case p.set.kinds[t] != "":
		if p.set.kinds[t] == edmList {
			return cadTerm{}, p.bad("%s is a collection", t)
		}
		return cadTerm{p.set.kinds[t], func(r *cadRow) any { return r.p[t] }}, nil
	}
	if x, err := time.Parse(time.RFC3339, t); err == nil {
		return fixed(edmInstant, instant(x))
	}
	if x, err := time.Parse("2006-01-02", t); err == nil {
		return fixed(edmDate, x.Format("2006-01-02"))
	}
	if n, err := strconv.ParseInt(t, 10, 64); err == nil {
		return fixed(edmInt, n)
	}
	if n, err := strconv.ParseFloat(t, 64); err == nil && t[0] != 'I' && t[0] != 'N' {
		return fixed(edmDouble, n)
	}
	return cadTerm{}, odataError{"$filter", fmt.Sprintf("Could not find a property named %q on type Vigil.%s", t, p.set.entity)}
}

// compareValues orders two values of one kind.
func compareValues(a, b any) int {
	f := func(v any) (float64, bool) {
		switch n := v.(type) {
		case int:
			return float64(n), true
		case int64:
			return float64(n), true
		case float64:
			return n, true
		}
		return 0, false
	}
	if x, ok := f(a); ok {
		y, _ := f(b) // of the same kind, as the parser checked
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}
