package filewire

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path"
	"slices"
	"strconv"
	"strings"
)

// match is one file or folder that an address with stars means.
type match struct {
	name string
	info fs.FileInfo
}

// folder lists what a folder holds. Files that are not finished are left out.
func (d *desk) folder(req *http.Request, s store, p place, q query) (*http.Response, error) {
	p.rest, p.folder = append(slices.Clip(p.rest), pattern{"", ""}), false
	return d.pick(req, s, p, q)
}

func (d *desk) pick(req *http.Request, s store, p place, q query) (*http.Response, error) {
	all, err := matches(s, p)
	if err == nil && len(all) == 0 {
		// A file that moves from one folder to the next between two looks would be in neither: look again.
		all, err = matches(s, p)
	}
	if err != nil {
		return d.failed(req, s, p, err)
	}
	var done []match
	growing := 0
	for _, m := range all {
		switch {
		case m.info.IsDir() && q.pick != "", !m.info.IsDir() && !m.info.Mode().IsRegular():
		case !m.info.IsDir() && !d.settled(m.name, m.info, q):
			growing++
		default:
			done = append(done, m)
		}
	}
	if q.pick == "" {
		list := make([]entry, 0, len(done))
		for _, m := range done {
			list = append(list, entryOf("/"+m.name, m.info))
		}
		return unfinishedToo(answer(req, http.StatusOK, "application/json", encode(list)), growing), nil
	}
	switch {
	case q.pick == "all":
		resp, err := d.join(req, s, p, q, done) // all of none is none
		return unfinishedToo(resp, growing), err
	case len(done) == 0 && growing > 0:
		return d.failed(req, s, p, errGrowing)
	case len(done) == 0:
		return refuse(req, http.StatusNotFound, "There is no file of such a name in the folder."), nil
	}
	best := slices.MaxFunc(done, func(a, b match) int {
		if q.pick == "newest" {
			if c := a.info.ModTime().Compare(b.info.ModTime()); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(path.Base(a.name), path.Base(b.name)), cmp.Compare(a.name, b.name))
	})
	f, err := d.file(s, best.name, q)
	if errors.Is(err, fs.ErrNotExist) {
		err = errGrowing // it was there a moment ago: somebody is exchanging it
	}
	if err != nil {
		return d.failed(req, s, p, err)
	}
	return unfinishedToo(d.send(req, f), growing), nil
}

// unfinishedToo says how many files were left out because they are still being written.
func unfinishedToo(resp *http.Response, n int) *http.Response {
	if resp != nil && n > 0 {
		resp.Header.Set("Muster-Unfinished", strconv.Itoa(n))
	}
	return resp
}

// matches finds what an address means, by name.
func matches(s store, p place) ([]match, error) {
	at := []string{"."}
	var out []match
	for i, pat := range p.rest {
		last := i == len(p.rest)-1
		var next []string
		for _, folder := range at {
			if !pat.starred() && !last {
				next = append(next, path.Join(folder, pat[0]))
				continue
			}
			infos, err := s.list(folder, func(name string) bool { return pat.match(name) && !unfinished(name) })
			if err != nil {
				if i > 0 && len(at) > 1 && errors.Is(err, fs.ErrNotExist) {
					continue // one of several folders does not go on like this
				}
				return nil, err
			}
			for _, info := range infos {
				name := path.Join(folder, info.Name())
				switch {
				case last && (info.IsDir() || !p.folder):
					out = append(out, match{name, info})
				case !last && info.IsDir():
					next = append(next, name)
				}
			}
		}
		if at = next; len(at) > maxEntries || len(out) > maxEntries {
			return nil, errMany
		}
	}
	slices.SortFunc(out, func(a, b match) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// join sends several files as the parts of one answer.
func (d *desk) join(req *http.Request, s store, p place, q query, all []match) (*http.Response, error) {
	if len(all) > maxPicked {
		return d.failed(req, s, p, errMany)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, m := range all {
		f, err := d.file(s, m.name, q)
		if err != nil {
			return d.failed(req, s, p, err)
		}
		ctype, enc := kindOf(f.info.Name())
		h := textproto.MIMEHeader{"Content-Type": {ctype}, "Content-Disposition": {fmt.Sprintf("attachment; filename=%q", path.Base(f.path))},
			"Last-Modified": {f.info.ModTime().UTC().Format(http.TimeFormat)}}
		if enc != "" {
			h.Set("Content-Encoding", enc)
		}
		if f.body == nil || int64(b.Len()+len(f.body)) > d.env.Limits.Response {
			resp := answer(req, http.StatusOK, "multipart/mixed", nil)
			resp.ContentLength = d.env.Limits.Response + 1 // more than an answer may be
			return resp, nil
		}
		part, err := w.CreatePart(h)
		if err == nil {
			_, err = part.Write(f.body)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return answer(req, http.StatusOK, "multipart/mixed; boundary="+w.Boundary(), b.Bytes()), nil
}
