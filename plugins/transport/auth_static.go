package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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

func (k *apiKey) renew(context.Context, string) error { return errFixed }
func (k *apiKey) refused(r *http.Response) bool       { return r.StatusCode == http.StatusUnauthorized }
func (k *basic) renew(context.Context, string) error  { return errFixed }
func (k *basic) refused(r *http.Response) bool        { return r.StatusCode == http.StatusUnauthorized }
func (k *basic) settle(to *call, v verdict)           { k.lock.settle(k.c, to, v) }

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
	if err := k.lock.enter(ctx, k.c, user+"\x00"+pass); err != nil {
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
		rememberForms(pass)
	}
	return user, pass, nil
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
	case plugins.AuthDigest:
		return &digest{c: c, a: a}, errors.Join(need("a user", a.User), need("a secret", a.Secret))
	case plugins.AuthNTLM:
		return newNTLM(c, a), errors.Join(need("a user", a.User), need("a secret", a.Secret))
	case plugins.AuthKerberos:
		return newKerberos(c, a)
	case plugins.AuthMTLS:
		return &mtls{c: c, a: a}, need("a secret", a.Secret)
	case plugins.AuthWSSUsername:
		return &wss{c: c, a: a}, errors.Join(need("a user", a.User), need("a secret", a.Secret))
	case plugins.AuthOAuth2Client, plugins.AuthExchange, plugins.AuthPassword, plugins.AuthRefresh, plugins.AuthDevice, plugins.AuthCode:
		return newGrant(c, a)
	case plugins.AuthSession:
		return newSession(c, a)
	case plugins.AuthCookie:
		return newCookies(c, a)
	}
	return nil, fmt.Errorf("sign-in of kind %q is not known", a.Kind)
}
