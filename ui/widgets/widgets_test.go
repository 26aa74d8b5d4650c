package widgets

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"

	"muster/ui/theme"
)

// stage puts o into a window of the test driver.
func stage(t *testing.T, o fyne.CanvasObject, size fyne.Size) fyne.Canvas {
	t.Helper()
	app := test.NewApp()
	t.Cleanup(app.Quit)
	app.Settings().SetTheme(theme.New(theme.Dark, theme.Normal))
	w := app.NewWindow("")
	w.SetPadded(false)
	w.SetContent(o)
	w.Resize(size)
	w.Show()
	return w.Canvas()
}

func press(f fyne.Focusable, k fyne.KeyName) { f.TypedKey(&fyne.KeyEvent{Name: k}) }

// rowsOf is list data that can change.
type rowsOf struct{ ids []string }

func (r *rowsOf) Len() int        { return len(r.ids) }
func (r *rowsOf) ID(i int) string { return r.ids[i] }

func many(n int) *rowsOf {
	r := &rowsOf{}
	for i := range n {
		r.ids = append(r.ids, fmt.Sprintf("row%04d", i))
	}
	return r
}

func plainList(d ListData) *List {
	return NewList(d, func() fyne.CanvasObject { return NewCut("", Body) }, func(i int, o fyne.CanvasObject, _ RowState) { o.(*Words).Set(d.ID(i)) })
}

func TestListByKeyboard(t *testing.T) {
	d := many(500)
	l := plainList(d)
	var opened, moved string
	l.OnOpen = func(id string) { opened = id }
	l.OnSelect = func(id string) { moved = id }
	c := stage(t, l, fyne.NewSize(400, 330))
	c.Focus(l)
	if l.Selected() != "row0000" {
		t.Fatalf("focus selected %q", l.Selected())
	}
	press(l, fyne.KeyDown)
	press(l, fyne.KeyDown)
	press(l, fyne.KeyUp)
	if l.Selected() != "row0001" || moved != "row0001" {
		t.Fatalf("arrows led to %q, told %q", l.Selected(), moved)
	}
	press(l, fyne.KeyPageDown)
	if l.Selected() <= "row0005" {
		t.Errorf("page down led to %q", l.Selected())
	}
	press(l, fyne.KeyEnd)
	press(l, fyne.KeyDown)
	if l.Selected() != "row0499" {
		t.Errorf("end led to %q", l.Selected())
	}
	press(l, fyne.KeyReturn)
	if opened != "row0499" {
		t.Errorf("enter opened %q", opened)
	}
	press(l, fyne.KeyPageUp)
	press(l, fyne.KeyHome)
	if l.Selected() != "row0000" || l.scroll.Offset.Y != 0 {
		t.Errorf("home led to %q at %v", l.Selected(), l.scroll.Offset.Y)
	}
	if n := len(l.body.shown); n > 14 {
		t.Errorf("%d rows are drawn, of which ten are in sight", n)
	}
}

// screenY is where a row stands on screen.
func screenY(l *List, id string) (float32, bool) {
	for i, x := range l.ids {
		if x == id {
			return l.tops[i] - l.scroll.Offset.Y, true
		}
	}
	return 0, false
}

func TestNothingJumpsWhenRowsArrive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(30, 120).Draw(rt, "rows")
		d := many(n)
		l := plainList(d)
		stage(t, l, fyne.NewSize(400, 330))
		at := rapid.IntRange(3, n-1).Draw(rt, "selected")
		focus(l)
		l.choose(at)
		id := l.Selected()
		before, _ := screenY(l, id)
		scrolled := l.scroll.Offset.Y > 0
		for i := range rapid.IntRange(1, 20).Draw(rt, "arrivals") {
			p := rapid.IntRange(0, len(d.ids)).Draw(rt, "place")
			d.ids = append(d.ids[:p], append([]string{fmt.Sprintf("new%d", i)}, d.ids[p:]...)...)
			l.Refresh()
		}
		if l.Selected() != id {
			rt.Fatalf("the selection went from %q to %q", id, l.Selected())
		}
		after, ok := screenY(l, id)
		if !ok {
			rt.Fatal("the selected row is gone")
		}
		if diff := after - before; scrolled && (diff > 1 || diff < -1) {
			rt.Fatalf("the selected row moved by %v on screen", diff)
		}
	})
}

func TestListSurvivesEmptyAndVanishing(t *testing.T) {
	d := many(40)
	l := plainList(d)
	c := stage(t, l, fyne.NewSize(400, 330))
	c.Focus(l)
	press(l, fyne.KeyEnd)
	d.ids = d.ids[:2]
	l.Refresh()
	press(l, fyne.KeyDown)
	if l.Selected() != "row0000" && l.Selected() != "row0001" {
		t.Errorf("after its row was gone the selection is %q", l.Selected())
	}
	d.ids = nil
	l.Refresh()
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyUp, fyne.KeyEnd, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyReturn} {
		press(l, k)
	}
	c.Capture()
}

func TestListTapsSelectAndSecondTapOpens(t *testing.T) {
	d := many(5)
	l := plainList(d)
	opened := ""
	l.OnOpen = func(id string) { opened = id }
	c := stage(t, l, fyne.NewSize(400, 330))
	test.TapCanvas(c, fyne.NewPos(50, 33+10))
	if l.Selected() != "row0001" || opened != "" {
		t.Fatalf("one tap selected %q, opened %q", l.Selected(), opened)
	}
	test.TapCanvas(c, fyne.NewPos(50, 33+10))
	if opened != "row0001" {
		t.Errorf("the second tap opened %q", opened)
	}
}

func TestFlowKeepsEveryWord(t *testing.T) {
	stage(t, NewWords("", Body), fyne.NewSize(10, 10))
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z0-9' ,.-]{0,120}`).Draw(rt, "text")
		width := rapid.Float32Range(20, 400).Draw(rt, "width")
		f := NewPara(text, Body)
		ps, h := f.set(width)
		var got strings.Builder
		for _, p := range ps {
			got.WriteString(p.text)
			if w := p.style.measure(strings.TrimRight(p.text, " ")); p.x+w > width+1 && len([]rune(strings.TrimSpace(p.text))) > 1 {
				rt.Fatalf("%q reaches to %v of %v", p.text, p.x+w, width)
			}
			if p.y+p.h > h+0.5 {
				rt.Fatalf("%q stands below the end", p.text)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(got.String()) != squeeze(text) {
			rt.Fatalf("set %q, want %q", got.String(), text)
		}
	})
}

func TestFlowEndsInDots(t *testing.T) {
	stage(t, NewWords("", Body), fyne.NewSize(10, 10))
	f := NewPara(strings.Repeat("word ", 60), Body)
	f.MaxLines = 2
	ps, h := f.set(200)
	if last := ps[len(ps)-1].text; !strings.HasSuffix(last, "…") || h > 41 {
		t.Errorf("two lines end in %q at %v", last, h)
	}
	if got := cut("Northgate Centre, unit 14", Body, 80); !strings.HasSuffix(got, "…") || Body.measure(got) > 80.5 {
		t.Errorf("cut to %q", got)
	}
	if got := cut("short", Body, 200); got != "short" {
		t.Errorf("cut %q", got)
	}
}

func TestStackFollowsItsWidth(t *testing.T) {
	stage(t, NewWords("", Body), fyne.NewSize(10, 10))
	s := Stack(2, NewPara(strings.Repeat("several words ", 20), Body), NewCard(NewPara(strings.Repeat("more words ", 20), Body)))
	narrow, wide := HeightFor(s, 200), HeightFor(s, 800)
	if narrow <= wide {
		t.Fatalf("%v tall at 200, %v at 800", narrow, wide)
	}
	s.Resize(fyne.NewSize(200, narrow))
	last := s.Objects[1]
	if end := last.Position().Y + last.Size().Height; end > narrow+0.5 {
		t.Errorf("content ends at %v of %v", end, narrow)
	}
}

func TestInputHandsOnWhatItDoesNotUse(t *testing.T) {
	in := NewInput("")
	var text, sent string
	in.OnChanged = func(s string) { text = s }
	in.OnSubmit = func(s string) { sent = s }
	c := stage(t, in, fyne.NewSize(300, 40))
	var keys []fyne.KeyName
	c.SetOnTypedKey(func(ev *fyne.KeyEvent) { keys = append(keys, ev.Name) })
	hit := 0
	TakeShortcuts(c, func(s fyne.Shortcut) {
		if s.ShortcutName() == (&desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierControl}).ShortcutName() {
			hit++
		}
	})
	t.Cleanup(func() { TakeShortcuts(c, nil) })
	in.Focus()
	if !in.Focused() {
		t.Fatal("the field did not take the keyboard")
	}
	test.Type(in.entry, "miller")
	press(in.entry, fyne.KeyF12)
	press(in.entry, fyne.KeyEscape)
	press(in.entry, fyne.KeyReturn)
	in.entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierControl})
	if text != "miller" || sent != "miller" || hit != 1 || len(keys) != 2 {
		t.Errorf("text %q, sent %q, shortcut %d times, keys %v", text, sent, hit, keys)
	}
	in.SetText("by the program")
	if text != "miller" {
		t.Error("a change by the program was told as the officer's")
	}
	in.SetMax(5)
	in.entry.SetText("")
	test.Type(in.entry, "abcdefgh")
	if in.Text() != "abcde" {
		t.Errorf("the field holds %q", in.Text())
	}
}

func TestDateTimeTakesShortWords(t *testing.T) {
	in := NewDateTime("", "02/01/2006 15:04", func() time.Time { return time.Date(2026, 11, 24, 13, 52, 0, 0, time.UTC) })
	got := ""
	in.OnChanged = func(s string) { got = s }
	stage(t, in, fyne.NewSize(300, 40))
	in.Focus()
	test.Type(in.entry, "n")
	if in.Text() != "24/11/2026 13:52" || got != in.Text() {
		t.Errorf("n gave %q, told %q", in.Text(), got)
	}
}

func TestSelectByKeyboard(t *testing.T) {
	chosen := ""
	s := NewSelect("Choose", []Option{{"a", "Theft from shop", "TH68001"}, {"b", "Theft of cycle", "TH68002"}, {"c", "Burglary", "TH68010"}}, func(v string) { chosen = v })
	c := stage(t, Pad(2, 2, s), fyne.NewSize(400, 500))
	c.Focus(s)
	s.TypedRune('t')
	d, ok := c.Focused().(*dropdown)
	if !ok {
		t.Fatalf("the keyboard is on %T", c.Focused())
	}
	for _, r := range "heft cyc" {
		d.TypedRune(r)
	}
	if len(d.found) != 1 || d.found[0].Value != "b" {
		t.Fatalf("typed %q, found %v", d.typed, d.found)
	}
	press(d, fyne.KeyBackspace)
	press(d, fyne.KeyReturn)
	if chosen != "b" || s.Value() != "b" || s.open != nil {
		t.Fatalf("chose %q", chosen)
	}
	if c.Focused() != fyne.Focusable(s) {
		t.Errorf("the keyboard is on %T", c.Focused())
	}
	press(s, fyne.KeyDown)
	d = c.Focused().(*dropdown)
	press(d, fyne.KeyEscape)
	if s.Value() != "b" || s.open != nil {
		t.Error("Esc did not leave the choice alone")
	}
	press(s, fyne.KeyDelete)
	if s.Value() != "" {
		t.Error("Delete did not clear the choice")
	}
}

func TestTabsButtonsChecksCardsByKeyboard(t *testing.T) {
	at, pressed, ticked, tapped := "", 0, false, 0
	tabs := NewTabs(func(id string) { at = id }, Tab{"a", "Summary"}, Tab{"b", "Timeline"}, Tab{"c", "Records"})
	b := NewPrimary("Send", "Ctrl Enter", func() { pressed++ })
	ck := NewCheck("People", false, func(on bool) { ticked = on })
	card := NewCard(NewWords("x", Body))
	card.OnTap = func() { tapped++ }
	dead := NewCard(NewWords("y", Body))
	c := stage(t, Stack(2, tabs, b, ck, card, dead), fyne.NewSize(500, 400))
	c.Focus(tabs)
	press(tabs, fyne.KeyRight)
	press(tabs, fyne.KeyEnd)
	press(tabs, fyne.KeyLeft)
	if at != "b" || tabs.Selected() != "b" {
		t.Errorf("tabs at %q", at)
	}
	c.FocusNext()
	press(c.Focused(), fyne.KeyReturn)
	press(c.Focused(), fyne.KeySpace)
	c.FocusNext()
	press(c.Focused(), fyne.KeyReturn)
	c.FocusNext()
	press(c.Focused(), fyne.KeyReturn)
	if pressed != 2 || !ticked || tapped != 1 {
		t.Errorf("pressed %d, ticked %v, tapped %d", pressed, ticked, tapped)
	}
	c.FocusNext()
	if c.Focused() == fyne.Focusable(dead) {
		t.Error("the keyboard is on a card that does nothing")
	}
	b.Disable()
	press(b, fyne.KeyReturn)
	if pressed != 2 {
		t.Error("a disabled button was pressed")
	}
}

func TestFieldTellsItsError(t *testing.T) {
	in := NewInput("")
	f := NewField("Necessity", in, NewChip("◆", "", "Custody"))
	stage(t, f, fyne.NewSize(300, 200))
	before := f.HeightFor(300)
	f.SetError("Custody needs a reason. Choose at least one.")
	if f.HeightFor(300) <= before || !in.invalid || f.Error() == "" {
		t.Error("the error is not shown")
	}
	if !strings.Contains(f.err.AccessibilityLabel(), "Custody needs a reason") || in.Label != "Necessity" {
		t.Error("a screen reader hears nothing of it")
	}
	f.SetError("")
	if f.HeightFor(300) != before || in.invalid {
		t.Error("the error stays")
	}
}

func TestRailByKeyboard(t *testing.T) {
	went := ""
	r := NewRail([]RailItem{{ID: "desk", Text: "Desk"}, {ID: "search", Text: "Search"}, {ID: "cases", Text: "Cases"}}, func(id string) { went = id })
	c := stage(t, r, fyne.NewSize(168, 400))
	c.Focus(r)
	press(r, fyne.KeyDown)
	press(r, fyne.KeyDown)
	press(r, fyne.KeyReturn)
	if went != "cases" {
		t.Errorf("went to %q", went)
	}
	test.TapCanvas(c, fyne.NewPos(40, 20))
	if went != "desk" {
		t.Errorf("tapped to %q", went)
	}
}

func TestColumnsFold(t *testing.T) {
	a, b, d := NewWords("a", Body), NewWords("b", Body), NewWords("c", Body)
	side, more := Wide(a, 200), Wide(d, 300)
	side.Below, more.Below = 700, 1000
	cols := Columns(0, side, Grow(b), more)
	stage(t, cols, fyne.NewSize(1200, 300))
	for _, x := range []struct {
		w           float32
		side, right bool
	}{{1200, true, true}, {900, true, false}, {600, false, false}, {1200, true, true}} {
		cols.Resize(fyne.NewSize(x.w, 300))
		if a.Visible() != x.side || d.Visible() != x.right {
			t.Errorf("at %v: left %v, right %v", x.w, a.Visible(), d.Visible())
		}
		want := x.w
		if x.side {
			want -= 200
		}
		if x.right {
			want -= 300
		}
		if b.Size().Width != want {
			t.Errorf("at %v the middle is %v wide, want %v", x.w, b.Size().Width, want)
		}
	}
}

func TestThemeIsReadAtRefresh(t *testing.T) {
	chip := NewChip("■", "RMS", "Records")
	c := stage(t, chip, fyne.NewSize(100, 30))
	dark := c.Capture().At(50, 3)
	app := fyne.CurrentApp()
	app.Settings().SetTheme(theme.New(theme.Light, theme.Normal))
	chip.Refresh()
	if light := c.Capture().At(50, 3); light == dark {
		t.Error("the mark kept a colour of the look before")
	}
}

func BenchmarkListArrivals(b *testing.B) {
	app := test.NewApp()
	defer app.Quit()
	app.Settings().SetTheme(theme.New(theme.Dark, theme.Normal))
	for b.Loop() {
		d := &rowsOf{}
		l := plainList(d)
		w := app.NewWindow("")
		w.SetContent(l)
		w.Resize(fyne.NewSize(600, 800))
		for batch := range 30 {
			for i := range 100 {
				d.ids = append(d.ids, fmt.Sprint(batch, "-", i))
			}
			l.Refresh()
		}
		w.Close()
	}
}
