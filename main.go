// Muster is the window over a force's systems: one login, one case view, one entry form.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"muster/app/desk"
	"muster/ui/crash"
	"muster/ui/screens"
	"muster/ui/shell"
)

// version is set when the program is built.
var version = "0.1.0"

const appID = "uk.muster.desk"

// patience is how long the first frame waits for a desk that opens at once, as one without a demonstration force does.
const patience = 150 * time.Millisecond

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	fs := flag.NewFlagSet("muster", flag.ContinueOnError)
	profile := fs.String("profile", "", "`folder` where everything of this desk lives")
	demo := fs.Bool("demo", false, "begin with the demonstration force, in a folder of its own")
	show := fs.Bool("version", false, "say which version this is")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case fs.NArg() > 0:
		fmt.Fprintf(os.Stderr, "muster takes no argument %q; see muster --help\n", fs.Arg(0))
		return 2
	}
	if *show {
		fmt.Println("muster " + version)
		return 0
	}
	dir := *profile
	if dir == "" {
		d, err := desk.DefaultProfile()
		if err != nil {
			return fail(err)
		}
		if dir = d; *demo {
			dir += "-demo"
		}
	}
	if err := crash.Watch(filepath.Join(dir, "crash"), version); err != nil {
		fmt.Fprintln(os.Stderr, "No crash report can be kept:", err)
	}
	shell.Tune()
	if err := shell.CheckDisplay(); err != nil {
		return fail(err)
	}
	raised := make(chan struct{}, 1)
	claim, running, err := shell.Claim(dir, func() {
		select {
		case raised <- struct{}{}:
		default:
		}
	})
	switch {
	case err != nil:
		return fail(fmt.Errorf("muster cannot tell whether it is open already: %w", err))
	case running:
		fmt.Fprintln(os.Stderr, "Muster is open already; it has been brought to the front.")
		return 0
	}
	defer claim.Close()

	// The desk opens while the window is made: keyring, disk and network wait on a goroutine of their own, and no frame waits for them.
	ctx, cancel := context.WithCancel(context.Background())
	type answer struct {
		desk *desk.Desk
		err  error
	}
	opening, logged := make(chan answer, 1), make(chan io.Closer, 1)
	go func() {
		log, end, lerr := desk.OpenLog(dir)
		if lerr != nil {
			fmt.Fprintln(os.Stderr, "Nothing is logged:", lerr)
		}
		logged <- end
		d, err := desk.Open(ctx, desk.Options{Profile: dir, Version: version, Log: log})
		opening <- answer{d, err}
	}()
	a := app.NewWithID(appID)
	window := shell.New(a, shell.Options{Demo: *demo})
	window.OnClosed(cancel)
	var open *desk.Desk
	attach := func(got answer) {
		if got.err != nil {
			window.Fail(got.err.Error())
			return
		}
		window.Attach(got.desk, screens.Factories(got.desk, window.Env(), window, got.desk.PreviewCase))
	}
	attached := make(chan struct{})
	select {
	case got := <-opening: // already open: the first frame is one in which the officer can act
		open = got.desk
		attach(got)
		close(attached)
	case <-time.After(patience):
		go func() {
			defer close(attached)
			got := <-opening
			open = got.desk
			fyne.Do(func() { attach(got) })
		}()
	}
	window.Show()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-raised:
				window.Raise()
			}
		}
	}()
	a.Run()
	cancel()
	<-attached
	if end := <-logged; end != nil {
		defer func() { _ = end.Close() }()
	}
	if open != nil {
		if err := open.Close(); err != nil {
			return fail(err)
		}
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "muster:", err)
	return 1
}
