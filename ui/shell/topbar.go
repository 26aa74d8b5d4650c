package shell

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// topBar holds name, command bar, purpose, officer and lock.
type topBar struct {
	f       *frame
	object  fyne.CanvasObject
	bar     *widgets.CommandBar
	purpose *widgets.Pill
	officer *widgets.Pill
	lock    *widgets.Button
	list    *widgets.Suggestions
	shown   []suggestion
	at      int // in the history of what was typed; len is the present
}

// suggestion is a line under the command bar.
type suggestion struct {
	text string // what the bar would hold
	run  func()
}

func newTopBar(f *frame) *topBar {
	t := &topBar{f: f}
	t.bar = widgets.NewCommandBar(i18n.T("command.placeholder"), "Ctrl K")
	t.bar.OnChanged = t.changed
	t.bar.OnSubmit = t.submit
	t.bar.OnKey = t.key
	t.bar.OnFocus = func(on bool) {
		if on {
			t.changed(t.bar.Text())
		} else {
			t.closeSuggestions()
		}
	}
	t.purpose = widgets.NewPill("", "", "", func() { f.askPurpose(nil) })
	t.officer = widgets.NewPill("", "", "", func() { f.showOfficerSheet() })
	t.lock = widgets.NewLink(i18n.T("lock.button"), "F12", f.shell.Lock)
	t.lock.Kind = widgets.PlainButton
	t.lock.Small = true
	t.list = widgets.NewSuggestions(func(i int) { t.choose(i) })
	brand := widgets.NewWords(i18n.T("app.name"), widgets.Style{Size: theme.SizeBrand, Bold: true})
	row := container.New(&topLayout{t}, brand, t.bar, t.purpose, t.officer, t.lock)
	t.object = widgets.Ground(theme.Panel, row)
	return t
}

// topLayout gives the command bar what name, pills and lock leave.
type topLayout struct{ t *topBar }

func (l *topLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(800, theme.Size(theme.TopHeight))
}

func (l *topLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	put := func(o fyne.CanvasObject, x, w, h float32) {
		o.Move(fyne.NewPos(x, (s.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
	}
	put(objs[0], 16, 140, 24)
	right := s.Width - 16
	for i := 4; i >= 2; i-- {
		if !objs[i].Visible() {
			continue
		}
		m := objs[i].MinSize()
		// On a narrow window a long purpose gives way to the command bar.
		w := min(m.Width, s.Width*0.3)
		put(objs[i], right-w, w, m.Height)
		right -= w + 12
	}
	left := theme.Size(theme.RailWidth) + 12
	put(objs[1], left, max(200, right-left), 36)
}

func (t *topBar) hasFocus() bool { return t.bar.Focused() }

func (t *topBar) takeFocus() {
	t.bar.Focus()
	t.bar.SelectAll()
}

func (t *topBar) leave() {
	t.closeSuggestions()
	t.f.win.Canvas().Unfocus()
}

func (t *topBar) setText(s string) { t.bar.SetText(s) }

// changed shows what the text is taken for and what it may become.
func (t *topBar) changed(text string) {
	t.f.shell.touch()
	if p, ok := t.f.current.(place.Typist); ok {
		p.Typed(text)
	}
	t.at = len(t.f.shell.typed)
	d := t.f.shell.desk
	if d == nil || strings.TrimSpace(text) == "" {
		t.bar.SetTaken("")
		t.closeSuggestions()
		return
	}
	t.shown = t.shown[:0]
	var lines []widgets.Suggestion
	if vm.IsCommand(text) {
		t.bar.SetTaken(i18n.T("command.taken.command"))
		for _, c := range vm.Complete(t.f.shell.commands(), text) {
			c := c
			lines = append(lines, widgets.Suggestion{Text: ">" + c.Typed, Detail: c.Label, Mono: true})
			t.shown = append(t.shown, suggestion{text: ">" + c.Typed, run: func() { t.f.shell.run(c) }})
			if len(lines) == 8 {
				break
			}
		}
	} else {
		taken := ""
		for i, in := range d.Interpret(text) {
			if i == 0 {
				taken = in.Label
			}
			if i == 4 {
				break
			}
			lines = append(lines, widgets.Suggestion{Text: text, Detail: in.Label})
			in := in
			t.shown = append(t.shown, suggestion{text: text, run: func() { t.search(text, in) }})
		}
		if taken != "" {
			taken = i18n.T("command.taken", "what", taken)
		}
		t.bar.SetTaken(taken)
		if len(lines) < 2 {
			lines, t.shown = nil, nil
		}
	}
	if len(lines) == 0 || !t.bar.Focused() {
		t.closeSuggestions()
		return
	}
	t.list.Set(lines)
	t.openSuggestions()
}

func (t *topBar) openSuggestions() {
	fl := t.f.float
	for _, o := range fl.Objects {
		if o == fyne.CanvasObject(t.list) {
			t.placeSuggestions()
			return
		}
	}
	fl.Add(t.list)
	t.placeSuggestions()
}

func (t *topBar) closeSuggestions() {
	t.shown = nil
	t.f.float.Remove(t.list)
}

func (t *topBar) placeSuggestions() {
	if len(t.f.float.Objects) == 0 {
		return
	}
	p := t.bar.Position()
	y := theme.Size(theme.BannerHeight) + p.Y + t.bar.Size().Height + 4
	t.list.Move(fyne.NewPos(p.X, y))
	t.list.Resize(fyne.NewSize(t.bar.Size().Width, t.list.MinSize().Height))
}

// key moves through the suggestions, or through what was typed before.
func (t *topBar) key(ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyDown, fyne.KeyUp:
		step := 1
		if ev.Name == fyne.KeyUp {
			step = -1
		}
		if len(t.shown) > 0 {
			t.list.MoveMark(step)
			return true
		}
		h := t.f.shell.typed
		if len(h) == 0 {
			return true
		}
		t.at = min(max(0, t.at+step), len(h))
		text := ""
		if t.at < len(h) {
			text = h[t.at]
		}
		t.bar.SetText(text)
		t.bar.SetTaken("")
		return true
	case fyne.KeyTab:
		if i := t.list.At(); len(t.shown) > 0 && vm.IsCommand(t.bar.Text()) {
			if i < 0 {
				i = 0
			}
			t.bar.SetText(t.shown[i].text)
			t.changed(t.bar.Text())
			return true
		}
	}
	return false
}

func (t *topBar) choose(i int) {
	if i < 0 || i >= len(t.shown) {
		return
	}
	s := t.shown[i]
	t.remember(s.text)
	t.closeSuggestions()
	s.run()
}

// submit runs a command or searches.
func (t *topBar) submit(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	if i := t.list.At(); i >= 0 && i < len(t.shown) {
		t.choose(i)
		return
	}
	t.remember(text)
	t.closeSuggestions()
	if !vm.IsCommand(text) {
		t.search(text, nil)
		return
	}
	if c, ok := vm.Parse(t.f.shell.commands(), text); ok {
		t.bar.SetText("")
		t.bar.SetTaken("")
		t.f.shell.run(c)
		return
	}
	t.f.Notify(place.Caution, i18n.T("command.unknown", "text", text))
}

// remember keeps what was typed, for as long as the window is open and in memory only.
func (t *topBar) remember(text string) {
	s := t.f.shell
	if n := len(s.typed); n == 0 || s.typed[n-1] != text {
		s.typed = append(s.typed, text)
	}
	if len(s.typed) > 50 {
		s.typed = s.typed[1:]
	}
	t.at = len(s.typed)
}

// search shows the search for a text, asking for the purpose first if there is none. as is the reading that was chosen, or nil.
func (t *topBar) search(text string, as any) {
	t.f.WithPurpose(func() {
		var arg any = text
		if as != nil {
			arg = place.SearchArg{Text: text, As: as}
		}
		t.f.Go(place.Search, arg)
	})
}

// commands lists what can follow '>'.
func (s *Shell) commands() []vm.Command {
	var forms []vm.NamedForm
	if s.desk != nil {
		for _, f := range s.desk.Forms() {
			forms = append(forms, vm.NamedForm{ID: f.ID, Name: f.Name})
		}
	}
	return s.env.Commands(forms)
}

// run does what a command says.
func (s *Shell) run(c vm.Command) {
	switch c.Verb {
	case vm.DoPlace:
		s.main.Go(place.ID(c.Arg), nil)
	case vm.DoEntry:
		s.main.Go(place.Enter, place.NewEntry{Form: c.Arg})
	case vm.DoLock:
		s.Lock()
	case vm.DoSignOut:
		s.SignOut()
	case vm.DoPurpose:
		s.main.askPurpose(nil)
	case vm.DoHelp:
		s.main.showKeys()
	case vm.DoTheme:
		s.SetPalette(paletteOf(c.Arg, s.look.Palette))
	case vm.DoDensity:
		s.SetDensity(theme.Density(c.Arg))
	}
}
