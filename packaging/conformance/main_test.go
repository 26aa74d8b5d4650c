package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const results = `{"system":"b","plugin":"bee","check":"search","group":"searching","state":"pass"}
{"system":"b","plugin":"bee","check":"drift_missing","group":"schema drift","state":"waived","why":"It leaves empty lists out."}
{"system":"a","plugin":"ant","check":"drift_missing","group":"schema drift","state":"n/a","why":"it has no members"}
{"system":"a","plugin":"ant","check":"search","group":"searching","state":"STATE","why":"it finds nothing"}
`

// written makes a folder with a README and the results of a run.
func written(t *testing.T, results string) (readme, table, from string) {
	t.Helper()
	dir := t.TempDir()
	readme, table, from = filepath.Join(dir, "README.md"), filepath.Join(dir, "TABLE.md"), filepath.Join(dir, "results")
	for path, s := range map[string]string{readme: "before\n<!-- conformance -->\nold\n<!-- /conformance -->\nafter\n", from: results} {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return readme, table, from
}

func TestTheTableSaysWhatPassedAndWhy(t *testing.T) {
	readme, table, from := written(t, strings.Replace(results, "STATE", "pass", 1))
	if err := conform(readme, table, from, false); err != nil {
		t.Fatal(err)
	}
	short, _ := os.ReadFile(readme)
	for _, want := range []string{"before\n", "| ant | ✓ | n/a |\n| bee | ✓ | waived 1 |\n", "2 systems, 2 checks of each", "<!-- /conformance -->\nafter\n"} {
		if !strings.Contains(string(short), want) || strings.Contains(string(short), "old") {
			t.Errorf("no %q in\n%s", want, short)
		}
	}
	long, _ := os.ReadFile(table)
	for _, want := range []string{"| drift_missing | – | w |", "- waived: drift_missing. It leaves empty lists out.", "- does not apply: drift_missing: it has no members"} {
		if !strings.Contains(string(long), want) {
			t.Errorf("no %q in\n%s", want, long)
		}
	}
}

func TestAFailureIsSaidAndNotPublished(t *testing.T) {
	for _, x := range []string{strings.Replace(results, "STATE", "fail", 1), results + results, "", "no json"} {
		readme, table, from := written(t, x)
		if err := conform(readme, table, from, false); err == nil {
			t.Errorf("%q passes", x)
		}
		if b, _ := os.ReadFile(readme); !strings.Contains(string(b), "old") {
			t.Errorf("%q is published", x)
		}
	}
}

func TestEveryUserOfTheSuiteIsRun(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	pkgs, err := users()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"muster/plugins/packs", "muster/plugins/packs/live", "muster/plugins/wasm"} {
		if !strings.Contains(strings.Join(pkgs, " ")+" ", want+" ") {
			t.Errorf("%s is not among %v", want, pkgs)
		}
	}
}

func TestWhatDidNotRunIsSaid(t *testing.T) {
	var b strings.Builder
	follow(strings.NewReader(`{"Action":"output","Package":"p","Test":"TestX","Output":"    x_test.go:1: slapd is not installed\n"}
{"Action":"skip","Package":"p","Test":"TestX"}
{"Action":"output","Package":"p","Test":"TestY","Output":"wrong\n"}
{"Action":"fail","Package":"p","Test":"TestY"}
`), &b)
	if s := b.String(); !strings.Contains(s, "not run:     x_test.go:1: slapd is not installed") || !strings.Contains(s, "failed: p TestY\nwrong") {
		t.Error(s)
	}
}
