package connector

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/itchyny/gojq"

	"muster/plugins"
	"muster/plugins/pole"
)

// maxRaw bounds what a record keeps of its source's answer.
const maxRaw = 256 << 10

// mapper turns one source's records of one kind into the common language.
type mapper struct {
	sys     *system
	kind    *kindSpec
	danger  map[pole.Property]bool
	without map[string]bool // properties that this answer does not carry
	at      string          // where the records stand in it
}

func (s *system) mapper(k *kindSpec, records *expr, without map[string]bool) *mapper {
	at := "the answer"
	if records != nil {
		at = records.src
	}
	return &mapper{sys: s, kind: k, danger: s.danger, without: without, at: at}
}

// record maps one element of an answer. Its error says which path is not as documented, never the data.
func (m *mapper) record(ctx context.Context, sc *scope, el any, now time.Time) (pole.Record, error) {
	m.observed(ctx, sc, el, now)
	if _, ok := el.(map[string]any); !ok {
		return pole.Record{}, &shapeError{expr: m.at, say: "expected an object but got: " + gojq.TypeOf(el)}
	}
	k := m.kind
	id, err := k.id.word(ctx, sc, el)
	if err != nil {
		return pole.Record{}, err
	}
	if id == "" {
		return pole.Record{}, &shapeError{expr: k.id.src, say: "the record's id is missing in " + m.at}
	}
	r := pole.Record{Ref: pole.Ref{System: m.sys.env.System, Type: k.typ, ID: id}, Kind: k.kind, Read: now,
		Facts: make([]pole.Fact, 0, len(k.fields)+8)}
	for i := range k.fields {
		f := &k.fields[i]
		if m.without[string(f.property)] {
			continue
		}
		if r.Facts, err = m.facts(ctx, sc, f, el, "", "", "", r.Facts, k.require[string(f.property)]); err != nil {
			return pole.Record{}, err
		}
	}
	for _, g := range k.groups {
		if err := m.group(ctx, sc, g, el, &r); err != nil {
			return pole.Record{}, err
		}
	}
	if !m.without["links"] {
		for _, l := range k.links {
			if err := m.link(ctx, sc, l, el, &r); err != nil {
				return pole.Record{}, err
			}
		}
	}
	if k.marking != nil {
		if r.Marking, err = m.marking(ctx, sc, el); err != nil {
			return pole.Record{}, err
		}
	}
	if err := m.rest(ctx, sc, el, &r); err != nil {
		return pole.Record{}, err
	}
	if raw, err := json.Marshal(el); err == nil && len(raw) <= maxRaw {
		r.Raw = &pole.Raw{ContentType: "application/json", Body: raw}
	}
	return r, nil
}

func (m *mapper) rest(ctx context.Context, sc *scope, el any, r *pole.Record) (err error) {
	k := m.kind
	if k.updated != nil {
		v, err := k.updated.one(ctx, sc, el)
		if err != nil {
			return err
		}
		if o, ok := v.(map[string]any); ok {
			if v = o["value"]; v == nil {
				v = o["near"] // an hour more or less is better than a record of no known age
			}
		}
		if s, ok := v.(string); ok {
			if t, err := time.Parse(time.RFC3339, s); err == nil {
				r.Updated = t.UTC()
			}
		}
	}
	if k.version != nil {
		if r.Version, err = k.version.word(ctx, sc, el); err != nil {
			return err
		}
	}
	if k.url != nil {
		u, err := k.url.word(ctx, sc, el)
		if err != nil {
			return err
		}
		if openable(u) {
			r.URL = u
		}
	}
	return nil
}

func (m *mapper) group(ctx context.Context, sc *scope, g *group, el any, r *pole.Record) error {
	vs, err := g.each.all(ctx, sc, el)
	if err != nil {
		return err
	}
	for i, v := range flatten(vs) {
		if v == nil {
			continue
		}
		name := g.name
		if name != "" {
			name += strconv.Itoa(i + 1)
		}
		var from, to string
		if g.from != nil {
			if from, err = m.date(ctx, sc, g.from, v); err != nil {
				return err
			}
		}
		if g.to != nil {
			if to, err = m.date(ctx, sc, g.to, v); err != nil {
				return err
			}
		}
		for j := range g.fields {
			if m.without[string(g.fields[j].property)] {
				continue
			}
			if r.Facts, err = m.facts(ctx, sc, &g.fields[j], v, name, from, to, r.Facts, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *mapper) link(ctx context.Context, sc *scope, l *link, el any, r *pole.Record) error {
	items := []any{el}
	if l.each != nil {
		vs, err := l.each.all(ctx, sc, el)
		if err != nil {
			return err
		}
		items = flatten(vs)
	}
	for _, v := range items {
		if v == nil {
			continue
		}
		id, err := l.id.word(ctx, sc, v)
		if err != nil {
			return err
		}
		role, kind := l.role, string(l.kind)
		if l.roleExpr != nil {
			if role, err = l.roleExpr.word(ctx, sc, v); err != nil {
				return err
			}
		}
		if l.kindExpr != nil {
			if kind, err = l.kindExpr.word(ctx, sc, v); err != nil {
				return err
			}
		}
		if id == "" || role == "" || kind == "" {
			continue
		}
		typ := l.typ
		if typ == "" {
			typ = kind
			if k := m.sys.spec.kind(pole.Kind(kind)); k != nil {
				typ = k.typ
			}
		}
		far := pole.Ref{System: r.System, Type: typ, ID: id}
		out := pole.Link{Role: pole.Role(role), From: r.Ref, To: far, Kind: pole.Kind(kind)}
		if l.in {
			out.From, out.To = far, r.Ref
		}
		if l.label != nil {
			if out.Label, err = l.label.word(ctx, sc, v); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(r.Links, func(x pole.Link) bool { return x.Role == out.Role && x.From == out.From && x.To == out.To }) {
			r.Links = append(r.Links, out)
		}
	}
	return nil
}

// marking reads a classification, or {classification, handling}. Missing is never the same as unmarked.
func (m *mapper) marking(ctx context.Context, sc *scope, el any) (pole.Marking, error) {
	f := m.kind.marking
	v, err := f.value.one(ctx, sc, el)
	if err != nil {
		return pole.Marking{}, err
	}
	var out pole.Marking
	switch x := v.(type) {
	case string:
		out.Classification = x
	case map[string]any:
		if _, plain := x["source"]; plain {
			out.Classification, _ = scalarText(outValue(x))
			break
		}
		c := x["classification"]
		if inner, ok := c.(map[string]any); ok {
			c = outValue(inner)
		}
		out.Classification, _ = scalarText(c)
		switch h := x["handling"].(type) {
		case []any:
			for _, i := range h {
				s, ok := scalarText(i)
				if !ok {
					return out, &shapeError{expr: f.value.src, say: "a handling condition is not text"}
				}
				out.Handling = append(out.Handling, s)
			}
		case string:
			if h != "" {
				out.Handling = []string{h}
			}
		case nil:
			if _, mapped := x["handling"]; mapped && !f.absentNone {
				return out, &shapeError{expr: f.value.src, say: "the handling conditions are missing"}
			}
		default:
			return out, &shapeError{expr: f.value.src, say: "the handling conditions are not a list of texts"}
		}
	case nil:
		if f.absentNone {
			return out, nil
		}
		return out, &shapeError{expr: f.value.src, say: "the marking is missing"}
	default:
		return out, &shapeError{expr: f.value.src, say: "expected a marking but got: " + gojq.TypeOf(v)}
	}
	if out.Classification == "" && !f.absentNone {
		return out, &shapeError{expr: f.value.src, say: "the marking is missing"}
	}
	if def, known := m.sys.env.Dictionary.Marking(out.Classification); known && out.Classification != "" {
		out.Classification = def.Name
	}
	return out, nil
}

// elements evaluates a records expression: every output, lists taken apart.
func elements(ctx context.Context, e *expr, sc *scope, body any) ([]any, error) {
	if e == nil {
		if list, ok := body.([]any); ok {
			return list, nil
		}
		return []any{body}, nil
	}
	vs, err := e.all(ctx, sc, body)
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, len(vs))
	for _, v := range vs {
		switch x := v.(type) {
		case []any:
			out = append(out, x...)
		case nil:
			return nil, &shapeError{expr: e.src, say: "the records are missing"}
		default:
			out = append(out, x)
		}
	}
	return out, nil
}

func flatten(vs []any) []any {
	var out []any
	for _, v := range vs {
		if list, ok := v.([]any); ok {
			out = append(out, list...)
		} else {
			out = append(out, v)
		}
	}
	return out
}

// page maps a page's elements. One record that is not as documented is a gap, so that the others still arrive; when
// every one is, the answer as a whole is refused.
func (m *mapper) page(ctx context.Context, sc *scope, els []any, now time.Time) ([]pole.Record, []*plugins.Error, error) {
	var out []pole.Record
	var gaps []*plugins.Error
	seen := map[string]int{}
	for _, el := range els {
		r, err := m.record(ctx, sc, el, now)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, err
			}
			var shape *shapeError
			if errors.As(err, &shape) && shape.slow {
				return nil, nil, err // each further record would take as long
			}
			say := err.Error()
			if seen[say]++; seen[say] == 1 {
				gaps = append(gaps, m.sys.named(drift(err)))
			}
			continue
		}
		out = append(out, r)
	}
	if len(out) == 0 && len(gaps) > 0 {
		return nil, nil, gaps[0]
	}
	return out, gaps, nil
}

// openable reports an address that may be handed to a browser.
func openable(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && secure(u)
}
