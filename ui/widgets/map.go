package widgets

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/app/caseview/places"
	"muster/app/tiles"
)

// MapTiles gives the pictures of a map without ever waiting. *tiles.Service is one.
type MapTiles interface {
	Get(t tiles.Tile) (image.Image, tiles.State)
	Peek(t tiles.Tile) image.Image
	Zooms() (least, most, side int)
	Attribution() string
}

// Map draws places on the force's map, or on an outline with the National Grid where there is none. Arrows move to the next
// place that way, Tab to the next one of all; + and − zoom, 0 shows all, Page Up and Down, < and > move the map, Enter opens a
// place or takes a group apart. The wheel zooms where it points, dragging moves.
type Map struct {
	widget.BaseWidget
	Tiles    MapTiles // nil is the outline
	OnSelect func(id string)
	OnOpen   func(id string)
	// OnGroup is called for a group that stands on one spot and does not come apart.
	OnGroup func(ids []string)
	// Note is shown on top of the map: that pictures are old, or are missing.
	Note  string
	Label string // for a screen reader
	// Legend names the signs: person, vehicle or thing, place, event; then 'about'.
	Legend [5]string

	points   []places.Place
	view     places.View
	set      bool // view has been chosen
	selected int
	focused  bool
	over     int
	dragging bool
	tapped   int
	tappedAt time.Time
	draw     *mapDraw
}

var (
	_ fyne.Focusable     = (*Map)(nil)
	_ fyne.Tabbable      = (*Map)(nil)
	_ fyne.Scrollable    = (*Map)(nil)
	_ fyne.Draggable     = (*Map)(nil)
	_ desktop.Hoverable  = (*Map)(nil)
	_ desktop.Cursorable = (*Map)(nil)
)

// NewMap makes a map with nothing on it.
func NewMap() *Map {
	m := &Map{selected: -1, over: -1, tapped: -1}
	m.draw = newMapDraw(m)
	m.ExtendBaseWidget(m)
	return m
}

// SetPoints changes what is on the map. The view stays once the officer has chosen one.
func (m *Map) SetPoints(points []places.Place, keep bool) {
	id := m.Selected()
	m.points = points
	m.selected, m.over, m.tapped = -1, -1, -1
	m.place(id)
	if !keep {
		m.set = false
	}
	m.Refresh()
}

func (m *Map) place(id string) {
	for i := range m.points {
		if id != "" && m.points[i].ID == id {
			m.selected = i
			return
		}
	}
}

// Selected is the id of the selected place, or "".
func (m *Map) Selected() string {
	if m.selected >= 0 && m.selected < len(m.points) {
		return m.points[m.selected].ID
	}
	return ""
}

// Select moves to a place without OnSelect and brings it into sight.
func (m *Map) Select(id string) {
	if id == m.Selected() {
		return
	}
	m.selected = -1
	m.place(id)
	m.reveal()
	m.Refresh()
}

// reveal moves the map so far that the selected place is well in sight.
func (m *Map) reveal() {
	if m.selected < 0 || !m.set {
		return
	}
	w, h := m.draw.extent()
	p := &m.points[m.selected]
	px, py := m.view.At2(p.Lat, p.Lon, w, h)
	margin := math.Min(70, w/5)
	dx, dy := 0.0, 0.0
	if px < margin || px > w-margin {
		dx = px - w/2
	}
	if py < margin || py > h-margin {
		dy = py - h/2
	}
	if dx != 0 || dy != 0 {
		m.view = m.view.Pan(dx, dy)
	}
}

// View is the part of the map in sight.
func (m *Map) View() places.View { return m.view }

// SetView shows another part.
func (m *Map) SetView(v places.View) {
	m.view, m.set = v, true
	m.Refresh()
}

// All shows every place.
func (m *Map) All() {
	w, h := m.draw.extent()
	m.SetView(m.snap(places.Fit(m.points, w, h)))
}

// snap takes a zoom at which pictures are as sharp as they come.
func (m *Map) snap(v places.View) places.View {
	if m.Tiles != nil {
		v.Zoom = math.Floor(v.Zoom + 0.01)
	}
	return v
}

// Zoom zooms by steps about the selected place, if it is in sight, else about the middle.
func (m *Map) Zoom(steps float64) {
	w, h := m.draw.extent()
	x, y := w/2, h/2
	if m.selected >= 0 {
		if px, py := m.view.At2(m.points[m.selected].Lat, m.points[m.selected].Lon, w, h); px > 0 && py > 0 && px < w && py < h {
			x, y = px, py
		}
	}
	m.SetView(m.view.ZoomAt(steps, x, y, w, h))
}

// Pan moves by shares of what is in sight.
func (m *Map) Pan(dx, dy float64) {
	w, h := m.draw.extent()
	m.SetView(m.view.Pan(dx*w, dy*h))
}

func (m *Map) choose(i int) {
	if i < 0 || i >= len(m.points) {
		return
	}
	moved := i != m.selected
	m.selected = i
	m.reveal()
	m.Refresh()
	if moved && m.OnSelect != nil {
		m.OnSelect(m.points[i].ID)
	}
}

// group is the index of the group in sight that holds place i, or -1.
func (m *Map) group(i int) int {
	for g := range m.draw.groups {
		for _, x := range m.draw.groups[g].Members {
			if x == i {
				return g
			}
		}
	}
	return -1
}

// towards moves to the nearest group in a direction; where there is none, the map moves.
func (m *Map) towards(dx, dy float64) {
	if m.selected < 0 {
		m.choose(0)
		return
	}
	at := m.group(m.selected)
	if at < 0 {
		m.reveal()
		m.Refresh()
		return
	}
	from, best, near := m.draw.groups[at], -1, math.Inf(1)
	for g, x := range m.draw.groups {
		ahead := (x.X-from.X)*dx + (x.Y-from.Y)*dy
		aside := math.Abs((x.X-from.X)*dy) + math.Abs((x.Y-from.Y)*dx)
		if g == at || ahead <= 1 || aside > 2.2*ahead {
			continue
		}
		if d := ahead + 2*aside; d < near {
			best, near = g, d
		}
	}
	if best >= 0 {
		m.choose(m.draw.groups[best].Members[0])
		return
	}
	m.Pan(dx*0.25, dy*0.25)
}

// next is the place after the selected one, in the order of reading the list.
func (m *Map) next(by int) { m.choose(min(max(m.selected+by, 0), len(m.points)-1)) }

// enter opens the selected place, or takes its group apart.
func (m *Map) enter() {
	if m.selected < 0 {
		return
	}
	g := m.group(m.selected)
	if g >= 0 && len(m.draw.groups[g].Members) > 1 {
		m.apart(m.draw.groups[g].Members)
		return
	}
	if m.OnOpen != nil {
		m.OnOpen(m.points[m.selected].ID)
	}
}

func (m *Map) apart(members []int) {
	w, h := m.draw.extent()
	before := m.view.Zoom
	v := m.snap(places.Apart(m.points, members, w, h))
	if _, most := m.zooms(); v.Zoom > most {
		v.Zoom = most
	}
	if v.Zoom > before+0.4 && !m.oneSpot(members) {
		m.SetView(v)
		return
	}
	if m.OnGroup != nil {
		var ids []string
		for _, i := range members {
			ids = append(ids, m.points[i].ID)
		}
		m.OnGroup(ids)
	}
}

func (m *Map) oneSpot(members []int) bool {
	a := m.points[members[0]]
	for _, i := range members {
		if math.Abs(m.points[i].Lat-a.Lat) > 2e-5 || math.Abs(m.points[i].Lon-a.Lon) > 2e-5 {
			return false
		}
	}
	return true
}

// zooms are the limits of zooming: a little beyond what the server offers.
func (m *Map) zooms() (least, most float64) {
	if m.Tiles == nil {
		return places.MinZoom, 18
	}
	_, top, side := m.Tiles.Zooms()
	return places.MinZoom, math.Min(float64(top)+math.Log2(float64(side)/places.TileSide)+1, places.MaxZoom)
}

// FocusGained implements fyne.Focusable.
func (m *Map) FocusGained() {
	m.focused = true
	if m.selected < 0 && len(m.points) > 0 {
		m.choose(0)
		return
	}
	m.Refresh()
}

// FocusLost implements fyne.Focusable.
func (m *Map) FocusLost() { m.focused = false; m.Refresh() }

// Focus puts the keyboard on the map.
func (m *Map) Focus() { focus(m) }

// AcceptsTab is true until the last place: then Tab leads on.
func (m *Map) AcceptsTab() bool { return m.selected < len(m.points)-1 }

// TypedRune zooms and moves the map.
func (m *Map) TypedRune(r rune) {
	switch r {
	case '+', '=':
		m.Zoom(1)
	case '-', '−', '_':
		m.Zoom(-1)
	case '0':
		m.All()
	case '<', ',':
		m.Pan(-0.25, 0)
	case '>', '.':
		m.Pan(0.25, 0)
	default:
		passRune(m, r)
	}
}

// TypedKey moves the selection.
func (m *Map) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyLeft:
		m.towards(-1, 0)
	case fyne.KeyRight:
		m.towards(1, 0)
	case fyne.KeyUp:
		m.towards(0, -1)
	case fyne.KeyDown:
		m.towards(0, 1)
	case fyne.KeyTab:
		m.next(1)
	case fyne.KeyBackspace:
		m.next(-1)
	case fyne.KeyHome:
		m.choose(0)
	case fyne.KeyEnd:
		m.choose(len(m.points) - 1)
	case fyne.KeyPageUp:
		m.Pan(0, -0.5)
	case fyne.KeyPageDown:
		m.Pan(0, 0.5)
	case fyne.KeyReturn, fyne.KeyEnter:
		m.enter()
	case fyne.KeyPlus, fyne.KeyEqual, fyne.KeyMinus, fyne.Key0, fyne.KeyComma, fyne.KeyPeriod: // come as letters too
	default:
		passKey(m, ev)
	}
}

// Scrolled zooms where the mouse points.
func (m *Map) Scrolled(ev *fyne.ScrollEvent) {
	step := 0.5
	if m.Tiles != nil {
		step = 1
	}
	if ev.Scrolled.DY == 0 {
		return
	}
	if ev.Scrolled.DY < 0 {
		step = -step
	}
	w, h := m.draw.extent()
	m.SetView(m.view.ZoomAt(step, float64(ev.Position.X), float64(ev.Position.Y), w, h))
}

// Dragged moves the map.
func (m *Map) Dragged(ev *fyne.DragEvent) {
	m.dragging = true
	m.SetView(m.view.Pan(-float64(ev.Dragged.DX), -float64(ev.Dragged.DY)))
}

// DragEnd implements fyne.Draggable.
func (m *Map) DragEnd() { m.dragging = false }

// Tapped selects; a second tap soon after opens a place or takes a group apart.
func (m *Map) Tapped(ev *fyne.PointEvent) {
	g := m.draw.hit(ev.Position)
	var members []int
	if g >= 0 {
		members = m.draw.groups[g].Members
	}
	focus(m)
	if len(members) == 0 {
		return
	}
	now := time.Now()
	again := m.tapped == members[0] && now.Sub(m.tappedAt) < 400*time.Millisecond
	m.tapped, m.tappedAt = members[0], now
	m.choose(members[0])
	if again {
		m.enter()
	}
}

// MouseIn implements desktop.Hoverable.
func (m *Map) MouseIn(ev *desktop.MouseEvent) { m.MouseMoved(ev) }

// MouseMoved shows what is under the mouse.
func (m *Map) MouseMoved(ev *desktop.MouseEvent) {
	at := -1
	if g := m.draw.hit(ev.Position); g >= 0 {
		at = m.draw.groups[g].Members[0]
	}
	if at != m.over {
		m.over = at
		m.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (m *Map) MouseOut() {
	if m.over >= 0 {
		m.over = -1
		m.Refresh()
	}
}

// Cursor is a hand over what can be opened.
func (m *Map) Cursor() desktop.Cursor {
	if m.over >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// AccessibilityLabel names the map and the selected place.
func (m *Map) AccessibilityLabel() string {
	if m.selected >= 0 && m.selected < len(m.points) {
		p := &m.points[m.selected]
		return m.Label + ": " + p.Title + ", " + p.Grid
	}
	return m.Label
}

// AccessibilityRole is a container.
func (m *Map) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// CreateRenderer implements fyne.Widget.
func (m *Map) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{objects: m.draw.over(m.draw.raster)}
	p.min = func() fyne.Size { return fyne.NewSize(gap(60), gap(50)) }
	p.layout = func(s fyne.Size) {
		m.draw.set(s)
		p.objects = m.draw.over(m.draw.raster)
	}
	p.refresh = func() {
		m.draw.set(m.Size())
		p.objects = m.draw.over(m.draw.raster)
		m.draw.raster.Refresh()
	}
	return ready(m, p)
}
