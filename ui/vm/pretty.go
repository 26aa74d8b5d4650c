package vm

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Pretty lays out JSON or XML for reading; what it cannot read it gives back as it is.
func Pretty(contentType string, body []byte) string {
	t := bytes.TrimSpace(body)
	switch {
	case strings.Contains(contentType, "json"), len(t) > 0 && (t[0] == '{' || t[0] == '['):
		var b bytes.Buffer
		if json.Indent(&b, t, "", "  ") == nil {
			return b.String()
		}
	case strings.Contains(contentType, "xml"), len(t) > 0 && t[0] == '<':
		if s, ok := prettyXML(t); ok {
			return s
		}
	}
	return strings.ToValidUTF8(string(body), "�")
}

// prettyXML puts each element on a line of its own; elements with nothing but words stay on one. The words of the source
// are copied, never decoded and encoded again, so that nothing it said changes.
func prettyXML(b []byte) (string, bool) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	var out strings.Builder
	depth, wordsOnly := 0, false
	from := int64(0)
	line := func() {
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(strings.Repeat("  ", depth))
	}
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return out.String(), depth == 0
		}
		if err != nil {
			return "", false
		}
		to := d.InputOffset()
		text := string(b[from:to])
		from = to
		switch tok.(type) {
		case xml.StartElement:
			line()
			out.WriteString(text)
			depth++
			wordsOnly = true
			// The end of an empty element comes as a token of its own, with no text.
		case xml.EndElement:
			depth--
			if depth < 0 {
				return "", false
			}
			if text != "" && !wordsOnly {
				line()
			}
			out.WriteString(text)
			wordsOnly = false
		case xml.CharData:
			if t := strings.TrimSpace(text); t != "" {
				if !wordsOnly {
					line()
				}
				out.WriteString(t)
			}
		default:
			line()
			out.WriteString(strings.TrimSpace(text))
		}
	}
}
