//go:build !windows

package policy

import (
	"fmt"
	"io/fs"
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

// installerPath is the file into which a package's installer writes what it was told, beside the machine file.
func installerPath(path string) string { return filepath.Join(filepath.Dir(path), "install.yaml") }

// trusted refuses a file that anybody but root, or owner in a test, can change or replace: by itself, by a folder on the
// way to it, or by a link.
func trusted(f *os.File, path string, owner int) error {
	i, err := f.Stat()
	if err != nil {
		return err
	}
	if !i.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a regular file; ask IT to replace it", ErrWritable, path)
	}
	if l, err := os.Lstat(path); err != nil || l.Mode()&os.ModeSymlink != 0 {
		return fmt.Errorf("%w: %s is a link, which may lead to another file tomorrow; ask IT to put the file itself there", ErrWritable, path)
	}
	if err := onlyRoot(i, path, owner); err != nil {
		return err
	}
	return trustedAbove(filepath.Dir(path), owner)
}

// trustedAbove refuses a folder that others can change, and any above it.
func trustedAbove(folder string, owner int) error {
	first, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	for dir := first; ; dir = filepath.Dir(dir) {
		d, err := os.Lstat(dir)
		if err != nil {
			return err
		}
		if d.Mode()&os.ModeSymlink != 0 {
			return fmt.Errorf("%w: the folder %s is a link; ask IT to put a folder there", ErrWritable, dir)
		}
		if sticky := dir != first && d.Mode()&os.ModeSticky != 0; !sticky { // in such a one nobody can take another's folder away
			if err := onlyRoot(d, dir, owner); err != nil {
				return err
			}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// TrustedFolder refuses a folder, named by policy, of which anybody but root can change anything.
func TrustedFolder(dir string) error {
	if err := trustedAbove(dir, 0); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%w: %s is a link; ask IT to put the file itself there", ErrWritable, path)
		}
		i, err := e.Info()
		if err != nil {
			return err
		}
		return onlyRoot(i, path, 0)
	})
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
