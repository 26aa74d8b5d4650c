package linkage

import (
	"math"
	"slices"
)

// count works out how often each word and value occurs, and which values stand for "unknown". entity, if not nil, gives
// the entity of each record: then a value counts once for each.
func (t *Table) count(entity []int32) {
	n := t.Len()
	t.agree, t.full = nil, nil
	total := float64(n)
	if entity != nil {
		seen := 0
		for _, e := range entity {
			seen = max(seen, int(e)+1)
		}
		total = float64(seen)
	}
	// Records in order of their entity, so that a value is counted once for each.
	order := make([]uint64, n)
	for i := range order {
		order[i] = uint64(i)
		if entity != nil {
			order[i] |= uint64(entity[i]) << 32
		}
	}
	if entity != nil {
		byKey(order, make([]uint64, n))
	}
	of := func(r uint32) int32 {
		if entity == nil {
			return int32(r)
		}
		return entity[r]
	}
	t.eachList(func(c *column) {
		clear(c.count)
		last := slices.Repeat([]int32{-1}, len(c.raw))
		for _, o := range order {
			r := uint32(o)
			if v := c.first[r]; v != 0 && last[v] != of(r) {
				last[v] = of(r)
				c.count[v]++
			}
			if len(c.more) == 0 {
				continue
			}
			for _, v := range c.more[r] {
				if last[v] != of(r) {
					last[v] = of(r)
					c.count[v]++
				}
			}
		}
		for i := range c.words.list {
			c.words.list[i].count = 0
		}
		add := func(w uint32, v int) { c.words.list[w].count += c.count[v] }
		for v := 1; v < len(c.raw); v++ {
			switch c.f.sort {
			case ofName:
				for _, w := range c.names[v].all() {
					add(w, v)
				}
			case ofLine:
				for _, w := range c.lines[v].words {
					add(w, v)
				}
			case ofText:
				for _, w := range c.texts[v].words {
					add(w, v)
				}
			}
		}
		c.words.weigh(total)
		if entity == nil {
			c.placeholders()
		}
	})
	t.shares()
}

// eachList calls f for every column, on all cores but for those whose words are in one list: they come one after another.
func (t *Table) eachList(f func(c *column)) {
	var lists [][]*column
	at := map[*words]int{}
	for _, c := range t.cols {
		k, ok := at[c.words]
		if !ok {
			k = len(lists)
			at[c.words], lists = k, append(lists, nil)
		}
		lists[k] = append(lists[k], c)
	}
	each(len(lists), func(i int) {
		for _, c := range lists[i] {
			f(c)
		}
	})
}

// placeholders finds values that far too many records have for what they are: a date that stands for none, the telephone
// of a station. They carry no weight.
func (c *column) placeholders() {
	switch c.f.sort {
	case ofDate, ofCode, ofPhone, ofEmail, ofPlate:
	default:
		return
	}
	if len(c.count) < 100 {
		return
	}
	top := slices.Clone(c.count)
	slices.SortFunc(top, func(a, b uint32) int { return int(b) - int(a) })
	usual := max(top[min(len(top)/20+10, len(top)-1)], 1)
	var sum uint64
	for _, n := range c.count {
		sum += uint64(n)
	}
	for v, n := range c.count {
		if n >= 20 && n >= 12*usual && float64(n) >= 0.002*float64(sum) {
			if c.f.sort == ofDate && float64(n) < 20*float64(top[min(10, len(top)-1)]) && float64(n) < 0.03*float64(sum) {
				continue // many such days, first of January perhaps: it still says the year
			}
			c.skip[v] = true
		}
	}
}

// shares works out, after count, which share of the records with any value has each value, in bits.
func (t *Table) shares() {
	t.eachList(func(c *column) {
		// The two that are compared have the value themselves: what counts is who else has it.
		bits := func(n, sum float64) float32 { return float32(math.Log2((max(n-2, 0) + unseen[c.f.sort]) / (sum + 1))) }
		if c.f.sort == ofName {
			for part := range 2 {
				byWord, sum := c.byWord(part)
				for w := range c.words.list {
					c.words.list[w].share[part] = bits(byWord[w], sum)
				}
			}
			return
		}
		c.partShares()
		byMeaning, sum := c.byMeaning()
		c.share = make([]float32, len(c.raw))
		for v := 1; v < len(c.raw); v++ {
			c.share[v] = bits(byMeaning[c.mean[v]], sum)
		}
	})
}

// partShares works out how common what nearly equal values still share is: the day and month of two dates, the district
// of two postcodes. Two who were born on a first of January nearly agree with many.
func (c *column) partShares() {
	parts := 0
	switch c.f.sort {
	case ofDate:
		parts = 2
	case ofPostcode:
		parts = 3
	default:
		return
	}
	if c.f.sort == ofDate {
		c.year = c.yearsRare()
	}
	for p := range parts {
		count := map[string]float64{}
		var sum float64
		for v := 1; v < len(c.raw); v++ {
			if !c.skip[v] {
				count[c.partOf(v, p)] += float64(c.count[v])
				sum += float64(c.count[v])
			}
		}
		var usual float64
		for _, n := range count {
			usual += n * n
		}
		usual = math.Log2(max(usual, 1) / max(sum*sum, 1))
		out := make([]float32, len(c.raw))
		for v := 1; v < len(c.raw); v++ {
			n := count[c.partOf(v, p)]
			out[v] = float32(min(max(usual-math.Log2((n+0.5)/(sum+1)), -mostNear), mostNear))
		}
		c.part[p] = out
	}
}

// yearsRare works out how rare the year of each date is.
func (c *column) yearsRare() []float32 {
	count := map[uint16]float64{}
	var sum float64
	for v := 1; v < len(c.raw); v++ {
		if !c.skip[v] {
			count[c.dates[v].y] += float64(c.count[v])
			sum += float64(c.count[v])
		}
	}
	out := make([]float32, len(c.raw))
	for v := 1; v < len(c.raw); v++ {
		out[v] = float32(-math.Log2((count[c.dates[v].y] + 0.5) / (sum + 1)))
	}
	return out
}

// yearBits is the most that two dates say of which one is not whole: that the year is the same, and perhaps the month.
func (c *column) yearBits(a, b uint32) float32 {
	w := c.year[a]
	if x, y := c.dates[a].m, c.dates[b].m; x != 0 && x == y {
		w += twelve
	}
	return w
}

// twelve is how much a month tells, in bits.
const twelve = 3.58

// mostNear is how much what nearly equal values still share counts at most, in bits.
const mostNear = 4

// Parts of values that nearly equal ones share.
const (
	partDayMonth = iota
	partYear
)

const (
	partSector = iota
	partDistrict
	partArea
)

func (c *column) partOf(v, p int) string {
	if c.f.sort == ofDate {
		d := c.dates[v]
		if p == partYear {
			return string([]byte{byte(d.y >> 8), byte(d.y)})
		}
		return string([]byte{d.m, d.d})
	}
	x := &c.postcodes[v]
	if x.outcode == 0 {
		return ""
	}
	switch p {
	case partSector:
		return x.s[:x.outcode+1]
	case partDistrict:
		return x.s[:x.outcode]
	}
	return x.s[:x.area]
}

// nearBits is by how much a near agreement counts more or less because what the two still share is rare or common.
func (c *column) nearBits(l uint8, a, b uint32) float32 {
	switch c.f.sort {
	case ofDate:
		x, y := &c.dates[a], &c.dates[b]
		switch {
		case l != dateSlip && l != dateTwoParts:
		case x.m == y.m && x.d == y.d:
			return c.part[partDayMonth][a]
		case x.y == y.y:
			return c.part[partYear][a]
		}
	case ofPostcode:
		switch l {
		case unitSlip:
			if c.postcodes[a].outcode > 0 && c.partOf(int(a), partDistrict) == c.partOf(int(b), partDistrict) {
				return c.part[partSector][a] / 2
			}
		case sectorSame:
			return c.part[partSector][a]
		case outcodeSame:
			return c.part[partDistrict][a]
		case areaSame:
			return c.part[partArea][a]
		}
	}
	return 0
}

// unseen is how many more entities, beside those seen, are assumed to have a value.
var unseen = map[sort]float64{ofName: 0.7, ofDate: 0.1, ofPostcode: 0.2, ofLine: 0.3, ofCode: 0.05, ofPlate: 0.05, ofPhone: 0.1, ofEmail: 0.1, ofText: 0.7, ofCategory: 1}

// byWord counts the records that have a word as given name, or as surname.
func (c *column) byWord(part int) (count []float64, sum float64) {
	count = make([]float64, len(c.words.list))
	for v := 1; v < len(c.raw); v++ {
		w := c.names[v].first()
		if part == 1 {
			w = c.names[v].last()
		}
		if w != 0 {
			count[w] += float64(c.count[v])
			sum += float64(c.count[v])
		}
	}
	return count, sum
}

// byMeaning counts the records with values that are written otherwise and mean the same, by the number of the meaning.
func (c *column) byMeaning() (count []float64, sum float64) {
	if len(c.mean) < len(c.raw) {
		index := make(map[string]uint32, len(c.raw))
		c.mean = make([]uint32, len(c.raw))
		for v := 1; v < len(c.raw); v++ {
			k := c.meaning(v)
			n, ok := index[k]
			if !ok {
				n = uint32(len(index)) + 1
				index[k] = n
			}
			c.mean[v] = n
		}
	}
	count = make([]float64, len(c.raw)+1)
	for v := 1; v < len(c.raw); v++ {
		if !c.skip[v] {
			count[c.mean[v]] += float64(c.count[v])
			sum += float64(c.count[v])
		}
	}
	return count, sum
}

// meaning is equal for values of level 1.
func (c *column) meaning(v int) string {
	switch c.f.sort {
	case ofDate:
		d := c.dates[v]
		return string([]byte{byte(d.y >> 8), byte(d.y), d.m, d.d})
	case ofPostcode:
		return c.postcodes[v].s
	case ofCode, ofPhone, ofPlate:
		return c.codes[v].s
	case ofEmail, ofText, ofCategory:
		return c.texts[v].s
	case ofLine:
		b := make([]byte, 0, 40)
		for _, w := range c.lines[v].words {
			b = append(b, byte(w), byte(w>>8), byte(w>>16))
		}
		return string(b)
	}
	return c.raw[v]
}

// agreement is the chance that two entities have the same value, from how often each occurs; -1 for features without
// values of their own.
func (t *Table) agreement(f int) float64 {
	if len(t.agree) == 0 {
		for f := range t.schema.features {
			t.agree = append(t.agree, t.agreementOf(f))
		}
	}
	return t.agree[f]
}

func (t *Table) agreementOf(f int) float64 {
	x := t.schema.features[f]
	c := t.cols[x.field]
	part := f - c.f.feature
	var count []float64
	var sum float64
	if c.f.sort == ofName {
		if part > 1 {
			return -1
		}
		count, sum = c.byWord(part)
	} else {
		count, sum = c.byMeaning()
	}
	if sum < 2 {
		return -1
	}
	var same float64
	for _, n := range count {
		same += n * max(n-1, 0)
	}
	return max(same/(sum*(sum-1)), 0.05/sum) // however rare, two of so many may share one
}

// fullAgreement is the chance that two entities' names begin and end with the same words; 0 for fields that are no names.
// Given names and surnames go together: who is called Kowalski is called Piotr more often than others are.
func (c *column) fullAgreement() float64 {
	if c.f.sort != ofName {
		return 0
	}
	count := map[uint64]float64{}
	var sum, same float64
	for v := 1; v < len(c.raw); v++ {
		if g, s := c.names[v].first(), c.names[v].last(); g != 0 && s != 0 {
			count[uint64(g)<<32|uint64(s)] += float64(c.count[v])
			sum += float64(c.count[v])
		}
	}
	for _, n := range count {
		same += n * max(n-1, 0)
	}
	return same / max(sum*(sum-1), 1)
}
