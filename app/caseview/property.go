package caseview

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"muster/plugins/pole"
)

// distinct is one distinct value and everyone who states it.
type distinct struct {
	value   pole.Value
	parts   int // facts that it is made of
	folded  pole.Folded
	ready   bool // folded is
	stated  []stated
	n       int // of stated
	systems systems
	support int // systems that state it, or less without contradicting it
	recent  time.Time
	day     int64  // recent, in days
	ended   bool   // everyone who states it says that it no longer holds
	by      string // the system that is the authority for the property and states it
}

// systems is a set of systems by their number in one property.
type systems struct {
	low  uint64
	high []uint64 // from the 65th on
}

func (s *systems) put(i int) {
	if i < 64 {
		s.low |= 1 << i
		return
	}
	for i -= 64; len(s.high) <= i/64; {
		s.high = append(s.high, 0)
	}
	s.high[i/64] |= 1 << (i % 64)
}

func (s *systems) has(i int) bool {
	if i < 64 {
		return s.low&(1<<i) != 0
	}
	i -= 64
	return i/64 < len(s.high) && s.high[i/64]&(1<<(i%64)) != 0
}

func (s *systems) each(f func(i int)) {
	for i := range 64 + 64*len(s.high) {
		if s.has(i) {
			f(i)
		}
	}
}

func (s *systems) count() int {
	n := bits.OnesCount64(s.low)
	for _, h := range s.high {
		n += bits.OnesCount64(h)
	}
	return n
}

// property merges what is said of one property. The statements come in the order of their records.
func (b *builder) property(kind pole.Kind, p *pole.PropertyDef, say []stated) (Merged, stated) {
	ds, of, total := b.distinct(p, say)
	b.gather(ds, of, say)
	b.support(p, ds)
	slices.SortFunc(ds, func(x, y *distinct) int { n, _ := rank(p, x, y); return n })
	m := Merged{Property: p.Name, Label: p.Label, Values: make([]Alternative, len(ds))}
	sources := make([]Source, len(say))
	best := ds[0]
	worst := 0.0
	for i, d := range ds {
		a := &m.Values[i]
		a.Value, a.Display = d.value, b.d.Display(p.Name, d.value)
		a.Sources, sources = sources[:d.n:d.n], sources[d.n:]
		for j := range d.stated {
			a.Sources[j] = d.stated[j].source()
		}
		if i > 0 || len(ds) == 1 {
			var far float64
			if a.Say, far = b.differs(p, best, d); far > 0 {
				m.Disagree = true
				worst = max(worst, far*(1+float64(d.systems.count())/float64(total)))
			}
		}
	}
	if m.Disagree {
		m.Weight = gravity(b.d, kind, p) * worst
	}
	if len(ds) > 1 && !p.Many {
		_, m.Rule = rank(p, ds[0], ds[1])
		m.Why = b.why(m.Rule, ds[0], ds[1])
	}
	// Of those who state the best value the one who states it most fully gives the parts of a composite.
	full := best.stated[0]
	for _, s := range best.stated {
		if s.parts > full.parts {
			full = s
		}
	}
	return m, full
}

// distinct finds the distinct values, and which of them each statement states. total counts the systems that state any.
func (b *builder) distinct(p *pole.PropertyDef, say []stated) (ds []*distinct, of []int32, total int) {
	type seen struct {
		at    int32
		parts int
	}
	of = make([]int32, len(say))
	var exact map[pole.Value]seen // most statements repeat another, letter by letter
	var index map[string]int32
	if len(say) > 1 {
		exact, index = make(map[pole.Value]seen), make(map[string]int32)
	}
	var room []distinct
	number := -1 // of the system; records of one system stand together
	last := ""
	for i := range say {
		s := &say[i]
		if number < 0 || s.r.System != last {
			number, last = number+1, s.r.System
		}
		k, known := exact[s.f.Value]
		at := k.at
		if !known || k.parts != s.parts {
			key := ""
			if exact != nil {
				key = b.valueKey(p.Name, s.f.Value)
			}
			var ok bool
			if at, ok = index[key]; !ok {
				at = int32(len(ds)) //nolint:gosec // as many as there are facts in memory
				if len(room) == cap(room) {
					room = make([]distinct, 0, min(64, len(say)-i))
				}
				room = append(room, distinct{value: s.f.Value, ended: true, parts: -1})
				ds = append(ds, &room[len(room)-1])
				if index != nil {
					index[key] = at
				}
			}
			if exact != nil {
				exact[s.f.Value] = seen{at, s.parts}
			}
			if d := ds[at]; s.parts > d.parts || s.parts == d.parts && better(s.f.Value, d.value) {
				d.value, d.parts = s.f.Value, s.parts
			}
		}
		d := ds[at]
		of[i] = at
		d.n++
		d.systems.put(number)
		d.ended = d.ended && s.f.To != ""
		if at := s.recent(); at.After(d.recent) {
			d.recent = at
		}
		if by := b.authority[p.Name]; by[s.r.System] && s.f.To == "" && (d.by == "" || s.r.System < d.by) {
			d.by = s.r.System
		}
	}
	for _, d := range ds {
		d.day = day(d.recent)
	}
	return ds, of, number + 1
}

func day(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	at = at.In(pole.London)
	y, m, d := at.Date()
	return int64(y)*400 + int64(m)*32 + int64(d)
}

// gather gives each distinct value its statements, in order.
func (b *builder) gather(ds []*distinct, of []int32, say []stated) {
	if len(ds) == 1 {
		ds[0].stated = say
	} else {
		room := make([]stated, len(say))
		for _, d := range ds {
			d.stated, room = room[:0:d.n], room[d.n:]
		}
		for i := range say {
			d := ds[of[i]]
			d.stated = append(d.stated, say[i])
		}
	}
	for _, d := range ds {
		inOrder(d.stated)
	}
}

// inOrder puts statements, which come in the order of their records, in the order of their places in these, too.
func inOrder(say []stated) {
	order := func(x, y stated) int {
		if x.r == y.r {
			return cmp.Or(cmp.Compare(x.f.Path, y.f.Path), cmp.Compare(x.f.Value.Source, y.f.Value.Source))
		}
		return cmp.Or(cmp.Compare(x.r.System, y.r.System), cmp.Compare(x.r.Type, y.r.Type), cmp.Compare(x.r.ID, y.r.ID))
	}
	if len(say) > 1 && !slices.IsSortedFunc(say, order) {
		slices.SortStableFunc(say, order)
	}
}

func (b *builder) fold(p *pole.PropertyDef, d *distinct) pole.Folded {
	if !d.ready {
		d.folded, d.ready = b.d.Fold(p.Name, d.value), true
	}
	return d.folded
}

// gravity is how grave a disagreement about a property is, by what the dictionary says of the property.
func gravity(d *pole.Dictionary, kind pole.Kind, p *pole.PropertyDef) float64 {
	switch {
	case d.Identifies(kind, p.Name):
		return 40
	case p.Contradicts:
		return 30
	case p.Compare == "date" || p.Compare == "name":
		return 25
	case p.Compare == "address" || p.Compare == "phone":
		return 15
	case p.Compare != "" && p.Compare != "none":
		return 10
	}
	return 8
}
