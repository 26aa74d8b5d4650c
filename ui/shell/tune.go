package shell

import (
	"os"
	"runtime/debug"
)

// Tune lets the program use some memory for a window that never waits: garbage is collected when there is five times what is in
// use, and sooner above half a gigabyte. Who set GOGC or GOMEMLIMIT knows better. It is called first of all.
func Tune() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(512 << 20)
	}
}
