package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/desk"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// supportPanel is where an officer begins when something does not work.
func (p *settingsPlace) supportPanel() fyne.CanvasObject {
	return panel(t("screens.support"), widgets.Stack(2, widgets.NewPara(t("screens.support.what"), widgets.MutedText), widgets.Row(2,
		widgets.Fix(widgets.NewButton(t("screens.support.check"), "Ctrl Alt K", p.checkup)), widgets.Fix(widgets.NewButton(t("screens.support.bundle"), "Ctrl Alt B", p.bundle)), widgets.Spacer())))
}

// supportSheet is a sheet over what vm.Support shows.
type supportSheet struct {
	vm    *vm.Support
	rows  *sheet
	state *fyne.Container
	act   *fyne.Container
	box   *fyne.Container // all three
	close func()
	fill  func(s *supportSheet)
}

func (p *settingsPlace) openSupport(title string, fill func(*supportSheet)) *supportSheet {
	s := &supportSheet{vm: vm.NewSupport(p.k.env, p.k.desk), rows: newSheet(title, widgets.PlainRows), state: widgets.Stack(2), act: widgets.Stack(2), fill: fill}
	s.box = framed(s.state, s.rows.list, s.act)
	s.vm.OnChange = func() { s.fill(s) }
	s.close = p.host.Modal(title, fixed(900, scaled(560), s.box), s.vm.Close)
	return s
}

// checkup has the workstation checked and lists what was found, what is wrong first.
func (p *settingsPlace) checkup() {
	s := p.openSupport(t("screens.support.check.title"), func(s *supportSheet) {
		list := s.vm.Findings()
		switch n := s.vm.Wrong(); {
		case s.vm.Running():
			s.state.Objects = []fyne.CanvasObject{widgets.NewPara(t("screens.support.check.running"), widgets.MutedText)}
		case n > 0:
			s.state.Objects = []fyne.CanvasObject{widgets.NewNotice(widgets.Alarm, t("screens.support.check.wrong", "n", n), nil)}
		default:
			s.state.Objects = []fyne.CanvasObject{widgets.NewNotice(widgets.Good, t("screens.support.check.well"), nil)}
		}
		ids := make([]string, len(list))
		for i, f := range list {
			ids[i] = f.Check + f.Say
		}
		s.rows.show(ids, func(i int) fyne.CanvasObject { return findingRow(list[i]) })
		s.act.Objects = []fyne.CanvasObject{widgets.Row(2, widgets.Spacer(), widgets.Fix(widgets.NewButton(t("screens.support.again"), "", s.vm.Check)), widgets.Fix(widgets.NewPrimary(t("screens.support.close"), "Esc", func() { s.close() })))}
		s.refresh()
	})
	s.vm.Check()
}

func findingRow(f desk.Finding) fyne.CanvasObject {
	l := widgets.Good
	if !f.OK {
		l = widgets.Alarm
	}
	words := []widgets.Run{widgets.Span(f.Say, widgets.Body)}
	if f.Cure != "" {
		words = append(words, widgets.NewLine(), widgets.Span(f.Cure, widgets.MutedText))
	}
	return widgets.Pad(1.5, 3, widgets.Row(3, widgets.Wide(widgets.NewFlow(widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 10)), widgets.Span(f.Check, widgets.BodyBold)), scaled(240)).AtTop(),
		widgets.Grow(widgets.NewFlow(words...)).AtTop()))
}

// bundle shows what IT would get, all of it, and writes it when the officer says so.
func (p *settingsPlace) bundle() {
	s := p.openSupport(t("screens.support.bundle.title"), func(s *supportSheet) {
		s.state.Objects = []fyne.CanvasObject{widgets.NewPara(t("screens.support.bundle.what"), widgets.MutedText)}
		switch {
		case s.vm.Running():
			s.state.Objects = append(s.state.Objects, widgets.NewPara(t("screens.support.bundle.running"), widgets.MutedText))
		case s.vm.Err() != "":
			s.state.Objects = append(s.state.Objects, widgets.NewNotice(widgets.Alarm, s.vm.Err(), nil))
		case s.vm.Saved() != "":
			s.state.Objects = append(s.state.Objects, widgets.NewNotice(widgets.Good, t("screens.support.bundle.saved", "file", s.vm.Saved()), nil))
		}
		lines := s.vm.Lines()
		ids := make([]string, len(lines))
		for i, l := range lines {
			ids[i] = l.ID
		}
		s.rows.show(ids, func(i int) fyne.CanvasObject {
			if lines[i].Head {
				return widgets.PadSides(2, 3, 1, 3, widgets.NewFlow(widgets.Span(lines[i].Text, widgets.Heading.In(theme.Text))))
			}
			return widgets.PadSides(0, 3, 0, 3, widgets.NewFlow(widgets.Span(lines[i].Text, widgets.Ident)))
		})
		save := widgets.NewPrimary(t("screens.support.bundle.save"), "Enter", s.vm.Save)
		if s.vm.Saved() != "" {
			save = widgets.NewPrimary(t("screens.support.close"), "Esc", func() { s.close() })
		}
		s.act.Objects = []fyne.CanvasObject{widgets.Row(2, widgets.Grow(widgets.NewPara(t("screens.support.bundle.nothing"), widgets.Small)), widgets.Fix(save))}
		s.refresh()
		if c := p.host.Canvas(); c != nil && s.vm.Files() > 0 {
			c.Focus(save)
		}
	})
	s.vm.Gather()
}

func (s *supportSheet) refresh() {
	s.state.Refresh()
	s.act.Refresh()
	relayout(s.box)
}

// framed is a head and a foot at their own heights, and what is between in the room that is left.
func framed(head, middle, foot fyne.CanvasObject) *fyne.Container {
	return container.New(layoutFunc{fyne.NewSize(300, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		top, low := widgets.HeightFor(o[0], s.Width), widgets.HeightFor(o[2], s.Width)
		put(o[0], 0, 0, s.Width, top)
		put(o[1], 0, top+theme.Gap(2), s.Width, max(0, s.Height-top-low-theme.Gap(4)))
		put(o[2], 0, s.Height-low, s.Width, low)
	}}, head, middle, foot)
}
