package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The test binary is also the process that is killed, or that meets a full disk.
const (
	childKind = "MUSTER_TEST_STORE_CHILD"
	childPath = "MUSTER_TEST_STORE_PATH"
)

func TestMain(m *testing.M) {
	var err error
	kind := os.Getenv(childKind)
	if kind == "" {
		os.Exit(m.Run())
	}
	if err = children[kind](os.Getenv(childPath)); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// children is what the test binary does when it is started as a child of a test.
var children = map[string]func(path string) error{"write": writeForEver}

// writeForEver writes drafts, audit records and cached records and says what is done once it is.
func writeForEver(path string) error {
	s, err := Open(path, testKey, Options{Dictionary: testDict, LockWait: time.Second})
	if err != nil {
		return err
	}
	c := NewCollection[note](s, "notes")
	start := 0
	if _, err := s.Setting("start", &start); err != nil {
		return err
	}
	for n := start; ; n++ {
		id := strconv.Itoa(n)
		if err := s.Update(func(tx *Tx) error {
			if err := c.In(tx).Put(id, note{strings.Repeat(id, 50)}); err != nil {
				return err
			}
			if _, err := tx.AppendAudit([]byte("wrote " + id)); err != nil {
				return err
			}
			return c.In(tx).Delete(strconv.Itoa(n - 100))
		}); err != nil {
			return err
		}
		fmt.Println("done", n)
		if n%7 == 0 {
			if err := s.PutRecords(time.Now(), person("rms", id, "Smith", "Ann", "1984"), person("rms", "same", "Name"+id, "Ann", "1984")); err != nil {
				return err
			}
			fmt.Println("cached", n)
		}
		if err := s.SetSetting("start", n+1); err != nil {
			return err
		}
	}
}

func childOf(kind, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childKind+"="+kind, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	last, cached := -1, -1
	for run := range 30 {
		cmd := childOf("write", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		delay := time.Duration(rand.Int64N(int64(60 * time.Millisecond)))
		if run%3 == 0 {
			time.AfterFunc(delay, func() { cmd.Process.Kill() }) // from the very start: while it opens
		}
		first := true
		for sc := bufio.NewScanner(out); sc.Scan(); {
			var what string
			var n int
			if k, _ := fmt.Sscan(sc.Text(), &what, &n); k < 2 {
				t.Fatalf("the process says %q", sc.Text())
			}
			if what == "done" {
				last = n
			} else {
				cached = n
			}
			if first && run%3 != 0 {
				time.AfterFunc(delay, func() { cmd.Process.Kill() })
			}
			first = false
		}
		cmd.Wait()
		s, err := Open(path, testKey, Options{Dictionary: testDict, LockWait: 5 * time.Second})
		if err != nil {
			t.Fatalf("run %d: %v", run, err)
		}
		if last >= 0 {
			c := NewCollection[note](s, "notes")
			for n := max(0, last-50); n <= last; n++ {
				if v, ok, err := c.Get(strconv.Itoa(n)); err != nil || !ok || v.Text != strings.Repeat(strconv.Itoa(n), 50) {
					t.Fatalf("run %d: note %d was acknowledged and is gone: %v", run, n, err)
				}
			}
			head, err := s.AuditHead()
			if err != nil || head.Count < uint64(last+1) {
				t.Fatalf("run %d: %d audit records, %d were acknowledged: %v", run, head.Count, last+1, err)
			}
		}
		if cached >= 0 {
			if r, err := s.SearchRecords(CacheQuery{Text: "smith", Limit: 1}); err != nil || r.Total < cached/7 {
				t.Fatalf("run %d: %d cached records, want %d: %v", run, r.Total, cached/7, err)
			}
		}
		if err := s.Check(); err != nil {
			t.Fatalf("run %d: %v", run, err)
		}
		s.Close()
	}
	if last < 30 {
		t.Errorf("only %d writes in 30 runs: the process is killed too early to mean anything", last)
	}
	t.Logf("30 kills, %d acknowledged writes, all there", last+1)
}

func TestAnotherProcessIsToldThatMusterIsOpen(t *testing.T) {
	s, path := fresh(t)
	out, err := childOf("write", path).Output()
	if err == nil || !strings.Contains(string(out), "Muster is already open") {
		t.Errorf("%v: %s", err, out)
	}
	s.Close()
}

// TestSomeoneWithTheKeyIsNoticed changes the log through the store itself, as an officer could who has the key.
func TestSomeoneWithTheKeyIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(tx *Tx, b *box) error
		seq  uint64
		say  string
	}{
		"rewritten": {func(tx *Tx, b *box) error {
			plain, err := tx.get(b, seqKey(4))
			plain[len(plain)-1] ^= 1
			return errors.Join(err, tx.put(b, seqKey(4), plain))
		}, 5, "does not follow"},
		"last rewritten": {func(tx *Tx, b *box) error {
			plain, err := tx.get(b, seqKey(9))
			plain[len(plain)-1] ^= 1
			return errors.Join(err, tx.put(b, seqKey(9), plain))
		}, 9, "replaced"},
		"swapped": {func(tx *Tx, b *box) error {
			x, err := tx.get(b, seqKey(3))
			y, err2 := tx.get(b, seqKey(6))
			return errors.Join(err, err2, tx.put(b, seqKey(3), y), tx.put(b, seqKey(6), x))
		}, 3, "does not follow"},
		"one inserted": {func(tx *Tx, b *box) error {
			plain, err := tx.get(b, seqKey(9))
			return errors.Join(err, tx.put(b, seqKey(10), plain))
		}, 10, "does not follow"},
		"head gone": {func(tx *Tx, b *box) error { return tx.drop(tx.headBox(b)) }, 1, "added by something other"},
		"end cut":   {func(tx *Tx, b *box) error { return tx.del(b, seqKey(9)) }, 9, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := fresh(t)
			for i := range 9 {
				if _, err := s.AppendAudit(binary.BigEndian.AppendUint64(nil, uint64(i))); err != nil {
					t.Fatal(err)
				}
			}
			if v, err := s.VerifyAudit(nil); err != nil || v.Problem != "" || v.Count != 9 {
				t.Fatalf("before: %+v %v", v, err)
			}
			if err := s.Update(func(tx *Tx) error { return c.edit(tx, s.keys.box(chainAudit)) }); err != nil {
				t.Fatal(err)
			}
			v, err := s.VerifyAudit(nil)
			if err != nil || v.BadSeq != c.seq || !strings.Contains(v.Problem, c.say) {
				t.Errorf("%+v %v, want %d %q", v, err, c.seq, c.say)
			}
			if err := s.Check(); !errors.Is(err, ErrCorrupt) {
				t.Errorf("check: %v", err)
			}
		})
	}
}

func TestJudgementsAreALogOfTheirOwn(t *testing.T) {
	s, _ := fresh(t)
	if err := s.Update(func(tx *Tx) error { _, err := tx.AppendJudgements([]byte("same"), []byte("not same")); return err }); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := s.EachJudgement(2, func(seq uint64, p []byte) error { got = append(got, fmt.Sprint(seq, string(p))); return nil }); err != nil || len(got) != 1 || got[0] != "2not same" {
		t.Error(got, err)
	}
	if h, _ := s.AuditHead(); h.Count != 0 {
		t.Error("a judgement stands in the audit log")
	}
	if n, err := s.AppendJudgements([]byte("unsure")); n != 3 || err != nil {
		t.Error(n, err)
	}
	if v, err := s.VerifyJudgements(nil); err != nil || v.Count != 3 || v.Problem != "" {
		t.Error(v, err)
	}
	if err := s.Update(func(tx *Tx) error { return tx.del(s.keys.box(chainJudgement), seqKey(2)) }); err != nil {
		t.Fatal(err)
	}
	if v, err := s.VerifyJudgements(nil); err != nil || v.BadSeq != 2 {
		t.Errorf("a removed judgement is not noticed: %+v %v", v, err)
	}
}
