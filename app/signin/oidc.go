package signin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"muster/plugins"
)

// provider is a discovered sign-in server.
type provider struct {
	*oidc.Provider
	meta struct {
		Revocation string `json:"revocation_endpoint"`
		EndSession string `json:"end_session_endpoint"`
	}
	verifier *oidc.IDTokenVerifier
}

// clockLeeway is how far this computer's clock may differ from the server's.
const clockLeeway = 5 * time.Minute

// maxAnswer bounds an answer of the sign-in server; the libraries read it whole.
const maxAnswer = 1 << 20

// newHTTP is the client for the sign-in server.
func newHTTP() *http.Client { return NewHTTP(http.ProxyFromEnvironment, nil) }

// NewHTTP makes a client that reaches the sign-in server by a proxy, nil for none, and holds its certificate against conf, nil for
// what the computer believes.
func NewHTTP(proxy func(*http.Request) (*url.URL, error), conf *tls.Config) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy, t.TLSClientConfig = proxy, conf
	t.ResponseHeaderTimeout = 15 * time.Second
	return &http.Client{Timeout: 20 * time.Second, Transport: t}
}

// capped limits the size of every answer.
type capped struct{ next http.RoundTripper }

func (c capped) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// web is a context with which go-oidc and oauth2 use this manager's client.
func (m *Manager) web(ctx context.Context) context.Context {
	c := *m.o.HTTP
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	c.Transport = capped{c.Transport}
	return oidc.ClientContext(ctx, &c)
}

// checkServer refuses an address over which a token could be read on the way.
func checkServer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return plugins.Errorf(plugins.Invalid, "The address of the sign-in server is not valid. Ask IT to correct issuer in the sign-in settings.")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return plugins.Errorf(plugins.Invalid, "The address of the sign-in server must begin with https://. Ask IT to correct issuer in the sign-in settings.")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// discover asks the sign-in server what it offers, once.
func (m *Manager) discover(ctx context.Context) (*provider, error) {
	m.mu.Lock()
	p := m.prov
	m.mu.Unlock()
	if p != nil {
		return p, nil
	}
	found, err := oidc.NewProvider(m.web(ctx), m.o.Settings.Issuer)
	if err != nil {
		return nil, sayDiscovery(err, m.o.Settings.Issuer)
	}
	p = &provider{Provider: found}
	if err := found.Claims(&p.meta); err != nil {
		return nil, say(err, m.o.Settings.Issuer)
	}
	e := found.Endpoint()
	for _, u := range []string{e.AuthURL, e.TokenURL, e.DeviceAuthURL, found.UserInfoEndpoint(), p.meta.Revocation, p.meta.EndSession} {
		if u != "" && checkEndpoint(u) != nil {
			return nil, fail(plugins.Drift, errors.New("insecure endpoint"), "The sign-in server %s names an address that is not secure. Tell IT.", hostOf(m.o.Settings.Issuer))
		}
	}
	if e.AuthURL == "" || e.TokenURL == "" {
		return nil, fail(plugins.Drift, errors.New("no endpoints"), "%s is no sign-in server that Muster can use. Ask IT to check issuer in the sign-in settings.", m.o.Settings.Issuer)
	}
	// Times are checked in accept, with leeway and with words for a wrong clock.
	p.verifier = found.Verifier(&oidc.Config{ClientID: m.o.Settings.ClientID, SkipExpiryCheck: true})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prov = p
	return p, nil
}

func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return err
	}
	u.RawQuery, u.Fragment = "", ""
	return checkServer(u.String())
}

// sayDiscovery explains a discovery that failed. The library reports a wrong status and a wrong document as plain text.
func sayDiscovery(err error, issuer string) error {
	var u *url.Error
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &u) || errors.As(err, &mismatch) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return say(err, issuer)
	}
	status, _, _ := strings.Cut(err.Error(), ":")
	if len(status) > 3 && status[0] == '5' || strings.HasPrefix(status, "429") {
		return fail(plugins.Unavailable, errors.New("discovery answered "+status[:3]), "The sign-in server %s is out of order (it answered %s). Try again in a minute; if it lasts, tell IT.", hostOf(issuer), status[:3])
	}
	return fail(plugins.Drift, errors.New("no discovery document"), "%s is no sign-in server that Muster can use. Ask IT to check issuer in the sign-in settings.", issuer)
}

func (m *Manager) config(p *provider) oauth2.Config {
	e := p.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInParams // a program on a desk keeps no secret: client_id goes with PKCE alone
	scopes := m.o.Settings.Scopes
	if len(scopes) == 0 {
		scopes = []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess}
	}
	return oauth2.Config{ClientID: m.o.Settings.ClientID, Endpoint: e, Scopes: withOpenID(scopes)}
}

func withOpenID(scopes []string) []string {
	for _, s := range scopes {
		if s == oidc.ScopeOpenID {
			return scopes
		}
	}
	return append([]string{oidc.ScopeOpenID}, scopes...)
}

// wanted is what a new ID token must say.
type wanted struct {
	nonce string    // "" for the device flow, which has none
	fresh time.Time // the password must have been given after this; zero if it need not
}

// accept verifies the answer of the token endpoint after a sign-in and reads the officer from it.
func (m *Manager) accept(ctx context.Context, p *provider, tok *oauth2.Token, w wanted) (Officer, string, error) {
	raw, _ := tok.Extra("id_token").(string)
	if raw == "" {
		return Officer{}, "", fail(plugins.Drift, errors.New("no id_token"), "The sign-in server %s did not say who signed in. Ask IT to allow Muster the scope openid.", hostOf(m.o.Settings.Issuer))
	}
	id, err := m.verify(ctx, p, raw)
	if err != nil {
		return Officer{}, "", err
	}
	if w.nonce != "" && id.Nonce != w.nonce {
		return Officer{}, "", refuseToken("nonce", m.o.Settings.Issuer)
	}
	if id.AccessTokenHash != "" && id.VerifyAccessToken(tok.AccessToken) != nil {
		return Officer{}, "", refuseToken("at_hash", m.o.Settings.Issuer)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return Officer{}, "", refuseToken("claims", m.o.Settings.Issuer)
	}
	if at, ok := claims["auth_time"].(float64); ok && !w.fresh.IsZero() && time.Unix(int64(at), 0).Before(w.fresh.Add(-clockLeeway)) {
		return Officer{}, "", fail(plugins.Auth, errors.New("old auth_time"), "The sign-in server did not ask for your password again. Sign out there, then try again.")
	}
	o := m.officerFrom(claims)
	if o.Collar == "" || o.Rank == "" || o.Role == "" || o.Force == "" || o.Name == o.ID {
		m.addUserInfo(ctx, p, tok, claims)
		o = m.officerFrom(claims)
	}
	o.Since = m.wall().UTC()
	return o, raw, nil
}

// verify checks signature, issuer, audience and times of an ID token.
func (m *Manager) verify(ctx context.Context, p *provider, raw string) (*oidc.IDToken, error) {
	id, err := p.verifier.Verify(m.web(ctx), raw)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) || ctx.Err() != nil { // the keys could not be fetched
			return nil, say(errors.Join(err, ctx.Err()), m.o.Settings.Issuer)
		}
		return nil, refuseToken("signature, issuer or audience", m.o.Settings.Issuer)
	}
	if len(id.Audience) > 1 {
		var c struct {
			Azp string `json:"azp"`
		}
		if err := id.Claims(&c); err != nil || c.Azp != "" && c.Azp != m.o.Settings.ClientID {
			return nil, refuseToken("azp", m.o.Settings.Issuer)
		}
	}
	var c struct {
		NotBefore json.Number `json:"nbf"`
	}
	if err := id.Claims(&c); err != nil {
		return nil, refuseToken("claims", m.o.Settings.Issuer)
	}
	nbf, _ := c.NotBefore.Float64()
	now := m.wall()
	if id.IssuedAt.After(now.Add(clockLeeway)) || now.After(id.Expiry.Add(clockLeeway)) || nbf > float64(now.Add(clockLeeway).Unix()) {
		return nil, wrongClock(id.IssuedAt)
	}
	return id, nil
}

func refuseToken(what, issuer string) error {
	return fail(plugins.Drift, errors.New("ID token refused: "+what), "The sign-in server's answer could not be trusted, so you are not signed in. Try again; if it happens again, tell IT that the ID token of %s was refused (%s).", hostOf(issuer), what)
}

// addUserInfo fills claims from the user info endpoint, as far as it answers; not every server puts them into the ID token.
func (m *Manager) addUserInfo(ctx context.Context, p *provider, tok *oauth2.Token, claims map[string]any) {
	if p.UserInfoEndpoint() == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	info, err := p.UserInfo(m.web(ctx), oauth2.StaticTokenSource(tok))
	if err != nil || info.Subject != claims["sub"] {
		m.o.Log.Warn("the sign-in server gave no user info")
		return
	}
	var more map[string]any
	if err := info.Claims(&more); err != nil {
		return
	}
	for k, v := range more {
		if _, ok := claims[k]; !ok {
			claims[k] = v
		}
	}
}

// officerFrom reads the officer from claims, by the names that the settings give.
func (m *Manager) officerFrom(claims map[string]any) Officer {
	c := m.o.Settings.Claims
	o := Officer{
		ID:     text(claims["sub"]),
		Name:   text(claims["name"]),
		Collar: claim(claims, c.Collar, "collar"),
		Rank:   claim(claims, c.Rank, "rank"),
		Role:   claim(claims, c.Role, "role"),
		Force:  claim(claims, c.Force, "force"),
	}
	for _, k := range []string{"preferred_username", "sub"} {
		if o.Name == "" {
			o.Name = text(claims[k])
		}
	}
	return o
}

// claim finds a claim by name; a dotted name that is not there itself is a path into objects.
func claim(claims map[string]any, name, standard string) string {
	if name == "" {
		name = standard
	}
	if v, ok := claims[name]; ok {
		return text(v)
	}
	head, rest, ok := strings.Cut(name, ".")
	if inner, isMap := claims[head].(map[string]any); ok && isMap {
		return claim(inner, rest, rest)
	}
	return ""
}

// text is a claim's value in words: of a list the first.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		b, _ := json.Marshal(v) // a finite float always marshals
		return string(b)
	case []any:
		if len(v) > 0 {
			return text(v[0])
		}
	}
	return ""
}

// finish keeps a new session and signs the officer in. The new refresh token is in the keyring before anything uses
// the session.
func (m *Manager) finish(ctx context.Context, tok *oauth2.Token, o Officer, raw string, begun int) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	m.mu.Lock()
	if m.era != begun {
		m.mu.Unlock()
		return say(context.Canceled, "")
	}
	if m.officer != nil && m.officer.ID != o.ID {
		other := m.officer.Display()
		m.mu.Unlock()
		return fail(plugins.Denied, ErrOther, "This desk belongs to %s until it is signed out. Sign in as the same officer, or sign out first.", other)
	}
	m.mu.Unlock()
	now := m.wall()
	s := session{Kind: KindOIDC, Issuer: m.o.Settings.Issuer, ClientID: m.o.Settings.ClientID, Officer: o, Refresh: tok.RefreshToken, IDToken: raw, Online: now, Seen: now}
	if err := m.saveJSON(ctx, sessionName, s); err != nil {
		return err
	}
	if err := m.o.Keyring.Delete(ctx, askName); err != nil {
		return say(err, "")
	}
	var b box
	found, err := m.loadJSON(ctx, unlockName, &b)
	if err != nil {
		return err
	}
	if found && b.Officer.ID != o.ID { // an earlier officer's, who did not sign out
		if err := m.o.Keyring.Delete(ctx, unlockName); err != nil {
			return say(err, "")
		}
		found = false
	}
	m.mu.Lock()
	m.unlock, m.unsaved = found, ""
	m.mu.Unlock()
	m.enter(o, m.tokenFrom(tok), nil, now)
	return nil
}

// tokenFrom counts the token's life from now on by this computer's clock; the server's may differ.
func (m *Manager) tokenFrom(tok *oauth2.Token) accessToken {
	life := time.Duration(tok.ExpiresIn) * time.Second
	if life <= 0 {
		life = 5 * time.Minute // the server does not say: ask again soon
	}
	return accessToken{text: tok.AccessToken, expires: m.o.Now().Add(life)}
}

// tellSignOut ends the session at the server, as far as it answers.
func (m *Manager) tellSignOut(ctx context.Context, s session) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	p, err := m.discover(ctx)
	if err != nil {
		m.o.Log.Info("the sign-in server was not told of the sign-out", "error", err)
		return
	}
	if p.meta.Revocation != "" && s.Refresh != "" {
		m.post(ctx, p.meta.Revocation, url.Values{"token": {s.Refresh}, "token_type_hint": {"refresh_token"}, "client_id": {m.o.Settings.ClientID}})
	}
	if p.meta.EndSession != "" && s.IDToken != "" {
		m.post(ctx, p.meta.EndSession, url.Values{"id_token_hint": {s.IDToken}, "client_id": {m.o.Settings.ClientID}})
	}
}

func (m *Manager) post(ctx context.Context, to string, form url.Values) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := *m.o.HTTP
	// A sign-out page elsewhere is for a browser.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Do(req)
	if err != nil {
		m.o.Log.Info("the sign-in server was not told of the sign-out")
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
}
