package caseview

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/app/match"
	"muster/plugins/pole"
)

// surroundings is what lies around the subject.
type surroundings struct {
	linked   []Linked
	timeline []Moment
}

// far is one end of links away from the subject.
type far struct {
	Linked
	entity *match.Entity
	label  string // what a source calls it
}

func (b *builder) around(in Input, subject merged) surroundings {
	own := make(map[pole.Ref]bool, len(in.Entity.Records))
	for i := range in.Entity.Records {
		own[in.Entity.Records[i].Ref] = true
	}
	at := map[pole.Ref]*match.Entity{}
	for i := range in.Around {
		if in.Around[i].ID == in.Entity.ID {
			continue
		}
		for j := range in.Around[i].Records {
			if ref := in.Around[i].Records[j].Ref; !own[ref] {
				at[ref] = &in.Around[i]
			}
		}
	}
	type place struct { // of a far end: its entity, or the one record that is known by its Ref only
		entity *match.Entity
		ref    pole.Ref
	}
	fars := map[place]*far{}
	add := func(r *pole.Record, l pole.Link) {
		other := l.To
		var words string
		role, _ := b.d.Role(l.Role)
		switch {
		case own[l.From] && own[l.To]:
			return
		case own[l.From]:
			words = role.Inverse
		case own[l.To]:
			other, words = l.From, role.Label
		default:
			return
		}
		ent := at[other]
		key := place{ref: other}
		if ent != nil {
			key = place{entity: ent}
		}
		f := fars[key]
		if f == nil {
			f = &far{entity: ent}
			fars[key] = f
		}
		insert(&f.Refs, other, func(x, y pole.Ref) int { return cmp.Compare(x.String(), y.String()) })
		insert(&f.Roles, words, strings.Compare)
		insert(&f.Systems, r.System, strings.Compare)
		f.Sources = append(f.Sources, Source{Ref: r.Ref, Value: pole.Value{Source: string(l.Role), Norm: string(l.Role), Label: words}, Read: r.Read, Old: b.stale[r.Ref], Marking: r.Marking})
		if own[r.Ref] { // a record's links name the far end, seen from the record
			f.Kind, f.label = max(f.Kind, l.Kind), max(f.label, l.Label)
		}
	}
	for i := range in.Entity.Records {
		for _, l := range in.Entity.Records[i].Links {
			add(&in.Entity.Records[i], l)
		}
	}
	for i := range in.Around {
		for j := range in.Around[i].Records {
			if r := &in.Around[i].Records[j]; !own[r.Ref] {
				for _, l := range r.Links {
					add(r, l)
				}
			}
		}
	}
	var out surroundings
	names := map[*match.Entity]merged{}
	name := func(e *match.Entity) merged {
		m, ok := names[e]
		if !ok {
			m = b.merge(*e)
			names[e] = m
		}
		return m
	}
	roles := map[*match.Entity][]string{}
	for _, f := range fars {
		if f.entity != nil {
			f.Entity, f.Kind = f.entity.ID, f.entity.Kind
			f.Title = b.d.Title(name(f.entity).best)
			roles[f.entity] = f.Roles
		} else if f.Title = f.label; f.Title == "" {
			f.Title = b.d.Title(pole.Record{Ref: f.Refs[0], Kind: f.Kind})
		}
		f.Class = b.d.Class(f.Kind)
		slices.SortFunc(f.Sources, bySource)
		f.Sources = slices.CompactFunc(f.Sources, func(x, y Source) bool { return x.Ref == y.Ref && x.Value == y.Value })
		out.linked = append(out.linked, f.Linked)
	}
	order := map[pole.Class]int{pole.ClassPerson: 1, pole.ClassObject: 2, pole.ClassLocation: 3, pole.ClassEvent: 4, "": 5}
	slices.SortFunc(out.linked, func(x, y Linked) int {
		return cmp.Or(cmp.Compare(order[x.Class], order[y.Class]), cmp.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)), cmp.Compare(x.Refs[0].String(), y.Refs[0].String()))
	})
	if b.d.Class(in.Entity.Kind) == pole.ClassEvent {
		out.timeline = append(out.timeline, b.moment(in.Entity, subject, nil))
	}
	for i := range in.Around {
		if e := &in.Around[i]; e.ID != in.Entity.ID && b.d.Class(e.Kind) == pole.ClassEvent && len(e.Records) > 0 {
			out.timeline = append(out.timeline, b.moment(*e, name(e), roles[e]))
		}
	}
	slices.SortFunc(out.timeline, func(x, y Moment) int {
		if x.Sort.IsZero() != y.Sort.IsZero() {
			if y.Sort.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Or(x.Sort.Compare(y.Sort), cmp.Compare(x.Title, y.Title), cmp.Compare(x.Refs[0].String(), y.Refs[0].String()))
	})
	return out
}

func bySource(x, y Source) int {
	return cmp.Or(cmp.Compare(x.Ref.String(), y.Ref.String()), cmp.Compare(x.Value.Label, y.Value.Label), cmp.Compare(x.Value.Source, y.Value.Source))
}

// insert keeps a sorted set.
func insert[T any](to *[]T, v T, order func(T, T) int) {
	if i, found := slices.BinarySearchFunc(*to, v, order); !found {
		*to = slices.Insert(*to, i, v)
	}
}

// moment is one event on the timeline: its most exact time, with what other systems say of it where that differs.
func (b *builder) moment(e match.Entity, m merged, roles []string) Moment {
	out := Moment{Kind: e.Kind, Title: b.d.Title(m.best), Detail: b.d.Brief(m.best), Display: "date not known"}
	for _, r := range e.Records {
		out.Refs = append(out.Refs, r.Ref)
		insert(&out.Systems, r.System, strings.Compare)
		out.Sources = append(out.Sources, b.timed(r))
		if when, ok := b.d.When(r); ok && len(when) > len(out.When) {
			out.When = when
		}
	}
	if when, ok := b.d.When(m.best); ok && len(when) >= len(out.When) {
		out.When = when
	}
	details := slices.Clone(roles)
	if out.Detail != "" {
		details = append(details, out.Detail)
	}
	if out.When != "" {
		from, end, _ := pole.Span(out.When)
		out.Sort, out.Display = from, pole.DisplayWhen(out.When)
		for _, r := range e.Records {
			when, ok := b.d.When(r)
			if !ok || when == out.When {
				continue
			}
			if f, x, ok := pole.Span(when); ok && (f.After(end.Add(time.Minute)) || x.Add(time.Minute).Before(from)) {
				details = append(details, r.System+" says "+pole.DisplayWhen(when))
			}
		}
	}
	out.Detail = strings.Join(details, " · ")
	return out
}

// timed is a record as the source of a moment: when it says that it was, in its own words.
func (b *builder) timed(r pole.Record) Source {
	s := Source{Ref: r.Ref, Read: r.Read, Old: b.stale[r.Ref], Marking: r.Marking}
	when, ok := b.d.When(r)
	for i := range r.Facts {
		if f := &r.Facts[i]; ok && f.Value.Norm == when {
			s.Value, s.Path = f.Value, f.Path
			s.Value.Label = pole.DisplayWhen(when)
			break
		}
	}
	return s
}

// SystemsOf lists the systems that hold records, each once, in order.
func SystemsOf(refs []pole.Ref) []string {
	var out []string
	for _, r := range refs {
		insert(&out, r.System, strings.Compare)
	}
	return out
}
