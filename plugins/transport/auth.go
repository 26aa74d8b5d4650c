package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"muster/plugins"
)

// signer puts one kind of credential on requests.
type signer interface {
	// sign puts the credential on r, which is the attempt's own copy, and returns what it used, for renew.
	sign(ctx context.Context, r *http.Request) (used string, err error)
	// renew replaces what was used, once for all callers; errFixed when there is nothing newer to be had.
	renew(ctx context.Context, used string) error
	// refused reports whether an answer means that the credential was not accepted.
	refused(resp *http.Response) bool
}

// errFixed is a signer's word that its credential does not change by asking again.
var errFixed = errors.New("the credential cannot be renewed")

// newSigners makes a signer for each declared way to sign in, in order of preference.
func (c *chain) newSigners() ([]signer, error) {
	var out []signer
	for _, a := range c.info.Auth {
		s, err := c.newSigner(a)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// signedIn sends req with the first way to sign in that has its credentials. A refusal is answered by one renewal and
// one repeat, then it is the officer's or IT's to mend.
func (c *chain) signedIn(req *http.Request, k *call) (*http.Response, error) {
	if len(c.signers) == 0 {
		return c.signedBy(open{}, req, k)
	}
	var first error
	for _, s := range c.signers {
		resp, err := c.signedBy(s, req, k)
		if err == nil || !errors.Is(err, ErrNoCredential) {
			return resp, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (c *chain) signedBy(s signer, req *http.Request, k *call) (*http.Response, error) {
	ctx := req.Context()
	k.signer = s
	rounds := 1
	if m, ok := s.(interface{ rounds() int }); ok {
		rounds = m.rounds()
	}
	settle := func(verdict) {}
	if l, ok := s.(settler); ok {
		settle = func(v verdict) { l.settle(k, v) }
		defer l.settle(k, unsettled) // nobody waits for a caller that has gone
	}
	for round := 0; ; round++ {
		r := req.Clone(ctx)
		if round > 0 && req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			r.Body = body
		}
		resp, err := c.repeated(c.asks, r)
		if err != nil {
			return nil, err
		}
		lost := s.refused(resp)
		settle(verdictOf(resp.StatusCode, lost))
		if !lost {
			return resp, nil
		}
		_ = resp.Body.Close()
		refusal := c.err(plugins.Auth, fmt.Errorf("status %d", resp.StatusCode), "%s did not accept the sign-in. Sign in again, or check the credential stored for it.", c.name)
		repeatable := req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
		if round >= rounds || !repeatable {
			return nil, refusal
		}
		switch err := s.renew(ctx, k.used); {
		case errors.Is(err, errFixed):
			return nil, refusal
		case err != nil:
			return nil, err
		}
	}
}

// value returns the value of an option: given by the officer, or set by IT.
func (c *chain) value(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	o, ok := option(c.info, name)
	if !ok {
		return "", c.err(plugins.Auth, ErrNoCredential, "%s has no setting %q that its sign-in needs. Tell IT.", c.name, name)
	}
	if o.Type != plugins.OptionSecret {
		if v := configured(c.cfg, o); v != "" || !o.Asked {
			return v, nil
		}
	}
	if c.creds == nil {
		return "", c.err(plugins.Auth, ErrNoCredential, "%s needs %s. Enter it under Systems; it is asked once.", c.name, strings.ToLower(o.Label))
	}
	v, err := c.creds.Value(ctx, c.id, name)
	if err != nil {
		return "", c.credentialError(ctx, err)
	}
	if o.Type == plugins.OptionSecret {
		Remember(v)
	}
	return v, nil
}

// rememberForms makes a secret known also as forms and JSON write it.
func rememberForms(secret string) {
	if q := url.QueryEscape(secret); q != secret {
		Remember(q)
	}
	if j, err := json.Marshal(secret); err == nil && string(j[1:len(j)-1]) != secret {
		Remember(string(j[1 : len(j)-1]))
	}
}

// credentialError makes a failure of the keyring or the login one of the closed set.
func (c *chain) credentialError(ctx context.Context, err error) error {
	var e *plugins.Error
	switch {
	case errors.As(err, &e):
		return err
	case ctx.Err() != nil:
		return c.classify(ctx, ctx.Err(), false, false, c.limits)
	case errors.Is(err, ErrNoCredential):
		return c.err(plugins.Auth, ErrNoCredential, "%s needs a credential that has not been given yet. Enter it under Systems; it is asked once.", c.name)
	}
	return c.err(plugins.Auth, quiet(err), "The credential for %s could not be read from this computer's keyring. Unlock the keyring and try again.", c.name)
}

// open is the signer of a system that asks for nothing.
type open struct{}

func (open) sign(context.Context, *http.Request) (string, error) { return "", nil }
func (open) renew(context.Context, string) error                 { return errFixed }
func (open) refused(r *http.Response) bool                       { return r.StatusCode == http.StatusUnauthorized }

// bearer sends the one login's access token.
type bearer struct {
	c      *chain
	tokens *source
}

func newBearer(c *chain) *bearer {
	b := &bearer{c: c}
	// Not kept here: the login keeps it, so that sign-out and lock take effect at once.
	b.tokens = &source{fetch: c.loginToken}
	return b
}

func (c *chain) loginToken(ctx context.Context, stale string) (token, error) {
	if c.creds == nil {
		return token{}, c.err(plugins.Auth, ErrNoCredential, "%s needs you to be signed in.", c.name)
	}
	v, expires, err := c.creds.LoginToken(ctx, stale)
	if err != nil {
		return token{}, c.credentialError(ctx, err)
	}
	Remember(v)
	return token{value: v, expires: expires}, nil
}

func (b *bearer) sign(ctx context.Context, r *http.Request) (string, error) {
	t, err := b.tokens.get(ctx)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+t.value)
	return t.value, nil
}

func (b *bearer) renew(ctx context.Context, used string) error { return b.tokens.renew(ctx, used) }
func (b *bearer) refused(r *http.Response) bool                { return r.StatusCode == http.StatusUnauthorized }

// asSignin gives ctx what a request of the sign-in itself carries.
func asSignin(ctx context.Context) context.Context {
	a, _ := plugins.AccessFrom(ctx)
	a.Operation = "sign-in"
	return plugins.WithAccess(ctx, a)
}

type onceKey struct{}

// asOnce marks a request that carries a password: a server that counts wrong ones may answer those with a breakdown.
func asOnce(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

// sendSignin sends a request to a token or login endpoint through permit, allow-list, limits and retries.
func (c *chain) sendSignin(ctx context.Context, r *http.Request) (*http.Response, error) {
	// Asking for a token twice does no harm, so it counts as a read; a password is not sent twice.
	ctx = context.WithValue(asSignin(ctx), callKey{}, &call{once: marked(ctx, onceKey{})})
	r = r.WithContext(ctx)
	if err := c.allow.check(c.words, r.URL); err != nil {
		return nil, err
	}
	if err := c.permitted(ctx, r); err != nil {
		return nil, err
	}
	return c.repeated(c.signin, r)
}
