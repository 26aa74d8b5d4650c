package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"muster/ui/place"
)

// Press types a key into the main window, as the window system would: to what has the keyboard, else to the window itself.
// The tour without a display works the desk by it.
func (s *Shell) Press(k fyne.KeyName, m fyne.KeyModifier) {
	c := s.main.win.Canvas()
	o := c.Focused()
	if m&^fyne.KeyModifierShift != 0 {
		sc := &desktop.CustomShortcut{KeyName: k, Modifier: m}
		if h, ok := o.(fyne.Shortcutable); ok {
			h.TypedShortcut(sc)
			return
		}
		s.main.shortcut(sc)
		return
	}
	if k == fyne.KeyTab {
		if t, ok := o.(fyne.Tabbable); !ok || !t.AcceptsTab() {
			if m&fyne.KeyModifierShift != 0 {
				c.FocusPrevious()
			} else {
				c.FocusNext()
			}
			return
		}
	}
	if o != nil {
		o.TypedKey(&fyne.KeyEvent{Name: k})
		return
	}
	if h := c.OnTypedKey(); h != nil {
		h(&fyne.KeyEvent{Name: k})
	}
}

// Type types text into the main window.
func (s *Shell) Type(text string) {
	c := s.main.win.Canvas()
	for _, r := range text {
		if o := c.Focused(); o != nil {
			o.TypedRune(r)
		} else if h := c.OnTypedRune(); h != nil {
			h(r)
		}
	}
}

// At is the place in front of the main window; "" while it is covered.
func (s *Shell) At() place.ID {
	if s.main.coverUp || s.main.current == nil {
		return ""
	}
	return s.main.current.Name()
}

// Covered reports whether sign-in, lock or first run stand in place of the content.
func (s *Shell) Covered() bool { return s.main.coverUp }

// Modals is how many sheets stand over the main window.
func (s *Shell) Modals() int { return len(s.main.modals) }

// Go shows a place in the main window.
func (s *Shell) Go(id place.ID, arg any) { s.main.Go(id, arg) }
