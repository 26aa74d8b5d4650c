package screens

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// chartView is the links of a case: the chart, what is said of the card with the keyboard, and a table in the chart's place.
type chartView struct {
	p      *casesPlace
	c      *caseview.Case
	vm     *vm.CaseChart
	chart  *widgets.LinkChart
	table  *chartTable
	inTab  bool // the table is shown
	top    *fyne.Container
	legend *fyne.Container
	middle *fyne.Container
	side   *widgets.Scroll
	sum    *widgets.Words
	stop   *widgets.Button
	seq    int
	sig    string
	shown  string // what the side tells of
	object fyne.CanvasObject
}

const chartSide = 316

func newChartView(p *casesPlace, c *caseview.Case) *chartView {
	v := &chartView{p: p, c: c, vm: vm.NewCaseChart(p.k.env, p.k.desk), seq: -1}
	v.vm.WithPurpose = p.host.WithPurpose
	v.chart = widgets.NewLinkChart(p.k.env.Post)
	v.chart.Label = v.vm.Spoken
	v.chart.OnMove = func(string) { v.refreshSide() }
	v.chart.OnOpen = v.open
	v.chart.OnKey = v.key
	v.table = newChartTable(v)
	v.sum = widgets.NewCut("", widgets.MutedText)
	v.stop = widgets.NewSmall(t("screens.chart.stop"), "Esc", func() { v.vm.Stop() })
	v.top, v.legend, v.middle = container.NewStack(), container.NewStack(), container.NewStack()
	v.side = widgets.NewScroll(widgets.Stack(0))
	right := widgets.NewFlushCard(widgets.Pad(3, 3.5, v.side))
	left := widgets.NewFlushCard(v.middle)
	body := container.New(layoutFunc{fyne.NewSize(300, 240), func(o []fyne.CanvasObject, s fyne.Size) {
		w := scaled(chartSide)
		if s.Width < 2.2*w || v.inTab {
			w = 0
		}
		o[1].Hide()
		if w > 0 {
			o[1].Show()
			put(o[1], s.Width-w, 0, w, s.Height)
			w += theme.Gap(3)
		}
		put(o[0], 0, 0, s.Width-w, s.Height)
	}}, left, right)
	v.object = container.New(layoutFunc{fyne.NewSize(300, 300), func(o []fyne.CanvasObject, s fyne.Size) {
		above, below := widgets.HeightFor(o[0], s.Width)+theme.Gap(2), float32(0)
		put(o[0], 0, 0, s.Width, above-theme.Gap(2))
		if !v.inTab {
			below = widgets.HeightFor(o[2], s.Width) + theme.Gap(2)
		}
		put(o[2], 0, s.Height-below+theme.Gap(2), s.Width, max(0, below-theme.Gap(2)))
		put(o[1], 0, above, s.Width, s.Height-above-below)
	}}, v.top, body, v.legend)
	v.vm.OnChange = v.refresh
	v.vm.Use(c, p.vm.Marks())
	return v
}

// Close ends what is being read.
func (v *chartView) Close() { v.vm.Close() }

// Focus puts the keyboard on the chart, or on the table in its place.
func (v *chartView) Focus() {
	if v.inTab {
		v.table.list.Focus()
		return
	}
	v.chart.Focus()
}

func (v *chartView) refresh() {
	now, seq, fit, focus := v.vm.Now()
	if now != nil && seq != v.seq {
		v.seq = seq
		v.chart.Set(now, v.vm.Path(), fit)
		if focus != "" {
			v.chart.Select(focus)
		}
		v.legend.Objects = []fyne.CanvasObject{widgets.ChartLegend(now.Keys(), func(label string) string { return label })}
		v.legend.Refresh()
		v.shown = ""
	}
	v.middle.Objects = []fyne.CanvasObject{v.chart}
	switch {
	case v.inTab:
		v.middle.Objects = []fyne.CanvasObject{v.table.object}
	case now == nil:
		v.middle.Objects = []fyne.CanvasObject{v.chart, widgets.Pad(4, 4, widgets.NewSkeleton(t("screens.chart.laying"), 5))}
	}
	v.middle.Refresh()
	v.legend.Hidden = v.inTab
	if v.inTab {
		v.table.refresh()
	}
	v.refreshTop()
	v.refreshSide()
	v.object.Refresh()
	v.p.host.Refresh()
}

// refreshTop shows the commands, what is under way, the path, and what could not be read.
func (v *chartView) refreshTop() {
	busy := v.vm.Busy()
	words := v.vm.Summary()
	if busy != "" {
		words = busy
	}
	v.sum.Set(words)
	tab := "chart"
	if v.inTab {
		tab = "table"
	}
	note, tone := v.vm.Note()
	path := v.vm.PathWords()
	gaps := v.vm.Gaps(v.c.Gaps)
	sig := tab + "|" + note + "|" + path + "|" + trimFloat(float64(tone))
	if v.vm.Reading() {
		sig += "|reading"
	}
	for _, g := range gaps {
		sig += "|" + g.Text
	}
	if sig == v.sig {
		return
	}
	v.sig = sig
	small := func(key, word string, do func()) widgets.Cell {
		return widgets.Fix(widgets.NewSmall(t("screens.chart.do."+word), key, do))
	}
	bar := []widgets.Cell{widgets.Grow(v.sum)}
	if v.vm.Reading() {
		bar = append(bar, widgets.Fix(v.stop))
	}
	if v.inTab {
		bar = append(bar, small("F", "find", v.find), small("T", "chart", v.toggle), small("X", "export", v.export))
	} else {
		bar = append(bar, small("E", "expand", v.expand), small("P", "path", v.path), small("F", "find", v.find), small("T", "table", v.toggle),
			small("L", "tidy", v.vm.Tidy), small("X", "export", v.export), small("−", "out", func() { v.zoom(fyne.KeyMinus) }),
			small("+", "in", func() { v.zoom(fyne.KeyPlus) }), small("0", "fit", func() { v.chart.Fit(true) }))
	}
	objs := []fyne.CanvasObject{widgets.Row(1.5, bar...)}
	for _, g := range gaps {
		objs = append(objs, widgets.NewNotice(level(g.Tone), g.Title+". "+g.Text, nil))
	}
	if note != "" {
		objs = append(objs, widgets.NewNotice(level(tone), note, nil))
	}
	if path != "" {
		more := fyne.CanvasObject(widgets.NewSmall(t("screens.chart.path.clear"), "Esc", func() { v.vm.ClearPath() }))
		if v.vm.Ways() > 1 {
			more = widgets.Row(1.5, widgets.Fix(widgets.NewSmall(t("screens.chart.path.next"), "N", v.vm.NextPath)), widgets.Fix(more))
		}
		objs = append(objs, widgets.NewNotice(widgets.Quiet, path, more))
	}
	v.top.Objects = []fyne.CanvasObject{widgets.Stack(2, objs...)}
	v.top.Refresh()
}

func (v *chartView) zoom(k fyne.KeyName) { v.chart.TypedKey(&fyne.KeyEvent{Name: k}) }

// refreshSide tells of the card with the keyboard.
func (v *chartView) refreshSide() {
	id := v.chart.Selected()
	if id == v.shown {
		return
	}
	k, ok := v.vm.Card(id)
	if !ok {
		return
	}
	v.shown = id
	objs := []fyne.CanvasObject{widgets.NewWords(k.What, widgets.Small), widgets.NewPara(k.Title, widgets.Name)}
	if len(k.Warnings) > 0 {
		objs = append(objs, widgets.NewFlow(v.p.k.badges(k.Warnings, nil)...))
	}
	if k.Detail != "" {
		objs = append(objs, widgets.NewPara(k.Detail, widgets.Body))
	}
	state := []widgets.Run{widgets.Span(k.State+"  ", widgets.MutedText)}
	if k.Old {
		state = append(state, widgets.Span(t("screens.search.old")+" ", widgets.Caution))
	}
	objs = append(objs, widgets.NewFlow(append(state, chipRuns(k.Marks)...)...))
	if k.Marking != "" {
		objs = append(objs, widgets.NewWords(k.Marking, widgets.Small))
	}
	var do []widgets.Run
	switch {
	case k.Open != "" && !k.Subject:
		do = append(do, widgets.Inline(widgets.NewSmall(t("screens.chart.do.open"), "Enter", func() { v.open(id) })))
	case k.Search != "":
		do = append(do, widgets.Inline(widgets.NewSmall(t("screens.chart.do.search"), "Enter", func() { v.open(id) })))
	}
	expand := "expand"
	if k.Group > 0 {
		expand = "ungroup"
	}
	do = append(do, widgets.Inline(widgets.NewSmall(t("screens.chart.do."+expand), "E", v.expand)))
	objs = append(objs, widgets.NewFlow(do...), widgets.HLine())
	objs = append(objs, widgets.NewHeader(t("screens.chart.side.links", "n", len(k.Links))))
	for i, l := range k.Links {
		if i == 40 {
			objs = append(objs, widgets.NewPara(t("screens.chart.side.more", "n", len(k.Links)-i), widgets.MutedText))
			break
		}
		st := widgets.MutedText
		if l.Maybe {
			st = widgets.Caution
		}
		runs := []widgets.Run{widgets.Span(l.Words+": ", st), widgets.Span(l.Other+" ", widgets.BodyBold)}
		runs = append(runs, chipRuns(l.Marks)...)
		var small []string
		if l.When != "" {
			small = append(small, l.When)
		}
		if l.Stated {
			small = append(small, t("screens.chart.side.stated"))
		}
		if len(small) > 0 {
			runs = append(runs, widgets.Span(strings.Join(small, " · "), widgets.Small))
		}
		objs = append(objs, widgets.NewFlow(runs...))
	}
	v.side.Set(widgets.Stack(1.75, objs...))
	v.side.ScrollTo(0)
}

// key takes the keys of the chart.
func (v *chartView) key(ev *fyne.KeyEvent) bool {
	for _, s := range v.shortcuts() {
		if s.Mod == 0 && s.Key == ev.Name && s.Do != nil {
			s.Do()
			return true
		}
	}
	if ev.Name == fyne.KeyEscape {
		return v.vm.Stop() || v.vm.ClearPath()
	}
	return false
}

// shortcuts are the keys of this side of the case.
func (v *chartView) shortcuts() []place.Shortcut {
	out := []place.Shortcut{
		{Key: fyne.KeyF, Label: t("screens.chart.key.find"), Do: v.find},
		{Key: fyne.KeyT, Label: t("screens.chart.key.table"), Do: v.toggle},
		{Key: fyne.KeyX, Label: t("screens.chart.key.export"), Do: v.export},
	}
	if v.inTab {
		for i, col := range vm.ChartColumns() {
			out = append(out, place.Shortcut{Key: fyne.KeyName(rune('1' + i)), Label: t("screens.chart.key.sort", "column", t("screens.chart.column."+chartColumn[col])), Do: func() { v.vm.SortBy(col) }})
		}
		return out
	}
	return append(out,
		place.Shortcut{Key: fyne.KeyE, Label: t("screens.chart.key.expand"), Do: v.expand},
		place.Shortcut{Key: fyne.KeyP, Label: t("screens.chart.key.path"), Do: v.path},
		place.Shortcut{Key: fyne.KeyN, Label: t("screens.chart.key.next"), Do: v.vm.NextPath},
		place.Shortcut{Key: fyne.KeyL, Label: t("screens.chart.key.tidy"), Do: v.vm.Tidy},
		// These are the chart's own, and stand here to be found.
		place.Shortcut{Key: fyne.KeyReturn, Label: t("screens.chart.key.open")},
		place.Shortcut{Key: fyne.KeyPlus, Label: t("screens.chart.key.in")},
		place.Shortcut{Key: fyne.KeyMinus, Label: t("screens.chart.key.out")},
		place.Shortcut{Key: fyne.Key0, Label: t("screens.chart.key.fit")})
}

func (v *chartView) expand() { v.vm.Expand(v.chart.Selected()) }
func (v *chartView) path()   { v.vm.MarkPath(v.chart.Selected()) }

// open shows the case of a card, or looks for the value that it stands for.
func (v *chartView) open(id string) {
	k, ok := v.vm.Card(id)
	switch {
	case !ok:
	case k.Group > 0:
		v.expand()
	case k.Search != "":
		v.p.host.Go(place.Search, k.Search)
	case k.Open != "" && !k.Subject:
		v.p.openRef(k.Open)
	}
}

// toggle changes between chart and table.
func (v *chartView) toggle() {
	v.inTab = !v.inTab
	v.refresh()
	v.Focus()
}

// find looks for words in everything that is known of the case, on the chart or not.
func (v *chartView) find() {
	var hits []vm.ChartHit
	var shut func()
	in := widgets.NewInput(t("screens.chart.find.hint"))
	in.Label = t("screens.chart.do.find")
	parts := rows[[2]*widgets.Words]{}
	list := widgets.NewList(ids{func() int { return len(hits) }, func(i int) string { return hits[i].ID }},
		func() fyne.CanvasObject {
			a, b := widgets.NewCut("", widgets.BodyBold), widgets.NewCut("", widgets.MutedText)
			o := widgets.Pad(0, 3, widgets.Row(3, widgets.Grow(a), widgets.Grow(b)))
			parts[o] = [2]*widgets.Words{a, b}
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			parts[o][0].Set(hits[i].Title)
			parts[o][1].Set(strings.TrimSuffix(hits[i].What+" · "+hits[i].Detail, " · "))
		})
	list.Label = t("screens.chart.do.find")
	go_ := func(id string) {
		if shut != nil {
			shut()
		}
		if v.inTab {
			v.inTab = false
		}
		v.vm.GoTo(id)
		v.Focus()
	}
	list.OnOpen = go_
	look := func(text string) {
		hits = v.vm.Find(text)
		list.Refresh()
		list.Select("")
		list.SelectFirst()
	}
	in.OnChanged = look
	in.OnSubmit = func(string) {
		if len(hits) > 0 {
			go_(hits[0].ID)
		}
	}
	look("")
	content := widgets.Stack(3, in, container.New(layoutFunc{fyne.NewSize(600, 380), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, widgets.NewFlushCard(list)))
	shut = v.p.host.Modal(t("screens.chart.find"), content, nil)
	in.Focus()
}
