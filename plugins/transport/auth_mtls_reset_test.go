package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
)

// A server that refuses a certificate in TLS 1.3 does so after the client's side of the handshake is over, and the reset
// that answers the request can overtake the alert that says why.
func TestCertificateRefusedByReset(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	plain := httptest.NewUnstartedServer(nil)
	plain.StartTLS()
	plain.Close() // only its certificate is of use
	roots, pool := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(plain.Certificate())
	pool.AddCert(ca.cert)

	for name, c := range map[string]struct {
		issuer *authority
		want   plugins.ErrorKind
	}{
		"of a stranger":         {other, plugins.Auth},
		"good, the server fell": {ca, plugins.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var met atomic.Int32
			go func() {
				for {
					raw, err := l.Accept()
					if err != nil {
						return
					}
					conf := &tls.Config{Certificates: plain.TLS.Certificates, ClientAuth: tls.RequestClientCert}
					first := met.Add(1) == 1
					if !first {
						conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, pool
					}
					go func() {
						defer raw.Close()
						conn := tls.Server(raw, conf)
						if conn.Handshake() != nil {
							time.Sleep(50 * time.Millisecond)
							return
						}
						if first {
							conn.Read(make([]byte, 1))
							raw.(*net.TCPConn).SetLinger(0)
							return
						}
						conn.Read(make([]byte, 1))
					}()
				}
			}()
			cert, key := c.issuer.issue(t, "pc2214", time.Now().Add(time.Hour))
			r := newRigAt(t, "https://"+l.Addr().String(), withAuth(plugins.AuthSpec{Kind: plugins.AuthMTLS, Secret: "secret"}), func(o *Options, _ *tuning) {
				o.TLS = &tls.Config{RootCAs: roots, ServerName: "example.com"}
			})
			r.creds.values["secret"] = cert + key
			_, _, err = r.do(officer(), "POST", "/", "x")
			wantKind(t, err, c.want)
			if met.Load() < 2 {
				t.Error("the server was not asked for the reason")
			}
		})
	}
}
