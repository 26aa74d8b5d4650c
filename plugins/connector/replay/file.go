// Package replay tells a connector's behaviour without its system: recorded or hand-written exchanges, each a request and
// its answer, with the result that must come of them. They are written as YAML beside the connector and replayed with no network.
package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"muster/plugins/yamlsafe"
)

// Suffix ends the name of a recordings file: acme_rms.exchanges.yaml stands beside acme_rms.yaml.
const Suffix = ".exchanges.yaml"

// maxFile bounds a recordings file.
const maxFile = 8 << 20

// File is one recordings file.
type File struct {
	Exchanges int             `yaml:"exchanges"`         // version of this format: 1
	Connector string          `yaml:"connector"`         // id of the connector
	System    string          `yaml:"system,omitempty"`  // what the system is called in references; the connector's id unless given
	Now       time.Time       `yaml:"now,omitempty"`     // the clock of the replay; 2026-01-05T12:00:00Z unless given
	Options   map[string]Text `yaml:"options,omitempty"` // options that are not secret; a required address is https://ID.example unless given
	Notes     string          `yaml:"notes,omitempty"`   // where the exchanges come from
	Cases     []Case          `yaml:"cases"`

	name string
}

// Case is one operation, the exchanges it needs and what comes of it.
type Case struct {
	Name   string          `yaml:"name"`
	Do     string          `yaml:"do"`             // check, search, fetch, submit, confirm, watch
	Kind   string          `yaml:"kind,omitempty"` // of the dictionary
	By     map[string]Text `yaml:"by,omitempty"`   // search: property: value as an officer types it
	Text   Text            `yaml:"text,omitempty"` // search: free text
	Limit  int             `yaml:"limit,omitempty"`
	ID     Text            `yaml:"id,omitempty"` // fetch
	Entry  *Entry          `yaml:"entry,omitempty"`
	Key    Text            `yaml:"key,omitempty"`    // submit, confirm: the idempotency key; test-key unless given
	Cursor Text            `yaml:"cursor,omitempty"` // watch: where it was

	Most int `yaml:"-"` // watch: changes after which it ends, for a live system whose stream does not; 0 is all that are recorded

	Exchanges []Exchange `yaml:"exchanges"`
	Expect    *Expect    `yaml:"expect,omitempty"`

	line int
}

// Entry is what a submission sends.
type Entry struct {
	Form     string              `yaml:"form,omitempty"`
	Facts    map[string]TextList `yaml:"facts,omitempty"` // property: value or values
	Parts    []Part              `yaml:"parts,omitempty"`
	Refs     map[string]Text     `yaml:"refs,omitempty"` // what other systems already called this entry, by system
	Captured time.Time           `yaml:"captured,omitempty"`
}

// Part is a person, object or place of an entry.
type Part struct {
	Name  string              `yaml:"name"` // as in the form: person, vehicle, location
	Kind  string              `yaml:"kind,omitempty"`
	Role  string              `yaml:"role,omitempty"`
	ID    Text                `yaml:"id,omitempty"` // the record of this system that the officer chose
	Facts map[string]TextList `yaml:"facts,omitempty"`
}

// Exchange is one request and its answer.
type Exchange struct {
	Request Request `yaml:"request"`
	Answer  Answer  `yaml:"answer"`
}

// Request is what must be asked: method and address, and what else is given.
type Request struct {
	Get     Text            `yaml:"get,omitempty"`
	Post    Text            `yaml:"post,omitempty"`
	Put     Text            `yaml:"put,omitempty"`
	Patch   Text            `yaml:"patch,omitempty"`
	Delete  Text            `yaml:"delete,omitempty"`
	Headers map[string]Text `yaml:"headers,omitempty"` // only those given are compared
	Body    *Body           `yaml:"body,omitempty"`    // compared if given
}

// Answer is what the system says.
type Answer struct {
	Status  int             `yaml:"status,omitempty"` // 200 unless given
	Headers map[string]Text `yaml:"headers,omitempty"`
	Body    *Body           `yaml:"body,omitempty"`   // text, or YAML that is sent as JSON
	Base64  string          `yaml:"base64,omitempty"` // a body that is no text
	File    string          `yaml:"file,omitempty"`   // the body stands in this file beside the recordings
	Fails   string          `yaml:"fails,omitempty"`  // no answer: unavailable, unknown, limited, auth, denied, drift
}

// methods are the keys of a request that name a method.
func (r *Request) methods() map[string]Text {
	return map[string]Text{"GET": r.Get, "POST": r.Post, "PUT": r.Put, "PATCH": r.Patch, "DELETE": r.Delete}
}

// line gives the method and address.
func (r *Request) line() (method, address string) {
	for m, a := range r.methods() {
		if a != "" {
			return m, string(a)
		}
	}
	return "", ""
}

// Text is a scalar as it is written: 0012 stays 0012.
type Text string

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (t *Text) UnmarshalYAML(n ast.Node) error {
	s, err := scalar(n)
	*t = Text(s)
	return err
}

// TextList is one scalar or a list of them.
type TextList []Text

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (l *TextList) UnmarshalYAML(n ast.Node) error {
	nodes := []ast.Node{n}
	if seq, ok := n.(*ast.SequenceNode); ok {
		nodes = seq.Values
	}
	for _, x := range nodes {
		s, err := scalar(x)
		if err != nil {
			return err
		}
		*l = append(*l, Text(s))
	}
	return nil
}

// MarshalYAML implements yaml.InterfaceMarshaler.
func (l TextList) MarshalYAML() (any, error) {
	if len(l) == 1 {
		return string(l[0]), nil
	}
	out := make([]string, len(l))
	for i, t := range l {
		out[i] = string(t)
	}
	return out, nil
}

func scalar(n ast.Node) (string, error) {
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return x.Value, nil
	case *ast.LiteralNode:
		if x.Value == nil {
			return "", nil
		}
		return x.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", placed(n, "text was expected here, but YAML reads a %s: put it between quotes", strings.ToLower(n.Type().String()))
}

// problem is something wrong at a place of the file.
type problem struct {
	line int
	say  string
}

func (p *problem) Error() string { return p.say }

func placed(n ast.Node, format string, args ...any) error {
	p := &problem{say: fmt.Sprintf(format, args...)}
	if t := n.GetToken(); t != nil && t.Position != nil {
		p.line = t.Position.Line
	}
	return p
}

// Parse reads a recordings file. name stands in errors, which say file, line and cure.
func Parse(name string, src []byte) (*File, error) {
	if len(src) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d MiB: put long answers into files of their own (answer: {file: answer.json})", name, maxFile>>20)
	}
	f := &File{name: name}
	if err := f.read(src); err != nil {
		line, say := 0, err.Error()
		var p *problem
		var syntax interface {
			GetToken() *token.Token
			GetMessage() string
		}
		switch {
		case errors.As(err, &p):
			line, say = p.line, p.say
		case errors.As(err, &syntax):
			say = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		say, _, _ = strings.Cut(say, "\n")
		return nil, fmt.Errorf("%s:%d: %s", name, line, strings.TrimSuffix(say, "."))
	}
	return f, nil
}

// ParseEntry reads what a submission sends, as it stands under entry: of a case; JSON will do.
func ParseEntry(name string, src []byte) (*Entry, error) {
	body := "exchanges: 1\nconnector: x\ncases:\n  - name: x\n    do: submit\n    kind: x\n    entry:\n"
	for line := range strings.Lines(string(src)) {
		body += "      " + line
	}
	f, err := Parse(name, []byte(body))
	if err != nil {
		return nil, err
	}
	return f.Cases[0].Entry, nil
}

func (f *File) read(src []byte) (err error) {
	defer func() {
		if r := recover(); r != nil { // a parser that trips over odd input must not stop the program
			err = fmt.Errorf("this is not YAML (%v)", r)
		}
	}()
	if err := bounded(src); err != nil {
		return err
	}
	if err := yamlsafe.Check(src); err != nil {
		return &problem{1, err.Error()}
	}
	doc, err := parser.ParseBytes(src, 0)
	if err != nil {
		return err
	}
	v := &refuser{}
	for _, d := range doc.Docs {
		if d.Body != nil {
			ast.Walk(v, d.Body)
		}
	}
	if v.err != nil {
		return v.err
	}
	if len(doc.Docs) != 1 || doc.Docs[0].Body == nil {
		return &problem{1, "the file must hold one YAML document that begins with exchanges: 1"}
	}
	if err := yaml.NodeToValue(doc.Docs[0].Body, f, yaml.Strict()); err != nil {
		return err
	}
	return f.check(doc.Docs[0].Body)
}

// bounded refuses nesting that a recursive parser should not be given.
func bounded(src []byte) error {
	for i, line := range strings.Split(string(src), "\n") {
		t := strings.TrimLeft(line, " ")
		if len(line)-len(t) > 2000 || strings.HasPrefix(t, strings.Repeat("- ", 50)) || strings.Count(t, "[[[[")+strings.Count(t, "{{{{") > 50 {
			return &problem{i + 1, "this is nested too deeply"}
		}
	}
	return nil
}

// refuser finds anchors, aliases and tags: they hide what a file says, and aliases can blow it up.
type refuser struct{ err error }

func (r *refuser) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		if r.err == nil {
			r.err = placed(n, "anchors, aliases and tags (&, *, !) are not allowed: write the value out, or put it between quotes")
		}
		return nil
	}
	return r
}

var operations = []string{"check", "search", "fetch", "submit", "confirm", "watch"}

func (f *File) check(root ast.Node) error {
	lines := caseLines(root)
	switch {
	case f.Exchanges != 1:
		return &problem{1, "begin the file with exchanges: 1 (the version of this format)"}
	case f.Connector == "":
		return &problem{1, "say which connector this is of: connector: ID"}
	}
	names := map[string]bool{}
	for i := range f.Cases {
		c := &f.Cases[i]
		if i < len(lines) {
			c.line = lines[i]
		}
		at := func(format string, args ...any) error { return &problem{c.line, fmt.Sprintf(format, args...)} }
		switch {
		case c.Name == "":
			return at("give the case a name: in words, what it shows")
		case names[c.Name]:
			return at("two cases are called %q: give each its own name", c.Name)
		case !slices.Contains(operations, c.Do):
			return at("do: %s is no operation; write one of: %s", c.Do, strings.Join(operations, ", "))
		case c.Do != "check" && c.Kind == "":
			return at("say of which kind: kind: person")
		case c.Do == "search" && len(c.By) == 0 && c.Text == "":
			return at("say what is looked for: by: {surname: Smith}, or text: smith")
		case c.Do == "fetch" && c.ID == "":
			return at("say which record: id: …")
		case (c.Do == "submit" || c.Do == "confirm") && c.Entry == nil:
			return at("say what is sent: entry: {facts: {description: …}}")
		}
		names[c.Name] = true
		for j := range c.Exchanges {
			if err := c.Exchanges[j].check(); err != nil {
				return at("exchange %d: %s", j+1, err)
			}
		}
	}
	return nil
}

func (x *Exchange) check() error {
	n := 0
	for _, a := range x.Request.methods() {
		if a != "" {
			n++
		}
	}
	bodies := 0
	for _, has := range []bool{x.Answer.Body != nil, x.Answer.Base64 != "", x.Answer.File != "", x.Answer.Fails != ""} {
		if has {
			bodies++
		}
	}
	switch {
	case n != 1:
		return errors.New("the request needs one method with its address: get: '/persons?family=Smith'")
	case bodies > 1:
		return errors.New("the answer has more than one of body, base64, file and fails: keep one")
	case x.Answer.Status != 0 && (x.Answer.Status < 100 || x.Answer.Status > 599):
		return fmt.Errorf("%d is no status", x.Answer.Status)
	case x.Answer.Fails != "" && !failing(x.Answer.Fails):
		return fmt.Errorf("fails: %s is no kind of failure; write unavailable, unknown, limited, auth, denied or drift", x.Answer.Fails)
	}
	return nil
}

// caseLines gives the line on which each case begins.
func caseLines(root ast.Node) []int {
	var out []int
	m, ok := root.(*ast.MappingNode)
	if !ok {
		return nil
	}
	for _, v := range m.Values {
		seq, isList := v.Value.(*ast.SequenceNode)
		if !isList || v.Key.GetToken().Value != "cases" {
			continue
		}
		for _, c := range seq.Values {
			line := 0
			if cm, ok := c.(*ast.MappingNode); ok && len(cm.Values) > 0 {
				line = cm.Values[0].Key.GetToken().Position.Line
			} else if t := c.GetToken(); t != nil {
				line = t.Position.Line
			}
			out = append(out, line)
		}
	}
	return out
}
