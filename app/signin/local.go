package signin

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"muster/plugins"
)

// LocalExists reports whether a local officer has been set up in this profile.
func (m *Manager) LocalExists(ctx context.Context) (bool, error) {
	var b box
	return m.loadJSON(ctx, localName, &b)
}

// SetUpLocal makes the local officer of a profile with no sign-in server, and signs in. Nobody can recover a
// forgotten passphrase: the officer's files are sealed under it.
func (m *Manager) SetUpLocal(ctx context.Context, name, passphrase string) error {
	if err := m.needKind(KindLocal); err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" {
		return plugins.Errorf(plugins.Invalid, "Give the officer's name.")
	}
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if exists, err := m.LocalExists(ctx); err != nil || exists {
		if exists {
			err = fail(plugins.Duplicate, ErrExists, "An officer is already set up here. Sign in with the passphrase that was set then.")
		}
		return err
	}
	o := Officer{ID: "local-" + hex.EncodeToString(random(16)), Name: name}
	key := random(32)
	b, err := newBox(passphrase, o, key)
	if err != nil {
		return err
	}
	if err := m.saveJSON(ctx, localName, b); err != nil {
		return err
	}
	return m.enterLocal(ctx, o, key)
}

// SignInLocal signs the local officer in, and unlocks the desk.
func (m *Manager) SignInLocal(ctx context.Context, passphrase string) error {
	if err := m.needKind(KindLocal); err != nil {
		return err
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	b, key, err := m.try(ctx, localName, passphrase)
	if errors.Is(err, ErrNoLocal) {
		return fail(plugins.NotFound, ErrNoLocal, "No officer is set up here yet. Set one up first.")
	}
	if err != nil {
		return err
	}
	return m.enterLocal(ctx, b.Officer, key)
}

func (m *Manager) enterLocal(ctx context.Context, o Officer, key []byte) error {
	now := m.wall()
	o.Since = now.UTC()
	s := session{Kind: KindLocal, Issuer: m.o.Settings.Issuer, ClientID: m.o.Settings.ClientID, Officer: o, Online: now, Seen: now}
	if m.o.Stay {
		s.Key = key
	}
	if err := m.saveJSON(ctx, sessionName, s); err != nil {
		return err
	}
	m.enter(o, accessToken{}, key, time.Time{})
	return nil
}

func (m *Manager) needKind(kind string) error {
	if m.o.Settings.Kind == kind {
		return nil
	}
	if kind == KindLocal {
		return plugins.Errorf(plugins.Invalid, "This desk signs in at %s, not with a local passphrase.", hostOf(m.o.Settings.Issuer))
	}
	return plugins.Errorf(plugins.Invalid, "This desk has no sign-in server. Sign in with the local passphrase.")
}

// SetUnlock sets the passphrase with which this officer can unlock the desk without the sign-in server. With a local
// officer that is the passphrase already, and setting another is refused.
func (m *Manager) SetUnlock(ctx context.Context, passphrase string) error {
	if m.o.Settings.Kind == KindLocal {
		return plugins.Errorf(plugins.Invalid, "This desk unlocks with the passphrase that it signs in with.")
	}
	if m.o.OfflineFor <= 0 {
		return plugins.Errorf(plugins.Denied, "IT does not allow unlocking by passphrase on this computer.")
	}
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	m.mu.Lock()
	state, reason, o := m.state, m.reason, m.officer
	m.mu.Unlock()
	if state != SignedIn || o == nil {
		return notSignedIn(reason)
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	key := random(32)
	if m.boundTo(ctx, o.ID) { // a new passphrase must open what the one before opened
		m.mu.Lock()
		key = bytes.Clone(m.key)
		m.mu.Unlock()
		if len(key) == 0 {
			return plugins.Errorf(plugins.Denied, "Your files here are sealed under your unlock passphrase. Lock the desk, unlock it with that passphrase, then set a new one.")
		}
	}
	b, err := newBox(passphrase, *o, key)
	if err != nil {
		return err
	}
	if err := m.saveJSON(ctx, unlockName, b); err != nil {
		return err
	}
	m.mu.Lock()
	m.unlock = true
	m.mu.Unlock()
	m.changed()
	return nil
}

// CanUnlock reports whether the desk is or could be locked and unlocked again by passphrase: one is set, and the last
// word from the sign-in server is not longer ago than Options.OfflineFor.
func (m *Manager) CanUnlock() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.o.Settings.Kind == KindLocal {
		return m.officer != nil
	}
	return m.officer != nil && m.unlock && m.tooOld(m.online) == nil
}

// tooOld refuses an unlock when the last word from the server is too long ago, or the clock was set back.
func (m *Manager) tooOld(online time.Time) error {
	now := m.wall()
	switch {
	case now.Before(online.Add(-5 * time.Minute)):
		return fail(plugins.Denied, ErrClock, "This computer's clock was set back, so Muster cannot tell how long ago you signed in. Correct the clock, or sign in in the browser.")
	case m.o.OfflineFor <= 0 || now.Sub(online) > m.o.OfflineFor:
		return plugins.Errorf(plugins.Denied, "You last signed in at the server too long ago to unlock by passphrase. Sign in in the browser.")
	}
	return nil
}

// Unlock unlocks a locked desk by passphrase: the unlock passphrase, or the local officer's. Where the sign-in server
// answers, the session is renewed; where it does not, the officer works offline.
func (m *Manager) Unlock(ctx context.Context, passphrase string) error {
	if m.o.Settings.Kind == KindLocal {
		return m.SignInLocal(ctx, passphrase)
	}
	if st := m.State(); st != Locked {
		if st == SignedIn {
			return nil
		}
		return notSignedIn(m.Reason())
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s, ok, err := m.loadSession(ctx)
	if err != nil {
		return err
	}
	if !ok {
		m.end("Your sign-in has ended. Sign in again.")
		return notSignedIn(m.Reason())
	}
	// The latest time that this computer's clock has shown counts, so that setting it back gains nothing.
	if m.wall().Before(s.Seen.Add(-5 * time.Minute)) {
		return m.tooOld(later(s.Seen, s.Online))
	}
	if err := m.tooOld(s.Online); err != nil {
		return err
	}
	b, key, err := m.try(ctx, unlockName, passphrase)
	if errors.Is(err, ErrNoLocal) {
		return fail(plugins.NotFound, ErrNoLocal, "No unlock passphrase is set. Sign in in the browser.")
	}
	if err != nil {
		return err
	}
	if b.Officer.ID != s.Officer.ID {
		return fail(plugins.Denied, ErrOther, "That unlock passphrase is another officer's. Sign in in the browser.")
	}
	m.mu.Lock()
	era, state := m.era, m.state
	m.mu.Unlock()
	if state != Locked {
		return notSignedIn(m.Reason())
	}
	online, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err = m.renew(online, era, true)
	if err == nil {
		m.mu.Lock()
		if m.state == SignedIn {
			m.key = key
		}
		m.mu.Unlock()
	}
	if err == nil || errors.Is(err, ErrEnded) || ctx.Err() != nil {
		return err
	}
	if plugins.KindOf(err) != plugins.Unavailable && plugins.KindOf(err) != plugins.Cancelled {
		return err
	}
	// The failed renewal may have kept a new token: write on top of that.
	if s, ok, err = m.loadSession(ctx); err != nil || !ok {
		return errors.Join(err, notSignedIn(""))
	}
	s.Locked, s.Seen = false, later(s.Seen, m.wall())
	if err := m.saveJSON(ctx, sessionName, s); err != nil {
		return err
	}
	o := s.Officer
	o.Offline = true
	m.enter(o, accessToken{}, key, time.Time{})
	return nil
}
