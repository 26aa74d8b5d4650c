package names

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

var (
	//go:embed data/variants.txt
	variantsText string
	//go:embed data/nicknames_en.csv
	nicknamesEN string
	//go:embed data/nicknames_world.txt
	nicknamesWorld string
	//go:embed data/common.txt
	commonText string
)

// groups says for each word which lines of a table it stands on.
type groups map[string][]uint16

func (g groups) add(word string, id uint16) {
	for _, have := range g[word] {
		if have == id {
			return
		}
	}
	g[word] = append(g[word], id)
}

func share(a, b []uint16) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// lines calls each for every line of a table that says something.
func lines(text string, each func(line string)) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			each(line)
		}
	}
}

type variantTable struct {
	spelling groups // words on one line are spellings of one name
	language groups // words on one line are one name in several languages
	members  [][]string
}

var variants = sync.OnceValue(func() variantTable {
	t := variantTable{spelling: groups{}, language: groups{}}
	lines(variantsText, func(line string) {
		if line[0] == '~' {
			return
		}
		words := strings.Fields(line)
		for _, w := range words {
			t.spelling.add(w, uint16(len(t.members)))
		}
		t.members = append(t.members, words)
	})
	id := uint16(0)
	lines(variantsText, func(line string) {
		if line[0] != '~' {
			return
		}
		for _, w := range strings.Fields(line[1:]) {
			t.language.add(w, id)
			for _, g := range t.spelling[w] {
				for _, m := range t.members[g] {
					t.language.add(m, id)
				}
			}
		}
		id++
	})
	return t
})

type nicknameTable struct {
	formal groups // the lines that a word, or another spelling of it, heads
	short  groups // the lines on which it is a short form
	// loose lines are headed by what is itself a short form (chris: christine, christopher): two of their short forms
	// are not one name.
	loose map[uint16]bool
}

var nicknames = sync.OnceValue(func() nicknameTable {
	t := nicknameTable{groups{}, groups{}, map[uint16]bool{}}
	var heads []string
	read := func(line string) {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' })
		id := uint16(len(heads))
		heads = append(heads, words[0])
		t.formal.add(words[0], id)
		for _, w := range words[1:] {
			t.short.add(w, id)
		}
	}
	lines(nicknamesEN, read)
	lines(nicknamesWorld, read)
	for id, head := range heads {
		for _, other := range t.short[head] {
			// Where each is said to be short for the other, the shorter is.
			each := len(heads[other]) > len(head) && slices.Contains(t.short[heads[other]], uint16(id))
			if each || len(heads[other]) > len(head)+3 {
				t.loose[uint16(id)] = true
			}
		}
	}
	v := variants()
	for id, head := range heads {
		for _, g := range v.spelling[head] {
			for _, m := range v.members[g] {
				t.formal.add(m, uint16(id))
			}
		}
	}
	return t
})

var common = sync.OnceValue(func() map[string]uint8 {
	m := make(map[string]uint8, 4096)
	lines(commonText, func(line string) {
		bits := uint8(0)
		for i, w := range strings.Fields(line) {
			if i > 0 {
				m[w] = bits
				continue
			}
			for _, c := range w {
				bits = bits*10 + uint8(c-'0')
			}
		}
	})
	return m
})

// surprise is common, with the spellings and short forms of common names: they are common too, if less so.
var surprise = sync.OnceValue(func() map[string]uint8 {
	m := maps.Clone(common())
	v := variants()
	for w, ids := range v.spelling {
		if known(w) {
			continue
		}
		for _, id := range ids {
			for _, other := range v.members[id] {
				if b, ok := common()[other]; ok {
					m[w] = min(b+1, cmp.Or(m[w], rare))
				}
			}
		}
	}
	for w := range nicknames().short {
		if !known(w) {
			m[w] = min(9, cmp.Or(m[w], rare))
		}
	}
	return m
})

// rare is the surprise, in bits, of a word that no list of common names knows.
const rare uint8 = 14

// Bits is how surprising a folded word is as part of a name, in bits: 6 for the commonest (james, william), 14 for
// one that is on no list of common names.
func Bits(word string) float64 {
	return float64(cmp.Or(surprise()[word], rare))
}

// Known tells whether a folded word is a common name.
func Known(word string) bool { return known(word) }

// known tells whether a folded word is a common name.
func known(word string) bool {
	_, ok := common()[word]
	return ok
}

// Nickname tells whether two folded words are one person's name in its formal and a short form, or two short forms of
// one formal name: robert and bob, bob and bobby, mohammed and mohd. A word is not its own nickname.
func Nickname(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	t := nicknames()
	x, y := tableWord{formal: t.formal[a], short: t.short[a]}, tableWord{formal: t.formal[b], short: t.short[b]}
	x.firm, y.firm = t.firm(x.formal), t.firm(y.formal)
	return t.same(&x, &y)
}

// firm tells whether one of the lines is headed by a name that is no short form.
func (t nicknameTable) firm(ids []uint16) bool {
	for _, id := range ids {
		if !t.loose[id] {
			return true
		}
	}
	return false
}
