package transport

import (
	"context"
	"sync"
	"time"
)

// token is a credential with an end.
type token struct {
	value   string
	expires time.Time // zero: not known
	endless bool      // the server did not say when it ends
	more    fillings  // what else the sign-in gave, for a session's templates
}

// source hands out a token, fetched by one caller for all. No lock is held while the network is waited for.
type source struct {
	fetch func(ctx context.Context, stale string) (token, error)
	keep  bool             // remember the token until it is about to expire
	now   func() time.Time // needed where keep is set

	mu      sync.Mutex
	current token
	flight  *flight
}

type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int
	t       token
	err     error
}

// get returns a token that is good for now.
func (s *source) get(ctx context.Context) (token, error) {
	if !s.keep {
		return s.fetch(ctx, "")
	}
	s.mu.Lock()
	if s.current.value != "" && (s.current.expires.IsZero() || s.now().Before(s.current.expires)) {
		t := s.current
		s.mu.Unlock()
		return t, nil
	}
	return s.join(ctx, "")
}

// renew replaces used, unless somebody already has. Where nothing is kept here, fetch makes that distinction.
func (s *source) renew(ctx context.Context, used string) error {
	s.mu.Lock()
	if s.keep && s.current.value != "" && s.current.value != used {
		s.mu.Unlock()
		return nil
	}
	_, err := s.join(ctx, used)
	return err
}

// last is the token of the latest fetch, whether or not it has ended.
func (s *source) last() token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// forgetRefresh drops the refresh token of a token that the server does not renew.
func (s *source) forgetRefresh(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.value == value {
		s.current.more = nil
	}
}

// set replaces the token.
func (s *source) set(t token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = t
}

// join waits for the fetch under way, or starts one. It is called with mu held and gives it up. The fetch outlives
// the caller that started it as long as anybody waits.
func (s *source) join(ctx context.Context, stale string) (token, error) {
	f := s.flight
	if f == nil {
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight{done: make(chan struct{}), cancel: cancel}
		s.flight = f
		go func() {
			defer cancel()
			t, err := s.fetch(own, stale)
			s.mu.Lock()
			f.t, f.err = t, err
			if err == nil && s.keep {
				s.current = t
			}
			if s.flight == f {
				s.flight = nil
			}
			s.mu.Unlock()
			close(f.done)
		}()
	}
	f.waiting++
	s.mu.Unlock()
	select {
	case <-f.done:
		return f.t, f.err
	case <-ctx.Done():
		s.mu.Lock()
		if f.waiting--; f.waiting == 0 {
			f.cancel()
			if s.flight == f {
				s.flight = nil
			}
		}
		s.mu.Unlock()
		return token{}, ctx.Err()
	}
}
