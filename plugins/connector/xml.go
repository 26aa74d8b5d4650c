package connector

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// Bounds of an XML answer; the size in bytes is the transport's.
const (
	xmlDepth    = 64
	xmlElements = 200_000
)

// listRules name the elements that are always lists, however many there are: 'Detainee.Marker' is a Marker within any
// Detainee.
type listRules map[string][][]string // by last name: the names before it

func newListRules(paths []string) listRules {
	r := listRules{}
	for _, p := range paths {
		parts := strings.Split(strings.TrimPrefix(p, "."), ".")
		last := len(parts) - 1
		if parts[last] != "" {
			r[parts[last]] = append(r[parts[last]], parts[:last])
		}
	}
	return r
}

func (r listRules) matches(name string, above []string) bool {
	for _, want := range r[name] {
		if len(want) <= len(above) && slices.Equal(want, above[len(above)-len(want):]) {
			return true
		}
	}
	return false
}

// within gives the names that are lists in an element with this path.
func (r listRules) within(path []string) []string {
	var out []string
	for name, wants := range r {
		for _, want := range wants {
			if len(want) > 0 && len(want) <= len(path) && slices.Equal(want, path[len(path)-len(want):]) {
				out = append(out, name)
			}
		}
	}
	return out
}

var (
	errDoctype  = errors.New("the XML holds a document type, which is not accepted")
	errTooDeep  = errors.New("the XML is nested too deeply")
	errTooMany  = errors.New("the XML holds too many elements")
	errNoRoot   = errors.New("the XML holds no element, or more than one root")
	errPage     = errors.New("the page cannot be read")
	errEncoding = errors.New("the encoding of its characters is not supported")
)

// decodeXML turns an XML answer into the JSON shape that expressions read:
//
//	an element with attributes or child elements is an object; any other is its text
//	an attribute is @name; the text beside attributes or elements is #text
//	namespace prefixes and declarations are dropped; xsi:nil="true" is null
//	an element that stands several times is a list, and so is every element that lists names, also with one or none
//
// No document type, no entity beyond the five of XML, bounded depth and number.
func decodeXML(src []byte, lists listRules) (map[string]any, error) {
	dec := xml.NewDecoder(bytes.NewReader(src))
	dec.Strict = true
	dec.CharsetReader = charset
	type open struct {
		name string
		obj  map[string]any
		text strings.Builder
		null bool
	}
	var (
		stack []*open
		path  []string
		count int
		root  map[string]any
	)
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, errors.New("the XML is not well formed")
			}
			return nil, err
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, errDoctype
		case xml.StartElement:
			if count++; count > xmlElements {
				return nil, errTooMany
			}
			if len(stack) >= xmlDepth {
				return nil, errTooDeep
			}
			if len(stack) == 0 && root != nil {
				return nil, errNoRoot
			}
			o := &open{name: t.Name.Local, obj: map[string]any{}}
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
				case a.Name.Local == "nil" && strings.HasSuffix(a.Name.Space, "XMLSchema-instance"):
					o.null = a.Value == "true" || a.Value == "1"
				default:
					o.obj["@"+a.Name.Local] = a.Value
				}
			}
			stack = append(stack, o)
			path = append(path, o.name)
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text.Write(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, errNoRoot
			}
		case xml.EndElement:
			o := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !o.null {
				for _, name := range lists.within(path) {
					if _, there := o.obj[name]; !there {
						o.obj[name] = []any{}
					}
				}
			}
			path = path[:len(path)-1]
			var v any
			text := o.text.String()
			switch {
			case o.null:
			case len(o.obj) == 0:
				v = strings.TrimSpace(text)
			default:
				if text = strings.TrimSpace(text); text != "" {
					o.obj["#text"] = text
				}
				v = o.obj
			}
			if len(stack) == 0 {
				root = map[string]any{o.name: v}
				continue
			}
			parent := stack[len(stack)-1].obj
			before, there := parent[o.name]
			switch list, many := before.([]any); {
			case many:
				parent[o.name] = append(list, v)
			case there:
				parent[o.name] = []any{before, v}
			case lists.matches(o.name, path):
				parent[o.name] = []any{v}
			default:
				parent[o.name] = v
			}
		}
	}
	if root == nil {
		return nil, errNoRoot
	}
	return root, nil
}

func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "utf8", "us-ascii":
		return in, nil
	case "iso-8859-1", "latin1":
		return charmap.ISO8859_1.NewDecoder().Reader(in), nil
	case "iso-8859-15":
		return charmap.ISO8859_15.NewDecoder().Reader(in), nil
	case "windows-1252":
		return charmap.Windows1252.NewDecoder().Reader(in), nil
	}
	return nil, errEncoding
}
