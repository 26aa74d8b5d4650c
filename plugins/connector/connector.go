// Package connector is the declarative plugin: one YAML file says who a system is, how to sign in, what its requests and
// answers look like, and how its fields map to the dictionary and back; README.md beside this file is its reference.
package connector

import (
	"context"
	"net"
	"net/url"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// Connector is a checked and compiled connector file. It is safe for concurrent use.
type Connector struct {
	spec     *spec
	name     string
	warnings Problems
}

// Load reads a connector file. name stands in problems. The error is a Problems with everything that is wrong, its
// warnings included; a file with warnings alone loads. With a dictionary the file is held against it as Lint does;
// without, that waits until it is opened.
func Load(name string, src []byte, dict ...*pole.Dictionary) (*Connector, error) {
	f := &findings{file: name}
	s := load(f, src)
	for _, d := range dict {
		if s != nil && d != nil {
			checkDictionary(f, s, d)
		}
	}
	f.list.sort()
	if s == nil || f.failed() {
		return nil, f.list
	}
	return &Connector{spec: s, name: name, warnings: f.list}, nil
}

// Lint checks a connector file, also against the dictionary: unknown kinds, properties and roles, and mappings that
// would hide danger. It is empty when nothing is wrong; dict may be nil.
func Lint(name string, src []byte, dict *pole.Dictionary) Problems {
	f := &findings{file: name}
	if s := load(f, src); s != nil && dict != nil {
		checkDictionary(f, s, dict)
	}
	f.list.sort()
	return f.list
}

func load(f *findings, src []byte) *spec {
	n := parseYAML(f, src)
	if n == nil || f.failed() {
		return nil
	}
	checkSchema(f, n)
	checkSecrets(f, n)
	if f.failed() {
		// Read on only to find more of what is wrong in the expressions; a file of the wrong shape is not compiled.
		return nil
	}
	s := (&reader{f: f}).spec(n)
	lintSpec(f, n, s)
	if f.failed() {
		return nil
	}
	return s
}

// Warnings returns what Load found worth a second thought.
func (c *Connector) Warnings() Problems { return c.warnings }

// Info describes the connector as every plugin is described.
func (c *Connector) Info() plugins.Info {
	s := c.spec
	i := plugins.Info{ID: s.id, Name: s.name, Help: s.help, Code: s.code, Shape: s.shape, Version: s.version,
		Options: append([]plugins.Option(nil), s.options...), Auth: append([]plugins.AuthSpec(nil), s.auth...),
		Hosts: append([]string(nil), s.hosts...), Limits: s.limits, Open: c.open,
		Authority: append([]pole.Property(nil), s.authority...)}
	for _, k := range s.kinds {
		i.Kinds = append(i.Kinds, k.info())
	}
	return i
}

func (k *kindSpec) info() plugins.KindSpec {
	out := plugins.KindSpec{Kind: k.kind, Type: k.typ, Fetch: k.fetch != nil, Watch: k.watch != nil}
	for _, s := range k.searches {
		out.Search = append(out.Search, s.by...)
		out.Text = out.Text || s.text
	}
	seen := map[pole.Property]bool{}
	add := func(fs []field) {
		for _, f := range fs {
			if !seen[f.property] {
				seen[f.property] = true
				out.Returns = append(out.Returns, f.property)
			}
		}
	}
	add(k.fields)
	for _, g := range k.groups {
		add(g.fields)
	}
	if k.submit != nil {
		out.Amends = k.submit.amend != nil
		for _, a := range k.submit.accepts {
			out.Accepts = append(out.Accepts, a.spec)
		}
	}
	return out
}

// open makes the system. It does no I/O; it refuses settings that cannot work and mappings that would hide danger.
func (c *Connector) open(_ context.Context, env plugins.Env) (plugins.System, error) {
	s := &system{spec: c.spec, env: env, hosts: map[string]bool{}, maxBody: 64 << 20}
	if c.spec.limits.Response > 0 {
		s.maxBody = c.spec.limits.Response
	}
	if env.Dictionary == nil || env.HTTP == nil || env.Now == nil {
		return nil, s.fail(plugins.Invalid, "%s cannot be opened without a dictionary, a connection and a clock.", c.spec.name)
	}
	cfg := plugins.Config{}
	for _, o := range c.spec.options {
		if o.Type == plugins.OptionSecret {
			continue
		}
		v := env.Config[o.Name]
		if v == "" {
			v = o.Default
		}
		if v == "" && o.Required && !o.Asked {
			return nil, s.fail(plugins.Invalid, "%s needs the setting %q. Set it under Systems.", c.spec.name, o.Label)
		}
		if o.Type == plugins.OptionURL && v != "" {
			u, err := url.Parse(v)
			if err != nil || u.RawQuery != "" || u.Fragment != "" || transport.Fit(u) != "" {
				return nil, s.fail(plugins.Invalid, "The setting %q of %s must be an https address (or one of another encrypted protocol) without a user or a query. Correct it under Systems.", o.Label, c.spec.name)
			}
		}
		if v != "" {
			cfg[o.Name] = v
		}
	}
	s.env.Config = cfg
	s.base = cfg[c.spec.base]
	for _, h := range c.spec.hosts {
		if v := cfg[h]; v != "" {
			if u, err := url.Parse(v); err == nil {
				s.hosts[transport.Place(u)] = true
			}
			continue
		}
		if !strings.Contains(h, ":") {
			h += ":443"
		}
		s.hosts[strings.ToLower(h)] = true
	}
	f := &findings{file: c.name}
	checkDictionary(f, c.spec, env.Dictionary)
	if f.failed() {
		f.list.sort()
		first := f.list.Errors()[0]
		return nil, &plugins.Error{Kind: plugins.Invalid, System: env.System, Say: "The connector of " + c.spec.name + " does not fit the dictionary: " + first.Say, Err: f.list.Errors()}
	}
	s.danger, s.truths, s.many = map[pole.Property]bool{}, map[pole.Property]bool{}, map[pole.Property]bool{}
	for _, p := range env.Dictionary.AllProperties() {
		s.danger[p.Name] = p.Danger
		s.truths[p.Name] = p.Type == pole.TypeBool
		s.many[p.Name] = p.Many
	}
	var takes, tells bool
	for _, k := range c.spec.kinds {
		takes = takes || k.submit != nil
		tells = tells || k.watch != nil
	}
	switch {
	case takes && tells:
		return struct {
			*system
			submitter
			watcher
		}{s, submitter{s}, watcher{s}}, nil
	case takes:
		return struct {
			*system
			submitter
		}{s, submitter{s}}, nil
	case tells:
		return struct {
			*system
			watcher
		}{s, watcher{s}}, nil
	}
	return s, nil
}

// submitter and watcher are abilities that only a connector which declares them has, so that assertion tells the truth.
type (
	submitter struct{ s *system }
	watcher   struct{ s *system }
)

// Submit implements plugins.Submitter.
func (x submitter) Submit(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	return x.s.submitTo(ctx, e, key)
}

// Confirm implements plugins.Submitter.
func (x submitter) Confirm(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	return x.s.confirmAt(ctx, e, key)
}

// Amend implements plugins.Amender.
func (x submitter) Amend(ctx context.Context, e plugins.Entry, key plugins.Key, r plugins.Receipt) (plugins.Receipt, error) {
	return x.s.amendAt(ctx, e, key, r)
}

// Watch implements plugins.Watcher.
func (x watcher) Watch(ctx context.Context, kind pole.Kind, c plugins.Cursor, each func(plugins.Change) error) error {
	return x.s.watchAt(ctx, kind, c, each)
}

// secure reports https, or http within this machine.
func secure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
