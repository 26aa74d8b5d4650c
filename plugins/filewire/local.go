package filewire

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"muster/plugins/transport"
)

// local is a folder of this machine or of a share that it has mounted.
type local struct{ desk }

func newLocal(env transport.WireEnv) transport.Wire { return &local{desk{env: env}} }

func (l *local) CloseIdleConnections() {}

// RoundTrip answers from the folder that the address lies in. Whatever the folder does (a share that has gone keeps
// every call waiting), the request ends with its context.
func (l *local) RoundTrip(req *http.Request) (*http.Response, error) {
	p, err := placeOf(req.URL, l.env.Bases)
	if err != nil {
		return refuse(req, http.StatusForbidden, "The address names what may not be named below the declared folder."), nil
	}
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	type outcome struct {
		resp *http.Response
		err  error
	}
	g, done := &gate{}, make(chan outcome, 1)
	go func() {
		resp, err := l.open(req, p, body, g)
		done <- outcome{resp, err}
	}()
	select {
	case o := <-done:
		return o.resp, o.err
	case <-req.Context().Done():
		g.leave()
		return nil, req.Context().Err()
	}
}

func (l *local) open(req *http.Request, p place, body []byte, g *gate) (*http.Response, error) {
	r, err := os.OpenRoot(p.here())
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return refuse(req, http.StatusForbidden, "This account may not open the declared folder."), nil
		}
		return nil, gone(err)
	}
	defer func() { _ = r.Close() }() // only read through
	return l.serve(req, rooted{r}, p, body, g)
}

// here is the declared folder as this machine names it: C:\drop, \\server\share\drop, /srv/drop.
func (p place) here() string {
	joined := strings.Join(p.root, "/")
	switch {
	case runtime.GOOS != "windows":
		return "/" + joined
	case p.double:
		return filepath.FromSlash("//" + joined)
	case len(p.root) == 1 && strings.HasSuffix(joined, ":"):
		return joined + `\`
	case len(p.root) > 0 && strings.HasSuffix(p.root[0], ":"):
		return filepath.FromSlash(joined)
	}
	return filepath.FromSlash("/" + joined)
}

// rooted is a store that cannot be left, whatever links lie in it.
type rooted struct{ r *os.Root }

func (s rooted) stat(name string) (fs.FileInfo, error) { return s.r.Stat(filepath.FromSlash(name)) }

func (s rooted) list(name string, match func(string) bool) ([]fs.FileInfo, error) {
	f, err := s.r.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(maxEntries + 1)
	_ = f.Close() // a folder that was only read
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case len(names) > maxEntries:
		return nil, errMany
	}
	var out []fs.FileInfo
	for _, n := range names {
		if !match(n) {
			continue
		}
		info, err := s.stat(path.Join(name, n))
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone since, or a link to nowhere
		case err != nil:
			return nil, err
		default:
			out = append(out, info)
		}
	}
	return out, nil
}

func (s rooted) read(name string, most int64) ([]byte, fs.FileInfo, fs.FileInfo, error) {
	f, err := s.r.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return readWhole(f, most)
}

// readWhole reads an open file, and looks at it before and after.
func readWhole(f interface {
	io.Reader
	Stat() (fs.FileInfo, error)
}, most int64) (b []byte, before, after fs.FileInfo, err error) {
	if before, err = f.Stat(); err != nil {
		return nil, nil, nil, err
	}
	if before.Size() > most {
		return nil, before, before, nil
	}
	b = make([]byte, 0, before.Size()+512)
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, nil, err
		}
		if int64(len(b)) > most {
			return nil, before, before, nil
		}
	}
	after, err = f.Stat()
	return b, before, after, err
}

// write puts the bytes on the disk under a name of its own, then gives them the wanted one in one step.
func (s rooted) write(name string, body []byte, replace bool, commit func() error) (err error) {
	tmp := filepath.FromSlash(path.Join(path.Dir(name), "."+path.Base(name)+"."+rand.Text()[:8]+".part"))
	target := filepath.FromSlash(name)
	if _, err := s.r.Lstat(target); err == nil && !replace {
		return fs.ErrExist
	}
	f, err := s.r.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return errors.New("a name by chance is taken")
		}
		return err
	}
	defer func() {
		if rm := s.r.Remove(tmp); rm != nil && !errors.Is(rm, fs.ErrNotExist) && err == nil {
			err = nil // the file is there; what is left beside it has a name that nobody reads
		}
	}()
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := commit(); err != nil {
		return err
	}
	if replace {
		err = s.r.Rename(tmp, target)
	} else if err = s.r.Link(tmp, target); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
		// Not every file system knows links. Between this look and the renaming only another writer of the same name could
		// come, and names carry the entry's key.
		if _, there := s.r.Lstat(target); there == nil {
			return fs.ErrExist
		}
		err = s.r.Rename(tmp, target)
	}
	if err != nil {
		return err
	}
	return s.syncFolder(path.Dir(name))
}

// syncFolder makes a new name durable, where the system knows of such a thing.
func (s rooted) syncFolder(name string) error {
	d, err := s.r.Open(filepath.FromSlash(name))
	if err != nil {
		return nil // the file is there; the folder may be written but not opened
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil && runtime.GOOS != "windows" && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// outside recognises os.Root's refusal to leave the folder, which has no type.
func outside(err error) bool {
	return err != nil && strings.Contains(err.Error(), "path escapes from parent")
}
