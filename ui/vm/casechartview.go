package vm

import (
	"cmp"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/chart"
	"muster/plugins/pole"
)

// ChartLink is one link of a card, seen from it: 'mother: MILLER, Andrea'.
type ChartLink struct {
	Words  string // what the other is to this
	Other  string // its title
	ID     string
	Marks  []Mark
	When   string
	Stated bool
	Maybe  bool // possibly the same: nobody has decided
}

// ChartCard is everything that is said of one card.
type ChartCard struct {
	ID       string
	What     string
	Title    string
	Detail   string
	State    string // how much of it was read, in words
	Old      bool
	Warnings []caseview.Warning
	Marks    []Mark
	Marking  string
	Links    []ChartLink
	Group    int    // how many it stands for
	Open     string // what Enter opens; "" if nothing
	Search   string // what Enter looks for instead
	Subject  bool   // the case is about it
}

// Card tells of a card; ok is false if there is none.
func (c *CaseChart) Card(id string) (card ChartCard, ok bool) {
	n := c.node(id)
	if n == nil || c.now == nil {
		return ChartCard{}, false
	}
	card = ChartCard{ID: n.ID, What: n.What, Title: n.Title, Detail: n.Detail, Old: n.Old && !n.Unread, Warnings: n.Warnings, Marks: c.marks.All(n.Systems),
		Marking: n.Marking.Classification, Group: len(n.Group), Subject: n.Subject}
	if n.When != "" {
		card.Detail = n.When
	}
	switch {
	case len(n.Group) > 0:
		card.State = c.env.T("screens.chart.state.group")
	case len(n.Values) > 0:
		card.State = c.env.T("screens.chart.state.value")
		card.Search = n.Title
	case n.Unread:
		card.State = c.env.T("screens.chart.state.unread")
	case n.Open:
		card.State = c.env.T("screens.chart.state.open", "records", c.env.T("screens.records", "n", n.Records))
	default:
		card.State = c.env.T("screens.chart.state.read", "records", c.env.T("screens.records", "n", n.Records))
	}
	if len(n.Group) == 0 && len(n.Refs) > 0 {
		card.Open = n.Refs[0].String()
	}
	for _, l := range c.now.Graph.Links {
		other, words := l.To, l.Inverse
		switch n.ID {
		case l.From:
		case l.To:
			other, words = l.From, l.Words
		default:
			continue
		}
		if l.Count > 1 && c.now.Graph.Node(other) != nil && len(c.now.Graph.Node(other).Group) > 0 {
			words += " ×" + c.env.T("screens.number", "count", l.Count)
		}
		card.Links = append(card.Links, ChartLink{Words: words, Other: c.title(other), ID: other, Marks: c.marks.All(l.Systems), When: l.When, Stated: l.Stated, Maybe: l.Maybe})
	}
	sortBy(card.Links, func(a, b ChartLink) bool {
		return cmp.Or(cmp.Compare(a.Other, b.Other), cmp.Compare(a.Words, b.Words)) < 0
	})
	return card, true
}

// Spoken is a card in words for a screen reader.
func (c *CaseChart) Spoken(id string) string {
	k, ok := c.Card(id)
	if !ok {
		return ""
	}
	parts := []string{k.What, k.Title}
	for _, w := range k.Warnings {
		parts = append(parts, w.Code+" "+w.Label)
	}
	parts = append(parts, k.Detail, k.State)
	for _, l := range k.Links {
		parts = append(parts, l.Words+": "+l.Other)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ". ")
}

// ChartHit is a card that was looked for.
type ChartHit struct{ ID, What, Title, Detail string }

// Find looks for words in titles and details of all that is known, on the chart or not; best first, at most 50.
func (c *CaseChart) Find(text string) []ChartHit {
	if c.full == nil {
		return nil
	}
	words := pole.Tokens(text)
	var out []ChartHit
	for i := range c.full.Nodes {
		n := &c.full.Nodes[i]
		whole := pole.FoldName(n.Title + " " + n.What + " " + n.Detail + " " + n.When)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(whole, w) }) {
			out = append(out, ChartHit{n.ID, n.What, n.Title, cmp.Or(n.When, n.Detail)})
		}
	}
	first := func(h ChartHit) int {
		if len(words) > 0 && strings.HasPrefix(pole.FoldName(h.Title), words[0]) {
			return 0
		}
		return 1
	}
	sortBy(out, func(a, b ChartHit) bool { return cmp.Or(first(a)-first(b), cmp.Compare(a.Title, b.Title)) < 0 })
	return out[:min(len(out), 50)]
}

// GoTo brings something that is known onto the chart and moves to it.
func (c *CaseChart) GoTo(id string) {
	if c.now != nil {
		if n := c.now.Graph.Node(id); n != nil {
			c.seq++
			c.fit, c.focus = false, n.ID
			c.OnChange()
			return
		}
	}
	c.view.Keep = append(c.view.Keep, id)
	c.lay(false, id)
}

// ChartColumn is a column of the table of links.
type ChartColumn int

// The columns.
const (
	ChartFrom ChartColumn = iota
	ChartRole
	ChartTo
	ChartSystems
	ChartWhen
)

// ChartColumns lists the columns in order.
func ChartColumns() []ChartColumn {
	return []ChartColumn{ChartFrom, ChartRole, ChartTo, ChartSystems, ChartWhen}
}

// ChartRow is one link as a line of the table: From is Role To, as in 'mother of'.
type ChartRow struct {
	ID             string
	From, Role, To string
	FromID, ToID   string
	FromWhat       string
	ToWhat         string
	Marks          []Mark
	When           string
	Danger         bool // either end carries a warning signal
	link           chart.Link
}

// SortBy sorts the table by a column; again, the other way round.
func (c *CaseChart) SortBy(col ChartColumn) {
	if c.sort == col {
		c.desc = !c.desc
	} else {
		c.sort, c.desc = col, false
	}
	c.OnChange()
}

// Sorted is the column that the table is sorted by.
func (c *CaseChart) Sorted() (col ChartColumn, descending bool) { return c.sort, c.desc }

// Rows is the chart as a table: every link that is known, whether it is drawn or not.
func (c *CaseChart) Rows() []ChartRow {
	if c.full == nil {
		return nil
	}
	out := make([]ChartRow, 0, len(c.full.Links))
	for _, l := range c.full.Links {
		a, b := c.full.Node(l.From), c.full.Node(l.To)
		role := l.Words
		if l.Words != l.Inverse {
			role = c.env.T("screens.chart.row", "role", role)
		}
		out = append(out, ChartRow{ID: l.From + " " + l.Role + " " + l.To, From: a.Title, Role: role, To: b.Title, FromID: a.ID, ToID: b.ID,
			FromWhat: a.What, ToWhat: b.What, Marks: c.marks.All(l.Systems), When: l.When, Danger: len(a.Warnings)+len(b.Warnings) > 0, link: l})
	}
	key := func(r ChartRow) string {
		switch c.sort {
		case ChartRole:
			return r.Role
		case ChartTo:
			return r.To
		case ChartSystems:
			return strings.Join(r.link.Systems, " ")
		}
		return r.From
	}
	slices.SortStableFunc(out, func(x, y ChartRow) int {
		d := 0
		if c.sort == ChartWhen {
			if z := x.link.Sort.IsZero(); z != y.link.Sort.IsZero() { // what has no date comes last either way
				if z {
					return 1
				}
				return -1
			}
			d = x.link.Sort.Compare(y.link.Sort)
		} else {
			d = strings.Compare(strings.ToLower(key(x)), strings.ToLower(key(y)))
		}
		if c.desc {
			d = -d
		}
		return cmp.Or(d, cmp.Compare(x.From, y.From), cmp.Compare(x.Role, y.Role), cmp.Compare(x.To, y.To))
	})
	return out
}
