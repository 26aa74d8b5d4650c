package connector

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

const sessionFile = `connector: 1
id: acme
name: Acme
options:
  base_url: {type: url, label: Server address, required: true}
  app_id: {type: string, label: Application, default: muster}
  username: {type: string, label: User name, asked: true}
  password: {type: secret, label: Password, required: true}
auth:
  AUTH
check: {get: /me, expect: '.ok'}
kinds:
  person:
    search: {by: [surname], post: /rpc, body: '{method: "person.get", family: .q.surname}', records: '.items[]'}
    fields: {id: .id, surname: .family}
`

type given map[string]string

func (given) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, transport.ErrNoCredential
}

func (g given) Value(_ context.Context, _, name string) (string, error) {
	if v, ok := g[name]; ok {
		return v, nil
	}
	return "", transport.ErrNoCredential
}

func signedIn(t *testing.T, auth, base string, g given) plugins.System {
	t.Helper()
	src := strings.Replace(sessionFile, "AUTH", auth, 1)
	if ps := Lint("acme.yaml", []byte(src), dictionary(t)); len(ps) > 0 {
		t.Fatal(ps)
	}
	c, err := Load("acme.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	info, cfg := c.Info(), plugins.Config{"base_url": base, "app_id": "muster"}
	client, err := transport.New(transport.Options{System: "acme", Info: info, Config: cfg, Credentials: g,
		Permit: func(context.Context, *http.Request) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	s, err := info.Open(context.Background(), plugins.Env{System: "acme", HTTP: client, Config: cfg, Dictionary: dictionary(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// product is a server whose login works as that of a product which people have.
type product struct {
	mu     sync.Mutex
	wrong  int
	logins int
	login  func(p *product, w http.ResponseWriter, r *http.Request, in map[string]any, ok bool)
	good   func(p *product, r *http.Request, in map[string]any) bool
	bad    func(w http.ResponseWriter)
}

func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	raw, _ := io.ReadAll(r.Body)
	var in map[string]any
	_ = json.Unmarshal(raw, &in)
	if r.URL.Path == "/login/refresh" {
		w.WriteHeader(401)
		return
	}
	if r.URL.Path == "/login" || in["method"] == "user.login" {
		ok := strings.Contains(string(raw), "officer") && strings.Contains(string(raw), "right-password")
		if ok {
			p.logins++
		} else {
			p.wrong++
		}
		p.login(p, w, r, in, ok)
		return
	}
	if !p.good(p, r, in) {
		p.bad(w)
		return
	}
	io.WriteString(w, `{"ok":true,"items":[{"id":"1","family":"Smith"}]}`)
}

func (p *product) token() string { return fmt.Sprintf("product-token-%d", p.logins) }

func TestSessionsOfProducts(t *testing.T) {
	bearer := func(p *product, r *http.Request, _ map[string]any) bool {
		return r.Header.Get("Authorization") == "Bearer "+p.token()
	}
	unauthorised := func(w http.ResponseWriter) { w.WriteHeader(401) }
	for name, c := range map[string]struct {
		auth string
		p    *product
	}{
		"password answered 400": {`{kind: session, user: username, secret: password, login: {post: /login, json: {identity: $user, password: $secret}}, token: .token}`,
			&product{good: bearer, bad: unauthorised, login: func(p *product, w http.ResponseWriter, _ *http.Request, _ map[string]any, ok bool) {
				if !ok {
					w.WriteHeader(400)
					return
				}
				fmt.Fprintf(w, `{"token":%q}`, p.token())
			}}},
		"nested, milliseconds": {`{kind: session, user: username, secret: password, login: {post: /login, json: {email: $user, password: $secret}}, token: .data.access_token,
    refresh_token: .data.refresh_token, expires: .data.expires / 1000, refresh: {post: /login/refresh, json: {refresh_token: $refresh}}}`,
			&product{good: bearer, bad: unauthorised, login: func(p *product, w http.ResponseWriter, _ *http.Request, _ map[string]any, ok bool) {
				if !ok {
					w.WriteHeader(401)
					return
				}
				fmt.Fprintf(w, `{"data":{"access_token":%q,"refresh_token":"refresh-of-it","expires":900000}}`, p.token())
			}}},
		"JSON-RPC, all with 200": {`{kind: session, user: username, secret: password, login: {post: /rpc, json: {jsonrpc: "2.0", method: user.login, params: {username: $user, password: $secret}, id: 1}},
    token: .result, refused: .body.error != null, send: {json: auth}, lost: {when: '.status == 200 and .body.error.data == "Session terminated"'}}`,
			&product{good: func(p *product, r *http.Request, in map[string]any) bool {
				return r.Method == http.MethodGet || in["auth"] == p.token() // a check by GET has no body
			}, bad: func(w http.ResponseWriter) { io.WriteString(w, `{"error":{"data":"Session terminated"}}`) },
				login: func(p *product, w http.ResponseWriter, _ *http.Request, in map[string]any, ok bool) {
					if !ok {
						io.WriteString(w, `{"error":{"data":"Login name or password is incorrect."}}`)
						return
					}
					if fmt.Sprint(in["id"]) != "1" {
						w.WriteHeader(500)
					}
					fmt.Fprintf(w, `{"result":%q}`, p.token())
				}}},
		"two headers": {`{kind: session, user: username, secret: password, login: {post: /login, form: {user: $user, password: $secret}, keep: {uid: .data.userId}}, token: .data.authToken,
    send: [{header: X-Auth-Token}, {header: X-User-Id, value: $uid}]}`,
			&product{good: func(p *product, r *http.Request, _ map[string]any) bool {
				return r.Header.Get("X-Auth-Token") == p.token() && r.Header.Get("X-User-Id") == "42"
			}, bad: unauthorised, login: func(p *product, w http.ResponseWriter, _ *http.Request, _ map[string]any, ok bool) {
				if !ok {
					w.WriteHeader(403)
					return
				}
				fmt.Fprintf(w, `{"data":{"authToken":%q,"userId":42}}`, p.token())
			}}},
		"application headers, token in a header": {`{kind: session, user: username, secret: password, login: {post: /login, json: {u: $user, p: $secret}, headers: {X-App: $app_id}}, token: '$headers["x-session"]',
    send: [{header: X-Session}, {header: X-App, value: $app_id}]}`,
			&product{good: func(p *product, r *http.Request, _ map[string]any) bool {
				return r.Header.Get("X-Session") == p.token() && r.Header.Get("X-App") == "muster"
			}, bad: unauthorised, login: func(p *product, w http.ResponseWriter, r *http.Request, _ map[string]any, ok bool) {
				if !ok || r.Header.Get("X-App") != "muster" {
					w.WriteHeader(404)
					return
				}
				w.Header().Set("X-Session", p.token())
			}}},
		"cookies": {`{kind: session, user: username, secret: password, login: {post: /login, json: {name: $user, password: $secret}}}`,
			&product{good: func(p *product, r *http.Request, _ map[string]any) bool {
				k, err := r.Cookie("AuthSession")
				return err == nil && k.Value == p.token()
			}, bad: unauthorised, login: func(p *product, w http.ResponseWriter, _ *http.Request, _ map[string]any, ok bool) {
				if !ok {
					w.WriteHeader(401)
					return
				}
				http.SetCookie(w, &http.Cookie{Name: "AuthSession", Value: p.token(), Path: "/"})
				io.WriteString(w, `{"ok":true}`)
			}}},
		"XML": {`{kind: session, user: username, secret: password, login: {post: /login, xml: <login><u>$user</u><p>$secret</p></login>}, token: .session.id}`,
			&product{good: bearer, bad: unauthorised, login: func(p *product, w http.ResponseWriter, _ *http.Request, _ map[string]any, ok bool) {
				w.Header().Set("Content-Type", "text/xml")
				if !ok {
					io.WriteString(w, `<session><failed/></session>`)
					return
				}
				fmt.Fprintf(w, `<session><id>%s</id></session>`, p.token())
			}}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(c.p)
			t.Cleanup(srv.Close)
			s := signedIn(t, c.auth, srv.URL, given{"username": "officer", "password": "right-password"})
			if _, err := s.Check(officer()); err != nil {
				t.Fatal(err)
			}
			search := func(n int) {
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {
						page, err := s.Search(officer(), query("surname", "Smith"))
						if err != nil || len(page.Records) != 1 {
							t.Error(len(page.Records), err)
						}
					})
				}
				wg.Wait()
			}
			search(3)
			c.p.mu.Lock()
			c.p.logins += 10 // no token of before is good any more
			before := c.p.logins
			c.p.mu.Unlock()
			search(20)
			if c.p.logins != before+1 || c.p.wrong != 0 {
				t.Fatalf("%d logins and %d wrong ones after the session was lost", c.p.logins-before, c.p.wrong)
			}
			wrong := signedIn(t, c.auth, srv.URL, given{"username": "officer", "password": "wr0ng-password"})
			for range 4 {
				_, err := wrong.Search(officer(), query("surname", "Smith"))
				if plugins.KindOf(err) != plugins.Auth && name != "application headers, token in a header" || strings.Contains(fmt.Sprintf("%v", err), "wr0ng") {
					t.Error(err)
				}
			}
			if name != "application headers, token in a header" && c.p.wrong != 1 {
				t.Errorf("a wrong password was sent %d times", c.p.wrong)
			}
		})
	}
}

func TestAuthProblems(t *testing.T) {
	sess := `{kind: session, user: username, secret: password, login: {post: /login, json: {identity: $user, password: $secret}}, token: .token}`
	for name, c := range map[string]struct{ auth, say, cure string }{
		"no login":               {`{kind: session, user: username, secret: password, token: .t}`, "lacks login", "Add login"},
		"login is a path":        {`{kind: session, user: username, secret: password, login: /login}`, "is a request", "post:"},
		"no user":                {`{kind: session, login: {post: /l}, token: .t}`, "neither user nor secret", "names of options"},
		"password written out":   {strings.Replace(sess, "$secret", "hunter22", 1), "secret seems to be written", "$secret"},
		"unknown name":           {strings.Replace(sess, "$secret", "$passwd", 1), "$passwd", "keep"},
		"two methods":            {strings.Replace(sess, "post: /login", "post: /login, put: /login", 1), "one method", "post:"},
		"two bodies":             {strings.Replace(sess, "post: /login", "post: /login, form: {a: b}", 1), "one body", "Keep one"},
		"get with body":          {strings.Replace(sess, "post: /login", "get: /login", 1), "no body", "post"},
		"undeclared host":        {strings.Replace(sess, "/login", "https://other.example/login", 1), "not declared", "hosts"},
		"http":                   {strings.Replace(sess, "/login", "http://other.example/login", 1), "in the clear", "https"},
		"path":                   {strings.Replace(sess, "/login", "login", 1), "not below", "/"},
		"send twice":             {strings.Replace(sess, "token: .token", "token: .token, send: {header: X, query: y}", 1), "2 places", "one of"},
		"send prefix in query":   {strings.Replace(sess, "token: .token", "token: .token, send: {prefix: x, query: y}", 1), "prefix", "value"},
		"send nothing":           {strings.Replace(sess, "token: .token", "send: {header: X}", 1), "no token to send", "token:"},
		"send the password":      {strings.Replace(sess, "token: .token", "token: .token, send: {header: X, value: $secret}", 1), "$secret", "keep"},
		"refresh token unsent":   {strings.Replace(sess, "token: .token", "token: .token, refresh_token: .r", 1), "nothing sends it", "refresh:"},
		"bad lifetime":           {strings.Replace(sess, "token: .token", "token: .token, lifetime: long", 1), "time span", "30m"},
		"bad expression":         {strings.Replace(sess, "token: .token", "token: 'tokn'", 1), "tokn", ""},
		"empty lost":             {strings.Replace(sess, "token: .token", "token: .token, lost: {}", 1), "lost does not say", "when:"},
		"unknown key of a step":  {strings.Replace(sess, "json:", "jsn:", 1), `"jsn"`, "json"},
		"session keys elsewhere": {`{kind: basic, user: username, secret: password, refresh: {post: /x}}`, "means nothing", "Take it out"},
		"form login by JSON":     {`{kind: cookie, user: username, secret: password, login: {post: /x, json: {a: b}}}`, "kind: session", "session"},
		"user is no text":        {`{kind: digest, user: base_url, secret: password}`, "type url", "string"},
		"client is no option":    {`{kind: oauth2_device, token: /t, device: /d, client: muster-desk}`, "not an option", "Declare"},
		"client secret":          {`{kind: oauth2_password, token: /t, user: username, secret: password, client: app_id, client_secret: app_id}`, "not secret", "type: secret"},
		"device lacks":           {`{kind: oauth2_device, token: /t, client: app_id}`, "lacks device", "Add device"},
		"code comes back":        {`{kind: oauth2_code, token: /t, authorize: /a, client: app_id, redirect: "https://x.example/cb"}`, "this machine", "127.0.0.1"},
		"basic lacks":            {`{kind: basic, user: username}`, "lacks secret", "type: secret"},
		"ntlm lacks":             {`{kind: ntlm, user: username}`, "lacks secret", "Add secret"},
		"kerberos asks nothing":  {`{kind: kerberos, user: username}`, "means nothing", "Take it out"},
		"spn":                    {`{kind: kerberos, spn: "HTTP/https://records.example"}`, "not the name of a service", "HTTP/"},
		"spn is no option":       {`{kind: kerberos, spn: records}`, "not an option", "Declare"},
		"mtls lacks":             {`{kind: mtls}`, "lacks secret", "Add secret"},
		"client without proof":   {`{kind: oauth2_client, token: /t, user: app_id}`, "lacks secret", "mtls"},
	} {
		t.Run(name, func(t *testing.T) {
			src := strings.Replace(sessionFile, "AUTH", c.auth, 1)
			ps := Lint("acme.yaml", []byte(src), dictionary(t)).Errors()
			hit := false
			for _, p := range ps {
				hit = hit || p.Line == 10 && strings.Contains(p.Say, c.say) && strings.Contains(p.Cure, c.cure)
			}
			if !hit || strings.Contains(ps.Error(), "hunter22") {
				t.Errorf("want %q, cure %q; got\n%v", c.say, c.cure, ps)
			}
		})
	}
}

// TestEveryExampleOfASignInIsSound lints the examples of the schema, each in a whole file.
func TestEveryExampleOfASignInIsSound(t *testing.T) {
	var root struct {
		Defs map[string]struct {
			Examples []json.RawMessage `json:"examples"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	if len(root.Defs["auth"].Examples) < len(authKeys)-1 {
		t.Errorf("%d examples for %d kinds", len(root.Defs["auth"].Examples), len(authKeys))
	}
	for _, ex := range root.Defs["auth"].Examples {
		src := strings.Replace(sessionFile, "AUTH", string(ex), 1)
		src = strings.Replace(src, "  app_id:", `  idp_url: {type: url, label: Sign-in server, required: true}
  client_id: {type: string, label: Client}
  certificate: {type: string, label: Certificate}
  service_name: {type: string, label: Service name}
  client_secret: {type: secret, label: Client secret}
  refresh_token: {type: secret, label: Refresh token}
  api_key: {type: secret, label: Key}
  private_key: {type: secret, label: Private key}
  app_id:`, 1)
		if ps := Lint("acme.yaml", []byte(src), dictionary(t)); len(ps) > 0 {
			t.Errorf("%s: %v", ex, ps)
		}
	}
}

func query(p pole.Property, v string) plugins.Query {
	return plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: p, Value: pole.Value{Norm: v, Source: v}}}}
}
