// Package plugintest is the conformance suite that every plugin passes: over a real socket, through the real
// transport, before a proxy that breaks every promise a network can break.
//
//	func TestConformance(t *testing.T) {
//		plugintest.Run(t, plugintest.Subject{
//			Info:   info,
//			Config: plugins.Config{"base_url": server.URL},
//			Values: map[string]string{"password": "…"},
//			Found:  plugins.Query{Kind: "person", Terms: terms},
//			Empty:  plugins.Query{Kind: "person", Terms: none},
//			Waive:  map[string]string{"check_name": "why it cannot hold for this system"},
//		})
//	}
package plugintest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// Subject is a plugin, and a running system for it to talk to.
type Subject struct {
	Info   plugins.Info
	System string         // its id in a profile; "" is Info.ID
	Config plugins.Config // url options lead to the running system; the suite puts its proxy before each
	Values map[string]string
	// LoginToken is the one login, where the plugin's sign-in starts from it.
	LoginToken func(ctx context.Context, stale string) (string, time.Time, error)
	Dictionary *pole.Dictionary
	TLS        *tls.Config
	Now        func() time.Time // nil is time.Now

	Found plugins.Query // finds something
	Pages int           // the least number of pages that Found comes in when asked in small pages; 0 is 1
	Empty plugins.Query // finds nothing

	Entry   *plugins.Entry // something that the system takes; nil only if Info takes nothing
	Effects func() int     // how many entries the system holds, where a test can know it

	Waive map[string]string // checks that cannot hold for this system, each with its reason
	Leaks []goleak.Option   // goroutines of the running system that start with a request and outlive it
}

// Run runs every check as a subtest named after it.
func Run(t *testing.T, s Subject) {
	t.Helper()
	r := newRun(s)
	before := goleak.IgnoreCurrent()
	for name, reason := range s.Waive {
		if !slices.ContainsFunc(checks, func(c check) bool { return c.name == name }) {
			t.Errorf("waiver for %q: there is no such check", name)
		}
		if strings.TrimSpace(reason) == "" {
			t.Errorf("waiver for %q gives no reason", name)
		}
	}
	// Faults mostly wait, so they wait together; each has its own proxy and its own client.
	var wg sync.WaitGroup
	for _, c := range checks {
		one := func() {
			t.Run(c.name, func(t *testing.T) {
				if reason, waived := s.Waive[c.name]; waived {
					t.Logf("waived: %s", reason)
					return
				}
				if err := r.do(c); err != nil {
					t.Error(err)
				}
			})
		}
		if c.apart {
			wg.Go(one)
			continue
		}
		wg.Wait()
		one()
	}
	wg.Wait()
	t.Run("goroutines", func(t *testing.T) {
		if err := goleak.Find(append(s.Leaks, before)...); err != nil {
			t.Error(err)
		}
	})
}

// check is one promise. It returns what was broken.
type check struct {
	name  string
	apart bool // may run at the same time as others
	f     func(context.Context, *run) error
}

// run is one pass over a subject.
type run struct {
	s    Subject
	logs *recorder

	mu      sync.Mutex
	said    []string // the text of every error, causes included
	secrets []string
}

func newRun(s Subject) *run {
	if s.System == "" {
		s.System = s.Info.ID
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	r := &run{s: s, logs: &recorder{}}
	for _, o := range s.Info.Options {
		if v := s.Values[o.Name]; o.Type == plugins.OptionSecret && len(v) >= 4 {
			r.secrets = append(r.secrets, v)
		}
	}
	if login := s.LoginToken; login != nil {
		r.s.LoginToken = func(ctx context.Context, stale string) (string, time.Time, error) {
			token, expires, err := login(ctx, stale)
			if len(token) >= 4 {
				r.mu.Lock()
				defer r.mu.Unlock()
				if !slices.Contains(r.secrets, token) {
					r.secrets = append(r.secrets, token)
				}
			}
			return token, expires, err
		}
	}
	return r
}

func (r *run) do(c check) error {
	ctx, cancel := context.WithTimeout(officer(context.Background()), time.Minute)
	defer cancel()
	return c.f(ctx, r)
}

func officer(ctx context.Context) context.Context {
	return plugins.WithAccess(ctx, plugins.Access{
		Officer: "plugintest", Operation: "consultation", Correlation: "plugintest", Audited: 1,
		Purpose: plugins.Purpose{Code: "test", Text: "conformance"},
	})
}

// bench is the plugin opened once, behind proxies of its own.
type bench struct {
	r       *run
	sys     plugins.System
	proxies []*Proxy
	client  *http.Client
}

// setting changes how a bench is opened.
type setting func(*Subject)

// open starts proxies before every url option and opens the plugin through the real transport.
func (r *run) open(ctx context.Context, settings ...setting) (*bench, error) {
	s := r.s
	for _, f := range settings {
		f(&s)
	}
	b := &bench{r: r}
	cfg := plugins.Config{}
	for _, o := range s.Info.Options {
		v := s.Config[o.Name]
		if v == "" {
			v = o.Default
		}
		if v == "" {
			continue
		}
		cfg[o.Name] = v
		if o.Type != plugins.OptionURL {
			continue
		}
		p, err := NewProxy(v, s.TLS)
		if err != nil {
			b.close()
			return nil, fmt.Errorf("setting %s: %w", o.Name, err)
		}
		p.exempt = r.signin
		b.proxies = append(b.proxies, p)
		u, err := url.Parse(v)
		if err != nil {
			b.close()
			return nil, err
		}
		cfg[o.Name] = p.URL + u.Path
	}
	creds := credentials{s}
	log := slog.New(r.logs)
	client, err := transport.New(transport.Options{
		System: s.System, Info: s.Info, Config: cfg, Credentials: creds, Log: log, Now: s.Now, TLS: s.TLS,
	})
	if err != nil {
		b.close()
		return nil, fmt.Errorf("the transport refuses the configuration: %w", err)
	}
	b.client = client
	b.sys, err = s.Info.Open(ctx, plugins.Env{
		System: s.System, HTTP: client, Config: cfg, Dictionary: s.Dictionary, Log: log, Now: s.Now,
	})
	if err != nil {
		b.close()
		return nil, fmt.Errorf("the plugin does not open: %w", err)
	}
	return b, nil
}

func (b *bench) close() {
	if b.client != nil {
		b.client.CloseIdleConnections()
	}
	for _, p := range b.proxies {
		secrets := p.credentials()
		b.r.mu.Lock()
		b.r.secrets = append(b.r.secrets, secrets...)
		b.r.mu.Unlock()
		p.Close()
	}
}

func (b *bench) inject(f Fault, n int) {
	for _, p := range b.proxies {
		p.Inject(f, n)
	}
}

// injectWrites applies f to requests that may change something.
func (b *bench) injectWrites(f Fault, n int) {
	for _, p := range b.proxies {
		p.InjectOn(func(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }, f, n)
	}
}

func (b *bench) clear() { b.inject(nil, 0) }

func (b *bench) asked() int {
	n := 0
	for _, p := range b.proxies {
		n += p.Asked()
	}
	return n
}

// signin reports whether a request is one of the core's own, to sign in.
func (r *run) signin(req *http.Request) bool {
	is := func(ref string) bool {
		u, err := url.Parse(ref)
		return err == nil && u.Path != "" && strings.HasSuffix(req.URL.Path, "/"+strings.TrimPrefix(u.Path, "/"))
	}
	for _, a := range r.s.Info.Auth {
		if (a.Token != "" && is(a.Token)) || (a.Login != "" && is(a.Login)) || (a.Page != "" && is(a.Page)) {
			return true
		}
	}
	return false
}

// note keeps what an error says, to look for secrets in it at the end.
func (r *run) note(err error) {
	if err == nil {
		return
	}
	var all []string
	var walk func(error)
	walk = func(e error) {
		if e == nil {
			return
		}
		all = append(all, e.Error())
		switch u := e.(type) { //nolint:errorlint // each link of the chain is looked at by itself
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, each := range u.Unwrap() {
				walk(each)
			}
		}
	}
	walk(err)
	var pe *plugins.Error
	if errors.As(err, &pe) {
		for _, f := range pe.Fields {
			all = append(all, f.Say)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, all...)
}

// credentials give the subject's values to the transport.
type credentials struct{ s Subject }

func (c credentials) LoginToken(ctx context.Context, stale string) (string, time.Time, error) {
	if c.s.LoginToken == nil {
		return "", time.Time{}, transport.ErrNoCredential
	}
	return c.s.LoginToken(ctx, stale)
}

func (c credentials) Value(_ context.Context, _, option string) (string, error) {
	v, ok := c.s.Values[option]
	if !ok {
		return "", transport.ErrNoCredential
	}
	return v, nil
}

// recorder is a log handler that keeps everything as it was written, unredacted.
type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *recorder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *recorder) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (l *recorder) Handle(ctx context.Context, r slog.Record) error {
	return l.handler().Handle(ctx, r)
}
func (l *recorder) WithAttrs(a []slog.Attr) slog.Handler { return l.handler().WithAttrs(a) }
func (l *recorder) WithGroup(n string) slog.Handler      { return l.handler().WithGroup(n) }

func (l *recorder) handler() slog.Handler {
	return slog.NewTextHandler(io.Writer(l), &slog.HandlerOptions{Level: slog.LevelDebug})
}
