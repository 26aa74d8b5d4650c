package shell

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"muster/app/signin"
	"muster/ui/i18n"
	"muster/ui/place"
	looks "muster/ui/theme"
	"muster/ui/widgets"
)

// Keys of the preferences: plain sizes and choices, nothing about a case and nothing secret.
const (
	prefPalette  = "look.palette"
	prefDensity  = "look.density"
	prefScale    = "look.scale"
	prefLanguage = "language"
	prefWindows  = "windows"
)

func windowKey(id place.ID, key string) string { return string(id) + "\x00" + key }

// Open shows a place in a window of its own; the window that is there is raised.
func (f *frame) Open(id place.ID, key string, arg any) { f.shell.openOwn(id, key, arg) }

func (s *Shell) openOwn(id place.ID, key string, arg any) {
	if s.closed || s.desk == nil || s.desk.State() != signin.SignedIn {
		return
	}
	k := windowKey(id, key)
	if f, ok := s.own[k]; ok {
		f.win.Show()
		f.win.RequestFocus()
		if arg != nil {
			f.current.Shown(arg)
		}
		return
	}
	if _, ok := s.factories[id]; !ok {
		return
	}
	f := newFrame(s, false, id, key)
	s.own[k] = f
	if p, ok := f.placeOf(id); ok {
		f.show(p, arg)
	}
	f.win.Show()
}

func (s *Shell) closeOwn() {
	for k, f := range s.own {
		f.saveSize()
		f.closePlaces()
		delete(s.own, k)
		widgets.TakeShortcuts(f.win.Canvas(), nil)
		f.win.SetOnClosed(nil)
		f.win.Close()
	}
}

// saveWindows remembers which windows stood open, those only that show no case.
func (s *Shell) saveWindows() {
	var open []string
	for _, f := range s.own {
		if f.key == "" {
			open = append(open, string(f.id))
		}
		f.saveSize()
	}
	s.app.Preferences().SetString(prefWindows, strings.Join(open, ","))
}

// reopen brings back the windows that stood open.
func (s *Shell) reopen() {
	for _, id := range strings.Split(s.app.Preferences().String(prefWindows), ",") {
		if id != "" {
			s.openOwn(place.ID(id), "", nil)
		}
	}
}

func (f *frame) sizeKey() string {
	if f.isMain {
		return "window.main"
	}
	return "window." + string(f.id)
}

func (f *frame) saveSize() {
	z := f.win.Canvas().Size()
	if z.Width < 200 || z.Height < 200 {
		return
	}
	p := f.shell.app.Preferences()
	p.SetFloat(f.sizeKey()+".width", float64(z.Width))
	p.SetFloat(f.sizeKey()+".height", float64(z.Height))
}

func (f *frame) restoreSize() {
	p := f.shell.app.Preferences()
	def := f.shell.opts.Size
	if !f.isMain {
		def = fyne.NewSize(900, 700)
	}
	w := p.FloatWithFallback(f.sizeKey()+".width", float64(def.Width))
	h := p.FloatWithFallback(f.sizeKey()+".height", float64(def.Height))
	f.win.Resize(fyne.NewSize(float32(min(max(w, 480), 8000)), float32(min(max(h, 360), 8000))))
}

// loadLook reads the officer's choice of look; where there is none, it follows the system's light or dark.
func (s *Shell) loadLook() *looks.Theme {
	p := s.app.Preferences()
	if l := p.String(prefLanguage); l != "" {
		// An unknown language leaves English, which is what a removed file should do.
		_ = i18n.Use(l)
	} else {
		_ = i18n.Use(i18n.FromEnvironment())
	}
	def := looks.Dark
	if s.app.Settings().ThemeVariant() == theme.VariantLight {
		def = looks.Light
	}
	look := looks.New(looks.Palette(p.StringWithFallback(prefPalette, string(def))), looks.Density(p.StringWithFallback(prefDensity, string(looks.Normal))))
	if v := p.FloatWithFallback(prefScale, 1); v >= 0.8 && v <= 2 {
		look.Scale = float32(v)
	}
	return look
}

func (s *Shell) setLook(l looks.Theme) {
	s.look = &l
	s.app.Settings().SetTheme(s.look)
	for _, f := range s.frames() {
		f.root.Refresh()
		f.win.Content().Refresh()
		if c, ok := f.body.(*fyne.Container); ok && !f.coverUp {
			c.Layout.Layout(c.Objects, c.Size())
		}
	}
}

func (s *Shell) frames() []*frame {
	out := []*frame{s.main}
	for _, f := range s.own {
		out = append(out, f)
	}
	return out
}

// Palette is the palette in use.
func (s *Shell) Palette() looks.Palette { return s.look.Palette }

// SetPalette changes it, in every window at once, and keeps the choice.
func (s *Shell) SetPalette(p looks.Palette) {
	if !slices.Contains(looks.Palettes(), p) {
		return
	}
	l := *s.look
	l.Palette = p
	s.setLook(l)
	s.app.Preferences().SetString(prefPalette, string(p))
}

// Density is the density in use.
func (s *Shell) Density() looks.Density { return s.look.Density }

// SetDensity changes it, in every window at once, and keeps the choice.
func (s *Shell) SetDensity(d looks.Density) {
	if !slices.Contains(looks.Densities(), d) {
		return
	}
	l := *s.look
	l.Density = d
	s.setLook(l)
	s.app.Preferences().SetString(prefDensity, string(d))
}

// Scale is how large words are; 1 is as designed.
func (s *Shell) Scale() float32 { return s.look.Scale }

// SetScale changes how large words are, between 0.8 and 2, and keeps the choice.
func (s *Shell) SetScale(v float32) {
	l := *s.look
	l.Scale = min(max(v, 0.8), 2)
	s.setLook(l)
	s.app.Preferences().SetFloat(prefScale, float64(l.Scale))
}

// Language is the language of the window.
func (s *Shell) Language() string { return i18n.Language() }

// SetLanguage changes it; what stands on screen takes it up when it is next built.
func (s *Shell) SetLanguage(id string) {
	if i18n.Use(id) == nil {
		s.app.Preferences().SetString(prefLanguage, id)
	}
}

// Languages lists the languages that there is a file for.
func (s *Shell) Languages() []string { return i18n.Languages() }

// paletteOf is the palette that a command names; contrast keeps light or dark as it is.
func paletteOf(arg string, now looks.Palette) looks.Palette {
	if arg == "contrast" {
		if now.IsLight() {
			return looks.HighContrastLight
		}
		return looks.HighContrastDark
	}
	return looks.Palette(arg)
}
