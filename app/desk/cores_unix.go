//go:build unix

package desk

import "syscall"

// noCores forbids the system to write this process's memory, in which cases stand, to the disk when it ends badly. It
// holds for what the process starts, too. A system that refuses is no worse off than before.
func noCores() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }
