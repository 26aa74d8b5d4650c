package packs

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// force is one demonstration force for all tests of the package.
var force = sync.OnceValues(func() (*demoforce.Force, error) {
	return demoforce.Start(context.Background(), demoforce.Options{Scale: 0.05, LiveEvery: -1})
})

func demo(t testing.TB) *demoforce.Force {
	t.Helper()
	f, err := force()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// login signs in once as a person would, and keeps the token.
var login = sync.OnceValues(func() (*oauth2.Token, error) {
	f, err := force()
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	back := make(chan url.Values, 1)
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { back <- r.URL.Query() })}
	go func() { _ = srv.Serve(ln) }() // ends with Close
	defer srv.Close()
	c := &oauth2.Config{ClientID: f.ClientID(), RedirectURL: "http://" + ln.Addr().String() + "/callback", Scopes: []string{"openid", "profile"},
		Endpoint: oauth2.Endpoint{AuthURL: f.Issuer() + "/authorize", TokenURL: f.Issuer() + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams}}
	v := oauth2.GenerateVerifier()
	if err := f.Browser("okafor", demoforce.Password)(c.AuthCodeURL("s", oauth2.S256ChallengeOption(v))); err != nil {
		return nil, err
	}
	return c.Exchange(context.Background(), (<-back).Get("code"), oauth2.VerifierOption(v))
})

type credentials map[string]string

func (c credentials) LoginToken(context.Context, string) (string, time.Time, error) {
	t, err := login()
	if err != nil {
		return "", time.Time{}, err
	}
	return t.AccessToken, t.Expiry, nil
}

func (c credentials) Value(_ context.Context, _, option string) (string, error) {
	if v, ok := c[option]; ok {
		return v, nil
	}
	return "", transport.ErrNoCredential
}

// systems are all that the force runs, those that take another's place included.
func systems(f *demoforce.Force) []demoforce.System {
	return slices.Concat(f.Systems(), f.Alternatives())
}

// at opens a pack at the system of the running force.
func at(t testing.TB, pack, system string) plugins.System {
	t.Helper()
	f := demo(t)
	for _, s := range systems(f) {
		if s.ID != system {
			continue
		}
		c, err := Load(pack)
		if err != nil {
			t.Fatal(err)
		}
		info := c.Info()
		cfg := plugins.Config(s.Options)
		client, err := transport.New(transport.Options{System: system, Info: info, Config: cfg, Credentials: credentials(f.Credentials()[system]),
			Permit: func(context.Context, *http.Request) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		sys, err := info.Open(context.Background(), plugins.Env{System: system, HTTP: client, Config: cfg, Dictionary: dictionary(t), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return sys
	}
	t.Fatalf("the force has no system %s", system)
	return nil
}

func officer(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return plugins.WithAccess(ctx, plugins.Access{Officer: "okafor", Collar: "2214", Operation: "consultation", Correlation: "test", Audited: 1,
		Purpose: plugins.Purpose{Code: "investigation"}})
}

func term(t testing.TB, p pole.Property, v string) plugins.Term {
	t.Helper()
	return plugins.Term{Property: p, Value: dictionary(t).Normalise(p, v)}
}

// every collects all pages.
func every(t testing.TB, s plugins.System, q plugins.Query) []pole.Record {
	t.Helper()
	var out []pole.Record
	for range 200 {
		p, err := s.Search(officer(t), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range p.Gaps {
			t.Errorf("gap: %v", g)
		}
		out = append(out, p.Records...)
		if p.After == "" {
			return out
		}
		q.After = p.After
	}
	t.Fatal("paging does not end")
	return nil
}
