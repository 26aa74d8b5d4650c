package plugintest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// inMemory is the subject whose system is there in memory only: its address leads nowhere.
func inMemory(t *testing.T, f flaw) Subject {
	s := subject(t, f)
	s.Handler, s.Config = newRegistry(), nil
	return s
}

func TestASystemInMemoryKeepsItsLongPromises(t *testing.T) { RunVirtual(t, inMemory(t, none)) }

func TestARunningSystemKeepsItsLongPromises(t *testing.T) { RunVirtual(t, subject(t, none)) }

func TestBrokenLongPromisesAreFound(t *testing.T) {
	for _, c := range []struct {
		f  flaw
		by string
	}{
		{emptyOnFailure, "waits_retry_after_seconds"}, {plainErrors, "waits_retry_after_date"}, {emptyOnFailure, "waits_breaker"},
		{emptyOnFailure, "waits_quota"}, {signsIn, "waits_token"},
	} {
		t.Run(string(c.f)+"/"+c.by, func(t *testing.T) {
			if got := broken(t, inMemory(t, c.f), c.by); !slices.Contains(got, c.by) {
				t.Fatalf("a plugin that %s is not found by %s", c.f, c.by)
			}
		})
	}
}

// poller asks for notes every so often.
type poller struct {
	*plugin
	wait   func(round int) time.Duration
	forget bool // the cursor that it was given
	repeat bool // what it has announced
}

func (p *poller) Watch(ctx context.Context, _ pole.Kind, cursor plugins.Cursor, each func(plugins.Change) error) error {
	if p.forget {
		cursor = ""
	}
	for round := 0; ; round++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.env.Config["base_url"]+"/changes?since="+string(cursor), nil)
		if err != nil {
			return err
		}
		resp, err := p.env.HTTP.Do(req)
		if err != nil {
			return err
		}
		var out struct{ At string }
		err = json.NewDecoder(resp.Body).Decode(&out)
		_ = resp.Body.Close()
		if err != nil {
			return p.fail(plugins.Errorf(plugins.Drift, "no changes"))
		}
		cursor = plugins.Cursor(out.At)
		c := plugins.Change{Cursor: cursor}
		if round == 1 || p.repeat {
			c.Record = pole.Record{Ref: pole.Ref{System: p.env.System, Type: "note", ID: "1"}}
		}
		if err := each(c); err != nil {
			return err
		}
		select {
		case <-time.After(p.wait(round)):
		case <-ctx.Done():
			return p.fail(plugins.Errorf(plugins.Cancelled, "Stopped."))
		}
	}
}

func TestWatchesThatDoNotKeepTimeAreFound(t *testing.T) {
	every := func(int) time.Duration { return 30 * time.Second }
	for name, c := range map[string]struct {
		poller
		found bool
	}{
		"even":             {poller{wait: every}, false},
		"more and more":    {poller{wait: func(n int) time.Duration { return time.Minute / time.Duration(n+1) }}, true},
		"never again":      {poller{wait: func(int) time.Duration { return 24 * time.Hour }}, true},
		"without rest":     {poller{wait: func(int) time.Duration { return 100 * time.Millisecond }}, true},
		"without a cursor": {poller{wait: every, forget: true}, true},
		"again":            {poller{wait: every, repeat: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := inMemory(t, none)
			registry := s.Handler
			s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, "/changes") {
					registry.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				io.WriteString(w, `{"at":"17"}`)
			})
			s.Info.Kinds[1].Watch = true
			open := s.Info.Open
			s.Info.Open = func(ctx context.Context, env plugins.Env) (plugins.System, error) {
				sys, err := open(ctx, env)
				if err != nil {
					return nil, err
				}
				p := c.poller
				p.plugin = sys.(*plugin)
				return &p, nil
			}
			if got := broken(t, s, "waits_watch"); len(got) > 0 != c.found {
				t.Fatalf("found: %v", got)
			}
		})
	}
}

// listener hears changes; it may hide that nothing comes any more.
type listener struct {
	*plugin
	swallow bool
}

func (l *listener) Watch(ctx context.Context, _ pole.Kind, _ plugins.Cursor, _ func(plugins.Change) error) error {
	for {
		req, err := http.NewRequestWithContext(transport.Streaming(ctx), http.MethodGet, l.env.Config["base_url"]+"/changes", nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", "text/event-stream")
		resp, err := l.env.HTTP.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil && (!l.swallow || ctx.Err() != nil) {
			return err
		}
	}
}

func TestAStreamThatFallsSilentIsGivenUp(t *testing.T) {
	for _, swallow := range []bool{false, true} {
		s := inMemory(t, none)
		s.Info.Kinds[1].Watch = true
		open := s.Info.Open
		s.Info.Open = func(ctx context.Context, env plugins.Env) (plugins.System, error) {
			sys, err := open(ctx, env)
			if err != nil {
				return nil, err
			}
			return &listener{sys.(*plugin), swallow}, nil
		}
		if got := broken(t, s, "waits_watch"); len(got) > 0 != swallow {
			t.Fatalf("one that hides silence (%v) is found: %v", swallow, got)
		}
	}
}
