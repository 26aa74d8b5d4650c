package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
)

func zipped(n int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	chunk := make([]byte, 1<<16)
	for n > 0 {
		k := min(n, len(chunk))
		z.Write(chunk[:k])
		n -= k
	}
	z.Close()
	return b.Bytes()
}

func serve(headers map[string]string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		w.Write(body)
	})
}

func TestAnswersThatAreNotTaken(t *testing.T) {
	truncated := zipped(1000)
	for _, tt := range []struct {
		name string
		h    http.Handler
		kind plugins.ErrorKind
	}{
		{"too large", serve(nil, make([]byte, 2<<10)), plugins.Drift},
		{"too large, chunked", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 4 {
				w.Write(make([]byte, 512))
				w.(http.Flusher).Flush()
			}
		}), plugins.Drift},
		{"decompression bomb", serve(map[string]string{"Content-Encoding": "gzip"}, zipped(64<<20)), plugins.Drift},
		{"not what it says", serve(map[string]string{"Content-Encoding": "gzip"}, []byte("plain text")), plugins.Drift},
		{"compression cut off", serve(map[string]string{"Content-Encoding": "gzip"}, truncated[:len(truncated)-9]), plugins.Unavailable},
		{"compression not asked for", serve(map[string]string{"Content-Encoding": "br"}, []byte("x")), plugins.Drift},
		{"headers without end", serve(map[string]string{"X-Much": strings.Repeat("x", 80<<10)}, nil), plugins.Drift},
		{"first byte too slow", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), plugins.Unavailable},
		{"body too slow", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}), plugins.Unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.h, withLimits(plugins.Limits{Response: 1 << 10, Timeout: 150 * time.Millisecond}))
			_, _, err := r.get("/persons?surname=Private")
			wantKind(t, err, tt.kind)
			if strings.Contains(err.Error(), "Private") {
				t.Fatalf("the error holds a search term: %v", err)
			}
			if c := r.observed(); len(c) != 1 || c[0].Err != tt.kind {
				t.Fatalf("observed %+v", c)
			}
		})
	}
}

func TestCompressedAnswerIsOpened(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("asked with Accept-Encoding %q", req.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped(1024))
	}), withLimits(plugins.Limits{Response: 1 << 10}))
	_, body, err := r.get("/")
	if err != nil || len(body) != 1024 {
		t.Fatal(len(body), err)
	}
}

func TestWriteWithUnreadableAnswerIsUnknown(t *testing.T) {
	r := newRig(t, serve(nil, make([]byte, 2<<10)), withLimits(plugins.Limits{Response: 1 << 10}))
	_, _, err := r.do(officer(), "POST", "/", "x")
	wantKind(t, err, plugins.Unknown)
}

func TestCancelledWriteThatWasSentIsUnknown(t *testing.T) {
	got := make(chan struct{})
	r := newRig(t, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		io.Copy(io.Discard, req.Body)
		close(got)
		<-req.Context().Done()
	}))
	ctx, cancel := context.WithCancel(officer())
	go func() {
		<-got
		cancel()
	}()
	_, _, err := r.do(ctx, "POST", "/", "x")
	wantKind(t, err, plugins.Unknown)
}

func TestCancelledReadReturns(t *testing.T) {
	got := make(chan struct{}, 10)
	r := newRig(t, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		got <- struct{}{}
		<-req.Context().Done()
	}))
	ctx, cancel := context.WithCancel(officer())
	go func() {
		<-got
		cancel()
	}()
	_, _, err := r.do(ctx, "GET", "/", "")
	wantKind(t, err, plugins.Cancelled)
	if len(got) != 0 {
		t.Fatal("a cancelled read was repeated")
	}
}

// raw answers every connection with the same bytes and closes it.
func raw(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			c.Read(buf)
			io.WriteString(c, answer)
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestBrokenHTTP(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		kind   plugins.ErrorKind
	}{
		"not HTTP":                    {"220 mail.example ESMTP\r\n", plugins.Drift},
		"bad header":                  {"HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n", plugins.Drift},
		"bad chunk":                   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", plugins.Drift},
		"two lengths":                 {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", plugins.Drift},
		"nothing":                     {"", plugins.Unavailable},
		"shorter than said":           {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", plugins.Unavailable},
		"chunks without end":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", plugins.Unavailable},
		"HTTP/1.0 cut in its headers": {"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n", plugins.Unavailable},
		"HTTP/1.0 cut before body":    {"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n", plugins.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRigAt(t, raw(t, tt.answer))
			_, _, err := r.get("/")
			wantKind(t, err, tt.kind)
			if strings.Contains(fmt.Sprintf("%+v", errors.Unwrap(err)), "ESMTP") {
				t.Fatal("the cause repeats what the server sent")
			}
		})
	}
}

func TestStreamIsHandedOverAndSilenceEndsIt(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for range 4 {
			io.WriteString(w, "data: x\n\n")
			w.(http.Flusher).Flush()
			time.Sleep(40 * time.Millisecond)
		}
		<-req.Context().Done()
	}), withLimits(plugins.Limits{Timeout: 80 * time.Millisecond, Response: 10}))
	req, _ := http.NewRequestWithContext(Streaming(officer()), http.MethodGet, r.url, nil)
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(got) != strings.Repeat("data: x\n\n", 4) {
		t.Fatalf("got %q: a stream has no limit of size or total time", got)
	}
	wantKind(t, err, plugins.Unavailable)
	if c := r.observed(); len(c) != 1 || c[0].Err != plugins.Unavailable || c[0].Bytes != 36 {
		t.Fatalf("observed %+v", c)
	}
}

func TestStreamsLeaveRoomForRequests(t *testing.T) {
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.(http.Flusher).Flush()
		if req.URL.Path == "/changes" {
			<-req.Context().Done()
		}
	}), withLimits(plugins.Limits{Parallel: 1}))
	req, _ := http.NewRequestWithContext(Streaming(officer()), http.MethodGet, r.url+"/changes", nil)
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, _, err := r.get("/persons"); err != nil || got != 200 {
		t.Fatal(got, err)
	}
}

func TestParallelIsBounded(t *testing.T) {
	var now, most atomic.Int64
	r := newRig(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
	}), withLimits(plugins.Limits{Parallel: 3}))
	done := make(chan error, 20)
	for range 20 {
		go func() { _, _, err := r.get("/"); done <- err }()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if most.Load() > 3 {
		t.Fatalf("%d requests at once, want at most 3", most.Load())
	}
}

func TestUntrustedCertificateIsSaidAndNotRepeated(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	r := newRigAt(t, srv.URL)
	_, _, err := r.do(officer(), "POST", "/", "x")
	e := wantKind(t, err, plugins.Unavailable)
	if !strings.Contains(e.Say, "certificate") || r.observed()[0].Attempts != 1 {
		t.Fatalf("%+v after %d attempts", e, r.observed()[0].Attempts)
	}
}
