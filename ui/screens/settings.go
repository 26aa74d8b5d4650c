package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// settingsPlace shows what the officer may choose, and what IT decided.
type settingsPlace struct {
	base
	vm      *vm.Settings
	scroll  *widgets.Scroll
	palette *widgets.Select
	density *widgets.Select
	lang    *widgets.Select
	pass    *widgets.Input
	again   *widgets.Input
	passFld *widgets.Field
	state   *widgets.Flow
	set     *widgets.Button
	you     *widgets.Facts
	policy  *fyne.Container
	choices *fyne.Container
	selects map[string]*widgets.Select
	note    string
}

func newSettings(k *kit, h place.Host) *settingsPlace {
	p := &settingsPlace{base: base{k: k, host: h, id: place.Settings}}
	p.vm = vm.NewSettings(k.env, k.desk, k.prefs)
	p.vm.OnChange = p.refresh
	choose := func(label string, get func() []vm.Option, do func(string)) *widgets.Select {
		var opts []widgets.Option
		for _, o := range get() {
			opts = append(opts, widgets.Option{Value: o.ID, Label: o.Label})
		}
		s := widgets.NewSelect("", opts, do)
		s.Label = label
		return s
	}
	p.palette = choose(t("screens.settings.palette"), p.vm.Palettes, p.vm.SetPalette)
	p.density = choose(t("screens.settings.density"), p.vm.Densities, p.vm.SetDensity)
	p.lang = choose(t("screens.settings.language"), p.vm.Languages, p.vm.SetLanguage)
	look := []fyne.CanvasObject{widgets.NewField(t("screens.settings.palette"), p.palette), widgets.NewField(t("screens.settings.density"), p.density)}
	if len(p.vm.Languages()) > 1 {
		look = append(look, widgets.NewField(t("screens.settings.language"), p.lang))
	}
	p.pass, p.again = widgets.NewPassword(""), widgets.NewPassword("")
	p.passFld = widgets.NewField(t("screens.settings.unlock.pass"), p.pass)
	p.set = widgets.NewButton(t("screens.settings.unlock.do"), "", p.setUnlock)
	p.again.OnSubmit = func(string) { p.setUnlock() }
	p.pass.OnSubmit = func(string) { p.again.Focus() }
	p.state = widgets.NewFlow()
	p.you = widgets.NewFacts()
	p.policy, p.choices = widgets.Stack(2), widgets.Stack(3)
	left := widgets.Stack(3, panel(t("screens.settings.look"), widgets.Stack(3, look...)),
		panel(t("screens.settings.unlock"), widgets.Stack(3, widgets.NewPara(t("screens.settings.unlock.how"), widgets.MutedText), p.state,
			p.passFld, widgets.NewField(t("screens.settings.unlock.again"), p.again), widgets.Row(0, widgets.Fix(p.set), widgets.Spacer()))))
	left = widgets.Stack(3, left, p.supportPanel())
	right := widgets.Stack(3, panel(t("screens.settings.you"), p.you), panel(t("screens.settings.choices"), p.choices), panel(t("screens.settings.policy"), p.policy))
	p.scroll = widgets.NewScroll(widgets.Stack(3, widgets.NewTitle(t("screens.settings.title")), widgets.Grid(4, 820, []int{5, 7}, left, right)))
	p.object = widgets.Pad(4, 4, container.NewStack(p.scroll))
	p.refresh()
	return p
}

func (p *settingsPlace) Shown(any) { p.refresh() }
func (p *settingsPlace) Focus()    { p.palette.Focus() }

func (p *settingsPlace) Shortcuts() []place.Shortcut {
	ca := fyne.KeyModifierControl | fyne.KeyModifierAlt
	return []place.Shortcut{
		{Key: fyne.KeyD, Mod: ca, Label: t("screens.settings.key.dark"), Do: func() { p.vm.SetPalette(string(theme.Dark)) }},
		{Key: fyne.KeyK, Mod: ca, Label: t("screens.support.check"), Do: p.checkup},
		{Key: fyne.KeyB, Mod: ca, Label: t("screens.support.bundle"), Do: p.bundle},
		{Key: fyne.KeyL, Mod: ca, Label: t("screens.settings.key.light"), Do: func() { p.vm.SetPalette(string(theme.Light)) }},
	}
}

func (p *settingsPlace) setUnlock() {
	p.vm.SetUnlock(p.pass.Text(), p.again.Text(), func(ok bool) {
		if ok {
			p.pass.SetText("")
			p.again.SetText("")
		}
	})
}

func chosen(opts []vm.Option) string {
	for _, o := range opts {
		if o.On {
			return o.ID
		}
	}
	return ""
}

func (p *settingsPlace) refresh() {
	p.palette.SetValue(chosen(p.vm.Palettes()))
	p.density.SetValue(chosen(p.vm.Densities()))
	p.lang.SetValue(chosen(p.vm.Languages()))
	if p.vm.CanUnlock() {
		p.state.Set(widgets.Inline(widgets.NewGlyph(widgets.Tick, theme.Agree, 11)), widgets.Span(t("screens.settings.unlock.set"), widgets.GoodText))
	} else {
		p.state.Set(widgets.Inline(widgets.NewGlyph(widgets.Ring, theme.Muted, 11)), widgets.Span(t("screens.settings.unlock.unset"), widgets.MutedText))
	}
	note, bad := p.vm.Note()
	if bad {
		p.passFld.SetError(note)
	} else {
		p.passFld.SetError("")
	}
	if note != p.note {
		p.note = note
		if note != "" && !bad {
			p.host.Notify(place.Good, note)
		}
	}
	if p.vm.Setting() {
		p.set.Set(t("screens.settings.unlock.doing"), "")
	} else {
		p.set.Set(t("screens.settings.unlock.do"), "")
	}
	var you []widgets.Fact
	for _, l := range p.vm.Officer() {
		st := widgets.Body
		if l.Tone != vm.Quiet {
			st = st.In(level(l.Tone).Color())
		}
		you = append(you, widgets.Fact{Label: l.Label, Value: widgets.NewFlow(widgets.Span(l.Value, st))})
	}
	p.you.Set(you...)
	p.showChoices()
	p.showDecided()
	p.scroll.Refresh()
}

// showChoices shows what the officer may choose; what IT decided of it is shown with who did, and cannot be changed.
func (p *settingsPlace) showChoices() {
	if p.selects == nil {
		p.selects = map[string]*widgets.Select{}
	}
	var objs []fyne.CanvasObject
	for _, c := range p.vm.Choices() {
		if c.Managed != "" {
			objs = append(objs, widgets.Stack(1, locked(vm.PolicyLine{Label: c.Label, Value: labelOf(c.Options), By: c.Managed, Where: c.Where})))
			continue
		}
		sel := p.selects[c.Key]
		if sel == nil {
			var opts []widgets.Option
			for _, o := range c.Options {
				opts = append(opts, widgets.Option{Value: o.ID, Label: o.Label})
			}
			sel = widgets.NewSelect("", opts, func(v string) { p.vm.Choose(c.Key, v) })
			sel.Label = c.Label
			p.selects[c.Key] = sel
		}
		sel.SetValue(c.Value)
		objs = append(objs, widgets.NewField(c.Label, sel))
	}
	p.choices.Objects = objs
	p.choices.Refresh()
}

func labelOf(opts []vm.Option) string {
	for _, o := range opts {
		if o.On {
			return o.Label
		}
	}
	return ""
}

// showDecided lists what IT decided, section by section.
func (p *settingsPlace) showDecided() {
	lines := p.vm.Decided()
	if len(lines) == 0 {
		p.policy.Objects = []fyne.CanvasObject{widgets.NewPara(t("screens.settings.policy.none"), widgets.MutedText)}
		p.policy.Refresh()
		return
	}
	objs := []fyne.CanvasObject{widgets.NewPara(t("screens.settings.policy.head"), widgets.MutedText)}
	for _, l := range lines {
		if l.Section != "" {
			objs = append(objs, widgets.NewFlow(widgets.Span(l.Section, widgets.Small.Strong())))
		}
		objs = append(objs, locked(l))
	}
	p.policy.Objects = objs
	p.policy.Refresh()
}

// locked is one setting that IT decided: what it is, a lock, and who decided it and where.
func locked(l vm.PolicyLine) fyne.CanvasObject {
	f := widgets.NewFacts(widgets.Fact{Label: l.Label, Value: widgets.NewFlow(widgets.Span(l.Value, widgets.Body))})
	f.LabelWidth = scaled(240)
	by := l.By
	if l.Where != "" {
		by += " · " + l.Where
	}
	return widgets.Stack(0, f, widgets.NewFlow(widgets.Inline(widgets.NewGlyph(widgets.Lock, theme.Accent, 11)),
		widgets.Span(t("screens.settings.managed"), widgets.Small.In(theme.Accent).Strong()), widgets.Span("  "+by, widgets.Small)))
}
