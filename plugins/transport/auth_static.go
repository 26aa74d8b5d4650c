package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"muster/plugins"
)

// apiKey sends a key in a header or, where a system offers nothing else, in the query.
type apiKey struct {
	c *chain
	a plugins.AuthSpec
}

func (k *apiKey) sign(ctx context.Context, r *http.Request) (string, error) {
	v, err := k.c.secret(ctx, k.a.Secret)
	if err != nil {
		return "", err
	}
	if k.a.Header != "" {
		r.Header.Set(k.a.Header, k.a.Prefix+v)
		return "", nil
	}
	u := *r.URL
	q := u.Query()
	q.Set(k.a.Query, v)
	if u.RawQuery == "" {
		u.RawQuery = q.Encode()
	} else {
		// What the plugin wrote stays as it wrote it: some servers do not read + as a space.
		own := u.Query()
		if own.Has(k.a.Query) {
			return "", k.c.err(plugins.Invalid, errors.New("the plugin sets the key itself"), "%s is set up wrongly: its requests already hold the key. Tell IT.", k.c.name)
		}
		u.RawQuery += "&" + encodePair(k.a.Query, v)
	}
	r.URL = &u
	return "", nil
}

func (k *apiKey) renew(context.Context, string) error    { return errFixed }
func (k *apiKey) refused(r *http.Response) bool          { return r.StatusCode == http.StatusUnauthorized }
func (k *basic) renew(_ context.Context, u string) error { return k.lock.refusedWith(u) }
func (k *basic) refused(r *http.Response) bool           { return r.StatusCode == http.StatusUnauthorized }

// basic sends a user name and a password with every request.
type basic struct {
	c    *chain
	a    plugins.AuthSpec
	lock lockGuard
}

func (k *basic) sign(ctx context.Context, r *http.Request) (string, error) {
	user, pass, err := k.c.userAndSecret(ctx, k.a)
	if err != nil {
		return "", err
	}
	if err := k.lock.check(k.c, user+"\x00"+pass); err != nil {
		return "", err
	}
	r.SetBasicAuth(user, pass)
	return user + "\x00" + pass, nil
}

// secret is value for a credential that must not be empty.
func (c *chain) secret(ctx context.Context, name string) (string, error) {
	v, err := c.value(ctx, name)
	if err == nil && v == "" {
		return "", c.credentialError(ctx, ErrNoCredential)
	}
	return v, err
}

func (c *chain) userAndSecret(ctx context.Context, a plugins.AuthSpec) (user, pass string, err error) {
	if user, err = c.secret(ctx, a.User); err != nil {
		return "", "", err
	}
	if a.Secret != "" {
		if pass, err = c.secret(ctx, a.Secret); err != nil {
			return "", "", err
		}
	}
	return user, pass, nil
}

// lockGuard keeps a wrong password from being sent again and again: many systems lock the account after a few tries.
type lockGuard struct {
	mu    sync.Mutex
	used  string
	tries int
	until time.Time
}

const (
	lockTries = 3
	lockRest  = time.Minute
)

// refusedWith notes that the system refused used. It always returns errFixed, for renew.
func (l *lockGuard) refusedWith(used string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used != used {
		l.used, l.tries = used, 0
	}
	if l.tries++; l.tries >= lockTries {
		l.until, l.tries = time.Now().Add(lockRest), 0
	}
	return errFixed
}

func (l *lockGuard) check(c *chain, used string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used != used || time.Now().After(l.until) {
		return nil
	}
	return c.err(plugins.Auth, errors.New("resting after repeated refusals"), "%s has refused the stored user name and password several times. Correct them under Systems; Muster does not try them again for a minute, so that your account is not locked.", c.name)
}

// joint sends several credentials together; the first is the one that may be renewed.
type joint []signer

func (j joint) sign(ctx context.Context, r *http.Request) (used string, err error) {
	for i, s := range j {
		u, err := s.sign(ctx, r)
		if err != nil {
			return "", err
		}
		if i == 0 {
			used = u
		}
	}
	return used, nil
}

func (j joint) renew(ctx context.Context, used string) error { return j[0].renew(ctx, used) }

func (j joint) refused(r *http.Response) bool {
	for _, s := range j {
		if s.refused(r) {
			return true
		}
	}
	return false
}

// newSigner makes the signer of one way to sign in, with what is sent beside it.
func (c *chain) newSigner(a plugins.AuthSpec) (signer, error) {
	s, err := c.newOne(a)
	if err != nil || len(a.Also) == 0 {
		return s, err
	}
	all := joint{s}
	for _, also := range a.Also {
		if len(also.Also) > 0 {
			return nil, fmt.Errorf("sign-in: what is sent beside it has further credentials of its own")
		}
		s, err := c.newOne(also)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (c *chain) newOne(a plugins.AuthSpec) (signer, error) {
	need := func(what string, values ...string) error {
		for _, v := range values {
			if v != "" {
				return nil
			}
		}
		return fmt.Errorf("sign-in %s needs %s", a.Kind, what)
	}
	switch a.Kind {
	case plugins.AuthNone, "":
		return open{}, nil
	case plugins.AuthBearer:
		return newBearer(c), nil
	case plugins.AuthAPIKey:
		if err := errors.Join(need("a header or query name", a.Header, a.Query), need("a secret", a.Secret)); err != nil {
			return nil, err
		}
		return &apiKey{c, a}, nil
	case plugins.AuthBasic:
		return &basic{c: c, a: a}, need("a user", a.User)
	case plugins.AuthWSSUsername:
		return &wss{c: c, a: a}, errors.Join(need("a user", a.User), need("a secret", a.Secret))
	case plugins.AuthOAuth2Client, plugins.AuthExchange:
		return newGrant(c, a)
	case plugins.AuthCookie:
		return newCookies(c, a)
	}
	return nil, fmt.Errorf("sign-in of kind %q is not known", a.Kind)
}
