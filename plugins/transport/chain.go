package transport

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"muster/plugins"
)

// The limits of a system that declares none.
const (
	DefaultTimeout  = 20 * time.Second // of one attempt, to the end of its body
	DefaultResponse = 8 << 20          // bytes of one answer, after decompression
	DefaultParallel = 4                // requests at once
	DefaultRate     = 50.0             // requests a second
	DefaultBurst    = 100
)

// tuning is what tests make smaller so that they need not wait.
type tuning struct {
	attempts         int           // of one request
	waitMin, waitMax time.Duration // between attempts, where the system does not say
	patience         time.Duration // the longest pause that is waited for; a longer one is told to the caller
	trip             uint32        // consecutive failures that open the breaker
	openFor          time.Duration // until the breaker lets a probe through
	idle             time.Duration // silence after which a stream is given up
}

var defaultTuning = tuning{
	attempts: 3, waitMin: 200 * time.Millisecond, waitMax: 3 * time.Second, patience: 10 * time.Second,
	trip: 5, openFor: 10 * time.Second, idle: 90 * time.Second,
}

// chain is the layers of one system's client, outermost first: permit, auth, retry, breaker, pace, guard, wires.
type chain struct {
	words
	info    plugins.Info
	cfg     plugins.Config
	creds   Credentials
	permit  func(context.Context, *http.Request) error
	observe func(Call)
	proxy   func(*http.Request) (*url.URL, error)
	log     *slog.Logger
	now     func() time.Time
	tune    tuning
	limits  plugins.Limits
	allow   allowList
	wires   wires
	wanted  atomic.Bool // a server has asked for a certificate
	breaker *breaker
	pace    *pace
	signers []signer
	jar     atomic.Pointer[cookiejar.Jar] // of a system that signs in by a form
	asks    *retryablehttp.Client         // requests of the plugin
	signin  *retryablehttp.Client         // requests of the sign-in: neither signed nor held up by the system's own breaker
}

// New makes the client of one system. It does no I/O. The client belongs to one officer: it keeps tokens and sessions
// in memory, so drop it at sign-out. Use it as it is: its CheckRedirect is part of the chain. New fails only when the
// configuration cannot work, with words for IT.
//
// Every failure of the client's Do, and of reading a body, unwraps to a *plugins.Error. A status other than 401 is an
// answer, not a failure: map it with FromStatus.
func New(o Options) (*http.Client, error) { return build(o, defaultTuning) }

func build(o Options, t tuning) (*http.Client, error) {
	c := &chain{
		words: words{o.System, o.Info.Name}, info: o.Info, cfg: o.Config, creds: o.Credentials,
		permit: o.Permit, observe: o.Observe, log: o.Log, now: o.Now, tune: t, limits: withDefaults(o.Info.Limits),
	}
	if c.name == "" {
		c.name = o.System
	}
	if c.proxy = o.Proxy; c.proxy == nil {
		c.proxy = http.ProxyFromEnvironment
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.log = slog.New(LogHandler(c.log.Handler())).With("system", o.System)
	var err error
	if c.allow, err = newAllowList(o.Info, o.Config); err != nil {
		return nil, c.err(plugins.Invalid, err, "%s cannot be used: %s.", c.name, err)
	}
	c.wires = newWires(c, o.TLS)
	c.breaker, c.pace = newBreaker(c), newPace(c)
	c.asks = c.newRetry(tripper(c.attempt))
	c.signin = c.newRetry(tripper(c.attemptSignin))
	if c.signers, err = c.newSigners(); err != nil {
		return nil, c.err(plugins.Invalid, err, "%s cannot be used: %s.", c.name, err)
	}
	return &http.Client{Transport: &front{c}, CheckRedirect: checkRedirect}, nil
}

func withDefaults(l plugins.Limits) plugins.Limits {
	if l.Timeout <= 0 {
		l.Timeout = DefaultTimeout
	}
	if l.Response <= 0 {
		l.Response = DefaultResponse
	}
	if l.Parallel <= 0 {
		l.Parallel = DefaultParallel
	}
	if l.Rate <= 0 {
		l.Rate = DefaultRate
		l.Burst = max(l.Burst, DefaultBurst)
	}
	if l.Burst <= 0 {
		l.Burst = max(int(l.Rate), 1)
	}
	return l
}

type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// call is what the layers know of one logical request.
type call struct {
	write, idempotent, stream bool
	once                      bool // not repeated once it may have arrived

	unsigned bool        // the latest attempt could not be signed: the sign-in has its own repeats
	sent     atomic.Bool // the headers of the latest attempt went out
	signer   signer
	used     string // what the latest attempt was signed with
	tried    map[*lockGuard]string
	shown    bool // the latest attempt showed the password of a sign-in that is asked for it
	unasked  bool // it could not: the server asked in no way that it knows
	attempts int
	status   int
	bytes    int64
}

type callKey struct{}

func callFrom(ctx context.Context) *call {
	k, _ := ctx.Value(callKey{}).(*call)
	return k
}

// front is the outermost layer: what http.Client sees.
type front struct{ c *chain }

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the connection pools.
func (f *front) CloseIdleConnections() { f.c.wires.closeIdle() }

// RoundTrip sends req through the chain.
//
// A failure leaves it as a redirect that checkRedirect then refuses: http.Client writes the whole URL of a failed
// request into its error, search terms included, but the Location of a refused redirect as it stands.
func (f *front) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := f.c.do(req)
	if req.Body != nil {
		_ = req.Body.Close()
	}
	if err == nil {
		// What goes back to the plugin names its own request, without the credential that was added on the way.
		final := *req
		if resp.Request != nil && moved(req.URL, resp.Request.URL) {
			final.URL = resp.Request.URL
		}
		resp.Request = &final
		return resp, nil
	}
	return &http.Response{
		Status: "303 See Other", StatusCode: http.StatusSeeOther, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Location": {(&url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: "/"}).String()}},
		Request: req, Body: failure{err},
	}, nil
}

// moved reports whether redirects led elsewhere than the query alone.
func moved(from, to *url.URL) bool { return from.Host != to.Host || from.Path != to.Path }

// failure carries an error through http.Client in the place of a body.
type failure struct{ err error }

func (f failure) Read([]byte) (int, error) { return 0, io.EOF }
func (f failure) Close() error             { return nil }

func checkRedirect(req *http.Request, _ []*http.Request) error {
	if f, ok := req.Response.Body.(failure); ok {
		return f.err
	}
	return http.ErrUseLastResponse // the guard has followed what may be followed
}

func (c *chain) do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	access, ok := plugins.AccessFrom(ctx)
	if !ok {
		return nil, c.err(plugins.Denied, errors.New("no access in the context"), "Muster did not ask %s: the purpose of the access is not recorded.", c.name)
	}
	if err := c.allow.check(c.words, req.URL); err != nil {
		return nil, err
	}
	if err := c.permitted(ctx, req); err != nil {
		return nil, err
	}
	k := &call{
		write:      !marked(ctx, readKey{}) && !readMethod(req.Method),
		idempotent: marked(ctx, idempotentKey{}),
		stream:     marked(ctx, streamKey{}),
	}
	start, began := c.now(), time.Now()
	own := req.Clone(context.WithValue(ctx, callKey{}, k))
	resp, err := c.signedIn(own, k)
	seen := func(kind plugins.ErrorKind) {
		took := time.Since(began)
		c.log.DebugContext(ctx, "request", "method", req.Method, "host", req.URL.Host, "operation", access.Operation,
			"correlation", access.Correlation, "status", k.status, "attempts", k.attempts, "error", string(kind), "took", took)
		if c.observe != nil {
			c.observe(Call{System: c.id, Operation: access.Operation, Start: start, Duration: took, Status: k.status,
				Err: kind, Bytes: k.bytes, Attempts: k.attempts, Stream: k.stream})
		}
	}
	if err != nil {
		var failed *plugins.Error
		if !errors.As(err, &failed) {
			failed = c.classify(ctx, err, k.write, k.sent.Load(), c.limits)
		}
		if failed.System == "" {
			own := *failed
			own.System, failed = c.id, &own
		}
		seen(failed.Kind)
		return nil, failed
	}
	if s, ok := resp.Body.(*stream); ok {
		s.end = func(err error) { seen(plugins.KindOf(err)) }
		return resp, nil
	}
	seen(observed(c.words, resp, k.write))
	return resp, nil
}

// observed is how an answer counts in the evaluation: a refusal of what was asked is service, a breakdown is not.
func observed(w words, resp *http.Response, write bool) plugins.ErrorKind {
	e := fromStatus(w, resp, write, time.Now())
	if e == nil || isFault(resp) {
		return ""
	}
	switch e.Kind {
	case plugins.NotFound, plugins.Duplicate, plugins.Invalid:
		return ""
	}
	return e.Kind
}

func (c *chain) permitted(ctx context.Context, req *http.Request) error {
	if c.permit == nil {
		return nil
	}
	err := c.permit(ctx, req)
	if err == nil {
		return nil
	}
	var e *plugins.Error
	if errors.As(err, &e) {
		return e
	}
	if ctx.Err() != nil {
		return c.classify(ctx, ctx.Err(), false, false, c.limits)
	}
	return c.err(plugins.Denied, err, "Muster did not ask %s: the access could not be recorded.", c.name)
}

func readMethod(m string) bool {
	switch strings.ToUpper(m) {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return false
}

// attempt is one try of a plugin's request: breaker, credential, pace, wire.
func (c *chain) attempt(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	k := callFrom(ctx)
	k.sent.Store(false)
	k.status, k.used, k.unsigned = 0, "", false
	done, err := c.breaker.allow(ctx)
	if err != nil {
		return nil, err
	}
	k.attempts++
	req := r.Clone(ctx)
	if k.signer != nil {
		if k.used, err = k.signer.sign(ctx, req); err != nil {
			k.unsigned = true
			done(errIgnored)
			return nil, err
		}
	}
	leave, err := c.pace.enter(ctx)
	if err != nil {
		done(errIgnored)
		return nil, err
	}
	resp, err := c.exchange(req, k, leave)
	done(health(resp, err))
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		after, told := retryAfter(resp.Header.Get("Retry-After"), c.now())
		if !told {
			after = c.tune.waitMin
		}
		c.pace.pause(after)
	}
	return resp, err
}

// health is what an attempt tells the breaker: only a system that does not answer, or breaks down, counts against it.
func health(resp *http.Response, err error) error {
	if err == nil {
		if resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented && !isFault(resp) {
			return errors.New("server failure")
		}
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return errIgnored
	}
	switch plugins.KindOf(err) {
	case plugins.Unavailable, plugins.Unknown:
		return err
	case plugins.Drift:
		return nil // it answers, if oddly
	}
	return errIgnored
}

// attemptSignin is one try of a request to a token or login endpoint.
func (c *chain) attemptSignin(r *http.Request) (*http.Response, error) {
	k := callFrom(r.Context())
	k.sent.Store(false)
	k.attempts++
	return c.exchange(r.Clone(r.Context()), k, func() {})
}
