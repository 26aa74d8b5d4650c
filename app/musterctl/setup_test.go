package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"muster/app/signin"
	"muster/plugins/demoforce"
)

// library is a stranger's system: lost property of a railway, with a shape, names, dates and a key header of its own.
func library(t *testing.T, key string, asked *atomic.Int64) string {
	t.Helper()
	mux := http.NewServeMux()
	guard := func(h func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.Header.Get("X-Depot-Key") != key {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			h(w, r)
		}
	}
	who := map[string]any{"no": 77, "claimant": map[string]any{"last": "Okonkwo-Reyes", "first": "Ines"}, "born": "07.03.1988", "mob": "07700 900123"}
	mux.HandleFunc("GET /hello", guard(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"desk":"Leeds"}`)) }))
	mux.HandleFunc("GET /claims", guard(func(w http.ResponseWriter, r *http.Request) {
		rows := []any{}
		if strings.EqualFold(r.URL.Query().Get("n"), "okonkwo-reyes") {
			rows = append(rows, who)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"rows": rows})
	}))
	mux.HandleFunc("GET /claims/77", guard(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(who) }))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

const libraryConnector = `connector: 1
id: lost_property
name: Lost property
code: LOST
shape: box
options:
  base_url: {type: url, label: Server address, required: true}
  depot_key: {type: secret, label: Depot key, required: true}
auth: {kind: api_key, header: X-Depot-Key, secret: depot_key}
times: {zone: Europe/London, date: "%d.%m.%Y"}
check: {get: /hello, expect: '.desk != null', user: .desk}
kinds:
  person:
    search:
      by: [surname]
      get: /claims
      query: {n: .q.surname}
      records: '.rows[]'
    fetch: {get: '/claims/\(.id)'}
    fields:
      id: .no
      surname: .claimant.last
      givenName: .claimant.first
      dateOfBirth: .born | day
      telephone: .mob
    require: [surname]
`

// TestALocalDeskWithAStrangersSystem sets up a desk without a sign-in server, and adds a system that nobody has seen before.
func TestALocalDeskWithAStrangersSystem(t *testing.T) {
	t.Parallel()
	const pass, key = "three random words", "depot-key-5521-geheim"
	m := terminal{t, filepath.Join(t.TempDir(), "new")}
	says(t, m.do(exitFailed, "", "login").err, "nothing is set up")
	says(t, m.do(exitFailed, "", "whoami").err, "musterctl demo", "login --local")
	says(t, m.do(exitUsage, pass+"\n", "login", "--local").err, "--name")
	says(t, m.do(exitFailed, "short\n", "login", "--local", "--name", "Ada Okafor").err, "8")
	m.do(exitUsage, "", "login", "--local", "--name", "Ada Okafor") // nothing typed
	m.lines(exitDone, pass+"\n", "login", "--local", "--name", "Ada Okafor")
	if a := m.do(exitFailed, "three other words\n", "login", "--local"); strings.Contains(a.err, "three") {
		t.Errorf("%q", a.err)
	}
	m.do(exitDone, pass+"\r\n", "login", "--local")
	for _, args := range [][]string{{"login", "--local", pass}, {"login", pass}, {"login", "--local", "--passphrase=" + pass}, {"systems", "credential", "lost_property", key}} {
		if a := m.do(exitUsage, "", args...); strings.Contains(a.err, pass) || strings.Contains(a.err, key) {
			t.Errorf("%v: the secret is repeated: %q", args[:2], a.err)
		}
	}

	var asked atomic.Int64
	server := library(t, key, &asked)
	file := filepath.Join(t.TempDir(), "lost.yaml")
	if err := os.WriteFile(file, []byte(libraryConnector), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, m.do(exitDone, "", "connector", "lint", file).out, "no problem")
	says(t, m.do(exitFailed, "", "systems", "add", file).err, "Server address")
	says(t, m.do(exitFailed, "", "systems", "add", file, "-s", "bse_url="+server).err, "bse_url")
	a := m.do(exitFailed, "", "systems", "add", file, "-s", "base_url="+server, "-s", "depot_key="+key)
	says(t, a.err, "systems credential")
	if strings.Contains(a.err, key) {
		t.Errorf("the secret is repeated: %q", a.err)
	}
	if l := m.lines(exitDone, "", "systems", "add", file, "-s", "base_url="+server); l[0]["system"] != "lost_property" {
		t.Errorf("%v", l)
	}
	says(t, m.do(exitFailed, "", "systems", "add", file, "-s", "base_url="+server).err, "already")
	m.do(exitDone, pass+"\n", "login", "--local")
	if s := m.lines(exitDone, "", "systems")[0]; s["needs"] == nil {
		t.Errorf("it does not say that a key is missing: %v", s)
	}
	search := func(code int) []map[string]any {
		t.Helper()
		return m.lines(code, "", "search", "-b", "surname=Okonkwo-Reyes", "--purpose", "training")
	}
	l := search(exitPartly)
	if s := of(l, "system")[0]; s["state"] != "not-searched" || s["say"] == nil {
		t.Errorf("%v", s)
	}
	m.do(exitFailed, "", "systems", "credential", "nowhere")
	m.do(exitUsage, "", "systems", "credential", "lost_property")
	a = m.do(exitUsage, "", "systems", "credential", "lost_property", "-s", "depot_key="+key)
	if strings.Contains(a.err, key) {
		t.Errorf("the secret is repeated: %q", a.err)
	}
	m.do(exitDone, "wrong-key\n", "systems", "credential", "lost_property")
	if s := of(search(exitPartly), "system")[0]; s["error"] != "auth" {
		t.Errorf("%v", s)
	}
	m.lines(exitDone, key+"\n", "systems", "credential", "lost_property")
	r := of(search(exitDone), "record")
	if len(r) != 1 || r[0]["ref"] != "lost_property/person/77" || !strings.Contains(fmt.Sprint(r[0]["facts"]), "1988-03-07") {
		t.Errorf("%v", r)
	}
	says(t, m.do(exitDone, "", "case", "lost_property/person/77", "--purpose", "training").out, "OKONKWO-REYES", "07/03/1988")
	m.do(exitDone, "", "systems", "list", "--check")
	m.do(exitFailed, "", "systems", "remove", "nowhere")
	m.do(exitDone, "", "systems", "remove", "lost_property")
	if l := m.lines(exitDone, "", "systems"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	// Added again, it must ask for its key again: nothing of it stayed behind.
	m.do(exitDone, "", "systems", "add", file, "-s", "base_url="+server)
	if s := m.lines(exitDone, "", "systems")[0]; s["needs"] == nil {
		t.Errorf("the key of the removed system is still there: %v", s)
	}
	nothingIn(t, m.dir, key, pass, "Okonkwo")
}

// nothingIn looks for words that must not stand in any file below a folder.
func nothingIn(t *testing.T, dir string, secret ...string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, s := range secret {
			if bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(s))) {
				t.Errorf("%s stands in %s", s, filepath.Base(path))
			}
		}
		n++
		return err
	})
	if err != nil || n == 0 {
		t.Errorf("%d files, %v", n, err)
	}
}

func TestConnectorLint(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte(strings.Replace(libraryConnector, "by: [surname]", "by: [surnam]", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	a := m.do(exitFailed, "", "connector", "lint", bad)
	says(t, a.out, "bad.yaml:15:", "surnam", "Cure:")
	l := of(m.lines(exitFailed, "", "connector", "lint", bad), "problem")
	if len(l) == 0 || l[0]["line"].(float64) != 15 || l[0]["cure"] == nil {
		t.Errorf("%v", l)
	}
	m.do(exitUsage, "", "connector", "lint", filepath.Join(t.TempDir(), "none.yaml"))
	says(t, m.do(exitFailed, "", "systems", "add", bad).err, "bad.yaml:15:")
}

// TestTamperingIsDetected changes bytes of the officer's file behind Muster's back.
func TestTamperingIsDetected(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	const pass = "three random words\n"
	m.do(exitDone, pass, "login", "--local", "--name", "Ada")
	for range 3 {
		m.do(exitDone, "", "whoami")
	}
	files, err := filepath.Glob(filepath.Join(m.dir, "officers", "*.db"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	held := len(bytes.TrimRight(good, "\x00"))
	noticed, tried := 0, 0
	for at := 8192 + 200; at < held; at += 4096 {
		bad := bytes.Clone(good)
		for i := at; i < min(at+3600, held); i += 90 {
			bad[i] ^= 0x40
		}
		if err := os.WriteFile(files[0], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		tried++
		a := m.runWith(t.Context(), strings.NewReader(pass), nil, "login", "--local")
		if a.code == exitDone {
			a = m.runWith(t.Context(), strings.NewReader(""), nil, "audit", "verify")
		}
		switch {
		case a.code == exitFailed && regexp.MustCompile("damaged|tampered|another officer").MatchString(a.err):
			noticed++
		case a.code != exitDone:
			t.Errorf("exit code %d: %s", a.code, a.err)
		}
	}
	if tried < 3 || noticed == 0 {
		t.Errorf("%d of %d changes were noticed", noticed, tried)
	}
	if err := os.WriteFile(files[0], good, 0o600); err != nil {
		t.Fatal(err)
	}
	m.do(exitDone, pass, "login", "--local")
	m.do(exitDone, "", "audit", "verify")
}

// TestDoctorWhereNothingOpens: the doctor serves best when the desk does not open at all.
func TestDoctorWhereNothingOpens(t *testing.T) {
	m := terminal{t, t.TempDir()}
	says(t, m.do(exitPartly, "", "doctor").out, "PROBLEM", "set up")
	if err := os.WriteFile(filepath.Join(m.dir, "profile.yaml"), []byte("profile: 1\nsignin: {kind: local}\nsystmes: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, m.do(exitPartly, "", "doctor").out, "PROBLEM", "profile.yaml", "correct")
	says(t, m.do(exitFailed, "", "systems").err, "profile.yaml", "systmes")
}

// TestNothingIsTouchedOutsideTheProfile compares the home folder before and after.
func TestNothingIsTouchedOutsideTheProfile(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(home, "state"))
	m := demo(t)
	m.login("okafor")
	m.do(exitDone, "", with("search", "miller")...)
	m.do(exitDone, "", "doctor")
	m.do(exitDone, "", "logout")
	err := filepath.WalkDir(home, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasPrefix(path, m.dir) {
			t.Errorf("%s was written outside the profile", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWithoutABrowserTheAddressIsShown: on a server there is none; the command says where to go.
func TestWithoutABrowserTheAddressIsShown(t *testing.T) {
	m := demo(t)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("BROWSER", "")
	e := &addressed{user: "whitelaw", t: t}
	var out bytes.Buffer
	if code := runWith(t.Context(), []string{"--profile", m.dir, "--json", "login"}, strings.NewReader(""), &out, e); code != exitDone {
		t.Fatalf("exit code %d: %s", code, e.buf.String())
	}
	says(t, out.String(), `"4471"`)
	says(t, e.buf.String(), "Open this address", "--device")
}

// addressed reads standard error as a person does, and goes to the address that stands there.
type addressed struct {
	t    testing.TB
	user string
	buf  bytes.Buffer
	gone bool
}

func (a *addressed) Write(b []byte) (int, error) {
	a.buf.Write(b)
	for l := range strings.Lines(a.buf.String()) {
		if strings.HasPrefix(l, "http") && strings.HasSuffix(l, "\n") && !a.gone {
			a.gone = true
			go func() {
				if err := demoforce.Browse(strings.TrimSpace(l), a.user, demoforce.Password); err != nil {
					a.t.Error(err)
				}
			}()
		}
	}
	return len(b), nil
}

// freePorts is the first of n ports that are free in a row.
func freePorts(t *testing.T, n int) int {
	t.Helper()
next:
	for p := 21000; p < 40000; p += n {
		for i := range n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p+i))
			if err != nil {
				continue next
			}
			_ = l.Close()
		}
		return p
	}
	t.Fatal("no free ports")
	return 0
}

func local() signin.Settings { return signin.Settings{Kind: signin.KindLocal} }
