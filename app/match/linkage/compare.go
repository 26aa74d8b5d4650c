package linkage

import (
	"slices"
	"strings"

	"muster/app/match/names"
	"muster/plugins/pole"
)

// levels of one pair of records, by feature.
type levels [maxFeatures]uint8

// compare writes how like two values of the column are into the levels from the field's first feature on.
func (c *column) compare(a, b uint32, m *memo, out []uint8) {
	switch c.f.sort {
	case ofName:
		c.compareNames(&c.names[a], &c.names[b], m, out)
	case ofDate:
		out[0] = c.whenLevel(&c.dates[a], &c.dates[b])
	case ofPostcode:
		out[0] = postcodeLevel(&c.postcodes[a], &c.postcodes[b])
	case ofLine:
		out[0] = c.lineLevel(&c.lines[a], &c.lines[b], m)
	case ofCode, ofPhone:
		out[0] = codeLevel(&c.codes[a], &c.codes[b])
	case ofPlate:
		x, y := &c.codes[a], &c.codes[b]
		l := codeLevel(x, y)
		if l == codeDiffers && x.misread == y.misread {
			l = codeSlip
		}
		out[0] = l
	case ofEmail:
		out[0] = mailLevel(c.texts[a].s, c.texts[b].s)
	case ofText:
		out[0] = c.textLevel(&c.texts[a], &c.texts[b])
	default:
		out[0] = categoryDiffers
		if a == b || c.texts[a].s == c.texts[b].s {
			out[0] = categorySame
		}
	}
}

// better is the order of levels of words by how near they are.
var better = [8]int{0, 7, 6, 4, 5, 3, 2, 1}

func (c *column) compareNames(a, b *nameValue, m *memo, out []uint8) {
	w := c.words
	ag, bg, as, bs := a.first(), b.first(), a.last(), b.last()
	g, s := uint8(none), uint8(none)
	if ag != 0 && bg != 0 {
		g = w.like(ag, bg, m)
	}
	if as != 0 && bs != 0 {
		s = w.like(as, bs, m)
		if s > wordForm && (a.surname > 1 || b.surname > 1) {
			s = c.twoSurnames(a, b, m, s)
		}
	}
	order := uint8(orderKept)
	switch {
	case g != none && s != none:
		if g == wordDiffers && s == wordDiffers || g >= wordFar && s >= wordFar {
			x, y := w.like(ag, bs, m), w.like(as, bg, m)
			if better[x]+better[y] > better[g]+better[s]+2 && x != wordDiffers && y != wordDiffers {
				g, s, order = x, y, orderSwapped
			}
		}
	case g != none && s == none: // one side has one name only: it may be a surname
		if g >= wordFar {
			var x uint8 = wordDiffers
			if as == 0 && bs != 0 {
				x = w.like(ag, bs, m)
			} else if bs == 0 && as != 0 {
				x = w.like(as, bg, m)
			}
			if better[x] > better[g] {
				g, s = none, x
			}
		}
	case g == none && s == none:
		if ag != 0 && bs != 0 {
			s = w.like(ag, bs, m)
		} else if as != 0 && bg != 0 {
			s = w.like(as, bg, m)
		}
	}
	used := false // a further name has taken the place of the first
	if g == wordDiffers && order == orderKept {
		for _, x := range a.word[a.given : a.given+a.more] {
			if x == bg || w.list[x].s != "" && len(w.list[x].s) > 1 && w.like(x, bg, m) <= wordForm {
				g, used = wordOther, true
			}
		}
		for _, x := range b.word[b.given : b.given+b.more] {
			if x == ag || len(w.list[x].s) > 1 && w.like(x, ag, m) <= wordForm {
				g, used = wordOther, true
			}
		}
	}
	out[0], out[1], out[3] = g, s, order
	out[2] = none
	if g == none && s == none {
		out[3] = none
	}
	if a.more > 0 && b.more > 0 && !used {
		l := uint8(moreDiffers)
	all:
		for _, x := range a.word[a.given : a.given+a.more] {
			for _, y := range b.word[b.given : b.given+b.more] {
				switch k := w.like(x, y, m); {
				case k == wordSame && len(w.list[x].s) > 1, k == wordForm, k == wordNear:
					l = moreSame
					break all
				case k == wordInitial, k == wordSame, k == wordFar:
					l = moreInitial
				}
			}
		}
		out[2] = l
	}
}

// twoSurnames compares double surnames, of which one side may have only one.
func (c *column) twoSurnames(a, b *nameValue, m *memo, best uint8) uint8 {
	xs := a.word[a.given+a.more : a.given+a.more+a.surname]
	ys := b.word[b.given+b.more : b.given+b.more+b.surname]
	for _, x := range xs {
		for _, y := range ys {
			l := c.words.like(x, y, m)
			if l == wordSame || l == wordForm {
				l = wordNear
			}
			if better[l] > better[best] {
				best = l
			}
		}
	}
	return best
}

func (c *column) whenLevel(a, b *dateValue) uint8 {
	l := dateLevel(a, b)
	if c.f.def.Type == pole.TypeInstant && l > dateLess { // nobody mistypes the year in which something happened
		l = dateDiffers
	}
	if l == dateSame && (a.m == 0 || a.d == 0) { // a year is no date
		l = dateLess
	}
	return l
}

func dateLevel(a, b *dateValue) uint8 {
	if *a == *b {
		return dateSame
	}
	if a.m == 0 || b.m == 0 || a.d == 0 || b.d == 0 {
		switch {
		case a.y == b.y && (a.m == 0 || b.m == 0 || a.m == b.m):
			return dateLess
		case a.y-b.y == 1 || b.y-a.y == 1:
			return dateNear
		}
		return dateDiffers
	}
	y, m, d := a.y == b.y, a.m == b.m, a.d == b.d
	if y && a.m == b.d && a.d == b.m {
		return dateSwapped
	}
	if n := (b2i(y) + b2i(m) + b2i(d)); n == 2 {
		switch {
		case !y && slip4(a.y, b.y), !m && slip2(a.m, b.m), !d && slip2(a.d, b.d):
			return dateSlip
		}
		return dateTwoParts
	}
	switch {
	case twoDigits(a, b):
		return dateTwoParts
	case y:
		return dateYear
	case a.y-b.y == 1 || b.y-a.y == 1 || m && d && slip4(a.y, b.y):
		return dateNear
	}
	return dateDiffers
}

// twoDigits reports whether no more than two of the eight digits differ.
func twoDigits(a, b *dateValue) bool {
	n := 0
	for x, y, k := a.y, b.y, 0; k < 4; k++ {
		n += b2i(x%10 != y%10)
		x, y = x/10, y/10
	}
	n += b2i(a.m%10 != b.m%10) + b2i(a.m/10 != b.m/10) + b2i(a.d%10 != b.d%10) + b2i(a.d/10 != b.d/10)
	return n <= 2
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// slip2 reports whether two numbers of two digits are one digit, or a swap of digits, apart.
func slip2(a, b uint8) bool {
	a1, a2, b1, b2 := a/10, a%10, b/10, b%10
	return a1 == b1 || a2 == b2 || a1 == b2 && a2 == b1
}

func slip4(a, b uint16) bool {
	x := [4]uint16{a / 1000, a / 100 % 10, a / 10 % 10, a % 10}
	y := [4]uint16{b / 1000, b / 100 % 10, b / 10 % 10, b % 10}
	n, last := 0, -1
	for i := range x {
		if x[i] != y[i] {
			n++
			if n == 2 && (last != i-1 || x[i] != y[i-1] || x[i-1] != y[i]) {
				return false
			}
			last = i
		}
	}
	return n <= 2
}

func postcodeLevel(a, b *postcodeValue) uint8 {
	if a.s == b.s {
		return unitSame
	}
	if len(a.s) >= 4 && len(b.s) >= 4 && names.Edit(a.s, b.s, 1) <= 1 {
		return unitSlip
	}
	if a.outcode > 0 && b.outcode > 0 {
		switch {
		case a.outcode == b.outcode && a.s[:a.outcode+1] == b.s[:b.outcode+1]:
			return sectorSame
		case a.s[:a.outcode] == b.s[:b.outcode]:
			return outcodeSame
		case a.area == b.area && a.s[:a.area] == b.s[:b.area]:
			return areaSame
		}
		return postcodeDiffers
	}
	n := min(len(a.s), len(b.s))
	switch {
	case n >= 4 && a.s[:n-1] == b.s[:n-1]:
		return sectorSame
	case n >= 4 && a.s[:n-2] == b.s[:n-2]:
		return outcodeSame
	}
	return postcodeDiffers
}

// lineLevel compares addresses as sets of words, the rare ones counting more; numbers must agree to be the same.
func (c *column) lineLevel(a, b *lineValue, m *memo) uint8 {
	if slices.Equal(a.words, b.words) {
		return lineSame
	}
	w := c.words
	var both, onlyA, onlyB float32
	near, far := false, false
	var matched [maxWords]bool
	for _, x := range a.words {
		if w.list[x].digit {
			continue
		}
		bits := max(w.list[x].bits, 0.5)
		hit := -1
		if j, ok := slices.BinarySearch(b.words, x); ok {
			hit = j
		} else if len(w.list[x].s) > 3 {
			for j, y := range b.words {
				if !matched[j] && !w.list[y].digit && len(w.list[y].s) > 3 {
					switch l := w.like(x, y, m); l {
					case wordNear:
						hit, near = j, true
					case wordFar:
						if hit < 0 {
							hit, far = j, true
						}
					}
					if near {
						break
					}
				}
			}
		}
		if hit < 0 {
			onlyA += bits
			continue
		}
		matched[hit] = true
		both += bits
	}
	for j, y := range b.words {
		if !w.list[y].digit && !matched[j] {
			onlyB += max(w.list[y].bits, 0.5)
		}
	}
	numbers := len(a.number) == 0 || len(b.number) == 0 || slices.Equal(a.number, b.number) || subset(a.number, b.number) || subset(b.number, a.number)
	bare := len(a.number) == 0 || len(b.number) == 0 || len(a.number) != len(b.number)
	if both == 0 {
		if onlyA == 0 && onlyB == 0 && numbers {
			return lineSame
		}
		return lineDiffers
	}
	less := both / (both + min(onlyA, onlyB))
	share := both / (both + onlyA + onlyB)
	switch {
	case !numbers && less >= 0.75:
		if len(a.number) == 1 && len(b.number) == 1 && names.Edit(w.list[a.number[0]].s, w.list[b.number[0]].s, 1) <= 1 && share >= 0.8 && len(w.list[a.number[0]].s) > 2 {
			return linePart
		}
		return lineNumber
	case !numbers:
		return lineDiffers
	case share >= 0.8 && (!far || !bare):
		return lineNear
	case less >= 0.8:
		return lineLess
	case less >= 0.4:
		return linePart
	}
	return lineDiffers
}

func subset(a, b []uint32) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

func codeLevel(a, b *codeValue) uint8 {
	if a.s == b.s {
		if a.valid || b.valid {
			return codeSame
		}
		return codeWeak
	}
	if len(a.s) >= 4 && len(b.s) >= 4 && names.Edit(a.s, b.s, 1) <= 1 {
		return codeSlip
	}
	if n := min(len(a.s), len(b.s)); n >= 7 && a.s[len(a.s)-n:] == b.s[len(b.s)-n:] {
		return codeWeak
	}
	return codeDiffers
}

func mailLevel(a, b string) uint8 {
	if a == b {
		return mailSame
	}
	la, _, _ := strings.Cut(a, "@")
	lb, _, _ := strings.Cut(b, "@")
	// A name is many people's, and the number after it tells them apart: another number is no slip unless it is a long one.
	if x, y := digits(la), digits(lb); x != y && (min(len(x), len(y)) < 5 || names.Edit(x, y, 1) > 1 || a[len(la):] != b[len(lb):]) {
		return mailDiffers
	}
	if names.Edit(a, b, 2) <= 2 || letters(a, b, 1) {
		return mailSlip
	}
	switch {
	case la == lb && len(la) > 2:
		return mailLocal
	case len(la) > 4 && len(lb) > 4 && names.JaroWinkler(la, lb) >= 0.92, names.JaroWinkler(a, b) >= 0.93, letters(a, b, 3):
		return mailNear
	}
	return mailDiffers
}

func (c *column) textLevel(a, b *textValue) uint8 {
	if a.s == b.s {
		return textSame
	}
	if len(a.s) >= 4 && len(b.s) >= 4 && (names.Edit(a.s, b.s, 1) <= 1 || names.JaroWinkler(a.s, b.s) >= 0.93 || letters(a.s, b.s, 0)) {
		return textNear
	}
	var both float32
	for _, x := range a.words {
		if slices.Contains(b.words, x) {
			both = max(both, c.words.list[x].bits)
		}
	}
	if both >= 3 || names.JaroWinkler(a.s, b.s) >= 0.85 {
		return textPart
	}
	return textDiffers
}
