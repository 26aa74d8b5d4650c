package signin_test

import (
	"bytes"
	"errors"
	"testing"

	"muster/app/signin"
	"muster/plugins"
)

func TestStoreKeyBoundToThePassphrase(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	o, _ := m.Officer()
	key, err := m.StoreKey(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	saying(t, m.BindStore(t.Context(), o.ID, words), plugins.NotFound, "Set one first")
	if err := m.SetUnlock(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	saying(t, m.BindStore(t.Context(), o.ID, "not these words"), plugins.Auth, "wrong")
	if err := m.BindStore(t.Context(), o.ID, words); err != nil {
		t.Fatal(err)
	}
	same := func(m *signin.Manager) {
		t.Helper()
		if k, err := m.StoreKey(t.Context(), o.ID); err != nil || !bytes.Equal(k, key) {
			t.Errorf("another key: %v", err)
		}
	}
	same(m)
	if _, _, err := m.LoginToken(t.Context(), ""); err != nil { // renewing a token takes the key from nobody
		t.Error(err)
	}
	same(m)
	if err := m.SetUnlock(t.Context(), "other random words"); err != nil { // a new passphrase opens the same file
		t.Fatal(err)
	}
	same(m)
	if err := m.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}

	m = d.open(t)
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.StoreKey(t.Context(), o.ID); !errors.Is(err, signin.ErrBound) {
		t.Errorf("without the passphrase: %v", err)
	}
	saying(t, m.SetUnlock(t.Context(), "third random words"), plugins.Denied, "Lock the desk")
	m.Lock()
	if err := m.Unlock(t.Context(), "other random words"); err != nil {
		t.Fatal(err)
	}
	same(m)
	next, err := m.NextStoreKey(t.Context(), o.ID)
	if again, err2 := m.NextStoreKey(t.Context(), o.ID); err != nil || err2 != nil || !bytes.Equal(next, again) {
		t.Error("a rotation that goes on has another key", err, err2)
	}
	if err := m.KeepStoreKey(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	key = next
	same(m)
	if left, err := m.UnfinishedStoreKey(t.Context(), o.ID); left != nil || err != nil {
		t.Error("a key is left over", err)
	}
}
