//go:build !windows

package store

import (
	"errors"
	"syscall"
)

// isFull reports whether err says that no more bytes fit: a full disk, a spent quota, or a file at its size limit.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
