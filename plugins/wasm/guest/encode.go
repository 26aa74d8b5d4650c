package guest

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// encode writes an answer as encoding/json would. Pages are written by hand: reflection takes most of the time of a
// search where the processor is simulated.
func encode(a Answer) ([]byte, error) {
	if a.Page == nil || a.Error != nil {
		return json.Marshal(a)
	}
	p := a.Page
	b := make([]byte, 0, 256+3072*len(p.Records))
	b = append(b, `{"page":{"records":[`...)
	for i := range p.Records {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = p.Records[i].append(b); err != nil {
			return nil, err
		}
	}
	b = append(b, ']')
	b = optional(b, `,"after":`, p.After)
	if p.Total != 0 {
		b = strconv.AppendInt(append(b, `,"total":`...), int64(p.Total), 10)
	}
	if len(p.Gaps) > 0 {
		g, err := json.Marshal(p.Gaps)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"gaps":`...), g...)
	}
	return append(b, "}}"...), nil
}

func (r *Record) append(b []byte) ([]byte, error) {
	b = quoted(append(b, `{"id":`...), r.ID)
	b = append(b, `,"facts":[`...)
	for i := range r.Facts {
		f := &r.Facts[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = quoted(append(b, `{"property":`...), f.Property)
		b = quoted(append(b, `,"source":`...), f.Source)
		b = optional(b, `,"value":`, f.Value)
		b = optional(b, `,"label":`, f.Label)
		b = optional(b, `,"group":`, f.Group)
		b = optional(b, `,"from":`, f.From)
		b = optional(b, `,"to":`, f.To)
		b = optional(b, `,"path":`, f.Path)
		b = append(b, '}')
	}
	b = append(b, ']')
	if len(r.Links) > 0 || r.Marking != nil {
		rest, err := json.Marshal(struct {
			Links   []Link   `json:"links,omitempty"`
			Marking *Marking `json:"marking,omitempty"`
		}{r.Links, r.Marking})
		if err != nil {
			return nil, err
		}
		b = append(append(b, ','), rest[1:len(rest)-1]...)
	}
	b = optional(b, `,"updated":`, r.Updated)
	b = optional(b, `,"version":`, r.Version)
	b = optional(b, `,"url":`, r.URL)
	if len(r.Raw) > 0 {
		b = append(append(b, `,"raw":`...), r.Raw...) // the host checks it
	}
	return append(b, '}'), nil
}

func optional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return quoted(append(b, name...), value)
}

const hexadecimal = "0123456789abcdef"

// quoted appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func quoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			b = append(append(b, s[start:i]...), "\ufffd"...)
			i++
			start = i
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		if c == '"' || c == '\\' {
			b = append(b, '\\', c)
		} else {
			b = append(b, '\\', 'u', '0', '0', hexadecimal[c>>4], hexadecimal[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
