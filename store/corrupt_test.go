package store

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// sound is a small file with something in every bucket, as bytes.
var sound = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "muster.db")
	s, err := Open(path, testKey, Options{Dictionary: testDict})
	if err != nil {
		return nil, err
	}
	c := NewCollection[note](s, "notes")
	for i := range 60 {
		if err := c.Put(strconv.Itoa(i), note{strings.Repeat(strconv.Itoa(i), 40)}); err != nil {
			return nil, err
		}
	}
	for i := range 20 {
		if _, err := s.AppendAudit([]byte(strconv.Itoa(i))); err != nil {
			return nil, err
		}
		if err := s.PutRecords(time.Now(), person("rms", strconv.Itoa(i), "Smith", "Ann", "1984")); err != nil {
			return nil, err
		}
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return data[:highWater(data)*4096], nil // beyond lies what the file has grown ahead
})

// handle opens a damaged file and does everything with it. It must not panic, and must never give a wrong value.
func handle(t *testing.T, data []byte) (noticed bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	fine := func(what string, err error) {
		if err == nil {
			return
		}
		noticed = true
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrWrongKey) && !errors.Is(err, ErrNewer) && !errors.Is(err, ErrFull) {
			t.Errorf("%s: %v", what, err)
		}
	}
	s, err := Open(path, testKey, Options{Dictionary: testDict})
	if err != nil {
		fine("open", err)
		return true
	}
	fine("check", s.Check())
	c := NewCollection[note](s, "notes")
	for i := range 60 {
		v, ok, err := c.Get(strconv.Itoa(i))
		fine("get", err)
		if err == nil && ok && v.Text != strings.Repeat(strconv.Itoa(i), 40) {
			t.Errorf("note %d reads %q", i, v.Text)
		}
		noticed = noticed || !ok
	}
	_, err = c.All()
	fine("all", err)
	r, err := s.SearchRecords(CacheQuery{Text: "smith"})
	fine("search", err)
	noticed = noticed || r.Total != 20
	v, err := s.VerifyAudit(nil)
	fine("verify", err)
	noticed = noticed || v.Problem != "" || v.Count != 20
	fine("put", c.Put("new", note{"new"}))
	fine("records", s.PutRecords(time.Now(), person("cad", "1", "Smith", "Ann", "1984")))
	_, err = s.AppendAudit([]byte("more"))
	fine("audit", err)
	_, err = s.Trim(time.Now().AddDate(1, 0, 0), TrimPolicy{MaxAge: time.Hour})
	fine("trim", err)
	fine("close", s.Close())
	return noticed
}

func TestDamageIsNoticedAndSurvived(t *testing.T) {
	data, err := sound()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(data))
	if handle(t, data) {
		t.Fatal("a sound file is called damaged")
	}
	for _, n := range []int{1, 100, 4096, 8192, 3 * 4096, len(data) / 2, len(data) - 4096, len(data) - 1} {
		if !handle(t, data[:n]) {
			// Only pages that are not in use may go unnoticed.
			if uint64(n/4096) < highWater(data) {
				t.Errorf("cut to %d of %d bytes and nobody noticed", n, len(data))
			}
		}
	}
	if handle(t, nil) {
		t.Log("an empty file is refused")
	} else {
		t.Error("a file emptied by someone is taken for a sound one")
	}
	// One byte in every stretch of the file; what lies in free pages is nobody's.
	for at := 0; at < len(data); at += 3499 {
		bad := append([]byte(nil), data...)
		bad[at] ^= 0x55
		handle(t, bad)
	}
	// Whole pages overwritten, swapped and repeated.
	for p := 2; p+1 < len(data)/4096; p += 5 {
		for _, with := range [][]byte{make([]byte, 4096), data[(p+1)*4096 : (p+2)*4096], data[3*4096 : 4*4096]} {
			bad := append([]byte(nil), data...)
			copy(bad[p*4096:], with)
			handle(t, bad)
		}
	}
}

// highWater is how many pages the newer meta page says are in use.
func highWater(data []byte) uint64 {
	return max(binary.NativeEndian.Uint64(data[16+40:]), binary.NativeEndian.Uint64(data[4096+16+40:]))
}

// FuzzDamagedFile writes what the fuzzer likes over a sound file. Whatever it is, nothing panics.
func FuzzDamagedFile(f *testing.F) {
	f.Add(uint32(0), []byte{0}, uint32(0))
	f.Add(uint32(4096*3+16), []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, uint32(0))
	f.Add(uint32(4096*2), []byte{2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 255, 255}, uint32(10))
	f.Add(uint32(8192+8), []byte{1, 0, 1, 0}, uint32(20000))
	f.Fuzz(func(t *testing.T, at uint32, with []byte, cut uint32) {
		data, err := sound()
		if err != nil {
			t.Fatal(err)
		}
		bad := append([]byte(nil), data...)
		copy(bad[int(at)%len(bad):], with)
		handle(t, bad[:len(bad)-int(cut)%len(bad)])
	})
}

// FuzzSealed opens whatever bytes stand where a sealed value or a block of the index should.
func FuzzSealed(f *testing.F) {
	b := newKeys(testKey, make([]byte, saltSize)).box("x")
	f.Add(b.seal([]byte("k"), []byte("value")))
	f.Add([]byte{1})
	f.Add(packIDs([]uint64{1, 5, 9}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, err := b.open([]byte("k"), data); err == nil && string(plain) != "value" {
			t.Errorf("%q opened", plain)
		}
		if ids, err := unpackIDs(nil, data); err == nil && len(ids) > blockIDs {
			t.Errorf("%d numbers in one block", len(ids))
		}
		if _, err := readKept(b, data); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
		if _, err := readRef(data); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	})
}
