package search

import (
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
)

// word is one typed word and its folded forms.
type word struct {
	typed  string
	tokens []string
	bare   string // letters and digits only, upper case
}

func wordsOf(text string) []word {
	var out []word
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		w := word{typed: f, tokens: pole.Tokens(f), bare: bare(f)}
		if w.bare != "" {
			out = append(out, w)
		}
	}
	return out
}

// bare is the letters and digits of s in capitals.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, s)
}

// score says how well a record fits the question, 0 to 1, and which typed words stand in it.
func (q question) score(r *pole.Record) (float64, []string) {
	hit := make([]bool, len(q.words))
	q.match(r, hit)
	byTerms := 0.0
	for _, alt := range q.alts {
		byTerms = max(byTerms, q.fits(r, alt, hit))
	}
	var matched []string
	for j, w := range q.words {
		if hit[j] {
			matched = append(matched, w.typed)
		}
	}
	byWords := 0.0
	if len(q.words) > 0 {
		byWords = 0.8 * float64(len(matched)) / float64(len(q.words))
	}
	return max(byWords, byTerms), matched
}

// fits is how near the record is to every term, on average; a value that identifies settles it. The words of a term
// that the record has in another form, as a date, count as matched.
func (q question) fits(r *pole.Record, alt []plugins.Term, hit []bool) float64 {
	total, settled := 0.0, false
	for _, t := range alt {
		n := q.near(r, t)
		settled = settled || n == 1 && q.dict.Identifies(r.Kind, t.Property)
		total += n
		if n < weight(pole.Compatible) {
			continue
		}
		said := strings.Fields(t.Value.Source)
		for j, w := range q.words {
			hit[j] = hit[j] || slices.Contains(said, w.typed)
		}
	}
	if settled {
		return 1
	}
	return total / float64(max(1, len(alt)))
}

// near is how near the record's nearest value is to a term.
func (q question) near(r *pole.Record, t plugins.Term) float64 {
	nearest, seen := 0.0, false
	def, _ := q.dict.Property(t.Property)
	for _, f := range r.Facts {
		if f.Property == t.Property {
			like, _ := q.dict.Compare(t.Property, t.Value, f.Value)
			if like != pole.Unknown {
				seen = true
			}
			nearest = max(nearest, weight(like))
			continue
		}
		// A name may also stand in a whole name or an alias.
		if other, ok := q.dict.Property(f.Property); ok && def.Type == pole.TypeName && other.Type == pole.TypeName && within(t.Value, f.Value) {
			nearest = max(nearest, 0.8)
		}
	}
	if nearest == 0 && !seen {
		return 0.3 // the record does not say: neither for nor against
	}
	return nearest
}

func weight(l pole.Likeness) float64 {
	switch l {
	case pole.Same:
		return 1
	case pole.Compatible:
		return 0.9
	case pole.Similar:
		return 0.6
	}
	return 0
}

// within reports whether every word of a stands in b.
func within(a, b pole.Value) bool {
	words, in := pole.Tokens(form(a)), pole.Tokens(form(b))
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(in, w) })
}

func form(v pole.Value) string {
	if v.Norm != "" {
		return v.Norm
	}
	return v.Source
}

// match marks the typed words that stand in the record.
func (q question) match(r *pole.Record, hit []bool) {
	left := len(q.words)
	for i := range r.Facts {
		v := r.Facts[i].Value
		for _, s := range []string{v.Norm, v.Source, v.Label} {
			if s == "" || left == 0 {
				continue
			}
			var tokens []string
			plain, ascii := bare(s), isASCII(s)
			for j, w := range q.words {
				// Most values hold none of the words: that is found out without taking them apart.
				if hit[j] || ascii && isASCII(w.typed) && !strings.Contains(plain, w.bare) {
					continue
				}
				if tokens == nil {
					tokens = pole.Tokens(s)
				}
				if plain == w.bare || begins(tokens, w.tokens) {
					hit[j] = true
					left--
				}
			}
		}
	}
}

// begins reports whether every token of w begins a token of in.
func begins(in, w []string) bool {
	return len(w) > 0 && !slices.ContainsFunc(w, func(t string) bool {
		return !slices.ContainsFunc(in, func(s string) bool { return strings.HasPrefix(s, t) })
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
