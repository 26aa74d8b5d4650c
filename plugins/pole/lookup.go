package pole

import (
	"fmt"
	"slices"
	"strings"
)

// Kinds lists every kind in the order of the dictionary.
func (d *Dictionary) Kinds() []KindDef { return slices.Clone(d.kinds) }

// Kind finds one kind.
func (d *Dictionary) Kind(name Kind) (KindDef, bool) {
	i, ok := d.kind[name]
	if !ok {
		return KindDef{}, false
	}
	return d.kinds[i], true
}

// Class is the class of a kind; "" for a kind that the dictionary does not know.
func (d *Dictionary) Class(name Kind) Class {
	if i, ok := d.kind[name]; ok {
		return d.kinds[i].Class
	}
	return ""
}

// AllProperties lists every property in screen order.
func (d *Dictionary) AllProperties() []PropertyDef {
	out := slices.Clone(d.properties)
	slices.SortStableFunc(out, byOrder)
	return out
}

// Property finds one property.
func (d *Dictionary) Property(name Property) (PropertyDef, bool) {
	i, ok := d.property[name]
	if !ok {
		return PropertyDef{}, false
	}
	return d.properties[i], true
}

// Properties lists the properties of a kind in screen order. The slice is shared: do not change it.
func (d *Dictionary) Properties(kind Kind) []PropertyDef { return d.byKind[kind] }

func byOrder(a, b PropertyDef) int { return a.Order - b.Order }

func (d *Dictionary) sortProperties() {
	for _, p := range d.properties {
		for _, k := range p.Kinds {
			d.byKind[k] = append(d.byKind[k], p)
		}
	}
	for k := range d.byKind {
		slices.SortStableFunc(d.byKind[k], byOrder)
	}
}

// Identifies reports whether an equal, valid value of p means the same entity of this kind.
func (d *Dictionary) Identifies(kind Kind, p Property) bool {
	i, ok := d.property[p]
	if !ok {
		return false
	}
	def := &d.properties[i]
	return (def.Identifies && slices.Contains(def.Kinds, kind)) || slices.Contains(def.IdentifiesKinds, kind)
}

// Groups lists the composite values that a kind can have. Kind "" lists all.
func (d *Dictionary) Groups(kind Kind) []GroupDef {
	var out []GroupDef
	for _, g := range d.groups {
		if kind == "" || slices.Contains(g.Kinds, kind) {
			out = append(out, g)
		}
	}
	return out
}

// GroupOf finds the group that a property is a part of, or names as a whole.
func (d *Dictionary) GroupOf(p Property) (GroupDef, bool) {
	i, ok := d.group[p]
	if !ok {
		return GroupDef{}, false
	}
	return d.groups[i], true
}

// Doubtful reports whether systems write this canonical date when they do not know one.
func (d *Dictionary) Doubtful(norm string) bool {
	return d.doubtful[norm[:min(len(norm), 10)]]
}

// Roles lists every link role.
func (d *Dictionary) Roles() []RoleDef { return slices.Clone(d.roles) }

// Role finds one link role. A role that the dictionary does not know gets its own name as label and inverse.
func (d *Dictionary) Role(name Role) (RoleDef, bool) {
	i, ok := d.role[name]
	if !ok {
		return RoleDef{Name: name, Label: string(name), Inverse: string(name)}, false
	}
	return d.roles[i], true
}

// CodeLists lists the names of all code lists.
func (d *Dictionary) CodeLists() []string {
	var out []string
	for _, l := range d.lists {
		out = append(out, l.Name)
	}
	return out
}

// CodeList is the codes of a list in the order of the file; nil if there is no such list.
func (d *Dictionary) CodeList(name string) []CodeDef {
	l, ok := d.list[name]
	if !ok {
		return nil
	}
	return slices.Clone(d.lists[l.def].Codes)
}

// OpenList reports whether any text is as good as the codes of this list.
func (d *Dictionary) OpenList(name string) bool {
	l, ok := d.list[name]
	return ok && d.lists[l.def].Open
}

// Warnings lists every warning signal, gravest first: danger before caution, else in the order of the file.
func (d *Dictionary) Warnings() []WarningDef {
	out := slices.Clone(d.warnings)
	slices.SortStableFunc(out, func(a, b WarningDef) int { return strings.Compare(b.Level, a.Level) })
	return out
}

// Warning finds a warning signal by its code.
func (d *Dictionary) Warning(code string) (WarningDef, bool) {
	if i, ok := d.warning[foldCode(code)]; ok && d.warnings[i].Code == code {
		return d.warnings[i], true
	}
	return WarningDef{}, false
}

// Markings lists the classifications, lowest first.
func (d *Dictionary) Markings() []MarkingDef { return slices.Clone(d.markings) }

// Marking finds a classification by name or by another spelling; "" is the force's default.
func (d *Dictionary) Marking(name string) (MarkingDef, bool) {
	if strings.TrimSpace(name) == "" {
		return d.markings[d.unmarked], true
	}
	i, ok := d.marking[foldCode(name)]
	if !ok {
		return MarkingDef{Name: name, Label: name, Colour: "#000000", Text: "#ffffff"}, false
	}
	return d.markings[i], true
}

// DefaultMarking is what a record without a marking counts as.
func (d *Dictionary) DefaultMarking() Marking {
	return Marking{Classification: d.markings[d.unmarked].Name}
}

// CountUnmarkedAs makes name what a record without a marking counts as. It is called before the dictionary is used; a name
// that is no classification is an error and changes nothing.
func (d *Dictionary) CountUnmarkedAs(name string) error {
	i, ok := d.marking[foldCode(name)]
	if !ok {
		return fmt.Errorf("%q is not one of the classifications of the dictionary", name)
	}
	d.unmarked = i
	return nil
}

// rank orders classifications. One that the dictionary does not know is above all: it must not be shown as less.
func (d *Dictionary) rank(m Marking) int {
	if strings.TrimSpace(m.Classification) == "" {
		return d.unmarked
	}
	if i, ok := d.marking[foldCode(m.Classification)]; ok {
		return i
	}
	return len(d.markings)
}

// Highest is the marking of a whole made of parts: the highest classification and all handling conditions.
// Without any part it is the default.
func (d *Dictionary) Highest(markings ...Marking) Marking {
	best := -1
	var out Marking
	for _, m := range markings {
		if r := d.rank(m); r > best {
			best = r
			if r < len(d.markings) {
				out.Classification = d.markings[r].Name
			} else {
				out.Classification = strings.TrimSpace(m.Classification)
			}
		}
		for _, h := range m.Handling {
			if !slices.Contains(out.Handling, h) {
				out.Handling = append(out.Handling, h)
			}
		}
	}
	if best < 0 {
		return d.DefaultMarking()
	}
	slices.Sort(out.Handling)
	return out
}
