package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/chart"
	"muster/app/caseview/disclose"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

const (
	mentionsAsked = 3                // values by which one node is looked for in the records of others
	mentionsWait  = 15 * time.Second // for all of them together
)

// Linked is what the systems hold around one node of a link chart.
type Linked struct {
	Entities []match.Entity
	Open     []string        // written forms of the records whose links are read now
	Old      map[string]bool // by Ref.String: read from a stored copy
	Gaps     []caseview.Gap
	Apart    [][2]pole.Ref // records that people decided are not one: no chart may join what holds them
}

// ReadLinked reads one node of a link chart and what is linked to it: its records in full, those in other systems that are the same,
// what they link to, and the records of other kinds that state a value that identifies it (the reads of a vehicle, who uses a
// telephone). A node without records of its own is looked for by values, which then are all that it is known by. The access is
// accounted for first, as a combination; what could not be read is a gap.
func (d *Desk) ReadLinked(ctx context.Context, kind pole.Kind, refs []pole.Ref, values []plugins.Term) (Linked, error) {
	s, err := d.current()
	if err != nil {
		return Linked{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return Linked{}, err
	}
	b := &caseBuilder{d: d, s: s, purpose: purpose, old: map[string]bool{}, gaps: map[string]*caseview.Gap{}}
	b.access = d.access(string(audit.Combination), purpose)
	var out Linked
	if len(refs) > 0 {
		if err := b.again(ctx, refs); err != nil {
			return Linked{}, err
		}
		b.around(ctx)
		kind = b.entity.Kind
		values = identifying(d.dict, b.entity)
		out.Entities = append(out.Entities, b.entity)
		for _, r := range b.entity.Records {
			out.Open = append(out.Open, r.String())
		}
	}
	near := d.grouper(s)
	for _, e := range b.near {
		near.Add(e.Records...)
	}
	near.Add(b.mentions(ctx, kind, len(refs) > 0, values)...)
	out.Entities = append(out.Entities, near.Entities()...)
	out.Old, out.Gaps = b.old, b.gapList()
	for _, j := range match.InForce(s.judged.all()) {
		if j.Verdict != match.Same {
			out.Apart = append(out.Apart, [2]pole.Ref{j.A, j.B})
		}
	}
	return out, ctx.Err()
}

// again reads the records of a node in full, and looks for others of the same entity.
func (b *caseBuilder) again(ctx context.Context, refs []pole.Ref) error {
	refs = append(slices.Clone(refs), match.Joined(b.s.judged.all(), refs...)...)
	rec := b.d.record(b.access)
	rec.Ref = refStrings(refs)
	actx, seq, err := b.d.account(ctx, b.access, rec)
	if err != nil {
		return err
	}
	var atHand []pole.Record
	for _, r := range refs {
		if e, ok := b.d.latestEntity(r.String(), b.old); ok {
			for _, x := range e.Records {
				if slices.Contains(refs, x.Ref) && !slices.ContainsFunc(atHand, func(y pole.Record) bool { return y.Ref == x.Ref }) {
					atHand = append(atHand, x)
				}
			}
		}
	}
	full := b.fetch(actx, refs, atHand)
	b.d.closing(b.s, b.access, nil, seq, len(full), nil, ofRecords(full))
	if len(full) == 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w (%s)", errNotRead, b.gapWords())
	}
	b.d.mu.RLock()
	beside := b.d.beside
	b.d.mu.RUnlock()
	full, among := b.others(ctx, full)
	b.d.mu.Lock()
	b.d.beside = beside // what stands beside the open case is still what is decided about
	b.d.mu.Unlock()
	grouper := b.d.grouper(b.s)
	grouper.Add(full...)
	b.entity = entityWith(grouper, full[0].Ref)
	b.entity.Possible = among.Possible
	for _, r := range full { // those that the chart holds for one stay one
		if slices.Contains(refs, r.Ref) && !slices.ContainsFunc(b.entity.Records, func(x pole.Record) bool { return x.Ref == r.Ref }) {
			b.entity.Records = append(b.entity.Records, r)
		}
	}
	return ctx.Err()
}

var errNotRead = errors.New("it could not be read: its system gives it by name only, or did not answer")

// identifying lists the values by which others may mean an entity, each once.
func identifying(d *pole.Dictionary, e match.Entity) []plugins.Term {
	var out []plugins.Term
	for _, r := range e.Records {
		for _, f := range r.Facts {
			if f.Value.Norm == "" || f.Value.Problem != "" || !d.Identifies(e.Kind, f.Property) || len(out) == mentionsAsked {
				continue
			}
			if !slices.ContainsFunc(out, func(t plugins.Term) bool { return t.Property == f.Property && t.Value.Norm == f.Value.Norm }) {
				out = append(out, plugins.Term{Property: f.Property, Value: f.Value})
			}
		}
	}
	return out
}

// mentions finds records that state the values: of other kinds only where the thing itself has been read.
func (b *caseBuilder) mentions(ctx context.Context, kind pole.Kind, others bool, values []plugins.Term) []pole.Record {
	ctx, cancel := context.WithTimeout(ctx, mentionsWait)
	defer cancel()
	found := newLatest(b.d.grouper(b.s), search.Request{})
	var requests []search.Request
	if others {
		for _, v := range values {
			requests = append(requests, search.Request{Terms: []plugins.Term{v}})
		}
	} else if len(values) > 0 {
		requests = append(requests, search.Request{Terms: values})
	}
	var out []pole.Record
	for _, r := range requests {
		for _, k := range b.d.dict.Kinds() {
			if !others || k.Name != kind {
				if holds(b.d.dict, k.Name, r.Terms) {
					r.Kinds = append(r.Kinds, k.Name)
				}
			}
		}
		if len(r.Kinds) == 0 {
			continue
		}
		_ = b.d.runSearch(ctx, b.s, b.purpose, r, found, func(ev SearchEvent) {
			if a := ev.Answer; a != nil && (a.State == search.NotSearched || a.State == search.Partial) {
				b.gap(a.System, a.Say)
			}
			for _, f := range ev.Found {
				if states(f.Record, r.Terms) && !slices.ContainsFunc(out, func(x pole.Record) bool { return x.Ref == f.Record.Ref }) {
					out = append(out, f.Record)
				}
			}
		})
	}
	maps.Copy(b.old, found.old)
	return out
}

// holds reports whether records of a kind may state every one of the terms.
func holds(d *pole.Dictionary, kind pole.Kind, terms []plugins.Term) bool {
	for _, t := range terms {
		if !slices.ContainsFunc(d.Properties(kind), func(p pole.PropertyDef) bool { return p.Name == t.Property }) {
			return false
		}
	}
	return true
}

// states reports whether a record says each of the values, not only something like it.
func states(r pole.Record, terms []plugins.Term) bool {
	for _, t := range terms {
		if !slices.ContainsFunc(r.Facts, func(f pole.Fact) bool {
			return f.Property == t.Property && f.Value.Norm != "" && (f.Value.Norm == t.Value.Norm || pole.FoldName(f.Value.Norm) == pole.FoldName(t.Value.Norm))
		}) {
			return false
		}
	}
	return true
}

// The formats of a link chart.
const (
	ChartSVG disclose.Format = "svg"
	ChartPNG disclose.Format = "png"
)

// ChartFormats lists them.
func ChartFormats() []disclose.Format { return []disclose.Format{ChartSVG, ChartPNG} }

// ChartDisclosure is a link chart that an officer discloses. Of the Disclosure, Cases are made here of what is on the chart.
type ChartDisclosure struct {
	Disclosure
	Chart *chart.Chart
	Title string
	Path  []string // a way that is shown, by the IDs of its nodes
	Old   int      // stored copies among the records
}

// chartCase is what is on a chart, as Disclose weighs and records it.
func chartCase(d *pole.Dictionary, title string, c *chart.Chart) caseview.Case {
	out := caseview.Case{Title: title, Marking: c.Graph.Marking(d), Gaps: c.Graph.Gaps, Read: c.Graph.Read}
	for i := range c.Graph.Nodes {
		n := &c.Graph.Nodes[i]
		if n.Subject {
			out.ID, out.Kind, out.Class = n.ID, n.Kind, n.Class
		}
		for _, r := range n.Refs {
			out.Records = append(out.Records, pole.Record{Ref: r, Kind: n.Kind, Marking: n.Marking, Read: c.Graph.Read})
		}
	}
	return out
}

// AboveChart says in words why a chart is marked above what a kind of recipient may be given; "" if it is not.
func (d *Desk) AboveChart(kind string, c *chart.Chart) string {
	return d.AboveRecipient(kind, chartCase(d.dict, "", c))
}

// DiscloseChart writes a link chart out for a recipient, under the same rules as Disclose: recorded with every record on it before
// the first byte is written, whole or not at all.
func (d *Desk) DiscloseChart(ctx context.Context, in ChartDisclosure) (Disclosed, error) {
	if in.Chart == nil || len(in.Chart.Graph.Nodes) == 0 {
		return Disclosed{}, errors.New("there is nothing on the chart to disclose")
	}
	if !slices.Contains(ChartFormats(), in.Format) {
		return Disclosed{}, fmt.Errorf("there is no format %q of a chart: it is svg or png", in.Format)
	}
	in.Cases = []caseview.Case{chartCase(d.dict, in.Title, in.Chart)}
	in.draw = func(w io.Writer, p disclose.Pack) error {
		marking := d.dict.Highest(in.Cases[0].Marking)
		def, ok := d.dict.Marking(marking.Classification)
		if !ok {
			def = pole.MarkingDef{Name: marking.Classification, Label: marking.Classification}
		}
		page := chart.Page{Title: p.Name, Detail: p.Force, Marking: def, Handling: marking.Handling, By: p.Officer, At: p.At, Recipient: p.Recipient + bracketed(p.Kind),
			Reason: p.Reason, Basis: p.Basis, Path: in.Path, Copies: in.Old,
			Reference: fmt.Sprintf("%s, record %d of the log of accesses", p.Reference, p.Audit)}
		if in.Format == ChartSVG {
			return in.Chart.WriteSVG(w, page)
		}
		return in.Chart.WritePNG(w, page, 2)
	}
	return d.Disclose(ctx, in.Disclosure)
}

// ChartMarks gives a chart the marks of the desk's systems.
func (d *Desk) ChartMarks() chart.Marks {
	d.mu.RLock()
	defer d.mu.RUnlock()
	marks := map[string]chart.Mark{}
	for _, s := range d.systems {
		marks[s.cfg.ID] = chart.Mark{Shape: s.info.Shape, Code: s.info.Code, Name: s.name()}
	}
	return func(system string) chart.Mark {
		if m, ok := marks[system]; ok {
			return m
		}
		return chart.Mark{Shape: "box", Code: system, Name: system}
	}
}
