package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/widgets"
)

// keyLine is one line of the F1 sheet.
type keyLine struct{ keys, text string }

// bindKeys sets the keys that work everywhere. They are bound to the window itself: every text field of Muster hands on what it
// has no use for, so that no menu bar is needed to make them work while one types.
func (f *frame) bindKeys() {
	c := f.win.Canvas()
	bind := func(k fyne.KeyName, m fyne.KeyModifier, do func()) {
		f.bind(&desktop.CustomShortcut{KeyName: k, Modifier: m}, do)
	}
	bind(fyne.KeyK, fyne.KeyModifierControl, f.focusCommand)
	for i, id := range place.Rail() {
		bind(fyne.KeyName(string(rune('1'+i))), fyne.KeyModifierControl, func() { f.Go(id, nil) })
	}
	bind(fyne.KeyLeft, fyne.KeyModifierAlt, f.Back)
	bind(fyne.KeyL, fyne.KeyModifierControl, f.shell.Lock)
	bind(fyne.KeyP, fyne.KeyModifierControl|fyne.KeyModifierShift, func() { f.shell.main.askPurpose(nil) })
	c.SetOnTypedKey(f.typedKey)
	widgets.TakeShortcuts(c, f.shortcut)
}

func (f *frame) bind(s fyne.KeyboardShortcut, do func()) {
	f.keys[s.ShortcutName()] = do
	f.win.Canvas().AddShortcut(s, f.shortcut)
}

// shortcut runs what a key with a modifier does.
func (f *frame) shortcut(s fyne.Shortcut) {
	if do, ok := f.keys[s.ShortcutName()]; ok {
		f.global(do)
	}
}

// global runs what a key does, unless something stands over the window.
func (f *frame) global(do func()) {
	f.shell.touch()
	widgets.SetActive(f.win.Canvas())
	if f.coverUp || len(f.modals) > 0 {
		return
	}
	do()
}

// typedKey takes the keys that nothing in focus had a use for.
func (f *frame) typedKey(ev *fyne.KeyEvent) {
	f.shell.touch()
	widgets.SetActive(f.win.Canvas())
	if ev.Name == fyne.KeyF12 {
		f.shell.Lock()
		return
	}
	if f.coverUp {
		return
	}
	if n := len(f.modals); n > 0 {
		m := f.modals[n-1]
		switch ev.Name {
		case fyne.KeyEscape:
			m.close()
		case fyne.KeyReturn, fyne.KeyEnter:
			if m.enter != nil {
				m.enter()
			}
		case fyne.KeyF1:
			if m.isKeys {
				m.close()
			}
		}
		return
	}
	switch ev.Name {
	case fyne.KeyEscape:
		f.escape()
	case fyne.KeyF1:
		f.showKeys()
	case fyne.KeyF5:
		if r, ok := f.current.(place.Refresher); ok {
			r.AskAgain()
		}
	case fyne.KeyF6:
		f.nextPart()
	default:
		if f.current == nil {
			return
		}
		for _, s := range f.current.Shortcuts() {
			if s.Mod == 0 && s.Key == ev.Name && s.Do != nil {
				s.Do()
				return
			}
		}
	}
}

// escape leaves the command bar first, then goes back.
func (f *frame) escape() {
	if f.top != nil && f.top.hasFocus() {
		f.top.leave()
		if f.current != nil {
			f.win.Canvas().Unfocus()
			f.current.Focus()
		}
		return
	}
	if f.toast.loud() {
		f.toast.hide()
		return
	}
	f.Back()
}

// nextPart moves the keyboard between rail, content and command bar.
func (f *frame) nextPart() {
	if !f.isMain {
		return
	}
	c := f.win.Canvas()
	switch {
	case f.top.hasFocus():
		c.Focus(f.rail)
	case c.Focused() == fyne.Focusable(f.rail):
		c.Unfocus()
		if f.current != nil {
			f.current.Focus()
		}
	default:
		f.focusCommand()
	}
}

func (f *frame) focusCommand() {
	m := f.shell.main
	if !f.isMain {
		m.win.RequestFocus()
	}
	m.top.takeFocus()
}

// bindPlaceKeys binds the keys of the place in front that have a modifier, and frees those of the place before.
func (f *frame) bindPlaceKeys() {
	c := f.win.Canvas()
	for _, s := range f.bound {
		c.RemoveShortcut(s)
		delete(f.keys, s.ShortcutName())
	}
	f.bound = nil
	if f.current == nil {
		return
	}
	for _, k := range f.current.Shortcuts() {
		if k.Mod == 0 || k.Do == nil {
			continue
		}
		sc := &desktop.CustomShortcut{KeyName: k.Key, Modifier: k.Mod}
		f.bind(sc, k.Do)
		f.bound = append(f.bound, sc)
		if k.Key == fyne.KeyZ && k.Mod == fyne.KeyModifierControl {
			// The window system's word for it, which a text field in focus takes for itself.
			undo := &fyne.ShortcutUndo{}
			f.bind(undo, k.Do)
			f.bound = append(f.bound, undo)
		}
		if k.Key == fyne.KeyReturn {
			// The key pad has an Enter of its own.
			pad := &desktop.CustomShortcut{KeyName: fyne.KeyEnter, Modifier: k.Mod}
			f.bind(pad, k.Do)
			f.bound = append(f.bound, pad)
		}
	}
}

// globalKeys lists the keys that work everywhere, for the F1 sheet.
func globalKeys() []keyLine {
	return []keyLine{
		{"Ctrl K", i18n.T("keys.command")},
		{"Ctrl 1 … 8", i18n.T("keys.places")},
		{"Esc", i18n.T("keys.back")},
		{"F5", i18n.T("keys.again")},
		{"F6", i18n.T("keys.parts")},
		{"Tab", i18n.T("keys.next")},
		{"Ctrl Shift P", i18n.T("keys.purpose")},
		{"F12", i18n.T("keys.lock")},
		{"F1", i18n.T("keys.sheet")},
	}
}

// placeKeys lists the keys of the place in front.
func (f *frame) placeKeys() []keyLine {
	var out []keyLine
	if f.current == nil {
		return nil
	}
	for _, s := range f.current.Shortcuts() {
		if s.Label != "" {
			out = append(out, keyLine{KeyText(s.Key, s.Mod), s.Label})
		}
	}
	return out
}

// KeyText is how a key is written: Ctrl Enter.
func KeyText(k fyne.KeyName, m fyne.KeyModifier) string {
	out := ""
	for _, p := range []struct {
		m fyne.KeyModifier
		s string
	}{{fyne.KeyModifierControl, "Ctrl "}, {fyne.KeyModifierAlt, "Alt "}, {fyne.KeyModifierShift, "Shift "}, {fyne.KeyModifierSuper, "Super "}} {
		if m&p.m != 0 {
			out += p.s
		}
	}
	name := string(k)
	switch k {
	case fyne.KeyReturn, fyne.KeyEnter:
		name = "Enter"
	case fyne.KeyEscape:
		name = "Esc"
	case fyne.KeyUp:
		name = "↑"
	case fyne.KeyDown:
		name = "↓"
	case fyne.KeyLeft:
		name = "←"
	case fyne.KeyRight:
		name = "→"
	case fyne.KeyPageUp:
		name = "Page Up"
	case fyne.KeyPageDown:
		name = "Page Down"
	}
	return out + name
}
