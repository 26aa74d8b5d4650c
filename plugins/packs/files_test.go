package packs

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/text/encoding/charmap"

	_ "muster/plugins/filewire"

	"muster/plugins"
	"muster/plugins/plugintest"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

const warrantsCSV = "WARRANT_NO;PNC_ID;SURNAME;FORENAMES;DOB;SEX;ADDRESS;POSTCODE;OFFENCE;COURT;ISSUED;STATUS;MARKERS\r\n" +
	"W26/0001;23/120018D;MÜLLER;AARON JAMES;03/11/2011;MALE;\"Flat 2, 12 Alder Rise\";LS8 2QX;THEFT;LEEDS;24/11/2026;OPEN;VIOLENT|SELFHARM\r\n" +
	"W26/0002;;O’BRIEN;ZOË;;FEMALE;;;FAIL TO APPEAR;YORK;23/11/2026;OPEN;\r\n" +
	"W26/0003;;SMITH;JOHN;01/1980;UNKNOWN;;LS1 1AA;\"ASSAULT; S.47\";LEEDS;20/11/2026;EXECUTED;KNIVES\r\n"

const propertyPSV = "REF|TYPE|MAKE|SERIAL|IMEI|EXHIBIT|STATUS|STORE|HAZARD|DESCRIPTION\n" +
	"P-1001|Mobile telephone|Fairphone|FP5-00017|490154203237518|AJM/1|Retained|Store 2, shelf 14|N|6\" screen, \"cracked\"\n" +
	"P-1002|Lock knife|||| AJM/2|Retained|Safe|Blade|\n" +
	"END|2\n"

const doneXML = `<?xml version="1.0" encoding="ISO-8859-1"?><Incident ref="I-77"><Number>INC/77/26</Number><Category>concern</Category><Priority>2</Priority>
<From>24/11/2026 22:15</From><Text>Shouting heard.</Text><Place><Street>Alder Rise</Street><Postcode>LS8 2QX</Postcode></Place></Incident>`

// exchange lays out a folder as the force's file exchange has it.
func exchange(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"export", "inbox", "done"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	lay(t, dir, "export/warrants-20261124.csv", "WARRANT_NO;SURNAME\nold;old\n", 26*time.Hour)
	lay(t, dir, "export/warrants-20261125.csv", warrantsCSV, 2*time.Hour)
	lay(t, dir, "export/property.psv", propertyPSV, 2*time.Hour)
	lay(t, dir, "done/I-77.xml", doneXML, time.Hour)
	return dir
}

func lay(t *testing.T, dir, name, text string, age time.Duration) {
	t.Helper()
	b, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	at, full := time.Now().Add(-age), filepath.Join(dir, filepath.FromSlash(name))
	if err := os.WriteFile(full, []byte(b), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(full, at, at); err != nil {
		t.Fatal(err)
	}
}

// folder opens the connector over an address.
func folder(t *testing.T, base string) plugins.System {
	t.Helper()
	p, err := Load("file_drop")
	if err != nil {
		t.Fatal(err)
	}
	info, cfg := p.Info(), plugins.Config{"base_url": base}
	client, err := transport.New(transport.Options{System: "files", Info: info, Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	s, err := info.Open(context.Background(), plugins.Env{System: "files", HTTP: client, Config: cfg, Dictionary: dictionary(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilesAreASystemLikeAnyOther(t *testing.T) {
	dir := exchange(t)
	sys := folder(t, "file://"+filepath.ToSlash(dir))
	if id, err := sys.Check(officer(t)); err != nil || id.Server != "Folder" {
		t.Fatal(id, err)
	}
	for _, c := range []struct {
		kind  pole.Kind
		terms []string
		text  string
		ids   string
		facts map[pole.Property]string
	}{
		{"person", []string{"surname", "muller", "givenName", "aaron"}, "", "W26/0001", map[pole.Property]string{"surname": "MÜLLER", "middleName": "JAMES", "dateOfBirth": "2011-11-03", "sex": "M", "pncId": "2023/0120018D", "warning": "WANTED"}},
		{"person", []string{"surname", "O'Brien", "dateOfBirth", "1990-01-01"}, "", "W26/0002", nil},
		{"person", []string{"surname", "Smith", "dateOfBirth", "1980-01-17"}, "", "W26/0003", map[pole.Property]string{"dateOfBirth": "1980-01"}},
		{"person", []string{"surname", "zzyzx"}, "", "", nil},
		{"person", nil, "assault leeds", "W26/0003", nil},
		{"property", []string{"serialNumber", "fp5-00017"}, "", "P-1001", map[pole.Property]string{"imei": "490154203237518"}},
		{"property", []string{"exhibitReference", "AJM/2"}, "", "P-1002", nil},
		{"incident", []string{"reference", "inc/77/26"}, "", "I-77", map[pole.Property]string{"startDateTime": "2026-11-24T22:15:00Z", "postcode": "LS8 2QX"}},
		{"incident", nil, "alder shouting", "I-77", nil},
	} {
		q := plugins.Query{Kind: c.kind, Text: c.text}
		for i := 0; i < len(c.terms); i += 2 {
			q.Terms = append(q.Terms, term(t, pole.Property(c.terms[i]), c.terms[i+1]))
		}
		p, err := sys.Search(officer(t), q)
		if err != nil || len(p.Gaps) > 0 {
			t.Errorf("%v: %v %v", q, err, p.Gaps)
			continue
		}
		var ids []string
		for _, r := range p.Records {
			ids = append(ids, r.ID)
			for prop, want := range c.facts {
				if !has(r, prop, want) {
					t.Errorf("%v: %s is not %s: %+v", q, prop, want, r.Facts)
				}
			}
			again, err := sys.Fetch(officer(t), r.Ref)
			if err != nil || again.ID != r.ID || len(again.Facts) != len(r.Facts) {
				t.Errorf("fetch of %v: %v", r.Ref, err)
			}
		}
		if got := strings.Join(ids, " "); got != c.ids {
			t.Errorf("%v: %q, want %q", q, got, c.ids)
		}
	}
	lay(t, dir, "export/property.psv", strings.TrimSuffix(propertyPSV, "END|2\n"), time.Hour)
	if err := os.Remove(filepath.Join(dir, "export", "warrants-20261125.csv")); err != nil {
		t.Fatal(err)
	}
	_, err := sys.Search(officer(t), plugins.Query{Kind: "person", Terms: []plugins.Term{term(t, "surname", "smith")}})
	if plugins.KindOf(err) != plugins.Drift || !strings.Contains(err.Error(), "FORENAMES") {
		t.Errorf("an old layout: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "export", "warrants-20261124.csv")); err != nil {
		t.Fatal(err)
	}
	_, err = sys.Search(officer(t), plugins.Query{Kind: "person", Terms: []plugins.Term{term(t, "surname", "smith")}})
	if plugins.KindOf(err) != plugins.Unavailable || !strings.Contains(err.Error(), "not in the folder") {
		t.Errorf("no export: %v", err)
	}
}

func has(r pole.Record, p pole.Property, norm string) bool {
	for _, f := range r.Facts {
		if f.Property == p && f.Value.Norm == norm {
			return true
		}
	}
	return false
}

func TestEntryIsLaidDownOnceWhereverItHasGone(t *testing.T) {
	dir := exchange(t)
	sys := folder(t, "file://"+filepath.ToSlash(dir))
	sub := sys.(plugins.Submitter)
	e := report(t, "drop")
	if _, err := sub.Confirm(officer(t), e, "k-1"); plugins.KindOf(err) != plugins.NotFound {
		t.Errorf("confirm before: %v", err)
	}
	r, err := sub.Submit(officer(t), e, "k-1")
	if err != nil || r.Reference != "k-1" || r.Already {
		t.Fatal(r, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "inbox", "k-1.xml"))
	if err != nil || !strings.Contains(string(b), `<Incident ref="k-1"`) || !strings.Contains(string(b), "<Category>concern</Category>") {
		t.Errorf("%s %v", b, err)
	}
	for i, move := range [][2]string{{}, {"inbox/k-1.xml", "done/k-1.xml"}} {
		if move[0] != "" {
			if err := os.Rename(filepath.Join(dir, move[0]), filepath.Join(dir, move[1])); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := sub.Submit(officer(t), e, "k-1"); err != nil || !r.Already || r.Reference != "k-1" {
			t.Errorf("again %d: %+v %v", i, r, err)
		}
		if r, err := sub.Confirm(officer(t), e, "k-1"); err != nil || r.Reference != "k-1" {
			t.Errorf("confirm %d: %+v %v", i, r, err)
		}
	}
	// A share that has gone must not look like an inbox without the entry.
	for _, d := range []string{"inbox", "done", "export"} {
		if err := os.RemoveAll(filepath.Join(dir, d)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Confirm(officer(t), e, "k-1"); plugins.KindOf(err) != plugins.Unavailable {
		t.Errorf("confirm without the folder: %v", err)
	}
}

// bridge lets the suite put its proxy before a folder: the folder's own wire behind a web server.
func bridge(t *testing.T, base string) *httptest.Server {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	scheme, ok := transport.SchemeOf(u.Scheme)
	if !ok {
		t.Fatal("there is no such scheme")
	}
	wire := scheme.Open(transport.WireEnv{Bases: []*url.URL{u}, Limits: plugins.Limits{Response: 8 << 20, Parallel: 4}, Now: time.Now})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), r.Method, base+r.URL.EscapedPath()+"?"+r.URL.RawQuery, r.Body)
		if err != nil {
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		req.Header = r.Header
		resp, err := wire.RoundTrip(req)
		if err != nil {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		defer resp.Body.Close()
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestConformanceOfFiles(t *testing.T) {
	p, err := Load("file_drop")
	if err != nil {
		t.Fatal(err)
	}
	dir := exchange(t)
	entry := report(t, "conformance")
	plugintest.Run(t, plugintest.Subject{Info: p.Info(), System: "files", Config: plugins.Config{"base_url": bridge(t, "file://"+filepath.ToSlash(dir)).URL},
		Dictionary: dictionary(t), Found: plugins.Query{Kind: "person", Terms: []plugins.Term{term(t, "surname", "müller")}},
		Empty: plugins.Query{Kind: "person", Terms: []plugins.Term{term(t, "surname", "zzyzx")}}, Entry: &entry,
		Effects: func() int {
			names, err := filepath.Glob(filepath.Join(dir, "inbox", "*.xml"))
			if err != nil {
				return -1
			}
			return len(names)
		},
		Waive: map[string]string{"credential_missing": "a folder of this machine asks for no sign-in; package filewire tests SFTP's", "credential_wrong": "a folder of this machine asks for no sign-in; package filewire tests SFTP's"},
		Leaks: []goleak.Option{goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait")}})
}
