package filewire

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins"
)

func TestFileIsReadWhole(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.put("exports/persons.csv", "ID;SURNAME\n1;MILLER\n", time.Hour)
		a := r.get("/exports/persons.csv")
		if a.status != 200 || a.body != "ID;SURNAME\n1;MILLER\n" || a.header.Get("Content-Type") != "text/csv" || a.header.Get("Last-Modified") == "" {
			t.Fatalf("%+v", a)
		}
		again, err := r.do(officer(), http.MethodGet, "/exports/persons.csv", "", "If-None-Match", a.header.Get("ETag"))
		if err != nil || again.status != http.StatusNotModified {
			t.Errorf("%+v %v", again, err)
		}
		if a := r.get("/exports/none.csv"); a.status != 404 || !strings.Contains(a.body, "no such file") {
			t.Errorf("missing file: %+v", a)
		}
		r.put("exports/empty.xml", "", time.Hour)
		if a := r.get("/exports/empty.xml"); a.status != 200 || a.body != "" {
			t.Errorf("empty file: %+v", a)
		}
	})
}

// A share that is not connected must never look like a folder without the file: an entry would be sent twice.
func TestMissingFolderIsNotAMissingFile(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.fails(plugins.Unavailable, "not there", http.MethodGet, "/inbox/1.xml", "")
		r.fails(plugins.Unavailable, "not there", http.MethodGet, "/inbox/", "")
		r.fails(plugins.Unavailable, "not there", http.MethodGet, "/inbox/*.xml?pick=newest", "")
		r.fails(plugins.Unavailable, "not there", http.MethodPut, "/inbox/1.xml", "<a/>")
		if err := os.RemoveAll(r.dir); err != nil {
			t.Fatal(err)
		}
		r.fails(plugins.Unavailable, "not there", http.MethodGet, "/1.xml", "")
		r.fails(plugins.Unavailable, "not there", http.MethodPut, "/1.xml", "<a/>")
	})
}

func TestFileThatIsStillWrittenIsNotRead(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.put("a-1.csv", "old", time.Hour)
		r.put("a-2.csv", "ha", 0)
		r.put("a-3.csv.part", "half", time.Hour)
		r.put(".a-4.csv", "half", time.Hour)
		if got := r.names("/"); got != "/a-1.csv" {
			t.Errorf("listed: %s", got)
		}
		a := r.get("/a-*.csv?pick=newest")
		if a.body != "old" || a.header.Get("Muster-Unfinished") != "1" {
			t.Errorf("%+v", a)
		}
		if a := r.get("/a-2.csv?settle=0s"); a.body != "ha" {
			t.Errorf("%+v", a)
		}
		ctx, cancel := context.WithTimeout(officer(), time.Second)
		defer cancel()
		for _, path := range []string{"/a-3.csv.part", "/a-2.csv?settle=1h"} {
			if _, err := r.do(ctx, http.MethodGet, path, ""); plugins.KindOf(err) != plugins.Unavailable {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

func TestFilesArePickedByStars(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.put("exports/persons-20261123.csv", "ID\n1\n", 3*time.Hour)
		r.put("exports/persons-20261125.csv", "ID\n3\n", 2*time.Hour)
		r.put("exports/persons-20261124.csv", "ID\n2\n", time.Hour)
		r.put("exports/other.csv", "no", time.Minute)
		if got := r.names("/exports/persons-*.csv"); got != "/exports/persons-20261123.csv /exports/persons-20261124.csv /exports/persons-20261125.csv" {
			t.Errorf("listed: %s", got)
		}
		if a := r.get("/exports/persons-*.csv?pick=newest"); a.body != "ID\n2\n" {
			t.Errorf("newest: %+v", a)
		}
		if a := r.get("/exports/persons-*.csv?pick=last"); a.body != "ID\n3\n" {
			t.Errorf("last: %+v", a)
		}
		a := r.get("/exports/persons-*.csv?pick=all")
		_, params, err := mime.ParseMediaType(a.header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for m := multipart.NewReader(strings.NewReader(a.body), params["boundary"]); ; {
			part, err := m.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(part)
			got = append(got, part.FileName()+"="+string(b))
		}
		if s := strings.Join(got, " "); s != "persons-20261123.csv=ID\n1\n persons-20261124.csv=ID\n2\n persons-20261125.csv=ID\n3\n" {
			t.Errorf("all: %q", s)
		}
		if a := r.get("/exports/cars-*.csv?pick=newest"); a.status != 404 {
			t.Errorf("nothing to pick: %+v", a)
		}
		if a := r.get("/exports/cars-*.csv?pick=all"); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "multipart/mixed") {
			t.Errorf("all of none: %+v", a)
		}
		// In whichever folder the entry is by now.
		r.put("done/K1.xml", "<a/>", time.Hour)
		if got := r.names("/*/K1.xml"); got != "/done/K1.xml" {
			t.Errorf("in any folder: %s", got)
		}
		if got := r.names("/"); got != "/done /exports" {
			t.Errorf("folders: %s", got)
		}
	})
}

func TestEntryIsWrittenOnceAndWhole(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		if err := os.Mkdir(filepath.Join(r.dir, "inbox"), 0o750); err != nil {
			t.Fatal(err)
		}
		a, err := r.do(officer(), http.MethodPut, "/inbox/K1.xml", "<entry>1</entry>", "If-None-Match", "*")
		if err != nil || a.status != 201 || !strings.Contains(a.body, `"path":"/inbox/K1.xml"`) {
			t.Fatalf("%+v %v", a, err)
		}
		if a := r.get("/inbox/K1.xml"); a.status != 200 || a.body != "<entry>1</entry>" {
			t.Errorf("read back at once: %+v", a)
		}
		for _, headers := range [][]string{{"If-None-Match", "*"}, nil} {
			a, err = r.do(officer(), http.MethodPut, "/inbox/K1.xml", "<entry>2</entry>", headers...)
			if err != nil || a.status != 412 {
				t.Errorf("written over: %+v %v", a, err)
			}
		}
		a, err = r.do(officer(), http.MethodPut, "/inbox/K1.xml", "<entry>3</entry>", "If-Match", `"other"`)
		if err != nil || a.status != 412 {
			t.Errorf("written over another version: %+v %v", a, err)
		}
		a, err = r.do(officer(), http.MethodPut, "/inbox/K1.xml", "<entry>4</entry>", "If-Match", "*")
		if err != nil || a.status != 201 {
			t.Errorf("replaced: %+v %v", a, err)
		}
		left, err := os.ReadDir(filepath.Join(r.dir, "inbox"))
		if err != nil || len(left) != 1 {
			t.Errorf("left behind: %v %v", left, err)
		}
		for _, method := range []string{http.MethodDelete, http.MethodPost, http.MethodPatch} {
			if a, err := r.do(officer(), method, "/inbox/K1.xml", "x"); err != nil || a.status != 405 {
				t.Errorf("%s: %+v %v", method, a, err)
			}
		}
		for _, bad := range []string{"/inbox/", "/inbox/*.xml", "/inbox/K2.part"} {
			if a, err := r.do(officer(), http.MethodPut, bad, "x"); err != nil || a.status != 400 {
				t.Errorf("%s: %+v %v", bad, a, err)
			}
		}
	})
}

func TestOneOfManyWritersWins(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		for i := range 8 {
			wg.Go(func() {
				a, err := r.do(officer(), http.MethodPut, "/K.xml", fmt.Sprintf("<n>%d</n>", i))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got[a.status]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if got[201] != 1 || got[412] != 7 {
			t.Errorf("%v", got)
		}
	})
}

func TestNothingOutsideTheFolder(t *testing.T) {
	r := localRig(t)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.csv"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.put("in.csv", "in", time.Hour)
	for name, target := range map[string]string{"link.csv": filepath.Join(outside, "secret.csv"), "folder": outside, "up": "..", "fine.csv": "in.csv"} {
		if err := os.Symlink(target, filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if a := r.get("/fine.csv"); a.body != "in" {
		t.Errorf("a link within the folder: %+v", a)
	}
	other := filepath.Base(outside)
	for _, path := range []string{"/link.csv", "/folder/secret.csv", "/folder/", "/folder/*.csv?pick=all", "/up/" + other + "/secret.csv", "/..%2F" + other + "%2Fsecret.csv", "/a%5C..%5Cb"} {
		a, err := r.do(officer(), http.MethodGet, path, "")
		if plugins.KindOf(err) == plugins.Denied || err == nil && a.status == 403 {
			continue
		}
		t.Errorf("%s: %+v %v", path, a, err)
	}
	if a, err := r.do(officer(), http.MethodPut, "/folder/new.xml", "<a/>"); err != nil || a.status != 403 {
		t.Errorf("written outside: %+v %v", a, err)
	}
	r.fails(plugins.Denied, "not declared", http.MethodGet, "/../"+other+"/secret.csv", "")
}

func TestPermissionIsSaidPlainly(t *testing.T) {
	if os.Getuid() == 0 {
		dropTo(t)
		return
	}
	permission(t)
}

func permission(t *testing.T) {
	r := localRig(t)
	r.put("closed/a.csv", "a", time.Hour)
	if err := os.Chmod(filepath.Join(r.dir, "closed"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(r.dir, "closed"), 0o700) })
	if a := r.get("/closed/a.csv"); a.status != 403 {
		t.Errorf("%+v", a)
	}
	if a, err := r.do(officer(), http.MethodPut, "/closed/b.xml", "b"); err != nil || a.status != 403 {
		t.Errorf("%+v %v", a, err)
	}
}

func TestLimitsAndOddFiles(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.put("large.csv", strings.Repeat("x", 1<<20+1), time.Hour)
		r.fails(plugins.Drift, "1 MiB", http.MethodGet, "/large.csv", "")
		r.put("l-1.csv", strings.Repeat("x", 700<<10), time.Hour)
		r.put("l-2.csv", strings.Repeat("x", 700<<10), time.Hour)
		r.fails(plugins.Drift, "1 MiB", http.MethodGet, "/l-*.csv?pick=all", "")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte("ID\n1\n"))
		_ = z.Close()
		r.put("small.csv.gz", b.String(), time.Hour)
		if a := r.get("/small.csv.gz"); a.body != "ID\n1\n" || a.header.Get("Content-Type") != "text/csv" {
			t.Errorf("compressed: %+v", a)
		}
		b.Reset()
		z.Reset(&b)
		_, _ = z.Write(bytes.Repeat([]byte{0}, 8<<20))
		_ = z.Close()
		r.put("bomb.csv.gz", b.String(), time.Hour)
		r.fails(plugins.Drift, "1 MiB", http.MethodGet, "/bomb.csv.gz", "")
		if a := r.get("/small.csv.gz?limit=3"); a.status != 400 {
			t.Errorf("unknown parameter: %+v", a)
		}
		if a := r.get("/large.csv/"); a.status != 404 {
			t.Errorf("a file asked for as a folder: %+v", a)
		}
	})
}

func TestCancelledWriteWritesNothing(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(officer())
		cancel()
		if _, err := r.do(ctx, http.MethodPut, "/K.xml", "<a/>"); plugins.KindOf(err) != plugins.Cancelled {
			t.Errorf("%v", err)
		}
		left, err := os.ReadDir(r.dir)
		if err != nil || len(left) != 0 {
			t.Errorf("%v %v", left, err)
		}
	})
}

func TestPatternsMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{{"a-*.csv", "a-1.csv", true}, {"a-*.csv", "a-.csv", true}, {"a-*.csv", "b-1.csv", false}, {"*", "x", true}, {"a*b*c", "a1b2c", true},
		{"a*b*c", "ac", false}, {"ab*ba", "aba", false}, {"x", "x", true}, {"x", "xy", false}} {
		if got := pattern(strings.Split(c.pattern, "*")).match(c.name); got != c.want {
			t.Errorf("%s of %s: %v", c.pattern, c.name, got)
		}
	}
}

// What is written as an address of Windows means a drive or a share.
func TestPlaces(t *testing.T) {
	var bases []*url.URL
	for _, b := range []string{"file:///srv/drop", "file:////server/share", "file:///C:/drop/"} {
		u, err := url.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		bases = append(bases, u)
	}
	for raw, want := range map[string]string{
		"file:///srv/drop/a%20b/x%2Ay.csv": "srv drop|a b x*y.csv", "file:////server/share/a.csv": "server share|a.csv", "file:///C:/drop/a.csv": "C: drop|a.csv",
		"file:///srv/drop/a/": "srv drop|a", "file:///srv/drop/../x": "error", "file:///srv/drop/a%2Fb": "error", "file:///srv/drop/a%00b": "error", "file:///srv": "error",
		"file:///srv/drop/%2e%2e/x": "error", "file:///srv/drop/.": "error", "file:///srv/*/x": "error",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		p, err := placeOf(u, bases)
		got := strings.Join(p.root, " ") + "|"
		for i, x := range p.rest {
			got += map[bool]string{true: " "}[i > 0] + strings.Join(x, "?")
		}
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func FuzzPlaceOf(f *testing.F) {
	for _, s := range []string{"/srv/drop/a.csv", "/srv/drop/..%2fx", "//s/h/*", "/a/b/%5c", "/a/b/%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse("file://" + s)
		if err != nil {
			return
		}
		p, err := placeOf(u, []*url.URL{{Scheme: "file", Path: "/srv/drop"}, {Scheme: "file", Path: "/"}})
		if err != nil {
			return
		}
		for _, x := range p.rest {
			if n := strings.Join(x, "*"); n == ".." || n == "." || n == "" || strings.ContainsAny(n, "/\\\x00") {
				t.Errorf("%q has the name %q", s, n)
			}
		}
	})
}
