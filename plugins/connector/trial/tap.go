package trial

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"muster/plugins"
	"muster/plugins/connector/replay"
	"muster/plugins/transport"
)

// maxKept bounds what is kept of one answer.
const maxKept = 4 << 20

// Exchange is one request and its answer, without credentials: the sign-in adds them further down.
type Exchange struct {
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers,omitempty"`
	Body     string            `json:"body,omitempty"`
	Status   int               `json:"status,omitempty"`
	Took     time.Duration     `json:"-"`
	Answered map[string]string `json:"answer_headers,omitempty"`
	Answer   string            `json:"answer,omitempty"`
	Failed   string            `json:"failed,omitempty"` // no answer, and why
	Cut      bool              `json:"cut,omitempty"`    // the answer was longer than is kept

	recorded replay.Exchange
}

// tap stands above the transport's client and notes what passes.
type tap struct {
	client *http.Client
	base   string

	mu   sync.Mutex
	list []*noted
}

type noted struct {
	x    Exchange
	resp *http.Response
	body *kept
}

// kept copies what is read of a body.
type kept struct {
	io.ReadCloser
	mu  sync.Mutex
	buf bytes.Buffer
	cut bool
}

func (k *kept) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	k.mu.Lock()
	if room := maxKept - k.buf.Len(); n > room {
		k.buf.Write(p[:max(room, 0)])
		k.cut = true
	} else {
		k.buf.Write(p[:n])
	}
	k.mu.Unlock()
	return n, err
}

// RoundTrip implements http.RoundTripper.
func (t *tap) RoundTrip(req *http.Request) (*http.Response, error) {
	n := &noted{}
	n.x.Method, n.x.URL, n.x.Headers = req.Method, transport.RedactCredentials(req.URL.String()), headers(req.Header)
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body, req.GetBody = io.NopCloser(bytes.NewReader(body)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	n.x.Body = transport.RedactCredentials(string(body))
	n.x.recorded.Request = replay.RequestOf(req, body, t.base)
	t.mu.Lock()
	t.list = append(t.list, n)
	t.mu.Unlock()
	start := time.Now()
	resp, err := t.client.Do(req)
	n.x.Took = time.Since(start)
	if err != nil {
		var e *plugins.Error
		if errors.As(err, &e) {
			err = e // without the address that http.Client writes round it
		}
		n.x.Failed = transport.Redact(err.Error())
		n.x.recorded.Answer.Fails = string(plugins.KindOf(err))
		return nil, err
	}
	n.resp, n.body = resp, &kept{ReadCloser: resp.Body}
	resp.Body = n.body
	return resp, nil
}

// secretHeaders never belong in a report or a recording.
var secretHeaders = map[string]bool{"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Set-Cookie": true, "Www-Authenticate": true}

func headers(h http.Header) map[string]string {
	out := map[string]string{}
	for k, v := range h {
		if secretHeaders[http.CanonicalHeaderKey(k)] {
			continue
		}
		out[k] = transport.RedactCredentials(strings.Join(v, ", "))
	}
	return out
}

// telling are the answer's headers that a connector may read; the others are left out of recordings.
var telling = []string{"Content-Type", "Link", "Etag", "Last-Modified", "Location", "Retry-After", "X-Total-Count", "X-Next-Page", "X-Page", "X-Total-Pages", "X-Total"}

func (t *tap) exchanges() []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Exchange, 0, len(t.list))
	for _, n := range t.list {
		x := n.x
		if n.resp != nil {
			n.body.mu.Lock()
			raw, cut := bytes.Clone(n.body.buf.Bytes()), n.body.cut
			n.body.mu.Unlock()
			x.Status, x.Answered, x.Cut = n.resp.StatusCode, headers(n.resp.Header), cut
			x.recorded.Answer = answerOf(n.resp, raw)
			if utf8.Valid(raw) {
				x.Answer = redacted(raw)
			} else {
				x.Answer = fmt.Sprintf("(%d bytes that are no text)", len(raw))
			}
		}
		out = append(out, x)
	}
	return out
}

func answerOf(resp *http.Response, raw []byte) replay.Answer {
	a := replay.Answer{}
	if resp.StatusCode != http.StatusOK {
		a.Status = resp.StatusCode
	}
	for _, k := range telling {
		if v := resp.Header.Values(k); len(v) > 0 {
			if a.Headers == nil {
				a.Headers = map[string]replay.Text{}
			}
			a.Headers[k] = replay.Text(transport.RedactCredentials(strings.Join(v, ", ")))
		}
	}
	if strings.HasPrefix(string(a.Headers["Content-Type"]), "application/json") {
		delete(a.Headers, "Content-Type") // a recording takes it for granted
	}
	switch {
	case len(raw) == 0:
	case utf8.Valid(raw):
		b := replay.Body(replay.Pretty(resp.Header.Get("Content-Type"), []byte(redacted(raw))))
		a.Body = &b
	default:
		a.Base64 = base64.StdEncoding.EncodeToString(raw)
	}
	return a
}

// redacted takes credentials out of a body. JSON stays JSON.
func redacted(raw []byte) string {
	out := transport.RedactCredentials(string(raw))
	if !json.Valid(raw) || json.Valid([]byte(out)) {
		return out
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return out
	}
	b, err := json.Marshal(blank("", v))
	if err != nil {
		return out
	}
	return string(b)
}

func blank(key string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			x[k] = blank(k, y)
		}
	case []any:
		for i, y := range x {
			x[i] = blank(key, y)
		}
	case string:
		if pair := key + "=xxxxxxxx"; transport.RedactCredentials(pair) != pair {
			return "•••"
		}
		return transport.RedactCredentials(x)
	}
	return v
}
