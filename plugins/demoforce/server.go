package demoforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// latency is how long a system usually thinks, at Options.Latency 1.
type latency struct{ least, spread time.Duration }

// server is one port: a handler behind latency and faults. It can be taken down and brought back on the same port.
type server struct {
	id      string
	addr    string
	log     *slog.Logger
	handler http.Handler
	latency latency
	factor  float64
	now     func() time.Time
	faults  faultState

	mu     sync.Mutex
	http   *http.Server
	cancel context.CancelFunc // ends hanging and streaming answers
	wait   sync.WaitGroup
	closed bool
}

func (s *server) listen(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	h := &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	s.http, s.cancel = h, cancel
	s.wait.Go(func() {
		if err := h.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Warn("server ended", "error", err)
		}
	})
}

// down closes the port and every connection; callers hold no lock.
func (s *server) down() {
	s.mu.Lock()
	h, cancel := s.http, s.cancel
	s.http = nil
	s.mu.Unlock()
	if h != nil {
		cancel()
		_ = h.Close()
		s.wait.Wait()
	}
}

func (s *server) up() error {
	s.mu.Lock()
	open := s.http != nil || s.closed
	s.mu.Unlock()
	if open {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("port of %s: %w", s.id, err)
	}
	s.listen(ln)
	return nil
}

func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.down()
}

func (s *server) set(f Fault) error {
	st := &s.faults
	st.mu.Lock()
	st.fault, st.on, st.left, st.refused, st.until = f, true, f.Count, map[string]bool{}, time.Time{}
	st.dice = newDice(1, s.id)
	if f.DurationMS > 0 {
		st.until = s.now().Add(time.Duration(f.DurationMS) * time.Millisecond)
	}
	st.mu.Unlock()
	if f.Kind != FaultDown {
		return s.up()
	}
	s.down()
	if f.DurationMS > 0 {
		time.AfterFunc(time.Duration(f.DurationMS)*time.Millisecond, func() {
			if x, ok := s.current(); !ok || x.Kind != FaultDown {
				if err := s.up(); err != nil {
					s.log.Warn("could not come back", "error", err)
				}
			}
		})
	}
	return nil
}

func (s *server) clear() error {
	s.faults.mu.Lock()
	s.faults.on = false
	s.faults.mu.Unlock()
	return s.up()
}

func (s *server) current() (Fault, bool) {
	st := &s.faults
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.on && (!st.until.IsZero() && !s.now().Before(st.until) || st.fault.Count > 0 && st.left == 0) {
		st.on = false
	}
	return st.fault, st.on
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, s.largest())
	if !s.think(r.Context()) {
		return
	}
	f, hit := s.faults.take(r, s.now())
	if !hit {
		s.handler.ServeHTTP(w, r)
		return
	}
	switch f.Kind {
	case FaultSlow:
		if sleep(r.Context(), time.Duration(f.DelayMS)*time.Millisecond) {
			s.handler.ServeHTTP(w, r)
		}
	case FaultHang:
		_, _ = io.Copy(io.Discard, r.Body) // the client's leaving is only noticed once its body is read
		<-r.Context().Done()
	case FaultLimited:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		broken(w, s.id, http.StatusTooManyRequests)
	case FaultError:
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		broken(w, s.id, status)
	case FaultMalformed:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":[{"id":"`+strings.Repeat("?", 40)+"\n<!-- gateway -->")
	case FaultTooLarge:
		s.flood(w, f.Bytes)
	case FaultExpired:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="expired"`)
		broken(w, s.id, http.StatusUnauthorized)
	case FaultResetBefore:
		reset(w)
	case FaultResetAfter:
		s.handler.ServeHTTP(&memory{header: http.Header{}}, r)
		reset(w)
	case FaultTruncated:
		m := &memory{header: http.Header{}}
		s.handler.ServeHTTP(m, r)
		s.cut(w, m)
	default:
		s.handler.ServeHTTP(w, r)
	}
}

// largest is how much one request may bring: the property store takes films.
func (s *server) largest() int64 {
	if s.id == "property" {
		return 1 << 30
	}
	return 1 << 20
}

// think waits as long as this system usually takes.
func (s *server) think(ctx context.Context) bool {
	if s.factor <= 0 || s.latency.least == 0 {
		return true
	}
	s.faults.mu.Lock()
	if s.faults.dice.Rand == nil {
		s.faults.dice = newDice(1, s.id)
	}
	x := s.faults.dice.Float64()
	s.faults.mu.Unlock()
	return sleep(ctx, time.Duration(s.factor*(float64(s.latency.least)+x*x*float64(s.latency.spread))))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reset ends the connection so that the client sees a reset and not an orderly close.
func reset(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// cut promises the whole answer and sends half.
func (s *server) cut(w http.ResponseWriter, m *memory) {
	for k, v := range m.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(m.body.Len()))
	if m.status != 0 {
		w.WriteHeader(m.status)
	}
	_, _ = w.Write(m.body.Bytes()[:m.body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (s *server) flood(w http.ResponseWriter, n int64) {
	if n == 0 {
		n = 64 << 20
	}
	w.Header().Set("Content-Type", "application/json")
	pad := bytes.Repeat([]byte(" "), 32<<10)
	_, _ = io.WriteString(w, `{"data":[`)
	for ; n > 0; n -= int64(len(pad)) {
		if _, err := w.Write(pad); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, `]}`)
}

// memory keeps an answer instead of sending it.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memory) Header() http.Header { return m.header }
func (m *memory) WriteHeader(s int) {
	if m.status == 0 {
		m.status = s
	}
}
func (m *memory) Write(p []byte) (int, error) { return m.body.Write(p) }
