package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/pole"
)

// Clock is the time of a replay whose file gives none.
var Clock = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// Access is who acts in a replay: what the expressions of a connector see as .access.
var Access = plugins.Access{Officer: "officer", Collar: "1234", Role: "officer", Force: "Test force", Workstation: "replay",
	Purpose: plugins.Purpose{Code: "test", Text: "Replay of a recording", Case: "TEST-1"}, Correlation: "replay", Audited: 1}

// Result is what came of one case.
type Result struct {
	Case     string
	Line     int      // of the case in its file
	Problems []string // how requests and result differ from the recording; empty when they are as recorded
	Got      *Expect  // what came out
	Asked    []Request
}

// Run replays every case of f on a connector. files is where answers in files of their own stand; nil if there are none.
// The error says that the file does not fit the connector as a whole.
func (f *File) Run(ctx context.Context, c *connector.Connector, dict *pole.Dictionary, files fs.FS) ([]Result, error) {
	if id := c.Info().ID; f.Connector != id {
		return nil, fmt.Errorf("%s: recorded for the connector %s, not for %s: correct connector: in the recordings", f.name, f.Connector, id)
	}
	out := make([]Result, 0, len(f.Cases))
	for i := range f.Cases {
		r, err := f.run(ctx, c, dict, files, &f.Cases[i], false)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (f *File) run(ctx context.Context, c *connector.Connector, dict *pole.Dictionary, files fs.FS, k *Case, learn bool) (Result, error) {
	r := Result{Case: k.Name, Line: k.line}
	cfg, err := f.config(c)
	if err != nil {
		return r, err
	}
	p := newPlayer(cfg[c.BaseOption()], files, k.Exchanges)
	p.learn = learn
	now := f.Now
	if now.IsZero() {
		now = Clock
	}
	system := f.System
	if system == "" {
		system = f.Connector
	}
	client := &http.Client{Transport: p, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	sys, err := c.Info().Open(ctx, plugins.Env{System: system, HTTP: client, Config: cfg, Dictionary: dict, Now: func() time.Time { return now }})
	if err != nil {
		return r, fmt.Errorf("%s: the connector cannot be opened: %s", f.name, words(err))
	}
	r.Got, err = Perform(plugins.WithAccess(ctx, accessFor(k.Do)), sys, dict, k, system, func() bool { return p.left() > 0 })
	if k.Do == "watch" && err == nil && r.Got.Error == string(plugins.Unavailable) && p.left() == 0 && !refusedBy(p) {
		r.Got.Error, r.Got.Say = "", "" // a stream ends where its recording does
	}
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
		return r, nil
	}
	r.Asked = p.asked
	r.Problems = append(r.Problems, p.problems...)
	if n := p.left(); n > 0 && len(p.problems) == 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d of %d recorded exchanges were not asked for", n, len(k.Exchanges)))
	}
	switch {
	case learn, len(p.problems) > 0: // what follows from a wrong request says nothing more
	case k.Expect == nil:
		r.Problems = append(r.Problems, "the case says nothing under expect; this came out:\n"+indent(Write(r.Got.Lean()))+"\n    Write it there if it is right, or run connector test --update.")
	default:
		if d := diff(Write(k.Expect), Write(r.Got.like(k.Expect))); d != "" {
			r.Problems = append(r.Problems, "the result is another (- expected, + came out):\n"+d)
		}
	}
	return r, nil
}

// config is the options of the replay: the file's, the connector's defaults, and made-up addresses.
func (f *File) config(c *connector.Connector) (plugins.Config, error) {
	cfg := plugins.Config{}
	info := c.Info()
	known := map[string]bool{}
	for _, o := range info.Options {
		known[o.Name] = true
		v := string(f.Options[o.Name])
		switch {
		case o.Type == plugins.OptionSecret:
			if v != "" {
				return nil, fmt.Errorf("%s: a value for the secret option %s stands in the recordings: take it out, a replay needs no secrets", f.name, o.Name)
			}
			continue
		case v != "":
		case o.Default != "":
			v = o.Default
		case o.Type == plugins.OptionURL && o.Required:
			v = "https://" + strings.ReplaceAll(info.ID, "_", "-") + ".example"
		case o.Required:
			v = o.Name
		}
		if v != "" {
			cfg[o.Name] = v
		}
	}
	for name := range f.Options {
		if !known[name] {
			return nil, fmt.Errorf("%s: the connector has no option %s", f.name, name)
		}
	}
	return cfg, nil
}

func accessFor(do string) plugins.Access {
	a := Access
	a.Operation = Operation(do)
	return a
}

// Operation is what an operation counts as in the log of accesses.
func Operation(do string) string {
	switch do {
	case "check":
		return "check"
	case "submit":
		return "alteration"
	}
	return "consultation"
}

// Perform does one operation of a case on an opened system and gives its result; what fails is part of it. The error says
// that the case cannot be done at all. ctx carries the Access. more says whether to ask for a further page, or to wait for
// further changes.
func Perform(ctx context.Context, sys plugins.System, dict *pole.Dictionary, k *Case, system string, more func() bool) (*Expect, error) {
	var out Expect
	var err error
	switch k.Do {
	case "check":
		var id plugins.Identity
		id, err = sys.Check(ctx)
		out.User, out.Server, out.Version = id.User, id.Server, id.Version
	case "search":
		err = k.search(ctx, sys, dict, system, more, &out)
	case "fetch":
		var rec pole.Record
		rec, err = sys.Fetch(ctx, pole.Ref{System: system, Type: k.typ(sys), ID: string(k.ID)})
		if err == nil {
			out.Records = []Record{recordOf(rec, system)}
		}
	case "submit", "confirm":
		s, ok := sys.(plugins.Submitter)
		if !ok {
			return nil, errors.New("the connector takes no entries: add submit to the kind")
		}
		entry, eerr := k.Entry.entry(dict, pole.Kind(k.Kind), system)
		if eerr != nil {
			return nil, eerr
		}
		key := plugins.Key(k.Key)
		if key == "" {
			key = "test-key"
		}
		var rc plugins.Receipt
		if k.Do == "submit" {
			rc, err = s.Submit(ctx, entry, key)
		} else {
			rc, err = s.Confirm(ctx, entry, key)
		}
		if err == nil {
			out.Receipt = &Receipt{Reference: rc.Reference, Ref: short(rc.Ref, system), Already: rc.Already}
		}
	case "watch":
		w, ok := sys.(plugins.Watcher)
		if !ok {
			return nil, errors.New("the connector announces no changes: add watch to the kind")
		}
		err = k.watch(ctx, w, system, more, &out)
	}
	if err != nil {
		out.failed(err)
	}
	return &out, nil
}

func (e *Expect) failed(err error) {
	e.Error, e.Say = string(plugins.KindOf(err)), words(err)
	var pe *plugins.Error
	if errors.As(err, &pe) {
		for _, f := range pe.Fields {
			e.Fields = append(e.Fields, Refused(f))
		}
	}
}

func words(err error) string {
	var e *plugins.Error
	if errors.As(err, &e) {
		return e.Say
	}
	return err.Error()
}

func (k *Case) search(ctx context.Context, sys plugins.System, dict *pole.Dictionary, system string, more func() bool, out *Expect) error {
	q := plugins.Query{Kind: pole.Kind(k.Kind), Text: string(k.Text), Limit: k.Limit}
	for _, name := range sortedKeys(k.By) {
		prop := pole.Property(name)
		q.Terms = append(q.Terms, plugins.Term{Property: prop, Value: dict.Normalise(prop, string(k.By[name]))})
	}
	for {
		page, err := sys.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			out.Records = append(out.Records, recordOf(r, system))
		}
		for _, g := range page.Gaps {
			out.Gaps = append(out.Gaps, g.Say)
		}
		out.Total = page.Total
		if page.After == "" {
			return nil
		}
		if !more() {
			out.More = true
			return nil
		}
		q.After = page.After
	}
}

var errReplayed = errors.New("the recording ends here")

func (k *Case) watch(ctx context.Context, w plugins.Watcher, system string, more func() bool, out *Expect) error {
	ctx = connector.WithPause(ctx, func(ctx context.Context, _ time.Duration) error {
		if !more() {
			return errReplayed
		}
		return ctx.Err()
	})
	err := w.Watch(ctx, pole.Kind(k.Kind), plugins.Cursor(k.Cursor), func(c plugins.Change) error {
		x := Change{Removed: c.Removed, Cursor: string(c.Cursor)}
		switch {
		case c.Gap != nil:
			x.Gap = c.Gap.Say
		case c.Record.ID == "":
			return nil // the connection stands
		default:
			r := recordOf(c.Record, system)
			x.Record = &r
		}
		if out.Changes = append(out.Changes, x); len(out.Changes) == k.Most {
			return errReplayed
		}
		return nil
	})
	if errors.Is(err, errReplayed) {
		return nil
	}
	return err
}

// refusedBy reports a last answer that is itself a failure, which is then the result.
func refusedBy(p *player) bool {
	if len(p.list) == 0 {
		return true
	}
	a := p.list[len(p.list)-1].Answer
	return a.Fails != "" || a.Status >= 300
}

// typ is the Ref.Type of the case's kind.
func (k *Case) typ(sys plugins.System) string {
	if t, ok := sys.(interface{ TypeOf(pole.Kind) string }); ok {
		if typ := t.TypeOf(pole.Kind(k.Kind)); typ != "" {
			return typ
		}
	}
	return k.Kind
}

// entry makes the entry that a form would give.
func (e *Entry) entry(dict *pole.Dictionary, kind pole.Kind, system string) (plugins.Entry, error) {
	out := plugins.Entry{Form: e.Form, Kind: kind, Captured: e.Captured}
	if out.Captured.IsZero() {
		out.Captured = Clock
	}
	var err error
	if out.Facts, err = facts(dict, e.Facts); err != nil {
		return out, err
	}
	for _, p := range e.Parts {
		part := plugins.Part{Name: p.Name, Kind: pole.Kind(p.Kind), Role: pole.Role(p.Role)}
		if part.Kind == "" {
			part.Kind = pole.Kind(p.Name)
		}
		if p.ID != "" {
			part.Existing = []pole.Ref{{System: system, Type: string(part.Kind), ID: string(p.ID)}}
		}
		if part.Facts, err = facts(dict, p.Facts); err != nil {
			return out, err
		}
		out.Parts = append(out.Parts, part)
	}
	for k, v := range e.Refs {
		if out.Refs == nil {
			out.Refs = map[string]string{}
		}
		out.Refs[k] = string(v)
	}
	return out, nil
}

func facts(dict *pole.Dictionary, m map[string]TextList) ([]pole.Fact, error) {
	var out []pole.Fact
	for _, name := range sortedKeys(m) {
		p := pole.Property(name)
		if _, ok := dict.Property(p); !ok {
			return nil, fmt.Errorf("entry: the dictionary has no property %q (musterctl dictionary finds one)", name)
		}
		for _, v := range m[name] {
			out = append(out, pole.Fact{Property: p, Value: dict.Normalise(p, string(v))})
		}
	}
	return out, nil
}

// Write gives v as YAML.
func Write(v any) string {
	b, err := yaml.MarshalWithOptions(v, yaml.UseLiteralStyleIfMultiline(true), yaml.UseSingleQuote(true), yaml.IndentSequence(true))
	if err != nil {
		return "cannot be written: " + err.Error()
	}
	return string(b)
}
