package linkage

import (
	"muster/app/match/names"
	"muster/plugins/pole"
)

// From which bits on a pair of records makes two groups of records one, where there are too few to learn from: 99 in 100;
// and from which on it is another possibility, to be shown and to be ruled out.
const (
	JoinFrom  = 6.63
	DoubtFrom = 0
)

// Bar is why a pair does not join by itself, however likely it is; the greater, the more it stands in the way.
type Bar uint8

// The bars. From BarTwins on the two records look like two entities that have much in common, and are kept apart.
const (
	NoBar         Bar = iota
	BarThin           // nothing agrees that is one's own
	BarLess           // one of the two says less: it may be of a part, or of another part
	BarTwins          // a given name that is not quite the same
	BarGeneration     // born a generation apart
	BarSurname        // another surname
	BarSpoken         // what tells from a clone, or the number itself, is another
)

// Opinion is what two records, or those of two groups, say about being of one entity.
type Opinion struct {
	Bits  float64 // of the two records, the prior included, as Explain says
	Bar   Bar
	Apart bool // not worth showing: both names are others, or the date of birth is and neither address nor telephone is shared
	b     between
}

// Plus adds what other pairs of the same two groups say: the surest pair and the strongest bar stand.
func (x Opinion) Plus(y Opinion) Opinion {
	if x.b.by == 0 {
		return y
	}
	return Opinion{max(x.Bits, y.Bits), max(x.Bar, y.Bar), x.Apart && y.Apart, x.b.plus(y.b)}
}

// Joins reports whether the two may be joined: one pair is sure, and all together speak for it, as in a whole run.
func (x Opinion) Joins() bool { return x.Bits >= JoinFrom && x.Bar == NoBar && x.b.mean() >= joinBits }

// Clash reports whether they are to be kept apart.
func (x Opinion) Clash() bool { return x.Bar >= BarTwins || x.b.mean() <= clashBits }

// Favours reports whether all pairs together speak for one entity.
func (x Opinion) Favours() bool { return x.b.by > 0 && x.b.mean() >= joinBits }

// clashBits is the mean evidence from which on two groups are held to be two.
const clashBits = -4

// generationYears is how many years apart two of one name are not one by themselves, whatever the digits.
const generationYears = 15

// Opinion says what two records say about being of one entity.
func (p *Pairs) Opinion(i, j int) Opinion {
	var ls levels
	return p.opinion(i, j, p.s.score(i, j, p.m, &ls), &ls)
}

// Likely is Opinion for two that may be one at all, from DoubtFrom on; ok is false for others, and quickly so.
func (p *Pairs) Likely(i, j int) (x Opinion, ok bool) {
	var ls levels
	bits := p.s.score(i, j, p.m, &ls)
	if bits < DoubtFrom {
		return x, false
	}
	return p.opinion(i, j, bits, &ls), true
}

func (p *Pairs) opinion(i, j int, bits float32, ls *levels) Opinion {
	x := Opinion{Bits: float64(bits), b: (&looker{t: p.t, s: p.s, m: p.m, families: true}).weigh(uint32(i), uint32(j), bits, ls)}
	x.Bar, x.Apart = p.bar(uint32(i), uint32(j), ls)
	return x
}

// bar finds the strongest of the bars between two records.
func (p *Pairs) bar(i, j uint32, ls *levels) (bar Bar, apart bool) {
	named, own, other, sure := p.t.named(), false, false, false
	alike, born, where, post := false, uint8(none), uint8(none), uint8(none) // both names; date of birth; address
	shares := false                                                          // a telephone or e-mail address
	up := func(b Bar) { bar = max(bar, b) }
	for _, c := range p.t.cols {
		l := ls[c.f.feature]
		a, b := c.first[i], c.first[j]
		identifies := p.t.schema.dict.Identifies(p.t.schema.Kind, c.f.property)
		switch c.f.sort {
		case ofName:
			given, surname := l, ls[c.f.feature+1]
			alike = (given == wordSame || given == wordForm) && (surname == wordSame || surname == wordForm)
			apart = given == wordDiffers && surname == wordDiffers
			switch {
			case given == none || surname == none || given == wordInitial || given == wordOther:
				up(BarLess)
			case given > wordForm && !c.mistyped(a, b, ls[c.f.feature+3]):
				up(BarTwins)
			}
			if surname == wordFar || surname == wordDiffers || surname == wordOther {
				up(BarSurname)
			}
			if ls[c.f.feature+2] == moreDiffers {
				up(BarTwins)
			}
			other = given == wordForm
		case ofDate:
			if c.f.def.Type == pole.TypeInstant || l == none {
				continue
			}
			born = l
			x, y := &c.dates[a], &c.dates[b]
			if max(x.y, y.y)-min(x.y, y.y) >= generationYears {
				up(BarGeneration)
			}
			own = own || l <= dateSlip && l != dateLess
		case ofPostcode:
			post = l
		case ofEmail:
			shares = shares || l == mailSame
		case ofCode, ofPlate, ofPhone:
			shares = shares || c.f.sort == ofPhone && l == codeSame
			own = own || identifies && l == codeSame
			sure = sure || identifies && l == codeSame && named
			if identifies && l >= codeSlip && !named && !c.misread(a, b, l) {
				up(BarSpoken)
			}
		case ofText:
			if c.f.def.Contradicts && l == textDiffers {
				up(BarSpoken)
			}
		case ofLine:
			where = l
			if named || l == none {
				continue
			}
			if l == lineNumber || l == lineDiffers {
				up(BarSpoken)
			} else if l > lineNear {
				up(BarLess)
			}
		case ofCategory:
			if l == categoryDiffers && other { // names of one another's form, and not of one sex
				up(BarTwins)
			}
		}
	}
	if born == none || born == dateLess { // who does not say when he was born is told by where he lives, or by his telephone
		own = own || alike && (shares || where == lineSame && post == unitSame)
	}
	if named && !own {
		up(BarThin)
	}
	apart = apart || born == dateDiffers && where != lineSame && !shares && !sure
	if sure { // whoever has the same identifier is one, however the names are written
		bar = NoBar
	}
	return bar, apart
}

// mistyped reports whether one of two given names is no name that is known, and near the other, which is: a slip of the keys,
// where two names are a brother's and a sister's.
func (c *column) mistyped(a, b uint32, order uint8) bool {
	if order == orderSwapped || a == 0 || b == 0 {
		return false
	}
	x, y := c.names[a].first(), c.names[b].first()
	if x == 0 || y == 0 {
		return false
	}
	s, t := c.words.list[x].s, c.words.list[y].s
	return names.Known(s) != names.Known(t) && min(len(s), len(t)) > 3 && (names.Edit(s, t, 1) <= 1 || letters(s, t, 0))
}

// named reports whether the records are of people.
func (t *Table) named() bool { return t.cols[0].f.sort == ofName }

// misread reports whether one of two plates is what a reader made of the other: letters and digits taken for one another,
// and only one of the two has a form that registrations have.
func (c *column) misread(a, b uint32, l uint8) bool {
	if c.f.sort != ofPlate || l != codeSlip || a == 0 || b == 0 || c.codes[a].misread != c.codes[b].misread {
		return false
	}
	form := func(v uint32) bool {
		s := c.codes[v].s
		return c.dict.Display(c.f.property, pole.Value{Norm: s}) != s // it is written in groups
	}
	return form(a) != form(b)
}

// Keys are numbers of which two records that are likely to be of one entity mostly share one. Those of one record depend on
// no other.
func (p *Pairs) Keys(i int) []uint64 {
	var out []uint64
	var sounds, wide []uint64 // to be combined
	for n, c := range p.t.cols {
		var values []uint32
		if v := c.first[i]; v != 0 && !c.skip[v] {
			values = append(values, v)
		}
		values = append(values, c.more[uint32(i)]...)
		for _, v := range values {
			out, sounds, wide = c.near(uint64(n+1)<<40, v, out, sounds, wide)
		}
	}
	for _, a := range sounds {
		for _, b := range wide {
			out = append(out, uint64(mix(hash32(a), hash32(b)))|1<<56)
		}
	}
	return out
}

func hash32(k uint64) uint32 { return mix(uint32(k>>32)+1, uint32(k)+1) }

// near adds the keys of one value: to out those telling enough alone, to sounds and wide those that are in pairs.
func (c *column) near(tag uint64, v uint32, out, sounds, wide []uint64) (o, s, w []uint64) {
	key := func(kind uint64, h uint32) uint64 { return tag | kind<<32 | uint64(h) }
	switch c.f.sort {
	case ofName:
		n := &c.names[v]
		a, b := n.first(), n.last()
		if b == 0 {
			sounds = append(sounds, key(1, c.words.list[a].sound))
			break
		}
		sounds = append(sounds, key(1, c.words.list[b].sound))
		if a != 0 {
			out = append(out, key(2, mix(min(a, b), max(a, b))))
			sounds = append(sounds, key(1, c.words.list[a].sound))
		}
	case ofDate:
		d := &c.dates[v]
		wide = append(wide, key(1, uint32(d.y)+1))
		if d.m != 0 && d.d != 0 {
			out = append(out, key(2, mix(uint32(d.y)+1, mix(uint32(min(d.m, d.d))+1, uint32(max(d.m, d.d))+1)))) // day and month may be swapped
			wide = append(wide, key(3, mix(uint32(d.m)+100, uint32(d.d)+1)))
		}
	case ofPostcode:
		p := &c.postcodes[v]
		out = append(out, key(1, hash(p.s)))
		if p.outcode > 0 {
			wide = append(wide, key(2, hash(p.s[:p.outcode])))
		}
	case ofLine:
		l := &c.lines[v]
		h := uint32(7)
		for _, x := range l.words {
			h = mix(h, x)
		}
		out = append(out, key(1, h))
		for _, x := range l.words { // a street and a number of it, whatever else is said
			if w := &c.words.list[x]; !w.digit && w.bits > 1 {
				for _, y := range l.number {
					out = append(out, key(2, mix(x, y)))
				}
			}
		}
	case ofCode, ofPlate, ofPhone:
		x := &c.codes[v]
		if x.misread != "" {
			out = append(out, key(1, hash(x.misread)))
		} else {
			out = append(out, key(1, hash(x.s[max(0, len(x.s)-10):])))
		}
		if len(x.s) >= 6 { // one half is without the slip
			out = append(out, key(2, hash(x.s[:len(x.s)/2])), key(3, hash(x.s[len(x.s)/2:])))
		}
	case ofEmail:
		out = append(out, key(1, hash(c.texts[v].s)))
	}
	return out, sounds, wide
}
