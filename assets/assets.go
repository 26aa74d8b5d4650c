// Package assets carries the data that ships inside the program: a force can replace any of it by policy.
package assets

import "embed"

// FS holds every data folder under its own name: dictionary/kinds.yaml, …
//
//go:embed dictionary
//go:embed purposes.yaml recipients.yaml judging.yaml
//go:embed forms
var FS embed.FS

// Print holds the faces of what is written on paper: Inter, as fonts/Inter-*.otf, with outlines that PDF writers take and the
// characters of European alphabets only (SIL Open Font Licence, text beside them).
//
//go:embed fonts/Inter-Regular.ttf fonts/Inter-SemiBold.ttf
var Print embed.FS
