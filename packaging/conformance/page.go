package main

import (
	"fmt"
	"slices"
	"strings"

	"muster/plugins/plugintest"
)

// full writes every check of every system, and under it why some are waived or do not apply.
func full(systems []system) string {
	var b strings.Builder
	b.WriteString("# Every check of every system\n\nWritten by `make conformance`; what each check promises is in [README.md](README.md). ✓ passed, w waived, – does not apply.\n")
	for _, g := range present(systems) {
		fmt.Fprintf(&b, "\n## %s\n| check |", g)
		rule := "| --- |"
		for _, s := range systems {
			fmt.Fprintf(&b, " %s |", s.plugin)
			rule += " --- |"
		}
		b.WriteString("\n" + rule + "\n")
		for _, c := range checksOf(systems, g) {
			fmt.Fprintf(&b, "| %s |", c)
			for _, s := range systems {
				fmt.Fprintf(&b, " %s |", mark(s, c))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n## Why\n")
	for _, s := range systems {
		waived, none := s.reasons(plugintest.Waived), s.reasons(plugintest.None)
		if len(waived)+len(none) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n", s.plugin)
		for _, r := range waived {
			fmt.Fprintf(&b, "- waived: %s. %s\n", strings.Join(r.checks, ", "), r.why)
		}
		for _, r := range none {
			fmt.Fprintf(&b, "- does not apply: %s: %s\n", strings.Join(r.checks, ", "), r.why)
		}
	}
	return b.String()
}

// checksOf are the names of a group's checks, sorted: those that wait are written down as they come.
func checksOf(systems []system, g plugintest.Group) []string {
	var out []string
	for _, s := range systems {
		for _, x := range s.results {
			if x.Group == g && !slices.Contains(out, x.Check) {
				out = append(out, x.Check)
			}
		}
	}
	slices.Sort(out)
	return out
}

func mark(s system, check string) string {
	i := slices.IndexFunc(s.results, func(x plugintest.Result) bool { return x.Check == check })
	if i < 0 {
		return ""
	}
	switch s.results[i].State {
	case plugintest.Passed:
		return "✓"
	case plugintest.Waived:
		return "w"
	case plugintest.None:
		return "–"
	}
	return "**failed**"
}

// reason is what several checks of a system have in common.
type reason struct {
	why    string
	checks []string
}

func (s system) reasons(state plugintest.State) []reason {
	var out []reason
	for _, x := range s.results {
		if x.State != state {
			continue
		}
		i := slices.IndexFunc(out, func(r reason) bool { return r.why == x.Why })
		if i < 0 {
			i = len(out)
			out = append(out, reason{why: x.Why})
		}
		out[i].checks = append(out[i].checks, x.Check)
	}
	for i := range out {
		slices.Sort(out[i].checks)
	}
	slices.SortFunc(out, func(a, b reason) int { return strings.Compare(a.checks[0], b.checks[0]) })
	return out
}
