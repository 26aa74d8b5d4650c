package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"muster/store/keyring"
	"muster/store/keyring/keyringtest"
)

func TestMain(m *testing.M) { os.Exit(keyringtest.Run(m)) }

func TestWhatIsSetIsRead(t *testing.T) {
	k := keyringtest.Open(t)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	cases := map[string][]byte{
		"empty":           {},
		"short":           []byte("s3cret"),
		"every byte":      all,
		"newline at end":  []byte("a\n"),
		"windows' limit":  bytes.Repeat([]byte("w"), 2560),
		"past it":         bytes.Repeat([]byte("x"), 2561),
		"a token set":     bytes.Repeat(all, 48),
		"largest allowed": bytes.Repeat([]byte{0xff}, keyring.MaxSecret),
	}
	for what, secret := range cases {
		t.Run(what, func(t *testing.T) {
			if err := k.Set(t.Context(), "a/b", secret); err != nil {
				t.Fatal(err)
			}
			got, err := k.Get(t.Context(), "a/b")
			if err != nil || !bytes.Equal(got, secret) {
				t.Fatalf("got %d bytes, %v; want %d", len(got), err, len(secret))
			}
		})
	}
}

func TestTooLargeIsRefusedAndKeepsTheOld(t *testing.T) {
	k := keyringtest.Open(t)
	if err := k.Set(t.Context(), "n", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := k.Set(t.Context(), "n", make([]byte, keyring.MaxSecret+1)); !errors.Is(err, keyring.ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	if got, err := k.Get(t.Context(), "n"); err != nil || string(got) != "old" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestDeleteAndNotFound(t *testing.T) {
	k := keyringtest.Open(t)
	if _, err := k.Get(t.Context(), "never"); !errors.Is(err, keyring.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	if err := k.Delete(t.Context(), "never"); err != nil {
		t.Fatalf("deleting what is not there: %v", err)
	}
	for _, size := range []int{3, 9000} {
		if err := k.Set(t.Context(), "n", make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if err := k.Delete(t.Context(), "n"); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Get(t.Context(), "n"); !errors.Is(err, keyring.ErrNotFound) {
			t.Fatalf("after delete: %v", err)
		}
	}
}

func TestServicesAreApartAndWipeTakesOneOnly(t *testing.T) {
	a, b := keyringtest.Open(t), keyringtest.Open(t)
	for i := range 3 {
		if err := a.Set(t.Context(), fmt.Sprint("n", i), bytes.Repeat([]byte("a"), 4000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Set(t.Context(), "n0", []byte("b")); err != nil {
		t.Fatal(err)
	}
	if err := a.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := a.Get(t.Context(), fmt.Sprint("n", i)); !errors.Is(err, keyring.ErrNotFound) {
			t.Fatalf("after the wipe: %v", err)
		}
	}
	if got, err := b.Get(t.Context(), "n0"); err != nil || string(got) != "b" {
		t.Fatalf("the other service lost its secret: %q %v", got, err)
	}
}

func TestManyAtOnceReadOldOrNew(t *testing.T) {
	k := keyringtest.Open(t)
	value := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 3000) }
	if err := k.Set(t.Context(), "n", value(0)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if err := k.Set(t.Context(), "n", value(i)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			got, err := k.Get(t.Context(), "n")
			if err != nil || len(got) != 3000 || !bytes.Equal(got, bytes.Repeat(got[:1], 3000)) {
				t.Errorf("read a mixture: %d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
}

func TestBadNamesAreRefused(t *testing.T) {
	if _, err := keyring.Open("a b"); err == nil {
		t.Error("a service with a space was taken")
	}
	k := keyringtest.Open(t)
	for _, name := range []string{"", "a#1", "a b", strings.Repeat("n", 300)} {
		if err := k.Set(t.Context(), name, nil); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	k := keyringtest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.Get(ctx, "n"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestProbe(t *testing.T) {
	if err := keyring.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
}
