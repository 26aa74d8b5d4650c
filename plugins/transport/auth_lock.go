package transport

import (
	"context"
	"errors"
	"sync"
	"time"

	"muster/plugins"
)

// lockGuard keeps a wrong password from being sent again and again: many systems lock the account after a few tries. A
// credential that has not been accepted yet is tried by one caller alone; one that was refused rests, longer each time.
type lockGuard struct {
	mu     sync.Mutex
	used   string // the credential that was judged last
	good   bool   // and accepted
	tries  int    // refusals of it in a row
	until  time.Time
	prover *call         // who tries a credential now
	done   chan struct{} // closed when that is settled
}

// rests are how long a refused credential is not tried: three tries within the half hour that account policies count.
var rests = []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute}

// verdict is what an answer says of the credential that the request carried.
type verdict int

const (
	unsettled verdict = iota
	accepted
	refused
)

// settler is a signer that wants to know how the answers to what it signed came out. The last word of a caller is unsettled.
type settler interface{ settle(*call, verdict) }

// enter lets used be sent, or says why not. While another caller tries a credential for the first time, it waits.
func (l *lockGuard) enter(ctx context.Context, c *chain, used string) error {
	k := callFrom(ctx)
	if k != nil {
		if k.tried == nil {
			k.tried = map[*lockGuard]string{}
		}
		k.tried[l] = used
	}
	for {
		l.mu.Lock()
		if err := l.resting(c, used); err != nil {
			l.mu.Unlock()
			return err
		}
		if l.used == used && l.good || k == nil || l.prover == k {
			l.mu.Unlock()
			return nil
		}
		if l.prover == nil {
			l.prover, l.done = k, make(chan struct{})
			l.mu.Unlock()
			return nil
		}
		done := l.done
		l.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// check says why used must not be sent now; for a sign-in that one caller makes for all.
func (l *lockGuard) check(c *chain, used string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resting(c, used)
}

func (l *lockGuard) resting(c *chain, used string) error {
	left := l.until.Sub(c.now())
	if l.used != used || l.good || left <= 0 {
		return nil
	}
	return c.err(plugins.Auth, errRefused, "%s has refused the stored user name and password. Correct them under Systems; Muster does not try the same ones again for %s, so that your account is not locked.", c.name, span(left))
}

// errRefused is in the chain of the error for a credential that the system has already refused.
var errRefused = errors.New("refused before; not sent again")

// judge notes what became of used.
func (l *lockGuard) judge(c *chain, used string, v verdict) {
	if v == unsettled {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used != used {
		l.used, l.tries, l.good = used, 0, false
	}
	if l.good = v == accepted; l.good {
		l.tries, l.until = 0, time.Time{}
		return
	}
	l.until = c.now().Add(rests[min(l.tries, len(rests)-1)])
	l.tries++
}

// release lets the next caller try when k was trying.
func (l *lockGuard) release(k *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.prover == k && k != nil {
		l.prover = nil
		close(l.done)
	}
}

// settle judges what k's latest attempt used, and lets those who waited for it go on.
func (l *lockGuard) settle(c *chain, k *call, v verdict) {
	if used := k.tried[l]; used != "" {
		l.judge(c, used, v)
	}
	delete(k.tried, l)
	l.release(k)
}

// verdictOf is what an answer says of the credential; a server that breaks down or is busy says nothing.
func verdictOf(status int, lost bool) verdict {
	switch {
	case lost:
		return refused
	case status >= 500 && status != 501, status == 429, status == 408:
		return unsettled
	}
	return accepted
}
