package names

import (
	"cmp"
	"slices"
	"strings"
)

// match is one way to pair words i..i+ni of a with j..j+nj of b.
type match struct {
	i, j, ni, nj int
	cost         float64
	how          How
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
