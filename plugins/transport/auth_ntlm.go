package transport

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"

	"github.com/Azure/go-ntlmssp"

	"muster/plugins"
)

// ntlm signs in with a Windows account (MS-NTHT, NTLMv2). What it signs in is a connection, so each request has one to
// itself until its answer is read, and those that are signed in already are used again.
type ntlm struct {
	c    *chain
	a    plugins.AuthSpec
	lock lockGuard

	mu   sync.Mutex
	idle []*line
}

// line is a pool of one connection, signed in as one account or not at all.
type line struct {
	*http.Transport
	place, used string
}

// maxLeg is how much of an answer between the legs is read, so that its connection can go on.
const maxLeg = 256 << 10

func newNTLM(c *chain, a plugins.AuthSpec) *ntlm {
	n := &ntlm{c: c, a: a}
	c.wires.idle.add(n.closeIdle)
	return n
}

func (n *ntlm) sign(ctx context.Context, r *http.Request) (string, error) {
	user, pass, err := n.c.userAndSecret(ctx, n.a)
	if err != nil {
		return "", err
	}
	used := user + "\x00" + pass
	if err := n.lock.enter(ctx, n.c, used); err != nil {
		return "", err
	}
	if k := callFrom(ctx); k != nil {
		k.shown, k.unasked = false, false
	}
	return used, n.c.withCarrier(r, n.a.Kind, &ntlmLegs{n: n, k: callFrom(ctx), user: user, pass: pass})
}

func (n *ntlm) renew(ctx context.Context, _ string) error {
	if k := callFrom(ctx); k != nil && k.unasked {
		return n.c.err(plugins.Auth, errors.New("no challenge that can be answered"), "%s does not ask for the sign-in of a Windows account (NTLM) that Muster can do. Tell whoever keeps its connector.", n.c.name)
	}
	return errFixed
}

func (n *ntlm) refused(r *http.Response) bool { return r.StatusCode == http.StatusUnauthorized }

// settle judges the password only if it was shown: what a connection that was signed in before gets says nothing new.
func (n *ntlm) settle(k *call, v verdict) {
	if !k.shown {
		v = unsettled
	}
	n.lock.settle(n.c, k, v)
}

// take gives a connection of its own, signed in if there is one.
func (n *ntlm) take(r *http.Request, used string) *line {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := placeOf(r)
	for i := len(n.idle) - 1; i >= 0; i-- {
		l := n.idle[i]
		if l.place != at {
			continue
		}
		n.idle = append(n.idle[:i], n.idle[i+1:]...)
		if l.used == used {
			return l
		}
		l.CloseIdleConnections() // of another account, or with a password since corrected
	}
	own := n.c.wires.plain
	if r.URL.Scheme == "https" {
		own = n.c.wires.secure
	}
	t := own.Clone() // with its dialler, proxy, TLS and limits
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = 1, 1, 1
	// HTTP/2 has no connection of one's own.
	t.ForceAttemptHTTP2, t.Protocols = false, new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return &line{Transport: t, place: at, used: used}
}

func (n *ntlm) give(l *line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.idle = append(n.idle, l)
}

func (n *ntlm) closeIdle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.idle {
		l.CloseIdleConnections()
	}
	n.idle = nil
}

// ntlmLegs sends one request, signing its connection in where the server asks for that.
type ntlmLegs struct {
	n          *ntlm
	k          *call
	user, pass string
}

func (s *ntlmLegs) carry(req *http.Request) (*http.Response, error) {
	l := s.n.take(req, s.user+"\x00"+s.pass)
	resp, err := s.legs(l, req)
	if err != nil || resp.StatusCode == http.StatusUnauthorized {
		l.CloseIdleConnections()
	}
	if err != nil {
		return nil, err
	}
	resp.Body = &lent{ReadCloser: resp.Body, back: func() { s.n.give(l) }}
	return resp, nil
}

func (s *ntlmLegs) legs(l *line, req *http.Request) (*http.Response, error) {
	hasBody := req.Body != nil && req.Body != http.NoBody
	scheme := "NTLM"
	if !hasBody || req.GetBody != nil { // else its body can be sent once only, so the connection is signed in before
		resp, _, err := l.leg(req)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		if _, ok := offers(resp.Header, scheme); !ok {
			if _, ok = offers(resp.Header, "Negotiate"); !ok {
				s.note(false)
				return resp, nil
			}
			scheme = "Negotiate"
		}
		drain(resp)
	}
	hello, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return nil, errors.Join(errNotTaken, err)
	}
	// The first leg holds no body and changes nothing: a server that signs in connections answers it with its challenge.
	first := req.Clone(untraced{req.Context()})
	if hasBody {
		first.Body, first.GetBody, first.ContentLength = http.NoBody, nil, 0
	}
	first.Header.Set("Authorization", scheme+" "+base64.StdEncoding.EncodeToString(hello))
	resp, line1, err := l.leg(first)
	if err != nil {
		return nil, errors.Join(errNotTaken, err)
	}
	if resp.StatusCode != http.StatusUnauthorized && !hasBody {
		return resp, nil // it is content without
	}
	told, _ := offers(resp.Header, scheme)
	challenge, err := base64.StdEncoding.DecodeString(told)
	if resp.StatusCode != http.StatusUnauthorized || told == "" || err != nil {
		s.note(false)
		resp.StatusCode = http.StatusUnauthorized
		return resp, nil
	}
	drain(resp)
	answer, err := answerNTLM(challenge, s.user, s.pass)
	if err != nil {
		// The cause may quote the server's message.
		return nil, s.n.c.err(plugins.Drift, errors.New("a challenge that cannot be answered"), "%s asks for a kind of Windows sign-in that Muster cannot do (NTLMv2 is what it can). Tell IT.", s.n.c.name)
	}
	last := req.Clone(req.Context())
	if hasBody && req.GetBody != nil {
		if last.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	last.Header.Set("Authorization", scheme+" "+base64.StdEncoding.EncodeToString(answer))
	s.note(true)
	resp, line2, err := l.leg(last)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && line1 != line2 {
		// The challenge was another connection's: the password has not been judged.
		_ = resp.Body.Close()
		if s.k != nil {
			s.k.shown = false
		}
		return nil, errOtherLine
	}
	return resp, err
}

// answerNTLM makes the last message from the server's, which may be anything.
func answerNTLM(challenge []byte, user, pass string) (m []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("a challenge that is not well formed")
		}
	}()
	return ntlmssp.NewAuthenticateMessage(challenge, user, pass, nil)
}

// note says whether the password was shown or the server did not ask for it in this way.
func (s *ntlmLegs) note(shown bool) {
	if s.k != nil {
		s.k.shown, s.k.unasked = shown, !shown
	}
}

// leg sends r and says on which connection.
func (l *line) leg(r *http.Request) (*http.Response, net.Conn, error) {
	var mu sync.Mutex
	var conn net.Conn
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		mu.Lock()
		defer mu.Unlock()
		conn = i.Conn
	}})
	resp, err := l.RoundTrip(r.WithContext(ctx))
	mu.Lock()
	defer mu.Unlock()
	return resp, conn, err
}

func drain(r *http.Response) {
	_, _ = io.CopyN(io.Discard, r.Body, maxLeg)
	_ = r.Body.Close()
}

// untraced hides from a leg who watches the request: it is not the request that may change something.
type untraced struct{ context.Context }

func (u untraced) Value(key any) any {
	v := u.Context.Value(key)
	if _, ok := v.(*httptrace.ClientTrace); ok {
		return nil
	}
	return v
}

// lent gives a connection back when its answer is read.
type lent struct {
	io.ReadCloser
	once sync.Once
	back func()
}

func (b *lent) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.back)
	return err
}
