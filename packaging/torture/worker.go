package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"muster/app/entry"
	"muster/assets"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/pole"
	"muster/plugins/transport"
	"muster/store"
)

//go:embed systems/*.yaml
var systems embed.FS

// names are the targets, in the order in which entries go to them.
var names = []string{"records", "command", "custody"}

// settle is how long a workstation waits before it believes a target's 'not there'.
const settle = 2500 * time.Millisecond

// refuseMe stands in a text that Records refuses until it is corrected.
const refuseMe = "PUT-ANOTHER-WAY"

// job is what the process to be killed is to do; it reads it from standard input, as a key belongs neither into the arguments nor
// into the environment.
type job struct {
	Path     string
	Key      []byte
	Secret   string
	URLs     map[string]string
	Surname  string
	Add      []string // ids of entries to type and send
	Type     []string // ids of drafts that stay drafts
	Finish   bool     // deliver everything, tell of everything, then end
	Sabotage string   // how this workstation is to fail: the driver's own tests use it
}

// tell says on standard output what the officer was told: from here on it holds.
func tell(words ...any) { fmt.Println(words...) }

func work() error {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return err
	}
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	forms, err := entry.LoadForms(assets.FS, dict)
	if err != nil {
		return err
	}
	w := &workstation{job: j, dict: dict, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})), systems: map[string]plugins.Submitter{}}
	for _, f := range forms {
		if f.ID == "incident" {
			w.form = f
		}
	}
	for _, n := range names {
		if err := w.connect(n); err != nil {
			return err
		}
	}
	if w.store, err = store.Open(j.Path, j.Key, store.Options{Dictionary: dict, LockWait: 5 * time.Second}); err != nil {
		return err
	}
	w.drafts = entry.NewDrafts(w.store, nil)
	if w.outbox, err = w.open(); err != nil {
		return err
	}
	return w.run()
}

// workstation is the outbox with everything beneath it as the desk has it: store, log of accesses, transport, connectors.
type workstation struct {
	job
	dict    *pole.Dictionary
	form    entry.Form
	log     *slog.Logger
	store   *store.Store
	drafts  *entry.Drafts
	outbox  *entry.Outbox
	systems map[string]plugins.Submitter
	targets []entry.Target
}

// keys gives the one secret, as the keyring would.
type keys string

func (keys) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, errors.New("no system here takes the one login")
}
func (k keys) Value(context.Context, string, string) (string, error) { return string(k), nil }

func (w *workstation) connect(name string) error {
	src, err := systems.ReadFile("systems/" + name + ".yaml")
	if err != nil {
		return err
	}
	c, err := connector.Load(name+".yaml", src)
	if err != nil {
		return err
	}
	info, cfg := c.Info(), plugins.Config{"base_url": w.URLs[name]}
	permit := func(ctx context.Context, _ *http.Request) error {
		if a, ok := plugins.AccessFrom(ctx); !ok || a.Audited == 0 {
			return errors.New("the access is not accounted for")
		}
		return nil
	}
	client, err := transport.New(transport.Options{System: name, Info: info, Config: cfg, Credentials: keys(w.Secret), Permit: permit, Log: w.log})
	if err != nil {
		return err
	}
	sys, err := info.Open(context.Background(), plugins.Env{System: name, HTTP: client, Config: cfg, Dictionary: w.dict, Log: w.log, Now: time.Now})
	if err != nil {
		return err
	}
	sub, ok := sys.(plugins.Submitter)
	if !ok {
		return fmt.Errorf("%s takes no entries", name)
	}
	w.systems[name] = sabotaged(sub, w.Sabotage, w.log, w.Surname)
	w.targets = append(w.targets, entry.NewTarget(name, info.Name, info.Kinds, w.form))
	return nil
}

func (w *workstation) open() (*entry.Outbox, error) {
	wait := settle
	if w.Sabotage != "" {
		wait = 10 * time.Millisecond
	}
	return entry.NewOutbox(entry.Config{
		Store: w.store, Drafts: w.drafts, Dictionary: w.dict, Log: w.log, Settle: wait, Timeout: 2 * time.Second,
		Backoff: entry.Backoff{First: 5 * time.Millisecond, Max: 60 * time.Millisecond},
		Submit:  func(_ context.Context, system string) (plugins.Submitter, error) { return w.systems[system], nil },
		Before: func(ctx context.Context, i entry.Item, d entry.Delivery) (context.Context, error) {
			seq, err := w.store.AppendAudit(fmt.Appendf(nil, "%s %s", i.ID, d.System)) // as the desk does before every call
			return plugins.WithAccess(ctx, plugins.Access{Operation: "alteration", Audited: seq}), err
		},
	})
}

func (w *workstation) run() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	go func() { defer close(ended); w.outbox.Run(ctx) }()
	for _, id := range w.Type {
		if err := w.typed(id, func(entry.Draft) error { return nil }); err != nil {
			return err
		}
	}
	for _, id := range w.Add {
		if err := w.typed(id, func(d entry.Draft) error {
			_, err := w.outbox.Add(d, w.form, w.targets)
			if err == nil {
				tell("kept", id)
			}
			return err
		}); err != nil {
			return err
		}
	}
	for {
		open := 0
		for _, i := range w.outbox.Items() {
			for _, d := range i.Deliveries {
				if !d.Settled() {
					open++
				}
				if d.State == entry.Refused {
					if err := w.correct(i.ID, d.System); err != nil {
						return err
					}
				}
			}
		}
		if w.Finish && open == 0 {
			cancel()
			<-ended
			return w.account()
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// typed types a draft in two steps, each told of once it is on the disk, and then does something with it.
func (w *workstation) typed(id string, then func(entry.Draft) error) error {
	if _, ok := w.outbox.Item(id); ok {
		return nil
	}
	d := entry.NewDraft(w.form, w.dict, entry.Officer{Collar: "2214"}, plugins.Purpose{Code: "investigation"}, time.Now())
	d.ID = id
	for step := 1; step <= 2; step++ {
		d.Values["description"] = text(id, step)
		d.Values["person.surname"] = w.Surname
		if _, err := w.drafts.Put(d); err != nil {
			return err
		}
		tell("typed", id, step)
	}
	return then(d)
}

// text is what is typed; every seventh entry is put in a way that Records refuses at first.
func text(id string, step int) string {
	t := fmt.Sprintf("entry %s step %d", id, step)
	if strings.HasSuffix(id, "7") {
		t += " " + refuseMe
	}
	return t
}

// correct puts what was refused in another way and sends it again.
func (w *workstation) correct(id, system string) error {
	d, err := w.outbox.EditAndResend(id, system)
	if err != nil {
		return err
	}
	d.Values["description"] = strings.TrimSpace(strings.ReplaceAll(d.Values["description"], refuseMe, ""))
	_, err = w.outbox.Add(d, w.form, w.targets)
	if err == nil {
		tell("corrected", id, system)
	}
	return err
}

// account tells what the workstation believes at the end, and whether its file is whole.
func (w *workstation) account() error {
	for _, i := range w.outbox.Items() {
		for _, d := range i.Deliveries {
			if d.State == entry.Delivered && d.Receipt != nil {
				tell("delivered", i.ID, d.System, d.Receipt.Reference)
			} else {
				tell("undelivered", i.ID, d.System, d.State)
			}
		}
	}
	drafts, err := w.drafts.List()
	if err != nil {
		return err
	}
	for _, d := range drafts {
		step := 0
		if _, err := fmt.Sscanf(d.Values["description"], "entry "+d.ID+" step %d", &step); err != nil && d.Amends == nil {
			return fmt.Errorf("draft %s holds something else than what was typed", d.ID)
		}
		if d.Amends == nil {
			tell("draft", d.ID, step)
		}
	}
	v, err := w.store.VerifyAudit(nil)
	switch {
	case err != nil:
		return err
	case v.Problem != "":
		return errors.New(v.Problem)
	}
	tell("audited", v.Count)
	return errors.Join(w.store.Check(), w.store.Close())
}

// sabotaged makes a workstation fail in one way, so that a test sees that the driver notices.
func sabotaged(s plugins.Submitter, how string, log *slog.Logger, surname string) plugins.Submitter {
	switch how {
	case "":
		return s
	case "leak":
		log.Info("sending", "who", surname)
		return s
	}
	return saboteur{s, how}
}

type saboteur struct {
	plugins.Submitter
	how string
}

func (s saboteur) Submit(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	if s.how == "swallow" {
		return plugins.Receipt{Reference: "none", At: time.Now()}, nil
	}
	if s.how == "rekey" { // as an outbox would that made a new key for each attempt
		k = plugins.Key(entry.NewID())
	}
	return s.Submitter.Submit(ctx, e, k)
}

func (s saboteur) Confirm(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	if s.how == "rekey" {
		return plugins.Receipt{}, plugins.Errorf(plugins.NotFound, "not there")
	}
	return s.Submitter.Confirm(ctx, e, k)
}
