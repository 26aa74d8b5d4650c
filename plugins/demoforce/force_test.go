package demoforce

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// start runs a force for one test: small unless the test says otherwise, without latency and without live incidents.
func start(t testing.TB, change ...func(*Options)) *Force {
	t.Helper()
	o := Options{Seed: 1, Scale: 0.05, LiveEvery: -1, Now: func() time.Time { return time.Date(2026, 11, 24, 14, 24, 0, 0, time.UTC) }}
	for _, c := range change {
		c(&o)
	}
	f, err := Start(context.Background(), o)
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

func oauthConfig(f *Force, redirect string) oauth2.Config {
	return oauth2.Config{ClientID: f.ClientID(), RedirectURL: redirect, Scopes: []string{"openid", "profile", "email", "offline_access"},
		Endpoint: oauth2.Endpoint{AuthURL: f.Issuer() + "/authorize", TokenURL: f.Issuer() + "/oauth/token", DeviceAuthURL: f.Issuer() + "/device_authorization", AuthStyle: oauth2.AuthStyleInParams}}
}

// signIn walks the whole authorization code flow over sockets.
func signIn(t testing.TB, f *Force, user, password string) (*oauth2.Token, error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back := make(chan url.Values, 1)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case back <- r.URL.Query():
		default:
		}
		_, _ = io.WriteString(w, "<p>You can go back to Muster.")
	})}
	go srv.Serve(ln) //nolint:errcheck // ends with Close
	defer srv.Close()
	c := oauthConfig(f, "http://"+ln.Addr().String()+"/callback")
	v := oauth2.GenerateVerifier()
	if err := f.Browser(user, password)(c.AuthCodeURL("state-1", oauth2.S256ChallengeOption(v))); err != nil {
		return nil, err
	}
	select {
	case q := <-back:
		if q.Get("state") != "state-1" {
			t.Errorf("state came back as %q", q.Get("state"))
		}
		return c.Exchange(context.Background(), q.Get("code"), oauth2.VerifierOption(v))
	case <-time.After(5 * time.Second):
		t.Fatal("the callback was never called")
		return nil, nil
	}
}

func token(t testing.TB, f *Force) string {
	t.Helper()
	tok, err := signIn(t, f, "okafor", Password)
	if err != nil {
		t.Fatal(err)
	}
	return tok.AccessToken
}

// ask sends one request and returns status, header and body.
func ask(t testing.TB, method, address string, header map[string]string, body string) (int, http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, b
}

// read decodes JSON with numbers kept exact.
func read(t testing.TB, b []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return v
}

// at walks maps and lists: at(v, "data", 0, "id").
func at(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("no object at %v: %v", p, v)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				t.Fatalf("no list with %d at %v", p, v)
			}
			v = l[p]
		}
	}
	return v
}
