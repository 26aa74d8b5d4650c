package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const acceptGzip = "gzip"

// exchange is one attempt on the wire: it bounds time and size and hands over a complete answer, so that a body that
// breaks off is a failure of the attempt and a read can be repeated. A stream is handed over as it comes.
func (c *chain) exchange(req *http.Request, k *call, release func()) (*http.Response, error) {
	parent := req.Context()
	var fresh atomic.Bool // the connection was made for this attempt
	ctx, cancel := context.WithCancelCause(parent)
	clock := time.AfterFunc(c.limits.Timeout, func() { cancel(errSlow) })
	stop := func() {
		clock.Stop()
		cancel(nil)
	}
	fail := func(err error) (*http.Response, error) {
		if cause := context.Cause(ctx); cause != nil && (errors.Is(cause, errSlow) || errors.Is(cause, errSilent)) {
			err = cause
		}
		if fresh.Load() && c.refusedUnread(ctx, req.URL, err) {
			err = errRefusedUnread
		}
		stop()
		release()
		return nil, c.classify(parent, err, k.write, k.sent.Load(), c.limits)
	}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(i httptrace.GotConnInfo) { fresh.Store(!i.Reused) },
		WroteHeaders: func() { k.sent.Store(true) },
	})
	req = req.WithContext(traced)
	if k.stream {
		req.Header.Set("Accept-Encoding", "identity")
	} else {
		req.Header.Set("Accept-Encoding", acceptGzip)
	}
	if k.write {
		unkeyed(req.Header)
	}
	resp, err := c.follow(req)
	if err != nil {
		return fail(err)
	}
	k.status = resp.StatusCode
	if k.stream && resp.StatusCode < 300 {
		clock.Stop()
		release() // a stream would hold its place for ever
		resp.Body = newStream(c, parent, cancel, resp.Body, k)
		return resp, nil
	}
	body, err := c.readAll(resp, k)
	_ = resp.Body.Close()
	if err != nil {
		return fail(err)
	}
	stop()
	release()
	resp.Body = &counted{Reader: bytes.NewReader(body)}
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// unkeyed hides idempotency keys from net/http, which would otherwise repeat such a POST by itself when a kept-alive
// connection fails. The name on the wire is the same: header names have no case.
func unkeyed(h http.Header) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := h[name]; ok {
			delete(h, name)
			h[strings.ToLower(name)] = v
		}
	}
}

// readAll reads the whole answer, decompressed, up to the limit.
func (c *chain) readAll(resp *http.Response, k *call) ([]byte, error) {
	src := io.Reader(&tally{resp.Body, &k.bytes})
	switch enc := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
		if resp.ContentLength > c.limits.Response && resp.Request.Method != http.MethodHead {
			return nil, errTooLarge
		}
	case acceptGzip, "x-gzip":
		z, err := gzip.NewReader(src)
		if errors.Is(err, io.EOF) && (resp.ContentLength == 0 || resp.Request.Method == http.MethodHead) {
			break // an empty answer that is labelled all the same
		}
		if err != nil {
			return nil, unzipped(err)
		}
		src = z
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.Uncompressed = true
	default:
		return nil, errEncoding
	}
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && !resp.Uncompressed {
		buf.Grow(int(min(n, 1<<20)) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(src, c.limits.Response+1))
	switch {
	case n > c.limits.Response:
		return nil, errTooLarge
	case err != nil:
		return nil, unzipped(err)
	case n == 0 && resp.ProtoMajor == 1 && resp.ProtoMinor == 0 && resp.ContentLength < 0 && resp.StatusCode == http.StatusOK && resp.Request.Method != http.MethodHead:
		return nil, io.ErrUnexpectedEOF // an HTTP/1.0 answer cut off within its headers looks exactly like this
	}
	return buf.Bytes(), nil
}

func unzipped(err error) error {
	var corrupt interface{ Corrupt() bool }
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) || strings.HasPrefix(err.Error(), "flate: corrupt") {
		return errEncoding
	}
	return err
}

type tally struct {
	r io.Reader
	n *int64
}

func (t *tally) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	*t.n += int64(n)
	return n, err
}

type counted struct{ *bytes.Reader }

func (*counted) Close() error { return nil }

// stream is an answer handed over as it arrives. Silence for longer than the chain's idle span ends it.
type stream struct {
	c      *chain
	parent context.Context
	cancel context.CancelCauseFunc
	body   io.ReadCloser
	idle   *time.Timer
	silent atomic.Bool
	k      *call
	once   sync.Once
	end    func(error)
}

func newStream(c *chain, parent context.Context, cancel context.CancelCauseFunc, body io.ReadCloser, k *call) *stream {
	s := &stream{c: c, parent: parent, cancel: cancel, body: body, k: k}
	s.idle = time.AfterFunc(c.tune.idle, func() {
		s.silent.Store(true)
		cancel(errSilent)
	})
	return s
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.k.bytes += int64(n)
	if n > 0 {
		s.idle.Reset(s.c.tune.idle)
	}
	if err == nil || errors.Is(err, io.EOF) {
		if err != nil {
			s.finish(nil)
		}
		return n, err
	}
	if s.silent.Load() {
		err = errSilent
	}
	failed := s.c.classify(s.parent, err, false, true, s.c.limits)
	s.finish(failed)
	return n, failed
}

func (s *stream) Close() error {
	s.finish(nil)
	return nil
}

func (s *stream) finish(err error) {
	s.once.Do(func() {
		s.idle.Stop()
		s.cancel(nil)
		_ = s.body.Close()
		if s.end != nil {
			s.end(err)
		}
	})
}
