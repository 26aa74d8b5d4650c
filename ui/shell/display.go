package shell

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// CheckDisplay reports, in words, why no window can open here. It is asked first: the window library ends the program without
// a word that helps.
func CheckDisplay() error {
	switch runtime.GOOS {
	case "windows", "darwin", "android", "ios", "js":
		return nil
	}
	return checkDisplay(os.Getenv("DISPLAY"), os.Getenv("WAYLAND_DISPLAY"), "/tmp/.X11-unix")
}

func checkDisplay(x, wayland, sockets string) error {
	if wayland != "" {
		return nil
	}
	if x == "" {
		return errors.New("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set); start Muster on a desktop, " +
			"or use musterctl, which needs none")
	}
	host, num, ok := strings.Cut(x, ":")
	if !ok || host != "" && host != "unix" {
		return nil
	}
	num, _, _ = strings.Cut(num, ".")
	if _, err := os.Stat(filepath.Join(sockets, "X"+num)); err != nil && runtime.GOOS == "linux" {
		return fmt.Errorf("DISPLAY is %s, but no display answers there; start Muster on a desktop, or correct DISPLAY", x)
	}
	return nil
}
