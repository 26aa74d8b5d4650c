package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
)

// tokenServer answers token requests and remembers them.
type tokenServer struct {
	mu     sync.Mutex
	asked  []url.Values
	basic  []string
	accept func(url.Values) bool
	life   any
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.PostForm)
	u, p, _ := r.BasicAuth()
	s.basic = append(s.basic, u+":"+p)
	w.Header().Set("Content-Type", "application/json")
	if s.accept != nil && !s.accept(r.PostForm) {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": "subject " + r.PostForm.Get("subject_token")})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprintf("system-token-%d", len(s.asked)), "token_type": "Bearer", "expires_in": s.life})
}

// guarded serves /token and, to the bearer of the current token, everything else.
func (s *tokenServer) guarded(valid func(auth string) bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/token", s)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !valid(r.Header.Get("Authorization")) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	return mux
}

func TestClientCredentials(t *testing.T) {
	for _, inBody := range []bool{false, true} {
		ts := &tokenServer{life: 3600}
		r := newRig(t, ts.guarded(func(a string) bool { return a == "Bearer system-token-1" }),
			withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret", Scope: "records.read", InBody: inBody}))
		r.creds.values["secret"] = "p+ss:wörd"
		for range 3 {
			if got, _, err := r.get("/persons"); err != nil || got != 200 {
				t.Fatal(got, err)
			}
		}
		if len(ts.asked) != 1 {
			t.Fatalf("%d token requests for three searches", len(ts.asked))
		}
		f := ts.asked[0]
		if f.Get("grant_type") != "client_credentials" || f.Get("scope") != "records.read" {
			t.Fatalf("asked %v", f)
		}
		if inBody && (f.Get("client_secret") != "p+ss:wörd" || f.Get("client_id") != "muster" || ts.basic[0] != ":") {
			t.Fatalf("asked %v, basic %q", f, ts.basic[0])
		}
		if !inBody && (ts.basic[0] != "muster:"+url.QueryEscape("p+ss:wörd") || f.Has("client_secret")) {
			t.Fatalf("asked %v, basic %q", f, ts.basic[0])
		}
	}
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	ts := &tokenServer{life: "100"} // some servers send a string
	r := newRig(t, ts.guarded(func(a string) bool { return a != "" }),
		withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret"}),
		func(o *Options, _ *tuning) {
			o.Now = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return now
			}
		})
	r.creds.values["secret"] = "secret-value"
	r.get("/")
	mu.Lock()
	now = now.Add(89 * time.Second)
	mu.Unlock()
	r.get("/")
	if len(ts.asked) != 1 {
		t.Fatalf("%d token requests while the token was good", len(ts.asked))
	}
	mu.Lock()
	now = now.Add(2 * time.Second)
	mu.Unlock()
	r.get("/")
	if len(ts.asked) != 2 {
		t.Fatalf("%d token requests when the token was about to end", len(ts.asked))
	}
}

func TestTokenStorm(t *testing.T) {
	ts := &tokenServer{life: 3600}
	good := "Bearer system-token-1"
	var mu sync.Mutex
	r := newRig(t, ts.guarded(func(a string) bool {
		mu.Lock()
		defer mu.Unlock()
		return a == good
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret"}),
		withLimits(plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 100}))
	r.creds.values["secret"] = "secret-value"
	storm := func() {
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if got, _, err := r.get("/"); err != nil || got != 200 {
					t.Error(got, err)
				}
			})
		}
		wg.Wait()
	}
	storm()
	if len(ts.asked) != 1 {
		t.Fatalf("%d token requests by 100 first callers", len(ts.asked))
	}
	mu.Lock()
	good = "Bearer system-token-2" // the system throws every session out
	mu.Unlock()
	storm()
	if len(ts.asked) != 2 {
		t.Fatalf("%d renewals by 100 callers, want one", len(ts.asked)-1)
	}
}

func TestTokenExchange(t *testing.T) {
	ts := &tokenServer{life: 3600, accept: func(f url.Values) bool { return f.Get("subject_token") == "fresh-login-token" }}
	r := newRig(t, ts.guarded(func(a string) bool { return strings.HasPrefix(a, "Bearer system-token") }),
		withAuth(plugins.AuthSpec{Kind: plugins.AuthExchange, Token: "/token", Audience: "cad", Scope: "incidents"}))
	r.creds.login = "ended-login-token"
	r.creds.renewed = func(int) string { return "fresh-login-token" }
	if got, _, err := r.get("/"); err != nil || got != 200 {
		t.Fatal(got, err)
	}
	if len(ts.asked) != 2 || r.creds.renewals != 1 {
		t.Fatalf("%d exchanges, %d renewals of the login", len(ts.asked), r.creds.renewals)
	}
	f := ts.asked[1]
	for k, want := range map[string]string{"grant_type": grantExchange, "subject_token_type": typeAccessToken, "audience": "cad", "scope": "incidents"} {
		if f.Get(k) != want {
			t.Errorf("%s is %q, want %q", k, f.Get(k), want)
		}
	}
	r.get("/")
	if len(ts.asked) != 2 {
		t.Fatal("the exchanged token was not kept")
	}
}

func TestRefusedTargetDoesNotRenewTheLogin(t *testing.T) {
	var asked atomic.Int64
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_target"}`)
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthExchange, Token: "/token", Audience: "payroll"}))
	r.creds.login = "good-login-token"
	r.creds.renewed = func(int) string { return "another-login-token" }
	_, _, err := r.get("/")
	if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, "invalid_target") {
		t.Error(e.Say)
	}
	if asked.Load() != 1 || r.creds.renewals != 0 {
		t.Fatalf("%d exchanges, %d renewals of the login", asked.Load(), r.creds.renewals)
	}
}

func TestTokenEndpointFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(w http.ResponseWriter)
		kind   plugins.ErrorKind
	}{
		"refused":     {func(w http.ResponseWriter) { w.WriteHeader(401); io.WriteString(w, `{"error":"invalid_client"}`) }, plugins.Auth},
		"down":        {func(w http.ResponseWriter) { w.WriteHeader(503) }, plugins.Unavailable},
		"reset":       {reset, plugins.Unavailable},
		"no token":    {func(w http.ResponseWriter) { io.WriteString(w, `{}`) }, plugins.Drift},
		"not JSON":    {func(w http.ResponseWriter) { io.WriteString(w, `<html>`) }, plugins.Drift},
		"other token": {func(w http.ResponseWriter) { io.WriteString(w, `{"access_token":"abcdefgh","token_type":"mac"}`) }, plugins.Drift},
	} {
		var tokens, asks atomic.Int64
		mux := http.NewServeMux()
		mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) { tokens.Add(1); tt.answer(w) })
		mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { asks.Add(1) })
		r := newRig(t, mux, withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret"}))
		r.creds.values["secret"] = "very-secret-value"
		_, _, err := r.get("/")
		e := wantKind(t, err, tt.kind)
		if asks.Load() != 0 {
			t.Errorf("%s: the system was asked without a token", name)
		}
		if tokens.Load() > int64(quick.attempts) {
			t.Errorf("%s: the token endpoint was asked %d times", name, tokens.Load())
		}
		if s := fmt.Sprintf("%v %+v %v", err, e, e.Err); strings.Contains(s, "very-secret") {
			t.Errorf("%s: the secret stands in %s", name, s)
		}
	}
}

func TestSigninIsPermittedAndStaysOnTheList(t *testing.T) {
	ts := &tokenServer{life: 60}
	var mu sync.Mutex
	var ops []string
	r := newRig(t, ts.guarded(func(string) bool { return true }),
		withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret"}),
		func(o *Options, _ *tuning) {
			o.Permit = func(ctx context.Context, req *http.Request) error {
				a, _ := plugins.AccessFrom(ctx)
				mu.Lock()
				ops = append(ops, a.Operation+" "+req.URL.Path+" "+a.Officer)
				mu.Unlock()
				return nil
			}
		})
	r.creds.values["secret"] = "secret-value"
	r.get("/persons")
	if want := []string{"consultation /persons o1", "sign-in /token o1"}; fmt.Sprint(ops) != fmt.Sprint(want) {
		t.Fatalf("permitted %v, want %v", ops, want)
	}
	_, err := New(Options{System: "x", Config: plugins.Config{"base_url": "https://example.org"}, Info: plugins.Info{
		ID: "x", Name: "X", Hosts: []string{"base_url"},
		Options: []plugins.Option{{Name: "base_url", Type: plugins.OptionURL, Label: "Address"}, {Name: "s", Type: plugins.OptionSecret, Label: "Secret"}},
		Auth:    []plugins.AuthSpec{{Kind: plugins.AuthOAuth2Client, Token: "https://login.example.net/token", User: "s", Secret: "s"}},
	}})
	if plugins.KindOf(err) != plugins.Invalid || err == nil {
		t.Fatalf("a token endpoint off the list gives %v", err)
	}
}

func TestAPIKey(t *testing.T) {
	var header, query atomic.Value
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header.Store(r.Header.Get("X-Api-Key") + r.Header.Get("Authorization"))
		query.Store(r.URL.RawQuery)
		if r.URL.Path == "/refused" {
			w.WriteHeader(401)
		}
	})
	for _, tt := range []struct {
		spec          plugins.AuthSpec
		header, query string
	}{
		{plugins.AuthSpec{Kind: plugins.AuthAPIKey, Header: "x-api-key", Secret: "secret"}, "key value", "q=a%20b"},
		{plugins.AuthSpec{Kind: plugins.AuthAPIKey, Header: "Authorization", Prefix: "Token ", Secret: "secret"}, "Token key value", "q=a%20b"},
		{plugins.AuthSpec{Kind: plugins.AuthAPIKey, Query: "key", Secret: "secret"}, "", "q=a%20b&key=key+value"},
	} {
		r := newRig(t, h, withAuth(tt.spec))
		r.creds.values["secret"] = "key value"
		req, _ := http.NewRequestWithContext(officer(), http.MethodGet, r.url+"/?q=a%20b", nil)
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if header.Load() != tt.header || query.Load() != tt.query {
			t.Errorf("sent header %q and query %q", header.Load(), query.Load())
		}
		if strings.Contains(resp.Request.URL.String()+fmt.Sprint(resp.Request.Header), "key value") || strings.Contains(resp.Request.URL.RawQuery, "key+value") {
			t.Error("the answer hands the key to the plugin")
		}
		_, _, err = r.get("/refused")
		wantKind(t, err, plugins.Auth)
		if strings.Contains(err.Error(), "value") {
			t.Error(err)
		}
	}
}

func TestKeyBesideAToken(t *testing.T) {
	ts := &tokenServer{life: 60}
	mux := http.NewServeMux()
	mux.Handle("/token", ts)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "the-api-key" || r.Header.Get("Authorization") != "Bearer system-token-1" {
			w.WriteHeader(401)
		}
	})
	r := newRig(t, mux, withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret",
		Also: []plugins.AuthSpec{{Kind: plugins.AuthAPIKey, Header: "X-API-Key", Secret: "key"}}}),
		func(o *Options, _ *tuning) {
			o.Info.Options = append(o.Info.Options, plugins.Option{Name: "key", Type: plugins.OptionSecret, Label: "Key"})
		})
	r.creds.values["secret"], r.creds.values["key"] = "secret-value", "the-api-key"
	if got, _, err := r.get("/"); err != nil || got != 200 {
		t.Fatal(got, err)
	}
}

func TestBasicAndTheLockedAccount(t *testing.T) {
	var tries atomic.Int64
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if u, p, _ := req.BasicAuth(); u != "officer" || p != "right-password" {
			tries.Add(1)
			w.WriteHeader(401)
		}
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthBasic, User: "user", Secret: "secret"}))
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Auth)
	r.creds.values["user"], r.creds.values["secret"] = "officer", "wrong-password"
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, _, err := r.get("/"); plugins.KindOf(err) != plugins.Auth {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tries.Load() != 1 {
		t.Fatalf("a wrong password was sent %d times; the account may be locked by now", tries.Load())
	}
	r.creds.values["secret"] = "right-password"
	if got, _, err := r.get("/"); err != nil || got != 200 {
		t.Fatal("a corrected password must be tried at once:", got, err)
	}
}

// Companies House and others take a key as the user name, and no password.
func TestBasicWithAKeyAsTheUserName(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if u, p, ok := req.BasicAuth(); !ok || u != "the-key-of-the-force" || p != "" {
			w.WriteHeader(401)
		}
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthBasic, User: "secret"}))
	r.creds.values["secret"] = "the-key-of-the-force"
	if got, _, err := r.get("/"); err != nil || got != 200 {
		t.Fatal(got, err)
	}
	if s := Redact("Authorization: Basic dGhlLWtleS1vZi10aGUtZm9yY2U6 the-key-of-the-force"); strings.Contains(s, "dGhl") || strings.Contains(s, "the-key") {
		t.Error(s)
	}
	r.creds.values["secret"] = "another"
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Auth)
	r.creds.values["secret"] = ""
	_, _, err = r.get("/")
	wantKind(t, err, plugins.Auth)
}

func TestSecondWayIsUsedWhereTheFirstHasNoCredential(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("X-Key") != "the-api-key" {
			w.WriteHeader(401)
		}
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthBearer}, plugins.AuthSpec{Kind: plugins.AuthAPIKey, Header: "X-Key", Secret: "secret"}))
	r.creds.values["secret"] = "the-api-key"
	if got, _, err := r.get("/"); err != nil || got != 200 {
		t.Fatal(got, err)
	}
}

func TestOneCallerGivingUpDoesNotStopTheOthers(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	var tokens atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		tokens.Add(1)
		entered <- struct{}{}
		<-release
		io.WriteString(w, `{"access_token":"system-token","token_type":"bearer","expires_in":60}`)
	})
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	r := newRigAt(t, srv.URL, withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret"}))
	r.creds.values["secret"] = "secret-value"
	ctx, cancel := context.WithCancel(officer())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, _, err := r.do(ctx, "GET", "/", ""); first <- err }()
	<-entered
	go func() { _, _, err := r.get("/"); second <- err }()
	time.Sleep(20 * time.Millisecond) // until the second waits for the same token
	cancel()
	wantKind(t, <-first, plugins.Cancelled)
	close(release)
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	if tokens.Load() != 1 {
		t.Fatalf("%d token requests", tokens.Load())
	}
}

// TestAWrongClientSecretIsShownOnce: a second search does not show what was just refused; a corrected secret goes at once.
func TestAWrongClientSecretIsShownOnce(t *testing.T) {
	var shown atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		shown.Add(1)
		if _, secret, _ := r.BasicAuth(); secret != "right-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":"invalid_client"}`)
			return
		}
		io.WriteString(w, `{"access_token":"abcdefgh","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	r := newRig(t, mux, withAuth(plugins.AuthSpec{Kind: plugins.AuthOAuth2Client, Token: "/token", User: "client", Secret: "secret"}))
	r.creds.values["secret"] = "wrong-secret"
	for range 3 {
		_, _, err := r.get("/")
		wantKind(t, err, plugins.Auth)
	}
	if shown.Load() != 1 {
		t.Errorf("the wrong secret was shown %d times", shown.Load())
	}
	r.creds.values["secret"] = "right-secret"
	if _, _, err := r.get("/"); err != nil {
		t.Error(err)
	}
}
