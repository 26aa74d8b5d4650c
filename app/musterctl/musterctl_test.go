package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/app/desk"
	"muster/plugins/demoforce"
	"muster/store/keyring/keyringtest"
)

// asProgram makes the test program run as musterctl itself, for what concerns a whole process: signals.
const asProgram = "MUSTERCTL_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(keyringtest.Run(m))
}

// terminal runs commands on one profile.
type terminal struct {
	t   testing.TB
	dir string
}

// answer is what a command did.
type answer struct {
	code     int
	out, err string
}

func (m terminal) runWith(ctx context.Context, in io.Reader, out io.Writer, args ...string) answer {
	m.t.Helper()
	var o, e bytes.Buffer
	if out == nil {
		out = &o
	}
	code := runWith(ctx, append([]string{"--profile", m.dir}, args...), in, out, &e)
	return answer{code, o.String(), e.String()}
}

// do runs a command that must end with this code.
func (m terminal) do(code int, in string, args ...string) answer {
	m.t.Helper()
	a := m.runWith(m.t.Context(), strings.NewReader(in), nil, args...)
	if a.code != code {
		m.t.Errorf("musterctl %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), a.code, code, a.out, a.err)
	}
	if code == exitFailed || code == exitUsage {
		if !strings.HasPrefix(a.err, "musterctl: ") || len(strings.Fields(a.err)) < 4 {
			m.t.Errorf("musterctl %s does not say why: %q", strings.Join(args, " "), a.err)
		}
	}
	return a
}

// lines runs a command with --json and reads its lines: every one is an object with a type, and nothing else is there.
func (m terminal) lines(code int, in string, args ...string) []map[string]any {
	m.t.Helper()
	a := m.do(code, in, append([]string{"--json"}, args...)...)
	return objects(m.t, a.out)
}

func objects(t testing.TB, out string) (list []map[string]any) {
	t.Helper()
	for l := range strings.Lines(out) {
		var o map[string]any
		if err := json.Unmarshal([]byte(l), &o); err != nil || o["type"] == nil {
			t.Errorf("no object with a type: %q (%v)", l, err)
		}
		list = append(list, o)
	}
	return list
}

func of(list []map[string]any, kind string) []map[string]any {
	return slices.DeleteFunc(slices.Clone(list), func(o map[string]any) bool { return o["type"] != kind })
}

func says(t testing.TB, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in:\n%s", w, got)
		}
	}
}

// device is a person with a telephone: it waits for the code on standard output and enters it.
type device struct {
	t    testing.TB
	user string
	mu   sync.Mutex
	buf  bytes.Buffer
	once sync.Once
}

func (d *device) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.buf.Write(b)
	var o struct{ Type, Code, URL string }
	line, _, _ := strings.Cut(d.buf.String(), "\n")
	if json.Unmarshal([]byte(line), &o) == nil && o.Type == "device" {
		d.once.Do(func() {
			go func() {
				if err := demoforce.Browse(o.URL+"?user_code="+url.QueryEscape(o.Code), d.user, demoforce.Password); err != nil {
					d.t.Error(err)
				}
			}()
		})
	}
	return len(b), nil
}

func (m terminal) login(user string) []map[string]any {
	m.t.Helper()
	dev := &device{t: m.t, user: user}
	if a := m.runWith(m.t.Context(), strings.NewReader(""), dev, "--json", "login", "--device"); a.code != exitDone {
		m.t.Fatalf("login: %d %s", a.code, a.err)
	}
	return objects(m.t, dev.buf.String())
}

// demo starts a demonstration force for a new profile.
func demo(t testing.TB) terminal {
	t.Helper()
	m := terminal{t, t.TempDir()}
	d, err := desk.RunDemo(t.Context(), desk.DemoOptions{Profile: m.dir, Seed: 1, Scale: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return m
}

var why = []string{"--purpose", "missing", "--case-ref", "24-10887"}

func with(args ...string) []string { return append(args, why...) }

// TestADayAtTheTerminal uses every command that reads, as people see it and as scripts do.
func TestADayAtTheTerminal(t *testing.T) {
	t.Parallel()
	m := demo(t)
	says(t, m.do(exitFailed, "", with("search", "miller")...).err, "musterctl login")
	says(t, m.do(exitFailed, "", "whoami").err, "musterctl login")
	if l := of(m.lines(exitDone, "", "systems"), "system"); len(l) != 8 { // the list needs nobody
		t.Errorf("%d systems", len(l))
	}
	if l := m.login("okafor"); len(of(l, "officer")) != 1 {
		t.Errorf("login said %v", l)
	}
	says(t, m.do(exitDone, "", "whoami").out, "Okafor", "Northmoor")
	if o := m.lines(exitDone, "", "whoami")[0]["officer"].(map[string]any); o["collar"] != "2214" {
		t.Errorf("%v", o)
	}
	for _, s := range of(m.lines(exitDone, "", "systems", "list", "--check"), "system") {
		if s["say"] != nil || s["needs"] != nil {
			t.Errorf("%v", s)
		}
	}
	says(t, m.do(exitDone, "", "systems", "--check").out, "rms", "custody", "well")

	t.Run("search", func(t *testing.T) {
		m := terminal{t, m.dir}
		says(t, m.do(exitDone, "", "search", "--purposes").out, "missing", "training")
		says(t, m.do(exitUsage, "", "search", "miller").err, "--purpose", "training")
		m.do(exitFailed, "", "search", "miller", "--purpose", "curiosity")
		says(t, m.do(exitFailed, "", "search", "miller", "--purpose", "missing").err, "reference")
		says(t, m.do(exitUsage, "", with("search")...).err, "what to look for")
		says(t, m.do(exitUsage, "", with("search", "-b", "shoeSize=44")...).err, "shoeSize")
		says(t, m.do(exitUsage, "", with("search", "-b", "dateOfBirth=31/02/2011")...).err, "dateOfBirth")
		says(t, m.do(exitUsage, "", with("search", "x", "--kind", "dragon")...).err, "dragon")
		says(t, m.do(exitUsage, "", with("search", "x", "--system", "nowhere")...).err, "nowhere")
		m.do(exitUsage, "", "search", "--nonsense")
		l := m.lines(exitDone, "", with("search", "miller", "aaron", "2011")...)
		for _, kind := range []string{"record", "system", "entity", "completeness"} {
			if len(of(l, kind)) == 0 {
				t.Errorf("no line of type %s", kind)
			}
		}
		if last := l[len(l)-1]; last["type"] != "completeness" || last["complete"] != true {
			t.Errorf("last line %v", last)
		}
		for _, s := range of(l, "system") {
			if s["state"] == nil || s["milliseconds"] == nil || s["count"] == nil {
				t.Errorf("%v", s)
			}
		}
		says(t, m.do(exitDone, "", with("search", "miller", "aaron", "2011")...).out, "MILLER, Aaron", "answered", "Asked 4, answered 4")
		by := m.lines(exitDone, "", with("search", "-b", "surname=Miller", "-b", "dateOfBirth=03/11/2011", "--system", "rms", "--kind", "person")...)
		if r := of(by, "record"); len(r) != 1 || r[0]["system"] != "rms" {
			t.Errorf("%v", r)
		}
		if l := of(m.lines(exitDone, "", with("search", "zzyzx-nobody")...), "record"); len(l) != 0 {
			t.Errorf("found %v", l)
		}
	})

	t.Run("case", func(t *testing.T) {
		m := terminal{t, m.dir}
		m.do(exitUsage, "", "case", "rms/person/NOM0100001")
		says(t, m.do(exitFailed, "", with("case", "rms/person/NOM9999999")...).err, "no such record")
		says(t, m.do(exitFailed, "", with("case", "zzyzx-nobody")...).err, "nothing was found")
		text := m.do(exitDone, "", with("case", "miller", "aaron", "2011")...).out
		says(t, text, "MILLER, Aaron", "Disagreements", "Timeline", "rms", "custody")
		c := m.lines(exitDone, "", with("case", "miller", "aaron", "2011")...)[0]
		if c["type"] != "case" || len(c["disagreements"].([]any)) == 0 {
			t.Errorf("%v", c["title"])
		}
		ref := of(m.lines(exitDone, "", with("search", "miller", "aaron", "2011")...), "record")[0]["ref"].(string)
		again := m.lines(exitDone, "", with("case", ref)...)[0]
		if again["title"] != c["title"] {
			t.Errorf("by reference %v, by text %v", again["title"], c["title"])
		}
	})

	t.Run("time and place", func(t *testing.T) {
		m := terminal{t, m.dir}
		says(t, m.do(exitDone, "", with("case", "timeline", "miller", "aaron", "2011")...).out, "Born", "MILLER, Aaron", "≠ ")
		l := m.lines(exitDone, "", with("case", "timeline", "miller", "aaron", "2011")...)
		if len(of(l, "moment")) < 3 {
			t.Errorf("%d moments", len(of(l, "moment")))
		}
		for _, r := range of(l, "moment") {
			if (r["dates"] == nil) != (r["why"] != nil) {
				t.Errorf("neither a date nor why there is none: %v", r)
			}
		}
		if only := of(m.lines(exitDone, "", with("case", "timeline", "--kind", "fact:person", "miller", "aaron", "2011")...), "moment"); len(only) == 0 || len(only) >= len(of(l, "moment")) {
			t.Errorf("%d dated facts", len(only))
		}
		for _, r := range of(m.lines(exitDone, "", with("case", "places", "miller", "aaron", "2011")...), "place") {
			if (r["how"] == nil) != (r["why"] != nil) {
				t.Errorf("neither a point nor why there is none: %v", r)
			}
		}
		says(t, m.do(exitFailed, "", "map").err, "no map server is set up")
	})

	t.Run("candidates", func(t *testing.T) { typing(t, terminal{t, m.dir}) })
	t.Run("judge", func(t *testing.T) { judging(t, terminal{t, m.dir}) })
	t.Run("keep", func(t *testing.T) { keeping(t, terminal{t, m.dir}) })
	t.Run("chart", func(t *testing.T) { charting(t, terminal{t, m.dir}) })

	t.Run("audit", func(t *testing.T) {
		m := terminal{t, m.dir}
		l := m.lines(exitDone, "", "audit", "list", "-n", "30")
		if len(l) != 30 || l[0]["seq"].(float64) < l[29]["seq"].(float64) {
			t.Errorf("%d records", len(l))
		}
		says(t, m.do(exitDone, "", "audit").out, "consultation", "missing")
		if strings.Contains(m.do(exitDone, "", "audit", "-n", "1000").out, "live-queue") {
			t.Error("the terminal looked at the live queue, which it never shows")
		}
		if v := m.lines(exitDone, "", "audit", "verify")[0]; v["ok"] != true {
			t.Errorf("%v", v)
		}
		says(t, m.do(exitDone, "", "audit", "verify").out, "complete and unchanged")
		file := filepath.Join(t.TempDir(), "log.jsonl")
		m.do(exitUsage, "", "audit", "export", file)
		n := m.lines(exitDone, "", "audit", "export", file, "--recipient", "Professional Standards")[0]["records"].(float64)
		b, err := os.ReadFile(file)
		if err != nil || bytes.Count(b, []byte("\n")) != int(n) || !strings.Contains(string(b), "Professional Standards") {
			t.Errorf("%v records, %d lines, %v", n, bytes.Count(b, []byte("\n")), err)
		}
		says(t, m.do(exitUsage, "", "audit", "export", file, "--recipient", "x").err, "exists already")
		key := strings.TrimSpace(m.do(exitDone, "", "audit", "key").out)
		stranger := terminal{t, t.TempDir()} // who verifies needs no desk
		if v := stranger.lines(exitDone, "", "audit", "verify", file, "--key", key)[0]; v["ok"] != true || v["records"].(float64) != n || v["key"] != key {
			t.Errorf("%v", v)
		}
		lines := bytes.SplitAfter(b, []byte("\n"))
		if err := os.WriteFile(file, bytes.Join(slices.Delete(lines, 6, 7), nil), 0o600); err != nil {
			t.Fatal(err)
		}
		says(t, stranger.do(exitFailed, "", "audit", "verify", file).out, "record 7 was removed")
		says(t, m.do(exitFailed, "", "audit", "forward").err, "names no collector")
		table := filepath.Join(t.TempDir(), "log.csv")
		m.do(exitDone, "", "audit", "export", table, "--recipient", "x", "--format", "csv")
		if b, err := os.ReadFile(table); err != nil || !bytes.HasPrefix(b, []byte("seq,prev,time,operation")) {
			t.Errorf("%.80s %v", b, err)
		}
	})

	t.Run("store", func(t *testing.T) {
		m := terminal{t, m.dir}
		if v := m.lines(exitDone, "", "store")[0]; v["passphrase"] != false || v["unfinished"] != false {
			t.Errorf("%v", v)
		}
		m.do(exitDone, "", "store", "rotate")
		says(t, m.do(exitDone, "", "audit", "verify").out, "complete and unchanged")
		says(t, m.do(exitDone, "", "audit").out, "key rotation", "missing")
		says(t, m.do(exitFailed, "no such passphrase\n", "store", "bind").err, "No unlock passphrase is set")
	})

	t.Run("evaluate and doctor", func(t *testing.T) {
		m := terminal{t, m.dir}
		for _, r := range m.lines(exitDone, "", "evaluate") {
			if r["system"] == "rms" && r["calls"].(float64) < 1 {
				t.Errorf("%v", r)
			}
		}
		says(t, m.do(exitDone, "", "evaluate").out, "availability", "rms")
		for _, f := range m.lines(exitDone, "", "doctor") {
			if f["ok"] != true {
				t.Errorf("%v", f)
			}
		}
		says(t, m.do(exitDone, "", "doctor").out, "ok", "keyring", "audit log")
		m.do(exitDone, "", "version")
		m.do(exitDone, "", "--help")
		m.do(exitUsage, "")
	})

	t.Run("a system down", func(t *testing.T) {
		m := terminal{t, m.dir}
		says(t, m.do(exitUsage, "", "demo", "fault", "nowhere", "down").err, "nowhere")
		says(t, m.do(exitUsage, "", "demo", "fault", "custody", "grumpy").err, "grumpy")
		m.lines(exitDone, "", "demo", "fault", "custody", "down")
		l := m.lines(exitPartly, "", with("search", "miller", "aaron", "2011")...)
		if c := l[len(l)-1]; c["complete"] != false || c["failed"].([]any)[0] != "custody" {
			t.Errorf("%v", c)
		}
		says(t, m.do(exitPartly, "", with("search", "miller", "aaron", "2011")...).out, "NOT SEARCHED", "Old copies shown: 1", "in part an old copy")
		says(t, m.do(exitPartly, "", with("case", "miller", "aaron", "2011")...).out, "NOT READ: custody")
		says(t, m.do(exitPartly, "", "doctor").out, "PROBLEM", "custody", "not affected")
		m.do(exitPartly, "", "systems", "list", "--check")
		m.do(exitDone, "", "demo", "fault", "custody", "none")
		m.do(exitDone, "", with("search", "miller", "aaron", "2011")...)
	})

	m.do(exitDone, "", "logout")
	m.do(exitFailed, "", with("search", "miller")...)
	says(t, m.do(exitPartly, "", "doctor").out, "sign-in", "musterctl login")
}

// TestAnEntryFromTheTerminal fills the form in each way there is, and steers what is on its way.
func TestAnEntryFromTheTerminal(t *testing.T) {
	t.Parallel()
	m := demo(t)
	m.login("okafor")
	m.do(exitDone, "", "forms")
	fields := of(m.lines(exitDone, "", "forms", "incident"), "field")
	if len(fields) < 10 || fields[0]["path"] == nil || fields[0]["label"] == nil {
		t.Errorf("%v", fields)
	}
	says(t, m.do(exitDone, "", "forms", "incident").out, "incidentCategory", "concern", "1, 2, 3, 4")
	says(t, m.do(exitDone, "", "outbox").out, "empty")
	m.do(exitFailed, "", "forms", "poem")
	m.do(exitFailed, "", with("submit", "poem")...)
	set := []string{"-s", "startDateTime=" + time.Now().Add(-time.Hour).Format("02/01/2006 15:04"), "-s", "incidentCategory=concern", "-s", "priority=P2",
		"-s", "person.surname=MILLER", "-s", "person.givenName=Aaron", "-s", "location.thoroughfareName=Alder Rise", "-s", "location.postTown=Leeds", "-s", "location.postcode=LS8 2QX"}
	said := []string{"-s", "description=Reported missing by his mother."}

	bad := m.lines(exitFailed, "", with(append([]string{"submit", "incident", "-s", "location.postcode=NO", "-s", "person.dateOfBirth=31/02/2011"}, set[2:]...)...)...)
	named := map[string]bool{}
	for _, f := range of(bad, "field-error") {
		named[f["path"].(string)] = f["say"] != ""
	}
	for _, p := range []string{"person.dateOfBirth", "description"} {
		if !named[p] {
			t.Errorf("%s is not named: %v", p, bad)
		}
	}
	m.do(exitUsage, "", with("submit", "incident", "-s", "shoeSize=44")...)
	m.do(exitUsage, "", with("submit", "incident", "--to", "nowhere")...)
	m.do(exitUsage, "this is no object", with("submit", "incident", "-f", "-")...)
	if l := m.lines(exitDone, "", "outbox"); len(l) != 0 {
		t.Errorf("refused, and still in the outbox: %v", l)
	}
	all := with(slices.Concat([]string{"submit", "incident"}, set, said)...)
	if l := of(m.lines(exitDone, "", append(all, "--preview")...), "preview"); len(l) < 6 {
		t.Errorf("preview %v", l)
	}
	delivered := func(l []map[string]any, n int) {
		t.Helper()
		d := of(l, "delivery")
		if len(d) != n {
			t.Errorf("%d deliveries: %v", len(d), d)
		}
		for _, x := range d {
			if x["state"] != "delivered" || x["reference"] == nil {
				t.Errorf("%v", x)
			}
		}
	}
	delivered(m.lines(exitDone, "", all...), 3)
	file := filepath.Join(t.TempDir(), "fields.json")
	if err := os.WriteFile(file, []byte(`{"description":"From a file."}`), 0o600); err != nil {
		t.Fatal(err)
	}
	delivered(m.lines(exitDone, "", with(slices.Concat([]string{"submit", "incident", "-f", file, "--to", "rms", "--to", "cad"}, set)...)...), 2)
	delivered(m.lines(exitDone, `{"description":"From standard input."}`, with(slices.Concat([]string{"submit", "incident", "-f", "-", "--to", "custody"}, set)...)...), 1)

	m.do(exitDone, "", "demo", "fault", "custody", "down")
	l := m.lines(exitPartly, "", append(all, "--wait", "2s")...)
	id := of(l, "saved")[0]["entry"].(string)
	says(t, m.do(exitPartly, "", "outbox").out, "waiting", id)
	m.do(exitFailed, "", "outbox", "retry", "no-such-entry", "custody")
	m.do(exitFailed, "", "outbox", "retry", id, "rms")
	m.do(exitUsage, "", "outbox", "withdraw", id, "custody")
	m.do(exitUsage, "", "outbox", "withdraw", id, "custody", "--reason", "  ")
	m.do(exitDone, "", "outbox", "withdraw", id, "custody", "--reason", "entered there by telephone")
	m.do(exitDone, "", "demo", "fault", "custody", "none")
	m.do(exitDone, "", "outbox", "run", "--wait", "5s")
	says(t, m.do(exitDone, "", "outbox", "list").out, "delivered", "stopped")

	// What records management has is corrected there; command and control does not let it be.
	m.do(exitFailed, "", "outbox", "show", "no-such-entry")
	if l := m.lines(exitDone, "", "outbox", "show", id); len(of(l, "entry")) != 1 || len(of(l, "delivery")) != 3 {
		t.Errorf("%v", l)
	}
	m.do(exitFailed, "", "outbox", "edit", id, "cad", "-s", "description=At the coach station.")
	m.do(exitUsage, "", "outbox", "edit", id, "rms", "-s", "shoeSize=44")
	l = of(m.lines(exitDone, "", "outbox", "edit", id, "rms", "-s", "description=At the coach station."), "delivery")
	if i := slices.IndexFunc(l, func(x map[string]any) bool { return x["system"] == "rms" }); i < 0 || l[i]["state"] != "delivered" || l[i]["revision"] != 1.0 {
		t.Errorf("%v", l)
	}
	m.do(exitFailed, "", "outbox", "choose", id) // nothing of it has changed
	m.do(exitUsage, "", "logout", "--lose-undelivered")
	m.do(exitDone, "", "logout", "--wipe")
	m.login("okafor")
	says(t, m.do(exitDone, "", "outbox").out, "empty")
}

// TestFormsAtTheTerminal checks, previews, prints and sends a form with two items and a photograph.
func TestFormsAtTheTerminal(t *testing.T) {
	t.Parallel()
	m := demo(t)
	m.login("okafor")
	if l := of(m.lines(exitDone, "", "form", "lint"), "form"); len(l) != 8 {
		t.Errorf("%d forms ship", len(l))
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("id: bad\nname: Bad\nkind: nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, m.do(exitFailed, "", "form", "lint", bad).out, "bad.yaml:3")
	dir := t.TempDir()
	if l := of(m.lines(exitDone, "", "form", "print", "arrest", "-o", dir), "printed"); len(l) != 1 {
		t.Errorf("printed %v", l)
	}
	photo := filepath.Join(dir, "knife.jpg")
	if err := os.WriteFile(photo, []byte("\xff\xd8\xff picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	fields := []string{"-s", "seizurePower=PACE s19", "-s", "item.propertyType=Knife", "-s", "item.description=Kitchen knife", "-s", "item#2.propertyType=Cash", "-s", "item#2.description=Roll of notes"}
	l := of(m.lines(exitDone, "", with(append([]string{"entry", "preview", "property"}, fields...)...)...), "request")
	if len(l) != 3 {
		t.Fatalf("%d requests", len(l))
	}
	for _, r := range l {
		if b, _ := r["body"].(string); !strings.Contains(b, "Roll of notes") || r["say"] != nil {
			t.Errorf("%v", r)
		}
	}
	got := m.lines(exitDone, "", with(append([]string{"submit", "property", "--attach", photo}, fields...)...)...)
	for _, dl := range of(got, "delivery") {
		if dl["state"] != "delivered" || dl["reference"] == nil {
			t.Errorf("%v", dl)
		}
	}
	if n := len(of(m.lines(exitDone, "", "evaluate"), "form-saving")); n != 8 {
		t.Errorf("%d forms in the evaluation", n)
	}
}
