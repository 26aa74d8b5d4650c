package demoforce

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // the systems keep local time also where the machine has no zone files
)

// Options starts a Force. The zero value is a force of about 5,000 people on free ports with realistic latency off.
type Options struct {
	Seed    int64          // population; the same seed gives the same people
	Addr    string         // "" is 127.0.0.1; anything that is not loopback is refused
	Ports   map[string]int // fixed ports by system id, "idp" and "control" included; 0 or missing is any free port
	Scale   float64        // 1, or 0, is about 5,000 people
	Latency float64        // 1 is realistic, 0 none
	Records string         // id of the records management system that Systems lists, rms or summit; "" is rms. Both serve
	Log     *slog.Logger
	Now     func() time.Time

	TokenLife time.Duration // of access tokens; 0 is ten minutes
	LiveEvery time.Duration // a new incident in command and control about every so often; 0 is 20 s, negative is never
}

// System is one simulated system, as a profile needs it.
type System struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Protocol  string            `json:"protocol"`
	BaseURL   string            `json:"base_url"`
	Connector string            `json:"connector"` // id of the connector pack that fits it
	Options   map[string]string `json:"options"`   // option values that are not secret
}

// Servers are the ids of everything that serves, in the order in which a run of fixed ports is given out.
func Servers() []string {
	return []string{"idp", "rms", "cad", "custody", "intel", "vehicles", "streetcrime", "control", "summit", "property", "casefile"}
}

// RecordsOf is the records management system that a profile with these connectors uses, as Options.Records wants it.
func RecordsOf(connectors []string) string {
	if slices.Contains(connectors, "demo_rms2") {
		return "summit"
	}
	return ""
}

// Account is one demonstration officer.
type Account struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Name     string `json:"name"`
	Rank     string `json:"rank"`
	Collar   string `json:"collar"`
	Role     string `json:"role"`
	Force    string `json:"force"`
}

// ForceName is what the force calls itself.
const ForceName = "Northmoor Police"

// Password opens every demonstration account.
const Password = "try-muster"

var accounts = []Account{
	{"okafor", Password, "Ada Okafor", "PC", "2214", "response", ForceName},
	{"whitelaw", Password, "Ruth Whitelaw", "DC", "4471", "investigator", ForceName},
	{"singh", Password, "Harpreet Singh", "Sgt", "1187", "supervisor", ForceName},
	{"brennan", Password, "Niamh Brennan", "Controller", "8051", "control-room", ForceName},
	{"leigh", Password, "Tom Leigh", "Mr", "9034", "it", ForceName},
}

// Force is a running demonstration force.
type Force struct {
	opt        Options
	log        *slog.Logger
	world      *world
	servers    map[string]*server
	order      []string
	idp        *idp
	rms        *rms
	summit     *summit
	cad        *cad
	custody    *custody
	intel      *intel
	dvla       *dvla
	street     *streetcrime
	strongroom *strongroom
	docket     *docket
	liveMu     sync.Mutex // guards liveDice
	liveDice   dice
	secrets    map[string]map[string]string
	control    string // base URL
	token      string // of the control port
	deliveries deliveries
	cancel     context.CancelFunc
	done       sync.WaitGroup
	closed     sync.Once
}

// Start builds the population, opens every port and serves until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Force, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1"
	}
	if ip := net.ParseIP(o.Addr); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the demonstration force serves this machine only: %q is not a loopback address", o.Addr)
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.Scale > 20 {
		return nil, fmt.Errorf("scale %v is more than this force can hold: at most 20", o.Scale)
	}
	if o.Records != "" && o.Records != "rms" && o.Records != "summit" {
		return nil, fmt.Errorf("this force has no records management system %q: it has rms and summit", o.Records)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLife <= 0 {
		o.TokenLife = 10 * time.Minute
	}
	if o.LiveEvery == 0 {
		o.LiveEvery = 20 * time.Second
	}
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("time zone of the force: %w", err)
	}
	f := &Force{opt: o, log: o.Log, servers: map[string]*server{}, secrets: map[string]map[string]string{}, token: random(24)}
	ctx, f.cancel = context.WithCancel(ctx)
	keys := make(chan keyResult, 1)
	go func() { keys <- newSigningKey() }()
	f.world = newWorld(o.Seed, o.Scale, o.Now(), loc)
	if err := f.build(ctx, keys); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.done.Go(func() { <-ctx.Done(); f.stop() })
	return f, nil
}

// serve opens a port for one system and answers there with h, behind its faults.
func (f *Force) serve(ctx context.Context, id string, latency latency, build func(base string) (http.Handler, error)) error {
	s := &server{id: id, log: f.log.With("system", id), latency: latency, factor: f.opt.Latency, now: time.Now}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(f.opt.Addr, fmt.Sprint(f.opt.Ports[id])))
	if err != nil {
		return fmt.Errorf("port of %s: %w", id, err)
	}
	s.addr = ln.Addr().String()
	h, err := build("http://" + s.addr)
	if err != nil {
		_ = ln.Close()
		return fmt.Errorf("%s: %w", id, err)
	}
	s.handler = h
	f.servers[id] = s
	f.order = append(f.order, id)
	s.listen(ln)
	return nil
}

// Close ends every server and waits for them.
func (f *Force) Close() error {
	f.cancel()
	f.stop()
	f.done.Wait()
	return nil
}

func (f *Force) stop() {
	f.closed.Do(func() {
		for _, s := range f.servers {
			s.close()
		}
	})
}

// Issuer is the identity provider's issuer URL.
func (f *Force) Issuer() string { return f.idp.issuer }

// ClientID is the public native client of Muster at the identity provider.
func (f *Force) ClientID() string { return clientID }

// Accounts returns the demonstration officers, the usual one first.
func (f *Force) Accounts() []Account { return append([]Account(nil), accounts...) }

// Credentials returns what systems with a sign-in of their own want, by system and option.
func (f *Force) Credentials() map[string]map[string]string {
	out := map[string]map[string]string{}
	for s, m := range f.secrets {
		out[s] = map[string]string{}
		for k, v := range m {
			out[s][k] = v
		}
	}
	return out
}

// Now is the moment the population was made for, in UTC.
func (f *Force) Now() time.Time { return f.world.now }

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
