package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/caseview"
	"muster/app/caseview/chart"
	"muster/app/match"
	"muster/assets"
	"muster/plugins/pole"
	"muster/ui/theme"
)

// crowd is a chart of n people around one, joined to each other here and there.
func crowd(t testing.TB, n int) *chart.Chart {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	ref := func(i int) pole.Ref { return pole.Ref{System: "rms", ID: fmt.Sprintf("P%03d", i)} }
	var es []match.Entity
	for i := range n {
		r := pole.Record{Ref: ref(i), Kind: "person", Facts: []pole.Fact{
			{Property: "surname", Value: d.Normalise("surname", "Doe")}, {Property: "givenName", Value: d.Normalise("givenName", fmt.Sprintf("N%d", i))}}}
		if i > 0 {
			r.Links = append(r.Links, pole.Link{Role: "associate", From: r.Ref, To: ref(i / 8)})
		}
		if i > 20 && i%3 == 0 {
			r.Links = append(r.Links, pole.Link{Role: "friend", From: r.Ref, To: ref(i - 17)})
		}
		es = append(es, match.Entity{ID: r.String(), Kind: r.Kind, Records: []pole.Record{r}})
	}
	c := caseview.Case{ID: es[0].ID, Kind: "person", Records: es[0].Records, Around: es[1:]}
	return chart.Place(chart.Build(d, chart.OfCase(&c)).Shown(d, chart.View{All: true}), nil, nil)
}

// drained is a Post whose queue a test plays.
type drained struct{ queue chan func() }

func (d drained) post(f func()) { d.queue <- f }

func shownChart(t testing.TB, c *chart.Chart) (*LinkChart, fyne.Window, drained) {
	t.Helper()
	app := test.NewApp()
	t.Cleanup(app.Quit)
	app.Settings().SetTheme(theme.New(theme.Dark, theme.Normal))
	d := drained{make(chan func(), 64)}
	w := NewLinkChart(d.post)
	win := test.NewWindow(w)
	t.Cleanup(win.Close)
	win.Resize(fyne.NewSize(1200, 800))
	w.Set(c, nil, true)
	(<-d.queue)() // the pictures of the cards in sight
	return w, win, d
}

func TestLinkChartLeavesOutWhatIsOutOfSight(t *testing.T) {
	w, _, _ := shownChart(t, crowd(t, 200))
	if len(w.cards) != 200 {
		t.Fatalf("%d cards", len(w.cards))
	}
	hidden := 0
	for _, img := range w.cards {
		if img.Hidden {
			hidden++
		}
	}
	if hidden == 0 || hidden == 200 {
		t.Errorf("%d of 200 cards are out of sight", hidden)
	}
	if w.zoom < zoomRead {
		t.Errorf("it opens at %.2f, too small to read", w.zoom)
	}
	at := w.Selected()
	if n := w.chart.Graph.Node(at); n == nil || !n.Subject {
		t.Errorf("it opens at %s", at)
	}
}

func TestLinkChartUsesItsObjectsAgain(t *testing.T) {
	w, _, d := shownChart(t, crowd(t, 60))
	before := map[fyne.CanvasObject]bool{}
	for _, o := range w.inner.Objects {
		before[o] = true
	}
	w.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-30, 20)})
	for len(d.queue) > 0 {
		(<-d.queue)()
	}
	fresh := 0
	for _, o := range w.inner.Objects {
		if !before[o] {
			fresh++
		}
	}
	if fresh > len(w.inner.Objects)/10 {
		t.Errorf("%d of %d objects are new after a small move", fresh, len(w.inner.Objects))
	}
}

func TestLinkChartKeepsTheKeyboardInSight(t *testing.T) {
	w, _, _ := shownChart(t, crowd(t, 200))
	for range 30 {
		w.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
		b, u, s := w.chart.Boxes[w.at], w.unit(), w.Size()
		x, y := (b.X-w.x)*u+float64(s.Width)/2, (b.Y-w.y)*u+float64(s.Height)/2
		if x < 0 || y < 0 || x > float64(s.Width) || y > float64(s.Height) {
			t.Fatalf("the card with the keyboard is at %.0f %.0f of %v", x, y, s)
		}
	}
	// The mouse's wheel zooms around the mouse: what is under it stays there.
	at := fyne.NewPos(300, 200)
	s := w.Size()
	under := func() (float64, float64) {
		return w.x + float64(at.X-s.Width/2)/w.unit(), w.y + float64(at.Y-s.Height/2)/w.unit()
	}
	x0, y0 := under()
	w.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: at}, Scrolled: fyne.NewDelta(0, 25)})
	if x, y := under(); x-x0 > 1e-6 || x0-x > 1e-6 || y-y0 > 1e-6 || y0-y > 1e-6 {
		t.Error("what was under the mouse has moved")
	}
}

// BenchmarkLinkChartPan200 moves a chart of 200 cards and 250 links: what one frame costs the UI goroutine before it is drawn.
func BenchmarkLinkChartPan200(b *testing.B) {
	w, _, d := shownChart(b, crowd(b, 200))
	w.Fit(true)
	for len(d.queue) > 0 {
		(<-d.queue)()
	}
	go func() {
		for f := range d.queue {
			_ = f // pictures that come in late are not part of it
		}
	}()
	k := float32(1)
	for b.Loop() {
		k = -k
		w.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(40*k, 10*k)})
	}
}

// BenchmarkLinkChartDraw200 draws one frame of it in the software renderer.
func BenchmarkLinkChartDraw200(b *testing.B) {
	w, win, d := shownChart(b, crowd(b, 200))
	w.Fit(true)
	(<-d.queue)()
	for b.Loop() {
		win.Canvas().Capture()
	}
}
