package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"muster/plugins/pole"
)

const (
	maxWords = 16 // words of one value that make tokens
	maxRunes = 64 // of one word or value
)

// tokens are what a record can be found by, in clear; only their keyed hashes reach the disk:
//
//	w WORD             any indexed word
//	p PROPERTY VALUE   one property with one value, one of its words, or one of its date's leading parts
//	s PROPERTY VALUE   a date that goes no further than VALUE, so that a full date can also find it
//	k KIND, y SYSTEM, a everything
func (s *Store) tokens(r *pole.Record) []string {
	t := tokenSet{"a": {}}
	t.add("k", string(r.Kind))
	t.add("y", r.System)
	t.add("w", clip(fold(r.ID)))
	for _, f := range r.Facts {
		def, ok := s.property(f.Property)
		if !ok {
			continue
		}
		p := string(f.Property)
		switch sort(def) {
		case byWords:
			for _, w := range words(text(f.Value)) {
				t.add("w", w)
				t.add("p", p, w)
			}
		case byDate:
			parts := dateParts(text(f.Value))
			for _, d := range parts {
				t.add("p", p, d)
			}
			if len(parts) > 0 && len(parts) < 3 {
				t.add("s", p, parts[len(parts)-1])
			}
		case byValue:
			if v := clip(fold(text(f.Value))); v != "" {
				t.add("w", v)
				t.add("p", p, v)
			}
		case byCode:
			if v := clip(fold(text(f.Value))); v != "" {
				t.add("p", p, v)
			}
		}
	}
	return t.list()
}

type how int

const (
	byNothing how = iota
	byWords
	byDate
	byValue
	byCode
)

// sort says how a property is searched by, from its definition alone.
func sort(def pole.PropertyDef) how {
	switch def.Type {
	case pole.TypeName:
		return byWords
	case pole.TypeText:
		if def.Multiline {
			return byNothing
		}
		return byWords
	case pole.TypePartialDate, pole.TypeInstant:
		return byDate
	case pole.TypePhone, pole.TypePostcode, pole.TypeVRM, pole.TypePNCID, pole.TypeCRO, pole.TypeNINO, pole.TypeIMEI, pole.TypeEmail, pole.TypeReference:
		return byValue
	case pole.TypeCode, pole.TypeWarning:
		return byCode
	}
	if def.Identifies || def.Recognise {
		return byValue
	}
	return byNothing
}

func (s *Store) property(p pole.Property) (pole.PropertyDef, bool) {
	if s.dict == nil {
		return pole.PropertyDef{}, false
	}
	return s.dict.Property(p)
}

// alternatives are the tokens of which a record must have at least one, for each thing that is asked.
func (s *Store) alternatives(q CacheQuery) (all [][]string) {
	for _, f := range q.Facts {
		def, ok := s.property(f.Property)
		p := string(f.Property)
		var asked [][]string
		switch {
		case !ok:
		case sort(def) == byWords:
			for _, w := range words(text(f.Value)) {
				asked = append(asked, []string{join("p", p, w)})
			}
		case sort(def) == byDate:
			if parts := dateParts(text(f.Value)); len(parts) > 0 {
				one := []string{join("p", p, parts[len(parts)-1])}
				for _, d := range parts[:len(parts)-1] {
					one = append(one, join("s", p, d))
				}
				asked = append(asked, one)
			}
		case sort(def) != byNothing:
			if v := clip(fold(text(f.Value))); v != "" {
				asked = append(asked, []string{join("p", p, v)})
			}
		}
		if len(asked) == 0 {
			return nil // what cannot be searched by must not be passed over
		}
		all = append(all, asked...)
	}
	all = append(all, wordsOrWhole(q.Text)...)
	var kinds, systems []string
	for _, k := range q.Kinds {
		kinds = append(kinds, join("k", string(k)))
	}
	for _, y := range q.Systems {
		systems = append(systems, join("y", y))
	}
	for _, g := range [][]string{kinds, systems} {
		if len(g) > 0 {
			all = append(all, g)
		}
	}
	if len(all) == 0 && q.Everything {
		all = [][]string{{"a"}}
	}
	return all
}

// wordsOrWhole asks for each word of free text; a text that reads as one identifier may also stand whole.
func wordsOrWhole(s string) (all [][]string) {
	ws := words(s)
	if len(ws) > 1 {
		if v := clip(fold(s)); strings.ContainsFunc(v, unicode.IsDigit) {
			alone := make([]string, 0, len(ws))
			for _, w := range ws {
				alone = append(alone, join("w", w))
			}
			for _, w := range alone {
				all = append(all, []string{w, join("w", v)})
			}
			return all
		}
	}
	for _, w := range ws {
		all = append(all, []string{join("w", w)})
	}
	return all
}

type tokenSet map[string]struct{}

func (t tokenSet) add(parts ...string) { t[join(parts...)] = struct{}{} }

func (t tokenSet) list() []string {
	out := make([]string, 0, len(t))
	for k := range t {
		out = append(out, k)
	}
	return out
}

func join(parts ...string) string { return strings.Join(parts, "\x00") }

func text(v pole.Value) string {
	if v.Norm != "" {
		return v.Norm
	}
	return v.Source
}

// fold makes one spelling of many: upper case, no accents, letters and digits only.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

func clip(s string) string {
	if r := []rune(s); len(r) > maxRunes {
		return string(r[:maxRunes])
	}
	return s
}

// words are the folded words of s: an apostrophe joins (O'Neill), everything else that is no letter or digit parts.
func words(s string) (out []string) {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("'’‘ʼ`", r)
	}) {
		if f := clip(fold(w)); f != "" {
			if out = append(out, f); len(out) == maxWords {
				break
			}
		}
	}
	return out
}

// dateParts are year, month and day of a canonical date or instant, as far as it goes: 2011, 2011-11, 2011-11-03.
func dateParts(s string) (out []string) {
	for _, n := range []int{4, 7, 10} {
		if len(s) < n || (n < len(s) && s[n] != '-' && s[n] != 'T' && s[n] != ' ') {
			break
		}
		for i, c := range []byte(s[:n]) {
			if dash := i == 4 || i == 7; dash != (c == '-') || !dash && (c < '0' || c > '9') {
				return out
			}
		}
		out = append(out, s[:n])
	}
	return out
}
