package screens

import (
	"slices"

	"fyne.io/fyne/v2"

	"muster/app/caseview"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// compare lays the selected entity beside the first that may be the same.
func (p *searchPlace) compare() { p.comparePossible(0) }

func (p *searchPlace) comparePossible(i int) {
	var all []vm.PairRefs
	for _, x := range p.vm.Possibles() {
		all = append(all, x.Refs)
	}
	p.k.goPair(p.host, all, i)
}

// resultRow is one entity of the results.
type resultRow struct {
	head   *widgets.Flow
	chips  *widgets.Flow
	badges *widgets.Flow
	line   *widgets.Flow
	box    *fyne.Container
	last   vm.Row
	filled bool
}

func newResultRow(m rows[*resultRow]) fyne.CanvasObject {
	r := &resultRow{head: widgets.NewFlow(), chips: widgets.NewFlow(), badges: widgets.NewFlow(), line: widgets.NewFlow()}
	r.head.MaxLines, r.line.MaxLines = 2, 1
	r.box = widgets.Stack(1, widgets.Row(3, widgets.Grow(r.head), widgets.Fix(r.chips)), r.badges, r.line)
	o := widgets.Pad(2.5, 3.5, r.box)
	m[o] = r
	return o
}

func rowBadges(v vm.Row) []widgets.Run {
	var runs []widgets.Run
	for _, w := range v.Warnings {
		l := widgets.Alarm
		if w.Level == "caution" {
			l = widgets.Warn
		}
		runs = append(runs, widgets.Inline(widgets.NewBadge(l, warningCode(w), w.Label)))
	}
	if v.Masked != "" {
		runs = append(runs, widgets.Inline(widgets.NewBadge(widgets.Warn, "", upper(t("screens.search.masked", "marking", v.Masked)))),
			widgets.Span(t("screens.search.masked.how")+" ", widgets.MutedText))
	}
	if v.Old {
		runs = append(runs, widgets.Inline(widgets.NewBadge(widgets.Warn, "", upper(t("screens.search.old")))))
	}
	if v.Against {
		runs = append(runs, widgets.Inline(widgets.NewBadge(widgets.Alarm, "", upper(t("screens.judged.against")))))
	}
	if v.Possible != "" {
		runs = append(runs, widgets.Inline(widgets.NewBadge(widgets.Warn, "", upper(t("screens.search.possible")))),
			widgets.Span(v.Possible+". ", widgets.MutedText), widgets.Inline(widgets.NewHint("Alt M")), widgets.Span(" "+t("screens.search.compare"), widgets.MutedText))
	}
	return runs
}

func (r *resultRow) set(v vm.Row) {
	if r.filled && sameRow(r.last, v) {
		return
	}
	r.last, r.filled = v, true
	r.head.Set(headRuns(v)...)
	r.chips.Set(markRuns(v)...)
	if b := rowBadges(v); len(b) > 0 {
		r.badges.Set(b...)
		r.badges.Show()
	} else {
		r.badges.Hide()
	}
	var line []widgets.Run
	if len(v.Matched) > 0 {
		line = append(line, widgets.Span(t("screens.search.matches")+" ", widgets.MutedText))
		for _, w := range v.Matched {
			line = append(line, widgets.Span(w, widgets.Matched), widgets.Span("  ", widgets.MutedText))
		}
		line = append(line, widgets.Span("· "+v.Line, widgets.MutedText))
	} else {
		line = append(line, widgets.Span(v.Line, widgets.MutedText))
	}
	r.line.Set(line...)
	r.box.Refresh()
}

func headRuns(v vm.Row) []widgets.Run {
	head := []widgets.Run{widgets.Span(v.Title+"  ", widgets.Name)}
	if v.Detail != "" {
		head = append(head, widgets.Span(v.Detail, widgets.MutedText))
	}
	return head
}

func markRuns(v vm.Row) []widgets.Run {
	var chips []widgets.Run
	for _, m := range v.Marks {
		chips = append(chips, widgets.Inline(chip(m)))
	}
	return chips
}

func sameRow(a, b vm.Row) bool {
	return a.ID == b.ID && a.Title == b.Title && a.Detail == b.Detail && a.Line == b.Line && a.Old == b.Old && a.Masked == b.Masked && a.Possible == b.Possible && a.Against == b.Against &&
		len(a.Warnings) == len(b.Warnings) && slices.Equal(a.Marks, b.Marks) && slices.Equal(a.Matched, b.Matched) &&
		slices.EqualFunc(a.Warnings, b.Warnings, func(x, y caseview.Warning) bool { return x.Code == y.Code && x.Label == y.Label && x.Level == y.Level })
}
