package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/plugins"
)

// authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Force CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func (a *authority) issue(t *testing.T, name string, ends time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: ends.Add(-2 * time.Hour), NotAfter: ends, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kder}))
}

func TestClientCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName, r.Header.Get("X-Key"))
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())

	rigWith := func(t *testing.T, spec plugins.AuthSpec, cert, key string) *rig {
		r := newRigAt(t, srv.URL, withAuth(spec), func(o *Options, _ *tuning) {
			o.TLS = &tls.Config{RootCAs: roots}
			o.Info.Options = append(o.Info.Options, plugins.Option{Name: "cert", Type: plugins.OptionSecret, Label: "Certificate"})
		})
		r.creds.values["secret"], r.creds.values["cert"] = key, cert
		return r
	}
	spec := plugins.AuthSpec{Kind: plugins.AuthMTLS, Cert: "cert", Secret: "secret"}
	cert, key := ca.issue(t, "pc2214", time.Now().Add(time.Hour))
	for name, pair := range map[string][2]string{
		"as it is":         {cert, key},
		"in one line":      {strings.ReplaceAll(cert, "\n", " "), strings.ReplaceAll(key, "\n", " ")},
		"line ends gone":   {strings.ReplaceAll(cert, "\n", ""), strings.ReplaceAll(key, "\n", "")},
		"line ends as \\n": {strings.ReplaceAll(cert, "\n", `\n`), strings.ReplaceAll(key, "\n", `\n`)},
	} {
		if status, body, err := rigWith(t, spec, pair[0], pair[1]).get("/"); err != nil || status != 200 || body != "pc2214" {
			t.Errorf("%s: %d %q %v", name, status, body, err)
		}
	}
	both := plugins.AuthSpec{Kind: plugins.AuthMTLS, Secret: "secret"}
	if _, body, err := rigWith(t, both, "", cert+key).get("/"); err != nil || body != "pc2214" {
		t.Error(body, err)
	}
	beside := plugins.AuthSpec{Kind: plugins.AuthAPIKey, Header: "X-Key", Secret: "cert", Also: []plugins.AuthSpec{{Kind: plugins.AuthMTLS, Secret: "secret"}}}
	if _, body, err := rigWith(t, beside, "+key", cert+key).get("/"); err != nil || body != "pc2214+key" {
		t.Error(body, err)
	}

	strange, skey := other.issue(t, "stranger", time.Now().Add(time.Hour))
	ended, ekey := ca.issue(t, "pc2214", time.Now().Add(-time.Minute))
	for name, c := range map[string]struct{ cert, key, say string }{
		"of a stranger":     {strange, skey, "did not accept"},
		"ended":             {ended, ekey, "ended on"},
		"key of another":    {cert, skey, "belongs together"},
		"no PEM":            {"hello", "hello", "PEM"},
		"nothing":           {"", "", "needs"},
		"only half entered": {cert, key[:40], "PEM"},
	} {
		r := rigWith(t, spec, c.cert, c.key)
		for _, method := range []string{"GET", "POST"} {
			_, _, err := r.do(officer(), method, "/", strings.Repeat("x", len(method)-3))
			e := wantKind(t, err, plugins.Auth)
			if !strings.Contains(e.Say, c.say) {
				t.Errorf("%s: %s", name, e.Say)
			}
			if s := fmt.Sprintf("%+v %v", e, e.Err); strings.Contains(s, "BEGIN") || strings.Contains(s, "hello") {
				t.Errorf("%s: %s", name, s)
			}
		}
	}
	_, _, err := rigWith(t, plugins.AuthSpec{Kind: plugins.AuthNone}, "", "").get("/")
	if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, "wants a certificate") {
		t.Error(e)
	}
}

func FuzzPEMLines(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----")
	f.Add("-----BEGIN -----BEGIN X-----")
	f.Fuzz(func(_ *testing.T, s string) { pemLines(s) })
}
