package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"muster/plugins"
	"muster/store"
)

var key = bytes.Repeat([]byte{3}, 32)

func opened(t testing.TB) (*store.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.db")
	return reopened(t, path), path
}

func reopened(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(path, key, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func record(i int) Record {
	return Record{Time: time.Date(2026, 11, 24, 14, 0, i%60, 0, time.UTC), Operation: Consultation, Officer: "jo.bell", Collar: "4471",
		System: []string{"rms", "cad"}[i%2], Terms: map[string]string{"surname": "Thornycroft"}, Purpose: plugins.Purpose{Code: "investigation", Case: "42/1"}}
}

func TestRecordsComeBackNewestFirstAndChained(t *testing.T) {
	s, path := opened(t)
	l := Open(s)
	ctx := context.Background()
	for i := range 5 {
		seqs, err := l.Append(ctx, record(2*i), record(2*i+1))
		if err != nil || len(seqs) != 2 || seqs[0] != uint64(2*i+1) || seqs[1] != uint64(2*i+2) {
			t.Fatal(seqs, err)
		}
	}
	head, hash, err := l.Head()
	if err != nil || head != 10 || len(hash) != 64 {
		t.Fatal(head, hash, err)
	}
	s.Close()
	l = Open(reopened(t, path))
	page, err := l.Records(0, 3, nil)
	if err != nil || len(page) != 3 || page[0].Seq != 10 || page[2].Seq != 8 {
		t.Fatalf("%+v %v", page, err)
	}
	if page[0].Prev == page[1].Prev || page[0].Prev == strings.Repeat("0", 64) {
		t.Error("a record does not hold the hash of the one before")
	}
	if _, err := hex.DecodeString(page[0].Prev); err != nil {
		t.Error(err)
	}
	older, err := l.Records(page[2].Seq, 0, func(r Record) bool { return r.System == "cad" })
	if err != nil || len(older) != 3 || older[0].Seq != 6 || older[0].Terms["surname"] != "Thornycroft" || older[0].Purpose.Case != "42/1" {
		t.Errorf("%+v %v", older, err)
	}
	var all []uint64
	if err := l.Each(4, func(r Record) error { all = append(all, r.Seq); return nil }); err != nil || len(all) != 7 || all[0] != 4 {
		t.Error(all, err)
	}
}

func TestSixSystemsCostOneWrite(t *testing.T) {
	s, _ := opened(t)
	// The first write is held until the six others wait; they must then go together.
	slow := &held{Keeper: s, go1: make(chan struct{}), started: make(chan struct{})}
	l := Open(slow)
	var wg sync.WaitGroup
	add := func(i int) {
		wg.Go(func() {
			if _, err := l.Append(context.Background(), record(i)); err != nil {
				t.Error(err)
			}
		})
	}
	add(0)
	<-slow.started
	for i := range 6 {
		add(i + 1)
	}
	for {
		l.mu.Lock()
		n := len(l.waiting)
		l.mu.Unlock()
		if n == 6 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(slow.go1)
	wg.Wait()
	if slow.writes != 2 {
		t.Errorf("%d writes, want one for the first and one for the six that waited", slow.writes)
	}
	if v := l.Verify(context.Background()); !v.OK || v.Records != 7 {
		t.Errorf("%+v", v)
	}
}

// held keeps the first write of a real store waiting.
type held struct {
	Keeper
	go1, started chan struct{}
	writes       int
}

func (h *held) AppendAudit(p ...[]byte) (uint64, error) {
	h.writes++
	if h.writes == 1 {
		close(h.started)
		<-h.go1
	}
	return h.Keeper.AppendAudit(p...)
}

func TestManyOfficersWindowsAppendWithoutLoss(t *testing.T) {
	s, _ := opened(t)
	l := Open(s)
	var mu sync.Mutex
	seen := map[uint64]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				seqs, err := l.Append(context.Background(), record(w), record(i))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, q := range seqs {
					if seen[q] {
						t.Errorf("number %d was given twice", q)
					}
					seen[q] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if v := l.Verify(context.Background()); !v.OK || v.Records != 160 || len(seen) != 160 {
		t.Errorf("%+v, %d numbers", v, len(seen))
	}
}

func TestNoAccessWithoutTheLog(t *testing.T) {
	s, _ := opened(t)
	l := Open(s)
	s.Close()
	_, err := l.Append(context.Background(), record(1))
	if !errors.Is(err, store.ErrClosed) || !strings.Contains(err.Error(), "nothing was looked up or sent") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "Thornycroft") {
		t.Error("the error names a person")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Append(ctx, record(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Append(context.Background(), Record{Operation: Consultation}); err == nil {
		t.Error("a record without officer and time was taken")
	}
	if v := l.Verify(context.Background()); v.OK {
		t.Error("a log that cannot be read is called good")
	}
}

// TestTamperingIsNamed edits the file as someone with a database tool would.
func TestTamperingIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(b *bbolt.Bucket, k func(int) []byte) error
		seq  uint64
		say  string
	}{
		"removed": {func(b *bbolt.Bucket, k func(int) []byte) error { return b.Delete(k(4)) }, 4, "record 4 of audit was removed"},
		"changed": {func(b *bbolt.Bucket, k func(int) []byte) error {
			v := bytes.Clone(b.Get(k(5)))
			v[len(v)/2] ^= 1
			return b.Put(k(5), v)
		}, 5, "record 5 of audit was changed"},
		"reordered": {func(b *bbolt.Bucket, k func(int) []byte) error {
			x, y := bytes.Clone(b.Get(k(3))), bytes.Clone(b.Get(k(7)))
			return errors.Join(b.Put(k(3), y), b.Put(k(7), x))
		}, 3, "record 3 of audit was changed or moved"},
		"truncated": {func(b *bbolt.Bucket, k func(int) []byte) error {
			return errors.Join(b.Delete(k(10)), b.Delete(k(9)))
		}, 9, "record 9 of audit and those after it were cut off"},
		"emptied": {func(b *bbolt.Bucket, k func(int) []byte) error {
			var err error
			for i := range 10 {
				err = errors.Join(err, b.Delete(k(i+1)))
			}
			return err
		}, 1, "cut off"},
		"added": {func(b *bbolt.Bucket, k func(int) []byte) error { return b.Put(k(11), bytes.Clone(b.Get(k(10)))) }, 11, "record 11"},
	} {
		t.Run(name, func(t *testing.T) {
			s, path := opened(t)
			for i := range 10 {
				if _, err := Open(s).Append(context.Background(), record(i)); err != nil {
					t.Fatal(err)
				}
			}
			s.Close()
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			seq := func(i int) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, byte(i)} }
			if err := db.Update(func(tx *bbolt.Tx) error {
				return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
					if b.Get(seq(10)) == nil { // only the log has ten numbered entries
						return nil
					}
					return c.edit(b, seq)
				})
			}); err != nil {
				t.Fatal(err)
			}
			db.Close()
			v := Open(reopened(t, path)).Verify(context.Background())
			if v.OK || v.BadSeq != c.seq || !strings.Contains(v.Say, c.say) {
				t.Errorf("%+v, want record %d and %q", v, c.seq, c.say)
			}
		})
	}
}

func manyRecords(b *testing.B) *Log {
	b.Helper()
	s, _ := opened(b)
	l := Open(s)
	for i := range 100 {
		batch := make([]Record, 1000)
		for j := range batch {
			batch[j] = record(i*1000 + j)
			batch[j].Correlation = fmt.Sprint(i, j)
		}
		if _, err := l.Append(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

func BenchmarkVerify100k(b *testing.B) {
	l := manyRecords(b)
	for b.Loop() {
		if v := l.Verify(context.Background()); !v.OK || v.Records != 100_000 {
			b.Fatalf("%+v", v)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms-whole")
}

func BenchmarkVerifyFile100k(b *testing.B) {
	l := manyRecords(b)
	if _, err := l.Checkpoint(context.Background(), signing, record(0), true); err != nil {
		b.Fatal(err)
	}
	var file bytes.Buffer
	if err := l.Lines(0, func(_ uint64, line []byte) error { file.Write(append(line, '\n')); return nil }); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if v, err := VerifyFile(context.Background(), bytes.NewReader(file.Bytes()), ""); err != nil || !v.OK || v.Records != 100_001 {
			b.Fatalf("%+v %v", v, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms-whole")
}

func BenchmarkAppend(b *testing.B) {
	s, _ := opened(b)
	l := Open(s)
	for b.Loop() {
		if _, err := l.Append(context.Background(), record(1)); err != nil {
			b.Fatal(err)
		}
	}
}
