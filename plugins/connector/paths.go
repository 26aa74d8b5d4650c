package connector

import (
	"slices"
	"strconv"
	"strings"

	"muster/plugins"
)

// filesPath is the path under accepts that says that the system takes attachments.
const filesPath = "files"

// isPart reports whether an accepted path is the bare name of a part: others stand below it.
func (sub *submitSpec) isPart(path string) bool {
	return slices.ContainsFunc(sub.accepts, func(a accept) bool { return strings.HasPrefix(a.spec.Path, path+".") })
}

// spareable reports whether a part may be missing altogether, whatever is required of one that is there: the file does not
// require the part itself.
func (sub *submitSpec) spareable(part string) bool {
	return !slices.ContainsFunc(sub.accepts, func(a accept) bool { return a.spec.Path == part && a.spec.Required })
}

// paths puts the entry's own paths in place of the system's field names. A name under 'as' may hold [*] (or /*/) where the
// system counts people, vehicles or items from 0, and [+] (or /+/) where it counts them from 1.
func (sub *submitSpec) paths(fields []plugins.FieldError, e plugins.Entry) []plugins.FieldError {
	for i, f := range fields {
		if at := sub.pathOf(f.Path, e); at != "" {
			fields[i].Path = at
		}
	}
	return fields
}

func (sub *submitSpec) pathOf(name string, e plugins.Entry) string {
	for _, a := range sub.accepts {
		if a.spec.Path == name || slices.ContainsFunc(a.as, func(as string) bool { return strings.EqualFold(as, name) }) {
			return a.spec.Path
		}
	}
	for _, a := range sub.accepts {
		for _, as := range a.as {
			n, ok := counted(as, name)
			if !ok {
				continue
			}
			if at := sub.instance(as, n, e); at != "" {
				return at
			}
		}
	}
	return ""
}

// counted reads which one of a list a name means, by a pattern; n counts from 0.
func counted(as, name string) (n int, ok bool) {
	i := strings.IndexAny(as, "*+")
	if i < 0 || len(name) < i || !strings.EqualFold(as[:i], name[:i]) {
		return 0, false
	}
	rest := name[i:]
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil || !strings.EqualFold(as[i+1:], rest[end:]) {
		return 0, false
	}
	if as[i] == '+' {
		n--
	}
	return n, n >= 0
}

// instance is the path of the n-th of those parts of the entry that the system lists under one name.
func (sub *submitSpec) instance(as string, n int, e plugins.Entry) string {
	fields := map[string]string{} // by part: the property
	for _, a := range sub.accepts {
		part, prop, _ := strings.Cut(a.spec.Path, ".")
		if slices.Contains(a.as, as) && fields[part] == "" {
			fields[part] = prop
		}
	}
	for _, p := range e.Parts {
		prop, listed := fields[p.Name]
		if !listed {
			continue
		}
		if n > 0 {
			n--
			continue
		}
		at := p.Name
		if p.Index > 1 {
			at += "#" + strconv.Itoa(p.Index)
		}
		if prop != "" {
			at += "." + prop
		}
		return at
	}
	return ""
}
