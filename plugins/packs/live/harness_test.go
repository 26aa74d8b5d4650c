package live

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// cache is where packaging/dev/live.sh puts what does not come as a system package.
func cache() string {
	if d := os.Getenv("MUSTER_LIVE_DIR"); d != "" {
		return d
	}
	d, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(d, "muster-live")
}

// program finds an installed program: the first of names that is there, absolute or on the path. Without it the test
// is skipped, or fails where all servers are required.
func program(t testing.TB, names ...string) string {
	t.Helper()
	if os.Getenv("MUSTER_LIVE") == "off" {
		t.Skip("the real servers have a run of their own: make live")
	}
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	if os.Getenv("MUSTER_LIVE") == "required" {
		t.Fatalf("%s is not installed: packaging/dev/live.sh installs it", names[0])
	}
	t.Skipf("%s is not installed: packaging/dev/live.sh installs it, and CI does so", names[0])
	return ""
}

// node returns the Node.js that the modules were installed with, and checks that a module is there.
func node(t testing.TB, module string) string {
	t.Helper()
	bin := program(t, filepath.Join(cache(), "node_modules", "node", "bin", "node"))
	if _, err := os.Stat(filepath.Join(cache(), "node_modules", filepath.FromSlash(module))); err != nil {
		if os.Getenv("MUSTER_LIVE") == "required" {
			t.Fatalf("the module %s is not installed: packaging/dev/live.sh installs it", module)
		}
		t.Skipf("the module %s is not installed: packaging/dev/live.sh installs it, and CI does so", module)
	}
	return bin
}

// project copies a folder of testdata to a temporary one beside which Node finds the installed modules.
func project(t testing.TB, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(cache(), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// port returns a port of loopback that is free now.
func port(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, p, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tail keeps the end of what a server writes, to show when something went wrong.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	if len(l.buf) > 8<<10 {
		l.buf = bytes.Clone(l.buf[len(l.buf)-8<<10:])
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}

// serve starts a server in the background, waits until its port answers, and ends it with the test. The server must
// stay in the foreground, as one process.
func serve(t testing.TB, port string, cmd *exec.Cmd) {
	t.Helper()
	out := &tail{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(3 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("%s said at the end:\n%s", filepath.Base(cmd.Path), out)
		}
	})
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended at once", cmd.Path)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", cmd.Path, err)
		}
	}
}

// once runs a program to its end and returns what it wrote.
func once(t testing.TB, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(cmd.Path), err, out)
	}
	return string(out)
}

// ask speaks to a server's own interface, as its owner would. body is sent as JSON unless it is a string; the answer
// comes back decoded, or as text. A status of 400 and above ends the test.
func ask(t testing.TB, method, url string, body any, headers ...string) any {
	t.Helper()
	status, got := try(t, method, url, body, headers...)
	if status >= 400 {
		t.Fatalf("%s %s: %d %v", method, url, status, got)
	}
	return got
}

// try is ask for answers that may be errors.
func try(t testing.TB, method, url string, body any, headers ...string) (int, any) {
	t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	c := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		v = string(raw)
	}
	return resp.StatusCode, v
}

// dig follows names and positions into decoded JSON; null where there is nothing.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			l, _ := v.([]any)
			if k >= len(l) {
				return nil
			}
			v = l[k]
		}
	}
	return v
}

// basic is the value of an Authorization header.
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
