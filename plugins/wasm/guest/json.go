package guest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON is a value of a JSON document as Parse read it. Get and the readers never fail: what is not there, or of another
// type, says so by its second result, so that a plugin can tell 'missing' from 'empty'. It is several times as fast as
// encoding/json where it matters here, in WebAssembly.
type JSON struct {
	kind kind
	text string // of a string, a number or a literal; of an object or a list as it stands in the document
	list []member
}

// member is a value within another; in a list it has no name.
type member struct {
	name string
	JSON
}

type kind byte

const (
	absent kind = iota
	null
	boolean
	number
	text
	list
	object
)

const maxDepth = 200

var errJSON = errors.New("not JSON")

// Parse reads a whole document. The values share the memory of one copy of it.
func Parse(doc []byte) (JSON, error) {
	p := parser{s: string(doc), plain: plain(doc)}
	if !utf8.Valid(doc) {
		p.s = strings.ToValidUTF8(p.s, "\ufffd")
	}
	p.space()
	v := p.value(0)
	p.space()
	if p.bad || p.i != len(p.s) {
		return JSON{}, errJSON
	}
	return v, nil
}

// Exists reports whether the value is there and not null.
func (v JSON) Exists() bool { return v.kind != absent && v.kind != null }

// Get returns the member of an object; one that does not exist where there is none. The last of equal names counts.
func (v JSON) Get(name string) JSON {
	if v.kind == object {
		for i := len(v.list) - 1; i >= 0; i-- {
			if v.list[i].name == name {
				return v.list[i].JSON
			}
		}
	}
	return JSON{}
}

// Text returns a string's text; ok is false for anything else.
func (v JSON) Text() (s string, ok bool) {
	if v.kind != text {
		return "", false
	}
	return v.text, true
}

// Word returns the text of a string, a number as it is written, or true or false; "" for anything else.
func (v JSON) Word() string {
	switch v.kind {
	case text, number, boolean:
		return v.text
	}
	return ""
}

// Int returns a whole number; ok is false for anything else.
func (v JSON) Int() (n int, ok bool) {
	if v.kind != number {
		return 0, false
	}
	n, err := strconv.Atoi(v.text)
	return n, err == nil
}

// Bool returns true or false; ok is false for anything else.
func (v JSON) Bool() (b, ok bool) { return v.kind == boolean && v.text == "true", v.kind == boolean }

// List returns the elements of a list; ok is false for anything else, so that a missing list is not an empty one.
func (v JSON) List() (elements []JSON, ok bool) {
	if v.kind != list {
		return nil, false
	}
	elements = make([]JSON, len(v.list))
	for i := range v.list {
		elements[i] = v.list[i].JSON
	}
	return elements, true
}

// IsObject reports whether the value is an object.
func (v JSON) IsObject() bool { return v.kind == object }

// Raw returns an object or a list as it stands in the document, for Record.Raw; nil for anything else.
func (v JSON) Raw() []byte {
	if v.kind != list && v.kind != object {
		return nil
	}
	return []byte(v.text)
}

type parser struct {
	s     string
	i     int
	bad   bool
	plain bool     // no string can hold a control character
	open  []member // of the objects and lists that are not at their end
}

// plain reports whether a document has no control characters but at its end.
func plain(doc []byte) bool {
	doc = bytes.TrimRight(doc, "\n\r\t ")
	for ; len(doc) >= 8; doc = doc[8:] {
		// A byte below 0x20 sets its top bit in the difference unless it had one.
		if x := binary.LittleEndian.Uint64(doc); (x-0x2020202020202020)&^x&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range doc {
		if c < 0x20 {
			return false
		}
	}
	return true
}

// done takes what was opened since from.
func (p *parser) done(k kind, start, from int) JSON {
	v := JSON{kind: k, text: p.s[start:p.i], list: append([]member(nil), p.open[from:]...)}
	p.open = p.open[:from]
	return v
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) fail() JSON {
	p.bad = true
	p.i = len(p.s)
	return JSON{}
}

// next takes c if it comes next.
func (p *parser) next(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) value(depth int) JSON {
	if p.i >= len(p.s) || depth > maxDepth {
		return p.fail()
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, ok := p.str()
		if !ok {
			return p.fail()
		}
		return JSON{kind: text, text: s}
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, w := range []struct {
		word string
		kind kind
	}{{"null", null}, {"true", boolean}, {"false", boolean}} {
		if strings.HasPrefix(p.s[p.i:], w.word) {
			p.i += len(w.word)
			return JSON{kind: w.kind, text: w.word}
		}
	}
	return p.fail()
}

func (p *parser) object(depth int) JSON {
	start, from := p.i, len(p.open)
	p.i++
	p.space()
	if p.next('}') {
		return p.done(object, start, from)
	}
	for {
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != '"' {
			return p.fail()
		}
		name, ok := p.str()
		p.space()
		if !ok || !p.next(':') {
			return p.fail()
		}
		p.space()
		v := p.value(depth + 1)
		p.open = append(p.open, member{name, v})
		p.space()
		switch {
		case p.next(','):
		case p.next('}'):
			return p.done(object, start, from)
		default:
			return p.fail()
		}
	}
}

func (p *parser) array(depth int) JSON {
	start, from := p.i, len(p.open)
	p.i++
	p.space()
	if p.next(']') {
		return p.done(list, start, from)
	}
	for {
		p.space()
		v := p.value(depth + 1)
		p.open = append(p.open, member{"", v})
		p.space()
		switch {
		case p.next(','):
		case p.next(']'):
			return p.done(list, start, from)
		default:
			return p.fail()
		}
	}
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

func (p *parser) number() JSON {
	start := p.i
	p.next('-')
	if !p.next('0') && !p.digits() {
		return p.fail()
	}
	if p.next('.') && !p.digits() {
		return p.fail()
	}
	if p.next('e') || p.next('E') {
		if !p.next('+') {
			p.next('-')
		}
		if !p.digits() {
			return p.fail()
		}
	}
	return JSON{kind: number, text: p.s[start:p.i]}
}

// str reads a string. Most hold nothing to undo and share the document's memory.
func (p *parser) str() (string, bool) {
	p.i++
	start := p.i
	if p.plain {
		end := strings.IndexByte(p.s[start:], '"')
		if end < 0 {
			return "", false
		}
		if s := p.s[start : start+end]; strings.IndexByte(s, '\\') < 0 {
			p.i = start + end + 1
			return s, true
		}
	}
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			s := p.s[start:p.i]
			p.i++
			return s, true
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", false
		}
		p.i++
	}
	return "", false
}

func (p *parser) escaped(start int) (string, bool) {
	out := []byte(p.s[start:p.i])
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			return string(out), true
		case c < 0x20:
			return "", false
		case c != '\\':
			out = append(out, c)
			continue
		}
		if p.i >= len(p.s) {
			return "", false
		}
		e := p.s[p.i]
		p.i++
		if e == 'u' {
			r, ok := p.hex()
			if !ok {
				return "", false
			}
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if strings.HasPrefix(p.s[p.i:], `\u`) {
					at := p.i
					p.i += 2
					if low, ok = p.hex(); !ok {
						return "", false
					}
					if utf16.DecodeRune(r, low) == utf8.RuneError {
						p.i = at // not its other half: a character of its own
					}
				}
				r = utf16.DecodeRune(r, low)
			}
			out = utf8.AppendRune(out, r)
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, e)
		if at < 0 {
			return "", false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
	}
	return "", false
}

func (p *parser) hex() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 16)
	p.i += 4
	return rune(n), err == nil
}
