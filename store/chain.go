package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// The append-only logs. Each entry is sealed at its number; a SHA-256 chain runs over the entries in clear, and the
// chain's head is sealed apart, so that an entry removed, changed, moved or cut off the end is noticed.
const (
	chainAudit     = "audit"
	chainJudgement = "judgements"
)

var chains = []string{chainAudit, chainJudgement}

var keyHead = []byte("head")

// Head is the end of a chain: how many entries it has and the hash of the last.
type Head struct {
	Count uint64
	Hash  [sha256.Size]byte
}

func link(seq uint64, prev [sha256.Size]byte, payload []byte) [sha256.Size]byte {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], seq)
	h.Write([]byte("muster chain 1\x00"))
	h.Write(n[:])
	h.Write(prev[:])
	h.Write(payload)
	return [sha256.Size]byte(h.Sum(nil))
}

// ChainLink is the hash of an entry of a log: what the entry after it holds of it.
func ChainLink(seq uint64, prev [sha256.Size]byte, payload []byte) [sha256.Size]byte {
	return link(seq, prev, payload)
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// headBox is where a chain's head is sealed: a bucket of its own, so that cutting the chain leaves it.
func (t *Tx) headBox(b *box) *box { return t.store.keys.box("head of " + b.name) }

func (t *Tx) head(b *box) (Head, error) {
	v, err := t.get(t.headBox(b), keyHead)
	if err != nil || v == nil {
		return Head{}, err
	}
	if len(v) != 8+sha256.Size {
		return Head{}, corrupt("the head of %s is too short", b.name)
	}
	return Head{binary.BigEndian.Uint64(v), [sha256.Size]byte(v[8:])}, nil
}

// appendChain adds payloads and returns the number of the first. Numbers start at 1.
func (t *Tx) appendChain(name string, payloads ...[]byte) (first uint64, err error) {
	b := t.store.keys.box(name)
	h, err := t.head(b)
	if err != nil {
		return 0, err
	}
	first = h.Count + 1
	for _, p := range payloads {
		plain := append(h.Hash[:len(h.Hash):len(h.Hash)], p...)
		h = Head{h.Count + 1, link(h.Count+1, h.Hash, p)}
		if err := t.append(b, seqKey(h.Count), plain); err != nil {
			return 0, err
		}
	}
	return first, t.put(t.headBox(b), keyHead, append(binary.BigEndian.AppendUint64(nil, h.Count), h.Hash[:]...))
}

func chainEntry(name string, key, plain []byte) (seq uint64, prev [sha256.Size]byte, payload []byte, err error) {
	if len(key) != 8 || len(plain) < sha256.Size {
		return 0, prev, nil, corrupt("an entry of %s is too short", name)
	}
	return binary.BigEndian.Uint64(key), [sha256.Size]byte(plain), plain[sha256.Size:], nil
}

// AppendAudit adds entries to the audit log in one transaction and returns the number of the first. When it returns nil
// they are on the disk, all of them; otherwise none is.
func (s *Store) AppendAudit(entries ...[]byte) (first uint64, err error) {
	err = s.Update(func(tx *Tx) error {
		first, err = tx.AppendAudit(entries...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return first, nil
}

// AppendAudit is Store.AppendAudit within a transaction.
func (t *Tx) AppendAudit(entries ...[]byte) (first uint64, err error) {
	return t.appendChain(chainAudit, entries...)
}

// AuditHead is the end of the audit log. Kept elsewhere, it proves later that nothing before it was replaced.
func (s *Store) AuditHead() (h Head, err error) {
	err = s.View(func(tx *Tx) error { h, err = tx.head(s.keys.box(chainAudit)); return err })
	return h, err
}

// EachAudit calls f with every entry from number from on (0 and 1 are the first), in order, with the hash that it
// holds of the one before. It does not verify the chain. An error of f ends it and is returned.
func (s *Store) EachAudit(from uint64, f func(seq uint64, prev [sha256.Size]byte, payload []byte) error) error {
	return s.View(func(tx *Tx) error { return tx.eachChain(chainAudit, from, f) })
}

func (t *Tx) eachChain(name string, from uint64, f func(uint64, [sha256.Size]byte, []byte) error) error {
	return t.each(t.store.keys.box(name), seqKey(from), func(k, plain []byte) error {
		seq, prev, payload, err := chainEntry(name, k, plain)
		if err != nil {
			return err
		}
		return f(seq, prev, payload)
	})
}

// EachAuditBack is EachAudit from the newest entry before number before (0 is the end) backwards, until f returns false.
func (s *Store) EachAuditBack(before uint64, f func(seq uint64, prev [sha256.Size]byte, payload []byte) (more bool, err error)) error {
	return s.View(func(tx *Tx) error {
		end := seqKey(before)
		if before == 0 {
			end = seqKey(^uint64(0))
		}
		return tx.eachBack(s.keys.box(chainAudit), end, func(k, plain []byte) (bool, error) {
			seq, prev, payload, err := chainEntry(chainAudit, k, plain)
			if err != nil {
				return false, err
			}
			return f(seq, prev, payload)
		})
	})
}

// AppendJudgements adds to the append-only log of judgements that lie over records and returns the number of the first, as
// AppendAudit does. When it returns nil they are on the disk, all of them; otherwise none is.
func (s *Store) AppendJudgements(entries ...[]byte) (first uint64, err error) {
	err = s.Update(func(tx *Tx) error {
		first, err = tx.AppendJudgements(entries...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return first, nil
}

// AppendJudgements is Store.AppendJudgements within a transaction.
func (t *Tx) AppendJudgements(entries ...[]byte) (first uint64, err error) {
	return t.appendChain(chainJudgement, entries...)
}

// EachJudgement calls f with every judgement from number from on, in order.
func (s *Store) EachJudgement(from uint64, f func(seq uint64, payload []byte) error) error {
	return s.View(func(tx *Tx) error {
		return tx.eachChain(chainJudgement, from, func(seq uint64, _ [sha256.Size]byte, p []byte) error { return f(seq, p) })
	})
}

// ChainVerdict is what walking a chain found. Problem is "" when nothing is wrong; BadSeq is the first entry concerned.
type ChainVerdict struct {
	Count   uint64
	BadSeq  uint64
	Problem string
}

// VerifyAudit walks the audit log from its first entry to its head. stop is asked now and then; its error ends the walk.
// The error is only for what keeps it from walking; what it finds is in the verdict.
func (s *Store) VerifyAudit(stop func() error) (v ChainVerdict, err error) {
	err = s.View(func(tx *Tx) error {
		v, err = verifyChain(tx, s.keys.box(chainAudit), stop)
		return err
	})
	return v, err
}

// VerifyJudgements is VerifyAudit of the log of judgements.
func (s *Store) VerifyJudgements(stop func() error) (v ChainVerdict, err error) {
	err = s.View(func(tx *Tx) error {
		v, err = verifyChain(tx, s.keys.box(chainJudgement), stop)
		return err
	})
	return v, err
}

func verifyChain(t *Tx, b *box, stop func() error) (v ChainVerdict, err error) {
	bad := func(seq uint64, format string, args ...any) (ChainVerdict, error) {
		v.BadSeq, v.Problem = seq, fmt.Sprintf(format, args...)
		return v, nil
	}
	head, headErr := t.head(b)
	bk, err := t.bucket(b)
	if err != nil {
		return v, err
	}
	var prev [sha256.Size]byte
	if bk != nil {
		c := bk.Cursor()
		var k, sealed []byte
		step := c.First
		for {
			if err := recovering(func() error { k, sealed = step(); return nil }); err != nil {
				return bad(v.Count+1, "record %d of %s cannot be read: its page is damaged", v.Count+1, b.name)
			}
			if k == nil {
				break
			}
			step = c.Next
			want := v.Count + 1
			if stop != nil && want%1024 == 0 {
				if err := stop(); err != nil {
					return v, err
				}
			}
			if len(k) != 8 {
				return bad(want, "record %d of %s stands under a changed number", want, b.name)
			}
			if seq := binary.BigEndian.Uint64(k); seq != want {
				return bad(want, "record %d of %s was removed", want, b.name)
			}
			plain, err := b.open(k, sealed)
			if err != nil {
				return bad(want, "record %d of %s was changed or moved", want, b.name)
			}
			_, p, payload, err := chainEntry(b.name, k, plain)
			if err != nil || p != prev {
				return bad(want, "record %d of %s does not follow the one before it", want, b.name)
			}
			prev = link(want, p, payload)
			v.Count = want
		}
	}
	switch {
	case headErr != nil:
		return bad(v.Count+1, "the end of %s was changed: whether records after %d are missing cannot be told", b.name, v.Count)
	case head.Count > v.Count:
		return bad(v.Count+1, "record %d of %s and those after it were cut off: there were %d", v.Count+1, b.name, head.Count)
	case head.Count < v.Count:
		return bad(head.Count+1, "record %d of %s was added by something other than Muster", head.Count+1, b.name)
	case head.Hash != prev:
		return bad(v.Count, "record %d of %s was replaced", v.Count, b.name)
	}
	return v, nil
}
