package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// timelinePlace is a case's timeline in a window of its own.
type timelinePlace struct {
	base
	pane *timePane
	mark pole.Marking
	box  *fyne.Container
}

func newTimeline(k *kit, h place.Host) *timelinePlace {
	p := &timelinePlace{base: base{k: k, host: h, id: place.Timeline}, box: container.NewStack()}
	p.object = p.box
	return p
}

func (p *timelinePlace) Title() string         { return t("screens.case.tab.timeline") }
func (p *timelinePlace) Marking() pole.Marking { return p.mark }
func (p *timelinePlace) Shortcuts() []place.Shortcut {
	if p.pane == nil {
		return nil
	}
	return p.pane.shortcuts()
}

func (p *timelinePlace) Shown(arg any) {
	c, ok := arg.(*caseview.Case)
	if !ok {
		if p.pane == nil {
			p.box.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.case.none"), t("screens.case.none.how"), nil)}
			p.box.Refresh()
		}
		return
	}
	marks := vm.MarksOf(p.k.desk.Systems())
	p.mark = c.Marking
	p.pane = newTimePane(p.k, p.host, func(id string) { p.host.Go(place.Cases, id) })
	p.pane.set(c, marks)
	danger := p.k.badges(c.Warnings, func(s caseview.Source) vm.Mark { return marks.Of(s.Ref.System) })
	objs := []fyne.CanvasObject{widgets.NewTitle(c.Title)}
	if len(danger) > 0 {
		objs = append(objs, widgets.NewFlow(danger...))
	}
	p.box.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, container.New(layoutFunc{fyne.NewSize(400, 300), func(o []fyne.CanvasObject, s fyne.Size) {
		h := widgets.HeightFor(o[0], s.Width)
		put(o[0], 0, 0, s.Width, h)
		h += theme.Gap(3)
		put(o[1], 0, h, s.Width, s.Height-h)
	}}, widgets.Stack(2, objs...), p.pane.object))}
	p.box.Refresh()
	p.host.Refresh()
}

// Focus puts the keyboard on the line.
func (p *timelinePlace) Focus() {
	if p.pane != nil {
		p.pane.Focus()
	}
}
