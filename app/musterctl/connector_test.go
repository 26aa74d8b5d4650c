package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/plugins/packs"
)

// shipped copies a connector that ships, with its recordings, into a folder and returns the connector's path.
func shipped(t *testing.T, id string) string {
	t.Helper()
	src, err := packs.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, id+".yaml"), string(src))
	put(t, filepath.Join(dir, id+".exchanges.yaml"), string(packs.Recordings(id)))
	return filepath.Join(dir, id+".yaml")
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestConnectorSchema(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	says(t, m.do(exitDone, "", "connector", "schema").out, `"$schema"`, `"connector"`)
	file := filepath.Join(t.TempDir(), "connector.schema.json")
	m.do(exitDone, "", "connector", "schema", "-o", file)
	says(t, text(t, file), `"$schema"`)
	says(t, m.do(exitFailed, "", "connector", "schema", "-o", filepath.Join(t.TempDir(), "none", "x.json")).err, "cannot be written")
}

func TestConnectorTest(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	file := shipped(t, "police_uk")
	says(t, m.do(exitDone, "", "connector", "test", file).out, "no problem found", "police_uk.exchanges.yaml:6: ok: the date of the latest data")

	recordings := strings.TrimSuffix(file, ".yaml") + ".exchanges.yaml"
	good := text(t, recordings)
	put(t, recordings, strings.Replace(good, "locationName: On or near Peacock Lane", "locationName: Elsewhere", 1))
	a := m.do(exitFailed, "", "connector", "test", file)
	says(t, a.out, "FAILED: crimes near a place", "locationName: Elsewhere", "locationName: On or near Peacock Lane")
	says(t, a.err, "1 did not come out as recorded")
	l := of(m.lines(exitFailed, "", "connector", "test", file), "case")
	if len(l) != 3 || l[1]["ok"] != false || l[1]["problems"] == nil || l[1]["line"].(float64) < 6 {
		t.Errorf("%v", l)
	}
	m.do(exitDone, "", "connector", "test", "--update", file)
	says(t, text(t, recordings), "# Written by hand", "locationName: On or near Peacock Lane")
	m.do(exitDone, "", "connector", "test", file)

	put(t, file, strings.Replace(text(t, file), "crimeCategory: .category", "crimeCategry: .category", 1))
	says(t, m.do(exitFailed, "", "connector", "test", file).out, "crimeCategry", "Cure:")
	if err := os.Remove(recordings); err != nil {
		t.Fatal(err)
	}
	put(t, file, strings.Replace(text(t, file), "crimeCategry: .category", "crimeCategory: .category", 1))
	says(t, m.do(exitFailed, "", "connector", "test", file).err, "nothing is recorded", "police_uk.exchanges.yaml")
}
