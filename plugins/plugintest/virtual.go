package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

// RunVirtual runs the checks of long waits alone, on a virtual clock: a day passes in a moment, and nothing real is
// waited for. The system is Handler, or what the running system answered just before. Run runs them too; what comes of
// RunVirtual is not written down for the table, as a system in memory is none.
func RunVirtual(t *testing.T, s Subject) {
	t.Helper()
	r := newRun(s)
	r.unlisted = true
	for _, err := range r.unfit() {
		t.Error(err)
	}
	for _, c := range checks {
		if c.virtual != nil {
			t.Run(c.name, func(t *testing.T) { r.report(t, c) })
		}
	}
	for _, err := range r.unused() {
		t.Error(err)
	}
}

// virtually runs a check within a bubble whose clock starts at the present and moves only when all in it wait.
func (r *run) virtually(t *testing.T, c check) error {
	if r.s.Handler == nil && !r.speaksHTTP() {
		return inapplicable("the system is not reached by HTTP")
	}
	kept, err := r.recorded()
	if err != nil {
		return err
	}
	now := time.Now()
	var out error
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(now))
		ctx, cancel := context.WithCancel(officer(context.Background()))
		defer cancel()
		out = c.virtual(ctx, r, kept)
	})
	return out
}

// recording is what a running system answered, so that it can be asked again in memory.
type recording struct {
	takes []*take
	bases []string // the addresses that it was asked at
}

// recorded asks the running system once, on the real clock, for all checks.
func (r *run) recorded() (*recording, error) {
	r.once.Do(func() { r.kept, r.keptErr = r.recordNow() })
	return r.kept, r.keptErr
}

func (r *run) recordNow() (*recording, error) {
	out := &recording{}
	if r.s.Handler != nil {
		return out, nil
	}
	ctx, cancel := context.WithTimeout(officer(context.Background()), time.Minute)
	defer cancel()
	b, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer b.close()
	for _, p := range b.proxies {
		out.bases = append(out.bases, p.URL)
	}
	out.takes, err = b.tap.record(func() error {
		_, err := b.sys.Search(ctx, r.s.Found)
		return err
	})
	if err != nil {
		return nil, err
	}
	w, watches := b.sys.(plugins.Watcher)
	for _, k := range r.s.Info.Kinds {
		if !k.Watch || !watches {
			continue
		}
		stands := errors.New("it stands")
		takes, err := b.tap.record(func() error {
			return w.Watch(ctx, k.Kind, "", func(plugins.Change) error { return stands })
		})
		if err != nil && !errors.Is(err, stands) {
			return nil, fmt.Errorf("watching kind %s: %w", k.Kind, err)
		}
		out.takes = append(out.takes, takes...)
	}
	return out, nil
}

// virtual is a system in memory, reached through the real transport by a scheme of its own.
type virtual struct {
	r     *run
	bench *bench
	hosts []string
	from  []string // addresses in the recording, and what stands for each here
	to    []string
	takes []*take
	life  time.Duration // of the tokens that it gives

	mu      sync.Mutex
	fault   http.HandlerFunc
	left    int
	delay   time.Duration
	asked   []time.Time // questions, without the sign-in
	said    []string    // their methods and addresses
	signins int
	streams int
	ends    map[string]time.Time // of tokens
	stale   int                  // questions with a token that had ended
}

var (
	virtuals       sync.Map // host → *virtual
	virtualPort    atomic.Int64
	virtualScheme  = "virtual"
	registerScheme = sync.OnceFunc(func() {
		transport.RegisterScheme(transport.Scheme{Name: virtualScheme, Port: "1", Secure: true,
			Open: func(transport.WireEnv) transport.Wire { return virtualWire{} }})
	})
)

type virtualWire struct{}

func (virtualWire) CloseIdleConnections() {}

func (virtualWire) RoundTrip(r *http.Request) (*http.Response, error) {
	v, ok := virtuals.Load(r.URL.Host)
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	return v.(*virtual).answer(r)
}

// web lets a plugin see a system in memory at a web address, as it sees all systems.
type web struct{ next http.RoundTripper }

func webAddresses(cfg plugins.Config) plugins.Config {
	out := plugins.Config{}
	for name, v := range cfg {
		if rest, ok := strings.CutPrefix(v, virtualScheme+"://"); ok {
			v = "https://" + rest
		}
		out[name] = v
	}
	return out
}

func (w web) RoundTrip(r *http.Request) (*http.Response, error) {
	own := r.Clone(r.Context())
	if _, ok := virtuals.Load(r.URL.Host); ok {
		own.URL.Scheme = virtualScheme
	}
	resp, err := w.next.RoundTrip(own)
	if err == nil {
		resp.Request = r
	}
	return resp, err
}

// openVirtual opens the plugin before a system in memory. It is called within a bubble.
func (r *run) openVirtual(ctx context.Context, kept *recording, settings ...setting) (*virtual, error) {
	registerScheme()
	s := r.s
	s.Now = time.Now
	s.LoginToken = func(context.Context, string) (string, time.Time, error) {
		return "plugintest-login-token", time.Now().Add(time.Hour), nil
	}
	if s.Handler == nil && !r.playable() {
		s.Info.Auth = nil
	}
	s.Info.Limits.Rate, s.Info.Limits.Burst, s.Info.Limits.Parallel = 10_000, 1_000, 50
	s.Info.Limits.Quotas = nil
	for _, f := range settings {
		f(&s)
	}
	v := &virtual{r: r, takes: kept.takes, ends: map[string]time.Time{}, life: 10 * time.Minute}
	cfg := plugins.Config{}
	for _, o := range s.Info.Options {
		value := r.setting(o)
		if o.Type == plugins.OptionURL && (value != "" || s.Handler != nil) {
			u, err := url.Parse(value)
			if err != nil {
				return nil, err
			}
			if isHTTP(u) || s.Handler != nil {
				host := fmt.Sprintf("localhost:%d", 1+virtualPort.Add(1)%60_000)
				if n := len(v.hosts); n < len(kept.bases) {
					v.from, v.to = append(v.from, kept.bases[n]), append(v.to, "https://"+host)
				}
				v.hosts = append(v.hosts, host)
				virtuals.Store(host, v)
				value = virtualScheme + "://" + host + u.Path
			}
		}
		if value != "" {
			cfg[o.Name] = value
		}
	}
	v.bench = &bench{r: r, virtual: true}
	if err := v.bench.plug(ctx, s, cfg); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *virtual) close() {
	v.bench.close()
	for _, h := range v.hosts {
		virtuals.Delete(h)
	}
}

// playable reports whether the sign-in can be played without the system: its credential is on the question, or its
// token comes from an endpoint of the system in the way of OAuth.
func (r *run) playable() bool {
	for _, a := range r.auths() {
		switch a.Kind {
		case plugins.AuthNone, plugins.AuthBearer, plugins.AuthAPIKey, plugins.AuthBasic, plugins.AuthWSSUsername:
		case plugins.AuthOAuth2Client, plugins.AuthExchange, plugins.AuthPassword:
			if strings.Contains(a.Token, "://") {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// search asks once for what Found finds.
func (v *virtual) search(ctx context.Context) (plugins.Page, error) {
	return v.bench.sys.Search(ctx, v.r.s.Found)
}

// finds demands that a search goes well.
func (v *virtual) finds(ctx context.Context, what string) error {
	page, err := v.search(ctx)
	v.r.note(err)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case len(page.Gaps) > 0:
		return fmt.Errorf("%s has a gap: %w", what, page.Gaps[0])
	case len(page.Records) == 0:
		return fmt.Errorf("%s finds nothing", what)
	}
	return nil
}

// fail answers the next n questions with f, all of them if n is negative.
func (v *virtual) fail(f http.HandlerFunc, n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault, v.left = f, n
}

// slow makes every answer take so long.
func (v *virtual) slow(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.delay = d
}

// questions is how often the system was asked, without the sign-in.
func (v *virtual) questions() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.asked)
}

// log is when the system was asked, and for what.
func (v *virtual) log() (asked []time.Time, said []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.asked), slices.Clone(v.said)
}

// signedIn is how many requests the sign-in took so far, how long its tokens last, and how many questions carried one
// that had ended.
func (v *virtual) signedIn() (requests int, life time.Duration, stale int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.signins, v.life, v.stale
}

func (v *virtual) answer(r *http.Request) (*http.Response, error) {
	transport.Sent(r.Context())
	signin := v.r.signin(r)
	v.mu.Lock()
	delay, f := v.delay, http.HandlerFunc(nil)
	if signin {
		v.signins++
	} else {
		v.asked, v.said = append(v.asked, time.Now()), append(v.said, r.Method+" "+r.URL.RequestURI())
		if v.fault != nil && v.left != 0 {
			f = v.fault
			v.left--
		}
		_, word, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if end, known := v.ends[word]; known && !time.Now().Before(end) && f == nil {
			v.stale++
			f = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
		}
	}
	stream := f == nil && strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	if stream {
		v.streams++
	}
	v.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if stream { // that stands and says nothing
		return transport.WireAnswer(r, http.StatusOK, "text/event-stream", silence{r.Context()}), nil
	}
	asked := r.Clone(r.Context())
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	switch {
	case f != nil:
		f(rec, asked)
	case v.r.s.Handler != nil:
		v.r.s.Handler.ServeHTTP(rec, asked)
	case signin:
		v.give(rec)
	default:
		v.again(rec, asked)
	}
	if signin {
		v.given(rec.Body.Bytes())
	}
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

// silence is a stream on which nothing comes.
type silence struct{ ctx context.Context }

func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (silence) Close() error { return nil }

// give answers a sign-in with a token.
func (v *virtual) give(w http.ResponseWriter) {
	v.mu.Lock()
	n, life := v.signins, v.life
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": fmt.Sprintf("plugintest-virtual-token-%d", n), "token_type": "Bearer", "expires_in": int(life / time.Second),
		"issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
	})
}

// given notes when the token of an answer ends.
func (v *virtual) given(body []byte) {
	var out struct {
		Token string  `json:"access_token"`
		Life  float64 `json:"expires_in"`
	}
	if json.Unmarshal(body, &out) != nil || out.Token == "" || out.Life <= 0 {
		return
	}
	v.r.secret(out.Token)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.life = time.Duration(out.Life * float64(time.Second))
	v.ends[out.Token] = time.Now().Add(v.life)
}

// again answers as the running system did: to the same question, or else to one at the same address, whose query or
// body the time or the sign-in made another.
func (v *virtual) again(w http.ResponseWriter, r *http.Request) {
	sent, err := sentBody(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	same := func(k *take, exactly bool) bool {
		u, err := url.Parse(k.url)
		if err != nil || k.method != r.Method || u.Path != r.URL.Path {
			return false
		}
		return !exactly || u.RawQuery == r.URL.RawQuery && bytes.Equal(k.sent, sent)
	}
	i := slices.IndexFunc(v.takes, func(k *take) bool { return same(k, true) })
	if i < 0 {
		i = slices.IndexFunc(v.takes, func(k *take) bool { return same(k, false) })
	}
	if i < 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	k := v.takes[i]
	copyHeader(w, k.header.Clone())
	body := k.body
	for i, from := range v.from {
		body = bytes.ReplaceAll(body, []byte(from), []byte(v.to[i]))
		for name, values := range w.Header() {
			for j := range values {
				w.Header()[name][j] = strings.ReplaceAll(values[j], from, v.to[i])
			}
		}
	}
	w.WriteHeader(k.status)
	_, _ = w.Write(body)
}
