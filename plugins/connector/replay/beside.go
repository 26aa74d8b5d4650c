package replay

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Beside lists the recordings of a connector file in fsys: acme_rms.exchanges.yaml and every .yaml in the folder
// acme_rms.exchanges stand beside acme_rms.yaml.
func Beside(fsys fs.FS, file string) []string {
	stem := strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".yml")
	var out []string
	if _, err := fs.Stat(fsys, stem+Suffix); err == nil {
		out = append(out, stem+Suffix)
	}
	folder := stem + strings.TrimSuffix(Suffix, ".yaml")
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return out // there is no such folder
	}
	for _, e := range entries {
		if !e.IsDir() && (strings.HasSuffix(e.Name(), ".yaml") || strings.HasSuffix(e.Name(), ".yml")) {
			out = append(out, path.Join(folder, e.Name()))
		}
	}
	slices.Sort(out)
	return out
}

// Folder is the part of fsys that answers in files of their own are read from: where the recordings stand.
func Folder(fsys fs.FS, recordings string) fs.FS {
	sub, err := fs.Sub(fsys, path.Dir(recordings))
	if err != nil {
		return nil // an odd name: such answers are then said to be missing
	}
	return sub
}
