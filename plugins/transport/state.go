package transport

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sony/gobreaker/v2"

	"muster/plugins"
)

// State is how a client stands with its system now, for whoever looks after it. It holds no data and no credential.
type State struct {
	Held   bool      // the system did not answer for so long that it is asked only now and then
	Failed time.Time // first failure of the present run; zero when the last request went well
	Retry  time.Time // when a held system is asked again; zero otherwise
	Paused time.Time // the system asked to be left alone until then; zero otherwise
	Hosts  []string  // where requests may go, host:port, sorted
	Limits plugins.Limits
}

// StateOf looks at a client that New made; ok is false for any other.
func StateOf(client *http.Client) (s State, ok bool) {
	if client == nil {
		return s, false
	}
	f, ok := client.Transport.(*front)
	if !ok {
		return s, false
	}
	b := f.c.breaker
	b.mu.Lock()
	cb, opened := b.cb, b.opened
	s.Failed = b.since
	b.mu.Unlock()
	if cb.State() != gobreaker.StateClosed {
		s.Held, s.Retry = true, opened.Add(b.c.tune.openFor)
	}
	p := f.c.pace
	p.mu.Lock()
	if p.until.After(time.Now()) {
		s.Paused = p.until
	}
	p.mu.Unlock()
	s.Hosts, s.Limits = slices.Sorted(maps.Keys(f.c.allow)), f.c.limits
	return s, true
}
