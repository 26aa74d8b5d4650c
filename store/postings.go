package store

import (
	"encoding/binary"
	"math/bits"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// A token's posting list is the numbers of the records that have it, in sealed blocks of at most blockIDs, each padded,
// so that neither who shares a token nor exactly how many can be read from the file. A block's key is the token's
// keyed hash and the block's number. New records have higher numbers, so most writes touch a token's last block only.
const blockIDs = 4096

func postingKey(hash []byte, block uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, idSize+4), hash...), block)
}

// packIDs writes ascending numbers as a count and their gaps, padded with zeros to a power of two (16 bytes at least).
func packIDs(ids []uint64) []byte {
	out := binary.AppendUvarint(make([]byte, 0, 16), uint64(len(ids)))
	var last uint64
	for _, id := range ids {
		out = binary.AppendUvarint(out, id-last)
		last = id
	}
	size := 16
	for size < len(out) {
		size *= 2
	}
	return append(out, make([]byte, size-len(out))...)
}

func unpackIDs(into []uint64, b []byte) ([]uint64, error) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > blockIDs {
		return nil, corrupt("a search index block is not of its form")
	}
	var last uint64
	for b = b[w:]; n > 0; n-- {
		gap, w := binary.Uvarint(b)
		if w <= 0 {
			return nil, corrupt("a search index block is not of its form")
		}
		last += gap
		into = append(into, last)
		b = b[w:]
	}
	return into, nil
}

// postings reads all record numbers of a token, ascending.
func (t *Tx) postings(b *box, token string) (ids []uint64, err error) {
	hash := b.id(token)
	err = recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil || bk == nil {
			return err
		}
		return eachBlock(bk, b, hash, func(_ []byte, plain []byte) error {
			ids, err = unpackIDs(ids, plain)
			return err
		})
	})
	if !slices.IsSorted(ids) { // a record that gained a token later
		slices.Sort(ids)
	}
	return ids, err
}

func eachBlock(bk *bolt.Bucket, b *box, hash []byte, f func(key, plain []byte) error) error {
	c := bk.Cursor()
	for k, v := c.Seek(hash); k != nil && len(k) == idSize+4 && string(k[:idSize]) == string(hash); k, v = c.Next() {
		plain, err := b.open(k, v)
		if err != nil {
			return err
		}
		if err := f(k, plain); err != nil {
			return err
		}
	}
	return nil
}

// change adds and removes record numbers of one token.
func (t *Tx) change(b *box, hash []byte, add, remove []uint64) error {
	return recovering(func() error {
		bk, err := t.bucket(b)
		if err != nil {
			return err
		}
		if len(remove) > 0 {
			if err := t.removeIDs(bk, b, hash, remove); err != nil {
				return err
			}
		}
		if len(add) == 0 {
			return nil
		}
		slices.Sort(add)
		block, ids, err := lastBlock(bk, b, hash)
		if err != nil {
			return err
		}
		for len(add) > 0 {
			if len(ids) >= blockIDs {
				block, ids = block+1, nil
			}
			n := min(blockIDs-len(ids), len(add))
			ids = append(ids, add[:n]...)
			slices.Sort(ids)
			ids = slices.Compact(ids)
			key := postingKey(hash, block)
			if err := bk.Put(key, b.seal(key, packIDs(ids))); err != nil {
				return err
			}
			add = add[n:]
		}
		return nil
	})
}

func lastBlock(bk *bolt.Bucket, b *box, hash []byte) (block uint32, ids []uint64, err error) {
	c := bk.Cursor()
	k, v := lastBefore(c, postingKey(hash, ^uint32(0)))
	if len(k) != idSize+4 || string(k[:idSize]) != string(hash) {
		return 0, nil, nil
	}
	plain, err := b.open(k, v)
	if err != nil {
		return 0, nil, err
	}
	ids, err = unpackIDs(nil, plain)
	return binary.BigEndian.Uint32(k[idSize:]), ids, err
}

func (t *Tx) removeIDs(bk *bolt.Bucket, b *box, hash []byte, remove []uint64) error {
	gone := make(map[uint64]bool, len(remove))
	for _, id := range remove {
		gone[id] = true
	}
	type rewrite struct {
		key []byte
		ids []uint64
	}
	var changed []rewrite // written after the walk: a cursor must not see its bucket change
	if err := eachBlock(bk, b, hash, func(k, plain []byte) error {
		ids, err := unpackIDs(nil, plain)
		if err != nil {
			return err
		}
		if left := slices.DeleteFunc(slices.Clone(ids), func(id uint64) bool { return gone[id] }); len(left) != len(ids) {
			changed = append(changed, rewrite{slices.Clone(k), left})
		}
		return nil
	}); err != nil {
		return err
	}
	for _, c := range changed {
		var err error
		if len(c.ids) == 0 {
			err = bk.Delete(c.key)
		} else {
			err = bk.Put(c.key, b.seal(c.key, packIDs(c.ids)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ordered sorts numbers and drops repeats. Many small ones are marked in a bitmap, which is much quicker than sorting.
func ordered(ids []uint64) []uint64 {
	const small = 1 << 26
	if len(ids) < 1000 || slices.Max(ids) >= small {
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	marks := make([]uint64, slices.Max(ids)/64+1)
	for _, id := range ids {
		marks[id/64] |= 1 << (id % 64)
	}
	out := ids[:0]
	for i, w := range marks {
		for ; w != 0; w &= w - 1 {
			out = append(out, uint64(i)*64+uint64(bits.TrailingZeros64(w)))
		}
	}
	return out
}

// intersect keeps what is in both ascending lists. Lists of very different lengths are probed, not merged.
func intersect(a, b []uint64) []uint64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	out := a[:0:0]
	if len(b) > 16*len(a) {
		for _, id := range a {
			i, ok := slices.BinarySearch(b, id)
			if ok {
				out = append(out, id)
			}
			b = b[i:]
		}
		return out
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			out = append(out, a[i])
			i++
			j++
		}
	}
	return out
}
