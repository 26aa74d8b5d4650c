package linkage

import (
	"regexp"
	"slices"
	"strings"

	"muster/app/match/names"
	"muster/plugins/pole"
)

// maxWords is how many words of a name or an address line are compared.
const maxWords = 14

type nameValue struct {
	word                 [6]uint32 // given, then further, then surname
	given, more, surname uint8     // how many of each; given and surname are at most 1 and 2
}

func (n *nameValue) first() uint32 {
	if n.given > 0 {
		return n.word[0]
	}
	return 0
}

func (n *nameValue) last() uint32 {
	if n.surname > 0 {
		return n.word[n.given+n.more+n.surname-1]
	}
	return 0
}

func (n *nameValue) all() []uint32 { return n.word[:n.given+n.more+n.surname] }

type dateValue struct {
	y    uint16
	m, d uint8 // 0 is unknown
}

type postcodeValue struct {
	s       string // without a space
	outcode int    // length; 0 where the form is not British
	area    int
}

type lineValue struct {
	words  []uint32 // sorted
	number []uint32 // those with a digit, sorted
}

type codeValue struct {
	s       string
	misread string // of plates: letters and digits that are taken for one another made one
	valid   bool
}

type textValue struct {
	s     string
	words []uint32
}

// grow makes room for as many values as there are.
func (c *column) grow() {
	n := len(c.raw)
	switch c.f.sort {
	case ofName:
		c.names = grown(c.names, n)
	case ofDate:
		c.dates = grown(c.dates, n)
	case ofPostcode:
		c.postcodes = grown(c.postcodes, n)
	case ofLine:
		c.lines = grown(c.lines, n)
	case ofCode, ofPlate, ofPhone:
		c.codes = grown(c.codes, n)
	default:
		c.texts = grown(c.texts, n)
	}
}

func grown[T any](s []T, n int) []T { return slices.Grow(s, n-len(s))[:n] }

// read prepares value n, which has the given slots, and reports whether there is anything to compare.
func (c *column) read(slots *slots, n uint32) (ok bool) {
	d := c.dict
	norm := func(i int) (s string, fine bool) {
		raw := slots.s[i]
		if raw == "" {
			return "", false
		}
		v := d.Normalise(c.f.parts[slots.part[i]].property, raw)
		switch {
		case v.Problem == pole.ProblemUnknown:
			return "", false
		case v.Norm != "" && v.Problem != "" && c.f.sort == ofDate: // what systems write for a date they do not know
			return "", false
		case v.Norm == "":
			return raw, false
		}
		return v.Norm, v.Problem == ""
	}
	switch c.f.sort {
	case ofName:
		var v nameValue
		if !c.readName(&v, norm, slots) {
			return false
		}
		c.names[n] = v
	case ofDate:
		s, fine := norm(0)
		v, ok := readDate(s, fine)
		if !ok {
			return false
		}
		c.dates[n] = v
	case ofPostcode:
		s, fine := norm(0)
		if slots.n > 0 && slots.kind[0] == slotFull { // a whole address
			if at := postcodeIn.FindStringSubmatchIndex(slots.s[0]); at != nil {
				s, fine = slots.s[0][at[2]:at[3]]+slots.s[0][at[4]:at[5]], true
			} else {
				return false
			}
		}
		v := postcodeValue{s: compact(s)}
		if v.s == "" {
			return false
		}
		if fine || postcodeIn.MatchString(s) {
			v.outcode = max(len(v.s)-3, 0)
			for v.area < v.outcode && v.s[v.area] > '9' {
				v.area++
			}
		}
		c.postcodes[n] = v
	case ofLine:
		var v lineValue
		for i := range slots.n {
			s, _ := norm(i)
			if noAddress.MatchString(s) {
				continue
			}
			if slots.kind[i] == slotFull {
				s = postcodeIn.ReplaceAllString(s, " ")
			}
			for _, w := range names.Tokens(s) {
				if len(v.words) == maxWords {
					break
				}
				w = streetWord(w)
				k := c.words.number(w)
				if !slices.Contains(v.words, k) {
					v.words = append(v.words, k)
					if c.words.list[k].digit {
						v.number = append(v.number, k)
					}
				}
			}
		}
		if len(v.words) == 0 {
			return false
		}
		slices.Sort(v.words)
		slices.Sort(v.number)
		c.lines[n] = v
	case ofCode, ofPlate, ofPhone:
		s, fine := norm(0)
		v := codeValue{s: compact(s), valid: fine}
		if c.f.sort == ofPhone {
			v.s = digits(s)
			if len(v.s) > 9 && fine {
				v.s = v.s[max(0, len(v.s)-10):]
			}
		}
		if fine && c.f.sort == ofCode {
			if k := d.Key(c.f.property, pole.Value{Norm: s}); k != "" {
				v.s = compact(k)
			}
		}
		if len(v.s) < 2 {
			return false
		}
		if c.f.sort == ofPlate {
			v.misread = misreadPlate(v.s)
		}
		c.codes[n] = v
	case ofEmail:
		s, _ := norm(0)
		s = strings.ToLower(strings.TrimSpace(s))
		if s == "" {
			return false
		}
		c.texts[n] = textValue{s: s}
	case ofText:
		s, _ := norm(0)
		v := textValue{}
		tokens := names.Tokens(s)
		if len(tokens) == 0 {
			return false
		}
		v.s = strings.Join(tokens, " ")
		for _, w := range tokens {
			v.words = append(v.words, c.words.number(w))
		}
		c.texts[n] = v
	default:
		s, _ := norm(0)
		s = strings.ToLower(strings.TrimSpace(s))
		if s == "" {
			return false
		}
		c.texts[n] = textValue{s: s}
	}
	return true
}

// nameTokens are the words of a name, without those that systems write for a name they do not know.
func (c *column) nameTokens(s string) []string {
	return slices.DeleteFunc(names.Tokens(s), func(w string) bool {
		_, known := c.words.index[w] // what is in the list has been let through
		return !known && len(w) > 1 && c.dict.NormaliseAs(pole.TypeName, "", w).Problem == pole.ProblemUnknown
	})
}

func (c *column) readName(v *nameValue, norm func(int) (string, bool), slots *slots) bool {
	var given, more, surname, full []string
	for i := range slots.n {
		s, _ := norm(i)
		if s == "" {
			continue
		}
		switch slots.kind[i] {
		case slotGiven:
			given = append(given, c.nameTokens(s)...)
		case slotMiddle:
			more = append(more, c.nameTokens(s)...)
		case slotSurname:
			surname = append(surname, c.nameTokens(s)...)
		default:
			if before, after, ok := strings.Cut(s, ","); ok {
				switch {
				case strings.ContainsAny(after, "0123456789") || len(names.Tokens(before)) > 2: // a rank: 1st Baronet
					s = before
				case !strings.Contains(after, ","):
					s = after + " " + before
				}
			}
			full = append(full, c.nameTokens(s)...)
		}
	}
	// A whole name beside its parts may say more than they do.
	if len(full) > 0 {
		switch {
		case len(given) == 0 && len(surname) == 0 && len(full) == 1:
			given = full
		case len(given) == 0 && len(surname) == 0:
			given, surname = full[:len(full)-1], full[len(full)-1:]
		default:
			rest := full[:0:0]
			have := slices.Concat(given, more, surname)
			for _, w := range full {
				if !slices.Contains(have, w) {
					rest = append(rest, w)
				}
			}
			switch {
			case len(given) == 0 && len(rest) > 0:
				given = rest
			case len(surname) == 0 && len(rest) > 0:
				more, surname = append(more, rest[:len(rest)-1]...), rest[len(rest)-1:]
			default:
				more = append(more, rest...)
			}
		}
	}
	if len(given) > 1 {
		more = append(slices.Clone(given[1:]), more...)
		given = given[:1]
	}
	if len(surname) > 2 {
		surname = surname[len(surname)-2:]
	}
	if len(surname) == 2 && (len(surname[0]) <= 2 || particle[surname[0]]) {
		surname = []string{surname[0] + surname[1]}
	}
	more = more[:min(len(more), len(v.word)-len(given)-len(surname))]
	n := 0
	for _, w := range slices.Concat(given, more, surname) {
		v.word[n] = c.words.number(w)
		n++
	}
	v.given, v.more, v.surname = uint8(len(given)), uint8(len(more)), uint8(len(surname))
	return n > 0
}

// particle are words that belong to the surname that follows them.
var particle = map[string]bool{"mac": true, "von": true, "van": true, "der": true, "den": true, "del": true, "della": true, "dos": true, "das": true, "ibn": true, "bin": true, "saint": true}

var (
	postcodeIn = regexp.MustCompile(`(?i)\b([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\b`)
	noAddress  = regexp.MustCompile(`(?i)^\W*(of )?(no fixed (abode|address|place)|n\.?f\.?a\.?|homeless|rough sleeper)\b`) // no two live there
	dateIn     = regexp.MustCompile(`^(\d{4})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})\b`)
	dateInUK   = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})\b`)
)

// readDate reads a date, and one that cannot be true as well: a slip of one digit is still near what was meant.
func readDate(s string, fine bool) (v dateValue, ok bool) {
	if fine {
		switch {
		case len(s) >= 10 && s[4] == '-':
			return dateValue{uint16(number(s[:4])), uint8(number(s[5:7])), uint8(number(s[8:10]))}, true
		case len(s) == 7 && s[4] == '-':
			return dateValue{uint16(number(s[:4])), uint8(number(s[5:7])), 0}, true
		case len(s) == 4:
			return dateValue{uint16(number(s)), 0, 0}, true
		}
	}
	if m := dateIn.FindStringSubmatch(s); m != nil {
		return dateValue{uint16(number(m[1])), uint8(number(m[2])), uint8(number(m[3]))}, true
	}
	if m := dateInUK.FindStringSubmatch(s); m != nil {
		return dateValue{uint16(number(m[3])), uint8(number(m[2])), uint8(number(m[1]))}, true
	}
	return v, false
}

func number(s string) (n int) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func compact(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			b = append(b, c-32)
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b = append(b, c)
		}
	}
	return string(b)
}

func digits(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			b = append(b, s[i])
		} else if len(b) > 6 && (s[i] == 'x' || s[i] == 'X') {
			break // an extension
		}
	}
	return string(b)
}

var plateMisreads = strings.NewReplacer("O", "0", "I", "1", "L", "1", "B", "8", "S", "5", "Z", "2", "G", "6", "Q", "0", "D", "0")

func misreadPlate(s string) string { return plateMisreads.Replace(s) }

// streetWord makes the usual short forms of words in addresses one.
func streetWord(w string) string {
	if f, ok := streetForms[w]; ok {
		return f
	}
	return w
}

var streetForms = map[string]string{
	"street": "st", "saint": "st", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln", "drive": "dr", "drv": "dr", "close": "cl", "court": "ct", "crt": "ct",
	"crescent": "cres", "cr": "cres", "gardens": "gdns", "garden": "gdns", "gdn": "gdns", "grove": "gr", "grv": "gr", "place": "pl", "square": "sq", "terrace": "ter", "terr": "ter", "tce": "ter",
	"boulevard": "blvd", "blv": "blvd", "highway": "hwy", "parade": "pde", "house": "hse", "buildings": "bldgs", "building": "bldg", "apartment": "flat", "apt": "flat", "unit": "flat",
	"mount": "mt", "north": "n", "south": "s", "east": "e", "west": "w", "circuit": "cct", "green": "grn", "park": "pk", "mews": "mws", "view": "vw", "walk": "wlk", "rise": "ris", "way": "wy",
}
