// Package checkup looks at what Muster stands on: the network to each server and its certificate, the clock, the disk, the
// display. It asks for nothing that concerns a person.
package checkup

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"
)

// The limits beyond which something is wrong.
const (
	clockWrong  = 2 * time.Minute     // sign-ins and signatures begin to fail at about five
	certSoon    = 21 * 24 * time.Hour // that IT should renew a certificate
	diskLow     = 1 << 30             // bytes
	reachWithin = 8 * time.Second
)

// Result is what was found of one thing. Cure says what to do where it is not well.
type Result struct {
	OK   bool
	Say  string
	Cure string
}

// ForTransport is the proxy as the transport's chain takes it, for which no function at all is the environment.
func (n Net) ForTransport() func(*http.Request) (*url.URL, error) {
	if n.Proxy == nil {
		return func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	return n.Proxy
}

func bad(cure, format string, args ...any) Result {
	return Result{Say: fmt.Sprintf(format, args...), Cure: cure}
}

// Net is how servers are reached.
type Net struct {
	Proxy func(*http.Request) (*url.URL, error)
	TLS   *tls.Config
	Now   func() time.Time
}

// Server asks one server for nothing but its certificate and its clock: a HEAD of its root, without credentials. skew is how
// far this computer's clock is ahead of the server's; it is 0 where the server does not say.
func (n Net) Server(ctx context.Context, base *url.URL) (r Result, skew time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	root := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: "/"}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, root.String(), nil)
	if err != nil {
		return bad("ask IT to correct its address", "its address cannot be read"), 0
	}
	t := &http.Transport{Proxy: n.Proxy, TLSClientConfig: n.TLS.Clone(), DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	before := n.Now()
	resp, err := client.Do(req)
	after := n.Now()
	if err != nil {
		return n.failed(base, err), 0
	}
	_ = resp.Body.Close()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		skew = before.Add(after.Sub(before) / 2).Sub(date.Add(500 * time.Millisecond)) // a Date has whole seconds
	}
	if resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 {
		return Result{OK: true, Say: base.Host + " answers, without TLS"}, skew
	}
	c := resp.TLS.PeerCertificates[0]
	say := fmt.Sprintf("%s answers with %s, its certificate is good until %s", base.Host, tls.VersionName(resp.TLS.Version), c.NotAfter.Format("2 January 2006"))
	if left := c.NotAfter.Sub(n.Now()); left < certSoon {
		return bad("tell the people who run it: the certificate must be renewed before then", "%s, in %d days", say, int(left.Hours()/24)), skew
	}
	return Result{OK: true, Say: say}, skew
}

// failed says why a server was not reached.
func (n Net) failed(base *url.URL, err error) Result {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var dns *net.DNSError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		cure := "tell the people who run it to renew it; if the date is right, set this computer's clock"
		return bad(cure, "the certificate of %s is good from %s to %s, and this computer's clock says %s", base.Host, invalid.Cert.NotBefore.Format("2 January 2006"), invalid.Cert.NotAfter.Format("2 January 2006"), n.Now().Format("2 January 2006 15:04"))
	case errors.As(err, &unknown):
		return bad("if the force has an authority of its own, or a proxy that opens TLS, name its certificate in the policy extra_ca", "the certificate of %s is by an authority that this computer does not know", base.Host)
	case errors.As(err, &host):
		return bad("tell the people who run it, or correct its address", "the certificate of %s is for another name", base.Host)
	case errors.As(err, &dns):
		return bad("check the address, the network and the VPN", "the name %s is not known", base.Hostname())
	case errors.Is(err, context.DeadlineExceeded):
		return bad("check the network, the firewall and the proxy", "%s did not answer within %s", base.Host, reachWithin)
	case strings.Contains(err.Error(), "proxyconnect"), strings.Contains(err.Error(), "Proxy"):
		return bad("check the policy proxy, or ask the people who run the proxy to let this host through", "the proxy does not let Muster through to %s", base.Host)
	}
	return bad("check the network, the firewall and the proxy", "%s cannot be reached", base.Host)
}

// Clock judges by how far the clock is ahead of the servers'. The middle one counts: one server may be wrong.
func Clock(skews []time.Duration) Result {
	if len(skews) == 0 {
		return Result{OK: true, Say: "no server said what time it is"}
	}
	sorted := append([]time.Duration(nil), skews...)
	for i := range sorted { // a handful
		for j := i; j > 0 && sorted[j] < sorted[j-1]; j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	d := sorted[len(sorted)/2]
	way := "ahead of"
	if d < 0 {
		way = "behind"
	}
	if d.Abs() < 2*time.Second {
		return Result{OK: true, Say: fmt.Sprintf("agrees with %d servers", len(skews))}
	}
	say := fmt.Sprintf("%s %s %d servers", d.Abs().Round(time.Second), way, len(skews))
	if d.Abs() > clockWrong {
		return bad("let the computer set its clock by the network's time server: sign-ins and the times in the log depend on it", "%s", say)
	}
	return Result{OK: true, Say: say}
}

// Disk looks at the room where a folder is.
func Disk(dir string) Result {
	free, err := free(dir)
	if err != nil {
		return bad("check the disk", "the room on the disk cannot be told")
	}
	say := fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	if free < diskLow {
		return bad("free some room: with a full disk nothing can be looked up or entered, because it could not be accounted for", "%s", say)
	}
	return Result{OK: true, Say: say}
}

// System names the operating system.
func System() Result {
	name := runtime.GOOS + "/" + runtime.GOARCH
	if src, err := os.ReadFile("/etc/os-release"); err == nil {
		for l := range strings.Lines(string(src)) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(l), "PRETTY_NAME="); ok {
				name = strings.Trim(v, `"`) + ", " + name
			}
		}
	}
	return Result{OK: true, Say: name + detail()}
}

// Proxy says which proxy a request to base takes, and whether it is there.
func (n Net) Via(ctx context.Context, base *url.URL) Result {
	if n.Proxy == nil {
		return Result{OK: true, Say: "none"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, base.String(), nil)
	if err != nil {
		return Result{OK: true, Say: "none"}
	}
	p, err := n.Proxy(req)
	switch {
	case err != nil:
		return bad("correct the policy proxy, or the variables HTTPS_PROXY and NO_PROXY", "the proxy's address cannot be read")
	case p == nil:
		return Result{OK: true, Say: "none: servers are reached directly"}
	}
	addr := p.Host
	if p.Port() == "" {
		addr = net.JoinHostPort(p.Hostname(), map[string]string{"http": "80", "https": "443", "socks5": "1080"}[p.Scheme])
	}
	d := net.Dialer{Timeout: reachWithin / 2}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return bad("check the policy proxy, or ask the people who run it", "the proxy %s cannot be reached", p.Host)
	}
	_ = c.Close()
	return Result{OK: true, Say: "by the proxy " + p.Host}
}
