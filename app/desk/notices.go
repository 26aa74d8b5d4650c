package desk

import "sync"

// notices tells every subscriber what changed.
type notices struct {
	mu   sync.Mutex
	next int
	subs map[int]func(Notice)
}

// Subscribe calls f on every change, from any goroutine; f must not block.
func (d *Desk) Subscribe(f func(Notice)) (cancel func()) {
	n := &d.notices
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.subs == nil {
		n.subs = map[int]func(Notice){}
	}
	n.next++
	id := n.next
	n.subs[id] = f
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subs, id)
	}
}

func (d *Desk) notify(topic Topic, id string) {
	n := &d.notices
	n.mu.Lock()
	list := make([]func(Notice), 0, len(n.subs))
	for _, f := range n.subs {
		list = append(list, f)
	}
	n.mu.Unlock()
	for _, f := range list {
		f(Notice{Topic: topic, ID: id})
	}
}
