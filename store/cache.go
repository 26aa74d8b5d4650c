package store

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"muster/plugins/pole"
)

// The cache keeps copies of records that systems gave, for when a system does not answer. It lies in three buckets:
// refs (keyed hash of the reference -> number, age, size), docs (number -> record) and index (tokens -> numbers).
const (
	cacheRefs   = "cache refs"
	cacheDocs   = "cache docs"
	cacheIndex  = "cache index"
	cacheTotals = "cache totals"
)

// putChunk is how many records one transaction writes: few enough that an audit record never waits long behind it.
// A large import takes larger steps.
const (
	putChunk    = 100
	importChunk = 4096
)

// CacheQuery asks the cache. A record must satisfy every fact, every word of Text, one of Kinds and one of Systems;
// what is empty asks nothing. A query that asks nothing finds nothing, unless Everything is set.
type CacheQuery struct {
	Facts      []pole.Fact // property and value; a date finds its leading parts and records whose date is less precise
	Text       string
	Kinds      []pole.Kind
	Systems    []string
	Everything bool
	Limit      int // records returned; 0 is 200
}

// CacheResult is what the cache found: Records, those kept last first, at most Limit, each with its own Read time; Total
// counts all that match.
type CacheResult struct {
	Records []pole.Record
	Total   int
}

// CacheInfo is how much the cache holds. Bytes are those of the records, sealed, without the index.
type CacheInfo struct {
	Records int
	Bytes   int64
}

// refEntry is what the cache knows of a record without opening it.
type refEntry struct {
	doc  uint64
	read int64 // seconds since 1970 of Record.Read
	size uint32
}

func (e refEntry) bytes() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 20), e.doc)
	b = binary.BigEndian.AppendUint64(b, uint64(e.read))
	return binary.BigEndian.AppendUint32(b, e.size)
}

func readRef(b []byte) (refEntry, error) {
	if len(b) != 20 {
		return refEntry{}, corrupt("a cached record's entry is not of its form")
	}
	return refEntry{binary.BigEndian.Uint64(b), int64(binary.BigEndian.Uint64(b[8:])), binary.BigEndian.Uint32(b[16:])}, nil
}

// cacheTx is the cache within one writing transaction; changes to the index are gathered and written once per token.
type cacheTx struct {
	*Tx
	refs, docs, index *box
	add, remove       map[[idSize]byte][]uint64
	count             int
	bytes             int64
}

func (t *Tx) cacheTx() *cacheTx {
	k := t.store.keys
	return &cacheTx{Tx: t, refs: k.box(cacheRefs), docs: k.box(cacheDocs), index: k.box(cacheIndex),
		add: map[[idSize]byte][]uint64{}, remove: map[[idSize]byte][]uint64{}}
}

// PutRecords keeps copies of records, replacing older ones with the same reference. A record without a Read time is
// taken as read now. A copy that says all that the new one says and more, of the same version, is kept: a list of
// results must not push out what was read in full. Large batches are written in several transactions.
func (s *Store) PutRecords(now time.Time, records ...pole.Record) error {
	chunk := putChunk
	if len(records) > 2*importChunk {
		chunk = importChunk
	}
	for part := range slices.Chunk(records, chunk) {
		if err := s.Update(func(tx *Tx) error {
			c := tx.cacheTx()
			for _, r := range part {
				if r.Read.IsZero() {
					r.Read = now.UTC()
				}
				if err := c.putRecord(r); err != nil {
					return err
				}
			}
			return c.flush()
		}); err != nil {
			return err
		}
	}
	return nil
}

func (c *cacheTx) putRecord(r pole.Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	id := c.refs.id(r.String())
	entry := refEntry{read: r.Read.Unix(), size: uint32(len(data))}
	tokens := c.store.tokens(&r)
	was, err := c.get(c.refs, id)
	if err != nil {
		return err
	}
	if was != nil {
		old, err := readRef(was)
		if err != nil {
			return err
		}
		before, err := c.doc(old.doc)
		if err != nil {
			return err
		}
		if before != nil {
			if fuller(before, &r) {
				return nil
			}
			entry.doc = old.doc
			c.count--
			c.bytes -= int64(old.size)
			tokens = c.unlist(entry.doc, c.store.tokens(before), tokens)
		}
	}
	if entry.doc == 0 {
		if entry.doc, err = c.next(c.docs); err != nil {
			return err
		}
	}
	for _, t := range tokens {
		h := [idSize]byte(c.index.id(t))
		c.add[h] = append(c.add[h], entry.doc)
	}
	c.count++
	c.bytes += int64(entry.size)
	if err := c.append(c.docs, seqKey(entry.doc), data); err != nil {
		return err
	}
	return c.put(c.refs, id, entry.bytes())
}

// unlist notes the tokens that a record loses and returns those that it gains.
func (c *cacheTx) unlist(doc uint64, before, after []string) (gained []string) {
	had := make(map[string]bool, len(before))
	for _, t := range before {
		had[t] = true
	}
	for _, t := range after {
		if had[t] {
			delete(had, t)
		} else {
			gained = append(gained, t)
		}
	}
	for t := range had {
		c.drops(t, doc)
	}
	return gained
}

// drops notes that doc loses a token. One gained earlier in the same transaction is only forgotten.
func (c *cacheTx) drops(token string, doc uint64) {
	h := [idSize]byte(c.index.id(token))
	if i := slices.Index(c.add[h], doc); i >= 0 {
		c.add[h] = slices.Delete(c.add[h], i, i+1)
		return
	}
	c.remove[h] = append(c.remove[h], doc)
}

// fuller reports whether old says everything that r says, and more, of the same version of the record.
func fuller(old, r *pole.Record) bool {
	if len(old.Facts) <= len(r.Facts) || len(old.Links) < len(r.Links) || old.Version != r.Version || !old.Updated.Equal(r.Updated) ||
		old.Kind != r.Kind || !reflect.DeepEqual(old.Marking, r.Marking) {
		return false
	}
	for _, f := range r.Facts {
		if !slices.ContainsFunc(old.Facts, func(o pole.Fact) bool { return o.Property == f.Property && o.Value == f.Value }) {
			return false
		}
	}
	for _, l := range r.Links {
		if !slices.ContainsFunc(old.Links, func(o pole.Link) bool { return o.Role == l.Role && o.From == l.From && o.To == l.To }) {
			return false
		}
	}
	return true
}

// doc opens one record; nil when there is none of this number.
func (t *Tx) doc(n uint64) (*pole.Record, error) {
	plain, err := t.get(t.store.keys.box(cacheDocs), seqKey(n))
	if err != nil || plain == nil {
		return nil, err
	}
	var r pole.Record
	if err := json.Unmarshal(plain, &r); err != nil {
		return nil, corrupt("a cached record is not of its form")
	}
	return &r, nil
}

// flush writes the gathered changes of the index, in the order of the keys, and the totals.
func (c *cacheTx) flush() error {
	all := maps.Clone(c.add)
	for h := range c.remove {
		all[h] = c.add[h]
	}
	hashes := slices.SortedFunc(maps.Keys(all), func(a, b [idSize]byte) int { return slices.Compare(a[:], b[:]) })
	for _, h := range hashes {
		if err := c.change(c.index, h[:], c.add[h], c.remove[h]); err != nil {
			return err
		}
	}
	info, err := c.totals()
	if err != nil {
		return err
	}
	info.Records += c.count
	info.Bytes += c.bytes
	b := binary.BigEndian.AppendUint64(nil, uint64(info.Records))
	return c.put(c.store.keys.box(cacheTotals), keyHead, binary.BigEndian.AppendUint64(b, uint64(info.Bytes)))
}

func (t *Tx) totals() (CacheInfo, error) {
	v, err := t.get(t.store.keys.box(cacheTotals), keyHead)
	if err != nil || v == nil {
		return CacheInfo{}, err
	}
	if len(v) != 16 {
		return CacheInfo{}, corrupt("the cache's totals are not of their form")
	}
	return CacheInfo{int(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v[8:]))}, nil
}

// CacheInfo says how much the cache holds.
func (s *Store) CacheInfo() (i CacheInfo, err error) {
	err = s.View(func(tx *Tx) error { i, err = tx.totals(); return err })
	return i, err
}

// Record gives the kept copy of one record; its Read time says how old it is. ok is false when there is none.
func (s *Store) Record(ref pole.Ref) (r pole.Record, ok bool, err error) {
	err = s.View(func(tx *Tx) error {
		b := s.keys.box(cacheRefs)
		v, err := tx.get(b, b.id(ref.String()))
		if err != nil || v == nil {
			return err
		}
		e, err := readRef(v)
		if err != nil {
			return err
		}
		rec, err := tx.doc(e.doc)
		if err != nil || rec == nil {
			return err
		}
		r, ok = *rec, true
		return nil
	})
	return r, ok, err
}

// SearchRecords finds kept copies through the index; only those returned are opened.
func (s *Store) SearchRecords(q CacheQuery) (out CacheResult, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 200
	}
	groups := s.alternatives(q)
	if len(groups) == 0 {
		return out, nil
	}
	err = s.View(func(tx *Tx) error {
		ids, err := tx.find(groups)
		if err != nil {
			return err
		}
		out.Total = len(ids)
		for i := len(ids) - 1; i >= 0 && len(out.Records) < limit; i-- {
			r, err := tx.doc(ids[i])
			if err != nil {
				return err
			}
			// The dictionary may have changed since the record was kept: only what truly matches is shown.
			if r == nil || !satisfies(s.tokens(r), groups) {
				out.Total--
				continue
			}
			out.Records = append(out.Records, *r)
		}
		return nil
	})
	return out, err
}

// satisfies reports whether tokens hold one of each group.
func satisfies(tokens []string, groups [][]string) bool {
	for _, g := range groups {
		if !slices.ContainsFunc(g, func(t string) bool { return slices.Contains(tokens, t) }) {
			return false
		}
	}
	return true
}

// find gives the numbers of the records that have one token of each group.
func (t *Tx) find(groups [][]string) ([]uint64, error) {
	b := t.store.keys.box(cacheIndex)
	lists := make([][]uint64, 0, len(groups))
	for _, g := range groups {
		var union []uint64
		for _, token := range g {
			ids, err := t.postings(b, token)
			if err != nil {
				return nil, err
			}
			union = append(union, ids...)
		}
		if len(g) > 1 {
			union = ordered(union)
		}
		if len(union) == 0 {
			return nil, nil
		}
		lists = append(lists, union)
	}
	slices.SortFunc(lists, func(a, b []uint64) int { return cmp.Compare(len(a), len(b)) })
	ids := lists[0]
	for _, l := range lists[1:] {
		ids = intersect(ids, l)
	}
	return ids, nil
}

// TrimPolicy bounds the cache. What is zero does not bound.
type TrimPolicy struct {
	MaxAge     time.Duration // since Record.Read
	MaxRecords int
	MaxBytes   int64
}

// Trim removes what is older than the policy allows, then the oldest until the rest fits, and says how many went.
func (s *Store) Trim(now time.Time, p TrimPolicy) (removed int, err error) {
	type aged struct {
		id []byte
		refEntry
	}
	var all []aged
	var bytes int64
	if err := s.View(func(tx *Tx) error {
		return tx.each(s.keys.box(cacheRefs), nil, func(k, plain []byte) error {
			e, err := readRef(plain)
			all = append(all, aged{slices.Clone(k), e})
			bytes += int64(e.size)
			return err
		})
	}); err != nil {
		return 0, err
	}
	slices.SortFunc(all, func(a, b aged) int { return cmp.Compare(a.read, b.read) })
	n := 0
	for _, e := range all {
		old := p.MaxAge > 0 && e.read < now.Add(-p.MaxAge).Unix()
		many := p.MaxRecords > 0 && len(all)-n > p.MaxRecords
		large := p.MaxBytes > 0 && bytes > p.MaxBytes
		if !old && !many && !large {
			break
		}
		bytes -= int64(e.size)
		n++
	}
	for part := range slices.Chunk(all[:n], putChunk) {
		if err := s.Update(func(tx *Tx) error {
			c := tx.cacheTx()
			gone := 0
			for _, e := range part {
				ok, err := c.removeRecord(e.id, e.refEntry)
				if err != nil {
					return err
				}
				if ok {
					gone++
				}
			}
			removed += gone
			return c.flush()
		}); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// removeRecord removes a record unless it was read again since e.
func (c *cacheTx) removeRecord(id []byte, e refEntry) (bool, error) {
	v, err := c.get(c.refs, id)
	if err != nil || v == nil {
		return false, err
	}
	if now, err := readRef(v); err != nil || now != e {
		return false, err
	}
	r, err := c.doc(e.doc)
	if err != nil {
		return false, err
	}
	if r != nil {
		for _, t := range c.store.tokens(r) {
			c.drops(t, e.doc)
		}
	}
	c.count--
	c.bytes -= int64(e.size)
	if err := c.del(c.docs, seqKey(e.doc)); err != nil {
		return false, err
	}
	return true, c.del(c.refs, id)
}

// Wipe empties the cache; drafts, outbox, judgements and audit log stay.
func (s *Store) Wipe() error {
	return s.Update(func(tx *Tx) error {
		for _, name := range []string{cacheRefs, cacheDocs, cacheIndex, cacheTotals} {
			if err := tx.drop(s.keys.box(name)); err != nil {
				return err
			}
		}
		return nil
	})
}
