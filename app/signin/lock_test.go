package signin_test

import (
	"errors"
	"testing"
	"time"

	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
)

const words = "three random words"

func TestLockDropsWhatItHolds(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	o, _ := m.Officer()
	m.Lock()
	if m.State() != signin.Locked {
		t.Fatal(m.State())
	}
	if _, _, err := m.LoginToken(t.Context(), ""); !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error("token:", err)
	}
	if _, err := m.Value(t.Context(), "custody", "password"); !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error("credential:", err)
	}
	if _, err := m.StoreKey(t.Context(), o.ID); !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error("key:", err)
	}
	if who, ok := m.Officer(); !ok || who.ID != o.ID {
		t.Error("the lock screen does not know whose desk it is")
	}
	if m.CanUnlock() {
		t.Error("no passphrase is set")
	}
	if err := m.SignInBrowser(t.Context()); err != nil || m.State() != signin.SignedIn {
		t.Error("unlocking in the browser:", err)
	}
}

func TestALockedDeskStartsLocked(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	if err := m.SetUnlock(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	m.Lock()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m = d.open(t)
	if err := m.Restore(t.Context()); err != nil || m.State() != signin.Locked || !m.CanUnlock() {
		t.Fatal(m.State(), m.CanUnlock(), err)
	}
	saying(t, m.Unlock(t.Context(), "not these words"), plugins.Auth, "wrong")
	if err := m.Unlock(t.Context(), words); err != nil || m.State() != signin.SignedIn {
		t.Fatal(err)
	}
	if o, _ := m.Officer(); o.Offline {
		t.Error("offline, although the server answers")
	}
	if _, _, err := m.LoginToken(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestUnlockOffline(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	if err := m.SetUnlock(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	m.Lock()
	if err := d.force.SetFault("idp", demoforce.Fault{Kind: demoforce.FaultDown}); err != nil {
		t.Fatal(err)
	}
	if err := m.Unlock(t.Context(), words); err != nil || m.State() != signin.SignedIn {
		t.Fatal(m.State(), err)
	}
	if o, _ := m.Officer(); !o.Offline || o.Collar != "2214" {
		t.Errorf("%+v", o)
	}
	_, _, err := m.LoginToken(t.Context(), "")
	saying(t, err, plugins.Unavailable, "does not answer")
	m.Lock()
	d.shift.Store(int64(50 * time.Minute))
	if !m.CanUnlock() {
		t.Error("within the hour")
	}
	d.shift.Store(int64(61 * time.Minute))
	saying(t, m.Unlock(t.Context(), words), plugins.Denied, "too long ago")
	if m.CanUnlock() {
		t.Error("past the hour")
	}
	d.shift.Store(int64(-10 * time.Minute))
	err = m.Unlock(t.Context(), words)
	saying(t, err, plugins.Denied, "clock was set back")
	if m.State() != signin.Locked {
		t.Error(m.State())
	}
	d.shift.Store(0)
	if err := d.force.SetFault("idp", demoforce.Fault{}); err != nil {
		t.Fatal(err)
	}
	if err := m.Unlock(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	if o, _ := m.Officer(); o.Offline {
		t.Error("still offline")
	}
}

func TestPolicyForbidsUnlocking(t *testing.T) {
	d := newDesk(t, 0)
	d.o.OfflineFor = 0
	m := d.signedIn(t)
	saying(t, m.SetUnlock(t.Context(), words), plugins.Denied, "IT")
}

func TestOnlyTheSameOfficerUnlocks(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	m.Lock()
	other := d.force.Browser("whitelaw", demoforce.Password)
	own := d.force.Browser("okafor", demoforce.Password)
	browser := other
	d2 := d.o
	d2.OpenBrowser = func(u string) error { return browser(u) }
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := signin.New(d2)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Restore(t.Context()); err != nil || m.State() != signin.Locked {
		t.Fatal(m.State(), err)
	}
	err = m.SignInBrowser(t.Context())
	saying(t, err, plugins.Denied, "PC 2214 Ada Okafor", "sign out first")
	if m.State() != signin.Locked || !errors.Is(err, signin.ErrOther) {
		t.Error(m.State(), err)
	}
	browser = own
	if err := m.SignInBrowser(t.Context()); err != nil || m.State() != signin.SignedIn {
		t.Error(m.State(), err)
	}
}

func TestIdleLock(t *testing.T) {
	d := newDesk(t, 0)
	d.o.IdleLock = 400 * time.Millisecond
	locked := make(chan struct{}, 8)
	var m *signin.Manager
	d.o.Changed = func() {
		if m != nil && m.State() == signin.Locked {
			locked <- struct{}{}
		}
	}
	m = d.open(t)
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		time.Sleep(100 * time.Millisecond)
		m.Touch()
		if m.State() != signin.SignedIn {
			t.Fatal("locked although the officer was at work")
		}
	}
	<-locked
	if m.Reason() == "" {
		t.Error("no reason given")
	}
}

func TestSleepAndClockSetBackLock(t *testing.T) {
	for what, shift := range map[string]time.Duration{"woken after an hour": time.Hour, "clock set back": -time.Hour} {
		t.Run(what, func(t *testing.T) {
			d := newDesk(t, 0)
			d.o.IdleLock = 30 * time.Minute
			m := d.signedIn(t)
			d.shift.Store(int64(shift))
			m.Touch() // the first key after it must lock, not extend
			if m.State() != signin.Locked {
				t.Error(m.State())
			}
		})
	}
	d := newDesk(t, 0)
	d.o.IdleLock = 30 * time.Minute
	m := d.signedIn(t)
	d.shift.Store(int64(-20 * time.Second)) // a time server's correction
	m.Touch()
	if m.State() != signin.SignedIn {
		t.Error(m.State())
	}
}

func TestLockWhileRenewingKeepsTheRotatedToken(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	tok, _, err := m.LoginToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.force.SetFault("idp", demoforce.Fault{Kind: demoforce.FaultSlow, DelayMS: 300}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := m.LoginToken(t.Context(), tok)
		done <- err
	}()
	time.Sleep(100 * time.Millisecond)
	m.Lock()
	if err := <-done; !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error("a locked desk got a token:", err)
	}
	if m.State() != signin.Locked {
		t.Fatal(m.State())
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	next := d.open(t)
	if err := next.Restore(t.Context()); err != nil || next.State() != signin.Locked {
		t.Fatal("the renewal undid the lock:", next.State(), err)
	}
	if err := next.SignInBrowser(t.Context()); err != nil {
		t.Error(err)
	}
}
