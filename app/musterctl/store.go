package main

import (
	"fmt"
	"path/filepath"

	"muster/app/desk"
)

type storeCmd struct {
	Status storeStatusCmd `cmd:"" default:"1" help:"How the officer's file on this computer is sealed (the default)."`
	Rotate storeRotateCmd `cmd:"" help:"Seal the file anew under a new key. Ended in the middle, nothing is lost: call it again."`
	Bind   storeBindCmd   `cmd:"" help:"Seal the file's key under the unlock passphrase too; it is asked for, or read from standard input."`
	Accept storeAcceptCmd `cmd:"" help:"Open a file that was put back from a backup, where policy refuses it. The reason is recorded."`
}

type storeStatusCmd struct{}

func (storeStatusCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error { return sayStore(e, d) })
}

func sayStore(e *env, d *desk.Desk) error {
	s, err := d.Sealing(e.ctx)
	if err != nil {
		return err
	}
	e.out.line(struct {
		Type string `json:"type"`
		desk.Sealing
	}{"store", s}, "%s\t%d KiB", filepath.Base(s.File), s.Bytes>>10)
	if s.Passphrase {
		e.out.text("Opened by:\tthe keyring and the officer's passphrase")
	} else {
		e.out.text("Opened by:\tthe keyring")
	}
	if s.Unfinished {
		e.out.text("A rotation of the key was ended in the middle. Nothing is lost: run musterctl store rotate again.")
	}
	if s.RolledBack != "" {
		e.out.text("Put back:\t%s", s.RolledBack)
	}
	return nil
}

type storeRotateCmd struct{}

func (storeRotateCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := d.RotateStore(e.ctx); err != nil {
			return fmt.Errorf("the key was not rotated, and nothing is lost; call it again: %w", err)
		}
		e.out.line(map[string]any{"type": "rotated"}, "The file is sealed under a new key.")
		return nil
	})
}

type storeBindCmd struct{}

func (storeBindCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		pass, err := e.secret("Unlock passphrase: ")
		if err != nil {
			return err
		}
		if err := d.BindStore(e.ctx, pass); err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "bound"}, "From now on the file opens with the passphrase only. A forgotten passphrase loses it.")
		return nil
	})
}

type storeAcceptCmd struct {
	Reason string `required:"" help:"Why: who restored the file, from what, and under which reference."`
}

func (c storeAcceptCmd) Run(e *env) error {
	e.accept = c.Reason
	return e.with(func(d *desk.Desk) error { return sayStore(e, d) })
}
