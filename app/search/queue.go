package search

import (
	"sync"
	"time"
)

// queue takes what the systems bring, without ever keeping a system waiting, and gives it to one reader in batches.
type queue struct {
	mu     sync.Mutex
	next   batch
	closed bool
	wake   chan struct{}
}

// batch is what came between two events: answers stand after the records that came before them.
type batch struct {
	records []Found
	answers []Answer
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) records(r []Found) {
	if len(r) == 0 {
		return
	}
	q.mu.Lock()
	q.next.records = append(q.next.records, r...)
	q.mu.Unlock()
	q.signal()
}

// answer takes a system's last records and its answer together.
func (q *queue) answer(last []Found, a Answer) {
	q.mu.Lock()
	q.next.records = append(q.next.records, last...)
	q.next.answers = append(q.next.answers, a)
	q.mu.Unlock()
	q.signal()
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // the reader will see it
	}
}

func (q *queue) take() (b batch, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b, q.next = q.next, batch{}
	return b, q.closed
}

// drain calls f with everything, until the queue is closed: the first at once, later ones every so often, the rest
// without delay when there is no more to wait for.
func (q *queue) drain(every time.Duration, f func(batch)) {
	var last time.Time
	for {
		<-q.wake
		if wait := every - time.Since(last); !last.IsZero() && wait > 0 && !q.isClosed() {
			q.pause(wait)
		}
		b, closed := q.take()
		if len(b.records)+len(b.answers) > 0 {
			f(b)
			last = time.Now()
		}
		if closed {
			return
		}
	}
}

// pause waits, but not beyond the end.
func (q *queue) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return
		case <-q.wake:
			if q.isClosed() {
				return
			}
		}
	}
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}
