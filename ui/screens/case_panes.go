package screens

import (
	"fyne.io/fyne/v2"

	"muster/app/caseview"
	"muster/ui/place"
	"muster/ui/vm"
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
