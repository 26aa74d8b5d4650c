// Package filter reads RFC 4515 search filters with gaps for values, and fills them so that no value can change what the
// filter asks.
package filter

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Gap stands for one value, in turn, in a filter or DN that is parsed.
const Gap = '\ue000'

// Error says what is wrong and what to do.
type Error struct{ Say, Cure string }

func (e *Error) Error() string { return e.Say }

// Filter is one filter: a clause, or a set of filters.
type Filter struct {
	op   byte // & | ! or 0 for a clause
	kids []*Filter
	head string  // attribute and operator of a clause, such as "sn="
	lits []piece // its value
	gaps int     // of the whole filter
}

// piece is constant text as it stands, or gap number gap (from 0).
type piece struct {
	text string
	gap  int // -1 for text
}

const maxDepth = 32

// Parse reads a filter in which every Gap stands for a value.
func Parse(text string) (*Filter, error) {
	p := &parser{s: text}
	p.blank()
	f, err := p.filter(0)
	if err != nil {
		return nil, err
	}
	if p.blank(); p.at < len(p.s) {
		return nil, &Error{"After the filter stands more: a bracket too many, or a second filter.", "Put both within one: (&(…)(…)) for 'and', (|(…)(…)) for 'or'."}
	}
	f.gaps = p.gaps
	return f, nil
}

type parser struct {
	s    string
	at   int
	gaps int
}

func (p *parser) blank() {
	for p.at < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) peek() byte {
	if p.at < len(p.s) {
		return p.s[p.at]
	}
	return 0
}

func (p *parser) filter(depth int) (*Filter, error) {
	if p.peek() != '(' {
		return nil, &Error{"A filter begins with a bracket, and here stands none.", "Write every filter in brackets of its own: (&(objectClass=person)(sn=…))."}
	}
	if depth > maxDepth {
		return nil, &Error{"The filter has too many brackets within one another.", "Write it flatter."}
	}
	p.at++
	p.blank()
	f := &Filter{}
	switch c := p.peek(); c {
	case '&', '|', '!':
		f.op = c
		p.at++
		for p.blank(); p.peek() == '('; p.blank() {
			k, err := p.filter(depth + 1)
			if err != nil {
				return nil, err
			}
			f.kids = append(f.kids, k)
		}
		if len(f.kids) == 0 || c == '!' && len(f.kids) > 1 {
			return nil, &Error{fmt.Sprintf("After (%c stands no filter, or more than one.", c), "Write (&(…)(…)), (|(…)(…)) or (!(…))."}
		}
	default:
		if err := p.clause(f); err != nil {
			return nil, err
		}
	}
	if p.peek() != ')' {
		return nil, &Error{"A bracket of the filter is not closed, or holds more than it can.", "Close every bracket in turn; write brackets within a value as \\28 and \\29."}
	}
	p.at++
	return f, nil
}

var head = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(;[A-Za-z0-9-]+)*(:dn)?(:[A-Za-z0-9][A-Za-z0-9.-]*)?:?$|^(:dn)?:[A-Za-z0-9][A-Za-z0-9.-]*:$`)

func (p *parser) clause(f *Filter) error {
	eq := strings.IndexByte(p.s[p.at:], '=')
	end := strings.IndexAny(p.s[p.at:], "()")
	if eq < 0 || end >= 0 && end < eq {
		return &Error{"A clause of the filter has no '='.", "Write it as (attribute=value); (attribute=*) is whether there is one."}
	}
	name := strings.TrimSpace(p.s[p.at : p.at+eq])
	op := "="
	if n := len(name); n > 0 && strings.IndexByte("~<>", name[n-1]) >= 0 {
		op, name = name[n-1:]+"=", strings.TrimSpace(name[:n-1])
	}
	if !head.MatchString(name) || strings.Contains(name, ":") != strings.HasSuffix(name, ":") || strings.HasSuffix(name, ":") && op != "=" {
		return &Error{fmt.Sprintf("%q is not the name of an attribute.", strings.ReplaceAll(name, string(Gap), `\(…)`)), "Write a name such as sn; a value that is filled in stands behind the '=' only."}
	}
	f.head = name + op
	p.at += eq + 1
	plain := p.at
	flush := func() {
		if p.at > plain {
			f.lits = append(f.lits, piece{p.s[plain:p.at], -1})
		}
	}
	for p.at < len(p.s) && p.s[p.at] != ')' {
		r, size := utf8.DecodeRuneInString(p.s[p.at:])
		switch {
		case r == Gap:
			flush()
			f.lits = append(f.lits, piece{"", p.gaps})
			p.gaps++
			p.at += size
			plain = p.at
			continue
		case r == '(' || r == 0 || r == utf8.RuneError && size == 1:
			return &Error{"A value of the filter holds a bracket or a byte that may not stand there.", `Write ( as \28, ) as \29, * as \2a and \ as \5c.`}
		case r == '*' && op != "=" || r == '*' && strings.HasSuffix(name, ":"):
			return &Error{"A * stands where none can.", "It is for (attribute=begin*middle*end) only."}
		case r == '\\':
			if p.at+2 >= len(p.s) || !hexDigit(p.s[p.at+1]) || !hexDigit(p.s[p.at+2]) {
				return &Error{`A \ is not followed by two hexadecimal digits.`, `Write \ itself as \5c.`}
			}
			p.at += 3
			continue
		}
		p.at += size
	}
	flush()
	if len(f.lits) == 0 {
		return &Error{"The clause (" + f.head + ") has no value.", "Write one, or * for whether there is one."}
	}
	for i := 1; i < len(f.lits); i++ {
		if f.lits[i].gap < 0 && strings.Contains(f.lits[i].text, "**") {
			return doubled
		}
	}
	if strings.Contains(f.lits[0].text, "**") {
		return doubled
	}
	return nil
}

var doubled = &Error{"Two * stand together.", "Write one."}

func hexDigit(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// Gaps is how many values the filter wants.
func (f *Filter) Gaps() int { return f.gaps }

// ErrEmpty means that no value was left that a search could be made by.
var ErrEmpty = errors.New("every clause of the filter was left out")

// Fill writes the filter with values: nil or an empty list leaves the clause out, a list of several makes one clause of
// each, of which any will do. A set or a negation of which nothing is left is left out, too.
func (f *Filter) Fill(values [][]string) (string, error) {
	var b strings.Builder
	if !f.fill(&b, values) {
		return "", ErrEmpty
	}
	return b.String(), nil
}

func (f *Filter) fill(b *strings.Builder, values [][]string) bool {
	if f.op == 0 {
		return f.fillClause(b, values)
	}
	var inner strings.Builder
	some := false
	for _, k := range f.kids {
		some = k.fill(&inner, values) || some
	}
	if some {
		b.WriteString("(" + string(f.op) + inner.String() + ")")
	}
	return some
}

func (f *Filter) fillClause(b *strings.Builder, values [][]string) bool {
	texts := []string{""}
	for _, l := range f.lits {
		var with []string
		for _, t := range texts {
			if l.gap < 0 {
				with = append(with, t+l.text)
				continue
			}
			if l.gap < len(values) {
				for _, v := range values[l.gap] {
					if v != "" && len(with) < maxValues {
						with = append(with, t+Escape(v))
					}
				}
			}
		}
		texts = with
	}
	switch len(texts) {
	case 0:
		return false
	case 1:
		b.WriteString("(" + f.head + texts[0] + ")")
		return true
	}
	b.WriteString("(|")
	for _, t := range texts {
		b.WriteString("(" + f.head + t + ")")
	}
	b.WriteString(")")
	return true
}

// maxValues bounds the clauses that lists make of one.
const maxValues = 1000

// Escape writes a value so that it stands for itself in a filter (RFC 4515).
func Escape(v string) string {
	var b strings.Builder
	for i, size := 0, 0; i < len(v); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(v[i:])
		if r < ' ' || r == 0x7f || r == utf8.RuneError && size == 1 || strings.ContainsRune(`*()\`, r) {
			fmt.Fprintf(&b, `\%02x`, v[i])
			continue
		}
		b.WriteString(v[i : i+size])
	}
	return b.String()
}
