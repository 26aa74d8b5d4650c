package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority makes a certificate for this computer and says where its PEM files are.
func authority(t *testing.T) (cert tls.Certificate, pool *x509.CertPool, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "collector"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"collector"}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool, certFile, keyFile
}

// stranger is a collector as somebody writes one who knows RFC 5425 and nothing of Muster.
type stranger struct {
	net.Listener
	mu   sync.Mutex
	got  []string
	drop bool // cuts the connection in the middle, without a farewell
}

func newStranger(t *testing.T, cert tls.Certificate) *stranger {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}}) //nolint:gosec // a test
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *stranger) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for n := 0; ; n++ {
		s.mu.Lock()
		drop := s.drop
		s.mu.Unlock()
		if drop && n == 3 {
			if t, ok := c.(*tls.Conn); ok {
				if tcp, ok := t.NetConn().(*net.TCPConn); ok {
					tcp.SetLinger(0) // a reset
					tcp.Close()
				}
			}
			return
		}
		var length int
		if _, err := fmt.Fscanf(r, "%d ", &length); err != nil {
			return
		}
		msg := make([]byte, length)
		if _, err := io.ReadFull(r, msg); err != nil {
			return
		}
		s.mu.Lock()
		s.got = append(s.got, string(msg))
		s.mu.Unlock()
	}
}

func (s *stranger) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

func appendMany(t testing.TB, l *Log, n int) {
	t.Helper()
	many := make([]Record, n)
	for i := range many {
		many[i] = record(i)
		many[i].Terms = map[string]string{"surname": "Łukasz ] \" \\ Ænir\n"}
	}
	if _, err := l.Append(context.Background(), many...); err != nil {
		t.Fatal(err)
	}
}

func TestForwardingLosesNothingAndGoesOnWhereItWas(t *testing.T) {
	cert, pool, _, _ := authority(t)
	st := newStranger(t, cert)
	c := Collector{Address: st.Addr().String(), TLS: &tls.Config{RootCAs: pool}} //nolint:gosec // Forward sets the version
	s, _ := opened(t)
	l := Open(s)
	if last, more, err := l.Forward(t.Context(), c, 0); last != 0 || more || err != nil {
		t.Fatal("an empty log:", last, more, err)
	}
	appendMany(t, l, forwardMost+20)

	// A collector that cuts the connection has taken nothing for certain: all of it goes again.
	st.mu.Lock()
	st.drop = true
	st.mu.Unlock()
	if last, _, err := l.Forward(t.Context(), c, 0); last != 0 || err == nil || !strings.Contains(err.Error(), "kept and sent again") {
		t.Fatal(last, err)
	}
	st.mu.Lock()
	st.drop, st.got = false, nil
	st.mu.Unlock()

	last, more, err := l.Forward(t.Context(), c, 0)
	if last != forwardMost || !more || err != nil {
		t.Fatal(last, more, err)
	}
	if last, more, err = l.Forward(t.Context(), c, last); last != forwardMost+20 || more || err != nil {
		t.Fatal(last, more, err)
	}
	got := st.messages()
	if len(got) != forwardMost+20 {
		t.Fatalf("%d messages", len(got))
	}
	// What the collector holds proves itself, once the checkpoint that closes it is there.
	if _, err := l.Checkpoint(t.Context(), signing, record(0), true); err != nil {
		t.Fatal(err)
	}
	if _, _, err = l.Forward(t.Context(), c, last); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for _, m := range st.messages() {
		_, msg, ok := strings.Cut(m, "\ufeff")
		if !ok || !strings.HasPrefix(m, "<110>1 ") {
			t.Fatalf("no message of RFC 5424: %q", m)
		}
		file.WriteString(msg + "\n")
	}
	if v, err := VerifyFile(t.Context(), &file, PublicKey(signing)); err != nil || !v.OK || v.Records != forwardMost+21 {
		t.Errorf("%+v %v", v, err)
	}
}

func TestForwardingToNobodyOrToAnImpostorKeepsEverything(t *testing.T) {
	cert, pool, _, _ := authority(t)
	_, otherPool, _, _ := authority(t)
	s, _ := opened(t)
	l := Open(s)
	appendMany(t, l, 3)
	st := newStranger(t, cert)
	if last, _, err := l.Forward(t.Context(), Collector{Address: st.Addr().String(), TLS: &tls.Config{RootCAs: otherPool}}, 0); last != 0 || err == nil { //nolint:gosec // Forward sets the version
		t.Error("records went to a collector that nobody vouches for")
	} else if u := new(tls.CertificateVerificationError); !errors.As(err, &u) {
		t.Error(err)
	}
	if n := len(st.messages()); n != 0 {
		t.Errorf("%d records went to an impostor", n)
	}
	addr := st.Addr().String()
	st.Close()
	if last, _, err := l.Forward(t.Context(), Collector{Address: addr, TLS: &tls.Config{RootCAs: pool}}, 0); last != 0 || err == nil || strings.Contains(err.Error(), "Łukasz") { //nolint:gosec // Forward sets the version
		t.Error(last, err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	seen := make(chan string, 1)
	go func() {
		c, err := plain.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 512)
		n, _ := c.Read(b)
		seen <- string(b[:n])
	}()
	if _, _, err := l.Forward(t.Context(), Collector{Address: plain.Addr().String(), TLS: &tls.Config{RootCAs: pool}}, 0); err == nil { //nolint:gosec // Forward sets the version
		t.Error("records went out without TLS")
	}
	if got := <-seen; strings.Contains(got, "officer") {
		t.Error("records went out in clear")
	}
}

// TestRsyslogTakesTheRecords forwards to rsyslog with TLS, as forces run it.
func TestRsyslogTakesTheRecords(t *testing.T) {
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		if program = "/usr/sbin/rsyslogd"; !there(program) {
			if os.Getenv("CI") != "" {
				t.Fatal("rsyslog is not installed; packaging/dev/setup.sh test installs it")
			}
			t.Skip("rsyslog is not installed: apt-get install rsyslog rsyslog-gnutls")
		}
	}
	_, pool, certFile, keyFile := authority(t)
	dir := t.TempDir()
	port := freePort(t)
	conf := fmt.Sprintf(`global(workDirectory="%[1]s" maxMessageSize="64k" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="%[2]s" defaultNetstreamDriverCertFile="%[2]s" defaultNetstreamDriverKeyFile="%[3]s" parser.escapeControlCharactersOnReceive="off")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="parsed" type="string" string="%%syslogfacility-text%%|%%syslogseverity-text%%|%%app-name%%|%%msgid%%|%%structured-data%%|%%msg%%\n")
input(type="imtcp" port="%[4]s" address="127.0.0.1")
action(type="omfile" file="%[1]s/out.log" template="parsed")
`, dir, certFile, keyFile, port)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-n", "-f", filepath.Join(dir, "conf"), "-i", filepath.Join(dir, "pid"))
	var says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	s, _ := opened(t)
	l := Open(s)
	appendMany(t, l, 7)
	if _, err := l.Checkpoint(t.Context(), signing, record(0), true); err != nil {
		t.Fatal(err)
	}
	c := Collector{Address: "127.0.0.1:" + port, TLS: &tls.Config{RootCAs: pool}} //nolint:gosec // Forward sets the version
	// It is unreachable until it has started; then it takes everything.
	var last uint64
	for end := time.Now().Add(30 * time.Second); last == 0; time.Sleep(50 * time.Millisecond) {
		if last, _, err = l.Forward(t.Context(), c, 0); err != nil && time.Now().After(end) {
			t.Fatalf("%v\n%s", err, says.String())
		}
	}
	var lines []string
	for end := time.Now().Add(30 * time.Second); len(lines) < 8; time.Sleep(50 * time.Millisecond) {
		b, _ := os.ReadFile(filepath.Join(dir, "out.log"))
		lines = strings.Split(strings.TrimSpace(string(b)), "\n")
		if time.Now().After(end) {
			t.Fatalf("rsyslog wrote %d records of 8\n%s\n%s", len(lines), b, says.String())
		}
	}
	var file bytes.Buffer
	for i, line := range lines {
		f := strings.SplitN(line, "|", 6)
		if len(f) != 6 || f[1] != "info" || f[2] != "Muster" || !strings.Contains(f[4], fmt.Sprintf(`sequenceId="%d"`, i+1)) {
			t.Fatalf("rsyslog understood %q", line)
		}
		file.WriteString(strings.TrimPrefix(f[5], "\ufeff") + "\n")
	}
	if v, err := VerifyFile(t.Context(), &file, PublicKey(signing)); err != nil || !v.OK || v.Records != 8 {
		t.Errorf("what rsyslog kept: %+v %v\n%s", v, err, lines[0])
	}
}

func there(path string) bool { _, err := os.Stat(path); return err == nil }

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
