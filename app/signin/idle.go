package signin

import (
	"sync"
	"time"
)

// idleClock measures how long the officer has done nothing, by two clocks: the monotonic one, which nobody can set but
// which stands still while the computer sleeps, and the wall clock, which goes on in sleep but can be set.
type idleClock struct {
	mu   sync.Mutex
	max  time.Duration
	wall time.Time
	mono time.Time
}

// backwards is how far the wall clock may go back against the monotonic one (time servers correct it by seconds).
const backwards = time.Minute

func (c *idleClock) set(limit time.Duration, wall time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.max, c.wall, c.mono = limit, wall, time.Now()
}

func (c *idleClock) limit() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.max
}

// over reports whether the idle time has passed, or why it cannot be known; touch starts it again if not.
func (c *idleClock) over(wall time.Time, touch bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	byMono, byWall := time.Since(c.mono), wall.Sub(c.wall)
	if c.max > 0 && (byMono >= c.max || byWall >= c.max || byWall < byMono-backwards) {
		return true
	}
	if touch {
		c.wall, c.mono = wall, time.Now()
	}
	return false
}

// Touch says that the officer did something: the idle clock starts again. When the time has already passed, as after
// sleep, it locks instead.
func (m *Manager) Touch() {
	if m.idle.over(m.wall(), true) {
		m.lockIdle()
	}
}

// IdleLock is how long without Touch until the desk locks; 0 is never.
func (m *Manager) IdleLock() time.Duration { return m.idle.limit() }

// SetIdleLock changes it and starts the clock again.
func (m *Manager) SetIdleLock(d time.Duration) { m.idle.set(d, m.wall()) }

func (m *Manager) lockIdle() { m.lock("Muster locked itself because nobody used it for a while.") }

// watchIdle looks often enough that the lock comes at most a twentieth of the idle time late.
func (m *Manager) watchIdle() {
	for {
		wait := time.Second
		if d := m.idle.limit(); d > 0 && d/20 < wait {
			wait = max(d/20, 10*time.Millisecond)
		}
		t := time.NewTimer(wait)
		select {
		case <-m.life.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if m.idle.over(m.wall(), false) {
			m.lockIdle()
		}
	}
}
