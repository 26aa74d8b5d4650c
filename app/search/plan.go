package search

import (
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
)

// question is what a request comes to: alternatives by terms, and the words for systems that search text.
type question struct {
	dict  *pole.Dictionary
	alts  [][]plugins.Term
	text  string
	order bool // the alternatives are one name in several orders: a kind must be asked all of them, or the text
	words []word
	names []nameGroup
}

// ask understands a request. Terms that the officer chose stand alone; text is interpreted.
func ask(dict *pole.Dictionary, r Request) question {
	typed := strings.Join(strings.Fields(r.Text), " ")
	q := question{dict: dict, names: nameGroups(dict)}
	switch {
	case len(r.Terms) > 0:
		q.alts = [][]plugins.Term{r.Terms}
	case typed != "":
		for _, b := range best(dict, typed) {
			q.order = q.order || b.rank == names
			if len(b.Terms) > 0 {
				q.alts = append(q.alts, b.Terms)
			}
		}
	}
	// Systems look for words; a comma between them is the officer's, not the word's.
	q.text = strings.Join(strings.FieldsFunc(unquoted(typed), func(r rune) bool { return r == ' ' || r == ',' || r == ';' }), " ")
	if typed == "" {
		var w []string
		for _, t := range r.Terms {
			w = append(w, dict.Display(t.Property, t.Value))
		}
		q.text = strings.Join(w, " ")
	}
	q.words = wordsOf(q.text)
	return q
}

// plan is the queries that one kind of one system is asked: none means that it cannot be asked.
func (q question) plan(k plugins.KindSpec) []plugins.Query {
	var out []plugins.Query
	missed := false
	for _, alt := range q.alts {
		terms := q.fit(k, alt)
		if terms == nil {
			missed = true
			continue
		}
		query := plugins.Query{Kind: k.Kind, Terms: terms}
		if !slices.ContainsFunc(out, func(o plugins.Query) bool { return slices.Equal(o.Terms, terms) }) {
			out = append(out, query)
		}
	}
	// A name whose order is not known, asked in one order only, would miss records: the text finds them in any order.
	if k.Text && q.text != "" && (len(out) == 0 || q.order && missed) {
		return []plugins.Query{{Kind: k.Kind, Text: q.text}}
	}
	return out
}

// fit picks the way to search this kind that uses most of the terms, and gives the terms that it uses; nil if there is
// none. Of equals the earlier is the better, as the plugin lists them.
func (q question) fit(k plugins.KindSpec, alt []plugins.Term) []plugins.Term {
	have := q.withWholes(alt)
	var chosen []plugins.Term
	best := 0
	for _, s := range k.Search {
		if slices.ContainsFunc(s.Require, func(p pole.Property) bool { return !holds(have, p) }) {
			continue
		}
		var terms []plugins.Term
		for _, t := range have {
			if slices.Contains(s.Require, t.Property) || slices.Contains(s.Optional, t.Property) {
				terms = append(terms, t)
			}
		}
		if n := q.covered(alt, terms); n > best {
			chosen, best = terms, n
		}
	}
	return chosen
}

// withWholes adds to name parts the whole name, for systems that search by that.
func (q question) withWholes(alt []plugins.Term) []plugins.Term {
	have := slices.Clone(alt)
	for _, g := range q.names {
		if holds(alt, g.Property) {
			continue
		}
		var facts []pole.Fact
		for _, t := range alt {
			if slices.Contains(g.Parts, t.Property) {
				facts = append(facts, pole.Fact{Property: t.Property, Value: t.Value})
			}
		}
		if len(facts) == 0 {
			continue
		}
		if v := q.dict.Normalise(g.Property, q.dict.Composite(g.GroupDef, facts)); v.Norm != "" {
			have = append(have, plugins.Term{Property: g.Property, Value: v})
		}
	}
	return have
}

// covered counts how many of the terms that were asked are used; a whole name uses its parts.
func (q question) covered(alt, used []plugins.Term) int {
	n := 0
	for _, t := range alt {
		if holds(used, t.Property) || slices.ContainsFunc(q.names, func(g nameGroup) bool {
			return slices.Contains(g.Parts, t.Property) && holds(used, g.Property)
		}) {
			n++
		}
	}
	return n
}

func holds(terms []plugins.Term, p pole.Property) bool {
	return slices.ContainsFunc(terms, func(t plugins.Term) bool { return t.Property == p })
}

// step is one query of a system's plan.
type step struct {
	kind  pole.Kind
	query plugins.Query
}

// steps are all queries that a system is asked.
func (q question) steps(info plugins.Info, kinds []pole.Kind) []step {
	var out []step
	for _, k := range info.Kinds {
		if len(kinds) > 0 && !slices.Contains(kinds, k.Kind) {
			continue
		}
		for _, query := range q.plan(k) {
			out = append(out, step{k.Kind, query})
		}
	}
	return out
}
