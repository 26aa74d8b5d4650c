package caseview

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/app/match"
	"muster/plugins/pole"
)

// Build makes the case of one entity from its records and those of the entities around it. It does no I/O, changes none
// of the records, and gives the same case for the same input whatever its order.
//
// Of several values of a property the first is the best by this rule: one that could be read before one that could not;
// one that still holds before one that has ended; then what most systems say (a system that says less and does not
// contradict counts for the fuller value); then the most recently changed; then the most complete. Why says which step
// decided. The timeline runs from the earliest moment to the latest; what has no date stands at its end.
func Build(dict *pole.Dictionary, in Input) Case {
	b := builder{d: dict, old: in.Old}
	e := in.Entity
	e.Records = slices.SortedStableFunc(slices.Values(e.Records), func(x, y pole.Record) int {
		return cmp.Or(cmp.Compare(x.System, y.System), cmp.Compare(x.Type, y.Type), cmp.Compare(x.ID, y.ID))
	})
	in.Entity = e
	c := Case{
		ID: e.ID, Kind: e.Kind, Class: dict.Class(e.Kind), Records: e.Records, Around: in.Around, Old: in.Old,
		Possible: e.Possible, Why: e.Why, Gaps: slices.Clone(in.Gaps),
	}
	m := b.merge(e)
	c.Title, c.Detail = dict.Title(m.best), dict.Detail(m.best)
	c.Warnings = m.warnings
	for _, p := range m.merged {
		if p.Disagree {
			c.Disagreements = append(c.Disagreements, p)
		} else {
			c.Agreed = append(c.Agreed, p)
		}
	}
	a := b.around(in, m)
	c.Linked, c.Timeline = a.linked, a.timeline
	var marks []pole.Marking
	for _, ent := range append([]match.Entity{e}, in.Around...) {
		for _, r := range ent.Records {
			marks = append(marks, r.Marking)
			if c.Read.IsZero() || r.Read.Before(c.Read) {
				c.Read = r.Read
			}
		}
	}
	c.Marking = dict.Highest(marks...)
	return c
}

type builder struct {
	d   *pole.Dictionary
	old map[string]bool
}

// merged is one entity with its values put together.
type merged struct {
	merged   []Merged
	warnings []Warning
	best     pole.Record // of the best values, to be named by the templates
}

// stated is one value as one record states it. facts are those that a composite is made of.
type stated struct {
	Source
	facts   []pole.Fact
	updated time.Time
}

// distinct is one distinct value and everyone who states it.
type distinct struct {
	value   pole.Value
	parts   int // facts that it is made of
	folded  pole.Folded
	stated  []stated
	systems map[string]bool
	support int // systems that state it, or less without contradicting it
	recent  time.Time
	ended   bool // everyone who states it says that it no longer holds
}

func (b *builder) merge(e match.Entity) merged {
	var out merged
	by := map[pole.Property][]stated{}
	groups := b.d.Groups(e.Kind)
	grouped := map[pole.Property]bool{}
	for _, g := range groups {
		grouped[g.Property] = true
		for _, p := range g.Parts {
			grouped[p] = true
		}
	}
	var danger []stated
	isDanger := map[pole.Property]bool{}
	for _, p := range b.d.Properties(e.Kind) {
		isDanger[p.Name] = p.Danger
	}
	for i := range e.Records {
		r := &e.Records[i]
		old := b.old[r.String()]
		source := func(f pole.Fact) stated {
			return stated{
				Source: Source{Ref: r.Ref, Value: f.Value, Read: r.Read, Old: old, From: f.From, To: f.To, Path: f.Path, Marking: r.Marking},
				facts:  []pole.Fact{f}, updated: r.Updated,
			}
		}
		some := false
		for _, f := range r.Facts {
			switch {
			case f.Value.Norm == "" && strings.TrimSpace(f.Value.Source) == "":
			case isDanger[f.Property]:
				danger = append(danger, source(f))
			case grouped[f.Property]:
				some = true
			default:
				by[f.Property] = append(by[f.Property], source(f))
			}
		}
		if some {
			for _, g := range groups {
				b.composites(r, g, source, by)
			}
		}
	}
	out.warnings = b.warnings(danger)
	out.best = pole.Record{Kind: e.Kind}
	if len(e.Records) > 0 {
		out.best.Ref = e.Records[0].Ref
		for _, r := range e.Records {
			if r.Read.After(out.best.Read) {
				out.best.Read = r.Read
			}
		}
	}
	for _, p := range b.properties(e.Kind, by) {
		m, best := b.property(p, by[p.Name])
		out.merged = append(out.merged, m)
		for _, f := range best {
			f.Group = ""
			out.best.Facts = append(out.best.Facts, f)
		}
	}
	return out
}

// properties lists those that have values, in screen order; one that the dictionary does not know, or not for this kind,
// comes last and is not lost.
func (b *builder) properties(kind pole.Kind, by map[pole.Property][]stated) []pole.PropertyDef {
	var out []pole.PropertyDef
	known := map[pole.Property]bool{}
	for _, p := range b.d.Properties(kind) {
		known[p.Name] = true
		if len(by[p.Name]) > 0 {
			out = append(out, p)
		}
	}
	var rest []pole.PropertyDef
	for p := range by {
		if known[p] {
			continue
		}
		def, ok := b.d.Property(p)
		if !ok {
			def = pole.PropertyDef{Name: p, Label: string(p), Type: pole.TypeText}
		}
		rest = append(rest, def)
	}
	slices.SortFunc(rest, func(a, b pole.PropertyDef) int { return cmp.Compare(a.Name, b.Name) })
	return append(out, rest...)
}

// composites puts facts that belong together into one value: an address on one line. A part that this line does not show
// stands on its own as well, so that nothing is lost.
func (b *builder) composites(r *pole.Record, g pole.GroupDef, source func(pole.Fact) stated, by map[pole.Property][]stated) {
	var order []string
	facts := map[string][]pole.Fact{}
	for _, f := range r.Facts {
		if f.Property != g.Property && !slices.Contains(g.Parts, f.Property) || f.Value.Norm == "" && strings.TrimSpace(f.Value.Source) == "" {
			continue
		}
		if facts[f.Group] == nil {
			order = append(order, f.Group)
		}
		facts[f.Group] = append(facts[f.Group], f)
	}
	for _, name := range order {
		own := facts[name]
		whole := b.d.Whole(g, own)
		var line stated
		shown := ""
		if whole.Norm != "" || whole.Source != "" {
			f := own[0]
			f.Property, f.Value = g.Property, whole
			for _, x := range own {
				f.From, f.To = max(f.From, x.From), max(f.To, x.To)
			}
			line = source(f)
			line.facts = own
			by[g.Property] = append(by[g.Property], line)
			shown = " " + pole.FoldName(whole.Norm) + " "
		}
		for _, f := range own {
			display := b.d.Display(f.Property, f.Value)
			if display != "" && f.Value.Norm != "" && told(shown, pole.Tokens(display), f.Property == g.Property) {
				continue
			}
			s := source(f)
			s.facts = nil // it is in the line's
			if shown == "" {
				s.facts = []pole.Fact{f}
			}
			by[f.Property] = append(by[f.Property], s)
		}
	}
}

// told reports whether a line shows these words: next to one another, or, of a value that is itself a whole line, anywhere.
func told(line string, words []string, anywhere bool) bool {
	if !anywhere {
		return len(words) > 0 && strings.Contains(line, " "+strings.Join(words, " ")+" ")
	}
	for _, w := range words {
		if !strings.Contains(line, " "+w+" ") {
			return false
		}
	}
	return len(words) > 0
}

// property merges what is said of one property.
func (b *builder) property(p pole.PropertyDef, said []stated) (Merged, []pole.Fact) {
	var ds []*distinct
	index := map[string]*distinct{}
	for _, s := range said {
		k := b.key(p.Name, s.Value)
		d := index[k]
		if d == nil {
			d = &distinct{value: s.Value, systems: map[string]bool{}, ended: true, folded: b.d.Fold(p.Name, s.Value)}
			index[k] = d
			ds = append(ds, d)
		}
		if n := len(s.facts); n > d.parts || n == d.parts && better(s.Value, d.value) {
			d.value, d.parts = s.Value, n
			d.folded = b.d.Fold(p.Name, s.Value)
		}
		d.stated = append(d.stated, s)
		d.systems[s.Ref.System] = true
		d.ended = d.ended && s.To != ""
		if at := s.recent(); at.After(d.recent) {
			d.recent = at
		}
	}
	for _, d := range ds {
		slices.SortStableFunc(d.stated, func(x, y stated) int {
			return cmp.Or(cmp.Compare(x.Ref.System, y.Ref.System), cmp.Compare(x.Ref.Type, y.Ref.Type), cmp.Compare(x.Ref.ID, y.Ref.ID), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Value.Source, y.Value.Source))
		})
	}
	b.support(p, ds)
	slices.SortFunc(ds, func(x, y *distinct) int { n, _ := rank(x, y); return n })
	m := Merged{Property: p.Name, Label: p.Label}
	best := ds[0]
	for i, d := range ds {
		a := Alternative{Value: d.value, Display: b.d.Display(p.Name, d.value)}
		for _, s := range d.stated {
			a.Sources = append(a.Sources, s.Source)
		}
		if i > 0 || len(ds) == 1 {
			a.Say = b.differs(p, best, d, &m)
		}
		m.Values = append(m.Values, a)
	}
	if len(ds) > 1 && !p.Many {
		_, m.Why = rank(ds[0], ds[1])
	}
	// Of those who state the best value the one who states it most fully gives the parts of a composite.
	full := best.stated[0]
	for _, s := range best.stated {
		if len(s.facts) > len(full.facts) {
			full = s
		}
	}
	return m, full.facts
}
