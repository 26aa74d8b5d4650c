package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/net/html"

	"muster/plugins"
)

// cookies signs in by posting a form and keeps the session's cookies for this system alone.
type cookies struct {
	c        *chain
	a        plugins.AuthSpec
	login    *url.URL
	page     *url.URL // nil if the form needs no hidden fields
	lostPath string
	sessions *source // its tokens are serial numbers of sessions
	serial   atomic.Int64
	lock     lockGuard
}

func newCookies(c *chain, a plugins.AuthSpec) (*cookies, error) {
	s := &cookies{c: c, a: a, lostPath: a.Lost.Path}
	var err error
	if s.login, err = c.address(a.Base, a.Login); err != nil {
		return nil, fmt.Errorf("sign-in %s: login: %w", a.Kind, err)
	}
	entry := s.login
	if a.Page != "" {
		if s.page, err = c.address(a.Base, a.Page); err != nil {
			return nil, fmt.Errorf("sign-in %s: page: %w", a.Kind, err)
		}
		entry = s.page
	}
	if a.User == "" || a.Secret == "" {
		return nil, fmt.Errorf("sign-in %s needs a user and a secret", a.Kind)
	}
	if s.lostPath == "" {
		s.lostPath = entry.Path
	}
	if a.UserField == "" {
		s.a.UserField = "username"
	}
	if a.SecretField == "" {
		s.a.SecretField = "password"
	}
	s.sessions = &source{keep: true, now: c.now, fetch: s.open}
	return s, nil
}

// sign makes sure that there is a session; the guard sends its cookies, to the hosts they are for.
func (s *cookies) sign(ctx context.Context, _ *http.Request) (string, error) {
	t, err := s.sessions.get(ctx)
	return t.value, err
}

func (s *cookies) renew(ctx context.Context, used string) error { return s.sessions.renew(ctx, used) }

// refused also notices the sign-in page that is served as if it were the answer.
func (s *cookies) refused(r *http.Response) bool {
	if r.StatusCode == http.StatusUnauthorized {
		return true
	}
	if r.Request != nil && r.Request.URL.Path == s.lostPath {
		return true
	}
	if loc, err := r.Location(); err == nil && loc.Path == s.lostPath {
		return true
	}
	return s.isForm(r)
}

// open signs in and replaces the jar.
func (s *cookies) open(ctx context.Context, _ string) (token, error) {
	c := s.c
	user, pass, err := c.userAndSecret(ctx, s.a)
	if err != nil {
		return token{}, err
	}
	if err := s.lock.check(c, user+"\x00"+pass); err != nil {
		return token{}, err
	}
	fresh, err := cookiejar.New(nil)
	if err != nil {
		return token{}, err
	}
	ctx = context.WithValue(ctx, jarKey{}, fresh)
	form := url.Values{}
	if s.page != nil {
		hidden, err := s.hidden(ctx)
		if err != nil {
			return token{}, err
		}
		form = hidden
	}
	for k, v := range s.a.Form {
		form.Set(k, v)
	}
	form.Set(s.a.UserField, user)
	form.Set(s.a.SecretField, pass)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.login.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return token{}, c.err(plugins.Invalid, errLocation, "The sign-in address of %s cannot be used. Tell IT.", c.name)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.sendSignin(asOnce(ctx), r)
	if err != nil {
		return token{}, err
	}
	_ = resp.Body.Close()
	switch st := resp.StatusCode; {
	case st == http.StatusTooManyRequests || st >= 500:
		return token{}, fromStatus(c.words, resp, false, c.now())
	case st >= 400 || s.bounced(resp):
		s.lock.judge(c, user+"\x00"+pass, refused)
		return token{}, c.err(plugins.Auth, fmt.Errorf("status %d", st), "%s did not accept the stored user name and password. Correct them under Systems.", c.name)
	}
	s.lock.judge(c, user+"\x00"+pass, accepted)
	c.jar.Store(fresh)
	return token{value: strconv.FormatInt(s.serial.Add(1), 10)}, nil
}

// bounced reports whether the answer to the form is the form again.
func (s *cookies) bounced(r *http.Response) bool {
	if loc, err := r.Location(); err == nil {
		return loc.Path == s.lostPath
	}
	return s.isForm(r)
}

// isForm reports whether an answer is the sign-in page: it holds the declared text or, where none is declared, an
// input for the password.
func (s *cookies) isForm(r *http.Response) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); !strings.Contains(kind, "html") {
		return false
	}
	page := peek(r)
	if s.a.Lost.Text != "" {
		return bytes.Contains(page, []byte(s.a.Lost.Text))
	}
	_, found := hiddenFields(bytes.NewReader(page), s.a.SecretField)
	return found
}

// hidden fetches the page and returns the hidden fields of its form.
func (s *cookies) hidden(ctx context.Context) (url.Values, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.page.String(), nil)
	if err != nil {
		return nil, s.c.err(plugins.Invalid, errLocation, "The sign-in address of %s cannot be used. Tell IT.", s.c.name)
	}
	resp, err := s.c.sendSignin(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if e := fromStatus(s.c.words, resp, false, s.c.now()); e != nil {
		return nil, e
	}
	fields, ok := hiddenFields(resp.Body, s.a.SecretField)
	if !ok {
		return nil, s.c.err(plugins.Drift, errors.New("no sign-in form on the page"), "The sign-in page of %s has changed: it no longer has the form that Muster knows. Tell IT.", s.c.name)
	}
	return fields, nil
}

// hiddenFields returns the hidden inputs of the form on an HTML page that has an input named marker.
func hiddenFields(page io.Reader, marker string) (url.Values, bool) {
	z := html.NewTokenizer(page)
	fields, found := url.Values{}, false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return fields, found
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" && found {
				return fields, true
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.Data {
			case "form":
				fields, found = url.Values{}, false
			case "input":
				attr := map[string]string{}
				for _, a := range t.Attr {
					attr[a.Key] = a.Val
				}
				if attr["name"] == marker {
					found = true
				} else if strings.EqualFold(attr["type"], "hidden") && attr["name"] != "" {
					fields.Add(attr["name"], attr["value"])
				}
			}
		}
	}
}

type jarKey struct{}

// jarOf is the jar that a request's cookies come from and go to: the sign-in's own until it has succeeded.
func (c *chain) jarOf(ctx context.Context) http.CookieJar {
	if j, ok := ctx.Value(jarKey{}).(*cookiejar.Jar); ok {
		return j
	}
	if j := c.jar.Load(); j != nil {
		return j
	}
	return nil
}
