package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"muster/plugins/demoforce"
)

// canaries are words that stand nowhere but where this test puts them: as secrets, and as personal data.
var canaries = map[string]string{
	"passphrase":             "Zeisig flötet+im Rohr=7/a",
	"wrong passphrase":       "Dompfaff&falsch 31",
	"credential of a system": "Pirol-5521+geheim/=",
	"name in an answer":      "Goldammer-Wendehals",
	"birth in an answer":     "07.03.1911",
	"telephone in an answer": "07700 900977",
	"what is looked for":     "Goldammer-Wendehals",
	"entry":                  "Der Neuntöter saß am Zaun 9",
	"note":                   "Rotkehlchen & Zaunkönig? 4",
	"reference":              "ORTOLAN/24-7781",
	"password at sign-in":    demoforce.Password,
}

// spellings are the ways in which a canary could come to stand somewhere, each in lower case where case says nothing.
func spellings(s string) map[string][]byte {
	out := map[string][]byte{
		"plain": []byte(s), "hex": []byte(hex.EncodeToString([]byte(s))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(s)))),
		"query": []byte(url.QueryEscape(s)), "path": []byte(url.PathEscape(s)),
	}
	if j, err := json.Marshal(s); err == nil {
		out["JSON"] = j[1 : len(j)-1]
		out["quoted"] = []byte(strings.Trim(strconv.QuoteToASCII(s), `"`))
	}
	var le, be []byte
	for _, u := range utf16.Encode([]rune(s)) {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	out["UTF-16LE"], out["UTF-16BE"] = le, be
	for shift := range 3 { // base64 of the canary within something longer
		padded := append(bytes.Repeat([]byte{'x'}, shift), s...)
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			text := enc.EncodeToString(padded[:len(padded)/3*3])
			out[fmt.Sprint(name, shift)] = []byte(text[min(len(text), (shift*4+2)/3+shift%2):])
		}
	}
	return out
}

// leaks says which canaries, and which tokens of a sign-in, stand in b.
func leaks(b []byte) (found []string) {
	for what, s := range canaries {
		for how, form := range spellings(s) {
			if len(form) >= 8 && bytes.Contains(b, form) {
				found = append(found, what+" ("+how+")")
			}
		}
		if bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(s))) {
			found = append(found, what+" (in another case)")
		}
	}
	if m := jwt.Find(b); m != nil {
		found = append(found, "a token")
	}
	return found
}

var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)

func TestTheSearchForCanariesFindsThem(t *testing.T) {
	t.Parallel()
	for what, s := range canaries {
		for how, form := range spellings(s) {
			if len(form) < 8 {
				t.Errorf("%s as %s is too short to mean anything: %q", what, how, form)
			}
		}
		long := "surname=" + s + "&x=1"
		for how, form := range map[string]string{
			"plain": long, "upper case": strings.ToUpper(long), "hex": hex.EncodeToString([]byte(long)), "query": url.QueryEscape(long),
			"base64": base64.StdEncoding.EncodeToString([]byte(long)), "base64 by one": base64.StdEncoding.EncodeToString([]byte("." + long)), "base64 by two": base64.URLEncoding.EncodeToString([]byte(".." + long)),
		} {
			if len(leaks([]byte("... "+form+" ..."))) == 0 {
				t.Errorf("%s is not found as %s in %q", what, how, form)
			}
		}
	}
	if len(leaks([]byte("Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2ln"))) != 1 {
		t.Error("a token is not found")
	}
}

// whatever stands for every exit code.
const whatever = -1

// aviary is everything outside the sealed store and the keyring that a leak could come to lie in.
type aviary struct {
	t    *testing.T
	root string // profile, home, temporary and working folders lie below
	mu   sync.Mutex
	said bytes.Buffer    // what every process logged, at debug level
	proc map[string]bool // arguments and environments that processes had
}

func (a *aviary) cmd(profile string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"-v", "--json", "--profile", filepath.Join(a.root, profile)}, args...)...)
	cmd.Dir = filepath.Join(a.root, "work")
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+filepath.Join(a.root, "tmp"), "HOME="+filepath.Join(a.root, "home"), "BROWSER=",
		"XDG_CONFIG_HOME="+filepath.Join(a.root, "home", "config"), "XDG_CACHE_HOME="+filepath.Join(a.root, "home", "cache"), "XDG_STATE_HOME="+filepath.Join(a.root, "home", "state"), "GOTRACEBACK=all")
	return cmd
}

// look reads what the process and all that it started show of themselves in /proc.
func (a *aviary) look(pid int) {
	dir := "/proc/" + strconv.Itoa(pid)
	for _, f := range []string{"cmdline", "environ"} {
		if b, err := os.ReadFile(filepath.Join(dir, f)); err == nil {
			a.mu.Lock()
			a.proc[string(b)] = true
			a.mu.Unlock()
		}
	}
	tasks, _ := filepath.Glob(dir + "/task/*/children")
	for _, f := range tasks {
		b, _ := os.ReadFile(f)
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				a.look(n)
			}
		}
	}
}

// run runs musterctl as a process of its own, watched all the while, and gives what it wrote to standard output.
func (a *aviary) run(code int, in, profile string, args ...string) string {
	a.t.Helper()
	cmd := a.cmd(profile, args...)
	var out, errw bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &errw
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			a.look(cmd.Process.Pid)
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	_ = cmd.Wait()
	close(ended)
	<-watched
	if got := cmd.ProcessState.ExitCode(); got != code && code != whatever {
		a.t.Errorf("musterctl %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, errw.String())
	}
	a.said.Write(errw.Bytes())
	return out.String()
}

// TestCanariesStayInTheirCage leads secrets and personal data through everything that the desk does, then looks for them in
// the data folder, the temporary folders, the logs at debug level, the words of a program that is killed, and what
// processes show of themselves. The officer's own exports are not looked at: they are meant to be read.
func TestCanariesStayInTheirCage(t *testing.T) {
	t.Parallel()
	a := &aviary{t: t, root: t.TempDir(), proc: map[string]bool{}}
	for _, d := range []string{"work", "tmp", "home"} {
		if err := os.Mkdir(filepath.Join(a.root, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	hold := make(chan struct{})
	defer close(hold)
	asked := make(chan struct{}, 1)
	mux := http.NewServeMux()
	who := map[string]any{"no": 77, "claimant": map[string]any{"last": canaries["name in an answer"], "first": "Ines"}, "born": canaries["birth in an answer"], "mob": canaries["telephone in an answer"]}
	bad := false // answers with rubbish in which a person stands
	keyed := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("X-Depot-Key") != canaries["credential of a system"]:
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprintf(w, "the key %s is wrong", r.Header.Get("X-Depot-Key")) // a server that repeats secrets
			case bad:
				fmt.Fprintf(w, `{"rows": [{"claimant": "%s", <not JSON %s>`, canaries["name in an answer"], canaries["credential of a system"])
			default:
				h(w, r)
			}
		}
	}
	mux.HandleFunc("GET /hello", keyed(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"desk":"Leeds"}`)) }))
	mux.HandleFunc("GET /claims", keyed(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.URL.Query().Get("n"), "hang") {
			asked <- struct{}{}
			<-hold
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"rows": []any{who}})
	}))
	mux.HandleFunc("GET /claims/77", keyed(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(who) }))
	server := httptest.NewServer(mux)
	defer server.CloseClientConnections()

	// A local officer, a system of a stranger's, and everything that is done with a case.
	pass := canaries["passphrase"] + "\n"
	a.run(exitDone, pass, "local", "login", "--local", "--name", "Ada Okafor")
	a.run(exitFailed, canaries["wrong passphrase"]+"\n", "local", "login", "--local")
	a.run(exitDone, pass, "local", "login", "--local")
	file := filepath.Join(t.TempDir(), "lost.yaml")
	if err := os.WriteFile(file, []byte(libraryConnector), 0o600); err != nil {
		t.Fatal(err)
	}
	a.run(exitDone, "", "local", "systems", "add", file, "-s", "base_url="+server.URL)
	a.run(exitDone, "not the key\n", "local", "systems", "credential", "lost_property")
	a.run(exitPartly, canaries["what is looked for"]+"\n", "local", "search", "-", "--purpose", "training")
	a.run(exitDone, canaries["credential of a system"]+"\n", "local", "systems", "credential", "lost_property")
	says(t, a.run(exitDone, canaries["what is looked for"]+"\n", "local", "search", "-", "--purpose", "missing", "--case-ref", canaries["reference"][8:]), canaries["name in an answer"])
	kept := a.run(exitDone, "", "local", "case", "keep", "lost_property/person/77", "--purpose", "training")
	says(t, a.run(exitDone, canaries["note"]+"\n", "local", "case", "note", of(objects(t, kept), "kept")[0]["id"].(string), "-"), "Rotkehlchen")
	a.run(exitDone, "", "local", "case", "lost_property/person/77", "--purpose", "training")
	a.run(exitDone, "", "local", "audit", "verify")
	says(t, a.run(exitDone, "", "local", "audit"), "Goldammer")
	a.run(exitDone, "", "local", "store", "rotate")
	a.run(exitDone, "", "local", "audit", "export", filepath.Join(t.TempDir(), "own.jsonl"), "--recipient", "x")
	a.run(whatever, "", "local", "doctor") // what it finds is of this machine
	bad = true
	a.run(exitPartly, canaries["what is looked for"]+"\n", "local", "search", "-", "--purpose", "training")
	a.run(exitPartly, "", "local", "case", "lost_property/person/77", "--purpose", "training")
	bad = false

	// A program that is ended in the middle of a search says all that it knows of itself.
	cmd := a.cmd("local", "search", "-b", "surname=Hang", "--purpose", "training")
	var dump bytes.Buffer
	cmd.Stderr = &dump
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatalf("it asked nothing: %s", dump.String())
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !strings.Contains(dump.String(), "goroutine 1") {
		t.Errorf("it left no dump to look at: %.300s", dump.String())
	}
	a.said.Write(dump.Bytes())

	// An officer who signs in at a server, and an entry to the demonstration force, some of it not delivered.
	m := terminal{t, filepath.Join(a.root, "demo")}
	d := startDemo(t, m.dir)
	a.look(d.cmd.Process.Pid)
	m.login("okafor")
	fields, err := json.Marshal(map[string]string{"description": canaries["entry"], "startDateTime": time.Now().Add(-time.Hour).Format("02/01/2006 15:04"), "incidentCategory": "concern", "priority": "P2",
		"person.surname": canaries["name in an answer"], "location.thoroughfareName": "Alder Rise", "location.postTown": "Leeds", "location.postcode": "LS8 2QX"})
	if err != nil {
		t.Fatal(err)
	}
	a.run(exitDone, "", "demo", "demo", "fault", "custody", "down")
	a.run(exitPartly, string(fields), "demo", append([]string{"submit", "incident", "-f", "-", "--wait", "3s"}, why...)...)
	a.run(exitPartly, "", "demo", "outbox")
	a.run(exitDone, "miller aaron\n", "demo", append([]string{"search", "-", "--system", "rms"}, why...)...)
	d.stop(t)
	a.said.Write(d.errw.Bytes())

	looked := 0
	if err := filepath.WalkDir(a.root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked += len(b)
		rel, _ := filepath.Rel(a.root, path)
		for _, l := range append(leaks(b), leaks([]byte(path))...) {
			t.Errorf("%s holds %s", rel, l)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, l := range leaks(a.said.Bytes()) {
		t.Errorf("the logs hold %s", l)
	}
	for p := range a.proc {
		for _, l := range leaks([]byte(p)) {
			t.Errorf("a process shows %s in its arguments or its environment: %.200q", l, p)
		}
	}
	if looked < 50_000 || a.said.Len() < 2_000 || len(a.proc) < 20 {
		t.Errorf("too little was looked at to mean anything: %d bytes on disk, %d of logs, %d arguments and environments", looked, a.said.Len(), len(a.proc))
	}
	t.Logf("%d canaries in %d spellings: %d bytes on disk, %d of logs and dumps, %d arguments and environments", len(canaries), len(spellings("x")), looked, a.said.Len(), len(a.proc))
	if t.Failed() {
		t.Logf("%.3000s", a.said.String())
	}
}
