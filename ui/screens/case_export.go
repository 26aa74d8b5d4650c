package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview/disclose"
	"muster/ui/place"
	"muster/ui/vm"
	"muster/ui/widgets"
)

func fixedSize(min fyne.Size, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layoutFunc{min, func(o []fyne.CanvasObject, s fyne.Size) { put(o[0], 0, 0, s.Width, s.Height) }}, o)
}

// exportSheet is the sheet by which a case is disclosed: what, as what, to whom, why, and where it is written.
type exportSheet struct {
	p                              *casesPlace
	x                              *vm.Export
	kind, recipient, reason, basis *widgets.Field
	warn                           *fyne.Container
	box                            *fyne.Container
	above                          *widgets.Check
	state                          *fyne.Container
	closeIt                        func()
	sig                            string
}

// export asks for what a disclosure must say, and writes it.
func (p *casesPlace) export() {
	x := p.vm.Export()
	if x == nil {
		return
	}
	s := &exportSheet{p: p, x: x, warn: widgets.Stack(2), state: widgets.Stack(2)}
	x.OnChange = s.refresh
	var objs []fyne.CanvasObject
	if x.Several() {
		alone, whole := x.What()
		what := widgets.NewSelect("", []widgets.Option{{Value: "whole", Label: whole}, {Value: "alone", Label: alone}}, func(v string) { x.Whole = v == "whole" })
		what.SetValue("whole")
		what.Label = t("screens.export.what")
		objs = append(objs, widgets.NewField(t("screens.export.what"), what))
	}
	var formats, kinds []widgets.Option
	for _, f := range x.Formats() {
		formats = append(formats, widgets.Option{Value: string(f), Label: t("screens.export.format." + string(f))})
	}
	for _, r := range x.Recipients() {
		kinds = append(kinds, widgets.Option{Value: r.Code, Label: r.Label})
	}
	format := widgets.NewSelect("", formats, func(v string) { x.Format = disclose.Format(v) })
	format.SetValue(string(x.Format))
	format.Label = t("screens.export.format")
	kind := widgets.NewSelect(t("screens.export.kind.choose"), kinds, func(v string) {
		x.Kind, x.Above = v, false
		s.refresh()
	})
	kind.Label = t("screens.export.kind")
	text := func(key string, value *string) *widgets.Input {
		in := widgets.NewInput(t("screens.export." + key + ".placeholder"))
		in.Label = t("screens.export." + key)
		in.SetText(*value)
		in.OnChanged = func(v string) {
			*value = v
			s.refresh()
		}
		in.OnSubmit = func(string) { x.Go() }
		return in
	}
	recipient, reason, basis, to := text("recipient", &x.Recipient), text("reason", &x.Reason), text("basis", &x.Basis), text("to", &x.To)
	s.kind, s.recipient = widgets.NewField(t("screens.export.kind"), kind), widgets.NewField(t("screens.export.recipient"), recipient)
	s.reason, s.basis = widgets.NewField(t("screens.export.reason"), reason), widgets.NewField(t("screens.export.basis"), basis)
	file := widgets.NewField(t("screens.export.to"), to)
	file.SetHelp(t("screens.export.to.help"))
	s.above = widgets.NewCheck(t("screens.export.above"), false, func(on bool) {
		x.Above = on
		s.refresh()
	})
	pair := func(a, b fyne.CanvasObject) fyne.CanvasObject {
		return widgets.Row(4, widgets.Grow(a).AtTop(), widgets.Grow(b).AtTop())
	}
	if len(formats) == 0 {
		objs = append(objs, widgets.NewNotice(widgets.Alarm, t("screens.export.forbidden"), nil))
	}
	objs = append(objs, pair(widgets.NewField(t("screens.export.format"), format), s.kind), s.warn, pair(s.recipient, s.reason), s.basis, file, s.state)
	s.box = widgets.Stack(3, objs...)
	s.closeIt = p.host.Modal(t("screens.export.title"), fixed(680, scaled(500), widgets.NewScroll(s.box)), x.Close) // room for what comes to be said
	s.refresh()
	format.Focus()
}

func (s *exportSheet) refresh() {
	shown := s.x.Shown()
	s.kind.SetError(shown["kind"])
	s.recipient.SetError(shown["recipient"])
	s.reason.SetError(shown["reason"])
	sig := s.x.Warning() + shown["above"] + s.x.Err()
	running, done := s.x.Running(), s.x.Done()
	if running {
		sig += "…"
	}
	if done != nil {
		sig += done.Path
	}
	if sig == s.sig && s.sig != "" {
		return
	}
	s.sig = sig + " "
	s.warn.Objects = nil
	if w := s.x.Warning(); w != "" {
		s.above.Set(t("screens.export.above"), s.x.Above)
		s.warn.Objects = append(s.warn.Objects, widgets.NewNotice(widgets.Alarm, t("screens.export.warning")+" "+w, nil), s.above)
		if e := shown["above"]; e != "" {
			s.warn.Objects = append(s.warn.Objects, widgets.NewPara(e, widgets.DangerTxt))
		}
	}
	s.state.Objects = nil
	switch {
	case done != nil:
		s.state.Objects = append(s.state.Objects, widgets.NewNotice(widgets.Good, t("screens.export.done", "file", done.Path, "record", t("screens.number", "count", done.Audit)), nil))
		s.p.host.Notify(place.Good, t("screens.export.done.short"))
	case s.x.Err() != "":
		s.state.Objects = append(s.state.Objects, widgets.NewNotice(widgets.Alarm, s.x.Err(), nil))
	}
	label, key := t("screens.export.go"), "Enter"
	go1 := func() { s.x.Go() }
	switch {
	case running:
		label, key, go1 = t("screens.export.running"), "", func() {}
	case done != nil:
		label, key, go1 = t("screens.export.close"), "Esc", func() { s.closeIt() }
	}
	b := widgets.NewPrimary(label, key, go1)
	s.state.Objects = append(s.state.Objects, widgets.Row(3, widgets.Grow(widgets.NewPara(t("screens.export.logged"), widgets.Small)), widgets.Fix(b)))
	s.warn.Refresh()
	s.state.Refresh()
	s.box.Refresh()
	if c := s.p.host.Canvas(); done != nil && c != nil {
		c.Focus(b)
	}
}
