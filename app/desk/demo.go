package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"muster/app/policy"
	"muster/app/signin"
	"muster/plugins/demoforce"
	"muster/store/keyring"
)

// DemoOptions runs the demonstration force outside a window, for musterctl demo.
type DemoOptions struct {
	Profile string
	Seed    int64
	Scale   float64
	Latency float64
	Port    int    // first of a run of fixed ports; 0 takes free ones
	Records string // id of the records management system that the force uses; "" is the one that the profile has, or the usual one
	Log     *slog.Logger
	Policy  *policy.Policy // nil means the policy of this computer
}

// errNoDemo is said where IT forbids the demonstration force.
var errNoDemo = errors.New("the demonstration force is switched off by your organisation")

// demoAllowed asks the policy before a force runs outside a window.
func (o DemoOptions) demoAllowed() error {
	p := o.Policy
	if p == nil {
		c, err := policy.Computer()
		if err != nil {
			return err
		}
		p = &c
	}
	if !p.Demo.Value {
		return errNoDemo
	}
	return nil
}

// Demo is a running demonstration force with its profile written.
type Demo struct {
	force      *demoforce.Force
	lock       *flock.Flock // one force a profile
	profile    string
	KeyringSay string // why the systems' credentials could not be put into the keyring, and what to do
}

// RunDemo starts the demonstration force, writes a ready profile and puts the systems' credentials into the keyring, as IT would.
func RunDemo(ctx context.Context, o DemoOptions) (*Demo, error) {
	if err := o.demoAllowed(); err != nil {
		return nil, err
	}
	old, err := LoadProfile(o.Profile)
	switch {
	case isNotExist(err):
	case err != nil:
		return nil, err
	case old.Demo == "embedded":
		return nil, fmt.Errorf("%s belongs to a window that runs a demonstration force of its own: name another folder with --profile", profilePath(o.Profile))
	case old.Demo == "":
		return nil, fmt.Errorf("%s is set up for %s: the demonstration needs a folder of its own, named with --profile", profilePath(o.Profile), first(old.Force, "a local officer"))
	}
	if err := os.MkdirAll(o.Profile, 0o700); err != nil {
		return nil, fmt.Errorf("the profile folder cannot be made: %w", err)
	}
	lock := flock.New(filepath.Join(o.Profile, "demo.lock"))
	switch free, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("the profile folder cannot be written: %w", err)
	case !free:
		return nil, fmt.Errorf("a demonstration force runs for %s already: use that one, stop it first, or name another folder with --profile", o.Profile)
	}
	d, err := runDemo(ctx, o, old)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	d.lock = lock
	return d, nil
}

func runDemo(ctx context.Context, o DemoOptions, old Profile) (*Demo, error) {
	opts := demoforce.Options{Seed: o.Seed, Scale: o.Scale, Latency: o.Latency, Log: o.Log, Records: first(o.Records, demoforce.RecordsOf(old.connectors()))}
	ports := demoforce.Servers()
	if o.Port > 0 {
		opts.Ports = map[string]int{}
		for i, id := range ports {
			opts.Ports[id] = o.Port + i
		}
	}
	force, err := demoforce.Start(context.WithoutCancel(ctx), opts) // Close ends it
	switch {
	case err != nil && o.Port > 0:
		return nil, fmt.Errorf("the ports from %d to %d are not all free: give --port another number, or leave it out (%w)", o.Port, o.Port+len(ports)-1, err)
	case err != nil:
		return nil, fmt.Errorf("the demonstration force could not start: %w", err)
	}
	d := &Demo{force: force, profile: o.Profile}
	prof := demoProfile(force, "external", o.Seed).with(old, force)
	if err := prof.Save(o.Profile); err != nil {
		return nil, errors.Join(err, force.Close())
	}
	if err := provision(ctx, o.Profile, force); err != nil {
		d.KeyringSay = fmt.Sprintf("The systems' own credentials are not in the keyring (%v); give them with musterctl systems credential.", err)
	}
	return d, nil
}

// Close stops the force. The profile stays, for the next one.
func (d *Demo) Close() error { return errors.Join(d.force.Close(), d.lock.Close()) }

// DemoControl is where the faults of the demonstration force of a profile are switched, as of its latest start.
func DemoControl(ctx context.Context, profile string) (url, token string, err error) {
	kr, err := profileKeyring(profile)
	if err != nil {
		return "", "", err
	}
	b, err := kr.Get(ctx, controlName)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", "", fmt.Errorf("no demonstration force was started for %s: run musterctl demo with the same --profile", profile)
	}
	if err != nil {
		return "", "", err
	}
	url, token, _ = strings.Cut(string(b), " ")
	return url, token, nil
}

// controlName is the keyring's name for address and token of the fault switch.
const controlName = "demo/control"

func profileKeyring(profile string) (*keyring.Keyring, error) {
	service, err := keyringService(profile)
	if err != nil {
		return nil, err
	}
	return keyring.Open(service)
}

// Describe is everything a script needs to use the force, as musterctl demo prints it.
func (d *Demo) Describe() map[string]any {
	return map[string]any{
		"type": "demo", "force": demoforce.ForceName, "profile": d.profile,
		"signin":       map[string]any{"issuer": d.force.Issuer(), "client_id": d.force.ClientID()},
		"systems":      d.force.Systems(),
		"alternatives": d.force.Alternatives(),
		"accounts":     d.force.Accounts(),
		"credentials":  d.force.Credentials(),
		"faults": map[string]any{"url": d.force.ControlURL(), "token": d.force.ControlToken(),
			"switch": "PUT {url}/faults/{system} with Authorization: Bearer {token} and {\"kind\":\"slow\",\"delay_ms\":1500}; DELETE ends it",
			"kinds":  demoforce.FaultKinds()},
	}
}

// demoProfile is the profile of a running force.
func demoProfile(f *demoforce.Force, how string, seed int64) Profile {
	p := Profile{Profile: profileVersion, Force: demoforce.ForceName + " (demonstration)", Demo: how, Seed: seed,
		SignIn: signin.Settings{Kind: "oidc", Issuer: f.Issuer(), ClientID: f.ClientID()}}
	for _, s := range f.Systems() {
		p.Systems = append(p.Systems, SystemConfig{ID: s.ID, Connector: s.Connector, Name: s.Name, Options: maps.Clone(s.Options)})
	}
	return p
}

func (p Profile) connectors() (out []string) {
	for _, s := range p.Systems {
		out = append(out, s.Connector)
	}
	return out
}

// with keeps the systems that were added to an earlier profile of the demonstration: they are the officer's own work.
// What the force runs itself is not.
func (p Profile) with(old Profile, f *demoforce.Force) Profile {
	forces := slices.Concat(f.Systems(), f.Alternatives())
	for _, s := range old.Systems {
		if !slices.ContainsFunc(forces, func(x demoforce.System) bool { return x.ID == s.ID }) {
			p.Systems = append(p.Systems, s)
		}
	}
	return p
}

// provision puts what IT would have provisioned into the keyring: the credentials that systems have of their own.
func provision(ctx context.Context, profile string, f *demoforce.Force) error {
	kr, err := profileKeyring(profile)
	if err != nil {
		return err
	}
	if err := kr.Set(ctx, controlName, []byte(f.ControlURL()+" "+f.ControlToken())); err != nil {
		return err
	}
	all := f.Credentials()
	for _, system := range slices.Sorted(maps.Keys(all)) {
		for option, value := range all[system] {
			if err := signin.StoreValue(ctx, kr, system, option, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// DemoAllowed reports whether policy lets the first-run screen offer the demonstration force.
func (d *Desk) DemoAllowed() bool { return d.policy.Demo.Value }

// UseDemo starts the demonstration force in this process and sets the profile up for it.
func (d *Desk) UseDemo(ctx context.Context) error {
	if !d.policy.Demo.Value {
		return errNoDemo
	}
	if p := d.Profile(); p.Profile != 0 && p.Demo != "embedded" {
		return fmt.Errorf("this desk is set up for %s; the demonstration needs a profile folder of its own", p.Force)
	}
	return d.startDemo(ctx)
}

// startDemo runs the force in this process; its ports differ each time, so the profile is written anew.
func (d *Desk) startDemo(ctx context.Context) error {
	d.starting.Lock()
	defer d.starting.Unlock()
	d.mu.RLock()
	running, old := d.demo != nil, d.profile
	seed := old.Seed
	d.mu.RUnlock()
	if running {
		return nil
	}
	if seed == 0 {
		seed = 1
	}
	force, err := demoforce.Start(context.WithoutCancel(ctx), demoforce.Options{Seed: seed, Scale: d.opts.DemoScale, Latency: 1, Log: d.log, Records: demoforce.RecordsOf(old.connectors())})
	if err != nil {
		return fmt.Errorf("the demonstration force could not start: %w", err)
	}
	p := demoProfile(force, "embedded", seed).with(old, force)
	if err := provision(ctx, d.opts.Profile, force); err != nil {
		return errors.Join(err, force.Close())
	}
	if err := p.Save(d.opts.Profile); err != nil {
		return errors.Join(err, force.Close())
	}
	d.mu.Lock()
	d.demo = force
	d.mu.Unlock()
	if err := d.useProfile(p); err != nil {
		return err
	}
	d.notify(TopicState, "")
	d.notify(TopicSystems, "")
	return nil
}

// DemoAccount is one account of the demonstration force.
type DemoAccount struct{ User, Password, Name, Role string }

// DemoAccounts names accounts of the demonstration force; empty unless it runs in this process.
func (d *Desk) DemoAccounts() []DemoAccount {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.demo == nil {
		return nil
	}
	var out []DemoAccount
	for _, a := range d.demo.Accounts() {
		out = append(out, DemoAccount{User: a.User, Password: a.Password, Name: a.Name, Role: a.Role})
	}
	return out
}

// DemoBrowser stands in for a person at a browser: it walks the demonstration sign-in server's own pages as this account.
// It is nil unless the demonstration force runs in this process; the tour and the tests use it.
func (d *Desk) DemoBrowser(user, password string) func(url string) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.demo == nil {
		return nil
	}
	return d.demo.Browser(user, password)
}

// DemoFault switches a fault of the demonstration force on at one of its systems, by its name ("down", "slow", …); "" switches it off.
// It shows what Muster does when a system fails, and is an error unless the force runs in this process.
func (d *Desk) DemoFault(system, kind string) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.demo == nil {
		return errors.New("the demonstration force does not run in this process")
	}
	return d.demo.SetFault(system, demoforce.Fault{Kind: demoforce.FaultKind(kind)})
}
