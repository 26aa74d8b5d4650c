package connector

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
)

// table decodes an answer that is a file rather than a reply: CSV, JSON lines, or several files in one answer. done is
// false where the answer is none of these.
func (a *answer) table(op *operation, s *spec, want, ctype, boundary string) (done bool) {
	several := ctype == "multipart/mixed" && boundary != ""
	if want != "csv" && want != "ndjson" && !several {
		return false
	}
	if a.status >= 300 {
		if v, err := decodeJSON(bytes.TrimSpace(a.raw)); err == nil { // what says why is not in the form of the data
			a.body = v
		} else {
			a.bad = "the answer is not as documented"
		}
		return true
	}
	var err error
	if several {
		a.body, err = s.files(op, want, a.raw, boundary)
	} else {
		a.body, err = s.file(op, want, a.raw)
	}
	if err != nil {
		a.body, a.bad = nil, err.Error()
	}
	return true
}

// file decodes one file by what the operation expects.
func (s *spec) file(op *operation, want string, raw []byte) (any, error) {
	switch want {
	case "csv":
		c := op.csv
		if c == nil {
			c = s.csv
		}
		return listOf(decodeCSV(raw, c))
	case "ndjson":
		return listOf(decodeLines(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))))
	}
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
	if want == "xml" {
		return decodeXML(trimmed, s.lists)
	}
	v, err := decodeJSON(trimmed)
	if err != nil {
		return nil, errors.New("it is not JSON")
	}
	return v, nil
}

func listOf(rows []any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// files decodes several files: the rows of all of them, or a list with a document for each.
func (s *spec) files(op *operation, want string, raw []byte, boundary string) (any, error) {
	most := int64(64 << 20)
	if s.limits.Response > 0 {
		most = s.limits.Response
	}
	out := []any{}
	r := multipart.NewReader(bytes.NewReader(raw), boundary)
	for n := 1; ; n++ {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, errors.New("the files in the answer cannot be told apart")
		}
		src := io.Reader(p)
		if p.Header.Get("Content-Encoding") == "gzip" {
			if src, err = gzip.NewReader(p); err != nil {
				return nil, fmt.Errorf("file %d cannot be uncompressed", n)
			}
		}
		b, err := io.ReadAll(io.LimitReader(src, most+1))
		if err != nil {
			return nil, fmt.Errorf("file %d cannot be read to its end", n)
		}
		if most -= int64(len(b)); most < 0 {
			return nil, errors.New("the files together are larger than is allowed")
		}
		v, err := s.file(op, want, b)
		if err != nil {
			return nil, fmt.Errorf("file %d of the answer: %w", n, err)
		}
		if list, ok := v.([]any); ok && (want == "csv" || want == "ndjson") {
			out = append(out, list...)
		} else {
			out = append(out, v)
		}
	}
}
