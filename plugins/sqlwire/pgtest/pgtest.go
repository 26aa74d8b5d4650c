// Package pgtest starts a private PostgreSQL server on loopback for a test: its own folder and port, scram passwords,
// gone with the test.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
)

// The owner of everything in the server.
const (
	Owner    = "owner"
	Password = "owner-word-of-the-test"
)

// Server is a running server.
type Server struct {
	Addr string // 127.0.0.1:port
	t    testing.TB
}

// Start starts a server. Where none is installed the test is skipped, or fails if MUSTER_LIVE is "required".
func Start(t testing.TB) *Server {
	t.Helper()
	bin := folder()
	if bin == "" {
		const say = "PostgreSQL is not installed: apt-get install postgresql; CI does so"
		if os.Getenv("MUSTER_LIVE") == "required" {
			t.Fatal(say)
		}
		t.Skip(say)
	}
	// Not t.TempDir: a path of its own length keeps the socket's name short, and the server's own user must reach it.
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := runAs(t, dir)
	word := filepath.Join(dir, "word")
	if err := os.WriteFile(word, []byte(Password+"\n"), 0o644); err != nil { //nolint:gosec // read by the server's user; of this test alone
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	init := as(filepath.Join(bin, "initdb"), "-D", data, "-U", Owner, "--auth=scram-sha-256", "--pwfile="+word, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close() // its port is what was wanted
	cmd := as(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "timezone=Europe/London")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt) // the fast way down
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	}))
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), t: t}
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err := s.exec("postgres", "SELECT 1"); err == nil {
			return s
		}
		select {
		case <-ended:
			t.Fatalf("PostgreSQL ended at once:\n%s", log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("PostgreSQL does not answer")
		}
	}
}

// folder is where PostgreSQL's programs are, "" for nowhere.
func folder() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is right
	slices.Sort(found)
	if n := len(found); n > 0 {
		return filepath.Dir(found[n-1])
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p)
	}
	return ""
}

// runAs returns how to run the server's programs: it refuses to be root, so root lends it the user postgres.
func runAs(t testing.TB, dir string) func(name string, args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		return func(name string, args ...string) *exec.Cmd {
			cmd := exec.Command(name, args...)
			cmd.Dir = dir
			return cmd
		}
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL does not run as root and there is no user postgres: %v", err)
	}
	uid, gid := atoi(u.Uid), atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		become(cmd, uid, gid)
		return cmd
	}
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // 0 is root, which the server refuses by itself
	return n
}

// URL is the address of a database, without user and password.
func (s *Server) URL(database string) string { return "postgres://" + s.Addr + "/" + database }

// Exec runs statements as the owner, each ended by a semicolon.
func (s *Server) Exec(database, statements string) {
	s.t.Helper()
	if err := s.exec(database, statements); err != nil {
		s.t.Fatalf("PostgreSQL: %v", err)
	}
}

// Value runs one query as the owner and gives its first value as text.
func (s *Server) Value(database, query string, args ...any) string {
	s.t.Helper()
	db, err := s.open(database)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var out sql.NullString
	if err := db.QueryRow(query, args...).Scan(&out); err != nil {
		s.t.Fatalf("PostgreSQL: %v", err)
	}
	return out.String
}

func (s *Server) open(database string) (*sql.DB, error) {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(Owner, Password), Host: s.Addr, Path: "/" + database, RawQuery: "sslmode=disable"}
	return sql.Open("pgx", u.String())
}

func (s *Server) exec(database, statements string) error {
	db, err := s.open(database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, statements)
	return err
}

// Reader makes a user who may read the views of a database's schema public, and nothing else.
func (s *Server) Reader(database, name, password string, views ...string) {
	s.t.Helper()
	s.Exec(database, fmt.Sprintf(`CREATE ROLE %s LOGIN PASSWORD '%s'; GRANT CONNECT ON DATABASE %s TO %s; GRANT SELECT ON %s TO %s;`,
		name, password, database, name, strings.Join(views, ", "), name))
}
