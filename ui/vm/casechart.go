package vm

import (
	"context"
	"maps"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/chart"
	"muster/app/caseview/disclose"
	"muster/app/desk"
	"muster/plugins"
	"muster/plugins/pole"
)

// ChartDesk is what a link chart needs of the desk.
type ChartDesk interface {
	ReadLinked(ctx context.Context, kind pole.Kind, refs []pole.Ref, values []plugins.Term) (desk.Linked, error)
	DiscloseChart(ctx context.Context, in desk.ChartDisclosure) (desk.Disclosed, error)
	AboveChart(kind string, c *chart.Chart) string
	Recipients() []desk.RecipientDef
	MayExport(formats []disclose.Format) []disclose.Format
	Dictionary() *pole.Dictionary
}

// CaseChart is the link chart of the open case: what is on it, what is being read around a card, and the path that is shown.
type CaseChart struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// WithPurpose runs then once a purpose is set.
	WithPurpose func(then func())

	env   Env
	desk  ChartDesk
	marks Marks

	in    chart.Input
	view  chart.View
	full  *chart.Graph
	now   *chart.Chart
	seq   int
	fit   bool
	focus string
	task  task

	reading   task
	readingOf string

	from, to string
	paths    [][]string
	pathAt   int
	pathAll  int

	note string
	tone Tone
	sort ChartColumn
	desc bool
}

// NewCaseChart makes the chart of no case yet.
func NewCaseChart(env Env, d ChartDesk) *CaseChart {
	return &CaseChart{env: env.filled(), desk: d, OnChange: func() {}, WithPurpose: func(then func()) { then() }}
}

// Use shows the chart of a case, and forgets what was read around another.
func (c *CaseChart) Use(open *caseview.Case, marks Marks) {
	c.stop()
	c.marks, c.in = marks, chart.OfCase(open)
	c.view, c.full, c.now = chart.View{}, nil, nil
	c.from, c.to, c.paths, c.pathAt, c.pathAll = "", "", nil, 0, 0
	c.note, c.focus = "", ""
	c.lay(true, "")
}

func (c *CaseChart) stop() {
	c.task.stop()
	c.reading.stop()
	c.readingOf = ""
}

// Close ends what runs.
func (c *CaseChart) Close() { c.stop() }

// lay builds and lays out off the UI goroutine; what stands keeps its place, unless all is laid out anew.
func (c *CaseChart) lay(anew bool, focus string) {
	in, view, d := c.in, c.view, c.desk.Dictionary()
	in.Entities, in.Open, in.Old, in.Gaps = slices.Clone(in.Entities), slices.Clone(in.Open), maps.Clone(in.Old), slices.Clone(in.Gaps)
	view.Groups, view.Keep = slices.Clone(view.Groups), slices.Clone(view.Keep)
	var kept map[string][2]float64
	if !anew && c.now != nil {
		kept = c.now.Kept()
	}
	mark := c.chartMarks()
	type laid struct {
		full *chart.Graph
		now  *chart.Chart
	}
	start(c.env, &c.task, func(context.Context) (laid, error) {
		g := chart.Build(d, in)
		return laid{g, chart.Place(g.Shown(d, view), mark, kept)}, nil
	}, func(l laid, _ error) {
		c.full, c.now, c.fit, c.focus = l.full, l.now, anew, focus
		c.repath()
		c.seq++
		c.OnChange()
	})
	c.OnChange()
}

func (c *CaseChart) chartMarks() chart.Marks {
	marks := c.marks
	return func(s string) chart.Mark {
		m := marks.Of(s)
		return chart.Mark{Shape: m.Shape, Code: m.Code, Name: m.Name}
	}
}

// Now is the chart as it is laid out; nil until it is. seq changes whenever it does; fit says that it was laid out anew, and focus,
// unless empty, which card to go to.
func (c *CaseChart) Now() (now *chart.Chart, seq int, fit bool, focus string) {
	return c.now, c.seq, c.fit, c.focus
}

// Busy says what is under way; "" if nothing is.
func (c *CaseChart) Busy() string {
	switch {
	case c.reading.running():
		return c.env.T("screens.chart.reading", "what", c.title(c.readingOf))
	case c.task.running():
		return c.env.T("screens.chart.laying")
	}
	return ""
}

// Reading reports whether something is being read around a card.
func (c *CaseChart) Reading() bool { return c.reading.running() }

// Ways is how many paths of the least length there are.
func (c *CaseChart) Ways() int { return c.pathAll }

// Note is what the last command came to.
func (c *CaseChart) Note() (words string, tone Tone) { return c.note, c.tone }

func (c *CaseChart) say(tone Tone, words string) { c.note, c.tone = words, tone }

func (c *CaseChart) title(id string) string {
	if n := c.node(id); n != nil {
		return n.Title
	}
	return id
}

// node finds a card of the chart, or what is not on it but known.
func (c *CaseChart) node(id string) *chart.Node {
	if c.now != nil {
		if n := c.now.Graph.Node(id); n != nil {
			return n
		}
	}
	if c.full != nil {
		return c.full.Node(id)
	}
	return nil
}

// Expand opens a group, or reads what is linked to a card from every system.
func (c *CaseChart) Expand(id string) {
	n := c.node(id)
	if n == nil || c.reading.running() {
		return
	}
	if len(n.Group) > 0 {
		c.view.Groups = append(c.view.Groups, n.ID)
		c.say(Quiet, "")
		c.lay(false, n.Group[0])
		return
	}
	kind, refs, values := n.Kind, slices.Clone(n.Refs), slices.Clone(n.Values)
	before := map[string]bool{}
	for _, x := range c.full.Nodes {
		if x.Unread {
			continue // known by name is not yet read
		}
		for _, k := range x.Keys() {
			before[k] = true
		}
	}
	c.WithPurpose(func() {
		c.readingOf = id
		c.say(Quiet, "")
		start(c.env, &c.reading, func(ctx context.Context) (desk.Linked, error) { return c.desk.ReadLinked(ctx, kind, refs, values) },
			func(got desk.Linked, err error) {
				if err != nil {
					c.say(Danger, c.env.T("screens.chart.expand.failed", "what", c.title(id), "why", say(err)))
					c.OnChange()
					return
				}
				c.take(id, got, before)
			})
		c.OnChange()
	})
}

// take adds what was read to the chart.
func (c *CaseChart) take(id string, got desk.Linked, before map[string]bool) {
	title := c.title(id)
	c.in.Entities = append(c.in.Entities, got.Entities...)
	c.in.Apart = got.Apart
	c.in.Open = append(append(c.in.Open, id), got.Open...)
	if c.in.Old = maps.Clone(c.in.Old); c.in.Old == nil {
		c.in.Old = map[string]bool{}
	}
	for _, e := range got.Entities {
		for _, r := range e.Records {
			delete(c.in.Old, r.String()) // read again now
		}
	}
	maps.Copy(c.in.Old, got.Old)
	for _, g := range got.Gaps {
		if i := slices.IndexFunc(c.in.Gaps, func(x caseview.Gap) bool { return x.System == g.System }); i < 0 {
			c.in.Gaps = append(c.in.Gaps, g)
		} else if !strings.Contains(c.in.Gaps[i].Say, g.Say) {
			c.in.Gaps[i].Say += " " + g.Say
		}
	}
	fresh := 0
	for _, e := range got.Entities {
		if !slices.ContainsFunc(e.Records, func(r pole.Record) bool { return before[r.String()] }) {
			fresh++
		}
	}
	switch {
	case len(got.Gaps) > 0:
		var names []string
		for _, g := range got.Gaps {
			names = append(names, c.marks.Of(g.System).Name)
		}
		c.say(Danger, c.env.T("screens.chart.expand.gaps", "n", fresh, "what", title, "systems", strings.Join(names, ", ")))
	case fresh == 0:
		c.say(Quiet, c.env.T("screens.chart.expand.none", "what", title))
	default:
		c.say(Good, c.env.T("screens.chart.expand.done", "n", fresh, "what", title))
	}
	c.lay(false, id)
}

// Stop ends the reading around a card.
func (c *CaseChart) Stop() bool {
	if !c.reading.running() {
		return false
	}
	c.reading.stop()
	c.say(Caution, c.env.T("screens.chart.expand.stopped", "what", c.title(c.readingOf)))
	c.readingOf = ""
	c.OnChange()
	return true
}

// Tidy lays the chart out anew.
func (c *CaseChart) Tidy() { c.lay(true, "") }

// MarkPath takes a card for one end of a path: first where it begins, then where it ends.
func (c *CaseChart) MarkPath(id string) {
	switch {
	case c.full == nil || id == "":
		return
	case c.node(id) != nil && len(c.node(id).Group) > 0:
		c.say(Caution, c.env.T("screens.chart.path.group"))
	case c.from == "" || c.to != "":
		c.clear()
		c.from = id
		c.say(Quiet, c.env.T("screens.chart.path.from", "what", c.title(id)))
	case c.from == id:
		c.clear()
		c.say(Quiet, "")
	default:
		c.to = id
		c.pathAt = 0
		c.findPaths()
		if len(c.paths) == 0 {
			c.say(Caution, c.env.T("screens.chart.path.none", "from", c.title(c.from), "to", c.title(c.to)))
			c.to = ""
		} else {
			c.say(Quiet, "")
			c.showPath()
			return
		}
	}
	c.OnChange()
}

func (c *CaseChart) findPaths() {
	c.paths, c.pathAll = c.full.Paths(c.from, c.to)
	c.pathAt = min(c.pathAt, max(0, len(c.paths)-1))
}

// repath looks for the path again after the graph has changed.
func (c *CaseChart) repath() {
	if c.from != "" && c.to != "" {
		c.findPaths()
	}
}

// showPath puts what stands on the way on the chart.
func (c *CaseChart) showPath() {
	c.view.Keep = append(c.view.Keep, c.paths[c.pathAt]...)
	c.lay(false, "")
}

func (c *CaseChart) clear() { c.from, c.to, c.paths, c.pathAt, c.pathAll = "", "", nil, 0, 0 }

// NextPath shows the next way of the same length.
func (c *CaseChart) NextPath() {
	if len(c.paths) > 1 {
		c.pathAt = (c.pathAt + 1) % len(c.paths)
		c.showPath()
	}
}

// ClearPath takes the path away, and reports whether there was one.
func (c *CaseChart) ClearPath() bool {
	if c.from == "" {
		return false
	}
	c.clear()
	c.say(Quiet, "")
	c.seq++
	c.fit, c.focus = false, ""
	c.OnChange()
	return true
}

// Path is the way that is shown, by the IDs of its cards; only its beginning while its end is not chosen.
func (c *CaseChart) Path() []string {
	if len(c.paths) > 0 {
		return c.paths[c.pathAt]
	}
	return nil
}

// PathWords tells the way in words, each as what it is to the one before: 'MILLER, Aaron — mother — MILLER, Andrea — vehicle kept —
// YK19 FZB'.
func (c *CaseChart) PathWords() string {
	if len(c.paths) == 0 {
		return ""
	}
	p := c.paths[c.pathAt]
	var b strings.Builder
	b.WriteString(c.title(p[0]))
	for i := 1; i < len(p); i++ {
		var words []string
		for _, l := range c.full.Links {
			word := ""
			switch { // what the next is to the one before
			case l.Maybe:
			case l.From == p[i] && l.To == p[i-1]:
				word = l.Words
			case l.To == p[i] && l.From == p[i-1]:
				word = l.Inverse
			}
			if word != "" && !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
		b.WriteString(" — " + strings.Join(words, ", ") + " — " + c.title(p[i]))
	}
	out := c.env.T("screens.chart.path.steps", "n", len(p)-1) + ": " + b.String()
	if c.pathAll > 1 {
		out = c.env.T("screens.chart.path.ways", "k", c.pathAt+1, "n", c.pathAll) + " · " + out
	}
	return out
}

// Summary says how much is on the chart.
func (c *CaseChart) Summary() string {
	if c.now == nil {
		return ""
	}
	hidden := 0
	shown := 0
	for i := range c.now.Graph.Nodes {
		hidden += c.now.Graph.Nodes[i].More
		shown += max(1, len(c.now.Graph.Nodes[i].Group))
	}
	out := c.env.T("screens.chart.summary", "things", c.env.T("screens.chart.things", "n", shown), "links", c.env.T("screens.chart.links", "n", len(c.now.Graph.Links)))
	if hidden > 0 {
		out += " · " + c.env.T("screens.chart.hidden", "n", hidden)
	}
	return out
}

// Gaps lists what could not be read around cards of the chart beside the gaps of the case itself.
func (c *CaseChart) Gaps(ofCase []caseview.Gap) []GapBlock {
	var out []GapBlock
	for _, g := range c.in.Gaps {
		if slices.ContainsFunc(ofCase, func(x caseview.Gap) bool { return x.System == g.System && x.Say == g.Say }) {
			continue
		}
		m := c.marks.Of(g.System)
		out = append(out, GapBlock{Mark: m, Title: c.env.T("screens.search.gap.title", "system", m.Name), Text: sentence(g.Say), Tone: Danger})
	}
	return out
}
