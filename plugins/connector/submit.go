package connector

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// entryInput gives what the expressions of a submission see: .entry.PROPERTY, .entry.PART.PROPERTY, .parts, .key and more.
// A property that may stand several times (the dictionary's many) is always a list, any other is text.
func (s *system) entryInput(ctx context.Context, e plugins.Entry, key plugins.Key) map[string]any {
	in := s.input(ctx)
	entry := map[string]any{}
	s.put(entry, e.Facts)
	parts := make([]any, 0, len(e.Parts))
	for _, p := range e.Parts {
		m := map[string]any{}
		s.put(m, p.Facts)
		m["name"], m["role"], m["kind"] = p.Name, string(p.Role), string(p.Kind)
		var ids []any
		for _, ref := range p.Existing {
			if ref.System == s.env.System {
				ids = append(ids, ref.ID)
				if m["id"] == nil {
					m["id"], m["type"] = ref.ID, ref.Type
				}
			}
		}
		m["ids"] = ids
		parts = append(parts, m)
		if _, twice := entry[p.Name]; !twice || !isObject(entry[p.Name]) {
			entry[p.Name] = m
		}
	}
	refs := map[string]any{}
	for k, v := range e.Refs {
		refs[k] = v
	}
	in["entry"], in["parts"], in["key"], in["form"], in["kind"], in["refs"] = entry, parts, string(key), e.Form, string(e.Kind), refs
	in["files"] = describe(e.Files)
	if !e.Captured.IsZero() {
		in["captured"] = e.Captured.UTC().Format(time.RFC3339)
	}
	return in
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func (s *system) put(m map[string]any, facts []pole.Fact) {
	for _, f := range facts {
		v := strings.TrimSpace(either(f.Value.Norm, f.Value.Source))
		if v == "" {
			continue
		}
		name := string(f.Property)
		if s.many[f.Property] {
			list, _ := m[name].([]any)
			m[name] = append(list, v)
			continue
		}
		if _, twice := m[name]; !twice {
			m[name] = v
		}
	}
}

// Submit delivers once.
func (s *system) submitTo(ctx context.Context, entry plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	k := s.spec.kind(entry.Kind)
	if k == nil || k.submit == nil {
		return plugins.Receipt{}, s.fail(plugins.Invalid, "%s takes no entries of this kind.", s.spec.name)
	}
	sub := k.submit
	ctx = withFiles(ctx, entry.Files)
	in := s.entryInput(ctx, entry, key)
	if err := s.complete(sub, in); err != nil {
		return plugins.Receipt{}, err
	}
	if sub.look {
		// The system does not know a key when it sees it twice, so an entry that is there already must be found first.
		switch r, err := s.confirm(ctx, k, in); plugins.KindOf(err) {
		case "":
			r.Already = true
			return s.complement(ctx, sub, entry, in, r)
		case plugins.NotFound:
		default:
			return plugins.Receipt{}, err
		}
	}
	what := write
	op := *sub.op
	if sub.header != "" {
		op.fixed = []header{{sub.header, string(key)}}
		if sub.honoured {
			what = keyedWrite
		}
	}
	a, err := s.do(ctx, &op, in, what, "")
	if err != nil {
		var e *plugins.Error
		if errors.As(err, &e) && len(e.Fields) > 0 {
			e.Fields = sub.paths(e.Fields, entry)
		}
		return plugins.Receipt{}, err
	}
	sc := newScope(in).answer(a)
	if e := s.judge(ctx, sub.op, a); e != nil {
		e.Fields = sub.paths(e.Fields, entry)
		if e.Kind == plugins.Duplicate && sub.confirm != nil {
			// What the system already has may be this very entry, delivered by an attempt whose answer was lost.
			if r, err := s.confirm(ctx, k, in); err == nil {
				r.Already = true
				return s.complement(ctx, sub, entry, in, r)
			}
		}
		return plugins.Receipt{}, e
	}
	r, err := s.receipt(ctx, k, sub.result, sc, a)
	if err != nil {
		return plugins.Receipt{}, &plugins.Error{Kind: plugins.Unknown, System: s.env.System, Err: err,
			Say: s.spec.name + " took this, but its receipt cannot be read. Muster asks the system before sending again."}
	}
	return s.complement(ctx, sub, entry, in, r)
}

// complement adds what belongs to an entry that the system has: an attachment, a link. Until all of it is there the
// entry is not delivered.
func (s *system) complement(ctx context.Context, sub *submitSpec, entry plugins.Entry, in map[string]any, r plugins.Receipt) (plugins.Receipt, error) {
	if len(sub.after) == 0 {
		return r, nil
	}
	in["result"] = map[string]any{"ref": r.Reference, "id": r.Ref.ID}
	err := s.run(ctx, sub.after, in, true)
	if err == nil {
		return r, nil
	}
	e := *s.named(err)
	e.Ref, e.Fields = r.Reference, sub.paths(e.Fields, entry)
	switch e.Kind {
	case plugins.Invalid, plugins.Denied, plugins.Auth, plugins.Cancelled:
	default:
		e.Kind = plugins.Unknown
	}
	e.Say = s.spec.name + " took this, but not all that belongs to it, as far as is known. " + e.Say
	return plugins.Receipt{}, &e
}

// confirmAt finds out whether an earlier Submit arrived.
func (s *system) confirmAt(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	k := s.spec.kind(e.Kind)
	if k == nil || k.submit == nil {
		return plugins.Receipt{}, s.fail(plugins.Invalid, "%s takes no entries of this kind.", s.spec.name)
	}
	switch {
	case k.submit.confirm != nil:
		ctx = withFiles(ctx, e.Files)
		in := s.entryInput(ctx, e, key)
		r, err := s.confirm(ctx, k, in)
		if err != nil {
			return r, err
		}
		return s.complement(ctx, k.submit, e, in, r)
	case k.submit.header != "" && k.submit.honoured:
		return s.submitTo(ctx, e, key) // the same key again takes effect once, and answers as the first time
	}
	return plugins.Receipt{}, s.fail(plugins.Unknown, "%s cannot be asked whether this arrived. Look in the system itself before sending again.", s.spec.name)
}

func (s *system) confirm(ctx context.Context, k *kindSpec, in map[string]any) (plugins.Receipt, error) {
	c := k.submit.confirm
	a, err := s.do(ctx, c.op, in, read, "")
	if err != nil {
		return plugins.Receipt{}, err
	}
	sc := newScope(in).answer(a)
	if e := s.judge(ctx, c.op, a); e != nil {
		return plugins.Receipt{}, e
	}
	found, err := c.found.one(ctx, sc, a.body)
	if err != nil {
		return plugins.Receipt{}, s.named(drift(err))
	}
	if found == nil || found == false || found == "" {
		return plugins.Receipt{}, s.fail(plugins.NotFound, "%s does not have this entry.", s.spec.name)
	}
	res := c.result
	if res.ref == nil {
		res.ref = c.found
	}
	r, err := s.receipt(ctx, k, res, sc, a)
	if err != nil {
		return plugins.Receipt{}, s.named(drift(err))
	}
	return r, nil
}

// amendAt makes an entry that the system has say what e says. Expressions see what it is called there as .result.ref and .result.id.
func (s *system) amendAt(ctx context.Context, entry plugins.Entry, key plugins.Key, was plugins.Receipt) (plugins.Receipt, error) {
	k := s.spec.kind(entry.Kind)
	if k == nil || k.submit == nil || k.submit.amend == nil {
		return plugins.Receipt{}, s.fail(plugins.Invalid, "%s does not let what it has taken be changed from here. Change it there.", s.spec.name)
	}
	ctx = withFiles(ctx, entry.Files)
	in := s.entryInput(ctx, entry, key)
	in["result"] = map[string]any{"ref": was.Reference, "id": was.Ref.ID}
	if err := s.complete(k.submit, in); err != nil {
		return plugins.Receipt{}, err
	}
	op := k.submit.amend.op
	a, err := s.do(ctx, op, in, keyedWrite, "")
	if err != nil {
		e := *s.named(err)
		e.Fields = k.submit.paths(e.Fields, entry)
		return plugins.Receipt{}, &e
	}
	if e := s.judge(ctx, op, a); e != nil {
		e.Fields = k.submit.paths(e.Fields, entry)
		return plugins.Receipt{}, e
	}
	if k.submit.amend.result.ref == nil {
		was.At = s.env.Now().UTC()
		return was, nil
	}
	return s.receipt(ctx, k, k.submit.amend.result, newScope(in).answer(a), a)
}

func (s *system) receipt(ctx context.Context, k *kindSpec, res resultSpec, sc *scope, a *answer) (plugins.Receipt, error) {
	r := plugins.Receipt{At: s.env.Now().UTC()}
	var err error
	if r.Reference, err = res.ref.word(ctx, sc, a.body); err != nil {
		return r, err
	}
	if r.Reference == "" {
		return r, &shapeError{expr: res.ref.src, say: "the reference is missing"}
	}
	id := r.Reference
	if res.id != nil {
		if id, err = res.id.word(ctx, sc, a.body); err != nil {
			return r, err
		}
	}
	if id != "" {
		r.Ref = pole.Ref{System: s.env.System, Type: k.typ, ID: id}
	}
	if res.at != nil {
		w, err := res.at.word(ctx, sc, a.body)
		if err == nil {
			if t, err := time.Parse(time.RFC3339, w); err == nil {
				r.At = t.UTC()
			}
		}
	}
	if res.already != nil {
		if r.Already, err = res.already.truth(ctx, sc, a.body); err != nil {
			return r, err
		}
	}
	return r, nil
}

// complete refuses an entry that lacks a required field or is too long, before anything is sent. A part that is a
// record of this system needs no fields.
func (s *system) complete(sub *submitSpec, in map[string]any) error {
	var bad []plugins.FieldError
	for _, a := range sub.accepts {
		if a.spec.Path == filesPath {
			if list, _ := in["files"].([]any); a.spec.Required && len(list) == 0 {
				bad = append(bad, plugins.FieldError{Path: filesPath, Say: s.spec.name + " needs an attachment."})
			}
			continue
		}
		if sub.isPart(a.spec.Path) {
			if a.spec.Required && !isObject(in["entry"].(map[string]any)[a.spec.Path]) {
				bad = append(bad, plugins.FieldError{Path: a.spec.Path, Say: s.spec.name + " needs this."})
			}
			continue
		}
		at, name := in["entry"].(map[string]any), a.spec.Path
		if part, rest, ok := strings.Cut(name, "."); ok {
			if at, _ = at[part].(map[string]any); part == plugins.RefsPart {
				at, _ = in[part].(map[string]any)
			}
			name = rest
			if at["id"] != nil || at == nil && sub.spareable(part) {
				continue
			}
		}
		var text string
		switch v := at[name].(type) {
		case string:
			text = v
		case []any:
			for _, x := range v {
				w, _ := x.(string)
				text += w
			}
		}
		switch {
		case a.spec.Required && text == "":
			bad = append(bad, plugins.FieldError{Path: a.spec.Path, Say: s.spec.name + " needs this."})
		case a.spec.MaxLength > 0 && len([]rune(text)) > a.spec.MaxLength:
			bad = append(bad, plugins.FieldError{Path: a.spec.Path, Say: s.spec.name + " takes at most " + strconv.Itoa(a.spec.MaxLength) + " characters."})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	e := s.fail(plugins.Invalid, "%s needs other fields before it can take this. Correct them and send again.", s.spec.name)
	e.Fields = bad
	return e
}
