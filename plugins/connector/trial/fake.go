package trial

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
	"unicode"

	"muster/plugins/pole"
)

// faker makes values that look like the ones they stand for: the same form and length, the same fake for the same value
// however it is written, and nothing that leads back. Its key is made anew for each recording and forgotten.
type faker struct {
	key  []byte
	dict *pole.Dictionary
}

// stream gives numbers that depend on what is faked and nothing else.
func (f *faker) stream(of string, try int) func() uint32 {
	n := uint32(0)
	return func() uint32 {
		m := hmac.New(sha256.New, f.key)
		var b [8]byte
		binary.BigEndian.PutUint32(b[:4], n)
		binary.BigEndian.PutUint32(b[4:], uint32(try)) //nolint:gosec // a small count
		m.Write(b[:])
		m.Write([]byte(of))
		n++
		return binary.BigEndian.Uint32(m.Sum(nil))
	}
}

// as makes a fake of a value of property p ("" where none is known). Where the value is a good one of its type, so is the fake.
func (f *faker) as(p pole.Property, v string) string {
	def, known := f.dict.Property(p)
	if !known {
		return f.masked(v, 0)
	}
	good := f.dict.Normalise(p, v).Norm != ""
	for try := range 500 {
		var out string
		switch def.Type {
		case pole.TypePhone:
			out = f.phone(v, try)
		case pole.TypeCoordinates:
			out = f.coordinates(v, try)
		default:
			out = f.masked(v, try)
		}
		if !good || f.dict.Normalise(p, out).Norm != "" {
			return out
		}
	}
	return f.masked(v, 0)
}

// masked replaces letters by letters and digits by digits; a date becomes another date.
func (f *faker) masked(v string, try int) string {
	if d, ok := f.date(v, try); ok {
		return d
	}
	var folded strings.Builder
	for _, r := range v {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			folded.WriteRune(unicode.ToLower(r))
		}
	}
	next := f.stream(folded.String(), try)
	var b strings.Builder
	first := true
	for _, r := range v {
		switch {
		case unicode.IsDigit(r):
			d := next() % 10
			if first && r != '0' && d == 0 {
				d = 1 // a number keeps its length
			}
			b.WriteByte(byte('0' + d))
			first = false
		case unicode.IsLetter(r):
			b.WriteRune(letter(r, next()))
			first = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// letter gives another letter of the same case, a vowel for a vowel.
func letter(r rune, n uint32) rune {
	set := "bcdfghjklmnprstvwz"
	if strings.ContainsRune("aeiouyAEIOUY", r) {
		set = "aeiou"
	}
	c := rune(set[n%uint32(len(set))]) //nolint:gosec // the sets are short
	if unicode.IsUpper(r) {
		return unicode.ToUpper(c)
	}
	return c
}

// layouts are the ways of writing a date that are known by their looks.
var layouts = []string{"2006-01-02", "02/01/2006", "2006/01/02", "02-01-2006", "02.01.2006", "20060102", "02 Jan 2006", "2 January 2006", "02-Jan-2006", "January 2, 2006"}

// date moves a date by up to two years, and leaves what follows it (a time of day) as it is.
func (f *faker) date(v string, try int) (string, bool) {
	for _, l := range layouts {
		head, rest := v, ""
		if len(v) > len(l) && (l == "2006-01-02" || l == "02/01/2006" || l == "2006/01/02") && strings.ContainsRune("T ", rune(v[len(l)])) {
			head, rest = v[:len(l)], v[len(l):]
		}
		t, err := time.Parse(l, head)
		if err != nil || t.Year() < 1850 || t.Year() > 2100 {
			continue
		}
		next := f.stream("date"+t.Format("2006-01-02"), try)
		days := int(next()%1461) - 730
		return t.AddDate(0, 0, days).Format(l) + rest, true
	}
	return "", false
}

// phone replaces the last six digits, so that the fake is still of its kind.
func (f *faker) phone(v string, try int) string {
	rs := []rune(v)
	var digits []int
	var last strings.Builder
	for i, r := range rs {
		if r >= '0' && r <= '9' {
			digits = append(digits, i)
		}
	}
	from := max(len(digits)-6, 0)
	for _, i := range digits[from:] {
		last.WriteRune(rs[i])
	}
	next := f.stream("phone"+last.String(), try)
	for _, i := range digits[from:] {
		rs[i] = rune('0' + next()%10)
	}
	return string(rs)
}

// coordinates change what follows the first decimal: some kilometres.
func (f *faker) coordinates(v string, try int) string {
	next := f.stream("place"+v, try)
	var b strings.Builder
	decimals := -1
	for _, r := range v {
		switch {
		case r == '.':
			decimals = 0
		case r < '0' || r > '9':
			decimals = -1
		case decimals >= 0:
			decimals++
		}
		if decimals > 1 && r >= '0' && r <= '9' {
			r = rune('0' + next()%10)
		}
		b.WriteRune(r)
	}
	return b.String()
}
