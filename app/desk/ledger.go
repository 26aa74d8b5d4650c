package desk

import "sync"

// ledger remembers the audit record of each system of one search.
type ledger struct {
	mu   sync.Mutex
	seqs map[string]uint64
}

func newLedger() *ledger { return &ledger{seqs: map[string]uint64{}} }

func (l *ledger) put(system string, seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.seqs[system]; !ok {
		l.seqs[system] = seq
	}
}

func (l *ledger) get(system string) (uint64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq, ok := l.seqs[system]
	return seq, ok
}
