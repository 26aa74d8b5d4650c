package names

import "strings"

// Phonetic is a key of how a folded name sounds to an English ear: names that sound alike share one (Smith and Smyth,
// Catherine and Kathryn, Wright and Right, Thomas and Tomas). Vowels count at the start only. The words of s keep their
// spaces. Empty for a name without a letter.
func Phonetic(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for word := ""; s != ""; {
		word, s = firstWord(s)
		if out.Len() > 0 {
			out.WriteByte(' ')
		}
		sound(&out, word)
	}
	return strings.TrimSpace(out.String())
}

// sound writes the key of one word. Letters: A any vowel at the start, F f/v, H, J, K, L, M, N, P b/p (b stays B),
// R, S s/z, T t/d/th, W, X sh/ch, Y.
func sound(out *strings.Builder, w string) {
	at := func(i int) byte {
		if i < 0 || i >= len(w) {
			return 0
		}
		return w[i]
	}
	has := func(i int, s string) bool { return i >= 0 && strings.HasPrefix(w[min(i, len(w)):], s) }
	soft := func(c byte) bool { return c == 'e' || c == 'i' || c == 'y' }
	var last byte
	put := func(c byte) {
		if c != last {
			out.WriteByte(c)
		}
		last = c
	}
	i := 0
	switch {
	case has(0, "kn"), has(0, "gn"), has(0, "pn"), has(0, "wr"), has(0, "ps"):
		i = 1
	case has(0, "x"):
		put('S')
		i = 1
	case has(0, "wh"):
		put('W')
		i = 2
	case has(0, "mac") && len(w) > 5 && !vowel(at(3)):
		put('M')
		put('K')
		i = 3
		if at(3) == 'k' {
			i = 4
		}
	case has(0, "mc"):
		put('M')
		put('K')
		i = 2
	}
	for i < len(w) {
		c := w[i]
		step := 1
		switch c {
		case 'a', 'e', 'i', 'o', 'u':
			if i == 0 {
				put('A')
			}
			last = 0 // the same sound on either side of a vowel is two sounds
		case 'b':
			if !(i == len(w)-1 && at(i-1) == 'm') {
				put('B')
			}
		case 'c':
			switch {
			case has(i, "ch"):
				if i == 0 && (at(2) == 'r' || at(2) == 'l') || at(i-1) == 's' && i > 1 || has(i, "chr") || has(i, "chael") {
					put('K')
				} else {
					put('X')
				}
				step = 2
			case has(i, "ck"), has(i, "cq"):
				put('K')
				step = 2
			case has(i, "cz"):
				put('X')
				step = 2
			case has(i, "cia") && i > 0:
				put('X')
			case soft(at(i + 1)):
				put('S')
			default:
				put('K')
			}
		case 'd':
			if at(i+1) == 'g' && soft(at(i+2)) {
				put('J')
				step = 2
			} else if at(i+1) == 'j' || has(i, "dzh") {
				put('J')
				step = 2
			} else {
				put('T')
				if at(i+1) == 't' || at(i+1) == 'h' {
					step = 2
				}
			}
		case 'f', 'v':
			put('F')
		case 'g':
			switch {
			case at(i+1) == 'h':
				if i == 0 || !vowel(at(i-1)) {
					put('K')
				}
				step = 2
			case at(i+1) == 'n' && i+2 == len(w):
			case soft(at(i+1)) && at(i-1) != 'g' && !(at(i+1) == 'i' && (at(i+2) == 'l' || at(i+2) == 'b')):
				put('J')
			default:
				put('K')
			}
		case 'h':
			if i == 0 && vowel(at(1)) || vowel(at(i-1)) && vowel(at(i+1)) {
				put('H')
			}
		case 'j':
			put('J')
		case 'k', 'q':
			put('K')
			if at(i+1) == 'h' {
				step = 2
			}
		case 'p':
			if at(i+1) == 'h' {
				put('F')
				step = 2
			} else {
				put('P')
			}
		case 's':
			switch {
			case has(i, "schm"), has(i, "schn"), has(i, "schw"), has(i, "schl"), has(i, "schr"):
				put('S')
				step = 3
			case has(i, "sch"):
				put('X')
				step = 3
			case has(i, "sh"), has(i, "sio") && i > 0, has(i, "sia") && i > 0:
				put('X')
				step = 2
			case has(i, "sc") && soft(at(i+2)):
				put('S')
				step = 2
			default:
				put('S')
			}
		case 't':
			switch {
			case has(i, "tch"):
				put('X')
				step = 3
			case has(i, "tio"), has(i, "tia") && i > 0 && i+3 < len(w):
				put('X')
			case has(i, "th"):
				put('T')
				step = 2
			case has(i, "tz"), has(i, "ts"):
				put('T')
				put('S')
				step = 2
			default:
				put('T')
				if at(i+1) == 'd' {
					step = 2
				}
			}
		case 'w':
			if vowel(at(i + 1)) {
				put('W')
			}
		case 'x':
			put('K')
			put('S')
		case 'y':
			if vowel(at(i+1)) && !vowel(at(i-1)) && i == 0 {
				put('Y')
			} else {
				if i == 0 {
					put('A')
				}
				last = 0
			}
		case 'z':
			put('S')
		case 'l', 'm', 'n', 'r':
			put(c - 'a' + 'A')
		default:
			if c >= '0' && c <= '9' {
				put(c)
			}
		}
		i += step
	}
}
