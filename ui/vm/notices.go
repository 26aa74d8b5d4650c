package vm

import (
	"sync"

	"muster/app/desk"
)

// NoticeSource tells of changes, from any goroutine.
type NoticeSource interface {
	Subscribe(f func(desk.Notice)) (cancel func())
}

// Listen brings a desk's notices to the UI goroutine. However many arrive while the screen is busy, each topic and id is
// delivered once, and only one function waits in the queue.
func Listen(e Env, src NoticeSource, f func(desk.Notice)) (cancel func()) {
	l := &listener{seen: map[desk.Notice]bool{}}
	stop := src.Subscribe(func(n desk.Notice) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.closed || l.seen[n] {
			return
		}
		l.seen[n] = true
		l.order = append(l.order, n)
		if l.posted {
			return
		}
		l.posted = true
		e.Post(func() {
			for _, n := range l.take() {
				f(n)
			}
		})
	})
	return func() {
		l.mu.Lock()
		l.closed = true
		l.mu.Unlock()
		stop()
	}
}

type listener struct {
	mu     sync.Mutex
	seen   map[desk.Notice]bool
	order  []desk.Notice
	posted bool
	closed bool
}

func (l *listener) take() []desk.Notice {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posted = false
	if l.closed {
		return nil
	}
	out := l.order
	l.order, l.seen = nil, map[desk.Notice]bool{}
	return out
}
