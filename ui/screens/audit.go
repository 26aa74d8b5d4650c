package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// auditPlace shows the officer's own accesses, and proves that the log is whole.
type auditPlace struct {
	base
	vm      *vm.Audit
	list    *widgets.List
	parts   rows[*auditRow]
	filter  *widgets.Input
	verdict *widgets.Flow
	count   *widgets.Words
	empty   *fyne.Container
	detail  *widgets.Scroll
	chosen  string
}

type auditRow struct {
	time, what, detail, reason, outcome *widgets.Words
	system                              *widgets.Flow
	last                                vm.AuditLine
}

func newAudit(k *kit, h place.Host) *auditPlace {
	p := &auditPlace{base: base{k: k, host: h, id: place.Audit}, parts: rows[*auditRow]{}}
	p.vm = vm.NewAudit(k.env, k.desk)
	p.vm.OnChange = p.refresh
	p.list = widgets.NewList(ids{p.vm.Count, func(i int) string { return trimFloat(float64(p.vm.Line(i).Seq)) }},
		func() fyne.CanvasObject { return newAuditRow(p.parts) },
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			p.parts[o].set(p.vm.Line(i))
			if i > p.vm.Count()-20 {
				// The next older page is read before the officer gets there.
				p.vm.More()
			}
		})
	p.list.Height = func(int, float32) float32 { return theme.Gap(3) + 2*line() }
	p.list.Label = t("screens.audit.own")
	p.list.OnSelect = func(id string) {
		for i := range p.vm.Count() {
			if trimFloat(float64(p.vm.Line(i).Seq)) == id {
				p.vm.Select(i)
				return
			}
		}
	}
	p.filter = widgets.NewInput(t("screens.audit.filter"))
	p.filter.Label = t("screens.audit.key.filter")
	p.filter.OnChanged = p.vm.Filter
	p.filter.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name == fyne.KeyDown || ev.Name == fyne.KeyReturn {
			p.list.Focus()
			p.list.SelectFirst()
			return true
		}
		return false
	}
	p.verdict = widgets.NewFlow()
	p.count = widgets.NewWords("", widgets.MutedText)
	p.empty = container.NewStack()
	p.detail = widgets.NewScroll(widgets.Stack(1))
	verify := widgets.NewButton(t("screens.audit.verify"), "Ctrl J", p.vm.Verify)
	left := container.New(layoutFunc{fyne.NewSize(420, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		put(o[0], 0, 0, s.Width, 36)
		y := 36 + theme.Gap(2)
		if h := widgets.HeightFor(o[1], s.Width); len(words(p.verdict)) > 0 {
			put(o[1], 0, y, s.Width, h)
			y += h + theme.Gap(2)
		}
		fh := widgets.HeightFor(o[2], s.Width)
		put(o[2], 0, y, s.Width, fh)
		y += fh + theme.Gap(3)
		put(o[3], 0, y, s.Width, s.Height-y)
		put(o[4], 0, y, s.Width, min(200, s.Height-y))
	}}, widgets.NewTitle(t("screens.audit.own"), p.count, verify), p.verdict, p.filter, widgets.NewFlushCard(p.list), p.empty)
	right := widgets.Grow(column(widgets.Pad(4, 4, p.detail)))
	right.Grow = 0.55
	right.Below = 900
	line := widgets.Wide(widgets.VLine(), 1)
	line.Below = 900
	p.object = widgets.Columns(0, widgets.Grow(widgets.Pad(4, 4, left)), line, right)
	p.showDetail()
	return p
}

func words(f *widgets.Flow) string { return f.AccessibilityLabel() }

func (p *auditPlace) Shown(any) { p.vm.Load() }
func (p *auditPlace) Focus()    { p.list.Focus(); p.list.SelectFirst() }
func (p *auditPlace) AskAgain() { p.vm.Load() }

func (p *auditPlace) Shortcuts() []place.Shortcut {
	return []place.Shortcut{
		{Key: fyne.KeyF, Mod: fyne.KeyModifierControl, Label: t("screens.audit.key.filter"), Do: p.filter.Focus},
		{Key: fyne.KeyJ, Mod: fyne.KeyModifierControl, Label: t("screens.audit.key.verify"), Do: p.vm.Verify},
	}
}

func (p *auditPlace) refresh() {
	if n := p.vm.Count(); n > 0 {
		more := ""
		if !p.vm.End() {
			more = " +"
		}
		p.count.Set(t("screens.audit.count", "n", n) + more)
	} else {
		p.count.Set("")
	}
	if w, tone := p.vm.Verdict(); w != "" {
		l := level(tone)
		p.verdict.Set(widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 11)), widgets.Span(w, widgets.BodyBold.In(l.Color())))
	} else {
		p.verdict.Set()
	}
	p.empty.Objects = nil
	switch {
	case p.vm.Err() != "":
		p.empty.Objects = []fyne.CanvasObject{widgets.Stack(0, widgets.NewNotice(widgets.Alarm, p.vm.Err(), nil))}
	case p.vm.Count() == 0 && p.vm.Loading():
		p.empty.Objects = []fyne.CanvasObject{widgets.Pad(3, 3, widgets.NewSkeleton("", 3))}
	case p.vm.Count() == 0 && p.filter.Text() != "":
		p.empty.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.audit.none.filter"), "", nil)}
	case p.vm.Count() == 0:
		p.empty.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.audit.none"), "", nil)}
	}
	p.empty.Refresh()
	p.list.Refresh()
	if p.filter.Text() == "" {
		p.list.SelectFirst()
	}
	p.showDetail()
	p.object.Refresh()
}

func (p *auditPlace) showDetail() {
	lines := p.vm.Detail()
	sig := "none"
	for _, l := range lines {
		sig += l.Label + l.Value
	}
	if sig == p.chosen {
		return
	}
	p.chosen = sig
	if len(lines) == 0 {
		p.detail.Set(widgets.Stack(1, widgets.NewHeader(t("screens.audit.record")), widgets.NewPara(t("screens.audit.record.none"), widgets.MutedText)))
		return
	}
	f := facts(lines)
	f.LabelWidth = scaled(130)
	p.detail.Set(widgets.Stack(1, widgets.NewHeader(t("screens.audit.record")), f))
}

func newAuditRow(m rows[*auditRow]) fyne.CanvasObject {
	r := &auditRow{
		time: widgets.NewWords("", widgets.Ident.In(theme.Muted)), what: widgets.NewCut("", widgets.BodyBold), detail: widgets.NewCut("", widgets.Body),
		reason: widgets.NewCut("", widgets.MutedText), outcome: widgets.NewCut("", widgets.Body), system: widgets.NewFlow(),
	}
	r.outcome.Align = fyne.TextAlignTrailing
	o := container.New(layoutFunc{fyne.NewSize(300, 40), func(_ []fyne.CanvasObject, s fyne.Size) {
		h := line()
		y := (s.Height - 2*h) / 2
		first := scaled(160)
		put(r.time, 12, y, first, h)
		put(r.system, 12, y+h+2, first, h)
		right := max(120, s.Width*0.26)
		x, what := first+24, scaled(120)
		put(r.what, x, y, what, h)
		put(r.detail, x+what+4, y, s.Width-x-what-4-right-20, h)
		put(r.reason, x, y+h, s.Width-x-right-20, h)
		put(r.outcome, s.Width-right-12, y+h/2, right, h)
	}}, r.time, r.system, r.what, r.detail, r.reason, r.outcome)
	m[o] = r
	return o
}

func (r *auditRow) set(l vm.AuditLine) {
	if r.last == l {
		return
	}
	r.last = l
	r.time.Set(l.Time)
	r.what.Set(l.What)
	r.detail.Set(l.Detail)
	r.reason.Set(l.Reason)
	r.outcome.SetStyle(l.Outcome, styled(l.Tone))
	if l.System.System == "" {
		r.system.Set()
	} else {
		r.system.Set(widgets.Inline(chip(l.System)))
	}
}
