package signin_test

import (
	"context"
	"testing"
	"time"

	"muster/app/signin"
	"muster/plugins"
	"muster/store/keyring/keyringtest"
)

func TestKeyringGone(t *testing.T) {
	d := newDesk(t, 0)
	m := d.open(t)
	keyringtest.Absent(t)
	err := m.SignInBrowser(t.Context())
	saying(t, err, plugins.Unavailable, "keyring", "DBUS_SESSION_BUS_ADDRESS")
	if m.State() != signin.SignedOut {
		t.Error(m.State())
	}
}

func TestKeyringLocked(t *testing.T) {
	d := newDesk(t, 0)
	first := d.signedIn(t)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	keyringtest.Lock(t)
	m := d.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := m.Restore(ctx)
	saying(t, err, plugins.Unavailable, "keyring", "unlock it")
	if m.State() != signin.SignedOut {
		t.Error(m.State())
	}
	keyringtest.Unlock(t)
	if err := m.Restore(t.Context()); err != nil || m.State() != signin.SignedIn {
		t.Error("the session was lost with the lock:", m.State(), err)
	}
}
