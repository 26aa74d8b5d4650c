package wasm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/wasm/guest"
)

// Submit implements plugins.Submitter.
func (x submitter) Submit(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	_, info := x.s.kind(e.Kind)
	if info != nil && len(info.Accepts) > 0 {
		if err := x.s.complete(info, e); err != nil {
			return plugins.Receipt{}, err
		}
	}
	return x.s.deliver(ctx, guest.OpSubmit, e, key)
}

// Confirm implements plugins.Submitter.
func (x submitter) Confirm(ctx context.Context, e plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	return x.s.deliver(ctx, guest.OpConfirm, e, key)
}

func (s *system) deliver(ctx context.Context, op string, e plugins.Entry, key plugins.Key) (plugins.Receipt, error) {
	_, info := s.kind(e.Kind)
	if info == nil || len(info.Accepts) == 0 {
		return plugins.Receipt{}, s.fail(plugins.Invalid, "%s takes no entries of this kind.", s.name)
	}
	m := s.message(ctx, op)
	m.Entry, m.Key = s.entry(e), string(key)
	a, c, err := s.call(ctx, m)
	if err != nil {
		return plugins.Receipt{}, err
	}
	r, err := s.receipt(info, c, a.Receipt)
	if err != nil {
		return plugins.Receipt{}, s.uncertain(c, err.(*plugins.Error)) //nolint:errorlint // receipt returns nothing else
	}
	return r, nil
}

// receipt is only believed when the system's latest answer was none of failure.
func (s *system) receipt(info *plugins.KindSpec, c *call, in *guest.Receipt) (plugins.Receipt, error) {
	switch {
	case in == nil || strings.TrimSpace(in.Reference) == "" || len(in.Reference) > 1024 || len(in.ID) > 1024:
		return plugins.Receipt{}, s.shape("there is no receipt with a reference in it")
	case !c.lastOK:
		return plugins.Receipt{}, s.unfounded(c)
	}
	out := plugins.Receipt{Reference: tidy(in.Reference), Ref: pole.Ref{System: s.env.System, Type: info.Type, ID: either(in.ID, in.Reference)},
		At: s.env.Now().UTC(), Already: in.Already}
	if t, err := time.Parse(time.RFC3339, in.At); err == nil {
		out.At = t.UTC() // without a time that can be read, it is when the receipt came
	}
	return out, nil
}

// entry is a form as the guest sees it. Records of other systems are none of its business.
func (s *system) entry(e plugins.Entry) *guest.Entry {
	out := &guest.Entry{Form: e.Form, Kind: string(e.Kind), Facts: values(e.Facts), Refs: e.Refs}
	if !e.Captured.IsZero() {
		out.Captured = e.Captured.UTC().Format(time.RFC3339)
	}
	for _, p := range e.Parts {
		part := guest.Part{Name: p.Name, Role: string(p.Role), Kind: string(p.Kind), Facts: values(p.Facts)}
		for _, ref := range p.Existing {
			if ref.System == s.env.System {
				part.Existing = append(part.Existing, guest.Ref{Type: ref.Type, ID: ref.ID})
			}
		}
		out.Parts = append(out.Parts, part)
	}
	return out
}

func values(facts []pole.Fact) []guest.Value {
	out := make([]guest.Value, 0, len(facts))
	for _, f := range facts {
		if v := strings.TrimSpace(either(f.Value.Norm, f.Value.Source)); v != "" {
			out = append(out, guest.Value{Property: string(f.Property), Value: v, Source: f.Value.Source})
		}
	}
	return out
}

// complete refuses an entry that lacks a required field or is too long, before the guest sees it. A part that is a
// record of this system needs no fields.
func (s *system) complete(info *plugins.KindSpec, e plugins.Entry) error {
	var bad []plugins.FieldError
	for _, a := range info.Accepts {
		facts, property := e.Facts, a.Path
		if part, rest, ok := strings.Cut(a.Path, "."); ok {
			known := false
			facts, property = nil, rest
			for _, p := range e.Parts {
				if p.Name == part {
					facts = append(facts, p.Facts...)
					for _, ref := range p.Existing {
						known = known || ref.System == s.env.System
					}
				}
			}
			if known {
				continue
			}
		}
		text := ""
		for _, f := range facts {
			if string(f.Property) == property {
				text += either(f.Value.Norm, f.Value.Source)
			}
		}
		switch {
		case a.Required && strings.TrimSpace(text) == "":
			bad = append(bad, plugins.FieldError{Path: a.Path, Say: s.name + " needs this."})
		case a.MaxLength > 0 && len([]rune(text)) > a.MaxLength:
			bad = append(bad, plugins.FieldError{Path: a.Path, Say: fmt.Sprintf("%s takes at most %d characters.", s.name, a.MaxLength)})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	out := s.fail(plugins.Invalid, "%s needs other fields before it can take this. Correct them and send again.", s.name)
	out.Fields = bad
	return out
}
