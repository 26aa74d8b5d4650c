package names

// Word is a folded word of a name with what the tables know of it, so that many can be compared with one another without
// being looked up again. It does not change.
type Word struct {
	text  string
	frame uint64     // its consonants, hashed; 0 where it has no frame
	on    *tableWord // nil for most
}

// tableWord is where a word stands in the tables.
type tableWord struct {
	formal, short, spelling, language []uint16
	firm                              bool
}

// NewWord looks a folded word up.
func NewWord(w string) Word {
	out := Word{text: w}
	n, v := nicknames(), variants()
	on := tableWord{formal: n.formal[w], short: n.short[w], spelling: v.spelling[w], language: v.language[w]}
	if len(on.formal)+len(on.short)+len(on.spelling)+len(on.language) > 0 {
		on.firm = n.firm(on.formal)
		out.on = &on
	}
	var f frame
	if len(w) >= 3 && f.read(w) && f.n > 0 {
		h := uint64(14695981039346656037)
		for _, c := range f.sounds[:f.n] {
			h = (h ^ uint64(c)) * 1099511628211
		}
		out.frame = h | 1
	}
	return out
}

// Form tells whether two words are one name in two forms: Nickname or Variant.
func (w *Word) Form(x *Word) bool {
	if w.text == x.text || w.text == "" || x.text == "" {
		return false
	}
	a, b := w.on, x.on
	if a != nil && b != nil {
		if nicknames().same(a, b) || share(a.spelling, b.spelling) || share(a.language, b.language) {
			return true
		}
		if len(a.spelling) > 0 && len(b.spelling) > 0 {
			return false
		}
	}
	return w.frame != 0 && w.frame == x.frame && spelt(w.text, x.text)
}

// same tells whether two words stand in the table as forms of one name.
func (t nicknameTable) same(a, b *tableWord) bool {
	if share(a.formal, b.short) || share(b.formal, a.short) {
		return true
	}
	if len(a.short) == 0 || len(b.short) == 0 || len(a.formal) > 0 && len(b.formal) > 0 && a.firm && b.firm {
		return false
	}
	for _, x := range a.short {
		for _, y := range b.short {
			if x == y && !t.loose[x] {
				return true
			}
		}
	}
	return false
}
