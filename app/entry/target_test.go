package entry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/assets"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/store"
)

var (
	dict     = must(pole.Load(assets.FS))
	forms    = must(LoadForms(assets.FS, dict))
	incident = forms[slices.IndexFunc(forms, func(f Form) bool { return f.ID == "incident" })]
	officer  = Officer{Name: "PC Ada Okafor", Collar: "2214"}
	key      = bytes.Repeat([]byte{9}, 32)
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// server is a target system on a real socket. It keeps everything that it was sent: it does not recognise a key that it
// has seen, so that sending twice shows.
type server struct {
	*httptest.Server
	name string

	mu    sync.Mutex
	got   map[plugins.Key]int
	body  map[plugins.Key]plugins.Entry
	next  []fault // for the requests to come, in order
	late  func()  // done after the next request
	rate  float64 // of requests that meet a fault at random
	calls int
}

type fault string

const (
	dropBefore fault = "connection closed before it was kept"
	dropAfter  fault = "connection closed after it was kept"
	resetAfter fault = "connection reset after it was kept"
	fail       fault = "500 before it was kept"
	failAfter  fault = "500 after it was kept"
	limit      fault = "429"
	invalid    fault = "422"
	forbid     fault = "403"
	unsigned   fault = "401"
	twice      fault = "409"
	hang       fault = "no answer at all"
	keepLate   fault = "connection closed late, and kept only after the next request"
	good       fault = ""
)

func newServer(t testing.TB, name string) *server {
	s := &server{name: name, got: map[plugins.Key]int{}, body: map[plugins.Key]plugins.Entry{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := plugins.Key(r.URL.Query().Get("key"))
	s.mu.Lock()
	s.calls++
	if s.late != nil {
		defer s.late()
		s.late = nil
	}
	f := good
	if len(s.next) > 0 {
		f, s.next = s.next[0], s.next[1:]
	} else if rand.Float64() < s.rate {
		all := []fault{dropBefore, dropAfter, resetAfter, fail, failAfter, limit}
		f = all[rand.IntN(len(all))]
	}
	s.mu.Unlock()
	keep := func() {
		var e plugins.Entry
		if r.Method == http.MethodPost && json.NewDecoder(r.Body).Decode(&e) == nil {
			s.mu.Lock()
			s.got[key]++
			s.body[key] = e
			s.mu.Unlock()
		}
	}
	cut := func(reset bool) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			if tcp, ok := c.(*net.TCPConn); ok && reset {
				tcp.SetLinger(0)
			}
			c.Close()
		}
	}
	switch f {
	case dropBefore:
		cut(false)
		return
	case dropAfter, resetAfter:
		keep()
		cut(f == resetAfter)
		return
	case fail:
		w.WriteHeader(500)
		return
	case failAfter:
		keep()
		w.WriteHeader(500)
		return
	case limit:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(429)
		return
	case invalid:
		w.WriteHeader(422)
		return
	case forbid:
		w.WriteHeader(403)
		return
	case unsigned:
		w.WriteHeader(401)
		return
	case twice:
		w.WriteHeader(409)
		return
	case keepLate:
		var e plugins.Entry
		json.NewDecoder(r.Body).Decode(&e)
		time.Sleep(600 * time.Millisecond)
		s.mu.Lock()
		s.late = func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.got[key]++
		}
		s.mu.Unlock()
		cut(false)
		return
	case hang:
		io.Copy(io.Discard, r.Body) // the server notices a caller that leaves only once the body is read
		<-r.Context().Done()
		return
	}
	if r.Method == http.MethodPost {
		keep()
	}
	s.mu.Lock()
	n := s.got[key]
	s.mu.Unlock()
	if n == 0 {
		w.WriteHeader(404)
		return
	}
	fmt.Fprintf(w, "%s-%s", strings.ToUpper(s.name), key[len(key)-6:])
}

func (s *server) count(k plugins.Key) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[k]
}

func (s *server) did() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *server) entry(k plugins.Key) plugins.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.body[k]
}

// faulty makes a share of all requests meet a fault.
func (s *server) faulty(rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate = rate
}

func (s *server) queue(f ...fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, f...)
}

// client is a small connector for server.
type client struct {
	url    string
	settle time.Duration // what it takes Retry-After's second for
}

func (c client) do(ctx context.Context, method string, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return plugins.Receipt{}, err
	}
	var body io.Reader
	if method == http.MethodPost {
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+"/?key="+string(k), body)
	if err != nil {
		return plugins.Receipt{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		kind := plugins.Unavailable
		var op *net.OpError
		if method == http.MethodPost && (!errors.As(err, &op) || op.Op != "dial") {
			kind = plugins.Unknown
		}
		return plugins.Receipt{}, &plugins.Error{Kind: kind, Err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return plugins.Receipt{}, &plugins.Error{Kind: plugins.Unknown, Err: err}
	}
	switch resp.StatusCode {
	case 200:
		return plugins.Receipt{Reference: string(text)}, nil
	case 404:
		return plugins.Receipt{}, plugins.Errorf(plugins.NotFound, "no such key")
	case 429:
		return plugins.Receipt{}, &plugins.Error{Kind: plugins.Limited, After: c.settle}
	case 422:
		return plugins.Receipt{}, &plugins.Error{Kind: plugins.Invalid, Say: "The narrative is too short", Fields: []plugins.FieldError{{Path: "description", Say: "too short"}}}
	case 401:
		return plugins.Receipt{}, plugins.Errorf(plugins.Auth, "not signed in")
	case 403:
		return plugins.Receipt{}, plugins.Errorf(plugins.Denied, "Only sergeants may enter incidents here")
	case 409:
		return plugins.Receipt{}, &plugins.Error{Kind: plugins.Duplicate, Ref: "OLD-1"}
	}
	return plugins.Receipt{}, plugins.Errorf(plugins.Unavailable, "%d", resp.StatusCode)
}

func (c client) Submit(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	return c.do(ctx, http.MethodPost, e, k)
}

func (c client) Confirm(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	return c.do(ctx, http.MethodGet, e, k)
}

// Amend replaces what the server has under a reference of its own.
func (c client) Amend(ctx context.Context, e plugins.Entry, _ plugins.Key, r plugins.Receipt) (plugins.Receipt, error) {
	_, err := c.do(ctx, http.MethodPost, e, plugins.Key(url.QueryEscape("amended "+r.Reference)))
	return r, err
}

// spec is a target that takes the incident form.
func spec(system, name string, extra ...plugins.FieldSpec) Target {
	return Target{System: system, Name: name, Spec: plugins.KindSpec{Kind: incident.Kind, Accepts: append([]plugins.FieldSpec{
		{Path: "startDateTime", Required: true}, {Path: "description", Required: true, MaxLength: 1000}, {Path: "officer"},
		{Path: "person.surname", Required: true}, {Path: "person.givenName"}, {Path: "location.postcode"},
	}, extra...)}}
}

func filled() Draft {
	d := NewDraft(incident, dict, officer, plugins.Purpose{Code: "investigation", Case: "42/1"}, time.Now())
	d.Values["description"] = "Seen leaving the shop with goods concealed."
	return d
}

// desk is a store with an outbox over servers.
type desk struct {
	*Outbox
	store   *store.Store
	path    string
	drafts  *Drafts
	servers map[string]*server
	targets []Target
	before  func(context.Context, Item, Delivery) (context.Context, error)
	changed func(context.Context, Item, Draft) ([]Difference, error)
}

func newDesk(t testing.TB, names ...string) *desk {
	t.Helper()
	d := &desk{path: filepath.Join(t.TempDir(), "muster.db"), servers: map[string]*server{},
		before: func(ctx context.Context, _ Item, _ Delivery) (context.Context, error) { return ctx, nil }}
	for _, n := range names {
		d.servers[n] = newServer(t, n)
		d.targets = append(d.targets, spec(n, strings.ToUpper(n[:1])+n[1:]))
	}
	d.open(t)
	return d
}

func (d *desk) open(t testing.TB) {
	t.Helper()
	var err error
	if d.store, err = store.Open(d.path, key, store.Options{Dictionary: dict}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.store.Close() })
	d.drafts = NewDrafts(d.store, nil)
	urls := map[string]string{}
	for n, s := range d.servers {
		urls[n] = s.URL
	}
	if d.Outbox, err = NewOutbox(Config{Store: d.store, Drafts: d.drafts, Dictionary: dict,
		Before:  func(ctx context.Context, i Item, dl Delivery) (context.Context, error) { return d.before(ctx, i, dl) },
		Changed: func(ctx context.Context, i Item, dr Draft) ([]Difference, error) { return d.changed(ctx, i, dr) },
		Backoff: Backoff{First: 5 * time.Millisecond, Max: 40 * time.Millisecond}, Settle: 60 * time.Millisecond, Timeout: 2 * time.Second,
		Submit: func(_ context.Context, system string) (plugins.Submitter, error) {
			if urls[system] == "" {
				return nil, plugins.Errorf(plugins.Unavailable, "not connected")
			}
			return client{urls[system], 10 * time.Millisecond}, nil
		}}); err != nil {
		t.Fatal(err)
	}
}

// run delivers until the test's condition holds.
func (d *desk) run(t testing.TB, until func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	for !until() {
		if ctx.Err() != nil {
			t.Errorf("it never happened; the outbox holds %+v", d.Items())
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
}

func (d *desk) state(id, system string) Delivery {
	i, _ := d.Item(id)
	for _, dl := range i.Deliveries {
		if dl.System == system {
			return dl
		}
	}
	return Delivery{}
}

func TestWhatNobodyTakesIsSaid(t *testing.T) {
	target := Target{System: "a", Name: "A", Spec: plugins.KindSpec{Kind: incident.Kind, Accepts: []plugins.FieldSpec{{Path: "description", Required: true}}}}
	r := review(Draft{Values: map[string]string{"description": "A window was broken.", "person.surname": "MILLER"}}, target)
	if len(r.Doubts) != 1 || r.Doubts[0].Path != "person.surname" || !r.Ready {
		t.Errorf("ready %v, doubts %+v", r.Ready, r.Doubts)
	}
}
