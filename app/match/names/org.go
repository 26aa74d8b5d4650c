package names

import (
	"cmp"
	_ "embed"
	"math"
	"strings"
	"sync"
)

//go:embed data/forms.txt
var formsText string

type formTable struct {
	family map[string]string // the words of a legal form: its family
	most   int               // how many words the longest form has
	stock  map[string]string // a word that says little: the one that stands for its spellings
}

var forms = sync.OnceValue(func() formTable {
	t := formTable{family: map[string]string{}, stock: map[string]string{}}
	lines(formsText, func(line string) {
		head, rest, _ := strings.Cut(line, ":")
		if head == "stock" {
			words := strings.Fields(rest)
			for _, w := range words {
				t.stock[w] = words[0]
			}
			return
		}
		for form := range strings.SplitSeq(rest, ",") {
			form = strings.TrimSpace(form)
			t.family[form] = strings.TrimPrefix(head, "form ")
			t.most = max(t.most, strings.Count(form, " ")+1)
		}
	})
	return t
})

// An organisation is the name of one made ready for comparison.
type organisation struct {
	parts  []part
	family string // of its legal form; empty without one
	order  string
}

// Kinds of words in organisations' names.
const (
	stockWord kind = iota + 100
	number
)

// small words of organisations' names that say nothing.
var small = set("the of and for de la le les du des der die das und y e et el los las del di da dei und a an at in on")

// prepareOrganisation reads the name of an organisation: its legal form, wherever it stands, apart from its words.
func prepareOrganisation(s string) organisation {
	var o organisation
	t := forms()
	words := strings.Fields(latin(undot(s)))
	words = words[:min(len(words), 2*mostWords)]
	// The longest legal forms first; a name that is nothing but a legal form keeps its words.
	left := len(words)
	for n := t.most; n > 0; n-- {
		for i := 0; i+n <= len(words); i++ {
			f, ok := t.family[strings.Join(words[i:i+n], " ")]
			if !ok || left-n < 1 || n == 1 && i > 0 && i+1 < len(words) && f != "llc" && f != "jsc" && !(f == "inc" && i+2 >= len(words)) {
				continue
			}
			if n == 1 && len(words[i]) <= 2 && i > 0 && i+2 < len(words) {
				continue // two letters in the middle are initials
			}
			if o.family == "" || o.family == "inc" {
				o.family = f
			}
			words = append(words[:i:i], words[i+n:]...)
			left -= n
			i--
		}
	}
	for _, w := range words {
		p := part{text: w, weight: 1, bits: Bits(w)}
		switch {
		case small[w] && len(words) > 1:
			p.kind, p.weight, p.bits = particle, 0.06, 0
		case numeral(w) != "":
			p.text, p.kind, p.bits = numeral(w), number, 4
		case t.stock[w] != "" && len(words) > 1:
			p.text, p.kind, p.weight, p.bits = t.stock[w], stockWord, 0.5, 3
		}
		o.parts = append(o.parts, p)
		if len(o.parts) == mostWords {
			break
		}
	}
	o.order = join(o.parts) + "\x00" + o.family
	return o
}

// undot closes up initials: A.B.C. is abc, o.O.O. ooo, A/S as.
func undot(s string) string {
	fields := strings.Fields(s)
	for i, f := range fields {
		if !strings.ContainsAny(f, "./") {
			continue
		}
		f = strings.Trim(f, ",;()\"«»“”")
		short := true
		for p := range strings.FieldsFuncSeq(f, func(r rune) bool { return r == '.' || r == '/' }) {
			short = short && len([]rune(p)) <= 1
		}
		if short {
			fields[i] = strings.NewReplacer(".", "", "/", "").Replace(f)
		}
	}
	return strings.Join(fields, " ")
}

var romans = map[string]string{"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10", "xi": "11", "xii": "12",
	"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10"}

// numeral is a word as a number in digits, or empty.
func numeral(w string) string {
	if r := romans[w]; r != "" {
		return r
	}
	for i := range len(w) {
		if w[i] > '9' {
			return ""
		}
	}
	return cmp.Or(strings.TrimLeft(w, "0"), "0")
}

// What an organisation's name loses, in natural logarithms of odds.
const (
	wrongStock  = 3.0 // two different stock words in one place: systems, industries
	wrongMixed  = 3.6 // a stock word for a name
	wrongNumber = 4.5
	lackedName  = 1.0
	lackedStock = 0.4
	lackedNo    = 1.8
	otherForm   = 1.4 // Ltd against partnership
	noForm      = 0.1
	stockOnly   = 2.5 // nothing but stock words agrees
	acronym     = 1.2
)

// Organisations says how likely it is, in 0..1, that two names of organisations without any other knowledge could be
// one's, and why. Legal forms (Ltd, GmbH, OOO) count little, stock words (Group, Services) less than others.
func Organisations(x, y string) (score float64, why []Step) {
	a, b := prepareOrganisation(x), prepareOrganisation(y)
	if len(a.parts) == 0 || len(b.parts) == 0 {
		return 0, nil
	}
	turn := a.order > b.order
	if turn {
		a, b = b, a
	}
	odds, why := a.weigh(&b)
	if turn {
		for i := range why {
			why[i].A, why[i].B = why[i].B, why[i].A
		}
	}
	return 1 / (1 + math.Exp(-odds)), why
}

func (o *organisation) weigh(b *organisation) (odds float64, why []Step) {
	a := o
	odds = baseOdds
	switch {
	case a.family == b.family:
	case a.family == "" || b.family == "":
		odds -= noForm
	case a.family == "inc" || b.family == "inc": // company and corporation are said of every form
		odds -= noForm
	default:
		odds -= otherForm
	}
	if c := initialsOf(a.parts, b.parts) || initialsOf(b.parts, a.parts); c {
		return odds - acronym, append(why, Step{join(a.parts), join(b.parts), Initial, -acronym})
	}
	usedA, usedB := make([]bool, len(a.parts)), make([]bool, len(b.parts))
	bits, named := 0.0, false
	for _, m := range pairUp(a.parts, b.parts, wordOf, wordsOf) {
		for k := range m.ni {
			usedA[m.i+k] = true
			named = named || a.parts[m.i+k].kind == plain
		}
		for k := range m.nj {
			usedB[m.j+k] = true
		}
		agreed := max(0, 1-m.cost/wrongWord) * (bitsOf(a.parts[m.i:m.i+m.ni]) + bitsOf(b.parts[m.j:m.j+m.nj])) / 2
		bits += agreed
		odds -= m.cost
		if a.parts[m.i].kind != particle {
			why = append(why, Step{join(a.parts[m.i : m.i+m.ni]), join(b.parts[m.j : m.j+m.nj]), m.how, agreed*perBit - m.cost})
		}
	}
	la, lb := leftOf(a.parts, usedA), leftOf(b.parts, usedB)
	for len(la) > 0 && len(lb) > 0 {
		i, j := la[0], lb[0]
		la, lb = la[1:], lb[1:]
		cost := wrongMixed
		switch x, y := a.parts[i].kind, b.parts[j].kind; {
		case x == plain && y == plain:
			cost = wrongWord
		case x == stockWord && y == stockWord:
			cost = wrongStock
		case x == number && y == number:
			cost = wrongNumber
		}
		odds -= cost
		why = append(why, Step{a.parts[i].text, b.parts[j].text, Differs, -cost})
	}
	lack := func(p *part) float64 {
		switch p.kind {
		case stockWord:
			return lackedStock
		case number:
			return lackedNo
		}
		return lackedName
	}
	for _, i := range la {
		c := lack(&a.parts[i])
		odds -= c
		why = append(why, Step{A: a.parts[i].text, How: Only, Effect: -c})
	}
	for _, j := range lb {
		c := lack(&b.parts[j])
		odds -= c
		why = append(why, Step{B: b.parts[j].text, How: Only, Effect: -c})
	}
	if !named {
		odds -= stockOnly * float64(min(1, plains(a.parts)+plains(b.parts)))
	}
	return odds + perBit*min(bits, manyBits), why
}

func plains(parts []part) int {
	n := 0
	for i := range parts {
		if parts[i].kind == plain {
			n++
		}
	}
	return n
}

func leftOf(parts []part, used []bool) []int {
	var out []int
	for _, k := range [...]kind{plain, number, stockWord} { // names answer to names first
		for i := range parts {
			if !used[i] && parts[i].kind == k {
				out = append(out, i)
			}
		}
	}
	return out
}

// initialsOf tells whether short is one word of the initials of all the other's words.
func initialsOf(short, long []part) bool {
	if len(short) != 1 || len(long) < 3 {
		return false
	}
	with, without := "", ""
	for i := range long {
		with += long[i].text[:1]
		if long[i].kind != particle {
			without += long[i].text[:1]
		}
	}
	return len(short[0].text) >= 3 && (short[0].text == with || short[0].text == without)
}

// wordOf is the cost of taking one word of an organisation's name for another.
func wordOf(x, y *part) (float64, How) {
	switch {
	case x.text == y.text:
		return 0, Same
	case x.kind == particle && y.kind == particle:
		return 0.05, Spelling
	case x.kind == number || y.kind == number || x.kind == particle || y.kind == particle:
		return noMatch, Differs
	case x.kind != y.kind && min(len(x.text), len(y.text)) < 4:
		return noMatch, Differs
	case x.kind == plain && y.kind == plain && spelt(x.text, y.text):
		return 0.3, Spelling
	}
	return mistyped(x.text, y.text)
}

// wordsOf is the cost of taking one word for several.
func wordsOf(several []part, one *part) (float64, How) {
	if one.kind == number || one.kind == particle {
		return noMatch, Differs
	}
	text := ""
	for i := range several {
		text += several[i].text
	}
	switch {
	case text == one.text:
		return 0.2, Joined
	case len(one.text) >= 5 && abs(len(text)-len(one.text)) < 3:
		if cost, how := mistyped(text, one.text); how == Typing && cost < slipAtLimit/2 {
			return cost*1.3 + 0.4, Joined
		}
	}
	return noMatch, Differs
}
