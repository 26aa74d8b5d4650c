package disclose

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/plugins/pole"
)

// The namespaces of the names in a JSON pack.
var namespaces = map[string]string{
	"nc":     "https://docs.oasis-open.org/niemopen/ns/model/niem-core/6.0/",
	"j":      "https://docs.oasis-open.org/niemopen/ns/model/domains/justice/6.0/",
	"muster": "urn:muster:disclosure:1#",
}

type jsonSource struct {
	Number  int          `json:"muster:number"`
	System  string       `json:"muster:system"`
	Name    string       `json:"muster:systemName"`
	Type    string       `json:"muster:recordType,omitempty"`
	ID      string       `json:"muster:recordID"`
	Kind    string       `json:"muster:kind,omitempty"`
	Read    time.Time    `json:"muster:read"`
	Updated time.Time    `json:"muster:changed,omitzero"`
	Marking pole.Marking `json:"muster:marking"`
	Old     bool         `json:"muster:storedCopy,omitempty"`
	URL     string       `json:"muster:address,omitempty"`
}

type jsonSaid struct {
	Source int    `json:"muster:source"`
	Said   string `json:"muster:said"` // exactly as the source said it
	From   string `json:"muster:from,omitempty"`
	To     string `json:"muster:to,omitempty"`
	Path   string `json:"muster:path,omitempty"`
}

type jsonValue struct {
	Value   string     `json:"muster:value"`             // canonical; the source's words where it could not be read
	Display string     `json:"muster:display"`           // as officers read it
	Best    bool       `json:"muster:best,omitempty"`    // stands first, by muster:rule
	Problem string     `json:"muster:problem,omitempty"` // why it is doubtful or could not be read
	Differs string     `json:"muster:differs,omitempty"` // from the first
	Said    []jsonSaid `json:"muster:sources"`
}

type jsonProperty struct {
	Label    string      `json:"muster:label"`
	Disagree bool        `json:"muster:disagree,omitempty"`
	Rule     string      `json:"muster:rule,omitempty"`
	Values   []jsonValue `json:"muster:values"`
}

func (doc *document) said(list []caseview.Source) []jsonSaid {
	out := []jsonSaid{}
	for _, s := range list {
		if x := doc.by[s.Ref]; x != nil {
			out = append(out, jsonSaid{x.number, s.Value.Source, s.From, s.To, s.Path})
		}
	}
	return out
}

// niem names a property in NIEM, or in Muster's own namespace where NIEM has no name for it.
func (doc *document) niem(p pole.Property) string {
	if def, ok := doc.d.Property(p); ok && def.NIEM != "" {
		return def.NIEM
	}
	return "muster:" + string(p)
}

func (doc *document) json(w io.Writer) error {
	p := doc.p
	entities := []any{}
	for i := range p.Cases {
		entities = append(entities, doc.jsonCase(&p.Cases[i]))
	}
	sources := []jsonSource{}
	for _, s := range doc.sources {
		m := s.marking
		if m.Classification == "" {
			m.Classification = doc.d.DefaultMarking().Classification
		}
		sources = append(sources, jsonSource{s.number, s.ref.System, s.system, s.ref.Type, s.ref.ID, s.kind, s.read, s.updated, m, s.old, s.url})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]any{
		"@context":       namespaces,
		"muster:marking": doc.marking,
		"muster:disclosure": map[string]any{
			"muster:reference": p.Reference, "muster:auditRecord": p.Audit, "muster:force": p.Force, "muster:by": p.Officer, "muster:recipient": p.Recipient,
			"muster:recipientKind": p.Kind, "muster:reason": p.Reason, "muster:lawfulBasis": p.Basis, "muster:purpose": p.Purpose, "muster:at": p.At.UTC(),
			"muster:case": p.Name, "muster:version": p.Version,
		},
		"muster:entities": entities,
		"muster:sources":  sources,
		"muster:notes":    p.Notes,
	})
}

func (doc *document) jsonCase(c *caseview.Case) any {
	kind, _ := doc.d.Kind(c.Kind)
	typ := kind.NIEM
	if typ == "" {
		typ = "muster:" + string(c.Kind)
	}
	out := map[string]any{"@type": typ, "@id": "urn:muster:entity:" + c.ID, "muster:title": c.Title, "muster:detail": c.Detail, "muster:class": c.Class, "muster:marking": c.Marking}
	if !c.Copy.IsZero() {
		out["muster:keptCopyOf"] = c.Copy.UTC()
	}
	// Two properties may have one NIEM name; all of their values stand under it.
	props := map[string][]jsonProperty{}
	for _, m := range facts(c) {
		x := jsonProperty{Label: m.Label, Disagree: m.Disagree, Rule: m.Why}
		for i, v := range m.Values {
			j := jsonValue{Value: v.Value.Norm, Display: v.Display, Best: i == 0 && len(m.Values) > 1, Problem: v.Value.Problem, Differs: v.Say, Said: doc.said(v.Sources)}
			if j.Value == "" {
				j.Value = v.Value.Source
			}
			x.Values = append(x.Values, j)
		}
		props[doc.niem(m.Property)] = append(props[doc.niem(m.Property)], x)
	}
	for name, list := range props {
		out[name] = list
	}
	warnings := []any{}
	for _, w := range c.Warnings {
		warnings = append(warnings, map[string]any{"muster:code": w.Code, "muster:label": w.Label, "muster:level": w.Level, "muster:sources": doc.said(w.Sources)})
	}
	out["muster:warnings"] = warnings
	linked := []any{}
	for _, l := range c.Linked {
		linked = append(linked, map[string]any{"muster:title": l.Title, "muster:roles": l.Roles, "muster:kind": l.Kind, "muster:records": l.Refs, "muster:sources": doc.said(l.Sources)})
	}
	out["muster:linked"] = linked
	moments := []any{}
	for _, m := range c.Timeline {
		moments = append(moments, map[string]any{"muster:when": m.When, "muster:display": m.Display, "muster:title": m.Title, "muster:detail": m.Detail, "muster:sources": doc.said(m.Sources)})
	}
	out["muster:timeline"] = moments
	searched := []any{}
	for _, a := range doc.askedOf(c) {
		searched = append(searched, map[string]any{"muster:systemName": a.name, "muster:answer": a.words, "muster:complete": !a.loud})
	}
	out["muster:searched"] = searched
	return out
}

var csvHead = []string{"Classification", "Entity", "Kind", "Section", "Property", "NIEM name", "Value", "Canonical value", "Standing", "As the source said it",
	"System", "Record type", "Record", "Read", "Record changed", "Holds from", "Holds until", "Record marking", "Stored copy", "Disclosed to", "Reason", "Disclosure"}

// csv writes one line for every statement by every record, and one for each system that was not fully searched.
func (doc *document) csv(w io.Writer) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil { // spreadsheets take a file without it for another alphabet
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	put := func(cells ...string) {
		for i := range cells {
			cells[i] = Inert(cells[i])
		}
		_ = out.Write(cells) // what fails is kept for Error
	}
	put(csvHead...)
	for i := range doc.p.Cases {
		c := &doc.p.Cases[i]
		kind, _ := doc.d.Kind(c.Kind)
		line := func(section, label, niem, value, norm, standing string, s *caseview.Source) {
			cells := []string{doc.mark(doc.marking), c.Title, kind.Label, section, label, niem, value, norm, standing}
			if s == nil {
				cells = append(cells, make([]string, 10)...)
			} else {
				x := doc.by[s.Ref]
				old := ""
				if s.Old {
					old = "yes"
				}
				cells = append(cells, s.Value.Source, x.system, s.Ref.Type, s.Ref.ID, stamp(s.Read), stamp(x.updated), s.From, s.To, doc.mark(s.Marking), old)
			}
			put(append(cells, doc.p.Recipient, doc.p.Reason, doc.p.Reference)...)
		}
		for _, a := range doc.askedOf(c) {
			if a.loud {
				line("Gap", a.name, "", a.words, "", "", nil)
			}
		}
		for _, x := range c.Warnings {
			for j := range x.Sources {
				line("Warning signal", x.Label, doc.niem("warning"), x.Label, x.Code, "", &x.Sources[j])
			}
		}
		for _, m := range facts(c) {
			for n, v := range m.Values {
				standing := "only value"
				switch {
				case len(m.Values) > 1 && n == 0 && m.Disagree:
					standing = "first of values that disagree: " + m.Why
				case m.Disagree:
					standing = strings.TrimSuffix("differs: "+v.Say, ": ")
				case len(m.Values) > 1:
					standing = "one of several"
				}
				for j := range v.Sources {
					line("Fact", m.Label, doc.niem(m.Property), v.Display, v.Value.Norm, standing, &v.Sources[j])
				}
			}
		}
		for _, l := range c.Linked {
			for j := range l.Sources {
				line("Link", strings.Join(l.Roles, ", "), "", l.Title, "", "", &l.Sources[j])
			}
		}
		for _, m := range c.Timeline {
			for j := range m.Sources {
				line("Event", m.Title, "", m.Display, m.When, m.Detail, &m.Sources[j])
			}
		}
	}
	for _, n := range doc.p.Notes {
		cells := append([]string{doc.mark(doc.marking), doc.p.Name, "", "Note", n.By, "", n.Text}, make([]string, len(csvHead)-10)...)
		cells[13] = stamp(n.At)
		put(append(cells, doc.p.Recipient, doc.p.Reason, doc.p.Reference)...)
	}
	out.Flush()
	return out.Error()
}

// Inert makes a cell that a spreadsheet would run as a formula into text. What is harmless stays as it is.
func Inert(s string) string {
	switch t := strings.TrimLeft(s, " \u00a0"); {
	case t == "":
		return s
	case strings.ContainsRune("=+-@\t\r\n|%", rune(t[0])), strings.HasPrefix(t, "\uff1d"), strings.HasPrefix(t, "\uff0b"), strings.HasPrefix(t, "\uff0d"), strings.HasPrefix(t, "\uff20"):
		return "'" + s
	}
	return s
}
