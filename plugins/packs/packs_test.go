package packs

import (
	"strings"
	"sync"
	"testing"

	"muster/assets"
	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/pole"
)

// warned are the warnings that a published interface leaves no cure for.
var warned = map[string]string{"ihub": "When an answer is lost"}

func TestEveryPackIsLintClean(t *testing.T) {
	dict := dictionary(t)
	if len(List()) < 6 {
		t.Fatalf("packs: %v", List())
	}
	codes := map[string]bool{}
	for _, id := range List() {
		src, err := Source(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range connector.Lint(id+".yaml", src, dict) {
			if w := warned[id]; !p.Warning || w == "" || !strings.HasPrefix(p.Say, w) {
				t.Error(p)
			}
		}
		c, err := Load(id)
		if err != nil {
			continue
		}
		info := c.Info()
		if err := info.Validate(); err != nil {
			t.Error(err)
		}
		if info.ID != id || info.Code == "" || codes[info.Code] {
			t.Errorf("%s: id %q, code %q", id, info.ID, info.Code)
		}
		codes[info.Code] = true
	}
}

// TestEveryPackReplaysItsRecordings: add ID.exchanges.yaml beside ID.yaml and it is replayed here.
func TestEveryPackReplaysItsRecordings(t *testing.T) {
	for _, id := range List() {
		src := Recordings(id)
		if src == nil {
			continue
		}
		c, err := Load(id)
		if err != nil {
			t.Error(err)
			continue
		}
		replay.Check(t, c, dictionary(t), id+replay.Suffix, src, files)
	}
}

func TestLoadNamesWhatThereIs(t *testing.T) {
	if _, err := Load("nothing"); err == nil {
		t.Fatal("an unknown pack loads")
	}
}

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
