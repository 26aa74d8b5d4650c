package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/app/caseview/timeline"
)

// TimelineLane is one row of a Timeline: its name, and the items in it by their index.
type TimelineLane struct {
	Name  string
	Shape Shape // of a system; "" for none
	Items []int
}

// Timeline draws dated items in lanes over an axis of time, with a strip below that shows all of it. Left and Right move from
// item to item, Up and Down between lanes, + and − zoom, 0 shows all, Page Up and Down pan, Enter opens. The wheel zooms where
// it points, dragging pans.
type Timeline struct {
	widget.BaseWidget
	OnSelect func(id string)
	OnOpen   func(id string)
	// OnView is called when what is in sight has changed.
	OnView func()
	// Sign gives the sign of a system.
	Sign  func(system string) Shape
	Now   time.Time // drawn as a line, if it is in sight
	Today string    // words at that line
	Label string    // for a screen reader

	items    []timeline.Item
	lanes    []TimelineLane
	all      timeline.Span
	dated    bool
	view     timeline.View
	selected int // -1 is none
	lane     int // in which the selected one is looked at
	top      int // first lane in sight
	focused  bool
	over     int // item under the mouse; -1 is none

	tapped   int
	tappedAt time.Time
	drag     struct {
		on, strip bool
	}
	draw *timelineDraw
}

var (
	_ fyne.Focusable     = (*Timeline)(nil)
	_ fyne.Scrollable    = (*Timeline)(nil)
	_ fyne.Draggable     = (*Timeline)(nil)
	_ desktop.Hoverable  = (*Timeline)(nil)
	_ desktop.Cursorable = (*Timeline)(nil)
)

// NewTimeline makes an empty timeline.
func NewTimeline() *Timeline {
	t := &Timeline{selected: -1, over: -1, tapped: -1}
	t.draw = newTimelineDraw(t)
	t.ExtendBaseWidget(t)
	return t
}

// Set changes what is drawn. The view stays where it is unless keep is false; the selected item stays selected if it is there.
func (t *Timeline) Set(items []timeline.Item, lanes []TimelineLane, keep bool) {
	id := t.Selected()
	t.items, t.lanes = items, lanes
	all := timeline.Timeline{Items: items}
	t.all, t.dated = all.Range()
	if !keep || t.view.Length() <= 0 {
		t.view = timeline.FitItems(items)
	}
	t.selected, t.over, t.tapped, t.top = -1, -1, -1, 0
	t.place(id)
	t.Refresh()
}

// Selected is the id of the selected item, or "".
func (t *Timeline) Selected() string {
	if t.selected >= 0 && t.selected < len(t.items) {
		return t.items[t.selected].ID
	}
	return ""
}

// Select moves to an item without OnSelect and brings it into sight.
func (t *Timeline) Select(id string) {
	if id == t.Selected() {
		return
	}
	t.selected = -1
	t.place(id)
	if t.selected >= 0 {
		t.reveal()
	}
	t.Refresh()
}

// place finds an item and a lane that holds it.
func (t *Timeline) place(id string) {
	if id == "" {
		return
	}
	for i := range t.items {
		if t.items[i].ID == id {
			t.selected = i
			t.lane = t.laneOf(i)
			return
		}
	}
}

// laneOf is a lane that holds an item: the one looked at, if it does.
func (t *Timeline) laneOf(i int) int {
	in := func(l int) bool {
		for _, x := range t.lanes[l].Items {
			if x == i {
				return true
			}
		}
		return false
	}
	if t.lane < len(t.lanes) && in(t.lane) {
		return t.lane
	}
	for l := range t.lanes {
		if in(l) {
			return l
		}
	}
	return 0
}

// View is the time in sight.
func (t *Timeline) View() timeline.View { return t.view }

// SetView shows another time.
func (t *Timeline) SetView(v timeline.View) {
	if v != t.view && v.Length() > 0 {
		t.view = v
		t.Refresh()
		if t.OnView != nil {
			t.OnView()
		}
	}
}

// Zoom shows factor times as much, about the selected item if it is in sight, else about the middle.
func (t *Timeline) Zoom(factor float64) {
	x := 0.5
	if t.selected >= 0 {
		e := t.items[t.selected].Extent()
		if at := (t.view.At(e.First()) + t.view.At(e.Last())) / 2; at > 0 && at < 1 {
			x = at
		}
	}
	t.SetView(t.view.Zoom(factor, x))
}

// All shows everything; asked again, what happened without the dates of long ago.
func (t *Timeline) All() {
	if !t.dated {
		return
	}
	if v := timeline.Fit(t.all); v != t.view {
		t.SetView(v)
		return
	}
	t.SetView(timeline.FitItems(t.items))
}

// Pan moves by a share of what is in sight.
func (t *Timeline) Pan(share float64) {
	if t.dated {
		t.SetView(t.view.Pan(share, t.all))
	}
}

func (t *Timeline) choose(i int) {
	if len(t.items) == 0 {
		return
	}
	i = min(max(i, 0), len(t.items)-1)
	moved := i != t.selected
	t.selected = i
	t.lane = t.laneOf(i)
	t.reveal()
	t.Refresh()
	if moved && t.OnSelect != nil {
		t.OnSelect(t.items[i].ID)
	}
}

// reveal brings the selected item and its lane into sight.
func (t *Timeline) reveal() {
	e := t.items[t.selected].Extent()
	v := t.view.Reveal(timeline.Span{From: e.First(), To: e.Last()})
	if all, ok := (&timeline.Timeline{Items: t.items[t.selected : t.selected+1]}).Range(); ok && all.To.Sub(all.From) < t.view.Length()*3/4 {
		v = v.Reveal(all) // with what other systems say, where that fits
	}
	changed := v != t.view
	t.view = v
	if n := t.draw.lanesInSight(); n > 0 {
		t.top = min(t.top, t.lane)
		if t.lane >= t.top+n {
			t.top = t.lane - n + 1
		}
	}
	if changed && t.OnView != nil {
		t.OnView()
	}
}

// across moves to the item of another lane that is nearest in time.
func (t *Timeline) across(by int) {
	if t.selected < 0 {
		t.choose(0)
		return
	}
	at := t.items[t.selected].Extent().First()
	for l := t.lane + by; l >= 0 && l < len(t.lanes); l += by {
		best := -1
		var gap time.Duration
		for _, i := range t.lanes[l].Items {
			if d := t.items[i].Extent().First().Sub(at).Abs(); best < 0 || d < gap {
				best, gap = i, d
			}
		}
		if best >= 0 {
			t.lane = l
			t.choose(best)
			return
		}
	}
}

// FocusGained implements fyne.Focusable.
func (t *Timeline) FocusGained() {
	t.focused = true
	if t.selected < 0 && len(t.items) > 0 {
		t.choose(t.firstInSight())
		return
	}
	t.Refresh()
}

func (t *Timeline) firstInSight() int {
	for i := range t.items {
		if !t.items[i].Extent().First().Before(t.view.From) {
			return i
		}
	}
	return 0
}

// FocusLost implements fyne.Focusable.
func (t *Timeline) FocusLost() { t.focused = false; t.Refresh() }

// Focus puts the keyboard on the timeline.
func (t *Timeline) Focus() { focus(t) }

// TypedRune zooms and pans.
func (t *Timeline) TypedRune(r rune) {
	switch r {
	case '+', '=':
		t.Zoom(0.5)
	case '-', '−', '_':
		t.Zoom(2)
	case '0':
		t.All()
	case '<', ',':
		t.Pan(-0.25)
	case '>', '.':
		t.Pan(0.25)
	default:
		passRune(t, r)
	}
}

// TypedKey moves the selection.
func (t *Timeline) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyRight:
		t.choose(t.selected + 1)
	case fyne.KeyLeft:
		t.choose(max(0, t.selected-1))
	case fyne.KeyDown:
		t.across(1)
	case fyne.KeyUp:
		t.across(-1)
	case fyne.KeyHome:
		t.choose(0)
	case fyne.KeyEnd:
		t.choose(len(t.items) - 1)
	case fyne.KeyPageUp:
		t.Pan(-0.8)
	case fyne.KeyPageDown:
		t.Pan(0.8)
	case fyne.KeyReturn, fyne.KeyEnter:
		if t.selected >= 0 && t.OnOpen != nil {
			t.OnOpen(t.items[t.selected].ID)
		}
	case fyne.KeyPlus, fyne.KeyEqual, fyne.KeyMinus, fyne.Key0, fyne.KeyComma, fyne.KeyPeriod: // come as letters too
	default:
		passKey(t, ev)
	}
}

// Scrolled zooms where the mouse points; a sideways wheel pans.
func (t *Timeline) Scrolled(ev *fyne.ScrollEvent) {
	x, ok := t.draw.share(ev.Position.X)
	switch {
	case ev.Scrolled.DX != 0 && ev.Scrolled.DY == 0:
		t.Pan(float64(-ev.Scrolled.DX) / 400)
	case !ok:
		t.top = min(max(0, t.top-int(ev.Scrolled.DY/10)), max(0, len(t.lanes)-t.draw.lanesInSight()))
		t.Refresh()
	case ev.Scrolled.DY > 0:
		t.SetView(t.view.Zoom(0.8, x))
	case ev.Scrolled.DY < 0:
		t.SetView(t.view.Zoom(1.25, x))
	}
}

// Dragged pans, or moves what is in sight along the strip below.
func (t *Timeline) Dragged(ev *fyne.DragEvent) {
	if !t.dated {
		return
	}
	if !t.drag.on {
		t.drag.on, t.drag.strip = true, t.draw.inStrip(ev.Position.Y)
	}
	w := t.draw.plotWidth()
	if w <= 0 {
		return
	}
	if t.drag.strip {
		t.toStrip(ev.Position.X)
		return
	}
	t.SetView(t.view.Pan(-float64(ev.Dragged.DX/w), t.all))
}

// toStrip puts the middle of the view where the strip was pointed at.
func (t *Timeline) toStrip(x float32) {
	share, _ := t.draw.share(x)
	at := t.draw.stripSpan().Time(share)
	half := t.view.Length() / 2
	t.SetView(timeline.View{From: at.Add(-half), To: at.Add(t.view.Length() - half)})
}

// DragEnd implements fyne.Draggable.
func (t *Timeline) DragEnd() { t.drag.on = false }

// Tapped selects; a second tap soon after opens. A tap on a count shows what is in it.
func (t *Timeline) Tapped(ev *fyne.PointEvent) {
	at, lane := t.draw.hit(ev.Position)
	var m timeline.Mark
	if at != nil {
		m = *at // the keyboard's coming may move what is in sight
	}
	focus(t)
	if t.draw.inStrip(ev.Position.Y) && t.dated {
		t.toStrip(ev.Position.X)
		return
	}
	if at == nil {
		return
	}
	if lane < len(t.lanes) {
		t.lane = lane
	}
	i := m.Items[0]
	now := time.Now()
	again := t.tapped == i && now.Sub(t.tappedAt) < 400*time.Millisecond
	t.tapped, t.tappedAt = i, now
	t.choose(i)
	if !again {
		return
	}
	if m.Count() > 1 {
		part := make([]timeline.Item, 0, m.Count())
		for _, i := range m.Items {
			part = append(part, t.items[i])
		}
		if s, ok := (&timeline.Timeline{Items: part}).Range(); ok {
			t.SetView(timeline.Fit(s))
		}
	} else if t.OnOpen != nil {
		t.OnOpen(t.items[i].ID)
	}
}

// MouseIn implements desktop.Hoverable.
func (t *Timeline) MouseIn(ev *desktop.MouseEvent) { t.MouseMoved(ev) }

// MouseMoved shows what is under the mouse.
func (t *Timeline) MouseMoved(ev *desktop.MouseEvent) {
	at := -1
	if m, _ := t.draw.hit(ev.Position); m != nil {
		at = m.Items[0]
	}
	if at != t.over {
		t.over = at
		t.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (t *Timeline) MouseOut() {
	if t.over >= 0 {
		t.over = -1
		t.Refresh()
	}
}

// Cursor is a hand over what can be opened.
func (t *Timeline) Cursor() desktop.Cursor {
	if t.over >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// AccessibilityLabel names the timeline and the selected item.
func (t *Timeline) AccessibilityLabel() string {
	if t.selected >= 0 && t.selected < len(t.items) {
		it := &t.items[t.selected]
		return t.Label + ": " + it.Dates[0].Display + ", " + it.Title
	}
	return t.Label
}

// AccessibilityRole is a container.
func (t *Timeline) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// CreateRenderer implements fyne.Widget.
func (t *Timeline) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{objects: t.draw.objects()}
	p.min = func() fyne.Size { return fyne.NewSize(gap(90), gap(50)) }
	p.layout = func(s fyne.Size) {
		t.draw.set(s)
		p.objects = t.draw.objects()
	}
	p.refresh = func() {
		t.draw.set(t.Size())
		p.objects = t.draw.objects()
		t.draw.raster.Refresh()
	}
	return ready(t, p)
}
