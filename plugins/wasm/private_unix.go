//go:build !windows

package wasm

import (
	"os"
	"syscall"
)

// private reports whether nobody but this user can change what is in dir.
func private(dir string) bool {
	i, err := os.Lstat(dir)
	if err != nil || !i.IsDir() || i.Mode().Perm()&0o022 != 0 {
		return false
	}
	st, ok := i.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
