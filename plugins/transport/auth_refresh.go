package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"sync"
	"time"

	"muster/plugins"
)

// password asks for a token with the officer's own user name and password (RFC 6749 section 4.3), or renews one without
// them where the server gave a refresh token.
func (g *grant) password(ctx context.Context, _ string) (token, error) {
	c := g.c
	if old := g.tokens.last(); old.more["refresh"] != "" {
		t, err := g.byRefresh(ctx, old.more["refresh"])
		var refusal oauthError
		if err == nil || !errors.As(err, &refusal) {
			return t, err
		}
		g.tokens.forgetRefresh(old.value)
	}
	user, pass, err := c.userAndSecret(ctx, g.a)
	if err != nil {
		return token{}, err
	}
	used := user + "\x00" + pass
	if err := g.lock.check(c, used); err != nil {
		return token{}, err
	}
	t, err := g.post(asOnce(ctx), url.Values{"grant_type": {"password"}, "username": {user}, "password": {pass}})
	var refusal oauthError
	switch {
	case err == nil:
		g.lock.judge(c, used, accepted)
	case errors.As(err, &refusal):
		g.lock.judge(c, used, refused)
		if refusal == "invalid_grant" {
			err = c.err(plugins.Auth, refusal, "%s did not accept the stored user name and password. Correct them under Systems.", c.name)
		}
	}
	return t, err
}

// byRefresh renews with a refresh token (RFC 6749 section 6). A server that does not rotate sends none back: the old one
// stays.
func (g *grant) byRefresh(ctx context.Context, refresh string) (token, error) {
	t, err := g.post(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
	if err == nil && t.more["refresh"] == "" {
		t.more["refresh"] = refresh
	}
	return t, err
}

// rotation is what a grant remembers between renewals of a refresh token that is kept in the keyring.
type rotation struct {
	mu      sync.Mutex
	dead    string // refused by the server: not sent again
	instead string // what the keyring holds although
	unsaved string // this replaced it and could not be kept
}

// kept is what the keyring holds of the officer's sign-in at a system.
type kept struct {
	Refresh string    `json:"refresh,omitempty"`
	Access  string    `json:"access,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

func readKept(s string) kept {
	var k kept
	if json.Unmarshal([]byte(s), &k) != nil {
		return kept{}
	}
	return k
}

// entry is the name under which the refresh token is kept. An option holds the bare token, as the officer entered it.
func (g *grant) entry() (name string, bare bool) {
	if g.a.Kind == plugins.AuthRefresh {
		return g.a.Secret, true
	}
	return KeptSignIn, false
}

// rotate renews with the refresh token in the keyring. It does not end with its caller: the server may have made a new
// token already, and that one must be kept.
func (g *grant) rotate(ctx context.Context, stale string) (token, error) {
	c := g.c
	keeper, ok := c.creds.(Keeper)
	if !ok {
		return token{}, g.missing()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(time.Minute, 2*c.limits.Timeout))
	defer cancel()
	name, bare := g.entry()
	var t token
	var got bool
	var held, next string
	err := keeper.Rotate(ctx, c.id, name, func(ctx context.Context, current string) (string, error) {
		held = current
		k := kept{Refresh: g.rotating.newest(current)}
		if !bare {
			k = readKept(k.Refresh)
		}
		Remember(k.Refresh)
		Remember(k.Access)
		if k.Access != "" && k.Access != stale && (k.Expires.IsZero() || c.now().Before(k.Expires)) {
			t, got = token{value: k.Access, expires: k.Expires}, true // another process has renewed it
			return "", nil
		}
		if k.Refresh == "" {
			return "", g.missing()
		}
		if g.rotating.isDead(k.Refresh) {
			return "", g.ended("invalid_grant")
		}
		var err error
		if t, err = g.byRefresh(ctx, k.Refresh); err != nil {
			var refusal oauthError
			if errors.As(err, &refusal) && refusal == "invalid_grant" {
				g.rotating.bury(k.Refresh)
				err = g.ended(refusal)
			}
			return "", err
		}
		got = true
		next, err = g.keeps(t)
		return next, err
	})
	if err == nil || !got {
		if err == nil && next != "" {
			g.rotating.saved()
		}
		if err != nil {
			err = c.credentialError(ctx, err)
		}
		return t, err
	}
	// The token is good, but the keyring did not take what replaces it: use it, and keep it with the next one.
	g.rotating.replace(held, next)
	c.log.WarnContext(ctx, "a renewed sign-in could not be kept in the keyring", "error", quiet(err))
	return t, nil
}

// keeps is what the keyring is to hold of t.
func (g *grant) keeps(t token) (string, error) {
	if _, bare := g.entry(); bare {
		return t.more["refresh"], nil
	}
	k := kept{Refresh: t.more["refresh"], Access: t.value, Expires: t.expires}
	if k.Refresh == "" && t.endless {
		k.Expires = time.Time{} // good until it is refused
	}
	b, err := json.Marshal(k)
	return string(b), err
}

func (g *grant) missing() error {
	c := g.c
	if g.a.Kind == plugins.AuthRefresh {
		return c.credentialError(context.Background(), ErrNoCredential)
	}
	return c.err(plugins.Auth, ErrNoCredential, "%s needs you to sign in there, once: under Systems, or with musterctl systems login %s.", c.name, c.id)
}

// ended is the error for a refresh token that the server does not take any more.
func (g *grant) ended(refusal oauthError) error {
	c := g.c
	if g.a.Kind == plugins.AuthRefresh {
		return c.err(plugins.Auth, refusal, "Your sign-in at %s has ended there. Get a new refresh token from it and enter it under Systems.", c.name)
	}
	return c.err(plugins.Auth, refusal, "Your sign-in at %s has ended there. Sign in again: under Systems, or with musterctl systems login %s.", c.name, c.id)
}

// newest is what stands for what the keyring holds.
func (r *rotation) newest(held string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unsaved != "" && r.instead == held {
		return r.unsaved
	}
	return held
}

func (r *rotation) replace(held, next string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.instead, r.unsaved = held, next
}

func (r *rotation) saved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.instead, r.unsaved = "", ""
}

func (r *rotation) bury(refresh string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead = refresh
}

func (r *rotation) isDead(refresh string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead == refresh
}
