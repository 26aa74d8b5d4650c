package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const registerConnector = `connector: 1
id: register
name: Register
code: REG
shape: box
options:
  base_url: {type: url, label: Server address, required: true}
  client_id: {type: string, label: Client, default: muster}
  extra: {type: secret, label: Extra}
auth: {kind: oauth2_device, device: /device, token: /token, client: client_id, scope: offline_access}
check: {get: /hello, expect: '.ok'}
kinds:
  person:
    search: {by: [surname], get: /people, query: {n: .q.surname}, records: '.rows[]'}
    fields: {id: .no, surname: .last}
`

// TestSystemThatTheOfficerSignsInAtOnce goes from adding the system to a search by another start of the program.
func TestSystemThatTheOfficerSignsInAtOnce(t *testing.T) {
	t.Parallel()
	const access, refresh = "register-access-token-1", "register-refresh-token-1"
	var tokens, pending atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /device", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"device_code": "register-device-code", "user_code": "WDJB-MJHT", "verification_uri": "https://register.example/device", "expires_in": 60, "interval": 1})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if pending.Add(1) == 1 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"authorization_pending"}`))
			return
		}
		tokens.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": 3600, "token_type": "Bearer"})
	})
	mux.HandleFunc("GET /people", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+access {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"rows":[{"no":1,"last":"Okafor"}]}`))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	const pass = "three random words"
	m := terminal{t, filepath.Join(t.TempDir(), "new")}
	m.do(exitDone, pass+"\n", "login", "--local", "--name", "Ada Okafor")
	file := filepath.Join(t.TempDir(), "register.yaml")
	if err := os.WriteFile(file, []byte(registerConnector), 0o600); err != nil {
		t.Fatal(err)
	}
	m.lines(exitDone, "", "systems", "add", file, "-s", "base_url="+s.URL)
	if l := m.lines(exitDone, "", "systems")[0]; l["sign_in"] != true {
		t.Errorf("it does not say that the officer must sign in there: %v", l)
	}
	search := func(code int) []map[string]any {
		return m.lines(code, "", "search", "-b", "surname=Okafor", "--purpose", "training")
	}
	says(t, of(search(exitPartly), "system")[0]["say"].(string), "musterctl systems login register")
	m.do(exitFailed, "", "systems", "login", "nowhere")
	a := m.do(exitDone, "", "systems", "login", "register")
	says(t, a.err, "https://register.example/device", "WDJB-MJHT")
	says(t, a.out, "signed in at Register")
	for range 2 {
		if r := of(search(exitDone), "record"); len(r) != 1 {
			t.Errorf("%v", r)
		}
	}
	if l := m.lines(exitDone, "", "systems")[0]; l["sign_in"] != nil {
		t.Errorf("%v", l)
	}
	if tokens.Load() != 1 {
		t.Errorf("%d tokens for one sign-in and two searches", tokens.Load())
	}
	// A certificate or key comes from a file: it has many lines.
	pem := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(pem, []byte("-----BEGIN X-----\nAAAA\n-----END X-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := m.do(exitDone, "", "systems", "credential", "register", "-f", "extra="+pem)
	m.do(exitFailed, "", "systems", "credential", "register", "-f", "extra="+pem+".not")
	for _, shown := range []string{a.out, a.err, b.out, b.err} {
		for _, secret := range []string{access, refresh, "register-device-code", "AAAA"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%q is shown", secret)
			}
		}
	}
}
