package signin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/store/keyring"
	"muster/store/keyring/keyringtest"
)

func TestMain(m *testing.M) { os.Exit(keyringtest.Run(m)) }

// desk is a force, a keyring and the options of a manager over them.
type desk struct {
	force *demoforce.Force
	keys  *keyring.Keyring
	o     signin.Options
	shift atomic.Int64 // by which this computer's clock is wrong
}

func newForce(t *testing.T, life time.Duration) *demoforce.Force {
	t.Helper()
	f, err := demoforce.Start(context.Background(), demoforce.Options{Seed: 1, Scale: 0.01, LiveEvery: -1, TokenLife: life})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func newDesk(t *testing.T, life time.Duration) *desk {
	t.Helper()
	d := &desk{force: newForce(t, life), keys: keyringtest.Open(t)}
	d.o = signin.Options{
		Settings:    signin.Settings{Kind: signin.KindOIDC, Issuer: d.force.Issuer(), ClientID: d.force.ClientID()},
		Keyring:     d.keys,
		OpenBrowser: d.force.Browser("okafor", demoforce.Password),
		OfflineFor:  time.Hour,
		Stay:        true,
		LockFile:    filepath.Join(t.TempDir(), "signin.lock"),
		Now:         func() time.Time { return time.Now().Add(time.Duration(d.shift.Load())) },
	}
	return d
}

func (d *desk) open(t *testing.T) *signin.Manager {
	t.Helper()
	m, err := signin.New(d.o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (d *desk) signedIn(t *testing.T) *signin.Manager {
	t.Helper()
	m := d.open(t)
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m
}

// saying checks that err is of that kind and tells the officer every one of the words.
func saying(t *testing.T, err error, kind plugins.ErrorKind, words ...string) {
	t.Helper()
	if plugins.KindOf(err) != kind {
		t.Errorf("kind %q, want %q: %v", plugins.KindOf(err), kind, err)
	}
	for _, w := range words {
		if !strings.Contains(fmt.Sprint(err), w) {
			t.Errorf("want %q in: %v", w, err)
		}
	}
}

func TestBrowserSignIn(t *testing.T) {
	d := newDesk(t, 0)
	var changes atomic.Int32
	d.o.Changed = func() { changes.Add(1) }
	m := d.open(t)
	if m.State() != signin.SignedOut {
		t.Fatal(m.State())
	}
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, ok := m.Officer()
	if !ok || o.Display() != "PC 2214 Ada Okafor" || o.Role != "response" || o.Force != demoforce.ForceName || o.ID == "" || o.Offline {
		t.Errorf("officer %+v", o)
	}
	if m.State() != signin.SignedIn || changes.Load() < 2 {
		t.Errorf("state %s after %d changes", m.State(), changes.Load())
	}
	tok, exp, err := m.LoginToken(t.Context(), "")
	if err != nil || tok == "" || time.Until(exp) < time.Minute {
		t.Fatalf("token %d bytes, %v, %v", len(tok), exp, err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, d.force.Issuer()+"/userinfo", nil)
	req.Header.Set("Authorization", "Bearer "+tok)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the token does not work: %v %v", resp, err)
	}
	resp.Body.Close()
	again, _, err := m.LoginToken(t.Context(), "")
	if err != nil || again != tok {
		t.Error("a valid token was renewed")
	}
}

func TestStaleTokenIsRenewedOnceForAll(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	old, _, err := m.LoginToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	// The provider ends a family whose refresh token comes twice: a second renewal at the same time would be the end.
	tokens := make([]string, 24)
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() {
			var err error
			if tokens[i], _, err = m.LoginToken(t.Context(), old); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, tok := range tokens {
		if tok == old || tok != tokens[0] {
			t.Fatal("not every caller got the one new token")
		}
	}
	if next, _, err := m.LoginToken(t.Context(), tokens[0]); err != nil || next == tokens[0] {
		t.Errorf("the rotated refresh token was not kept: %v", err)
	}
}

func TestExpiredTokenIsRenewed(t *testing.T) {
	d := newDesk(t, time.Minute)
	m := d.signedIn(t)
	old, _, err := m.LoginToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	d.shift.Store(int64(40 * time.Second)) // slept: the monotonic clock would not know
	tok, _, err := m.LoginToken(t.Context(), "")
	if err != nil || tok == old {
		t.Errorf("the token that is about to end was given out again: %v", err)
	}
}

func TestTwoProcessesShareOneSession(t *testing.T) {
	d := newDesk(t, 0)
	a := d.signedIn(t)
	b := d.open(t)
	if err := b.Restore(t.Context()); err != nil || b.State() != signin.SignedIn {
		t.Fatal(b.State(), err)
	}
	for range 3 {
		for _, m := range []*signin.Manager{a, b} {
			tok, _, err := m.LoginToken(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := m.LoginToken(t.Context(), tok); err != nil {
				t.Fatalf("the other process used up the refresh token: %v", err)
			}
		}
	}
	// Both at the same moment: without taking turns they would use the same refresh token twice, and end the session.
	for range 5 {
		var wg sync.WaitGroup
		for _, m := range []*signin.Manager{a, b} {
			tok, _, err := m.LoginToken(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				if _, _, err := m.LoginToken(t.Context(), tok); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func TestRestoreNeedsNoPrompt(t *testing.T) {
	d := newDesk(t, 0)
	first := d.signedIn(t)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	d.o.OpenBrowser = func(string) error { t.Error("the browser was opened"); return nil }
	m := d.open(t)
	if err := m.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o, ok := m.Officer(); !ok || o.Collar != "2214" || m.State() != signin.SignedIn {
		t.Errorf("%v %v", o, m.State())
	}
	d.o.Stay = false
	m = d.open(t)
	if err := m.Restore(t.Context()); err != nil || m.State() != signin.SignedOut {
		t.Errorf("policy forbids it: %v %v", m.State(), err)
	}
}

func TestRestoreWithNothingToRestore(t *testing.T) {
	m := newDesk(t, 0).open(t)
	if err := m.Restore(t.Context()); err != nil || m.State() != signin.SignedOut || m.Reason() != "" {
		t.Errorf("%v %v %q", m.State(), err, m.Reason())
	}
}

func TestRevokedSessionSaysSignInAgain(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	tok, _, err := m.LoginToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	// IT ends the officer's sessions at the server.
	jar, _ := cookiejar.New(nil)
	resp, err := (&http.Client{Jar: jar}).PostForm(d.force.Issuer()+"/revoke", url.Values{"token": {d.refresh(t)}, "client_id": {d.force.ClientID()}})
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	_, _, err = m.LoginToken(t.Context(), tok)
	saying(t, err, plugins.Auth, "Sign in again")
	if !errors.Is(err, signin.ErrEnded) || m.State() != signin.SignedOut || !strings.Contains(m.Reason(), "Sign in again") {
		t.Errorf("%v, state %s, reason %q", err, m.State(), m.Reason())
	}
	if _, _, err := m.LoginToken(t.Context(), ""); !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error(err)
	}
	if err := m.SignInBrowser(t.Context()); err != nil || m.State() != signin.SignedIn {
		t.Errorf("signing in again: %v %v", m.State(), err)
	}
}

func TestSignOut(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	if err := m.SetUnlock(t.Context(), "three random words"); err != nil {
		t.Fatal(err)
	}
	o, _ := m.Officer()
	key, err := m.StoreKey(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	refresh := d.refresh(t)
	if err := m.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.State() != signin.SignedOut || m.CanUnlock() {
		t.Error(m.State(), m.CanUnlock())
	}
	if _, ok := m.Officer(); ok {
		t.Error("an officer is still there")
	}
	for _, name := range []string{"login/session", "login/unlock"} {
		if _, err := d.keys.Get(t.Context(), name); !errors.Is(err, keyring.ErrNotFound) {
			t.Errorf("%s is still in the keyring: %v", name, err)
		}
	}
	resp, err := http.PostForm(d.force.Issuer()+"/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {d.force.ClientID()}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		t.Error("the server still takes the refresh token")
	}
	// The next sign-in must ask for the password, although the server may remember the browser.
	var asked string
	d.o.OpenBrowser = func(u string) error {
		asked = u
		return d.force.Browser("okafor", demoforce.Password)(u)
	}
	m = d.open(t)
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(asked, "prompt=login") {
		t.Error("the sign-in after a sign-out does not ask for the password")
	}
	if again, err := m.StoreKey(t.Context(), o.ID); err != nil || string(again) != string(key) {
		t.Errorf("the key of the officer's files changed: %v", err)
	}
}

func TestDeviceFlow(t *testing.T) {
	d := newDesk(t, 0)
	m := d.open(t)
	err := m.SignInDevice(t.Context(), func(code, at string) {
		if code == "" || !strings.HasPrefix(at, d.force.Issuer()) {
			t.Errorf("code %q at %q", code, at)
		}
		go func() {
			if err := d.force.Browser("whitelaw", demoforce.Password)(at + "?user_code=" + url.QueryEscape(code)); err != nil {
				t.Error(err)
			}
		}()
	})
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := m.Officer(); o.Collar != "4471" || m.State() != signin.SignedIn {
		t.Errorf("%+v", o)
	}
}

func TestLocalOfficer(t *testing.T) {
	d := &desk{keys: keyringtest.Open(t)}
	d.o = signin.Options{Settings: signin.Settings{Kind: signin.KindLocal}, Keyring: d.keys, Stay: true, Now: func() time.Time { return time.Now().Add(time.Duration(d.shift.Load())) }, IdleLock: time.Hour}
	m := d.open(t)
	if ok, err := m.LocalExists(t.Context()); ok || err != nil {
		t.Fatal(ok, err)
	}
	saying(t, m.SignInLocal(t.Context(), "whatever it is"), plugins.NotFound, "Set one up")
	saying(t, m.SetUpLocal(t.Context(), "Ada Okafor", "short"), plugins.Invalid, "at least 8")
	if err := m.SetUpLocal(t.Context(), "Ada Okafor", "three random words"); err != nil {
		t.Fatal(err)
	}
	o, _ := m.Officer()
	key, err := m.StoreKey(t.Context(), o.ID)
	if err != nil || len(key) != 32 {
		t.Fatal(len(key), err)
	}
	if err := m.SetUpLocal(t.Context(), "Other", "other random words"); !errors.Is(err, signin.ErrExists) {
		t.Error("a second officer took over: ", err)
	}
	_, _, err = m.LoginToken(t.Context(), "")
	saying(t, err, plugins.Auth, "local passphrase")

	next := d.open(t) // another process, soon after
	if err := next.Restore(t.Context()); err != nil || next.State() != signin.SignedIn {
		t.Fatal(next.State(), err)
	}
	if k, err := next.StoreKey(t.Context(), o.ID); err != nil || string(k) != string(key) {
		t.Error("another key", err)
	}
	d.shift.Store(int64(2 * time.Hour)) // long after
	late := d.open(t)
	if err := late.Restore(t.Context()); err != nil || late.State() != signin.Locked {
		t.Fatal(late.State(), err)
	}
	if _, err := late.StoreKey(t.Context(), o.ID); !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error("a locked desk gave its key:", err)
	}
	saying(t, late.Unlock(t.Context(), "wrong random words"), plugins.Auth, "wrong")
	if err := late.Unlock(t.Context(), "three random words"); err != nil || late.State() != signin.SignedIn {
		t.Fatal(err)
	}
	if k, err := late.StoreKey(t.Context(), o.ID); err != nil || string(k) != string(key) {
		t.Error("another key", err)
	}
	if err := late.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := late.SignInLocal(t.Context(), "three random words"); err != nil {
		t.Error("signing out took the officer away:", err)
	}
}

func TestWrongPassphrasesWaitLongerAndLonger(t *testing.T) {
	d := &desk{keys: keyringtest.Open(t)}
	d.o = signin.Options{Settings: signin.Settings{Kind: signin.KindLocal}, Keyring: d.keys, Now: func() time.Time { return time.Now().Add(time.Duration(d.shift.Load())) }}
	m := d.open(t)
	if err := m.SetUpLocal(t.Context(), "Ada Okafor", "three random words"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := m.SignInLocal(t.Context(), fmt.Sprint("wrong words ", i)); !errors.Is(err, signin.ErrWrongPassphrase) {
			t.Fatal(err)
		}
	}
	err := m.SignInLocal(t.Context(), "three random words")
	saying(t, err, plugins.Limited, "Wait", "seconds")
	var e *plugins.Error
	if !errors.Is(err, signin.ErrThrottled) || !errors.As(err, &e) || e.After <= 0 || e.After > 5*time.Second {
		t.Fatalf("%v", err)
	}
	d.shift.Store(int64(-time.Hour)) // setting the clock does not help, either way
	if err := d.open(t).SignInLocal(t.Context(), "three random words"); !errors.Is(err, signin.ErrThrottled) {
		t.Error("clock back, restarted:", err)
	}
	d.shift.Store(int64(time.Hour))
	if err := m.SignInLocal(t.Context(), "three random words"); !errors.Is(err, signin.ErrThrottled) {
		t.Error("clock forward:", err)
	}
	next := d.open(t) // after the pause (of a process that knows the wall clock only)
	if err := next.SignInLocal(t.Context(), "wrong again, sorry"); !errors.Is(err, signin.ErrWrongPassphrase) || !errors.As(err, &e) || e.After != 10*time.Second {
		t.Errorf("the fourth does not wait longer than the third: %v", err)
	}
	d.shift.Store(int64(2 * time.Hour))
	next = d.open(t)
	if err := next.SignInLocal(t.Context(), "three random words"); err != nil {
		t.Fatal(err)
	}
	if err := next.SignInLocal(t.Context(), "wrong once more"); !errors.As(err, &e) || e.After != 0 {
		t.Errorf("a right one does not start the count again: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	d := newDesk(t, 0)
	info := plugins.Info{
		Options: []plugins.Option{
			{Name: "base_url", Type: plugins.OptionURL, Required: true},
			{Name: "username", Type: plugins.OptionString, Asked: true},
			{Name: "password", Type: plugins.OptionSecret},
			{Name: "pin", Type: plugins.OptionSecret},
		},
		Auth: []plugins.AuthSpec{{Kind: plugins.AuthBasic, User: "username", Secret: "password"}},
	}
	if err := signin.StoreValue(t.Context(), d.keys, "custody", "username", "shared-user"); err != nil {
		t.Fatal(err)
	}
	m := d.open(t)
	if _, err := m.Value(t.Context(), "custody", "username"); !errors.Is(err, signin.ErrNotSignedIn) {
		t.Error("signed out:", err)
	}
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	miss, err := m.Missing(t.Context(), "custody", info)
	if err != nil || len(miss) != 1 || miss[0].Name != "password" {
		t.Fatalf("missing %+v %v", miss, err)
	}
	_, err = m.Value(t.Context(), "custody", "password")
	saying(t, err, plugins.Auth, "Systems")
	if err := m.SetValues(t.Context(), "custody", map[string]string{"username": "okafor", "password": "pässwörd"}); err != nil {
		t.Fatal(err)
	}
	for option, want := range map[string]string{"username": "okafor", "password": "pässwörd"} {
		if v, err := m.Value(t.Context(), "custody", option); err != nil || v != want {
			t.Errorf("%s: %q %v", option, v, err)
		}
	}
	if miss, err := m.Missing(t.Context(), "custody", info); err != nil || len(miss) != 0 {
		t.Errorf("missing %+v %v", miss, err)
	}
	// Another officer on the same computer gets the shared ones only.
	if err := m.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.o.OpenBrowser = d.force.Browser("whitelaw", demoforce.Password)
	other := d.signedIn(t)
	if v, err := other.Value(t.Context(), "custody", "username"); err != nil || v != "shared-user" {
		t.Errorf("%q %v", v, err)
	}
	if _, err := other.Value(t.Context(), "custody", "password"); err == nil {
		t.Error("one officer got another's password")
	}
	if err := other.Forget(t.Context(), "custody"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Value(t.Context(), "custody", "username"); err == nil {
		t.Error("it was not forgotten")
	}
}

func TestStoreKeyIsMadeOnceForEachOfficer(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	o, _ := m.Officer()
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = m.StoreKey(t.Context(), o.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != 32 || string(k) != string(keys[0]) {
			t.Fatal("different keys")
		}
	}
	if _, err := m.StoreKey(t.Context(), "somebody else"); err == nil {
		t.Error("another officer's key was given out")
	}
}
