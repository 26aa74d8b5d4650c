package store

import (
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func init() { children["full"] = fillUp }

// fillUp runs where no file may grow beyond 12 MB: the system itself refuses to write more.
func fillUp(path string) error {
	signal.Ignore(syscall.SIGXFSZ) // the refusal comes as an error then, as a full disk does
	if err := limitFiles(12 << 20); err != nil {
		return err
	}
	s, err := Open(path, testKey, Options{Dictionary: testDict})
	if err != nil {
		return err
	}
	return fillStore(s)
}

// fillStore writes until the disk is full, then shows that nothing is lost and that it goes on once there is room.
func fillStore(s *Store) error {
	c := NewCollection[note](s, "notes")
	n := 0
	var err error
	for ; n < 10_000; n++ {
		if err = c.Put(strconv.Itoa(n), note{strings.Repeat("x", 40_000)}); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "nothing that was saved before is lost") {
		return fmt.Errorf("a full disk gave, after %d: %w", n, err)
	}
	if _, ok, err := c.Get(strconv.Itoa(n)); ok || err != nil {
		return fmt.Errorf("what was refused is there: %v %w", ok, err)
	}
	for i := range n {
		if _, ok, err := c.Get(strconv.Itoa(i)); !ok || err != nil {
			return fmt.Errorf("%d of %d is lost: %w", i, n, err)
		}
	}
	if _, err := s.AppendAudit(make([]byte, 6<<20)); !errors.Is(err, ErrFull) {
		return fmt.Errorf("the audit log on a full disk: %w", err)
	}
	// The file's own free pages serve when the disk gives nothing more.
	for i := 0; i < n/2; i++ {
		if err := c.Delete(strconv.Itoa(i)); err != nil && !errors.Is(err, ErrFull) {
			return err
		}
	}
	if err := s.Check(); err != nil {
		return err
	}
	return s.Close()
}

func TestAFullDiskLosesNothing(t *testing.T) {
	t.Run("file size limit", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "muster.db")
		if out, err := childOf("full", path).Output(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		s := openTest(t, path)
		if all, err := NewCollection[note](s, "notes").All(); err != nil || len(all) < 20 {
			t.Errorf("after the disk was full %d notes are left: %v", len(all), err)
		}
		if err := NewCollection[note](s, "notes").Put("more", note{"room again"}); err != nil {
			t.Errorf("with room again: %v", err)
		}
	})
	t.Run("own limit", func(t *testing.T) {
		s, err := Open(filepath.Join(t.TempDir(), "muster.db"), testKey, Options{MaxBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if err := fillStore(s); err != nil {
			t.Error(err)
		}
	})
	t.Run("full file system", func(t *testing.T) {
		dir := t.TempDir()
		if err := mountSmall(dir, 2<<20); err != nil {
			t.Logf("no small file system can be mounted here (%v); the two limits above were met", err)
			return
		}
		defer unmount(dir)
		s, err := Open(filepath.Join(dir, "muster.db"), testKey, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := fillStore(s); err != nil {
			t.Error(err)
		}
	})
}

// limitFiles lets no file of this process grow beyond n bytes.
func limitFiles(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}

func mountSmall(dir string, n int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", n))
}

func unmount(dir string) { syscall.Unmount(dir, syscall.MNT_DETACH) }
