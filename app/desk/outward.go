package desk

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"muster/app/checkup"
	"muster/app/policy"
)

// outward is how this desk reaches servers, as policy says: by which proxy, and whose certificates it believes. Every client of
// the desk is made with it: those of the systems, of the sign-in and of the map.
func (d *Desk) outward() (checkup.Net, error) {
	d.netOnce.Do(func() {
		d.net.Now = d.now
		d.net.Proxy = proxyOf(&d.policy)
		d.net.TLS, d.netErr = d.believes()
	})
	return d.net, d.netErr
}

// proxyOf says by which proxy a request goes. This computer itself is never asked by one.
func proxyOf(p *policy.Policy) func(*http.Request) (*url.URL, error) {
	switch v := p.Proxy.Value; strings.ToLower(v) {
	case "", "system":
		return systemProxy()
	case "none":
		return nil
	default:
		f := (&httpproxy.Config{HTTPProxy: v, HTTPSProxy: v, NoProxy: strings.Join(p.ProxyExcept.Value, ",")}).ProxyFunc()
		return func(r *http.Request) (*url.URL, error) { return f(r.URL) }
	}
}

// believes is what a server's certificate is held against: the system's authorities and the one that policy adds.
func (d *Desk) believes() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	path := d.policy.ExtraCA.Value
	if path == "" {
		return conf, nil
	}
	read := policy.ReadTrusted
	if d.opts.Policy != nil { // a test's own files
		read = os.ReadFile
	}
	pem, err := read(path)
	if err != nil {
		return conf, fmt.Errorf("the policy's extra_ca cannot be used: %w; ask IT to correct it", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return conf, fmt.Errorf("the policy's extra_ca, %s, holds no certificate in PEM; ask IT to correct it", path)
	}
	conf.RootCAs = pool
	return conf, nil
}
