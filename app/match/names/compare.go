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
