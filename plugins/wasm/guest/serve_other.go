//go:build !wasip1

package guest

// Serve does nothing where the plugin does not run as WebAssembly, so that a vendor's own tests compile anywhere.
func Serve(System) {}
