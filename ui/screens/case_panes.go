package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// timeTab is the timeline as a tab of the case. It is made once for each reading of the case, so that filters and view stay.
func (p *casesPlace) timeTab(c *caseview.Case) fyne.CanvasObject {
	if p.time == nil {
		p.time = newTimePane(p.k, p.host, p.openRef)
		p.time.set(c, p.vm.Marks())
	}
	return p.time.object
}

// dropPanes lets go of the tabs that were made of the case as it was read before.
func (p *casesPlace) dropPanes() {
	if p.time != nil {
		p.time.vm.Stop()
		p.time = nil
	}
	if p.chart != nil {
		p.chart.Close()
		p.chart = nil
	}
	if p.mapped != nil {
		p.mapped.vm.Close()
		p.mapped = nil
	}
}

// paneShortcuts are the keys of the tab in front that has keys of its own.
func (p *casesPlace) paneShortcuts() []place.Shortcut {
	if c, _ := p.vm.Now(); c == nil {
		return nil
	}
	if p.vm.Tab() == vm.TabTimeline && p.time != nil {
		return p.time.shortcuts()
	}
	if p.vm.Tab() == vm.TabLinks && p.chart != nil {
		return p.chart.shortcuts()
	}
	if p.vm.Tab() == vm.TabMap && p.mapped != nil {
		return p.mapped.shortcuts()
	}
	return nil
}

// toTab shows a tab by its key, and puts the keyboard into it where it is worked by keys.
func (p *casesPlace) toTab(tab vm.Tab) {
	p.vm.SetTab(tab)
	switch {
	case tab == vm.TabTimeline && p.time != nil:
		p.time.Focus()
	case tab == vm.TabLinks && p.chart != nil:
		p.chart.Focus()
	case tab == vm.TabMap && p.mapped != nil:
		p.mapped.Focus()
	}
}

// paneFrame lays a tab out: its controls, a line that counts, the picture, and beside it the list over what is selected.
func paneFrame(bar, count, picture, list, detail fyne.CanvasObject) *fyne.Container {
	side := container.New(layoutFunc{fyne.NewSize(200, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		h := min(widgets.HeightFor(o[1], s.Width), s.Height*0.62)
		put(o[0], 0, 0, s.Width, s.Height-h-theme.Gap(2))
		put(o[1], 0, s.Height-h, s.Width, h)
	}}, widgets.NewFlushCard(list), detail)
	main := container.New(layoutFunc{fyne.NewSize(500, 300), func(o []fyne.CanvasObject, s fyne.Size) {
		side := min(max(s.Width*0.29, scaled(330)), scaled(460))
		if s.Width < scaled(900) {
			side = scaled(300)
		}
		put(o[0], 0, 0, s.Width-side-theme.Gap(3), s.Height)
		put(o[1], s.Width-side, 0, side, s.Height)
	}}, widgets.NewFlushCard(picture), side)
	return container.New(layoutFunc{fyne.NewSize(500, 320), func(o []fyne.CanvasObject, s fyne.Size) {
		y := float32(0)
		for _, x := range o[:2] {
			h := widgets.HeightFor(x, s.Width)
			put(x, 0, y, s.Width, h)
			y += h + theme.Gap(2)
		}
		put(o[2], 0, y, s.Width, s.Height-y)
	}}, bar, count, main)
}
