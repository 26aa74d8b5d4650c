//go:build !windows

package store

import "syscall"

// fullErrors say that no more bytes fit: a full disk, a spent quota, a file at its size limit.
var fullErrors = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
