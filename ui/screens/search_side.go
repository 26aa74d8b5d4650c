package screens

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/ui/i18n"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

func upper(s string) string { return strings.ToUpper(s) }

// searchSide is the left column: who was asked and how it went, what was not searched, and the filter.
type searchSide struct {
	p      *searchPlace
	object fyne.CanvasObject
	tally  *widgets.Words
	lines  *fyne.Container
	gaps   *fyne.Container
	checks []*widgets.Check
	show   *fyne.Container
	scroll *widgets.Scroll
	parts  []*sideLine
	sig    string
}

type sideLine struct {
	shape *widgets.Glyph
	name  *widgets.Words
	words *widgets.Words
	box   fyne.CanvasObject
}

func newSearchSide(p *searchPlace) *searchSide {
	s := &searchSide{p: p, tally: widgets.NewCut("", widgets.Heading), lines: widgets.Stack(0), gaps: widgets.Stack(2.5)}
	objs := []fyne.CanvasObject{widgets.NewHeader(t("screens.search.show"))}
	for _, f := range p.vm.Filters() {
		c := widgets.NewCheck("", f.On, func(bool) { p.vm.Toggle(f.Class) })
		s.checks = append(s.checks, c)
		objs = append(objs, c)
	}
	s.show = widgets.Stack(0.5, objs...)
	s.scroll = widgets.NewScroll(widgets.Stack(3, widgets.Stack(1, s.tally, s.lines), s.gaps, s.show))
	s.object = widgets.Pad(4, 4, s.scroll)
	return s
}

func (s *searchSide) refresh() {
	v := s.p.vm
	if !v.Ran() {
		s.scroll.Hide()
		return
	}
	s.scroll.Show()
	s.tally.Set(v.Tally())
	systems := v.Systems()
	for len(s.parts) < len(systems) {
		l := &sideLine{shape: widgets.NewGlyph(widgets.Square, theme.Text, 11), name: widgets.NewCut("", widgets.Body), words: widgets.NewWords("", widgets.Body)}
		l.box = widgets.Stack(0, widgets.Pad(1.5, 2, widgets.Row(2.5, widgets.Wide(l.shape, 12), widgets.Grow(l.name), widgets.Fix(l.words))), widgets.HLine())
		s.parts = append(s.parts, l)
		s.lines.Objects = append(s.lines.Objects, l.box)
	}
	if len(s.parts) > len(systems) {
		s.parts = s.parts[:len(systems)]
		s.lines.Objects = s.lines.Objects[:len(systems)]
	}
	for i, x := range systems {
		l := s.parts[i]
		if sh := widgets.Shape(x.Mark.Shape); l.shape.Shape != sh {
			l.shape.Shape = sh
			l.shape.Refresh()
		}
		l.name.Set(x.Mark.Short())
		st := styled(x.Tone)
		if x.Tone == vm.Danger {
			st = st.Strong()
		}
		l.words.SetStyle(x.Words, st)
	}
	gaps := v.Gaps()
	sig := ""
	for _, g := range gaps {
		sig += g.Mark.System + g.Title + g.Text + "\n"
	}
	if sig != s.sig {
		s.sig = sig
		s.gaps.Objects = nil
		for _, g := range gaps {
			s.gaps.Objects = append(s.gaps.Objects, s.p.gapCard(g))
		}
		if len(gaps) == 0 {
			s.gaps.Hide()
		} else {
			s.gaps.Show()
		}
	}
	for i, f := range v.Filters() {
		s.checks[i].Set(f.Label+" "+i18n.Number(f.Count), f.On)
	}
	s.scroll.Refresh()
}

// previewPane is the right column: what the selected entity holds.
type previewPane struct {
	p      *searchPlace
	object *fyne.Container
	title  *widgets.Words
	how    *widgets.Words
	danger *widgets.Flow // pinned above what scrolls
	scroll *widgets.Scroll
	body   *fyne.Container
	seq    int
	of     string
}

func newPreview(p *searchPlace) *previewPane {
	v := &previewPane{p: p, title: widgets.NewCut("", widgets.Title), how: widgets.NewCut("", widgets.Small), danger: widgets.NewFlow(), body: widgets.Stack(3), seq: -1}
	v.scroll = widgets.NewScroll(v.body)
	v.object = container.New(layoutFunc{fyne.NewSize(200, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		pad := theme.Gap(4)
		w, y := float32(int(s.Width-2*pad)), pad
		for _, x := range o[:3] {
			h := widgets.HeightFor(x, w)
			put(x, pad, y, w, h)
			if h > 0 {
				y += h + theme.Gap(1)
			}
		}
		put(o[3], pad, y+theme.Gap(1), w, s.Height-y-theme.Gap(1))
	}}, v.title, v.how, v.danger, v.scroll)
	return v
}

func (v *previewPane) mark(s caseview.Source) vm.Mark { return v.p.vm.MarkOf(s.Ref) }

func (v *previewPane) refresh() {
	c, seq := v.p.vm.Preview()
	view, ok := v.p.vm.SelectedView()
	if v.seq == seq && v.of == view.ID {
		return
	}
	v.seq, v.of = seq, view.ID
	v.body.Objects = nil
	switch {
	case !ok:
		v.title.Set("")
		v.how.Set("")
		v.danger.Set()
		v.danger.Hide()
		if v.p.vm.Ran() {
			v.body.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.search.preview.none"), t("screens.search.preview.how"), nil)}
		}
	default:
		v.title.Set(view.Title)
		v.how.Set(t("screens.search.preview"))
		warnings := view.Warnings
		if c != nil && len(c.Warnings) > 0 {
			warnings = c.Warnings
		}
		v.danger.Set(v.p.k.badges(warnings, v.mark)...)
		if len(warnings) > 0 {
			v.danger.Show()
		} else {
			v.danger.Hide()
		}
		if c != nil {
			v.fill(c)
		}
	}
	v.scroll.Set(v.body)
	v.object.Refresh()
}

// maxPreview is how many agreed properties, and how many events, a preview shows.
const (
	maxPreview = 10
	maxEvents  = 5
)

func (v *previewPane) fill(c *caseview.Case) {
	for _, words := range v.p.vm.Contradictions() {
		v.body.Objects = append(v.body.Objects, widgets.NewNotice(widgets.Alarm, words, nil))
	}
	if o := v.possible(); o != nil {
		v.body.Objects = append(v.body.Objects, o)
	}
	if l := v.p.vm.Decided(); len(l) > 0 {
		v.body.Objects = append(v.body.Objects, v.p.k.decidedCard(l, func(id uint64) { v.p.k.judging.Undo(id, tell(v.p.host)) },
			func(r vm.PairRefs) { v.p.k.goPair(v.p.host, []vm.PairRefs{r}, 0) }))
	}
	var facts []widgets.Fact
	for _, m := range c.Disagreements {
		facts = append(facts, v.p.k.fact(m, v.mark, nil, nil))
	}
	for i, m := range c.Agreed {
		if i == maxPreview {
			break
		}
		facts = append(facts, v.p.k.fact(m, v.mark, nil, nil))
	}
	grid := widgets.NewFacts(facts...)
	grid.LabelWidth = scaled(132)
	v.body.Objects = append(v.body.Objects, widgets.NewPress(grid, func() { v.p.who("") }))
	if n := len(c.Agreed) - maxPreview; n > 0 {
		v.body.Objects = append(v.body.Objects, widgets.NewWords(t("screens.search.preview.more", "n", n), widgets.Small))
	}
	if len(c.Timeline) > 0 {
		objs := []fyne.CanvasObject{widgets.NewHeader(t("screens.search.preview.events"))}
		for _, m := range newest(c.Timeline, maxEvents) {
			i := slices.IndexFunc(c.Timeline, func(x caseview.Moment) bool {
				return x.Title == m.Title && x.Sort.Equal(m.Sort) && slices.Equal(x.Refs, m.Refs)
			})
			m.Detail = ""
			objs = append(objs, widgets.NewPress(moment(m, v.p.vm.Marks().All(m.Systems)), func() { v.p.who(vm.WhoMoment + t("screens.number", "count", i)) }))
		}
		v.body.Objects = append(v.body.Objects, widgets.Stack(0, objs...))
	}
}

// possible lists who may be the same as the selected entity, each a key or a click away.
func (v *previewPane) possible() fyne.CanvasObject {
	list := v.p.vm.Possibles()
	if len(list) == 0 {
		return nil
	}
	objs := []fyne.CanvasObject{widgets.NewSign(widgets.Warn, t("screens.search.possible"), widgets.BodyBold)}
	for i, x := range list {
		key := ""
		if i == 0 {
			key = "Alt M"
		}
		var runs []widgets.Run
		if x.Title != "" {
			runs = append(runs, widgets.Span(x.Title+" ", widgets.BodyBold), widgets.Span(x.Detail+" ", widgets.MutedText))
			runs = append(runs, chipRuns(x.Marks)...)
			runs = append(runs, widgets.NewLine())
		}
		runs = append(runs, widgets.Span(x.Say, widgets.MutedText))
		objs = append(objs, widgets.HLine(), widgets.Row(2, widgets.Grow(widgets.NewFlow(runs...)),
			widgets.Fix(widgets.NewSmall(t("screens.pair.open"), key, func() { v.p.comparePossible(i) }))))
	}
	return widgets.NewEdgedCard(widgets.Warn, widgets.Stack(1.5, objs...))
}

// newest gives the n latest moments, the latest first.
func newest(all []caseview.Moment, n int) []caseview.Moment {
	out := append([]caseview.Moment{}, all...)
	slicesSort(out, func(a, b caseview.Moment) bool { return a.Sort.After(b.Sort) })
	return out[:min(n, len(out))]
}
