package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"muster/plugins/pole"
)

var otherKey = bytes.Repeat([]byte{0x5a}, keySize)

func init() {
	children["rotate"] = func(path string) error {
		fmt.Println("begins")
		return Rotate(path, testKey, otherKey, Options{Dictionary: testDict, LockWait: time.Second})
	}
}

// filled makes a file with something of everything in it.
func filled(t *testing.T) string {
	t.Helper()
	s, path := fresh(t)
	c := NewCollection[note](s, "notes")
	for i := range 60 {
		if err := errors.Join(c.Put(strconv.Itoa(i), note{strings.Repeat(strconv.Itoa(i), 30)}), s.SetSetting("n"+strconv.Itoa(i), i)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AppendAudit([]byte("looked " + strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Delete("7"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendJudgements([]byte("same"), []byte("not same")); err != nil {
		t.Fatal(err)
	}
	records := make([]pole.Record, 300)
	for i := range records {
		records[i] = person("rms", strconv.Itoa(i), "Smith", "Ann", "1984")
	}
	if err := s.PutRecords(time.Now(), records...); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// whole checks that what filled made is there.
func whole(t *testing.T, s *Store) {
	t.Helper()
	c := NewCollection[note](s, "notes")
	all, err := c.All()
	if err != nil || len(all) != 59 || all[7].Text != strings.Repeat("8", 30) {
		t.Fatalf("%d notes, want 59 in the order in which they were put: %v", len(all), err)
	}
	if v, ok, err := c.Get("42"); err != nil || !ok || v.Text != strings.Repeat("42", 30) {
		t.Errorf("a note is not found by its key: %v", err)
	}
	n := 0
	if ok, err := s.Setting("n59", &n); !ok || n != 59 || err != nil {
		t.Error("a setting is lost", err)
	}
	if v, err := s.VerifyAudit(nil); err != nil || v.Problem != "" || v.Count != 60 {
		t.Errorf("%+v %v", v, err)
	}
	if v, err := s.VerifyJudgements(nil); err != nil || v.Problem != "" || v.Count != 2 {
		t.Errorf("%+v %v", v, err)
	}
	if r, err := s.SearchRecords(CacheQuery{Text: "smith 299", Limit: 5}); err != nil || r.Total != 1 || r.Records[0].ID != "299" {
		t.Errorf("the cache does not find its records: %+v %v", r, err)
	}
	if i, err := s.CacheInfo(); err != nil || i.Records != 300 {
		t.Errorf("%+v %v", i, err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestRotatedFileHoldsEverythingUnderTheNewKeyOnly(t *testing.T) {
	path := filled(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Rotate(path, otherKey, testKey, Options{}); !errors.Is(err, ErrWrongKey) {
		t.Fatalf("rotating with a key that does not fit gave %v", err)
	}
	if err := Rotate(path, testKey, otherKey, Options{Dictionary: testDict}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, testKey, Options{}); !errors.Is(err, ErrWrongKey) {
		t.Errorf("the old key gave %v", err)
	}
	s, err := Open(path, otherKey, Options{Dictionary: testDict})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	whole(t, s)
	if err := NewCollection[note](s, "notes").Put("next", note{"after"}); err != nil {
		t.Fatal(err)
	}
	if all, err := NewCollection[note](s, "notes").All(); err != nil || all[len(all)-1].Text != "after" {
		t.Error("what is put after a rotation does not stand last", err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := openCopy(t, before)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	// Nothing that the old key sealed may lie in the new file, not even in a page that is free.
	if err := old.View(func(tx *Tx) error {
		return tx.bolt.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if len(v) > 40 && bytes.Contains(after, v) {
					return fmt.Errorf("a value that the old key sealed is still there")
				}
				return nil
			})
		})
	}); err != nil {
		t.Error(err)
	}
}

func openCopy(t *testing.T, file []byte) (*Store, error) {
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		return nil, err
	}
	return Open(path, testKey, Options{Dictionary: testDict})
}

func TestRotationKilledAnywhereLosesNothing(t *testing.T) {
	path := filled(t)
	keys := [][]byte{testKey, otherKey}
	killed := 0
	for run := range 12 {
		cmd := childOf("rotate", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 16)); err != nil { // it begins
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(time.Duration(run+1) * 8 * time.Millisecond))))
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
		var s *Store
		for _, key := range keys {
			if s, err = Open(path, key, Options{Dictionary: testDict, LockWait: 5 * time.Second}); !errors.Is(err, ErrWrongKey) {
				break
			}
		}
		if err != nil {
			t.Fatalf("run %d: neither key opens the file: %v", run, err)
		}
		whole(t, s)
		s.Close()
		if _, err := os.Stat(path + rotating); err == nil {
			t.Error("half a file was left lying about")
		}
		if s, err := Open(path, otherKey, Options{}); err == nil { // it had come to its end: back to the first key
			s.Close()
			if err := Rotate(path, otherKey, testKey, Options{Dictionary: testDict}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if killed == 0 {
		t.Error("no rotation was ended in the middle")
	}
}

func TestAnOlderFileIsToldByItsAnchor(t *testing.T) {
	s, path := fresh(t)
	appendN := func(s *Store, n int, word string) {
		for range n {
			if _, err := s.AppendAudit([]byte(word)); err != nil {
				t.Fatal(err)
			}
		}
	}
	appendN(s, 5, "early")
	s.Close()
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reopen := func() *Store {
		t.Helper()
		s, err := Open(path, testKey, Options{Dictionary: testDict})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s = reopen()
	appendN(s, 4, "late")
	anchor, err := s.Anchor()
	if err != nil || anchor.Count != 9 {
		t.Fatal(anchor, err)
	}
	appendN(s, 1, "after the anchor")
	if say, _, err := s.RolledBack(anchor); say != "" || err != nil {
		t.Errorf("a file that went on is called older: %s %v", say, err)
	}
	s.Close()

	if err := os.WriteFile(path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	s = reopen()
	if v, err := s.VerifyAudit(nil); err != nil || v.Problem != "" {
		t.Fatalf("by itself an older copy is sound: %+v %v", v, err)
	}
	if say, missing, err := s.RolledBack(anchor); missing != 4 || !strings.Contains(say, "older than it was") || err != nil {
		t.Errorf("%q %d %v", say, missing, err)
	}
	appendN(s, 8, "another history") // as long again, but not the same
	if say, missing, err := s.RolledBack(anchor); missing != 0 || !strings.Contains(say, "not the one that it was") || err != nil {
		t.Errorf("%q %d %v", say, missing, err)
	}
	s.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if say, missing, _ := reopen().RolledBack(anchor); missing != 9 || say == "" {
		t.Errorf("a file that was removed: %q %d", say, missing)
	}
}

func TestKeysAreWipedWhenTheStoreCloses(t *testing.T) {
	s, _ := fresh(t)
	if err := s.SetSetting("x", 1); err != nil {
		t.Fatal(err)
	}
	master := s.keys.master
	mac := s.keys.box("collection settings").mac
	s.Close()
	if !bytes.Equal(master, make([]byte, keySize)) || !bytes.Equal(mac, make([]byte, keySize)) {
		t.Error("a key is still in memory after the store was closed")
	}
}
