package timeline

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"muster/plugins/pole"
)

// Filter says what of a timeline is shown. What is empty asks nothing.
type Filter struct {
	System string
	Kind   string // a KindID
	Person string
	Text   string // every word must begin a word of the item
}

// Empty reports whether the filter lets everything through.
func (f Filter) Empty() bool {
	return f.System == "" && f.Kind == "" && f.Person == "" && strings.TrimSpace(f.Text) == ""
}

// Shows reports whether an item passes.
func (f Filter) Shows(i *Item) bool {
	if f.System != "" && !slices.Contains(i.Systems, f.System) || f.Kind != "" && i.KindID() != f.Kind {
		return false
	}
	if f.Person != "" && i.Entity != f.Person && !slices.ContainsFunc(i.People, func(p Person) bool { return p.ID == f.Person }) {
		return false
	}
	for _, w := range pole.Tokens(f.Text) {
		if !strings.HasPrefix(i.text, w) && !strings.Contains(i.text, " "+w) {
			return false
		}
	}
	return true
}

// Filter gives the items that pass, dated and undated; they share the timeline's memory.
func (t *Timeline) Filter(f Filter) (items, undated []Item) {
	if f.Empty() {
		return t.Items, t.Undated
	}
	pick := func(list []Item) (out []Item) {
		for i := range list {
			if f.Shows(&list[i]) {
				out = append(out, list[i])
			}
		}
		return out
	}
	return pick(t.Items), pick(t.Undated)
}

// By is what lanes are made by.
type By string

// The ways to make lanes.
const (
	ByKind   By = "kind"
	BySystem By = "system"
	ByPerson By = "person"
)

// Ways lists them in order.
func Ways() []By { return []By{ByKind, BySystem, ByPerson} }

// Lane is one row of the timeline: items by their index, in order of time. An item that several systems hold, or that has
// several people in it, is in several lanes.
type Lane struct {
	ID    string
	Label string // of a kind or a person; a system is named by whoever shows it
	Items []int
}

// Nobody is the lane of what has no person in it.
const Nobody = ""

// Lanes shares items out. Lanes stand in the order of their first item's weight: events before dated facts, the fullest first.
func (t *Timeline) Lanes(items []Item, by By) []Lane {
	index := map[string]int{}
	var out []Lane
	put := func(id, label string, i int) {
		at, ok := index[id]
		if !ok {
			at = len(out)
			index[id] = at
			out = append(out, Lane{ID: id, Label: label})
		}
		out[at].Items = append(out[at].Items, i)
	}
	labels := map[string]string{}
	for _, c := range t.Kinds {
		labels[c.ID] = c.Label
	}
	for i := range items {
		it := &items[i]
		switch by {
		case BySystem:
			for _, s := range it.Systems {
				put(s, s, i)
			}
		case ByPerson:
			if it.Class == pole.ClassPerson {
				put(it.Entity, it.Detail, i)
			}
			for _, p := range it.People {
				put(p.ID, p.Title, i)
			}
			if it.Class != pole.ClassPerson && len(it.People) == 0 {
				put(Nobody, "", i)
			}
		default:
			put(it.KindID(), labels[it.KindID()], i)
		}
	}
	rank := func(l Lane) int {
		switch {
		case by == ByPerson && l.ID == Nobody, by == ByKind && strings.HasPrefix(l.ID, "fact:"):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b Lane) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(b.Items), len(a.Items)), cmp.Compare(a.Label, b.Label), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// choices counts what can be filtered by.
func (b *builder) choices(t *Timeline) {
	kinds, systems, people := map[string]*Choice{}, map[string]*Choice{}, map[string]*Choice{}
	count := func(m map[string]*Choice, id, label string) {
		c := m[id]
		if c == nil {
			c = &Choice{ID: id, Label: label}
			m[id] = c
		}
		c.Count++
	}
	for _, list := range [][]Item{t.Items, t.Undated} {
		for i := range list {
			it := &list[i]
			label := string(it.Kind)
			if k, ok := b.d.Kind(it.Kind); ok {
				label = k.Plural
			}
			count(kinds, it.KindID(), label)
			for _, s := range it.Systems {
				count(systems, s, "")
			}
			if it.Class == pole.ClassPerson {
				count(people, it.Entity, b.titles[it.Entity])
			}
			for _, p := range it.People {
				count(people, p.ID, p.Title)
			}
		}
	}
	sorted := func(m map[string]*Choice) []Choice {
		var out []Choice
		for _, id := range slices.Sorted(maps.Keys(m)) {
			out = append(out, *m[id])
		}
		slices.SortStableFunc(out, func(a, b Choice) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label)) })
		return out
	}
	t.Kinds, t.Systems, t.People = sorted(kinds), sorted(systems), sorted(people)
}
