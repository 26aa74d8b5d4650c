// Package disclose writes cases out as a disclosure pack, as PDF, JSON with NIEM names or CSV: every fact cites its sources,
// disagreements and gaps are stated, and the marking stands on every page.
package disclose

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/plugins/pole"
)

// Format is what a pack is written as.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	JSON Format = "json"
	CSV  Format = "csv"
)

// Formats lists the formats.
func Formats() []Format { return []Format{PDF, JSON, CSV} }

// Note is what an officer noted on a case.
type Note struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Text   string    `json:"text"`
	Number int       `json:"number"`
}

// System is a system of the force as a pack names it.
type System struct {
	ID, Name, Code string
}

// Pack is what is disclosed, and the account of it. Recipient and Reason are never empty.
type Pack struct {
	Reference string // of this pack: the audit record's correlation
	Audit     uint64 // number of the audit record
	Force     string
	Officer   string // who exports: name and collar number
	Recipient string // who it is for, by name
	Kind      string // what the recipient is, in words; may be empty
	Reason    string
	Basis     string // lawful basis; may be empty
	Purpose   string // the purpose that the case was read for, in words
	At        time.Time
	Version   string // of Muster

	Name    string // what the case is called
	Cases   []caseview.Case
	Notes   []Note
	Systems []System // every system of the force, in its order
}

// Write writes the pack in a format. The writer gets nothing that is not a whole document unless it fails midway.
func Write(w io.Writer, f Format, d *pole.Dictionary, p Pack) error {
	if strings.TrimSpace(p.Recipient) == "" || strings.TrimSpace(p.Reason) == "" {
		return errors.New("a disclosure needs a recipient and a reason: nothing was written")
	}
	if len(p.Cases) == 0 {
		return errors.New("there is nothing in the case to disclose")
	}
	doc := newDocument(d, p)
	switch f {
	case PDF:
		return doc.pdf(w)
	case JSON:
		return doc.json(w)
	case CSV:
		return doc.csv(w)
	}
	return fmt.Errorf("there is no format %q: it is pdf, json or csv", f)
}

// Marking is the marking of a pack: the highest of its cases.
func Marking(d *pole.Dictionary, cases []caseview.Case) pole.Marking {
	var ms []pole.Marking
	for _, c := range cases {
		ms = append(ms, c.Marking)
	}
	return d.Highest(ms...)
}

// source is one record that something in the pack comes from, as the list at its end gives it.
type source struct {
	number  int
	ref     pole.Ref
	system  string
	kind    string
	read    time.Time
	updated time.Time
	marking pole.Marking
	old     bool
	url     string
}

// document is a pack made ready: its sources numbered.
type document struct {
	d       *pole.Dictionary
	p       Pack
	marking pole.Marking
	banner  pole.MarkingDef
	sources []*source
	by      map[pole.Ref]*source
}

func newDocument(d *pole.Dictionary, p Pack) *document {
	doc := &document{d: d, p: p, by: map[pole.Ref]*source{}, marking: Marking(d, p.Cases)}
	doc.banner, _ = d.Marking(doc.marking.Classification)
	for i := range p.Cases {
		c := &p.Cases[i]
		for j := range c.Records {
			doc.record(&c.Records[j], c.Old)
		}
		for _, e := range c.Around {
			for j := range e.Records {
				doc.record(&e.Records[j], c.Old)
			}
		}
		doc.each(c, func(s caseview.Source) {
			if doc.by[s.Ref] == nil {
				doc.add(source{ref: s.Ref, read: s.Read, marking: s.Marking, old: s.Old})
			}
		})
	}
	// Only what is cited is listed, in the order of the force's systems.
	cited := map[pole.Ref]bool{}
	for i := range p.Cases {
		doc.each(&p.Cases[i], func(s caseview.Source) { cited[s.Ref] = true })
	}
	doc.sources = slices.DeleteFunc(doc.sources, func(s *source) bool { return !cited[s.ref] })
	order := map[string]int{}
	for i, s := range p.Systems {
		order[s.ID] = i + 1
	}
	at := func(system string) int {
		if i := order[system]; i > 0 {
			return i
		}
		return len(order) + 1
	}
	slices.SortFunc(doc.sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(at(a.ref.System), at(b.ref.System)), cmp.Compare(a.ref.System, b.ref.System), cmp.Compare(a.ref.Type, b.ref.Type), cmp.Compare(a.ref.ID, b.ref.ID))
	})
	for i, s := range doc.sources {
		s.number = i + 1
	}
	return doc
}

func (doc *document) record(r *pole.Record, old map[string]bool) {
	if doc.by[r.Ref] != nil {
		return
	}
	k, _ := doc.d.Kind(r.Kind)
	doc.add(source{ref: r.Ref, kind: cmp.Or(k.Label, string(r.Kind)), read: r.Read, updated: r.Updated, marking: r.Marking, old: old[r.String()], url: r.URL})
}

func (doc *document) add(s source) {
	s.system = doc.system(s.ref.System)
	doc.by[s.ref] = &s
	doc.sources = append(doc.sources, &s)
}

// each calls f with every source of everything that the pack says of a case.
func (doc *document) each(c *caseview.Case, f func(caseview.Source)) {
	all := func(list []caseview.Source) {
		for _, s := range list {
			f(s)
		}
	}
	for _, w := range c.Warnings {
		all(w.Sources)
	}
	for _, m := range facts(c) {
		for _, v := range m.Values {
			all(v.Sources)
		}
	}
	for _, l := range c.Linked {
		all(l.Sources)
	}
	for _, m := range c.Timeline {
		all(m.Sources)
	}
}

func facts(c *caseview.Case) []caseview.Merged {
	return append(slices.Clone(c.Disagreements), c.Agreed...)
}

// system is what the force calls a system.
func (doc *document) system(id string) string {
	for _, s := range doc.p.Systems {
		if s.ID == id && s.Name != "" {
			return s.Name
		}
	}
	return id
}

// cites are the numbers of the sources, each once, in order.
func (doc *document) cites(list []caseview.Source) []int {
	var out []int
	for _, s := range list {
		if x := doc.by[s.Ref]; x != nil && !slices.Contains(out, x.number) {
			out = append(out, x.number)
		}
	}
	slices.Sort(out)
	return out
}

// citeWords writes numbers of sources as [1, 3–5].
func citeWords(ns []int) string {
	if len(ns) == 0 {
		return ""
	}
	var parts []string
	for i := 0; i < len(ns); {
		j := i
		for j+1 < len(ns) && ns[j+1] == ns[j]+1 {
			j++
		}
		switch j - i {
		case 0:
			parts = append(parts, fmt.Sprint(ns[i]))
		case 1:
			parts = append(parts, fmt.Sprint(ns[i]), fmt.Sprint(ns[j]))
		default:
			parts = append(parts, fmt.Sprintf("%d–%d", ns[i], ns[j]))
		}
		i = j + 1
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// naming are the merged values that a case's title and the line under it are written with.
func naming(c *caseview.Case) []caseview.Source {
	var out []caseview.Source
	for _, m := range facts(c) {
		if slices.Contains(c.Naming, m.Property) && len(m.Values) > 0 {
			out = append(out, m.Values[0].Sources...)
		}
	}
	return out
}

// mark writes a marking in words: its classification and handling.
func (doc *document) mark(m pole.Marking) string {
	def, _ := doc.d.Marking(m.Classification)
	out := def.Label
	if len(m.Handling) > 0 {
		out += " · handling " + strings.Join(m.Handling, ", ")
	}
	return out
}

// stamp writes a moment as officers read it, in London; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(pole.London).Format("02/01/2006 15:04:05")
}

// asked is how one system answered for a case, in words that never take what was not searched for no trace.
type asked struct {
	name  string
	words string
	loud  bool // it was not searched, or not wholly
}

// askedOf lists every system of the force with how it answered for the case.
func (doc *document) askedOf(c *caseview.Case) []asked {
	held := map[string]int{}
	old := map[string]int{}
	for i := range c.Records {
		held[c.Records[i].System]++
		if c.Old[c.Records[i].String()] {
			old[c.Records[i].System]++
		}
	}
	var out []asked
	seen := map[string]bool{}
	one := func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		a := asked{name: doc.system(id)}
		var parts []string
		if n := held[id]; n > 0 {
			parts = append(parts, count(n, "record")+" of the subject")
		}
		if n := old[id]; n > 0 {
			parts, a.loud = append(parts, fmt.Sprintf("%d of them from a stored copy: the system did not give it when the case was read", n)), true
		}
		i := slices.IndexFunc(c.Asked, func(x caseview.Asked) bool { return x.System == id })
		switch {
		case i >= 0 && c.Asked[i].State == caseview.AskedNot:
			parts, a.loud = append(parts, "NOT SEARCHED: "+cmp.Or(c.Asked[i].Say, "it did not answer")), true
		case i >= 0 && c.Asked[i].State == caseview.AskedPart:
			parts, a.loud = append(parts, "SEARCHED IN PART ONLY: "+c.Asked[i].Say), true
		case i >= 0 && c.Asked[i].State == caseview.AskedCannot:
			parts = append(parts, "cannot be asked this; it was not searched")
		case i >= 0 && held[id] == 0:
			parts = append(parts, "searched "+stamp(c.Asked[i].At)+": no trace")
		case i < 0 && held[id] == 0:
			parts, a.loud = append(parts, "NOT SEARCHED for this case"), true
		}
		for _, g := range c.Gaps {
			if g.System == id && !(i >= 0 && c.Asked[i].Say == g.Say) {
				say := "NOT READ: " + g.Say
				if n := len(g.Refs); n > 0 {
					say += " (" + count(n, "record") + ")"
				}
				parts, a.loud = append(parts, say), true
			}
		}
		a.words = strings.Join(parts, ". ")
		out = append(out, a)
	}
	for _, s := range doc.p.Systems {
		one(s.ID)
	}
	for _, x := range c.Asked {
		one(x.System)
	}
	for _, g := range c.Gaps {
		one(g.System)
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func itoa(n int) string { return strconv.Itoa(n) }

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }
