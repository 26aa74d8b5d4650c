package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"muster/plugins/yamlsafe"
)

// maxFile bounds a connector file; the largest in use are below 40 KiB.
const maxFile = 1 << 20

type shape int

const (
	scalar shape = iota
	mapping
	sequence
)

// node is one value of the file with its place. Keys keep the order of the file.
type node struct {
	shape     shape
	value     any // string, int64, float64, bool, nil for a scalar
	quoted    bool
	keys      []string
	kids      map[string]*node
	items     []*node
	line, col int
	keyLine   int
	keyCol    int
	path      string
}

const quoteCure = "Put expressions between single quotes: key: '{a: .b}'."

// parseYAML reads one YAML document. Anchors, aliases, merge keys and tags are refused: they hide what a file says.
func parseYAML(f *findings, src []byte) *node {
	if len(src) > maxFile {
		f.fail(nil, "A connector is one system; split it.", "The file is larger than 1 MiB.")
		return nil
	}
	doc, err := parseBytes(src)
	if err != nil {
		n := &node{line: 1, col: 1}
		say := err.Error()
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			say = syntax.Message
			if syntax.Token != nil && syntax.Token.Position != nil {
				n.line, n.col = syntax.Token.Position.Line, syntax.Token.Position.Column
			}
		}
		f.fail(n, quoteCure+" Indent with spaces.", "This is not YAML: %s.", strings.TrimSuffix(firstLine(say), "."))
		return nil
	}
	var bodies []ast.Node
	for _, d := range doc.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentGroupType {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) != 1 {
		f.fail(&node{line: 1, col: 1}, "Begin it with: connector: 1", "The file holds %d YAML documents; it must hold one.", len(bodies))
		return nil
	}
	n := convert(f, bodies[0], "", 0)
	if n != nil && n.shape != mapping {
		f.fail(n, "Begin it with: connector: 1", "The file is not a list of keys.")
		return nil
	}
	return n
}

// parseBytes turns a panic of the parser on odd input into an error, as one bad file must not stop the desk.
func parseBytes(src []byte) (doc *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, fmt.Errorf("the parser gave up (%v)", r)
		}
	}()
	if err := yamlsafe.Check(src); errors.Is(err, yamlsafe.ErrDeep) { // aliases are refused below, with their line
		return nil, err
	}
	return parser.ParseBytes(src, 0)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

func convert(f *findings, a ast.Node, path string, depth int) *node {
	n := &node{path: path}
	if a == nil {
		return n
	}
	if t := a.GetToken(); t != nil && t.Position != nil {
		n.line, n.col = t.Position.Line, t.Position.Column
	}
	if depth > 40 {
		f.fail(n, "Write it flatter.", "The file is nested too deeply.")
		return n
	}
	switch x := a.(type) {
	case *ast.MappingNode:
		n.shape, n.kids = mapping, map[string]*node{}
		for _, v := range x.Values {
			n.put(f, v, depth)
		}
		if len(x.Values) > 0 && !x.IsFlowStyle {
			if k := x.Values[0].Key; k != nil && k.GetToken() != nil {
				n.line, n.col = k.GetToken().Position.Line, k.GetToken().Position.Column
			}
		}
	case *ast.MappingValueNode:
		n.shape, n.kids = mapping, map[string]*node{}
		if x.Key != nil && x.Key.GetToken() != nil {
			n.line, n.col = x.Key.GetToken().Position.Line, x.Key.GetToken().Position.Column
		}
		n.put(f, x, depth)
	case *ast.SequenceNode:
		n.shape = sequence
		for i, v := range x.Values {
			n.items = append(n.items, convert(f, v, path+"/"+strconv.Itoa(i), depth+1))
		}
	case *ast.StringNode:
		n.value = x.Value
		n.quoted = x.Token != nil && (x.Token.Type.String() == "SingleQuote" || x.Token.Type.String() == "DoubleQuote")
	case *ast.LiteralNode:
		n.quoted = true
		if x.Value != nil {
			n.value = x.Value.Value
		} else {
			n.value = ""
		}
	case *ast.IntegerNode:
		n.value = x.Token.Value
		if i, err := strconv.ParseInt(x.Token.Value, 10, 64); err == nil {
			n.value = i
		}
	case *ast.FloatNode:
		n.value = x.Value
	case *ast.BoolNode:
		n.value = x.Value
	case *ast.NullNode:
		n.value = nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		f.fail(n, "Write the value out where it is used; if it is an expression, "+strings.ToLower(quoteCure[:1])+quoteCure[1:],
			"Anchors, aliases and tags (&, *, !) are not allowed.")
	default:
		f.fail(n, quoteCure, "This YAML construct (%s) is not allowed.", a.Type())
	}
	return n
}

func (n *node) put(f *findings, v *ast.MappingValueNode, depth int) {
	kt := v.Key.GetToken()
	at := &node{path: n.path, line: kt.Position.Line, col: kt.Position.Column}
	var key string
	switch k := v.Key.(type) {
	case *ast.StringNode:
		key = k.Value
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode, *ast.NullNode:
		key = kt.Value
	default:
		f.fail(at, quoteCure, "This key is not plain text.")
		return
	}
	if _, dup := n.kids[key]; dup {
		f.fail(at, "Keep one of them.", "The key %s stands twice.", key)
		return
	}
	kid := convert(f, v.Value, n.path+"/"+pointer(key), depth+1)
	kid.keyLine, kid.keyCol = at.line, at.col
	if kid.line == 0 {
		kid.line, kid.col = at.line, at.col
	}
	n.keys = append(n.keys, key)
	n.kids[key] = kid
}

func pointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// plain gives the value as encoding/json would, for the JSON Schema.
func (n *node) plain() any {
	switch n.shape {
	case mapping:
		m := make(map[string]any, len(n.keys))
		for _, k := range n.keys {
			m[k] = n.kids[k].plain()
		}
		return m
	case sequence:
		l := make([]any, len(n.items))
		for i, x := range n.items {
			l[i] = x.plain()
		}
		return l
	}
	switch v := n.value.(type) {
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return n.value
}

// get returns the value of a key, or nil. It is safe on nil and on other shapes.
func (n *node) get(key string) *node {
	if n == nil || n.shape != mapping {
		return nil
	}
	return n.kids[key]
}

// find follows a JSON pointer given in parts as far as it goes.
func (n *node) find(parts []string) *node {
	for _, p := range parts {
		var next *node
		if n.shape == mapping {
			next = n.kids[p]
		} else if i, err := strconv.Atoi(p); err == nil && n.shape == sequence && i >= 0 && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// text gives a scalar as text, "" for nothing.
func (n *node) text() string {
	if n == nil || n.shape != scalar || n.value == nil {
		return ""
	}
	switch v := n.value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (n *node) str(key string) string { return n.get(key).text() }

func (n *node) flag(key string) bool { return n.str(key) == "true" }

func (n *node) num(key string) int {
	i, _ := strconv.Atoi(n.str(key))
	return i
}

// list gives a sequence's items, or a single value as a list of one.
func (n *node) list() []*node {
	switch {
	case n == nil:
		return nil
	case n.shape == sequence:
		return n.items
	}
	return []*node{n}
}

func (n *node) texts() []string {
	var out []string
	for _, x := range n.list() {
		out = append(out, x.text())
	}
	return out
}
