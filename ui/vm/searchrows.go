package vm

import (
	"slices"

	"muster/app/desk"
)

// apply takes a batch of steps of one run.
func (s *Search) apply(run *stream, batch []desk.SearchEvent) {
	resort := false
	for _, ev := range batch {
		for _, f := range ev.Found {
			key := f.Record.String()
			if f.Old {
				s.old[key] = true
			} else {
				delete(s.old, key)
			}
		}
		if len(ev.Gone) > 0 {
			s.drop(ev.Gone, ev.Entities)
			resort = true
		}
		for i := range ev.Entities {
			s.put(ev.Entities[i])
			resort = true
		}
		if ev.Answer != nil {
			a := *ev.Answer
			s.answers[a.System] = &a
			if !slices.Contains(s.asked, a.System) {
				s.asked = append(s.asked, a.System)
			}
		}
		if ev.Done != nil && !run.again {
			d := *ev.Done
			s.done = &d
		}
	}
	if resort {
		s.arrange()
	}
}

func (s *Search) put(v desk.EntityView) {
	if was := s.rows[v.ID]; was != nil && was.Rev > v.Rev {
		return // what is shown is later
	}
	if _, known := s.rows[v.ID]; !known {
		s.order = append(s.order, v.ID)
		if s.frozen() {
			s.fresh[v.ID] = true
		}
	}
	s.rows[v.ID] = &v
	if v.ID == s.selected {
		s.rebuild()
	}
}

// drop takes away rows that were merged into others. Where the officer stood on one, the selection follows its records.
func (s *Search) drop(gone []string, into []desk.EntityView) {
	for _, id := range gone {
		if _, ok := s.rows[id]; !ok {
			continue
		}
		heir := heirOf(id, into)
		if heir == "" {
			for other, v := range s.rows {
				if other != id && holds(v, id) {
					heir = other
				}
			}
		}
		delete(s.rows, id)
		delete(s.fresh, id)
		at := slices.Index(s.order, id)
		if _, known := s.rows[heir]; heir != "" && !known {
			// The heir is new: it takes the room of what it replaces, so that nothing below moves.
			s.order[at] = heir
			s.rows[heir] = &desk.EntityView{ID: heir}
		} else {
			s.order = slices.Delete(s.order, at, at+1)
		}
		if id == s.selected {
			s.selected = heir
		}
	}
}

func heirOf(gone string, into []desk.EntityView) string {
	for i := range into {
		if holds(&into[i], gone) {
			return into[i].ID
		}
	}
	return ""
}

// holds reports whether the record that gave an entity its id is among v's.
func holds(v *desk.EntityView, id string) bool {
	for i := range v.Entity.Records {
		if v.Entity.Records[i].String() == id {
			return true
		}
	}
	return false
}

func (s *Search) frozen() bool { return s.touched || s.held }

// arrange sorts the rows by score. Once the officer has put the cursor among them, those that were there keep their places
// and only the new ones are sorted, below.
func (s *Search) arrange() {
	if !s.frozen() {
		s.sortRows(s.order)
	} else {
		seen := s.order[:0:0]
		var newer []string
		for _, id := range s.order {
			if s.fresh[id] {
				newer = append(newer, id)
			} else {
				seen = append(seen, id)
			}
		}
		s.sortRows(newer)
		s.order = append(seen, newer...)
	}
	s.filter()
}

func (s *Search) sortRows(ids []string) {
	slices.SortFunc(ids, func(a, b string) int {
		x, y := s.rows[a], s.rows[b]
		return x.Before(y)
	})
}

func (s *Search) filter() {
	s.shown = make([]string, 0, len(s.order))
	for _, id := range s.order {
		if !s.hidden[s.rows[id].Class] {
			s.shown = append(s.shown, id)
		}
	}
}

// Hold keeps the rows in their places while on, as under a mouse pointer.
func (s *Search) Hold(on bool) { s.held = on }

// New counts the rows that came after the officer put the cursor among the rows.
func (s *Search) New() int { return len(s.fresh) }

// Settle sorts every row by score, new ones included. The selection stays on its entity.
func (s *Search) Settle() {
	clear(s.fresh)
	s.sortRows(s.order)
	s.filter()
	s.changed()
}

// Count is the number of rows shown.
func (s *Search) Count() int { return len(s.shown) }

// Entities is the number of rows, shown or not.
func (s *Search) Entities() int { return len(s.order) }

// Records is the number of records behind the rows.
func (s *Search) Records() int {
	n := 0
	for _, v := range s.rows {
		n += v.Records
	}
	return n
}

// Selected is the id of the entity that the cursor is on; "" for none.
func (s *Search) Selected() string { return s.selected }

// Index is where the selected entity stands among the rows shown; -1 if it is not shown.
func (s *Search) Index() int { return slices.Index(s.shown, s.selected) }

// Select puts the cursor on row i.
func (s *Search) Select(i int) {
	if i < 0 || i >= len(s.shown) {
		return
	}
	s.touched = true
	if s.selected == s.shown[i] {
		return
	}
	s.selected = s.shown[i]
	s.rebuild()
	s.changed()
}

// Move moves the cursor by so many rows; from nowhere it goes to the first.
func (s *Search) Move(by int) {
	if len(s.shown) == 0 {
		return
	}
	i := s.Index()
	if i < 0 {
		s.Select(0)
		return
	}
	s.Select(min(max(i+by, 0), len(s.shown)-1))
}
