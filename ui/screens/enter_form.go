package screens

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/plugins/pole"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// formView is the form being filled: sections on the left, fields in the middle, where it goes on the right.
type formView struct {
	p        *enterPlace
	object   *fyne.Container
	sections *widgets.List
	secRows  rows[*sectionRow]
	typed    *widgets.Flow
	saved    *widgets.Flow
	title    *widgets.Words
	grid     *fyne.Container
	scroll   *widgets.Scroll
	notice   *fyne.Container
	next     *widgets.Button
	prev     *widgets.Button
	fields   map[string]*widgets.Field
	order    []string
	shown    int // section that the grid holds
	targets  *fyne.Container
	tRows    []*targetRow
	send     *widgets.Button
	errText  string
	who      *whoPanel
	files    *fyne.Container
	filesSig string
	count    int // of those that the section on screen is one of
}

type sectionRow struct {
	glyph *widgets.Glyph
	name  *widgets.Words
}

type targetRow struct {
	check *widgets.Check
	shape *widgets.Glyph
	name  *widgets.Words
	words *widgets.Words
	text  *widgets.Flow
	to    *widgets.Button
	path  string
	box   fyne.CanvasObject
}

func newFormView(p *enterPlace) *formView {
	f := &formView{p: p, secRows: rows[*sectionRow]{}, fields: map[string]*widgets.Field{}, shown: -1}
	v := p.vm
	f.sections = widgets.NewList(ids{func() int { return len(v.Sections()) }, func(i int) string { return trimFloat(float64(i)) }},
		func() fyne.CanvasObject {
			r := &sectionRow{glyph: widgets.NewGlyph(widgets.Ring, theme.Muted, 11), name: widgets.NewCut("", widgets.Body)}
			o := widgets.Pad(0, 2, widgets.Row(2, widgets.Wide(r.glyph, 14), widgets.Grow(r.name)))
			f.secRows[o] = r
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) { f.secRows[o].set(v.Sections()[i]) })
	f.sections.Look = widgets.PlainRows
	f.sections.Label = v.Form().Name
	f.sections.OnSelect = func(id string) {
		for i := range v.Sections() {
			if trimFloat(float64(i)) == id {
				v.SetSection(i)
			}
		}
	}
	f.sections.OnOpen = func(string) { f.focusFirst() }
	f.typed, f.saved = widgets.NewFlow(), widgets.NewFlow()
	about := widgets.NewPara("", widgets.Small)
	if p.about != "" {
		about.Set(widgets.Span(t("screens.entry.about", "title", p.about), widgets.Small))
	}
	left := container.New(layoutFunc{fyne.NewSize(180, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		y := float32(0)
		for i, x := range o {
			h := widgets.HeightFor(x, s.Width)
			if i == 2 {
				h = float32(len(v.Sections())) * theme.Size(theme.RowHeight)
			}
			put(x, 0, y, s.Width, h)
			y += h + theme.Gap(2)
		}
	}}, widgets.NewHeader(v.Form().Name), about, f.sections, widgets.NewCard(f.typed), f.saved)

	f.title = widgets.NewCut("", widgets.Title)
	f.notice = widgets.Stack(0)
	f.grid = container.NewStack()
	f.prev = widgets.NewButton(t("screens.entry.previous"), "", func() { p.step(-1) })
	f.next = widgets.NewButton(t("screens.entry.next"), "Ctrl Page Down", func() { p.step(1) })
	f.scroll = widgets.NewScroll(container.NewStack())
	middle := container.New(layoutFunc{fyne.NewSize(320, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		y := float32(28)
		put(o[0], 0, 0, s.Width, y)
		y += theme.Gap(2)
		if len(f.notice.Objects) > 0 {
			h := widgets.HeightFor(o[1], s.Width)
			put(o[1], 0, y, s.Width, h)
			y += h + theme.Gap(2)
		} else {
			put(o[1], 0, y, s.Width, 0)
		}
		put(o[2], 0, y, s.Width, s.Height-y)
	}}, f.title, f.notice, f.scroll)

	f.targets, f.files, f.filesSig = widgets.Stack(0), widgets.Stack(1), "-"
	f.send = widgets.NewPrimary("", "Ctrl Enter", p.send)
	preview := widgets.NewButton(t("screens.entry.preview"), "Ctrl R", p.preview)
	f.who = newWhoPanel(p)
	right := widgets.NewScroll(widgets.Stack(3, f.who.object,
		widgets.Stack(1, widgets.NewHeader(t("screens.entry.goesto")), f.targets),
		f.files,
		widgets.Row(2.5, widgets.Fix(preview), widgets.Fix(widgets.NewButton(t("screens.entry.print"), "Ctrl P", func() { p.printed("") })), widgets.Spacer()),
		widgets.Row(0, widgets.Fix(f.send), widgets.Spacer()),
		widgets.NewPara(t("screens.entry.safe"), widgets.MutedText)))

	mid := widgets.Grow(widgets.Pad(4, 4, middle))
	mid.Grow = 1.75
	f.object = widgets.Columns(0, widgets.Wide(widgets.Pad(4, 4, left), 220), widgets.Wide(widgets.VLine(), 1), mid,
		widgets.Wide(widgets.VLine(), 1), widgets.Grow(column(widgets.Pad(4, 4, right))))
	return f
}

func (r *sectionRow) set(s vm.SectionLine) {
	shape, colour, st := widgets.Ring, theme.Muted, widgets.MutedText
	switch s.State {
	case vm.Filled:
		shape, colour, st = widgets.Tick, theme.Agree, widgets.Body
	case vm.Current:
		shape, colour, st = widgets.Circle, theme.Disagree, widgets.BodyBold
	case vm.Faulty:
		shape, colour, st = widgets.Triangle, theme.Danger, widgets.Body
	}
	if r.glyph.Shape != shape || r.glyph.Color != colour {
		r.glyph.Shape, r.glyph.Color = shape, colour
		r.glyph.Refresh()
	}
	r.name.SetStyle(s.Label, st)
}

// build makes the controls of the section on screen.
func (f *formView) build() {
	v := f.p.vm
	f.shown = v.Section()
	f.fields, f.order = map[string]*widgets.Field{}, nil
	var objs []fyne.CanvasObject
	var spans []int
	for _, x := range v.Fields() {
		field := widgets.NewField(x.Label, f.control(x), f.marks(x)...)
		if x.Help != "" {
			field.SetHelp(x.Help)
		}
		f.fields[x.Path] = field
		f.order = append(f.order, x.Path)
		objs = append(objs, field)
		spans = append(spans, x.Width)
	}
	grid := widgets.Grid(4, 520, spans, objs...)
	_, _, f.count, _, _ = v.Several()
	above := []fyne.CanvasObject{grid}
	if s := f.several(); s != nil {
		above = []fyne.CanvasObject{s, grid}
	}
	f.scroll.Set(widgets.Stack(5, widgets.Stack(3, above...), widgets.Row(2.5, widgets.Fix(f.prev), widgets.Fix(f.next), widgets.Spacer())))
}

func (f *formView) marks(x vm.Field) []fyne.CanvasObject {
	if x.All {
		return []fyne.CanvasObject{widgets.NewHint(t("screens.entry.all"))}
	}
	var out []fyne.CanvasObject
	for _, m := range x.Needs {
		out = append(out, sign(m))
	}
	return out
}

// control is what a field is filled with, by the type of its property.
func (f *formView) control(x vm.Field) fyne.CanvasObject {
	v := f.p.vm
	if len(x.Choices) > 0 {
		opts := []widgets.Option{}
		for _, c := range x.Choices {
			o := widgets.Option{Value: c.Code, Label: c.Label}
			// Codes that officers know are shown beside their words; the dictionary's own names are not.
			if c.Code == strings.ToUpper(c.Code) && !strings.Contains(c.Label, c.Code) {
				o.Code = c.Code
			}
			opts = append(opts, o)
		}
		s := widgets.NewSelect(t("screens.entry.choose"), opts, func(code string) {
			v.Set(x.Path, code)
			v.Leave(x.Path)
		})
		s.Label = x.Label
		if x.Def.Type != pole.TypeCode {
			s.Free = func(typed string) string { return t("screens.entry.free", "typed", typed) }
		}
		s.SetValue(x.Value)
		return s
	}
	if x.Def.Type == pole.TypeBool {
		opts := []widgets.Option{{Value: "true", Label: t("screens.settings.yes")}, {Value: "false", Label: t("screens.settings.no")}}
		s := widgets.NewSelect(t("screens.entry.choose"), opts, func(code string) { v.Set(x.Path, code) })
		s.Label = x.Label
		s.SetValue(x.Value)
		return s
	}
	var in *widgets.Input
	if x.Def.Multiline {
		in = widgets.NewArea("", 5)
	} else {
		in = widgets.NewInput("")
	}
	if f.p.k.ident(x.Def.Name) {
		in.SetMono(true)
	}
	in.Label = x.Label
	in.SetText(x.Value)
	in.OnChanged = func(text string) { v.Set(x.Path, text) }
	in.OnFocus = func(on bool) {
		if !on && f.shown == v.Section() {
			v.Leave(x.Path)
		}
	}
	return in
}

// refresh brings marks, errors, counts and targets up to date; what is being typed into is left alone.
func (f *formView) refresh() {
	v := f.p.vm
	if _, _, of, _, _ := v.Several(); f.shown != v.Section() || of != f.count || !slices.Equal(f.order, paths(v.Fields())) {
		at := f.focused()
		f.build()
		if field, ok := f.fields[at]; ok {
			field.Focus() // a condition brought up or took away a field beside the one being filled
		}
	}
	sections := v.Sections()
	if s := v.Section(); s < len(sections) {
		f.title.Set(sections[s].Label)
		f.sections.Select(trimFloat(float64(s)))
		show(f.prev, s > 0)
		show(f.next, s+1 < len(sections))
	}
	f.sections.Refresh()
	for _, x := range v.Fields() {
		field, ok := f.fields[x.Path]
		if !ok {
			continue
		}
		field.SetLabel(x.Label, f.marks(x)...)
		field.SetError(x.Error)
		field.SetCount(x.Count)
		var below []widgets.Run
		if x.From != nil {
			below = append(below, widgets.Inline(chip(*x.From)), widgets.Span(t("screens.entry.from", "system", x.From.Name), widgets.Small))
		}
		if x.Doubt != "" {
			if len(below) > 0 {
				below = append(below, widgets.NewLine())
			}
			below = append(below, widgets.Inline(widgets.NewGlyph(widgets.HalfTri, theme.Disagree, 10)), widgets.Span(x.Doubt, widgets.Caution))
		}
		field.SetFrom(below...)
		switch c := field.Control().(type) {
		case *widgets.Input:
			c.SetInvalid(x.Error != "")
			c.SetEnabled(!v.Sending())
			if c.Text() != x.Value && !c.Focused() {
				c.SetText(x.Value)
			}
		case *widgets.Select:
			c.SetInvalid(x.Error != "")
			if c.Value() != x.Value {
				c.SetValue(x.Value)
			}
		}
	}
	typed, asked := v.TypedWords()
	f.typed.Set(widgets.Span(typed, widgets.BodyBold), widgets.NewLine(), widgets.Span(asked, widgets.MutedText))
	words, tone := v.Saved()
	f.saved.Set(widgets.Span(words, styled(tone)))
	f.refreshTargets()
	f.refreshFiles()
	f.refreshNotice()
	f.object.Refresh()
}

func paths(fields []vm.Field) []string {
	var out []string
	for _, x := range fields {
		out = append(out, x.Path)
	}
	return out
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (f *formView) refreshNotice() {
	v := f.p.vm
	text := v.SendErr()
	if text == f.errText {
		return
	}
	f.errText = text
	f.notice.Objects = nil
	if text != "" {
		f.notice.Objects = []fyne.CanvasObject{widgets.NewNotice(widgets.Alarm, text, nil)}
	}
	f.notice.Refresh()
}

func (f *formView) refreshTargets() {
	v := f.p.vm
	list := v.Targets()
	for len(f.tRows) < len(list) {
		i := len(f.tRows)
		r := &targetRow{shape: widgets.NewGlyph(widgets.Square, theme.Text, 11), name: widgets.NewCut("", widgets.BodyBold),
			words: widgets.NewWords("", widgets.Body), text: widgets.NewFlow()}
		r.check = widgets.NewCheck("", true, func(bool) { f.p.toggle(i) })
		r.to = widgets.NewSmall("", "", func() { f.focusPath(r.path) })
		r.to.Hide()
		r.box = widgets.Stack(0, widgets.Pad(1.5, 1, widgets.Stack(0.5,
			widgets.Row(2, widgets.Fix(r.check), widgets.Fix(r.shape), widgets.Grow(r.name), widgets.Fix(r.words), widgets.Fix(r.to)),
			widgets.PadSides(0, 0, 0, 7, r.text))), widgets.HLine())
		f.tRows = append(f.tRows, r)
		f.targets.Objects = append(f.targets.Objects, r.box)
	}
	for i, x := range list {
		r := f.tRows[i]
		r.path = x.Path
		r.check.Set("", x.On)
		if s := widgets.Shape(x.Mark.Shape); r.shape.Shape != s {
			r.shape.Shape = s
			r.shape.Refresh()
		}
		r.name.Set(x.Mark.Name)
		if x.Path != "" {
			r.words.SetStyle("", widgets.Body)
			r.words.Hide()
			r.to.Set("▲ "+x.Words, "")
			r.to.Show()
		} else {
			r.words.Show()
			r.to.Hide()
			r.words.SetStyle(x.Words, styled(x.Tone))
		}
		r.text.Set(widgets.Span(x.Text, widgets.MutedText))
	}
	if v.Sending() {
		f.send.Set(t("screens.entry.sending"), "")
	} else {
		f.send.Set(v.SendWords(), "Ctrl Enter")
	}
}

// focused is the field that has the keyboard; "" for none.
func (f *formView) focused() string {
	c := f.p.host.Canvas()
	if c == nil || c.Focused() == nil {
		return ""
	}
	for path, field := range f.fields {
		if o, ok := field.Control().(fyne.Focusable); ok && o == c.Focused() {
			return path
		}
	}
	return ""
}

// focusFirst puts the keyboard on the first field of the section that is empty or wrong, else on the first.
func (f *formView) focusFirst() {
	if len(f.order) == 0 {
		return
	}
	for _, path := range f.order {
		if x, ok := f.p.vm.FieldAt(path); ok && (x.Value == "" || x.Error != "") {
			f.fields[path].Focus()
			return
		}
	}
	f.fields[f.order[0]].Focus()
}

// focusPath goes to a field, wherever in the form it stands.
func (f *formView) focusPath(path string) {
	if !f.p.vm.GoTo(path) {
		return
	}
	if field, ok := f.fields[path]; ok {
		f.scroll.Reveal(field)
		field.Focus()
	}
}
