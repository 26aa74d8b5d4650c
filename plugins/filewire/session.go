package filewire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"muster/plugins"
	"muster/plugins/transport"
)

// session is one connection, signed in.
type session struct {
	key   string
	ssh   *ssh.Client
	files *sftp.Client
	idle  *time.Timer
}

func (s *session) close() {
	_ = s.ssh.Close() // first, so that nothing waits for an answer
	_ = s.files.Close()
}

// pool keeps connections for a while. Each is of one user with one secret.
type pool struct {
	env  transport.WireEnv
	mu   sync.Mutex
	free []*session
}

// take gives a connection of its own to the caller. used says that it has been kept from before.
func (p *pool) take(ctx context.Context, addr, user, secret string) (s *session, used bool, err error) {
	sum := sha256.Sum256([]byte(user + "\x00" + secret))
	key := addr + "\x00" + string(sum[:])
	p.mu.Lock()
	for i, s := range p.free {
		if s.key == key && s.idle.Stop() {
			p.free = append(p.free[:i], p.free[i+1:]...)
			p.mu.Unlock()
			return s, true, nil
		}
	}
	p.mu.Unlock()
	s, err = p.dial(ctx, addr, user, secret)
	if err == nil {
		s.key = key
	}
	return s, false, err
}

func (p *pool) give(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) >= max(p.env.Limits.Parallel, 1) {
		s.close()
		return
	}
	s.idle = time.AfterFunc(idleTime, func() {
		p.drop(s)
		s.close()
	})
	p.free = append(p.free, s)
}

func (p *pool) drop(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, x := range p.free {
		if x == s {
			p.free = append(p.free[:i], p.free[i+1:]...)
			return
		}
	}
}

func (p *pool) clear() {
	p.mu.Lock()
	free := p.free
	p.free = nil
	p.mu.Unlock()
	for _, s := range free {
		s.idle.Stop()
		s.close()
	}
}

var errRefused = errors.New("the server refused the sign-in")

func (p *pool) dial(ctx context.Context, addr, user, secret string) (*session, error) {
	known, err := hostKeys(p.env.Config["host_key"])
	if err != nil {
		return nil, &plugins.Error{Kind: plugins.Invalid, Say: "This system's setting host_key must hold the SFTP server's public host key, as ssh-keyscan prints it or as SHA256:…. Without it Muster cannot know that it is the right server. Tell IT.", Err: err}
	}
	methods, err := proofs(secret)
	if err != nil {
		return nil, err
	}
	conn, err := p.env.Dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	wrong := false
	c, chans, reqs, err := ssh.NewClientConn(conn, addr, &ssh.ClientConfig{
		User: user, Auth: methods, HostKeyAlgorithms: known.algorithms(), ClientVersion: "SSH-2.0-Muster",
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if wrong = !known.has(key); wrong {
				return errors.New("another host key")
			}
			return nil
		},
	})
	s := &session{}
	if err == nil {
		s.ssh = ssh.NewClient(c, chans, reqs)
		if s.files, err = sftp.NewClient(s.ssh); err != nil {
			_ = s.ssh.Close()
			err = &plugins.Error{Kind: plugins.Unavailable, Say: "The server lets Muster sign in but offers no file transfer (SFTP). Tell IT.", Err: err}
		}
	}
	if !stop() {
		if err == nil {
			s.close()
		}
		return nil, ctx.Err()
	}
	if err == nil {
		return s, nil
	}
	_ = conn.Close()
	switch {
	case wrong, strings.Contains(err.Error(), "no common algorithm for host key"):
		return nil, &plugins.Error{Kind: plugins.Unavailable, Err: errors.Join(transport.ErrStanding, errors.New("another host key")),
			Say: "The SFTP server did not show the host key that is recorded for it. It may be another server. Nothing was sent. Tell IT."}
	case errors.Is(err, errRefused), strings.Contains(err.Error(), errRefused.Error()), strings.Contains(err.Error(), "unable to authenticate"):
		return nil, errRefused
	}
	return nil, err
}

// proofs are the ways to sign in with a secret: a private key if it is one, else a password, which is sent once whatever
// the server calls the method.
func proofs(secret string) ([]ssh.AuthMethod, error) {
	if pem := strings.TrimSpace(secret); strings.HasPrefix(pem, "-----BEGIN ") {
		key, err := ssh.ParsePrivateKey([]byte(pem + "\n"))
		if err != nil {
			var locked *ssh.PassphraseMissingError
			say := "The private key stored for this system cannot be read. Enter it again under Systems, from -----BEGIN to the last line."
			if errors.As(err, &locked) {
				say = "The private key stored for this system is locked by a passphrase. Store one without: the keyring protects it."
			}
			return nil, &plugins.Error{Kind: plugins.Auth, Say: say}
		}
		return []ssh.AuthMethod{ssh.PublicKeys(key)}, nil
	}
	tried := false
	once := func() error {
		if tried {
			return errRefused
		}
		tried = true
		return nil
	}
	return []ssh.AuthMethod{
		ssh.PasswordCallback(func() (string, error) { return secret, once() }),
		ssh.KeyboardInteractive(func(_, _ string, questions []string, echo []bool) ([]string, error) {
			if len(questions) == 0 {
				return nil, nil
			}
			if len(questions) > 1 || echo[0] {
				return nil, errors.New("the server asks for more than a password")
			}
			return []string{secret}, once()
		}),
	}, nil
}

// pinned are the host keys that a server may show.
type pinned struct {
	keys   []ssh.PublicKey
	prints []string
}

// hostKeys reads lines as of ssh-keyscan or known_hosts, public keys as in .pub files, or SHA256 fingerprints, separated
// by line ends or semicolons.
func hostKeys(text string) (pinned, error) {
	var out pinned
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' }) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if print := strings.TrimRight(line, "="); strings.HasPrefix(print, "SHA256:") {
			out.prints = append(out.prints, print)
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			// As ssh-keyscan prints it, the host stands before the key.
			if _, rest, ok := strings.Cut(line, " "); ok {
				key, _, _, _, err = ssh.ParseAuthorizedKey([]byte(rest))
			}
		}
		if err != nil {
			return pinned{}, errors.New("a line of the setting host_key is not a public key")
		}
		out.keys = append(out.keys, key)
	}
	if len(out.keys)+len(out.prints) == 0 {
		return pinned{}, errors.New("the setting host_key is empty")
	}
	return out, nil
}

func (p pinned) has(key ssh.PublicKey) bool {
	b := key.Marshal()
	for _, k := range p.keys {
		if bytes.Equal(k.Marshal(), b) {
			return true
		}
	}
	for _, f := range p.prints {
		if ssh.FingerprintSHA256(key) == f {
			return true
		}
	}
	return false
}

// algorithms asks the server for a key of the kind that is recorded; nil where a fingerprint does not tell.
func (p pinned) algorithms() []string {
	if len(p.prints) > 0 {
		return nil
	}
	var out []string
	for _, k := range p.keys {
		if k.Type() == ssh.KeyAlgoRSA {
			out = append(out, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
			continue
		}
		out = append(out, k.Type())
	}
	return out
}
