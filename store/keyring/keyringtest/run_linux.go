package keyringtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
)

// marker tells the second run of the test program that the keyring is there; its value is the folder it lives in.
const marker = "MUSTER_KEYRINGTEST"

// password unlocks the test keyring. It protects nothing.
const password = "keyring-of-a-test" //nolint:gosec // of a keyring that lives as long as the tests

// Where the Secret Service is, and its collection that go-keyring uses.
const (
	secrets     = "org.freedesktop.secrets"
	secretsPath = dbus.ObjectPath("/org/freedesktop/secrets")
	login       = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
)

var needs = map[string]string{"dbus-run-session": "dbus", "gnome-keyring-daemon": "gnome-keyring"}

func run(m *testing.M) int {
	if os.Getenv(marker) != "" {
		return m.Run()
	}
	for program, pkg := range needs {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "FAIL: these tests need a real keyring, and %s is not installed; install it with: apt-get install %s dbus-x11\n", program, pkg)
			return 1
		}
	}
	dir, err := os.MkdirTemp("", "muster-keyring-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: no temporary folder for the test keyring:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	env, err := environment(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: no folders for the test keyring:", err)
		return 1
	}
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: cannot find the test program:", err)
		return 1
	}
	args := append([]string{"--", "sh", "-c",
		`printf %s ` + password + ` | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1 || { echo 'FAIL: gnome-keyring-daemon did not start' >&3; exit 1; }; exec "$0" "$@" 2>&3 3>&-`,
		self}, os.Args[1:]...)
	cmd := exec.Command("dbus-run-session", args...) //nolint:gosec,noctx // the test program runs itself again, to its end
	// The bus writes a log to standard error; only the tests' own goes through, as descriptor 3.
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.ExtraFiles = env, os.Stdin, os.Stdout, []*os.File{os.Stderr}
	// A test program that is killed must not leave its bus and keyring behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: cannot start the test keyring's bus:", err)
		return 1
	}
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		for s := range quit {
			_ = cmd.Process.Signal(s)
		}
	}()
	err = cmd.Wait()
	signal.Stop(quit)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "FAIL: the tests ended abnormally:", err)
	return 1
}

// environment is that of the second run: an empty home and runtime folder, the Go tool's caches where they were.
func environment(dir string) ([]string, error) {
	set := map[string]string{
		marker:            dir,
		"HOME":            filepath.Join(dir, "home"),
		"XDG_RUNTIME_DIR": filepath.Join(dir, "run"),
		"XDG_DATA_HOME":   filepath.Join(dir, "data"),
		"XDG_CONFIG_HOME": filepath.Join(dir, "config"),
		"XDG_CACHE_HOME":  filepath.Join(dir, "cache"),
		"XDG_STATE_HOME":  filepath.Join(dir, "state"),
		"XDG_DATA_DIRS":   "/usr/local/share:/usr/share",
	}
	if cache, err := os.UserCacheDir(); err == nil && os.Getenv("GOCACHE") == "" {
		set["GOCACHE"] = filepath.Join(cache, "go-build")
	}
	if home, err := os.UserHomeDir(); err == nil && os.Getenv("GOPATH") == "" {
		set["GOPATH"] = filepath.Join(home, "go")
	}
	for _, d := range []string{set["HOME"], set["XDG_RUNTIME_DIR"], filepath.Join(set["XDG_DATA_HOME"], "keyrings"), set["XDG_CONFIG_HOME"], set["XDG_CACHE_HOME"], set["XDG_STATE_HOME"]} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if _, ours := set[name]; !ours && name != "DBUS_SESSION_BUS_ADDRESS" && name != "GNOME_KEYRING_CONTROL" {
			env = append(env, kv)
		}
	}
	for k, v := range set {
		env = append(env, k+"="+v)
	}
	return env, nil
}

// Lock locks the test keyring, as a desktop does when its owner locks it, and unlocks it when the test ends.
func Lock(t testing.TB) {
	t.Helper()
	c, err := dbus.SessionBus()
	if err != nil {
		t.Fatal(err)
	}
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	t.Cleanup(func() { Unlock(t) })
	err = c.Object(secrets, secretsPath).
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{login}).Store(&done, &prompt)
	if err != nil || len(done) != 1 {
		t.Fatalf("the test keyring did not lock: %v %v", done, err)
	}
}

// Unlock unlocks the test keyring again, as its owner's password does.
func Unlock(t testing.TB) {
	t.Helper()
	c, err := dbus.SessionBus()
	if err != nil {
		t.Error(err)
		return
	}
	service := c.Object(secrets, secretsPath)
	var none dbus.Variant
	var session dbus.ObjectPath
	if err := service.Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&none, &session); err != nil {
		t.Error(err)
		return
	}
	master := struct {
		Session     dbus.ObjectPath
		Parameters  []byte
		Value       []byte
		ContentType string
	}{session, []byte{}, []byte(password), "text/plain"}
	// The only way to unlock a running gnome-keyring without a prompt; its own test programs use it.
	err = service.Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword", 0, login, master).Err
	if err != nil {
		t.Errorf("the test keyring did not unlock: %v", err)
	}
}

// Absent makes this test run as if there were no session bus, and so no keyring.
func Absent(t testing.TB) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
}
