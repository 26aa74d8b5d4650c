package shell

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Instance is the claim of one running program on one profile. The store's own lock guards the files; this only brings the
// window that is there to the front when the program is started a second time.
type Instance struct {
	path string
	l    net.Listener
}

// Claim claims a profile. With another program there it asks that one to come to the front and returns running = true.
func Claim(profile string, raise func()) (in *Instance, running bool, err error) {
	path, err := instancePath(profile)
	if err != nil {
		return nil, false, err
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		_, werr := c.Write([]byte{'r'})
		answer := make([]byte, 1)
		_, rerr := c.Read(answer)
		_ = c.Close()
		if werr == nil && rerr == nil {
			return nil, true, nil
		}
	}
	// What is left of a program that ended badly does not listen any more.
	_ = os.Remove(path)
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, false, err
	}
	in = &Instance{path: path, l: l}
	go in.serve(raise)
	return in, false, nil
}

func (in *Instance) serve(raise func()) {
	for {
		c, err := in.l.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		b := make([]byte, 1)
		if _, err := c.Read(b); err == nil && b[0] == 'r' {
			_, _ = c.Write([]byte{'o'})
			raise()
		}
		_ = c.Close()
	}
}

// Close gives the claim up.
func (in *Instance) Close() {
	_ = in.l.Close()
	_ = os.Remove(in.path)
}

// instancePath is a short path in a folder that is the officer's alone; a socket's path may hold only about a hundred bytes.
func instancePath(profile string) (string, error) {
	abs, err := filepath.Abs(profile)
	if err != nil {
		return "", err
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		if dir, err = os.UserCacheDir(); err != nil {
			return "", err
		}
	}
	dir = filepath.Join(dir, "muster")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(dir, hex.EncodeToString(sum[:6])+".sock"), nil
}
