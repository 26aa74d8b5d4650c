package connector

import "github.com/itchyny/gojq"

// parseWhole compiles an expression for an id or a label, where a text with \(…) is whole or is not there: jq would
// write the word null for what is missing, and two records without a number would have one id.
func (h *helpers) parseWhole(src string) (*expr, error) {
	e, err := h.parse(src)
	if err != nil || !wholeInserts(e.query) {
		return e, err
	}
	code, err := gojq.Compile(e.query, append([]gojq.CompilerOption{gojq.WithVariables(variables)}, h.options()...)...)
	if err != nil {
		return nil, err
	}
	e.code = code
	return e, nil
}

// wholeInserts makes every insert of the texts that a query gives end the text when it is null, and reports whether
// there are any. What a query only asks (conditions, arguments) keeps jq's meaning.
func wholeInserts(q *gojq.Query) bool {
	if q == nil {
		return false
	}
	if q.Term == nil {
		switch q.Op {
		case gojq.OpPipe:
			return wholeInserts(q.Right)
		case gojq.OpAlt, gojq.OpComma, gojq.OpAdd:
			left := wholeInserts(q.Left)
			return wholeInserts(q.Right) || left
		}
		return false
	}
	some := false
	switch t := q.Term; t.Type {
	case gojq.TermTypeQuery:
		return wholeInserts(t.Query)
	case gojq.TermTypeIf:
		some = wholeInserts(t.If.Then)
		for _, x := range t.If.Elif {
			some = wholeInserts(x.Then) || some
		}
		some = wholeInserts(t.If.Else) || some
	case gojq.TermTypeString, gojq.TermTypeFormat:
		if t.Str == nil {
			return false
		}
		for i, x := range t.Str.Queries {
			if x.Term != nil && x.Term.Type == gojq.TermTypeString && x.Term.Str.Queries == nil && len(x.Term.SuffixList) == 0 {
				continue // the text between inserts
			}
			there := &gojq.Query{Left: x, Op: gojq.OpPipe, Right: &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: "values"}}}}
			t.Str.Queries[i] = &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: there}}
			some = true
		}
	}
	return some
}
