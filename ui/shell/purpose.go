package shell

import (
	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/plugins"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/widgets"
)

// WithPurpose runs then at once if a purpose is set, else asks for it first.
func (f *frame) WithPurpose(then func()) {
	if f.shell.desk == nil {
		return
	}
	if _, ok := f.shell.desk.Purpose(); ok {
		then()
		return
	}
	f.askPurpose(then)
}

// purposeList is the reasons to choose from.
type purposeList []desk.PurposeDef

func (l purposeList) Len() int        { return len(l) }
func (l purposeList) ID(i int) string { return l[i].Code }

// askPurpose asks why the officer looks. It is asked once per task and goes with every request to every system.
func (f *frame) askPurpose(then func()) {
	d := f.shell.desk
	if d == nil {
		return
	}
	defs := purposeList(d.Purposes())
	now, had := d.Purpose()
	byCode := map[string]desk.PurposeDef{}
	for _, p := range defs {
		byCode[p.Code] = p
	}
	var m *modal
	caseRef, reason := widgets.NewInput(i18n.T("purpose.case.hint")), widgets.NewInput(i18n.T("purpose.reason.hint"))
	caseRef.SetMono(true)
	caseRef.SetMax(40)
	reason.SetMax(200)
	caseField := widgets.NewField(i18n.T("purpose.case"), caseRef)
	reasonField := widgets.NewField(i18n.T("purpose.reason"), reason)
	list := widgets.NewList(defs, func() fyne.CanvasObject {
		return widgets.Pad(0, 3, widgets.Row(2, widgets.Grow(widgets.NewCut("", widgets.Body)), widgets.Fix(widgets.NewWords("", widgets.Small))))
	}, func(i int, o fyne.CanvasObject, s widgets.RowState) {
		row := o.(*fyne.Container).Objects[0].(*fyne.Container)
		st := widgets.Body
		if s.Selected {
			st = widgets.BodyBold
		}
		row.Objects[0].(*widgets.Words).SetStyle(defs[i].Label, st)
		need := ""
		switch {
		case defs[i].Case && defs[i].Text:
			need = i18n.T("purpose.needs.both")
		case defs[i].Case:
			need = i18n.T("purpose.needs.case")
		case defs[i].Text:
			need = i18n.T("purpose.needs.reason")
		}
		row.Objects[1].(*widgets.Words).Set(need)
		row.Layout.Layout(row.Objects, row.Size())
	})
	list.Label = i18n.T("purpose.title")
	set := func() {
		def, ok := byCode[list.Selected()]
		if !ok {
			return
		}
		caseField.SetError("")
		reasonField.SetError("")
		switch {
		case def.Case && caseRef.Text() == "":
			caseField.SetError(i18n.T("purpose.case.missing"))
			caseRef.Focus()
			return
		case def.Text && reason.Text() == "":
			reasonField.SetError(i18n.T("purpose.reason.missing"))
			reason.Focus()
			return
		}
		if err := d.SetPurpose(plugins.Purpose{Code: def.Code, Case: caseRef.Text(), Text: reason.Text()}); err != nil {
			reasonField.SetError(sayError(err))
			return
		}
		m.close()
		f.shell.main.showPurpose()
		if then != nil {
			then()
		}
	}
	list.OnOpen = func(string) { set() }
	caseRef.OnSubmit = func(string) { set() }
	reason.OnSubmit = func(string) { set() }
	list.OnSelect = func(string) {
		caseField.SetError("")
		reasonField.SetError("")
	}
	if had {
		list.Select(now.Code)
		caseRef.SetText(now.Case)
		reason.SetText(now.Text)
	} else if len(defs) > 0 {
		list.Select(defs[0].Code)
	}
	content := widgets.Stack(3,
		widgets.NewPara(i18n.T("purpose.text"), widgets.MutedText),
		widgets.NewFlushCard(list),
		widgets.Grid(3, 200, []int{5, 7}, caseField, reasonField),
	)
	ok := widgets.NewPrimary(i18n.T("purpose.set"), "Enter", set)
	no := widgets.NewButton(i18n.T("button.cancel"), "Esc", func() { m.close() })
	m = f.open(i18n.T("purpose.title"), 620, content, nil, set, list.Focus, no, ok)
}

// showPurpose puts the purpose into the top bar.
func (f *frame) showPurpose() {
	if f.top == nil || f.shell.desk == nil {
		return
	}
	p, ok := f.shell.desk.Purpose()
	if !ok {
		f.top.purpose.Set("", i18n.T("purpose.none"), "", widgets.Warn)
	} else {
		label := p.Code
		for _, d := range f.shell.desk.Purposes() {
			if d.Code == p.Code {
				label = d.Label
			}
		}
		rest := ""
		if p.Case != "" {
			rest = " · " + p.Case
		}
		f.top.purpose.Set(i18n.T("purpose.lead")+" ", label, rest, widgets.Quiet)
	}
	f.relayout()
}

// showOfficer puts the officer into the top bar.
func (f *frame) showOfficer() {
	if f.top == nil {
		return
	}
	if o, ok := f.shell.desk.Officer(); ok {
		f.top.officer.Set("", "", o.Display(), widgets.Quiet)
	}
	f.relayout()
}

func (f *frame) relayout() {
	if c, ok := f.body.(*fyne.Container); ok {
		c.Layout.Layout(c.Objects, c.Size())
	}
	if c, ok := f.top.object.(*fyne.Container); ok {
		row := c.Objects[1].(*fyne.Container)
		row.Layout.Layout(row.Objects, row.Size())
	}
}

// AskCredential asks for what a system still needs of the officer. It is asked once and kept in the keyring.
func (f *frame) AskCredential(system string, then func()) {
	d := f.shell.desk
	if d == nil {
		return
	}
	var st desk.SystemStatus
	for _, s := range d.Systems() {
		if s.ID == system {
			st = s
		}
	}
	opts := st.Needs
	if len(opts) == 0 {
		opts = st.Asks
	}
	if len(opts) == 0 {
		f.Notify(place.Quiet, i18n.T("credential.none", "system", first(st.Name, system)))
		return
	}
	var m *modal
	inputs := make([]*widgets.Input, len(opts))
	fields := make([]*widgets.Field, len(opts))
	objs := []fyne.CanvasObject{widgets.NewPara(i18n.T("credential.text", "system", st.Name), widgets.MutedText)}
	for i, o := range opts {
		in := widgets.NewInput("")
		if o.Type == plugins.OptionSecret {
			in = widgets.NewPassword("")
		}
		inputs[i], fields[i] = in, widgets.NewField(first(o.Label, o.Name), in)
		fields[i].SetHelp(o.Help)
		objs = append(objs, fields[i])
	}
	busy := false
	ok := widgets.NewPrimary(i18n.T("credential.keep"), "Enter", nil)
	keep := func() {
		if busy {
			return
		}
		values := map[string]string{}
		for i, o := range opts {
			fields[i].SetError("")
			if o.Required && inputs[i].Text() == "" {
				fields[i].SetError(i18n.T("credential.missing", "name", fields[i].Name))
				inputs[i].Focus()
				return
			}
			values[o.Name] = inputs[i].Text()
		}
		busy = true
		ok.Disable()
		go func() {
			err := d.SetCredential(f.shell.ctx, system, values)
			f.Post(func() {
				busy = false
				if m.gone {
					return
				}
				ok.Enable()
				if err != nil {
					fields[len(fields)-1].SetError(sayError(err))
					return
				}
				m.close()
				if then != nil {
					then()
				}
			})
		}()
	}
	ok.OnTap = keep
	for i := range inputs {
		inputs[i].OnSubmit = func(string) {
			if i+1 < len(inputs) && inputs[i+1].Text() == "" {
				inputs[i+1].Focus()
				return
			}
			keep()
		}
	}
	no := widgets.NewButton(i18n.T("button.cancel"), "Esc", func() { m.close() })
	m = f.open(i18n.T("credential.title", "system", st.Name), sheetWidth, widgets.Stack(3, objs...), nil, keep, inputs[0].Focus, no, ok)
}
