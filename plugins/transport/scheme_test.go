package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"muster/plugins"
)

// lineWire is a protocol of one line there and one line back.
type lineWire struct{ env WireEnv }

func (w *lineWire) CloseIdleConnections() {}

func (w *lineWire) RoundTrip(r *http.Request) (*http.Response, error) {
	user, password, _ := r.BasicAuth()
	if user != "ada" || password != "s3cret-word" {
		return WireAnswer(r, http.StatusUnauthorized, "", nil), nil
	}
	conn, err := w.env.Dial(r.Context(), "tcp", Place(r.URL))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, r.URL.Path+"\n"); err != nil {
		return nil, err
	}
	Sent(r.Context())
	b, err := io.ReadAll(conn)
	if err != nil || len(b) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return WireAnswer(r, http.StatusOK, "application/json", io.NopCloser(strings.NewReader(string(b)))), nil
}

var lineSchemes = sync.OnceFunc(func() {
	RegisterScheme(Scheme{Name: "line", Port: "4", Open: func(e WireEnv) Wire { return &lineWire{e} }})
	RegisterScheme(Scheme{Name: "lines", Port: "5", Secure: true, Open: func(e WireEnv) Wire { return &lineWire{e} }})
	RegisterScheme(Scheme{Name: "shelf", Local: true, Open: func(e WireEnv) Wire { return &lineWire{e} }})
})

// lineServer answers each line with an object that names it, or hangs up on /lost.
func lineServer(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 200)
			n, _ := c.Read(buf)
			if line := strings.TrimSpace(string(buf[:n])); line != "/lost" {
				_, _ = io.WriteString(c, `{"path":"`+line+`"}`)
			}
			_ = c.Close()
		}
	}()
	return ln.Addr().String()
}

func TestAnotherProtocolGoesThroughTheSameChain(t *testing.T) {
	lineSchemes()
	basic := withAuth(plugins.AuthSpec{Kind: plugins.AuthBasic, User: "user", Secret: "secret"})
	r := newRigAt(t, "line://"+lineServer(t), basic)
	r.creds.values["user"], r.creds.values["secret"] = "ada", "s3cret-word"
	if status, body, err := r.get("/people"); err != nil || status != 200 || body != `{"path":"/people"}` {
		t.Fatalf("%d %q %v", status, body, err)
	}
	if n := len(r.observed()); n != 1 {
		t.Errorf("%d calls observed", n)
	}
	_, _, err := r.do(officer(), http.MethodPost, "/lost", "{}")
	wantKind(t, err, plugins.Unknown)
	r.creds.values["secret"] = "wrong-word"
	_, _, err = r.get("/people")
	wantKind(t, err, plugins.Auth)
	if strings.Contains(err.Error(), "wrong-word") {
		t.Error("the error holds the credential")
	}
}

func TestAnotherProtocolStaysOnTheList(t *testing.T) {
	lineSchemes()
	r := newRigAt(t, "line://"+lineServer(t))
	for _, to := range []string{"line://127.0.0.1:1/x", "lines://elsewhere.example/x", "shelf:///etc/passwd", "gopher://127.0.0.1/x"} {
		req, err := http.NewRequestWithContext(officer(), http.MethodGet, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.client.Do(req) //nolint:bodyclose // there is none
		wantKind(t, err, plugins.Denied)
	}
}

func TestFitAddresses(t *testing.T) {
	lineSchemes()
	for addr, ok := range map[string]bool{
		"https://rms.example/x": true, "http://rms.example": false, "http://127.0.0.1:80": true, "line://127.0.0.1": true, "line://db.example": false,
		"lines://db.example": true, "lines://ada:word@db.example": false, "shelf:///srv/drop": true, "shelf://host/srv": false, "line:///x": false, "ftp://a.example": false,
	} {
		u, err := url.Parse(addr)
		if err != nil {
			t.Fatal(err)
		}
		if why := Fit(u); (why == "") != ok {
			t.Errorf("%s: %q", addr, why)
		}
	}
	places := map[string]bool{"shelf:///srv/drop": true}
	for addr, in := range map[string]bool{"shelf:///srv/drop": true, "shelf:///srv/drop/a/b.csv": true, "shelf:///srv/dropped": false, "shelf:///srv/drop/../x": false, "shelf:///srv": false} {
		if u, _ := url.Parse(addr); Within(places, u) != in {
			t.Errorf("%s within /srv/drop: %v", addr, !in)
		}
	}
}

func TestPlainProtocolIsDialledHereOnly(t *testing.T) {
	d := &net.Dialer{Control: onlyHere}
	_, err := d.DialContext(context.Background(), "tcp", "192.0.2.1:9")
	if !errors.Is(err, ErrUndeclared) {
		t.Fatalf("dialled: %v", err)
	}
}
