package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testKey = bytes.Repeat([]byte{7}, keySize)

func openTest(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path, testKey, Options{Dictionary: testDict})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fresh(t testing.TB) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "officer", "muster.db")
	return openTest(t, path), path
}

type note struct{ Text string }

func TestFileAndFolderAreTheOfficersAlone(t *testing.T) {
	_, path := fresh(t)
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		st, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(p), st.Mode().Perm(), want)
		}
	}
}

func TestNothingOnDiskIsReadable(t *testing.T) {
	s, path := fresh(t)
	secrets := []string{"Thornycroft", "draft-4711", "custody-secret", "whereabouts of the witness"}
	c := NewCollection[note](s, "drafts of "+secrets[2])
	if err := c.Put(secrets[1], note{secrets[3]}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetSetting("last "+secrets[0], secrets[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendAudit([]byte("looked at " + secrets[0])); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRecords(time.Now(), person("rms", "P-Thornycroft", "Thornycroft", "Ada", "1984-03-12")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range append(secrets, "THORNYCROFT", "1984-03-12", "surname", "drafts", "audit", string(testKey)) {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%q stands readable in the file", secret)
		}
	}
}

func TestAnotherOfficersFileIsRefused(t *testing.T) {
	s, path := fresh(t)
	s.Close()
	before, _ := os.ReadFile(path)
	_, err := Open(path, bytes.Repeat([]byte{8}, keySize), Options{})
	if !errors.Is(err, ErrWrongKey) || !strings.Contains(err.Error(), "another officer or another machine") {
		t.Fatalf("got %v", err)
	}
	after, _ := os.ReadFile(path)
	if !bytes.Equal(before, after) {
		t.Error("a refused file was changed")
	}
	if _, err := Open(path, testKey[:16], Options{}); !errors.Is(err, ErrKey) {
		t.Errorf("a short key gave %v", err)
	}
}

func TestASecondOpenIsToldThatMusterIsOpen(t *testing.T) {
	s, path := fresh(t)
	if _, err := Open(path, testKey, Options{}); !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v", err)
	}
	s.Close()
	again, err := Open(path, testKey, Options{})
	if err != nil {
		t.Fatalf("after closing: %v", err)
	}
	again.Close()
}

func TestANewerFileIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	s, err := openAs(path, testKey, Options{}, format+1, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	before, _ := os.ReadFile(path)
	if _, err := Open(path, testKey, Options{}); !errors.Is(err, ErrNewer) {
		t.Fatalf("got %v", err)
	}
	after, _ := os.ReadFile(path)
	if !bytes.Equal(before, after) {
		t.Error("the newer file was changed")
	}
}

func TestOlderFilesAreBroughtUpToDateOnce(t *testing.T) {
	s, path := fresh(t)
	if err := NewCollection[note](s, "notes").Put("a", note{"old"}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	ran := 0
	steps := []migration{
		{format, "notes get a mark", func(tx *Tx) error {
			ran++
			return NewCollection[note](tx.store, "notes").In(tx).Put("a", note{"old, marked"})
		}},
		{format + 1, "nothing more", func(*Tx) error { ran++; return nil }},
	}
	for range 2 {
		s, err := openAs(path, testKey, Options{}, format+2, steps)
		if err != nil {
			t.Fatal(err)
		}
		if n, _, _ := NewCollection[note](s, "notes").Get("a"); n.Text != "old, marked" {
			t.Errorf("the step left %q", n.Text)
		}
		s.Close()
	}
	if ran != 2 {
		t.Errorf("the steps ran %d times, want each once", ran)
	}
}

func TestAFailedStepLeavesTheOlderFile(t *testing.T) {
	s, path := fresh(t)
	s.Close()
	boom := errors.New("no")
	if _, err := openAs(path, testKey, Options{}, format+1, []migration{{format, "fails", func(tx *Tx) error {
		if err := NewCollection[note](tx.store, "notes").In(tx).Put("a", note{"half"}); err != nil {
			return err
		}
		return boom
	}}}); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	s = openTest(t, path)
	if _, ok, _ := NewCollection[note](s, "notes").Get("a"); ok {
		t.Error("half a migration stayed")
	}
}

func TestOneUpdateOverSeveralCollectionsIsAllOrNothing(t *testing.T) {
	s, _ := fresh(t)
	a, b := NewCollection[note](s, "a"), NewCollection[note](s, "b")
	if err := a.Put("x", note{"draft"}); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	move := func(fail error) error {
		return s.Update(func(tx *Tx) error {
			n, _, err := a.In(tx).Get("x")
			if err != nil {
				return err
			}
			if err := b.In(tx).Put("x", n); err != nil {
				return err
			}
			if err := a.In(tx).Delete("x"); err != nil {
				return err
			}
			return fail
		})
	}
	has := func() (bool, bool) {
		_, inA, _ := a.Get("x")
		_, inB, _ := b.Get("x")
		return inA, inB
	}
	if err := move(stop); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if inA, inB := has(); !inA || inB {
		t.Error("a failed transaction left something")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic of the caller was swallowed")
			}
		}()
		s.Update(func(tx *Tx) error { a.In(tx).Delete("x"); panic("bug") })
	}()
	if inA, _ := has(); !inA {
		t.Error("a transaction that panicked left something")
	}
	if err := move(nil); err != nil {
		t.Fatal(err)
	}
	if inA, inB := has(); inA || !inB {
		t.Error("the move did not happen")
	}
}

func TestCollectionKeepsOrderAndPlace(t *testing.T) {
	s, path := fresh(t)
	c := NewCollection[note](s, "notes")
	for _, k := range []string{"m", "a", "z"} {
		if err := c.Put(k, note{k}); err != nil {
			t.Fatal(err)
		}
	}
	c.Put("m", note{"changed"})
	s.Close()
	s = openTest(t, path)
	c = NewCollection[note](s, "notes")
	c.Put("b", note{"b"})
	order := func(o Order) (out string) {
		c.Each(o, func(k string, n note) error { out += k + ":" + n.Text + " "; return nil })
		return strings.TrimSpace(out)
	}
	if got := order(ByInsertion); got != "m:changed a:a z:z b:b" {
		t.Errorf("by insertion: %s", got)
	}
	if got := order(ByKey); got != "a:a b:b m:changed z:z" {
		t.Errorf("by key: %s", got)
	}
	if err := c.Delete("a", "nothing"); err != nil {
		t.Fatal(err)
	}
	if all, _ := c.All(); len(all) != 3 {
		t.Errorf("%d left after deleting one of four", len(all))
	}
}

func TestCollectionBehavesAsAMap(t *testing.T) {
	s, _ := fresh(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		c := NewCollection[string](s, fmt.Sprint("model ", run))
		model := map[string]string{}
		key := rapid.StringN(0, 4, -1)
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				k, v := key.Draw(rt, "k"), rapid.String().Draw(rt, "v")
				if err := c.Put(k, v); err != nil {
					rt.Fatal(err)
				}
				model[k] = strings.ToValidUTF8(v, "\uFFFD")
			},
			"delete": func(rt *rapid.T) {
				k := key.Draw(rt, "k")
				if err := c.Delete(k); err != nil {
					rt.Fatal(err)
				}
				delete(model, k)
			},
			"": func(rt *rapid.T) {
				n := 0
				if err := c.Each(ByKey, func(k, v string) error {
					n++
					if model[k] != v {
						rt.Fatalf("%q holds %q, want %q", k, v, model[k])
					}
					return nil
				}); err != nil {
					rt.Fatal(err)
				}
				if n != len(model) {
					rt.Fatalf("%d values, want %d", n, len(model))
				}
			},
		})
	})
}

func TestAValueCannotBeMoved(t *testing.T) {
	k := newKeys(testKey, bytes.Repeat([]byte{1}, saltSize))
	a, b := k.box("a"), k.box("b")
	sealed := a.seal([]byte("here"), []byte("value"))
	if v, err := a.open([]byte("here"), sealed); err != nil || string(v) != "value" {
		t.Fatal(string(v), err)
	}
	if _, err := a.open([]byte("there"), sealed); !errors.Is(err, ErrCorrupt) {
		t.Error("a value opened under another key")
	}
	if _, err := b.open([]byte("here"), sealed); !errors.Is(err, ErrCorrupt) {
		t.Error("a value opened in another bucket")
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := a.open([]byte("here"), bad); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d changed and nobody noticed", i)
		}
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s, _ := fresh(t)
	c := NewCollection[note](s, "notes")
	s.Close()
	if err := c.Put("a", note{}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestSettingsSurvive(t *testing.T) {
	s, path := fresh(t)
	type place struct{ X, Y int }
	if ok, err := s.Setting("window", &place{}); ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := s.SetSetting("window", place{3, 4}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = openTest(t, path)
	var p place
	if ok, err := s.Setting("window", &p); !ok || err != nil || p != (place{3, 4}) {
		t.Error(ok, err, p)
	}
}
