package replay

import (
	"context"
	"io/fs"

	"muster/plugins/connector"
	"muster/plugins/pole"
)

// T is what Check needs of a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Check replays a recordings file in a Go test and reports every case that does not come out as recorded, with file and
// line. files is where answers in files of their own stand; nil if there are none.
//
//	src, _ := os.ReadFile("acme_rms.exchanges.yaml")
//	replay.Check(t, c, dict, "acme_rms.exchanges.yaml", src, os.DirFS("."))
func Check(t T, c *connector.Connector, dict *pole.Dictionary, name string, src []byte, files fs.FS) {
	t.Helper()
	f, err := Parse(name, src)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	if len(f.Cases) == 0 {
		t.Errorf("%s: there are no cases", name)
	}
	results, err := f.Run(context.Background(), c, dict, files)
	if err != nil {
		t.Errorf("%v", err)
	}
	for _, r := range results {
		for _, p := range r.Problems {
			t.Errorf("%s:%d: %s: %s", name, r.Line, r.Case, p)
		}
	}
}
