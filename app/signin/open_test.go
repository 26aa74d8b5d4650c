//go:build unix

package signin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheBrowserThatIsNamedIsOpened(t *testing.T) {
	dir := t.TempDir()
	got := filepath.Join(dir, "got")
	program := func(name, script string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return p
	}
	say := program("say", `for a in "$@"; do echo "$a"; done >`+got)
	broken := program("broken", "exit 3")
	const to = "http://127.0.0.1:1/authorize?state=a%20b&x=$(id);'\"`"
	for _, c := range []struct {
		name, browser, want string
		fails               bool
	}{
		{"the address goes last", say, to, false},
		{"arguments stay", say + " --new-window", "--new-window\n" + to, false},
		{"the address goes where it is wanted", say + " --app=%s --quiet", "--app=" + to + "\n--quiet", false},
		{"one that is not installed is passed over", "no-such-browser:" + dir + "/none::" + say, to, false},
		{"one that fails is no reason to open another", broken + ":" + say, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_ = os.Remove(got) // of the case before
			t.Setenv("BROWSER", c.browser)
			if err := systemBrowser(to); (err != nil) != c.fails {
				t.Fatalf("opening: %v", err)
			}
			b, err := os.ReadFile(got)
			if err != nil && !c.fails {
				t.Fatal(err)
			}
			if s := strings.TrimSpace(string(b)); s != c.want {
				t.Errorf("the browser was given %q, want %q", s, c.want)
			}
		})
	}
	for _, none := range []string{"", ":", "no-such-browser"} {
		if known, err := namedBrowser(none, to); known || err != nil {
			t.Errorf("BROWSER=%q: %v %v, want the system's own", none, known, err)
		}
	}
}
