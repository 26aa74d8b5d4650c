package screens

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// enterPlace is the one form: the drafts, the form being filled, and how what was sent fares.
type enterPlace struct {
	base
	vm      *vm.Entry
	who     *vm.Candidates
	main    *fyne.Container
	mode    string
	seq     int
	sig     string
	form    *formView
	first   fyne.Focusable
	up      bool // on screen
	about   string
	marking pole.Marking // of the case that the entry is about
	receipt *fyne.Container
	from    *caseview.Case // what the form that is being chosen will be about
}

// properties gives the entry form the dictionary.
type properties struct{ k *kit }

func (p properties) Property(name pole.Property) (pole.PropertyDef, bool) {
	if d := p.k.desk.Dictionary(); d != nil {
		return d.Property(name)
	}
	return pole.PropertyDef{}, false
}

func (p properties) Codes(list string) []pole.CodeDef {
	if d := p.k.desk.Dictionary(); d != nil {
		return d.CodeList(list)
	}
	return nil
}

func newEnter(k *kit, h place.Host) *enterPlace {
	p := &enterPlace{base: base{k: k, host: h, id: place.Enter}, main: container.NewStack(), seq: -1}
	p.vm = vm.NewEntry(k.env, k.desk, properties{k})
	p.vm.WithPurpose = h.WithPurpose
	p.vm.OnChange = p.refresh
	p.newWho()
	p.object = p.main
	p.listen(func(n desk.Notice) {
		switch n.Topic {
		case desk.TopicOutbox:
			p.vm.Refresh()
		case desk.TopicDrafts, desk.TopicState:
			p.vm.Load()
		}
	})
	p.refresh()
	return p
}

// Shown starts a form (place.NewEntry), or opens a draft (entry.Draft).
func (p *enterPlace) Shown(arg any) {
	p.up = true
	p.vm.Load()
	switch a := arg.(type) {
	case place.NewEntry:
		from, _ := a.From.(*caseview.Case)
		p.about, p.marking, p.from = "", pole.Marking{}, nil
		if from != nil {
			p.about, p.marking = from.Title, from.Marking
		}
		form := a.Form
		if forms := p.k.desk.Forms(); form == "" && len(forms) == 1 {
			form = forms[0].ID
		}
		if form == "" {
			p.vm.Close() // what was open is kept
			p.from, p.sig = from, ""
			p.refreshStart(true)
			p.Focus()
			return
		}
		p.vm.Start(form, from)
	case place.FillEntry:
		c, _ := a.From.(*caseview.Case)
		switch d, _ := p.vm.Draft(); {
		case c == nil:
		case d == nil:
			p.host.Notify(place.Caution, t("screens.entry.fill.none"))
		default:
			p.fill(c)
		}
	case entry.Draft:
		p.about, p.marking, p.from = "", pole.Marking{}, nil
		p.vm.Resume(a)
	}
}

// Hidden leaves the keyboard to the place that comes up.
func (p *enterPlace) Hidden() { p.up = false }

func (p *enterPlace) Focus() {
	if p.mode == "form" && p.form != nil {
		p.form.focusFirst()
		return
	}
	if c := p.host.Canvas(); p.first != nil && c != nil {
		c.Focus(p.first)
	}
}

// Marking is that of the case which the entry is about, while its values stand in the form.
func (p *enterPlace) Marking() (m pole.Marking) {
	if p.mode == "form" {
		return p.marking
	}
	return m
}

// Close keeps what is being typed.
func (p *enterPlace) Close() {
	p.vm.Close()
	p.base.Close()
}

// Back puts the draft aside; it is kept.
func (p *enterPlace) Back() bool {
	if p.mode == "form" || p.mode == "sent" {
		p.vm.Close()
		p.Focus()
		return true
	}
	return false
}

func (p *enterPlace) Shortcuts() []place.Shortcut {
	ctrl := fyne.KeyModifierControl
	out := []place.Shortcut{
		{Key: fyne.KeyReturn, Mod: ctrl, Label: t("screens.entry.key.send"), Do: p.send},
		{Key: fyne.KeyR, Mod: ctrl, Label: t("screens.entry.key.preview"), Do: p.preview},
		{Key: fyne.KeyPageDown, Mod: ctrl, Label: t("screens.entry.key.next"), Do: func() { p.step(1) }},
		{Key: fyne.KeyPageUp, Mod: ctrl, Label: t("screens.entry.key.previous"), Do: func() { p.step(-1) }},
		{Key: fyne.KeyR, Mod: ctrl | fyne.KeyModifierShift, Label: t("screens.entry.key.requests"), Do: p.requests},
		{Key: fyne.KeyI, Mod: ctrl, Label: t("screens.entry.key.another"), Do: p.another},
		{Key: fyne.KeyI, Mod: ctrl | fyne.KeyModifierShift, Label: t("screens.entry.key.without"), Do: p.without},
		{Key: fyne.KeyO, Mod: ctrl, Label: t("screens.entry.key.attach"), Do: p.attach},
		{Key: fyne.KeyP, Mod: ctrl, Label: t("screens.entry.key.print"), Do: func() { p.printed("") }},
		{Key: fyne.KeyEscape, Label: t("screens.entry.key.close")},
		{Key: fyne.KeyDelete, Mod: ctrl | fyne.KeyModifierShift, Label: t("screens.entry.key.discard"), Do: p.discard},
	}
	out = append(out, p.whoKeys()...)
	for i, x := range p.vm.Targets() {
		if i < 9 {
			out = append(out, place.Shortcut{Key: fyne.KeyName(rune('1' + i)), Mod: fyne.KeyModifierAlt,
				Label: t("screens.entry.key.target", "system", x.Mark.Name), Do: func() { p.toggle(i) }})
		}
	}
	return out
}

func (p *enterPlace) toggle(i int) {
	if l := p.vm.Targets(); i < len(l) {
		p.vm.SetTarget(l[i].Mark.System, !l[i].On)
	}
}

func (p *enterPlace) step(by int) {
	if p.mode != "form" {
		return
	}
	p.vm.SetSection(p.vm.Section() + by)
	p.form.focusFirst()
}

func (p *enterPlace) send() {
	if path := p.vm.Send(); path != "" && p.form != nil {
		p.form.focusPath(path)
	}
}

func (p *enterPlace) discard() {
	d, _ := p.vm.Draft()
	if d == nil || p.vm.Sent() != nil {
		return
	}
	id := d.ID
	p.host.Confirm(t("screens.entry.discard"), t("screens.entry.discard.ask"), t("screens.entry.discard"), true, func() { p.vm.Discard(id) })
}

// preview shows what each target receives, field by field.
func (p *enterPlace) preview() {
	p.vm.Preview(func(targets []vm.PreviewTarget) {
		var objs []fyne.CanvasObject
		for _, x := range targets {
			var facts []widgets.Fact
			for _, l := range x.Lines {
				runs := []widgets.Run{widgets.Span(l.Value+" ", widgets.Body)}
				if l.From != "" {
					runs = append(runs, widgets.Span(t("screens.entry.preview.from", "system", p.systemName(l.From)), widgets.Small))
				}
				facts = append(facts, widgets.Fact{Label: l.Label, Value: widgets.NewFlow(runs...)})
			}
			f := widgets.NewFacts(facts...)
			f.LabelWidth = scaled(200)
			objs = append(objs, widgets.Stack(1, widgets.NewFlow(widgets.Inline(chip(x.Mark)), widgets.Span(x.Mark.Name, widgets.Name)), f))
		}
		if len(objs) == 0 {
			objs = append(objs, widgets.NewPara(t("screens.entry.preview.none"), widgets.MutedText))
		}
		all := widgets.Stack(5, objs...)
		height := min(widgets.HeightFor(all, 680)+8, 520)
		p.host.Modal(t("screens.entry.preview.title"), container.New(layoutFunc{fyne.NewSize(680, height), func(o []fyne.CanvasObject, s fyne.Size) {
			put(o[0], 0, 0, s.Width, s.Height)
		}}, widgets.NewScroll(all)), nil)
	})
}

func (p *enterPlace) systemName(id string) string { return vm.MarksOf(p.k.desk.Systems()).Of(id).Name }

func (p *enterPlace) refresh() {
	p.who.Look()
	d, seq := p.vm.Draft()
	mode := "start"
	switch {
	case p.vm.Sent() != nil:
		mode = "sent"
	case d != nil:
		mode = "form"
	case p.vm.Opening():
		mode = "opening"
	}
	fresh := mode != p.mode || seq != p.seq
	p.mode, p.seq = mode, seq
	switch mode {
	case "form":
		if fresh {
			p.form = newFormView(p)
			p.main.Objects = []fyne.CanvasObject{p.form.object}
			p.main.Refresh()
		}
		p.form.refresh()
		if fresh {
			p.host.Refresh()
			if p.up {
				p.form.focusFirst()
			}
		}
	case "sent":
		p.refreshSent(fresh)
	case "opening":
		if fresh {
			p.main.Objects = []fyne.CanvasObject{widgets.Pad(5, 4, widgets.NewSkeleton(t("screens.entry.opening"), 5))}
			p.main.Refresh()
		}
	default:
		p.refreshStart(fresh)
	}
}

// refreshStart lists the forms and the drafts.
func (p *enterPlace) refreshStart(fresh bool) {
	sig := p.vm.Err()
	for _, f := range p.vm.Forms() {
		sig += f.ID + "\x00"
	}
	for _, d := range p.vm.Drafts() {
		sig += d.ID + vm.Clock(d.Saved) + "\x00"
	}
	if !fresh && sig == p.sig {
		return
	}
	p.sig = sig
	before := p.first
	p.form, p.first = nil, nil
	objs := []fyne.CanvasObject{widgets.NewTitle(t("screens.entry.new"))}
	if p.from != nil {
		objs = append(objs, widgets.NewPara(t("screens.entry.choose.about", "title", p.from.Title), widgets.Body))
	}
	if e := p.vm.Err(); e != "" {
		objs = append(objs, widgets.NewNotice(widgets.Alarm, e, nil))
	}
	for _, f := range p.vm.Forms() {
		lines := []fyne.CanvasObject{widgets.NewWords(f.Name, widgets.Name)}
		if f.Help != "" {
			lines = append(lines, widgets.NewPara(f.Help, widgets.MutedText))
		}
		card := widgets.NewCard(widgets.Row(3, widgets.Grow(widgets.Stack(0.5, lines...)), widgets.Fix(widgets.NewSmall(t("screens.entry.print.blank"), "", func() { p.printed(f.ID) })), widgets.Fix(widgets.NewHint(">"+f.ID))))
		card.Label = f.Name
		from := p.from
		card.OnTap = func() { p.vm.Start(f.ID, from); p.from = nil }
		if p.first == nil {
			p.first = card
		}
		objs = append(objs, card)
	}
	objs = append(objs, widgets.Pad(1, 0, widgets.NewTitle(t("screens.entry.drafts"))))
	for _, d := range p.vm.Drafts() {
		card := widgets.NewCard(widgets.Row(3,
			widgets.Grow(widgets.Stack(0, widgets.NewCut(p.vm.Title(d), widgets.BodyBold), widgets.NewCut(firstWords(d), widgets.MutedText))),
			widgets.Fix(widgets.NewWords(t("screens.entry.changed", "at", vm.Day(d.Saved)+" "+vm.Clock(d.Saved)), widgets.MutedText)),
			widgets.Fix(widgets.NewSmall(t("screens.entry.discard"), "", func() {
				p.host.Confirm(t("screens.entry.discard"), t("screens.entry.discard.ask"), t("screens.entry.discard"), true, func() { p.vm.Discard(d.ID) })
			}))))
		card.Label = p.vm.Title(d)
		card.OnTap = func() { p.vm.Resume(d) }
		objs = append(objs, card)
	}
	if len(p.vm.Drafts()) == 0 {
		objs = append(objs, widgets.NewCard(widgets.NewPara(t("screens.entry.drafts.none"), widgets.MutedText)))
	}
	p.main.Objects = []fyne.CanvasObject{widgets.NewScroll(widgets.Pad(5, 5, narrow(760, widgets.Stack(2.5, objs...))))}
	p.main.Refresh()
	p.host.Refresh()
	if c := p.host.Canvas(); p.up && c != nil && (c.Focused() == nil || c.Focused() == before) {
		// What had the keyboard has just been drawn anew.
		p.Focus()
	}
}

// firstWords is a little of what a draft holds, to know it by: its longest value in words.
func firstWords(d entry.Draft) string {
	best := ""
	for _, v := range d.Values {
		if !strings.ContainsFunc(v, unicode.IsLetter) {
			continue
		}
		if len([]rune(v)) > len([]rune(best)) || len(v) == len(best) && v < best {
			best = v
		}
	}
	return best
}

// refreshSent shows the receipts as they come in.
func (p *enterPlace) refreshSent(fresh bool) {
	item := p.vm.Sent()
	lines := p.vm.SentDeliveries()
	sig := item.ID
	for _, l := range lines {
		sig += l.Words + l.Reference + l.Text
	}
	if !fresh && sig == p.sig {
		return
	}
	p.sig = sig
	p.form = nil
	if fresh {
		p.receipt = widgets.Stack(2.5)
		another := widgets.NewPrimary(t("screens.entry.sent.new"), "", func() { p.vm.Close(); p.Focus() })
		p.first = another
		p.main.Objects = []fyne.CanvasObject{widgets.NewScroll(widgets.Pad(5, 5, narrow(760, widgets.Stack(3,
			p.receipt, widgets.NewPara(t("screens.entry.sent.how"), widgets.MutedText),
			widgets.Row(2.5, widgets.Fix(another), widgets.Fix(widgets.NewButton(t("screens.entry.sent.outbox"), "Ctrl 5", func() { p.host.Go(place.Outbox, item.ID) })), widgets.Spacer())))))}
		p.main.Refresh()
	}
	tone := vm.Good
	for _, l := range lines {
		tone = max(tone, l.Tone)
	}
	objs := []fyne.CanvasObject{widgets.NewTitle(item.Title, widgets.NewWords(p.vm.SentWords(), styled(tone).Strong()))}
	for _, l := range lines {
		objs = append(objs, deliveryCard(l, nil))
	}
	p.receipt.Objects = objs
	p.receipt.Refresh()
	p.main.Refresh()
	if fresh {
		p.host.Refresh()
		if p.up {
			p.Focus()
		}
	}
}

// deliveryCard is one delivery: to whom, how it stands, its reference or what happens next, and what the officer can do.
func deliveryCard(l vm.DeliveryLine, actions []fyne.CanvasObject) *widgets.Card {
	lv := level(l.Tone)
	shape := lv.Symbol()
	if l.Tone == vm.Good {
		shape = widgets.Tick
	}
	head := widgets.Row(2.5, widgets.Fix(glyph(l.Mark)), widgets.Grow(widgets.NewCut(l.Mark.Name, widgets.BodyBold)),
		widgets.Fix(widgets.NewWords(l.Reference, widgets.Ident)),
		widgets.Fix(widgets.NewGlyph(shape, lv.Color(), 11)), widgets.Fix(widgets.NewWords(l.Words, widgets.BodyBold.In(lv.Color()))))
	objs := []fyne.CanvasObject{head}
	if l.Text != "" {
		objs = append(objs, widgets.NewPara(l.Text, widgets.MutedText))
	}
	if len(actions) > 0 {
		cells := []widgets.Cell{}
		for _, a := range actions {
			cells = append(cells, widgets.Fix(a))
		}
		objs = append(objs, widgets.PadSides(1.5, 0, 0, 0, widgets.Row(2, append(cells, widgets.Spacer())...)))
	}
	var c *widgets.Card
	if l.Tone == vm.Danger {
		c = widgets.NewEdgedCard(lv, widgets.Stack(0.5, objs...))
	} else {
		c = widgets.NewCard(widgets.Stack(0.5, objs...))
	}
	c.Label = l.Mark.Name + ": " + l.Words + ". " + l.Reference + " " + l.Text
	return c
}
