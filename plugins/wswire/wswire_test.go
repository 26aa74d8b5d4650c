package wswire

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"muster/plugins"
	"muster/plugins/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func environment() transport.WireEnv {
	d := &net.Dialer{}
	return transport.WireEnv{System: "test", Dial: d.DialContext, TLS: &tls.Config{MinVersion: tls.VersionTLS12},
		Limits: plugins.Limits{Timeout: 10 * time.Second, Response: 1 << 20, Parallel: 4}, Now: time.Now}
}

// server serves one WebSocket to those who sign in.
func server(t *testing.T, secure bool, do func(ctx context.Context, c *websocket.Conn)) string {
	t.Helper()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/page":
			return
		case r.Header.Get("Authorization") != "Bearer good":
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		do(r.Context(), c)
	})
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = nil
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	if secure {
		roots = x509.NewCertPool()
		roots.AddCert(srv.Certificate())
	}
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

var roots *x509.CertPool

func ask(t *testing.T, ctx context.Context, url, body, token string, alive time.Duration) (*http.Response, error) {
	t.Helper()
	env := environment()
	if strings.HasPrefix(url, "wss") {
		env.TLS.RootCAs = roots
	}
	w := open(env).(*wire)
	w.alive = alive
	t.Cleanup(w.CloseIdleConnections)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "text/event-stream")
	return w.RoundTrip(req)
}

func TestMessagesAreEvents(t *testing.T) {
	for _, secure := range []bool{false, true} {
		url := server(t, secure, func(ctx context.Context, c *websocket.Conn) {
			_, a, _ := c.Read(ctx)
			_, b, _ := c.Read(ctx)
			_ = c.Write(ctx, websocket.MessageText, append(append(a, '\n'), b...))
			_ = c.Write(ctx, websocket.MessageText, []byte("a\r\ndata: b\rid: c"))
			_ = c.Write(ctx, websocket.MessageBinary, []byte{0, 1, 2})
			_ = c.Close(4403, "no")
		})
		resp, err := ask(t, context.Background(), url, `{"send": [{"a": 1}, "hello"]}`, "good", keepAlive)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%v %+v", err, resp)
		}
		raw, err := io.ReadAll(resp.Body)
		want := ": open\n\ndata: {\"a\": 1}\ndata: hello\n\ndata: a\ndata: data: b\ndata: id: c\n\ndata: AAEC\n\nevent: close\ndata: {\"code\":4403,\"reason\":\"no\"}\n\n"
		if err != nil || string(raw) != want {
			t.Errorf("%v %q", err, raw)
		}
		_ = resp.Body.Close()
	}
}

func TestWhatIsRefusedIsAnAnswer(t *testing.T) {
	url := server(t, false, func(_ context.Context, c *websocket.Conn) { _ = c.Close(4401, "who?") })
	for name, c := range map[string]struct {
		url, body, token string
		want             int
	}{
		"handshake":            {url, "", "bad", 401},
		"an ordinary page":     {url + "/page", "", "good", 422},
		"before the greeting":  {url, `{"subscription": {"query": "subscription { a }"}}`, "good", 401},
		"no such request":      {url, `{"subscription": {"query": ""}}`, "good", 422},
		"something else again": {url, `[`, "good", 422},
	} {
		resp, err := ask(t, context.Background(), c.url, c.body, c.token, keepAlive)
		if err != nil || resp.StatusCode != c.want {
			t.Errorf("%s: %v %+v, want %d", name, err, resp, c.want)
			continue
		}
		_ = resp.Body.Close()
	}
}

func TestAQuietStreamIsKeptAndEndsWithItsContext(t *testing.T) {
	gone := make(chan struct{})
	url := server(t, false, func(ctx context.Context, c *websocket.Conn) {
		defer close(gone)
		_, _, _ = c.Read(ctx)
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	resp, err := ask(t, ctx, url, "", "good", time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	for quiet := 0; quiet < 3 && lines.Scan(); {
		if lines.Text() == ": quiet" {
			quiet++
		}
	}
	cancel()
	if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a stream that was given up ends with %v", err)
	}
	<-gone
}

func TestAMessageTooLargeIsSaid(t *testing.T) {
	url := server(t, false, func(ctx context.Context, c *websocket.Conn) {
		_ = c.Write(ctx, websocket.MessageText, make([]byte, maxMessage+1))
		_, _, _ = c.Read(ctx)
	})
	resp, err := ask(t, context.Background(), url, "", "good", keepAlive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if raw, _ := io.ReadAll(resp.Body); !strings.Contains(string(raw), `"code":1009`) {
		t.Errorf("%.200q", raw)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("a\r\nb\rc\n\nid: 7")
	f.Fuzz(func(t *testing.T, data string) {
		e := event("", data)
		for _, l := range strings.Split(strings.TrimSuffix(e, "\n\n"), "\n") {
			if !strings.HasPrefix(l, "data: ") || strings.Contains(l, "\r") {
				t.Errorf("%q makes the line %q", data, l)
			}
		}
	})
}
