package main

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// fault is what happens to one request on its way.
type fault string

// The faults. A target without a key of its own is never sent one request twice by the network: no workstation could help that.
const (
	none        fault = ""
	dropBefore  fault = "dropped before"
	dropAfter   fault = "dropped after the commit"
	resetBefore fault = "reset before"
	resetAfter  fault = "reset after the commit"
	cutShort    fault = "answer cut short"
	slowBefore  fault = "slow there"
	slowAfter   fault = "slow back"
	failBefore  fault = "500 before"
	failAfter   fault = "500 after the commit"
	busy        fault = "503 before"
	limited     fault = "429"
	twice       fault = "sent twice by the network"
	hangAfter   fault = "no answer after the commit"
)

var faults = []fault{dropBefore, dropAfter, resetBefore, resetAfter, cutShort, slowBefore, slowAfter, failBefore, failAfter, busy, limited, hangAfter, twice}

// slowest bounds what the network holds back: half of what a workstation waits before it believes 'not there'.
const slowest = settle / 2

// proxy stands between a workstation and one target, on real sockets, and mistreats a share of what passes.
type proxy struct {
	*httptest.Server
	to     *httptest.Server
	twice  bool   // whether the target bears a request that comes twice
	asked  func() // told of each request before it is passed on
	direct http.Client

	mu    sync.Mutex
	dice  *rand.Rand
	rate  float64
	count map[fault]int
	calls int
}

func newProxy(t http.Handler, bearsTwice bool, dice *rand.Rand, asked func()) *proxy {
	p := &proxy{to: httptest.NewServer(t), twice: bearsTwice, asked: asked, dice: dice, count: map[fault]int{}}
	p.Server = httptest.NewServer(p)
	return p
}

func (p *proxy) Close() {
	p.Server.Close()
	p.to.Close()
}

func (p *proxy) faulty(rate float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// draw says what happens to the next request, and how long something slow takes.
func (p *proxy) draw() (fault, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	chance, f := p.dice.Float64(), faults[p.dice.IntN(len(faults))]
	slow := 10*time.Millisecond + time.Duration(p.dice.Int64N(int64(250*time.Millisecond)))
	if chance >= p.rate || f == twice && !p.twice {
		return none, 0
	}
	p.count[f]++
	return f, slow
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	came := time.Now()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return // the workstation died while it was speaking
	}
	f, slow := p.draw()
	p.asked()
	switch f {
	case dropBefore, resetBefore:
		cut(w, f == resetBefore)
		return
	case failBefore:
		answer(w, http.StatusInternalServerError, map[string]string{"say": "broken"})
		return
	case busy:
		answer(w, http.StatusServiceUnavailable, map[string]string{"say": "busy"})
		return
	case limited:
		w.Header().Set("Retry-After", "0")
		answer(w, http.StatusTooManyRequests, map[string]string{"say": "slower"})
		return
	case slowBefore:
		time.Sleep(slow)
	}
	if time.Since(came) > slowest {
		cut(w, true) // this machine held it back longer than any network may: it is lost
		return
	}
	status, back, err := p.pass(r, data)
	if err == nil && f == twice {
		status, back, err = p.pass(r, data)
	}
	if err != nil {
		cut(w, false)
		return
	}
	switch f {
	case dropAfter, resetAfter:
		cut(w, f == resetAfter)
		return
	case failAfter:
		answer(w, http.StatusInternalServerError, map[string]string{"say": "broken"})
		return
	case hangAfter:
		<-r.Context().Done()
		return
	case slowAfter:
		time.Sleep(slow)
	}
	w.Header().Set("Content-Type", "application/json")
	if f == cutShort {
		w.Header().Set("Content-Length", "100000")
	}
	w.WriteHeader(status)
	_, _ = w.Write(back) // the workstation may be gone
	if f == cutShort {
		panic(http.ErrAbortHandler)
	}
}

// pass sends a request on, whether or not the workstation that sent it still lives.
func (p *proxy) pass(r *http.Request, data []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(context.Background(), r.Method, p.to.URL+r.URL.RequestURI(), bytes.NewReader(data))
	if err != nil {
		return 0, nil, err
	}
	req.Header = r.Header.Clone()
	resp, err := p.direct.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	back, err := io.ReadAll(resp.Body)
	return resp.StatusCode, back, err
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter, reset bool) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	c, _, err := h.Hijack()
	if err != nil {
		return
	}
	if tcp, ok := c.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
