package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/app/evaluate"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/transport"
	_ "muster/plugins/wires" // the protocols other than HTTP
)

// system is one back-end system of the profile.
type system struct {
	cfg    SystemConfig
	info   plugins.Info
	source []byte // of a declarative connector
	file   string
	broken error // why its connector cannot be used
	denied error // why the officer's role cannot use it; mu guards it

	client *http.Client // of the officer who is signed in; nil otherwise
	sys    plugins.System

	mu    sync.Mutex
	say   string
	since time.Time
	user  string
	said  plugins.Identity // what it said of itself when it was last checked
	needs []plugins.Option // credentials that the officer must still give
	there bool             // the officer must still sign in there
}

// useProfile makes p the desk's profile and reads every system's connector. A system whose connector cannot be used is shown as such.
func (d *Desk) useProfile(p Profile) error {
	for _, s := range p.Systems {
		if s.Authority == nil {
			continue
		}
		for _, name := range *s.Authority {
			if _, ok := d.dict.Property(name); !ok {
				return fmt.Errorf("%s: system %s is said to be the authority for %q, which the dictionary does not have: correct the file, or ask IT for another", profilePath(d.opts.Profile), s.ID, name)
			}
		}
	}
	list := make([]*system, 0, len(p.Systems))
	for _, cfg := range p.Systems {
		s := &system{cfg: cfg}
		s.info, s.file, s.source, s.broken = d.loadConnector(p, cfg)
		if s.broken == nil {
			s.info.Name = first(cfg.Name, s.info.Name)
			s.info.Code = first(cfg.Code, s.info.Code)
			s.info.Shape = first(cfg.Shape, s.info.Shape)
			s.broken = missingOptions(s.info, cfg)
		}
		if err := d.forbidden(cfg, s.info); err != nil {
			s.broken = err
		}
		list = append(list, s)
	}
	d.mu.Lock()
	d.profile, d.systems = p, list
	d.mu.Unlock()
	return d.useSignIn(p)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// openSystems makes each system's client for the officer who is signed in. It does no I/O.
func (d *Desk) openSystems(ctx context.Context) {
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	for _, s := range list {
		if s.broken != nil {
			continue
		}
		if err := d.openSystem(ctx, s); err != nil {
			s.mu.Lock()
			s.broken = err
			s.mu.Unlock()
		}
	}
}

func (d *Desk) openSystem(ctx context.Context, s *system) error {
	cfg := plugins.Config{}
	for _, o := range s.info.Options {
		if o.Type == plugins.OptionSecret || o.Asked {
			continue
		}
		cfg[o.Name] = first(s.cfg.Options[o.Name], o.Default)
	}
	m, err := d.manager()
	if err != nil {
		return err
	}
	out, err := d.outward()
	if err != nil {
		return err
	}
	client, err := transport.New(transport.Options{Proxy: out.ForTransport(), TLS: out.TLS.Clone(), System: s.cfg.ID, Info: s.info, Config: cfg, Credentials: m,
		Permit: d.permitFor(s.cfg.ID), Observe: d.observe, Log: d.log, Now: d.now})
	if err != nil {
		return err
	}
	var sys plugins.System
	err = guard(func() error {
		sys, err = s.info.Open(ctx, plugins.Env{System: s.cfg.ID, HTTP: client, Config: cfg, Dictionary: d.dict, Log: d.log.With("system", s.cfg.ID), Now: d.now})
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	old := s.sys
	s.client, s.sys = client, sys
	s.mu.Unlock()
	dropSystem(old)
	return nil
}

// closeSystems drops the clients, and with them every token and session of the officer.
func (d *Desk) closeSystems() {
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	for _, s := range list {
		s.mu.Lock()
		if s.client != nil {
			s.client.CloseIdleConnections()
		}
		dropSystem(s.sys)
		s.client, s.sys, s.user, s.say, s.since, s.needs, s.said, s.there, s.denied = nil, nil, "", "", time.Time{}, nil, plugins.Identity{}, false, nil
		s.mu.Unlock()
	}
}

// dropSystem lets a plugin forget what it keeps in memory.
func dropSystem(sys plugins.System) {
	if c, ok := sys.(io.Closer); ok {
		_ = c.Close() // nothing depends on how it went
	}
}

func (s *system) open() (plugins.System, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken != nil:
		return nil, &plugins.Error{Kind: plugins.Invalid, System: s.cfg.ID, Say: "Its connector cannot be used: " + brokenWords(s.broken), Err: s.broken}
	case s.denied != nil:
		return nil, s.denied
	case s.sys == nil:
		return nil, &plugins.Error{Kind: plugins.Auth, System: s.cfg.ID, Say: "Nobody is signed in. Sign in, then try again.", Err: ErrSignedOut}
	}
	return s.sys, nil
}

// brokenWords says why a connector cannot be used: the first thing that is wrong with it, and what to do.
func brokenWords(err error) string {
	var e *plugins.Error
	if errors.As(err, &e) && e.Say != "" {
		return e.Say
	}
	return firstLine(err)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func (d *Desk) system(id string) (*system, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	i := slices.IndexFunc(d.systems, func(s *system) bool { return s.cfg.ID == id })
	if i < 0 {
		return nil, false
	}
	return d.systems[i], true
}

// sources are the systems as a search asks them; account makes each access durable before it happens.
func (d *Desk) sources(only []string, account func(context.Context, *system) (context.Context, error)) []search.Source {
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	var out []search.Source
	for _, s := range list {
		if len(only) > 0 && !slices.Contains(only, s.cfg.ID) {
			continue
		}
		src := search.Source{ID: s.cfg.ID, Name: s.name(), Info: s.info, Context: func(ctx context.Context) (context.Context, error) { return account(ctx, s) }}
		src.System, src.Err = s.open()
		out = append(out, src)
	}
	return out
}

func (s *system) name() string {
	switch {
	case s.info.Name != "":
		return s.info.Name
	case s.cfg.Name != "":
		return s.cfg.Name
	}
	return s.cfg.ID
}

// Systems lists every system with how it is, in the profile's order; quick.
func (d *Desk) Systems() []SystemStatus {
	d.mu.RLock()
	list, live := slices.Clone(d.systems), d.live
	d.mu.RUnlock()
	out := make([]SystemStatus, 0, len(list))
	for _, s := range list {
		rep := d.eval.Report(s.cfg.ID)
		st := SystemStatus{ID: s.cfg.ID, Name: s.name(), Code: s.info.Code, Shape: s.info.Shape, Help: s.info.Help, Plugin: s.info.ID, Version: s.info.Version,
			Health: rep.Health, Latency: rep.LastLatency, Since: rep.DownSince, Live: live.announcing(s.cfg.ID), Connector: s.file}
		if st.Code == "" {
			st.Code = strings.ToUpper(s.cfg.ID)
		}
		s.mu.Lock()
		st.Say, st.User, st.Needs, st.SignIn = s.say, s.user, s.needs, s.there
		if !s.since.IsZero() {
			st.Since = s.since
		}
		if s.broken != nil {
			st.Health, st.Say = evaluate.Down, brokenWords(s.broken)
		} else if s.denied != nil {
			st.Say, st.Needs, st.SignIn = say(s.denied), nil, false
		}
		s.mu.Unlock()
		for _, k := range s.info.Kinds {
			if len(k.Search) > 0 || k.Text || k.Fetch {
				st.Kinds = append(st.Kinds, k.Kind)
			}
			if len(k.Accepts) > 0 {
				st.Takes = append(st.Takes, k.Kind)
			}
		}
		for _, o := range s.info.Options {
			if o.Type == plugins.OptionSecret || o.Asked {
				st.Asks = append(st.Asks, o)
			}
		}
		out = append(out, st)
	}
	return out
}

// CheckSystems asks every system whether it is there and who it takes the officer for. It returns when all have answered or ctx ends.
func (d *Desk) CheckSystems(ctx context.Context) {
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	a := d.access(opCheck, plugins.Purpose{})
	ctx = transport.Insist(plugins.WithAccess(ctx, a))
	var wg sync.WaitGroup
	for _, s := range list {
		wg.Go(func() { _ = d.check(ctx, s) }) // each says for itself how it is
	}
	wg.Wait()
}

// CheckSystem asks one system what CheckSystems asks them all, and says how it went.
func (d *Desk) CheckSystem(ctx context.Context, id string) error {
	s, ok := d.system(id)
	if !ok {
		return fmt.Errorf("there is no system %s", id)
	}
	return d.check(transport.Insist(plugins.WithAccess(ctx, d.access(opCheck, plugins.Purpose{}))), s)
}

func (d *Desk) check(ctx context.Context, s *system) error {
	sys, err := s.open()
	if err != nil {
		return err
	}
	var id plugins.Identity
	err = guard(func() (err error) {
		id, err = sys.Check(ctx)
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.note(d.now(), err)
	if err == nil {
		s.mu.Lock()
		s.user, s.said = id.User, id
		s.mu.Unlock()
	}
	d.notify(TopicSystems, s.cfg.ID)
	return err
}

// note remembers how a system answered last.
func (s *system) note(now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.say, s.since = "", time.Time{}
		return
	}
	if s.since.IsZero() {
		s.since = now
	}
	s.say = say(err)
}

// say is an error's words for an officer.
func say(err error) string {
	var e *plugins.Error
	if errors.As(err, &e) && e.Say != "" {
		return e.Say
	}
	return "It did not answer as expected. Try again; if it lasts, tell IT."
}

func (d *Desk) noteAnswer(a *search.Answer) {
	s, ok := d.system(a.System)
	if !ok {
		return
	}
	switch a.State {
	case search.NotSearched:
		s.note(d.now(), &plugins.Error{Kind: a.Error, Say: a.Say})
	case search.Answered, search.NoTrace:
		s.note(d.now(), nil)
	default:
		return
	}
	d.notify(TopicSystems, a.System)
}

func (d *Desk) observe(c transport.Call) { d.eval.Observe(c) }

// Evaluate says how well each system served.
func (d *Desk) Evaluate() []evaluate.Report {
	var out []evaluate.Report
	for _, s := range d.Systems() {
		out = append(out, d.eval.Report(s.ID))
	}
	return out
}

// SetCredential keeps what the officer was asked for, once, in the keyring. Nothing of it stays in memory.
func (d *Desk) SetCredential(ctx context.Context, id string, values map[string]string) error {
	s, ok := d.system(id)
	if !ok {
		return fmt.Errorf("there is no system %s", id)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(s.info.Options, func(o plugins.Option) bool { return o.Name == name })
		if i < 0 || s.info.Options[i].Type != plugins.OptionSecret && !s.info.Options[i].Asked {
			return fmt.Errorf("%s asks for no %s", s.name(), name)
		}
		if values[name] == "" {
			return fmt.Errorf("%s must not be empty", s.info.Options[i].Label)
		}
	}
	if err := d.storeCredential(ctx, id, values); err != nil {
		return err
	}
	// The client holds sessions opened with the old credential: make a new one.
	if sess, err := d.behind(); err == nil {
		if err := d.openSystem(sess.ctx, s); err != nil {
			return err
		}
	}
	s.note(d.now(), nil)
	d.askKeyring(ctx)
	d.notify(TopicSystems, id)
	return nil
}

// storeCredential keeps it for the officer who is signed in; with nobody signed in, for every officer of this profile, as IT provisions it.
func (d *Desk) storeCredential(ctx context.Context, id string, values map[string]string) error {
	m, err := d.manager()
	if err != nil {
		return err
	}
	if m.State() == signin.SignedIn {
		return m.SetValues(ctx, id, values)
	}
	for name, v := range values {
		if err := signin.StoreValue(ctx, d.keys, id, name, v); err != nil {
			return err
		}
	}
	return nil
}

// isDenied reports whether the officer's role cannot use it.
func (s *system) isDenied() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.denied != nil
}
