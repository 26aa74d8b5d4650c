package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

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

// showCertificate answers a server that asks for a certificate with that of the first way to sign in that has one.
func (c *chain) showCertificate(q *tls.CertificateRequestInfo) (*tls.Certificate, error) {
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
