package signin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/transport"
)

// neighbour is a system with a sign-in of its own: zitadel's provider, and records for the bearers of tokens that it has
// not been told to forget.
type neighbour struct {
	*httptest.Server
	issuer string
	tokens atomic.Int64 // requests to the token endpoint

	mu     sync.Mutex
	forgot map[string]bool
}

func newNeighbour(t *testing.T, d *desk) *neighbour {
	t.Helper()
	u, err := url.Parse(d.force.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	n := &neighbour{forgot: map[string]bool{}, issuer: d.force.Issuer()}
	idp := httputil.NewSingleHostReverseProxy(u)
	mux := http.NewServeMux()
	mux.HandleFunc("/oauth/", func(w http.ResponseWriter, r *http.Request) {
		n.tokens.Add(1)
		idp.ServeHTTP(w, r)
	})
	mux.Handle("/device_authorization", idp)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if a := r.Header.Get("Authorization"); !strings.HasPrefix(a, "Bearer ") || n.forgot[a] {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	n.Server = httptest.NewServer(mux)
	t.Cleanup(n.Close)
	return n
}

// keptNow is what the keyring holds, whichever process wrote it.
func keptNow(t *testing.T, m *signin.Manager, name string) (v string) {
	t.Helper()
	if err := m.Rotate(t.Context(), "neighbour", name, func(_ context.Context, current string) (string, error) {
		v = current
		return "", nil
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

// forget makes the system refuse the token that c sends now.
func (n *neighbour) forget(t *testing.T, d *desk, m *signin.Manager) {
	t.Helper()
	kept := keptNow(t, m, transport.KeptSignIn)
	_, rest, _ := strings.Cut(kept, `"access":"`)
	access, _, _ := strings.Cut(rest, `"`)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forgot["Bearer "+access] = true
}

func (n *neighbour) client(t *testing.T, m *signin.Manager, kind plugins.AuthKind) *http.Client {
	t.Helper()
	c, err := transport.New(transport.Options{System: "neighbour", Credentials: m, Config: plugins.Config{"base_url": n.URL, "idp_url": n.issuer, "client_id": "muster-desk"},
		Info: plugins.Info{ID: "neighbour", Name: "Neighbour", Hosts: []string{"base_url", "idp_url"}, Limits: plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 100},
			Options: []plugins.Option{{Name: "base_url", Type: plugins.OptionURL, Label: "Address"}, {Name: "idp_url", Type: plugins.OptionURL, Label: "Sign-in server"}, {Name: "client_id", Type: plugins.OptionString, Label: "Client"},
				{Name: "refresh_token", Type: plugins.OptionSecret, Label: "Refresh token"}},
			Auth: []plugins.AuthSpec{{Kind: kind, Token: "/oauth/token", Device: "/device_authorization", Authorize: n.issuer + "/authorize", Client: "client_id", Secret: map[bool]string{true: "refresh_token"}[kind == plugins.AuthRefresh],
				Scope: "openid offline_access"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func officerAt(ctx context.Context) context.Context {
	return plugins.WithAccess(ctx, plugins.Access{Officer: "o", Operation: "consultation", Audited: 1})
}

func ask(t *testing.T, c *http.Client, to string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(officerAt(t.Context()), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// signInThere goes through the conversation as a screen does; at plays the officer.
func signInThere(t *testing.T, c *http.Client, at func(plugins.Question)) error {
	t.Helper()
	ch, ok := transport.Consent(c)
	if !ok {
		t.Fatal("nothing to sign in at")
	}
	for {
		q, err := ch.Next(officerAt(t.Context()), nil)
		if err != nil || q.Done {
			return err
		}
		at(q)
	}
}

func TestSystemsOwnSignInIsAskedOnceAndRotated(t *testing.T) {
	for _, kind := range []plugins.AuthKind{plugins.AuthDevice, plugins.AuthCode} {
		t.Run(string(kind), func(t *testing.T) {
			d := newDesk(t, 0)
			m := d.signedIn(t)
			n := newNeighbour(t, d)
			c := n.client(t, m, kind)
			saying(t, ask(t, c, n.URL), plugins.Auth, "needs you to sign in there, once", "musterctl systems login neighbour")
			err := signInThere(t, c, func(q plugins.Question) {
				if (q.Code != "") != (kind == plugins.AuthDevice) || !q.Wait || !strings.HasPrefix(q.URL, n.issuer) {
					t.Errorf("%+v", q)
				}
				go func() {
					if err := d.force.Browser("okafor", demoforce.Password)(q.URL); err != nil {
						t.Error(err)
					}
				}()
			})
			if err != nil {
				t.Fatal(err)
			}
			if in, err := m.SignedInAt(t.Context(), "neighbour"); !in || err != nil {
				t.Error(in, err)
			}
			if err := ask(t, c, n.URL); err != nil {
				t.Fatal(err)
			}
			before := n.tokens.Load()
			old, _ := m.Value(t.Context(), "neighbour", transport.KeptSignIn)
			// Two processes: each forgets nothing that the other one renewed, and neither uses a token twice.
			m2 := d.open(t)
			if err := m2.Restore(t.Context()); err != nil {
				t.Fatal(err)
			}
			c2 := n.client(t, m2, kind)
			const rounds = 4
			for range rounds {
				n.forget(t, d, m)
				var wg sync.WaitGroup
				for i := range 60 {
					wg.Go(func() {
						if err := ask(t, []*http.Client{c, c2}[i%2], n.URL); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			}
			if got := n.tokens.Load() - before; got != rounds {
				t.Errorf("%d renewals for %d storms in two processes", got, rounds)
			}
			// Somebody used an old refresh token: the provider ends the session, and the officer is told to sign in again.
			if keptNow(t, m, transport.KeptSignIn) == old {
				t.Fatal("the rotated token was not kept")
			}
			n.forget(t, d, m)
			if err := m.SetValue(t.Context(), "neighbour", transport.KeptSignIn, strings.Replace(old, `"access":"`, `"access":"x`, 1)); err != nil {
				t.Fatal(err)
			}
			n.mu.Lock()
			n.forgot["Bearer x"+strings.Split(strings.SplitN(old, `"access":"`, 2)[1], `"`)[0]] = true
			n.mu.Unlock()
			fresh := n.client(t, m, kind)
			before = n.tokens.Load()
			for range 5 {
				err := ask(t, fresh, n.URL)
				saying(t, err, plugins.Auth, "has ended there. Sign in again")
				if strings.Contains(err.Error(), "eyJ") {
					t.Error(err)
				}
			}
			if got := n.tokens.Load() - before; got != 1 {
				t.Errorf("a dead refresh token was sent %d times", got)
			}
		})
	}
}

func TestRefreshTokenThatITProvisioned(t *testing.T) {
	d := newDesk(t, 0)
	m := d.signedIn(t)
	n := newNeighbour(t, d)
	dev := n.client(t, m, plugins.AuthDevice)
	if err := signInThere(t, dev, func(q plugins.Question) {
		go func() { _ = d.force.Browser("okafor", demoforce.Password)(q.URL) }()
	}); err != nil {
		t.Fatal(err)
	}
	kept, _ := m.Value(t.Context(), "neighbour", transport.KeptSignIn)
	first := strings.Split(strings.SplitN(kept, `"refresh":"`, 2)[1], `"`)[0]
	if err := signin.StoreValue(t.Context(), d.keys, "neighbour", "refresh_token", first); err != nil {
		t.Fatal(err)
	}
	for range 3 { // each start of the program renews, and rotates what every officer shares
		m := d.open(t)
		if err := m.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ask(t, n.client(t, m, plugins.AuthRefresh), n.URL); err != nil {
			t.Fatal(err)
		}
		v, err := m.Value(t.Context(), "neighbour", "refresh_token")
		if err != nil || v == first {
			t.Fatal("not rotated", err)
		}
		first = v
	}
	if _, err := d.keys.Get(t.Context(), "shared/neighbour"); err != nil {
		t.Error(err)
	}
	// What the officer gives while a renewal is under way is newer.
	err := m.Rotate(t.Context(), "neighbour", "refresh_token", func(ctx context.Context, current string) (string, error) {
		return "rotated", signin.StoreValue(ctx, d.keys, "neighbour", "refresh_token", "given meanwhile")
	})
	if err != nil || keptNow(t, m, "refresh_token") != "given meanwhile" {
		t.Error("what was given meanwhile was overwritten", err)
	}
}
