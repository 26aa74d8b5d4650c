package transport

import (
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"muster/plugins"
)

// Scheme is a protocol other than HTTP that a system may be reached by. Its requests are told as HTTP requests and its
// answers as HTTP answers, so that permit, sign-in, retry, breaker, pace, allow-list, limits, redaction and recording
// are the same for every protocol, and a plugin sees no secret: a credential of kind basic is on the request as the
// Authorization header, and a wire that is refused with it answers 401.
type Scheme struct {
	Name string // of the URL: postgres
	Port string // where the URL gives none; "" for a scheme without a network
	// Secure says that the wire lets nothing be read on its way to another machine: it insists on TLS, or an
	// equivalent, for every host but this machine. Other schemes are allowed to this machine only.
	Secure bool
	// Local says that the URL names a folder or file of this machine (or of its mounted shares) and has no host.
	// Requests are allowed below the declared address only.
	Local bool
	Open  func(WireEnv) Wire
}

// Wire carries the requests of one scheme for one system. RoundTrip obeys the request's context, calls Sent when a
// request that may change something is on its way, and returns an answer with a status, a Content-Type and a body; a
// stream of changes is an answer of type text/event-stream. It is safe for concurrent use.
type Wire interface {
	http.RoundTripper
	CloseIdleConnections()
}

// WireEnv is all that a wire may touch.
type WireEnv struct {
	System string
	// Dial connects to a declared host only; to this machine only where the scheme is not Secure.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS  *tls.Config // verifies; clone it and set ServerName
	// Config holds the system's settings that are not secret, defaults filled in: a wire's own settings are options of
	// fixed names (host_key), so that they are checked, shown and documented as all others are.
	Config plugins.Config
	Bases  []*url.URL // the declared addresses of this scheme
	Limits plugins.Limits
	Now    func() time.Time
}

// ErrStanding in the chain of a wire's error says that a repeat will not help.
var ErrStanding = errStanding

var (
	schemesMu sync.RWMutex
	schemes   = map[string]Scheme{}
)

// RegisterScheme adds a protocol. A bad or duplicate one panics at start-up.
func RegisterScheme(s Scheme) {
	schemesMu.Lock()
	defer schemesMu.Unlock()
	if s.Name == "" || s.Open == nil || s.Name == "http" || s.Name == "https" {
		panic("transport: scheme " + s.Name + " cannot be registered")
	}
	if _, dup := schemes[s.Name]; dup {
		panic("transport: scheme " + s.Name + " is registered twice")
	}
	schemes[s.Name] = s
}

// SchemeOf returns the registered protocol of that name. http and https are not among them.
func SchemeOf(name string) (Scheme, bool) {
	schemesMu.RLock()
	defer schemesMu.RUnlock()
	s, ok := schemes[strings.ToLower(name)]
	return s, ok
}

// Schemes returns the names of all schemes that an address may have, http and https among them, sorted.
func Schemes() []string {
	schemesMu.RLock()
	defer schemesMu.RUnlock()
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(schemes)), "http", "https")))
}

// Fit says why an address cannot be a system's: in words for IT that follow the address's name, "" when it can.
func Fit(u *url.URL) string {
	if u.User != nil {
		return "must not hold a user name or password"
	}
	s, other := SchemeOf(u.Scheme)
	switch {
	case u.Scheme != "https" && u.Scheme != "http" && !other:
		return "is not a web address such as https://host/path"
	case other && s.Local:
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") {
			return "is not the address of a folder such as " + s.Name + ":///srv/drop"
		}
		return ""
	case u.Host == "":
		return "is not a web address such as https://host/path"
	case u.Scheme == "http" && !loopbackName(u.Hostname()):
		return "must start with https: without it everything sent could be read on the way"
	case other && !s.Secure && !loopbackName(u.Hostname()):
		return "must have a protocol that is encrypted: with " + s.Name + " everything sent could be read on the way"
	}
	return ""
}

// Place is what the allow-list holds of an address: host:port, or for a folder of this machine its scheme and path.
func Place(u *url.URL) string {
	if s, ok := SchemeOf(u.Scheme); ok {
		if s.Local {
			return s.Name + "://" + path.Clean(u.Path)
		}
		if u.Port() == "" {
			return net.JoinHostPort(ascii(u.Hostname()), s.Port)
		}
	}
	return hostPort(u)
}

// Within reports whether an address lies at one of the places.
func Within(places map[string]bool, u *url.URL) bool {
	p := Place(u)
	if places[p] {
		return true
	}
	if s, ok := SchemeOf(u.Scheme); ok && s.Local {
		for at := p; ; {
			i := strings.LastIndexByte(at, '/')
			if i < len(s.Name)+3 {
				return places[s.Name+":///"]
			}
			if at = at[:i]; places[at] {
				return true
			}
		}
	}
	return false
}

// Sent says that a request has gone out: from here on, a write that fails has an outcome that is not known.
func Sent(ctx context.Context) {
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.WroteHeaders != nil {
		t.WroteHeaders()
	}
}

// WireAnswer makes the answer of a wire. A nil body is empty.
func WireAnswer(req *http.Request, status int, contentType string, body io.ReadCloser) *http.Response {
	if body == nil {
		body = http.NoBody
	}
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return &http.Response{Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: body, ContentLength: -1, Request: req}
}

// others opens the wire of a scheme when it is first used.
type others struct {
	mu   sync.Mutex
	open map[string]Wire
	env  func(Scheme) WireEnv
}

func (o *others) of(scheme string) (Wire, bool) {
	s, ok := SchemeOf(scheme)
	if !ok {
		return nil, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.open[s.Name]
	if w == nil {
		if o.open == nil {
			o.open = map[string]Wire{}
		}
		w = s.Open(o.env(s))
		o.open[s.Name] = w
	}
	return w, true
}

func (o *others) closeIdle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range o.open {
		w.CloseIdleConnections()
	}
}

// onlyHere is a dialler's control that refuses every address but this machine's, whatever the resolver says.
func onlyHere(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return ErrUndeclared
	}
	return nil
}
