package places

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// Build finds the places of a case. It does no I/O, changes nothing of the case, and gives the same for the same records
// whatever their order.
func Build(dict *pole.Dictionary, c *caseview.Case) *Places {
	b := &builder{d: dict, c: c, titles: map[string]string{c.ID: c.Title}, roles: map[string][]string{}}
	for _, l := range c.Linked {
		if l.Entity != "" {
			b.titles[l.Entity], b.roles[l.Entity] = l.Title, l.Roles
		}
	}
	read := map[pole.Ref]bool{}
	own := match.Entity{ID: c.ID, Kind: c.Kind, Records: c.Records}
	for i, e := range append([]match.Entity{own}, c.Around...) {
		if len(e.Records) == 0 || i > 0 && e.ID == c.ID {
			continue
		}
		for _, r := range e.Records {
			read[r.Ref] = true
		}
		b.entity(e)
	}
	for _, l := range c.Linked {
		if !slices.ContainsFunc(l.Refs, func(r pole.Ref) bool { return read[r] }) && len(l.Refs) > 0 && b.placed(l.Kind) {
			b.out.Unplaced = append(b.out.Unplaced, Place{ID: l.Refs[0].String(), Entity: l.Refs[0].String(), Kind: l.Kind, Class: l.Class,
				Title: l.Title, Roles: l.Roles, Systems: caseview.SystemsOf(l.Refs), Why: WhyNotRead})
		}
	}
	b.out.Gaps = c.Gaps
	order := func(x, y Place) int {
		return cmp.Or(cmp.Compare(rank[x.Class], rank[y.Class]), cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID))
	}
	slices.SortFunc(b.out.Points, order)
	slices.SortFunc(b.out.Unplaced, order)
	return &b.out
}

var rank = map[pole.Class]int{pole.ClassLocation: 0, pole.ClassPerson: 1, pole.ClassEvent: 2, pole.ClassObject: 3}

type builder struct {
	d      *pole.Dictionary
	c      *caseview.Case
	titles map[string]string
	roles  map[string][]string
	out    Places
}

// placed reports whether the dictionary gives a kind a place.
func (b *builder) placed(k pole.Kind) bool {
	def, _ := b.d.Kind(k)
	return len(def.Where) > 0
}

// spot is what one record says of one place.
type spot struct {
	Place
	rec   int
	ended bool
}

// entity finds the places of one entity: of an event or a place the one that it has, of a person every address.
func (b *builder) entity(e match.Entity) {
	def, ok := b.d.Kind(e.Kind)
	if !ok || len(def.Where) == 0 {
		return
	}
	e.Records = slices.SortedFunc(slices.Values(e.Records), func(x, y pole.Record) int { return cmp.Compare(x.Ref.String(), y.Ref.String()) })
	title := b.titles[e.ID]
	when, old := "", true
	var refs []pole.Ref
	best := 0
	for i := range e.Records {
		r := &e.Records[i]
		refs = append(refs, r.Ref)
		old = old && b.c.Old[r.String()]
		if len(r.Facts) > len(e.Records[best].Facts) {
			best = i
		}
		if w, ok := b.d.When(*r); ok && len(w) > len(when) {
			when = w
		}
	}
	if title == "" {
		title = b.d.Title(e.Records[best])
	}
	base := Place{Entity: e.ID, Kind: e.Kind, Class: def.Class, Title: title, Roles: b.roles[e.ID], Old: old}
	if when != "" {
		base.When = pole.DisplayWhen(when)
	}
	var spots []spot
	why := WhyNone
	for i := range e.Records {
		found, w := b.spots(&e.Records[i], def.Where)
		for _, s := range found {
			s.rec = i
			spots = append(spots, s)
		}
		if w != "" && why != WhyNoPoint {
			why = w
		}
	}
	if len(spots) == 0 {
		base.ID, base.Systems, base.Why = e.ID, caseview.SystemsOf(refs), why
		base.Address = b.line(e.Records[best], def.Where)
		b.out.Unplaced = append(b.out.Unplaced, base)
		return
	}
	several := def.Class == pole.ClassPerson
	for _, p := range join(base, spots, several) {
		b.out.Points = append(b.out.Points, p)
	}
}

// line is an address on one line, where there is one.
func (b *builder) line(r pole.Record, where []pole.Property) string {
	for _, p := range where {
		if g, ok := b.d.GroupOf(p); ok {
			if w := b.d.Whole(g, b.d.Current(g, r)); w.Norm != "" || w.Source != "" {
				return b.d.Display(g.Property, w)
			}
		}
	}
	return ""
}

// spots reads the places of one record: its coordinates, and its addresses by their postcode.
func (b *builder) spots(r *pole.Record, where []pole.Property) (out []spot, why Why) {
	said := func(f pole.Fact, words string) []Said {
		return []Said{{Ref: r.Ref, Words: words, Old: b.c.Old[r.String()], Path: f.Path}}
	}
	withPoint := map[string]bool{}
	for _, p := range where {
		def, _ := b.d.Property(p)
		if def.Type != pole.TypeCoordinates {
			continue
		}
		for _, f := range r.All(p) {
			lat, lon, ok := pole.LatLon(f.Value.Norm)
			if !ok {
				if strings.TrimSpace(f.Value.Source) != "" {
					why = WhyUnreadable
				}
				continue
			}
			s := spot{ended: f.To != ""}
			s.Lat, s.Lon, s.How, s.Within = lat, lon, Exact, max(pole.Within(f.Value.Source), 1)
			if s.Within >= 100 {
				s.How = Coarse
			}
			if pole.IsGridReference(f.Value.Source) { // the corner of a square: its middle is nearer the truth
				if e, n, ok := pole.ToGrid(lat, lon); ok {
					if la, lo, ok := pole.FromGrid(e+s.Within/2, n+s.Within/2); ok {
						s.Lat, s.Lon = la, lo
					}
				}
			}
			s.Said = said(f, f.Value.Source)
			s.Address = b.addressOf(r, where, f.Group)
			withPoint[f.Group] = true
			out = append(out, s)
		}
	}
	for _, p := range where {
		g, ok := b.d.GroupOf(p)
		if !ok {
			continue
		}
		for _, own := range grouped(b.d, g, r) {
			if withPoint[own[0].Group] {
				continue
			}
			whole := b.d.Whole(g, own)
			words := b.d.Display(g.Property, whole)
			if words == "" {
				continue
			}
			area, at, ok := b.district(own, words)
			if !ok {
				why = WhyNoPoint
				continue
			}
			s := spot{}
			s.Lat, s.Lon, s.How, s.Within, s.Area, s.Address = at.lat, at.lon, District, at.within, area, words
			for _, f := range own {
				s.ended = s.ended || f.To != ""
			}
			s.Said = said(own[0], words)
			out = append(out, s)
		}
	}
	return out, why
}

func (b *builder) addressOf(r *pole.Record, where []pole.Property, group string) string {
	for _, p := range where {
		if g, ok := b.d.GroupOf(p); ok {
			for _, own := range grouped(b.d, g, r) {
				if own[0].Group == group {
					return b.d.Display(g.Property, b.d.Whole(g, own))
				}
			}
		}
	}
	return ""
}

// grouped gives the facts of each composite of g that a record has.
func grouped(d *pole.Dictionary, g pole.GroupDef, r *pole.Record) (out [][]pole.Fact) {
	index := map[string]int{}
	for _, f := range r.Facts {
		if fg, ok := d.GroupOf(f.Property); !ok || fg.Property != g.Property {
			continue
		}
		i, ok := index[f.Group]
		if !ok {
			i = len(out)
			index[f.Group] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

// district finds the postcode district of an address: of its postcode, or of one written in its line.
func (b *builder) district(own []pole.Fact, line string) (string, centre, bool) {
	for _, f := range own {
		if def, _ := b.d.Property(f.Property); def.Type == pole.TypePostcode && f.Value.Norm != "" {
			out, _, _ := strings.Cut(f.Value.Norm, " ")
			if c, ok := outcode(out); ok {
				return out, c, true
			}
		}
	}
	words := strings.Fields(strings.ToUpper(strings.ReplaceAll(line, ",", " ")))
	for i := len(words) - 1; i > 0; i-- {
		if inward(words[i]) {
			if c, ok := outcode(words[i-1]); ok {
				return words[i-1], c, true
			}
		}
	}
	return "", centre{}, false
}

// inward reports whether s is the second half of a postcode.
func inward(s string) bool {
	return len(s) == 3 && s[0] >= '0' && s[0] <= '9' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= 'A' && s[2] <= 'Z'
}

// join puts the spots of one entity together. Spots that can be one place are one, at the most exact; of an event or a place
// those that cannot stand beside the first, as a disagreement; of a person each is a place of its own.
func join(base Place, spots []spot, several bool) []Place {
	slices.SortStableFunc(spots, func(x, y spot) int {
		return cmp.Or(cmp.Compare(flag(x.ended), flag(y.ended)), cmp.Compare(x.Within, y.Within), cmp.Compare(x.Said[0].Ref.String(), y.Said[0].Ref.String()), cmp.Compare(x.Address, y.Address))
	})
	var out []Place
	for _, s := range spots {
		at := slices.IndexFunc(out, func(p Place) bool {
			if several && s.How == District && p.How == District {
				return pole.FoldName(p.Address) == pole.FoldName(s.Address)
			}
			return pole.Distance(p.Lat, p.Lon, s.Lat, s.Lon) <= max(Differ, p.Within, s.Within)
		})
		if at >= 0 {
			p := &out[at]
			p.Said = append(p.Said, s.Said...)
			p.Address = cmp.Or(p.Address, s.Address)
			p.Ended = p.Ended && s.ended
			continue
		}
		p := base
		p.Lat, p.Lon, p.How, p.Within, p.Area, p.Address, p.Said, p.Ended = s.Lat, s.Lon, s.How, s.Within, s.Area, s.Address, s.Said, s.ended
		out = append(out, p)
	}
	for i := range out {
		p := &out[i]
		p.Systems = nil
		for _, s := range p.Said {
			if !slices.Contains(p.Systems, s.Ref.System) {
				p.Systems = append(p.Systems, s.Ref.System)
			}
		}
		slices.Sort(p.Systems)
		p.ID = base.Entity
		if i > 0 {
			p.ID += "#" + p.Systems[0] + p.Address + gridOf(p.Lat, p.Lon, 1)
		}
		p.Grid = gridOf(p.Lat, p.Lon, p.Within)
	}
	if several || len(out) < 2 {
		return out
	}
	// Most systems say so; then the most exact, which stands first already.
	slices.SortStableFunc(out, func(x, y Place) int { return cmp.Compare(len(y.Systems), len(x.Systems)) })
	out[0].ID = base.Entity
	out[0].Others = slices.Clone(out[1:])
	return out[:1]
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gridOf is the National Grid reference of a point, with as many figures as it is known to.
func gridOf(lat, lon, within float64) string {
	e, n, ok := pole.ToGrid(lat, lon)
	if !ok {
		return ""
	}
	digits := 5 - int(math.Floor(math.Log10(max(within, 1))))
	return pole.GridReference(e, n, min(max(digits, 2), 5))
}
