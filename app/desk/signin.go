package desk

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"muster/app/signin"
	"muster/plugins"
)

// errNotSetUp is returned for a sign-in before the first run.
var errNotSetUp = errors.New("this desk is not set up yet: use the demonstration force, or connect your systems")

// useSignIn makes the manager for the profile's sign-in settings; one that fits already is kept, with its session.
func (d *Desk) useSignIn(p Profile) error {
	settings := d.signInSettings(p)
	d.mu.RLock()
	old, same := d.signin, reflect.DeepEqual(settings, d.settings)
	d.mu.RUnlock()
	if old != nil && same {
		return nil
	}
	out, err := d.outward()
	if err != nil {
		return err
	}
	m, err := signin.New(signin.Options{HTTP: signin.NewHTTP(out.Proxy, out.TLS.Clone()),
		Settings: settings, Keyring: d.keys, OpenBrowser: d.opts.OpenBrowser, ShowURL: d.opts.ShowURL,
		IdleLock: d.IdleLock(), OfflineFor: d.policy.OfflineUnlock.Value, Stay: d.policy.StaySignedIn.Value,
		LockFile: filepath.Join(d.opts.Profile, "session.lock"), Changed: d.signInChanged, Now: d.now, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.signin, d.settings = m, settings
	d.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// signInSettings are the profile's, unless IT fixed them.
func (d *Desk) signInSettings(p Profile) signin.Settings {
	if !d.policy.SignIn.Managed || p.Demo != "" {
		return p.SignIn
	}
	return signin.Settings(d.policy.SignIn.Value)
}

// signInChanged hears of every change of the sign-in state: a session that ended is closed here too.
func (d *Desk) signInChanged() {
	d.notify(TopicState, "")
	if d.State() == signin.SignedOut {
		go func() {
			d.starting.Lock()
			defer d.starting.Unlock()
			if d.State() == signin.SignedOut {
				d.endSession()
			}
		}()
	}
}

func (d *Desk) manager() (*signin.Manager, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.signin == nil {
		return nil, errNotSetUp
	}
	return d.signin, nil
}

// State is where the officer stands.
func (d *Desk) State() signin.State {
	m, err := d.manager()
	if err != nil {
		return signin.SignedOut
	}
	return m.State()
}

// Officer is who is signed in; known also while the desk is locked.
func (d *Desk) Officer() (signin.Officer, bool) {
	m, err := d.manager()
	if err != nil {
		return signin.Officer{}, false
	}
	return m.Officer()
}

// Reason says why the desk is signed out or locked, where there is more to say than that; else "".
func (d *Desk) Reason() string {
	m, err := d.manager()
	if err != nil {
		return ""
	}
	return m.Reason()
}

// Methods lists the ways to sign in here, the usual first.
func (d *Desk) Methods() []signin.Method {
	m, err := d.manager()
	if err != nil {
		return nil
	}
	return m.Methods()
}

// entered runs after every successful sign-in or unlock.
func (d *Desk) entered(ctx context.Context, m *signin.Manager) error {
	o, ok := m.Officer()
	if !ok || m.State() != signin.SignedIn {
		return nil
	}
	if order, err := d.newOrder(); err == nil && order != "" {
		if err := d.wipeByOrder(ctx, order); err != nil {
			return err
		}
		return ErrWiped
	}
	if err := d.startSession(ctx, o); err != nil {
		m.Lock()
		return err
	}
	d.notify(TopicState, "")
	d.notify(TopicSystems, "")
	return nil
}

func (d *Desk) signInWith(ctx context.Context, f func(*signin.Manager) error) error {
	m, err := d.manager()
	if err != nil {
		return err
	}
	if err := f(m); err != nil {
		return err
	}
	return d.entered(ctx, m)
}

// Restore continues the session of an earlier start without asking anything, where policy allows it. With none to continue
// the desk stays signed out, and that is no error.
func (d *Desk) Restore(ctx context.Context) error {
	if !d.Configured() {
		return nil
	}
	return d.signInWith(ctx, func(m *signin.Manager) error { return m.Restore(ctx) })
}

// SignInBrowser signs in through the system browser; it also unlocks.
func (d *Desk) SignInBrowser(ctx context.Context) error {
	return d.signInWith(ctx, func(m *signin.Manager) error { return m.SignInBrowser(ctx) })
}

// SignInDevice signs in with a code that the officer enters on another device; show is called once with code and address.
func (d *Desk) SignInDevice(ctx context.Context, show func(code, url string)) error {
	return d.signInWith(ctx, func(m *signin.Manager) error { return m.SignInDevice(ctx, show) })
}

// LocalExists reports whether a local officer has been set up in this profile.
func (d *Desk) LocalExists() bool {
	m, err := d.manager()
	if err != nil || d.signInSettings(d.Profile()).Kind != signin.KindLocal {
		return false
	}
	ok, err := m.LocalExists(context.Background())
	return err == nil && ok
}

// SetUpLocal sets up sign-in by passphrase, for a site with no identity provider, and signs in. On a desk that is not set up
// it writes a profile without systems.
func (d *Desk) SetUpLocal(ctx context.Context, name, passphrase string) error {
	if !d.Configured() {
		p := Profile{Profile: profileVersion, SignIn: signin.Settings{Kind: signin.KindLocal}}
		if err := p.Save(d.opts.Profile); err != nil {
			return err
		}
		if err := d.useProfile(p); err != nil {
			return err
		}
	}
	if d.signInSettings(d.Profile()).Kind != signin.KindLocal {
		return errors.New("this desk signs in at a sign-in server; a local passphrase needs a profile of its own")
	}
	return d.signInWith(ctx, func(m *signin.Manager) error { return m.SetUpLocal(ctx, name, passphrase) })
}

// SignInLocal signs the local officer in.
func (d *Desk) SignInLocal(ctx context.Context, passphrase string) error {
	return d.signInWith(ctx, func(m *signin.Manager) error { return m.SignInLocal(ctx, passphrase) })
}

// CanUnlock reports whether a passphrase unlocks the desk now: one is set, and policy still allows it.
func (d *Desk) CanUnlock() bool {
	m, err := d.manager()
	return err == nil && m.CanUnlock()
}

// SetUnlock sets the passphrase that unlocks this desk, also offline.
func (d *Desk) SetUnlock(ctx context.Context, passphrase string) error {
	m, err := d.manager()
	if err != nil {
		return err
	}
	return m.SetUnlock(ctx, passphrase)
}

// Unlock opens a locked desk with the passphrase.
func (d *Desk) Unlock(ctx context.Context, passphrase string) error {
	return d.signInWith(ctx, func(m *signin.Manager) error { return m.Unlock(ctx, passphrase) })
}

// Lock locks the desk at once. What is on its way to the systems waits until it is unlocked.
func (d *Desk) Lock() {
	if m, err := d.manager(); err == nil {
		m.Lock()
	}
}

// SignOut ends the session here, in the keyring and at the sign-in server. What is in the outbox stays, sealed. Where policy says so,
// what was read is wiped with it.
func (d *Desk) SignOut(ctx context.Context) error {
	if err := d.wipeAtSignOut(ctx); err != nil {
		d.log.Error("signing out did not wipe", "error", err)
		return errors.Join(err, d.signOut(ctx))
	}
	return d.signOut(ctx)
}

func (d *Desk) signOut(ctx context.Context) error {
	m, err := d.manager()
	if err != nil {
		return err
	}
	if s, err := d.behind(); err == nil {
		a := d.access("sign-out", plugins.Purpose{})
		_, _ = d.append(ctx, s, d.record(a)) // signing out never waits for room on the disk
	}
	err = m.SignOut(ctx)
	d.starting.Lock()
	if d.State() == signin.SignedOut { // nobody has signed in again already
		d.endSession()
	}
	d.starting.Unlock()
	d.notify(TopicState, "")
	return err
}

// Touch says that the officer did something: the idle clock starts again.
func (d *Desk) Touch() {
	if m, err := d.manager(); err == nil {
		m.Touch()
	}
}

// IdleLock is how long without Touch until the desk locks; 0 is never.
func (d *Desk) IdleLock() time.Duration { return d.Policy().IdleLock.Value }

// askKeyring notes which credentials each system still needs; Systems gives it without waiting for the keyring.
func (d *Desk) askKeyring(ctx context.Context) {
	m, err := d.manager()
	if err != nil {
		return
	}
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	for _, s := range list {
		if s.broken != nil {
			continue
		}
		needs, err := m.Missing(ctx, s.cfg.ID, s.info)
		if err != nil {
			d.log.Warn("the keyring did not say which credentials are there", "system", s.cfg.ID, "error", err)
			continue
		}
		there := false
		if asksThere(s.info) {
			in, err := m.SignedInAt(ctx, s.cfg.ID)
			there = err == nil && !in
		}
		s.mu.Lock()
		s.needs, s.there = needs, there
		s.mu.Unlock()
	}
}
