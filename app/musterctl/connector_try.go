package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/app/desk"
	"muster/app/signin"
	"muster/assets"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/connector/trial"
	"muster/plugins/pole"
	"muster/plugins/transport"
	_ "muster/plugins/wires" // the protocols other than HTTP
)

// liveFlags say which operation is asked of which live system, and why.
type liveFlags struct {
	purposeFlags
	File       string            `arg:"" type:"existingfile" help:"The connector file."`
	Operation  string            `arg:"" enum:"check,search,fetch,submit,confirm,watch" help:"check, search, fetch, submit, confirm or watch."`
	Set        map[string]string `short:"s" placeholder:"OPTION=VALUE" help:"An option of the connector, such as base_url. Secrets are asked for, or read from standard input, one a line."`
	Kind       string            `placeholder:"KIND" help:"The kind of record; the connector's only one unless given."`
	By         map[string]string `short:"b" placeholder:"PROPERTY=VALUE" help:"Search by: surname=smith."`
	Text       string            `help:"Search free text."`
	ID         string            `help:"The record to fetch."`
	Submit     string            `type:"existingfile" placeholder:"FILE" help:"The entry to submit or confirm, as YAML or JSON: {facts: {description: …}, parts: [{name: person, facts: {surname: …}}]}."`
	Key        string            `default:"" help:"The idempotency key of a submission."`
	Pages      int               `default:"1" help:"Pages of a search, at most."`
	For        time.Duration     `default:"30s" help:"How long to watch."`
	Changes    int               `default:"5" help:"Changes to watch for, at most."`
	TestSystem bool              `help:"I say that this system holds no data of real people: where nobody is signed in, go on without an entry in the log of accesses."`
}

// errAccess is the refusal to ask a live system without an account of it.
var errAccess = errors.New("every access is accounted for before it leaves, and nobody is signed in: run musterctl login and give --purpose, or, if this is a test system without data of real people, say so with --test-system")

func (c liveFlags) trial(e *env) (*connector.Connector, replay.Case, *trial.Report, error) {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return nil, replay.Case{}, nil, err
	}
	src, err := os.ReadFile(c.File)
	if err != nil {
		return nil, replay.Case{}, nil, err
	}
	conn, err := connector.Load(c.File, src, dict)
	if err != nil {
		return nil, replay.Case{}, nil, fmt.Errorf("the connector has errors:\n%w", err)
	}
	k, err := c.operation(conn)
	if err != nil {
		return nil, k, nil, err
	}
	report, err := c.run(e, conn, dict, k)
	return conn, k, report, err
}

// operation is what is asked, as a recording writes it.
func (c liveFlags) operation(conn *connector.Connector) (replay.Case, error) {
	k := replay.Case{Do: c.Operation, Kind: c.Kind, Text: replay.Text(c.Text), ID: replay.Text(c.ID), Key: replay.Text(c.Key)}
	var names []string // of the kinds that can do it
	for _, x := range conn.Info().Kinds {
		can := map[string]bool{"search": len(x.Search) > 0 || x.Text, "fetch": x.Fetch, "submit": len(x.Accepts) > 0, "confirm": len(x.Accepts) > 0, "watch": x.Watch}
		if known, is := can[k.Do]; known || !is {
			names = append(names, string(x.Kind))
		}
	}
	if k.Kind == "" && len(names) == 1 {
		k.Kind = names[0]
	}
	if k.Do == "check" {
		k.Kind = ""
		return k, nil
	}
	switch {
	case k.Kind == "":
		return k, usagef("say of which kind with --kind: %s", strings.Join(names, ", "))
	case !slices.Contains(names, k.Kind):
		return k, usagef("the connector has no kind %s, only %s", k.Kind, strings.Join(names, ", "))
	case k.Do == "search" && len(c.By) == 0 && c.Text == "":
		return k, usagef("say what to look for: --by surname=smith, or --text smith")
	case k.Do == "fetch" && c.ID == "":
		return k, usagef("say which record with --id")
	case (k.Do == "submit" || k.Do == "confirm") && c.Submit == "":
		return k, usagef("say what to send with --submit FILE")
	}
	for name, v := range c.By {
		if k.By == nil {
			k.By = map[string]replay.Text{}
		}
		k.By[name] = replay.Text(v)
	}
	if c.Submit != "" {
		src, err := os.ReadFile(c.Submit)
		if err != nil {
			return k, err
		}
		if k.Entry, err = replay.ParseEntry(c.Submit, src); err != nil {
			return k, err
		}
		if k.Key == "" {
			k.Key = replay.Text(fmt.Sprintf("trial-%d", time.Now().UnixNano()))
		}
	}
	return k, nil
}

// run asks the system: through the desk where somebody is signed in, so that the log of accesses holds it.
func (c liveFlags) run(e *env, conn *connector.Connector, dict *pole.Dictionary, k replay.Case) (report *trial.Report, err error) {
	if k.Do == "watch" {
		ctx, stop := contextFor(e.ctx, c.For)
		defer stop()
		e.ctx = ctx
	}
	signedIn := false
	err = e.open(func(d *desk.Desk) error {
		if rerr := d.Restore(e.ctx); rerr != nil || d.State() != signin.SignedIn {
			return rerr
		}
		signedIn = true
		if k.Do != "check" {
			if err := c.set(d); err != nil {
				return err
			}
		}
		values, err := c.secrets(e, conn, func(name string) bool { return keyring(d, conn.Info().ID, name) })
		if err != nil {
			return err
		}
		report, err = d.TryConnector(e.ctx, desk.Trial{Connector: conn, Options: c.Set, Values: values, Case: k, Pages: c.Pages, Changes: c.Changes})
		return err
	})
	switch {
	case signedIn:
		return report, err
	case !c.TestSystem && k.Do != "check":
		if err != nil {
			return nil, fmt.Errorf("%w (%s)", errAccess, words(err))
		}
		return nil, errAccess
	}
	values, err := c.secrets(e, conn, func(string) bool { return false })
	if err != nil {
		return nil, err
	}
	client, cfg, err := trial.Client(conn.Info(), c.Set, trial.Typed{Values: values}, nil, e.log(), time.Now)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	if k.Do != "check" {
		fmt.Fprintln(e.errw, "musterctl: not in the log of accesses: you said that this system holds no data of real people.")
	}
	ctx := plugins.WithAccess(transport.Insist(e.ctx), trial.TestAccess(replay.Operation(k.Do), plugins.Purpose{Code: c.Purpose, Text: c.Reason, Case: c.CaseRef}))
	return trial.Run(ctx, trial.Options{Connector: conn, Dictionary: dict, System: conn.Info().ID, Config: cfg, Client: client, Now: time.Now, Pages: c.Pages, Changes: c.Changes}, &k)
}

// keyring reports whether the profile's system has this credential already.
func keyring(d *desk.Desk, system, option string) bool {
	for _, s := range d.Systems() {
		if s.ID != system {
			continue
		}
		missing := slices.ContainsFunc(s.Needs, func(o plugins.Option) bool { return o.Name == option })
		asked := slices.ContainsFunc(s.Asks, func(o plugins.Option) bool { return o.Name == option })
		return asked && !missing
	}
	return false
}

// secrets asks for the credentials that the connector needs and nobody has yet.
func (c liveFlags) secrets(e *env, conn *connector.Connector, have func(string) bool) (map[string]string, error) {
	values := map[string]string{}
	for _, o := range conn.Info().Options {
		if _, ok := c.Set[o.Name]; ok && o.Type == plugins.OptionSecret {
			return nil, usagef("%s is secret: it is asked for, or read from standard input, never given as an argument", o.Name)
		}
	}
	for _, o := range conn.Info().Options {
		if o.Type != plugins.OptionSecret && !o.Asked || have(o.Name) {
			continue
		}
		if v, ok := c.Set[o.Name]; ok && o.Type != plugins.OptionSecret {
			values[o.Name] = v
			delete(c.Set, o.Name)
			continue
		}
		if !o.Required {
			continue
		}
		v, err := e.secret(o.Label + ": ")
		if err != nil {
			return nil, err
		}
		transport.Remember(v)
		values[o.Name] = v
	}
	return values, nil
}

type connectorTryCmd struct {
	liveFlags
	Full bool `help:"Show answers whole, however long."`
}

func (c connectorTryCmd) Run(e *env) error {
	_, _, r, err := c.trial(e)
	if err != nil {
		return err
	}
	printTrial(e, r, c.Full)
	return ended(r)
}

// ended is how a trial ends the command.
func ended(r *trial.Report) error {
	if r.Error == "" {
		return nil
	}
	return fmt.Errorf("%s: %s %s", r.Error, r.Say, r.Cure)
}

type connectorRecordCmd struct {
	liveFlags
	Name   string `required:"" help:"What the case shows, in words: 'a person by surname'."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"The recordings file; NAME.exchanges.yaml beside the connector unless given."`
	Keep   bool   `help:"Keep what was answered as it is: for systems whose data is made up. Otherwise personal data is replaced by fakes."`
}

func (c connectorRecordCmd) Run(e *env) error {
	conn, k, r, err := c.trial(e)
	if err != nil {
		return err
	}
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	path := c.Output
	if path == "" {
		path = filepath.Join(filepath.Dir(c.File), replayName(c.File))
	}
	was, err := os.ReadFile(path)
	f := replay.New(path, conn.Info().ID)
	switch {
	case err == nil:
		if f, err = replay.Parse(path, was); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	k.Name = c.Name
	k = r.Recorded(k)
	if !c.Keep {
		trial.NewScrubber(dict).Scrub(&k, r.Seen(), conn.Info().ID, r.Result.User)
	}
	if i := slices.IndexFunc(f.Cases, func(x replay.Case) bool { return x.Name == k.Name }); i >= 0 {
		f.Cases[i] = k
	} else {
		f.Cases = append(f.Cases, k)
	}
	i := slices.IndexFunc(f.Cases, func(x replay.Case) bool { return x.Name == k.Name })
	res, err := f.LearnCase(e.ctx, conn, dict, replay.Folder(os.DirFS(filepath.Dir(path)), filepath.Base(path)), i)
	if err != nil {
		return err
	}
	for _, p := range res.Problems {
		fmt.Fprintln(e.errw, "The recording cannot be replayed as it is: "+p)
	}
	if err := os.WriteFile(path, f.Bytes(was), 0o600); err != nil {
		return fmt.Errorf("%s cannot be written: check the folder and its permissions", path)
	}
	note := "Personal data was replaced by fakes; read the file before you pass it on."
	if c.Keep {
		note = "What was answered is in it as it is."
	}
	e.out.line(map[string]any{"type": "recorded", "file": path, "case": k.Name, "exchanges": len(k.Exchanges), "scrubbed": !c.Keep},
		"Recorded %q with %d exchanges in %s. %s", k.Name, len(k.Exchanges), path, note)
	return nil
}
