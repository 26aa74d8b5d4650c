package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"muster/store/keyring"
	"muster/store/keyring/keyringtest"
)

func TestNoSessionBus(t *testing.T) {
	k := keyringtest.Open(t)
	keyringtest.Absent(t)
	home := entries(t)
	if _, err := keyring.Open("muster/x"); !errors.Is(err, keyring.ErrUnavailable) || !strings.Contains(err.Error(), "DBUS_SESSION_BUS_ADDRESS") {
		t.Errorf("Open: %v", err)
	}
	if err := k.Set(t.Context(), "n", []byte("s")); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("Set: %v", err)
	}
	_, err := k.Get(t.Context(), "n")
	if !errors.Is(err, keyring.ErrUnavailable) || errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("Get must not say 'not found': %v", err)
	}
	if err := keyring.Probe(t.Context()); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("Probe: %v", err)
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		t.Error("a stray bus was started")
	}
	if now := entries(t); now != home {
		t.Errorf("something was written to the home folder: %s, before: %s", now, home)
	}
}

// entries names the files in the home folder.
func entries(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list)
}

func TestNoSecretService(t *testing.T) {
	// A bus of its own on which nothing runs and nothing can be started.
	conf := t.TempDir() + "/bus.conf"
	err := os.WriteFile(conf, []byte(`<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "dbus-run-session", "--config-file="+conf, "--", os.Args[0], "-test.run=^TestHelperOpen$", "-test.v")
	cmd.Env = append(os.Environ(), "MUSTER_HELPER_OPEN=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), "no Secret Service runs") || !strings.Contains(string(out), "gnome-keyring") {
		t.Errorf("the refusal does not say what is missing: %s", out)
	}
}

// TestHelperOpen is what TestNoSecretService runs on another bus.
func TestHelperOpen(t *testing.T) {
	_, err := keyring.Open("muster/x")
	if os.Getenv("MUSTER_HELPER_OPEN") == "" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if !errors.Is(err, keyring.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	t.Log(err)
}

func TestLockedKeyring(t *testing.T) {
	k := keyringtest.Open(t)
	if err := k.Set(t.Context(), "n", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	keyringtest.Lock(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := k.Get(ctx, "n")
	if !errors.Is(err, keyring.ErrUnavailable) || errors.Is(err, keyring.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "unlock") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	keyringtest.Unlock(t)
	if got, err := k.Get(t.Context(), "n"); err != nil || string(got) != "kept" {
		t.Fatalf("after unlocking: %q %v", got, err)
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	k := keyringtest.Open(t)
	keyringtest.Absent(t)
	err := k.Set(t.Context(), "n", []byte("hunter2-hunter2"))
	if err == nil || strings.Contains(fmt.Sprintf("%+v", err), "hunter2") {
		t.Fatalf("got %v", err)
	}
}
