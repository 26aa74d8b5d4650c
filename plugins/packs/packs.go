// Package packs holds the connectors that ship with Muster: one YAML file per system, read by package connector.
package packs

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"muster/plugins/connector"
	"muster/plugins/connector/replay"
)

//go:embed *.yaml
var files embed.FS

// List returns the ids of the connectors that ship, sorted. The id is the file's name without .yaml.
func List() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil // an embedded folder that cannot be read holds nothing
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), replay.Suffix) {
			continue
		}
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(out)
	return out
}

// Source returns the text of a connector that ships.
func Source(id string) ([]byte, error) {
	b, err := files.ReadFile(id + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("no connector %q ships with Muster; there are: %s", id, strings.Join(List(), ", "))
	}
	return b, nil
}

// Recordings returns the recorded exchanges of a connector that ships; nil where there are none yet.
func Recordings(id string) []byte {
	b, err := files.ReadFile(id + replay.Suffix)
	if err != nil {
		return nil // without recordings there is nothing to replay
	}
	return b
}

// Load reads a connector that ships.
func Load(id string) (*connector.Connector, error) {
	src, err := Source(id)
	if err != nil {
		return nil, err
	}
	return connector.Load(id+".yaml", src)
}
