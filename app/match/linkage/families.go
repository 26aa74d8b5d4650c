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

// thin reports whether two records of people are alike in one thing only, or in two where one of them has no given name.
func (s *scorer) thin(i, j uint32, ls *levels) bool {
	if s.t.cols[0].f.sort != ofName {
		return false
	}
	alike, enough := 0, 2
	if ls[s.t.cols[0].f.feature] == none {
		enough = 3
	}
	for _, c := range s.t.cols {
		if c.f.sort != ofCategory && c.compared(ls) && s.bits(c, c.first[i], c.first[j], ls) > 1 {
			alike++
		}
	}
	return alike < enough
}

// generation is by how many years parents are older, at least.
const generation = 15

// clash reports whether two records are of two who belong together; compared, whether that could be told; sure, that they
// have in common what is one's own.
func (t *Table) clash(i, j uint32, ls *levels) (compared, clash uint32, sure bool) {
	given, surname, date := uint8(none), uint8(none), uint8(none)
	apart := false // born a generation apart
	for _, c := range t.cols {
		l := ls[c.f.feature]
		switch c.f.sort {
		case ofName:
			given, surname = l, ls[c.f.feature+1]
		case ofDate:
			if c.f.def.Type == pole.TypeInstant || l == none {
				continue
			}
			if date = l; l == dateDiffers {
				x, y := &c.dates[c.first[i]], &c.dates[c.first[j]]
				apart = x.m != y.m && x.d != y.d && max(x.y, y.y)-min(x.y, y.y) >= generation
			}
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
	case given == wordDiffers && surname != none, surname == wordDiffers && given != none && !born, apart, date == dateDiffers && given > wordForm:
		return 1, 1, sure
	case given != none && (surname != none || date != none):
		compared = 1
	}
	return compared, clash, sure
}
