package pole

import (
	"fmt"
	"regexp"
)

func (d *Dictionary) loadRoles(f *file) error {
	var in struct {
		Roles []RoleDef `yaml:"roles"`
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	d.roles, d.role = in.Roles, map[Role]int{}
	for i, r := range in.Roles {
		if r.Name == "" || r.Label == "" || r.Inverse == "" {
			return f.wrong("roles", i, "role %q needs a name, a label and an inverse", r.Name)
		}
		if _, twice := d.role[r.Name]; twice {
			return f.wrong("roles", i, "role %q is defined twice", r.Name)
		}
		d.role[r.Name] = i
	}
	return nil
}

var colour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

func (d *Dictionary) loadMarkings(f *file) error {
	var in struct {
		Markings []MarkingDef `yaml:"markings"`
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	d.markings, d.marking, d.unmarked = in.Markings, map[string]int{}, -1
	for i, m := range in.Markings {
		if m.Name == "" || m.Label == "" || !colour.MatchString(m.Colour) || !colour.MatchString(m.Text) {
			return f.wrong("markings", i, "marking %q needs a name, a label, and colour and text written as #rrggbb", m.Name)
		}
		for _, s := range append([]string{m.Name, m.Label}, m.Also...) {
			if old, taken := d.marking[foldCode(s)]; taken && old != i {
				return f.wrong("markings", i, "marking %q: %q already stands for %q", m.Name, s, in.Markings[old].Name)
			}
			d.marking[foldCode(s)] = i
		}
		if m.Default {
			if d.unmarked >= 0 {
				return f.wrong("markings", i, "two markings are the default")
			}
			d.unmarked = i
		}
	}
	if d.unmarked < 0 {
		return fmt.Errorf("%s: one marking must be the default", f.name)
	}
	return nil
}

func (d *Dictionary) loadWarnings(f *file) error {
	var in struct {
		Warnings []WarningDef `yaml:"warnings"`
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	d.warnings, d.warning = in.Warnings, map[string]int{}
	for i, w := range in.Warnings {
		if w.Code == "" || w.Label == "" {
			return f.wrong("warnings", i, "warning %q needs a code and a label", w.Code)
		}
		if w.Level != LevelDanger && w.Level != LevelCaution {
			return f.wrong("warnings", i, "warning %q: level %q is neither danger nor caution", w.Code, w.Level)
		}
		for _, s := range append([]string{w.Code, w.Label}, w.Also...) {
			if old, taken := d.warning[foldCode(s)]; taken && old != i {
				return f.wrong("warnings", i, "warning %q: %q already stands for %q", w.Code, s, in.Warnings[old].Code)
			}
			d.warning[foldCode(s)] = i
		}
	}
	return nil
}
