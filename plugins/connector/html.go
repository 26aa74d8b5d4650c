package connector

import (
	"bytes"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	htmlcharset "golang.org/x/net/html/charset"
)

// selection says what of a web page becomes one member of the answer.
type selection struct {
	name  string
	css   string      // "" is the element itself
	attr  string      // an attribute instead of the text
	each  bool        // every match, as a list
	of    []selection // of an object; none means the text
	key   *selection  // of a table of names and values: where in a match the name stands
	value *selection
}

// Bounds of a page; its size in bytes is the transport's.
const htmlMatches = 20_000

// decodeHTML turns a web page into the members that a connector selects. Text has its white space made single; what
// is not on the page is null, and a list without matches is empty.
func decodeHTML(raw []byte, ctype string, want []selection) (any, error) {
	r, err := htmlcharset.NewReader(bytes.NewReader(raw), ctype)
	if err != nil {
		return nil, errEncoding
	}
	doc, err := goquery.NewDocumentFromReader(r)
	if err != nil {
		return nil, errPage
	}
	left := htmlMatches
	return selectAll(doc.Selection, want, &left)
}

func selectAll(at *goquery.Selection, want []selection, left *int) (map[string]any, error) {
	out := make(map[string]any, len(want))
	for i := range want {
		v, err := selectOne(at, &want[i], left)
		if err != nil {
			return nil, err
		}
		out[want[i].name] = v
	}
	return out, nil
}

func selectOne(at *goquery.Selection, w *selection, left *int) (any, error) {
	found := at
	if w.css != "" {
		found = at.Find(w.css)
	}
	if *left -= found.Length(); *left < 0 {
		return nil, errTooMany
	}
	switch {
	case w.key != nil:
		out := map[string]any{}
		for _, n := range found.EachIter() {
			k, err := selectOne(n, w.key, left)
			if err != nil {
				return nil, err
			}
			v, err := selectOne(n, w.value, left)
			if err != nil {
				return nil, err
			}
			if name, ok := k.(string); ok && name != "" {
				if _, twice := out[strings.TrimSuffix(name, ":")]; !twice {
					out[strings.TrimSuffix(name, ":")] = v
				}
			}
		}
		return out, nil
	case w.each:
		out := []any{}
		for _, n := range found.EachIter() {
			v, err := content(n, w, left)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case found.Length() == 0:
		return nil, nil
	}
	return content(found.First(), w, left)
}

func content(n *goquery.Selection, w *selection, left *int) (any, error) {
	switch {
	case len(w.of) > 0:
		return selectAll(n, w.of, left)
	case w.attr != "":
		if v, ok := n.Attr(w.attr); ok {
			return v, nil
		}
		return nil, nil
	}
	if goquery.NodeName(n) == "input" || goquery.NodeName(n) == "textarea" {
		if v, ok := n.Attr("value"); ok {
			return v, nil
		}
	}
	return strings.Join(strings.Fields(n.Text()), " "), nil
}

// selections reads html: NAME: 'css', 'css @attribute', {each: css, of: {…}}, {first: css, of: {…}} or
// {pairs: css, name: css, value: css}.
func (r *reader) selections(n *node) []selection {
	if n == nil || n.shape != mapping {
		return nil
	}
	var out []selection
	for _, k := range n.keys {
		if s, ok := r.selection(k, n.kids[k]); ok {
			out = append(out, s)
		}
	}
	return out
}

func (r *reader) selection(name string, n *node) (selection, bool) {
	s := selection{name: name}
	if n.shape == scalar {
		return s, r.css(&s, n, n.text())
	}
	at := n
	switch {
	case n.get("each") != nil:
		at, s.each = n.get("each"), true
	case n.get("first") != nil:
		at = n.get("first")
	case n.get("pairs") != nil:
		at = n.get("pairs")
		key, ok1 := r.selection("name", orText(n.get("name"), n, "th"))
		value, ok2 := r.selection("value", orText(n.get("value"), n, "td"))
		if !ok1 || !ok2 {
			return s, false
		}
		s.key, s.value = &key, &value
	default:
		r.f.fail(n, "Write {each: 'table tr', of: {name: td.name}}, {first: '#person', of: {…}} or {pairs: 'table tr', name: th, value: td}.", "The selection %s says neither each, first nor pairs.", name)
		return s, false
	}
	s.of = r.selections(n.get("of"))
	return s, r.css(&s, at, at.text())
}

func orText(n, at *node, text string) *node {
	if n != nil {
		return n
	}
	c := *at
	c.shape, c.value = scalar, text
	return &c
}

// css reads a selector with an attribute at its end: 'a.person @href', or '@data-id' of the element itself.
func (r *reader) css(s *selection, n *node, text string) bool {
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, '@'); i >= 0 && (i == 0 || text[i-1] == ' ') {
		text, s.attr = strings.TrimSpace(text[:i]), text[i+1:]
		if s.attr == "" || strings.ContainsAny(s.attr, " []\"'") {
			r.f.fail(n, "Write 'a.person @href'.", "What follows @ is not the name of an attribute.")
			return false
		}
	}
	if text == "." {
		text = ""
	}
	if text != "" {
		if _, err := cascadia.ParseGroup(text); err != nil {
			r.f.fail(n, "Write a CSS selector such as 'table.results tr', and one with # or : between single quotes.", "%q is not a CSS selector.", text)
			return false
		}
	}
	s.css = text
	return true
}
