package linkage

import (
	"math"

	"muster/app/match/names"
)

// word is one distinct word of names or addresses.
type word struct {
	s     string
	sound string
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
	one := word{s: s, sound: names.Phonetic(s)}
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

// memo remembers how like words are, by the list and their numbers in it. Each worker has its own: it is a direct-mapped cache without locks.
type memo struct {
	keys [1 << 16]uint64
	vals [1 << 16]uint8
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
	h := (k * 0x9E3779B97F4A7C15) >> 48
	if m.keys[h] == k {
		return m.vals[h]
	}
	l := wordLevel(&w.list[a], &w.list[b])
	m.keys[h], m.vals[h] = k, l
	return l
}

func wordLevel(a, b *word) uint8 {
	x, y := a.s, b.s
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 1 {
		if x[0] == y[0] {
			return wordInitial
		}
		return wordDiffers
	}
	if names.Nickname(x, y) || names.Variant(x, y) {
		return wordForm
	}
	jw := names.JaroWinkler(x, y)
	if jw >= 0.92 || len(x) >= 4 && names.Edit(x, y, 1) <= 1 || len(x) >= 5 && letters(x, y, 0) {
		return wordNear
	}
	if jw >= 0.83 || len(x) >= 3 && y[:len(x)] == x || a.sound != "" && a.sound == b.sound || len(x) >= 6 && names.Edit(x, y, 2) <= 2 || len(x) >= 4 && letters(x, y, 1) {
		return wordFar
	}
	return wordDiffers
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
