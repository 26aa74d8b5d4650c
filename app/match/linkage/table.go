package linkage

import (
	"math"
	"strings"

	"muster/plugins/pole"
)

// Fact is one value of a record, as its source wrote it.
type Fact struct {
	Property pole.Property
	Value    string
}

// Table holds records ready to be compared: each distinct value is read and folded once.
type Table struct {
	schema    *Schema
	ids       []string
	source    []uint16 // number of the system; 0 where records do not say
	systems   map[string]uint16
	cols      []*column
	slots     [][]slots       // of one record, by field
	agree     []float64       // see agreement
	loading   bool            // values are read later, see Load
	full      []float64       // by field: see fullAgreement
	contested map[string]bool // see contest
}

// column is the values of one field.
type column struct {
	f     *field
	dict  *pole.Dictionary
	words *words
	first []uint32            // by record: number of its value, 0 for none
	more  map[uint32][]uint32 // by record: further values
	index interner
	raw   []string     // by value: as written; before each part its number in the field, after each \x1f
	count []uint32     // by value: how many records have it
	skip  []bool       // by value: it says nothing, or stands for "unknown"
	mean  []uint32     // by value: number of what it means
	part  [3][]float32 // by value: see partShares
	share []float32    // by value: share of the records with any, in bits
	year  []float32    // by value, of dates: how rare its year is, in bits
	key   []byte

	names     []nameValue
	dates     []dateValue
	postcodes []postcodeValue
	lines     []lineValue
	codes     []codeValue
	texts     []textValue
}

// slots are the parts of one value.
type slots struct {
	s    [12]string
	part [12]uint8 // which of the field's parts
	kind [12]int   // its slot
	n    int
}

// NewTable makes an empty table.
func NewTable(s *Schema) *Table {
	t := &Table{schema: s, systems: map[string]uint16{}}
	shared := newWords(0)
	for i := range s.fields {
		f := &s.fields[i]
		w := shared
		if f.sort != ofName {
			w = newWords(i + 1)
		}
		t.cols = append(t.cols, &column{
			f: f, dict: s.dict, words: w, index: newInterner(), more: map[uint32][]uint32{},
			raw: make([]string, 1), count: make([]uint32, 1), skip: make([]bool, 1),
			names: make([]nameValue, 1), dates: make([]dateValue, 1), postcodes: make([]postcodeValue, 1),
			lines: make([]lineValue, 1), codes: make([]codeValue, 1), texts: make([]textValue, 1),
		})
	}
	t.slots = make([][]slots, len(s.fields))
	return t
}

// Len is how many records there are.
func (t *Table) Len() int { return len(t.ids) }

// ID is what a record is called.
func (t *Table) ID(i int) string { return t.ids[i] }

// Add takes in a record and returns its number. system may be "".
func (t *Table) Add(id, system string, facts []Fact) int {
	n := len(t.ids)
	t.ids = append(t.ids, id)
	var src uint16
	if system != "" {
		var ok bool
		if src, ok = t.systems[system]; !ok {
			src = uint16(min(len(t.systems)+1, math.MaxUint16))
			t.systems[strings.Clone(system)] = src
		}
	}
	t.source = append(t.source, src)
	for i, values := range t.prepare(facts) {
		c := t.cols[i]
		c.first = append(c.first, 0)
		for j := range values {
			v := c.value(&values[j], t.loading)
			if v == 0 {
				continue
			}
			if c.first[n] == 0 {
				c.first[n] = v
			} else {
				c.more[uint32(n)] = append(c.more[uint32(n)], v)
			}
			c.count[v]++
		}
	}
	return n
}

// prepare sorts the facts of one record into the values of each field. The result is used until the next call.
func (t *Table) prepare(facts []Fact) [][]slots {
	for i := range t.slots {
		t.slots[i] = t.slots[i][:0]
	}
	for _, f := range facts {
		if f.Value == "" {
			continue
		}
		if strings.IndexByte(f.Value, 0x1f) >= 0 { // it parts what is written together
			f.Value = strings.ReplaceAll(f.Value, "\x1f", " ")
		}
		for _, to := range t.schema.of[f.Property] {
			vs := t.slots[to.field]
			at := -1
			for k := range vs {
				if to.slot != slotOther && vs[k].takes(to.slot, t.schema.fields[to.field].sort) {
					at = k
					break
				}
			}
			if at < 0 {
				if len(vs) == 8 {
					continue
				}
				vs = append(vs, slots{})
				at = len(vs) - 1
			}
			v := &vs[at]
			v.s[v.n], v.part[v.n], v.kind[v.n] = f.Value, to.part, to.slot
			v.n++
			t.slots[to.field] = vs
		}
	}
	for i := range t.slots {
		if t.schema.fields[i].sort == ofPostcode && len(t.slots[i]) > 1 { // a postcode of its own goes before one in an address
			for k, v := range t.slots[i] {
				if v.kind[0] != slotFull {
					t.slots[i][0], t.slots[i][k] = v, t.slots[i][0]
					t.slots[i] = t.slots[i][:1]
					break
				}
			}
		}
	}
	return t.slots
}

// takes reports whether a further part belongs to this value rather than to another of the same field.
func (v *slots) takes(slot int, s sort) bool {
	if v.n == len(v.s) {
		return false
	}
	if s != ofName && s != ofLine {
		return false
	}
	for i := range v.n {
		if v.kind[i] == slot || v.kind[i] == slotOther { // a town beside a whole address is of that address
			return false
		}
	}
	return true
}

// value numbers a value; 0 for one that says nothing, where later does not leave that to Load.
func (c *column) value(v *slots, later bool) uint32 {
	c.key = c.key[:0]
	for i := range v.n {
		c.key = append(c.key, v.part[i])
		c.key = append(c.key, v.s[i]...)
		c.key = append(c.key, 0x1f)
	}
	n, known := c.index.number(c.key, &c.raw)
	if !known {
		c.count = append(c.count, 0)
		c.skip = append(c.skip, false)
		if later {
			return n
		}
		c.grow()
		c.skip[n] = !c.read(v, n)
	}
	if !later && c.skip[n] {
		return 0
	}
	return n
}

// written is a value as its source wrote it, on one line.
func (c *column) written(v uint32) string {
	var out []byte
	start := true
	for i := 0; i < len(c.raw[v]); i++ {
		b := c.raw[v][i]
		switch {
		case start:
			start = false
			if len(out) > 0 {
				out = append(out, ' ')
			}
		case b == 0x1f:
			start = true
		default:
			out = append(out, b)
		}
	}
	return string(out)
}

// drop takes the last record out again.
func (t *Table) drop() {
	n := len(t.ids) - 1
	t.ids, t.source = t.ids[:n], t.source[:n]
	for _, c := range t.cols {
		if v := c.first[n]; v != 0 {
			c.count[v]--
		}
		for _, v := range c.more[uint32(n)] {
			c.count[v]--
		}
		c.first = c.first[:n]
		delete(c.more, uint32(n))
	}
}
