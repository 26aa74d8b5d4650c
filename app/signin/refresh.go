package signin

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"

	"muster/plugins"
)

// flight is one renewal that several callers wait for.
type flight struct {
	done  chan struct{}
	token accessToken
	err   error
}

// failure is the last renewal that failed, so that a server that is down is not asked by every request at once.
type failure struct {
	err error
	at  time.Time
}

// renewEarly is how long before its end a token is renewed; one whose whole life is shorter is renewed whenever it is asked for.
const renewEarly = 30 * time.Second

// LoginToken returns a valid access token of the one login; see transport.Credentials.
func (m *Manager) LoginToken(ctx context.Context, stale string) (string, time.Time, error) {
	if err := m.needKind(KindOIDC); err != nil {
		return "", time.Time{}, fail(plugins.Auth, err, "This desk signs in with a local passphrase, and this system wants the force's own sign-in. Ask IT to set up a sign-in server or another way to sign in to the system.")
	}
	m.mu.Lock()
	if m.state != SignedIn {
		reason := m.reason
		m.mu.Unlock()
		return "", time.Time{}, notSignedIn(reason)
	}
	if t := m.access; t.text != "" && t.text != stale && m.fresh(t) {
		m.mu.Unlock()
		return t.text, t.expires, nil
	}
	if m.failed.err != nil && time.Since(m.failed.at) < 3*time.Second {
		err := m.failed.err
		m.mu.Unlock()
		return "", time.Time{}, err
	}
	f := m.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		m.flight = f
		era := m.era
		// The renewal goes on if this caller gives up: others wait for it, and a rotated token must be kept.
		m.background(func(ctx context.Context) { m.fly(ctx, f, era) }) //nolint:contextcheck // it outlives the caller on purpose
	}
	m.mu.Unlock()
	select {
	case <-f.done:
		return f.token.text, f.token.expires, f.err
	case <-ctx.Done():
		return "", time.Time{}, say(ctx.Err(), m.o.Settings.Issuer)
	}
}

// fresh reports whether t can still be used, by both clocks: the monotonic one, and the wall clock, which goes on while
// the computer sleeps.
func (m *Manager) fresh(t accessToken) bool {
	now := m.o.Now()
	early := renewEarly
	return now.Add(early).Before(t.expires) && now.Round(0).Add(early).Before(t.expires.Round(0))
}

func (m *Manager) fly(ctx context.Context, f *flight, era int) {
	defer close(f.done)
	f.token, f.err = m.renew(ctx, era, false)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flight = nil
	if f.err != nil && m.era == era && plugins.KindOf(f.err) == plugins.Unavailable {
		m.failed = failure{f.err, time.Now()}
	}
}

// renew trades the refresh token for a new access token, keeps a rotated refresh token before anything else, and signs
// the officer in, provided that nobody locked the desk or signed out since era. held says that the caller has the turn.
func (m *Manager) renew(ctx context.Context, era int, held bool) (accessToken, error) {
	if !held {
		release, err := m.hold(ctx)
		if err != nil {
			return accessToken{}, err
		}
		defer release()
	}
	s, ok, err := m.loadSession(ctx)
	if err != nil {
		return accessToken{}, err
	}
	m.mu.Lock()
	if m.unsaved != "" {
		s.Refresh = m.unsaved
	}
	same := m.officer != nil && m.officer.ID == s.Officer.ID
	m.mu.Unlock()
	if !ok || s.Refresh == "" || !same {
		return accessToken{}, m.ended(ctx, era, false, "Your sign-in has ended. Sign in again.")
	}
	p, err := m.discover(ctx)
	if err != nil {
		return accessToken{}, err
	}
	cfg := m.config(p)
	tok, err := cfg.TokenSource(m.web(ctx), &oauth2.Token{RefreshToken: s.Refresh}).Token()
	if err != nil {
		err = say(err, m.o.Settings.Issuer)
		if errors.Is(err, ErrEnded) {
			return accessToken{}, m.ended(ctx, era, true, "Your sign-in has ended at the sign-in server. Sign in again.")
		}
		return accessToken{}, err
	}
	return m.renewed(ctx, p, s, tok, era)
}

// renewed keeps what a renewal brought and publishes it.
func (m *Manager) renewed(ctx context.Context, p *provider, s session, tok *oauth2.Token, era int) (accessToken, error) {
	now := m.wall()
	s.Online, s.Seen = now, later(s.Seen, now)
	if tok.RefreshToken != "" {
		s.Refresh = tok.RefreshToken
	}
	raw, _ := tok.Extra("id_token").(string)
	if raw != "" {
		id, err := m.verify(ctx, p, raw)
		if err == nil && id.Subject != s.Officer.ID {
			err = refuseToken("subject", m.o.Settings.Issuer)
		}
		if err != nil {
			return accessToken{}, errors.Join(err, m.keep(ctx, s))
		}
		s.IDToken = raw
	}
	m.mu.Lock()
	current, state := m.era == era, m.state
	m.mu.Unlock()
	if state == SignedOut { // signed out meanwhile: what came back is not wanted any more
		m.background(func(ctx context.Context) { m.tellSignOut(ctx, s) }) //nolint:contextcheck // it outlives the caller on purpose
		return accessToken{}, notSignedIn("")
	}
	if current {
		s.Locked = false
	}
	if err := m.keep(ctx, s); err != nil {
		return accessToken{}, err
	}
	if !current {
		return accessToken{}, notSignedIn(m.Reason())
	}
	access := m.tokenFrom(tok)
	m.publish(s.Officer, access, now, era)
	return access, nil
}

// keep saves the session. If the keyring does not take it, the rotated token stays in memory for the next renewal:
// the old one is worth nothing any more.
func (m *Manager) keep(ctx context.Context, s session) error {
	err := m.saveJSON(ctx, sessionName, s)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unsaved = ""
	if err != nil {
		m.unsaved = s.Refresh
	}
	return err
}

// publish makes a renewed session the current one. A desk that was locked or being restored opens.
func (m *Manager) publish(o Officer, access accessToken, online time.Time, era int) {
	m.mu.Lock()
	if m.era != era {
		m.mu.Unlock()
		return
	}
	opened := m.state != SignedIn
	offline := m.officer != nil && m.officer.Offline
	if opened {
		m.era++
	}
	m.state, m.officer, m.reason = SignedIn, &o, ""
	m.access, m.online, m.failed = access, online, failure{}
	m.mu.Unlock()
	if opened {
		m.idle.set(m.idle.limit(), m.wall())
	}
	if opened || offline {
		m.changed()
	}
}

// ended signs out because the session is over; remove takes it out of the keyring too. The caller holds the turn.
func (m *Manager) ended(ctx context.Context, era int, remove bool, reason string) error {
	m.mu.Lock()
	current := m.era == era
	m.mu.Unlock()
	if current {
		m.end(reason)
	}
	err := fail(plugins.Auth, errors.Join(ErrEnded, ErrNotSignedIn), "%s", reason)
	if remove {
		if derr := m.o.Keyring.Delete(ctx, sessionName); derr != nil {
			m.o.Log.Warn("the ended session is still in the keyring", "error", derr)
		}
	}
	return err
}
