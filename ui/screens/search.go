package screens

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/desk"
	"muster/app/search"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// searchPlace shows who was asked and what came back, as it comes.
type searchPlace struct {
	base
	vm      *vm.Search
	side    *searchSide
	preview *previewPane
	list    *widgets.List
	parts   rows[*resultRow]
	title   *widgets.Words
	count   *widgets.Words
	fresh   *widgets.Button
	tops    *fyne.Container // gap notices, when the side column is folded away
	middle  *fyne.Container
	empty   *fyne.Container
	folded  bool
	noView  bool
	ticking bool
	closed  bool
	quiet   bool                  // the list is given the keyboard, not moved in
	heights map[heightKey]float32 // measured heights
	up      bool                  // on screen
	shown   string                // what empty shows
}

// heightKey is what the height of a row depends on. A view is never changed: what systems add comes as another.
type heightKey struct {
	view  *desk.EntityView
	width float32
}

// Below these widths of the place the preview, and then the side column, fold away.
const (
	foldPreview = 1060
	foldSide    = 820
)

func newSearch(k *kit, h place.Host) *searchPlace {
	p := &searchPlace{base: base{k: k, host: h, id: place.Search}, parts: rows[*resultRow]{}, heights: map[heightKey]float32{}}
	p.vm = vm.NewSearch(k.env, k.desk, k.build)
	p.vm.WithPurpose = h.WithPurpose
	p.vm.OnChange = p.refresh
	p.side = newSearchSide(p)
	p.preview = newPreview(p)

	p.title = widgets.NewCut("", widgets.Title)
	p.count = widgets.NewWords("", widgets.MutedText)
	p.fresh = widgets.NewSmall("", shellKey(fyne.KeyPeriod), p.settle)
	p.fresh.Hide()
	p.list = widgets.NewList(ids{p.vm.Count, p.vm.ID},
		func() fyne.CanvasObject { return newResultRow(p.parts) },
		func(i int, o fyne.CanvasObject, _ widgets.RowState) { p.parts[o].set(p.vm.Row(i)) })
	p.list.Look = widgets.CardedRows
	p.list.Height = p.rowHeight
	p.list.Rough = p.roughHeight
	p.list.Label = t("screens.search.title")
	p.list.OnSelect = p.moved
	p.list.OnOpen = p.open
	p.list.OnKey = func(ev *fyne.KeyEvent) bool {
		if (ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter) && p.vm.Selected() == "" {
			// Rows are still finding their order: the first Enter holds the best one fast, the second opens it.
			p.vm.Select(0)
			return true
		}
		return false
	}
	p.empty, p.tops = container.NewStack(), widgets.Stack(2)
	p.middle = container.New(layoutFunc{fyne.NewSize(320, 200), p.layMiddle},
		widgets.Row(3, widgets.Grow(p.title), widgets.Fix(p.fresh), widgets.Fix(p.count)),
		p.tops, p.list, p.empty)

	side := widgets.Wide(p.side.object, min(scaled(296), 400))
	side.Below = foldSide
	line1 := widgets.Wide(widgets.VLine(), 1)
	line1.Below = foldSide
	view := widgets.Wide(column(p.preview.object), 0)
	view.Width, view.Grow, view.Below = 0, 0.62, foldPreview
	line2 := widgets.Wide(widgets.VLine(), 1)
	line2.Below = foldPreview
	p.object = widgets.Columns(0, side, line1, widgets.Grow(widgets.Pad(4, 4, p.middle)), line2, view)
	p.listen(func(n desk.Notice) {
		if n.Topic == desk.TopicJudged {
			p.vm.Regroup()
		}
	})
	p.refresh()
	return p
}

func shellKey(k fyne.KeyName) string { return "Ctrl " + string(k) }

func (p *searchPlace) layMiddle(o []fyne.CanvasObject, s fyne.Size) {
	y := widgets.HeightFor(o[0], s.Width)
	put(o[0], 0, 0, s.Width, y)
	y += theme.Gap(2.5)
	if h := widgets.HeightFor(o[1], s.Width); h > 0 && len(p.tops.Objects) > 0 {
		put(o[1], 0, y, s.Width, h)
		y += h + theme.Gap(2.5)
	} else {
		put(o[1], 0, y, s.Width, 0)
	}
	put(o[2], 0, y, s.Width, s.Height-y)
	put(o[3], 0, y, s.Width, min(s.Height-y, 360))
}

// Shown takes the text of the command bar and searches for it.
func (p *searchPlace) Shown(arg any) {
	p.up = true
	switch a := arg.(type) {
	case string:
		clear(p.heights)
		p.vm.Take(a, nil)
		p.vm.Run()
	case place.SearchArg:
		var as *search.Interpretation
		if in, ok := a.As.(search.Interpretation); ok {
			as = &in
		}
		clear(p.heights)
		p.vm.Take(a.Text, as)
		p.vm.Run()
	default:
		if p.vm.Ran() {
			p.host.CommandText(p.vm.Query())
		}
	}
}

// Hidden leaves the keyboard to the place that comes up.
func (p *searchPlace) Hidden() { p.up = false }

// Typed hears what is typed into the command bar: a search for other words stops.
func (p *searchPlace) Typed(text string) {
	if p.vm.Running() {
		p.vm.SetText(text)
	}
}

func (p *searchPlace) Focus() {
	if p.vm.Count() > 0 {
		p.focusList()
	}
}

// focusList gives the list the keyboard. That alone does not put the cursor on a row: rows still find their order.
func (p *searchPlace) focusList() {
	p.quiet = true
	p.list.Focus()
	p.quiet = false
	p.list.Select(p.vm.Selected())
}

func (p *searchPlace) Close() {
	p.closed = true
	p.vm.Stop()
	p.base.Close()
}

// Back stops a running search first.
func (p *searchPlace) Back() bool {
	if p.vm.Running() {
		p.vm.Stop()
		return true
	}
	return false
}

func (p *searchPlace) AskAgain() { p.vm.AskAgain("") }

func (p *searchPlace) Fold(w float32) {
	folded, noView := w < foldSide, w < foldPreview
	if folded != p.folded || noView != p.noView {
		p.folded, p.noView = folded, noView
		p.refreshTops()
		p.middle.Refresh()
	}
}

// Marking is the highest marking of what the rows hold.
func (p *searchPlace) Marking() pole.Marking {
	if d := p.k.desk.Dictionary(); d != nil {
		return d.Highest(p.vm.Markings()...)
	}
	return pole.Marking{}
}

func (p *searchPlace) Shortcuts() []place.Shortcut {
	out := []place.Shortcut{
		{Key: fyne.KeyReturn, Label: t("screens.search.key.open")},
		{Key: fyne.KeyF5, Label: t("screens.search.key.again")},
		{Key: fyne.KeyM, Mod: fyne.KeyModifierAlt, Label: t("screens.search.key.compare"), Do: p.compare},
		{Key: fyne.KeyZ, Mod: fyne.KeyModifierControl, Label: t("screens.judged.key.undo"), Do: func() { p.k.undoLast(p.host) }},
		{Key: fyne.KeyPeriod, Mod: fyne.KeyModifierControl, Label: t("screens.search.key.settle"), Do: p.settle},
		{Key: fyne.KeyEscape, Label: t("screens.search.key.stop")},
		{Key: fyne.KeyE, Mod: fyne.KeyModifierControl, Label: t("screens.search.key.entry"), Do: p.enter},
		{Key: fyne.KeyE, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift, Label: t("screens.entry.key.fill"), Do: func() {
			if c, _ := p.vm.Preview(); c != nil {
				p.host.Go(place.Enter, place.FillEntry{From: c})
			}
		}},
		{Key: fyne.KeyW, Label: t("screens.case.key.who"), Do: func() { p.who("") }},
	}
	for i, c := range vm.Classes() {
		out = append(out, place.Shortcut{Key: fyne.KeyName(rune('1' + i)), Mod: fyne.KeyModifierAlt,
			Label: t("screens.search.key.filter") + ": " + t("screens.class."+string(c)), Do: func() { p.vm.Toggle(c) }})
	}
	return out
}

// who shows who says what the preview shows: the gravest disagreement first, or the value that was pressed.
func (p *searchPlace) who(at string) {
	c, _ := p.vm.Preview()
	if c == nil {
		return
	}
	if at == "" {
		at = vm.WhoTitle
		if len(c.Disagreements) > 0 {
			at = vm.WhoProperty + string(c.Disagreements[0].Property)
		}
	}
	p.k.whoSheet(p.host, c, p.vm.Marks(), at)
}

func (p *searchPlace) moved(id string) {
	if p.quiet {
		return
	}
	for i := range p.vm.Count() {
		if p.vm.ID(i) == id {
			p.vm.Select(i)
			return
		}
	}
}

func (p *searchPlace) open(id string) { p.host.Go(place.Cases, id) }

func (p *searchPlace) enter() {
	c, _ := p.vm.Preview()
	if c != nil {
		p.host.Go(place.Enter, place.NewEntry{From: c})
	}
}

func (p *searchPlace) settle() {
	p.vm.Settle()
	p.list.Focus()
}

// rowHeight is the height of a result: one line for who it is or two, its danger where there is any, one line for why it is here.
func (p *searchPlace) rowHeight(i int, width float32) float32 {
	k := heightKey{p.vm.At(i), width}
	h, known := p.heights[k]
	if known {
		return h
	}
	h = theme.Gap(5) + 2*line() + 3
	title, detail, systems, warns := p.vm.Shape(i)
	if guess, room := headGuess(title, detail, systems, width); guess > 1.2*room || guess > 0.8*room && p.twoLines(i, width) {
		h += line() + 2
	}
	if warns {
		// Danger is never cut: the badges are measured, on as many lines as they need.
		h += widgets.HeightFor(widgets.NewFlow(rowBadges(p.vm.Row(i))...), width-theme.Gap(7)) + theme.Gap(1)
	}
	p.heights[k] = h
	return h
}

// roughHeight is about the height of a result that is not in sight.
func (p *searchPlace) roughHeight(i int, width float32) float32 {
	title, detail, systems, warns := p.vm.Shape(i)
	h := theme.Gap(5) + 2*line() + 3
	if guess, room := headGuess(title, detail, systems, width); guess > room {
		h += line() + 2
	}
	if warns {
		h += 2 * line()
	}
	return h
}

// headGuess tells by counting letters how wide who it is may be, and how much room there is for it.
func headGuess(title, detail, systems int, width float32) (guess, room float32) {
	return scaled(8.2*float32(title) + 6.4*float32(detail) + 8), width - theme.Gap(10) - scaled(52)*float32(systems)
}

// twoLines measures whether who row i is needs a second line.
func (p *searchPlace) twoLines(i int, width float32) bool {
	row := p.vm.Row(i)
	head, chips := widgets.NewFlow(headRuns(row)...), widgets.NewFlow(markRuns(row)...)
	return widgets.HeightFor(widgets.Row(3, widgets.Grow(head), widgets.Fix(chips)), width-theme.Gap(7)) > line()*1.6
}

// refresh brings everything on screen up to date; the view-model calls it at most every 80 ms.
func (p *searchPlace) refresh() {
	p.title.Set(p.vm.Query())
	if !p.vm.Ran() {
		p.title.Set(t("screens.search.title"))
	}
	if p.vm.Ran() && p.vm.Entities() > 0 {
		p.count.Set(p.vm.Summary())
	} else {
		p.count.Set("")
	}
	if n := p.vm.New(); n > 0 {
		p.fresh.Set(t("screens.search.new", "n", n), shellKey(fyne.KeyPeriod))
		p.fresh.Show()
	} else {
		p.fresh.Hide()
	}
	if p.list.Selected() != p.vm.Selected() {
		p.list.Select(p.vm.Selected())
	}
	p.list.Refresh()
	p.refreshEmpty()
	p.refreshTops()
	p.side.refresh()
	p.preview.refresh()
	p.middle.Refresh()
	p.host.Refresh()
	if p.vm.Running() && !p.ticking {
		p.tick()
	}
	if p.up && p.vm.Count() > 0 && p.host.Canvas() != nil && p.host.Canvas().Focused() == nil {
		p.focusList()
	}
}

// tick keeps 'asking… 0.6 s' moving.
func (p *searchPlace) tick() {
	p.ticking = true
	after := p.k.env.After
	if after == nil {
		after = func(d time.Duration, f func()) func() { x := time.AfterFunc(d, f); return func() { x.Stop() } }
	}
	after(200*time.Millisecond, func() {
		p.k.env.Post(func() {
			p.ticking = false
			if p.vm.Running() && !p.closed {
				p.side.refresh()
				p.tick()
			}
		})
	})
}

func (p *searchPlace) refreshEmpty() {
	kind := ""
	switch {
	case p.vm.Count() > 0:
	case !p.vm.Ran():
		kind = "start"
	case p.vm.Fault() != "":
		kind = "fault" + p.vm.Fault()
	case p.vm.Running():
		kind = "asking"
	case p.vm.Entities() > 0:
		kind = "hidden"
	case len(p.vm.Gaps()) > 0:
		kind = "gaps"
	default:
		kind = "none"
	}
	if kind == p.shown {
		return
	}
	p.shown = kind
	p.empty.Objects = nil
	var o fyne.CanvasObject
	switch kind {
	case "":
	case "start":
		o = widgets.NewEmpty(t("screens.search.empty"), t("screens.search.empty.how"), nil)
	case "asking":
		o = widgets.NewSkeleton(t("screens.search.none.asking"), 4)
	case "hidden":
		o = widgets.NewEmpty(t("screens.search.none"), t("screens.search.none.hidden"), nil)
	case "gaps":
		o = widgets.NewEmpty(t("screens.search.none"), t("screens.search.none.gaps"), nil)
	case "none":
		o = widgets.NewEmpty(t("screens.search.none"), t("screens.search.none.complete"), nil)
	default:
		o = widgets.NewNotice(widgets.Alarm, p.vm.Fault(), nil)
	}
	if o != nil {
		p.empty.Objects = []fyne.CanvasObject{o}
	}
	if _, notice := o.(*widgets.Card); notice {
		p.empty.Objects = []fyne.CanvasObject{widgets.Stack(0, o)}
	}
	p.empty.Refresh()
}

// refreshTops says above the results what was not searched, when there is no side column to say it.
func (p *searchPlace) refreshTops() {
	p.tops.Objects = nil
	if p.folded {
		p.tops.Objects = append(p.tops.Objects, widgets.NewCut(p.vm.Tally(), widgets.Heading))
		for _, g := range p.vm.Gaps() {
			p.tops.Objects = append(p.tops.Objects, p.gapCard(g))
		}
	}
	p.tops.Refresh()
}

func (p *searchPlace) gapCard(g vm.GapBlock) *widgets.Card {
	l := level(g.Tone)
	c := widgets.NewEdgedCard(l, widgets.Stack(2,
		widgets.Stack(0.5,
			widgets.NewFlow(widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 11)), widgets.Span(g.Title, widgets.BodyBold.In(l.Color()))),
			widgets.NewPara(g.Text, widgets.MutedText)),
		widgets.Row(0, widgets.Fix(widgets.NewButton(t("screens.search.again"), "F5", func() { p.vm.AskAgain(g.Mark.System) })), widgets.Spacer())))
	c.Label = g.Title + ". " + g.Text
	return c
}
