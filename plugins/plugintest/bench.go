package plugintest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

// bench is the plugin opened once, behind proxies of its own.
type bench struct {
	r       *run
	sys     plugins.System
	proxies []*Proxy
	lines   []*Line
	tap     *tap
	client  *http.Client
	own     bool // the proxies are this bench's to close
	virtual bool // the system is in memory
}

// setting changes how a bench is opened.
type setting func(*Subject)

// open starts proxies before every url option and opens the plugin through the real transport.
func (r *run) open(ctx context.Context, settings ...setting) (*bench, error) {
	s := r.s
	s.Config, s.Values = maps.Clone(s.Config), maps.Clone(s.Values)
	for _, f := range settings {
		f(&s)
	}
	b := &bench{r: r, own: true}
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
		to, err := b.before(v, s)
		if err != nil {
			b.close()
			return nil, fmt.Errorf("setting %s: %w", o.Name, err)
		}
		cfg[o.Name] = to
	}
	if err := b.plug(ctx, s, cfg); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// again opens the plugin once more behind b's proxies, as another officer's desk would.
func (b *bench) again(ctx context.Context) (*bench, error) {
	next := &bench{r: b.r, proxies: b.proxies, lines: b.lines}
	cfg := plugins.Config{}
	i, j := 0, 0
	for _, o := range b.r.s.Info.Options {
		v := b.r.setting(o)
		if v == "" {
			continue
		}
		if o.Type == plugins.OptionURL {
			u, err := url.Parse(v)
			switch {
			case err != nil:
				return nil, err
			case isHTTP(u):
				v = b.proxies[i].URL + u.Path
				i++
			case u.Host != "":
				v = b.lines[j].URL
				j++
			}
		}
		cfg[o.Name] = v
	}
	return next, next.plug(ctx, b.r.s, cfg)
}

func isHTTP(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }

// before puts a proxy before the system at an address and gives the address to use instead.
func (b *bench) before(addr string, s Subject) (string, error) {
	u, err := url.Parse(addr)
	if err != nil {
		return "", err
	}
	switch {
	case isHTTP(u):
		p, err := NewProxy(addr, s.TLS)
		if err != nil {
			return "", err
		}
		p.exempt = b.r.signin
		b.proxies = append(b.proxies, p)
		return p.URL + u.Path, nil
	case u.Host != "":
		l, err := NewLine(addr)
		if err != nil {
			return "", err
		}
		b.lines = append(b.lines, l)
		return l.URL, nil
	}
	return addr, nil // a folder has nothing before it
}

// plug opens the plugin with its settings.
func (b *bench) plug(ctx context.Context, s Subject, cfg plugins.Config) error {
	log := slog.New(b.r.logs)
	client, err := transport.New(transport.Options{
		System: s.System, Info: s.Info, Config: cfg, Credentials: credentials{s}, Log: log, Now: s.Now, TLS: s.TLS,
	})
	if err != nil {
		return fmt.Errorf("the transport refuses the configuration: %w", err)
	}
	b.tap = &tap{next: client.Transport}
	tapped := *client
	tapped.Transport = b.tap
	seen := cfg
	if b.virtual {
		seen, tapped.Transport = webAddresses(cfg), web{b.tap}
	}
	b.client = client
	b.sys, err = s.Info.Open(ctx, plugins.Env{
		System: s.System, HTTP: &tapped, Config: seen, Dictionary: s.Dictionary, Log: log, Now: s.Now,
	})
	if err != nil {
		return fmt.Errorf("the plugin does not open: %w", err)
	}
	return nil
}

func (b *bench) close() {
	if c, ok := b.sys.(io.Closer); ok {
		_ = c.Close() // what a plugin keeps in memory goes with the officer's session
	}
	if b.client != nil {
		b.client.CloseIdleConnections()
	}
	if !b.own {
		return
	}
	for _, p := range b.proxies {
		b.r.secret(p.credentials()...)
		p.Close()
	}
	for _, l := range b.lines {
		l.Close()
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

// asked is how often the system itself was asked, without the sign-in; of other protocols than HTTP, how often it was called.
func (b *bench) asked() int {
	n := 0
	for _, p := range b.proxies {
		n += p.Asked()
	}
	for _, l := range b.lines {
		n += l.Calls()
	}
	return n
}

// signins is how many requests of the sign-in carried a credential.
func (b *bench) signins() int {
	n := 0
	for _, p := range b.proxies {
		n += p.Signins()
	}
	return n
}

// auths are the ways to sign in, further ones included.
func (r *run) auths() []plugins.AuthSpec {
	var out []plugins.AuthSpec
	for _, a := range r.s.Info.Auth {
		out = append(append(out, a), a.Also...)
	}
	return out
}

// signin reports whether a request is one of the core's own, to sign in.
func (r *run) signin(req *http.Request) bool {
	is := func(ref string) bool {
		u, err := url.Parse(ref)
		return err == nil && u.Path != "" && strings.HasSuffix(req.URL.Path, "/"+strings.TrimPrefix(u.Path, "/"))
	}
	for _, a := range r.auths() {
		if slices.ContainsFunc(endpoints(a), is) {
			return true
		}
	}
	return false
}

// endpoints are the addresses that a way to sign in asks. A session's renewal that carries the token itself is a
// question like any other: a token that has ended is refused there, too.
func endpoints(a plugins.AuthSpec) []string {
	out := []string{a.Token, a.Login, a.Page}
	if a.Session != nil {
		for _, s := range a.Session.Login {
			out = append(out, s.Path)
		}
		if a.Session.Refresh != nil && a.Session.RefreshToken != nil {
			out = append(out, a.Session.Refresh.Path)
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
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
