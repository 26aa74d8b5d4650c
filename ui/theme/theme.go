// Package theme is the one look of Muster: palettes by density, colours by meaning, sizes and faces.
package theme

import (
	"image/color"
	"sync"

	"fyne.io/fyne/v2"
	ft "fyne.io/fyne/v2/theme"

	"muster/assets"
)

// Density says how much room things take.
type Density string

// The densities.
const (
	Compact Density = "compact" // a quarter off paddings and row heights, for the control room
	Normal  Density = "normal"
	Touch   Density = "touch" // a half more
)

// Densities lists every density, in the order in which settings offer them.
func Densities() []Density { return []Density{Compact, Normal, Touch} }

func (d Density) factor() float32 {
	switch d {
	case Compact:
		return 0.75
	case Touch:
		return 1.5
	}
	return 1
}

// The text sizes.
const (
	SizeBody  = ft.SizeNameText           // 14 on a line of 20
	SizeTitle = ft.SizeNameHeadingText    // 20 on a line of 28
	SizeName  = ft.SizeNameSubHeadingText // 15: a name in a list
	SizeSmall = ft.SizeNameCaptionText    // 12

	SizeLabel fyne.ThemeSizeName = "muster-label" // 13
	SizeTiny  fyne.ThemeSizeName = "muster-tiny"  // 11: source marks
	SizeBrand fyne.ThemeSizeName = "muster-brand" // 17
	SizeHero  fyne.ThemeSizeName = "muster-hero"  // 28: sign-in and lock
)

// The sizes of the frame and of what stands in it. Paddings and row heights follow the density.
const (
	Unit        fyne.ThemeSizeName = "muster-unit"     // 4: every gap is a multiple
	RowHeight   fyne.ThemeSizeName = "muster-row"      // 33: one line in a list
	FieldHeight fyne.ThemeSizeName = "muster-field"    // 34
	CardPad     fyne.ThemeSizeName = "muster-card-pad" // 14
	Radius      fyne.ThemeSizeName = "muster-radius"   // 8: cards
	RadiusSmall fyne.ThemeSizeName = "muster-radius-s" // 4: marks and hints

	BannerHeight fyne.ThemeSizeName = "muster-banner"
	TopHeight    fyne.ThemeSizeName = "muster-top"
	RailWidth    fyne.ThemeSizeName = "muster-rail"
	StatusHeight fyne.ThemeSizeName = "muster-status"
)

var baseSizes = map[fyne.ThemeSizeName]float32{
	SizeBody: 14, SizeTitle: 20, SizeName: 15, SizeSmall: 12, SizeLabel: 13, SizeTiny: 11, SizeBrand: 17, SizeHero: 28,
	Radius: 8, RadiusSmall: 4, BannerHeight: 22, RailWidth: 168, StatusHeight: 30,
	ft.SizeNameInlineIcon: 18, ft.SizeNameScrollBar: 12, ft.SizeNameScrollBarSmall: 4, ft.SizeNameScrollBarRadius: 4,
	ft.SizeNameSeparatorThickness: 1, ft.SizeNameInputBorder: 0, ft.SizeNameInputRadius: 6, ft.SizeNameSelectionRadius: 4,
	ft.SizeNameButtonRadius: 6, ft.SizeNameCardRadius: 8, ft.SizeNameDialogRadius: 10, ft.SizeNamePopupRadius: 8,
	ft.SizeNameMenuRadius: 8, ft.SizeNameSplitThickness: 1, ft.SizeNameModalBlurRadius: 0,
}

// denseSizes follow the density.
var denseSizes = map[fyne.ThemeSizeName]float32{
	Unit: 4, RowHeight: 33, FieldHeight: 34, CardPad: 14,
	ft.SizeNamePadding: 4, ft.SizeNameInnerPadding: 8, ft.SizeNameLineSpacing: 4,
}

// Theme is a look: a palette, a density and how large words are (1 is as designed).
type Theme struct {
	Palette Palette
	Density Density
	Scale   float32
}

var _ fyne.Theme = (*Theme)(nil)

// New makes a look at the designed text size.
func New(p Palette, d Density) *Theme { return &Theme{Palette: p, Density: d, Scale: 1} }

// Color implements fyne.Theme.
func (t *Theme) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if c, ok := ColorOf(t.Palette, n); ok {
		return c
	}
	v := ft.VariantDark
	if t.Palette.IsLight() {
		v = ft.VariantLight
	}
	return ft.DefaultTheme().Color(n, v)
}

// Size implements fyne.Theme.
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	f := t.Density.factor()
	if s, ok := denseSizes[n]; ok {
		return round(s * f)
	}
	if n == TopHeight {
		if t.Density == Touch {
			return 68
		}
		return 56
	}
	if s, ok := baseSizes[n]; ok {
		switch n {
		case SizeBody, SizeTitle, SizeName, SizeSmall, SizeLabel, SizeTiny, SizeBrand, SizeHero:
			return s * t.scale()
		case BannerHeight, StatusHeight:
			return round(s * max(1, t.scale()))
		}
		return s
	}
	return ft.DefaultTheme().Size(n)
}

func (t *Theme) scale() float32 {
	if t.Scale <= 0 {
		return 1
	}
	return t.Scale
}

func round(f float32) float32 { return float32(int(f + 0.5)) }

// Font implements fyne.Theme: Inter for words, JetBrains Mono for identifiers.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Symbol:
		return ft.DefaultTheme().Font(s)
	case s.Monospace && s.Bold:
		return face("JetBrainsMono-Bold.ttf")
	case s.Monospace:
		return face("JetBrainsMono-Regular.ttf")
	case s.Bold:
		return face("Inter-SemiBold.otf")
	}
	return face("Inter-Regular.otf")
}

// FaceFor is the face that has every letter of text, or nil where another must help out. Naming it spares the window system from
// reading, before the first frame, every face that could help: its own four and those of the computer.
func FaceFor(text string, s fyne.TextStyle) fyne.Resource {
	if s.Italic || s.Symbol {
		return nil
	}
	for _, r := range text {
		if !inEveryFace(r) {
			return nil
		}
	}
	return (*Theme)(nil).Font(s)
}

// inEveryFace reports whether each of our faces has the letter: Latin script with the marks of English, Welsh and the languages of
// Europe, and the signs that the window's own words are set with.
func inEveryFace(r rune) bool {
	switch {
	case r >= ' ' && r <= '~':
		return true
	case r >= 0xa0 && r <= 0x17f:
		return r != 0xad && r != 0x132 && r != 0x133 && r != 0x149
	}
	switch r {
	case 'Ẁ', 'ẁ', 'Ẃ', 'ẃ', 'Ẅ', 'ẅ', 'Ỳ', 'ỳ', '–', '—', '‘', '’', '“', '”', '•', '…', '−', '→', '←', '↑', '↓', '€', '≤', '≥', '≠', '✓', '●', '■', '▲', '◆':
		return true
	}
	return false
}

// Icon implements fyne.Theme.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return ft.DefaultTheme().Icon(n) }

var (
	facesMu sync.Mutex
	faces   = map[string]fyne.Resource{}
)

func face(name string) fyne.Resource {
	facesMu.Lock()
	defer facesMu.Unlock()
	if r, ok := faces[name]; ok {
		return r
	}
	b, err := assets.UI.ReadFile("fonts/" + name)
	if err != nil {
		return ft.DefaultTextFont()
	}
	r := fyne.NewStaticResource(name, b)
	faces[name] = r
	return r
}

// AppIcon is the picture of the app, as PNG.
func AppIcon() fyne.Resource {
	b, err := assets.UI.ReadFile("icons/muster-128.png")
	if err != nil {
		return nil
	}
	return fyne.NewStaticResource("muster-128.png", b)
}

// Color reads a colour of the look that is in use now.
func Color(n fyne.ThemeColorName) color.Color { return ft.Color(n) }

// Size reads a size of the look that is in use now.
func Size(n fyne.ThemeSizeName) float32 { return ft.Size(n) }

// Gap is n units of spacing in the density in use: Gap(1) is 4 at normal density.
func Gap(n float32) float32 { return n * ft.Size(Unit) }

// Styles of words.
var (
	Plain = fyne.TextStyle{}
	Bold  = fyne.TextStyle{Bold: true}
	Mono  = fyne.TextStyle{Monospace: true}
)
