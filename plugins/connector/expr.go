package connector

import (
	"context"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"muster/plugins"
)

// variables are bound in every expression, so that one expression can page by offset or read a header.
var variables = []string{"$page", "$status", "$headers", "$body", "$q", "$options", "$access", "$id", "$text", "$key", "$entry", "$item", "$steps"}

// scope holds the values of the variables for one answer.
type scope struct {
	vars [13]any
}

func newScope(req map[string]any) *scope {
	s := &scope{}
	if req != nil {
		s.vars[0], s.vars[4], s.vars[5], s.vars[6] = req["page"], req["q"], req["options"], req["access"]
		s.vars[7], s.vars[8], s.vars[9], s.vars[10], s.vars[11], s.vars[12] = req["id"], req["text"], req["key"], req["entry"], req["item"], req["steps"]
	}
	return s
}

func (s *scope) answer(a *answer) *scope {
	out := *s
	out.vars[1], out.vars[2], out.vars[3] = a.status, a.headers, a.body
	return &out
}

// hop of a fast path: a key to go down, or a helper to apply.
type hop struct {
	key string
	fn  func(any) any
}

// expr is one compiled expression. Plain paths and helpers run without the interpreter, with the same meaning.
type expr struct {
	src   string
	query *gojq.Query
	code  *gojq.Code
	fast  []hop
	plain bool // fast path applies
}

// String gives the expression as the file writes it.
func (e *expr) String() string { return e.src }

// compile parses, lints and compiles; nil when it is wrong, with the problem filed at n.
func (h *helpers) compile(f *findings, n *node) *expr { return h.compileBy(f, n, h.parse) }

func (h *helpers) compileBy(f *findings, n *node, parse func(string) (*expr, error)) *expr {
	if n == nil {
		return nil
	}
	if n.shape != scalar {
		f.fail(n, quoteCure, "An expression was expected here, but YAML reads a %s.", map[shape]string{mapping: "mapping", sequence: "list"}[n.shape])
		return nil
	}
	if n.value == nil {
		f.fail(n, "Write an expression such as .name, or leave the key out.", "The expression is empty.")
		return nil
	}
	e, err := parse(n.text())
	if err != nil {
		h.refuse(f, n, err)
		return nil
	}
	return e
}

// parse compiles one expression.
func (h *helpers) parse(src string) (*expr, error) {
	q, err := gojq.Parse(src)
	if err != nil {
		return nil, err
	}
	if err := h.check(q); err != nil {
		return nil, err
	}
	h.withDefinitions(q)
	opts := append([]gojq.CompilerOption{gojq.WithVariables(variables)}, h.options()...)
	code, err := gojq.Compile(q, opts...)
	if err != nil {
		return nil, err
	}
	e := &expr{src: strings.TrimSpace(src), query: q, code: code}
	e.fast, e.plain = h.fastPath(q)
	return e, nil
}

// check refuses what no expression may do, and names that the file does not have.
func (h *helpers) check(q *gojq.Query) error {
	if err := checkQuery(q, h.defs); err != nil {
		return err
	}
	if err := checkPatterns(q); err != nil {
		return err
	}
	return h.checkLists(q)
}

func exprErrorText(err error) string {
	s := strings.TrimPrefix(firstLine(err.Error()), "gojq: ")
	return strings.TrimSuffix(s, ".")
}

// fastPath turns '.a.b', '.a["b"]' and pipes of these and of helpers into steps.
func (h *helpers) fastPath(q *gojq.Query) ([]hop, bool) {
	if q == nil || len(q.FuncDefs) > 0 || len(q.Patterns) > 0 || q.Meta != nil || len(q.Imports) > 0 {
		return nil, false
	}
	if q.Term == nil {
		if q.Op != gojq.OpPipe {
			return nil, false
		}
		l, ok := h.fastPath(q.Left)
		if !ok {
			return nil, false
		}
		r, ok := h.fastPath(q.Right)
		return append(l, r...), ok
	}
	t := q.Term
	var steps []hop
	switch t.Type {
	case gojq.TermTypeIdentity:
	case gojq.TermTypeIndex:
		k, ok := indexName(t.Index)
		if !ok {
			return nil, false
		}
		steps = append(steps, hop{key: k})
	case gojq.TermTypeFunc:
		fn, ok := h.single(t.Func)
		if !ok {
			return nil, false
		}
		steps = append(steps, hop{fn: fn})
	default:
		return nil, false
	}
	for _, s := range t.SuffixList {
		if s.Iter || s.Optional || s.Index == nil {
			return nil, false
		}
		k, ok := indexName(s.Index)
		if !ok {
			return nil, false
		}
		steps = append(steps, hop{key: k})
	}
	return steps, true
}

func indexName(i *gojq.Index) (string, bool) {
	switch {
	case i == nil || i.IsSlice:
		return "", false
	case i.Start != nil:
		t := i.Start.Term
		if t == nil || t.Type != gojq.TermTypeString || t.Str == nil || t.Str.Queries != nil || len(t.SuffixList) > 0 {
			return "", false
		}
		return t.Str.Str, true
	case i.Name != "":
		return i.Name, true
	case i.Str != nil && i.Str.Queries == nil:
		return i.Str.Str, true
	}
	return "", false
}

// shapeError says that data had another type than the expression expects. It never holds the data.
type shapeError struct {
	expr string
	say  string
	slow bool // it took too long, and will again for the next record
	busy bool // the machine's fault, not the expression's or the system's
}

func (e *shapeError) Error() string { return e.say + " at " + e.expr }

var safeError = regexp.MustCompile(`^(expected an? [a-z ]+ but got: [a-z]+|cannot iterate over: [a-z]+)`)

func (e *expr) problem(err error) error {
	var stop *helperError
	switch {
	case errors.As(err, &stop):
		return &shapeError{expr: e.src, say: stop.say}
	case errors.Is(err, errSteps), errors.Is(err, errBusy):
		return &shapeError{expr: e.src, say: err.Error(), slow: true, busy: errors.Is(err, errBusy)}
	}
	if m := safeError.FindString(exprErrorText(err)); m != "" {
		return &shapeError{expr: e.src, say: m}
	}
	return &shapeError{expr: e.src, say: "the expression does not fit the answer"}
}

// all evaluates and returns every output.
func (e *expr) all(ctx context.Context, s *scope, in any) ([]any, error) {
	if e.plain {
		v, err := e.walk(in)
		if err != nil {
			return nil, err
		}
		return []any{v}, nil
	}
	if s == nil {
		s = &scope{}
	}
	return e.run(ctx, s, in, exprSteps, exprTime)
}

// run evaluates within a number of the interpreter's steps and a time.
func (e *expr) run(ctx context.Context, s *scope, in any, steps int, limit time.Duration) ([]any, error) {
	var out []any
	it := e.code.RunWithContext(newBudget(ctx, steps, limit), in, s.vars[:]...)
	for {
		v, ok := it.Next()
		if !ok {
			return out, nil
		}
		if err, bad := v.(error); bad {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, e.problem(err)
		}
		out = append(out, v)
	}
}

// one evaluates and returns the first output; nil when there is none.
func (e *expr) one(ctx context.Context, s *scope, in any) (any, error) {
	if e.plain {
		return e.walk(in)
	}
	out, err := e.all(ctx, s, in)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out[0], nil
}

func (e *expr) walk(v any) (any, error) {
	for _, st := range e.fast {
		if st.fn != nil {
			v = st.fn(v)
			if err, bad := v.(error); bad {
				return nil, e.problem(err)
			}
			continue
		}
		switch m := v.(type) {
		case map[string]any:
			v = m[st.key]
		case nil:
		default:
			return nil, &shapeError{expr: e.src, say: "expected an object but got: " + gojq.TypeOf(v)}
		}
	}
	return v, nil
}

// truth evaluates a condition: neither null nor false.
func (e *expr) truth(ctx context.Context, s *scope, in any) (bool, error) {
	v, err := e.one(ctx, s, in)
	return v != nil && v != false, err
}

// word evaluates to text: a string, number or boolean; "" for null.
func (e *expr) word(ctx context.Context, s *scope, in any) (string, error) {
	v, err := e.one(ctx, s, in)
	if err != nil || v == nil {
		return "", err
	}
	if m, ok := v.(map[string]any); ok {
		v = outValue(m)
	}
	w, ok := scalarText(v)
	if !ok {
		return "", &shapeError{expr: e.src, say: "expected text but got: " + gojq.TypeOf(v)}
	}
	return w, nil
}

// outValue lets a helper's {source, value} be used where plain text is wanted.
func outValue(m map[string]any) any {
	if v, ok := m["value"]; ok {
		return v
	}
	if v, ok := m["source"]; ok {
		return v
	}
	return m
}

// scalarText gives the exact text of a scalar; long numbers keep every digit.
func scalarText(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case bool:
		if x {
			return "true", true
		}
		return "false", true
	case numberText:
		return x.String(), true
	case int, float64, *big.Int:
		b, err := gojq.Marshal(x)
		return string(b), err == nil
	}
	return "", false
}

type numberText interface {
	String() string
	Int64() (int64, error)
}

// drift turns a shape error into the contract's error.
func drift(err error) *plugins.Error {
	var e *plugins.Error
	if errors.As(err, &e) {
		return e
	}
	var shape *shapeError
	if errors.As(err, &shape) && shape.busy {
		return &plugins.Error{Kind: plugins.Unavailable, Say: upperFirst(shape.say) + ".", Err: err}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &plugins.Error{Kind: plugins.Cancelled, Say: "Stopped.", Err: err}
	}
	return &plugins.Error{Kind: plugins.Drift, Say: "The system's answer is not of the documented shape: " + err.Error() + ". Tell whoever keeps its connector.", Err: err}
}
