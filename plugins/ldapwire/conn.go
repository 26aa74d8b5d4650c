package ldapwire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"muster/plugins/transport"
)

var (
	errTooLarge = errors.New("the answer is larger than the limit")
	errBroken   = fmt.Errorf("the connection to the directory broke off: %w", io.ErrUnexpectedEOF)
)

// conn is one connection that is signed in. One at a time uses it.
type conn struct {
	raw   *counted
	ldap  *ldap.Conn
	clock *time.Timer // ends its wait
}

// counted reads no more than was allowed: the library keeps all entries of an answer.
type counted struct {
	net.Conn
	left atomic.Int64
	over atomic.Bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left.Add(-int64(n)) < 0 {
		c.over.Store(true)
		return 0, errTooLarge
	}
	return n, err
}

func (c *conn) dead() bool { return c.ldap.IsClosing() }

func (c *conn) close() {
	if c.clock != nil {
		c.clock.Stop()
	}
	_ = c.raw.Close()  // first, so that nothing waits for the server
	_ = c.ldap.Close() // it is closed, whatever it says
}

// allowance is how many bytes the answer to one request may have on the wire.
func (w *wire) allowance() int64 { return 2*w.env.Limits.Response + 64<<10 }

// dial connects and signs in.
func (w *wire) dial(ctx context.Context, at place, who identity) (*conn, error) {
	u := url.URL{Scheme: at.scheme, Host: at.host}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldaps": "636", "ldap": "389"}[at.scheme]
	}
	plain, err := w.env.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	raw := &counted{Conn: plain}
	raw.left.Store(w.allowance())
	stop := context.AfterFunc(ctx, func() { _ = plain.Close() })
	defer stop()
	over, err := w.secure(ctx, raw, at.scheme, u.Hostname())
	if err != nil {
		_ = plain.Close()
		return nil, err
	}
	c := &conn{raw: raw, ldap: ldap.NewConn(over, over != net.Conn(raw))}
	c.ldap.Start()
	if who.user == "" {
		return c, nil
	}
	err = safely(func() error {
		_, err := c.ldap.SimpleBind(ldap.NewSimpleBindRequest(who.user, who.password, nil))
		return err
	})
	if err == nil {
		return c, nil
	}
	c.close()
	if code, ok := resultCode(err); ok {
		return nil, refused(code, true, false, false)
	}
	return nil, errBroken
}

// startTLS is the request of RFC 4511, 4.14.1. It is made here, and not by the library, so that what is wrong with a
// certificate is still known as that.
var startTLS = []byte("\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037")

// secure puts TLS over a connection, everywhere but on this machine, and there for ldaps.
func (w *wire) secure(ctx context.Context, raw *counted, scheme, host string) (net.Conn, error) {
	if scheme == "ldap" {
		if here(host) {
			return raw, nil
		}
		if err := safely(func() error { return upgrade(raw) }); err != nil {
			return nil, err
		}
	}
	conf := w.env.TLS.Clone()
	conf.ServerName = host
	over := tls.Client(raw, conf)
	if err := over.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return over, nil
}

func upgrade(raw net.Conn) error {
	if _, err := raw.Write(startTLS); err != nil {
		return err
	}
	p, err := ber.ReadPacket(raw)
	if err != nil {
		return err
	}
	var e *ldap.Error
	err = ldap.GetLDAPError(p)
	switch {
	case err == nil && len(p.Children) > 1 && p.Children[1].Tag == ldap.ApplicationExtendedResponse:
		return nil
	case errors.As(err, &e) && (e.ResultCode == ldap.LDAPResultBusy || e.ResultCode == ldap.LDAPResultUnavailable):
		return &refusal{status: 503, code: fmt.Sprint(e.ResultCode), say: "The directory could not answer."}
	}
	return fmt.Errorf("the directory does not encrypt, so nothing was sent to it: %w", transport.ErrStanding)
}

// safely runs what reads a server's messages: the library trusts their shape.
func safely(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errBroken
		}
	}()
	return do()
}

// resultCode is a directory's own refusal. An error of the network is none, nor is one of the library.
func resultCode(err error) (uint16, bool) {
	var e *ldap.Error
	if errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork {
		return e.ResultCode, true
	}
	return 0, false
}
