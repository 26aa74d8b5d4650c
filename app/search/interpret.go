package search

import (
	"slices"
	"strings"
	"unicode"

	"muster/plugins"
	"muster/plugins/pole"
)

// How sure a reading of typed text is, best first.
type rank int

const (
	sure     rank = iota // by form and check digit
	sureName             // a name in an order that its comma tells
	names                // a name in one of two orders
	perhaps              // by form alone
	freeText
)

// reading is one interpretation and how sure it is.
type reading struct {
	Interpretation
	rank rank
}

// Interpret lists what typed text may stand for, best first; the last one is always free text. It is quick enough for
// every keystroke. Everything it knows it has from the dictionary. Text in quotation marks is free text and nothing else;
// where there are other readings, the Text of the last one stands in them, so that a Request can carry that choice.
func Interpret(dict *pole.Dictionary, text string) []Interpretation {
	var out []Interpretation
	for _, r := range readings(dict, text) {
		out = append(out, r.Interpretation)
	}
	return out
}

// best are the readings that a search uses together: the surest ones, which exclude each other but cannot be told apart.
func best(dict *pole.Dictionary, text string) []reading {
	all := readings(dict, text)
	for i, r := range all {
		if r.rank != all[0].rank {
			return all[:i]
		}
	}
	return all
}

// maxReadings bounds the ways in which one text is understood.
const maxReadings = 8

func readings(dict *pole.Dictionary, text string) []reading {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return nil
	}
	if unquoted(text) != text {
		return []reading{{Interpretation{Label: "free text", Text: text}, freeText}}
	}
	if r, ok := byProperty(dict, text); ok {
		return []reading{r, {Interpretation{Label: "free text", Text: `"` + text + `"`}, freeText}}
	}
	var out []reading
	for _, r := range dict.Recognise(text) {
		rk := perhaps
		if r.Certain {
			rk = sure
		}
		out = append(out, reading{Interpretation{Label: labelOf(dict, r.Property), Terms: []plugins.Term{{Property: r.Property, Value: r.Value}}, Text: text}, rk})
	}
	for _, g := range nameGroups(dict) {
		out = append(out, named(dict, g, text)...)
	}
	slices.SortStableFunc(out, func(a, b reading) int { return int(a.rank) - int(b.rank) })
	if len(out) > maxReadings {
		out = out[:maxReadings]
	}
	if len(out) > 0 {
		text = `"` + text + `"`
	}
	return append(out, reading{Interpretation{Label: "free text", Text: text}, freeText})
}

// unquoted is what stands within quotation marks, or the text itself.
func unquoted(text string) string {
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok && strings.TrimSpace(inner) != "" {
			return strings.TrimSpace(inner)
		}
	}
	return text
}

// nameGroup is a composite of the dictionary whose parts are all names, in natural order: given names first, family
// name last.
type nameGroup struct {
	pole.GroupDef
	given, family pole.Property
	middle        pole.Property // "" if the group has none
}

func nameGroups(dict *pole.Dictionary) []nameGroup {
	var out []nameGroup
	for _, g := range dict.Groups("") {
		if len(g.Parts) < 2 || slices.ContainsFunc(g.Parts, func(p pole.Property) bool {
			d, ok := dict.Property(p)
			return !ok || d.Type != pole.TypeName
		}) {
			continue
		}
		n := nameGroup{GroupDef: g, given: g.Parts[0], family: g.Parts[len(g.Parts)-1]}
		if len(g.Parts) > 2 {
			n.middle = g.Parts[1]
		}
		out = append(out, n)
	}
	return out
}

// named reads text as a name, with values beside it that the dictionary recognises: a date of birth, a postcode.
func named(dict *pole.Dictionary, g nameGroup, text string) []reading {
	words, values, label := peel(dict, g, strings.Fields(text))
	if len(words) == 0 || len(words) > 6 || !slices.ContainsFunc(words, isName) || slices.ContainsFunc(words, hasDigit) {
		return nil
	}
	name := strings.Join(words, " ")
	family, given, comma := strings.Cut(name, ",")
	base := labelOf(dict, g.Property)
	with := ""
	if label != "" {
		with = " and " + label
	}
	if comma {
		f, rest := strings.TrimSpace(family), strings.Fields(strings.ReplaceAll(given, ",", " "))
		terms := nameTerms(dict, g, f, rest)
		if len(terms) == 0 {
			return nil
		}
		return []reading{{Interpretation{Label: base + with, Terms: append(terms, values...), Text: text}, sureName}}
	}
	if len(words) == 1 {
		return []reading{
			{Interpretation{Label: labelOf(dict, g.family) + with, Terms: append(nameTerms(dict, g, words[0], nil), values...), Text: text}, names},
			{Interpretation{Label: labelOf(dict, g.given) + with, Terms: append(nameTerms(dict, g, "", words), values...), Text: text}, names},
		}
	}
	last := len(words) - 1
	return []reading{
		{Interpretation{Label: base + ", " + labelOf(dict, g.family) + " first" + with, Terms: append(nameTerms(dict, g, words[0], words[1:]), values...), Text: text}, names},
		{Interpretation{Label: base + ", " + labelOf(dict, g.given) + " first" + with, Terms: append(nameTerms(dict, g, words[last], words[:last]), values...), Text: text}, names},
	}
}

// nameTerms makes terms of a family name and given names.
func nameTerms(dict *pole.Dictionary, g nameGroup, family string, given []string) []plugins.Term {
	var out []plugins.Term
	add := func(p pole.Property, text string) {
		if v := dict.Normalise(p, text); p != "" && v.Norm != "" {
			out = append(out, plugins.Term{Property: p, Value: v})
		}
	}
	if family != "" {
		add(g.family, family)
	}
	if len(given) > 0 {
		add(g.given, given[0])
	}
	if len(given) > 1 {
		add(g.middle, strings.Join(given[1:], " "))
	}
	return out
}

// peel takes recognised values off both ends of the words: "miller aaron 3 nov 2011", "LS8 2QX miller".
func peel(dict *pole.Dictionary, g nameGroup, words []string) (rest []string, values []plugins.Term, label string) {
	for len(values) < 3 && len(words) > 1 {
		term, l, n, front := end(dict, g, words)
		if n == 0 {
			break
		}
		if front {
			words = words[n:]
		} else {
			words = words[:len(words)-n]
		}
		values = append(values, term)
		if label != "" {
			label += " and "
		}
		label += l
	}
	return words, values, label
}

// end recognises up to three words at either end as one value of the same kind of thing that the name is of.
func end(dict *pole.Dictionary, g nameGroup, words []string) (term plugins.Term, label string, n int, front bool) {
	for n := min(3, len(words)-1); n > 0; n-- {
		for _, front := range []bool{false, true} {
			part := words[len(words)-n:]
			if front {
				part = words[:n]
			}
			if !slices.ContainsFunc(part, func(w string) bool { return hasDigit(w) || strings.Contains(w, "@") }) {
				continue
			}
			for _, r := range dict.Recognise(strings.Trim(strings.Join(part, " "), ",;")) {
				def, ok := dict.Property(r.Property)
				if !ok || !slices.ContainsFunc(r.Kinds, func(k pole.Kind) bool { return slices.Contains(g.Kinds, k) }) {
					continue
				}
				if r.Certain || def.Type == pole.TypePartialDate {
					return plugins.Term{Property: r.Property, Value: r.Value}, valueLabel(labelOf(dict, r.Property), r.Value, def), n, front
				}
			}
		}
	}
	return plugins.Term{}, "", 0, false
}

// valueLabel is a recognised value's label; of a date it says how much of it is known.
func valueLabel(label string, v pole.Value, def pole.PropertyDef) string {
	const whole = "date of "
	if rest, ok := strings.CutPrefix(label, whole); ok && def.Type == pole.TypePartialDate {
		switch len(v.Norm) {
		case len("2006"):
			return "year of " + rest
		case len("2006-01"):
			return "month of " + rest
		}
	}
	return label
}

// labelOf is a property's label as it stands in the middle of a sentence.
func labelOf(dict *pole.Dictionary, p pole.Property) string {
	d, ok := dict.Property(p)
	w := strings.Fields(d.Label)
	switch {
	case !ok || len(w) == 0:
		return string(p)
	case w[0] == strings.ToUpper(w[0]), len(w) > 1 && unicode.IsUpper([]rune(w[1])[0]): // PNC ID, National Insurance number
		return d.Label
	}
	first := []rune(d.Label)
	first[0] = unicode.ToLower(first[0])
	return string(first)
}

func hasDigit(w string) bool { return strings.ContainsFunc(w, unicode.IsDigit) }

func isName(w string) bool { return strings.ContainsFunc(w, unicode.IsLetter) }
