package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"muster/plugins"
)

// previewBytes is how much of a request's body a preview shows.
const previewBytes = 256 << 10

// Preview implements plugins.Previewer.
func (x submitter) Preview(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Request, error) {
	return x.s.preview(ctx, e, key)
}

// preview builds the request that submitTo would send. The sign-in is no part of it: the transport adds that to what leaves.
func (s *system) preview(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Request, error) {
	k := s.spec.kind(e.Kind)
	if k == nil || k.submit == nil {
		return plugins.Request{}, s.fail(plugins.Invalid, "%s takes no entries of this kind.", s.spec.name)
	}
	sub := k.submit
	// A file's content is not for a preview: what it is called and how large it is stands in its place.
	files := make([]plugins.File, len(e.Files))
	for i, f := range e.Files {
		say := "[" + f.Name + ", " + strconv.FormatInt(f.Size, 10) + " bytes, SHA-256 " + f.SHA256 + "]"
		f.Size = int64(len(say))
		f.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(say)), nil }
		files[i] = f
	}
	ctx = withFiles(ctx, files)
	in := s.entryInput(ctx, e, key)
	in["files"] = describe(e.Files)
	op := *sub.op
	if sub.header != "" {
		op.fixed = []header{{sub.header, string(key)}}
	}
	req, err := s.request(ctx, &op, in, write, "")
	if err != nil {
		return plugins.Request{}, err
	}
	out := plugins.Request{Method: req.Method, URL: req.URL.String(), Header: map[string]string{}}
	for name, v := range req.Header {
		out.Header[name] = strings.Join(v, ", ")
	}
	for _, st := range append(append([]*step{}, op.before...), sub.after...) {
		out.Also = append(out.Also, request(st.op))
	}
	if req.Body == nil {
		return out, nil
	}
	defer func() { _ = req.Body.Close() }() // what was wanted of it has been read
	raw, err := io.ReadAll(io.LimitReader(req.Body, previewBytes+1))
	if err != nil {
		return plugins.Request{}, s.named(err)
	}
	if len(raw) > previewBytes {
		raw, out.Cut = raw[:previewBytes], true
	}
	var b bytes.Buffer
	if !out.Cut && strings.Contains(req.Header.Get("Content-Type"), "json") && json.Indent(&b, raw, "", "  ") == nil {
		raw = b.Bytes()
	}
	if !utf8.Valid(raw) {
		raw = []byte(strings.ToValidUTF8(string(raw), "�"))
	}
	out.Body = string(raw)
	return out, nil
}
