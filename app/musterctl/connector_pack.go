package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"

	"muster/app/desk"
	"muster/assets"
	"muster/plugins/connector/pack"
	"muster/plugins/pole"
	"muster/plugins/signed"
	"muster/plugins/transport"
)

type connectorPackCmd struct {
	File   string `arg:"" type:"existingfile" help:"The connector file; its recordings, and NAME.md or README.md as notes, are taken from beside it."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"The pack; ID-VERSION.mpack here unless given."`
	Key    string `type:"existingfile" placeholder:"FILE" help:"Sign it with this minisign secret key. Its password is asked for, or read from standard input."`
	Author string `help:"Who made it, for those who install it."`
}

func (c connectorPackCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	about := pack.About{Author: c.Author, Muster: version}
	if s := os.Getenv("SOURCE_DATE_EPOCH"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return usagef("SOURCE_DATE_EPOCH is no number of seconds since 1970")
		}
		about.Created = time.Unix(n, 0)
	}
	p, err := pack.Gather(os.DirFS(filepath.Dir(c.File)), filepath.Base(c.File), about, dict)
	if err != nil {
		return err
	}
	if err := e.checkPack(p, dict); err != nil {
		return err
	}
	if c.Key != "" {
		key, err := e.signingKey(c.Key)
		if err != nil {
			return err
		}
		p.Sign(key)
	}
	b, err := p.Bytes()
	if err != nil {
		return err
	}
	to := c.Output
	if to == "" {
		to = p.ID + "-" + p.Version + pack.Suffix
	}
	if filepath.Ext(to) != pack.Suffix {
		return usagef("the name of a pack ends in %s", pack.Suffix)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil { //nolint:gosec // it is made to be passed on
		return fmt.Errorf("%s cannot be written: check the folder and its permissions (%w)", to, errors.Unwrap(err))
	}
	e.out.line(map[string]any{"type": "packed", "file": to, "id": p.ID, "version": p.Version, "parts": len(p.Parts), "bytes": len(b), "signed": p.Signed()},
		"Packed %s %s in %s: %d parts, %s.", p.ID, p.Version, to, len(p.Parts), map[bool]string{true: "signed", false: "not signed"}[p.Signed()])
	return nil
}

// signingKey reads a minisign secret key.
func (e *env) signingKey(file string) (minisign.PrivateKey, error) {
	var key minisign.PrivateKey
	text, err := os.ReadFile(file)
	if err != nil {
		return key, fmt.Errorf("the secret key cannot be read: %w", err)
	}
	if !minisign.IsEncrypted(text) {
		if key.UnmarshalText(text) != nil {
			return key, fmt.Errorf("%s is no minisign secret key: make one with minisign -G", file)
		}
		return key, nil
	}
	password, err := e.secret("Password of the key: ")
	if err != nil {
		return key, err
	}
	transport.Remember(password)
	if key, err = minisign.DecryptKey(password, text); err != nil {
		return key, fmt.Errorf("%s does not open with this password", file)
	}
	return key, nil
}

// checkPack lints and replays a pack, prints what it finds and fails on errors.
func (e *env) checkPack(p *pack.Pack, dict *pole.Dictionary) error {
	r, err := p.Check(e.ctx, dict)
	if err != nil {
		return err
	}
	for _, x := range r.Problems {
		e.out.line(map[string]any{"type": "problem", "problem": x}, "%s", x)
	}
	for _, k := range r.Cases {
		ok := len(k.Problems) == 0
		e.out.line(map[string]any{"type": "case", "case": k.Case, "ok": ok, "problems": k.Problems}, "%s: %s", map[bool]string{true: "ok", false: "FAILED"}[ok], k.Case)
		for _, x := range k.Problems {
			e.out.text("  %s", x)
		}
	}
	if n := r.Failed(); n > 0 {
		return fmt.Errorf("%d errors, or cases that do not come out as recorded: connector test shows where", n)
	}
	if len(r.Cases) == 0 {
		fmt.Fprintln(e.errw, "musterctl: nothing is recorded: whoever installs it can only take your word that it works. Record exchanges with musterctl connector record.")
	}
	return nil
}

type connectorVerifyCmd struct {
	Pack    string   `arg:"" type:"existingfile" help:"The pack."`
	Trusted []string `placeholder:"KEY" help:"A minisign public key that must have signed it: its .pub file, or its line that starts with RW. May be repeated."`
}

func (c connectorVerifyCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	trusted := map[string]string{}
	for i, k := range c.Trusted {
		name := fmt.Sprintf("key %d", i+1)
		if b, err := os.ReadFile(k); err == nil {
			name, k = strings.TrimSuffix(filepath.Base(k), ".pub"), signed.KeyLine(b)
		}
		trusted[name] = k
	}
	keys, err := signed.Parse(trusted)
	if err != nil {
		return usageError{err}
	}
	if i, err := os.Stat(c.Pack); err == nil && i.Size() > pack.MaxPack {
		return fmt.Errorf("%s is larger than %d MiB: it is no pack", c.Pack, pack.MaxPack>>20)
	}
	b, err := os.ReadFile(c.Pack)
	if err != nil {
		return err
	}
	p, err := pack.Read(filepath.Base(c.Pack), b)
	if err != nil {
		return err
	}
	var by signed.Signature
	if keys.Len() > 0 {
		if by, err = p.Verify(keys); err != nil {
			return err
		}
	}
	e.out.line(map[string]any{"type": "pack", "manifest": p.Manifest, "signed": p.Signed(), "signed_by": by.By, "key": by.KeyID},
		"%s %s, %s, made with Muster %s on %s%s", p.ID, p.Version, p.Name, p.Muster, p.Created.Format("2006-01-02"), map[bool]string{true: " by " + p.Author}[p.Author != ""])
	for _, part := range p.Parts {
		e.out.text("  %s  %s  %d bytes", part.SHA256[:16], part.Path, part.Size)
	}
	switch {
	case by.By != "":
		e.out.text("Signed with the trusted key %s (%s).", by.By, by.KeyID)
	case p.Signed():
		fmt.Fprintln(e.errw, "musterctl: it is signed, but you named no key to hold the signature against: give --trusted.")
	default:
		fmt.Fprintln(e.errw, "musterctl: it is not signed: nobody vouches for it.")
	}
	return e.checkPack(p, dict)
}

type connectorInstallCmd struct {
	Pack  string            `arg:"" type:"existingfile" help:"The pack."`
	Set   map[string]string `short:"s" placeholder:"OPTION=VALUE" help:"An option of the connector, such as base_url. Secrets are given with systems credential."`
	Force bool              `help:"Go back to an older version."`
}

func (c connectorInstallCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) error {
		r, err := d.InstallPack(e.ctx, c.Pack, c.Set, c.Force)
		if err != nil {
			return err
		}
		say := fmt.Sprintf("Installed %s %s", r.System, r.Version)
		if r.Upgrade {
			from := r.From
			if from == "" {
				from = "no version"
			}
			say = fmt.Sprintf("Brought %s from %s to %s", r.System, from, r.Version)
		}
		if r.By != "" {
			say += ", signed by " + r.By
		} else {
			fmt.Fprintln(e.errw, "musterctl: nobody whom this desk trusts has signed it: name the keys of makers under trusted_keys to have that checked.")
		}
		e.out.line(struct {
			Type string `json:"type"`
			desk.InstalledPack
		}{"installed", r}, "%s; %d recordings replayed.", say, r.Cases)
		return nil
	})
}
