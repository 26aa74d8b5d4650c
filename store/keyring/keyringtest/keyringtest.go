// Package keyringtest gives a package's tests a real, unlocked Secret Service of their own, apart from the user's:
//
//	func TestMain(m *testing.M) { os.Exit(keyringtest.Run(m)) }
//
// On Linux it runs the test program again under its own session bus with its own gnome-keyring and an empty home
// folder. On Windows and macOS the tests use the user's keyring, under service names of their own.
package keyringtest

import (
	"crypto/rand"
	"encoding/hex"
	"testing"
	"time"

	"muster/store/keyring"
)

// Run runs the tests of m with a keyring and returns the exit code. Where the programs that it needs are not
// installed it says which, and fails.
func Run(m *testing.M) int { return run(m) }

// Service returns a service name that no other test uses, and wipes it when the test ends.
func Service(t testing.TB) string {
	t.Helper()
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	name := "muster-test/" + hex.EncodeToString(b)
	t.Cleanup(func() {
		k, err := keyring.Open(name)
		if err != nil {
			return // the test took the keyring away
		}
		ctx, cancel := contextFor(10 * time.Second)
		defer cancel()
		if err := k.Wipe(ctx); err != nil {
			t.Errorf("cannot wipe the test's secrets: %v", err)
		}
	})
	return name
}

// Open returns a keyring of the test's own, wiped when the test ends.
func Open(t testing.TB) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(Service(t))
	if err != nil {
		t.Fatal(err)
	}
	return k
}
