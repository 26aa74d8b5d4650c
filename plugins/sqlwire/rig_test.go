package sqlwire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

const (
	reader = "reporting"
	word   = "pass-word-of-the-reader"
)

func environment() transport.WireEnv {
	d := &net.Dialer{}
	return transport.WireEnv{System: "test", Dial: d.DialContext, TLS: &tls.Config{MinVersion: tls.VersionTLS12},
		Limits: plugins.Limits{Timeout: 10 * time.Second, Response: 1 << 20, Parallel: 4}, Now: time.Now}
}

// rig is one wire and the database that it asks.
type rig struct {
	t              testing.TB
	w              *wire
	url            string
	user, password string
}

func newRig(t testing.TB, e engine, url string) *rig {
	r := &rig{t: t, w: opener(e)(environment()).(*wire), url: url, user: reader, password: word}
	t.Cleanup(r.w.CloseIdleConnections)
	return r
}

func (r *rig) send(ctx context.Context, body any) (*http.Response, error) {
	r.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(b))
	if err != nil {
		r.t.Fatal(err)
	}
	if r.user != "" {
		req.SetBasicAuth(r.user, r.password)
	}
	return r.w.RoundTrip(req)
}

// ask sends a query with arguments by pairs of name and value, and gives the status and the body.
func (r *rig) ask(sql string, args ...any) (int, string) {
	r.t.Helper()
	m := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	resp, err := r.send(context.Background(), map[string]any{"sql": sql, "args": m})
	if err != nil {
		r.t.Fatalf("%s: %v", sql, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// gives demands the first row of a query.
func (r *rig) gives(sql, want string, args ...any) {
	r.t.Helper()
	status, body := r.ask(sql, args...)
	if got := strings.TrimSuffix(strings.TrimPrefix(body, `{"rows":[`), `],"more":false}`); status != 200 || got != want {
		r.t.Errorf("%s\n gives %d %s\n want  %s", sql, status, body, want)
	}
}

// refuses demands a status and a code.
func (r *rig) refuses(status int, code, sql string, args ...any) string {
	r.t.Helper()
	got, body := r.ask(sql, args...)
	var a struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || got != status || a.Error.Code != code || a.Error.Message == "" {
		r.t.Errorf("%s\n gives %d %s\n want  %d with %s", sql, got, body, status, code)
	}
	return body
}
