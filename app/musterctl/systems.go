package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"muster/app/desk"
	"muster/app/evaluate"
	"muster/app/signin"
	"muster/plugins"
)

type systemsCmd struct {
	List       systemsListCmd       `cmd:"" default:"withargs" help:"List the systems and how they are (the default)."`
	Add        systemsAddCmd        `cmd:"" help:"Add a system from its connector file."`
	Remove     systemsRemoveCmd     `cmd:"" help:"Remove a system."`
	Credential systemsCredentialCmd `cmd:"" help:"Give a system the credential it asks for; read from the terminal or standard input."`
	Login      systemsLoginCmd      `cmd:"" help:"Sign in at a system that wants it done there, once: in the browser, or with a code on any device."`
}

type systemsListCmd struct {
	Check bool `help:"Ask each system now."`
}

func (c systemsListCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) error {
		err := d.Restore(e.ctx) // who is signed in decides which credentials are missing; the list itself needs nobody
		if c.Check {
			if err != nil {
				return err
			}
			if d.State() != signin.SignedIn {
				return signedOut(d)
			}
			d.CheckSystems(e.ctx)
		}
		failed := false
		for _, s := range d.Systems() {
			var needs []string
			for _, o := range s.Needs {
				needs = append(needs, o.Name)
			}
			say := s.Say
			if len(needs) > 0 {
				say = strings.TrimSpace(say + " needs: " + strings.Join(needs, ", ") + " (musterctl systems credential " + s.ID + ")")
			}
			if s.SignIn {
				say = strings.TrimSpace(say + " needs you to sign in there (musterctl systems login " + s.ID + ")")
			}
			took := ""
			if s.Latency > 0 {
				took = fmt.Sprintf("%.0f ms", ms(s.Latency))
			}
			failed = failed || c.Check && s.Say != ""
			e.out.line(struct {
				Type string `json:"type"`
				desk.SystemStatus
				Milliseconds float64  `json:"milliseconds,omitempty"`
				Needs        []string `json:"needs,omitempty"`
			}{"system", s, ms(s.Latency), needs}, "%s\t%s\t%s\t%s\t%s\t%s", s.ID, s.Code, s.Name, s.Health, took, say)
		}
		if failed {
			return errPartly
		}
		return nil
	})
}

type systemsAddCmd struct {
	File string            `arg:"" type:"existingfile" help:"The connector file."`
	Set  map[string]string `short:"s" placeholder:"OPTION=VALUE" help:"An option of the connector, such as base_url. Secrets are given with systems credential."`
}

func (c systemsAddCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) error {
		id, err := d.AddSystem(e.ctx, c.File, c.Set)
		if err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "added", "system": id}, "Added %s.", id)
		return nil
	})
}

type systemsRemoveCmd struct {
	ID string `arg:"" help:"The system's id; musterctl systems lists them."`
}

func (c systemsRemoveCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) error {
		if err := d.RemoveSystem(e.ctx, c.ID); err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "removed", "system": c.ID}, "Removed %s.", c.ID)
		return nil
	})
}

type systemsCredentialCmd struct {
	ID     string            `arg:"" help:"The system's id; musterctl systems lists them."`
	Set    map[string]string `short:"s" placeholder:"OPTION=VALUE" help:"An option that is not secret, such as a user name."`
	File   map[string]string `short:"f" placeholder:"OPTION=PATH" help:"Read an option from a file, such as a certificate or private key in PEM."`
	Option []string          `short:"o" help:"Ask only for these."`
}

func (c systemsCredentialCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) error {
		for _, s := range d.Systems() {
			if s.ID != c.ID {
				continue
			}
			values := map[string]string{}
			for _, o := range s.Asks {
				if v, ok := c.Set[o.Name]; ok {
					if o.Type == plugins.OptionSecret {
						return usagef("%s is secret: it is asked for, or read from standard input, never given as an argument", o.Name)
					}
					values[o.Name] = v
					continue
				}
				if path, ok := c.File[o.Name]; ok {
					b, err := os.ReadFile(path)
					if err != nil {
						return err
					}
					values[o.Name] = strings.TrimSpace(string(b))
					continue
				}
				if len(c.Option) > 0 && !contains(c.Option, o.Name) || len(c.Option) == 0 && len(c.File) > 0 {
					continue
				}
				secret, err := e.secret(o.Label + ": ")
				if err != nil {
					return err
				}
				values[o.Name] = secret
			}
			if len(values) == 0 {
				return usagef("%s has no credential of its own", c.ID)
			}
			if err := d.SetCredential(e.ctx, c.ID, values); err != nil {
				return err
			}
			e.out.line(map[string]any{"type": "credential", "system": c.ID}, "Kept in the keyring for %s.", s.Name)
			return nil
		}
		return fmt.Errorf("there is no system %s; musterctl systems lists them", c.ID)
	})
}

type systemsLoginCmd struct {
	ID string `arg:"" help:"The system's id; musterctl systems lists them."`
}

func (c systemsLoginCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		return d.SignInSystem(e.ctx, c.ID, func(q plugins.Question) {
			switch {
			case q.Done:
				e.out.line(map[string]any{"type": "signed-in", "system": c.ID}, "%s", q.Say)
			case e.out.json != nil:
				e.out.line(map[string]any{"type": "question", "say": q.Say, "code": q.Code, "url": q.URL}, "")
			default:
				fmt.Fprintln(e.errw, q.Say)
			}
		})
	})
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

type doctorCmd struct{}

func (doctorCmd) Run(e *env) error {
	dir, err := e.profile()
	if err != nil {
		return err
	}
	opened := false
	var findings []desk.Finding
	err = e.open(func(d *desk.Desk) error {
		opened = true
		rerr := d.Restore(e.ctx) // the doctor also serves when nobody is signed in
		findings = d.Doctor(e.ctx)
		for i, f := range findings {
			if rerr != nil && f.Check == "sign-in" {
				findings[i].OK, findings[i].Say = false, words(rerr)
			}
		}
		return nil
	})
	switch {
	case !opened:
		findings = desk.WhyClosed(e.ctx, dir, err) // the doctor serves best when nothing opens
	case err != nil:
		return err
	}
	bad := 0
	for _, f := range findings {
		mark := "ok"
		if !f.OK {
			mark = "PROBLEM"
			bad++
		}
		cure := ""
		if f.Cure != "" {
			cure = "-> " + f.Cure
		}
		e.out.line(struct {
			Type string `json:"type"`
			desk.Finding
		}{"finding", f}, "%s\t%s\t%s %s", mark, f.Check, f.Say, cure)
	}
	if bad > 0 {
		return errPartly
	}
	return nil
}

type evaluateCmd struct{}

func (evaluateCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		e.out.text("system\tcalls\tavailability\tp50 ms\tp95 ms\tp99 ms\terrors")
		for _, r := range d.Evaluate() {
			e.out.line(map[string]any{"type": "evaluation", "system": r.System, "calls": r.Calls, "failed": r.Failed, "availability": r.Availability,
				"p50_ms": ms(r.P50), "p95_ms": ms(r.P95), "p99_ms": ms(r.P99), "errors": r.Errors, "health": r.Health, "last": r.Last},
				"%s\t%d\t%.1f %%\t%.0f\t%.0f\t%.0f\t%v", r.System, r.Calls, r.Availability*100, ms(r.P50), ms(r.P95), ms(r.P99), errorWords(r.Errors))
		}
		e.out.text("form\tsystems\tfields typed\tfields they would ask\tshare")
		for _, s := range d.EvaluateForms() {
			e.out.line(struct {
				Type string `json:"type"`
				evaluate.FormSaving
			}{"form-saving", s}, "%s\t%d\t%d\t%d\t%.2f", s.Form, s.Systems, s.Typed, s.Asked, s.Share)
		}
		return nil
	})
}

func errorWords(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(out, ", ")
}
