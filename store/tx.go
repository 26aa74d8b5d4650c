package store

import (
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
)

// Tx is one transaction: all of it happens, or nothing. It is good only until its function returns.
type Tx struct {
	store *Store
	bolt  *bolt.Tx
}

// Update runs f in a transaction that writes. When Update returns nil everything f wrote is on the disk; when it
// returns an error, or f panics, nothing of it is.
func (s *Store) Update(f func(*Tx) error) error {
	return s.bolt(true, func(tx *bolt.Tx) error { return f(&Tx{s, tx}) })
}

// View runs f in a transaction that reads one unchanging state.
func (s *Store) View(f func(*Tx) error) error {
	return s.bolt(false, func(tx *bolt.Tx) error { return f(&Tx{s, tx}) })
}

// bolt runs f and turns what bbolt panics with on damaged pages into ErrCorrupt. A panic of f itself stays one.
func (s *Store) bolt(write bool, f func(*bolt.Tx) error) (err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed.Load() {
		return ErrClosed
	}
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	inside := false
	defer func() {
		if r := recover(); r != nil {
			if inside {
				panic(r)
			}
			err = corrupt("writing or reading it failed: %v", r)
		}
	}()
	run := s.db.View
	if write {
		run = s.db.Update
	}
	return explained(run(func(tx *bolt.Tx) error {
		inside = true
		err := f(tx)
		inside = false
		return err
	}))
}

// bucket returns the bucket on disk, making it in a writing transaction; nil when there is none to read.
func (t *Tx) bucket(b *box) (*bolt.Bucket, error) {
	bk := t.bolt.Bucket(b.disk)
	if bk != nil || !t.bolt.Writable() {
		return bk, nil
	}
	bk, err := t.bolt.CreateBucketIfNotExists(b.disk)
	if err != nil || b.name == catalogue {
		return bk, err
	}
	c := t.store.keys.box(catalogue)
	all, err := t.bucket(c)
	if err != nil {
		return nil, err
	}
	return bk, all.Put(b.disk, c.seal(b.disk, []byte(b.name)))
}

// catalogue is the bucket that lists, sealed, the names of all others.
const catalogue = "catalogue"

// next gives the bucket's next insertion number; it grows for ever, whatever the clock does.
func (t *Tx) next(b *box) (n uint64, err error) {
	err = recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil {
			return err
		}
		n, err = bk.NextSequence()
		return err
	})
	return n, err
}

// get opens the value at key; nil, nil when there is none.
func (t *Tx) get(b *box, key []byte) (plain []byte, err error) {
	err = recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil || bk == nil {
			return err
		}
		if v := bk.Get(key); v != nil {
			plain, err = b.open(key, v)
		}
		return err
	})
	return plain, err
}

func (t *Tx) put(b *box, key, plain []byte) error {
	return recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil {
			return err
		}
		return bk.Put(key, b.seal(key, plain))
	})
}

// append is put for keys that grow: pages are filled nearly to the end.
func (t *Tx) append(b *box, key, plain []byte) error {
	return recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil {
			return err
		}
		bk.FillPercent = 0.95
		return bk.Put(key, b.seal(key, plain))
	})
}

func (t *Tx) del(b *box, key []byte) error {
	return recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil {
			return err
		}
		return bk.Delete(key)
	})
}

// drop removes a bucket with all that is in it.
func (t *Tx) drop(b *box) error {
	return recovering(func() error {
		if t.bolt.Bucket(b.disk) == nil {
			return nil
		}
		return t.bolt.DeleteBucket(b.disk)
	})
}

// each opens every value from key from on, in the order of the keys on disk. key is good only during the call.
func (t *Tx) each(b *box, from []byte, f func(key, plain []byte) error) error {
	var c *bolt.Cursor
	var k, v []byte
	step := func(move func() ([]byte, []byte)) error {
		return recovering(func() error { k, v = move(); return nil })
	}
	bk, err := t.bucket(b)
	if err != nil || bk == nil {
		return err
	}
	if err := recovering(func() error { c = bk.Cursor(); return nil }); err != nil {
		return err
	}
	for err = step(func() ([]byte, []byte) { return c.Seek(from) }); err == nil && k != nil; err = step(c.Next) {
		plain, err := b.open(k, v)
		if err != nil {
			return err
		}
		if err := f(k, plain); err != nil {
			return err
		}
	}
	return err
}

// lastBefore moves a cursor to the last key before end.
func lastBefore(c *bolt.Cursor, end []byte) (k, v []byte) {
	if k, _ := c.Seek(end); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// eachBack opens values from the last key before end backwards, until f wants no more.
func (t *Tx) eachBack(b *box, end []byte, f func(key, plain []byte) (more bool, err error)) error {
	var c *bolt.Cursor
	var k, v []byte
	bk, err := t.bucket(b)
	if err != nil || bk == nil {
		return err
	}
	err = recovering(func() error { c = bk.Cursor(); k, v = lastBefore(c, end); return nil })
	for ; err == nil && k != nil; err = recovering(func() error { k, v = c.Prev(); return nil }) {
		plain, err := b.open(k, v)
		if err != nil {
			return err
		}
		if more, err := f(k, plain); err != nil || !more {
			return err
		}
	}
	return err
}
