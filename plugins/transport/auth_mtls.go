package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"muster/plugins"
)

// mtls shows a client certificate in the TLS handshake. On requests there is nothing of it.
type mtls struct {
	c *chain
	a plugins.AuthSpec

	mu   sync.Mutex
	read string // the PEM that cert was made from
	cert *tls.Certificate
}

// certificate reads certificate and key from the keyring.
func (m *mtls) certificate(ctx context.Context) (*tls.Certificate, error) {
	key, err := m.c.secret(ctx, m.a.Secret)
	if err != nil {
		return nil, err
	}
	cert := key
	if m.a.Cert != "" {
		if cert, err = m.c.secret(ctx, m.a.Cert); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cert != nil && m.read == cert+"\x00"+key {
		return m.cert, nil
	}
	pair, err := tls.X509KeyPair(pemLines(cert), pemLines(key))
	if err != nil {
		// The cause may quote what stands in the PEM.
		return nil, m.c.err(plugins.Auth, errors.New("certificate or key not readable"), "The certificate for %s cannot be used: it and its private key must be PEM that belongs together, without a passphrase. Correct them under Systems.", m.c.name)
	}
	if leaf := pair.Leaf; leaf != nil && m.c.now().After(leaf.NotAfter) {
		return nil, m.c.err(plugins.Auth, errors.New("certificate expired"), "The certificate for %s ended on %s. Ask IT for a new one.", m.c.name, leaf.NotAfter.Format("2 January 2006"))
	}
	m.read, m.cert = cert+"\x00"+key, &pair
	return m.cert, nil
}

func (m *mtls) sign(ctx context.Context, _ *http.Request) (string, error) {
	_, err := m.certificate(ctx)
	return "", err
}

func (m *mtls) renew(context.Context, string) error { return errFixed }
func (m *mtls) refused(r *http.Response) bool       { return r.StatusCode == http.StatusUnauthorized }

// pemLines mends PEM whose line ends an entry field of one line has lost.
func pemLines(s string) []byte {
	s = strings.ReplaceAll(s, `\n`, "\n")
	if strings.Contains(strings.TrimSpace(s), "\n") {
		return []byte(s)
	}
	var b strings.Builder
	for {
		from := strings.Index(s, "-----BEGIN ")
		if from < 0 {
			return []byte(b.String())
		}
		s = s[from:]
		label, rest, ok := strings.Cut(s[len("-----BEGIN "):], "-----")
		body, after, ended := strings.Cut(rest, "-----END "+label+"-----")
		if !ok || !ended {
			return []byte(b.String())
		}
		b.WriteString("-----BEGIN " + label + "-----\n" + strings.Join(strings.Fields(body), "\n") + "\n-----END " + label + "-----\n")
		s = after
	}
}

// showsCertificate reports whether a sign-in has a client certificate.
func showsCertificate(auth []plugins.AuthSpec) bool {
	return slices.ContainsFunc(auth, func(a plugins.AuthSpec) bool { return a.Kind == plugins.AuthMTLS || showsCertificate(a.Also) })
}

// showCertificate answers a server that asks for a certificate with that of the first way to sign in that has one,
// and with an empty one where there is none.
func (c *chain) showCertificate(q *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c.wanted.Store(true)
	for _, s := range c.signers {
		j, ok := s.(*joint)
		if !ok {
			continue
		}
		for _, one := range j.all {
			if m, ok := one.(*mtls); ok {
				return m.certificate(q.Context())
			}
		}
	}
	return &tls.Certificate{}, nil
}

// certificateRefused reports whether a handshake or the first read after it failed because of the client's certificate.
// The alert of the other side has no type that can be asked for.
func certificateRefused(err error) bool {
	if errors.Is(err, errRefusedUnread) {
		return true
	}
	s := err.Error()
	if !strings.Contains(s, "remote error: tls: ") {
		return false
	}
	for _, alert := range []string{"certificate required", "bad certificate", "unsupported certificate", "revoked certificate", "expired certificate", "unknown certificate", "access denied"} {
		if strings.Contains(s, "remote error: tls: "+alert) {
			return true
		}
	}
	return strings.Contains(s, "remote error: tls: unknown certificate authority")
}

// errRefusedUnread is a refusal of the certificate that was only found by asking again, see refusedUnread.
var errRefusedUnread = errors.New("client certificate refused, the alert was lost")

// refusedUnread finds out whether a new connection broke off because the server refused the certificate. In TLS 1.3 it
// does so after the handshake is over for the client, whose request is then on its way: the reset that answers it can
// overtake the alert that names the reason. A handshake with no request after it lets the alert be read.
func (c *chain) refusedUnread(ctx context.Context, u *url.URL, cause error) bool {
	if u.Scheme != "https" || !c.wanted.Load() || certificateRefused(cause) || !brokeOff(cause) {
		return false
	}
	t := c.wires.secure
	if p, err := t.Proxy(&http.Request{URL: u}); err != nil || p != nil {
		return false // a proxy would have to be asked for a tunnel
	}
	ctx, cancel := context.WithTimeout(ctx, min(c.limits.Timeout, refusalWait))
	defer cancel()
	raw, err := t.DialContext(ctx, "tcp", hostPort(u))
	if err != nil {
		return false
	}
	defer raw.Close()
	conf := t.TLSClientConfig.Clone()
	if conf.ServerName == "" {
		conf.ServerName = u.Hostname()
	}
	conn := tls.Client(raw, conf)
	if err := conn.HandshakeContext(ctx); err != nil {
		return certificateRefused(err)
	}
	until, _ := ctx.Deadline()
	if conn.SetReadDeadline(until) != nil {
		return false
	}
	_, err = conn.Read(make([]byte, 1))
	return err != nil && certificateRefused(err)
}

// refusalWait is how long a server is listened to for the reason why it broke off.
const refusalWait = 2 * time.Second

// brokeOff reports whether the other side ended the connection without an answer.
func brokeOff(err error) bool {
	for _, one := range []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, winsockAborted, winsockReset} {
		if errors.Is(err, one) {
			return true
		}
	}
	// net/http's own word for an HTTP/2 connection that ended before the first answer has no type.
	return strings.HasPrefix(innermost(err).Error(), "http2: client conn")
}

// What Windows calls a connection that was ended by this side's stack, and by the other side.
const (
	winsockAborted = syscall.Errno(10053)
	winsockReset   = syscall.Errno(10054)
)
