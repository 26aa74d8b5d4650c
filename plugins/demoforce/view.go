package demoforce

import (
	"slices"
	"strings"
	"unicode"
)

// view is a person as one system came to know them: misheard, moved, half remembered.
type view struct {
	*person
	given, middle, sur string
	dob                day
	pnc                string
	mobile, landline   string
	at                 *place // current address as this system has it; nil if none
	old                *place
}

// see draws what a system has of p. level 1 is usual carelessness.
func see(d dice, p *person, level float64) view {
	v := view{person: p, given: p.given, middle: p.middle, sur: p.sur, dob: p.dob, pnc: p.pnc, mobile: p.mobile, landline: p.landline, at: p.home()}
	if len(p.homes) > 1 {
		v.old = p.homes[1].at
	}
	if p.story != "" {
		return v
	}
	if d.pc(4 * level) {
		v.sur = misspell(d, v.sur)
	}
	if d.pc(3 * level) {
		v.given = misspell(d, v.given)
	} else if ns := nicknames[p.given]; len(ns) > 0 && d.pc(4*level) {
		v.given = pick(d, ns)
	}
	if d.pc(25 * level) {
		v.middle = ""
	} else if v.middle != "" && d.pc(5*level) {
		v.middle = v.middle[:1]
	}
	switch r := d.Float64() * 100 / level; {
	case r < 2.5:
		v.dob = p.dob.swapped()
	case r < 4:
		v.dob.y++
	case r < 5:
		v.dob = day{p.dob.y, 1, 1}
	case r < 9:
		v.dob = day{}
	}
	if v.old != nil && d.pc(30*level) {
		v.at, v.old = v.old, nil
	} else if d.pc(8 * level) {
		v.at = nil
	}
	if d.pc(20 * level) {
		v.mobile = ""
	}
	if d.pc(25 * level) {
		v.landline = ""
	}
	if p.pnc != "" && (d.pc(12*level) || p.nfa && d.pc(20)) {
		v.pnc = ""
	} else if p.wrongPNC && d.pc(60) {
		v.pnc = wrongLetter(p.pnc)
	}
	return v
}

// misspell writes a name as a tired clerk would.
func misspell(d dice, s string) string {
	if vs := spellings[s]; len(vs) > 0 && d.pc(75) {
		return pick(d, vs)
	}
	r := []rune(s)
	if len(r) < 4 {
		return s
	}
	i := 1 + d.IntN(len(r)-2)
	switch d.IntN(4) {
	case 0: // two letters exchanged
		if !unicode.IsLetter(r[i]) || !unicode.IsLetter(r[i+1]) {
			return s
		}
		r[i], r[i+1] = r[i+1], r[i]
	case 1: // one left out
		r = append(r[:i], r[i+1:]...)
	case 2: // one doubled
		r = append(r[:i+1], r[i:]...)
	default: // a neighbour on the keyboard, or an accent lost
		if p := plain(s); p != s {
			return p
		}
		const keys = "qwertyuiopasdfghjklzxcvbnm"
		if k := strings.IndexRune(keys, unicode.ToLower(r[i])); k > 0 {
			r[i] = rune(keys[k-1])
		}
	}
	return string(r)
}

var folds = strings.NewReplacer("ą", "a", "ć", "c", "ę", "e", "ł", "l", "ń", "n", "ó", "o", "ś", "s", "ź", "z", "ż", "z", "Ą", "A", "Ć", "C", "Ę", "E", "Ł", "L", "Ń", "N", "Ó", "O", "Ś", "S", "Ź", "Z", "Ż", "Z",
	"á", "a", "é", "e", "í", "i", "ú", "u", "ö", "o", "ü", "u", "ä", "a", "ô", "o", "â", "a", "ê", "e", "î", "i", "ŵ", "w", "ŷ", "y", "è", "e", "ç", "c", "'", "", "’", "", "-", "")

// plain drops accents, apostrophes and hyphens.
func plain(s string) string {
	if ascii(s) && !strings.ContainsAny(s, "'-") {
		return s
	}
	return folds.Replace(s)
}

// fold is plain in lower case with single spaces: how the systems compare names.
func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(plain(s))), " ") }

// tokens are the folded words of all parts, once each, for word searches. It runs for every record at the start, so
// plain ASCII, which nearly everything is, is cut without the replacer.
func tokens(parts ...string) []string {
	out := make([]string, 0, 4*len(parts))
	for _, p := range parts {
		if !ascii(p) {
			p = strings.ToLower(dashes.Replace(plain(p)))
		}
		var word []byte
		for i := 0; i <= len(p); i++ {
			c := byte(' ')
			if i < len(p) {
				c = p[i]
			}
			switch {
			case c >= 'A' && c <= 'Z':
				word = append(word, c+'a'-'A')
			case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80:
				word = append(word, c)
			case c == '\'' || c == '-': // as plain has it
			case len(word) > 0:
				if w := string(word); !slices.Contains(out, w) {
					out = append(out, w)
				}
				word = word[:0]
			}
		}
	}
	return out
}

var dashes = strings.NewReplacer("—", " ", "–", " ", "£", " ")

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// hasWords reports whether every word of query begins some word of have.
func hasWords(have []string, query []string) bool {
next:
	for _, q := range query {
		for _, h := range have {
			if strings.HasPrefix(h, q) {
				continue next
			}
		}
		return false
	}
	return true
}

// nameIs compares a criterion with a name: whole, or by prefix with a trailing star.
func nameIs(name, criterion string) bool {
	if p, ok := strings.CutSuffix(criterion, "*"); ok {
		return strings.HasPrefix(fold(name), fold(p))
	}
	return fold(name) == fold(criterion)
}

// digits keeps only digits, and writes a British number without +44.
func digits(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "+44") {
		s = "0" + strings.TrimPrefix(strings.TrimPrefix(s, "+44"), "(0)")
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// squash drops everything but letters and digits and writes capitals: plates, postcodes, references.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// pncKey makes 14/120018R and 2014/0120018R comparable.
func pncKey(s string) string {
	y, rest, ok := strings.Cut(strings.ToUpper(strings.ReplaceAll(s, " ", "")), "/")
	if !ok {
		return squash(s)
	}
	if len(y) == 4 {
		y = y[2:]
	}
	return y + strings.TrimLeft(rest, "0")
}

// spokenMobile writes 07700 900412, 0113 496 0123.
func spokenPhone(s string) string {
	switch {
	case len(s) == 11 && s[:2] == "07", len(s) == 11 && s[:5] == "01632":
		return s[:5] + " " + s[5:]
	case len(s) == 11:
		return s[:4] + " " + s[4:7] + " " + s[7:]
	}
	return s
}

func upper(s string) string { return strings.ToUpper(s) }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// nz is nil for "" and a pointer otherwise: JSON null.
func nz(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
