package plugintest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"

	"muster/plugins/transport"
)

// Trouble is what a Line does to those who call.
type Trouble int

// The troubles of a Line.
const (
	Well  Trouble = iota
	Hangs         // nothing gets through, either way
	Cuts          // the system's answer breaks off after a few bytes
	Drops         // the connection is reset at once
)

// Line stands between a client and a system that does not speak HTTP, byte for byte, and misbehaves on demand.
type Line struct {
	URL string

	to     string
	ln     net.Listener
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	trouble Trouble
	after   int // bytes of an answer that Cuts lets through
	left    int // calls that are still troubled; negative is all
	calls   int
	open    map[net.Conn]bool
}

// NewLine starts a Line before the system at an address such as postgres://127.0.0.1:5432/db. Close ends it.
func NewLine(addr string) (*Line, error) {
	u, err := url.Parse(addr)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("plugintest: %q is not the address of a system", addr)
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Line{to: transport.Place(u), ln: ln, open: map[net.Conn]bool{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return nil, err
	}
	u.Host = net.JoinHostPort(u.Hostname(), port) // the name stays, so that a certificate for it still fits
	l.URL = u.String()
	l.wg.Go(l.serve)
	return l, nil
}

// Trouble troubles the next n calls, or all of them if n is negative, and ends those that are open.
func (l *Line) Trouble(t Trouble, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble, l.left, l.after = t, n, 12
	for c := range l.open {
		sever(c)
	}
}

// Calls is how many connections were made.
func (l *Line) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// Refuse ends the listening, so that who calls is refused.
func (l *Line) Refuse() {
	_ = l.ln.Close()
	l.Trouble(Well, 0)
}

// Close ends the line and every call.
func (l *Line) Close() {
	l.cancel()
	l.Refuse()
	l.wg.Wait()
}

func (l *Line) serve() {
	for {
		c, err := l.ln.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		l.calls++
		t, after := Well, 0
		if l.left != 0 {
			t, after = l.trouble, l.after
			if l.left > 0 {
				l.left--
			}
		}
		l.open[c] = true
		l.mu.Unlock()
		l.wg.Go(func() {
			l.carry(c, t, after)
			l.mu.Lock()
			delete(l.open, c)
			l.mu.Unlock()
			_ = c.Close()
		})
	}
}

func (l *Line) carry(c net.Conn, t Trouble, after int) {
	switch t {
	case Drops:
		sever(c)
		return
	case Hangs:
		_, _ = io.Copy(io.Discard, c) // until the caller gives up, or the line ends
		return
	}
	back, err := (&net.Dialer{}).DialContext(l.ctx, "tcp", l.to)
	if err != nil {
		sever(c)
		return
	}
	defer func() { _ = back.Close() }()
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(back, c)
		_ = back.Close()
	})
	if t == Cuts {
		_, _ = io.CopyN(c, back, int64(after))
		sever(c)
	} else {
		_, _ = io.Copy(c, back)
		_ = c.Close()
	}
	_ = back.Close()
	wg.Wait()
}

// sever breaks a connection off.
func sever(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}
