//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/app/desk"
)

// running is musterctl demo in a process of its own.
type running struct {
	cmd  *exec.Cmd
	errw bytes.Buffer
	said map[string]any
}

func startDemo(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(os.Args[0], append([]string{"--profile", dir, "--json", "demo", "--scale", "0.1", "--latency", "0"}, args...)...)}
	r.cmd.Env = append(os.Environ(), asProgram+"=1")
	r.cmd.Stderr = &r.errw
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill(); _ = r.cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || json.Unmarshal([]byte(line), &r.said) != nil {
		_ = r.cmd.Wait()
		t.Fatalf("musterctl demo: %v %q\n%s", err, line, r.errw.String())
	}
	return r
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("ended by SIGTERM: %v\n%s", err, r.errw.String())
	}
	says(t, r.errw.String(), "has stopped")
}

// TestDemoStopsAndStartsAgain: SIGTERM ends it in order, and a second start finds its own profile, with what was added to it.
func TestDemoStopsAndStartsAgain(t *testing.T) {
	t.Parallel()
	m := terminal{t, filepath.Join(t.TempDir(), "try")}
	says(t, m.do(exitFailed, "", "demo", "fault", "rms", "down").err, "musterctl demo")
	d := startDemo(t, m.dir)
	for _, k := range []string{"systems", "accounts", "credentials", "faults", "signin", "profile"} {
		if d.said[k] == nil {
			t.Errorf("%s is not printed", k)
		}
	}
	m.login("okafor")
	file := filepath.Join(t.TempDir(), "lost.yaml")
	if err := os.WriteFile(file, []byte(libraryConnector), 0o600); err != nil {
		t.Fatal(err)
	}
	m.do(exitDone, "", "systems", "add", file, "-s", "base_url=http://127.0.0.1:9")
	says(t, m.do(exitFailed, "", "demo", "--scale", "0.1").err, "runs for", "--profile")
	m.do(exitDone, "", with("search", "miller", "--system", "rms")...) // the first did not suffer
	d.stop(t)
	says(t, m.do(exitFailed, "", "demo", "fault", "rms", "down").err, "musterctl demo")
	m.do(exitFailed, "", "login", "--device")

	again := startDemo(t, m.dir)
	says(t, m.do(exitFailed, "", "whoami").err, "musterctl login") // the sign-in server is another one now
	m.login("okafor")
	if l := m.lines(exitDone, "", "systems"); len(l) != 9 {
		t.Errorf("%d systems after the second start: the one that was added is gone", len(l))
	}
	m.do(exitDone, "", with("search", "miller", "aaron", "2011", "--system", "custody")...)
	again.stop(t)
}

func TestDemoSaysWhyItCannotStart(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	p := freePorts(t, 9)
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p+3))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	says(t, m.do(exitFailed, "", "demo", "--port", fmt.Sprint(p), "--scale", "0.1").err, "--port", "not all free")
	if _, err := os.Stat(filepath.Join(m.dir, "profile.yaml")); err == nil {
		t.Error("it left a profile of a force that does not run")
	}
	says(t, m.do(exitFailed, "", "demo", "--scale", "99").err, "at most 20")
	if err := (desk.Profile{Force: "Northshire Police", SignIn: local()}).Save(m.dir); err != nil {
		t.Fatal(err)
	}
	says(t, m.do(exitFailed, "", "demo", "--scale", "0.1").err, "Northshire Police", "--profile")
	if b, err := os.ReadFile(filepath.Join(m.dir, "profile.yaml")); err != nil || !strings.Contains(string(b), "Northshire") {
		t.Error("a real profile was overwritten")
	}
}
