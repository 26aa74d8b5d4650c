package yamlsafe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestWhatWouldCostTooMuchIsRefused(t *testing.T) {
	for name, src := range map[string]string{
		"lists":    "a: " + strings.Repeat("[", 1<<14),
		"mappings": "a: " + strings.Repeat("{a: ", 1<<14),
		"dashes":   strings.Repeat("- ", 1<<14) + "x",
		"keys":     strings.Repeat("? ", 1<<14) + "x",
		"by lines": strings.Repeat("[\n", 1<<10),
	} {
		if err := Check([]byte(src)); !errors.Is(err, ErrDeep) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, src := range []string{"", "a: [1, {b: 2}]\n", strings.Repeat("a: [1, 2, {b: 3}]\n", 1000), strings.Repeat("- a\n", 1000), "x: \"]]]\"\n"} {
		if err := Check([]byte(src)); err != nil {
			t.Errorf("%.40q: %v", src, err)
		}
	}
}

func TestAliasesThatGrowAreRefused(t *testing.T) {
	bomb := "a: &a x\n"
	for i := range 24 {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i)
	}
	for name, src := range map[string]string{"in lists": bomb, "in mappings": strings.NewReplacer("[*", "{x: *", ",*", ", y: *", "]\n", "}\n").Replace(bomb), "of itself": "a: &a [*a]\n"} {
		if err := Check([]byte(src)); !errors.Is(err, ErrGrows) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Check([]byte("a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}\nd: 'a * b'\n")); err != nil {
		t.Error(err)
	}
}

// TestEveryFileOfTheHousePasses: the bound is far from anything that is written.
func TestEveryFileOfTheHousePasses(t *testing.T) {
	n := 0
	for _, root := range []string{"../../assets", "../packs"} {
		if err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".yaml" {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			if err := Check(src); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n < 20 {
		t.Errorf("only %d files were looked at", n)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("a: [1, {b: 2}]\n- - x\n"))
	f.Add([]byte("? : - [\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 4096 || Check(src) != nil {
			return
		}
		var v any
		_ = yaml.Unmarshal(src, &v) // what passes does not end the program
	})
}
