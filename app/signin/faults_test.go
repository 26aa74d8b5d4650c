package signin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
)

// refresh is the refresh token that the keyring holds now.
func (d *desk) refresh(t *testing.T) string {
	t.Helper()
	b, err := d.keys.Get(t.Context(), "login/session")
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Refresh string }
	if err := json.Unmarshal(b, &s); err != nil || s.Refresh == "" {
		t.Fatal("no refresh token in the keyring", err)
	}
	return s.Refresh
}

// redirectOf is where the sign-in that u begins comes back to, and its state.
func redirectOf(t *testing.T, u string) (string, url.Values) {
	t.Helper()
	p, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	return p.Query().Get("redirect_uri"), p.Query()
}

func get(t *testing.T, u string) (int, string, http.Header, string) {
	t.Helper()
	resp, err := http.Get(u)
	if err != nil {
		t.Error(err)
		return 0, "", nil, ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(b), resp.Header, resp.Request.URL.String()
}

func TestTheRequestIsAsItShouldBe(t *testing.T) {
	d := newDesk(t, 0)
	var q url.Values
	d.o.OpenBrowser = func(u string) error {
		var back string
		back, q = redirectOf(t, u)
		if !strings.HasPrefix(back, "http://127.0.0.1:") {
			t.Error(back)
		}
		return d.force.Browser("okafor", demoforce.Password)(u)
	}
	d.signedIn(t)
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 40 || len(q.Get("nonce")) < 40 || q.Has("client_secret") {
		t.Error(q)
	}
	if s := strings.Fields(q.Get("scope")); strings.Join(s, " ") != "openid profile offline_access" {
		t.Error(s)
	}
}

func TestTheLastPageHoldsNothingOfTheSignIn(t *testing.T) {
	d := newDesk(t, 0)
	page := make(chan [2]string, 1)
	d.o.OpenBrowser = func(u string) error {
		back, q := redirectOf(t, u)
		go func() {
			_, body, h, at := get(t, back+"?error=access_denied&state="+url.QueryEscape(q.Get("state")))
			if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Cache-Control") != "no-store" {
				t.Error(h)
			}
			page <- [2]string{body, at}
		}()
		return nil
	}
	m := d.open(t)
	err := m.SignInBrowser(t.Context())
	saying(t, err, plugins.Cancelled, "cancelled")
	if !errors.Is(err, signin.ErrCancelled) || m.State() != signin.SignedOut {
		t.Error(err, m.State())
	}
	p := <-page
	if !strings.Contains(p[0], "You are not signed in") || !strings.HasSuffix(p[1], "/done") || strings.Contains(p[0], "state") {
		t.Errorf("%s at %s", p[0], p[1])
	}
}

func TestCallbackTakesOneGenuineAnswer(t *testing.T) {
	d := newDesk(t, 0)
	d.o.OpenBrowser = func(u string) error {
		back, _ := redirectOf(t, u)
		for _, q := range []string{"", "?code=stolen&state=guessed", "?code=x&state="} {
			if status, _, _, _ := get(t, back+q); status != http.StatusBadRequest {
				t.Errorf("%q: %d", q, status)
			}
		}
		req, _ := http.NewRequest(http.MethodGet, back, nil)
		req.Host = "attacker.example"
		if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != http.StatusMisdirectedRequest {
			t.Error("another host name was served", err)
		} else {
			resp.Body.Close()
		}
		return d.force.Browser("okafor", demoforce.Password)(u) // none of that ended the real one
	}
	m := d.signedIn(t)
	if m.State() != signin.SignedIn {
		t.Error(m.State())
	}
}

func TestWrongState(t *testing.T) {
	d := newDesk(t, 0)
	// An answer with a code that this sign-in did not get (login mix-up): the verifier does not fit.
	d.o.OpenBrowser = func(u string) error {
		back, q := redirectOf(t, u)
		go get(t, back+"?code=another&state="+url.QueryEscape(q.Get("state")))
		return nil
	}
	err := d.open(t).SignInBrowser(t.Context())
	saying(t, err, plugins.Auth, "Sign in again")
	if strings.Contains(fmt.Sprintf("%+v", err), "another") {
		t.Error("the error holds the code")
	}
}

func TestWrongPasswordThenCancelled(t *testing.T) {
	d := newDesk(t, 0)
	failed := make(chan error, 1)
	d.o.OpenBrowser = func(u string) error {
		failed <- d.force.Browser("okafor", "not the password")(u)
		return nil
	}
	m := d.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if err := <-failed; err == nil {
			t.Error("the sign-in page took a wrong password")
		}
		if m.State() != signin.SigningIn {
			t.Error(m.State())
		}
		cancel()
	}()
	err := m.SignInBrowser(ctx)
	saying(t, err, plugins.Cancelled, "cancelled")
	if m.State() != signin.SignedOut {
		t.Error(m.State())
	}
}

func TestNotFinishedInTime(t *testing.T) {
	d := newDesk(t, 0)
	d.o.Wait = 300 * time.Millisecond
	d.o.OpenBrowser = func(string) error { return nil }
	err := d.open(t).SignInBrowser(t.Context())
	saying(t, err, plugins.Cancelled, "in time")
}

func TestStartingAgainEndsTheEarlierAttempt(t *testing.T) {
	d := newDesk(t, 0)
	opened := make(chan string, 2)
	d.o.OpenBrowser = func(u string) error { opened <- u; return nil }
	m := d.open(t)
	first := make(chan error, 1)
	go func() { first <- m.SignInBrowser(t.Context()) }()
	<-opened // and the officer closes the page
	go func() {
		if err := d.force.Browser("okafor", demoforce.Password)(<-opened); err != nil {
			t.Error(err)
		}
	}()
	if err := m.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-first; !errors.Is(err, signin.ErrCancelled) {
		t.Error(err)
	}
	if m.State() != signin.SignedIn {
		t.Error(m.State())
	}
}

func TestBrowserDoesNotOpen(t *testing.T) {
	d := newDesk(t, 0)
	d.o.OpenBrowser = func(string) error { return errors.New("no display") }
	saying(t, d.open(t).SignInBrowser(t.Context()), plugins.Unavailable, "browser", "code on another device")
	d.o.ShowURL = func(u string) {
		go func() {
			if err := d.force.Browser("okafor", demoforce.Password)(u); err != nil { // the officer copies it
				t.Error(err)
			}
		}()
	}
	m := d.open(t)
	if err := m.SignInBrowser(t.Context()); err != nil || m.State() != signin.SignedIn {
		t.Error(err)
	}
}

func TestServerFaults(t *testing.T) {
	for fault, want := range map[demoforce.FaultKind]struct {
		kind  plugins.ErrorKind
		words string
	}{
		demoforce.FaultDown:      {plugins.Unavailable, "does not answer"},
		demoforce.FaultError:     {plugins.Unavailable, "out of order"},
		demoforce.FaultMalformed: {plugins.Drift, "issuer"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			d := newDesk(t, 0)
			if err := d.force.SetFault("idp", demoforce.Fault{Kind: fault}); err != nil {
				t.Fatal(err)
			}
			m := d.open(t)
			err := m.SignInBrowser(t.Context())
			saying(t, err, want.kind, want.words)
			if m.State() != signin.SignedOut {
				t.Error(m.State())
			}
			if err := d.force.SetFault("idp", demoforce.Fault{}); err != nil {
				t.Fatal(err)
			}
			if err := m.SignInBrowser(t.Context()); err != nil {
				t.Error("after the fault:", err)
			}
		})
	}
}

func TestServerDownWhileRenewing(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	tok, _, err := m.LoginToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.force.SetFault("idp", demoforce.Fault{Kind: demoforce.FaultDown}); err != nil {
		t.Fatal(err)
	}
	_, _, err = m.LoginToken(t.Context(), tok)
	saying(t, err, plugins.Unavailable, "does not answer")
	if m.State() != signin.SignedIn {
		t.Error("a server that is down signed the officer out")
	}
	next := d.open(t) // started meanwhile: locked, not signed out
	err = next.Restore(t.Context())
	saying(t, err, plugins.Unavailable)
	if next.State() != signin.Locked {
		t.Error(next.State())
	}
}

func TestAddressOfTheServer(t *testing.T) {
	d := newDesk(t, 0)
	d.o.Settings.Issuer = strings.Replace(d.force.Issuer(), "127.0.0.1", "localhost", 1)
	err := d.open(t).SignInBrowser(t.Context())
	saying(t, err, plugins.Drift, "calls itself "+d.force.Issuer(), "IT")
	d.o.Settings.Issuer = "http://login.example.org"
	if _, err := signin.New(d.o); err == nil || !strings.Contains(err.Error(), "https://") {
		t.Error(err)
	}
	d.o.Settings.Issuer, d.o.Settings.ClientID = d.force.Issuer(), "unknown"
	d.o.Wait = 2 * time.Second
	if err := d.open(t).SignInBrowser(t.Context()); err == nil {
		t.Error("an unknown client signed in")
	}
}

func TestWrongClock(t *testing.T) {
	for _, shift := range []time.Duration{-time.Hour - time.Minute, 2 * time.Hour} {
		d := newDesk(t, 0)
		d.shift.Store(int64(shift))
		m := d.open(t)
		err := m.SignInBrowser(t.Context())
		saying(t, err, plugins.Auth, "clock")
		if !errors.Is(err, signin.ErrClock) || m.State() != signin.SignedOut {
			t.Errorf("%v: %v", shift, err)
		}
	}
	d := newDesk(t, 0)
	d.shift.Store(int64(-4 * time.Minute)) // as clocks are
	if err := d.open(t).SignInBrowser(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestErrorsHoldNoToken(t *testing.T) {
	d := newDesk(t, 0)
	for _, f := range []demoforce.FaultKind{demoforce.FaultError, demoforce.FaultMalformed, demoforce.FaultTruncated, demoforce.FaultResetBefore} {
		m := d.signedIn(t)
		refresh := d.refresh(t)
		tok, _, err := m.LoginToken(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.force.SetFault("idp", demoforce.Fault{Kind: f}); err != nil {
			t.Fatal(err)
		}
		if _, _, err = m.LoginToken(t.Context(), tok); err == nil {
			t.Errorf("%s went well", f)
		}
		if err := d.force.SetFault("idp", demoforce.Fault{}); err != nil {
			t.Fatal(err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if s := fmt.Sprintf("%+v", e); strings.Contains(s, refresh) || strings.Contains(s, tok) {
				t.Errorf("%s: a token stands in %s", f, s)
			}
		}
	}
}

func TestAnswerToAnotherRequestIsRefused(t *testing.T) {
	for _, param := range []string{"nonce", "code_challenge"} {
		d := newDesk(t, 0)
		d.o.OpenBrowser = func(u string) error {
			p, err := url.Parse(u)
			if err != nil {
				return err
			}
			q := p.Query()
			q.Set(param, strings.Repeat("A", 43)) // as when somebody else's answer is slipped in
			p.RawQuery = q.Encode()
			return d.force.Browser("okafor", demoforce.Password)(p.String())
		}
		m := d.open(t)
		if err := m.SignInBrowser(t.Context()); err == nil || m.State() != signin.SignedOut {
			t.Errorf("%s: %v %v", param, m.State(), err)
		}
		if _, err := d.keys.Get(t.Context(), "login/session"); err == nil {
			t.Errorf("%s: a session was kept", param)
		}
	}
}

// forger changes the ID token on its way.
type forger struct {
	change func(head, body, sign string) string
}

func (f forger) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/oauth/token") || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	defer resp.Body.Close()
	var m map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		return nil, err
	}
	p := strings.Split(m["id_token"].(string), ".")
	m["id_token"] = f.change(p[0], p[1], p[2])
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(string(b))), int64(len(b))
	resp.Header.Del("Content-Length")
	return resp, nil
}

func TestForgedIDTokenIsRefused(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	as := func(body, from, to string) string {
		b, _ := base64.RawURLEncoding.DecodeString(body)
		return encode([]byte(strings.ReplaceAll(string(b), from, to)))
	}
	for name, change := range map[string]func(head, body, sign string) string{
		"another officer": func(h, b, s string) string { return h + "." + as(b, "okafor", "whitelaw") + "." + s },
		"no signature":    func(_, b, _ string) string { return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + b + "." },
		"not a token":     func(_, _, _ string) string { return "x" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 0)
			d.o.HTTP = &http.Client{Transport: forger{change}}
			m := d.open(t)
			err := m.SignInBrowser(t.Context())
			saying(t, err, plugins.Drift, "could not be trusted")
			if m.State() != signin.SignedOut {
				t.Error(m.State())
			}
		})
	}
}
