package chart

import (
	"slices"
	"strings"
	"unicode"

	"muster/app/match"
	"muster/plugins"
	"muster/plugins/pole"
)

// A record often states another thing by its number only: a person's telephone, the vehicle that a camera read, an address. Where
// the dictionary says that the value identifies that thing, the chart shows it as a node, one for all who state it.

// pointer says that a property of one kind identifies a thing of another.
type pointer struct {
	property pole.Property
	label    string
	kind     pole.Kind // of the thing
}

// pointers lists what facts of a kind may point at, in the dictionary's order.
func pointers(d *pole.Dictionary, kind pole.Kind) []pointer {
	var out []pointer
	for _, p := range d.Properties(kind) {
		if d.Identifies(kind, p.Name) {
			continue // it says who this is, not who else
		}
		for _, k := range d.Kinds() {
			if k.Name != kind && d.Identifies(k.Name, p.Name) {
				out = append(out, pointer{p.Name, p.Label, k.Name})
				break
			}
		}
	}
	return out
}

// composite says that a value made of several properties means the same thing as a kind's record does: an address and a place.
type composite struct {
	group pole.GroupDef
	label string
	kind  pole.Kind
	sets  [][]pole.Property
}

func composites(d *pole.Dictionary, kind pole.Kind) []composite {
	var out []composite
	for _, g := range d.Groups(kind) {
		for _, k := range d.Kinds() {
			if k.Name == kind || k.Class == d.Class(kind) {
				continue
			}
			var sets [][]pole.Property
			for _, same := range k.Same {
				if within(same, g.Parts) {
					sets = append(sets, same)
				}
			}
			if len(sets) > 0 {
				def, _ := d.Property(g.Property)
				out = append(out, composite{g, def.Label, k.Name, sets})
				break
			}
		}
	}
	return out
}

func within(some, all []pole.Property) bool {
	for _, p := range some {
		found := false
		for _, q := range all {
			found = found || p == q
		}
		if !found {
			return false
		}
	}
	return len(some) > 0
}

// values adds the things that records state by a value, and links those who state it.
func (b *builder) values(entities []match.Entity) {
	known := map[string]int{} // node of an entity by the values that identify it
	for i := range entities {
		e := &entities[i]
		k, _ := b.d.Kind(e.Kind)
		for _, r := range e.Records {
			for _, f := range r.Facts {
				if f.Value.Norm != "" && f.Value.Problem == "" && b.d.Identifies(e.Kind, f.Property) {
					known[valueID(e.Kind, f.Property, f.Value.Norm)] = b.of[e.ID]
				}
			}
			for _, facts := range grouped(r, nil) {
				for _, same := range k.Same {
					if key := setKey(same, facts); key != "" {
						known[valueID(e.Kind, "", key)] = b.of[e.ID]
					}
				}
			}
		}
	}
	pointing, whole := map[pole.Kind][]pointer{}, map[pole.Kind][]composite{}
	for i := range entities {
		e := &entities[i]
		if _, ok := pointing[e.Kind]; !ok {
			pointing[e.Kind], whole[e.Kind] = pointers(b.d, e.Kind), composites(b.d, e.Kind)
		}
		own := b.of[e.ID]
		for _, r := range e.Records {
			for _, p := range pointing[e.Kind] {
				for _, f := range r.All(p.property) {
					if f.Value.Norm == "" || f.Value.Problem != "" || partOf(p.property, whole[e.Kind]) {
						continue
					}
					b.state(known, own, valueID(p.kind, p.property, f.Value.Norm), p.kind, b.d.Display(p.property, f.Value),
						[]plugins.Term{{Property: p.property, Value: f.Value}}, Link{Role: string(p.property), Words: small(p.label), Since: f.From, Until: f.To}, r)
				}
			}
			for _, c := range whole[e.Kind] {
				for _, facts := range grouped(r, c.group.Parts) {
					for _, same := range c.sets {
						key := setKey(same, facts)
						if key == "" {
							continue
						}
						var terms []plugins.Term
						for _, f := range facts {
							if slices.Contains(same, f.Property) {
								terms = append(terms, plugins.Term{Property: f.Property, Value: f.Value})
							}
						}
						l := Link{Role: string(c.group.Property), Words: small(c.label)}
						for _, f := range facts {
							l.Since, l.Until = max(l.Since, f.From), max(l.Until, f.To)
						}
						b.state(known, own, valueID(c.kind, "", key), c.kind, b.d.Composite(c.group, facts), terms, l, r)
						break
					}
				}
			}
		}
	}
}

// partOf reports whether a composite speaks for the property already.
func partOf(p pole.Property, whole []composite) bool {
	for _, c := range whole {
		for _, q := range c.group.Parts {
			if p == q {
				return true
			}
		}
	}
	return false
}

// state links own to the thing that a value means.
func (b *builder) state(known map[string]int, own int, id string, kind pole.Kind, title string, v []plugins.Term, l Link, r pole.Record) {
	at, ok := known[id]
	if !ok {
		at = b.add(Node{ID: id, Kind: kind, Title: title, Unread: true, Values: v})
		known[id] = at
	}
	if at == own {
		return
	}
	if n := &b.g.Nodes[at]; n.Unread {
		n.Title = longer(n.Title, title)
		n.Marking = b.d.Highest(n.Marking, r.Marking)
		insert(&n.Systems, r.System)
	}
	if b.said[[2]int{at, own}] { // a role of a source says more than the bare value
		return
	}
	l.Inverse, l.Stated = l.Words, true
	b.link(at, own, l, r)
}

func valueID(kind pole.Kind, p pole.Property, norm string) string {
	return "=" + string(kind) + "/" + string(p) + "/" + norm
}

// grouped gives the facts of a record that belong together; parts keeps to those, nil to all.
func grouped(r pole.Record, parts []pole.Property) [][]pole.Fact {
	var out [][]pole.Fact
	at := map[string]int{}
	for _, f := range r.Facts {
		if parts != nil && !within([]pole.Property{f.Property}, parts) || f.Value.Norm == "" {
			continue
		}
		i, ok := at[f.Group]
		if !ok {
			i = len(out)
			at[f.Group] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

// setKey is what facts say of each property of a set; "" where one is missing or doubtful.
func setKey(set []pole.Property, facts []pole.Fact) string {
	var key []string
	for _, p := range set {
		v := ""
		for _, f := range facts {
			if f.Property == p && f.Value.Problem == "" {
				v = max(v, pole.FoldName(f.Value.Norm))
			}
		}
		if v == "" {
			return ""
		}
		key = append(key, string(p)+":"+v)
	}
	return strings.Join(key, "|")
}

// small writes a label as it stands within a line: 'telephone', but 'PNC ID'.
func small(label string) string {
	r := []rune(label)
	if len(r) > 1 && unicode.IsUpper(r[0]) && !unicode.IsUpper(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}
