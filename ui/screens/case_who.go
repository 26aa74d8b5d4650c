package screens

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// whoSheet shows every value of a case on the left, and who says the chosen one, or says otherwise, on the right.
func (k *kit) whoSheet(h place.Host, c *caseview.Case, marks vm.Marks, at string) {
	items := vm.WhoItems(k.env, c)
	if len(items) == 0 {
		return
	}
	right := newSheet(t("screens.case.whosays"), widgets.PlainRows)
	show := func(x vm.WhoItem) {
		ids, build := k.whoRows(x, marks)
		right.show(ids, build)
	}
	parts := rows[[2]*widgets.Words]{}
	list := widgets.NewList(ids{func() int { return len(items) }, func(i int) string { return items[i].ID }},
		func() fyne.CanvasObject {
			w := [2]*widgets.Words{widgets.NewCut("", widgets.Small), widgets.NewCut("", widgets.Body)}
			o := widgets.Pad(1, 2, widgets.Stack(0, w[0], w[1]))
			parts[o] = w
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			st, text := widgets.Body, items[i].Text
			if items[i].Disagree {
				st, text = st.In(theme.Disagree), "≠ "+text
			}
			parts[o][0].Set(items[i].Group)
			parts[o][1].SetStyle(text, st)
		})
	list.Height = func(int, float32) float32 { return theme.Gap(2) + 2*line() - 2 }
	list.Label = t("screens.who.values")
	list.OnSelect = func(id string) {
		if i := slices.IndexFunc(items, func(x vm.WhoItem) bool { return x.ID == id }); i >= 0 {
			show(items[i])
		}
	}
	start := max(0, slices.IndexFunc(items, func(x vm.WhoItem) bool { return x.ID == at }))
	show(items[start])
	body := container.New(layoutFunc{fyne.NewSize(680, 470), func(o []fyne.CanvasObject, s fyne.Size) {
		w := s.Width * 0.36
		put(o[0], 0, 0, w, s.Height)
		put(o[1], w+theme.Gap(3), 0, s.Width-w-theme.Gap(3), s.Height)
	}}, widgets.NewFlushCard(list), right.list)
	h.Modal(t("screens.case.whosays"), body, nil)
	show(items[start]) // now that it has its width
	list.Reveal(items[start].ID)
	list.Focus()
}

// whoRows are the lines of 'who says this' for one value, built as they come into sight.
func (k *kit) whoRows(x vm.WhoItem, marks vm.Marks) (ids []string, build func(i int) fyne.CanvasObject) {
	type row struct {
		value  *caseview.Alternative
		first  bool
		source vm.SourceLine
	}
	var all []row
	for i := range x.Values {
		all = append(all, row{value: &x.Values[i], first: i == 0})
		for _, s := range vm.WhoLines(k.env, marks, x.Values[i]) {
			all = append(all, row{source: s})
		}
	}
	ids = []string{x.ID + "#head"}
	for i := range all {
		ids = append(ids, x.ID+"#"+strconv.Itoa(i))
	}
	return ids, func(i int) fyne.CanvasObject {
		if i == 0 {
			runs := []widgets.Run{widgets.Span(x.Group, widgets.Heading)}
			if x.Why != "" {
				runs = append(runs, widgets.NewLine(), widgets.Span(t("screens.case.whosays.rule")+": ", widgets.MutedText), widgets.Span(x.Why, widgets.Body))
			}
			return widgets.Pad(1.5, 1, widgets.NewFlow(runs...))
		}
		r := all[i-1]
		if r.value == nil {
			return widgets.PadSides(0.5, 1, 1.5, 4, sourceFlow(r.source))
		}
		st, text := widgets.Name, r.value.Display
		if !r.first && x.Disagree {
			st, text = widgets.Name.In(theme.Disagree), "≠ "+text
		}
		runs := []widgets.Run{widgets.Span(text, st)}
		if r.value.Say != "" {
			runs = append(runs, widgets.Span("  "+r.value.Say, widgets.MutedText))
		}
		return widgets.PadSides(2, 1, 0.5, 1, widgets.NewFlow(runs...))
	}
}

// sourceFlow is one source in words: the system, the record, when it was read, how it is marked, and what it said.
func sourceFlow(s vm.SourceLine) *widgets.Flow {
	return widgets.NewFlow(sourceRuns(s)...)
}

// asks shows who says one value of the open case.
func (p *casesPlace) asks(at string) {
	if c, _ := p.vm.Now(); c != nil {
		p.k.whoSheet(p.host, c, p.vm.Marks(), at)
	}
}

// whoKey asks about what is in front: the gravest disagreement, or the chosen link.
func (p *casesPlace) whoKey() {
	c, _ := p.vm.Now()
	if c == nil || p.vm.Tab() == vm.TabTimeline { // it has a key of its own
		return
	}
	at := vm.WhoTitle
	switch {
	case p.vm.Tab() == vm.TabLinks && p.chart != nil:
		k, _ := p.chart.vm.Card(p.chart.chart.Selected())
		if i := slices.IndexFunc(c.Linked, func(l caseview.Linked) bool {
			return k.Open != "" && (l.Entity == k.Open || slices.ContainsFunc(l.Refs, func(r pole.Ref) bool { return r.String() == k.Open }))
		}); i >= 0 {
			at = vm.WhoLinked + t("screens.number", "count", i)
		}
	case len(c.Disagreements) > 0:
		at = vm.WhoProperty + string(c.Disagreements[0].Property)
	}
	p.asks(at)
}

// sourceRuns are the words of sourceFlow.
func sourceRuns(s vm.SourceLine) []widgets.Run {
	parts := []string{s.Read}
	for _, x := range []string{s.Span, s.Marking} {
		if x != "" {
			parts = append(parts, x)
		}
	}
	runs := []widgets.Run{widgets.Inline(chip(s.Mark)), widgets.Span(s.Mark.Name+"  ", widgets.BodyBold),
		widgets.Span(strings.TrimPrefix(s.Ref.Type+" "+s.Ref.ID, " "), widgets.Ident), widgets.Span("  "+strings.Join(parts, " · "), widgets.MutedText)}
	if s.Old {
		runs = append(runs, widgets.Span("  "+t("screens.search.old"), widgets.Caution))
	}
	if s.Said != "" {
		runs = append(runs, widgets.NewLine(), widgets.Span("“"+s.Said+"”", widgets.Ident), widgets.Span("  "+t("screens.case.whosays.said"), widgets.Small))
	}
	if s.Path != "" {
		runs = append(runs, widgets.Span("  "+s.Path, widgets.Ident.In(theme.Muted)))
	}
	if s.Problem != "" {
		runs = append(runs, widgets.NewLine(), widgets.Span(s.Problem, widgets.Caution))
	}
	return runs
}
