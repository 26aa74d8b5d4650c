package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// whoPanel says quietly, beside the fields, who may be the one that is being typed.
type whoPanel struct {
	p      *enterPlace
	object *fyne.Container
	sig    string
	close  func() // of the sheet with the evidence, while it is open
}

func newWhoPanel(p *enterPlace) *whoPanel {
	w := &whoPanel{p: p, object: widgets.Stack(0)}
	w.refresh()
	return w
}

// word is the key of words that differ by what is looked for: a person, a place, or a thing.
func (w *whoPanel) word(key string) string {
	_, kind := w.p.who.Part()
	switch w.p.k.desk.Dictionary().Class(kind) {
	case pole.ClassPerson:
		return t(key + ".person")
	case pole.ClassLocation:
		return t(key + ".location")
	}
	return t(key + ".object")
}

func (w *whoPanel) refresh() {
	who := w.p.who
	if who == nil {
		return
	}
	title, filled, kept, used := who.Used()
	lines := who.Lines()
	sig := title + who.Err()
	for _, k := range kept {
		sig += k.Label + k.Typed + k.Record
	}
	for _, l := range lines {
		sig += l.ID + l.Chance + l.Copy
	}
	if sig == w.sig {
		return
	}
	w.sig = sig
	var o fyne.CanvasObject
	switch {
	case used:
		o = w.filled(title, filled, kept)
	case len(lines) > 0:
		o = w.list(lines)
	case who.Err() != "":
		o = widgets.NewPara(who.Err(), widgets.MutedText)
	}
	w.object.Objects = nil
	if o != nil {
		w.object.Objects = []fyne.CanvasObject{widgets.PadSides(0.25, 0.5, 2, 0, o)}
	}
	w.object.Refresh()
}

// list is the likeliest, one under the other. The evidence, and the use of one, are a key away.
func (w *whoPanel) list(lines []vm.CandidateLine) fyne.CanvasObject {
	head := w.word("screens.entry.who.title")
	objs := []fyne.CanvasObject{widgets.NewHeader(head, widgets.NewSmall(t("screens.entry.who.why"), "Alt M", w.open))}
	for i, l := range lines {
		if i > 0 {
			objs = append(objs, widgets.HLine())
		}
		objs = append(objs, w.line(l))
	}
	var c *widgets.Card
	if lines[0].Sure {
		c = widgets.NewEdgedCard(widgets.Warn, widgets.Stack(1.5, objs...))
	} else {
		c = widgets.NewCard(widgets.Stack(1.5, objs...))
	}
	c.Label = head + ": " + lines[0].Title + ". " + lines[0].Chance
	return c
}

func (w *whoPanel) line(l vm.CandidateLine) fyne.CanvasObject {
	runs := []widgets.Run{widgets.Span(l.Title+" ", widgets.BodyBold)}
	runs = append(runs, chipRuns(l.Marks)...)
	runs = append(runs, widgets.NewLine(), widgets.Span(l.Detail, widgets.MutedText), widgets.NewLine(),
		widgets.Span(l.Chance, widgets.Body), widgets.Span(" · "+l.Copy, widgets.MutedText))
	objs := []fyne.CanvasObject{widgets.NewFlow(runs...)}
	if b := w.p.k.badges(l.Warnings, nil); len(b) > 0 {
		objs = append(objs, widgets.NewFlow(b...))
	}
	return widgets.Stack(0.5, objs...)
}

// filled says what was filled in, what stayed as it was typed, and takes it back.
func (w *whoPanel) filled(title string, n int, kept []vm.KeptTyped) fyne.CanvasObject {
	objs := []fyne.CanvasObject{
		widgets.NewFlow(widgets.Inline(widgets.NewGlyph(widgets.Tick, theme.Agree, 11)), widgets.Span(" "+t("screens.entry.who.filled", "n", n, "title", title), widgets.Body)),
	}
	for _, k := range kept {
		objs = append(objs, widgets.NewFlow(widgets.Inline(widgets.NewGlyph(widgets.HalfTri, theme.Disagree, 10)),
			widgets.Span(" "+t("screens.entry.who.kept", "label", k.Label, "typed", k.Typed, "record", k.Record), widgets.Caution)))
	}
	objs = append(objs, widgets.Row(0, widgets.Fix(widgets.NewSmall(t("screens.entry.who.back"), "Alt U", w.p.takeBack)), widgets.Spacer()))
	return widgets.NewCard(widgets.Stack(1, objs...))
}

// open shows each candidate with the evidence for and against, and the button that uses it.
func (w *whoPanel) open() {
	lines := w.p.who.Lines()
	if len(lines) == 0 {
		w.p.host.Notify(place.Quiet, t("screens.entry.who.nobody"))
		return
	}
	var objs []fyne.CanvasObject
	var first fyne.Focusable
	for i, l := range lines {
		use := func() {
			w.close()
			w.p.who.Use(l.ID)
		}
		var button *widgets.Button
		if i == 0 {
			button = widgets.NewPrimary(w.word("screens.entry.who.use"), "", use)
			first = button
		} else {
			button = widgets.NewButton(w.word("screens.entry.who.use"), "", use)
			objs = append(objs, widgets.HLine())
		}
		objs = append(objs, widgets.Row(3, widgets.Grow(w.line(l)), widgets.Fix(button)), linkWaterfall(l.Link(), true))
	}
	objs = append(objs, widgets.NewPara(t("screens.entry.who.how"), widgets.MutedText))
	all := widgets.Stack(3, objs...)
	height := min(widgets.HeightFor(all, 760)+8, 560)
	w.close = w.p.host.Modal(w.word("screens.entry.who.title"), container.New(layoutFunc{fyne.NewSize(760, height), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, s.Height)
	}}, widgets.NewScroll(all)), nil)
	if c := w.p.host.Canvas(); c != nil && first != nil {
		c.Focus(first)
	}
}

// newWho makes the candidates of the form's place.
func (p *enterPlace) newWho() {
	p.who = vm.NewCandidates(p.k.env, p.vm, p.k.desk)
	if p.who == nil {
		return
	}
	p.who.OnChange = func() {
		if p.form != nil {
			p.form.who.refresh()
		}
	}
	p.who.OnUsed = func() {
		if p.form != nil {
			p.form.rewrite()
			p.form.focusFirst()
		}
	}
}

func (p *enterPlace) takeBack() {
	if p.who != nil {
		p.who.TakeBack()
	}
}

// whoKeys are the keys of the candidates.
func (p *enterPlace) whoKeys() []place.Shortcut {
	if p.who == nil {
		return nil
	}
	return []place.Shortcut{
		{Key: fyne.KeyM, Mod: fyne.KeyModifierAlt, Label: t("screens.entry.who.key.open"), Do: func() {
			if p.mode == "form" && p.form != nil {
				p.form.who.open()
			}
		}},
		{Key: fyne.KeyU, Mod: fyne.KeyModifierAlt, Label: t("screens.entry.who.key.back"), Do: p.takeBack},
	}
}

// rewrite puts the values as they stand into the fields, also into the one that has the keyboard.
func (f *formView) rewrite() {
	for _, x := range f.p.vm.Fields() {
		if field, ok := f.fields[x.Path]; ok {
			if in, ok := field.Control().(*widgets.Input); ok && in.Text() != x.Value {
				in.SetText(x.Value)
			}
		}
	}
}
