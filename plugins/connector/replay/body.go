package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Body is a body as text. In YAML it may also be a mapping or a list, which stands for JSON.
type Body string

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (b *Body) UnmarshalYAML(n ast.Node) error {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		var out bytes.Buffer
		if err := writeJSON(&out, n); err != nil {
			return err
		}
		*b = Body(out.String())
		return nil
	}
	s, err := scalar(n)
	*b = Body(s)
	return err
}

// writeJSON writes YAML as JSON; numbers keep every digit.
func writeJSON(w *bytes.Buffer, n ast.Node) error {
	text := func(s string) {
		b, _ := json.Marshal(s) // text can always be written
		w.Write(b)
	}
	switch x := n.(type) {
	case nil, *ast.NullNode:
		w.WriteString("null")
	case *ast.MappingNode:
		w.WriteByte('{')
		for i, v := range x.Values {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := writeMember(w, v); err != nil {
				return err
			}
		}
		w.WriteByte('}')
	case *ast.MappingValueNode:
		w.WriteByte('{')
		if err := writeMember(w, x); err != nil {
			return err
		}
		w.WriteByte('}')
	case *ast.SequenceNode:
		w.WriteByte('[')
		for i, v := range x.Values {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := writeJSON(w, v); err != nil {
				return err
			}
		}
		w.WriteByte(']')
	case *ast.BoolNode:
		fmt.Fprint(w, x.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		s := n.GetToken().Value
		if !json.Valid([]byte(s)) {
			return placed(n, "the number %s cannot be sent as JSON: put it between quotes, or write it plainly", s)
		}
		w.WriteString(s)
	default:
		s, err := scalar(n)
		if err != nil {
			return err
		}
		text(s)
	}
	return nil
}

func writeMember(w *bytes.Buffer, v *ast.MappingValueNode) error {
	var key string
	if k, ok := v.Key.(*ast.StringNode); ok {
		key = k.Value
	} else {
		key = v.Key.GetToken().Value
	}
	b, _ := json.Marshal(key) // text can always be written
	w.Write(b)
	w.WriteByte(':')
	return writeJSON(w, v.Value)
}

// sameBody compares two bodies as their content type wants it: JSON and forms by meaning, multipart whatever its
// boundary, other text but for its line ends.
func sameBody(contentType string, want, got []byte) bool {
	if bytes.Equal(want, got) {
		return true
	}
	media, params, _ := mime.ParseMediaType(contentType) // what cannot be read is compared as text
	switch {
	case strings.Contains(media, "json"):
		a, aerr := decode(want)
		b, berr := decode(got)
		return aerr == nil && berr == nil && reflect.DeepEqual(a, b)
	case media == "application/x-www-form-urlencoded":
		a, aerr := url.ParseQuery(strings.TrimSpace(string(want)))
		b, berr := url.ParseQuery(string(got))
		return aerr == nil && berr == nil && reflect.DeepEqual(a, b)
	case strings.HasPrefix(media, "multipart/"):
		got = bytes.ReplaceAll(got, []byte(params["boundary"]), []byte(boundary))
	}
	return tidyLines(want) == tidyLines(got)
}

// boundary stands in a recording for the boundary of a multipart body, which is another each time.
const boundary = "BOUNDARY"

func tidyLines(b []byte) string {
	return strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n"))
}

func decode(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("more follows the JSON")
	}
	return v, nil
}

// contentType guesses the type of an answer that does not say its own.
func contentType(h http.Header, body []byte) string {
	if t := h.Get("Content-Type"); t != "" {
		return t
	}
	b := bytes.ToLower(bytes.TrimSpace(body))
	switch {
	case len(b) == 0:
		return ""
	case b[0] == '{' || b[0] == '[' || b[0] == '"':
		return "application/json"
	case bytes.HasPrefix(b, []byte("<!doctype html")) || bytes.HasPrefix(b, []byte("<html")):
		return "text/html; charset=utf-8"
	case b[0] == '<':
		return "text/xml; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}

// Pretty writes a body as a recording does: JSON with line breaks, multipart with a constant boundary.
func Pretty(contentType string, b []byte) string {
	media, params, _ := mime.ParseMediaType(contentType) // what cannot be read is written as it is
	if strings.HasPrefix(media, "multipart/") && params["boundary"] != "" {
		return string(bytes.ReplaceAll(b, []byte(params["boundary"]), []byte(boundary)))
	}
	var out bytes.Buffer
	if json.Valid(b) && json.Indent(&out, b, "", "  ") == nil {
		return out.String()
	}
	return string(b)
}
