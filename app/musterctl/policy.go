package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/app/desk"
	"muster/app/policy"
)

type policyCmd struct {
	Show    policyShowCmd    `cmd:"" default:"withargs" help:"Say what IT decided for this computer, setting by setting, and where (the default)."`
	Check   policyCheckCmd   `cmd:"" help:"Check a machine file before it is rolled out, or what is on this computer."`
	Explain policyExplainCmd `cmd:"" help:"Say what a setting does, how it is written and who decides it; without a name, list them."`
	Choose  policyChooseCmd  `cmd:"" help:"Choose a setting that IT leaves to the officer."`
	ADMX    policyADMXCmd    `cmd:"" name:"admx" help:"Write the template for group policy, the schema and an example of the machine file."`
}

type policyShowCmd struct {
	All bool `help:"Also what nobody decided."`
}

func (c policyShowCmd) Run(e *env) error {
	p, err := e.policy()
	if err != nil {
		return err
	}
	n := 0
	for _, l := range p.Lines() {
		decided := l.By != policy.ByDefault || l.State != policy.Unset
		if !decided && !c.All && e.out.json == nil {
			continue
		}
		n++
		e.policyLine(l)
	}
	if n == 0 {
		e.out.text("Nothing is decided on this computer: every setting is as Muster comes (musterctl policy show --all lists them).")
	}
	return nil
}

func (e *env) policyLine(l policy.Line) {
	who := string(l.By)
	switch {
	case l.State == policy.Officer && l.By != policy.ByOfficer:
		who = "left to the officer by the " + who
	case l.Managed:
		who = "decided by the " + who
	case l.By == policy.ByDefault:
		who = "as Muster comes"
	case l.By == policy.ByOfficer:
		who = "chosen by the officer"
	}
	value := l.Value
	if value == "" {
		value = "-"
	}
	e.out.line(struct {
		Type string `json:"type"`
		policy.Line
	}{"setting", l}, "%s\t%s\t%s\t%s", l.Key, value, who, l.Where)
}

// policy is that of this computer, with the officer's choices where a profile has them.
func (e *env) policy() (policy.Policy, error) {
	p, err := policy.Computer()
	if err != nil {
		return p, err
	}
	dir, err := e.profile()
	if err != nil {
		return p, err
	}
	return p, desk.ApplyChoices(dir, &p)
}

type policyCheckCmd struct {
	File string `arg:"" optional:"" help:"The machine file; without one, what is on this computer is checked: rights, registry and file."`
}

func (c policyCheckCmd) Run(e *env) error {
	where := "the policy of this computer"
	var p policy.Policy
	var err error
	if c.File == "" {
		p, err = policy.Computer()
	} else {
		where = c.File
		var src []byte
		if src, err = os.ReadFile(c.File); err == nil {
			p, err = policy.Parse(src)
		}
	}
	if err == nil {
		err = desk.CheckPolicy(p)
	}
	if err != nil {
		if e.out.json != nil {
			e.out.line(map[string]any{"type": "policy", "ok": false, "file": c.File, "error": err.Error()}, "")
		}
		return fmt.Errorf("%s is not in order:\n%w", where, err)
	}
	n := 0
	for _, l := range p.Lines() {
		if l.Managed {
			n++
		}
	}
	e.out.line(map[string]any{"type": "policy", "ok": true, "file": c.File, "decides": n}, "%s is in order; it decides %d of %d settings.", where, n, len(policy.Table()))
	return nil
}

type policyExplainCmd struct {
	Setting string `arg:"" optional:"" help:"As the machine file writes it, such as idle_lock."`
}

func (c policyExplainCmd) Run(e *env) error {
	var p policy.Policy
	found := false
	for _, d := range policy.Table() {
		if c.Setting != "" && !strings.EqualFold(d.Key, c.Setting) && !strings.EqualFold(d.Registry(), c.Setting) {
			continue
		}
		if !found {
			var err error
			if p, err = e.policy(); err != nil {
				p = policy.Default() // what a setting does can be said all the same
			}
		}
		found = true
		l := p.Line(d)
		if e.out.json != nil {
			e.out.line(map[string]any{"type": "explanation", "key": d.Key, "registry": d.Registry(), "section": d.Section, "label": d.Label, "help": d.Help, "value_type": d.Type,
				"choices": d.Choices, "default": d.Default, "officer_may_choose": d.Choosable, "value": l.Value, "managed": l.Managed, "by": l.By, "where": l.Where}, "")
			continue
		}
		if c.Setting == "" {
			e.out.text("%s\t%s\t%s", d.Key, d.Type, d.Label)
			continue
		}
		e.out.text("%s: %s\n%s\n\nMachine file:  %s: %s\nRegistry:      %s\\%s\nDefault:       %s\nNow:           %s", d.Key, d.Label, d.Help, d.Key, d.Want(), policy.RegistryKey, d.Registry(), orNone(d.Default), orNone(l.Value))
		e.policyLine(l)
	}
	if !found {
		return fmt.Errorf("there is no setting %s%s", c.Setting, policy.Nearest(c.Setting))
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

type policyChooseCmd struct {
	Setting string `arg:"" help:"As the machine file writes it; musterctl policy explain lists them."`
	Value   string `arg:"" optional:"" help:"What you choose; without one, your choice is taken back."`
}

func (c policyChooseCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) error {
		if err := d.Choose(c.Setting, c.Value); err != nil {
			return err
		}
		p := d.Policy()
		def, _ := policy.Find(c.Setting)
		e.policyLine(p.Line(def))
		return nil
	})
}

type policyADMXCmd struct {
	To string `default:"." type:"path" help:"Folder to write into, such as the PolicyDefinitions of the domain."`
}

func (c policyADMXCmd) Run(e *env) error {
	files := policy.Generated()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(c.To, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // for every user to read
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil { //nolint:gosec // holds nothing but words
			return err
		}
		e.out.line(map[string]any{"type": "written", "file": path}, "%s", path)
	}
	return nil
}
