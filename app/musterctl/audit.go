package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"muster/app/audit"
	"muster/app/desk"
)

type auditCmd struct {
	List    auditListCmd    `cmd:"" default:"withargs" help:"The officer's own accesses, newest first (the default)."`
	Verify  auditVerifyCmd  `cmd:"" help:"Prove that no record was removed, changed, reordered or cut off: of the log here, or of an exported file."`
	Export  auditExportCmd  `cmd:"" help:"Write the log as JSON Lines, CSV or syslog. The export is itself recorded."`
	Key     auditKeyCmd     `cmd:"" help:"Print the public key that exported files are verified with."`
	Forward auditForwardCmd `cmd:"" help:"Send the collector that policy names what it does not have yet."`
}

type auditListCmd struct {
	Number int    `short:"n" default:"50" help:"How many."`
	Before uint64 `help:"Only records before this number."`
}

func (c auditListCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		list, err := d.Audit(c.Before, c.Number)
		if err != nil {
			return err
		}
		for _, r := range list {
			e.out.line(struct {
				Type string `json:"type"`
				audit.Record
			}{"access", r}, "%d\t%s\t%s\t%s\t%s\t%d\t%s", r.Seq, clock(r.Time), r.Operation, r.System, r.Purpose.Code, r.Count, r.Error)
		}
		return nil
	})
}

type auditVerifyCmd struct {
	File string `arg:"" optional:"" type:"path" help:"An exported file (JSON Lines); nobody need be signed in. Without it, the log here."`
	Key  string `help:"With FILE: the public key of the log, as musterctl audit key prints it."`
}

func (c auditVerifyCmd) Run(e *env) error {
	if c.File == "" {
		return e.with(func(d *desk.Desk) error {
			v, err := d.VerifyAudit(e.ctx)
			if err != nil {
				return err
			}
			return sayVerdict(e, v)
		})
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("the file cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	v, err := audit.VerifyFile(e.ctx, f, c.Key)
	if err != nil {
		return err
	}
	return sayVerdict(e, v)
}

func sayVerdict(e *env, v audit.Verdict) error {
	e.out.line(struct {
		Type string `json:"type"`
		audit.Verdict
	}{"verdict", v}, "%s", v.Say)
	if !v.OK {
		return errors.New("the log of accesses has been tampered with or damaged")
	}
	return nil
}

type auditExportCmd struct {
	To        string `arg:"" type:"path" help:"File to write; it must not exist."`
	Recipient string `required:"" help:"Who it is for."`
	Format    string `enum:"jsonl,csv,syslog" default:"jsonl" help:"jsonl, which musterctl audit verify proves; csv for a spreadsheet; syslog as RFC 5424 messages framed as RFC 5425."`
}

func (c auditExportCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		f, err := os.OpenFile(c.To, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return usagef("%s exists already and is not overwritten: name another file", c.To)
		}
		if err != nil {
			return err
		}
		n, err := d.ExportAudit(e.ctx, c.Recipient, c.Format, f)
		if err = errors.Join(err, f.Sync()); err != nil {
			_ = f.Close()
			_ = os.Remove(c.To) // half a log proves nothing
			return err
		}
		if err := f.Close(); err != nil {
			_ = os.Remove(c.To)
			return err
		}
		e.out.line(map[string]any{"type": "exported", "records": n, "file": c.To, "at": time.Now().UTC()}, "%d records written.", n)
		return nil
	})
}

type auditKeyCmd struct{}

func (auditKeyCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		key, err := d.AuditKey()
		if err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "key", "key": key}, "%s", key)
		return nil
	})
}

type auditForwardCmd struct{}

func (auditForwardCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		last, err := d.ForwardAudit(e.ctx)
		if err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "forwarded", "last": last}, "The collector has the log up to record %d.", last)
		return nil
	})
}
