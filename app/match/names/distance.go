package names

// JaroWinkler is the likeness of two folded words in 0..1: the share of letters they have in common in about the same
// place, raised for a common beginning of up to four letters. It counts bytes, so fold first. An empty word is like
// nothing, not even another empty one: a missing name is no evidence. It does not allocate for words of up to 64 bytes.
func JaroWinkler(a, b string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if a == b {
		return 1
	}
	// The greedy walk below is not symmetric in itself; a fixed order of the two makes it so.
	if len(a) > len(b) || len(a) == len(b) && a > b {
		a, b = b, a
	}
	if len(b) > 64 {
		return jaroLong(a, b)
	}
	var seenA, seenB uint64
	reach := max(len(b)/2-1, 0)
	matches := 0
	for i := range len(a) {
		c := a[i]
		for j, end := max(i-reach, 0), min(i+reach+1, len(b)); j < end; j++ {
			if b[j] == c && seenB&(1<<uint(j)) == 0 {
				seenA |= 1 << uint(i)
				seenB |= 1 << uint(j)
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	crossed, j := 0, 0
	for i := range len(a) {
		if seenA&(1<<uint(i)) == 0 {
			continue
		}
		for seenB&(1<<uint(j)) == 0 {
			j++
		}
		if a[i] != b[j] {
			crossed++
		}
		j++
	}
	return winkler(a, b, matches, crossed)
}

func winkler(a, b string, matches, crossed int) float64 {
	m := float64(matches)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(crossed/2))/m) / 3
	prefix := 0
	for prefix < 4 && prefix < len(a) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}

// jaroLong is JaroWinkler for what does not fit into a machine word; a is the shorter.
func jaroLong(a, b string) float64 {
	seenA, seenB := make([]bool, len(a)), make([]bool, len(b))
	reach := max(len(b)/2-1, 0)
	matches := 0
	for i := range len(a) {
		for j, end := max(i-reach, 0), min(i+reach+1, len(b)); j < end; j++ {
			if b[j] == a[i] && !seenB[j] {
				seenA[i], seenB[j] = true, true
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	crossed, j := 0, 0
	for i := range len(a) {
		if !seenA[i] {
			continue
		}
		for !seenB[j] {
			j++
		}
		if a[i] != b[j] {
			crossed++
		}
		j++
	}
	return winkler(a, b, matches, crossed)
}

// Edit is the number of letters to insert, delete, replace or swap with their neighbour to make b of a (optimal string
// alignment), or limit+1 when it is more than limit. It counts bytes, so fold first. It does not allocate while the
// shorter word has up to 64 bytes.
func Edit(a, b string, limit int) int {
	if limit < 0 {
		limit = 0
	}
	if a == b {
		return 0
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > limit {
		return limit + 1
	}
	// What both begin and end with costs nothing.
	for len(a) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	for len(a) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	d := len(b)
	switch {
	case len(a) == 0:
	case limit == 1: // one letter for another, or two swapped: anything else is too far
		if len(b) > 1 && (len(a) != 2 || len(b) != 2 || a[0] != b[1] || a[1] != b[0]) {
			return 2
		}
		return 1
	case len(a) <= 64:
		d = editBits(a, b)
	default:
		d = editRows(a, b)
	}
	return min(d, limit+1)
}

// editBits computes a whole column of the table at a time, one bit a row (Myers; with transpositions: Hyyrö 2003).
func editBits(a, b string) int {
	var at [256]uint64
	for i := range len(a) {
		at[a[i]] |= 1 << uint(i)
	}
	vp, vn, d0, before := ^uint64(0), uint64(0), uint64(0), uint64(0)
	last := uint64(1) << uint(len(a)-1)
	d := len(a)
	for j := range len(b) {
		pm := at[b[j]]
		swapped := ((^d0 & pm) << 1) & before
		d0 = (((pm & vp) + vp) ^ vp) | pm | vn | swapped
		hp := vn | ^(d0 | vp)
		hn := d0 & vp
		if hp&last != 0 {
			d++
		}
		if hn&last != 0 {
			d--
		}
		hp = hp<<1 | 1
		hn <<= 1
		vp = hn | ^(d0 | hp)
		vn = hp & d0
		before = pm
	}
	return d
}

func editRows(a, b string) int {
	two, one, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(b)]
}

// slip is what it costs to mistype or mishear a as b, in letters: a letter for another one counts 1, less where the
// two sound or look alike, a doubled letter or an h hardly anything. Both are folded words.
func slip(a, b string) float64 {
	if a == b {
		return 0
	}
	if len(a) > longest || len(b) > longest {
		return float64(Edit(a, b, longest*2))
	}
	var rows [3][longest + 1]float64
	two, one, now := &rows[0], &rows[1], &rows[2]
	for j := 1; j <= len(b); j++ {
		one[j] = one[j-1] + dropped(b, j-1)
	}
	for i := 1; i <= len(a); i++ {
		now[0] = one[0] + dropped(a, i-1)
		for j := 1; j <= len(b); j++ {
			x, y := a[i-1], b[j-1]
			best := one[j-1]
			if x != y {
				c := mistaken(x, y)
				if i == 1 && j == 1 {
					c *= 1.2 // people seldom get the first letter wrong
				}
				best += c
			}
			best = min(best, one[j]+dropped(a, i-1), now[j-1]+dropped(b, j-1))
			if i > 1 && j > 1 && x == b[j-2] && a[i-2] == y && x != y {
				best = min(best, two[j-2]+0.8)
			}
			now[j] = best
		}
		two, one, now = one, now, two
	}
	return one[len(b)]
}

// longest is the longest word that slip looks at letter by letter.
const longest = 40

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// dropped is the cost of the letter at i being there in one word only.
func dropped(s string, i int) float64 {
	switch {
	case i > 0 && s[i] == s[i-1], i+1 < len(s) && s[i] == s[i+1]:
		return 0.35
	case s[i] == 'h' && i > 0:
		return 0.5
	case vowel(s[i]) && i > 0:
		return 0.8
	}
	return 1
}

// soundAlike lists letters that are often written for one another in names.
const soundAlike = "ck kq cq gk gq dt bp vw vf fp sz cs cz ts tz jg jy uw jz jh xs xk bv gh kh mn lr"

// mistakes is what it costs to take one letter or digit for another, by their lowest five bits.
var mistakes = func() (t [32][32]float32) {
	for x := range t {
		for y := range t[x] {
			t[x][y] = 1
			if vowel(byte(x)|0x60) && vowel(byte(y)|0x60) {
				t[x][y] = 0.6
			}
		}
	}
	pair := func(x, y byte, cost float32) { t[x&31][y&31], t[y&31][x&31] = cost, cost }
	for p := 0; p+1 < len(soundAlike); p += 3 {
		pair(soundAlike[p], soundAlike[p+1], 0.6)
	}
	pair('i', 'y', 0.25)
	return t
}()

func mistaken(x, y byte) float64 {
	if x < 'a' || y < 'a' {
		return 1
	}
	return float64(mistakes[x&31][y&31])
}
