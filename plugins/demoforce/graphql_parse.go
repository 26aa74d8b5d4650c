package demoforce

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A small GraphQL reader: operations with variables, arguments, aliases and fragments, as the October 2021 text has them.
// Directives and block strings are refused rather than misunderstood.

type gqlOp struct {
	kind, name string
	vars       []gqlVar
	sel        []gqlSel
}

type gqlVar struct {
	name, typ string
	def       any
	hasDef    bool
}

// gqlSel is a field, or a fragment when on or spread is set.
type gqlSel struct {
	alias, name string
	args        map[string]any
	sel         []gqlSel
	on, spread  string
}

type gqlDoc struct {
	ops   []gqlOp
	frags map[string]gqlSel
}

type (
	gqlVarRef string
	gqlEnum   string
)

type gqlReader struct {
	toks  []string
	i     int
	depth int
}

type gqlSyntax struct{ say string }

func (e gqlSyntax) Error() string { return "Syntax Error: " + e.say }

func parseGraphQL(src string) (doc gqlDoc, err error) {
	p := &gqlReader{}
	if p.toks, err = lexGraphQL(src); err != nil {
		return doc, err
	}
	defer func() { // the reader gives up by panic; only its own are caught
		if x := recover(); x != nil {
			e, ok := x.(gqlSyntax)
			if !ok {
				panic(x)
			}
			err = e
		}
	}()
	doc.frags = map[string]gqlSel{}
	for p.i < len(p.toks) {
		switch t := p.peek(); t {
		case "{":
			doc.ops = append(doc.ops, gqlOp{kind: "query", sel: p.selection()})
		case "query", "mutation", "subscription":
			p.i++
			o := gqlOp{kind: t}
			if isName(p.peek()) {
				o.name = p.next()
			}
			if p.take("(") {
				for !p.take(")") {
					o.vars = append(o.vars, p.variable())
				}
			}
			o.sel = p.selection()
			doc.ops = append(doc.ops, o)
		case "fragment":
			p.i++
			name := p.name()
			p.want("on")
			on := p.name()
			doc.frags[name] = gqlSel{on: on, sel: p.selection()}
		default:
			p.fail("Unexpected %q", t)
		}
	}
	if len(doc.ops) == 0 {
		return doc, gqlSyntax{"no operation"}
	}
	return doc, nil
}

func (p *gqlReader) fail(format string, a ...any) { panic(gqlSyntax{fmt.Sprintf(format, a...)}) }

func (p *gqlReader) peek() string {
	if p.i < len(p.toks) {
		return p.toks[p.i]
	}
	return ""
}

func (p *gqlReader) next() string {
	t := p.peek()
	if t == "" {
		p.fail("Unexpected end")
	}
	p.i++
	return t
}

func (p *gqlReader) take(t string) bool {
	if p.peek() == t {
		p.i++
		return true
	}
	return false
}

func (p *gqlReader) want(t string) {
	if got := p.next(); got != t {
		p.fail("Expected %q, found %q", t, got)
	}
}

func (p *gqlReader) name() string {
	t := p.next()
	if !isName(t) {
		p.fail("Expected a name, found %q", t)
	}
	return t
}

func isName(s string) bool {
	return s != "" && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
}

func (p *gqlReader) variable() gqlVar {
	p.want("$")
	v := gqlVar{name: p.name()}
	p.want(":")
	v.typ = p.typ()
	if p.take("=") {
		v.def, v.hasDef = p.value(), true
	}
	return v
}

func (p *gqlReader) typ() string {
	var s string
	if p.take("[") {
		s = "[" + p.typ() + "]"
		p.want("]")
	} else {
		s = p.name()
	}
	if p.take("!") {
		s += "!"
	}
	return s
}

func (p *gqlReader) selection() []gqlSel {
	if p.depth++; p.depth > 15 {
		p.fail("the query is nested too deeply")
	}
	defer func() { p.depth-- }()
	p.want("{")
	var out []gqlSel
	for !p.take("}") {
		if p.take("...") {
			switch {
			case p.take("on"):
				out = append(out, gqlSel{on: p.name(), sel: p.selection()})
			case p.peek() == "{":
				out = append(out, p.selection()...)
			default:
				out = append(out, gqlSel{spread: p.name()})
			}
			continue
		}
		f := gqlSel{name: p.name()}
		f.alias = f.name
		if p.take(":") {
			f.name = p.name()
		}
		if p.take("(") {
			f.args = map[string]any{}
			for !p.take(")") {
				n := p.name()
				p.want(":")
				f.args[n] = p.value()
			}
		}
		if p.peek() == "{" {
			f.sel = p.selection()
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		p.fail("a selection is empty")
	}
	return out
}

func (p *gqlReader) value() any {
	if p.depth++; p.depth > 15 {
		p.fail("a value is nested too deeply")
	}
	defer func() { p.depth-- }()
	switch t := p.next(); {
	case t == "$":
		return gqlVarRef(p.name())
	case t == "[":
		out := []any{}
		for !p.take("]") {
			out = append(out, p.value())
		}
		return out
	case t == "{":
		out := map[string]any{}
		for !p.take("}") {
			n := p.name()
			p.want(":")
			out[n] = p.value()
		}
		return out
	case t[0] == '"':
		return t[1:]
	case t == "true", t == "false":
		return t == "true"
	case t == "null":
		return nil
	case isName(t):
		return gqlEnum(t)
	default:
		if n, err := strconv.ParseInt(t, 10, 32); err == nil {
			return int(n)
		}
		if f, err := strconv.ParseFloat(t, 64); err == nil {
			return f
		}
		p.fail("Unexpected %q", t)
	}
	return nil
}

// lexGraphQL cuts the source into tokens; a text comes as a quote and its contents.
func lexGraphQL(src string) ([]string, error) {
	if !utf8.ValidString(src) {
		return nil, gqlSyntax{"the query is not UTF-8"}
	}
	var out []string
	for i := 0; i < len(src); {
		if len(out) > 5000 {
			return nil, gqlSyntax{"the query is too long"}
		}
		c := src[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',':
			i++
		case c == '#':
			for i < len(src) && src[i] != '\n' {
				i++
			}
		case strings.HasPrefix(src[i:], "..."):
			out = append(out, "...")
			i += 3
		case strings.IndexByte("{}()[]:!$=", c) >= 0:
			out = append(out, string(c))
			i++
		case strings.HasPrefix(src[i:], `"""`):
			return nil, gqlSyntax{"block strings are not supported"}
		case c == '"':
			j := i + 1
			for j < len(src) && src[j] != '"' && src[j] != '\n' {
				if src[j] == '\\' {
					j++
				}
				j++
			}
			if j >= len(src) || src[j] != '"' {
				return nil, gqlSyntax{"Unterminated string"}
			}
			s, err := strconv.Unquote(strings.ReplaceAll(src[i:j+1], `\/`, "/"))
			if err != nil {
				return nil, gqlSyntax{"a string is not well formed"}
			}
			out = append(out, `"`+s)
			i = j + 1
		case c == '-' || c >= '0' && c <= '9' || isName(string(c)):
			j := i + 1
			for j < len(src) && (isName(string(src[j])) || src[j] >= '0' && src[j] <= '9' || c != '_' && !isName(string(c)) && strings.IndexByte(".+-", src[j]) >= 0) {
				j++
			}
			out = append(out, src[i:j])
			i = j
		default:
			return nil, gqlSyntax{fmt.Sprintf("Unexpected character %q", c)}
		}
	}
	return out, nil
}
