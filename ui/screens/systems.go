package screens

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/desk"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// systemsPlace shows each system to whoever looks after it: how it is, its connector, what that maps, and whether it answers.
type systemsPlace struct {
	base
	vm     *vm.Systems
	lines  []vm.HealthLine
	list   *widgets.List
	parts  rows[*systemRow]
	check  *widgets.Button
	detail *fyne.Container
	scroll *widgets.Scroll // of the sheets that are longer than the window
	tabs   *widgets.Tabs
	kinds  *widgets.Tabs
	source *sheet
	maps   *sheet
	mapped []vm.MapRow
	sig    string
	note   string
}

func newSystems(k *kit, h place.Host) *systemsPlace {
	p := &systemsPlace{base: base{k: k, host: h, id: place.Systems}, parts: rows[*systemRow]{}}
	p.vm = vm.NewSystems(k.env, k.desk)
	p.vm.OnChange = p.refresh
	p.vm.Kind = func(kind pole.Kind) string {
		if d := k.desk.Dictionary(); d != nil {
			if def, ok := d.Kind(kind); ok && def.Plural != "" {
				return def.Plural
			}
		}
		return string(kind)
	}
	p.vm.Property = func(name pole.Property) string {
		if d := k.desk.Dictionary(); d != nil {
			def, _ := d.Property(name)
			return def.Label
		}
		return ""
	}
	p.vm.Role = func(name pole.Role) string {
		if d := k.desk.Dictionary(); d != nil {
			def, _ := d.Role(name)
			return def.Label
		}
		return ""
	}
	p.source = newSheet(t("screens.systems.source"), widgets.PlainRows)
	p.maps = newSheet(t("screens.systems.tab.mapping"), widgets.LinedRows)
	p.maps.list.OnOpen = p.toLine
	p.list = widgets.NewList(ids{func() int { return len(p.lines) }, func(i int) string { return p.lines[i].Mark.System }},
		func() fyne.CanvasObject { return newSystemRow(p.parts) },
		func(i int, o fyne.CanvasObject, _ widgets.RowState) { p.parts[o].set(p.lines[i]) })
	p.list.Height = func(int, float32) float32 { return theme.Size(theme.RowHeight) + theme.Gap(2) }
	p.list.Label = t("screens.systems.title")
	p.list.OnSelect = p.vm.SelectID
	p.check = widgets.NewSmall(t("screens.systems.check"), "F5", p.vm.Check)
	add := widgets.NewButton(t("screens.systems.add"), "Ctrl N", p.add)
	p.detail = container.NewStack()
	p.scroll = widgets.NewScroll(container.NewStack())
	left := container.New(layoutFunc{fyne.NewSize(280, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, 28)
		y := 28 + theme.Gap(2)
		foot := widgets.HeightFor(o[2], s.Width)
		room := s.Height - y - foot - theme.Gap(3)
		h := min(room, p.list.HeightFor(s.Width-2)+2)
		put(o[1], 0, y, s.Width, h)
		put(o[2], 0, y+h+theme.Gap(3), s.Width, foot)
	}}, widgets.NewTitle(t("screens.systems.title"), p.check), widgets.NewFlushCard(p.list), widgets.Row(0, widgets.Fix(add), widgets.Spacer()))
	right := widgets.Grow(widgets.Pad(4, 4, p.detail))
	right.Grow = 2.6
	p.object = widgets.Columns(0, widgets.Grow(widgets.Pad(4, 4, left)), widgets.Wide(widgets.VLine(), 1), right)
	p.listen(func(n desk.Notice) {
		if n.Topic == desk.TopicSystems || n.Topic == desk.TopicState {
			p.vm.Load()
		}
	})
	return p
}

// Shown shows the systems, at the one that arg names.
func (p *systemsPlace) Shown(arg any) {
	if id, ok := arg.(string); ok && id != "" {
		p.vm.SelectID(id)
	}
	p.vm.Load()
}

func (p *systemsPlace) Focus()    { p.list.Focus() }
func (p *systemsPlace) AskAgain() { p.vm.Check() }

func (p *systemsPlace) Shortcuts() []place.Shortcut {
	out := []place.Shortcut{
		{Key: fyne.KeyF5, Label: t("screens.systems.key.check")},
		{Key: fyne.KeyT, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.test"), Do: p.vm.Test},
		{Key: fyne.KeyG, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.credential"), Do: p.credential},
		{Key: fyne.KeyF8, Label: t("screens.systems.key.finding"), Do: p.nextFinding},
		{Key: fyne.KeyO, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.folder"), Do: p.openFolder},
		{Key: fyne.KeyC, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift, Label: t("screens.systems.key.path"), Do: p.copyPath},
		{Key: fyne.KeyN, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.add"), Do: p.add},
	}
	for i, tab := range vm.SystemTabs() {
		out = append(out, place.Shortcut{Key: fyne.KeyName(rune('1' + i)), Mod: fyne.KeyModifierAlt, Label: t("screens.systems.tab." + string(tab)), Do: func() { p.vm.SetTab(tab) }})
	}
	return out
}

// toLine shows the line of the connector from which a row of the mapping comes.
func (p *systemsPlace) toLine(row string) {
	for i, r := range p.mapped {
		if p.maps.ids[i] == row && r.Line > 0 {
			p.vm.SetTab(vm.TabConnector)
			p.source.list.Reveal(vm.LineID(r.Line))
			p.source.list.Focus()
			return
		}
	}
}

func (p *systemsPlace) nextFinding() {
	if id := p.vm.NextFinding(p.source.list.Selected()); id != "" {
		p.vm.SetTab(vm.TabConnector)
		p.source.list.Reveal(id)
		p.source.list.Focus()
	}
}

func (p *systemsPlace) path() string {
	d, _ := p.vm.Selected()
	return d.Path
}

func (p *systemsPlace) copyPath() {
	if path := p.path(); path != "" {
		fyne.CurrentApp().Clipboard().SetContent(path)
		p.host.Notify(place.Good, t("screens.systems.path.copied"))
	}
}

// openFolder shows the folder of the connector's file in the computer's own manner.
func (p *systemsPlace) openFolder() {
	path := p.path()
	if path == "" {
		return
	}
	dir := filepath.ToSlash(filepath.Dir(path))
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir // a drive's letter
	}
	if err := fyne.CurrentApp().OpenURL(&url.URL{Scheme: "file", Path: dir}); err != nil {
		p.host.Notify(place.Danger, t("screens.systems.path.failed", "path", filepath.Dir(path)))
	}
}

// credential asks for what the system needs. The frame does it for a first time; here it can also be changed.
func (p *systemsPlace) credential() {
	d, ok := p.vm.Selected()
	if !ok {
		return
	}
	opts := d.Asks
	if len(opts) == 0 {
		opts = d.Needs
	}
	if len(opts) == 0 {
		return
	}
	var fields []fyne.CanvasObject
	inputs := map[string]*widgets.Input{}
	var first *widgets.Input
	problem := widgets.NewFlow()
	var done func()
	do := func() {
		values := map[string]string{}
		for name, in := range inputs {
			values[name] = in.Text()
		}
		p.vm.GiveCredential(d.Status.ID, values, func(err error) {
			if err == nil {
				done()
				return
			}
			words, _ := p.vm.Note()
			problem.Set(widgets.Inline(widgets.NewGlyph(widgets.Triangle, theme.Danger, 11)), widgets.Span(words, widgets.DangerTxt))
		})
	}
	for _, o := range opts {
		in := widgets.NewInput(o.Default)
		if o.Type == plugins.OptionSecret {
			in = widgets.NewPassword("")
		}
		in.OnSubmit = func(string) { do() }
		label := o.Label
		if label == "" {
			label = o.Name
		}
		f := widgets.NewField(label, in)
		if o.Help != "" {
			f.SetHelp(o.Help)
		}
		inputs[o.Name] = in
		if first == nil {
			first = in
		}
		fields = append(fields, f)
	}
	content := append([]fyne.CanvasObject{widgets.NewPara(t("screens.systems.signin.needs"), widgets.MutedText)}, fields...)
	content = append(content, problem, widgets.Row(2, widgets.Spacer(), widgets.Fix(widgets.NewPrimary(t("screens.systems.signin.give"), "Enter", do))))
	done = p.host.Modal(d.Status.Name, widgets.Stack(3, content...), nil)
	first.Focus()
}

// add asks for a connector file.
func (p *systemsPlace) add() {
	in := widgets.NewInput("acme.yaml")
	f := widgets.NewField(t("screens.systems.add.file"), in)
	var done func()
	do := func() {
		file := strings.TrimSpace(in.Text())
		if file == "" {
			in.Focus()
			return
		}
		p.vm.Add(file, nil, func(err error) {
			if err == nil {
				done()
				return
			}
			words, _ := p.vm.Note()
			f.SetError(words)
		})
	}
	in.OnSubmit = func(string) { do() }
	done = p.host.Modal(t("screens.systems.add.title"), widgets.Stack(3, widgets.NewPara(t("screens.systems.add.how"), widgets.MutedText), f,
		widgets.Row(2, widgets.Spacer(), widgets.Fix(widgets.NewPrimary(t("screens.systems.add.go"), "Enter", do)))), nil)
	in.Focus()
}

func (p *systemsPlace) refresh() {
	p.lines = p.vm.List()
	if p.vm.Checking() {
		p.check.Set(t("screens.systems.checking"), "")
	} else {
		p.check.Set(t("screens.systems.check"), "F5")
	}
	if d, ok := p.vm.Selected(); ok {
		p.list.Select(d.Status.ID)
		p.refreshDetail(d)
	} else {
		p.sig = ""
		p.detail.Objects = []fyne.CanvasObject{widgets.Stack(0, widgets.NewEmpty(t("screens.systems.none"), t("screens.systems.add.how"), nil))}
		p.detail.Refresh()
	}
	p.list.Refresh()
	p.object.Refresh()
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
}

func facts(lines []vm.Line) *widgets.Facts {
	var out []widgets.Fact
	for _, l := range lines {
		st := widgets.Body
		if l.Mono {
			st = widgets.Ident
		}
		var runs []widgets.Run
		if l.Tone != vm.Quiet {
			st = st.In(level(l.Tone).Color())
			runs = append(runs, widgets.Inline(widgets.NewGlyph(level(l.Tone).Symbol(), level(l.Tone).Color(), 9)))
		}
		out = append(out, widgets.Fact{Label: l.Label, Value: widgets.NewFlow(append(runs, widgets.Span(l.Value, st))...)})
	}
	return widgets.NewFacts(out...)
}

func (p *systemsPlace) refreshDetail(d vm.SystemDetail) {
	test := p.vm.TestResult()
	sig := fmt.Sprint(d.Status.ID, p.vm.Tab(), p.vm.MapKind(), d.Health.Words, d.Say, d.SignIn, len(d.Needs), d.Now, d.Figures, d.Errors, d.Recent, d.Facts, d.Reach, p.vm.Testing(), test, len(p.vm.Source()), p.vm.TabWords(vm.TabConnector))
	if sig == p.sig {
		return
	}
	same := strings.HasPrefix(p.sig, d.Status.ID+string(p.vm.Tab()))
	p.sig = sig
	focused := p.tabs != nil && p.host.Canvas() != nil && p.host.Canvas().Focused() == fyne.Focusable(p.tabs)
	fixed := append(p.head(d), p.bar())
	var body fyne.CanvasObject
	off := p.scroll.Offset()
	scrolled := func(o fyne.CanvasObject) fyne.CanvasObject {
		p.scroll.Set(o)
		if same {
			p.scroll.ScrollTo(off)
		}
		return p.scroll
	}
	switch p.vm.Tab() {
	case vm.TabConnector:
		body = p.connector(d)
	case vm.TabMapping:
		body = p.mapping()
	case vm.TabTest:
		body = scrolled(p.test(d))
	default:
		body = scrolled(p.health(d))
	}
	p.detail.Objects = []fyne.CanvasObject{below(widgets.Stack(2.5, fixed...), body)}
	p.detail.Refresh()
	if focused {
		p.host.Canvas().Focus(p.tabs)
	}
}

// head is the system's name and how it is, and what is to be done about it.
func (p *systemsPlace) head(d vm.SystemDetail) []fyne.CanvasObject {
	lv := level(d.Health.Tone)
	id := d.Status.ID
	remove := widgets.NewSmall(t("screens.systems.remove"), "", func() {
		p.host.Confirm(t("screens.systems.remove"), t("screens.systems.remove.ask", "system", d.Status.Name), t("screens.systems.remove"), true, func() { p.vm.Remove(id) })
	})
	objs := []fyne.CanvasObject{widgets.Row(3, widgets.Wide(widgets.NewGlyph(widgets.Shape(d.Health.Mark.Shape), theme.Text, 18), 24),
		widgets.Grow(widgets.NewCut(d.Status.Name, widgets.Title)), widgets.Fix(widgets.NewGlyph(lv.Symbol(), lv.Color(), 10)),
		widgets.Fix(widgets.NewWords(d.Health.Words, widgets.BodyBold.In(lv.Color()))), widgets.Fix(remove))}
	if d.Status.Help != "" {
		objs = append(objs, widgets.NewPara(d.Status.Help, widgets.MutedText))
	}
	if d.Say != "" {
		l := lv
		if d.Health.Tone == vm.Good {
			l = widgets.Quiet
		}
		objs = append(objs, widgets.NewNotice(l, d.Say, widgets.NewButton(t("screens.systems.test.again"), "Ctrl T", p.vm.Test)))
	}
	return objs
}

func (p *systemsPlace) bar() *widgets.Tabs {
	var items []widgets.Tab
	for _, tab := range vm.SystemTabs() {
		items = append(items, widgets.Tab{ID: string(tab), Text: p.vm.TabWords(tab)})
	}
	p.tabs = widgets.NewTabs(nil, items...)
	p.tabs.Select(string(p.vm.Tab()))
	p.tabs.OnChange = func(id string) { p.vm.SetTab(vm.SystemTab(id)) }
	return p.tabs
}
