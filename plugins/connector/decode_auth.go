package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"muster/plugins"
)

func (r *reader) auth(a *node, base string, lists listRules) plugins.AuthSpec {
	kind := plugins.AuthKind(a.str("kind"))
	out := plugins.AuthSpec{Kind: kind, Base: either(a.str("base"), base),
		Scope: a.str("scope"), Audience: a.str("audience"), Resource: a.str("resource"), Header: a.str("header"), Prefix: a.str("prefix"),
		Query: a.str("query"), User: a.str("user"), Secret: a.str("secret"), Digest: a.flag("digest"), InBody: a.flag("in_body"),
		Page: a.str("page"), UserField: a.str("user_field"), SecretField: a.str("secret_field"),
		Client: a.str("client"), ClientSecret: a.str("client_secret"), Device: a.str("device"), Authorize: a.str("authorize"),
		Redirect: a.str("redirect"), Cert: a.str("cert"), SPN: a.str("spn"),
		Lost: plugins.LostSession{Path: a.get("lost").str("path"), Text: a.get("lost").str("text"), When: r.reads(a.get("lost"), "when", lists, true)}}
	if kind == plugins.AuthSession {
		out.Session = r.session(a, lists)
	} else {
		out.Token, out.Login, out.Form = a.str("token"), a.str("login"), literals(a.get("form"))
	}
	for _, x := range a.get("also").list() {
		out.Also = append(out.Also, r.auth(x, out.Base, lists))
	}
	return out
}

func (r *reader) session(a *node, lists listRules) *plugins.SessionSpec {
	s := &plugins.SessionSpec{Token: r.reads(a, "token", lists, false), RefreshToken: r.reads(a, "refresh_token", lists, false),
		Expires: r.reads(a, "expires", lists, false), Refused: r.reads(a, "refused", lists, true)}
	for _, st := range a.get("login").list() {
		s.Login = append(s.Login, r.step(st, lists))
	}
	if st := a.get("refresh"); st != nil {
		step := r.step(st, lists)
		s.Refresh = &step
	}
	if t := a.str("lifetime"); t != "" {
		d, err := time.ParseDuration(t)
		if err != nil || d <= 0 {
			r.f.fail(a.get("lifetime"), "Write it as 30m or 8h.", "%q is not a time span.", t)
		}
		s.Lifetime = d
	}
	for _, x := range a.get("send").list() {
		s.Send = append(s.Send, plugins.SessionSend{Header: x.str("header"), Query: x.str("query"), Cookie: x.str("cookie"), JSON: x.str("json"),
			SOAP: x.str("soap"), Prefix: x.str("prefix"), Value: x.str("value")})
	}
	return s
}

func (r *reader) step(n *node, lists listRules) plugins.SessionStep {
	st := plugins.SessionStep{Query: literals(n.get("query")), Headers: literals(n.get("headers")), Form: literals(n.get("form")), XML: n.str("xml"), Basic: n.flag("basic")}
	for _, m := range methods {
		if p := n.get(m); p != nil {
			st.Method, st.Path = strings.ToUpper(m), p.text()
		}
	}
	if j := n.get("json"); j != nil {
		st.JSON = j.plain()
	}
	if k := n.get("keep"); k != nil {
		st.Keep = map[string]plugins.AuthRead{}
		for _, name := range k.keys {
			if read := r.reads(k, name, lists, false); read != nil {
				st.Keep[name] = read
			}
		}
	}
	return st
}

func literals(n *node) map[string]string {
	if n == nil {
		return nil
	}
	out := map[string]string{}
	for _, k := range n.keys {
		out[k] = n.str(k)
	}
	return out
}

// reads compiles an expression over the answer to a sign-in: over its body or, where whole is set, over
// {status, headers, body}.
func (r *reader) reads(n *node, key string, lists listRules, whole bool) plugins.AuthRead {
	e := r.expr(n, key)
	if e == nil {
		return nil
	}
	return func(ctx context.Context, got plugins.AuthAnswer) (any, error) {
		a := &answer{status: got.Status, raw: got.Body, headers: map[string]any{}, body: anyBody(got, lists)}
		for k, v := range got.Header {
			a.headers[strings.ToLower(k)] = strings.Join(v, ", ")
		}
		in := a.body
		if whole {
			in = a.root()
		}
		v, err := e.one(ctx, newScope(nil).answer(a), in)
		if m, ok := v.(map[string]any); ok {
			v = outValue(m)
		}
		if num, ok := v.(json.Number); ok && err == nil {
			return num, nil
		}
		return v, err
	}
}

// anyBody reads a body by what it looks like: JSON, XML, else text; a sign-in may answer in any of them.
func anyBody(a plugins.AuthAnswer, lists listRules) any {
	b := bytes.TrimSpace(bytes.TrimPrefix(a.Body, []byte("\xef\xbb\xbf")))
	if len(b) == 0 {
		return nil
	}
	if v, err := decodeJSON(b); err == nil {
		return v
	}
	if b[0] == '<' && !strings.Contains(http.Header(a.Header).Get("Content-Type"), "html") {
		if m, err := decodeXML(b, lists); err == nil {
			return m
		}
	}
	return string(b)
}
