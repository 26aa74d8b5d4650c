package screens

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/desk"
	"muster/app/entry"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// outboxPlace shows every entry and how each delivery of it stands.
type outboxPlace struct {
	base
	vm     *vm.Outbox
	list   *widgets.List
	parts  rows[*outboxRow]
	tally  *widgets.Flow
	detail *fyne.Container
	scroll *widgets.Scroll
	main   *fyne.Container
	split  fyne.CanvasObject
	empty  fyne.CanvasObject
	sig    string
	note   string
}

type outboxRow struct {
	title, words, saved *widgets.Words
	text                *widgets.Words
}

func newOutbox(k *kit, h place.Host) *outboxPlace {
	p := &outboxPlace{base: base{k: k, host: h, id: place.Outbox}, parts: rows[*outboxRow]{}}
	p.vm = vm.NewOutbox(k.env, k.desk)
	p.vm.OnChange = p.refresh
	p.vm.OnDraft = func(d entry.Draft) { h.Go(place.Enter, d) }
	p.list = widgets.NewList(ids{func() int { return len(p.vm.Items()) }, func(i int) string { return p.vm.Items()[i].ID }},
		func() fyne.CanvasObject {
			r := &outboxRow{title: widgets.NewCut("", widgets.BodyBold), words: widgets.NewWords("", widgets.Body), saved: widgets.NewWords("", widgets.Ident.In(theme.Muted)), text: widgets.NewCut("", widgets.MutedText)}
			o := widgets.Pad(2, 3, widgets.Stack(0.5, widgets.Row(2, widgets.Grow(r.title), widgets.Fix(r.words)), widgets.Row(2, widgets.Grow(r.text), widgets.Fix(r.saved))))
			p.parts[o] = r
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			r, x := p.parts[o], p.vm.Items()[i]
			r.title.Set(x.Title)
			r.words.SetStyle(x.Words, styled(x.Tone))
			r.text.Set(x.Text)
			r.saved.Set(x.Saved)
		})
	p.list.Height = func(int, float32) float32 { return theme.Gap(4) + 2*line() + 4 }
	p.list.Label = t("screens.outbox.title")
	p.list.OnSelect = func(id string) { p.vm.SelectID(id) }
	p.tally = widgets.NewFlow()
	p.detail = widgets.Stack(2.5)
	p.scroll = widgets.NewScroll(p.detail)
	left := container.New(layoutFunc{fyne.NewSize(320, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, 28)
		y := 28 + theme.Gap(2)
		put(o[1], 0, y, s.Width, s.Height-y)
	}}, widgets.NewTitle(t("screens.outbox.title"), p.tally), widgets.NewFlushCard(p.list))
	p.split = widgets.Columns(0, widgets.Grow(widgets.Pad(4, 4, left)), widgets.Wide(widgets.VLine(), 1), widgets.Grow(widgets.Pad(4, 4, p.scroll)))
	p.empty = widgets.NewEmpty(t("screens.outbox.none"), t("screens.outbox.none.how"), nil)
	p.main = container.NewStack(p.split)
	p.object = p.main
	p.listen(func(n desk.Notice) {
		if n.Topic == desk.TopicOutbox || n.Topic == desk.TopicState {
			p.vm.Load()
		}
	})
	return p
}

// Shown shows the outbox, at the entry that arg names.
func (p *outboxPlace) Shown(arg any) {
	if id, ok := arg.(string); ok && id != "" {
		p.vm.SelectID(id)
	}
	p.vm.Load()
}

func (p *outboxPlace) Focus() { p.list.Focus() }
func (p *outboxPlace) AskAgain() {
	p.first(canRetry, p.retry)
}

func (p *outboxPlace) Shortcuts() []place.Shortcut {
	return []place.Shortcut{
		{Key: fyne.KeyF5, Label: t("screens.outbox.key.retry")},
		{Key: fyne.KeyE, Mod: fyne.KeyModifierControl, Label: t("screens.outbox.key.edit"), Do: func() {
			p.first(canEdit, p.edit)
		}},
		{Key: fyne.KeyReturn, Mod: fyne.KeyModifierControl, Label: t("screens.outbox.key.look"), Do: func() {
			if e, ok := p.vm.Selected(); ok {
				p.vm.Choose(e)
			}
		}},
		{Key: fyne.KeyT, Mod: fyne.KeyModifierControl, Label: t("screens.outbox.look.all"), Do: func() {
			if e, ok := p.vm.Selected(); ok {
				p.vm.TakeAll(e)
			}
		}},
		{Key: fyne.KeyDelete, Mod: fyne.KeyModifierControl, Label: t("screens.outbox.key.withdraw"), Do: func() {
			p.first(func(l vm.DeliveryLine) bool { return l.CanDrop }, p.withdraw)
		}},
	}
}

// first does something with the delivery of the chosen entry that a key is for.
func (p *outboxPlace) first(can func(vm.DeliveryLine) bool, do func(vm.DeliveryLine)) {
	if e, ok := p.vm.Selected(); ok {
		if i := forKey(e.Deliveries, can); i >= 0 {
			do(e.Deliveries[i])
		}
	}
}

// forKey is the delivery that a key is for: the first that it can be used on, one that needs a person before any other. -1 for none.
func forKey(all []vm.DeliveryLine, can func(vm.DeliveryLine) bool) int {
	if i := slices.IndexFunc(all, func(l vm.DeliveryLine) bool { return can(l) && l.Tone == vm.Danger }); i >= 0 {
		return i
	}
	return slices.IndexFunc(all, can)
}

func canEdit(l vm.DeliveryLine) bool  { return l.CanEdit }
func canRetry(l vm.DeliveryLine) bool { return l.CanRetry }

func (p *outboxPlace) retry(l vm.DeliveryLine) { p.vm.Retry(l.Entry, l.Mark.System) }
func (p *outboxPlace) edit(l vm.DeliveryLine)  { p.vm.Edit(l.Entry, l.Mark.System) }

func (p *outboxPlace) withdraw(l vm.DeliveryLine) {
	in := widgets.NewInput("")
	field := widgets.NewField(t("screens.outbox.withdraw.reason"), in)
	var done func()
	do := func() {
		if p.vm.Withdraw(l.Entry, l.Mark.System, in.Text()) {
			done()
		} else {
			field.SetError(t("screens.outbox.needreason"))
			in.Focus()
		}
	}
	in.OnSubmit = func(string) { do() }
	done = p.host.Modal(t("screens.outbox.withdraw.title"), widgets.Stack(3,
		widgets.NewPara(t("screens.outbox.withdraw.ask", "system", l.Mark.Name), widgets.Body), field,
		widgets.Row(2, widgets.Spacer(), widgets.Fix(widgets.NewDanger(t("screens.outbox.withdraw"), "Enter", do)))), nil)
	in.Focus()
}

func (p *outboxPlace) refresh() {
	items := p.vm.Items()
	if p.vm.Loaded() && len(items) == 0 {
		p.main.Objects = []fyne.CanvasObject{p.empty}
	} else {
		p.main.Objects = []fyne.CanvasObject{p.split}
	}
	waiting, person := p.vm.Tally()
	var runs []widgets.Run
	if person > 0 {
		runs = append(runs, widgets.Span(t("screens.outbox.tally.person", "n", person)+"   ", widgets.DangerTxt.Strong()))
	}
	if waiting > 0 {
		runs = append(runs, widgets.Span(t("screens.outbox.tally.waiting", "n", waiting), widgets.Caution))
	}
	p.tally.Set(runs...)
	if e, ok := p.vm.Selected(); ok {
		p.list.Select(e.ID)
		p.refreshDetail(e)
	} else {
		p.detail.Objects = nil
	}
	p.list.Refresh()
	p.main.Refresh()
	if words, bad := p.vm.Note(); words != p.note {
		p.note = words
		if words != "" {
			x := place.Good
			if bad {
				x = place.Danger
			}
			p.host.Notify(x, words)
		}
	}
}

func (p *outboxPlace) refreshDetail(e vm.OutboxEntry) {
	sig := e.ID + e.Words
	for _, l := range e.Changed {
		sig += l.Path + l.Wrote + l.Now
		if l.Take {
			sig += "✓"
		}
	}
	if p.vm.Busy(e.ID, "") {
		sig += "…"
	}
	for _, l := range e.Deliveries {
		sig += l.Words + l.Reference + l.Text
		if p.vm.Busy(e.ID, l.Mark.System) {
			sig += "…"
		}
	}
	if sig == p.sig {
		return
	}
	p.sig = sig
	objs := []fyne.CanvasObject{
		widgets.NewTitle(e.Title, widgets.NewWords(e.Words, styled(e.Tone).Strong())),
		widgets.NewWords(t("screens.outbox.sentat", "at", e.Saved), widgets.MutedText)}
	if len(e.Changed) > 0 {
		objs = append(objs, p.lookCard(e))
	}
	edits, tries := forKey(e.Deliveries, canEdit), forKey(e.Deliveries, canRetry)
	hint := func(key string, here bool) string {
		if here {
			return key
		}
		return ""
	}
	for i, l := range e.Deliveries {
		var acts []fyne.CanvasObject
		if !p.vm.Busy(e.ID, l.Mark.System) {
			if l.CanEdit {
				words := t("screens.outbox.edit")
				if l.Tone == vm.Good {
					words = t("screens.outbox.amend")
				}
				b := widgets.NewPrimary(words, hint("Ctrl E", i == edits), func() { p.edit(l) })
				if l.Tone == vm.Good {
					b = widgets.NewButton(words, hint("Ctrl E", i == edits), func() { p.edit(l) })
				}
				acts = append(acts, b)
			}
			if l.CanRetry {
				acts = append(acts, widgets.NewButton(t("screens.outbox.retry"), hint("F5", i == tries), func() { p.retry(l) }))
			}
			if l.CanDrop {
				acts = append(acts, widgets.NewButton(t("screens.outbox.withdraw"), "", func() { p.withdraw(l) }))
			}
		}
		objs = append(objs, deliveryCard(l, acts))
	}
	p.detail.Objects = objs
	p.detail.Refresh()
	p.scroll.Refresh()
}
