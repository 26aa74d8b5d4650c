package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/idna"

	"muster/plugins"
)

const (
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
)

// allowList is where the requests of one system may go: host:port, lower case.
type allowList map[string]bool

// newAllowList reads Info.Hosts: host, host:port, or the name of a url option. A host without a port means the
// scheme's own port.
func newAllowList(info plugins.Info, cfg plugins.Config) (allowList, error) {
	a := allowList{}
	for _, h := range info.Hosts {
		o, isOption := option(info, h)
		if isOption {
			raw := configured(cfg, o)
			if raw == "" {
				if o.Required {
					return nil, fmt.Errorf("setting %s (%s) is missing", o.Name, o.Label)
				}
				continue
			}
			u, err := url.Parse(raw)
			if err != nil {
				return nil, fmt.Errorf("setting %s (%s) is not a web address such as https://host/path", o.Name, o.Label)
			}
			if why := Fit(u); why != "" {
				return nil, fmt.Errorf("setting %s (%s) %s", o.Name, o.Label, why)
			}
			a[Place(u)] = true
			continue
		}
		if strings.ContainsAny(h, "/ @*?#") || h == "" {
			return nil, fmt.Errorf("allowed host %q is neither host[:port] nor a setting", h)
		}
		host, port, err := net.SplitHostPort(h)
		if err != nil {
			bare := ascii(strings.Trim(h, "[]"))
			a[net.JoinHostPort(bare, "443")] = true
			if loopbackName(bare) {
				a[net.JoinHostPort(bare, "80")] = true
			}
			continue
		}
		a[net.JoinHostPort(ascii(host), port)] = true
	}
	return a, nil
}

// check refuses what may not be asked: an undeclared host, a scheme other than https (http on loopback only), or a
// URL with credentials in it.
func (a allowList) check(w words, u *url.URL) *plugins.Error {
	s, other := SchemeOf(u.Scheme)
	switch {
	case u.Scheme != "https" && u.Scheme != "http" && !other:
		return w.err(plugins.Denied, ErrUndeclared, "Muster did not send a request of %s: only web addresses are allowed. Tell IT.", w.name)
	case u.User != nil:
		return w.err(plugins.Denied, ErrUndeclared, "Muster did not send a request of %s: its address holds a credential. Tell IT.", w.name)
	case u.Scheme == "http" && !loopbackName(u.Hostname()), other && !s.Secure && !s.Local && !loopbackName(u.Hostname()):
		return w.err(plugins.Denied, ErrUndeclared, "Muster did not send a request of %s: the address is not secure (https). Tell IT.", w.name)
	case !Within(a, u):
		return w.err(plugins.Denied, ErrUndeclared, "Muster did not send a request of %s: it goes to a server that is not declared for this system. Tell IT.", w.name)
	}
	return nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(ascii(u.Hostname()), port)
}

// ascii is a host name as it is dialled: lower case, other alphabets encoded.
func ascii(host string) string {
	if a, err := idna.Lookup.ToASCII(host); err == nil {
		return a
	}
	return strings.ToLower(host)
}

func loopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// wires are the connection pools of one system: https anywhere that is declared, http to this machine only, and
// whatever other protocols it is reached by.
type wires struct {
	secure, plain *http.Transport
	others        *others
	idle          *idlers
}

func newWires(c *chain, conf *tls.Config) wires {
	a, parallel, timeout := c.allow, c.limits.Parallel, c.limits.Timeout
	if conf == nil {
		conf = &tls.Config{}
	}
	conf = conf.Clone()
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	if showsCertificate(c.info.Auth) || len(conf.Certificates) == 0 && conf.GetClientCertificate == nil {
		conf.GetClientCertificate = c.showCertificate
	}

	// A proxy is the machine's setting, IT's: it may be dialled although no plugin declares it.
	var proxies sync.Map
	proxy := func(r *http.Request) (*url.URL, error) {
		p, err := c.proxy(r)
		if p != nil {
			proxies.Store(hostPort(p), true)
		}
		return p, err
	}
	dial := func(control func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
		d := net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, Control: control}
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			// The second look: whatever led here, nothing undeclared is dialled.
			addr = strings.ToLower(addr)
			_, isProxy := proxies.Load(addr)
			if !isProxy && !a[addr] {
				return nil, ErrUndeclared
			}
			d := d
			if !isProxy && d.Control == nil && named(addr) {
				d.Control = notInward // the name was declared; what the resolver makes of it was not
			}
			return d.DialContext(ctx, network, addr)
		}
	}
	base := func() *http.Transport {
		return &http.Transport{
			TLSHandshakeTimeout:    timeout,
			MaxIdleConns:           parallel + 2,
			MaxIdleConnsPerHost:    parallel + 2,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxHeaderBytes,
			DisableCompression:     true, // the size limit holds after decompression, so the chain decompresses
		}
	}
	w := wires{secure: base(), plain: base(), idle: &idlers{}}
	w.secure.TLSClientConfig, w.secure.ForceAttemptHTTP2 = conf, true
	w.secure.Proxy = proxy
	w.secure.DialContext = dial(nil)
	w.plain.DialContext = dial(onlyHere) // the name said this machine; make sure that the resolver means it too
	w.others = &others{env: func(s Scheme) WireEnv {
		control := onlyHere
		if s.Secure {
			control = nil
		}
		return WireEnv{System: c.id, Dial: dial(control), TLS: conf.Clone(), Config: c.settings(), Bases: c.bases(s), Limits: c.limits, Now: c.now}
	}}
	return w
}

// named reports whether an address to dial is a name that a resolver decides over, and not this machine's own.
func named(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || loopbackName(host) {
		return false
	}
	_, err = netip.ParseAddr(host)
	return err != nil
}

// notInward refuses to connect where no system of a force can be, whatever its name resolves to: this machine, and the
// addresses of its own link, where clouds answer with credentials. A name that is made to point there serves an attack.
func notInward(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrUndeclared
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || ip == metadata6 || ip.Is4() && ip.As4()[0] == 0 {
		return fmt.Errorf("%w: its name leads to %s", ErrUndeclared, ip)
	}
	return nil
}

// metadata6 is where a cloud answers with credentials over IPv6.
var metadata6 = netip.MustParseAddr("fd00:ec2::254")

func (w wires) of(u *url.URL) http.RoundTripper {
	switch u.Scheme {
	case "http":
		return w.plain
	case "https":
		return w.secure
	}
	if o, ok := w.others.of(u.Scheme); ok {
		return o
	}
	return w.secure
}

func (w wires) closeIdle() {
	w.secure.CloseIdleConnections()
	w.plain.CloseIdleConnections()
	w.others.closeIdle()
	for _, f := range w.idle.all {
		f()
	}
}

// idlers close connections that a sign-in has to itself. They are added while the client is made.
type idlers struct{ all []func() }

func (i *idlers) add(f func()) { i.all = append(i.all, f) }

// follow sends req and walks redirects of reads, to declared hosts only. A redirected write is handed back as it is:
// turning it into a read, or sending its body elsewhere, is not the transport's to decide.
func (c *chain) follow(req *http.Request) (*http.Response, error) {
	for hop := 0; ; hop++ {
		if refusal := c.allow.check(c.words, req.URL); refusal != nil {
			if hop > 0 {
				refusal = c.err(plugins.Drift, ErrUndeclared, "%s sent Muster on to a server that is not declared for it; Muster did not go there. Tell IT.", c.name)
			}
			return nil, refusal
		}
		jar := c.jarOf(req.Context())
		if jar != nil {
			req.Header.Del("Cookie")
			for _, k := range jar.Cookies(cookieAddress(req.URL)) {
				req.AddCookie(k)
			}
		}
		resp, err := c.roundTrip(req)
		if err == nil && jar != nil {
			jar.SetCookies(cookieAddress(req.URL), resp.Cookies())
			resp.Header.Del("Set-Cookie") // the session is the transport's, not the plugin's
		}
		if err != nil {
			if errors.Is(err, ErrUndeclared) {
				return nil, c.err(plugins.Denied, ErrUndeclared, "Muster did not send a request of %s: it goes to a server that is not declared for this system. Tell IT.", c.name)
			}
			return nil, err
		}
		next, moved, err := redirected(req, resp)
		if err != nil {
			_ = resp.Body.Close()
			return nil, c.err(plugins.Drift, err, "%s sent Muster on to an address that cannot be read. Tell IT.", c.name)
		}
		if !moved {
			return resp, nil
		}
		if next == nil {
			return resp, nil
		}
		_ = resp.Body.Close()
		if hop == maxRedirects {
			return nil, c.err(plugins.Drift, errors.New("too many redirects"), "%s sends Muster round in circles instead of answering. Tell IT.", c.name)
		}
		req = next
	}
}

// cookieAddress is the address as a jar knows it: a WebSocket is sent the cookies of its server's pages.
func cookieAddress(u *url.URL) *url.URL {
	to, ok := map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	if !ok {
		return u
	}
	c := *u
	c.Scheme = to
	return &c
}

var errLocation = errors.New("unreadable Location header")

// redirected works out the next request of a redirect: nil when it is not to be followed.
func redirected(req *http.Request, resp *http.Response) (next *http.Request, moved bool, err error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, false, nil
	}
	loc := resp.Header.Get("Location")
	if loc == "" {
		return nil, false, nil
	}
	u, err := req.URL.Parse(loc)
	if err != nil {
		return nil, false, errLocation
	}
	same := u.Scheme == req.URL.Scheme && hostPort(u) == hostPort(req.URL)
	keeps := resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect
	read := req.Method == http.MethodGet || req.Method == http.MethodHead
	hasBody := req.Body != nil && req.Body != http.NoBody
	switch {
	case read && !hasBody:
	case keeps && same && (!hasBody || req.GetBody != nil):
	default:
		return nil, true, nil
	}
	next = req.Clone(req.Context())
	next.URL, next.Host, next.Response = u, "", nil
	if !same {
		next.Header = http.Header{}
		for _, h := range []string{"Accept", "Accept-Encoding", "Accept-Language", "User-Agent"} {
			if v := req.Header.Values(h); len(v) > 0 {
				next.Header[h] = v
			}
		}
	}
	if hasBody {
		if next.Body, err = req.GetBody(); err != nil {
			return nil, false, err
		}
	}
	return next, true, nil
}

func option(info plugins.Info, name string) (plugins.Option, bool) {
	for _, o := range info.Options {
		if o.Name == name {
			return o, true
		}
	}
	return plugins.Option{}, false
}

// settings are the values of the options that are not secret.
func (c *chain) settings() plugins.Config {
	out := plugins.Config{}
	for _, o := range c.info.Options {
		if v := configured(c.cfg, o); v != "" && o.Type != plugins.OptionSecret {
			out[o.Name] = v
		}
	}
	return out
}

// bases are the addresses of one scheme that the settings name.
func (c *chain) bases(s Scheme) []*url.URL {
	var out []*url.URL
	for _, h := range c.info.Hosts {
		if o, isOption := option(c.info, h); isOption {
			if u, err := url.Parse(configured(c.cfg, o)); err == nil && strings.EqualFold(u.Scheme, s.Name) {
				out = append(out, u)
			}
		}
	}
	return out
}

func configured(cfg plugins.Config, o plugins.Option) string {
	if v := strings.TrimSpace(cfg[o.Name]); v != "" {
		return v
	}
	return o.Default
}
