package plugintest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// alteration is one way in which an answer may come to differ from what was documented.
type alteration string

const (
	missing alteration = "missing" // the member is not there
	renamed alteration = "renamed" // it has another name
	retyped alteration = "retyped" // where text stood there is an object, and where an object or a list stood there is text
	emptied alteration = "emptied" // it is there and says nothing: ""
	nulled  alteration = "nulled"  // it is there and is null
)

const other = "plugintest" // what stands in the place of names and values

// document is an answer taken apart. Members are named by their place: data[].name.family, Detainee.Marker.@code.
type document interface {
	// members lists each place once, in the order of the document.
	members() []string
	// alter gives the document with the member at a place altered, everywhere that the place occurs; false when it cannot be so altered.
	alter(place string, how alteration) ([]byte, bool)
	// trimmed gives the document with its long lists cut to the elements that hold something which those before do not.
	trimmed() []byte
}

const mostAlike = 2 // elements of a list are kept even though they hold the same members

var errNoMembers = errors.New("the answer is neither JSON nor XML")

// parseDocument takes JSON or XML apart.
func parseDocument(body []byte) (document, error) {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return nil, errNoMembers
	}
	if trimmed[0] == '<' {
		root, err := parseElement(trimmed)
		if err != nil {
			return nil, errNoMembers
		}
		return xmlDocument{root}, nil
	}
	d := json.NewDecoder(bytes.NewReader(trimmed))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errNoMembers
	}
	switch v.(type) {
	case map[string]any, []any:
		return jsonDocument{trimmed, v}, nil
	}
	return nil, errNoMembers
}

type jsonDocument struct {
	src  []byte
	root any
}

func (d jsonDocument) members() []string {
	var out []string
	seen := map[string]bool{}
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch x := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(x) {
				place := join(at, k)
				if !seen[place] {
					seen[place] = true
					out = append(out, place)
				}
				walk(x[k], place)
			}
		case []any:
			for _, e := range x {
				walk(e, at+"[]")
			}
		}
	}
	walk(d.root, "")
	return out
}

func (d jsonDocument) trimmed() []byte {
	seen := map[string]bool{}
	var walk func(v any, at string) (any, bool)
	walk = func(v any, at string) (any, bool) {
		fresh := false
		see := func(place string) {
			fresh = fresh || !seen[place]
			seen[place] = true
		}
		switch x := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(x) {
				see(join(at, k) + fmt.Sprintf(" %T", x[k]))
				kid, new := walk(x[k], join(at, k))
				x[k], fresh = kid, fresh || new
			}
		case []any:
			var out []any
			for _, e := range x {
				kid, new := walk(e, at+"[]")
				if fresh = fresh || new; new || len(out) < mostAlike {
					out = append(out, kid)
				}
			}
			if x != nil && out == nil {
				out = []any{}
			}
			return out, fresh
		}
		return v, fresh
	}
	d.root, _ = walk(d.root, "")
	out, err := json.Marshal(d.root)
	if err != nil {
		return d.src
	}
	return out
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func (d jsonDocument) alter(place string, how alteration) ([]byte, bool) {
	dec := json.NewDecoder(bytes.NewReader(d.src))
	dec.UseNumber()
	var root any
	if dec.Decode(&root) != nil {
		return nil, false
	}
	done := false
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch x := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(x) {
				here := join(at, k)
				if here != place {
					walk(x[k], here)
					continue
				}
				done = alterMember(x, k, how) || done
			}
		case []any:
			for _, e := range x {
				walk(e, at+"[]")
			}
		}
	}
	walk(root, "")
	if !done {
		return nil, false
	}
	out, err := json.Marshal(root)
	return out, err == nil
}

func alterMember(m map[string]any, k string, how alteration) bool {
	v := m[k]
	_, object := v.(map[string]any)
	_, list := v.([]any)
	switch how {
	case missing:
		delete(m, k)
	case renamed:
		delete(m, k)
		m[k+"_"+other] = v
	case nulled:
		if v == nil {
			return false
		}
		m[k] = nil
	case emptied:
		if s, ok := v.(string); !ok || s == "" {
			return false
		}
		m[k] = ""
	case retyped:
		switch {
		case v == nil:
			return false // what was not there has no type
		case object || list:
			m[k] = other
		default:
			m[k] = map[string]any{other: v}
		}
	}
	return true
}

// element is one XML element with everything in it. Names keep their prefixes.
type element struct {
	name  string
	attrs []xml.Attr
	kids  []*element
	text  string
}

func parseElement(src []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(src))
	var stack []*element
	top := &element{}
	stack = append(stack, top)
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		at := stack[len(stack)-1]
		switch x := t.(type) {
		case xml.StartElement:
			e := &element{name: qualified(x.Name), attrs: x.Copy().Attr}
			at.kids = append(at.kids, e)
			stack = append(stack, e)
		case xml.EndElement:
			if len(stack) == 1 {
				return nil, errNoMembers
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			at.text += string(x)
		}
	}
	if len(top.kids) != 1 || len(stack) != 1 {
		return nil, errNoMembers
	}
	return top.kids[0], nil
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func local(name string) string {
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

func (e *element) write(b *bytes.Buffer) {
	b.WriteString("<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + qualified(a.Name) + `="`)
		_ = xml.EscapeText(b, []byte(a.Value)) // a buffer takes everything
		b.WriteString(`"`)
	}
	b.WriteString(">")
	if len(e.kids) == 0 || strings.TrimSpace(e.text) != "" {
		_ = xml.EscapeText(b, []byte(e.text))
	}
	for _, k := range e.kids {
		k.write(b)
	}
	b.WriteString("</" + e.name + ">")
}

type xmlDocument struct{ root *element }

// envelope reports an element that belongs to the protocol and not to the system.
func envelope(e *element, depth int) bool {
	l := local(e.name)
	return depth == 0 && l == "Envelope" || depth == 1 && (l == "Body" || l == "Header")
}

func (d xmlDocument) members() []string {
	var out []string
	seen := map[string]bool{}
	add := func(place string) {
		if !seen[place] {
			seen[place] = true
			out = append(out, place)
		}
	}
	walkXML(d.root, "", 0, func(place string, _, _ *element, _ int) { add(place) })
	return out
}

// walkXML calls f for each member: an element kid of parent, or with a nil kid an attribute of parent. The document's
// own root, where it is no envelope, has no parent.
func walkXML(e *element, at string, depth int, f func(place string, parent, kid *element, attr int)) {
	for i, a := range e.attrs {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || a.Name.Space == "xsi" || envelope(e, depth) {
			continue
		}
		f(join(at, "@"+a.Name.Local), e, nil, i)
	}
	for _, k := range e.kids {
		here := join(at, local(k.name))
		if envelope(k, depth+1) {
			here = at
		} else {
			f(here, e, k, -1)
		}
		walkXML(k, here, depth+1, f)
	}
}

func (d xmlDocument) trimmed() []byte {
	seen := map[string]bool{}
	var walk func(e *element, at string) bool
	walk = func(e *element, at string) bool {
		fresh := !seen[at]
		seen[at] = true
		kept := map[string]int{}
		var out []*element
		for _, k := range e.kids {
			name := local(k.name)
			new := walk(k, join(at, name))
			if fresh = fresh || new; new || kept[name] < mostAlike {
				kept[name]++
				out = append(out, k)
			}
		}
		e.kids = out
		return fresh
	}
	walk(d.root, "")
	var b bytes.Buffer
	d.root.write(&b)
	return b.Bytes()
}

func (d xmlDocument) alter(place string, how alteration) ([]byte, bool) {
	var b bytes.Buffer
	d.root.write(&b)
	root, err := parseElement(b.Bytes())
	if err != nil {
		return nil, false
	}
	type hit struct {
		parent, kid *element
		attr        int
	}
	var hits []hit
	walkXML(root, "", 0, func(p string, parent, kid *element, attr int) {
		if p == place {
			hits = append(hits, hit{parent, kid, attr})
		}
	})
	done := false
	for _, h := range hits {
		if h.kid == nil {
			done = alterAttr(h.parent, h.attr, how) || done
			continue
		}
		done = alterElement(h.parent, h.kid, how) || done
	}
	if !done {
		return nil, false
	}
	b.Reset()
	root.write(&b)
	return b.Bytes(), true
}

func alterAttr(e *element, i int, how alteration) bool {
	switch how {
	case missing:
		e.attrs = append(append([]xml.Attr{}, e.attrs[:i]...), e.attrs[i+1:]...)
	case renamed:
		e.attrs[i].Name.Local += other
	case emptied:
		e.attrs[i].Value = ""
	default:
		return false // an attribute is text and cannot be null
	}
	return true
}

func alterElement(parent, kid *element, how alteration) bool {
	leaf := len(kid.kids) == 0
	switch how {
	case missing:
		for i, k := range parent.kids {
			if k == kid {
				parent.kids = append(append([]*element{}, parent.kids[:i]...), parent.kids[i+1:]...)
				break
			}
		}
	case renamed:
		kid.name += other
	case retyped:
		if leaf {
			kid.kids, kid.text = []*element{{name: other, text: kid.text}}, ""
		} else {
			kid.kids, kid.text = nil, other
		}
	case emptied:
		if !leaf || kid.text == "" {
			return false
		}
		kid.text = ""
	default:
		return false // empty and null are the same in XML
	}
	return true
}
