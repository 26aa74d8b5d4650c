package screens

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/ui/i18n"
)

// Every key that a screen or a view-model says has words; every key of the screens is said somewhere.
func TestEveryWordIsTranslated(t *testing.T) {
	say := regexp.MustCompile(`\b[tT]\("(screens\.[a-zA-Z0-9.\-]+)"( ?\+)?`)
	said, begun := map[string]bool{}, []string{}
	for _, dir := range []string{".", "../vm"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no source in %s: %v", dir, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range say.FindAllStringSubmatch(string(src), -1) {
				if m[2] != "" {
					begun = append(begun, m[1])
				} else {
					said[m[1]] = true
				}
			}
		}
	}
	for k := range said {
		if !i18n.Has(k) && !i18n.Has(k+".other") {
			t.Errorf("no words for %s", k)
		}
	}
	keys, err := i18n.Keys(i18n.Fallback)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if !strings.HasPrefix(k, "screens.") {
			continue
		}
		bare := k
		for _, plural := range []string{".zero", ".one", ".other"} {
			bare = strings.TrimSuffix(bare, plural)
		}
		used := said[k] || said[bare]
		for _, b := range begun {
			used = used || strings.HasPrefix(k, b)
		}
		if !used && !strings.HasPrefix(k, "screens.settings.") && !strings.HasPrefix(k, "screens.audit.field.") {
			t.Errorf("nothing says %s", k)
		}
	}
}
