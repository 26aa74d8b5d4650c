package names

// Variant tells whether two folded words are one name spelt in two ways, through transliteration, through time or
// between languages: mohammed and muhammad, sergei and sergey, schmidt and schmitt, joseph and yusuf. Tables come
// first; where they do not know both names, rules of spelling decide. A word is not a variant of itself.
func Variant(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	return spelt(a, b) || translated(a, b)
}

// translated tells whether a and b are one name in two languages (joseph, yusuf).
func translated(a, b string) bool {
	t := variants()
	return share(t.language[a], t.language[b])
}

// spelt tells whether a and b are two spellings of one name.
func spelt(a, b string) bool {
	t := variants()
	ga, gb := t.spelling[a], t.spelling[b]
	if share(ga, gb) {
		return true
	}
	if len(ga) > 0 && len(gb) > 0 || min(len(a), len(b)) < 3 {
		return false // two names that the table tells apart
	}
	var ka, kb frame
	if !ka.read(a) || !kb.read(b) {
		return false
	}
	same, nearly := alike(&ka, &kb)
	return same || nearly && !(known(a) && known(b)) // two common names are as they are written
}

// toldApart tells whether the table knows both words as different names.
func toldApart(a, b string) bool {
	t := variants()
	ga, gb := t.spelling[a], t.spelling[b]
	return len(ga) > 0 && len(gb) > 0 && !share(ga, gb)
}

// frame is a word as its consonants, in one letter each however they are spelt, and the vowels between them.
type frame struct {
	n       int       // consonants
	sounds  [24]byte  // S sh, C ch, J j/zh/dj, others as they are written
	vowels  [25]uint8 // what stands before each consonant, and after the last: bits of aeiou
	strict  [25]uint8 // the last vowel of each, which at the end of a word must agree
	letters int
}

const (
	isA uint8 = 1 << iota
	isE
	isI
	isO
	isU
)

// read fills the frame; false when the word is too long or holds a digit.
func (f *frame) read(w string) bool {
	if len(w) > 24 {
		return false
	}
	f.letters = len(w)
	at := func(i int) byte {
		if i < 0 || i >= len(w) {
			return 0
		}
		return w[i]
	}
	put := func(c byte) {
		if f.n > 0 && f.vowels[f.n] == 0 && f.sounds[f.n-1] == c {
			return
		}
		f.sounds[f.n] = c
		f.n++
	}
	say := func(v uint8) { f.vowels[f.n] |= v; f.strict[f.n] = v }
	for i := 0; i < len(w); {
		c, next, step := w[i], at(i+1), 1
		switch c {
		case 'a':
			say(isA)
		case 'e':
			if next == 'e' {
				say(isI)
				step = 2
			} else if next == 'u' {
				say(isU)
				say(isE)
				step = 2
			} else {
				say(isE)
			}
		case 'i':
			say(isI)
			if next == 'j' && (i+2 == len(w)) {
				step = 2
			}
		case 'o':
			if next == 'o' || next == 'u' {
				say(isU)
				step = 2
			} else {
				say(isO)
			}
		case 'u':
			say(isU)
		case 'y':
			say(isI)
			if i == 0 {
				f.vowels[0] = 0 // yevgeny, evgeny: the glide alone says nothing
				if !vowel(next) {
					say(isI)
				}
			}
		case 'j':
			if i+1 == len(w) || !vowel(next) { // a Slavic or German glide
				say(isI)
			} else {
				put('J')
			}
		case 'w':
			if i > 0 && vowel(w[i-1]) && !vowel(next) {
				say(isU)
			} else {
				put('v')
			}
		case 'v':
			put('v')
		case 's':
			switch {
			case next == 'c' && at(i+2) == 'h':
				put('S')
				step = 3
			case next == 'h':
				put('S')
				step = 2
			default:
				put('s')
			}
		case 't':
			switch {
			case next == 's' && at(i+2) == 'c' && at(i+3) == 'h':
				put('C')
				step = 4
			case next == 'c' && at(i+2) == 'h':
				put('C')
				step = 3
			case next == 'z' || next == 's':
				put('t')
				put('s')
				step = 2
			case next == 'h':
				put('t')
				step = 2
			default:
				put('t')
			}
		case 'c':
			switch {
			case next == 'h':
				put('C')
				step = 2
			case next == 'z':
				put('C')
				step = 2
			case next == 'k' || next == 'q':
				put('k')
				step = 2
			case next == 'e' || next == 'i' || next == 'y':
				put('s')
			default:
				put('k')
			}
		case 'k':
			put('k')
			if next == 'h' {
				step = 2
			}
		case 'q':
			put('k')
			if next == 'u' && vowel(at(i+2)) {
				step = 2
			}
		case 'x':
			put('k')
			put('s')
		case 'z':
			if next == 'h' {
				put('J')
				step = 2
			} else {
				put('z')
			}
		case 'd':
			switch {
			case next == 'j':
				put('J')
				step = 2
			case next == 'z' && at(i+2) == 'h':
				put('J')
				step = 3
			case next == 't':
				put('t')
				step = 2
			case next == 'h':
				put('d')
				step = 2
			default:
				put('d')
			}
		case 'p':
			if next == 'h' {
				put('f')
				step = 2
			} else {
				put('p')
			}
		case 'g', 'b':
			put(c)
			if next == 'h' {
				step = 2
			}
		case 'h':
			if i > 0 && (i+1 == len(w) || !vowel(w[i-1])) {
				break // sarah, bhatti
			}
			put('h')
		default:
			if c >= '0' && c <= '9' {
				return false
			}
			put(c)
		}
		i += step
	}
	return true
}

// alike compares two frames with the same consonants: whether the vowels between them are the same, and whether they are,
// in longer words, with few exceptions that are written for one another.
func alike(a, b *frame) (same, nearly bool) {
	if a.n != b.n || a.n == 0 || a.letters+b.letters < 8 {
		return false, false
	}
	for i := range a.n {
		if a.sounds[i] != b.sounds[i] {
			return false, false
		}
	}
	loose := 0
	for i := 0; i <= a.n; i++ {
		x, y := a.vowels[i], b.vowels[i]
		switch {
		case x == y && a.strict[i] == b.strict[i]:
		case x == 0, y == 0, near(x)&y != y, near(y)&x != x:
			return false, false
		case i == a.n && a.strict[i] != b.strict[i]: // maria, mario, marie are three names
			return false, false
		default:
			loose++
		}
	}
	return loose == 0, a.n >= 2 && min(a.letters, b.letters) >= 5 && loose <= (a.letters+b.letters)/8
}

// near adds the vowels that are written for those of v: e for a and i, o for u.
func near(v uint8) uint8 {
	w := v
	if v&isA != 0 {
		w |= isE
	}
	if v&isE != 0 {
		w |= isA | isI
	}
	if v&isI != 0 {
		w |= isE
	}
	if v&isO != 0 {
		w |= isU
	}
	if v&isU != 0 {
		w |= isO
	}
	return w
}
