package desk

import (
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/transport"
)

// What a connector maps, and what is wrong with its file, as package connector says it.
type (
	Mapping     = connector.Description
	KindMapping = connector.KindDescription
	Mapped      = connector.Mapped
	Taken       = connector.Taken
	Problem     = connector.Problem
)

// Inspection is everything about a system that whoever looks after it needs. It holds no credential and no data of a record.
type Inspection struct {
	File     string // of a declarative connector; "" for a compiled-in plugin
	Path     string // where the file is; "" when it ships within Muster
	Source   []byte
	Problems []Problem // what is wrong with the file, and what is worth a second thought
	Mapping  Mapping   // empty where the file cannot be used
	Broken   string    // why the system cannot be used; "" when it can

	Hosts    []string // where its requests may go, host:port
	Limits   plugins.Limits
	Auth     []plugins.AuthSpec
	Settings []Setting

	Said   plugins.Identity // who it takes the officer for and what it calls itself, as of the latest check
	Held   bool             // it did not answer for so long that it is asked only now and then
	Failed time.Time        // first failure of the present run
	Retry  time.Time        // when it is asked again, where it is held
	Paused time.Time        // it asked to be left alone until then
}

// Setting is one option of a system. Value is empty for what lives in the keyring.
type Setting struct {
	Name, Label, Value string
	Secret             bool
}

// Inspect looks at a system without asking it anything. It reads the connector anew and may take some milliseconds.
func (d *Desk) Inspect(id string) (Inspection, bool) {
	s, ok := d.system(id)
	if !ok {
		return Inspection{}, false
	}
	in := Inspection{File: s.file, Source: s.source, Auth: slices.Clone(s.info.Auth), Hosts: slices.Clone(s.info.Hosts), Limits: s.info.Limits}
	if ext := filepath.Ext(s.cfg.Connector); ext == ".yaml" || ext == ".yml" {
		in.Path = filepath.Join(d.opts.Profile, "systems", s.cfg.Connector)
	}
	if s.source != nil {
		in.Problems = connector.Lint(s.file, s.source, d.dict)
		if c, err := connector.Load(s.file, s.source, d.dict); err == nil {
			in.Mapping = c.Describe(d.dict)
		}
	}
	for _, o := range s.info.Options {
		one := Setting{Name: o.Name, Label: first(o.Label, o.Name), Secret: o.Type == plugins.OptionSecret || o.Asked}
		if !one.Secret {
			one.Value = first(s.cfg.Options[o.Name], o.Default)
		}
		in.Settings = append(in.Settings, one)
	}
	s.mu.Lock()
	client := s.client
	in.Said = s.said
	if s.broken != nil {
		in.Broken = brokenWords(s.broken)
	}
	s.mu.Unlock()
	in.stands(client)
	return in, true
}

// stands adds how the client of the officer who is signed in stands with the system now.
func (in *Inspection) stands(client *http.Client) {
	st, ok := transport.StateOf(client)
	if !ok {
		return
	}
	in.Hosts, in.Limits = st.Hosts, st.Limits
	in.Held, in.Failed, in.Retry, in.Paused = st.Held, st.Failed, st.Retry, st.Paused
}
