package connector

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"muster/plugins"
)

// part of a template: literal text, or an insert.
type part struct {
	lit  string
	expr *expr
}

// split cuts text at its \(…) inserts.
func split(text string) (lits, inserts []string, err error) {
	for {
		i := strings.Index(text, `\(`)
		if i < 0 {
			return append(lits, text), inserts, nil
		}
		end := closing(text[i+2:])
		if end < 0 {
			return nil, nil, errors.New(`an insert \( has no closing bracket`)
		}
		lits = append(lits, text[:i])
		inserts = append(inserts, text[i+2:i+2+end])
		text = text[i+2+end+1:]
	}
}

// closing finds the bracket that ends an insert, minding nested brackets and strings.
func closing(s string) int {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// template compiles a text with inserts.
func (h *helpers) template(f *findings, n *node) []part {
	lits, inserts, err := split(n.text())
	if err != nil {
		f.fail(n, `Write inserts as \(.id), within single quotes.`, "%s.", upperFirst(err.Error()))
		return nil
	}
	var out []part
	for i, l := range lits {
		if l != "" {
			out = append(out, part{lit: l})
		}
		if i < len(inserts) {
			at := *n
			at.value = inserts[i]
			out = append(out, part{expr: h.compile(f, &at)})
		}
	}
	return out
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// fillPath renders a path: every insert is escaped as by @uri, and may neither be empty nor climb the path.
func fillPath(ctx context.Context, parts []part, in map[string]any) (string, error) {
	var b strings.Builder
	for _, p := range parts {
		if p.expr == nil {
			b.WriteString(p.lit)
			continue
		}
		w, err := p.expr.word(ctx, newScope(in), in)
		if err != nil {
			return "", unsendable(err)
		}
		if w == "" || w == "." || w == ".." {
			return "", plugins.Errorf(plugins.Invalid, "This cannot be asked of the system without a value for %s.", p.expr)
		}
		b.WriteString(escapeURI(w))
	}
	return b.String(), nil
}

// escapeURI escapes all but the unreserved characters of RFC 3986; a space is %20, never '+'.
func escapeURI(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// element is one element of an XML template, parsed once so that only well-formed XML can be sent.
type element struct {
	name     string
	attrs    []attr
	children []any // *element or []part
}

type attr struct {
	name  string
	parts []part
}

// mark stands for insert number i while the template is parsed as XML.
func mark(i int) string { return fmt.Sprintf("\ue000%d\ue001", i) }

// xmlTemplate parses an XML template with inserts in text and attributes.
func (h *helpers) xmlTemplate(f *findings, n *node) *element {
	lits, inserts, err := split(n.text())
	if err != nil || strings.ContainsAny(n.text(), "\ue000\ue001") {
		f.fail(n, `Write inserts as \(.q.name).`, "This XML template has an insert that does not end.")
		return nil
	}
	var exprs []*expr
	var text strings.Builder
	for i, l := range lits {
		text.WriteString(l)
		if i < len(inserts) {
			at := *n
			at.value = inserts[i]
			exprs = append(exprs, h.compile(f, &at))
			text.WriteString(mark(i))
		}
	}
	dec := xml.NewDecoder(strings.NewReader(text.String()))
	var stack []*element
	var root *element
	for {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			f.fail(n, "Close every element; write & as &amp;.", "The template is not well-formed XML.")
			return nil
		}
		switch t := tok.(type) {
		case xml.StartElement:
			e := &element{name: qname(t.Name)}
			for _, a := range t.Attr {
				e.attrs = append(e.attrs, attr{qname(a.Name), unmark(a.Value, exprs)})
			}
			if strings.Contains(e.name, "\ue000") || len(stack) == 0 && root != nil {
				f.fail(n, "Write one root element with constant names.", "The template has an insert in a name, or two roots.")
				return nil
			}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.children = append(top.children, e)
			} else {
				root = e
			}
			stack = append(stack, e)
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1].name != qname(t.Name) {
				f.fail(n, "Close every element in turn.", "The template is not well-formed XML: </%s> closes nothing.", qname(t.Name))
				return nil
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			s := string(t)
			if len(stack) == 0 || strings.TrimSpace(s) == "" {
				continue
			}
			if strings.Contains(s, "\ue000") {
				s = strings.TrimSpace(s)
			}
			top := stack[len(stack)-1]
			top.children = append(top.children, unmark(s, exprs))
		}
	}
	if root == nil || len(stack) > 0 {
		f.fail(n, "Close every element in turn.", "The template is not well-formed XML.")
		return nil
	}
	return root
}

func qname(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func unmark(s string, exprs []*expr) []part {
	var out []part
	for s != "" {
		i := strings.Index(s, "\ue000")
		if i < 0 {
			return append(out, part{lit: s})
		}
		if i > 0 {
			out = append(out, part{lit: s[:i]})
		}
		num, rest, _ := strings.Cut(s[i+len("\ue000"):], "\ue001")
		k := 0
		for _, r := range num {
			k = k*10 + int(r-'0')
		}
		if k < len(exprs) {
			out = append(out, part{expr: exprs[k]})
		}
		s = rest
	}
	return out
}

// render writes e. An element whose content is one insert is left out when that gives null and repeated when it gives
// a list; an element of which every part was left out is left out too.
func (e *element) render(ctx context.Context, b *strings.Builder, in map[string]any, root bool) (bool, error) {
	attrs, err := e.renderAttrs(ctx, in)
	if err != nil {
		return false, err
	}
	if len(e.children) == 0 {
		fmt.Fprintf(b, "<%s%s/>", e.name, attrs)
		return true, nil
	}
	if ps, ok := e.children[0].([]part); ok && len(e.children) == 1 && len(ps) == 1 && ps[0].expr != nil {
		v, err := ps[0].expr.one(ctx, newScope(in), in)
		if err != nil {
			return false, unsendable(err)
		}
		list, many := v.([]any)
		if !many && v != nil {
			list = []any{v}
		}
		for _, x := range list {
			if m, ok := x.(map[string]any); ok {
				x = outValue(m)
			}
			w, ok := scalarText(x)
			if !ok {
				return false, unsendable(&shapeError{expr: ps[0].expr.src, say: "expected text"})
			}
			fmt.Fprintf(b, "<%s%s>%s</%s>", e.name, attrs, escapeXML(w), e.name)
		}
		return len(list) > 0, nil
	}
	var inner strings.Builder
	some := false
	for _, c := range e.children {
		switch x := c.(type) {
		case *element:
			there, err := x.render(ctx, &inner, in, false)
			if err != nil {
				return false, err
			}
			some = some || there
		case []part:
			s, err := fillXML(ctx, x, in)
			if err != nil {
				return false, err
			}
			inner.WriteString(s)
			some = some || s != ""
		}
	}
	if !some && !root {
		return false, nil
	}
	fmt.Fprintf(b, "<%s%s>%s</%s>", e.name, attrs, inner.String(), e.name)
	return true, nil
}

func (e *element) renderAttrs(ctx context.Context, in map[string]any) (string, error) {
	var b strings.Builder
	for _, a := range e.attrs {
		s, err := fillXML(ctx, a.parts, in)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, ` %s="%s"`, a.name, s)
	}
	return b.String(), nil
}

func fillXML(ctx context.Context, parts []part, in map[string]any) (string, error) {
	var b strings.Builder
	for _, p := range parts {
		if p.expr == nil {
			b.WriteString(escapeXML(p.lit))
			continue
		}
		w, err := p.expr.word(ctx, newScope(in), in)
		if err != nil {
			return "", unsendable(err)
		}
		b.WriteString(escapeXML(w))
	}
	return b.String(), nil
}

// escapeXML escapes text for content and attributes; characters that XML cannot hold become U+FFFD.
func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}
