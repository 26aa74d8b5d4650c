// Package wasm runs third-party plugins: WebAssembly modules that see one HTTP client with declared hosts and nothing
// else of this computer, within limits of memory, time and talk; README.md beside this file is the vendor's reference.
package wasm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Limits bound one plugin. Zero values mean the defaults.
type Limits struct {
	Memory   int64         // bytes of one instance; in pages of 64 KiB
	Work     time.Duration // that one call may compute, waiting for the network not counted
	Answer   int           // bytes of one answer of the guest, and of one body that it sends
	Requests int           // of one call
	LogLines int           // of one call
}

// The defaults of Limits.
const (
	DefaultMemory   = 64 << 20
	DefaultWork     = 10 * time.Second
	DefaultAnswer   = 8 << 20
	DefaultRequests = 50
	DefaultLogLines = 50
)

// Options load a plugin.
type Options struct {
	Dictionary *pole.Dictionary // to hold the manifest against; may be nil
	Cache      string           // folder for compiled code; "" compiles at every start
	// CacheKey seals what is in Cache, so that code put there by anybody else is never run. Without a key only damage is
	// noticed.
	CacheKey []byte
	Limits   Limits
}

// Plugin is a module whose manifest was read and checked. Nothing of it has run. It is safe for concurrent use.
type Plugin struct {
	name     string
	code     []byte
	sum      string // of code, hexadecimal
	manifest []byte
	spec     manifest
	info     plugins.Info
	opts     Options
	shared   shared
}

// Load reads a module's manifest and refuses what cannot be a plugin of this Muster; it runs nothing and is quick. Who
// made the module is not its business: check the signature before. name stands in errors.
func Load(name string, module []byte, o Options) (*Plugin, error) {
	u, err := unpack(module)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used: %w", name, err)
	}
	m, err := decodeManifest(u.manifest)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used: %w", name, err)
	}
	i, err := m.info()
	if err == nil {
		i.Open = func(context.Context, plugins.Env) (plugins.System, error) { return nil, nil } // for Validate; replaced below
		err = m.check(i, o.Dictionary)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used: its manifest: %w", name, err)
	}
	sum := sha256.Sum256(u.code)
	p := &Plugin{name: name, code: u.code, sum: hex.EncodeToString(sum[:]), manifest: u.manifest, spec: m, opts: o}
	p.opts.Limits = o.Limits.filled()
	i.Open = p.open
	p.info = i
	return p, nil
}

func (l Limits) filled() Limits {
	if l.Memory <= 0 {
		l.Memory = DefaultMemory
	}
	if l.Work <= 0 {
		l.Work = DefaultWork
	}
	if l.Answer <= 0 {
		l.Answer = DefaultAnswer
	}
	if l.Requests <= 0 {
		l.Requests = DefaultRequests
	}
	if l.LogLines <= 0 {
		l.LogLines = DefaultLogLines
	}
	return l
}

// Info describes the plugin as every plugin is described.
func (p *Plugin) Info() plugins.Info { return p.info }

// Manifest is the text of the manifest.
func (p *Plugin) Manifest() []byte { return p.manifest }

// open makes the system. It does no I/O; the module is compiled, or read from the cache, when it is first asked.
func (p *Plugin) open(_ context.Context, env plugins.Env) (plugins.System, error) {
	s := &system{p: p, env: env, name: p.info.Name}
	if env.Dictionary == nil || env.HTTP == nil || env.Now == nil {
		return nil, s.fail(plugins.Invalid, "%s cannot be opened without a dictionary, a connection and a clock.", s.name)
	}
	s.config = map[string]string{}
	for _, o := range p.info.Options {
		if o.Type == plugins.OptionSecret {
			continue
		}
		v := strings.TrimSpace(env.Config[o.Name])
		if v == "" {
			v = o.Default
		}
		if v == "" {
			if o.Required && !o.Asked {
				return nil, s.fail(plugins.Invalid, "%s needs the setting %q. Set it under Systems.", s.name, o.Label)
			}
			continue
		}
		if o.Type == plugins.OptionURL {
			u, err := url.Parse(v)
			if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !secure(u) {
				return nil, s.fail(plugins.Invalid, "The setting %q of %s must be an https address without a user or a query. Correct it under Systems.", o.Label, s.name)
			}
			if s.base == nil && p.spec.Base == "" || p.spec.Base == o.Name {
				s.base = u
			}
		}
		s.config[o.Name] = v
	}
	if err := p.spec.check(p.info, env.Dictionary); err != nil {
		e := s.fail(plugins.Invalid, "The plugin of %s does not fit this Muster's dictionary. Ask its maker for another version.", s.name)
		e.Err = err
		return nil, e
	}
	s.danger = map[pole.Property]bool{}
	for _, d := range env.Dictionary.AllProperties() {
		s.danger[d.Name] = d.Danger
	}
	s.pool = newPool(s)
	p.retain()
	var takes, tells bool
	for _, k := range p.info.Kinds {
		takes = takes || len(k.Accepts) > 0
		tells = tells || k.Watch
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

// secure reports https, or http within this machine.
func secure(u *url.URL) bool {
	if u.Scheme != "http" {
		return u.Scheme == "https"
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}
