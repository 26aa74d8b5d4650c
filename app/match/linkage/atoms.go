package linkage

// atom is a key of one field: records of one entity mostly have it in common.
type atom struct {
	field int
	name  string
	of    func(c *column, v uint32) uint32 // 0 for none
	alone bool                             // telling enough to block by it alone
}

// atoms of the schema's fields.
func (t *Table) atoms() (out []atom) {
	for i, c := range t.cols {
		add := func(name string, alone bool, f func(c *column, v uint32) uint32) {
			out = append(out, atom{i, name, f, alone})
		}
		switch c.f.sort {
		case ofName:
			add("whole", true, func(c *column, v uint32) uint32 { // in any order
				n := &c.names[v]
				a, b := n.first(), n.last()
				if a == 0 || b == 0 {
					return 0
				}
				return mix(min(a, b), max(a, b))
			})
			add("sounds", true, func(c *column, v uint32) uint32 {
				n := &c.names[v]
				a, b := n.first(), n.last()
				if a == 0 || b == 0 {
					return 0
				}
				return mix(c.words.list[a].sound, c.words.list[b].sound)
			})
			add("given", false, func(c *column, v uint32) uint32 { return c.names[v].first() })
			add("surname", false, func(c *column, v uint32) uint32 {
				if s := c.names[v].last(); s != 0 {
					return s
				}
				return c.names[v].first()
			})
			add("surname sound", false, func(c *column, v uint32) uint32 {
				s := c.names[v].last()
				if s == 0 {
					s = c.names[v].first()
				}
				return c.words.list[s].sound
			})
			add("given sound", false, func(c *column, v uint32) uint32 {
				if g := c.names[v].first(); g != 0 {
					return c.words.list[g].sound
				}
				return 0
			})
			add("initials", false, func(c *column, v uint32) uint32 {
				n := &c.names[v]
				a, b := n.first(), n.last()
				if a == 0 || b == 0 {
					return 0
				}
				x, y := uint32(c.words.list[a].s[0]), uint32(c.words.list[b].s[0])
				return mix(min(x, y)+1, max(x, y)+1)
			})
		case ofDate:
			add("date", true, func(c *column, v uint32) uint32 {
				d := &c.dates[v]
				if d.m == 0 || d.d == 0 {
					return 0
				}
				return mix(uint32(d.y)+1, mix(uint32(min(d.m, d.d))+1, uint32(max(d.m, d.d))+1)) // day and month may be swapped
			})
			add("year", false, func(c *column, v uint32) uint32 { return uint32(c.dates[v].y) + 1 })
			add("year and month", false, func(c *column, v uint32) uint32 {
				d := &c.dates[v]
				if d.m == 0 {
					return 0
				}
				return mix(uint32(d.y)+1, uint32(d.m)+1)
			})
			add("day and month", false, func(c *column, v uint32) uint32 {
				d := &c.dates[v]
				if d.m == 0 || d.d == 0 {
					return 0
				}
				return mix(uint32(d.m)+100, uint32(d.d)+1)
			})
		case ofPostcode:
			add("unit", true, func(c *column, v uint32) uint32 { return hash(c.postcodes[v].s) })
			add("district", false, func(c *column, v uint32) uint32 {
				p := &c.postcodes[v]
				if p.outcode > 0 {
					return hash(p.s[:p.outcode])
				}
				return hash(p.s[:max(len(p.s)-2, 1)])
			})
		case ofLine:
			add("line", true, func(c *column, v uint32) uint32 {
				h := uint32(7)
				for _, w := range c.lines[v].words {
					h = mix(h, w)
				}
				return h
			})
			rare := func(nth int) func(c *column, v uint32) uint32 {
				return func(c *column, v uint32) uint32 {
					l := &c.lines[v]
					var best, second uint32
					for _, w := range l.words {
						if c.words.list[w].digit {
							continue
						}
						switch {
						case best == 0 || c.words.list[w].bits > c.words.list[best].bits:
							best, second = w, best
						case second == 0 || c.words.list[w].bits > c.words.list[second].bits:
							second = w
						}
					}
					if nth == 1 {
						return second
					}
					return best
				}
			}
			add("rarest word", false, rare(0))
			add("second word", false, rare(1))
			add("rarest words", true, func(c *column, v uint32) uint32 {
				a, b := rare(0)(c, v), rare(1)(c, v)
				if a == 0 || b == 0 {
					return 0
				}
				return mix(min(a, b), max(a, b))
			})
		case ofCode, ofPlate, ofPhone:
			add("whole", true, func(c *column, v uint32) uint32 {
				x := &c.codes[v]
				if x.misread != "" {
					return hash(x.misread)
				}
				return hash(x.s[max(0, len(x.s)-10):])
			})
			add("first half", len(t.ids) < 200_000, func(c *column, v uint32) uint32 {
				x := &c.codes[v]
				if len(x.s) < 6 {
					return 0
				}
				return hash(x.s[:len(x.s)/2])
			})
			add("second half", len(t.ids) < 200_000, func(c *column, v uint32) uint32 {
				x := &c.codes[v]
				if len(x.s) < 6 {
					return 0
				}
				return hash("<" + x.s[len(x.s)/2:])
			})
		case ofEmail:
			add("whole", true, func(c *column, v uint32) uint32 { return hash(c.texts[v].s) })
			add("local", true, func(c *column, v uint32) uint32 {
				s := c.texts[v].s
				for i := range len(s) {
					if s[i] == '@' {
						s = s[:i]
						break
					}
				}
				return hash(s)
			})
			add("start", false, func(c *column, v uint32) uint32 { return hash(c.texts[v].s[:min(5, len(c.texts[v].s))]) })
		case ofText:
			add("whole", true, func(c *column, v uint32) uint32 { return hash(c.texts[v].s) })
			add("word", false, func(c *column, v uint32) uint32 {
				var best uint32
				for _, w := range c.texts[v].words {
					if best == 0 || c.words.list[w].bits > c.words.list[best].bits {
						best = w
					}
				}
				return best
			})
		}
	}
	return out
}
