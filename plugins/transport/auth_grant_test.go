package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins"
)

// Rotate makes the tests' keyring a Keeper; full says that it takes nothing any more.
func (k *keyring) Rotate(ctx context.Context, _, name string, use func(context.Context, string) (string, error)) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	k.mu.Lock()
	current := k.values[name]
	k.mu.Unlock()
	next, err := use(ctx, current)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case next != "" && k.full:
		return errors.Join(err, errors.New("the keyring is full"))
	case next != "":
		k.values[name] = next
	}
	return err
}

// grantServer is an authorization server that rotates refresh tokens and ends the session when one comes twice.
type grantServer struct {
	mu        sync.Mutex
	asked     []url.Values
	issued    int
	refresh   string
	ended     bool
	keeps     bool // gives no refresh token in answer to one
	none      bool // gives no refresh token at all
	pending   []string
	forgotten map[string]bool
}

func (s *grantServer) count(grant string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, f := range s.asked {
		if f.Get("grant_type") == grant {
			n++
		}
	}
	return n
}

func (s *grantServer) forgetAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.issued + 1 {
		s.forgotten[fmt.Sprintf("Bearer granted-access-%d", i)] = true
	}
}

func (s *grantServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(code string) {
		w.WriteHeader(400)
		json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "about " + r.PostForm.Get("password") + r.PostForm.Get("refresh_token")})
	}
	switch r.URL.Path {
	case "/device":
		json.NewEncoder(w).Encode(map[string]any{"device_code": "the-device-code", "user_code": "ABCD-EFGH", "verification_uri": "https://login.example/device", "expires_in": 300, "interval": 1})
		return
	case "/token":
	default:
		if a := r.Header.Get("Authorization"); a == "" || s.forgotten[a] {
			w.WriteHeader(401)
		}
		return
	}
	s.asked = append(s.asked, r.PostForm)
	switch r.PostForm.Get("grant_type") {
	case "password":
		if r.PostForm.Get("username") != "officer" || r.PostForm.Get("password") != "right-password" || r.PostForm.Get("client_id") != "muster" {
			refuse("invalid_grant")
			return
		}
		s.ended = false
	case "refresh_token":
		if s.ended || r.PostForm.Get("refresh_token") != s.refresh {
			s.ended = true
			refuse("invalid_grant")
			return
		}
	case grantDevice:
		if len(s.pending) > 0 {
			code := s.pending[0]
			s.pending = s.pending[1:]
			refuse(code)
			return
		}
	}
	s.issued++
	out := map[string]any{"access_token": fmt.Sprintf("granted-access-%d", s.issued), "token_type": "bearer"}
	if !s.none && (!s.keeps || s.refresh == "") {
		s.refresh = fmt.Sprintf("granted-refresh-%d", s.issued)
		out["refresh_token"] = s.refresh
	}
	json.NewEncoder(w).Encode(out)
}

func newGrantServer() *grantServer { return &grantServer{forgotten: map[string]bool{}} }

func withGrant(kind plugins.AuthKind) rigOption {
	return func(o *Options, _ *tuning) {
		a := plugins.AuthSpec{Kind: kind, Token: "/token", Device: "/device", Authorize: "/authorize", Client: "client", Scope: "records"}
		if kind == plugins.AuthPassword || kind == plugins.AuthRefresh {
			a.User, a.Secret = "user", "secret"
		}
		o.Info.Auth = []plugins.AuthSpec{a}
		o.Info.Limits = plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 100}
	}
}

func TestPasswordGrantIsRenewedWithoutThePassword(t *testing.T) {
	s := newGrantServer()
	r := newRig(t, s, withGrant(plugins.AuthPassword))
	r.creds.values["user"], r.creds.values["secret"] = "officer", "right-password"
	r.storm(100)
	for range 3 {
		s.forgetAll()
		r.storm(100)
	}
	if p, f := s.count("password"), s.count("refresh_token"); p != 1 || f != 3 {
		t.Fatalf("%d times the password, %d times a refresh token; want 1 and 3", p, f)
	}
	s.mu.Lock()
	s.ended = true // the server drops the session
	s.mu.Unlock()
	s.forgetAll()
	r.storm(100)
	if p, f := s.count("password"), s.count("refresh_token"); p != 2 || f != 4 {
		t.Fatalf("%d times the password, %d times a refresh token after the session had ended; want 2 and 4", p, f)
	}
}

func TestPasswordGrantSendsAWrongPasswordOnce(t *testing.T) {
	s := newGrantServer()
	r := newRig(t, s, withGrant(plugins.AuthPassword))
	r.creds.values["user"], r.creds.values["secret"] = "officer", "wr0ng-password"
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			_, _, err := r.get("/")
			if plugins.KindOf(err) != plugins.Auth || strings.Contains(fmt.Sprintf("%+v", err), "wr0ng") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.count("password"); n != 1 {
		t.Fatalf("sent %d times", n)
	}
	r.creds.mu.Lock()
	r.creds.values["secret"] = "right-password"
	r.creds.mu.Unlock()
	r.storm(5)
}

func TestRotatedRefreshTokenOutlivesAKeyringThatIsFull(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		s := newGrantServer()
		s.refresh, s.keeps = "first-refresh", keeps
		r := newRig(t, s, withGrant(plugins.AuthRefresh))
		r.creds.values["secret"] = "first-refresh"
		r.storm(100)
		if got := r.creds.values["secret"]; got != s.refresh {
			t.Fatalf("kept %q, want %q", got, s.refresh)
		}
		r.creds.full = true
		for range 2 {
			s.forgetAll()
			r.storm(50)
		}
		r.creds.full = false
		s.forgetAll()
		r.storm(50)
		if got := r.creds.values["secret"]; got != s.refresh || s.ended || s.count("refresh_token") != 4 {
			t.Fatalf("kept %q, want %q; session ended %v; %d renewals for 4 storms", got, s.refresh, s.ended, s.count("refresh_token"))
		}
	}
}

func TestRefreshTokenUsedElsewhereSaysSignInAgain(t *testing.T) {
	s := newGrantServer()
	s.refresh = "newer-refresh"
	r := newRig(t, s, withGrant(plugins.AuthRefresh))
	r.creds.values["secret"] = "older-refresh"
	for range 5 {
		_, _, err := r.get("/")
		if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, "enter it under Systems") || strings.Contains(fmt.Sprintf("%+v %v", e, e.Err), "older-refresh") {
			t.Error(e)
		}
	}
	if n := s.count("refresh_token"); n != 1 {
		t.Fatalf("a dead refresh token was sent %d times", n)
	}
	s.mu.Lock()
	s.ended = false
	s.mu.Unlock()
	r.creds.values["secret"] = "newer-refresh"
	r.storm(1)
}

func TestDeviceCode(t *testing.T) {
	signinCtx := plugins.WithAccess(context.Background(), plugins.Access{Officer: "o1", Operation: "sign-in"})
	for name, c := range map[string]struct {
		pending []string
		say     string
	}{
		"entered at once": {nil, ""},
		"entered later":   {[]string{"authorization_pending", "authorization_pending"}, ""},
		"declined":        {[]string{"access_denied"}, "declined"},
		"too late":        {[]string{"authorization_pending", "expired_token"}, "not entered in time"},
		"wrong client":    {[]string{"invalid_client"}, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newGrantServer()
			s.pending, s.none = c.pending, true // and the token has no end that the server names
			r := newRig(t, s, withGrant(plugins.AuthDevice))
			_, _, err := r.get("/")
			if e := wantKind(t, err, plugins.Auth); !errors.Is(e, ErrNoCredential) {
				t.Error(e)
			}
			ch, ok := Consent(r.client)
			if !ok {
				t.Fatal("no consent")
			}
			q, err := ch.Next(signinCtx, nil)
			if err != nil || q.Code != "ABCD-EFGH" || q.URL != "https://login.example/device" || !q.Wait || q.Done {
				t.Fatal(q, err)
			}
			q, err = ch.Next(signinCtx, nil)
			if c.say != "" {
				if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, c.say) {
					t.Error(e)
				}
				return
			}
			if err != nil || !q.Done {
				t.Fatal(q, err)
			}
			r.storm(10)
			// A later start of the program has it from the keyring, for as long as the server takes it.
			later := newRigAt(t, r.url, withGrant(plugins.AuthDevice), func(o *Options, _ *tuning) {
				o.Credentials = r.creds
				o.Now = func() time.Time { return time.Now().Add(300 * time.Hour) }
			})
			later.storm(10)
			if s.issued != 1 {
				t.Errorf("%d tokens", s.issued)
			}
		})
	}
	if _, ok := Consent(newRig(t, newGrantServer(), withGrant(plugins.AuthPassword)).client); ok {
		t.Error("a password needs no consent")
	}
}

func TestOnlyAPageMayBeOpened(t *testing.T) {
	for s, want := range map[string]bool{"https://login.example/device": true, "http://127.0.0.1:8080/d": true, "http://login.example/": false, "file:///etc/passwd": false,
		"javascript:alert(1)": false, "": false, "https://u:p@login.example/": false, "ms-settings:x": false} {
		if openable(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestBrowserMayDecline(t *testing.T) {
	signinCtx := plugins.WithAccess(t.Context(), plugins.Access{Officer: "o1", Operation: "sign-in"})
	r := newRig(t, newGrantServer(), withGrant(plugins.AuthCode))
	ch, _ := Consent(r.client)
	q, err := ch.Next(signinCtx, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(q.URL)
	back := u.Query().Get("redirect_uri")
	if u.Path != "/authorize" || u.Query().Get("code_challenge_method") != "S256" || !strings.HasPrefix(back, "http://127.0.0.1:") {
		t.Fatal(q.URL)
	}
	visit := func(query string) int {
		resp, err := http.Get(back + query)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if visit("?code=x&state=forged") != 404 || visit("?error=access_denied&state="+u.Query().Get("state")) != 200 {
		t.Error("the wrong answer was taken")
	}
	_, err = ch.Next(signinCtx, nil)
	if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, "declined") {
		t.Error(e)
	}
	http.DefaultClient.CloseIdleConnections()
	// A second question ends with its context.
	ctx, cancel := context.WithCancel(signinCtx)
	if _, err := ch.Next(ctx, nil); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = ch.Next(ctx, nil)
	wantKind(t, err, plugins.Cancelled)
}
