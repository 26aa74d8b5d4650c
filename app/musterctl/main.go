// Command musterctl is the same desk from a terminal: sign-in, search, case, entry, outbox, audit and the rest, for IT and scripts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"muster/app/desk"
	"muster/app/signin"
	"muster/plugins"
)

// version is set by the build from FyneApp.toml.
var version = "dev"

// The exit codes that scripts may rely on.
const (
	exitDone   = 0
	exitFailed = 1 // refused or failed
	exitUsage  = 2
	exitPartly = 3 // some systems did not answer
)

// errPartly ends a command whose result is shown but not complete.
var errPartly = errors.New("partly done")

type cli struct {
	Profile string `placeholder:"DIR" help:"Folder where everything of this desk lives. Default: the officer's own."`
	JSON    bool   `name:"json" help:"One JSON object a line, for scripts."`
	Verbose bool   `short:"v" help:"Log to standard error what is done."`

	Demo       demoCmd       `cmd:"" help:"Run the demonstration force in the foreground and write a ready profile."`
	Login      loginCmd      `cmd:"" help:"Sign in once for every system."`
	Logout     logoutCmd     `cmd:"" help:"Sign out and forget the session."`
	Whoami     whoamiCmd     `cmd:"" help:"Say who is signed in."`
	Systems    systemsCmd    `cmd:"" help:"List, add, remove and check systems; give a system its credential."`
	Search     searchCmd     `cmd:"" help:"Ask every system at once."`
	Case       caseCmd       `cmd:"" help:"Show one merged case, keep it, note on it, export it."`
	Candidates candidatesCmd `cmd:"" help:"Find, among the copies on this computer, whom a few facts describe."`
	Compare    compareCmd    `cmd:"" help:"Lay two records side by side, with the evidence for and against their being one."`
	Judge      judgeCmd      `cmd:"" help:"Decide whether two records are the same, or take a decision back."`
	Judgements judgementsCmd `cmd:"" help:"List what was decided about which records are the same."`
	Submit     submitCmd     `cmd:"" help:"Fill a form once and deliver it to every system that needs it."`
	Forms      formsCmd      `cmd:"" help:"List the forms, or show one with its fields."`
	Form       formCmd       `cmd:"" help:"Check, list, show and print forms."`
	Entry      entryCmd      `cmd:"" help:"See, to the letter, what a form would send."`
	Outbox     outboxCmd     `cmd:"" help:"See and steer what is on its way."`
	Audit      auditCmd      `cmd:"" help:"Read and verify the log of accesses."`
	Store      storeCmd      `cmd:"" help:"How the officer's file is sealed; rotate its key."`
	Evaluate   evaluateCmd   `cmd:"" help:"How well each system serves, measured."`
	Policy     policyCmd     `cmd:"" help:"What IT decided for this computer: show, check and explain it; write the templates for group policy."`
	Doctor     doctorCmd     `cmd:"" help:"Check this workstation and say what to do."`
	Support    supportCmd    `cmd:"" help:"What IT needs to help: show it, or write it into a file. Nothing is sent."`
	Connector  connectorCmd  `cmd:"" help:"Check, try, record and test connector files."`
	Map        mapCmd        `cmd:"" help:"The force's server of map pictures: which it is, its key, and whether it answers."`
	Dictionary dictionaryCmd `cmd:"" help:"Find a kind, property, role, warning signal, marking or code that a connector maps to."`
	Plugin     pluginCmd     `cmd:"" help:"Make a plugin of a WebAssembly module."`
	Match      matchCmd      `cmd:"" help:"Find the rows of CSV files that are of one person, vehicle, place or event."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// env is what every command works with.
type env struct {
	ctx  context.Context
	cli  *cli
	in   io.Reader
	out  *output
	errw io.Writer

	accept string // why a file that was put back is accepted
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main with its edges given, so that a test can call it. It returns the exit code.
func run(args []string, in io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // the first signal ends the command in order; a second one ends it at once
		<-ctx.Done()
		stop()
	}()
	return runWith(ctx, args, in, stdout, stderr)
}

// runWith is run until ctx ends.
func runWith(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("musterctl"),
		kong.Description("Muster from a terminal. Nothing but results is written to standard output.\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 partly done (some systems did not answer)."),
		kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, "musterctl:", err)
		return exitUsage
	}
	kctx, err := parser.Parse(args)
	if exited == 0 {
		return exitDone
	}
	if err != nil {
		fmt.Fprintln(stderr, "musterctl:", misused(err))
		return exitUsage
	}
	e := &env{ctx: ctx, cli: &c, in: in, out: newOutput(stdout, c.JSON), errw: stderr}
	err = kctx.Run(e)
	if ferr := e.out.flush(); err == nil {
		err = ferr
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errPartly):
		return exitPartly
	case errors.As(err, new(usageError)):
		fmt.Fprintln(stderr, "musterctl:", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "musterctl:", words(err))
		return exitFailed
	}
}

// words is an error as its reader needs it: what happened and what to do, without the kind that programs tell it by.
func words(err error) string {
	var e *plugins.Error
	if errors.As(err, &e) && e.Say != "" && err.Error() == e.Error() {
		return e.Say
	}
	return err.Error()
}

// misused explains a command line that cannot be understood. It never repeats what may be a secret.
func misused(err error) string {
	say := err.Error()
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context != nil {
		n := p.Context.Selected()
		if n != nil && strings.HasPrefix(say, "unexpected argument") && (n.Name == "login" || n.Name == "credential") {
			say = "nothing more stands after " + n.FullPath() + ": passphrases and credentials are asked for, or read from standard input"
		}
		if n != nil {
			return say + " (" + n.FullPath() + " --help)"
		}
	}
	return say + " (musterctl --help)"
}

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (e *env) profile() (string, error) {
	if e.cli.Profile != "" {
		return e.cli.Profile, nil
	}
	return desk.DefaultProfile()
}

func (e *env) log() *slog.Logger {
	if e.cli.Verbose {
		return slog.New(slog.NewTextHandler(e.errw, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

// open opens the desk of the chosen profile, calls f and closes it; nobody need be signed in.
func (e *env) open(f func(*desk.Desk) error) error {
	dir, err := e.profile()
	if err != nil {
		return err
	}
	d, err := desk.Open(e.ctx, desk.Options{Profile: dir, Version: version, Log: e.log(), NoLive: true, AcceptRollback: e.accept, ShowURL: func(url string) {
		fmt.Fprintf(e.errw, "No browser opened. Open this address in one on this computer:\n%s\nor stop with Ctrl+C and use musterctl login --device.\n", url)
	}})
	if err != nil {
		return err
	}
	err = f(d)
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

// with opens the desk, restores the officer's session and calls f.
func (e *env) with(f func(*desk.Desk) error) error {
	return e.open(func(d *desk.Desk) error {
		if err := d.Restore(e.ctx); err != nil {
			if p := d.Profile(); p.Demo == "external" && plugins.KindOf(err) == plugins.Unavailable {
				return fmt.Errorf("%s This profile is the demonstration force's: musterctl demo starts it again", words(err))
			}
			return err
		}
		if d.State() != signin.SignedIn {
			return signedOut(d)
		}
		return f(d)
	})
}

// signedOut says why nobody is signed in, and how to change that.
func signedOut(d *desk.Desk) error {
	switch r := d.Reason(); {
	case !d.Configured():
		return fmt.Errorf("nothing is set up in %s: run musterctl demo for the demonstration force, or musterctl login --local --name NAME for a desk of your own", d.Folder())
	case r != "":
		return fmt.Errorf("%s (musterctl login signs in)", r)
	}
	return errors.New("nobody is signed in: run musterctl login")
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error { //nolint:unparam // as every command
	e.out.line(map[string]any{"type": "version", "version": version}, "musterctl %s", version)
	return nil
}
