package screens

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/caseview/places"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// mapPane is the map of a case: filters, the map, the same as a list beside it, and the selected place in full.
type mapPane struct {
	k      *kit
	host   place.Host
	vm     *vm.CaseMap
	mapped *widgets.Map
	list   *widgets.List
	class  *widgets.Select
	search *widgets.Input
	count  *widgets.Flow
	detail *fyne.Container
	body   *fyne.Container
	object *fyne.Container
	open   func(id string)
	seq    int
	shown  string
	wanted bool // the keyboard goes to the map once it is there
}

func newMapPane(k *kit, host place.Host, open func(id string)) *mapPane {
	p := &mapPane{k: k, host: host, open: open, seq: -1}
	p.vm = vm.NewCaseMap(k.env, k.desk.Dictionary(), k.desk)
	p.vm.OnChange = p.refresh
	p.vm.OnTiles = p.tilesCame
	p.mapped = widgets.NewMap()
	p.mapped.Label = t("screens.case.tab.map")
	for i, c := range vm.Classes() {
		p.mapped.Legend[i] = t("screens.map.sign." + string(c))
	}
	p.mapped.Legend[4] = t("screens.map.sign.about")
	p.mapped.OnSelect = p.vm.Select
	p.mapped.OnOpen = p.openPlace
	p.mapped.OnGroup = func(ids []string) {
		p.vm.Select(ids[0])
		p.list.Focus()
	}
	p.makeList()
	p.class = widgets.NewSelect(t("screens.map.all"), []widgets.Option{{Value: "", Label: t("screens.map.all")}}, func(x string) {
		text, _ := p.vm.Find()
		p.vm.SetFind(text, pole.Class(x))
	})
	p.class.Label = t("screens.map.all")
	for _, c := range vm.Classes() {
		p.class.Options = append(p.class.Options, widgets.Option{Value: string(c), Label: t("screens.class." + string(c))})
	}
	p.search = widgets.NewInput(t("screens.timeline.search"))
	p.search.Label = t("screens.timeline.search")
	p.search.OnChanged = func(s string) {
		_, class := p.vm.Find()
		p.vm.SetFind(s, class)
	}
	p.search.OnSubmit = func(string) { p.Focus() }
	p.count = widgets.NewFlow()
	p.count.MaxLines = 1
	p.detail = container.NewStack()
	p.body = container.NewStack(widgets.NewSkeleton(t("screens.map.loading"), 5))
	bar := widgets.Row(2, widgets.Wide(p.class, scaled(236)), widgets.Grow(p.search))
	p.object = paneFrame(bar, p.count, p.body, p.list, p.detail)
	return p
}

func (p *mapPane) set(c *caseview.Case, marks vm.Marks) { p.vm.Set(c, marks) }

// Focus puts the keyboard on the map, or on the list where nothing has a point.
func (p *mapPane) Focus() {
	if ok, _ := p.vm.Ready(); !ok {
		p.wanted = true
		return
	}
	p.wanted = false
	if len(p.vm.Points()) > 0 {
		p.mapped.Focus()
		return
	}
	p.list.Focus()
}

func (p *mapPane) openPlace(id string) {
	for _, list := range [][]places.Place{p.vm.Points(), p.vm.Unplaced()} {
		for i := range list {
			if list[i].ID == id && list[i].Entity != "" && p.open != nil {
				p.open(list[i].Entity)
				return
			}
		}
	}
}

// item is row i of the list: the places on the map, then those without a point.
func (p *mapPane) item(i int) *places.Place {
	if n := len(p.vm.Points()); i >= n {
		return &p.vm.Unplaced()[i-n]
	}
	return &p.vm.Points()[i]
}

type placeRow struct {
	title *widgets.Words
	care  *widgets.Words
	where *widgets.Words
	chips *widgets.Flow
	sign  *widgets.Glyph
	last  string
}

// classShape is the sign of a class on the map.
var classShape = map[pole.Class]widgets.Shape{pole.ClassPerson: widgets.Circle, pole.ClassObject: widgets.Square, pole.ClassLocation: widgets.Diamond, pole.ClassEvent: widgets.Triangle}

func (p *mapPane) makeList() {
	parts := rows[*placeRow]{}
	p.list = widgets.NewList(ids{func() int { return len(p.vm.Points()) + len(p.vm.Unplaced()) }, func(i int) string { return p.item(i).ID }},
		func() fyne.CanvasObject {
			r := &placeRow{title: widgets.NewCut("", widgets.Body), care: widgets.NewWords("", widgets.Caution), where: widgets.NewCut("", widgets.Ident),
				chips: widgets.NewFlow(), sign: widgets.NewGlyph(widgets.Circle, theme.Muted, 10)}
			r.chips.MaxLines = 1
			o := widgets.Pad(1, 2.5, widgets.Stack(0, widgets.Row(1.5, widgets.Wide(r.sign, 14), widgets.Grow(r.title), widgets.Wide(r.care, scaled(34))),
				widgets.Row(2, widgets.Grow(r.where), widgets.Wide(r.chips, scaled(84)))))
			parts[o] = r
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			r, x := parts[o], p.item(i)
			sig := strconv.Itoa(p.seq) + x.ID
			if r.last == sig {
				return
			}
			r.last = sig
			r.sign.Set(classShape[x.Class], theme.Muted)
			r.title.Set(x.Title)
			care := ""
			if len(x.Others) > 0 {
				care = "≠ " + strconv.Itoa(1+len(x.Others))
			}
			r.care.Set(care)
			st, where := widgets.Ident, x.Grid
			switch {
			case x.Why != "":
				st, where = widgets.Ident.In(theme.Disagree), t("screens.map.nopoint")
			case x.How != places.Exact:
				where = "≈ " + where
				if x.Area != "" {
					where = "≈ " + x.Area + "  " + x.Grid
				}
			}
			r.where.SetStyle(where, st)
			var runs []widgets.Run
			for k, m := range p.vm.MarksOf(x) {
				if k == 2 && len(x.Systems) > 3 {
					runs = append(runs, widgets.Span("+"+strconv.Itoa(len(x.Systems)-2), widgets.Small))
					break
				}
				runs = append(runs, widgets.Inline(sign(m)))
			}
			r.chips.Set(runs...)
		})
	p.list.Height = func(int, float32) float32 { return 2*line() + theme.Gap(2.5) }
	p.list.Label = t("screens.map.list")
	p.list.OnSelect = p.vm.Select
	p.list.OnOpen = p.openPlace
}

// tilesCame draws the pictures that have come.
func (p *mapPane) tilesCame() {
	p.mapped.Note = p.vm.Note()
	p.mapped.Refresh()
}

func (p *mapPane) refresh() {
	ok, seq := p.vm.Ready()
	if !ok {
		return
	}
	if seq != p.seq {
		first := p.seq < 0
		p.seq = seq
		if s := p.vm.Tiles(); s != nil {
			p.mapped.Tiles = s
		}
		p.mapped.Note = p.vm.Note()
		p.mapped.SetPoints(p.vm.Points(), !first)
		p.list.Refresh()
		var o fyne.CanvasObject = p.mapped
		if len(p.vm.Points()) == 0 && p.vm.Filtered() {
			o = widgets.NewEmpty(t("screens.map.nothing"), t("screens.timeline.nothing.how"), nil)
		}
		if len(p.body.Objects) != 1 || p.body.Objects[0] != o {
			p.body.Objects = []fyne.CanvasObject{o}
			p.body.Refresh()
		}
		p.fillCount()
		p.shown = "?"
		if first && p.wanted {
			p.Focus()
		}
	}
	id := ""
	if x := p.vm.Selected(); x != nil {
		id = x.ID
	}
	p.mapped.Select(id)
	if p.list.Selected() != id {
		p.list.Reveal(id)
	}
	if p.shown != id {
		p.shown = id
		p.fillDetail()
	}
}

func (p *mapPane) fillCount() {
	var runs []widgets.Run
	if m := p.vm.Missing(); m != "" {
		runs = append(runs, widgets.Inline(widgets.NewGlyph(widgets.Hexagon, theme.Danger, 11)), widgets.Span(m+"  ", widgets.DangerTxt.Strong()))
	}
	runs = append(runs, widgets.Span(p.vm.Summary(), widgets.MutedText))
	if p.vm.Tiles() == nil && p.vm.Note() == "" {
		runs = append(runs, widgets.Span(" · "+t("screens.map.outline"), widgets.MutedText))
	}
	p.count.Set(runs...)
}

// fillDetail shows the selected place in full.
func (p *mapPane) fillDetail() {
	x := p.vm.Selected()
	if x == nil {
		p.detail.Objects = []fyne.CanvasObject{widgets.NewCard(widgets.NewPara(t("screens.map.choose"), widgets.MutedText))}
		p.detail.Refresh()
		relayout(p.object)
		return
	}
	objs := []fyne.CanvasObject{widgets.NewPara(x.Title, widgets.BodyBold)}
	var sub []string
	for _, s := range []string{x.When, strings.Join(x.Roles, ", ")} {
		if s != "" {
			sub = append(sub, s)
		}
	}
	if len(sub) > 0 {
		objs = append(objs, widgets.NewPara(strings.Join(sub, " · "), widgets.MutedText))
	}
	if x.Address != "" && x.Address != x.Title {
		objs = append(objs, widgets.NewPara(x.Address, widgets.Body))
	}
	if x.Why == "" {
		objs = append(objs, widgets.NewFlow(append([]widgets.Run{widgets.Span(x.Grid+"  ", widgets.Ident.Strong()), widgets.Span(vm.LatLon(x)+" ", widgets.Ident)}, chipRuns(p.vm.MarksOf(x))...)...))
	} else {
		objs = append(objs, widgets.NewFlow(append([]widgets.Run{widgets.Span(t("screens.map.nopoint")+" ", widgets.Ident.In(theme.Disagree))}, chipRuns(p.vm.MarksOf(x))...)...))
	}
	for i := range x.Others {
		o := &x.Others[i]
		objs = append(objs, widgets.NewFlow(append([]widgets.Run{widgets.Span("≠ "+o.Grid+" ", widgets.Ident.In(theme.Disagree)),
			widgets.Span(vm.Metres(pole.Distance(x.Lat, x.Lon, o.Lat, o.Lon))+" ", widgets.Small)}, chipRuns(p.vm.MarksOf(o))...)...))
	}
	how := []widgets.Run{widgets.Span(p.vm.How(x), widgets.Small)}
	if x.How != places.Exact {
		how = append([]widgets.Run{widgets.Inline(widgets.NewGlyph(widgets.HalfTri, theme.Disagree, 10))}, how...)
	}
	objs = append(objs, widgets.NewFlow(how...))
	if x.Ended {
		objs = append(objs, widgets.NewPara(t("screens.map.ended"), widgets.Small))
	}
	buttons := []widgets.Cell{widgets.Fix(widgets.NewSmall(t("screens.timeline.open"), "Enter", func() { p.openPlace(x.ID) }))}
	if len(x.Said) > 0 {
		buttons = append(buttons, widgets.Fix(widgets.NewSmall(t("screens.case.whosays"), "W", p.whoSays)))
	}
	if p.vm.Copy(x) != "" {
		buttons = append(buttons, widgets.Fix(widgets.NewSmall(t("screens.map.copy"), "C", p.copy)))
	}
	objs = append(objs, widgets.Pad(1, 0, widgets.Row(2, append(buttons, widgets.Spacer())...)))
	p.detail.Objects = []fyne.CanvasObject{widgets.NewCard(widgets.Stack(1, objs...))}
	p.detail.Refresh()
	relayout(p.object)
}

// copy puts the selected place's grid reference and degrees on the clipboard.
func (p *mapPane) copy() {
	x := p.vm.Selected()
	if x == nil {
		return
	}
	clip, text, err := p.vm.Clip(x)
	switch {
	case err != nil:
		p.host.Notify(place.Caution, t("screens.copy.refused", "why", err.Error()))
	case clip != "":
		fyne.CurrentApp().Clipboard().SetContent(clip)
		p.host.Notify(place.Good, t("screens.map.copied", "what", text))
	}
}

// whoSays shows who says where the selected place is, in their own words.
func (p *mapPane) whoSays() {
	x := p.vm.Selected()
	if x == nil || len(x.Said) == 0 {
		return
	}
	grids := []string{x.Grid}
	for _, o := range x.Others {
		grids = append(grids, o.Grid)
	}
	var objs []fyne.CanvasObject
	for k, lines := range p.vm.WhoSays(x) {
		st, text := widgets.Name, grids[k]
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
	p.host.Modal(t("screens.case.whosays")+": "+x.Title, container.New(layoutFunc{fyne.NewSize(680, height+8), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, widgets.NewScroll(content)), nil)
}

// shortcuts are the keys of the map.
func (p *mapPane) shortcuts() []place.Shortcut {
	key := func(k fyne.KeyName, label string, do func()) place.Shortcut {
		return place.Shortcut{Key: k, Label: t("screens.map.key." + label), Do: do}
	}
	return []place.Shortcut{
		key("+ − 0", "zoom", nil), key("← → ↑ ↓  Tab", "move", nil), key("< >  Page Up/Down", "pan", nil),
		key(fyne.KeyW, "who", p.whoSays), key(fyne.KeyC, "copy", p.copy),
		key(fyne.KeyK, "kind", func() { p.class.Focus(); p.class.Open("") }), key(fyne.KeySlash, "search", func() { p.search.Focus() }),
		key(fyne.KeyX, "clear", p.clear), key(fyne.KeyN, "conflict", func() { p.vm.NextConflict() }),
		key(fyne.KeyU, "unplaced", p.toUnplaced), key(fyne.KeyT, "table", p.toList),
	}
}

func (p *mapPane) clear() {
	p.search.SetText("")
	p.class.SetValue("")
	p.vm.SetFind("", "")
	p.Focus()
}

// toUnplaced goes to the first of those without a point.
func (p *mapPane) toUnplaced() {
	if u := p.vm.Unplaced(); len(u) > 0 {
		p.vm.Select(u[0].ID)
		p.list.Focus()
	}
}

// toList moves the keyboard between the map and the list.
func (p *mapPane) toList() {
	if c := p.host.Canvas(); c != nil && c.Focused() == fyne.Focusable(p.list) {
		p.Focus()
		return
	}
	p.list.Focus()
}

// mapTab is the map as a tab of the case. It is made once for each reading of the case, so that filters and view stay.
func (p *casesPlace) mapTab(c *caseview.Case) fyne.CanvasObject {
	if p.mapped == nil {
		p.mapped = newMapPane(p.k, p.host, p.openRef)
		p.mapped.set(c, p.vm.Marks())
	}
	return p.mapped.object
}
