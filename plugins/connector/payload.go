package connector

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"muster/plugins"
)

// payload is a request's body: small ones as bytes, files as what opens them, so that an attachment of any size passes
// in bounded memory.
type payload struct {
	bytes []byte
	open  func() (io.ReadCloser, error)
	size  int64 // of what open gives; -1 when it is not known
	ctype string
}

// onto makes p the body of req.
func (p payload) onto(req *http.Request) error {
	if p.ctype != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", p.ctype)
	}
	switch {
	case p.open != nil:
		body, err := p.open()
		if err != nil {
			return err
		}
		req.Body, req.GetBody, req.ContentLength = body, p.open, p.size
	case p.bytes != nil:
		b := p.bytes
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
		req.Body, _ = req.GetBody() // it does not fail
		req.ContentLength = int64(len(b))
	}
	return nil
}

// formPart is one part of a multipart body: a text, a JSON value, or a file of the entry.
type formPart struct {
	name string
	expr *expr
	kind string // text, json or file
	file *expr  // the name that a file gets, where it is not its own
}

// rawSpec is a text body with inserts.
type rawSpec struct {
	ctype string
	parts []part
}

// filesKey carries an entry's files beside its expressions: they see what describes a file, never its content.
type filesKey struct{}

func withFiles(ctx context.Context, files []plugins.File) context.Context {
	if len(files) == 0 {
		return ctx
	}
	return context.WithValue(ctx, filesKey{}, files)
}

// describe gives what expressions see of files.
func describe(files []plugins.File) []any {
	out := make([]any, 0, len(files))
	for i, f := range files {
		out = append(out, map[string]any{"index": i, "name": f.Name, "type": f.Type, "size": int(f.Size), "sha256": f.SHA256, "part": f.Part})
	}
	return out
}

// fileOf finds the file that an expression's value names.
func fileOf(ctx context.Context, v any, src string) (plugins.File, error) {
	files, _ := ctx.Value(filesKey{}).([]plugins.File)
	m, ok := v.(map[string]any)
	i, isInt := m["index"].(int)
	if !ok || !isInt || i < 0 || i >= len(files) || files[i].Open == nil {
		return plugins.File{}, unsendable(&shapeError{expr: src, say: "expected one of .files"})
	}
	return files[i], nil
}

func uploadBody(ctx context.Context, op *operation, in map[string]any) (payload, error) {
	v, err := op.upload.one(ctx, newScope(in), in)
	if err != nil {
		return payload{}, unsendable(err)
	}
	f, err := fileOf(ctx, v, op.upload.src)
	if err != nil {
		return payload{}, err
	}
	return payload{open: func() (io.ReadCloser, error) { return f.Open(ctx) }, size: f.Size, ctype: either(f.Type, "application/octet-stream")}, nil
}

func rawBody(ctx context.Context, sp *rawSpec, in map[string]any) (payload, error) {
	var b strings.Builder
	for _, p := range sp.parts {
		if p.expr == nil {
			b.WriteString(p.lit)
			continue
		}
		w, err := p.expr.word(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		b.WriteString(w)
	}
	return payload{bytes: []byte(b.String()), ctype: sp.ctype}, nil
}

// ready is a part of a multipart body whose values are known.
type ready struct {
	header textproto.MIMEHeader
	text   []byte
	file   *plugins.File
}

func (s *system) multipartBody(ctx context.Context, op *operation, in map[string]any) (payload, error) {
	var parts []ready
	for _, p := range op.multipart {
		v, err := p.expr.one(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		list := []any{v}
		if l, many := v.([]any); many && p.kind != "json" {
			list = l
		}
		for _, x := range list {
			if x == nil {
				continue
			}
			r, err := formPartOf(ctx, p, x)
			if err != nil {
				return payload{}, err
			}
			parts = append(parts, r)
		}
	}
	var head bytes.Buffer
	boundary := multipart.NewWriter(&head).Boundary()
	open := func() (io.ReadCloser, error) {
		pr, pw := io.Pipe()
		go func() { _ = pw.CloseWithError(writeParts(ctx, pw, boundary, parts)) }()
		return pr, nil
	}
	size := int64(0)
	for _, p := range parts {
		if p.file != nil && p.file.Size < 0 {
			size = -1
		}
	}
	if size == 0 {
		// The frame without the files, counted, so that a server that wants a length gets one.
		frame := make([]ready, len(parts))
		for i, p := range parts {
			if frame[i] = p; p.file != nil {
				size += p.file.Size
				frame[i].file = nil
			}
		}
		if err := writeParts(ctx, &head, boundary, frame); err != nil {
			return payload{}, s.named(err)
		}
		size += int64(head.Len())
	}
	return payload{open: open, size: size, ctype: "multipart/form-data; boundary=" + boundary}, nil
}

func formPartOf(ctx context.Context, p formPart, v any) (ready, error) {
	h := textproto.MIMEHeader{}
	disposition := map[string]string{"name": p.name}
	switch p.kind {
	case "file":
		f, err := fileOf(ctx, v, p.expr.src)
		if err != nil {
			return ready{}, err
		}
		disposition["filename"] = f.Name
		if p.file != nil {
			own := map[string]any{"item": v}
			if disposition["filename"], err = p.file.word(ctx, newScope(nil), own); err != nil {
				return ready{}, unsendable(err)
			}
		}
		h.Set("Content-Type", either(f.Type, "application/octet-stream"))
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", disposition))
		return ready{header: h, file: &f}, nil
	case "json":
		b, err := marshal(v)
		if err != nil {
			return ready{}, unsendable(&shapeError{expr: p.expr.src, say: "the part cannot be written as JSON"})
		}
		h.Set("Content-Type", "application/json")
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", disposition))
		return ready{header: h, text: b}, nil
	}
	if m, ok := v.(map[string]any); ok {
		v = outValue(m)
	}
	w, ok := scalarText(v)
	if !ok {
		return ready{}, unsendable(&shapeError{expr: p.expr.src, say: "a part must be text"})
	}
	h.Set("Content-Disposition", mime.FormatMediaType("form-data", disposition))
	return ready{header: h, text: []byte(w)}, nil
}

func writeParts(ctx context.Context, w io.Writer, boundary string, parts []ready) error {
	m := multipart.NewWriter(w)
	if err := m.SetBoundary(boundary); err != nil {
		return err
	}
	for _, p := range parts {
		pw, err := m.CreatePart(p.header)
		if err != nil {
			return err
		}
		if p.file == nil {
			if _, err := pw.Write(p.text); err != nil {
				return err
			}
			continue
		}
		if err := copyFile(ctx, pw, *p.file); err != nil {
			return err
		}
	}
	return m.Close()
}

func copyFile(ctx context.Context, w io.Writer, f plugins.File) error {
	r, err := f.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // what was wanted of it has been read
	n, err := io.Copy(w, r)
	if err == nil && f.Size >= 0 && n != f.Size {
		err = fmt.Errorf("the file has %s bytes now, and had %s when it was captured", strconv.FormatInt(n, 10), strconv.FormatInt(f.Size, 10))
	}
	return err
}

// multipartSpec reads name: expression, {json: expression} or {file: expression, name: expression}.
func (r *reader) multipartSpec(n *node) []formPart {
	if n == nil || n.shape != mapping {
		return nil
	}
	var out []formPart
	for _, k := range n.keys {
		x := n.kids[k]
		p := formPart{name: k, kind: "text"}
		switch {
		case x.get("file") != nil:
			p.kind, p.expr, p.file = "file", r.expr(x, "file"), r.expr(x, "name")
		case x.get("json") != nil:
			p.kind, p.expr = "json", r.expr(x, "json")
		default:
			p.expr = r.h.compile(r.f, x)
		}
		if p.expr != nil {
			out = append(out, p)
		}
	}
	return out
}
