package linkage

// rows are the records made ready for a first look: what can be told of two of them without reading their values stands
// side by side, so that most pairs are dropped after one look at two lines of memory.
type rows struct {
	width int      // entries of a record
	at    []int    // by field: its first entry
	data  []uint32 // by record
	many  []uint32 // by record: a bit for each field that has several values
}

// Entries of a record are 0 where there is nothing to compare. A name has two: the words it begins and ends with. A date
// is the date itself. Any other value is the number of what it means.

// pack makes the rows, after count: placeholders must be known.
func (t *Table) pack() *rows {
	x := &rows{at: make([]int, len(t.cols)), many: make([]uint32, t.Len())}
	for i, c := range t.cols {
		x.at[i] = x.width
		x.width++
		if c.f.sort == ofName {
			x.width++
		}
	}
	x.data = make([]uint32, x.width*t.Len())
	each(len(t.cols), func(i int) {
		c := t.cols[i]
		for r, v := range c.first {
			if v == 0 || c.skip[v] {
				continue
			}
			to := x.data[r*x.width+x.at[i]:]
			switch c.f.sort {
			case ofName:
				to[0], to[1] = c.names[v].first(), c.names[v].last()
			case ofDate:
				to[0] = c.dates[v].packed()
			default:
				to[0] = c.mean[v]
			}
		}
	})
	for i, c := range t.cols {
		for r := range c.more {
			x.many[r] |= 1 << uint(i)
		}
	}
	return x
}

func (d dateValue) packed() uint32 { return uint32(d.y)<<16 | uint32(d.m)<<8 | uint32(d.d) }

func unpacked(x uint32) dateValue { return dateValue{uint16(x >> 16), uint8(x >> 8), uint8(x)} }

// much is more than any field can say.
const much = 100

// bounds are the most that each field can say for two records being one, what is known without reading their values, and
// whether it is all that the field says.
type bounds struct {
	most  [maxFeatures]float32 // by field
	exact uint32               // bits by field
}

// above reports whether the bits for two records being one may reach floor. Of those that cannot, most need no value read.
func (s *scorer) above(i, j uint32, floor float32, m *memo) bool {
	var b bounds
	total, groups := s.bound(i, j, &b)
	if total+groups < floor {
		return false
	}
	var ls levels
	for _, n := range s.order {
		if b.exact&(1<<uint(n)) != 0 {
			continue
		}
		w := s.field(n, int(i), int(j), m, &ls)
		if s.t.cols[n].f.group > 0 {
			b.most[n] = w
			groups = s.grouped(&b)
		} else {
			total += w - b.most[n]
		}
		if total+groups < floor-0.01 { // sums of floats in another order
			return false
		}
	}
	return true
}

// bound adds up the most that can be said for two records.
func (s *scorer) bound(i, j uint32, b *bounds) (total, groups float32) {
	x := s.rows
	p, q := x.data[int(i)*x.width:][:x.width], x.data[int(j)*x.width:][:x.width]
	many := x.many[i] | x.many[j]
	total = s.prior
	any := false
	for n, c := range s.t.cols {
		at := x.at[n]
		u, v := p[at], q[at]
		var w float32
		exact := true
		switch {
		case many&(1<<uint(n)) != 0:
			w, exact = much, false
		case c.f.sort == ofName:
			w, exact = s.boundNames(c, p[at:at+2], q[at:at+2])
		case u == 0 || v == 0:
		default:
			w, exact = s.boundOne(c, i, j, u, v)
		}
		b.most[n] = w
		if exact {
			b.exact |= 1 << uint(n)
		}
		if c.f.group > 0 {
			any = any || w != 0
		} else {
			total += w
		}
	}
	if any {
		groups = s.grouped(b)
	}
	return total, groups
}

// grouped adds up the fields that say in part the same.
func (s *scorer) grouped(b *bounds) float32 {
	var g groupBits
	for _, n := range s.grouping {
		g.add(s.t.cols[n].f.group, b.most[n], s.echo)
	}
	return g.sum()
}

func (s *scorer) boundOne(c *column, i, j, u, v uint32) (most float32, exact bool) {
	at := c.f.feature
	var ls levels
	switch c.f.sort {
	case ofDate:
		x, y := unpacked(u), unpacked(v)
		ls[at] = c.whenLevel(&x, &y)
		return s.bits(c, c.first[i], c.first[j], &ls), true
	case ofCategory:
		if u != v {
			return s.weight[at][categoryDiffers], true
		}
		ls[at] = categorySame
		return s.bits(c, c.first[i], c.first[j], &ls), true
	}
	if u != v {
		return s.unequal[at], false
	}
	ls[at] = 1
	most = s.bits(c, c.first[i], c.first[j], &ls)
	if c.f.sort == ofCode || c.f.sort == ofPhone || c.f.sort == ofPlate {
		most = max(most, s.weight[at][codeWeak])
	}
	return most, false
}

func (s *scorer) boundNames(c *column, a, b []uint32) (most float32, exact bool) {
	ag, as, bg, bs := a[0], a[1], b[0], b[1]
	at := c.f.feature
	most = s.further[at]
	if ag|as == 0 || bg|bs == 0 {
		return most, false
	}
	if ag != 0 && ag == bs || as != 0 && as == bg {
		return much, false // crosswise: read them
	}
	switch {
	case ag == 0 || bg == 0:
	case ag == bg:
		most += s.weight[at][wordSame] + s.tf[at]*(s.usual[at]-c.words.list[ag].share[0])
	default:
		most += s.unequal[at]
	}
	switch {
	case as == 0 || bs == 0:
		most += max(s.unequal[at+1], 0)
	case as == bs:
		most += s.weight[at+1][wordSame] + s.tf[at+1]*(s.usual[at+1]-c.words.list[as].share[1])
	default:
		most += s.unequal[at+1]
	}
	return most, false
}

// bounded makes a scorer ready for above.
func (s *scorer) bounded(x *rows) *scorer {
	s.rows = x
	for n, c := range s.t.cols {
		at := c.f.feature
		for f := at; f < at+c.f.features(); f++ {
			s.unequal[f] = -much
			for l := 2; l < len(s.t.schema.features[f].levels); l++ {
				s.unequal[f] = max(s.unequal[f], s.weight[f][l])
			}
		}
		switch c.f.sort {
		case ofName:
			var more, order float32
			for _, w := range s.weight[at+2] {
				more = max(more, w)
			}
			for _, w := range s.weight[at+3] {
				order = max(order, w)
			}
			s.further[at] = more + order
		case ofPostcode:
			s.unequal[at] += mostNear
		}
		if c.f.group > 0 {
			s.grouping = append(s.grouping, n)
		}
	}
	return s
}
