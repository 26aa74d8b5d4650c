package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// Build sets a case on a line of time. It does no I/O, changes nothing of the case, and gives the same line for the same
// records whatever their order.
func Build(dict *pole.Dictionary, c *caseview.Case) *Timeline {
	b := &builder{d: dict, c: c, at: map[pole.Ref]string{}, titles: map[string]string{}, details: map[string]string{}, people: map[string][]Person{}}
	b.gather()
	b.involve()
	for i := range b.entities {
		e := &b.entities[i]
		if dict.Class(e.Kind) == pole.ClassEvent {
			b.event(e)
		}
		b.facts(e)
		b.held(e)
	}
	b.unread()
	t := &Timeline{Items: b.items, Undated: b.undated, Gaps: c.Gaps}
	slices.SortFunc(t.Items, func(x, y Item) int {
		return cmp.Or(x.Extent().First().Compare(y.Extent().First()), x.Extent().Last().Compare(y.Extent().Last()), cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID))
	})
	slices.SortFunc(t.Undated, func(x, y Item) int { return cmp.Or(cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID)) })
	b.choices(t)
	return t
}

type builder struct {
	d              *pole.Dictionary
	c              *caseview.Case
	entities       []match.Entity
	at             map[pole.Ref]string // entity of a record
	titles         map[string]string   // by entity
	details        map[string]string
	people         map[string][]Person // by event entity
	items, undated []Item
}

// gather lists the entities of the case, each once, and their titles as the case gives them.
func (b *builder) gather() {
	own := match.Entity{ID: b.c.ID, Kind: b.c.Kind, Records: b.c.Records}
	for _, e := range append([]match.Entity{own}, b.c.Around...) {
		if len(e.Records) == 0 || e.ID == b.c.ID && len(b.entities) > 0 {
			continue
		}
		e.Records = slices.Clone(e.Records)
		slices.SortFunc(e.Records, func(x, y pole.Record) int { return cmp.Compare(x.Ref.String(), y.Ref.String()) })
		b.entities = append(b.entities, e)
		for _, r := range e.Records {
			if _, ok := b.at[r.Ref]; !ok {
				b.at[r.Ref] = e.ID
			}
		}
	}
	slices.SortStableFunc(b.entities, func(x, y match.Entity) int { return cmp.Compare(x.ID, y.ID) })
	b.titles[b.c.ID], b.details[b.c.ID] = b.c.Title, ""
	for _, l := range b.c.Linked {
		if l.Entity != "" {
			b.titles[l.Entity] = l.Title
		}
	}
	for _, m := range b.c.Timeline {
		for _, r := range m.Refs {
			if id := b.at[r]; id != "" {
				b.titles[id], b.details[id] = cmp.Or(b.titles[id], m.Title), cmp.Or(b.details[id], m.Detail)
			}
		}
	}
	for i := range b.entities {
		e := &b.entities[i]
		if b.titles[e.ID] != "" {
			continue
		}
		best := 0
		for j := range e.Records {
			if len(e.Records[j].Facts) > len(e.Records[best].Facts) {
				best = j
			}
		}
		b.titles[e.ID] = b.d.Title(e.Records[best])
		b.details[e.ID] = b.d.Brief(e.Records[best])
	}
}

// involve notes who is in which event.
func (b *builder) involve() {
	type end struct {
		event, person string
	}
	index := map[end]int{}
	for i := range b.entities {
		for j := range b.entities[i].Records {
			for _, l := range b.entities[i].Records[j].Links {
				role, _ := b.d.Role(l.Role)
				b.involved(l, l.To, l.From, role.Label, func(event, person, title, words string) {
					k := end{event, person}
					at, ok := index[k]
					if !ok {
						at = len(b.people[event])
						index[k] = at
						b.people[event] = append(b.people[event], Person{ID: person, Title: title})
					}
					p := &b.people[event][at]
					if words != "" && !slices.Contains(p.Roles, words) {
						p.Roles = append(p.Roles, words)
					}
				})
			}
		}
	}
	for id, list := range b.people {
		slices.SortFunc(list, func(x, y Person) int { return cmp.Or(cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID)) })
		for i := range list {
			slices.Sort(list[i].Roles)
		}
		b.people[id] = list
	}
}

// involved calls add if a link joins a person and an event, whichever way round.
func (b *builder) involved(l pole.Link, to, from pole.Ref, words string, add func(event, person, title, words string)) {
	class := func(r pole.Ref) (string, pole.Class) {
		if id := b.at[r]; id != "" {
			return id, b.d.Class(b.kind(id))
		}
		return "", b.d.Class(l.Kind)
	}
	toID, toClass := class(to)
	fromID, fromClass := class(from)
	name := func(id string, r pole.Ref) (string, string) {
		if id != "" {
			return id, b.titles[id]
		}
		return r.String(), cmp.Or(l.Label, r.ID)
	}
	switch {
	case toID != "" && toClass == pole.ClassEvent && fromClass == pole.ClassPerson:
		p, title := name(fromID, from)
		add(toID, p, title, words)
	case fromID != "" && fromClass == pole.ClassEvent && toClass == pole.ClassPerson:
		p, title := name(toID, to)
		role, _ := b.d.Role(l.Role)
		add(fromID, p, title, role.Inverse)
	}
}

func (b *builder) kind(id string) pole.Kind {
	i, ok := slices.BinarySearchFunc(b.entities, id, func(e match.Entity, id string) int { return cmp.Compare(e.ID, id) })
	if !ok {
		return ""
	}
	return b.entities[i].Kind
}

// item begins an item of an entity.
func (b *builder) item(e *match.Entity, id string) Item {
	it := Item{ID: e.ID + id, Entity: e.ID, Kind: e.Kind, Class: b.d.Class(e.Kind), Title: b.titles[e.ID]}
	return it
}

// event puts an event on the line, or among the undated.
func (b *builder) event(e *match.Entity) {
	def, _ := b.d.Kind(e.Kind)
	it := b.item(e, "")
	it.Detail, it.People = b.details[e.ID], b.people[e.ID]
	it.Old = true
	best := len(def.When)
	for i := range e.Records {
		r := &e.Records[i]
		it.Refs = append(it.Refs, r.Ref)
		it.Old = it.Old && b.c.Old[r.String()]
		if k, _, ok := b.first(r, def.When); ok {
			best = min(best, k)
		}
	}
	it.Systems = caseview.SystemsOf(it.Refs)
	var all []reading
	doubtful := 0
	for i := range e.Records {
		r := &e.Records[i]
		for k, p := range def.When {
			for _, f := range r.All(p) {
				rd, ok := begin(f)
				switch {
				case !ok:
					if f.Value.Source != "" {
						it.Why, it.WhyWords = WhyUnreadable, r.System+": “"+f.Value.Source+"”"
					}
				case b.d.Doubtful(f.Value.Norm):
					doubtful++
				case k == best:
					pd, _ := b.d.Property(p)
					if latest, ok := r.First(pd.Latest); ok && pd.Latest != "" {
						rd.between(latest)
					} else if end, ok := r.First(pd.Ends); ok && pd.Ends != "" {
						rd.lasting(end)
					}
					if best > 0 {
						rd.said.Label = pd.Label
					}
					b.say(&rd, r)
					all = append(all, rd)
				default:
					pd, _ := b.d.Property(p)
					if also := pd.Label + " " + pole.DisplayWhen(f.Value.Norm); k > best && !slices.Contains(it.Also, also) && !b.endOf(def.When[best], p, r) {
						it.Also = append(it.Also, also)
					}
				}
			}
		}
	}
	slices.Sort(it.Also)
	if len(all) == 0 {
		if doubtful > 0 {
			it.Why, it.WhyWords = WhyDoubtful, ""
		}
		it.Why = cmp.Or(it.Why, WhyNoDate)
	}
	b.add(it, dates(all))
}

// endOf reports whether p is shown already as the end of what began at from.
func (b *builder) endOf(from, p pole.Property, r *pole.Record) bool {
	pd, _ := b.d.Property(from)
	_, has := r.First(pd.Latest)
	return pd.Ends == p && (pd.Latest == "" || !has)
}

// first is the first of the properties that a record gives a date for, and the fact.
func (b *builder) first(r *pole.Record, when []pole.Property) (int, pole.Fact, bool) {
	for k, p := range when {
		for _, f := range r.All(p) {
			if _, _, ok := pole.Span(f.Value.Norm); ok && f.Value.Norm != "" && !b.d.Doubtful(f.Value.Norm) {
				return k, f, true
			}
		}
	}
	return 0, pole.Fact{}, false
}

func (b *builder) say(rd *reading, r *pole.Record) {
	rd.said.Ref, rd.said.Read, rd.said.Marking, rd.said.updated = r.Ref, r.Read, r.Marking, r.Updated
	rd.said.Old = b.c.Old[r.String()]
}

// facts puts dates on the line that are themselves something that happened: a birth, a test, an outcome.
func (b *builder) facts(e *match.Entity) {
	for _, pd := range b.d.Properties(e.Kind) {
		if pd.Event == "" {
			continue
		}
		it := b.item(e, "#"+string(pd.Name))
		it.Fact, it.Title, it.Detail, it.Old = true, pd.Event, b.titles[e.ID], true
		var all []reading
		for i := range e.Records {
			r := &e.Records[i]
			for _, f := range r.All(pd.Name) {
				if strings.TrimSpace(f.Value.Source) == "" {
					continue
				}
				insertRef(&it, r, b.c.Old)
				rd, ok := begin(f)
				switch {
				case !ok:
					it.Why, it.WhyWords = WhyUnreadable, r.System+": “"+f.Value.Source+"”"
				case b.d.Doubtful(f.Value.Norm):
					it.Why = cmp.Or(it.Why, WhyDoubtful)
				default:
					b.say(&rd, r)
					all = append(all, rd)
				}
			}
		}
		if len(it.Refs) == 0 {
			continue
		}
		ds := dates(all)
		if !pd.Many || len(ds) < 2 {
			b.add(it, ds)
			continue
		}
		for _, d := range ds { // several that are all true
			one := it
			one.ID, one.Refs, one.Old = it.ID+"#"+d.When, nil, true
			for _, s := range d.Said {
				one.Refs = append(one.Refs, s.Ref)
				one.Old = one.Old && s.Old
			}
			b.add(one, []Date{d})
		}
	}
}

// held puts on the line what a source says held from some day or until some day: an address, a name.
func (b *builder) held(e *match.Entity) {
	type value struct {
		it  Item
		all []reading
	}
	var order []string
	values := map[string]*value{}
	for i := range e.Records {
		r := &e.Records[i]
		seen := map[string]bool{}
		for _, f := range r.Facts {
			if f.From == "" && f.To == "" {
				continue
			}
			rd, ok := heldReading(f, r.Read)
			if !ok {
				continue
			}
			name, show := f.Property, b.d.Display(f.Property, f.Value)
			if g, grouped := b.d.GroupOf(f.Property); grouped {
				var own []pole.Fact
				for _, x := range r.Facts {
					if xg, ok := b.d.GroupOf(x.Property); ok && xg.Property == g.Property && x.Group == f.Group {
						own = append(own, x)
					}
				}
				name, show = g.Property, b.d.Display(g.Property, b.d.Whole(g, own))
				once := string(name) + "\x00" + f.Group
				if seen[once] {
					continue
				}
				seen[once] = true
			}
			if show == "" {
				continue
			}
			key := string(name) + "=" + pole.FoldName(show)
			v := values[key]
			if v == nil {
				label := string(name)
				if pd, ok := b.d.Property(name); ok {
					label = pd.Label
				}
				v = &value{it: b.item(e, "#"+key)}
				v.it.Fact, v.it.Title, v.it.Detail, v.it.Old = true, label+": "+show, b.titles[e.ID], true
				values[key] = v
				order = append(order, key)
			}
			insertRef(&v.it, r, b.c.Old)
			rd.said.Words, rd.said.Path = show, f.Path
			b.say(&rd, r)
			v.all = append(v.all, rd)
		}
	}
	for _, k := range order {
		b.add(values[k].it, dates(values[k].all))
	}
}

// heldReading is the time that a fact says it holds; with no end it lasts until it was read.
func heldReading(f pole.Fact, read time.Time) (rd reading, ok bool) {
	from, begun, okFrom := pole.Span(f.From)
	ended, to, okTo := pole.Span(f.To)
	switch {
	case okFrom && okTo && !to.Before(from):
		rd.extent = Extent{Begins: Span{from, begun}, Ends: Span{ended, to}, Lasts: true}
		rd.when, rd.until = f.From, f.To
	case okFrom:
		end := read
		if end.Before(begun) {
			end = begun
		}
		rd.extent = Extent{Begins: Span{from, begun}, Ends: Span{end, end}, Lasts: true, Since: true}
		rd.when = f.From
	case okTo:
		rd.extent = Extent{Begins: Span{ended, to}, Until: true}
		rd.until = f.To
	default:
		return rd, false
	}
	return rd, true
}

func insertRef(it *Item, r *pole.Record, old map[string]bool) {
	if !slices.Contains(it.Refs, r.Ref) {
		it.Refs = append(it.Refs, r.Ref)
	}
	it.Old = it.Old && old[r.String()]
}

// unread lists events that a link names and nobody read: they are part of the case, whenever they were.
func (b *builder) unread() {
	for _, l := range b.c.Linked {
		if l.Class != pole.ClassEvent || len(l.Refs) == 0 || slices.ContainsFunc(l.Refs, func(r pole.Ref) bool { return b.at[r] != "" }) {
			continue
		}
		it := Item{ID: l.Refs[0].String(), Entity: l.Refs[0].String(), Kind: l.Kind, Class: l.Class, Title: l.Title,
			Detail: strings.Join(l.Roles, ", "), Refs: l.Refs, Why: WhyNotRead}
		b.add(it, nil)
	}
}

func (b *builder) add(it Item, ds []Date) {
	it.Dates = ds
	if it.Systems == nil {
		it.Systems = caseview.SystemsOf(it.Refs)
	}
	var words []string
	words = append(words, it.Title, it.Detail)
	for _, p := range it.People {
		words = append(words, p.Title)
		words = append(words, p.Roles...)
	}
	for _, d := range ds {
		words = append(words, d.Display)
	}
	for _, r := range it.Refs {
		words = append(words, r.ID)
	}
	if k, ok := b.d.Kind(it.Kind); ok {
		words = append(words, k.Label)
	}
	it.text = pole.FoldName(strings.Join(words, " "))
	if len(ds) == 0 {
		b.undated = append(b.undated, it)
		return
	}
	it.Why, it.WhyWords = "", ""
	b.items = append(b.items, it)
}
