package pole

// Layout is what a kind's values are laid out by, made once when the dictionary is loaded. It is shared: do not change it.
type Layout struct {
	Properties []PropertyDef // in screen order
	Groups     []GroupDef    // composites that the kind can have
	slots      map[Property]Slot
}

// Slot is where a property stands in the layout of a kind.
type Slot struct {
	At     int  // in Layout.Properties; -1 where the property is not one of this kind
	Group  int  // in Layout.Groups: the composite that it is a part of, or names as a whole; -1 for none
	Danger bool // carries danger
}

var noLayout = &Layout{}

// Slot says where a property stands; one that the kind does not have stands nowhere.
func (l *Layout) Slot(p Property) Slot {
	if s, ok := l.slots[p]; ok {
		return s
	}
	return Slot{At: -1, Group: -1}
}

// Layout is the layout of a kind; an empty one for a kind that the dictionary does not know.
func (d *Dictionary) Layout(kind Kind) *Layout {
	if l := d.layouts[kind]; l != nil {
		return l
	}
	return noLayout
}

// Naming lists the properties that the title and the line under it are written with.
func (d *Dictionary) Naming(kind Kind) []Property {
	t := d.templates[kind]
	return append(t.title.properties(), t.detail.properties()...)
}

func (d *Dictionary) lay() {
	d.layouts = map[Kind]*Layout{}
	for _, k := range d.kinds {
		l := &Layout{Properties: d.byKind[k.Name], Groups: d.Groups(k.Name), slots: map[Property]Slot{}}
		for i, p := range l.Properties {
			l.slots[p.Name] = Slot{At: i, Group: -1, Danger: p.Danger}
		}
		for i, g := range l.Groups {
			for _, p := range append([]Property{g.Property}, g.Parts...) {
				s := l.Slot(p)
				s.Group = i
				l.slots[p] = s
			}
		}
		d.layouts[k.Name] = l
	}
}
