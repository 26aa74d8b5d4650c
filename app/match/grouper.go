package match

import (
	"cmp"
	"maps"
	"slices"

	"muster/plugins/pole"
)

// suggestions is how many other entities are shown as possibly the same.
const suggestions = 5

// Grouper groups records into entities, by what the dictionary says and by probability:
//
//   - an equal, valid value of an identifying property (PNC ID, registration, UPRN), unless what describes the two
//     records differs throughout, or a property that cannot have two values contradicts it (another make);
//   - or a whole set of properties that the kind calls the same (full name and full date of birth; number, street and
//     postcode), unless an identifier contradicts it or one system keeps the two apart;
//   - or evidence by which the two are one in 99 of 100 cases, see linkage, unless one system keeps them apart, an
//     identifier contradicts it, or they look like two who belong together: twins, father and son, a plate and its clone.
//     People are joined so only where something agrees that is a person's own, such as the date of birth. Events are not.
//
// Where a record could belong to either of two that cannot be one, it is joined to neither. What is near but not enough
// is given as Possible and never merged. What people decided lies over this, see Judge. The entities depend only on the
// records and the judgements, not on the order of their arrival.
// A Grouper is for one goroutine at a time.
type Grouper struct {
	dict     *pole.Dictionary
	rules    map[pole.Kind]*rules
	entries  map[pole.Ref]*entry
	blocks   map[string]map[*entry]struct{} // by strong and weak keys
	hints    map[string]map[*entry]struct{}
	near     map[nearKey][]*entry // by what records that are likely to be one have in common
	entities map[string]*Entity
	judged   map[uint64]Judgement
	undone   map[uint64]bool
	about    map[pole.Ref][]uint64 // the judgements in force about a record
	broken   map[*entry][]barred   // by either entry
}

// barred is a join that judgements do not let the rules make.
type barred struct {
	with *entry
	by   []Judgement
}

// New makes an empty Grouper.
func New(d *pole.Dictionary) *Grouper {
	return &Grouper{
		dict: d, rules: map[pole.Kind]*rules{}, entries: map[pole.Ref]*entry{},
		blocks: map[string]map[*entry]struct{}{}, hints: map[string]map[*entry]struct{}{}, near: map[nearKey][]*entry{},
		entities: map[string]*Entity{}, judged: map[uint64]Judgement{}, undone: map[uint64]bool{}, about: map[pole.Ref][]uint64{},
		broken: map[*entry][]barred{},
	}
}

func (g *Grouper) entry(r pole.Record) *entry {
	rs, ok := g.rules[r.Kind]
	if !ok {
		rs = newRules(g.dict, r.Kind)
		g.rules[r.Kind] = rs
	}
	return newEntry(r, rs)
}

// Add takes records in and returns the entities that are new or changed by them, and the ids of entities that are no
// more because they became part of another (or were divided). A record with a Ref that is already there replaces the
// older reading; of two readings of one time the one with more facts stays.
func (g *Grouper) Add(records ...pole.Record) (changed []Entity, gone []string) {
	touched := map[*entry]struct{}{} // entries whose component must be decided again
	looked := map[*entry]struct{}{}  // entries whose possible others may have changed
	grown := map[string]int{}        // size of hint blocks before
	before := map[string]bool{}      // ids of the entities of all these
	full := map[nearKey]bool{}       // blocks that become too common
	for _, r := range records {
		old := g.entries[r.Ref]
		if old != nil {
			if newer(old.Record, r) {
				continue
			}
			g.forget(old, touched, looked, before)
		}
		e := g.entry(r)
		g.entries[r.Ref] = e
		touched[e] = struct{}{}
		for _, k := range slices.Concat(e.strong, e.weak) {
			put(g.blocks, k, e)
		}
		for _, k := range e.hint {
			if _, seen := grown[k]; !seen {
				grown[k] = len(g.hints[k])
			}
			put(g.hints, k, e)
		}
		g.meet(e, full)
	}
	for k := range full { // from now on it is no reason any more
		for _, o := range g.near[k] {
			if len(o.likely) > 0 {
				touched[o] = struct{}{}
			}
		}
	}
	if len(touched) == 0 && len(looked) == 0 {
		return nil, nil
	}
	for k, n := range grown {
		if n <= most && len(g.hints[k]) > most { // from now on it is too common to say anything
			maps.Copy(looked, g.hints[k])
		}
	}
	return g.settle(touched, looked, before)
}

// settle decides again about touched and whatever is connected to it, and says what that changes.
func (g *Grouper) settle(touched, looked map[*entry]struct{}, before map[string]bool) (changed []Entity, gone []string) {
	whole := g.reach(touched)
	for e := range whole {
		if e.entity != nil {
			before[e.entity.ID] = true
		}
	}
	dirty := g.decide(whole, before)
	for id := range before {
		if _, still := g.entities[id]; !still {
			gone = append(gone, id)
		}
	}
	for e := range looked {
		if g.entries[e.Ref] == e && e.entity != nil {
			dirty[e.entity] = dirty[e.entity] || false
		}
	}
	// Others that named an entity which is gone, or may name one that is new.
	for e := range whole {
		if !dirty[e.entity] {
			continue
		}
		for _, k := range e.hint {
			if len(g.hints[k]) > most {
				continue
			}
			for o := range g.hints[k] {
				if _, known := dirty[o.entity]; !known && maybe(e, o) != nil {
					dirty[o.entity] = false
				}
			}
		}
		for o := range e.likely {
			if _, known := dirty[o.entity]; !known {
				dirty[o.entity] = false
			}
		}
	}
	for ent, members := range dirty {
		if p := g.possible(ent); members || !samePossible(p, ent.Possible) {
			next := *ent
			next.Possible = p
			*ent = next
			changed = append(changed, next)
		}
	}
	slices.SortFunc(changed, func(a, b Entity) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(gone)
	return changed, gone
}

// newer reports whether the reading a stands against b.
func newer(a, b pole.Record) bool {
	if !a.Read.Equal(b.Read) {
		return a.Read.After(b.Read)
	}
	return len(a.Facts) > len(b.Facts)
}

func put(m map[string]map[*entry]struct{}, k string, e *entry) {
	b := m[k]
	if b == nil {
		b = map[*entry]struct{}{}
		m[k] = b
	}
	b[e] = struct{}{}
}

// forget takes an entry out that a later reading replaces; whoever stood with it must be decided about again.
func (g *Grouper) forget(old *entry, touched, looked map[*entry]struct{}, before map[string]bool) {
	g.judgedWith(old, func(o *entry) { touched[o] = struct{}{} })
	delete(g.entries, old.Ref)
	delete(touched, old)
	delete(g.broken, old)
	for _, k := range slices.Concat(old.strong, old.weak) {
		delete(g.blocks[k], old)
		for o := range g.blocks[k] {
			touched[o] = struct{}{}
		}
	}
	for _, k := range old.hint {
		delete(g.hints[k], old)
		maps.Copy(looked, g.hints[k])
	}
	g.part(old, touched)
	if old.entity != nil {
		for _, r := range old.entity.Records {
			if o := g.entries[r.Ref]; o != nil {
				touched[o] = struct{}{}
				delete(o.links, old)
				delete(o.maybe, old)
			}
		}
		before[old.entity.ID] = true
	}
}

// reach is every entry that shared keys connect to these, however far.
func (g *Grouper) reach(from map[*entry]struct{}) map[*entry]struct{} {
	out := maps.Clone(from)
	queue := slices.Collect(maps.Keys(from))
	done := map[string]bool{}
	for len(queue) > 0 {
		e := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, keys := range [][]string{e.strong, e.weak} {
			for _, k := range keys {
				if done[k] {
					continue
				}
				done[k] = true
				for o := range g.blocks[k] {
					if _, in := out[o]; !in {
						out[o] = struct{}{}
						queue = append(queue, o)
					}
				}
			}
		}
		meet := func(o *entry) {
			if _, in := out[o]; !in {
				out[o] = struct{}{}
				queue = append(queue, o)
			}
		}
		g.judgedWith(e, meet)
		for o, x := range e.likely {
			if x.doubt && g.alive(e, o) {
				meet(o)
			}
		}
	}
	return out
}

// decide makes the entities of these entries anew. It returns the entities that now hold them; true for those that
// differ from before.
func (g *Grouper) decide(whole map[*entry]struct{}, before map[string]bool) map[*Entity]bool {
	old := map[string]*Entity{}
	for id := range before {
		if e := g.entities[id]; e != nil {
			old[id] = e
			delete(g.entities, id)
		}
	}
	out := map[*Entity]bool{}
	left := maps.Clone(whole)
	all := slices.SortedFunc(maps.Keys(whole), func(a, b *entry) int { return cmp.Compare(a.ref, b.ref) })
	for _, e := range all {
		if _, still := left[e]; !still {
			continue
		}
		part := g.reach(map[*entry]struct{}{e: {}})
		es := slices.SortedFunc(maps.Keys(part), func(a, b *entry) int { return cmp.Compare(a.ref, b.ref) })
		for _, x := range es {
			delete(left, x)
		}
		group, held, joins := component(es, g.alive)
		js := g.place(es)
		var ruled ruling
		if binding(group, js) {
			ruled = overlay(es, group, joins, js, func(a, b *entry) float64 { return g.link(a, b).Bits() })
			group, held = ruled.group, ruled.held
		}
		g.bar(es, ruled.broken)
		made := map[int]*Entity{}
		for i, x := range es { // sorted, so that the first record of each gives the id
			root := group.root(i)
			ent := made[root]
			if ent == nil {
				ent = &Entity{ID: x.ref, Kind: x.Kind}
				made[root] = ent
			}
			ent.Records = append(ent.Records, x.Record)
		}
		for _, h := range held {
			ent := made[group.root(h[0])]
			l := g.link(es[h[0]], es[h[1]])
			if j, ok := ruled.by[h]; ok {
				l.Judged = &j
			}
			ent.Why = append(ent.Why, l)
		}
		for i, x := range es {
			ent := made[group.root(i)]
			if was := old[ent.ID]; was != nil && sameRecords(was, ent) {
				x.entity = was
				g.entities[was.ID] = was
				if _, set := out[was]; !set {
					was.Why = ent.Why
					out[was] = false
				}
				continue
			}
			x.entity = ent
			g.entities[ent.ID] = ent
			out[ent] = true
		}
		g.note(es, js, ruled, out)
	}
	return out
}

// bar remembers which joins judgements do not let happen between es.
func (g *Grouper) bar(es []*entry, list []broken) {
	for _, x := range es {
		delete(g.broken, x)
	}
	for _, b := range list {
		x, y := es[b.a], es[b.b]
		if y.ref < x.ref {
			x, y = y, x
		}
		g.broken[x] = append(g.broken[x], barred{y, b.by})
		g.broken[y] = append(g.broken[y], barred{x, b.by})
	}
}

// note puts the judgements about es on their entities, and marks in out those that changed by it.
func (g *Grouper) note(es []*entry, js []placed, ruled ruling, out map[*Entity]bool) {
	standing := g.standings(es, js)
	contradicts := map[*Entity][]Judgement{}
	for _, p := range ruled.contradicts {
		ent := es[p.a].entity
		contradicts[ent] = append(contradicts[ent], p.Judgement)
	}
	for _, x := range es {
		ent := x.entity
		if !sameStandings(ent.Judged, standing[ent]) || !sameJudgements(ent.Contradicts, contradicts[ent]) {
			ent.Judged, ent.Contradicts = standing[ent], contradicts[ent]
			out[ent] = true
		}
	}
}

func (g *Grouper) link(a, b *entry) Link {
	if b.ref < a.ref {
		a, b = b, a
	}
	l, ok := a.links[b]
	if !ok {
		l = link(a, b)
		if a.links == nil {
			a.links = map[*entry]Link{}
		}
		a.links[b] = l
	}
	return l
}

func sameRecords(a, b *Entity) bool {
	return slices.EqualFunc(a.Records, b.Records, func(x, y pole.Record) bool {
		return x.Ref == y.Ref && x.Read.Equal(y.Read) && x.Version == y.Version && len(x.Facts) == len(y.Facts) && len(x.Links) == len(y.Links)
	})
}

// Entities lists every entity, by id.
func (g *Grouper) Entities() []Entity {
	out := make([]Entity, 0, len(g.entities))
	for _, id := range slices.Sorted(maps.Keys(g.entities)) {
		out = append(out, *g.entities[id])
	}
	return out
}

// Entity finds one entity by its id, or by the written Ref of any of its records.
func (g *Grouper) Entity(id string) (Entity, bool) {
	if e, ok := g.entities[id]; ok {
		return *e, true
	}
	if ref, err := pole.ParseRef(id); err == nil {
		if e := g.entries[ref]; e != nil && e.entity != nil {
			return *e.entity, true
		}
	}
	return Entity{}, false
}

// Record finds a record by its reference, as it was read last.
func (g *Grouper) Record(ref pole.Ref) (pole.Record, bool) {
	if e := g.entries[ref]; e != nil {
		return e.Record, true
	}
	return pole.Record{}, false
}

// Compare gives the evidence about two records, whether or not they were added.
func (g *Grouper) Compare(a, b pole.Record) Link {
	return link(g.entry(a), g.entry(b))
}
