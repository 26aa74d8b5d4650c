package filewire

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"muster/plugins"
	"muster/plugins/transport"
)

// remote is a folder of another machine, reached over SFTP.
type remote struct {
	desk
	pool pool
}

func newSFTP(env transport.WireEnv) transport.Wire {
	return &remote{desk: desk{env: env}, pool: pool{env: env}}
}

func (r *remote) CloseIdleConnections() { r.pool.clear() }

// RoundTrip answers from the server's folder. A connection serves one request at a time and ends with its context.
func (r *remote) RoundTrip(req *http.Request) (*http.Response, error) {
	p, err := placeOf(req.URL, r.env.Bases)
	if err != nil {
		return refuse(req, http.StatusForbidden, "The address names what may not be named below the declared folder."), nil
	}
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	user, secret, ok := req.BasicAuth()
	if !ok || user == "" {
		return refuse(req, http.StatusUnauthorized, "SFTP needs auth of kind basic: a user, and a password or a private key."), nil
	}
	for {
		c, used, err := r.pool.take(req.Context(), transport.Place(req.URL), user, secret)
		switch {
		case errors.Is(err, errRefused):
			return refuse(req, http.StatusUnauthorized, "The server did not accept the user with this password or key."), nil
		case err != nil:
			return nil, err
		}
		g := &gate{}
		stop := context.AfterFunc(req.Context(), func() {
			g.leave()
			c.close()
		})
		resp, err := r.serve(req, tree{c.files, "/" + strings.Join(p.root, "/")}, p, body, g)
		if !stop() {
			return nil, req.Context().Err()
		}
		var told *plugins.Error
		if err != nil && !errors.As(err, &told) {
			c.close() // nobody knows what state the connection is in
			if used && !g.passed() {
				continue // the server had ended a connection that was kept
			}
			return nil, err
		}
		r.pool.give(c)
		return resp, err
	}
}

// lost reports that the connection is of no more use.
func lost(err error) bool {
	return errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed)
}

// tree is a store on an SFTP server. Its folders are the server's to confine.
type tree struct {
	c    *sftp.Client
	root string
}

func (t tree) at(name string) string { return path.Join(t.root, name) }

func (t tree) stat(name string) (fs.FileInfo, error) {
	info, err := t.c.Stat(t.at(name))
	return info, plain(err)
}

func (t tree) list(name string, match func(string) bool) ([]fs.FileInfo, error) {
	infos, err := t.c.ReadDir(t.at(name))
	if err != nil {
		return nil, plain(err)
	}
	if len(infos) > maxEntries {
		return nil, errMany
	}
	var out []fs.FileInfo
	for _, info := range infos {
		if !match(info.Name()) {
			continue
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := t.stat(path.Join(name, info.Name()))
			if errors.Is(err, fs.ErrNotExist) {
				continue // a link to nowhere
			}
			if err != nil {
				return nil, err
			}
			info = target
		}
		out = append(out, info)
	}
	return out, nil
}

func (t tree) read(name string, most int64) ([]byte, fs.FileInfo, fs.FileInfo, error) {
	f, err := t.c.Open(t.at(name))
	if err != nil {
		return nil, nil, nil, plain(err)
	}
	defer func() { _ = f.Close() }() // only read
	b, before, after, err := readWhole(&remoteFile{f}, most)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return b, before, after, plain(err)
}

// remoteFile reads in large pieces, of which the client has several under way at once.
type remoteFile struct{ f *sftp.File }

func (r *remoteFile) Stat() (fs.FileInfo, error) { return r.f.Stat() }
func (r *remoteFile) Read(p []byte) (int, error) { return r.f.Read(p) }

func (t tree) write(name string, body []byte, replace bool, commit func() error) error {
	tmp, target := t.at(path.Join(path.Dir(name), "."+path.Base(name)+"."+rand.Text()[:8]+".part")), t.at(name)
	if _, err := t.c.Lstat(target); err == nil && !replace {
		return fs.ErrExist
	}
	f, err := t.c.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return plain(err)
	}
	_, err = f.Write(body)
	if err == nil {
		if _, knows := t.c.HasExtension("fsync@openssh.com"); knows {
			err = f.Sync()
		}
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = commit()
	}
	if err == nil {
		if replace {
			err = t.c.PosixRename(tmp, target)
		} else {
			err = t.appear(tmp, target)
		}
	}
	if err != nil {
		_ = t.c.Remove(tmp) // it has a name that nobody reads
	}
	return plain(err)
}

// appear gives a file its name, unless that is taken. A hard link says so in the same step; SFTP's own renaming does so on
// some servers only, so it is for those that know no links.
func (t tree) appear(tmp, target string) error {
	err := errors.ErrUnsupported
	if _, knows := t.c.HasExtension("hardlink@openssh.com"); knows {
		if err = t.c.Link(tmp, target); err == nil {
			_ = t.c.Remove(tmp) // it has a name that nobody reads
			return nil
		}
	}
	if lost(err) {
		return err
	}
	if _, there := t.c.Lstat(target); there == nil {
		return fs.ErrExist
	}
	return t.c.Rename(tmp, target)
}

// plain gives SFTP's refusals the names that the standard library has for them, without their texts.
func plain(err error) error {
	var status *sftp.StatusError
	switch {
	case err == nil, errors.Is(err, fs.ErrExist), lost(err):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist
	case errors.Is(err, fs.ErrPermission):
		return fs.ErrPermission
	case errors.As(err, &status):
		return fmt.Errorf("SFTP refusal %d", status.Code)
	}
	return err
}

// idleTime is how long an unused connection is kept.
const idleTime = 30 * time.Second
