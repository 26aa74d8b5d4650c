package linkage

import "muster/plugins/pole"

// contest finds the plates that are seen on vehicles which cannot be one: a record that has nothing but such a plate
// belongs to neither by itself.
func (t *Table) contest() {
	t.contested = map[string]bool{}
	for _, c := range t.cols {
		if c.f.sort != ofPlate {
			continue
		}
		for _, d := range t.cols {
			if d.f.sort != ofText || !d.f.def.Contradicts {
				continue
			}
			seen := map[string]uint32{} // what the plate was seen on
			for r, v := range c.first {
				w := d.first[r]
				if v == 0 || w == 0 {
					continue
				}
				k := c.codes[v].misread
				if x, ok := seen[k]; !ok {
					seen[k] = w
				} else if x != w && d.textLevel(&d.texts[x], &d.texts[w]) == textDiffers {
					t.contested[k] = true
				}
			}
		}
	}
}

// unnamed reports whether one of two records lacks what would tell a vehicle from its clone.
func (t *Table) unnamed(i, j uint32) bool {
	for _, d := range t.cols {
		if d.f.sort == ofText && d.f.def.Contradicts && (d.first[i] == 0 || d.first[j] == 0) {
			return true
		}
	}
	return false
}

// thinBits is what a pair counts of which too little is known to tell one from his father, or from her twin.
const thinBits = -2

// thin reports whether two records of people have too little in common to be joined by themselves: less than two things, an
// address being one of them however many parts it has; less than three where one has no given name, and whatever it is
// where one has no date of birth either.
func (s *scorer) thin(i, j uint32, ls *levels) bool {
	name := s.t.cols[0]
	if name.f.sort != ofName {
		return false
	}
	alike, enough := 0, 2
	born := false
	var groups uint32
	for _, c := range s.t.cols {
		if !c.compared(ls) {
			continue
		}
		born = born || c.f.sort == ofDate && c.f.def.Type != pole.TypeInstant
		if c.f.sort == ofCategory || s.bits(c, c.first[i], c.first[j], ls) <= 2 {
			continue
		}
		if c.f.group > 0 {
			if groups&(1<<uint(c.f.group&31)) != 0 {
				continue
			}
			groups |= 1 << uint(c.f.group&31)
		}
		alike++
	}
	if ls[name.f.feature] == none {
		if !born {
			return true
		}
		enough = 3
	}
	return alike < enough
}

// clash reports whether two records are of two who belong together; compared, whether that could be told; sure, that they
// have in common what is one's own.
func (t *Table) clash(i, j uint32, ls *levels) (compared, clash uint32, sure bool) {
	given, surname, more, date := uint8(none), uint8(none), uint8(none), uint8(none)
	for _, c := range t.cols {
		l := ls[c.f.feature]
		switch c.f.sort {
		case ofName:
			given, surname, more = l, ls[c.f.feature+1], ls[c.f.feature+2]
		case ofDate:
			if c.f.def.Type == pole.TypeInstant || l == none {
				continue
			}
			date = l
		case ofCode:
			sure = sure || l != none && l < codeDiffers
			if c.f.def.Contradicts && l == codeDiffers {
				compared, clash = 1, 1
			}
		case ofEmail:
			sure = sure || l != none && l < mailNear
		case ofPlate:
			if t.contested[c.codes[c.first[i]].misread] && c.first[i] != 0 && c.first[j] != 0 && t.unnamed(i, j) {
				compared, clash = 1, 1
			}
		case ofText:
			if c.f.def.Contradicts && l != none {
				if compared = 1; l == textDiffers {
					clash = 1
				}
			}
		}
	}
	if given == none && surname == none && date == none {
		return compared, clash, sure
	}
	born := date != none && date <= dateSlip
	switch {
	case given == wordDiffers && surname != none, surname == wordDiffers && given != none && !born, date == dateDiffers, more == moreDiffers && !born:
		return 1, 1, sure
	case given != none && (surname != none || date != none):
		compared = 1
	}
	return compared, clash, sure
}
