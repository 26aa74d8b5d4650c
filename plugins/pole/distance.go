package pole

// EditDistance counts the letters to insert, delete, replace or swap with a neighbour that make a into b
// (optimal string alignment). Very long words are compared by their first 200 letters.
func EditDistance(a, b string) int {
	var xs, ys [64]rune
	x, y := appendRunes(xs[:0], a), appendRunes(ys[:0], b)
	if len(x) == 0 || len(y) == 0 {
		return max(len(x), len(y))
	}
	var few [3 * 33]int
	buf := few[:]
	if len(y) > 32 {
		buf = make([]int, 3*(len(y)+1))
	}
	n := len(y) + 1
	prev, cur, next := buf[:n], buf[n:2*n], buf[2*n:3*n]
	for j := range cur {
		cur[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(cur[j]+1, next[j-1]+1, cur[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], prev[j-2]+1)
			}
		}
		prev, cur, next = cur, next, prev
	}
	return cur[len(y)]
}

func appendRunes(to []rune, s string) []rune {
	for _, r := range s {
		if len(to) == 200 {
			break
		}
		to = append(to, r)
	}
	return to
}

// Similarity is the Jaro–Winkler similarity of two words, 0 to 1.
func Similarity(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	window := max(max(len(x), len(y))/2-1, 0)
	used, hit := make([]bool, len(y)), make([]bool, len(x))
	m := 0
	for i, r := range x {
		for j := max(0, i-window); j < min(len(y), i+window+1); j++ {
			if !used[j] && y[j] == r {
				used[j], hit[i] = true, true
				m++
				break
			}
		}
	}
	if m == 0 {
		return 0
	}
	t, j := 0, 0
	for i, r := range x {
		if !hit[i] {
			continue
		}
		for !used[j] {
			j++
		}
		if y[j] != r {
			t++
		}
		j++
	}
	f := float64(m)
	jaro := (f/float64(len(x)) + f/float64(len(y)) + (f-float64(t)/2)/f) / 3
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}
