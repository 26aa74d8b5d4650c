package shell

import (
	"fyne.io/fyne/v2"

	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/widgets"
)

// modal stands over one window until it is closed. The keyboard stays within it; Esc closes it.
type modal struct {
	f      *frame
	sheet  fyne.CanvasObject
	enter  func()
	closed func()
	first  func() // puts the keyboard where one starts
	before fyne.Focusable
	isKeys bool
	gone   bool
}

const sheetWidth = 560

// open shows content in a sheet. enter is run on Enter where nothing in focus takes it; first puts the keyboard into it.
func (f *frame) open(title string, width float32, content fyne.CanvasObject, closed func(), enter, first func(), buttons ...fyne.CanvasObject) *modal {
	m := &modal{f: f, enter: enter, closed: closed, first: first, before: f.win.Canvas().Focused()}
	if f.top != nil {
		f.top.closeSuggestions()
	}
	m.sheet = widgets.Sheet(title, width, content, buttons...)
	f.modals = append(f.modals, m)
	if !f.coverUp {
		f.win.Canvas().Unfocus()
		f.win.Canvas().Overlays().Add(m.sheet)
		m.fit()
		m.refocus()
	}
	return m
}

func (m *modal) fit() {
	m.sheet.Move(fyne.Position{})
	m.sheet.Resize(m.f.win.Canvas().Size())
}

func (m *modal) refocus() {
	widgets.SetActive(m.f.win.Canvas())
	if m.first != nil {
		m.first()
		return
	}
	m.f.win.Canvas().FocusNext()
}

func (m *modal) close() {
	if m.gone {
		return
	}
	m.gone = true
	c := m.f.win.Canvas()
	c.Overlays().Remove(m.sheet)
	for i, o := range m.f.modals {
		if o == m {
			m.f.modals = append(m.f.modals[:i], m.f.modals[i+1:]...)
			break
		}
	}
	if len(m.f.modals) == 0 && !m.f.coverUp {
		if m.before != nil {
			c.Focus(m.before)
		} else if m.f.current != nil {
			m.f.current.Focus()
		}
	}
	if m.closed != nil {
		m.closed()
	}
}

// Modal shows content over the window.
func (f *frame) Modal(title string, content fyne.CanvasObject, closed func()) (closeIt func()) {
	m := f.open(title, 720, widgets.NewScrollMax(content, 560), closed, nil, nil)
	return m.close
}

// Confirm asks whether to go ahead.
func (f *frame) Confirm(title, text, yes string, danger bool, then func()) {
	var m *modal
	ok := func() {
		m.close()
		then()
	}
	b := widgets.NewPrimary(yes, "Enter", ok)
	if danger {
		b.Kind = widgets.DangerButton
	}
	no := widgets.NewButton(i18n.T("button.cancel"), "Esc", func() { m.close() })
	start := func() { f.win.Canvas().Focus(b) }
	if danger {
		start = func() { f.win.Canvas().Focus(no) }
	}
	m = f.open(title, sheetWidth, widgets.NewPara(text, widgets.Body), nil, nil, start, no, b)
}

// showKeys shows every key of the place and of the window.
func (f *frame) showKeys() {
	column := func(head string, lines []keyLine) fyne.CanvasObject {
		objs := []fyne.CanvasObject{widgets.NewHeader(head)}
		for _, l := range lines {
			objs = append(objs, widgets.Row(2, widgets.Wide(widgets.Row(0, widgets.Fix(widgets.NewHint(l.keys)), widgets.Spacer()), 120),
				widgets.Grow(widgets.NewPara(l.text, widgets.Body))))
		}
		return widgets.Stack(1.5, objs...)
	}
	cells := []widgets.Cell{}
	if own := f.placeKeys(); len(own) > 0 {
		cells = append(cells, widgets.Grow(column(i18n.T("keys.here", "place", f.current.Title()), own)).AtTop())
	}
	cells = append(cells, widgets.Grow(column(i18n.T("keys.everywhere"), globalKeys())).AtTop())
	width := float32(480)
	if len(cells) == 2 {
		width = 860
	}
	var m *modal
	done := widgets.NewButton(i18n.T("button.close"), "Esc", func() { m.close() })
	m = f.open(i18n.T("keys.title"), width, widgets.NewScrollMax(widgets.Row(6, cells...), 620), nil, nil, func() { f.win.Canvas().Focus(done) }, done)
	m.isKeys = true
}

// showOfficerSheet says who is signed in and offers to sign out.
func (f *frame) showOfficerSheet() {
	o, ok := f.shell.desk.Officer()
	if !ok {
		return
	}
	var m *modal
	facts := []widgets.Fact{{Label: i18n.T("officer.name"), Value: widgets.NewFlow(widgets.Span(o.Display(), widgets.BodyBold))}}
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, widgets.Fact{Label: label, Value: widgets.NewPara(value, widgets.Body)})
		}
	}
	add(i18n.T("officer.role"), o.Role)
	add(i18n.T("officer.force"), first(o.Force, f.shell.desk.Force()))
	add(i18n.T("officer.since"), o.Since.Local().Format("02/01/2006 15:04"))
	out := widgets.NewButton(i18n.T("officer.signout"), "", func() { m.close(); f.shell.SignOut() })
	wipe := widgets.NewButton(i18n.T("officer.wipe"), "", func() { m.close(); f.askWipe() })
	lock := widgets.NewButton(i18n.T("lock.button"), "F12", func() { m.close(); f.shell.Lock() })
	done := widgets.NewPrimary(i18n.T("button.close"), "Esc", func() { m.close() })
	m = f.open(i18n.T("officer.title"), sheetWidth, widgets.NewFacts(facts...), nil, nil, func() { f.win.Canvas().Focus(done) }, wipe, out, lock, done)
}

// askWipe says what signing out with wipe takes away, and what of it is nowhere else.
func (f *frame) askWipe() {
	go func() {
		entries, drafts := f.shell.desk.Undelivered()
		f.shell.opts.Post(func() {
			text := i18n.T("officer.wipe.ask")
			if entries+drafts > 0 {
				text = i18n.T("officer.wipe.lost", "entries", entries, "drafts", drafts) + " " + text
			}
			f.Confirm(i18n.T("officer.wipe.title"), text, i18n.T("officer.wipe"), true, f.shell.SignOutAndWipe)
		})
	}()
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// Notify shows a line above the status bar for a while.
func (f *frame) Notify(tone place.Tone, text string) { f.toast.show(widgets.Level(tone), text) }
