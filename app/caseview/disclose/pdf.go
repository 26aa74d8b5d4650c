package disclose

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"muster/app/caseview"
)

// pdf writes the pack as PDF, A4 upright: what it is, each entity with its danger first, what was searched, the sources.
func (doc *document) pdf(w io.Writer) error {
	p, err := newPaper()
	if err != nil {
		return err
	}
	pack := doc.p
	p.SetTitle("Disclosure pack "+pack.Reference, true)
	p.SetSubject(doc.mark(doc.marking), true)
	p.SetAuthor(pack.Officer, true)
	p.SetCreator("Muster "+pack.Version, true)
	p.SetCreationDate(pack.At)
	p.SetModificationDate(pack.At)
	p.SetLang("en-GB")
	p.AliasNbPages("{pages}")
	p.SetHeaderFunc(func() { doc.edge(p, 8, true) })
	p.SetFooterFunc(func() { doc.edge(p, 283, false) })
	p.turn()
	doc.front(p)
	for i := range pack.Cases {
		doc.entity(p, &pack.Cases[i])
	}
	doc.notes(p)
	doc.list(p)
	if words := p.lostWords(); words != "" {
		p.gap(3)
		p.para(small(words).in(amber))
	}
	if p.Err() {
		return p.Error()
	}
	return p.Output(w)
}

// edge draws the marking at the head or foot of a page, and what the page is of.
func (doc *document) edge(p *paper, y float64, head bool) {
	bg, fg := colour(doc.banner.Colour), colour(doc.banner.Text)
	label := p.shown(doc.mark(doc.marking))
	p.SetFillColor(bg.r, bg.g, bg.b)
	p.Rect(0, y, 210, 6, "F")
	p.use(span{label, true, 9, fg})
	p.Text((210-p.GetStringWidth(label))/2, y+4.2, label)
	if head {
		p.use(small(""))
		p.Text(left, y+11, p.shown(cmp.Or(doc.p.Force, "Muster")+" · disclosure pack"))
		to := p.cut("For "+p.shown(doc.p.Recipient), 90)
		p.Text(right-p.GetStringWidth(to), y+11, to)
		return
	}
	p.use(small(""))
	p.Text(left, y-2, p.cut(p.shown("Pack "+doc.p.Reference+" · "+stamp(doc.p.At)+" · "+doc.p.Officer), 140))
	// The total is put in once it is known; as wide as two figures, which most packs have.
	n := "Page " + itoa(p.PageNo()) + " of {pages}"
	p.Text(right-p.GetStringWidth("Page "+itoa(p.PageNo())+" of 00"), y-2, n)
}

// cut shortens text to a width in the face in use.
func (p *paper) cut(s string, w float64) string {
	if p.GetStringWidth(s) <= w {
		return s
	}
	rs := []rune(s)
	for len(rs) > 1 && p.GetStringWidth(string(rs)+"…") > w {
		rs = rs[:len(rs)-1]
	}
	return string(rs) + "…"
}

func (doc *document) front(p *paper) {
	pack := doc.p
	p.para(span{"Disclosure pack", true, titleSize, black})
	p.gap(1.5)
	p.para(span{cmp.Or(pack.Name, pack.Cases[0].Title), true, headSize, accent})
	p.gap(2)
	put := func(label, value string) {
		if value != "" {
			p.row([]span{small(label)}, body(value))
		}
	}
	put("Disclosed to", pack.Recipient+bracket(pack.Kind))
	put("Reason", pack.Reason)
	put("Lawful basis", cmp.Or(pack.Basis, "not stated"))
	put("Purpose of the search", pack.Purpose)
	put("Disclosed by", pack.Officer+comma(pack.Force))
	put("When", stamp(pack.At)+" (London)")
	put("Marking", doc.mark(doc.marking))
	put("Accounted for", "audit record "+utoa(pack.Audit)+", pack "+pack.Reference)
	p.gap(2.5)
	p.para(small("This pack says what the force's systems said when they were read. It is not their record, and nothing in it was rewritten: each value stands as its source gave it. Figures in brackets are the numbers of the sources listed at the end. Where sources disagree, all of them are given; the first stands first by the rule that is named."))
	gaps := doc.gapLines()
	if len(gaps) > 0 {
		p.gap(3)
		p.box(danger, append([]span{{"NOT COMPLETE. ", true, bodySize, danger}, body("What is named here was not searched, or not wholly. Its silence is not an answer.")}, gaps...)...)
	}
}

// gapLines are the gaps of all cases, each system's once.
func (doc *document) gapLines() []span {
	var out []span
	seen := map[string]bool{}
	for i := range doc.p.Cases {
		for _, a := range doc.askedOf(&doc.p.Cases[i]) {
			if k := a.name + a.words; a.loud && !seen[k] {
				seen[k] = true
				out = append(out, strong("\n"+a.name+": "), body(a.words))
			}
		}
	}
	return out
}

func (doc *document) entity(p *paper, c *caseview.Case) {
	kind, _ := doc.d.Kind(c.Kind)
	p.heading(0, span{c.Title, true, 14, black})
	p.para(small(kind.Label+" · "), small(c.Detail), small(" "+citeWords(doc.cites(naming(c)))).in(accent))
	p.para(small(count(len(c.Records), "record") + " in " + count(systemsOf(c), "system") + " · oldest reading " + stamp(c.Read) + " · " + doc.mark(c.Marking)))
	if !c.Copy.IsZero() {
		p.gap(2.5)
		p.box(amber, strong("KEPT COPY. ").in(amber), body("This is what was read up to "+stamp(c.Copy)+". No system was asked again for this pack."))
	}
	if len(c.Warnings) > 0 {
		p.gap(2.5)
		var spans []span
		for i, w := range c.Warnings {
			if i > 0 {
				spans = append(spans, body("\n"))
			}
			col, sign := danger, "DANGER  "
			if w.Level == "caution" {
				col, sign = amber, "CAUTION  "
			}
			words := w.Label
			if !strings.EqualFold(w.Code, w.Label) && !strings.HasPrefix(strings.ToUpper(w.Label), w.Code) {
				words = w.Code + " " + w.Label
			}
			spans = append(spans, strong(sign).in(col), strong(words), doc.cited(w.Sources))
			var said []string // the sources' own words, where they say more
			for _, x := range w.Sources {
				own := strings.Join(strings.Fields(x.Value.Source), " ")
				if !strings.EqualFold(own, w.Code) && !strings.EqualFold(own, w.Label) && !slices.Contains(said, own) {
					said = append(said, own)
				}
			}
			if len(said) > 0 {
				spans = append(spans, small(" “"+strings.Join(said, "”, “")+"”"))
			}
		}
		p.box(danger, spans...)
	}
	if len(c.Disagreements) > 0 {
		p.heading(1, span{"Where the sources disagree", true, headSize, amber})
		for _, m := range c.Disagreements {
			doc.property(p, m)
		}
	}
	p.heading(1, span{"What the sources say", true, headSize, black})
	if len(c.Agreed) == 0 {
		p.para(small("Nothing else is stated."))
	}
	for _, m := range c.Agreed {
		doc.property(p, m)
	}
	if len(c.Linked) > 0 {
		p.heading(1, span{"People, vehicles, places and events linked to it", true, headSize, black})
		for _, l := range c.Linked {
			p.row([]span{small(strings.Join(l.Roles, ", "))}, body(l.Title), doc.cited(l.Sources))
		}
	}
	if len(c.Timeline) > 0 {
		p.heading(1, span{"Events, earliest first", true, headSize, black})
		for _, m := range c.Timeline {
			value := []span{body(m.Title), doc.cited(m.Sources)}
			if m.Detail != "" {
				value = append(value, small("\n"+m.Detail))
			}
			p.row([]span{small(m.Display)}, value...)
		}
	}
	p.heading(1, span{"What was searched for " + c.Title, true, headSize, black})
	for _, a := range doc.askedOf(c) {
		words := body(a.words)
		if a.loud {
			words = strong(a.words).in(danger)
		}
		p.row([]span{body(a.name)}, words)
	}
}

func (doc *document) cited(list []caseview.Source) span {
	return small(" " + citeWords(doc.cites(list))).in(accent)
}

// property writes one merged property: the value that stands first, then every other with what sets it apart.
func (doc *document) property(p *paper, m caseview.Merged) {
	var spans []span
	for i, v := range m.Values {
		if i > 0 {
			spans = append(spans, body("\n"))
		}
		switch {
		case m.Disagree && i > 0:
			spans = append(spans, strong("≠ ").in(amber), body(v.Display).in(amber))
		case m.Disagree:
			spans = append(spans, strong(v.Display))
		default:
			spans = append(spans, body(v.Display))
		}
		spans = append(spans, doc.cited(v.Sources))
		if v.Say != "" {
			spans = append(spans, small(" "+v.Say))
		}
		if v.Value.Problem != "" && v.Value.Problem != v.Say {
			spans = append(spans, small(" "+v.Value.Problem))
		}
		if old := allOld(v.Sources); old != "" {
			spans = append(spans, small(" stored copy, read "+old).in(amber))
		}
	}
	if m.Disagree && m.Why != "" {
		spans = append(spans, small("\nThe first stands first because: "+m.Why+"."))
	}
	p.row([]span{small(m.Label)}, spans...)
}

// allOld says when a value was read of which there are stored copies only; "" where something fresher says it.
func allOld(list []caseview.Source) string {
	for _, s := range list {
		if !s.Old {
			return ""
		}
	}
	if len(list) == 0 {
		return ""
	}
	return stamp(list[0].Read)
}

func (doc *document) notes(p *paper) {
	if len(doc.p.Notes) == 0 {
		return
	}
	p.heading(0, span{"Notes of officers", true, 14, black})
	p.para(small("What officers wrote on this case. No system of record says it."))
	for _, n := range doc.p.Notes {
		p.row([]span{small(stamp(n.At) + "\n" + n.By)}, body(n.Text))
	}
}

// list writes the numbered sources.
func (doc *document) list(p *paper) {
	p.heading(0, span{"Sources", true, 14, black})
	for _, s := range doc.sources {
		parts := []string{"read " + stamp(s.read)}
		if !s.updated.IsZero() {
			parts = append(parts, "last changed there "+stamp(s.updated))
		}
		parts = append(parts, doc.mark(s.marking))
		value := []span{strong(s.system), body("  " + strings.TrimSpace(s.kind+" "+s.ref.ID)), small("\n" + strings.Join(parts, " · "))}
		if s.old {
			value = append(value, small(" · STORED COPY: the system did not give it when the case was read").in(danger))
		}
		p.row([]span{strong("[" + itoa(s.number) + "]").in(accent)}, value...)
	}
}

func systemsOf(c *caseview.Case) int {
	seen := map[string]bool{}
	for i := range c.Records {
		seen[c.Records[i].System] = true
	}
	return len(seen)
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func comma(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}
