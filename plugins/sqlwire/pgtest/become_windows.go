package pgtest

import "os/exec"

func become(*exec.Cmd, int, int) {} // there is no root to be left
