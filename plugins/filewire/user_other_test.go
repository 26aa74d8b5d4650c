//go:build !unix

package filewire

import "testing"

func dropTo(t *testing.T) { t.Fatal("there is no root here") }
