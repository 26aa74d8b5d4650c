package widgets

import (
	"fmt"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/caseview/places"
	"muster/plugins/pole"
	"muster/ui/theme"
)

func mapOf(t testing.TB, points ...places.Place) *Map {
	app := test.NewApp()
	t.Cleanup(app.Quit)
	app.Settings().SetTheme(theme.New(theme.Dark, theme.Normal))
	m := NewMap()
	win := test.NewWindow(m)
	t.Cleanup(win.Close)
	win.Resize(fyne.NewSize(900, 600))
	m.SetPoints(points, false)
	return m
}

func at(id string, lat, lon float64) places.Place {
	return places.Place{ID: id, Title: "Place " + id, Class: pole.ClassEvent, Lat: lat, Lon: lon, How: places.Exact, Within: 1}
}

func TestMapKeys(t *testing.T) {
	m := mapOf(t, at("leeds", 53.80, -1.55), at("york", 53.96, -1.08), at("leeds2", 53.8003, -1.5503), at("hull", 53.74, -0.33), at("hull2", 53.74, -0.33))
	var opened string
	var grouped []string
	m.OnOpen = func(id string) { opened = id }
	m.OnGroup = func(ids []string) { grouped = ids }
	key := func(k fyne.KeyName) { m.TypedKey(&fyne.KeyEvent{Name: k}) }
	m.FocusGained()
	if m.Selected() != "leeds" {
		t.Fatal(m.Selected())
	}
	key(fyne.KeyRight)
	if m.Selected() != "york" {
		t.Error("to the right of Leeds is", m.Selected())
	}
	key(fyne.KeyReturn)
	if opened != "york" {
		t.Error("Enter opened", opened)
	}
	key(fyne.KeyLeft)
	if g := m.group(m.selected); len(m.draw.groups[g].Members) != 2 {
		t.Fatal("the two in Leeds are not one group")
	}
	key(fyne.KeyReturn)
	if g := m.group(m.selected); len(m.draw.groups[g].Members) != 1 {
		t.Error("Enter did not take the group apart")
	}
	m.TypedRune('0')
	key(fyne.KeyEnd)
	key(fyne.KeyReturn)
	if fmt.Sprint(grouped) != "[hull hull2]" {
		t.Error("two on one spot are", grouped)
	}
	if m.AcceptsTab() {
		t.Error("after the last place Tab does not lead on")
	}
}

func TestMapMouse(t *testing.T) {
	m := mapOf(t, at("leeds", 53.80, -1.55), at("york", 53.96, -1.08))
	w, h := m.draw.extent()
	x0, y0 := m.View().Point(300, 200, w, h)
	m.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(300, 200)}, Scrolled: fyne.NewDelta(0, 10)})
	x1, y1 := m.View().Point(300, 200, w, h)
	if math.Abs(x1-x0)*m.View().Scale() > 0.01 || math.Abs(y1-y0)*m.View().Scale() > 0.01 {
		t.Error("what the mouse points at moved")
	}
	px, _ := m.View().At2(53.8, -1.55, w, h)
	m.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(40, 0)})
	if qx, _ := m.View().At2(53.8, -1.55, w, h); math.Abs(qx-px-40) > 0.01 {
		t.Error("dragging by 40 moved the map by", qx-px)
	}
	m.All()
	g := m.draw.groups[m.group(1)]
	m.Tapped(&fyne.PointEvent{Position: fyne.NewPos(float32(g.X), float32(g.Y))})
	if m.Selected() != "york" {
		t.Error("a tap selects", m.Selected())
	}
}

// Whatever is in sight, drawing holds: the whole world, one house, the edges of the grid.
func TestMapDrawsAnywhere(t *testing.T) {
	m := mapOf(t, at("leeds", 53.80, -1.55))
	for _, p := range [][2]float64{{53.8, -1.55}, {49.9, -6.3}, {60.8, -0.8}, {51.5, 179.9}, {-84, 0}, {85, -180}} {
		for zoom := places.MinZoom; zoom <= places.MaxZoom; zoom += 1.5 {
			x, y := places.Project(p[0], p[1])
			m.SetView(places.View{X: x, Y: y, Zoom: zoom})
			if img := m.draw.paint(450, 300); img.Bounds().Dx() != 450 {
				t.Fatal(img.Bounds())
			}
		}
	}
}

func TestScaleBar(t *testing.T) {
	for metres, want := range map[float64]string{1: "100 m · 0.06 mi", 10: "1 km · 0.62 mi", 1000: "100 km · 62 mi", 0.4: "20 m · 22 yd"} {
		if got, units := scaleBar(metres, 120); got != want && got != "100 m · 109 yd" || units > 120 {
			t.Errorf("%v: %s (%v)", metres, got, units)
		}
	}
}

func BenchmarkMapOf5000(b *testing.B) {
	var points []places.Place
	for i := range 5000 {
		points = append(points, at(fmt.Sprint(i), 53+float64(i%71)/70, -3+float64(i%97)/40))
	}
	m := mapOf(b, points...)
	b.Run("arrange", func(b *testing.B) {
		for range b.N {
			m.Pan(0.001, 0)
		}
	})
	b.Run("paint", func(b *testing.B) {
		for range b.N {
			m.draw.paint(900, 600)
		}
	})
}
