package screens

import (
	"strings"

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
	file   *filePane
	found  *widgets.Input // searches the kept cases
	cards  *fyne.Container
	sub    *widgets.Words // the line under the title
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
		{Key: fyne.KeyE, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift, Label: t("screens.entry.key.fill"), Do: func() {
			if c, _ := p.vm.Now(); c != nil {
				p.host.Go(place.Enter, place.FillEntry{From: c})
			}
		}},
		{Key: fyne.KeyD, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.keep"), Do: p.vm.ToggleKept},
		{Key: fyne.KeyF5, Label: t("screens.case.key.again")},
		{Key: fyne.KeyW, Label: t("screens.case.key.who"), Do: p.whoKey},
		{Key: fyne.KeyP, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.export"), Do: p.export},
		{Key: fyne.KeyN, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.note"), Do: p.noteKey},
		{Key: fyne.KeyReturn, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.note.save"), Do: func() {
			if p.file != nil && p.vm.Tab() == vm.TabNotes {
				p.file.write()
			}
		}},
		{Key: fyne.KeyD, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift, Label: t("screens.case.key.addto"), Do: p.addTo},
		{Key: fyne.KeyF2, Label: t("screens.case.key.rename"), Do: p.rename},
		{Key: fyne.KeyL, Mod: fyne.KeyModifierControl, Label: t("screens.case.key.list"), Do: p.toList},
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
	if c != nil {
		p.host.Go(place.Enter, place.NewEntry{From: c})
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
		var action fyne.CanvasObject = again
		for _, k := range p.vm.Kept() {
			for _, e := range k.Entities {
				if e.ID == p.vm.ID() && !e.Read.IsZero() {
					action = widgets.Row(2, widgets.Fix(again), widgets.Fix(widgets.NewButton(t("screens.case.opencopy"), "", func() { p.vm.OpenCopy(k.ID, e.ID) })))
				}
			}
		}
		p.main.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.case.failed"), p.vm.Err(), action)}
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

// toList puts the open case away and shows the kept ones.
func (p *casesPlace) toList() {
	p.vm.Close()
	p.Focus()
}

// buildList shows the kept cases, searched by name and titles.
func (p *casesPlace) buildList() {
	kept := p.vm.Fitting()
	if p.mode != "list" {
		p.sig, p.cards = "", nil
	}
	if len(p.vm.Kept()) == 0 {
		if p.sig == "none" {
			return
		}
		p.sig, p.first, p.cards = "none", nil, nil
		p.main.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.case.none"), t("screens.case.none.how"), nil)}
		return
	}
	if p.cards == nil {
		p.found = widgets.NewInput(t("screens.case.find"))
		p.found.Label = t("screens.case.find")
		p.found.SetText(p.vm.Filter())
		p.found.OnChanged = p.vm.SetFilter
		p.found.OnSubmit = func(string) {
			if k := p.vm.Fitting(); len(k) > 0 {
				p.vm.OpenIn(k[0].ID, k[0].ID)
			}
		}
		p.cards = widgets.Stack(2.5)
		p.sig = ""
		p.main.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, below(widgets.NewTitle(t("screens.case.list"), fixed(scaled(320), 36, p.found)), widgets.NewScroll(p.cards)))}
	}
	sig := "list"
	for _, c := range kept {
		sig += c.ID + c.Called() + c.Detail + p.vm.KeptWords(c) + t("screens.number", "count", c.Changes)
	}
	if sig == p.sig {
		return
	}
	p.sig, p.first = sig, nil
	p.cards.Objects = nil
	for _, c := range kept {
		p.cards.Objects = append(p.cards.Objects, p.keptCard(c))
	}
	if len(kept) == 0 {
		p.cards.Objects = append(p.cards.Objects, widgets.NewPara(t("screens.case.find.none"), widgets.MutedText))
		p.first = p.found.Focusable().(fyne.CanvasObject)
	}
	p.cards.Refresh()
}

// keptCard is one kept case in the list: what it is called, who is in it, how old its copy is.
func (p *casesPlace) keptCard(c desk.KeptCase) fyne.CanvasObject {
	words, st := p.vm.KeptWords(c), widgets.MutedText
	if c.Changes > 0 {
		words, st = t("screens.desk.changes", "n", c.Changes), widgets.Caution
	}
	detail := c.Detail
	if len(c.Entities) > 1 || c.Name != "" {
		var titles []string
		for _, e := range c.Entities {
			titles = append(titles, e.Title)
		}
		detail = strings.Join(titles, " · ")
	}
	cells := []widgets.Cell{
		widgets.Grow(widgets.Stack(0, widgets.NewCut(c.Called(), widgets.BodyBold), widgets.NewCut(detail, widgets.MutedText))),
		widgets.Fix(widgets.NewWords(words, st))}
	first := c.ID
	if len(c.Entities) > 0 {
		first = c.Entities[0].ID
		if !c.Entities[0].Read.IsZero() {
			cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.case.opencopy"), "", func() { p.vm.OpenCopy(c.ID, first) })))
		}
	}
	cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.case.unkeep"), "", func() { p.vm.Drop(c.ID) })))
	card := widgets.NewCard(widgets.Row(3, cells...))
	card.Label = c.Called() + ". " + detail + ". " + words
	card.OnTap = func() { p.vm.OpenIn(c.ID, first) }
	if p.first == nil {
		p.first = card
	}
	return card
}

// buildCase sets the case up: header, danger, gaps, tabs. None of these scrolls.
func (p *casesPlace) buildCase(c *caseview.Case) {
	p.keep = widgets.NewButton("", "Ctrl D", p.vm.ToggleKept)
	p.sub = widgets.NewCut(p.vm.Header(), widgets.MutedText)
	head := widgets.Row(2.5,
		widgets.Wide(avatar(c.Title), scaled(52)),
		widgets.Grow(widgets.NewPress(widgets.Stack(0, widgets.NewCut(c.Title, widgets.Title), p.sub), func() { p.asks(vm.WhoTitle) })),
		widgets.Fix(widgets.NewButton(t("screens.case.enter"), "Ctrl E", p.enter)),
		widgets.Fix(widgets.NewButton(t("screens.case.export"), "Ctrl P", p.export)),
		widgets.Fix(p.keep))
	pinned := p.k.badges(c.Warnings, p.vm.MarkOf)
	for _, o := range p.vm.OldSystems() {
		pinned = append(pinned, widgets.Inline(widgets.NewBadge(widgets.Warn, "", o.Words)))
	}
	fixed := []fyne.CanvasObject{head}
	if len(pinned) > 0 {
		at := vm.WhoTitle
		if len(c.Warnings) > 0 {
			at = vm.WhoWarning + c.Warnings[0].Code
		}
		fixed = append(fixed, widgets.NewPress(widgets.NewFlow(pinned...), func() { p.asks(at) }))
	}
	if words := p.vm.CopyWords(); words != "" {
		fixed = append(fixed, widgets.NewNotice(widgets.Warn, words, widgets.NewButton(t("screens.search.again"), "F5", p.vm.Again)))
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
	p.recs, p.file = nil, nil
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
	p.sub.Set(p.vm.Header())
	p.tabs.SetText(string(vm.TabNotes), p.vm.TabWords(vm.TabNotes))
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
		case vm.TabNotes:
			p.file = newFilePane(p)
			o = p.file.object
		}
		p.body.Objects = []fyne.CanvasObject{o}
		p.body.Refresh()
	}
	if tab == vm.TabRecords && p.recs != nil {
		p.recs.refresh()
	}
	if tab == vm.TabNotes && p.file != nil {
		p.file.refresh()
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
