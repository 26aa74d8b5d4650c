package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/plugins"
)

// script answers the n-th request with the n-th step, and with 200 after the last.
func script(count *atomic.Int64, steps ...func(http.ResponseWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		n := int(count.Add(1)) - 1
		if n < len(steps) {
			steps[n](w)
			return
		}
		io.WriteString(w, "done")
	})
}

func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// reset breaks the connection without an answer.
func reset(w http.ResponseWriter) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

func resetMidBody(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, "half of it")
	w.(http.Flusher).Flush()
	reset(w)
}

func TestWhatIsRepeated(t *testing.T) {
	past := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	never := func(ctx context.Context) context.Context { return ctx }
	for _, tt := range []struct {
		name   string
		mark   func(context.Context) context.Context
		method string
		step   func(http.ResponseWriter)
		asked  int64 // requests that reach the server
		kind   plugins.ErrorKind
		status int
	}{
		{"read after 500", never, "GET", status(500), 2, "", 200},
		{"read after 503", never, "GET", status(503), 2, "", 200},
		{"read after 429 with seconds", never, "GET", status(429, "Retry-After", "0"), 2, "", 200},
		{"read after 429 with a date", never, "GET", status(429, "Retry-After", past), 2, "", 200},
		{"read after 429 without a word", never, "GET", status(429), 2, "", 200},
		{"read after a reset", never, "GET", reset, 2, "", 200},
		{"read after a reset within the body", never, "GET", resetMidBody, 2, "", 200},
		{"read not after 404", never, "GET", status(404), 1, "", 404},
		{"read not after 403", never, "GET", status(403), 1, "", 403},
		{"read not after 501", never, "GET", status(501), 1, "", 501},
		{"read not after a SOAP fault", never, "GET", status(500, "Content-Type", "text/xml; charset=utf-8"), 1, "", 500},
		{"search by POST after 500", AsRead, "POST", status(500), 2, "", 200},
		{"search by POST after a reset", AsRead, "POST", reset, 2, "", 200},
		{"write after 429", never, "POST", status(429, "Retry-After", "0"), 2, "", 200},
		{"write not after 500", never, "POST", status(500), 1, "", 500},
		{"write not after 503", never, "POST", status(503, "Retry-After", "0"), 1, "", 503},
		{"write not after a reset", never, "POST", reset, 1, plugins.Unknown, 0},
		{"write not after a reset within the answer", never, "POST", resetMidBody, 1, plugins.Unknown, 0},
		{"PUT not after a reset", never, "PUT", reset, 1, plugins.Unknown, 0},
		{"DELETE not after a reset", never, "DELETE", reset, 1, plugins.Unknown, 0},
		{"honoured key after 500", Idempotent, "POST", status(500), 2, "", 200},
		{"honoured key after a reset", Idempotent, "POST", reset, 2, "", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int64
			r := newRig(t, script(&n, tt.step))
			body := ""
			if tt.method != "GET" {
				body = `{"a":1}`
			}
			got, _, err := r.do(tt.mark(officer()), tt.method, "/x", body)
			if n.Load() != tt.asked {
				t.Fatalf("the server was asked %d times, want %d", n.Load(), tt.asked)
			}
			if tt.kind != "" {
				wantKind(t, err, tt.kind)
			} else if err != nil || got != tt.status {
				t.Fatalf("got %d, %v; want %d", got, err, tt.status)
			}
			if calls := r.observed(); len(calls) != 1 || int64(calls[0].Attempts) != tt.asked {
				t.Fatalf("observed %+v, want one call with %d attempts", calls, tt.asked)
			}
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	var n atomic.Int64
	steps := make([]func(http.ResponseWriter), 20)
	for i := range steps {
		steps[i] = status(502)
	}
	r := newRig(t, script(&n, steps...))
	got, _, err := r.get("/")
	if err != nil || got != 502 || n.Load() != int64(quick.attempts) {
		t.Fatalf("got %d, %v after %d attempts", got, err, n.Load())
	}
	if c := r.observed()[0]; c.Err != plugins.Unavailable || c.Status != 502 {
		t.Fatalf("observed %+v", c)
	}
}

// A kept-alive connection that dies under a POST makes net/http itself repeat it when it carries an idempotency key.
func TestKeyedWriteIsNotRepeatedBelow(t *testing.T) {
	for _, header := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		for _, body := range []string{`{"a":1}`, ""} {
			t.Run(fmt.Sprintf("%s %d", header, len(body)), func(t *testing.T) {
				var posts atomic.Int64
				var seen atomic.Value
				r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					io.Copy(io.Discard, req.Body)
					if req.Method == http.MethodPost {
						seen.Store(req.Header.Get(header))
						posts.Add(1)
						reset(w) // taken, but the answer never leaves
					}
				}))
				if _, _, err := r.get("/warm"); err != nil { // so that the POST travels on a used connection
					t.Fatal(err)
				}
				req, _ := http.NewRequestWithContext(officer(), http.MethodPost, r.url+"/entries", strings.NewReader(body))
				req.Header.Set(header, "k1")
				resp, err := r.client.Do(req)
				if err == nil {
					resp.Body.Close()
				}
				wantKind(t, err, plugins.Unknown)
				if posts.Load() != 1 {
					t.Fatalf("the entry was sent %d times", posts.Load())
				}
				if seen.Load() != "k1" {
					t.Fatalf("the server saw the key %v", seen.Load())
				}
				if req.Header.Get(header) != "k1" {
					t.Fatal("the plugin's own request was changed")
				}
			})
		}
	}
}

func TestRefusedConnectionIsSafeForAWrite(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	base := srv.URL
	srv.Close()
	r := newRigAt(t, base)
	_, _, err := r.do(officer(), "POST", "/entries", "x")
	wantKind(t, err, plugins.Unavailable)
	if c := r.observed()[0]; c.Attempts != quick.attempts {
		t.Fatalf("observed %+v", c)
	}
}

func TestBodyThatCannotBeReadTwiceIsSentOnce(t *testing.T) {
	var n atomic.Int64
	r := newRig(t, script(&n, status(429, "Retry-After", "0")))
	req, _ := http.NewRequestWithContext(officer(), http.MethodPost, r.url, io.NopCloser(io.MultiReader(strings.NewReader("once"))))
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 429 || n.Load() != 1 {
		t.Fatal(resp.StatusCode, n.Load())
	}
}

func TestLongRetryAfterIsToldNotWaitedFor(t *testing.T) {
	for _, h := range []string{"3600", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		var n atomic.Int64
		r := newRig(t, script(&n, status(429, "Retry-After", h)))
		req, _ := http.NewRequestWithContext(officer(), http.MethodGet, r.url, nil)
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		e := FromStatus("custody", resp, false)
		if e.Kind != plugins.Limited || e.After < 59*time.Minute || e.After > time.Hour {
			t.Fatalf("got %+v", e)
		}
		// The pause holds for every caller, and says how long it is.
		_, _, err = r.get("/other")
		if e := wantKind(t, err, plugins.Limited); e.After < 59*time.Minute {
			t.Fatalf("got %+v", e)
		}
		if n.Load() != 1 {
			t.Fatalf("asked %d times during the pause", n.Load())
		}
	}
}

func TestPauseHoldsEveryCaller(t *testing.T) {
	var mu sync.Mutex
	var first, early time.Time
	var n, during atomic.Int64
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 1 {
			mu.Lock()
			first = time.Now()
			mu.Unlock()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		mu.Lock()
		early = time.Now()
		if early.Sub(first) < 900*time.Millisecond {
			during.Add(1)
		}
		mu.Unlock()
	}))
	var wg sync.WaitGroup
	wg.Go(func() { r.get("/a") })
	for n.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // until the answer has come back
	for range 5 {
		wg.Go(func() {
			if got, _, err := r.get("/b"); err != nil || got != 200 {
				t.Error(got, err)
			}
		})
	}
	wg.Wait()
	if during.Load() != 0 {
		t.Fatalf("%d requests went out during the pause", during.Load())
	}
}

func TestCancelledWaitReturns(t *testing.T) {
	var n atomic.Int64
	r := newRig(t, script(&n, status(429, "Retry-After", "2")))
	ctx, cancel := context.WithCancel(officer())
	errs := make(chan error, 1)
	go func() {
		_, _, err := r.do(ctx, http.MethodGet, "/", "")
		errs <- err
	}()
	for n.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	err := <-errs
	wantKind(t, err, plugins.Cancelled)
	if !errors.Is(err, context.Canceled) {
		t.Fatal("the cause is lost")
	}
}

func TestBreakerOpensProbesAndCloses(t *testing.T) {
	var n atomic.Int64
	var well atomic.Bool
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		if !well.Load() {
			w.WriteHeader(500)
		}
	}), func(_ *Options, tn *tuning) { tn.openFor = 300 * time.Millisecond })
	for range 2 {
		r.get("/") // three attempts, then two more until the fifth failure opens it
	}
	if n.Load() != 5 {
		t.Fatalf("%d attempts before the breaker opened, want 5", n.Load())
	}
	_, _, err := r.get("/")
	e := wantKind(t, err, plugins.Unavailable)
	if n.Load() != 5 || e.After <= 0 || !strings.Contains(e.Say, "has not answered since") {
		t.Fatalf("asked %d times; %+v", n.Load(), e)
	}
	well.Store(true)
	time.Sleep(350 * time.Millisecond)
	for range 3 {
		if got, _, err := r.get("/"); err != nil || got != 200 {
			t.Fatal(got, err)
		}
	}
}

func TestAPersonWhoInsistsIsNotHeldUpByTheBreaker(t *testing.T) {
	var n atomic.Int64
	var well atomic.Bool
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		if !well.Load() {
			w.WriteHeader(500)
		}
	}), func(_ *Options, tn *tuning) { tn.openFor = time.Hour })
	for range 3 {
		r.get("/")
	}
	asked := n.Load()
	if _, _, err := r.do(Insist(officer()), http.MethodGet, "/", ""); err != nil {
		t.Fatal(err) // a 500 is an answer
	}
	if n.Load() == asked {
		t.Fatal("the person's request did not leave")
	}
	well.Store(true)
	if got, _, err := r.get("/"); plugins.KindOf(err) != plugins.Unavailable {
		t.Fatalf("the breaker closed without an answer: %d %v", got, err)
	}
	if got, _, err := r.do(Insist(officer()), http.MethodGet, "/", ""); err != nil || got != 200 {
		t.Fatal(got, err)
	}
	if got, _, err := r.get("/"); err != nil || got != 200 {
		t.Fatalf("after a good answer the system is still held up: %d %v", got, err)
	}
}

func TestRefusalsDoNotOpenTheBreaker(t *testing.T) {
	var n atomic.Int64
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.WriteHeader(http.StatusBadRequest)
	}))
	for range 20 {
		if got, _, err := r.get("/"); err != nil || got != 400 {
			t.Fatal(got, err)
		}
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		in   string
		want time.Duration
		ok   bool
	}{
		{"", 0, false}, {"0", 0, true}, {"120", 2 * time.Minute, true}, {" 5 ", 5 * time.Second, true}, {"-1", 0, false},
		{"1.5", 0, false}, {"soon", 0, false}, {"99999999999999999999999", maxAfter, true}, {"86401", maxAfter, true},
		{"Mon, 04 May 2026 10:00:30 GMT", 30 * time.Second, true}, {"Mon, 04 May 2026 09:00:00 GMT", 0, true},
		{"Monday, 04-May-26 10:00:30 GMT", 30 * time.Second, true}, {"Mon May  4 10:00:30 2026", 30 * time.Second, true},
		{"Fri, 04 May 2096 10:00:30 GMT", maxAfter, true},
	} {
		got, ok := retryAfter(tt.in, now)
		if got != tt.want || ok != tt.ok {
			t.Errorf("retryAfter(%q) = %v, %v; want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(maxAfter/time.Second)).Draw(t, "seconds")) * time.Second
		for _, form := range []string{fmt.Sprint(int64(d / time.Second)), now.Add(d).Format(http.TimeFormat)} {
			if got, ok := retryAfter(form, now); !ok || got != d {
				t.Fatalf("%q gives %v, want %v", form, got, d)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", "-5", "Mon, 04 May 2026 10:00:30 GMT", "99999999999999999999", "\x00"} {
		f.Add(s)
	}
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := retryAfter(s, now); d < 0 || d > maxAfter || (!ok && d != 0) {
			t.Fatalf("%q gives %v, %v", s, d, ok)
		}
	})
}

func TestStateOfKnowsOnlyItsOwnClients(t *testing.T) {
	if _, ok := StateOf(nil); ok {
		t.Error("nobody has a state")
	}
	if _, ok := StateOf(http.DefaultClient); ok {
		t.Error("a stranger has a state")
	}
}
