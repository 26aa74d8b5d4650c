package filewire

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"muster/plugins"
)

func TestServerMustShowTheRecordedKey(t *testing.T) {
	s, other := startSFTP(t), startSFTP(t)
	dir := t.TempDir()
	at := func(key string) *rig {
		return open(t, dir, "sftp://"+s.addr+filepath.ToSlash(dir), plugins.Config{"host_key": key, "user": "ada"}, map[string]string{"password": "s3cret-word"})
	}
	at("").fails(plugins.Invalid, "host_key", http.MethodGet, "/", "")
	at("nonsense").fails(plugins.Invalid, "host_key", http.MethodGet, "/", "")
	at(other.hostKey()).fails(plugins.Unavailable, "host key that is recorded", http.MethodGet, "/", "")
	at("SHA256:AAAA").fails(plugins.Unavailable, "host key that is recorded", http.MethodGet, "/", "")
	if n := s.count(); n != 0 {
		t.Errorf("a password went to a server that was not known: %d times", n)
	}
	public := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))
	for _, key := range []string{s.hostKey(), public, public + " comment", ssh.FingerprintSHA256(s.signer.PublicKey()), "# a comment\n" + other.hostKey() + "\n" + s.hostKey(), other.hostKey() + "; " + s.hostKey()} {
		if a := at(key).get("/"); a.status != 200 {
			t.Errorf("%s: %+v", key, a)
		}
	}
}

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	s := startSFTP(t)
	dir := t.TempDir()
	r := open(t, dir, "sftp://"+s.addr+filepath.ToSlash(dir), plugins.Config{"host_key": s.hostKey(), "user": "ada"}, map[string]string{"password": "wrong-word"})
	r.fails(plugins.Auth, "sign-in", http.MethodGet, "/", "")
	if n := s.count(); n != 1 {
		t.Errorf("tried %d times", n)
	}
	s.ask()
	r.values["password"] = "s3cret-word"
	if a := r.get("/"); a.status != 200 {
		t.Errorf("asked for the password as a question: %+v", a)
	}
}

func TestSignInByPrivateKey(t *testing.T) {
	s := startSFTP(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if s.key, err = ssh.NewPublicKey(public); err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("word"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	at := func(secret string) *rig {
		return open(t, dir, "sftp://"+s.addr+filepath.ToSlash(dir), plugins.Config{"host_key": s.hostKey(), "user": "ada"}, map[string]string{"password": secret})
	}
	if a := at(string(pem.EncodeToMemory(block))).get("/"); a.status != 200 {
		t.Errorf("%+v", a)
	}
	at(string(pem.EncodeToMemory(locked))).fails(plugins.Auth, "passphrase", http.MethodGet, "/", "")
	at("-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense").fails(plugins.Auth, "cannot be read", http.MethodGet, "/", "")
}

func TestKeptConnectionThatEndedIsReplaced(t *testing.T) {
	s := startSFTP(t)
	dir := t.TempDir()
	r := open(t, dir, "sftp://"+s.addr+filepath.ToSlash(dir), plugins.Config{"host_key": s.hostKey(), "user": "ada"}, map[string]string{"password": "s3cret-word"})
	r.put("a.csv", "a", time.Hour)
	for range 3 {
		if a := r.get("/a.csv"); a.body != "a" {
			t.Fatalf("%+v", a)
		}
	}
	if n := s.count(); n != 1 {
		t.Errorf("signed in %d times", n)
	}
	s.hangUp()
	if a, err := r.do(officer(), http.MethodPut, "/b.xml", "<b/>"); err != nil || a.status != 201 {
		t.Errorf("%+v %v", a, err)
	}
}

func FuzzHostKeys(f *testing.F) {
	for _, s := range []string{"SHA256:AAAA", "h ssh-ed25519 AAAA", "# x\n\n", ";;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := hostKeys(s); err == nil && len(p.keys)+len(p.prints) == 0 {
			t.Error("nothing is pinned")
		}
	})
}
