package files

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzCSV reads any bytes as a file of rows: it says what is wrong or gives rows, each cell and id as it stands, and never fails otherwise.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"id,a\n1,x\n2,\"y\n z\"\n", "\ufeffid;a\r\n1;2;3\r\n4\r\n", "id\ta\n\"\n", "", "a,a\n", "id,a\n1,\"x\"\"y\" z\n", "id|a\n\x00|\xff\n"} {
		f.Add([]byte(s), "id")
	}
	path := filepath.Join(f.TempDir(), "in.csv")
	f.Fuzz(func(t *testing.T, in []byte, id string) {
		path := path
		if err := os.WriteFile(path, in, 0o600); err != nil {
			t.Fatal(err)
		}
		j := Job{ID: id, Columns: []Column{{Names: []string{id}, Property: "surname"}, {Names: []string{"\x01 no such column"}, Property: "givenName"}}}
		rows := 0
		have, err := j.each(path, true, func(r row) error {
			if r.number != rows {
				t.Fatalf("row %d comes after %d", r.number, rows)
			}
			rows++
			if r.system != "" {
				t.Fatalf("a system %q from nowhere", r.system)
			}
			for _, f := range r.facts {
				if f.Property != "surname" || id != "" && f.Value != r.id {
					t.Fatalf("id %q, fact %v", r.id, f)
				}
			}
			return nil
		})
		if have["\x01 no such column"] {
			t.Fatal("a column that is not there")
		}
		if err != nil && len(err.Error()) < 10 {
			t.Fatalf("%q says nothing", err)
		}
	})
}
