package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/plugins"
)

const (
	grantExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // a name of the standard

	skew            = 30 * time.Second // a token is renewed this long before it ends, or after nine tenths of a short life
	defaultLifetime = time.Hour        // of a token whose server does not say; a 401 renews it earlier
)

// grant sends a token that a token endpoint gave: for the system's own client or the officer (RFC 6749), or in exchange
// for the one login's token (RFC 8693).
type grant struct {
	c              *chain
	a              plugins.AuthSpec
	client, secret string // names of the options with the client's credentials
	endpoint       *url.URL
	device, browse *url.URL // where the officer signs in, for those kinds
	tokens         *source
	lock           lockGuard // of a password, or of the client's secret
	rotating       rotation
}

func newGrant(c *chain, a plugins.AuthSpec) (*grant, error) {
	u, err := c.address(a.Base, a.Token)
	if err != nil {
		return nil, fmt.Errorf("sign-in %s: token endpoint: %w", a.Kind, err)
	}
	g := &grant{c: c, a: a, endpoint: u, client: a.Client, secret: a.ClientSecret}
	g.tokens = &source{keep: true, now: c.now}
	need := func(what string, ok bool) error {
		if ok {
			return nil
		}
		return fmt.Errorf("sign-in %s needs %s", a.Kind, what)
	}
	switch a.Kind {
	case plugins.AuthExchange:
		g.client, g.secret = a.User, a.Secret
		g.tokens.fetch = g.exchange
	case plugins.AuthPassword:
		g.tokens.fetch = g.password
		err = need("a user and a secret", a.User != "" && a.Secret != "")
	case plugins.AuthRefresh:
		g.tokens.fetch = g.rotate
		err = need("a secret with the refresh token", a.Secret != "")
	case plugins.AuthDevice, plugins.AuthCode:
		g.tokens.fetch = g.rotate
		if err = need("a client", a.Client != ""); err == nil && a.Kind == plugins.AuthDevice {
			g.device, err = c.address(a.Base, a.Device)
		} else if err == nil {
			g.browse, err = c.address(a.Base, a.Authorize)
		}
	default:
		g.client, g.secret = a.User, a.Secret
		g.tokens.fetch = g.clientOnly
		byCert := slices.ContainsFunc(a.Also, func(x plugins.AuthSpec) bool { return x.Kind == plugins.AuthMTLS })
		err = need("a user (client id) and a secret", a.User != "" && (a.Secret != "" || byCert))
	}
	return g, err
}

func (g *grant) sign(ctx context.Context, r *http.Request) (string, error) {
	t, err := g.tokens.get(ctx)
	if err != nil {
		return "", err
	}
	header := g.a.Header
	if header == "" {
		header = "Authorization"
	}
	prefix := g.a.Prefix
	if prefix == "" {
		prefix = "Bearer "
	}
	r.Header.Set(header, prefix+t.value)
	return t.value, nil
}

func (g *grant) renew(ctx context.Context, used string) error { return g.tokens.renew(ctx, used) }
func (g *grant) refused(r *http.Response) bool                { return r.StatusCode == http.StatusUnauthorized }

func (g *grant) clientOnly(ctx context.Context, _ string) (token, error) {
	c := g.c
	id, err := c.secret(ctx, g.client)
	if err != nil {
		return token{}, err
	}
	secret := ""
	if g.secret != "" {
		if secret, err = c.secret(ctx, g.secret); err != nil {
			return token{}, err
		}
	}
	used := id + "\x00" + secret
	if err := g.lock.check(c, used); err != nil {
		return token{}, err
	}
	t, err := g.post(ctx, url.Values{"grant_type": {"client_credentials"}})
	var refusal oauthError
	switch {
	case err == nil:
		g.lock.judge(c, used, accepted)
	case errors.As(err, &refusal) && plugins.KindOf(err) == plugins.Auth:
		g.lock.judge(c, used, refused)
	}
	return t, err
}

func (g *grant) exchange(ctx context.Context, _ string) (token, error) {
	login, err := g.c.loginToken(ctx, "")
	if err != nil {
		return token{}, err
	}
	t, err := g.trade(ctx, login.value)
	var refusal oauthError
	if err == nil || !errors.As(err, &refusal) || !refusal.ofSubject() {
		return t, err
	}
	// The login's own token may have ended meanwhile: one newer one, if there is one.
	fresh, freshErr := g.c.loginToken(ctx, login.value)
	if freshErr != nil || fresh.value == login.value {
		return token{}, err
	}
	return g.trade(ctx, fresh.value)
}

func (g *grant) trade(ctx context.Context, subject string) (token, error) {
	form := url.Values{
		"grant_type":           {grantExchange},
		"subject_token":        {subject},
		"subject_token_type":   {typeAccessToken},
		"requested_token_type": {typeAccessToken},
	}
	return g.post(ctx, form)
}

// post asks the token endpoint. What the officer's sign-in asked for is not asked for again.
func (g *grant) post(ctx context.Context, form url.Values) (token, error) {
	c := g.c
	switch form.Get("grant_type") {
	case "refresh_token", "authorization_code", grantDevice:
	default:
		form = g.wishes(form)
	}
	r, err := g.request(ctx, g.endpoint, form)
	if err != nil {
		return token{}, err
	}
	resp, err := c.sendSignin(ctx, r)
	if err != nil {
		return token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return token{}, err
	}
	return c.readToken(resp, body)
}

// request makes a request to one of the client's endpoints, with the client's credentials.
func (g *grant) request(ctx context.Context, to *url.URL, form url.Values) (*http.Request, error) {
	c := g.c
	var id, secret string
	var err error
	if g.client != "" {
		if id, err = c.secret(ctx, g.client); err != nil {
			return nil, err
		}
	}
	if g.secret != "" {
		if secret, err = c.secret(ctx, g.secret); err != nil {
			return nil, err
		}
		rememberForms(secret)
	}
	if id != "" && (g.a.InBody || secret == "") {
		form.Set("client_id", id)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, c.err(plugins.Invalid, errLocation, "The sign-in address of %s cannot be used. Tell IT.", c.name)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if secret != "" && !g.a.InBody {
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) // encoded first: RFC 6749 section 2.3.1
	}
	return r, nil
}

// oauthError is the code of a token endpoint's refusal.
type oauthError string

func (e oauthError) Error() string { return "refused: " + string(e) }

// ofSubject reports whether the refusal may be about the token that was offered, and not about who asks or for what.
func (e oauthError) ofSubject() bool {
	return e == "invalid_grant" || e == "invalid_request" || e == "invalid_token" || e == "status 401"
}

var oauthCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// readToken reads a token endpoint's answer (RFC 6749 section 5).
func (c *chain) readToken(resp *http.Response, body []byte) (token, error) {
	var got struct {
		Access  string     `json:"access_token"`
		Type    string     `json:"token_type"`
		Expires flexNumber `json:"expires_in"`
		Refresh string     `json:"refresh_token"`
		Error   string     `json:"error"`
	}
	parsed := json.Unmarshal(body, &got)
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests || s >= 500:
		return token{}, fromStatus(words{c.id, "The sign-in service of " + c.name}, resp, false, c.now())
	case s < 200 || s >= 300:
		code := "status " + strconv.Itoa(s)
		if oauthCode.MatchString(got.Error) {
			code = got.Error
		}
		return token{}, c.err(plugins.Auth, oauthError(code), "The sign-in service of %s refused (%s). Sign in again; if it stays, IT must check the credential or your access.", c.name, code)
	case parsed != nil || got.Access == "":
		return token{}, c.err(plugins.Drift, errors.New("no token in the answer"), "The sign-in service of %s sent an answer without a token. Tell IT.", c.name)
	case got.Type != "" && !strings.EqualFold(got.Type, "bearer") && !strings.EqualFold(got.Type, "n_a"):
		return token{}, c.err(plugins.Drift, errors.New("token type not known"), "The sign-in service of %s sent a token of a kind that Muster cannot use. Tell IT.", c.name)
	}
	Remember(got.Access)
	life := time.Duration(got.Expires) * time.Second
	if life <= 0 {
		life = jwtLife(got.Access, resp.Header, c.now())
	}
	t := token{value: got.Access, expires: c.early(life), endless: life <= 0, more: fillings{}}
	if got.Refresh != "" {
		Remember(got.Refresh)
		t.more["refresh"] = got.Refresh
	}
	return t, nil
}

// flexNumber reads seconds that some servers send as a string; anything else, or what no clock could hold, is 0.
type flexNumber int64

func (n *flexNumber) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err == nil && v > 0 && v < 1e9 {
		*n = flexNumber(v)
	}
	return nil
}

// address resolves an absolute URL, or a path below the url option base ("" is the first one), and demands that the
// allow-list has it.
func (c *chain) address(base, ref string) (*url.URL, error) {
	u, err := url.Parse(ref)
	if err != nil || ref == "" {
		return nil, errors.New("the address is missing or cannot be read")
	}
	if !u.IsAbs() {
		for _, o := range c.info.Options {
			if o.Type != plugins.OptionURL || (base != "" && o.Name != base) {
				continue
			}
			root, err := url.Parse(configured(c.cfg, o))
			if err != nil || root.Host == "" {
				return nil, fmt.Errorf("setting %s is missing or is not a web address", o.Name)
			}
			if root.Path == "" {
				root.Path = "/"
			}
			full := root.JoinPath(u.Path)
			full.RawQuery = u.RawQuery
			u = full
			break
		}
	}
	if e := c.allow.check(c.words, u); e != nil {
		return nil, errors.New("the address is not on the list of hosts, or is not secure")
	}
	return u, nil
}

func encodePair(k, v string) string { return url.QueryEscape(k) + "=" + url.QueryEscape(v) }
