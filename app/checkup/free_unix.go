//go:build !windows

package checkup

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// free is how many bytes this account can still write where dir is.
func free(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:gosec,unconvert // sizes of a disk
}

func detail() string { return "" }

// Display looks at what a window needs: a display, and OpenGL.
func Display() Result {
	if runtime.GOOS == "darwin" {
		return Result{OK: true, Say: "macOS draws by itself"}
	}
	display := os.Getenv("DISPLAY")
	if w := os.Getenv("WAYLAND_DISPLAY"); w != "" {
		display = w
	}
	if display == "" {
		return Result{OK: true, Say: "there is none in this session: musterctl needs none, the window does"}
	}
	for _, dir := range []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64", "/usr/local/lib"} {
		if _, err := os.Stat(filepath.Join(dir, "libGL.so.1")); err == nil {
			return Result{OK: true, Say: "display " + display + ", OpenGL is installed"}
		}
	}
	return bad("install OpenGL (package libgl1 or mesa-libGL)", "display %s, but OpenGL is not installed", display)
}
