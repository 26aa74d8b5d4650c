//go:build !windows && !darwin

package keyring

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/godbus/dbus/v5"
)

// The freedesktop Secret Service.
const (
	busName        = "org.freedesktop.secrets"
	servicePath    = "/org/freedesktop/secrets"
	serviceIface   = "org.freedesktop.Secret.Service"
	collectIface   = "org.freedesktop.Secret.Collection"
	promptIface    = "org.freedesktop.Secret.Prompt"
	loginPath      = "/org/freedesktop/secrets/collection/login"
	defaultPath    = "/org/freedesktop/secrets/aliases/default"
	cureNoBus      = "start Muster from your desktop session, or run it under dbus-run-session with gnome-keyring-daemon unlocked"
	cureNoService  = "install and start gnome-keyring or KWallet's Secret Service (Debian and Ubuntu: apt install gnome-keyring), then sign in to the desktop again"
	cureNoKeychain = "create a default keyring in the desktop's password manager, then try again"
)

// haveBus reports whether a session bus is there. It must be asked before the D-Bus library, which would otherwise
// start a stray bus of its own, on which no keyring lives.
func haveBus() bool {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" && a != "autolaunch:" {
		return true
	}
	// A desktop session without the variable (a terminal on another seat, a service): systemd's user bus is here.
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return false
	}
	socket := filepath.Join(dir, "bus")
	//nolint:gosec // the user's own environment names the folder, as for every D-Bus program
	if i, err := os.Stat(socket); err != nil || i.Mode()&os.ModeSocket == 0 {
		return false
	}
	return os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+dbus.EscapeBusAddressValue(socket)) == nil
}

func bus() (*dbus.Conn, error) {
	if !haveBus() {
		return nil, unavailable("this program runs outside a desktop session (DBUS_SESSION_BUS_ADDRESS is not set)", cureNoBus, nil)
	}
	c, err := dbus.SessionBus()
	if err != nil {
		return nil, unavailable("the session bus at DBUS_SESSION_BUS_ADDRESS does not answer", cureNoBus, err)
	}
	return c, nil
}

// present finds out whether a Secret Service runs or would be started when asked.
func present(ctx context.Context) error {
	c, err := bus()
	if err != nil {
		return err
	}
	for _, method := range []string{"ListNames", "ListActivatableNames"} {
		var names []string
		if err := c.BusObject().CallWithContext(ctx, "org.freedesktop.DBus."+method, 0).Store(&names); err != nil {
			return unavailable("the session bus does not answer", cureNoBus, err)
		}
		if slices.Contains(names, busName) {
			return nil
		}
	}
	return unavailable("no Secret Service runs in this session", cureNoService, nil)
}

// collection is the keyring that go-keyring uses: "login" where there is one, else the default.
func collection(ctx context.Context, c *dbus.Conn) (dbus.ObjectPath, bool, error) {
	for _, path := range []dbus.ObjectPath{loginPath, defaultPath} {
		var v dbus.Variant
		err := c.Object(busName, path).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, collectIface, "Locked").Store(&v)
		if err == nil {
			isLocked, _ := v.Value().(bool)
			return path, isLocked, nil
		}
		if ctx.Err() != nil {
			return "", false, tooLate(ctx)
		}
	}
	return "", false, unavailable("the Secret Service holds no default keyring", cureNoKeychain, nil)
}

// unlocked unlocks the keyring if need be, with the Secret Service's own prompt, and gives up with ctx: the library
// below would wait for that prompt for ever.
func unlocked(ctx context.Context) error {
	c, err := bus()
	if err != nil {
		return err
	}
	if err := present(ctx); err != nil {
		return err
	}
	path, isLocked, err := collection(ctx, c)
	if err != nil || !isLocked {
		return err
	}
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := c.Object(busName, servicePath).CallWithContext(ctx, serviceIface+".Unlock", 0, []dbus.ObjectPath{path}).Store(&done, &prompt); err != nil {
		return locked(err)
	}
	if prompt == "/" {
		return nil
	}
	return ask(ctx, c, prompt)
}

// ask shows a prompt of the Secret Service and waits for its end.
func ask(ctx context.Context, c *dbus.Conn, prompt dbus.ObjectPath) error {
	match := []dbus.MatchOption{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(promptIface)}
	if err := c.AddMatchSignalContext(ctx, match...); err != nil {
		return locked(err)
	}
	defer func() { _ = c.RemoveMatchSignal(match...) }()
	signals := make(chan *dbus.Signal, 16)
	c.Signal(signals)
	defer c.RemoveSignal(signals)
	obj := c.Object(busName, prompt)
	if err := obj.CallWithContext(ctx, promptIface+".Prompt", 0, "").Err; err != nil {
		return locked(err)
	}
	for {
		select {
		case <-ctx.Done():
			obj.Go(promptIface+".Dismiss", dbus.FlagNoReplyExpected, nil)
			return locked(ctx.Err())
		case s, ok := <-signals:
			if !ok || s == nil {
				return unavailable("it went away while it was being unlocked", cureRestart, nil)
			}
			if s.Path != prompt || s.Name != promptIface+".Completed" || len(s.Body) == 0 {
				continue
			}
			if dismissed, _ := s.Body[0].(bool); dismissed {
				return locked(fmt.Errorf("the prompt was dismissed"))
			}
			return nil
		}
	}
}
