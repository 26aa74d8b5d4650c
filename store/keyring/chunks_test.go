package keyring

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	zalando "github.com/zalando/go-keyring"
	"pgregory.net/rapid"
)

// faulty is items over the real keyring in which the n-th write fails, as on a full disk or a lost bus.
type faulty struct {
	backend
	left int
}

var errFull = errors.New("no space")

func (f *faulty) set(name, value string) error {
	if f.left == 0 {
		return errFull
	}
	f.left--
	return f.backend.set(name, value)
}

func TestFailedWriteKeepsTheOldSecret(t *testing.T) {
	b := backend{"muster-test/faulty-" + generation()}
	defer func() {
		if err := b.wipe(); err != nil {
			t.Error(err)
		}
	}()
	old, next := bytes.Repeat([]byte("o"), 300), bytes.Repeat([]byte("n"), 400)
	if err := write(b, "x", old, 64); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		err := write(&faulty{backend: b, left: n}, "x", next, 64)
		got, rerr := read(b, "x")
		if rerr != nil {
			t.Fatalf("after a failure at write %d: %v", n, rerr)
		}
		if err == nil {
			if !bytes.Equal(got, next) {
				t.Fatal("the new secret was not stored")
			}
			if n < 5 {
				t.Fatalf("only %d writes: the chunks were not split", n)
			}
			return
		}
		if !errors.Is(err, errFull) || !bytes.Equal(got, old) {
			t.Fatalf("after a failure at write %d: %v, %q", n, err, got)
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	b := backend{"muster-test/litter-" + generation()}
	defer func() {
		if err := b.wipe(); err != nil {
			t.Error(err)
		}
	}()
	if err := write(b, "x", make([]byte, 500), 64); err != nil {
		t.Fatal(err)
	}
	head, err := b.get("x")
	if err != nil {
		t.Fatal(err)
	}
	chunks := chunksOf("x", head)
	if len(chunks) < 2 {
		t.Fatalf("%d chunks", len(chunks))
	}
	if err := write(b, "x", []byte("small"), 64); err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if _, err := b.get(c); !errors.Is(err, zalando.ErrNotFound) {
			t.Errorf("an old chunk is still there: %v", err)
		}
	}
}

func TestMissingOrChangedChunkIsNoticed(t *testing.T) {
	b := backend{"muster-test/damaged-" + generation()}
	defer func() {
		if err := b.wipe(); err != nil {
			t.Error(err)
		}
	}()
	if err := write(b, "x", make([]byte, 500), 64); err != nil {
		t.Fatal(err)
	}
	head, err := b.get("x")
	if err != nil {
		t.Fatal(err)
	}
	c := chunksOf("x", head)[1]
	if err := b.set(c, strings.Repeat("B", 64)); err != nil {
		t.Fatal(err)
	}
	if _, err := read(b, "x"); !errors.Is(err, ErrDamaged) {
		t.Errorf("changed chunk: %v", err)
	}
	if err := b.remove(c); err != nil {
		t.Fatal(err)
	}
	if _, err := read(b, "x"); !errors.Is(err, ErrDamaged) {
		t.Errorf("missing chunk: %v", err)
	}
}

func TestAnySequenceReadsBack(t *testing.T) {
	b := backend{"muster-test/any-" + generation()}
	defer func() {
		if err := b.wipe(); err != nil {
			t.Error(err)
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		chunk := rapid.IntRange(16, 40).Draw(t, "chunk")
		for range rapid.IntRange(1, 2).Draw(t, "writes") {
			secret := rapid.SliceOfN(rapid.Byte(), 0, 48).Draw(t, "secret")
			if err := write(b, "x", secret, chunk); err != nil {
				t.Fatal(err)
			}
			got, err := read(b, "x")
			if err != nil || !bytes.Equal(got, secret) {
				t.Fatalf("got %x %v, want %x", got, err, secret)
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("1:aGk=")
	f.Add("n:ab:2:00")
	f.Add("n::1:")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHeader(s)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if h.gen != "" && (h.count < 1 || h.count > MaxSecret || len(chunksOf("x", s)) != h.count) {
			t.Fatalf("header %+v", h)
		}
	})
}
