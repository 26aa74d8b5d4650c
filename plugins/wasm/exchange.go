package wasm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"muster/plugins"
	"muster/plugins/transport"
	"muster/plugins/wasm/guest"
)

// kept are headers that the host writes itself: connection, length and credentials are its business.
var kept = []string{"Authorization", "Proxy-Authorization", "Cookie", "Host", "Connection", "Proxy-Connection", "Keep-Alive",
	"Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Expect", "Accept-Encoding"}

var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// exchange sends one request of the guest and makes the answer that the guest takes: a head in JSON and a body.
func (c *call) exchange(head, body []byte) ([]byte, []byte) {
	c.lastOK = false
	c.asked++
	resp, answer, err := c.send(head, body)
	out := guest.Response{Size: len(answer)}
	if resp != nil {
		out.Status, out.Headers = resp.StatusCode, headersOf(resp.Header)
	}
	if err != nil {
		c.failures = append(c.failures, err)
		out.Error = &guest.Error{Kind: string(err.Kind), Say: err.Say, After: seconds(err.After), Cause: len(c.failures)}
	} else {
		c.answered++
		c.lastOK = true
	}
	b, jerr := json.Marshal(out)
	if jerr != nil {
		b = []byte(`{"size":0,"error":{"kind":"drift"}}`) // cannot happen: it holds plain text
		answer = nil
	}
	return b, answer
}

func headersOf(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		switch name {
		case "Set-Cookie", "Www-Authenticate", "Proxy-Authenticate":
			continue // sessions and credentials are the host's
		}
		out[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "\ufffd")
	}
	return out
}

// send does it. A status that is a failure comes with its error.
func (c *call) send(head, body []byte) (*http.Response, []byte, *plugins.Error) {
	s := c.sys
	if c.asked > s.p.opts.Limits.Requests {
		e := s.fault("it sent more than the %d requests that one operation may need", s.p.opts.Limits.Requests)
		c.broken = first(c.broken, e)
		return nil, nil, e
	}
	req, write, refusal := c.request(head, body)
	if refusal != nil {
		c.broken = first(c.broken, refusal)
		return nil, nil, refusal
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		e := c.transportError(err)
		if errors.Is(err, transport.ErrUndeclared) && e.Kind == plugins.Denied {
			c.broken = first(c.broken, e)
		}
		c.wrote = c.wrote || write && e.Kind == plugins.Unknown
		return nil, nil, e
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, int64(s.p.opts.Limits.Answer)+1))
	switch {
	case err != nil:
		c.wrote = c.wrote || write
		return nil, nil, c.transportError(err)
	case len(answer) > s.p.opts.Limits.Answer:
		c.wrote = c.wrote || write
		return nil, nil, s.fail(plugins.Drift, "%s sent more in one answer than its plugin may be given. Narrow the search, or tell IT.", s.name)
	}
	e := transport.FromStatus(s.name, resp, write)
	if e != nil {
		e.System = s.env.System
	}
	c.wrote = c.wrote || write && (e == nil || e.Kind == plugins.Unknown)
	return resp, answer, e
}

// request builds what the guest wants to send, or refuses it.
func (c *call) request(head, body []byte) (_ *http.Request, write bool, _ *plugins.Error) {
	s := c.sys
	var in guest.Request
	if err := strict(head, &in); err != nil {
		return nil, false, s.fault("it asked for a request that cannot be read (%s)", err)
	}
	method := in.Method
	if method == "" {
		method = http.MethodGet
	}
	if !slices.Contains(methods, method) {
		return nil, false, s.fault("it asked for a request of the method %q", clip(method))
	}
	u, err := s.resolve(in.URL)
	if err != nil {
		return nil, false, s.fault("it asked for a request to an address that cannot be read")
	}
	write = c.op == guest.OpSubmit && !in.Read && method != http.MethodGet && method != http.MethodHead
	if c.op != guest.OpSubmit && (method == http.MethodPut || method == http.MethodPatch || method == http.MethodDelete) {
		return nil, false, s.fault("it tried to change something (%s) while it was only asked to read", method)
	}
	ctx := c.ctx
	switch {
	case !write:
		ctx = transport.AsRead(ctx)
	case in.Idempotent:
		ctx = transport.Idempotent(ctx)
	}
	var r io.Reader
	if len(body) > 0 {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), r)
	if err != nil {
		return nil, false, s.fault("it asked for a request that cannot be sent")
	}
	for name, value := range in.Headers {
		switch {
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
			return nil, false, s.fault("it asked for a header that cannot be sent")
		case slices.Contains(kept, http.CanonicalHeaderKey(name)):
			return nil, false, s.fault("it set the header %s, which Muster writes itself: leave it out", http.CanonicalHeaderKey(name))
		}
		req.Header.Set(name, value)
	}
	return req, write, nil
}

var errAddress = errors.New("not an address")

// resolve reads an absolute address, or a path below the base.
func (s *system) resolve(ref string) (*url.URL, error) {
	if strings.HasPrefix(ref, "/") && !strings.HasPrefix(ref, "//") {
		if s.base == nil {
			return nil, errAddress
		}
		ref = strings.TrimSuffix(s.base.String(), "/") + ref
	}
	u, err := url.Parse(ref)
	if err != nil || u.Host == "" {
		return nil, errAddress
	}
	return u, nil
}

// transportError finds the transport's own error inside what http.Client wraps round it, with its URL.
func (c *call) transportError(err error) *plugins.Error {
	var e *plugins.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(c.ctx.Err(), context.Canceled):
		return c.sys.fail(plugins.Cancelled, "Stopped.")
	}
	return c.sys.fail(plugins.Unavailable, "The connection to %s broke off. Try again later.", c.sys.name)
}

func first(a, b *plugins.Error) *plugins.Error {
	if a != nil {
		return a
	}
	return b
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

var memberForm = regexp.MustCompile(`^"[A-Za-z_]{1,30}"$`)

// strict decodes JSON of exactly the shape of out. Its errors name members, never values.
func strict(b []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		var typ *json.UnmarshalTypeError
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &typ):
			what, _, _ := strings.Cut(typ.Value, " ") // "number 5" holds the number
			return errors.New(typ.Field + " is of another type: " + what)
		case errors.As(err, &syntax):
			return errors.New("not JSON")
		case strings.HasPrefix(err.Error(), "json: unknown field "):
			if name := strings.TrimPrefix(err.Error(), "json: unknown field "); memberForm.MatchString(name) {
				return errors.New("unknown member " + name)
			}
			return errors.New("unknown member") // a name of another form may be data
		}
		return errors.New("not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more after its end")
	}
	return nil
}
