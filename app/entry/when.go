package entry

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"muster/plugins/pole"
)

// InstancePath is the path of the n-th of its part: person.surname is that of the first, person#2.surname of the second.
func InstancePath(path string, n int) string {
	part, rest, ok := strings.Cut(path, ".")
	if n < 2 {
		return path
	}
	if !ok {
		return part + "#" + strconv.Itoa(n)
	}
	return part + "#" + strconv.Itoa(n) + "." + rest
}

// BasePath takes the number out of a path or a part's name; n is 1 where it has none.
func BasePath(path string) (base string, n int) {
	part, rest, field := strings.Cut(path, ".")
	name, number, ok := strings.Cut(part, "#")
	if !ok {
		return path, 1
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return path, 1
	}
	if field {
		return name + "." + rest, n
	}
	return name, n
}

// Count is how many of a part the draft holds: laid out by the officer, filled or chosen; at least one.
func (d *Draft) Count(part string) int {
	n := max(1, d.Repeats[part])
	seen := func(path string) {
		if name, _ := SplitPath(path); strings.HasPrefix(name, part+"#") {
			if base, i := BasePath(name); base == part {
				n = max(n, i)
			}
		}
	}
	for path := range d.Values {
		if d.Value(path) != "" {
			seen(path)
		}
	}
	for name := range d.Existing {
		seen(name + ".")
	}
	return n
}

// For is the form as a draft needs it: a section that repeats stands once for each person, vehicle or exhibit, and what its
// condition leaves out is not there. What was typed into a field that is left out stays in the draft, and is not sent.
func (f Form) For(d Draft, dict *pole.Dictionary) Form {
	out := f
	out.Parts, out.Sections = nil, nil
	counts := map[string]int{}
	for _, p := range f.Parts {
		n := 1
		if p.Many > 1 {
			n = min(d.Count(p.Name), p.Many)
		}
		counts[p.Name] = n
		label := p.Label
		for i := 1; i <= n; i++ {
			q := p
			q.Name, q.Label = InstancePath(p.Name, i), label
			if n > 1 {
				q.Label = fmt.Sprintf("%s %d", label, i)
			}
			out.Parts = append(out.Parts, q)
		}
	}
	asked := map[string]bool{}
	for _, s := range f.Sections {
		for i := 1; i <= max(1, counts[s.Repeat]); i++ {
			if !s.When.met(&d, dict, asked, i) {
				continue
			}
			sec := s
			sec.Repeat, sec.When, sec.Fields = "", nil, nil
			if s.Repeat != "" {
				sec.Of, sec.N = s.Repeat, i
				sec.Name = InstancePath(s.Name, i)
				if counts[s.Repeat] > 1 {
					sec.Label = fmt.Sprintf("%s %d", s.Label, i)
				}
			}
			for _, fd := range s.Fields {
				if !fd.When.met(&d, dict, asked, i) {
					continue
				}
				fd.Path, fd.When = InstancePath(fd.Path, i), nil
				asked[fd.Path] = true
				sec.Fields = append(sec.Fields, fd)
			}
			if len(sec.Fields) > 0 {
				out.Sections = append(out.Sections, sec)
			}
		}
	}
	return out
}

// met reports whether a condition holds; n is the number of the person or thing that its field is about.
func (w *When) met(d *Draft, dict *pole.Dictionary, asked map[string]bool, n int) bool {
	if w == nil {
		return true
	}
	path := w.Path
	if at := InstancePath(path, n); asked[at] {
		path = at
	}
	raw := d.Value(path)
	if !asked[path] {
		raw = "" // what is itself left out says nothing
	}
	if raw == "" {
		return len(w.Not) > 0
	}
	_, prop := SplitPath(path)
	now := dict.Normalise(prop, raw).Norm
	one := func(v string) bool { return v == raw || now != "" && dict.Normalise(prop, v).Norm == now }
	if len(w.Not) > 0 {
		return !slices.ContainsFunc(w.Not, one)
	}
	return len(w.Is) == 0 || slices.ContainsFunc(w.Is, one)
}

// words say a condition for an officer: 'Type of stop is Vehicle search'.
func (w *When) words(f *Form, dict *pole.Dictionary) string {
	fd, ok := f.Field(w.Path)
	if !ok {
		return ""
	}
	shown := func(list []string) string {
		var out []string
		for _, v := range list {
			out = append(out, dict.Display(fd.Property, dict.Normalise(fd.Property, v)))
		}
		return strings.Join(out, " or ")
	}
	switch {
	case len(w.Is) > 0:
		return fd.Label + " is " + shown(w.Is)
	case len(w.Not) > 0:
		return fd.Label + " is not " + shown(w.Not)
	}
	return fd.Label + " is filled"
}

// conditionOf finds what a field of the form waits for: its own condition, or its section's.
func (f *Form) conditionOf(path string) *When {
	for _, s := range f.Sections {
		for _, fd := range s.Fields {
			if fd.Path == path {
				if fd.When != nil {
					return fd.When
				}
				return s.When
			}
		}
	}
	return nil
}

// AddInstance lays out one more of a part and gives its number; 0 where the form takes no more.
func (d *Draft) AddInstance(f Form, part string) int {
	p, ok := f.Part(part)
	n := d.Count(part) + 1
	if !ok || n > max(1, p.Many) {
		return 0
	}
	d.Repeats = maps.Clone(d.Repeats)
	if d.Repeats == nil {
		d.Repeats = map[string]int{}
	}
	d.Repeats[part] = n
	for _, s := range f.Sections {
		if s.Repeat != part {
			continue
		}
		for _, fd := range s.Fields {
			if fd.Default != "" && fd.Default != DefaultNow && fd.Default != DefaultName && fd.Default != DefaultCollar {
				if d.Values == nil {
					d.Values = map[string]string{}
				}
				d.Values[InstancePath(fd.Path, n)] = fd.Default
			}
		}
	}
	return n
}

// RemoveInstance takes out the n-th of a part with all that was typed of it; the ones after it move up.
func (d *Draft) RemoveInstance(part string, n int) {
	count := d.Count(part)
	if n < 1 || n > count {
		return
	}
	c := d.clone()
	move := func(name string) (string, bool) {
		base, i := BasePath(name)
		p, _ := SplitPath(base)
		if p == "" {
			p = base
		}
		switch {
		case p != part || i < n:
			return name, true
		case i == n:
			return "", false
		}
		return InstancePath(base, i-1), true
	}
	c.Values, c.From, c.Known, c.Existing = renamed(d.Values, move), renamed(d.From, move), renamed(d.Known, move), renamed(d.Existing, move)
	for i, x := range c.Files {
		if to, kept := move(x.Part); kept {
			c.Files[i].Part = to
		} else {
			c.Files[i].Part = ""
		}
	}
	c.Repeats = maps.Clone(d.Repeats)
	if c.Repeats == nil {
		c.Repeats = map[string]int{}
	}
	c.Repeats[part] = max(1, count-1)
	*d = c
}

func renamed[T any](m map[string]T, to func(string) (string, bool)) map[string]T {
	out := map[string]T{}
	for k, v := range m {
		if name, kept := to(k); kept {
			out[name] = v
		}
	}
	return out
}
