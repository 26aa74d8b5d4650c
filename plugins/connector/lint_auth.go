package connector

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/transport"
)

// authKeys are the keys of each kind of sign-in; those with ! it cannot do without.
var authKeys = map[plugins.AuthKind]string{
	plugins.AuthNone:         "",
	plugins.AuthBearer:       "",
	plugins.AuthExchange:     "token! scope audience resource user secret in_body header prefix",
	plugins.AuthOAuth2Client: "token! user! secret scope audience resource in_body header prefix",
	plugins.AuthPassword:     "token! user! secret! client client_secret scope audience resource in_body header prefix",
	plugins.AuthRefresh:      "token! secret! client client_secret scope audience resource in_body header prefix",
	plugins.AuthDevice:       "token! device! client! client_secret scope audience resource in_body header prefix",
	plugins.AuthCode:         "token! authorize! client! client_secret redirect scope audience resource in_body header prefix",
	plugins.AuthAPIKey:       "secret! header query prefix",
	plugins.AuthBasic:        "user! secret",
	plugins.AuthDigest:       "user! secret!",
	plugins.AuthMTLS:         "secret! cert",
	plugins.AuthNTLM:         "user! secret!",
	plugins.AuthKerberos:     "spn",
	plugins.AuthWSSUsername:  "user! secret! digest",
	plugins.AuthCookie:       "login! user! secret! page user_field secret_field form",
	plugins.AuthSession:      "login! user secret token refresh_token expires lifetime refresh refused send",
}

func checkAuth(f *findings, n *node, s *spec, types map[string]plugins.OptionType) {
	kind := plugins.AuthKind(n.str("kind"))
	known := map[string]bool{"kind": true, "base": true, "lost": true, "also": true}
	for _, key := range strings.Fields(authKeys[kind]) {
		key, must := strings.CutSuffix(key, "!")
		known[key] = true
		if must && n.get(key) == nil {
			f.fail(n, "Add "+key+".", "Sign-in of kind %s lacks %s.", kind, key)
		}
	}
	for _, key := range n.keys {
		if !known[key] {
			f.fail(&node{path: n.path, line: n.kids[key].keyLine, col: n.kids[key].keyCol}, "Take it out; kind "+string(kind)+" knows "+strings.ReplaceAll(either(authKeys[kind], "no other keys"), "!", "")+".",
				"The key %s means nothing to sign-in of kind %s.", key, kind)
		}
	}
	hasCert := slices.ContainsFunc(n.get("also").list(), func(x *node) bool { return x.str("kind") == string(plugins.AuthMTLS) })
	switch {
	case kind == plugins.AuthAPIKey && n.get("header") == nil && n.get("query") == nil:
		f.fail(n, "Add header: x-api-key (or query: key where nothing else is offered).", "Sign-in with a key does not say where the key goes.")
	case kind == plugins.AuthOAuth2Client && n.get("secret") == nil && !hasCert:
		f.fail(n, "Add secret, or also: [{kind: mtls, …}] where the certificate is the client's proof.", "Sign-in of kind %s lacks secret.", kind)
	case kind == plugins.AuthBasic && n.get("secret") == nil && n.get("user") != nil && types[n.str("user")] != plugins.OptionSecret:
		f.fail(n, "Add secret: password; or give the option under user type: secret, where a key is sent as the user name and there is no password.", "Sign-in of kind %s lacks secret.", kind)
	case kind == plugins.AuthSession && n.get("user") == nil && n.get("secret") == nil:
		f.fail(n, "Add user: username, secret: password (names of options).", "Sign-in of kind session has neither user nor secret.")
	}
	for _, key := range []string{"user", "secret", "base", "client", "client_secret", "cert"} {
		checkOptionName(f, n, key, types)
	}
	checkServiceName(f, n, types)
	for _, key := range []string{"token", "login", "page", "device", "authorize"} {
		t := n.get(key)
		if t == nil || kind == plugins.AuthSession {
			continue
		}
		if key == "login" && t.shape != scalar {
			f.fail(t, "Use kind: session, or write login: /path.", "kind: cookie posts a form to one address; a login of several parts is kind: session.")
			continue
		}
		checkEndpoint(f, t, t.text(), s)
	}
	if t := n.get("redirect"); t != nil {
		if u, err := url.Parse(t.text()); err != nil || u.Scheme != "http" || !loopback(u.Hostname()) {
			f.fail(t, "Write http://127.0.0.1:8765/callback, or leave it out: then any free port is used.", "The browser can only come back to this machine.")
		}
	}
	if l := n.get("lost"); l != nil && len(l.keys) == 0 {
		f.fail(l, "Write lost: {when: '.status == 403'} or text: or path:.", "lost does not say how a lost session is known.")
	}
	if kind == plugins.AuthSession {
		checkSession(f, n, s, types)
	}
	for _, a := range n.get("also").list() {
		checkAuth(f, a, s, types)
	}
}

func checkOptionName(f *findings, n *node, key string, types map[string]plugins.OptionType) {
	v := n.get(key)
	if v == nil {
		return
	}
	secret := key == "secret" || key == "client_secret"
	t, known := types[v.text()]
	switch {
	case !known && secret:
		f.fail(v, "Declare options: {"+key+": {type: secret, required: true}} and name it here; the value itself lives in the keyring.", "%s must name an option; a secret never stands in the file.", key)
	case !known:
		f.fail(v, "Declare it under options.", "%s names %q, which is not an option.", key, v.text())
	case secret && t != plugins.OptionSecret:
		f.fail(v, "Give the option type: secret.", "The option %q is not secret.", v.text())
	case key == "base" && t != plugins.OptionURL:
		f.fail(v, "Give the option type: url.", "The option %q is not an address.", v.text())
	case !secret && key != "base" && t != plugins.OptionString && t != plugins.OptionSecret:
		f.fail(v, "Give the option type: string.", "The option %q is of type %s, which cannot be %s.", v.text(), t, key)
	}
}

var serviceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)

// checkServiceName files an spn that is neither a service's name nor an option that can hold one.
func checkServiceName(f *findings, n *node, types map[string]plugins.OptionType) {
	v := n.get("spn")
	if v == nil {
		return
	}
	if !strings.Contains(v.text(), "/") {
		checkOptionName(f, n, "spn", types)
	} else if !serviceName.MatchString(v.text()) {
		f.fail(v, "Write spn: HTTP/records.force.example, or the name of an option.", "%q is not the name of a service.", v.text())
	}
}

// checkEndpoint files what makes an address of the sign-in unfit.
func checkEndpoint(f *findings, n *node, at string, s *spec) {
	switch {
	case !urlStart.MatchString(at):
		if at != "" && !strings.HasPrefix(at, "/") {
			f.fail(n, "Begin the path with /.", "The path %q is not below the server address.", at)
		}
		return
	case strings.Contains(at, "$"):
		f.fail(n, "Declare a url option, name it under base and write the path only.", "An absolute address cannot have inserts.")
		return
	}
	address(f, n, at)
	if u, err := url.Parse(at); err == nil && u.Host != "" && !slices.Contains(s.hosts, u.Host) && !slices.Contains(s.hosts, u.Hostname()) {
		f.fail(n, "Add it to hosts.", "The host %s is not declared.", u.Host)
	}
}

func checkSession(f *findings, n *node, s *spec, types map[string]plugins.OptionType) {
	names := map[string]bool{"user": n.get("user") != nil, "secret": n.get("secret") != nil}
	for o := range types {
		names[o] = true
	}
	for _, st := range n.get("login").list() {
		if st.shape != mapping {
			f.fail(st, "Write login: {post: /path, json: {user: $user, password: $secret}}.", "The login of a session is a request.")
			return
		}
		checkStep(f, st, s, names)
		for _, k := range st.get("keep").keysOf() {
			names[k] = true
		}
	}
	if n.get("token") != nil {
		names["token"] = true
	}
	if n.get("refresh_token") != nil {
		names["refresh"] = true
	}
	if st := n.get("refresh"); st != nil {
		delete(names, "user")
		delete(names, "secret")
		checkStep(f, st, s, names)
	} else if n.get("refresh_token") != nil {
		f.fail(n.get("refresh_token"), "Add refresh: {post: /auth/refresh, json: {refresh_token: $refresh}}.", "A refresh token is read but nothing sends it.")
	}
	delete(names, "user")
	delete(names, "secret")
	for _, x := range n.get("send").list() {
		places := 0
		for _, k := range []string{"header", "query", "cookie", "json", "soap"} {
			if x.get(k) != nil {
				places++
			}
		}
		switch {
		case places != 1:
			f.fail(x, "Write one of header, query, cookie, json and soap.", "send names %d places for one value.", places)
		case x.get("prefix") != nil && x.get("header") == nil:
			f.fail(x.get("prefix"), "Put it into value: 'prefix$token'.", "A prefix stands before a header only.")
		case n.get("token") == nil && x.get("value") == nil && x.get("soap") == nil:
			f.fail(x, "Add token: .token to the sign-in, or value: $name of something kept.", "There is no token to send.")
		}
		for _, k := range []string{"value", "soap"} {
			checkTemplate(f, x.get(k), names)
		}
	}
}

func checkStep(f *findings, st *node, s *spec, names map[string]bool) {
	count := 0
	for _, m := range methods {
		if p := st.get(m); p != nil {
			count++
			checkEndpoint(f, p, p.text(), s)
			checkTemplate(f, p, names)
		}
	}
	if count != 1 {
		f.fail(st, "Write post: /path.", "A login request has one method and path; here stand %d.", count)
	}
	bodies := 0
	for _, k := range []string{"json", "form", "xml"} {
		if st.get(k) != nil {
			bodies++
		}
	}
	switch {
	case bodies > 1:
		f.fail(st, "Keep one of json, form and xml.", "A request has one body; here stand %d.", bodies)
	case bodies > 0 && st.get("get") != nil:
		f.fail(st, "Use post.", "A get carries no body.")
	}
	for _, k := range []string{"json", "form", "query", "headers", "xml"} {
		checkTemplate(f, st.get(k), names)
	}
}

// checkTemplate files names that nothing gives a value, and secrets that are written out.
func checkTemplate(f *findings, n *node, names map[string]bool) {
	if n == nil {
		return
	}
	for _, k := range n.keys {
		v := n.kids[k]
		if w, ok := v.value.(string); ok && secretName.MatchString(k) && len(w) >= 4 && !strings.Contains(w, "$") {
			f.fail(v, "Write $secret, or $name of an option of type secret.", "A secret seems to be written under %q.", k)
		}
		checkTemplate(f, v, names)
	}
	for _, x := range n.items {
		checkTemplate(f, x, names)
	}
	for _, name := range transport.TemplateNames(n.text()) {
		if !names[name] {
			f.fail(n, "Use $user, $secret, $token, $refresh, the name of an option, or a name under keep of an earlier step; write $$ for a dollar.", "Nothing gives $%s a value here.", name)
		}
	}
}

// keysOf lists the keys of a mapping; safe on nil.
func (n *node) keysOf() []string {
	if n == nil {
		return nil
	}
	return n.keys
}
