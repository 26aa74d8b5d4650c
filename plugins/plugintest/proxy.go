package plugintest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
)

// Answer is what the system behind a Proxy said to one request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Fault answers one request in place of the system. It may call forward, once, to let the system act first.
type Fault func(w http.ResponseWriter, r *http.Request, forward func() Answer)

// Proxy stands between a client and a system on a real socket and misbehaves on demand.
type Proxy struct {
	URL string

	backend *url.URL
	srv     *httptest.Server
	out     *http.Transport

	mu     sync.Mutex
	fault  Fault
	left   int
	on     func(*http.Request) bool
	exempt func(*http.Request) bool
	asked  int
	signed int // requests of the sign-in that carried a credential
	seen   map[string]bool
	watch  func(*http.Request)         // sees every request first
	issued func(*http.Request, []byte) // sees every answer to the sign-in
	stop   chan struct{}
}

// NewProxy starts a Proxy before the system at backend. Close ends it.
func NewProxy(backend string, conf *tls.Config) (*Proxy, error) {
	u, err := url.Parse(backend)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("plugintest: %q is not the address of a system", backend)
	}
	p := &Proxy{
		backend: u, seen: map[string]bool{}, stop: make(chan struct{}),
		out: &http.Transport{TLSClientConfig: conf, DisableCompression: true},
	}
	p.srv = httptest.NewServer(p)
	p.URL = p.srv.URL
	return p, nil
}

// Close ends the proxy, every answer that it holds back included.
func (p *Proxy) Close() {
	p.mu.Lock()
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.mu.Unlock()
	p.srv.CloseClientConnections()
	p.srv.Close()
	p.out.CloseIdleConnections()
}

// Inject applies f to the next n requests, or to all of them if n is negative. Sign-in requests are spared.
func (p *Proxy) Inject(f Fault, n int) { p.InjectOn(nil, f, n) }

// InjectOn is Inject for the requests that on accepts.
func (p *Proxy) InjectOn(on func(*http.Request) bool, f Fault, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on, p.fault, p.left = on, f, n
}

// Clear ends the fault.
func (p *Proxy) Clear() { p.Inject(nil, 0) }

// Asked is how many requests came, without those of the sign-in.
func (p *Proxy) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// Signins is how many requests of the sign-in carried a credential: those that send something.
func (p *Proxy) Signins() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.signed
}

// credentials are the values of the headers that carried them.
func (p *Proxy) credentials() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for s := range p.seen {
		out = append(out, s)
	}
	return out
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	var f Fault
	watch, exempt := p.watch, p.exempt != nil && p.exempt(r)
	if exempt && r.Method != http.MethodGet {
		p.signed++
	}
	if !exempt {
		p.asked++
		if p.fault != nil && p.left != 0 && (p.on == nil || p.on(r)) {
			f = p.fault
			if p.left > 0 {
				p.left--
			}
		}
	}
	if _, word, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && len(word) > 8 {
		p.seen[word] = true
	}
	p.mu.Unlock()
	if watch != nil {
		watch(r)
	}
	if f == nil {
		p.pass(w, r, exempt)
		return
	}
	f(w, r, func() Answer {
		resp, err := p.send(r)
		if err != nil {
			return Answer{Status: http.StatusBadGateway, Header: http.Header{}}
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(resp.Body)
		return Answer{resp.StatusCode, resp.Header, p.rebase(body)}
	})
}

func (p *Proxy) send(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	u := *r.URL
	u.Scheme, u.Host = p.backend.Scheme, p.backend.Host
	out, err := http.NewRequestWithContext(r.Context(), r.Method, u.String(), bytes.NewReader(body)) //nolint:gosec // it goes to the one system under test
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	for _, h := range []string{"Connection", "Keep-Alive", "Te", "Upgrade", "Accept-Encoding"} {
		out.Header.Del(h)
	}
	return p.out.RoundTrip(out)
}

// rebase makes links in an answer lead through the proxy, too.
func (p *Proxy) rebase(b []byte) []byte {
	return bytes.ReplaceAll(b, []byte(p.backend.Scheme+"://"+p.backend.Host), []byte(p.URL))
}

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, signin bool) {
	resp, err := p.send(r)
	if err != nil {
		reset(w)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	copyHeader(w, resp.Header)
	if loc := resp.Header.Get("Location"); loc != "" {
		w.Header().Set("Location", string(p.rebase([]byte(loc))))
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		w.WriteHeader(resp.StatusCode)
		w.(http.Flusher).Flush()
		buf := make([]byte, 4096)
		for {
			n, err := resp.Body.Read(buf)
			if _, werr := w.Write(buf[:n]); werr != nil || err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		reset(w)
		return
	}
	p.mu.Lock()
	issued := p.issued
	p.mu.Unlock()
	if signin && issued != nil {
		issued(r, body)
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(p.rebase(body))
}

// onSignin has every request looked at before it is passed on, and every answer to the sign-in before it is given.
func (p *Proxy) onSignin(watch func(*http.Request), issued func(*http.Request, []byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watch, p.issued = watch, issued
}

func copyHeader(w http.ResponseWriter, from http.Header) {
	for k, v := range from {
		switch k {
		case "Content-Length", "Connection", "Transfer-Encoding", "Date":
		default:
			w.Header()[k] = v
		}
	}
}

// reset breaks the connection.
func reset(w http.ResponseWriter) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}
