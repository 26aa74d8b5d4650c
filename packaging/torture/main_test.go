package main

import (
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" { // the test binary is then the workstation that is killed
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A torture that never fails proves nothing: each way in which a workstation could fail must show in its own column.
func TestEveryFailureShows(t *testing.T) {
	for _, c := range []struct {
		sabotage string
		count    func(result) int
	}{
		{"", func(r result) int { return r.kept }},
		{"swallow", func(r result) int { return r.losses }},
		{"rekey", func(r result) int { return r.duplicates }},
		{"leak", func(r result) int { return r.leaks }},
	} {
		r, err := torture(options{runs: 5, lanes: 1, seed: 7, sabotage: c.sabotage})
		if err != nil {
			t.Fatalf("%s: %v", c.sabotage, err)
		}
		if c.count(r) == 0 || r.failed() != (c.sabotage != "") {
			t.Errorf("a workstation that fails by %q: %+v", c.sabotage, r)
		}
		var out strings.Builder
		r.print(&out)
		if !strings.Contains(out.String(), "| 5 | ") || !strings.Contains(out.String(), "seed 7") {
			t.Errorf("%s", out.String())
		}
	}
}
