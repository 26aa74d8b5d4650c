package names

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode/table"
	"golang.org/x/text/unicode/norm"
)

// Fold writes a name in lower-case Latin letters and digits, words parted by single spaces: other scripts are
// transliterated, accents and apostrophes go (O'Brien: obrien), hyphens and other signs part words. A title before a
// name (Mr, Dr, Sheikh, Haji) and a suffix behind it (Jr, Snr, III) go too, unless nothing else would be left; Suffix
// tells the suffix. Folding what is folded changes nothing. Empty when s holds no letter or digit.
func Fold(s string) string {
	return strip(latin(s))
}

// Tokens are the words of Fold(s).
func Tokens(s string) []string {
	return strings.Fields(Fold(s))
}

// Suffix is the generational suffix of a name in its short form: jr, sr, 2nd, 3rd, 4th; empty without one.
func Suffix(s string) string {
	words := strings.Fields(latin(s))
	if len(words) < 2 {
		return ""
	}
	return suffixes[words[len(words)-1]]
}

// latin is Fold with titles and suffixes left in place.
func latin(s string) string {
	plain, done := true, true // done: already folded
	space := true
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			plain, done = false, false
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			space = false
		case c == ' ' && !space:
			space = true
		default:
			done = false
		}
	}
	if done && (!space || s == "") {
		return s
	}
	if !plain {
		s = transliterate(s, foreign(s))
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			out = append(out, c)
		case c >= 'A' && c <= 'Z':
			out = append(out, c+('a'-'A'))
		case c == '\'' || c == '`' || c == '"':
		case c == '&':
			out = append(out, " and "...)
		default:
			if n := len(out); n > 0 && out[n-1] != ' ' {
				out = append(out, ' ')
			}
		}
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return squeeze(string(out))
}

// squeeze makes one space of many and trims.
func squeeze(s string) string {
	if !strings.Contains(s, "  ") && !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// strip takes titles from the front and suffixes from the end of a folded name, as long as something is left.
func strip(s string) string {
	for {
		word, rest := firstWord(s)
		if rest == "" || !titles[word] && !(honorifics[word] && strings.Contains(rest, " ")) {
			break
		}
		s = rest
	}
	for {
		i := strings.LastIndexByte(s, ' ')
		if i < 0 || suffixes[s[i+1:]] == "" {
			return s
		}
		s = s[:i]
	}
}

// firstWord cuts the first of several words parted by single spaces.
func firstWord(s string) (word, rest string) {
	word, rest, _ = strings.Cut(s, " ")
	return word, rest
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	// titles are never names.
	titles = set("mr mrs ms miss mx mister missus messrs master dr doctor prof professor sir dame rev revd reverend " +
		"honourable honorable rt hrh esq madam madame mme mlle monsieur herr frau fraulein senor senora senorita " +
		"signor signora dott dottore dottoressa pc wpc dc dci dcs dsu sgt insp capt captain lt cllr")
	// honorifics are names too in places: they go from the front only, when a name of two words is left.
	honorifics = set("sheikh shaikh shaykh sheik shaik shekh haji hajji hajj hadji haj mullah mulla maulana mawlana maulvi mawlawi " +
		"moulvi molvi ustad ustaz hazrat alhaj alhaji lord lady baron baroness princess king queen general major colonel " +
		"lieutenant brigadier admiral inspector sergeant constable father sister brother pandit swami sri shri shrimati smt president ayatollah")
	suffixes = map[string]string{
		"jr": "jr", "jnr": "jr", "junior": "jr", "sr": "sr", "snr": "sr", "senior": "sr",
		"ii": "2nd", "2nd": "2nd", "iii": "3rd", "3rd": "3rd", "iv": "4th", "4th": "4th", "esq": "esq",
		"obe": "obe", "mbe": "mbe", "cbe": "cbe", "qpm": "qpm", "phd": "phd", "qc": "qc", "kc": "kc",
	}
)

// dot is what Chinese and Japanese writing puts between the words of a foreign name.
func dot(r rune) bool { return r == '·' || r == '・' || r == '•' || r == '‧' || r == '．' }

// transliterate writes s in ASCII. The tables come from a library; what romanisation of names does otherwise (Arabic
// vowel letters, Cyrillic endings, a syllable block being a word of its own) is put right here.
func transliterate(s string, foreign bool) string {
	s = norm.NFKC.String(s)
	var out strings.Builder
	out.Grow(len(s) + 16)
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r < utf8.RuneSelf:
			out.WriteByte(byte(r))
		case r == '’' || r == '‘' || r == 'ʼ' || r == 'ʻ' || r == 'ʾ' || r == 'ʿ' || r == '´' || r == 'ʹ' || r == 'ʺ' || r == '′' || r == '‛':
		case dot(r):
			out.WriteByte(' ')
		case unicode.Is(unicode.Mn, r) && unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Inherited):
			// points over and under letters are left out, for most writers leave them out
		case han(r):
			// Each sign is a syllable. The library says 'Xi '.
			if !foreign {
				out.WriteByte(' ')
			}
			out.WriteString(strings.TrimSpace(lookup(r)))
			if !foreign {
				out.WriteByte(' ')
			}
		case unicode.Is(unicode.Hangul, r):
			out.WriteByte(' ')
			out.WriteString(syllable(strings.TrimSpace(lookup(r))))
		case unicode.Is(unicode.Arabic, r):
			if r == 'ل' && i > 0 && (runes[i-1] == 'ا' || runes[i-1] == 'ٱ') && (i == 1 || !unicode.IsLetter(runes[i-2])) && lettersFrom(runes[i+1:]) >= 3 {
				out.WriteString("l ") // the article
				continue
			}
			if r == 'ع' && (i == 0 || !unicode.IsLetter(runes[i-1])) {
				out.WriteByte('a') // some vowel follows it, most often this one
			} else if t, ok := arabic[r]; ok {
				out.WriteString(t)
			} else {
				out.WriteString(lookup(r))
			}
		default:
			if t, ok := letters[unicode.ToLower(r)]; ok {
				out.WriteString(t)
			} else if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || r < 0x100 {
				out.WriteString(lookup(r))
			} else {
				out.WriteByte(' ')
			}
		}
	}
	return out.String()
}

// syllable writes a Korean syllable as passports do: what closes it is k, t, p.
func syllable(s string) string {
	if n := len(s); n > 2 {
		switch s[n-1] {
		case 'g':
			if s[n-2] != 'n' {
				return s[:n-1] + "k"
			}
		case 'd':
			return s[:n-1] + "t"
		case 'b':
			return s[:n-1] + "p"
		}
	}
	return s
}

// foreign tells whether s is a foreign name in Chinese signs, which then stand for sounds and do not make words of their own.
func foreign(s string) bool { return strings.ContainsFunc(s, dot) && strings.ContainsFunc(s, han) }

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func lettersFrom(rs []rune) int {
	n := 0
	for n < len(rs) && unicode.IsLetter(rs[n]) {
		n++
	}
	return n
}

func lookup(r rune) string {
	if page := table.Tables[r>>8]; int(r&0xff) < len(page) {
		return page[r&0xff]
	}
	return ""
}

// arabic letters, for Arabic, Persian and Urdu names: long vowels are written, throat sounds are not.
var arabic = map[rune]string{
	'ا': "a", 'آ': "a", 'أ': "a", 'إ': "i", 'ٱ': "a", 'ى': "a", 'ة': "a", 'ء': "", 'ئ': "i", 'ؤ': "u", 'ع': "", 'و': "w", 'ي': "y", 'ی': "y",
	'ث': "th", 'ح': "h", 'خ': "kh", 'ذ': "dh", 'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'غ': "gh", 'ق': "q", 'ه': "h",
	'ہ': "h", 'ھ': "h", 'ک': "k", 'گ': "g", 'چ': "ch", 'ژ': "zh", 'پ': "p", 'ے': "e", 'ں': "n", 'ٹ': "t", 'ڈ': "d", 'ڑ': "r", 'ۀ': "a", 'ۃ': "a",
	'ـ': "",
}

// letters of Cyrillic and Hebrew that passports and newspapers write otherwise than the library; and a few of other alphabets.
var letters = map[rune]string{
	'ё': "e", 'й': "y", 'ю': "yu", 'я': "ya", 'ц': "ts", 'щ': "shch", 'ь': "", 'ъ': "", 'ы': "y", 'є': "ye", 'ї': "yi", 'і': "i", 'ґ': "g",
	'қ': "k", 'ң': "n", 'ұ': "u", 'ү': "u", 'ғ': "gh", 'һ': "h", 'ә': "a", 'ө': "o", 'ђ': "dj", 'ћ': "c", 'џ': "dz", 'ј': "j", 'љ': "lj", 'њ': "nj",
	'א': "a", 'ו': "w", 'ח': "h", 'ע': "a", 'צ': "ts", 'ץ': "ts", 'ש': "sh",
	'ı': "i", 'ə': "a", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ð': "d", 'þ': "th", 'ß': "ss", 'ł': "l", 'đ': "d", 'ŋ': "ng",
}
