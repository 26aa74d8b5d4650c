package plugintest

import (
	"os"
	"strings"
	"testing"
)

// The page may shorten a name to what follows its family, as `_503` after `fault_500`, or to the family.
func TestThePageSaysWhatEveryCheckPromises(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		family, rest, _ := strings.Cut(c.name, "_")
		said := false
		for _, s := range []string{c.name, "_" + rest, "_" + strings.TrimPrefix(rest, "trip_"), family + "_*"} {
			said = said || strings.Contains(string(page), "`"+s+"`")
		}
		if !said {
			t.Errorf("README.md does not say what %s promises", c.name)
		}
	}
	for _, g := range Groups {
		if !strings.Contains(string(page), "**"+string(g)+"**") {
			t.Errorf("README.md has no group %s", g)
		}
	}
}
