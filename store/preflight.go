package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// preflight reads the file's pages before bbolt maps them. bbolt trusts its pages: a pointer beyond the file, or two
// pages that point at each other, would end the process. Here every pointer is followed once and checked.
//
// The layout is that of bbolt's file format 2: page header (id u64, flags u16, count u16, overflow u32), then elements
// of 16 bytes; two meta pages at the start, of which the newer valid one counts.
func preflight(path string) error {
	f, err := os.Open(path) //nolint:gosec // the profile's own file
	if err != nil {
		return explained(err)
	}
	defer func() { _ = f.Close() }() // only read
	st, err := f.Stat()
	if err != nil {
		return explained(err)
	}
	w := &walker{f: f, size: st.Size()}
	if err := w.run(); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return corrupt("it ends too early")
		}
		return err
	}
	return nil
}

const (
	pageHeader   = 16
	elementSize  = 16
	metaSize     = 64
	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagMeta     = 0x04
	flagFreelist = 0x10
	boltMagic    = 0xED0CDAED
	leafBucket   = 0x01
	maxDepth     = 64
)

var native = binary.NativeEndian

type walker struct {
	f        io.ReaderAt
	size     int64
	pageSize int64
	pages    uint64 // high-water mark
	seen     []uint64
}

type meta struct{ pageSize, root, freelist, pages, txid uint64 }

func (w *walker) run() error {
	m, err := w.meta()
	if err != nil {
		return err
	}
	w.pageSize, w.pages = int64(m.pageSize), m.pages
	if m.pages < 4 || m.pages > uint64(w.size/w.pageSize) {
		return corrupt("it is shorter than it should be")
	}
	w.seen = make([]uint64, m.pages/64+1)
	w.mark(0)
	w.mark(1)
	if err := w.page(m.root, 0); err != nil {
		return err
	}
	return w.freelist(m.freelist)
}

// meta reads the two meta pages. The page size stands in each; the second one lies where the first one's says, or,
// when the first is unreadable, at one of the sizes that systems use.
func (w *walker) meta() (best meta, err error) {
	found := false
	for _, at := range []int64{0, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16} {
		m, ok := w.metaAt(at)
		if ok && (at == 0 || int64(m.pageSize) == at) && (!found || m.txid > best.txid) {
			best, found = m, true
		}
	}
	if !found {
		return meta{}, corrupt("its first pages are not readable")
	}
	return best, nil
}

func (w *walker) metaAt(at int64) (meta, bool) {
	b := make([]byte, pageHeader+metaSize)
	if _, err := w.f.ReadAt(b, at); err != nil {
		return meta{}, false
	}
	if native.Uint16(b[8:])&flagMeta == 0 {
		return meta{}, false
	}
	b = b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:56])
	m := meta{pageSize: uint64(native.Uint32(b[8:])), root: native.Uint64(b[16:]), freelist: native.Uint64(b[32:]), pages: native.Uint64(b[40:]), txid: native.Uint64(b[48:])}
	ps := m.pageSize
	ok := native.Uint32(b) == boltMagic && native.Uint32(b[4:]) == 2 && native.Uint64(b[56:]) == sum.Sum64() &&
		ps >= 1<<9 && ps <= 1<<16 && ps&(ps-1) == 0
	return m, ok
}

// mark notes that a page is used and reports false when it was already, or does not exist.
func (w *walker) mark(id uint64) bool {
	if id >= w.pages || w.seen[id/64]&(1<<(id%64)) != 0 {
		return false
	}
	w.seen[id/64] |= 1 << (id % 64)
	return true
}

// load reads a page with its overflow pages and marks them all.
func (w *walker) load(id uint64) (b []byte, flags, count uint16, err error) {
	if !w.mark(id) {
		return nil, 0, 0, corrupt("page %d is used twice or lies outside", id)
	}
	b = make([]byte, w.pageSize)
	if _, err := w.f.ReadAt(b, int64(id)*w.pageSize); err != nil {
		return nil, 0, 0, err
	}
	flags, count = native.Uint16(b[8:]), native.Uint16(b[10:])
	over := uint64(native.Uint32(b[12:]))
	if native.Uint64(b) != id || over >= w.pages-id {
		return nil, 0, 0, corrupt("page %d has a wrong header", id)
	}
	for i := uint64(1); i <= over; i++ {
		if !w.mark(id + i) {
			return nil, 0, 0, corrupt("page %d is used twice", id+i)
		}
	}
	if over > 0 {
		b = make([]byte, w.pageSize*int64(over+1))
		if _, err := w.f.ReadAt(b, int64(id)*w.pageSize); err != nil {
			return nil, 0, 0, err
		}
	}
	return b, flags, count, nil
}

func (w *walker) page(id uint64, depth int) error {
	if depth > maxDepth {
		return corrupt("its pages are nested too deeply")
	}
	b, flags, count, err := w.load(id)
	if err != nil {
		return err
	}
	where := fmt.Sprintf("page %d", id)
	switch flags {
	case flagBranch:
		if count == 0 {
			return corrupt("%s is empty", where)
		}
		for i := 0; i < int(count); i++ {
			e, err := element(b, i, where)
			if err != nil {
				return err
			}
			if !within(b, i, native.Uint32(e), native.Uint32(e[4:]), 0) {
				return corrupt("%s holds a key that lies outside", where)
			}
			if err := w.page(native.Uint64(e[8:]), depth+1); err != nil {
				return err
			}
		}
		return nil
	case flagLeaf:
		return w.leaf(b, int(count), where, depth)
	}
	return corrupt("%s is of no known sort", where)
}

func (w *walker) leaf(b []byte, count int, where string, depth int) error {
	for i := 0; i < count; i++ {
		e, err := element(b, i, where)
		if err != nil {
			return err
		}
		pos, ks, vs := native.Uint32(e[4:]), native.Uint32(e[8:]), native.Uint32(e[12:])
		if !within(b, i, pos, ks, vs) {
			return corrupt("%s holds a value that lies outside", where)
		}
		if native.Uint32(e)&leafBucket == 0 {
			continue
		}
		v := b[pageHeader+i*elementSize+int(pos)+int(ks):][:vs]
		if len(v) < 16 {
			return corrupt("%s holds a broken bucket", where)
		}
		if root := native.Uint64(v); root != 0 {
			if err := w.page(root, depth+1); err != nil {
				return err
			}
			continue
		}
		in := v[16:] // an inline bucket: a leaf page inside the value
		if len(in) < pageHeader || native.Uint16(in[8:]) != flagLeaf {
			return corrupt("%s holds a broken bucket", where)
		}
		if depth > maxDepth {
			return corrupt("its pages are nested too deeply")
		}
		if err := w.leaf(in, int(native.Uint16(in[10:])), where, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func element(b []byte, i int, where string) ([]byte, error) {
	at := pageHeader + i*elementSize
	if at+elementSize > len(b) {
		return nil, corrupt("%s says that it holds more than it can", where)
	}
	return b[at : at+elementSize], nil
}

// within reports whether key and value, at pos from their element, lie inside the page.
func within(b []byte, i int, pos, ks, vs uint32) bool {
	return uint64(pageHeader+i*elementSize)+uint64(pos)+uint64(ks)+uint64(vs) <= uint64(len(b))
}

// freelist checks that no page is both free and in use: writing to it would destroy what was saved.
func (w *walker) freelist(id uint64) error {
	b, flags, c, err := w.load(id)
	if err != nil {
		return err
	}
	if flags != flagFreelist {
		return corrupt("its list of free pages is missing")
	}
	list, count := b[pageHeader:], uint64(c)
	if c == 0xFFFF {
		if len(list) < 8 {
			return corrupt("its list of free pages is too short")
		}
		count, list = native.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return corrupt("its list of free pages is too short")
	}
	for i := uint64(0); i < count; i++ {
		if !w.mark(native.Uint64(list[i*8:])) {
			return corrupt("a page is both free and in use")
		}
	}
	return nil
}
