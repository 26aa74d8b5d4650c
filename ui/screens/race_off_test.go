//go:build !race

package screens

import "testing"

func drawsOnly(*testing.T) {}
