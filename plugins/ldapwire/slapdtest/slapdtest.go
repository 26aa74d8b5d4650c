// Package slapdtest starts a private OpenLDAP server on loopback for a test: its own folder and port, gone with the test.
package slapdtest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a running server.
type Server struct {
	Addr string // 127.0.0.1:port
}

// find looks for a program where Debian and others put it.
func find(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/usr/lib/openldap/", "/usr/local/libexec/", "/usr/local/sbin/"} {
		if p, err := exec.LookPath(dir + name); err == nil {
			return p
		}
	}
	const say = "OpenLDAP is not installed: apt-get install slapd ldap-utils; CI does so"
	if os.Getenv("MUSTER_LIVE") == "required" {
		t.Fatal(say)
	}
	t.Skip(say)
	return ""
}

// Start starts a server for one suffix, such as dc=force,dc=example, that holds ldif. settings are further lines of its
// configuration of that database.
func Start(t testing.TB, suffix, ldif string, settings ...string) *Server {
	t.Helper()
	slapd, slapadd := find(t, "slapd"), find(t, "slapadd")
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	var conf strings.Builder
	for _, s := range []string{"core", "cosine", "inetorgperson"} {
		for _, at := range []string{"/etc/ldap/schema/", "/etc/openldap/schema/", "/usr/local/etc/openldap/schema/"} {
			if _, err := os.Stat(at + s + ".schema"); err == nil {
				conf.WriteString("include " + at + s + ".schema\n")
				break
			}
		}
	}
	for _, at := range []string{"/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap"} {
		if _, err := os.Stat(at + "/back_mdb.so"); err == nil {
			conf.WriteString("modulepath " + at + "\nmoduleload back_mdb\n")
			break
		}
	}
	conf.WriteString("pidfile " + filepath.Join(dir, "pid") + "\ndatabase mdb\nsuffix \"" + suffix + "\"\ndirectory " + data + "\nindex objectClass eq\n")
	for _, s := range settings {
		conf.WriteString(s + "\n")
	}
	file := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	add := exec.CommandContext(t.Context(), slapadd, "-q", "-f", file)
	add.Stdin = strings.NewReader(ldif)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()                                                               // its port is what was wanted
	cmd := exec.Command(slapd, "-f", file, "-h", "ldap://"+addr+"/", "-d", "0") //nolint:noctx // ended below, in its own way
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
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
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			_ = c.Close()
			return &Server{Addr: addr}
		}
		select {
		case <-ended:
			t.Fatalf("slapd ended at once:\n%s", log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("slapd does not answer")
		}
	}
}
