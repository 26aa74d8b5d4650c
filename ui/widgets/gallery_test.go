package widgets

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"muster/ui/theme"
)

// shoot draws o at a size in a look; with MUSTER_SHOTS set it leaves the picture there.
func shoot(t *testing.T, name string, th fyne.Theme, size fyne.Size, build func() fyne.CanvasObject) {
	t.Helper()
	app := test.NewApp()
	defer app.Quit()
	app.Settings().SetTheme(th)
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(build())
	c.Resize(size)
	img := c.Capture()
	if img.Bounds().Dx() != int(size.Width) {
		t.Fatalf("%s: drawn %v wide", name, img.Bounds().Dx())
	}
	dir := os.Getenv("MUSTER_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

type names []string

func (n names) Len() int        { return len(n) }
func (n names) ID(i int) string { return n[i] }

func gallery() fyne.CanvasObject {
	rms := func() *Chip { return NewChip("■", "RMS", "Records") }
	cad := func() *Chip { return NewChip("▲", "CAD", "Command") }
	cus := func() *Chip { return NewChip("◆", "CUS", "Custody") }
	in := func() *Chip { return NewChip("●", "INT", "Intelligence") }
	all := []Cell{}
	for _, s := range []Shape{"■", "▲", "◆", "●", "▬", "★", "▣", "□", "◇", Hexagon, HalfTri, Ring, Tick, Cross, ChevronDown, ChevronUp, Dots, Lock, "?"} {
		all = append(all, Fix(NewGlyph(s, theme.Text, 0)), Fix(NewChip(s, "ABC", "")))
	}
	shapes := Row(1.5, append(all, Spacer())...)
	result := func(sel bool) fyne.CanvasObject {
		c := NewCard(Stack(1.5,
			Row(2, Fix(NewWords("MILLER, Aaron James", Name)), Grow(NewCut("15 y · 03/11/2011 · 12 Alder Rise LS8", MutedText)), Fix(rms()), Fix(cad()), Fix(in()), Fix(cus())),
			NewFlow(Inline(NewBadge(Alarm, "SH", "Self-harm")), Inline(NewBadge(Alarm, "", "MISSING since 24/11 07:40")), Inline(NewBadge(Warn, "", "POSSIBLY THE SAME"))),
			NewFlow(Span("Matches ", MutedText), Span("miller", Matched), Span(" ", MutedText), Span("aaron", Matched), Span(" · 7 records · 2 disagreements: date of birth, address", MutedText)),
		))
		c.Selected = sel
		return c
	}
	facts := NewCard(Stack(1, NewHeader("Disagreements 2"), NewFacts(
		Fact{"Date of birth", NewFlow(Span("03/11/2011 ", BodyBold), Inline(rms()), Inline(cad()), Inline(in()), NewLine(), Span("≠ 11/03/2011 ", Caution), Inline(cus()), Span("read 13:55 · day and month swapped", MutedText)), NewSmall("Why?", "W", nil)},
		Fact{"Address", NewFlow(Span("12 Alder Rise, LS8 2QX ", BodyBold), Inline(rms()), Inline(cad()), Span("since 2021", MutedText), NewLine(), Span("≠ 4 Brook Court, LS7 4HG ", Caution), Inline(in()), Span("graded 2-C-P, 02/10", MutedText)), NewSmall("Why?", "W", nil)},
		Fact{"Phone", NewFlow(Span("07700 900412 ", Ident), Inline(cad())), nil},
		Fact{"PNC ID", NewFlow(Span("2023/0120018D O0Il1 ", Ident), Inline(rms())), nil},
	)))
	offence := NewField("Offence", NewSelect("Choose", []Option{{"a", "Theft from shop", "TH68001"}}, nil), NewChip("■", "", ""), NewChip("◆", "", ""), NewChip("◇", "", ""))
	offence.Control().(*Select).SetValue("a")
	need := NewField("Necessity", NewInput(""), NewChip("◆", "", ""))
	need.SetError("Custody needs a reason under Code G. Choose at least one.")
	grounds := NewField("Grounds for arrest", NewArea("", 4), NewChip("◆", "", ""))
	grounds.Control().(*Input).SetText("Detained by security after leaving unit 14 with goods concealed, and then some more words so that it wraps to a second line.")
	grounds.SetCount("148 of 2,000")
	when := NewField("When", NewInput("24/11/2026 13:52"), NewChip("", "all", ""))
	officer := NewField("Arresting officer", NewInput("PC 2214 Okafor"), NewChip("", "all", ""))
	officer.Control().(*Input).SetText("PC 2214 Okafor")
	off := NewButton("Off", "", nil)
	off.Disable()
	buttons := Row(2, Fix(NewButton("Export", "Ctrl P", nil)), Fix(NewPrimary("Send to 4 systems", "Ctrl Enter", nil)), Fix(NewDanger("Withdraw", "", nil)), Fix(NewLink("Ask again", "F5", nil)), Fix(off), Fix(NewHint("Ctrl K")), Fix(NewCheck("People 3", true, nil)), Fix(NewCheck("Events", false, nil)), Spacer())
	list := NewList(names{"a", "b", "c", "d"}, func() fyne.CanvasObject {
		return Pad(1.5, 2.5, Row(3, Wide(NewWords("P1", BodyBold.In(theme.Danger)), 30), Wide(NewWords("14:04", Ident), 50), Grow(NewCut("Concern for safety — MILLER, Aaron, 15", BodyBold)), Fix(NewWords("CAD-0412", Ident))))
	}, func(int, fyne.CanvasObject, RowState) {})
	list.selected = "b"
	left := Stack(2.5, NewTitle("miller aaron 2011", NewWords("15 records · 6 entities", MutedText)), shapes, result(true), result(false), buttons, NewTabs(nil, Tab{"a", "Summary"}, Tab{"b", "Timeline"}, Tab{"c", "Records 7"}), NewFlushCard(list))
	right := Stack(3, facts, Grid(4, 500, []int{8, 4, 12, 6, 6}, offence, when, grounds, need, officer), NewEdgedCard(Alarm, NewSign(Alarm, "Custody did not answer", BodyBold)))
	return Ground(theme.Background, Pad(4, 4, Columns(4, Grow(NewScroll(left)), Grow(NewScroll(right)))))
}

func TestGallery(t *testing.T) {
	for _, p := range theme.Palettes() {
		shoot(t, "gallery-"+string(p), theme.New(p, theme.Normal), fyne.NewSize(1600, 900), gallery)
	}
	shoot(t, "gallery-compact", theme.New(theme.Dark, theme.Compact), fyne.NewSize(1280, 800), gallery)
	shoot(t, "gallery-touch", theme.New(theme.Light, theme.Touch), fyne.NewSize(1600, 1000), gallery)
}
