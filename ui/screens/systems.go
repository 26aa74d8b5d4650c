package screens

import (
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

// systemsPlace shows each system: how it is, how the officer is signed in there, what it holds, how it has served.
type systemsPlace struct {
	base
	vm     *vm.Systems
	lines  []vm.HealthLine
	list   *widgets.List
	parts  rows[*systemRow]
	check  *widgets.Button
	detail *widgets.Scroll
	sig    string
	note   string
	source bool
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
	p.list = widgets.NewList(ids{func() int { return len(p.lines) }, func(i int) string { return p.lines[i].Mark.System }},
		func() fyne.CanvasObject { return newSystemRow(p.parts) },
		func(i int, o fyne.CanvasObject, _ widgets.RowState) { p.parts[o].set(p.lines[i]) })
	p.list.Height = func(int, float32) float32 { return theme.Size(theme.RowHeight) + theme.Gap(2) }
	p.list.Label = t("screens.systems.title")
	p.list.OnSelect = func(id string) { p.source = false; p.vm.SelectID(id) }
	p.check = widgets.NewSmall(t("screens.systems.check"), "F5", p.vm.Check)
	add := widgets.NewButton(t("screens.systems.add"), "Ctrl N", p.add)
	p.detail = widgets.NewScroll(container.NewStack())
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
	right.Grow = 2
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
	return []place.Shortcut{
		{Key: fyne.KeyF5, Label: t("screens.systems.key.check")},
		{Key: fyne.KeyG, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.credential"), Do: p.credential},
		{Key: fyne.KeyJ, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.source"), Do: p.toggleSource},
		{Key: fyne.KeyN, Mod: fyne.KeyModifierControl, Label: t("screens.systems.key.add"), Do: p.add},
	}
}

func (p *systemsPlace) toggleSource() {
	p.source = !p.source
	p.sig = ""
	p.refresh()
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
		p.detail.Set(widgets.NewEmpty(t("screens.systems.none"), t("screens.systems.add.how"), nil))
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
	sig := d.Status.ID + d.Health.Words + d.Say + d.SignIn + trimFloat(float64(len(d.Needs)))
	for _, l := range append(append(append([]vm.Line{}, d.Facts...), d.Figures...), d.Errors...) {
		sig += l.Label + l.Value
	}
	sig += d.Source.File
	if sig == p.sig {
		return
	}
	same := strings.HasPrefix(p.sig, d.Status.ID)
	p.sig = sig
	lv := level(d.Health.Tone)
	head := widgets.Row(3, widgets.Wide(widgets.NewGlyph(widgets.Shape(d.Health.Mark.Shape), theme.Text, 18), 24),
		widgets.Grow(widgets.NewCut(d.Status.Name, widgets.Title)), widgets.Fix(widgets.NewGlyph(lv.Symbol(), lv.Color(), 10)),
		widgets.Fix(widgets.NewWords(d.Health.Words, widgets.BodyBold.In(lv.Color()))))
	objs := []fyne.CanvasObject{head}
	if d.Status.Help != "" {
		objs = append(objs, widgets.NewPara(d.Status.Help, widgets.MutedText))
	}
	if d.Say != "" {
		l := lv
		if d.Health.Tone == vm.Good {
			l = widgets.Quiet
		}
		objs = append(objs, widgets.NewNotice(l, d.Say, widgets.NewButton(t("screens.search.again"), "F5", p.vm.Check)))
	}
	signin := []fyne.CanvasObject{widgets.NewHeader(t("screens.systems.signin")), widgets.NewPara(d.SignIn, widgets.Body)}
	switch {
	case len(d.Needs) > 0:
		signin = append(signin, widgets.Row(0, widgets.Fix(widgets.NewPrimary(t("screens.systems.signin.give"), "Ctrl G", p.credential)), widgets.Spacer()))
	case len(d.Asks) > 0:
		signin = append(signin, widgets.Row(0, widgets.Fix(widgets.NewButton(t("screens.systems.signin.change"), "Ctrl G", p.credential)), widgets.Spacer()))
	}
	served := widgets.Stack(1, widgets.NewHeader(t("screens.systems.figures")), widgets.NewPara(t("screens.systems.figures.none"), widgets.MutedText))
	if len(d.Figures) > 0 {
		served = widgets.Stack(1, widgets.NewHeader(t("screens.systems.figures")), facts(append(append([]vm.Line{}, d.Figures...), d.Errors...)))
	}
	objs = append(objs, widgets.Grid(3, 700, []int{6, 6},
		widgets.Stack(3, widgets.NewCard(widgets.Stack(2, signin...)), panel(t("screens.systems.about"), facts(d.Facts))),
		widgets.NewCard(served)))
	if len(d.Source.Mapping) > 0 {
		var fs []widgets.Fact
		last := ""
		for _, m := range d.Source.Mapping {
			label := m.Property
			if dict := p.k.desk.Dictionary(); dict != nil {
				if def, ok := dict.Property(pole.Property(m.Property)); ok {
					label = def.Label
				}
			}
			if m.Kind != last {
				last = m.Kind
				fs = append(fs, widgets.Fact{Label: p.vm.Kind(pole.Kind(m.Kind)), Value: widgets.NewFlow()})
			}
			fs = append(fs, widgets.Fact{Label: "   " + label, Value: widgets.NewFlow(widgets.Span(m.Path, widgets.Ident))})
		}
		f := widgets.NewFacts(fs...)
		f.LabelWidth = 220
		objs = append(objs, panel(t("screens.systems.mapping"), f))
	}
	if d.HasYAML {
		words := t("screens.systems.show")
		if p.source {
			words = t("screens.systems.hide")
		}
		src := []fyne.CanvasObject{widgets.NewHeader(t("screens.systems.source")+" "+d.Source.File, widgets.NewSmall(words, "Ctrl J", p.toggleSource))}
		if p.source {
			for _, line := range strings.Split(d.Source.Text, "\n") {
				src = append(src, widgets.NewCut(line, widgets.Ident))
			}
		}
		objs = append(objs, widgets.NewCard(widgets.Stack(0, src...)))
	}
	id := d.Status.ID
	objs = append(objs, widgets.Row(0, widgets.Fix(widgets.NewButton(t("screens.systems.remove"), "", func() {
		p.host.Confirm(t("screens.systems.remove"), t("screens.systems.remove.ask", "system", d.Status.Name), t("screens.systems.remove"), true, func() { p.vm.Remove(id) })
	})), widgets.Spacer()))
	off := p.detail.Offset()
	p.detail.Set(widgets.Stack(3, objs...))
	if same {
		p.detail.ScrollTo(off)
	}
}
