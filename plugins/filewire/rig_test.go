package filewire

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"muster/plugins"
	"muster/plugins/transport"
)

// rig is a folder, and a client that reaches it through the whole transport.
type rig struct {
	t      *testing.T
	dir    string // the declared folder
	base   string // its address
	client *http.Client
	values map[string]string
	fresh  func() *http.Client
}

type vault map[string]string

func (v vault) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, transport.ErrNoCredential
}

func (v vault) Value(_ context.Context, _, option string) (string, error) {
	if s, ok := v[option]; ok {
		return s, nil
	}
	return "", transport.ErrNoCredential
}

func officer() context.Context {
	return plugins.WithAccess(context.Background(), plugins.Access{Officer: "ada", Operation: "consultation", Correlation: "c", Audited: 1})
}

func open(t *testing.T, dir, base string, cfg plugins.Config, values map[string]string) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir, base: base, values: values}
	info := plugins.Info{ID: "drop", Name: "Drop", Hosts: []string{"base_url"}, Limits: plugins.Limits{Response: 1 << 20}, Options: []plugins.Option{
		{Name: "base_url", Type: plugins.OptionURL, Label: "Folder", Required: true}, {Name: "host_key", Type: plugins.OptionString, Label: "Host key"},
		{Name: "user", Type: plugins.OptionString, Label: "User"}, {Name: "password", Type: plugins.OptionSecret, Label: "Password"}}}
	full := plugins.Config{"base_url": base}
	for k, v := range cfg {
		full[k] = v
	}
	if values != nil {
		info.Auth = []plugins.AuthSpec{{Kind: plugins.AuthBasic, User: "user", Secret: "password"}}
	}
	r.fresh = func() *http.Client {
		c, err := transport.New(transport.Options{System: "drop", Info: info, Config: full, Credentials: vault(values)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdleConnections)
		return c
	}
	r.client = r.fresh()
	return r
}

// local gives a folder of this machine, remote one behind an SFTP server.
func localRig(t *testing.T) *rig {
	dir := t.TempDir()
	return open(t, dir, "file://"+filepath.ToSlash(dir), nil, nil)
}

func remoteRig(t *testing.T) *rig {
	dir := t.TempDir()
	s := startSFTP(t)
	return open(t, dir, "sftp://"+s.addr+filepath.ToSlash(dir), plugins.Config{"host_key": s.hostKey(), "user": "ada"}, map[string]string{"password": "s3cret-word"})
}

// both runs a test on each.
func both(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Run("file", func(t *testing.T) { f(t, localRig(t)) })
	t.Run("sftp", func(t *testing.T) { f(t, remoteRig(t)) })
}

type reply struct {
	status int
	body   string
	header http.Header
}

func (r *rig) do(ctx context.Context, method, path, body string, headers ...string) (reply, error) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body == "" {
		req.Body, req.GetBody = http.NoBody, nil
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, string(b), resp.Header}, err
}

func (r *rig) get(path string) reply {
	r.t.Helper()
	a, err := r.do(officer(), http.MethodGet, path, "")
	if err != nil {
		r.t.Fatalf("%s: %v", path, err)
	}
	return a
}

// fails wants a failure of this kind whose text holds words.
func (r *rig) fails(kind plugins.ErrorKind, words, method, path, body string) {
	r.t.Helper()
	r.client = r.fresh() // no breaker that an earlier failure has opened
	_, err := r.do(officer(), method, path, body)
	var e *plugins.Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(e.Say, words) {
		r.t.Errorf("%s %s: want %s (%s), got %v", method, path, kind, words, err)
	}
}

// put lays a file that is old enough to be read into the folder.
func (r *rig) put(name, body string, age time.Duration) {
	r.t.Helper()
	full := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(body), 0o600); err != nil {
		r.t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(full, at, at); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) names(path string) string {
	r.t.Helper()
	a := r.get(path)
	var list []entry
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != 200 {
		r.t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Path)
	}
	return strings.Join(out, " ")
}

// sshServer is a real SSH server with the SFTP subsystem.
type sshServer struct {
	addr   string
	signer ssh.Signer
	mu     sync.Mutex
	tries  int
	conns  []net.Conn
	key    ssh.PublicKey // of the user who signs in by key
	asks   bool          // only keyboard-interactive
}

func (s *sshServer) hostKey() string {
	return "127.0.0.1 " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))
}

func (s *sshServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// ask makes the server ask for the password as a question.
func (s *sshServer) ask() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks = true
}

// hangUp ends every connection, as a server does with idle ones.
func (s *sshServer) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

func startSFTP(t *testing.T) *sshServer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sshServer{addr: ln.Addr().String(), signer: signer}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		s.hangUp()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			wg.Go(func() { s.serve(c) })
		}
	})
	return s
}

func (s *sshServer) serve(c net.Conn) {
	defer c.Close()
	check := func(user, password string) (*ssh.Permissions, error) {
		s.mu.Lock()
		s.tries++
		s.mu.Unlock()
		if user != "ada" || password != "s3cret-word" {
			return nil, errors.New("refused")
		}
		return nil, nil
	}
	cfg := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if s.key == nil || string(key.Marshal()) != string(s.key.Marshal()) {
				return nil, errors.New("refused")
			}
			return nil, nil
		},
		KeyboardInteractiveCallback: func(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errors.New("refused")
			}
			return check(m.User(), answers[0])
		},
	}
	s.mu.Lock()
	asks := s.asks
	s.mu.Unlock()
	if !asks {
		cfg.PasswordCallback = func(m ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) { return check(m.User(), string(p)) }
	}
	cfg.AddHostKey(s.signer)
	conn, chans, reqs, err := ssh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(reqs)
	for ch := range chans {
		if ch.ChannelType() != "session" {
			_ = ch.Reject(ssh.UnknownChannelType, "")
			continue
		}
		channel, requests, err := ch.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				ok := r.Type == "subsystem" && string(r.Payload[4:]) == "sftp"
				_ = r.Reply(ok, nil)
				if !ok {
					continue
				}
				server, err := sftp.NewServer(channel)
				if err == nil {
					_ = server.Serve()
					_ = channel.Close()
				}
			}
		}()
	}
}
