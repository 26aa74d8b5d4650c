package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Press makes anything answer to the mouse. It takes no keyboard: what it does must have a key of its own.
type Press struct {
	widget.BaseWidget
	content fyne.CanvasObject
	tap     func()
}

// NewPress makes content call tap when it is pressed.
func NewPress(content fyne.CanvasObject, tap func()) *Press {
	p := &Press{content: content, tap: tap}
	p.ExtendBaseWidget(p)
	return p
}

// Tapped implements fyne.Tappable.
func (p *Press) Tapped(*fyne.PointEvent) { p.tap() }

// Cursor shows that it can be pressed.
func (p *Press) Cursor() desktop.Cursor { return desktop.PointerCursor }

// HeightFor implements Tall.
func (p *Press) HeightFor(width float32) float32 { return HeightFor(p.content, width) }

// CreateRenderer implements fyne.Widget.
func (p *Press) CreateRenderer() fyne.WidgetRenderer {
	r := &paint{objects: []fyne.CanvasObject{p.content}}
	r.layout = func(s fyne.Size) { p.content.Resize(s) }
	r.min = p.content.MinSize
	r.refresh = func() { p.content.Refresh() }
	return ready(p, r)
}
