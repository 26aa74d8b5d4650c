package pole

import "io/fs"

// Dictionary is the data model as data: kinds, properties, roles, code lists, markings and warning signals.
type Dictionary struct{}

func Load(fsys fs.FS) (*Dictionary, error) { panic("being built") }
