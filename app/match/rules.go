package match

import (
	"slices"

	"muster/app/match/linkage"

	"muster/plugins/pole"
)

// rules is what the dictionary says about one kind, made ready for matching.
type rules struct {
	dict       *pole.Dictionary
	kind       pole.Kind
	identifies []identifier
	contradict []pole.PropertyDef
	same       [][]member
	compared   []pole.PropertyDef // everything that is evidence, in screen order; a composite stands for its parts
	groups     []pole.GroupDef
	group      map[pole.Property]int // by part and by composite property
	pairs      *linkage.Pairs        // the evidence in bits
	event      bool                  // probability alone does not join what happened
}

// identifier is a property whose equal values mean the same entity, with those that count as its values.
type identifier struct {
	def pole.PropertyDef
	all []pole.Property
}

// member is one property of a set which, all equal, means the same entity.
type member struct {
	def       pole.PropertyDef
	composite bool            // made of several parts
	rest      []pole.Property // other parts of its composite that must agree too, or be missing on both sides
}

func newRules(d *pole.Dictionary, kind pole.Kind) *rules {
	r := &rules{dict: d, kind: kind, groups: d.Groups(kind), group: map[pole.Property]int{}, pairs: linkage.NewPairs(d, kind), event: d.Class(kind) == pole.ClassEvent}
	parts := map[pole.Property]bool{}
	for i, g := range r.groups {
		r.group[g.Property] = i
		for _, p := range g.Parts {
			r.group[p] = i
			parts[p] = true
		}
	}
	k, _ := d.Kind(kind)
	for _, g := range r.groups { // a set may be of parts: these are then compared instead of the whole
		for _, p := range slices.Concat(k.Same...) {
			if slices.Contains(g.Parts, p) {
				delete(parts, p)
				parts[g.Property] = true
			}
		}
	}
	for _, p := range d.Properties(kind) {
		if p.Contradicts {
			r.contradict = append(r.contradict, p)
		}
		if d.Identifies(kind, p.Name) {
			id := identifier{def: p, all: []pole.Property{p.Name}}
			for _, other := range d.Properties(kind) {
				if other.As == p.Name {
					id.all = append(id.all, other.Name)
				}
			}
			r.identifies = append(r.identifies, id)
		}
		if p.Compare != "" && p.Compare != "none" && (!parts[p.Name] || d.Identifies(kind, p.Name)) {
			r.compared = append(r.compared, p)
		}
	}
	for _, set := range k.Same {
		var ms []member
		for _, p := range set {
			def, _ := d.Property(p)
			m := member{def: def}
			m.composite = slices.ContainsFunc(r.groups, func(g pole.GroupDef) bool { return g.Property == p })
			if g, ok := d.GroupOf(p); ok && g.Property != p {
				for _, part := range g.Parts {
					if !slices.Contains(g.Optional, part) && !slices.Contains(set, part) {
						m.rest = append(m.rest, part)
					}
				}
			}
			ms = append(ms, m)
		}
		r.same = append(r.same, ms)
	}
	return r
}

// value is one value of a record, ready to be compared.
type value struct {
	pole.Folded
	raw  pole.Value
	meet string // key under which values that may count as equal meet
	near string // wider key under which values that may be one another's slips meet
}

// entry is one record, ready to be compared.
type entry struct {
	pole.Record
	ref     string // written form, which also orders
	rules   *rules
	values  map[pole.Property]value   // see value
	current map[int][]pole.Fact       // of each group, see value
	all     map[pole.Property][]value // every value of identifying and contradicting properties
	strong  []string                  // keys: sharing one may mean the same entity
	weak    []string
	hint    []string // keys: sharing one is worth a look
	profile string   // everything that decides about merging; equal profiles are never in conflict
	entity  *Entity
	links   map[*entry]Link
	maybe   map[*entry]*hunch  // of pairs where this one has the smaller reference; only those worth showing
	sets    [][]value          // values of the sets of the kind
	near    []nearKey          // keys: sharing one is worth a comparison
	likely  map[*entry]*likely // what compared well, see Grouper.meet; of both of the two
	row     int                // number in rules.pairs, plus one; 0 before it is needed
	shown   map[string]string  // values as shown, by property and source: evidence shows the same ones often
}

// hunch says why two records may be of one entity although they are not merged.
type hunch struct {
	say   string // "" where the evidence itself says it
	score float64
	bar   linkage.Bar
}

// What goes before the likeliest, by score; the rest of a score is bits.
const (
	ofIdentifier = 1000
	ofBarred     = 2000
	ofUnsure     = 3000
)

func newEntry(r pole.Record, rs *rules) *entry {
	e := &entry{Record: r, ref: r.String(), rules: rs, values: map[pole.Property]value{}, all: map[pole.Property][]value{}}
	for _, id := range rs.identifies {
		for _, p := range id.all {
			e.gather(id.def.Name, p)
		}
	}
	for _, p := range rs.contradict {
		if _, done := e.all[p.Name]; !done {
			e.gather(p.Name, p.Name)
		}
	}
	e.keys()
	return e
}

// gather adds every value of from to those of p.
func (e *entry) gather(p, from pole.Property) {
	for i := range e.Facts {
		if f := &e.Facts[i]; f.Property == from {
			if v := (value{Folded: e.rules.dict.Fold(from, f.Value), raw: f.Value}); v.Key != "" {
				e.all[p] = append(e.all[p], v)
			}
		}
	}
}

// value is the one that stands for the record: of several addresses, parts of the current one. It is worked out when it
// is first asked for; most are only evidence and never are.
func (e *entry) value(p pole.Property) value {
	if v, ok := e.values[p]; ok {
		return v
	}
	var out value
	d, facts := e.rules.dict, e.Facts
	if g, grouped := e.rules.group[p]; grouped {
		own, ok := e.current[g]
		if !ok {
			own = d.Current(e.rules.groups[g], e.Record)
			if e.current == nil {
				e.current = map[int][]pole.Fact{}
			}
			e.current[g] = own
		}
		facts = own
		if e.rules.groups[g].Property == p && len(own) > 0 {
			facts = []pole.Fact{{Property: p, Value: d.Whole(e.rules.groups[g], own)}}
		}
	}
	for i := range facts {
		if f := &facts[i]; f.Property == p {
			if v := (value{Folded: d.Fold(p, f.Value), raw: f.Value}); v.Key != "" {
				out = v
				break
			}
		}
	}
	e.values[p] = out
	return out
}

// keys works out in which blocks the record stands.
func (e *entry) keys() {
	kind := string(e.rules.kind) + "\x00"
	for _, id := range e.rules.identifies {
		for _, v := range e.all[id.def.Name] {
			k := kind + string(id.def.Name) + "\x00" + v.Key
			if !slices.Contains(e.strong, k) {
				e.strong = append(e.strong, k)
			}
		}
	}
	profile := slices.Clone(e.strong)
	for _, p := range e.rules.contradict {
		for _, v := range e.all[p.Name] {
			profile = append(profile, string(p.Name)+"="+v.Key)
		}
	}
	for i, set := range e.rules.same {
		whole, complete := kind+string(rune('0'+i)), true
		var values []value
		for _, m := range set {
			v := e.value(m.def.Name)
			profile = append(profile, string(m.def.Name)+"="+v.Key)
			for _, p := range m.rest {
				profile = append(profile, string(p)+"="+e.value(p).Key)
			}
			v.meet, v.near = meet(m, v)
			e.values[m.def.Name] = v
			values = append(values, v)
			if v.meet == "" {
				complete = false
			}
			if v.near != "" {
				if k := kind + string(m.def.Name) + "\x00" + v.near; !slices.Contains(e.hint, k) {
					e.hint = append(e.hint, k)
				}
			}
			whole += "\x00" + v.meet
		}
		e.sets = append(e.sets, values)
		if complete {
			e.weak = append(e.weak, whole)
		}
	}
	slices.Sort(profile)
	for _, p := range profile {
		e.profile += p + "\x01"
	}
}

// meet gives the keys of a value of a set. Only values that tell many entities apart have a wider key: a house number does not.
func meet(m member, v value) (equal, near string) {
	if v.Key == "" {
		return "", ""
	}
	switch m.def.Type {
	case pole.TypeName:
		if len(v.Words) < 2 {
			if m.composite { // one word of a name that has several parts is not the whole name
				return "", v.Key
			}
			return v.Key, v.Key
		}
		k := v.Words[0] + " " + v.Words[len(v.Words)-1]
		if len(v.Words[0]) == 1 {
			return "", k
		}
		return k, k
	case pole.TypePartialDate:
		if len(v.Key) != 10 {
			return "", ""
		}
		month, day := v.Key[5:7], v.Key[8:10]
		return v.Key, v.Key[:5] + min(month, day) + max(month, day)
	case pole.TypePostcode:
		return v.Key, v.Key
	}
	return v.Key, ""
}
