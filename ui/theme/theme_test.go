package theme_test

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	ft "fyne.io/fyne/v2/theme"

	"muster/ui/theme"
)

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func get(t *testing.T, p theme.Palette, n fyne.ThemeColorName) color.Color {
	t.Helper()
	c, ok := theme.ColorOf(p, n)
	if !ok {
		t.Fatalf("%s has no %s", p, n)
	}
	return c
}

// TestContrast holds every word against every ground that it may stand on.
func TestContrast(t *testing.T) {
	grounds := []fyne.ThemeColorName{theme.Background, theme.Panel, theme.PanelRaised, theme.Selection, theme.Field}
	words := []fyne.ThemeColorName{theme.Text, theme.Muted, theme.Accent, theme.Agree, theme.Disagree, theme.Danger}
	pairs := [][2]fyne.ThemeColorName{
		{theme.OnAccent, theme.Accent}, {theme.OnDanger, theme.DangerFill}, {theme.OnMarking, theme.Marking},
		{theme.HighlightText, theme.Highlight}, {theme.Text, theme.Chip}, {theme.Text, theme.Button}, {theme.Muted, theme.Button},
	}
	for _, g := range grounds {
		for _, w := range words {
			pairs = append(pairs, [2]fyne.ThemeColorName{w, g})
		}
	}
	for _, p := range theme.Palettes() {
		want := 4.5
		if p.IsHighContrast() {
			want = 7
		}
		for _, pr := range pairs {
			if got := contrast(get(t, p, pr[0]), get(t, p, pr[1])); got < want {
				t.Errorf("%s: %s on %s is %.2f:1, want %.1f:1", p, pr[0], pr[1], got, want)
			}
		}
		// What is not words: focus rings and the edges of fields (WCAG 1.4.11).
		for _, g := range grounds {
			if got := contrast(get(t, p, theme.Focus), get(t, p, g)); got < 3 {
				t.Errorf("%s: the focus ring on %s is %.2f:1, want 3:1", p, g, got)
			}
		}
	}
}

func TestPalettesHoldTheSameColours(t *testing.T) {
	for _, n := range []fyne.ThemeColorName{ft.ColorNameBackground, ft.ColorNameForeground, ft.ColorNamePrimary, ft.ColorNameInputBackground,
		ft.ColorNameSeparator, ft.ColorNameError, ft.ColorNamePlaceHolder, ft.ColorNameSelection, ft.ColorNameScrollBar, ft.ColorNameMenuBackground, ft.ColorNameDisabled,
		theme.Line, theme.Scrim, theme.SelectedAccent, theme.FieldLine, theme.Chip} {
		for _, p := range theme.Palettes() {
			get(t, p, n)
		}
	}
}

func TestTokensAreThoseOfTheDesign(t *testing.T) {
	for _, c := range []struct {
		p    theme.Palette
		n    fyne.ThemeColorName
		want color.NRGBA
	}{
		{theme.Dark, theme.Background, color.NRGBA{0x0f, 0x15, 0x1d, 255}}, {theme.Light, theme.Background, color.NRGBA{0xf3, 0xf5, 0xf8, 255}},
		{theme.Dark, theme.Accent, color.NRGBA{0x4e, 0xa1, 0xff, 255}}, {theme.Light, theme.Accent, color.NRGBA{0x0b, 0x5f, 0xc6, 255}},
		{theme.Dark, theme.Danger, color.NRGBA{0xff, 0x6b, 0x5e, 255}}, {theme.Light, theme.Danger, color.NRGBA{0xb4, 0x23, 0x18, 255}},
	} {
		if got := get(t, c.p, c.n); got != c.want {
			t.Errorf("%s %s is %v, want %v", c.p, c.n, got, c.want)
		}
	}
}

func TestDensityMovesRoomAndNotWords(t *testing.T) {
	c, n, touch := theme.New(theme.Dark, theme.Compact), theme.New(theme.Dark, theme.Normal), theme.New(theme.Dark, theme.Touch)
	for _, s := range []fyne.ThemeSizeName{theme.RowHeight, theme.FieldHeight, theme.Unit, ft.SizeNamePadding} {
		if !(c.Size(s) < n.Size(s) && n.Size(s) < touch.Size(s)) {
			t.Errorf("%s: %v, %v, %v do not grow with the density", s, c.Size(s), n.Size(s), touch.Size(s))
		}
	}
	if c.Size(theme.SizeBody) != 14 || touch.Size(theme.SizeBody) != 14 {
		t.Error("the density changed the words")
	}
	big := theme.New(theme.Dark, theme.Normal)
	big.Scale = 1.5
	if big.Size(theme.SizeBody) != 21 || big.Size(theme.StatusHeight) <= n.Size(theme.StatusHeight) {
		t.Error("larger words do not get larger lines")
	}
}

func TestFacesAreOurs(t *testing.T) {
	th := theme.New(theme.Dark, theme.Normal)
	seen := map[string]bool{}
	for _, s := range []fyne.TextStyle{theme.Plain, theme.Bold, theme.Mono, {Monospace: true, Bold: true}} {
		r := th.Font(s)
		if r == nil || len(r.Content()) < 50_000 {
			t.Fatalf("no face for %+v", s)
		}
		seen[r.Name()] = true
	}
	if len(seen) != 4 {
		t.Errorf("faces are shared: %v", seen)
	}
	if theme.AppIcon() == nil {
		t.Error("there is no icon")
	}
}
