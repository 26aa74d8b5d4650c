package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"muster/app/desk"
)

type loginCmd struct {
	Device bool   `xor:"way" help:"Show a code to enter on another device."`
	Local  bool   `xor:"way" help:"Sign in with a local passphrase; the first time sets it. It is asked for, or read from standard input."`
	Name   string `help:"With --local, the first time: the officer's name."`
}

func (c loginCmd) Run(e *env) error {
	return e.open(func(d *desk.Desk) (err error) {
		switch {
		case c.Local:
			err = c.local(e, d)
		case !d.Configured():
			return signedOut(d)
		case c.Device:
			err = d.SignInDevice(e.ctx, func(code, url string) {
				if e.out.json != nil {
					e.out.line(map[string]any{"type": "device", "code": code, "url": url}, "")
					return
				}
				fmt.Fprintf(e.errw, "Open %s and enter the code %s\n", url, code)
			})
		default:
			fmt.Fprintln(e.errw, "Opening the sign-in page in your browser; waiting for you to finish there.")
			err = d.SignInBrowser(e.ctx)
		}
		if err != nil {
			return err
		}
		return sayWho(e, d)
	})
}

func (c loginCmd) local(e *env, d *desk.Desk) error {
	if d.LocalExists() {
		pass, err := e.secret("Passphrase: ")
		if err != nil {
			return err
		}
		return d.SignInLocal(e.ctx, pass)
	}
	if c.Name == "" {
		return usagef("no local officer is set up yet: give the officer's name with --name, and a new passphrase of at least 8 characters when asked")
	}
	pass, err := e.secret("New passphrase: ")
	if err != nil {
		return err
	}
	return d.SetUpLocal(e.ctx, c.Name, pass)
}

func sayWho(e *env, d *desk.Desk) error {
	o, ok := d.Officer()
	if !ok {
		return errors.New("nobody is signed in: run musterctl login")
	}
	e.out.line(map[string]any{"type": "officer", "officer": o, "force": d.Force(), "state": d.State()}, "%s", strings.TrimSuffix(o.Display()+", "+d.Force(), ", "))
	return nil
}

type logoutCmd struct {
	Wipe bool `help:"Also take everything of this officer off this computer: copies, cases, drafts, outbox, log of accesses and secrets."`
	Lose bool `name:"lose-undelivered" help:"With --wipe: also what no system has yet."`
}

func (c logoutCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if c.Lose && !c.Wipe {
			return usagef("--lose-undelivered goes with --wipe")
		}
		if c.Wipe {
			if err := d.SignOutAndWipe(e.ctx, c.Lose); err != nil {
				return err
			}
			e.out.line(map[string]any{"type": "wiped"}, "Signed out. Nothing of yours is left on this computer.")
			return nil
		}
		if err := d.SignOut(e.ctx); err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "signed-out"}, "Signed out.")
		return nil
	})
}

type whoamiCmd struct{}

func (whoamiCmd) Run(e *env) error { return e.with(func(d *desk.Desk) error { return sayWho(e, d) }) }

// secret asks for a secret without showing it, or reads one line of standard input where that is no terminal.
func (e *env) secret(prompt string) (string, error) {
	if f, ok := e.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(e.errw, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(e.errw)
		return string(b), err
	}
	line, err := e.lines().ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usagef("nothing on standard input: %s is read from there, one line", strings.ToLower(strings.TrimSuffix(prompt, ": ")))
	}
	return line, nil
}

// words joins the words of an argument; a single - stands for one line of standard input.
func (e *env) words(args []string) (string, error) {
	if len(args) != 1 || args[0] != "-" {
		return strings.TrimSpace(strings.Join(args, " ")), nil
	}
	line, err := e.lines().ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// lines is standard input, buffered once so that several secrets can be read from it.
func (e *env) lines() *bufio.Reader {
	r, ok := e.in.(*bufio.Reader)
	if !ok {
		r = bufio.NewReader(e.in)
		e.in = r
	}
	return r
}
