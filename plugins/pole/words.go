package pole

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// cleanText is the canonical form of text: valid UTF-8, NFC, no control characters, trimmed, spaces single.
// With lines kept, line ends become "\n" and only spaces within lines are made single.
func cleanText(s string, lines bool) string {
	if plain(s) {
		return s
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	if !lines {
		return strings.Join(strings.FieldsFunc(s, blank), " ")
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	rows := strings.Split(s, "\n")
	for i, r := range rows {
		rows[i] = strings.Join(strings.FieldsFunc(r, blank), " ")
	}
	return strings.Trim(strings.Join(rows, "\n"), "\n")
}

// plain reports whether s is clean already: visible ASCII with single spaces between. Most values are.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ') {
			return false
		}
	}
	return true
}

// blank is what separates words: spaces, control characters and invisible format characters.
func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\uFEFF' || r == '\u200B' || r == '\u2060'
}

var quotes = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "`", "'", "´", "'", "‐", "-", "‑", "-", "–", "-", "—", "-")

// cleanName is the canonical form of a name: upper case, apostrophes and hyphens kept in their plain form.
func cleanName(s string) string {
	s = cleanText(s, false)
	if plain(s) {
		return strings.ReplaceAll(strings.ToUpper(s), "`", "'")
	}
	for range 4 { // a few letters need a second pass to settle
		next := cleanText(quotes.Replace(cases.Upper(language.Und).String(s)), false)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// letters that have no decomposition into a base letter and a mark
var plainLetters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ŋ", "n", "ŧ", "t")

// FoldName folds a name for comparing and searching: lower case, no diacritics, no apostrophes, and single spaces for
// anything between words. "O’Brien-Łukasz" becomes "obrien lukasz".
func FoldName(s string) string { return strings.Join(Tokens(s), " ") }

// Tokens are the words of FoldName, in order.
func Tokens(s string) []string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		s = strings.ToLower(s)
	} else {
		s = cases.Fold().String(norm.NFKD.String(strings.ToValidUTF8(s, " ")))
		s = plainLetters.Replace(norm.NFKD.String(strings.ToLower(s))) // ToLower: Fold settles Cherokee on capitals
	}
	if ascii { // words of letters and digits only, which most values are, need no copy
		simple := true
		for i := 0; i < len(s) && simple; i++ {
			c := s[i]
			simple = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == ' '
		}
		if simple {
			return strings.Fields(s)
		}
	}
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == '‘', r == 'ʼ', r == '`', r == '´':
		default:
			flush()
		}
	}
	flush()
	return out
}

// NameTokens are the words of a full name in natural order: "MILLER, Aaron James" gives aaron, james, miller.
func NameTokens(s string) []string {
	if before, after, ok := strings.Cut(s, ","); ok && !strings.Contains(after, ",") {
		first, last := Tokens(after), Tokens(before)
		if len(first) > 0 && len(last) > 0 {
			return append(first, last...)
		}
	}
	return Tokens(s)
}

// foldCode is how codes and their spellings are compared: without case, spaces, punctuation and diacritics.
func foldCode(s string) string { return strings.Join(Tokens(s), "") }

// foldSpace compares without case and surplus spaces only.
func foldSpace(s string) string { return strings.ToUpper(cleanText(s, false)) }

// nameCase writes an upper-case name as people do: "O'BRIEN-SMITH" becomes "O'Brien-Smith", "MCDONALD" "McDonald".
func nameCase(s string) string {
	out := []rune(strings.ToLower(s))
	start := true
	for i, r := range out {
		if unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) {
			if start {
				out[i] = unicode.ToTitle(r)
			}
			start = false
			continue
		}
		// A letter after an apostrophe is a capital only after O' or D'; "JONES'S" keeps its small s.
		start = r != '\'' || i == 1 || (i >= 2 && !unicode.IsLetter(out[i-2]))
	}
	words := strings.Fields(string(out))
	for i, w := range words {
		if rest, ok := strings.CutPrefix(w, "Mc"); ok && len(rest) > 2 {
			r, n := utf8.DecodeRuneInString(rest)
			words[i] = "Mc" + string(unicode.ToTitle(r)) + rest[n:]
		}
	}
	return strings.Join(words, " ")
}

// oneCase reports whether s has letters and all of them are of one case, as systems without small letters write.
func oneCase(s string) bool {
	return s == strings.ToUpper(s) || s == strings.ToLower(s)
}
