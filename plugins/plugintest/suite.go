// Package plugintest is the conformance suite that every plugin passes: over a real socket, through the real
// transport, before a proxy that breaks every promise a network can break; README.md says what each check promises.
//
//	func TestConformance(t *testing.T) {
//		plugintest.Run(t, plugintest.Subject{
//			Info:   info,
//			Config: plugins.Config{"base_url": server.URL},
//			Values: map[string]string{"password": "…"},
//			Found:  plugins.Query{Kind: "person", Terms: terms},
//			Empty:  plugins.Query{Kind: "person", Terms: none},
//			Waive:  map[string]string{"check_name": "why it cannot hold for this system"},
//		})
//	}
package plugintest

import (
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/plugins"
	"muster/plugins/pole"
)

// Subject is a plugin, and a running system for it to talk to.
type Subject struct {
	Info   plugins.Info
	System string         // its id in a profile; "" is Info.ID
	Config plugins.Config // url options lead to the running system; the suite puts its proxy before each
	Values map[string]string
	// LoginToken is the one login, where the plugin's sign-in starts from it.
	LoginToken func(ctx context.Context, stale string) (string, time.Time, error)
	Dictionary *pole.Dictionary
	TLS        *tls.Config
	Now        func() time.Time // nil is time.Now

	Found   plugins.Query   // finds something
	Pages   int             // the least number of pages that Found comes in when asked in small pages; 0 is 1
	Empty   plugins.Query   // finds nothing
	Samples []plugins.Query // find something of the other kinds: what is mapped is checked for each

	Entry   *plugins.Entry // something that the system takes; nil only if Info takes nothing
	Effects func() int     // how many entries the system holds, where a test can know it

	// Change adds records to what Changing finds, or takes some away, behind the plugin's back; nil where a test cannot.
	Change   func() error
	Changing plugins.Query // Found, unless it has a kind

	// Waive names checks that cannot hold for this system, each with its reason: "check", or "check:detail" for one
	// part of it, where detail is as the check's complaint names it. A waiver for what passes is an error.
	Waive map[string]string
	// SkipWaived leaves out checks that are waived as a whole instead of finding out whether they pass by now: for systems
	// that are slow at just what is waived.
	SkipWaived bool
	// Handler is the system in memory, for RunVirtual: it answers whatever Config says. nil is the running system.
	Handler http.Handler
	Leaks   []goleak.Option // goroutines of the running system that start with a request and outlive it
}

// Run runs every check as a subtest named after it, and writes down how each came out where MUSTER_CONFORMANCE says.
func Run(t *testing.T, s Subject) {
	t.Helper()
	r := newRun(s)
	before := goleak.IgnoreCurrent()
	for _, err := range r.unfit() {
		t.Error(err)
	}
	all := append(slices.Clone(checks), check{name: "goroutines", group: Stopping, f: func(context.Context, *run) error {
		return goleak.Find(append(s.Leaks, before)...)
	}})
	// Faults mostly wait, so they wait together; each has its own proxy and its own client.
	var wg sync.WaitGroup
	for _, c := range all {
		one := func() { t.Run(c.name, func(t *testing.T) { r.report(t, c) }) }
		if c.apart {
			wg.Go(one)
			continue
		}
		wg.Wait()
		one()
	}
	wg.Wait()
	for _, err := range r.unused() {
		t.Error(err)
	}
}

// check is one promise. It returns what was broken, or notApplicable.
type check struct {
	name   string
	group  Group
	apart  bool // may run at the same time as others
	http   bool // it is about HTTP, and says nothing of a system that is reached otherwise
	writes bool // it leaves entries in the system
	f      func(context.Context, *run) error
	// virtual is f of a check on a virtual clock, before a system in memory.
	virtual func(context.Context, *run, *recording) error
}

// run is one pass over a subject.
type run struct {
	s    Subject
	logs *recorder

	mu      sync.Mutex
	said    []string // the text of every error, causes included
	secrets []string
	raised  map[string][]string // waivers of details that were needed, by check
	ran     map[string]bool     // the checks that -run let through

	once     sync.Once
	kept     *recording // of the running system, for the virtual clock
	keptErr  error
	unlisted bool // what comes of it is not written down
}

func newRun(s Subject) *run {
	if s.System == "" {
		s.System = s.Info.ID
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Changing.Kind == "" {
		s.Changing = s.Found
	}
	r := &run{s: s, logs: &recorder{}, raised: map[string][]string{}, ran: map[string]bool{}}
	for _, o := range s.Info.Options {
		if v := s.Values[o.Name]; o.Type == plugins.OptionSecret {
			r.secret(v)
		}
	}
	if login := s.LoginToken; login != nil {
		r.s.LoginToken = func(ctx context.Context, stale string) (string, time.Time, error) {
			token, expires, err := login(ctx, stale)
			r.secret(token)
			return token, expires, err
		}
	}
	return r
}

// secret keeps what must never be said.
func (r *run) secret(words ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range words {
		if len(w) >= 4 && !slices.Contains(r.secrets, w) {
			r.secrets = append(r.secrets, w)
		}
	}
}

func (r *run) do(t *testing.T, c check) error {
	if c.virtual != nil {
		return r.virtually(t, c)
	}
	if c.http && !r.speaksHTTP() {
		return inapplicable("the system is not reached by HTTP")
	}
	ctx, cancel := context.WithTimeout(officer(context.Background()), 2*time.Minute)
	defer cancel()
	return c.f(ctx, r)
}

// samples are the queries that find something, one after the other.
func (r *run) samples() []plugins.Query { return append([]plugins.Query{r.s.Found}, r.s.Samples...) }

func officer(ctx context.Context) context.Context {
	return plugins.WithAccess(ctx, plugins.Access{
		Officer: "plugintest", Operation: "consultation", Correlation: "plugintest", Audited: 1,
		Purpose: plugins.Purpose{Code: "test", Text: "conformance"},
	})
}

func (r *run) speaksHTTP() bool {
	for _, o := range r.s.Info.Options {
		if o.Type != plugins.OptionURL {
			continue
		}
		v := strings.ToLower(r.setting(o))
		if strings.HasPrefix(v, "http://") || strings.HasPrefix(v, "https://") {
			return true
		}
	}
	return false
}

func (r *run) setting(o plugins.Option) string {
	if v := r.s.Config[o.Name]; v != "" {
		return v
	}
	return o.Default
}
