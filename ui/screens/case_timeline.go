package screens

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/caseview/timeline"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// timePane is the timeline of a case: filters, the line itself, the same as a list beside it, and the selected one in full.
type timePane struct {
	k      *kit
	host   place.Host
	vm     *vm.CaseTimeline
	line   *widgets.Timeline
	list   *widgets.List
	by     *widgets.Select
	system *widgets.Select
	kind   *widgets.Select
	person *widgets.Select
	search *widgets.Input
	count  *widgets.Flow
	detail *fyne.Container
	body   *fyne.Container
	object fyne.CanvasObject
	open   func(id string)
	seq    int
	shown  string // what the detail shows
	wanted bool   // the keyboard goes to the line once it is there
}

func newTimePane(k *kit, host place.Host, open func(id string)) *timePane {
	p := &timePane{k: k, host: host, open: open, seq: -1}
	p.vm = vm.NewCaseTimeline(k.env, k.desk.Dictionary())
	p.vm.OnChange = p.refresh
	p.line = widgets.NewTimeline()
	p.line.Label, p.line.Now = t("screens.case.tab.timeline"), k.env.Now()
	p.line.Sign = func(s string) widgets.Shape { return widgets.Shape(p.vm.Sign(s)) }
	p.line.OnSelect = p.vm.Select
	p.line.OnOpen = p.openItem
	p.makeList()
	choose := func(label string, set func(*timeline.Filter, string)) *widgets.Select {
		s := widgets.NewSelect(label, nil, func(x string) {
			f := p.vm.Filter()
			set(&f, x)
			p.vm.SetFilter(f)
		})
		s.Label = label
		return s
	}
	p.system = choose(t("screens.timeline.all.systems"), func(f *timeline.Filter, x string) { f.System = x })
	p.kind = choose(t("screens.timeline.all.kinds"), func(f *timeline.Filter, x string) { f.Kind = x })
	p.person = choose(t("screens.timeline.all.people"), func(f *timeline.Filter, x string) { f.Person = x })
	p.by = widgets.NewSelect("", nil, func(x string) { p.vm.SetBy(timeline.By(x)) })
	p.by.Label = t("screens.timeline.lanes")
	for _, w := range timeline.Ways() {
		p.by.Options = append(p.by.Options, widgets.Option{Value: string(w), Label: t("screens.timeline.by." + string(w))})
	}
	p.by.SetValue(string(p.vm.By()))
	p.search = widgets.NewInput(t("screens.timeline.search"))
	p.search.Label = t("screens.timeline.search")
	p.search.OnChanged = func(s string) {
		f := p.vm.Filter()
		f.Text = s
		p.vm.SetFilter(f)
	}
	p.search.OnSubmit = func(string) { p.Focus() }
	p.search.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name == fyne.KeyDown {
			p.list.Focus()
			return true
		}
		return false
	}
	p.count = widgets.NewFlow()
	p.count.MaxLines = 1
	p.detail = container.NewStack()
	bar := widgets.Row(2, widgets.Wide(p.by, scaled(184)), widgets.Wide(p.system, scaled(150)), widgets.Wide(p.kind, scaled(170)),
		widgets.Wide(p.person, scaled(190)), widgets.Grow(p.search))
	p.body = container.NewStack()
	p.body.Objects = []fyne.CanvasObject{widgets.NewSkeleton(t("screens.timeline.loading"), 5)}
	p.object = paneFrame(bar, p.count, p.body, p.list, p.detail)
	return p
}

func (p *timePane) set(c *caseview.Case, marks vm.Marks) { p.vm.Set(c, marks) }

// Focus puts the keyboard on the line, or on the list where nothing has a date.
func (p *timePane) Focus() {
	if ok, _ := p.vm.Ready(); !ok {
		p.wanted = true
		return
	}
	p.wanted = false
	if len(p.vm.Items()) > 0 {
		p.line.Focus()
		return
	}
	p.list.Focus()
}

func (p *timePane) openItem(id string) {
	if it := p.itemOf(id); it != nil && p.open != nil {
		if it.Entity != "" {
			p.open(it.Entity)
		}
	}
}

func (p *timePane) itemOf(id string) *timeline.Item {
	for _, list := range [][]timeline.Item{p.vm.Items(), p.vm.Undated()} {
		for i := range list {
			if list[i].ID == id {
				return &list[i]
			}
		}
	}
	return nil
}

// item is row i of the list: the dated ones, then those without a date.
func (p *timePane) item(i int) *timeline.Item {
	if n := len(p.vm.Items()); i >= n {
		return &p.vm.Undated()[i-n]
	}
	return &p.vm.Items()[i]
}

type timeRow struct {
	when  *widgets.Words
	care  *widgets.Words
	title *widgets.Words
	chips *widgets.Flow
	last  string
}

func (p *timePane) makeList() {
	parts := rows[*timeRow]{}
	p.list = widgets.NewList(ids{func() int { return len(p.vm.Items()) + len(p.vm.Undated()) }, func(i int) string { return p.item(i).ID }},
		func() fyne.CanvasObject {
			r := &timeRow{when: widgets.NewCut("", widgets.Ident), care: widgets.NewWords("", widgets.Caution), title: widgets.NewCut("", widgets.Body), chips: widgets.NewFlow()}
			r.chips.MaxLines = 1
			o := widgets.Pad(1, 2.5, widgets.Stack(0, widgets.Row(2, widgets.Grow(r.when), widgets.Wide(r.care, scaled(34))), widgets.Row(2, widgets.Grow(r.title), widgets.Wide(r.chips, scaled(84)))))
			parts[o] = r
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			r, it := parts[o], p.item(i)
			sig := strconv.Itoa(p.seq) + it.ID
			if r.last == sig {
				return
			}
			r.last = sig
			st := widgets.Ident
			if len(it.Dates) == 0 {
				st = st.In(theme.Disagree)
			}
			r.when.SetStyle(p.vm.When(it), st)
			care := ""
			if it.Conflict() {
				care = "≠ " + strconv.Itoa(len(it.Dates))
			}
			r.care.Set(care)
			title := it.Title
			if it.Fact && it.Detail != "" {
				title += " · " + it.Detail
			}
			ts := widgets.Body
			if it.Fact {
				ts = widgets.MutedText
			}
			r.title.SetStyle(title, ts)
			var runs []widgets.Run
			for k, m := range p.vm.MarksOf(it) {
				if k == 2 && len(it.Systems) > 3 {
					runs = append(runs, widgets.Span("+"+strconv.Itoa(len(it.Systems)-2), widgets.Small))
					break
				}
				runs = append(runs, widgets.Inline(sign(m)))
			}
			r.chips.Set(runs...)
		})
	p.list.Height = func(int, float32) float32 { return 2*line() + theme.Gap(2.5) }
	p.list.Label = t("screens.timeline.list")
	p.list.OnSelect = p.vm.Select
	p.list.OnOpen = p.openItem
}

func (p *timePane) refresh() {
	ok, seq := p.vm.Ready()
	if !ok {
		return
	}
	if seq != p.seq {
		first := p.seq < 0
		p.seq = seq
		p.fillChoices()
		var lanes []widgets.TimelineLane
		for _, l := range p.vm.Lanes() {
			lanes = append(lanes, widgets.TimelineLane{Name: l.Name, Shape: widgets.Shape(l.Mark.Shape), Items: l.Items})
		}
		p.line.Set(p.vm.Items(), lanes, !first)
		p.list.Refresh()
		p.fillBody()
		p.fillCount()
		p.shown = "?"
		if first && p.wanted {
			p.Focus()
		}
	}
	id := ""
	if it := p.vm.Selected(); it != nil {
		id = it.ID
	}
	p.line.Select(id)
	if p.list.Selected() != id {
		p.list.Reveal(id)
	}
	if p.shown != id {
		p.shown = id
		p.fillDetail()
	}
}

func (p *timePane) fillBody() {
	var o fyne.CanvasObject = p.line
	switch {
	case len(p.vm.Items()) == 0 && !p.vm.Filter().Empty():
		o = widgets.NewEmpty(t("screens.timeline.nothing"), t("screens.timeline.nothing.how"), nil)
	case len(p.vm.Items()) == 0:
		o = widgets.NewEmpty(t("screens.case.timeline.none"), "", nil)
	}
	if len(p.body.Objects) != 1 || p.body.Objects[0] != o {
		p.body.Objects = []fyne.CanvasObject{o}
		p.body.Refresh()
	}
}

func (p *timePane) fillCount() {
	var runs []widgets.Run
	if m := p.vm.Missing(); m != "" {
		runs = append(runs, widgets.Inline(widgets.NewGlyph(widgets.Hexagon, theme.Danger, 11)), widgets.Span(m+"  ", widgets.DangerTxt.Strong()))
	}
	runs = append(runs, widgets.Span(p.vm.Summary(), widgets.MutedText))
	p.count.Set(runs...)
}

func (p *timePane) fillChoices() {
	set := func(s *widgets.Select, all string, list []vm.TimeChoice, value string) {
		s.Options = []widgets.Option{{Value: "", Label: all}}
		for _, c := range list {
			s.Options = append(s.Options, widgets.Option{Value: c.ID, Label: c.Words, Code: strconv.Itoa(c.Count)})
		}
		s.SetValue(value)
		s.Refresh()
	}
	f := p.vm.Filter()
	set(p.system, t("screens.timeline.all.systems"), p.vm.Systems(), f.System)
	set(p.kind, t("screens.timeline.all.kinds"), p.vm.Kinds(), f.Kind)
	set(p.person, t("screens.timeline.all.people"), p.vm.People(), f.Person)
	p.by.SetValue(string(p.vm.By()))
}

// fillDetail shows the selected item in full.
func (p *timePane) fillDetail() {
	it := p.vm.Selected()
	if it == nil {
		p.detail.Objects = []fyne.CanvasObject{widgets.NewCard(widgets.NewPara(t("screens.timeline.choose"), widgets.MutedText))}
		p.detail.Refresh()
		return
	}
	objs := []fyne.CanvasObject{widgets.NewPara(it.Title, widgets.BodyBold)}
	if it.Detail != "" {
		objs = append(objs, widgets.NewPara(it.Detail, widgets.MutedText))
	}
	for k := range it.Dates {
		st, words := widgets.Ident.Strong(), it.Dates[k].Display
		if k > 0 {
			st, words = widgets.Ident.In(theme.Disagree), "≠ "+words
		}
		runs := append([]widgets.Run{widgets.Span(words+" ", st)}, chipRuns(p.vm.DateMarks(&it.Dates[k]))...)
		objs = append(objs, widgets.NewFlow(runs...))
	}
	if len(it.Dates) == 0 {
		objs = append(objs, widgets.NewFlow(append([]widgets.Run{widgets.Span(p.vm.When(it)+" ", widgets.Ident.In(theme.Disagree))}, chipRuns(p.vm.MarksOf(it))...)...))
	}
	for _, c := range p.vm.Care(it) {
		objs = append(objs, widgets.NewFlow(widgets.Inline(widgets.NewGlyph(widgets.HalfTri, theme.Disagree, 10)), widgets.Span(c, widgets.Small)))
	}
	if len(it.Also) > 0 {
		objs = append(objs, widgets.NewPara(strings.Join(it.Also, " · "), widgets.Small))
	}
	if n := len(it.People); n > 0 {
		var names []string
		for i, x := range it.People {
			if i == 5 {
				names = append(names, "+"+strconv.Itoa(n-i))
				break
			}
			s := x.Title
			if len(x.Roles) > 0 {
				s += " (" + strings.Join(x.Roles, ", ") + ")"
			}
			names = append(names, s)
		}
		objs = append(objs, widgets.NewPara(strings.Join(names, "; "), widgets.Body))
	}
	objs = append(objs, widgets.Pad(1, 0, widgets.Row(2, widgets.Fix(widgets.NewSmall(t("screens.timeline.open"), "Enter", func() { p.openItem(it.ID) })),
		widgets.Fix(widgets.NewSmall(t("screens.case.whosays"), "W", p.whoSays)), widgets.Spacer())))
	p.detail.Objects = []fyne.CanvasObject{widgets.NewCard(widgets.Stack(1, objs...))}
	p.detail.Refresh()
	if o, ok := p.object.(*fyne.Container); ok {
		relayout(o)
	}
}

// relayout lays a container and those in it out again, for heights that follow from what is in them.
func relayout(o *fyne.Container) {
	for _, c := range o.Objects {
		if c, ok := c.(*fyne.Container); ok {
			relayout(c)
		}
	}
	if o.Layout != nil {
		o.Layout.Layout(o.Objects, o.Size())
	}
}

// whoSays shows who says when the selected item was, in their own words.
func (p *timePane) whoSays() {
	it := p.vm.Selected()
	if it == nil || len(it.Dates) == 0 {
		return
	}
	var objs []fyne.CanvasObject
	for k, lines := range p.vm.WhoSays(it) {
		st, text := widgets.Name, it.Dates[k].Display
		if k > 0 {
			st, text = widgets.Name.In(theme.Disagree), "≠ "+text
		}
		part := []fyne.CanvasObject{widgets.NewFlow(widgets.Span(text, st))}
		for _, s := range lines {
			part = append(part, widgets.PadSides(0, 0, 0, 4, widgets.NewFlow(sourceRuns(s)...)))
		}
		objs = append(objs, widgets.Stack(1.5, part...))
	}
	content := widgets.Stack(4, objs...)
	height := min(widgets.HeightFor(content, 680), 460)
	p.host.Modal(t("screens.case.whosays")+": "+it.Title, container.New(layoutFunc{fyne.NewSize(680, height+8), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, widgets.NewScroll(content)), nil)
}

// shortcuts are the keys of the timeline.
func (p *timePane) shortcuts() []place.Shortcut {
	key := func(k fyne.KeyName, label string, do func()) place.Shortcut {
		return place.Shortcut{Key: k, Label: t("screens.timeline.key." + label), Do: do}
	}
	focus := func(s *widgets.Select) func() { return func() { s.Focus(); s.Open("") } }
	return []place.Shortcut{
		key("+ − 0", "zoom", nil), key("← → ↑ ↓", "move", nil), key("< >", "pan", nil),
		key(fyne.KeyW, "who", p.whoSays),
		key(fyne.KeyL, "lanes", p.vm.NextBy),
		key(fyne.KeyS, "system", focus(p.system)), key(fyne.KeyK, "kind", focus(p.kind)), key(fyne.KeyP, "person", focus(p.person)),
		key(fyne.KeySlash, "search", func() { p.search.Focus() }),
		key(fyne.KeyX, "clear", p.clear),
		key(fyne.KeyN, "conflict", func() { p.vm.NextConflict() }),
		key(fyne.KeyU, "undated", p.toUndated),
		key(fyne.KeyT, "table", p.toList),
	}
}

func (p *timePane) clear() {
	p.search.SetText("")
	p.vm.SetFilter(timeline.Filter{})
	p.Focus()
}

// toUndated goes to the first of those without a date.
func (p *timePane) toUndated() {
	if u := p.vm.Undated(); len(u) > 0 {
		p.vm.Select(u[0].ID)
		p.list.Focus()
	}
}

// toList moves the keyboard between the line and the list.
func (p *timePane) toList() {
	if c := p.host.Canvas(); c != nil && c.Focused() == fyne.Focusable(p.list) {
		p.Focus()
		return
	}
	p.list.Focus()
}
