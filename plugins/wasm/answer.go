package wasm

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/wasm/guest"
)

const (
	maxAfter = 64 << 10
	maxRaw   = 256 << 10
)

// page maps a page. A record that is not as agreed is a gap, so that the others still arrive; when every one is, the
// answer as a whole is refused. A request that failed and that the guest does not speak of is a gap too: no part may be
// missing without a word.
func (s *system) page(k *kindSpec, info *plugins.KindSpec, c *call, in *guest.Page) (plugins.Page, error) {
	if len(in.After) > maxAfter {
		return plugins.Page{}, s.shape("its next page is named by more than %d KiB", maxAfter>>10)
	}
	out := plugins.Page{After: in.After, Total: max(in.Total, 0)}
	for _, g := range in.Gaps {
		out.Gaps = append(out.Gaps, s.said(c, g))
	}
	if f := serious(c.failures); f != nil && len(out.Gaps) == 0 {
		if len(in.Records) == 0 {
			return plugins.Page{}, f
		}
		out.Gaps = append(out.Gaps, f)
	}
	if c.answered == 0 && len(c.failures) == 0 {
		return plugins.Page{}, s.unfounded(c)
	}
	now := s.env.Now().UTC()
	seen := map[string]bool{}
	bad := 0
	for _, g := range in.Records {
		r, err := s.record(k, info, g, now)
		if err == nil {
			out.Records = append(out.Records, r)
			continue
		}
		bad++
		if say := err.Error(); !seen[say] {
			seen[say] = true
			out.Gaps = append(out.Gaps, s.shape("%s", say))
		}
	}
	if bad > 0 && len(out.Records) == 0 {
		return plugins.Page{}, out.Gaps[len(out.Gaps)-1]
	}
	return out, nil
}

// record maps one record. Its error says what is missing, never the data.
func (s *system) record(k *kindSpec, info *plugins.KindSpec, in guest.Record, now time.Time) (pole.Record, error) {
	if strings.TrimSpace(in.ID) == "" || len(in.ID) > 1024 {
		return pole.Record{}, errors.New("a record has no id")
	}
	r := pole.Record{Ref: pole.Ref{System: s.env.System, Type: info.Type, ID: in.ID}, Kind: info.Kind, Read: now, Version: in.Version,
		Facts: make([]pole.Fact, 0, len(in.Facts))}
	for _, f := range in.Facts {
		fact, err := s.fact(f)
		if err != nil {
			return pole.Record{}, err
		}
		if fact.Value.Source != "" {
			r.Facts = append(r.Facts, fact)
		}
	}
	if len(r.Facts) == 0 {
		return pole.Record{}, errors.New("a record has no facts")
	}
	for _, p := range k.Require {
		if _, ok := r.First(p); !ok {
			return pole.Record{}, fmt.Errorf("a record has no %s", p)
		}
	}
	for _, l := range in.Links {
		link, err := s.link(r.Ref, l)
		if err != nil {
			return pole.Record{}, err
		}
		if !slices.ContainsFunc(r.Links, func(x pole.Link) bool { return x.Role == link.Role && x.From == link.From && x.To == link.To }) {
			r.Links = append(r.Links, link)
		}
	}
	if in.Marking != nil {
		r.Marking = pole.Marking{Classification: in.Marking.Classification, Handling: in.Marking.Handling}
		if def, known := s.env.Dictionary.Marking(in.Marking.Classification); known && in.Marking.Classification != "" {
			r.Marking.Classification = def.Name
		}
	}
	if in.Updated != "" {
		t, err := time.Parse(time.RFC3339, in.Updated)
		if err != nil {
			return pole.Record{}, errors.New("when a record was updated is not RFC 3339")
		}
		r.Updated = t.UTC()
	}
	if u, err := url.Parse(in.URL); err == nil && u.Host != "" && u.User == nil && secure(u) {
		r.URL = in.URL
	}
	if len(in.Raw) > 0 && len(in.Raw) <= maxRaw {
		r.Raw = &pole.Raw{ContentType: "application/json", Body: in.Raw}
	}
	return r, nil
}

// fact normalises one statement by its property's type. What the source said stays beside the canonical form.
func (s *system) fact(in guest.Fact) (pole.Fact, error) {
	p := pole.Property(in.Property)
	if in.Property == "" {
		return pole.Fact{}, errors.New("a fact names no property")
	}
	f := pole.Fact{Property: p, Group: in.Group, From: in.From, To: in.To, Path: tidy(in.Path)}
	for _, d := range []string{in.From, in.To} {
		if d != "" && s.env.Dictionary.NormaliseAs(pole.TypePartialDate, "", d).Norm != d {
			return pole.Fact{}, fmt.Errorf("from or to of a %s is not a date such as 2024-05-31", clipWord(in.Property))
		}
	}
	source, label := in.Source, in.Label
	if strings.TrimSpace(source) == "" {
		source = ""
	}
	said := either(in.Value, either(source, label))
	if strings.TrimSpace(said) == "" {
		if s.danger[p] {
			return pole.Fact{}, fmt.Errorf("a %s says nothing, and what carries danger must not be missing", clipWord(in.Property))
		}
		return f, nil
	}
	f.Value = s.env.Dictionary.Normalise(p, said)
	if f.Value.Norm == "" && label != "" {
		if byLabel := s.env.Dictionary.Normalise(p, label); byLabel.Norm != "" {
			f.Value = byLabel
		}
	}
	f.Value.Source = either(source, said)
	switch {
	case label == "":
	case f.Value.Norm == "":
		f.Value.Label = label
	case s.danger[p] && !strings.EqualFold(label, f.Value.Source):
		f.Value.Source += " (" + label + ")"
	}
	return f, nil
}

func (s *system) link(own pole.Ref, in guest.Link) (pole.Link, error) {
	if in.Role == "" || in.ID == "" || in.Kind == "" {
		return pole.Link{}, errors.New("a link has no role, kind or id")
	}
	typ := in.Type
	if typ == "" {
		typ = in.Kind
		if _, k := s.kind(pole.Kind(in.Kind)); k != nil {
			typ = k.Type
		}
	}
	far := pole.Ref{System: own.System, Type: typ, ID: in.ID}
	out := pole.Link{Role: pole.Role(in.Role), From: own, To: far, Kind: pole.Kind(in.Kind), Label: in.Label}
	if in.Inward {
		out.From, out.To = far, own
	}
	return out, nil
}

// clipWord keeps a property's name in an error short.
func clipWord(s string) string { return clip(tidy(s)) }

// tidy makes words fit to show: one line, no control characters, at most 300 letters.
func tidy(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(s); len(r) > 300 {
		return string(r[:299]) + "…"
	}
	return s
}
