package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/desk"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// deskPlace is the first place: what happens now, what the officer keeps, how the systems and the outbox are.
type deskPlace struct {
	base
	vm      *vm.Desk
	live    *liveList
	systems *widgets.List
	sysRows rows[*systemRow]
	lines   []vm.HealthLine
	check   *widgets.Button
	none    *widgets.Flow
	kept    *fyne.Container
	keptBox *widgets.Scroll
	outbox  *fyne.Container
	right   *widgets.Scroll
	sysCard *widgets.Card
	keptSig string
	outSig  string
}

func newDesk(k *kit, h place.Host) *deskPlace {
	p := &deskPlace{base: base{k: k, host: h, id: place.Desk}, sysRows: rows[*systemRow]{}}
	p.vm = vm.NewDesk(k.env, k.desk)
	p.live = newLiveList(k, h, p.vm)
	p.systems = widgets.NewList(ids{func() int { return len(p.lines) }, func(i int) string { return p.lines[i].Mark.System }},
		func() fyne.CanvasObject { return newSystemRow(p.sysRows) },
		func(i int, o fyne.CanvasObject, s widgets.RowState) { p.sysRows[o].set(p.lines[i]) })
	p.systems.Label = t("screens.desk.systems")
	p.systems.OnOpen = func(id string) { h.Go(place.Systems, id) }
	p.check = widgets.NewSmall(t("screens.desk.check"), "F5", p.vm.Check)
	p.sysCard = widgets.NewFlushCard(p.systems)
	p.none = widgets.NewPara(t("screens.desk.systems.none"), widgets.MutedText)
	p.kept, p.outbox = widgets.Stack(2.5), widgets.Stack(2.5)
	p.keptBox = widgets.NewScroll(p.kept)

	keptHead := widgets.NewHeader(t("screens.desk.kept"))
	left := container.New(layoutFunc{fyne.NewSize(320, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		head := o[0].MinSize().Height
		put(o[0], 0, 0, s.Width, head)
		// The queue takes the room it needs, and leaves the kept cases at least a third.
		listH := min(p.live.height(s.Width), max(s.Height*0.62, 160))
		put(o[1], 0, head, s.Width, listH)
		y := head + listH + theme.Gap(3)
		put(o[2], 0, y, s.Width, head)
		put(o[3], 0, y+head, s.Width, s.Height-y-head)
	}}, p.live.head, p.live.object, keptHead, p.keptBox)

	p.right = widgets.NewScroll(widgets.Stack(1,
		widgets.NewHeader(t("screens.desk.systems"), p.check), p.sysCard, p.none,
		widgets.Pad(1, 0, container.NewStack()),
		widgets.NewHeader(t("screens.desk.outbox")), p.outbox))
	leftCell := widgets.Grow(widgets.Pad(4, 4, left))
	leftCell.Grow = 4
	rightCell := widgets.Grow(widgets.Pad(4, 4, p.right))
	rightCell.Grow = 3
	p.object = widgets.Columns(0, leftCell, widgets.Wide(widgets.VLine(), 1), rightCell)

	p.vm.OnChange = p.refresh
	p.listen(p.vm.Notice)
	p.refresh()
	return p
}

func (p *deskPlace) Shown(any) { p.vm.Load() }
func (p *deskPlace) Focus()    { p.live.list.Focus() }
func (p *deskPlace) AskAgain() { p.vm.Check() }

func (p *deskPlace) Shortcuts() []place.Shortcut {
	return []place.Shortcut{
		{Key: fyne.KeyReturn, Label: t("screens.desk.key.open")},
		{Key: fyne.KeyF5, Label: t("screens.desk.key.check")},
		{Key: fyne.KeyN, Mod: fyne.KeyModifierControl, Label: t("screens.desk.key.new"), Do: func() { p.host.Go(place.Enter, nil) }},
		{Key: fyne.KeyW, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift, Label: t("screens.desk.key.window"),
			Do: func() { p.host.Open(place.Live, "", nil) }},
	}
}

func (p *deskPlace) refresh() {
	p.live.refresh()
	p.lines = p.vm.Systems()
	show(p.sysCard, len(p.lines) > 0)
	show(p.none, len(p.lines) == 0)
	if p.vm.Checking() {
		p.check.Set(t("screens.desk.checking"), "")
	} else {
		p.check.Set(t("screens.desk.check"), "F5")
	}
	p.systems.Refresh()
	p.refreshKept()
	p.refreshOutbox()
	p.object.Refresh()
}

func (p *deskPlace) refreshKept() {
	kept := p.vm.Kept()
	sig := ""
	for _, c := range kept {
		sig += c.ID + "\x00" + c.Title + "\x00" + c.Detail + "\x00" + c.Words + "\n"
	}
	if sig == p.keptSig && len(p.kept.Objects) > 0 {
		return
	}
	p.keptSig = sig
	p.kept.Objects = nil
	for _, c := range kept {
		id := c.ID
		card := widgets.NewCard(widgets.Stack(0,
			widgets.Row(2, widgets.Grow(widgets.NewCut(c.Title, widgets.BodyBold)), widgets.Fix(widgets.NewWords(c.Words, styled(c.Tone)))),
			widgets.NewCut(c.Detail, widgets.MutedText)))
		card.Label = c.Title + ". " + c.Words
		card.OnTap = func() { p.host.Go(place.Cases, id) }
		p.kept.Objects = append(p.kept.Objects, card)
	}
	if len(kept) == 0 {
		p.kept.Objects = []fyne.CanvasObject{widgets.NewCard(widgets.NewPara(t("screens.desk.kept.none"), widgets.MutedText))}
	}
	p.kept.Refresh()
	p.keptBox.Refresh()
}

func (p *deskPlace) refreshOutbox() {
	items := p.vm.Outbox()
	sig := ""
	for _, i := range items {
		sig += i.ID + i.Title + i.Words + i.Text + "\n"
	}
	more, drafts := p.vm.OutboxMore(), p.vm.Drafts()
	sig += t("screens.number", "count", more) + t("screens.number", "count", drafts)
	if sig == p.outSig {
		return
	}
	p.outSig = sig
	p.outbox.Objects = nil
	for _, i := range items {
		id := i.ID
		objs := []fyne.CanvasObject{widgets.Row(2, widgets.Grow(widgets.NewCut(i.Title, widgets.BodyBold)), widgets.Fix(widgets.NewWords(i.Words, styled(i.Tone))))}
		if i.Text != "" {
			objs = append(objs, widgets.NewPara(i.Text, widgets.MutedText))
		}
		card := widgets.NewCard(widgets.Stack(0, objs...))
		card.Label = i.Title + ". " + i.Words + ". " + i.Text
		card.OnTap = func() { p.host.Go(place.Outbox, id) }
		p.outbox.Objects = append(p.outbox.Objects, card)
	}
	if len(items) == 0 {
		p.outbox.Objects = append(p.outbox.Objects, widgets.NewCard(widgets.NewPara(t("screens.desk.outbox.none"), widgets.MutedText)))
	}
	if more > 0 {
		p.outbox.Objects = append(p.outbox.Objects, widgets.NewLink(t("screens.desk.outbox.more", "n", more), "", func() { p.host.Go(place.Outbox, nil) }))
	}
	if drafts > 0 {
		p.outbox.Objects = append(p.outbox.Objects, widgets.NewLink(t("screens.desk.drafts", "n", drafts), "", func() { p.host.Go(place.Enter, nil) }))
	}
	p.outbox.Refresh()
	p.right.Refresh()
}

// liveList is the live queue with its head; it stands on the desk and in a window of its own.
type liveList struct {
	k      *kit
	host   place.Host
	vm     *vm.Desk
	list   *widgets.List
	parts  rows[*liveRow]
	head   *fyne.Container
	held   *widgets.Button
	empty  *widgets.Flow
	card   *widgets.Card
	object fyne.CanvasObject
}

func newLiveList(k *kit, h place.Host, v *vm.Desk) *liveList {
	l := &liveList{k: k, host: h, vm: v, parts: rows[*liveRow]{}}
	l.list = widgets.NewList(ids{v.Live, func(i int) string { return v.LiveRow(i).Ref.String() }},
		func() fyne.CanvasObject { return newLiveRow(l.parts) },
		func(i int, o fyne.CanvasObject, _ widgets.RowState) { l.parts[o].set(v.LiveRow(i)) })
	l.list.Height = func(int, float32) float32 { return theme.Gap(3) + 2*line() }
	l.list.Label = t("screens.desk.live")
	l.list.OnSelect = func(id string) {
		for i := range v.Live() {
			if v.LiveRow(i).Ref.String() == id {
				v.Select(i)
			}
		}
	}
	l.list.OnOpen = func(id string) { h.Go(place.Cases, id) }
	l.list.OnKey = func(ev *fyne.KeyEvent) bool {
		if words, _ := v.Held(); ev.Name == fyne.KeyHome && words != "" {
			l.release()
			return true
		}
		return false
	}
	l.held = widgets.NewSmall("", "", l.release)
	l.held.Hide()
	l.head = widgets.NewHeader(t("screens.desk.live"), l.held)
	l.empty = widgets.NewPara("", widgets.MutedText)
	l.card = widgets.NewFlushCard(l.list)
	l.object = container.NewStack(l.card, widgets.Pad(4, 4, l.empty))
	return l
}

func (l *liveList) release() {
	l.vm.Release()
	l.list.Select("")
	l.list.SelectFirst()
}

// height is what the queue would take to show every row.
func (l *liveList) height(width float32) float32 {
	if l.vm.Live() == 0 {
		return 64
	}
	return l.list.HeightFor(width-2) + 2
}

func (l *liveList) refresh() {
	words, tone := l.vm.Held()
	if words == "" {
		l.held.Hide()
	} else {
		mark := "▲ "
		if tone < vm.Danger {
			mark = ""
		}
		l.held.Set(mark+words, "")
		l.held.Show()
	}
	switch {
	case l.vm.Live() > 0:
		l.empty.Set()
	case l.vm.Loaded():
		l.empty.Set(widgets.Span(t("screens.desk.live.none"), widgets.MutedText))
	default:
		l.empty.Set(widgets.Span(t("screens.desk.live.waiting"), widgets.MutedText))
	}
	if l.list.Selected() == "" && l.vm.Live() > 0 {
		// The keyboard starts on the first row; only a move of the officer's own holds new incidents back.
		l.list.Select(l.vm.LiveRow(0).Ref.String())
	}
	l.list.Refresh()
	l.head.Refresh()
}

// liveRow is one incident: priority, time, title over place, reference.
type liveRow struct {
	priority, clock, day, title, where, ref, status *widgets.Words
}

func newLiveRow(m rows[*liveRow]) fyne.CanvasObject {
	r := &liveRow{
		priority: widgets.NewWords("", widgets.BodyBold), clock: widgets.NewWords("", widgets.Ident), day: widgets.NewWords("", widgets.Ident.In(theme.Muted)),
		title: widgets.NewCut("", widgets.BodyBold), where: widgets.NewCut("", widgets.MutedText),
		ref: widgets.NewWords("", widgets.Ident), status: widgets.NewWords("", widgets.Small),
	}
	r.ref.Align, r.status.Align = fyne.TextAlignTrailing, fyne.TextAlignTrailing
	o := container.New(layoutFunc{fyne.NewSize(200, 40), func(o []fyne.CanvasObject, s fyne.Size) {
		h := line()
		y := (s.Height - 2*h) / 2
		put(r.priority, 8, y, scaled(36), h)
		put(r.clock, scaled(52), y, scaled(48), h)
		put(r.day, scaled(52), y+h, scaled(48), h)
		right, left := scaled(140), scaled(112)
		put(r.title, left, y, s.Width-left-right-16, h)
		put(r.where, left, y+h, s.Width-left-right-16, h)
		put(r.ref, s.Width-right-12, y, right, h)
		put(r.status, s.Width-right-12, y+h, right, h)
	}}, r.priority, r.clock, r.day, r.title, r.where, r.ref, r.status)
	m[o] = r
	return o
}

func (r *liveRow) set(v vm.LiveRow) {
	r.priority.SetStyle(v.Priority, styled(v.Tone).Strong())
	r.clock.Set(v.Time)
	r.day.Set(v.Day)
	r.title.Set(v.Title)
	r.where.Set(v.Place)
	r.ref.Set(v.Reference)
	r.status.Set(v.Status)
}

// systemRow is one system with its health.
type systemRow struct {
	shape *widgets.Glyph
	name  *widgets.Words
	words *widgets.Words
}

func newSystemRow(m rows[*systemRow]) fyne.CanvasObject {
	r := &systemRow{shape: widgets.NewGlyph(widgets.Square, theme.Text, 11), name: widgets.NewCut("", widgets.Body), words: widgets.NewWords("", widgets.Body)}
	o := widgets.Pad(0, 3, widgets.Row(3, widgets.Wide(r.shape, 14), widgets.Grow(r.name), widgets.Fix(r.words)))
	m[o] = r
	return o
}

func (r *systemRow) set(l vm.HealthLine) {
	if s := widgets.Shape(l.Mark.Shape); r.shape.Shape != s {
		r.shape.Shape = s
		r.shape.Refresh()
	}
	r.name.Set(l.Mark.Name)
	r.words.SetStyle(l.Words, styled(l.Tone))
}

// livePlace is the live queue in a window of its own.
type livePlace struct {
	base
	vm   *vm.Desk
	live *liveList
}

func newLive(k *kit, h place.Host) *livePlace {
	p := &livePlace{base: base{k: k, host: h, id: place.Live}}
	p.vm = vm.NewDesk(k.env, k.desk)
	p.live = newLiveList(k, h, p.vm)
	p.object = widgets.Pad(4, 4, container.New(layoutFunc{fyne.NewSize(320, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		head := o[0].MinSize().Height
		put(o[0], 0, 0, s.Width, head)
		put(o[1], 0, head, s.Width, s.Height-head)
	}}, p.live.head, p.live.object))
	p.vm.OnChange = p.live.refresh
	p.listen(func(n desk.Notice) {
		if n.Topic == desk.TopicLive || n.Topic == desk.TopicState {
			p.vm.LoadLive()
		}
	})
	return p
}

func (p *livePlace) Title() string               { return t("screens.desk.live") }
func (p *livePlace) Shown(any)                   { p.vm.LoadLive() }
func (p *livePlace) Focus()                      { p.live.list.Focus() }
func (p *livePlace) Shortcuts() []place.Shortcut { return nil }
func (p *livePlace) Marking() (m pole.Marking)   { return m }
