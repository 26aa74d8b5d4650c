package wasm

import "os"

// private reports whether dir is a folder: below the user's own folders, Windows keeps others out of it.
func private(dir string) bool {
	i, err := os.Lstat(dir)
	return err == nil && i.IsDir()
}
