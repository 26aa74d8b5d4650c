package pole

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Likeness is how near two values of one property are.
type Likeness int

// The degrees of likeness, nearest first.
const (
	Same       Likeness = iota
	Compatible          // one says less than the other and does not contradict it: a middle name missing, only the year of birth
	Similar             // as one person's slip makes of the other: a letter, day and month swapped
	Different
	Unknown // at least one could not be read, or is doubtful: no evidence of anything
)

// Folded is a value made ready to be compared many times.
type Folded struct {
	Key   string   // equal for values that mean the same; "" for a value that is no evidence
	Words []string // of names and texts, in natural order
}

// Fold makes a value ready to be compared with CompareFolded.
func (d *Dictionary) Fold(property Property, v Value) Folded {
	if v.Norm == "" || v.Problem != "" {
		return Folded{}
	}
	i, ok := d.property[property]
	if !ok {
		return Folded{Key: foldSpace(v.Norm)}
	}
	switch p := &d.properties[i]; p.Type {
	case TypeName:
		words := NameTokens(v.Norm)
		if gi, whole := d.group[property]; whole && d.groups[gi].Property == property {
			return Folded{strings.Join(words, " "), words}
		}
		return Folded{FoldName(v.Norm), words}
	case TypeText:
		words := Tokens(v.Norm)
		if p.Compare == "address" {
			return Folded{strings.Join(words, " "), words}
		}
		return Folded{foldSpace(v.Norm), words}
	}
	return Folded{Key: d.fold(property, v.Norm)}
}

// Key is what two values of a property that mean the same have in common; "" for a value that is no evidence because it
// is empty, could not be read, or is doubtful.
func (d *Dictionary) Key(property Property, v Value) string {
	if v.Norm == "" || v.Problem != "" {
		return ""
	}
	return d.fold(property, v.Norm)
}

func (d *Dictionary) fold(property Property, norm string) string {
	i, ok := d.property[property]
	if !ok {
		return foldSpace(norm)
	}
	switch d.properties[i].Type {
	case TypeName:
		if gi, whole := d.group[property]; whole && d.groups[gi].Property == property {
			return strings.Join(NameTokens(norm), " ")
		}
		return FoldName(norm)
	case TypeText:
		if d.properties[i].Compare == "address" {
			return FoldName(norm)
		}
		return foldSpace(norm)
	case TypeNINO:
		return norm[:min(8, len(norm))] // the suffix is often not known
	case TypeEmail:
		return strings.ToLower(norm)
	case TypeReference:
		return foldCode(norm)
	}
	return norm
}

// MaxSame is the largest number of properties in one set of KindDef.Same.
const MaxSame = 8

// Compare says how like two values of one property are, and in words how they differ: "day and month swapped",
// "one letter differs", "less complete". say is "" for values that are the same or unknown.
func (d *Dictionary) Compare(property Property, a, b Value) (Likeness, string) {
	return d.CompareFolded(property, d.Fold(property, a), d.Fold(property, b))
}

// CompareFolded is Compare for values that have been made ready.
func (d *Dictionary) CompareFolded(property Property, a, b Folded) (Likeness, string) {
	ka, kb := a.Key, b.Key
	if ka == "" || kb == "" {
		return Unknown, ""
	}
	if ka == kb {
		return Same, ""
	}
	i, ok := d.property[property]
	if !ok {
		return Different, "different"
	}
	p := &d.properties[i]
	switch p.Type {
	case TypePartialDate:
		return compareDates(ka, kb)
	case TypeInstant:
		return compareInstants(ka, kb)
	case TypeName:
		return CompareNames(a.Words, b.Words)
	case TypeText:
		if p.Compare == "address" {
			return compareAddresses(a.Words, b.Words)
		}
		return compareText(a.Words, b.Words)
	case TypePostcode, TypeVRM, TypePNCID, TypeCRO, TypeNINO, TypeIMEI, TypePhone, TypeReference:
		if EditDistance(ka, kb) == 1 {
			return Similar, "one character differs"
		}
	case TypeCoordinates:
		return compareCoordinates(ka, kb)
	}
	return Different, "different"
}

func compareDates(a, b string) (Likeness, string) {
	y1, m1, d1, ok1 := parts(a)
	y2, m2, d2, ok2 := parts(b)
	if !ok1 || !ok2 {
		return Unknown, ""
	}
	if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
		return Compatible, "less exact"
	}
	if y1 == y2 && m1 == d2 && d1 == m2 && d1 != 0 && d2 != 0 {
		return Similar, "day and month swapped"
	}
	if len(a) == len(b) && len(a) == 10 {
		differ := 0
		for i := range len(a) {
			if a[i] != b[i] {
				differ++
			}
		}
		if differ == 1 {
			return Similar, "one digit differs"
		}
		switch {
		case m1 == m2 && d1 == d2:
			return Similar, "only the year differs"
		case y1 == y2 && m1 == m2:
			return Similar, "only the day differs"
		case y1 == y2 && d1 == d2:
			return Similar, "only the month differs"
		}
	}
	if y1 == y2 {
		return Different, "same year only"
	}
	return Different, "different date"
}

func compareInstants(a, b string) (Likeness, string) {
	f1, e1, ok1 := Span(a)
	f2, e2, ok2 := Span(b)
	if !ok1 || !ok2 {
		return Unknown, ""
	}
	if len(a) <= 10 || len(b) <= 10 {
		if !f1.After(e2) && !f2.After(e1) {
			return Compatible, "less exact"
		}
	}
	gap := f1.Sub(f2).Abs()
	switch {
	case gap < time.Minute:
		return Compatible, "less than a minute apart"
	case gap == time.Hour:
		return Similar, "one hour apart" // summer time
	case gap < time.Hour:
		return Similar, plural(int(gap/time.Minute), "minute") + " apart"
	case gap < 48*time.Hour:
		return Similar, plural(int(gap/time.Hour), "hour") + " apart"
	}
	return Different, plural(int(gap/(24*time.Hour)), "day") + " apart"
}

func plural(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// CompareNames says how like two names are, word by word in natural order.
func CompareNames(a, b []string) (Likeness, string) {
	switch {
	case len(a) == 0 || len(b) == 0:
		return Unknown, ""
	case slices.Equal(a, b):
		return Same, ""
	}
	if l, say := contained(a, b); l == Compatible {
		return l, say
	}
	sa, sb := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	if slices.Equal(sa, sb) {
		return Similar, "names in another order"
	}
	if strings.Join(a, "") == strings.Join(b, "") {
		return Compatible, "written as one word or two"
	}
	edits := 0
	if len(a) == len(b) {
		for i := range a {
			n, near := nearWord(a[i], b[i])
			if !near {
				return Different, "different name"
			}
			edits += n
		}
	} else {
		if len(a) < 2 || len(b) < 2 {
			return Different, "different name"
		}
		for _, w := range [][2]string{{a[0], b[0]}, {a[len(a)-1], b[len(b)-1]}} {
			n, near := nearWord(w[0], w[1])
			if !near {
				return Different, "different name"
			}
			edits += n
		}
	}
	if edits == 1 {
		return Similar, "one letter differs"
	}
	return Similar, "spelling"
}

// contained finds that the shorter name leaves words out, or gives initials, and agrees for the rest. First and last
// words must be there on both sides (the first may be an initial) unless a side has one word only.
func contained(a, b []string) (Likeness, string) {
	if len(a) > len(b) {
		a, b = b, a
	}
	initial := false
	same := func(x, y string) bool {
		if x == y {
			return true
		}
		if len(x) == 1 && strings.HasPrefix(y, x) || len(y) == 1 && strings.HasPrefix(x, y) {
			initial = true
			return true
		}
		return false
	}
	if len(a) < 2 {
		return Different, ""
	}
	if !same(a[0], b[0]) || a[len(a)-1] != b[len(b)-1] {
		return Different, ""
	}
	j := 1
	for _, w := range a[1 : len(a)-1] {
		for j < len(b)-1 && !same(w, b[j]) {
			j++
		}
		if j == len(b)-1 {
			return Different, ""
		}
		j++
	}
	if initial && len(a) == len(b) {
		return Compatible, "initial only"
	}
	return Compatible, "less complete"
}

func nearWord(a, b string) (edits int, near bool) {
	if a == b {
		return 0, true
	}
	if len(a) == 1 || len(b) == 1 {
		return 1, a[0] == b[0]
	}
	n := EditDistance(a, b)
	long := min(len([]rune(a)), len([]rune(b)))
	return n, n == 1 && long >= 3 || n == 2 && long >= 6 || Similarity(a, b) >= 0.93
}

func compareAddresses(a, b []string) (Likeness, string) {
	less, more := a, b
	if len(less) > len(more) {
		less, more = more, less
	}
	if len(less) == 0 {
		return Unknown, ""
	}
	have := map[string]int{}
	for _, w := range more {
		have[w]++
	}
	missing := 0
	for _, w := range less {
		if have[w]--; have[w] < 0 {
			missing++
		}
	}
	if missing == 0 {
		return Compatible, "less complete"
	}
	if EditDistance(strings.Join(a, " "), strings.Join(b, " ")) == 1 {
		return Similar, "one character differs"
	}
	return Different, "different address"
}

func compareText(a, b []string) (Likeness, string) {
	ja, jb := strings.Join(a, " "), strings.Join(b, " ")
	switch {
	case ja == "" || jb == "":
		return Different, "different"
	case strings.ReplaceAll(ja, " ", "") == strings.ReplaceAll(jb, " ", ""):
		return Same, ""
	case len(ja) >= 3 && len(jb) >= 3 && (strings.HasPrefix(ja, jb+" ") || strings.HasPrefix(jb, ja+" ")):
		return Compatible, "less complete"
	case min(len(ja), len(jb)) >= 4 && EditDistance(ja, jb) == 1:
		return Similar, "one letter differs"
	}
	return Different, "different"
}

func compareCoordinates(a, b string) (Likeness, string) {
	la, oa, ok1 := LatLon(a)
	lb, ob, ok2 := LatLon(b)
	if !ok1 || !ok2 {
		return Unknown, ""
	}
	m := Distance(la, oa, lb, ob)
	switch {
	case m <= 25:
		return Compatible, "less than 25 m apart"
	case m < 1000:
		return Different, fmt.Sprintf("%.0f m apart", m)
	}
	return Different, fmt.Sprintf("%.1f km apart", m/1000)
}
