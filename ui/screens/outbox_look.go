package screens

import (
	"fyne.io/fyne/v2"

	"muster/ui/vm"
	"muster/ui/widgets"
)

// lookCard shows what an entry was filled from beside what the records say by now, for the officer to choose, value by value.
func (p *outboxPlace) lookCard(e vm.OutboxEntry) fyne.CanvasObject {
	objs := []fyne.CanvasObject{
		widgets.NewWords(t("screens.outbox.look.title"), widgets.BodyBold.In(level(vm.Danger).Color())),
		widgets.NewPara(t("screens.outbox.look.text"), widgets.MutedText),
	}
	for _, l := range e.Changed {
		wrote, now := widgets.Body, widgets.Body
		if l.Take {
			now = widgets.BodyBold
		} else {
			wrote = widgets.BodyBold
		}
		side := func(head, text string, s widgets.Style, mark ...widgets.Cell) widgets.Cell {
			return widgets.Grow(widgets.Stack(0.5, widgets.Row(1, append(mark, widgets.Grow(widgets.NewCut(head, widgets.MutedText)))...), widgets.NewPara(text, s))).AtTop()
		}
		objs = append(objs, widgets.HLine(), widgets.NewWords(l.Label, widgets.BodyBold),
			widgets.Row(4, side(t("screens.outbox.look.wrote"), l.Wrote, wrote), side(t("screens.outbox.look.now", "system", l.Mark.Name), l.Now, now, widgets.Fix(glyph(l.Mark)))),
			widgets.NewCheck(t("screens.outbox.look.take"), l.Take, func(on bool) { p.vm.Take(e.ID, l.Path, on) }))
	}
	if !p.vm.Busy(e.ID, "") {
		objs = append(objs, widgets.Row(2, widgets.Fix(widgets.NewPrimary(t("screens.outbox.look.send"), "Ctrl Enter", func() { p.vm.Choose(e) })),
			widgets.Fix(widgets.NewButton(t("screens.outbox.look.all"), "Ctrl T", func() { p.vm.TakeAll(e) })), widgets.Spacer()))
	}
	c := widgets.NewEdgedCard(level(vm.Danger), widgets.Stack(1.5, objs...))
	c.Label = t("screens.outbox.look.title")
	return c
}
