package connector

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"muster/plugins/connector/reference"
)

var update = flag.Bool("update", false, "write the generated pages")

// golden compares a generated page with the file beside the package, or writes it.
func golden(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is not what its source says: run go test ./plugins/connector -run TestReference -update", file)
	}
}

func TestReferenceIsGenerated(t *testing.T) {
	page, err := reference.Markdown(Schema())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "REFERENCE.md", page)
}

func TestReferenceHasAnExampleForEveryKey(t *testing.T) {
	missing, err := reference.Missing(Schema())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		t.Errorf("schema.json: %s is missing", m)
	}
}

func TestReferenceOfTheDictionaryIsGenerated(t *testing.T) {
	golden(t, "DICTIONARY.md", reference.Dictionary(dictionary(t)))
}
