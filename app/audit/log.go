package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"muster/store"
)

// Keeper is what the log is written to; *store.Store is one.
type Keeper interface {
	AppendAudit(entries ...[]byte) (first uint64, err error)
	EachAuditBack(before uint64, f func(seq uint64, prev [sha256.Size]byte, payload []byte) (more bool, err error)) error
	EachAudit(from uint64, f func(seq uint64, prev [sha256.Size]byte, payload []byte) error) error
	VerifyAudit(stop func() error) (store.ChainVerdict, error)
	AuditHead() (store.Head, error)
}

// Log is the officer's audit log. All methods are safe for concurrent use.
type Log struct {
	keeper Keeper

	mu      sync.Mutex
	waiting []*batch // not yet taken by the writer
	writing bool
}

// batch is what one call of Append brought.
type batch struct {
	payloads [][]byte
	first    uint64
	err      error
	done     chan struct{}
}

// Open returns the log kept in k.
func Open(k Keeper) *Log { return &Log{keeper: k} }

// Append makes records durable and returns their numbers; Seq and Prev of what is given are ignored. Calls that come
// together are written together, so that asking six systems waits for the disk once. When it returns an error nothing
// of this call may be taken as written, and the access that it accounts for must not happen.
func (l *Log) Append(ctx context.Context, records ...Record) ([]uint64, error) {
	if len(records) == 0 {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, refused(err)
	}
	b := &batch{done: make(chan struct{})}
	for _, r := range records {
		if r.Time.IsZero() || r.Operation == "" || r.Officer == "" {
			return nil, fmt.Errorf("an audit record needs a time, an operation and an officer: nothing was looked up or sent")
		}
		r.Seq, r.Prev, r.Time = 0, "", r.Time.UTC()
		p, err := json.Marshal(r)
		if err != nil {
			return nil, refused(err)
		}
		b.payloads = append(b.payloads, p)
	}
	l.mu.Lock()
	l.waiting = append(l.waiting, b)
	lead := !l.writing
	l.writing = true
	l.mu.Unlock()
	if lead {
		go l.write()
	}
	select {
	case <-b.done:
	case <-ctx.Done():
		return nil, refused(ctx.Err())
	}
	if b.err != nil {
		return nil, refused(b.err)
	}
	out := make([]uint64, len(records))
	for i := range out {
		out[i] = b.first + uint64(i)
	}
	return out, nil
}

// write commits what is waiting, batch after batch, until nothing is.
func (l *Log) write() {
	for {
		l.mu.Lock()
		group := l.waiting
		l.waiting = nil
		if len(group) == 0 {
			l.writing = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		var all [][]byte
		for _, b := range group {
			all = append(all, b.payloads...)
		}
		next, err := l.keeper.AppendAudit(all...)
		for _, b := range group {
			b.first, b.err = next, err
			next += uint64(len(b.payloads))
			close(b.done)
		}
	}
}

func refused(err error) error {
	return fmt.Errorf("the audit log could not be written, so nothing was looked up or sent: %w", err)
}

func read(seq uint64, prev [sha256.Size]byte, payload []byte) (r Record, err error) {
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, fmt.Errorf("audit record %d is not of its form: %w", seq, store.ErrCorrupt)
	}
	r.Seq, r.Prev = seq, hex.EncodeToString(prev[:])
	return r, nil
}

// Records returns at most n records that filter takes (nil takes all), newest first, from before the one numbered
// before; 0 is the end. n of 0 or less is no limit.
func (l *Log) Records(before uint64, n int, filter func(Record) bool) (out []Record, err error) {
	err = l.keeper.EachAuditBack(before, func(seq uint64, prev [sha256.Size]byte, payload []byte) (bool, error) {
		r, err := read(seq, prev, payload)
		if err != nil {
			return false, err
		}
		if filter == nil || filter(r) {
			out = append(out, r)
		}
		return n <= 0 || len(out) < n, nil
	})
	return out, err
}

// Each calls f with every record from number from on, oldest first; an error of f ends it and is returned.
func (l *Log) Each(from uint64, f func(Record) error) error {
	return l.keeper.EachAudit(from, func(seq uint64, prev [sha256.Size]byte, payload []byte) error {
		r, err := read(seq, prev, payload)
		if err != nil {
			return err
		}
		return f(r)
	})
}

// Head is the number of the newest record and its hash in hex. Kept elsewhere, it proves later that the log up to there
// is still the one that it was.
func (l *Log) Head() (seq uint64, hash string, err error) {
	h, err := l.keeper.AuditHead()
	return h.Count, hex.EncodeToString(h.Hash[:]), err
}

// Verify walks the whole log and says whether every record is there, unchanged and in order. 100,000 records take
// under a second. A log that cannot be read at all is not OK.
func (l *Log) Verify(ctx context.Context) Verdict {
	v, err := l.keeper.VerifyAudit(ctx.Err)
	switch {
	case ctx.Err() != nil:
		return Verdict{Records: v.Count, Say: fmt.Sprintf("stopped after %d records; run it again to be sure", v.Count)}
	case err != nil:
		return Verdict{Records: v.Count, Say: "the log cannot be read: " + err.Error()}
	case v.Problem != "":
		return Verdict{Records: v.Count, BadSeq: v.BadSeq, Say: v.Problem}
	case v.Count == 0:
		return Verdict{OK: true, Say: "the log is empty"}
	}
	return Verdict{OK: true, Records: v.Count, Say: fmt.Sprintf("%d records, complete and unchanged", v.Count)}
}
