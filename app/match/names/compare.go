package names

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// How says in what way a word of one name answers to a word of the other.
type How string

const (
	Same      How = "same"       // the same letters
	Spelling  How = "spelling"   // one name in two spellings
	Language  How = "language"   // one name in two languages
	ShortForm How = "short_form" // Bob for Robert
	Initial   How = "initial"    // R for Robert
	Sound     How = "sound"      // sounds alike
	Typing    How = "typing"     // a slip of the pen
	Joined    How = "joined"     // one word for two
	Cut       How = "cut"        // the beginning only
	Script    How = "script"     // alike as far as the other script says
	Differs   How = "differs"    // two different words in one place
	Only      How = "only"       // a word that the other name lacks
	Swapped   How = "swapped"    // whose father is whose is turned round
	Suffixes  How = "suffix"     // father and son: senior and junior
)

// A Step is one reason of a comparison: what of the first name answered to what of the second, how, and what it did to
// the score (log odds; negative speaks against). A or B is empty for Only.
type Step struct {
	A, B   string
	How    How
	Effect float64
}

var words = map[How]string{Same: "same", Spelling: "spelling", Language: "same name in another language", ShortForm: "short form", Initial: "initial", Sound: "sounds alike",
	Typing: "spelt a little differently", Joined: "joined or split", Cut: "cut short", Script: "same in another script", Swapped: "father and child turned round", Suffixes: "different generations"}

// String is the step in English: "bob ~ robert: short form", "jane ≠ john".
func (s Step) String() string {
	switch s.How {
	case Same:
		return s.A + " = " + s.B
	case Differs:
		return s.A + " ≠ " + s.B
	case Only:
		return cmp.Or(s.A, s.B) + ": in one name only"
	case Swapped, Suffixes:
		return s.A + " ≠ " + s.B + ": " + words[s.How]
	}
	return s.A + " ~ " + s.B + ": " + words[s.How]
}

// The odds, in natural logarithms. They were set by hand on what one slip, one missing word, one wrong word should mean,
// and their common scale fitted to labelled pairs of names.
const (
	baseOdds      = 2.0
	perBit        = 0.06 // for each bit of what agrees, up to manyBits
	manyBits      = 28
	wrongWord     = 5.5 // two different words in one place
	lackedWord    = 0.5
	loneWord      = 1.8 // only one word agrees, and the other name has more
	commonLone    = 4.5 // and that one word is a common name: the more the commoner
	crossed       = 0.3 // a given name agrees with a surname, where each is known to be that
	otherSpelling = 0.25
	shortForm     = 0.7
	inLanguage    = 1.2
	tooFar        = 0.40 // slips for each letter beyond which two words are two words
	slipAtLimit   = 4.7  // what a slip of that size costs; it grows with the square
	twoNames      = 0.8  // both words are common names, so a slip is less likely
	toldNames     = 2.5  // they are names that look alike and are told apart: Hasan and Husayn, Maria and Mario
)

// match is one way to pair words i..i+ni of a with j..j+nj of b.
type match struct {
	i, j, ni, nj int
	cost         float64
	how          How
}

// Compare says how likely it is that two names without any other knowledge could be one person's, in 0..1, and why.
// The order of words does not count, nor which name comes first. Two empty names score 0: nothing is known.
func Compare(a, b *Name) (score float64, why []Step) {
	if len(a.parts) == 0 || len(b.parts) == 0 {
		return 0, nil
	}
	if a.order > b.order { // one order, so that the answer is the same both ways
		score, why = Compare(b, a)
		for i := range why {
			why[i].A, why[i].B = why[i].B, why[i].A
		}
		return score, why
	}
	matches := pairUp(a.parts, b.parts, single, joined)
	usedA, usedB := make([]bool, len(a.parts)), make([]bool, len(b.parts))
	odds, bits, full, turned := baseOdds, 0.0, 0, 0
	for _, m := range matches {
		w, slight := 0.0, true
		for k := range m.ni {
			usedA[m.i+k] = true
			w += a.parts[m.i+k].weight
			slight = slight && light(&a.parts[m.i+k])
		}
		for k := range m.nj {
			usedB[m.j+k] = true
			w += b.parts[m.j+k].weight
			slight = slight && light(&b.parts[m.j+k])
		}
		cost := m.cost * min(1, w/float64(m.ni+m.nj)*1.15)
		agreed := max(0, 1-m.cost/wrongWord) * (bitsOf(a.parts[m.i:m.i+m.ni]) + bitsOf(b.parts[m.j:m.j+m.nj])) / 2
		if m.how == Initial {
			agreed = 2
		}
		if m.ni == 1 && m.nj == 1 && a.parts[m.i].role != b.parts[m.j].role && a.parts[m.i].role != unknown && b.parts[m.j].role != unknown && !slight {
			cost += crossed
		}
		odds -= cost
		bits += agreed
		if !slight {
			full += max(m.ni, m.nj)
		}
		if m.ni == 1 && m.nj == 1 && a.parts[m.i].father != b.parts[m.j].father {
			turned |= 1
			if a.parts[m.i].father {
				turned |= 2
			} else {
				turned |= 4
			}
		}
		why = append(why, Step{join(a.parts[m.i : m.i+m.ni]), join(b.parts[m.j : m.j+m.nj]), m.how, agreed*perBit - cost})
	}
	left := func(parts []part, used []bool) (heavy, rest []int) {
		for i := range parts {
			switch {
			case used[i]:
			case light(&parts[i]) || repeated(parts, i):
				rest = append(rest, i)
			default:
				heavy = append(heavy, i)
			}
		}
		return heavy, rest
	}
	la, ra := left(a.parts, usedA)
	lb, rb := left(b.parts, usedB)
	// Abdul X is not Azim X: a servant word left over answers to a name left over.
	la, ra = promote(a.parts, la, ra, len(lb))
	lb, rb = promote(b.parts, lb, rb, len(la))
	for len(la) > 0 && len(lb) > 0 {
		i, j := la[0], lb[0]
		la, lb = la[1:], lb[1:]
		cost := wrongWord * (max(0.7, a.parts[i].weight) + max(0.7, b.parts[j].weight)) / 2
		odds -= cost
		why = append(why, Step{a.parts[i].text, b.parts[j].text, Differs, -cost})
	}
	for _, side := range [2]struct {
		n     *Name
		left  []int
		first bool
	}{{a, append(la, ra...), true}, {b, append(lb, rb...), false}} {
		for _, i := range side.left {
			p := &side.n.parts[i]
			cost := lackedWord * p.weight
			if p.kind == patronymic {
				cost *= 0.5
			}
			if repeated(side.n.parts, i) {
				cost *= 0.3
			}
			odds -= cost
			if p.kind == particle {
				continue
			}
			s := Step{A: p.text, How: Only, Effect: -cost}
			if !side.first {
				s.A, s.B = "", p.text
			}
			why = append(why, s)
		}
	}
	odds += perBit * min(bits, manyBits)
	if full <= 1 && max(heavies(a.parts), heavies(b.parts)) > 1 {
		odds -= loneWord
	}
	if full <= 1 {
		odds -= commonLone * max(0, 1-bits/float64(rare))
	}
	if turned == 7 {
		odds -= wrongWord
		why = append(why, Step{a.text, b.text, Swapped, -wrongWord})
	}
	if a.suffix != b.suffix && a.suffix != "" && b.suffix != "" {
		odds -= wrongWord
		why = append(why, Step{a.suffix, b.suffix, Suffixes, -wrongWord})
	}
	return 1 / (1 + math.Exp(-odds)), why
}

// promote moves servant words from the slight to the heavy ones while the other name has more heavy ones left.
func promote(parts []part, heavy, slight []int, others int) ([]int, []int) {
	for k := 0; k < len(slight) && len(heavy) < others; k++ {
		if parts[slight[k]].kind == servant {
			heavy = append(heavy, slight[k])
			slight = slices.Delete(slight, k, k+1)
			k--
		}
	}
	return heavy, slight
}

func light(p *part) bool { return p.kind == particle || p.kind == honorific || p.kind == servant }

func heavies(parts []part) int {
	n := 0
	for i := range parts {
		if !light(&parts[i]) && !repeated(parts, i) {
			n++
		}
	}
	return n
}

// repeated tells whether an earlier word of the name says the same.
func repeated(parts []part, i int) bool {
	for k := range i {
		if parts[k].text == parts[i].text {
			return true
		}
	}
	return false
}

func bitsOf(parts []part) float64 {
	b := 0.0
	for i := range parts {
		b += parts[i].bits
	}
	return b
}

func join(parts []part) string {
	if len(parts) == 1 {
		return parts[0].text
	}
	t := make([]string, len(parts))
	for i := range parts {
		t[i] = parts[i].text
	}
	return strings.Join(t, " ")
}

// pairUp chooses which words answer to which: the best pair first, each word once. What a pair costs, single and joined tell.
func pairUp(a, b []part, single func(x, y *part) (float64, How), joined func(several []part, one *part) (float64, How)) []match {
	var all []match
	add := func(m match) {
		if m.cost < slipAtLimit {
			all = append(all, m)
		}
	}
	for i := range a {
		for j := range b {
			cost, how := single(&a[i], &b[j])
			add(match{i, j, 1, 1, cost, how})
		}
	}
	for i := range a {
		for j := range b {
			for n := 2; n <= 3; n++ {
				if i+n <= len(a) {
					cost, how := joined(a[i:i+n], &b[j])
					add(match{i, j, n, 1, cost, how})
				}
				if j+n <= len(b) {
					cost, how := joined(b[j:j+n], &a[i])
					add(match{i, j, 1, n, cost, how})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(x, y match) int {
		return cmp.Or(cmp.Compare(x.cost, y.cost), cmp.Compare(abs(x.i-x.j), abs(y.i-y.j)), cmp.Compare(x.i+x.j, y.i+y.j), cmp.Compare(x.i, y.i))
	})
	var usedA, usedB uint64
	var out []match
	for _, m := range all {
		wa, wb := span(m.i, m.ni), span(m.j, m.nj)
		if usedA&wa != 0 || usedB&wb != 0 {
			continue
		}
		usedA |= wa
		usedB |= wb
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(x, y match) int { return cmp.Compare(x.i, y.i) })
	return out
}

func abs(x int) int { return max(x, -x) }

// span is the bits of n words from i; names of more than 64 words are cut by limit.
func span(i, n int) uint64 { return (1<<uint(n) - 1) << uint(i) }

const noMatch = 99

// single is the cost of taking one word for the other.
func single(x, y *part) (float64, How) {
	if x.kind != y.kind {
		switch {
		case light(x) != light(y) && x.text != y.text:
			return noMatch, Differs
		case x.kind == initial || y.kind == initial:
			if x.text[0] == y.text[0] {
				return 0.6, Initial
			}
			return noMatch, Differs
		}
	}
	if x.native != "" && y.native != "" && x.script == signs && y.script == signs {
		if x.native == y.native {
			return 0, Same
		}
		return noMatch, Differs
	}
	if x.text == y.text {
		return 0, Same
	}
	if light(x) {
		if spelt(x.text, y.text) || x.kind == particle || x.kind == servant {
			return 0.05, Spelling
		}
		return noMatch, Differs
	}
	if x.kind == initial {
		return noMatch, Differs
	}
	if x.script != alphabet || y.script != alphabet {
		if c := scripts(x, y); c < noMatch {
			return c, Script
		}
		if x.script == abjad && y.script == abjad { // what is written at all matters
			return bySlips(1.4 * float64(Edit(x.text, y.text, longest)) / (float64(len(x.text)+len(y.text)) / 2))
		}
	}
	if spelt(x.text, y.text) {
		return otherSpelling, Spelling
	}
	cost, how := mistyped(x.text, y.text)
	if cost > shortForm && Nickname(x.text, y.text) {
		return shortForm, ShortForm
	}
	if cost > inLanguage && translated(x.text, y.text) {
		return inLanguage, Language
	}
	return cost, how
}

// bySlips is the cost of d slips for each letter.
func bySlips(d float64) (float64, How) {
	if d > tooFar {
		return noMatch, Differs
	}
	return slipAtLimit * (d / tooFar) * (d / tooFar), Typing
}

// mistyped is the cost of taking one word for a slip of the other.
func mistyped(x, y string) (float64, How) {
	d := slip(x, y) / (float64(len(x)+len(y))/2 - float64(sharedEnding(x, y)))
	cost, how := bySlips(d)
	told, both := toldApart(x, y), known(x) && known(y)
	if cost > 1 && d < 0.5 && !told && !both && min(len(x), len(y)) >= 4 && Phonetic(x) == Phonetic(y) {
		cost, how = 1, Sound
	}
	if how == Typing {
		switch {
		case told || both && otherSex(x, y):
			cost += toldNames
		case both && (x[0] != y[0] || cost > 1):
			cost += twoNames
		}
	}
	short, long := x, y
	if len(short) > len(long) {
		short, long = long, short
	}
	if cost > 2.4 && len(short) >= 4 && len(short)*5 >= len(long)*2 && strings.HasPrefix(long, short) {
		cost, how = 2.4, Cut
	}
	return cost, how
}

// otherSex tells whether two names differ in nothing but the ending that makes a man's name a woman's.
func otherSex(x, y string) bool {
	stem := func(s string) (string, byte) {
		for _, end := range [...]string{"elle", "ette", "ine", "a", "o", "e"} {
			if t, ok := strings.CutSuffix(s, end); ok && len(t) >= 3 {
				return t, end[len(end)-1] + byte(len(end))
			}
		}
		return s, 0
	}
	sx, ex := stem(x)
	sy, ey := stem(y)
	return ex != ey && (sx == sy || sx == sy+"e" || sy == sx+"e")
}

// sharedEnding is the length of an ending that both words have and that half a people has, such as -son, -ovich, -zai:
// what agrees there says nothing. What stands before it is at least three letters long.
func sharedEnding(x, y string) int {
	for _, end := range [...]string{"winder", "vinder", "sdottir", "dottir", "inder", "preet", "deep", "jeet", "jit", "shvili", "ovich", "evich", "uddin", "ullah", "zadeh", "nejad", "oglu", "enko", "enka", "adze", "escu", "wala", "pour",
		"ovna", "evna", "skiy", "sson", "mann", "stein", "berg", "sky", "ski", "son", "sen", "zai", "yan", "ian", "ova", "eva", "ov", "ev"} {
		if len(x) >= len(end)+3 && len(y) >= len(end)+3 && strings.HasSuffix(x, end) && strings.HasSuffix(y, end) {
			return len(end)
		}
	}
	return 0
}

// joined is the cost of taking one word for several.
func joined(several []part, one *part) (float64, How) {
	if one.kind != plain && one.kind != patronymic || several[0].kind == servant {
		return noMatch, Differs
	}
	var buf [64]byte
	text, initials := buf[:0], 0
	for i := range several {
		p := &several[i]
		if p.kind == honorific {
			return noMatch, Differs
		}
		text = append(text, p.text...)
		if i < len(one.text) && p.text[0] == one.text[i] {
			initials++
		}
	}
	if len(one.text) == len(several) && initials == len(several) && len(several) < 4 && strings.IndexFunc(one.text, func(r rune) bool { return vowel(byte(r)) }) < 0 {
		return 0.8, Initial
	}
	if len(one.text) < 4 || abs(len(text)-len(one.text)) > 3 {
		return noMatch, Differs
	}
	whole := string(text)
	if whole == one.text {
		return 0.1, Joined
	}
	if one.script != alphabet || several[0].script != alphabet {
		if c := scripts(&part{text: whole, script: several[0].script}, one); c < noMatch {
			return c + 0.2, Script
		}
	}
	if spelt(whole, one.text) {
		return 0.35, Joined
	}
	cost, how := mistyped(whole, one.text)
	if how == Typing && cost < slipAtLimit/2 {
		return cost*1.3 + 0.3, Joined
	}
	return noMatch, Differs
}

// scripts compares a word with one whose script leaves out vowels or has few sounds, by consonants.
func scripts(x, y *part) float64 {
	var kx, ky [32]byte
	merge := x.script == syllables || y.script == syllables
	a, b := consonants(kx[:0], x, merge), consonants(ky[:0], y, merge)
	if x.script == y.script || x.script != alphabet && y.script != alphabet {
		return noMatch // both say as much: compare the letters
	}
	switch d := Edit(string(a), string(b), 3); {
	case d == 0 && len(a) >= 2:
		return 0.5
	case d == 0 && len(a) == 1 && slip(x.text, y.text) < 2.1:
		return 1
	case d == 1 && min(len(a), len(b)) >= 3:
		return 2
	}
	return noMatch
}

// consonants appends the consonants of p in few classes, as scripts that lack some sounds write them.
func consonants(out []byte, p *part, merge bool) []byte {
	w := p.text
	for i := 0; i < len(w) && len(out) < cap(out); i++ {
		c := w[i]
		next := byte(0)
		if i+1 < len(w) {
			next = w[i+1]
		}
		switch {
		case vowel(c) || c == 'w':
			continue
		case c == 'h' && (i+1 == len(w) || p.script == alphabet && i > 0 && !vowel(w[i-1]) && !vowel(next)):
			continue
		case c == 's' && next == 'h', c == 'c' && next == 'h':
			c = 'S'
			i++
		case c == 'k' && next == 'h', c == 'g' && next == 'h':
			i++
			c = 'k'
		case c == 'p' && next == 'h', c == 'v':
			if c == 'p' {
				i++
			}
			c = 'f'
		case c == 't' && next == 'h', c == 'd' && next == 'h':
			i++
		case c == 'p':
			c = 'b'
		case c == 'q', c == 'c':
			c = 'k'
		case c == 'g', c == 'j':
			c = 'j'
		case c == 'z':
			c = 's'
		case merge && c == 'l':
			c = 'r'
		}
		if p.script == alphabet && len(out) > 0 && out[len(out)-1] == c && i > 0 && !vowel(w[i-1]) {
			continue
		}
		out = append(out, c)
	}
	return out
}
