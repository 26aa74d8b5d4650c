package linkage

// rows are the records made ready for a first look: what can be told of two of them without reading their values stands
// side by side, so that most pairs are dropped after one look at two lines of memory.
type rows struct {
	width int      // entries of a record
	at    []int    // by field: its first entry
	data  []uint32 // by record
	many  []uint32 // by record: a bit for each field that has several values
}

// Entries of a record are 0 where there is nothing to compare. A name has the words it begins and ends with, a date is the
// date itself. Any other value is the number of what it means; lines, postcodes and codes have a sign beside it, see sign.

// pack makes the rows, after count: placeholders must be known.
func (t *Table) pack() *rows {
	x := &rows{at: make([]int, len(t.cols)), many: make([]uint32, t.Len())}
	for i, c := range t.cols {
		x.at[i] = x.width
		x.width++
		if c.f.sort == ofName || c.f.signed() {
			x.width++
		}
	}
	x.data = make([]uint32, x.width*t.Len())
	each(len(t.cols), func(i int) {
		c := t.cols[i]
		var signs []uint32 // by value
		if c.f.signed() {
			signs = make([]uint32, len(c.raw))
			for v := range signs[1:] {
				signs[v+1] = c.sign(uint32(v + 1))
			}
		}
		for r, v := range c.first {
			if v == 0 || c.skip[v] {
				continue
			}
			to := x.data[r*x.width+x.at[i]:]
			switch c.f.sort {
			case ofName:
				to[0], to[1] = c.marked(&c.names[v])
			case ofDate:
				to[0] = c.dates[v].packed()
			default:
				to[0] = c.mean[v]
				if c.f.signed() {
					to[1] = signs[v]
				}
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

// Marks of the words of a name, beside their numbers.
const (
	isInitial = 1 << 31
	hasMore   = 1 << 30 // further names, by the first word
	theWord   = hasMore - 1
)

func (c *column) marked(n *nameValue) (first, last uint32) {
	first, last = n.first(), n.last()
	if len(c.words.list[first].s) == 1 {
		first |= isInitial
	}
	if len(c.words.list[last].s) == 1 {
		last |= isInitial
	}
	if n.more > 0 {
		first |= hasMore
	}
	return first, last
}

func (d dateValue) packed() uint32 { return uint32(d.y)<<16 | uint32(d.m)<<8 | uint32(d.d) }

func unpacked(x uint32) dateValue { return dateValue{uint16(x >> 16), uint8(x >> 8), uint8(x)} }

// signed reports whether the field's values have a sign.
func (f *field) signed() bool {
	switch f.sort {
	case ofLine, ofPostcode, ofCode, ofPhone:
		return true
	}
	return false
}

// sign tells of two unequal values what they can at most have in common: of a line its numbers, of a postcode its area,
// district and end, of a code how it begins and ends. 0 tells nothing.
func (c *column) sign(v uint32) (sign uint32) {
	switch c.f.sort {
	case ofLine:
		for _, n := range c.lines[v].number {
			sign |= 1 << (n & 31)
		}
	case ofPostcode:
		p := &c.postcodes[v]
		if p.outcode == 0 || len(p.s) < p.outcode+3 {
			return 0
		}
		return hash(p.s[p.outcode:])<<24 | hash(p.s[:p.outcode])<<12&0xfff000 | hash(p.s[:p.area])&0xfff | 1
	case ofCode, ofPhone:
		if x := &c.codes[v]; len(x.s) >= 8 {
			return hash(x.s[:3])<<16 | hash(x.s[len(x.s)-3:])&0xffff | 1
		}
	}
	return sign
}

// unequalBits is the most that two values can say whose signs are these and which are not equal.
func (s *scorer) unequalBits(c *column, x, y uint32) float32 {
	at := c.f.feature
	if x == 0 || y == 0 {
		return s.unequal[at]
	}
	w := &s.weight[at]
	switch c.f.sort {
	case ofLine:
		if x&y != x && x&y != y { // other numbers
			return max(w[linePart], w[lineNumber], w[lineDiffers])
		}
	case ofPostcode:
		most := w[postcodeDiffers]
		if x&0xfff == y&0xfff {
			most = max(most, w[areaSame])
		}
		if x&0xfff000 == y&0xfff000 {
			most = max(most, w[outcodeSame], w[sectorSame], w[unitSlip])
		}
		if x>>24 == y>>24 {
			most = max(most, w[unitSlip])
		}
		return most + mostNear
	case ofCode, ofPhone:
		if x>>16 != y>>16 && x&0xffff != y&0xffff {
			return w[codeDiffers]
		}
	}
	return s.unequal[at]
}

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
			if u != v && c.f.signed() {
				w = s.unequalBits(c, p[at+1], q[at+1])
			}
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
	if a[0]|a[1] == 0 || b[0]|b[1] == 0 {
		return 0, true
	}
	ag, as, bg, bs := a[0]&theWord, a[1]&theWord, b[0]&theWord, b[1]&theWord
	if ag != 0 && ag == bs || as != 0 && as == bg {
		return much, false // crosswise: read them
	}
	at := c.f.feature
	if a[0]&b[0]&hasMore != 0 {
		most = s.further[at]
	}
	unequal := func(f int, initial, more bool) float32 {
		w := s.unequal[f]
		if initial {
			w = max(w, s.weight[f][wordInitial])
		}
		if more {
			w = max(w, s.weight[f][wordOther])
		}
		return w
	}
	initial := (a[0]|b[0]|a[1]|b[1])&isInitial != 0
	switch {
	case ag == 0 || bg == 0:
	case ag == bg:
		most += s.weight[at][wordSame] + s.tf[at]*(s.usual[at]-c.words.list[ag].share[0])
	default:
		most += unequal(at, initial, (a[0]|b[0])&hasMore != 0)
	}
	switch {
	case as == 0 || bs == 0:
		most += max(unequal(at+1, initial, false), 0)
	case as == bs:
		most += s.weight[at+1][wordSame] + s.tf[at+1]*(s.usual[at+1]-c.words.list[as].share[1])
	default:
		most += unequal(at+1, initial, false)
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
				if c.f.sort != ofName || l != wordInitial && l != wordOther { // see boundNames
					s.unequal[f] = max(s.unequal[f], s.weight[f][l])
				}
			}
		}
		switch c.f.sort {
		case ofName:
			for _, w := range s.weight[at+2] {
				s.further[at] = max(s.further[at], w)
			}
		case ofPostcode:
			s.unequal[at] += mostNear
		}
		if c.f.group > 0 {
			s.grouping = append(s.grouping, n)
		}
	}
	return s
}
