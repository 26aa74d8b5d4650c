package screens

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"muster/app/caseview"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// summary is the case at a glance: where systems disagree, what is agreed, why the records are one, what is linked.
func (p *casesPlace) summary(c *caseview.Case) fyne.CanvasObject {
	fact := func(m caseview.Merged, words, key string) widgets.Fact {
		show := func() { p.asks(vm.WhoProperty + string(m.Property)) }
		return p.k.fact(m, p.vm.MarkOf, p.vm.ValueNote, widgets.NewSmall(words, key, show))
	}
	var left, right []fyne.CanvasObject
	if n := len(c.Disagreements); n > 0 {
		var facts []widgets.Fact
		for i, m := range c.Disagreements {
			key := ""
			if i == 0 {
				key = "W"
			}
			facts = append(facts, fact(m, t("screens.case.whybutton"), key))
		}
		left = append(left, panel(t("screens.case.disagreements")+" "+t("screens.number", "count", n), caseFacts(facts)))
	} else if len(c.Records) > 1 {
		left = append(left, panel(t("screens.case.disagreements"), widgets.NewFlow(
			widgets.Inline(widgets.NewGlyph(widgets.Tick, theme.Agree, 11)), widgets.Span(t("screens.case.noconflict"), widgets.MutedText))))
	}
	if len(c.Agreed) > 0 {
		var facts []widgets.Fact
		for _, m := range c.Agreed {
			facts = append(facts, fact(m, t("screens.case.whobutton"), ""))
		}
		left = append(left, panel(t("screens.case.agreed"), caseFacts(facts)))
	} else {
		left = append(left, panel(t("screens.case.agreed"), widgets.NewPara(t("screens.case.agreed.none"), widgets.MutedText)))
	}
	if o := p.decided(); o != nil {
		right = append(right, o)
	}
	right = append(right, p.why(c), p.linked(c))
	if len(c.Timeline) > 0 {
		var objs []fyne.CanvasObject
		for _, m := range newest(c.Timeline, maxEvents) {
			i := slices.IndexFunc(c.Timeline, func(x caseview.Moment) bool {
				return x.Title == m.Title && x.Sort.Equal(m.Sort) && slices.Equal(x.Refs, m.Refs)
			})
			objs = append(objs, widgets.NewPress(moment(m, p.vm.Marks().All(m.Systems)), func() { p.asks(vm.WhoMoment + t("screens.number", "count", i)) }))
		}
		right = append(right, panel(t("screens.search.preview.events"), widgets.Stack(0, objs...)))
	}
	return widgets.Grid(4, 860, []int{6, 6}, widgets.Stack(3, left...), widgets.Stack(3, right...))
}

func panel(title string, o fyne.CanvasObject) *widgets.Card {
	return widgets.NewCard(widgets.Stack(1, widgets.NewHeader(title), o))
}

func caseFacts(facts []widgets.Fact) *widgets.Facts {
	f := widgets.NewFacts(facts...)
	f.LabelWidth = scaled(176)
	return f
}

// why says what joins the records, the weakest join first.
func (p *casesPlace) why(c *caseview.Case) fyne.CanvasObject {
	n := len(c.Records)
	joints := p.vm.Joints()
	title := t("screens.case.why", "n", n)
	if len(joints) == 0 {
		return panel(title, widgets.NewPara(t("screens.case.why.single"), widgets.MutedText))
	}
	objs := []fyne.CanvasObject{}
	for i, j := range joints {
		if i == 2 {
			break
		}
		words, key := t("screens.case.why.line", "p", probability(j.Probability)), ""
		if j.Link.Judged != nil {
			words = t("screens.case.why.hand", "by", j.Link.Judged.By)
		}
		if i == 0 {
			key = "Alt J"
		}
		objs = append(objs, widgets.Row(2, widgets.Grow(widgets.NewFlow(widgets.Inline(chip(j.A)), widgets.Span("= ", widgets.MutedText), widgets.Inline(chip(j.B)),
			widgets.Span(words, widgets.MutedText))), widgets.Fix(widgets.NewSmall(t("screens.case.apart"), key, func() { p.takeApart(i) }))),
			linkWaterfall(j.Link, false))
	}
	if more := len(joints) - 2; more > 0 {
		objs = append(objs, widgets.NewWords(t("screens.case.why.more", "n", more), widgets.Small))
	}
	return panel(title, widgets.Stack(1.5, objs...))
}

func (p *casesPlace) linked(c *caseview.Case) fyne.CanvasObject {
	if len(c.Linked) == 0 {
		return panel(t("screens.case.linked"), widgets.NewPara(t("screens.case.linked.none"), widgets.MutedText))
	}
	var objs []fyne.CanvasObject
	const most = 8
	for i, l := range c.Linked {
		if i == most {
			more := widgets.NewLink(t("screens.search.preview.more", "n", len(c.Linked)-most), "Alt 3", func() { p.vm.SetTab(vm.TabLinks) })
			objs = append(objs, widgets.Row(0, widgets.Fix(more), widgets.Spacer()))
			break
		}
		objs = append(objs, widgets.NewPress(widgets.Stack(0, widgets.Pad(1.5, 2, widgets.Row(3,
			widgets.Grow(widgets.NewCut(l.Title, widgets.Body)),
			widgets.Grow(widgets.NewCut(strings.Join(l.Roles, ", "), widgets.MutedText)),
			widgets.Wide(widgets.NewFlow(chipRuns(p.vm.Marks().All(l.Systems))...), 128))), widgets.HLine()),
			func() { p.asks(vm.WhoLinked + t("screens.number", "count", i)) }))
	}
	return panel(t("screens.case.linked"), widgets.Stack(0, objs...))
}

func probability(p float64) string {
	if p > 0.9995 {
		return "> 0.999"
	}
	return trimFloat(p)
}
