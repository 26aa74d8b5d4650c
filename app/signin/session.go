package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"muster/plugins"
	"muster/store/keyring"
)

// Names in the profile's keyring.
const (
	sessionName = "login/session"
	unlockName  = "login/unlock" // the unlock passphrase's box
	askName     = "login/ask"    // there after a sign-out: the next sign-in must ask for the password again
	localName   = "local/officer"
	keyName     = "store-key/" // + officer
	anchorName  = "store-end/" // + officer: how far the officer's file had gone
	systemName  = "system/"    // + officer / system
	sharedName  = "shared/"    // + system: what IT provisioned for every officer
)

// session is what continues after the program ends. It lives in the keyring only.
type session struct {
	Kind     string    `json:"kind"`
	Issuer   string    `json:"issuer,omitempty"`
	ClientID string    `json:"client_id,omitempty"`
	Officer  Officer   `json:"officer"`
	Refresh  string    `json:"refresh,omitempty"`
	IDToken  string    `json:"id_token,omitempty"` // tells the server at sign-out whose session ends
	Online   time.Time `json:"online"`             // last word from the sign-in server
	Seen     time.Time `json:"seen"`               // latest time by this computer's clock: an earlier one means that it was set back
	Locked   bool      `json:"locked,omitempty"`
	Key      []byte    `json:"key,omitempty"` // the store key of a local officer who is signed in
}

// mine reports whether s is of the sign-in server that the settings name.
func (m *Manager) mine(s session) bool {
	return s.Kind == m.o.Settings.Kind && s.Issuer == m.o.Settings.Issuer && s.ClientID == m.o.Settings.ClientID
}

// loadJSON reads an entry; found is false if there is none.
func (m *Manager) loadJSON(ctx context.Context, name string, v any) (found bool, err error) {
	b, err := m.o.Keyring.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, say(err, "")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fail(plugins.Drift, keyring.ErrDamaged, "Muster's entry in the keyring cannot be read. Sign out and in again; if it lasts, tell IT.")
	}
	return true, nil
}

func (m *Manager) saveJSON(ctx context.Context, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return say(m.o.Keyring.Set(ctx, name, b), "")
}

// loadSession reads the stored session of these settings. The caller holds the turn.
func (m *Manager) loadSession(ctx context.Context) (session, bool, error) {
	var s session
	found, err := m.loadJSON(ctx, sessionName, &s)
	if err != nil || !found || !m.mine(s) {
		return session{}, false, err
	}
	return s, true, nil
}

// persistLock writes whether the desk is locked now into the stored session, and the time that the clock showed then.
func (m *Manager) persistLock(ctx context.Context, seen time.Time) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s, ok, err := m.loadSession(ctx)
	if err != nil || !ok {
		return err
	}
	m.mu.Lock()
	s.Locked = m.state != SignedIn
	m.mu.Unlock()
	s.Seen = later(s.Seen, seen)
	if s.Locked {
		s.Key = nil
	}
	return m.saveJSON(ctx, sessionName, s)
}

// Restore continues the session of an earlier start without asking anything, where Options.Stay allows it. With none to
// continue the state stays SignedOut, and that is no error. A desk that was locked comes back Locked; so does one whose
// sign-in server does not answer, with an error that says so. A session that the server has ended is signed out, and
// Reason says so.
func (m *Manager) Restore(ctx context.Context) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s, ok, err := m.loadSession(ctx)
	if err != nil || !ok || m.State() != SignedOut {
		return err
	}
	if !m.o.Stay {
		return say(m.o.Keyring.Delete(ctx, sessionName), "")
	}
	var b box
	unlock, err := m.loadJSON(ctx, unlockName, &b)
	if err != nil {
		return err
	}
	o := s.Officer
	m.mu.Lock()
	m.officer, m.online, m.unlock = &o, s.Online, unlock
	m.state = Locked
	era := m.era
	m.mu.Unlock()
	defer m.changed()
	if s.Locked {
		return nil
	}
	if s.Kind == KindLocal {
		return m.restoreLocal(ctx, s)
	}
	_, err = m.renew(ctx, era, true)
	if errors.Is(err, ErrEnded) {
		return nil // signed out, and Reason says why
	}
	return err
}

// restoreLocal continues a local session within the idle time: there is no server to ask whether it still holds.
func (m *Manager) restoreLocal(ctx context.Context, s session) error {
	now := m.wall()
	idle := m.idle.limit()
	if len(s.Key) == 0 || now.Before(s.Seen.Add(-time.Minute)) || idle > 0 && now.Sub(s.Seen) >= idle {
		s.Locked, s.Key = true, nil
		return m.saveJSON(ctx, sessionName, s)
	}
	s.Seen = later(s.Seen, now)
	if err := m.saveJSON(ctx, sessionName, s); err != nil {
		return err
	}
	m.enter(s.Officer, accessToken{}, s.Key, time.Time{})
	return nil
}

// SignOut ends the session: here at once, in the keyring, and as far as it answers at the sign-in server. What the
// officer gave for single systems, and the key of the store, stay in the keyring. An error means that the keyring
// still holds the session.
func (m *Manager) SignOut(ctx context.Context) error {
	m.mu.Lock()
	if m.attempt != nil {
		m.attempt.cancel()
	}
	m.mu.Unlock()
	m.end("")
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s, ok, lerr := m.loadSession(ctx)
	err = m.o.Keyring.Delete(ctx, sessionName)
	if !m.boundTo(ctx, s.Officer.ID) { // the passphrase opens the officer's files: without its box they would be lost
		err = errors.Join(err, m.o.Keyring.Delete(ctx, unlockName))
	}
	if m.o.Settings.Kind == KindOIDC {
		err = errors.Join(err, m.o.Keyring.Set(ctx, askName, []byte("1")))
	}
	if err != nil {
		return say(err, "")
	}
	if lerr == nil && ok && s.Kind == KindOIDC {
		m.tellSignOut(ctx, s)
	}
	return nil
}

// digest names an officer in the keyring without saying who it is.
func digest(officer string) string {
	s := sha256.Sum256([]byte(officer))
	return hex.EncodeToString(s[:16])
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
