package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/itchyny/gojq"

	"muster/plugins"
	"muster/plugins/transport"
)

// intent is what an operation does to the system, for the transport's rules of repetition.
type intent int

const (
	read intent = iota
	write
	keyedWrite
	listen
)

// input gives what every request expression sees.
func (s *system) input(ctx context.Context) map[string]any {
	a, _ := plugins.AccessFrom(ctx)
	opts := map[string]any{}
	for k, v := range s.env.Config {
		opts[k] = v
	}
	return map[string]any{
		"q": map[string]any{}, "page": map[string]any{}, "options": opts, "system": s.env.System,
		"now": s.env.Now().UTC().Format("2006-01-02T15:04:05Z"),
		"access": map[string]any{"officer": a.Officer, "collar": a.Collar, "purpose": a.Purpose.Code, "reason": a.Purpose.Text,
			"case": a.Purpose.Case, "correlation": a.Correlation},
	}
}

// do performs op and reads its answer; a non-2xx answer is still an answer here.
func (s *system) do(ctx context.Context, op *operation, in map[string]any, what intent, direct string) (*answer, error) {
	if err := s.run(ctx, op.before, in, what == write || what == keyedWrite); err != nil {
		return nil, err
	}
	req, err := s.request(ctx, op, in, what, direct)
	if err != nil {
		return nil, s.named(err)
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return nil, s.named(transportError(ctx, err))
	}
	defer func() { _ = resp.Body.Close() }() // what was wanted of it has been read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, s.maxBody+1))
	if err != nil {
		return nil, s.named(transportError(ctx, err))
	}
	a := &answer{status: resp.StatusCode, resp: resp, raw: raw, url: req.URL, write: what == write || what == keyedWrite}
	if int64(len(raw)) > s.maxBody {
		return nil, s.fail(plugins.Drift, "%s sent more in one answer than is allowed. Narrow the search.", s.spec.name)
	}
	a.headers = map[string]any{}
	for k, v := range resp.Header {
		a.headers[strings.ToLower(k)] = strings.Join(v, ", ")
	}
	a.parse(op, s.spec)
	return a, nil
}

func (s *system) request(ctx context.Context, op *operation, in map[string]any, what intent, direct string) (*http.Request, error) {
	target := direct
	if target == "" {
		var err error
		if target, err = s.target(ctx, op, in); err != nil {
			return nil, err
		}
	}
	body, err := s.body(ctx, op, in)
	if err != nil {
		return nil, err
	}
	switch what {
	case read:
		ctx = transport.AsRead(ctx)
	case keyedWrite:
		ctx = transport.Idempotent(ctx)
	case listen:
		ctx = transport.Streaming(transport.AsRead(ctx))
	}
	req, err := http.NewRequestWithContext(ctx, op.method, target, nil)
	if err != nil {
		return nil, plugins.Errorf(plugins.Invalid, "The address for this request to %s cannot be built. Check its settings.", s.spec.name)
	}
	switch {
	case what == listen:
		req.Header.Set("Accept", "text/event-stream")
	case s.answers(op) == "xml":
		req.Header.Set("Accept", "text/xml, application/xml, application/soap+xml")
	case s.answers(op) == "csv":
		req.Header.Set("Accept", "text/csv, text/plain;q=0.5")
	case s.answers(op) == "ndjson":
		req.Header.Set("Accept", "application/x-ndjson, application/json;q=0.5")
	case s.answers(op) == "html":
		req.Header.Set("Accept", "text/html, application/xhtml+xml")
	default:
		req.Header.Set("Accept", "application/json")
	}
	if op.soap != nil {
		if op.soap.version == "1.1" {
			req.Header.Set("SOAPAction", `"`+op.soap.action+`"`)
		}
	}
	for _, list := range [][]pair{s.spec.headers, op.headers} {
		for _, h := range list {
			w, err := h.expr.word(ctx, newScope(in), in)
			if err != nil {
				return nil, unsendable(err)
			}
			if w == "" {
				continue
			}
			if strings.ContainsAny(w, "\r\n\x00") {
				return nil, plugins.Errorf(plugins.Invalid, "The value for the header %s holds a line break.", h.name)
			}
			req.Header.Set(h.name, w)
		}
	}
	for _, h := range op.fixed {
		req.Header.Set(h.name, h.value)
	}
	// Last, because an opened body must be sent.
	if err := body.onto(req); err != nil {
		return nil, s.fail(plugins.Invalid, "A file of this entry cannot be read: it may have been moved or deleted. Attach it again.")
	}
	return req, nil
}

func (s *system) answers(op *operation) string {
	switch {
	case op.answers != "":
		return op.answers
	case op.soap != nil:
		return "xml"
	case op.rpc != nil:
		return map[string]string{"jsonrpc": "json", "xmlrpc": "xml"}[op.rpc.protocol]
	case op.graphql != nil:
		return "json"
	}
	return s.spec.answers
}

func (s *system) target(ctx context.Context, op *operation, in map[string]any) (string, error) {
	path, err := fillPath(ctx, op.path, in)
	if err != nil {
		return "", err
	}
	target := path
	if !urlStart.MatchString(path) {
		target = strings.TrimSuffix(s.base, "/") + path
	}
	if op.live != nil && op.live.socket {
		target = socketAddress(target)
	}
	var q []string
	if op.queryAll != nil {
		v, err := op.queryAll.one(ctx, newScope(in), in)
		if err != nil {
			return "", unsendable(err)
		}
		m, ok := v.(map[string]any)
		if !ok && v != nil {
			return "", unsendable(&shapeError{expr: op.queryAll.src, say: "a query must be an object"})
		}
		for _, k := range sortedKeys(m) {
			if q, err = addQuery(q, k, m[k], op.queryAll); err != nil {
				return "", err
			}
		}
	}
	for _, p := range op.query {
		v, err := p.expr.one(ctx, newScope(in), in)
		if err != nil {
			return "", unsendable(err)
		}
		if q, err = addQuery(q, p.name, v, p.expr); err != nil {
			return "", err
		}
	}
	if len(q) > 0 {
		sep := "?"
		if strings.Contains(target, "?") {
			sep = "&"
		}
		target += sep + strings.Join(q, "&")
	}
	return target, nil
}

// addQuery adds one parameter: null leaves it out, a list repeats it. '$' in names stays, as OData has them.
func addQuery(q []string, name string, v any, e *expr) ([]string, error) {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	for _, x := range list {
		if m, ok := x.(map[string]any); ok {
			x = outValue(m)
		}
		if x == nil {
			continue
		}
		w, ok := scalarText(x)
		if !ok {
			return nil, unsendable(&shapeError{expr: e.src, say: "a query value must be text but is " + gojq.TypeOf(x)})
		}
		q = append(q, strings.ReplaceAll(escapeURI(name), "%24", "$")+"="+escapeURI(w))
	}
	return q, nil
}

func (s *system) body(ctx context.Context, op *operation, in map[string]any) (payload, error) {
	switch {
	case op.besidesHTTP():
		return op.ask(ctx, in)
	case op.multipart != nil:
		return s.multipartBody(ctx, op, in)
	case op.upload != nil:
		return uploadBody(ctx, op, in)
	case op.rpc != nil:
		return rpcBody(ctx, op.rpc, in)
	case op.raw != nil:
		return rawBody(ctx, op.raw, in)
	case op.body != nil:
		v, err := op.body.one(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		b, err := marshal(v)
		if err != nil {
			return payload{}, unsendable(&shapeError{expr: op.body.src, say: "the body cannot be written as JSON"})
		}
		return payload{bytes: b, ctype: "application/json"}, nil
	case op.graphql != nil:
		vars := any(map[string]any{})
		if op.graphql.variables != nil {
			v, err := op.graphql.variables.one(ctx, newScope(in), in)
			if err != nil {
				return payload{}, unsendable(err)
			}
			vars = v
		}
		b, err := marshal(map[string]any{"query": op.graphql.query, "variables": vars})
		if err != nil {
			return payload{}, unsendable(&shapeError{expr: "variables", say: "they cannot be written as JSON"})
		}
		return payload{bytes: b, ctype: "application/json"}, nil
	case op.form != nil:
		f := url.Values{}
		for _, p := range op.form {
			w, err := p.expr.word(ctx, newScope(in), in)
			if err != nil {
				return payload{}, unsendable(err)
			}
			if w != "" {
				f.Add(p.name, w)
			}
		}
		return payload{bytes: []byte(f.Encode()), ctype: "application/x-www-form-urlencoded"}, nil
	case op.xml != nil:
		var b strings.Builder
		b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
		if _, err := op.xml.render(ctx, &b, in, true); err != nil {
			return payload{}, err
		}
		return payload{bytes: []byte(b.String()), ctype: "application/xml; charset=utf-8"}, nil
	case op.soap != nil:
		return s.envelope(ctx, op.soap, in)
	}
	return payload{}, nil
}

// envelope wraps an operation's XML for SOAP. The header stays empty: the transport puts the sign-in there.
func (s *system) envelope(ctx context.Context, sp *soapSpec, in map[string]any) (payload, error) {
	ns, ctype := "http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"
	if sp.version == "1.2" {
		ns, ctype = "http://www.w3.org/2003/05/soap-envelope", fmt.Sprintf("application/soap+xml; charset=utf-8; action=%q", sp.action)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="%s"><soap:Header></soap:Header><soap:Body>`, ns)
	if sp.body != nil {
		if _, err := sp.body.render(ctx, &b, in, true); err != nil {
			return payload{}, err
		}
	}
	b.WriteString(`</soap:Body></soap:Envelope>`)
	return payload{bytes: []byte(b.String()), ctype: ctype}, nil
}

// marshal writes a value as JSON; a helper's {source, value} stays as it is.
func marshal(v any) ([]byte, error) { return gojq.Marshal(v) }

// decodeJSON reads exactly one JSON value and keeps numbers as they are written.
func decodeJSON(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON value")
	}
	return v, nil
}

// unsendable turns an expression that fails on what is to be sent into the contract's error.
func unsendable(err error) error {
	var shape *shapeError
	if errors.As(err, &shape) && !shape.busy {
		return &plugins.Error{Kind: plugins.Invalid, Say: "This cannot be written in the form that the system wants: " + shape.Error() + ".", Err: err}
	}
	return drift(err)
}
