package sqlwire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

var errArray = errors.New("the database sent an array that cannot be read")

// arrayText writes a list as PostgreSQL's text form of an array.
func arrayText(list []any) (string, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		a, err := postgres{}.arg(v)
		switch x := a.(type) {
		case nil:
			if err != nil {
				return "", err
			}
			b.WriteString("NULL")
		case string:
			if _, nested := v.([]any); nested {
				b.WriteString(x)
				continue
			}
			b.WriteByte('"')
			b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(x))
			b.WriteByte('"')
		}
	}
	b.WriteByte('}')
	return b.String(), nil
}

// array writes PostgreSQL's text form of an array as a list, each element as its type is written.
func array(b *bytes.Buffer, s, elem string) error {
	if strings.HasPrefix(s, "[") { // bounds other than 1: [0:2]={…}
		_, after, ok := strings.Cut(s, "={")
		if !ok {
			return errArray
		}
		s = "{" + after
	}
	separator := byte(',')
	if elem == "BOX" {
		separator = ';'
	}
	p := &arrayReader{s: s, elem: elem, separator: separator}
	if err := p.list(b, 0); err != nil {
		return err
	}
	if p.at != len(s) {
		return errArray
	}
	return nil
}

type arrayReader struct {
	s, elem   string
	separator byte
	at        int
}

func (p *arrayReader) next() byte {
	if p.at >= len(p.s) {
		return 0
	}
	return p.s[p.at]
}

func (p *arrayReader) list(b *bytes.Buffer, depth int) error {
	if p.next() != '{' || depth > 6 { // PostgreSQL's own limit of dimensions
		return errArray
	}
	b.WriteByte('[')
	for p.at++; ; p.at++ {
		if p.next() == '}' && p.s[p.at-1] == '{' {
			break
		}
		var err error
		if p.next() == '{' {
			err = p.list(b, depth+1)
		} else {
			err = p.element(b)
		}
		if err != nil {
			return err
		}
		if p.next() == '}' {
			break
		}
		if p.next() != p.separator {
			return errArray
		}
		b.WriteByte(',')
	}
	p.at++
	b.WriteByte(']')
	return nil
}

func (p *arrayReader) element(b *bytes.Buffer) error {
	var w []byte
	if p.next() == '"' {
		for p.at++; p.next() != '"'; p.at++ {
			if p.next() == '\\' {
				p.at++
			}
			if p.at >= len(p.s) {
				return errArray
			}
			w = append(w, p.s[p.at])
		}
		p.at++
		return p.value(b, string(w))
	}
	for c := p.next(); c != p.separator && c != '}'; c = p.next() {
		if c == 0 || c == '{' || c == '"' {
			return errArray
		}
		if c == '\\' {
			p.at++
		}
		if p.at >= len(p.s) {
			return errArray
		}
		w = append(w, p.s[p.at])
		p.at++
	}
	if len(w) == 0 {
		return errArray
	}
	if strings.EqualFold(string(w), "NULL") {
		b.WriteString("null")
		return nil
	}
	return p.value(b, string(w))
}

func (p *arrayReader) value(b *bytes.Buffer, w string) error {
	switch p.elem {
	case "INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "NUMERIC", "OID":
		return number(b, w)
	case "BOOL":
		b.WriteString(map[bool]string{true: "true", false: "false"}[w == "t"])
		return nil
	case "JSON", "JSONB":
		if json.Valid([]byte(w)) {
			return raw(b, []byte(w))
		}
		return errArray
	case "BYTEA":
		if x, err := hex.DecodeString(strings.TrimPrefix(w, `\x`)); err == nil {
			return binary(b, x)
		}
	case "TIMESTAMP":
		if t, err := time.Parse("2006-01-02 15:04:05", w); err == nil {
			return text(b, t.Format(plainForm))
		}
	case "TIMESTAMPTZ":
		for _, form := range []string{"2006-01-02 15:04:05Z07", "2006-01-02 15:04:05Z07:00"} {
			if t, err := time.Parse(form, w); err == nil {
				return text(b, t.UTC().Format(time.RFC3339Nano))
			}
		}
	}
	return text(b, w)
}
