//go:build !linux

package keyringtest

import "testing"

func run(m *testing.M) int { return m.Run() }
