package linkage

import (
	"math"
	"math/bits"

	"muster/app/match/names"
)

// word is one distinct word of names or addresses.
type word struct {
	s     string
	sound uint32 // what it sounds like, as a number; 0 where it has no sound
	name  names.Word
	has   uint32     // a bit for each letter in it
	count uint32     // records that have it
	share [2]float32 // of the records: with it as given name, as surname; in bits
	bits  float32    // how rare it is: -log2 of its share
	digit bool       // a number, or one with a letter: 12a
}

// words numbers distinct words from 1.
type words struct {
	index  map[string]uint32
	list   []word
	assume bool // there are no data to count words in
	tag    uint64
}

// newWords makes an empty list; tag, below 64, tells it from the others that a memo serves.
func newWords(tag int) *words {
	return &words{tag: uint64(tag) << 58, index: map[string]uint32{}, list: make([]word, 1)}
}

func (w *words) number(s string) uint32 {
	if n, ok := w.index[s]; ok {
		return n
	}
	n := uint32(len(w.list))
	one := word{s: s, name: names.NewWord(s), has: lettersIn(s)}
	if sound := names.Phonetic(s); sound != "" {
		one.sound = hash(sound)
	}
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			one.digit = true
		}
	}
	if w.assume {
		one.assumed()
	}
	w.list = append(w.list, one)
	w.index[s] = n
	return n
}

// weigh works out how rare each word is among n records.
func (w *words) weigh(n float64) {
	for i := range w.list[1:] {
		x := &w.list[i+1]
		x.bits = float32(-math.Log2((float64(x.count) + 0.5) / (n + 1)))
	}
}

// memoBits is how many pairs of words a memo remembers, as a power of two.
const memoBits = 17

// memo remembers how like words are, by the list and their numbers in it. Each worker has its own: it is a direct-mapped cache without locks.
type memo struct {
	keys [1 << memoBits]uint64
	vals [1 << memoBits]uint8
}

// like is the level of two words, by their numbers.
func (w *words) like(a, b uint32, m *memo) uint8 {
	if a == b {
		return wordSame
	}
	if a > b {
		a, b = b, a
	}
	k := w.tag | uint64(a)<<29 | uint64(b)
	h := (k * 0x9E3779B97F4A7C15) >> (64 - memoBits)
	if m.keys[h] == k {
		return m.vals[h]
	}
	l := wordLevel(&w.list[a], &w.list[b])
	m.keys[h], m.vals[h] = k, l
	return l
}

func wordLevel(a, b *word) uint8 {
	x, y := a, b
	if len(x.s) > len(y.s) {
		x, y = y, x
	}
	if len(x.s) == 1 {
		if x.s[0] == y.s[0] {
			return wordInitial
		}
		return wordDiffers
	}
	if x.name.Form(&y.name) {
		return wordForm
	}
	sounds := x.sound != 0 && x.sound == y.sound
	// Each letter that only one of them has costs an edit, and is in no match. Most words differ by that already.
	onlyX, onlyY := bits.OnesCount32(x.has&^y.has), bits.OnesCount32(y.has&^x.has)
	if !sounds && onlyX > 0 && max(onlyX, onlyY) > 2 {
		m := float64(min(len(x.s)-onlyX, len(y.s)-onlyY))
		jaro := (m/float64(len(x.s)) + m/float64(len(y.s)) + 1) / 3
		if m <= 0 || jaro+0.1*float64(begin(x.s, y.s))*(1-jaro) < 0.83 {
			return wordDiffers
		}
	}
	jw := names.JaroWinkler(x.s, y.s)
	if jw >= 0.92 || len(x.s) >= 4 && names.Edit(x.s, y.s, 1) <= 1 || len(x.s) >= 5 && letters(x.s, y.s, 0) {
		return wordNear
	}
	if jw >= 0.83 || len(x.s) >= 3 && y.s[:len(x.s)] == x.s || sounds || len(x.s) >= 6 && names.Edit(x.s, y.s, 2) <= 2 || len(x.s) >= 4 && letters(x.s, y.s, 1) {
		return wordFar
	}
	return wordDiffers
}

// begin is how many letters two words begin with in common, at most four.
func begin(a, b string) (n int) {
	for n < 4 && n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// lettersIn gives a bit for each letter of a word; digits and what is no letter share theirs.
func lettersIn(s string) (has uint32) {
	for i := range len(s) {
		has |= 1 << (s[i] & 31)
	}
	return has
}

func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	if h == 0 {
		return 1
	}
	return h
}

func mix(a, b uint32) uint32 {
	if a == 0 || b == 0 {
		return 0
	}
	x := (uint64(a)<<32 | uint64(b)) * 0x9E3779B97F4A7C15
	x ^= x >> 29
	x *= 0xBF58476D1CE4E5B9
	h := uint32(x >> 32)
	if h == 0 {
		return 1
	}
	return h
}

// letters reports whether two words have the same letters, in whatever order, but for n: keys hit in the wrong order.
func letters(a, b string, n int) bool {
	d := len(a) - len(b)
	if d > n || d < -n {
		return false
	}
	var count [64]int8
	for i := range len(a) {
		count[a[i]&63]++
	}
	for i := range len(b) {
		count[b[i]&63]--
	}
	more, less := 0, 0
	for _, c := range count {
		if c > 0 {
			more += int(c)
		} else {
			less -= int(c)
		}
	}
	return max(more, less) <= n
}
