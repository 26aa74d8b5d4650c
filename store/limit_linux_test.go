package store

import (
	"fmt"
	"syscall"
)

// limitFiles lets no file of this process grow beyond n bytes.
func limitFiles(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}

func mountSmall(dir string, n int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", n))
}

func unmount(dir string) { syscall.Unmount(dir, syscall.MNT_DETACH) }
