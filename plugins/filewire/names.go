package filewire

import (
	"errors"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
)

// pattern is one name of an address: the literal texts between its stars. A plain name has one text.
type pattern []string

func (p pattern) starred() bool { return len(p) > 1 }

// match reports whether the stars of p can stand for what makes it name.
func (p pattern) match(name string) bool {
	if !p.starred() {
		return name == p[0]
	}
	first, last := p[0], p[len(p)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range p[1 : len(p)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}

// place is an address: the declared folder, and the names below it.
type place struct {
	root   []string
	rest   []pattern
	folder bool // it ends in a slash
	double bool // it begins with two slashes: \\server\share
}

var (
	errName = errors.New("a name in the address cannot be used")
	errRoot = errors.New("the address is not below a declared folder")
)

// names takes a path apart. A name with a separator in it, even an escaped one, is refused, and so is one that leads
// upwards: what an expression inserts is always one name.
func names(raw string) ([]pattern, error) {
	var out []pattern
	for _, seg := range strings.Split(raw, "/") {
		if seg == "" {
			continue
		}
		var pat pattern
		for _, part := range strings.Split(seg, "*") {
			text, err := url.PathUnescape(part)
			if err != nil || strings.ContainsAny(text, `/\`) || strings.ContainsFunc(text, unicode.IsControl) {
				return nil, errName
			}
			pat = append(pat, text)
		}
		if name := strings.Join(pat, "*"); name == "." || name == ".." {
			return nil, errName
		}
		out = append(out, pat)
	}
	return out, nil
}

// placeOf finds the declared folder that an address lies in, the innermost of several.
func placeOf(u *url.URL, bases []*url.URL) (place, error) {
	raw := u.EscapedPath()
	p := place{double: strings.HasPrefix(raw, "//"), folder: strings.HasSuffix(raw, "/")}
	all, err := names(raw)
	if err != nil {
		return p, err
	}
	root := -1
	for _, b := range bases {
		above, err := names(b.EscapedPath())
		if err != nil || !strings.EqualFold(b.Host, u.Host) || len(above) > len(all) || len(above) <= root {
			continue
		}
		if slices.EqualFunc(above, all[:len(above)], func(a, b pattern) bool { return slices.Equal(a, b) && !a.starred() }) {
			root = len(above)
		}
	}
	if root < 0 {
		return p, errRoot
	}
	for _, x := range all[:root] {
		p.root = append(p.root, x[0])
	}
	p.rest = all[root:]
	return p, nil
}

func (p place) starred() bool {
	for _, x := range p.rest {
		if x.starred() {
			return true
		}
	}
	return false
}

// name is the address below the declared folder.
func (p place) name() string { return p.first(len(p.rest)) }

// first is the first n names of it.
func (p place) first(n int) string {
	out := "."
	for _, x := range p.rest[:n] {
		out = path.Join(out, x[0])
	}
	return out
}

// query is what a GET asks beside the address.
type query struct {
	pick   string
	settle time.Duration
}

func readQuery(v url.Values) (query, string) {
	q := query{settle: settleTime}
	for name, values := range v {
		switch name {
		case "pick":
			q.pick = values[0]
			if q.pick != "newest" && q.pick != "last" && q.pick != "all" {
				return q, "pick is newest, last or all."
			}
		case "settle":
			d, err := time.ParseDuration(values[0])
			if err != nil || d < 0 || d > maxSettle {
				return q, "settle is a time span such as 10s, at most 24h."
			}
			q.settle = d
		default:
			return q, "A drop folder takes the query parameters pick and settle only."
		}
	}
	return q, ""
}

// unfinished reports a name that programs give to a file that they have not finished.
func unfinished(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, ".") || strings.HasPrefix(lower, "~") || strings.HasSuffix(lower, "~") {
		return true
	}
	switch path.Ext(lower) {
	case ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".writing", ".lock":
		return true
	}
	return false
}

// kindOf gives the type of a file by its name, and how it is compressed.
func kindOf(name string) (ctype, encoding string) {
	lower := strings.ToLower(name)
	if inner, ok := strings.CutSuffix(lower, ".gz"); ok {
		lower, encoding = inner, "gzip"
	}
	switch path.Ext(lower) {
	case ".csv", ".tsv", ".psv":
		return "text/csv", encoding
	case ".xml":
		return "application/xml", encoding
	case ".json":
		return "application/json", encoding
	case ".ndjson", ".jsonl":
		return "application/x-ndjson", encoding
	case ".htm", ".html":
		return "text/html", encoding
	case ".txt", ".log":
		return "text/plain", encoding
	case ".pdf":
		return "application/pdf", encoding
	case ".jpg", ".jpeg":
		return "image/jpeg", encoding
	case ".png":
		return "image/png", encoding
	}
	return "application/octet-stream", encoding
}

// entry is a file or folder in a list.
type entry struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	Size     int64  `json:"size"`
	Modified string `json:"modified"`
	Folder   bool   `json:"folder,omitempty"`
}

func entryOf(at string, info fs.FileInfo) entry {
	e := entry{Name: path.Base(at), Path: at, Modified: info.ModTime().UTC().Format(time.RFC3339Nano), Folder: info.IsDir()}
	if !e.Folder {
		e.Size = info.Size()
	}
	return e
}
