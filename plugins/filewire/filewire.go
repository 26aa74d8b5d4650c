// Package filewire reaches drop folders, on this machine and its shares (file) and over SFTP (sftp), with the manners of
// a careful web server: whole files only, written at once or not at all, never outside the declared folder.
//
// GET of a file gives its bytes, typed by its ending, with ETag and Last-Modified; GET of a folder, or of an address
// with a star in a name, gives a JSON list [{name, path, size, modified, folder}]. Query parameters of a GET:
//
//	pick    newest (by time, then name), last (by name) or all of the files that the stars match; all gives
//	        multipart/mixed with one part a file
//	settle  how long a file must not have changed to count as written: 2s unless given
//
// PUT writes a file in one step and answers 201 with {name, path, size, modified}; one that is there already is not
// touched (412) unless the request has If-Match. There is nothing else: no file is changed, moved or deleted.
package filewire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

const (
	settleTime = 2 * time.Second
	maxSettle  = 24 * time.Hour
	maxWrite   = 64 << 20 // bytes of a file that is written
	maxEntries = 20_000   // names in one folder
	maxPicked  = 1_000    // files read at once
)

func init() {
	transport.RegisterScheme(transport.Scheme{Name: "file", Local: true, Open: newLocal})
	transport.RegisterScheme(transport.Scheme{Name: "sftp", Port: "22", Secure: true, Open: newSFTP})
}

// store is a tree of files. Names are relative to the declared folder, with slashes; "." is the folder itself.
type store interface {
	stat(name string) (fs.FileInfo, error)
	// list gives the entries of a folder that match, links followed.
	list(name string, match func(string) bool) ([]fs.FileInfo, error)
	// read gives a file's bytes, and what it was before and after the reading. A file larger than most is not read.
	read(name string, most int64) (b []byte, before, after fs.FileInfo, err error)
	// write makes a whole file appear under its name; commit is asked just before. Without replace a name that is taken
	// gives fs.ErrExist.
	write(name string, body []byte, replace bool, commit func() error) error
}

// gate lets a write take effect only while its caller still waits for it.
type gate struct {
	mu         sync.Mutex
	gone, open bool
}

func (g *gate) commit(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone || ctx.Err() != nil {
		return context.Canceled
	}
	g.open = true
	transport.Sent(ctx)
	return nil
}

func (g *gate) passed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
}

// desk answers requests from a store.
type desk struct {
	env transport.WireEnv
	own written
}

// written remembers what was written here, which need not settle before it is read back.
type written struct {
	mu   sync.Mutex
	last map[string]string // by path: its tag
}

func (w *written) add(path, tag string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil || len(w.last) > 1000 {
		w.last = map[string]string{}
	}
	w.last[path] = tag
}

func (w *written) has(path, tag string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[path] == tag
}

// serve answers one request. An error is one of the closed set; nothing has been written then unless Sent was called.
func (d *desk) serve(req *http.Request, s store, p place, body []byte, g *gate) (*http.Response, error) {
	switch req.Method {
	case http.MethodGet, http.MethodHead, "":
		return d.get(req, s, p)
	case http.MethodPut:
		return d.put(req, s, p, body, g)
	}
	resp := refuse(req, http.StatusMethodNotAllowed, "A drop folder is read with get and written with put.")
	resp.Header.Set("Allow", "GET, HEAD, PUT")
	return resp, nil
}

func (d *desk) put(req *http.Request, s store, p place, body []byte, g *gate) (*http.Response, error) {
	if p.starred() || p.folder || len(p.rest) == 0 {
		return refuse(req, http.StatusBadRequest, "A file that is written needs a whole name."), nil
	}
	name := p.name()
	if unfinished(p.rest[len(p.rest)-1][0]) {
		return refuse(req, http.StatusBadRequest, "A file of this name would count as unfinished."), nil
	}
	match := req.Header.Get("If-Match")
	if match != "" && match != "*" {
		switch info, err := s.stat(name); {
		case errors.Is(err, fs.ErrNotExist), err == nil && tag(info) != match:
			return refuse(req, http.StatusPreconditionFailed, "The file is not as it was."), nil
		case err != nil:
			return d.failed(req, s, p, err)
		}
	}
	err := s.write(name, body, match != "" && req.Header.Get("If-None-Match") == "", func() error { return g.commit(req.Context()) })
	if errors.Is(err, fs.ErrExist) {
		return refuse(req, http.StatusPreconditionFailed, "A file of this name is there already. It was not touched."), nil
	}
	if err != nil {
		return d.failed(req, s, p, err)
	}
	e := entry{Name: p.rest[len(p.rest)-1][0], Path: "/" + name, Size: int64(len(body)), Modified: d.env.Now().UTC().Format(time.RFC3339)}
	if info, err := s.stat(name); err == nil {
		e = entryOf("/"+name, info)
		d.own.add(name, tag(info))
	}
	resp := answer(req, http.StatusCreated, "application/json", encode(e))
	return resp, nil
}

func (d *desk) get(req *http.Request, s store, p place) (*http.Response, error) {
	q, bad := readQuery(req.URL.Query())
	if bad != "" {
		return refuse(req, http.StatusBadRequest, bad), nil
	}
	if p.starred() {
		return d.pick(req, s, p, q)
	}
	name := p.name()
	info, err := s.stat(name)
	if err != nil {
		return d.failed(req, s, p, err)
	}
	if info.IsDir() {
		return d.folder(req, s, p, q)
	}
	if p.folder {
		return refuse(req, http.StatusNotFound, "This is a file, not a folder."), nil
	}
	f, err := d.file(s, name, q)
	if err != nil {
		return d.failed(req, s, p, err)
	}
	return d.send(req, f), nil
}

// found is one file, read.
type found struct {
	path string
	info fs.FileInfo
	body []byte // nil when it is larger than an answer may be
}

// file reads one file as it stood at one moment.
func (d *desk) file(s store, name string, q query) (found, error) {
	info, err := s.stat(name)
	switch {
	case err != nil:
		return found{}, err
	case !info.Mode().IsRegular():
		return found{}, errOdd
	case unfinished(info.Name()), !d.settled(name, info, q):
		return found{}, errGrowing
	}
	b, before, after, err := s.read(name, d.env.Limits.Response)
	switch {
	case err != nil:
		return found{}, err
	case tag(before) != tag(after), b != nil && int64(len(b)) != after.Size():
		return found{}, errGrowing
	}
	return found{name, after, b}, nil
}

// settled reports whether a file has not changed for a while. One from the future (a server whose clock is ahead) is
// taken: that it does not change while it is read is checked in any case.
func (d *desk) settled(name string, info fs.FileInfo, q query) bool {
	age := d.env.Now().Sub(info.ModTime())
	return age >= q.settle || age < -q.settle || d.own.has(name, tag(info))
}

func (d *desk) send(req *http.Request, f found) *http.Response {
	ctype, enc := kindOf(f.info.Name())
	if f.body == nil { // its length alone tells that it is too large
		resp := transport.WireAnswer(req, http.StatusOK, ctype, nil)
		resp.ContentLength = f.info.Size()
		return resp
	}
	if tag(f.info) == req.Header.Get("If-None-Match") {
		return transport.WireAnswer(req, http.StatusNotModified, "", nil)
	}
	resp := answer(req, http.StatusOK, ctype, f.body)
	if enc != "" {
		resp.Header.Set("Content-Encoding", enc)
	}
	resp.Header.Set("ETag", tag(f.info))
	resp.Header.Set("Last-Modified", f.info.ModTime().UTC().Format(http.TimeFormat))
	return resp
}

var (
	errGrowing = errors.New("the file is still being written")
	errOdd     = errors.New("not a plain file")
	errMany    = errors.New("too many files")
)

// failed tells what went wrong. Only a file that is missing from a folder that is there is certainly not there: a share
// that is not mounted must never look like one without the file.
func (d *desk) failed(req *http.Request, s store, p place, err error) (*http.Response, error) {
	switch {
	case errors.Is(err, context.Canceled):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		if n := len(p.rest); n > 0 && !p.starred() && !p.folder {
			if above, err := s.stat(p.first(n - 1)); err == nil && above.IsDir() {
				return refuse(req, http.StatusNotFound, "There is no such file in the folder."), nil
			}
		}
		return nil, gone(err)
	case errors.Is(err, fs.ErrPermission), outside(err):
		return refuse(req, http.StatusForbidden, "This account may not use the file or folder, or a link leads out of the declared folder."), nil
	case errors.Is(err, errGrowing):
		return nil, unavailable(settleTime, err, "The file is still being written. Try again in a moment.")
	case errors.Is(err, errOdd):
		return refuse(req, http.StatusForbidden, "This is not a plain file."), nil
	case errors.Is(err, errMany):
		return nil, &plugins.Error{Kind: plugins.Drift, Err: err, Say: fmt.Sprintf("The folder of this system holds more files than can be read at once (%d names, %d files). Ask its owner to clear it.", maxEntries, maxPicked)}
	case full(err):
		return nil, unavailable(0, errors.Join(transport.ErrStanding, err), "The drop folder of this system is full. Nothing was written. Tell IT.")
	}
	return nil, err
}

// full reports a disk with no room.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(112))
}

func gone(err error) error {
	return unavailable(0, errors.Join(transport.ErrStanding, err), "The folder of this system is not there. Check that its share is connected; tell IT.")
}

func unavailable(after time.Duration, err error, say string) *plugins.Error {
	return &plugins.Error{Kind: plugins.Unavailable, After: after, Say: say, Err: noNames(err)}
}

// noNames drops the file's name from an error of the operating system: names can say whom a file is about.
func noNames(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		if errors.Is(err, transport.ErrStanding) {
			return errors.Join(transport.ErrStanding, p.Err)
		}
		return p.Err
	}
	return err
}

func refuse(req *http.Request, status int, say string) *http.Response {
	return answer(req, status, "application/json", encode(map[string]string{"error": say}))
}

func answer(req *http.Request, status int, ctype string, b []byte) *http.Response {
	size := int64(len(b))
	if req.Method == http.MethodHead {
		b = nil
	}
	resp := transport.WireAnswer(req, status, ctype, io.NopCloser(bytes.NewReader(b)))
	resp.ContentLength = size
	return resp
}

func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte("null") // texts and numbers always encode
	}
	return b.Bytes()
}

// tag changes when a file does.
func tag(info fs.FileInfo) string {
	if info == nil {
		return ""
	}
	return `"` + strconv.FormatInt(info.Size(), 36) + "-" + strconv.FormatInt(info.ModTime().UnixNano(), 36) + `"`
}

// bodyOf reads what a request wants to write, before anything is done.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	b, err := io.ReadAll(io.LimitReader(req.Body, maxWrite+1))
	if err == nil && len(b) > maxWrite {
		err = &plugins.Error{Kind: plugins.Invalid, Say: "The file to be written is larger than 64 MiB. Nothing was written."}
	}
	return b, err
}
