package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"muster/plugins"
)

// session signs in by a request that gives a token or cookies, and renews it as the system allows.
type session struct {
	c      *chain
	a      plugins.AuthSpec
	spec   plugins.SessionSpec
	sends  []plugins.SessionSend
	tokens *source
	serial atomic.Int64 // of sessions that cookies carry
	lock   lockGuard
}

func newSession(c *chain, a plugins.AuthSpec) (*session, error) {
	if a.Session == nil || len(a.Session.Login) == 0 {
		return nil, fmt.Errorf("sign-in %s needs a login request", a.Kind)
	}
	if a.User == "" && a.Secret == "" {
		return nil, fmt.Errorf("sign-in %s needs a user or a secret", a.Kind)
	}
	s := &session{c: c, a: a, spec: *a.Session, sends: a.Session.Send}
	if len(s.sends) == 0 && s.spec.Token != nil {
		s.sends = []plugins.SessionSend{{Header: "Authorization", Prefix: "Bearer "}}
	}
	steps := slices.Clone(s.spec.Login)
	if s.spec.Refresh != nil {
		steps = append(steps, *s.spec.Refresh)
	}
	for _, st := range steps {
		if _, err := c.address(a.Base, templateName.ReplaceAllString(st.Path, "x")); err != nil {
			return nil, fmt.Errorf("sign-in %s: login: %w", a.Kind, err)
		}
	}
	s.tokens = &source{keep: true, now: c.now, fetch: s.fetch}
	return s, nil
}

func (s *session) renew(ctx context.Context, used string) error { return s.tokens.renew(ctx, used) }
func (s *session) refused(r *http.Response) bool                { return r.StatusCode == http.StatusUnauthorized }

// sign puts what the session gave on the request; cookies that the system set itself are the guard's to send.
func (s *session) sign(ctx context.Context, r *http.Request) (string, error) {
	t, err := s.tokens.get(ctx)
	if err != nil {
		return "", err
	}
	return t.value, s.put(ctx, r, t)
}

func (s *session) put(ctx context.Context, r *http.Request, t token) error {
	f := maps.Clone(t.more)
	for _, send := range s.sends {
		value := send.Value
		if value == "" {
			value = "$token"
		}
		names, escape := TemplateNames(value), asIs
		if send.SOAP != "" {
			value, escape, names = send.SOAP, escapeXML, TemplateNames(send.SOAP)
		}
		if err := s.c.options(ctx, names, f); err != nil {
			return err
		}
		v, err := f.fill(value, escape)
		if err == nil {
			err = s.c.putValue(r, send, v)
		}
		if err != nil {
			return s.c.err(plugins.Invalid, err, "The request for %s could not be prepared for its sign-in. Tell IT.", s.c.name)
		}
	}
	return nil
}

// putValue puts one value where send says.
func (c *chain) putValue(r *http.Request, send plugins.SessionSend, v string) error {
	switch {
	case send.Header != "":
		if strings.ContainsAny(v, "\r\n\x00") {
			return errors.New("a header holds a line break")
		}
		r.Header.Set(send.Header, send.Prefix+v)
	case send.Query != "":
		u := *r.URL
		if u.Query().Has(send.Query) {
			return errors.New("the plugin sets the parameter itself")
		}
		// What the plugin wrote stays as it wrote it: some servers do not read + as a space.
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+encodePair(send.Query, v), "&")
		r.URL = &u
	case send.Cookie != "": // the guard sends it from the jar
	default:
		return rewriteBody(r, func(body []byte) ([]byte, error) {
			if send.SOAP != "" {
				return insertEntry(body, false, func(string) string { return v })
			}
			return setMember(body, send.JSON, v)
		})
	}
	return nil
}

// setMember sets a member of a JSON object and leaves the others as they are.
func setMember(body []byte, name, value string) ([]byte, error) {
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil || m == nil {
		return nil, errors.New("the body is not a JSON object")
	}
	v, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	m[name] = v
	return json.Marshal(m)
}

// rewriteBody replaces the body of an attempt's own copy of a request; a request without one stays so.
func rewriteBody(r *http.Request, change func([]byte) ([]byte, error)) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxEnvelope+1))
	_ = r.Body.Close()
	if err == nil && len(body) > maxEnvelope {
		err = errors.New("the request is larger than 8 MiB")
	}
	if err == nil {
		body, err = change(body)
	}
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.ContentLength = int64(len(body))
	return nil
}

// fetch renews the session if the system lets it, else signs in again. stale is what the system has just refused.
func (s *session) fetch(ctx context.Context, stale string) (token, error) {
	old := s.tokens.last()
	if s.spec.Refresh != nil && old.value != "" && (stale == "" || s.spec.RefreshToken != nil) {
		t, err := s.refresh(ctx, old)
		var no notRenewed
		if err == nil || !errors.As(err, &no) {
			return t, err
		}
	}
	return s.open(ctx)
}

// notRenewed says that the system does not renew this session, so that the password is needed.
type notRenewed int

func (n notRenewed) Error() string { return "not renewed: status " + strconv.Itoa(int(n)) }

func (s *session) refresh(ctx context.Context, old token) (token, error) {
	f := maps.Clone(old.more)
	if s.spec.RefreshToken != nil && f["refresh"] == "" {
		return token{}, notRenewed(0) // this server gave none
	}
	if err := s.c.options(ctx, stepNames(*s.spec.Refresh), f); err != nil {
		return token{}, err
	}
	r, err := s.request(ctx, *s.spec.Refresh, f)
	if err != nil {
		return token{}, err
	}
	if s.spec.RefreshToken == nil && s.spec.Token != nil && !slices.Contains(stepNames(*s.spec.Refresh), "token") {
		if err := s.put(ctx, r, old); err != nil {
			return token{}, err
		}
	}
	a, err := s.ask(ctx, r)
	if err != nil {
		return token{}, err
	}
	if a.Status >= 300 || s.wrong(ctx, a) {
		return token{}, notRenewed(a.Status)
	}
	t, err := s.read(ctx, a, f)
	if err != nil {
		return token{}, notRenewed(a.Status)
	}
	return t, s.bake(t)
}

// bake puts into the jar what is to be sent as a cookie.
func (s *session) bake(t token) error {
	jar := s.c.jar.Load()
	for _, send := range s.sends {
		if send.Cookie == "" || jar == nil {
			continue
		}
		value := send.Value
		if value == "" {
			value = "$token"
		}
		v, err := t.more.fill(value, asIs)
		root, badURL := s.c.address(s.a.Base, "/")
		if err = errors.Join(err, badURL); err != nil {
			return s.c.err(plugins.Invalid, err, "The session cookie for %s cannot be made. Tell IT.", s.c.name)
		}
		jar.SetCookies(root, []*http.Cookie{{Name: send.Cookie, Value: v, Path: "/"}})
	}
	return nil
}

// open signs in with user and secret, once: a refused password is not sent again.
func (s *session) open(ctx context.Context) (token, error) {
	c := s.c
	f := fillings{}
	var err error
	for name, opt := range map[string]string{"user": s.a.User, "secret": s.a.Secret} {
		if opt == "" {
			continue
		}
		if f[name], err = c.secret(ctx, opt); err != nil {
			return token{}, err
		}
	}
	rememberForms(f["secret"])
	used := f["user"] + "\x00" + f["secret"]
	if err := s.lock.check(c, used); err != nil {
		return token{}, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return token{}, err
	}
	ctx = context.WithValue(ctx, jarKey{}, jar)
	var a plugins.AuthAnswer
	for _, st := range s.spec.Login {
		if err := c.options(ctx, stepNames(st), f); err != nil {
			return token{}, err
		}
		r, err := s.request(ctx, st, f)
		if err != nil {
			return token{}, err
		}
		if a, err = s.ask(asOnce(ctx), r); err != nil {
			return token{}, err
		}
		switch {
		case s.wrong(ctx, a):
			s.lock.judge(c, used, refused)
			return token{}, c.err(plugins.Auth, fmt.Errorf("status %d", a.Status), "%s did not accept the stored user name and password. Correct them under Systems.", c.name)
		case a.Status >= 400:
			return token{}, c.err(plugins.Drift, fmt.Errorf("status %d", a.Status), "%s answered the sign-in with status %d, which is not as documented. Tell whoever keeps its connector.", c.name, a.Status)
		}
		if err := keep(ctx, st.Keep, a, f); err != nil {
			return token{}, c.err(plugins.Drift, err, "%s did not answer the sign-in as documented: %s. Tell whoever keeps its connector.", c.name, err)
		}
	}
	t, err := s.read(ctx, a, f)
	if err == nil && s.spec.Token == nil && !s.carries(jar) {
		err = errors.New("no cookie")
	}
	if err != nil {
		// It may be how this system says that the password is wrong: do not try on.
		s.lock.judge(c, used, refused)
		return token{}, c.err(plugins.Auth, err, "%s answered the sign-in without a session. Check the user name and password under Systems; if they are right, tell whoever keeps its connector.", c.name)
	}
	s.lock.judge(c, used, accepted)
	c.jar.Store(jar)
	return t, s.bake(t)
}

// ask sends a request of the sign-in and hands over the answer; a server that is busy or breaks down is an error.
func (s *session) ask(ctx context.Context, r *http.Request) (plugins.AuthAnswer, error) {
	resp, err := s.c.sendSignin(ctx, r)
	if err != nil {
		return plugins.AuthAnswer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return plugins.AuthAnswer{}, err
	}
	a := plugins.AuthAnswer{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if st := resp.StatusCode; (st == http.StatusTooManyRequests || st >= 500) && !s.declared(ctx, a) {
		return a, fromStatus(s.c.words, resp, false, s.c.now())
	}
	return a, nil
}

// declared reports whether the connector says that the answer means a wrong password.
func (s *session) declared(ctx context.Context, a plugins.AuthAnswer) bool {
	if s.spec.Refused == nil {
		return false
	}
	v, err := s.spec.Refused(ctx, a)
	return err == nil && v != nil && v != false
}

func (s *session) wrong(ctx context.Context, a plugins.AuthAnswer) bool {
	switch a.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity:
		return true
	}
	return s.declared(ctx, a)
}

// carries reports whether the login set a cookie. The guard has put it into the jar.
func (s *session) carries(jar *cookiejar.Jar) bool {
	for _, st := range s.spec.Login {
		if u, err := s.c.address(s.a.Base, templateName.ReplaceAllString(st.Path, "x")); err == nil && len(jar.Cookies(u)) > 0 {
			return true
		}
	}
	if u, err := s.c.address(s.a.Base, "/"); err == nil {
		return len(jar.Cookies(u)) > 0
	}
	return false
}

// read takes the token, what renews it and its end from an answer. f is kept with it, without the password.
func (s *session) read(ctx context.Context, a plugins.AuthAnswer, f fillings) (token, error) {
	f = maps.Clone(f)
	delete(f, "user")
	delete(f, "secret")
	t := token{more: f}
	if s.spec.Token == nil {
		t.value = strconv.FormatInt(s.serial.Add(1), 10)
	} else {
		v, err := text(ctx, s.spec.Token, a)
		if err != nil || v == "" {
			return token{}, errors.Join(err, errors.New("no token in the answer"))
		}
		t.value, f["token"] = v, v
		Remember(v)
	}
	if s.spec.RefreshToken != nil {
		v, err := text(ctx, s.spec.RefreshToken, a)
		if err == nil && v != "" { // a server that does not rotate says nothing: the old one holds
			f["refresh"] = v
			Remember(v)
		}
	}
	var life time.Duration
	if s.spec.Expires != nil {
		if v, err := s.spec.Expires(ctx, a); err == nil {
			life = lifeOf(v, a.Header, s.c.now())
		}
	}
	if life == 0 {
		life = jwtLife(t.value, a.Header, s.c.now())
	}
	if life == 0 {
		life = s.spec.Lifetime
	}
	if life > 0 || s.spec.Token != nil { // cookies have an end of their own
		t.expires = s.c.early(life)
	}
	return t, nil
}

// keep adds what a step kept to the fillings.
func keep(ctx context.Context, reads map[string]plugins.AuthRead, a plugins.AuthAnswer, f fillings) error {
	for name, read := range reads {
		v, err := text(ctx, read, a)
		if err != nil {
			return err
		}
		if v == "" {
			return fmt.Errorf("it has no %s", name)
		}
		f[name] = v
		Remember(v)
	}
	return nil
}

// text reads text or a number.
func text(ctx context.Context, read plugins.AuthRead, a plugins.AuthAnswer) (string, error) {
	v, err := read(ctx, a)
	if err != nil {
		return "", err
	}
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case bool:
		return "", errors.New("a truth stands where text was expected")
	case map[string]any, []any:
		return "", errors.New("an object or list stands where text was expected")
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), nil
	}
	return fmt.Sprint(v), nil
}
