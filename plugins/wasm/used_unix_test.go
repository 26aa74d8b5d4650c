//go:build !windows

package wasm

import (
	"syscall"
	"time"
)

// used is the processor time of this process, its own and the system's on its behalf.
func used() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
