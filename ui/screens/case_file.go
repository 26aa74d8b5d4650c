package screens

import (
	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// filePane is what officers noted on a case, and what else is in it.
type filePane struct {
	p       *casesPlace
	text    *widgets.Input
	notes   *fyne.Container
	side    *fyne.Container
	object  fyne.CanvasObject
	sig     string
	written int
}

func newFilePane(p *casesPlace) *filePane {
	f := &filePane{p: p, notes: widgets.Stack(2), side: widgets.Stack(2), written: p.vm.Written()}
	f.text = widgets.NewArea(t("screens.case.notes.placeholder"), 4)
	f.text.Label = t("screens.case.notes.new")
	write := widgets.NewPrimary(t("screens.case.notes.add"), "Ctrl Enter", f.write)
	left := widgets.Stack(3, panel(t("screens.case.notes.new"), widgets.Stack(2, f.text, widgets.Row(2, widgets.Fix(write), widgets.Grow(widgets.NewPara(t("screens.case.notes.forever"), widgets.Small))))), f.notes)
	f.object = widgets.NewScroll(widgets.Grid(4, 860, []int{7, 5}, left, f.side))
	f.refresh()
	return f
}

func (f *filePane) write() {
	f.p.vm.AddNote(f.text.Text())
}

func (f *filePane) refresh() {
	if w := f.p.vm.Written(); w != f.written {
		f.written = w
		f.text.SetText("")
	}
	file, kept := f.p.vm.File()
	notes := f.p.vm.Notes()
	sig := file.ID + file.Called()
	for _, n := range notes {
		sig += n.ID
	}
	for _, e := range file.Entities {
		sig += e.ID + e.Title
	}
	if sig == f.sig && f.sig != "" {
		return
	}
	f.sig = sig
	f.notes.Objects = nil
	for _, n := range notes {
		f.notes.Objects = append(f.notes.Objects, widgets.NewCard(widgets.Stack(1, widgets.NewCut(n.Head, widgets.Small), widgets.NewPara(n.Text, widgets.Body))))
	}
	if len(notes) == 0 {
		f.notes.Objects = append(f.notes.Objects, widgets.NewPara(t("screens.case.notes.none"), widgets.MutedText))
	}
	f.side.Objects = nil
	if !kept {
		f.side.Objects = append(f.side.Objects, panel(t("screens.case.in"), widgets.Stack(2, widgets.NewPara(t("screens.case.notkept"), widgets.MutedText),
			widgets.Row(2, widgets.Fix(widgets.NewButton(t("screens.case.keep"), "Ctrl D", f.p.vm.ToggleKept)), widgets.Fix(widgets.NewButton(t("screens.case.addto"), "Ctrl Shift D", f.p.addTo)), widgets.Spacer()))))
		f.refreshed()
		return
	}
	c, _ := f.p.vm.Now()
	objs := []fyne.CanvasObject{widgets.Row(2, widgets.Grow(widgets.NewCut(file.Called(), widgets.BodyBold)), widgets.Fix(widgets.NewSmall(t("screens.case.rename"), "F2", f.p.rename)))}
	for _, e := range file.Entities {
		words := []widgets.Run{widgets.Span(e.Title, widgets.BodyBold), widgets.NewLine(), widgets.Span(e.Detail, widgets.MutedText)}
		cells := []widgets.Cell{widgets.Grow(widgets.NewFlow(words...))}
		if c != nil && (desk.KeptCase{Entities: []desk.KeptEntity{e}}).Holds(*c) {
			cells = append(cells, widgets.Fix(widgets.NewWords(t("screens.case.openhere"), widgets.Small)))
		} else {
			cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.case.open"), "", func() { f.p.vm.OpenIn(file.ID, e.ID) })))
		}
		if len(file.Entities) > 1 {
			cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.case.takeout"), "", func() {
				f.p.host.Confirm(t("screens.case.takeout"), t("screens.case.takeout.text", "title", e.Title), t("screens.case.takeout"), false, func() { f.p.vm.Remove(e.ID) })
			})))
		}
		objs = append(objs, widgets.Stack(0, widgets.Pad(1.5, 0, widgets.Row(2, cells...)), widgets.HLine()))
	}
	objs = append(objs, widgets.NewPara(t("screens.case.in.how"), widgets.Small))
	f.side.Objects = append(f.side.Objects, panel(t("screens.case.in"), widgets.Stack(1, objs...)))
	f.refreshed()
}

func (f *filePane) refreshed() {
	f.notes.Refresh()
	f.side.Refresh()
	f.object.Refresh()
}

// noteKey goes to the notes and puts the keyboard where one is written.
func (p *casesPlace) noteKey() {
	if c, _ := p.vm.Now(); c == nil {
		return
	}
	p.vm.SetTab(vm.TabNotes)
	if p.file != nil {
		p.file.text.Focus()
	}
}

// rename asks what the kept case is called.
func (p *casesPlace) rename() {
	file, ok := p.vm.File()
	if !ok {
		return
	}
	var closeIt func()
	in := widgets.NewInput(file.Title)
	in.SetText(file.Name)
	in.Label = t("screens.case.rename.label")
	done := func() {
		p.vm.Rename(in.Text())
		closeIt()
	}
	in.OnSubmit = func(string) { done() }
	closeIt = p.host.Modal(t("screens.case.rename"), widgets.Stack(3, widgets.NewField(t("screens.case.rename.label"), in),
		widgets.Row(2, widgets.Spacer(), widgets.Fix(widgets.NewPrimary(t("screens.case.rename.save"), "Enter", done)))), nil)
	in.Focus()
}

// addTo asks which kept case the open entity is taken into.
func (p *casesPlace) addTo() {
	c, _ := p.vm.Now()
	kept := p.vm.Kept()
	if c == nil {
		return
	}
	if len(kept) == 0 { // there is none: this begins one
		p.vm.ToggleKept()
		return
	}
	var closeIt func()
	parts := rows[[2]*widgets.Words]{}
	list := widgets.NewList(ids{func() int { return len(kept) }, func(i int) string { return kept[i].ID }},
		func() fyne.CanvasObject {
			w := [2]*widgets.Words{widgets.NewCut("", widgets.BodyBold), widgets.NewCut("", widgets.Small)}
			o := widgets.Pad(1.5, 2.5, widgets.Stack(0, w[0], w[1]))
			parts[o] = w
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			parts[o][0].Set(kept[i].Called())
			parts[o][1].Set(p.vm.KeptWords(kept[i]))
		})
	list.Height = func(int, float32) float32 { return theme.Gap(3) + 2*line() }
	list.Label = t("screens.case.addto")
	list.OnOpen = func(id string) {
		closeIt()
		p.vm.AddTo(id)
	}
	h := min(list.Height(0, 0)*float32(len(kept))+8, 420)
	closeIt = p.host.Modal(t("screens.case.addto.title", "title", c.Title), fixed(680, h, widgets.NewFlushCard(list)), nil)
	list.Select(kept[0].ID)
	list.Focus()
}

// fixed holds an object at a size.
func fixed(w, h float32, o fyne.CanvasObject) fyne.CanvasObject {
	return fixedSize(fyne.NewSize(w, h), o)
}
