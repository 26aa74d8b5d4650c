package live

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/assets"
	"muster/plugins"
	"muster/plugins/packs"
	"muster/plugins/plugintest"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// live is a connector that ships, and the running server that it is for.
type live struct {
	pack    string
	config  plugins.Config
	secrets map[string]string
}

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// LoginToken and Value make a live's secrets the transport's credentials.
func (l live) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, transport.ErrNoCredential
}

// Value returns a secret by the name of its option.
func (l live) Value(_ context.Context, _, option string) (string, error) {
	if v, ok := l.secrets[option]; ok {
		return v, nil
	}
	return "", transport.ErrNoCredential
}

// open opens the connector at its server, through the real transport.
func (l live) open(t testing.TB) plugins.System {
	t.Helper()
	c, err := packs.Load(l.pack)
	if err != nil {
		t.Fatal(err)
	}
	info := c.Info()
	client, err := transport.New(transport.Options{System: l.pack, Info: info, Config: l.config, Credentials: l,
		Permit: func(context.Context, *http.Request) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	sys, err := info.Open(context.Background(), plugins.Env{System: l.pack, HTTP: client, Config: l.config, Dictionary: dictionary(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// conform runs the conformance suite. fill says what Info, Config and the rest cannot: what to look for and to send.
func (l live) conform(t *testing.T, fill func(*plugintest.Subject)) {
	t.Helper()
	c, err := packs.Load(l.pack)
	if err != nil {
		t.Fatal(err)
	}
	s := plugintest.Subject{Info: c.Info(), System: l.pack, Config: l.config, Values: l.secrets, Dictionary: dictionary(t),
		Leaks: []goleak.Option{goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait")}}
	fill(&s)
	plugintest.Run(t, s)
}

func officer(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return plugins.WithAccess(ctx, plugins.Access{Officer: "okafor", Collar: "2214", Operation: "consultation", Correlation: "live", Audited: 1,
		Purpose: plugins.Purpose{Code: "investigation"}})
}

// facts makes facts of pairs of property and value.
func facts(t testing.TB, kv ...string) []pole.Fact {
	t.Helper()
	var out []pole.Fact
	for i := 0; i+1 < len(kv); i += 2 {
		p := pole.Property(kv[i])
		out = append(out, pole.Fact{Property: p, Value: dictionary(t).Normalise(p, kv[i+1])})
	}
	return out
}

// by makes a query of pairs of property and value.
func by(t testing.TB, kind pole.Kind, kv ...string) plugins.Query {
	t.Helper()
	q := plugins.Query{Kind: kind}
	for _, f := range facts(t, kv...) {
		q.Terms = append(q.Terms, plugins.Term{Property: f.Property, Value: f.Value})
	}
	return q
}

// every reads a search to its end and says how many pages that took. A gap, or a record that comes twice, is an error.
func every(t testing.TB, s plugins.System, q plugins.Query) (records []pole.Record, pages int) {
	t.Helper()
	seen := map[pole.Ref]bool{}
	for range 500 {
		p, err := s.Search(officer(t), q)
		if err != nil {
			t.Fatalf("page %d: %v", pages+1, err)
		}
		for _, g := range p.Gaps {
			t.Errorf("page %d: %v", pages+1, g)
		}
		for _, r := range p.Records {
			if seen[r.Ref] {
				t.Errorf("%s came twice", r.Ref)
			}
			seen[r.Ref] = true
		}
		records = append(records, p.Records...)
		if pages++; p.After == "" {
			return records, pages
		}
		q.After = p.After
	}
	t.Fatal("paging does not end")
	return nil, 0
}

// find returns the record of that id.
func find(t testing.TB, rs []pole.Record, id string) pole.Record {
	t.Helper()
	i := slices.IndexFunc(rs, func(r pole.Record) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("%d records, none of them %s", len(rs), id)
	}
	return rs[i]
}

// has demands facts: pairs of property and canonical value.
func has(t testing.TB, r pole.Record, kv ...string) {
	t.Helper()
	for i := 0; i+1 < len(kv); i += 2 {
		if !slices.ContainsFunc(r.All(pole.Property(kv[i])), func(f pole.Fact) bool { return f.Value.Norm == kv[i+1] }) {
			var got []string
			for _, f := range r.All(pole.Property(kv[i])) {
				got = append(got, f.Value.Norm+" from "+f.Value.Source+" "+f.Value.Problem)
			}
			t.Errorf("%s: %s is not %q but %q", r.Ref, kv[i], kv[i+1], got)
		}
	}
}

// linked demands a link of that role to or from a record of that kind and id.
func linked(t testing.TB, r pole.Record, role pole.Role, kind pole.Kind, id string) {
	t.Helper()
	if !slices.ContainsFunc(r.Links, func(l pole.Link) bool {
		return l.Role == role && l.Kind == kind && (l.From.ID == id || l.To.ID == id)
	}) {
		t.Errorf("%s has no link %s to %s %s: %+v", r.Ref, role, kind, id, r.Links)
	}
}

// refused demands an error of that kind, and gives it.
func refused(t testing.TB, err error, kind plugins.ErrorKind) *plugins.Error {
	t.Helper()
	var e *plugins.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got %v, want an error of kind %s", err, kind)
	}
	return e
}

// watched starts to watch, does something once the connection stands, and returns the first change that take accepts.
func watched(t testing.TB, s plugins.System, kind pole.Kind, cursor plugins.Cursor, do func(), take func(plugins.Change) bool) plugins.Change {
	t.Helper()
	ctx, cancel := context.WithCancel(officer(t))
	defer cancel()
	var got plugins.Change
	found, started := false, sync.Once{}
	err := s.(plugins.Watcher).Watch(ctx, kind, cursor, func(c plugins.Change) error {
		started.Do(do)
		if c.Gap != nil {
			t.Errorf("gap: %v", c.Gap)
		}
		if c.Record.ID != "" && take(c) {
			got, found = c, true
			cancel()
		}
		return nil
	})
	if !found {
		t.Fatalf("the change was not announced: %v", err)
	}
	return got
}
