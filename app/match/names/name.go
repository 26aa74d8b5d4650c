package names

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Name is a name made ready for comparison. It is not changed once made, so many comparisons may share it.
type Name struct {
	parts  []part
	suffix string // jr, sr, 2nd, …
	text   string // the folded parts with spaces
	order  string // text and all else that tells two names apart: which of two comes first
}

// A part is one word of a name.
type part struct {
	text   string  // folded
	native string  // as it was written, where two words that fold alike may still differ (Chinese signs, Arabic letters)
	weight float64 // how much it matters that the other name lacks it or has another: 1 for a name that is neither common nor rare
	bits   float64 // how surprising it is
	kind   kind
	role   role
	script script
	father bool // follows bin, ben, ibn: names the father, not the person
}

type kind uint8

const (
	plain      kind = iota
	initial         // one letter
	particle        // al, van, de: often left out
	honorific       // sheikh, haji, mullah: often left out
	servant         // abd, abdul before a name
	patronymic      // Ivanovich: left out outside its country, but a wrong one is a wrong man
)

type role uint8

const (
	unknown role = iota
	given
	surname
)

type script uint8

const (
	alphabet  script = iota
	abjad            // writes consonants only, or vowels in part
	abugida          // writes vowels as marks on consonants, some unwritten, some romanised otherwise
	signs            // Chinese signs, one a syllable
	syllables        // Chinese signs or kana for the sounds of a foreign name
)

var (
	particles = set("al el bin ben ibn bint binti ul ur ud as ash an un us ad ed de del della di da do dos das du des le la les los van von vom zu zur der den ter ten te af av y e of the na mac mc ap st")
	// inside are particles that are names too: at the end of a name they are taken for one.
	inside = set("as ash an un us ad ed di da do du le la van te na mac st")
	// callNames are particles that are names too at the beginning of a name.
	callNames   = set("al ben van mac do")
	servants    = set("abd abdul abdel abdal abdu abdil abdur abder abdir abdus abdoul abdou")
	lightTitles = set("sheikh shaikh shaykh sheik shaik shekh cheikh haji hajji hajj hadji haj mullah mulla maulana mawlana maulvi mawlawi moulvi molvi ustad ustaz sayyid syed sayed sayyed imam hazrat alhaj " +
		"alhaji lord lady baron princess prince king queen general major colonel lieutenant brigadier admiral inspector sergeant father sister brother pandit swami sri shri sardar emir amir president ayatollah")
	fathers = set("bin ben ibn bint binti")
)

// Prepare reads a full name in any order and script. A comma parts surname from given names.
func Prepare(full string) Name {
	if left, right, ok := strings.Cut(full, ","); ok && !strings.Contains(right, ",") {
		if r := latin(right); r != "" && latin(left) != "" && (strings.Contains(r, " ") || suffixes[r] == "" && !titles[r]) {
			return assemble(read(right, given), read(left, surname))
		}
	}
	return assemble(read(full, unknown))
}

// Parts reads a name whose parts are known; any of them may be empty.
func Parts(givenName, middle, family string) Name {
	return assemble(read(givenName, given), read(middle, given), read(family, surname))
}

// Text is the name folded, in the order in which it is compared.
func (n *Name) Text() string { return n.text }

// Empty tells whether there is nothing to compare.
func (n *Name) Empty() bool { return len(n.parts) == 0 }

// read cuts a name into folded words.
func read(s string, r role) []part {
	var parts []part
	if ascii(s) {
		for _, w := range strings.Fields(latin(s)) {
			parts = append(parts, part{text: unswap(w), role: r})
		}
		return parts
	}
	abroad := foreign(s)
	for _, piece := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '-' || dot(r) }) {
		sc := scriptOf(piece)
		if abroad && sc == signs {
			sc = syllables
		}
		words := strings.Fields(latin(strings.TrimSpace(transliterate(piece, abroad))))
		letters := []rune(strings.Join(strings.FieldsFunc(piece, func(r rune) bool { return !unicode.IsLetter(r) }), ""))
		for i, w := range words {
			p := part{text: unswap(w), role: r, script: sc}
			switch {
			case sc == signs && len(letters) == len(words):
				p.native = string(letters[i])
			case sc != alphabet && i == len(words)-1:
				p.native = string(letters)
			}
			parts = append(parts, p)
		}
	}
	return parts
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func scriptOf(s string) script {
	for _, r := range s {
		switch {
		case han(r), unicode.Is(unicode.Hangul, r):
			return signs
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return syllables
		case unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac):
			return abjad
		case unicode.In(r, unicode.Thai, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
			unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Ethiopic, unicode.Sinhala, unicode.Khmer, unicode.Lao, unicode.Myanmar):
			return abugida
		}
	}
	return alphabet
}

// unswap reads a digit within a word as the letter it is mistaken for.
func unswap(w string) string {
	digits, lettersIn := false, false
	for i := range len(w) {
		if w[i] <= '9' {
			digits = true
		} else {
			lettersIn = true
		}
	}
	if !digits || !lettersIn {
		return w
	}
	b := []byte(w)
	for i, c := range b {
		if c <= '9' {
			b[i] = "olzeasgtbg"[c-'0']
			if c == '1' && (i+1 == len(b) || !vowel(b[i+1])) {
				b[i] = 'i'
			}
		}
	}
	return string(b)
}

// mostWords is how many words of a name are compared.
const mostWords = 40

// assemble puts the words together, tells what each is, and weighs them.
func assemble(fields ...[]part) Name {
	var n Name
	var parts []part
	for _, f := range fields {
		for len(f) > 1 && titles[f[0].text] {
			f = f[1:]
		}
		for len(f) > 1 && f[len(f)-1].kind == plain && suffixes[f[len(f)-1].text] != "" {
			n.suffix = suffixes[f[len(f)-1].text]
			f = f[:len(f)-1]
		}
		parts = append(parts, f[:min(len(f), mostWords)]...)
	}
	parts = joinDin(splitServants(parts))
	if len(parts) > mostWords {
		parts = parts[:mostWords]
	}
	for i := range parts {
		p, last := &parts[i], i == len(parts)-1
		switch {
		case len(parts) == 1:
		case i == 0 && callNames[p.text] && (len(parts) == 2 || p.text == "ben"):
		case particles[p.text] && !(last && inside[p.text]) && p.script == alphabet:
			p.kind = particle
		case len(p.text) == 1 && p.script != signs:
			p.kind = initial
		case servants[p.text] && !last:
			p.kind = servant
		case lightTitles[p.text] && len(parts) > 2:
			p.kind = honorific
		case len(parts) > 2 && len(p.text) > 6 && fatherly(p.text):
			p.kind = patronymic
		}
		p.father = i > 0 && fathers[parts[i-1].text]
	}
	meaning := false
	for i := range parts {
		meaning = meaning || parts[i].kind == plain || parts[i].kind == patronymic
	}
	for i := range parts {
		p := &parts[i]
		if !meaning {
			p.kind = plain
		}
		p.bits = Bits(p.text)
		switch p.kind {
		case particle:
			p.weight, p.bits = 0.06, 0
		case honorific:
			p.weight, p.bits = 0.2, 0
		case servant:
			p.weight, p.bits = 0.3, 1
		case initial:
			p.weight, p.bits = 0.5, 3
		default:
			p.weight = 0.75 + 0.25*(p.bits-6)/float64(rare-6)
			if len(p.text) <= 2 {
				p.weight = 0.7
			}
			if titles[p.text] || lightTitles[p.text] {
				p.bits = 0 // a title without a name
			}
		}
	}
	n.parts = parts
	var b strings.Builder
	for i := range parts {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(parts[i].text)
	}
	n.text = b.String()
	for i := range parts {
		b.WriteByte(byte(parts[i].role))
		b.WriteString(parts[i].native)
	}
	n.order = b.String() + n.suffix
	return n
}

func fatherly(w string) bool {
	for _, end := range [...]string{"ovich", "evich", "ovych", "evych", "ovitch", "evitch", "owitsch", "ovna", "evna", "ivna", "yivna", "ogly", "oglu", "kyzy"} {
		if strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// splitServants parts abdulaziz, abderrahmane into abdul and what follows, for both are also written in two words.
func splitServants(parts []part) []part {
	for i := 0; i < len(parts); i++ {
		w := parts[i].text
		if len(w) < 7 || !strings.HasPrefix(w, "abd") {
			continue
		}
		for _, pre := range [...]string{"abdul", "abdel", "abdal", "abdur", "abder", "abdir", "abdor", "abdus", "abdoul", "abdou", "abdu", "abde", "abdi"} {
			rest, ok := strings.CutPrefix(w, pre)
			if !ok || len(rest) < 3 || strings.HasSuffix(rest, "lah") || strings.HasSuffix(rest, "la") {
				continue
			}
			if _, known := variants().spelling[rest]; known || len(rest) >= 4 && pre[len(pre)-1] == 'l' {
				tail := parts[i]
				tail.text = rest
				head := part{text: "abdul", role: tail.role, script: tail.script}
				parts = append(parts[:i], append([]part{head, tail}, parts[i+1:]...)...)
				i++
				break
			}
		}
	}
	// abd al aziz: the article belongs to abd
	out := parts[:0:0]
	for i, p := range parts {
		if i > 0 && servants[parts[i-1].text] && (p.text == "al" || p.text == "el" || p.text == "ul" || p.text == "ur" || p.text == "ar") && i+1 < len(parts) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// joinDin writes salah al din, salaheddine, salah uddin as salahuddin.
func joinDin(parts []part) []part {
	for i := range parts {
		for _, end := range [...]string{"uddin", "addin", "eddine", "eddin", "aldin", "eldin", "oddin", "uldin", "udeen", "uddeen", "aldeen", "eldeen", "adine", "ettin", "attin"} {
			if stem, ok := strings.CutSuffix(parts[i].text, end); ok && len(stem) >= 3 {
				parts[i].text = stem + "uddin"
				break
			}
		}
	}
	for i := 1; i < len(parts); i++ {
		end := parts[i].text
		from := i
		switch {
		case i > 1 && (end == "din" || end == "deen" || end == "dine") && (particles[parts[i-1].text] || parts[i-1].text == "id"):
			from = i - 2
		case end == "uddin" || end == "eddine" || end == "eddin" || end == "aldin" || end == "eldin":
			from = i - 1
		}
		if from < i && len(parts[from].text) >= 3 && !particles[parts[from].text] && parts[from].role == parts[i].role {
			parts[from].text += "uddin"
			parts[from].native = ""
			parts = append(parts[:from+1], parts[i+1:]...)
			i = from + 1
		}
	}
	return parts
}
