package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	ft "fyne.io/fyne/v2/theme"
)

// Palette is a set of colours.
type Palette string

// The palettes.
const (
	Dark              Palette = "dark"
	Light             Palette = "light"
	HighContrastDark  Palette = "high-contrast-dark"
	HighContrastLight Palette = "high-contrast-light"
)

// Palettes lists every palette, in the order in which settings offer them.
func Palettes() []Palette { return []Palette{Dark, Light, HighContrastDark, HighContrastLight} }

// IsLight reports whether the palette has dark words on a light ground.
func (p Palette) IsLight() bool { return p == Light || p == HighContrastLight }

// IsHighContrast reports whether the palette keeps 7:1.
func (p Palette) IsHighContrast() bool { return p == HighContrastDark || p == HighContrastLight }

// The colours by meaning. Read them with Color at every refresh; never keep one.
const (
	Background                         = ft.ColorNameBackground
	Panel          fyne.ThemeColorName = "muster-panel"
	Line           fyne.ThemeColorName = "muster-line"
	Text                               = ft.ColorNameForeground
	Muted          fyne.ThemeColorName = "muster-muted"
	Accent                             = ft.ColorNamePrimary
	OnAccent                           = ft.ColorNameForegroundOnPrimary
	Agree          fyne.ThemeColorName = "muster-agree"    // agreed, answered, delivered
	Disagree       fyne.ThemeColorName = "muster-disagree" // differing, old, slow
	Danger         fyne.ThemeColorName = "muster-danger"   // danger, not searched, refused
	Selection      fyne.ThemeColorName = "muster-selection"
	Hover                              = ft.ColorNameHover
	Focus          fyne.ThemeColorName = "muster-focus"
	Chip           fyne.ThemeColorName = "muster-chip"      // ground of a source mark
	Field          fyne.ThemeColorName = "muster-field"     // ground of what can be typed into
	FieldLine      fyne.ThemeColorName = "muster-fieldline" // its border
	Button         fyne.ThemeColorName = "muster-button"
	Highlight      fyne.ThemeColorName = "muster-highlight" // ground of matched words
	HighlightText  fyne.ThemeColorName = "muster-highlight-text"
	DangerFill     fyne.ThemeColorName = "muster-danger-fill" // ground of a danger button
	OnDanger       fyne.ThemeColorName = "muster-on-danger"
	Marking        fyne.ThemeColorName = "muster-marking" // banner when the marking gives no colour of its own
	OnMarking      fyne.ThemeColorName = "muster-on-marking"
	Scrim          fyne.ThemeColorName = "muster-scrim"  // over the window under a modal
	PanelRaised    fyne.ThemeColorName = "muster-raised" // menus and modals
	DisabledText                       = ft.ColorNameDisabled
	SelectedAccent fyne.ThemeColorName = "muster-selected-accent"
	OfPerson       fyne.ThemeColorName = "muster-person" // tiles of a link chart, beside their form
	OfObject       fyne.ThemeColorName = "muster-object"
	OfPlace        fyne.ThemeColorName = "muster-place"
	OfEvent        fyne.ThemeColorName = "muster-event"
	OnTile         fyne.ThemeColorName = "muster-on-tile"
)

func hex(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func alpha(v uint32, a uint8) color.NRGBA {
	c := hex(v)
	c.A = a
	return c
}

type colours map[fyne.ThemeColorName]color.Color

var palettes = map[Palette]colours{
	Dark: {
		Background: hex(0x0f151d), Panel: hex(0x161f2a), PanelRaised: hex(0x1b2633), Line: hex(0x2a3847), Text: hex(0xe8edf3),
		Muted: hex(0x93a4b6), Accent: hex(0x4ea1ff), OnAccent: hex(0x07101a), SelectedAccent: hex(0x4ea1ff),
		Agree: hex(0x3fb97f), Disagree: hex(0xf2b134), Danger: hex(0xff6b5e), Selection: hex(0x20324a), Hover: alpha(0x8fb4dc, 24),
		Focus: hex(0x7dbbff), Chip: hex(0x223040), Field: hex(0x0f151d), FieldLine: hex(0x33455a), Button: hex(0x1f2b39),
		Highlight: hex(0x5b4a10), HighlightText: hex(0xffe7a3), DangerFill: hex(0xff6b5e), OnDanger: hex(0x1c0502),
		Marking: hex(0x7c22f0), OnMarking: hex(0xffffff), Scrim: alpha(0x05080c, 176), DisabledText: hex(0x6c7c8d),
		OfPerson: hex(0x2f7fdc), OfObject: hex(0x1f8a82), OfPlace: hex(0x8560d6), OfEvent: hex(0x5c7088), OnTile: hex(0xffffff),
	},
	Light: {
		Background: hex(0xf3f5f8), Panel: hex(0xffffff), PanelRaised: hex(0xffffff), Line: hex(0xd5dde6), Text: hex(0x14202c),
		Muted: hex(0x546476), Accent: hex(0x0b5fc6), OnAccent: hex(0xffffff), SelectedAccent: hex(0x0b5fc6),
		Agree: hex(0x13794a), Disagree: hex(0x8a5800), Danger: hex(0xb42318), Selection: hex(0xe3eefb), Hover: alpha(0x0b3a75, 16),
		Focus: hex(0x0b5fc6), Chip: hex(0xe9eff6), Field: hex(0xf6f8fa), FieldLine: hex(0xb9c5d2), Button: hex(0xf6f8fb),
		Highlight: hex(0xffe9a6), HighlightText: hex(0x3d2c00), DangerFill: hex(0xb42318), OnDanger: hex(0xffffff),
		Marking: hex(0x7c22f0), OnMarking: hex(0xffffff), Scrim: alpha(0x14202c, 110), DisabledText: hex(0x76859a),
		OfPerson: hex(0x0b5fc6), OfObject: hex(0x0f766e), OfPlace: hex(0x6d3fc0), OfEvent: hex(0x475a6e), OnTile: hex(0xffffff),
	},
	HighContrastDark: {
		Background: hex(0x000000), Panel: hex(0x000000), PanelRaised: hex(0x000000), Line: hex(0xffffff), Text: hex(0xffffff),
		Muted: hex(0xffffff), Accent: hex(0x8cc8ff), OnAccent: hex(0x000000), SelectedAccent: hex(0xffff00),
		Agree: hex(0x5dfaa8), Disagree: hex(0xffd24d), Danger: hex(0xffa8a0), Selection: hex(0x00305f), Hover: alpha(0xffffff, 40),
		Focus: hex(0xffff00), Chip: hex(0x1c1c1c), Field: hex(0x000000), FieldLine: hex(0xffffff), Button: hex(0x000000),
		Highlight: hex(0xffff00), HighlightText: hex(0x000000), DangerFill: hex(0xffa8a0), OnDanger: hex(0x000000),
		Marking: hex(0x5a12b4), OnMarking: hex(0xffffff), Scrim: alpha(0x000000, 200), DisabledText: hex(0xb4b4b4),
		OfPerson: hex(0xffffff), OfObject: hex(0xffffff), OfPlace: hex(0xffffff), OfEvent: hex(0xffffff), OnTile: hex(0x000000),
	},
	HighContrastLight: {
		Background: hex(0xffffff), Panel: hex(0xffffff), PanelRaised: hex(0xffffff), Line: hex(0x000000), Text: hex(0x000000),
		Muted: hex(0x000000), Accent: hex(0x00337a), OnAccent: hex(0xffffff), SelectedAccent: hex(0x00337a),
		Agree: hex(0x00421f), Disagree: hex(0x523000), Danger: hex(0x850700), Selection: hex(0xd7e8ff), Hover: alpha(0x000000, 30),
		Focus: hex(0x00337a), Chip: hex(0xededed), Field: hex(0xffffff), FieldLine: hex(0x000000), Button: hex(0xffffff),
		Highlight: hex(0xffe14d), HighlightText: hex(0x000000), DangerFill: hex(0x850700), OnDanger: hex(0xffffff),
		Marking: hex(0x5a12b4), OnMarking: hex(0xffffff), Scrim: alpha(0x000000, 150), DisabledText: hex(0x4d4d4d),
		OfPerson: hex(0x000000), OfObject: hex(0x000000), OfPlace: hex(0x000000), OfEvent: hex(0x000000), OnTile: hex(0xffffff),
	},
}

// fyneColours gives Fyne's own names their place in a palette, for the widgets of its that we restyle.
var fyneColours = map[fyne.ThemeColorName]fyne.ThemeColorName{
	ft.ColorNameButton:              Button,
	ft.ColorNameDisabledButton:      Panel,
	ft.ColorNameError:               Danger,
	ft.ColorNameForegroundOnError:   OnDanger,
	ft.ColorNameForegroundOnSuccess: Background,
	ft.ColorNameForegroundOnWarning: Background,
	ft.ColorNameHeaderBackground:    Panel,
	ft.ColorNameHyperlink:           Accent,
	ft.ColorNameInputBackground:     Field,
	ft.ColorNameInputBorder:         FieldLine,
	ft.ColorNameMenuBackground:      PanelRaised,
	ft.ColorNameOverlayBackground:   PanelRaised,
	ft.ColorNamePlaceHolder:         Muted,
	ft.ColorNamePressed:             Selection,
	ft.ColorNameSelection:           Selection,
	ft.ColorNameSeparator:           Line,
	ft.ColorNameSuccess:             Agree,
	ft.ColorNameWarning:             Disagree,
	ft.ColorNameFocus:               Selection,
	ft.ColorNameScrollBar:           Muted,
	ft.ColorNameScrollBarBackground: Panel,
}

// ColorOf gives a palette's colour by meaning; ok is false for a name that it does not hold.
func ColorOf(p Palette, n fyne.ThemeColorName) (c color.Color, ok bool) {
	set, known := palettes[p]
	if !known {
		set = palettes[Dark]
	}
	if c, ok = set[n]; ok {
		return c, true
	}
	if n == ft.ColorNameShadow {
		// Lines and grounds set things apart here; Fyne's shadows would draw a bar across every list that scrolls.
		return color.Transparent, true
	}
	if m, has := fyneColours[n]; has {
		c, ok = set[m]
		if n == ft.ColorNameScrollBar {
			r, g, b, _ := c.RGBA()
			c = color.NRGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 120}
		}
		if n == ft.ColorNameScrollBarBackground {
			c = color.Transparent
		}
	}
	return c, ok
}
