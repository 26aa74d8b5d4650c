package screens

import (
	"fyne.io/fyne/v2"

	"muster/app/caseview"
	"muster/ui/place"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// judgedTop is what stands fast over a case: decisions that contradict one another, and who may be the same.
func (p *casesPlace) judgedTop(c *caseview.Case) (out []fyne.CanvasObject) {
	for _, words := range p.vm.Contradictions() {
		out = append(out, widgets.NewNotice(widgets.Alarm, words, nil))
	}
	// One line stands for all: side by side, Page Down goes through them.
	if n := len(c.Possible); n > 0 {
		words := upper(t("screens.case.possible")) + " · " + vm.Possibly(c.Possible[0])
		if n > 1 {
			words += ". " + t("screens.case.possible.more", "n", n-1)
		}
		out = append(out, widgets.NewNotice(widgets.Warn, words, widgets.NewSmall(t("screens.pair.open"), "Alt M", func() { p.compare(0) })))
	}
	return out
}

// compare lays the case beside the i-th that may be the same.
func (p *casesPlace) compare(i int) {
	c, _ := p.vm.Now()
	if c == nil {
		return
	}
	var all []vm.PairRefs
	for _, x := range c.Possible {
		all = append(all, vm.PairRefs{A: x.A, B: x.B})
	}
	p.k.goPair(p.host, all, i)
}

// takeApart lays two records that a join holds together side by side, the weakest join first.
func (p *casesPlace) takeApart(i int) {
	var all []vm.PairRefs
	for _, j := range p.vm.Joints() {
		all = append(all, vm.PairRefs{A: j.ARef, B: j.BRef})
	}
	p.k.goPair(p.host, all, i)
}

// decided lists what people decided about the case; nil where nobody did.
func (p *casesPlace) decided() fyne.CanvasObject {
	l := p.vm.Decided()
	if len(l) == 0 {
		return nil
	}
	return p.k.decidedCard(l, func(id uint64) { p.k.judging.Undo(id, tell(p.host)) },
		func(r vm.PairRefs) { p.k.goPair(p.host, []vm.PairRefs{r}, 0) })
}

func (p *casesPlace) judgedKeys() []place.Shortcut {
	return []place.Shortcut{
		{Key: fyne.KeyM, Mod: fyne.KeyModifierAlt, Label: t("screens.search.key.compare"), Do: func() { p.compare(0) }},
		{Key: fyne.KeyJ, Mod: fyne.KeyModifierAlt, Label: t("screens.case.key.apart"), Do: func() { p.takeApart(0) }},
		{Key: fyne.KeyZ, Mod: fyne.KeyModifierControl, Label: t("screens.judged.key.undo"), Do: func() { p.k.undoLast(p.host) }},
	}
}
