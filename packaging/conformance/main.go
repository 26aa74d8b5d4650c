// Command conformance runs the conformance suite of every plugin (every package whose tests use plugins/plugintest) and prints how each
// system came out, as a table of systems × groups of checks. With -readme FILE it also writes that table between the file's conformance
// marks; with -table FILE it writes every check of every system there, with the reason of each waiver. It exits 1 when a check or a
// package fails, or when nothing ran.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/plugins/plugintest"
)

const suite = "muster/plugins/plugintest"

func main() {
	readme := flag.String("readme", "", "file whose conformance marks are filled")
	table := flag.String("table", "", "file that takes every check of every system")
	from := flag.String("from", "", "results of an earlier run, as MUSTER_CONFORMANCE wrote them: run nothing")
	race := flag.Bool("race", false, "with the race detector")
	flag.Parse()
	if err := conform(*readme, *table, *from, *race); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func conform(readme, table, from string, race bool) error {
	var broken error
	if from == "" {
		dir, err := os.MkdirTemp("", "conformance")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		from = filepath.Join(dir, "results")
		broken = test(from, race)
	}
	f, err := os.Open(from) //nolint:gosec // a developer's own file
	if err != nil {
		return errors.Join(broken, fmt.Errorf("no check has run: %w", err))
	}
	defer func() { _ = f.Close() }()
	systems, err := read(f)
	if err != nil {
		return errors.Join(broken, err)
	}
	short := summary(systems)
	fmt.Print(short)
	for _, s := range systems {
		for _, x := range s.results {
			if x.State == plugintest.Failed {
				broken = errors.Join(broken, fmt.Errorf("%s: %s: %s", s.id, x.Check, x.Why))
			}
		}
	}
	if broken != nil {
		return broken // what failed is not published
	}
	if table != "" {
		if err := os.WriteFile(table, []byte(full(systems)), 0o644); err != nil { //nolint:gosec // a page of the tree
			return err
		}
	}
	if readme != "" {
		return fill(readme, short)
	}
	return nil
}

// test runs the packages that use the suite, one after the other: each keeps the machine busy by itself.
func test(results string, race bool) error {
	pkgs, err := users()
	if err != nil {
		return err
	}
	args := []string{"test", "-json", "-p", "1", "-count=1", "-timeout", "30m"}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, pkgs...)...) //nolint:gosec // packages of this module
	cmd.Env = append(os.Environ(), "MUSTER_CONFORMANCE="+results)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "running", strings.Join(pkgs, " "))
	if err := cmd.Start(); err != nil {
		return err
	}
	follow(out, os.Stderr)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("a test failed beside the table: %w", err)
	}
	return nil
}

// users are the packages whose tests import the suite.
func users() ([]string, error) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{.TestImports}} {{.XTestImports}}", "./plugins/...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var pkgs []string
	for line := range strings.Lines(string(out)) {
		words := strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" []\n", c) })
		if len(words) > 0 && words[0] != suite && slices.Contains(words[1:], suite) {
			pkgs = append(pkgs, words[0])
		}
	}
	if len(pkgs) == 0 {
		return nil, errors.New("no package uses " + suite)
	}
	return pkgs, nil
}

// follow reads the events of go test and says what failed and what did not run, with why.
func follow(events io.Reader, w io.Writer) {
	said := map[string]string{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal(line, &e) == nil {
			test := e.Package + " " + e.Test
			switch e.Action {
			case "output":
				said[test] += e.Output
			case "skip":
				if e.Test != "" {
					_, _ = fmt.Fprintf(w, "not run: %s", said[test])
				}
			case "fail":
				_, _ = fmt.Fprintf(w, "failed: %s\n%s", test, said[test])
			}
			if e.Action == "pass" || e.Action == "skip" || e.Action == "fail" {
				delete(said, test)
			}
		}
		if err != nil {
			return
		}
	}
}

// system is what one system's run gave, in the order of the groups.
type system struct {
	id, plugin string
	results    []plugintest.Result
}

// read takes the results apart by system, in the order of the systems' names.
func read(r io.Reader) ([]system, error) {
	var out []system
	dec := json.NewDecoder(r)
	for {
		var x plugintest.Result
		err := dec.Decode(&x)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the results: %w", err)
		}
		i := slices.IndexFunc(out, func(s system) bool { return s.id == x.System && s.plugin == x.Plugin })
		if i < 0 {
			i = len(out)
			out = append(out, system{id: x.System, plugin: x.Plugin})
		}
		s := &out[i]
		if j := slices.IndexFunc(s.results, func(y plugintest.Result) bool { return y.Check == x.Check }); j >= 0 {
			return nil, fmt.Errorf("the results: %s has %s twice", x.System, x.Check)
		}
		s.results = append(s.results, x)
	}
	if len(out) == 0 {
		return nil, errors.New("no check has run")
	}
	slices.SortFunc(out, func(a, b system) int { return strings.Compare(a.plugin+" "+a.id, b.plugin+" "+b.id) })
	return out, nil
}

func summary(systems []system) string {
	var b strings.Builder
	b.WriteString("| connector or plugin |")
	rule := "| --- |"
	groups := present(systems)
	for _, g := range groups {
		fmt.Fprintf(&b, " %s |", g)
		rule += " --- |"
	}
	b.WriteString("\n" + rule + "\n")
	checks := 0
	for _, s := range systems {
		fmt.Fprintf(&b, "| %s |", s.plugin)
		for _, g := range groups {
			fmt.Fprintf(&b, " %s |", s.group(g))
		}
		b.WriteString("\n")
		checks = max(checks, len(s.results))
	}
	fmt.Fprintf(&b, "\n%d systems, %d checks of each, %s.\n", len(systems), checks, time.Now().Format("02/01/2006"))
	return b.String()
}

// present are the groups that any system has a check of.
func present(systems []system) []plugintest.Group {
	var out []plugintest.Group
	for _, g := range plugintest.Groups {
		if slices.ContainsFunc(systems, func(s system) bool {
			return slices.ContainsFunc(s.results, func(x plugintest.Result) bool { return x.Group == g })
		}) {
			out = append(out, g)
		}
	}
	return out
}

// group says how the checks of a group came out together.
func (s system) group(g plugintest.Group) string {
	n := map[plugintest.State]int{}
	for _, x := range s.results {
		if x.Group == g {
			n[x.State]++
		}
	}
	switch {
	case n[plugintest.Failed] > 0:
		return fmt.Sprintf("**failed %d**", n[plugintest.Failed])
	case n[plugintest.Waived] > 0:
		return fmt.Sprintf("waived %d", n[plugintest.Waived])
	case n[plugintest.Passed] > 0:
		return "✓"
	}
	return "n/a"
}

func fill(path, table string) error {
	src, err := os.ReadFile(path) //nolint:gosec // a page of the tree
	if err != nil {
		return err
	}
	const begin, end = "<!-- conformance -->", "<!-- /conformance -->"
	before, rest, ok := bytes.Cut(src, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no conformance marks", path)
	}
	return os.WriteFile(path, slices.Concat(before, []byte(begin+"\n"+table+end), after), 0o644) //nolint:gosec // a page of the tree
}
