//go:build !windows

package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const valid = "policy: 1\ndemo: false\n"

// owned is a policy file of the user who runs the tests, in a folder of his own with no rights for others.
func owned(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(path, []byte(valid), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheOwnersFileIsRead(t *testing.T) {
	p, err := Loader{Owner: os.Getuid()}.Load(owned(t))
	if err != nil || p.Demo.Value {
		t.Fatalf("got %+v, %v", p, err)
	}
}

func TestAnothersFileIsRefused(t *testing.T) {
	path := owned(t)
	if os.Getuid() == 0 { // give it to somebody; an ordinary user's own file is somebody's already
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(path); !errors.Is(err, ErrWritable) || !strings.Contains(err.Error(), "chown root") {
		t.Fatalf("got %v", err)
	}
}

func TestAFileThatOthersCanWriteIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o664, 0o646, 0o666} {
		path := owned(t)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := (Loader{Owner: os.Getuid()}).Load(path); !errors.Is(err, ErrWritable) || !strings.Contains(err.Error(), "chmod go-w") {
			t.Errorf("%v: got %v", mode, err)
		}
	}
}

func TestAFolderThatOthersCanWriteIsRefused(t *testing.T) {
	path := owned(t)
	if err := os.Chmod(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Owner: os.Getuid()}).Load(path); !errors.Is(err, ErrWritable) {
		t.Fatalf("got %v", err)
	}
}

func TestAFolderInItsPlaceIsRefused(t *testing.T) {
	dir := filepath.Dir(owned(t))
	if _, err := (Loader{Owner: os.Getuid()}).Load(dir); err == nil {
		t.Fatal("a folder was read as a policy")
	}
}

func TestALinkInItsPlaceIsRefused(t *testing.T) {
	path := owned(t)
	link := filepath.Join(filepath.Dir(path), "link.yaml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Owner: os.Getuid()}).Load(link); !errors.Is(err, ErrWritable) || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Owner: os.Getuid()}).Load(link); err == nil {
		t.Error("a link that leads nowhere is taken for no policy")
	}
}

func TestALinkedFolderOnTheWayIsRefused(t *testing.T) {
	dir := filepath.Dir(owned(t))
	link := filepath.Join(t.TempDir(), "muster")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Owner: os.Getuid()}).Load(filepath.Join(link, "policy.yaml")); !errors.Is(err, ErrWritable) {
		t.Errorf("got %v", err)
	}
}

func TestAFolderAboveThatOthersCanWriteIsRefused(t *testing.T) {
	dir := filepath.Join(filepath.Dir(owned(t)), "muster")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(path, []byte(valid), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Owner: os.Getuid()}).Load(path); !errors.Is(err, ErrWritable) {
		t.Errorf("got %v", err)
	}
}

func TestWhatTheInstallerWasToldHoldsLast(t *testing.T) {
	path := owned(t)
	if err := os.WriteFile(installerPath(path), []byte("policy: 1\ndemo: true\nidle_lock: 3m\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Loader{Owner: os.Getuid()}.all(path)
	if err != nil || p.Demo.Value || p.IdleLock.Value.Minutes() != 3 || !p.IdleLock.Managed || p.Path != path {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := os.Chmod(installerPath(path), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := (Loader{Owner: os.Getuid()}).all(path); !errors.Is(err, ErrWritable) {
		t.Errorf("got %v", err)
	}
}
