package desk

import (
	"archive/zip"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/app/policy"
	"muster/plugins"
	"muster/plugins/transport"
)

// What IT gets holds nothing of the officer, of a case or of a credential, whatever went through the desk before.
func TestASupportBundleHoldsNothingOfAnybody(t *testing.T) {
	const canary = "CANARYZEBEDEE"
	d := demoPoliced(t, "log_level: debug\n", plugins.Purpose{Code: "other", Text: "looking for " + canary, Case: canary + "-1"})
	log, end, err := openLog(d.Folder(), &d.policy)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("asked", "text", canary, "url", "https://rms.example/"+canary)
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	r := find(t, d, "Miller "+canary)
	_ = r
	if err := d.SetCredential(t.Context(), "nothing", map[string]string{"x": canary}); err == nil {
		t.Fatal("there is no such system")
	}
	transport.Remember(canary + "-secret")
	crash := filepath.Join(d.Folder(), "crash")
	if err := os.MkdirAll(crash, 0o700); err != nil {
		t.Fatal(err)
	}
	report := "panic: (its words are withheld)\n\tdesk/desk.go:12\n" + d.Folder() + "\nAuthorization: Bearer " + canary + "-secret\n"
	if err := os.WriteFile(filepath.Join(crash, "20260101T000000Z.txt"), []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := d.Support(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.zip")
	if _, err := WriteBundle(path, files); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteBundle(path, files); err == nil {
		t.Error("a bundle is replaced")
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = z.Close() })
	names := map[string]bool{}
	o, _ := d.Officer()
	host, _ := os.Hostname()
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		_ = rc.Close()
		if err != nil {
			t.Fatal(err)
		}
		names[strings.SplitN(f.Name, "/", 2)[0]] = true
		for _, secret := range []string{canary, o.Name, o.ID, o.Collar, d.Folder(), host, "MILLER"} {
			if secret != "" && strings.Contains(string(b)+f.Name, secret) {
				t.Errorf("%s holds %q:\n%s", f.Name, secret, b)
			}
		}
	}
	for _, want := range []string{"about.json", "doctor.json", "policy.json", "systems.json", "logs", "crash"} {
		if !names[want] {
			t.Errorf("%s is missing: %v", want, names)
		}
	}
}

func TestTheLogIsWhereAndAsFineAsPolicySays(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	p, err := policy.Parse([]byte("policy: 1\nlog_folder: " + folder + "\nlog_level: error\nlog_keep: 3d\n"))
	if err != nil {
		t.Fatal(err)
	}
	log, end, err := openLog(t.TempDir(), &p)
	if err != nil {
		t.Fatal(err)
	}
	log.Warn("not this")
	log.Error("but this")
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.log"))
	if len(files) != 1 {
		t.Fatalf("%v", files)
	}
	src, err := os.ReadFile(files[0])
	if err != nil || strings.Contains(string(src), "not this") || !strings.Contains(string(src), "but this") {
		t.Errorf("%s %v", src, err)
	}
}

func TestServersAreReachedAsPolicySays(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(srv.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	at, _ := url.Parse(srv.URL)
	// Without the policy nobody knows the server's authority; with it the same server is believed, by every client of the desk.
	n, err := policed(t, "").outward()
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := n.Server(t.Context(), at); r.OK || !strings.Contains(r.Cure, "extra_ca") {
		t.Errorf("%+v", r)
	}
	d := policed(t, "extra_ca: "+ca+"\nproxy: 'http://proxy.example:3128'\nproxy_except: [inside.example]\n")
	if n, err = d.outward(); err != nil {
		t.Fatal(err)
	}
	if r, _ := n.Server(t.Context(), at); !r.OK {
		t.Errorf("%+v", r)
	}
	for to, want := range map[string]string{"https://rms.example": "proxy.example:3128", "https://a.inside.example": "", "http://127.0.0.1:80": ""} {
		req, _ := http.NewRequest(http.MethodGet, to, nil)
		u, err := n.Proxy(req)
		got := ""
		if u != nil {
			got = u.Host
		}
		if err != nil || got != want {
			t.Errorf("%s goes by %q (%v), want %q", to, got, err, want)
		}
	}
	if n, _ := policed(t, "proxy: none\n").outward(); n.Proxy != nil {
		t.Error("a proxy is asked though policy says none")
	}
	if _, err := openPoliced(t, t.TempDir(), "extra_ca: "+filepath.Join(t.TempDir(), "none.pem")+"\n"); err == nil || !strings.Contains(err.Error(), "extra_ca") {
		t.Errorf("got %v", err)
	}
}

func TestTheDoctorLooksOutside(t *testing.T) {
	d := demoPoliced(t, "", lookingFor)
	by := map[string]Finding{}
	for _, f := range d.Doctor(t.Context()) {
		by[f.Check] = f
	}
	for _, check := range []string{"muster", "system", "display", "disk", "keyring", "policy", "clock", "server of rms", "server of sign-in", "audit log"} {
		if by[check].Say == "" {
			t.Errorf("nothing is said of %s", check)
		}
	}
	if f := by["clock"]; !f.OK {
		t.Errorf("%+v", f)
	}
	if f := by["server of rms"]; !f.OK {
		t.Errorf("%+v", f)
	}
}

func TestUpdatesAreOffAndAtMostSaid(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, "9.4\n")
	}))
	t.Cleanup(srv.Close)
	if f, ok := policed(t, "updates_address: '"+srv.URL+"'\n").updateFinding(t.Context()); ok || asked > 0 {
		t.Errorf("asked though updates are off: %+v", f)
	}
	d := policed(t, "updates: notice\nupdates_address: '"+srv.URL+"'\n")
	d.opts.Version = "0.1.0"
	if f, ok := d.updateFinding(t.Context()); !ok || !strings.Contains(f.Say, "9.4 is available") {
		t.Errorf("%+v", f)
	}
	d.opts.Version = "10.0"
	if f, _ := d.updateFinding(t.Context()); !f.OK || strings.Contains(f.Say, "available") {
		t.Errorf("%+v", f)
	}
}

func TestAForcesOwnFilesTakeThePlaceOfThoseThatShip(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "purposes.yaml"), []byte("- {code: drill, label: Exercise}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ps := policed(t, "data_folder: "+folder+"\n").Purposes(); len(ps) != 1 || ps[0].Code != "drill" {
		t.Errorf("%+v", ps)
	}
	if _, err := openPoliced(t, t.TempDir(), "data_folder: "+filepath.Join(folder, "none")+"\n"); err == nil || !strings.Contains(err.Error(), "data_folder") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "purposes.yaml"), []byte("- {cod: drill}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openPoliced(t, t.TempDir(), "data_folder: "+folder+"\n"); err == nil || !strings.Contains(err.Error(), "purposes.yaml") {
		t.Errorf("got %v", err)
	}
}
