package connector

import (
	"context"
	"errors"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
)

// whereSpec keeps, of what a system sends, what was asked for: a file cannot be searched where it lies. Values are
// compared by the dictionary, in their normal form.
type whereSpec struct {
	exprs map[pole.Property]*expr // where a property stands, if not where fields has it
	at    *node
}

// where reads where: true, or property: expression.
func (r *reader) where(n *node) *whereSpec {
	if n == nil || n.text() == "false" {
		return nil
	}
	w := &whereSpec{exprs: map[pole.Property]*expr{}, at: n}
	if n.shape == mapping {
		for _, p := range n.keys {
			w.exprs[pole.Property(p)] = r.h.compile(r.f, n.kids[p])
		}
	}
	return w
}

// condition is one term of a query, ready to be compared.
type condition struct {
	property pole.Property
	want     pole.Folded
	required bool
	fields   []field
	groups   []*group
}

// sieve decides which elements of an answer were asked for.
type sieve struct {
	m     *mapper
	dict  *pole.Dictionary
	terms []condition
	words []string // of a text search, all of which must be there
	whole string   // the same as one word
}

// sieve makes one for a query. Terms that the search must have are required of every record; what it merely takes
// leaves out only records that say otherwise, as a record without a date of birth may still be the one looked for.
func (s *system) sieve(k *kindSpec, op *searchSpec, in map[string]any) *sieve {
	v := &sieve{m: s.mapper(k, op.records, op.without), dict: s.env.Dictionary}
	q, _ := in["q"].(map[string]any)
	var best plugins.SearchSpec
	used := -1
	for _, by := range op.by {
		n := 0
		if slices.ContainsFunc(by.Require, func(p pole.Property) bool { return q[string(p)] == nil }) {
			continue
		}
		for _, p := range slices.Concat(by.Require, by.Optional) {
			if q[string(p)] != nil {
				n++
			}
		}
		if n > used {
			best, used = by, n
		}
	}
	for _, p := range slices.Concat(best.Require, best.Optional) {
		source, _ := q[string(p)].(string)
		if source == "" {
			continue
		}
		c := condition{property: p, want: v.dict.Fold(p, v.dict.Normalise(p, source)), required: slices.Contains(best.Require, p)}
		if e := op.where.exprs[p]; e != nil {
			c.fields = []field{{property: p, value: e, absentNone: true}}
		} else {
			for _, f := range k.fields {
				if f.property == p && f.value != nil {
					c.fields = append(c.fields, f)
				}
			}
			for _, g := range k.groups {
				if slices.ContainsFunc(g.fields, func(f field) bool { return f.property == p }) {
					c.groups = append(c.groups, g)
				}
			}
		}
		v.terms = append(v.terms, c)
	}
	slices.SortStableFunc(v.terms, func(a, b condition) int {
		if a.required == b.required {
			return 0
		}
		if a.required {
			return -1
		}
		return 1
	})
	if text, _ := in["text"].(string); text != "" && len(v.terms) == 0 {
		v.words = pole.Tokens(text)
		v.whole = strings.Join(v.words, "")
	}
	return v
}

// keep filters elements. One that is not as documented becomes a gap, as it may be the one looked for.
func (v *sieve) keep(ctx context.Context, sc *scope, els []any) ([]any, []*plugins.Error, error) {
	var out []any
	var gaps []*plugins.Error
	seen := map[string]bool{}
	for i, el := range els {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		fits, err := v.fits(ctx, sc, el)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			var shape *shapeError
			if errors.As(err, &shape) && shape.slow {
				return nil, nil, err // each further element would take as long
			}
			if e := v.m.sys.named(drift(err)); !seen[e.Say] {
				seen[e.Say] = true
				gaps = append(gaps, e)
			}
			continue
		}
		if fits {
			out = append(out, el)
		}
	}
	return out, gaps, nil
}

func (v *sieve) fits(ctx context.Context, sc *scope, el any) (bool, error) {
	if len(v.words) > 0 {
		return v.says(el), nil
	}
	met := false
	for i := range v.terms {
		c := &v.terms[i]
		facts, err := v.facts(ctx, sc, c, el)
		if err != nil {
			return false, err
		}
		best := pole.Unknown
		for _, f := range facts {
			switch like := v.like(c, f.Value); {
			case like == pole.Same || like == pole.Compatible:
				best = pole.Same
			case like != pole.Unknown && best == pole.Unknown:
				best = pole.Different
			}
		}
		switch {
		case best == pole.Same:
			met = true
		case best == pole.Different, c.required:
			return false, nil
		}
	}
	return met, nil
}

func (v *sieve) facts(ctx context.Context, sc *scope, c *condition, el any) (out []pole.Fact, err error) {
	for i := range c.fields {
		f := c.fields[i]
		f.from, f.to = nil, nil
		if out, err = v.m.facts(ctx, sc, &f, el, "", "", "", out, false); err != nil {
			return nil, err
		}
	}
	for _, g := range c.groups {
		own := *g
		own.fields = slices.DeleteFunc(slices.Clone(g.fields), func(f field) bool { return f.property != c.property })
		r := pole.Record{Facts: out}
		if err = v.m.group(ctx, sc, &own, el, &r); err != nil {
			return nil, err
		}
		out = r.Facts
	}
	return out, nil
}

// like compares what was asked with what a record says. A name is also like one that goes on after it: an officer asks
// for AARON, and the file has AARON JAMES in one column.
func (v *sieve) like(c *condition, value pole.Value) pole.Likeness {
	have := v.dict.Fold(c.property, value)
	like, _ := v.dict.CompareFolded(c.property, c.want, have)
	if p, ok := v.dict.Property(c.property); ok && p.Type == pole.TypeName && like != pole.Same && like != pole.Unknown {
		short, long := c.want.Words, have.Words
		if len(short) > len(long) {
			short, long = long, short
		}
		if len(short) > 0 && slices.Equal(short, long[:len(short)]) {
			return pole.Compatible
		}
	}
	return like
}

// says reports whether an element has all words of a text search anywhere in it, or the text as one word.
func (v *sieve) says(el any) bool {
	left := slices.Clone(v.words)
	whole := false
	var look func(x any)
	look = func(x any) {
		switch x := x.(type) {
		case map[string]any:
			for _, y := range x {
				look(y)
			}
		case []any:
			for _, y := range x {
				look(y)
			}
		case nil, bool:
		default:
			w, ok := scalarText(x)
			if !ok || w == "" || whole || len(left) == 0 {
				return
			}
			words := pole.Tokens(w)
			whole = strings.Join(words, "") == v.whole
			for _, have := range words {
				if i := slices.Index(left, have); i >= 0 {
					left = slices.Delete(left, i, i+1)
				}
			}
		}
	}
	look(el)
	return whole || len(left) == 0
}

// asked finds the one element that a fetch asks for.
func (s *system) asked(ctx context.Context, k *kindSpec, sc *scope, els []any, id string) ([]any, error) {
	var out []any
	for i, el := range els {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		got, err := k.id.word(ctx, sc, el)
		if err != nil {
			return nil, err
		}
		if got == id {
			out = append(out, el)
		}
	}
	if len(out) > 1 {
		return nil, &shapeError{expr: k.id.src, say: "several records have the id that was asked for"}
	}
	return out, nil
}

// checkWhere files what a search asks for and its records would not say.
func checkWhere(f *findings, k *kindSpec, sp *searchSpec) {
	if sp.where == nil {
		return
	}
	has := map[pole.Property]bool{}
	for _, fl := range k.fields {
		has[fl.property] = true
	}
	for _, g := range k.groups {
		for _, fl := range g.fields {
			has[fl.property] = true
		}
	}
	used := map[pole.Property]bool{}
	for _, by := range sp.by {
		for _, p := range slices.Concat(by.Require, by.Optional) {
			used[p] = true
			if sp.where.exprs[p] == nil && (!has[p] || sp.without[string(p)]) {
				f.fail(sp.where.at, "Map it under fields, or write where: {"+string(p)+": .COLUMN}.", "where does not know where %s stands in a record.", p)
			}
		}
	}
	for p := range sp.where.exprs {
		if !used[p] {
			f.fail(sp.where.at, "Add it to by, or take it out.", "where compares %s, which the search does not search by.", p)
		}
	}
	if sp.total != nil {
		f.fail(sp.where.at, "Take total out.", "total counts what the system sent, not what where keeps.")
	}
}
