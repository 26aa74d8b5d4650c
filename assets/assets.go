// Package assets carries the data that ships inside the program: a force can replace any of it by policy.
package assets

import "embed"

// FS holds every data folder under its own name: dictionary/kinds.yaml, …
//
//go:embed dictionary
//go:embed purposes.yaml
//go:embed forms
var FS embed.FS
