package screens

import (
	"muster/ui/i18n"
	"muster/ui/theme"
)

// Looks are the choices about the window that outlast it. The frame keeps them.
type Looks interface {
	Palette() theme.Palette
	SetPalette(theme.Palette)
	Density() theme.Density
	SetDensity(theme.Density)
	Language() string
	SetLanguage(string)
}

// prefs gives the settings the looks by their names.
type prefs struct{ l Looks }

func (p prefs) Palette() string         { return string(p.l.Palette()) }
func (p prefs) SetPalette(id string)    { p.l.SetPalette(theme.Palette(id)) }
func (p prefs) Palettes() []string      { return names(theme.Palettes()) }
func (p prefs) Density() string         { return string(p.l.Density()) }
func (p prefs) SetDensity(id string)    { p.l.SetDensity(theme.Density(id)) }
func (p prefs) Densities() []string     { return names(theme.Densities()) }
func (p prefs) Language() string        { return p.l.Language() }
func (p prefs) SetLanguage(lang string) { p.l.SetLanguage(lang) }
func (p prefs) Languages() []string     { return i18n.Languages() }

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}
