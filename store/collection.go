package store

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
)

// Order is the order in which Each and All give a collection.
type Order int

// The orders.
const (
	ByInsertion Order = iota // oldest first; replacing a value keeps its place
	ByKey
)

// Collection keeps values of one type by key, sealed as JSON. Its name is for ever: another name is another collection.
// It suits hundreds or thousands of values: reading them in order opens them all.
type Collection[T any] struct {
	s *Store
	b *box
}

// NewCollection returns the store's collection of this name. Nothing is written before the first Put.
func NewCollection[T any](s *Store, name string) *Collection[T] {
	return &Collection[T]{s, s.keys.box("collection " + name)}
}

// In gives the collection within a transaction, so that one Update may change several.
func (c *Collection[T]) In(tx *Tx) CollectionTx[T] { return CollectionTx[T]{tx, c.b} }

// Put writes v under key; durable when it returns nil.
func (c *Collection[T]) Put(key string, v T) error {
	return c.s.Update(func(tx *Tx) error { return c.In(tx).Put(key, v) })
}

// PutAll writes several values in one transaction, by key.
func (c *Collection[T]) PutAll(values map[string]T) error {
	return c.s.Update(func(tx *Tx) error {
		for _, k := range slices.Sorted(maps.Keys(values)) {
			if err := c.In(tx).Put(k, values[k]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Get reads the value under key; ok is false when there is none.
func (c *Collection[T]) Get(key string) (v T, ok bool, err error) {
	err = c.s.View(func(tx *Tx) error { v, ok, err = c.In(tx).Get(key); return err })
	return v, ok, err
}

// Delete removes keys; those that are not there are no error.
func (c *Collection[T]) Delete(keys ...string) error {
	return c.s.Update(func(tx *Tx) error {
		for _, k := range keys {
			if err := c.In(tx).Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// All reads every value in the order of insertion.
func (c *Collection[T]) All() (out []T, err error) {
	err = c.Each(ByInsertion, func(_ string, v T) error { out = append(out, v); return nil })
	return out, err
}

// Each calls f with every value; an error of f ends it and is returned.
func (c *Collection[T]) Each(o Order, f func(key string, v T) error) error {
	return c.s.View(func(tx *Tx) error { return c.In(tx).Each(o, f) })
}

// CollectionTx is a Collection within a transaction.
type CollectionTx[T any] struct {
	tx *Tx
	b  *box
}

// A value on disk is its insertion number (8 bytes), the length of its key, the key, and JSON.
type kept struct {
	seq  uint64
	key  string
	json []byte
}

func (k kept) bytes() []byte {
	out := binary.BigEndian.AppendUint64(make([]byte, 0, 16+len(k.key)+len(k.json)), k.seq)
	out = binary.AppendUvarint(out, uint64(len(k.key)))
	return append(append(out, k.key...), k.json...)
}

func readKept(b *box, plain []byte) (k kept, err error) {
	if len(plain) < 9 {
		return k, corrupt("a value in %s is too short", b.name)
	}
	n, w := binary.Uvarint(plain[8:])
	if w <= 0 || n > uint64(len(plain)-8-w) {
		return k, corrupt("a value in %s is too short", b.name)
	}
	rest := plain[8+w:]
	return kept{binary.BigEndian.Uint64(plain), string(rest[:n]), rest[n:]}, nil
}

// Put writes v under key.
func (c CollectionTx[T]) Put(key string, v T) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	id := c.b.id(key)
	k := kept{key: key, json: data}
	old, err := c.tx.get(c.b, id)
	if err != nil {
		return err
	}
	if old != nil {
		was, err := readKept(c.b, old)
		if err != nil {
			return err
		}
		k.seq = was.seq
	} else {
		if k.seq, err = c.tx.next(c.b); err != nil {
			return err
		}
	}
	return c.tx.put(c.b, id, k.bytes())
}

// Get reads the value under key; ok is false when there is none.
func (c CollectionTx[T]) Get(key string) (v T, ok bool, err error) {
	plain, err := c.tx.get(c.b, c.b.id(key))
	if err != nil || plain == nil {
		return v, false, err
	}
	k, err := readKept(c.b, plain)
	if err != nil {
		return v, false, err
	}
	if err := json.Unmarshal(k.json, &v); err != nil {
		return v, false, corrupt("a value in %s is not of its form", c.b.name)
	}
	return v, true, nil
}

// Delete removes key.
func (c CollectionTx[T]) Delete(key string) error { return c.tx.del(c.b, c.b.id(key)) }

// Each calls f with every value, in order. f must not change the collection.
func (c CollectionTx[T]) Each(o Order, f func(key string, v T) error) error {
	var all []kept
	if err := c.tx.each(c.b, nil, func(_, plain []byte) error {
		k, err := readKept(c.b, plain)
		all = append(all, k)
		return err
	}); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b kept) int {
		if o == ByKey {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(a.seq, b.seq)
	})
	for _, k := range all {
		var v T
		if err := json.Unmarshal(k.json, &v); err != nil {
			return corrupt("a value in %s is not of its form", c.b.name)
		}
		if err := f(k.key, v); err != nil {
			return err
		}
	}
	return nil
}

// Setting reads one setting of the officer into v; ok is false when it was never set.
func (s *Store) Setting(name string, v any) (ok bool, err error) {
	raw, ok, err := s.settings().Get(name)
	if err != nil || !ok {
		return false, err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, corrupt("a setting is not of its form")
	}
	return true, nil
}

// SetSetting writes one setting of the officer; durable when it returns nil.
func (s *Store) SetSetting(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.settings().Put(name, raw)
}

func (s *Store) settings() *Collection[json.RawMessage] {
	return NewCollection[json.RawMessage](s, "settings")
}
