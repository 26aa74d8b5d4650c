package store

import "syscall"

// fullErrors say that no more bytes fit: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED.
var fullErrors = []syscall.Errno{39, 112, 1295}
