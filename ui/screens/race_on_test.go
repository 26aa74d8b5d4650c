//go:build race

package screens

import "testing"

// drawsOnly leaves out a test that only draws: under the race detector pictures take minutes, and `make test` draws them
// without it.
func drawsOnly(t *testing.T) {
	t.Helper()
	t.Skip("make test draws it in a run of its own, without the race detector")
}
