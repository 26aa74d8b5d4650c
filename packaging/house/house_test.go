// Package house holds the tests that keep the rooms apart: which package may import which.
package house

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// listed returns every package of the module with its direct imports.
func listed(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "-tags", "migrated_fynedo,accessibility,e2e", "muster/...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) < 15 {
		t.Fatalf("only %d packages were listed; the check looks at the wrong tree", len(pkgs))
	}
	return pkgs
}

func under(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	// What each room may import of the house. assets is data and may be read from everywhere.
	may := map[string][]string{
		"muster/plugins/pole": {"muster/plugins/pole"},
		"muster/plugins":      {"muster/plugins"},
		"muster/store":        {"muster/store", "muster/plugins/pole"},
		"muster/app":          {"muster/app", "muster/store", "muster/plugins"},
		"muster/ui":           {"muster/ui", "muster/app", "muster/plugins"},
	}
	order := []string{"muster/plugins/pole", "muster/plugins", "muster/store", "muster/app", "muster/ui"}
	for _, p := range listed(t) {
		for _, room := range order {
			if !under(p.ImportPath, room) {
				continue
			}
			for _, imp := range p.Imports {
				if !under(imp, "muster") || under(imp, "muster/assets") {
					continue
				}
				ok := false
				for _, allowed := range may[room] {
					ok = ok || under(imp, allowed)
				}
				if !ok {
					t.Errorf("%s imports %s, which lies above it", p.ImportPath, imp)
				}
			}
			break
		}
	}
}

func TestFyneStaysInTheWindow(t *testing.T) {
	t.Parallel()
	for _, p := range listed(t) {
		if p.ImportPath == "muster" || under(p.ImportPath, "muster/ui") && !under(p.ImportPath, "muster/ui/vm") {
			continue
		}
		for _, imp := range append(append(p.Imports, p.TestImports...), p.XTestImports...) {
			if strings.HasPrefix(imp, "fyne"+".io/") {
				t.Errorf("%s imports %s; Fyne belongs under ui/ and in main.go", p.ImportPath, imp)
			}
		}
	}
}

func TestOnlyDeskKnowsItsSiblings(t *testing.T) {
	t.Parallel()
	// caseview speaks in match's entities; everything else in app meets in desk.
	known := map[string]map[string]bool{"muster/app/caseview": {"muster/app/match": true}}
	for _, p := range listed(t) {
		if !under(p.ImportPath, "muster/app") || under(p.ImportPath, "muster/app/desk") || under(p.ImportPath, "muster/app/musterctl") {
			continue
		}
		room := strings.Join(strings.Split(p.ImportPath, "/")[:3], "/")
		for _, imp := range p.Imports {
			if under(imp, "muster/app") && !under(imp, room) && !known[room][imp] {
				t.Errorf("%s imports its sibling %s; only desk wires siblings together", p.ImportPath, imp)
			}
		}
	}
}

func TestScreensMeetPluginsInPoleOnly(t *testing.T) {
	t.Parallel()
	for _, p := range listed(t) {
		if !under(p.ImportPath, "muster/ui") {
			continue
		}
		for _, imp := range p.Imports {
			if under(imp, "muster/plugins") && imp != "muster/plugins" && !under(imp, "muster/plugins/pole") {
				t.Errorf("%s imports %s; a screen knows no plugin", p.ImportPath, imp)
			}
		}
	}
}

func TestTerminalNeedsNoCgoLibraries(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}", "muster/app/...", "muster/plugins/...", "muster/store/...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if s := strings.TrimSpace(string(out)); s != "" {
		t.Errorf("these packages under app, plugins or store need cgo:\n%s", s)
	}
}
