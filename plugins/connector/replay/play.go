package replay

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"

	"muster/plugins"
)

// player answers a connector's requests from a case. It stands where the transport's client stands, so no secret, no
// sign-in and no network are needed. It is safe for concurrent use.
type player struct {
	base  string // address of the system, for requests that give a path
	files fs.FS  // where answer: {file: …} stands
	list  []Exchange
	learn bool // take the next answer whatever is asked, and note what was asked

	mu       sync.Mutex
	used     []bool
	asked    []Request // by exchange, what was really asked
	problems []string
	done     func() // called when the last answer has been given
}

func newPlayer(base string, files fs.FS, list []Exchange) *player {
	return &player{base: base, files: files, list: list, used: make([]bool, len(list)), asked: make([]Request, len(list)), done: func() {}}
}

// left is how many exchanges nobody has asked for.
func (p *player) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, u := range p.used {
		if !u {
			n++
		}
	}
	return n
}

// RoundTrip implements http.RoundTripper.
func (p *player) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	i, why := p.pick(req, body)
	if i < 0 {
		p.problems = append(p.problems, why)
		p.mu.Unlock()
		return nil, plugins.Errorf(plugins.Drift, "The recording has no such exchange.")
	}
	p.used[i] = true
	p.asked[i] = RequestOf(req, body, p.base)
	last := !slices.Contains(p.used, false)
	p.mu.Unlock()
	resp, err := p.answer(&p.list[i].Answer, req)
	if last {
		p.done()
	}
	return resp, err
}

// pick finds the exchange that a request asks for: the first that fits and was not asked for yet.
func (p *player) pick(req *http.Request, body []byte) (int, string) {
	first := -1
	why := ""
	for i := range p.list {
		if p.used[i] {
			continue
		}
		diff := p.differs(&p.list[i].Request, req, body)
		if diff == "" {
			return i, ""
		}
		if first < 0 {
			first, why = i, diff
		}
	}
	asked := RequestOf(req, body, p.base)
	method, address := asked.line()
	if p.learn && first >= 0 {
		return first, ""
	}
	if first < 0 {
		return -1, fmt.Sprintf("asked for more than is recorded: %s %s", method, address)
	}
	return -1, fmt.Sprintf("%s %s is not what exchange %d expects: %s", method, address, first+1, why)
}

// differs says how a request is not the one of an exchange; "" when it is.
func (p *player) differs(want *Request, req *http.Request, body []byte) string {
	method, address := want.line()
	if method != req.Method {
		return fmt.Sprintf("the method is %s, not %s", req.Method, method)
	}
	u, err := url.Parse(absolute(p.base, address))
	if err != nil {
		return "the recorded address cannot be read"
	}
	switch {
	case u.Scheme != req.URL.Scheme || u.Host != req.URL.Host || strings.TrimSuffix(u.EscapedPath(), "/") != strings.TrimSuffix(req.URL.EscapedPath(), "/"):
		return fmt.Sprintf("the address is %s, not %s", relative(p.base, req.URL), address)
	case !reflect.DeepEqual(u.Query(), req.URL.Query()):
		return "the query is " + queryDiff(u.Query(), req.URL.Query())
	}
	for k, v := range want.Headers {
		if got := strings.Join(req.Header.Values(k), ", "); got != string(v) {
			return fmt.Sprintf("the header %s is %q, not %q", k, got, string(v))
		}
	}
	if want.Body != nil && !sameBody(req.Header.Get("Content-Type"), []byte(*want.Body), body) {
		return "the body is\n" + indent(string(body)) + "\nnot\n" + indent(string(*want.Body))
	}
	return ""
}

func queryDiff(want, got url.Values) string {
	var out []string
	keys := map[string]bool{}
	for k := range want {
		keys[k] = true
	}
	for k := range got {
		keys[k] = true
	}
	for _, k := range sortedKeys(keys) {
		w, g := want[k], got[k]
		switch {
		case reflect.DeepEqual(w, g):
		case g == nil:
			out = append(out, fmt.Sprintf("without %s=%s", k, strings.Join(w, ",")))
		case w == nil:
			out = append(out, fmt.Sprintf("with %s=%s, which is not recorded", k, strings.Join(g, ",")))
		default:
			out = append(out, fmt.Sprintf("%s=%s, not %s", k, strings.Join(g, ","), strings.Join(w, ",")))
		}
	}
	return strings.Join(out, "; ")
}

func absolute(base, address string) string {
	if strings.Contains(address, "://") {
		return address
	}
	return strings.TrimSuffix(base, "/") + address
}

// relative is an address as a recording writes it: below the server address where it is.
func relative(base string, u *url.URL) string {
	s, b := u.String(), strings.TrimSuffix(base, "/")
	if rest, ok := strings.CutPrefix(s, b); ok && b != "" && (rest == "" || strings.ContainsAny(rest[:1], "/?")) {
		return rest
	}
	return s
}

func (p *player) answer(a *Answer, req *http.Request) (*http.Response, error) {
	if a.Fails != "" {
		return nil, &plugins.Error{Kind: plugins.ErrorKind(a.Fails), Say: "The system failed, as recorded.", Err: errors.New("recorded failure")}
	}
	body, err := p.content(a)
	if err != nil {
		p.mu.Lock()
		p.problems = append(p.problems, err.Error())
		p.mu.Unlock()
		return nil, plugins.Errorf(plugins.Drift, "The recording has no such answer.")
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	h := http.Header{}
	for k, v := range a.Headers {
		h.Set(k, string(v))
	}
	if t := contentType(h, body); t != "" {
		h.Set("Content-Type", t)
	}
	return &http.Response{Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req}, nil
}

// content is the body of an answer, wherever it stands.
func (p *player) content(a *Answer) ([]byte, error) {
	switch {
	case a.Body != nil:
		return []byte(*a.Body), nil
	case a.Base64 != "":
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(a.Base64), ""))
		if err != nil {
			return nil, errors.New("what stands under base64 is not base64")
		}
		return b, nil
	case a.File != "":
		if p.files == nil || !fs.ValidPath(a.File) {
			return nil, fmt.Errorf("the answer's file %s cannot be read from here: name a file beside the recordings, without ..", a.File)
		}
		b, err := fs.ReadFile(p.files, a.File)
		if err != nil {
			return nil, fmt.Errorf("the answer's file %s, which is not there, cannot be read: put it beside the recordings", a.File)
		}
		return b, nil
	}
	return nil, nil
}

// dull are the headers that a connector always sends and a recording need not repeat.
var dull = map[string]bool{"Accept": true, "Content-Type": true, "User-Agent": true, "Cache-Control": true, "Authorization": true, "Cookie": true, "Accept-Encoding": true}

// RequestOf writes a request as a recording does.
func RequestOf(req *http.Request, body []byte, base string) Request {
	r := Request{}
	a := Text(relative(base, req.URL))
	switch req.Method {
	case http.MethodPost:
		r.Post = a
	case http.MethodPut:
		r.Put = a
	case http.MethodPatch:
		r.Patch = a
	case http.MethodDelete:
		r.Delete = a
	default:
		r.Get = a
	}
	for k, v := range req.Header {
		if dull[k] {
			continue
		}
		if r.Headers == nil {
			r.Headers = map[string]Text{}
		}
		r.Headers[k] = Text(strings.Join(v, ", "))
	}
	if len(body) > 0 {
		b := Body(Pretty(req.Header.Get("Content-Type"), body))
		r.Body = &b
	}
	return r
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
