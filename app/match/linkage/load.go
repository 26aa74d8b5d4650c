package linkage

import "hash/maphash"

// Load runs fill, which Adds many records, and reads their values afterwards, each distinct one once, on all cores. Until
// it returns nothing else may be asked of the table.
func (t *Table) Load(fill func() error) error {
	from := make([]int, len(t.cols))
	for i, c := range t.cols {
		from[i] = len(c.raw)
	}
	t.loading = true
	err := fill()
	t.loading = false
	// Columns whose words are numbered in one list are read one after another; values of others in any order.
	var jobs []func()
	byWords := map[*words][]int{}
	for i, c := range t.cols {
		c.grow()
		switch c.f.sort {
		case ofName, ofLine, ofText:
			if len(byWords[c.words]) == 0 {
				jobs = append(jobs, func() {
					for _, k := range byWords[c.words] {
						t.cols[k].readAll(from[k], len(t.cols[k].raw))
					}
				})
			}
			byWords[c.words] = append(byWords[c.words], i)
		}
	}
	const chunk = 2048
	for i, c := range t.cols {
		switch c.f.sort {
		case ofName, ofLine, ofText:
			continue
		}
		for v := from[i]; v < len(c.raw); v += chunk {
			jobs = append(jobs, func() { c.readAll(v, min(v+chunk, len(c.raw))) })
		}
	}
	each(len(jobs), func(i int) { jobs[i]() })
	each(len(t.cols), func(i int) { t.cols[i].forget() })
	return err
}

// readAll reads the values from..to.
func (c *column) readAll(from, to int) {
	var s slots
	for v := from; v < to; v++ {
		c.apart(c.raw[v], &s)
		c.skip[v] = !c.read(&s, uint32(v))
	}
}

// apart takes apart what value wrote together.
func (c *column) apart(raw string, s *slots) {
	s.n = 0
	start := 0
	for i := range len(raw) {
		if i > start && raw[i] == 0x1f && s.n < len(s.s) {
			s.part[s.n] = raw[start]
			s.kind[s.n] = c.f.parts[raw[start]].slot
			s.s[s.n] = raw[start+1 : i]
			s.n++
			start = i + 1
		}
	}
}

// forget takes from the records the values that say nothing.
func (c *column) forget() {
	for r, v := range c.first {
		if v == 0 || !c.skip[v] {
			continue
		}
		c.count[v], c.first[r] = 0, 0
		more := c.more[uint32(r)]
		for len(more) > 0 && c.first[r] == 0 {
			if v, more = more[0], more[1:]; !c.skip[v] {
				c.first[r] = v
			}
		}
		c.keep(uint32(r), more)
	}
	for r, more := range c.more {
		c.keep(r, more)
	}
}

// keep leaves those of a record's further values that say something.
func (c *column) keep(r uint32, more []uint32) {
	var left []uint32
	for _, v := range more {
		if !c.skip[v] {
			left = append(left, v)
		}
	}
	if len(left) == 0 {
		delete(c.more, r)
		return
	}
	c.more[r] = left
}

// interner numbers distinct strings in the order in which they come. It keeps no string of its own.
type interner struct {
	seed maphash.Seed
	slot []uint32 // numbers, 0 where free; a power of two of them
}

func newInterner() interner { return interner{seed: maphash.MakeSeed(), slot: make([]uint32, 64)} }

// number gives the number of a key: its place in list, to which a new one is appended.
func (x *interner) number(key []byte, list *[]string) (n uint32, known bool) {
	if len(*list)*4 > len(x.slot)*3 {
		x.widen(*list)
	}
	for h := maphash.Bytes(x.seed, key); ; h++ {
		at := &x.slot[h&uint64(len(x.slot)-1)]
		switch {
		case *at == 0:
			*at = uint32(len(*list))
			*list = append(*list, string(key))
			return *at, false
		case (*list)[*at] == string(key):
			return *at, true
		}
	}
}

func (x *interner) widen(list []string) {
	x.slot = make([]uint32, 2*len(x.slot))
	for n := 1; n < len(list); n++ {
		h := maphash.String(x.seed, list[n])
		for x.slot[h&uint64(len(x.slot)-1)] != 0 {
			h++
		}
		x.slot[h&uint64(len(x.slot)-1)] = uint32(n)
	}
}
