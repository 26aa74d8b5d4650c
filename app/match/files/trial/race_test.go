//go:build race

package trial

// raced leaves out what the race detector makes too slow.
const raced = true
