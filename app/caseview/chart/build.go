package chart

import (
	"cmp"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// Input is what Build needs. An entity may be given more than once: where it shares a record with another, both are one.
type Input struct {
	Subject  string // the case's entity: its ID, or the written form of one of its records
	Entities []match.Entity
	Open     []string        // written forms of records, or IDs of values, whose links were read
	Old      map[string]bool // by Ref.String: read from a stored copy
	Gaps     []caseview.Gap
	Apart    [][2]pole.Ref // records that people decided are not one
}

// OfCase is the input for the chart of one case.
func OfCase(c *caseview.Case) Input {
	return Input{
		Subject: c.ID, Open: []string{c.ID}, Old: c.Old, Gaps: c.Gaps,
		Entities: append([]match.Entity{{ID: c.ID, Kind: c.Kind, Records: c.Records, Possible: c.Possible}}, c.Around...),
	}
}

// Build makes the graph of everything that the entities are and say of each other. Entities that hold records which people keep apart are
// not joined, whatever they share: a record that both hold then stays with the one that was there first. It does no I/O, and gives the same graph for
// the same input whatever its order.
func Build(d *pole.Dictionary, in Input) *Graph {
	b := &builder{d: d, in: in, g: &Graph{Gaps: slices.Clone(in.Gaps)}, of: map[string]int{}, links: map[linkKey]int{}, said: map[[2]int]bool{}}
	open := map[string]bool{}
	for _, id := range in.Open {
		open[id] = true
	}
	entities := together(in.Entities, in.Apart)
	for i := range entities {
		b.entity(&entities[i])
	}
	for i := range entities {
		b.roles(&entities[i])
	}
	b.values(entities)
	b.possible(in.Entities)
	g := b.g
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, k := range n.Keys() {
			n.Open = n.Open || open[k]
			n.Subject = n.Subject || k == in.Subject
		}
	}
	b.dates()
	slices.SortFunc(g.Nodes, func(x, y Node) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(g.Links, func(x, y Link) int {
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), cmp.Compare(x.Role, y.Role))
	})
	g.index()
	return g
}

// together joins entities that share a record; of a record given twice, the later reading is kept.
func together(in []match.Entity, apart [][2]pole.Ref) []match.Entity {
	latest := map[pole.Ref]pole.Record{}
	at := map[pole.Ref]int{} // set of a record
	var sets [][]pole.Ref
	kinds := map[int]pole.Kind{}
	in = slices.Clone(in)
	slices.SortStableFunc(in, func(x, y match.Entity) int { return cmp.Compare(firstOf(x), firstOf(y)) })
	for _, e := range in {
		if len(e.Records) == 0 {
			continue
		}
		var refs []pole.Ref
		var joins []int
		for _, r := range e.Records {
			if old, ok := latest[r.Ref]; !ok || newer(r, old) {
				latest[r.Ref] = r
			}
			refs = append(refs, r.Ref)
			if i, ok := at[r.Ref]; ok && !slices.Contains(joins, i) {
				joins = append(joins, i)
			}
		}
		all := slices.Clone(refs)
		for _, i := range joins {
			all = append(all, sets[i]...)
		}
		if len(joins) > 0 && divided(all, apart) {
			refs = slices.DeleteFunc(refs, func(r pole.Ref) bool { _, ok := at[r]; return ok })
			joins, all = nil, refs
		}
		if len(all) == 0 {
			continue
		}
		own := len(sets)
		sets = append(sets, nil)
		kinds[own] = e.Kind
		for _, i := range joins {
			kinds[own] = kinds[i]
			sets[i] = nil
		}
		for _, r := range all {
			if i, ok := at[r]; !ok || i != own {
				at[r] = own
				sets[own] = append(sets[own], r)
			}
		}
	}
	var out []match.Entity
	for i, set := range sets {
		if len(set) == 0 {
			continue
		}
		slices.SortFunc(set, func(x, y pole.Ref) int { return cmp.Compare(x.String(), y.String()) })
		e := match.Entity{ID: set[0].String(), Kind: kinds[i]}
		for _, r := range set {
			e.Records = append(e.Records, latest[r])
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(x, y match.Entity) int { return cmp.Compare(x.ID, y.ID) })
	return out
}

// firstOf orders entities by what they hold, so that the order they come in decides nothing.
func firstOf(e match.Entity) string {
	out := ""
	for _, r := range e.Records {
		if s := r.String(); out == "" || s < out {
			out = s
		}
	}
	return out
}

// divided reports whether records hold two that people keep apart.
func divided(refs []pole.Ref, apart [][2]pole.Ref) bool {
	return slices.ContainsFunc(apart, func(p [2]pole.Ref) bool { return slices.Contains(refs, p[0]) && slices.Contains(refs, p[1]) })
}

// newer reports whether a is to be preferred to b: read later, or at the same time and saying more.
func newer(a, b pole.Record) bool {
	if c := a.Read.Compare(b.Read); c != 0 {
		return c > 0
	}
	return len(a.Facts)+len(a.Links) > len(b.Facts)+len(b.Links)
}

type linkKey struct {
	from, to int
	role     string
}

type builder struct {
	d     *pole.Dictionary
	in    Input
	g     *Graph
	of    map[string]int // node by Ref.String or ID, in the order of building
	links map[linkKey]int
	said  map[[2]int]bool // nodes that a source links, both ways round
}

func (b *builder) add(n Node) int {
	n.Class = b.d.Class(n.Kind)
	k, _ := b.d.Kind(n.Kind)
	n.What, n.Sign = k.Label, signOf(k)
	b.g.Nodes = append(b.g.Nodes, n)
	i := len(b.g.Nodes) - 1
	b.of[n.ID] = i
	for _, r := range n.Refs {
		b.of[r.String()] = i
	}
	return i
}

// entity makes a node of an entity whose records are at hand.
func (b *builder) entity(e *match.Entity) {
	c := caseview.Build(b.d, caseview.Input{Entity: *e, Old: b.in.Old})
	n := Node{ID: e.ID, Kind: c.Kind, Title: c.Title, Detail: c.Detail, Warnings: c.Warnings, Records: len(c.Records), Marking: c.Marking, Old: true}
	for _, r := range c.Records {
		n.Refs = append(n.Refs, r.Ref)
		n.Old = n.Old && b.in.Old[r.String()]
		insert(&n.Systems, r.System)
		if b.g.Read.IsZero() || r.Read.Before(b.g.Read) {
			b.g.Read = r.Read
		}
	}
	if n.Class = b.d.Class(n.Kind); n.Class == pole.ClassEvent && len(c.Timeline) > 0 {
		m := c.Timeline[0]
		n.Sort = m.Sort
		if m.When != "" {
			n.When = m.Display
		}
	}
	b.add(n)
}

// roles links an entity by what its records say of others. What no record at hand is about becomes a node by its name alone.
func (b *builder) roles(e *match.Entity) {
	for _, r := range e.Records {
		for _, l := range r.Links {
			if l.From.IsZero() || l.To.IsZero() {
				continue
			}
			from, to := b.end(r, l, l.From), b.end(r, l, l.To)
			if from == to {
				continue
			}
			role, ok := b.d.Role(l.Role)
			if !ok {
				role = pole.RoleDef{Name: l.Role, Label: string(l.Role), Inverse: string(l.Role)}
			}
			if role.Label == role.Inverse && b.g.Nodes[from].ID > b.g.Nodes[to].ID {
				from, to = to, from // the same thing said from either side is one link
			}
			b.link(from, to, Link{Role: string(role.Name), Words: role.Label, Inverse: role.Inverse}, r)
		}
	}
}

func (b *builder) end(r pole.Record, l pole.Link, ref pole.Ref) int {
	if i, ok := b.of[ref.String()]; ok {
		n := &b.g.Nodes[i]
		if n.Unread && ref != r.Ref { // several may name it; the longest name says most, and the order decides nothing
			n.Title = cmp.Or(longer(n.Title, l.Label), n.Title)
			n.Marking = b.d.Highest(n.Marking, r.Marking)
			insert(&n.Systems, ref.System)
		}
		return i
	}
	kind := l.Kind
	n := Node{ID: ref.String(), Kind: kind, Title: strings.TrimSpace(l.Label), Refs: []pole.Ref{ref}, Systems: []string{ref.System}, Unread: true, Marking: r.Marking}
	if n.Title == "" {
		n.Title = b.d.Title(pole.Record{Ref: ref, Kind: kind})
	}
	if n.Title == "" {
		n.Title = ref.ID
	}
	return b.add(n)
}

func longer(a, b string) string {
	b = strings.TrimSpace(b)
	if c := cmp.Compare(len(b), len(a)); c > 0 || c == 0 && b > a {
		return b
	}
	return a
}

// possible joins those that may be the same with a link of its own kind, which no path takes: people decide about it.
func (b *builder) possible(entities []match.Entity) {
	for _, e := range entities {
		if len(e.Records) == 0 {
			continue
		}
		from := b.of[e.Records[0].String()]
		for _, p := range e.Possible {
			to, ok := b.of[p.Entity]
			if !ok || to == from {
				continue
			}
			a, z := from, to
			if b.g.Nodes[a].ID > b.g.Nodes[z].ID {
				a, z = z, a
			}
			k := linkKey{a, z, possibly}
			if _, ok := b.links[k]; !ok {
				b.links[k] = len(b.g.Links)
				b.g.Links = append(b.g.Links, Link{From: b.g.Nodes[a].ID, To: b.g.Nodes[z].ID, Role: possibly, Words: possibly, Inverse: possibly, Maybe: true, Count: 1})
			}
		}
	}
}

const possibly = "possibly the same"

// link notes that a record says a link.
func (b *builder) link(from, to int, l Link, r pole.Record) {
	k := linkKey{from, to, l.Role}
	i, ok := b.links[k]
	if !ok {
		l.From, l.To = b.g.Nodes[from].ID, b.g.Nodes[to].ID
		b.g.Links = append(b.g.Links, l)
		i = len(b.g.Links) - 1
		b.links[k] = i
	}
	if !l.Stated {
		b.said[[2]int{from, to}], b.said[[2]int{to, from}] = true, true
	}
	x := &b.g.Links[i]
	if slices.Contains(x.Refs, r.Ref) {
		return
	}
	if x.Count > 0 && x.Until != "" && l.Until == "" {
		x.Until = "" // somebody says that it still holds
	}
	if x.Since == "" || l.Since != "" && l.Since < x.Since {
		x.Since = l.Since
	}
	x.Count++
	x.Refs = append(x.Refs, r.Ref)
	slices.SortFunc(x.Refs, func(p, q pole.Ref) int { return cmp.Compare(p.String(), q.String()) })
	insert(&x.Systems, r.System)
}

// dates gives each link the time of the event at its end, or since when and until when it is said to hold.
func (b *builder) dates() {
	for i := range b.g.Links {
		l := &b.g.Links[i]
		for _, id := range []string{l.From, l.To} {
			if n := b.g.Nodes[b.of[id]]; n.When != "" && (l.When == "" || n.Sort.Before(l.Sort)) {
				l.When, l.Sort = n.When, n.Sort
			}
		}
		switch {
		case l.When != "":
		case l.Since != "" && l.Until != "":
			l.When = pole.DisplayWhen(l.Since) + " to " + pole.DisplayWhen(l.Until)
		case l.Since != "":
			l.When = "since " + pole.DisplayWhen(l.Since)
		case l.Until != "":
			l.When = "until " + pole.DisplayWhen(l.Until)
		}
		if l.Sort.IsZero() && cmp.Or(l.Since, l.Until) != "" {
			l.Sort, _, _ = pole.Span(cmp.Or(l.Since, l.Until))
		}
	}
}

// insert keeps a sorted set.
func insert(to *[]string, v string) {
	if i, found := slices.BinarySearch(*to, v); !found {
		*to = slices.Insert(*to, i, v)
	}
}
