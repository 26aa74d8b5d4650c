//go:build !windows

package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Path is where the policy of this computer is.
func Path() (string, error) {
	if runtime.GOOS == "darwin" {
		return "/Library/Application Support/Muster/policy.yaml", nil
	}
	return "/etc/muster/policy.yaml", nil
}

// trusted refuses a file that anybody but root, or owner in a test, can change or replace.
func trusted(f *os.File, path string, owner int) error {
	i, err := f.Stat()
	if err != nil {
		return err
	}
	if !i.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a regular file; ask IT to replace it", ErrWritable, path)
	}
	if err := onlyRoot(i, path, owner); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	d, err := os.Stat(dir)
	if err != nil {
		return err
	}
	return onlyRoot(d, dir, owner)
}

func onlyRoot(i os.FileInfo, path string, owner int) error {
	st, ok := i.Sys().(*syscall.Stat_t)
	if !ok || st.Uid != 0 && (owner == 0 || st.Uid != uint32(owner)) { //nolint:gosec // a user id
		return fmt.Errorf("%w: %s does not belong to root; ask IT to run: chown root %q", ErrWritable, path, path)
	}
	if i.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: %s is writable by others (%s); ask IT to run: chmod go-w %q", ErrWritable, path, i.Mode().Perm(), path)
	}
	return nil
}
