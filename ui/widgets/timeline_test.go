package widgets

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/caseview/timeline"
	"muster/ui/theme"
)

func someTime(n int) ([]timeline.Item, []TimelineLane) {
	lanes := []TimelineLane{{Name: "One"}, {Name: "Two"}, {Name: "Three"}}
	var items []timeline.Item
	for i := range n {
		at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i*7) * time.Hour)
		items = append(items, timeline.Item{ID: fmt.Sprint(i), Title: fmt.Sprint("Event number ", i), Systems: []string{"rms"},
			Dates: []timeline.Date{{Extent: timeline.Extent{Begins: timeline.Span{From: at, To: at}}}}})
		lanes[i%3].Items = append(lanes[i%3].Items, i)
	}
	return items, lanes
}

func shown(t testing.TB, n int) *Timeline {
	app := test.NewApp()
	t.Cleanup(app.Quit)
	app.Settings().SetTheme(theme.New(theme.Dark, theme.Normal))
	w := NewTimeline()
	win := test.NewWindow(w)
	t.Cleanup(win.Close)
	win.Resize(fyne.NewSize(1100, 560))
	items, lanes := someTime(n)
	w.Set(items, lanes, false)
	return w
}

func TestTimelineKeys(t *testing.T) {
	w := shown(t, 90)
	opened := ""
	w.OnOpen = func(id string) { opened = id }
	key := func(k fyne.KeyName) { w.TypedKey(&fyne.KeyEvent{Name: k}) }
	w.FocusGained()
	key(fyne.KeyEnd)
	key(fyne.KeyLeft)
	if w.Selected() != "88" {
		t.Fatal(w.Selected())
	}
	key(fyne.KeyUp)
	if w.Selected() != "87" && w.Selected() != "89" {
		t.Error("up leads to", w.Selected())
	}
	before := w.View()
	for range 6 {
		w.TypedRune('+')
	}
	if got := w.View().Length(); got*50 > before.Length() {
		t.Error("+ shows", got)
	}
	at := w.items[w.selected].Extent().First()
	if x := w.View().At(at); x < 0 || x > 1 {
		t.Error("the selected one went out of sight:", x)
	}
	key(fyne.KeyHome)
	if x := w.View().At(w.items[0].Extent().First()); x < 0 || x > 1 {
		t.Error("the first is not in sight:", x)
	}
	w.TypedRune('0')
	if w.View() != timeline.Fit(w.all) {
		t.Error("0 does not show everything")
	}
	key(fyne.KeyReturn)
	if opened != "0" {
		t.Error("Enter opened", opened)
	}
	for range 40 { // not beyond all there is
		key(fyne.KeyPageUp)
	}
	if w.View().To.Before(w.all.From) {
		t.Error("it went out of all time:", w.View())
	}
}

func TestTimelineMouse(t *testing.T) {
	w := shown(t, 90)
	p := fyne.NewPos(700, 120)
	share, _ := w.draw.share(p.X)
	at := w.View().Time(share)
	w.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: p}, Scrolled: fyne.NewDelta(0, 10)})
	if d := w.View().Time(share).Sub(at).Abs(); d > time.Minute {
		t.Error("what the mouse points at moved by", d)
	}
	from := w.View().From
	w.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}, Dragged: fyne.NewDelta(60, 0)})
	w.DragEnd()
	if !w.View().From.Before(from) {
		t.Error("dragging to the right does not lead to the earlier")
	}
	m := w.draw.lanes[0].marks[0]
	x0, x1 := w.draw.ends(&m)
	w.Tapped(&fyne.PointEvent{Position: fyne.NewPos((x0+x1)/2, w.draw.lanes[0].top+tlLanePad+w.draw.rowHeight()*(float32(m.Row)+0.5))})
	if w.Selected() != w.items[m.Items[0]].ID {
		t.Error("a tap selects", w.Selected())
	}
}

func BenchmarkTimelineOf10000(b *testing.B) {
	w := shown(b, 10_000)
	b.Run("arrange", func(b *testing.B) {
		for i := range b.N {
			w.Pan(0.01 * float64(1-2*(i/50%2)))
		}
	})
	b.Run("paint", func(b *testing.B) {
		for range b.N {
			w.draw.paint(1100, 560)
		}
	})
}
