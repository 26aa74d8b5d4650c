package plugintest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// tap is the plugin's own side of its client: it counts what the plugin asks, and can keep the answers and give them
// again with something changed. It sees what the plugin sees, whatever the protocol beneath, and no credential.
type tap struct {
	next http.RoundTripper

	mu    sync.Mutex
	calls int
	tape  *tape // nil: neither kept nor given
}

// tape is what a plugin asked and was answered.
type tape struct {
	mu    sync.Mutex
	takes []*take
	play  bool                               // answers come from here where they can
	spoil func(*take) (body []byte, ok bool) // when played: another body
}

// take is one exchange.
type take struct {
	method, url string
	sent        []byte
	status      int
	header      http.Header
	body        []byte
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *tap) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.calls++
	tape := t.tape
	t.mu.Unlock()
	if tape == nil {
		return t.next.RoundTrip(r)
	}
	sent, err := sentBody(r)
	if err != nil {
		return nil, err
	}
	if tape.play {
		if x := tape.find(r, sent); x != nil {
			return x.answer(r, tape.spoil), nil
		}
		return t.next.RoundTrip(r)
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusSeeOther || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp, err // 303 is how the transport carries its own failures
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	tape.mu.Lock()
	defer tape.mu.Unlock()
	tape.takes = append(tape.takes, &take{r.Method, r.URL.String(), sent, resp.StatusCode, resp.Header.Clone(), body})
	return resp, nil
}

// asked is how often the plugin used its client.
func (t *tap) asked() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

func (t *tap) use(x *tape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tape = x
}

// record runs f and keeps what the plugin asked and was answered.
func (t *tap) record(f func() error) ([]*take, error) {
	x := &tape{}
	t.use(x)
	defer t.use(nil)
	err := f()
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.takes, err
}

// play runs f on what was kept, with spoil's changes.
func (t *tap) play(takes []*take, spoil func(*take) ([]byte, bool), f func() error) error {
	t.use(&tape{takes: takes, play: true, spoil: spoil})
	defer t.use(nil)
	return f()
}

func (x *tape) find(r *http.Request, sent []byte) *take {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := slices.IndexFunc(x.takes, func(k *take) bool {
		return k.method == r.Method && k.url == r.URL.String() && bytes.Equal(k.sent, sent)
	})
	if i < 0 {
		return nil
	}
	return x.takes[i]
}

func (k *take) answer(r *http.Request, spoil func(*take) ([]byte, bool)) *http.Response {
	body := k.body
	if spoil != nil {
		if other, ok := spoil(k); ok {
			body = other
		}
	}
	h := k.header.Clone()
	h.Del("Content-Length")
	return &http.Response{Status: http.StatusText(k.status), StatusCode: k.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// sentBody reads a request's body and puts it back.
func sentBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, errors.New("plugintest: the plugin's own request cannot be read")
	}
	_ = r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(b))
	return b, nil
}
