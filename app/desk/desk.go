package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"

	"muster/app/checkup"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/app/policy"
	"muster/app/signin"
	"muster/assets"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
	"muster/plugins/transport"
	"muster/store/keyring"
)

// Options opens a desk.
type Options struct {
	Profile     string                 // folder where everything of this desk lives
	OpenBrowser func(url string) error // nil means the system browser
	ShowURL     func(url string)       // called with the sign-in address when the browser did not open; must not block
	Policy      *policy.Policy         // nil means the policy of this computer
	DemoScale   float64                // size of an embedded demonstration force; 0 is all of it, about 5,000 people
	ProbeEvery  time.Duration          // how often systems that entries wait for are asked whether they are there again; 0 is 30 seconds
	NoLive      bool                   // no live incident queue: for a terminal, which never shows it and so must not look at it
	Now         func() time.Time
	Log         *slog.Logger
	Version     string // of Muster, as the doctor says it

	AcceptRollback string // why a file that was put back is accepted: IT restored it; "" is not
}

// Desk is an open workstation. All methods are safe for concurrent use; those that take a context may wait on
// network, keyring or disk and are never called on the UI goroutine.
type Desk struct {
	opts       Options
	now        func() time.Time
	log        *slog.Logger
	dict       *pole.Dictionary
	forms      []entry.Form
	purposes   []PurposeDef
	recipients []RecipientDef
	reasons    []JudgeReason
	policy     policy.Policy // with the officer's choices as they were when the desk opened
	netOnce    sync.Once
	net        checkup.Net
	netErr     error
	chosen     atomic.Pointer[policy.Policy] // the same with what was chosen since; nil if nothing was
	keys       *keyring.Keyring
	eval       *evaluate.Evaluator
	notices    notices
	starting   sync.Mutex // one session or demonstration starts or ends at a time
	grouping   sync.Mutex // of latest and beside

	mu       sync.RWMutex
	profile  Profile
	signin   *signin.Manager
	systems  []*system
	session  *session
	purpose  *plugins.Purpose
	latest   *latest
	beside   *latest // what was found around the case that was opened last by a reference
	live     *liveQueue
	demo     *demoforce.Force
	auditErr error
	settings signin.Settings
}

func loadDictionary() (*pole.Dictionary, error) { return pole.Load(assets.FS) }

// Open opens the desk of a profile folder. With nothing there the desk is not Configured and offers the first run.
// It refuses to start without a keyring: there is no other place for a secret.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if o.Profile == "" {
		return nil, errors.New("a desk needs a profile folder")
	}
	noCores()
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Desk{opts: o, now: o.Now, log: slog.New(transport.LogHandler(o.Log.Handler())), eval: evaluate.New(o.Now)}
	service, err := keyringService(o.Profile)
	if err != nil {
		return nil, err
	}
	asked := make(chan error, 1) // the keyring answers while the dictionary is read
	go func() {
		var err error
		d.keys, err = keyring.Open(service)
		asked <- err
	}()
	err = d.load()
	if kerr := <-asked; err == nil {
		err = kerr
	}
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Profile, 0o700); err != nil {
		return nil, fmt.Errorf("the profile folder cannot be made: %w", err)
	}
	if err := d.obeyOrder(ctx); err != nil {
		return nil, err
	}
	p, err := LoadProfile(o.Profile)
	switch {
	case isNotExist(err):
		return d, nil
	case err != nil:
		return nil, err
	case p.Demo == "embedded":
		d.mu.Lock()
		d.profile = p
		d.mu.Unlock()
		if err := d.startDemo(ctx); err != nil {
			return nil, err
		}
		return d, nil
	}
	return d, d.useProfile(p)
}

// load reads what ships with Muster and what IT decided.
func (d *Desk) load() error {
	if err := d.readPolicy(); err != nil {
		return err
	}
	if err := d.loadData(); err != nil {
		return err
	}
	return d.settlePolicy()
}

// loadData reads what ships with Muster.
func (d *Desk) loadData() (err error) {
	files, err := d.files()
	if err != nil {
		return err
	}
	if d.dict, err = pole.Load(files); err != nil {
		return err
	}
	if d.forms, err = entry.LoadForms(files, d.dict); err != nil {
		return err
	}
	for name, to := range map[string]any{"purposes.yaml": &d.purposes, "recipients.yaml": &d.recipients, "judging.yaml": &d.reasons} {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := yaml.UnmarshalWithOptions(src, to, yaml.Strict()); err != nil {
			return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
		}
	}
	for _, r := range d.recipients {
		if _, ok := d.dict.Marking(r.UpTo); r.Code == "" || r.Label == "" || !ok {
			return fmt.Errorf("recipients.yaml: %q needs a code, a label and a classification of the dictionary", r.Code)
		}
	}
	return nil
}

// Close ends the session, keeping it for the next start, and stops the demonstration force if it runs here.
func (d *Desk) Close() error {
	d.starting.Lock()
	defer d.starting.Unlock()
	d.endSession()
	d.mu.Lock()
	m, demo := d.signin, d.demo
	d.signin, d.demo = nil, nil
	d.mu.Unlock()
	var err error
	if m != nil {
		err = m.Close()
	}
	if demo != nil {
		err = errors.Join(err, demo.Close())
	}
	return err
}

// Configured reports whether a force is set up in this profile; if not, the first-run screen is shown.
func (d *Desk) Configured() bool { return d.Profile().Profile != 0 }

// Force names the force of the profile.
func (d *Desk) Force() string { return d.Profile().Force }

// Profile is what IT or the first run decided for this desk.
func (d *Desk) Profile() Profile {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p := d.profile
	p.Systems = slices.Clone(p.Systems)
	return p
}

// Policy is what IT decided for this computer.
func (d *Desk) Policy() policy.Policy {
	if p := d.chosen.Load(); p != nil {
		return *p
	}
	return d.policy
}

// Dictionary is the data model.
func (d *Desk) Dictionary() *pole.Dictionary { return d.dict }

// Folder is where everything of this desk lives.
func (d *Desk) Folder() string { return filepath.Clean(d.opts.Profile) }
