package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// casesPlace shows one open case, or the kept ones.
type casesPlace struct {
	base
	vm     *vm.Case
	seq    int
	mode   string
	tabs   *widgets.Tabs
	who    func() // opens 'who says this' for the value that matters most
	body   *fyne.Container
	keep   *widgets.Button
	main   *fyne.Container
	first  fyne.CanvasObject // takes the keyboard
	note   string
	sig    string
	time   *timePane
	mapped *mapPane
	chart  *chartView
	recs   *recordView
}

func newCases(k *kit, h place.Host) *casesPlace {
	p := &casesPlace{base: base{k: k, host: h, id: place.Cases}, seq: -1}
	p.vm = vm.NewCase(k.env, k.desk)
	p.vm.WithPurpose = h.WithPurpose
	p.vm.OnChange = p.refresh
	p.main = container.NewStack()
	p.body = container.NewStack()
	p.object = p.main
	p.listen(func(n desk.Notice) {
		if n.Topic == desk.TopicCases || n.Topic == desk.TopicState {
			p.vm.Load()
		}
		if n.Topic == desk.TopicJudged {
			p.vm.Judged(n.ID)
		}
	})
	p.refresh()
	return p
}

// Shown opens the case that arg names: an entity's id, a kept case's id, or a record's written form.
func (p *casesPlace) Shown(arg any) {
	if id, ok := arg.(string); ok && id != "" {
		p.vm.Open(id)
		return
	}
	p.vm.Load()
}

func (p *casesPlace) Focus() {
	switch o := p.first.(type) {
	case nil:
	case *widgets.List:
		o.Focus()
	case fyne.Focusable:
		if c := p.host.Canvas(); c != nil {
			c.Focus(o)
		}
	}
}

func (p *casesPlace) AskAgain() { p.vm.Again() }

// Marking is the open case's own.
func (p *casesPlace) Marking() (m pole.Marking) {
	if c, _ := p.vm.Now(); c != nil {
		return c.Marking
	}
	return m
}

func (p *casesPlace) Shortcuts() []place.Shortcut {
	out := []place.Shortcut{
		{Key: fyne.KeyE, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.enter"), Do: p.enter},
		{Key: fyne.KeyD, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.keep"), Do: p.vm.ToggleKept},
		{Key: fyne.KeyF5, Label: t("screens.case.key.again")},
		{Key: fyne.KeyW, Label: t("screens.case.key.who"), Do: func() {
			if p.who != nil && p.vm.Tab() == vm.TabSummary {
				p.who()
			}
		}},
		{Key: fyne.KeyW, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift, Label: t("screens.case.key.window"), Do: p.window},
	}
	out = append(out, p.judgedKeys()...)
	for i, tab := range vm.Tabs() {
		out = append(out, place.Shortcut{Key: fyne.KeyName(rune('1' + i)), Mod: fyne.KeyModifierAlt,
			Label: t("screens.case.key.tab", "tab", t("screens.case.tab."+string(tab))), Do: func() { p.toTab(tab) }})
	}
	return append(p.paneShortcuts(), out...)
}

func (p *casesPlace) enter() {
	c, _ := p.vm.Now()
	if forms := p.k.desk.Forms(); c != nil && len(forms) > 0 {
		p.host.Go(place.Enter, place.NewEntry{Form: forms[0].ID, From: c})
	}
}

func (p *casesPlace) window() {
	if c, _ := p.vm.Now(); c != nil {
		p.host.Open(place.Timeline, c.ID, c)
	}
}

func (p *casesPlace) refresh() {
	c, seq := p.vm.Now()
	mode := "list"
	switch {
	case c != nil:
		mode = "case"
	case p.vm.Loading():
		mode = "loading"
	case p.vm.Err() != "":
		mode = "failed"
	}
	switch {
	case mode == "case" && (p.mode != mode || p.seq != seq):
		p.buildCase(c)
	case mode == "loading" && p.mode != mode:
		p.main.Objects = []fyne.CanvasObject{widgets.Pad(5, 4, widgets.NewSkeleton(t("screens.case.loading"), 6))}
		p.first = nil
	case mode == "failed":
		again := widgets.NewPrimary(t("screens.case.retry"), "F5", p.vm.Again)
		p.main.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.case.failed"), p.vm.Err(), again)}
		p.first = again
	case mode == "list":
		p.buildList()
	}
	p.mode, p.seq = mode, seq
	if mode == "case" {
		p.refreshTab(c)
	}
	if words, bad := p.vm.Note(); words != p.note {
		p.note = words
		if words != "" {
			x := place.Good
			if bad {
				x = place.Danger
			}
			p.host.Notify(x, words)
		}
	}
	p.main.Refresh()
	p.host.Refresh()
}

// buildList shows the kept cases.
func (p *casesPlace) buildList() {
	kept := p.vm.Kept()
	sig := "list"
	for _, c := range kept {
		sig += c.ID + c.Title + c.Detail + t("screens.number", "count", c.Changes)
	}
	if p.mode == "list" && sig == p.sig {
		return
	}
	p.sig = sig
	p.first = nil
	if len(kept) == 0 {
		p.main.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.case.none"), t("screens.case.none.how"), nil)}
		return
	}
	objs := []fyne.CanvasObject{widgets.NewTitle(t("screens.case.list"))}
	for _, c := range kept {
		words, st := "", widgets.MutedText
		if c.Changes > 0 {
			words, st = t("screens.desk.changes", "n", c.Changes), widgets.Caution
		} else if !c.Opened.IsZero() {
			words = t("screens.desk.opened", "at", vm.Day(c.Opened)+" "+vm.HourMinute(c.Opened))
		}
		card := widgets.NewCard(widgets.Row(3,
			widgets.Grow(widgets.Stack(0, widgets.NewCut(c.Title, widgets.BodyBold), widgets.NewCut(c.Detail, widgets.MutedText))),
			widgets.Fix(widgets.NewWords(words, st)),
			widgets.Fix(widgets.NewSmall(t("screens.case.unkeep"), "", func() { p.vm.Drop(c.ID) }))))
		card.Label = c.Title + ". " + words
		card.OnTap = func() { p.vm.Open(c.ID) }
		if p.first == nil {
			p.first = card
		}
		objs = append(objs, card)
	}
	p.main.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, widgets.NewScroll(widgets.Stack(2.5, objs...)))}
}

// buildCase sets the case up: header, danger, gaps, tabs. None of these scrolls.
func (p *casesPlace) buildCase(c *caseview.Case) {
	p.keep = widgets.NewButton("", "Ctrl D", p.vm.ToggleKept)
	head := widgets.Row(2.5,
		widgets.Wide(avatar(c.Title), scaled(52)),
		widgets.Grow(widgets.Stack(0, widgets.NewCut(c.Title, widgets.Title), widgets.NewCut(p.vm.Header(), widgets.MutedText))),
		widgets.Fix(widgets.NewButton(t("screens.case.enter"), "Ctrl E", p.enter)),
		widgets.Fix(p.keep))
	pinned := p.k.badges(c.Warnings, p.vm.MarkOf)
	for _, o := range p.vm.OldSystems() {
		pinned = append(pinned, widgets.Inline(widgets.NewBadge(widgets.Warn, "", o.Words)))
	}
	fixed := []fyne.CanvasObject{head}
	if len(pinned) > 0 {
		fixed = append(fixed, widgets.NewFlow(pinned...))
	}
	fixed = append(fixed, p.judgedTop(c)...)
	for _, g := range p.vm.Gaps() {
		fixed = append(fixed, widgets.NewNotice(level(g.Tone), g.Title+". "+g.Text, widgets.NewButton(t("screens.search.again"), "F5", p.vm.Again)))
	}
	var items []widgets.Tab
	for _, tab := range vm.Tabs() {
		items = append(items, widgets.Tab{ID: string(tab), Text: p.vm.TabWords(tab)})
	}
	p.tabs = widgets.NewTabs(func(id string) { p.vm.SetTab(vm.Tab(id)) }, items...)
	p.first = p.tabs
	p.dropPanes()
	p.recs = nil
	top := widgets.Stack(2.5, append(fixed, p.tabs)...)
	p.main.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, container.New(layoutFunc{fyne.NewSize(400, 300), func(o []fyne.CanvasObject, s fyne.Size) {
		h := widgets.HeightFor(o[0], s.Width)
		put(o[0], 0, 0, s.Width, h)
		h += theme.Gap(3)
		put(o[1], 0, h, s.Width, s.Height-h)
	}}, top, p.body))}
	p.body.Objects = nil
	p.sig = ""
}

// refreshTab shows the tab in front.
func (p *casesPlace) refreshTab(c *caseview.Case) {
	if p.vm.IsKept() {
		p.keep.Set(t("screens.case.unkeep"), "Ctrl D")
	} else {
		p.keep.Set(t("screens.case.keep"), "Ctrl D")
	}
	tab := p.vm.Tab()
	p.tabs.Select(string(tab))
	if p.sig != string(tab) {
		p.sig = string(tab)
		var o fyne.CanvasObject
		switch tab {
		case vm.TabSummary:
			o = widgets.NewScroll(p.summary(c))
		case vm.TabTimeline:
			o = p.timeTab(c)
		case vm.TabLinks:
			if p.chart == nil {
				p.chart = newChartView(p, c)
			}
			o = p.chart.object
		case vm.TabRecords:
			p.recs = newRecordView(p, c)
			o = p.recs.object
		case vm.TabMap:
			o = p.mapTab(c)
		}
		p.body.Objects = []fyne.CanvasObject{o}
		p.body.Refresh()
	}
	if tab == vm.TabRecords && p.recs != nil {
		p.recs.refresh()
	}
}

func (p *casesPlace) openRef(id string) { p.vm.Open(id) }

// Back closes the open case and shows the kept ones, unless none is kept.
func (p *casesPlace) Back() bool {
	if p.vm.ID() != "" && len(p.vm.Kept()) > 0 && p.vm.Tab() != vm.TabSummary {
		p.vm.SetTab(vm.TabSummary)
		return true
	}
	return false
}

// avatar stands for a person or thing without a picture.
func avatar(title string) fyne.CanvasObject {
	w := widgets.NewWords(vm.Initials(title), widgets.Title)
	w.Align = fyne.TextAlignCenter
	c := widgets.NewFlushCard(container.New(layoutFunc{fyne.NewSize(scaled(48), scaled(48)), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, w))
	c.Fill, c.Edge = theme.Chip, theme.Chip
	return c
}
