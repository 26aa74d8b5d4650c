package screens

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview/disclose"
	"muster/ui/place"
	"muster/ui/widgets"
)

// export discloses the chart as it is on screen: for whom, why, as what, and where to.
func (v *chartView) export() {
	x := v.vm.Export()
	if x == nil {
		return
	}
	var shut func()
	var formats, kinds []widgets.Option
	for _, f := range x.Formats() {
		formats = append(formats, widgets.Option{Value: string(f), Label: t("screens.chart.export.format." + string(f))})
	}
	for _, r := range x.Recipients() {
		kinds = append(kinds, widgets.Option{Value: r.Code, Label: r.Label})
	}
	format := widgets.NewSelect("", formats, func(s string) { x.Format = disclose.Format(s) })
	format.SetValue(string(x.Format))
	box := widgets.Stack(3)
	var show func()
	kind := widgets.NewSelect(t("screens.chart.export.kind.hint"), kinds, func(s string) { x.Kind = s; show() })
	input := func(hint, text string, set func(string)) *widgets.Input {
		in := widgets.NewInput(hint)
		in.SetText(text)
		in.OnChanged = set
		in.OnSubmit = func(string) { x.Go() }
		return in
	}
	recipient := input(t("screens.chart.export.recipient.hint"), "", func(s string) { x.Recipient = s })
	reason := input(t("screens.chart.export.reason.hint"), "", func(s string) { x.Reason = s })
	to := input("", x.To, func(s string) { x.To = strings.TrimSpace(s) })
	fields := map[string]*widgets.Field{}
	field := func(name string, control fyne.CanvasObject) *widgets.Field {
		f := widgets.NewField(t("screens.chart.export."+name), control)
		fields[name] = f
		return f
	}
	form := []fyne.CanvasObject{
		widgets.NewPara(t("screens.chart.export.text"), widgets.MutedText),
		widgets.Grid(3, 480, []int{6, 6}, field("kind", kind), field("recipient", recipient)), field("reason", reason),
		widgets.Grid(3, 480, []int{6, 6}, field("format", format), field("to", to))}
	above := widgets.NewCheck(t("screens.chart.export.above"), false, func(on bool) { x.Above = on; show() })
	do := widgets.NewPrimary(t("screens.chart.export.do"), "Enter", x.Go)
	scroll := widgets.NewScroll(box)
	sig := ""
	show = func() {
		if done := x.Done(); done != "" {
			if shut != nil {
				shut()
			}
			v.p.host.Notify(place.Good, done)
			return
		}
		missing := x.Missing()
		for name, f := range fields {
			f.SetError(missing[name])
		}
		warning := x.Warning()
		s := warning + "|" + x.Err() + "|" + missing["above"] + "|"
		if x.Running() {
			s += "running"
		}
		if s == sig && len(box.Objects) > 0 {
			return
		}
		sig = s
		objs := append([]fyne.CanvasObject{}, form...)
		if warning != "" {
			objs = append(objs, widgets.NewNotice(widgets.Alarm, warning, nil), above)
		}
		if missing["above"] != "" {
			objs = append(objs, widgets.NewPara(missing["above"], widgets.DangerTxt))
		}
		if x.Err() != "" {
			objs = append(objs, widgets.NewNotice(widgets.Alarm, x.Err(), nil))
		}
		last := fyne.CanvasObject(widgets.Row(0, widgets.Spacer(), widgets.Fix(do)))
		if x.Running() {
			last = widgets.NewPara(t("screens.chart.export.running"), widgets.MutedText)
		}
		box.Objects = append(objs, last)
		box.Refresh()
		scroll.Refresh()
	}
	x.OnChange = show
	show()
	shut = v.p.host.Modal(t("screens.chart.export.title"), container.New(layoutFunc{fyne.NewSize(640, scaled(430)), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, scroll), x.Close)
	kind.Focus()
}
