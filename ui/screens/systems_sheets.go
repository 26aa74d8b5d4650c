package screens

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/plugins/pole"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// sheet is a list whose rows are built once and kept until what they show changes: a connector's text, its mapping.
type sheet struct {
	list  *widgets.List
	ids   []string
	build func(i int) fyne.CanvasObject
	rows  map[string]fyne.CanvasObject
}

func newSheet(label string, look widgets.RowLook) *sheet {
	s := &sheet{rows: map[string]fyne.CanvasObject{}}
	s.list = widgets.NewList(ids{func() int { return len(s.ids) }, func(i int) string { return s.ids[i] }},
		func() fyne.CanvasObject { return container.NewStack() },
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			c := o.(*fyne.Container)
			if row := s.row(i); len(c.Objects) != 1 || c.Objects[0] != row {
				c.Objects = []fyne.CanvasObject{row}
				c.Refresh()
			}
		})
	s.list.Height = func(i int, w float32) float32 { return widgets.HeightFor(s.row(i), w) }
	s.list.Rough = func(int, float32) float32 { return line() + theme.Gap(1) }
	s.list.Look = look
	s.list.Label = label
	return s
}

func (s *sheet) row(i int) fyne.CanvasObject {
	o, ok := s.rows[s.ids[i]]
	if !ok {
		o = s.build(i)
		s.rows[s.ids[i]] = o
	}
	return o
}

// show changes what the sheet holds.
func (s *sheet) show(ids []string, build func(i int) fyne.CanvasObject) {
	s.ids, s.build, s.rows = ids, build, map[string]fyne.CanvasObject{}
	s.list.Refresh()
}

// below is an object at its own height, and another in the room that is left.
func below(top, rest fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layoutFunc{fyne.NewSize(300, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		h := min(widgets.HeightFor(o[0], s.Width), s.Height)
		put(o[0], 0, 0, s.Width, h)
		h += theme.Gap(3)
		put(o[1], 0, h, s.Width, s.Height-h)
	}}, top, rest)
}

// health is how the system is now, how it has served, and its latest answers.
func (p *systemsPlace) health(d vm.SystemDetail) fyne.CanvasObject {
	signin := []fyne.CanvasObject{widgets.NewHeader(t("screens.systems.signin")), widgets.NewPara(d.SignIn, widgets.Body)}
	switch {
	case len(d.Needs) > 0:
		signin = append(signin, widgets.Row(0, widgets.Fix(widgets.NewPrimary(t("screens.systems.signin.give"), "Ctrl G", p.credential)), widgets.Spacer()))
	case len(d.Asks) > 0:
		signin = append(signin, widgets.Row(0, widgets.Fix(widgets.NewButton(t("screens.systems.signin.change"), "Ctrl G", p.credential)), widgets.Spacer()))
	}
	served := panel(t("screens.systems.figures"), widgets.NewPara(t("screens.systems.figures.none"), widgets.MutedText))
	if len(d.Figures) > 0 {
		served = panel(t("screens.systems.figures"), facts(slices.Concat(d.Figures, d.Errors)))
	}
	right := []fyne.CanvasObject{served}
	if len(d.Recent) > 0 {
		right = append(right, panel(t("screens.systems.recent"), answers(d.Recent)))
	}
	return widgets.Grid(3, 700, []int{6, 6}, widgets.Stack(3, panel(t("screens.systems.now"), facts(d.Now)), widgets.NewCard(widgets.Stack(2, signin...))), widgets.Stack(3, right...))
}

// answers lists the latest calls: when, what for, how long, and how it went.
func answers(list []vm.AnswerLine) fyne.CanvasObject {
	var objs []fyne.CanvasObject
	for _, a := range list {
		l := level(a.Tone)
		objs = append(objs, widgets.Stack(0, widgets.Pad(1, 2, widgets.Row(3,
			widgets.Wide(widgets.NewCut(a.When, widgets.Ident.In(theme.Muted)), scaled(70)),
			widgets.Grow(widgets.NewCut(a.Doing, widgets.Body)),
			widgets.Wide(widgets.NewCut(a.Took, widgets.Ident), scaled(56)),
			widgets.Grow(widgets.NewFlow(widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 9)), widgets.Span(a.Words, widgets.Body.In(l.Color())))))), widgets.HLine()))
	}
	return widgets.Stack(0, objs...)
}

// connector is the file: what it is, what it may do, what is wrong with it, and its text.
func (p *systemsPlace) connector(d vm.SystemDetail) fyne.CanvasObject {
	about := []fyne.CanvasObject{facts(d.Facts)}
	if d.Path != "" {
		about = append(about, widgets.NewFlow(
			widgets.Inline(widgets.NewSmall(t("screens.systems.path.copy"), "Ctrl Shift C", p.copyPath)), widgets.Inline(widgets.NewSmall(t("screens.systems.path.open"), "Ctrl O", p.openFolder))))
	}
	top := widgets.Grid(3, 700, []int{5, 7}, panel(t("screens.systems.file"), widgets.Stack(2, about...)), panel(t("screens.systems.reach"), facts(d.Reach)))
	words, tone := p.vm.FindingsWords()
	l := level(tone)
	head := []widgets.Cell{widgets.Grow(widgets.NewFlow(widgets.Span(t("screens.systems.source")+"   ", widgets.Heading), widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 9)), widgets.Span(words, widgets.Body.In(l.Color()))))}
	if wrong, warnings := p.vm.Findings(); wrong+warnings > 0 {
		head = append(head, widgets.Fix(widgets.NewSmall(t("screens.systems.findings.next"), "F8", p.nextFinding)))
	}
	rows := p.vm.Source()
	if len(rows) == 0 {
		return below(top, widgets.Stack(0, widgets.NewCard(widgets.Row(2, head...))))
	}
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.ID
	}
	p.source.show(list, func(i int) fyne.CanvasObject { return sourceRow(rows[i]) })
	return below(top, below(widgets.Row(2, head...), widgets.NewFlushCard(p.source.list)))
}

// sourceRow is a line of the connector's text with its number, or a finding below the line that it is about.
func sourceRow(r vm.SourceRow) fyne.CanvasObject {
	gutter := scaled(44)
	if f := r.Finding; f != nil {
		l := level(f.Tone)
		runs := []widgets.Run{widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 10)), widgets.Span(f.Say, widgets.BodyBold.In(l.Color()))}
		if f.Cure != "" {
			runs = append(runs, widgets.NewLine(), widgets.Span(f.Cure, widgets.Body))
		}
		return widgets.PadSides(0.5, 3, 1.5, 0, widgets.Row(2, widgets.Wide(widgets.NewWords("", widgets.Ident), gutter), widgets.Grow(widgets.NewEdgedCard(l, widgets.NewFlow(runs...)))))
	}
	no := widgets.NewWords(strconv.Itoa(r.Number), widgets.Ident.In(theme.Muted))
	no.Align = fyne.TextAlignTrailing
	runs := []widgets.Run{widgets.Span(r.Text, widgets.Ident)}
	switch {
	case r.Comment:
		runs = []widgets.Run{widgets.Span(r.Text, widgets.Ident.In(theme.Muted))}
	case r.Key != "":
		runs = []widgets.Run{widgets.Span(r.Key, widgets.Ident.In(theme.Accent)), widgets.Span(r.Text[len(r.Key):], widgets.Ident)}
	}
	return widgets.PadSides(0, 3, 0, 0, widgets.Row(2, widgets.Wide(no, gutter).AtTop(), widgets.Wide(widgets.NewWords("", widgets.Ident), scaled(7.8)*float32(r.Indent)), widgets.Grow(widgets.NewFlow(runs...)).AtTop()))
}

// mapping is what comes from where, kind by kind.
func (p *systemsPlace) mapping() fyne.CanvasObject {
	kinds := p.vm.MapKinds()
	if len(kinds) == 0 {
		return widgets.Stack(0, widgets.NewCard(widgets.NewEmpty(t("screens.systems.map.none"), t("screens.systems.map.none.why"), widgets.NewButton(t("screens.systems.tab.connector"), "Alt 2", func() { p.vm.SetTab(vm.TabConnector) }))))
	}
	var items []widgets.Tab
	for _, k := range kinds {
		items = append(items, widgets.Tab{ID: string(k.Kind), Text: k.Words})
	}
	bar := widgets.NewTabs(nil, items...)
	bar.Select(string(p.vm.MapKind()))
	bar.OnChange = func(id string) { p.vm.SetMapKind(pole.Kind(id)) }
	if p.kinds != nil && p.host.Canvas() != nil && p.host.Canvas().Focused() == fyne.Focusable(p.kinds) {
		defer p.host.Canvas().Focus(bar)
	}
	p.kinds = bar
	rows := p.vm.Mapping()
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = string(p.vm.MapKind()) + r.ID
	}
	p.mapped = rows
	p.maps.show(list, func(i int) fyne.CanvasObject { return mapRow(rows[i]) })
	return below(bar, widgets.NewFlushCard(p.maps.list))
}

func mapRow(r vm.MapRow) fyne.CanvasObject {
	if r.Head != "" {
		runs := []widgets.Run{widgets.Span(r.Head+"   ", widgets.Heading.In(theme.Text))}
		if r.Note != "" {
			runs = append(runs, widgets.Span(r.Note, widgets.Small))
		}
		return widgets.PadSides(3.5, 3, 1.5, 3, widgets.NewFlow(runs...))
	}
	var source, marks []widgets.Run
	if r.Source != "" {
		source = append(source, widgets.Span(r.Source, widgets.Ident))
	}
	if r.Note != "" {
		if len(source) > 0 {
			source = append(source, widgets.NewLine())
		}
		source = append(source, widgets.Span(r.Note, widgets.MutedText))
	}
	if r.Label == "" {
		return widgets.Pad(1.5, 3, widgets.NewFlow(source...))
	}
	for _, m := range r.Marks {
		if m.Tone == vm.Quiet {
			marks = append(marks, widgets.Span(m.Words+"   ", widgets.Small))
			continue
		}
		l := level(m.Tone)
		marks = append(marks, widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 9)), widgets.Span(m.Words+"   ", widgets.Style{Size: theme.SizeSmall, Color: l.Color()}))
	}
	no := widgets.NewWords("", widgets.Small)
	if r.Line > 0 {
		no = widgets.NewWords(t("screens.systems.map.line", "line", r.Line), widgets.Small)
		no.Align = fyne.TextAlignTrailing
	}
	return widgets.Pad(1.5, 3, widgets.Row(3, widgets.Wide(widgets.NewPara(r.Label, widgets.Body), scaled(160)).AtTop(), widgets.Grow(widgets.NewFlow(source...)).AtTop(),
		widgets.Wide(widgets.NewFlow(marks...), scaled(172)).AtTop(), widgets.Wide(no, scaled(52)).AtTop()))
}

// test asks the system now.
func (p *systemsPlace) test(d vm.SystemDetail) fyne.CanvasObject {
	go1 := widgets.NewPrimary(t("screens.systems.test.go"), "Ctrl T", p.vm.Test)
	if p.vm.Testing() {
		go1 = widgets.NewPrimary(t("screens.systems.checking"), "", func() {})
	}
	objs := []fyne.CanvasObject{widgets.NewCard(widgets.Stack(2, widgets.NewHeader(t("screens.systems.test.title")), widgets.NewPara(t("screens.systems.test.what", "system", d.Status.Name), widgets.Body),
		widgets.Row(0, widgets.Fix(go1), widgets.Spacer())))}
	if r := p.vm.TestResult(); r.Asked {
		objs = append(objs, widgets.NewNotice(level(r.Tone), r.Words, nil), panel(t("screens.systems.test.result"), facts(r.Facts)))
	}
	objs = append(objs, widgets.NewPara(t("screens.systems.test.search"), widgets.MutedText))
	return narrow(scaled(720), widgets.Stack(3, objs...))
}
