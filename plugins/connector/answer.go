package connector

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"muster/plugins"
	"muster/plugins/transport"
)

// answer is one HTTP answer, read and parsed.
type answer struct {
	status  int
	headers map[string]any // by lower-case name
	body    any            // null when there is none or it cannot be parsed
	raw     []byte
	bad     string // why the body could not be parsed
	resp    *http.Response
	url     *url.URL
	write   bool
}

// root gives what errors, none, ok and refused see.
func (a *answer) root() map[string]any {
	return map[string]any{"status": a.status, "headers": a.headers, "body": a.body}
}

// parse reads the body by what the operation expects, whatever its label says, except that a web page is never data.
func (a *answer) parse(op *operation, s *spec) {
	want := (&system{spec: s}).answers(op)
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(a.raw, []byte("\xef\xbb\xbf")))
	ctype, params, _ := mime.ParseMediaType(a.resp.Header.Get("Content-Type"))
	if len(trimmed) == 0 {
		if a.status != http.StatusNoContent {
			a.bad = "the answer is empty"
		}
		return
	}
	if ctype != "text/html" && a.table(op, s, want, ctype, params["boundary"]) {
		return
	}
	if want == "html" && a.status < 400 {
		v, err := decodeHTML(a.raw, a.resp.Header.Get("Content-Type"), op.html)
		if err != nil {
			a.bad = err.Error()
			return
		}
		a.body = v
		return
	}
	if want == "text" && a.status < 400 {
		text, err := decodeText(a.raw, a.resp.Header.Get("Content-Type"))
		if err != nil {
			a.bad = err.Error()
			return
		}
		a.body = text
		return
	}
	// A page that was asked for as data is the sign-in page, or a proxy's; some old servers label data so as well.
	if (ctype == "text/html" || ctype == "application/xhtml+xml") && trimmed[0] == '<' && !bytes.HasPrefix(trimmed, []byte("<?xml")) {
		a.bad = "it answered with a web page"
		return
	}
	if want == "xml" {
		m, err := decodeXML(trimmed, s.lists)
		if err != nil {
			a.bad = err.Error()
			return
		}
		a.body = m
		if op.soap != nil {
			env, _ := m["Envelope"].(map[string]any)
			body, ok := env["Body"].(map[string]any)
			if text, _ := env["Body"].(string); !ok && env["Body"] != nil && strings.TrimSpace(text) == "" {
				body, ok = map[string]any{}, true // an envelope with nothing in it: what is read from it says what is missing
			}
			if !ok {
				a.body, a.bad = nil, "the answer is not a SOAP envelope"
				return
			}
			a.body = body
		}
		a.unwrap(op)
		return
	}
	v, err := decodeJSON(trimmed)
	if err != nil {
		a.bad = "the answer is not JSON"
		return
	}
	a.body = v
	a.unwrap(op)
}

// unwrap takes a remote call's result out of its answer.
func (a *answer) unwrap(op *operation) {
	if op.rpc == nil || a.status >= 400 {
		return
	}
	v, err := rpcAnswer(op.rpc, a.body)
	if err != nil {
		a.body, a.bad = nil, err.Error()
		return
	}
	a.body = v
}

// decodeText gives a text answer in UTF-8, whatever its label says it is written in.
func decodeText(raw []byte, ctype string) (string, error) {
	_, params, _ := mime.ParseMediaType(ctype)
	label := either(params["charset"], "utf-8")
	r, err := charset(label, bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return strings.ToValidUTF8(strings.TrimPrefix(string(b), "\ufeff"), "\ufffd"), err
}

// judge turns an answer into an error: the operation's rules, the connector's, the protocol's, then the status.
func (s *system) judge(ctx context.Context, op *operation, a *answer) *plugins.Error {
	sc := newScope(nil).answer(a)
	for _, rules := range [][]rule{op.errors, s.spec.errors} {
		for _, r := range rules {
			hit, err := r.when.truth(ctx, sc, a.root())
			if err != nil || !hit {
				continue // a rule that does not fit this answer's shape does not match it
			}
			return s.ruled(ctx, r, a, sc)
		}
	}
	if op.soap != nil {
		if e := s.fault(a); e != nil {
			return e
		}
	}
	if op.besidesHTTP() {
		if e := s.refused(op, a); e != nil {
			return e
		}
	}
	if e := transport.FromStatus(s.spec.name, a.resp, a.write); e != nil {
		e.System = s.env.System
		return e
	}
	if op.rpc != nil {
		if e := s.rpcError(a); e != nil {
			return e
		}
	}
	if op.graphql != nil {
		if e := s.graphqlError(a); e != nil {
			return e
		}
	}
	if a.bad != "" {
		if a.write {
			return s.fail(plugins.Unknown, "It is not known whether %s took this: %s. Muster asks the system before sending again.", s.spec.name, a.bad)
		}
		return s.fail(plugins.Drift, "%s did not answer as documented: %s. Tell whoever keeps its connector.", s.spec.name, a.bad)
	}
	return nil
}

func (s *system) ruled(ctx context.Context, r rule, a *answer, sc *scope) *plugins.Error {
	e := &plugins.Error{Kind: r.is, System: s.env.System}
	if base := transport.FromStatus(s.spec.name, a.resp, a.write); base != nil {
		e.Err, e.After = base.Err, base.After
		if base.Kind == r.is {
			e.Say = base.Say
		}
	}
	if e.After == 0 {
		e.After = retryAfter(a.resp.Header.Get("Retry-After"), s.env.Now())
	}
	text := func(x *expr) string {
		if x == nil {
			return ""
		}
		w, err := x.word(ctx, sc, a.root())
		if err != nil {
			return ""
		}
		return tidy(w)
	}
	if w := text(r.say); w != "" {
		e.Say = w
	}
	e.Ref = text(r.ref)
	if w := text(r.after); w != "" {
		e.After = retryAfter(w, s.env.Now())
	}
	if r.fields != nil {
		e.Fields = fieldErrors(ctx, r.fields, sc, a.root())
	}
	if e.Say == "" {
		e.Say = s.words(r.is)
	}
	return e
}

// words is what an officer reads when a rule gives no words of its own.
func (s *system) words(k plugins.ErrorKind) string {
	switch k {
	case plugins.Auth:
		return s.spec.name + " did not accept the sign-in. Sign in again, or check the credential stored for it."
	case plugins.Denied:
		return s.spec.name + " does not allow this to you. Ask the system's owner for access."
	case plugins.NotFound:
		return s.spec.name + " has no such record."
	case plugins.Duplicate:
		return s.spec.name + " already has this."
	case plugins.Invalid:
		return s.spec.name + " did not accept what was sent. Check the fields and try again."
	case plugins.Limited:
		return s.spec.name + " has had too many requests for now. Try again later."
	case plugins.Unknown:
		return "It is not known whether " + s.spec.name + " took this. Muster asks the system before sending again."
	case plugins.Drift:
		return s.spec.name + " did not answer as documented. Tell whoever keeps its connector."
	}
	return s.spec.name + " could not answer. Try again later."
}

// fieldErrors reads [{path, say}]; anything else gives none, because an error must still be told when its details
// are odd.
func fieldErrors(ctx context.Context, x *expr, sc *scope, root any) []plugins.FieldError {
	vs, err := x.all(ctx, sc, root)
	if err != nil {
		return nil
	}
	var out []plugins.FieldError
	for _, v := range flatten(vs) {
		m, ok := v.(map[string]any)
		if !ok || len(out) == 100 {
			continue
		}
		path, _ := scalarText(m["path"])
		say, _ := scalarText(m["say"])
		if path != "" || say != "" {
			out = append(out, plugins.FieldError{Path: tidy(path), Say: tidy(say)})
		}
	}
	return out
}

// fault reads a SOAP 1.1 or 1.2 fault.
func (s *system) fault(a *answer) *plugins.Error {
	body, _ := a.body.(map[string]any)
	f, ok := body["Fault"].(map[string]any)
	if !ok {
		return nil
	}
	code, _ := f["faultcode"].(string)
	if m, ok := f["faultcode"].(map[string]any); ok {
		code, _ = m["#text"].(string)
	}
	if m, ok := f["Code"].(map[string]any); ok {
		code, _ = m["Value"].(string)
		if sub, ok := m["Subcode"].(map[string]any); ok {
			if v, ok := sub["Value"].(string); ok {
				code = v
			}
		}
	}
	_, local, found := strings.Cut(code, ":")
	if !found {
		local = code
	}
	local, _, _ = strings.Cut(local, ".")
	kind := plugins.Unavailable
	switch local {
	case "FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken", "FailedCheck", "SecurityTokenUnavailable":
		kind = plugins.Auth
	case "Client", "Sender":
		kind = plugins.Invalid
	case "VersionMismatch", "MustUnderstand":
		kind = plugins.Drift
	default:
		if a.write {
			kind = plugins.Unknown
		}
	}
	return &plugins.Error{Kind: kind, System: s.env.System, Say: s.words(kind), Err: errors.New("SOAP fault " + tidy(local))}
}

// graphqlError reads errors[] of a GraphQL answer with status 200.
func (s *system) graphqlError(a *answer) *plugins.Error {
	body, _ := a.body.(map[string]any)
	list, _ := body["errors"].([]any)
	if len(list) == 0 {
		return nil
	}
	first, _ := list[0].(map[string]any)
	ext, _ := first["extensions"].(map[string]any)
	code, _ := ext["code"].(string)
	kind := plugins.Unavailable
	switch code {
	case "UNAUTHENTICATED":
		kind = plugins.Auth
	case "FORBIDDEN":
		kind = plugins.Denied
	case "NOT_FOUND":
		kind = plugins.NotFound
	case "BAD_USER_INPUT":
		kind = plugins.Invalid
	case "RATE_LIMITED", "TOO_MANY_REQUESTS", "THROTTLED":
		kind = plugins.Limited
	case "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED":
		kind = plugins.Drift
	default:
		if a.write {
			kind = plugins.Unknown
		}
	}
	return &plugins.Error{Kind: kind, System: s.env.System, Say: s.words(kind), After: retryAfter(a.resp.Header.Get("Retry-After"), s.env.Now()),
		Err: errors.New("GraphQL error " + tidy(code))}
}

// retryAfter reads both forms of Retry-After.
func retryAfter(h string, now time.Time) time.Duration {
	if h = strings.TrimSpace(h); h == "" {
		return 0
	}
	if n, err := strconv.Atoi(h); err == nil && n >= 0 {
		return time.Duration(min(n, 86400)) * time.Second
	}
	if t, err := http.ParseTime(h); err == nil && t.After(now) {
		return min(t.Sub(now), 24*time.Hour)
	}
	return 0
}

// tidy makes a system's words fit to show: one line, no control characters, at most 300 letters.
func tidy(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(s); len(r) > 300 {
		return string(r[:299]) + "…"
	}
	return s
}

func (s *system) fail(kind plugins.ErrorKind, format string, args ...any) *plugins.Error {
	e := plugins.Errorf(kind, format, args...)
	e.System = s.env.System
	return e
}

// named makes any failure this system's *plugins.Error.
func (s *system) named(err error) *plugins.Error {
	e := drift(err)
	if e.System == "" {
		c := *e
		c.System = s.env.System
		return &c
	}
	return e
}

// transportError finds the transport's own error inside what http.Client wraps round it, with its URL.
func transportError(ctx context.Context, err error) error {
	var e *plugins.Error
	switch {
	case errors.As(err, &e):
		return e
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return &plugins.Error{Kind: plugins.Cancelled, Say: "Stopped.", Err: ctx.Err()}
	}
	return &plugins.Error{Kind: plugins.Unavailable, Say: "The connection broke off. Try again later."}
}
