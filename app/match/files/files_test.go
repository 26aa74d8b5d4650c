package files

import (
	"os"
	"path/filepath"
	"strings"
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
		j := Job{ID: id}
		rows := 0
		err := j.each(path, func(row int, got, system string, value func(string) (string, bool)) error {
			if row != rows {
				t.Fatalf("row %d comes after %d", row, rows)
			}
			rows++
			if system != "" {
				t.Fatalf("a system %q from nowhere", system)
			}
			if id != "" {
				v, ok := value(id)
				if !ok || strings.TrimSpace(v) != got {
					t.Fatalf("id %q, cell %q", got, v)
				}
			}
			if _, ok := value("\x01 no such column"); ok {
				t.Fatal("a column that is not there")
			}
			return nil
		})
		if err != nil && len(err.Error()) < 10 {
			t.Fatalf("%q says nothing", err)
		}
	})
}
