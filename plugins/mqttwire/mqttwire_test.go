package mqttwire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"muster/plugins"
	"muster/plugins/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broker starts a real mosquitto with an officer's and a publisher's account.
func broker(t *testing.T) (plain, secure string, roots *x509.CertPool) {
	t.Helper()
	if os.Getenv("MUSTER_LIVE") == "off" {
		t.Skip("the real servers have a run of their own: make live")
	}
	bin, err := exec.LookPath("mosquitto")
	if err != nil {
		bin, err = exec.LookPath("/usr/sbin/mosquitto")
	}
	if err != nil {
		if os.Getenv("MUSTER_LIVE") == "required" {
			t.Fatal("mosquitto is not installed: packaging/dev/live.sh installs it")
		}
		t.Skip("mosquitto is not installed: packaging/dev/live.sh installs it, and CI does so")
	}
	dir := t.TempDir()
	put := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	put("acl", "user desk\ntopic read cad/#\nuser cad\ntopic readwrite #\n")
	put("users", "desk:right\ncad:right\n")
	if out, err := exec.Command("mosquitto_passwd", "-U", filepath.Join(dir, "users")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	kd, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	roots = x509.NewCertPool()
	roots.AddCert(cert)
	put("cert", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	put("key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kd})))
	ports := [2]string{}
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = l.Addr().String()
		_ = l.Close()
	}
	port := func(i int) string { _, p, _ := net.SplitHostPort(ports[i]); return p }
	me := "root"
	if os.Getuid() != 0 {
		me = os.Getenv("USER")
	}
	conf := put("conf", fmt.Sprintf("user %s\nallow_anonymous false\npassword_file %[2]s/users\nacl_file %[2]s/acl\nlistener %s 127.0.0.1\nlistener %s 127.0.0.1\ncertfile %[2]s/cert\nkeyfile %[2]s/key\n", me, dir, port(0), port(1)))
	var log bytes.Buffer
	cmd := exec.Command(bin, "-c", conf)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 200 {
		if c, err := net.Dial("tcp", ports[1]); err == nil {
			_ = c.Close()
			return "mqtt://" + ports[0], "mqtts://" + ports[1], roots
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("mosquitto does not listen")
	return
}

func ask(t *testing.T, ctx context.Context, url, user, password, body string, roots *x509.CertPool) (*http.Response, error) {
	t.Helper()
	d := &net.Dialer{}
	w := open(transport.WireEnv{System: "test", Dial: d.DialContext, TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		Limits: plugins.Limits{Timeout: 10 * time.Second, Response: 1 << 20, Parallel: 4}, Now: time.Now}).(*wire)
	w.alive = 20 * time.Millisecond
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	return w.RoundTrip(req)
}

func publish(t *testing.T, url, topic string, payload any) {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(strings.Replace(url, "mqtt", "tcp", 1)).SetUsername("cad").SetPassword("right").SetAutoReconnect(false))
	if k := c.Connect(); !k.WaitTimeout(10*time.Second) || k.Error() != nil {
		t.Fatal(k.Error())
	}
	defer c.Disconnect(250)
	if k := c.Publish(topic, 1, false, payload); !k.WaitTimeout(10*time.Second) || k.Error() != nil {
		t.Fatal(k.Error())
	}
}

// until reads lines to the one that is wanted.
func until(t *testing.T, in *bufio.Scanner, want string) {
	t.Helper()
	for in.Scan() {
		if in.Text() == want {
			return
		}
	}
	t.Fatalf("the stream ended before %q: %v", want, in.Err())
}

func TestARealBroker(t *testing.T) {
	plain, secure, roots := broker(t)
	for name, c := range map[string]struct {
		url, password, body string
		roots               *x509.CertPool
		want                int
	}{
		"wrong password": {plain, "wrong", `{"topic":"cad/+"}`, nil, 401},
		"over TLS":       {secure, "wrong", `{"topic":"cad/+"}`, roots, 401},
		"bad topic":      {plain, "right", `{"topic":"cad/#/x"}`, nil, 422},
		"bad service":    {plain, "right", `{"topic":"cad/+","qos":3}`, nil, 422},
		"a check":        {plain, "right", ``, nil, 200},
		"a check, wrong": {plain, "wrong", ``, nil, 401},
		"no certificate": {secure, "right", `{"topic":"cad/+"}`, nil, 0},
	} {
		resp, err := ask(t, context.Background(), c.url, "desk", c.password, c.body, c.roots)
		if c.want == 0 && err == nil || c.want != 0 && (err != nil || resp.StatusCode != c.want) {
			t.Errorf("%s: %+v %v, want %d", name, resp, err, c.want)
		}
	}
	for _, url := range []string{plain, secure} {
		ctx, cancel := context.WithCancel(context.Background())
		resp, err := ask(t, ctx, url, "desk", "right", `{"topic":"cad/incidents/+","qos":1}`, roots)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%+v %v", resp, err)
		}
		in := bufio.NewScanner(resp.Body)
		until(t, in, ": quiet")
		publish(t, plain, "other/1", "not for us")
		publish(t, plain, "cad/incidents/7", "{\"id\": 7}\r\nid: 1")
		until(t, in, "event: cad/incidents/7")
		until(t, in, `data: {"id": 7}`)
		until(t, in, "data: id: 1")
		publish(t, plain, "cad/incidents/8", []byte{0xff, 0})
		until(t, in, "data: /wA=")
		cancel()
		if _, err := io.Copy(io.Discard, resp.Body); err == nil {
			t.Error("a stream that was given up ends as if it were whole")
		}
		_ = resp.Body.Close()
	}
}

func TestANamedClientIsToldOfWhatItMissed(t *testing.T) {
	plain, _, _ := broker(t)
	body := `{"topic":"cad/+","qos":1,"client":"desk-1"}`
	for range 2 {
		resp, err := ask(t, context.Background(), plain, "desk", "right", body, nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%+v %v", resp, err)
		}
		_ = resp.Body.Close()
		publish(t, plain, "cad/1", "missed")
	}
	resp, err := ask(t, context.Background(), plain, "desk", "right", body, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	until(t, bufio.NewScanner(resp.Body), "data: missed")
}

// TestARefusedTopic: mosquitto lets everybody subscribe and then tells nothing; other brokers say no.
func TestARefusedTopic(t *testing.T) {
	for suback, want := range map[string]int{"\x90\x03\x00\x01\x80": 403, "\x90\x05\x00\x01\x80\x80\x80": 0, "\xff\xff\xff\xff\xff": 0} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			in := bufio.NewReader(c)
			_, _ = readPacket(in)
			_, _ = io.WriteString(c, "\x20\x02\x00\x00")
			_, _ = readPacket(in)
			_, _ = io.WriteString(c, suback)
			_, _ = io.Copy(io.Discard, in)
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		resp, err := ask(t, ctx, "mqtt://"+l.Addr().String(), "desk", "right", `{"topic":"cad/+"}`, nil)
		if want == 0 && err == nil || want != 0 && (err != nil || resp.StatusCode != want) {
			t.Errorf("%q: %+v %v", suback, resp, err)
		}
		cancel()
		_ = l.Close()
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x90\x03\x00\x01\x80"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := readPacket(bufio.NewReader(bytes.NewReader(raw)))
		if err == nil && (!bytes.HasPrefix(raw, p) || len(p) > maxPacket+5) {
			t.Errorf("%x is read as %x", raw, p)
		}
	})
}
