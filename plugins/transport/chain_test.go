package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/plugins"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick are limits of patience that suit a test; they change no decision, only how long it takes.
var quick = tuning{
	attempts: 3, waitMin: time.Millisecond, waitMax: 4 * time.Millisecond, patience: 3 * time.Second,
	trip: 5, openFor: 50 * time.Millisecond, idle: 100 * time.Millisecond,
}

// rig is one system on a real socket with its client.
type rig struct {
	t      *testing.T
	url    string
	client *http.Client
	creds  *keyring

	mu    sync.Mutex
	calls []Call
}

type rigOption func(*Options, *tuning)

func newRig(t *testing.T, h http.Handler, opts ...rigOption) *rig {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return newRigAt(t, srv.URL, opts...)
}

func newRigAt(t *testing.T, base string, opts ...rigOption) *rig {
	t.Helper()
	r := &rig{t: t, url: base, creds: &keyring{values: map[string]string{}}}
	o := Options{
		System: "custody",
		Info: plugins.Info{
			ID: "custody", Name: "Custody", Hosts: []string{"base_url"},
			Options: []plugins.Option{
				{Name: "base_url", Type: plugins.OptionURL, Label: "Server address", Required: true},
				{Name: "user", Type: plugins.OptionString, Label: "User name", Asked: true},
				{Name: "client", Type: plugins.OptionString, Label: "Client id"},
				{Name: "secret", Type: plugins.OptionSecret, Label: "Password"},
			},
		},
		Config:      plugins.Config{"base_url": base, "client": "muster"},
		Credentials: r.creds,
		Observe: func(c Call) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.calls = append(r.calls, c)
		},
	}
	tune := quick
	for _, f := range opts {
		f(&o, &tune)
	}
	c, err := build(o, tune)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	r.client = c
	return r
}

func withAuth(specs ...plugins.AuthSpec) rigOption {
	return func(o *Options, _ *tuning) { o.Info.Auth = specs }
}

func withLimits(l plugins.Limits) rigOption {
	return func(o *Options, _ *tuning) { o.Info.Limits = l }
}

func (r *rig) observed() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call(nil), r.calls...)
}

// keyring stands in for app/signin: the tokens are real values that the servers of the tests check.
type keyring struct {
	turn     sync.Mutex
	full     bool
	mu       sync.Mutex
	values   map[string]string
	login    string
	renewals int
	renewed  func(n int) string
}

func (k *keyring) LoginToken(_ context.Context, stale string) (string, time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.login == "" {
		return "", time.Time{}, ErrNoCredential
	}
	if stale != "" && stale == k.login {
		k.renewals++
		k.login = k.renewed(k.renewals)
	}
	return k.login, time.Now().Add(time.Hour), nil
}

func (k *keyring) Value(_ context.Context, system, option string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.values[option]
	if !ok {
		return "", ErrNoCredential
	}
	return v, nil
}

func officer() context.Context {
	return plugins.WithAccess(context.Background(), plugins.Access{Officer: "o1", Operation: "consultation", Audited: 1})
}

func (r *rig) do(ctx context.Context, method, path, body string) (int, string, error) {
	r.t.Helper()
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, b)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(got), err
}

func (r *rig) get(path string) (int, string, error) {
	r.t.Helper()
	return r.do(officer(), http.MethodGet, path, "")
}

// wantKind demands a *plugins.Error of this kind that names the system and says something, and returns it.
func wantKind(t *testing.T, err error, kind plugins.ErrorKind) *plugins.Error {
	t.Helper()
	var e *plugins.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want a *plugins.Error of kind %s", err, err, kind)
	}
	if e.Kind != kind || e.System != "custody" || e.Say == "" {
		t.Fatalf("got %#v, want kind %s of system custody with words for the officer", e, kind)
	}
	return e
}

func TestAnswerComesThrough(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"ok":true}`) }))
	status, body, err := r.get("/persons?surname=Smith")
	if err != nil || status != 200 || body != `{"ok":true}` {
		t.Fatal(status, body, err)
	}
	calls := r.observed()
	if len(calls) != 1 || calls[0].Attempts != 1 || calls[0].Bytes != 11 || calls[0].Err != "" || calls[0].Operation != "consultation" || calls[0].Duration <= 0 {
		t.Fatalf("observed %+v", calls)
	}
}

func TestNoPurposeNoRequest(t *testing.T) {
	asked := false
	r := newRig(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	_, _, err := r.do(context.Background(), http.MethodGet, "/", "")
	wantKind(t, err, plugins.Denied)
	if asked {
		t.Fatal("a request without a recorded purpose reached the system")
	}
}

func TestPermitIsAskedFirst(t *testing.T) {
	asked := false
	r := newRig(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }),
		func(o *Options, _ *tuning) {
			o.Permit = func(context.Context, *http.Request) error { return errors.New("disk full") }
		})
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Denied)
	if asked {
		t.Fatal("a request that was not permitted reached the system")
	}
}

func TestBearerRenewsOnceForAStorm(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "Bearer second-token" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthBearer}), withLimits(plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 100}))
	r.creds.login = "first-token"
	r.creds.renewed = func(int) string { return "second-token" }
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if status, _, err := r.get("/"); err != nil || status != 200 {
				t.Error(status, err)
			}
		})
	}
	wg.Wait()
	if r.creds.renewals != 1 {
		t.Fatalf("%d renewals, want 1", r.creds.renewals)
	}
}

func TestBearerStillRefusedIsAuth(t *testing.T) {
	asked := 0
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusUnauthorized)
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthBearer}))
	r.creds.login = "first-token"
	r.creds.renewed = func(int) string { return "second-token" }
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Auth)
	if asked != 2 || r.creds.renewals != 1 {
		t.Fatalf("asked %d times with %d renewals, want 2 and 1", asked, r.creds.renewals)
	}
}

func TestMissingCredentialIsNamed(t *testing.T) {
	r := newRig(t, http.NotFoundHandler(), withAuth(plugins.AuthSpec{Kind: plugins.AuthBearer}))
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Auth)
	if !errors.Is(err, ErrNoCredential) {
		t.Fatal(err)
	}
}
