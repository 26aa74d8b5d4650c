package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"muster/plugins/pole"
)

// rotating is what the file that a rotation writes is called, until it takes the place of the one before.
const rotating = ".rotating"

// Rotate seals the closed file at path anew, all of it, under next and a fresh salt. The new file is written whole
// beside the old one, read back, and takes its place in one step: whatever ends the process, the file opens either with
// the old key or with next, and nothing that was saved is lost. Called again it begins afresh. It needs room for a
// second copy. Errors: those of Open.
func Rotate(path string, old, next []byte, o Options) (err error) {
	if len(next) != keySize {
		return ErrKey
	}
	lock, err := locked(path, o.LockWait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	from, err := openLocked(path, old, o, format, migrations)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.shut()) }()
	fresh := path + rotating
	if err := discard(fresh); err != nil {
		return explained(err)
	}
	if err := rewrite(from, fresh, next, o); err != nil {
		return explained(errors.Join(err, discard(fresh)))
	}
	if err := from.shut(); err != nil { // Windows replaces no file that is open
		return errors.Join(err, discard(fresh))
	}
	if err := os.Rename(fresh, path); err != nil { //nolint:gosec // the profile's own files
		return explained(errors.Join(err, discard(fresh)))
	}
	return syncDir(filepath.Dir(path))
}

// rewrite makes the file fresh with all that is in from, sealed under key, and reads it back.
func rewrite(from *Store, fresh string, key []byte, o Options) error {
	if err := create(fresh, key, o, format); err != nil {
		return err
	}
	to, err := openLocked(fresh, key, o, format, nil)
	if err != nil {
		return err
	}
	err = from.View(func(src *Tx) error {
		var names []string
		if err := src.each(from.keys.box(catalogue), nil, func(_, name []byte) error {
			names = append(names, string(name))
			return nil
		}); err != nil {
			return err
		}
		for _, name := range names {
			if err := carry(src, to, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = sameChains(from, to)
	}
	if err == nil {
		err = to.Check()
	}
	return errors.Join(err, to.shut())
}

// carry copies one bucket. Keys on disk are keyed hashes, so each is made anew from what its value says.
func carry(src *Tx, to *Store, name string) error {
	seals := func(b *box, key, _ []byte) ([]byte, error) { return key, nil }
	switch {
	case name == cacheDocs:
		return carryCache(src, to)
	case name == cacheRefs, name == cacheIndex, name == cacheTotals: // made again from the records
		return nil
	case strings.HasPrefix(name, "collection "):
		seals = func(b *box, _, plain []byte) ([]byte, error) {
			k, err := readKept(b, plain)
			return b.id(k.key), err
		}
	case name == chainAudit, name == chainJudgement, strings.HasPrefix(name, "head of "): // numbers, and one fixed word
	default:
		return fmt.Errorf("the bucket %q is not known to this version, and a new key would lose it: nothing was changed", name)
	}
	return carryBucket(src, to, name, seals)
}

// carryPart is about how many bytes one transaction of a rotation writes.
const carryPart = 4 << 20

func carryBucket(src *Tx, to *Store, name string, keyOf func(b *box, key, plain []byte) ([]byte, error)) error {
	type value struct{ key, plain []byte }
	var part []value
	size := 0
	target := to.keys.box(name)
	write := func() error {
		err := to.Update(func(tx *Tx) error {
			for _, v := range part {
				if err := tx.append(target, v.key, v.plain); err != nil {
					return err
				}
			}
			return nil
		})
		part, size = part[:0], 0
		return err
	}
	err := src.each(src.store.keys.box(name), nil, func(k, plain []byte) error {
		key, err := keyOf(target, k, plain)
		if err != nil {
			return err
		}
		part = append(part, value{append([]byte(nil), key...), plain})
		if size += len(plain); size < carryPart {
			return nil
		}
		return write()
	})
	if err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return to.sequence(name, src.sequence(name))
}

// sequence is the bucket's last insertion number.
func (t *Tx) sequence(name string) (n uint64) {
	if bk := t.bolt.Bucket(t.store.keys.box(name).disk); bk != nil {
		n = bk.Sequence()
	}
	return n
}

func (s *Store) sequence(name string, n uint64) error {
	return s.Update(func(tx *Tx) error {
		return recovering(func() error {
			bk, err := tx.bucket(s.keys.box(name))
			if err != nil {
				return err
			}
			return bk.SetSequence(n)
		})
	})
}

// carryCache puts the kept copies into the new file in the order in which they were kept; their index is made anew.
func carryCache(src *Tx, to *Store) error {
	part := make([]pole.Record, 0, importChunk)
	put := func() error {
		defer func() { part = part[:0] }()
		return to.Update(func(tx *Tx) error {
			c := tx.cacheTx()
			for _, r := range part {
				if err := c.putRecord(r); err != nil {
					return err
				}
			}
			return c.flush()
		})
	}
	if err := src.each(src.store.keys.box(cacheDocs), nil, func(_, plain []byte) error {
		var r pole.Record
		if err := json.Unmarshal(plain, &r); err != nil {
			return corrupt("a cached record is not of its form")
		}
		if part = append(part, r); len(part) < importChunk {
			return nil
		}
		return put()
	}); err != nil {
		return err
	}
	return put()
}

// sameChains proves that both logs of two files end alike.
func sameChains(a, b *Store) error {
	for _, name := range chains {
		var was, is Head
		if err := errors.Join(
			a.View(func(tx *Tx) (err error) { was, err = tx.head(a.keys.box(name)); return err }),
			b.View(func(tx *Tx) (err error) { is, err = tx.head(b.keys.box(name)); return err }),
		); err != nil {
			return err
		}
		if was != is {
			return corrupt("the log of %s did not come over whole", name)
		}
	}
	return nil
}

// Anchor is the end of the audit log as it was noted outside the file. A file whose log does not go through it was
// replaced by an older one, or by another.
type Anchor struct {
	Count uint64 `json:"count"`
	Hash  []byte `json:"hash"`
}

// Anchor notes the end of the audit log now.
func (s *Store) Anchor() (Anchor, error) {
	h, err := s.AuditHead()
	return Anchor{h.Count, h.Hash[:]}, err
}

// RolledBack says in words how the file contradicts an anchor that was noted earlier; "" when it does not.
// missing is how many records of the log are gone for certain.
func (s *Store) RolledBack(a Anchor) (say string, missing uint64, err error) {
	if a.Count == 0 {
		return "", 0, nil
	}
	err = s.View(func(tx *Tx) error {
		head, err := tx.head(s.keys.box(chainAudit))
		if err != nil {
			return err
		}
		if head.Count < a.Count {
			missing = a.Count - head.Count
			say = fmt.Sprintf("the file on this computer is older than it was: its log of accesses ends at record %d and had gone on to %d, so that %d records and all that was saved with them are missing", head.Count, a.Count, missing)
			return nil
		}
		hash, err := tx.hashAt(chainAudit, a.Count)
		if err == nil && string(hash[:]) != string(a.Hash) {
			say = fmt.Sprintf("the file on this computer is not the one that it was: record %d of its log of accesses is another", a.Count)
		}
		return err
	})
	return say, missing, err
}

// hashAt is the hash of the chain at one number, from the entry there.
func (t *Tx) hashAt(name string, seq uint64) (hash [sha256.Size]byte, err error) {
	b := t.store.keys.box(name)
	plain, err := t.get(b, seqKey(seq))
	if err != nil {
		return hash, err
	}
	if plain == nil {
		return hash, corrupt("record %d of %s was removed", seq, name)
	}
	_, prev, payload, err := chainEntry(name, binary.BigEndian.AppendUint64(nil, seq), plain)
	return link(seq, prev, payload), err
}
