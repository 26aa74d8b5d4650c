package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// RowLook is how the rows of a List are set apart.
type RowLook int

// The looks.
const (
	LinedRows  RowLook = iota // a line between rows
	CardedRows                // every row a card, with a gap between
	PlainRows
)

// RowState is how a row stands.
type RowState struct {
	Selected bool
	Focused  bool // the list has the keyboard and this is its row
}

// ListData is what a List shows. Rows are known by their id: when rows come and go, the selected one stays selected and stays
// where it is on screen.
type ListData interface {
	Len() int
	ID(i int) string
}

// List shows rows, only those in sight being drawn. One row is selected; the keyboard moves it (arrows, Home, End, Page Up and
// Down), Enter opens it.
type List struct {
	widget.BaseWidget
	Data   ListData
	Look   RowLook
	Create func() fyne.CanvasObject
	Update func(i int, o fyne.CanvasObject, s RowState)
	// Height gives the height of row i at a width; nil means that every row is RowHeight tall.
	Height    func(i int, width float32) float32
	RowHeight float32
	// Rough gives about the height of row i, quickly, for rows that have not been in sight; nil means that Height is quick enough.
	Rough func(i int, width float32) float32
	// OnSelect is called when the officer moves to a row, OnOpen when it is opened.
	OnSelect func(id string)
	OnOpen   func(id string)
	// OnKey sees every key first and reports whether it took it.
	OnKey func(*fyne.KeyEvent) bool
	Label string // for a screen reader

	selected string
	focused  bool
	tops     []float32 // top of each row, and the end of the last
	ids      []string
	exact    map[string]bool // rows that have been in sight, where there is Rough
	settling bool            // rows that come into sight are being measured
	width    float32
	scroll   *container.Scroll
	body     *listBody

	tapped   string
	tappedAt time.Time
}

var _ fyne.Focusable = (*List)(nil)

// NewList makes a list with rows of one line.
func NewList(d ListData, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject, RowState)) *List {
	l := &List{Data: d, Create: create, Update: update}
	l.ExtendBaseWidget(l)
	return l
}

// Selected is the id of the selected row, or "".
func (l *List) Selected() string { return l.selected }

// Select moves to a row without OnSelect; "" selects none.
func (l *List) Select(id string) {
	l.selected = id
	l.refreshRows()
}

// Reveal moves to a row without OnSelect and scrolls so far that it is in sight; a row that is not there moves nothing.
func (l *List) Reveal(id string) {
	if i := l.index(id); i >= 0 {
		l.selected = id
		l.measure()
		if l.sight(i, i+1) {
			l.measure()
		}
		l.reveal(i)
		l.refreshRows()
	}
}

// SelectFirst moves to the first row, if there is one and none is selected.
func (l *List) SelectFirst() {
	if l.selected == "" && l.Data.Len() > 0 {
		l.choose(0)
	}
}

func (l *List) index(id string) int {
	if id == "" {
		return -1
	}
	for i := range l.Data.Len() {
		if l.Data.ID(i) == id {
			return i
		}
	}
	return -1
}

func (l *List) choose(i int) {
	n := l.Data.Len()
	if n == 0 {
		return
	}
	i = min(max(i, 0), n-1)
	id := l.Data.ID(i)
	moved := id != l.selected
	l.selected = id
	if l.sight(i, i+1) {
		l.measure()
	}
	l.reveal(i)
	l.refreshRows()
	if moved && l.OnSelect != nil {
		l.OnSelect(id)
	}
}

// reveal scrolls so far that row i is in sight.
func (l *List) reveal(i int) {
	if l.scroll == nil || i+1 >= len(l.tops) {
		return
	}
	top, end := l.tops[i], l.tops[i+1]
	h, off := l.scroll.Size().Height, l.scroll.Offset.Y
	switch {
	case top < off:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case end > off+h:
		l.scroll.ScrollToOffset(fyne.NewPos(0, end-h+2*l.inset()))
	}
}

// FocusGained implements fyne.Focusable.
func (l *List) FocusGained() {
	l.focused = true
	l.SelectFirst()
	l.refreshRows()
}

// FocusLost implements fyne.Focusable.
func (l *List) FocusLost() { l.focused = false; l.refreshRows() }

// TypedRune implements fyne.Focusable.
func (l *List) TypedRune(r rune) { passRune(l, r) }

// TypedKey moves the selection.
func (l *List) TypedKey(ev *fyne.KeyEvent) {
	if l.OnKey != nil && l.OnKey(ev) {
		return
	}
	i := l.index(l.selected)
	switch ev.Name {
	case fyne.KeyDown:
		l.choose(i + 1)
	case fyne.KeyUp:
		l.choose(max(0, i-1))
	case fyne.KeyHome:
		l.choose(0)
	case fyne.KeyEnd:
		l.choose(l.Data.Len() - 1)
	case fyne.KeyPageDown, fyne.KeyPageUp:
		l.choose(l.page(i, ev.Name == fyne.KeyPageDown))
	case fyne.KeyReturn, fyne.KeyEnter:
		if i >= 0 && l.OnOpen != nil {
			l.OnOpen(l.selected)
		}
	default:
		passKey(l, ev)
	}
}

// page is the row one screen away.
func (l *List) page(i int, down bool) int {
	if l.scroll == nil || len(l.tops) < 2 {
		return i
	}
	i = max(i, 0)
	if i+1 >= len(l.tops) {
		return len(l.tops) - 2
	}
	h := l.scroll.Size().Height
	if down {
		return max(l.at(l.tops[i]+h), i+1)
	}
	return min(l.at(l.tops[i]-h), i-1)
}

// at is the row that stands at y.
func (l *List) at(y float32) int {
	lo, hi := 0, max(0, len(l.tops)-2)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if l.tops[mid] <= y {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// AccessibilityLabel names the list.
func (l *List) AccessibilityLabel() string { return l.Label }

// AccessibilityRole is a container.
func (l *List) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// Focus puts the keyboard on the list.
func (l *List) Focus() { focus(l) }

func (l *List) between() float32 {
	if l.Look == CardedRows {
		return gap(2.5)
	}
	return 0
}

func (l *List) inset() float32 {
	if l.Look == CardedRows {
		return bleed
	}
	return 0
}

// sight takes rows first to last-1 for in sight, and reports whether their heights were only rough until now.
func (l *List) sight(first, last int) bool {
	if l.Rough == nil {
		return false
	}
	if l.exact == nil {
		l.exact = map[string]bool{}
	}
	fresh := false
	for i := first; i < last && i < len(l.ids); i++ {
		if !l.exact[l.ids[i]] {
			l.exact[l.ids[i]], fresh = true, true
		}
	}
	return fresh
}

// measure works out where rows stand and keeps in place on screen the row that the officer looks at: the selected one if
// it is in sight, else the first in sight.
func (l *List) measure() {
	anchor, shift := "", float32(0)
	if l.scroll != nil && len(l.tops) > 1 && l.scroll.Offset.Y > 0 {
		off, h := l.scroll.Offset.Y, l.scroll.Size().Height
		i := l.at(off)
		for j, id := range l.ids {
			if id == l.selected && l.tops[j+1] > off && l.tops[j] < off+h {
				i = j
			}
		}
		anchor, shift = l.ids[i], l.tops[i]-off
	} else if l.scroll != nil && l.selected != "" && l.focused && len(l.tops) > 1 {
		for j, id := range l.ids {
			if id == l.selected {
				anchor, shift = id, l.tops[j]
			}
		}
	}
	n := l.Data.Len()
	l.tops = append(l.tops[:0], make([]float32, n+1)...)
	l.ids = l.ids[:0]
	y := float32(0)
	rh := l.RowHeight
	if rh == 0 {
		rh = theme.Size(theme.RowHeight)
	}
	at := -1
	for i := range n {
		id := l.Data.ID(i)
		l.ids = append(l.ids, id)
		if id == anchor {
			at = i
		}
		l.tops[i] = y
		h := rh
		switch {
		case l.Rough != nil && !l.exact[id]:
			h = l.Rough(i, l.width)
		case l.Height != nil:
			h = l.Height(i, l.width)
		}
		y += h + l.between()
	}
	l.tops[n] = y
	if at >= 0 && l.scroll != nil {
		limit := max(0, y+2*l.inset()-l.scroll.Size().Height)
		l.scroll.Offset.Y = min(max(0, l.tops[at]-shift), limit)
	}
}

// Total is the height of all rows at the width in use.
func (l *List) Total() float32 {
	if len(l.tops) == 0 {
		return 0
	}
	return l.tops[len(l.tops)-1] - l.between()
}

// HeightFor gives the height of all rows, for a list that stands unscrolled among other things.
func (l *List) HeightFor(width float32) float32 {
	if l.width != width {
		l.width = width
		l.measure()
	}
	if len(l.tops) != l.Data.Len()+1 {
		l.measure()
	}
	return max(0, l.Total())
}

func (l *List) refreshRows() {
	if l.body != nil {
		l.body.fill()
	}
}

// CreateRenderer implements fyne.Widget.
func (l *List) CreateRenderer() fyne.WidgetRenderer {
	if l.body == nil {
		// Made once, so that the list stands where it stood when it comes back into sight.
		l.body = &listBody{list: l, shown: map[string]*listRow{}}
		l.body.ExtendBaseWidget(l.body)
		l.scroll = container.NewVScroll(l.body)
		l.scroll.OnScrolled = func(fyne.Position) { l.body.fill() }
	}
	p := &paint{objects: []fyne.CanvasObject{l.scroll}}
	p.min = func() fyne.Size { return fyne.NewSize(gap(20), theme.Size(theme.RowHeight)) }
	p.layout = func(s fyne.Size) {
		if l.Look == CardedRows {
			l.scroll.Move(fyne.NewPos(-bleed, -bleed))
			s = s.AddWidthHeight(2*bleed, 2*bleed)
		}
		if l.width != s.Width-l.inset()*2 || len(l.tops) != l.Data.Len()+1 {
			l.width = s.Width - l.inset()*2
			l.scroll.Resize(s)
			l.measure()
		}
		l.scroll.Resize(s)
		l.scroll.Refresh()
		l.body.fill()
	}
	p.refresh = func() {
		l.width = l.Size().Width
		l.measure()
		l.scroll.Refresh()
		l.body.fill()
	}
	return ready(l, p)
}

// listBody holds the rows in sight.
type listBody struct {
	widget.BaseWidget
	list  *List
	shown map[string]*listRow
	pool  []*listRow
	draw  *paint
}

func (b *listBody) CreateRenderer() fyne.WidgetRenderer {
	b.draw = &paint{min: func() fyne.Size { return fyne.NewSize(gap(10), max(0, b.list.Total())+2*b.list.inset()) }}
	b.draw.layout = func(fyne.Size) { b.fill() }
	b.draw.refresh = func() { b.fill() }
	return b.draw
}

// fill shows the rows in sight, keeping those that were there.
func (b *listBody) fill() {
	l := b.list
	if b.draw == nil || l.scroll == nil || len(l.tops) == 0 {
		return
	}
	if l.settling {
		return
	}
	b.settle()
	n := len(l.ids)
	h := l.scroll.Size().Height
	was := b.shown
	b.shown = make(map[string]*listRow, len(was))
	b.draw.objects = b.draw.objects[:0]
	if n > 0 && h > 0 {
		first, last := l.inSight()
		var fresh []int
		for i := first; i < last; i++ {
			if r, ok := was[l.ids[i]]; ok {
				delete(was, l.ids[i])
				b.shown[l.ids[i]] = r
			} else {
				fresh = append(fresh, i)
			}
		}
		for _, r := range was {
			b.pool = append(b.pool, r)
		}
		for _, i := range fresh {
			b.shown[l.ids[i]] = b.row()
		}
		for i := first; i < last; i++ {
			r := b.shown[l.ids[i]]
			b.draw.objects = append(b.draw.objects, r)
			r.show(i, n)
		}
	}
	canvas.Refresh(b)
}

// settle measures the rows that come into sight, which may bring others there.
func (b *listBody) settle() {
	l := b.list
	if l.Rough == nil || len(l.ids) == 0 || l.scroll.Size().Height <= 0 {
		return
	}
	l.settling = true
	defer func() { l.settling = false }()
	for range 8 {
		if !l.sight(l.inSight()) {
			return
		}
		was := l.Total()
		l.measure()
		if l.Total() != was {
			l.scroll.Refresh()
		}
	}
}

// inSight is the first row in sight and the one after the last.
func (l *List) inSight() (first, last int) {
	off, h := l.scroll.Offset.Y, l.scroll.Size().Height
	first = l.at(off)
	last = first
	for last < len(l.ids) && l.tops[last] < off+h {
		last++
	}
	return first, last
}

func (b *listBody) row() *listRow {
	if k := len(b.pool); k > 0 {
		r := b.pool[k-1]
		b.pool = b.pool[:k-1]
		return r
	}
	r := &listRow{list: b.list, content: b.list.Create()}
	r.ExtendBaseWidget(r)
	return r
}

// listRow is one row with its ground, line and focus.
type listRow struct {
	widget.BaseWidget
	list    *List
	content fyne.CanvasObject
	id      string
	i       int
	last    bool
	hovered bool
	style   func()
}

var _ desktop.Hoverable = (*listRow)(nil)

func (r *listRow) show(i, n int) {
	l := r.list
	r.i, r.id, r.last = i, l.ids[i], i == n-1
	sel := r.id == l.selected
	l.Update(i, r.content, RowState{Selected: sel, Focused: sel && l.focused})
	r.Move(fyne.NewPos(l.inset(), l.inset()+l.tops[i]))
	r.Resize(fyne.NewSize(l.width, l.tops[i+1]-l.tops[i]-l.between()))
	r.Refresh()
}

// Tapped selects; a second tap soon after opens. Fyne's own double tap would hold every single one back.
func (r *listRow) Tapped(*fyne.PointEvent) {
	l := r.list
	now := time.Now()
	again := l.tapped == r.id && now.Sub(l.tappedAt) < 400*time.Millisecond
	l.tapped, l.tappedAt = r.id, now
	focus(l)
	l.choose(r.i)
	if again && l.OnOpen != nil {
		l.OnOpen(r.id)
	}
}

func (r *listRow) MouseIn(*desktop.MouseEvent)    { r.hovered = true; r.restyle() }
func (r *listRow) MouseMoved(*desktop.MouseEvent) {}
func (r *listRow) MouseOut()                      { r.hovered = false; r.restyle() }

func (r *listRow) restyle() {
	if r.style != nil {
		r.style()
	}
}

func (r *listRow) CreateRenderer() fyne.WidgetRenderer {
	card := newPlate()
	bg, over, line, mark := canvas.NewRectangle(none), canvas.NewRectangle(none), canvas.NewRectangle(none), canvas.NewRectangle(none)
	p := &paint{objects: []fyne.CanvasObject{bg, line, mark, r.content, over}}
	if r.list.Look == CardedRows {
		p.objects = append(card.objects(), r.content)
	}
	p.min = func() fyne.Size { return r.content.MinSize() }
	p.layout = func(s fyne.Size) {
		bg.Resize(s)
		over.Move(fyne.NewPos(0, 0))
		over.Resize(s)
		if r.list.Look != CardedRows {
			// Inside the row, so that the edge of the list does not cut the ring.
			over.Move(fyne.NewPos(4, 3))
			over.Resize(s.SubtractWidthHeight(7, 6))
		}
		mark.Resize(fyne.NewSize(3, s.Height))
		line.Move(fyne.NewPos(0, s.Height-1))
		line.Resize(fyne.NewSize(s.Width, 1))
		r.content.Resize(s)
		if r.list.Look == CardedRows {
			r.style()
		}
	}
	carded := func() {
		l := r.list
		sel := r.id == l.selected
		fill, edge, width := theme.Color(theme.Panel), theme.Color(theme.Line), float32(1)
		if r.hovered {
			fill = blend(fill, theme.Color(theme.Hover))
		}
		if sel {
			fill, edge, width = theme.Color(theme.Selection), theme.Color(theme.Accent), 2
			if l.focused {
				edge = theme.Color(theme.Focus)
			}
		}
		card.set(r.Size(), theme.Size(theme.Radius), width, fill, edge)
		canvas.Refresh(r)
	}
	r.style = func() {
		l := r.list
		if l.Look == CardedRows {
			carded()
			return
		}
		sel := r.id == l.selected
		bg.FillColor, over.FillColor, over.StrokeWidth = none, none, 0
		bg.CornerRadius, over.CornerRadius = 0, 4
		line.FillColor = theme.Color(theme.Line)
		line.Hidden = l.Look != LinedRows || r.last
		mark.FillColor = theme.Color(theme.SelectedAccent)
		mark.Hidden = !sel
		if r.hovered {
			bg.FillColor = blend(theme.Color(theme.Panel), theme.Color(theme.Hover))
		}
		if sel {
			bg.FillColor = theme.Color(theme.Selection)
			if l.focused {
				over.StrokeColor, over.StrokeWidth = theme.Color(theme.Focus), 2
			}
		}
		over.Hidden = over.StrokeWidth == 0
		canvas.Refresh(r)
	}
	p.refresh = func() { r.style() }
	r.style()
	return ready(r, p)
}
