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
	"time"
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
	seen   map[string]bool
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
	if p.exempt == nil || !p.exempt(r) {
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
	if f == nil {
		p.pass(w, r)
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

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request) {
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
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(p.rebase(body))
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

// Status answers with a status and no body; headers are pairs of name and value.
func Status(code int, headers ...string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ func() Answer) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// Limited answers 429 with a Retry-After in seconds.
func Limited(d time.Duration) Fault {
	return Status(http.StatusTooManyRequests, "Retry-After", fmt.Sprint(int64(d/time.Second)))
}

// LimitedUntil answers 429 with a Retry-After as a date.
func LimitedUntil(t time.Time) Fault {
	return Status(http.StatusTooManyRequests, "Retry-After", t.UTC().Format(http.TimeFormat))
}

// ResetBefore breaks the connection before the system hears of the request.
func ResetBefore(w http.ResponseWriter, _ *http.Request, _ func() Answer) { reset(w) }

// ResetAfter lets the system act, and breaks the connection before its answer arrives.
func ResetAfter(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	forward()
	reset(w)
}

// Slow holds the first byte back until the client gives up.
func Slow(_ http.ResponseWriter, r *http.Request, _ func() Answer) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// SlowBody sends half of the body and holds the rest back.
func SlowBody(w http.ResponseWriter, r *http.Request, forward func() Answer) {
	half(w, forward())
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// Truncated breaks the connection in the middle of the body.
func Truncated(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	half(w, a)
	w.(http.Flusher).Flush()
	reset(w)
}

func half(w http.ResponseWriter, a Answer) {
	copyHeader(w, a.Header)
	w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)+1))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body[:len(a.Body)/2])
}

// CutShort sends half of the body as if it were the whole.
func CutShort(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	replace(w, a, a.Body[:len(a.Body)/2])
}

// Empty sends an answer without a body.
func Empty(w http.ResponseWriter, _ *http.Request, forward func() Answer) { replace(w, forward(), nil) }

// Malformed sends what is neither JSON nor XML, labelled as the system labels its answers.
func Malformed(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	replace(w, forward(), []byte(`{"<oops`))
}

// OtherShape sends a well-formed answer of a shape that no system documents.
func OtherShape(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	body := []byte(`{"plugintest":{"unexpected":true}}`)
	if bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<")) {
		body = []byte(`<plugintest><unexpected/></plugintest>`)
	}
	replace(w, a, body)
}

// Oversized sends a body of n bytes.
func Oversized(n int64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
		a := forward()
		copyHeader(w, a.Header)
		w.WriteHeader(a.Status)
		blank := bytes.Repeat([]byte(" "), 32<<10)
		for left := n; left > 0; left -= int64(len(blank)) {
			if _, err := w.Write(blank[:min(left, int64(len(blank)))]); err != nil {
				return
			}
		}
	}
}

// WrongType answers 200 with a web page, as proxies and expired sessions do.
func WrongType(w http.ResponseWriter, r *http.Request, _ func() Answer) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><html><head><title>Maintenance</title></head><body><p>Back soon.</p></body></html>")
}

func replace(w http.ResponseWriter, a Answer, body []byte) {
	copyHeader(w, a.Header)
	w.WriteHeader(a.Status)
	_, _ = w.Write(body)
}
