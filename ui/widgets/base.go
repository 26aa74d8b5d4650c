// Package widgets holds what Muster's screens are made of: each piece is worked by keyboard, shows its focus, names itself to a
// screen reader and reads its colours from the theme at every refresh.
package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"

	"muster/ui/theme"
)

// paint is a renderer made of functions.
type paint struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	refresh func()
	destroy func()
}

func (p *paint) Destroy() {
	if p.destroy != nil {
		p.destroy()
	}
}
func (p *paint) Layout(s fyne.Size) {
	if p.layout != nil {
		p.layout(s)
	}
}
func (p *paint) MinSize() fyne.Size           { return p.min() }
func (p *paint) Objects() []fyne.CanvasObject { return p.objects }
func (p *paint) Refresh() {
	if p.refresh != nil {
		p.refresh()
	}
}

// ready brings a new renderer to the state of its widget. The window throws renderers away that were out of sight for a minute,
// and does not lay the new one out when the widget comes back at the size that it had.
func ready(w fyne.Widget, p *paint) *paint {
	if z := w.Size(); z.Width > 0 && z.Height > 0 && p.layout != nil {
		p.layout(z)
	}
	return p
}

// none is no colour; Fyne's painters want a colour even where nothing is to be seen.
var none = color.Transparent

// Tall is an object whose height follows from its width: wrapped words, cards, stacks.
type Tall interface {
	HeightFor(width float32) float32
}

// tallLayout is a layout whose height follows from its width.
type tallLayout interface {
	HeightFor(objs []fyne.CanvasObject, width float32) float32
}

// HeightFor is the height that o needs at a width.
func HeightFor(o fyne.CanvasObject, width float32) float32 {
	if !o.Visible() {
		return 0
	}
	if t, ok := o.(Tall); ok {
		return t.HeightFor(width)
	}
	if c, ok := o.(*fyne.Container); ok {
		if t, ok := c.Layout.(tallLayout); ok {
			return t.HeightFor(c.Objects, width)
		}
	}
	return o.MinSize().Height
}

// canvasOf is the canvas that o stands on, or nil.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	app := fyne.CurrentApp()
	if app == nil {
		return nil
	}
	return app.Driver().CanvasForObject(o)
}

// active is the canvas of the window that the officer works in; touched on the UI goroutine only.
var active fyne.Canvas

// SetActive says which window the officer works in.
func SetActive(c fyne.Canvas) { active = c }

// focus puts the keyboard on o. What was only just built is not known to the window system before it has been drawn once; it
// stands in the window that the officer works in.
func focus(o fyne.CanvasObject) {
	c := canvasOf(o)
	if c == nil {
		c = active
	}
	if c != nil {
		if f, ok := o.(fyne.Focusable); ok {
			c.Focus(f)
		}
	}
}

// passKey hands a key that o has no use for to the window, so that Esc and the function keys work wherever the focus is.
func passKey(o fyne.CanvasObject, ev *fyne.KeyEvent) {
	if c := canvasOf(o); c != nil {
		if f := c.OnTypedKey(); f != nil {
			f(ev)
		}
	}
}

// passRune hands a typed letter that o has no use for to the window.
func passRune(o fyne.CanvasObject, r rune) {
	if c := canvasOf(o); c != nil {
		if f := c.OnTypedRune(); f != nil {
			f(r)
		}
	}
}

// shortcutSinks are the windows that take shortcuts; touched on the UI goroutine only.
var shortcutSinks = map[fyne.Canvas]func(fyne.Shortcut){}

// TakeShortcuts gives f every shortcut that no widget on c has a use for; nil ends it.
func TakeShortcuts(c fyne.Canvas, f func(fyne.Shortcut)) {
	if f == nil {
		delete(shortcutSinks, c)
		return
	}
	shortcutSinks[c] = f
}

// passShortcut hands a shortcut that o has no use for to the window.
func passShortcut(o fyne.CanvasObject, s fyne.Shortcut) {
	c := canvasOf(o)
	if f, ok := shortcutSinks[c]; ok {
		f(s)
		return
	}
	if h, ok := c.(fyne.Shortcutable); ok {
		h.TypedShortcut(s)
	}
}

// lineHeight is the height of one line of text of a size: 14 stands on 20.
func lineHeight(size float32) float32 { return float32(int(size*1.43 + 0.5)) }

// gap is n units of spacing in the density in use.
func gap(n float32) float32 { return theme.Gap(n) }
