package connector

import (
	"regexp"
	"slices"
)

var termRef = regexp.MustCompile(`(?:\.|\$)q\.([A-Za-z_][A-Za-z0-9_]*)`)

// checkTerms files properties that a search uses but is never searched by: they are always missing, so a slip of typing
// would ask the system for more than was wanted.
func checkTerms(f *findings, sp *searchSpec) {
	if sp.op == nil {
		return
	}
	var names []string
	for _, by := range sp.by {
		for _, p := range slices.Concat(by.Require, by.Optional) {
			names = append(names, string(p))
		}
	}
	said := map[string]bool{}
	look := func(at *node, list []*expr) {
		for _, e := range list {
			if e == nil {
				continue
			}
			for _, m := range termRef.FindAllStringSubmatch(e.src, -1) {
				name := m[1]
				if said[name] || slices.Contains(names, name) {
					continue
				}
				said[name] = true
				cure := "Add it to by, with a ? where it may be missing, or take it out."
				if near := nearestOf(name, names); near != "" {
					cure = "Did you mean .q." + near + "?"
				}
				f.warn(at, cure, "The search uses .q.%s, but by does not name it, so it is always missing.", name)
			}
		}
	}
	look(sp.op.at, append(sp.op.all(), sp.records, sp.next, sp.total, sp.none, sp.gaps))
	for _, st := range slices.Concat(sp.op.before, sp.with) {
		list := append(st.op.all(), st.when, st.each)
		if st.find != nil {
			list = append(list, st.find.op.all()...)
		}
		look(st.at, list)
	}
}
