package screens

import (
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// another lays out one more person, vehicle or exhibit.
func (p *enterPlace) another() {
	if p.mode == "form" && p.vm.Another() {
		p.form.focusFirst()
	}
}

// without takes out the one on screen; it asks first where something is typed.
func (p *enterPlace) without() {
	if p.mode != "form" {
		return
	}
	label, n, of, _, ok := p.vm.Several()
	if !ok || of < 2 {
		return
	}
	out := func() {
		p.vm.Without()
		p.form.focusFirst()
	}
	if !slices.ContainsFunc(p.vm.Fields(), func(x vm.Field) bool { return x.Value != "" }) {
		out()
		return
	}
	p.host.Confirm(t("screens.entry.without"), t("screens.entry.without.ask", "label", label, "number", n), t("screens.entry.without"), true, out)
}

// fill fills a part of the form from what was picked, and asks before it replaces what is typed.
func (p *enterPlace) fill(c *caseview.Case) {
	part, kind := p.vm.PartOnScreen()
	if kind != c.Kind {
		part = ""
	}
	did, ok := p.vm.FillFrom(*c, part, false)
	if !ok || len(did.Differ) == 0 {
		return
	}
	var says []string
	for _, o := range did.Differ {
		x, _ := p.vm.FieldAt(o.Path)
		says = append(says, t("screens.entry.fill.was", "field", x.Label, "was", o.Was, "is", o.Is))
	}
	p.host.Confirm(t("screens.entry.fill"), t("screens.entry.fill.ask")+"\n"+strings.Join(says, "\n"), t("screens.entry.fill.replace"), false, func() { p.vm.FillFrom(*c, did.Part, true) })
}

// attach asks for the path of a file.
func (p *enterPlace) attach() {
	if p.mode != "form" {
		return
	}
	if !p.vm.TakesFiles() {
		p.host.Notify(place.Caution, t("screens.entry.attach.nobody"))
		return
	}
	in := widgets.NewInput(t("screens.entry.attach.path"))
	in.Label = t("screens.entry.attach")
	in.SetMono(true)
	var done func()
	add := func() {
		path := strings.Trim(strings.TrimSpace(in.Text()), "\"'")
		if path == "" {
			return
		}
		done()
		p.vm.Attach(strings.TrimPrefix(path, "file://"))
	}
	in.OnSubmit = func(string) { add() }
	body := widgets.Stack(3, widgets.NewField(t("screens.entry.attach.path"), in), widgets.NewPara(t("screens.entry.attach.how"), widgets.MutedText),
		widgets.Row(2.5, widgets.Fix(widgets.NewPrimary(t("screens.entry.attach"), "Enter", add)), widgets.Spacer()))
	done = p.host.Modal(t("screens.entry.attach"), container.New(layoutFunc{fyne.NewSize(560, widgets.HeightFor(body, 560)), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, body), nil)
	in.Focus()
}

// printed writes the form as PDF: blank with its id, else as it is filled.
func (p *enterPlace) printed(form string) {
	if form == "" && p.mode != "form" {
		return
	}
	p.vm.Print(form, p.marking, func(path string, err error) {
		if err != nil {
			p.host.Notify(place.Danger, err.Error())
			return
		}
		p.host.Notify(place.Good, t("screens.entry.printed", "path", path))
	})
}

// requests shows what leaves for each system, to the letter.
func (p *enterPlace) requests() {
	if p.mode != "form" {
		return
	}
	p.vm.Requests(func(list []desk.RequestPreview) {
		var objs []fyne.CanvasObject
		for _, r := range list {
			m := p.vm.Mark(r.System)
			lines := []fyne.CanvasObject{widgets.NewFlow(widgets.Inline(chip(m)), widgets.Span(m.Name, widgets.Name))}
			if r.Say != "" {
				lines = append(lines, widgets.NewPara(r.Say, widgets.Caution))
			}
			if r.Method != "" {
				text := r.Method + " " + r.URL
				for _, h := range slices.Sorted(maps.Keys(r.Header)) {
					text += "\n" + h + ": " + r.Header[h]
				}
				text += "\n" + t("screens.entry.requests.signin")
				if r.Body != "" {
					text += "\n\n" + r.Body
				}
				if r.Cut {
					text += "\n…"
				}
				for _, also := range r.Also {
					text += "\n\n" + t("screens.entry.requests.also", "request", also)
				}
				lines = append(lines, widgets.NewCard(lettered(text)))
			}
			objs = append(objs, widgets.Stack(1.5, lines...))
		}
		if len(objs) == 0 {
			objs = append(objs, widgets.NewPara(t("screens.entry.preview.none"), widgets.MutedText))
		}
		p.host.Modal(t("screens.entry.requests"), container.New(layoutFunc{fyne.NewSize(760, 560), func(o []fyne.CanvasObject, s fyne.Size) {
			put(o[0], 0, 0, s.Width, s.Height)
		}}, widgets.NewScroll(widgets.Stack(5, objs...))), nil)
	})
}

// lettered shows text line by line in the fixed-width face, with its indents.
func lettered(text string) fyne.CanvasObject {
	var runs []widgets.Run
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			runs = append(runs, widgets.NewLine())
		}
		trimmed := strings.TrimLeft(l, " ")
		runs = append(runs, widgets.Span(strings.Repeat("\u00a0", min(len(l)-len(trimmed), 40))+trimmed, widgets.Ident))
	}
	return widgets.NewFlow(runs...)
}

// several is the line above the fields of one of several: which one it is, one more, take it out.
func (f *formView) several() fyne.CanvasObject {
	label, n, of, more, ok := f.p.vm.Several()
	if !ok {
		return nil
	}
	cells := []widgets.Cell{widgets.Grow(widgets.NewCut(t("screens.entry.several", "label", label, "number", n, "of", of), widgets.MutedText))}
	if more {
		cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.entry.another", "label", strings.ToLower(label)), "Ctrl I", f.p.another)))
	}
	if of > 1 {
		cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.entry.without"), "Ctrl Shift I", f.p.without)))
	}
	return widgets.Row(2.5, cells...)
}

// refreshFiles lists the attachments under the targets.
func (f *formView) refreshFiles() {
	v := f.p.vm
	sig := v.Notice()
	for _, a := range v.Attachments() {
		sig += a.SHA256
	}
	if v.TakesFiles() {
		sig += "+"
	}
	if sig == f.filesSig {
		return
	}
	f.filesSig = sig
	f.files.Objects = nil
	if v.TakesFiles() {
		f.files.Objects = append(f.files.Objects, widgets.NewHeader(t("screens.entry.attachments")))
		for i, a := range v.Attachments() {
			f.files.Objects = append(f.files.Objects, widgets.Row(2, widgets.Grow(widgets.NewCut(a.Name, widgets.Body)), widgets.Fix(widgets.NewWords(a.SizeWords(), widgets.MutedText)),
				widgets.Fix(widgets.NewSmall(t("screens.entry.detach"), "", func() { v.Detach(i) }))),
				widgets.NewCut("SHA-256 "+a.SHA256, widgets.Ident.In(theme.Muted)))
		}
		f.files.Objects = append(f.files.Objects, widgets.Row(0, widgets.Fix(widgets.NewSmall(t("screens.entry.attach"), "Ctrl O", f.p.attach)), widgets.Spacer()))
	}
	if n := v.Notice(); n != "" {
		f.files.Objects = append(f.files.Objects, widgets.NewPara(n, widgets.Caution))
	}
	f.files.Refresh()
}
