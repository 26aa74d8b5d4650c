package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"muster/plugins/pole"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/widgets"
)

// frame is one window: the main one with command bar and rail, or one of its own with a place alone.
type frame struct {
	shell  *Shell
	win    fyne.Window
	isMain bool
	id     place.ID // of a window of its own
	key    string

	banner  *widgets.Banner
	top     *topBar
	rail    *widgets.Rail
	status  *widgets.StatusBar
	holder  *fyne.Container
	float   *fyne.Container // suggestions and notices, above the content
	body    fyne.CanvasObject
	root    *fyne.Container
	covered fyne.CanvasObject
	coverUp bool

	places  map[place.ID]place.Place
	current place.Place
	history []place.ID
	bound   []fyne.Shortcut
	keys    map[string]func() // by ShortcutName
	modals  []*modal
	toast   *toast
	width   float32
	title   string
}

var _ place.Host = (*frame)(nil)

func newFrame(s *Shell, isMain bool, id place.ID, key string) *frame {
	f := &frame{shell: s, isMain: isMain, id: id, key: key, places: map[place.ID]place.Place{}, keys: map[string]func(){}}
	f.win = s.app.NewWindow(i18n.T("app.name"))
	f.win.SetPadded(false)
	if icon := theme.AppIcon(); icon != nil {
		f.win.SetIcon(icon)
	}
	f.banner = widgets.NewBanner()
	f.holder = container.NewStack()
	f.float = container.NewWithoutLayout()
	f.status = widgets.NewStatusBar()
	f.toast = newToast(f)
	objs := []fyne.CanvasObject{container.NewStack(), f.banner, f.holder} // on the window's own ground
	if isMain {
		f.rail = widgets.NewRail(railItems(), func(id string) { f.Go(place.ID(id), nil) })
		f.top = newTopBar(f)
		objs = append(objs, f.top.object, widgets.Ground(theme.Panel, f.rail), widgets.VLine(), widgets.HLine(), f.status)
	}
	objs = append(objs, f.float)
	f.body = container.New(&frameLayout{f}, objs...)
	f.root = container.NewStack()
	if !isMain {
		f.root.Objects = []fyne.CanvasObject{f.body}
	}
	// The main window begins under a cover: what lies beneath is first built when it is first seen.
	f.win.SetContent(f.root)
	f.bindKeys()
	f.restoreSize()
	f.win.SetOnClosed(func() {
		widgets.TakeShortcuts(f.win.Canvas(), nil)
		if isMain {
			s.Close()
			return
		}
		f.closePlaces()
		delete(s.own, windowKey(id, key))
	})
	f.win.SetCloseIntercept(func() {
		f.saveSize()
		f.win.Close()
	})
	f.showMarking()
	return f
}

func railItems() []widgets.RailItem {
	var out []widgets.RailItem
	for i, id := range place.Rail() {
		out = append(out, widgets.RailItem{ID: string(id), Text: placeName(id), Key: "Ctrl " + string(rune('1'+i))})
	}
	return out
}

// placeName is the name of a place of the frame.
func placeName(id place.ID) string { return i18n.T("place." + string(id)) }

// frameLayout sets the parts of a window: banner, top bar, rail, content, status bar.
type frameLayout struct{ f *frame }

func (l *frameLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1000, 640) }

func (l *frameLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	put(objs[0], 0, 0, s.Width, s.Height)
	bh := theme.Size(theme.BannerHeight)
	put(objs[1], 0, 0, s.Width, bh)
	if !l.f.isMain {
		put(objs[2], 0, bh, s.Width, s.Height-bh)
		l.f.fold(s.Width)
		put(l.f.float, 0, 0, s.Width, s.Height)
		l.f.toast.place()
		return
	}
	th, rw, sh := theme.Size(theme.TopHeight), theme.Size(theme.RailWidth), theme.Size(theme.StatusHeight)
	put(objs[2], rw+1, bh+th, s.Width-rw-1, s.Height-bh-th-sh)
	put(objs[3], 0, bh, s.Width, th)
	put(objs[4], 0, bh+th, rw, s.Height-bh-th-sh)
	put(objs[5], rw, bh+th, 1, s.Height-bh-th-sh)
	put(objs[6], 0, bh+th-1, s.Width, 1)
	put(objs[7], 0, s.Height-sh, s.Width, sh)
	put(l.f.float, 0, 0, s.Width, s.Height)
	l.f.fold(s.Width - rw - 1)
	l.f.top.placeSuggestions()
	l.f.toast.place()
}

// fold tells the place in front how wide it is.
func (f *frame) fold(w float32) {
	f.width = w
	if p, ok := f.current.(place.Folder); ok {
		p.Fold(w)
	}
}

// cover hides the whole window behind c.
func (f *frame) cover(c *coverScreen) {
	if !f.coverUp {
		f.toast.hide()
		for _, m := range f.modals {
			f.win.Canvas().Overlays().Remove(m.sheet)
		}
		if f.top != nil {
			f.top.closeSuggestions()
		}
	}
	widgets.SetActive(f.win.Canvas())
	f.win.Canvas().Unfocus()
	f.coverUp = true
	f.covered = c.object
	f.setTitle(c.title)
	f.root.Objects = []fyne.CanvasObject{c.object}
	f.root.Refresh()
	if c.focus != nil {
		c.focus()
	}
}

// uncover brings the places back as they were, with what stood over them.
func (f *frame) uncover() {
	if !f.coverUp {
		return
	}
	f.coverUp, f.covered = false, nil
	if f.isMain {
		widgets.SetActive(f.win.Canvas())
	}
	f.root.Objects = []fyne.CanvasObject{f.body}
	f.root.Refresh()
	for _, m := range f.modals {
		f.win.Canvas().Overlays().Add(m.sheet)
		m.fit()
		m.refocus()
	}
	f.Refresh()
	if len(f.modals) == 0 && f.current != nil {
		f.current.Focus()
	}
}

// showMarking puts the highest marking on screen into the banner.
func (f *frame) showMarking() {
	var m pole.Marking
	if p, ok := f.current.(place.Marked); ok && !f.coverUp {
		m = p.Marking()
	}
	if f.shell.desk == nil {
		f.banner.SetQuiet(i18n.T("cover.banner"))
		return
	}
	def, ok := f.shell.markingDef(m)
	if !ok {
		f.banner.SetQuiet(i18n.T("cover.banner"))
		return
	}
	text := def.Label
	if text == "" {
		text = def.Name
	}
	for _, h := range m.Handling {
		if len(h) > 2 { // a bare code says nothing; it stands with its words beside the record
			text += " · " + h
		}
	}
	f.banner.Set(text, def.Colour, def.Text)
}

func (s *Shell) markingDef(m pole.Marking) (pole.MarkingDef, bool) {
	d := s.desk.Dictionary()
	if d == nil {
		return pole.MarkingDef{}, false
	}
	return findMarking(d, m.Classification)
}

// placeOf builds a place the first time that it is shown.
func (f *frame) placeOf(id place.ID) (place.Place, bool) {
	if p, ok := f.places[id]; ok {
		return p, true
	}
	make, ok := f.shell.factories[id]
	if !ok {
		return nil, false
	}
	p := make(f)
	f.places[id] = p
	return p, true
}

// Go shows a place of the rail in the main window.
func (f *frame) Go(id place.ID, arg any) {
	if !f.isMain {
		f.shell.main.Go(id, arg)
		f.shell.main.win.RequestFocus()
		return
	}
	p, ok := f.placeOf(id)
	if !ok {
		return
	}
	if f.current != nil && f.current.Name() != id {
		f.history = append(f.history, f.current.Name())
		if len(f.history) > 50 {
			f.history = f.history[1:]
		}
	}
	f.show(p, arg)
}

func (f *frame) show(p place.Place, arg any) {
	f.shell.touch()
	widgets.SetActive(f.win.Canvas())
	widgets.CloseChoices()
	if f.top != nil {
		f.top.closeSuggestions()
	}
	if f.current != p {
		if f.current != nil {
			f.current.Hidden()
		}
		f.current = p
		f.holder.Objects = []fyne.CanvasObject{p.Object()}
		f.holder.Refresh()
		if f.width > 0 {
			f.fold(f.width)
		}
	}
	if f.rail != nil {
		f.rail.Select(string(p.Name()))
	}
	p.Shown(arg)
	f.Refresh()
	if !f.coverUp && len(f.modals) == 0 {
		f.win.Canvas().Unfocus()
		p.Focus()
	}
}

// Back goes to where the officer was: within the place, to the place before, or to the desk.
func (f *frame) Back() {
	if f.current == nil {
		return
	}
	if b, ok := f.current.(place.Backer); ok && b.Back() {
		return
	}
	if !f.isMain {
		return
	}
	if n := len(f.history); n > 0 {
		id := f.history[n-1]
		f.history = f.history[:n-1]
		if p, ok := f.placeOf(id); ok {
			f.show(p, nil)
		}
		return
	}
	if f.current.Name() != place.Desk {
		if p, ok := f.placeOf(place.Desk); ok {
			f.show(p, nil)
		}
	}
}

// Post runs fn on the UI goroutine.
func (f *frame) Post(fn func()) { f.shell.opts.Post(fn) }

// Refresh takes up a place's changed title, marking and keys.
func (f *frame) Refresh() {
	f.showMarking()
	f.bindPlaceKeys()
	if f.current != nil && !f.coverUp {
		f.setTitle(f.current.Title())
	}
}

// setTitle names what the window shows; it never holds personal data, for the system's task bar shows it too.
func (f *frame) setTitle(what string) {
	title := i18n.T("app.name")
	if what != "" {
		title = what + " · " + title
	}
	if f.title != title {
		f.title = title
		f.win.SetTitle(title)
	}
}

// SetBadge puts a count on a place of the rail.
func (f *frame) SetBadge(id place.ID, n int, tone place.Tone) {
	f.shell.main.rail.SetBadge(string(id), n, widgets.Level(tone))
}

// Canvas is the window's canvas.
func (f *frame) Canvas() fyne.Canvas { return f.win.Canvas() }

// Window is the window itself.
func (f *frame) Window() fyne.Window { return f.win }

// CommandText puts text into the command bar.
func (f *frame) CommandText(text string) { f.shell.main.top.setText(text) }

func (f *frame) closePlaces() {
	if f.current != nil {
		f.current.Hidden()
	}
	for id, p := range f.places {
		if c, ok := p.(interface{ Close() }); ok {
			c.Close()
		}
		delete(f.places, id)
	}
	f.current = nil
}

// forgetPlaces drops every place, so that nothing of one officer is there for the next.
func (f *frame) forgetPlaces() {
	f.closePlaces()
	f.history = nil
	f.shell.typed = nil
	for len(f.modals) > 0 {
		f.modals[len(f.modals)-1].close()
	}
	f.holder.Objects = nil
	if f.top != nil {
		f.top.setText("")
	}
}

// wake tells the desk that the officer moved the mouse; keys tell it by themselves.
type wake struct{ f *frame }

var _ desktop.Hoverable = (*wake)(nil)

func (w *wake) MouseIn(*desktop.MouseEvent)    { w.f.shell.touch() }
func (w *wake) MouseMoved(*desktop.MouseEvent) { w.f.shell.touch() }
func (w *wake) MouseOut()                      {}
